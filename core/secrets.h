/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets at rest: sealed to a public key, so that the command line can set them and only
 * workers can read them. The key lies in the state folder: key (private), key.pub,
 * hash.key (for keyed hashes of what must not be kept in the clear).
 */
#ifndef BRG_CORE_SECRETS_H
#define BRG_CORE_SECRETS_H

#include "core/arena.h"
#include <brygga/err.h>

struct secrets;

/* Make the three files; fails if any of them is there. Durable before it returns. */
int secrets_create(const char *state_dir, struct brg_err *err);
/* Read them; BRG_ENOTFOUND when there is none. Any thread may use the result. */
int secrets_open(const char *state_dir, bool with_private, struct secrets **out,
		 struct brg_err *err);
/* Wipes. NULL is nothing. */
void secrets_free(struct secrets **secrets);

/* X25519, HKDF-SHA256, AES-256-GCM with `context` (the row: "mailbox:<uuid>") as associated
 * data. The result is in the arena. */
int secrets_seal(const struct secrets *secrets, struct brg_str plain, struct brg_str context,
		 struct brg_arena *arena, struct brg_str *out, struct brg_err *err);
/* Needs the private key. Another key or row is an error, never garbage. */
int secrets_unseal(const struct secrets *secrets, struct brg_str sealed, struct brg_str context,
		   struct brg_arena *arena, struct brg_str *out, struct brg_err *err);

/* What the store keeps to know its key: a hash of the public key. */
void secrets_check(const struct secrets *secrets, unsigned char out[32]);
/* HMAC-SHA256 by the hash key over purpose and data, first 16 bytes. */
void secrets_hash(const struct secrets *secrets, const char *purpose, struct brg_str data,
		  unsigned char out[16]);

/* Overwrite memory, not to be optimised away. */
void secrets_wipe(void *p, size_t n);
/* No core dumps of this process, no tracing by others of the same user. */
void secrets_harden(void);

extern const struct brg_fault *const secrets_faults[];

#endif
