/* SPDX-License-Identifier: Apache-2.0
 *
 * What the storage plugins share: the schema, every statement, and the code that turns
 * steps, reads, claims and slots into statements. It is linked into each of them.
 *
 * The border to an engine is struct sql_driver. A driver brings connections, prepared
 * statements by number and typed values; it decides about transactions, threads and
 * locks, and calls what is declared below inside them:
 *
 *   in a write transaction   sql_migrate sql_apply sql_claim sql_slots sql_join sql_leave
 *                            sql_remove
 *   in a read snapshot       the others
 *
 * Nothing here begins or ends a transaction, waits, reads a clock or keeps state but on the
 * connection, so any number of threads may work, each on one of its own. Statements are numbered
 * from 0 to SQL_STATEMENTS - 1 (statements.h); those whose text is made when somebody asks
 * (made.c) have the SQL_MADE numbers behind. Parameters are written ?1; a driver for an engine
 * that wants $1 rewrites them (no statement has another '?').
 */
#ifndef BRG_SQL_H
#define BRG_SQL_H

#include <brygga/plugin.h>

#define SQL_SCHEMA 5 /* what this code reads and writes */

#define SQL_MADE 8 /* made statements that a connection keeps */

enum sql_engine { SQL_SQLITE, SQL_POSTGRES };

struct sql_db;

struct sql_driver {
	int engine; /* enum sql_engine: which variant of a statement */

	/* Values of statement `s`, positions from 1. Bytes are borrowed until reset(). A
	 * statement is prepared at its first bind or step. Failures show at step(). */
	void (*bind_int)(struct sql_db *db, int s, int at, int64_t value);
	void (*bind_text)(struct sql_db *db, int s, int at, struct brg_str text);
	void (*bind_blob)(struct sql_db *db, int s, int at, const void *p, size_t n);
	void (*bind_null)(struct sql_db *db, int s, int at);
	/* 1: a row, 0: done, < 0: err. A unique key that is taken: BRG_ECONFLICT, whatever err
	 * says; the step is then rolled back and refused. */
	int (*step)(struct sql_db *db, int s, struct brg_err *err);
	/* Columns of the present row, from 0. NULL is 0 and empty. Bytes (text too) are valid
	 * until the next step() or reset(). */
	int64_t (*get_int)(struct sql_db *db, int s, int column);
	struct brg_str (*get_bytes)(struct sql_db *db, int s, int column);
	/* Ready for other values. */
	void (*reset)(struct sql_db *db, int s);
	/* Rows that the last finished INSERT, UPDATE or DELETE changed. */
	int64_t (*changes)(struct sql_db *db);
	/* Statement `s` will have another text. */
	void (*drop)(struct sql_db *db, int s);
	/* One or more statements without values or rows. */
	int (*exec)(struct sql_db *db, const char *sql, struct brg_err *err);
};

/* A connection; a driver puts this first in its own. */
struct sql_db {
	const struct sql_driver *driver;
	/* Statements that were made for what somebody asked. */
	char *made[SQL_MADE];
	uint64_t used[SQL_MADE], uses;
};

/* ---- schema ---------------------------------------------------------------------------------*/

/* 0: nothing is there, > 0: the schema's number, < 0: err; another program's database and
 * a newer schema are errors. */
int sql_schema(struct sql_db *db, const char *where, struct brg_err *err);
/* Bring an empty or older store up to date; `fresh` becomes the id of a new one. */
int sql_migrate(struct sql_db *db, int from, const struct brg_id *fresh, struct brg_err *err);
/* The text of a statement for this connection. */
const char *sql_text(const struct sql_db *db, int s);
/* Before a connection goes, behind its last statement. */
void sql_made_free(struct sql_db *db);

/* ---- steps ----------------------------------------------------------------------------------*/

/* BRG_COMMITTED: all ops are done; BRG_REFUSED: the condition of ops[*failed] did not hold,
 * or < 0: the caller must roll back what was done. */
int sql_apply(struct sql_db *db, const struct brg_step *step, int64_t now_us, size_t *failed,
	      struct brg_err *err);
/* About how many bytes a step writes. */
size_t sql_weight(const struct brg_step *step);

/* ---- reads ----------------------------------------------------------------------------------*/

typedef int sql_row_fn(void *arg, const struct brg_row *row);

int sql_read(struct sql_db *db, const struct brg_query *q, sql_row_fn *row, void *arg,
	     struct brg_err *err);
int sql_known(struct sql_db *db, const struct brg_id *mailbox, struct brg_str folder,
	      const struct brg_str *ids, size_t n, uint8_t *states, struct brg_known_answer *answer,
	      struct brg_err *err);
int sql_body(struct sql_db *db, const struct brg_sha *sha,
	     int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *err);

/* ---- leases and slots -----------------------------------------------------------------------*/

/* Lease visits; their ids go to out[], room for req->n. How many, or < 0. With `look` it
 * only says how many could be leased, and may be called in a read snapshot. */
int sql_claim(struct sql_db *db, const struct brg_claim_request *req, bool look, struct brg_id *out,
	      struct brg_err *err);
/* All that the leased visit starts from. 1: told, 0: this process does not hold it. */
int sql_claimed(struct sql_db *db, const struct brg_id *visit, const struct brg_claim_request *req,
		void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
		struct brg_err *err);
/* 1: io is answered and nothing needs to be written, 0: call sql_slots(). */
int sql_slots_same(struct sql_db *db, struct brg_slots *io, struct brg_err *err);
int sql_slots(struct sql_db *db, struct brg_slots *io, struct brg_err *err);
int sql_join(struct sql_db *db, const struct brg_process_row *row, struct brg_err *err);
/* Give back everything of a process that ended. 1: it was there, 0: it was not. */
int sql_leave(struct sql_db *db, const struct brg_id *process, int64_t now_us, struct brg_err *err);

/* ---- upkeep ---------------------------------------------------------------------------------*/

/* Rows that may go, found in a snapshot, removed later in a transaction of their own, where
 * the reason is looked at again. */
#define SQL_PRUNE_MAX 500
struct sql_prune {
	unsigned what;	     /* one of BRG_UPKEEP_BODIES, _RETENTION */
	int64_t before_us;   /* of bodies: now less a day */
	struct brg_sha from; /* bodies: where the last search ended; all zero at first */
	struct brg_sha sha[SQL_PRUNE_MAX];
	size_t n;
	bool more; /* search again */
};
int sql_prune_find(struct sql_db *db, struct sql_prune *prune, struct brg_err *err);
/* How many rows went, or < 0. */
int sql_prune(struct sql_db *db, struct sql_prune *prune, struct brg_err *err);

/* ---- ways to fail, shared -------------------------------------------------------------------*/

extern const struct brg_fault sql_foreign, sql_newer, sql_empty, sql_no_body, sql_bad_call;
#define SQL_FAULTS &sql_foreign, &sql_newer, &sql_empty, &sql_no_body, &sql_bad_call

#endif
