/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared store, so far a first proof of the border to plugins/storage/sql: it keeps all
 * that the conformance kit asks, one statement and one round trip after the other. Steps
 * as one pipeline, NOTIFY and a position for the changes feed are not there yet.
 */
#include "postgres.h"

#include <stdlib.h>
#include <sys/random.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* ---- steps ----------------------------------------------------------------------------------*/

struct step_work {
	struct pg_work work;
	const struct brg_step *step;
	int64_t now_us;
	size_t *failed;
};

static int run_step(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct step_work *w = (struct step_work *)work;

	return sql_apply(&c->db, w->step, w->now_us, w->failed, err);
}

static int pg_commit(void *self, const struct brg_step *step, size_t *failed, struct brg_err *err)
{
	struct postgres *s = self;
	struct step_work w = {
		.work = { .run = run_step, .relaxed = step->durability == BRG_RELAXED },
		.step = step,
		.failed = failed,
	};

	w.now_us = s->host->now_us(s->host->ctx);
	return pg_transact(&s->pool, &w.work, err);
}

/* ---- reads ----------------------------------------------------------------------------------*/

static int pg_read(void *self, const struct brg_query *q, sql_row_fn *row, void *arg,
		   struct brg_err *err)
{
	struct postgres *s = self;
	struct pg_conn *c = pg_get(&s->pool, err);
	struct brg_err ignored = BRG_ERR_INIT;
	bool several = q->what == BRG_READ_COUNTS;
	int rc = 0;

	if (!c)
		return err->code;
	/* One statement is one snapshot; several need a transaction. */
	if (several)
		rc = pg_exec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, err);
	if (rc == 0)
		rc = sql_read(&c->db, q, row, arg, err);
	if (several && !pg_broken(c))
		(void)pg_exec(c, "COMMIT", NULL, &ignored);
	pg_put(&s->pool, c);
	return rc;
}

static int pg_known(void *self, const struct brg_id *mailbox, struct brg_str folder,
		    const struct brg_str *ids, size_t n, uint8_t *states,
		    struct brg_known_answer *answer, struct brg_err *err)
{
	struct postgres *s = self;
	struct pg_conn *c = pg_get(&s->pool, err);
	int rc;

	if (!c)
		return err->code;
	rc = sql_known(&c->db, mailbox, folder, ids, n, states, answer, err);
	pg_put(&s->pool, c);
	return rc;
}

static int pg_body(void *self, const struct brg_sha *sha,
		   int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *err)
{
	struct postgres *s = self;
	struct pg_conn *c = pg_get(&s->pool, err);
	int rc;

	if (!c)
		return err->code;
	rc = sql_body(&c->db, sha, chunk, arg, err);
	pg_put(&s->pool, c);
	return rc;
}

/* ---- upkeep ---------------------------------------------------------------------------------*/

struct prune_work {
	struct pg_work work;
	struct sql_prune prune;
	int removed;
};

static int run_prune(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct prune_work *w = (struct prune_work *)work;
	int rc = sql_prune_find(&c->db, &w->prune, err);

	if (rc < 0)
		return rc;
	w->removed = sql_prune(&c->db, &w->prune, err);
	return w->removed < 0 ? w->removed : BRG_COMMITTED;
}

static int prune(struct postgres *s, unsigned what, struct brg_upkeep *io, struct brg_err *err)
{
	struct prune_work *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	w->work = (struct pg_work){ .run = run_prune, .relaxed = true };
	w->prune.what = what;
	w->prune.before_us = what == BRG_UPKEEP_BODIES ? io->now_us - DAY_US : io->before_us;
	do {
		rc = pg_transact(&s->pool, &w->work, err);
		if (rc >= 0)
			io->removed += (uint64_t)w->removed;
	} while (rc >= 0 && w->removed && w->prune.more);
	io->more |= w->prune.more;
	free(w);
	return rc;
}

static int pg_upkeep(void *self, struct brg_upkeep *io, struct brg_err *err)
{
	struct postgres *s = self;
	int rc = 0;

	io->removed = 0;
	io->more = false;
	if (io->what & BRG_UPKEEP_BODIES)
		rc = prune(s, BRG_UPKEEP_BODIES, io, err);
	if (rc >= 0 && io->what & BRG_UPKEEP_RETENTION)
		rc = prune(s, BRG_UPKEEP_RETENTION, io, err);
	return rc < 0 ? rc : 0; /* checkpoints are the server's own business */
}

/* ---- the way in and out ---------------------------------------------------------------------*/

struct open_work {
	struct pg_work work;
	const struct postgres *s;
	bool create;
	struct brg_id fresh;
};

/* UUIDv7. */
static int fresh_id(struct postgres *s, struct brg_id *id, struct brg_err *err)
{
	uint64_t ms = (uint64_t)(s->host->now_us(s->host->ctx) / 1000);

	if (getrandom(id->b, sizeof(id->b), 0) != (ssize_t)sizeof(id->b))
		return brg_fail(err, &sql_bad_call, "what=no randomness");
	for (int i = 0; i < 6; i++)
		id->b[i] = (unsigned char)(ms >> (40 - 8 * i));
	id->b[6] = (unsigned char)(0x70 | (id->b[6] & 0x0f));
	id->b[8] = (unsigned char)(0x80 | (id->b[8] & 0x3f));
	return 0;
}

static int make_schema(struct pg_conn *c, const char *schema, struct brg_err *err)
{
	char *name = PQescapeIdentifier(c->handle, schema, strlen(schema)), sql[256];

	if (!name)
		return brg_fail(err, &sql_bad_call, "what=name of the schema");
	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA IF NOT EXISTS %s", name);
	PQfreemem(name);
	return pg_exec(c, sql, NULL, err);
}

/* One at a time over all nodes; the number is any that nobody else is likely to use. */
static int run_open(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct open_work *w = (struct open_work *)work;
	int schema, rc = 0;

	if (w->create)
		rc = pg_exec(c, "SELECT pg_advisory_xact_lock(4711184711)", NULL, err);
	if (rc == 0 && w->create)
		rc = make_schema(c, w->s->schema, err);
	if (rc < 0)
		return rc;
	schema = sql_schema(&c->db, w->s->schema, err);
	if (schema < 0 || schema == SQL_SCHEMA)
		return schema < 0 ? schema : BRG_COMMITTED;
	if (!w->create)
		return brg_fail(err, &sql_empty, "where=%s", w->s->schema);
	return sql_migrate(&c->db, schema, &w->fresh, err);
}

static int pg_open(void *self, const struct brg_host *host, unsigned flags, struct brg_err *err)
{
	struct postgres *s = self;
	struct open_work w = { .work = { .run = run_open },
			       .s = s,
			       .create =
				       (flags & BRG_OPEN_CREATE) && !(flags & BRG_OPEN_READONLY) };
	pthread_condattr_t monotonic;
	int rc;

	s->host = host;
	pg_pool_init(&s->pool, s->database, s->schema);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->stop_now, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->initialized = true;
	rc = fresh_id(s, &w.fresh, err);
	if (rc == 0)
		rc = pg_transact(&s->pool, &w.work, err);
	s->pool.readonly = flags & BRG_OPEN_READONLY;
	return rc;
}

static void pg_close(void *self)
{
	struct postgres *s = self;

	if (!s->initialized)
		return;
	pg_leave_all(s);
	pg_pool_close(&s->pool);
	pthread_cond_destroy(&s->stop_now);
	pthread_mutex_destroy(&s->lock);
	s->initialized = false;
}

/* ---- the plugin -----------------------------------------------------------------------------*/

static const struct brg_option options[] = {
	{ "database", BRG_OPT_STRING, BRG_OPT_REQUIRED, offsetof(struct postgres, database), NULL,
	  NULL, 0, 0,
	  "Connection string or URI of libpq, without a password: that comes from the file that "
	  "passfile= names." },
	{ "schema", BRG_OPT_STRING, 0, offsetof(struct postgres, schema), "brygga", NULL, 0, 0,
	  "Schema of the tables. It is made if it is not there." },
	{ "lease", BRG_OPT_DURATION, 0, offsetof(struct postgres, lease_ms), "20s", NULL, 1000,
	  600000, "A process that was silent for so long is dead, and its visits go to others." },
	{ NULL, 0, 0, 0, NULL, NULL, 0, 0, NULL },
};

static const struct brg_storage ops = {
	.size = sizeof(ops),
	.open = pg_open,
	.close = pg_close,
	.commit = pg_commit,
	.read = pg_read,
	.known = pg_known,
	.body = pg_body,
	.join = pg_join,
	.claim = pg_claim,
	.slots = pg_slots,
	.reap = pg_reap,
	.upkeep = pg_upkeep,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_STORAGE),
	.name = "postgres",
	.version = PACKAGE_VERSION,
	.summary = "shared store on PostgreSQL (not for production yet)",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct postgres),
	.options = options,
	.faults = pg_faults,
	.storage = &ops,
};

BRG_PLUGIN(postgres, plugin);
