/* SPDX-License-Identifier: Apache-2.0
 *
 * What few walk into: bounds, two things that happen together, and a series that is written in
 * pieces.
 */
#include "tests/simulation/sync_lives.h"

static struct brg_id contact(const char *json)
{
	return world_new(&world, bo, BRG_CONTACT, json);
}

static struct brg_id task(const char *json)
{
	return world_new(&world, bo, BRG_TASK, json);
}

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

/* As nobody but a visit writes it. */
static void put_link(const struct brg_link_row *link)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_LINK, link->version)->u.link = *link;
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "link");
}

/* The answer to a write was lost, and its link has ended since: nobody looks the item up. */
START_TEST(what_has_ended_is_not_looked_up)
{
	struct brg_query q = { .what = BRG_READ_LINKS }, open = { .what = BRG_READ_INTENTS };
	struct brg_row *rows;
	uint32_t asked;
	size_t n;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	q.other = task("{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	ck_assert(world_edit(&world, &q.other, "{\"subject\":\"two\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	rows[0].u.link.live = false;
	rows[0].u.link.end = BRG_LINK_UNLINKED;
	put_link(&rows[0].u.link);
	asked = world.sim->boxes[box_of(bo)].calls[SIMMAIL_GET];
	open.mailbox = world.users[bo].mailbox;
	(void)world_rows(&world, &open, &n);
	ck_assert_uint_eq(n, 1);
	assert_ok(world_visit(&world, bo));
	(void)world_rows(&world, &open, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].calls[SIMMAIL_GET], asked);
	ck_assert_uint_eq(live_links(&q.other), 0);
}
END_TEST

/* A link that is called missing, of an item that is there and cannot be read: it is looked at, and
 * not at each visit. */
START_TEST(what_is_missing_and_sick)
{
	struct brg_query q = { .what = BRG_READ_LINKS };
	struct brg_row *rows;
	uint32_t asked;
	size_t n;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	q.other = task("{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &q.other);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	rows[0].u.link.missing = 1;
	put_link(&rows[0].u.link);
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
	(void)live_until((uint64_t)_i / 2 + 1, (uint64_t)_i / 2 + 1001, live_a_round);
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
	tcase_add_test(t, what_has_ended_is_not_looked_up);
	tcase_add_test(t, what_is_missing_and_sick);
	tcase_add_test(t, what_comes_back_is_as_rich);
	tcase_add_test(t, an_answer_behind_a_lost_one);
	tcase_add_test(t, an_answer_costs_nothing);
	tcase_add_loop_test(t, a_series_is_written_in_pieces, 0, 80);
	return run_scenarios("rare", t);
}
