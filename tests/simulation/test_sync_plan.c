/* SPDX-License-Identifier: Apache-2.0
 *
 * No disasters: what is much waits as a plan for a person (DESIGN section 5.4), and what is
 * nobody's business is not kept.
 */
#include "tests/simulation/sync_test.h"

#include "core/id.h"

#define MANY 30

static struct brg_id made[MANY];

/* Tasks in bo's mailbox and in the store, all linked. */
static void many_tasks(void)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < MANY; i++) {
		char json[64];

		(void)snprintf(json, sizeof(json), "{\"subject\":\"task %d\"}", i);
		made[i] = world_new(&world, bo, BRG_TASK, json);
	}
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	assert_quiet();
}

static void assert_waits(const char *code)
{
	struct brg_plan_row *plan = newest_plan();

	ck_assert_ptr_nonnull(plan);
	ck_assert_int_eq(plan->state, BRG_PLAN_WAITS);
	ck_assert_str_eq(arena_printf(world.scratch, "%.*s", (int)plan->code.len, plan->code.ptr),
			 code);
}

/* Nobody has lost anything, and no second plan comes of the same. */
static void assert_nothing_lost(void)
{
	size_t before = plans();

	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), MANY);
	ck_assert_uint_eq(plans(), before);
}

START_TEST(an_emptied_mailbox_waits)
{
	many_tasks();
	simmail_empty(world.sim, world.users[bo].box, _i == 0);
	world_rounds(&world, 2);
	assert_waits("BRG-SYNC-0150");
	assert_nothing_lost();
	answer_plan(BRG_PLAN_REJECTED);
	assert_nothing_lost();
}
END_TEST

START_TEST(an_approved_plan_is_carried_out)
{
	many_tasks();
	simmail_empty(world.sim, world.users[bo].box, true);
	world_rounds(&world, 2);
	assert_waits("BRG-SYNC-0150");
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 0);
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_DONE);
	assert_quiet();
}
END_TEST

/* The other side: somebody deletes many records. */
START_TEST(many_deleted_records_wait)
{
	many_tasks();
	for (int i = 0; i < MANY; i++)
		world_delete(&world, &made[i]);
	world_rounds(&world, 3);
	assert_waits("BRG-SYNC-0150");
	ck_assert_uint_eq(plans(), 1);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_DONE);
	assert_quiet();
}
END_TEST

START_TEST(a_folder_that_went_waits)
{
	int box;

	many_tasks();
	box = world.users[bo].box;
	simmail_unmap_folder(world.sim, box, SIMMAIL_TASKS, true);
	world_rounds(&world, 2);
	ck_assert_ptr_nonnull(newest_plan());
	assert_nothing_lost();
	/* And comes back. */
	simmail_unmap_folder(world.sim, box, SIMMAIL_TASKS, false);
	world_rounds(&world, 3);
	ck_assert(world_edit(&world, &made[0], "{\"subject\":\"after\"}"));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[0]), "subject"), "after");
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	assert_nothing_lost();
}
END_TEST

START_TEST(a_restored_mailbox_waits)
{
	int box;

	many_tasks();
	box = world.users[bo].box;
	simmail_snapshot(world.sim, box);
	for (int i = 0; i < MANY; i++)
		ck_assert(world_edit(&world, &made[i], "{\"body\":\"newer\"}"));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[3]), "body"), "newer");
	ck_assert(simmail_restore(world.sim, box));
	world_rounds(&world, 2);
	assert_waits("BRG-SYNC-0154");
	assert_nothing_lost();
	for (int i = 0; i < MANY; i++)
		assert_has(world_json(&world, &made[i]), "newer");
}
END_TEST

START_TEST(another_filter_waits)
{
	many_tasks();
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	(void)world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ada\"}");
	world_rounds(&world, 2);
	assert_waits("BRG-SYNC-0152");
	ck_assert_int_eq(items(bo, BRG_CONTACT), 0);
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_DONE);
	assert_quiet();
}
END_TEST

START_TEST(a_filter_that_changes_nothing_is_no_plan)
{
	many_tasks();
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	world_rounds(&world, 2);
	ck_assert_ptr_null(newest_plan());
	(void)world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ada\"}");
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
}
END_TEST

START_TEST(a_large_first_contact_waits)
{
	world.rules.plan_creates = 10;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < MANY; i++)
		made[i] = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one of many\"}");
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	assert_waits("BRG-SYNC-0151");
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	assert_quiet();
}
END_TEST

/* What both sides have already is adopted: nothing is made, however much it is. */
START_TEST(a_large_first_contact_of_the_same_is_no_plan)
{
	world.rules.plan_creates = 10;
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	for (int i = 0; i < MANY; i++) {
		made[i] =
			world_new(&world, bo, BRG_CONTACT,
				  arena_printf(world.scratch,
					       "{\"given\":\"Ada\",\"surname\":\"Byron %d\"}", i));
		ck_assert_int_ge(
			simmail_user_create(
				world.sim, world.users[bo].box, BRG_CONTACT,
				arena_printf(world.scratch, "given=Ada\nsurname=Byron %d", i)),
			0);
	}
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(plans(), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_ge(world_item(&world, bo, &made[i]), 0);
	world_rounds(&world, 1);
	ck_assert_int_eq(items(bo, BRG_CONTACT), MANY);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), MANY);
	assert_quiet();
}
END_TEST

/* ---- a store that was set back --------------------------------------------------------------*/

static void shell(const char *line)
{
	char command[400];

	(void)snprintf(command, sizeof(command), "cd %s && %s", folder, line);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_restored_store_waits)
{
	struct brg_op *op;
	struct brg_query q = { .what = BRG_READ_STORE };
	struct brg_err err = BRG_ERR_INIT;
	struct step step;
	struct brg_row *rows;
	size_t n;

	many_tasks();
	world_close(&world);
	shell("mkdir kept && cp -r world.db* kept");
	world_open(&world);
	for (int i = 0; i < MANY; i++)
		ck_assert(world_edit(&world, &made[i], "{\"body\":\"newer\"}"));
	world_rounds(&world, 2);
	world_close(&world);
	shell("rm -r world.db* && cp -r kept/* .");
	world_open(&world);
	/* As `brygga store adopt --restored` will. */
	rows = world_rows(&world, &q, &n);
	step_init(&step, world.scratch);
	op = step_add(&step, BRG_OP_STORE, BRG_ANY);
	op->u.store = rows[0].u.store;
	op->u.store.epoch++;
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "adopt");
	world_rounds(&world, 2);
	assert_waits("BRG-SYNC-0152");
	assert_nothing_lost();
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[3]), "body"), "newer");
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 3);
	for (int i = 0; i < MANY; i++)
		assert_has(world_json(&world, &made[i]), "newer");
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	assert_quiet();
}
END_TEST

/* ---- nobody's business ----------------------------------------------------------------------*/

static void assert_nowhere(const char *word)
{
	char command[400];

	(void)snprintf(command, sizeof(command), "grep -r -a -q '%s' %s", word, folder);
	ck_assert_msg(system(command) != 0, "'%s' is in the store", word);
}

START_TEST(untracked_and_private_things_leave_no_trace)
{
	int box = world.users[bo].box;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	for (int i = 0; i < 500; i++) {
		int item = simmail_user_create(
			world.sim, box, BRG_APPOINTMENT,
			"subject=Zanzibar\nstart=2026-12-01T09:00:00 Europe/Stockholm\n"
			"end=2026-12-01T10:00:00 Europe/Stockholm");

		ck_assert_int_ge(item, 0);
		simmail_user_private(world.sim, box, item, i % 10 == 0);
	}
	for (int i = 0; i < 100; i++)
		ck_assert_int_ge(simmail_user_create(world.sim, box, BRG_CONTACT,
						     "given=Xerxes\nemail1=x@zanzibar.example"),
				 0);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	ck_assert_uint_eq(world.sim->boxes[box].private_reads, 0);
	world_close(&world);
	assert_nowhere("anzibar");
	assert_nowhere("erxes");
	world_open(&world);
}
END_TEST

static void hide(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	simmail_user_private(sim, box, *(int *)arg, true);
}

/* While the server is asked for what is in it. */
static void hide_amid(int user, int item)
{
	simmail_on_meanwhile(hide, &item);
	trouble(user, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	(void)world_visit(&world, user);
	simmail_on_meanwhile(NULL, NULL);
}

/* Whoever takes all in (0, 2), and whoever has marked it by hand (1); private before anybody has
 * looked, or between the look and the reading (2). */
START_TEST(a_private_item_is_never_taken)
{
	int user = _i == 1 ? bo : eva;
	int item = simmail_user_create(world.sim, box_of(user), BRG_TASK,
				       "subject=Zanzibar\nbody=Xerxes");

	simmail_user_track(world.sim, box_of(user), item, true);
	if (_i == 2)
		hide_amid(user, item);
	else
		simmail_user_private(world.sim, box_of(user), item, true);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	if (_i < 2)
		ck_assert_uint_eq(world.sim->boxes[box_of(user)].private_reads, 0);
	world_close(&world);
	assert_nowhere("anzibar");
	assert_nowhere("erxes");
	world_open(&world);
}
END_TEST

/* It is like a record that his filter lets through. */
START_TEST(a_private_item_is_not_adopted)
{
	int item =
		simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=Plan\nbody=Xerxes");
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"Plan\"}");
	if (_i)
		hide_amid(bo, item);
	else
		simmail_user_private(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	ck_assert_int_ne(world_item(&world, bo, &id), item);
	assert_not(world_json(&world, &id), "Xerxes");
	assert_quiet();
	world_close(&world);
	assert_nowhere("erxes");
	world_open(&world);
}
END_TEST

/* _i: while another edit of it is read. */
START_TEST(an_item_that_becomes_private_leaves_no_trace)
{
	int box = box_of(eva);
	int item = simmail_user_create(world.sim, box, BRG_TASK, "subject=Zanzibar");
	struct brg_id id;

	world_rounds(&world, 2);
	id = only(BRG_TASK);
	ck_assert(simmail_user_edit(world.sim, box, item, "body=Xerxes"));
	world_rounds(&world, 1);
	assert_has(world_json(&world, &id), "Xerxes");
	ck_assert(simmail_user_edit(world.sim, box, item, "importance=high"));
	if (_i)
		hide_amid(eva, item);
	else
		simmail_user_private(world.sim, box, item, true);
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, eva, &id), -1);
	assert_has(world_json(&world, &id), "private");
	assert_not(world_json(&world, &id), "Xerxes");
	ck_assert_str_eq(there(eva, item, "subject"), "Zanzibar");
	if (_i == 0)
		ck_assert_uint_eq(world.sim->boxes[box].private_reads, 0);
	assert_quiet();
}
END_TEST

/* Another mailbox has the record too: its item is as it was. */
START_TEST(what_became_private_stays_with_others)
{
	int item = simmail_user_create(world.sim, world.users[eva].box, BRG_TASK,
				       "subject=Plan\nbody=Details");
	struct brg_id id;
	int other;

	world_filter(&world, bo, BRG_TASK, "subject begins \"P\"");
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	other = world_item(&world, bo, &id);
	ck_assert_int_ge(other, 0);
	simmail_user_private(world.sim, world.users[eva].box, item, true);
	world_rounds(&world, 3);
	ck_assert_str_eq(there(bo, other, "subject"), "Plan");
	ck_assert_str_eq(there(bo, other, "body"), "Details");
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	assert_not(world_json(&world, &id), "Details");
	assert_quiet();
}
END_TEST

/* And before anybody has visited it: what the record is made of next is not for that item. */
START_TEST(what_became_private_parts_from_all_at_once)
{
	int item =
		simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=Plan\nbody=Details");
	int ann = world_add_user(&world, "ann@example.com", "{}"), other, third;
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "subject begins \"P\"");
	world_filter(&world, ann, BRG_TASK, "subject begins \"P\"");
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	other = world_item(&world, bo, &id);
	third = world_item(&world, ann, &id);
	ck_assert_int_ge(other, 0);
	ck_assert_int_ge(third, 0);
	simmail_user_private(world.sim, box_of(eva), item, true);
	assert_ok(world_visit(&world, eva));
	ck_assert_int_eq(world_item(&world, ann, &id), -1);
	ck_assert_int_eq(world_item(&world, eva, &id), -1);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert(
		world_edit(&world, &id,
			   "{\"subject\":\"Put right\",\"body\":\"Other\",\"sensitivity\":null}"));
	world_rounds(&world, 3);
	ck_assert_str_eq(there(bo, other, "subject"), "Plan");
	ck_assert_str_eq(there(bo, other, "body"), "Details");
	ck_assert_str_eq(there(ann, third, "subject"), "Plan");
	ck_assert_str_eq(there(eva, item, "subject"), "Plan");
	assert_has(world_json(&world, &id), "Put right");
	assert_quiet();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, an_emptied_mailbox_waits, 0, 2);
	tcase_add_test(t, an_approved_plan_is_carried_out);
	tcase_add_test(t, many_deleted_records_wait);
	tcase_add_test(t, a_folder_that_went_waits);
	tcase_add_test(t, a_restored_mailbox_waits);
	tcase_add_test(t, another_filter_waits);
	tcase_add_test(t, a_filter_that_changes_nothing_is_no_plan);
	tcase_add_test(t, a_large_first_contact_waits);
	tcase_add_test(t, a_large_first_contact_of_the_same_is_no_plan);
	tcase_add_test(t, a_restored_store_waits);
	tcase_add_test(t, untracked_and_private_things_leave_no_trace);
	tcase_add_loop_test(t, a_private_item_is_never_taken, 0, 3);
	tcase_add_loop_test(t, a_private_item_is_not_adopted, 0, 2);
	tcase_add_loop_test(t, an_item_that_becomes_private_leaves_no_trace, 0, 2);
	tcase_add_test(t, what_became_private_stays_with_others);
	tcase_add_test(t, what_became_private_parts_from_all_at_once);
	return run_scenarios("plans", t);
}
