/* SPDX-License-Identifier: Apache-2.0
 *
 * What meets in one visit, or in one step: an item and its successor, a second try of what failed,
 * two mailboxes that want to hold the same meeting.
 */
#include "tests/simulation/sync_test.h"

static void later(int64_t hours)
{
	world.now_us += hours * INT64_C(3600000000);
}

static size_t rows_of(int what, int user)
{
	struct brg_query q = { .what = what, .mailbox = world.users[user].mailbox };
	size_t n;

	(void)world_rows(&world, &q, &n);
	return n;
}

/* An item became private, and before that was seen to it is gone, the cursor that would have told
 * of that is lost, and another item is the same to the eye. Both lie in the inbox at the same time.
 */
START_TEST(a_private_item_and_its_successor_come_together)
{
	static const char card[] = "given=Ann\nsurname=Lind\nemail1=ann.lind@x.example";
	int other = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, "given=Olof"), item,
	    next = -1;
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = BRG_CONTACT };
	struct brg_id id;
	size_t n;

	item = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, card);
	world_rounds(&world, 3);
	id = world_rows(&world, &q, &n)[0].u.record.id;
	ck_assert_uint_eq(n, 2);
	if (world_item(&world, eva, &id) != item)
		id = world_rows(&world, &q, &n)[1].u.record.id;
	ck_assert(simmail_user_edit(world.sim, box_of(eva), other, "job_title=Smith"));
	simmail_user_private(world.sim, box_of(eva), item, true);
	for (int i = 0; i < 4; i++) {
		ck_assert(simmail_script(world.sim, box_of(eva), SIMMAIL_GET, SIMMAIL_HANG_UP, 1));
		(void)world_visit(&world, eva);
		if (i)
			continue;
		simmail_user_delete(world.sim, box_of(eva), item, true);
		next = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, card);
		simmail_expire(world.sim, box_of(eva), SIMMAIL_CONTACTS);
	}
	ck_assert_uint_ge(rows_of(BRG_READ_INBOX, eva), 2);
	for (int i = 0; i < 4; i++) {
		later(1);
		world_rounds(&world, 1);
	}
	ck_assert_uint_eq(rows_of(BRG_READ_INBOX, eva), 0);
	assert_not(world_json(&world, &id), "Lind");
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 3);
	ck_assert_str_eq(there(eva, next, "surname"), "Lind");
	assert_quiet();
}
END_TEST

static void edit_other(struct simmail *sim, int box, int call, void *arg)
{
	static int n;

	(void)call;
	ck_assert(simmail_user_edit(sim, box, *(int *)arg,
				    n++ & 1 ? "importance=low" : "importance=high"));
}

/* A deletion whose answer says nothing is tried again when its time has come, and fails again. In
 * the same visit somebody is faster with another item, so that it pushes once more: not that one.
 */
START_TEST(what_fails_again_waits_again)
{
	struct brg_id id, other;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	other = world_new(&world, bo, BRG_TASK, "{\"subject\":\"two\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &other);
	simmail_on_meanwhile(edit_other, &item);
	world_delete(&world, &id);
	for (int i = 0; i < 2; i++) {
		ck_assert(world_edit(&world, &other,
				     arena_printf(world.scratch, "{\"body\":\"%d\"}", i)));
		/* Changes go first, deletions after them. */
		ck_assert(
			simmail_script(world.sim, box_of(bo), SIMMAIL_PUSH, SIMMAIL_MEANWHILE, 1));
		for (uint32_t call = 2; call <= 4; call += 2)
			if (call == 2 || i)
				ck_assert(simmail_script(world.sim, box_of(bo), SIMMAIL_PUSH,
							 SIMMAIL_PARTIAL, call));
		later(24);
		(void)world_visit(&world, bo);
		ck_assert_uint_le(rows_of(BRG_READ_INTENTS, bo), 1);
	}
	simmail_on_meanwhile(NULL, NULL);
	for (int i = 0; i < 4; i++) {
		later(24);
		world_rounds(&world, 1);
	}
	ck_assert_uint_eq(rows_of(BRG_READ_INTENTS, bo), 0);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_eq(world_json(&world, &id), "gone");
	assert_quiet();
}
END_TEST

static uint32_t pushes(void)
{
	return world.sim->boxes[box_of(bo)].calls[SIMMAIL_PUSH];
}

/* Somebody is faster at every write: after three rounds the next visit goes on. */
START_TEST(three_rounds)
{
	struct brg_id id;
	uint32_t before;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	simmail_on_meanwhile(edit_other, &item);
	for (uint32_t n = 1; n <= 8; n++)
		trouble(bo, SIMMAIL_PUSH, SIMMAIL_MEANWHILE, n);
	before = pushes();
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(pushes(), before + 3);
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(pushes(), before + 6);
	calm();
	simmail_on_meanwhile(NULL, NULL);
	ck_assert_str_eq(there(bo, item, "subject"), "two");
}
END_TEST

/* A failure behind a refusal is the visit's failure. */
START_TEST(a_failure_behind_a_refusal)
{
	struct brg_id id, other;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	other = world_new(&world, bo, BRG_TASK, "{\"subject\":\"two\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &other);
	ck_assert(world_edit(&world, &other, "{\"body\":\"text\"}"));
	world_delete(&world, &id);
	simmail_on_meanwhile(edit_other, &item);
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_MEANWHILE, 1);
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_HANG_UP, 2);
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	simmail_on_meanwhile(NULL, NULL);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_eq(there(bo, item, "body"), "text");
}
END_TEST

/* A record with attendees that several mailboxes are to have: one of them holds the meeting. */
START_TEST(a_meeting_is_held_once)
{
	struct brg_id id;
	int made = 0;

	world_filter(&world, bo, BRG_APPOINTMENT, "subject = \"Plan\"");
	world_filter(&world, eva, BRG_APPOINTMENT, "subject = \"Plan\"");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_APPOINTMENT,
		       _i ? "{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\","
			    "\"zone\":\"Europe/Stockholm\"},\"end\":{\"local\":"
			    "\"2027-03-03T12:00:00\",\"zone\":\"Europe/Stockholm\"}}"
			  : "{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\","
			    "\"zone\":\"Europe/Stockholm\"},\"end\":{\"local\":"
			    "\"2027-03-03T12:00:00\",\"zone\":\"Europe/Stockholm\"},\"attendees\":"
			    "{\"x@elsewhere.example\":{\"role\":\"required\"}}}");
	world_rounds(&world, 2);
	if (_i) {
		/* Nobody was invited: each has it for himself. Then somebody is. */
		ck_assert_int_eq(items(bo, BRG_APPOINTMENT) + items(eva, BRG_APPOINTMENT), 2);
		ck_assert(world_edit(&world, &id,
				     "{\"attendees\":{\"x@elsewhere.example\":"
				     "{\"role\":\"required\"}}}"));
		world_rounds(&world, 3);
	}
	for (int u = 0; u < 2; u++) {
		int user = u ? eva : bo, item = world_item(&world, user, &id);

		made += strcmp(there(user, item, "attendees/x@elsewhere.example/role"),
			       "required") == 0;
	}
	ck_assert_int_eq(made, 1);
	assert_has(world_json(&world, &id), "\"organizer\":\"bo@example.com\"");
	assert_quiet();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, a_private_item_and_its_successor_come_together);
	tcase_add_test(t, what_fails_again_waits_again);
	tcase_add_test(t, three_rounds);
	tcase_add_test(t, a_failure_behind_a_refusal);
	tcase_add_loop_test(t, a_meeting_is_held_once, 0, 2);
	return run_scenarios("sync_races", t);
}
