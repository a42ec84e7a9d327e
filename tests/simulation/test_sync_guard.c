/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the guard's bounds are, to the one: what is just not much is done without asking.
 */
#include "tests/simulation/sync_test.h"

#define MANY  30
#define BOUND 20 /* rules.plan_deletes_min */

static struct brg_id made[MANY + 1];

static void make_tasks(int n)
{
	for (int i = 0; i < n; i++)
		made[i] = world_new(&world, bo, BRG_TASK,
				    arena_printf(world.scratch, "{\"subject\":\"t%d\"}", i));
}

static void linked_tasks(void)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	make_tasks(MANY);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
}

/* _i: deletions at the bound, or one less. */
START_TEST(deletions_there)
{
	int n = BOUND - _i;

	linked_tasks();
	for (int i = 0; i < n; i++)
		simmail_user_delete(world.sim, box_of(bo), world_item(&world, bo, &made[i]), true);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), (size_t)(_i ? MANY - n : MANY));
	ck_assert_uint_eq(plans(), (size_t)(_i ? 0 : 1));
}
END_TEST

START_TEST(deletions_here)
{
	int n = BOUND - _i;

	linked_tasks();
	for (int i = 0; i < n; i++)
		world_delete(&world, &made[i]);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), _i ? MANY - n : MANY);
	ck_assert_uint_eq(plans(), (size_t)(_i ? 0 : 1));
}
END_TEST

/* Items that a person takes the mark from end links too. */
START_TEST(marks_taken_away)
{
	int item[MANY], n = BOUND - _i;

	for (int i = 0; i < MANY; i++) {
		item[i] = simmail_user_create(world.sim, box_of(bo), BRG_TASK,
					      arena_printf(world.scratch, "subject=m%d", i));
		simmail_user_track(world.sim, box_of(bo), item[i], true);
	}
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY);
	for (int i = 0; i < n; i++)
		simmail_user_track(world.sim, box_of(bo), item[i], false);
	world_rounds(&world, 3);
	ck_assert_uint_eq(plans(), (size_t)(_i ? 0 : 1));
}
END_TEST

/* What a first contact would make, on this side and on that. _i & 1: one less; _i & 2: in the
 * store. */
START_TEST(first_contact)
{
	int n = BOUND + 1 - (_i & 1);

	world.rules.plan_creates = BOUND;
	if (_i & 2) {
		for (int i = 0; i < n; i++)
			ck_assert_int_ge(
				simmail_user_create(world.sim, box_of(eva), BRG_TASK,
						    arena_printf(world.scratch, "subject=f%d", i)),
				0);
		world_rounds(&world, 3);
		ck_assert_uint_eq(world_count(&world, BRG_TASK), (size_t)(_i & 1 ? n : 0));
		return;
	}
	world_filter(&world, bo, BRG_TASK, "owner = me");
	make_tasks(n);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), _i & 1 ? n : 0);
	ck_assert_uint_eq(plans(), (size_t)(_i & 1 ? 0 : 1));
}
END_TEST

/* However small the bound is. */
START_TEST(a_small_bound)
{
	world.rules.plan_creates = 2;
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(eva), BRG_TASK,
						     arena_printf(world.scratch, "subject=f%d", i)),
				 0);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 0);
}
END_TEST

/* A server that shows no folder at all is out of its mind: nothing is looked at, no plan is made.
 */
START_TEST(all_folders_went)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .mailbox = world.users[bo].mailbox };
	size_t n;

	linked_tasks();
	for (int f = 0; f < SIMMAIL_FIXED; f++)
		simmail_unmap_folder(world.sim, box_of(bo), f, true);
	(void)world_visit(&world, bo);
	ck_assert_ptr_nonnull(world.err.fault);
	ck_assert_str_eq(world.err.fault->code, "BRG-SYNC-0111");
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 0);
	for (int f = 0; f < SIMMAIL_FIXED; f++)
		simmail_unmap_folder(world.sim, box_of(bo), f, false);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	assert_quiet();
}
END_TEST

/* Of a folder that went, however little lay in it: its links wait, the others go on. */
START_TEST(a_small_folder_that_went)
{
	int old = simmail_add_folder(world.sim, box_of(bo), "old", BRG_KIND_BIT(BRG_TASK));
	struct brg_query q = { .what = BRG_READ_PLANS, .mailbox = world.users[bo].mailbox };
	struct brg_row *rows;
	size_t n;

	linked_tasks();
	ck_assert(simmail_user_move(world.sim, box_of(bo), world_item(&world, bo, &made[0]), old));
	world_rounds(&world, 3);
	simmail_unmap_folder(world.sim, box_of(bo), old, true);
	ck_assert(world_edit(&world, &made[1], "{\"body\":\"text\"}"));
	world_rounds(&world, 4);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(rows[0].u.plan.state, BRG_PLAN_WAITS);
	ck_assert(brg_str_eq(rows[0].u.plan.code, brg_cstr("BRG-SYNC-0153")));
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[1]), "body"), "text");
	simmail_unmap_folder(world.sim, box_of(bo), old, false);
	world_rounds(&world, 4);
	ck_assert(world_edit(&world, &made[0], "{\"body\":\"text\"}"));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[0]), "body"), "text");
}
END_TEST

/* Whoever has met once may make as much as people do. */
START_TEST(after_first_contact)
{
	world.rules.plan_creates = 5;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	make_tasks(3);
	world_rounds(&world, 3);
	make_tasks(MANY);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY + 3);
	ck_assert_uint_eq(plans(), 0);
}
END_TEST

/* A first contact that was cut short is none yet: the bound still holds in the next visit. */
START_TEST(a_first_contact_that_was_cut_short)
{
	world.rules.plan_creates = 5;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	trouble(bo, SIMMAIL_PULL, SIMMAIL_HANG_UP, 2);
	(void)world_visit(&world, bo);
	make_tasks(MANY);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_uint_eq(plans(), 1);
}
END_TEST

/* What was deleted is more than a tenth of the mailbox, or just not. 210 links: 21 are a tenth. */
START_TEST(a_share_of_the_mailbox)
{
	struct brg_id ids[210];
	int n = 22 - _i;

	world.rules.plan_creates = 1000;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < 210; i++)
		ids[i] = world_new(&world, bo, BRG_TASK,
				   arena_printf(world.scratch, "{\"subject\":\"s%d\"}", i));
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), 210);
	for (int i = 0; i < n; i++)
		world_delete(&world, &ids[i]);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), _i ? 210 - n : 210);
}
END_TEST

/* Changes go on while deletions wait. */
START_TEST(changes_go_on_meanwhile)
{
	linked_tasks();
	for (int i = 0; i < BOUND; i++)
		world_delete(&world, &made[i]);
	world_rounds(&world, 2);
	ck_assert_uint_eq(plans(), 1);
	ck_assert(world_edit(&world, &made[MANY - 1], "{\"body\":\"text\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &made[MANY - 2]),
				    "importance=high"));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[MANY - 1]), "body"), "text");
	assert_has(world_json(&world, &made[MANY - 2]), "\"high\"");
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	ck_assert_uint_eq(plans(), 1);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, deletions_there, 0, 2);
	tcase_add_loop_test(t, deletions_here, 0, 2);
	tcase_add_loop_test(t, marks_taken_away, 0, 2);
	tcase_add_loop_test(t, first_contact, 0, 4);
	tcase_add_test(t, a_small_bound);
	tcase_add_test(t, all_folders_went);
	tcase_add_test(t, a_small_folder_that_went);
	tcase_add_test(t, after_first_contact);
	tcase_add_test(t, a_first_contact_that_was_cut_short);
	tcase_add_loop_test(t, a_share_of_the_mailbox, 0, 2);
	tcase_add_test(t, changes_go_on_meanwhile);
	return run_scenarios("sync_guard", t);
}
