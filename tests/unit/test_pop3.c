/* SPDX-License-Identifier: Apache-2.0
 *
 * The POP3 connector against scripted servers: listing, ids and cursors, deleting, round
 * trips. Logging in is in test_pop3_login.c, the texts of messages in test_pop3_mail.c.
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

/* ---- listings -------------------------------------------------------------------------------*/

#define UIDL(text)	 FAKE_TURN("UIDL\r\n", text)
#define BOTH(uidl, list) FAKE_TURN("UIDL\r\nLIST\r\n", uidl list)

struct listing_case {
	const char *name, *answer; /* to UIDL */
	int cls;
	const char *ids; /* one a line, when it works */
};

static const struct listing_case listings[] = {
	{ "empty", "+OK\r\n.\r\n", 0, "" },
	{ "two", "+OK 2 messages\r\n1 a\r\n2 b\r\n.\r\n", 0, "a\nb\n" },
	{ "LF only", "+OK\n1 a\n2 b\n.\n", 0, "a\nb\n" },
	{ "gaps", "+OK\r\n3 a\r\n9 b\r\n.\r\n", 0, "a\nb\n" },
	{ "out of order", "+OK\r\n2 b\r\n1 a\r\n.\r\n", 0, "a\nb\n" },
	{ "spaces", "+OK\r\n1   a  \r\n.\r\n", 0, "a\n" },
	{ "70 characters and more",
	  "+OK\r\n1 "
	  "0123456789012345678901234567890123456789012345678901234567890123456789x\r\n.\r\n",
	  0, "0123456789012345678901234567890123456789012345678901234567890123456789x\n" },
	{ "a space inside", "+OK\r\n1 a b\r\n.\r\n", 0, "~c8687a08aa5d6ed2044328fa6a697ab8\n" },
	{ "not ASCII", "+OK\r\n1 \xe5\r\n.\r\n", 0, NULL },
	{ "looks like ours", "+OK\r\n1 a#b\r\n2 ~a\r\n.\r\n", 0, NULL },
	{ "negative", "+OK\r\n-1 a\r\n.\r\n", BRG_EPROTO, NULL },
	{ "zero", "+OK\r\n0 a\r\n.\r\n", BRG_EPROTO, NULL },
	{ "huge", "+OK\r\n99999999999999999999999 a\r\n.\r\n", BRG_EPROTO, NULL },
	{ "no number", "+OK\r\nabc\r\n.\r\n", BRG_EPROTO, NULL },
	{ "number runs on", "+OK\r\n1x a\r\n.\r\n", BRG_EPROTO, NULL },
	{ "empty line", "+OK\r\n\r\n.\r\n", BRG_EPROTO, NULL },
	{ "number twice", "+OK\r\n1 a\r\n1 b\r\n.\r\n", BRG_EPROTO, NULL },
	{ "number twice, far", "+OK\r\n1 a\r\n2 b\r\n1 c\r\n.\r\n", BRG_EPROTO, NULL },
	{ "control", "+OK\r\n1 a\x01z\r\n.\r\n", BRG_EPROTO, NULL },
	{ "refused though announced", "-ERR later\r\n", BRG_EIO, NULL },
	{ "plus", "+ \r\n", BRG_EPROTO, NULL },
};

START_TEST(test_listing)
{
	const struct listing_case *c = &listings[_i];
	const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		{ "UIDL\r\n", 6, c->answer, strlen(c->answer), FAKE_GO },
		FAKE_TURN("LIST\r\n", "+OK\r\n1 100\r\n2 200\r\n7 1\r\n.\r\n"),
	};
	char ids[1024] = "";
	int rc;

	for (size_t chunk = 0; chunk < 3; chunk++) {
		ids[0] = '\0';
		s.fh->chunk = chunk;
		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		rc = session_pull(&s, "v1 0 another", 0, 100);
		ck_assert_msg(rc == c->cls, "%s: %d %s", c->name, rc, s.fh->wrong);
		if (rc < 0)
			continue;
		ck_assert(!s.fh->batch.more);
		ck_assert_uint_eq(s.fh->known_calls, 1);
		for (size_t i = 0; i < s.fh->n_envelopes; i++) {
			strcat(ids, s.fh->envelopes[i]->remote_id.ptr);
			strcat(ids, "\n");
		}
		if (c->ids)
			ck_assert_str_eq(ids, c->ids);
	}
}
END_TEST

START_TEST(test_no_uidl)
{
	static const struct fake_turn turns[] = { HELLO, FAKE_TURN("USER ann\r\n", "+OK\r\n"),
						  FAKE_TURN("PASS s3cr3t\r\n", "+OK\r\n"),
						  UIDL("-ERR what?\r\n") };

	fakehost_set_state(s.fh, "capa", "v1 1699999999000000 127.0.0.1:110:2 0 CAPA USER");
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "x", 0, 10), BRG_ENOTSUP);
	ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0016");
	ck_assert_str_eq(s.err.said, "what?");
}
END_TEST

/* LIST was sent with it: its answer is taken, and the session goes on. */
START_TEST(test_no_uidl_but_list)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		BOTH("-ERR what?\r\n", "+OK\r\n1 5\r\n.\r\n"),
		BYE,
	};

	fakehost_set_state(s.fh, "capa",
			   "v1 1699999999000000 127.0.0.1:110:2 0 CAPA PLAIN PIPELINING");
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "", 0, 10), BRG_ENOTSUP);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
}
END_TEST

START_TEST(test_no_folders)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN };
	struct brg_pull req = { .size = sizeof(req), .max_items = 1, .folder = brg_cstr("Sent") };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->pull(s.self, &req, fakehost_batch(s.fh), &s.err), BRG_ENOTFOUND);
	ck_assert_int_eq(s.err.scope, BRG_SCOPE_FOLDER);
}
END_TEST

#define LISTED "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n"
#define SIZES  "+OK\r\n1 120\r\n2 220\r\n3 320\r\n.\r\n"

/* Run one whole pass with ids only; the cursor it ends with. */
static const char *pass(const char *cursor)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, BOTH(LISTED, SIZES) };
	static char kept[128];

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, cursor, 0, 10), 0);
	expect_followed(&s);
	(void)snprintf(kept, sizeof(kept), "%.*s", (int)s.fh->batch.next_cursor.len,
		       s.fh->batch.next_cursor.ptr);
	return kept;
}

START_TEST(test_empty_poll)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, UIDL(LISTED), BYE };
	const char *cursor = pass("");

	ck_assert_uint_eq(s.fh->n_envelopes, 3);
	expect_text(s.fh->envelopes[2]->remote_id, "c");
	ck_assert_uint_eq(s.fh->envelopes[2]->octets, 320);
	ck_assert_int_eq(strncmp(cursor, "v1 3 ", 5), 0);

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, cursor, BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 0);
	ck_assert(!s.fh->batch.more);
	expect_text(s.fh->batch.next_cursor, cursor);
	ck_assert_int_eq(session_pull(&s, cursor, BRG_WANT_BODY, 10), 0);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
	/* connect and greeting, AUTH, UIDL, QUIT */
	ck_assert_uint_eq(s.fh->rounds, 4);
	ck_assert_uint_eq(s.fh->writes, 3);
	ck_assert_uint_eq(s.fh->known_calls, 0);
}
END_TEST

START_TEST(test_all_known)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, UIDL(LISTED) };
	static const int states[] = { BRG_SEEN, BRG_LINKED, BRG_PARKED };
	static const char *const ids[] = { "a", "b", "c" };

	for (size_t i = 0; i < 3; i++)
		fakehost_know(s.fh, ids[i], states[i]);
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", BRG_WANT_BODY, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 0);
	ck_assert(!s.fh->batch.more);
	ck_assert_uint_eq(s.fh->known_calls, 1);
	ck_assert_int_eq(strncmp(s.fh->batch.next_cursor.ptr, "v1 3 ", 5), 0);
	expect_followed(&s);
}
END_TEST

/* Deleted by us and listed again: given like a new one, for the core to compare. */
START_TEST(test_came_back)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		UIDL(LISTED),
		FAKE_TURN("LIST\r\n", SIZES),
	};

	fakehost_know(s.fh, "a", BRG_DELETED);
	fakehost_know(s.fh, "b", BRG_LINKED);
	fakehost_know(s.fh, "c", BRG_DELETE_WANTED);
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", 0, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	expect_text(s.fh->envelopes[0]->remote_id, "a");
	expect_followed(&s);
}
END_TEST

/* One pass in batches: the old cursor until the last, and again from the start by it. */
START_TEST(test_place)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, UIDL(LISTED),
						  FAKE_TURN("LIST\r\n", SIZES) };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", 0, 2), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 2);
	ck_assert(s.fh->batch.more);
	expect_text(s.fh->batch.next_cursor, "old");
	fakehost_keep(s.fh, BRG_LINKED);
	ck_assert_int_eq(session_pull(&s, "old", 0, 2), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	ck_assert(!s.fh->batch.more);
	ck_assert_int_eq(session_pull(&s, "old", 0, 2), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	expect_text(s.fh->envelopes[0]->remote_id, "c");
	expect_followed(&s);
}
END_TEST

START_TEST(test_list_disagrees)
{
	static const char *const answers[] = { "+OK\r\n2 99\r\n7 1\r\n.\r\n", "-ERR no\r\n",
					       "+OK\r\n1 -4\r\n.\r\n", "+OK\r\n1\r\n.\r\n",
					       "+OK\r\n1 99999999999999999999999\r\n.\r\n" };
	static const int cls[] = { 0, 0, BRG_EPROTO, BRG_EPROTO, 0 };

	for (size_t i = 0; i < N(answers); i++) {
		const struct fake_turn turns[] = {
			HELLO,
			LOGIN,
			UIDL(LISTED),
			{ "LIST\r\n", 6, answers[i], strlen(answers[i]), FAKE_GO },
		};

		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		ck_assert_int_eq(session_pull(&s, "old", 0, 10), cls[i]);
		if (cls[i] == 0) {
			ck_assert_uint_eq(s.fh->n_envelopes, 3);
			ck_assert_uint_eq(s.fh->envelopes[0]->octets, 0);
		}
		expect_followed(&s);
	}
}
END_TEST

/* A few of many: their sizes alone. */
START_TEST(test_few_sizes)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		UIDL("+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n5 e\r\n6 f\r\n7 g\r\n8 h\r\n9 i\r\n"
		     "10 j\r\n11 k\r\n12 l\r\n13 m\r\n14 n\r\n15 o\r\n16 p\r\n17 q\r\n18 "
		     "r\r\n.\r\n"),
		FAKE_TURN("LIST 18\r\n", "+OK 18 77\r\n"),
	};
	char id[2] = "a";

	for (; id[0] < 'r'; id[0]++)
		fakehost_know(s.fh, id, BRG_SEEN);
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", 0, 10), 0);
	ck_assert_uint_eq(s.fh->n_envelopes, 1);
	ck_assert_uint_eq(s.fh->envelopes[0]->octets, 77);
	expect_followed(&s);
}
END_TEST

#define TWINS "+OK\r\n1 x\r\n2 y\r\n3 x\r\n4 x\r\n5 \r\n.\r\n"
#define TOP_A "+OK\r\nSubject: a\r\n\r\n.\r\n"
#define TOP_B "+OK\r\nSubject: b\r\n\r\n.\r\n"

static void twin_ids(const struct fake_turn *turns, size_t n, char ids[][128])
{
	ck_assert_int_eq(session_open(&s, turns, n, SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", 0, 10), 0);
	for (size_t i = 0; i < s.fh->n_envelopes; i++)
		(void)snprintf(ids[i], 128, "%s", s.fh->envelopes[i]->remote_id.ptr);
	expect_followed(&s);
}

START_TEST(test_equal_uids)
{
	static const struct fake_turn all[] = {
		HELLO,
		LOGIN,
		UIDL(TWINS),
		FAKE_TURN("TOP 5 0\r\nTOP 1 0\r\nTOP 3 0\r\nTOP 4 0\r\n", TOP_B TOP_A TOP_B TOP_B),
		FAKE_TURN("LIST\r\n", SIZES),
	};
	static const struct fake_turn fewer[] = {
		HELLO,
		LOGIN,
		UIDL("+OK\r\n1 y\r\n2 x\r\n3 x\r\n.\r\n"),
		FAKE_TURN("TOP 2 0\r\nTOP 3 0\r\n", TOP_B TOP_A),
		FAKE_TURN("LIST\r\n", SIZES),
	};
	char ids[5][128], less[3][128];

	twin_ids(all, N(all), ids);
	ck_assert_uint_eq(s.fh->n_envelopes, 5);
	ck_assert_int_eq(strncmp(ids[0], "x#", 2), 0);
	ck_assert_str_eq(ids[1], "y");
	ck_assert_str_ne(ids[0], ids[2]);
	ck_assert_int_eq(strncmp(ids[3], ids[2], strlen(ids[2])), 0);
	ck_assert_str_eq(ids[3] + strlen(ids[2]), ".2");
	ck_assert_str_eq(ids[4] + 1, ids[2] + 2);
	twin_ids(fewer, N(fewer), less);
	ck_assert_str_eq(less[1], ids[2]);
	ck_assert_str_eq(less[2], ids[0]);
}
END_TEST

START_TEST(test_too_many_equal)
{
	static char answer[40000] = "+OK\r\n";
	struct fake_turn turns[] = { HELLO, LOGIN, { "UIDL\r\n", 6, answer, 0, FAKE_GO } };
	size_t at = strlen(answer);

	for (int i = 1; i <= 2000; i++)
		at += (size_t)sprintf(answer + at, "%d same\r\n", i);
	at += (size_t)sprintf(answer + at, ".\r\n");
	turns[2].answer_len = at;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(session_pull(&s, "old", 0, 10), BRG_ENOTSUP);
	ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0018");
}
END_TEST

/* ---- deleting and the end -------------------------------------------------------------------*/

static struct brg_push dele(const char *id)
{
	return (struct brg_push){ .size = sizeof(struct brg_push),
				  .type = BRG_DELETE,
				  .kind = BRG_EMAIL,
				  .remote_id = brg_cstr(id) };
}

START_TEST(test_delete)
{
	static const struct fake_turn turns[] = {
		HELLO,
		LOGIN,
		UIDL(LISTED),
		FAKE_TURN("DELE 1\r\nDELE 3\r\n", "+OK\r\n-ERR read only\r\n"),
		FAKE_TURN("DELE 3\r\n", "+OK\r\n"),
		BYE,
	};
	struct brg_push ops[] = { dele("a"), dele("gone"), dele("c"), dele("a"), dele("b") };
	struct brg_push again[] = { dele("a"), dele("c") };

	ops[4].type = BRG_MARK;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->push(s.self, ops, N(ops), fakehost_arena(s.fh), &s.err), 0);
	ck_assert_uint_eq(s.fh->effects, 1);
	ck_assert_ptr_null(ops[0].err);
	ck_assert_ptr_null(ops[1].err);
	ck_assert_str_eq(ops[2].err->fault->code, "BRG-POP3-0034");
	ck_assert_ptr_null(ops[3].err);
	ck_assert_int_eq(ops[4].err->code, BRG_ENOTSUP);
	ck_assert_int_eq(s.c->push(s.self, again, N(again), fakehost_arena(s.fh), &s.err), 0);
	ck_assert_ptr_null(again[1].err);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	ck_assert_uint_eq(s.fh->effects, 3);
	expect_followed(&s);
}
END_TEST

START_TEST(test_finish)
{
	static const struct fake_turn ends[] = {
		FAKE_TURN("QUIT\r\n", "-ERR some not deleted\r\n"),
		FAKE_CLOSES("QUIT\r\n", ""),
		FAKE_HANGS("QUIT\r\n", ""),
		FAKE_TURN("QUIT\r\n", "bye\r\n"),
	};
	static const int with[] = { BRG_EIO, BRG_EIO, BRG_ETIMEDOUT, BRG_EPROTO };
	static const int without[] = { 0, 0, BRG_ETIMEDOUT, BRG_EPROTO };
	struct brg_push op = dele("a");

	for (size_t i = 0; i < N(ends); i++) {
		const struct fake_turn turns[] = { HELLO, LOGIN, UIDL(LISTED),
						   FAKE_TURN("DELE 1\r\n", "+OK\r\n"), ends[i] };
		const struct fake_turn idle[] = { HELLO, LOGIN, ends[i] };

		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
		ck_assert_int_eq(s.c->push(s.self, &op, 1, fakehost_arena(s.fh), &s.err), 0);
		ck_assert_int_eq(s.c->finish(s.self, &s.err), with[i]);
		if (i < 2)
			ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0022");
		fakehost_set_state(s.fh, "capa", REMEMBERED);
		ck_assert_int_eq(session_open(&s, idle, N(idle), SETTINGS), 0);
		ck_assert_int_eq(s.c->finish(s.self, &s.err), without[i]);
		expect_followed(&s);
	}
}
END_TEST

START_TEST(test_probe_and_identity)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN,
						  FAKE_TURN("STAT\r\n", "+OK 3 1\r\n"),
						  FAKE_TURN("STAT\r\n", "-ERR [SYS/TEMP] x\r\n") };
	struct brg_str name;

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->probe(s.self, BRG_INCOMING, &s.err), 0);
	ck_assert_int_eq(s.c->probe(s.self, BRG_ACT, &s.err), BRG_ENOTSUP);
	ck_assert_int_eq(s.c->probe(s.self, BRG_INCOMING, &s.err), BRG_EIO);
	ck_assert_int_eq(s.c->identity(s.self, &name, &s.err), 0);
	expect_text(name, "ann@127.0.0.1");
	expect_followed(&s);
}
END_TEST

/* The line goes dead or the host says stop, at every point: never a crash, always a reason. */
START_TEST(test_canceled)
{
	static const struct fake_turn turns[] = { HELLO, LOGIN, BOTH(LISTED, SIZES), BYE };
	bool done = false;

	for (uint32_t n = 1; !done; n++) {
		int rc;

		s.fh->canceled = false;
		s.fh->cancel_after = n;
		s.fh->chunk = 3;
		rc = session_open(&s, turns, N(turns), SETTINGS);
		if (rc == 0)
			rc = session_pull(&s, "", 0, 10);
		if (rc == 0)
			rc = s.c->finish(s.self, &s.err);
		done = rc == 0;
		ck_assert(done || rc == BRG_ECANCELED);
		ck_assert(done || s.err.fault != NULL);
	}
}
END_TEST

START_TEST(test_rows)
{
	const struct brg_plugin *plugin = pop3_LTX_brg_plugin_entry();

	ck_assert_uint_eq(plugin->magic, BRG_ABI_MAGIC);
	for (const struct brg_fault *const *f = plugin->faults; *f; f++) {
		ck_assert((*f)->code && (*f)->en && (*f)->sv && (*f)->help && (*f)->cls < 0);
		for (const struct brg_fault *const *g = plugin->faults; g < f; g++)
			ck_assert_str_ne((*f)->code, (*g)->code);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pop3");
	TCase *t = tcase_create("session");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_listing, 0, N(listings));
	tcase_add_test(t, test_no_uidl);
	tcase_add_test(t, test_no_uidl_but_list);
	tcase_add_test(t, test_no_folders);
	tcase_add_test(t, test_empty_poll);
	tcase_add_test(t, test_all_known);
	tcase_add_test(t, test_came_back);
	tcase_add_test(t, test_place);
	tcase_add_test(t, test_list_disagrees);
	tcase_add_test(t, test_few_sizes);
	tcase_add_test(t, test_equal_uids);
	tcase_add_test(t, test_too_many_equal);
	tcase_add_test(t, test_delete);
	tcase_add_test(t, test_finish);
	tcase_add_test(t, test_probe_and_identity);
	tcase_add_test(t, test_canceled);
	tcase_add_test(t, test_rows);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
