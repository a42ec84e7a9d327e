/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine of the lane act, one story a test: the real rooms, SQLite and the simulated mail
 * system.
 */
#include "tests/simulation/sync_test.h"

START_TEST(an_item_becomes_a_record)
{
	int item = simmail_user_create(world.sim, world.users[eva].box, BRG_CONTACT,
				       "given=Ada\nsurname=Byron\nemail1=ada@example.org");
	struct brg_id id;

	ck_assert_int_ge(item, 0);
	assert_ok(world_visit(&world, eva));
	id = only(BRG_CONTACT);
	assert_has(world_json(&world, &id), "\"given\":\"Ada\"");
	ck_assert_int_eq(world_item(&world, eva, &id), item);
	world_rounds(&world, 1);
	assert_quiet();
}
END_TEST

/* What does not fit together is parked, alone, and comes in when somebody has mended it. */
START_TEST(a_broken_item_among_good_ones)
{
	int broken = -1;

	for (int i = 0; i < 5; i++) {
		int item = simmail_user_create(
			world.sim, box_of(eva), BRG_APPOINTMENT,
			arena_printf(world.scratch,
				     "subject=a%d\nstart=2027-02-02T09:00:00 Europe/Stockholm\n"
				     "end=2027-02-02T%s:00:00 Europe/Stockholm",
				     i, i == 2 ? "08" : "10"));

		ck_assert_int_ge(item, 0);
		broken = i == 2 ? item : broken;
	}
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 4);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), broken,
				    "end=2027-02-02T11:00:00 Europe/Stockholm"));
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_APPOINTMENT), 5);
}
END_TEST

START_TEST(untracked_items_are_nobodys_business)
{
	int item = simmail_user_create(world.sim, world.users[bo].box, BRG_CONTACT, "given=Ada");

	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	simmail_user_track(world.sim, world.users[bo].box, item, true);
	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	assert_quiet();
}
END_TEST

START_TEST(edits_go_both_ways)
{
	int item = simmail_user_create(world.sim, world.users[eva].box, BRG_TASK,
				       "subject=Call\ndue=2026-12-01");
	struct brg_id id;

	assert_ok(world_visit(&world, eva));
	id = only(BRG_TASK);
	ck_assert(simmail_user_edit(world.sim, world.users[eva].box, item, "subject=Call Ada"));
	assert_ok(world_visit(&world, eva));
	assert_has(world_json(&world, &id), "Call Ada");
	ck_assert(world_edit(&world, &id, "{\"subject\":\"Call Bo\"}"));
	assert_ok(world_visit(&world, eva));
	ck_assert_str_eq(there(eva, item, "subject"), "Call Bo");
	world_rounds(&world, 1);
	assert_quiet();
}
END_TEST

START_TEST(both_sides_change_different_fields)
{
	int item = simmail_user_create(world.sim, world.users[eva].box, BRG_CONTACT,
				       "given=Ada\nsurname=Byron\njob_title=Poet");
	struct brg_id id;

	world_rounds(&world, 2);
	id = only(BRG_CONTACT);
	ck_assert(simmail_user_edit(world.sim, world.users[eva].box, item, "job_title=Programmer"));
	ck_assert(world_edit(&world, &id, "{\"mobile_phone\":\"+46 70 1\"}"));
	world_rounds(&world, 2);
	assert_has(world_json(&world, &id), "Programmer");
	assert_has(world_json(&world, &id), "+46 70 1");
	ck_assert_str_eq(there(eva, item, "job_title"), "Programmer");
	ck_assert_str_eq(there(eva, item, "mobile_phone"), "+46 70 1");
	assert_quiet();
}
END_TEST

START_TEST(a_filter_brings_records)
{
	struct brg_id id, other;
	int item;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	id = world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ada\",\"surname\":\"Byron\"}");
	other = world_new(&world, eva, BRG_CONTACT, "{\"given\":\"Eva\"}");
	world_rounds(&world, 2);
	item = world_item(&world, bo, &id);
	ck_assert_str_eq(there(bo, item, "given"), "Ada");
	ck_assert_int_eq(world_item(&world, bo, &other), -1);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	world_rounds(&world, 1);
	assert_quiet();
}
END_TEST

/* However many there are: any of them lets a record through. */
START_TEST(a_hundred_filters)
{
	struct brg_id ids[3];

	for (int i = 0; i < 100; i++)
		world_filter(&world, bo, BRG_TASK,
			     arena_printf(world.scratch, "subject = \"s%d\"", i));
	for (int i = 0; i < 3; i++)
		ids[i] = world_new(&world, eva, BRG_TASK,
				   i == 0   ? "{\"subject\":\"s0\"}"
				   : i == 1 ? "{\"subject\":\"s99\"}"
					    : "{\"subject\":\"s100\"}");
	assert_ok(world_visit(&world, bo));
	world_rounds(&world, 1);
	ck_assert_int_ge(world_item(&world, bo, &ids[0]), 0);
	ck_assert_int_ge(world_item(&world, bo, &ids[1]), 0);
	ck_assert_int_eq(world_item(&world, bo, &ids[2]), -1);
}
END_TEST

START_TEST(first_contact_adopts)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	id = world_new(&world, bo, BRG_CONTACT,
		       "{\"given\":\"Ada\",\"surname\":\"Byron\",\"email1\":\"ada@example.org\","
		       "\"job_title\":\"Poet\"}");
	item = simmail_user_create(world.sim, world.users[bo].box, BRG_CONTACT,
				   "given=Ada\nsurname=Byron\nfull_name=Ada Byron\n"
				   "email1=Ada@Example.org\nmobile_phone=1");
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_str_eq(there(bo, item, "job_title"), "Poet");
	assert_has(world_json(&world, &id), "\"mobile_phone\":\"1\"");
	assert_quiet();
}
END_TEST

/* Two cards of one person: one of them is the record's, the other stays nobody's. */
START_TEST(first_contact_adopts_one)
{
	static const char card[] = "given=Ada\nsurname=Byron\nemail1=ada@example.org";
	struct brg_id id;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	id = world_new(&world, bo, BRG_CONTACT,
		       "{\"given\":\"Ada\",\"surname\":\"Byron\",\"email1\":\"ada@example.org\"}");
	for (int i = 0; i < 2; i++)
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(bo), BRG_CONTACT, card), 0);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 2);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	ck_assert_uint_eq(live_links(&id), 1);
	assert_quiet();
}
END_TEST

START_TEST(a_deleted_task_goes_on_the_other_side)
{
	struct brg_id ids[2];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < 2; i++)
		ids[i] = world_new(&world, bo, BRG_TASK,
				   i ? "{\"subject\":\"one\"}" : "{\"subject\":\"two\"}");
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 2);
	simmail_user_delete(world.sim, world.users[bo].box, world_item(&world, bo, &ids[0]), false);
	world_delete(&world, &ids[1]);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_str_eq(world_json(&world, &ids[0]), "gone");
	assert_quiet();
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

START_TEST(leaving_the_filter_unlinks_and_coming_back_links_again)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me and subject begins \"x\"");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"x one\"}");
	world_rounds(&world, 2);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"one\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"x two\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_str_eq(there(bo, item, "subject"), "x two");
	assert_quiet();
}
END_TEST

/* Its item was thrown away meanwhile, when it was nobody's: it is made again. */
START_TEST(coming_back_to_the_filter_makes_what_is_gone)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me and subject begins \"x\"");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"x one\"}");
	world_rounds(&world, 2);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"one\"}"));
	world_rounds(&world, 2);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_str_ne(world_json(&world, &id), "gone");
	ck_assert(world_edit(&world, &id, "{\"subject\":\"x two\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &id), "subject"), "x two");
	assert_quiet();
}
END_TEST

/* While the record was out of the filters its item was marked, and said something else than the
 * record by then: it is another record's. _i: and that one leaves as well; both come back at the
 * same moment, and both have known the item. */
START_TEST(coming_back_when_the_item_is_anothers)
{
	struct brg_id first, second = { { 0 } };
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = BRG_TASK };
	int item = simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=x one");
	struct brg_row *rows;
	size_t n;

	world_filter(&world, bo, BRG_TASK, "owner = me and subject begins \"x\"");
	simmail_user_track(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	first = only(BRG_TASK);
	/* From here on it is there by the filter as well. */
	ck_assert(world_edit(&world, &first, "{\"body\":\"more\"}"));
	world_rounds(&world, 2);
	simmail_user_track(world.sim, box_of(bo), item, false);
	world_rounds(&world, 2);
	ck_assert(world_edit(&world, &first, "{\"subject\":\"one\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &first), -1);
	simmail_user_track(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++)
		if (!brg_id_eq(&rows[i].u.record.id, &first))
			second = rows[i].u.record.id;
	ck_assert_int_eq(world_item(&world, bo, &second), item);
	if (_i) {
		ck_assert(world_edit(&world, &second, "{\"body\":\"more\"}"));
		world_rounds(&world, 2);
		simmail_user_track(world.sim, box_of(bo), item, false);
		world_rounds(&world, 2);
		ck_assert(world_edit(&world, &second, "{\"subject\":\"two\"}"));
		world_rounds(&world, 2);
		ck_assert_int_eq(world_item(&world, bo, &second), -1);
		ck_assert(world_edit(&world, &second, "{\"subject\":\"x two\"}"));
	}
	ck_assert(world_edit(&world, &first, "{\"subject\":\"x one\"}"));
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 2);
	ck_assert_int_ge(world_item(&world, bo, &first), 0);
	ck_assert_int_ge(world_item(&world, bo, &second), 0);
	ck_assert_int_ne(world_item(&world, bo, &first), world_item(&world, bo, &second));
}
END_TEST

/* He takes the mark away, throws the card away, writes it anew and marks that: the same record. */
START_TEST(a_mark_on_a_new_item_finds_the_record)
{
	static const char card[] = "given=Ann\nsurname=Lind\nemail1=ann.lind@x.example";
	int item = simmail_user_create(world.sim, box_of(bo), BRG_CONTACT, card);
	struct brg_id id;

	simmail_user_track(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	id = only(BRG_CONTACT);
	simmail_user_track(world.sim, box_of(bo), item, false);
	world_rounds(&world, 3);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	world_rounds(&world, 2);
	item = simmail_user_create(world.sim, box_of(bo), BRG_CONTACT, card);
	simmail_user_track(world.sim, box_of(bo), item, true);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
}
END_TEST

/* Two mailboxes have it; whichever made it private, the other's stays as it is and parts. */
START_TEST(private_in_either_mailbox)
{
	int who[2] = { _i % 2 ? bo : eva, _i % 2 ? eva : bo }, kept;
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "subject begins \"x\"");
	world_filter(&world, eva, BRG_TASK, "subject begins \"x\"");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"x one\"}");
	world_rounds(&world, 3);
	kept = world_item(&world, who[1], &id);
	ck_assert_int_ge(kept, 0);
	ck_assert_int_ge(world_item(&world, who[0], &id), 0);
	simmail_user_private(world.sim, box_of(who[0]), world_item(&world, who[0], &id), true);
	assert_ok(world_visit(&world, who[0]));
	/* Even where the record says something new before the other is visited. */
	if (_i >= 2)
		ck_assert(world_edit(&world, &id, "{\"subject\":\"x two\"}"));
	world_rounds(&world, 4);
	assert_not(world_json(&world, &id), "x one");
	if (_i < 2)
		ck_assert_uint_eq(live_links(&id), 0);
	ck_assert_int_ne(world_item(&world, who[1], &id), kept);
	ck_assert_str_eq(there(who[1], kept, "subject"), "x one");
}
END_TEST

START_TEST(an_item_moves_and_stays_linked)
{
	int box = world.users[eva].box, other, item;
	struct brg_id id;

	other = simmail_add_folder(world.sim, box, "Old", BRG_KIND_BIT(BRG_TASK));
	item = simmail_user_create(world.sim, box, BRG_TASK, "subject=Move me");
	world_rounds(&world, 2);
	id = only(BRG_TASK);
	ck_assert(simmail_user_move(world.sim, box, item, other));
	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
	ck_assert_int_ge(world_item(&world, eva, &id), 0);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"Moved\"}"));
	world_rounds(&world, 1);
	ck_assert_str_eq(there(eva, world_item(&world, eva, &id), "subject"), "Moved");
	assert_quiet();
}
END_TEST

/* ---- visits that end early ------------------------------------------------------------------*/

#define PAGES 450 /* more than two pages of the inbox */

/* What lies in the rest of the inbox may be the same as a record: nothing is made before. */
START_TEST(a_first_contact_in_several_visits_makes_no_doubles)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < PAGES; i++) {
		const char *subject = arena_printf(world.scratch, "task %d", i);

		(void)world_new(&world, bo, BRG_TASK,
				arena_printf(world.scratch,
					     "{\"subject\":\"%s\",\"due\":\"2026-12-01\"}",
					     subject));
		ck_assert_int_ge(
			simmail_user_create(
				world.sim, world.users[bo].box, BRG_TASK,
				arena_printf(world.scratch, "subject=%s\ndue=2026-12-01", subject)),
			0);
	}
	world.engine.visit_steps = 1;
	for (int i = 0; i < 5; i++)
		assert_ok(world_visit(&world, bo));
	world.engine.visit_steps = 400;
	world_rounds(&world, 1);
	ck_assert_int_eq(items(bo, BRG_TASK), PAGES);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), PAGES);
	assert_quiet();
}
END_TEST

/* And nothing is deleted: there may be the other half of a move. */
START_TEST(a_move_in_the_rest_of_the_inbox_is_no_deletion)
{
	int box = world.users[eva].box, other, item[PAGES];
	struct brg_id id;

	other = simmail_add_folder(world.sim, box, "Old", BRG_KIND_BIT(BRG_TASK));
	item[0] = simmail_user_create(world.sim, box, BRG_TASK, "subject=Move me");
	assert_ok(world_visit(&world, eva));
	id = only(BRG_TASK);
	for (int i = 1; i < PAGES; i++)
		item[i] = simmail_user_create(world.sim, box, BRG_TASK,
					      arena_printf(world.scratch, "subject=task %d", i));
	world_rounds(&world, 2);
	for (int i = 1; i < PAGES; i++)
		ck_assert(simmail_user_edit(world.sim, box, item[i], "due=2026-12-01"));
	ck_assert(simmail_user_move(world.sim, box, item[0], other));
	world.engine.visit_steps = 1;
	/* A page at a time, though all is told by the third. */
	for (int i = 0; i < 5; i++) {
		assert_ok(world_visit(&world, eva));
		ck_assert((in_inbox(eva) > 0) == (i < 4));
	}
	world.engine.visit_steps = 400;
	world_rounds(&world, 1);
	ck_assert_str_ne(world_json(&world, &id), "gone");
	ck_assert_int_ge(world_item(&world, eva, &id), 0);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), PAGES);
	assert_quiet();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, an_item_becomes_a_record);
	tcase_add_test(t, a_broken_item_among_good_ones);
	tcase_add_test(t, untracked_items_are_nobodys_business);
	tcase_add_test(t, edits_go_both_ways);
	tcase_add_test(t, both_sides_change_different_fields);
	tcase_add_test(t, a_filter_brings_records);
	tcase_add_test(t, a_hundred_filters);
	tcase_add_test(t, first_contact_adopts);
	tcase_add_test(t, first_contact_adopts_one);
	tcase_add_test(t, a_deleted_task_goes_on_the_other_side);
	tcase_add_test(t, leaving_the_filter_unlinks_and_coming_back_links_again);
	tcase_add_test(t, coming_back_to_the_filter_makes_what_is_gone);
	tcase_add_loop_test(t, coming_back_when_the_item_is_anothers, 0, 2);
	tcase_add_test(t, a_mark_on_a_new_item_finds_the_record);
	tcase_add_loop_test(t, private_in_either_mailbox, 0, 4);
	tcase_add_test(t, an_item_moves_and_stays_linked);
	tcase_add_test(t, a_first_contact_in_several_visits_makes_no_doubles);
	tcase_add_test(t, a_move_in_the_rest_of_the_inbox_is_no_deletion);
	return run_scenarios("sync", t);
}
