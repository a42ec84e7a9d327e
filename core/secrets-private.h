/* SPDX-License-Identifier: Apache-2.0
 *
 * Between secrets.c and secrets_files.c.
 */
#ifndef BRG_CORE_SECRETS_PRIVATE_H
#define BRG_CORE_SECRETS_PRIVATE_H

#include "core/secrets.h"

#define SECRETS_KEY 32		/* bytes of every key */
#define SECRETS_MAX (64 * 1024) /* longest secret, longest context */

struct secrets_keys {
	unsigned char private_half[SECRETS_KEY];
	unsigned char public_half[SECRETS_KEY];
	unsigned char hash_key[SECRETS_KEY];
	bool has_private;
};

/* Read the key files. The caller wipes *out, also after an error. */
int secrets_read_keys(const char *state_dir, bool with_private, struct secrets_keys *out,
		      struct brg_err *err);

extern const struct brg_fault secrets_missing;	   /* path */
extern const struct brg_fault secrets_there;	   /* path */
extern const struct brg_fault secrets_bad_file;	   /* path, reason */
extern const struct brg_fault secrets_open_to_all; /* path */
extern const struct brg_fault secrets_io;	   /* path, reason */

#endif
