/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_BENCH_PROBE_H
#define BRG_BENCH_PROBE_H

#include "core/setup.h"

/* Open, of the configuration that was named. */
extern struct setup setup;
/* Say it; 1. */
int fail(const struct brg_err *err);
double clock_s(void);
/* For qsort of doubles. */
int by_value(const void *a, const void *b);

/* Put this composed mail into the outbox n times, each durably. */
int probe_put(int n, const char *file);
/* How many mails of ours are in which state. */
int probe_outbox(void);
/* Fill an empty store with n tracked emails of the first mailbox. */
int probe_fill(int n);
/* In a store that was filled with so many: the median time to find what a mail answers, by each
 * way, over n mails. */
int probe_answers(int n, int of);

#endif
