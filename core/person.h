/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that the store has of a person, by his addresses: to be shown, handed over, or
 * forgotten.
 */
#ifndef BRG_CORE_PERSON_H
#define BRG_CORE_PERSON_H

#include "core/engine.h"

struct person {
	const struct brg_str *addresses; /* folded */
	size_t n_addresses;
	/* Found, in the arena. */
	struct brg_id *records;
	size_t n_records, room_records;
	struct brg_row *references; /* contacts, leads and so on with one of the addresses */
	size_t n_references;
	size_t n_held; /* of the records */
};

/* Look through everything. */
int person_find(struct engine *engine, struct person *person, struct brg_arena *arena,
		struct brg_err *err);
/* Remove the records that are not held, and contacts and leads; other references lose the
 * address. Mail of the addresses is not taken by itself any more. Durable, in steps. Returns how
 * many records went. */
int64_t person_forget(struct engine *engine, const struct person *person, struct brg_arena *arena,
		      struct brg_err *err);
/* The key by which an address stands on the list of those whose mail is not taken. */
struct brg_str person_key(const struct engine *engine, struct brg_str address,
			  struct brg_arena *arena);

#endif
