/* SPDX-License-Identifier: Apache-2.0 */
#include "moment.h"

#define HOUR_US INT64_C(3600000000)

static bool digits(const char *p, size_t n, int *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*out = 10 * *out + (p[i] - '0');
	}
	return true;
}

/* "Z", "+01:00", or nothing. */
static bool read_offset(struct brg_str s, int64_t *us)
{
	int hours, minutes;

	*us = 0;
	if (s.len == 0 || (s.len == 1 && s.ptr[0] == 'Z'))
		return true;
	if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-') || s.ptr[3] != ':' ||
	    !digits(s.ptr + 1, 2, &hours) || !digits(s.ptr + 4, 2, &minutes) || hours > 14 ||
	    minutes > 59)
		return false;
	*us = (hours * HOUR_US + minutes * HOUR_US / 60) * (s.ptr[0] == '-' ? -1 : 1);
	return true;
}

/* Digits behind the point; more than six say nothing that is kept. */
static size_t read_fraction(struct brg_str s, int64_t *us)
{
	int64_t unit = 100000;
	size_t i = 1;

	*us = 0;
	if (s.len == 0 || s.ptr[0] != '.')
		return 0;
	for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, unit /= 10)
		*us += (s.ptr[i] - '0') * unit;
	return i;
}

bool moment_read(const struct exchange *x, struct brg_str text, int64_t *us)
{
	struct brg_str rest;
	int64_t fraction, offset;
	size_t n;

	if (text.len < 19)
		return false;
	rest = (struct brg_str){ text.ptr + 19, text.len - 19 };
	n = read_fraction(rest, &fraction);
	rest = (struct brg_str){ rest.ptr + n, rest.len - n };
	if (!read_offset(rest, &offset) ||
	    !x->zones->instant((struct brg_str){ text.ptr, 19 }, (struct brg_str){ "", 0 }, us))
		return false;
	*us += fraction - offset;
	return true;
}

bool moment_write(const struct exchange *x, int64_t us, char out[MOMENT_TEXT])
{
	char wall[20];

	if (!x->zones->wall(us, brg_cstr("Etc/UTC"), wall))
		return false;
	(void)snprintf(out, MOMENT_TEXT, "%sZ", wall);
	return true;
}

bool moment_date(const struct exchange *x, struct brg_str text, char out[11])
{
	char wall[MOMENT_TEXT];
	int64_t us;

	if (!moment_read(x, text, &us) || !moment_write(x, us + 12 * HOUR_US, wall))
		return false;
	memcpy(out, wall, 10);
	out[10] = '\0';
	return true;
}
