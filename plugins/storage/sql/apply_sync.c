/* SPDX-License-Identifier: Apache-2.0
 *
 * Ops for records both ways: shadows, inbox, intents, history, conflicts, plans, filters, edits,
 * and what makes a link or a record be looked at.
 */
#include "apply.h"

/* ---- the feed of changes --------------------------------------------------------------------*/

/* Numbers for n places; PostgreSQL's come from a sequence as they are used. */
static int take_numbers(struct sql_db *db, int64_t n, struct brg_err *err)
{
	struct put p = { db, S_FEED_NEXT, 0 };

	if (db->driver->engine == SQL_POSTGRES)
		return 0;
	put_int(&p, n);
	return run(db, p.s, err) < 0 ? err->code : 0;
}

int sql_record_changed(struct sql_db *db, const struct brg_id *record, struct brg_err *err)
{
	struct put p = { db, S_CHANGE, 0 };

	if (take_numbers(db, 1, err) < 0)
		return err->code;
	put_id(&p, record);
	if (run(db, p.s, err) < 0)
		return err->code;
	p = (struct put){ db, S_LINKS_CHANGED, 0 };
	put_id(&p, record);
	return done(run(db, p.s, err));
}

int sql_record_gone(struct sql_db *db, const struct brg_id *record, int64_t now_us,
		    struct brg_err *err)
{
	struct put p = { db, S_CHANGE_GONE, 0 };

	if (take_numbers(db, 1, err) < 0)
		return err->code;
	put_id(&p, record);
	put_int(&p, now_us);
	return run(db, p.s, err) < 0 ? err->code : 0;
}

static void put_touch(struct put *p, const struct brg_touch *t)
{
	put_int(p, t->field);
	put_int(p, t->after_us);
	put_int(p, t->upto_us);
	put_int(p, t->kind);
}

static int do_touch(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_TOUCH_CHANGES, 0 };
	int64_t n;

	put_touch(&p, &op->u.touch);
	n = run(db, p.s, err);
	if (n < 0 || (n > 0 && take_numbers(db, n, err) < 0))
		return err->code;
	p = (struct put){ db, S_TOUCH_LINKS, 0 };
	put_touch(&p, &op->u.touch);
	return done(run(db, p.s, err));
}

static int recheck_record(struct sql_db *db, const struct brg_id *record, struct brg_err *err)
{
	struct put p = { db, S_RECHECK_RECORD, 0 };

	put_id(&p, record);
	return done(run(db, p.s, err));
}

static int do_recheck(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_recheck *r = &op->u.recheck;
	struct put p = { db, S_RECHECK_MAILBOX, 0 };

	if (!brg_id_is_nil(&r->record))
		return recheck_record(db, &r->record, err);
	put_id(&p, &r->mailbox);
	put_int(&p, r->kind);
	return done(run(db, p.s, err));
}

static int do_missing(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_missing *r = &op->u.missing;
	struct put p = { db, S_MISSING, 0 };

	put_id(&p, &r->mailbox);
	put_text(&p, r->folder);
	put_int(&p, r->pass);
	put_int(&p, r->round);
	return done(run(db, p.s, err));
}

static int put_moments(struct sql_db *db, const struct brg_found_by *f, struct brg_err *err)
{
	struct put p = { db, S_MOMENT_DROP, 0 };

	put_id(&p, &f->record);
	if (run(db, p.s, err) < 0)
		return err->code;
	for (size_t i = 0; i < f->n_moments; i++) {
		p = (struct put){ db, S_MOMENT, 0 };
		put_int(&p, f->moments[i].field);
		put_int(&p, f->moments[i].at_us);
		put_id(&p, &f->record);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	return 0;
}

static int put_parties(struct sql_db *db, const struct brg_found_by *f, struct brg_err *err)
{
	struct put drop = { db, S_PARTY_DROP, 0 };

	put_id(&drop, &f->record);
	if (run(db, drop.s, err) < 0)
		return err->code;
	for (size_t i = 0; i < f->n_parties; i++) {
		struct put p = { db, S_PARTY, 0 };

		put_id(&p, &f->parties[i].object);
		put_id(&p, &f->record);
		put_int(&p, f->parties[i].role);
		put_int(&p, f->parties[i].type);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	return 0;
}

static int put_clues(struct sql_db *db, const struct brg_found_by *f, struct brg_err *err)
{
	for (int type = 0; type < 32; type++) {
		struct put p = { db, S_CLUE_DROP, 0 };

		if (!(f->types & 1u << type))
			continue;
		put_id(&p, &f->record);
		put_int(&p, type);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	for (size_t i = 0; i < f->n_clues; i++) {
		struct put p = { db, S_CLUE_ANY, 0 };

		put_int(&p, f->clues[i].type);
		put_blob(&p, f->clues[i].value);
		put_id(&p, &f->record);
		if (run(db, p.s, err) < 0)
			return err->code;
	}
	return 0;
}

static int do_found_by(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_found_by *f = &op->u.found_by;

	if (put_moments(db, f, err) < 0 || put_parties(db, f, err) < 0 || put_clues(db, f, err) < 0)
		return err->code;
	return BRG_COMMITTED;
}

static int do_derived(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_derived *d = &op->u.derived;
	struct put p = { db, d->moved ? S_DERIVED : S_DERIVED_SAME, 0 };
	int rc;

	put_id(&p, &d->by.record);
	put_int(&p, op->expect);
	put_some_text(&p, d->zones);
	if (d->moved) {
		put_int(&p, d->sorted_us);
		put_some_text(&p, d->keys);
	}
	rc = held(run(db, p.s, err));
	if (rc == BRG_COMMITTED && d->moved &&
	    (put_moments(db, &d->by, err) < 0 || put_clues(db, &d->by, err) < 0))
		return err->code;
	if (rc != BRG_COMMITTED || !d->look)
		return rc;
	if (sql_record_changed(db, &d->by.record, err) < 0)
		return err->code;
	return recheck_record(db, &d->by.record, err);
}

/* ---- what a mailbox has to do ---------------------------------------------------------------*/

static int do_shadow(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_shadow_row *r = &op->u.shadow;
	bool drop = !r->base_record.len && !r->base_item.len && !r->pushed.len;
	struct put p = { db, drop ? S_SHADOW_DROP : S_SHADOW, 0 };

	put_id(&p, &r->mailbox);
	put_id(&p, &r->link);
	if (!drop) {
		put_text(&p, r->base_record);
		put_text(&p, r->base_item);
		put_text(&p, r->pushed);
	}
	return done(run(db, p.s, err));
}

static int do_inbox(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_inbox_row *r = &op->u.inbox;
	struct put p = item(db, S_INBOX, &r->mailbox, r->folder, r->remote_id);

	put_text(&p, r->version);
	put_int(&p, r->kind);
	put_int(&p, r->op);
	put_int(&p, r->flags);
	put_int(&p, r->pass);
	put_int(&p, r->round);
	put_int(&p, r->tries);
	put_int(&p, r->modified_us);
	put_text(&p, r->uid);
	put_some(&p, r->stamp);
	put_some(&p, r->match);
	return done(run(db, p.s, err));
}

static int do_inbox_done(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_inbox_row *r = &op->u.inbox;
	struct put p = item(db, S_INBOX_DONE, &r->mailbox, r->folder, r->remote_id);

	put_text(&p, r->version);
	put_int(&p, r->op);
	put_int(&p, r->pass);
	return done(run(db, p.s, err));
}

static int do_intent(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_intent_row *r = &op->u.intent;
	struct put p = { db, S_INTENT, 0 };

	put_id(&p, &r->mailbox);
	put_id(&p, &r->id);
	put_ref(&p, &r->record);
	put_ref(&p, &r->link);
	put_int(&p, r->type);
	put_int(&p, r->kind);
	put_int(&p, (int64_t)r->attempt);
	put_int(&p, r->mails_out);
	put_int(&p, r->made_us);
	put_int(&p, r->record_version);
	put_text(&p, r->folder);
	put_text(&p, r->remote_id);
	put_text(&p, r->remote_version);
	put_text(&p, r->fields);
	return held(run(db, p.s, err));
}

static int do_intent_done(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_INTENT_DONE, 0 };

	put_id(&p, &op->u.intent.mailbox);
	put_id(&p, &op->u.intent.id);
	return held(run(db, p.s, err));
}

static int do_blank(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_HISTORY_BLANK, 0 };

	put_id(&p, &op->u.record.id);
	if (run(db, p.s, err) < 0)
		return err->code;
	p = (struct put){ db, S_CONFLICT_BLANK, 0 };
	put_id(&p, &op->u.record.id);
	return done(run(db, p.s, err));
}

/* ---- what people see of it ------------------------------------------------------------------*/

static int do_history(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_history_row *r = &op->u.history;
	struct put p = { db, S_HISTORY, 0 };

	put_id(&p, &r->id);
	put_id(&p, &r->record);
	put_ref(&p, &r->mailbox);
	put_ref(&p, &r->run);
	put_int(&p, r->version);
	put_text(&p, r->who);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->changes);
	return held(run(db, p.s, err));
}

static int64_t conflict_again(struct sql_db *db, const struct brg_conflict_row *r,
			      struct brg_err *err)
{
	struct put p = { db, S_CONFLICT_AGAIN, 0 };

	put_id(&p, &r->link);
	put_text(&p, r->group);
	put_text(&p, r->base);
	put_text(&p, r->ours);
	put_text(&p, r->theirs);
	put_int(&p, r->closed_us);
	put_int(&p, r->resolution);
	put_text(&p, r->who);
	return run(db, p.s, err);
}

static int do_conflict(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_conflict_row *r = &op->u.conflict;
	struct put p = { db, S_CONFLICT, 0 };
	int64_t n = conflict_again(db, r, err);

	if (n != 0)
		return held(n);
	put_id(&p, &r->id);
	put_id(&p, &r->record);
	put_id(&p, &r->mailbox);
	put_id(&p, &r->link);
	put_text(&p, r->group);
	put_text(&p, r->base);
	put_text(&p, r->ours);
	put_text(&p, r->theirs);
	put_int(&p, r->opened_us);
	put_int(&p, r->closed_us);
	put_int(&p, r->resolution);
	put_text(&p, r->who);
	return held(run(db, p.s, err));
}

static int do_plan(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_plan_row *r = &op->u.plan;
	struct put p = expecting(db, S_PLAN_NEW, op->expect);

	put_id(&p, &r->id);
	put_id(&p, &r->mailbox);
	put_int(&p, r->state);
	put_int(&p, r->made_us);
	put_int(&p, r->decided_us);
	put_text(&p, r->who);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_text(&p, r->counts);
	put_text(&p, r->basis);
	return finish(&p, op->expect, err);
}

static int do_plan_line(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_plan_line_row *r = &op->u.plan_line;
	struct put p = { db, S_PLAN_LINE, 0 };

	put_id(&p, &r->plan);
	put_int(&p, r->seq);
	put_int(&p, r->side);
	put_int(&p, r->effect);
	put_int(&p, r->kind);
	put_int(&p, r->mails_out);
	put_ref(&p, &r->record);
	put_text(&p, r->folder);
	put_text(&p, r->remote_id);
	return held(run(db, p.s, err));
}

static int do_filter(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_filter_row *r = &op->u.filter;
	struct put p = expecting(db, S_FILTER_NEW, op->expect);

	put_id(&p, &r->id);
	put_id(&p, &r->owner);
	put_int(&p, r->type);
	put_int(&p, r->kind);
	put_int(&p, r->active);
	put_text(&p, r->name);
	put_text(&p, r->text);
	return finish(&p, op->expect, err);
}

static int do_filter_drop(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	struct put p = { db, S_FILTER_DROP, 0 };

	put_id(&p, &op->u.filter.id);
	return done(run(db, p.s, err));
}

static int do_tracked(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_tracked_row *r = &op->u.tracked;
	struct put p = expecting(db, S_TRACKED_NEW, op->expect);

	put_id(&p, &r->mailbox);
	put_text(&p, r->folder);
	put_int(&p, r->state);
	put_int(&p, r->relink);
	put_ref(&p, &r->regarding);
	put_int(&p, r->made_us);
	put_text(&p, r->name);
	return finish(&p, op->expect, err);
}

static int do_tracked_drop(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	static const int drops[] = { S_TRACKED_DROP, S_TRACKED_DROP_CURSOR };
	int rc = 0;

	for (size_t i = 0; i < 2 && rc >= 0; i++) {
		struct put p = { db, drops[i], 0 };

		put_id(&p, &op->u.tracked.mailbox);
		put_text(&p, op->u.tracked.folder);
		rc = run(db, p.s, err);
	}
	return done(rc);
}

static int do_edit(struct sql_db *db, const struct brg_op *op, struct brg_err *err)
{
	const struct brg_edit_row *r = &op->u.edit;
	struct put p = { db, S_EDIT, 0 };

	put_text(&p, r->op);
	put_text(&p, r->kind);
	put_text(&p, r->owner);
	put_ref(&p, &r->record);
	put_int(&p, r->expect);
	put_text(&p, r->fields);
	put_text(&p, r->who);
	return held(run(db, p.s, err));
}

int sql_apply_edit_done(struct sql_db *db, const struct brg_op *op, int64_t now_us,
			struct brg_err *err)
{
	const struct brg_edit_row *r = &op->u.edit;
	struct put p = { db, S_EDIT_DONE, 0 };

	put_int(&p, r->number);
	put_int(&p, r->state);
	put_text(&p, r->code);
	put_text(&p, r->params);
	put_ref(&p, &r->record);
	put_int(&p, now_us);
	put_text(&p, r->reason);
	return held(run(db, p.s, err));
}

sql_op_fn *sql_sync_op(int type)
{
	static sql_op_fn *const by_type[] = {
		[BRG_OP_SHADOW] = do_shadow,
		[BRG_OP_INBOX] = do_inbox,
		[BRG_OP_INBOX_DONE] = do_inbox_done,
		[BRG_OP_INTENT] = do_intent,
		[BRG_OP_INTENT_DONE] = do_intent_done,
		[BRG_OP_HISTORY] = do_history,
		[BRG_OP_CONFLICT] = do_conflict,
		[BRG_OP_PLAN] = do_plan,
		[BRG_OP_PLAN_LINE] = do_plan_line,
		[BRG_OP_FILTER] = do_filter,
		[BRG_OP_FILTER_DROP] = do_filter_drop,
		[BRG_OP_TRACKED] = do_tracked,
		[BRG_OP_TRACKED_DROP] = do_tracked_drop,
		[BRG_OP_FOUND_BY] = do_found_by,
		[BRG_OP_TOUCH] = do_touch,
		[BRG_OP_DERIVED] = do_derived,
		[BRG_OP_RECHECK] = do_recheck,
		[BRG_OP_EDIT] = do_edit,
		[BRG_OP_MISSING] = do_missing,
		[BRG_OP_BLANK] = do_blank,
	};

	return type >= 0 && (size_t)type < sizeof(by_type) / sizeof(by_type[0]) ? by_type[type]
										: NULL;
}
