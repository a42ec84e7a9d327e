/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields on the fake host: names have numbers in the order in which they were asked for, and
 * what get() gave stays until the next sink.
 */
#include "fakehost-private.h"

#include <stdlib.h>

/* Numbers start high, so that one of them used as a plain index shows. */
#define FIRST_FIELD 5000

uint32_t fake_field(struct fakehost *fh, int kind, const char *name)
{
	struct fakehost_private *own = fh->own;

	for (size_t i = 0; i < own->n_fields; i++)
		if (own->fields[i].kind == kind && strcmp(own->fields[i].name, name) == 0)
			return FIRST_FIELD + (uint32_t)i;
	own->fields = fake_grow(own->fields, own->n_fields + 1, sizeof(own->fields[0]));
	own->fields[own->n_fields].kind = kind;
	own->fields[own->n_fields].name = fake_copy(name, strlen(name));
	return FIRST_FIELD + (uint32_t)own->n_fields++;
}

uint32_t fakehost_field(struct fakehost *fh, int kind, const char *name)
{
	return fake_field(fh, kind, name);
}

const char *fakehost_field_name(const struct fakehost *fh, uint32_t id)
{
	return id >= FIRST_FIELD && id - FIRST_FIELD < fh->own->n_fields
		       ? fh->own->fields[id - FIRST_FIELD].name
		       : "";
}

void fake_free_fields(struct fakehost *fh)
{
	for (size_t i = 0; i < fh->own->n_fields; i++)
		free(fh->own->fields[i].name);
	free(fh->own->fields);
}

const struct brg_field *fakehost_value(struct fakehost *fh, const struct brg_fields *fields,
				       int kind, const char *name)
{
	uint32_t id = fake_field(fh, kind, name);

	for (size_t i = 0; i < fields->n; i++)
		if (fields->at[i].id == id)
			return &fields->at[i];
	return NULL;
}

/* ---- an item that outlives its arena --------------------------------------------------------*/

static struct brg_str keep(struct brg_arena *arena, struct brg_str s)
{
	return s.len ? fake_dup(arena, s.ptr, s.len) : s;
}

static void keep_field(struct brg_arena *arena, struct brg_field *field)
{
	struct brg_str *members;

	if (field->presence != BRG_VALUE)
		return;
	switch (field->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		break;
	case BRG_WALL:
		field->u.wall.local = keep(arena, field->u.wall.local);
		field->u.wall.zone = keep(arena, field->u.wall.zone);
		break;
	case BRG_LIST:
		members = fake_alloc(arena, (field->u.list.n + 1) * sizeof(*members));
		for (size_t i = 0; i < field->u.list.n; i++)
			members[i] = keep(arena, field->u.list.at[i]);
		field->u.list.at = members;
		break;
	default:
		field->u.text = keep(arena, field->u.text);
	}
}

static struct brg_fields keep_fields(struct brg_arena *arena, const struct brg_fields *fields)
{
	struct brg_field *at = fake_alloc(arena, (fields->n + 1) * sizeof(*at));

	for (size_t i = 0; i < fields->n; i++) {
		at[i] = fields->at[i];
		keep_field(arena, &at[i]);
	}
	return (struct brg_fields){ at, fields->n };
}

void fake_keep_item(struct brg_arena *arena, const struct brg_item *from, struct brg_item *to)
{
	struct brg_part *parts = fake_alloc(arena, (from->n_parts + 1) * sizeof(*parts));
	struct brg_stamp *stamp;

	*to = *from;
	to->body = NULL;
	to->err = NULL;
	to->version = keep(arena, from->version);
	to->uid = keep(arena, from->uid);
	to->fields = keep_fields(arena, &from->fields);
	for (size_t i = 0; i < from->n_parts; i++) {
		parts[i] = from->parts[i];
		parts[i].body = NULL;
		parts[i].key = keep(arena, parts[i].key);
		parts[i].remote_id = keep(arena, parts[i].remote_id);
		parts[i].version = keep(arena, parts[i].version);
		parts[i].fields = keep_fields(arena, &from->parts[i].fields);
	}
	to->parts = parts;
	if (from->stamp) {
		stamp = fake_alloc(arena, sizeof(*stamp));
		*stamp = *from->stamp;
		to->stamp = stamp;
	}
}
