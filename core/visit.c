/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks one visit as data: settings, session, the lane's work, farewell, settlement.
 * Nothing here knows a protocol or a database.
 */
#include "core/visit.h"

#include "core/alert.h"
#include "core/commit.h"
#include "core/flight.h"
#include "core/contract.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/ledger.h"
#include "core/log.h"
#include "core/options.h"
#include "core/receive.h"
#include "core/send.h"
#include "core/sync.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <unistd.h>

#define IDENTITY_MAX 1024

static const struct brg_fault lane_not_served = {
	.code = "BRG-CORE-0010",
	.cls = BRG_ENOTSUP,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the connector {connector} of profile {profile} cannot do this: {lane}",
	.sv = "anslutningen {connector} i profilen {profile} klarar inte detta: {lane}",
	.help = "A connector serves only some lanes. POP3 brings email in and nothing else: turn "
		"the lane off for the mailbox, or give it a profile whose connector can do it "
		"(`brygga plugin show NAME` lists what each can).",
};
static const struct brg_fault other_mailbox = {
	.code = "BRG-CORE-0011",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the server now shows another mailbox than at the first contact: {now} instead of "
	      "{then}",
	.sv = "servern visar nu en annan brevlåda än vid första kontakten: {now} i stället för "
	      "{then}",
	.help = "Brygga keeps the mailbox's own name from the first contact and stops when it "
		"changes, "
		"so that one person's mail never lands with another. If the move was meant, "
		"apply the mailbox again with the new server or user name.",
};

const struct brg_fault *const visit_faults[] = {
	&lane_not_served,
	&other_mailbox,
	NULL,
};

static void copy(struct brg_str *s, struct brg_arena *arena)
{
	*s = arena_str(arena, *s);
}

/* A deep copy of an array of rows, by the slices that `each` names. */
#define COPY_ROWS(to, from, n, arena, each)                                        \
	do {                                                                       \
		void *rows = arena_alloc(arena, (n) * sizeof(*(from)) + 1);        \
		if (n)                                                             \
			memcpy(rows, from, (n) * sizeof(*(from)));                 \
		(to) = rows;                                                       \
		for (size_t i = 0; i < (n); i++)                                   \
			each((void *)((char *)rows + i * sizeof(*(from))), arena); \
	} while (0)

static void copy_cursor(struct brg_cursor_row *r, struct brg_arena *a)
{
	copy(&r->folder, a);
	copy(&r->value, a);
}

static void copy_state(struct brg_state_row *r, struct brg_arena *a)
{
	copy(&r->name, a);
	copy(&r->value, a);
}

static void copy_parked(struct brg_parked_row *r, struct brg_arena *a)
{
	copy(&r->folder, a);
	copy(&r->remote_id, a);
	copy(&r->code, a);
	copy(&r->params, a);
	copy(&r->said, a);
}

static void copy_mark(struct brg_mark_row *r, struct brg_arena *a)
{
	copy(&r->folder, a);
	copy(&r->remote_id, a);
	copy(&r->print, a);
}

void visit_copy(struct brg_claimed *to, const struct brg_claimed *from, struct brg_arena *a)
{
	*to = *from;
	copy(&to->visit.code, a);
	copy(&to->visit.params, a);
	copy(&to->visit.said, a);
	copy(&to->owner.name, a);
	copy(&to->owner.address, a);
	copy(&to->owner.settings, a);
	copy(&to->mailbox.name, a);
	copy(&to->mailbox.address, a);
	copy(&to->mailbox.identity, a);
	copy(&to->mailbox.settings, a);
	copy(&to->mailbox.sealed, a);
	copy(&to->profile.name, a);
	copy(&to->profile.connector, a);
	copy(&to->profile.settings, a);
	copy(&to->profile.sealed, a);
	COPY_ROWS(to->cursors, from->cursors, from->n_cursors, a, copy_cursor);
	COPY_ROWS(to->states, from->states, from->n_states, a, copy_state);
	COPY_ROWS(to->parked, from->parked, from->n_parked, a, copy_parked);
	COPY_ROWS(to->deletes, from->deletes, from->n_deletes, a, copy_mark);
}

/* The session's memory, filled from profile, mailbox and their secrets, in this order. */
static int make_session(struct visit *v, struct brg_err *err)
{
	const struct brg_claimed *c = &v->claimed;
	const struct brg_option *table = v->plugin->options;
	const struct settings *defaults = NULL;
	struct settings settings = { 0 };
	int rc;

	if (v->engine->defaults)
		defaults = v->engine->defaults(v->engine, c->profile.connector);
	for (size_t i = 0; defaults && i < defaults->n; i++)
		settings_add(&settings, v->arena, defaults->at[i].name, defaults->at[i].value);
	rc = settings_add_json(&settings, c->profile.settings, v->arena, err);
	if (rc == 0)
		rc = settings_add_sealed(&settings, v->engine->secrets, "profile", &c->profile.id,
					 c->profile.sealed, v->arena, err);
	if (rc == 0)
		rc = settings_add_json(&settings, c->mailbox.settings, v->arena, err);
	if (rc == 0)
		rc = settings_add_sealed(&settings, v->engine->secrets, "mailbox", &c->mailbox.id,
					 c->mailbox.sealed, v->arena, err);
	if (rc == 0)
		rc = options_fill(mailbox_options, &v->settings, settings.at, settings.n, v->arena,
				  err);
	settings_narrow(&settings, v->plugin->name, v->arena);
	v->session = xcalloc(1, v->plugin->instance_size);
	if (rc == 0 && table)
		rc = options_fill(table, v->session, settings.at, settings.n, v->arena, err);
	settings_wipe(&settings);
	return rc;
}

/* The mailbox's own name is kept from the first contact and compared ever after. */
static int check_identity(struct visit *v, struct brg_err *err)
{
	const struct brg_connector *ops = v->plugin->connector;
	struct brg_str now = { 0 };
	struct brg_op *op;
	int rc;

	if (!BRG_HAS(ops, brg_connector, identity))
		return 0;
	rc = contract_answer(v, ops->identity(v->session, &now, err), "identity", err);
	if (rc == 0 && (now.len > IDENTITY_MAX || (now.len && !now.ptr) || !utf8_plain(now)))
		return contract_broken(v, "identity", err);
	if (rc < 0 || now.len == 0 || brg_str_eq(now, v->claimed.mailbox.identity))
		return rc;
	if (v->claimed.mailbox.identity.len)
		return brg_fail(err, &other_mailbox, "now=%.*s\nthen=%.*s", (int)now.len, now.ptr,
				(int)v->claimed.mailbox.identity.len,
				v->claimed.mailbox.identity.ptr);
	op = commit_op(v, BRG_OP_MAILBOX, v->claimed.mailbox.version);
	op->u.mailbox = v->claimed.mailbox;
	op->u.mailbox.identity = arena_str(v->arena, now);
	v->claimed.mailbox.identity = op->u.mailbox.identity;
	v->claimed.mailbox.version++;
	return 0;
}

static void load_states(struct visit *v)
{
	for (size_t i = 0; i < v->claimed.n_states; i++) {
		struct host_state *s = arena_alloc(v->arena, sizeof(*s));

		s->name = v->claimed.states[i].name;
		s->value = v->claimed.states[i].value;
		s->next = v->host.states;
		v->host.states = s;
	}
}

/* What a session needs before it is opened: the plugin, its host, its options. */
int visit_session(struct visit *v, struct brg_err *err)
{
	static const char *const lanes[] = { "", "incoming email", "outgoing email",
					     "appointments, contacts and tasks" };
	const struct brg_claimed *c = &v->claimed;
	const struct brg_connector *ops;
	char id[ID_TEXT];

	v->plugin = v->engine->connector(v->engine, c->profile.connector, err);
	if (!v->plugin)
		return err->code;
	ops = v->plugin->connector;
	if (!(ops->lanes & BRG_LANE_BIT(c->visit.lane)))
		return brg_fail(err, &lane_not_served, "connector=%s\nprofile=%.*s\nlane=%s",
				v->plugin->name, (int)c->profile.name.len, c->profile.name.ptr,
				lanes[c->visit.lane & 3]);
	host_init(&v->host, v->engine, v->arena, v->plugin->name);
	v->host.visit = v;
	v->host.board = v->board;
	v->host.give_up_ms = v->started_ms + v->engine->timeout_ms;
	(void)snprintf(v->host.context, sizeof(v->host.context), "mailbox=%s",
		       id_format(&c->mailbox.id, id));
	load_states(v);
	return make_session(v, err);
}

void visit_close_session(struct visit *v)
{
	if (!v->session)
		return;
	v->plugin->connector->close(v->session);
	free(v->session);
	v->session = NULL;
}

static int run_lane(struct visit *v, struct brg_err *err)
{
	switch (v->claimed.visit.lane) {
	case BRG_OUTGOING:
		return send_run(v, err);
	case BRG_ACT:
		return sync_run(v, err);
	default:
		return receive_run(v, err);
	}
}

static int walk(struct visit *v, struct brg_err *err)
{
	const struct brg_claimed *c = &v->claimed;
	const struct brg_connector *ops;
	struct brg_err late = BRG_ERR_INIT;
	int rc = visit_session(v, err);

	/* No server is asked for nothing. */
	if (rc == 0 && c->visit.lane == BRG_OUTGOING) {
		rc = send_due(v, err);
		if (rc <= 0) {
			free(v->session);
			v->session = NULL;
			return rc;
		}
		rc = 0;
	}
	ops = v->plugin ? v->plugin->connector : NULL;
	if (rc == 0)
		rc = contract_answer(v, ops->open(v->session, &v->host.table, err), "open", err);
	if (rc == 0)
		rc = check_identity(v, err);
	if (rc == 0)
		rc = run_lane(v, err);
	/* After an error steps may be in flight; a better reason is told already. */
	(void)commit_land(v, &late);
	flights_free(&v->flights);
	visit_close_session(v);
	return rc;
}

bool visit_time_is_up(const struct visit *v)
{
	return board_now_ms() - v->started_ms >= v->engine->visit_ms ||
	       v->steps >= v->engine->visit_steps ||
	       atomic_load_explicit(&v->engine->stopping, memory_order_relaxed);
}

static int outcome_of(const struct visit *v, const struct brg_err *err)
{
	if (err->code == 0)
		return v->backlog ? BRG_DONE_BACKLOG : v->items ? BRG_DONE_SOME : BRG_DONE_EMPTY;
	if (err->code == BRG_ECANCELED || err->code == BRG_EFENCED)
		return BRG_STOPPED;
	if (err->code == BRG_ELIMIT)
		return BRG_FAILED_THROTTLED;
	if (err->retry == BRG_RETRY_NEVER)
		return BRG_FAILED_PERMANENT;
	if (err->scope == BRG_SCOPE_SERVER || err->scope == BRG_SCOPE_STORE)
		return BRG_FAILED_SERVER;
	return BRG_FAILED_TRANSIENT;
}

static void build_settle(struct visit *v, struct step *step, int outcome, const struct brg_err *err)
{
	struct brg_op *op = step_add(step, BRG_OP_SETTLE, BRG_ANY);
	struct brg_visit_row *to = &op->u.settle.visit;
	struct schedule_in in = {
		.was = v->claimed.visit,
		.outcome = outcome,
		.cls = err->code,
		.started_us = v->started_us,
		.now_us = v->engine->now_us(v->engine),
		.items = v->items,
		.retry_after_ms = err->code ? err->retry_after_ms : 0,
	};
	struct brg_id dice = id_new(in.now_us);
	struct schedule_rules rules;

	in.jitter = (uint32_t)dice.b[14] << 8 | dice.b[15];
	op->u.settle.lease = (struct brg_lease){ v->claimed.visit.id, v->claimed.visit.token };
	op->u.settle.progress = v->steps > 0 || err->code == 0;
	*to = v->claimed.visit;
	rules = schedule_own(&v->engine->rules, v->settings.interval_ms);
	schedule_next(&rules, &in, to);
	if (v->due_us && v->due_us < to->due_us && outcome <= BRG_DONE_BACKLOG)
		to->due_us = v->due_us > in.now_us ? v->due_us : in.now_us;
	to->started_us = v->started_us;
	to->ended_us = in.now_us;
	to->items = v->items;
	to->items_failed = v->items_failed;
	/* A visit that was only stopped has mended nothing: what failed before still stands. */
	if (outcome != BRG_STOPPED)
		to->code = to->params = to->said = (struct brg_str){ "", 0 };
	if (err->code && outcome != BRG_STOPPED) {
		to->code = brg_cstr(err->fault ? err->fault->code : "");
		to->params = brg_cstr(err->params);
		/* Whoever sends hears of others; whoever fetches only of his own name there. */
		to->said = brg_cstr(err->said);
		if (v->claimed.visit.lane == BRG_OUTGOING)
			to->said = log_hide(to->said, step->arena);
	}
	alert_visit(step, v, to, err);
	commit_states(v, step);
}

/* End of the visit. While the store cannot take it (a full disk) the lease stays ours and
 * nobody else could do better, so wait. */
static void settle(struct visit *v, int outcome, const struct brg_err *why)
{
	struct brg_err err = BRG_ERR_INIT;
	int rc;

	for (;;) {
		struct step step;

		step_init(&step, v->arena);
		build_settle(v, &step, outcome, why);
		rc = store_commit(&v->engine->store, &step, BRG_RELAXED, NULL, &err);
		if (rc >= 0 || atomic_load(&v->engine->stopping))
			break;
		log_failure(BRG_LOG_ERROR, "store.settle", &err);
		for (int i = 0; i < 50 && !atomic_load(&v->engine->stopping); i++) {
			if (v->board)
				atomic_store(&v->board->deadline_ms, 0);
			usleep(100000);
		}
	}
}

int visit_run(struct engine *engine, const struct brg_claimed *claimed, struct board_slot *board,
	      struct brg_err *err)
{
	struct visit v = { .engine = engine, .claimed = *claimed, .board = board };
	char text[LOG_ERR_TEXT], id[ID_TEXT];
	int rc, outcome;

	*err = (struct brg_err)BRG_ERR_INIT;
	v.arena = arena_new();
	v.batch = arena_new();
	v.pending = arena_new();
	step_init(&v.step, v.pending);
	v.started_us = engine->now_us(engine);
	v.started_ms = board_now_ms();
	if (board)
		board_begin(board, &claimed->visit.id, &claimed->mailbox.id,
			    engine->timeout_ms + engine->timeout_ms / 4 + 1000);
	rc = walk(&v, err);
	if (v.raced) {
		log_event(BRG_LOG_INFO, "visit.raced", "mailbox=%s",
			  id_format(&claimed->mailbox.id, id));
		v.backlog = true;
		rc = 0;
	}
	if (rc >= 0)
		err->code = 0;
	outcome = outcome_of(&v, err);
	if (err->code && outcome != BRG_STOPPED)
		log_event(BRG_LOG_WARNING, "visit.failed", "mailbox=%s steps=%lld %s",
			  id_format(&claimed->mailbox.id, id), (long long)v.steps,
			  log_err(err, text, sizeof(text)));
	else if (v.items)
		log_event(BRG_LOG_INFO, "visit.done",
			  "mailbox=%s items=%lld stored=%lld failed=%lld ms=%lld%s",
			  id_format(&claimed->mailbox.id, id), (long long)v.items,
			  (long long)v.stored, (long long)v.items_failed,
			  (long long)(board_now_ms() - v.started_ms),
			  v.backlog ? " backlog=yes" : "");
	if (v.renamed)
		log_event(
			BRG_LOG_WARNING, "visit.renamed",
			"mailbox=%s items=%lld note=\"the server has given them new ids; they are "
			"known by their headers and were not stored again\"",
			id_format(&claimed->mailbox.id, id), (long long)v.renamed);
	if (err->code != BRG_EFENCED)
		settle(&v, outcome, err);
	if (board)
		board_end(board);
	free(v.deletes);
	tracker_free(&v.tracker);
	ledger_close(&v.ledger, false);
	fresh_free(&v.fresh);
	arena_free(&v.pending);
	arena_free(&v.batch);
	arena_free(&v.arena);
	return outcome;
}
