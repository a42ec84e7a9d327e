/* SPDX-License-Identifier: Apache-2.0
 *
 * More than one page of everything, in one visit or in many short ones.
 */
#include "tests/simulation/sync_test.h"

#define MANY 450

static struct brg_id ids[MANY];

/* _i: a visit has all the time that it needs, or gives way after each page. */
static void set_up_many(bool hurried)
{
	world.rules.plan_creates = world.rules.plan_deletes_min = INT32_MAX;
	world.engine.visit_ms = hurried ? 0 : INT64_MAX / 4;
}

/* Visits till nothing is left; the first of several says that it left something. */
static void work_off(int user, bool hurried)
{
	int outcome = world_visit(&world, user);

	assert_ok(outcome);
	if (hurried)
		ck_assert_int_eq(outcome, BRG_DONE_BACKLOG);
	for (int i = 0; i < 100 && outcome == BRG_DONE_BACKLOG; i++) {
		outcome = world_visit(&world, user);
		assert_ok(outcome);
	}
	ck_assert_int_ne(outcome, BRG_DONE_BACKLOG);
}

static void put_records(void)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < MANY; i++)
		ids[i] = world_new(&world, bo, BRG_TASK,
				   arena_printf(world.scratch, "{\"subject\":\"t%d\"}", i));
}

START_TEST(items_come_in)
{
	set_up_many(_i);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(eva), BRG_TASK,
						     arena_printf(world.scratch, "subject=t%d", i)),
				 0);
	for (int i = 0; i < 30 && world_count(&world, BRG_TASK) < MANY; i++)
		assert_ok(world_visit(&world, eva));
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY);
	assert_quiet();
}
END_TEST

START_TEST(records_go_out)
{
	set_up_many(_i);
	put_records();
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_ge(world_item(&world, bo, &ids[i]), 0);
	assert_quiet();
}
END_TEST

START_TEST(edits_go_out)
{
	char subject[16];

	put_records();
	set_up_many(false);
	world_rounds(&world, 2);
	set_up_many(_i);
	for (int i = 0; i < MANY; i++)
		ck_assert(world_edit(&world, &ids[i],
				     arena_printf(world.scratch, "{\"subject\":\"u%d\"}", i)));
	work_off(bo, _i);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(subject, sizeof(subject), "u%d", i);
		ck_assert_str_eq(there(bo, world_item(&world, bo, &ids[i]), "subject"), subject);
	}
	assert_quiet();
}
END_TEST

START_TEST(edits_come_in)
{
	char subject[24];

	put_records();
	set_up_many(false);
	world_rounds(&world, 2);
	set_up_many(_i);
	for (int i = 0; i < MANY; i++)
		ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &ids[i]),
					    arena_printf(world.scratch, "subject=v%d", i)));
	work_off(bo, _i);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(subject, sizeof(subject), "\"v%d\"", i);
		assert_has(world_json(&world, &ids[i]), subject);
	}
	assert_quiet();
}
END_TEST

START_TEST(deletions_go_out)
{
	put_records();
	set_up_many(false);
	world_rounds(&world, 2);
	set_up_many(_i);
	for (int i = 0; i < MANY; i++)
		world_delete(&world, &ids[i]);
	work_off(bo, _i);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	assert_quiet();
}
END_TEST

START_TEST(deletions_come_in)
{
	put_records();
	set_up_many(false);
	world_rounds(&world, 2);
	set_up_many(_i);
	for (int i = 0; i < MANY; i++)
		simmail_user_delete(world.sim, box_of(bo), world_item(&world, bo, &ids[i]), true);
	for (int i = 0; i < 30 && world_count(&world, BRG_TASK); i++)
		assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 0);
	assert_quiet();
}
END_TEST

/* Both at once, and the cursors are lost. */
START_TEST(everything_at_once)
{
	put_records();
	set_up_many(false);
	world_rounds(&world, 2);
	set_up_many(_i);
	for (int i = 0; i < MANY; i++) {
		int item = world_item(&world, bo, &ids[i]);

		if (i % 3 == 0)
			simmail_user_delete(world.sim, box_of(bo), item, true);
		else if (i % 3 == 1)
			ck_assert(
				simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
		if (i % 3 == 1)
			ck_assert(world_edit(&world, &ids[i], "{\"body\":\"text\"}"));
		else if (i % 3 == 2)
			world_delete(&world, &ids[i]);
	}
	for (int f = 0; f < SIMMAIL_DELETED; f++)
		simmail_expire(world.sim, box_of(bo), f);
	for (int i = 0; i < 12; i++)
		world_rounds(&world, 1);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY / 3);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY / 3);
	for (int i = 1; i < MANY; i += 3) {
		assert_has(world_json(&world, &ids[i]), "\"high\"");
		ck_assert_str_eq(there(bo, world_item(&world, bo, &ids[i]), "body"), "text");
	}
	assert_quiet();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, items_come_in, 0, 2);
	tcase_add_loop_test(t, records_go_out, 0, 2);
	tcase_add_loop_test(t, edits_go_out, 0, 2);
	tcase_add_loop_test(t, edits_come_in, 0, 2);
	tcase_add_loop_test(t, deletions_go_out, 0, 2);
	tcase_add_loop_test(t, deletions_come_in, 0, 2);
	tcase_add_loop_test(t, everything_at_once, 0, 2);
	return run_scenarios("sync_many", t);
}
