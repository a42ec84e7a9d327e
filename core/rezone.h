/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of time zones change. A wall time and the name of its zone stay true; the instants that
 * were derived from them by older zone data are derived again, behind the back of records, links
 * and mailboxes.
 */
#ifndef BRG_CORE_REZONE_H
#define BRG_CORE_REZONE_H

#include "core/engine.h"

#define REZONE_BATCH 300

/* One step of it: at most REZONE_BATCH records whose instants are by other zone data than this
 * process has. There is nothing to remember: what is done carries the new version, so who dies goes
 * on where he was. Where other keepers live (other machines, with other zone data) only what is by
 * older data is taken, so that two of them do not undo each other's work.
 *
 * History tells of those that moved; those of which a filter may say something else now are looked
 * at by the next visits. Returns how many records it was (REZONE_BATCH: there may be more), or < 0.
 */
int rezone_run(struct engine *engine, struct brg_err *err);

#endif
