/* SPDX-License-Identifier: Apache-2.0
 *
 * Trouble, one sort a test: answers that are lost or late, calls that break, a life that ends at
 * every point in turn, edits in the middle of a visit, deletions against edits.
 */
#include "tests/simulation/sync_lives.h"

/* ---- writes ---------------------------------------------------------------------------------*/

static const struct {
	int call, fault;
} at_push[] = {
	{ SIMMAIL_PUSH, SIMMAIL_HANG_UP },   { SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER },
	{ SIMMAIL_PUSH, SIMMAIL_LATE_WORK }, { SIMMAIL_PUSH, SIMMAIL_THROTTLE },
	{ SIMMAIL_PUSH, SIMMAIL_PARTIAL },   { SIMMAIL_PUSH, SIMMAIL_CUT },
	{ SIMMAIL_GET, SIMMAIL_HANG_UP },    { SIMMAIL_GET, SIMMAIL_PARTIAL },
	{ SIMMAIL_GET, SIMMAIL_CUT },
};
#define AT_PUSH ((int)(sizeof(at_push) / sizeof(at_push[0])))

static struct brg_id task(const char *subject)
{
	return world_new(&world, bo, BRG_TASK,
			 arena_printf(world.scratch, "{\"subject\":\"%s\"}", subject));
}

START_TEST(a_record_is_made_once)
{
	struct brg_id ids[3];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < 3; i++)
		ids[i] = task(i == 0 ? "one" : i == 1 ? "two" : "three");
	trouble(bo, at_push[_i].call, at_push[_i].fault, 1);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(world_item(&world, bo, &ids[i]), 0);
	ck_assert_uint_eq(world_count(&world, 0), 3);
}
END_TEST

/* And what a person writes at the same time is not lost, whatever came of the first try. */
START_TEST(a_change_arrives)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	trouble(bo, at_push[_i].call, at_push[_i].fault, 1);
	(void)world_visit(&world, bo);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "two");
	ck_assert_str_eq(there(bo, item, "importance"), "high");
	assert_has(world_json(&world, &id), "\"subject\":\"two\"");
	assert_has(world_json(&world, &id), "\"importance\":\"high\"");
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* The second edit is made while nobody knows what came of the first one. */
START_TEST(a_change_of_a_change_arrives)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	trouble(bo, at_push[_i].call, at_push[_i].fault, 1);
	(void)world_visit(&world, bo);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"one\"}"));
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "one");
	assert_has(world_json(&world, &id), "\"subject\":\"one\"");
}
END_TEST

START_TEST(a_deletion_arrives)
{
	struct brg_id id, other;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	other = task("two");
	world_rounds(&world, 3);
	world_delete(&world, &id);
	trouble(bo, at_push[_i].call, at_push[_i].fault, 1);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_ne(world_json(&world, &other), "gone");
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

/* ---- lives that end -------------------------------------------------------------------------*/

/* Everything at once, and an end at point n: the next life does what is left, nothing twice. */
START_TEST(a_life_ends_at_every_point)
{
	struct brg_id made, changed, removed, both;
	int item, other, fresh;
	bool whole;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	changed = task("change");
	removed = task("remove");
	both = task("both");
	other = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=gone soon");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &both);
	made = task("made");
	ck_assert(world_edit(&world, &changed, "{\"body\":\"changed\"}"));
	world_delete(&world, &removed);
	ck_assert(world_edit(&world, &both, "{\"body\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=low"));
	simmail_user_delete(world.sim, box_of(eva), other, false);
	fresh = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT, "given=Ada");
	ck_assert_int_ge(fresh, 0);
	whole = live_until((uint64_t)_i, (uint64_t)_i + 1000, live_a_round);
	ck_assert(_i < 60 || whole);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 3);
	ck_assert_int_eq(items(eva, BRG_CONTACT), 1);
	ck_assert_int_eq(items(eva, BRG_TASK), 0);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 3);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 1);
	ck_assert_int_ge(world_item(&world, bo, &made), 0);
	ck_assert_str_eq(there(bo, world_item(&world, bo, &changed), "body"), "changed");
	ck_assert_str_eq(there(bo, item, "body"), "ours");
	assert_has(world_json(&world, &both), "\"importance\":\"low\"");
}
END_TEST

/* ---- in the middle of a visit ---------------------------------------------------------------*/

struct amid {
	struct brg_id record;
	int item;
	bool here;
};

static void edit_amid(struct simmail *sim, int box, int call, void *arg)
{
	struct amid *a = arg;

	(void)call;
	if (a->here)
		ck_assert(world_edit(&world, &a->record, "{\"body\":\"meanwhile\"}"));
	else
		ck_assert(simmail_user_edit(sim, box, a->item, "body=meanwhile"));
}

static const int amid_calls[] = { SIMMAIL_LIST, SIMMAIL_PULL, SIMMAIL_PUSH, SIMMAIL_GET };
#define AMID ((int)(sizeof(amid_calls) / sizeof(amid_calls[0])))

/* _i: at which call, on which side. */
START_TEST(an_edit_amid_a_visit)
{
	struct amid a = { .here = _i >= AMID };

	world_filter(&world, bo, BRG_TASK, "owner = me");
	a.record = task("one");
	world_rounds(&world, 3);
	a.item = world_item(&world, bo, &a.record);
	ck_assert(world_edit(&world, &a.record, "{\"subject\":\"two\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), a.item, "importance=high"));
	simmail_on_meanwhile(edit_amid, &a);
	trouble(bo, amid_calls[_i % AMID], SIMMAIL_MEANWHILE, 1);
	(void)world_visit(&world, bo);
	simmail_on_meanwhile(NULL, NULL);
	calm();
	ck_assert_str_eq(there(bo, a.item, "subject"), "two");
	ck_assert_str_eq(there(bo, a.item, "importance"), "high");
	ck_assert_str_eq(there(bo, a.item, "body"), "meanwhile");
	assert_has(world_json(&world, &a.record), "meanwhile");
	assert_has(world_json(&world, &a.record), "two");
	assert_has(world_json(&world, &a.record), "high");
}
END_TEST

/* The same field on both sides: one wins, the other is in the history. */
static void assert_in_history(const struct brg_id *record, const char *word)
{
	struct brg_query q = { .what = BRG_READ_HISTORY, .other = *record };
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found = found || memmem(rows[i].u.history.changes.ptr,
					rows[i].u.history.changes.len, word, strlen(word));
	ck_assert_msg(found, "%s is not in the history", word);
}

START_TEST(a_losing_value_is_kept)
{
	struct brg_id id;
	int item;

	world_policy(&world, BRG_TASK, _i);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "subject=theirs"));
	calm();
	ck_assert(strstr(world_json(&world, &id), there(bo, item, "subject")) != NULL);
	if (_i == POLICY_SERVER)
		ck_assert_str_eq(there(bo, item, "subject"), "theirs");
	if (_i == POLICY_STORE)
		ck_assert_str_eq(there(bo, item, "subject"), "ours");
	assert_in_history(&id, "ours");
	assert_in_history(&id, "theirs");
}
END_TEST

/* A person decides; until then both sides are as they were. */
START_TEST(a_conflict_waits_for_a_person)
{
	struct brg_query q = { .what = BRG_READ_CONFLICTS };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_conflict_row c;
	struct brg_row *rows;
	struct step step;
	struct brg_id id;
	size_t n;
	int item;

	world_policy(&world, BRG_TASK, POLICY_ASK);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"ours\",\"body\":\"b\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "subject=theirs\nimportance=low"));
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "theirs");
	ck_assert_str_eq(there(bo, item, "body"), "b");
	assert_has(world_json(&world, &id), "\"subject\":\"ours\"");
	assert_has(world_json(&world, &id), "\"importance\":\"low\"");
	rows = world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	c = rows[0].u.conflict;
	c.resolution = _i ? BRG_TAKE_RECORD : BRG_TAKE_ITEM;
	c.who = brg_cstr("a person");
	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_CONFLICT, BRG_ANY)->u.conflict = c;
	step_add(&step, BRG_OP_RECHECK, BRG_ANY)->u.recheck = (struct brg_recheck){ .record = id };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "settle");
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), _i ? "ours" : "theirs");
	assert_has(world_json(&world, &id), _i ? "\"subject\":\"ours\"" : "\"subject\":\"theirs\"");
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- deletions ------------------------------------------------------------------------------*/

START_TEST(a_deletion_there_keeps_an_edit_here)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	simmail_user_delete(world.sim, box_of(bo), item, _i);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	calm();
	assert_has(world_json(&world, &id), "two");
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
}
END_TEST

START_TEST(a_deletion_here_keeps_an_edit_there)
{
	struct brg_id id;
	int item;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	world_delete(&world, &id);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "subject=two"));
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_str_eq(there(bo, item, "subject"), "two");
	ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

/* ---- listings -------------------------------------------------------------------------------*/

static void many(void)
{
	char line[64];

	for (int i = 0; i < 12; i++) {
		(void)snprintf(line, sizeof(line), "subject=task %d", i);
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(eva), BRG_TASK, line), 0);
	}
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 12);
	assert_quiet();
}

static const int at_pull[] = { -1,
			       SIMMAIL_HANG_UP,
			       SIMMAIL_THROTTLE,
			       SIMMAIL_PARTIAL,
			       SIMMAIL_CUT,
			       SIMMAIL_REORDER,
			       SIMMAIL_REPLAY,
			       SIMMAIL_DOUBLE,
			       SIMMAIL_LOSE_CURSOR };
#define AT_PULL ((int)(sizeof(at_pull) / sizeof(at_pull[0])))

/* A cursor is lost, and the full pass that follows meets trouble: nothing is deleted or made. */
START_TEST(a_lost_cursor_deletes_nothing)
{
	uint32_t writes;

	world.engine.batch_items = 5;
	many();
	writes = world_writes(&world);
	/* The first look at each of three folders fails; the third has three pages. */
	for (uint32_t n = 1; n <= 8; n++) {
		for (int f = 0; f < SIMMAIL_FIXED; f++)
			simmail_expire(world.sim, box_of(eva), f);
		if (at_pull[_i] >= 0)
			trouble(eva, SIMMAIL_PULL, at_pull[_i], n);
		(void)world_visit(&world, eva);
		ck_assert_uint_eq(world_count(&world, BRG_TASK), 12);
	}
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 12);
	ck_assert_uint_eq(world_writes(&world), writes);
	ck_assert_int_eq(items(eva, BRG_TASK), 12);
}
END_TEST

/* And what was deleted meanwhile is seen. */
START_TEST(a_lost_cursor_hides_no_deletion)
{
	world.engine.batch_items = 5;
	many();
	simmail_user_delete(world.sim, box_of(eva), 3, true);
	for (int f = 0; f < SIMMAIL_FIXED; f++)
		simmail_expire(world.sim, box_of(eva), f);
	if (at_pull[_i] >= 0 && at_pull[_i] != SIMMAIL_PARTIAL)
		trouble(eva, SIMMAIL_PULL, at_pull[_i], 7);
	(void)world_visit(&world, eva);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 11);
}
END_TEST

/* Half of a move is told, then the line breaks. */
START_TEST(a_move_is_no_deletion)
{
	int old = simmail_add_folder(world.sim, box_of(eva), "Old", BRG_KIND_BIT(BRG_TASK));
	struct brg_id ids[12];
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT };
	struct brg_row *rows;
	size_t n;

	many();
	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++)
		ids[i] = rows[i].u.record.id;
	for (int i = 0; i < 12; i += 2)
		ck_assert(simmail_user_move(world.sim, box_of(eva), i, old));
	trouble(eva, SIMMAIL_PULL, SIMMAIL_HANG_UP, 1 + (uint32_t)_i);
	(void)world_visit(&world, eva);
	/* And some back, before anybody has looked again. */
	ck_assert(simmail_user_move(world.sim, box_of(eva), 4, SIMMAIL_TASKS));
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 12);
	ck_assert_int_eq(items(eva, BRG_TASK), 12);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_ge(world_item(&world, eva, &ids[i]), 0);
}
END_TEST

START_TEST(a_copy_is_a_thing_of_its_own)
{
	struct brg_id id;
	int item, copy;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = task("one");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	copy = simmail_user_copy(world.sim, box_of(bo), item, SIMMAIL_TASKS);
	simmail_user_track(world.sim, box_of(bo), copy, true);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), copy, "subject=copy"));
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	assert_has(world_json(&world, &id), "\"one\"");
	ck_assert(world_edit(&world, &id, "{\"subject\":\"still one\"}"));
	calm();
	ck_assert_str_eq(there(bo, copy, "subject"), "copy");
	ck_assert_str_eq(there(bo, item, "subject"), "still one");
}
END_TEST

START_TEST(two_records_that_fit_are_left_alone)
{
	struct brg_query q = { .what = BRG_READ_DECISIONS, .mailbox = world.users[bo].mailbox };
	size_t n;

	for (int i = 0; i < 2; i++)
		(void)world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\",\"body\":\"b\"}");
	simmail_user_track(world.sim, box_of(bo),
			   simmail_user_create(world.sim, box_of(bo), BRG_TASK, "subject=one"),
			   true);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2);
	ck_assert_str_eq(there(bo, 0, "body"), "nothing");
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_ge(n, 1);
}
END_TEST

/* ---- poison ---------------------------------------------------------------------------------*/

START_TEST(a_sick_item_blocks_nobody)
{
	int sick = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=sick");

	simmail_poison(world.sim, box_of(eva), sick, 3);
	for (int i = 0; i < 5; i++)
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(eva), BRG_TASK,
						     i % 2 ? "subject=a" : "subject=b"),
				 0);
	(void)world_visit(&world, eva);
	ck_assert_uint_ge(world_count(&world, BRG_TASK), 2);
	calm();
	ck_assert(simmail_user_edit(world.sim, box_of(eva), sick, "subject=well"));
	calm();
	assert_has(there(eva, sick, "subject"), "well");
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 6);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_record_is_made_once, 0, AT_PUSH);
	tcase_add_loop_test(t, a_change_arrives, 0, AT_PUSH);
	tcase_add_loop_test(t, a_change_of_a_change_arrives, 0, AT_PUSH);
	tcase_add_loop_test(t, a_deletion_arrives, 0, AT_PUSH);
	tcase_add_loop_test(t, a_life_ends_at_every_point, 1, 66);
	tcase_add_loop_test(t, an_edit_amid_a_visit, 0, 2 * AMID);
	tcase_add_loop_test(t, a_losing_value_is_kept, POLICY_NEWEST, POLICY_ASK);
	tcase_add_loop_test(t, a_conflict_waits_for_a_person, 0, 2);
	tcase_add_loop_test(t, a_deletion_there_keeps_an_edit_here, 0, 2);
	tcase_add_test(t, a_deletion_here_keeps_an_edit_there);
	tcase_add_loop_test(t, a_lost_cursor_deletes_nothing, 0, AT_PULL);
	tcase_add_loop_test(t, a_lost_cursor_hides_no_deletion, 0, AT_PULL);
	tcase_add_loop_test(t, a_move_is_no_deletion, 0, 10);
	tcase_add_test(t, a_copy_is_a_thing_of_its_own);
	tcase_add_test(t, two_records_that_fit_are_left_alone);
	tcase_add_test(t, a_sick_item_blocks_nobody);
	return run_scenarios("faults", t);
}
