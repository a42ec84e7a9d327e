/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of references in the text of a sync filter: people write
 *
 *	regarding = case/4711 or regarding = crm:17
 *
 * and the store keeps ids (where.h), which stay true when a thing gets another name.
 */
#ifndef BRG_CORE_REGARDS_H
#define BRG_CORE_REGARDS_H

#include "core/arena.h"
#include <brygga/err.h>

struct regards_lookup {
	/* The reference KIND/NAME or SYSTEM:KEY. 1: found, 0: there is none, < 0: err. */
	int (*find)(void *ctx, struct brg_str name, struct brg_id *out, struct brg_err *err);
	void *ctx;
};

/* The text with an id in place of each name that stands beside `regarding`. */
int regards_resolve(struct brg_str text, const struct regards_lookup *lookup,
		    struct brg_arena *arena, struct brg_str *out, struct brg_err *err);
/* "case/4711" -> "case" and "4711"; "crm:17" (*external) -> "crm" and "17". False: neither. */
bool regards_split(struct brg_str name, struct brg_str *first, struct brg_str *second,
		   bool *external);

extern const struct brg_fault *const regards_faults[];

#endif
