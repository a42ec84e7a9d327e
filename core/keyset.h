/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of keyed hashes of 16 bytes.
 */
#ifndef BRG_CORE_KEYSET_H
#define BRG_CORE_KEYSET_H

#include "core/arena.h"

struct keyset {
	struct brg_str *at; /* slots; ptr NULL: free */
	size_t n, room;	    /* room is a power of two */
};

/* False: it was there. The key is borrowed; the slots live in the arena. */
bool keyset_add(struct keyset *set, struct brg_str key, struct brg_arena *arena);
bool keyset_has(const struct keyset *set, struct brg_str key);

#endif
