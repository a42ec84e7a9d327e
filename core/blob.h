/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_BLOB_H
#define BRG_CORE_BLOB_H

#include "core/arena.h"
#include <brygga/host.h>

/* Bytes kept in memory up to 1 MiB, then in an unlinked file in the spill folder. */
#define BLOB_IN_MEMORY (1024 * 1024)

/* The folder for spill files; called once before threads start. */
void blob_init(const char *spill_dir);
/* Lives as long as the arena. */
struct brg_blob *blob_new(struct brg_arena *arena);
int blob_add(struct brg_blob *blob, const void *p, size_t n, struct brg_err *err);
/* The same bytes in a blob that lives as long as another arena; the old one is empty then. */
struct brg_blob *blob_move(struct brg_blob *blob, struct brg_arena *to);
uint64_t blob_len(const struct brg_blob *blob);
int64_t blob_read(struct brg_blob *blob, uint64_t at, void *p, size_t n, struct brg_err *err);
/* The whole as one slice if it is in memory, else ptr NULL. */
struct brg_str blob_view(const struct brg_blob *blob);

#endif
