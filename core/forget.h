/* SPDX-License-Identifier: Apache-2.0
 *
 * Records go, with all that is known of them.
 */
#ifndef BRG_CORE_FORGET_H
#define BRG_CORE_FORGET_H

#include "core/engine.h"

/* Durable, in steps; those under legal hold stay. Returns how many went, or < 0. */
int64_t forget_records(struct engine *engine, const struct brg_id *ids, size_t n,
		       struct brg_err *err);

#endif
