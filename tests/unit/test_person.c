/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a text name a person? In whatever way an address is written, and not where it is a part of
 * another; in mails of any length.
 */
#include "core/person-private.h"

#include "core/blob.h"
#include "core/body.h"
#include "core/mime.h"

#include <check.h>
#include <stdlib.h>

#define WINDOW (64 * 1024) /* as person_text.c reads */

static const struct brg_str petra[] = { { "petra.p@forget.example", 22 } };
static const struct person person = { .addresses = petra, .n_addresses = 1 };
static struct brg_arena *arena;

static void setup(void)
{
	mime_init();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static const struct {
	const char *text;
	bool named;
} texts[] = {
	{ "petra.p@forget.example", true },
	{ "PETRA.P@Forget.Example", true },
	{ "<petra.p@forget.example>", true },
	{ "rfc822;petra.p@forget.example", true },
	{ "smtp.mailfrom=petra.p@forget.example;", true },
	{ "mailto:petra.p@forget.example?subject=x", true },
	{ "'petra.p@forget.example'", true },
	{ "write to petra.p@forget.example.", true },
	{ "write to petra.p@forget.example. Or not", true },
	{ "x@y.example,petra.p@forget.example,z@y.example", true },
	{ "petra . p @\r\n forget\t.example", true },
	{ "@petra.p@forget.example", true },
	{ "", false },
	{ "@", false },
	{ "petra.p@", false },
	{ "@forget.example", false },
	{ "petra.p@forget.exampl", false },
	{ "petra.p@forget.examples", false },
	{ "petra.p@forget.example.org", false },
	{ "petra.p@forget.example-x.org", false },
	{ "petra.p@forget.example\xc3\xa5", false },
	{ "xpetra.p@forget.example", false },
	{ "x.petra.p@forget.example", false },
	{ "x-petra.p@forget.example", false },
	{ "x+petra.p@forget.example", false },
	{ "\xc3\xa5petra.p@forget.example", false },
	{ "petra p@forget.example", false },
	{ "petra.p@forget,example", false },
	{ "pet ra.p@forget.example", false },
	{ "petra.p forget.example", false },
};

START_TEST(in_a_text)
{
	ck_assert_msg(person_named(&person, brg_cstr(texts[_i].text)) == texts[_i].named, "%s",
		      texts[_i].text);
}
END_TEST

/* ---- a store that has one body --------------------------------------------------------------*/

static struct brg_str chunks[16];
static size_t n_chunks;

static int keep(void *arg, const struct brg_sha *sha, int64_t seq, struct brg_str bytes,
		struct brg_err *err)
{
	(void)arg;
	(void)sha;
	(void)err;
	chunks[seq] = arena_dup(arena, bytes.ptr, bytes.len);
	n_chunks = (size_t)seq + 1;
	return 0;
}

static int give(void *self, const struct brg_sha *sha,
		int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *err)
{
	int rc = 0;

	(void)self;
	(void)sha;
	(void)err;
	for (size_t i = 0; i < n_chunks && rc == 0; i++)
		rc = chunk(arg, chunks[i]);
	return rc;
}

static int named_in(struct brg_str head, size_t fill, const char *behind, bool whole)
{
	static const struct brg_storage storage = { .size = sizeof(storage), .body = give };
	struct engine e = { .store = { .ops = &storage } };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_blob *raw = blob_new(arena);
	char *filler = arena_alloc(arena, fill + 1);
	struct body_out out;

	memset(filler, ',', fill);
	ck_assert_int_eq(blob_add(raw, head.ptr, head.len, &err), 0);
	ck_assert_int_eq(blob_add(raw, filler, fill, &err), 0);
	ck_assert_int_eq(blob_add(raw, behind, strlen(behind), &err), 0);
	ck_assert_int_eq(body_pack(raw, keep, NULL, &out, &err), 0);
	return person_in_mail(&e, &person, &out.sha, whole, &err);
}

/* An address across the border of what is read at once. */
START_TEST(in_a_mail)
{
	const struct brg_str to = brg_cstr("\r\nTo: ");

	for (size_t at = WINDOW - 2100; at < WINDOW + 60; at += at < WINDOW - 60 ? 13 : 1) {
		ck_assert_int_eq(named_in(to, at, "petra.p@forget.example", false), 1);
		ck_assert_int_eq(named_in(to, at, "xpetra.p@forget.example", false), 0);
		ck_assert_int_eq(named_in(to, at, "petra.p@forget.example.org\n", false), 0);
		arena_reset(arena);
	}
	/* Behind the header he is only spoken of; a report is read whole, what is encoded too. */
	ck_assert_int_eq(named_in(to, WINDOW - 3, "\r\n\r\n petra.p@forget.example", false), 0);
	ck_assert_int_eq(named_in(to, WINDOW - 3, "\n\n petra.p@forget.example", false), 0);
	ck_assert_int_eq(named_in(to, WINDOW - 3, "\n\n petra.p@forget.example", true), 1);
	ck_assert_int_eq(named_in(brg_cstr("Content-Transfer-Encoding: base64\n\n"), 0,
				  "PHBldHJhLnBAZm9yZ2V0LmV4YW1wbGU+\n", true),
			 1);
	ck_assert_int_eq(named_in(brg_cstr(""), 0, "", true), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("person");
	TCase *t = tcase_create("person");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, in_a_text, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, in_a_mail);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
