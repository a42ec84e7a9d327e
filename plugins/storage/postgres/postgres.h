/* SPDX-License-Identifier: Apache-2.0
 *
 * The rooms of postgres.so.
 */
#ifndef BRG_POSTGRES_H
#define BRG_POSTGRES_H

#include "../sql/sql.h"
#include "../sql/statements.h"

#include <libpq-fe.h>
#include <pthread.h>

/* ---- conn.c: the driver, and connections ----------------------------------------------------*/

struct pg_value {
	Oid type;
	const char *bytes; /* NULL: null, or an integer */
	int length;
	char integer[8]; /* in the byte order of the wire */
};

struct pg_stmt {
	bool prepared;
	unsigned round; /* a made statement's name: it has another text */
	int n, room;	/* values given */
	struct pg_value *values;
	PGresult *rows; /* NULL: not run yet */
	int at;
};

/* The values of one run, as libpq takes them. */
struct pg_given {
	int room;
	Oid *types;
	const char **values;
	int *lengths, *formats;
};

struct pg_conn {
	struct sql_db db; /* first: the driver is given its address */
	struct pg_conn *next;
	PGconn *handle;
	int64_t changed;
	bool again; /* the server chose this transaction to give way: repeat it whole */
	bool trouble; /* no memory for a value; told by the next step */
	struct pg_given given;
	struct pg_stmt stmts[SQL_STATEMENTS + SQL_MADE];
};

struct pg_pool {
	pthread_mutex_t lock;
	struct pg_conn *idle;
	const char *database, *schema;
	bool readonly; /* every transaction is refused */
};

void pg_pool_init(struct pg_pool *pool, const char *database, const char *schema);
void pg_pool_close(struct pg_pool *pool);
/* A connection whose search path is the schema. NULL with err. */
struct pg_conn *pg_get(struct pg_pool *pool, struct brg_err *err);
/* A broken one is closed. */
void pg_put(struct pg_pool *pool, struct pg_conn *c);
bool pg_broken(const struct pg_conn *c);
/* One or more statements without values; *out, if not NULL, is the last one's answer and the
 * caller's to clear. */
int pg_exec(struct pg_conn *c, const char *sql, PGresult **out, struct brg_err *err);
/* A statement that only this engine has; values are text. */
PGresult *pg_ask(struct pg_conn *c, const char *sql, int n, const char *const *values,
		 const int *lengths, const int *formats, struct brg_err *err);

/* ---- transact.c: one step, done whole or not at all -----------------------------------------*/

struct pg_work {
	/* BRG_COMMITTED to commit; anything else rolls back and is the answer. */
	int (*run)(struct pg_work *work, struct pg_conn *c, struct brg_err *err);
	bool relaxed; /* need not be on the disk when it is told */
};

/* Runs again from the start where the server asks for it. A commit of unknown outcome is
 * asked for, never repeated blindly. */
int pg_transact(struct pg_pool *pool, struct pg_work *work, struct brg_err *err);

/* ---- the instance ---------------------------------------------------------------------------*/

struct pg_member {
	struct pg_member *next;
	struct brg_id id;
};

struct postgres {
	const char *database, *schema; /* options */
	int64_t lease_ms;

	const struct brg_host *host;
	bool initialized;
	struct pg_pool pool;

	/* lease.c */
	pthread_mutex_t lock;
	pthread_cond_t stop_now;
	pthread_t beater;
	bool beating, stop;
	struct pg_member *members;
};

int pg_join(void *self, const struct brg_process_row *row, struct brg_err *err);
int pg_claim(void *self, const struct brg_claim_request *req,
	     void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
	     struct brg_err *err);
int pg_slots(void *self, struct brg_slots *io, struct brg_err *err);
int pg_reap(void *self, int64_t now_us, void (*each)(void *arg, const struct brg_process_row *dead),
	    void *arg, struct brg_err *err);
/* Leave with all that joined here, and end the thread. */
void pg_leave_all(struct postgres *s);

/* ---- faults.c -------------------------------------------------------------------------------*/

extern const struct brg_fault pg_away, pg_login, pg_full, pg_readonly, pg_old, pg_busy,
	pg_not_joined, pg_unknown, pg_internal;
extern const struct brg_fault *const pg_faults[];

#endif
