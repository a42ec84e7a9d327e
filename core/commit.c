/* SPDX-License-Identifier: Apache-2.0
 *
 * A visit's steps: each under the condition that the lease is ours, one after another, some
 * of them in flight while the visit goes on.
 */
#include "core/commit.h"

#include "core/blob.h"
#include "core/effect.h"
#include "core/flight.h"

static const struct brg_fault lease_lost = {
	.code = "BRG-CORE-0012",
	.cls = BRG_EFENCED,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NOW,
	.en = "another process has taken the visit over",
	.sv = "en annan process har tagit över besöket",
	.help = "Not a fault. The visit was given to another process, because this one seemed dead "
		"or was too slow; what this one did after that was not stored.",
};
static const struct brg_fault step_refused = {
	.code = "BRG-CORE-0013",
	.cls = BRG_ECONFLICT,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_LATER,
	.en = "the store refused a step: operation {op} no longer fits",
	.sv = "lagret avvisade ett steg: operation {op} stämmer inte längre",
	.help = "Somebody else changed the same rows at the same moment. Nothing was stored; the "
		"next visit reads again and decides again. If it stays, please report it.",
};

const struct brg_fault *const commit_faults[] = { &lease_lost, &step_refused, NULL };

/* What the session wants to remember goes with the next step, whatever that is. */
void commit_states(struct visit *v, struct step *step)
{
	for (struct host_state *s = v->host.changed, *next; s; s = next) {
		struct brg_op *op = step_add(step, BRG_OP_STATE, BRG_ANY);

		op->u.state.mailbox = v->claimed.mailbox.id;
		op->u.state.name = s->name;
		op->u.state.value = s->value;
		next = s->next;
		s->next = v->host.states;
		v->host.states = s;
	}
	v->host.changed = NULL;
}

/* The first op of every step: the lease is ours. */
static void add_lease(struct visit *v)
{
	struct brg_op *lease = step_add(&v->step, BRG_OP_LEASE, BRG_ANY);

	lease->u.lease = (struct brg_lease){ v->claimed.visit.id, v->claimed.visit.token };
}

void commit_begin(struct visit *v)
{
	if (v->step.n == 0 && !MUTANT(MUTANT_LEASE_UNCHECKED))
		add_lease(v);
}

struct brg_op *commit_op(struct visit *v, int type, int64_t expect)
{
	commit_begin(v);
	return step_add(&v->step, type, expect);
}

void commit_body(struct visit *v, size_t record, struct brg_blob *raw)
{
	struct parcel *p = arena_alloc(v->pending, sizeof(*p));

	p->raw = blob_move(raw, v->pending);
	p->record = record;
	p->next = v->parcels;
	v->parcels = p;
	v->pending_bytes += blob_len(p->raw);
}

/* What the end of a commit means for the visit. */
static int committed(struct visit *v, const struct landing *l, struct brg_err *err)
{
	if (l->rc < 0) {
		*err = l->err;
		return l->rc;
	}
	/* Somebody else has written the same mail, or what it answers to: read and decide again. */
	v->raced = v->raced || (l->rc == BRG_REFUSED &&
				(l->refused == BRG_OP_SAME || l->refused == BRG_OP_OUTGOING));
	if (l->rc == BRG_REFUSED)
		return l->refused == BRG_OP_LEASE
			       ? brg_fail(err, &lease_lost, "%s", "")
			       : brg_fail(err, &step_refused, "op=%zu", l->failed);
	v->steps++;
	if (v->board)
		atomic_store(&v->board->progress, 1);
	return 0;
}

int commit_land(struct visit *v, struct brg_err *err)
{
	struct landing landing;
	int rc = 0;

	/* After a failure the others only follow it. */
	while (v->flights && flights_land(v->flights, &landing))
		rc = rc < 0 ? rc : committed(v, &landing, err);
	return rc;
}

static void new_step(struct visit *v)
{
	v->pending_bytes = 0;
	v->used = NULL;
	v->parcels = NULL;
	step_init(&v->step, v->pending);
}

void commit_drop(struct visit *v)
{
	arena_reset(v->pending);
	new_step(v);
}

int commit_now(struct visit *v, int durability, struct brg_err *err)
{
	struct landing landing;
	int rc = commit_land(v, err);

	/* What is committed can be read. */
	fresh_forget(&v->fresh);
	v->reported = false;
	if (rc < 0 || (v->step.n == 0 && durability == BRG_RELAXED && !v->host.changed))
		return rc;
	/* Even with nothing to write: all before it is to be durable, under our lease. */
	if (v->step.n == 0)
		add_lease(v);
	commit_states(v, &v->step);
	flight_walk(v->engine, &(struct cargo){ v->step, v->parcels, durability }, &landing);
	arena_reset(v->pending);
	new_step(v);
	return committed(v, &landing, err);
}

int commit_behind(struct visit *v, struct brg_err *err)
{
	struct landing landing;
	int rc = 0;

	/* A rename reads what earlier steps wrote. */
	if (!v->engine->overlap || v->host.missing || v->step.n == 0)
		return commit_now(v, BRG_RELAXED, err);
	if (!v->flights)
		v->flights = flights_new(v->engine);
	if (flights_full(v->flights) && flights_land(v->flights, &landing))
		rc = committed(v, &landing, err);
	if (rc < 0)
		return rc;
	commit_states(v, &v->step);
	if (flights_start(v->flights, &(struct cargo){ v->step, v->parcels, BRG_RELAXED }) < 0)
		return commit_now(v, BRG_RELAXED, err);
	v->pending = arena_new();
	new_step(v);
	return 0;
}
