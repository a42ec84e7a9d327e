/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds for every merge, whatever people did: both sides mean the same to it, nothing
 * vanishes, nothing is broken, and it comes to rest. A failure names its seed.
 */
#include "tests/unit/merge_people.h"

enum { SEEDS = 1500 };

static const int kinds[] = { BRG_CONTACT, BRG_TASK, BRG_APPOINTMENT };

static struct people people_of(int seed, int kind)
{
	return (struct people){ .state = (uint64_t)seed * 7919 + (uint64_t)kind };
}

/* Two sides that had agreed, and what people did since. Every tenth meets for the first time. */
static void make_world(struct people *p, int kind, struct world *w)
{
	struct image agreed, item;

	world_init(w, kind);
	make_thing(p, kind, &agreed);
	w->record = item = agreed;
	edit_often(p, kind, &w->record, 4);
	edit_often(p, kind, &item, 4);
	tell(kind, &item, &w->item);
	if (chance(p, 10) == 0) {
		w->base_record = w->base_item = (struct image){ .told = IMAGE_TOLD_ALL };
		return;
	}
	w->base_record = agreed;
	tell(kind, &agreed, &w->base_item);
}

static void random_rules(struct people *p, struct world *w)
{
	for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
		w->rules[i] = (struct merge_rule){ (uint8_t)(chance(p, 3) ? 0 : chance(p, 4)),
						   (uint8_t)chance(p, 4) };
	w->in.rules = w->rules;
	w->in.record_us = 50 + 100 * (int64_t)chance(p, 3);
}

/* ---- as people see it -----------------------------------------------------------------------*/

static const struct brg_field *shown_field(const struct image *image, const struct brg_part *part,
					   uint32_t id)
{
	const struct image own = { .fields = part ? part->fields : (struct brg_fields){ 0 } };
	const struct brg_field *f = image_field(&own, id);

	return f ? f : image_field(image, id);
}

static bool shows_alike(const struct image *record, const struct image *item,
			const struct brg_part *part)
{
	const struct brg_part *a = image_part(record, part->type, part->key);
	const struct brg_part *b = image_part(item, part->type, part->key);
	bool a_gone = a && a->presence == BRG_NULL, b_gone = b && b->presence == BRG_NULL;

	if (part->type == BRG_ATTENDEE)
		return a && b && image_part_eq(a, b);
	if (a_gone || b_gone)
		return a_gone == b_gone;
	for (uint32_t id = APPT_SUBJECT; id <= APPT_ONLINE_URL; id++)
		if (!field_value_eq(shown_field(record, a, id), shown_field(item, b, id)))
			return false;
	return true;
}

static bool all_alike(int kind, const struct image *record, const struct image *item)
{
	const struct field_set *set = &field_builtin()->kinds[kind];

	for (size_t i = 0; i < set->n; i++)
		if (!field_value_eq(image_field(record, set->at[i].id),
				    image_field(item, set->at[i].id)))
			return false;
	for (size_t i = 0; i < record->n_parts + item->n_parts; i++) {
		const struct brg_part *part =
			i < record->n_parts ? &record->parts[i] : &item->parts[i - record->n_parts];

		/* A server that forgets nothing keeps what has no place. */
		if (world_has_place(record, part) && !shows_alike(record, item, part))
			return false;
	}
	return true;
}

/* ---- the sides are alike --------------------------------------------------------------------*/

static int mirrored(int policy)
{
	return policy == POLICY_SERVER	? POLICY_STORE
	       : policy == POLICY_STORE ? POLICY_SERVER
					: policy;
}

static void swap_sides(const struct world *w, struct world *out)
{
	world_init(out, w->in.kind);
	out->record = w->item;
	out->base_record = w->base_item;
	tell(w->in.kind, &w->record, &out->item);
	tell(w->in.kind, &w->base_record, &out->base_item);
	if (w->base_record.fields.n == 0)
		out->base_item = w->base_record;
	for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
		out->rules[i] = (struct merge_rule){ 0, (uint8_t)mirrored(w->rules[i].policy) };
	out->in.rules = out->rules;
	out->in.record_us = w->in.record_us == AFTER ? BEFORE : AFTER;
}

START_TEST(commutes)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct world w, other;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
			w.rules[i] = (struct merge_rule){ 0, (uint8_t)chance(&p, 3) };
		w.in.rules = w.rules;
		w.in.record_us = chance(&p, 2) ? AFTER : BEFORE;
		swap_sides(&w, &other);
		world_merge(&w);
		world_merge(&other);
		ck_assert_msg(all_alike(kinds[_i], &w.out.record, &other.out.record),
			      "seed %d:%s%s", seed, world_show(&w), world_show(&other));
	}
}
END_TEST

/* ---- it comes to rest -----------------------------------------------------------------------*/

/* That of an occurrence which was called off and takes place again here only: until the item knows,
 * there is nowhere to note what of it may not go there. */
static bool told_again(const struct world *w)
{
	for (size_t i = 0; i < w->out.n_losses; i++) {
		const struct merge_loss *l = &w->out.losses[i];
		const struct brg_part *was =
			l->value.n_parts
				? image_part(&w->base_record, BRG_OCCURRENCE, l->value.parts[0].key)
				: NULL;

		if (l->why != WHY_DIRECTION || l->side != SIDE_STORE || !was ||
		    was->presence != BRG_NULL)
			return false;
	}
	return true;
}

START_TEST(rests)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct world w, later;
		bool pushes;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		random_rules(&p, &w);
		world_merge(&w);
		pushes = w.out.pushes;
		/* Nothing could be written. */
		later = w;
		world_keep(&later);
		later.in.base_record = &later.base_record;
		later.in.base_item = &later.base_item;
		later.in.record = &later.record;
		world_merge(&later);
		ck_assert_msg(!later.out.record_changed && told_again(&later), "seed %d:%s%s", seed,
			      world_show(&w), world_show(&later));
		ck_assert_msg(later.out.pushes == pushes &&
				      later.out.n_conflicts == w.out.n_conflicts,
			      "seed %d:%s%s", seed, world_show(&w), world_show(&later));
		/* It was written, by one server or another. */
		world_push(&w);
		world_merge(&w);
		ck_assert_msg(!w.out.record_changed && !w.out.pushes && w.out.n_losses == 0,
			      "seed %d: %s %s", seed, write_json(kinds[_i], &w.out.push, false),
			      world_losses(&w));
	}
}
END_TEST

START_TEST(same_sides_are_left_alone)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct world w;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		random_rules(&p, &w);
		tell(kinds[_i], &w.record, &w.item);
		world_merge(&w);
		assert_still(&w);
		ck_assert_uint_eq(w.out.n_conflicts, 0);
		ck_assert(image_eq(&w.out.base_record, &w.record));
		ck_assert(image_eq(&w.out.base_record_after, &w.record));
	}
}
END_TEST

/* The answer to a push was lost: that is nobody's change. */
START_TEST(lost_answers)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		bool arrives = chance(&p, 2);
		struct world w;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		world_merge(&w);
		w.pushed = w.out.push;
		if (arrives)
			world_write(&w, false);
		world_keep(&w);
		w.in.pushed = &w.pushed;
		world_merge(&w);
		ck_assert_msg(!w.out.record_changed && w.out.n_losses == 0, "seed %d: %s", seed,
			      world_losses(&w));
		ck_assert_msg(!arrives || !w.out.pushes, "seed %d: %s\n%s", seed,
			      write_json(kinds[_i], &w.pushed, false),
			      write_json(kinds[_i], &w.out.push, false));
		world_push(&w);
		world_merge(&w);
		assert_still(&w);
		ck_assert_msg(all_alike(kinds[_i], &w.record, &w.item), "seed %d:%s", seed,
			      world_show(&w));
	}
}
END_TEST

/* ---- nothing vanishes -----------------------------------------------------------------------*/

static bool in_text(const char *text, struct brg_str token)
{
	return strstr(text, arena_printf(arena, "%.*s", (int)token.len, token.ptr)) != NULL;
}

static const char *what_is_left(const struct world *w)
{
	int kind = w->in.kind;
	const char *text = arena_printf(arena, "%s %s", write_json(kind, &w->out.record, true),
					world_losses(w));

	for (size_t i = 0; i < w->out.n_conflicts; i++)
		text = arena_printf(arena, "%s %s %s", text,
				    write_json(kind, &w->out.conflicts[i].ours, false),
				    write_json(kind, &w->out.conflicts[i].theirs, false));
	/* Occurrences that wait with the time stay where they are. */
	for (size_t i = 0; i < w->out.n_conflicts; i++)
		if (brg_str_eq(w->out.conflicts[i].group, brg_cstr("time")))
			text = arena_printf(arena, "%s %s", text,
					    write_json(kind, &w->item, false));
	return text;
}

/* Every text that a side has and its base has not. */
static void expect_texts(const struct world *w, int seed, const char *left,
			 const struct image *side, const struct image *base)
{
	const char *now = write_json(w->in.kind, side, false);
	const char *was = write_json(w->in.kind, base, false);

	for (const char *at = now; (at = strstr(at, " and more")) != NULL; at++) {
		struct brg_str token = { at - 5, 5 };

		if (!in_text(was, token))
			ck_assert_msg(in_text(left, token), "seed %d: %.5s is gone:\n%s\n%s", seed,
				      token.ptr, now, left);
	}
}

START_TEST(nothing_vanishes)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		const char *left;
		struct world w;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		random_rules(&p, &w);
		world_merge(&w);
		left = what_is_left(&w);
		expect_texts(&w, seed, left, &w.record, &w.base_record);
		expect_texts(&w, seed, left, &w.item, &w.base_item);
	}
}
END_TEST

/* A change that reached one side only is told of as lost, or waits to be pushed. */
START_TEST(both_have_it_or_it_is_told)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct image was_base;
		const char *item, *lost;
		struct world w;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		random_rules(&p, &w);
		world_merge(&w);
		lost = what_is_left(&w) + strlen(write_json(kinds[_i], &w.out.record, true));
		was_base = w.base_record;
		world_push(&w);
		/* Occurrences that wait with the time stay where they are. */
		if (strstr(lost, "time?"))
			continue;
		item = arena_printf(arena, "%s %s", write_json(kinds[_i], &w.item, false), lost);
		expect_texts(&w, seed, item, &w.record, &was_base);
	}
}
END_TEST

/* ---- nothing is broken ----------------------------------------------------------------------*/

START_TEST(invariants_hold)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct world w;
		size_t group;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		random_rules(&p, &w);
		/* Servers tell less than they have. */
		for (size_t i = 0; chance(&p, 2) && i < w.item.fields.n; i++)
			if (chance(&p, 4) == 0)
				((struct brg_field *)w.item.fields.at)[i].presence = BRG_ABSENT;
		world_merge(&w);
		ck_assert_msg(derive_holds(field_builtin(), kinds[_i], &w.out.record, &group),
			      "seed %d: %s", seed, write_json(kinds[_i], &w.out.record, true));
	}
}
END_TEST

START_TEST(attendees_decide_nothing)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, BRG_APPOINTMENT);
		struct world w;

		arena_reset(arena);
		make_world(&p, BRG_APPOINTMENT, &w);
		random_rules(&p, &w);
		for (size_t i = 0; i < FIELD_GROUPS_MAX; i++)
			if (w.rules[i].direction == DIRECTION_TO_SERVER)
				w.rules[i].direction = DIRECTION_BOTH;
		w.in.role = ROLE_ATTENDEE;
		world_merge(&w);
		ck_assert_msg(!w.out.record_changed && !w.out.pushes, "seed %d", seed);
		ck_assert_msg(image_eq(&w.out.record, &w.record) &&
				      image_eq(&w.out.base_record, &w.record),
			      "seed %d:%s", seed, world_show(&w));
		ck_assert_uint_eq(w.out.n_conflicts, 0);
		for (size_t i = 0; i < w.out.n_losses; i++)
			ck_assert(w.out.losses[i].why == WHY_ROLE &&
				  w.out.losses[i].side == SIDE_SERVER);
	}
}
END_TEST

/* A conflict changes nothing in its group, and says what both sides have. */
START_TEST(conflicts_change_nothing)
{
	for (int seed = 0; seed < SEEDS; seed++) {
		struct people p = people_of(seed, kinds[_i]);
		struct world w;

		arena_reset(arena);
		make_world(&p, kinds[_i], &w);
		world_rules(&w, DIRECTION_BOTH, POLICY_ASK);
		world_merge(&w);
		for (size_t i = 0; i < w.out.n_conflicts; i++) {
			const struct merge_conflict *c = &w.out.conflicts[i];
			int group = field_group_named(field_builtin(), kinds[_i], c->group);

			ck_assert(!image_eq(&c->ours, &c->theirs));
			if (group < 0)
				continue;
			ck_assert(!(w.out.changed[group / 64] >> (group % 64) & 1));
			ck_assert(!(w.out.pushed[group / 64] >> (group % 64) & 1));
		}
		for (size_t i = 0; i < w.out.n_losses; i++)
			ck_assert(w.out.losses[i].why >= WHY_INVARIANT);
	}
}
END_TEST

/* ---- for a long time ------------------------------------------------------------------------*/

/* What the server makes of what it is given: it cuts texts, and has no place for the body. */
struct habits {
	bool cuts, drops, forgets;
};

static void cut_fields(const struct habits *h, struct brg_fields *fields)
{
	struct brg_field *at = arena_alloc(arena, (fields->n + 1) * sizeof(*at));

	for (size_t i = 0; i < fields->n; i++) {
		at[i] = fields->at[i];
		if (at[i].presence != BRG_VALUE || at[i].type != BRG_TEXT)
			continue;
		if (h->cuts && (at[i].id == APPT_SUBJECT || at[i].id == APPT_LOCATION))
			at[i].u.text.len = at[i].u.text.len > 8 ? 8 : at[i].u.text.len;
		if (h->drops && at[i].id == APPT_BODY)
			at[i].presence = BRG_NULL;
	}
	fields->at = at;
}

static void serve(const struct habits *h, struct image *item)
{
	struct brg_part *parts = arena_alloc(arena, (item->n_parts + 1) * sizeof(*parts));

	cut_fields(h, &item->fields);
	for (size_t i = 0; i < item->n_parts; i++) {
		parts[i] = item->parts[i];
		if (parts[i].type == BRG_OCCURRENCE)
			cut_fields(h, &parts[i].fields);
	}
	item->parts = parts;
	tell_attendees(item);
}

/* One round of a visit: read, merged, and pushed if all goes well. */
static void visit(struct people *p, struct world *w, const struct habits *h, bool well)
{
	world_merge(w);
	if (!w->out.pushes || (!well && chance(p, 3) == 0)) {
		world_keep(w);
		if (!w->out.pushes)
			w->base_record = w->out.base_record_after;
		return;
	}
	if (!well && chance(p, 3) == 0) {
		/* The answer is lost. */
		w->pushed = w->out.push;
		if (chance(p, 2))
			world_write(w, h->forgets);
		serve(h, &w->item);
		world_keep(w);
		w->in.pushed = &w->pushed;
		return;
	}
	world_write(w, h->forgets);
	serve(h, &w->item);
	w->record = w->out.record;
	w->base_record = w->out.base_record_after;
	w->base_item = w->item;
	w->in.pushed = NULL;
}

static void expect_quiet(struct people *p, struct world *w, const struct habits *h, int seed)
{
	struct image record;
	size_t group;

	for (int i = 0; i < 3; i++)
		visit(p, w, h, true);
	world_merge(w);
	ck_assert_msg(!w->out.record_changed && !w->out.pushes && w->out.n_losses == 0,
		      "seed %d: %s %s", seed, write_json(BRG_APPOINTMENT, &w->out.push, false),
		      world_losses(w));
	ck_assert(derive_holds(field_builtin(), BRG_APPOINTMENT, &w->record, &group));
	record = w->record;
	serve(h, &record);
	ck_assert_msg(all_alike(BRG_APPOINTMENT, &record, &w->item), "seed %d:%s", seed,
		      world_show(w));
}

/* A series with exceptions, a hundred edits on both sides, by servers with all habits. */
START_TEST(a_long_life)
{
	for (int seed = _i * 40; seed < _i * 40 + 40; seed++) {
		struct people p = { .state = (uint64_t)seed };
		struct habits h = { chance(&p, 2), chance(&p, 2), chance(&p, 2) };
		struct image thing;
		struct world w;

		arena_reset(arena);
		world_init(&w, BRG_APPOINTMENT);
		make_thing(&p, BRG_APPOINTMENT, &thing);
		w.record = w.base_record = thing;
		tell(BRG_APPOINTMENT, &thing, &w.item);
		serve(&h, &w.item);
		w.base_item = w.item;
		world_rules(&w, DIRECTION_BOTH, (int)chance(&p, 3));
		for (int edits = 0; edits < 100; edits++) {
			w.in.record_us = 50 + 100 * (int64_t)chance(&p, 3);
			/* What is cleared before a lost answer is known of is taken for what the
			 * server left out. */
			if (chance(&p, 2) || w.in.pushed) {
				edit(&p, BRG_APPOINTMENT, &w.record, false);
			} else {
				edit(&p, BRG_APPOINTMENT, &w.item, h.forgets);
				serve(&h, &w.item);
			}
			if (chance(&p, 3) == 0)
				visit(&p, &w, &h, false);
			if (chance(&p, 20) == 0)
				expect_quiet(&p, &w, &h, seed);
		}
		expect_quiet(&p, &w, &h, seed);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge_properties");
	TCase *t = tcase_create("properties");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	LOOP(commutes, kinds);
	LOOP(rests, kinds);
	LOOP(same_sides_are_left_alone, kinds);
	LOOP(lost_answers, kinds);
	LOOP(nothing_vanishes, kinds);
	LOOP(both_have_it_or_it_is_told, kinds);
	LOOP(invariants_hold, kinds);
	tcase_add_test(t, attendees_decide_nothing);
	LOOP(conflicts_change_nothing, kinds);
	tcase_add_loop_test(t, a_long_life, 0, 5);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
