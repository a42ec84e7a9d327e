/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrence: rules in one spelling, what is refused, and the occurrences that there are.
 */
#include "core/recur.h"

#include "core/zone.h"

#include <check.h>
#include <stdlib.h>

#define S(text) brg_cstr(text)

static struct brg_arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

/* ---- one spelling ---------------------------------------------------------------------------*/

static const struct {
	const char *rule, *same; /* "": as it is; NULL: refused */
} rules[] = {
	{ "FREQ=DAILY", "" },
	{ "freq=daily", "FREQ=DAILY" },
	{ "INTERVAL=2;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2" },
	{ "FREQ=DAILY;INTERVAL=1", "FREQ=DAILY" },
	{ "FREQ=DAILY;INTERVAL=32767", "" },
	{ "FREQ=DAILY;COUNT=10", "" },
	{ "FREQ=DAILY;COUNT=0010", "FREQ=DAILY;COUNT=10" },
	{ "FREQ=DAILY;UNTIL=20261231", "" },
	{ "FREQ=DAILY;UNTIL=20261231T235959", "FREQ=DAILY;UNTIL=20261231" },
	{ "FREQ=DAILY;UNTIL=20261231t090000", "FREQ=DAILY;UNTIL=20261231T090000" },
	{ "FREQ=WEEKLY;BYDAY=SU,MO,WE", "FREQ=WEEKLY;BYDAY=MO,WE,SU" },
	{ "FREQ=WEEKLY;BYDAY=mo,MO", "FREQ=WEEKLY;BYDAY=MO" },
	{ "BYDAY=MO;COUNT=3;FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=3;BYDAY=MO" },
	/* Every day by another name. */
	{ "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" },
	{ "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=DAILY" },
	{ "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=DAILY" },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR,SA,SU", "" },
	{ "FREQ=DAILY;INTERVAL=2;BYDAY=MO", "" },
	{ "FREQ=DAILY;BYMONTHDAY=1,-1", "FREQ=MONTHLY;BYMONTHDAY=1,-1" },
	/* Where a week begins, where it means something. */
	{ "FREQ=WEEKLY;BYDAY=MO;WKST=SU", "FREQ=WEEKLY;BYDAY=MO" },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "" },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU" },
	{ "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=WEEKLY;INTERVAL=2" },
	/* The place of a weekday. */
	{ "FREQ=MONTHLY;BYDAY=2MO", "" },
	{ "FREQ=MONTHLY;BYDAY=+2MO", "FREQ=MONTHLY;BYDAY=2MO" },
	{ "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=2MO" },
	{ "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=-1FR" },
	{ "FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=-1", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" },
	{ "FREQ=YEARLY;BYDAY=SU;BYSETPOS=-1", "" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", "" },
	{ "FREQ=MONTHLY;BYDAY=-1SU,1SU,-2SU,SU", "FREQ=MONTHLY;BYDAY=SU,1SU,-1SU,-2SU" },
	{ "FREQ=YEARLY;BYMONTH=5,1,3", "FREQ=YEARLY;BYMONTH=1,3,5" },
	{ "FREQ=MONTHLY;BYMONTHDAY=-1,15,+1,31", "FREQ=MONTHLY;BYMONTHDAY=1,15,31,-1" },
	{ "FREQ=YEARLY;BYYEARDAY=366,-1,1", "FREQ=YEARLY;BYYEARDAY=1,366,-1" },
	{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "" },
	/* What is no rule. */
	{ "", NULL },
	{ ";", NULL },
	{ "DAILY", NULL },
	{ "FREQ=", NULL },
	{ "FREQ", NULL },
	{ "COUNT=3", NULL },
	{ "FREQ=DAILY;", NULL },
	{ ";FREQ=DAILY", NULL },
	{ "FREQ=DAILY;;COUNT=3", NULL },
	{ "FREQ=DAILY COUNT=3", NULL },
	{ " FREQ=DAILY", NULL },
	{ "FREQ=DAILY\n", NULL },
	{ "RRULE:FREQ=DAILY", NULL },
	{ "FREQ=DAILY;FREQ=DAILY", NULL },
	{ "FREQ=DAILY;COUNT=3;COUNT=3", NULL },
	{ "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", NULL },
	{ "FREQ=DAILY;X-COLOUR=RED", NULL },
	{ "FREQ=HOURLY", NULL },
	{ "FREQ=MINUTELY", NULL },
	{ "FREQ=SECONDLY", NULL },
	{ "FREQ=DAILY;BYHOUR=9", NULL },
	{ "FREQ=DAILY;BYSECOND=1", NULL },
	{ "FREQ=DAILY;RSCALE=GREGORIAN", NULL },
	{ "FREQ=DAILY\r\nFREQ=WEEKLY", NULL },
	{ "FREQ=DAILY;COUNT=3;UNTIL=20261231", NULL },
	{ "FREQ=DAILY;COUNT=0", NULL },
	{ "FREQ=DAILY;COUNT=-1", NULL },
	{ "FREQ=DAILY;COUNT=", NULL },
	{ "FREQ=DAILY;COUNT=2147483648", NULL },
	{ "FREQ=DAILY;COUNT=99999999999999999999", NULL },
	{ "FREQ=DAILY;INTERVAL=0", NULL },
	{ "FREQ=DAILY;INTERVAL=32768", NULL },
	{ "FREQ=DAILY;UNTIL=20260231", NULL },
	{ "FREQ=DAILY;UNTIL=2026-12-31", NULL },
	{ "FREQ=DAILY;UNTIL=20261231T240000", NULL },
	{ "FREQ=DAILY;UNTIL=20261231T090000Z", NULL },
	{ "FREQ=DAILY;UNTIL=20261231090000", NULL },
	{ "FREQ=DAILY;UNTIL=", NULL },
	{ "FREQ=WEEKLY;BYDAY=", NULL },
	{ "FREQ=WEEKLY;BYDAY=MO,", NULL },
	{ "FREQ=WEEKLY;BYDAY=,MO", NULL },
	{ "FREQ=WEEKLY;BYDAY=XX", NULL },
	{ "FREQ=WEEKLY;BYDAY=2MO", NULL },
	{ "FREQ=DAILY;BYDAY=2MO", NULL },
	{ "FREQ=MONTHLY;BYDAY=0MO", NULL },
	{ "FREQ=MONTHLY;BYDAY=54MO", NULL },
	{ "FREQ=MONTHLY;BYDAY=--1MO", NULL },
	{ "FREQ=WEEKLY;WKST=1", NULL },
	{ "FREQ=WEEKLY;BYMONTHDAY=1", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=0", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=32", NULL },
	{ "FREQ=YEARLY;BYMONTH=13", NULL },
	{ "FREQ=YEARLY;BYMONTH=-1", NULL },
	{ "FREQ=MONTHLY;BYYEARDAY=1", NULL },
	{ "FREQ=YEARLY;BYYEARDAY=367", NULL },
	{ "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", NULL },
	{ "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1", NULL },
	{ "FREQ=MONTHLY;BYSETPOS=1", NULL },
	/* Never in any year. */
	{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", NULL },
	{ "FREQ=YEARLY;BYMONTH=4;BYYEARDAY=1", NULL },
};

START_TEST(one_spelling)
{
	const char *rule = rules[_i].rule, *same = rules[_i].same;
	struct brg_str out = { "", 0 }, again = { "", 0 };
	bool read = recur_canonical(S(rule), arena, &out);

	ck_assert_msg(read == (same != NULL), "%s: %s", rule, out.ptr);
	if (!read) {
		ck_assert(!recur_has(S(rule), S("2026-01-01"), S("2026-01-01")));
		return;
	}
	ck_assert_str_eq(out.ptr, *same ? same : rule);
	ck_assert(recur_canonical(out, arena, &again));
	ck_assert(brg_str_eq(out, again));
}
END_TEST

/* ---- occurrences ----------------------------------------------------------------------------*/

struct told {
	char text[2048];
	size_t n, most; /* each() stops there; 0: never */
};

static bool tell(void *arg, struct brg_str start)
{
	struct told *told = arg;

	(void)snprintf(told->text + strlen(told->text), sizeof(told->text) - strlen(told->text),
		       "%s%.*s", told->n ? " " : "", (int)start.len, start.ptr);
	told->n++;
	return !told->most || told->n < told->most;
}

#define T9 "T09:00:00"

static const struct {
	const char *rule, *start, *from;
	const char *first; /* five, or all that there are */
	const char *last;  /* NULL: none, or it goes on */
} series[] = {
	{ "FREQ=DAILY", "2026-02-27", "", "2026-02-27 2026-02-28 2026-03-01 2026-03-02 2026-03-03",
	  NULL },
	{ "FREQ=DAILY;COUNT=3", "2028-02-28", "", "2028-02-28 2028-02-29 2028-03-01",
	  "2028-03-01" },
	{ "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "2026-01-05" T9, "",
	  "2026-01-05" T9 " 2026-01-07" T9 " 2026-01-12" T9, "2026-01-12" T9 },
	/* COUNT counts from the start, wherever one looks. */
	{ "FREQ=WEEKLY;COUNT=3", "2026-01-05", "2026-01-06", "2026-01-12 2026-01-19",
	  "2026-01-19" },
	{ "FREQ=WEEKLY;COUNT=3", "2026-01-05", "2026-01-20", "", "2026-01-19" },
	{ "FREQ=WEEKLY", "2026-01-05", "2030-01-01",
	  "2030-01-07 2030-01-14 2030-01-21 2030-01-28 2030-02-04", NULL },
	{ "FREQ=WEEKLY", "2026-01-05", "2025-01-01",
	  "2026-01-05 2026-01-12 2026-01-19 2026-01-26 2026-02-02", NULL },
	/* UNTIL: with it, to the second; a date is all of the day. */
	{ "FREQ=DAILY;UNTIL=20260103", "2026-01-01" T9, "",
	  "2026-01-01" T9 " 2026-01-02" T9 " 2026-01-03" T9, "2026-01-03" T9 },
	{ "FREQ=DAILY;UNTIL=20260103T090000", "2026-01-02" T9, "", "2026-01-02" T9 " 2026-01-03" T9,
	  "2026-01-03" T9 },
	{ "FREQ=DAILY;UNTIL=20260103T085959", "2026-01-02" T9, "", "2026-01-02" T9,
	  "2026-01-02" T9 },
	{ "FREQ=DAILY;UNTIL=20260103T085959", "2026-01-02", "", "2026-01-02 2026-01-03",
	  "2026-01-03" },
	{ "FREQ=DAILY;UNTIL=20251231", "2026-01-01", "", "", NULL },
	{ "FREQ=YEARLY;UNTIL=24991231", "1990-05-17", "2497-01-01",
	  "2497-05-17 2498-05-17 2499-05-17", "2499-05-17" },
	/* By position. */
	{ "FREQ=MONTHLY;BYDAY=2MO", "2026-01-12", "",
	  "2026-01-12 2026-02-09 2026-03-09 2026-04-13 2026-05-11", NULL },
	{ "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", "",
	  "2026-01-30 2026-02-27 2026-03-27 2026-04-24 2026-05-29", NULL },
	{ "FREQ=MONTHLY;BYDAY=5MO;COUNT=3", "2026-03-30", "", "2026-03-30 2026-06-29 2026-08-31",
	  "2026-08-31" },
	{ "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "2026-01-30", "",
	  "2026-01-30 2026-02-27 2026-03-31", "2026-03-31" },
	{ "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;COUNT=3", "2026-03-29T01:00:00", "",
	  "2026-03-29T01:00:00 2027-03-28T01:00:00 2028-03-26T01:00:00", "2028-03-26T01:00:00" },
	{ "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR;COUNT=4", "2026-02-13", "",
	  "2026-02-13 2026-03-13 2026-11-13 2027-08-13", "2027-08-13" },
	/* Days that not every month or year has are passed over, not moved. */
	{ "FREQ=MONTHLY", "2026-01-31", "",
	  "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31", NULL },
	{ "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-01-31", "",
	  "2026-01-31 2026-03-31 2026-05-31", "2026-05-31" },
	{ "FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-31", "",
	  "2028-01-31 2028-02-29 2028-03-31 2028-04-30 2028-05-31", NULL },
	{ "FREQ=YEARLY", "2024-02-29", "", "2024-02-29 2028-02-29 2032-02-29 2036-02-29 2040-02-29",
	  NULL },
	{ "FREQ=YEARLY", "2096-02-29", "", "2096-02-29 2104-02-29 2108-02-29 2112-02-29 2116-02-29",
	  NULL },
	{ "FREQ=YEARLY;INTERVAL=4;COUNT=3", "2024-02-29", "", "2024-02-29 2028-02-29 2032-02-29",
	  "2032-02-29" },
	{ "FREQ=YEARLY;BYYEARDAY=366;COUNT=2", "2024-12-31", "", "2024-12-31 2028-12-31",
	  "2028-12-31" },
	/* Every other week, by the day that the week begins with. */
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "2026-01-04", "",
	  "2026-01-04 2026-01-05 2026-01-18 2026-01-19 2026-02-01", NULL },
	{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-01-04", "",
	  "2026-01-04 2026-01-12 2026-01-18 2026-01-26 2026-02-01", NULL },
	/* The clock on the wall does not know of summer. */
	{ "FREQ=DAILY;COUNT=3", "2026-03-28T02:30:00", "",
	  "2026-03-28T02:30:00 2026-03-29T02:30:00 2026-03-30T02:30:00", "2026-03-30T02:30:00" },
	/* Nothing that is none, and nothing of another form. */
	{ "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", "", "", NULL },
	{ "FREQ=DAILY", "2026-01-01", "2026-01-01" T9, "", NULL },
	{ "FREQ=DAILY", "2026-01-01" T9, "2026-01-01", "", NULL },
	{ "FREQ=DAILY", "2026-02-30", "", "", NULL },
	{ "FREQ=DAILY", "", "", "", NULL },
	{ "FREQ=DAILY;COUNT=2", "2026-01-01T09:00", "", "", NULL },
	/* The years that libical's calendar is right in. */
	{ "FREQ=YEARLY;COUNT=2", "1583-01-01", "", "1583-01-01 1584-01-01", "1584-01-01" },
	{ "FREQ=YEARLY;COUNT=2", "1582-12-31", "", "", NULL },
	{ "FREQ=YEARLY;UNTIL=25821231", "2582-01-01", "", "2582-01-01", "2582-01-01" },
	{ "FREQ=YEARLY;COUNT=2", "2582-01-01", "", "2582-01-01", NULL },
	{ "FREQ=YEARLY;COUNT=1", "2583-01-01", "", "", NULL },
	/* As far as it is walked. */
	{ "FREQ=DAILY;COUNT=99999", "2026-01-01", "2299-10-14", "2299-10-14 2299-10-15",
	  "2299-10-15" },
	{ "FREQ=DAILY;COUNT=100001", "2026-01-01", "2299-10-16", "2299-10-16", NULL },
	{ "FREQ=DAILY;UNTIL=25000101", "1990-01-01", "2499-12-31", "2499-12-31 2500-01-01",
	  "2500-01-01" },
};

START_TEST(occurrences)
{
	struct brg_str rule = S(series[_i].rule), start = S(series[_i].start), last = { "", 0 };
	struct told told = { "", 0, 0 }, one = { "", 0, 1 };
	const char *at;
	bool ends;

	ck_assert_uint_eq(recur_expand(rule, start, S(series[_i].from), 5, tell, &told), told.n);
	ck_assert_str_eq(told.text, series[_i].first);
	ck_assert_uint_eq(recur_expand(rule, start, S(series[_i].from), 5, tell, &one),
			  told.n ? 1 : 0);
	ck_assert_uint_eq(recur_expand(rule, start, S(series[_i].from), 0, tell, &one), 0);
	ends = recur_last(rule, start, arena, &last);
	ck_assert_msg(ends == (series[_i].last != NULL), "%s: %s", rule.ptr, last.ptr);
	if (ends)
		ck_assert_str_eq(last.ptr, series[_i].last);
	for (at = told.text; *at; at += strcspn(at, " "), at += *at == ' ')
		ck_assert_msg(recur_has(rule, start, (struct brg_str){ at, strcspn(at, " ") }),
			      "%s at %s", rule.ptr, at);
}
END_TEST

START_TEST(numbers)
{
	const struct brg_str weekly = S("FREQ=WEEKLY;BYDAY=MO,WE"), start = S("2026-01-05" T9);

	ck_assert_uint_eq(recur_index(weekly, start, start), 1);
	ck_assert_uint_eq(recur_index(weekly, start, S("2026-01-07" T9)), 2);
	ck_assert_uint_eq(recur_index(weekly, start, S("2027-01-04" T9)), 105);
	ck_assert_uint_eq(recur_index(weekly, start, S("2026-01-06" T9)), 0);
	ck_assert_uint_eq(recur_index(weekly, start, S("2025-12-31" T9)), 0);
	ck_assert_uint_eq(recur_index(weekly, start, S("2026-01-07")), 0);
	ck_assert_uint_eq(recur_index(S("no rule"), start, start), 0);
	ck_assert_uint_eq(recur_index(S("FREQ=DAILY;COUNT=2"), S("2026-01-01"), S("2026-01-02")),
			  2);
	ck_assert_uint_eq(recur_index(S("FREQ=DAILY;COUNT=2"), S("2026-01-01"), S("2026-01-03")),
			  0);
	ck_assert_uint_eq(recur_index(S("FREQ=DAILY"), S("2026-01-01"), S("2299-10-16")), 100000);
	ck_assert_uint_eq(recur_index(S("FREQ=DAILY"), S("2026-01-01"), S("2299-10-17")), 0);
	/* A start that is none of them. */
	ck_assert_uint_eq(recur_index(weekly, S("2026-01-06" T9), S("2026-01-06" T9)), 0);
}
END_TEST

START_TEST(has)
{
	static const struct {
		const char *rule, *start, *at;
		bool has;
	} rows[] = {
		{ "FREQ=WEEKLY", "2026-01-05", "2026-01-12", true },
		{ "FREQ=WEEKLY", "2026-01-05", "2026-01-13", false },
		{ "FREQ=WEEKLY", "2026-01-05", "2025-12-29", false },
		{ "FREQ=WEEKLY", "2026-01-05", "2525-12-31", true },
		{ "FREQ=WEEKLY", "2026-01-05", "2600-01-06", false },
		{ "FREQ=WEEKLY", "2026-01-05" T9, "2026-01-12" T9, true },
		{ "FREQ=WEEKLY", "2026-01-05" T9, "2026-01-12T09:00:01", false },
		{ "FREQ=WEEKLY", "2026-01-05" T9, "2026-01-12", false },
		{ "FREQ=WEEKLY", "2026-01-05", "2026-01-12" T9, false },
		{ "FREQ=WEEKLY", "2026-01-05", "", false },
		{ "FREQ=WEEKLY", "2026-01-05", "2026-02-30", false },
		{ "FREQ=WEEKLY;COUNT=2", "2026-01-05", "2026-01-12", true },
		{ "FREQ=WEEKLY;COUNT=2", "2026-01-05", "2026-01-19", false },
		{ "FREQ=WEEKLY;UNTIL=20260112", "2026-01-05", "2026-01-12", true },
		{ "FREQ=WEEKLY;UNTIL=20260111", "2026-01-05", "2026-01-12", false },
		{ "FREQ=DAILY;INTERVAL=3", "2026-01-01", "2026-01-04", true },
		{ "FREQ=DAILY;INTERVAL=3", "2026-01-01", "2026-01-05", false },
		{ "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2028-02-29", true },
		{ "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2028-02-28", false },
		{ "FREQ=MONTHLY;BYDAY=2MO", "2026-01-12", "2026-02-09", true },
		{ "FREQ=MONTHLY;BYDAY=2MO", "2026-01-12", "2026-02-16", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(recur_has(S(rows[i].rule), S(rows[i].start), S(rows[i].at)) ==
				      rows[i].has,
			      "%s at %s", rows[i].rule, rows[i].at);
}
END_TEST

START_TEST(likeness)
{
	static const struct {
		const char *wanted, *item;
		bool alike;
	} rows[] = {
		{ "FREQ=WEEKLY;COUNT=6", "FREQ=WEEKLY;COUNT=6;BYDAY=MO", true },
		{ "FREQ=WEEKLY;COUNT=6;BYDAY=MO", "FREQ=WEEKLY;COUNT=6", true },
		{ "FREQ=WEEKLY;COUNT=6", "FREQ=WEEKLY;COUNT=7;BYDAY=MO", false },
		{ "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,TU", false },
		{ "FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=MO", false },
		{ "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU", true },
		{ "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=MO", false },
		{ "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=5", true },
		{ "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=-1", false },
		{ "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=2MO", false },
		{ "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=17", true },
		{ "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=5,6;BYMONTHDAY=17", false },
		{ "FREQ=DAILY;UNTIL=20270110T080000", "FREQ=DAILY;UNTIL=20270109", true },
		{ "FREQ=DAILY;UNTIL=20270110", "FREQ=DAILY;UNTIL=20270110", true },
		{ "FREQ=DAILY;UNTIL=20270110", "FREQ=DAILY;UNTIL=20270107", false },
		{ "FREQ=DAILY;UNTIL=20270110", "FREQ=DAILY", false },
		{ "no rule", "no rule", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(recur_resembles(S(rows[i].wanted), S(rows[i].item)) == rows[i].alike,
			      "%s, %s", rows[i].wanted, rows[i].item);
}
END_TEST

/* ---- one against the other ------------------------------------------------------------------*/

static const char *some_rule(void)
{
	static const char *const freqs[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	static const char *const more[] = {
		"",
		";BYDAY=MO,WE,FR",
		";BYDAY=-1SU",
		";BYMONTHDAY=29,30,31",
		";BYMONTHDAY=-1,1",
		";BYMONTH=2,3",
		";BYDAY=TU,TH;BYSETPOS=-1",
		";BYMONTH=2;BYMONTHDAY=29",
		";BYYEARDAY=60,-1",
		";BYMONTH=12;BYDAY=MO,2TU,-1SU",
	};
	const char *rule = arena_printf(arena, "FREQ=%s;INTERVAL=%d%s", freqs[rand() % 4],
					1 + rand() % 3, more[rand() % 10]);

	return rand() % 2 ? arena_printf(arena, "%s;COUNT=%d", rule, 1 + rand() % 20)
			  : arena_printf(arena, "%s;UNTIL=20%02d%02d28", rule, 26 + rand() % 9,
					 1 + rand() % 12);
}

/* Both spellings have the same occurrences; has() knows these and no others; the last is the
 * last; from the middle on they are the same. */
START_TEST(agree)
{
	int met = 0;

	srand(3);
	for (int i = 0; i < 400; i++) {
		const char *rule = some_rule();
		char start[11], date[11];
		struct told all = { "", 0, 0 }, same = { "", 0, 0 }, rest = { "", 0, 0 };
		struct brg_str one, last = { "", 0 };
		const char *middle;

		ck_assert(zone_add_days(S("2026-01-01"), rand() % 800, start));
		if (!recur_canonical(S(rule), arena, &one))
			continue;
		(void)recur_expand(S(rule), S(start), S(""), 30, tell, &all);
		(void)recur_expand(one, S(start), S(""), 30, tell, &same);
		ck_assert_msg(strcmp(all.text, same.text) == 0, "%s and %s from %s: %s and %s",
			      rule, one.ptr, start, all.text, same.text);
		for (int d = -3; d < 70; d++) {
			ck_assert(zone_add_days(S(start), d, date));
			if (all.n < 30 || strcmp(date, all.text + strlen(all.text) - 10) <= 0)
				ck_assert_msg(recur_has(S(rule), S(start), S(date)) ==
						      (strstr(all.text, date) != NULL),
					      "%s from %s at %s", rule, start, date);
		}
		middle = all.text + all.n / 2 * 11;
		if (all.n == 0 || all.n == 30)
			continue;
		met++;
		ck_assert(recur_last(S(rule), S(start), arena, &last));
		ck_assert_str_eq(last.ptr, all.text + strlen(all.text) - 10);
		(void)recur_expand(S(rule), S(start), (struct brg_str){ middle, 10 }, 30, tell,
				   &rest);
		ck_assert_msg(strcmp(rest.text, middle) == 0, "%s from %s: %s, not %s", rule, start,
			      rest.text, middle);
		arena_reset(arena);
	}
	ck_assert_int_gt(met, 100);
}
END_TEST

START_TEST(full_lists)
{
	const char *days = "1", *rule;
	struct brg_str out;

	for (int i = 2; i <= 366; i++)
		days = arena_printf(arena, "%s,%d", days, i);
	rule = arena_printf(arena, "FREQ=YEARLY;BYYEARDAY=%s;BYSETPOS=%s", days, days);
	ck_assert(recur_canonical(S(rule), arena, &out));
	ck_assert(brg_str_eq(out, S(rule)));
	ck_assert(!recur_canonical(S(arena_printf(arena, "%s,-1", rule)), arena, &out));
	/* What is longer than any rule is not read. */
	ck_assert(!recur_canonical(S(arena_printf(arena, "%s;BYMONTH=%05000d", rule, 1)), arena,
				   &out));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recur");
	TCase *t = tcase_create("recur");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, one_spelling, 0, sizeof(rules) / sizeof(rules[0]));
	tcase_add_loop_test(t, occurrences, 0, sizeof(series) / sizeof(series[0]));
	tcase_add_test(t, has);
	tcase_add_test(t, numbers);
	tcase_add_test(t, likeness);
	tcase_add_test(t, agree);
	tcase_add_test(t, full_lists);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
