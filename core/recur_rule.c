/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules are read here, strictly and in full, for libical passes over what it does not know.
 */
#include "core/recur-private.h"

#include "core/zone.h"

#include <stdlib.h>
#include <strings.h>

#define RULE_MAX 4096 /* bytes of a rule */

/* ---- the parts of a rule --------------------------------------------------------------------*/

static const char *const freq_names[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };

/* From Monday on, as 1 to 7. */
static const char day_names[][3] = { "", "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static const struct {
	const char *name;
	int greatest;
	bool from_end; /* -1 is the last */
	size_t most;   /* values */
} parts[RECUR_PARTS] = {
	[BYMONTH] = { "BYMONTH", 12, false, 12 },
	[BYYEARDAY] = { "BYYEARDAY", 366, true, 366 },
	[BYMONTHDAY] = { "BYMONTHDAY", 31, true, 31 },
	[BYDAY] = { "BYDAY", 53, true, 70 },
	[BYSETPOS] = { "BYSETPOS", 366, true, 366 },
};

/* A weekday with its place in the month or year is one number. */
#define PLACED(place, day) ((place)*8 + (day))

int recur_day(int value)
{
	return value & 7;
}

int recur_place(int value)
{
	return (value - recur_day(value)) / 8;
}

/* ---- reading --------------------------------------------------------------------------------*/

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
static bool read_place(struct brg_str s, enum recur_part part, int *out)
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

static bool add_value(struct recur_list *list, size_t most, int value)
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
	const short px = (short)recur_place(x), py = (short)recur_place(y);

	return px == py ? x - y : by_value(&px, &py);
}

static bool read_list(struct brg_str s, enum recur_part part, struct recur_list *list)
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
bool recur_read_time(struct brg_str s, struct icaltimetype *out)
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
	return recur_read_time((struct brg_str){ text, (size_t)n }, out);
}

static bool read_part(struct brg_str name, struct brg_str value, struct recur_rule *r,
		      unsigned *seen)
{
	static const char *const single[] = { "INTERVAL", "COUNT", "UNTIL", "WKST" };
	size_t which = 0;

	for (enum recur_part p = 0; p < RECUR_PARTS; p++)
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

static bool has_places(const struct recur_rule *r)
{
	for (size_t i = 0; i < r->by[BYDAY].n; i++)
		if (recur_place(r->by[BYDAY].at[i]))
			return true;
	return false;
}

/* What RFC 5545 lets stand together. A choice of days that is not one of a month's or a year's
 * is refused too: libical would pass over it. */
static bool is_sound(const struct recur_rule *r)
{
	const struct recur_list *by = r->by;

	if (r->count && r->until.year)
		return false;
	if (by[BYYEARDAY].n && r->freq != YEARLY)
		return false;
	if (by[BYMONTHDAY].n && r->freq == WEEKLY)
		return false;
	if (has_places(r) && r->freq < MONTHLY)
		return false;
	return !by[BYSETPOS].n || (r->freq >= MONTHLY && (by[BYMONTH].n || by[BYYEARDAY].n ||
							  by[BYMONTHDAY].n || by[BYDAY].n));
}

/* ---- one spelling ---------------------------------------------------------------------------*/

/* The second Monday is one choice of all Mondays, or the Monday with that place. */
static void place_day(struct recur_rule *r)
{
	struct recur_list *by = r->by;
	const bool month = r->freq == MONTHLY || by[BYMONTH].n == 1;

	if (month && by[BYSETPOS].n == 1 && by[BYDAY].n == 1 && !has_places(r) &&
	    !by[BYMONTHDAY].n && !by[BYYEARDAY].n && abs(by[BYSETPOS].at[0]) <= 5) {
		by[BYDAY].at[0] = (short)PLACED(by[BYSETPOS].at[0], by[BYDAY].at[0]);
		by[BYSETPOS].n = 0;
	}
}

/* Rules that say the same in other words. */
static void settle(struct recur_rule *r)
{
	struct recur_list *by = r->by;
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
	/* Where a week begins matters to every other week. */
	if (!(r->freq == WEEKLY && !every && by[BYDAY].n))
		r->week_start = 1;
}

bool recur_read(struct brg_str s, struct recur_rule *r)
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

/* ---- writing --------------------------------------------------------------------------------*/

static void BRG_PRINTF(2, 3) add(struct recur_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, fmt, ap);
	va_end(ap);
}

static void add_list(struct recur_text *t, enum recur_part part, const struct recur_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const int v = list->at[i];

		add(t, i ? "," : ";%s=", parts[part].name);
		if (part != BYDAY)
			add(t, "%d", v);
		else if (recur_place(v))
			add(t, "%d%s", recur_place(v), day_names[recur_day(v)]);
		else
			add(t, "%s", day_names[recur_day(v)]);
	}
}

void recur_write(const struct recur_rule *r, bool until, struct recur_text *t)
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
	for (enum recur_part p = 0; p < RECUR_PARTS; p++)
		add_list(t, p, &r->by[p]);
	if (r->week_start != 1)
		add(t, ";WKST=%s", day_names[r->week_start]);
}
