/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMTP connector loses its connection at every point of a conversation, in every way, and
 * what it says of each message is true: sent, if the server said so; unknown, if its end went out
 * and was not answered; else certainly not sent.
 */
#include "tests/unit/smtp_session.h"

static struct session s;

static void setup(void)
{
	session_init(&s);
}

static void teardown(void)
{
	session_free(&s);
}

#define COUNT 6
static const char *const bodies[COUNT] = {
	"Subject: 0\r\n\r\nthis is the end of number 0\r\n",
	"Subject: 1\r\n\r\nthis is the end of number 1\r\n",
	"Subject: 2\r\n\r\nthis is the end of number 2\r\n",
	"Subject: 3\r\n\r\nthis is the end of number 3\r\n",
	"Subject: 4\r\n\r\nthis is the end of number 4\r\n",
	"Subject: 5\r\n\r\nthis is the end of number 5\r\n",
};

/* One way to speak, as the server expects it. */
static const struct mode {
	const char *settings, *ext;
	bool chunks;
	size_t rsets; /* messages before which the last transaction is taken back */
} modes[] = {
	{ SETTINGS, "", false, 0 },
	{ SETTINGS, "250-PIPELINING\r\n", false, 0 },
	{ SETTINGS, "250-PIPELINING\r\n250-CHUNKING\r\n", true, COUNT },
	{ SETTINGS "window=1\n", "250-PIPELINING\r\n250-CHUNKING\r\n", true, 2 },
	{ SETTINGS "window=16\n", "250-PIPELINING\r\n250-CHUNKING\r\n", true, COUNT },
	{ SETTINGS, "250-CHUNKING\r\n", true, 0 },
};

static struct {
	char text[TURNS][160];
	struct fake_turn turns[TURNS + 2];
	int ends[TURNS]; /* the message that this turn ends, or -1 */
	size_t n;
} talk;

static void add_turn(const char *expect, const char *answer, int ends)
{
	(void)snprintf(talk.text[talk.n], sizeof(talk.text[0]), "%s", expect);
	talk.turns[talk.n] = (struct fake_turn){ talk.text[talk.n], strlen(expect), answer,
						 strlen(answer), FAKE_GO };
	talk.ends[talk.n++] = ends;
}

/* The whole conversation, if nothing goes wrong. */
static void write_talk(const struct mode *mode)
{
	static char hello[128];
	char end[160];

	memset(&talk, 0, sizeof(talk));
	(void)snprintf(hello, sizeof(hello), "250-mx\r\n%s250 HELP\r\n", mode->ext);
	add_turn("", "220 hi\r\n", -1);
	talk.turns[0].expect = NULL;
	add_turn("EHLO me.example\r\n", hello, -1);
	for (size_t i = 0; i < COUNT; i++) {
		if (mode->chunks && i && i < mode->rsets)
			add_turn("RSET\r\n", "250 ok\r\n", -1);
		add_turn("MAIL FROM:<me@example.com>\r\n", "250 ok\r\n", -1);
		add_turn("RCPT TO:<a@x>\r\n", "250 ok\r\n", -1);
		add_turn("RCPT TO:<b@x>\r\n", "550 no\r\n", -1);
		if (!mode->chunks)
			add_turn("DATA\r\n", "354 go on\r\n", -1);
		if (mode->chunks)
			(void)snprintf(end, sizeof(end), "BDAT %zu LAST\r\n%s", strlen(bodies[i]),
				       bodies[i]);
		else
			(void)snprintf(end, sizeof(end), "%s.\r\n", bodies[i]);
		add_turn(end, "250 taken\r\n", (int)i);
	}
}

/* What befalls the answer of one turn. */
static const struct way {
	const char *name, *answer; /* NULL: the right one */
	int then;
	bool answered, closing;
} ways[] = {
	{ "hangs up", "", FAKE_CLOSE, false, false },
	{ "hangs up behind the answer", NULL, FAKE_CLOSE, true, false },
	{ "hangs up in the answer", "25", FAKE_CLOSE, false, false },
	{ "hangs up between the lines", "250-so\r\n", FAKE_CLOSE, false, false },
	{ "is silent", "", FAKE_HANG, false, false },
	{ "is silent behind the answer", NULL, FAKE_HANG, true, false },
	{ "garbage", "!\r\n", FAKE_CLOSE, false, false },
	{ "421", "421 bye\r\n", FAKE_CLOSE, false, true },
	{ "421, and is silent", "421 bye\r\n", FAKE_HANG, false, false },
};

static bool is_421(const struct way *way)
{
	return way->answer && strncmp(way->answer, "421", 3) == 0;
}

/* What must be known of message i when turn k ended in that way. */
static int truth(const struct way *way, size_t k, size_t i)
{
	for (size_t t = 0; t < k + way->answered; t++)
		if (talk.ends[t] == (int)i)
			return BRG_FATE_SENT;
	if (!s.ended[i] || way->closing)
		return BRG_FATE_NOT_SENT;
	/* 421 is the answer to this one at least. */
	if (talk.ends[k] == (int)i && is_421(way))
		return BRG_FATE_NOT_SENT;
	return BRG_FATE_UNKNOWN;
}

static void check_fates(const struct mode *mode, const struct way *way, size_t k)
{
	for (size_t i = 0; i < COUNT; i++) {
		const struct brg_message *m = s.messages[i];
		int want = truth(way, k, i);

		ck_assert_msg(m->fate == want, "%s%s: turn %zu (%s): message %zu is %d, not %d",
			      mode->ext, way->name, k, talk.text[k], i, m->fate, want);
		/* What was not reached is as it was. */
		if (m->fate == BRG_FATE_NOT_SENT && !m->err)
			ck_assert_msg(!m->to[0].err && !m->to[1].err, "%s: turn %zu", way->name, k);
		if (m->fate == BRG_FATE_SENT)
			ck_assert(!m->err && !m->to[0].err && m->to[1].err);
	}
}

START_TEST(test_every_point)
{
	const struct mode *mode = &modes[_i / (int)N(ways)];
	const struct way *way = &ways[_i % (int)N(ways)];
	size_t n;
	int rc;

	write_talk(mode);
	n = talk.n;
	for (size_t k = 2; k < n; k++) {
		write_talk(mode);
		talk.turns[k].then = way->then;
		if (way->answer) {
			talk.turns[k].answer = way->answer;
			talk.turns[k].answer_len = strlen(way->answer);
		}
		/* Another connection, if one is made, is turned away. */
		talk.turns[k + 1] = (struct fake_turn)SAYS("554 no more");
		for (size_t chunk = 0; chunk < 2; chunk++) {
			s.fh->chunk = chunk;
			ck_assert_int_eq(session_open(&s, talk.turns, k + 2, mode->settings), 0);
			for (size_t i = 0; i < COUNT; i++)
				session_add(&s, "a@x b@x", bodies[i]);
			rc = session_send(&s);
			/* All are settled by the last answer, if there is one. */
			ck_assert_msg(rc < 0 || (k + 1 == n && (way->answered || is_421(way))),
				      "%s: turn %zu: %d", way->name, k, rc);
			check_fates(mode, way, k);
			if (rc < 0)
				ck_assert_int_lt(session_send(&s), 0);
		}
	}
}
END_TEST

/* Canceled at every question that it asks: it begins nothing new, and hears what was asked. */
START_TEST(test_cancel)
{
	const struct mode *mode = &modes[_i];
	bool done = false;

	for (uint32_t at = 1; !done; at++) {
		write_talk(mode);
		ck_assert_int_eq(session_open(&s, talk.turns, talk.n, mode->settings), 0);
		for (size_t i = 0; i < COUNT; i++)
			session_add(&s, "a@x b@x", bodies[i]);
		s.fh->canceled = false;
		s.fh->cancel_after = at;
		done = session_send(&s) == 0;
		if (!done)
			ck_assert_int_eq(s.err.code, BRG_ECANCELED);
		for (size_t i = 0; i < COUNT; i++)
			ck_assert_int_eq(s.messages[i]->fate,
					 s.ended[i] ? BRG_FATE_SENT : BRG_FATE_NOT_SENT);
		for (size_t i = 0; i < COUNT && done; i++)
			ck_assert(s.ended[i]);
		s.fh->canceled = false;
		ck_assert_msg(!s.fh->wrong[0], "%s", s.fh->wrong);
		ck_assert_uint_lt(at, 50);
	}
	s.fh->cancel_after = 0;
}
END_TEST

/* Every write fails in turn; what the server said before that counts. */
START_TEST(test_cut_while_writing)
{
	const struct mode *mode = &modes[_i];
	bool done = false;

	for (uint32_t at = 2; !done; at++) {
		write_talk(mode);
		talk.turns[talk.n] = (struct fake_turn)SAYS("554 no more");
		s.cut_at = 0;
		ck_assert_int_eq(session_open(&s, talk.turns, talk.n, mode->settings), 0);
		for (size_t i = 0; i < COUNT; i++)
			session_add(&s, "a@x b@x", bodies[i]);
		s.cut_at = at;
		done = session_send(&s) == 0;
		for (size_t i = 0; i < COUNT; i++) {
			size_t len = strlen(bodies[i]);
			bool arrived = memmem(s.fh->sent.ptr, s.fh->sent.len, bodies[i], len);

			ck_assert_int_eq(s.messages[i]->fate, arrived	   ? BRG_FATE_SENT
							      : s.ended[i] ? BRG_FATE_UNKNOWN
									   : BRG_FATE_NOT_SENT);
		}
		ck_assert_uint_lt(at, 50);
	}
	s.cut_at = 0;
}
END_TEST

/* A server that refuses a large message before it has read it, and closes. */
START_TEST(test_last_words)
{
	static const struct fake_turn turns[] = {
		HELLO,
		PIPES,
		T("MAIL FROM:<me@example.com>", "250 ok"),
		T("RCPT TO:<a@x>", "250 ok"),
		T("DATA", "354 go on"),
		{ NULL, 0, "552 5.3.4 too large\r\n", 21, FAKE_CLOSE },
	};
	static char body[100000];

	for (size_t i = 0; i + 1 < sizeof(body); i += 2)
		memcpy(body + i, "\r\n", 2);
	s.cut_at = 5;
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	session_message(&s, "me@example.com", "a@x", body, sizeof(body));
	ck_assert_int_lt(session_send(&s), 0);
	ck_assert_int_eq(s.messages[0]->fate, BRG_FATE_NOT_SENT);
	ck_assert_str_eq(code_of(s.messages[0]->err), "BRG-SMTP-0021");
	ck_assert_str_eq(s.messages[0]->err->said, "552 5.3.4 too large");
	s.cut_at = 0;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("smtp lost");
	TCase *t = tcase_create("lost");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_every_point, 0, (int)(N(modes) * N(ways)));
	tcase_add_loop_test(t, test_cancel, 0, N(modes));
	tcase_add_loop_test(t, test_cut_while_writing, 0, N(modes));
	tcase_add_test(t, test_last_words);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
