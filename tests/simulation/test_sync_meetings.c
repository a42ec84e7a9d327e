/* SPDX-License-Identifier: Apache-2.0
 *
 * Meetings and series: several copies and one record, answers, who may decide what, who is mailed.
 */
#include "tests/simulation/sync_test.h"

static int organizer, guest; /* users; both take everything in */

#define HOURS(a, b)                                    \
	"start=2027-02-02T" a ":00 Europe/Stockholm\n" \
	"end=2027-02-02T" b ":00 Europe/Stockholm\n"

static void set_up_meetings(void)
{
	setup();
	organizer = eva;
	guest = world_add_user(&world, "ann@example.com", ALL);
}

/* The item of a user that is of this meeting. */
static int copy_of(int user, int item)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(user)].now;
	const char *uid = simmail_at(world.sim, box_of(organizer), item)->uid;

	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used && strcmp(now->items[i].uid, uid) == 0)
			return (int)i;
	return -1;
}

static struct brg_id id;
static int item, copy;

/* The organizer invites the guest and somebody from elsewhere. */
static void meet(void)
{
	item = simmail_user_create(
		world.sim, box_of(organizer), BRG_APPOINTMENT,
		"subject=Plan\n" HOURS("09:00",
				       "10:00") "attendees/ann@example.com/role=required\n"
						"attendees/x@elsewhere.example/role=optional");
	ck_assert_int_ge(item, 0);
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	copy = copy_of(guest, item);
	ck_assert_int_ge(copy, 0);
	ck_assert_int_eq(world_item(&world, organizer, &id), item);
	ck_assert_int_eq(world_item(&world, guest, &id), copy);
}

static void rest(void)
{
	world_rounds(&world, 4);
	assert_quiet();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 1);
}

static uint32_t mailed(void)
{
	return simmail_mails_by_push(world.sim, false);
}

START_TEST(all_copies_are_one_record)
{
	meet();
	rest();
	assert_has(world_json(&world, &id), "\"organizer\":\"eva@example.com\"");
	assert_has(world_json(&world, &id), "x@elsewhere.example");
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

/* bo takes in what he has marked; his copy of a meeting that is known is linked all the same, and
 * stays so whatever changes. */
START_TEST(an_unmarked_copy_stays_linked)
{
	int his;

	item = simmail_user_create(
		world.sim, box_of(organizer), BRG_APPOINTMENT,
		"subject=Plan\n" HOURS("09:00", "10:00") "attendees/bo@example.com/role=required");
	for (int i = 0; i < 2; i++)
		assert_ok(world_visit(&world, organizer));
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	his = copy_of(bo, item);
	ck_assert_int_eq(world_item(&world, bo, &id), his);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), his, "reminder=yes"));
	rest();
	ck_assert(world_edit(&world, &id, "{\"body\":\"agenda\"}"));
	rest();
	ck_assert_int_eq(world_item(&world, bo, &id), his);
	ck_assert_str_eq(there(bo, his, "reminder"), "yes");
}
END_TEST

/* Whoever is visited first. */
START_TEST(the_guest_is_first)
{
	item = simmail_user_create(
		world.sim, box_of(organizer), BRG_APPOINTMENT,
		"subject=Plan\n" HOURS("09:00", "10:00") "attendees/ann@example.com/role=required");
	copy = copy_of(guest, item);
	assert_ok(world_visit(&world, guest));
	assert_ok(world_visit(&world, guest));
	id = only(BRG_APPOINTMENT);
	rest();
	ck_assert_int_eq(world_item(&world, organizer, &id), item);
	ck_assert_int_eq(world_item(&world, guest, &id), copy);
	/* The organizer's copy decides. */
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item, "location=Attic"));
	rest();
	assert_has(world_json(&world, &id), "\"location\":\"Attic\"");
}
END_TEST

/* What he has of his own is not the organizer's, whose copy comes to it later. */
START_TEST(a_guest_keeps_his_own)
{
	const char *own = _i ? "show_as=busy\n" : "";
	char lines[400];

	(void)snprintf(lines, sizeof(lines),
		       "%ssubject=Plan\n%sattendees/ann@example.com/role=required", own,
		       HOURS("09:00", "10:00"));
	item = simmail_user_create(world.sim, box_of(organizer), BRG_APPOINTMENT, lines);
	copy = copy_of(guest, item);
	ck_assert(simmail_user_edit(world.sim, box_of(guest), copy,
				    "show_as=tentative\nreminder=yes\nreminder_minutes=45"));
	assert_ok(world_visit(&world, guest));
	assert_ok(world_visit(&world, guest));
	id = only(BRG_APPOINTMENT);
	assert_has(world_json(&world, &id), "tentative");
	rest();
	ck_assert_str_eq(there(organizer, item, "show_as"), _i ? "busy" : "nothing");
	ck_assert_str_eq(there(organizer, item, "reminder"), "nothing");
	ck_assert_str_eq(there(guest, copy, "show_as"), "tentative");
	ck_assert_str_eq(there(guest, copy, "reminder_minutes"), "45");
	assert_not(world_json(&world, &id), "tentative");
	assert_not(world_json(&world, &id), "reminder");
}
END_TEST

START_TEST(an_answer_reaches_the_record)
{
	meet();
	ck_assert(simmail_user_respond(world.sim, box_of(guest), copy, "accepted"));
	rest();
	assert_has(world_json(&world, &id), "\"response\":\"accepted\"");
	ck_assert(simmail_user_respond(world.sim, box_of(guest), copy, "declined"));
	rest();
	assert_has(world_json(&world, &id), "\"response\":\"declined\"");
	assert_not(world_json(&world, &id), "accepted");
	ck_assert_str_eq(there(organizer, item, "attendees/ann@example.com/response"), "declined");
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

/* Whoever stands before and behind him in the list. */
START_TEST(an_answer_from_amid_the_list)
{
	item = simmail_user_create(
		world.sim, box_of(organizer), BRG_APPOINTMENT,
		"subject=Plan\n" HOURS("09:00",
				       "10:00") "attendees/aa@elsewhere.example/role=required\n"
						"attendees/ann@example.com/role=required\n"
						"attendees/x@elsewhere.example/role=optional");
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	copy = copy_of(guest, item);
	ck_assert(simmail_user_respond(world.sim, box_of(guest), copy, "accepted"));
	calm();
	assert_has(world_json(&world, &id), "\"response\":\"accepted\"");
	/* He deletes his copy: he attends, so it is his to delete. */
	simmail_user_delete(world.sim, box_of(guest), copy, true);
	calm();
	ck_assert_int_eq(world_item(&world, guest, &id), -1);
	ck_assert_int_eq(world_item(&world, organizer, &id), item);
}
END_TEST

START_TEST(a_guest_decides_nothing_else)
{
	meet();
	ck_assert(simmail_user_edit(
		world.sim, box_of(guest), copy,
		"subject=Mine\nlocation=Elsewhere\n" HOURS("11:00", "12:00") "show_as=free"));
	rest();
	assert_has(world_json(&world, &id), "\"subject\":\"Plan\"");
	assert_not(world_json(&world, &id), "Elsewhere");
	ck_assert_str_eq(there(organizer, item, "subject"), "Plan");
	ck_assert_str_eq(there(guest, copy, "location"), "Elsewhere");
}
END_TEST

START_TEST(the_record_is_written_to_the_organizer_alone)
{
	uint32_t writes;

	meet();
	writes = world_writes(&world);
	ck_assert(world_edit(&world, &id, "{\"location\":\"Attic\"}"));
	rest();
	ck_assert_str_eq(there(organizer, item, "location"), "Attic");
	ck_assert_uint_eq(world_writes(&world), writes + 1);
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

/* Only where the organisation says so are attendees mailed, and never of what is over. */
START_TEST(mail_goes_out_when_it_may)
{
	world.rules.invite = _i & 1;
	if (_i & 2)
		world.now_us += INT64_C(86400000000) * 200;
	meet();
	ck_assert_uint_eq(mailed(), 0);
	ck_assert(world_edit(&world, &id, "{\"location\":\"Attic\"}"));
	rest();
	ck_assert_uint_eq(mailed(), _i == 1 ? 2 : 0);
	ck_assert_uint_eq(simmail_mails_by_push(world.sim, true), 0);
	/* What nobody but the owner sees mails nobody. */
	ck_assert(world_edit(&world, &id, "{\"categories\":[\"Red\"]}"));
	rest();
	ck_assert_uint_eq(mailed(), _i == 1 ? 2 : 0);
	world_delete(&world, &id);
	world_rounds(&world, 3);
	ck_assert_uint_eq(mailed(), _i == 1 ? 4 : 0);
	ck_assert_int_eq(items(organizer, BRG_APPOINTMENT), _i & 2 ? 1 : 0);
}
END_TEST

START_TEST(a_record_with_attendees_invites_when_it_may)
{
	world.rules.invite = _i;
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_APPOINTMENT,
		       "{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\","
		       "\"zone\":\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\","
		       "\"zone\":\"Europe/Stockholm\"},\"attendees\":{\"x@elsewhere.example\":"
		       "{\"role\":\"required\"},\"ann@example.com\":{\"role\":\"optional\"}}}");
	rest();
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert_str_eq(there(bo, item, "attendees/ann@example.com/role"), "optional");
	ck_assert_uint_eq(mailed(), _i ? 2 : 0);
	ck_assert_int_eq(items(guest, BRG_APPOINTMENT), _i ? 1 : 0);
	ck_assert_int_eq(items(organizer, BRG_APPOINTMENT), 0);
}
END_TEST

START_TEST(a_guest_deletes_his_copy_alone)
{
	meet();
	simmail_user_delete(world.sim, box_of(guest), copy, _i);
	rest();
	ck_assert_int_eq(world_item(&world, guest, &id), -1);
	ck_assert_int_eq(world_item(&world, organizer, &id), item);
	ck_assert_int_eq(items(guest, BRG_APPOINTMENT), 0);
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

START_TEST(the_organizer_ends_it)
{
	meet();
	simmail_user_delete(world.sim, box_of(organizer), item, _i);
	world_rounds(&world, 4);
	assert_quiet();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 0);
	ck_assert_int_eq(items(guest, BRG_APPOINTMENT), 1);
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

/* It was: nobody takes it away. */
START_TEST(what_is_over_stays)
{
	meet();
	world.now_us += INT64_C(86400000000) * 200;
	if (_i)
		simmail_user_delete(world.sim, box_of(organizer), item, true);
	else
		world_delete(&world, &id);
	world_rounds(&world, 4);
	assert_quiet();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), (size_t)_i);
	ck_assert_int_eq(items(organizer, BRG_APPOINTMENT), 1 - _i);
}
END_TEST

START_TEST(the_organizer_has_no_mailbox_here)
{
	item = simmail_user_create(
		world.sim, box_of(guest), BRG_APPOINTMENT,
		"subject=Theirs\n" HOURS("09:00",
					 "10:00") "organizer=boss@elsewhere.example\n"
						  "attendees/ann@example.com/role=required");
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	rest();
	ck_assert(simmail_user_edit(world.sim, box_of(guest), item, "location=Attic"));
	rest();
	assert_has(world_json(&world, &id), "\"location\":\"Attic\"");
	world_delete(&world, &id);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(guest, BRG_APPOINTMENT), 1);
	assert_quiet();
}
END_TEST

/* Two of ours are invited by somebody from elsewhere: one copy stands for the organizer's, or what
 * each of them writes down for himself would come and go in the record. */
START_TEST(a_meeting_has_one_feeder)
{
	int second = world_add_user(&world, "bea@example.com", ALL), other;
	static const char lines[] = "subject=Theirs\n" HOURS(
		"09:00", "10:00") "organizer=boss@elsewhere.example\n"
				  "attendees/ann@example.com/role=required\n"
				  "attendees/bea@example.com/role=required";

	item = simmail_user_create(world.sim, box_of(guest), BRG_APPOINTMENT, lines);
	other = simmail_user_create(world.sim, box_of(second), BRG_APPOINTMENT, lines);
	memcpy(world.sim->boxes[box_of(second)].now.items[other].uid,
	       simmail_at(world.sim, box_of(guest), item)->uid,
	       sizeof(world.sim->boxes[0].now.items[0].uid));
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	ck_assert_int_eq(world_item(&world, guest, &id), item);
	ck_assert_int_eq(world_item(&world, second, &id), other);
	ck_assert(simmail_user_edit(world.sim, box_of(second), other, "location=Elsewhere"));
	rest();
	assert_not(world_json(&world, &id), "Elsewhere");
	ck_assert_str_eq(there(second, other, "location"), "Elsewhere");
	ck_assert(simmail_user_edit(world.sim, box_of(guest), item, "location=Attic"));
	rest();
	assert_has(world_json(&world, &id), "\"location\":\"Attic\"");
	ck_assert_str_eq(there(second, other, "location"), "Elsewhere");
}
END_TEST

/* Both sides have y, z and the guest, and x no more. */
static void assert_x_made_way(void)
{
	for (int side = 0; side < 2; side++) {
		static char text[8192];

		(void)simmail_json(simmail_at(world.sim, box_of(organizer), item), text,
				   sizeof(text));
		assert_has(side ? text : world_json(&world, &id), "y@elsewhere.example");
		assert_has(side ? text : world_json(&world, &id), "z@elsewhere.example");
		assert_has(side ? text : world_json(&world, &id), "ann@example.com");
		assert_not(side ? text : world_json(&world, &id), "x@elsewhere.example");
	}
}

START_TEST(attendees_merge_by_address)
{
	meet();
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
				    "attendees/y@elsewhere.example/role=required\n"
				    "attendees/x@elsewhere.example=-"));
	ck_assert(world_edit(&world, &id,
			     "{\"attendees\":{\"z@elsewhere.example\":{\"role\":\"optional\"},"
			     "\"...\":null}}"));
	rest();
	assert_x_made_way();
	ck_assert_uint_eq(mailed(), 0);
}
END_TEST

/* ---- series ---------------------------------------------------------------------------------*/

static void series(const char *more)
{
	item = simmail_user_create(
		world.sim, box_of(organizer), BRG_APPOINTMENT,
		arena_printf(world.scratch,
			     "subject=Stand-up\n" HOURS("09:00",
							"10:00") "recurrence=FREQ=DAILY;COUNT=10%s",
			     more));
	ck_assert_int_ge(item, 0);
	world_rounds(&world, 3);
	id = only(BRG_APPOINTMENT);
	rest();
}

/* Of both sides, and what was there before. */
static void assert_all_occurrences(void)
{
	ck_assert_str_eq(there(organizer, item, "occurrences/2027-02-04T09:00:00/location"),
			 "Cellar");
	ck_assert_str_eq(there(organizer, item, "occurrences/2027-02-05T09:00:00/location"),
			 "Attic");
	ck_assert_str_eq(there(organizer, item, "occurrences/2027-02-07T09:00:00/subject"),
			 "Short");
	assert_has(world_json(&world, &id), "\"2027-02-06T09:00:00\":null");
	assert_has(world_json(&world, &id), "\"2027-02-08T09:00:00\":null");
	assert_has(world_json(&world, &id), "Cellar");
	assert_has(world_json(&world, &id), "Attic");
	assert_has(world_json(&world, &id), "Short");
}

START_TEST(occurrences_merge_by_their_start)
{
	series("\noccurrences/2027-02-04T09:00:00/location=Cellar");
	assert_has(world_json(&world, &id), "Cellar");
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
				    "occurrences/2027-02-05T09:00:00/location=Attic\n"
				    "occurrences/2027-02-06T09:00:00=-"));
	ck_assert(world_edit(&world, &id,
			     "{\"occurrences\":{\"2027-02-07T09:00:00\":{\"subject\":\"Short\"},"
			     "\"2027-02-08T09:00:00\":null,\"...\":null}}"));
	rest();
	assert_all_occurrences();
}
END_TEST

static const struct {
	int call, fault;
} at_push[] = {
	{ SIMMAIL_PUSH, SIMMAIL_HANG_UP },   { SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER },
	{ SIMMAIL_PUSH, SIMMAIL_LATE_WORK }, { SIMMAIL_PUSH, SIMMAIL_PARTIAL },
	{ SIMMAIL_PUSH, SIMMAIL_CUT },	     { SIMMAIL_GET, SIMMAIL_HANG_UP },
	{ SIMMAIL_GET, SIMMAIL_PARTIAL },    { SIMMAIL_PUSH, SIMMAIL_MEANWHILE },
};
#define AT_PUSH ((int)(sizeof(at_push) / sizeof(at_push[0])))

static void edit_location(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	(void)arg;
	ck_assert(simmail_user_edit(sim, box, item, "location=Attic"));
}

static void in_trouble(int i)
{
	simmail_on_meanwhile(edit_location, NULL);
	trouble(organizer, at_push[i].call, at_push[i].fault, 1);
	(void)world_visit(&world, organizer);
	simmail_on_meanwhile(NULL, NULL);
}

/* Nobody is lost, invited twice or struck off, whatever came of the first try. */
START_TEST(people_arrive_in_spite_of_trouble)
{
	meet();
	ck_assert(world_edit(&world, &id,
			     "{\"attendees\":{\"z@elsewhere.example\":{\"role\":\"required\"},"
			     "\"x@elsewhere.example\":null,\"...\":null}}"));
	in_trouble(_i);
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
				    "attendees/y@elsewhere.example/role=optional"));
	calm();
	assert_x_made_way();
	ck_assert_uint_eq(simmail_mails_by_push(world.sim, true), 0);
}
END_TEST

START_TEST(occurrences_arrive_in_spite_of_trouble)
{
	series("\noccurrences/2027-02-04T09:00:00/location=Cellar");
	ck_assert(world_edit(&world, &id,
			     "{\"occurrences\":{\"2027-02-07T09:00:00\":{\"subject\":\"Short\"},"
			     "\"2027-02-08T09:00:00\":null,\"...\":null}}"));
	in_trouble(_i);
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
				    "occurrences/2027-02-05T09:00:00/location=Attic\n"
				    "occurrences/2027-02-06T09:00:00=-"));
	calm();
	assert_all_occurrences();
}
END_TEST

/* A server that drops all exceptions with a new time is told of them again, where the record
 * moved the series; where a person did it there, they are gone. */
START_TEST(a_series_moves)
{
	if (_i & 1)
		world.sim->boxes[box_of(organizer)].habits.flags |= SIMMAIL_KEEPS_SERIES;
	series("\noccurrences/2027-02-04T09:00:00/location=Cellar");
	if (_i & 2)
		ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
					    "recurrence=FREQ=DAILY;COUNT=12"));
	else
		ck_assert(world_edit(&world, &id, "{\"recurrence\":\"FREQ=DAILY;COUNT=12\"}"));
	rest();
	assert_has(world_json(&world, &id), "COUNT=12");
	assert_has(there(organizer, item, "recurrence"), "COUNT=12");
	if (_i == 2)
		assert_not(world_json(&world, &id), "Cellar");
	else
		assert_has(world_json(&world, &id), "Cellar");
	ck_assert_str_eq(there(organizer, item, "occurrences/2027-02-04T09:00:00/location"),
			 _i == 2 ? "nothing" : "Cellar");
}
END_TEST

START_TEST(a_deleted_occurrence_that_was_edited_stays)
{
	series("");
	ck_assert(simmail_user_edit(world.sim, box_of(organizer), item,
				    "occurrences/2027-02-05T09:00:00=-"));
	ck_assert(world_edit(
		&world, &id,
		"{\"occurrences\":{\"2027-02-05T09:00:00\":{\"subject\":\"Kept\"},\"...\":null}}"));
	rest();
	assert_has(world_json(&world, &id), "Kept");
	ck_assert_str_eq(there(organizer, item, "occurrences/2027-02-05T09:00:00/subject"), "Kept");
}
END_TEST

int main(void)
{
	TCase *t = scenarios(set_up_meetings, teardown);

	tcase_add_test(t, all_copies_are_one_record);
	tcase_add_test(t, an_unmarked_copy_stays_linked);
	tcase_add_test(t, the_guest_is_first);
	tcase_add_loop_test(t, a_guest_keeps_his_own, 0, 2);
	tcase_add_test(t, an_answer_reaches_the_record);
	tcase_add_test(t, an_answer_from_amid_the_list);
	tcase_add_test(t, a_guest_decides_nothing_else);
	tcase_add_test(t, the_record_is_written_to_the_organizer_alone);
	tcase_add_loop_test(t, mail_goes_out_when_it_may, 0, 4);
	tcase_add_loop_test(t, a_record_with_attendees_invites_when_it_may, 0, 2);
	tcase_add_loop_test(t, a_guest_deletes_his_copy_alone, 0, 2);
	tcase_add_loop_test(t, the_organizer_ends_it, 0, 2);
	tcase_add_loop_test(t, what_is_over_stays, 0, 2);
	tcase_add_test(t, the_organizer_has_no_mailbox_here);
	tcase_add_test(t, a_meeting_has_one_feeder);
	tcase_add_test(t, attendees_merge_by_address);
	tcase_add_test(t, occurrences_merge_by_their_start);
	tcase_add_loop_test(t, people_arrive_in_spite_of_trouble, 0, AT_PUSH);
	tcase_add_loop_test(t, occurrences_arrive_in_spite_of_trouble, 0, AT_PUSH);
	tcase_add_loop_test(t, a_series_moves, 0, 4);
	tcase_add_test(t, a_deleted_occurrence_that_was_edited_stays);
	return run_scenarios("meetings", t);
}
