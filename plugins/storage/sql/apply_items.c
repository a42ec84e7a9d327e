/* SPDX-License-Identifier: Apache-2.0
 *
 * Ops for what visits bring: records, links, marks, decisions, cursors.
 */
#include "apply.h"

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
	int rc;

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
	put_int(&p, r->deleted_us);
	put_some_text(&p, r->keys);
	put_some_text(&p, r->zones);
	rc = finish(&p, op->expect, err);
	return rc == BRG_COMMITTED && r->kind != BRG_EMAIL ? sql_record_changed(db, &r->id, err)
							   : rc;
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
	put_int(&p, r->kind == BRG_EMAIL ? 0 : r->kind);
	put_int(&p, r->end);
	put_int(&p, r->role);
	put_int(&p, r->seen_version);
	put_int(&p, r->recheck);
	put_int(&p, r->pass);
	put_int(&p, r->missing);
	put_int(&p, (int64_t)r->attempt);
	put_int(&p, r->synced_us);
	put_int(&p, r->flags);
	return finish(&p, op->expect, err);
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
	put_int(&p, r->lane);
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

sql_op_fn *sql_item_op(int type)
{
	static sql_op_fn *const by_type[] = {
		[BRG_OP_RECORD] = do_record,	 [BRG_OP_LINK] = do_link,
		[BRG_OP_MARK] = do_mark,	 [BRG_OP_REKEY] = do_rekey,
		[BRG_OP_DECISION] = do_decision, [BRG_OP_PARK] = do_park,
		[BRG_OP_UNPARK] = do_park,	 [BRG_OP_CURSOR] = do_cursor,
		[BRG_OP_STATE] = do_state,	 [BRG_OP_UNLINK] = do_unlink,
		[BRG_OP_SAME] = do_same,	 [BRG_OP_STATE_IS] = do_state_is,
		[BRG_OP_PARTY] = do_party,	 [BRG_OP_QUEUE_ITEM] = do_queue_item,
		[BRG_OP_CLUE] = do_clue,	 [BRG_OP_OUTGOING] = do_outgoing,
		[BRG_OP_SHUN] = do_shun,
	};

	return type >= 0 && (size_t)type < sizeof(by_type) / sizeof(by_type[0]) ? by_type[type]
										: NULL;
}
