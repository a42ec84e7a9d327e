/* SPDX-License-Identifier: Apache-2.0
 *
 * By what a mail of the store is found again: keyed hashes of Message-IDs, and clues. In the store
 * and among what the same visit has brought.
 */
#ifndef BRG_CORE_TRAIL_H
#define BRG_CORE_TRAIL_H

#include "core/engine.h"
#include "core/fresh.h"

/* One thread. */
struct trail {
	struct engine *engine;
	struct correlate_rules rules;
	struct fresh *fresh; /* a visit's; NULL: what is written is committed at once */
};

/* By what a mail of ours, a conversation or a likeness is known again. */
enum clue { CLUE_TOKEN = 1, CLUE_CONVERSATION = 2, CLUE_WORDS = 3 };

/* The keyed hash of a Message-ID, or of a clue; empty for nothing. In the arena. */
struct brg_str trail_key(const struct engine *engine, struct brg_str message_id,
			 struct brg_arena *arena);
struct brg_str trail_clue(const struct engine *engine, enum clue type, struct brg_str value,
			  struct brg_arena *arena);

#define TRAIL_EACH 8
/* Records that an id or a clue leads to: TRAIL_EACH of the store at most, and all of the visit. */
struct trail_end {
	const struct brg_record_row **at; /* in the arena */
	size_t n;
};
/* < 0: err. */
int trail_message(struct trail *trail, struct brg_str message_id, struct brg_arena *arena,
		  struct trail_end *out, struct brg_err *err);
int trail_follow(struct trail *trail, enum clue type, struct brg_str value, struct brg_arena *arena,
		 struct trail_end *out, struct brg_err *err);

#endif
