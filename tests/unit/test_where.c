/* SPDX-License-Identifier: Apache-2.0
 *
 * The language of sync filters as text: what is read, its one spelling, and what is refused at
 * which column in which words.
 */
#include "core/where-private.h"

#include "core/faults.h"

#include <check.h>
#include <stdlib.h>

static struct brg_arena *arena;
static const struct field_table *table;

static void setup(void)
{
	static const struct field own[] = {
		{ .name = "loyalty", .type = BRG_TEXT, .flags = FIELD_OWN | FIELD_FILTER },
		{ .name = "visited",
		  .type = BRG_WALL,
		  .flags = FIELD_OWN | FIELD_FILTER | FIELD_INDEXED },
		{ .name = "seen", .type = BRG_MOMENT, .flags = FIELD_OWN | FIELD_FILTER },
		{ .name = "since", .type = BRG_DATE, .flags = FIELD_OWN | FIELD_FILTER },
	};

	arena = arena_new();
	table = field_extend(arena, BRG_CONTACT, own, 4, field_builtin());
}

static void teardown(void)
{
	arena_free(&arena);
}

static int parse(int kind, const char *text, const struct where **out, struct brg_err *err)
{
	return where_parse(table, kind, brg_cstr(text), arena, out, err);
}

#define UUID "0198c5d2-7a00-7000-8000-00000000000a"

/* ---- one spelling ---------------------------------------------------------------------------*/

enum { C = BRG_CONTACT, T = BRG_TASK, A = BRG_APPOINTMENT, M = BRG_EMAIL };

static const struct {
	int kind;
	const char *text, *same; /* NULL: as written */
} spelled[] = {
	{ T, "owner = me", NULL },
	{ T, "all", NULL },
	{ T, "  ALL\t\r\n", "all" },
	{ T, "owner\xC2\xA0=\xC2\xA0me", "owner = me" },
	{ T, "OWNER=ME", "owner = me" },
	{ T, "Owner = Me AND Status != Completed", "owner = me and status != completed" },
	{ T, "owner = me and status != completed and due <= today + 30d", NULL },
	{ A, "party = me and (start >= today - 14d or recurrence is set)", NULL },
	{ C, "not (company contains acme or categories contains private) and state = active",
	  NULL },
	{ C, "not (company contains \"acme\" or categories contains private) and state = active",
	  "not (company contains acme or categories contains private) and state = active" },
	/* Precedence and parentheses. */
	{ T, "owner = me or owner != me and all", NULL },
	{ T, "(owner = me or owner != me) and all", NULL },
	{ T, "owner = me or (owner != me and all)", "owner = me or owner != me and all" },
	{ T, "((((all))))", "all" },
	{ T, "all and (all and (all and all))", "all and all and all and all" },
	{ T, "(all or all) or all", "all or all or all" },
	{ T, "all and (all or all and (all or all))", NULL },
	{ T, "not all and all", NULL },
	{ T, "not (all and all)", NULL },
	{ T, "not (all or all)", NULL },
	{ T, "not (percent > 5)", "not percent > 5" },
	/* Double not, and what has a contrary. */
	{ T, "not not all", "all" },
	{ T, "not not not all", "not all" },
	{ T, "not (not (all or all))", "all or all" },
	{ T, "all and not not (all and all)", "all and all and all" },
	{ T, "not due is set", "due is not set" },
	{ T, "not due is not set", "due is set" },
	{ T, "not owner = me", "owner != me" },
	{ T, "not status != waiting", "status = waiting" },
	{ T, "not due < 2026-11-30", NULL },
	/* Texts. */
	{ C, "company = acme", NULL },
	{ C, "company = \"acme\"", "company = acme" },
	{ C, "company = \"Acme AB\"", NULL },
	{ C, "company = \" \xC3\xA5 \"", NULL },
	{ C, "company = \"\xC3\x85sa\"", "company = \xC3\x85sa" },
	{ C, "company = \xC3\x85sa", NULL },
	{ C, "company = \"a \\\"b\\\" \\\\\"", NULL },
	{ C, "company = \"and\"", NULL },
	{ C, "company = \"Set\"", NULL },
	{ C, "company != me", NULL },
	{ C, "company = today", NULL },
	{ C, "email1 = Anna.B+x@example.com", NULL },
	{ C, "web_page begins https://example.com/a", NULL },
	{ C, "company = a-b", NULL },
	{ C, "company = \"-a\"", NULL },
	{ C, "company = \"a)\"", NULL },
	{ C, "company = 42", NULL },
	{ C, "company = \"\xE2\x80\x9Cx\xE2\x80\x9D\"", NULL },
	{ C, "company begins a", NULL },
	{ C, "company BEGINS WITH a", "company begins a" },
	{ C, "company begins with", NULL },
	{ C, "company begins with with", "company begins with" },
	{ C, "company begins with \"with\"", "company begins with" },
	{ C, "company begins with and all", NULL },
	{ C, "company contains with", NULL },
	{ C, "company in (a,b , \"c d\")", "company in (a, b, \"c d\")" },
	{ C, "company in (a)", "company = a" },
	{ C, "not company in (a)", "company != a" },
	{ C, "not company in (a, b)", NULL },
	{ C, "company is set", NULL },
	{ C, "company is not set", NULL },
	{ C, "company IS NOT SET", "company is not set" },
	{ C, "categories contains \"to do\"", NULL },
	{ C, "categories is not set", NULL },
	/* Words, numbers, flags. */
	{ T, "status = Not_Started", "status = not_started" },
	{ T, "status in (waiting, \"deferred\")", "status in (waiting, deferred)" },
	{ A, "show_as != out_of_office", NULL },
	{ T, "percent>=050", "percent >= 50" },
	{ T, "percent in (-1,0,100)", "percent in (-1, 0, 100)" },
	{ T, "percent < - 5", "percent < -5" },
	{ T, "total_work = 9223372036854775807", NULL },
	{ T, "total_work = -9223372036854775807", NULL },
	{ T, "percent is not set", NULL },
	{ T, "reminder = yes or reminder != NO", "reminder = yes or reminder != no" },
	{ M, "read = no", NULL },
	/* Times. */
	{ T, "due = 2026-11-30", NULL },
	{ T, "due = \"2026-11-30\"", "due = 2026-11-30" },
	{ T, "due = 2028-02-29", NULL },
	{ T, "due=today", "due = today" },
	{ T, "due=today+1D", "due = today + 1d" },
	{ T, "due=today-2w", "due = today - 14d" },
	{ T, "due = today + 0d", "due = today" },
	{ T, "due = today - 36525d", NULL },
	{ T, "completed >= now", NULL },
	{ T, "completed >= now-36h", "completed >= now - 36h" },
	{ T, "completed >= now-48h", "completed >= now - 2d" },
	{ T, "completed >= now + 1w", "completed >= now + 7d" },
	{ A, "start > 2026-11-30T09:00", "start > 2026-11-30T09:00:00" },
	{ A, "start > 2026-11-30T09:00:59", NULL },
	{ A, "start > 2026-11-30 and end is set", NULL },
	{ A, "created >= 2026-11-30 and modified < 2026-12-01T00:00:00", NULL },
	{ C, "birthday < today + 30d", NULL },
	{ C, "visited < now", NULL },
	{ C, "seen < 2026-01-01", NULL },
	/* People and things. */
	{ A, "party = me or owner in (me, " UUID ")", NULL },
	{ A, "owner = 0198C5D2-7A00-7000-8000-00000000000A", "owner = " UUID },
	{ A, "regarding = " UUID, NULL },
	{ A, "regarding in (" UUID ", \"" UUID "\")", "regarding in (" UUID ", " UUID ")" },
	{ C, "loyalty = gold", NULL },
};

static bool same_value(const struct value *a, const struct value *b)
{
	return a->type == b->type && brg_str_eq(a->text, b->text) && a->number == b->number &&
	       brg_id_eq(&a->id, &b->id);
}

static bool same_node(const struct node *a, const struct node *b)
{
	if (a->type != b->type || a->n_of != b->n_of || a->field != b->field || a->op != b->op ||
	    a->is_not != b->is_not || a->n_values != b->n_values || a->levels != b->levels)
		return false;
	for (size_t i = 0; i < a->n_of; i++)
		if (!same_node(a->of[i], b->of[i]))
			return false;
	for (size_t i = 0; i < a->n_values; i++)
		if (!same_value(&a->values[i], &b->values[i]))
			return false;
	return true;
}

START_TEST(one_spelling)
{
	const char *text = spelled[_i].text, *same = spelled[_i].same ? spelled[_i].same : text;
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where, *again;
	struct brg_str told;

	ck_assert_msg(parse(spelled[_i].kind, text, &where, &err) == 0, "%s: %s", text, err.params);
	told = where_format(where, arena);
	ck_assert_str_eq(told.ptr, same);
	ck_assert_int_eq(parse(spelled[_i].kind, told.ptr, &again, &err), 0);
	ck_assert_msg(same_node(where->root, again->root), "%s", text);
	ck_assert_int_eq(where_check(table, spelled[_i].kind, brg_cstr(text), arena, &err), 0);
}
END_TEST

/* ---- errors ---------------------------------------------------------------------------------*/

#define DAYS	   "2026-11-30, today + 14d"
#define MOMENTS	   "2026-11-30, 2026-11-30T09:00, today + 14d, now"
#define FIXED	   "2026-11-30, 2026-11-30T09:00"
#define TEXT_OPS   "=, !=, contains, begins, in, is set, is not set"
#define NUMBER_OPS "=, !=, <, <=, >, >=, in, is set, is not set"
#define TIME_OPS   "=, !=, <, <=, >, >=, is set, is not set"
#define STATUSES   "not_started, in_progress, completed, waiting, deferred"

static const struct wrong {
	int kind;
	const char *text;
	int code, column;
	const char *found, *expected;
} wrongs[] = {
	/* Where a condition begins. */
	{ T, "", 76, 1, "", "owner = me" },
	{ T, "   ", 76, 1, "", "owner = me" },
	{ T, "= me", 74, 1, "=", "owner = me" },
	{ T, "and", 74, 1, "and", "owner = me" },
	{ T, "\"due\" is set", 74, 1, "\"due\"", "owner = me" },
	{ T, "owner = me and", 76, 15, "and", "owner = me" },
	{ T, "owner = me or  ", 76, 14, "or", "owner = me" },
	{ T, "owner = me or or", 74, 15, "or", "owner = me" },
	{ T, "not", 76, 4, "not", "owner = me" },
	{ T, "not set", 74, 5, "set", "owner = me" },
	{ T, "()", 74, 2, ")", "owner = me" },
	{ T, "(", 76, 2, "(", "owner = me" },
	/* Behind one. */
	{ T, "(owner = me", 76, 12, "me", "and, or, )" },
	{ T, "(owner = me all", 75, 13, "all", "and, or, )" },
	{ T, "owner = me)", 75, 11, ")", "and, or" },
	{ T, "all all", 75, 5, "all", "and, or" },
	{ T, "owner = me, due is set", 75, 11, ",", "and, or" },
	{ C, "company = acme inc", 75, 16, "inc", "and, or" },
	/* Fields. */
	{ T, "dues = today", 77, 1, "dues", "due" },
	{ T, "all or sbject = x", 77, 8, "sbject", "subject" },
	{ T, "Ownr = me", 77, 1, "Ownr", "owner" },
	{ T, "company = x", 78, 1, "company", "owner, subject, status" },
	{ C, "due is set", 78, 1, "due", "owner, full_name, file_as" },
	{ A, "percent = 1", 78, 1, "percent", "owner, subject, location" },
	{ A, "body contains x", 79, 1, "body", "subject" },
	{ C, "all and body_html is set", 79, 9, "body_html", "full_name" },
	/* Operators. */
	{ T, "due", 76, 4, "due", TIME_OPS },
	{ T, "due 3", 75, 5, "3", TIME_OPS },
	{ T, "due not set", 75, 5, "not", TIME_OPS },
	{ T, "due contains 3", 80, 5, "contains", TIME_OPS },
	{ T, "due in (today)", 80, 5, "in", TIME_OPS },
	{ C, "company < a", 80, 9, "<", TEXT_OPS },
	{ C, "categories = a", 80, 12, "=", "contains, is set, is not set" },
	{ T, "percent begins 3", 80, 9, "begins", NUMBER_OPS },
	{ T, "status > waiting", 80, 8, ">", "=, !=, in, is set, is not set" },
	{ T, "reminder < yes", 80, 10, "<", "=, !=, is set, is not set" },
	{ T, "owner is set", 80, 7, "is", "=, !=, in" },
	{ T, "party > me", 80, 7, ">", "=, !=, in" },
	{ T, "created is set", 80, 9, "is", "=, !=, <, <=, >, >=" },
	{ T, "due is", 76, 7, "is", "set, not set" },
	{ T, "due is 3", 75, 8, "3", "set, not set" },
	{ T, "due is not", 76, 11, "not", "set" },
	{ T, "due is not not set", 75, 12, "not", "set" },
	{ C, "company in a", 75, 12, "a", "(" },
	{ C, "company in", 76, 11, "in", "(" },
	{ C, "company in (", 76, 13, "(", "\"text\"" },
	{ C, "company in ()", 75, 13, ")", "\"text\"" },
	{ C, "company in (a b)", 75, 15, "b", ")" },
	{ C, "company in (a,)", 75, 15, ")", "\"text\"" },
	{ C, "company in (a,b", 76, 16, "(a,b", ")" },
	/* Values. */
	{ C, "company = ", 76, 10, "=", "\"text\"" },
	{ C, "company = and", 75, 11, "and", "\"text\"" },
	{ C, "company = = a", 75, 11, "=", "\"text\"" },
	{ C, "company = \"\"", 88, 11, "\"\"", "is set, is not set" },
	{ C, "company contains \" \"", 88, 18, "\" \"", "is set, is not set" },
	{ C, "categories contains \"\"", 88, 21, "\"\"", "is not set" },
	{ T, "status = done", 81, 10, "done", STATUSES },
	{ T, "status = (", 75, 10, "(", STATUSES },
	{ T, "status in (waiting, x)", 81, 21, "x", STATUSES },
	{ T, "percent = x", 82, 11, "x", "50" },
	{ T, "percent = 1.5", 82, 11, "1.5", "50" },
	{ T, "percent = \"5\"", 82, 11, "\"5\"", "50" },
	{ T, "percent = -", 76, 12, "-", "50" },
	{ T, "percent = +5", 82, 11, "+", "50" },
	{ T, "percent = 9223372036854775808", 82, 11, "9223372036854775808", "50" },
	{ T, "reminder = true", 83, 12, "true", "yes, no" },
	{ T, "reminder = 1", 83, 12, "1", "yes, no" },
	/* Times. */
	{ T, "due = tomorrow", 84, 7, "tomorrow", DAYS },
	{ T, "due = 2026-02-29", 84, 7, "2026-02-29", DAYS },
	{ T, "due = 2026-11-30T09:00", 84, 7, "2026-11-30T09:00", DAYS },
	{ T, "due = now", 84, 7, "now", DAYS },
	{ T, "due = 30/11/2026", 84, 7, "30/11/2026", DAYS },
	{ T, "due = 2026-11-30 + 1d", 75, 18, "+", "and, or" },
	{ T, "completed = 2026-11-30T24:00", 84, 13, "2026-11-30T24:00", MOMENTS },
	{ A, "start = \"2026-11-30 09:00\"", 84, 9, "\"2026-11-30 09:00\"", MOMENTS },
	{ T, "due < today + 2", 85, 15, "2", "14d, 2w" },
	{ T, "due < today- 2 w", 85, 14, "2", "14d, 2w" },
	{ T, "due < today + d", 85, 15, "d", "14d, 2w" },
	{ T, "due < today + 2m", 85, 15, "2m", "14d, 2w" },
	{ T, "due < today + 2h", 85, 15, "2h", "14d, 2w" },
	{ T, "due < today +", 76, 14, "+", "14d, 2w" },
	{ T, "due < today + 36526d", 85, 15, "36526d", "14d, 2w" },
	{ T, "due < today + 5218w", 85, 15, "5218w", "14d, 2w" },
	{ T, "due < today + 99999999999999999999d", 85, 15, "99999999999999999999d", "14d, 2w" },
	{ A, "start < now - 2y", 85, 15, "2y", "12h, 14d, 2w" },
	{ A, "start < now - 876601h", 85, 15, "876601h", "12h, 14d, 2w" },
	{ C, "seen > now - 1d", 86, 8, "now", FIXED },
	{ C, "since > today", 86, 9, "today", "2026-11-30" },
	{ C, "created > today", 86, 11, "today", FIXED },
	/* People and things. */
	{ T, "owner = anna", 87, 9, "anna", "me" },
	{ T, "party = \"me\"", 87, 9, "\"me\"", "me" },
	{ T, "owner in (me, you)", 87, 15, "you", "me" },
	{ T, "regarding = me", 87, 13, "me", "0198c5d2-7a00-7000-8000-000000000001" },
	{ T, "regarding = case/1", 87, 13, "case/1", "0198c5d2-7a00-7000-8000-000000000001" },
	/* Characters. Columns count characters. */
	{ C, "company = \xC3\x85\xC3\x84\xC3\x96 x", 75, 15, "x", "and, or" },
	{ C,
	  "company = \xE2\x80\x9C"
	  "a\xE2\x80\x9D",
	  71, 11, "\xE2\x80\x9C", "\"text\"" },
	{ C, "company = a;b", 71, 12, ";", "\"text\"" },
	{ C, "company = 'a'", 71, 11, "'", "\"text\"" },
	{ C, "company = a*", 71, 12, "*", "\"text\"" },
	{ C, "company ! a", 71, 9, "!", "\"text\"" },
	{ C, "company = \x01", 71, 11, "U+0001", "\"text\"" },
	{ C, "company = \"a\nb\"", 71, 13, "U+000A", "\"text\"" },
	{ C, "company = \"\xC2\x85\"", 71, 12, "U+0085", "\"text\"" },
	{ C, "company = \xC3\x85\xFF", 71, 12, "\\xFF", "\"text\"" },
	{ C, "company = \"\xC3\x85\xFF\"", 71, 13, "\\xFF", "\"text\"" },
	{ C, "company = \"abc", 72, 11, "\"abc", "\"" },
	{ C, "company = \"abc\\\"", 72, 11, "\"abc\\\"", "\"" },
	{ C, "company = \"a\\n\"", 73, 13, "\\n", "\\\" \\\\" },
	{ C, "company = \"a\\", 73, 13, "\\", "\\\" \\\\" },
	{ C, "company = \"a\\\xC3\x85\"", 73, 13, "\\\xC3\x85", "\\\" \\\\" },
};

static const char *param(const struct brg_err *err, const char *name)
{
	const char *at = err->params;
	size_t n = strlen(name);

	while (at && !(strncmp(at, name, n) == 0 && at[n] == '=')) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at ? arena_dup(arena, at + n + 1, strcspn(at + n + 1, "\n")).ptr : "(none)";
}

START_TEST(refused)
{
	const struct wrong *w = &wrongs[_i];
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;
	char sentence[512], column[24], code[24];

	ck_assert_msg(parse(w->kind, w->text, &where, &err) == BRG_EINVAL, "%s", w->text);
	ck_assert_ptr_null(where);
	(void)snprintf(code, sizeof(code), "BRG-SYNC-%04d", w->code);
	(void)snprintf(column, sizeof(column), "%d", w->column);
	ck_assert_msg(strcmp(err.fault->code, code) == 0, "%s: %s %s", w->text, err.fault->code,
		      err.params);
	ck_assert_msg(strcmp(param(&err, "column"), column) == 0, "%s: %s", w->text, err.params);
	ck_assert_str_eq(param(&err, "found"), w->found);
	ck_assert_str_eq(param(&err, "expected"), w->expected);
	ck_assert_str_eq(param(&err, "kind"), field_kind_name(w->kind));
	ck_assert_ptr_nonnull(
		strstr(fault_render(err.fault, brg_cstr(err.params), "en", sentence, 512), column));
	ck_assert_ptr_nonnull(strstr(sentence, w->expected));
	ck_assert_ptr_nonnull(
		strstr(fault_render(err.fault, brg_cstr(err.params), "sv", sentence, 512), column));
	/* What stops a filter is where it was, whatever stands in front. */
	ck_assert_int_eq(where_check(table, w->kind, brg_cstr(w->text), arena, &err),
			 strstr(w->text, "case/") ? 0 : BRG_EINVAL);
}
END_TEST

/* ---- bounds ---------------------------------------------------------------------------------*/

static char *repeated(const char *piece, size_t n, const char *end)
{
	size_t len = strlen(piece);
	char *out = arena_alloc(arena, n * len + strlen(end) + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(out + i * len, piece, len);
	strcpy(out + n * len, end);
	return out;
}

static void expect_wrong(const char *text, int code, const char *column, const char *expected)
{
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;
	char name[24];

	(void)snprintf(name, sizeof(name), "BRG-SYNC-%04d", code);
	ck_assert_int_eq(parse(T, text, &where, &err), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, name);
	ck_assert_str_eq(param(&err, "column"), column);
	ck_assert_str_eq(param(&err, "expected"), expected);
}

START_TEST(bounds)
{
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;
	char *text = repeated("all or ", 571, "all"); /* 4,000 bytes */

	ck_assert_uint_eq(strlen(text), WHERE_MAX);
	ck_assert_int_eq(parse(T, text, &where, &err), 0);
	ck_assert_uint_eq(where->root->n_of, 572);
	ck_assert_str_eq(where_format(where, arena).ptr, text);
	expect_wrong(repeated("all or ", 571, "all "), 70, "4001", "4000");
	/* Deep: parentheses, not, and both in turn. */
	ck_assert_int_eq(parse(T, repeated("not ", 48, "all"), &where, &err), 0);
	expect_wrong(repeated("not ", 49, "all"), 89, "193", "48");
	expect_wrong(repeated("(", 49, "all"), 89, "49", "48");
	ck_assert_int_eq(parse(T, repeated("all and (all or (", 23, ""), &where, &err), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-SYNC-0076");
	ck_assert_int_eq(
		parse(T,
		      repeated("all and (all or (", 22,
			       repeated(")", 0, "all))))))))))))))))))))))))))))))))))))))))))))")),
		      &where, &err),
		0);
	ck_assert_int_le(where->root->levels, WHERE_LEVELS);
	ck_assert_int_eq(parse(T, where_format(where, arena).ptr, &where, &err), 0);
	/* 36 parentheses are few enough, but each is three levels. */
	expect_wrong(repeated("all or all or all or all and (", 36,
			      repeated("all)", 1, repeated(")", 35, ""))),
		     89, "601", "48");
}
END_TEST

/* Names of references may stand where people write, and columns are those that they see. */
START_TEST(names)
{
	struct brg_err err = BRG_ERR_INIT;
	const char *good = "regarding = case/4711 or regarding in (crm:17, \"account/A B\") "
			   "or regarding != " UUID;
	const char *bad = "regarding = case/4711 and due = tomorrow";

	ck_assert_int_eq(where_check(table, T, brg_cstr(good), arena, &err), 0);
	ck_assert_int_eq(where_check(table, T, brg_cstr(bad), arena, &err), BRG_EINVAL);
	ck_assert_str_eq(param(&err, "column"), "33");
	ck_assert_int_eq(where_check(table, T, brg_cstr("owner = user/anna"), arena, &err),
			 BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-SYNC-0087");
}
END_TEST

/* ---- the manual page ------------------------------------------------------------------------*/

/* "brygga-filter(7)": between .Bd and .Ed under .Ss Contacts, Tasks, Appointments. */
START_TEST(examples)
{
	const char *top = getenv("srcdir"), *line;
	FILE *page = fopen(arena_printf(arena, "%s/docs/brygga-filter.7", top ? top : "."), "r");
	struct brg_err err = BRG_ERR_INIT;
	int kind = 0, n = 0;
	bool open = false;
	char text[256];

	ck_assert_ptr_nonnull(page);
	while (fgets(text, sizeof(text), page)) {
		line = arena_dup(arena, text, strcspn(text, "\n")).ptr;
		if (strcmp(line, ".Ed") == 0)
			open = false;
		else if (strncmp(line, ".Ss ", 4) == 0 || strncmp(line, ".Sh ", 4) == 0)
			kind = strcmp(line + 4, "Contacts") == 0       ? C
			       : strcmp(line + 4, "Tasks") == 0	       ? T
			       : strcmp(line + 4, "Appointments") == 0 ? A
								       : 0;
		if (open && kind) {
			ck_assert_msg(where_check(field_builtin(), kind, brg_cstr(line), arena,
						  &err) == 0,
				      "%s: %s", line, err.params);
			n++;
		}
		open = open || strncmp(line, ".Bd ", 4) == 0;
	}
	ck_assert_int_eq(fclose(page), 0);
	ck_assert_int_ge(n, 15);
}
END_TEST

/* Each operator beside each type: as the table of types says, or refused with what fits. */
START_TEST(operators)
{
	static const struct {
		const char *field, *value;
		int type;
	} fields[] = {
		{ "company", "x", BRG_TEXT },
		{ "size", "1", BRG_INTEGER },
		{ "vip", "yes", BRG_FLAG },
		{ "seen", "2026-01-01", BRG_MOMENT },
		{ "visited", "now", BRG_WALL },
		{ "since", "2026-01-01", BRG_DATE },
		{ "categories", "x", BRG_LIST },
		{ "state", "active", BRG_CHOICE },
		{ "owner", "me", TYPE_PERSON },
		{ "regarding", UUID, TYPE_THING },
		{ "created", "2026-01-01", TYPE_PAST },
	};
	const struct field more[] = {
		{ .name = "size", .type = BRG_INTEGER, .flags = FIELD_OWN | FIELD_FILTER },
		{ .name = "vip", .type = BRG_FLAG, .flags = FIELD_OWN | FIELD_FILTER },
	};
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;
	const char *text;
	bool allowed;

	table = field_extend(arena, BRG_CONTACT, more, 2, table);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (int op = 0; op < OPS; op++) {
			allowed = where_ops_of(fields[i].type) & OP_BIT(op);
			text = arena_printf(arena, "%s %s %s", fields[i].field, where_ops[op],
					    op == OP_IS ? "set"
					    : op == OP_IN
						    ? arena_printf(arena, "(%s)", fields[i].value)
						    : fields[i].value);
			ck_assert_msg((parse(C, text, &where, &err) == 0) == allowed, "%s", text);
			ck_assert_msg(allowed || strcmp(err.fault->code, "BRG-SYNC-0080") == 0,
				      "%s: %s", text, err.fault->code);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("where");
	TCase *t = tcase_create("text");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, one_spelling, 0, sizeof(spelled) / sizeof(spelled[0]));
	tcase_add_loop_test(t, refused, 0, sizeof(wrongs) / sizeof(wrongs[0]));
	tcase_add_test(t, bounds);
	tcase_add_test(t, names);
	tcase_add_test(t, operators);
	tcase_add_test(t, examples);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
