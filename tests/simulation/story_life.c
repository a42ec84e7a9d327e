/* SPDX-License-Identifier: Apache-2.0
 *
 * Visits under trouble: workers that die, that are taken over, and power that fails.
 */
#include "tests/simulation/story.h"

#include "core/effect.h"
#include "core/id.h"
#include "plugins/storage/sqlite/sqlite.h"

#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#define MINUTE_US INT64_C(60000000)

/* ---- points at which a life can end ---------------------------------------------------------*/

enum point { AT_COMMIT, AT_PUSH, AT_APART, AT_PUSHED, AT_GET, AT_PULL, AT_FIND, POINTS };
static const char *const point_names[] = { "commit", "push", "apart", "pushed",
					   "get",    "pull", "find" };
static uint64_t points_passed, die_at; /* 0: never */
static jmp_buf the_end;		       /* of a life that dies */
static int takeover_at;		       /* connector calls until another worker comes; 0: never */
static struct story *playing;	       /* for hooks without an argument */

const char *story_point_name(int point)
{
	return point >= 0 && point < POINTS ? point_names[point] : NULL;
}

static void pass(enum point p)
{
	points_passed++;
	/* Few writes are in two pieces: between them every other life that may die does. */
	if (die_at && (points_passed == die_at || (p == AT_APART && points_passed % 2))) {
		story_counts->died_at[p]++;
		longjmp(the_end, 1);
	}
}

static void on_effect(const char *name, uint64_t n)
{
	(void)n;
	if (strcmp(name, "commit") == 0)
		pass(AT_COMMIT);
	else if (strcmp(name, "sim.apart") == 0)
		pass(AT_APART);
}

/* While a worker waits for a server. */
static void take_over(struct story *s)
{
	story_counts->takeovers++;
	world_take_over(&s->world);
}

static void call(enum point p)
{
	pass(p);
	if (takeover_at && --takeover_at == 0)
		take_over(playing);
}

static int story_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		      struct brg_err *err)
{
	int rc;

	call(AT_PUSH);
	rc = simmail_plugin.connector->push(self, ops, n, arena, err);
	call(AT_PUSHED);
	return rc;
}

static int story_get(void *self, const struct brg_get *req, struct brg_sink *out,
		     struct brg_err *err)
{
	call(AT_GET);
	return simmail_plugin.connector->get(self, req, out, err);
}

static int story_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	call(AT_PULL);
	return simmail_plugin.connector->pull(self, req, out, err);
}

static int story_find(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		      struct brg_arena *arena,
		      int (*each)(void *arg, size_t which, const struct brg_envelope *found),
		      void *arg, struct brg_err *err)
{
	call(AT_FIND);
	return simmail_plugin.connector->find(self, kinds, stamps, n, arena, each, arg, err);
}

static void on_meanwhile(struct simmail *sim, int box, int at, void *arg)
{
	struct story *s = arg;
	int user = 0;

	(void)sim;
	(void)at;
	while (s->world.users[user].box != box)
		user++;
	/* A life that may die cannot tell what it did to mailboxes. */
	if (die_at || story_below(s, 2))
		story_meanwhile(s);
	else
		(void)story_act_there(s, user);
}

/* Hooks of the story's engine and connector. */
void story_lives(struct story *s)
{
	playing = s;
	die_at = 0;
	takeover_at = 0;
	effect_hook(on_effect);
	s->world.connector.push = story_push;
	s->world.connector.get = story_get;
	s->world.connector.pull = story_pull;
	s->world.connector.find = story_find;
	simmail_on_meanwhile(on_meanwhile, s);
}

void story_visit(struct story *s, int user)
{
	int outcome;

	story_counts->visits++;
	simmail_trouble(s->world.sim, (uint16_t)(story_below(s, 3) ? 25 : 120));
	takeover_at = story_below(s, 15) == 0 ? 1 + (int)story_below(s, 8) : 0;
	outcome = world_visit(&s->world, user);
	takeover_at = 0;
	simmail_trouble(s->world.sim, 0);
	story_say(s, "visit of %s: %d%s%s", s->world.users[user].address, outcome,
		  s->world.err.code ? " " : "", s->world.err.code ? s->world.err.fault->en : "");
}

/* ---- lives that may die -----------------------------------------------------------------------
 * A life is no process of its own: a fork and its page faults took a third of all time. It ends by
 * a jump out of the engine, wherever that is; what it knew is forgotten, what it held of memory is
 * never seen again, and its locks are given up as the kernel does it. */

static struct sqlite *store_of(struct story *s)
{
	return s->world.engine.store.self;
}

/* Those who joined after `from` are dead. */
static void drop_locks(struct story *s, const struct member *from)
{
	struct procs *procs = &store_of(s)->procs;

	while (procs->members != from) {
		struct member *m = procs->members;

		procs->members = m->next;
		close(m->fd);
		free(m);
	}
}

void story_leave(struct story *s)
{
	drop_locks(s, NULL);
}

/* True: it died. */
static bool live(struct story *s, int user, uint64_t at)
{
	static struct story before;
	bool died;

	before = *s;
	die_at = points_passed + at;
	died = setjmp(the_end) != 0;
	if (!died)
		story_visit(s, user);
	die_at = 0;
	takeover_at = 0;
	*s = before;
	return died;
}

/* The power fails: all are dead, and another life begins with what is on the disk. */
static void cut_power(struct story *s)
{
	uint32_t batch = s->world.engine.batch_items;

	drop_locks(s, NULL);
	ramdisk_strike(s->disk, &s->dice);
	/* This writes nothing: nobody is in there, and what there is is on the disk. */
	world_close(&s->world);
	id_seed(simmail_roll(&s->dice) | 1);
	s->world.now_us += 20 * MINUTE_US;
	world_open(&s->world);
	s->world.engine.batch_items = batch;
}

/* The visit is walked by a worker that may die on the way; then the power may fail. Where it does
 * not, there are others who have the store open and go on. */
void story_deadly_visit(struct story *s, int user)
{
	uint64_t at = 1 + story_below(s, 30);
	bool cut = story_below(s, 3) == 0, died;
	const struct member *others = store_of(s)->procs.members;
	struct brg_id us = s->world.engine.process;

	world_join(&s->world);
	died = live(s, user, at);
	drop_locks(s, others);
	s->world.engine.process = us;
	story_counts->deaths += died;
	story_counts->cuts += cut;
	simmail_trouble(s->world.sim, 0);
	if (cut) {
		cut_power(s);
	} else {
		/* What the dead drew of ids is not drawn again. */
		id_seed(simmail_roll(&s->dice) | 1);
		s->world.now_us += 20 * MINUTE_US;
	}
	world_keep(&s->world);
	story_say(s, "visit of %s, dead at point %llu%s: %s", s->world.users[user].address,
		  (unsigned long long)at, cut ? ", power cut" : "", died ? "died" : "lived");
}
