/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes that a server refuses, for a while or for good, and connectors that break the contract or
 * can do less than others.
 */
#include "tests/simulation/sync_test.h"

/* ---- a connector that we bend ---------------------------------------------------------------*/

static struct brg_connector real;
static const struct brg_fault *refusal; /* of every write; NULL: none */
static bool first_only;			/* the others are done */
static int left_out = -1, answered_twice = -1, far_off = -1;

/* Of the connector's own: another would not be believed. */
static const struct brg_fault *fault(const char *code)
{
	for (const struct brg_fault *const *f = simmail_plugin.faults; *f; f++)
		if (strcmp((*f)->code, code) == 0)
			return *f;
	abort();
}

static int bent_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		     struct brg_err *err)
{
	static struct brg_err refused;

	if (!refusal)
		return real.push(self, ops, n, arena, err);
	refused = (struct brg_err)BRG_ERR_INIT;
	(void)brg_fail(&refused, refusal, "%s", "");
	for (size_t i = 0; i < n; i++)
		ops[i].err = &refused;
	if (first_only && n > 1) {
		world.sim->boxes[box_of(bo)].calls[SIMMAIL_PUSH]--;
		if (real.push(self, ops + 1, n - 1, arena, err) < 0)
			return err->code;
		for (size_t i = 1; i < n; i++)
			ops[i].err = NULL;
	}
	world.sim->boxes[box_of(bo)].calls[SIMMAIL_PUSH]++;
	return 0;
}

struct bent_sink {
	struct brg_sink sink; /* first */
	struct brg_sink *to;
};

static int bent_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct bent_sink *b = sink->ctx;
	struct brg_item bent = *item;
	int rc;

	if ((int)item->request == left_out)
		return 0;
	if ((int)item->request == far_off)
		bent.request = 3;
	rc = b->to->item(b->to, &bent, err);
	if (rc == 0 && (int)item->request == answered_twice)
		rc = b->to->item(b->to, &bent, err);
	return rc;
}

static int bent_get(void *self, const struct brg_get *get, struct brg_sink *sink,
		    struct brg_err *err)
{
	struct bent_sink bent = { *sink, sink };

	bent.sink.ctx = &bent;
	bent.sink.item = bent_item;
	return real.get(self, get, &bent.sink, err);
}

static void bend(void)
{
	real = world.connector;
	world.connector.push = bent_push;
	world.connector.get = bent_get;
}

static struct brg_id task(const char *subject)
{
	return world_new(&world, bo, BRG_TASK,
			 arena_printf(world.scratch, "{\"subject\":\"%s\"}", subject));
}

static uint32_t pushes(void)
{
	return world.sim->boxes[box_of(bo)].calls[SIMMAIL_PUSH];
}

/* ---- refused --------------------------------------------------------------------------------*/

/* For good: it is not tried again until somebody edits it, or says so. */
START_TEST(a_change_that_is_refused_waits)
{
	struct brg_id id = task("one");
	uint32_t before;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	bend();
	refusal = fault(_i ? "BRG-SIMMAIL-0010" : "BRG-SIMMAIL-0011");
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	before = pushes();
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(pushes(), before + 1);
	ck_assert_uint_eq(parked(), 1);
	ck_assert_uint_eq(alerts(), 1);
	ck_assert_str_eq(there(bo, item, "body"), "nothing");
	/* For want of room: it is tried when its time has come. */
	for (int i = 0; i < 3; i++)
		(void)world_visit(&world, bo);
	if (_i)
		ck_assert_uint_gt(pushes(), before + 1);
	else
		ck_assert_uint_eq(pushes(), before + 1);
	refusal = NULL;
	if (!_i) /* the item is another: what was refused may fit now */
		ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	calm();
	ck_assert_str_eq(there(bo, item, "body"), "text");
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(alerts(), 0);
}
END_TEST

START_TEST(a_record_that_is_refused_waits)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	bend();
	refusal = fault(_i ? "BRG-SIMMAIL-0010" : "BRG-SIMMAIL-0011");
	id = task("one");
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(parked(), 1);
	ck_assert_uint_eq(alerts(), 1);
	refusal = NULL;
	if (!_i)
		ck_assert(world_edit(&world, &id, "{\"subject\":\"shorter\"}"));
	calm();
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(alerts(), 0);
}
END_TEST

/* One of several: what became of the others is known at once. */
START_TEST(the_others_are_read_back)
{
	struct brg_id ids[3];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	bend();
	refusal = fault("BRG-SIMMAIL-0011");
	first_only = true;
	for (int i = 0; i < 3; i++)
		ids[i] = task("one");
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(parked(), 1);
	ck_assert_int_eq(items(bo, BRG_TASK), 2);
	for (int i = 0; i < 3; i++) {
		struct brg_query q = { .what = BRG_READ_SHADOWS, .other = ids[i] };
		size_t n;
		struct brg_row *rows = world_rows(&world, &q, &n);

		if (n)
			ck_assert_uint_eq(rows[0].u.shadow.pushed.len, 0);
	}
	first_only = false;
	refusal = NULL;
}
END_TEST

/* Deleted, or out of the filter, before its time came: nothing is made. */
START_TEST(a_record_that_was_refused_is_not_wanted_any_more)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me and status != completed");
	world_rounds(&world, 2);
	bend();
	refusal = fault("BRG-SIMMAIL-0010");
	id = task("one");
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(parked(), 1);
	refusal = NULL;
	if (_i)
		ck_assert(world_edit(&world, &id, "{\"status\":\"completed\"}"));
	else
		world_delete(&world, &id);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert_uint_eq(parked(), 0);
}
END_TEST

/* Records and items whose time has come in one visit: each is tried. */
START_TEST(all_that_waits_is_tried)
{
	struct brg_id ids[3];
	int sick[2];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	bend();
	refusal = fault("BRG-SIMMAIL-0010");
	for (int i = 0; i < 3; i++)
		ids[i] = task("one");
	for (int i = 0; i < 2; i++) {
		sick[i] = simmail_user_create(world.sim, box_of(bo), BRG_TASK,
					      i ? "subject=a" : "subject=b");
		simmail_user_track(world.sim, box_of(bo), sick[i], true);
		simmail_poison(world.sim, box_of(bo), sick[i], 255);
	}
	/* The items come first. */
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(parked(), 5);
	refusal = NULL;
	for (int i = 0; i < 2; i++)
		simmail_poison(world.sim, box_of(bo), sick[i], 0);
	world.now_us += INT64_C(7200000000);
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(alerts(), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(world_item(&world, bo, &ids[i]), 0);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 5);
	calm();
}
END_TEST

/* It was sick, and its owner has deleted it, or edited it and it is well: nothing waits any more.
 */
START_TEST(what_waits_for_nothing_is_forgotten)
{
	int sick[2];

	for (int i = 0; i < 2; i++) {
		sick[i] = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=a");
		simmail_poison(world.sim, box_of(eva), sick[i], 255);
	}
	(void)world_visit(&world, eva);
	(void)world_visit(&world, eva);
	ck_assert_uint_eq(parked(), 2);
	for (int i = 0; i < 2; i++) {
		simmail_poison(world.sim, box_of(eva), sick[i], 0);
		if (_i)
			simmail_user_delete(world.sim, box_of(eva), sick[i], true);
		else
			ck_assert(
				simmail_user_edit(world.sim, box_of(eva), sick[i], "subject=well"));
	}
	calm();
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(alerts(), 0);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), _i ? 0 : 2);
}
END_TEST

/* ---- contracts that are broken --------------------------------------------------------------*/

/* The answer for an item is missing, comes twice, or is for one that was not asked for: nothing is
 * concluded from it, and the connector's author reads what is wrong. */
START_TEST(an_answer_is_missing)
{
	world_rounds(&world, 2);
	for (int i = 0; i < 3; i++)
		(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK,
					  arena_printf(world.scratch, "subject=t%d", i));
	bend();
	left_out = _i == 0 ? 2 : -1;
	answered_twice = _i == 1 ? 0 : -1;
	far_off = _i == 2 ? 1 : -1;
	ck_assert_int_ge(world_visit(&world, eva), BRG_FAILED_TRANSIENT);
	ck_assert_int_ne(world.err.code, 0);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	left_out = answered_twice = far_off = -1;
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 3);
}
END_TEST

/* ---- connectors that can do less ------------------------------------------------------------*/

/* Without marks nothing can be looked for: the write may be done twice, and nothing worse. */
START_TEST(a_connector_without_marks)
{
	struct brg_id id;
	int item;

	world.connector.caps &= ~(uint32_t)BRG_CAP_STAMP;
	world.connector.find = NULL;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = task("one");
	world_rounds(&world, 2);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert(!simmail_at(world.sim, box_of(bo), item)->stamped);
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	(void)task("two");
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	calm();
	ck_assert_str_eq(there(bo, item, "body"), "text");
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2);
	ck_assert_int_le(items(bo, BRG_TASK), 3);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	calm();
	ck_assert_str_eq(world_json(&world, &id), "gone");
}
END_TEST

/* An item that nobody understands waits, with the reason; its neighbour goes on, and it comes in
 * when its owner has mended it. */
START_TEST(an_item_that_makes_no_sense_waits)
{
	struct brg_query q = { .what = BRG_READ_PARKED };
	struct brg_row *rows;
	int item;
	size_t n;

	item = simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				   "subject=Lift off\nstart=2026-12-01T09:00:00 Mars/Phobos\n"
				   "end=2026-12-01T10:00:00 Mars/Phobos");
	(void)simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				  "subject=Lunch\nstart=2026-12-01T11:00:00 UTC\n"
				  "end=2026-12-01T12:00:00 UTC");
	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 1);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert(brg_str_eq(rows[0].u.parked.code, brg_cstr("BRG-SYNC-0064")));
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item,
				    "start=2026-12-01T09:00:00 UTC\n"
				    "end=2026-12-01T10:00:00 UTC"));
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 2);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_change_that_is_refused_waits, 0, 2);
	tcase_add_loop_test(t, a_record_that_is_refused_waits, 0, 2);
	tcase_add_test(t, the_others_are_read_back);
	tcase_add_loop_test(t, a_record_that_was_refused_is_not_wanted_any_more, 0, 2);
	tcase_add_test(t, all_that_waits_is_tried);
	tcase_add_loop_test(t, what_waits_for_nothing_is_forgotten, 0, 2);
	tcase_add_loop_test(t, an_answer_is_missing, 0, 3);
	tcase_add_test(t, a_connector_without_marks);
	tcase_add_test(t, an_item_that_makes_no_sense_waits);
	return run_scenarios("sync_refused", t);
}
