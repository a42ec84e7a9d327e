/* SPDX-License-Identifier: Apache-2.0 */
#include "core/history.h"

#include "core/json_write.h"

#include <stdlib.h>

/* One group or part. */
struct entry {
	struct brg_str name, was, now; /* was and now: JSON, or nothing of them */
	const struct merge_loss *loss; /* NULL: none */
};

struct story {
	const struct field_table *table;
	int kind;
	struct brg_arena *arena;
	struct entry *at;
	size_t n;
};

static struct brg_str json(const struct story *s, const struct image *image)
{
	bool told = s->kind != BRG_APPOINTMENT || image->told == IMAGE_TOLD_ALL;

	if (image->fields.n == 0 && image->n_parts == 0 && told)
		return brg_cstr("{}");
	return image_to_json(s->table, s->kind, image, false, s->arena);
}

static void add(struct story *s, struct brg_str name, const struct image *was,
		const struct image *now)
{
	s->at[s->n++] = (struct entry){ .name = name, .was = json(s, was), .now = json(s, now) };
}

/* ---- groups ---------------------------------------------------------------------------------*/

/* The fields of one group alone; of parts nothing is told. */
static struct image group_of(const struct field_set *set, const struct image *image, size_t group,
			     struct brg_arena *arena)
{
	struct image out = { 0 };
	struct brg_field *at;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += set->group_of[i] == group;
	at = arena_alloc(arena, n * sizeof(*at));
	n = 0;
	for (size_t i = 0; i < set->n; i++) {
		const struct brg_field *f;

		if (set->group_of[i] != group)
			continue;
		f = image_field(image, set->at[i].id);
		if (f && f->presence == BRG_VALUE)
			at[n++] = *f;
	}
	out.fields = (struct brg_fields){ at, n };
	return out;
}

static void add_groups(struct story *s, const struct image *before, const struct image *after)
{
	const struct field_set *set = &s->table->kinds[s->kind];
	bool differs[FIELD_GROUPS_MAX] = { false };

	for (size_t i = 0; i < set->n; i++)
		if (!field_value_eq(image_field(before, set->at[i].id),
				    image_field(after, set->at[i].id)))
			differs[set->group_of[i]] = true;
	for (size_t g = 0; g < set->n_groups; g++) {
		struct image was, now;

		if (!differs[g])
			continue;
		was = group_of(set, before, g, s->arena);
		now = group_of(set, after, g, s->arena);
		add(s, brg_cstr(set->group_names[g]), &was, &now);
	}
}

/* ---- parts ----------------------------------------------------------------------------------*/

static bool part_eq(const struct brg_part *a, const struct brg_part *b)
{
	struct image x = { 0 }, y = { 0 };

	if (!a || !b)
		return a == b;
	x.fields = a->fields;
	y.fields = b->fields;
	return a->presence == b->presence && image_eq(&x, &y);
}

static void add_part(struct story *s, const struct brg_part *was, const struct brg_part *now)
{
	const struct brg_part *any = was ? was : now;
	struct image before = { .parts = was, .n_parts = was != NULL, .told = IMAGE_TOLD_ALL };
	struct image after = { .parts = now, .n_parts = now != NULL, .told = IMAGE_TOLD_ALL };
	const char *name = arena_printf(s->arena, "%s/%.*s",
					any->type == BRG_ATTENDEE ? "attendees" : "occurrences",
					(int)any->key.len, any->key.ptr);

	add(s, brg_cstr(name), &before, &after);
}

static void add_parts(struct story *s, const struct image *before, const struct image *after)
{
	for (size_t i = 0; i < after->n_parts; i++) {
		const struct brg_part *now = &after->parts[i];
		const struct brg_part *was = image_part(before, now->type, now->key);

		if (!part_eq(was, now))
			add_part(s, was, now);
	}
	for (size_t i = 0; i < before->n_parts; i++) {
		const struct brg_part *was = &before->parts[i];

		if (!image_part(after, was->type, was->key))
			add_part(s, was, NULL);
	}
}

/* ---- all ------------------------------------------------------------------------------------*/

/* A group that both changed and lost is one entry; the last loss of it holds. */
static void add_loss(struct story *s, const struct merge_loss *loss)
{
	size_t i = 0;

	while (i < s->n && !brg_str_eq(s->at[i].name, loss->group))
		i++;
	if (i == s->n)
		s->at[s->n++] = (struct entry){ .name = loss->group };
	s->at[i].loss = loss;
}

static int by_name(const void *a, const void *b)
{
	return image_str_order(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void put(struct json_writer *w, const char *name, struct brg_str value, bool *first)
{
	json_put_name(w, brg_cstr(name), first);
	json_put(w, value.ptr, value.len);
}

static void put_entry(const struct story *s, struct json_writer *w, const struct entry *e)
{
	bool first = true;

	json_put_char(w, '{');
	if (e->loss)
		put(w, "lost", json(s, &e->loss->value), &first);
	if (e->now.len)
		put(w, "now", e->now, &first);
	if (e->loss) {
		json_put_name(w, brg_cstr("side"), &first);
		json_put_integer(w, e->loss->side);
	}
	if (e->was.len)
		put(w, "was", e->was, &first);
	if (e->loss) {
		json_put_name(w, brg_cstr("why"), &first);
		json_put_integer(w, e->loss->why);
	}
	json_put_char(w, '}');
}

struct brg_str history_changes(const struct field_table *table, int kind,
			       const struct image *before, const struct image *after,
			       const struct merge_loss *losses, size_t n_losses,
			       struct brg_arena *arena)
{
	struct story s = { .table = table, .kind = kind, .arena = arena };
	size_t most = table->kinds[kind].n_groups + before->n_parts + after->n_parts + n_losses;
	struct json_writer w;
	bool first = true;

	s.at = arena_alloc(arena, (most + 1) * sizeof(*s.at));
	if (before != after) {
		add_groups(&s, before, after);
		add_parts(&s, before, after);
	}
	for (size_t i = 0; i < n_losses; i++)
		add_loss(&s, &losses[i]);
	qsort(s.at, s.n, sizeof(*s.at), by_name);
	json_write_init(&w, arena);
	json_put_char(&w, '{');
	for (size_t i = 0; i < s.n; i++) {
		json_put_name(&w, s.at[i].name, &first);
		put_entry(&s, &w, &s.at[i]);
	}
	json_put_char(&w, '}');
	return json_written(&w);
}
