/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrence (RFC 5545 section 3.3.10), by libical. A rule is text:
 * "FREQ=WEEKLY;BYDAY=MO;COUNT=10"; UNTIL is wall time of the series' zone. Pure; any thread.
 */
#ifndef BRG_CORE_RECUR_H
#define BRG_CORE_RECUR_H

#include "core/arena.h"

/* The rule in one spelling (parts in a fixed order, defaults left out), so that equal rules are
 * equal bytes. False: it cannot be read, or what it says is not kept here (several rules,
 * BYSECOND, ...; BYWEEKNO, of which libical makes other days each time). */
bool recur_canonical(struct brg_str rule, struct brg_arena *arena, struct brg_str *out);

/* Could a server have made one of the other? It may say what goes without saying (the weekday of
 * the start), and keep days where a time ends the series. */
bool recur_resembles(struct brg_str wanted, struct brg_str item);

/* Does the series that starts at `start` (wall time, or a date for all-day) have an occurrence
 * that starts at `at`, in the same form? */
bool recur_has(struct brg_str rule, struct brg_str start, struct brg_str at);
/* Which one it is, from 1; 0: none, or none of the first 100,000. */
uint32_t recur_index(struct brg_str rule, struct brg_str start, struct brg_str at);

/* Starts of occurrences from `from` on (wall time or date), in order, until each() returns false
 * or `most` were told. At most 100,000 are walked. Returns how many were told. */
size_t recur_expand(struct brg_str rule, struct brg_str start, struct brg_str from, size_t most,
		    bool (*each)(void *arg, struct brg_str start), void *arg);

/* Start of the last occurrence; false: it has no end, or nothing can be said. */
bool recur_last(struct brg_str rule, struct brg_str start, struct brg_arena *arena,
		struct brg_str *out);

#endif
