/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be forgotten, a bounded number of rows at a time.
 */
#include "statements.h"

int sql_prune_find(struct sql_db *db, struct sql_prune *prune, struct brg_err *err)
{
	struct put p = { db, S_PRUNE_BODIES, 0 };
	int rc;

	prune->n = 0;
	prune->more = false;
	if (prune->what != BRG_UPKEEP_BODIES)
		return 0;
	put_sha(&p, &prune->from);
	put_int(&p, SQL_PRUNE_MAX);
	while ((rc = db->driver->step(db, p.s, err)) > 0) {
		struct brg_str sha = db->driver->get_bytes(db, p.s, 0);

		if (sha.len == sizeof(prune->from.b))
			memcpy(prune->sha[prune->n++].b, sha.ptr, sha.len);
	}
	db->driver->reset(db, p.s);
	if (prune->n == SQL_PRUNE_MAX) {
		prune->from = prune->sha[prune->n - 1];
		prune->more = true;
	} else {
		memset(&prune->from, 0, sizeof(prune->from));
	}
	return rc;
}

static int prune_bodies(struct sql_db *db, const struct sql_prune *prune, struct brg_err *err)
{
	int64_t gone = 0;

	for (size_t i = 0; i < prune->n; i++) {
		struct put p = { db, S_PRUNE_BODY, 0 };
		int64_t n;

		put_sha(&p, &prune->sha[i]);
		put_int(&p, prune->before_us);
		put_blob(&p, (struct brg_str){ (const char *)prune->sha[i].b, 8 });
		n = run(db, p.s, err);
		if (n < 0)
			return (int)n;
		gone += n;
	}
	return (int)gone;
}

/* The smallest UUIDv7 of a moment: decisions have no other time. */
static struct brg_id first_id_of(int64_t us)
{
	uint64_t ms = us > 0 ? (uint64_t)us / 1000 : 0;
	struct brg_id id = { { 0 } };

	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	return id;
}

static int prune_old(struct sql_db *db, struct sql_prune *prune, struct brg_err *err)
{
	static const int old[] = { S_PRUNE_DECISIONS, S_PRUNE_ALERTS, S_PRUNE_MARKS };
	struct brg_id first = first_id_of(prune->before_us);
	int64_t gone = 0;

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct put p = { db, old[i], 0 };
		int64_t n;

		if (old[i] == S_PRUNE_DECISIONS)
			put_id(&p, &first);
		else
			put_int(&p, prune->before_us);
		put_int(&p, SQL_PRUNE_MAX);
		n = run(db, p.s, err);
		if (n < 0)
			return (int)n;
		prune->more |= n == SQL_PRUNE_MAX;
		gone += n;
	}
	return (int)gone;
}

int sql_prune(struct sql_db *db, struct sql_prune *prune, struct brg_err *err)
{
	if (prune->what == BRG_UPKEEP_BODIES)
		return prune_bodies(db, prune, err);
	return prune_old(db, prune, err);
}
