/* SPDX-License-Identifier: Apache-2.0
 *
 * Who lives. A process that joined says so four times in the time of a lease, by the
 * database's clock alone; one that was silent for longer is dead, whatever it thinks. What it
 * still commits then fails by its tokens.
 */
#include "postgres.h"

#include <stdlib.h>
#include <time.h>

#define SILENT "beat < clock_timestamp() - $1::float8 * interval '1 millisecond'"

static struct pg_member **find(struct postgres *s, const struct brg_id *id)
{
	struct pg_member **at = &s->members;

	while (*at && !brg_id_eq(&(*at)->id, id))
		at = &(*at)->next;
	return at;
}

static bool is_member(struct postgres *s, const struct brg_id *id)
{
	bool there;

	pthread_mutex_lock(&s->lock);
	there = *find(s, id) != NULL;
	pthread_mutex_unlock(&s->lock);
	return there;
}

/* ---- the sign of life -----------------------------------------------------------------------*/

static void beat(struct postgres *s)
{
	static const int binary = 1, length = sizeof(struct brg_id);
	struct brg_err ignored = BRG_ERR_INIT;
	struct pg_conn *c = pg_get(&s->pool, &ignored);

	if (!c)
		return; /* the next beat tries again; the lease outlasts three */
	pthread_mutex_lock(&s->lock);
	for (struct pg_member *m = s->members; m; m = m->next) {
		const char *id = (const char *)m->id.b;

		PQclear(pg_ask(c, "UPDATE process SET beat = clock_timestamp() WHERE id = $1", 1,
			       &id, &length, &binary, &ignored));
	}
	pthread_mutex_unlock(&s->lock);
	pg_put(&s->pool, c);
}

static void *beater_main(void *arg)
{
	struct postgres *s = arg;
	struct timespec until;
	bool stop = false;

	while (!stop) {
		int64_t ms = s->lease_ms / 4;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += ms / 1000;
		until.tv_nsec += (ms % 1000) * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_mutex_lock(&s->lock);
		while (!s->stop && pthread_cond_timedwait(&s->stop_now, &s->lock, &until) == 0)
			;
		stop = s->stop;
		pthread_mutex_unlock(&s->lock);
		if (!stop)
			beat(s);
	}
	return NULL;
}

/* ---- join and leave -------------------------------------------------------------------------*/

struct join_work {
	struct pg_work work;
	const struct brg_process_row *row;
};

static int run_join(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	return sql_join(&c->db, ((struct join_work *)work)->row, err);
}

static int start_beating(struct postgres *s, struct brg_err *err)
{
	if (s->beating)
		return 0;
	if (pthread_create(&s->beater, NULL, beater_main, s) != 0)
		return brg_fail(err, &sql_bad_call, "what=no thread");
	s->beating = true;
	return 0;
}

int pg_join(void *self, const struct brg_process_row *row, struct brg_err *err)
{
	struct postgres *s = self;
	struct join_work j = { .work = { .run = run_join }, .row = row };
	struct pg_member *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	rc = pg_transact(&s->pool, &j.work, err);
	if (rc < 0) {
		free(m);
		return rc;
	}
	m->id = row->id;
	pthread_mutex_lock(&s->lock);
	m->next = s->members;
	s->members = m;
	rc = start_beating(s, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

struct leave_work {
	struct pg_work work;
	const struct postgres *s;
	struct brg_id id;
	int64_t now_us;
	bool dead_only, left;
};

static int run_leave(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct leave_work *l = (struct leave_work *)work;
	int rc = 1;

	l->left = false;
	if (l->dead_only) { /* it may have found its voice again */
		char ms[24];
		const char *values[] = { ms, (const char *)l->id.b };
		const int lengths[] = { 0, sizeof(l->id.b) }, formats[] = { 0, 1 };
		PGresult *result;

		(void)snprintf(ms, sizeof(ms), "%lld", (long long)l->s->lease_ms);
		result = pg_ask(c, "SELECT 1 FROM process WHERE " SILENT " AND id = $2 FOR UPDATE",
				2, values, lengths, formats, err);
		if (!result)
			return err->code;
		rc = PQntuples(result);
		PQclear(result);
	}
	if (rc > 0)
		rc = sql_leave(&c->db, &l->id, l->now_us, err);
	l->left = rc > 0;
	return rc < 0 ? rc : BRG_COMMITTED;
}

void pg_leave_all(struct postgres *s)
{
	struct brg_err ignored = BRG_ERR_INIT;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->stop_now);
	pthread_mutex_unlock(&s->lock);
	if (s->beating)
		pthread_join(s->beater, NULL);
	while (s->members) {
		struct pg_member *m = s->members;
		struct leave_work l = {
			.work = { .run = run_leave },
			.s = s,
			.id = m->id,
			.now_us = s->host->now_us(s->host->ctx),
		};

		(void)pg_transact(&s->pool, &l.work, &ignored);
		s->members = m->next;
		free(m);
	}
}

/* ---- the dead -------------------------------------------------------------------------------*/

static PGresult *silent_ones(struct postgres *s, struct brg_err *err)
{
	struct pg_conn *c = pg_get(&s->pool, err);
	char ms[24];
	const char *value = ms;
	PGresult *result;

	if (!c)
		return NULL;
	(void)snprintf(ms, sizeof(ms), "%lld", (long long)s->lease_ms);
	result = pg_ask(c, "SELECT id, node, role, pid FROM process WHERE " SILENT, 1, &value, NULL,
			NULL, err);
	pg_put(&s->pool, c);
	return result;
}

static struct brg_str column(const PGresult *rows, int at, int n)
{
	return (struct brg_str){ PQgetvalue(rows, at, n), (size_t)PQgetlength(rows, at, n) };
}

int pg_reap(void *self, int64_t now_us, void (*each)(void *arg, const struct brg_process_row *dead),
	    void *arg, struct brg_err *err)
{
	struct postgres *s = self;
	PGresult *rows;
	int found = 0, rc = 0;

	rows = silent_ones(s, err);
	if (!rows)
		return err->code;
	for (int i = 0; i < PQntuples(rows) && rc >= 0; i++) {
		struct leave_work l = {
			.work = { .run = run_leave }, .s = s, .now_us = now_us, .dead_only = true
		};
		struct brg_process_row row = { .node = column(rows, i, 1),
					       .role = column(rows, i, 2) };
		struct brg_str pid = column(rows, i, 3);

		memcpy(row.id.b, PQgetvalue(rows, i, 0), sizeof(row.id.b));
		for (size_t k = 0; k < pid.len; k++)
			row.pid = row.pid << 8 | (unsigned char)pid.ptr[k];
		l.id = row.id;
		rc = pg_transact(&s->pool, &l.work, err);
		if (rc < 0 || !l.left)
			continue;
		if (each)
			each(arg, &row);
		found++;
	}
	PQclear(rows);
	return rc < 0 ? rc : found;
}

/* ---- claims and slots -----------------------------------------------------------------------*/

struct claim_work {
	struct pg_work work;
	const struct brg_claim_request *req;
	struct brg_id *visits;
	int n;
};

/* A claim by one who was taken for dead would never be given back. */
static int must_have_joined(struct pg_conn *c, const struct brg_id *process, struct brg_err *err)
{
	static const int binary = 1, length = sizeof(struct brg_id);
	const char *id = (const char *)process->b;
	PGresult *result = pg_ask(c, "SELECT 1 FROM process WHERE id = $1 FOR SHARE", 1, &id,
				  &length, &binary, err);
	int n;

	if (!result)
		return err->code;
	n = PQntuples(result);
	PQclear(result);
	return n ? 0 : brg_fail(err, &pg_not_joined, "%s", "");
}

static int run_claim(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct claim_work *w = (struct claim_work *)work;
	int rc = must_have_joined(c, &w->req->process, err);

	if (rc < 0)
		return rc;
	w->n = sql_claim(&c->db, w->req, false, w->visits, err);
	return w->n < 0 ? w->n : BRG_COMMITTED;
}

static int tell(struct postgres *s, const struct claim_work *w,
		void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
		struct brg_err *err)
{
	struct pg_conn *c = pg_get(&s->pool, err);
	int told = 0, rc = 0;

	if (!c)
		return err->code;
	for (int i = 0; rc >= 0 && i < w->n; i++) {
		rc = sql_claimed(&c->db, &w->visits[i], w->req, each, arg, err);
		told += rc > 0;
	}
	pg_put(&s->pool, c);
	return rc < 0 ? rc : told;
}

int pg_claim(void *self, const struct brg_claim_request *req,
	     void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
	     struct brg_err *err)
{
	struct postgres *s = self;
	struct claim_work w = { .work = { .run = run_claim, .relaxed = true }, .req = req };
	int rc;

	if (!is_member(s, &req->process))
		return brg_fail(err, &pg_not_joined, "%s", "");
	w.visits = calloc(req->n ? req->n : 1, sizeof(*w.visits));
	if (!w.visits)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	rc = pg_transact(&s->pool, &w.work, err);
	if (rc >= 0 && w.n > 0)
		rc = tell(s, &w, each, arg, err);
	free(w.visits);
	return rc;
}

struct slots_work {
	struct pg_work work;
	struct brg_slots *io;
};

static int run_slots(struct pg_work *work, struct pg_conn *c, struct brg_err *err)
{
	struct brg_slots *io = ((struct slots_work *)work)->io;
	int rc = must_have_joined(c, &io->process, err);

	return rc < 0 ? rc : sql_slots(&c->db, io, err);
}

int pg_slots(void *self, struct brg_slots *io, struct brg_err *err)
{
	struct postgres *s = self;
	struct slots_work w = { .work = { .run = run_slots, .relaxed = true }, .io = io };

	if (!is_member(s, &io->process))
		return brg_fail(err, &pg_not_joined, "%s", "");
	return pg_transact(&s->pool, &w.work, err);
}
