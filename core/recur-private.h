/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule as it was read.
 */
#ifndef BRG_CORE_RECUR_PRIVATE_H
#define BRG_CORE_RECUR_PRIVATE_H

#include "core/recur.h"

#include <libical/ical.h>

enum recur_freq { DAILY, WEEKLY, MONTHLY, YEARLY };
/* In the order in which a rule names them. */
enum recur_part { BYMONTH, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, RECUR_PARTS };

#define RECUR_LIST_MAX 366

/* Values that count from the beginning, then those that count from the end; of BYDAY see
 * recur_day(). */
struct recur_list {
	short at[RECUR_LIST_MAX];
	size_t n;
};
struct recur_rule {
	enum recur_freq freq;
	int interval, week_start;
	int count;		   /* 0: not told */
	struct icaltimetype until; /* year 0: not told; a date is its last second */
	struct recur_list by[RECUR_PARTS];
};

/* Room for a rule with every list full. */
struct recur_text {
	char at[8192];
	size_t n;
};

/* Of a value of BYDAY: the weekday, Monday is 1; and its place in the month or year, 0: each. */
int recur_day(int value);
int recur_place(int value);

/* Strictly and in full, in one spelling. */
bool recur_read(struct brg_str s, struct recur_rule *r);
void recur_write(const struct recur_rule *r, bool until, struct recur_text *t);
/* Wall time, or a date, as our own texts have it. */
bool recur_read_time(struct brg_str s, struct icaltimetype *out);

#endif
