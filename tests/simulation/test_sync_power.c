/* SPDX-License-Identifier: Apache-2.0
 *
 * The power fails between a write to the mailbox and the step that knows of it: what was promised
 * durable before the write is all that the next life has.
 */
#include "tests/simulation/powercut.h"
#include "tests/simulation/sync_test.h"

#include "core/effect.h"
#include "core/id.h"

#include <sys/wait.h>

#define DIED 99

static struct brg_id id;

static void set_up_disk(void)
{
	ck_assert_int_eq(powercut_register(), 0);
	vfs = POWERCUT_VFS;
	setup();
	world_filter(&world, bo, BRG_TASK, "owner = me");
}

static void on_effect(const char *name, uint64_t n)
{
	static bool pushed;

	(void)n;
	if (pushed && strcmp(name, "commit") == 0)
		_exit(DIED);
	pushed = pushed || strcmp(name, "sim.push") == 0;
}

/* A visit of bo's whose machine stops when his server has done the first write. */
static void visit_in_the_dark(uint64_t dice)
{
	int status;
	pid_t pid;

	world_close(&world);
	powercut_settle(folder);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		world_open(&world);
		effect_hook(on_effect);
		(void)world_visit(&world, bo);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == DIED);
	powercut_strike(folder, &dice);
	id_seed(dice | 1);
	world.now_us += INT64_C(3600000000);
	world_open(&world);
	world_keep(&world);
}

/* What the server has made of our own write is no edit of a person's. */
START_TEST(a_change_that_was_cut_off_keeps_its_richer_value)
{
	int item;

	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_ptr_null(simmail_set_habits(&world.sim->boxes[box_of(bo)].habits, "truncate=12"));
	ck_assert(world_edit(&world, &id, "{\"subject\":\"one and all of the others\"}"));
	visit_in_the_dark((uint64_t)_i);
	ck_assert_str_eq(there(bo, item, "subject"), "one and all ");
	calm();
	assert_has(world_json(&world, &id), "\"one and all of the others\"");
	ck_assert_int_eq(world_item(&world, bo, &id), item);
}
END_TEST

START_TEST(a_record_whose_making_was_cut_off_is_made_once)
{
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	visit_in_the_dark((uint64_t)_i);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(set_up_disk, teardown);

	tcase_add_loop_test(t, a_change_that_was_cut_off_keeps_its_richer_value, 0, 8);
	tcase_add_loop_test(t, a_record_whose_making_was_cut_off_is_made_once, 0, 8);
	return run_scenarios("power", t);
}
