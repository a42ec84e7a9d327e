/* SPDX-License-Identifier: Apache-2.0
 *
 * The core's hand on the storage plugin: one open instance a process.
 */
#ifndef BRG_CORE_STORE_H
#define BRG_CORE_STORE_H

#include "core/arena.h"
#include <brygga/plugin.h>

struct store {
	const struct brg_storage *ops;
	void *self;
	const struct brg_plugin *plugin;
};

/* A step under construction. Slices in ops must live until step_commit(). */
struct step {
	struct brg_arena *arena;
	struct brg_op *ops;
	size_t n, room;
};

/* Start a step in this arena. */
void step_init(struct step *step, struct brg_arena *arena);
/* A new op, zeroed, of this type and expectation. */
struct brg_op *step_add(struct step *step, int type, int64_t expect);
/* A mail of the outbox as it is now, where nobody has written it since it was read; texts are
 * copied. */
void step_outgoing(struct step *step, const struct brg_outgoing_row *row);
/* Commit and empty the step. BRG_COMMITTED, BRG_REFUSED (with *failed, which may be NULL)
 * or < 0. An empty step is committed without asking the store. */
int store_commit(struct store *store, struct step *step, int durability, size_t *failed,
		 struct brg_err *err);

/* One row of a read, copied into the arena. 1: found, 0: none, < 0: err. */
int store_one(struct store *store, const struct brg_query *q, struct brg_arena *arena,
	      struct brg_row *out, struct brg_err *err);
/* What the store is: its id, its epoch, its key check. 1: found, 0: it has no row yet, < 0: err. */
int store_identity(struct store *store, struct brg_arena *arena, struct brg_store_row *out,
		   struct brg_err *err);
/* The rows of a read for which `wanted` is true, copied into the arena. */
int store_pick(struct store *store, const struct brg_query *q,
	       bool (*wanted)(const void *arg, const struct brg_row *row), const void *arg,
	       struct brg_arena *arena, struct brg_row **out, size_t *n, struct brg_err *err);
/* All rows of a read, copied into the arena. */
int store_all(struct store *store, const struct brg_query *q, struct brg_arena *arena,
	      struct brg_row **out, size_t *n, struct brg_err *err);

#endif
