/* SPDX-License-Identifier: Apache-2.0
 *
 * What costs nothing: echoes, what is told twice, what waits for its time; and that what can go
 * together does.
 */
#include "tests/simulation/sync_test.h"

static uint32_t called(int call)
{
	return world.sim->boxes[box_of(bo)].calls[call];
}

/* ---- ops of links are counted ---------------------------------------------------------------*/

static struct brg_storage counting;
static const struct brg_storage *real;
static size_t link_ops, pull_ops;

static int counted_commit(void *self, const struct brg_step *step, size_t *failed,
			  struct brg_err *err)
{
	for (size_t i = 0; i < step->n; i++) {
		int type = step->ops[i].type;

		link_ops += type == BRG_OP_LINK;
		pull_ops += type == BRG_OP_CURSOR || type == BRG_OP_STATE || type == BRG_OP_MISSING;
	}
	return real->commit(self, step, failed, err);
}

/* One visit of bo's: how many links it writes. */
static size_t links_written(void)
{
	real = world.engine.store.ops;
	counting = *real;
	counting.commit = counted_commit;
	link_ops = pull_ops = 0;
	world.engine.store.ops = &counting;
	assert_ok(world_visit(&world, bo));
	world.engine.store.ops = real;
	return link_ops;
}

#define SOME 5

static struct brg_id made[SOME];

static void some_tasks(void)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < SOME; i++)
		made[i] = world_new(&world, bo, BRG_TASK,
				    arena_printf(world.scratch, "{\"subject\":\"t%d\"}", i));
}

/* ---- together -------------------------------------------------------------------------------*/

/* An answer that tells what was made saves reading it. */
START_TEST(what_was_answered_is_not_read)
{
	world.sim->boxes[box_of(bo)].habits.flags |= SIMMAIL_ANSWERS;
	some_tasks();
	assert_ok(world_visit(&world, bo));
	ck_assert_int_eq(items(bo, BRG_TASK), SOME);
	ck_assert_uint_eq(called(SIMMAIL_GET), 0);
	/* What it said of each is known: nothing that was pushed waits for being read. */
	for (int i = 0; i < SOME; i++) {
		struct brg_query q = { .what = BRG_READ_SHADOWS, .other = made[i] };
		size_t n;
		struct brg_row *rows = world_rows(&world, &q, &n);

		ck_assert_uint_eq(n, 1);
		ck_assert_uint_eq(rows[0].u.shadow.pushed.len, 0);
	}
}
END_TEST

START_TEST(what_is_alike_goes_together)
{
	some_tasks();
	assert_ok(world_visit(&world, bo));
	ck_assert_int_eq(items(bo, BRG_TASK), SOME);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 1);
	ck_assert_uint_eq(called(SIMMAIL_GET), 1);
	world_rounds(&world, 1);
	for (int i = 0; i < SOME; i++)
		ck_assert(world_edit(&world, &made[i], "{\"body\":\"text\"}"));
	/* And nothing is left for another visit. */
	ck_assert_int_eq(world_visit(&world, bo), BRG_DONE_SOME);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 2);
	ck_assert_uint_eq(called(SIMMAIL_GET), 2);
	world_rounds(&world, 1);
	for (int i = 0; i < SOME; i++)
		ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &made[i]),
					    "importance=high"));
	/* What was taken is seen: no link is looked at again for it. */
	ck_assert_uint_eq(links_written(), SOME);
	ck_assert_uint_eq(called(SIMMAIL_GET), 3);
	for (int i = 0; i < SOME; i++)
		assert_has(world_json(&world, &made[i]), "\"high\"");
	world_rounds(&world, 1);
	for (int i = 0; i < SOME; i++)
		world_delete(&world, &made[i]);
	assert_ok(world_visit(&world, bo));
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 3);
	ck_assert_uint_eq(called(SIMMAIL_GET), 4);
	ck_assert_uint_eq(called(SIMMAIL_FIND), 0);
}
END_TEST

/* A batch has a bound, so that an answer that is lost leaves little in doubt. */
START_TEST(many_go_in_batches)
{
	enum { MANY = 60 };
	static struct brg_id ids[MANY];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < MANY; i++)
		ids[i] = world_new(&world, bo, BRG_TASK,
				   arena_printf(world.scratch, "{\"subject\":\"m%d\"}", i));
	assert_ok(world_visit(&world, bo));
	ck_assert_int_eq(items(bo, BRG_TASK), MANY);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 2);
	for (int i = 0; i < MANY; i++)
		ck_assert(world_edit(&world, &ids[i], "{\"body\":\"text\"}"));
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 4);
}
END_TEST

/* What a person made bears no mark, and the server is not asked where it went. */
START_TEST(what_bears_no_mark_is_not_looked_for)
{
	int item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=one");
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 0);
	ck_assert_uint_eq(called(SIMMAIL_FIND), 0);
}
END_TEST

/* ---- again ----------------------------------------------------------------------------------*/

/* The feed tells of what we wrote ourselves: nothing is read for it, no link is written. */
START_TEST(an_echo_costs_nothing)
{
	some_tasks();
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(links_written(), 0);
	ck_assert_uint_eq(called(SIMMAIL_GET), 1);
	for (int i = 0; i < SOME; i++)
		ck_assert(world_edit(&world, &made[i], "{\"body\":\"text\"}"));
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(links_written(), 0);
	ck_assert_uint_eq(called(SIMMAIL_GET), 2);
	/* A server tells once more what it has told. */
	trouble(bo, SIMMAIL_PULL, SIMMAIL_REPLAY, 3);
	ck_assert_uint_eq(links_written(), 0);
	ck_assert_uint_eq(called(SIMMAIL_GET), 2);
}
END_TEST

START_TEST(no_news_are_not_written)
{
	some_tasks();
	world_rounds(&world, 3);
	ck_assert_uint_eq(links_written(), 0);
	ck_assert_uint_eq(pull_ops, 0);
}
END_TEST

/* All of it, after a lost cursor: each link is written once, for the number of the pass. */
START_TEST(a_whole_listing_reads_nothing)
{
	some_tasks();
	assert_ok(world_visit(&world, bo));
	world_rounds(&world, 1);
	simmail_expire(world.sim, box_of(bo), SIMMAIL_TASKS);
	ck_assert_uint_eq(links_written(), SOME);
	ck_assert_uint_eq(called(SIMMAIL_GET), 1);
	ck_assert_uint_eq(links_written(), 0);
}
END_TEST

static void delete_it(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	simmail_user_delete(sim, box, *(int *)arg, true);
}

/* Where the server looks at no version the item is read first; what is not there then is not
 * written to. */
START_TEST(what_is_not_there_is_not_written_to)
{
	struct brg_query missing = { .what = BRG_READ_LINKS_MISSING,
				     .mailbox = world.users[bo].mailbox };
	int item;
	size_t n;

	world.connector.caps &= ~(uint32_t)BRG_CAP_PRECONDITION;
	some_tasks();
	world_rounds(&world, 3);
	item = world_item(&world, bo, &made[0]);
	ck_assert(world_edit(&world, &made[0], "{\"body\":\"text\"}"));
	simmail_on_meanwhile(delete_it, &item);
	trouble(bo, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	(void)world_visit(&world, bo);
	simmail_on_meanwhile(NULL, NULL);
	ck_assert_uint_eq(called(SIMMAIL_PUSH), 1);
	ck_assert_int_eq(items(bo, BRG_TASK), SOME - 1);
	/* It is missing from now on, whether the server tells of it or not. */
	(void)world_rows(&world, &missing, &n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

/* Email has lanes of its own. */
START_TEST(filters_of_email_are_no_news)
{
	some_tasks();
	world_rounds(&world, 3);
	world_filter(&world, bo, BRG_EMAIL, "subject begins \"x\"");
	ck_assert_uint_eq(links_written(), 0);
	ck_assert_uint_eq(pull_ops, 0);
}
END_TEST

static void touch_it(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	simmail_touch(sim, box, *(int *)arg);
}

/* While a conflict waits the item is read before it is written, and what was read is what the write
 * goes by: the server refuses none. */
START_TEST(what_was_read_is_what_is_written_to)
{
	int item;

	world_policy(&world, BRG_TASK, POLICY_ASK);
	some_tasks();
	world_rounds(&world, 2);
	item = world_item(&world, bo, &made[0]);
	ck_assert(world_edit(&world, &made[0], "{\"subject\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "subject=theirs"));
	world_rounds(&world, 2);
	ck_assert(world_edit(&world, &made[0], "{\"body\":\"text\"}"));
	simmail_on_meanwhile(touch_it, &item);
	trouble(bo, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	world_rounds(&world, 2);
	simmail_on_meanwhile(NULL, NULL);
	ck_assert_str_eq(there(bo, item, "body"), "text");
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].conflicts, 0);
}
END_TEST

/* ---- what waits -----------------------------------------------------------------------------*/

/* An item that nobody can read is tried after 5, 10, 20, 40 minutes and so on, not each time. */
START_TEST(what_failed_waits_for_its_time)
{
	int item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=sick");
	uint32_t before;
	int tried = 0;

	simmail_user_track(world.sim, box_of(bo), item, true);
	simmail_poison(world.sim, box_of(bo), item, 255);
	/* A quarter of an hour each. */
	for (int i = 0; i < 24; i++) {
		before = called(SIMMAIL_GET);
		(void)world_visit(&world, bo);
		ck_assert_uint_le(called(SIMMAIL_GET), before + 1);
		tried += called(SIMMAIL_GET) > before;
	}
	ck_assert_int_ge(tried, 4);
	ck_assert_int_le(tried, 7);
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

/* ---- what waits for a person ----------------------------------------------------------------*/

static void approve(void)
{
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_WAITS);
	answer_plan(BRG_PLAN_APPROVED);
}

/* Visits while a plan waits read nothing of what it is about, and are no sooner for it. */
static void assert_rests(void)
{
	uint32_t before;

	world_rounds(&world, 3);
	before = calls();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(world_visit(&world, bo), BRG_DONE_EMPTY);
	ck_assert_uint_eq(calls(), before);
	ck_assert_uint_eq(plans(), 1);
}

/* Changes go on, and what is told meanwhile is heard. */
static void assert_changes_go_on(int i)
{
	ck_assert(world_edit(&world, &made[i], "{\"body\":\"from here\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &made[i]),
				    "importance=high"));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[i]), "body"), "from here");
	assert_has(world_json(&world, &made[i]), "\"high\"");
}

START_TEST(deletions_there_wait_in_peace)
{
	world.rules.plan_deletes_min = 3;
	some_tasks();
	world_rounds(&world, 3);
	for (int i = 0; i < 4; i++)
		simmail_user_delete(world.sim, box_of(bo), world_item(&world, bo, &made[i]), true);
	assert_rests();
	assert_changes_go_on(4);
	assert_rests();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME);
	approve();
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
}
END_TEST

START_TEST(deletions_here_wait_in_peace)
{
	world.rules.plan_deletes_min = 3;
	some_tasks();
	world_rounds(&world, 3);
	for (int i = 0; i < 4; i++)
		world_delete(&world, &made[i]);
	assert_rests();
	assert_changes_go_on(4);
	assert_rests();
	ck_assert_int_eq(items(bo, BRG_TASK), SOME);
	approve();
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

START_TEST(a_first_contact_waits_in_peace)
{
	world.rules.plan_creates = 3;
	for (int i = 0; i < 2 * SOME; i++) {
		int item = simmail_user_create(world.sim, box_of(bo), BRG_TASK,
					       arena_printf(world.scratch, "subject=t%d", i));

		simmail_user_track(world.sim, box_of(bo), item, true);
	}
	assert_rests();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 0);
	approve();
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2 * SOME);
}
END_TEST

/* Other rules: all rests, and nothing that happens meanwhile is lost. */
START_TEST(other_rules_wait_in_peace)
{
	some_tasks();
	world_rounds(&world, 3);
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	(void)world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ann\",\"surname\":\"Lind\"}");
	assert_rests();
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &made[0]),
				    "importance=high"));
	ck_assert(world_edit(&world, &made[1], "{\"body\":\"text\"}"));
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 0);
	approve();
	calm();
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	assert_has(world_json(&world, &made[0]), "\"high\"");
	ck_assert_str_eq(there(bo, world_item(&world, bo, &made[1]), "body"), "text");
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, what_was_answered_is_not_read);
	tcase_add_test(t, what_is_alike_goes_together);
	tcase_add_test(t, many_go_in_batches);
	tcase_add_test(t, what_bears_no_mark_is_not_looked_for);
	tcase_add_test(t, an_echo_costs_nothing);
	tcase_add_test(t, no_news_are_not_written);
	tcase_add_test(t, a_whole_listing_reads_nothing);
	tcase_add_test(t, what_was_read_is_what_is_written_to);
	tcase_add_test(t, what_is_not_there_is_not_written_to);
	tcase_add_test(t, filters_of_email_are_no_news);
	tcase_add_test(t, what_failed_waits_for_its_time);
	tcase_add_test(t, deletions_there_wait_in_peace);
	tcase_add_test(t, deletions_here_wait_in_peace);
	tcase_add_test(t, a_first_contact_waits_in_peace);
	tcase_add_test(t, other_rules_wait_in_peace);
	return run_scenarios("sync_thrift", t);
}
