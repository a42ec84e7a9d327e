/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of this visit that the store does not show yet: their steps are under construction or in
 * flight. Found by what later mail of the same visit says of them.
 */
#ifndef BRG_CORE_FRESH_H
#define BRG_CORE_FRESH_H

#include "core/arena.h"
#include <brygga/row.h>

#define FRESH_MAX 1000 /* records; then it is time to let them be committed */

/* By its Message-ID; other types are those of clues. */
#define FRESH_MESSAGE 0

struct fresh_clue {
	struct fresh_clue *next; /* of the same slot */
	int type;
	struct brg_str value;
	const struct brg_record_row *record;
};

struct fresh {
	struct brg_arena *arena; /* of the set; NULL: nothing was added yet */
	struct fresh_clue **table;
	size_t n, room; /* clues; room is a power of two */
	size_t records;
};

/* A copy of the row, to be found by fresh_add(). */
const struct brg_record_row *fresh_record(struct fresh *fresh, const struct brg_record_row *row);
void fresh_add(struct fresh *fresh, int type, struct brg_str value,
	       const struct brg_record_row *record);
/* The first clue of this type and value, then the next; NULL: none. */
const struct fresh_clue *fresh_find(const struct fresh *fresh, int type, struct brg_str value);
const struct fresh_clue *fresh_next(const struct fresh_clue *clue);
/* Everything is committed. */
void fresh_forget(struct fresh *fresh);
void fresh_free(struct fresh *fresh);

#endif
