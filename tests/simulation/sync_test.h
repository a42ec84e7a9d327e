/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the lane act share: a world for each test, and short words.
 */
#ifndef BRG_TEST_SYNC_TEST_H
#define BRG_TEST_SYNC_TEST_H

#include "tests/simulation/world.h"
#include "tests/unit/sqlite_plugin.h"

#include <check.h>
#include <sys/mman.h>
#include <unistd.h>

static struct world world;
static void *memory;
static char folder[256];
static int bo, eva;	/* users */
static const char *vfs; /* of the store; NULL: the machine's */

#define ALL \
	"{\"inbound-contacts\":\"all\",\"inbound-tasks\":\"all\",\"inbound-appointments\":\"all\"}"

/* A world that no process lives in yet. */
static inline void setup_folder(void)
{
	memory =
		mmap(NULL, SIMMAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(folder, sizeof(folder), "%s/brygga-sync-XXXXXX", world_place());
	ck_assert_ptr_nonnull(mkdtemp(folder));
	world_init(&world, folder, sqlite_plugin(), memory, 1);
	world.verbose = true;
	world.vfs = vfs;
}

static inline void setup(void)
{
	setup_folder();
	world_open(&world);
	bo = world_add_user(&world, "bo@example.com", "{}");
	eva = world_add_user(&world, "eva@example.com", ALL);
}

static inline void teardown(void)
{
	world_close(&world);
	munmap(memory, SIMMAIL_SIZE);
	remove_tree(folder);
}

static inline int box_of(int user)
{
	return world.users[user].box;
}

/* What the mailbox has at a path of an item. */
static inline const char *there(int user, int item, const char *path)
{
	static char text[4096];

	if (item < 0)
		return "no item";
	if (!simmail_value(simmail_at(world.sim, world.users[user].box, item), path, text,
			   sizeof(text)))
		return "nothing";
	return text;
}

static inline int items(int user, int kind)
{
	const struct simmail_state *now = &world.sim->boxes[world.users[user].box].now;
	int n = 0;

	for (uint32_t i = 0; i < now->n_items; i++)
		n += now->items[i].used && now->items[i].kind == kind &&
		     now->items[i].folder != SIMMAIL_DELETED;
	return n;
}

/* The only record of a kind. */
static inline struct brg_id only(int kind)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = kind };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	ck_assert_uint_eq(n, 1);
	return rows[0].u.record.id;
}

/* Nothing is on its way in a mailbox, and nobody is in a hurry to visit it. */
static inline void assert_done(int user)
{
	static const int whats[] = { BRG_READ_INBOX, BRG_READ_LINKS_MISSING, BRG_READ_LINKS_DIRTY,
				     BRG_READ_INTENTS };
	struct brg_query visits = { .what = BRG_READ_VISITS };
	struct brg_row *rows;
	size_t n;

	for (int k = 0; k < 4; k++) {
		struct brg_query q = { .what = whats[k], .mailbox = world.users[user].mailbox };

		rows = world_rows(&world, &q, &n);
		for (size_t i = 0; i < n; i++)
			ck_assert_msg(whats[k] == BRG_READ_INBOX && rows[i].u.inbox.tries > 0,
				      "user %d: rows %d are left", user, k);
	}
	rows = world_rows(&world, &visits, &n);
	/* The time of others has come while the last one was visited. */
	for (size_t i = 0; i < n && user == world.n_users - 1; i++)
		if (brg_id_eq(&rows[i].u.visit.mailbox, &world.users[user].mailbox))
			ck_assert_int_gt(rows[i].u.visit.due_us, world.now_us + 1000000);
}

/* Calls that read or write items, of all users; but where the server touches items by itself. */
static inline uint32_t calls(void)
{
	uint32_t n = 0;

	for (int u = 0; u < world.n_users; u++)
		for (int call = SIMMAIL_GET; call <= SIMMAIL_FIND; call++)
			if (!world.sim->boxes[box_of(u)].habits.touch)
				n += world.sim->boxes[box_of(u)].calls[call];
	return n;
}

/* Nothing is left to do: no calls, no versions. */
static inline void assert_quiet(void)
{
	uint32_t before_calls = calls();
	struct brg_query q = { .what = BRG_READ_CHANGES, .remote = brg_cstr("last") };
	struct brg_str before, after;
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	before = n ? rows[0].u.change.position : brg_cstr("");
	world_rounds(&world, 1);
	rows = world_rows(&world, &q, &n);
	after = n ? rows[0].u.change.position : brg_cstr("");
	ck_assert_uint_eq(calls(), before_calls);
	ck_assert(brg_str_eq(before, after));
	for (int u = 0; u < world.n_users; u++)
		assert_done(u);
}

static inline void assert_ok(int outcome)
{
	ck_assert_int_ge(outcome, 0);
	ck_assert_int_eq(world.err.code, 0);
}

/* The n-th such call of the user's visits from now meets this fault. */
static inline void trouble(int user, int call, int fault, uint32_t n)
{
	ck_assert(simmail_script(world.sim, box_of(user), call, fault, n));
}

/* Somebody has all links of the user's mailbox looked at anew, as a change of rules does. */
static inline void mark_links(int user)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_RECHECK, BRG_ANY)->u.recheck =
		(struct brg_recheck){ .mailbox = world.users[user].mailbox };
	world_must(store_commit(&world.engine.store, &step, BRG_RELAXED, NULL, &err), &err, "mark");
}

/* Late work is done, what was parked is tried again. */
static inline void calm(void)
{
	for (int i = 0; i < 4; i++) {
		world.now_us += INT64_C(3600000000);
		world_rounds(&world, 1);
		(void)simmail_settle(world.sim);
	}
	world_rounds(&world, 1);
	assert_quiet();
}

/* How many plans bo's mailbox has had. */
static inline size_t plans(void)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .mailbox = world.users[bo].mailbox };
	size_t n;

	(void)world_rows(&world, &q, &n);
	return n;
}

/* The newest of them; NULL: none. */
static inline struct brg_plan_row *newest_plan(void)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .mailbox = world.users[bo].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	return n ? &rows[0].u.plan : NULL;
}

/* A person says yes or no to it. */
static inline void answer_plan(int state)
{
	struct brg_plan_row *plan = newest_plan();
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	ck_assert_ptr_nonnull(plan);
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_PLAN, plan->version)->u.plan = *plan;
	step.ops[0].u.plan.state = state;
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "plan");
}

/* How many things wait for another try; how many alerts are open. */
static inline size_t parked(void)
{
	struct brg_query q = { .what = BRG_READ_PARKED };
	size_t n;

	(void)world_rows(&world, &q, &n);
	return n;
}

static inline size_t alerts(void)
{
	struct brg_query q = { .what = BRG_READ_ALERTS };
	size_t n;

	(void)world_rows(&world, &q, &n);
	return n;
}

static inline size_t in_inbox(int user)
{
	struct brg_query q = { .what = BRG_READ_INBOX, .mailbox = world.users[user].mailbox };
	size_t n;

	(void)world_rows(&world, &q, &n);
	return n;
}

static inline size_t live_links(const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_LINKS, .other = *record };
	size_t n, live = 0;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		live += rows[i].u.link.live;
	return live;
}

/* The addresses that a user is known by, beside his own and his mailbox's. */
static inline void set_addresses(int user, const struct brg_str *at, size_t n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_ADDRESSES, BRG_ANY)->u.addresses = (struct brg_addresses){
		.object = world.users[user].owner, .type = BRG_PARTY_USER, .at = at, .n = n
	};
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "addresses");
}

/* Each in a world of its own. */
static inline TCase *scenarios(void (*set_up)(void), void (*tear_down)(void))
{
	TCase *t = tcase_create("scenarios");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	return t;
}

/* What main() returns. */
static inline int run_scenarios(const char *name, TCase *t)
{
	Suite *s = suite_create(name);
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#define assert_has(json, text) \
	ck_assert_msg(strstr(json, text) != NULL, "%s is not in %s", text, json)
#define assert_not(json, text) ck_assert_msg(strstr(json, text) == NULL, "%s is in %s", text, json)

#endif
