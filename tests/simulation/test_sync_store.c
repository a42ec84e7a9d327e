/* SPDX-License-Identifier: Apache-2.0
 *
 * The store fails once, at every read and every commit of a busy visit in turn: the visit says so,
 * and the next ones lose nothing and make nothing twice.
 */
#include "tests/simulation/sync_test.h"

#define READS	120 /* more than two busy visits have */
#define COMMITS 30

static const struct brg_fault broken = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the store fails, as the test wants",
};

static struct brg_storage ops;
static const struct brg_storage *real;
static int until; /* calls that go well; < 0: all */
static bool struck;

static bool fails(struct brg_err *err)
{
	if (until < 0 || until-- > 0)
		return false;
	struck = true;
	(void)brg_fail(err, &broken, "%s", "");
	return true;
}

static int failing_read(void *self, const struct brg_query *q,
			int (*row)(void *arg, const struct brg_row *row), void *arg,
			struct brg_err *err)
{
	return fails(err) ? err->code : real->read(self, q, row, arg, err);
}

static int failing_commit(void *self, const struct brg_step *step, size_t *failed,
			  struct brg_err *err)
{
	/* A visit waits until its end can be stored. */
	for (size_t i = 0; i < step->n; i++)
		if (step->ops[i].type == BRG_OP_SETTLE)
			return real->commit(self, step, failed, err);
	return fails(err) ? err->code : real->commit(self, step, failed, err);
}

static struct brg_id task, met, torn, gone_here, gone_there, fresh;
static int met_item, torn_item, gone_item, new_item, moved_item, old;

static struct brg_id put(const char *json)
{
	return world_new(&world, bo, BRG_TASK, json);
}

/* Something for every room of the visit. */
static void make_busy(void)
{
	int twin;

	old = simmail_add_folder(world.sim, box_of(bo), "old", BRG_KIND_BIT(BRG_TASK));
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_policy(&world, BRG_TASK, POLICY_ASK);
	task = put("{\"subject\":\"task\"}");
	met = put("{\"subject\":\"met\"}");
	torn = put("{\"subject\":\"torn\"}");
	gone_here = put("{\"subject\":\"gone here\"}");
	gone_there = put("{\"subject\":\"gone there\"}");
	moved_item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=moved");
	simmail_user_track(world.sim, box_of(bo), moved_item, true);
	world_rounds(&world, 4);
	met_item = world_item(&world, bo, &met);
	gone_item = world_item(&world, bo, &gone_there);
	/* A conflict that waits for a person. */
	torn_item = world_item(&world, bo, &torn);
	ck_assert(world_edit(&world, &torn, "{\"subject\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), torn_item, "subject=theirs"));
	world_rounds(&world, 1);
	ck_assert(world_edit(&world, &torn, "{\"body\":\"more\"}"));
	/* An intent that nobody knows the end of. */
	ck_assert(world_edit(&world, &task, "{\"body\":\"text\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert(world_edit(&world, &met, "{\"body\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), met_item, "importance=high"));
	world_delete(&world, &gone_here);
	simmail_user_delete(world.sim, box_of(bo), gone_item, true);
	ck_assert(simmail_user_move(world.sim, box_of(bo), moved_item, old));
	new_item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=new");
	simmail_user_track(world.sim, box_of(bo), new_item, true);
	twin = simmail_user_copy(world.sim, box_of(bo), met_item, old);
	ck_assert_int_ge(twin, 0);
	fresh = put("{\"subject\":\"fresh\"}");
}

static void assert_all_is_well(void)
{
	ck_assert_str_eq(there(bo, world_item(&world, bo, &task), "body"), "text");
	ck_assert_str_eq(there(bo, met_item, "body"), "ours");
	assert_has(world_json(&world, &met), "\"high\"");
	ck_assert_str_eq(there(bo, torn_item, "body"), "more");
	ck_assert_str_eq(there(bo, torn_item, "subject"), "theirs");
	assert_has(world_json(&world, &torn), "\"ours\"");
	ck_assert_str_eq(world_json(&world, &gone_here), "gone");
	ck_assert_str_eq(world_json(&world, &gone_there), "gone");
	ck_assert_int_ge(world_item(&world, bo, &fresh), 0);
	/* task, met, torn, fresh, moved, new; the copy is tracked no more and no less than its
	 * like. */
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 6);
	ck_assert_int_eq(items(bo, BRG_TASK), 7);
}

static void fail_at(int n, bool read)
{
	ops = *real;
	if (read)
		ops.read = failing_read;
	else
		ops.commit = failing_commit;
	until = n;
	struck = false;
	world.engine.store.ops = &ops;
}

/* Two visits, so that what is ripe only in the second is met as well. */
static void visits(int n, bool read)
{
	real = world.engine.store.ops;
	world.verbose = false; /* the reads are the engine's */
	fail_at(n, read);
	for (int i = 0; i < 2 && !struck; i++) {
		int outcome = world_visit(&world, bo);

		ck_assert_msg(struck == (outcome >= BRG_FAILED_TRANSIENT), "at %d: outcome %d, %s",
			      n, outcome, struck ? "failed" : "well");
		if (struck)
			ck_assert_ptr_eq(world.err.fault, &broken);
	}
	/* The table has room for what the engine learns to do. */
	ck_assert_msg(struck || n > 10, "nothing was done at all");
	ck_assert_msg(!struck || n < (read ? READS : COMMITS) - 1, "more points are needed");
	until = -1;
	world.engine.store.ops = real;
	calm();
	assert_all_is_well();
}

START_TEST(a_read_fails)
{
	make_busy();
	visits(_i, true);
}
END_TEST

START_TEST(a_commit_fails)
{
	make_busy();
	visits(_i, false);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_read_fails, 0, READS);
	tcase_add_loop_test(t, a_commit_fails, 0, COMMITS);
	return run_scenarios("sync_store", t);
}
