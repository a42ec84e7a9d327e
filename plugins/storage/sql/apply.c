/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps into statements: the directory, the schedule, what people are told, and which op is
 * done by whom. What visits bring: apply_items.c; records both ways: apply_sync.c.
 */
#include "apply.h"

static int do_owner(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_owner_row *r = &op->u.owner;
	struct put p = expecting(db, S_OWNER_NEW, op->expect);

	put_id(&p, &r->id);
	put_int(&p, r->type);
	put_text(&p, r->name);
	put_text(&p, r->address);
	put_text(&p, r->settings);
	put_text(&p, r->team);
	return finish(&p, op->expect, err);
}

static int do_reference(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_reference_row *r = &op->u.reference;
	struct put p = expecting(db, S_REFERENCE_NEW, op->expect);

	put_id(&p, &r->id);
	put_ref(&p, &r->owner);
	put_text(&p, r->kind);
	put_text(&p, r->name);
	put_text(&p, r->title);
	put_text(&p, r->link);
	put_int(&p, r->visibility);
	return finish(&p, op->expect, err);
}

static int do_addresses(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_addresses *a = &op->u.addresses;
	struct put p = { db, S_ADDRESS_DROP, 0 };

	put_id(&p, &a->object);
	if (run(db, p.s, err) < 0)
		return err->code;
	for (size_t i = 0; i < a->n; i++) {
		p = (struct put){ db, S_ADDRESS_PUT, 0 };
		put_text(&p, a->at[i]);
		put_id(&p, &a->object);
		put_int(&p, a->type);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	return BRG_COMMITTED;
}

static int do_external(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_external_row *r = &op->u.external;
	struct put p = { db, op->expect == BRG_NEW ? S_EXTERNAL_NEW : S_EXTERNAL_ANY, 0 };

	put_text(&p, r->system);
	put_text(&p, r->key);
	put_id(&p, &r->object);
	return held(run(db, p.s, err));
}

static int do_profile(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_profile_row *r = &op->u.profile;
	struct put p = expecting(db, S_PROFILE_NEW, op->expect);

	put_id(&p, &r->id);
	put_text(&p, r->name);
	put_text(&p, r->connector);
	put_int(&p, r->max_connections);
	put_text(&p, r->settings);
	put_blob(&p, r->sealed);
	return finish(&p, op->expect, err);
}

static int do_mailbox(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_mailbox_row *r = &op->u.mailbox;
	struct put p = expecting(db, S_MAILBOX_NEW, op->expect);

	put_id(&p, &r->id);
	put_id(&p, &r->owner);
	put_id(&p, &r->profile);
	put_text(&p, r->name);
	put_text(&p, r->address);
	put_text(&p, r->identity);
	put_text(&p, r->settings);
	put_blob(&p, r->sealed);
	return finish(&p, op->expect, err);
}

static int do_store(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_FEED_EPOCH, 0 };

	put_int(&p, op->u.store.epoch);
	if (run(db, p.s, err) < 0)
		return err->code;
	p = (struct put){ db, S_STORE_SET, 0 };
	put_blob(&p, op->u.store.key_check);
	put_int(&p, op->u.store.epoch);
	return done(run(db, p.s, err));
}

static int do_body(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	return sql_apply_body(db, &op->u.body, err);
}

static int do_lease(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_LEASE, 0 };
	int rc;

	put_id(&p, &op->u.lease.visit);
	put_int(&p, op->u.lease.token);
	rc = run_int(db, p.s, NULL, err);
	return rc < 0 ? rc : rc ? BRG_COMMITTED : BRG_REFUSED;
}

static int do_visit(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_visit_row *r = &op->u.visit;
	struct put p = { db, op->expect == BRG_NEW ? S_VISIT_NEW : S_VISIT_SET, 0 };
	int64_t n;

	put_id(&p, &r->id);
	put_id(&p, &r->mailbox);
	put_int(&p, r->lane);
	put_id(&p, &r->profile);
	put_int(&p, r->state);
	put_int(&p, r->due_us);
	put_int(&p, r->failures);
	put_int(&p, r->strikes);
	put_int(&p, r->probes);
	put_int(&p, r->wanted);
	put_int(&p, r->interval_ms);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->said);
	n = run(db, p.s, err);
	return op->expect == BRG_NEW ? done(n) : held(n);
}

static int do_want(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, op->u.want.lane ? S_WANT : S_WANT_ALL, 0 };

	put_id(&p, &op->u.want.mailbox);
	if (op->u.want.lane)
		put_int(&p, op->u.want.lane);
	return done(run(db, p.s, err));
}

static int do_settle(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_settle *e = &op->u.settle;
	const struct brg_visit_row *r = &e->visit;
	struct put p = { db, S_SETTLE, 0 };

	put_id(&p, &e->lease.visit);
	put_int(&p, e->lease.token);
	put_int(&p, r->state);
	put_int(&p, r->due_us);
	put_int(&p, r->interval_ms);
	put_int(&p, r->failures);
	put_int(&p, e->progress ? 0 : r->strikes);
	put_int(&p, r->probes);
	put_int(&p, r->outcome);
	put_int(&p, r->ended_us);
	put_int(&p, r->started_us);
	put_int(&p, r->items);
	put_int(&p, r->items_failed);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->said);
	return held(run(db, p.s, err));
}

static int do_alert(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_alert_row *r = &op->u.alert;
	struct put p = { db, S_ALERT, 0 };

	put_id(&p, &r->id);
	put_int(&p, r->level);
	put_int(&p, r->scope);
	put_id(&p, &r->object);
	put_text(&p, r->detail);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->said);
	put_int(&p, r->first_us ? r->first_us : r->last_us);
	put_int(&p, r->last_us ? r->last_us : r->first_us);
	return held(run(db, p.s, err));
}

static int do_clear(struct sql_db *db, const struct brg_op *op, int64_t now_us, struct brg_err *err)
{
	const struct brg_alert_row *r = &op->u.alert;
	struct put p = { db, S_CLEAR, 0 };

	put_int(&p, r->scope);
	put_id(&p, &r->object);
	put_int(&p, r->cleared_us ? r->cleared_us : now_us);
	put_text(&p, r->code);
	put_text(&p, r->detail);
	return done(run(db, p.s, err));
}

static int do_count(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_counter_row *r = &op->u.counter;
	struct put p = { db, S_COUNT, 0 };

	put_text(&p, r->name);
	put_text(&p, r->label);
	put_int(&p, r->value);
	return done(run(db, p.s, err));
}

static int apply_one(struct sql_db *db, const struct brg_op *op, int64_t now_us,
		     struct brg_err *err)
{
	static sql_op_fn *const by_type[] = {
		[BRG_OP_LEASE] = do_lease,	   [BRG_OP_OWNER] = do_owner,
		[BRG_OP_PROFILE] = do_profile,	   [BRG_OP_MAILBOX] = do_mailbox,
		[BRG_OP_STORE] = do_store,	   [BRG_OP_VISIT] = do_visit,
		[BRG_OP_WANT] = do_want,	   [BRG_OP_SETTLE] = do_settle,
		[BRG_OP_BODY] = do_body,	   [BRG_OP_ALERT] = do_alert,
		[BRG_OP_COUNT] = do_count,	   [BRG_OP_REFERENCE] = do_reference,
		[BRG_OP_ADDRESSES] = do_addresses, [BRG_OP_EXTERNAL] = do_external,
	};

	sql_op_fn *fn = NULL;

	switch (op->type) {
	case BRG_OP_CLEAR:
		return do_clear(db, op, now_us, err);
	case BRG_OP_FORGET:
		return sql_apply_forget(db, op, now_us, err);
	case BRG_OP_EDIT_DONE:
		return sql_apply_edit_done(db, op, now_us, err);
	}
	if (op->type >= 0 && (size_t)op->type < sizeof(by_type) / sizeof(by_type[0]))
		fn = by_type[op->type];
	if (!fn)
		fn = sql_item_op(op->type);
	if (!fn)
		fn = sql_sync_op(op->type);
	return fn ? fn(db, op, err) : brg_fail(err, &sql_bad_call, "what=operation %d", op->type);
}

int sql_apply(struct sql_db *db, const struct brg_step *step, int64_t now_us, size_t *failed,
	      struct brg_err *err)
{
	for (size_t i = 0; i < step->n; i++) {
		int rc = apply_one(db, &step->ops[i], now_us, err);

		if (rc == BRG_COMMITTED)
			continue;
		if (rc == BRG_ECONFLICT)
			rc = BRG_REFUSED;
		if (rc == BRG_REFUSED && failed)
			*failed = i;
		return rc;
	}
	return BRG_COMMITTED;
}

/* The long slices of an op. */
static size_t weight_of(const struct brg_op *op)
{
	switch (op->type) {
	case BRG_OP_BODY:
		return op->u.body.bytes.len;
	case BRG_OP_RECORD:
		return op->u.record.fields.len + op->u.record.keys.len;
	case BRG_OP_SHADOW:
		return op->u.shadow.base_record.len + op->u.shadow.base_item.len +
		       op->u.shadow.pushed.len;
	case BRG_OP_INTENT:
		return op->u.intent.fields.len;
	case BRG_OP_HISTORY:
		return op->u.history.changes.len;
	case BRG_OP_CONFLICT:
		return op->u.conflict.base.len + op->u.conflict.ours.len +
		       op->u.conflict.theirs.len;
	case BRG_OP_EDIT:
		return op->u.edit.fields.len;
	case BRG_OP_FOUND_BY:
		return 64 * (op->u.found_by.n_moments + op->u.found_by.n_clues +
			     op->u.found_by.n_parties);
	default:
		return 0;
	}
}

size_t sql_weight(const struct brg_step *step)
{
	size_t n = 256 * step->n;

	for (size_t i = 0; i < step->n; i++)
		n += weight_of(&step->ops[i]);
	return n;
}
