/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of sqlite.so: connections (conn.c), the one that commits (commit.c), fair
 * turns between processes (turnstile.c), who is alive (procs.c), the way in (open.c).
 */
#ifndef BRG_SQLITE_H
#define BRG_SQLITE_H

#include "plugins/storage/sql/statements.h"

#include <pthread.h>
#include <sqlite3.h>

#ifndef SQLITE_PAGE
#define SQLITE_PAGE 8192
#endif /* bytes; measured, see open.c */

/* ---- faults.c -------------------------------------------------------------------------------*/

extern const struct brg_fault sqlite_full, sqlite_readonly, sqlite_corrupt, sqlite_not_db,
	sqlite_no_folder, sqlite_network, sqlite_held, sqlite_denied, sqlite_io, sqlite_internal,
	sqlite_locks, sqlite_no_vfs, sqlite_not_joined, sqlite_unsynced;
extern const struct brg_fault *const sqlite_faults[];

/* ---- conn.c ---------------------------------------------------------------------------------*/

/* One connection; used by one thread at a time. */
struct conn {
	struct sql_db db; /* first: the shared code sees only this */
	sqlite3 *handle;
	const char *path;
	int trouble;	   /* a bind or prepare that failed; told by the next step */
	struct conn *next; /* in the pool */
	sqlite3_stmt *stmts[SQL_STATEMENTS + SQL_MADE];
};

/* flags as of sqlite3_open_v2(); vfs NULL: the default one. */
int conn_open(const char *path, int flags, const char *vfs, struct conn **out, struct brg_err *err);
void conn_close(struct conn **conn);
/* The error of a call that returned rc. */
int conn_fail(struct conn *conn, int rc, struct brg_err *err);
int conn_exec(struct conn *conn, const char *sql, struct brg_err *err);

/* Connections for reads, made when needed; at most so many wait for use. */
#define POOL_IDLE 16
struct pool {
	pthread_mutex_t lock;
	struct conn *idle;
	int n_idle;
	const char *path, *vfs;
};
void pool_init(struct pool *pool, const char *path, const char *vfs);
struct conn *pool_get(struct pool *pool, struct brg_err *err); /* NULL: err */
void pool_put(struct pool *pool, struct conn *conn);
void pool_close(struct pool *pool);

/* ---- turnstile.c ----------------------------------------------------------------------------*/

struct turnstile {
	int queue, write; /* descriptors; -1: none */
	const char *path; /* of the database */
};
int turnstile_open(struct turnstile *t, const char *path, struct brg_err *err);
void turnstile_close(struct turnstile *t);
/* Wait for the turn to write; give it up. */
int turnstile_enter(struct turnstile *t, struct brg_err *err);
void turnstile_leave(struct turnstile *t);
/* Open a lock file beside the database, owned like it. < 0 with errno. */
int lock_file_open(const char *path, const char *database);

/* ---- commit.c -------------------------------------------------------------------------------*/

/* Something to be done in a write transaction; lives on its caller's stack. */
struct job {
	/* BRG_COMMITTED, BRG_REFUSED (undo it, no error) or < 0. */
	int (*run)(struct job *job, struct sql_db *db, struct brg_err *err);
	int durability;
	size_t weight; /* bytes, about */
	struct brg_err *err;
	/* The committer's. */
	struct job *next;
	int rc;
	bool done;
	pthread_cond_t cond;
};

struct committer {
	pthread_mutex_t lock; /* of the queue */
	pthread_mutex_t turn; /* inline: of who commits */
	pthread_cond_t work;
	pthread_t thread;
	bool running, stop;
	bool inline_; /* no thread: jobs run where they are handed in */
	struct job *head, **tail;

	/* Of whoever commits now. */
	struct conn *conn;
	struct turnstile turnstile;
	bool dirty;    /* committed since the log was last synced */
	bool unsynced; /* a sync failed: nothing can be promised any more */
	int64_t wal_limit, wal_bytes, wal_next; /* size of the log, and where to fold it next */
	int64_t wrote;				/* by this process since it last folded */
	int log_fd;				/* -1: not open; only to hurry the log to the disk */
	int64_t hurried;			/* so much of it was */
};

int committer_start(struct committer *c, bool inline_, struct brg_err *err);
/* Do the job in a transaction, perhaps with others. */
int committer_do(struct committer *c, struct job *job);
/* End the thread and make all durable. Nobody may hand in jobs any more. */
void committer_stop(struct committer *c);
/* Fold the log into the database: most of it beside the writers, the rest in our turn, so
 * that the next writer starts the log anew. */
int committer_checkpoint(struct conn *conn, struct turnstile *t, struct brg_err *err);
int committer_empty_log(struct conn *conn, struct turnstile *t, struct brg_err *err);

/* ---- procs.c --------------------------------------------------------------------------------*/

/* A process that joined through this instance. */
struct member {
	struct member *next;
	struct brg_id id;
	int fd; /* holds the lock */
};

struct procs {
	pthread_mutex_t lock;
	struct member *members;
	const char *database;
	char *folder; /* <database>-procs */
};
int procs_init(struct procs *p, const char *database);
/* Gives up all locks. */
void procs_close(struct procs *p);
int procs_join(struct procs *p, const struct brg_id *id, struct brg_err *err);
void procs_leave(struct procs *p, const struct brg_id *id);
bool procs_has(struct procs *p, const struct brg_id *id);
/* A descriptor that holds the lock of a process that is dead, -1: it lives. After the rows
 * are gone: procs_bury(). */
int procs_dead(struct procs *p, const struct brg_id *id);
void procs_bury(struct procs *p, const struct brg_id *id, int fd);

/* ---- the instance ---------------------------------------------------------------------------*/

struct sqlite {
	/* Options. */
	const char *path, *vfs;
	int committer_mode; /* 0: thread, 1: inline */
	int64_t wal_limit;

	const struct brg_host *host;
	bool initialized, readonly;
	struct pool pool;
	struct committer committer;
	struct procs procs;
	pthread_mutex_t upkeep_lock;
	struct conn *upkeep; /* folds the log */
	struct brg_sha prune_from;
};

/* open.c */
int sqlite_open(void *self, const struct brg_host *host, unsigned flags, struct brg_err *err);
void sqlite_close(void *self);

#endif
