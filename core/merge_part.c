/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts, each by itself: looking at one on all sides, and the walk over all of them.
 */
#include "core/merge-part.h"

#include "core/derive-private.h"

#include <stdlib.h>

/* ---- looking --------------------------------------------------------------------------------*/

const struct brg_fields part_no_fields;

bool part_lives(const struct quad *q, const struct brg_part *part)
{
	if (!part)
		return q->type == BRG_OCCURRENCE;
	return part->presence != BRG_NULL;
}

const struct brg_fields *part_fields(const struct brg_part *part)
{
	return part && part->presence != BRG_NULL ? &part->fields : &part_no_fields;
}

const struct brg_field *part_field(const struct brg_fields *fields, uint32_t id)
{
	return image_field(&(const struct image){ .fields = *fields }, id);
}

bool part_same(const struct quad *q, const struct brg_part *a, const struct brg_part *b)
{
	const struct brg_part x = { .type = q->type, .fields = *part_fields(a) };
	const struct brg_part y = { .type = q->type, .fields = *part_fields(b) };

	return a == b || (part_lives(q, a) == part_lives(q, b) && image_part_eq(&x, &y));
}

/* An answer is no edit of ours: it came from another mailbox. */
static bool counts(const struct parts *p, const struct quad *q, uint32_t id, int side, int which)
{
	int kind = q->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : p->mix->in->kind;
	const struct field *f = field_of(p->mix->in->table, kind, id);
	struct way way;

	if (which == PART_ANY || !f)
		return f != NULL;
	if (side == SIDE_STORE && kind == FIELD_ATTENDEE && id >= ATTENDEE_RESPONSE)
		return false;
	way = merge_way(p->mix, kind, f, field_group(p->mix->in->table, kind, id));
	return which == PART_EDITS || (side == SIDE_STORE ? way.to_server : way.to_store);
}

/* Has a field of the one another value than in the other? What the item does not tell is none. */
static bool fields_changed(const struct parts *p, const struct quad *q, const struct brg_part *part,
			   const struct brg_part *other, int side, int which)
{
	const struct brg_fields *is = part_fields(part), *was = part_fields(other);

	for (size_t i = 0; i < is->n; i++) {
		const struct brg_field *f = &is->at[i], *before = part_field(was, f->id);

		if (f->presence == BRG_ABSENT ||
		    (field_value_eq(f, before) && (q->type != BRG_OCCURRENCE || before)))
			continue;
		if (counts(p, q, f->id, side, which))
			return true;
	}
	return false;
}

bool part_changed(const struct parts *p, const struct quad *q, int side, int which)
{
	const struct brg_part *is = side == SIDE_STORE ? q->ours : q->theirs;
	const struct brg_part *was = side == SIDE_STORE ? q->was_ours : q->was_theirs;

	if (part_lives(q, is) != part_lives(q, was))
		return true;
	if (fields_changed(p, q, is, was, side, which))
		return true;
	/* What is gone from it; an attendee's item need not tell all. */
	return (q->type == BRG_OCCURRENCE || side == SIDE_STORE) &&
	       fields_changed(p, q, was, is, side, which);
}

/* That an occurrence is as the series again is no edit of it. */
bool part_edited(const struct parts *p, const struct quad *q, int side, int which)
{
	const struct brg_part *is = side == SIDE_STORE ? q->ours : q->theirs;

	return is && part_lives(q, is) && part_changed(p, q, side, which);
}

/* ---- making ---------------------------------------------------------------------------------*/

struct brg_part *part_make(const struct parts *p, const struct quad *q, int presence,
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

/* With the names that the item's side has for it. */
struct brg_part *part_make_push(const struct parts *p, const struct quad *q, int presence,
				struct brg_fields fields)
{
	const struct brg_part *names = q->told ? q->told : q->was_theirs;
	struct brg_part *part = part_make(p, q, presence, fields);

	if (names) {
		part->remote_id = names->remote_id;
		part->version = names->version;
	}
	return part;
}

void part_set_init(const struct parts *p, const struct quad *q, struct set *set)
{
	merge_set_init(set, p->mix,
		       q->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : p->mix->in->kind);
	set->part = q->type;
	set->key = q->key;
	set->was_ours = set->was_theirs = set->ours = set->theirs = &part_no_fields;
}

/* ---- what loses -----------------------------------------------------------------------------*/

void part_lose(const struct parts *p, const struct quad *q, int side, int why)
{
	const struct brg_part *part = side == SIDE_STORE ? q->ours : q->theirs;
	struct set set;

	part_set_init(p, q, &set);
	merge_add_loss(&set, NULL, side, why, *part_fields(part), !part_lives(q, part));
}

/* ---- an attendee's own answer ---------------------------------------------------------------*/

static const struct brg_part *answered(const struct parts *p, const struct quad *q,
				       const struct brg_part *part, const struct image *item)
{
	const struct brg_field *own = image_field(item, APPT_RESPONSE);
	const struct brg_fields *fields = part_fields(part);
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
	return part_make(p, q, BRG_VALUE, draft_done(&draft));
}

/* In his own copy it stands with the meeting, not with him. */
static void read_own_answer(const struct parts *p, struct quad *q)
{
	const struct merge_in *in = p->mix->in;
	bool known = part_lives(q, q->ours) || (p->mix->first && part_lives(q, q->theirs));

	if (q->type != BRG_ATTENDEE || in->role == ROLE_OWN || !brg_str_eq(q->key, in->self) ||
	    !known || (in->role == ROLE_FEEDER && !part_lives(q, q->theirs)))
		return;
	q->theirs = answered(p, q, q->theirs, in->item);
	q->was_theirs = answered(p, q, q->was_theirs, &p->mix->was_theirs);
}

/* ---- the walk -------------------------------------------------------------------------------*/

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
	part = part_make(p, q, q->told->presence,
			 merge_lay_told(p->mix, &was->fields, &q->told->fields));
	part->remote_id = q->told->remote_id;
	part->version = q->told->version;
	return part;
}

static void decide(const struct parts *p, struct quad *q, struct part_fate *out)
{
	bool still = part_same(q, q->ours, q->was_ours) && part_same(q, q->theirs, q->was_theirs);
	bool along =
		p->mix->out->push.fields.n && part_fields(q->told)->n > part_fields(q->theirs)->n;
	bool again = q->type == BRG_OCCURRENCE && (p->moved || p->written_again);

	out->record = out->after = q->ours;
	out->shadow = q->was_ours;
	if (still && !again && !along)
		return;
	if (q->type == BRG_OCCURRENCE && p->mix->in->role != ROLE_ATTENDEE &&
	    !series_has_place(p, q)) {
		series_drop(p, q, out);
		return;
	}
	if (again)
		series_find_place_again(p, q);
	part_decide(p, q, out);
	if (p->written_again && q->type == BRG_OCCURRENCE && out->record && !out->push)
		out->push = part_make_push(p, q, out->record->presence, out->record->fields);
}

static void merge_one(struct parts *p, struct quad *q)
{
	const struct brg_part *was = q->was_theirs;
	struct part_fate out = { 0 };

	out.item = item_shadow(p, q, was);
	if (q->type == BRG_OCCURRENCE && p->mix->time_waits) {
		out = (struct part_fate){ q->ours, q->was_ours, q->was_ours, was, NULL };
	} else if (q->type == BRG_ATTACHMENT) {
		out.record = out.after = q->ours;
		out.shadow = q->was_ours;
	} else {
		p->lives = q->type == BRG_ATTENDEE ? p->listing : p->calling;
		series_fold(p, q);
		series_bring_back(p, q);
		read_own_answer(p, q);
		decide(p, q, &out);
	}
	if (!part_same(q, q->record, out.record))
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
		const struct brg_part *part;

		if (walks[i].at == walks[i].image->n_parts)
			continue;
		part = &walks[i].image->parts[walks[i].at];
		if (!first || image_part_order(part, first->type, first->key) < 0)
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
