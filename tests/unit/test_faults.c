/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue of core: every row is whole, its translation asks for the same parameters,
 * and no code stands twice.
 */
#include "core/cli/faults.h"
#include "core/faults.h"
#include "core/log.h"
#include "core/utf8.h"

#include <check.h>
#include <stdlib.h>

/* Every {name} of one text stands in the other. */
static void check_params(const struct brg_fault *row, const char *one, const char *other)
{
	for (const char *p = one; (p = strchr(p, '{')); p++) {
		size_t n = strcspn(p, "}") + 1;

		ck_assert_msg(p[n - 1] == '}' && n > 2, "%s: an open brace", row->code);
		ck_assert_msg(memmem(other, strlen(other), p, n) != NULL,
			      "%s: %.*s is only in one language", row->code, (int)n, p);
	}
}

static void check_text(const struct brg_fault *row, const char *text, bool is_help)
{
	ck_assert_msg(text && *text, "%s lacks a text", row->code);
	if (!is_help)
		ck_assert_msg(text[strlen(text) - 1] != '.', "%s ends with a full stop", row->code);
	ck_assert_msg(!strstr(text, "  "), "%s has a double blank", row->code);
	ck_assert_msg(!strchr(text, '\n'), "%s has a line end", row->code);
}

static int sound(void *arg, const struct brg_fault *row)
{
	int *n = arg;
	const char *digits;

	(*n)++;
	ck_assert_msg(strlen(row->code) <= 19 && strncmp(row->code, "BRG-", 4) == 0, "%s",
		      row->code);
	digits = strrchr(row->code, '-') + 1;
	ck_assert_msg(strlen(digits) == 4 && strspn(digits, "0123456789") == 4, "%s", row->code);
	ck_assert_msg(row->cls <= 0 && row->cls >= BRG_EINTERNAL, "%s: class", row->code);
	ck_assert_msg(row->scope >= BRG_SCOPE_MAILBOX && row->scope <= BRG_SCOPE_STORE, "%s: scope",
		      row->code);
	ck_assert_msg(row->retry >= BRG_RETRY_LATER && row->retry <= BRG_RETRY_NEVER, "%s: retry",
		      row->code);
	check_text(row, row->en, false);
	check_text(row, row->sv, false);
	check_text(row, row->help, true);
	ck_assert_msg(strcmp(row->en, row->sv) != 0, "%s is not translated", row->code);
	check_params(row, row->en, row->sv);
	check_params(row, row->sv, row->en);
	ck_assert_msg(fault_find(brg_cstr(row->code)) == row, "%s stands twice", row->code);
	return 0;
}

START_TEST(the_log_names_nobody)
{
	struct brg_err err = BRG_ERR_INIT;
	char text[LOG_ERR_TEXT], small[24];

	brg_fail(&err, fault_find(brg_cstr("BRG-CORE-0011")), "now=%s\nthen=%s",
		 "anna@example.com@pop.example.com", "bo@example.com");
	brg_said(&err, brg_cstr("no \"such\" user <anna@example.com>, sorry"));
	log_err(&err, text, sizeof(text));
	ck_assert_str_eq(text,
			 "code=BRG-CORE-0011 reason=\"the server now shows another mailbox than at "
			 "the first contact: (address) instead of (address)\" said=\"no 'such' "
			 "user <(address)>, sorry\"");
	log_err(&err, small, sizeof(small));
	ck_assert_uint_lt(strlen(small), sizeof(small));
}
END_TEST

START_TEST(text_is_text)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "", "" },
		{ "g\xc3\xa5s", "g\xc3\xa5s" },
		{ "a\xff z", "a? z" },
		{ "a\nb", "a?b" },
		{ "\xc0\x80", "??" },
		{ "\xc2\x85", "??" },
		{ "\xed\xa0\x80", "???" },
		{ "x\xe2\x82", "x??" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%s", cases[i].from);
		ck_assert_int_eq(utf8_plain(brg_cstr(text)), strcmp(text, cases[i].to) == 0);
		utf8_repair(text, strlen(text));
		ck_assert_str_eq(text, cases[i].to);
		ck_assert(utf8_plain(brg_cstr(text)));
	}
}
END_TEST

START_TEST(rows)
{
	int n = 0;

	faults_each(sound, &n);
	ck_assert_int_gt(n, 100);
	ck_assert_ptr_null(fault_find(brg_cstr("BRG-NET-9999")));
	ck_assert_ptr_null(fault_find(brg_cstr("")));
}
END_TEST

static const struct brg_fault row = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EIO,
	.en = "{a} and {b}",
	.sv = "{a} och {b}",
};

static const struct {
	const char *params, *lang;
	size_t room;
	const char *expect;
} renders[] = {
	{ "a=1\nb=2", "en", 100, "1 and 2" },
	{ "b=2\na=1\n", "sv", 100, "1 och 2" },
	{ "a=x=y", "en", 100, "x=y and " },
	{ "aa=1\nb={a}", "en", 100, " and {a}" },
	{ "", "en", 100, " and " },
	{ "a=long enough to be cut\nb=2", "en", 10, "long enou" },
	{ "a=1\nb=2", "en", 4, "1 a" },
	{ "a=1\nb=2", "en", 1, "" },
};

START_TEST(rendering)
{
	char out[100];

	memset(out, 'x', sizeof(out));
	fault_render(&row, brg_cstr(renders[_i].params), renders[_i].lang, out, renders[_i].room);
	ck_assert_str_eq(out, renders[_i].expect);
}
END_TEST

START_TEST(server_words)
{
	struct brg_err err = BRG_ERR_INIT;
	char out[100];

	brg_fail(&err, &row, "a=1\nb=2");
	brg_said(&err, brg_cstr("-ERR\tno\r\n"));
	ck_assert_str_eq(err_render(&err, "en", out, sizeof(out)), "1 and 2 (server: -ERR no  )");
	err = (struct brg_err)BRG_ERR_INIT;
	err.code = BRG_EIO;
	ck_assert_str_eq(err_render(&err, "en", out, sizeof(out)),
			 "error -1 without a reason (a bug in a plugin)");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");
	SRunner *r;
	int failed;

	faults_add(cli_faults);
	tcase_add_test(t, the_log_names_nobody);
	tcase_add_test(t, text_is_text);
	tcase_add_test(t, rows);
	tcase_add_loop_test(t, rendering, 0, sizeof(renders) / sizeof(renders[0]));
	tcase_add_test(t, server_words);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
