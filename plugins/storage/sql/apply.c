/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps into statements. Every op is one statement where that is possible, and its
 * condition is part of it: how many rows changed tells whether it held.
 */
#include "statements.h"

/* What an op function returns: as enum brg_commit, or < 0. */
static int held(int64_t changed)
{
	if (changed < 0)
		return changed == BRG_ECONFLICT ? BRG_REFUSED : (int)changed;
	return changed ? BRG_COMMITTED : BRG_REFUSED;
}

/* For ops without a condition. */
static int done(int64_t changed)
{
	return changed < 0 ? (int)changed : BRG_COMMITTED;
}

/* One of three statements that stand together, for this expectation. */
static struct put expecting(struct sql_db *db, int first, int64_t expect)
{
	int at = expect == BRG_NEW ? 0 : expect == BRG_ANY ? 1 : 2;

	return (struct put){ db, first + at, 0 };
}

static int finish(struct put *p, int64_t expect, struct brg_err *err)
{
	if (expect > 0)
		put_int(p, expect);
	return held(run(p->db, p->s, err));
}

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
	struct put p = { db, S_STORE_SET, 0 };

	put_blob(&p, op->u.store.key_check);
	put_int(&p, op->u.store.epoch);
	return done(run(db, p.s, err));
}

static bool sha_is_nil(const struct brg_sha *sha)
{
	static const struct brg_sha nil = { { 0 } };

	return memcmp(sha, &nil, sizeof(nil)) == 0;
}

static int do_record(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_record_row *r = &op->u.record;
	struct put p = expecting(db, S_RECORD_NEW, op->expect);
	struct brg_str body = { (const char *)r->body.b, sizeof(r->body.b) };

	if (sha_is_nil(&r->body))
		body.len = 0;
	put_id(&p, &r->id);
	put_id(&p, &r->owner);
	put_int(&p, r->kind);
	put_int(&p, r->created_us);
	put_int(&p, r->modified_us);
	put_int(&p, r->sorted_us);
	put_text(&p, r->fields);
	put_some(&p, body);
	put_int(&p, (int64_t)r->body_octets);
	put_some(&p, r->message_key);
	put_ref(&p, &r->thread);
	put_ref(&p, &r->correlated);
	put_ref(&p, &r->regarding);
	put_int(&p, r->method);
	put_int(&p, r->direction);
	put_int(&p, r->visibility);
	put_int(&p, r->held);
	return finish(&p, op->expect, err);
}

/* Where several write at once: who asks for something that may not be there is alone with it
 * until his transaction ends. */
static int lock_name(struct sql_db *db, struct brg_str name, struct brg_err *err)
{
	struct put p = { db, S_SAME_LOCK, 0 };

	if (db->driver->engine != SQL_POSTGRES)
		return 0;
	put_blob(&p, name);
	return run_int(db, p.s, NULL, err) < 0 ? err->code : 0;
}

static int do_same(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_SAME, 0 };
	int64_t n = 0;

	if (lock_name(db, op->u.same.key, err) < 0)
		return err->code;
	put_blob(&p, op->u.same.key);
	if (run_int(db, p.s, &n, err) < 0)
		return err->code;
	return n == op->u.same.n ? BRG_COMMITTED : BRG_REFUSED;
}

static int do_state_is(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_state_row *r = &op->u.state;
	struct put p = { db, S_STATE_IS, 0 };
	struct brg_str value = { "", 0 };
	bool same;
	int rc;

	if (lock_name(db, r->name, err) < 0)
		return err->code;
	put_id(&p, &r->mailbox);
	put_text(&p, r->name);
	rc = db->driver->step(db, p.s, err);
	if (rc > 0)
		value = db->driver->get_bytes(db, p.s, 0);
	same = brg_str_eq(value, r->value);
	db->driver->reset(db, p.s);
	return rc < 0 ? rc : same ? BRG_COMMITTED : BRG_REFUSED;
}

static int do_party(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_party_row *r = &op->u.party;
	struct put p = { db, S_PARTY, 0 };

	put_id(&p, &r->object);
	put_id(&p, &r->record);
	put_int(&p, r->role);
	put_int(&p, r->type);
	return done(run(db, p.s, err));
}

static int do_queue_item(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_queue_item_row *r = &op->u.queue_item;
	struct put p = { db, r->done ? S_QUEUE_ITEM_DONE : S_QUEUE_ITEM, 0 };

	put_id(&p, &r->queue);
	put_id(&p, &r->record);
	if (!r->done)
		put_int(&p, r->entered_us);
	return done(run(db, p.s, err));
}

static int do_clue(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_clue_row *r = &op->u.clue;
	bool is_new = op->expect == BRG_NEW;
	struct put p = { db, is_new ? S_CLUE_NEW : S_CLUE_ANY, 0 };
	int64_t n;

	put_int(&p, r->type);
	put_blob(&p, r->value);
	put_id(&p, &r->record);
	n = run(db, p.s, err);
	return is_new ? held(n) : done(n);
}

static int do_shun(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_shun_row *r = &op->u.shun;
	struct put p = { db, r->off ? S_SHUN_OFF : S_SHUN, 0 };

	put_blob(&p, r->key);
	if (!r->off)
		put_int(&p, r->since_us);
	return done(run(db, p.s, err));
}

static int do_outgoing(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_outgoing_row *r = &op->u.outgoing;
	struct put p = expecting(db, S_OUTGOING_NEW, op->expect);

	put_id(&p, &r->record);
	put_id(&p, &r->mailbox);
	put_int(&p, r->state);
	put_int(&p, r->attempts);
	put_int(&p, r->next_us);
	put_int(&p, r->sent_us);
	put_int(&p, (int64_t)r->attempt);
	put_text(&p, r->sender);
	put_text(&p, r->recipients);
	put_text(&p, r->draft);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->said);
	return finish(&p, op->expect, err);
}

static int do_link(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_link_row *r = &op->u.link;
	struct put p = expecting(db, S_LINK_NEW, op->expect);

	put_id(&p, &r->mailbox);
	put_id(&p, &r->id);
	put_id(&p, &r->record);
	if (r->live)
		put_int(&p, 1);
	else
		put_some(&p, (struct brg_str){ NULL, 0 });
	put_text(&p, r->folder);
	put_text(&p, r->remote_id);
	put_text(&p, r->remote_version);
	return finish(&p, op->expect, err);
}

/* (mailbox, folder, remote id), the first three values of many statements. */
static struct put item(struct sql_db *db, int s, const struct brg_id *mailbox,
		       struct brg_str folder, struct brg_str remote_id)
{
	struct put p = { db, s, 0 };

	put_id(&p, mailbox);
	put_text(&p, folder);
	put_text(&p, remote_id);
	return p;
}

static int do_unlink(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_link_row *r = &op->u.link;

	item(db, S_UNLINK, &r->mailbox, r->folder, r->remote_id);
	return done(run(db, S_UNLINK, err));
}

static int do_mark(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_mark_row *r = &op->u.mark;
	struct put p = item(db, S_MARK, &r->mailbox, r->folder, r->remote_id);

	put_int(&p, r->state);
	put_some(&p, r->print);
	put_int(&p, (int64_t)r->octets);
	put_int(&p, r->seen_us);
	put_ref(&p, &r->record);
	return done(run(db, p.s, err));
}

static int do_rekey(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	static const int taken[] = { S_MARK_HAS, S_LINK_HAS };
	static const int moved[] = { S_MARK_REKEY, S_LINK_REKEY, S_PARKED_REKEY };
	const struct brg_rekey *r = &op->u.rekey;

	for (size_t i = 0; i < 2; i++) {
		int rc;

		item(db, taken[i], &r->mailbox, r->folder, r->new_id);
		rc = run_int(db, taken[i], NULL, err);
		if (rc != 0)
			return rc < 0 ? rc : BRG_REFUSED;
	}
	item(db, S_UNPARK, &r->mailbox, r->folder, r->new_id);
	if (run(db, S_UNPARK, err) < 0)
		return err->code;
	for (size_t i = 0; i < 3; i++) {
		struct put p = item(db, moved[i], &r->mailbox, r->folder, r->old_id);
		int64_t n;

		put_text(&p, r->new_id);
		n = run(db, p.s, err);
		if (n < 0 || (i == 0 && n == 0))
			return held(n);
	}
	return BRG_COMMITTED;
}

static int do_decision(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_decision_row *r = &op->u.decision;
	struct put p = { db, S_DECISION, 0 };

	put_id(&p, &r->mailbox);
	put_id(&p, &r->id);
	put_ref(&p, &r->record);
	put_text(&p, r->folder);
	put_text(&p, r->remote_id);
	put_some(&p, r->message_key);
	put_text(&p, r->code);
	put_text(&p, r->params);
	return held(run(db, p.s, err));
}

static int do_park(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_parked_row *r = &op->u.parked;
	int s = op->type == BRG_OP_PARK ? S_PARK : S_UNPARK;
	struct put p = item(db, s, &r->mailbox, r->folder, r->remote_id);

	if (op->type == BRG_OP_PARK) {
		put_int(&p, r->tries);
		put_int(&p, r->next_us);
		put_text(&p, r->code);
		put_text(&p, r->params);
		put_text(&p, r->said);
	}
	return done(run(db, s, err));
}

static int do_cursor(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_cursor_row *r = &op->u.cursor;
	struct put p = { db, S_CURSOR, 0 };

	put_id(&p, &r->mailbox);
	put_text(&p, r->folder);
	put_blob(&p, r->value);
	put_int(&p, r->moved_us);
	return done(run(db, p.s, err));
}

static int do_state(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_state_row *r = &op->u.state;
	struct put p = { db, r->value.len ? S_STATE : S_STATE_DROP, 0 };

	put_id(&p, &r->mailbox);
	put_text(&p, r->name);
	if (r->value.len)
		put_blob(&p, r->value);
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
	static int (*const by_type[])(struct sql_db *, const struct brg_op *, struct brg_err *) = {
		[BRG_OP_LEASE] = do_lease,
		[BRG_OP_OWNER] = do_owner,
		[BRG_OP_PROFILE] = do_profile,
		[BRG_OP_MAILBOX] = do_mailbox,
		[BRG_OP_STORE] = do_store,
		[BRG_OP_VISIT] = do_visit,
		[BRG_OP_WANT] = do_want,
		[BRG_OP_SETTLE] = do_settle,
		[BRG_OP_RECORD] = do_record,
		[BRG_OP_LINK] = do_link,
		[BRG_OP_MARK] = do_mark,
		[BRG_OP_REKEY] = do_rekey,
		[BRG_OP_DECISION] = do_decision,
		[BRG_OP_PARK] = do_park,
		[BRG_OP_UNPARK] = do_park,
		[BRG_OP_CURSOR] = do_cursor,
		[BRG_OP_STATE] = do_state,
		[BRG_OP_BODY] = do_body,
		[BRG_OP_UNLINK] = do_unlink,
		[BRG_OP_ALERT] = do_alert,
		[BRG_OP_COUNT] = do_count,
		[BRG_OP_SAME] = do_same,
		[BRG_OP_STATE_IS] = do_state_is,
		[BRG_OP_REFERENCE] = do_reference,
		[BRG_OP_ADDRESSES] = do_addresses,
		[BRG_OP_EXTERNAL] = do_external,
		[BRG_OP_PARTY] = do_party,
		[BRG_OP_QUEUE_ITEM] = do_queue_item,
		[BRG_OP_CLUE] = do_clue,
		[BRG_OP_OUTGOING] = do_outgoing,
		[BRG_OP_FORGET] = sql_apply_forget,
		[BRG_OP_SHUN] = do_shun,
	};

	if (op->type == BRG_OP_CLEAR)
		return do_clear(db, op, now_us, err);
	if (op->type < 0 || (size_t)op->type >= sizeof(by_type) / sizeof(by_type[0]) ||
	    !by_type[op->type])
		return brg_fail(err, &sql_bad_call, "what=operation %d", op->type);
	return by_type[op->type](db, op, err);
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

size_t sql_weight(const struct brg_step *step)
{
	size_t n = 256 * step->n;

	for (size_t i = 0; i < step->n; i++) {
		if (step->ops[i].type == BRG_OP_BODY)
			n += step->ops[i].u.body.bytes.len;
		else if (step->ops[i].type == BRG_OP_RECORD)
			n += step->ops[i].u.record.fields.len;
	}
	return n;
}
