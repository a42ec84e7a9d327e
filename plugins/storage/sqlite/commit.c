/* SPDX-License-Identifier: Apache-2.0
 *
 * The one who writes. SQLite has one writer and a commit has a fixed cost, so the jobs of
 * all threads of a process go through one thread, many in one transaction. A group ends
 * when nobody else waits, after 10 ms or 1 MiB; a lone job never waits for company.
 *
 * Durability: SQLite runs with synchronous = NORMAL, which writes a commit to the log
 * without fsync. Where a job of the group is durable, the log is synced here, behind the
 * commit and outside our turn, so that other processes write meanwhile. The log is one file
 * for all: the sync covers whatever any process committed before. If somebody folded the
 * log and started it anew in between, he synced log and database first.
 */
#include "sqlite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GROUP_NS     (10 * 1000 * 1000)
#define GROUP_WEIGHT (1024 * 1024)
#define HURRY_BYTES  (4 * 1024 * 1024)

/* The log is folded beside the writers in rounds, each as long as the last one took them to
 * append, until what is left (in pages) is worth stopping them for. */
#define FOLD_ROUNDS 8
#define FOLD_REST   (1024 * 1024 / SQLITE_PAGE)

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static struct job *next_job(struct committer *c)
{
	struct job *job;

	pthread_mutex_lock(&c->lock);
	job = c->head;
	if (job) {
		c->head = job->next;
		if (!c->head)
			c->tail = &c->head;
		job->next = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	return job;
}

/* Tell the callers of a list. Inline, the only caller is the one who runs this. */
static void tell(struct committer *c, struct job *list)
{
	pthread_mutex_lock(&c->lock);
	for (struct job *next; list; list = next) {
		next = list->next; /* its stack is gone once it is told */
		list->done = true;
		if (!c->inline_)
			pthread_cond_signal(&list->cond);
	}
	pthread_mutex_unlock(&c->lock);
}

/* The whole group came to nothing: every member gets the reason. */
static void fail_all(struct job *list, const struct brg_err *err)
{
	for (struct job *job = list; job; job = job->next) {
		if (job->rc < 0)
			continue; /* has its own */
		job->rc = err->code;
		*job->err = *err;
	}
}

static int sync_log(struct committer *c, struct brg_err *err)
{
	sqlite3_file *log = NULL;
	int rc;

	rc = sqlite3_file_control(c->conn->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (rc == SQLITE_OK && log && log->pMethods)
		rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	if (rc == SQLITE_OK) {
		c->dirty = false;
		return 0;
	}
	c->unsynced = true;
	return brg_fail(err, &sqlite_unsynced, "path=%s\nreason=%s", c->conn->path,
			sqlite3_errstr(rc));
}

/* One job. The first of a transaction needs no savepoint: undone, nothing is left. */
static void run_job(struct committer *c, struct job *job, bool first)
{
	struct conn *conn = c->conn;
	struct brg_err ignored = BRG_ERR_INIT;

	if (!first) {
		job->rc = conn_exec(conn, "SAVEPOINT job", job->err);
		if (job->rc < 0)
			return;
	}
	job->rc = job->run(job, &conn->db, job->err);
	if (first && job->rc != BRG_COMMITTED)
		(void)conn_exec(conn, "ROLLBACK; BEGIN IMMEDIATE", &ignored);
	else if (!first && job->rc != BRG_COMMITTED)
		(void)conn_exec(conn, "ROLLBACK TO job; RELEASE job", &ignored);
	else if (!first && conn_exec(conn, "RELEASE job", job->err) < 0)
		job->rc = job->err->code;
}

struct group {
	struct job *jobs, **tail;
	size_t changed; /* jobs with something to commit */
	bool durable;
	bool lost; /* SQLite gave the transaction up: disk full, read error */
};

static bool goes_on(const struct group *g, size_t weight, int64_t start, bool inline_)
{
	return !g->lost && !inline_ && weight < GROUP_WEIGHT && now_ns() - start < GROUP_NS;
}

static void run_jobs(struct committer *c, struct group *g, struct job *job)
{
	int64_t start = c->inline_ ? 0 : now_ns();
	size_t weight = 0;

	while (job) {
		*g->tail = job;
		g->tail = &job->next;
		run_job(c, job, g->changed == 0);
		weight += job->weight;
		c->wrote += (int64_t)job->weight;
		if (job->rc == BRG_COMMITTED) {
			g->changed++;
			g->durable |= job->durability == BRG_DURABLE;
		}
		g->lost = sqlite3_get_autocommit(c->conn->handle) != 0;
		job = goes_on(g, weight, start, c->inline_) ? next_job(c) : NULL;
	}
}

static int end_transaction(struct committer *c, struct group *g, struct brg_err *err)
{
	struct brg_err ignored = BRG_ERR_INIT;

	if (g->lost) {
		/* The one that failed has the reason; the others get the same. */
		(void)brg_fail(err, &sqlite_internal, "path=%s", c->conn->path);
		for (struct job *job = g->jobs; job; job = job->next) {
			if (job->rc < 0)
				*err = *job->err;
		}
		return err->code;
	}
	if (conn_exec(c->conn, g->changed ? "COMMIT" : "ROLLBACK", err) < 0) {
		if (!sqlite3_get_autocommit(c->conn->handle))
			(void)conn_exec(c->conn, "ROLLBACK", &ignored);
		return err->code;
	}
	c->dirty |= g->changed > 0;
	return 0;
}

/* The relaxed ones need not wait for the disk. */
static void tell_relaxed(struct committer *c, struct group *g)
{
	struct job *relaxed = NULL, *durable = NULL, **r = &relaxed, **d = &durable;

	for (struct job *job = g->jobs; job; job = job->next) {
		struct job ***to = job->durability == BRG_DURABLE ? &d : &r;

		**to = job;
		*to = &job->next;
	}
	*r = *d = NULL;
	g->jobs = durable;
	tell(c, relaxed);
}

/* Have the system write a growing log to the disk beside the work, so that a durable commit
 * finds little left to wait for. Relaxed jobs alone would leave it all to the next sync. */
static void hurry_log(struct committer *c)
{
	char path[PATH_MAX];

	if (c->inline_)
		return;
	if (c->wal_bytes < c->hurried)
		c->hurried = 0; /* the log was started anew */
	if (c->wal_bytes - c->hurried < HURRY_BYTES)
		return;
	if (c->log_fd < 0) {
		(void)snprintf(path, sizeof(path), "%s-wal", c->conn->path);
		c->log_fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (c->log_fd >= 0)
		(void)sync_file_range(c->log_fd, c->hurried, c->wal_bytes - c->hurried,
				      SYNC_FILE_RANGE_WRITE);
	c->hurried = c->wal_bytes;
}

/* Without a keeper the log would grow for ever. Who writes much folds; who writes little does
 * it only when nobody else did, since his next commit waits for it. When readers hold the
 * log, try again only after it has grown on. */
static void fold_if_long(struct committer *c)
{
	struct brg_err ignored = BRG_ERR_INIT;

	if (c->wal_bytes < c->wal_limit) {
		c->wal_next = c->wal_limit;
		return;
	}
	if (c->wal_bytes < c->wal_next ||
	    (c->wrote < c->wal_limit / 8 && c->wal_bytes < 4 * c->wal_limit))
		return;
	c->wal_next = c->wal_bytes + c->wal_limit / 4;
	c->wrote = 0;
	(void)committer_checkpoint(c->conn, &c->turnstile, &ignored);
}

static void run_group(struct committer *c, struct job *first)
{
	struct group g = { .jobs = first };
	struct brg_err err = BRG_ERR_INIT;

	g.tail = &g.jobs;
	first->next = NULL;
	if (c->unsynced) {
		(void)brg_fail(&err, &sqlite_unsynced, "path=%s\nreason=%s", c->conn->path,
			       "an earlier sync failed");
		goto failed;
	}
	if (turnstile_enter(&c->turnstile, &err) < 0)
		goto failed;
	if (conn_exec(c->conn, "BEGIN IMMEDIATE", &err) < 0) {
		turnstile_leave(&c->turnstile);
		goto failed;
	}
	run_jobs(c, &g, first);
	if (end_transaction(c, &g, &err) < 0) {
		turnstile_leave(&c->turnstile);
		goto failed;
	}
	turnstile_leave(&c->turnstile);
	if (g.durable) {
		tell_relaxed(c, &g);
		if (sync_log(c, &err) < 0)
			goto failed;
	}
	tell(c, g.jobs);
	hurry_log(c);
	fold_if_long(c);
	return;
failed:
	fail_all(g.jobs, &err);
	tell(c, g.jobs);
}

static void *thread_main(void *arg)
{
	struct committer *c = arg;

	for (;;) {
		struct job *job;

		pthread_mutex_lock(&c->lock);
		while (!c->head && !c->stop)
			pthread_cond_wait(&c->work, &c->lock);
		pthread_mutex_unlock(&c->lock);
		job = next_job(c);
		if (!job)
			return NULL; /* to stop, and nothing is left to do */
		run_group(c, job);
	}
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct committer *c = arg;
	(void)handle;
	(void)name;

	c->wal_bytes = (int64_t)pages * SQLITE_PAGE;
	return SQLITE_OK;
}

int committer_start(struct committer *c, bool inline_, struct brg_err *err)
{
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->turn, NULL);
	pthread_cond_init(&c->work, NULL);
	c->tail = &c->head;
	c->inline_ = inline_;
	c->wal_next = c->wal_limit;
	c->log_fd = -1;
	(void)sqlite3_wal_hook(c->conn->handle, on_commit, c);
	if (!inline_ && pthread_create(&c->thread, NULL, thread_main, c) != 0)
		return brg_fail(err, &sql_bad_call, "what=no thread");
	c->running = true;
	return 0;
}

int committer_do(struct committer *c, struct job *job)
{
	job->done = false;
	job->next = NULL;
	if (c->inline_) {
		pthread_mutex_lock(&c->turn);
		run_group(c, job);
		pthread_mutex_unlock(&c->turn);
		return job->rc;
	}
	pthread_cond_init(&job->cond, NULL);
	pthread_mutex_lock(&c->lock);
	*c->tail = job;
	c->tail = &job->next;
	pthread_cond_signal(&c->work);
	while (!job->done)
		pthread_cond_wait(&job->cond, &c->lock);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&job->cond);
	return job->rc;
}

void committer_stop(struct committer *c)
{
	struct brg_err ignored = BRG_ERR_INIT;

	if (!c->running)
		return;
	if (!c->inline_) {
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_signal(&c->work);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	if (c->dirty && !c->unsynced)
		(void)sync_log(c, &ignored);
	if (c->log_fd >= 0)
		close(c->log_fd);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->turn);
	pthread_mutex_destroy(&c->lock);
	c->running = false;
}

static int fold_once(struct conn *conn, int *folded, struct brg_err *err)
{
	int before = *folded, log = 0;
	int rc = sqlite3_wal_checkpoint_v2(conn->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &log,
					   folded);

	if (rc == SQLITE_OK)
		return *folded > before ? *folded - before : 0;
	if ((rc & 0xff) == SQLITE_BUSY) /* somebody else is folding */
		return 0;
	return conn_fail(conn, rc, err);
}

/* Readers end soon; until they have, the log cannot be emptied. */
int committer_empty_log(struct conn *conn, struct turnstile *t, struct brg_err *err)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000000L };
	int rc = SQLITE_BUSY;

	for (int i = 0; i < 200 && rc == SQLITE_BUSY; i++) {
		if (i)
			(void)nanosleep(&pause, NULL);
		if (turnstile_enter(t, err) < 0)
			return err->code;
		rc = sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
					       NULL);
		turnstile_leave(t);
	}
	return rc == SQLITE_OK ? 0 : conn_fail(conn, rc, err);
}

int committer_checkpoint(struct conn *conn, struct turnstile *t, struct brg_err *err)
{
	int folded = 0, pages;

	for (int i = 0; i < FOLD_ROUNDS; i++) {
		pages = fold_once(conn, &folded, err);
		if (pages < 0)
			return pages;
		if (pages < FOLD_REST)
			break;
	}
	if (turnstile_enter(t, err) < 0)
		return err->code;
	pages = fold_once(conn, &folded, err);
	turnstile_leave(t);
	return pages < 0 ? pages : 0;
}
