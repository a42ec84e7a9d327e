/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker process: claims due visits of one lane and walks them on its threads.
 */
#ifndef BRG_CORE_WORKER_H
#define BRG_CORE_WORKER_H

#include "core/scoreboard.h"
#include "core/setup.h"

/* Runs until SIGTERM, then lets the visits under way end at their next step. `slot` is
 * this process's place on the scoreboard. Returns the exit status: 0, or 78 (EX_CONFIG)
 * when trying again would not help, or 75 (EX_TEMPFAIL). */
int worker_run(const struct config *config, int role, struct scoreboard *board, size_t slot);

#endif
