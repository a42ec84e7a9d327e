/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/moment.h"

#include "core/options.h"

#include <time.h>

/* So many digits as a number; -1: they are none. */
static int digits(struct brg_str *s, size_t n)
{
	int out = 0;

	if (s->len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return -1;
		out = 10 * out + s->ptr[i] - '0';
	}
	s->ptr += n;
	s->len -= n;
	return out;
}

static bool next_is(struct brg_str *s, const char *one_of)
{
	if (s->len == 0 || !strchr(one_of, s->ptr[0]))
		return false;
	s->ptr++;
	s->len--;
	return true;
}

static bool day(struct brg_str *s, struct tm *tm)
{
	int year = digits(s, 4), month, mday;

	if (year < 1970 || !next_is(s, "-"))
		return false;
	month = digits(s, 2);
	if (month < 1 || !next_is(s, "-"))
		return false;
	mday = digits(s, 2);
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = mday;
	return mday >= 1;
}

static bool time_of_day(struct brg_str *s, struct tm *tm)
{
	tm->tm_hour = digits(s, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !next_is(s, ":"))
		return false;
	tm->tm_min = digits(s, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (next_is(s, ":"))
		tm->tm_sec = digits(s, 2);
	return tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

/* Seconds to be taken off to reach UTC. */
static bool offset(struct brg_str *s, int64_t *seconds)
{
	int sign, hours, minutes = 0;

	*seconds = 0;
	if (s->len == 0 || (next_is(s, "Zz") && s->len == 0))
		return true;
	sign = s->ptr[0] == '-' ? -1 : 1;
	if (!next_is(s, "+-"))
		return false;
	hours = digits(s, 2);
	if (s->len) {
		(void)next_is(s, ":");
		minutes = digits(s, 2);
	}
	*seconds = sign * (hours * 3600 + minutes * 60);
	return s->len == 0 && hours >= 0 && hours <= 14 && minutes >= 0 && minutes <= 59;
}

static bool calendar(struct brg_str s, int64_t *out_us)
{
	struct tm tm = { 0 }, back;
	int64_t east = 0;
	time_t t;

	if (!day(&s, &tm) ||
	    (s.len && (!next_is(&s, "Tt ") || !time_of_day(&s, &tm) || !offset(&s, &east))))
		return false;
	back = tm;
	t = timegm(&back);
	/* The 31st of February is a day of March. */
	if (back.tm_mday != tm.tm_mday || back.tm_mon != tm.tm_mon)
		return false;
	*out_us = ((int64_t)t - east) * 1000000;
	return *out_us > 0;
}

bool moment_parse(struct brg_str text, int64_t now_us, bool ahead, int64_t *out_us)
{
	int64_t ms;

	if (brg_str_eq(text, brg_cstr("now"))) {
		*out_us = now_us;
		return true;
	}
	if (option_duration(text, &ms) == 0) {
		if (ms > (ahead ? INT64_MAX / 1000 - now_us / 1000 : now_us / 1000 - 1))
			return false;
		*out_us = ahead ? now_us + ms * 1000 : now_us - ms * 1000;
		return true;
	}
	return calendar(text, out_us);
}
