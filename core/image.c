/* SPDX-License-Identifier: Apache-2.0 */
#include "core/image.h"

#include <stdlib.h>

/* ---- looking --------------------------------------------------------------------------------*/

const struct brg_field *image_field(const struct image *image, uint32_t id)
{
	size_t lo = 0, hi = image->fields.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct brg_field *f = &image->fields.at[mid];

		if (f->id == id)
			return f->presence == BRG_ABSENT ? NULL : f;
		if (f->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int image_str_order(struct brg_str a, struct brg_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

int image_part_order(const struct brg_part *part, int type, struct brg_str key)
{
	return part->type != type ? part->type - type : image_str_order(part->key, key);
}

const struct brg_part *image_part(const struct image *image, int type, struct brg_str key)
{
	size_t lo = 0, hi = image->n_parts;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = image_part_order(&image->parts[mid], type, key);

		if (c == 0)
			return &image->parts[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct brg_str image_str(const struct image *image, uint32_t id)
{
	const struct brg_field *f = image_field(image, id);

	if (!f || f->presence != BRG_VALUE)
		return (struct brg_str){ 0 };
	switch (f->type) {
	case BRG_TEXT:
	case BRG_DATE:
	case BRG_CHOICE:
		return f->u.text;
	case BRG_WALL:
		return f->u.wall.local;
	default:
		return (struct brg_str){ 0 };
	}
}

int64_t image_int(const struct image *image, uint32_t id)
{
	const struct brg_field *f = image_field(image, id);

	if (!f || f->presence != BRG_VALUE)
		return 0;
	return f->type == BRG_INTEGER || f->type == BRG_FLAG || f->type == BRG_MOMENT ? f->u.integer
										      : 0;
}

/* ---- comparing ------------------------------------------------------------------------------*/

/* An empty text or list is no value either. */
static bool has_value(const struct brg_field *f)
{
	if (!f || f->presence != BRG_VALUE)
		return false;
	switch (f->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		return true;
	case BRG_WALL:
		return f->u.wall.local.len > 0;
	case BRG_LIST:
		return f->u.list.n > 0;
	default:
		return f->u.text.len > 0;
	}
}

static bool list_has(const struct brg_field *f, struct brg_str text)
{
	for (size_t i = 0; i < f->u.list.n; i++)
		if (brg_str_eq(f->u.list.at[i], text))
			return true;
	return false;
}

/* Sets, but mostly in the same order. */
static bool list_eq(const struct brg_field *a, const struct brg_field *b)
{
	size_t same = 0, n = a->u.list.n;

	while (same < n && same < b->u.list.n && brg_str_eq(a->u.list.at[same], b->u.list.at[same]))
		same++;
	if (same == n && same == b->u.list.n)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!list_has(b, a->u.list.at[i]))
			return false;
	for (size_t i = 0; i < b->u.list.n; i++)
		if (!list_has(a, b->u.list.at[i]))
			return false;
	return true;
}

bool field_value_eq(const struct brg_field *a, const struct brg_field *b)
{
	bool have = has_value(a);

	if (a == b || (!have && !has_value(b)))
		return true;
	if (!have || !has_value(b) || a->type != b->type)
		return false;
	switch (a->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		return a->u.integer == b->u.integer;
	case BRG_WALL:
		return brg_str_eq(a->u.wall.local, b->u.wall.local) &&
		       brg_str_eq(a->u.wall.zone, b->u.wall.zone);
	case BRG_LIST:
		return list_eq(a, b);
	default:
		return brg_str_eq(a->u.text, b->u.text);
	}
}

/* In an occurrence null and absent differ: cleared, and as the series. */
static bool same_presence(const struct brg_field *a, const struct brg_field *b)
{
	return (a && a->presence != BRG_ABSENT) == (b && b->presence != BRG_ABSENT);
}

static bool fields_eq(const struct brg_fields *a, const struct brg_fields *b, bool exact)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		const struct brg_field *x = i < a->n ? &a->at[i] : NULL;
		const struct brg_field *y = j < b->n ? &b->at[j] : NULL;

		if (x && y && x->id != y->id) {
			if (x->id < y->id)
				y = NULL;
			else
				x = NULL;
		}
		if (!field_value_eq(x, y) || (exact && !same_presence(x, y)))
			return false;
		i += x != NULL;
		j += y != NULL;
	}
	return true;
}

bool image_part_eq(const struct brg_part *a, const struct brg_part *b)
{
	return (a->presence == BRG_NULL) == (b->presence == BRG_NULL) &&
	       fields_eq(&a->fields, &b->fields, a->type == BRG_OCCURRENCE);
}

bool image_eq(const struct image *a, const struct image *b)
{
	if (a->n_parts != b->n_parts || !fields_eq(&a->fields, &b->fields, false))
		return false;
	for (size_t i = 0; i < a->n_parts; i++) {
		const struct brg_part *x = &a->parts[i], *y = &b->parts[i];

		if (image_part_order(x, y->type, y->key) != 0 || !image_part_eq(x, y))
			return false;
	}
	return true;
}

/* ---- laying one over the other --------------------------------------------------------------*/

/* `over` absent counts for nothing; a null of it stays, as such. */
static struct brg_fields lay_fields(const struct brg_fields *base, const struct brg_fields *over,
				    struct brg_arena *arena)
{
	struct brg_field *at;
	size_t i = 0, j = 0, n = 0;

	if (over->n == 0)
		return *base;
	if (base->n == 0)
		return *over;
	at = arena_alloc(arena, (base->n + over->n) * sizeof(*at));
	while (i < base->n || j < over->n) {
		const struct brg_field *x = i < base->n ? &base->at[i] : NULL;
		const struct brg_field *y = j < over->n ? &over->at[j] : NULL;

		if (y && (!x || y->id <= x->id)) {
			bool both = x && x->id == y->id;

			if (y->presence != BRG_ABSENT)
				at[n++] = *y;
			else if (both)
				at[n++] = *x;
			i += both;
			j++;
		} else {
			at[n++] = base->at[i++];
		}
	}
	return (struct brg_fields){ at, n };
}

/* False: nothing of it is left. */
static bool lay_part(const struct brg_part *base, const struct brg_part *over,
		     struct brg_arena *arena, struct brg_part *out)
{
	*out = *over;
	if (over->presence == BRG_NULL)
		return over->type == BRG_OCCURRENCE;
	if (base && base->presence != BRG_NULL)
		out->fields = lay_fields(&base->fields, &over->fields, arena);
	if (base && out->remote_id.len == 0)
		out->remote_id = base->remote_id;
	return true;
}

void image_lay(const struct image *base, const struct image *over, struct brg_arena *arena,
	       struct image *out)
{
	struct image result = { .fields = lay_fields(&base->fields, &over->fields, arena),
				.parts = base->parts,
				.n_parts = base->n_parts,
				.told = base->told | over->told };
	struct brg_part *at;
	size_t i = 0, j = 0, n = 0;

	if (over->n_parts) {
		at = arena_alloc(arena, (base->n_parts + over->n_parts) * sizeof(*at));
		while (i < base->n_parts || j < over->n_parts) {
			const struct brg_part *x = i < base->n_parts ? &base->parts[i] : NULL;
			const struct brg_part *y = j < over->n_parts ? &over->parts[j] : NULL;
			int c = !x ? 1 : !y ? -1 : image_part_order(x, y->type, y->key);

			if (c < 0)
				at[n++] = *x;
			else
				n += lay_part(c == 0 ? x : NULL, y, arena, &at[n]);
			i += c <= 0;
			j += c >= 0;
		}
		result.parts = at;
		result.n_parts = n;
	}
	*out = result;
}

/* ---- a builder ------------------------------------------------------------------------------*/

void draft_init(struct image_draft *draft, struct brg_arena *arena)
{
	*draft = (struct image_draft){ .arena = arena };
}

struct brg_field *draft_add(struct image_draft *draft, uint32_t id, int type, int presence)
{
	struct brg_field *f;

	if (draft->n == draft->room) {
		size_t room = draft->room ? 2 * draft->room : 32;
		struct brg_field *more = arena_alloc(draft->arena, room * sizeof(*more));

		if (draft->n)
			memcpy(more, draft->fields, draft->n * sizeof(*more));
		draft->fields = more;
		draft->room = room;
	}
	f = &draft->fields[draft->n++];
	*f = (struct brg_field){ .id = id, .presence = (uint8_t)presence, .type = (uint8_t)type };
	return f;
}

void draft_text(struct image_draft *draft, uint32_t id, int type, struct brg_str text)
{
	draft_add(draft, id, type, text.len ? BRG_VALUE : BRG_NULL)->u.text = text;
}

void draft_int(struct image_draft *draft, uint32_t id, int type, int64_t value)
{
	draft_add(draft, id, type, BRG_VALUE)->u.integer = value;
}

void draft_null(struct image_draft *draft, uint32_t id, int type)
{
	draft_add(draft, id, type, BRG_NULL);
}

/* Stable, and mostly there is nothing to move. */
static void sort_fields(struct brg_field *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct brg_field f = at[i];
		size_t j = i;

		for (; j > 0 && at[j - 1].id > f.id; j--)
			at[j] = at[j - 1];
		if (j != i)
			at[j] = f;
	}
}

struct brg_fields draft_done(struct image_draft *draft)
{
	size_t n = 0;

	sort_fields(draft->fields, draft->n);
	for (size_t i = 0; i < draft->n; i++) {
		if (n && draft->fields[n - 1].id == draft->fields[i].id)
			n--;
		draft->fields[n++] = draft->fields[i];
	}
	draft->n = n;
	return (struct brg_fields){ draft->fields, n };
}
