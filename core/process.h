/* SPDX-License-Identifier: Apache-2.0
 *
 * What the role processes share: signals, and how they end.
 */
#ifndef BRG_CORE_PROCESS_H
#define BRG_CORE_PROCESS_H

#include "core/scoreboard.h"
#include <brygga/err.h>

/* sysexits.h: the supervisor reads these. */
#define PROCESS_TRY_LATER 75
#define PROCESS_GIVE_UP	  78

/* Block SIGTERM, SIGINT and SIGHUP in this and all later threads; a descriptor that becomes
 * readable when SIGTERM or SIGINT has come. SIGPIPE is ignored, SIGHUP is the supervisor's. */
int process_signals(void);
/* Before the first thread of a process that moves mail: as many heaps as cores, since each
 * keeps what its threads once needed. */
void process_heaps(void);
/* Log why a process could not do its work; returns the exit status for the supervisor. Where
 * several fail of the same, or one again and again, it is said once a minute on this board
 * (NULL: always). */
int process_failed(const char *role, const struct brg_err *err, struct scoreboard *board);

#endif
