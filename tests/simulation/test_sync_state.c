/* SPDX-License-Identifier: Apache-2.0
 *
 * What a visit starts from: filters of all sorts, folders, addresses, and what the store has kept.
 */
#include "tests/simulation/sync_test.h"

#include "core/id.h"

static void commit(struct step *step)
{
	struct brg_err err = BRG_ERR_INIT;

	world_must(store_commit(&world.engine.store, step, BRG_DURABLE, NULL, &err), &err, "step");
}

static void add_filter(const struct brg_id *owner, int type, bool active, const char *text)
{
	struct brg_id id = id_new(world.now_us);
	struct step step;

	step_init(&step, world.scratch);
	step_add(&step, BRG_OP_FILTER, BRG_NEW)->u.filter = (struct brg_filter_row){
		.id = id,
		.owner = owner ? *owner : (struct brg_id){ { 0 } },
		.type = type,
		.kind = BRG_TASK,
		.active = active,
		.name = brg_cstr(arena_printf(world.scratch, "%02x%02x", id.b[14], id.b[15])),
		.text = brg_cstr(text),
	};
	commit(&step);
}

static struct brg_id task(const char *subject)
{
	return world_new(&world, bo, BRG_TASK,
			 arena_printf(world.scratch, "{\"subject\":\"%s\"}", subject));
}

static bool has(const struct brg_id *id)
{
	return world_item(&world, bo, id) >= 0;
}

/* Any of his own and of the system's that act; not templates, not others', not what is off. */
START_TEST(which_filters_count)
{
	struct brg_id a, b, c, d, e;

	add_filter(&world.users[bo].owner, BRG_FILTER_USER, true, "subject = \"a\"");
	add_filter(NULL, BRG_FILTER_SYSTEM, true, "subject = \"b\"");
	add_filter(NULL, BRG_FILTER_TEMPLATE, true, "subject = \"c\"");
	add_filter(&world.users[bo].owner, BRG_FILTER_USER, false, "subject = \"d\"");
	add_filter(&world.users[eva].owner, BRG_FILTER_USER, true, "subject = \"e\"");
	a = task("a");
	b = task("b");
	c = task("c");
	d = task("d");
	e = task("e");
	assert_ok(world_visit(&world, bo));
	world_rounds(&world, 2);
	ck_assert(has(&a));
	ck_assert(has(&b));
	ck_assert(!has(&c));
	ck_assert(!has(&d));
	ck_assert(!has(&e));
	ck_assert_int_ge(world_item(&world, eva, &e), 0);
	ck_assert_int_ge(world_item(&world, eva, &b), 0);
	ck_assert_int_eq(world_item(&world, eva, &a), -1);
}
END_TEST

/* A filter that cannot be read any more stops the mailbox and says so; nothing is let go for it. */
START_TEST(a_filter_that_cannot_be_read)
{
	struct brg_id a = task("a");

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 3);
	ck_assert(has(&a));
	add_filter(&world.users[bo].owner, BRG_FILTER_USER, true, "colour = \"red\"");
	ck_assert_int_ge(world_visit(&world, bo), BRG_FAILED_TRANSIENT);
	ck_assert_int_ne(world.err.code, 0);
	ck_assert(has(&a));
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
}
END_TEST

/* Settings of the owner that cannot be read: nothing is done in their stead. */
START_TEST(settings_that_cannot_be_read)
{
	static const char *const bad[] = { "no json", "[]", "{\"inbound-tasks\":\"some\"}" };
	int odd = world_add_user(&world, "odd@example.com", bad[_i]);

	(void)simmail_user_create(world.sim, box_of(odd), BRG_TASK, "subject=one");
	ck_assert_int_ge(world_visit(&world, odd), BRG_FAILED_TRANSIENT);
	ck_assert_int_ne(world.err.code, 0);
	ck_assert_uint_eq(world_count(&world, 0), 0);
}
END_TEST

/* What came in and is not decided yet lies in a folder that goes: nothing waits for it. */
START_TEST(a_folder_goes_before_its_items_are_decided)
{
	int other = simmail_add_folder(world.sim, box_of(eva), "other", BRG_KIND_BIT(BRG_TASK));
	int item = simmail_user_create(world.sim, box_of(eva), BRG_TASK, "subject=one");
	struct brg_query q = { .what = BRG_READ_INBOX, .mailbox = world.users[eva].mailbox };
	size_t n;

	ck_assert(simmail_user_move(world.sim, box_of(eva), item, other));
	trouble(eva, SIMMAIL_GET, SIMMAIL_HANG_UP, 1);
	(void)world_visit(&world, eva);
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 1);
	simmail_unmap_folder(world.sim, box_of(eva), other, true);
	calm();
	(void)world_rows(&world, &q, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(world_count(&world, 0), 0);
	simmail_unmap_folder(world.sim, box_of(eva), other, false);
	calm();
	ck_assert_uint_eq(world_count(&world, 0), 1);
}
END_TEST

/* Who takes part is known however many there are. */
START_TEST(the_last_of_many_guests)
{
	char *attendees = arena_printf(world.scratch, "%s", "");
	struct brg_id id;

	for (int i = 0; i < 60; i++) {
		const char *name = arena_printf(world.scratch, "a%02d@example.com", i);
		struct brg_str address = brg_cstr(name);
		struct step step;

		step_init(&step, world.scratch);
		step_add(&step, BRG_OP_ADDRESSES, BRG_ANY)->u.addresses =
			(struct brg_addresses){ .object = id_new(world.now_us),
						.type = BRG_PARTY_USER,
						.at = &address,
						.n = 1 };
		commit(&step);
		attendees = arena_printf(world.scratch, "%s\"%s\":{\"role\":\"required\"},",
					 attendees, name);
	}
	world_filter(&world, bo, BRG_APPOINTMENT, "party = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, BRG_APPOINTMENT,
		       arena_printf(world.scratch,
				    "{\"subject\":\"Plan\",\"start\":{\"local\":"
				    "\"2027-03-03T11:00:00\",\"zone\":\"Europe/Stockholm\"},"
				    "\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
				    "\"Europe/Stockholm\"},\"attendees\":{%s\"bo@example.com\":"
				    "{\"role\":\"required\"}}}",
				    attendees));
	calm();
	ck_assert_int_ge(world_item(&world, bo, &id), 0);
}
END_TEST

static void put_state(const char *value)
{
	struct step step;
	struct brg_op *op;

	step_init(&step, world.scratch);
	op = step_add(&step, BRG_OP_STATE, BRG_ANY);
	op->u.state.mailbox = world.users[bo].mailbox;
	op->u.state.name = brg_cstr("core.act");
	op->u.state.value = brg_cstr(value);
	commit(&step);
}

static const char *const damaged[] = { "x", "[1]", "{\"round\":", "\"round\"", "7" };

START_TEST(what_the_store_kept_is_damaged)
{
	struct brg_id a = task("a");

	world_filter(&world, bo, BRG_TASK, "owner = me");
	world_rounds(&world, 3);
	put_state(damaged[_i]);
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_PERMANENT);
	ck_assert_str_eq(world.err.fault->code, "BRG-SYNC-0110");
	ck_assert(has(&a));
	/* Begun anew nothing is made twice. */
	put_state("");
	world_rounds(&world, 4);
	ck_assert(has(&a));
	ck_assert_int_eq(items(bo, BRG_TASK), 1);
	ck_assert_uint_eq(world_count(&world, BRG_TASK), 1);
	assert_quiet();
}
END_TEST

/* A connector that is none for this lane. */
START_TEST(a_connector_of_mail_alone)
{
	if (_i == 0)
		world.connector.folders = NULL;
	else if (_i == 1)
		world.connector.get = NULL;
	else
		world.connector.pull = NULL;
	ck_assert_int_eq(world_visit(&world, bo), BRG_FAILED_PERMANENT);
	ck_assert_str_eq(world.err.fault->code, "BRG-SYNC-0111");
}
END_TEST

/* Mailboxes without a task folder of the usual name: things are made in whatever takes them. */
START_TEST(a_home_for_new_things)
{
	int other = simmail_add_folder(world.sim, box_of(bo), "other", BRG_KIND_BIT(BRG_TASK));
	struct brg_id a;

	if (_i)
		simmail_unmap_folder(world.sim, box_of(bo), SIMMAIL_TASKS, true);
	world_filter(&world, bo, BRG_TASK, "owner = me");
	a = task("a");
	world_rounds(&world, 3);
	ck_assert(has(&a));
	ck_assert_int_eq(simmail_at(world.sim, box_of(bo), world_item(&world, bo, &a))->folder,
			 _i ? other : SIMMAIL_TASKS);
}
END_TEST

static void set_mailbox_address(int user, const char *address)
{
	struct brg_query q = { .what = BRG_READ_MAILBOXES };
	struct step step;
	size_t n;
	struct brg_row *rows = world_rows(&world, &q, &n);

	step_init(&step, world.scratch);
	for (size_t i = 0; i < n; i++)
		if (brg_id_eq(&rows[i].u.mailbox.id, &world.users[user].mailbox)) {
			struct brg_op *op =
				step_add(&step, BRG_OP_MAILBOX, rows[i].u.mailbox.version);

			op->u.mailbox = rows[i].u.mailbox;
			op->u.mailbox.address = brg_cstr(address);
		}
	commit(&step);
}

/* A user is himself by any of his addresses: his own, his mailbox's, others. A meeting is made in
 * its organizer's mailbox alone. */
START_TEST(by_any_of_his_addresses)
{
	static const char *const all[] = { "eva@example.com", "box@example.com",
					   "e.berg@example.com", "bo@example.com" };
	const struct brg_str other = brg_cstr("e.berg@example.com");
	struct brg_id id;

	set_mailbox_address(eva, "box@example.com");
	set_addresses(eva, &other, 1);
	world_filter(&world, eva, BRG_APPOINTMENT, "owner = me");
	world_rounds(&world, 2);
	id = world_new(&world, eva, BRG_APPOINTMENT,
		       arena_printf(world.scratch,
				    "{\"subject\":\"Plan\",\"start\":{\"local\":"
				    "\"2027-03-03T11:00:00\",\"zone\":\"Europe/Stockholm\"},"
				    "\"end\":{\"local\":\"2027-03-03T12:00:00\",\"zone\":"
				    "\"Europe/Stockholm\"},\"organizer\":\"%s\",\"attendees\":"
				    "{\"x@elsewhere.example\":{\"role\":\"required\"}}}",
				    all[_i]));
	calm();
	ck_assert_int_eq(world_item(&world, eva, &id) >= 0, _i < 3);
}
END_TEST

int main(void)
{
	TCase *t = scenarios(setup, teardown);

	tcase_add_test(t, which_filters_count);
	tcase_add_test(t, a_filter_that_cannot_be_read);
	tcase_add_loop_test(t, settings_that_cannot_be_read, 0, 3);
	tcase_add_test(t, a_folder_goes_before_its_items_are_decided);
	tcase_add_test(t, the_last_of_many_guests);
	tcase_add_loop_test(t, what_the_store_kept_is_damaged, 0,
			    (int)(sizeof(damaged) / sizeof(damaged[0])));
	tcase_add_loop_test(t, a_connector_of_mail_alone, 0, 3);
	tcase_add_loop_test(t, a_home_for_new_things, 0, 2);
	tcase_add_loop_test(t, by_any_of_his_addresses, 0, 4);
	return run_scenarios("sync_state", t);
}
