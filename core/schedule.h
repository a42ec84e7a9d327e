/* SPDX-License-Identifier: Apache-2.0
 *
 * When next: the pure part of scheduling. No clock, no store, no state.
 */
#ifndef BRG_CORE_SCHEDULE_H
#define BRG_CORE_SCHEDULE_H

#include <brygga/storage.h>

/* The numbers, all settings of [schedule]; milliseconds. */
struct schedule_rules {
	int64_t normal_ms, fastest_ms, slowest_ms; /* 5, 2 and 12 minutes */
	int64_t busy_items;			   /* so many in one visit is busy: 20 */
	int64_t retry_ms;			   /* after a transient error: 5 minutes */
	int64_t retries;			   /* then the lane is disabled: 10 */
	int64_t server_retry_ms;	/* after an error of the server: 1 minute, doubling */
	int64_t probe_ms, probe_max_ms; /* while disabled: 15 minutes, doubling to a day */
	int64_t credentials_ms;		/* a refused password is tried at most so often: 4 hours */
};
#define SCHEDULE_RULES_DEFAULT                                                            \
	{                                                                                 \
		300000, 120000, 720000, 20, 300000, 10, 60000, 900000, 86400000, 14400000 \
	}

struct schedule_in {
	struct brg_visit_row was; /* as claimed */
	int outcome;		  /* enum brg_outcome of this visit */
	int cls;		  /* enum brg_class of the error, 0 after success */
	int64_t started_us, now_us;
	int64_t items;
	uint64_t retry_after_ms; /* as the server asked */
	uint32_t jitter;	 /* any number: takes up to a tenth off the interval */
};

/* The rules of a mailbox that has a normal interval of its own, which the bounds give way to.
 * 0: the rules as they are. Never under a second. */
struct schedule_rules schedule_own(const struct schedule_rules *rules, int64_t interval_ms);

/* Fill state, due_us, interval_ms, failures, probes and outcome of *out.
 * A healthy lane is never due later than slowest_ms after the visit's start; due_us is
 * never before now_us except for a backlog, which is due now. A clock that was set back
 * delays nothing: due is counted from now if started lies in the future. */
void schedule_next(const struct schedule_rules *rules, const struct schedule_in *in,
		   struct brg_visit_row *out);

/* A due time that lies further ahead than the schedule could have meant (the wall clock
 * was set back a day): the keeper makes such visits due. */
int64_t schedule_horizon_us(const struct schedule_rules *rules, const struct brg_visit_row *visit);

#endif
