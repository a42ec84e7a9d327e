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
	struct brg_id *records; /* whose header, outbox row or report names one of the addresses */
	size_t n_records, n_held;
	struct brg_row *references; /* contacts, leads and so on with one of the addresses */
	size_t n_references;
	/* Of the records that are not held: mails of ours that have not been sent to everybody, and
	 * to how many others they would go. */
	size_t n_waiting, n_others;
	struct brg_id *words; /* mails to others of which a server has said his address */
	size_t n_words;
	size_t n_lists; /* users, queues and mailboxes with him in their list of senders */
	/* What has an address of his and is not changed by itself: "user anna". */
	const char **stays;
	size_t n_stays;
};

/* Look through everything. */
int person_find(struct engine *engine, struct person *person, struct brg_arena *arena,
		struct brg_err *err);
/* Mail of the addresses is not taken by itself any more, or (`off`) it is again. Durable. */
int person_shun(struct engine *engine, const struct person *person, bool off,
		struct brg_arena *arena, struct brg_err *err);
/* Remove the records that are not held, and contacts and leads; other references and lists of
 * senders lose the addresses, and other mails what servers said of them. Durable, in steps. Returns
 * how many records went. */
int64_t person_forget(struct engine *engine, const struct person *person, struct brg_arena *arena,
		      struct brg_err *err);
/* The key by which an address stands on the list of those whose mail is not taken. */
struct brg_str person_key(const struct engine *engine, struct brg_str address,
			  struct brg_arena *arena);

extern const struct brg_fault *const person_faults[];

#endif
