/* SPDX-License-Identifier: Apache-2.0
 *
 * Connection slots of two processes with one store: how they share what the server allows, and
 * how often they ask.
 */
#include "tests/simulation/sync_test.h"

#include "core/http_pool.h"
#include "core/slots.h"

#define MOST 10 /* connections of the profile, see world.c */

static struct world other; /* a second process */
static struct slots *mine, *theirs;
static struct brg_storage counted;
static const struct brg_storage *real;
static int asked; /* calls to the store */
static int64_t now_ms;

static int count(void *self, struct brg_slots *io, struct brg_err *err)
{
	asked++;
	return real->slots(self, io, err);
}

static void set_up_two(void)
{
	setup();
	other = world;
	world_open(&other);
	real = world.engine.store.ops;
	counted = *real;
	counted.slots = count;
	world.engine.store.ops = other.engine.store.ops = &counted;
	mine = slots_new(&world.engine);
	theirs = slots_new(&other.engine);
	now_ms = 100000;
	asked = 0;
}

static void tear_down_two(void)
{
	slots_free(&mine);
	slots_free(&theirs);
	world_close(&other);
	teardown();
}

static uint32_t room(struct slots *s, int64_t due, uint32_t threads)
{
	struct brg_due_row row = { .profile = world.profile, .due = due, .max_connections = MOST };

	return slots_room(s, &row, threads, now_ms);
}

static void take(struct slots *s, int n)
{
	for (int i = 0; i < n; i++)
		slots_take(s, &world.profile);
}

static void give(struct slots *s, int n)
{
	for (int i = 0; i < n; i++)
		slots_give(s, &world.profile, now_ms);
}

START_TEST(no_more_than_is_of_use)
{
	ck_assert_uint_eq(room(mine, 3, 32), 3);
	ck_assert_uint_eq(room(mine, 20, 5), 5);
	ck_assert_uint_eq(room(mine, 20, 32), MOST);
	ck_assert_uint_eq(room(theirs, 1, 32), 0);
	take(mine, 4);
	ck_assert_uint_eq(room(mine, 20, 32), MOST - 4);
}
END_TEST

/* Those at work count: two due beside three at work are five. */
START_TEST(visits_at_work_count)
{
	ck_assert_uint_eq(room(mine, 3, 32), 3);
	take(mine, 3);
	ck_assert_uint_eq(room(mine, 2, 32), 2);
	ck_assert_uint_eq(room(mine, 9, 4), 2);
	take(mine, 2);
	ck_assert_uint_eq(room(mine, 0, 32), 0);
	ck_assert_uint_eq(room(theirs, 9, 32), MOST - 5);
}
END_TEST

/* What is held is not asked for again. */
START_TEST(a_process_that_gets_along_asks_once)
{
	(void)room(mine, 5, 32);
	take(mine, 5);
	for (int i = 0; i < 100; i++) {
		give(mine, 1);
		ck_assert_uint_eq(room(mine, 1, 32), 1);
		take(mine, 1);
		slots_tidy(mine, now_ms);
	}
	ck_assert_int_eq(asked, 1);
	/* And once a second whether others wait. */
	for (int i = 0; i < 100; i++) {
		now_ms += 100;
		give(mine, 1);
		take(mine, 1);
		slots_tidy(mine, now_ms);
	}
	ck_assert_int_ge(asked, 10);
	ck_assert_int_le(asked, 12);
}
END_TEST

/* As a worker does: claim what there is room for. */
static int work(struct slots *s)
{
	int n = (int)room(s, 100, 32);

	take(s, n);
	return n;
}

/* One has all, the other comes: within some visits both have half, and neither starves. */
START_TEST(two_share)
{
	int a = work(mine), b = work(theirs), least_a = MOST, least_b = MOST;

	ck_assert_int_eq(a, MOST);
	ck_assert_int_eq(b, 0);
	for (int i = 0; i < 200; i++) {
		now_ms += 100;
		if (a) {
			give(mine, 1);
			a += work(mine) - 1;
		}
		b += work(theirs);
		if (b) {
			give(theirs, 1);
			b += work(theirs) - 1;
		}
		a += work(mine);
		slots_tidy(mine, now_ms);
		slots_tidy(theirs, now_ms);
		if (i < 100)
			continue;
		least_a = a < least_a ? a : least_a;
		least_b = b < least_b ? b : least_b;
	}
	ck_assert_msg(least_a >= 3 && least_b >= 3, "%d and %d", least_a, least_b);
}
END_TEST

/* The sum is never more than the server allows, whatever the two do. */
START_TEST(the_sum_stays_within_the_maximum)
{
	uint64_t dice = (uint64_t)_i + 1;
	struct slots *both[2] = { mine, theirs };
	int used[2] = { 0, 0 };

	for (int i = 0; i < 2000; i++) {
		int who = (int)simmail_below(&dice, 2);

		now_ms += simmail_below(&dice, 400);
		if (used[who] && simmail_below(&dice, 2)) {
			give(both[who], 1);
			used[who]--;
		} else {
			uint32_t n = room(both[who], 1 + simmail_below(&dice, 12), 16);

			n = n ? 1 + simmail_below(&dice, n) : 0;
			take(both[who], (int)n);
			used[who] += (int)n;
		}
		if (simmail_below(&dice, 5) == 0)
			slots_tidy(both[who], now_ms);
		ck_assert_int_le(used[0] + used[1], MOST);
	}
	/* Both came to work. */
	give(mine, used[0]);
	give(theirs, used[1]);
	now_ms += 11000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_ge(room(theirs, 100, 32), 1);
}
END_TEST

/* What is of no use for ten seconds goes back; till then it is kept for the next visit. */
START_TEST(what_lies_idle_goes_back)
{
	ck_assert_uint_eq(room(mine, 6, 32), 6);
	take(mine, 6);
	now_ms += 60000;
	give(mine, 5);
	now_ms += 10000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(theirs, 4, 32), 4);
	now_ms += 1;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(theirs, 100, 32), MOST - 1);
}
END_TEST

/* Ten seconds from when there was use for it, not from when it was asked for. */
START_TEST(what_was_of_use_is_kept)
{
	ck_assert_uint_eq(room(mine, 6, 32), 6);
	now_ms += 9000;
	ck_assert_uint_eq(room(mine, 6, 32), 6);
	now_ms += 9000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(theirs, 100, 32), MOST - 6);
}
END_TEST

/* And from when the first was given back, however long ago all were asked for. */
START_TEST(what_was_given_back_is_kept)
{
	ck_assert_uint_eq(room(mine, 6, 32), 6);
	take(mine, 6);
	now_ms += 60000;
	give(mine, 1);
	now_ms += 9000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(theirs, 100, 32), MOST - 6);
}
END_TEST

/* Who waits gets idle slots at once, not after ten seconds. */
START_TEST(who_waits_gets_idle_slots)
{
	ck_assert_uint_eq(room(mine, 10, 32), MOST);
	ck_assert_uint_eq(room(theirs, 2, 32), 0);
	now_ms += 1000;
	slots_tidy(mine, now_ms);
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(theirs, 2, 32), 2);
}
END_TEST

/* What was asked for in vain and is not needed any more is not wanted for ever: the other may have
 * it all again. */
START_TEST(a_wish_is_forgotten)
{
	ck_assert_uint_eq(room(mine, 10, 32), MOST);
	take(mine, MOST);
	ck_assert_uint_eq(room(theirs, 4, 32), 0);
	now_ms += 3000;
	slots_tidy(theirs, now_ms);
	asked = 0;
	slots_tidy(theirs, now_ms);
	ck_assert_int_eq(asked, 0);
	now_ms += 1;
	slots_tidy(theirs, now_ms);
	ck_assert_int_eq(asked, 1);
	now_ms += 1000;
	give(mine, 1);
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(mine, 1, 32), 1);
	now_ms += 1000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(room(mine, 10, 32), 1);
}
END_TEST

/* A client that waits, connected, for the next session. */
static void leave_connected(int n)
{
	static const struct brg_http_options how = { .auth = BRG_HTTP_NOBODY };
	static const struct brg_sha key;

	for (int i = 0; i < n; i++)
		http_pool_give(&world.profile, &key, net_http_new(&how));
}

/* Connections that wait hold slots: they are closed before the slots go back. */
START_TEST(what_waits_goes_with_its_slot)
{
	ck_assert_uint_eq(room(mine, 6, 32), 6);
	take(mine, 6);
	give(mine, 2);
	leave_connected(2);
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(http_pool_waiting(&world.profile), 2);
	/* Nobody wanted them for a while. */
	now_ms += 11000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(http_pool_waiting(&world.profile), 0);
	ck_assert_uint_eq(room(theirs, 20, 32), MOST - 4);
	/* Others wait: at once. */
	give(mine, 1);
	leave_connected(1);
	now_ms += 2000;
	slots_tidy(mine, now_ms);
	ck_assert_uint_eq(http_pool_waiting(&world.profile), 0);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(set_up_two, tear_down_two);

	tcase_add_test(t, no_more_than_is_of_use);
	tcase_add_test(t, visits_at_work_count);
	tcase_add_test(t, a_process_that_gets_along_asks_once);
	tcase_add_test(t, two_share);
	tcase_add_loop_test(t, the_sum_stays_within_the_maximum, 0, 20);
	tcase_add_test(t, what_lies_idle_goes_back);
	tcase_add_test(t, what_was_of_use_is_kept);
	tcase_add_test(t, what_was_given_back_is_kept);
	tcase_add_test(t, who_waits_gets_idle_slots);
	tcase_add_test(t, a_wish_is_forgotten);
	tcase_add_test(t, what_waits_goes_with_its_slot);
	return run_scenarios("slots", t);
}
