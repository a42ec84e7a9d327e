/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules are walked by libical. Its calendar is Julian before 1582, and it ends in 2582.
 */
#include "core/recur-private.h"

#define WALK_MAX   100000
#define FIRST_YEAR 1583
#define LAST_YEAR  2582

/* ---- walking --------------------------------------------------------------------------------*/

/* A series whose occurrences are walked. */
struct walk {
	struct recur_rule rule;
	struct icaltimetype start, until; /* until.year 0: no end */
	icalrecur_iterator *at;
};

static bool is_after(struct icaltimetype a, struct icaltimetype b)
{
	return icaltime_compare(a, b) > 0;
}

static icalrecur_iterator *open_rule(const struct recur_rule *r, struct icaltimetype start,
				     struct icaltimetype until)
{
	struct icalrecurrencetype rule;
	struct recur_text t;

	recur_write(r, false, &t);
	rule = icalrecurrencetype_from_string(t.at);
	if (rule.freq == ICAL_NO_RECURRENCE)
		return NULL;
	rule.until = until;
	return icalrecur_iterator_new(rule, start);
}

/* False: there is nothing to walk. */
static bool walk_begin(struct walk *w, struct brg_str rule, struct brg_str start)
{
	w->at = NULL;
	if (!recur_read(rule, &w->rule) || !recur_read_time(start, &w->start) ||
	    w->start.year < FIRST_YEAR || w->start.year > LAST_YEAR)
		return false;
	w->until = w->rule.until;
	if (w->until.year && w->start.is_date) {
		w->until.is_date = 1;
		w->until.hour = w->until.minute = w->until.second = 0;
	}
	return true;
}

/* The next will be the first at or after `from`, if the rule can be entered anywhere; else, or
 * if that is before the start, the first of all. */
static bool walk_from(struct walk *w, struct icaltimetype from)
{
	if (w->at)
		icalrecur_iterator_free(w->at);
	w->at = NULL;
	if (w->until.year && (is_after(w->start, w->until) || is_after(from, w->until)))
		return false;
	w->at = open_rule(&w->rule, w->start, w->until);
	if (!w->at)
		return false;
	return w->rule.count || !is_after(from, w->start) ||
	       icalrecur_iterator_set_start(w->at, from);
}

static bool walk_next(struct walk *w, struct icaltimetype *out)
{
	*out = icalrecur_iterator_next(w->at);
	return !icaltime_is_null_time(*out);
}

static void walk_end(struct walk *w)
{
	if (w->at)
		icalrecur_iterator_free(w->at);
}

static struct brg_str time_text(struct icaltimetype t, char out[20])
{
	const int n = t.is_date
			      ? snprintf(out, 20, "%04d-%02d-%02d", t.year % 10000, t.month, t.day)
			      : snprintf(out, 20, "%04d-%02d-%02dT%02d:%02d:%02d", t.year % 10000,
					 t.month, t.day, t.hour, t.minute, t.second);

	return (struct brg_str){ out, (size_t)n };
}

/* ---- likeness -------------------------------------------------------------------------------*/

static bool says_days(const struct recur_rule *r)
{
	for (enum recur_part p = 0; p < RECUR_PARTS; p++)
		if (r->by[p].n)
			return true;
	return false;
}

/* Leave out what a start says as well: one weekday, one day of the month, one of the year. */
static void leave_unsaid(struct recur_rule *r)
{
	struct recur_list *by = r->by;

	if (r->freq == WEEKLY && by[BYDAY].n == 1) {
		by[BYDAY].n = 0;
	} else if (r->freq == MONTHLY && by[BYMONTHDAY].n == 1 && by[BYMONTHDAY].at[0] > 0) {
		by[BYMONTHDAY].n = 0;
	} else if (r->freq == YEARLY && by[BYMONTH].n == 1 && by[BYMONTHDAY].n == 1) {
		by[BYMONTH].n = by[BYMONTHDAY].n = 0;
	}
	if (!says_days(r))
		r->week_start = 1;
}

/* The last day is the same, or the one before. */
static bool ends_alike(struct icaltimetype a, struct icaltimetype b)
{
	int64_t days;

	if (!a.year || !b.year)
		return !a.year && !b.year;
	days = ((int64_t)icaltime_as_timet(a) - (int64_t)icaltime_as_timet(b)) / 3600;
	return days > -48 && days < 48;
}

bool recur_resembles(struct brg_str wanted, struct brg_str item)
{
	struct recur_rule a, b;
	struct recur_text x, y;

	if (!recur_read(wanted, &a) || !recur_read(item, &b) || !ends_alike(a.until, b.until))
		return false;
	if (!says_days(&a) || !says_days(&b)) {
		leave_unsaid(&a);
		leave_unsaid(&b);
	}
	recur_write(&a, false, &x);
	recur_write(&b, false, &y);
	return x.n == y.n && memcmp(x.at, y.at, x.n) == 0;
}

/* ---- questions ------------------------------------------------------------------------------*/

bool recur_canonical(struct brg_str rule, struct brg_arena *arena, struct brg_str *out)
{
	const struct icaltimetype start = { .year = 2000, .month = 1, .day = 1, .is_date = 1 };
	icalrecur_iterator *it;
	struct recur_rule r;
	struct recur_text t;

	if (!recur_read(rule, &r))
		return false;
	/* What can never be in a year ("30 February") is refused by libical. */
	it = open_rule(&r, start, icaltime_null_time());
	if (!it)
		return false;
	icalrecur_iterator_free(it);
	recur_write(&r, true, &t);
	*out = arena_dup(arena, t.at, t.n);
	return true;
}

static bool has_value(const struct recur_list *list, int value, int from_end)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i] == value || list->at[i] == from_end)
			return true;
	return list->n == 0;
}

static int64_t days_between(struct icaltimetype a, struct icaltimetype b)
{
	a.is_date = b.is_date = 1;
	return ((int64_t)icaltime_as_timet(b) - (int64_t)icaltime_as_timet(a)) / 86400;
}

/* Could it be one, by what is seen at once? Most that are asked for and are none end here, so
 * that nothing is walked for them. */
static bool is_likely(const struct walk *w, struct icaltimetype at)
{
	const struct recur_rule *r = &w->rule;
	const struct recur_list *days = &r->by[BYDAY];
	const int month_days = icaltime_days_in_month(at.month, at.year);
	const int weekday = (icaltime_day_of_week(at) + 5) % 7 + 1;
	bool day = days->n == 0;

	for (size_t i = 0; i < days->n && !day; i++)
		day = recur_day(days->at[i]) == weekday;
	return day && at.is_date == w->start.is_date && at.hour == w->start.hour &&
	       at.minute == w->start.minute && at.second == w->start.second &&
	       !is_after(w->start, at) && at.year <= LAST_YEAR &&
	       has_value(&r->by[BYMONTH], at.month, at.month) &&
	       has_value(&r->by[BYMONTHDAY], at.day, at.day - month_days - 1) &&
	       (r->freq != DAILY || days_between(w->start, at) % r->interval == 0);
}

bool recur_has(struct brg_str rule, struct brg_str start, struct brg_str at)
{
	struct icaltimetype wanted, t = icaltime_null_time();
	bool found = false;
	struct walk w;

	if (!walk_begin(&w, rule, start) || !recur_read_time(at, &wanted) || !is_likely(&w, wanted))
		return false;
	if (walk_from(&w, wanted))
		for (int i = 0; i < WALK_MAX && !found && walk_next(&w, &t); i++) {
			found = icaltime_compare(t, wanted) == 0;
			if (is_after(t, wanted))
				break;
		}
	walk_end(&w);
	return found;
}

uint32_t recur_index(struct brg_str rule, struct brg_str start, struct brg_str at)
{
	struct icaltimetype wanted, t = icaltime_null_time();
	uint32_t n = 0, found = 0;
	struct walk w;

	if (!walk_begin(&w, rule, start) || !recur_read_time(at, &wanted) || !is_likely(&w, wanted))
		return 0;
	if (walk_from(&w, w.start))
		while (n < WALK_MAX && !found && walk_next(&w, &t) && !is_after(t, wanted)) {
			n++;
			found = icaltime_compare(t, wanted) == 0 ? n : 0;
		}
	walk_end(&w);
	return found;
}

size_t recur_expand(struct brg_str rule, struct brg_str start, struct brg_str from, size_t most,
		    bool (*each)(void *arg, struct brg_str start), void *arg)
{
	struct icaltimetype first, t;
	struct walk w;
	char text[20];
	size_t told = 0;

	if (most == 0 || !walk_begin(&w, rule, start))
		return 0;
	first = w.start;
	if (from.len && (!recur_read_time(from, &first) || first.is_date != w.start.is_date))
		return 0;
	if (walk_from(&w, first))
		for (int i = 0; i < WALK_MAX && told < most && walk_next(&w, &t); i++) {
			if (is_after(first, t))
				continue;
			told++;
			if (!each(arg, time_text(t, text)))
				break;
		}
	walk_end(&w);
	return told;
}

/* The last one of a walk; false: there is none, or it is too far. */
static bool walk_last(struct walk *w, struct icaltimetype *last)
{
	struct icaltimetype t;
	int n = 0;

	while (n < WALK_MAX && walk_next(w, &t)) {
		*last = t;
		n++;
	}
	return n && n < WALK_MAX && (!w->rule.count || n == w->rule.count);
}

bool recur_last(struct brg_str rule, struct brg_str start, struct brg_arena *arena,
		struct brg_str *out)
{
	struct icaltimetype last = icaltime_null_time(), from;
	bool found = false;
	struct walk w;
	char text[20];

	if (!walk_begin(&w, rule, start) || (!w.rule.count && !w.until.year) ||
	    w.until.year > LAST_YEAR)
		return false;
	/* Near the end first; a rule that is counted is walked from its start in any case. */
	for (int years = 1; !found; years *= 8) {
		from = w.until;
		from.year -= years;
		from.day = from.day > 28 ? 28 : from.day;
		if (w.rule.count || from.year < w.start.year)
			from = w.start;
		found = walk_from(&w, from) && walk_last(&w, &last);
		if (w.rule.count || !is_after(from, w.start))
			break;
	}
	walk_end(&w);
	if (found)
		*out = arena_str(arena, time_text(last, text));
	return found;
}
