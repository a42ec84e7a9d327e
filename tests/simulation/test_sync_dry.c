/* SPDX-License-Identifier: Apache-2.0
 *
 * A dry run says what would be done, by the code that does it, and does nothing; one plan comes
 * after another.
 */
#include "tests/simulation/points.h"

#include "core/plan.h"

static int64_t counts[3][EFFECT_TYPES], mails;
static size_t lines;

static void planned(struct engine *engine, const struct visit *visit, const struct plan *plan)
{
	(void)engine;
	(void)visit;
	memcpy(counts, plan->counts, sizeof(counts));
	mails = plan->mails_out;
	lines = plan->n;
}

static const char *whole_world(void)
{
	static const int whats[] = { BRG_READ_RECORDS_ACT, BRG_READ_LINKS_DIRTY, BRG_READ_DECISIONS,
				     BRG_READ_PLANS, BRG_READ_PARKED };
	char *text = arena_printf(world.scratch, "writes %u", world_writes(&world));

	for (int i = 0; i < 5; i++) {
		struct brg_query q = { .what = whats[i], .mailbox = world.users[bo].mailbox };
		size_t n;

		(void)world_rows(&world, &q, &n);
		text = arena_printf(world.scratch, "%s, %zu", text, n);
	}
	return text;
}

/* The last of them is the one that counts: the first only hears what there is. */
static void dry_run(int user)
{
	memset(counts, 0, sizeof(counts));
	world.engine.planned = planned;
	for (int i = 0; i < 3; i++)
		assert_ok(world_visit(&world, user));
	world.engine.planned = NULL;
}

static int64_t would(int side, int type)
{
	return counts[side][type];
}

static int contact(const char *name)
{
	return simmail_user_create(world.sim, box_of(bo), BRG_CONTACT,
				   arena_printf(world.scratch, "given=%s\nsurname=Lind", name));
}

static struct brg_id card(const char *name)
{
	return world_new(
		&world, bo, BRG_CONTACT,
		arena_printf(world.scratch, "{\"given\":\"%s\",\"surname\":\"Lind\"}", name));
}

/* Before the first contact: what both have is adopted, not made on the other side; what is twice in
 * the mailbox is one record and one item that is nobody's. */
START_TEST(a_first_contact)
{
	const char *before;
	struct brg_id both[3];

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	(void)card("Here");
	for (int i = 0; i < 3; i++) {
		const char *name = arena_printf(world.scratch, "Both%d", i);

		both[i] = card(name);
		ck_assert_int_ge(contact(name), 0);
	}
	(void)card("Twin");
	(void)card("Twin");
	(void)contact("Twin");
	(void)contact("There");
	simmail_user_track(world.sim, box_of(bo), contact("Marked"), true);
	simmail_user_private(world.sim, box_of(bo), contact("Here"), true);
	before = whole_world();
	dry_run(bo);
	ck_assert_str_eq(whole_world(), before);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_ADOPT), 3);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_CREATE), 3);
	ck_assert_int_eq(would(SIDE_STORE, EFFECT_CREATE), 1);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_AMBIGUOUS), 1);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_DELETE), 0);
	/* And then it is so. */
	calm();
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(world_item(&world, bo, &both[i]), 0);
	ck_assert_int_eq(items(bo, BRG_CONTACT), 7 + 3);
	ck_assert_uint_eq(world_count(&world, BRG_CONTACT), 7);
}
END_TEST

#define SOME 6

static struct brg_id made[SOME];

static void some_tasks(void)
{
	world_filter(&world, bo, BRG_TASK, "owner = me and status != completed");
	for (int i = 0; i < SOME; i++)
		made[i] = world_new(&world, bo, BRG_TASK,
				    arena_printf(world.scratch, "{\"subject\":\"t%d\"}", i));
	world_rounds(&world, 3);
	assert_quiet();
}

static int item_of(int i)
{
	return world_item(&world, bo, &made[i]);
}

START_TEST(all_that_would_be_done)
{
	const char *before;

	struct brg_id person;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	person = card("Person");
	some_tasks();
	ck_assert(simmail_user_edit(world.sim, box_of(bo), world_item(&world, bo, &person),
				    "job_title=Smith"));
	ck_assert(world_edit(&world, &made[0], "{\"body\":\"here\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item_of(1), "importance=high"));
	world_delete(&world, &made[2]);
	simmail_user_delete(world.sim, box_of(bo), item_of(3), true);
	ck_assert(world_edit(&world, &made[4], "{\"status\":\"completed\"}"));
	(void)world_new(&world, bo, BRG_TASK, "{\"subject\":\"new\"}");
	before = whole_world();
	dry_run(bo);
	(void)before;
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_CREATE), 1);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_CHANGE), 1);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_DELETE), 1);
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_UNLINK), 1);
	ck_assert_int_eq(would(SIDE_STORE, EFFECT_CHANGE), 2);
	ck_assert_int_eq(would(SIDE_STORE, EFFECT_DELETE), 1);
	ck_assert_int_eq(would(SIDE_STORE, EFFECT_CREATE), 0);
	ck_assert_uint_eq(lines, 7);
	ck_assert_int_eq(mails, 0);
	ck_assert_int_eq(items(bo, BRG_TASK), SOME - 1);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), SOME - 1);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME - 1);
	ck_assert_str_eq(there(bo, item_of(0), "body"), "here");
}
END_TEST

/* ---- one plan after another -----------------------------------------------------------------*/

/* Each is asked for by itself: a yes of last month is none to this. */
START_TEST(a_yes_holds_for_one_plan)
{
	world.rules.plan_deletes_min = 2;
	some_tasks();
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 2; k++)
			simmail_user_delete(world.sim, box_of(bo), item_of(2 * i + k), true);
		world_rounds(&world, 3);
		ck_assert_uint_eq(plans(), (size_t)i + 1);
		ck_assert_int_eq(newest_plan()->state, BRG_PLAN_WAITS);
		ck_assert_uint_eq(alerts(), 1);
		ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME - 2 * (size_t)i);
		answer_plan(BRG_PLAN_APPROVED);
		world_rounds(&world, 2);
		ck_assert_int_eq(newest_plan()->state, BRG_PLAN_DONE);
		ck_assert_uint_eq(alerts(), 0);
		ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME - 2 * (size_t)i - 2);
		assert_quiet();
	}
}
END_TEST

/* What a plan was made for came right by itself: it is void, and nobody is asked any more. */
START_TEST(a_plan_that_is_void)
{
	world.rules.plan_deletes_min = 2;
	some_tasks();
	simmail_snapshot(world.sim, box_of(bo));
	for (int i = 0; i < 3; i++)
		simmail_user_delete(world.sim, box_of(bo), item_of(i), true);
	world_rounds(&world, 3);
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_WAITS);
	ck_assert(simmail_restore(world.sim, box_of(bo)));
	world_rounds(&world, 4);
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_STALE);
	ck_assert_uint_eq(alerts(), 0);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), SOME);
	for (int i = 0; i < SOME; i++)
		ck_assert_int_ge(item_of(i), 0);
}
END_TEST

/* What comes to it after the yes is not part of it. */
START_TEST(a_yes_holds_for_what_was_shown)
{
	world.rules.plan_deletes_min = 2;
	some_tasks();
	for (int i = 0; i < 2; i++)
		simmail_user_delete(world.sim, box_of(bo), item_of(i), true);
	world_rounds(&world, 3);
	answer_plan(BRG_PLAN_APPROVED);
	for (int i = 2; i < 5; i++)
		simmail_user_delete(world.sim, box_of(bo), item_of(i), true);
	world_rounds(&world, 4);
	for (int i = 2; i < 5; i++)
		ck_assert_str_ne(world_json(&world, &made[i]), "gone");
	ck_assert_int_eq(newest_plan()->state, BRG_PLAN_WAITS);
	answer_plan(BRG_PLAN_APPROVED);
	world_rounds(&world, 3);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
}
END_TEST

/* What could not be looked at is not told as nothing. */
START_TEST(a_dry_run_that_fails_says_so)
{
	int n = 0;

	some_tasks();
	for (int i = 0; i < 3; i++)
		ck_assert(world_edit(&world, &made[i], "{\"body\":\"text\"}"));
	world.engine.planned = planned;
	world.verbose = false; /* it reads, too */
	do {
		wrap_store(n);
		ops.read = failing_read;
		struck = false;
		counts[SIDE_SERVER][EFFECT_CHANGE] = -1;
		ck_assert_msg((world_visit(&world, bo) >= BRG_FAILED_TRANSIENT) == struck,
			      "at %d: nothing is said", n);
		ck_assert_msg(!struck || counts[SIDE_SERVER][EFFECT_CHANGE] == -1,
			      "at %d: half a plan", n);
		world.engine.store.ops = real;
	} while (struck && n++ < POINTS_MOST);
	world.engine.planned = NULL;
	ck_assert_int_eq(would(SIDE_SERVER, EFFECT_CHANGE), 3);
	ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, a_first_contact);
	tcase_add_test(t, all_that_would_be_done);
	tcase_add_test(t, a_yes_holds_for_one_plan);
	tcase_add_test(t, a_plan_that_is_void);
	tcase_add_test(t, a_yes_holds_for_what_was_shown);
	tcase_add_test(t, a_dry_run_that_fails_says_so);
	return run_scenarios("sync_dry", t);
}
