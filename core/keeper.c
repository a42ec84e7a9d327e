/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keeper.h"

#include "core/alert.h"
#include "core/arrival.h"
#include "core/filter.h"
#include "core/id.h"
#include "core/intake.h"
#include "core/log.h"
#include "core/process.h"
#include "core/rezone.h"
#include "core/sweep.h"
#include "core/wake.h"
#include "core/zone.h"

#include <poll.h>
#include <unistd.h>

#define TICK_MS 200
#define STRIKES 3

static const struct brg_fault item_kills = {
	.code = "BRG-CORE-0040",
	.cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "the connector {cause} {strikes} times in a row on this item; it is set aside",
	.sv = "anslutningen {cause} {strikes} gånger i rad på det här objektet; det läggs åt sidan",
	.help = "The item is parked and everything else of the mailbox goes on. Please report the "
		"bug with the item's remote id (`brygga explain ID`) to the author of the connector.",
};
static const struct brg_fault visit_kills = {
	.code = "BRG-CORE-0041",
	.cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the connector {cause} {strikes} times in a row; the mailbox is in quarantine",
	.sv = "anslutningen {cause} {strikes} gånger i rad; brevlådan står i karantän",
	.help = "Only this mailbox stands still. Nothing of it is lost. When the connector is "
		"mended, "
		"`brygga sync MAILBOX` takes it out of quarantine.",
};

const struct brg_fault *const keeper_faults[] = { &item_kills, &visit_kills, NULL };

static void on_dead(void *arg, const struct brg_process_row *dead)
{
	char id[ID_TEXT];

	(void)arg;
	log_event(BRG_LOG_WARNING, "process.reaped", "id=%s role=%.*s pid=%lld",
		  id_format(&dead->id, id), (int)dead->role.len, dead->role.ptr,
		  (long long)dead->pid);
}

/* Three strikes: the item is set aside if one was being worked on, else the visit. */
static void punish(struct step *step, const struct board_obituary *o, struct brg_visit_row *visit,
		   int64_t now)
{
	const struct brg_fault *fault = o->item[0] ? &item_kills : &visit_kills;
	struct brg_str params =
		brg_cstr(arena_printf(step->arena, "cause=%s\nstrikes=%d",
				      o->cause == BOARD_HANG ? "hung" : "crashed", visit->strikes));
	struct brg_alert_row *alert;
	struct brg_op *op;

	alert = alert_raise(step, BRG_LOG_ERROR, o->item[0] ? BRG_ALERT_ITEM : BRG_ALERT_MAILBOX,
			    &o->mailbox, brg_cstr(fault->code), now);
	alert->params = params;
	alert->detail = brg_cstr(o->item);
	if (!o->item[0]) {
		/* The row says why, and its code has the first good visit clear the alert. */
		visit->state = BRG_QUARANTINED;
		visit->code = alert->code;
		visit->params = params;
		visit->said = (struct brg_str){ "", 0 };
		return;
	}
	visit->strikes = 0;
	op = step_add(step, BRG_OP_PARK, BRG_ANY);
	op->u.parked.mailbox = o->mailbox;
	op->u.parked.folder = brg_cstr(o->folder);
	op->u.parked.remote_id = brg_cstr(o->item);
	op->u.parked.tries = STRIKES;
	op->u.parked.next_us = INT64_MAX;
	op->u.parked.code = brg_cstr(fault->code);
	op->u.parked.params = params;
	op = step_add(step, BRG_OP_MARK, BRG_ANY);
	op->u.mark.mailbox = o->mailbox;
	op->u.mark.folder = brg_cstr(o->folder);
	op->u.mark.remote_id = brg_cstr(o->item);
	op->u.mark.state = BRG_PARKED;
	op->u.mark.seen_us = now;
	op = step_add(step, BRG_OP_DECISION, BRG_ANY);
	op->u.decision.id = id_new(now);
	op->u.decision.mailbox = o->mailbox;
	op->u.decision.folder = brg_cstr(o->folder);
	op->u.decision.remote_id = brg_cstr(o->item);
	op->u.decision.code = brg_cstr(rule_parked.code);
	op->u.decision.params = brg_cstr("cause=BRG-CORE-0040\ntries=3");
}

/* 1: handled; 0: the lease is held by somebody now, try again later. */
static int strike(struct engine *e, const struct board_obituary *o, struct brg_arena *arena,
		  struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_VISITS, .mailbox = o->mailbox };
	int64_t now = e->now_us(e);
	struct brg_row *rows;
	struct step step;
	size_t n;
	int rc;

	rc = store_all(&e->store, &q, arena, &rows, &n, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct brg_visit_row *visit = &rows[i].u.visit;

		if (!brg_id_eq(&visit->id, &o->visit))
			continue;
		step_init(&step, arena);
		visit->strikes = o->progress ? 1 : visit->strikes + 1;
		if (visit->strikes >= STRIKES)
			punish(&step, o, visit, now);
		step_add(&step, BRG_OP_VISIT, BRG_ANY)->u.visit = *visit;
		rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
		return rc < 0 ? rc : rc == BRG_COMMITTED;
	}
	return rc < 0 ? rc : 1; /* the mailbox is gone */
}

int keeper_bury(struct engine *e, struct scoreboard *board, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	struct board_obituary *o;
	size_t at = 0;
	int rc, dead;

	dead = e->store.ops->reap(e->store.self, e->now_us(e), on_dead, NULL, err);
	rc = dead;
	while (rc >= 0 && board && (o = board_next_obituary(board, &at)) != NULL) {
		rc = strike(e, o, arena, err);
		if (rc == 1)
			board_done_obituary(o);
	}
	arena_free(&arena);
	return rc < 0 ? rc : dead;
}

struct probing {
	const struct schedule_rules *rules;
	int64_t now;
};

/* Is it to be made due: asked for, disabled and due for a probe, or due beyond its horizon
 * because the clock was changed? */
static bool wants_probe(const void *arg, const struct brg_row *row)
{
	const struct probing *p = arg;
	const struct brg_visit_row *v = &row->u.visit;
	bool far = v->due_us > p->now + schedule_horizon_us(p->rules, v);
	bool asked = v->wanted > v->wanted_claimed && v->state != BRG_OFF;

	if (!brg_id_is_nil(&v->process))
		return false;
	if (v->state == BRG_ENABLED)
		return far;
	return asked || (v->state == BRG_DISABLED && (v->due_us <= p->now || far));
}

int keeper_probe(struct engine *e, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_VISITS };
	struct probing probing = { &e->rules, e->now_us(e) };
	struct brg_arena *arena = arena_new();
	struct brg_row *rows;
	int changed = 0, rc;
	size_t n = 0;

	/* Picked while they are read: there may be very many. */
	rc = store_pick(&e->store, &q, wants_probe, &probing, arena, &rows, &n, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct brg_visit_row *v = &rows[i].u.visit;
		struct step step;

		if (v->state == BRG_QUARANTINED)
			v->strikes = 0;
		v->state = BRG_ENABLED;
		v->due_us = probing.now;
		step_init(&step, arena);
		step_add(&step, BRG_OP_VISIT, BRG_ANY)->u.visit = *v;
		rc = store_commit(&e->store, &step, BRG_RELAXED, NULL, err);
		changed += rc == BRG_COMMITTED;
	}
	arena_free(&arena);
	return rc < 0 ? rc : changed;
}

/* ---- the process ----------------------------------------------------------------------------*/

struct rounds {
	int64_t bury_ms, probe_ms, intake_ms, fold_ms, clean_ms, sweep_ms,
		rezone_ms; /* when next, monotonic */
	int64_t offset_us; /* wall clock minus monotonic */
	uint32_t deaths;   /* that the supervisor has told */
};

static void watch_clock(struct engine *e, struct rounds *r)
{
	int64_t offset = e->now_us(e) - board_now_ms() * 1000, jump;

	jump = r->offset_us ? (offset - r->offset_us) / 1000000 : 0;
	if (jump > 60 || jump < -60) {
		log_event(
			BRG_LOG_WARNING, "clock.jumped",
			"seconds=%lld note=\"the wall clock was changed; due times are put right\"",
			(long long)jump);
		r->probe_ms = 0;
	}
	r->offset_us = offset;
}

static void upkeep(struct engine *e, unsigned what, int64_t keep_ms)
{
	struct brg_upkeep io = { .size = sizeof(io), .what = what };
	struct brg_err err = BRG_ERR_INIT;

	io.now_us = e->now_us(e);
	io.before_us = io.now_us - keep_ms * 1000;
	if (e->store.ops->upkeep(e->store.self, &io, &err) < 0)
		log_failure(BRG_LOG_ERROR, "keeper.upkeep", &err);
	else if (io.removed)
		log_event(BRG_LOG_INFO, "keeper.removed", "rows=%llu",
			  (unsigned long long)io.removed);
}

/* A bounded number at a time: the other work goes on beside it. */
static int64_t retain(struct engine *e, const struct retention_settings *settings)
{
	struct brg_err err = BRG_ERR_INIT;
	int64_t n = retention_run(e, settings, &err);

	if (n < 0)
		log_failure(BRG_LOG_ERROR, "keeper.retention", &err);
	else if (n > 0)
		log_event(BRG_LOG_INFO, "keeper.retained", "removed=%lld", (long long)n);
	return n;
}

/* What programs have put into the table edit. While there is more, again at once. */
static int64_t take_in(struct engine *e)
{
	struct brg_err err = BRG_ERR_INIT;
	int n = intake_run(e, &err);

	if (n < 0)
		log_failure(BRG_LOG_ERROR, "keeper.intake", &err);
	else if (n > 0)
		log_event(BRG_LOG_INFO, "keeper.intake", "edits=%d", n);
	return n == INTAKE_BATCH ? 0 : n < 0 ? 5000 : 1000;
}

/* What other zone data has derived: that of before, or of another machine. Half a second of it,
 * then the other work; while there is more, again at once. */
static int64_t rezone(struct engine *e)
{
	const int64_t until = board_now_ms() + 500;
	struct brg_err err = BRG_ERR_INIT;
	int n, records = 0;

	do {
		n = rezone_run(e, &err);
		records += n > 0 ? n : 0;
	} while (n == REZONE_BATCH && board_now_ms() < until);
	if (n < 0)
		log_failure(BRG_LOG_ERROR, "keeper.rezone", &err);
	else if (records > 0)
		log_event(BRG_LOG_INFO, "keeper.rezoned", "records=%d zone-data=%s", records,
			  zone_data_version());
	return n == REZONE_BATCH ? 0 : 60000;
}

static bool any_obituary(struct scoreboard *board)
{
	size_t at = 0;

	return board_next_obituary(board, &at) != NULL;
}

static void round_trip(struct setup *s, struct scoreboard *board, struct rounds *r)
{
	struct engine *e = &s->engine;
	struct brg_err err = BRG_ERR_INIT;
	uint32_t deaths = atomic_load(&board->deaths);
	int64_t now = board_now_ms();
	int n = 0;

	watch_clock(e, r);
	if (now >= r->bury_ms || deaths != r->deaths || any_obituary(board)) {
		n = keeper_bury(e, board, &err);
		r->bury_ms = now + 2000;
		r->deaths = deaths;
	}
	if (n >= 0 && now >= r->probe_ms) {
		int woken = keeper_probe(e, &err);

		n = woken < 0 ? woken : n + woken;
		r->probe_ms = now + 5000;
	}
	if (n < 0)
		log_failure(BRG_LOG_ERROR, "keeper.failed", &err);
	else if (n > 0)
		for (int role = 0; role < ROLES; role++)
			wake_all(s->config->state, config_role_name(role));
	if (now >= r->intake_ms)
		r->intake_ms = now + take_in(e);
	if (now >= r->fold_ms) {
		upkeep(e, BRG_UPKEEP_CHECKPOINT, 0);
		r->fold_ms = now + 1000;
	}
	if (now >= r->rezone_ms)
		r->rezone_ms = now + rezone(e);
	if (now >= r->sweep_ms) {
		if (sweep_run(e, &err) < 0)
			log_failure(BRG_LOG_ERROR, "keeper.sweep", &err);
		r->sweep_ms = now + 300000;
	}
	if (now >= r->clean_ms) {
		upkeep(e, BRG_UPKEEP_BODIES | BRG_UPKEEP_RETENTION,
		       s->config->retention.decisions_ms);
		r->clean_ms = now + (retain(e, &s->config->retention) > 0 ? 1000 : 600000);
	}
}

int keeper_run(const struct config *config, struct scoreboard *board, size_t slot)
{
	struct setup setup;
	struct brg_err err = BRG_ERR_INIT;
	int signal_fd = process_signals(), rc;
	struct rounds rounds = { 0 };
	struct pollfd fd = { signal_fd, POLLIN, 0 };

	rc = setup_open(&setup, config, 0, &err);
	if (rc == 0)
		rc = engine_join(&setup.engine, "keeper", &err);
	if (rc == 0) {
		board->processes[slot].id = setup.engine.process;
		atomic_store(&board->processes[slot].ready, 1);
		log_event(BRG_LOG_INFO, "worker.ready", "role=keeper pid=%ld", (long)getpid());
		while (!(fd.revents & POLLIN)) {
			round_trip(&setup, board, &rounds);
			fd.revents = 0;
			poll(&fd, 1, TICK_MS);
		}
		upkeep(&setup.engine, BRG_UPKEEP_CHECKPOINT, 0);
	}
	setup_close(&setup);
	close(signal_fd);
	return rc == 0 ? 0 : process_failed("keeper", &err, board);
}
