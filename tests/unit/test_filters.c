/* SPDX-License-Identifier: Apache-2.0
 *
 * Sync filters and time zones in files for `brygga apply`: what is refused and in which words, and
 * what is read.
 */
#include "core/directory.h"

#include "core/mailbox.h"
#include "core/regards.h"
#include "core/where.h"
#include "tests/unit/problem_text.h"

static struct brg_arena *arena;
static struct problems problems;

static void setup(void)
{
	arena = arena_new();
	problems_init(&problems, arena);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct directory *parse_with(const struct field_table *fields, const char *text)
{
	const struct directory_lookup lookup = { .fields = fields };
	struct directory *d = NULL;
	struct ini_file *ini;

	problems_init(&problems, arena);
	(void)ini_read(brg_cstr(text), "f", arena, &ini, &problems);
	(void)directory_parse(ini, &lookup, arena, &d, &problems);
	return d;
}

static struct directory *parse(const char *text)
{
	return parse_with(NULL, text);
}

#define ANNA  "[user anna]\n"
#define TASKS "kind = task\nwhere = owner = me\n"

static const struct text_case cases[] = {
	{ ANNA "[filter mine]\nuser = anna\n" TASKS, "" },
	{ "[system-filter all]\n" TASKS "[filter-template new]\n" TASKS "active = no\n", "" },
	{ ANNA "[filter mine]\nuser = bo\n" TASKS, "f:3: there is no [user bo] in this file\n" },
	{ ANNA "[filter mine]\nuser = ana\n" TASKS,
	  "f:3: there is no [user ana] in this file: did you mean anna?\n" },
	{ ANNA "[filter mine]\n" TASKS,
	  "f:2: [filter mine] is of a user: write user = NAME, for all users [system-filter mine], "
	  "or for new ones [filter-template mine]\n" },
	{ ANNA "[system-filter all]\nuser = anna\n" TASKS,
	  "f:3: [system-filter all] is not of one user: leave out user, or write [filter all]\n" },
	{ ANNA "[filter]\n", "f:2: [filter] needs a name, as in [filter demo]\n" },
	{ "[filters x]\n", "f:1: [filters] is not known here: did you mean [filter ...]?\n" },
	{ ANNA "[filter mine]\nuser = anna\n",
	  "f:2: [filter mine] needs the setting kind\nf:2: [filter mine] needs the setting where\n" },
	{ ANNA "[filter mine]\nuser = anna\nkind = email\nwhere = owner = me\n",
	  "f:4: kind takes one of contact, task, appointment, not \"email\"\n" },
	{ ANNA "[filter mine]\nuser = anna\nfilter = owner = me\n" TASKS,
	  "f:4: [filter mine] has no setting filter; it has: user, kind, where, active\n" },
	{ ANNA "[filter mine]\nuser = anna\nactive = perhaps\n" TASKS,
	  "f:4: active takes yes or no, not \"perhaps\"\n" },
	/* Zones of users. */
	{ "[user anna]\ntime-zone = Europe/Stockholm\ninbound-tasks = all\n", "" },
	{ "[user anna]\ntime-zone = Mars/Olympus\n",
	  "f:2: time-zone takes a name such as Europe/Stockholm, not \"Mars/Olympus\"\n" },
	{ "[user anna]\ntime-zone =\n",
	  "f:2: time-zone takes a name such as Europe/Stockholm, not \"\"\n" },
	{ "[user anna]\ninbound-contacts = some\n",
	  "f:2: inbound-contacts takes one of none, tracked, all, usual, not \"some\"\n" },
};

START_TEST(says)
{
	const struct directory *d = parse(cases[_i].text);

	expect_problems(&problems, &cases[_i]);
	ck_assert_int_eq(d != NULL, problems.n == 0);
}
END_TEST

/* The parser of expressions says what is wrong; here it gets its file and line. */
START_TEST(says_where)
{
	static const struct {
		const char *kind, *where;
		bool good;
	} rows[] = {
		{ "task", "due <= today + 30d and status != completed", true },
		{ "task", "", false },
		{ "task", "owner = ", false },
		{ "task", "start_time = 3", false },
		{ "contact", "due <= today", false },
		{ "contact", "company contains \"acme\"", true },
		{ "appointment", "party = me and (start >= today - 14d or recurrence is set)",
		  true },
	};

	static const struct text_case told = {
		"[system-filter x]\nkind = task\nwhere = regarding = case/4711 and due < tomorrow\n",
		"f:3: column 33: tomorrow is no time for due, expected for example 2026-11-30, "
		"today + 14d\n"
	};

	ck_assert_ptr_null(parse(told.text));
	expect_problems(&problems, &told);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct directory *d =
			parse(arena_printf(arena, "[system-filter x]\nkind = %s\nwhere = %s\n",
					   rows[i].kind, rows[i].where));

		ck_assert_msg((d != NULL) == rows[i].good, "%s", rows[i].where);
		ck_assert_uint_eq(problems.n, !rows[i].good);
		if (!rows[i].good)
			ck_assert_int_eq(problems.list[0].line, 3);
	}
}
END_TEST

START_TEST(reads)
{
	const struct directory *d =
		parse("[filter mine]\nuser = bo\nkind = contact\nwhere = owner  = me\nactive = no\n"
		      "[user anna]\n[user bo]\ntime-zone = europe/stockholm\n"
		      "[filter-template t]\n" TASKS "[system-filter s]\n" TASKS);

	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(d->n_filters, 3);
	ck_assert_int_eq(d->filters[0].type, BRG_FILTER_USER);
	ck_assert_str_eq(d->filters[0].name, "mine");
	ck_assert_ptr_eq(d->filters[0].owner, &d->owners[1]);
	ck_assert_int_eq(d->filters[0].kind, BRG_CONTACT);
	ck_assert(!d->filters[0].active);
	ck_assert_str_eq(d->filters[0].text.ptr, "owner  = me");
	ck_assert_int_eq(d->filters[1].type, BRG_FILTER_TEMPLATE);
	ck_assert_ptr_null(d->filters[1].owner);
	ck_assert(d->filters[1].active);
	ck_assert_int_eq(d->filters[2].type, BRG_FILTER_SYSTEM);
	ck_assert_str_eq(settings_get(&d->owners[1].settings, "time-zone")->value.ptr,
			 "Europe/Stockholm");
}
END_TEST

static int find_case(void *ctx, struct brg_str name, struct brg_id *out, struct brg_err *err)
{
	(void)ctx;
	(void)err;
	memset(out, 0x11, sizeof(*out));
	return brg_str_eq(name, brg_cstr("case/4711")) || brg_str_eq(name, brg_cstr("crm:17"));
}

START_TEST(names_become_ids)
{
#define ID "11111111-1111-1111-1111-111111111111"
	static const struct {
		const char *text, *result; /* NULL: there is no such thing */
	} rows[] = {
		{ "", "" },
		{ "owner = me", "owner = me" },
		{ "regarding = case/4711", "regarding = " ID },
		{ "not (regarding=crm:17) or regarding != \"case/4711\" and a = 1",
		  "not (regarding=" ID ") or regarding != " ID " and a = 1" },
		{ "regarding = case/4712", NULL },
		{ "regarding = \"case/4712\"", NULL },
		{ "regarding = " ID, "regarding = " ID },
		{ "subject = \"regarding = case/4712\"", "subject = \"regarding = case/4712\"" },
		{ "subject = \"a \\\" regarding = case/4712\"",
		  "subject = \"a \\\" regarding = case/4712\"" },
		{ "disregarding = case/4712", "disregarding = case/4712" },
		{ "regarding is set", "regarding is set" },
		{ "regarding", "regarding" },
		{ "regarding =", "regarding =" },
		{ "regarding = \"", "regarding = \"" },
		{ "regarding = /", "regarding = /" },
		{ "regarding !", "regarding !" },
		{ "Regarding in (case/4711,\"crm:17\" , " ID ") and all",
		  "Regarding in (" ID "," ID " , " ID ") and all" },
		{ "regarding in (case/4711, case/4712)", NULL },
		{ "regarding in case/4712", "regarding in case/4712" },
		{ "regarding in (", "regarding in (" },
		{ "subject = regarding and regarding=crm:17",
		  "subject = regarding and regarding=" ID },
	};
	const struct regards_lookup lookup = { find_case, NULL };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct brg_err err = BRG_ERR_INIT;
		struct brg_str out = { "", 0 };
		int rc = regards_resolve(brg_cstr(rows[i].text), &lookup, arena, &out, &err);

		ck_assert_int_eq(rc, rows[i].result ? 0 : BRG_EINVAL);
		if (rows[i].result)
			ck_assert_str_eq(out.ptr, rows[i].result);
		else
			ck_assert_str_eq(err.params, "name=case/4712");
	}
}
END_TEST

/* The organisation's own fields can be asked for. */
START_TEST(own_fields)
{
	const struct field own = { .name = "loyalty",
				   .label = "Loyalty",
				   .type = BRG_TEXT,
				   .flags = FIELD_OWN | FIELD_FILTER };
	const struct field_table *fields =
		field_extend(arena, FIELD_CONTACT, &own, 1, field_builtin());
	const char *text = "[system-filter x]\nkind = contact\nwhere = loyalty = \"gold\"\n";

	ck_assert_ptr_null(parse(text));
	ck_assert_ptr_nonnull(parse_with(fields, text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filters");
	TCase *t = tcase_create("parse");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, says, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, says_where);
	tcase_add_test(t, reads);
	tcase_add_test(t, names_become_ids);
	tcase_add_test(t, own_fields);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
