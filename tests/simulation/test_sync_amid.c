/* SPDX-License-Identifier: Apache-2.0
 *
 * In the middle of a visit: people edit, another worker takes over, somebody asks for one more.
 */
#include "tests/simulation/sync_test.h"

#include "core/effect.h"

/* What happens right before the n-th commit from now. */
static struct amid {
	void (*what)(void);
	int n;
} amid;

static void on_effect(const char *name, uint64_t n)
{
	void (*what)(void) = amid.what;

	(void)n;
	if (strcmp(name, "commit") != 0 || --amid.n != 0)
		return;
	amid.what = NULL;
	what();
}

/* A visit of the user with that in it; false: it had fewer commits. */
static bool visit_amid(int user, int n, void (*what)(void))
{
	amid = (struct amid){ what, n };
	effect_hook(on_effect);
	(void)world_visit(&world, user);
	effect_hook(NULL);
	return amid.what == NULL;
}

static struct brg_id id;
static int item;

/* ---- edits ----------------------------------------------------------------------------------*/

static void edit_here(void)
{
	ck_assert(world_edit(&world, &id, "{\"body\":\"meanwhile\"}"));
}

static void edit_there(void)
{
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "body=meanwhile"));
}

/* Between what was read and what is written of it; both sides have news for each other. */
START_TEST(an_edit_before_any_commit)
{
	bool came;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	came = visit_amid(bo, 1 + _i / 2, _i % 2 ? edit_here : edit_there);
	calm();
	ck_assert_str_eq(there(bo, item, "subject"), "two");
	ck_assert_str_eq(there(bo, item, "importance"), "high");
	assert_has(world_json(&world, &id), "\"subject\":\"two\"");
	assert_has(world_json(&world, &id), "\"importance\":\"high\"");
	if (came) {
		ck_assert_str_eq(there(bo, item, "body"), "meanwhile");
		assert_has(world_json(&world, &id), "meanwhile");
	}
}
END_TEST

static void mark_all(void)
{
	mark_links(bo);
}

/* Links are written by others too: what a listing told in that moment is not lost, though other
 * pages come behind it. _i: before which commit; the cursors are known, or lost. */
START_TEST(links_are_marked_before_any_commit)
{
	struct brg_id other;
	int gone;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	other = world_new(&world, bo, BRG_TASK, "{\"subject\":\"other\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	gone = world_item(&world, bo, &other);
	if (_i % 2)
		for (int f = 0; f < SIMMAIL_DELETED; f++)
			simmail_expire(world.sim, box_of(bo), f);
	world.engine.batch_items = 1;
	simmail_user_delete(world.sim, box_of(bo), gone, true);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	(void)visit_amid(bo, 1 + _i / 2, mark_all);
	calm();
	assert_has(world_json(&world, &id), "\"importance\":\"high\"");
	ck_assert_str_eq(world_json(&world, &other), "gone");
	ck_assert_int_eq(world_item(&world, bo, &id), item);
}
END_TEST

/* ---- another worker -------------------------------------------------------------------------*/

/* The other one hears of the newest edit, and its line breaks before it has read it. */
static void take_over(void)
{
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "subject=three"));
	trouble(eva, SIMMAIL_GET, SIMMAIL_HANG_UP, 1);
	world_take_over(&world);
}

START_TEST(a_visit_that_was_taken_over_harms_nothing)
{
	item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	world_rounds(&world, 3);
	id = only(BRG_TASK);
	ck_assert(simmail_user_edit(world.sim, box_of(eva), item, "subject=two"));
	ck_assert(visit_amid(eva, _i, take_over));
	calm();
	ck_assert_str_eq(there(eva, item, "subject"), "three");
	assert_has(world_json(&world, &id), "\"three\"");
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

/* The other one does all of it, at whatever point it comes. */
static void do_all(void)
{
	world_take_over(&world);
}

START_TEST(a_visit_that_was_taken_over_makes_nothing_twice)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	(void)visit_amid(bo, _i, do_all);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

/* ---- a wish ---------------------------------------------------------------------------------*/

static void sync_now(void)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_WANT, BRG_ANY)->u.want =
		(struct brg_want){ world.users[bo].mailbox, BRG_ACT };
	world_must(store_commit(&world.engine.store, &step, BRG_DURABLE, NULL, &err), &err, "want");
}

static void on_claimed(void *arg, const struct brg_claimed *claimed)
{
	(void)claimed;
	++*(int *)arg;
}

/* Visits that somebody waits for: as a worker for these claims them, whatever the time is. */
static int wanted(void)
{
	struct brg_room room = { .profile = world.profile, .free = 1 };
	struct brg_claim_request req = { .size = sizeof(req),
					 .lane = BRG_ACT,
					 .process = world.engine.process,
					 .n = 1,
					 .rooms = &room,
					 .n_rooms = 1,
					 .wanted_only = true,
					 .now_us = world.now_us };
	struct brg_err err = BRG_ERR_INIT;
	int n = 0;

	world_must(
		world.engine.store.ops->claim(world.engine.store.self, &req, on_claimed, &n, &err),
		&err, "claim");
	return n;
}

/* Whoever asks for a visit while one goes on has seen something that this one may have passed. */
START_TEST(a_wish_amid_a_visit_is_kept)
{
	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 2);
	ck_assert_int_eq(wanted(), 0);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"two\"}"));
	ck_assert(visit_amid(bo, _i, sync_now));
	ck_assert_int_eq(wanted(), 1);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_loop_test(t, links_are_marked_before_any_commit, 0, 30);
	tcase_add_loop_test(t, an_edit_before_any_commit, 0, 28);
	tcase_add_loop_test(t, a_visit_that_was_taken_over_harms_nothing, 1, 6);
	tcase_add_loop_test(t, a_visit_that_was_taken_over_makes_nothing_twice, 1, 8);
	tcase_add_loop_test(t, a_wish_amid_a_visit_is_kept, 1, 4);
	return run_scenarios("amid", t);
}
