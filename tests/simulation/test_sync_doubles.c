/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer was lost, the write was done again, and then the first one was done after all: the
 * mailbox has the thing twice. The double goes, unless somebody has made something of it.
 */
#include "tests/simulation/sync_test.h"

static struct brg_id id;
static int item, twin; /* what is linked, and its double */

static const struct {
	int kind;
	const char *json;
} things[] = {
	{ BRG_TASK, "{\"subject\":\"one\",\"body\":\"text\",\"importance\":\"high\","
		    "\"categories\":[\"Red\"]}" },
	{ BRG_CONTACT, "{\"given\":\"Ann\",\"surname\":\"Lind\",\"email1\":\"ann@x.example\","
		       "\"body\":\"text\"}" },
	{ BRG_APPOINTMENT,
	  "{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\",\"zone\":"
	  "\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
	  "\"Europe/Stockholm\"},\"body\":\"text\",\"attendees\":{\"x@elsewhere.example\":"
	  "{\"role\":\"required\"},\"y@elsewhere.example\":{\"role\":\"optional\"}}}" },
};

static int twin_of(int user, int kind)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(user)].now;

	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used && now->items[i].kind == kind && (int)i != item)
			return (int)i;
	return -1;
}

/* Eva takes everything in: what is let be becomes a record of its own. */
static void make_twins(int which)
{
	int kind = things[which].kind;

	world_filter(&world, eva, kind, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, kind, things[which].json);
	world.sim->late_calls = 1000;
	trouble(eva, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	(void)world_visit(&world, eva);
	world_rounds(&world, 2);
	item = world_item(&world, eva, &id);
	ck_assert_int_ge(item, 0);
	ck_assert_int_eq(items(eva, kind), 1);
	ck_assert_uint_eq(simmail_settle(world.sim), 1);
	ck_assert_int_eq(items(eva, kind), 2);
	twin = twin_of(eva, kind);
}

static void assert_one(int which)
{
	calm();
	ck_assert_int_eq(items(eva, things[which].kind), 1);
	ck_assert_uint_eq(world_count(&world, 0), 1);
	ck_assert_int_eq(world_item(&world, eva, &id), item);
}

static void assert_both(int which)
{
	calm();
	ck_assert_int_eq(items(eva, things[which].kind), 2);
	ck_assert_uint_eq(world_count(&world, 0), 2);
	ck_assert_int_eq(world_item(&world, eva, &id), item);
}

START_TEST(a_double_goes)
{
	make_twins(_i);
	assert_one(_i);
}
END_TEST

/* The record went on since, more than once: the double says what it said in the beginning. */
START_TEST(a_double_of_what_the_record_was_goes)
{
	static const char *const edits[3][3] = {
		{ "{\"subject\":\"two\"}", "{\"subject\":\"three\",\"body\":\"other\"}",
		  "{\"importance\":\"low\",\"categories\":[\"Blue\"]}" },
		{ "{\"surname\":\"Berg\"}", "{\"surname\":\"Ek\",\"email1\":\"a@y.example\"}",
		  "{\"body\":\"other\"}" },
		{ "{\"subject\":\"two\"}", "{\"subject\":\"three\",\"body\":\"other\"}",
		  "{\"attendees\":{\"x@elsewhere.example\":null,\"...\":null}}" },
	};

	make_twins(_i);
	for (int i = 0; i < 3; i++)
		ck_assert(world_edit(&world, &id, edits[_i][i]));
	assert_one(_i);
}
END_TEST

/* Whatever it is that somebody has made of it, first field or last, part or not. */
static const struct {
	int thing;
	const char *lines;
} made_of_it[] = {
	{ 0, "subject=mine" },
	{ 0, "body=mine" },
	{ 0, "importance=low" },
	{ 0, "categories=Green" },
	{ 1, "given=Eva" },
	{ 1, "body=mine" },
	{ 1, "email1=eva@x.example" },
	{ 2, "subject=mine" },
	{ 2, "body=mine" },
	{ 2, "attendees/z@elsewhere.example/role=required" },
	{ 2, "attendees/a@elsewhere.example/role=required" },
	{ 2, "start=2027-03-03T11:30:00 Europe/Stockholm" },
};

START_TEST(a_double_that_somebody_edited_stays)
{
	make_twins(made_of_it[_i].thing);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), twin, made_of_it[_i].lines));
	assert_both(made_of_it[_i].thing);
}
END_TEST

/* Somebody copies what we made, mark and all, after we wrote it once more: that is no double. */
START_TEST(a_copy_of_what_was_written_again_stays)
{
	int kind = things[_i].kind, copy;

	world_filter(&world, eva, kind, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, kind, things[_i].json);
	world_rounds(&world, 2);
	item = world_item(&world, eva, &id);
	for (int i = 0; i < 2; i++) {
		ck_assert(world_edit(&world, &id,
				     arena_printf(world.scratch, "{\"body\":\"b%d\"}", i)));
		world_rounds(&world, 2);
	}
	copy = simmail_user_copy(world.sim, box_of(eva), item,
				 simmail_at(world.sim, box_of(eva), item)->folder);
	ck_assert_int_ge(copy, 0);
	calm();
	ck_assert_int_eq(items(eva, kind), 2);
	ck_assert_int_eq(world_item(&world, eva, &id), item);
}
END_TEST

/* Servers list the organizer among those who come: that is nobody's doing. */
START_TEST(the_organizer_is_no_other_person)
{
	make_twins(2);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), twin,
				    "attendees/eva@example.com/role=required"));
	assert_one(2);
}
END_TEST

/* What one mailbox keeps to itself does not come back by the double of another. */
START_TEST(a_double_of_what_became_private)
{
	int mine, late;

	world_filter(&world, bo, BRG_TASK, "subject begins \"S\"");
	world_rounds(&world, 2);
	mine = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=Secret");
	for (int i = 0; i < 2; i++)
		(void)world_visit(&world, eva);
	world.sim->late_calls = 1000;
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
	id = only(BRG_TASK);
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	(void)world_visit(&world, bo);
	world_rounds(&world, 2);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	simmail_user_private(world.sim, box_of(eva), mine, true);
	world_rounds(&world, 2);
	assert_not(world_json(&world, &id), "Secret");
	late = items(bo, BRG_TASK);
	(void)simmail_settle(world.sim);
	ck_assert_int_eq(items(bo, BRG_TASK), late + 1);
	calm();
	assert_not(world_json(&world, &id), "Secret");
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
}
END_TEST

/* While much waits for a person nothing is deleted, and the double is made nothing else of. */
START_TEST(a_double_waits_with_the_rest)
{
	struct brg_id more[20];

	make_twins(0);
	simmail_user_delete(world.sim, box_of(eva), twin, true);
	world_rounds(&world, 3);
	for (int i = 0; i < 20; i++)
		more[i] = world_new(&world, eva, BRG_TASK,
				    arena_printf(world.scratch, "{\"subject\":\"m%d\"}", i));
	world_rounds(&world, 2);
	id = world_new(&world, eva, BRG_TASK, things[0].json);
	trouble(eva, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	(void)world_visit(&world, eva);
	world_rounds(&world, 2);
	for (int i = 0; i < 20; i++)
		world_delete(&world, &more[i]);
	world_rounds(&world, 2);
	ck_assert_uint_eq(simmail_settle(world.sim), 1);
	ck_assert_int_eq(items(eva, BRG_TASK), 23);
	world_rounds(&world, 3);
	ck_assert_int_eq(items(eva, BRG_TASK), 23);
	ck_assert_uint_eq(world_count(&world, 0), 2);
}
END_TEST

/* And the record is not what it was either. */
START_TEST(an_edited_double_of_an_edited_record_stays)
{
	make_twins(made_of_it[_i].thing);
	ck_assert(world_edit(&world, &id,
			     made_of_it[_i].thing == 1 ? "{\"job_title\":\"Smith\"}"
						       : "{\"importance\":\"low\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(eva), twin,
				    strcmp(made_of_it[_i].lines, "importance=low") == 0
					    ? "subject=mine"
					    : made_of_it[_i].lines));
	assert_both(made_of_it[_i].thing);
}
END_TEST

/* Its record was deleted meanwhile: the double goes too, and does not come back. An owner keeps his
 * contact (server-side-sync.md section 6.3), but once. */
START_TEST(a_double_of_a_deleted_record_goes)
{
	make_twins(_i);
	world_delete(&world, &id);
	calm();
	ck_assert_int_eq(items(eva, things[_i].kind), things[_i].kind == BRG_CONTACT);
	ck_assert_int_ne(simmail_at(world.sim, box_of(eva), twin)->folder,
			 things[_i].kind == BRG_CONTACT ? SIMMAIL_CONTACTS : -1);
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

/* It comes when its record has gone already, and somebody makes something of it: it is his, and no
 * new record comes of what was deleted. */
START_TEST(an_edited_double_of_a_deleted_record_stays_there)
{
	world_filter(&world, eva, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, BRG_TASK, things[0].json);
	world.sim->late_calls = 1000;
	trouble(eva, SIMMAIL_PUSH, SIMMAIL_LATE_WORK, 1);
	(void)world_visit(&world, eva);
	world_rounds(&world, 2);
	item = world_item(&world, eva, &id);
	world_delete(&world, &id);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(eva, BRG_TASK), 0);
	ck_assert_uint_eq(simmail_settle(world.sim), 1);
	for (uint32_t i = 0; i < world.sim->boxes[box_of(eva)].now.n_items; i++)
		if (simmail_at(world.sim, box_of(eva), (int)i)->used &&
		    simmail_at(world.sim, box_of(eva), (int)i)->folder == SIMMAIL_TASKS)
			twin = (int)i;
	ck_assert(simmail_user_edit(world.sim, box_of(eva), twin, "subject=mine"));
	calm();
	ck_assert_int_eq(items(eva, BRG_TASK), 1);
	ck_assert_str_eq(there(eva, twin, "subject"), "mine");
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);
	int edits = (int)(sizeof(made_of_it) / sizeof(made_of_it[0]));

	tcase_add_loop_test(t, a_double_goes, 0, 3);
	tcase_add_loop_test(t, a_double_of_what_the_record_was_goes, 0, 3);
	tcase_add_loop_test(t, a_double_that_somebody_edited_stays, 0, edits);
	tcase_add_loop_test(t, a_copy_of_what_was_written_again_stays, 0, 3);
	tcase_add_test(t, the_organizer_is_no_other_person);
	tcase_add_test(t, a_double_of_what_became_private);
	tcase_add_test(t, a_double_waits_with_the_rest);
	tcase_add_loop_test(t, an_edited_double_of_an_edited_record_stays, 0, edits);
	tcase_add_loop_test(t, a_double_of_a_deleted_record_goes, 0, 3);
	tcase_add_test(t, an_edited_double_of_a_deleted_record_stays_there);
	return run_scenarios("sync_doubles", t);
}
