/* SPDX-License-Identifier: Apache-2.0
 *
 * What is old goes: each kind of data after the time that [retention] gives it. Nothing that is
 * under legal hold, and no mail that is still on its way.
 */
#ifndef BRG_CORE_RETENTION_H
#define BRG_CORE_RETENTION_H

#include "core/engine.h"

enum { RETAIN_RECEIVED, RETAIN_SENT, RETAIN_RECORDS };

struct retention_settings {
	int64_t keep_ms[RETAIN_RECORDS]; /* emails, by their date; 0: for ever */
	int64_t decisions_ms;		 /* decisions and cleared alerts; 90d */
};

/* What would go now. */
struct retention_due {
	const char *kind;  /* "received", "sent" */
	int64_t before_us; /* what is older; 0: nothing goes */
	int64_t n, held;
	int64_t oldest_us; /* of those that go; 0: none */
};

extern const char *const retention_kinds[RETAIN_RECORDS];

/* A dry run: walks what is old and changes nothing. `out` has RETAIN_RECORDS members. */
int retention_plan(struct engine *engine, const struct retention_settings *settings,
		   struct retention_due *out, struct brg_err *err);
/* Remove a bounded number of records, durably, with all that is known of them; their items stay
 * where they are in the mailbox and are not taken again. Returns how many went; 0: nothing is left
 * that may go. */
int64_t retention_run(struct engine *engine, const struct retention_settings *settings,
		      struct brg_err *err);

#endif
