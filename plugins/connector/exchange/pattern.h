/* SPDX-License-Identifier: Apache-2.0
 *
 * How a series repeats, as Exchange keeps it ([MS-OXOCAL] section 2.2.1.44.1), and its two
 * spellings: the rules of RFC 5545 that fields have, and the elements of EWS (pattern_soap.c). What
 * one of them cannot say is refused, never said nearly.
 */
#ifndef BRG_EXCHANGE_PATTERN_H
#define BRG_EXCHANGE_PATTERN_H

#include <brygga/abi.h>
#include <stdbool.h>

enum pattern_type {
	PATTERN_DAILY = 1,
	PATTERN_WEEKLY,	     /* on `days` */
	PATTERN_MONTHLY,     /* on `day`; in shorter months on the last one */
	PATTERN_MONTHLY_NTH, /* on the `nth` of `days` */
	PATTERN_YEARLY,	     /* on `day` of `month` */
	PATTERN_YEARLY_NTH,  /* on the `nth` of `days` of `month` */
};

#define PATTERN_DAY(i)	 (1u << (i)) /* 0: Monday */
#define PATTERN_WORKDAYS 0x1fu
#define PATTERN_WEEKEND	 0x60u
#define PATTERN_ALL_DAYS 0x7fu
#define PATTERN_LAST	 5 /* nth */

struct pattern {
	int type; /* enum pattern_type */
	int interval;
	unsigned days;
	int nth, day, month;
	int week_start; /* of a weekly pattern with an interval; 0: Monday */
	int count;	/* of occurrences; 0: not counted */
	char until[11]; /* "YYYY-MM-DD", the last day; empty: not told */
};

/* The pattern of a rule; start is the wall time (or date) of the first occurrence. False: Exchange
 * has none that is the same. */
bool pattern_from_rule(struct brg_str rule, struct brg_str start, struct pattern *out);

#define PATTERN_RULE_MAX 160
/* And back. */
void pattern_to_rule(const struct pattern *p, char out[PATTERN_RULE_MAX]);

bool pattern_eq(const struct pattern *a, const struct pattern *b);

#endif
