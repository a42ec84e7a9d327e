/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments as mailers write them (RFC 5322 sections 3.3 and 4.3, and worse). Day, year and time
 * are known by their form and order, months and zones by their names, so that most orders are
 * read; what could be read in two ways is none.
 */
#include "core/mime-private.h"

#include <strings.h>

#define UNKNOWN	    (-1)
#define DIGITS_MAX  9
#define COMMENT_MAX 256 /* bytes; what is longer is none */

struct moment {
	int day, month, year;
	int seconds; /* of the day */
	int zone;    /* minutes east of Greenwich */
	bool has_zone;
	bool pm;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters of any alphabet. */
static bool is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

/* Behind blanks and comments. */
static const char *skip(const char *p)
{
	for (;;) {
		int depth = 1;
		const char *q = p + 1;

		while (mime_blank(*p))
			q = ++p + 1;
		if (*p != '(')
			return p;
		for (; *q && depth && q - p < COMMENT_MAX; q++)
			depth += *q == '(' ? 1 : *q == ')' ? -1 : 0;
		p = depth ? p + 1 : q;
	}
}

/* A number of at most DIGITS_MAX digits; UNKNOWN: there is none, or it is longer. */
static int number(const char **p, size_t *digits)
{
	int n = 0;

	for (*digits = 0; is_digit(**p); (*p)++, (*digits)++)
		n = *digits < DIGITS_MAX ? n * 10 + (**p - '0') : n;
	return *digits == 0 || *digits > DIGITS_MAX ? UNKNOWN : n;
}

/* 1 to 12, 0: it is none. Whole names, and their first three letters. */
static int month(const char *word, size_t n)
{
	static const char *const names[] = { "january",	  "february", "march",	  "april",
					     "may",	  "june",     "july",	  "august",
					     "september", "october",  "november", "december" };

	for (size_t i = 0; i < 12; i++)
		if ((n == 3 || n == strlen(names[i])) && strncasecmp(word, names[i], n) == 0)
			return (int)i + 1;
	return n == 4 && strncasecmp(word, "sept", n) == 0 ? 9 : 0;
}

/* RFC 5322 section 4.3: of all other names nobody knows what they mean. */
static bool named_zone(const char *word, size_t n, int *zone)
{
	static const struct {
		const char *name;
		int hours;
	} names[] = { { "gmt", 0 },  { "utc", 0 },  { "ut", 0 },   { "z", 0 },
		      { "edt", -4 }, { "est", -5 }, { "cdt", -5 }, { "cst", -6 },
		      { "mdt", -6 }, { "mst", -7 }, { "pdt", -7 }, { "pst", -8 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n && strncasecmp(names[i].name, word, n) == 0) {
			*zone = 60 * names[i].hours;
			return true;
		}
	return false;
}

/* "+0100" or "+01:00" behind the time. */
static const char *zone(struct moment *m, const char *p)
{
	int sign = *p++ == '-' ? -1 : 1, hours, minutes;
	size_t digits;

	hours = number(&p, &digits);
	minutes = hours % 100;
	if (digits == 4) {
		hours /= 100;
	} else {
		minutes = 0;
		if (digits <= 2 && *p == ':' && is_digit(p[1])) {
			p++;
			minutes = number(&p, &digits);
		}
	}
	if (hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60) {
		m->zone = sign * (hours * 60 + minutes);
		m->has_zone = true;
	}
	return p;
}

/* Hours stood in front of p: ":23", ":23:43", dots instead, a fraction. False: no time. */
static bool rest_of_time(struct moment *m, int hours, const char **p)
{
	int minutes, seconds = 0;
	size_t digits;
	char dot = **p;

	*p = skip(*p + 1);
	minutes = number(p, &digits);
	if (*skip(*p) == dot) {
		*p = skip(skip(*p) + 1);
		seconds = number(p, &digits);
	}
	if (**p == '.' || **p == ',')
		for ((*p)++; is_digit(**p);)
			(*p)++;
	if (hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
		return false;
	m->seconds = (hours * 60 + minutes) * 60 + seconds;
	return true;
}

/* Is the number in front of p the hours? Dots may be those of a date. */
static bool is_time(const struct moment *m, const char *p)
{
	const char *q = skip(p);

	if (m->seconds != UNKNOWN)
		return false;
	return *q == ':' ||
	       (*p == '.' && is_digit(p[1]) && is_digit(p[2]) && p[3] == '.' && m->year != UNKNOWN);
}

/* RFC 5322 section 4.3. */
static int whole_year(int year, size_t digits)
{
	return digits == 2 ? year + (year < 50 ? 2000 : 1900) : digits == 3 ? year + 1900 : year;
}

/* A day, a month or a year. False: it is one number too many. */
static bool part_of_date(struct moment *m, int n, size_t digits)
{
	if (digits > 4)
		return false;
	if (m->year == UNKNOWN && (digits > 2 || m->day != UNKNOWN))
		m->year = whole_year(n, digits);
	else if (m->month == UNKNOWN && m->day == UNKNOWN && m->year != UNKNOWN)
		m->month = n >= 1 && n <= 12 ? n : 0;
	else if (m->day == UNKNOWN)
		m->day = n;
	else
		return false;
	return true;
}

static const char *word(struct moment *m, const char *p)
{
	const char *end = p;
	size_t n;

	while (is_letter(*end))
		end++;
	n = (size_t)(end - p);
	if (m->month == UNKNOWN && month(p, n)) {
		m->month = month(p, n);
		/* "23-Nov-26": that is no zone. */
		return end + (*end == '-' || *end == '.');
	}
	if (m->seconds != UNKNOWN) {
		/* "GMT+0100" is told behind it. */
		if (named_zone(p, n, &m->zone))
			m->has_zone = *end != '+' && *end != '-';
		m->pm = m->pm || (n == 2 && strncasecmp(p, "pm", 2) == 0);
	}
	return end;
}

/* One number and what belongs to it. NULL: no date has it. */
static const char *digits(struct moment *m, const char *p)
{
	size_t n;
	int value = number(&p, &n);

	if (value == UNKNOWN)
		return NULL;
	if (is_time(m, p)) {
		p = skip(p);
		return rest_of_time(m, value, &p) ? p : NULL;
	}
	if (*p == '/' || !part_of_date(m, value, n))
		return NULL; /* whose order? */
	return *p == '-' && is_digit(p[1]) && m->seconds == UNKNOWN ? p + 1 : p;
}

static bool is_whole(const struct moment *m)
{
	return m->day != UNKNOWN && m->month != UNKNOWN && m->year != UNKNOWN &&
	       m->seconds != UNKNOWN && m->has_zone;
}

/* Days since 1970-01-01 in the Gregorian calendar; years begin with March, so that the day that
 * is not in all of them is their last. */
static int64_t days(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int days_of(int year, int month)
{
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 ? 28 + leap : 30 + ((month + (month > 7)) & 1);
}

int64_t mime_date(const char *p)
{
	struct moment m = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 0, false, false };
	int64_t us;

	while (p && *(p = skip(p)) && !is_whole(&m)) {
		if (is_digit(*p))
			p = digits(&m, p);
		else if (is_letter(*p))
			p = word(&m, p);
		else if ((*p == '+' || *p == '-') && is_digit(p[1]) && m.seconds != UNKNOWN)
			p = zone(&m, p);
		else
			p++;
	}
	/* What follows a date does not matter, what is amid it does. */
	if ((!p && m.seconds == UNKNOWN) || m.day < 1 || m.month < 1 || m.year < 1970 ||
	    m.day > days_of(m.year, m.month))
		return 0;
	if (m.seconds == UNKNOWN)
		m.seconds = 0;
	if (m.pm && m.seconds < 12 * 3600)
		m.seconds += 12 * 3600;
	us = ((days(m.year, m.month, m.day) * 24 * 60 - m.zone) * 60 + m.seconds) * 1000000;
	return us > 0 ? us : 0;
}
