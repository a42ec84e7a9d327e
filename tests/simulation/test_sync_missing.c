/* SPDX-License-Identifier: Apache-2.0
 *
 * What looks like a deletion and is none, and what is one and stays one: moves behind our back,
 * folders that are out of sight, listings that are walked in many visits, things that were deleted
 * here and are shown again.
 */
#include "tests/simulation/sync_test.h"

static int old; /* a folder of tasks that is told behind the usual one */

static void add_old(int user)
{
	old = simmail_add_folder(world.sim, box_of(user), "Old", BRG_KIND_BIT(BRG_TASK));
	ck_assert_int_ge(old, 0);
}

/* A task that was made here, and has our mark there. */
static struct brg_id made_here(int *item)
{
	struct brg_id id;

	add_old(bo);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	*item = world_item(&world, bo, &id);
	ck_assert_int_ge(*item, 0);
	return id;
}

/* Are the two still one? */
static void assert_in_step(int user, const struct brg_id *id)
{
	int item = world_item(&world, user, id);

	ck_assert_int_ge(item, 0);
	ck_assert(world_edit(&world, id, "{\"body\":\"from here\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(user), item, "importance=high"));
	calm();
	ck_assert_str_eq(there(user, item, "body"), "from here");
	assert_has(world_json(&world, id), "\"importance\":\"high\"");
	ck_assert_int_eq(items(user, BRG_TASK), (int)world_count(&world, BRG_TASK));
}

/* ---- moves ----------------------------------------------------------------------------------*/

struct move {
	int item, to;
	uint8_t sick;
	const int *others; /* that come back with it */
};

static void move_it(struct simmail *sim, int box, int call, void *arg)
{
	const struct move *m = arg;

	(void)call;
	ck_assert(simmail_user_move(sim, box, m->item, m->to));
}

/* Between the looks at two folders: one has told nothing yet, the other tells that it is gone.
 * _i: at which look, in which direction. All folders are looked at twice. */
START_TEST(a_move_amid_the_looks_is_no_deletion)
{
	struct move m = { 0 };
	struct brg_id id;

	add_old(eva);
	m.item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	m.to = _i % 2 ? old : SIMMAIL_TASKS;
	if (m.to == SIMMAIL_TASKS)
		ck_assert(simmail_user_move(world.sim, box_of(eva), m.item, old));
	world_rounds(&world, 2);
	id = only(BRG_TASK);
	ck_assert_int_ge(simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=two"), 0);
	simmail_on_meanwhile(move_it, &m);
	trouble(eva, SIMMAIL_PULL, SIMMAIL_MEANWHILE, 1 + (uint32_t)_i / 2);
	assert_ok(world_visit(&world, eva));
	simmail_on_meanwhile(NULL, NULL);
	ck_assert_str_ne(world_json(&world, &id), "gone");
	calm();
	assert_in_step(eva, &id);
}
END_TEST

/* It has come up in the other folder, but nobody can read it there for a while. */
START_TEST(a_moved_item_that_cannot_be_read_stays_linked)
{
	struct brg_id id;
	int item;

	id = made_here(&item);
	ck_assert(simmail_user_move(world.sim, box_of(bo), item, old));
	simmail_poison(world.sim, box_of(bo), item, 3);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	(void)world_visit(&world, bo);
	calm();
	assert_in_step(bo, &id);
}
END_TEST

/* Where nobody looks for it. */
START_TEST(a_move_out_of_sight_is_no_deletion)
{
	struct brg_id id;
	int item;

	id = made_here(&item);
	ck_assert(simmail_user_move(world.sim, box_of(bo), item, old));
	simmail_unmap_folder(world.sim, box_of(bo), old, true);
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	assert_has(world_json(&world, &id), "\"one\"");
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* A copy has our mark as well. It is another task by now, and goes on alone. */
START_TEST(a_copy_is_not_where_it_went)
{
	struct brg_id id, other;
	int item, copy;

	id = made_here(&item);
	copy = simmail_user_copy(world.sim, box_of(bo), item, old);
	ck_assert_int_ge(copy, 0);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), copy, "subject=two"));
	simmail_user_track(world.sim, box_of(bo), copy, true);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 2);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	calm();
	ck_assert_str_eq(world_json(&world, &id), "gone");
	other = only(BRG_TASK);
	ck_assert_int_eq(world_item(&world, bo, &other), copy);
	assert_in_step(bo, &other);
}
END_TEST

static void come_back(struct simmail *sim, int box, int call, void *arg)
{
	const struct move *m = arg;

	for (int i = 0; i < 3; i++)
		ck_assert(simmail_user_move(sim, box, m->others[i], m->to));
	move_it(sim, box, call, arg);
	simmail_poison(sim, box, m->item, m->sick);
}

/* Taken out of Deleted Items again right before it is looked at for the last time, and others with
 * it. _i: and it cannot be read at that moment. */
START_TEST(what_comes_back_at_the_last_moment_was_not_deleted)
{
	struct move m = { .to = SIMMAIL_TASKS, .sick = (uint8_t)_i };
	struct brg_id id;
	int others[3];

	world.sim->boxes[box_of(eva)].habits.flags |= SIMMAIL_IMMUTABLE_ID;
	m.item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	world_rounds(&world, 2);
	id = only(BRG_TASK);
	for (int i = 0; i < 3; i++)
		others[i] = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=more");
	world_rounds(&world, 2);
	simmail_user_delete(world.sim, box_of(eva), m.item, false);
	for (int i = 0; i < 3; i++)
		simmail_user_delete(world.sim, box_of(eva), others[i], false);
	m.others = others;
	simmail_on_meanwhile(come_back, &m);
	trouble(eva, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	(void)world_visit(&world, eva);
	simmail_on_meanwhile(NULL, NULL);
	ck_assert_int_eq(items(eva, BRG_TASK), 4);
	calm();
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 4);
	assert_in_step(eva, &id);
}
END_TEST

/* ---- passes ---------------------------------------------------------------------------------*/

/* A visit ends after a page, and there is much in the folder that is told first: until all was seen
 * nobody knows what is not there. */
START_TEST(a_listing_of_many_visits_is_whole_at_its_end)
{
	int64_t steps = world.engine.visit_steps;

	world.engine.batch_items = 5;
	world.engine.visit_steps = 1;
	world_filter(&world, bo, BRG_TASK, "owner = me");
	for (int i = 0; i < 12; i++) {
		const char *json = arena_printf(world.scratch, "{\"subject\":\"task %d\"}", i);
		const char *line = arena_printf(world.scratch, "subject=task %d", i);

		(void)world_new(&world, bo, BRG_TASK, json);
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(bo), BRG_TASK, line), 0);
		ck_assert_int_ge(simmail_user_create(world.sim, box_of(bo), BRG_APPOINTMENT,
						     "subject=mine alone\n"
						     "start=2026-12-01T09:00:00 UTC\n"
						     "end=2026-12-01T10:00:00 UTC"),
				 0);
	}
	for (int i = 0; i < 8; i++)
		(void)world_visit(&world, bo);
	world.engine.visit_steps = steps;
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 12);
	ck_assert_uint_eq(world_count(&world, 0), 12);
}
END_TEST

/* What a whole listing does not tell of is gone at the end of the same visit. */
START_TEST(what_a_listing_does_not_tell_is_gone)
{
	int item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");

	(void)simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=two");
	world_rounds(&world, 2);
	simmail_user_delete(world.sim, box_of(eva), item, true);
	simmail_expire(world.sim, box_of(eva), SIMMAIL_TASKS);
	assert_ok(world_visit(&world, eva));
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
}
END_TEST

/* ---- what was deleted here ------------------------------------------------------------------*/

static void lose_cursors(int user)
{
	for (int f = 0; f < SIMMAIL_FIXED; f++)
		simmail_expire(world.sim, box_of(user), f);
}

/* A contact stays with its owner; whatever he does with it, the store is rid of it. */
START_TEST(what_stays_there_does_not_come_back)
{
	int item = simmail_user_create(world.sim, box_of(eva), BRG_CONTACT,
				       "given=Ada\nsurname=Byron\nemail1=ada@example.org");
	struct brg_id id;

	world_rounds(&world, 2);
	id = only(BRG_CONTACT);
	world_delete(&world, &id);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(eva, BRG_CONTACT), 1);
	if (_i == 0)
		ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "job_title=Poet"));
	else
		lose_cursors(eva);
	world_rounds(&world, 2);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	assert_quiet();
}
END_TEST

/* Somebody takes it out of Deleted Items again, or a server shows an old copy. */
START_TEST(what_was_deleted_does_not_come_back)
{
	int item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	struct brg_id id;

	world.sim->boxes[box_of(eva)].habits.flags |= SIMMAIL_IMMUTABLE_ID;
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	world_delete(&world, &id);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(eva, BRG_TASK), 0);
	ck_assert(simmail_user_move(world.sim, box_of(eva), item, SIMMAIL_TASKS));
	if (_i)
		lose_cursors(eva);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(eva, BRG_TASK), 1);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	assert_quiet();
}
END_TEST

/* The same where it comes under another id: our mark on it tells what it was. */
START_TEST(what_was_deleted_is_known_by_its_mark)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(eva)].now;
	struct brg_id id;
	int item = -1;

	world_filter(&world, eva, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 2);
	world_delete(&world, &id);
	world_rounds(&world, 2);
	ck_assert_int_eq(items(eva, BRG_TASK), 0);
	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used && now->items[i].folder == SIMMAIL_DELETED)
			item = (int)i;
	ck_assert_int_ge(item, 0);
	ck_assert(simmail_user_move(world.sim, box_of(eva), item, SIMMAIL_TASKS));
	if (_i)
		lose_cursors(eva);
	calm();
	ck_assert_int_eq(items(eva, BRG_TASK), 1);
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, a_move_amid_the_looks_is_no_deletion, 0, 16);
	tcase_add_test(t, a_moved_item_that_cannot_be_read_stays_linked);
	tcase_add_test(t, a_move_out_of_sight_is_no_deletion);
	tcase_add_test(t, a_copy_is_not_where_it_went);
	tcase_add_loop_test(t, what_comes_back_at_the_last_moment_was_not_deleted, 0, 2);
	tcase_add_test(t, a_listing_of_many_visits_is_whole_at_its_end);
	tcase_add_test(t, what_a_listing_does_not_tell_is_gone);
	tcase_add_loop_test(t, what_stays_there_does_not_come_back, 0, 2);
	tcase_add_loop_test(t, what_was_deleted_does_not_come_back, 0, 2);
	tcase_add_loop_test(t, what_was_deleted_is_known_by_its_mark, 0, 2);
	return run_scenarios("missing", t);
}
