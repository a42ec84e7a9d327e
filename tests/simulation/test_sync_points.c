/* SPDX-License-Identifier: Apache-2.0
 *
 * At every point of a busy visit something goes wrong once: a read or a commit of the store, a call
 * to the server, the worker, the power. The visit says so, and the next ones lose nothing and make
 * nothing twice.
 */
#include "tests/simulation/points.h"

static struct brg_id task, met, torn, gone_here, gone_there, fresh;
static int met_item, torn_item, gone_item, new_item, moved_item, old;

static struct brg_id put(const char *json)
{
	return world_new(&world, bo, BRG_TASK, json);
}

/* Something for every room of the visit. */
static void make_busy(void)
{
	int twin;

	old = simmail_add_folder(world.sim, box_of(bo), "old", BRG_KIND_BIT(BRG_TASK));
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_policy(&world, BRG_TASK, POLICY_ASK);
	task = put("{\"subject\":\"task\"}");
	met = put("{\"subject\":\"met\"}");
	torn = put("{\"subject\":\"torn\"}");
	gone_here = put("{\"subject\":\"gone here\"}");
	gone_there = put("{\"subject\":\"gone there\"}");
	moved_item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=moved");
	simmail_user_track(world.sim, box_of(bo), moved_item, true);
	world_rounds(&world, 4);
	met_item = world_item(&world, bo, &met);
	gone_item = world_item(&world, bo, &gone_there);
	/* A conflict that waits for a person. */
	torn_item = world_item(&world, bo, &torn);
	ck_assert(world_edit(&world, &torn, "{\"subject\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), torn_item, "subject=theirs"));
	world_rounds(&world, 1);
	ck_assert(world_edit(&world, &torn, "{\"body\":\"more\"}"));
	/* An intent that nobody knows the end of. */
	ck_assert(world_edit(&world, &task, "{\"body\":\"text\"}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert(world_edit(&world, &met, "{\"body\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), met_item, "importance=high"));
	world_delete(&world, &gone_here);
	simmail_user_delete(world.sim, box_of(bo), gone_item, true);
	ck_assert(simmail_user_move(world.sim, box_of(bo), moved_item, old));
	new_item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=new");
	simmail_user_track(world.sim, box_of(bo), new_item, true);
	twin = simmail_user_copy(world.sim, box_of(bo), met_item, old);
	ck_assert_int_ge(twin, 0);
	fresh = put("{\"subject\":\"fresh\"}");
}

static void assert_all_is_well(void)
{
	ck_assert_str_eq(there(bo, world_item(&world, bo, &task), "body"), "text");
	ck_assert_str_eq(there(bo, met_item, "body"), "ours");
	assert_has(world_json(&world, &met), "\"high\"");
	ck_assert_str_eq(there(bo, torn_item, "body"), "more");
	ck_assert_str_eq(there(bo, torn_item, "subject"), "theirs");
	assert_has(world_json(&world, &torn), "\"ours\"");
	ck_assert_str_eq(world_json(&world, &gone_here), "gone");
	ck_assert_str_eq(world_json(&world, &gone_there), "gone");
	ck_assert_int_ge(world_item(&world, bo, &fresh), 0);
	/* task, met, torn, fresh, moved, new; the copy is tracked no more and no less than its
	 * like. */
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 6);
	ck_assert_int_eq(items(bo, BRG_TASK), 7);
}

START_TEST(work_of_all_kinds)
{
	make_busy();
	keep_moment(2);
	assert_all_is_well();
	at_all_points();
}
END_TEST

#define CONTACT(user, lines) simmail_user_create(world.sim, box_of(user), BRG_CONTACT, lines)

/* The only item of a user with this subject. */
static int item_named(int user, const char *subject)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(user)].now;

	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used && strcmp(there(user, (int)i, "subject"), subject) == 0)
			return (int)i;
	ck_abort_msg("no item %s", subject);
	return -1;
}

/* What people and the CRM have before they know of each other. */
START_TEST(first_contact)
{
	struct brg_id anna, solo, call;
	int item;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	world_filter(&world, bo, BRG_CONTACT, "job_title = \"Smith\"");
	world_filter(&world, bo, BRG_TASK, "owner = me and status != completed");
	anna = world_new(&world, bo, BRG_CONTACT,
			 "{\"given\":\"Anna\",\"surname\":\"Lind\",\"email1\":\"anna@x.example\","
			 "\"company\":\"Lind AB\"}");
	solo = world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Solo\",\"surname\":\"Berg\"}");
	for (int i = 0; i < 2; i++)
		(void)world_new(
			&world, bo, BRG_CONTACT,
			"{\"given\":\"Twin\",\"surname\":\"Ek\",\"email1\":\"t@x.example\"}");
	call = world_new(&world, bo, BRG_TASK, "{\"subject\":\"call\"}");
	(void)world_new(&world, bo, BRG_TASK, "{\"subject\":\"done\",\"status\":\"completed\"}");
	item = CONTACT(bo, "given=Anna\nsurname=Lind\nemail1=anna@x.example\nmobile_phone=123");
	(void)CONTACT(bo, "given=Twin\nsurname=Ek\nemail1=t@x.example");
	(void)CONTACT(bo, "given=Nobody\nsurname=Knows");
	simmail_user_private(world.sim, box_of(bo), CONTACT(bo, "given=Secret\nsurname=Al"), true);
	simmail_user_track(world.sim, box_of(bo), CONTACT(bo, "given=New\nsurname=Alm"), true);
	(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=hers");
	(void)simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				  "subject=Plan\n"
				  "start=2027-02-02T09:00:00 Europe/Stockholm\n"
				  "end=2027-02-02T10:00:00 Europe/Stockholm\n"
				  "attendees/bo@example.com/role=required");
	simmail_user_track(world.sim, box_of(bo), item_named(bo, "Plan"), true);
	keep_moment(3);
	ck_assert_int_eq(world_item(&world, bo, &anna), item);
	assert_has(world_json(&world, &anna), "\"123\"");
	ck_assert_str_eq(there(bo, item, "company"), "Lind AB");
	ck_assert_int_ge(world_item(&world, bo, &solo), 0);
	ck_assert_int_ge(world_item(&world, bo, &call), 0);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 5);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 3);
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 1);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 8);
	at_all_points();
}
END_TEST

/* Filters that are left and met again, things that became private, or lie elsewhere. */
START_TEST(comings_and_goings)
{
	struct brg_id leaves, comes, late, hidden, outside, moved;
	int attic = simmail_add_folder(world.sim, box_of(bo), "attic", BRG_KIND_BIT(BRG_TASK)),
	    item;

	world_filter(&world, bo, BRG_TASK, "owner = me and status != completed");
	world_filter(&world, bo, BRG_CONTACT, "job_title = \"Smith\"");
	world_filter(&world, eva, BRG_CONTACT, "job_title = \"Smith\"");
	leaves = put("{\"subject\":\"leaves\"}");
	comes = put("{\"subject\":\"comes\"}");
	outside = put("{\"subject\":\"outside\"}");
	moved = put("{\"subject\":\"moved\"}");
	hidden = world_new(&world, bo, BRG_CONTACT,
			   "{\"given\":\"Hid\",\"surname\":\"Den\",\"job_title\":\"Smith\"}");
	world_rounds(&world, 4);
	ck_assert(world_edit(&world, &comes, "{\"status\":\"completed\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &comes), -1);
	/* The write times out and is done later. */
	late = put("{\"subject\":\"late\"}");
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	(void)world_visit(&world, bo);
	ck_assert(world_edit(&world, &leaves, "{\"status\":\"completed\"}"));
	ck_assert(world_edit(&world, &comes, "{\"status\":\"not_started\"}"));
	simmail_user_private(world.sim, box_of(bo), world_item(&world, bo, &hidden), true);
	item = world_item(&world, bo, &outside);
	ck_assert(simmail_user_move(world.sim, box_of(bo), item, attic));
	simmail_unmap_folder(world.sim, box_of(bo), attic, true);
	/* Deleted, and put back by hand. */
	item = world_item(&world, bo, &moved);
	simmail_user_delete(world.sim, box_of(bo), item, false);
	keep_moment(3);
	ck_assert_int_eq(world_item(&world, bo, &leaves), -1);
	ck_assert_int_ge(world_item(&world, bo, &comes), 0);
	ck_assert_int_ge(world_item(&world, bo, &late), 0);
	ck_assert_int_eq(world_item(&world, bo, &outside), -1);
	ck_assert_str_eq(world_json(&world, &moved), "gone");
	assert_not(world_json(&world, &hidden), "Hid");
	ck_assert_int_eq(world_item(&world, eva, &hidden), -1);
	ck_assert_int_eq(items(eva, BRG_CONTACT), 1);
	at_all_points();
}
END_TEST

#define AT                                                                             \
	"\"start\":{\"local\":\"2027-02-02T09:00:00\",\"zone\":\"Europe/Stockholm\"}," \
	"\"end\":{\"local\":\"2027-02-02T10:00:00\",\"zone\":\"Europe/Stockholm\"}"

/* One meeting in two mailboxes; some that nobody has organized yet. */
START_TEST(meetings)
{
	struct brg_id made, grown;
	int item;

	world.rules.invite = true;
	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	item = simmail_user_create(world.sim, box_of(eva), BRG_APPOINTMENT,
				   "subject=Plan\n"
				   "start=2027-02-03T09:00:00 Europe/Stockholm\n"
				   "end=2027-02-03T10:00:00 Europe/Stockholm\n"
				   "attendees/bo@example.com/role=required\n"
				   "attendees/x@elsewhere.example/role=optional");
	ck_assert_int_ge(item, 0);
	simmail_user_track(world.sim, box_of(bo), item_named(bo, "Plan"), true);
	grown = world_new(&world, bo, BRG_APPOINTMENT, "{\"subject\":\"grown\"," AT "}");
	world_rounds(&world, 4);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "location=Attic"));
	ck_assert(simmail_user_respond(world.sim, box_of(bo), item_named(bo, "Plan"), "accepted"));
	ck_assert(world_edit(&world, &grown,
			     "{\"attendees\":{\"y@elsewhere.example\":{\"role\":\"required\"}}}"));
	made = world_new(&world, bo, BRG_APPOINTMENT,
			 "{\"subject\":\"new one\"," AT
			 ",\"attendees\":{\"z@elsewhere.example\":{\"role\":\"required\"}}}");
	keep_moment(3);
	assert_has(world_json(&world, &grown), "\"organizer\":\"bo@example.com\"");
	assert_has(world_json(&world, &made), "\"organizer\"");
	ck_assert_int_ge(world_item(&world, bo, &made), 0);
	at_all_points();
}
END_TEST

/* Much at once, in both directions, and a filter less: people look at plans, and say yes. */
START_TEST(plans_are_approved)
{
	struct brg_id many[6];

	world.rules.plan_deletes_min = 3;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	for (int i = 0; i < 6; i++) {
		char json[64];

		(void)snprintf(json, sizeof(json), "{\"subject\":\"task %d\"}", i);
		many[i] = put(json);
	}
	world_rounds(&world, 4);
	for (int i = 0; i < 4; i++)
		simmail_user_delete(world.sim, box_of(bo), world_item(&world, bo, &many[i]), true);
	/* One that he has said yes to, and one that comes now. */
	world_rounds(&world, 2);
	ck_assert_uint_eq(approve_plans(), 1);
	ck_assert(world_edit(&world, &many[5], "{\"body\":\"more\"}"));
	(void)world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Solo\",\"surname\":\"Berg\"}");
	keep_moment(3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2);
	ck_assert_uint_ge(plans(), 1);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	at_all_points();
}
END_TEST

/* A filter more: all rests until a person says yes. */
START_TEST(other_filters)
{
	struct brg_id here = put("{\"subject\":\"here\"}");

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 4);
	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	(void)world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Solo\",\"surname\":\"Berg\"}");
	/* The same field on both sides, and another one later: whose time counts is looked up. */
	ck_assert(world_edit(&world, &here, "{\"subject\":\"ours\"}"));
	world.now_us += INT64_C(3600000000);
	world.sim->now_us = world.now_us;
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &here),
				    "subject=theirs"));
	world.now_us += INT64_C(3600000000);
	ck_assert(world_edit(&world, &here, "{\"body\":\"more\"}"));
	keep_moment(2);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &here), "body"), "more");
	assert_has(world_json(&world, &here), "\"theirs\"");
	at_all_points();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(set_up_points, teardown);

	tcase_add_test(t, work_of_all_kinds);
	tcase_add_test(t, first_contact);
	tcase_add_test(t, comings_and_goings);
	tcase_add_test(t, meetings);
	tcase_add_test(t, plans_are_approved);
	tcase_add_test(t, other_filters);
	return run_scenarios("sync_points", t);
}
