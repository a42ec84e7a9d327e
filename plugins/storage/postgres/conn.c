/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections: the driver's half of the border to plugins/storage/sql, and the pool.
 * Statements are prepared on their connection at their first run; the types are those of
 * the values that it is first given, so that integers travel as eight bytes.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define OID_BYTEA 17
#define OID_INT8  20
#define OID_TEXT  25

static struct pg_conn *conn_of(struct sql_db *db)
{
	return (struct pg_conn *)db;
}

/* ---- errors ---------------------------------------------------------------------------------*/

static bool is(const char *state, const char *class)
{
	return strncmp(state, class, strlen(class)) == 0;
}

/* SQLSTATE, appendix A of PostgreSQL's manual. */
static const struct brg_fault *fault_of(const char *state)
{
	if (is(state, "08") || is(state, "57P"))
		return &pg_away;
	if (is(state, "28") || is(state, "3D") || is(state, "42501"))
		return &pg_login;
	if (is(state, "53100"))
		return &pg_full;
	if (is(state, "25006"))
		return &pg_readonly;
	return is(state, "53") ? &pg_away : &pg_internal;
}

static int fail(struct pg_conn *c, const PGresult *result, struct brg_err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (!state || pg_broken(c)) {
		(void)brg_fail(err, &pg_away, "%s", "");
		return brg_said(err, brg_cstr(PQerrorMessage(c->handle)));
	}
	/* Serialization failure and deadlock: section 13.5 of the manual says repeat. */
	c->again = is(state, "40001") || is(state, "40P01");
	(void)brg_fail(err, fault_of(state), "state=%s", state);
	(void)brg_said(err, brg_cstr(words ? words : ""));
	return strcmp(state, "23505") == 0 ? BRG_ECONFLICT : err->code;
}

static bool fine(const PGresult *result)
{
	ExecStatusType s = PQresultStatus(result);

	return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* ---- values ---------------------------------------------------------------------------------*/

/* Room for value `at`, or NULL. */
static struct pg_value *value_at(struct pg_conn *c, struct pg_stmt *st, int at)
{
	if (at > st->room) {
		int room = at < 16 ? 16 : at * 2;
		struct pg_value *more =
			reallocarray(st->values, (size_t)room, sizeof(*more));

		if (!more) {
			c->trouble = true;
			return NULL;
		}
		st->values = more;
		st->room = room;
	}
	if (at > st->n) {
		memset(&st->values[st->n], 0, (size_t)(at - st->n) * sizeof(*st->values));
		st->n = at;
	}
	return &st->values[at - 1];
}

static void give(struct sql_db *db, int s, int at, Oid type, const char *bytes, size_t n)
{
	struct pg_conn *c = conn_of(db);
	struct pg_value *v = value_at(c, &c->stmts[s], at);

	if (!v)
		return;
	if (!c->stmts[s].prepared)
		v->type = type;
	v->bytes = bytes;
	v->length = (int)n;
}

static void pg_bind_int(struct sql_db *db, int s, int at, int64_t value)
{
	struct pg_conn *c = conn_of(db);
	struct pg_value *v = value_at(c, &c->stmts[s], at);

	if (!v)
		return;
	for (int i = 0; i < 8; i++)
		v->integer[i] = (char)((uint64_t)value >> (56 - 8 * i));
	give(db, s, at, OID_INT8, NULL, 8);
}

static void pg_bind_text(struct sql_db *db, int s, int at, struct brg_str text)
{
	give(db, s, at, OID_TEXT, text.len ? text.ptr : "", text.len);
}

static void pg_bind_blob(struct sql_db *db, int s, int at, const void *p, size_t n)
{
	give(db, s, at, OID_BYTEA, n ? p : "", n);
}

static void pg_bind_null(struct sql_db *db, int s, int at)
{
	give(db, s, at, 0, NULL, 0);
}

/* All of a statement's values as arrays. */
static int gather(struct pg_conn *c, const struct pg_stmt *st, struct brg_err *err)
{
	struct pg_given *g = &c->given;

	if (st->n > g->room) {
		size_t room = (size_t)st->n * 2;

		g->types = reallocarray(g->types, room, sizeof(*g->types));
		g->values = reallocarray(g->values, room, sizeof(*g->values));
		g->lengths = reallocarray(g->lengths, room, sizeof(*g->lengths));
		g->formats = reallocarray(g->formats, room, sizeof(*g->formats));
		g->room = (int)room;
	}
	if (c->trouble || (st->n && !(g->types && g->values && g->lengths && g->formats))) {
		c->trouble = false;
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	}
	for (int i = 0; i < st->n; i++) {
		const struct pg_value *v = &st->values[i];

		g->types[i] = v->type;
		g->values[i] = v->bytes || !v->length ? v->bytes : v->integer;
		g->lengths[i] = v->length;
		g->formats[i] = 1; /* binary */
	}
	return 0;
}

/* ---- running --------------------------------------------------------------------------------*/

#define NAME_SIZE 32

static void name_of(const struct pg_stmt *st, int s, char *name)
{
	(void)snprintf(name, NAME_SIZE, "s%d_%u", s, st->round);
}

/* ?1 becomes $1. */
static int prepare(struct pg_conn *c, int s, struct brg_err *err)
{
	struct pg_stmt *st = &c->stmts[s];
	char *text = strdup(sql_text(&c->db, s)), name[NAME_SIZE];
	PGresult *result;
	int rc = 0;

	if (!text)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	for (char *p = text; (p = strchr(p, '?')) != NULL; p++)
		*p = '$';
	name_of(st, s, name);
	result = PQprepare(c->handle, name, text, st->n, c->given.types);
	free(text);
	if (fine(result))
		st->prepared = true;
	else
		rc = fail(c, result, err);
	PQclear(result);
	return rc;
}

static int run_it(struct pg_conn *c, int s, struct brg_err *err)
{
	const struct pg_given *g = &c->given;
	struct pg_stmt *st = &c->stmts[s];
	char name[NAME_SIZE];
	int rc = gather(c, st, err);

	if (rc == 0 && !st->prepared)
		rc = prepare(c, s, err);
	if (rc < 0)
		return rc;
	name_of(st, s, name);
	st->rows = PQexecPrepared(c->handle, name, st->n, g->values, g->lengths, g->formats, 1);
	st->at = -1;
	if (!fine(st->rows))
		return fail(c, st->rows, err);
	c->changed = strtoll(PQcmdTuples(st->rows), NULL, 10);
	return 0;
}

static int pg_step(struct sql_db *db, int s, struct brg_err *err)
{
	struct pg_conn *c = conn_of(db);
	struct pg_stmt *st = &c->stmts[s];
	int rc;

	if (!st->rows) {
		rc = run_it(c, s, err);
		if (rc < 0)
			return rc;
	}
	return ++st->at < PQntuples(st->rows);
}

static int64_t pg_int(struct sql_db *db, int s, int column)
{
	const struct pg_stmt *st = &conn_of(db)->stmts[s];
	const char *p = PQgetvalue(st->rows, st->at, column);
	int n = PQgetlength(st->rows, st->at, column);
	uint64_t value = n && *p & 0x80 ? ~UINT64_C(0) : 0;

	for (int i = 0; i < n; i++)
		value = value << 8 | (unsigned char)p[i];
	return (int64_t)value;
}

static struct brg_str pg_bytes(struct sql_db *db, int s, int column)
{
	const struct pg_stmt *st = &conn_of(db)->stmts[s];
	struct brg_str out = { NULL, (size_t)PQgetlength(st->rows, st->at, column) };

	if (!PQgetisnull(st->rows, st->at, column))
		out.ptr = PQgetvalue(st->rows, st->at, column);
	return out;
}

static void pg_reset(struct sql_db *db, int s)
{
	struct pg_stmt *st = &conn_of(db)->stmts[s];

	PQclear(st->rows);
	st->rows = NULL;
}

static int64_t pg_changes(struct sql_db *db)
{
	return conn_of(db)->changed;
}

static void pg_drop(struct sql_db *db, int s)
{
	struct pg_conn *c = conn_of(db);
	struct pg_stmt *st = &c->stmts[s];
	struct brg_err ignored = BRG_ERR_INIT;
	char name[NAME_SIZE], sql[NAME_SIZE + 16];

	if (st->prepared) {
		name_of(st, s, name);
		(void)snprintf(sql, sizeof(sql), "DEALLOCATE %s", name);
		(void)pg_exec(c, sql, NULL, &ignored); /* where that fails, the name is not used again */
	}
	st->prepared = false;
	st->round++;
	st->n = 0;
}

int pg_exec(struct pg_conn *c, const char *sql, PGresult **out, struct brg_err *err)
{
	PGresult *result = PQexec(c->handle, sql);
	int rc = fine(result) ? 0 : fail(c, result, err);

	if (rc == 0 && out)
		*out = result;
	else
		PQclear(result);
	return rc;
}

static int exec_all(struct sql_db *db, const char *sql, struct brg_err *err)
{
	return pg_exec(conn_of(db), sql, NULL, err);
}

PGresult *pg_ask(struct pg_conn *c, const char *sql, int n, const char *const *values,
		 const int *lengths, const int *formats, struct brg_err *err)
{
	PGresult *result = PQexecParams(c->handle, sql, n, NULL, values, lengths, formats, 1);

	if (fine(result))
		return result;
	(void)fail(c, result, err);
	PQclear(result);
	return NULL;
}

static const struct sql_driver driver = {
	.engine = SQL_POSTGRES,
	.bind_int = pg_bind_int,
	.bind_text = pg_bind_text,
	.bind_blob = pg_bind_blob,
	.bind_null = pg_bind_null,
	.step = pg_step,
	.get_int = pg_int,
	.get_bytes = pg_bytes,
	.reset = pg_reset,
	.changes = pg_changes,
	.drop = pg_drop,
	.exec = exec_all,
};

/* ---- connections ----------------------------------------------------------------------------*/

static void ignore(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

bool pg_broken(const struct pg_conn *c)
{
	return PQstatus(c->handle) != CONNECTION_OK;
}

static void conn_close(struct pg_conn *c)
{
	for (int s = 0; s < SQL_STATEMENTS + SQL_MADE; s++) {
		PQclear(c->stmts[s].rows);
		free(c->stmts[s].values);
	}
	free(c->given.types);
	free(c->given.values);
	free(c->given.lengths);
	free(c->given.formats);
	sql_made_free(&c->db);
	PQfinish(c->handle);
	free(c);
}

static int set_path(struct pg_conn *c, const char *schema, struct brg_err *err)
{
	char *name = PQescapeIdentifier(c->handle, schema, strlen(schema)), sql[256];
	int rc;

	if (!name)
		return brg_fail(err, &sql_bad_call, "what=name of the schema");
	(void)snprintf(sql, sizeof(sql), "SET search_path TO %s", name);
	PQfreemem(name);
	rc = pg_exec(c, sql, NULL, err);
	return rc;
}

static struct pg_conn *conn_open(const struct pg_pool *pool, struct brg_err *err)
{
	const char *const names[] = { "dbname", "fallback_application_name", "client_encoding",
				      NULL };
	const char *const values[] = { pool->database, "brygga", "UTF8", NULL };
	struct pg_conn *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)brg_fail(err, &sql_bad_call, "what=out of memory");
		return NULL;
	}
	c->db.driver = &driver;
	c->handle = PQconnectdbParams(names, values, 1);
	PQsetNoticeProcessor(c->handle, ignore, NULL);
	if (pg_broken(c)) {
		/* A failed connect has no SQLSTATE; a refused login got as far as a server. */
		(void)brg_fail(err,
			       PQserverVersion(c->handle) || PQconnectionNeedsPassword(c->handle)
				       ? &pg_login
				       : &pg_away,
			       "%s", "");
		(void)brg_said(err, brg_cstr(PQerrorMessage(c->handle)));
	} else if (PQserverVersion(c->handle) < 140000) {
		(void)brg_fail(err, &pg_old, "version=%d", PQserverVersion(c->handle) / 10000);
	} else if (set_path(c, pool->schema, err) == 0) {
		return c;
	}
	conn_close(c);
	return NULL;
}

void pg_pool_init(struct pg_pool *pool, const char *database, const char *schema)
{
	*pool = (struct pg_pool){ .database = database, .schema = schema };
	pthread_mutex_init(&pool->lock, NULL);
}

struct pg_conn *pg_get(struct pg_pool *pool, struct brg_err *err)
{
	struct pg_conn *c;

	pthread_mutex_lock(&pool->lock);
	c = pool->idle;
	if (c)
		pool->idle = c->next;
	pthread_mutex_unlock(&pool->lock);
	return c ? c : conn_open(pool, err);
}

void pg_put(struct pg_pool *pool, struct pg_conn *c)
{
	if (pg_broken(c)) {
		conn_close(c);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	c->next = pool->idle;
	pool->idle = c;
	pthread_mutex_unlock(&pool->lock);
}

void pg_pool_close(struct pg_pool *pool)
{
	for (struct pg_conn *c = pool->idle, *next; c; c = next) {
		next = c->next;
		conn_close(c);
	}
	pool->idle = NULL;
	pthread_mutex_destroy(&pool->lock);
}
