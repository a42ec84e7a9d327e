/* SPDX-License-Identifier: Apache-2.0
 *
 * Items as connectors hand them over, field by field: refused by name, or an image in canonical
 * form that shares nothing with them.
 *
 * Input: the kind, then pieces: what it is (a field or a part), its number, presence, type, and a
 * text that ends with a line.
 */
#include "tests/fuzz/check_image.h"

#define FIELDS_MAX 200
#define PARTS_MAX  50

struct bytes {
	const uint8_t *at, *end;
};

static unsigned take(struct bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

static struct brg_str line(struct bytes *b, struct brg_arena *arena)
{
	const uint8_t *from = b->at;

	while (b->at < b->end && *b->at != '\n')
		b->at++;
	return arena_dup(arena, from, (size_t)(b->at++ - from));
}

/* Mostly of the kind, and mostly of its type. */
static void read_field(struct bytes *b, int kind, struct brg_field *f, struct brg_arena *arena)
{
	const struct field_set *set = &field_builtin()->kinds[kind];
	const struct field *row = &set->at[take(b) % set->n];
	const unsigned how = take(b);
	struct brg_str *list;

	*f = (struct brg_field){ .id = row->id, .type = (uint8_t)row->type };
	f->presence = how & 3 ? BRG_VALUE : (uint8_t)(how >> 2 & 3);
	if ((how & 0xF0) == 0xF0)
		f->type = (uint8_t)take(b);
	if ((how & 0xF0) == 0xE0)
		f->id = take(b) * 7;
	switch (f->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		f->u.integer = strtoll(line(b, arena).ptr, NULL, 10);
		return;
	case BRG_WALL:
		f->u.wall.local = line(b, arena);
		f->u.wall.zone = line(b, arena);
		return;
	case BRG_LIST:
		f->u.list.n = take(b) % 5;
		list = arena_alloc(arena, 5 * sizeof(*list));
		for (size_t i = 0; i < f->u.list.n; i++)
			list[i] = line(b, arena);
		f->u.list.at = list;
		return;
	default:
		f->u.text = line(b, arena);
	}
}

static struct brg_fields read_fields(struct bytes *b, int kind, size_t most,
				     struct brg_arena *arena)
{
	struct brg_field *at = arena_alloc(arena, most * sizeof(*at));
	size_t n = 0;

	while (n < most && b->at < b->end && take(b) != ';')
		read_field(b, kind, &at[n++], arena);
	return (struct brg_fields){ at, n };
}

static size_t read_parts(struct bytes *b, struct brg_part *parts, struct brg_arena *arena)
{
	size_t n = 0;

	for (; n < PARTS_MAX && b->at < b->end; n++) {
		parts[n] = (struct brg_part){ .size = sizeof(parts[n]), .type = (int)take(b) % 4 };
		parts[n].presence = (int)take(b) % 4;
		parts[n].key = line(b, arena);
		parts[n].fields = read_fields(
			b, parts[n].type == BRG_ATTENDEE ? FIELD_ATTENDEE : FIELD_APPOINTMENT, 8,
			arena);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes b = { data, data + n };
	struct brg_arena *arena = arena_new(), *kept = arena_new();
	struct brg_part *parts = arena_alloc(arena, PARTS_MAX * sizeof(*parts));
	struct brg_err err = BRG_ERR_INIT;
	const int kind = 1 + (int)take(&b) % 4;
	struct brg_fields fields = read_fields(&b, kind, FIELDS_MAX, arena);
	const size_t n_parts = read_parts(&b, parts, arena);
	struct image image;
	int rc = image_from_item(field_builtin(), kind, NULL, &fields, parts, n_parts, kept, &image,
				 &err);

	PROMISE(rc == 0 || (rc == BRG_EPROTO && err.fault && err.scope == BRG_SCOPE_ITEM));
	arena_free(&arena); /* nothing of it is shared */
	if (rc == 0)
		check_canonical(kind, &image, kept);
	arena_free(&kept);
	return 0;
}
