/* SPDX-License-Identifier: Apache-2.0
 *
 * The POP3 connector against scripted servers: the text of messages in every shape and
 * in every piece, batches, what is in flight, lost connections.
 */
#include "tests/unit/pop3_session.h"

static struct session s;

static void setup(void)
{
	session_init(&s);
}

static void teardown(void)
{
	session_free(&s);
}

#define FIRST(uidl, list) FAKE_TURN("UIDL\r\nLIST\r\n", "+OK\r\n" uidl ".\r\n+OK\r\n" list ".\r\n")
#define THREE		  FIRST("1 a\r\n2 b\r\n3 c\r\n", "1 50\r\n2 60\r\n3 70\r\n")
#define MAIL_A		  "Subject: a\r\n\r\nalpha\r\n"
#define MAIL_B		  "Subject: b\r\n\r\nbeta\r\n"
#define MAIL_C		  "Subject: c\r\n\r\ngamma\r\n"
#define OK(mail)	  "+OK\r\n" mail ".\r\n"

/* ---- the text of one message ----------------------------------------------------------------*/

struct text_case {
	const char *name, *wire, *mail, *header;
};

static const struct text_case texts[] = {
	{ "plain", "H: 1\r\n\r\nbody\r\n.\r\n", "H: 1\r\n\r\nbody\r\n", "H: 1\r\n" },
	{ "empty", ".\r\n", "", "" },
	{ "no header", "\r\nbody\r\n.\r\n", "\r\nbody\r\n", "" },
	{ "header only", "H: 1\r\n.\r\n", "H: 1\r\n", "H: 1\r\n" },
	{ "stuffed", "H: 1\r\n\r\n..\r\n...\r\n..x\r\n.\r\n", "H: 1\r\n\r\n.\r\n..\r\n.x\r\n",
	  "H: 1\r\n" },
	{ "stuffed first line", "..H: 1\r\n\r\n.\r\n", ".H: 1\r\n\r\n", ".H: 1\r\n" },
	{ "dot not doubled", "H: 1\r\n\r\n.x\r\n.\r\n", "H: 1\r\n\r\nx\r\n", "H: 1\r\n" },
	{ "dot CR x", "H: 1\r\n\r\n.\rx\r\n.\r\n", "H: 1\r\n\r\n\rx\r\n", "H: 1\r\n" },
	{ "dots inside", "H: .\r\n\r\na.b.\r\n.\r\n", "H: .\r\n\r\na.b.\r\n", "H: .\r\n" },
	{ "LF only", "H: 1\n\nbody\n..x\n.\n", "H: 1\r\n\r\nbody\r\n.x\r\n", "H: 1\r\n" },
	{ "LF, then dot CRLF", "H: 1\n\nbody\n.\r\n", "H: 1\r\n\r\nbody\r\n", "H: 1\r\n" },
	{ "LF now and then", "H: 1\r\n\r\na\nb\r\n.\r\n", "H: 1\r\n\r\na\r\nb\r\n", "H: 1\r\n" },
	{ "an end that a sender made up", "H: 1\r\n\r\na\n.\r\n+OK\r\n.\r\n",
	  "H: 1\r\n\r\na\r\n.\r\n+OK\r\n", "H: 1\r\n" },
	{ "and with LF dot LF", "H: 1\r\n\r\na\n.\nb\r\n.\r\n", "H: 1\r\n\r\na\r\n.\r\nb\r\n",
	  "H: 1\r\n" },
	{ "CRs", "H: 1\r\n\r\na\rb\r\r\n\r\r\n.\r\n", "H: 1\r\n\r\na\rb\r\r\n\r\r\n", "H: 1\r\n" },
	{ "empty lines", "\r\n\r\n\r\n.\r\n", "\r\n\r\n\r\n", "" },
};

START_TEST(test_text)
{
	const struct text_case *c = &texts[_i];
	char wire[256];
	struct fake_turn turns[] = { HELLO, LOGIN, FIRST("1 a\r\n", "1 20\r\n"),
				     FAKE_TURN("RETR 1\r\n", ""),
				     FAKE_TURN("QUIT\r\n", "+OK\r\n") };

	(void)snprintf(wire, sizeof(wire), "+OK\r\n%s", c->wire);
	turns[3].answer = wire;
	turns[3].answer_len = strlen(wire);
	for (size_t chunk = 0; chunk < 9; chunk++) {
		s.fh->chunk = chunk;
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY | BRG_WANT_HEADER, 10), 0);
		ck_assert_uint_eq(s.fh->n_envelopes, 1);
		ck_assert_ptr_nonnull(s.fh->envelopes[0]->body);
		expect_text(fakehost_bytes(s.fh->envelopes[0]->body), c->mail);
		expect_text(s.fh->envelopes[0]->header, c->header);
		ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
		expect_followed(&s);
	}
}
END_TEST

/* NULs and 8-bit bytes are mail; a line may be of any length. */
START_TEST(test_large)
{
	size_t n = 3 << 20, at = 0;
	char *wire = malloc(n + 64), *mail = malloc(n + 64);
	struct fake_turn turns[] = { HELLO, LOGIN, FIRST("1 a\r\n", "1 3145728\r\n"),
				     FAKE_TURN("RETR 1\r\n", "") };
	struct brg_str body;

	memcpy(mail, "H: 1\r\n\r\n", 8);
	for (at = 8; at < n; at++)
		mail[at] = (char)(at * 7 + at / 1000);
	for (size_t i = 8; i < n; i++)
		if (mail[i] == '\n' || mail[i] == '\r')
			mail[i] = '\0';
	memcpy(mail + n, "\r\n", 2);
	memcpy(wire, "+OK\r\n", 5);
	memcpy(wire + 5, mail, n + 2);
	memcpy(wire + 5 + n + 2, ".\r\n", 3);
	turns[3].answer = wire;
	turns[3].answer_len = n + 10;
	for (size_t chunk = 0; chunk < 100000; chunk += 65521) {
		s.fh->chunk = chunk;
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
		body = fakehost_bytes(s.fh->envelopes[0]->body);
		ck_assert_uint_eq(body.len, n + 2);
		ck_assert_int_eq(memcmp(body.ptr, mail, n + 2), 0);
	}
	free(wire);
	free(mail);
}
END_TEST

/* A header of a megabyte is cut, the body is not. */
START_TEST(test_long_header)
{
	size_t n = 1 << 20;
	char *wire = malloc(n + 64);
	struct fake_turn turns[] = { HELLO, LOGIN, FIRST("1 a\r\n", "1 9\r\n"),
				     FAKE_TURN("RETR 1\r\n", "") };

	memset(wire, 'x', n);
	memcpy(wire, "+OK\r\n", 5);
	memcpy(wire + n, "\r\n\r\n.\r\n", 7);
	turns[3].answer = wire;
	turns[3].answer_len = n + 7;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->envelopes[0]->header.len, 256 * 1024);
	ck_assert_uint_eq(fakehost_bytes(s.fh->envelopes[0]->body).len, n - 5 + 4);
	free(wire);
}
END_TEST

/* ---- pulls ----------------------------------------------------------------------------------*/

START_TEST(test_bodies_pipelined)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
		BYE,
	};

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 2), 0);
	ck_assert(s.fh->batch.more);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	expect_text(fakehost_bytes(s.fh->envelopes[1]->body), MAIL_B);
	expect_text(s.fh->envelopes[1]->header, "Subject: b\r\n");
	ck_assert_uint_eq(s.fh->envelopes[1]->octets, 60);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 2), 0);
	ck_assert(!s.fh->batch.more);
	expect_text(fakehost_bytes(s.fh->envelopes[0]->body), MAIL_C);
	ck_assert_uint_eq(s.fh->done, 3);
	ck_assert_uint_eq(s.fh->total, 3);
	ck_assert_uint_eq(s.fh->items_named, 3);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
	/* greeting, AUTH, UIDL with LIST, RETR of all, QUIT */
	ck_assert_uint_eq(s.fh->rounds, 5);
}
END_TEST

START_TEST(test_one_by_one)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		FAKE_TURN("UIDL\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n"),
		FAKE_TURN("LIST\r\n", "+OK\r\n1 5\r\n2 5\r\n.\r\n"),
		FAKE_TURN("RETR 1\r\n", OK(MAIL_A)),
		FAKE_TURN("RETR 2\r\n", OK(MAIL_B)),
		FAKE_TURN("DELE 1\r\n", "+OK\r\n"),
		FAKE_TURN("DELE 2\r\n", "+OK\r\n"),
	};
	struct brg_push ops[2];

	memset(ops, 0, sizeof(ops));
	for (size_t i = 0; i < 2; i++) {
		ops[i].size = sizeof(ops[i]);
		ops[i].type = BRG_DELETE;
		ops[i].remote_id = brg_cstr(i ? "b" : "a");
	}
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS "pipelining=no\n"), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	ck_assert_int_eq(s.c->push(s.self, ops, 2, fakehost_arena(s.fh), &s.err), 0);
	expect_followed(&s);
}
END_TEST

START_TEST(test_headers)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("TOP 1 0\r\nTOP 2 0\r\n",
			  OK("Subject: a\r\n\r\n") OK("Subject: b\r\n\r\n")),
		FAKE_TURN("RETR 2\r\n", OK(MAIL_B)),
		FAKE_TURN("TOP 3 0\r\n", OK("Subject: c\r\n\r\n")),
	};
	struct brg_str ids[] = { brg_cstr("nowhere"), brg_cstr("b") };
	struct brg_get get = { .size = sizeof(get), .want = BRG_WANT_BODY, .ids = ids, .n = 2 };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_HEADER, 2), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	expect_text(s.fh->envelopes[0]->header, "Subject: a\r\n");
	ck_assert_ptr_null(s.fh->envelopes[0]->body);
	ck_assert_uint_eq(s.fh->envelopes[0]->octets, 50);
	ck_assert_int_eq(s.c->get(s.self, &get, fakehost_sink(s.fh), &s.err), 0);
	ck_assert_uint_eq(s.fh->n_items, 2);
	ck_assert_int_eq(s.fh->items[0].err.code, BRG_ENOTFOUND);
	ck_assert_int_eq(s.fh->items[0].err.scope, BRG_SCOPE_ITEM);
	ck_assert_uint_eq(s.fh->items[1].request, 1);
	expect_text(s.fh->items[1].body, MAIL_B);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_HEADER, 2), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	expect_text(s.fh->envelopes[0]->header, "Subject: c\r\n");
	expect_followed(&s);
}
END_TEST

/* Known ids are missing: perhaps renamed, so headers come before bodies. */
START_TEST(test_renamed)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("TOP 1 0\r\nTOP 2 0\r\nTOP 3 0\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
	};

	fakehost_know(s.fh, "old", BRG_LINKED);
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 3);
	ck_assert_ptr_null(s.fh->envelopes[0]->body);
	expect_text(s.fh->envelopes[0]->header, "Subject: a\r\n");
	expect_followed(&s);
}
END_TEST

/* What was asked ahead is thrown away when something else is to be done, once. */
START_TEST(test_in_between)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
		FAKE_TURN("DELE 1\r\n", "+OK\r\n"),
		FAKE_TURN("RETR 2\r\n", OK(MAIL_B)),
		FAKE_TURN("RETR 3\r\n", OK(MAIL_C)),
		BYE,
	};
	struct brg_push op = { .size = sizeof(op), .type = BRG_DELETE, .remote_id = brg_cstr("a") };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 1), 0);
	ck_assert_int_eq(s.c->push(s.self, &op, 1, fakehost_arena(s.fh), &s.err), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 1), 0);
	expect_text(fakehost_bytes(s.fh->envelopes[0]->body), MAIL_B);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 1), 0);
	expect_text(fakehost_bytes(s.fh->envelopes[0]->body), MAIL_C);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
}
END_TEST

START_TEST(test_no_top)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
	};
	static const struct fake_turn untold[] = {
		HELLO,
		FAKE_TURN("USER ann\r\n", "+OK\r\n"),
		FAKE_TURN("PASS s3cr3t\r\n", "+OK\r\n"),
		FAKE_TURN("UIDL\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n"),
		FAKE_TURN("LIST\r\n", "+OK\r\n1 5\r\n2 5\r\n.\r\n"),
		FAKE_TURN("TOP 1 0\r\n", "-ERR eh\r\n"),
		FAKE_TURN("RETR 1\r\n", OK(MAIL_A)),
		FAKE_TURN("RETR 2\r\n", OK(MAIL_B)),
	};

	fakehost_set_state(s.fh, "capa",
			   "v1 1699999999000000 127.0.0.1:110:2 0 CAPA PLAIN PIPELINING");
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_HEADER, 10), 0);
	expect_text(fakehost_bytes(s.fh->envelopes[2]->body), MAIL_C);
	expect_text(s.fh->envelopes[2]->header, "Subject: c\r\n");
	expect_followed(&s);
	fakehost_set_state(s.fh, "capa", "v1 1699999999000000 127.0.0.1:110:2 0 USER");
	ck_assert_int_eq(session_open(&s, untold, N(untold), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_HEADER, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	expect_text(s.fh->envelopes[0]->header, "Subject: a\r\n");
	expect_followed(&s);
}
END_TEST

START_TEST(test_size_limit)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		FIRST("1 a\r\n2 b\r\n3 c\r\n", "1 9\r\n2 5000\r\n3 9\r\n"),
		FAKE_TURN("RETR 1\r\nTOP 2 0\r\nRETR 3\r\n",
			  OK(MAIL_A) OK("Subject: b\r\n\r\n")
				  OK("Subject: c\r\n\r\nmuch more than was announced, by far\r\n")),
	};
	struct brg_pull req = {
		.size = sizeof(req), .want = BRG_WANT_BODY, .max_items = 9, .max_octets = 30
	};
	struct brg_str ids[] = { brg_cstr("b"), brg_cstr("a") };
	static const struct fake_turn chosen[] = {
		HELLO,
		LOGIN,
		FAKE_TURN("UIDL\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n"),
		FAKE_TURN("LIST\r\n", "+OK\r\n1 9\r\n2 5000\r\n.\r\n"),
		FAKE_TURN("TOP 2 0\r\nRETR 1\r\n", OK("Subject: b\r\n\r\n") OK(MAIL_A)),
	};
	struct brg_get get = {
		.size = sizeof(get), .want = BRG_WANT_BODY, .ids = ids, .n = 2, .max_octets = 30
	};

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->pull(s.self, &req, fakehost_batch(s.fh), &s.err), 0);
	ck_assert_ptr_nonnull(s.fh->envelopes[0]->body);
	ck_assert_ptr_null(s.fh->envelopes[1]->body);
	ck_assert_uint_eq(s.fh->envelopes[1]->octets, 5000);
	expect_text(s.fh->envelopes[1]->header, "Subject: b\r\n");
	ck_assert_ptr_null(s.fh->envelopes[2]->body);
	expect_text(s.fh->envelopes[2]->header, "Subject: c\r\n");
	ck_assert_uint_gt(s.fh->envelopes[2]->octets, 30);
	expect_followed(&s);
	ck_assert_int_eq(session_open(&s, chosen, N(chosen), SETTINGS), 0);
	ck_assert_int_eq(s.c->get(s.self, &get, fakehost_sink(s.fh), &s.err), 0);
	ck_assert_uint_eq(s.fh->n_items, 2);
	ck_assert_int_eq(s.fh->items[0].err.code, BRG_EFULL);
	ck_assert(!s.fh->items[0].has_body);
	expect_text(s.fh->items[1].body, MAIL_A);
	expect_followed(&s);
}
END_TEST

/* ---- what goes wrong ------------------------------------------------------------------------*/

START_TEST(test_one_refused)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n",
			  OK(MAIL_A) "-ERR broken\r\n" OK(MAIL_C)),
	};

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 3);
	expect_text(s.fh->envelopes[1]->remote_id, "b");
	ck_assert_ptr_nonnull(s.fh->envelopes[1]->err);
	ck_assert_int_eq(s.fh->envelopes[1]->err->scope, BRG_SCOPE_ITEM);
	ck_assert_str_eq(s.fh->envelopes[1]->err->said, "broken");
	ck_assert_ptr_null(s.fh->envelopes[1]->body);
	expect_text(fakehost_bytes(s.fh->envelopes[2]->body), MAIL_C);
	ck_assert(!s.fh->batch.more);
	expect_followed(&s);
}
END_TEST

/* A server that refuses everything parks no mailbox full of items. */
START_TEST(test_all_refused)
{
	enum { MANY = 40 };
	static char uidl[2000] = "+OK\r\n";
	struct fake_turn turns[3 + MANY] = { HELLO, LOGIN, { "UIDL\r\n", 6, uidl, 0, FAKE_GO } };
	size_t n = 5;

	for (int i = 1; i <= MANY; i++)
		n += (size_t)sprintf(uidl + n, "%d u%d\r\n", i, i);
	turns[2].answer_len = n + (size_t)sprintf(uidl + n, ".\r\n");
	turns[3] = (struct fake_turn)FAKE_TURN("LIST\r\n", "-ERR\r\n");
	for (int i = 1; i < MANY; i++) {
		char *retr = (char *)s.fh->host.alloc(fakehost_arena(s.fh), 16);

		turns[3 + i] = (struct fake_turn){ retr, (size_t)sprintf(retr, "RETR %d\r\n", i),
						   "-ERR [SYS/TEMP] disk\r\n", 22, FAKE_GO };
	}
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS "pipelining=no\n"), 0);
	ck_assert_int_eq(session_pull(&s, "old", BRG_WANT_BODY, 100), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 19);
	ck_assert_int_eq(session_pull(&s, "old", BRG_WANT_BODY, 100), BRG_EIO);
	ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0014");
	ck_assert_int_eq(s.err.scope, BRG_SCOPE_MAILBOX);
}
END_TEST

/* What was whole before the line broke is handed over; the half is not; the message at
 * which three sessions in a row ended is passed over. */
START_TEST(test_cut)
{
	static const struct fake_turn first[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_CLOSES("RETR 1\r\nRETR 2\r\nRETR 3\r\n",
			    OK(MAIL_A) "+OK\r\nSubject: b\r\n\r\nbe"),
	};
	static const struct fake_turn again[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_CLOSES("RETR 2\r\nRETR 3\r\n", "+OK\r\nSubject: b\r\n\r\nbe"),
	};
	static const struct fake_turn last[] = { HELLO, LOGIN, THREE,
						 FAKE_TURN("RETR 3\r\n", OK(MAIL_C)) };

	ck_assert_int_eq(session_open(&s, first, N(first), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	ck_assert(s.fh->batch.more);
	expect_text(s.fh->batch.next_cursor, "");
	fakehost_keep(s.fh, BRG_LINKED);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), BRG_EIO);
	ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0007");
	ck_assert_int_eq(s.c->finish(s.self, &s.err), BRG_EIO);
	ck_assert_str_eq(fakehost_state(s.fh, "capa"), "");
	fakehost_set_state(s.fh, "capa", REMEMBERED);
	for (int i = 0; i < 2; i++) {
		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, again, N(again), SETTINGS), 0);
		ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), BRG_EIO);
		ck_assert_uint_eq(s.fh->n_envelopes, 0);
		expect_followed(&s);
	}
	ck_assert_str_eq(fakehost_state(s.fh, "cut"), "3 b");
	fakehost_set_state(s.fh, "capa", REMEMBERED);
	ck_assert_int_eq(session_open(&s, last, N(last), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	ck_assert_str_eq(s.fh->envelopes[0]->err->fault->code, "BRG-POP3-0032");
	expect_text(fakehost_bytes(s.fh->envelopes[1]->body), MAIL_C);
	expect_followed(&s);
}
END_TEST

/* A message that comes after all is no longer held against itself. */
START_TEST(test_cut_no_more)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
	};

	fakehost_set_state(s.fh, "cut", "2 b");
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 3);
	ck_assert_str_eq(fakehost_state(s.fh, "cut"), "");
}
END_TEST

/* The connection ends after each octet of the answer: an error, or all of it. */
START_TEST(test_closed_anywhere)
{
	static const char answer[] = OK(MAIL_A) OK(MAIL_B) OK(MAIL_C);

	for (size_t n = 0; n < sizeof(answer) - 1; n++) {
		const struct fake_turn turns[] = {
			HELLO,
			LOGIN,
			THREE,
			{ "RETR 1\r\nRETR 2\r\nRETR 3\r\n", 24, answer, n, FAKE_CLOSE },
		};
		size_t whole = n < sizeof(OK(MAIL_A)) - 1	       ? 0
			       : n < sizeof(OK(MAIL_A) OK(MAIL_B)) - 1 ? 1
								       : 2;
		int rc;

		fakehost_set_state(s.fh, "cut", "");
		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		rc = session_pull(&s, "", BRG_WANT_BODY, 10);
		ck_assert_int_eq(rc, whole ? 0 : BRG_EIO);
		ck_assert_uint_eq(s.fh->n_envelopes, whole);
		for (size_t i = 0; i < whole; i++)
			ck_assert_ptr_nonnull(s.fh->envelopes[i]->body);
		ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), BRG_EIO);
	}
}
END_TEST

START_TEST(test_disk_full)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, FIRST("1 a\r\n", "1 9\r\n"),
						  FAKE_TURN("RETR 1\r\n", OK(MAIL_A)) };

	s.fh->disk = 10;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), BRG_EFULL);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), BRG_EFULL);
}
END_TEST

START_TEST(test_sink_stops)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		FAKE_TURN("UIDL\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n"),
		FAKE_TURN("RETR 1\r\nRETR 2\r\n", OK(MAIL_A) OK(MAIL_B)),
		BYE,
	};
	struct brg_str ids[] = { brg_cstr("a"), brg_cstr("b") };
	struct brg_get get = { .size = sizeof(get), .want = BRG_WANT_BODY, .ids = ids, .n = 2 };

	s.fh->sink_stops = 1;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->get(s.self, &get, fakehost_sink(s.fh), &s.err), BRG_EFENCED);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
}
END_TEST

/* A slow line: a batch ends by time as well, so that there is something to commit. */
static int64_t slow_now(void *ctx)
{
	struct fakehost *fh = ctx;

	return fh->now_us += 2000000;
}

START_TEST(test_slow)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		THREE,
		FAKE_TURN("RETR 1\r\nRETR 2\r\nRETR 3\r\n", OK(MAIL_A) OK(MAIL_B) OK(MAIL_C)),
	};

	s.fh->host.now_us = slow_now;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 10), 0);
	ck_assert(s.fh->n_envelopes == 1 || s.fh->n_envelopes == 2);
	ck_assert(s.fh->batch.more);
}
END_TEST

/* Ten thousand messages: what is in flight stays within the window. */
START_TEST(test_window)
{
	enum { MANY = 2000 };
	struct fake_turn *turns = calloc(3 + MANY, sizeof(*turns));
	char *uidl = malloc(MANY * 40), *commands = malloc(MANY * 16), *p = commands;
	size_t n = (size_t)sprintf(uidl, "+OK\r\n"), got = 0;

	turns[0] = (struct fake_turn)HELLO;
	turns[1] = (struct fake_turn)LOGIN;
	for (int i = 1; i <= MANY; i++)
		n += (size_t)sprintf(uidl + n, "%d u%d\r\n", i, i);
	n += (size_t)sprintf(uidl + n, ".\r\n+OK\r\n");
	for (int i = 1; i <= MANY; i++)
		n += (size_t)sprintf(uidl + n, "%d 21\r\n", i);
	n += (size_t)sprintf(uidl + n, ".\r\n");
	turns[2] = (struct fake_turn){ "UIDL\r\nLIST\r\n", 12, uidl, n, FAKE_GO };
	for (int i = 1; i <= MANY; i++) {
		int len = sprintf(p, "RETR %d\r\n", i);

		turns[2 + i] = (struct fake_turn){ p, (size_t)len, OK(MAIL_A),
						   sizeof(OK(MAIL_A)) - 1, FAKE_GO };
		p += len + 1;
	}
	ck_assert_int_eq(session_open(&s, turns, 3 + MANY, SETTINGS), 0);
	do {
		ck_assert_int_eq(session_pull(&s, "", BRG_WANT_BODY, 100), 0);
		got += s.fh->n_envelopes;
	} while (s.fh->batch.more);
	ck_assert_uint_eq(got, MANY);
	ck_assert_uint_le(s.fh->writes, 4 + MANY / 50);
	expect_followed(&s);
	session_close(&s);
	free(turns);
	free(uidl);
	free(commands);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pop3 mail");
	TCase *t = tcase_create("mail");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_text, 0, N(texts));
	tcase_add_test(t, test_large);
	tcase_add_test(t, test_long_header);
	tcase_add_test(t, test_bodies_pipelined);
	tcase_add_test(t, test_one_by_one);
	tcase_add_test(t, test_headers);
	tcase_add_test(t, test_renamed);
	tcase_add_test(t, test_in_between);
	tcase_add_test(t, test_no_top);
	tcase_add_test(t, test_size_limit);
	tcase_add_test(t, test_one_refused);
	tcase_add_test(t, test_all_refused);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_cut_no_more);
	tcase_add_test(t, test_closed_anywhere);
	tcase_add_test(t, test_disk_full);
	tcase_add_test(t, test_sink_stops);
	tcase_add_test(t, test_slow);
	tcase_add_test(t, test_window);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
