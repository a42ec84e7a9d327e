/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of fields is whole: ids sorted, groups together, names that JSON, filters and the
 * command line can use, and directions as section 6.7 of the model has them.
 */
#include "core/field.h"

#include <check.h>
#include <stdlib.h>

/* ---- the table ------------------------------------------------------------------------------*/

static void check_name(const char *name)
{
	ck_assert_msg(name[0] >= 'a' && name[0] <= 'z', "%s", name);
	ck_assert_msg(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name), "%s",
		      name);
}

static void check_words(const struct field *f)
{
	ck_assert_msg((f->words != NULL) == (f->type == BRG_CHOICE), "%s", f->name);
	if (!f->words)
		return;
	for (const char *w = f->words; *w;) {
		size_t n = strcspn(w, "|");

		ck_assert_uint_gt(n, 0);
		ck_assert(field_has_word(f, (struct brg_str){ w, n }));
		ck_assert(!field_has_word(f, (struct brg_str){ w, n - 1 }));
		w += n + (w[n] == '|');
	}
	ck_assert(!field_has_word(f, brg_cstr("")));
	ck_assert(!field_has_word(f, brg_cstr(f->words)));
}

static void check_row(const struct field_table *table, int kind, const struct field *f)
{
	check_name(f->name);
	check_words(f);
	ck_assert(f->label && f->label[0] >= 'A');
	ck_assert_int_ge(f->type, BRG_TEXT);
	ck_assert_int_le(f->type, BRG_CHOICE);
	ck_assert_int_le(f->direction, DIRECTION_NONE);
	ck_assert(f->id / 100 == (uint32_t)kind);
	ck_assert_ptr_eq(field_find(table, kind, brg_cstr(f->name)), f);
	ck_assert_ptr_eq(field_of(table, kind, f->id), f);
	/* Only what has a key can have its moment in the index. */
	ck_assert(!(f->flags & FIELD_INDEXED) || (f->flags & FIELD_FILTER));
	ck_assert(!(f->flags & FIELD_INDEXED) || f->type == BRG_MOMENT || f->type == BRG_WALL ||
		  f->type == BRG_DATE);
}

START_TEST(rows_are_sound)
{
	const struct field_table *table = field_builtin();

	for (int kind = 1; kind < FIELD_KINDS; kind++) {
		const struct field_set *set = &table->kinds[kind];

		ck_assert_uint_gt(set->n, 0);
		ck_assert_uint_le(set->n_groups, FIELD_GROUPS_MAX);
		for (size_t i = 0; i < set->n; i++) {
			check_row(table, kind, &set->at[i]);
			ck_assert(i == 0 || set->at[i - 1].id < set->at[i].id);
		}
	}
}
END_TEST

/* One direction and one right to set it for each group. */
START_TEST(groups_are_whole)
{
	const struct field_table *table = field_builtin();

	for (int kind = 1; kind < FIELD_KINDS; kind++) {
		const struct field_set *set = &table->kinds[kind];

		for (size_t i = 0; i < set->n_groups; i++)
			for (size_t j = 0; j < i; j++)
				ck_assert_msg(strcmp(set->group_names[i], set->group_names[j]) != 0,
					      "%s is in two places", set->group_names[i]);
		for (size_t i = 1; i < set->n; i++) {
			const struct field *a = &set->at[i - 1], *b = &set->at[i];

			if (set->group_of[i - 1] != set->group_of[i])
				continue;
			ck_assert_int_eq(a->direction, b->direction);
			ck_assert_int_eq(a->flags & FIELD_FIXED, b->flags & FIELD_FIXED);
		}
		for (size_t i = 0; i < set->n; i++) {
			size_t g = field_group(table, kind, set->at[i].id);
			const char *name = set->group_names[g];

			ck_assert_int_eq(field_group_named(table, kind, brg_cstr(name)), (int)g);
		}
	}
	ck_assert_int_eq(field_group_named(table, BRG_TASK, brg_cstr("time")), -1);
}
END_TEST

static const struct {
	int kind;
	const char *group, *fields;
} groups[] = {
	{ BRG_CONTACT, "name", "given middle surname title suffix" },
	{ BRG_CONTACT, "email1", "email1 email1_name" },
	{ BRG_CONTACT, "email3", "email3 email3_name" },
	{ BRG_CONTACT, "body", "body body_html" },
	{ BRG_CONTACT, "home_address",
	  "home_street home_city home_state home_country home_postal_code" },
	{ BRG_TASK, "status", "status percent completed" },
	{ BRG_TASK, "reminder", "reminder reminder_at" },
	{ BRG_APPOINTMENT, "time", "start end all_day recurrence" },
	{ BRG_APPOINTMENT, "reminder", "reminder reminder_minutes" },
	{ BRG_APPOINTMENT, "organizer", "organizer organizer_name" },
	{ FIELD_ATTENDEE, "response", "response responded" },
};

START_TEST(groups_have_their_fields)
{
	const struct field_table *table = field_builtin();
	const struct field_set *set = &table->kinds[groups[_i].kind];
	int g = field_group_named(table, groups[_i].kind, brg_cstr(groups[_i].group));
	char names[200] = "";

	ck_assert_int_ge(g, 0);
	for (size_t i = 0; i < set->n; i++) {
		if (set->group_of[i] != g)
			continue;
		(void)strcat(strcat(names, names[0] ? " " : ""), set->at[i].name);
	}
	ck_assert_str_eq(names, groups[_i].fields);
}
END_TEST

/* ---- section 6.7 ----------------------------------------------------------------------------*/

/* Every row of the model's tables that is a field here, as the model calls it: its default and
 * whether the organisation may set it. '!' marks those that it could set there and not here,
 * since they are of one group with a fixed one. */
static const struct {
	int kind;
	const char *model, *field, *rule;
} model[] = {
	{ BRG_APPOINTMENT, "Appointment time", "start", "both fixed" },
	{ BRG_APPOINTMENT, "Appointment time", "end", "both fixed" },
	{ BRG_APPOINTMENT, "Appointment time", "all_day", "both fixed" },
	{ BRG_APPOINTMENT, "Body", "body", "both" },
	{ BRG_APPOINTMENT, "Importance", "importance", "both fixed" },
	{ BRG_APPOINTMENT, "Location", "location", "both" },
	{ BRG_APPOINTMENT, "Organizer", "organizer", "both fixed" },
	{ BRG_APPOINTMENT, "Show time as", "show_as", "both fixed" },
	{ BRG_APPOINTMENT, "Subject", "subject", "both" },
	{ FIELD_ATTENDEE, "Optional / Required attendees", "role", "both fixed" },
	{ BRG_CONTACT, "Anniversary", "anniversary", "both" },
	{ BRG_CONTACT, "Assistant's name", "assistant", "both" },
	{ BRG_CONTACT, "Assistant's phone", "assistant_phone", "both" },
	{ BRG_CONTACT, "Birthday", "birthday", "both" },
	{ BRG_CONTACT, "Business fax", "business_fax", "both" },
	{ BRG_CONTACT, "Business phone", "business_phone", "both" },
	{ BRG_CONTACT, "Business phone 2", "business_phone2", "both" },
	{ BRG_CONTACT, "Callback", "callback_phone", "both" },
	{ BRG_CONTACT, "Children", "children", "both" },
	{ BRG_CONTACT, "Company main phone", "company_phone", "both" },
	{ BRG_CONTACT, "Department", "department", "both" },
	{ BRG_CONTACT, "E-mail", "email1", "both" },
	{ BRG_CONTACT, "E-mail 2", "email2", "both" },
	{ BRG_CONTACT, "E-mail 3", "email3", "both" },
	{ BRG_CONTACT, "FTP site", "ftp_site", "both" },
	{ BRG_CONTACT, "Full name", "full_name", "both fixed" },
	{ BRG_CONTACT, "Full name", "given", "both fixed" },
	{ BRG_CONTACT, "Government ID", "government_id", "both" },
	{ BRG_CONTACT, "Home address", "home_street", "both" },
	{ BRG_CONTACT, "Home phone", "home_phone", "both" },
	{ BRG_CONTACT, "Home phone 2", "home_phone2", "both" },
	{ BRG_CONTACT, "Job title", "job_title", "both" },
	{ BRG_CONTACT, "Mailing/Business address", "business_street", "both" },
	{ BRG_CONTACT, "Manager's name", "manager", "both" },
	{ BRG_CONTACT, "Mobile", "mobile_phone", "both" },
	{ BRG_CONTACT, "Nickname", "nickname", "both" },
	{ BRG_CONTACT, "Notes", "body", "both" },
	{ BRG_CONTACT, "Other address", "other_street", "both" },
	{ BRG_CONTACT, "Pager", "pager", "both" },
	{ BRG_CONTACT, "Parent/Company name", "company", "both fixed" },
	{ BRG_CONTACT, "Spouse/Partner", "spouse", "both" },
	{ BRG_CONTACT, "Web page", "web_page", "both" },
	{ BRG_CONTACT, "Yomi first name", "yomi_given", "both" },
	{ BRG_CONTACT, "Yomi last name", "yomi_surname", "both" },
	{ BRG_TASK, "Date completed", "completed", "both fixed !" },
	{ BRG_TASK, "Due date", "due", "both" },
	{ BRG_TASK, "Start date", "start", "both" },
	{ BRG_TASK, "Notes", "body", "both" },
	{ BRG_TASK, "Subject", "subject", "both" },
	{ BRG_TASK, "Importance", "importance", "both fixed" },
	{ BRG_TASK, "Status", "status", "both fixed" },
	{ BRG_TASK, "% complete", "percent", "both fixed !" },
	/* "Reminder time is not taken from Outlook; a due time in CRM sets the reminder." */
	{ BRG_TASK, "Reminder", "reminder", "to-server" },
};

START_TEST(directions_of_the_model)
{
	const struct field *f =
		field_find(field_builtin(), model[_i].kind, brg_cstr(model[_i].field));
	char rule[40];

	ck_assert_msg(f != NULL, "%s", model[_i].model);
	(void)snprintf(rule, sizeof(rule), "%s%s%s", direction_name(f->direction),
		       f->flags & FIELD_FIXED ? " fixed" : "",
		       strchr(model[_i].rule, '!') ? " !" : "");
	ck_assert_msg(strcmp(rule, model[_i].rule) == 0, "%s: %s, not %s", model[_i].model, rule,
		      model[_i].rule);
}
END_TEST

/* Section 6.4: a change of these, and of no other, is told to attendees. */
START_TEST(sensitive_fields)
{
	static const char *const names[] = {
		"subject", "body",	 "body_html", "location",   "start",	 "end",
		"all_day", "recurrence", "show_as",   "importance", "organizer", "organizer_name"
	};
	const struct field_set *set = &field_builtin()->kinds[BRG_APPOINTMENT];
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (set->at[i].flags & FIELD_SENSITIVE) != 0;
	ck_assert_uint_eq(n, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < n; i++)
		ck_assert(field_find(field_builtin(), BRG_APPOINTMENT, brg_cstr(names[i]))->flags &
			  FIELD_SENSITIVE);
}
END_TEST

START_TEST(personal_fields)
{
	static const char *const names[] = { "show_as",		 "sensitivity", "reminder",
					     "reminder_minutes", "categories",	"response" };
	const struct field_set *set = &field_builtin()->kinds[BRG_APPOINTMENT];
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (set->at[i].flags & FIELD_PERSONAL) != 0;
	ck_assert_uint_eq(n, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < n; i++)
		ck_assert(field_find(field_builtin(), BRG_APPOINTMENT, brg_cstr(names[i]))->flags &
			  FIELD_PERSONAL);
}
END_TEST

/* ---- looking --------------------------------------------------------------------------------*/

START_TEST(what_is_not_there)
{
	const struct field_table *table = field_builtin();
	static const char *const names[] = { "",	 "Subject", "subjec", "subjects",
					     "subject ", "zzz",	    "\xff",   "a" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_ptr_null(field_find(table, BRG_TASK, brg_cstr(names[i])));
	ck_assert_ptr_null(field_find(table, BRG_TASK, (struct brg_str){ NULL, 0 }));
	ck_assert_ptr_null(field_find(table, BRG_TASK, (struct brg_str){ "subject\0x", 9 }));
	for (int kind = -1; kind <= FIELD_KINDS; kind += FIELD_KINDS + 1)
		ck_assert_ptr_null(field_find(table, kind, brg_cstr("subject")));
	ck_assert_ptr_null(field_of(table, BRG_TASK, 0));
	ck_assert_ptr_null(field_of(table, BRG_TASK, UINT32_MAX));
	ck_assert_ptr_null(field_of(table, BRG_TASK, APPT_SUBJECT));
	for (int kind = 1; kind < FIELD_KINDS; kind++)
		ck_assert_int_eq(field_kind(brg_cstr(field_kind_name(kind))), kind);
	ck_assert_int_eq(field_kind(brg_cstr("")), 0);
	ck_assert_int_eq(field_kind(brg_cstr("mail")), 0);
	ck_assert_str_eq(field_kind_name(99), "");
	ck_assert_str_eq(direction_name(9), "");
}
END_TEST

START_TEST(fields_of_the_organisation)
{
	static const struct field own[] = {
		{ .name = "loyalty", .label = "Loyalty", .type = BRG_TEXT, .flags = FIELD_FILTER },
		{ .name = "aardvark", .label = "A", .type = BRG_INTEGER, .id = 2007 },
		{ .name = "zebra", .label = "Z", .type = BRG_DATE },
	};
	struct brg_arena *arena = arena_new();
	const struct field_table *table = field_extend(arena, BRG_CONTACT, own, 3, field_builtin());
	const struct field *f;

	f = field_find(table, BRG_CONTACT, brg_cstr("loyalty"));
	ck_assert_uint_eq(f->id, 2008);
	ck_assert_uint_eq(f->flags, FIELD_FILTER | FIELD_OWN);
	ck_assert_uint_eq(field_find(table, BRG_CONTACT, brg_cstr("aardvark"))->id, 2007);
	f = field_find(table, BRG_CONTACT, brg_cstr("zebra"));
	ck_assert_uint_eq(f->id, 2009);
	ck_assert_str_eq(
		table->kinds[BRG_CONTACT].group_names[field_group(table, BRG_CONTACT, 2009)],
		"zebra");
	for (size_t i = 0; i < table->kinds[BRG_CONTACT].n; i++) {
		f = &table->kinds[BRG_CONTACT].at[i];
		ck_assert_ptr_eq(field_find(table, BRG_CONTACT, brg_cstr(f->name)), f);
		ck_assert_ptr_eq(field_of(table, BRG_CONTACT, f->id), f);
	}
	ck_assert_ptr_null(field_find(field_builtin(), BRG_CONTACT, brg_cstr("zebra")));
	ck_assert_ptr_nonnull(field_find(table, BRG_TASK, brg_cstr("due")));
	/* None at all is fine too. */
	table = field_extend(arena, BRG_TASK, NULL, 0, table);
	ck_assert_uint_eq(table->kinds[BRG_TASK].n, field_builtin()->kinds[BRG_TASK].n);
	ck_assert_ptr_nonnull(field_find(table, BRG_CONTACT, brg_cstr("zebra")));
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("field");
	TCase *t = tcase_create("field");
	SRunner *r;
	int failed;

	tcase_add_test(t, rows_are_sound);
	tcase_add_test(t, groups_are_whole);
	tcase_add_loop_test(t, groups_have_their_fields, 0, sizeof(groups) / sizeof(groups[0]));
	tcase_add_loop_test(t, directions_of_the_model, 0, sizeof(model) / sizeof(model[0]));
	tcase_add_test(t, sensitive_fields);
	tcase_add_test(t, personal_fields);
	tcase_add_test(t, what_is_not_there);
	tcase_add_test(t, fields_of_the_organisation);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
