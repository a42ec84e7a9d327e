/* SPDX-License-Identifier: Apache-2.0
 *
 * What is much, what is held back, and what a yes allows.
 */
#include "core/plan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct brg_arena *arena;
static struct plan plan;

static void setup(void)
{
	arena = arena_new();
	plan = (struct plan){ .arena = arena };
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct effect effect(int side, int type, unsigned char record, const char *remote_id)
{
	return (struct effect){ .side = side,
				.type = type,
				.kind = BRG_TASK,
				.record = { { record } },
				.folder = brg_cstr("tasks"),
				.remote_id = brg_cstr(remote_id) };
}

static bool allows(int side, int type, unsigned char record, const char *remote_id)
{
	struct effect e = effect(side, type, record, remote_id);

	return plan_allows(&plan, &e);
}

static void survey(int side, int type, int n)
{
	plan.survey = true;
	for (int i = 0; i < n; i++)
		ck_assert(!allows(side, type, (unsigned char)(i % 250 + 1), "a"));
	plan.survey = false;
}

/* ---- judging --------------------------------------------------------------------------------*/

static const struct {
	int deletes[3], unlinks[3], creates[3]; /* by side */
	int64_t links;
	bool first;
	unsigned held;
	const struct brg_fault *row;
	int64_t ends, n_creates;
} judged[] = {
	/* The bounds: 20 links, 10 percent, 500 at first contact. */
	{ .links = 100 },
	{ .deletes = { 0, 19, 0 }, .links = 19, .ends = 19 },
	{ .deletes = { 0, 20, 0 },
	  .links = 20,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 20 },
	{ .deletes = { 0, 20, 0 }, .links = 200, .ends = 20 },
	{ .deletes = { 0, 20, 0 },
	  .links = 199,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 20 },
	{ .deletes = { 0, 21, 0 },
	  .links = 200,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 21 },
	{ .unlinks = { 0, 0, 20 },
	  .links = 20,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 20 },
	{ .deletes = { 0, 0, 10 },
	  .unlinks = { 0, 0, 10 },
	  .links = 20,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 20 },
	/* The sides are not added: a thing ends on one of them. */
	{ .deletes = { 0, 12, 12 }, .links = 24, .ends = 12 },
	{ .deletes = { 0, 12, 25 },
	  .links = 40,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 25 },
	{ .deletes = { 0, 25, 12 },
	  .links = 40,
	  .held = PLAN_HOLD_ENDS,
	  .row = &plan_ends,
	  .ends = 25 },
	/* What is made counts at first contact only, on both sides together. */
	{ .creates = { 0, 300, 200 }, .first = true, .n_creates = 500 },
	{ .creates = { 0, 300, 201 },
	  .first = true,
	  .held = PLAN_HOLD_CREATES,
	  .row = &plan_creates,
	  .n_creates = 501 },
	{ .creates = { 0, 300, 300 }, .n_creates = 600 },
	/* Both: the ends are told of. */
	{ .deletes = { 0, 50, 0 },
	  .creates = { 0, 501, 0 },
	  .links = 60,
	  .first = true,
	  .held = PLAN_HOLD_ENDS | PLAN_HOLD_CREATES,
	  .row = &plan_ends,
	  .ends = 50,
	  .n_creates = 501 },
};

START_TEST(what_is_much)
{
	struct sync_rules rules = *sync_rules_default();
	struct plan_verdict verdict;

	ck_assert_int_eq(rules.plan_deletes_min, 20);
	ck_assert_int_eq(rules.plan_deletes_percent, 10);
	ck_assert_int_eq(rules.plan_creates, 500);
	for (int side = SIDE_STORE; side <= SIDE_SERVER; side++) {
		survey(side, EFFECT_DELETE, judged[_i].deletes[side]);
		survey(side, EFFECT_UNLINK, judged[_i].unlinks[side]);
		survey(side, EFFECT_CREATE, judged[_i].creates[side]);
		survey(side, EFFECT_CHANGE, 1000); /* never much */
	}
	plan_judge(&plan, &rules, judged[_i].links, judged[_i].first, &verdict);
	ck_assert_uint_eq(verdict.held, judged[_i].held);
	ck_assert_ptr_eq(verdict.row, judged[_i].row);
	ck_assert_int_eq(verdict.ends, judged[_i].ends);
	ck_assert_int_eq(verdict.creates, judged[_i].n_creates);
}
END_TEST

/* ---- holding --------------------------------------------------------------------------------*/

static bool is_free(unsigned held, int type)
{
	if (held & PLAN_HOLD_ALL)
		return false;
	if (type == EFFECT_CREATE)
		return !(held & PLAN_HOLD_CREATES);
	return (type != EFFECT_DELETE && type != EFFECT_UNLINK) || !(held & PLAN_HOLD_ENDS);
}

START_TEST(what_is_held)
{
	for (unsigned held = 0; held < 8; held++)
		for (int type = EFFECT_CREATE; type < EFFECT_TYPES; type++)
			for (int side = SIDE_STORE; side <= SIDE_SERVER; side++) {
				int64_t before = plan.withheld;

				plan.held = held;
				ck_assert_int_eq(allows(side, type, 1, "a"), is_free(held, type));
				ck_assert_int_eq(plan.withheld - before, !is_free(held, type));
			}
	ck_assert_uint_eq(plan.n, 0);
}
END_TEST

/* In a survey nothing is allowed, nothing counts as withheld, and everything is noted. */
START_TEST(a_survey_notes)
{
	struct effect e = effect(SIDE_SERVER, EFFECT_CREATE, 7, "");
	char folder[] = "tasks", remote_id[] = "item 200";

	survey(SIDE_STORE, EFFECT_CHANGE, 199);
	plan.survey = true;
	e.mails_out = 3;
	e.folder = brg_cstr(folder);
	e.remote_id = brg_cstr(remote_id);
	ck_assert(!plan_allows(&plan, &e));
	ck_assert(!plan_allows(&plan, &e));
	memset(folder, 'x', 5);
	memset(remote_id, 'x', 8);
	ck_assert_int_eq(plan.withheld, 0);
	ck_assert_uint_eq(plan.n, 201);
	ck_assert_int_eq(plan.mails_out, 6);
	for (size_t i = 0; i < 199; i++) {
		ck_assert_int_eq(plan.lines[i].type, EFFECT_CHANGE);
		ck_assert_int_eq(plan.lines[i].record.b[0], (int)(i % 250) + 1);
	}
	ck_assert(brg_str_eq(plan.lines[199].folder, brg_cstr("tasks")));
	ck_assert(brg_str_eq(plan.lines[200].remote_id, brg_cstr("item 200")));
	ck_assert_str_eq(arena_printf(arena, "%.*s", (int)plan_counts(&plan, arena).len,
				      plan_counts(&plan, arena).ptr),
			 "{\"store\":{\"change\":199},\"mailbox\":{\"create\":2},\"mails_out\":6}");
}
END_TEST

START_TEST(what_is_adopted_is_known)
{
	struct brg_id one = { { 1, [15] = 1 } }, two = { { 1, [15] = 2 } };
	struct effect e = effect(SIDE_SERVER, EFFECT_ADOPT, 0, "a");

	plan.survey = true;
	e.record = one;
	(void)plan_allows(&plan, &e);
	(void)plan_allows(&plan, &e);
	ck_assert(plan_adopts(&plan, &one));
	ck_assert(!plan_adopts(&plan, &two));
	e.type = EFFECT_CHANGE;
	e.record = two;
	(void)plan_allows(&plan, &e);
	ck_assert(!plan_adopts(&plan, &two));
	ck_assert_uint_eq(plan.adopted.n, 1);
}
END_TEST

/* ---- a yes ----------------------------------------------------------------------------------*/

static struct step step;

static int hand_over(void *self, const struct brg_query *q,
		     int (*row)(void *arg, const struct brg_row *row), void *arg,
		     struct brg_err *err)
{
	(void)self;
	(void)err;
	ck_assert_int_eq(q->what, BRG_READ_PLAN_LINES);
	for (size_t i = 0; i < step.n; i++) {
		struct brg_row one = { .what = q->what };

		if (step.ops[i].type != BRG_OP_PLAN_LINE ||
		    step.ops[i].u.plan_line.seq <= q->number)
			continue;
		one.u.plan_line = step.ops[i].u.plan_line;
		if (row(arg, &one))
			return 0;
	}
	return 0;
}

/* Saved, read back, and approved: what stood in it, and no more. */
START_TEST(a_yes_allows_what_was_shown)
{
	static const struct brg_storage ops = { .size = sizeof(ops), .read = hand_over };
	struct store store = { .ops = &ops };
	struct brg_id mailbox = { { 9 } }, id;
	struct brg_err err = BRG_ERR_INIT;
	struct plan then = { .arena = arena, .held = PLAN_HOLD_ALL };
	struct effect mailing = effect(SIDE_SERVER, EFFECT_DELETE, 5, "m");

	plan.survey = true;
	for (unsigned char i = 1; i < 100; i++)
		(void)allows(SIDE_STORE, EFFECT_DELETE, i, "a");
	(void)allows(SIDE_SERVER, EFFECT_UNLINK, 1, "b");
	mailing.mails_out = 2;
	(void)plan_allows(&plan, &mailing);
	step_init(&step, arena);
	plan_save(&plan, &step, &mailbox, &plan_ends, "ends=99", brg_cstr("basis"), 1234);
	ck_assert_uint_eq(step.n, 102);
	ck_assert_int_eq(step.ops[0].type, BRG_OP_PLAN);
	ck_assert_int_eq(step.ops[0].u.plan.state, BRG_PLAN_WAITS);
	ck_assert_int_eq(step.ops[0].u.plan.made_us, 1234);
	ck_assert(brg_str_eq(step.ops[0].u.plan.basis, brg_cstr("basis")));
	ck_assert(brg_str_eq(step.ops[0].u.plan.code, brg_cstr(plan_ends.code)));
	ck_assert_int_eq(step.ops[1].u.plan_line.seq, 1);
	ck_assert_int_eq(step.ops[101].u.plan_line.seq, 101);
	ck_assert_int_eq(step.ops[101].u.plan_line.mails_out, 2);
	id = step.ops[0].u.plan.id;
	ck_assert_int_eq(plan_load(&then, &store, &id, &err), 0);
	plan = then;
	for (unsigned char i = 1; i < 100; i++)
		ck_assert(allows(SIDE_STORE, EFFECT_DELETE, i, "a"));
	ck_assert(allows(SIDE_SERVER, EFFECT_UNLINK, 1, "b"));
	ck_assert_int_eq(plan.withheld, 0);
	/* Another record, side, effect, item, folder: not what was shown. */
	ck_assert(!allows(SIDE_STORE, EFFECT_DELETE, 100, "a"));
	ck_assert(!allows(SIDE_SERVER, EFFECT_DELETE, 1, "a"));
	ck_assert(!allows(SIDE_STORE, EFFECT_UNLINK, 1, "a"));
	ck_assert(!allows(SIDE_STORE, EFFECT_DELETE, 1, "c"));
	ck_assert_int_eq(plan.withheld, 4);
	/* Mail goes out by a rule only, never by a yes to a plan. */
	ck_assert(!plan_allows(&plan, &mailing));
}
END_TEST

/* The same effects in another order are the same plan; what is not held is no matter. */
START_TEST(a_plan_is_known_again)
{
	uint64_t ends, all;

	plan.survey = true;
	(void)allows(SIDE_STORE, EFFECT_DELETE, 1, "a");
	(void)allows(SIDE_SERVER, EFFECT_UNLINK, 2, "b");
	(void)allows(SIDE_SERVER, EFFECT_CREATE, 3, "c");
	ends = plan_mark(&plan, PLAN_HOLD_ENDS);
	all = plan_mark(&plan, PLAN_HOLD_ALL);
	ck_assert_uint_ne(ends, all);
	plan = (struct plan){ .arena = arena, .survey = true };
	(void)allows(SIDE_SERVER, EFFECT_CHANGE, 9, "z");
	(void)allows(SIDE_SERVER, EFFECT_UNLINK, 2, "b");
	(void)allows(SIDE_STORE, EFFECT_DELETE, 1, "a");
	ck_assert_uint_eq(plan_mark(&plan, PLAN_HOLD_ENDS), ends);
	ck_assert_uint_ne(plan_mark(&plan, PLAN_HOLD_ALL), all);
	(void)allows(SIDE_STORE, EFFECT_DELETE, 4, "a");
	ck_assert_uint_ne(plan_mark(&plan, PLAN_HOLD_ENDS), ends);
}
END_TEST

START_TEST(names)
{
	static const char *const words[] = { "-",      "create", "adopt",    "change",
					     "delete", "unlink", "ambiguous" };

	for (int i = 0; i < EFFECT_TYPES; i++)
		ck_assert_str_eq(effect_name(i), words[i]);
	ck_assert_str_eq(effect_name(-1), "-");
	ck_assert_str_eq(effect_name(EFFECT_TYPES), "-");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_much, 0, (int)(sizeof(judged) / sizeof(judged[0])));
	tcase_add_test(t, what_is_held);
	tcase_add_test(t, a_survey_notes);
	tcase_add_test(t, what_is_adopted_is_known);
	tcase_add_test(t, a_yes_allows_what_was_shown);
	tcase_add_test(t, a_plan_is_known_again);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
