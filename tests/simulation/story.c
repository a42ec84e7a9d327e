/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a story, and the quiet in the end.
 */
#include "tests/simulation/story.h"

#include "core/id.h"
#include "core/sweep.h"
#include "tests/unit/sqlite_plugin.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define QUIET_ROUNDS 14

struct story_counts *story_counts;

/* Neighbours among seeds have nothing in common. */
static uint64_t spread(uint64_t seed)
{
	return simmail_roll(&seed);
}

uint32_t story_below(struct story *s, uint32_t n)
{
	return simmail_below(&s->dice, n);
}

const char *story_token(struct story *s, char out[12])
{
	/* By the step, so that steps that are left out change no others. */
	(void)snprintf(out, 12, "Tk%04uq", (s->step * 8 + s->next_token++) % 10000);
	return out;
}

void story_say(struct story *s, const char *format, ...)
{
	va_list ap;

	if (!s->telling)
		return;
	va_start(ap, format);
	fprintf(stderr, "  %s: ", s->at);
	(void)vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ---- the beginning --------------------------------------------------------------------------*/

static void choose_habits(struct story *s)
{
	static const char *const words[] = {
		"none",
		"truncate=12 truncate-body=40",
		"normalise",
		"drop=office drop=pager",
		"drop=company drop-silent",
		"touch=60",
		"answers",
		"immutable-id",
		"normalise truncate=20 answers touch=20",
		"keeps-series",
		"newest-first sorts",
		"precision=1m completes",
		"apart",
		"apart normalise touch=20",
		"apart answers",
	};

	for (int u = 0; u < s->world.n_users; u++) {
		struct simmail_habits *h = &s->world.sim->boxes[s->world.users[u].box].habits;
		const char *w = words[story_below(s, sizeof(words) / sizeof(words[0]))];
		const char *bad = simmail_set_habits(h, w);

		if (bad) {
			fprintf(stderr, "no such habit: %s\n", bad);
			abort();
		}
		story_say(s, "%s is at a server that is: %s", s->world.users[u].address, w);
	}
}

static void choose_rules(struct story *s)
{
	static const char *const inbound[] = {
		"{}",
		("{\"inbound-contacts\":\"all\",\"inbound-tasks\":\"all\","
		 "\"inbound-appointments\":\"all\"}"),
		"{\"inbound-contacts\":\"all\"}",
	};
	static const char *const filters[FIELD_KINDS][3] = {
		[BRG_CONTACT] = { "owner = me", "nickname begins \"Tk\"", NULL },
		[BRG_TASK] = { "owner = me and status != completed", "owner = me", NULL },
		[BRG_APPOINTMENT] = { "owner = me", "party = me", NULL },
	};
	char address[32];

	for (int u = 0; u < STORY_USERS; u++) {
		(void)snprintf(address, sizeof(address), "user%d@example.com", u);
		(void)world_add_user(&s->world, address, inbound[story_below(s, 3)]);
		for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
			const char *text = filters[kind][story_below(s, 3)];

			if (text)
				world_filter(&s->world, u, kind, text);
			story_say(s, "%s gets kind %d: %s", address, kind, text ? text : "nothing");
		}
	}
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
		int policy = (int)story_below(s, 5);

		world_policy(&s->world, kind, policy > POLICY_ASK ? POLICY_NEWEST : policy);
		story_say(s, "policy of kind %d: %d", kind, policy);
	}
}

void story_ready(struct story *s, const char *folder, const struct brg_plugin *sqlite, void *memory,
		 struct ramdisk *disk, const struct ramdisk *empty)
{
	*s = (struct story){ .disk = disk, .empty = empty, .memory = memory };
	remove_tree(folder); /* of locks; the store is on the disk in memory */
	if (mkdir(folder, 0700) < 0 || ramdisk_use(disk) != 0)
		abort();
	ramdisk_copy(disk, empty);
	world_init(&s->world, folder, sqlite, memory, 0);
	s->world.vfs = RAMDISK_VFS;
	world_start(&s->world);
}

void story_begin(struct story *s, uint64_t seed)
{
	struct story ready = { .world = s->world,
			       .disk = s->disk,
			       .empty = s->empty,
			       .memory = s->memory,
			       .telling = s->telling };

	*s = ready;
	s->seed = seed;
	s->dice = spread(seed);
	(void)snprintf(s->at, sizeof(s->at), "begin");
	id_seed(seed * 2 + 1);
	remove_tree(arena_printf(s->world.scratch, "%s/world.db-procs", s->world.folder));
	ramdisk_copy(s->disk, s->empty);
	world_begin(&s->world, s->memory, seed);
	simmail_connector_as(&s->world.connector, 0);
	story_lives(s);
	s->began_us = s->world.now_us + STORY_HOUR_US;
	s->world.engine.batch_items = 3 + story_below(s, 40);
	choose_rules(s);
	choose_habits(s);
}

void story_rehearse(struct story *s)
{
	struct story_counts nobodys = { 0 }, *counts = story_counts;

	story_counts = &nobodys;
	story_begin(s, 0);
	for (int i = 0; i < STORY_STEPS; i++)
		story_step(s, i);
	(void)story_quiet(s);
	story_counts = counts;
	story_leave(s);
}

void story_end(struct story *s)
{
	world_close(&s->world);
	arena_free(&s->world.scratch);
}

/* ---- steps ----------------------------------------------------------------------------------*/

static void tick(struct story *s)
{
	struct brg_err err = BRG_ERR_INIT;

	world_must(sweep_run(&s->world.engine, &err), &err, "sweep");
}

static void expire(struct story *s)
{
	int user = (int)story_below(s, (uint32_t)s->world.n_users);

	simmail_expire(s->world.sim, s->world.users[user].box, (int)story_below(s, 3));
	story_say(s, "a cursor of %s is lost", s->world.users[user].address);
}

/* Somebody does something. */
static void edit(struct story *s)
{
	bool done = false;

	for (int tries = 0; tries < 20 && !done; tries++)
		done = story_below(s, 17) < 9 ? story_edit_mail(s) : story_edit_store(s);
	s->edits += done;
}

void story_step(struct story *s, int n)
{
	uint64_t dice = spread(s->seed) + (uint64_t)n * 0xd1342543de82ef95u;
	int64_t began;
	uint32_t what;
	int user;

	s->dice = dice = simmail_roll(&dice);
	/* So that what is left out does not change the luck of the rest. */
	s->world.sim->dice = dice ^ 0x5851f42d4c957f2du;
	s->step = (uint32_t)n;
	s->next_token = 0;
	(void)snprintf(s->at, sizeof(s->at), "step %d", n);
	arena_reset(s->world.scratch);
	began = s->began_us + n * STORY_HOUR_US;
	s->world.now_us = began > s->world.now_us ? began : s->world.now_us + 1;
	s->world.sim->now_us = s->world.now_us;
	user = (int)story_below(s, (uint32_t)s->world.n_users);
	what = story_below(s, 30);
	/* Seven of ten are edits. */
	if (n % 10 < 7)
		edit(s);
	else if (what < 23)
		story_visit(s, user);
	else if (what < 28)
		story_deadly_visit(s, user);
	else if (what < 29)
		tick(s);
	else
		expire(s);
}

/* ---- the quiet ------------------------------------------------------------------------------*/

/* An administrator says yes to what waits. */
static bool approve(struct story *s)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .number = BRG_PLAN_WAITS };
	struct brg_err err = BRG_ERR_INIT;
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);
	struct step step;

	step_init(&step, s->world.scratch);
	for (size_t i = 0; i < n; i++) {
		struct brg_op *op = step_add(&step, BRG_OP_PLAN, rows[i].u.plan.version);

		op->u.plan = rows[i].u.plan;
		op->u.plan.state = BRG_PLAN_APPROVED;
		story_counts->plans++;
	}
	world_must(store_commit(&s->world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "approve");
	return n > 0;
}

struct mark {
	uint32_t writes;
	struct brg_str position;
	uint64_t history;
};

static struct mark now(struct story *s)
{
	struct brg_query q = { .what = BRG_READ_CHANGES, .remote = brg_cstr("last") };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	return (struct mark){ .writes = world_writes(&s->world),
			      .position = n ? rows[0].u.change.position : brg_cstr("") };
}

bool story_quiet(struct story *s)
{
	const char *what = NULL;
	struct mark before = { 0 }, after;
	int calm = 0;

	(void)snprintf(s->at, sizeof(s->at), "quiet");
	s->world.sim->mute = 1;
	for (int u = 0; u < s->world.n_users; u++) {
		struct simmail_box *box = &s->world.sim->boxes[s->world.users[u].box];

		box->habits.touch = 0;
		for (uint32_t i = 0; i < box->now.n_items; i++)
			box->now.items[i].poison = 0;
	}
	for (int round = 0; round < QUIET_ROUNDS && calm < 2; round++) {
		arena_reset(s->world.scratch);
		simmail_settle(s->world.sim);
		before = now(s);
		s->world.now_us += INT64_C(86400000000) * 2; /* what was parked comes again */
		tick(s);
		world_keep(&s->world);
		for (int u = 0; u < s->world.n_users; u++)
			if (world_visit(&s->world, u) < 0 || s->world.err.code) {
				(void)snprintf(story_counts->why, sizeof(story_counts->why),
					       "a quiet visit failed: %s %.300s",
					       s->world.err.fault ? s->world.err.fault->code : "-",
					       s->world.err.params);
				return false;
			}
		after = now(s);
		calm = approve(s) || before.writes != after.writes ||
				       !brg_str_eq(before.position, after.position)
			       ? 0
			       : calm + 1;
	}
	if (calm < 2)
		what = "it does not come to rest";
	what = what ? what : story_judge(s);
	if (what)
		(void)snprintf(story_counts->why, sizeof(story_counts->why), "%s", what);
	if (what && s->telling)
		story_tell_state(s);
	return what == NULL;
}
