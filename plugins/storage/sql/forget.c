/* SPDX-License-Identifier: Apache-2.0
 *
 * A record goes with all that is known of it, and nothing of it stays behind.
 */
#include "apply.h"

static int run_of(struct sql_db *db, int s, const struct brg_id *id, struct brg_err *err)
{
	struct put p = { db, s, 0 };

	put_id(&p, id);
	return run(db, s, err) < 0 ? err->code : 0;
}

/* Is it held, and which body has it? 1: it is there. */
struct found {
	bool held, has_body;
	struct brg_sha body;
	int kind;
};

static int look(struct sql_db *db, const struct brg_id *id, struct found *f, struct brg_err *err)
{
	struct put p = { db, S_HELD, 0 };
	struct brg_str sha;
	int rc;

	put_id(&p, id);
	rc = db->driver->step(db, S_HELD, err);
	if (rc > 0) {
		f->held = db->driver->get_int(db, S_HELD, 0) != 0;
		sha = db->driver->get_bytes(db, S_HELD, 1);
		f->has_body = sha.len == sizeof(f->body.b);
		if (f->has_body)
			memcpy(f->body.b, sha.ptr, sha.len);
		f->kind = (int)db->driver->get_int(db, S_HELD, 2);
	}
	db->driver->reset(db, S_HELD);
	return rc;
}

/* Its rows, in an order in which none is needed by a later one. */
static int drop_rows(struct sql_db *db, const struct brg_id *id, const struct found *found,
		     int64_t now_us, struct brg_err *err)
{
	if (found->kind != BRG_EMAIL && sql_record_gone(db, id, now_us, err) < 0)
		return err->code;
	for (int s = S_FORGET_FIRST; s <= S_FORGET_LAST; s++)
		if (run_of(db, s, id, err) < 0)
			return err->code;
	return 0;
}

static int forget_record(struct sql_db *db, const struct brg_forget *f, int64_t now_us,
			 struct brg_err *err)
{
	struct found found = { 0 };
	struct put p;
	int rc = look(db, &f->id, &found, err);

	if (rc <= 0)
		return rc < 0 ? rc : BRG_COMMITTED;
	if (found.held)
		return BRG_REFUSED;
	if (run_of(db, S_FORGET_MARKS, &f->id, err) < 0 ||
	    drop_rows(db, &f->id, &found, now_us, err) < 0)
		return err->code;
	if (f->detail.len) {
		p = (struct put){ db, S_FORGET_ALERTS, 0 };
		put_text(&p, f->detail);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	if (!found.has_body)
		return BRG_COMMITTED;
	p = (struct put){ db, S_FORGET_BODY, 0 };
	put_sha(&p, &found.body);
	put_blob(&p, (struct brg_str){ (const char *)found.body.b, 8 });
	return run(db, p.s, err) < 0 ? err->code : BRG_COMMITTED;
}

int sql_apply_forget(struct sql_db *db, const struct brg_op *op, int64_t now_us,
		     struct brg_err *err)
{
	static const int of_reference[] = { S_ADDRESS_DROP, S_FORGET_EXTERNALS, S_FORGET_TRACKED,
					    S_FORGET_REFERENCE };
	const struct brg_forget *f = &op->u.forget;

	if (f->type == 0)
		return forget_record(db, f, now_us, err);
	for (size_t i = 0; i < sizeof(of_reference) / sizeof(of_reference[0]); i++)
		if (run_of(db, of_reference[i], &f->id, err) < 0)
			return err->code;
	return BRG_COMMITTED;
}
