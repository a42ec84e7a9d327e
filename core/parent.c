/* SPDX-License-Identifier: Apache-2.0
 *
 * A clue costs one look into an index, so they are asked for in the order in which they
 * count, and no further than the first that leads to a mail.
 */
#include "core/parent.h"

#include <jansson.h>

#define CANDIDATES_MAX 64

struct search {
	struct trail *trail;
	struct brg_arena *scratch;
	const struct brg_record_row *rows[CANDIDATES_MAX]; /* in the scratch */
	struct correlate_candidate *found;		   /* room grows by powers of two */
	size_t n;
};

static void add_addresses(json_t *list, struct brg_str *to, size_t *n, struct brg_arena *arena)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const json_t *a = json_object_get(one, "address");

		if (json_string_length(a))
			to[(*n)++] = arena_dup(arena, json_string_value(a), json_string_length(a));
	}
}

/* All addresses of a record, and the words of its subject. */
static void read_fields(struct search *s, const struct brg_record_row *r,
			struct correlate_candidate *c)
{
	json_t *fields = json_loadb(r->fields.ptr, r->fields.len, 0, NULL);
	json_t *to = json_object_get(fields, "to"), *cc = json_object_get(fields, "cc");
	const json_t *from = json_object_get(fields, "from");
	const json_t *subject = json_object_get(fields, "subject");
	size_t room = json_array_size(to) + json_array_size(cc) + 1, n = 0;
	struct brg_str *list = arena_alloc(s->scratch, room * sizeof(*list));
	struct correlate_clues *clues;
	struct mime_header h = { 0 };

	if (json_string_length(from))
		list[n++] =
			arena_dup(s->scratch, json_string_value(from), json_string_length(from));
	add_addresses(to, list, &n, s->scratch);
	add_addresses(cc, list, &n, s->scratch);
	c->addresses = list;
	c->n_addresses = n;
	c->report = json_is_string(json_object_get(fields, "report"));
	if (c->method == CORRELATION_SMART && subject) {
		clues = arena_alloc(s->scratch, sizeof(*clues));
		h.subject = arena_dup(s->scratch, json_string_value(subject),
				      json_string_length(subject));
		correlate_clues(&s->trail->rules, &h, s->scratch, clues);
		c->words = clues->words;
		c->n_words = clues->n_words;
	}
	json_decref(fields);
}

static void add(struct search *s, const struct brg_record_row *r, int method, size_t clue)
{
	struct correlate_candidate *c;

	if (s->n == CANDIDATES_MAX)
		return;
	if ((s->n & (s->n - 1)) == 0) {
		c = arena_alloc(s->scratch, (s->n ? 2 * s->n : 1) * sizeof(*c));
		if (s->n)
			memcpy(c, s->found, s->n * sizeof(*c));
		s->found = c;
	}
	c = &s->found[s->n];
	s->rows[s->n++] = r;
	*c = (struct correlate_candidate){
		.record = r->id,
		.method = method,
		.clue = clue,
		.sorted_us = r->sorted_us,
		.outgoing = r->direction == BRG_OUTBOUND,
	};
	read_fields(s, r, c);
}

static void add_all(struct search *s, const struct trail_end *end, int method, size_t clue)
{
	for (size_t i = 0; i < end->n; i++)
		add(s, end->at[i], method, clue);
}

static int by_message(struct search *s, struct brg_str id, size_t clue, struct brg_err *err)
{
	struct trail_end end;

	if (trail_message(s->trail, id, s->scratch, &end, err) < 0)
		return err->code;
	add_all(s, &end, CORRELATION_REPLY, clue);
	return 0;
}

static int by_clue(struct search *s, enum clue type, struct brg_str value, int method, size_t clue,
		   struct brg_err *err)
{
	struct trail_end end;

	if (trail_follow(s->trail, type, value, s->scratch, &end, err) < 0)
		return err->code;
	add_all(s, &end, method, clue);
	return 0;
}

/* Is there a candidate that could be the parent? Then weaker clues need not be asked. */
static bool enough(const struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->found[i].report)
			return true;
	return false;
}

static int collect(struct search *s, const struct correlate_clues *c, struct brg_err *err)
{
	const struct correlate_rules *rules = &s->trail->rules;
	int rc = 0;

	for (size_t i = 0; i < c->n_ids && rc == 0 && !enough(s); i++)
		rc = by_message(s, c->ids[i], i, err);
	if (enough(s))
		return rc;
	/* Whether a token or an index holds is correlate_choose()'s to say: ask for all of them. */
	for (size_t i = 0; i < c->n_tokens && rc == 0; i++)
		rc = by_clue(s, CLUE_TOKEN, c->tokens[i], CORRELATION_TOKEN, i, err);
	if (rc == 0 && c->conversation.len && rules->index)
		rc = by_clue(s, CLUE_CONVERSATION, c->conversation, CORRELATION_INDEX, 0, err);
	if (rc == 0 && c->n_words && rules->smart)
		rc = by_clue(s, CLUE_WORDS,
			     (struct brg_str){ (const char *)c->words,
					       c->n_words * sizeof(c->words[0]) },
			     CORRELATION_SMART, 0, err);
	return rc;
}

int parent_find(struct trail *trail, const struct parent_ask *ask, struct parent *out,
		struct brg_arena *scratch, struct brg_err *err)
{
	struct search *s = arena_alloc(scratch, sizeof(*s));
	struct brg_str *everybody = arena_alloc(scratch, (ask->n_parties + 1) * sizeof(*everybody));
	struct brg_str *own = arena_alloc(scratch, (ask->n_parties + 1) * sizeof(*own));
	size_t n = 0, n_own = 0;

	*out = (struct parent){ 0 };
	s->trail = trail;
	s->scratch = scratch;
	correlate_clues(&trail->rules, ask->header, scratch, &out->clues);
	if (collect(s, &out->clues, err) < 0)
		return err->code;
	if (ask->address.len)
		own[n_own++] = ask->address;
	for (size_t i = 0; i < ask->n_parties; i++) {
		if (ask->parties[i].address.len == 0)
			continue;
		everybody[n++] = ask->parties[i].address;
		if (brg_id_eq(&ask->parties[i].id, &ask->owner))
			own[n_own++] = ask->parties[i].address; /* an alias of his */
	}
	correlate_choose(&trail->rules, &out->clues, everybody, n, own, n_own, s->found, s->n,
			 trail->engine->now_us(trail->engine), &out->answer);
	if (out->answer.method > CORRELATION_SKIPPED)
		out->record = *s->rows[out->answer.candidate];
	return 0;
}
