/* SPDX-License-Identifier: Apache-2.0
 *
 * What an attendee answered. It comes from mailboxes only, the organizer's and his own, and what
 * he answered last holds; the record's own is one that another mailbox has brought.
 */
#include "core/merge-private.h"

#include <stdlib.h>

static const struct cell *cell_of(const struct group *g, uint32_t id)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->cells[i].field->id == id)
			return &g->cells[i];
	return NULL;
}

/* Not asked yet is no answer. */
static bool answers(const struct brg_field *f)
{
	return f && f->presence == BRG_VALUE && !brg_str_eq(f->u.text, brg_cstr("none"));
}

static int64_t moment(const struct brg_field *f)
{
	return f && f->presence == BRG_VALUE ? f->u.integer : 0;
}

static bool theirs_is_news(const struct cell *response, const struct cell *responded)
{
	if (!response->their && !(responded && responded->their))
		return false;
	return answers(response->theirs) || answers(response->was_theirs);
}

/* 0: theirs holds, and nothing is lost. */
static int loser(const struct cell *response, const struct cell *responded, int *why)
{
	int64_t ours = responded ? moment(responded->ours) : 0;
	int64_t theirs = responded ? moment(responded->theirs) : 0;

	if (ours && theirs && response->theirs) {
		*why = ours > theirs ? WHY_STORE_NEWER : WHY_SERVER_NEWER;
		if (ours > theirs)
			return SIDE_SERVER;
	} else {
		*why = WHY_UNKNOWN_ORDER;
	}
	return response->our ? SIDE_STORE : 0;
}

/* When he answered goes with what he answered. */
static const struct brg_field *value_of(const struct set *set, const struct cell *c,
					const struct cell *response)
{
	bool same = !response->their || merge_same(set, response->ours, response->theirs);

	/* That his own copy has no moment is no news. */
	if (c->their || (c->theirs && c->theirs->presence == BRG_VALUE))
		return c->theirs;
	return c == response || same ? c->ours : NULL;
}

/* An attendee's copy knows nothing of what others answered. */
static bool may_tell(const struct set *set)
{
	const struct merge_in *in = set->mix->in;

	return in->role != ROLE_ATTENDEE || brg_str_eq(set->key, in->self);
}

void merge_response(struct group *g)
{
	const struct cell *response = cell_of(g, ATTENDEE_RESPONSE);
	const struct cell *responded = cell_of(g, ATTENDEE_RESPONDED);
	bool news = may_tell(g->set) && theirs_is_news(response, responded);
	int why = 0, loses = news ? loser(response, responded, &why) : 0;

	for (size_t i = 0; i < g->n; i++) {
		struct cell *c = &g->cells[i];

		if (news && loses != SIDE_SERVER)
			c->result = value_of(g->set, c, response);
		merge_take(g, c, c->result);
		merge_shadow(g, c, c->result);
	}
	if (loses)
		merge_lose(g, loses, why);
}
