/* SPDX-License-Identifier: Apache-2.0 */
#include "core/flight.h"

#include "core/blob.h"
#include "core/body.h"
#include "core/faults.h"

#include <pthread.h>
#include <stdlib.h>

/* One that is being committed, one that is being packed: more would only hold memory. */
#define FLIGHTS 2
/* Packed bytes that go ahead of their step. */
#define AHEAD_BYTES (4 * 1024 * 1024)

/* ---- packing --------------------------------------------------------------------------------*/

struct packing {
	struct engine *engine;
	const struct brg_op *condition; /* NULL: none */
	struct brg_arena *arena;
	struct step step; /* bodies that are packed and not committed */
	size_t bytes;
	struct landing *out;
};

static void begin(struct packing *p)
{
	arena_reset(p->arena);
	step_init(&p->step, p->arena);
	p->bytes = 0;
	if (p->condition)
		*step_add(&p->step, 0, 0) = *p->condition;
}

static int put_chunk(void *arg, const struct brg_sha *sha, int64_t seq, struct brg_str bytes,
		     struct brg_err *err)
{
	struct packing *p = arg;
	struct brg_op *op;

	if (p->bytes >= AHEAD_BYTES) {
		p->out->rc = store_commit(&p->engine->store, &p->step, BRG_RELAXED, &p->out->failed,
					  err);
		if (p->out->rc != BRG_COMMITTED) {
			p->out->refused = BRG_OP_LEASE; /* the only condition of bodies */
			return BRG_ECANCELED;
		}
		begin(p);
	}
	op = step_add(&p->step, BRG_OP_BODY, BRG_ANY);
	op->u.body.sha = *sha;
	op->u.body.seq = seq;
	op->u.body.bytes = arena_str(p->arena, bytes);
	op->u.body.now_us = p->engine->now_us(p->engine);
	p->bytes += bytes.len;
	return 0;
}

/* The bodies, and behind them what refers to them. */
static void pack_all(struct packing *p, const struct cargo *cargo)
{
	struct brg_op *ops = cargo->step.ops;
	struct body_out body;
	int rc = 0;

	if (ops[0].type == BRG_OP_LEASE)
		p->condition = &ops[0];
	begin(p);
	for (const struct parcel *at = cargo->parcels; at && rc >= 0; at = at->next) {
		rc = body_pack(at->raw, put_chunk, p, &body, &p->out->err);
		ops[at->record].u.record.body = body.sha;
		ops[at->record].u.record.body_octets = body.octets;
	}
	if (rc < 0 && p->out->rc == BRG_COMMITTED)
		p->out->rc = rc;
	for (size_t i = p->condition ? 1 : 0; i < cargo->step.n; i++)
		*step_add(&p->step, 0, 0) = ops[i];
}

/* The turn of a flight; NULL for one that flies alone. */
struct turn;
static bool await(struct turn *turn);

static void carry(struct engine *engine, const struct cargo *cargo, struct turn *turn,
		  struct landing *out)
{
	struct packing p = { .engine = engine, .step = cargo->step, .out = out };
	const struct brg_op *ops;

	*out = (struct landing){ .rc = BRG_COMMITTED, .err = BRG_ERR_INIT };
	if (cargo->parcels) {
		p.arena = arena_new();
		pack_all(&p, cargo);
	}
	if (turn && !await(turn) && out->rc == BRG_COMMITTED)
		out->rc = brg_fail(&out->err, &fault_canceled, "%s", "");
	ops = p.step.ops;
	if (out->rc == BRG_COMMITTED)
		out->rc = store_commit(&engine->store, &p.step, cargo->durability, &out->failed,
				       &out->err);
	if (out->rc == BRG_REFUSED && !out->refused)
		out->refused = ops[out->failed].type;
	arena_free(&p.arena);
}

void flight_walk(struct engine *engine, const struct cargo *cargo, struct landing *out)
{
	carry(engine, cargo, NULL, out);
}

/* ---- taking turns ---------------------------------------------------------------------------*/

struct flights {
	struct engine *engine;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t started, landed, committed; /* numbers of the next ones */
	bool broken;			     /* one was not committed: no later one may be */
	struct flight {
		struct turn {
			struct flights *all;
			uint64_t number;
		} turn;
		pthread_t thread;
		struct cargo cargo;
		struct landing landing;
	} slots[FLIGHTS];
};

static bool await(struct turn *turn)
{
	struct flights *all = turn->all;
	bool go;

	pthread_mutex_lock(&all->lock);
	while (all->committed != turn->number)
		pthread_cond_wait(&all->moved, &all->lock);
	go = !all->broken;
	pthread_mutex_unlock(&all->lock);
	return go;
}

static void pass_on(struct turn *turn, bool committed)
{
	struct flights *all = turn->all;

	pthread_mutex_lock(&all->lock);
	all->committed++;
	all->broken = all->broken || !committed;
	pthread_cond_broadcast(&all->moved);
	pthread_mutex_unlock(&all->lock);
}

static void *fly(void *arg)
{
	struct flight *f = arg;

	carry(f->turn.all->engine, &f->cargo, &f->turn, &f->landing);
	pass_on(&f->turn, f->landing.rc == BRG_COMMITTED);
	return NULL;
}

struct flights *flights_new(struct engine *engine)
{
	struct flights *all = xcalloc(1, sizeof(*all));

	all->engine = engine;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->moved, NULL);
	return all;
}

void flights_free(struct flights **flights)
{
	struct flights *all = *flights;

	if (!all)
		return;
	pthread_cond_destroy(&all->moved);
	pthread_mutex_destroy(&all->lock);
	free(all);
	*flights = NULL;
}

bool flights_full(const struct flights *all)
{
	return all->started - all->landed == FLIGHTS;
}

int flights_start(struct flights *all, const struct cargo *cargo)
{
	struct flight *f = &all->slots[all->started % FLIGHTS];

	f->turn = (struct turn){ all, all->started };
	f->cargo = *cargo;
	if (pthread_create(&f->thread, NULL, fly, f) != 0)
		return -1;
	all->started++;
	return 0;
}

bool flights_land(struct flights *all, struct landing *out)
{
	struct flight *f = &all->slots[all->landed % FLIGHTS];

	if (all->landed == all->started)
		return false;
	pthread_join(f->thread, NULL);
	*out = f->landing;
	arena_free(&f->cargo.step.arena);
	all->landed++;
	return true;
}
