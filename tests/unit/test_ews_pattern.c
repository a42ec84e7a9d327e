/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules as Exchange's patterns: what is accepted makes the same days, by libical's reckoning; what
 * is not the same is refused.
 */
#include "core/arena.h"
#include "core/recur.h"
#include "plugins/connector/exchange/pattern.h"

#include <check.h>
#include <stdlib.h>

#define S(text) brg_cstr(text)

static const struct {
	const char *rule, *start;
	const char *back; /* NULL: the same text; empty: it is refused */
} rules[] = {
	{ "FREQ=DAILY", "2027-01-04", NULL },
	{ "FREQ=DAILY;INTERVAL=3;COUNT=9", "2027-01-04T09:00:00", NULL },
	{ "FREQ=DAILY;UNTIL=20270110", "2027-01-04", NULL },
	{ "FREQ=DAILY;BYMONTH=1", "2027-01-04", "" },
	{ "FREQ=DAILY;INTERVAL=1000", "2027-01-04", "" },
	{ "FREQ=DAILY;COUNT=1000", "2027-01-04", "" },
	/* The last day: by the time of the start. */
	{ "FREQ=DAILY;UNTIL=20270110T080000", "2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20270109" },
	{ "FREQ=DAILY;UNTIL=20270110T090000", "2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20270110" },
	{ "FREQ=DAILY;UNTIL=20270301T080000", "2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20270228" },
	{ "FREQ=DAILY;UNTIL=20280301T080000", "2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20280229" },
	{ "FREQ=DAILY;UNTIL=20280101T080000", "2027-01-04T09:00:00", "FREQ=DAILY;UNTIL=20271231" },
	{ "FREQ=DAILY;UNTIL=20270110T080000", "2027-01-04", "FREQ=DAILY;UNTIL=20270110" },
	{ "FREQ=WEEKLY", "2027-01-06", "FREQ=WEEKLY;BYDAY=WE" },
	{ "FREQ=WEEKLY", "2027-01-10", "FREQ=WEEKLY;BYDAY=SU" },
	{ "FREQ=WEEKLY;BYDAY=MO,FR", "2027-01-04", NULL },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "2027-01-04", NULL },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2027-01-04", NULL },
	{ "FREQ=WEEKLY;INTERVAL=100;BYDAY=MO", "2027-01-04", "" },
	{ "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO", "2027-02-01", "" },
	{ "FREQ=MONTHLY", "2027-01-28", "FREQ=MONTHLY;BYMONTHDAY=28" },
	/* Months that lack the day are passed over here, and not there. */
	{ "FREQ=MONTHLY", "2027-01-29", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=31", "2027-01-31", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=-2", "2027-01-30", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", "2027-01-29", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2027-01-30", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2027-01-31",
	  "FREQ=MONTHLY;BYMONTHDAY=-1" },
	{ "FREQ=MONTHLY;BYMONTHDAY=27,28;BYSETPOS=-1", "2027-01-28", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=1", "2027-01-28", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=15,20", "2027-01-15", "" },
	{ "FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU", "2027-01-12", NULL },
	{ "FREQ=MONTHLY;BYDAY=-1FR", "2027-01-29", NULL },
	{ "FREQ=MONTHLY;BYDAY=5FR", "2027-01-29", "" },
	{ "FREQ=MONTHLY;BYDAY=-2FR", "2027-01-22", "" },
	{ "FREQ=MONTHLY;BYDAY=FR", "2027-01-01", "" },
	{ "FREQ=MONTHLY;BYDAY=1MO,1TU", "2027-01-04", "" },
	{ "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "2027-08-13", "" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2027-01-29", NULL },
	{ "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "2027-01-02", NULL },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=4", "2027-01-04",
	  "FREQ=MONTHLY;BYMONTHDAY=4" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", "2027-01-04", "" },
	{ "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1,2", "2027-01-02", "" },
	{ "FREQ=MONTHLY;BYMONTH=3;BYMONTHDAY=1", "2027-03-01", "" },
	{ "FREQ=YEARLY", "2027-05-17", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=17" },
	{ "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=31", "2027-05-31", NULL },
	{ "FREQ=YEARLY", "2028-02-29", "" },
	{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2027-02-28", NULL },
	{ "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=-1", "2027-04-30",
	  "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30" },
	{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1", "2027-02-28",
	  "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1" },
	{ "FREQ=YEARLY;INTERVAL=2;BYMONTH=5;BYMONTHDAY=17", "2027-05-17",
	  "FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=17" },
	{ "FREQ=YEARLY;INTERVAL=2;BYMONTH=5;BYMONTHDAY=17", "2027-04-17", "" },
	{ "FREQ=YEARLY;INTERVAL=9;BYMONTH=5;BYMONTHDAY=17", "2027-05-17", "" },
	{ "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "2028-02-29", "" },
	{ "FREQ=YEARLY;BYMONTH=5,6;BYMONTHDAY=1", "2027-05-01", "" },
	{ "FREQ=YEARLY;BYMONTHDAY=1", "2027-05-01", "" },
	{ "FREQ=YEARLY;BYDAY=20MO", "2027-05-17", "" },
	{ "FREQ=YEARLY;BYYEARDAY=60", "2027-03-01", "" },
	{ "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2027-11-25", NULL },
	{ "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "2027-03-28", NULL },
	{ "FREQ=YEARLY;BYMONTH=12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2027-12-31", NULL },
};

START_TEST(texts)
{
	char back[PATTERN_RULE_MAX] = "";
	struct pattern p, again;
	bool taken = pattern_from_rule(S(rules[_i].rule), S(rules[_i].start), &p);

	if (taken)
		pattern_to_rule(&p, back);
	ck_assert_msg(strcmp(back, rules[_i].back ? rules[_i].back : rules[_i].rule) == 0,
		      "%s from %s on: \"%s\"", rules[_i].rule, rules[_i].start, back);
	if (taken) {
		ck_assert(pattern_from_rule(S(back), S(rules[_i].start), &again));
		ck_assert(pattern_eq(&p, &again));
	}
}
END_TEST

/* ---- the same days --------------------------------------------------------------------------*/

struct days {
	char text[4096];
};

static bool tell(void *arg, struct brg_str start)
{
	struct days *d = arg;
	size_t n = strlen(d->text);

	(void)snprintf(d->text + n, sizeof(d->text) - n, " %.*s", (int)start.len, start.ptr);
	return true;
}

static bool same_days(const char *rule, const char *back, const char *start)
{
	struct days a = { "" }, b = { "" };

	(void)recur_expand(S(rule), S(start), S(""), 12, tell, &a);
	(void)recur_expand(S(back), S(start), S(""), 12, tell, &b);
	return strcmp(a.text, b.text) == 0;
}

static const char *any(const char *const *words, size_t n)
{
	return words[(size_t)rand() % n];
}

static bool take_first(void *arg, struct brg_str start)
{
	memcpy(arg, start.ptr, start.len);
	return false;
}

/* Whatever a rule says: it is refused, or the pattern has its very days. */
START_TEST(some)
{
	static const char *const freqs[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	static const char *const middles[] = { "", ";BYMONTH=2", ";BYMONTH=5", ";BYMONTH=1,7" };
	static const char *const days[] = { "",
					    ";BYMONTHDAY=28",
					    ";BYMONTHDAY=29",
					    ";BYMONTHDAY=-1",
					    ";BYMONTHDAY=28,29",
					    ";BYMONTHDAY=28,29,30",
					    ";BYDAY=MO,FR",
					    ";BYDAY=2TU",
					    ";BYDAY=-1SU",
					    ";BYDAY=5WE",
					    ";BYDAY=MO,TU,WE,TH,FR",
					    ";BYDAY=SA,SU" };
	static const char *const ends[] = { "", ";BYSETPOS=-1", ";BYSETPOS=1", ";BYSETPOS=3" };
	size_t taken = 0;

	srand(7);
	for (int i = 0; i < 300; i++) {
		char rule[200], back[PATTERN_RULE_MAX], start[48];
		struct brg_arena *arena = arena_new();
		struct brg_str canonical;
		struct pattern p;

		/* One after the other: compilers draw arguments in different orders. */
		const char *freq = any(freqs, 4), *middle = any(middles, 4);
		const char *day = any(days, 12), *end = any(ends, 4);
		const int every = 1 + rand() % 3, year = 27 + rand() % 3;
		const int month = 1 + rand() % 12, date = 1 + rand() % 28;

		(void)snprintf(rule, sizeof(rule), "FREQ=%s;INTERVAL=%d%s%s%s", freq, every, middle,
			       day, end);
		(void)snprintf(start, sizeof(start), "20%d-%02d-%02dT09:00:00", year, month, date);
		if (recur_canonical(S(rule), arena, &canonical) &&
		    pattern_from_rule(canonical, S(start), &p) &&
		    recur_expand(canonical, S(start), S(start), 1, take_first, start) == 1 &&
		    pattern_from_rule(canonical, S(start), &p)) {
			pattern_to_rule(&p, back);
			ck_assert_msg(same_days(rule, back, start), "%s from %s: %s", rule, start,
				      back);
			taken++;
		}
		arena_free(&arena);
	}
	ck_assert_uint_gt(taken, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("patterns");
	TCase *tc = tcase_create("patterns");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, texts, 0, sizeof(rules) / sizeof(rules[0]));
	tcase_add_test(tc, some);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
