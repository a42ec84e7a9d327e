/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies between a blob and the store: hashed (SHA-256 of the raw bytes), compressed (one
 * zstd frame), cut into chunks of at most BRG_CHUNK bytes.
 */
#ifndef BRG_CORE_BODY_H
#define BRG_CORE_BODY_H

#include "core/arena.h"
#include "core/store.h"

struct body_out {
	struct brg_sha sha;
	uint64_t octets; /* raw */
	size_t n_chunks;
};

/* Only the hash. */
int body_hash(struct brg_blob *raw, struct brg_sha *sha, struct brg_err *err);

/* Hash, then hand over the compressed chunks in order; `bytes` is valid until the callback
 * returns. Bounded memory whatever the size. Any thread. */
int body_pack(struct brg_blob *raw,
	      int (*chunk)(void *arg, const struct brg_sha *sha, int64_t seq, struct brg_str bytes,
			   struct brg_err *err),
	      void *arg, struct body_out *out, struct brg_err *err);

/* Read a body back from the store in pieces. The hash is checked at the end: a body that
 * does not fit its name is an error (though its bytes have been handed over by then). */
int body_read(struct store *store, const struct brg_sha *sha,
	      int (*put)(void *arg, const void *p, size_t n, struct brg_err *err), void *arg,
	      struct brg_err *err);

extern const struct brg_fault *const body_faults[];

#endif
