/* SPDX-License-Identifier: Apache-2.0
 *
 * A store that cannot be read or written, settings that are none, a connector that breaks off, says
 * too much, or lets fields only be read.
 */
#include "tests/simulation/sync_test.h"

static bool is_good(int outcome)
{
	return outcome <= BRG_DONE_BACKLOG && world.err.code == 0;
}

static struct brg_id contact(const char *json)
{
	return world_new(&world, bo, BRG_CONTACT, json);
}

static struct brg_id task(const char *json)
{
	return world_new(&world, bo, BRG_TASK, json);
}

/* ---- a store that fails ---------------------------------------------------------------------*/

static const struct brg_fault sick_store = { .code = "BRG-TEST-0001",
					     .cls = BRG_EIO,
					     .scope = BRG_SCOPE_STORE,
					     .retry = BRG_RETRY_LATER,
					     .en = "the store cannot be read",
					     .sv = "lagret kan inte läsas",
					     .help = "Only in tests." };
static struct brg_storage failing;
static const struct brg_storage *real;
static int reads, sick_read, commits, sick_commit;
static int refusals; /* of steps that write records */

static int read_or_fail(void *self, const struct brg_query *q,
			int (*each)(void *arg, const struct brg_row *row), void *arg,
			struct brg_err *err)
{
	if (++reads == sick_read)
		return brg_fail(err, &sick_store, "%s", "");
	return real->read(self, q, each, arg, err);
}

static int commit_or_fail(void *self, const struct brg_step *step, size_t *failed,
			  struct brg_err *err)
{
	if (++commits == sick_commit)
		return brg_fail(err, &sick_store, "%s", "");
	for (size_t i = 0; i < step->n && refusals; i++)
		if (step->ops[i].type == BRG_OP_RECORD) {
			refusals--;
			*failed = i;
			return BRG_REFUSED;
		}
	return real->commit(self, step, failed, err);
}

static void break_store(int nth)
{
	real = world.engine.store.ops;
	failing = *real;
	failing.read = read_or_fail;
	failing.commit = commit_or_fail;
	world.engine.store.ops = &failing;
	reads = commits = 0;
	sick_read = nth;
	sick_commit = 0;
}

static void mend_store(void)
{
	world.engine.store.ops = real;
}

/* A read that fails fails the visit. */
static void visit_over_a_sick_read(int nth)
{
	int outcome;

	break_store(nth);
	outcome = world_visit(&world, bo);
	mend_store();
	if (reads >= nth)
		ck_assert_msg(outcome > BRG_DONE_BACKLOG,
			      "read %d failed, and the visit says that all is well", nth);
}

/* Of everything something: a record that is new, one that changed, one that went, an item of each
 * sort, a double, and what waits for another try. */
static void much_to_do(void)
{
	struct brg_id changed, gone, doubled;
	int item;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	world_filter(&world, bo, BRG_TASK, "owner = me");
	changed = task("{\"subject\":\"change\"}");
	gone = task("{\"subject\":\"go\"}");
	doubled = task("{\"subject\":\"double\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &doubled);
	ck_assert(world_edit(&world, &changed, "{\"subject\":\"changed\"}"));
	world_delete(&world, &gone);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "subject=doubled"));
	(void)simmail_user_copy(world.sim, box_of(bo), item, SIMMAIL_TASKS);
	(void)task("{\"subject\":\"new\"}");
	(void)contact("{\"surname\":\"Berg\",\"company\":\"Acme\"}");
	(void)simmail_user_create(world.sim, box_of(bo), BRG_CONTACT, "surname=Berg\ncompany=Acme");
}

/* So many reads the visit makes; those behind it are the test's own. */
#define READS 39

/* A read that fails fails the visit; nothing is taken for something else, and the next one does
 * what is left. */
START_TEST(a_read_that_fails)
{
	much_to_do();
	visit_over_a_sick_read(_i);
	calm();
	/* The copy is a thing of its own, that nobody has tracked. */
	ck_assert_int_eq(items(bo, BRG_TASK), 4);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 3);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
}
END_TEST

/* One of our own that came late: a double, with a history of its own. */
static void double_it(void)
{
	(void)task("{\"subject\":\"one\"}");
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	for (int i = 0; i < 5 && items(bo, BRG_TASK) < 2; i++) {
		(void)world_visit(&world, bo);
		if (items(bo, BRG_TASK) == 1)
			(void)simmail_settle(world.sim);
	}
	ck_assert_int_eq(items(bo, BRG_TASK), 2);
}

/* What the visit has to do beside the usual, and so many reads are its own. */
enum more { A_RETRY, A_DOUBLE_THERE, A_DOUBLE_HERE };
static const int own_reads[] = { 20, 23, 24 };
#define MOST_READS 24

/* Over a record that could not be made and is tried again; over a double, of which the one of the
 * two or the record was edited. */
START_TEST(a_read_that_fails_over_more)
{
	int nth = _i / 3 + 1, more = _i % 3;

	if (nth > own_reads[more])
		return;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	if (more == A_RETRY) {
		(void)task("{\"subject\":\"one\"}");
		trouble(bo, SIMMAIL_PUSH, SIMMAIL_PARTIAL, 1);
		(void)world_visit(&world, bo);
	} else {
		double_it();
	}
	if (more == A_DOUBLE_THERE)
		ck_assert(simmail_user_edit(world.sim, box_of(bo),
					    (int)world.sim->boxes[box_of(bo)].now.n_items - 1,
					    "subject=two\nimportance=low"));
	if (more == A_DOUBLE_HERE) {
		struct brg_id id = only(BRG_TASK);

		ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	}
	world.now_us += INT64_C(3600000000);
	visit_over_a_sick_read(nth);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* The last one gives the visit back. */
#define COMMITS 15

/* What cannot be written fails the visit, and is done by the next one. */
START_TEST(a_commit_that_fails)
{
	int outcome;

	much_to_do();
	break_store(0);
	sick_commit = _i;
	outcome = world_visit(&world, bo);
	mend_store();
	if (commits >= _i)
		ck_assert_msg(!is_good(outcome),
			      "commit %d failed, and the visit says that all is well", _i);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 4);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 3);
}
END_TEST

/* Three that are the same to the eye: each is decided when the one before it is stored. The step of
 * the first is refused, and all the same none is left to the next visit. */
START_TEST(a_step_that_is_refused_amid_a_batch)
{
	for (int i = 0; i < 3; i++)
		(void)simmail_user_create(world.sim, box_of(eva), BRG_CONTACT,
					  "given=Ann\nsurname=Lind\nemail1=ann@x.example");
	break_store(0);
	refusals = 1;
	assert_ok(world_visit(&world, eva));
	mend_store();
	ck_assert_int_eq(refusals, 0);
	ck_assert_uint_eq(in_inbox(eva), 0);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 3);
	calm();
}
END_TEST

/* Settings that cannot be read are no settings. */
START_TEST(settings_that_are_none)
{
	struct brg_query q = { .what = BRG_READ_MAILBOXES };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		if (!brg_id_eq(&rows[i].u.mailbox.id, &world.users[bo].mailbox))
			continue;
		step_init(&step, world.scratch);
		step_add(&step, BRG_OP_MAILBOX, BRG_ANY)->u.mailbox = rows[i].u.mailbox;
		step.ops[0].u.mailbox.settings = brg_cstr(arena_printf(
			world.scratch, "{\"box\":\"%d\",\"size-limit\":\"rubbish\"}", box_of(bo)));
		world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
			   "settings");
	}
	ck_assert(!is_good(world_visit(&world, bo)));
}
END_TEST

/* ---- a connector that fails -----------------------------------------------------------------*/

static uint32_t too_many;

static int pull_too_much(void *self, const struct brg_pull *req, struct brg_batch *out,
			 struct brg_err *err)
{
	int rc = simmail_plugin.connector->pull(self, req, out, err);

	for (uint32_t i = 0; rc == 0 && i < too_many; i++) {
		struct brg_envelope *e = out->add(out);

		e->remote_id = brg_cstr("x");
		e->kind = BRG_TASK;
	}
	return rc;
}

/* What is more than was asked for is the connector's fault, and costs nothing but the visit. */
START_TEST(an_answer_that_is_too_long)
{
	int outcome;

	world_rounds(&world, 1);
	too_many = 5000;
	world.connector.pull = pull_too_much;
	outcome = world_visit(&world, eva);
	world.connector.pull = simmail_plugin.connector->pull;
	ck_assert(!is_good(outcome));
	calm();
}
END_TEST

static int pull_a_stray(void *self, const struct brg_pull *req, struct brg_batch *out,
			struct brg_err *err)
{
	struct brg_envelope *e = out->add(out);

	e->remote_id = brg_cstr("stray");
	e->kind = brg_str_eq(req->folder, brg_cstr("contacts")) ? BRG_TASK : BRG_CONTACT;
	return simmail_plugin.connector->pull(self, req, out, err);
}

/* What lies in a folder that is for other things is nobody's; what is told behind it is not. */
START_TEST(what_does_not_belong_there)
{
	(void)simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, "surname=Berg");
	(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	world.connector.pull = pull_a_stray;
	assert_ok(world_visit(&world, eva));
	world.connector.pull = simmail_plugin.connector->pull;
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	calm();
}
END_TEST

/* A double that cannot be taken away: the visit says so. */
START_TEST(a_line_that_breaks_over_a_double)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	double_it();
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_HANG_UP, 1);
	ck_assert(!is_good(world_visit(&world, bo)));
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* Several that were made while the answer was lost are all found: none is made again. */
START_TEST(what_was_made_is_found)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < 4; i++)
		(void)task("{\"subject\":\"one of four\"}");
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	calm();
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].pushed[BRG_CREATE], 4);
	ck_assert_int_eq(items(bo, BRG_TASK), 4);
}
END_TEST

/* Of what the connector can write, this can only be read. */
static void read_only(const char *first, const char *second)
{
	static struct brg_field_cap caps[200];
	size_t n = 0;

	for (; simmail_plugin.connector->fields[n].name; n++) {
		caps[n] = simmail_plugin.connector->fields[n];
		if (strcmp(caps[n].name, first) == 0 || strcmp(caps[n].name, second) == 0)
			caps[n].can = BRG_FIELD_READ;
	}
	ck_assert_uint_lt(n, sizeof(caps) / sizeof(caps[0]));
	world.connector.fields = caps;
}

/* What a server only lets be read is not written, and the rest is. */
START_TEST(a_field_that_may_only_be_read)
{
	struct brg_id id;
	int item;

	read_only("office", "title");
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	id = contact("{\"surname\":\"Berg\",\"office\":\"7\",\"title\":\"Dr\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "surname"), "Berg");
	ck_assert_str_eq(there(bo, item, "office"), "nothing");
	ck_assert(world_edit(&world, &id, "{\"office\":\"8\",\"department\":\"Sales\"}"));
	calm();
	ck_assert_str_eq(there(bo, item, "office"), "nothing");
	ck_assert_str_eq(there(bo, item, "title"), "nothing");
	ck_assert_str_eq(there(bo, item, "department"), "Sales");
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "office=9"));
	calm();
	assert_has(world_json(&world, &id), "\"office\":\"9\"");
}
END_TEST

#define MEAL                                                                                        \
	"{\"subject\":\"meal\",\"start\":{\"local\":\"2027-05-05T10:00:00\",\"zone\":\"Etc/UTC\"}," \
	"\"end\":{\"local\":\"2027-05-05T11:00:00\",\"zone\":\"Etc/UTC\"},\"attendees\":{"          \
	"\"ada@x.example\":{\"role\":\"required\"}}}"

/* Nor are the attendees, in an item that is made or changed. */
START_TEST(attendees_that_may_only_be_read)
{
	struct brg_id id;
	int item;

	read_only("attendees", "occurrences");
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = world_new(&world, bo, BRG_APPOINTMENT, MEAL);
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "subject"), "meal");
	ck_assert_str_eq(there(bo, item, "attendees/ada@x.example/role"), "nothing");
	ck_assert(world_edit(&world, &id,
			     "{\"subject\":\"feast\",\"attendees\":{\"di@x.example\":"
			     "{\"role\":\"required\"}}}"));
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "feast");
	ck_assert_str_eq(there(bo, item, "attendees/di@x.example/role"), "nothing");
	assert_has(world_json(&world, &id), "di@x.example");
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_read_that_fails, 1, READS);
	tcase_add_loop_test(t, a_read_that_fails_over_more, 0, 3 * MOST_READS);
	tcase_add_loop_test(t, a_commit_that_fails, 1, COMMITS);
	tcase_add_test(t, a_step_that_is_refused_amid_a_batch);
	tcase_add_test(t, settings_that_are_none);
	tcase_add_test(t, an_answer_that_is_too_long);
	tcase_add_test(t, what_does_not_belong_there);
	tcase_add_test(t, a_line_that_breaks_over_a_double);
	tcase_add_test(t, what_was_made_is_found);
	tcase_add_test(t, a_field_that_may_only_be_read);
	tcase_add_test(t, attendees_that_may_only_be_read);
	return run_scenarios("failing", t);
}
