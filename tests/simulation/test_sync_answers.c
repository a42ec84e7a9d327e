/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that are right and not what was hoped for, and some that are none: an item that goes
 * while it is read or written, a create without an id, a failure that says nothing of the item.
 */
#include "tests/simulation/sync_test.h"

static int item;

static struct brg_id linked_task(void)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	return id;
}

/* ---- an item that goes ----------------------------------------------------------------------*/

static void delete_it(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	(void)arg;
	simmail_user_delete(sim, box, item, true);
}

static void visit_and_delete_at(int call)
{
	simmail_on_meanwhile(delete_it, NULL);
	trouble(bo, call, SIMMAIL_MEANWHILE, 1);
	assert_ok(world_visit(&world, bo));
	simmail_on_meanwhile(NULL, NULL);
}

START_TEST(gone_when_it_is_read)
{
	struct brg_id id = linked_task();

	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=high"));
	visit_and_delete_at(SIMMAIL_GET);
	/* Not at once: it may have moved. */
	ck_assert_str_ne(world_json(&world, &id), "gone");
	calm();
	ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
}
END_TEST

/* The edit is kept: a deletion there does not beat what was written here. */
START_TEST(gone_when_it_is_written)
{
	struct brg_id id = linked_task();

	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	visit_and_delete_at(SIMMAIL_PUSH);
	/* That answer was the first to tell; nobody has anything to do about it. */
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(alerts(), 0);
	assert_ok(world_visit(&world, bo));
	ck_assert_uint_eq(live_links(&id), 0);
	calm();
	assert_has(world_json(&world, &id), "\"text\"");
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
}
END_TEST

static void edit_it(struct simmail *sim, int box, int call, void *arg)
{
	(void)call;
	(void)arg;
	ck_assert(simmail_user_edit(sim, box, item, "importance=high"));
}

/* One write finds another version, and the server asks for a pause at the next: the visit says so.
 */
START_TEST(a_failure_behind_a_conflict)
{
	struct brg_id id = linked_task(), card;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	card = world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ann\",\"surname\":\"Lind\"}");
	calm();
	if (plans())
		answer_plan(BRG_PLAN_APPROVED);
	calm();
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	ck_assert(world_edit(&world, &card, "{\"body\":\"text\"}"));
	simmail_on_meanwhile(edit_it, NULL);
	for (int i = 1; i <= 2; i++)
		ck_assert(simmail_script(world.sim, box_of(bo), SIMMAIL_PUSH,
					 i == 1 ? SIMMAIL_MEANWHILE : SIMMAIL_THROTTLE,
					 (uint32_t)i));
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_THROTTLED);
	simmail_on_meanwhile(NULL, NULL);
	calm();
	ck_assert_str_eq(there(bo, item, "body"), "text");
	assert_has(world_json(&world, &id), "\"high\"");
	ck_assert_str_eq(there(bo, world_item(&world, bo, &card), "body"), "text");
}
END_TEST

/* It is written, and cannot be read back: the visit says why, and the next one knows it. */
START_TEST(a_failure_behind_a_write)
{
	struct brg_id id = linked_task();

	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	trouble(bo, SIMMAIL_GET, SIMMAIL_THROTTLE, 1);
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_THROTTLED);
	ck_assert_str_eq(there(bo, item, "body"), "text");
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), item);
}
END_TEST

/* While a conflict about the text waits another field is written, and a person sets it back to what
 * it was before it is read again: that is his edit. */
START_TEST(what_is_set_back_behind_a_write)
{
	struct brg_id id = linked_task();

	world_policy(&world, BRG_TASK, POLICY_ASK);
	ck_assert(world_edit(&world, &id, "{\"importance\":\"low\"}"));
	calm();
	ck_assert_str_eq(there(bo, item, "importance"), "low");
	ck_assert(world_edit(&world, &id, "{\"importance\":\"high\",\"body\":\"ours\"}"));
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "body=theirs"));
	assert_ok(world_visit(&world, bo));
	ck_assert_str_eq(there(bo, item, "importance"), "high");
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item, "importance=low"));
	world_rounds(&world, 4);
	ck_assert_str_eq(there(bo, item, "importance"), "low");
	assert_has(world_json(&world, &id), "\"importance\":\"low\"");
}
END_TEST

static void uninvite(struct simmail *sim, int box, int call, void *arg)
{
	const struct simmail_state *now = &sim->boxes[box].now;

	(void)call;
	(void)arg;
	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used && now->items[i].kind == BRG_APPOINTMENT)
			ck_assert(simmail_user_edit(sim, box, (int)i,
						    "attendees/guest1@elsewhere.example=-"));
}

/* Made with a guest, and it has none when it is read back: who took him out, or whether it was the
 * server, nobody can tell. He is written once more, and then both sides are alike. */
START_TEST(a_guest_who_is_gone_behind_a_write)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me");
	id = world_new(&world, bo, BRG_APPOINTMENT,
		       "{\"subject\":\"Plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\","
		       "\"zone\":\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\","
		       "\"zone\":\"Europe/Stockholm\"},"
		       "\"attendees\":{\"guest1@elsewhere.example\":{\"role\":\"required\"}}}");
	simmail_on_meanwhile(uninvite, NULL);
	trouble(bo, SIMMAIL_GET, SIMMAIL_MEANWHILE, 1);
	assert_ok(world_visit(&world, bo));
	simmail_on_meanwhile(NULL, NULL);
	if (plans())
		answer_plan(BRG_PLAN_APPROVED);
	calm();
	assert_has(world_json(&world, &id), "guest1");
	ck_assert_str_eq(
		there(bo, world_item(&world, bo, &id), "attendees/guest1@elsewhere.example/role"),
		"required");
}
END_TEST

/* The answer to a write is not read, the item is thrown away, and a copy from before is left: it is
 * the item now, and gets what was written. */
START_TEST(a_copy_from_before_a_write)
{
	struct brg_id id;
	int copy;

	world_filter(&world, bo, BRG_CONTACT, "owner = me");
	id = world_new(&world, bo, BRG_CONTACT, "{\"given\":\"Ann\",\"surname\":\"Lind\"}");
	calm();
	if (plans())
		answer_plan(BRG_PLAN_APPROVED);
	calm();
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert(world_edit(&world, &id, "{\"company\":\"Fjord\"}"));
	copy = simmail_user_copy(world.sim, box_of(bo), item, SIMMAIL_CONTACTS);
	ck_assert_int_ge(copy, 0);
	trouble(bo, SIMMAIL_GET, SIMMAIL_THROTTLE, 1);
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_THROTTLED);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), copy);
	ck_assert_str_eq(there(bo, copy, "company"), "Fjord");
	assert_has(world_json(&world, &id), "Fjord");
}
END_TEST

/* A field was cleared, the answer was lost, and it has another value by now: nobody else wrote. */
START_TEST(what_was_cleared_was_cleared_by_us)
{
	struct brg_id id = linked_task();
	struct brg_query q = { .what = BRG_READ_CONFLICTS, .number = 1 };
	size_t n;

	world_policy(&world, BRG_TASK, POLICY_ASK);
	ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	calm();
	ck_assert(world_edit(&world, &id, "{\"body\":null}"));
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert(world_edit(&world, &id, "{\"body\":\"again\"}"));
	calm();
	ck_assert_str_eq(there(bo, item, "body"), "again");
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* When the deletion is considered, or when it is done. */
START_TEST(gone_when_it_is_deleted)
{
	struct brg_id id = linked_task();

	world_delete(&world, &id);
	visit_and_delete_at(_i ? SIMMAIL_PUSH : SIMMAIL_GET);
	calm();
	ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

/* After a write of which nobody knows: the look-up finds neither item nor trace. */
START_TEST(gone_when_it_is_looked_up)
{
	struct brg_id id = linked_task();

	if (_i)
		ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	else
		world_delete(&world, &id);
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_HANG_UP, 1);
	(void)world_visit(&world, bo);
	simmail_user_delete(world.sim, box_of(bo), item, true);
	calm();
	if (_i)
		assert_has(world_json(&world, &id), "\"text\"");
	else
		ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
}
END_TEST

/* Made, the answer was lost, and its owner has thrown it away since: not made again. */
START_TEST(made_and_thrown_away)
{
	const struct simmail_state *now = &world.sim->boxes[box_of(bo)].now;
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"one\"}");
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_LOSE_ANSWER, 1);
	(void)world_visit(&world, bo);
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	for (uint32_t i = 0; i < now->n_items; i++)
		if (now->items[i].used)
			item = (int)i;
	simmail_user_delete(world.sim, box_of(bo), item, false);
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert_str_ne(world_json(&world, &id), "gone");
	ck_assert_uint_eq(world_count(&world, 0), 1);
	/* Nor later, whatever is written; and taken out again it goes its own way. */
	ck_assert(world_edit(&world, &id, "{\"body\":\"later\"}"));
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 0);
	ck_assert(simmail_user_move(world.sim, box_of(bo), item, SIMMAIL_TASKS));
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
}
END_TEST

/* ---- links that are looked at anew while they are written -----------------------------------*/

static void look_anew(struct simmail *sim, int box, int call, void *arg)
{
	(void)sim;
	(void)box;
	(void)call;
	(void)arg;
	mark_links(bo);
}

START_TEST(a_link_that_is_marked_while_it_is_written)
{
	struct brg_id id = linked_task();
	uint32_t writes = world_writes(&world);

	if (_i)
		world_delete(&world, &id);
	else
		ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	simmail_on_meanwhile(look_anew, NULL);
	trouble(bo, SIMMAIL_PUSH, SIMMAIL_MEANWHILE, 1);
	assert_ok(world_visit(&world, bo));
	simmail_on_meanwhile(NULL, NULL);
	calm();
	ck_assert_uint_eq(world_writes(&world), writes + 1);
	ck_assert_int_eq(items(bo, BRG_TASK), _i ? 0 : 1);
	if (!_i)
		ck_assert_str_eq(there(bo, item, "body"), "text");
}
END_TEST

/* ---- answers that are none ------------------------------------------------------------------*/

static const struct brg_connector *real;
static bool without_id;

/* Of the connector's own: another would not be believed. */
static const struct brg_fault *gave_up_fault(void)
{
	for (const struct brg_fault *const *f = simmail_plugin.faults; *f; f++)
		if ((*f)->scope == BRG_SCOPE_MAILBOX && (*f)->cls == BRG_ETIMEDOUT)
			return *f;
	abort();
}

static int odd_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		    struct brg_err *err)
{
	static struct brg_err gave_up;
	int rc = real->push(self, ops, n, arena, err);

	gave_up = (struct brg_err)BRG_ERR_INIT;
	(void)brg_fail(&gave_up, gave_up_fault(), "%s", "");
	for (size_t i = 0; i < n; i++) {
		if (without_id)
			ops[i].new_id = (struct brg_str){ "", 0 };
		else
			ops[i].err = &gave_up;
	}
	return rc;
}

/* It was made, and nobody said where: found by its mark, not made again. _i: without an id, or with
 * a failure that says nothing of the item. */
START_TEST(made_and_nobody_said_where)
{
	static struct brg_connector wanted;
	struct brg_id ids[3];

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 2);
	for (int i = 0; i < 3; i++)
		ids[i] = world_new(&world, bo, BRG_TASK,
				   arena_printf(world.scratch, "{\"subject\":\"t%d\"}", i));
	wanted = world.connector;
	real = &wanted;
	without_id = _i == 0;
	world.connector.push = odd_push;
	ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	world.connector.push = wanted.push;
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(world_item(&world, bo, &ids[i]), 0);
}
END_TEST

/* The same of a change and of a deletion. */
START_TEST(done_and_nobody_said_so)
{
	static struct brg_connector wanted;
	struct brg_id id = linked_task();
	uint32_t writes = world_writes(&world);

	if (_i)
		world_delete(&world, &id);
	else
		ck_assert(world_edit(&world, &id, "{\"body\":\"text\"}"));
	wanted = world.connector;
	real = &wanted;
	without_id = false;
	world.connector.push = odd_push;
	ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	world.connector.push = wanted.push;
	calm();
	ck_assert_uint_eq(world_writes(&world), writes + 1);
	ck_assert_int_eq(items(bo, BRG_TASK), _i ? 0 : 1);
}
END_TEST

/* ---- moves and copies -----------------------------------------------------------------------*/

/* Told by a whole listing alone, for its cursor was lost: not met in one folder, new in the other.
 */
START_TEST(a_move_that_no_feed_tells)
{
	int old = simmail_add_folder(world.sim, box_of(bo), "old", BRG_KIND_BIT(BRG_TASK));
	struct brg_id id = linked_task();

	for (int i = 0; i < 2; i++) {
		ck_assert(simmail_user_move(world.sim, box_of(bo), item, i ? SIMMAIL_TASKS : old));
		for (int f = 0; f < SIMMAIL_FIXED + 1; f++)
			simmail_expire(world.sim, box_of(bo), f);
		calm();
		ck_assert_int_eq(items(bo, BRG_TASK), 1);
		ck_assert_uint_eq(world_count(&world, 0), 1);
		ck_assert(world_edit(&world, &id,
				     arena_printf(world.scratch, "{\"body\":\"b%d\"}", i)));
		world_rounds(&world, 2);
		ck_assert_str_eq(there(bo, world_item(&world, bo, &id), "body"), i ? "b1" : "b0");
	}
}
END_TEST

/* A meeting leaves the filter, is changed on both sides, and comes back: one again, with all that
 * both say. */
START_TEST(a_meeting_that_comes_back)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_APPOINTMENT, "owner = me and subject begins \"x\"");
	id = world_new(
		&world, bo, BRG_APPOINTMENT,
		"{\"subject\":\"x plan\",\"start\":{\"local\":\"2027-03-03T11:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
		"\"Europe/Stockholm\"},\"attendees\":{\"x@elsewhere.example\":{\"role\":"
		"\"required\"}}}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert_int_ge(item, 0);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"plan\"}"));
	world_rounds(&world, 2);
	ck_assert_int_eq(world_item(&world, bo, &id), -1);
	ck_assert(simmail_user_edit(world.sim, box_of(bo), item,
				    "attendees/y@elsewhere.example/role=optional"));
	ck_assert(world_edit(&world, &id,
			     "{\"subject\":\"x plan\",\"location\":\"Attic\",\"attendees\":"
			     "{\"z@elsewhere.example\":{\"role\":\"required\"},\"...\":null}}"));
	calm();
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_str_eq(there(bo, item, "location"), "Attic");
	for (int side = 0; side < 2; side++) {
		static char text[8192];

		(void)simmail_json(simmail_at(world.sim, box_of(bo), item), text, sizeof(text));
		assert_has(side ? text : world_json(&world, &id), "x@elsewhere.example");
		assert_has(side ? text : world_json(&world, &id), "y@elsewhere.example");
		assert_has(side ? text : world_json(&world, &id), "z@elsewhere.example");
	}
}
END_TEST

/* What comes back to a filter is looked for where it was; while nobody can read it there nothing is
 * made. */
START_TEST(it_comes_back_and_cannot_be_read)
{
	struct brg_id id;

	world_filter(&world, bo, BRG_TASK, "owner = me and subject begins \"x\"");
	id = world_new(&world, bo, BRG_TASK, "{\"subject\":\"x one\"}");
	world_rounds(&world, 3);
	item = world_item(&world, bo, &id);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"one\"}"));
	world_rounds(&world, 2);
	ck_assert(world_edit(&world, &id, "{\"subject\":\"x two\"}"));
	simmail_poison(world.sim, box_of(bo), item, 3);
	for (int i = 0; i < 3; i++) {
		(void)world_visit(&world, bo);
		ck_assert_int_eq(items(bo, BRG_TASK), 1);
	}
	calm();
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_int_eq(world_item(&world, bo, &id), item);
	ck_assert_str_eq(there(bo, item, "subject"), "x two");
}
END_TEST

/* It becomes private in the mailbox while its record is deleted: nobody reads it for that. */
START_TEST(private_there_and_deleted_here)
{
	struct brg_id id = linked_task();

	simmail_user_private(world.sim, box_of(bo), item, true);
	world_delete(&world, &id);
	calm();
	ck_assert_str_eq(world_json(&world, &id), "gone");
	ck_assert_uint_eq(world.sim->boxes[box_of(bo)].private_reads, 0);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	/* And he keeps what he made his own. */
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, gone_when_it_is_read);
	tcase_add_test(t, a_failure_behind_a_conflict);
	tcase_add_test(t, a_failure_behind_a_write);
	tcase_add_test(t, what_is_set_back_behind_a_write);
	tcase_add_test(t, a_guest_who_is_gone_behind_a_write);
	tcase_add_test(t, a_copy_from_before_a_write);
	tcase_add_test(t, what_was_cleared_was_cleared_by_us);
	tcase_add_test(t, gone_when_it_is_written);
	tcase_add_loop_test(t, gone_when_it_is_deleted, 0, 2);
	tcase_add_loop_test(t, gone_when_it_is_looked_up, 0, 2);
	tcase_add_test(t, made_and_thrown_away);
	tcase_add_test(t, it_comes_back_and_cannot_be_read);
	tcase_add_loop_test(t, a_link_that_is_marked_while_it_is_written, 0, 2);
	tcase_add_loop_test(t, made_and_nobody_said_where, 0, 2);
	tcase_add_loop_test(t, done_and_nobody_said_so, 0, 2);
	tcase_add_test(t, a_move_that_no_feed_tells);
	tcase_add_test(t, a_meeting_that_comes_back);
	tcase_add_test(t, private_there_and_deleted_here);
	return run_scenarios("sync_answers", t);
}
