/* SPDX-License-Identifier: Apache-2.0
 *
 * Time passes, and records enter and leave filters with relative dates without anybody writing
 * them. They are found by the index of moments, not by looking at all at each visit.
 */
#ifndef BRG_CORE_SWEEP_H
#define BRG_CORE_SWEEP_H

#include "core/engine.h"
#include "core/where.h"

/* What entered or left since the last sweep is looked at by the next visits. The first one only
 * notes the time. Returns how many windows were swept, or < 0. */
int sweep_run(struct engine *engine, struct brg_err *err);

/* Each active filter, in each zone in which it is asked: its owner's, or, of one of the system,
 * those of all owners. What is told lives in the arena. */
typedef void sweep_each_fn(void *arg, int kind, const struct where *where, struct brg_str zone);
int sweep_each(struct engine *engine, struct brg_arena *arena, sweep_each_fn *each, void *arg,
	       struct brg_err *err);

#endif
