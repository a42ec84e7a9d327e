/* SPDX-License-Identifier: Apache-2.0
 *
 * The table edit: programs on the database insert rows, the core does them as edits of records
 * and says in the row what came of it (docs/database.md).
 */
#ifndef BRG_CORE_INTAKE_H
#define BRG_CORE_INTAKE_H

#include "core/engine.h"

#define INTAKE_BATCH 200

/* Take edits that wait, oldest first, INTAKE_BATCH at most; each is done or refused in a step of
 * its own. Returns how many, or < 0: the store failed, and the rest still waits. Whoever calls it,
 * and how many at once, each edit is done once. */
int intake_run(struct engine *engine, struct brg_err *err);

#endif
