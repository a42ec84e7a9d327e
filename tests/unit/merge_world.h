/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sides of a merge, and a server that takes what is pushed word by word.
 */
#ifndef BRG_TEST_MERGE_WORLD_H
#define BRG_TEST_MERGE_WORLD_H

#include "core/merge.h"
#include "core/recur.h"
#include "tests/unit/image_json.h"

#include <stdio.h>

struct world {
	struct image base_record, base_item, record, item, pushed;
	struct merge_rule rules[FIELD_GROUPS_MAX];
	struct merge_in in;
	struct merge_out out;
};

/* When: the item changed in (100, 200]. */
enum { BEFORE = 50, WITHIN = 150, AFTER = 250 };

static inline void world_init(struct world *w, int kind)
{
	memset(w, 0, sizeof(*w));
	w->in = (struct merge_in){ .table = field_builtin(),
				   .kind = kind,
				   .base_record = &w->base_record,
				   .base_item = &w->base_item,
				   .record = &w->record,
				   .item = &w->item,
				   .self = brg_cstr("me@x"),
				   .record_us = AFTER,
				   .item_after_us = 100,
				   .item_us = 200 };
}

static inline void world_rules(struct world *w, int direction, int policy)
{
	for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
		w->rules[i] = (struct merge_rule){ (uint8_t)direction, (uint8_t)policy };
	w->in.rules = w->rules;
}

static inline void world_merge(struct world *w)
{
	merge(&w->in, arena, &w->out);
}

/* Occurrences that a series does not have are in nobody's calendar. */
static inline bool world_has_place(const struct image *item, const struct brg_part *part)
{
	struct brg_str start = image_str(item, APPT_START);

	if (part->type != BRG_OCCURRENCE)
		return true;
	if (image_int(item, APPT_ALL_DAY) && start.len > 10)
		start.len = 10;
	return image_str(item, APPT_RECURRENCE).len &&
	       recur_has(image_str(item, APPT_RECURRENCE), start, part->key);
}

/* What the server makes of its item. `forgets`: another time of a series ends its occurrences. */
static inline void world_write(struct world *w, bool forgets)
{
	static const uint32_t times[] = { APPT_START, APPT_ALL_DAY, APPT_RECURRENCE };
	struct image before = w->item, after;
	bool moves = false;

	for (int i = 0; w->in.kind == BRG_APPOINTMENT && i < 3; i++) {
		const struct brg_field *to = image_field(&w->out.push, times[i]);

		moves = moves || (to && !field_value_eq(to, image_field(&before, times[i])));
	}
	if (moves && forgets)
		while (before.n_parts && before.parts[0].type == BRG_OCCURRENCE) {
			before.parts++;
			before.n_parts--;
		}
	image_lay(&before, &w->out.push, arena, &after);
	after.told = before.told;
	w->item = after;
}

/* As after a push whose answer was read. */
static inline void world_push(struct world *w)
{
	world_write(w, true);
	w->record = w->out.record;
	w->base_record = w->out.base_record_after;
	image_lay(&w->out.base_item, &w->item, arena, &w->base_item);
	w->base_item.parts = w->item.parts;
	w->base_item.n_parts = w->item.n_parts;
	/* What waits for a person was not agreed on. */
	if (w->out.n_conflicts)
		w->base_item = w->out.base_item;
	w->in.pushed = NULL;
}

/* As when nothing could be pushed. */
static inline void world_keep(struct world *w)
{
	w->record = w->out.record;
	w->base_record = w->out.base_record;
	w->base_item = w->out.base_item;
	w->in.pushed = NULL;
}

static inline void assert_still(const struct world *w)
{
	ck_assert(!w->out.record_changed);
	ck_assert_msg(!w->out.pushes, "%s", write_json(w->in.kind, &w->out.push, false));
	ck_assert_uint_eq(w->out.n_losses, 0);
	ck_assert(image_eq(&w->out.record, &w->record));
}

/* "group side why value" of each, parted by blanks. */
static inline const char *world_losses(const struct world *w)
{
	const char *text = "";

	for (size_t i = 0; i < w->out.n_losses; i++) {
		const struct merge_loss *l = &w->out.losses[i];

		text = arena_printf(arena, "%s%s%.*s %s %s %s", text, i ? " " : "",
				    (int)l->group.len, l->group.ptr,
				    l->side == SIDE_STORE ? "store" : "server",
				    merge_why(l->why)->code + strlen("BRG-SYNC-0"),
				    write_json(w->in.kind, &l->value, false));
	}
	for (size_t i = 0; i < w->out.n_conflicts; i++)
		text = arena_printf(arena, "%s%s%.*s?", text, *text ? " " : "",
				    (int)w->out.conflicts[i].group.len,
				    w->out.conflicts[i].group.ptr);
	return text;
}

/* All that there is, for who has to find out: messages of checks are too short for it. */
static inline const char *world_show(const struct world *w)
{
	int kind = w->in.kind;

	fprintf(stderr, "base %s\n     %s\nours %s\nhis  %s\npushed %s\n",
		write_json(kind, &w->base_record, true), write_json(kind, &w->base_item, true),
		write_json(kind, &w->record, true), write_json(kind, &w->item, true),
		w->in.pushed ? write_json(kind, w->in.pushed, false) : "-");
	fprintf(stderr, "now  %s\npush %s\nbase %s\n     %s\nlost %s\n",
		write_json(kind, &w->out.record, true), write_json(kind, &w->out.push, false),
		write_json(kind, &w->out.base_record, true),
		write_json(kind, &w->out.base_item, true), world_losses(w));
	return " see above";
}

#endif
