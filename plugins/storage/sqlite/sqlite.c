/* SPDX-License-Identifier: Apache-2.0
 *
 * The embedded store: one file on a local disk, used by any number of processes and
 * threads of one machine. Reads go to connections of their own and see whole steps only;
 * everything that changes goes through the committer.
 */
#include "sqlite.h"

#include <stdlib.h>
#include <unistd.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static int refuse_readonly(struct sqlite *s, struct brg_err *err)
{
	return brg_fail(err, &sqlite_readonly, "path=%s", s->path);
}

/* ---- steps ----------------------------------------------------------------------------------*/

struct step_job {
	struct job job;
	const struct brg_step *step;
	int64_t now_us;
	size_t *failed;
};

static int run_step(struct job *job, struct sql_db *db, struct brg_err *err)
{
	struct step_job *j = (struct step_job *)job;

	return sql_apply(db, j->step, j->now_us, j->failed, err);
}

static int sqlite_commit(void *self, const struct brg_step *step, size_t *failed,
			 struct brg_err *err)
{
	struct sqlite *s = self;
	struct step_job j = {
		.job = { .run = run_step,
			 .durability = step->durability,
			 .weight = sql_weight(step),
			 .err = err },
		.step = step,
		.failed = failed,
	};

	if (s->readonly)
		return refuse_readonly(s, err);
	j.now_us = s->host->now_us(s->host->ctx);
	return committer_do(&s->committer, &j.job);
}

/* ---- reads ----------------------------------------------------------------------------------*/

static int sqlite_read(void *self, const struct brg_query *q, sql_row_fn *row, void *arg,
		       struct brg_err *err)
{
	struct sqlite *s = self;
	struct conn *c = pool_get(&s->pool, err);
	struct brg_err ignored = BRG_ERR_INIT;
	int rc;

	if (!c)
		return err->code;
	/* One statement is one snapshot; several need a transaction. */
	if (q->what == BRG_READ_COUNTS && conn_exec(c, "BEGIN", err) < 0) {
		pool_put(&s->pool, c);
		return err->code;
	}
	rc = sql_read(&c->db, q, row, arg, err);
	if (q->what == BRG_READ_COUNTS)
		(void)conn_exec(c, "COMMIT", &ignored);
	pool_put(&s->pool, c);
	return rc;
}

static int sqlite_known(void *self, const struct brg_id *mailbox, struct brg_str folder,
			const struct brg_str *ids, size_t n, uint8_t *states,
			struct brg_known_answer *answer, struct brg_err *err)
{
	struct sqlite *s = self;
	struct conn *c = pool_get(&s->pool, err);
	int rc;

	if (!c)
		return err->code;
	rc = sql_known(&c->db, mailbox, folder, ids, n, states, answer, err);
	pool_put(&s->pool, c);
	return rc;
}

static int sqlite_body(void *self, const struct brg_sha *sha,
		       int (*chunk)(void *arg, struct brg_str bytes), void *arg,
		       struct brg_err *err)
{
	struct sqlite *s = self;
	struct conn *c = pool_get(&s->pool, err);
	int rc;

	if (!c)
		return err->code;
	rc = sql_body(&c->db, sha, chunk, arg, err);
	pool_put(&s->pool, c);
	return rc;
}

/* ---- leases ---------------------------------------------------------------------------------*/

struct join_job {
	struct job job;
	const struct brg_process_row *row;
};

static int run_join(struct job *job, struct sql_db *db, struct brg_err *err)
{
	return sql_join(db, ((struct join_job *)job)->row, err);
}

static int sqlite_join(void *self, const struct brg_process_row *row, struct brg_err *err)
{
	struct sqlite *s = self;
	struct join_job j = { .job = { .run = run_join, .err = err }, .row = row };
	int rc;

	if (s->readonly)
		return refuse_readonly(s, err);
	/* The lock first: whoever sees the row can see that we live. */
	rc = procs_join(&s->procs, &row->id, err);
	if (rc < 0)
		return rc;
	rc = committer_do(&s->committer, &j.job);
	if (rc < 0)
		procs_leave(&s->procs, &row->id);
	return rc;
}

struct claim_job {
	struct job job;
	const struct brg_claim_request *req;
	struct brg_id *visits;
	int n;
};

static int run_claim(struct job *job, struct sql_db *db, struct brg_err *err)
{
	struct claim_job *j = (struct claim_job *)job;

	j->n = sql_claim(db, j->req, false, j->visits, err);
	return j->n < 0 ? j->n : BRG_COMMITTED;
}

static int tell_claimed(struct sqlite *s, const struct claim_job *j,
			void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
			struct brg_err *err)
{
	struct conn *c = pool_get(&s->pool, err);
	int told = 0, rc = 0;

	if (!c)
		return err->code;
	for (int i = 0; rc >= 0 && i < j->n; i++) {
		rc = sql_claimed(&c->db, &j->visits[i], j->req, each, arg, err);
		if (rc > 0)
			told++;
	}
	pool_put(&s->pool, c);
	return rc < 0 ? rc : told;
}

static int sqlite_claim(void *self, const struct brg_claim_request *req,
			void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
			struct brg_err *err)
{
	struct sqlite *s = self;
	struct claim_job j = { .job = { .run = run_claim, .err = err }, .req = req };
	struct conn *c;
	int rc;

	if (s->readonly)
		return refuse_readonly(s, err);
	if (!procs_has(&s->procs, &req->process))
		return brg_fail(err, &sqlite_not_joined, "%s", "");
	/* Who only asks whether there is work keeps nobody from writing. */
	c = pool_get(&s->pool, err);
	if (!c)
		return err->code;
	rc = sql_claim(&c->db, req, true, NULL, err);
	pool_put(&s->pool, c);
	if (rc <= 0)
		return rc;
	j.visits = calloc(req->n, sizeof(*j.visits));
	if (!j.visits)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	j.job.weight = 512 * (size_t)rc;
	rc = committer_do(&s->committer, &j.job);
	if (rc >= 0 && j.n > 0)
		rc = tell_claimed(s, &j, each, arg, err);
	free(j.visits);
	return rc;
}

struct slots_job {
	struct job job;
	struct brg_slots *io;
};

static int run_slots(struct job *job, struct sql_db *db, struct brg_err *err)
{
	return sql_slots(db, ((struct slots_job *)job)->io, err);
}

static int sqlite_slots(void *self, struct brg_slots *io, struct brg_err *err)
{
	struct sqlite *s = self;
	struct slots_job j = { .job = { .run = run_slots, .weight = 256, .err = err }, .io = io };
	struct brg_err ignored = BRG_ERR_INIT;
	struct conn *c;
	int rc;

	if (s->readonly)
		return refuse_readonly(s, err);
	if (!procs_has(&s->procs, &io->process))
		return brg_fail(err, &sqlite_not_joined, "%s", "");
	c = pool_get(&s->pool, err);
	if (!c)
		return err->code;
	rc = conn_exec(c, "BEGIN", err); /* several statements, one snapshot */
	if (rc == 0) {
		rc = sql_slots_same(&c->db, io, err);
		(void)conn_exec(c, "COMMIT", &ignored);
	}
	pool_put(&s->pool, c);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return committer_do(&s->committer, &j.job);
}

struct dead {
	struct brg_process_row row;
	char node[256], role[64];
};

struct reap_job {
	struct job job;
	struct sqlite *s;
	struct dead *all;
	size_t n, room;
	const struct brg_id *one;
	int64_t now_us;
	bool there;
};

static int note_process(void *arg, const struct brg_row *row)
{
	const struct brg_process_row *p = &row->u.process;
	struct reap_job *j = arg;
	struct dead *d;

	if (procs_has(&j->s->procs, &p->id))
		return 0;
	if (j->n == j->room) {
		d = reallocarray(j->all, j->room + 16, sizeof(*d));
		if (!d)
			return BRG_EINTERNAL;
		j->all = d;
		j->room += 16;
	}
	d = &j->all[j->n++];
	d->row = *p;
	(void)snprintf(d->node, sizeof(d->node), "%.*s", (int)p->node.len, p->node.ptr);
	(void)snprintf(d->role, sizeof(d->role), "%.*s", (int)p->role.len, p->role.ptr);
	return 0;
}

static int run_reap(struct job *job, struct sql_db *db, struct brg_err *err)
{
	struct reap_job *j = (struct reap_job *)job;
	int rc = sql_leave(db, j->one, j->now_us, err);

	j->there = rc > 0;
	return rc < 0 ? rc : BRG_COMMITTED;
}

static int sqlite_reap(void *self, int64_t now_us,
		       void (*each)(void *arg, const struct brg_process_row *dead), void *arg,
		       struct brg_err *err)
{
	struct sqlite *s = self;
	struct reap_job j = { .job = { .run = run_reap, .err = err }, .s = s, .now_us = now_us };
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_PROCESSES };
	int found = 0, rc;

	if (s->readonly)
		return refuse_readonly(s, err);
	rc = sqlite_read(s, &q, note_process, &j, err);
	for (size_t i = 0; rc >= 0 && i < j.n; i++) {
		struct dead *d = &j.all[i];
		int fd = procs_dead(&s->procs, &d->row.id);

		if (fd < 0)
			continue;
		j.one = &d->row.id;
		rc = committer_do(&s->committer, &j.job);
		if (rc < 0) {
			close(fd);
			break;
		}
		procs_bury(&s->procs, &d->row.id, fd);
		if (!j.there)
			continue; /* it left by itself meanwhile */
		d->row.node = brg_cstr(d->node);
		d->row.role = brg_cstr(d->role);
		if (each)
			each(arg, &d->row);
		found++;
	}
	free(j.all);
	return rc < 0 ? rc : found;
}

/* ---- upkeep ---------------------------------------------------------------------------------*/

struct prune_job {
	struct job job;
	struct sql_prune prune;
	int removed;
};

static int run_prune(struct job *job, struct sql_db *db, struct brg_err *err)
{
	struct prune_job *j = (struct prune_job *)job;

	j->removed = sql_prune(db, &j->prune, err);
	return j->removed < 0 ? j->removed : BRG_COMMITTED;
}

static int prune(struct sqlite *s, unsigned what, struct brg_upkeep *io, struct brg_err *err)
{
	struct prune_job *j = calloc(1, sizeof(*j));
	struct conn *c = pool_get(&s->pool, err);
	int rc = -1;

	if (!j || !c)
		goto out;
	j->job.run = run_prune;
	j->job.err = err;
	j->prune.what = what;
	j->prune.from = s->prune_from;
	j->prune.before_us = what == BRG_UPKEEP_BODIES ? io->now_us - DAY_US : io->before_us;
	rc = sql_prune_find(&c->db, &j->prune, err);
	if (rc < 0)
		goto out;
	if (what == BRG_UPKEEP_RETENTION || j->prune.n)
		rc = committer_do(&s->committer, &j->job);
	if (rc < 0)
		goto out;
	if (what == BRG_UPKEEP_BODIES)
		s->prune_from = j->prune.from;
	io->removed += (uint64_t)j->removed;
	io->more |= j->prune.more;
out:
	if (!j)
		rc = brg_fail(err, &sql_bad_call, "what=out of memory");
	if (c)
		pool_put(&s->pool, c);
	else
		rc = err->code;
	free(j);
	return rc;
}

static int fold(struct sqlite *s, bool empty, struct brg_err *err)
{
	if (!s->upkeep) {
		if (conn_open(s->path, SQLITE_OPEN_READWRITE, s->vfs, &s->upkeep, err) < 0)
			return err->code;
		if (conn_exec(s->upkeep, "PRAGMA synchronous = NORMAL", err) < 0)
			return err->code;
	}
	return empty ? committer_empty_log(s->upkeep, &s->committer.turnstile, err)
		     : committer_checkpoint(s->upkeep, &s->committer.turnstile, err);
}

static int sqlite_upkeep(void *self, struct brg_upkeep *io, struct brg_err *err)
{
	struct sqlite *s = self;
	int rc = 0;

	if (s->readonly)
		return refuse_readonly(s, err);
	io->removed = 0;
	io->more = false;
	pthread_mutex_lock(&s->upkeep_lock);
	if (io->what & BRG_UPKEEP_BODIES)
		rc = prune(s, BRG_UPKEEP_BODIES, io, err);
	if (rc >= 0 && io->what & BRG_UPKEEP_RETENTION)
		rc = prune(s, BRG_UPKEEP_RETENTION, io, err);
	if (rc >= 0 && io->what & (BRG_UPKEEP_CHECKPOINT | BRG_UPKEEP_EMPTY_LOG))
		rc = fold(s, io->what & BRG_UPKEEP_EMPTY_LOG, err);
	pthread_mutex_unlock(&s->upkeep_lock);
	return rc < 0 ? rc : 0;
}

/* ---- the plugin -----------------------------------------------------------------------------*/

static const struct brg_option options[] = {
	{ "path", BRG_OPT_STRING, BRG_OPT_REQUIRED, offsetof(struct sqlite, path), NULL, NULL, 0, 0,
	  "File of the database, on a local disk. Its log and lock files lie beside it." },
	{ "committer", BRG_OPT_CHOICE, 0, offsetof(struct sqlite, committer_mode), "thread",
	  "thread|inline", 0, 0,
	  "thread: steps of all threads are committed together by one; inline: each by itself, "
	  "for tests." },
	{ "wal-limit", BRG_OPT_SIZE, 0, offsetof(struct sqlite, wal_limit), "512M", NULL, 1 << 20,
	  INT64_C(1) << 40,
	  "Size of the log at which a commit folds it into the database, if the keeper did not." },
	{ "vfs", BRG_OPT_STRING, 0, offsetof(struct sqlite, vfs), "", NULL, 0, 0,
	  "Name of an SQLite VFS, for tests. Empty: the system's." },
	{ NULL, 0, 0, 0, NULL, NULL, 0, 0, NULL },
};

static const struct brg_storage ops = {
	.size = sizeof(ops),
	.open = sqlite_open,
	.close = sqlite_close,
	.commit = sqlite_commit,
	.read = sqlite_read,
	.known = sqlite_known,
	.body = sqlite_body,
	.join = sqlite_join,
	.claim = sqlite_claim,
	.slots = sqlite_slots,
	.reap = sqlite_reap,
	.upkeep = sqlite_upkeep,
};

static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_STORAGE),
	.name = "sqlite",
	.version = PACKAGE_VERSION,
	.summary = "embedded store in one SQLite file",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct sqlite),
	.options = options,
	.faults = sqlite_faults,
	.storage = &ops,
};

BRG_PLUGIN(sqlite, plugin);
