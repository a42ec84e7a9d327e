/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of one part: it lives on both sides, on one, or on none.
 */
#include "core/merge-part.h"

#include <stdlib.h>

/* ---- it lives on both sides -----------------------------------------------------------------*/

/* An occurrence in which nothing differs from the series is not listed. */
static const struct brg_part *listed(const struct parts *p, const struct quad *q,
				     struct brg_fields fields)
{
	return q->type == BRG_OCCURRENCE && fields.n == 0 ? NULL
							  : part_make(p, q, BRG_VALUE, fields);
}

/* After a write that makes the server forget the occurrence it is written whole. */
static const struct brg_part *push_again(const struct parts *p, const struct quad *q,
					 struct set *set, const struct brg_fields *record)
{
	const struct brg_fields *theirs = part_fields(q->theirs);
	const struct field_table *table = p->mix->in->table;

	for (size_t i = 0; i < record->n; i++)
		if (!BIT_HAS(set->waiting, field_group(table, set->kind, record->at[i].id)))
			*draft_add(&set->push, record->at[i].id, 0, 0) = record->at[i];
	/* What waits stays there as it is. */
	for (size_t i = 0; i < theirs->n; i++)
		if (BIT_HAS(set->waiting, field_group(table, set->kind, theirs->at[i].id)))
			*draft_add(&set->push, theirs->at[i].id, 0, 0) = theirs->at[i];
	return set->push.n ? part_make_push(p, q, BRG_VALUE, draft_done(&set->push)) : NULL;
}

static void wait_for_person(const struct parts *p, const struct quad *q, struct set *set,
			    struct part_fate *out)
{
	struct brg_fields after = merge_patch(part_fields(out->record), &set->after);
	struct brg_fields item = merge_patch(part_fields(out->item), &set->was_theirs_now);
	struct brg_part *part;

	merge_add_conflict(set, merge_part_name(set, NULL));
	out->after = listed(p, q, after);
	part = part_make(p, q, BRG_VALUE, item);
	if (q->told) {
		part->remote_id = q->told->remote_id;
		part->version = q->told->version;
	}
	out->item = part;
}

static void both_live(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	struct brg_fields record, shadow;
	struct set set;

	part_set_init(p, q, &set);
	set.was_ours = part_fields(q->was_ours);
	set.was_theirs = part_fields(q->was_theirs);
	set.ours = part_fields(q->ours);
	set.theirs = part_fields(q->theirs);
	merge_set(&set);
	record = merge_patch(set.ours, &set.record);
	shadow = merge_patch(set.was_ours, &set.was_ours_now);
	out->record = set.record.n ? listed(p, q, record) : q->ours;
	out->shadow = listed(p, q, shadow);
	out->after = out->record;
	series_push_along(p, q, &set, &record);
	if (p->written_again && q->type == BRG_OCCURRENCE && out->record)
		out->push = push_again(p, q, &set, &record);
	else if (set.push.n)
		out->push = part_make_push(p, q, BRG_VALUE, draft_done(&set.push));
	if (set.waiting[0] || set.waiting[1])
		wait_for_person(p, q, &set, out);
}

/* ---- it lives on one side -------------------------------------------------------------------*/

/* Gone, as its sort of part is. */
static const struct brg_part *dead(const struct parts *p, const struct quad *q)
{
	return q->type == BRG_OCCURRENCE ? part_make(p, q, BRG_NULL, part_no_fields) : NULL;
}

static void refuse(const struct parts *p, const struct quad *q, int side)
{
	if (!(side == SIDE_STORE ? p->lives.quiet_ours : p->lives.quiet_theirs))
		part_lose(p, q, side, p->lives.why);
}

/* What may not be written is agreed on; the rest stays a change of ours. */
static const struct brg_part *given_shadow(const struct parts *p, const struct quad *q,
					   struct set *set)
{
	const struct brg_part *shadow;

	if (set->was_ours_now.n == 0 || q->type != BRG_OCCURRENCE)
		return q->was_ours;
	shadow = listed(p, q, merge_patch(part_fields(q->was_ours), &set->was_ours_now));
	return part_same(q, shadow, q->ours) ? q->was_ours : shadow;
}

/* All of ours that may be written. */
static void give(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	struct set set;

	part_set_init(p, q, &set);
	set.ours = part_fields(q->ours);
	merge_set(&set);
	out->record = out->after = q->ours;
	out->shadow = given_shadow(p, q, &set);
	out->push = part_make_push(p, q, BRG_VALUE,
				   set.push.n ? draft_done(&set.push) : (struct brg_fields){ 0 });
}

/* All of theirs that may be read. */
static void take(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	struct set set;

	part_set_init(p, q, &set);
	set.theirs = part_fields(q->theirs);
	merge_set(&set);
	out->record = listed(p, q, merge_patch(&part_no_fields, &set.record));
	out->shadow = out->after = out->record;
}

static void only_ours_lives(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	bool gone_there = part_lives(q, q->was_theirs);
	bool wanted = part_edited(p, q, SIDE_STORE, PART_TRAVELLING);

	if (gone_there && p->lives.to_store && !(wanted && p->lives.to_server)) {
		if (part_edited(p, q, SIDE_STORE, PART_ANY))
			refuse(p, q, SIDE_STORE);
		out->record = out->shadow = out->after = dead(p, q);
		return;
	}
	if (gone_there && p->lives.to_store)
		part_lose(p, q, SIDE_SERVER, WHY_EDIT_OVER_DELETE);
	else if (gone_there)
		refuse(p, q, SIDE_SERVER);
	out->record = out->after = q->ours;
	out->shadow = q->was_ours;
	if (p->lives.to_server && part_changed(p, q, SIDE_STORE, PART_TRAVELLING)) {
		give(p, q, out);
		if (gone_there)
			out->shadow = dead(p, q);
		return;
	}
	if (part_changed(p, q, SIDE_STORE, PART_EDITS))
		refuse(p, q, SIDE_STORE);
	out->shadow = q->ours;
}

static void only_theirs_lives(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	bool gone_here = part_lives(q, q->was_ours);
	bool wanted = part_edited(p, q, SIDE_SERVER, PART_TRAVELLING);

	out->record = out->after = out->shadow = q->ours;
	if (gone_here && p->lives.to_server && !(wanted && p->lives.to_store)) {
		if (part_edited(p, q, SIDE_SERVER, PART_ANY))
			refuse(p, q, SIDE_SERVER);
		out->shadow = q->was_ours;
		out->push = part_make_push(p, q, BRG_NULL, part_no_fields);
		return;
	}
	if (gone_here && p->lives.to_server)
		part_lose(p, q, SIDE_STORE, WHY_EDIT_OVER_DELETE);
	else if (gone_here)
		refuse(p, q, SIDE_STORE);
	if (!part_changed(p, q, SIDE_SERVER, PART_ANY))
		return;
	if (p->lives.to_store)
		take(p, q, out);
	else
		refuse(p, q, SIDE_SERVER);
}

void part_decide(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	bool here = part_lives(q, q->ours), there = part_lives(q, q->theirs);

	if (here && there)
		both_live(p, q, out);
	else if (here)
		only_ours_lives(p, q, out);
	else if (there)
		only_theirs_lives(p, q, out);
	else
		out->shadow = q->ours;
}
