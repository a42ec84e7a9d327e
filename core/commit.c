/* SPDX-License-Identifier: Apache-2.0
 *
 * A visit's steps on their way into the store: each under the condition that the lease is
 * ours, one after another, and one of them at most in flight while the visit goes on.
 */
#include "core/commit.h"

#include "core/effect.h"

#include <pthread.h>
#include <stdlib.h>

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

struct brg_op *commit_op(struct visit *v, int type, int64_t expect)
{
	if (v->step.n == 0 && !MUTANT(MUTANT_LEASE_UNCHECKED))
		add_lease(v);
	return step_add(&v->step, type, expect);
}

struct flight {
	pthread_t thread;
	struct store *store;
	struct step step;
	struct brg_arena *arena; /* of the step */
	int durability, rc;
	size_t failed;
	struct brg_err err;
};

static void *fly(void *arg)
{
	struct flight *f = arg;

	f->rc = store_commit(f->store, &f->step, f->durability, &f->failed, &f->err);
	return NULL;
}

/* What the end of a commit means for the visit. */
static int committed(struct visit *v, const struct flight *f, struct brg_err *err)
{
	if (f->rc < 0) {
		*err = f->err;
		return f->rc;
	}
	if (f->rc == BRG_REFUSED)
		return f->failed == 0 ? brg_fail(err, &lease_lost, "%s", "")
				      : brg_fail(err, &step_refused, "op=%zu", f->failed);
	v->steps++;
	if (v->board)
		atomic_store(&v->board->progress, 1);
	return 0;
}

/* Wait for the step that is under way. */
int commit_land(struct visit *v, struct brg_err *err)
{
	struct flight *f = v->flight;
	int rc;

	if (!f)
		return 0;
	pthread_join(f->thread, NULL);
	rc = committed(v, f, err);
	arena_free(&f->arena);
	free(f);
	v->flight = NULL;
	return rc;
}

static void new_step(struct visit *v)
{
	v->pending_bytes = 0;
	v->used = NULL;
	step_init(&v->step, v->pending);
}

int commit_now(struct visit *v, int durability, struct brg_err *err)
{
	struct flight f = { .store = &v->engine->store, .durability = durability };
	int rc = commit_land(v, err);

	if (rc < 0 || (v->step.n == 0 && durability == BRG_RELAXED && !v->host.changed))
		return rc;
	/* Even with nothing to write: all before it is to be durable, under our lease. */
	if (v->step.n == 0)
		add_lease(v);
	commit_states(v, &v->step);
	f.err = (struct brg_err)BRG_ERR_INIT;
	f.step = v->step;
	fly(&f);
	arena_reset(v->pending);
	new_step(v);
	return committed(v, &f, err);
}

int commit_behind(struct visit *v, struct brg_err *err)
{
	struct flight *f;
	int rc;

	/* A rename reads what earlier steps wrote. */
	if (!v->engine->overlap || v->host.missing || v->step.n == 0)
		return commit_now(v, BRG_RELAXED, err);
	rc = commit_land(v, err);
	if (rc < 0)
		return rc;
	commit_states(v, &v->step);
	f = xcalloc(1, sizeof(*f));
	f->store = &v->engine->store;
	f->err = (struct brg_err)BRG_ERR_INIT;
	f->step = v->step;
	f->step.arena = f->arena = v->pending;
	if (pthread_create(&f->thread, NULL, fly, f) != 0) {
		free(f);
		return commit_now(v, BRG_RELAXED, err);
	}
	v->flight = f;
	v->pending = arena_new();
	new_step(v);
	return 0;
}
