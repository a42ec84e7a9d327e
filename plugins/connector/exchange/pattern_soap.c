/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns as elements: RecurrenceType of the schema.
 */
#include "pattern_soap.h"

#include <stdlib.h>

static const char *const elements[] = {
	[PATTERN_DAILY] = "DailyRecurrence",
	[PATTERN_WEEKLY] = "WeeklyRecurrence",
	[PATTERN_MONTHLY] = "AbsoluteMonthlyRecurrence",
	[PATTERN_MONTHLY_NTH] = "RelativeMonthlyRecurrence",
	[PATTERN_YEARLY] = "AbsoluteYearlyRecurrence",
	[PATTERN_YEARLY_NTH] = "RelativeYearlyRecurrence",
};

static const struct {
	const char *word;
	unsigned days;
} days[] = {
	{ "Monday", PATTERN_DAY(0) },	   { "Tuesday", PATTERN_DAY(1) },
	{ "Wednesday", PATTERN_DAY(2) },   { "Thursday", PATTERN_DAY(3) },
	{ "Friday", PATTERN_DAY(4) },	   { "Saturday", PATTERN_DAY(5) },
	{ "Sunday", PATTERN_DAY(6) },	   { "Weekday", PATTERN_WORKDAYS },
	{ "WeekendDay", PATTERN_WEEKEND }, { "Day", PATTERN_ALL_DAYS },
};
#define DAYS (sizeof(days) / sizeof(days[0]))

static const char *const places[] = { "", "First", "Second", "Third", "Fourth", "Last" };
static const char *const months[] = { "",	 "January",  "February", "March",  "April",
				      "May",	 "June",     "July",	 "August", "September",
				      "October", "November", "December" };

/* ---- reading --------------------------------------------------------------------------------*/

static int word_of(struct brg_str text, const char *const *words, int n)
{
	for (int i = 1; i < n; i++)
		if (brg_str_eq(text, brg_cstr(words[i])))
			return i;
	return 0;
}

/* Days with blanks between them; 0: one is unknown. */
static unsigned days_of(struct brg_str text)
{
	unsigned found = 0;

	for (size_t at = 0; at < text.len;) {
		size_t n = strcspn(text.ptr + at, " "), i = 0;

		while (i < DAYS &&
		       !brg_str_eq((struct brg_str){ text.ptr + at, n }, brg_cstr(days[i].word)))
			i++;
		if (n && i == DAYS)
			return 0;
		if (n)
			found |= days[i].days;
		at += n + 1;
	}
	return found;
}

static int number_of(struct exchange *x, const xmlNode *node, const char *name)
{
	return atoi(soap_value_of(x, node, name).ptr);
}

static bool read_range(struct exchange *x, const xmlNode *node, struct pattern *out)
{
	struct brg_str end = soap_value_of(x, node, "EndDate");

	if (soap_is(node, "NoEndRecurrence"))
		return true;
	out->count = number_of(x, node, "NumberOfOccurrences");
	if (soap_is(node, "NumberedRecurrence"))
		return out->count > 0;
	/* xs:date, which may have an offset. */
	(void)snprintf(out->until, sizeof(out->until), "%.10s", end.ptr);
	return soap_is(node, "EndDateRecurrence") && end.len >= 10;
}

static bool read_week(struct exchange *x, const xmlNode *node, struct pattern *out)
{
	unsigned first = days_of(soap_value_of(x, node, "FirstDayOfWeek"));

	out->week_start = 6; /* where nothing is told, weeks begin on Sunday */
	for (int i = 0; i < 7; i++)
		if (first == PATTERN_DAY(i))
			out->week_start = i;
	return out->days != 0;
}

static bool read_pattern(struct exchange *x, const xmlNode *node, struct pattern *out)
{
	int interval = number_of(x, node, "Interval");

	for (out->type = PATTERN_DAILY; out->type <= PATTERN_YEARLY_NTH; out->type++)
		if (soap_is(node, elements[out->type]))
			break;
	out->interval = interval > 0 ? interval : 1;
	out->days = days_of(soap_value_of(x, node, "DaysOfWeek"));
	out->nth = word_of(soap_value_of(x, node, "DayOfWeekIndex"), places, 6);
	out->day = number_of(x, node, "DayOfMonth");
	out->month = word_of(soap_value_of(x, node, "Month"), months, 13);
	switch (out->type) {
	case PATTERN_DAILY:
		return true;
	case PATTERN_WEEKLY:
		return read_week(x, node, out);
	case PATTERN_MONTHLY:
		return out->day > 0;
	case PATTERN_MONTHLY_NTH:
		return out->days && out->nth;
	case PATTERN_YEARLY:
		return out->day > 0 && out->month;
	case PATTERN_YEARLY_NTH:
		return out->days && out->nth && out->month;
	default:
		return false;
	}
}

bool pattern_read(struct exchange *x, const xmlNode *recurrence, struct pattern *out)
{
	const xmlNode *pattern = soap_first(recurrence);

	*out = (struct pattern){ 0 };
	return read_pattern(x, pattern, out) && read_range(x, soap_next(pattern), out);
}

/* ---- writing --------------------------------------------------------------------------------*/

static void write_number(struct soap *s, const char *name, int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", value);
	soap_leaf(s, name, brg_cstr(text));
}

/* One word for several days only where it is the only one. */
static void write_days(struct soap *s, const struct pattern *p)
{
	char text[80] = "";
	size_t n = 0;

	for (size_t i = DAYS; p->type != PATTERN_WEEKLY && n == 0 && i > 0; i--)
		if (days[i - 1].days == p->days)
			n = (size_t)snprintf(text, sizeof(text), "%s", days[i - 1].word);
	for (int i = 0; p->type == PATTERN_WEEKLY && i < 7; i++)
		if (p->days & PATTERN_DAY(i))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
					      days[i].word);
	soap_leaf(s, "t:DaysOfWeek", brg_cstr(text));
}

static void write_pattern(struct soap *s, const struct pattern *p)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "t:%s", elements[p->type]);
	soap_open(s, name);
	if (p->type < PATTERN_YEARLY)
		write_number(s, "t:Interval", p->interval);
	if (p->days)
		write_days(s, p);
	if (p->nth)
		soap_leaf(s, "t:DayOfWeekIndex", brg_cstr(places[p->nth]));
	if (p->day)
		write_number(s, "t:DayOfMonth", p->day);
	if (p->month)
		soap_leaf(s, "t:Month", brg_cstr(months[p->month]));
	if (p->type == PATTERN_WEEKLY)
		soap_leaf(s, "t:FirstDayOfWeek", brg_cstr(days[p->week_start].word));
	soap_close(s);
}

void pattern_write(struct soap *s, const struct pattern *p, struct brg_str first_day)
{
	soap_open(s, "t:Recurrence");
	write_pattern(s, p);
	soap_open(s, p->count	 ? "t:NumberedRecurrence"
		     : *p->until ? "t:EndDateRecurrence"
				 : "t:NoEndRecurrence");
	soap_leaf(s, "t:StartDate", first_day);
	if (p->count)
		write_number(s, "t:NumberOfOccurrences", p->count);
	else if (*p->until)
		soap_leaf(s, "t:EndDate", brg_cstr(p->until));
	soap_close(s);
	soap_close(s);
}
