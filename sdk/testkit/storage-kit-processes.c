/* SPDX-License-Identifier: Apache-2.0
 *
 * Several processes on one store, and what is left when one dies.
 */
#include "storage-kit-private.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { VISITS = 60, CLAIMERS = 3 };

static int claim_child(struct kit *k, struct kit_child *me)
{
	struct kit_world w = { .n = 0 };
	struct kit_claims c;
	struct kit_store *st;
	struct brg_id id;

	if (kit_receive(me, &w.profile, sizeof(w.profile)) < 0)
		return 1;
	st = kit_open(k, 0);
	if (!st)
		return 2;
	id = kit_join(st);
	if (kit_say(me, 'r') < 0 || kit_hear(me, 'g') < 0)
		return 3;
	do {
		uint32_t n;

		if (kit_claim(st, &w, &id, 2, 2, &c) < 0)
			return 4;
		n = (uint32_t)c.n;
		if (kit_send(me, &n, sizeof(n)) < 0)
			return 5;
		for (size_t i = 0; i < c.n; i++) {
			if (kit_send(me, &c.at[i].visit.id, sizeof(struct brg_id)) < 0)
				return 5;
		}
	} while (c.n);
	/* Leases last until the end, so that nobody gets one a second time. */
	return kit_hear(me, 'e') < 0 ? 6 : 0;
}

static bool seen(const struct brg_id *ids, size_t n, const struct brg_id *id)
{
	for (size_t i = 0; i < n; i++) {
		if (brg_id_eq(&ids[i], id))
			return true;
	}
	return false;
}

static void processes_never_share_a_visit(struct kit *k)
{
	struct kit_child *c[CLAIMERS];
	struct brg_id ids[VISITS];
	struct kit_store *st;
	struct kit_world *w;
	size_t n = 0;

	for (int i = 0; i < CLAIMERS; i++)
		c[i] = kit_spawn(k, claim_child);
	CHECK_STILL(k);
	st = kit_open(k, BRG_OPEN_CREATE);
	CHECK_STILL(k);
	w = kit_world(st, VISITS, 1000);
	CHECK_STILL(k);
	for (int i = 0; i < CLAIMERS; i++) {
		CHECK(k, kit_send(c[i], &w->profile, sizeof(w->profile)) == 0);
		CHECK(k, kit_hear(c[i], 'r') == 0);
	}
	for (int i = 0; i < CLAIMERS; i++)
		CHECK(k, kit_say(c[i], 'g') == 0);
	for (int i = 0; i < CLAIMERS; i++) {
		uint32_t got;

		do {
			CHECK(k, kit_receive(c[i], &got, sizeof(got)) == 0);
			for (uint32_t j = 0; j < got; j++) {
				struct brg_id id;

				CHECK(k, kit_receive(c[i], &id, sizeof(id)) == 0);
				CHECK(k, n < VISITS && !seen(ids, n, &id));
				ids[n++] = id;
			}
		} while (got);
	}
	CHECK(k, n == VISITS);
	for (int i = 0; i < CLAIMERS; i++) {
		CHECK(k, kit_say(c[i], 'e') == 0);
		CHECK(k, kit_wait(c[i]) == 0);
	}
}

/* ---- death ----------------------------------------------------------------------------------*/

struct told {
	struct brg_id process;
	int64_t tokens[2];
	uint32_t held;
};

/* Claims two visits and slots, tells so, and works on until it is killed. */
static int victim(struct kit *k, struct kit_child *me)
{
	struct kit_world w = { .n = 0 };
	struct brg_slots s = { .size = sizeof(s), .hold = 3 };
	struct kit_claims c;
	struct kit_store *st;
	struct told told;

	if (kit_receive(me, &w.profile, sizeof(w.profile)) < 0)
		return 1;
	st = kit_open(k, 0);
	if (!st)
		return 2;
	told.process = kit_join(st);
	s.process = told.process;
	s.profile = w.profile;
	if (kit_claim(st, &w, &told.process, 2, 2, &c) != 2 ||
	    st->ops->slots(st->self, &s, &st->err) != 0)
		return 3;
	told.tokens[0] = c.at[0].visit.token;
	told.tokens[1] = c.at[1].visit.token;
	told.held = s.held;
	if (kit_send(me, &told, sizeof(told)) < 0)
		return 4;
	(void)kit_hear(me, 'x');
	return 0;
}

struct dead {
	int n;
	struct brg_id id;
	char role[32];
};

static void note_dead(void *arg, const struct brg_process_row *row)
{
	struct dead *d = arg;

	d->n++;
	d->id = row->id;
	(void)snprintf(d->role, sizeof(d->role), "%.*s", (int)row->role.len, row->role.ptr);
}

/* A storage may see a death by its clock only: ask for a while. */
static int reap_soon(struct kit_store *st, struct dead *d)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int rc;

	for (int i = 0; i < 1200; i++) {
		rc = st->ops->reap(st->self, KIT_NOW, note_dead, d, &st->err);
		if (rc != 0)
			return rc;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static void the_dead_are_reaped(struct kit *k)
{
	struct kit_child *c = kit_spawn(k, victim);
	struct brg_slots s = { .size = sizeof(s), .hold = 5 };
	struct dead dead = { 0 };
	struct kit_store *st;
	struct kit_world *w;
	struct told told;
	struct brg_id me;
	struct kit_claims claims;
	const struct brg_visit_row *v;
	struct brg_op op = { .type = BRG_OP_LEASE };

	CHECK_STILL(k);
	st = kit_open(k, BRG_OPEN_CREATE);
	CHECK_STILL(k);
	w = kit_world(st, 2, 5);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK(k, kit_send(c, &w->profile, sizeof(w->profile)) == 0);
	CHECK(k, kit_receive(c, &told, sizeof(told)) == 0);
	CHECK(k, told.held == 3);
	CHECK_RC(k, st, st->ops->reap(st->self, KIT_NOW, note_dead, &dead, &st->err), 0);
	CHECK_RC(k, st, kit_claim(st, w, &me, 2, 2, &claims), 0);
	kit_kill(c);
	CHECK_RC(k, st, reap_soon(st, &dead), 1);
	CHECK(k, dead.n == 1 && brg_id_eq(&dead.id, &told.process));
	CHECK(k, strcmp(dead.role, "incoming") == 0);
	v = kit_visit(st, &w->mailboxes[0]);
	CHECK(k, v && brg_id_is_nil(&v->process) && v->due_us <= KIT_NOW);
	CHECK(k, v->outcome == BRG_STOPPED && v->token != told.tokens[0]);
	op.u.lease = (struct brg_lease){ .visit = w->visits[0], .token = told.tokens[0] };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	s.process = me;
	s.profile = w->profile;
	CHECK_RC(k, st, st->ops->slots(st->self, &s, &st->err), 0);
	CHECK(k, s.held == 5);
	CHECK_RC(k, st, kit_claim(st, w, &me, 2, 2, &claims), 2);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK_RC(k, st, st->ops->reap(st->self, KIT_NOW, note_dead, &dead, &st->err), 0);
}

static int world_child(struct kit *k, struct kit_child *me)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w = st ? kit_world(st, 3, 5) : NULL;
	struct kit_claims c;
	struct brg_id id;

	if (!w || k->failed)
		return 1;
	id = kit_join(st);
	if (kit_claim(st, w, &id, 3, 3, &c) != 3 || kit_send(me, &w->profile, sizeof(id)) < 0)
		return 2;
	(void)kit_hear(me, 'x');
	return 0;
}

/* Nobody was there when it died. */
static void an_earlier_life_is_reaped(struct kit *k)
{
	struct kit_child *c = kit_spawn(k, world_child);
	struct brg_query q = { .what = BRG_READ_PROCESSES };
	struct dead dead = { 0 };
	struct kit_world w = { .n = 0 };
	struct kit_claims claims;
	struct kit_store *st;
	struct brg_id me;

	CHECK_STILL(k);
	CHECK(k, kit_receive(c, &w.profile, sizeof(w.profile)) == 0);
	kit_kill(c);
	st = kit_open(k, 0);
	CHECK_STILL(k);
	CHECK(k, kit_count(st, &q) == 1);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, reap_soon(st, &dead), 1);
	CHECK(k, kit_count(st, &q) == 1);
	CHECK_RC(k, st, kit_claim(st, &w, &me, 5, 5, &claims), 3);
}

static void who_leaves_gives_back(struct kit *k)
{
	struct kit_store *a = kit_open(k, BRG_OPEN_CREATE), *b;
	struct brg_query q = { .what = BRG_READ_PROCESSES };
	struct kit_world *w;
	struct brg_id me, other;
	struct kit_claims c;
	struct dead dead = { 0 };

	CHECK_STILL(k);
	b = kit_open(k, 0);
	CHECK_STILL(k);
	w = kit_world(a, 2, 5);
	me = kit_join(a);
	other = kit_join(b);
	CHECK_STILL(k);
	CHECK(k, kit_count(a, &q) == 2);
	CHECK_RC(k, b, kit_claim(b, w, &other, 2, 2, &c), 2);
	CHECK_RC(k, a, kit_claim(a, w, &me, 2, 2, &c), 0);
	/* The living are not reaped, whoever asks. */
	CHECK_RC(k, a, a->ops->reap(a->self, KIT_NOW, note_dead, &dead, &a->err), 0);
	CHECK_RC(k, b, b->ops->reap(b->self, KIT_NOW, note_dead, &dead, &b->err), 0);
	kit_close(b);
	CHECK(k, kit_count(a, &q) == 1);
	CHECK_RC(k, a, kit_claim(a, w, &me, 2, 2, &c), 2);
}

/* ---- what survives --------------------------------------------------------------------------*/

static int durable_child(struct kit *k, struct kit_child *me)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_op op = kit_op_count("relaxed", 1);

	if (!st || kit_commit(st, &op, 1) != BRG_COMMITTED)
		return 1;
	op = kit_op_count("durable", 1);
	if (kit_commit_durable(st, &op, 1) != BRG_COMMITTED || kit_say(me, 'd') < 0)
		return 2;
	(void)kit_hear(me, 'x');
	return 0;
}

static void durable_outlives_its_process(struct kit *k)
{
	struct kit_child *c = kit_spawn(k, durable_child);
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct kit_store *st;
	struct brg_row *rows;

	CHECK_STILL(k);
	CHECK(k, kit_hear(c, 'd') == 0);
	kit_kill(c);
	st = kit_open(k, 0);
	CHECK_STILL(k);
	CHECK(k, kit_rows(st, &q, &rows) == 2); /* a prefix: what came before it too */
	CHECK(k, brg_str_eq(rows[0].u.counter.name, brg_cstr("durable")));
}

static void close_keeps_all(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTERS };

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_count("relaxed", 1)), BRG_COMMITTED);
	kit_close(st);
	st = kit_open(k, BRG_OPEN_READONLY);
	CHECK_STILL(k);
	CHECK(k, kit_count(st, &q) == 1);
	CHECK(k, kit_commit_one(st, kit_op_count("relaxed", 1)) == BRG_EREADONLY);
	CHECK(k, st->err.fault && st->err.fault->cls == BRG_EREADONLY);
	CHECK(k, kit_count(st, &q) == 1);
}

/* ---- threads --------------------------------------------------------------------------------*/

enum { THREADS = 4, STEPS = 40 };

struct worker {
	struct kit_store *st;
	struct brg_op ops[3];
	int rc, refused;
};

/* No helper here: those keep memory of the case. */
static void *commit_many(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < STEPS; i++) {
		struct brg_err err = BRG_ERR_INIT;
		size_t failed;
		struct brg_step step = { .size = sizeof(step),
					 .durability = i % 8 == 7,
					 .ops = w->ops,
					 .n = i % 4 == 3 ? 3 : 2 };
		int rc = w->st->ops->commit(w->st->self, &step, &failed, &err);

		/* Every fourth has a condition that does not hold. */
		if (rc == BRG_REFUSED)
			w->refused++;
		else if (rc != BRG_COMMITTED)
			w->rc = rc;
	}
	return NULL;
}

static void threads_commit_together(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct worker w[THREADS];
	pthread_t threads[THREADS];
	struct brg_row *rows;

	CHECK_STILL(k);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ .st = st };
		w[i].ops[0] = kit_op_count("all", 1);
		w[i].ops[1] = kit_op_count("each", 1);
		w[i].ops[1].u.counter.label = kit_printf(k, "%d", i);
		w[i].ops[2] = (struct brg_op){ .type = BRG_OP_LEASE };
	}
	for (int i = 0; i < THREADS; i++)
		CHECK(k, pthread_create(&threads[i], NULL, commit_many, &w[i]) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		CHECK(k, w[i].rc == 0 && w[i].refused == STEPS / 4);
	CHECK(k, kit_rows(st, &q, &rows) == 1 + THREADS);
	CHECK(k, rows[0].u.counter.value == THREADS * STEPS * 3 / 4);
	for (int i = 0; i < THREADS; i++)
		CHECK(k, rows[1 + i].u.counter.value == STEPS * 3 / 4);
}

static int writer_child(struct kit *k, struct kit_child *me)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_op ops[2];

	if (!st)
		return 1;
	ops[0] = kit_op_count("a", 1);
	ops[1] = kit_op_count("b", 1);
	if (kit_commit(st, ops, 2) != BRG_COMMITTED || kit_say(me, 'r') < 0)
		return 2;
	for (int i = 0; i < 300; i++) {
		if (kit_commit(st, ops, 2) != BRG_COMMITTED)
			return 3;
	}
	kit_close(st);
	return 0;
}

static void readers_see_whole_steps(struct kit *k)
{
	struct kit_child *c = kit_spawn(k, writer_child);
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct kit_store *st;
	struct brg_row *rows;
	int64_t before = 0;

	CHECK_STILL(k);
	CHECK(k, kit_hear(c, 'r') == 0);
	st = kit_open(k, 0);
	CHECK_STILL(k);
	do {
		CHECK(k, kit_rows(st, &q, &rows) == 2);
		CHECK(k, rows[0].u.counter.value == rows[1].u.counter.value);
		CHECK(k, rows[0].u.counter.value >= before);
		before = rows[0].u.counter.value;
	} while (before < 301);
	CHECK(k, kit_wait(c) == 0);
}

const struct kit_case kit_process_cases[] = {
	{ "processes-never-share-a-visit", STORAGE_KIT_PROCESSES, processes_never_share_a_visit },
	{ "the-dead-are-reaped", STORAGE_KIT_PROCESSES, the_dead_are_reaped },
	{ "an-earlier-life-is-reaped", STORAGE_KIT_PROCESSES, an_earlier_life_is_reaped },
	{ "who-leaves-gives-back", STORAGE_KIT_PROCESSES, who_leaves_gives_back },
	{ "durable-outlives-its-process", STORAGE_KIT_PROCESSES, durable_outlives_its_process },
	{ "close-keeps-all", STORAGE_KIT_STEPS, close_keeps_all },
	{ "threads-commit-together", STORAGE_KIT_STEPS, threads_commit_together },
	{ "readers-see-whole-steps", STORAGE_KIT_PROCESSES | STORAGE_KIT_READS,
	  readers_see_whole_steps },
	{ NULL, 0, NULL },
};
