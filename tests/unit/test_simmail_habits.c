/* SPDX-License-Identifier: Apache-2.0
 *
 * What the simulated mail system makes of what it is given, and who hears of meetings.
 */
#include "tests/unit/simmail_session.h"

/* ---- habits ---------------------------------------------------------------------------------*/

START_TEST(texts_are_cut_by_characters_and_tidied)
{
	int item;

	habits("truncate=4 normalise");
	item = contact("full_name=Åäöåäö\nemail1= A@X\nmobile_phone=+46 8\nbody=a\\nb");
	ck_assert_str_eq(value(item, "full_name"), "Åäöå");
	ck_assert_str_eq(value(item, "email1"), "a@x");
	ck_assert_str_eq(value(item, "mobile_phone"), "+46");
	ck_assert_str_eq(value(item, "body"), "a\r\nb\r\n");
}
END_TEST

START_TEST(fields_are_dropped_told_or_not)
{
	int item;

	habits("drop=pager");
	item = contact("full_name=X\npager=1");
	ck_assert_str_eq(value(item, "pager"), "");
	ck_assert_int_eq(fakehost_value(fh, &get(item)->fields, BRG_CONTACT, "pager")->presence,
			 BRG_NULL);
	habits("drop=pager drop-silent");
	ck_assert_ptr_null(fakehost_value(fh, &get(item)->fields, BRG_CONTACT, "pager"));
}
END_TEST

START_TEST(a_task_completes)
{
	int item;

	habits("completes");
	item = simmail_user_create(sim, bo, BRG_TASK, "subject=X\nstatus=completed");
	ck_assert_str_eq(value(item, "percent"), "100");
	ck_assert_str_ne(value(item, "completed"), "");
	simmail_user_edit(sim, bo, item, "percent=50");
	ck_assert_str_eq(value(item, "status"), "in_progress");
	ck_assert_str_eq(value(item, "completed"), "");
}
END_TEST

START_TEST(moments_are_cut)
{
	int item;

	habits("precision=1m sorts");
	item = simmail_user_create(sim, bo, BRG_TASK,
				   "completed=1796000061000000\n"
				   "reminder_at=2026-12-01T09:00:30 Asia/Tokyo\ncategories=b;a");
	ck_assert_str_eq(value(item, "completed"), "1796000040000000");
	ck_assert_str_eq(value(item, "reminder_at"), "2026-12-01T09:00:00 Asia/Tokyo");
	ck_assert_str_eq(value(item, "categories"), "a;b");
}
END_TEST

START_TEST(a_push_may_answer_with_the_item)
{
	struct brg_push op = new_contact("  X  ");
	const struct brg_field *f;

	habits("answers normalise");
	push(&op);
	ck_assert_ptr_nonnull(op.after);
	f = fakehost_value(fh, &op.after->fields, BRG_CONTACT, "full_name");
	ck_assert(brg_str_eq(f->u.text, brg_cstr("X")));
}
END_TEST

START_TEST(the_server_touches_items)
{
	struct brg_push op = new_contact("X");

	habits("touch=1000");
	push(&op);
	ck_assert(!brg_str_eq(get_of(op.new_id)->version, op.new_version));
	ck_assert_uint_gt(sim->boxes[bo].touches, 0);
}
END_TEST

START_TEST(another_rule_resets_a_series)
{
	int item;

	item = simmail_user_create(sim, bo, BRG_APPOINTMENT,
				   "subject=X\nrecurrence=FREQ=DAILY;COUNT=3");
	simmail_user_edit(sim, bo, item, "occurrences/2026-12-02T09:00:00/location=Y");
	ck_assert_uint_eq(get(item)->n_parts, 1);
	simmail_user_edit(sim, bo, item, "recurrence=FREQ=DAILY;COUNT=3\nlocation=Z");
	ck_assert_uint_eq(get(item)->n_parts, 1);
	simmail_user_edit(sim, bo, item,
			  "recurrence=FREQ=DAILY;COUNT=4\n"
			  "occurrences/2026-12-03T09:00:00=-");
	ck_assert_uint_eq(get(item)->n_parts, 1);
	ck_assert_str_eq(value(item, "occurrences/2026-12-03T09:00:00"), "-");
	habits("keeps-series");
	simmail_user_edit(sim, bo, item, "recurrence=FREQ=DAILY;COUNT=5");
	ck_assert_uint_eq(get(item)->n_parts, 1);
}
END_TEST

START_TEST(a_habit_that_is_not_there_is_named)
{
	struct simmail_habits h;

	ck_assert_str_eq(simmail_set_habits(&h, "sorts mumbles=3"), "mumbles=3");
}
END_TEST

/* ---- meetings -------------------------------------------------------------------------------*/

#define MEETING                                                                               \
	"subject=Plan\nstart=2026-12-01T09:00:00 Europe/Stockholm\n"                          \
	"end=2026-12-01T10:00:00 Europe/Stockholm\nattendees/eva@example.com/role=required\n" \
	"attendees/guest@elsewhere.example/role=optional"

START_TEST(a_meeting_reaches_the_other_mailbox)
{
	int item = simmail_user_create(sim, bo, BRG_APPOINTMENT, MEETING);
	const struct simmail_item *copy = &sim->boxes[eva].now.items[0];
	char out[64];

	ck_assert_uint_eq(sim->n_mailed, 2);
	ck_assert_int_eq(copy->used, 1);
	ck_assert_str_eq(copy->uid, simmail_at(sim, bo, item)->uid);
	ck_assert(simmail_value(copy, "organizer", out, sizeof(out)));
	ck_assert_str_eq(out, "bo@example.com");
	ck_assert(simmail_user_respond(sim, eva, 0, "accepted"));
	ck_assert_str_eq(value(item, "attendees/eva@example.com/response"), "accepted");
	simmail_user_edit(sim, eva, 0, "show_as=free");
	simmail_user_edit(sim, bo, item, "location=Attic");
	ck_assert(simmail_value(copy, "location", out, sizeof(out)));
	ck_assert(simmail_value(copy, "show_as", out, sizeof(out)));
	ck_assert_str_eq(out, "free");
	simmail_user_delete(sim, bo, item, false);
	ck_assert(simmail_value(copy, "cancelled", out, sizeof(out)));
	ck_assert_uint_eq(simmail_mails_by_push(sim, false), 0);
}
END_TEST

/* A push that makes a meeting with so many mails allowed. */
static struct brg_push meeting(uint32_t mails_out)
{
	const struct brg_str none = { NULL, 0 };
	struct brg_push op = push_of(BRG_CREATE, BRG_APPOINTMENT, none, none);
	struct brg_part *parts = fh->host.alloc(fakehost_arena(fh), 2 * sizeof(*parts));
	struct brg_field *f = fields_new(3);

	f[0] = text(BRG_APPOINTMENT, "subject", "Plan");
	f[1] = wall("start", "2026-12-01T09:00:00");
	f[2] = wall("end", "2026-12-01T10:00:00");
	op.fields = (struct brg_fields){ f, 3 };
	for (int i = 0; i < 2; i++)
		parts[i] = (struct brg_part){ .size = sizeof(*parts),
					      .type = BRG_ATTENDEE,
					      .presence = BRG_VALUE };
	parts[0].key = brg_cstr("eva@example.com");
	parts[1].key = brg_cstr("guest@elsewhere.example");
	op.parts = parts;
	op.n_parts = 2;
	op.mails_out = mails_out;
	return op;
}

START_TEST(a_silent_push_mails_nobody)
{
	struct brg_push op = meeting(0);

	ck_assert(push(&op) == 0 && !op.err);
	ck_assert_uint_eq(sim->n_mailed, 0);
	ck_assert_uint_eq(sim->boxes[eva].now.n_items, 0);
	ck_assert_uint_eq(get_of(op.new_id)->n_parts, 2);
}
END_TEST

START_TEST(a_push_mails_whom_it_may)
{
	struct brg_push op = meeting(1);

	push(&op);
	ck_assert_int_eq(op.err->code, BRG_EINVAL);
	op = meeting(2);
	ck_assert(push(&op) == 0 && !op.err);
	ck_assert_uint_eq(simmail_mails_by_push(sim, false), 2);
	ck_assert_uint_eq(simmail_mails_by_push(sim, true), 0);
	ck_assert_uint_eq(sim->boxes[eva].now.n_items, 1);
}
END_TEST

START_TEST(only_the_organizer_invites)
{
	int item = simmail_user_create(sim, eva, BRG_APPOINTMENT,
				       "subject=X\nattendees/bo@example.com/role=required");
	int copy = (int)sim->boxes[bo].now.n_items - 1;
	struct brg_push op =
		push_of(BRG_UPDATE, BRG_APPOINTMENT, id_of(copy), (struct brg_str){ NULL, 0 });

	ck_assert_int_ge(item, 0);
	op.parts = meeting(0).parts;
	op.n_parts = 1;
	push(&op);
	ck_assert_int_eq(op.err->code, BRG_ENOTSUP);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

static void add(TCase *t)
{
	ADD(t, texts_are_cut_by_characters_and_tidied);
	ADD(t, fields_are_dropped_told_or_not);
	ADD(t, a_task_completes);
	ADD(t, moments_are_cut);
	ADD(t, a_push_may_answer_with_the_item);
	ADD(t, the_server_touches_items);
	ADD(t, another_rule_resets_a_series);
	ADD(t, a_habit_that_is_not_there_is_named);
	ADD(t, a_meeting_reaches_the_other_mailbox);
	ADD(t, a_silent_push_mails_nobody);
	ADD(t, a_push_mails_whom_it_may);
	ADD(t, only_the_organizer_invites);
}

int main(void)
{
	Suite *suite = suite_create("simmail");
	TCase *tests = tcase_create("simmail");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, setup, teardown);
	add(tests);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
