/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts: attendees by address, occurrences by original start, each by itself. A part lives or does
 * not. An attendee lives where he is listed; an occurrence unless it was deleted, for one that is
 * nowhere listed is as the series.
 */
#include "core/merge-private.h"

#include "core/derive-private.h"
#include "core/recur.h"

#include <stdlib.h>

/* One part on all sides; NULL: not listed. */
struct quad {
	int type;
	struct brg_str key;
	const struct brg_part *was_ours, *was_theirs, *ours, *theirs;
	const struct brg_part *record, *told; /* as they are, whatever else is made of them */
};

/* What comes of it; NULL: not listed. */
struct fate_of_part {
	const struct brg_part *record, *shadow, *after, *item, *push;
};

struct part_list {
	struct brg_part *at;
	size_t n;
};

struct parts {
	struct mix *mix;
	struct way listing; /* attendees that are added and taken away */
	struct way calling; /* occurrences that are called off, and on again */
	struct way lives;   /* that of the part in hand */
	bool moved;	    /* the record's series has another time than before */
	bool gives_time;    /* the item is to get another time */
	bool written_again; /* the item gets another time: servers drop all occurrences then */
	/* Of the series as it is to be, and as it was in the record. */
	struct brg_str rule, start, was_rule, was_start;
	bool none_theirs, none_ours; /* no occurrence is listed there at all */
	struct part_list record, shadow, after, item, push;
};

/* ---- looking -------------------------------------------------------------------------------- */

static const struct brg_fields no_fields;

static bool lives(const struct quad *q, const struct brg_part *part)
{
	if (!part)
		return q->type == BRG_OCCURRENCE;
	return part->presence != BRG_NULL;
}

static const struct brg_fields *fields_of(const struct brg_part *part)
{
	return part && part->presence != BRG_NULL ? &part->fields : &no_fields;
}

static const struct brg_field *find(const struct brg_fields *fields, uint32_t id)
{
	return image_field(&(const struct image){ .fields = *fields }, id);
}

static bool same(const struct quad *q, const struct brg_part *a, const struct brg_part *b)
{
	const struct brg_part x = { .type = q->type, .fields = *fields_of(a) };
	const struct brg_part y = { .type = q->type, .fields = *fields_of(b) };

	return a == b || (lives(q, a) == lives(q, b) && image_part_eq(&x, &y));
}

/* Which changes count. */
enum { ANY, EDITS, TRAVELLING };

/* An answer is no edit of ours: it came from another mailbox. */
static bool counts(const struct parts *p, const struct quad *q, uint32_t id, int side, int which)
{
	int kind = q->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : p->mix->in->kind;
	const struct field *f = field_of(p->mix->in->table, kind, id);
	struct way way;

	if (which == ANY || !f)
		return f != NULL;
	if (side == SIDE_STORE && kind == FIELD_ATTENDEE && id >= ATTENDEE_RESPONSE)
		return false;
	way = merge_way(p->mix, kind, f, field_group(p->mix->in->table, kind, id));
	return which == EDITS || (side == SIDE_STORE ? way.to_server : way.to_store);
}

/* Has a field of the one another value than in the other? What the item does not tell is none. */
static bool fields_changed(const struct parts *p, const struct quad *q, const struct brg_part *part,
			   const struct brg_part *other, int side, int which)
{
	const struct brg_fields *is = fields_of(part), *was = fields_of(other);

	for (size_t i = 0; i < is->n; i++) {
		const struct brg_field *f = &is->at[i], *before = find(was, f->id);

		if (f->presence == BRG_ABSENT ||
		    (field_value_eq(f, before) && (q->type != BRG_OCCURRENCE || before)))
			continue;
		if (counts(p, q, f->id, side, which))
			return true;
	}
	return false;
}

static bool changed(const struct parts *p, const struct quad *q, int side, int which)
{
	const struct brg_part *is = side == SIDE_STORE ? q->ours : q->theirs;
	const struct brg_part *was = side == SIDE_STORE ? q->was_ours : q->was_theirs;

	if (lives(q, is) != lives(q, was))
		return true;
	if (fields_changed(p, q, is, was, side, which))
		return true;
	/* What is gone from it; an attendee's item need not tell all. */
	return (q->type == BRG_OCCURRENCE || side == SIDE_STORE) &&
	       fields_changed(p, q, was, is, side, which);
}

/* Somebody wants it; that an occurrence is as the series again is no edit of it. */
static bool edited(const struct parts *p, const struct quad *q, int side, int which)
{
	const struct brg_part *is = side == SIDE_STORE ? q->ours : q->theirs;

	return is && lives(q, is) && changed(p, q, side, which);
}

/* ---- making --------------------------------------------------------------------------------- */

static struct brg_part *make(const struct parts *p, const struct quad *q, int presence,
			     struct brg_fields fields)
{
	struct brg_part *part = arena_alloc(p->mix->arena, sizeof(*part));

	*part = (struct brg_part){ .size = sizeof(*part),
				   .type = q->type,
				   .key = q->key,
				   .presence = presence,
				   .fields = fields };
	return part;
}

/* Gone, as its sort of part is. */
static const struct brg_part *dead(const struct parts *p, const struct quad *q)
{
	return q->type == BRG_OCCURRENCE ? make(p, q, BRG_NULL, no_fields) : NULL;
}

/* With the names that the item's side has for it. */
static const struct brg_part *make_push(const struct parts *p, const struct quad *q, int presence,
					struct brg_fields fields)
{
	const struct brg_part *names = q->told ? q->told : q->was_theirs;
	struct brg_part *part = make(p, q, presence, fields);

	if (names) {
		part->remote_id = names->remote_id;
		part->version = names->version;
	}
	return part;
}

static void init_set(const struct parts *p, const struct quad *q, struct set *set)
{
	merge_set_init(set, p->mix,
		       q->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : p->mix->in->kind);
	set->part = q->type;
	set->key = q->key;
	set->was_ours = set->was_theirs = set->ours = set->theirs = &no_fields;
}

/* ---- what loses ----------------------------------------------------------------------------- */

static void lose(const struct parts *p, const struct quad *q, int side, int why)
{
	const struct brg_part *part = side == SIDE_STORE ? q->ours : q->theirs;
	struct set set;

	init_set(p, q, &set);
	merge_add_loss(&set, NULL, side, why, *fields_of(part), !lives(q, part));
}

static void refuse(const struct parts *p, const struct quad *q, int side)
{
	if (!(side == SIDE_STORE ? p->lives.quiet_ours : p->lives.quiet_theirs))
		lose(p, q, side, p->lives.why);
}

/* ---- it lives on both sides ----------------------------------------------------------------- */

/* An occurrence in which nothing differs from the series is not listed. */
static const struct brg_part *listed(const struct parts *p, const struct quad *q,
				     struct brg_fields fields)
{
	return q->type == BRG_OCCURRENCE && fields.n == 0 ? NULL : make(p, q, BRG_VALUE, fields);
}

/* After a write that makes the server forget the occurrence it is written whole. */
static const struct brg_part *push_again(const struct parts *p, const struct quad *q,
					 struct set *set, const struct brg_fields *record)
{
	const struct brg_fields *theirs = fields_of(q->theirs);
	const struct field_table *table = p->mix->in->table;

	for (size_t i = 0; i < record->n; i++)
		if (!BIT_HAS(set->waiting, field_group(table, set->kind, record->at[i].id)))
			*draft_add(&set->push, record->at[i].id, 0, 0) = record->at[i];
	/* What waits stays there as it is. */
	for (size_t i = 0; i < theirs->n; i++)
		if (BIT_HAS(set->waiting, field_group(table, set->kind, theirs->at[i].id)))
			*draft_add(&set->push, theirs->at[i].id, 0, 0) = theirs->at[i];
	return set->push.n ? make_push(p, q, BRG_VALUE, draft_done(&set->push)) : NULL;
}

/* A server that keeps a value of its own in the occurrence does not see that the series has
 * another one now. */
static void push_along(const struct parts *p, const struct quad *q, struct set *set,
		       const struct brg_fields *record)
{
	const struct brg_fields *told = fields_of(q->told), *theirs = fields_of(q->theirs);
	const struct brg_fields *series = &p->mix->out->push.fields;

	for (size_t i = 0; q->type == BRG_OCCURRENCE && i < told->n; i++) {
		uint32_t id = told->at[i].id;
		const struct brg_field *f = find(series, id);

		if (f && !find(theirs, id) && !find(record, id))
			*draft_add(&set->push, id, 0, 0) = *f;
	}
}

static void wait_for_person(const struct parts *p, const struct quad *q, struct set *set,
			    struct fate_of_part *out)
{
	struct brg_fields after = merge_patch(fields_of(out->record), &set->after);
	struct brg_fields item = merge_patch(fields_of(out->item), &set->was_theirs_now);
	struct brg_part *part;

	merge_add_conflict(set, merge_part_name(set, NULL));
	out->after = listed(p, q, after);
	part = make(p, q, BRG_VALUE, item);
	if (q->told) {
		part->remote_id = q->told->remote_id;
		part->version = q->told->version;
	}
	out->item = part;
}

static void both_live(const struct parts *p, const struct quad *q, struct fate_of_part *out)
{
	struct brg_fields record, shadow;
	struct set set;

	init_set(p, q, &set);
	set.was_ours = fields_of(q->was_ours);
	set.was_theirs = fields_of(q->was_theirs);
	set.ours = fields_of(q->ours);
	set.theirs = fields_of(q->theirs);
	merge_set(&set);
	record = merge_patch(set.ours, &set.record);
	shadow = merge_patch(set.was_ours, &set.was_ours_now);
	out->record = set.record.n ? listed(p, q, record) : q->ours;
	out->shadow = listed(p, q, shadow);
	out->after = out->record;
	push_along(p, q, &set, &record);
	if (p->written_again && q->type == BRG_OCCURRENCE && out->record)
		out->push = push_again(p, q, &set, &record);
	else if (set.push.n)
		out->push = make_push(p, q, BRG_VALUE, draft_done(&set.push));
	if (set.waiting[0] || set.waiting[1])
		wait_for_person(p, q, &set, out);
}

/* ---- it lives on one side ------------------------------------------------------------------- */

/* What may not be written is agreed on; the rest stays a change of ours. */
static const struct brg_part *given_shadow(const struct parts *p, const struct quad *q,
					   struct set *set)
{
	const struct brg_part *shadow;

	if (set->was_ours_now.n == 0 || q->type != BRG_OCCURRENCE)
		return q->was_ours;
	shadow = listed(p, q, merge_patch(fields_of(q->was_ours), &set->was_ours_now));
	return same(q, shadow, q->ours) ? q->was_ours : shadow;
}

/* All of ours that may be written. */
static void give(const struct parts *p, const struct quad *q, struct fate_of_part *out)
{
	struct set set;

	init_set(p, q, &set);
	set.ours = fields_of(q->ours);
	merge_set(&set);
	out->record = out->after = q->ours;
	out->shadow = given_shadow(p, q, &set);
	out->push = make_push(p, q, BRG_VALUE,
			      set.push.n ? draft_done(&set.push) : (struct brg_fields){ 0 });
}

/* All of theirs that may be read. */
static void take(const struct parts *p, const struct quad *q, struct fate_of_part *out)
{
	struct set set;

	init_set(p, q, &set);
	set.theirs = fields_of(q->theirs);
	merge_set(&set);
	out->record = listed(p, q, merge_patch(&no_fields, &set.record));
	out->shadow = out->after = out->record;
}

static void only_ours_lives(const struct parts *p, const struct quad *q, struct fate_of_part *out)
{
	bool gone_there = lives(q, q->was_theirs), wanted = edited(p, q, SIDE_STORE, TRAVELLING);

	if (gone_there && p->lives.to_store && !(wanted && p->lives.to_server)) {
		if (edited(p, q, SIDE_STORE, ANY))
			refuse(p, q, SIDE_STORE);
		out->record = out->shadow = out->after = dead(p, q);
		return;
	}
	if (gone_there && p->lives.to_store)
		lose(p, q, SIDE_SERVER, WHY_EDIT_OVER_DELETE);
	else if (gone_there)
		refuse(p, q, SIDE_SERVER);
	out->record = out->after = q->ours;
	out->shadow = q->was_ours;
	if (p->lives.to_server && changed(p, q, SIDE_STORE, TRAVELLING)) {
		give(p, q, out);
		if (gone_there)
			out->shadow = dead(p, q);
		return;
	}
	if (changed(p, q, SIDE_STORE, EDITS))
		refuse(p, q, SIDE_STORE);
	out->shadow = q->ours;
}

static void only_theirs_lives(const struct parts *p, const struct quad *q, struct fate_of_part *out)
{
	bool gone_here = lives(q, q->was_ours), wanted = edited(p, q, SIDE_SERVER, TRAVELLING);

	out->record = out->after = out->shadow = q->ours;
	if (gone_here && p->lives.to_server && !(wanted && p->lives.to_store)) {
		if (edited(p, q, SIDE_SERVER, ANY))
			refuse(p, q, SIDE_SERVER);
		out->shadow = q->was_ours;
		out->push = make_push(p, q, BRG_NULL, no_fields);
		return;
	}
	if (gone_here && p->lives.to_server)
		lose(p, q, SIDE_STORE, WHY_EDIT_OVER_DELETE);
	else if (gone_here)
		refuse(p, q, SIDE_STORE);
	if (!changed(p, q, SIDE_SERVER, ANY))
		return;
	if (p->lives.to_store)
		take(p, q, out);
	else
		refuse(p, q, SIDE_SERVER);
}

/* ---- occurrences and their series ----------------------------------------------------------- */

static bool has_place(const struct parts *p, const struct quad *q)
{
	return p->rule.len && recur_has(p->rule, p->start, q->key);
}

/* It was dropped from the record once, for it had no place; a server that keeps such things has it
 * still. Now it has a place again: whoever moved the series says what is there. */
static void find_place_again(const struct parts *p, struct quad *q)
{
	if (q->was_ours || !q->was_theirs ||
	    (p->was_rule.len && recur_has(p->was_rule, p->was_start, q->key)))
		return;
	if (p->moved)
		q->was_theirs = NULL;
	else
		q->was_ours = q->was_theirs;
}

static void drop(const struct parts *p, const struct quad *q)
{
	bool ours = fields_of(q->ours)->n > 0;
	bool theirs = fields_of(q->theirs)->n > 0 && edited(p, q, SIDE_SERVER, ANY);

	if (ours)
		lose(p, q, SIDE_STORE, WHY_NO_PLACE);
	if (theirs && !same(q, q->ours, q->theirs))
		lose(p, q, SIDE_SERVER, WHY_NO_PLACE);
}

/* Servers give occurrences values of their own that are like those of the series. Where the record
 * has none, that is none. */
static bool like_series(const struct quad *q, const struct brg_field *f, const struct image *item)
{
	return field_value_eq(f, image_field(item, f->id)) && !find(fields_of(q->ours), f->id) &&
	       !find(fields_of(q->was_ours), f->id);
}

static const struct brg_part *folded(const struct parts *p, const struct quad *q,
				     const struct brg_part *part, const struct image *item)
{
	const struct brg_fields *fields = fields_of(part);
	struct image_draft draft;
	size_t like = 0;

	for (size_t i = 0; i < fields->n; i++)
		like += like_series(q, &fields->at[i], item);
	if (like == 0)
		return part;
	draft_init(&draft, p->mix->arena);
	for (size_t i = 0; i < fields->n; i++)
		if (!like_series(q, &fields->at[i], item))
			*draft_add(&draft, fields->at[i].id, 0, 0) = fields->at[i];
	return make(p, q, BRG_VALUE, draft_done(&draft));
}

static void fold(const struct parts *p, struct quad *q)
{
	bool told = p->mix->in->item->told & PART_BIT(q->type);

	if (q->type != BRG_OCCURRENCE)
		return;
	q->was_theirs = folded(p, q, q->was_theirs, &p->mix->was_theirs);
	q->theirs = told ? folded(p, q, q->theirs, p->mix->in->item) : q->was_theirs;
}

/* A change of the series that lost has taken all occurrences with it: they come back, there as
 * new ones of ours. */
static void bring_back(const struct parts *p, struct quad *q)
{
	if (q->type != BRG_OCCURRENCE)
		return;
	if (p->mix->series_lost == SIDE_SERVER && p->none_theirs) {
		if (p->lives.to_server)
			q->was_ours = q->was_theirs = NULL;
		else
			q->theirs = q->was_theirs;
	}
	if (p->mix->series_lost == SIDE_STORE && p->none_ours)
		q->ours = q->was_ours;
}

/* ---- an attendee's own answer --------------------------------------------------------------- */

static const struct brg_part *answered(const struct parts *p, const struct quad *q,
				       const struct brg_part *part, const struct image *item)
{
	const struct brg_field *own = image_field(item, APPT_RESPONSE);
	const struct brg_fields *fields = fields_of(part);
	struct image_draft draft;
	struct brg_field *f;

	if (!own || brg_str_eq(image_str(item, APPT_RESPONSE), brg_cstr("organizer")))
		return part;
	draft_init(&draft, p->mix->arena);
	for (size_t i = 0; i < fields->n; i++)
		*draft_add(&draft, fields->at[i].id, 0, 0) = fields->at[i];
	f = draft_add(&draft, ATTENDEE_RESPONSE, BRG_CHOICE, BRG_NULL);
	*f = *own;
	f->id = ATTENDEE_RESPONSE;
	return make(p, q, BRG_VALUE, draft_done(&draft));
}

/* In his own copy it stands with the meeting, not with him. */
static void read_own_answer(const struct parts *p, struct quad *q)
{
	const struct merge_in *in = p->mix->in;

	if (q->type != BRG_ATTENDEE || in->role == ROLE_OWN || !brg_str_eq(q->key, in->self) ||
	    !lives(q, q->ours) || (in->role == ROLE_FEEDER && !lives(q, q->theirs)))
		return;
	q->theirs = answered(p, q, q->theirs, in->item);
	q->was_theirs = answered(p, q, q->was_theirs, &p->mix->was_theirs);
}

/* ---- the walk ------------------------------------------------------------------------------- */

static void put(struct part_list *list, const struct brg_part *part)
{
	if (part)
		list->at[list->n++] = *part;
}

/* Of an attendee what the item does not tell now stays as it was told before. */
static const struct brg_part *item_shadow(const struct parts *p, const struct quad *q,
					  const struct brg_part *was)
{
	struct brg_part *part;

	if (q->type != BRG_ATTENDEE || !was || !q->told || q->told == was)
		return q->told;
	part = make(p, q, q->told->presence,
		    merge_lay_told(p->mix, &was->fields, &q->told->fields));
	part->remote_id = q->told->remote_id;
	part->version = q->told->version;
	return part;
}

static void decide(const struct parts *p, struct quad *q, struct fate_of_part *out)
{
	bool still = same(q, q->ours, q->was_ours) && same(q, q->theirs, q->was_theirs);
	bool along = p->mix->out->push.fields.n && fields_of(q->told)->n > fields_of(q->theirs)->n;
	bool again = q->type == BRG_OCCURRENCE && (p->moved || p->written_again);

	out->record = out->after = q->ours;
	out->shadow = q->was_ours;
	if (still && !again && !along)
		return;
	if (q->type == BRG_OCCURRENCE && p->mix->in->role != ROLE_ATTENDEE && !has_place(p, q)) {
		drop(p, q);
		out->record = out->after = NULL;
		out->shadow = p->gives_time ? q->theirs : NULL;
		return;
	}
	if (again)
		find_place_again(p, q);
	if (lives(q, q->ours) && lives(q, q->theirs))
		both_live(p, q, out);
	else if (lives(q, q->ours))
		only_ours_lives(p, q, out);
	else if (lives(q, q->theirs))
		only_theirs_lives(p, q, out);
	else
		out->shadow = q->ours;
	if (p->written_again && q->type == BRG_OCCURRENCE && out->record && !out->push)
		out->push = make_push(p, q, out->record->presence, out->record->fields);
}

static void merge_one(struct parts *p, struct quad *q)
{
	const struct brg_part *was = q->was_theirs;
	struct fate_of_part out = { 0 };

	out.item = item_shadow(p, q, was);
	if (q->type == BRG_OCCURRENCE && p->mix->time_waits) {
		out = (struct fate_of_part){ q->ours, q->was_ours, q->was_ours, was, NULL };
	} else if (q->type == BRG_ATTACHMENT) {
		out.record = out.after = q->ours;
		out.shadow = q->was_ours;
	} else {
		p->lives = q->type == BRG_ATTENDEE ? p->listing : p->calling;
		fold(p, q);
		bring_back(p, q);
		read_own_answer(p, q);
		decide(p, q, &out);
	}
	if (!same(q, q->record, out.record))
		p->mix->out->parts_changed = true;
	put(&p->record, out.record);
	put(&p->shadow, out.shadow);
	put(&p->after, out.after);
	put(&p->item, out.item);
	put(&p->push, out.push);
}

struct walk {
	const struct image *image;
	size_t at;
};

static const struct brg_part *first_of(struct walk *walks, size_t n)
{
	const struct brg_part *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct brg_part *part = &walks[i].image->parts[walks[i].at];

		if (walks[i].at < walks[i].image->n_parts &&
		    (!first || image_part_order(part, first->type, first->key) < 0))
			first = part;
	}
	return first;
}

static const struct brg_part *step_to(struct walk *walk, const struct quad *q)
{
	if (walk->at == walk->image->n_parts ||
	    image_part_order(&walk->image->parts[walk->at], q->type, q->key) != 0)
		return NULL;
	return &walk->image->parts[walk->at++];
}

static void walk_parts(struct parts *p)
{
	const struct merge_in *in = p->mix->in;
	struct walk walks[] = { { &p->mix->was_ours, 0 },
				{ &p->mix->was_theirs, 0 },
				{ in->record, 0 },
				{ in->item, 0 } };
	const struct brg_part *first;

	while ((first = first_of(walks, 4)) != NULL) {
		struct quad q = { .type = first->type, .key = first->key };

		q.was_ours = step_to(&walks[0], &q);
		q.was_theirs = step_to(&walks[1], &q);
		q.record = q.ours = step_to(&walks[2], &q);
		q.theirs = step_to(&walks[3], &q);
		if (!(in->item->told & PART_BIT(q.type)))
			q.theirs = q.was_theirs;
		q.told = q.theirs;
		merge_one(p, &q);
	}
}

static bool lists_occurrences(const struct image *image)
{
	return image->n_parts && image->parts[0].type == BRG_OCCURRENCE;
}

static void begin(struct parts *p, size_t most)
{
	const struct merge_in *in = p->mix->in;
	const struct merge_out *out = p->mix->out;
	struct part_list *lists[] = { &p->record, &p->shadow, &p->after, &p->item, &p->push };
	size_t time = field_group(in->table, in->kind, APPT_START);
	size_t people = field_group(in->table, in->kind, APPT_ORGANIZER);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		lists[i]->at = arena_alloc(p->mix->arena, most * sizeof(*lists[i]->at));
	p->rule = image_str(&out->record, APPT_RECURRENCE);
	p->start = derive_series_start(&out->record);
	p->was_rule = image_str(&p->mix->was_ours, APPT_RECURRENCE);
	p->was_start = derive_series_start(&p->mix->was_ours);
	p->moved = BIT_HAS(out->changed, time);
	p->gives_time = BIT_HAS(out->pushed, time);
	p->written_again = p->gives_time && p->rule.len;
	p->none_ours = !lists_occurrences(in->record);
	p->none_theirs = !lists_occurrences(in->item);
	p->listing =
		merge_way(p->mix, in->kind, field_of(in->table, in->kind, APPT_ORGANIZER), people);
	p->calling = merge_way(p->mix, in->kind, field_of(in->table, in->kind, APPT_START), time);
}

static void end(const struct part_list *list, struct image *out)
{
	out->parts = list->at;
	out->n_parts = list->n;
}

void merge_parts(struct mix *mix)
{
	const struct merge_in *in = mix->in;
	struct parts p = { .mix = mix };
	size_t most = mix->was_ours.n_parts + mix->was_theirs.n_parts + in->record->n_parts +
		      in->item->n_parts;

	if (most == 0 || in->kind != BRG_APPOINTMENT)
		return;
	begin(&p, most);
	walk_parts(&p);
	end(&p.record, &mix->out->record);
	end(&p.shadow, &mix->out->base_record);
	end(&p.after, &mix->out->base_record_after);
	end(&p.item, &mix->out->base_item);
	end(&p.push, &mix->out->push);
}
