/* SPDX-License-Identifier: Apache-2.0
 *
 * Something was written to the item and not read back. What is seen to have arrived moves into
 * both shadows, each as its side has it; the rest of the merge then knows nothing of writes. What
 * is not seen stays a change of ours and is written again: that does no harm, while believing that
 * a value has arrived which has not would lose it.
 */
#include "core/merge-private.h"

#include <stdlib.h>

struct arrived {
	struct mix *mix;
	bool whole; /* what is missing was left out by the server, not changed by anybody */
};

static bool has(const struct brg_field *f)
{
	return !field_value_eq(NULL, f);
}

/* As written, or what a server makes of that; but an item that has not changed at all may be as
 * it was before the write. */
static bool is_there(bool whole, const struct brg_field *pushed, const struct brg_field *was,
		     const struct brg_field *is)
{
	bool resembles = is && field_resembles(pushed, is);

	if (is && field_value_eq(pushed, is))
		return true;
	if (resembles)
		return whole || !field_value_eq(was, is);
	/* A server that never had a value there takes none. */
	return whole && !has(is) && !has(was);
}

static const struct brg_field *find(const struct brg_fields *fields, uint32_t id)
{
	return fields ? image_field(&(const struct image){ .fields = *fields }, id) : NULL;
}

static bool holds(const struct brg_field *list, struct brg_str entry)
{
	struct brg_field ours = { .presence = BRG_VALUE, .type = BRG_TEXT };
	struct brg_field theirs = { .presence = BRG_VALUE, .type = BRG_TEXT, .u.text = entry };

	for (size_t i = 0; has(list) && i < list->u.list.n; i++) {
		ours.u.text = list->u.list.at[i];
		if (field_resembles(&ours, &theirs))
			return true;
	}
	return false;
}

/* A person was there behind the write: the list has entries of neither us nor before. What it lacks
 * of ours he took out; a server that drops entries adds none. */
static bool is_edited(const struct brg_field *pushed, const struct brg_field *was,
		      const struct brg_field *is)
{
	if (!has(pushed) || !has(is) || is->type != BRG_LIST)
		return false;
	for (size_t i = 0; i < is->u.list.n; i++)
		if (!holds(pushed, is->u.list.at[i]) && !holds(was, is->u.list.at[i]))
			return true;
	return false;
}

/* The write is known to have been done (the record's shadow has it), and the item says what it said
 * before: somebody has set it back. */
static bool is_set_back(const struct brg_field *pushed, const struct brg_field *agreed,
			const struct brg_field *was, const struct brg_field *is)
{
	return has(pushed) && has(is) && agreed && field_value_eq(pushed, agreed) &&
	       field_value_eq(was, is) && !field_resembles(pushed, is);
}

/* One set of fields: of the item, or of a part of it. */
struct write {
	const struct brg_fields *pushed;
	const struct brg_fields *agreed; /* the record's shadow; NULL: nothing */
	const struct brg_fields *was, *is;
	/* Out: what goes over the shadow of the record, and of the item. */
	struct brg_fields ours, theirs;
};

/* The write is known to have been done (the record's shadow has it), the item has been written
 * since, or is another, and has nothing of it: not taken by the server, taken out by a person, or a
 * copy from before. It is written once more. */
static bool may_be_lost(const struct arrived *a, const struct brg_field *pushed,
			const struct brg_field *agreed)
{
	return a->mix->in->doubt && field_value_eq(pushed, agreed);
}

/* Of the fields that were written those that are there: for the record's shadow as written, for
 * the item's as they are told. */
static void arrived_fields(struct arrived *a, struct write *w)
{
	struct image_draft as_written, as_told;

	draft_init(&as_written, a->mix->arena);
	draft_init(&as_told, a->mix->arena);
	for (size_t i = 0; i < w->pushed->n; i++) {
		const struct brg_field *p = &w->pushed->at[i], *told = find(w->is, p->id);
		const struct brg_field *was = find(w->was, p->id);
		const struct brg_field *agreed = find(w->agreed, p->id);
		bool doubt = may_be_lost(a, p, agreed);

		if (p->presence == BRG_ABSENT)
			continue;
		if (is_edited(p, was, told) ||
		    (!a->mix->in->elsewhere && is_set_back(p, agreed, was, told))) {
			*draft_add(&as_told, p->id, p->type, BRG_NULL) = *p;
		} else if (is_there(a->whole && !doubt, p, was, told)) {
			*draft_add(&as_written, p->id, p->type, BRG_NULL) = *p;
			if (told)
				*draft_add(&as_told, p->id, p->type, BRG_NULL) = *told;
		} else if (doubt && field_value_eq(was, told)) {
			struct brg_field *back = draft_add(&as_written, p->id, p->type, BRG_NULL);

			if (was)
				*back = *was;
			a->mix->out->again = true;
		}
	}
	w->ours = draft_done(&as_written);
	w->theirs = draft_done(&as_told);
}

/* ---- parts ----------------------------------------------------------------------------------*/

static bool is_live(const struct brg_part *part)
{
	return part && part->presence != BRG_NULL;
}

/* As may_be_lost(). *ours is as it was before the write. */
static bool is_part_lost(struct arrived *a, const struct brg_part *pushed,
			 const struct brg_part *was, const struct brg_part *is,
			 struct brg_part *ours)
{
	const struct brg_part *agreed = image_part(&a->mix->was_ours, pushed->type, pushed->key);

	if (!a->mix->in->doubt || is_live(agreed) != is_live(pushed) || is_live(was) != is_live(is))
		return false;
	if (is_live(was))
		*ours = *was;
	a->mix->out->again = true;
	return true;
}

/* False: nothing of it is there. */
static bool arrived_part(struct arrived *a, const struct brg_part *pushed, struct brg_part *ours,
			 struct brg_part *theirs)
{
	const struct image *item = a->mix->in->item;
	const struct brg_part *is = image_part(item, pushed->type, pushed->key);
	const struct brg_part *was = image_part(&a->mix->was_theirs, pushed->type, pushed->key);
	const struct brg_part *agreed = image_part(&a->mix->was_ours, pushed->type, pushed->key);
	struct write w = { .pushed = &pushed->fields };

	*ours = *theirs = (struct brg_part){ .size = sizeof(*ours),
					     .type = pushed->type,
					     .key = pushed->key,
					     .presence = pushed->presence };
	if (!(item->told & PART_BIT(pushed->type)))
		return false;
	if (!is_live(pushed)) {
		ours->presence = theirs->presence = BRG_NULL;
		return pushed->type == BRG_ATTENDEE ? !is_live(is) : is && !is_live(is);
	}
	if (!is_live(is)) {
		ours->presence = theirs->presence = BRG_NULL;
		return !is_live(was) && is_part_lost(a, pushed, was, is, ours);
	}
	theirs->remote_id = is->remote_id;
	theirs->version = is->version;
	w.agreed = is_live(agreed) ? &agreed->fields : NULL;
	w.was = is_live(was) ? &was->fields : NULL;
	w.is = &is->fields;
	arrived_fields(a, &w);
	ours->fields = w.ours;
	theirs->fields = w.theirs;
	return true;
}

static void arrived_parts(struct arrived *a, struct image *ours, struct image *theirs)
{
	const struct image *pushed = a->mix->in->pushed;
	struct brg_part *mine = arena_alloc(a->mix->arena, (pushed->n_parts + 1) * sizeof(*mine));
	struct brg_part *other = arena_alloc(a->mix->arena, (pushed->n_parts + 1) * sizeof(*other));
	size_t n = 0;

	for (size_t i = 0; i < pushed->n_parts; i++)
		n += arrived_part(a, &pushed->parts[i], &mine[n], &other[n]);
	ours->parts = mine;
	theirs->parts = other;
	ours->n_parts = theirs->n_parts = n;
}

/* ---- has anything arrived? ------------------------------------------------------------------*/

static bool any_news(const struct brg_fields *pushed, const struct brg_fields *was,
		     const struct brg_fields *is)
{
	for (size_t i = 0; i < pushed->n; i++) {
		const struct brg_field *p = &pushed->at[i], *told = find(is, p->id);

		if (p->presence != BRG_ABSENT && told && field_resembles(p, told) &&
		    !field_value_eq(told, find(was, p->id)))
			return true;
	}
	return false;
}

static bool any_arrived(const struct mix *mix)
{
	const struct image *pushed = mix->in->pushed, *item = mix->in->item;

	if (any_news(&pushed->fields, &mix->was_theirs.fields, &item->fields))
		return true;
	for (size_t i = 0; i < pushed->n_parts; i++) {
		const struct brg_part *p = &pushed->parts[i];
		const struct brg_part *is = image_part(item, p->type, p->key);
		const struct brg_part *was = image_part(&mix->was_theirs, p->type, p->key);

		if (!(item->told & PART_BIT(p->type)))
			continue;
		if (is_live(p) != is_live(was) && is_live(p) == is_live(is))
			return true;
		if (is_live(p) && is_live(is) &&
		    any_news(&p->fields, is_live(was) ? &was->fields : NULL, &is->fields))
			return true;
	}
	return false;
}

/* An occurrence that was to be as the series was written with the values of the series. */
static void as_series(struct mix *mix, const struct image *ours)
{
	struct brg_part *at = arena_alloc(mix->arena, (mix->was_ours.n_parts + 1) * sizeof(*at));

	for (size_t i = 0; i < mix->was_ours.n_parts; i++) {
		const struct brg_part *now, *written;
		struct image_draft gone;

		at[i] = mix->was_ours.parts[i];
		written = image_part(ours, at[i].type, at[i].key);
		now = image_part(mix->in->record, at[i].type, at[i].key);
		if (at[i].type != BRG_OCCURRENCE || !written || (now && !is_live(now)))
			continue;
		draft_init(&gone, mix->arena);
		for (size_t k = 0; k < written->fields.n; k++) {
			const struct brg_field *f = &written->fields.at[k];

			if (!find(now ? &now->fields : NULL, f->id) &&
			    field_value_eq(f, image_field(mix->in->record, f->id)))
				draft_add(&gone, f->id, f->type, BRG_ABSENT);
		}
		at[i].fields = merge_patch(&at[i].fields, &gone);
	}
	mix->was_ours.parts = at;
}

/* ---- a series that was told anew how it repeats ---------------------------------------------*/

/* That takes all its occurrences with it, and they are written behind it: what is not there yet has
 * been taken by nobody else. */
static bool began_anew(const struct mix *mix)
{
	static const uint32_t ids[] = { APPT_START, APPT_ALL_DAY, APPT_RECURRENCE };
	const struct image *pushed = mix->in->pushed, *item = mix->in->item;

	if (mix->in->kind != BRG_APPOINTMENT || !(item->told & PART_BIT(BRG_OCCURRENCE)))
		return false;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct brg_field *p = image_field(pushed, ids[i]);
		const struct brg_field *is = image_field(item, ids[i]);

		if (p && is && field_resembles(p, is) &&
		    !field_value_eq(is, image_field(&mix->was_theirs, ids[i])))
			return true;
	}
	return false;
}

static void forget_occurrences(const struct mix *mix, struct image *shadow)
{
	struct brg_part *kept = arena_alloc(mix->arena, (shadow->n_parts + 1) * sizeof(*kept));
	size_t n = 0;

	for (size_t i = 0; i < shadow->n_parts; i++) {
		const struct brg_part *part = &shadow->parts[i];

		if (part->type != BRG_OCCURRENCE ||
		    image_part(mix->in->item, part->type, part->key))
			kept[n++] = *part;
	}
	shadow->parts = kept;
	shadow->n_parts = n;
}

void merge_arrived(struct mix *mix)
{
	const struct image *pushed = mix->in->pushed;
	struct arrived a = { .mix = mix };
	struct write w = { .pushed = &pushed->fields,
			   .agreed = &mix->was_ours.fields,
			   .was = &mix->was_theirs.fields,
			   .is = &mix->in->item->fields };
	bool any = any_arrived(mix), anew = began_anew(mix);
	struct image ours = { 0 }, theirs = { 0 }, after;

	image_lay(mix->in->base_item, pushed, mix->arena, &after);
	a.whole = any && image_resembles(&after, mix->in->item);
	arrived_fields(&a, &w);
	ours.fields = w.ours;
	theirs.fields = w.theirs;
	arrived_parts(&a, &ours, &theirs);
	image_lay(&mix->was_ours, &ours, mix->arena, &mix->was_ours);
	as_series(mix, &ours);
	image_lay(&mix->was_theirs, &theirs, mix->arena, &mix->was_theirs);
	if (anew) {
		forget_occurrences(mix, &mix->was_ours);
		forget_occurrences(mix, &mix->was_theirs);
	}
	mix->first = mix->first && !any;
}
