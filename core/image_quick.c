/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as image_to_json() writes it, read in one go: fields in their order, no blanks, no parts.
 * That is nearly all that a store holds, and a visit reads five of them for a link. What is
 * otherwise in any way is left to image_json.c, which has the words for what is wrong, too.
 */
#include "core/image-private.h"

#include "core/utf8.h"

struct quick {
	struct image_place place;
	char *p, *end;
	struct image_draft draft;
	size_t next; /* where the next name is looked for: they come in order */
};

static bool take(struct quick *q, char c)
{
	if (q->p == q->end || *q->p != c)
		return false;
	q->p++;
	return true;
}

static bool take_word(struct quick *q, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(q->end - q->p) < n || memcmp(q->p, word, n) != 0)
		return false;
	q->p += n;
	return true;
}

/* 0: one that is not written by us. */
static char unescape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

/* One character; what it comes to is written at `to`. 0: it is none of ours. */
static size_t take_char(struct quick *q, char *to)
{
	unsigned char c = (unsigned char)*q->p;
	size_t n = 1;
	uint32_t point;

	if (c >= 0x80)
		n = utf8_char((const unsigned char *)q->p, (size_t)(q->end - q->p), &point);
	if (c < 0x20 || n == 0)
		return 0;
	memmove(to, q->p, n);
	q->p += n;
	if (c != '\\')
		return n;
	if (q->p == q->end)
		return 0;
	*to = unescape(*q->p++);
	return *to != 0;
}

/* A string where it lies, without its escapes, a NUL in place of the last quote. */
static bool take_text(struct quick *q, struct brg_str *out)
{
	char *to = q->p + 1;

	if (!take(q, '"'))
		return false;
	out->ptr = to;
	while (q->p < q->end && *q->p != '"') {
		size_t n = take_char(q, to);

		if (n == 0)
			return false;
		to += n;
	}
	if (!take(q, '"'))
		return false;
	*to = '\0';
	out->len = (size_t)(to - out->ptr);
	return true;
}

static bool take_integer(struct quick *q, int64_t *out)
{
	bool minus = take(q, '-');
	const char *first = q->p;
	int64_t n = 0;

	while (q->p < q->end && *q->p >= '0' && *q->p <= '9' && q->p - first < 18)
		n = n * 10 + (*q->p++ - '0');
	*out = minus ? -n : n;
	return q->p > first && (*first != '0' || (q->p - first == 1 && !minus));
}

static bool take_wall(struct quick *q, struct brg_wall *out)
{
	return take_word(q, "{\"local\":") && take_text(q, &out->local) &&
	       take_word(q, ",\"zone\":") && take_text(q, &out->zone) && take(q, '}');
}

static bool take_list(struct quick *q, struct brg_field *out)
{
	struct brg_str *at;
	size_t n = 0, most = 1;

	for (const char *p = q->p; p < q->end && *p != ']'; p++)
		most += *p == ',';
	at = arena_alloc(q->place.arena, most * sizeof(*at));
	if (!take(q, '['))
		return false;
	do
		if (n == most || !take_text(q, &at[n]) || at[n++].len == 0)
			return false;
	while (take(q, ','));
	out->u.list.at = image_list(at, &n, q->place.arena);
	out->u.list.n = n;
	return take(q, ']');
}

static bool take_value(struct quick *q, struct brg_field *out)
{
	switch (out->type) {
	case BRG_INTEGER:
	case BRG_MOMENT:
		return take_integer(q, &out->u.integer);
	case BRG_FLAG:
		out->u.integer = take_word(q, "true");
		return out->u.integer || take_word(q, "false");
	case BRG_WALL:
		return take_wall(q, &out->u.wall);
	case BRG_LIST:
		return take_list(q, out);
	default:
		return take_text(q, &out->u.text) && out->u.text.len;
	}
}

static const struct field *next_named(struct quick *q, struct brg_str name)
{
	int kind = q->place.kind;
	const struct field_set *set;

	if (kind <= 0 || kind >= FIELD_KINDS)
		return NULL;
	set = &q->place.table->kinds[kind];
	while (q->next < set->n) {
		const struct field *f = &set->at[q->next++];

		if (strcmp(f->name, name.ptr) == 0)
			return f;
	}
	return NULL;
}

static bool take_field(struct quick *q)
{
	const struct field *f;
	struct brg_field *out;
	struct brg_str name;

	if (!take_text(q, &name) || !take(q, ':'))
		return false;
	f = next_named(q, name);
	if (!f)
		return false;
	out = draft_add(&q->draft, f->id, f->type, BRG_VALUE);
	if (take_word(q, "null")) {
		out->presence = BRG_NULL;
		return true;
	}
	return take_value(q, out) && image_check(&q->place, f, out) == 0;
}

bool image_read_quick(const struct image_place *place, struct brg_str json, struct brg_fields *out)
{
	struct brg_str copy = arena_str(place->arena, json);
	struct brg_err unsaid = BRG_ERR_INIT;
	struct quick q = { .place = *place };

	q.place.err = &unsaid;
	q.p = (char *)copy.ptr;
	q.end = q.p + copy.len;
	draft_init(&q.draft, place->arena);
	if (!take(&q, '{'))
		return false;
	if (!take_word(&q, "}")) {
		do
			if (!take_field(&q))
				return false;
		while (take(&q, ','));
		if (!take(&q, '}'))
			return false;
	}
	*out = draft_done(&q.draft);
	return q.p == q.end;
}
