/* SPDX-License-Identifier: Apache-2.0
 *
 * The keeper, one process a node: gives back what dead processes held, puts blame where it
 * belongs, wakes disabled lanes, folds the log of the store, removes what is old.
 */
#ifndef BRG_CORE_KEEPER_H
#define BRG_CORE_KEEPER_H

#include "core/setup.h"

/* Runs until SIGTERM. Returns the exit status (core/process.h). */
int keeper_run(const struct config *config, struct scoreboard *board, size_t slot);

/* The two rounds, for tests and the inline engine. Give back leases and slots of the dead
 * and handle obituaries (board may be NULL). */
int keeper_bury(struct engine *engine, struct scoreboard *board, struct brg_err *err);
/* Enable disabled lanes whose pause is over; make due what a clock set back has left
 * beyond its horizon. */
int keeper_probe(struct engine *engine, struct brg_err *err);

extern const struct brg_fault *const keeper_faults[];

#endif
