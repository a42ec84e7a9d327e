/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers as they are and as they should not be, and what a record shows of them.
 */
#include "core/mime.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

static struct brg_arena *arena;
static struct mime_header h;

static void setup(void)
{
	mime_init();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

/* ---- tables: a header and its fields --------------------------------------------------------*/

static const struct {
	const char *header, *fields;
} headers[] = {
	/* What is there, and how. */
	{ "", "{}" },
	{ "\r\n", "{}" },
	{ "Subject: hello\r\n", "{'subject': 'hello'}" },
	{ "subject:hello", "{'subject': 'hello'}" },
	{ "SUBJECT :\t hello  \n\nSubject: of the body\n", "{'subject': 'hello'}" },
	{ "Subject: first\nSubject: second\n", "{'subject': 'first'}" },
	{ "Subject:\nTo: a@b\n", "{'to': [{'address': 'a@b'}]}" },
	{ "Subject: one\r\n two\r\n\tthree\r\n", "{'subject': 'one two three'}" },
	{ "Subject: a\n b\nX: y\n c\n", "{'subject': 'a b'}" },
	{ "From someone Mon Nov 23 2026\nSubject: x\n", "{'subject': 'x'}" },
	{ "no colon here\nSubject: x\n", "{'subject': 'x'}" },
	{ "Subject: \x01"
	  "bell\x07 and\x1b[31m red\x7f\n",
	  "{'subject': 'bell  and [31m red'}" },
	{ "Subject: a\r\r\n b\r\r\nTo: x@y\r\r\n\r\r\nCc: z@y\r\r\n",
	  "{'subject': 'a b', 'to': [{'address': 'x@y'}]}" },
	{ "Subject: a\r b\rTo: x@y\r\rCc: z@y\r",
	  "{'subject': 'a b', 'to': [{'address': 'x@y'}]}" },
	{ "Subject: cr\rin the middle\n", "{'subject': 'cr in the middle'}" },

	/* Charsets. */
	{ "Subject: =?UTF-8?Q?R=C3=A4ksm=C3=B6rg=C3=A5s?=\n",
	  "{'subject': 'R\u00e4ksm\u00f6rg\u00e5s'}" },
	{ "Subject: =?utf-8?b?UsOkaw==?=\r\n =?utf-8?b?YQ==?= x\n", "{'subject': 'R\u00e4ka x'}" },
	{ "Subject: =?iso-8859-1?Q?=E5=E4=F6?=\n", "{'subject': '\u00e5\u00e4\u00f6'}" },
	{ "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\n", "{'subject': '\u65e5\u672c'}" },
	{ "Subject: raw \xc3\xa5\n", "{'subject': 'raw \u00e5'}" },
	{ "Subject: raw \xe5 latin\n", "{'subject': 'raw \u00e5 latin'}" },
	{ "Subject: =?utf-8?B?w6U=?= =?utf-8?q?_=C3?= =?utf-8?q?=A5?= =?utf-8?b?w6Uww6k=?= x\n",
	  "{'subject': '\u00e5 \u00e5\u00e50\u00e9 x'}" },
	{ "From: =?utf-8?b?UsOkaw==?= =?utf-8?b?YQ==?= <a@b>\n",
	  "{'from': 'a@b', 'from_name': 'R\u00e4ka'}" },
	{ "Subject: =?UTF-8?Q?cut_=C3?=\n", "{'subject': 'cut \u00c3'}" },
	{ "Subject: =?utf-8?Q?=C3?= =?utf-8?B?pQ?= =?UTF-8?q?=C3=A5_=?=\n",
	  "{'subject': '\u00e5\u00e5 ='}" },
	{ "Subject: =?utf-8?Q?a?=  b  =?utf-8?Q?c?= =?koi8-r?Q?=C4?= =?x\n",
	  "{'subject': 'a  b  c\u0434 =?x'}" },
	{ "Subject: =?utf-8?Q?=4=zz=C3=A5?= =?utf-8?X?y?= =?utf 8?Q?z?=\n",
	  "{'subject': '=4=zz\u00e5 =?utf-8?X?y?= =?utf 8?Q?z?='}" },
	{ "Subject: raw \xc4\xc1\nContent-Type: text/plain; charset=koi8-r\n",
	  "{'subject': 'raw \u0434\u0430'}" },
	{ "Subject: raw \xe5\nContent-Type: text/plain; charset=utf-16\n",
	  "{'subject': 'raw \u00e5'}" },
	{ "Subject: =?no-such-charset?Q?abc?=\n", "{'subject': 'abc'}" },
	{ "Subject: =?UTF-8?Q?two=0D=0ABcc:_x@y?=\n", "{'subject': 'two  Bcc: x@y'}" },
	{ "Subject: =?UTF-8?Q?nul=00after?=\n", "{'subject': 'nul after'}" },
	{ "Subject: =?UTF-8?Q?line=E2=80=A8sep?=\n", "{'subject': 'line sep'}" },
	{ "Subject: \xef\xbb\xbf =?utf-8?b?77u/YQ==?=\n", "{'subject': 'a'}" },
	{ "Subject: =?\n", "{'subject': '=?'}" },

	/* People. */
	{ "From: Alice <Alice@Example.COM>\n",
	  "{'from': 'alice@example.com', 'from_name': 'Alice'}" },
	{ "From: \"Andersson, Alice\" <a@b>\n",
	  "{'from': 'a@b', 'from_name': 'Andersson, Alice'}" },
	{ "From: =?UTF-8?Q?=C3=85sa?= <asa@b>\n", "{'from': 'asa@b', 'from_name': '\u00c5sa'}" },
	{ "From: a@b (Alice)\n", "{'from': 'a@b', 'from_name': 'Alice'}" },
	{ "From: a@b, c@d\n", "{'from': 'a@b', 'more_addresses': true}" },
	{ "From: \nSender: s@t\n", "{'from': 's@t'}" },
	{ "Sender: s@t\n", "{'from': 's@t'}" },
	{ "From: undisclosed\n", "{'from': 'undisclosed'}" },
	{ "From: <>\n", "{'from_name': '<>'}" },
	{ "From: Mail Delivery <>\nSender: s@t\n", "{'from': 's@t'}" },
	{ "From: \xc3\x85sa@ex\xc3\xa4mple.SE\n", "{'from': '\u00e5sa@ex\u00e4mple.se'}" },
	{ "To: a@b, \"C\" <c@d>\n, <e@f>\n",
	  "{'to': [{'address': 'a@b'}, {'name': 'C', 'address': 'c@d'}]}" },
	{ "To: friends: a@b, c@d;, e@f\n",
	  "{'to': [{'address': 'a@b'}, {'address': 'c@d'}, {'address': 'e@f'}]}" },
	{ "To: undisclosed-recipients:;\n", "{}" },
	{ "To: \"A <a@b>, (c\nCc: x@y\nTo: d@e\nCC: \"Z, z\" <z@y>\n",
	  "{'to': [{'name': 'A', 'address': 'a@b'}, {'address': 'c'}, "
	  "{'address': 'd@e'}], 'cc': [{'address': "
	  "'x@y'}, {'name': 'Z, z', 'address': 'z@y'}]}" },
	{ "To: <a@b> Alice <c@d> Carol, e@f g@h; Dan \"D.\" i@j <mailto:k@l>, m@n Eve\n",
	  "{'to': [{'address': 'a@b'}, {'name': 'Alice', 'address': 'c@d'}, "
	  "{'address': 'e@f'}, {'address': "
	  "'g@h'}, {'name': 'Dan D. i@j', 'address': 'k@l'}, {'name': 'Eve', 'address': 'm@n'}], 'more_addresses': true}" },
	{ "To: <@r,@s:a@b, c@d <<e @ f . g>>, e@(1)f (E \\) (x) y), h@[IPv6:2001:db8::1], \"i j\"@k\n",
	  "{'to': [{'address': 'a@b'}, {'name': 'c@d', 'address': 'e@f.g'}, "
	  "{'name': '1', 'address': 'e@f'}, {'address': "
	  "'h@[ipv6:2001:db8::1]'}, {'address': '\\\"i j\\\"@k'}], 'more_addresses': true}" },
	{ "To: =?utf-8?Q?A,_<x@y>?= <a@b>, =?utf-8?Q?B <c@d>, =?utf-8?Q?C?= <e@f>\n",
	  "{'to': [{'name': 'A, <x@y>', 'address': 'a@b'}, "
	  "{'name': '=?utf-8?Q?B', 'address': 'c@d'}, {'name': "
	  "'C', 'address': 'e@f'}], 'more_addresses': true}" },
	{ "To: the management, root, B. O. [x] \\ <a@b>, O'C :-) <c@d>, \xc2\xa0X@Y\xc2\xa0\n",
	  "{'to': [{'name': 'the management'}, {'address': 'root'}, "
	  "{'name': 'B. O. [x] \\\\', 'address': 'a@b'}, {'name': '-)', 'address': 'c@d'}, "
	  "{'address': 'x@y'}]}" },
	{ "To: ,,, a@b,,\nCc: x@y\nReply-To: r@s\n",
	  "{'to': [{'address': 'a@b'}], 'cc': [{'address': 'x@y'}], 'reply_to': [{'address': "
	  "'r@s'}]}" },

	/* Everybody whom it names. */
	{ "From: a@b\nSender: A <A@B>\n", "{'from': 'a@b'}" },
	{ "From: a@b\nSender: C <C@d>\n", "{'from': 'a@b', 'sender': 'c@d'}" },
	{ "Bcc: a@b\nDelivered-To: c@d\nX-Original-To: c@d\nEnvelope-To: <e@f>\n",
	  "{'bcc': [{'address': 'a@b'}], 'delivered': [{'address': 'c@d'}, {'address': 'e@f'}]}" },
	{ "From: a@b\nReturn-Path: <a@b>\nErrors-To: a@b\nX-Forwarded-For: 10.0.0.1\n",
	  "{'from': 'a@b'}" },
	{ "Return-Path: <>\n", "{}" },
	{ "Return-Path: <x@y>\nResent-From: C <c@d>\nResent-To: E@f, c@d\nX-Forwarded-To: g@h\n"
	  "Disposition-Notification-To: <i@j>\nX-Failed-Recipients: k@l\n",
	  "{'others': [{'address': 'x@y'}, {'address': 'i@j'}, {'address': 'c@d'}, {'address': 'e@f'}, "
	  "{'address': 'g@h'}, {'address': 'k@l'}]}" },
	/* Or who may be named besides. */
	{ "From: a@b\nFrom: c@d\n", "{'from': 'a@b', 'more_addresses': true}" },
	{ "To: a@b\nTO: c@d\n", "{'to': [{'address': 'a@b'}, {'address': 'c@d'}]}" },
	{ "Subject: a@b\nSubject: c@d\n", "{'subject': 'a@b'}" },
	{ "To: \"c@d\" <a@b>\n",
	  "{'to': [{'name': 'c@d', 'address': 'a@b'}], 'more_addresses': true}" },

	/* Ids. */
	{ "Message-ID: <a@b>\n", "{'message_id': 'a@b'}" },
	{ "Message-Id:   < a@b >  (comment)\n", "{'message_id': 'a@b'}" },
	{ "Message-ID: <<a@b>>\n", "{'message_id': 'a@b'}" },
	{ "Message-ID: a@b\n", "{'message_id': 'a@b'}" },
	{ "Message-ID: <a@b\n", "{'message_id': 'a@b'}" },
	{ "Message-ID: <>\n", "{}" },
	{ "Message-ID: <a\xff@b>\n", "{'message_id': 'a\ufffd@b'}" },
	{ "In-Reply-To: Your message of Monday <a@b> and <c@d>\n", "{'in_reply_to': 'a@b'}" },
	{ "References: <a@b>\r\n <c@d><e@f>\n", "{'references': 'a@b c@d e@f'}" },
	{ "References: a@b c@d\n", "{'references': 'a@b c@d'}" },
	{ "References: <>\n <a@b>\n", "{'references': 'a@b'}" },
	{ "List-Id: Friends <f.example.com>\n", "{'list_id': 'Friends <f.example.com>'}" },

	/* Moments. */
	{ "Date: Mon, 23 Nov 2026 08:23:43 +0100\n", "{'date_us': 1795418623000000}" },
	{ "Date: 23 Nov 2026 07:23:43 GMT (with words)\n", "{'date_us': 1795418623000000}" },
	{ "Date: Thu, 1 Jan 1970 00:00:00 +0000\n", "{}" },
	{ "Date: Mon, 1 Jan 1900 00:00:00 +0000\n", "{}" },
	{ "Date: yesterday\n", "{}" },
	{ "Date: Mon, 99 Nov 2026 99:99:99 +9999\n", "{}" },
	{ "Date: Mon, 23 Nov 2026 08:23:43 GMT+01:00\n", "{'date_us': 1795418623000000}" },
	{ "Date: Mon Nov 23 02:23:43 EST 2026\n", "{'date_us': 1795418623000000}" },
	{ "Date: 2026-11-23T07:23:43Z\n", "{'date_us': 1795418623000000}" },
	{ "Date: 02:23:43 23-Nov-2026 -0500\n", "{'date_us': 1795418623000000}" },
	{ "Date: 23 Nov 126 7:23:43.5 pm\n", "{'date_us': 1795461823000000}" },
	{ "Date: 29 Feb 2024 23:59:60 +0000\n", "{'date_us': 1709251200000000}" },
	{ "Date: 29 Feb 2026 23:59:59 +0000\n", "{}" },
	{ "Date: 1 Mar 2100 00:00:00 +0000\n", "{'date_us': 4107542400000000}" },
	{ "Date: 23/11/2026 08:23:43 +0100\n", "{}" },
	{ "Received: from a by b; Mon, 23 Nov 2026 07:23:43 +0000\nReceived: from c by d; Sun, 22 "
	  "Nov "
	  "2026 07:23:43 +0000\n",
	  "{'received_us': 1795418623000000}" },
	{ "Received: from a; b by c;\r\n\tMon, 23 Nov 2026 07:23:43 +0000 (UTC)\n",
	  "{'received_us': 1795418623000000}" },
	{ "Received: from a by b\n", "{}" },

	/* Machines. */
	{ "Auto-Submitted: auto-replied\n", "{'automatic': true}" },
	{ "Auto-Submitted: No (typed by hand)\n", "{}" },
	{ "Auto-Submitted: (a \\) (b)) auto-generated\n", "{'automatic': true}" },
	{ "Auto-Submitted: (auto-replied) no\n", "{}" },
	{ "Auto-Submitted: (no\n", "{'automatic': true}" },
	{ "Precedence: bulk\n", "{'automatic': true}" },
	{ "Precedence: (list) junk (x)\n", "{'automatic': true}" },
	{ "Precedence: list\n", "{}" },
	{ "Precedence: normal\n", "{}" },
	{ "Precedence: junkyard\n", "{}" },
};

static void quote(char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			*s = '"';
}

START_TEST(fields)
{
	struct brg_str json;
	char expect[1024];
	json_t *a, *b;

	mime_header(brg_cstr(headers[_i].header), arena, &h);
	json = mime_fields_json(&h, NULL, arena);
	(void)snprintf(expect, sizeof(expect), "%s", headers[_i].fields);
	quote(expect);
	a = json_loadb(json.ptr, json.len, 0, NULL);
	b = json_loads(expect, 0, NULL);
	ck_assert_ptr_nonnull(a);
	ck_assert_msg(b != NULL, "%s", expect);
	ck_assert_msg(json_equal(a, b), "%s\n%.*s", headers[_i].header, (int)json.len, json.ptr);
	json_decref(a);
	json_decref(b);
}
END_TEST

/* ---- bounds ---------------------------------------------------------------------------------*/

static struct brg_str repeat(const char *first, const char *more, size_t n)
{
	size_t a = strlen(first), m = strlen(more);
	char *p = arena_alloc(arena, a + n * m + 1);

	memcpy(p, first, a);
	for (size_t i = 0; i < n; i++)
		memcpy(p + a + i * m, more, m);
	return (struct brg_str){ p, a + n * m };
}

START_TEST(bounds)
{
	struct brg_str s;

	mime_header(repeat("To: a@b", ", c@d", 5000), arena, &h);
	ck_assert_uint_eq(h.n_to, MIME_ADDRESSES_MAX);
	ck_assert(h.more_addresses);
	mime_header(repeat("To: a@b", ", c@d", MIME_ADDRESSES_MAX - 1), arena, &h);
	ck_assert(h.n_to == MIME_ADDRESSES_MAX && !h.more_addresses);
	mime_header(repeat("Cc: a@b", ", \"long long long long long\" <c@d>", 900), arena, &h);
	ck_assert(!h.more_addresses);
	mime_header(repeat("Cc: a@b",
			   ",\r\n \"long long long long long long long long long long "
			   "long\" <c@d>",
			   999),
		    arena, &h);
	ck_assert(h.more_addresses);
	mime_header(repeat("", "Delivered-To: somebody@example.org\n", 1000), arena, &h);
	ck_assert(h.n_delivered == 1 && h.more_addresses);
	mime_header(repeat("Subject: ", "0123456789", 100000), arena, &h);
	ck_assert_uint_eq(h.subject.len, 16 * 1024);
	mime_header(repeat("References:", " <a@b>", 20000), arena, &h);
	ck_assert_uint_eq(h.references.len, 200 * 4 - 1);
	mime_header(repeat("Message-ID: <", "x", 5000), arena, &h);
	ck_assert_uint_eq(h.message_id.len, 998);
	/* What is behind the bound is not seen. */
	s = repeat("X-Long: ", "y", MIME_HEADER_MAX);
	s = repeat(arena_printf(arena, "%.*s\r\n", (int)s.len, s.ptr), "Subject: x\r\n", 1);
	mime_header(s, arena, &h);
	ck_assert_uint_eq(h.subject.len, 0);
	ck_assert(h.more_addresses);
	/* A text behind the header is none of it. */
	s = repeat("Subject: x\r\n\r\n", "text\r\n", MIME_HEADER_MAX);
	mime_header(s, arena, &h);
	ck_assert(!h.more_addresses);
	/* Deep, wide and broken. */
	mime_header(repeat("To: ", "a:", 30000), arena, &h);
	mime_header(repeat("To: ", "(", 60000), arena, &h);
	mime_header(repeat("To: ", "<", 60000), arena, &h);
	mime_header(repeat("To: ", "\"", 60001), arena, &h);
	mime_header(repeat("To: ", "\"\\", 30000), arena, &h);
	mime_header(repeat("To: ", "(\\", 30000), arena, &h);
	mime_header(repeat("To: ", "@[", 30000), arena, &h);
	mime_header(repeat("To: ", "<a", 30000), arena, &h);
	mime_header(repeat("To: ", "=?a?q?", 10000), arena, &h);
	mime_header(repeat("To: ", "a ", 30000), arena, &h);
	mime_header(repeat("", "To: a@b\n", 30000), arena, &h);
	ck_assert_uint_eq(h.n_to, MIME_ADDRESSES_MAX);
	mime_header(repeat("Subject: ", "=?koi8-r?q?x?= a ", 1000), arena, &h);
	mime_header(repeat("Date: ", "(", 16000), arena, &h);
	mime_header(repeat("Subject: ", "=?utf-8?q?x?= ", 1000), arena, &h);
}
END_TEST

/* A header need not end in a line end, nor hold text. */
START_TEST(any_bytes)
{
	char bytes[64];
	uint32_t x = 1;

	for (int round = 0; round < 20000; round++) {
		static const char *const starts[] = { "Subject: ", "From: ", "To:", "Date:",
						      "References:" };
		size_t n = strlen(starts[round % 5]);

		memcpy(bytes, starts[round % 5], n);
		for (size_t i = n; i < sizeof(bytes); i++) {
			x = x * 1664525 + 1013904223;
			bytes[i] = (char)(x >> 24);
		}
		mime_header((struct brg_str){ bytes, sizeof(bytes) - (size_t)round % 7 }, arena,
			    &h);
		(void)mime_fields_json(&h, NULL, arena);
		if (round % 100 == 0)
			arena_reset(arena);
	}
}
END_TEST

START_TEST(nothing)
{
	struct brg_str json;

	mime_header((struct brg_str){ NULL, 0 }, arena, &h);
	json = mime_fields_json(&h, NULL, arena);
	ck_assert(brg_str_eq(json, brg_cstr("{}")));
	h = (struct mime_header){ 0 };
	json = mime_fields_json(&h, NULL, arena);
	ck_assert(brg_str_eq(json, brg_cstr("{}")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mime");
	TCase *t = tcase_create("mime");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, fields, 0, sizeof(headers) / sizeof(headers[0]));
	tcase_add_test(t, bounds);
	tcase_add_test(t, any_bytes);
	tcase_add_test(t, nothing);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
