/* SPDX-License-Identifier: Apache-2.0
 *
 * Servers that truncate, normalise and drop what they are given: the record keeps its richer
 * value, a second run has nothing to do, and edits of either side still arrive.
 */
#include "tests/simulation/sync_test.h"

static const char *const habits[] = {
	"none",
	"truncate=10 truncate-body=30",
	"normalise",
	"drop=office drop=body drop=mobile_phone drop=importance",
	"drop=office drop=body drop-silent",
	"truncate=12 normalise drop=importance sorts precision=1m answers",
	"completes answers",
	"completes normalise",
	"normalise touch=300",
	"organizes newest-first",
	"immutable-id touch=300 answers",
};
#define HABITS ((int)(sizeof(habits) / sizeof(habits[0])))

static const struct shape {
	int kind;
	const char *made, *edited_field, *edited_there, *edited_here, *value_here;
} shapes[] = {
	{ BRG_CONTACT,
	  "{\"given\":\"Maximiliana\",\"surname\":\"von Habsburg-Lothringen\","
	  "\"email1\":\"Max@Example.org\",\"office\":\"room 12, second floor, left\","
	  "\"mobile_phone\":\"+46 70 123 45 67\",\"body\":\"one\\n\\ntwo  and three, and four\\n\","
	  "\"categories\":[\"Zebra\",\"Ant\"],\"birthday\":\"1980-02-29\"}",
	  "job_title", "job_title=Poet", "{\"profession\":\"Writer\"}", "profession" },
	{ BRG_TASK,
	  "{\"subject\":\"Write the whole report again\",\"body\":\"line  one\\nline two, rather "
	  "long\",\"due\":\"2027-01-05\",\"importance\":\"high\",\"status\":\"completed\","
	  "\"categories\":[\"Zebra\",\"Ant\"]}",
	  "total_work", "total_work=90", "{\"actual_work\":30}", "actual_work" },
	{ BRG_APPOINTMENT,
	  "{\"subject\":\"A meeting with a long name\",\"location\":\"The great hall, upstairs\","
	  "\"start\":{\"local\":\"2027-01-05T09:00:30\",\"zone\":\"Europe/Stockholm\"},"
	  "\"end\":{\"local\":\"2027-01-05T10:00:30\",\"zone\":\"Europe/Stockholm\"},"
	  "\"body\":\"agenda  one\\nagenda two, rather long\",\"importance\":\"high\","
	  "\"recurrence\":\"FREQ=DAILY;COUNT=5\","
	  "\"occurrences\":{\"2027-01-06T09:00:30\":{\"location\":\"A different room, far away\"},"
	  "\"2027-01-07T09:00:30\":null}}",
	  "show_as", "show_as=out_of_office", "{\"categories\":[\"One\"]}", "categories" },
};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

static const struct shape *shape;
static struct brg_id id;
static int item;

/* A record of the shape, in step with a mailbox of these habits. */
static void start(int n)
{
	struct simmail_habits *h = &world.sim->boxes[world.users[bo].box].habits;

	shape = &shapes[n % SHAPES];
	ck_assert_ptr_null(simmail_set_habits(h, habits[n / SHAPES]));
	world_filter(&world, bo, shape->kind, "owner = me");
	id = world_new(&world, bo, shape->kind, shape->made);
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert_int_eq(items(bo, shape->kind), 1);
}

static int64_t version(void)
{
	struct record r;

	ck_assert_int_eq(world_read(&world, &id, &r), 1);
	return r.row.version;
}

/* Touches come by themselves; they make nobody write. */
static void assert_rests(void)
{
	int64_t was = version();

	world_rounds(&world, 3);
	assert_quiet();
	ck_assert_int_eq(version(), was);
}

START_TEST(the_record_keeps_its_richer_value)
{
	const char *before;

	start(_i);
	before = world_json(&world, &id);
	ck_assert_int_eq(version(), 1);
	assert_rests();
	ck_assert_str_eq(world_json(&world, &id), before);
}
END_TEST

START_TEST(an_edit_there_harms_no_other_field)
{
	char *before, *word;

	start(_i);
	before = (char *)(uintptr_t)world_json(&world, &id);
	ck_assert(simmail_user_edit(world.sim, world.users[bo].box, item, shape->edited_there));
	world_rounds(&world, 2);
	ck_assert_int_eq(version(), 2);
	word = strchr(shape->edited_there, '=') + 1;
	assert_has(world_json(&world, &id), word);
	/* Without the edit the record is what it was. */
	ck_assert(world_edit(&world, &id,
			     arena_printf(world.scratch, "{\"%s\":null}", shape->edited_field)));
	ck_assert_str_eq(world_json(&world, &id), before);
	assert_rests();
}
END_TEST

START_TEST(an_edit_here_harms_no_other_field)
{
	const char *before;

	start(_i);
	before = world_json(&world, &id);
	ck_assert(world_edit(&world, &id, shape->edited_here));
	world_rounds(&world, 2);
	ck_assert_int_eq(version(), 2);
	ck_assert_str_ne(there(bo, item, shape->value_here), "nothing");
	assert_rests();
	ck_assert(world_edit(&world, &id,
			     arena_printf(world.scratch, "{\"%s\":null}", shape->value_here)));
	ck_assert_str_eq(world_json(&world, &id), before);
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, item, shape->value_here), "nothing");
	assert_rests();
}
END_TEST

/* What the server has made of a value is edited there: that is what the person saw. */
START_TEST(an_edit_of_the_shorter_value_is_taken)
{
	static const char *const edits[] = { "given=Max", "subject=Short", "subject=Short" };
	static const char *const values[] = { "\"given\":\"Max\"", "\"subject\":\"Short\"",
					      "\"subject\":\"Short\"" };

	start(_i);
	ck_assert(simmail_user_edit(world.sim, world.users[bo].box, item, edits[_i % SHAPES]));
	world_rounds(&world, 2);
	assert_has(world_json(&world, &id), values[_i % SHAPES]);
	assert_rests();
}
END_TEST

/* The store is emptied of a value that the server had cut: it is cleared there too. */
START_TEST(a_value_is_cleared)
{
	static const char *const patches[] = { "{\"office\":null,\"body\":null}", "{\"body\":null}",
					       "{\"location\":null,\"body\":null}" };

	start(_i);
	ck_assert(world_edit(&world, &id, patches[_i % SHAPES]));
	world_rounds(&world, 2);
	ck_assert_str_eq(there(bo, item, "body"), "nothing");
	if (_i % SHAPES != 1)
		ck_assert_str_eq(there(bo, item, _i % SHAPES ? "location" : "office"), "nothing");
	assert_rests();
}
END_TEST

/* A new item of a person's, and the same record in the mailbox of another. */
START_TEST(a_value_travels_on)
{
	struct simmail_habits *h = &world.sim->boxes[world.users[bo].box].habits;

	ck_assert_ptr_null(simmail_set_habits(h, habits[_i]));
	world_filter(&world, bo, BRG_CONTACT, "given begins \"M\"");
	item = simmail_user_create(world.sim, world.users[eva].box, BRG_CONTACT,
				   "given=Maximiliana  B.\nsurname=von Habsburg-Lothringen\n"
				   "email1=Max@Example.org\noffice= room 12, second floor, left \n"
				   "body=one  \\ntwo\\n\\n");
	world_rounds(&world, 4);
	id = only(BRG_CONTACT);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	assert_rests();
	ck_assert(simmail_user_edit(world.sim, world.users[bo].box, world_item(&world, bo, &id),
				    "manager=Ada"));
	world_rounds(&world, 4);
	ck_assert_str_eq(there(eva, item, "manager"), "Ada");
	ck_assert_str_eq(there(eva, item, "surname"), "von Habsburg-Lothringen");
	assert_has(there(eva, item, "office"), "room 12, second floor, left");
	assert_rests();
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, the_record_keeps_its_richer_value, 0, SHAPES * HABITS);
	tcase_add_loop_test(t, an_edit_there_harms_no_other_field, 0, SHAPES * HABITS);
	tcase_add_loop_test(t, an_edit_here_harms_no_other_field, 0, SHAPES * HABITS);
	tcase_add_loop_test(t, an_edit_of_the_shorter_value_is_taken, 0, SHAPES * HABITS);
	tcase_add_loop_test(t, a_value_is_cleared, 0, SHAPES * HABITS);
	tcase_add_loop_test(t, a_value_travels_on, 0, HABITS);
	return run_scenarios("habits", t);
}
