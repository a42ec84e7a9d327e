/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections: the driver's half of the border to plugins/storage/sql, the pool for reads,
 * and SQLite's result codes in words that say what to do.
 */
#include "sqlite.h"

#include <errno.h>
#include <stdlib.h>

/* Brygga's processes never wait for each other here (see turnstile.c); this is for a
 * backup or a shell that somebody has open, and for the recovery after a crash. */
#define FOREIGN_LOCK_MS 10000

static struct conn *conn_of(struct sql_db *db)
{
	return (struct conn *)db;
}

/* ---- errors ---------------------------------------------------------------------------------*/

static bool is_full(int os)
{
	return os == ENOSPC || os == EDQUOT || os == EFBIG;
}

static const struct brg_fault *fault_of(int rc, int os)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return &sqlite_full;
	case SQLITE_READONLY:
		return &sqlite_readonly;
	case SQLITE_CORRUPT:
		return &sqlite_corrupt;
	case SQLITE_NOTADB:
		return &sqlite_not_db;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return &sqlite_held;
	case SQLITE_CANTOPEN:
		return is_full(os) ? &sqlite_full : os == EROFS ? &sqlite_readonly : &sqlite_denied;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return &sqlite_denied;
	case SQLITE_IOERR:
		return is_full(os) ? &sqlite_full : os == EROFS ? &sqlite_readonly : &sqlite_io;
	default:
		return &sqlite_internal;
	}
}

int conn_fail(struct conn *c, int rc, struct brg_err *err)
{
	int os = c->handle ? sqlite3_system_errno(c->handle) : 0;
	const struct brg_fault *fault = fault_of(rc, os);
	const char *reason = sqlite3_errstr(rc);
	char text[128];

	/* GNU's strerror_r: thread safe, and the answer need not be in text[]. */
	if (os != 0)
		reason = strerror_r(os, text, sizeof(text));
	(void)brg_fail(err, fault, "path=%s\nreason=%s", c->path, reason);
	return brg_said(err, brg_cstr(c->handle ? sqlite3_errmsg(c->handle) : sqlite3_errstr(rc)));
}

/* ---- the driver -----------------------------------------------------------------------------*/

static sqlite3_stmt *stmt_of(struct conn *c, int s)
{
	if (!c->stmts[s]) {
		int rc = sqlite3_prepare_v3(c->handle, sql_text(&c->db, s), -1,
					    SQLITE_PREPARE_PERSISTENT, &c->stmts[s], NULL);

		if (rc != SQLITE_OK)
			c->trouble = rc;
	}
	return c->stmts[s];
}

static void note(struct conn *c, int rc)
{
	if (rc != SQLITE_OK)
		c->trouble = rc;
}

static void lite_bind_int(struct sql_db *db, int s, int at, int64_t value)
{
	struct conn *c = conn_of(db);
	sqlite3_stmt *stmt = stmt_of(c, s);

	if (stmt)
		note(c, sqlite3_bind_int64(stmt, at, value));
}

static void lite_bind_text(struct sql_db *db, int s, int at, struct brg_str text)
{
	struct conn *c = conn_of(db);
	sqlite3_stmt *stmt = stmt_of(c, s);

	if (stmt)
		note(c, sqlite3_bind_text64(stmt, at, text.len ? text.ptr : "", text.len,
					    SQLITE_STATIC, SQLITE_UTF8));
}

static void lite_bind_blob(struct sql_db *db, int s, int at, const void *p, size_t n)
{
	struct conn *c = conn_of(db);
	sqlite3_stmt *stmt = stmt_of(c, s);

	if (stmt)
		note(c, sqlite3_bind_blob64(stmt, at, n ? p : "", n, SQLITE_STATIC));
}

static void lite_bind_null(struct sql_db *db, int s, int at)
{
	struct conn *c = conn_of(db);
	sqlite3_stmt *stmt = stmt_of(c, s);

	if (stmt)
		note(c, sqlite3_bind_null(stmt, at));
}

static int lite_step(struct sql_db *db, int s, struct brg_err *err)
{
	struct conn *c = conn_of(db);
	sqlite3_stmt *stmt = stmt_of(c, s);
	int rc = c->trouble;

	c->trouble = SQLITE_OK;
	if (rc != SQLITE_OK)
		return conn_fail(c, rc, err);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = sqlite3_extended_errcode(c->handle);
	(void)conn_fail(c, rc, err);
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    rc == SQLITE_CONSTRAINT_ROWID)
		return BRG_ECONFLICT;
	return err->code;
}

static int64_t lite_int(struct sql_db *db, int s, int column)
{
	return sqlite3_column_int64(conn_of(db)->stmts[s], column);
}

static struct brg_str lite_bytes(struct sql_db *db, int s, int column)
{
	sqlite3_stmt *stmt = conn_of(db)->stmts[s];
	struct brg_str out;

	out.ptr = sqlite3_column_blob(stmt, column); /* of a text too: no conversion */
	out.len = out.ptr ? (size_t)sqlite3_column_bytes(stmt, column) : 0;
	return out;
}

static void lite_reset(struct sql_db *db, int s)
{
	struct conn *c = conn_of(db);

	c->trouble = SQLITE_OK;
	if (c->stmts[s])
		(void)sqlite3_reset(c->stmts[s]);
}

static int64_t lite_changes(struct sql_db *db)
{
	return sqlite3_changes64(conn_of(db)->handle);
}

static void lite_drop(struct sql_db *db, int s)
{
	struct conn *c = conn_of(db);

	(void)sqlite3_finalize(c->stmts[s]);
	c->stmts[s] = NULL;
}

static int lite_exec(struct sql_db *db, const char *sql, struct brg_err *err)
{
	return conn_exec(conn_of(db), sql, err);
}

static const struct sql_driver driver = {
	.engine = SQL_SQLITE,
	.bind_int = lite_bind_int,
	.bind_text = lite_bind_text,
	.bind_blob = lite_bind_blob,
	.bind_null = lite_bind_null,
	.step = lite_step,
	.get_int = lite_int,
	.get_bytes = lite_bytes,
	.reset = lite_reset,
	.changes = lite_changes,
	.drop = lite_drop,
	.exec = lite_exec,
};

/* ---- connections ----------------------------------------------------------------------------*/

int conn_exec(struct conn *c, const char *sql, struct brg_err *err)
{
	int rc = sqlite3_exec(c->handle, sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return 0;
	return conn_fail(c, sqlite3_extended_errcode(c->handle), err);
}

int conn_open(const char *path, int flags, const char *vfs, struct conn **out, struct brg_err *err)
{
	struct conn *c = calloc(1, sizeof(*c));
	int rc;

	*out = c;
	if (!c)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	c->db.driver = &driver;
	c->path = path;
	rc = sqlite3_open_v2(path, &c->handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc != SQLITE_OK) {
		(void)conn_fail(c, rc, err);
		conn_close(out);
		return err->code;
	}
	(void)sqlite3_extended_result_codes(c->handle, 1);
	(void)sqlite3_busy_timeout(c->handle, FOREIGN_LOCK_MS);
	/* The log stays; folding it in is upkeep's work and not that of who closes last. */
	(void)sqlite3_db_config(c->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (conn_exec(c,
		      "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
		      " PRAGMA secure_delete = ON",
		      err) < 0) {
		conn_close(out);
		return err->code;
	}
	return 0;
}

void conn_close(struct conn **conn)
{
	struct conn *c = *conn;

	if (!c)
		return;
	for (int s = 0; s < SQL_STATEMENTS + SQL_MADE; s++)
		(void)sqlite3_finalize(c->stmts[s]);
	sql_made_free(&c->db);
	(void)sqlite3_close(c->handle);
	free(c);
	*conn = NULL;
}

void pool_init(struct pool *pool, const char *path, const char *vfs)
{
	*pool = (struct pool){ .path = path, .vfs = vfs };
	pthread_mutex_init(&pool->lock, NULL);
}

struct conn *pool_get(struct pool *pool, struct brg_err *err)
{
	struct conn *c;

	pthread_mutex_lock(&pool->lock);
	c = pool->idle;
	if (c) {
		pool->idle = c->next;
		pool->n_idle--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!c && conn_open(pool->path, SQLITE_OPEN_READONLY, pool->vfs, &c, err) < 0)
		return NULL;
	return c;
}

void pool_put(struct pool *pool, struct conn *c)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->n_idle < POOL_IDLE) {
		c->next = pool->idle;
		pool->idle = c;
		pool->n_idle++;
		c = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	conn_close(&c);
}

void pool_close(struct pool *pool)
{
	while (pool->idle) {
		struct conn *c = pool->idle;

		pool->idle = c->next;
		conn_close(&c);
	}
	pthread_mutex_destroy(&pool->lock);
}
