/* SPDX-License-Identifier: Apache-2.0
 *
 * What few walk into: a store that cannot be read, answers that are too long, fields that may only
 * be read, and two things that happen together.
 */
#include "tests/simulation/sync_test.h"

#include "core/effect.h"
#include "core/id.h"

#include <sys/wait.h>

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
	int outcome;

	much_to_do();
	break_store(_i);
	outcome = world_visit(&world, bo);
	mend_store();
	if (reads >= _i)
		ck_assert_msg(!is_good(outcome),
			      "read %d failed, and the visit says that all is well", _i);
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

#define MORE_READS 40

/* Over a double (_i even), or a record that could not be made and is tried again. */
START_TEST(a_read_that_fails_over_more)
{
	int outcome, nth = _i / 2 + 1;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	if (_i % 2) {
		(void)task("{\"subject\":\"one\"}");
		trouble(bo, SIMMAIL_PUSH, SIMMAIL_PARTIAL, 1);
		(void)world_visit(&world, bo);
	} else {
		double_it();
		/* That somebody has edited. */
		ck_assert(simmail_user_edit(world.sim, box_of(bo),
					    (int)world.sim->boxes[box_of(bo)].now.n_items - 1,
					    "subject=two\nimportance=low"));
	}
	world.now_us += INT64_C(3600000000);
	break_store(nth);
	outcome = world_visit(&world, bo);
	mend_store();
	if (reads >= nth)
		ck_assert_msg(!is_good(outcome),
			      "read %d failed, and the visit says that all is well", nth);
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

/* What a server only lets be read is not written, and the rest is. */
START_TEST(a_field_that_may_only_be_read)
{
	static struct brg_field_cap caps[200];
	struct brg_id id;
	size_t n = 0;
	int item;

	for (; simmail_plugin.connector->fields[n].name; n++) {
		caps[n] = simmail_plugin.connector->fields[n];
		if (strcmp(caps[n].name, "office") == 0 || strcmp(caps[n].name, "title") == 0)
			caps[n].can = BRG_FIELD_READ;
	}
	ck_assert_uint_lt(n, sizeof(caps) / sizeof(caps[0]));
	world.connector.fields = caps;
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

/* ---- bounds ---------------------------------------------------------------------------------*/

static struct brg_id made[256];

static void make_many(int kind, int n)
{
	char json[64];

	world.relaxed = true;
	for (int i = 0; i < n; i++) {
		(void)snprintf(json, sizeof(json), "{\"%s\":\"N %d\"}",
			       kind == BRG_TASK ? "subject" : "surname", i);
		made[i % 256] = world_new(&world, bo, kind, json);
	}
	world.relaxed = false;
}

/* So many are made at first contact without asking, of all kinds together; one more asks. */
START_TEST(first_contact_has_a_bound)
{
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	world_filter(&world, bo, BRG_TASK, "owner = me");
	make_many(BRG_CONTACT, 300);
	make_many(BRG_TASK, 200 + _i);
	(void)world_visit(&world, bo);
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(plans(), (size_t)_i);
}
END_TEST

/* A visit whose time is over leaves the rest to the next one. */
START_TEST(a_visit_gives_way)
{
	int written;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	make_many(BRG_TASK, 250);
	world_rounds(&world, 4);
	for (int i = 0; i < 250; i++)
		ck_assert(world_edit(&world, &made[i], "{\"importance\":\"high\"}"));
	world.engine.visit_steps = 1;
	(void)world_visit(&world, bo);
	written = (int)world.sim->boxes[box_of(bo)].pushed[BRG_UPDATE];
	world.engine.visit_steps = 400;
	ck_assert_int_lt(written, 250);
	calm();
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].pushed[BRG_UPDATE], 250);
}
END_TEST

/* ---- two things together --------------------------------------------------------------------*/

/* A company is a name where there is no other, and changes with other things at the same time. */
START_TEST(a_name_follows_among_other_changes)
{
	struct brg_id id;
	int item = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, "company=Acme");

	calm();
	id = only(BRG_CONTACT);
	assert_has(world_json(&world, &id), "\"file_as\":\"Acme\"");
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item,
				    "email1=info@acme.example\ncompany=Apex"));
	calm();
	assert_has(world_json(&world, &id), "\"file_as\":\"Apex\"");
}
END_TEST

/* What is derived here is no change that the item should see. */
START_TEST(what_is_derived_is_no_change)
{
	struct brg_id id;
	int item =
		simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, "given=Ada\nsurname=Berg");

	calm();
	id = only(BRG_CONTACT);
	assert_has(world_json(&world, &id), "\"full_name\":\"Ada Berg\"");
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "pager=1"));
	calm();
	ck_assert_uint_eq(world_writes(&world), 0);
	ck_assert_str_eq(there(eva, item, "full_name"), "nothing");
}
END_TEST

/* Lists by time go by the start of an appointment, from the first. */
START_TEST(a_record_has_its_time)
{
	struct brg_id id = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"s\",\"start\":{\"local\":\"2027-05-05T10:00:00\",\"zone\":\"Etc/UTC\"},"
		"\"end\":{\"local\":\"2027-05-05T11:00:00\",\"zone\":\"Etc/UTC\"}}");
	struct record r;

	ck_assert_int_eq(world_read(&world, &id, &r), 1);
	ck_assert_int_eq(r.row.sorted_us, INT64_C(1809511200000000));
	ck_assert(
		world_edit(&world, &id,
			   "{\"start\":{\"local\":\"2027-05-05T10:30:00\",\"zone\":\"Etc/UTC\"}}"));
	ck_assert_int_eq(world_read(&world, &id, &r), 1);
	ck_assert_int_eq(r.row.sorted_us, INT64_C(1809513000000000));
}
END_TEST

/* A record that is cut to what the server made of it is meant so. */
START_TEST(as_short_as_the_server_has_it)
{
	struct brg_id id;

	ck_assert_ptr_null(simmail_set_habits(&world.sim->boxes[box_of(bo)].habits, "truncate=6"));
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("{\"subject\":\"a long one\"}");
	world_rounds(&world, 3);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"a long\"}"));
	calm();
	assert_has(world_json(&world, &id), "\"subject\":\"a long\"");
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &id),
				    "importance=low"));
	calm();
	assert_has(world_json(&world, &id), "\"subject\":\"a long\"");
}
END_TEST

/* The answer to a write is lost, the server has cut the text, and a person changes something else:
 * the record keeps what it has. */
START_TEST(a_cut_text_amid_an_edit)
{
	struct brg_id id;
	int item;

	ck_assert_ptr_null(simmail_set_habits(&world.sim->boxes[box_of(bo)].habits, "truncate=6"));
	world_policy(&world, BRG_TASK, POLICY_SERVER);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"a long one\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=low"));
	calm();
	assert_has(world_json(&world, &id), "\"subject\":\"a long one\"");
	assert_has(world_json(&world, &id), "\"importance\":\"low\"");
}
END_TEST

/* At first contact the record takes what it lacks, and that is agreed on: a later edit of it is no
 * conflict. */
START_TEST(what_was_taken_in_a_name_is_agreed_on)
{
	struct brg_id id;
	int item;

	world_policy(&world, BRG_CONTACT, POLICY_ASK);
	id = contact("{\"given\":\"Ada\",\"surname\":\"Berg\",\"email1\":\"ada@x.example\","
		     "\"pager\":\"1\"}");
	item = simmail_user_create(world.sim, box_of(bo), BRG_CONTACT,
				   "given=Ada\nsurname=Berg\ntitle=Dr\nemail1=ada@x.example\n"
				   "full_name=Ada Berg");
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	/* The rest of the record is not written yet. */
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_HANG_UP, 1);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	assert_has(world_json(&world, &id), "\"title\":\"Dr\"");
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "title=Prof"));
	calm();
	assert_has(world_json(&world, &id), "\"title\":\"Prof\"");
}
END_TEST

/* It was tracked and by filter; the record leaves the filter and stays for the mark, and with the
 * mark the last reason goes. */
START_TEST(two_reasons_end_one_after_the_other)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "importance = high");
	id = task("{\"subject\":\"one\",\"importance\":\"high\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	simmail_user_track(world.sim, box_of(bo), item, true);
	calm();
	ck_assert(world_edit(&world, &id, "{\"importance\":\"low\"}"));
	calm();
	ck_assert_uint_eq(live_links(&id), 1);
	simmail_user_track(world.sim, box_of(bo), item, false);
	calm();
	ck_assert_uint_eq(live_links(&id), 0);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* What can never be read and is deleted then is nobody's trouble any more. */
START_TEST(a_broken_item_that_goes)
{
	int broken = simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
					 "subject=s\nrecurrence=FREQ=SECONDLY\n"
					 "start=2027-05-05T10:00:00 Etc/UTC\n"
					 "end=2027-05-05T11:00:00 Etc/UTC");

	ck_assert_int_ge(broken, 0);
	world_rounds(&world, 2);
	ck_assert_uint_eq(in_inbox(eva), 1);
	simmail_user_delete(world.sim, box_of(eva), broken, true);
	(void)world_visit(&world, eva);
	ck_assert_uint_eq(in_inbox(eva), 0);
}
END_TEST

/* A link that is called missing, of an item that is there and cannot be read: it is looked at, and
 * not at each visit. */
START_TEST(what_is_missing_and_sick)
{
	struct brg_query q = { .what = BRG_READ_LINKS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	uint32_t asked;
	size_t n;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	q.other = task("{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &q.other);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_LINK, rows[0].u.link.version)->u.link = rows[0].u.link;
	step.ops[0].u.link.missing = 1;
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "link");
	simmail_poison(world.sim, box_of(bo), item, 255);
	(void)world_visit(&world, bo);
	(void)world_visit(&world, bo);
	rows = world_rows(&world, &q, &n);
	ck_assert_int_eq(rows[0].u.link.missing, 0);
	asked = world.sim->boxes[box_of(bo)].calls[SIMMAIL_FIND];
	(void)world_visit(&world, bo);
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].calls[SIMMAIL_FIND], asked);
}
END_TEST

/* Its record left the filter and came back: what the server has cut in it is still what we wrote.
 */
START_TEST(what_comes_back_is_as_rich)
{
	struct brg_id id;
	int item;

	ck_assert_ptr_null(simmail_set_habits(&world.sim->boxes[box_of(bo)].habits, "truncate=6"));
	world_policy(&world, BRG_TASK, POLICY_SERVER);
	world_filter(&world, bo, BRG_TASK, "importance = high");
	id = task("{\"subject\":\"a long one\",\"importance\":\"high\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"importance\":\"low\"}"));
	calm();
	ck_assert_uint_eq(live_links(&id), 0);
	ck_assert(world_edit(&world, &id, "{\"importance\":\"high\"}"));
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	assert_has(world_json(&world, &id), "\"subject\":\"a long one\"");
}
END_TEST

#define PARTY                                                                                        \
	"{\"subject\":\"party\",\"start\":{\"local\":\"2027-05-05T10:00:00\",\"zone\":\"Etc/UTC\"}," \
	"\"end\":{\"local\":\"2027-05-05T11:00:00\",\"zone\":\"Etc/UTC\"},\"attendees\":{"           \
	"\"ada@x.example\":{\"role\":\"required\"},\"cy@x.example\":{\"role\":\"required\"}}}"

/* The second of two answers while the answer to our write is lost: it is not taken for our work. */
START_TEST(an_answer_behind_a_lost_one)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = world_new(&world, bo, BRG_APPOINTMENT, PARTY);
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"a party\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item,
				    "attendees/cy@x.example/response=accepted"));
	calm();
	assert_has(world_json(&world, &id), "accepted");
	assert_has(world_json(&world, &id), "\"subject\":\"a party\"");
}
END_TEST

/* An answer that comes where none was is a loss of nobody. */
START_TEST(an_answer_costs_nothing)
{
	struct brg_query q = { .what = BRG_READ_HISTORY };
	struct brg_row *rows;
	size_t n;
	int item;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	q.other = world_new(&world, bo, BRG_APPOINTMENT, PARTY);
	world_rounds(&world, 3);
	item = world_item(&world, bo, &q.other);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item,
				    "attendees/cy@x.example/response=accepted"));
	calm();
	assert_has(world_json(&world, &q.other), "accepted");
	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_null(memmem(rows[i].u.history.changes.ptr,
					  rows[i].u.history.changes.len, "\"lost\"", 6));
}
END_TEST

/* ---- a series in pieces ---------------------------------------------------------------------*/

#define DIED 99
static uint64_t die_at;

static void on_effect(const char *name, uint64_t n)
{
	(void)name;
	if (n == die_at)
		_exit(DIED);
}

/* A life of both visits that ends at its n-th effect. */
static void live(uint64_t dies)
{
	int status;
	pid_t pid;

	world_close(&world);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		die_at = dies;
		world_open(&world);
		effect_hook(on_effect);
		world_rounds(&world, 1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	id_seed(dies + 1000);
	world.now_us += INT64_C(3600000000);
	world_open(&world);
	world_keep(&world);
}

#define SERIES                                                                                   \
	"{\"subject\":\"s\",\"start\":{\"local\":\"2027-05-05T10:00:00\",\"zone\":\"Etc/UTC\"}," \
	"\"end\":{\"local\":\"2027-05-05T11:00:00\",\"zone\":\"Etc/UTC\"},"                      \
	"\"recurrence\":\"FREQ=DAILY;COUNT=9\",\"occurrences\":{"                                \
	"\"2027-05-06T10:00:00\":{\"location\":\"Attic\"},\"2027-05-07T10:00:00\":null}}"

/* A connector writes what differs in a series behind it, and dies anywhere: nothing of it is lost.
 */
START_TEST(a_series_is_written_in_pieces)
{
	struct brg_id id;
	int item;

	ck_assert_ptr_null(simmail_set_habits(&world.sim->boxes[box_of(bo)].habits, "apart"));
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = world_new(&world, bo, BRG_APPOINTMENT, SERIES);
	if (_i % 2) {
		world_rounds(&world, 3);
		ck_assert(world_edit(&world, &id, "{\"recurrence\":\"FREQ=DAILY;COUNT=8\"}"));
	}
	live((uint64_t)_i / 2 + 1);
	calm();
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "recurrence"),
			 _i % 2 ? "FREQ=DAILY;COUNT=8" : "FREQ=DAILY;COUNT=9");
	ck_assert_str_eq(there(bo, item, "occurrences/2027-05-06T10:00:00/location"), "Attic");
	assert_has(world_json(&world, &id), "\"2027-05-07T10:00:00\":null");
	assert_has(world_json(&world, &id), "Attic");
	ck_assert_int_eq(items(bo, BRG_APPOINTMENT), 1);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_read_that_fails, 1, READS);
	tcase_add_loop_test(t, a_read_that_fails_over_more, 0, MORE_READS);
	tcase_add_loop_test(t, a_commit_that_fails, 1, COMMITS);
	tcase_add_test(t, settings_that_are_none);
	tcase_add_test(t, an_answer_that_is_too_long);
	tcase_add_test(t, a_line_that_breaks_over_a_double);
	tcase_add_test(t, what_was_made_is_found);
	tcase_add_test(t, a_field_that_may_only_be_read);
	tcase_add_loop_test(t, first_contact_has_a_bound, 0, 2);
	tcase_add_test(t, a_visit_gives_way);
	tcase_add_test(t, a_name_follows_among_other_changes);
	tcase_add_test(t, what_is_derived_is_no_change);
	tcase_add_test(t, a_record_has_its_time);
	tcase_add_test(t, as_short_as_the_server_has_it);
	tcase_add_test(t, a_cut_text_amid_an_edit);
	tcase_add_test(t, what_was_taken_in_a_name_is_agreed_on);
	tcase_add_test(t, two_reasons_end_one_after_the_other);
	tcase_add_test(t, a_broken_item_that_goes);
	tcase_add_test(t, what_is_missing_and_sick);
	tcase_add_test(t, what_comes_back_is_as_rich);
	tcase_add_test(t, an_answer_behind_a_lost_one);
	tcase_add_test(t, an_answer_costs_nothing);
	tcase_add_loop_test(t, a_series_is_written_in_pieces, 0, 80);
	return run_scenarios("rare", t);
}
