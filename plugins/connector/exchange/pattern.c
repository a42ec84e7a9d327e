/* SPDX-License-Identifier: Apache-2.0 */
#include "pattern.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MOST 31

static const char day_names[7][3] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

/* ---- rules (RFC 5545 section 3.3.10), as the core spells them -------------------------------*/

struct list {
	int at[LIST_MOST];
	size_t n;
};

struct rule {
	char freq[8];
	int interval, count, week_start;
	char until[16]; /* "20260105" or "20260105T090000" */
	struct list months, month_days, set_pos;
	struct list days, places; /* of BYDAY: 0 to 6, and the place of each (0: none) */
	bool other;		  /* it has a part that no pattern has */
};

static int day_of(const char *text)
{
	for (int i = 0; i < 7; i++)
		if (strncmp(text, day_names[i], 2) == 0)
			return i;
	return -1;
}

static bool add(struct list *list, int value)
{
	if (list->n == LIST_MOST)
		return false;
	list->at[list->n++] = value;
	return true;
}

static bool read_days(char *text, struct rule *r)
{
	for (char *rest = NULL, *one = strtok_r(text, ",", &rest); one;
	     one = strtok_r(NULL, ",", &rest)) {
		char *end;
		int place = (int)strtol(one, &end, 10), day = day_of(end);

		if (day < 0 || !add(&r->days, day) || !add(&r->places, place))
			return false;
	}
	return true;
}

static bool read_list(char *text, struct list *list)
{
	for (char *rest = NULL, *one = strtok_r(text, ",", &rest); one;
	     one = strtok_r(NULL, ",", &rest))
		if (!add(list, atoi(one)))
			return false;
	return true;
}

static bool read_part(const char *name, char *value, struct rule *r)
{
	if (strcmp(name, "FREQ") == 0)
		(void)snprintf(r->freq, sizeof(r->freq), "%s", value);
	else if (strcmp(name, "INTERVAL") == 0)
		r->interval = atoi(value);
	else if (strcmp(name, "COUNT") == 0)
		r->count = atoi(value);
	else if (strcmp(name, "UNTIL") == 0)
		(void)snprintf(r->until, sizeof(r->until), "%s", value);
	else if (strcmp(name, "WKST") == 0)
		r->week_start = day_of(value);
	else if (strcmp(name, "BYMONTH") == 0)
		return read_list(value, &r->months);
	else if (strcmp(name, "BYMONTHDAY") == 0)
		return read_list(value, &r->month_days);
	else if (strcmp(name, "BYSETPOS") == 0)
		return read_list(value, &r->set_pos);
	else if (strcmp(name, "BYDAY") == 0)
		return read_days(value, r);
	else
		r->other = true;
	return true;
}

static bool read_rule(struct brg_str text, struct rule *r)
{
	char copy[512];

	*r = (struct rule){ .interval = 1 };
	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	for (char *rest = NULL, *part = strtok_r(copy, ";", &rest); part;
	     part = strtok_r(NULL, ";", &rest)) {
		char *sign = strchr(part, '=');

		if (!sign)
			return false;
		*sign = '\0';
		if (!read_part(part, sign + 1, r))
			return false;
	}
	return !r->other && r->interval > 0 && r->week_start >= 0;
}

/* ---- dates ----------------------------------------------------------------------------------*/

struct day {
	int year, month, day;
};

/* "YYYY-MM-DD..." or "YYYYMMDD..." */
static struct day day_from(const char *text)
{
	bool dashes = text[4] == '-';
	char year[5] = "", month[3] = "", day[3] = "";

	memcpy(year, text, 4);
	memcpy(month, text + (dashes ? 5 : 4), 2);
	memcpy(day, text + (dashes ? 8 : 6), 2);
	return (struct day){ atoi(year), atoi(month), atoi(day) };
}

/* In every year. */
static int shortest(int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1];
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static void day_before(struct day *d)
{
	if (--d->day > 0)
		return;
	if (--d->month == 0) {
		d->month = 12;
		d->year--;
	}
	d->day = shortest(d->month) + (d->month == 2 && is_leap(d->year));
}

/* Sakamoto's way; 0: Monday. */
static int weekday(struct day d)
{
	static const int shift[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
	int year = d.year - (d.month < 3);

	return (year + year / 4 - year / 100 + year / 400 + shift[d.month - 1] + d.day + 6) % 7;
}

/* ---- from a rule ----------------------------------------------------------------------------*/

/* 28, 29, .. as far as n of them go, of which the last is taken. */
static bool is_clamped(const struct rule *r)
{
	for (size_t i = 0; i < r->month_days.n; i++)
		if (r->month_days.at[i] != 28 + (int)i)
			return false;
	return r->month_days.n > 1 && r->set_pos.n == 1 && r->set_pos.at[0] == -1;
}

/* The day of a month, as a pattern has it: of the 31st that there is not the last. A rule passes
 * over months that lack the day. 0: no pattern does. */
static int month_day(const struct rule *r, int start, int safe)
{
	int day = r->month_days.n ? r->month_days.at[0] : start;

	if (is_clamped(r))
		return 27 + (int)r->month_days.n;
	if (r->month_days.n > 1 || r->set_pos.n)
		return 0;
	if (day == -1)
		return 31;
	return day >= 1 && day <= safe ? day : 0;
}

static bool nth_day(const struct rule *r, struct pattern *p)
{
	int place = r->places.at[0];

	if (r->month_days.n)
		return false;
	for (size_t i = 0; i < r->days.n; i++) {
		p->days |= PATTERN_DAY(r->days.at[i]);
		if (r->places.at[i] && r->days.n > 1)
			return false;
	}
	if (!place && r->set_pos.n == 1)
		place = r->set_pos.at[0];
	else if (r->set_pos.n)
		return false;
	if (place != -1 && (place < 1 || place > 4))
		return false;
	p->nth = place == -1 ? PATTERN_LAST : place;
	return r->days.n == 1 || p->days == PATTERN_WORKDAYS || p->days == PATTERN_WEEKEND ||
	       p->days == PATTERN_ALL_DAYS;
}

static bool weekly(const struct rule *r, struct day start, struct pattern *p)
{
	p->type = PATTERN_WEEKLY;
	p->week_start = r->interval > 1 ? r->week_start : 0;
	for (size_t i = 0; i < r->days.n; i++) {
		if (r->places.at[i])
			return false;
		p->days |= PATTERN_DAY(r->days.at[i]);
	}
	if (!p->days)
		p->days = PATTERN_DAY(weekday(start));
	return !r->months.n && !r->month_days.n && !r->set_pos.n;
}

static bool monthly(const struct rule *r, struct day start, struct pattern *p)
{
	if (r->months.n)
		return false;
	if (r->days.n) {
		p->type = PATTERN_MONTHLY_NTH;
		return nth_day(r, p);
	}
	p->type = PATTERN_MONTHLY;
	p->day = month_day(r, start.day, 28);
	return p->day != 0;
}

/* Every other year is every 24 months: patterns of years have no interval. */
static bool yearly(const struct rule *r, struct day start, struct pattern *p)
{
	p->month = r->months.n ? r->months.at[0] : start.month;
	if (r->months.n > 1 || (!r->months.n && (r->days.n || r->month_days.n)) || p->month < 1 ||
	    p->month > 12)
		return false;
	if (r->days.n) {
		p->type = PATTERN_YEARLY_NTH;
		if (!nth_day(r, p))
			return false;
	} else {
		p->type = PATTERN_YEARLY;
		p->day = month_day(r, start.day, shortest(p->month));
		if (p->day > shortest(p->month))
			p->day = shortest(p->month) + (p->month == 2);
		if (p->day == 0)
			return false;
	}
	if (r->interval == 1)
		return true;
	if (p->month != start.month)
		return false;
	p->type = r->days.n ? PATTERN_MONTHLY_NTH : PATTERN_MONTHLY;
	p->interval = 12 * r->interval;
	p->month = 0;
	return true;
}

/* The last day on which one may start. */
static void take_until(const struct rule *r, struct brg_str start, struct pattern *p)
{
	struct day last = day_from(r->until);
	char time[7] = "";

	if (start.len > 10)
		(void)snprintf(time, sizeof(time), "%.2s%.2s%.2s", start.ptr + 11, start.ptr + 14,
			       start.ptr + 17);
	if (r->until[8] == 'T' && start.len > 10 && strcmp(r->until + 9, time) < 0)
		day_before(&last);
	(void)snprintf(p->until, sizeof(p->until), "%04u-%02u-%02u", (unsigned)last.year % 10000,
		       (unsigned)last.month % 100, (unsigned)last.day % 100);
}

bool pattern_from_rule(struct brg_str rule, struct brg_str start, struct pattern *out)
{
	struct rule r;
	struct day first;
	bool same;

	*out = (struct pattern){ 0 };
	if (start.len < 10 || !read_rule(rule, &r))
		return false;
	first = day_from(start.ptr);
	out->interval = r.interval;
	out->count = r.count;
	if (strcmp(r.freq, "DAILY") == 0) {
		out->type = PATTERN_DAILY;
		same = !r.days.n && !r.months.n && !r.month_days.n && !r.set_pos.n;
	} else if (strcmp(r.freq, "WEEKLY") == 0) {
		same = weekly(&r, first, out);
	} else if (strcmp(r.freq, "MONTHLY") == 0) {
		same = monthly(&r, first, out);
	} else {
		same = yearly(&r, first, out);
	}
	if (*r.until)
		take_until(&r, start, out);
	/* What Outlook's own dialogue takes. */
	return same && out->interval <= (out->type == PATTERN_DAILY ? 999 : 99) &&
	       out->count <= 999;
}

/* ---- to a rule ------------------------------------------------------------------------------*/

struct text {
	char *at;
	size_t n;
};

static void BRG_PRINTF(2, 3) say(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->n += (size_t)vsnprintf(t->at + t->n, PATTERN_RULE_MAX - t->n, format, ap);
	va_end(ap);
}

static void say_days(struct text *t, unsigned days, int nth)
{
	const char *lead = ";BYDAY=";

	for (int i = 0; i < 7; i++) {
		if (!(days & PATTERN_DAY(i)))
			continue;
		say(t, "%s", lead);
		if (nth)
			say(t, "%d", nth == PATTERN_LAST ? -1 : nth);
		say(t, "%s", day_names[i]);
		lead = ",";
	}
}

static void say_nth(struct text *t, const struct pattern *p)
{
	bool one = (p->days & (p->days - 1)) == 0;

	if (p->days == PATTERN_ALL_DAYS) {
		say(t, ";BYMONTHDAY=%d", p->nth == PATTERN_LAST ? -1 : p->nth);
		return;
	}
	say_days(t, p->days, one ? p->nth : 0);
	if (!one)
		say(t, ";BYSETPOS=%d", p->nth == PATTERN_LAST ? -1 : p->nth);
}

/* The 31st is the last day of every month, the 29th of February the last one of that. */
static void say_day(struct text *t, int day, int month)
{
	int safe = month ? shortest(month) : 28;

	if (day <= safe)
		say(t, ";BYMONTHDAY=%d", day);
	else if (month == 2 || (!month && day > 30))
		say(t, ";BYMONTHDAY=-1");
	else if (month)
		say(t, ";BYMONTHDAY=%d", safe);
	else
		say(t, ";BYMONTHDAY=28,29%s;BYSETPOS=-1", day == 30 ? ",30" : "");
}

static void say_range(struct text *t, const struct pattern *p)
{
	if (p->count)
		say(t, ";COUNT=%d", p->count);
	else if (*p->until)
		say(t, ";UNTIL=%.4s%.2s%.2s", p->until, p->until + 5, p->until + 8);
}

void pattern_to_rule(const struct pattern *p, char out[PATTERN_RULE_MAX])
{
	static const char *const freqs[] = {
		[PATTERN_DAILY] = "DAILY",     [PATTERN_WEEKLY] = "WEEKLY",
		[PATTERN_MONTHLY] = "MONTHLY", [PATTERN_MONTHLY_NTH] = "MONTHLY",
		[PATTERN_YEARLY] = "YEARLY",   [PATTERN_YEARLY_NTH] = "YEARLY",
	};
	struct text t = { out, 0 };

	say(&t, "FREQ=%s", freqs[p->type]);
	if (p->interval > 1 && p->type < PATTERN_YEARLY)
		say(&t, ";INTERVAL=%d", p->interval);
	say_range(&t, p);
	if (p->type >= PATTERN_YEARLY)
		say(&t, ";BYMONTH=%d", p->month);
	if (p->type == PATTERN_WEEKLY)
		say_days(&t, p->days, 0);
	if (p->type == PATTERN_MONTHLY || p->type == PATTERN_YEARLY)
		say_day(&t, p->day, p->month);
	if (p->type == PATTERN_MONTHLY_NTH || p->type == PATTERN_YEARLY_NTH)
		say_nth(&t, p);
	if (p->type == PATTERN_WEEKLY && p->interval > 1 && p->week_start)
		say(&t, ";WKST=%s", day_names[p->week_start]);
}

bool pattern_eq(const struct pattern *a, const struct pattern *b)
{
	char x[PATTERN_RULE_MAX], y[PATTERN_RULE_MAX];

	pattern_to_rule(a, x);
	pattern_to_rule(b, y);
	return strcmp(x, y) == 0;
}
