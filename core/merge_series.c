/* SPDX-License-Identifier: Apache-2.0
 *
 * Occurrences and the series that they belong to: which have a place in it, and what servers make
 * of the rest.
 */
#include "core/merge-part.h"

#include "core/recur.h"

#include <stdlib.h>

bool series_has_place(const struct parts *p, const struct quad *q)
{
	return p->rule.len && recur_has(p->rule, p->start, q->key);
}

/* It was dropped from the record once, for it had no place; a server that keeps such things has it
 * still. Now it has a place again: whoever moved the series says what is there. */
void series_find_place_again(const struct parts *p, struct quad *q)
{
	if (q->was_ours || !q->was_theirs ||
	    (p->was_rule.len && recur_has(p->was_rule, p->was_start, q->key)))
		return;
	if (p->moved)
		q->was_theirs = NULL;
	else
		q->was_ours = q->was_theirs;
}

void series_drop(const struct parts *p, const struct quad *q, struct part_fate *out)
{
	bool ours = part_fields(q->ours)->n > 0;
	bool theirs = part_fields(q->theirs)->n > 0 && part_edited(p, q, SIDE_SERVER, PART_ANY);

	if (ours)
		part_lose(p, q, SIDE_STORE, WHY_NO_PLACE);
	if (theirs && !part_same(q, q->ours, q->theirs))
		part_lose(p, q, SIDE_SERVER, WHY_NO_PLACE);
	out->record = out->after = NULL;
	/* Until the item has the new series, that is to be compared with what it has. */
	out->shadow = p->gives_time ? q->theirs : NULL;
}

/* Servers give occurrences values of their own that are like those of the series. Where the record
 * has none, that is none. */
static bool like_series(const struct quad *q, const struct brg_field *f, const struct image *item)
{
	return field_value_eq(f, image_field(item, f->id)) &&
	       !part_field(part_fields(q->ours), f->id) &&
	       !part_field(part_fields(q->was_ours), f->id);
}

static const struct brg_part *folded(const struct parts *p, const struct quad *q,
				     const struct brg_part *part, const struct image *item)
{
	const struct brg_fields *fields = part_fields(part);
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
	return part_make(p, q, BRG_VALUE, draft_done(&draft));
}

void series_fold(const struct parts *p, struct quad *q)
{
	bool told = p->mix->in->item->told & PART_BIT(q->type);

	if (q->type != BRG_OCCURRENCE)
		return;
	q->was_theirs = folded(p, q, q->was_theirs, &p->mix->was_theirs);
	q->theirs = told ? folded(p, q, q->theirs, p->mix->in->item) : q->was_theirs;
}

/* A change of the series that lost has taken all occurrences with it: they come back, there as
 * new ones of ours. */
void series_bring_back(const struct parts *p, struct quad *q)
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

/* A server that keeps a value of its own in the occurrence does not see that the series has
 * another one now. */
void series_push_along(const struct parts *p, const struct quad *q, struct set *set,
		       const struct brg_fields *record)
{
	const struct brg_fields *told = part_fields(q->told), *theirs = part_fields(q->theirs);
	const struct brg_fields *series = &p->mix->out->push.fields;

	for (size_t i = 0; q->type == BRG_OCCURRENCE && i < told->n; i++) {
		uint32_t id = told->at[i].id;
		const struct brg_field *f = part_field(series, id);

		if (f && !part_field(theirs, id) && !part_field(record, id))
			*draft_add(&set->push, id, 0, 0) = *f;
	}
}
