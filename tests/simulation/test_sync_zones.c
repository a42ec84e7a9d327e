/* SPDX-License-Identifier: Apache-2.0
 *
 * Instants that older zone data has derived, made up: they are derived again, and neither records,
 * links and shadows nor mailboxes learn of it.
 */
#include "tests/simulation/sync_lives.h"
#include "tests/simulation/zones_test.h"

#define OLDER "2001a" /* zone data of long ago */

/* ---- older zone data, made up ---------------------------------------------------------------*/

/* As if zone data of then had said it: what follows from the record is what follows from `json`
 * laid over it. */
static void spoil(const struct brg_id *id, const char *json, const char *zones)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image patch, after;
	struct derived d;
	struct record r;
	struct step step;

	ck_assert_int_eq(world_read(&world, id, &r), 1);
	world_must(image_from_json(world.rules.table, r.row.kind, brg_cstr(json), world.scratch,
				   &patch, &err),
		   &err, json);
	image_lay(&r.image, &patch, world.scratch, &after);
	r.image = after;
	derive_keys(world.rules.table, r.row.kind, &after, r.row.created_us, world.scratch, &d);
	d.zones = brg_cstr(zones);
	step_init(&step, world.scratch);
	record_rederive(&world.engine, &step, &r, &d, true, false);
	ck_assert_int_eq(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err),
			 BRG_COMMITTED);
}

#define LATER(day, zone) "{\"start\":{\"local\":\"" day "\",\"zone\":\"" zone "\"}}"

static bool same_derived(const struct brg_record_row *a, const struct brg_record_row *b)
{
	return a->sorted_us == b->sorted_us && brg_str_eq(a->keys, b->keys) &&
	       brg_str_eq(a->zones, b->zones);
}

/* A record with a moment of its start at that instant. */
static bool is_scheduled(const struct brg_id *id, int64_t us)
{
	struct brg_query q = {
		.what = BRG_READ_SCHEDULE, .number = APPT_START, .now_us = us, .until_us = us + 1
	};
	struct brg_row *rows;
	bool found = false;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++)
		found = found || brg_id_eq(&rows[i].u.record.id, id);
	return found;
}

START_TEST(a_wrong_instant_is_mended)
{
	struct brg_id id, same, floating;
	const struct brg_record_row *right, *stays, *wrong;
	const char *before, *params;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
	same = appointment("Same", "2027-07-01T12:00", "Europe/Berlin");
	floating = world_new(&world, bo, BRG_TASK, "{\"subject\":\"T\",\"due\":\"2027-07-01\"}");
	world_rounds(&world, 3);
	assert_quiet();
	right = row_of(&id);
	stays = row_of(&same);
	ck_assert(brg_str_eq(right->zones, brg_cstr(zone_data_version())));
	ck_assert_uint_eq(row_of(&floating)->zones.len, 0);
	ck_assert_int_eq(rezone(), 0);
	spoil(&id, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	spoil(&same, "{}", OLDER);
	wrong = row_of(&id);
	ck_assert_int_eq(wrong->sorted_us, right->sorted_us + HOUR_US);
	ck_assert(is_scheduled(&id, wrong->sorted_us));
	before = seen();
	assert_has(before, "\nlink ");
	ck_assert_int_eq(rezone(), 2);
	ck_assert_int_eq(rezone(), 0);
	ck_assert(same_derived(row_of(&id), right));
	ck_assert(same_derived(row_of(&same), stays));
	ck_assert(is_scheduled(&id, right->sorted_us));
	ck_assert(!is_scheduled(&id, wrong->sorted_us));
	assert_unseen(before);
	world_rounds(&world, 3);
	assert_unseen(before);
	/* It is told of what moved. */
	ck_assert_int_eq(told(&same, &params), 0);
	ck_assert_int_eq(told(&id, &params), 1);
	ck_assert_str_eq(params,
			 arena_printf(world.scratch, "was=" OLDER "\nnow=%s", zone_data_version()));
}
END_TEST

/* It is found by the same item as before: what identifies it is an instant too, also the end of a
 * series without end, which no key tells. */
START_TEST(what_identifies_it_is_mended)
{
	static const char *const rules[] = { "{}", "{\"recurrence\":\"FREQ=WEEKLY\"}" };
	struct brg_query q = { .what = BRG_READ_CLUES };
	struct brg_row *rows;
	struct brg_id id = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_str right;
	size_t n;

	ck_assert(world_edit(&world, &id, rules[_i]));
	q.other = id;
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	right = rows[0].u.clue.value;
	spoil(&id, "{\"end\":{\"local\":\"2027-07-01T12:15:00\",\"zone\":\"Europe/Stockholm\"}}",
	      OLDER);
	rows = world_rows(&world, &q, &n);
	ck_assert(n == 1 && !brg_str_eq(rows[0].u.clue.value, right));
	(void)rezone();
	rows = world_rows(&world, &q, &n);
	ck_assert(n == 1 && brg_str_eq(rows[0].u.clue.value, right));
}
END_TEST

/* ---- what filters say -----------------------------------------------------------------------*/

/* By the wrong instant it is outside, by the right one within; and the other way round. The item of
 * one that has left stays, as of any that leaves. */
START_TEST(a_filter_hears_of_it)
{
	static const char *const filters[] = { "start >= 2026-12-01", "start < today + 7d" };
	const char *inside[] = { "2026-12-01T00:20", "2026-11-24T23:20" };
	const char *outside[] = { LATER("2026-11-30T23:20:00", "Etc/UTC"),
				  LATER("2026-11-25T00:20:00", "Etc/UTC") };
	static const char *const outer[] = { "2026-11-30T23:20", "2026-11-25T00:20" };
	static const char *const within[] = { LATER("2026-12-01T00:20:00", "Etc/UTC"),
					      LATER("2026-11-24T23:20:00", "Etc/UTC") };
	struct brg_id id, far, left;

	(void)sweep();
	world_filter(&world, bo, BRG_APPOINTMENT, filters[_i]);
	id = appointment("Near", inside[_i], "Etc/UTC");
	far = appointment("Far", _i ? "2027-07-01T12:00" : "2026-11-01T12:00", "Etc/UTC");
	spoil(&id, outside[_i], OLDER);
	spoil(&far, "{}", OLDER);
	left = appointment("Left", outer[_i], "Etc/UTC");
	spoil(&left, within[_i], OLDER);
	world_rounds(&world, 3);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert_int_ge(world_item(&world, bo, &left), 0);
	ck_assert_int_eq(rezone(), 3);
	world_rounds(&world, 2);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_int_eq(world_item(&world, bo, &far), -1);
	ck_assert_int_eq(world_item(&world, bo, &left), -1);
	ck_assert_int_eq(row_of(&id)->version, 1);
	assert_quiet();
}
END_TEST

/* ---- who else there is ----------------------------------------------------------------------*/

/* Another machine with newer data has the word; what is older is taken in any case. */
START_TEST(keepers_do_not_undo_each_other)
{
	struct brg_id newer = appointment("A", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_id older = appointment("B", "2027-07-01T12:00", "Europe/Stockholm");
	struct world second;
	struct brg_err err = BRG_ERR_INIT;

	spoil(&newer, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), "9999z");
	spoil(&older, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	second = world;
	world_must(engine_join(&second.engine, "keeper", &err), &err, "join");
	ck_assert_int_eq(rezone(), 1);
	ck_assert(brg_str_eq(row_of(&newer)->zones, brg_cstr("9999z")));
	ck_assert(brg_str_eq(row_of(&older)->zones, brg_cstr(zone_data_version())));
	/* Of one's own data a keeper is sure: it is gone, or it is this one. */
	world.engine.process = second.engine.process;
	ck_assert_int_eq(rezone(), 1);
	ck_assert(brg_str_eq(row_of(&newer)->zones, brg_cstr(zone_data_version())));
}
END_TEST

/* Nor do they look at everything again and again, each by its own data. */
START_TEST(sweeps_do_not_undo_each_other)
{
	struct brg_query q = { .what = BRG_READ_STATES };
	struct world second = world;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_op *op;
	struct brg_row *rows;
	struct step step;
	size_t n;

	world_filter(&world, bo, BRG_APPOINTMENT, "start >= 2027-07-02");
	ck_assert_int_eq(sweep(), 0);
	step_init(&step, world.scratch);
	op = step_add(&step, BRG_OP_STATE, BRG_ANY);
	op->u.state.name = brg_cstr("core.zones");
	op->u.state.value = brg_cstr("9999z\nUTC 1\n");
	ck_assert_int_eq(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err),
			 BRG_COMMITTED);
	world_must(engine_join(&second.engine, "keeper", &err), &err, "join");
	ck_assert_int_eq(sweep(), 0);
	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.state.name, brg_cstr("core.zones")))
			ck_assert(brg_str_eq(rows[i].u.state.value, brg_cstr("9999z\nUTC 1\n")));
	world.engine.process = second.engine.process;
	ck_assert_int_eq(sweep(), 1);
	ck_assert_int_eq(sweep(), 0);
}
END_TEST

/* One that cannot be read is passed over, and keeps what it has. */
START_TEST(the_unreadable_stands_in_nobodys_way)
{
	struct brg_id bad = appointment("A", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_id good = appointment("B", "2027-07-01T12:00", "Europe/Stockholm");
	struct brg_record_row was = *row_of(&bad);
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	was.fields = brg_cstr("{\"start\":");
	was.zones = brg_cstr(OLDER);
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_RECORD, 1)->u.record = was;
	ck_assert_int_eq(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err),
			 BRG_COMMITTED);
	spoil(&good, LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	ck_assert_int_eq(rezone(), 2);
	ck_assert_int_eq(rezone(), 0);
	ck_assert(is_scheduled(&bad, was.sorted_us));
	ck_assert(is_scheduled(&good, was.sorted_us));
}
END_TEST

/* ---- lives that end -------------------------------------------------------------------------*/

#define MANY (2 * REZONE_BATCH + 50)

static void keep_zones(void)
{
	while (rezone() == REZONE_BATCH)
		;
}

/* A keeper that dies at its nth effect; true: it came to the end. */
static bool live(uint64_t dies)
{
	id_seed(1);
	return live_until(dies, 2, keep_zones);
}

/* Done is what was committed, and it is done once. */
static int count_done(const struct brg_id *ids, const struct brg_record_row *right)
{
	const char *params;
	int done = 0;

	for (int i = 0; i < MANY; i++) {
		bool is = brg_str_eq(row_of(&ids[i])->zones, right->zones);

		ck_assert_int_eq(told(&ids[i], &params), is);
		ck_assert_int_eq(is, same_derived(row_of(&ids[i]), right));
		ck_assert_int_eq(is_scheduled(&ids[i], right->sorted_us), is);
		done += is;
	}
	return done;
}

START_TEST(who_dies_goes_on_where_he_was)
{
	static const int done[] = { 0, REZONE_BATCH, 2 * REZONE_BATCH, MANY };
	struct brg_id ids[MANY];
	struct brg_record_row right;
	const char *before;

	for (int i = 0; i < MANY; i++) {
		ids[i] = appointment("Ours", "2027-07-01T12:00", "Europe/Stockholm");
		right = *row_of(&ids[i]);
		spoil(&ids[i], LATER("2027-07-01T13:00:00", "Europe/Stockholm"), OLDER);
	}
	before = seen();
	/* Before the first commit, then before the one behind the next that is made. */
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(live(i ? 2 : 1), i == 3);
		ck_assert_int_eq(count_done(ids, &right), done[i]);
	}
	assert_unseen(before);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_wrong_instant_is_mended);
	tcase_add_loop_test(t, what_identifies_it_is_mended, 0, 2);
	tcase_add_loop_test(t, a_filter_hears_of_it, 0, 2);
	tcase_add_test(t, keepers_do_not_undo_each_other);
	tcase_add_test(t, sweeps_do_not_undo_each_other);
	tcase_add_test(t, the_unreadable_stands_in_nobodys_way);
	tcase_add_test(t, who_dies_goes_on_where_he_was);
	return run_scenarios("zones", t);
}
