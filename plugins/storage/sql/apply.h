/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps into statements. Every op is one statement where that is possible, and its
 * condition is part of it: how many rows changed tells whether it held.
 */
#ifndef BRG_SQL_APPLY_H
#define BRG_SQL_APPLY_H

#include "statements.h"

/* One op. As enum brg_commit, or < 0. */
typedef int sql_op_fn(struct sql_db *db, const struct brg_op *op, struct brg_err *err);

/* NULL: the op is none of theirs. */
sql_op_fn *sql_item_op(int type); /* what visits bring */
sql_op_fn *sql_sync_op(int type); /* records both ways */

/* Ops that want to know the time, and those with a file of their own. */
int sql_apply_forget(struct sql_db *db, const struct brg_op *op, int64_t now_us,
		     struct brg_err *err);
int sql_apply_edit_done(struct sql_db *db, const struct brg_op *op, int64_t now_us,
			struct brg_err *err);
int sql_apply_body(struct sql_db *db, const struct brg_body_chunk *chunk, struct brg_err *err);

/* A record that is not an email was written: its links learn of it, and the feed. */
int sql_record_changed(struct sql_db *db, const struct brg_id *record, struct brg_err *err);
/* It went for good; its links are gone. */
int sql_record_gone(struct sql_db *db, const struct brg_id *record, int64_t now_us,
		    struct brg_err *err);

static inline int held(int64_t changed)
{
	if (changed < 0)
		return changed == BRG_ECONFLICT ? BRG_REFUSED : (int)changed;
	return changed ? BRG_COMMITTED : BRG_REFUSED;
}

/* For ops without a condition. */
static inline int done(int64_t changed)
{
	return changed < 0 ? (int)changed : BRG_COMMITTED;
}

/* One of three statements that stand together, for this expectation. */
static inline struct put expecting(struct sql_db *db, int first, int64_t expect)
{
	int at = expect == BRG_NEW ? 0 : expect == BRG_ANY ? 1 : 2;

	return (struct put){ db, first + at, 0 };
}

static inline int finish(struct put *p, int64_t expect, struct brg_err *err)
{
	if (expect > 0)
		put_int(p, expect);
	return held(run(p->db, p->s, err));
}

/* (mailbox, folder, remote id), the first three values of many statements. */
static inline struct put item(struct sql_db *db, int s, const struct brg_id *mailbox,
			      struct brg_str folder, struct brg_str remote_id)
{
	struct put p = { db, s, 0 };

	put_id(&p, mailbox);
	put_text(&p, folder);
	put_text(&p, remote_id);
	return p;
}

#endif
