/* SPDX-License-Identifier: Apache-2.0
 *
 * A transaction, repeated whole when the server makes it give way. The server keeps the
 * outcome of a transaction by its number, so when the connection is lost while a commit
 * is under way, the number is asked for (manual, section 9.27, pg_xact_status).
 */
#include "postgres.h"

#include <stdlib.h>
#include <time.h>

#define TRIES	   10
#define ASKS	   20 /* a server that restarts after a crash may take a while */
#define ASK_PAUSE  250
#define XID_LENGTH 24

static void pause_ms(int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) < 0)
		;
}

static int begin(struct pg_conn *c, const struct pg_work *work, char *xid, struct brg_err *err)
{
	PGresult *result;
	int rc;

	c->again = false;
	/* A relaxed commit is durable no later than the next durable one: the log is one. */
	rc = pg_exec(c,
		     work->relaxed ? "BEGIN; SET LOCAL synchronous_commit TO off;"
				     " SELECT pg_current_xact_id()::text"
				   : "BEGIN; SELECT pg_current_xact_id()::text",
		     &result, err);
	if (rc < 0)
		return rc;
	(void)snprintf(xid, XID_LENGTH, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return 0;
}

/* 1: committed, 0: not, -1: the server did not say. */
static int ask_once(struct pg_pool *pool, const char *xid)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct pg_conn *c = pg_get(pool, &ignored);
	PGresult *result;
	int known = -1;

	if (!c)
		return -1;
	result = pg_ask(c, "SELECT pg_xact_status($1::xid8)", 1, &xid, NULL, NULL, &ignored);
	if (result && !PQgetisnull(result, 0, 0)) {
		const char *status = PQgetvalue(result, 0, 0);

		known = strncmp(status, "committed", 9) == 0 ? 1
			: strncmp(status, "aborted", 7) == 0 ? 0
							     : -1;
	}
	PQclear(result);
	pg_put(pool, c);
	return known;
}

static int ask_outcome(struct pg_pool *pool, const char *xid)
{
	for (int i = 0; i < ASKS; i++) {
		int known = ask_once(pool, xid);

		if (known >= 0)
			return known;
		pause_ms(ASK_PAUSE);
	}
	return -1;
}

/* BRG_COMMITTED, < 0, or 1: from the start again. */
static int commit(struct pg_pool *pool, struct pg_conn *c, const char *xid, struct brg_err *err)
{
	int rc = pg_exec(c, "COMMIT", NULL, err);

	if (rc == 0)
		return BRG_COMMITTED;
	if (!pg_broken(c))
		return c->again ? 1 : rc;
	switch (ask_outcome(pool, xid)) {
	case 1:
		return BRG_COMMITTED;
	case 0:
		return 1;
	default:
		return brg_fail(err, &pg_unknown, "%s", "");
	}
}

static int once(struct pg_pool *pool, struct pg_work *work, bool *again, struct brg_err *err)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct pg_conn *c = pg_get(pool, err);
	char xid[XID_LENGTH];
	int rc;

	*again = false;
	if (!c)
		return err->code;
	rc = begin(c, work, xid, err);
	if (rc == 0) {
		rc = work->run(work, c, err);
		*again = c->again;
		if (rc == BRG_COMMITTED) {
			rc = commit(pool, c, xid, err);
			*again = rc == 1;
		} else if (!pg_broken(c)) {
			(void)pg_exec(c, "ROLLBACK", NULL, &ignored);
		}
	}
	pg_put(pool, c);
	return rc;
}

int pg_transact(struct pg_pool *pool, struct pg_work *work, struct brg_err *err)
{
	bool again = true;
	int rc = 0;

	if (pool->readonly)
		return brg_fail(err, &pg_readonly, "%s", "");
	for (int i = 0; i < TRIES; i++) {
		rc = once(pool, work, &again, err);
		if (!again)
			return rc;
		pause_ms(rand() % (1 << i));
	}
	return brg_fail(err, &pg_busy, "times=%d", TRIES);
}
