/* SPDX-License-Identifier: Apache-2.0
 *
 * One busy moment of a world, lived through again and again: undisturbed, and then with one thing
 * that goes wrong, at every point at which it can. In the end all must be as if nothing had been.
 */
#ifndef BRG_TEST_POINTS_H
#define BRG_TEST_POINTS_H

#include "tests/simulation/powercut.h"
#include "tests/simulation/ramdisk.h"
#include "tests/simulation/sync_test.h"

#include "core/effect.h"
#include "core/id.h"
#include "core/log.h"

#include <stdlib.h>
#include <sys/wait.h>

#define POINTS_MOST 2000
#define DIED	    99
#define READS_AFTER 3

static const struct brg_fault broken = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the store fails, as the test wants",
};

static struct ramdisk *disk, *kept_disk;
static struct simmail *kept_sim;
static int64_t kept_us;
static int busy_rounds; /* visits of each mailbox in which something may go wrong */
static char *undisturbed;
static uint32_t undisturbed_mails;

static inline void set_up_points(void)
{
	disk = ramdisk_new();
	kept_disk = ramdisk_new();
	kept_sim =
		mmap(NULL, SIMMAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(ramdisk_use(disk), 0);
	vfs = RAMDISK_VFS;
	setup();
	log_init(0, "");
	world.verbose = false;
}

/* ---- what all comes to ----------------------------------------------------------------------*/

static inline int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline const char *joined(char **lines, size_t n)
{
	char *all = arena_printf(world.scratch, "%s", "");

	qsort(lines, n, sizeof(*lines), by_line);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(world.scratch, "%s%s\n", all, lines[i]);
	return all;
}

static inline const char *items_now(int user)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(user)].now;
	char *lines[SIMMAIL_ITEMS];
	size_t n = 0;

	for (uint32_t i = 0; i < now->n_items; i++) {
		const struct simmail_item *it = &now->items[i];

		if (it->used && it->folder != SIMMAIL_DELETED)
			lines[n++] = arena_printf(world.scratch, "  item%s%s in %d: %.*s",
						  it->tracked ? ", tracked" : "",
						  it->stamped ? ", stamped" : "", it->folder,
						  (int)it->content.length, it->content.bytes);
	}
	return joined(lines, n);
}

static inline const char *records_now(int kind)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = kind };
	char *lines[64];
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	ck_assert_uint_le(n, 64);
	for (size_t i = 0; i < n; i++) {
		const struct brg_id *id = &rows[i].u.record.id;
		char *line = arena_printf(world.scratch, "record %s", world_json(&world, id));

		for (int u = 0; u < world.n_users; u++)
			if (world_item(&world, u, id) >= 0)
				line = arena_printf(world.scratch, "%s, linked in %d", line, u);
		lines[i] = line;
	}
	return joined(lines, n);
}

static inline size_t open_conflicts(void)
{
	struct brg_query q = { .what = BRG_READ_CONFLICTS };
	size_t n, open = 0;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		open += rows[i].u.conflict.closed_us == 0;
	return open;
}

static inline const char *all_now(void)
{
	struct brg_query parked = { .what = BRG_READ_PARKED };
	size_t n;
	char *all;

	(void)world_rows(&world, &parked, &n);
	all = arena_printf(world.scratch, "%zu conflicts, %zu parked\n", open_conflicts(), n);
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
		all = arena_printf(world.scratch, "%s%s", all, records_now(kind));
	for (int u = 0; u < world.n_users; u++)
		all = arena_printf(world.scratch, "%s%s\n%s", all, world.users[u].address,
				   items_now(u));
	return all;
}

/* ---- again and again ------------------------------------------------------------------------*/

static inline void back(void)
{
	static uint64_t lives;

	arena_reset(world.scratch);
	ramdisk_copy(disk, kept_disk);
	simmail_copy(world.sim, kept_sim);
	world.now_us = kept_us;
	/* Processes that joined before are in here still: their ids are not drawn again. */
	id_seed(++lives << 32);
}

/* A person says yes to whatever waits for him. */
static inline size_t approve_plans(void)
{
	struct brg_query q = { .what = BRG_READ_PLANS, .number = BRG_PLAN_WAITS };
	struct brg_err err = BRG_ERR_INIT;
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);
	struct step step;

	step_init(&step, world.scratch);
	for (size_t i = 0; i < n; i++) {
		struct brg_op *op = step_add(&step, BRG_OP_PLAN, rows[i].u.plan.version);

		op->u.plan = rows[i].u.plan;
		op->u.plan.state = BRG_PLAN_APPROVED;
	}
	if (n)
		world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
			   "approve");
	return n;
}

/* Nothing goes wrong any more, until all is done. */
static inline const char *in_the_end(void)
{
	int quiet = 0;

	for (int i = 0; i < 12 && quiet < 2; i++) {
		uint32_t before = calls();

		world_rounds(&world, 1);
		quiet = calls() == before ? quiet + 1 : 0;
		if (approve_plans() + simmail_settle(world.sim) > 0)
			quiet = 0;
		world.now_us += INT64_C(7200000000);
	}
	assert_quiet();
	return all_now();
}

static inline void keep_moment(int rounds)
{
	/* What is copied so often is small then: the log is in the store. */
	world_close(&world);
	world_open(&world);
	world_keep(&world);
	busy_rounds = rounds;
	ramdisk_copy(kept_disk, disk);
	simmail_copy(kept_sim, world.sim);
	kept_us = world.now_us;
	back();
	world_rounds(&world, rounds);
	undisturbed = strdup(in_the_end());
	undisturbed_mails = world.sim->n_mailed;
}

/* late: a write may be done when it was thought lost and was done again. The second item is taken
 * away; the second invitation is not. */
static inline void assert_undisturbed(const char *what, int at, bool late)
{
	const char *now = in_the_end();

	if (strcmp(now, undisturbed) != 0)
		fprintf(stderr, "%s at %d:\n%s\ninstead of\n%s\n", what, at, now, undisturbed);
	ck_assert_msg(strcmp(now, undisturbed) == 0, "%s at %d: the end is another", what, at);
	ck_assert_msg(world.sim->n_mailed == undisturbed_mails || late, "%s at %d: %u mails", what,
		      at, world.sim->n_mailed);
}

static inline bool it_is_taken_over(int n);

/* disturb(n): the busy visits with something that goes wrong at the n-th point; false: there are
 * not so many. */
static inline void at_every_point(const char *what, bool (*disturb)(int n))
{
	bool struck = true;
	int n = 0;

	for (; struck; n++) {
		ck_assert_int_lt(n, POINTS_MOST);
		back();
		struck = disturb(n);
		assert_undisturbed(what, n, disturb == it_is_taken_over);
	}
	ck_assert_msg(n > 1, "%s: at no point", what);
}

/* ---- the store fails once -------------------------------------------------------------------*/

static struct brg_storage ops;
static const struct brg_storage *real;
static int until; /* calls that go well; < 0: all */
static bool struck;

static inline bool fails(struct brg_err *err)
{
	if (until < 0 || until-- > 0)
		return false;
	struck = true;
	(void)brg_fail(err, &broken, "%s", "");
	return true;
}

static inline int failing_read(void *self, const struct brg_query *q,
			       int (*row)(void *arg, const struct brg_row *row), void *arg,
			       struct brg_err *err)
{
	return fails(err) ? err->code : real->read(self, q, row, arg, err);
}

/* A visit waits until its end can be stored: that is no point. */
static inline bool is_settling(const struct brg_step *step)
{
	for (size_t i = 0; i < step->n; i++)
		if (step->ops[i].type == BRG_OP_SETTLE)
			return true;
	return false;
}

static inline int failing_commit(void *self, const struct brg_step *step, size_t *failed,
				 struct brg_err *err)
{
	if (!is_settling(step) && fails(err))
		return err->code;
	return real->commit(self, step, failed, err);
}

static inline bool failing_visits(int n)
{
	struck = false;
	for (int i = 0; i < busy_rounds; i++)
		for (int u = 0; u < world.n_users; u++) {
			bool before = struck;
			int outcome;

			/* What comes of the visit itself, not of those before it. */
			outcome = world_visit(&world, u);
			ck_assert_msg(struck == before || outcome >= BRG_FAILED_TRANSIENT,
				      "at %d: outcome %d", n, outcome);
			ck_assert_msg(struck != before || outcome < BRG_FAILED_TRANSIENT,
				      "at %d: outcome %d, and nothing failed", n, outcome);
			if (struck != before)
				ck_assert_ptr_eq(world.err.fault, &broken);
		}
	until = -1;
	world.engine.store.ops = real;
	return struck;
}

/* The real store behind `ops`, in which one call is then replaced. */
static inline void wrap_store(int n)
{
	real = world.engine.store.ops;
	ops = *real;
	until = n;
	world.engine.store.ops = &ops;
}

static inline bool a_read_fails(int n)
{
	wrap_store(n);
	ops.read = failing_read;
	return failing_visits(n);
}

static inline bool a_commit_fails(int n)
{
	wrap_store(n);
	ops.commit = failing_commit;
	return failing_visits(n);
}

/* ---- somebody writes the links at the moment of a commit ------------------------------------*/

static bool raced;
static int then_reads; /* that go well after it; < 0: all */

static inline int raced_commit(void *self, const struct brg_step *step, size_t *failed,
			       struct brg_err *err)
{
	if (!raced && !is_settling(step) && until >= 0 && until-- == 0) {
		world.engine.store.ops = real;
		raced = true;
		for (int u = 0; u < world.n_users; u++)
			mark_links(u);
		world.engine.store.ops = &ops;
		if (then_reads >= 0) {
			ops.read = failing_read;
			until = then_reads;
		}
	}
	return real->commit(self, step, failed, err);
}

static inline bool raced_visits(int n)
{
	wrap_store(n);
	ops.commit = raced_commit;
	raced = false;
	(void)failing_visits(n);
	return raced;
}

static inline bool a_commit_is_raced(int n)
{
	then_reads = -1;
	return raced_visits(n);
}

/* And what is read because of it cannot be: the first of it, or what comes soon after. */
static inline bool a_commit_is_raced_and_a_read_fails(int n)
{
	then_reads = n % READS_AFTER;
	return raced_visits(n / READS_AFTER);
}

/* ---- the worker dies, or is taken for dead --------------------------------------------------*/

static int points, point_of_death;

static inline void die_there(const char *name, uint64_t n)
{
	(void)name;
	(void)n;
	if (points++ == point_of_death)
		_exit(DIED);
}

static inline bool live_and_die(int n)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		points = 0;
		point_of_death = n;
		world_join(&world);
		effect_hook(die_there);
		world_rounds(&world, busy_rounds);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == DIED || WEXITSTATUS(status) == 0));
	/* What the dead drew of ids is not drawn again. */
	id_seed((uint64_t)n + 1);
	world.now_us += INT64_C(7200000000);
	return WEXITSTATUS(status) == DIED;
}

static inline bool it_dies(int n)
{
	bool died = live_and_die(n);

	world_keep(&world);
	return died;
}

static inline bool the_power_fails(int n)
{
	uint64_t dice = (uint64_t)n;
	bool died = live_and_die(n);

	ramdisk_strike(disk, &dice);
	world_close(&world);
	world_open(&world);
	world_keep(&world);
	return died;
}

static inline void take_over_there(const char *name, uint64_t n)
{
	(void)name;
	(void)n;
	if (points++ != point_of_death)
		return;
	effect_hook(NULL);
	struck = true;
	world_take_over(&world);
}

static inline bool it_is_taken_over(int n)
{
	points = 0;
	point_of_death = n;
	struck = false;
	effect_hook(take_over_there);
	world_rounds(&world, busy_rounds);
	effect_hook(NULL);
	return struck;
}

/* ---- the time is up, pages are small --------------------------------------------------------*/

static inline bool time_is_up(int n)
{
	int64_t usual = world.engine.visit_ms;

	world.engine.visit_ms = n;
	world_rounds(&world, busy_rounds);
	world.engine.visit_ms = usual;
	return n < 30;
}

static inline bool pages_are_small(int n)
{
	uint32_t usual = world.engine.batch_items;

	world.engine.batch_items = (uint32_t)n + 1;
	world_rounds(&world, busy_rounds);
	world.engine.batch_items = usual;
	return n < 4;
}

/* ---- the server -----------------------------------------------------------------------------*/

static int fault_now, call_now;

static inline uint32_t strikes(void)
{
	uint32_t n = 0;

	for (int f = 0; f < SIMMAIL_FAULTS; f++)
		for (int c = 0; c < SIMMAIL_CALLS; c++)
			for (int o = 0; o < SIMMAIL_OUTCOMES; o++)
				n += world.sim->struck[f][c][o];
	return n;
}

static inline bool a_call_goes_wrong(int n)
{
	uint32_t before = strikes();

	if (!simmail_script(world.sim, SIMMAIL_ANY, call_now, fault_now, (uint32_t)n + 1))
		return false;
	world_rounds(&world, busy_rounds);
	memset(world.sim->script, 0, sizeof(world.sim->script));
	return strikes() != before;
}

/* All faults but those that make another world of it: edits, other clocks. */
static inline void at_every_call(void)
{
	for (fault_now = 0; fault_now < SIMMAIL_FAULTS; fault_now++)
		for (call_now = 0; call_now < SIMMAIL_CALLS; call_now++) {
			char what[64];
			bool more = fault_now != SIMMAIL_MEANWHILE && fault_now != SIMMAIL_SKEW;

			(void)snprintf(what, sizeof(what), "%s at %s",
				       simmail_fault_name(fault_now), simmail_call_name(call_now));
			for (int n = 0; more; n++) {
				ck_assert_int_lt(n, POINTS_MOST);
				back();
				more = a_call_goes_wrong(n);
				if (more)
					assert_undisturbed(what, n, fault_now == SIMMAIL_LATE_WORK);
			}
		}
}

static inline void at_all_points(void)
{
	at_every_point("read", a_read_fails);
	at_every_point("commit", a_commit_fails);
	at_every_point("raced commit", a_commit_is_raced);
	at_every_point("raced commit, then a read", a_commit_is_raced_and_a_read_fails);
	at_every_point("death", it_dies);
	at_every_point("power cut", the_power_fails);
	at_every_point("take-over", it_is_taken_over);
	at_every_point("time", time_is_up);
	at_every_point("small pages", pages_are_small);
	at_every_call();
}

#endif
