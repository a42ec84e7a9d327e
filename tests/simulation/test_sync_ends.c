/* SPDX-License-Identifier: Apache-2.0
 *
 * Links that have ended, and what brings them back; things that a person marks, hides or copies; a
 * person who has several addresses.
 */
#include "tests/simulation/sync_test.h"

static struct brg_id id;
static int item;

static void tracked_task(void)
{
	item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=one");
	simmail_user_track(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
}

/* He takes the mark away: they part. Edits of either are nothing to the other. He marks it again:
 * they are one again, with both edits. */
START_TEST(a_mark_is_taken_away_and_set_again)
{
	tracked_task();
	simmail_user_track(world.sim, box_of(bo), item, false);
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	assert_not(world_json(&world, &id), "high");
	ck_assert_str_eq(there(bo, item, "body"), "nothing");
	simmail_user_track(world.sim, box_of(bo), item, true);
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_uint_eq(world_count(&world, 0), 1);
	assert_has(world_json(&world, &id), "high");
	ck_assert_str_eq(there(bo, item, "body"), "text");
	/* No filter holds it: the mark alone does. */
	simmail_user_track(world.sim, box_of(bo), item, false);
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
}
END_TEST

/* Who takes everything in hides an item, and shows it again: it was let go, and stays so until he
 * marks it. */
START_TEST(an_item_is_hidden_and_shown_again)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = BRG_TASK };
	size_t n;

	item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	simmail_user_private(world.sim, box_of(eva), item, true);
	calm();
	ck_assert_int_eq(world_item(&world, eva, &id), -1);
	assert_not(world_json(&world, &id), "one");
	simmail_user_private(world.sim, box_of(eva), item, false);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "importance=high"));
	calm();
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(there(eva, item, "subject"), "one");
	simmail_user_track(world.sim, box_of(eva), item, true);
	calm();
	ck_assert_str_eq(there(eva, item, "subject"), "one");
	ck_assert_str_eq(there(eva, item, "importance"), "high");
}
END_TEST

/* The store was set back to before the record was written: the item with our mark is the record's,
 * not one too many. */
START_TEST(a_mark_that_the_store_has_forgotten)
{
	struct brg_query q = { .what = BRG_READ_LINKS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	size_t n;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	/* The link is moved to a mailbox of nobody's: as if it had never been. */
	q.other = id;
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_LINK, rows[0].u.link.version)->u.link = rows[0].u.link;
	step.ops[0].u.link.remote_id = brg_cstr("elsewhere");
	step.ops[0].u.link.live = false;
	step.ops[0].u.link.end = BRG_LINK_UNLINKED;
	step.ops[0].u.link.record = (struct brg_id){ { 9 } };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "link");
	simmail_expire(world.sim, box_of(bo), SIMMAIL_TASKS);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

/* Thrown away there, while its record stayed (an owner keeps his contacts: server-side-sync.md
 * section 6.3), and written anew by hand: it is that record's again, not a second one's. */
START_TEST(a_contact_is_written_anew)
{
	static const char card[] = "given=Ann\nsurname=Lind\nemail1=ann.lind@x.example";

	item = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, card);
	world_rounds(&world, 3);
	id = only(BRG_CONTACT);
	simmail_user_delete(world.sim, box_of(eva), item, true);
	calm();
	ck_assert_int_eq(world_item(&world, eva, &id), -1);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	item = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, card);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	ck_assert_int_eq(world_item(&world, eva, &id), item);
}
END_TEST

/* A guest throws his copy away; the organizer moves the meeting and invites him anew: one record.
 */
START_TEST(a_guest_is_invited_anew)
{
	int guest = world_add_user(&world, "ann@example.com", ALL), copy;
	const struct simmail_item *meeting;

	item = simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				   "subject=Plan\nstart=2027-02-02T09:00:00 Europe/Stockholm\n"
				   "end=2027-02-02T10:00:00 Europe/Stockholm\n"
				   "attendees/ann@example.com/role=required");
	calm();
	id = only(BRG_APPOINTMENT);
	copy = world_item(&world, guest, &id);
	ck_assert_int_ge(copy, 0);
	simmail_user_delete(world.sim, box_of(guest), copy, true);
	calm();
	ck_assert_int_eq(world_item(&world, guest, &id), -1);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "location=Attic"));
	meeting = simmail_at(world.sim, box_of(eva), item);
	ck_assert_uint_gt(strlen(meeting->uid), 0);
	calm();
	ck_assert_int_eq(items(guest, BRG_APPOINTMENT), 1);
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 1);
	ck_assert_int_ge(world_item(&world, guest, &id), 0);
}
END_TEST

/* ---- decisions ------------------------------------------------------------------------------*/

/* What was decided about a record is found by the record. */
START_TEST(a_decision_names_its_record)
{
	struct brg_query q = { .what = BRG_READ_DECISIONS };
	bool found = false;
	struct brg_row *rows;
	size_t n;

	tracked_task();
	simmail_user_track(world.sim, box_of(bo), item, false);
	calm();
	q.other = id;
	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		const struct brg_decision_row *d = &rows[i].u.decision;

		ck_assert(brg_id_eq(&d->record, &id));
		ck_assert(brg_id_eq(&d->mailbox, &world.users[bo].mailbox));
		ck_assert_uint_gt(d->remote_id.len, 0);
		found = found || d->code.len > 0;
	}
	ck_assert(found);
}
END_TEST

/* Deleted here, and a person takes that back: it lives again, and its history has every version
 * once. */
START_TEST(a_deletion_is_taken_back)
{
	struct record_cause cause = { .row = &record_from_program, .who = brg_cstr("a person") };
	struct brg_query q = { .what = BRG_READ_HISTORY };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct record r;
	struct step step;
	size_t n;

	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	world_delete(&world, &id);
	ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_int_eq(world_read(&world, &id, &r), 1);
	step_init(&step, world.scratch);
	ck_assert_int_eq(record_revive(&world.engine, &step, &r, &cause, &err), 0);
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "back");
	assert_has(world_json(&world, &id), "\"text\"");
	ck_assert_int_eq(world_read(&world, &id, &r), 1);
	ck_assert_int_eq(r.row.version, 4);
	q.other = id;
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 4);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(rows[i].u.history.version, 4 - (int64_t)i);
}
END_TEST

/* ---- one person, several addresses ----------------------------------------------------------*/

static void also_known_as(int user, const char *address)
{
	const struct brg_str all[2] = { brg_cstr(world.users[user].address), brg_cstr(address) };

	set_addresses(user, all, 2);
}

#define WHEN                                           \
	"start=2027-02-02T09:00:00 Europe/Stockholm\n" \
	"end=2027-02-02T10:00:00 Europe/Stockholm\n"

/* His answer counts, whichever of his addresses was invited. */
START_TEST(a_guest_is_invited_by_another_address)
{
	also_known_as(bo, "bo.berg@elsewhere.example");
	item = simmail_user_create(
		world.sim, box_of(bo), BRG_APPOINTMENT,
		"subject=Plan\norganizer=x@elsewhere.example\n" WHEN
		"response=accepted\nattendees/bo.berg@elsewhere.example/role=required\n"
		"attendees/z@elsewhere.example/role=required");
	ck_assert_int_ge(item, 0);
	simmail_user_track(world.sim, box_of(bo), item, true);
	calm();
	id = only(BRG_APPOINTMENT);
	assert_has(
		world_json(&world, &id),
		"\"bo.berg@elsewhere.example\":{\"role\":\"required\",\"response\":\"accepted\"}");
	assert_has(world_json(&world, &id), "\"z@elsewhere.example\":{\"role\":\"required\"}");
}
END_TEST

/* Nor does it matter by which of them his own mail system writes him. */
START_TEST(a_guest_is_another_address_in_his_own_copy)
{
	const struct simmail_state *his = &world.sim->boxes[box_of(bo)].now;
	int copy = -1;

	also_known_as(bo, "bo.berg@elsewhere.example");
	item = simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				   "subject=Plan\n" WHEN "attendees/bo@example.com/role=required");
	for (uint32_t i = 0; i < his->n_items; i++)
		if (his->items[i].used)
			copy = (int)i;
	ck_assert_int_ge(copy, 0);
	simmail_user_track(world.sim, box_of(bo), copy, true);
	calm();
	id = only(BRG_APPOINTMENT);
	ck_assert_int_eq(world_item(&world, bo, &id), copy);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), copy,
				    "attendees/bo.berg@elsewhere.example/role=required\n"
				    "attendees/bo@example.com/role="));
	ck_assert(simmail_user_respond(world.sim, box_of(bo), copy, "accepted"));
	for (int i = 0; i < 3; i++)
		assert_ok(world_visit(&world, bo));
	assert_has(world_json(&world, &id),
		   "\"bo@example.com\":{\"role\":\"required\",\"response\":\"accepted\"");
	assert_not(world_json(&world, &id), "berg");
}
END_TEST

/* And he is the organizer by any of them. */
START_TEST(an_organizer_by_another_address)
{
	also_known_as(bo, "bo.berg@elsewhere.example");
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	world_rounds(&world, 2);
	id = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"organizer\":\"bo.berg@elsewhere.example\","
		"\"attendees\":{\"x@elsewhere.example\":{\"role\":\"required\"}}}");
	calm();
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
}
END_TEST

/* A meeting that we made for its organizer, and whose answer was lost: a guest's copy of it, which
 * comes by mail, is the same meeting. */
START_TEST(a_meeting_is_known_by_its_uid)
{
	world.rules.invite = true;
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	world_rounds(&world, 2);
	id = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"organizer\":\"bo@example.com\","
		"\"attendees\":{\"eva@example.com\":{\"role\":\"required\"}}}");
	if (_i)
		trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(items(eva, BRG_APPOINTMENT), 1);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 1);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_int_ge(world_item(&world, eva, &id), 0);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, a_mark_is_taken_away_and_set_again);
	tcase_add_test(t, an_item_is_hidden_and_shown_again);
	tcase_add_test(t, a_mark_that_the_store_has_forgotten);
	tcase_add_test(t, a_contact_is_written_anew);
	tcase_add_test(t, a_guest_is_invited_anew);
	tcase_add_test(t, a_decision_names_its_record);
	tcase_add_test(t, a_deletion_is_taken_back);
	tcase_add_test(t, a_guest_is_invited_by_another_address);
	tcase_add_test(t, a_guest_is_another_address_in_his_own_copy);
	tcase_add_test(t, an_organizer_by_another_address);
	tcase_add_loop_test(t, a_meeting_is_known_by_its_uid, 0, 2);
	return run_scenarios("sync_ends", t);
}
