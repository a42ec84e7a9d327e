/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is behind the addresses of a mail: users, queues, references.
 */
#ifndef BRG_CORE_RESOLVE_H
#define BRG_CORE_RESOLVE_H

#include "core/accept.h"
#include "core/store.h"

/* Looks up and remembers. One thread; everything lives in the arena. */
struct resolver {
	struct store *store;
	struct brg_arena *arena;
	struct resolved **table; /* by address; a power of two */
	size_t n, room;
	struct resolved_owner *owners;
};

void resolve_init(struct resolver *resolver, struct store *store, struct brg_arena *arena);
/* Forget what was looked up, before the arena is reset. */
void resolve_forget(struct resolver *resolver);
/* Everybody whom the header names, in the order From, Sender, To, Cc, Bcc, delivered, Reply-To.
 * The array lives in `scratch`. */
int resolve_parties(struct resolver *resolver, const struct mime_header *header,
		    struct brg_arena *scratch, struct party **out, size_t *n, struct brg_err *err);
/* The owner's settings as they are now; NULL: there is no such owner. */
int resolve_owner(struct resolver *resolver, const struct brg_id *id,
		  const struct owner_settings **out, struct brg_err *err);

#endif
