/* SPDX-License-Identifier: Apache-2.0 */
#include "core/field-private.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- indexes of a set -----------------------------------------------------------------------*/

static const char *group_name(const struct field *f)
{
	return f->group ? f->group : f->name;
}

/* Insertion: sets are small, and this is done once. */
static void sort_names(const struct field *at, size_t n, uint16_t *by_name)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = i;

		for (; j > 0 && strcmp(at[by_name[j - 1]].name, at[i].name) > 0; j--)
			by_name[j] = by_name[j - 1];
		by_name[j] = (uint16_t)i;
	}
}

/* group_of, by_name and names have room for n. */
static void index_set(struct field_set *set, const struct field *at, size_t n, uint16_t *group_of,
		      uint16_t *by_name, const char **names)
{
	*set = (struct field_set){
		.at = at, .n = n, .group_of = group_of, .by_name = by_name, .group_names = names
	};
	for (size_t i = 0; i < n; i++) {
		const char *name = group_name(&at[i]);

		/* Rows of a group stand together. */
		if (i == 0 || strcmp(name, names[set->n_groups - 1]) != 0)
			names[set->n_groups++] = name;
		group_of[i] = (uint16_t)(set->n_groups - 1);
	}
	sort_names(at, n, by_name);
}

/* ---- tables ---------------------------------------------------------------------------------*/

static struct field_table builtin;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void index_builtin(void)
{
	static uint16_t group_of[FIELD_KINDS][FIELD_GROUPS_MAX];
	static uint16_t by_name[FIELD_KINDS][FIELD_GROUPS_MAX];
	static const char *names[FIELD_KINDS][FIELD_GROUPS_MAX];

	for (int k = 0; k < FIELD_KINDS; k++)
		index_set(&builtin.kinds[k], field_rows[k].at, field_rows[k].n, group_of[k],
			  by_name[k], names[k]);
}

const struct field_table *field_builtin(void)
{
	(void)pthread_once(&once, index_builtin);
	return &builtin;
}

static int by_id(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

const struct field_table *field_extend(struct brg_arena *arena, int kind, const struct field *own,
				       size_t n, const struct field_table *base)
{
	struct field_table *table = arena_alloc(arena, sizeof(*table));
	const struct field_set *old = &base->kinds[kind];
	size_t total = old->n + n;
	struct field *at = arena_alloc(arena, total * sizeof(*at) + 1);
	uint32_t next = (uint32_t)kind * 1000;

	*table = *base;
	for (size_t i = 0; i < old->n; i++) {
		at[i] = old->at[i];
		if (at[i].id >= next)
			next = at[i].id + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (own[i].id >= next)
			next = own[i].id + 1;
	for (size_t i = 0; i < n; i++) {
		at[old->n + i] = own[i];
		at[old->n + i].flags |= FIELD_OWN;
		if (own[i].id == 0)
			at[old->n + i].id = next++;
	}
	qsort(at, total, sizeof(*at), by_id);
	index_set(&table->kinds[kind], at, total, arena_alloc(arena, total * sizeof(uint16_t) + 1),
		  arena_alloc(arena, total * sizeof(uint16_t) + 1),
		  arena_alloc(arena, total * sizeof(char *) + 1));
	return table;
}

/* ---- looking --------------------------------------------------------------------------------*/

static const struct field_set *set_of(const struct field_table *table, int kind)
{
	static const struct field_set none = { 0 };

	return kind > 0 && kind < FIELD_KINDS ? &table->kinds[kind] : &none;
}

static int compare_name(const char *name, struct brg_str s)
{
	int c = s.len ? strncmp(name, s.ptr, s.len) : 0;

	return c ? c : name[s.len] != '\0';
}

const struct field *field_find(const struct field_table *table, int kind, struct brg_str name)
{
	const struct field_set *set = set_of(table, kind);
	size_t lo = 0, hi = set->n;

	if (name.len && memchr(name.ptr, '\0', name.len))
		return NULL;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct field *f = &set->at[set->by_name[mid]];
		int c = compare_name(f->name, name);

		if (c == 0)
			return f;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct field *field_of(const struct field_table *table, int kind, uint32_t id)
{
	const struct field_set *set = set_of(table, kind);
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (set->at[mid].id == id)
			return &set->at[mid];
		if (set->at[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

size_t field_group(const struct field_table *table, int kind, uint32_t id)
{
	const struct field *f = field_of(table, kind, id);

	return f ? set_of(table, kind)->group_of[f - set_of(table, kind)->at] : 0;
}

int field_group_named(const struct field_table *table, int kind, struct brg_str name)
{
	const struct field_set *set = set_of(table, kind);

	for (size_t i = 0; i < set->n_groups; i++)
		if (brg_str_eq(brg_cstr(set->group_names[i]), name))
			return (int)i;
	return -1;
}

/* ---- names ----------------------------------------------------------------------------------*/

static const char *const kind_names[FIELD_KINDS] = { "",     "email",	    "contact",
						     "task", "appointment", "attendee" };

int field_kind(struct brg_str name)
{
	for (int k = 1; k < FIELD_KINDS; k++)
		if (brg_str_eq(brg_cstr(kind_names[k]), name))
			return k;
	return 0;
}

const char *field_kind_name(int kind)
{
	return kind > 0 && kind < FIELD_KINDS ? kind_names[kind] : "";
}

bool field_has_word(const struct field *field, struct brg_str word)
{
	const char *at = field->words;

	while (at && *at) {
		size_t n = strcspn(at, "|");

		if (brg_str_eq((struct brg_str){ at, n }, word))
			return n > 0;
		at += n + (at[n] == '|');
	}
	return false;
}

const char *direction_name(int direction)
{
	static const char *const names[] = { "both", "to-server", "to-store", "none" };

	return direction >= 0 && direction <= DIRECTION_NONE ? names[direction] : "";
}
