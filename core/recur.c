/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules are read here, strictly and in full (libical passes over what it does not know), and
 * walked by libical. Its calendar is Julian before 1582, and it ends in 2582.
 */
#include "core/recur.h"

#include "core/zone.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <strings.h>

#define WALK_MAX   100000
#define FIRST_YEAR 1583
#define LAST_YEAR  2582
#define RULE_MAX   4096 /* bytes of a rule */
#define LIST_MAX   366

/* ---- the parts of a rule -------------------------------------------------------------------- */

enum freq { DAILY, WEEKLY, MONTHLY, YEARLY };
static const char *const freq_names[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };

/* From Monday on, as 1 to 7. */
static const char day_names[][3] = { "", "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

/* In the order in which a rule names them. */
enum part { BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, PARTS };
static const struct {
	const char *name;
	int greatest;
	bool from_end; /* -1 is the last */
	size_t most;   /* values */
} parts[PARTS] = {
	[BYMONTH] = { "BYMONTH", 12, false, 12 },
	[BYWEEKNO] = { "BYWEEKNO", 53, true, 53 },
	[BYYEARDAY] = { "BYYEARDAY", 366, true, 366 },
	[BYMONTHDAY] = { "BYMONTHDAY", 31, true, 31 },
	[BYDAY] = { "BYDAY", 53, true, 70 },
	[BYSETPOS] = { "BYSETPOS", 366, true, 366 },
};

/* A weekday with its place in the month or year is one number. */
#define PLACED(place, day) ((place)*8 + (day))

static int day_of(int value)
{
	return value & 7;
}

static int place_of(int value)
{
	return (value - day_of(value)) / 8;
}

struct rule {
	enum freq freq;
	int interval, week_start;
	int count; /* 0: not told */
	struct icaltimetype until;
	struct list {
		short at[LIST_MAX];
		size_t n;
	} by[PARTS];
};

/* ---- reading -------------------------------------------------------------------------------- */

static bool is_word(struct brg_str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Cut off what stands before the next sign. */
static struct brg_str next_piece(struct brg_str *rest, char sign)
{
	const char *at = memchr(rest->ptr, sign, rest->len);
	const size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
	const struct brg_str piece = { rest->ptr, n };

	*rest = (struct brg_str){ rest->ptr + n + (at != NULL), rest->len - n - (at != NULL) };
	return piece;
}

/* Digits alone. */
static bool read_number(struct brg_str s, int greatest, int *out)
{
	int64_t v = 0;

	if (s.len == 0 || s.len > 10)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (s.ptr[i] - '0');
	}
	*out = (int)v;
	return v <= greatest;
}

/* What counts from 1, or from the end. */
static bool read_place(struct brg_str s, enum part part, int *out)
{
	const bool minus = s.len && s.ptr[0] == '-', sign = minus || (s.len && s.ptr[0] == '+');

	if (sign && !parts[part].from_end)
		return false;
	s = (struct brg_str){ s.ptr + sign, s.len - sign };
	if (!read_number(s, parts[part].greatest, out) || *out == 0)
		return false;
	if (minus)
		*out = -*out;
	return true;
}

static bool read_weekday(struct brg_str s, int *out)
{
	for (*out = 1; *out <= 7; ++*out)
		if (is_word(s, day_names[*out]))
			return true;
	return false;
}

/* "MO", "2MO", "-1MO" */
static bool read_placed(struct brg_str s, int *out)
{
	int place = 0, day;

	if (s.len < 2 || !read_weekday((struct brg_str){ s.ptr + s.len - 2, 2 }, &day) ||
	    (s.len > 2 && !read_place((struct brg_str){ s.ptr, s.len - 2 }, BYDAY, &place)))
		return false;
	*out = PLACED(place, day);
	return true;
}

static bool add_value(struct list *list, size_t most, int value)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i] == value)
			return true;
	if (list->n == most)
		return false;
	list->at[list->n++] = (short)value;
	return true;
}

/* First what counts from the beginning, then what counts from the end. */
static int by_value(const void *a, const void *b)
{
	const int x = *(const short *)a, y = *(const short *)b;

	if ((x < 0) != (y < 0))
		return x < 0 ? 1 : -1;
	return x < 0 ? y - x : x - y;
}

static int by_place(const void *a, const void *b)
{
	const int x = *(const short *)a, y = *(const short *)b;
	const short px = (short)place_of(x), py = (short)place_of(y);

	return px == py ? x - y : by_value(&px, &py);
}

static bool read_list(struct brg_str s, enum part part, struct list *list)
{
	bool more = true;
	int value;

	if (list->n) /* told twice */
		return false;
	while (more) {
		const char *end = s.ptr + s.len;
		struct brg_str one = next_piece(&s, ',');

		more = one.ptr + one.len < end;
		if (!(part == BYDAY ? read_placed(one, &value) : read_place(one, part, &value)) ||
		    !add_value(list, parts[part].most, value))
			return false;
	}
	qsort(list->at, list->n, sizeof(list->at[0]), part == BYDAY ? by_place : by_value);
	return true;
}

/* Wall time, or a date, as our own texts have it. */
static bool read_time(struct brg_str s, struct icaltimetype *out)
{
	char text[20];

	if (!zone_is_date(s) && !zone_is_local(s))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*out = icaltime_null_time();
	out->is_date = s.len == 10;
	out->year = atoi(text);
	out->month = atoi(text + 5);
	out->day = atoi(text + 8);
	if (!out->is_date) {
		out->hour = atoi(text + 11);
		out->minute = atoi(text + 14);
		out->second = atoi(text + 17);
	}
	return true;
}

/* The same, as iCalendar has it: "20260105" or "20260105T090000". A date is its last second. */
static bool read_until(struct brg_str s, struct icaltimetype *out)
{
	char text[20];
	int n = 0;

	if ((s.len != 8 && s.len != 15) || (s.len == 15 && s.ptr[8] != 'T' && s.ptr[8] != 't'))
		return false;
	n = snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", s.ptr, s.ptr + 4, s.ptr + 6);
	n += s.len == 8 ? snprintf(text + n, sizeof(text) - 10, "T23:59:59")
			: snprintf(text + n, sizeof(text) - 10, "T%.2s:%.2s:%.2s", s.ptr + 9,
				   s.ptr + 11, s.ptr + 13);
	return read_time((struct brg_str){ text, (size_t)n }, out);
}

static bool read_part(struct brg_str name, struct brg_str value, struct rule *r, unsigned *seen)
{
	static const char *const single[] = { "INTERVAL", "COUNT", "UNTIL", "WKST" };
	size_t which = 0;

	for (enum part p = 0; p < PARTS; p++)
		if (is_word(name, parts[p].name))
			return read_list(value, p, &r->by[p]);
	while (which < 4 && !is_word(name, single[which]))
		which++;
	if (which == 4 || (*seen & 1u << which))
		return false;
	*seen |= 1u << which;
	switch (which) {
	case 0:
		return read_number(value, INT16_MAX, &r->interval) && r->interval;
	case 1:
		return read_number(value, INT32_MAX, &r->count) && r->count;
	case 2:
		return read_until(value, &r->until);
	default:
		return read_weekday(value, &r->week_start);
	}
}

static bool has_places(const struct rule *r)
{
	for (size_t i = 0; i < r->by[BYDAY].n; i++)
		if (place_of(r->by[BYDAY].at[i]))
			return true;
	return false;
}

/* What RFC 5545 lets stand together. A choice of days that is not one of a month's or a year's
 * is refused too: libical would pass over it. */
static bool is_sound(const struct rule *r)
{
	const struct list *by = r->by;

	if (r->count && r->until.year)
		return false;
	if (by[BYWEEKNO].n && (r->freq != YEARLY || has_places(r)))
		return false;
	if (by[BYYEARDAY].n && r->freq != YEARLY)
		return false;
	if (by[BYMONTHDAY].n && r->freq == WEEKLY)
		return false;
	if (has_places(r) && r->freq < MONTHLY)
		return false;
	return !by[BYSETPOS].n ||
	       (r->freq >= MONTHLY && (by[BYMONTH].n || by[BYWEEKNO].n || by[BYYEARDAY].n ||
				       by[BYMONTHDAY].n || by[BYDAY].n));
}

/* ---- one spelling --------------------------------------------------------------------------- */

/* The second Monday is one choice of all Mondays, or the Monday with that place. */
static void place_day(struct rule *r)
{
	struct list *by = r->by;
	const bool month = r->freq == MONTHLY || by[BYMONTH].n == 1;

	if (month && by[BYSETPOS].n == 1 && by[BYDAY].n == 1 && !has_places(r) &&
	    !by[BYMONTHDAY].n && !by[BYYEARDAY].n && !by[BYWEEKNO].n &&
	    abs(by[BYSETPOS].at[0]) <= 5) {
		by[BYDAY].at[0] = (short)PLACED(by[BYSETPOS].at[0], by[BYDAY].at[0]);
		by[BYSETPOS].n = 0;
	}
}

/* Rules that say the same in other words. */
static void settle(struct rule *r)
{
	struct list *by = r->by;
	const bool every = r->interval == 1;

	place_day(r);
	if (r->freq == DAILY && every && by[BYMONTHDAY].n)
		r->freq = MONTHLY;
	if (r->freq == DAILY && every && by[BYDAY].n)
		r->freq = WEEKLY;
	if (r->freq == WEEKLY && every && by[BYDAY].n == 7) {
		r->freq = DAILY;
		by[BYDAY].n = 0;
	}
	/* Where a week begins matters to every other week, and to numbers of weeks. */
	if (!(r->freq == WEEKLY && !every && by[BYDAY].n) && !by[BYWEEKNO].n)
		r->week_start = 1;
}

static bool read_rule(struct brg_str s, struct rule *r)
{
	bool freq = false;
	unsigned seen = 0;

	memset(r, 0, sizeof(*r));
	r->interval = r->week_start = 1;
	if (s.len == 0 || s.len > RULE_MAX || s.ptr[s.len - 1] == ';')
		return false;
	while (s.len) {
		struct brg_str value = next_piece(&s, ';'), name = next_piece(&value, '=');

		if (!is_word(name, "FREQ")) {
			if (!read_part(name, value, r, &seen))
				return false;
			continue;
		}
		for (r->freq = DAILY; r->freq <= YEARLY; r->freq++)
			if (is_word(value, freq_names[r->freq]))
				break;
		if (freq || r->freq > YEARLY)
			return false;
		freq = true;
	}
	if (!freq || !is_sound(r))
		return false;
	settle(r);
	return true;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Room for a rule with every list full. */
struct text {
	char at[8192];
	size_t n;
};

static void BRG_PRINTF(2, 3) add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, fmt, ap);
	va_end(ap);
}

static void add_list(struct text *t, enum part part, const struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const int v = list->at[i];

		add(t, i ? "," : ";%s=", parts[part].name);
		if (part != BYDAY)
			add(t, "%d", v);
		else if (place_of(v))
			add(t, "%d%s", place_of(v), day_names[day_of(v)]);
		else
			add(t, "%s", day_names[day_of(v)]);
	}
}

static void write_rule(const struct rule *r, bool until, struct text *t)
{
	const struct icaltimetype *u = &r->until;

	t->n = 0;
	add(t, "FREQ=%s", freq_names[r->freq]);
	if (r->interval > 1)
		add(t, ";INTERVAL=%d", r->interval);
	if (r->count)
		add(t, ";COUNT=%d", r->count);
	if (u->year && until)
		add(t, ";UNTIL=%04d%02d%02d", u->year, u->month, u->day);
	if (u->year && until && (u->hour != 23 || u->minute != 59 || u->second != 59))
		add(t, "T%02d%02d%02d", u->hour, u->minute, u->second);
	for (enum part p = 0; p < PARTS; p++)
		add_list(t, p, &r->by[p]);
	if (r->week_start != 1)
		add(t, ";WKST=%s", day_names[r->week_start]);
}

/* ---- walking -------------------------------------------------------------------------------- */

/* A series whose occurrences are walked. */
struct walk {
	struct rule rule;
	struct icaltimetype start, until; /* until.year 0: no end */
	icalrecur_iterator *at;
};

static bool is_after(struct icaltimetype a, struct icaltimetype b)
{
	return icaltime_compare(a, b) > 0;
}

static icalrecur_iterator *open_rule(const struct rule *r, struct icaltimetype start,
				     struct icaltimetype until)
{
	struct icalrecurrencetype rule;
	struct text t;

	write_rule(r, false, &t);
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
	if (!read_rule(rule, &w->rule) || !read_time(start, &w->start) ||
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

/* ---- questions ------------------------------------------------------------------------------ */

bool recur_canonical(struct brg_str rule, struct brg_arena *arena, struct brg_str *out)
{
	const struct icaltimetype start = { .year = 2000, .month = 1, .day = 1, .is_date = 1 };
	icalrecur_iterator *it;
	struct rule r;
	struct text t;

	if (!read_rule(rule, &r))
		return false;
	/* What can never be ("30 February") is refused by libical. */
	it = open_rule(&r, start, icaltime_null_time());
	if (!it)
		return false;
	icalrecur_iterator_free(it);
	write_rule(&r, true, &t);
	*out = arena_dup(arena, t.at, t.n);
	return true;
}

static bool has_value(const struct list *list, int value, int from_end)
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
	const struct rule *r = &w->rule;
	const struct list *days = &r->by[BYDAY];
	const int month_days = icaltime_days_in_month(at.month, at.year);
	const int weekday = (icaltime_day_of_week(at) + 5) % 7 + 1;
	bool day = days->n == 0;

	for (size_t i = 0; i < days->n && !day; i++)
		day = day_of(days->at[i]) == weekday;
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

	if (!walk_begin(&w, rule, start) || !read_time(at, &wanted) || !is_likely(&w, wanted))
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
	if (from.len && (!read_time(from, &first) || first.is_date != w.start.is_date))
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
