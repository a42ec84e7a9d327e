/* SPDX-License-Identifier: Apache-2.0
 *
 * People who edit things at random, the same ones for the same seed. Every text they write is
 * there once, so that it can be searched for.
 */
#ifndef BRG_TEST_MERGE_PEOPLE_H
#define BRG_TEST_MERGE_PEOPLE_H

#include "core/derive.h"
#include "tests/unit/merge_world.h"

struct people {
	uint64_t state;
	unsigned written;
};

static inline uint32_t chance(struct people *p, uint32_t n)
{
	p->state = p->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((p->state >> 33) % n);
}

/* No text begins another one, however short a server cuts them. */
static inline struct brg_str new_text(struct people *p)
{
	return brg_cstr(arena_printf(arena, "%05u and more", ++p->written));
}

/* ---- values ---------------------------------------------------------------------------------*/

static inline void put_wall(struct image_draft *d, uint32_t id, const char *day, unsigned hour)
{
	struct brg_field *f = draft_add(d, id, BRG_WALL, BRG_VALUE);

	f->u.wall.local = brg_cstr(arena_printf(arena, "%sT%02u:00:00", day, hour));
	f->u.wall.zone = brg_cstr("Europe/Stockholm");
}

static inline void put_choice(struct people *p, const struct field *row, struct image_draft *d)
{
	const char *at = row->words;
	uint32_t n = chance(p, 3);

	while (n-- && strchr(at, '|'))
		at = strchr(at, '|') + 1;
	draft_text(d, row->id, BRG_CHOICE, (struct brg_str){ at, strcspn(at, "|") });
}

static inline void put_list(struct people *p, const struct field *row, const struct brg_field *was,
			    struct image_draft *d)
{
	size_t n = was && was->presence == BRG_VALUE ? was->u.list.n : 0;
	struct brg_str *at = arena_alloc(arena, (n + 1) * sizeof(*at));
	struct brg_field *f;

	if (n)
		memcpy(at, was->u.list.at, n * sizeof(*at));
	if (n && chance(p, 2)) {
		at[chance(p, (uint32_t)n)] = at[n - 1];
		n--;
	} else {
		at[n++] = new_text(p);
	}
	f = draft_add(d, row->id, BRG_LIST, n ? BRG_VALUE : BRG_NULL);
	f->u.list.at = at;
	f->u.list.n = n;
}

static inline void put_value(struct people *p, const struct field *row, const struct brg_field *was,
			     struct image_draft *d)
{
	switch (row->type) {
	case BRG_TEXT:
		draft_text(d, row->id, BRG_TEXT, new_text(p));
		break;
	case BRG_CHOICE:
		put_choice(p, row, d);
		break;
	case BRG_LIST:
		put_list(p, row, was, d);
		break;
	case BRG_DATE:
		draft_text(d, row->id, BRG_DATE,
			   brg_cstr(arena_printf(arena, "2026-12-%02u", 1 + chance(p, 28))));
		break;
	case BRG_WALL:
		put_wall(d, row->id, "2026-12-24", chance(p, 24));
		break;
	case BRG_FLAG:
		draft_int(d, row->id, BRG_FLAG, chance(p, 2));
		break;
	default:
		draft_int(d, row->id, row->type, ++p->written * INT64_C(60000000));
	}
}

/* Fields that only make sense together. */
static inline void put_time(struct people *p, struct image_draft *d)
{
	static const char *const rules[] = { "", "FREQ=WEEKLY", "FREQ=DAILY",
					     "FREQ=DAILY;INTERVAL=2" };
	unsigned hour = 8 + chance(p, 2);

	put_wall(d, APPT_START, "2026-11-30", hour);
	put_wall(d, APPT_END, "2026-11-30", hour + 1 + chance(p, 3));
	draft_text(d, APPT_RECURRENCE, BRG_TEXT,
		   brg_cstr(rules[chance(p, 8) ? 1 + chance(p, 3) : 0]));
}

static inline void put_status(struct people *p, struct image_draft *d)
{
	static const char *const words[] = { "not_started", "in_progress", "completed", "waiting" };
	unsigned which = chance(p, 4);

	draft_text(d, TASK_STATUS, BRG_CHOICE, brg_cstr(words[which]));
	draft_null(d, TASK_PERCENT, BRG_INTEGER);
	draft_null(d, TASK_COMPLETED, BRG_MOMENT);
	if (which == 1 || which == 2)
		draft_int(d, TASK_PERCENT, BRG_INTEGER, which == 2 ? 100 : chance(p, 100));
	if (which == 2)
		draft_int(d, TASK_COMPLETED, BRG_MOMENT, ++p->written * INT64_C(60000000));
}

/* ---- edits ----------------------------------------------------------------------------------*/

/* Occurrences that have no place go; all of them, where the server `forgets`. */
static inline void keep_places(struct image *image, bool forgets)
{
	struct brg_part *at = arena_alloc(arena, (image->n_parts + 1) * sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; i < image->n_parts; i++)
		if (image->parts[i].type != BRG_OCCURRENCE ||
		    (!forgets && world_has_place(image, &image->parts[i])))
			at[n++] = image->parts[i];
	image->parts = at;
	image->n_parts = n;
}

static inline void lay_draft(struct image *image, struct image_draft *d)
{
	const struct image over = { .fields = draft_done(d) };

	image_lay(image, &over, arena, image);
}

static inline void edit_field(struct people *p, int kind, struct image *image, bool forgets)
{
	const struct field_set *set = &field_builtin()->kinds[kind];
	const struct field *row = &set->at[chance(p, (uint32_t)set->n)];
	const char *group = set->group_names[set->group_of[row - set->at]];
	struct image_draft d;

	draft_init(&d, arena);
	if (kind == BRG_APPOINTMENT && strcmp(group, "time") == 0) {
		put_time(p, &d);
		lay_draft(image, &d);
		keep_places(image, forgets);
		return;
	}
	if (kind == BRG_TASK && strcmp(group, "status") == 0)
		put_status(p, &d);
	else if (chance(p, 5) == 0)
		draft_null(&d, row->id, row->type);
	else
		put_value(p, row, image_field(image, row->id), &d);
	lay_draft(image, &d);
}

static inline void lay_part(struct image *image, int type, const char *key, int presence,
			    struct image_draft *d)
{
	const struct brg_part part = { .size = sizeof(part),
				       .type = type,
				       .key = brg_cstr(key),
				       .presence = presence,
				       .fields = draft_done(d) };
	struct brg_part *at = arena_alloc(arena, sizeof(*at));
	struct image over = { .parts = at, .n_parts = 1 };

	*at = part;
	image_lay(image, &over, arena, image);
}

static inline void edit_attendee(struct people *p, struct image *image)
{
	static const char *const names[] = { "a@x", "b@x", "c@x" };
	const char *key = names[chance(p, 3)];
	struct image_draft d;

	draft_init(&d, arena);
	if (chance(p, 4) == 0) {
		lay_part(image, BRG_ATTENDEE, key, BRG_NULL, &d);
		return;
	}
	if (chance(p, 2))
		draft_text(&d, ATTENDEE_NAME, BRG_TEXT, new_text(p));
	put_choice(p, field_of(field_builtin(), FIELD_ATTENDEE, ATTENDEE_ROLE), &d);
	lay_part(image, BRG_ATTENDEE, key, BRG_VALUE, &d);
}

static inline void edit_occurrence(struct people *p, struct image *image)
{
	static const uint32_t ids[] = { APPT_SUBJECT, APPT_LOCATION, APPT_BODY };
	struct brg_str start = image_str(image, APPT_START);
	struct brg_part probe = { .type = BRG_OCCURRENCE };
	struct image_draft d;
	const char *key;
	uint32_t id;

	if (start.len < 19)
		return;
	key = arena_printf(arena, "2026-12-%02uT%.8s", 1 + chance(p, 8), start.ptr + 11);
	probe.key = brg_cstr(key);
	draft_init(&d, arena);
	if (!world_has_place(image, &probe))
		return;
	if (chance(p, 4) == 0) {
		lay_part(image, BRG_OCCURRENCE, key, BRG_NULL, &d);
		return;
	}
	id = ids[chance(p, 3)];
	if (image_str(image, id).len && chance(p, 4) == 0)
		draft_null(&d, id, BRG_TEXT);
	else
		draft_text(&d, id, BRG_TEXT, new_text(p));
	lay_part(image, BRG_OCCURRENCE, key, BRG_VALUE, &d);
}

static inline void edit(struct people *p, int kind, struct image *image, bool forgets)
{
	struct image before = *image;
	uint32_t what = kind == BRG_APPOINTMENT ? chance(p, 10) : 9;

	if (what < 2)
		edit_attendee(p, image);
	else if (what < 5)
		edit_occurrence(p, image);
	else
		edit_field(p, kind, image, forgets);
	derive_fields(field_builtin(), kind, &before, image, arena, image);
}

static inline void edit_often(struct people *p, int kind, struct image *image, unsigned most)
{
	for (unsigned n = chance(p, most + 1); n > 0; n--)
		edit(p, kind, image, false);
}

/* A thing with something in it. */
static inline void make_thing(struct people *p, int kind, struct image *out)
{
	struct image_draft d;

	*out = (struct image){ .told = IMAGE_TOLD_ALL };
	draft_init(&d, arena);
	if (kind == BRG_APPOINTMENT)
		put_time(p, &d);
	lay_draft(out, &d);
	for (int i = 0; i < 25; i++)
		edit(p, kind, out, false);
}

static inline void tell_attendees(struct image *image)
{
	struct image over = { .n_parts = 0 };
	struct brg_part *at = arena_alloc(arena, (image->n_parts + 1) * sizeof(*at));
	struct image_draft d;

	draft_init(&d, arena);
	draft_null(&d, ATTENDEE_NAME, BRG_TEXT);
	draft_null(&d, ATTENDEE_ROLE, BRG_CHOICE);
	for (size_t i = 0; i < image->n_parts; i++) {
		if (image->parts[i].type != BRG_ATTENDEE)
			continue;
		at[over.n_parts] = image->parts[i];
		at[over.n_parts++].fields = draft_done(&d);
	}
	over.parts = at;
	image_lay(&over, image, arena, image);
}

/* As a server tells it: what is not there as null. */
static inline void tell(int kind, const struct image *image, struct image *out)
{
	const struct field_set *set = &field_builtin()->kinds[kind];
	struct image nulls = { .told = IMAGE_TOLD_ALL };
	struct image_draft d;

	draft_init(&d, arena);
	for (size_t i = 0; i < set->n; i++)
		draft_null(&d, set->at[i].id, set->at[i].type);
	nulls.fields = draft_done(&d);
	image_lay(&nulls, image, arena, out);
	tell_attendees(out);
}

#endif
