/* SPDX-License-Identifier: Apache-2.0
 *
 * Before much is done it is looked at (DESIGN: no disasters): the same code runs without doing
 * anything, what it would do is counted, and too much of it waits as a plan for a person.
 */
#include "core/sync-private.h"

#include "core/alert.h"
#include "core/id.h"

/* What is known without looking at a single item. */
struct glance {
	int64_t missing;
	bool full;     /* the inbox */
	bool dirty;    /* many records have changed, or are deleted */
	int64_t inbox; /* what lies there; counted where a plan is judged */
	bool rules;    /* filters, directions or fields are others than the last visit's */
	bool folder;   /* links miss items of a folder that is not there any more */
	bool creates;  /* at first contact many records match */
};

static int64_t count_of(struct sync *s, int what, const char *name, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = what, .mailbox = s->mailbox };
	struct brg_row *rows;
	int64_t sum = 0;
	size_t n;

	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.counter.name, brg_cstr(name)))
			sum += rows[i].u.counter.value;
	return sum;
}

static int look_at_missing(struct sync *s, struct glance *g, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_LINKS_MISSING,
			       .mailbox = s->mailbox };
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	g->missing = (int64_t)n;
	for (size_t i = 0; i < n && !g->folder; i++)
		g->folder = !sync_folder(s, rows[i].u.link.folder);
	return 0;
}

/* Are there so many of them? No further than that is looked: counting all is for those who need
 * it. */
static int are_many(struct sync *s, int what, int64_t much, bool *many, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = what, .mailbox = s->mailbox };
	struct brg_row *rows;
	size_t n;

	q.limit = (uint32_t)(much < 1 ? 1 : much);
	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	*many = (int64_t)n >= much;
	return 0;
}

/* On both sides: what the mailbox tells, and what it is to be told. */
static int look_at_work(struct sync *s, struct glance *g, struct brg_err *err)
{
	int64_t much = s->rules->plan_deletes_min;

	if (are_many(s, BRG_READ_LINKS_DIRTY, much, &g->dirty, err) < 0)
		return err->code;
	if (!s->met && s->rules->plan_creates + 1 < much)
		much = s->rules->plan_creates + 1;
	return are_many(s, BRG_READ_INBOX, much, &g->full, err);
}

static int look_at_matches(struct sync *s, struct glance *g, struct brg_err *err)
{
	int64_t most = s->rules->plan_creates;

	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT && !s->met; kind++) {
		struct brg_query q = { .size = sizeof(q),
				       .what = BRG_READ_MATCHES,
				       .mailbox = s->mailbox,
				       .number = kind,
				       .expr = s->filter[kind],
				       .limit = (uint32_t)most + 1 };
		struct brg_row *rows;
		size_t n;

		if (!s->filter[kind])
			continue;
		if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
			return err->code;
		most -= (int64_t)n;
		g->creates = most < 0;
		if (g->creates)
			return 0;
	}
	return 0;
}

static int glance(struct sync *s, struct glance *g, struct brg_err *err)
{
	*g = (struct glance){ .rules = s->has_epoch &&
				       memcmp(s->epoch, s->kept_epoch, sizeof(s->epoch)) != 0 };
	if (look_at_missing(s, g, err) < 0 || look_at_work(s, g, err) < 0 ||
	    look_at_matches(s, g, err) < 0)
		return err->code;
	arena_reset(s->v->batch);
	return 0;
}

static bool is_much(const struct sync *s, const struct glance *g)
{
	return g->rules || g->folder || g->creates || g->full || g->dirty ||
	       g->missing >= s->rules->plan_deletes_min;
}

/* ---- surveying ------------------------------------------------------------------------------*/

/* Under other rules all links are looked at, and all records. */
static int ask_all(struct sync *s, struct brg_err *err)
{
	if (memcmp(s->asked_epoch, s->epoch, sizeof(s->epoch)) == 0)
		return 0;
	memcpy(s->asked_epoch, s->epoch, sizeof(s->epoch));
	s->position = (struct brg_str){ "", 0 };
	commit_op(s->v, BRG_OP_RECHECK, BRG_ANY)->u.recheck =
		(struct brg_recheck){ .mailbox = s->mailbox };
	sync_put_state(s);
	return sync_commit(s, BRG_RELAXED, err);
}

static int survey(struct sync *s, struct brg_err *err)
{
	struct visit *v = s->v;
	int64_t items = v->items, stored = v->stored, failed = v->items_failed;
	bool backlog = v->backlog;
	int rc;

	s->plan.survey = true;
	s->older = 0;
	rc = sync_work(s, err);
	commit_drop(v);
	s->plan.survey = false;
	v->items = items;
	v->stored = stored;
	v->items_failed = failed;
	v->backlog = backlog;
	return rc;
}

static void judge(struct sync *s, const struct glance *g, struct plan_verdict *out)
{
	int64_t min = s->rules->plan_deletes_min, percent = s->rules->plan_deletes_percent;

	plan_judge(&s->plan, s->rules, s->links, !s->met, out);
	if (g->folder && !out->row) {
		out->held = PLAN_HOLD_ENDS;
		out->row = &plan_folder;
	}
	if (s->older >= min && s->older * 100 > s->links * percent) {
		out->held = PLAN_HOLD_ALL;
		out->row = &plan_restored;
	}
	if (g->rules && s->plan.n) {
		out->held = PLAN_HOLD_ALL;
		out->row = &plan_rules;
	}
}

#define PLAN_DETAIL "plan" /* of the alert */

/* ---- plans that wait, or were decided -------------------------------------------------------*/

/* What a plan was made for: another visit that sees the same needs no other. The first part is
 * known without a survey. */
static const char *basis_of(struct sync *s, const struct glance *g, struct brg_str code)
{
	char epoch[33];

	id_hex(s->epoch, sizeof(s->epoch), epoch);
	return arena_printf(s->v->arena, "%.*s %s missing=%lld inbox=%lld ", (int)code.len,
			    code.ptr, epoch, (long long)g->missing, (long long)g->inbox);
}

static const char *mark_of(struct sync *s, unsigned held)
{
	return arena_printf(s->v->arena, "what=%016llx",
			    (unsigned long long)plan_mark(&s->plan, held));
}

static bool begins(struct brg_str text, const char *with)
{
	return text.len >= strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

static bool ends(struct brg_str text, const char *with)
{
	size_t n = strlen(with);

	return text.len >= n && memcmp(text.ptr + text.len - n, with, n) == 0;
}

static unsigned held_by(struct brg_str code)
{
	if (brg_str_eq(code, brg_cstr(plan_creates.code)))
		return PLAN_HOLD_CREATES;
	if (brg_str_eq(code, brg_cstr(plan_ends.code)) ||
	    brg_str_eq(code, brg_cstr(plan_folder.code)))
		return PLAN_HOLD_ENDS;
	return PLAN_HOLD_ALL;
}

/* The newest plan that still speaks. 1: *out. */
static int newest(struct sync *s, struct brg_plan_row *out, struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_PLANS, .mailbox = s->mailbox, .limit = 1
	};
	struct brg_row row;
	int rc = store_one(&s->e->store, &q, s->v->arena, &row, err);

	if (rc <= 0 || row.u.plan.state == BRG_PLAN_DONE || row.u.plan.state == BRG_PLAN_STALE)
		return rc < 0 ? rc : 0;
	*out = row.u.plan;
	return 1;
}

static void set_state(struct sync *s, const struct brg_plan_row *plan, int state)
{
	struct brg_plan_row *to = &commit_op(s->v, BRG_OP_PLAN, plan->version)->u.plan;

	*to = *plan;
	to->state = state;
	alert_clear_item(&s->v->step, &s->mailbox, brg_cstr(PLAN_DETAIL), s->e->now_us(s->e));
}

static int save(struct sync *s, const struct brg_plan_row *old, const struct plan_verdict *verdict,
		struct brg_str basis, struct brg_err *err)
{
	const char *params =
		arena_printf(s->v->arena, "ends=%lld\nlinks=%lld\ncreates=%lld\nolder=%lld",
			     (long long)verdict->ends, (long long)s->links,
			     (long long)verdict->creates, (long long)s->older);
	struct brg_alert_row *alert;

	if (old)
		set_state(s, old, BRG_PLAN_STALE);
	commit_begin(s->v);
	plan_save(&s->plan, &s->v->step, &s->mailbox, verdict->row, params, basis,
		  s->e->now_us(s->e));
	alert = alert_raise(&s->v->step, BRG_LOG_WARNING, BRG_ALERT_ITEM, &s->mailbox,
			    brg_cstr(verdict->row->code), s->e->now_us(s->e));
	alert->params = brg_cstr(params);
	alert->detail = brg_cstr(PLAN_DETAIL);
	return sync_commit(s, BRG_DURABLE, err);
}

/* It waits, or was refused, and nothing else is to be held than then: no second plan of it. */
static int keep(struct sync *s, const struct brg_plan_row *plan, struct brg_str basis,
		struct brg_err *err)
{
	struct brg_plan_row *to = &commit_op(s->v, BRG_OP_PLAN, plan->version)->u.plan;

	*to = *plan;
	to->basis = basis;
	return sync_commit(s, BRG_RELAXED, err);
}

/* Has a person said yes to this? The counts may have moved since; what was not in the plan is not
 * allowed by it. */
static bool is_approval(const struct sync *s, const struct brg_plan_row *plan)
{
	char epoch[33];

	id_hex(s->epoch, sizeof(s->epoch), epoch);
	return plan->state == BRG_PLAN_APPROVED && plan->basis.len > 32 &&
	       memmem(plan->basis.ptr, plan->basis.len, epoch, 32) != NULL;
}

bool sync_rests(const struct sync *s, unsigned hold)
{
	return s->resting && (s->plan.held & (hold | PLAN_HOLD_ALL));
}

/* ---- the guard ------------------------------------------------------------------------------*/

static int hold(struct sync *s, struct glance *g, struct brg_err *err)
{
	struct brg_plan_row plan;
	struct plan_verdict verdict;
	const char *basis, *mark;
	int found = newest(s, &plan, err);

	if (found < 0)
		return found;
	g->inbox = count_of(s, BRG_READ_COUNTS, "inbox", err);
	s->links = count_of(s, BRG_READ_LINK_COUNTS, "links", err);
	if (err->code)
		return err->code;
	if (found && !is_approval(s, &plan) && begins(plan.basis, basis_of(s, g, plan.code))) {
		s->plan.held = held_by(plan.code);
		s->resting = true;
		return 0;
	}
	if (survey(s, err) < 0)
		return err->code;
	judge(s, g, &verdict);
	s->plan.held = verdict.held;
	if (found && (is_approval(s, &plan) || !verdict.held)) {
		s->decided = plan;
		s->has_decided = true;
		return is_approval(s, &plan) ? plan_load(&s->plan, &s->e->store, &plan.id, err) : 0;
	}
	if (!verdict.held)
		return 0;
	basis = basis_of(s, g, brg_cstr(verdict.row->code));
	mark = mark_of(s, verdict.held);
	basis = arena_printf(s->v->arena, "%s%s", basis, mark);
	if (found && brg_str_eq(plan.code, brg_cstr(verdict.row->code)) && ends(plan.basis, mark))
		return keep(s, &plan, brg_cstr(basis), err);
	return save(s, found ? &plan : NULL, &verdict, brg_cstr(basis), err);
}

/* There is not much to do: a plan that still waits, or was allowed, has nothing left to be for. */
static int let_go(struct sync *s, struct brg_err *err)
{
	int found = newest(s, &s->decided, err);

	s->has_decided = found > 0;
	return found < 0 ? found : 0;
}

int sync_guard(struct sync *s, bool *rest, struct brg_err *err)
{
	struct glance g;

	if (glance(s, &g, err) < 0)
		return err->code;
	if (g.rules && ask_all(s, err) < 0)
		return err->code;
	if (s->e->planned) {
		*rest = true;
		if (survey(s, err) < 0)
			return err->code;
		s->e->planned(s->e, s->v, &s->plan);
		return 0;
	}
	if (!is_much(s, &g))
		return let_go(s, err);
	if (hold(s, &g, err) < 0)
		return err->code;
	*rest = sync_rests(s, PLAN_HOLD_ALL);
	return 0;
}

void sync_guard_done(struct sync *s)
{
	if (s->has_decided)
		set_state(s, &s->decided,
			  s->decided.state == BRG_PLAN_APPROVED ? BRG_PLAN_DONE : BRG_PLAN_STALE);
	if (s->plan.withheld || s->resting)
		return;
	s->met = s->met || (sync_whole(s) && !s->undecided && !s->v->backlog);
	if (s->met) {
		memcpy(s->kept_epoch, s->epoch, sizeof(s->epoch));
		memcpy(s->asked_epoch, s->epoch, sizeof(s->epoch));
		s->has_epoch = true;
	}
}
