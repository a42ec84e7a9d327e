/* SPDX-License-Identifier: Apache-2.0 */
#include "core/derive-private.h"

#include "core/recur.h"

#include <stdlib.h>

/* ---- names that nobody set ------------------------------------------------------------------*/

/* Those that there are, with blanks between. */
static struct brg_str join_words(const struct image *image, const uint32_t *ids, size_t n,
				 struct brg_arena *arena)
{
	size_t room = 0, len = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		room += image_str(image, ids[i]).len + 1;
	p = arena_alloc(arena, room + 1);
	for (size_t i = 0; i < n; i++) {
		struct brg_str s = image_str(image, ids[i]);

		if (s.len == 0)
			continue;
		if (len)
			p[len++] = ' ';
		memcpy(p + len, s.ptr, s.len);
		len += s.len;
	}
	return (struct brg_str){ p, len };
}

struct brg_str derive_full_name(const struct image *image, struct brg_arena *arena)
{
	static const uint32_t ids[] = { CONTACT_GIVEN, CONTACT_MIDDLE, CONTACT_SURNAME,
					CONTACT_SUFFIX };

	return join_words(image, ids, 4, arena);
}

/* "Surname, Given Middle"; of a company without a person its name. */
static struct brg_str file_as(const struct image *image, struct brg_arena *arena)
{
	static const uint32_t ids[] = { CONTACT_GIVEN, CONTACT_MIDDLE };
	struct brg_str surname = image_str(image, CONTACT_SURNAME);
	struct brg_str given = join_words(image, ids, 2, arena);

	if (surname.len && given.len)
		return brg_cstr(arena_printf(arena, "%.*s, %.*s", (int)surname.len, surname.ptr,
					     (int)given.len, given.ptr));
	if (surname.len || given.len)
		return surname.len ? surname : given;
	return image_str(image, CONTACT_COMPANY);
}

static const struct {
	uint32_t id;
	struct brg_str (*compute)(const struct image *image, struct brg_arena *arena);
} derived_names[] = { { CONTACT_FULL_NAME, derive_full_name }, { CONTACT_FILE_AS, file_as } };

/* One that a person set stays. */
static bool is_computed(struct brg_str value, struct brg_str computed_before)
{
	return value.len == 0 || brg_str_eq(value, computed_before);
}

void derive_fields(const struct field_table *table, int kind, const struct image *before,
		   const struct image *after, struct brg_arena *arena, struct image *out)
{
	const struct image nothing = { 0 };
	struct image_draft draft;
	struct image names = { 0 };

	(void)table;
	*out = *after;
	if (kind != BRG_CONTACT)
		return;
	draft_init(&draft, arena);
	for (size_t i = 0; i < sizeof(derived_names) / sizeof(derived_names[0]); i++) {
		struct brg_str has = image_str(after, derived_names[i].id);
		struct brg_str was = derived_names[i].compute(before ? before : &nothing, arena);
		struct brg_str now = derived_names[i].compute(after, arena);

		if (is_computed(has, was) && !brg_str_eq(has, now))
			draft_text(&draft, derived_names[i].id, BRG_TEXT, now);
	}
	names.fields = draft_done(&draft);
	if (names.fields.n)
		image_lay(after, &names, arena, out);
}

/* ---- invariants -----------------------------------------------------------------------------*/

static bool has(const struct image *image, uint32_t id)
{
	const struct brg_field *f = image_field(image, id);

	return f && f->presence == BRG_VALUE;
}

/* A zone that is not known makes the instant unreadable. */
static bool time_holds(const struct image *image)
{
	int64_t start = 0, end = 0;
	bool has_start = has(image, APPT_START), has_end = has(image, APPT_END);

	if ((has_start && !derive_instant(image, APPT_START, &start)) ||
	    (has_end && !derive_instant(image, APPT_END, &end)))
		return false;
	return !has_start || !has_end || end >= start;
}

struct brg_str derive_series_start(const struct image *image)
{
	struct brg_str start = image_str(image, APPT_START);

	if (image_int(image, APPT_ALL_DAY) && start.len > 10)
		start.len = 10;
	return start;
}

static bool series_holds(const struct image *image, struct brg_arena *arena)
{
	struct brg_str rule = image_str(image, APPT_RECURRENCE), start = derive_series_start(image);
	struct brg_str canonical;

	if (rule.len && (start.len == 0 || !recur_canonical(rule, arena, &canonical)))
		return false;
	for (size_t i = 0; i < image->n_parts; i++) {
		const struct brg_part *part = &image->parts[i];
		const struct image own = { .fields = part->fields };

		if (part->type != BRG_OCCURRENCE)
			continue;
		if (rule.len == 0 || !recur_has(rule, start, part->key) || !time_holds(&own))
			return false;
	}
	return true;
}

/* Of what the image has: a server may tell only of the status. */
static bool status_holds(const struct image *image)
{
	bool done = brg_str_eq(image_str(image, TASK_STATUS), brg_cstr("completed"));

	if (!has(image, TASK_STATUS))
		done = has(image, TASK_COMPLETED) || image_int(image, TASK_PERCENT) == 100;
	if (has(image, TASK_PERCENT) && (image_int(image, TASK_PERCENT) == 100) != done)
		return false;
	return done || !has(image, TASK_COMPLETED);
}

bool derive_holds(const struct field_table *table, int kind, const struct image *image,
		  size_t *group)
{
	struct brg_arena *arena;
	bool holds = true;

	if (kind == BRG_TASK) {
		*group = field_group(table, kind, TASK_STATUS);
		return status_holds(image);
	}
	if (kind != BRG_APPOINTMENT)
		return true;
	*group = field_group(table, kind, APPT_START);
	if (!time_holds(image))
		return false;
	if (image_str(image, APPT_RECURRENCE).len == 0 && image->n_parts == 0)
		return true;
	arena = arena_new();
	holds = series_holds(image, arena);
	arena_free(&arena);
	return holds;
}
