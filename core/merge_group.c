/* SPDX-License-Identifier: Apache-2.0
 *
 * One group of fields that changed on a side, or on both.
 */
#include "core/merge-private.h"

#include "core/derive.h"

#include <stdlib.h>

static bool has(const struct brg_field *f)
{
	return !field_value_eq(NULL, f);
}

/* ---- by which rules -------------------------------------------------------------------------*/

/* Who takes part is ruled like who invites: attendees have no setting of their own. */
static const struct merge_rule *rule_of(const struct mix *mix, int kind, size_t group)
{
	static const struct merge_rule usual = { DIRECTION_BOTH, POLICY_NEWEST };

	if (!mix->in->rules)
		return &usual;
	if (kind == FIELD_ATTENDEE)
		group = field_group(mix->in->table, mix->in->kind, APPT_ORGANIZER);
	return &mix->in->rules[group];
}

struct way merge_way(const struct mix *mix, int kind, const struct field *field, size_t group)
{
	int direction = rule_of(mix, kind, group)->direction;

	if (mix->in->role != ROLE_ATTENDEE)
		return (struct way){
			.to_store = direction == DIRECTION_BOTH || direction == DIRECTION_TO_STORE,
			.to_server =
				direction == DIRECTION_BOTH || direction == DIRECTION_TO_SERVER,
			.why = WHY_DIRECTION,
		};
	/* His own reminder is no news to the meeting. The organizer's is none to him, unless the
	 * organisation says that what the store has holds for all. */
	if (field->flags & FIELD_PERSONAL)
		return (struct way){ .to_server = direction == DIRECTION_TO_SERVER,
				     .why = WHY_ROLE,
				     .quiet_ours = true,
				     .quiet_theirs = true };
	return (struct way){ .why = WHY_ROLE, .quiet_ours = true, .quiet_theirs = mix->first };
}

static const char *name_of(const struct group *g)
{
	return g->set->mix->in->table->kinds[g->set->kind].group_names[g->number];
}

static int newest(struct group *g, int *why)
{
	struct mix *mix = g->set->mix;
	const struct merge_in *in = mix->in;
	int64_t us = in->record_us;

	if (g->set->part == 0 && in->group_us && in->group_us[g->number])
		us = in->group_us[g->number];
	if (g->set->part == 0 && !in->group_us && us > in->item_after_us)
		mix->out->tie = true;
	if (us && in->item_us && us > in->item_us) {
		*why = WHY_STORE_NEWER;
		return SIDE_STORE;
	}
	*why = us && us <= in->item_after_us ? WHY_SERVER_NEWER : WHY_UNKNOWN_ORDER;
	return SIDE_SERVER;
}

int merge_choose(struct group *g, int *why)
{
	const struct set *set = g->set;
	int side = merge_settled_side(set->mix, set->part ? merge_part_name(set, NULL)
							  : brg_cstr(name_of(g)));

	*why = WHY_SETTLED;
	if (side)
		return side;
	switch (rule_of(set->mix, set->kind, g->number)->policy) {
	case POLICY_SERVER:
		*why = WHY_POLICY_SERVER;
		return SIDE_SERVER;
	case POLICY_STORE:
		*why = WHY_POLICY_STORE;
		return SIDE_STORE;
	case POLICY_ASK:
		return 0;
	default:
		return newest(g, why);
	}
}

/* ---- what record, item and shadows get ------------------------------------------------------*/

/* NULL: absent. */
static void put(struct image_draft *draft, const struct field *field, const struct brg_field *value)
{
	struct brg_field *f = draft_add(draft, field->id, field->type, BRG_ABSENT);

	if (value)
		*f = *value;
}

/* In a record null is absent, but in its occurrences. */
static const struct brg_field *of_record(const struct set *set, const struct brg_field *value)
{
	return set->part == BRG_OCCURRENCE || has(value) ? value : NULL;
}

void merge_take(struct group *g, const struct cell *cell, const struct brg_field *value)
{
	if (merge_same(g->set, cell->ours, value))
		return;
	put(&g->set->record, cell->field, of_record(g->set, value));
	BIT_SET(g->set->changed, g->number);
}

void merge_shadow(struct group *g, const struct cell *cell, const struct brg_field *value)
{
	put(&g->set->was_ours_now, cell->field, of_record(g->set, value));
}

/* An occurrence that is to be as the series is told what the series has. */
static const struct brg_field *to_push(const struct set *set, const struct cell *cell)
{
	const struct image series = { .fields = set->mix->out->record.fields };

	if (set->part != BRG_OCCURRENCE || cell->result)
		return cell->result;
	return image_field(&series, cell->field->id);
}

void merge_push(struct group *g)
{
	bool occurrence = g->set->part == BRG_OCCURRENCE;

	for (size_t i = 0; i < g->n; i++) {
		const struct cell *c = &g->cells[i];
		const struct brg_field *value = to_push(g->set, c);
		bool other = occurrence ? c->result || c->theirs || c->was_theirs || c->was_ours
					: has(c->theirs) || has(c->was_theirs) || has(c->was_ours);

		if (occurrence ? !other : !other && !has(value))
			continue;
		if (has(value))
			put(&g->set->push, c->field, value);
		else
			draft_null(&g->set->push, c->field->id, c->field->type);
	}
	BIT_SET(g->set->pushed, g->number);
}

/* ---- what loses -----------------------------------------------------------------------------*/

static void lose_value(struct group *g, const struct cell *cell, int side, struct image_draft *lost)
{
	const struct brg_field *value = side == SIDE_STORE ? cell->ours : cell->theirs;

	if (has(value))
		put(lost, cell->field, value);
	else if (value || g->set->part != BRG_OCCURRENCE)
		draft_null(lost, cell->field->id, cell->field->type);
}

void merge_lose(struct group *g, int side, int why)
{
	struct image_draft lost;
	bool any = false;

	draft_init(&lost, g->set->mix->arena);
	for (size_t i = 0; i < g->n; i++) {
		const struct cell *c = &g->cells[i];
		bool agree =
			merge_told(g->set, c->theirs) && merge_same(g->set, c->ours, c->theirs);

		if (!(side == SIDE_STORE ? c->our : c->their) || agree)
			continue;
		lose_value(g, c, side, &lost);
		any = true;
	}
	if (any)
		merge_add_loss(g->set, name_of(g), side, why, draft_done(&lost), lost.n == 0);
}

/* What the direction, or the role, lets not through. */
static void refuse(struct group *g, int side)
{
	if (!(side == SIDE_STORE ? g->way.quiet_ours : g->way.quiet_theirs))
		merge_lose(g, side, g->way.why);
}

/* ---- invariants -----------------------------------------------------------------------------*/

static bool is_time(const struct group *g)
{
	return g->set->kind == BRG_APPOINTMENT && g->cells[0].field->id == APPT_START;
}

/* Those of a group alone; of occurrences and the recurrence together see merge_part.c. */
static bool holds(struct group *g)
{
	struct image_draft draft;
	struct image image = { 0 };
	size_t group;

	if (!is_time(g) && !(g->set->kind == BRG_TASK && g->cells[0].field->id == TASK_STATUS))
		return true;
	draft_init(&draft, g->set->mix->arena);
	for (size_t i = 0; i < g->n; i++)
		if (has(g->cells[i].result))
			put(&draft, g->cells[i].field, g->cells[i].result);
	image.fields = draft_done(&draft);
	return derive_holds(g->set->mix->in->table, g->set->kind, &image, &group);
}

/* The item's group as it stands there. What it does not tell stays ours if it goes with that. */
static bool make_whole(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->cells[i].result = has(g->cells[i].theirs) ? g->cells[i].theirs : NULL;
	if (!holds(g))
		return false;
	for (size_t i = 0; i < g->n; i++) {
		struct cell *c = &g->cells[i];

		if (c->theirs || !has(c->was_ours))
			continue;
		c->result = c->was_ours;
		if (!holds(g))
			c->result = NULL;
	}
	return true;
}

static void take_whole(struct group *g)
{
	struct image_draft lost;

	draft_init(&lost, g->set->mix->arena);
	for (size_t i = 0; i < g->n; i++) {
		struct cell *c = &g->cells[i];

		if (has(c->ours) && !merge_same(g->set, c->ours, c->result))
			put(&lost, c->field, c->ours);
		merge_take(g, c, c->result);
		merge_shadow(g, c, c->result);
	}
	if (lost.n)
		merge_add_loss(g->set, name_of(g), SIDE_STORE, WHY_INVARIANT, draft_done(&lost),
			       false);
}

/* ---- what becomes of it ---------------------------------------------------------------------*/

/* Is there a change of ours (theirs) that the other side does not have? */
static bool differs(const struct group *g, int side)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct cell *c = &g->cells[i];

		if ((side == SIDE_STORE ? c->our : c->their) &&
		    !(merge_told(g->set, c->theirs) && merge_same(g->set, c->ours, c->theirs)))
			return true;
	}
	return false;
}

/* What the record has is all that there is to agree on. */
static void agree(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->cells[i].our || g->cells[i].their)
			merge_shadow(g, &g->cells[i], g->cells[i].ours);
}

static void give_ours(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->cells[i].result = g->cells[i].ours;
	if (g->way.to_server) {
		merge_push(g);
		return;
	}
	refuse(g, SIDE_STORE);
	agree(g);
}

/* Ours holds. What the item has now is what the record is to be compared with from
 * now on: if it became again what it was before, that would be a change too. */
static void hold_ours(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->cells[i].their)
			merge_shadow(g, &g->cells[i], g->cells[i].theirs);
	give_ours(g);
}

/* Fields that the item did not change stay as rich as they were when both agreed. */
static void take_theirs(struct group *g, int why)
{
	for (size_t i = 0; i < g->n; i++)
		g->cells[i].result = g->cells[i].their ? g->cells[i].theirs : g->cells[i].was_ours;
	if (holds(g)) {
		for (size_t i = 0; i < g->n; i++) {
			merge_take(g, &g->cells[i], g->cells[i].result);
			merge_shadow(g, &g->cells[i], g->cells[i].result);
		}
		if (why)
			merge_lose(g, SIDE_STORE, why);
		return;
	}
	if (make_whole(g)) {
		take_whole(g);
		return;
	}
	merge_lose(g, SIDE_SERVER, WHY_INVARIANT);
	if (differs(g, SIDE_STORE))
		hold_ours(g);
	else
		agree(g);
}

/* A person is asked; until then both sides and what they agreed on stay as they are. */
static void wait(struct group *g)
{
	struct set *set = g->set;

	for (size_t i = 0; i < g->n; i++) {
		const struct cell *c = &g->cells[i];

		put(&set->after, c->field, c->was_ours);
		put(&set->was_theirs_now, c->field, c->was_theirs);
		if (c->was_ours)
			put(&set->base_waits, c->field, c->was_ours);
		if (c->ours)
			put(&set->ours_wait, c->field, c->ours);
		if (c->theirs)
			put(&set->theirs_wait, c->field, c->theirs);
	}
	BIT_SET(set->waiting, g->number);
	if (set->part)
		return; /* all groups of the part are one conflict */
	merge_add_conflict(set, brg_cstr(name_of(g)));
	set->mix->time_waits = set->mix->time_waits || is_time(g);
}

static void note_series_lost(struct group *g, int side)
{
	if (is_time(g) && !g->set->part)
		g->set->mix->series_lost = side;
}

static void decide(struct group *g)
{
	int why, side = merge_choose(g, &why);

	if (side == 0) {
		wait(g);
	} else if (side == SIDE_SERVER) {
		note_series_lost(g, SIDE_STORE);
		take_theirs(g, why);
	} else {
		note_series_lost(g, SIDE_SERVER);
		merge_lose(g, SIDE_SERVER, why);
		hold_ours(g);
	}
}

static void both_changed(struct group *g)
{
	if (g->way.to_store && g->way.to_server) {
		decide(g);
	} else if (g->way.to_store) {
		take_theirs(g, g->way.why);
	} else {
		note_series_lost(g, SIDE_SERVER);
		refuse(g, SIDE_SERVER);
		hold_ours(g);
	}
}

/* ---- first contact --------------------------------------------------------------------------*/

bool merge_alike(const struct brg_field *a, const struct brg_field *b)
{
	return field_resembles(a, b) && field_resembles(b, a);
}

/* That an occurrence has nothing where the series has something is something to have. */
static bool is_there(const struct group *g, const struct brg_field *f)
{
	return g->set->part == BRG_OCCURRENCE ? f != NULL : has(f);
}

/* Neither side had anything here, and what both have now is the same but for blanks and the like:
 * each gives what the other lacks. */
static bool fits(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct cell *c = &g->cells[i];

		if (is_there(g, c->was_ours) || is_there(g, c->was_theirs))
			return false;
		if (is_there(g, c->ours) && is_there(g, c->theirs) &&
		    !merge_alike(c->ours, c->theirs))
			return false;
	}
	return true;
}

static void unite_cell(struct group *g, const struct cell *c, bool *lacks)
{
	if (is_there(g, c->ours) && !is_there(g, c->theirs)) {
		*lacks = true;
		if (!g->way.to_server)
			merge_shadow(g, c, c->ours);
	} else if (is_there(g, c->ours)) {
		merge_shadow(g, c, c->ours);
	} else if (is_there(g, c->theirs) && g->way.to_store) {
		merge_take(g, c, c->theirs);
		merge_shadow(g, c, c->theirs);
	}
}

/* False: the whole would break an invariant. */
static bool unite(struct group *g)
{
	bool lacks = false;

	for (size_t i = 0; i < g->n; i++)
		if (!is_there(g, g->cells[i].ours) && is_there(g, g->cells[i].theirs))
			g->cells[i].result = g->cells[i].theirs;
	if (!holds(g))
		return false;
	for (size_t i = 0; i < g->n; i++)
		unite_cell(g, &g->cells[i], &lacks);
	if (lacks && g->way.to_server)
		merge_push(g);
	return true;
}

static void lose_united(struct group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct cell *c = &g->cells[i];

		/* One that the other side has, if only in its way, is not lost. */
		c->our = c->our && !is_there(g, c->theirs);
		c->their = c->their && !is_there(g, c->ours);
	}
	if (!g->way.to_store)
		refuse(g, SIDE_SERVER);
	if (!g->way.to_server)
		refuse(g, SIDE_STORE);
}

void merge_group(struct group *g)
{
	bool ours, theirs;

	if (g->set->kind == FIELD_ATTENDEE && g->cells[0].field->id == ATTENDEE_RESPONSE) {
		merge_response(g);
		return;
	}
	if (merge_list(g))
		return;
	ours = differs(g, SIDE_STORE);
	theirs = differs(g, SIDE_SERVER);
	if (ours && theirs) {
		if (fits(g) && unite(g))
			lose_united(g);
		else
			both_changed(g);
	} else if (ours) {
		hold_ours(g);
	} else if (!theirs) {
		agree(g);
	} else if (g->way.to_store) {
		take_theirs(g, 0);
	} else {
		note_series_lost(g, SIDE_SERVER);
		refuse(g, SIDE_SERVER);
		agree(g);
	}
}
