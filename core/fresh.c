/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fresh.h"

/* The values are keyed hashes already. */
static size_t slot_of(const struct fresh *f, struct brg_str value)
{
	uint64_t h = 0;

	memcpy(&h, value.ptr, value.len < sizeof(h) ? value.len : sizeof(h));
	return (size_t)h & (f->room - 1);
}

static void grow(struct fresh *f)
{
	struct fresh_clue **old = f->table, *next;
	size_t room = f->room;

	f->room = room ? 4 * room : 256;
	f->table = arena_alloc(f->arena, f->room * sizeof(*f->table));
	for (size_t i = 0; i < room; i++)
		for (struct fresh_clue *c = old[i]; c; c = next) {
			size_t slot = slot_of(f, c->value);

			next = c->next;
			c->next = f->table[slot];
			f->table[slot] = c;
		}
}

const struct brg_record_row *fresh_record(struct fresh *f, const struct brg_record_row *row)
{
	struct brg_record_row *copy;

	if (!f->arena)
		f->arena = arena_new();
	copy = arena_alloc(f->arena, sizeof(*copy));
	*copy = *row;
	copy->fields = arena_str(f->arena, row->fields);
	copy->message_key = arena_str(f->arena, row->message_key);
	f->records++;
	return copy;
}

void fresh_add(struct fresh *f, int type, struct brg_str value, const struct brg_record_row *record)
{
	struct fresh_clue *c;
	size_t slot;

	if (value.len == 0)
		return;
	if (f->n >= f->room)
		grow(f);
	c = arena_alloc(f->arena, sizeof(*c));
	c->type = type;
	c->value = arena_str(f->arena, value);
	c->record = record;
	slot = slot_of(f, c->value);
	c->next = f->table[slot];
	f->table[slot] = c;
	f->n++;
}

static const struct fresh_clue *first(const struct fresh_clue *c, int type, struct brg_str value)
{
	while (c && !(c->type == type && brg_str_eq(c->value, value)))
		c = c->next;
	return c;
}

const struct fresh_clue *fresh_find(const struct fresh *f, int type, struct brg_str value)
{
	return f->room && value.len ? first(f->table[slot_of(f, value)], type, value) : NULL;
}

const struct fresh_clue *fresh_next(const struct fresh_clue *c)
{
	return first(c->next, c->type, c->value);
}

void fresh_forget(struct fresh *f)
{
	if (f->arena)
		arena_reset(f->arena);
	*f = (struct fresh){ .arena = f->arena };
}

void fresh_free(struct fresh *f)
{
	if (f->arena)
		arena_free(&f->arena);
	*f = (struct fresh){ 0 };
}
