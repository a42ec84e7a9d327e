/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated mail system as an engine meets it: folders, feed, items, writes.
 */
#include "core/field.h"
#include "tests/unit/simmail_session.h"

/* ---- the table of fields --------------------------------------------------------------------*/

/* What the mail system keeps is what the core knows, by name and type. */
START_TEST(fields_are_those_of_the_core)
{
	for (const struct brg_field_cap *cap = ops->fields; cap->name; cap++) {
		const struct field *f = field_find(field_builtin(), cap->kind, brg_cstr(cap->name));

		if (strcmp(cap->name, "attendees") != 0 && strcmp(cap->name, "occurrences") != 0)
			ck_assert_msg(f != NULL, "%d %s", cap->kind, cap->name);
	}
}
END_TEST

START_TEST(types_are_those_of_the_core)
{
	static const int kinds[] = { BRG_CONTACT, BRG_TASK, BRG_APPOINTMENT };

	for (int i = 0; i < 3; i++) {
		int item = simmail_user_create(sim, bo, kinds[i], "");
		const struct brg_item *got = get(item);

		ck_assert_uint_gt(got->fields.n, 10);
		for (size_t j = 0; j < got->fields.n; j++) {
			const char *name = fakehost_field_name(fh, got->fields.at[j].id);
			const struct field *f =
				field_find(field_builtin(), kinds[i], brg_cstr(name));

			ck_assert_int_eq(got->fields.at[j].type, f->type);
		}
	}
}
END_TEST

/* ---- reading --------------------------------------------------------------------------------*/

START_TEST(folders_tell_their_roles)
{
	ck_assert_str_eq(sim->boxes[bo].folders[SIMMAIL_DELETED].role, "deleted");
	ck_assert_int_eq(simmail_find_folder(sim, bo, brg_cstr("tasks")), SIMMAIL_TASKS);
	simmail_unmap_folder(sim, bo, SIMMAIL_CONTACTS, true);
	ck_assert_int_eq(pull("contacts", "", 10), BRG_ENOTFOUND);
	ck_assert_int_eq(err.scope, BRG_SCOPE_FOLDER);
}
END_TEST

START_TEST(feed_tells_each_item_once_in_order)
{
	int one = contact("full_name=One"), two = contact("full_name=Two");

	ck_assert(simmail_user_edit(sim, bo, one, "full_name=One more"));
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 2);
	ck_assert(brg_str_eq(fh->envelopes[0]->remote_id, id_of(two)));
	ck_assert(brg_str_eq(fh->envelopes[1]->remote_id, id_of(one)));
	ck_assert_int_eq(fh->envelopes[0]->kind, BRG_CONTACT);
	ck_assert_int_gt(fh->batch.server_us, 0);
	ck_assert_int_eq(pull("contacts", cursor, 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 0);
	simmail_user_delete(sim, bo, two, false);
	ck_assert_int_eq(pull("contacts", cursor, 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
	ck_assert_int_eq(fh->envelopes[0]->op, BRG_GONE);
	ck_assert_int_eq(pull("deleted", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 1);
}
END_TEST

START_TEST(pages_are_bounded_and_a_cursor_repeats)
{
	char first[64];

	for (int i = 0; i < 5; i++)
		contact("full_name=X");
	ck_assert_int_eq(pull("contacts", "", 2), 0);
	ck_assert(fh->batch.more && fh->n_envelopes == 2);
	memcpy(first, cursor, sizeof(first));
	ck_assert_int_eq(pull("contacts", first, 2), 0);
	ck_assert(fh->batch.more && fh->n_envelopes == 2);
	ck_assert_int_eq(pull("contacts", cursor, 2), 0);
	ck_assert(!fh->batch.more && fh->n_envelopes == 1);
	ck_assert_int_eq(pull("contacts", first, 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 3);
}
END_TEST

START_TEST(what_was_gone_before_a_first_pass_is_not_told)
{
	simmail_user_delete(sim, bo, contact("full_name=X"), true);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->n_envelopes, 0);
}
END_TEST

START_TEST(get_tells_every_field_and_what_is_gone)
{
	int item = contact("full_name=Åsa\ncategories=red;blue\nbody=a\\nb");
	const struct brg_item *got = get(item);
	const struct brg_field *f;

	ck_assert_ptr_nonnull(got);
	f = fakehost_value(fh, &got->fields, BRG_CONTACT, "full_name");
	ck_assert(f->presence == BRG_VALUE && brg_str_eq(f->u.text, brg_cstr("Åsa")));
	f = fakehost_value(fh, &got->fields, BRG_CONTACT, "body");
	ck_assert(brg_str_eq(f->u.text, brg_cstr("a\nb")));
	f = fakehost_value(fh, &got->fields, BRG_CONTACT, "categories");
	ck_assert(f->u.list.n == 2 && brg_str_eq(f->u.list.at[1], brg_cstr("blue")));
	f = fakehost_value(fh, &got->fields, BRG_CONTACT, "pager");
	ck_assert_int_eq(f->presence, BRG_NULL);
	simmail_user_delete(sim, bo, item, true);
	ck_assert_ptr_null(get_of(brg_cstr("S0-zz")));
	ck_assert(err.code == BRG_ENOTFOUND && err.scope == BRG_SCOPE_ITEM);
}
END_TEST

START_TEST(a_private_item_is_marked_and_its_reading_counted)
{
	int item = contact("full_name=X");

	simmail_user_private(sim, bo, item, true);
	simmail_user_track(sim, bo, item, true);
	ck_assert_int_eq(pull("contacts", "", 10), 0);
	ck_assert_uint_eq(fh->envelopes[0]->flags, BRG_IS_PRIVATE | BRG_IS_TRACKED);
	ck_assert_uint_eq(sim->boxes[bo].private_reads, 0);
	get(item);
	ck_assert_uint_eq(sim->boxes[bo].private_reads, 1);
	ck_assert_str_eq(value(item, "sensitivity"), "private");
}
END_TEST

START_TEST(a_series_has_its_occurrences)
{
	int item = simmail_user_create(
		sim, bo, BRG_APPOINTMENT,
		"subject=Daily\nstart=2026-12-01T09:00:00 Europe/Stockholm\n"
		"end=2026-12-01T10:00:00 Europe/Stockholm\nrecurrence=FREQ=DAILY;COUNT=9\n"
		"occurrences/2026-12-02T09:00:00/location=Attic\n"
		"occurrences/2026-12-02T09:00:00/subject=\n"
		"occurrences/2026-12-03T09:00:00=-\n");
	const struct brg_item *got = get(item);
	const struct brg_field *f;

	ck_assert(got->flags & BRG_IS_SERIES);
	ck_assert_uint_eq(got->n_parts, 2);
	ck_assert_int_eq(got->parts[0].type, BRG_OCCURRENCE);
	ck_assert(brg_str_eq(got->parts[0].key, brg_cstr("2026-12-02T09:00:00")));
	ck_assert_uint_eq(got->parts[0].fields.n, 2);
	f = fakehost_value(fh, &got->parts[0].fields, BRG_APPOINTMENT, "subject");
	ck_assert_int_eq(f->presence, BRG_NULL);
	ck_assert_int_eq(got->parts[1].presence, BRG_NULL);
	f = fakehost_value(fh, &got->fields, BRG_APPOINTMENT, "start");
	ck_assert(brg_str_eq(f->u.wall.zone, brg_cstr("Europe/Stockholm")));
	ck_assert(brg_str_eq(f->u.wall.local, brg_cstr("2026-12-01T09:00:00")));
	simmail_user_edit(sim, bo, item, "occurrences/2026-12-03T09:00:00=");
	ck_assert_uint_eq(get(item)->n_parts, 1);
}
END_TEST

/* ---- writing --------------------------------------------------------------------------------*/

START_TEST(create_writes_the_stamp_and_find_finds_it)
{
	struct brg_push op = new_contact("Åsa");
	const struct brg_item *got;

	ck_assert_int_eq(push(&op), 0);
	ck_assert_ptr_null(op.err);
	ck_assert_ptr_null(op.after);
	got = get_of(op.new_id);
	ck_assert(got && brg_str_eq(got->version, op.new_version));
	ck_assert_uint_eq(got->stamp->attempt, 77);
	ck_assert_uint_eq(sim->boxes[bo].pushed[BRG_CREATE], 1);
}
END_TEST

START_TEST(find_looks_everywhere_and_copies_have_the_stamp)
{
	struct brg_push op = new_contact("X");
	int n = 0, item;

	push(&op);
	item = simmail_find_item(sim, bo, op.new_id);
	simmail_user_copy(sim, bo, item, SIMMAIL_CONTACTS);
	simmail_user_delete(sim, bo, item, false);
	ck_assert_int_eq(ops->find(self, ~0u, &a_stamp, 1, fakehost_arena(fh), count_found, &n, &err),
			 0);
	ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(update_looks_at_the_version)
{
	int item = contact("full_name=X\npager=1");
	struct brg_str old = get(item)->version;
	struct brg_push op = with_text(push_of(BRG_UPDATE, BRG_CONTACT, id_of(item),
					       fh->host.dup(fakehost_arena(fh), old.ptr, old.len)),
				       "pager", NULL);

	simmail_user_edit(sim, bo, item, "title=Dr");
	ck_assert_int_eq(push(&op), 0);
	ck_assert(op.err && op.err->code == BRG_ECONFLICT && op.err->scope == BRG_SCOPE_ITEM);
	ck_assert_str_eq(value(item, "pager"), "1");
	op.err = NULL;
	op.version = get(item)->version;
	ck_assert_int_eq(push(&op), 0);
	ck_assert_ptr_null(op.err);
	ck_assert_str_eq(value(item, "pager"), "");
	ck_assert_str_eq(value(item, "title"), "Dr");
}
END_TEST

START_TEST(delete_goes_to_deleted_items_and_then_for_good)
{
	int item = contact("full_name=X");
	struct brg_push op = push_of(BRG_DELETE, BRG_CONTACT, id_of(item), brg_cstr("CQAAAB99"));

	push(&op);
	ck_assert_int_eq(op.err->code, BRG_ECONFLICT);
	habits("delete-ignores-version");
	op.err = NULL;
	push(&op);
	ck_assert_ptr_null(op.err);
	ck_assert_int_eq(simmail_at(sim, bo, item)->folder, SIMMAIL_DELETED);
	push(&op);
	ck_assert_int_eq(op.err->code, BRG_ENOTFOUND);
	op = push_of(BRG_DELETE, BRG_CONTACT, id_of(item), (struct brg_str){ NULL, 0 });
	push(&op);
	ck_assert_int_eq(simmail_at(sim, bo, item)->used, 0);
}
END_TEST

START_TEST(a_move_changes_the_id_unless_it_does_not)
{
	int other = simmail_add_folder(sim, bo, "Friends", BRG_KIND_BIT(BRG_CONTACT));
	int item = contact("full_name=X");
	uint32_t id = simmail_at(sim, bo, item)->id;
	struct brg_push op =
		push_of(BRG_MOVE, BRG_CONTACT, id_of(item), (struct brg_str){ NULL, 0 });

	op.to_folder = brg_cstr(sim->boxes[bo].folders[other].id);
	ck_assert(push(&op) == 0 && !op.err);
	ck_assert(brg_str_eq(op.new_id, id_of(item)));
	ck_assert_uint_ne(simmail_at(sim, bo, item)->id, id);
	habits("immutable-id");
	id = simmail_at(sim, bo, item)->id;
	ck_assert(simmail_user_move(sim, bo, item, SIMMAIL_CONTACTS));
	ck_assert_uint_eq(simmail_at(sim, bo, item)->id, id);
	op.folder = op.to_folder;
	op.remote_id = id_of(item);
	push(&op);
	ck_assert_int_eq(op.err->code, BRG_ENOTFOUND);
}
END_TEST

START_TEST(mark_tracks)
{
	int item = contact("full_name=X");
	struct brg_push op =
		push_of(BRG_MARK, BRG_CONTACT, id_of(item), (struct brg_str){ NULL, 0 });

	op.flags = op.flags_mask = BRG_IS_TRACKED;
	ck_assert(push(&op) == 0 && !op.err);
	ck_assert_int_eq(simmail_at(sim, bo, item)->tracked, 1);
}
END_TEST

START_TEST(a_field_of_another_type_is_an_item_error)
{
	struct brg_push op = new_contact("X");
	struct brg_field *f = fields_new(1);

	*f = text(BRG_CONTACT, "categories", "red");
	op.fields = (struct brg_fields){ f, 1 };
	ck_assert_int_eq(push(&op), 0);
	ck_assert_int_eq(op.err->code, BRG_EINVAL);
}
END_TEST

START_TEST(what_is_too_long_is_full)
{
	char *big = malloc(SIMMAIL_CONTENT + 1);
	struct brg_push op = new_contact("X");

	memset(big, 'x', SIMMAIL_CONTENT);
	big[SIMMAIL_CONTENT] = '\0';
	op = with_text(op, "body", big);
	push(&op);
	ck_assert_int_eq(op.err->code, BRG_EFULL);
	free(big);
}
END_TEST

START_TEST(a_full_mailbox_is_full)
{
	struct brg_push op = new_contact("X");

	for (int i = 0; i < SIMMAIL_ITEMS; i++)
		contact("full_name=X");
	push(&op);
	ck_assert_int_eq(op.err->code, BRG_EFULL);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

static void add(TCase *t)
{
	ADD(t, fields_are_those_of_the_core);
	ADD(t, types_are_those_of_the_core);
	ADD(t, folders_tell_their_roles);
	ADD(t, feed_tells_each_item_once_in_order);
	ADD(t, pages_are_bounded_and_a_cursor_repeats);
	ADD(t, what_was_gone_before_a_first_pass_is_not_told);
	ADD(t, get_tells_every_field_and_what_is_gone);
	ADD(t, a_private_item_is_marked_and_its_reading_counted);
	ADD(t, a_series_has_its_occurrences);
	ADD(t, create_writes_the_stamp_and_find_finds_it);
	ADD(t, find_looks_everywhere_and_copies_have_the_stamp);
	ADD(t, update_looks_at_the_version);
	ADD(t, delete_goes_to_deleted_items_and_then_for_good);
	ADD(t, a_move_changes_the_id_unless_it_does_not);
	ADD(t, mark_tracks);
	ADD(t, a_field_of_another_type_is_an_item_error);
	ADD(t, what_is_too_long_is_full);
	ADD(t, a_full_mailbox_is_full);
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
