/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection slots of this process: leased from the store in blocks, so that the sum over
 * all threads, processes and nodes stays within each profile's max_connections.
 * Used by a worker's main thread only.
 */
#ifndef BRG_CORE_SLOTS_H
#define BRG_CORE_SLOTS_H

#include "core/engine.h"

struct slots;

struct slots *slots_new(struct engine *engine);
void slots_free(struct slots **slots);
/* Lease what the due visits of this profile could use, at most `threads`. Returns how many
 * more visits may start now. */
uint32_t slots_room(struct slots *slots, const struct brg_due_row *due, uint32_t threads,
		    int64_t now_ms);
/* A visit of the profile starts / has ended. */
void slots_take(struct slots *slots, const struct brg_id *profile);
void slots_give(struct slots *slots, const struct brg_id *profile, int64_t now_ms);
/* Give back what was not used for 10 seconds, or at once what others wait for (which the store
 * is asked once a second at most). */
void slots_tidy(struct slots *slots, int64_t now_ms);

#endif
