/* SPDX-License-Identifier: Apache-2.0
 *
 * The interval of a healthy lane follows its mail: it halves while there is much, grows by
 * a quarter while there is none, and the next visit is counted from the start of this one,
 * so that a long visit costs no throughput (server-side-sync.md section 3.1 has the numbers
 * and the complaint about the original).
 */
#include "core/schedule.h"

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int64_t doubled(int64_t base, int32_t times, int64_t most)
{
	while (times-- > 0 && base < most)
		base *= 2;
	return base < most ? base : most;
}

static int64_t next_interval(const struct schedule_rules *r, const struct schedule_in *in)
{
	int64_t was = in->was.interval_ms > 0 ? in->was.interval_ms : r->normal_ms;

	if (in->outcome == BRG_DONE_BACKLOG || in->items >= r->busy_items)
		was = was / 2;
	else if (in->outcome == BRG_DONE_EMPTY)
		was += was / 4;
	else if (was > r->normal_ms)
		was = r->normal_ms; /* the first find */
	else
		was += (r->normal_ms - was) / 4;
	return clamp(was, r->fastest_ms, r->slowest_ms);
}

static void disable(const struct schedule_rules *r, const struct schedule_in *in,
		    struct brg_visit_row *out)
{
	int64_t pause = doubled(r->probe_ms, in->was.probes, r->probe_max_ms);

	if (in->cls == BRG_EAUTH && pause < r->credentials_ms)
		pause = r->credentials_ms;
	out->state = BRG_DISABLED;
	out->probes = in->was.probes + 1;
	out->due_us = in->now_us + pause * 1000;
}

struct schedule_rules schedule_own(const struct schedule_rules *rules, int64_t interval_ms)
{
	struct schedule_rules own = *rules;

	if (interval_ms <= 0)
		return own;
	if (interval_ms < 1000)
		interval_ms = 1000;
	own.normal_ms = interval_ms;
	if (own.fastest_ms > interval_ms)
		own.fastest_ms = interval_ms;
	if (own.slowest_ms < interval_ms)
		own.slowest_ms = interval_ms;
	return own;
}

void schedule_next(const struct schedule_rules *r, const struct schedule_in *in,
		   struct brg_visit_row *out)
{
	int64_t started = in->started_us < in->now_us ? in->started_us : in->now_us;
	int64_t jitter;

	out->state = BRG_ENABLED;
	out->outcome = in->outcome;
	out->interval_ms = in->was.interval_ms > 0 ? in->was.interval_ms : r->normal_ms;
	out->failures = in->was.failures;
	out->probes = in->was.probes;
	switch (in->outcome) {
	case BRG_DONE_EMPTY:
	case BRG_DONE_SOME:
	case BRG_DONE_BACKLOG:
		out->failures = 0;
		out->probes = 0;
		out->interval_ms = next_interval(r, in);
		jitter = out->interval_ms / 10 * (int64_t)(in->jitter % 1000);
		out->due_us = started + out->interval_ms * 1000 - jitter;
		if (in->outcome == BRG_DONE_BACKLOG || out->due_us < in->now_us)
			out->due_us = in->now_us;
		break;
	case BRG_FAILED_THROTTLED:
		out->due_us =
			in->now_us + 1000 * (int64_t)(in->retry_after_ms ? in->retry_after_ms
									 : (uint64_t)r->retry_ms);
		break;
	case BRG_FAILED_SERVER:
		/* failures counts here only to make the pause grow; it disables nobody. */
		out->due_us = in->now_us +
			      1000 * doubled(r->server_retry_ms, in->was.failures, r->slowest_ms);
		out->failures = in->was.failures < 30 ? in->was.failures + 1 : 30;
		break;
	case BRG_FAILED_TRANSIENT:
		out->failures = in->was.outcome == BRG_FAILED_SERVER ? 1 : in->was.failures + 1;
		out->due_us = in->now_us + 1000 * r->retry_ms;
		if (out->failures > r->retries || in->was.probes > 0)
			disable(r, in, out);
		break;
	case BRG_FAILED_PERMANENT:
		disable(r, in, out);
		break;
	default: /* BRG_STOPPED: somebody else goes on at once */
		out->due_us = in->now_us;
		break;
	}
}

int64_t schedule_horizon_us(const struct schedule_rules *r, const struct brg_visit_row *visit)
{
	int64_t ms = r->slowest_ms > r->retry_ms ? r->slowest_ms : r->retry_ms;

	if (visit->state == BRG_DISABLED)
		ms = r->probe_max_ms > r->credentials_ms ? r->probe_max_ms : r->credentials_ms;
	/* A mailbox may have a longer interval of its own. */
	if (ms < visit->interval_ms)
		ms = visit->interval_ms;
	if (visit->outcome == BRG_FAILED_THROTTLED)
		ms += 86400000;
	return ms * 1000;
}
