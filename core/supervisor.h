/* SPDX-License-Identifier: Apache-2.0
 *
 * The supervisor: starts the role processes, restarts what dies, ends what hangs. It loads
 * no plugin, opens no store and runs no thread, so nothing of that can bring it down.
 */
#ifndef BRG_CORE_SUPERVISOR_H
#define BRG_CORE_SUPERVISOR_H

#include "core/config.h"

/* Run until SIGTERM or SIGINT. SIGHUP reads the file again: a bad one changes nothing, a
 * good one starts new processes and drains the old. Returns the exit status. */
int supervisor_run(const char *config_path);

/* What a child finds: descriptors that every child has at these numbers. */
#define SUPERVISOR_CONFIG_FD 3
#define SUPERVISOR_BOARD_FD  4

extern const struct brg_fault *const supervisor_faults[];

#endif
