/* SPDX-License-Identifier: Apache-2.0
 *
 * What a visit leaves of itself, whatever its lane: outcome, error and alert, the mailbox's
 * identity, what its session remembers, steps in flight.
 */
#include "tests/simulation/sync_test.h"

#include "core/commit.h"
#include "core/flight.h"
#include "core/id.h"
#include "core/secrets.h"

static struct brg_connector real;

static struct brg_visit_row visit_row_of(int user, int lane)
{
	struct brg_query q = { .what = BRG_READ_VISITS };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_id_eq(&rows[i].u.visit.mailbox, &world.users[user].mailbox) &&
		    rows[i].u.visit.lane == lane)
			return rows[i].u.visit;
	ck_abort_msg("no visit");
	abort();
}

static struct brg_visit_row visit_row(int user)
{
	return visit_row_of(user, BRG_ACT);
}

/* ---- outcomes -------------------------------------------------------------------------------*/

static const struct {
	int call, fault, outcome;
	size_t alerts;
	const char *code;
} ends[] = {
	{ SIMMAIL_OPEN, SIMMAIL_REFUSE, BRG_FAILED_SERVER, 1, "BRG-SIMMAIL-0001" },
	{ SIMMAIL_PULL, SIMMAIL_HANG_UP, BRG_FAILED_TRANSIENT, 0, "BRG-SIMMAIL-0002" },
	{ SIMMAIL_IDENTITY, SIMMAIL_HANG_UP, BRG_FAILED_TRANSIENT, 0, "BRG-SIMMAIL-0002" },
	{ SIMMAIL_LIST, SIMMAIL_HANG_UP, BRG_FAILED_TRANSIENT, 0, "BRG-SIMMAIL-0002" },
	{ SIMMAIL_LIST, SIMMAIL_THROTTLE, BRG_FAILED_THROTTLED, 0, "BRG-SIMMAIL-0004" },
};

START_TEST(an_outcome_is_kept_and_healed)
{
	struct brg_visit_row v;

	world_rounds(&world, 1);
	trouble(bo, ends[_i].call, ends[_i].fault, 1);
	ck_assert_int_eq(world_visit(&world, bo), ends[_i].outcome);
	v = visit_row(bo);
	ck_assert_int_eq(v.outcome, ends[_i].outcome);
	ck_assert(brg_str_eq(v.code, brg_cstr(ends[_i].code)));
	ck_assert_int_eq(v.state, BRG_ENABLED);
	ck_assert_int_gt(v.due_us, v.ended_us);
	ck_assert_int_ge(v.ended_us, v.started_us);
	if (ends[_i].fault == SIMMAIL_THROTTLE)
		ck_assert_int_ge(v.due_us - v.ended_us, world.err.retry_after_ms * 1000);
	ck_assert_uint_eq(alerts(), ends[_i].alerts);
	assert_ok(world_visit(&world, bo));
	v = visit_row(bo);
	ck_assert_uint_eq(v.code.len, 0);
	ck_assert_int_eq(v.failures, 0);
	ck_assert_uint_eq(alerts(), 0);
}
END_TEST

/* What a person has to mend stops the lane, and is an alert until he has. */
START_TEST(what_is_wrong_for_good_stops_the_lane)
{
	struct brg_visit_row v;

	world.connector.get = NULL;
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_PERMANENT);
	v = visit_row(bo);
	ck_assert_int_eq(v.state, BRG_DISABLED);
	ck_assert(brg_str_eq(v.code, brg_cstr("BRG-SYNC-0111")));
	ck_assert(brg_str_eq(v.params, brg_cstr("connector=sim")));
	ck_assert_uint_eq(alerts(), 1);
}
END_TEST

static struct brg_storage watching;
static const struct brg_storage *stored;
static int progressed; /* what the last visit said of itself */

static int watched_commit(void *self, const struct brg_step *step, size_t *failed,
			  struct brg_err *err)
{
	for (size_t i = 0; i < step->n; i++)
		if (step->ops[i].type == BRG_OP_SETTLE)
			progressed = step->ops[i].u.settle.progress;
	return stored->commit(self, step, failed, err);
}

static int progress_of_a_visit(void)
{
	stored = world.engine.store.ops;
	watching = *stored;
	watching.commit = watched_commit;
	world.engine.store.ops = &watching;
	progressed = -1;
	(void)world_visit(&world, bo);
	world.engine.store.ops = stored;
	return progressed;
}

/* A connector that crashes again and again is stopped, unless it gets on: by one step, or to the
 * end. */
START_TEST(getting_on)
{
	trouble(bo, SIMMAIL_OPEN, SIMMAIL_REFUSE, 1);
	ck_assert_int_eq(progress_of_a_visit(), 0);
	trouble(bo, SIMMAIL_PULL, SIMMAIL_HANG_UP, 2);
	ck_assert_int_eq(progress_of_a_visit(), 1);
	ck_assert_int_lt(world.err.code, 0);
	world_rounds(&world, 3);
	ck_assert_int_eq(progress_of_a_visit(), 1);
	ck_assert_int_eq(world.err.code, 0);
}
END_TEST

START_TEST(its_items_are_counted)
{
	struct brg_visit_row v;

	for (int i = 0; i < 3; i++)
		(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK,
					  arena_printf(world.scratch, "subject=t%d", i));
	ck_assert_int_eq(world_visit(&world, eva), BRG_DONE_SOME);
	v = visit_row(eva);
	ck_assert_int_eq(v.items, 3);
	ck_assert_int_eq(v.items_failed, 0);
	ck_assert_int_eq(world_visit(&world, eva), BRG_DONE_EMPTY);
	ck_assert_int_eq(visit_row(eva).items, 0);
	/* What is left comes soon. */
	for (int i = 0; i < 300; i++)
		(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK,
					  arena_printf(world.scratch, "subject=u%d", i));
	world.engine.visit_ms = 0;
	ck_assert_int_eq(world_visit(&world, eva), BRG_DONE_BACKLOG);
	v = visit_row(eva);
	ck_assert_int_lt(v.due_us - v.ended_us, 60 * INT64_C(1000000));
}
END_TEST

/* ---- what is said of it ---------------------------------------------------------------------*/

/* A visit of bo's, and all that it wrote to standard error. */
static const char *log_of_visit(void)
{
	static char text[8192];
	FILE *f = tmpfile();
	int kept = dup(STDERR_FILENO);
	size_t n;

	world.verbose = false;
	fflush(stderr);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	(void)world_visit(&world, bo);
	fflush(stderr);
	ck_assert_int_ge(dup2(kept, STDERR_FILENO), 0);
	close(kept);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* One line for what was done or failed, none where nothing was. */
START_TEST(the_log_tells_what_happened)
{
	world_rounds(&world, 1);
	ck_assert_str_eq(log_of_visit(), "");
	simmail_user_track(world.sim, box_of(bo),
			   simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=one"),
			   true);
	assert_has(log_of_visit(), "visit.done");
	trouble(bo, SIMMAIL_PULL, SIMMAIL_HANG_UP, 1);
	assert_has(log_of_visit(), "visit.failed");
	simmail_user_track(world.sim, box_of(bo),
			   simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=two"),
			   true);
	assert_not(log_of_visit(), "visit.renamed");
	assert_not(log_of_visit(), "two");
}
END_TEST

/* ---- keys -----------------------------------------------------------------------------------*/

/* What records are found by is hashed with the installation's key: who has the store alone cannot
 * try names. */
START_TEST(clues_are_keyed)
{
	struct brg_str uid = brg_cstr("uid-of-a-meeting"), with, without, other;
	struct brg_err err = BRG_ERR_INIT;
	struct secrets *secrets = NULL;
	unsigned char hash[16];

	ck_assert_int_eq(secrets_create(folder, &err), 0);
	ck_assert_int_eq(secrets_open(folder, false, &secrets, &err), 0);
	without = record_uid_key(&world.engine, uid, world.scratch);
	world.engine.secrets = secrets;
	with = record_uid_key(&world.engine, uid, world.scratch);
	other = record_uid_key(&world.engine, brg_cstr("uid-of-another"), world.scratch);
	world.engine.secrets = NULL;
	secrets_hash(secrets, "uid", uid, hash);
	ck_assert_uint_eq(with.len, sizeof(hash));
	ck_assert_mem_eq(with.ptr, hash, sizeof(hash));
	ck_assert(!brg_str_eq(with, without));
	ck_assert(!brg_str_eq(with, other));
	secrets_free(&secrets);
}
END_TEST

/* ---- the mailbox's identity -----------------------------------------------------------------*/

static struct brg_str shown;

static int odd_identity(void *self, struct brg_str *out, struct brg_err *err)
{
	(void)self;
	(void)err;
	*out = shown;
	return 0;
}

START_TEST(another_mailbox_is_not_touched)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	simmail_set_guid(world.sim, box_of(bo), "another");
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_PERMANENT);
	ck_assert_str_eq(world.err.fault->code, "BRG-CORE-0011");
	ck_assert_str_eq(there(bo, world_item(&world, bo, &id), "body"), "nothing");
	ck_assert_uint_eq(alerts(), 1);
}
END_TEST

static char long_name[1026];

/* Too long, no bytes, or no text: the connector is at fault. A server that shows none is not. */
START_TEST(an_identity_that_is_none)
{
	memset(long_name, 'x', sizeof(long_name));
	shown = (struct brg_str[]){
		{ long_name, 1025 }, { NULL, 3 }, { "\xff\xfe", 2 }, { "", 0 }, { long_name, 1024 }
	}[_i];
	world.connector.identity = odd_identity;
	if (_i < 3) {
		ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
		ck_assert_int_eq(world.err.code, BRG_EPROTO);
	} else {
		assert_ok(world_visit(&world, bo));
		assert_ok(world_visit(&world, bo));
	}
}
END_TEST

/* ---- what a session remembers ---------------------------------------------------------------*/

static const struct brg_host *host;
static long remembered;

static int open_and_count(void *self, const struct brg_host *table, struct brg_err *err)
{
	struct brg_str was;

	host = table;
	if (table->state_get(table->ctx, "at", &was, err) < 0)
		return err->code;
	remembered = was.len ? strtol(arena_printf(world.scratch, "%.*s", (int)was.len, was.ptr),
				      NULL, 10)
			     : 0;
	table->state_set(table->ctx, "at",
			 brg_cstr(arena_printf(world.scratch, "%ld", remembered + 1)));
	table->state_set(table->ctx, "other", brg_cstr("x"));
	if (table->state_get(table->ctx, "other", &was, err) < 0 || was.len != 1)
		abort();
	return real.open(self, table, err);
}

/* Also where the visit fails behind it, and where there is nothing else to write. */
START_TEST(a_session_remembers)
{
	real = world.connector;
	world.connector.open = open_and_count;
	for (int i = 0; i < 5; i++) {
		if (i == 2)
			trouble(bo, SIMMAIL_PULL, SIMMAIL_HANG_UP, 1);
		(void)world_visit(&world, bo);
		ck_assert_int_eq(remembered, i);
	}
	/* Each mailbox for itself. */
	(void)world_visit(&world, eva);
	ck_assert_int_eq(remembered, 0);
}
END_TEST

/* The daemon ends while a server is asked: that is nobody's failure, and the visit is due again. */
static int stop_amid(void *self, const struct brg_pull *req, struct brg_batch *out,
		     struct brg_err *err)
{
	(void)self;
	(void)req;
	(void)out;
	atomic_store(&world.engine.stopping, true);
	return host->stopped(host->ctx, err);
}

START_TEST(a_stop_is_no_failure)
{
	struct brg_visit_row v;

	real = world.connector;
	world.connector.open = open_and_count;
	world.connector.pull = stop_amid;
	ck_assert_int_eq(world_visit(&world, bo), BRG_STOPPED);
	v = visit_row(bo);
	ck_assert_int_eq(v.outcome, BRG_STOPPED);
	ck_assert_int_eq(v.failures, 0);
	ck_assert_uint_eq(alerts(), 0);
	atomic_store(&world.engine.stopping, false);
	world.connector = real;
	assert_ok(world_visit(&world, bo));
}
END_TEST

/* What the configuration says of a connector holds for all who use it, as long as they say nothing
 * else. */
static const struct settings *said_of_all(struct engine *engine, struct brg_str name)
{
	static struct setting habits;
	static struct settings all;

	(void)engine;
	(void)name;
	habits = (struct setting){ .name = brg_cstr("habits"), .value = brg_cstr("no such habit") };
	all = (struct settings){ .at = &habits, .n = 1 };
	return &all;
}

START_TEST(settings_of_all)
{
	assert_ok(world_visit(&world, bo));
	world.engine.defaults = said_of_all;
	ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	ck_assert_int_eq(world.err.code, BRG_EINVAL);
}
END_TEST

/* ---- steps in flight ------------------------------------------------------------------------*/

static struct brg_storage failing;
static const struct brg_storage *store;
static int until;

static const struct brg_fault broken = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the store fails, as the test wants",
};

static int failing_commit(void *self, const struct brg_step *step, size_t *failed,
			  struct brg_err *err)
{
	if (until-- == 0)
		return brg_fail(err, &broken, "%s", "");
	return store->commit(self, step, failed, err);
}

static void put_cursor(struct visit *v, int n)
{
	commit_op(v, BRG_OP_CURSOR, BRG_ANY)->u.cursor = (struct brg_cursor_row){
		.mailbox = world.users[bo].mailbox,
		.folder = brg_cstr("flight"),
		.value = arena_str(v->pending, brg_cstr(arena_printf(v->pending, "%d", n))),
		.lane = BRG_ACT,
	};
}

static int cursor_now(void)
{
	struct brg_query q = { .what = BRG_READ_CURSORS, .mailbox = world.users[bo].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.cursor.folder, brg_cstr("flight")))
			return atoi(arena_printf(world.scratch, "%.*s",
						 (int)rows[i].u.cursor.value.len,
						 rows[i].u.cursor.value.ptr));
	return -1;
}

/* Steps go up one behind the other. When one of them fails, those behind it are not stored, and
 * whoever lands them, or walks behind them, hears of it. _i: which fails; 6: none. */
START_TEST(none_lands_behind_a_failure)
{
	struct visit v = { .engine = &world.engine };
	const int fails = _i % 7, steps = _i < 7 ? 6 : 7;
	struct brg_err err = BRG_ERR_INIT;
	int rc = 0;

	world_rounds(&world, 1);
	v.claimed.mailbox.id = world.users[bo].mailbox;
	v.arena = arena_new();
	v.batch = arena_new();
	v.pending = arena_new();
	step_init(&v.step, v.pending);
	world.engine.overlap = true;
	store = world.engine.store.ops;
	failing = *store;
	failing.commit = failing_commit;
	until = fails;
	world.engine.store.ops = &failing;
	/* Not under a lease: this is nobody's visit. */
	for (int i = 0; i < 6 && rc >= 0; i++) {
		put_cursor(&v, i);
		memmove(v.step.ops, v.step.ops + 1, --v.step.n * sizeof(*v.step.ops));
		rc = commit_behind(&v, &err);
	}
	ck_assert_ptr_nonnull(v.flights);
	if (rc >= 0 && steps == 7) {
		put_cursor(&v, 6);
		memmove(v.step.ops, v.step.ops + 1, --v.step.n * sizeof(*v.step.ops));
		rc = commit_now(&v, BRG_RELAXED, &err);
	} else if (rc >= 0) {
		rc = commit_land(&v, &err);
	} else {
		(void)commit_land(&v, &(struct brg_err)BRG_ERR_INIT);
	}
	world.engine.store.ops = store;
	ck_assert_int_eq(rc < 0, fails < steps);
	if (fails < steps)
		ck_assert_ptr_eq(err.fault, &broken);
	ck_assert_int_eq(cursor_now(), fails - 1);
	ck_assert_int_eq(v.steps, fails);
	flights_free(&v.flights);
	arena_free(&v.pending);
	arena_free(&v.batch);
	arena_free(&v.arena);
}
END_TEST

/* Where the engine has no threads, or a step reads what those before it wrote, each is committed
 * before the next is built. */
START_TEST(no_step_flies_where_none_may)
{
	struct visit v = { .engine = &world.engine };
	struct brg_err err = BRG_ERR_INIT;

	v.claimed.mailbox.id = world.users[bo].mailbox;
	v.arena = arena_new();
	v.pending = arena_new();
	step_init(&v.step, v.pending);
	world.engine.overlap = _i == 1;
	v.host.missing = _i == 1;
	for (int i = 0; i < 3; i++) {
		put_cursor(&v, i);
		memmove(v.step.ops, v.step.ops + 1, --v.step.n * sizeof(*v.step.ops));
		ck_assert_int_eq(commit_behind(&v, &err), 0);
		ck_assert_ptr_null(v.flights);
		ck_assert_int_eq(cursor_now(), i);
	}
	arena_free(&v.pending);
	arena_free(&v.arena);
}
END_TEST

/* ---- the lane of what is sent ---------------------------------------------------------------*/

static int opened;

static int refuse_to_open(void *self, const struct brg_host *of, struct brg_err *err)
{
	(void)self;
	(void)of;
	opened++;
	(void)brg_fail(err, world.plugin.faults[0], "%s", "");
	return brg_said(err, brg_cstr("550 eva@stranger.example is unknown here"));
}

static void add_outgoing_lane(int user)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_VISIT, BRG_NEW)->u.visit =
		(struct brg_visit_row){ .id = id_new(world.now_us),
					.mailbox = world.users[user].mailbox,
					.profile = world.profile,
					.lane = BRG_OUTGOING,
					.state = BRG_ENABLED };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "lane");
}

/* A mail that waits until then. */
static void add_mail(int user, int64_t due_us)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id mail = id_new(world.now_us);
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_RECORD, BRG_NEW)->u.record =
		(struct brg_record_row){ .id = mail,
					 .owner = world.users[user].owner,
					 .kind = BRG_EMAIL,
					 .fields = brg_cstr("{\"subject\":\"mail\"}") };
	step_add(&step, BRG_OP_OUTGOING, BRG_NEW)->u.outgoing =
		(struct brg_outgoing_row){ .record = mail,
					   .mailbox = world.users[user].mailbox,
					   .state = BRG_OUT_PENDING,
					   .next_us = due_us };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "mail");
}

/* No server is asked for nothing; and whoever sends hears of strangers, whoever fetches only of
 * himself. */
START_TEST(a_lane_that_sends)
{
	struct brg_visit_row v;

	world.connector.lanes |= BRG_LANE_BIT(BRG_OUTGOING);
	world.connector.open = refuse_to_open;
	world.verbose = false;
	add_outgoing_lane(bo);
	ck_assert_int_eq(world_visit_lane(&world, bo, BRG_OUTGOING), BRG_DONE_EMPTY);
	add_mail(bo, world.now_us + INT64_C(86400000000));
	ck_assert_int_eq(world_visit_lane(&world, bo, BRG_OUTGOING), BRG_DONE_EMPTY);
	ck_assert_int_eq(opened, 0);
	add_mail(bo, world.now_us);
	ck_assert_int_ge(world_visit_lane(&world, bo, BRG_OUTGOING), BRG_FAILED_TRANSIENT);
	ck_assert_int_eq(opened, 1);
	v = visit_row_of(bo, BRG_OUTGOING);
	assert_has(arena_str(world.scratch, v.said).ptr, "550 (address) is unknown");
	ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	v = visit_row(bo);
	assert_has(arena_str(world.scratch, v.said).ptr, "550 eva@stranger.example is");
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, an_outcome_is_kept_and_healed, 0,
			    (int)(sizeof(ends) / sizeof(ends[0])));
	tcase_add_test(t, what_is_wrong_for_good_stops_the_lane);
	tcase_add_test(t, getting_on);
	tcase_add_test(t, its_items_are_counted);
	tcase_add_test(t, the_log_tells_what_happened);
	tcase_add_test(t, clues_are_keyed);
	tcase_add_test(t, another_mailbox_is_not_touched);
	tcase_add_loop_test(t, an_identity_that_is_none, 0, 5);
	tcase_add_test(t, a_session_remembers);
	tcase_add_loop_test(t, none_lands_behind_a_failure, 0, 14);
	tcase_add_loop_test(t, no_step_flies_where_none_may, 0, 2);
	tcase_add_test(t, a_lane_that_sends);
	tcase_add_test(t, a_stop_is_no_failure);
	tcase_add_test(t, settings_of_all);
	return run_scenarios("sync_visit", t);
}
