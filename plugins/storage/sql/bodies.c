/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies into the store, chunk by chunk. A body is whole as soon as a record refers to it.
 */
#include "apply.h"

#define HALF_DAY_US (INT64_C(12) * 3600 * 1000000)

static struct brg_str sha_prefix(const struct brg_sha *sha)
{
	return (struct brg_str){ (const char *)sha->b, 8 };
}

/* A chunk is there already. Keep upkeep away from it; and where an unfinished body of an
 * earlier try was compressed differently, drop that one, so that no body is of two halves. */
static int body_again(struct sql_db *db, const struct brg_body_chunk *c, bool *restart,
		      struct brg_err *err)
{
	struct put p = { db, S_BODY_FRESH, 0 };
	int rc;

	put_sha(&p, &c->sha);
	put_int(&p, c->now_us);
	put_int(&p, c->now_us - HALF_DAY_US);
	if (run(db, p.s, err) < 0)
		return err->code;
	if (c->seq > 0)
		return 0;
	p = (struct put){ db, S_BODY_IS, 0 };
	put_sha(&p, &c->sha);
	put_blob(&p, c->bytes);
	rc = run_int(db, p.s, NULL, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	p = (struct put){ db, S_BODY_USED, 0 };
	put_blob(&p, sha_prefix(&c->sha));
	put_sha(&p, &c->sha);
	rc = run_int(db, p.s, NULL, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	p = (struct put){ db, S_BODY_DROP, 0 };
	put_sha(&p, &c->sha);
	*restart = true;
	return run(db, p.s, err) < 0 ? err->code : 0;
}

static int64_t body_put(struct sql_db *db, const struct brg_body_chunk *c, struct brg_err *err)
{
	/* Nothing is ever added to a body that a record refers to: it is whole. */
	struct put p = { db, c->seq ? S_BODY_MORE : S_BODY, 0 };

	put_sha(&p, &c->sha);
	put_int(&p, c->seq);
	put_int(&p, c->now_us);
	put_blob(&p, c->bytes);
	if (c->seq)
		put_blob(&p, sha_prefix(&c->sha));
	return run(db, p.s, err);
}

int sql_apply_body(struct sql_db *db, const struct brg_body_chunk *c, struct brg_err *err)
{
	bool restart = false;
	int64_t n = body_put(db, c, err);

	if (n != 0)
		return n < 0 ? (int)n : BRG_COMMITTED;
	if (body_again(db, c, &restart, err) < 0)
		return err->code;
	if (restart && body_put(db, c, err) < 0)
		return err->code;
	return BRG_COMMITTED;
}
