/* SPDX-License-Identifier: Apache-2.0
 *
 * Setting a record back by its history: a new change, never a rewriting of what was.
 */
#ifndef BRG_CORE_UNDO_H
#define BRG_CORE_UNDO_H

#include "core/record.h"

enum {
	UNDO_FORCE = 1 << 0,  /* what was changed again since is set back too */
	UNDO_LOSSES = 1 << 1, /* where nothing was changed, the value that lost is taken */
};

struct undo {
	struct image image; /* as the record is to be */
	bool changes;	    /* it differs from what it is */
	bool revives;	    /* it is deleted and comes back */
	bool deletes;	    /* its making is undone */
	/* Groups that were changed again since, by what is not undone; they stay. */
	struct brg_str *left;
	size_t n_left;
};

/* `rows`: the history of the record, newest first; chosen[i]: rows[i] is to be undone. Pure. */
int undo_look(const struct field_table *table, const struct record *now, const struct brg_row *rows,
	      const bool *chosen, size_t n, unsigned flags, struct brg_arena *arena,
	      struct undo *out, struct brg_err *err);
/* Add what does it, as a change by `who`. */
int undo_add(struct engine *engine, struct step *step, const struct record *now,
	     const struct undo *undo, struct brg_str who, const struct brg_id *run,
	     struct brg_err *err);

#endif
