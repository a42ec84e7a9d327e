/* SPDX-License-Identifier: Apache-2.0
 *
 * The CPU of the simulated mail system told apart from the engine's: a connector that hands every
 * call on and looks at the clock before and after it. Work of the engine that a call comes back for
 * (an item that it is given) is the engine's.
 */
#ifndef BRG_BENCH_TWOWAY_SERVER_H
#define BRG_BENCH_TWOWAY_SERVER_H

#include <brygga/plugin.h>

/* Seconds of CPU of this process. */
double cpu_now(void);
/* Put the clocks around the calls of a connector. */
void server_apart(struct brg_connector *connector);
/* Seconds that were the server's so far. */
double server_cpu(void);

#endif
