/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides have changed the same: whose time counts, several conflicts of one link, and people
 * who edit while we write.
 */
#include "tests/simulation/sync_test.h"

static struct brg_id id;
static int item;

static void one_task(int policy)
{
	world_policy(&world, BRG_TASK, policy);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
}

static void later(void)
{
	world.now_us += INT64_C(3600000000);
	world.sim->now_us = world.now_us;
}

static void edit_there(const char *lines)
{
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, lines));
}

static void edit_here(const char *json)
{
	ck_assert(world_edit(&world, &id, json));
}

/* Another field of the record that was edited later does not make this one newer. _i: who was last
 * with the subject. */
START_TEST(each_group_has_its_own_time)
{
	one_task(POLICY_NEWEST);
	if (_i) {
		edit_there("subject=theirs");
		later();
	}
	edit_here("{\"subject\":\"ours\"}");
	later();
	if (!_i) {
		edit_there("subject=theirs");
		later();
	}
	edit_here("{\"body\":\"more\"}");
	later();
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), _i ? "ours" : "theirs");
	assert_has(world_json(&world, &id), _i ? "\"ours\"" : "\"theirs\"");
	ck_assert_str_eq(there(bo, item, "body"), "more");
}
END_TEST

static size_t open_conflicts(struct brg_conflict_row *first, const char *group)
{
	struct brg_query q = { .what = BRG_READ_CONFLICTS };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.conflict.group, brg_cstr(group)))
			*first = rows[i].u.conflict;
	return n;
}

static void settle(struct brg_conflict_row c, int resolution)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	c.resolution = resolution;
	c.who = brg_cstr("a person");
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_CONFLICT, BRG_ANY)->u.conflict = c;
	step_add(&step, BRG_OP_RECHECK, BRG_ANY)->u.recheck = (struct brg_recheck){ .record = id };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "settle");
}

/* Three of them; a person settles one, then the next: the others wait on. */
START_TEST(one_conflict_of_several_is_settled)
{
	static const char *const groups[] = { "body", "subject", "importance" };
	struct brg_conflict_row c = { 0 };

	one_task(POLICY_ASK);
	edit_here("{\"subject\":\"ours\",\"body\":\"ours\",\"importance\":\"high\"}");
	edit_there("subject=theirs\nbody=theirs\nimportance=low");
	calm();
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(open_conflicts(&c, groups[i]), 3 - i);
		settle(c, i == 1 ? BRG_TAKE_ITEM : BRG_TAKE_RECORD);
		calm();
		ck_assert_str_eq(there(bo, item, "body"), "ours");
		ck_assert_str_eq(there(bo, item, "subject"), "theirs");
		ck_assert_str_eq(there(bo, item, "importance"), i == 2 ? "high" : "low");
		assert_has(world_json(&world, &id),
			   i ? "\"subject\":\"theirs\"" : "\"subject\":\"ours\"");
	}
	ck_assert_uint_eq(open_conflicts(&c, ""), 0);
}
END_TEST

/* Somebody makes it right by hand: there is no conflict any more. */
START_TEST(a_conflict_that_is_none_any_more)
{
	struct brg_conflict_row c = { 0 };

	one_task(POLICY_ASK);
	edit_here("{\"subject\":\"ours\"}");
	edit_there("subject=theirs");
	calm();
	ck_assert_uint_eq(open_conflicts(&c, "subject"), 1);
	if (_i)
		edit_here("{\"subject\":\"theirs\"}");
	else
		edit_there("subject=ours");
	calm();
	ck_assert_uint_eq(open_conflicts(&c, "subject"), 0);
	ck_assert_str_eq(there(bo, item, "subject"), _i ? "theirs" : "ours");
	/* And both are in step again. */
	edit_here("{\"subject\":\"next\"}");
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "next");
}
END_TEST

/* ---- directions -----------------------------------------------------------------------------*/

/* A group that does not travel in a direction does not travel with a new thing either. */
START_TEST(a_direction_holds_for_what_is_new)
{
	int other;

	world_rule(&world, BRG_TASK, "importance", DIRECTION_TO_SERVER, POLICY_NEWEST);
	world_rule(&world, BRG_TASK, "body", DIRECTION_TO_STORE, POLICY_NEWEST);
	world_rule(&world, BRG_TASK, "categories", DIRECTION_NONE, POLICY_NEWEST);
	world_filter(&world, bo, BRG_TASK, "owner = me and subject = \"here\"");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK,
		       "{\"subject\":\"here\",\"importance\":\"high\",\"body\":\"ours\","
		       "\"categories\":[\"Red\"]}");
	calm();
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "importance"), "high");
	ck_assert_str_eq(there(bo, item, "body"), "nothing");
	ck_assert_str_eq(there(bo, item, "categories"), "nothing");
	assert_has(world_json(&world, &id), "\"ours\"");
	assert_has(world_json(&world, &id), "\"Red\"");
	world_delete(&world, &id);
	calm();
	other = simmail_user_create(world.sim, box_of(bo), BRG_TASK,
				    "subject=there\nimportance=high\nbody=theirs\ncategories=Blue");
	simmail_user_track(world.sim, box_of(bo), other, true);
	calm();
	id = only(BRG_TASK);
	assert_not(world_json(&world, &id), "high");
	assert_has(world_json(&world, &id), "\"theirs\"");
	assert_not(world_json(&world, &id), "Blue");
	ck_assert_str_eq(there(bo, other, "importance"), "high");
	ck_assert_str_eq(there(bo, other, "categories"), "Blue");
}
END_TEST

/* ---- while we write -------------------------------------------------------------------------*/

static void edit_now(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	ck_assert(simmail_user_edit(sim, box, *(int *)arg, "importance=high\nsubject=theirs"));
}

/* Between the write and the reading of what has become of it. _i: at a record that was made, or
 * changed. */
START_TEST(an_edit_before_it_is_read_back)
{
	static int at; /* the first item of the mailbox */

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	at = 0;
	if (_i) {
		world_rounds(&world, 2);
		at = world_item(&world, bo, &id);
		edit_here("{\"body\":\"ours\"}");
	}
	simmail_on_meanwhile(edit_now, &at);
	trouble(bo, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	assert_ok(world_visit(&world, bo));
	simmail_on_meanwhile(NULL, NULL);
	calm();
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "subject"), "theirs");
	assert_has(world_json(&world, &id), "\"theirs\"");
	assert_has(world_json(&world, &id), "\"high\"");
	if (_i)
		ck_assert_str_eq(there(bo, item, "body"), "ours");
}
END_TEST

/* A task that was made there, and what has become of it was not read: the line broke, or the answer
 * was lost. */
static void make_unread(int lost)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\",\"importance\":\"high\"}");
	trouble(bo, lost ? SIMMAIL_PUSH : SIMMAIL_GET, lost ? SIMMAIL_LOSE_ANSWER : SIMMAIL_HANG_UP,
		1);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}

/* Made, and not read back since; a person has added something, and the record is deleted: nobody
 * can tell what he added from what the server fills in, so the item stays. */
START_TEST(an_addition_to_what_was_never_read)
{
	make_unread(_i);
	item = 0;
	edit_there("body=theirs");
	world_delete(&world, &id);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_eq(there(bo, item, "body"), "theirs");
	ck_assert_str_eq(world_json(&world, &id), "gone");
}
END_TEST

/* The same of a guest that he has added to a meeting. */
START_TEST(a_guest_in_what_was_never_read)
{
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	world_rounds(&world, 2);
	id = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"attendees\":{\"a@elsewhere.example\":{\"role\":"
		"\"required\"}}}");
	trouble(bo, SIMMAIL_GET, SIMMAIL_HANG_UP, 1);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(items(bo, BRG_APPOINTMENT), 1);
	item = 0;
	edit_there("attendees/b@elsewhere.example/role=required");
	world_delete(&world, &id);
	calm();
	ck_assert_int_eq(items(bo, BRG_APPOINTMENT), 1);
	ck_assert_str_eq(world_json(&world, &id), "gone");
}
END_TEST

/* Where nobody did anything it goes. */
START_TEST(what_was_never_read_goes_with_its_record)
{
	make_unread(_i);
	world_delete(&world, &id);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
}
END_TEST

/* Two mailboxes, a conflict with each: that one of them agrees is nothing to the other. */
START_TEST(each_mailbox_has_its_own)
{
	struct brg_conflict_row c = { 0 };
	int other;

	world_filter(&world, eva, BRG_TASK, "subject begins \"one\" or subject begins \"ours\"");
	one_task(POLICY_ASK);
	world_rounds(&world, 2);
	other = world_item(&world, eva, &id);
	ck_assert_int_ge(other, 0);
	edit_here("{\"subject\":\"ours\"}");
	edit_there("subject=bos");
	ck_assert(simmail_user_edit(world.sim, box_of(eva), other, "subject=evas"));
	world_rounds(&world, 3);
	ck_assert_uint_eq(open_conflicts(&c, "subject"), 2);
	edit_there("subject=ours");
	world_rounds(&world, 3);
	ck_assert_uint_eq(open_conflicts(&c, "subject"), 1);
	ck_assert_str_eq(there(eva, other, "subject"), "evas");
	assert_has(world_json(&world, &id), "\"ours\"");
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, each_group_has_its_own_time, 0, 2);
	tcase_add_test(t, one_conflict_of_several_is_settled);
	tcase_add_loop_test(t, a_conflict_that_is_none_any_more, 0, 2);
	tcase_add_test(t, a_direction_holds_for_what_is_new);
	tcase_add_loop_test(t, an_addition_to_what_was_never_read, 0, 2);
	tcase_add_test(t, a_guest_in_what_was_never_read);
	tcase_add_loop_test(t, what_was_never_read_goes_with_its_record, 0, 2);
	tcase_add_loop_test(t, an_edit_before_it_is_read_back, 0, 2);
	tcase_add_test(t, each_mailbox_has_its_own);
	return run_scenarios("sync_conflicts", t);
}
