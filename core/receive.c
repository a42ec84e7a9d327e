/* SPDX-License-Identifier: Apache-2.0
 *
 * From the server into the store: pull -> decide -> get -> step. Every item of a batch
 * ends as a mark, with a record, a decision or a parked row beside it, in steps that end
 * with the cursor; so whenever the process dies, the cursor stands at or before what the
 * store holds. Deleting on the server comes last, and only behind a durable step.
 */
#include "core/receive.h"

#include "core/arrival.h"
#include "core/commit.h"
#include "core/contract.h"
#include "core/effect.h"
#include "core/filter.h"
#include "core/log.h"
#include "core/options.h"
#include "core/tracked.h"

/* A step is committed when so much waits in it: while it is written, others wait. */
#define STEP_BYTES     (1536 * 1024)
#define STEP_OPS       4096
#define DELETES_A_PUSH 200

static int flush_if_large(struct visit *v, struct brg_err *err)
{
	return v->pending_bytes >= STEP_BYTES || v->step.n >= STEP_OPS ? commit_behind(v, err) : 0;
}

/* ---- items that are fetched whole -----------------------------------------------------------*/

struct fetch {
	struct brg_sink sink;
	struct visit *visit;
	const struct arrival *wanted; /* in the order of the ids */
	size_t n;
	bool *answered;
	int rc; /* < 0: the core failed, with err; the connector was told */
	struct brg_err err;
};

static int take_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct fetch *f = sink->ctx;
	struct brg_err failed;
	struct visit *v = f->visit;
	struct arrival a;
	int rc;

	if (item->request >= f->n || f->answered[item->request])
		return contract_broken(v, "item", err);
	f->answered[item->request] = true;
	a = f->wanted[item->request];
	if (item->err) {
		contract_item(v, item->err, "get", &failed);
		rc = arrival_failed(v, &a, &failed, err);
	} else {
		a.body = item->body;
		rc = arrival_decide(v, &a, err);
	}
	/* A body that is asked for again and again would never come. */
	if (rc == ARRIVAL_WANTS_BODY)
		rc = contract_broken(v, "get", err);
	if (rc == 0)
		rc = flush_if_large(v, err);
	arena_reset(sink->arena);
	return rc;
}

/* The connector hears of a failure of ours, and may hand it back or forget it. */
static int on_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct fetch *f = sink->ctx;

	if (f->rc == 0) {
		f->err = (struct brg_err)BRG_ERR_INIT;
		f->rc = take_item(sink, item, &f->err);
	}
	if (f->rc < 0)
		*err = f->err;
	return f->rc;
}

/* Fetch these whole and decide each. */
static int fetch(struct visit *v, const struct arrival *wanted, size_t n, struct brg_err *err)
{
	const struct brg_connector *ops = v->plugin->connector;
	struct fetch f = { .visit = v, .wanted = wanted, .n = n };
	struct brg_get get = {
		.size = sizeof(get),
		.want = BRG_WANT_BODY,
		.folder = v->folder,
		.n = n,
		.max_octets = (uint64_t)v->settings.size_limit,
	};
	struct brg_str *ids;
	int rc;

	if (n == 0)
		return 0;
	if (!BRG_HAS(ops, brg_connector, get))
		return contract_broken(v, "get", err);
	f.sink = (struct brg_sink){ .size = sizeof(f.sink), .ctx = &f, .item = on_item };
	f.sink.arena = arena_new();
	f.answered = arena_alloc(v->batch, n * sizeof(*f.answered));
	ids = arena_alloc(v->batch, n * sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = wanted[i].remote_id;
	get.ids = ids;
	rc = contract_answer(v, ops->get(v->session, &get, &f.sink, err), "get", err);
	arena_free(&f.sink.arena);
	if (f.rc < 0) {
		*err = f.err;
		rc = f.rc;
	}
	for (size_t i = 0; i < n && rc >= 0; i++)
		if (!f.answered[i])
			rc = contract_broken(v, "get", err);
	return rc < 0 ? rc : 0;
}

/* ---- what a pull brings ---------------------------------------------------------------------*/

struct batch {
	struct brg_batch pub; /* first: the connector has its address */
	size_t n, room, most;
	struct brg_envelope surplus;
};

static struct brg_envelope *batch_add(struct brg_batch *pub)
{
	struct batch *b = (struct batch *)pub;
	struct brg_envelope *e;

	/* One more than was asked for is too many (contract_batch()), and costs no more memory. */
	if (b->n > b->most) {
		b->surplus = (struct brg_envelope){ .size = sizeof(*e) };
		return &b->surplus;
	}

	/* The connector may still hold earlier ones, so an envelope never moves. */
	e = arena_alloc(pub->arena, sizeof(*e));
	e->size = sizeof(*e);
	e->kind = BRG_EMAIL;
	e->op = BRG_PRESENT;
	if (b->n == b->room) {
		struct brg_envelope **grown;

		b->room = b->room ? b->room * 2 : 256;
		grown = arena_alloc(pub->arena, b->room * sizeof(*grown));
		if (b->n)
			memcpy(grown, b->pub.list, b->n * sizeof(*grown));
		b->pub.list = grown;
	}
	((struct brg_envelope **)b->pub.list)[b->n++] = e;
	return e;
}

/* Decide a batch; what must be fetched whole for it is fetched here. */
static int decide_batch(struct visit *v, const struct batch *b, struct brg_err *err)
{
	struct brg_envelope *const *list = b->pub.list;
	struct arrival *wanted = arena_alloc(v->batch, (b->n + 1) * sizeof(*wanted));
	struct brg_err failed;
	size_t n_wanted = 0;
	int rc = 0;

	for (size_t i = 0; i < b->n && rc == 0; i++) {
		struct arrival a;

		if (list[i]->op == BRG_GONE) {
			rc = arrival_gone(v, list[i]->remote_id, err);
			if (rc == 0)
				rc = flush_if_large(v, err);
			continue;
		}
		arrival_from(list[i], &a);
		if (list[i]->err) {
			contract_item(v, list[i]->err, "pull", &failed);
			rc = arrival_failed(v, &a, &failed, err);
		} else {
			rc = arrival_decide(v, &a, err);
		}
		if (rc == ARRIVAL_WANTS_BODY) {
			wanted[n_wanted++] = a;
			rc = 0;
		}
		if (rc == 0)
			rc = flush_if_large(v, err);
	}
	return rc < 0 ? rc : fetch(v, wanted, n_wanted, err);
}

static void put_cursor(struct visit *v, struct brg_str cursor)
{
	struct brg_op *op = commit_op(v, BRG_OP_CURSOR, BRG_ANY);

	v->cursor = arena_str(v->arena, cursor);
	op->u.cursor.mailbox = v->claimed.mailbox.id;
	op->u.cursor.folder = v->folder;
	op->u.cursor.value = v->cursor;
	op->u.cursor.moved_us = v->engine->now_us(v->engine);
	op->u.cursor.lane = BRG_INCOMING;
	v->pending_bytes += cursor.len;
}

static int pull_once(struct visit *v, bool *more, struct brg_err *err)
{
	struct brg_pull req = {
		.size = sizeof(req),
		.want = v->filed ? BRG_WANT_HEADER | BRG_WANT_BODY
				 : filter_wants(&v->settings, v->reader.accept, v->cursor.len == 0),
		.folder = v->folder,
		.cursor = v->cursor,
		.max_items = v->engine->batch_items,
		.max_bytes = v->engine->batch_bytes,
		.max_octets = (uint64_t)v->settings.size_limit,
	};
	struct batch b = { .most = req.max_items };
	int rc;

	b.pub.size = sizeof(b.pub);
	b.pub.arena = v->batch;
	b.pub.add = batch_add;
	rc = contract_answer(v, v->plugin->connector->pull(v->session, &req, &b.pub, err), "pull",
			     err);
	if (rc == 0)
		rc = contract_batch(v, &req, &b.pub, b.pub.list, b.n, err);
	if (rc < 0)
		return rc;
	*more = b.pub.more;
	if (MUTANT(MUTANT_CURSOR_FIRST) && b.n) {
		put_cursor(v, b.pub.next_cursor);
		rc = commit_now(v, BRG_RELAXED, err);
	}
	if (rc == 0)
		rc = decide_batch(v, &b, err);
	if (rc == 0 && !brg_str_eq(b.pub.next_cursor, v->cursor))
		put_cursor(v, b.pub.next_cursor);
	if (rc == 0)
		rc = flush_if_large(v, err);
	arena_reset(v->batch);
	v->expected = (struct keyset){ 0 };
	return rc;
}

/* Pull to the end, or until the visit's time is over. */
static int pull_all(struct visit *v, struct brg_err *err)
{
	bool more = true, again = false;
	int rc = 0;

	while (more && rc == 0) {
		rc = pull_once(v, &more, err);
		if (rc == BRG_ECURSOR && !again) {
			log_event(BRG_LOG_WARNING, "visit.cursor-lost", "%s", v->host.context);
			again = true;
			v->cursor = (struct brg_str){ "", 0 };
			rc = 0;
		}
		if (more && rc == 0 && visit_time_is_up(v)) {
			v->backlog = true;
			break;
		}
	}
	return rc == 0 ? commit_now(v, BRG_RELAXED, err) : rc;
}

/* Parked items whose time has come. */
static int retry_parked(struct visit *v, struct brg_err *err)
{
	const struct brg_claimed *c = &v->claimed;
	struct arrival *wanted = arena_alloc(v->batch, (c->n_parked + 1) * sizeof(*wanted));
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < c->n_parked; i++)
		if (brg_str_eq(c->parked[i].folder, v->folder))
			wanted[n++] = (struct arrival){ .remote_id = c->parked[i].remote_id,
							.parked = &c->parked[i] };
	rc = fetch(v, wanted, n, err);
	arena_reset(v->batch);
	v->expected = (struct keyset){ 0 };
	v->backlog = v->backlog || c->n_parked >= BRG_CLAIMED_MAX;
	return rc;
}

/* ---- deleting on the server -----------------------------------------------------------------*/

static void put_deleted(struct visit *v, const struct brg_mark_row *mark)
{
	struct brg_op *op = commit_op(v, BRG_OP_MARK, BRG_ANY);

	op->u.mark = *mark;
	op->u.mark.state = BRG_DELETED;
	op = commit_op(v, BRG_OP_UNLINK, BRG_ANY);
	op->u.link.mailbox = mark->mailbox;
	op->u.link.folder = mark->folder;
	op->u.link.remote_id = mark->remote_id;
	arrival_note(v, mark->remote_id, &mark->record, &rule_deleted,
		     "setting=delete-after-store");
}

static int push_deletes(struct visit *v, struct brg_push *ops, struct brg_err *err)
{
	int rc = 0;

	for (size_t at = 0; at < v->n_deletes && rc >= 0; at += DELETES_A_PUSH) {
		size_t n = v->n_deletes - at < DELETES_A_PUSH ? v->n_deletes - at : DELETES_A_PUSH;

		rc = contract_answer(
			v, v->plugin->connector->push(v->session, ops + at, n, v->batch, err),
			"push", err);
	}
	return rc;
}

/* Everything that the deletes rest on becomes durable under our lease, then they are sent.
 * They stand when the session has ended in order (BRG_CAP_FINISH). */
static int delete_on_server(struct visit *v, struct brg_push **sent, struct brg_err *err)
{
	struct brg_push *ops;
	int rc = 0;

	*sent = NULL;
	if (v->n_deletes == 0 || !BRG_HAS(v->plugin->connector, brg_connector, push))
		return 0;
	ops = arena_alloc(v->batch, v->n_deletes * sizeof(*ops));
	for (size_t i = 0; i < v->n_deletes; i++) {
		ops[i].size = sizeof(ops[i]);
		ops[i].type = BRG_DELETE;
		ops[i].kind = BRG_EMAIL;
		ops[i].folder = v->folder;
		ops[i].remote_id = v->deletes[i].remote_id;
	}
	if (MUTANT(MUTANT_DELETE_EARLY))
		rc = push_deletes(v, ops, err);
	if (rc == 0)
		rc = commit_now(v, MUTANT(MUTANT_DURABLE_RELAXED) ? BRG_RELAXED : BRG_DURABLE, err);
	if (rc == 0 && !MUTANT(MUTANT_DELETE_EARLY))
		rc = push_deletes(v, ops, err);
	*sent = ops;
	return rc;
}

static int end_session(struct visit *v, const struct brg_push *sent, struct brg_err *err)
{
	const struct brg_connector *ops = v->plugin->connector;
	size_t deleted = 0;
	int rc = 0;

	if (BRG_HAS(ops, brg_connector, finish))
		rc = contract_answer(v, ops->finish(v->session, err), "finish", err);
	if (rc < 0 && !sent) {
		/* A server that hangs up instead of saying goodbye has cost us nothing. */
		char text[LOG_ERR_TEXT];

		log_event(BRG_LOG_DEBUG, "visit.finish", "%s %s", v->host.context,
			  log_err(err, text, sizeof(text)));
		return 0;
	}
	for (size_t i = 0; sent && i < v->n_deletes && rc >= 0; i++) {
		if (sent[i].err)
			continue;
		put_deleted(v, &v->deletes[i]);
		deleted++;
	}
	/* A claim brings only so many: there may be more. A server that deletes none of them
	 * waits for the next visit. */
	if (deleted && v->claimed.n_deletes >= BRG_CLAIMED_MAX)
		v->backlog = true;
	return rc < 0 ? rc : commit_now(v, BRG_RELAXED, err);
}

/* For whom the mailbox is read, and by which rule. */
static int set_reader(struct visit *v, struct brg_err *err)
{
	const struct brg_claimed *c = &v->claimed;
	struct owner_settings owner = { 0 };
	struct settings settings = { 0 };

	if (settings_add_json(&settings, c->owner.settings, v->arena, err) < 0 ||
	    options_fill(owner_options, &owner, settings.at, settings.n, v->arena, err) < 0)
		return err->code;
	v->reader = (struct track_reader){
		.owner = c->owner.id,
		.owner_type = c->owner.type,
		.address = c->mailbox.address,
		.visibility = owner.visibility,
	};
	v->reader.accept = mailbox_accept(&v->settings, &owner, c->owner.type, &v->reader.senders);
	v->tracker = tracker_new(v->engine);
	v->tracker->trail.fresh = &v->fresh;
	v->tracker->expected = &v->expected;
	return 0;
}

static void enter(struct visit *v, struct brg_str folder, struct brg_tracked_row *filed)
{
	const struct brg_claimed *c = &v->claimed;

	v->folder = folder;
	v->filed = filed;
	v->regarded = (struct keyset){ 0 };
	v->cursor = (struct brg_str){ "", 0 };
	for (size_t i = 0; i < c->n_cursors; i++)
		if (brg_str_eq(c->cursors[i].folder, folder))
			v->cursor = c->cursors[i].value;
}

static int read_folder(struct visit *v, struct brg_err *err)
{
	int rc = pull_all(v, err);

	return rc == 0 && v->claimed.n_parked ? retry_parked(v, err) : rc;
}

/* One that cannot be read takes the others nothing. */
static int read_tracked(struct visit *v, struct brg_tracked_row *filed, struct brg_err *err)
{
	int rc;

	enter(v, filed->folder, filed);
	rc = read_folder(v, err);
	if (rc == 0)
		return tracked_relink(v, err);
	if (err->scope != BRG_SCOPE_FOLDER)
		return rc;
	commit_drop(v);
	arena_reset(v->batch);
	if (err->code == BRG_ENOTFOUND)
		tracked_lost(v);
	else
		log_event(BRG_LOG_WARNING, "visit.folder", "%s code=%s", v->host.context,
			  err->fault ? err->fault->code : "none");
	*err = (struct brg_err)BRG_ERR_INIT;
	return commit_now(v, BRG_RELAXED, err);
}

int receive_run(struct visit *v, struct brg_err *err)
{
	const struct brg_claimed *c = &v->claimed;
	const struct brg_str inbox = { "", 0 };
	struct brg_push *sent = NULL;
	int rc = set_reader(v, err);

	if (rc < 0)
		return rc;
	enter(v, inbox, NULL);
	for (size_t i = 0; i < c->n_deletes; i++)
		arrival_resume_delete(v, &c->deletes[i]);
	rc = tracked_begin(v, err);
	if (rc == 0)
		rc = read_folder(v, err);
	if (rc == 0 && v->sent_folder.len && !visit_time_is_up(v)) {
		enter(v, v->sent_folder, NULL);
		rc = read_folder(v, err);
	}
	for (size_t i = 0; i < v->n_tracked && rc == 0; i++) {
		if (visit_time_is_up(v)) {
			v->backlog = true;
			break;
		}
		rc = read_tracked(v, &v->tracked[i], err);
	}
	enter(v, inbox, NULL);
	if (rc == 0)
		rc = commit_now(v, BRG_RELAXED, err);
	if (rc == 0)
		rc = delete_on_server(v, &sent, err);
	return rc < 0 ? rc : end_session(v, sent, err);
}
