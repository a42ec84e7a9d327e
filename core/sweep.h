/* SPDX-License-Identifier: Apache-2.0
 *
 * Time passes, and records enter and leave filters with relative dates without anybody writing
 * them. They are found by the index of moments, not by looking at all at each visit.
 */
#ifndef BRG_CORE_SWEEP_H
#define BRG_CORE_SWEEP_H

#include "core/engine.h"

/* What entered or left since the last sweep is looked at by the next visits. The first one only
 * notes the time. Returns how many windows were swept, or < 0. */
int sweep_run(struct engine *engine, struct brg_err *err);

#endif
