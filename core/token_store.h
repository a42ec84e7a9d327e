/* SPDX-License-Identifier: Apache-2.0
 *
 * A sign-in as the store keeps it: one small value of a mailbox, or of a profile whose
 * mailboxes share it. One line that anybody may read (times, the lock, the last failure) and
 * behind it the tokens, sealed. It is changed only by comparing and swapping the whole, so
 * the lock on refreshing holds over processes and nodes.
 */
#ifndef BRG_CORE_TOKEN_STORE_H
#define BRG_CORE_TOKEN_STORE_H

#include "core/engine.h"
#include "core/oauth.h"

/* Where it is. The name tells provider and client, so that a profile with another client does
 * not find tokens that are of no use to it. */
struct token_key {
	struct brg_id object;
	const char *kind; /* "mailbox", "profile" */
	const char *name; /* of the value */
};

struct token_row {
	bool there;
	struct brg_str raw;   /* as the store has it */
	int64_t signed_us;    /* a person signed in; 0: client credentials */
	int64_t refreshed_us; /* the access token came; 0: there is none */
	/* By the provider's clock; ours was ahead of it by offset_us when the token came. */
	int64_t expires_us, renew_us, offset_us;
	/* Who is refreshing, until when at most; nil: nobody. */
	struct brg_id lock_process, lock_nonce;
	int64_t lock_until_us;
	/* The last failure; it is not asked again before again_us. code empty: none. */
	int64_t failed_us, again_us;
	const char *code, *params, *said;
	struct brg_str sealed; /* tokens */
};

struct token_key token_key(const struct engine *engine, const struct brg_oauth *how,
			   const char *kind, const struct brg_id *object, struct brg_arena *arena);
/* What is there now; all in the arena. */
int token_load(struct store *store, const struct token_key *key, struct brg_arena *arena,
	       struct token_row *out, struct brg_err *err);
/* Replace *was by *now. BRG_COMMITTED, or BRG_REFUSED when something else is there by now. */
int token_swap(struct store *store, const struct token_key *key, const struct token_row *was,
	       const struct token_row *now, int durability, struct brg_arena *arena,
	       struct brg_err *err);
/* Remove it, whatever is there. */
int token_remove(struct store *store, const struct token_key *key, struct brg_arena *arena,
		 struct brg_err *err);

/* New tokens, asked for at sent_us and here at now_us: sealed, with their times; lock and failure
 * are gone. `known_us` is what was known of the provider's clock, for one that does not tell it. */
int token_put(const struct engine *engine, const struct token_key *key,
	      const struct oauth_tokens *tokens, int64_t sent_us, int64_t now_us, int64_t known_us,
	      struct token_row *row, struct brg_arena *arena, struct brg_err *err);
/* Open them; needs the private key. */
int token_open(const struct engine *engine, const struct token_key *key,
	       const struct token_row *row, struct brg_arena *arena, struct oauth_tokens *out,
	       struct brg_err *err);

#endif
