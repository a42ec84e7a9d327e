/* SPDX-License-Identifier: Apache-2.0
 *
 * Option tables, settings as JSON, secrets by reference, and the core's settings of a mailbox.
 */
#include "core/options.h"

#include "core/faults.h"
#include "core/mailbox.h"
#include "core/schedule.h"
#include "tests/unit/problem_text.h"

#include <sys/stat.h>
#include <unistd.h>

struct thing {
	const char *name, *password;
	bool on;
	int64_t count, exact, size, bounded, span, wait;
	int colour;
};
#define AT(member) offsetof(struct thing, member)

static const struct brg_option table[] = {
	{ "name", BRG_OPT_STRING, 0, AT(name), NULL, NULL, 0, 0, "Text." },
	{ "password", BRG_OPT_STRING, BRG_OPT_SECRET, AT(password), NULL, NULL, 0, 0, "Secret." },
	{ "on", BRG_OPT_BOOL, 0, AT(on), "yes", NULL, 0, 0, "Switch." },
	{ "count", BRG_OPT_INT, 0, AT(count), "7", NULL, 0, 0, "Number." },
	{ "exact", BRG_OPT_INT, 0, AT(exact), "0", NULL, -5, 5, "Number." },
	{ "size", BRG_OPT_SIZE, 0, AT(size), "1M", NULL, 0, 0, "Size." },
	{ "bounded", BRG_OPT_SIZE, 0, AT(bounded), "64K", NULL, 1536, 2147483648, "Size." },
	{ "span", BRG_OPT_DURATION, 0, AT(span), "2h", NULL, 0, 0, "Time." },
	{ "wait", BRG_OPT_DURATION, 0, AT(wait), "1s", NULL, 100, 90000, "Time." },
	{ "colour", BRG_OPT_CHOICE, 0, AT(colour), "red", "red|green|deep-blue", 0, 0, "Choice." },
	BRG_OPTION_END,
};
static const struct brg_option needy[] = {
	{ "host", BRG_OPT_STRING, BRG_OPT_REQUIRED, 0, NULL, NULL, 0, 0, "Text." },
	BRG_OPTION_END,
};

static struct brg_arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static const char *said(const struct brg_err *err, const char *lang)
{
	char buf[600];

	return arena_str(arena, brg_cstr(err_render(err, lang, buf, sizeof(buf)))).ptr;
}

/* A value, and what is said of it or the number that it becomes. */
static const struct {
	const char *name, *value, *sentence;
	int64_t number;
} values[] = {
	{ "on", "yes", NULL, 1 },
	{ "on", "off", NULL, 0 },
	{ "on", "1", NULL, 1 },
	{ "on", "Yes", "on takes yes or no, not \"Yes\"", 0 },
	{ "on", "", "on takes yes or no, not \"\"", 0 },
	{ "count", "0", NULL, 0 },
	{ "count", "9223372036854775807", NULL, INT64_MAX },
	{ "count", "9223372036854775808",
	  "count takes a whole number, 0 or more, not \"9223372036854775808\"", 0 },
	{ "count", "-1", "count takes a whole number, 0 or more, not \"-1\"", 0 },
	{ "count", "1.5", "count takes a whole number, 0 or more, not \"1.5\"", 0 },
	{ "count", " 1", "count takes a whole number, 0 or more, not \" 1\"", 0 },
	{ "exact", "-5", NULL, -5 },
	{ "exact", "6", "exact takes a whole number from -5 to 5, not \"6\"", 0 },
	{ "exact", "-", "exact takes a whole number from -5 to 5, not \"-\"", 0 },
	{ "size", "500", NULL, 500 },
	{ "size", "64K", NULL, 65536 },
	{ "size", "35M", NULL, 36700160 },
	{ "size", "2G", NULL, INT64_C(2147483648) },
	{ "size", "64 K", "size takes a size such as 500, 64K, 35M or 2G, not \"64 K\"", 0 },
	{ "size", "64KB", "size takes a size such as 500, 64K, 35M or 2G, not \"64KB\"", 0 },
	{ "size", "99999999999T",
	  "size takes a size such as 500, 64K, 35M or 2G, not \"99999999999T\"", 0 },
	{ "bounded", "1K", "bounded takes a size from 1536 to 2G such as 64K or 35M, not \"1K\"",
	  0 },
	{ "span", "500ms", NULL, 500 },
	{ "span", "30s", NULL, 30000 },
	{ "span", "5m", NULL, 300000 },
	{ "span", "14d", NULL, INT64_C(1209600000) },
	{ "span", "0", NULL, 0 },
	{ "span", "30",
	  "span takes a time with its unit, such as 500ms, 30s, 5m, 2h or 14d, not \"30\"", 0 },
	{ "wait", "2m",
	  "wait takes a time from 100ms to 90s with its unit, such as 30s or 5m, not \"2m\"", 0 },
	{ "colour", "deep-blue", NULL, 2 },
	{ "colour", "blue", "colour takes one of red, green, deep-blue, not \"blue\"", 0 },
	{ "colour", "red|green", "colour takes one of red, green, deep-blue, not \"red|green\"",
	  0 },
	{ "colour", "", "colour takes one of red, green, deep-blue, not \"\"", 0 },
};

START_TEST(each_value)
{
	const struct brg_option *opt = options_find(table, brg_cstr(values[_i].name));
	struct brg_err err = BRG_ERR_INIT;
	struct thing thing = { 0 };
	int64_t got;
	int rc = option_set(opt, &thing, brg_cstr(values[_i].value), arena, &err);

	if (values[_i].sentence) {
		ck_assert_int_eq(rc, BRG_EINVAL);
		ck_assert_str_eq(said(&err, "en"), values[_i].sentence);
		return;
	}
	ck_assert_int_eq(rc, 0);
	got = opt->type == BRG_OPT_BOOL	    ? thing.on
	      : opt->type == BRG_OPT_CHOICE ? thing.colour
					    : *(int64_t *)((char *)&thing + opt->offset);
	ck_assert_int_eq(got, values[_i].number);
}
END_TEST

START_TEST(strings)
{
	const struct brg_option *name = options_find(table, brg_cstr("name"));
	const struct brg_option *password = options_find(table, brg_cstr("password"));
	struct brg_err err = BRG_ERR_INIT;
	struct thing thing = { 0 };
	char text[] = "secret";

	ck_assert_int_eq(option_set(name, &thing, brg_cstr(text), arena, &err), 0);
	text[0] = 'X';
	ck_assert_str_eq(thing.name, "secret");
	ck_assert_int_eq(option_set(password, &thing, (struct brg_str){ "a\0b", 3 }, arena, &err),
			 BRG_EINVAL);
	ck_assert_str_eq(said(&err, "en"), "password has a NUL byte in its value: remove it");
	ck_assert_int_eq(option_set(name, NULL, brg_cstr("x"), arena, &err), 0);
}
END_TEST

START_TEST(fill)
{
	const struct setting settings[] = {
		{ brg_cstr("count"), brg_cstr("1"), false },
		{ brg_cstr("other"), brg_cstr("x"), false },
		{ brg_cstr("count"), brg_cstr("2"), false },
		{ brg_cstr("on"), brg_cstr("no"), false },
	};
	struct brg_err err = BRG_ERR_INIT;
	struct thing thing = { 0 };

	ck_assert_int_eq(options_fill(table, &thing, settings, 4, arena, &err), 0);
	ck_assert_int_eq(thing.count, 2);
	ck_assert(!thing.on);
	ck_assert_str_eq(thing.name, "");
	ck_assert_int_eq(thing.span, 7200000);
	ck_assert_int_eq(thing.size, 1 << 20);
	ck_assert_int_eq(options_fill(NULL, NULL, settings, 4, arena, &err), 0);
	ck_assert_int_eq(options_fill(needy, &thing, settings, 4, arena, &err), BRG_EINVAL);
	ck_assert_str_eq(said(&err, "en"), "the setting host is missing");
	ck_assert_str_eq(said(&err, "sv"), "inställningen host saknas");
}
END_TEST

START_TEST(names)
{
	ck_assert_ptr_null(options_find(table, brg_cstr("nam")));
	ck_assert_str_eq(options_nearest(table, brg_cstr("color")), "colour");
	ck_assert_ptr_null(options_nearest(table, brg_cstr("weather")));
	ck_assert_ptr_null(options_find(NULL, brg_cstr("x")));
	ck_assert_str_eq(option_allowed(options_find(table, brg_cstr("wait")), arena),
			 "a duration from 100ms to 90s");
	ck_assert_str_eq(option_allowed(options_find(table, brg_cstr("colour")), arena),
			 "one of red, green, deep-blue");
	ck_assert_str_eq(option_allowed(options_find(table, brg_cstr("count")), arena),
			 "a whole number");
}
END_TEST

/* ---- settings -------------------------------------------------------------------------------*/

START_TEST(json)
{
	struct settings a = { 0 }, b = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str text;

	settings_add(&a, arena, brg_cstr("port"), brg_cstr("110"));
	settings_add(&a, arena, brg_cstr("host"), brg_cstr("p\xC3\xA5\"\\x"));
	settings_add(&a, arena, brg_cstr("port"), brg_cstr("995"));
	text = settings_to_json(&a, arena);
	ck_assert_str_eq(text.ptr, "{\"host\":\"p\xC3\xA5\\\"\\\\x\",\"port\":\"995\"}");
	ck_assert_int_eq(settings_add_json(&b, text, arena, &err), 0);
	ck_assert_uint_eq(b.n, 2);
	ck_assert_str_eq(settings_get(&b, "host")->value.ptr, "p\xC3\xA5\"\\x");
	ck_assert_ptr_null(settings_get(&b, "tls"));
	ck_assert_int_eq(settings_add_json(&b, brg_cstr(""), arena, &err), 0);
	ck_assert_int_eq(settings_add_json(&b, brg_cstr("[]"), arena, &err), BRG_EINVAL);
	ck_assert_int_eq(settings_add_json(&b, brg_cstr("{\"a\":1}"), arena, &err), BRG_EINVAL);
	ck_assert_int_eq(settings_add_json(&b, brg_cstr("{\"a\":\"1\",\"a\":\"2\"}"), arena, &err),
			 BRG_EINVAL);
	ck_assert_int_eq(settings_add_json(&b, brg_cstr("{"), arena, &err), BRG_EINVAL);
}
END_TEST

static const char *resolve(const char *text, int *rc)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str out = { 0 };

	*rc = option_resolve(brg_cstr(text), arena, &out, &err);
	return *rc < 0 ? said(&err, "en") : out.ptr;
}

START_TEST(references)
{
	char path[] = "/tmp/brygga-secret-XXXXXX", form[64], sentence[128];
	int fd = mkstemp(path), rc;

	ck_assert_int_ge(fd, 0);
	(void)snprintf(form, sizeof(form), "file:%s", path);
	(void)snprintf(sentence, sizeof(sentence),
		       "%s should hold a secret, but is empty, larger than 64 KiB or not text",
		       path);
	ck_assert_str_eq(resolve(form, &rc), sentence);
	ck_assert_int_eq(write(fd, " p;w #1 \r\n", 10), 10);
	ck_assert_str_eq(resolve(form, &rc), " p;w #1 ");
	ck_assert_int_eq(write(fd, "\n", 1), 1);
	ck_assert_str_eq(resolve(form, &rc), " p;w #1 \r\n");
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	ck_assert_str_eq(resolve(form, &rc), " p;w #1 \r\n");
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	ck_assert_ptr_nonnull(strstr(resolve(form, &rc), "can be read by everybody (mode 0644)"));
	ck_assert_int_eq(rc, BRG_EINVAL);
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	ck_assert_int_eq(ftruncate(fd, 70000), 0);
	ck_assert_str_eq(resolve(form, &rc), sentence);
	(void)close(fd);
	(void)unlink(path);
	(void)snprintf(sentence, sizeof(sentence),
		       "cannot read the secret in %s: No such file or directory", path);
	ck_assert_str_eq(resolve(form, &rc), sentence);
	ck_assert_str_eq(resolve("file:secret", &rc), "file:secret needs an absolute path");
	ck_assert_str_eq(resolve("plain", &rc), "plain");
	ck_assert_int_eq(setenv("BRYGGA_TEST_SECRET", "s3", 1), 0);
	ck_assert_str_eq(resolve("env:BRYGGA_TEST_SECRET", &rc), "s3");
	ck_assert_str_eq(resolve("env:BRYGGA_TEST_NONE", &rc),
			 "the environment variable BRYGGA_TEST_NONE is not set or is empty");
	ck_assert_int_eq(rc, BRG_EINVAL);
}
END_TEST

/* ---- mailbox --------------------------------------------------------------------------------*/

static const struct {
	const char *text, *folded; /* NULL: refused */
} lists[] = {
	{ "example.org", "example.org" },
	{ "Anna@Example.ORG, @Example.com  x-1.se", "anna@example.org example.com x-1.se" },
	{ "", "" },
	{ " , ", "" },
	{ "anna@", NULL },
	{ "@", NULL },
	{ "*@example.org", "*@example.org" },
	{ "example..org", NULL },
	{ ".example.org", NULL },
	{ "\"Anna\" <anna@example.org>", NULL },
	{ "a@b@c", NULL },
	{ "b\xC3\xBC"
	  "cher.example",
	  "b\xC3\xBC"
	  "cher.example" },
};

START_TEST(senders)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str out;
	int rc = mailbox_fold_senders(brg_cstr(lists[_i].text), arena, &out, &err);

	if (!lists[_i].folded) {
		ck_assert_int_eq(rc, BRG_EINVAL);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(out.ptr, lists[_i].folded);
}
END_TEST

START_TEST(sender_matches)
{
	const char *list = "anna@example.org example.com";
	struct brg_str entry;

	ck_assert(mailbox_sender(list, brg_cstr("anna@example.org"), NULL));
	ck_assert(mailbox_sender(list, brg_cstr("ANNA@Example.Org"), NULL));
	ck_assert(mailbox_sender(list, brg_cstr("x@Example.com"), &entry));
	ck_assert_uint_eq(entry.len, strlen("example.com"));
	ck_assert_mem_eq(entry.ptr, "example.com", entry.len);
	ck_assert(!mailbox_sender(list, brg_cstr("hanna@example.org"), NULL));
	ck_assert(!mailbox_sender(list, brg_cstr("bo@example.org"), NULL));
	ck_assert(!mailbox_sender(list, brg_cstr("x@sub.example.com"), NULL));
	ck_assert(!mailbox_sender(list, brg_cstr("x@badexample.com"), NULL));
	ck_assert(!mailbox_sender(list, brg_cstr("example.com"), NULL));
	ck_assert(!mailbox_sender(list, brg_cstr(""), NULL));
	ck_assert(!mailbox_sender("", brg_cstr("x@example.com"), NULL));
}
END_TEST

#define NOW_US (INT64_C(1795413600) * 1000000) /* 2026-11-23T06:00:00Z */
static const struct {
	const char *text, *folded;
} moments[] = {
	{ "now", "2026-11-23T06:00:00Z" },
	{ "30d", "2026-10-24T06:00:00Z" },
	{ "90m", "2026-11-23T04:30:00Z" },
	{ "2026-02-28", "2026-02-28T00:00:00Z" },
	{ "2024-02-29", "2024-02-29T00:00:00Z" },
	{ "2026-11-23T06:00:00Z", "2026-11-23T06:00:00Z" },
	{ "2026-02-29", NULL },
	{ "2026-13-01", NULL },
	{ "2026-1-1", NULL },
	{ "2026-01-01T25:00:00Z", NULL },
	{ "99999d", NULL },
	{ "yesterday", NULL },
	{ "", NULL },
};

START_TEST(received_after)
{
	struct mailbox_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str out;
	int rc = mailbox_fold_after(brg_cstr(moments[_i].text), NOW_US, arena, &out, &err);

	if (!moments[_i].folded) {
		ck_assert_int_eq(rc, BRG_EINVAL);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(out.ptr, moments[_i].folded);
	set.received_after = out.ptr;
	ck_assert_int_le(mailbox_after_us(&set), NOW_US);
	if (strcmp(moments[_i].text, "now") == 0)
		ck_assert_int_eq(mailbox_after_us(&set), NOW_US);
}
END_TEST

START_TEST(mailbox_defaults)
{
	struct mailbox_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_int_eq(options_fill(mailbox_options, &set, NULL, 0, arena, &err), 0);
	ck_assert(set.incoming && !set.outgoing && !set.act);
	ck_assert_int_eq(set.accept, ACCEPT_USUAL);
	ck_assert(!set.delete_after_store && !set.delete_user_mail);
	ck_assert_int_eq(mailbox_after_us(&set), 0);
	ck_assert_int_eq(set.interval_ms, 0);
}
END_TEST

/* An interval of the mailbox's own reaches the schedule, and its bounds give way. */
START_TEST(own_interval)
{
	const struct schedule_rules rules = SCHEDULE_RULES_DEFAULT;
	struct schedule_in in = { .outcome = BRG_DONE_EMPTY,
				  .started_us = NOW_US,
				  .now_us = NOW_US };
	struct brg_visit_row out = { 0 };
	struct schedule_rules own = schedule_own(&rules, 3600000);

	schedule_next(&own, &in, &out);
	ck_assert_int_eq(out.interval_ms, 3600000);
	ck_assert_int_eq(out.due_us, NOW_US + INT64_C(3600000000));
	ck_assert_int_ge(schedule_horizon_us(&rules, &out), INT64_C(3600000000));
	own = schedule_own(&rules, 30000);
	ck_assert_int_eq(own.fastest_ms, 30000);
	ck_assert_int_eq(own.slowest_ms, rules.slowest_ms);
	own = schedule_own(&rules, 0);
	ck_assert_int_eq(own.normal_ms, rules.normal_ms);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_value, 0, sizeof(values) / sizeof(values[0]));
	tcase_add_test(t, strings);
	tcase_add_test(t, fill);
	tcase_add_test(t, names);
	tcase_add_test(t, json);
	tcase_add_test(t, references);
	tcase_add_loop_test(t, senders, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(t, sender_matches);
	tcase_add_loop_test(t, received_after, 0, sizeof(moments) / sizeof(moments[0]));
	tcase_add_test(t, mailbox_defaults);
	tcase_add_test(t, own_interval);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
