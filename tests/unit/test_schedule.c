/* SPDX-License-Identifier: Apache-2.0 */
#include "core/schedule.h"

#include <check.h>
#include <stdlib.h>

#define MIN   60000
#define START INT64_C(1795000000000000)

static const struct schedule_rules rules = SCHEDULE_RULES_DEFAULT;

static struct brg_visit_row next(int outcome, int64_t items, int64_t interval_ms, int64_t took_ms)
{
	struct schedule_in in = { .was = { .state = BRG_ENABLED, .interval_ms = interval_ms },
				  .outcome = outcome,
				  .started_us = START,
				  .now_us = START + took_ms * 1000,
				  .items = items };
	struct brg_visit_row out = { .lane = BRG_INCOMING };

	schedule_next(&rules, &in, &out);
	return out;
}

static const struct {
	const char *what;
	int outcome;
	int64_t items, before_ms, after_ms;
} intervals[] = {
	{ "starts at 5 minutes and grows by a quarter", BRG_DONE_EMPTY, 0, 0, 375000 },
	{ "grows by a quarter", BRG_DONE_EMPTY, 0, 8 * MIN, 10 * MIN },
	{ "never above 12 minutes", BRG_DONE_EMPTY, 0, 12 * MIN, 12 * MIN },
	{ "the first find returns to 5 minutes", BRG_DONE_SOME, 1, 12 * MIN, 5 * MIN },
	{ "much mail halves", BRG_DONE_SOME, 20, 5 * MIN, 150000 },
	{ "never below 2 minutes", BRG_DONE_SOME, 500, 2 * MIN, 2 * MIN },
	{ "a backlog halves", BRG_DONE_BACKLOG, 1, 5 * MIN, 150000 },
	{ "a little mail creeps back towards 5", BRG_DONE_SOME, 1, 2 * MIN, 165000 },
};

START_TEST(interval)
{
	struct brg_visit_row out =
		next(intervals[_i].outcome, intervals[_i].items, intervals[_i].before_ms, 1000);

	ck_assert_msg(out.interval_ms == intervals[_i].after_ms, "%s: %lld", intervals[_i].what,
		      (long long)out.interval_ms);
}
END_TEST

START_TEST(due_counts_from_the_start)
{
	struct brg_visit_row out = next(BRG_DONE_SOME, 1, 5 * MIN, 30000);

	ck_assert_int_eq(out.due_us, START + INT64_C(5) * MIN * 1000);
}
END_TEST

START_TEST(a_visit_longer_than_its_interval_is_due_at_once)
{
	struct brg_visit_row out = next(BRG_DONE_SOME, 1, 5 * MIN, 20 * MIN);

	ck_assert_int_eq(out.due_us, START + INT64_C(20) * MIN * 1000);
}
END_TEST

START_TEST(a_backlog_is_due_at_once)
{
	ck_assert_int_eq(next(BRG_DONE_BACKLOG, 9, 5 * MIN, 30000).due_us, START + 30000000);
}
END_TEST

START_TEST(jitter_only_shortens_and_never_beyond_slowest)
{
	for (uint32_t dice = 0; dice < 5000; dice += 7) {
		struct schedule_in in = { .was = { .interval_ms = 12 * MIN },
					  .outcome = BRG_DONE_EMPTY,
					  .started_us = START,
					  .now_us = START + 1000,
					  .jitter = dice };
		struct brg_visit_row out = { 0 };

		schedule_next(&rules, &in, &out);
		ck_assert_int_le(out.due_us, START + INT64_C(12) * MIN * 1000);
		ck_assert_int_ge(out.due_us, START + INT64_C(12) * MIN * 900);
	}
}
END_TEST

/* Walk a row through a list of failures. */
static struct brg_visit_row after(struct brg_visit_row was, int outcome, int cls)
{
	struct schedule_in in = {
		.was = was, .outcome = outcome, .cls = cls, .started_us = START, .now_us = START
	};
	struct brg_visit_row out = was;

	schedule_next(&rules, &in, &out);
	return out;
}

START_TEST(ten_retries_then_disabled)
{
	struct brg_visit_row v = { .state = BRG_ENABLED };

	for (int i = 0; i < 10; i++) {
		v = after(v, BRG_FAILED_TRANSIENT, BRG_EIO);
		ck_assert_int_eq(v.state, BRG_ENABLED);
		ck_assert_int_eq(v.due_us, START + INT64_C(5) * MIN * 1000);
	}
	v = after(v, BRG_FAILED_TRANSIENT, BRG_EIO);
	ck_assert_int_eq(v.state, BRG_DISABLED);
	ck_assert_int_eq(v.due_us, START + INT64_C(15) * MIN * 1000);
}
END_TEST

START_TEST(server_errors_disable_nobody)
{
	struct brg_visit_row v = { .state = BRG_ENABLED };

	for (int i = 0; i < 200; i++) {
		v = after(v, BRG_FAILED_SERVER, BRG_EIO);
		ck_assert_int_eq(v.state, BRG_ENABLED);
		ck_assert_int_le(v.due_us, START + INT64_C(12) * MIN * 1000);
	}
	v = after(v, BRG_FAILED_TRANSIENT, BRG_EIO);
	ck_assert_int_eq(v.state, BRG_ENABLED);
	ck_assert_int_eq(v.failures, 1);
}
END_TEST

START_TEST(a_refused_password_is_tried_every_few_hours_at_most)
{
	struct brg_visit_row v = { .state = BRG_ENABLED };
	int64_t last = 0;

	for (int i = 0; i < 20; i++) {
		v = after(v, BRG_FAILED_PERMANENT, BRG_EAUTH);
		ck_assert_int_eq(v.state, BRG_DISABLED);
		ck_assert_int_ge(v.due_us - START, INT64_C(4) * 60 * MIN * 1000);
		ck_assert_int_le(v.due_us - START, INT64_C(24) * 60 * MIN * 1000);
		ck_assert_int_ge(v.due_us - START, last);
		last = v.due_us - START;
	}
}
END_TEST

START_TEST(throttling_is_obeyed_to_the_second_and_is_no_failure)
{
	struct schedule_in in = { .was = { .failures = 3 },
				  .outcome = BRG_FAILED_THROTTLED,
				  .cls = BRG_ELIMIT,
				  .started_us = START,
				  .now_us = START,
				  .retry_after_ms = 77000 };
	struct brg_visit_row out = { 0 };

	schedule_next(&rules, &in, &out);
	ck_assert_int_eq(out.due_us, START + 77000000);
	ck_assert_int_eq(out.failures, 3);
	ck_assert_int_eq(out.state, BRG_ENABLED);
}
END_TEST

START_TEST(a_clock_set_back_delays_nothing)
{
	struct schedule_in in = { .was = { .interval_ms = 5 * MIN },
				  .outcome = BRG_DONE_SOME,
				  .started_us = START,
				  .items = 1,
				  .now_us = START - INT64_C(86400) * 1000000 };
	struct brg_visit_row out = { 0 };

	schedule_next(&rules, &in, &out);
	ck_assert_int_le(out.due_us, in.now_us + INT64_C(12) * MIN * 1000);
}
END_TEST

START_TEST(the_horizon_holds_every_honest_due_time)
{
	static const int outcomes[] = { BRG_DONE_EMPTY, BRG_DONE_SOME, BRG_FAILED_TRANSIENT,
					BRG_FAILED_SERVER, BRG_FAILED_PERMANENT };
	struct brg_visit_row v = { .state = BRG_ENABLED };

	for (int i = 0; i < 500; i++) {
		v = after(v, outcomes[(i * 7) % 5], BRG_EAUTH);
		ck_assert_int_le(v.due_us, START + schedule_horizon_us(&rules, &v));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("schedule");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, interval, 0, sizeof(intervals) / sizeof(intervals[0]));
	tcase_add_test(t, due_counts_from_the_start);
	tcase_add_test(t, a_visit_longer_than_its_interval_is_due_at_once);
	tcase_add_test(t, a_backlog_is_due_at_once);
	tcase_add_test(t, jitter_only_shortens_and_never_beyond_slowest);
	tcase_add_test(t, ten_retries_then_disabled);
	tcase_add_test(t, server_errors_disable_nobody);
	tcase_add_test(t, a_refused_password_is_tried_every_few_hours_at_most);
	tcase_add_test(t, throttling_is_obeyed_to_the_second_and_is_no_failure);
	tcase_add_test(t, a_clock_set_back_delays_nothing);
	tcase_add_test(t, the_horizon_holds_every_honest_due_time);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
