/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SMTP connector sends, and what it makes of the answers.
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

/* clang-format off */
#define MAIL	T("MAIL FROM:<me@example.com>", "250 2.1.0 ok")
#define RCPT(a)	T("RCPT TO:<" a ">", "250 2.1.5 ok")
#define DATA	T("DATA", "354 go on")
#define RSET	T("RSET", "250 2.0.0 ok")
#define ONE	"Subject: 1\r\n\r\none\r\n"
#define TWO	"Subject: 2\r\n\r\ntwo\r\n"
#define DOT(b, a)  FAKE_TURN(b ".\r\n", a "\r\n")
/* ONE and TWO have 19 octets. */
#define BDAT(b, a) FAKE_TURN("BDAT 19 LAST\r\n" b, a "\r\n")
/* The first one was taken before anything is sent blindly, and the second one is under way. */
#define ALOFT MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"), RSET, MAIL, RCPT("b@x"), BDAT(TWO, "250 ok"), RSET

struct send_case {
	const char *name, *settings;
	const char *to[4];  /* of each message, with blanks between them */
	struct fake_turn turns[32];
	const char *fates;  /* of each message: n(ot), s(ent), u(nknown) */
	const char *errors; /* the codes of messages, "-" for none */
	const char *people; /* the codes of recipients, "-" for none; of all messages in a row */
	const char *code;   /* of the call; "" */
	const char *said;   /* in the words of the last message, or of its last refused recipient */
};

static const struct send_case cases[] = {
	{ "one, plainly", "", { "a@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 2.0.0 queued") },
	  "s", "-", "-", "", "250 2.0.0 queued" },
	{ "two, plainly", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") }, "ss", "--", "--", "", NULL },
	{ "two by PIPELINING", "", { "a@x", "b@x c@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    MAIL, RCPT("b@x"), RCPT("c@x"), DATA, DOT(TWO, "250 ok") }, "ss", "--", "---", "", NULL },
	{ "two by CHUNKING, with what takes the last one back", "", { "a@x", "b@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"),
	    RSET, MAIL, RCPT("b@x"), BDAT(TWO, "250 ok") }, "ss", "--", "--", "", NULL },
	{ "CHUNKING without PIPELINING", "", { "a@x", "b@x" },
	  { HELLO, EHLO("250-CHUNKING\r\n"), MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"),
	    MAIL, RCPT("b@x"), BDAT(TWO, "250 ok") }, "ss", "--", "--", "", NULL },
	{ "neither is wanted", "chunking=no\npipelining=no\n", { "a@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok") }, "s", "-", "-", "", NULL },
	{ "a server of before ESMTP", "", { "a@x" },
	  { HELLO, T("EHLO me.example", "500 ?"), T("HELO me.example", "250 mx"), MAIL, RCPT("a@x"),
	    DATA, DOT(ONE, "250 ok") }, "s", "-", "-", "", NULL },

	{ "some recipients", "", { "a@x b@x c@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), T("RCPT TO:<b@x>", "550 5.1.1 no b"),
	    FAKE_TURN("RCPT TO:<c@x>\r\n", "450-4.2.1 c is\r\n450-4.2.1 full,\r\n450 4.2.1 later\r\n"),
	    DATA, DOT(ONE, "250 ok") },
	  "s", "-", "- BRG-SMTP-0023 BRG-SMTP-0022", "", "450 4.2.1 c is full, later" },
	{ "too many of them is a matter of time", "", { "a@x b@x c@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), T("RCPT TO:<b@x>", "452 4.5.3 too many"),
	    T("RCPT TO:<c@x>", "552 too many"), DATA, DOT(ONE, "250 ok") },
	  "s", "-", "- BRG-SMTP-0022 BRG-SMTP-0022", "", "552 too many" },
	{ "nobody, plainly", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, MAIL, T("RCPT TO:<a@x>", "550 no"), RSET,
	    MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0024 -", "BRG-SMTP-0023 -", "", NULL },
	{ "nobody, and DATA is refused", "", { "a@x", "b@x" },
	  { HELLO, PIPES, MAIL, T("RCPT TO:<a@x>", "450 no"), T("DATA", "554 no valid recipients"),
	    RSET, MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0024 -", "BRG-SMTP-0022 -", "", NULL },
	{ "nobody, and DATA is wanted all the same: a lone dot", "", { "a@x", "b@x" },
	  { HELLO, PIPES, MAIL, T("RCPT TO:<a@x>", "550 no"), DATA,
	    FAKE_TURN(".\r\n", "554 nobody\r\n"), MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0024 -", "BRG-SMTP-0023 -", "", NULL },
	{ "nobody, and even the dot is fine", "", { "a@x" },
	  { HELLO, PIPES, MAIL, T("RCPT TO:<a@x>", "550 no"), DATA, FAKE_TURN(".\r\n", "250 ok\r\n") },
	  "n", "BRG-SMTP-0024", "BRG-SMTP-0023", "", NULL },
	{ "nobody, by CHUNKING: no chunk", "", { "a@x", "b@x" },
	  { HELLO, CHUNKS, MAIL, T("RCPT TO:<a@x>", "550 no"), RSET,
	    MAIL, RCPT("b@x"), BDAT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0024 -", "BRG-SMTP-0023 -", "", NULL },
	{ "nobody in full flight", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, T("RCPT TO:<c@x>", "550 no"), BDAT(ONE, "503 nobody"),
	    RSET, MAIL, RCPT("d@x"), BDAT(TWO, "250 ok") },
	  "ssns", "--BRG-SMTP-0024 -", "--BRG-SMTP-0023 -", "", NULL },
	{ "nobody in full flight, and yet it is taken", "", { "a@x", "b@x", "c@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, T("RCPT TO:<c@x>", "550 no"), BDAT(ONE, "250 taken") },
	  "ssn", "--BRG-SMTP-0024", "--BRG-SMTP-0023", "", NULL },

	{ "the sender is refused, plainly", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, T("MAIL FROM:<me@example.com>", "550 5.7.1 not you"), RSET,
	    MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0021 -", "--", "", NULL },
	{ "the sender is refused, by PIPELINING", "", { "a@x" },
	  { HELLO, PIPES, T("MAIL FROM:<me@example.com>", "450 4.7.1 not now"),
	    T("RCPT TO:<a@x>", "503 MAIL first"), T("DATA", "503 MAIL first") },
	  "n", "BRG-SMTP-0020", "-", "", "450 4.7.1 not now" },
	{ "the sender is refused, and a content is wanted", "", { "a@x" },
	  { HELLO, PIPES, T("MAIL FROM:<me@example.com>", "550 no"), T("RCPT TO:<a@x>", "503 no"),
	    DATA, FAKE_TURN(".\r\n", "250 what?\r\n") }, "n", "BRG-SMTP-0021", "-", "", "550 no" },
	{ "the sender is refused in full flight", "", { "a@x", "b@x", "c@x" },
	  { HELLO, CHUNKS, ALOFT, T("MAIL FROM:<me@example.com>", "550 no"),
	    T("RCPT TO:<c@x>", "503 no"), BDAT(ONE, "503 no") },
	  "ssn", "--BRG-SMTP-0021", "---", "", "550 no" },
	{ "a login is wanted", "", { "a@x", "b@x" },
	  { HELLO, PIPES, T("MAIL FROM:<me@example.com>", "530 5.7.0 log in"),
	    T("RCPT TO:<a@x>", "530 log in"), T("DATA", "503 no") },
	  "nn", "--", "--", "BRG-SMTP-0016", NULL },
	{ "a login is wanted in full flight", "", { "a@x", "b@x", "c@x" },
	  { HELLO, CHUNKS, ALOFT, T("MAIL FROM:<me@example.com>", "530 log in again"),
	    T("RCPT TO:<c@x>", "530 log in"), BDAT(ONE, "503 no") },
	  "ssn", "---", "---", "BRG-SMTP-0016", NULL },
	{ "RSET is refused in full flight", "", { "a@x", "b@x", "c@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"), RSET, MAIL, RCPT("b@x"),
	    BDAT(TWO, "250 ok"), T("RSET", "500 what?"), T("MAIL FROM:<me@example.com>", "503 nested"),
	    RCPT("c@x"), BDAT(ONE, "250 taken") }, "ssu", "---", "---", "BRG-SMTP-0015", NULL },
	{ "another transaction is open there, it says", "", { "a@x" },
	  { HELLO, PLAINLY, T("MAIL FROM:<me@example.com>", "503 nested") },
	  "n", "-", "-", "BRG-SMTP-0015", NULL },

	{ "DATA is refused for good", "", { "a@x", "b@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), T("DATA", "554 5.7.1 no"), RSET,
	    MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0021 -", "--", "", NULL },
	{ "the content is refused for now", "", { "a@x", "b@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), DATA, DOT(ONE, "451 4.3.0 disk full"),
	    MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0020 -", "--", "", NULL },
	{ "the content is refused for good, plainly", "", { "a@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "550 5.7.1 spam") },
	  "n", "BRG-SMTP-0021", "-", "", "550 5.7.1 spam" },
	{ "a chunk is refused: the next transaction needs RSET", "", { "a@x", "b@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), BDAT(ONE, "552 5.3.4 too large"), RSET,
	    MAIL, RCPT("b@x"), BDAT(TWO, "250 ok") },
	  "ns", "BRG-SMTP-0021 -", "--", "", NULL },
	{ "a chunk is refused in full flight", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, RCPT("c@x"), BDAT(ONE, "451 no"),
	    RSET, MAIL, RCPT("d@x"), BDAT(TWO, "250 ok") },
	  "ssns", "--BRG-SMTP-0020 -", "----", "", NULL },
	{ "one at a time with a window of one", "window=1\n", { "a@x", "b@x", "c@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"),
	    RSET, MAIL, RCPT("b@x"), BDAT(TWO, "250 ok"), MAIL, RCPT("c@x"), BDAT(ONE, "250 ok") },
	  "sss", "---", "---", "", NULL },

	{ "out of step: a number that DATA cannot have", "", { "a@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), T("DATA", "250 ok") },
	  "n", "BRG-SMTP-0031", "-", "BRG-SMTP-0007", NULL },
	{ "out of step: 354 to MAIL", "", { "a@x" },
	  { HELLO, PLAINLY, T("MAIL FROM:<me@example.com>", "354 go on") },
	  "n", "BRG-SMTP-0031", "-", "BRG-SMTP-0007", NULL },
	{ "out of step: a recipient without a sender", "", { "a@x" },
	  { HELLO, PIPES, T("MAIL FROM:<me@example.com>", "450 no"), RCPT("a@x"), DATA },
	  "n", "BRG-SMTP-0020", "-", "BRG-SMTP-0007", NULL },
	{ "out of step: 354 to the end", "", { "a@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), DATA, DOT(ONE, "354 go on") },
	  "u", "-", "-", "BRG-SMTP-0007", NULL },
	{ "garbage in full flight", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, RCPT("c@x"), BDAT(ONE, "what?"),
	    RSET, MAIL, RCPT("d@x"), BDAT(TWO, "250 ok") },
	  "ssuu", "----", "----", "BRG-SMTP-0007", NULL },

	{ "closing at the first command: it waits, the rest is untouched", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", "421 4.3.2 bye\r\n") },
	  "nn", "BRG-SMTP-0020 -", "--", "BRG-SMTP-0014", NULL },
	{ "closing at the end", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, FAKE_CLOSES(ONE ".\r\n", "421 4.3.2 bye\r\n") },
	  "nn", "BRG-SMTP-0020 -", "--", "BRG-SMTP-0014", NULL },
	{ "enough for one connection: the rest goes over another", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", "421 4.7.0 enough\r\n"),
	    HELLO, PLAINLY, MAIL, RCPT("b@x"), DATA, DOT(TWO, "250 ok") },
	  "ss", "--", "--", "", NULL },
	{ "without a word", "", { "a@x", "b@x c@x" },
	  { HELLO, PIPES, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    MAIL, T("RCPT TO:<b@x>", "550 no"), FAKE_CLOSES("RCPT TO:<c@x>\r\nDATA\r\n", ""),
	    HELLO, PIPES, MAIL, RCPT("b@x"), RCPT("c@x"), DATA, DOT(TWO, "250 ok") },
	  "ss", "--", "---", "", NULL },
	{ "enough, in full flight", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", "421 enough\r\n"),
	    HELLO, CHUNKS, MAIL, RCPT("c@x"), BDAT(ONE, "250 ok"),
	    RSET, MAIL, RCPT("d@x"), BDAT(TWO, "250 ok") }, "ssss", "----", "----", "", NULL },
	{ "enough, and it goes on answering", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, T("RCPT TO:<c@x>", "421 too many"), BDAT(ONE, "503 nobody"),
	    RSET, MAIL, RCPT("d@x"), FAKE_CLOSES("BDAT 19 LAST\r\n" TWO, "250 ok\r\n") },
	  "ssns", "--BRG-SMTP-0024 -", "--BRG-SMTP-0022 -", "", NULL },
	{ "RSET is refused, then enough, and what was said last is heard", "",
	  { "a@x", "b@x", "c@x d@x" },
	  { HELLO, CHUNKS, MAIL, RCPT("a@x"), BDAT(ONE, "250 ok"), RSET, MAIL, RCPT("b@x"),
	    BDAT(TWO, "250 ok"), T("RSET", "500 what?"), MAIL, T("RCPT TO:<c@x>", "421 too many"),
	    RCPT("d@x"), FAKE_CLOSES("BDAT 19 LAST\r\n" ONE, "250 taken\r\n") },
	  "sss", "---", "--BRG-SMTP-0022 -", "", "421 too many" },
	{ "enough, and then silence", "", { "a@x", "b@x", "c@x", "d@x" },
	  { HELLO, CHUNKS, ALOFT, MAIL, FAKE_HANGS("RCPT TO:<c@x>\r\n", "421 too many\r\n") },
	  "ssuu", "----", "--BRG-SMTP-0022 -", "BRG-SMTP-0014", NULL },
	{ "a connection that went well is not tried twice where the next does not", "",
	  { "a@x", "b@x", "c@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", ""),
	    HELLO, PLAINLY, FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", "") },
	  "snn", "- BRG-SMTP-0031 -", "---", "BRG-SMTP-0006", NULL },
	{ "nor where it cannot be had", "", { "a@x", "b@x" },
	  { HELLO, PLAINLY, MAIL, RCPT("a@x"), DATA, DOT(ONE, "250 ok"),
	    FAKE_CLOSES("MAIL FROM:<me@example.com>\r\n", ""), SAYS("554 no more") },
	  "sn", "--", "--", "BRG-SMTP-0004", NULL },
};
/* clang-format on */

/* "- CODE" of errors as they stand; one blank-free run of "-" will do. */
static void expect_code(const char **list, const struct brg_err *err, const char *name)
{
	size_t n;

	while (**list == ' ')
		(*list)++;
	n = **list == '-' ? 1 : strcspn(*list, " ");
	ck_assert_msg((n == 1 && **list == '-') ? !err : strncmp(code_of(err), *list, n) == 0 && n,
		      "%s: %s, not %.*s", name, code_of(err), (int)n, *list);
	*list += n;
}

static void expect_outcome(const struct send_case *c)
{
	const char *errors = c->errors, *people = c->people;
	const struct brg_err *last = NULL;

	for (size_t i = 0; i < s.n; i++) {
		const struct brg_message *m = s.messages[i];

		ck_assert_msg("nsu"[m->fate] == c->fates[i], "%s: message %zu: %c", c->name, i,
			      "nsu"[m->fate]);
		expect_code(&errors, m->err, c->name);
		for (size_t k = 0; k < m->n_to; k++) {
			last = m->to[k].err ? m->to[k].err : last;
			expect_code(&people, m->to[k].err, c->name);
		}
		last = m->err ? m->err : last;
		if (m->err && m->err->scope != BRG_SCOPE_ITEM)
			ck_abort_msg("%s: scope", c->name);
		if (c->said && i + 1 == s.n && !last)
			ck_assert_msg(brg_str_eq(m->said, brg_cstr(c->said)), "%s: \"%.*s\"",
				      c->name, (int)m->said.len, m->said.ptr);
	}
	if (c->said && last)
		ck_assert_msg(strcmp(last->said, c->said) == 0, "%s: \"%s\"", c->name, last->said);
}

START_TEST(test_send)
{
	const struct send_case *c = &cases[_i];
	static const char *const bodies[] = { ONE, TWO, ONE, TWO };
	char settings[256];
	int rc;

	(void)snprintf(settings, sizeof(settings), "%s%s", SETTINGS, c->settings);
	for (size_t chunk = 0; chunk < 4; chunk++) {
		s.fh->chunk = chunk;
		rc = session_open(&s, c->turns, count_turns(c->turns, N(c->turns)), settings);
		ck_assert_msg(rc == 0, "%s: %s", c->name, code_of(&s.err));
		for (size_t i = 0; i < N(c->to) && c->to[i]; i++)
			session_message(&s, "me@example.com", c->to[i], bodies[i], 19);
		rc = session_send(&s);
		ck_assert_msg(strcmp(rc < 0 ? code_of(&s.err) : "", c->code) == 0, "%s: %s %s",
			      c->name, code_of(&s.err), s.fh->wrong);
		ck_assert_int_eq(rc, rc < 0 ? s.err.code : 0);
		expect_outcome(c);
		ck_assert_msg(!s.fh->wrong[0], "%s: %s", c->name, s.fh->wrong);
	}
}
END_TEST

/* ---- what a server has to be able to --------------------------------------------------------*/

struct need_case {
	const char *name, *ext, *sender, *to, *body, *command, *code;
};

static const struct need_case needs[] = {
	{ "seven bits", "", "me@x", "a@x", "A: b\r\n\r\nc\r\n", "MAIL FROM:<me@x>", "" },
	{ "the null sender", "", "", "a@x", "A: b\r\n\r\nc\r\n", "MAIL FROM:<>", "" },
	{ "SIZE", "250-SIZE\r\n", "me@x", "a@x", "A: b\r\n\r\nc\r\n", "MAIL FROM:<me@x> SIZE=11",
	  "" },
	{ "SIZE without a limit", "250-SIZE 0\r\n", "me@x", "a@x", "A: b\r\n\r\nc\r\n",
	  "MAIL FROM:<me@x> SIZE=11", "" },
	{ "just within it", "250-SIZE 11\r\n", "me@x", "a@x", "A: b\r\n\r\nc\r\n",
	  "MAIL FROM:<me@x> SIZE=11", "" },
	{ "too large", "250-SIZE 10\r\n", "me@x", "a@x", "A: b\r\n\r\nc\r\n", NULL,
	  "BRG-SMTP-0027" },
	{ "a limit that is no number", "250-SIZE many\r\n", "me@x", "a@x", "A: b\r\n\r\nc\r\n",
	  "MAIL FROM:<me@x> SIZE=11", "" },
	{ "a limit beyond all numbers", "250-SIZE 99999999999999999999999\r\n", "me@x", "a@x",
	  "A: b\r\n\r\nc\r\n", "MAIL FROM:<me@x> SIZE=11", "" },
	{ "the last limit counts", "250-SIZE 3\r\n250-SIZE 11\r\n", "me@x", "a@x",
	  "A: b\r\n\r\nc\r\n", "MAIL FROM:<me@x> SIZE=11", "" },
	{ "eight bits", "250-8BITMIME\r\n", "me@x", "a@x", "A: b\r\n\r\n\xc3\xa5\r\n",
	  "MAIL FROM:<me@x> BODY=8BITMIME", "" },
	{ "eight bits, and it cannot", "250-SMTPUTF8\r\n", "me@x", "a@x",
	  "A: b\r\n\r\n\xc3\xa5\r\n", NULL, "BRG-SMTP-0025" },
	{ "a header beyond ASCII", "250-8BITMIME\r\n250-SMTPUTF8\r\n", "me@x", "a@x",
	  "A: \xc3\xa5\r\n\r\nc\r\n", "MAIL FROM:<me@x> BODY=8BITMIME SMTPUTF8", "" },
	{ "a header beyond ASCII, and it cannot", "250-8BITMIME\r\n", "me@x", "a@x",
	  "A: \xc3\xa5\r\n\r\nc\r\n", NULL, "BRG-SMTP-0026" },
	{ "an address beyond ASCII", "250-8BITMIME\r\n250-SMTPUTF8\r\n", "me@x", "\xc3\xa5@x",
	  "A: b\r\n\r\nc\r\n", "MAIL FROM:<me@x> SMTPUTF8", "" },
	{ "an address beyond ASCII, and it cannot", "250-8BITMIME\r\n", "me@x", "a@x \xc3\xa5@x",
	  "A: b\r\n\r\nc\r\n", NULL, "BRG-SMTP-0026" },
	{ "a sender beyond ASCII, and it cannot", "", "\xc3\xa5@x", "a@x", "A: b\r\n\r\nc\r\n",
	  NULL, "BRG-SMTP-0026" },
	{ "SMTPUTF8 only where it is needed", "250-8BITMIME\r\n250-SMTPUTF8\r\n", "me@x", "a@x",
	  "A: b\r\n\r\n\xc3\xa5\r\n", "MAIL FROM:<me@x> BODY=8BITMIME", "" },
	{ "no header at all", "250-8BITMIME\r\n", "me@x", "a@x", "\r\n\xc3\xa5\r\n",
	  "MAIL FROM:<me@x> BODY=8BITMIME", "" },
	{ "a command in the sender", "", "me@x>\r\nRSET", "a@x", "A: b\r\n\r\nc\r\n", NULL,
	  "BRG-SMTP-0029" },
	{ "a bracket in the sender", "", "me@x> SIZE=0 <", "a@x", "A: b\r\n\r\nc\r\n", NULL,
	  "BRG-SMTP-0029" },
	{ "a tab in the sender", "", "me\t@x", "a@x", "A: b\r\n\r\nc\r\n", NULL, "BRG-SMTP-0029" },
	{ "a blank that is quoted", "", "\"a b>\"@x", "a@x", "A: b\r\n\r\nc\r\n",
	  "MAIL FROM:<\"a b>\"@x>", "" },
	{ "a quote that is quoted", "", "\"a\\\"b c\"@x", "a@x", "A: b\r\n\r\nc\r\n",
	  "MAIL FROM:<\"a\\\"b c\"@x>", "" },
	{ "a quote without end", "", "\"a b@x", "a@x", "A: b\r\n\r\nc\r\n", NULL, "BRG-SMTP-0029" },
	{ "a quoted line end", "", "\"a\\\r\nb\"@x", "a@x", "A: b\r\n\r\nc\r\n", NULL,
	  "BRG-SMTP-0029" },
	{ "a recipient in brackets", "", "me@x", "a@x <b@x>", "A: b\r\n\r\nc\r\n", NULL,
	  "BRG-SMTP-0029" },
	{ "LF alone", "", "me@x", "a@x", "A: b\r\n\r\nc\nd\r\n", NULL, "BRG-SMTP-0028" },
	{ "LF first", "", "me@x", "a@x", "\nA: b\r\n", NULL, "BRG-SMTP-0028" },
	{ "CR alone", "", "me@x", "a@x", "A: b\r\n\r\nc\rd\r\n", NULL, "BRG-SMTP-0028" },
	{ "CR twice", "", "me@x", "a@x", "A: b\r\n\r\nc\r\r\n", NULL, "BRG-SMTP-0028" },
	{ "CR at the end", "", "me@x", "a@x", "A: b\r\n\r\nc\r", NULL, "BRG-SMTP-0028" },
	{ "a dot between lines that are none", "", "me@x", "a@x",
	  "A: b\r\n\r\nc\n.\nMAIL FROM:<>\r\n", NULL, "BRG-SMTP-0028" },
};

START_TEST(test_need)
{
	const struct need_case *c = &needs[_i];
	char hello[256], mail[400];
	struct fake_turn turns[] = { HELLO, PLAINLY, RSET, RSET };
	const struct brg_message *m;

	(void)snprintf(hello, sizeof(hello), "250-mx\r\n%s250 HELP\r\n", c->ext);
	turns[1].answer = hello;
	turns[1].answer_len = strlen(hello);
	/* It is enough to see what MAIL says. */
	(void)snprintf(mail, sizeof(mail), "%s\r\n", c->command ? c->command : "");
	turns[2] = (struct fake_turn){ mail, strlen(mail), "451 4.0.0 no\r\n", 14, FAKE_GO };
	ck_assert_int_eq(session_open(&s, turns, c->command ? 3 : 2, SETTINGS), 0);
	m = session_message(&s, c->sender, c->to, c->body, strlen(c->body));
	ck_assert_int_eq(session_send(&s), 0);
	ck_assert_msg(fakehost_followed(s.fh), "%s: %s", c->name, s.fh->wrong);
	ck_assert_msg(strcmp(code_of(m->err), c->command ? "BRG-SMTP-0020" : c->code) == 0,
		      "%s: %s", c->name, code_of(m->err));
	ck_assert_int_eq(m->fate, BRG_FATE_NOT_SENT);
	if (!c->command)
		ck_assert_int_eq(m->err->retry, BRG_RETRY_NEVER);
}
END_TEST

/* A message with one line of so many of these. */
static struct brg_str one_line(char c, size_t n)
{
	static char text[80000] = "A: b\r\n\r\n";

	memset(text + 8, c, n);
	memcpy(text + 8 + n, "\r\n", 2);
	return (struct brg_str){ text, 8 + n + 2 };
}

/* RFC 5321 section 4.5.3.1.6: 1,000 octets with CRLF; and no NUL (RFC 2045 section 2.8). */
START_TEST(test_lines)
{
	static const struct {
		char c;
		size_t n;
		bool fine;
	} lines[] = {
		{ 'x', 998, true }, { 'x', 999, false }, { 'x', 70000, false }, { 0, 1, false }
	};

	for (size_t i = 0; i < N(lines); i++) {
		struct fake_turn turns[] = { HELLO, PLAINLY,
					     T("MAIL FROM:<me@x>", "451 4.0.0 no") };
		struct brg_str body = one_line(lines[i].c, lines[i].n);
		const struct brg_message *m;

		ck_assert_int_eq(session_open(&s, turns, lines[i].fine ? 3 : 2, SETTINGS), 0);
		m = session_message(&s, "me@x", "a@x", body.ptr, body.len);
		ck_assert_int_eq(session_send(&s), 0);
		expect_followed(&s);
		ck_assert_str_eq(code_of(m->err),
				 lines[i].fine ? "BRG-SMTP-0020" : "BRG-SMTP-0028");
	}
}
END_TEST

/* ---- bytes ----------------------------------------------------------------------------------*/

static const struct {
	const char *body, *wire;
} dots[] = {
	{ "A: b\r\n\r\n.\r\n", "A: b\r\n\r\n..\r\n.\r\n" },
	{ "A: b\r\n\r\n..a\r\n.b", "A: b\r\n\r\n...a\r\n..b\r\n.\r\n" },
	{ ".\r\n", "..\r\n.\r\n" },
	{ ".", "..\r\n.\r\n" },
	{ "a.\r\n", "a.\r\n.\r\n" },
	{ "", ".\r\n" },
	{ "a", "a\r\n.\r\n" },
};

START_TEST(test_dots)
{
	struct fake_turn turns[] = { HELLO,	  PIPES, T("MAIL FROM:<me@x>", "250 ok"),
				     RCPT("a@x"), DATA,	 RSET };
	size_t n = strlen(dots[_i].wire);
	const struct brg_message *m;

	turns[5] = (struct fake_turn){ dots[_i].wire, n, "250 ok\r\n", 8, FAKE_GO };
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	m = session_message(&s, "me@x", "a@x", dots[_i].body, strlen(dots[_i].body));
	ck_assert_int_eq(session_send(&s), 0);
	expect_followed(&s);
	ck_assert_int_eq(m->fate, BRG_FATE_SENT);
}
END_TEST

/* A message of many pieces; by BDAT as it is, and by DATA with its dots wherever a piece ends. */
START_TEST(test_large)
{
	static char body[150000], wire[300000];
	bool chunks = _i;
	struct fake_turn turns[] = { HELLO,	  PIPES, T("MAIL FROM:<me@x>", "250 ok"),
				     RCPT("a@x"), DATA,	 RSET };
	struct fake_turn chunked[] = { HELLO, CHUNKS, T("MAIL FROM:<me@x>", "250 ok"), RCPT("a@x"),
				       RSET };
	size_t len = 0, n = 0;
	const struct brg_message *m;

	while (len + 3 < sizeof(body) - 4)
		len += (size_t)sprintf(body + len, "%s", len % 7 < 3 ? ".\r\n" : "..\r\n");
	if (chunks)
		n = (size_t)sprintf(wire, "BDAT %zu LAST\r\n", len);
	for (size_t i = 0; i < len; i++) {
		if (!chunks && body[i] == '.' && (i == 0 || body[i - 1] == '\n'))
			wire[n++] = '.';
		wire[n++] = body[i];
	}
	if (!chunks)
		n += (size_t)sprintf(wire + n, ".\r\n");
	(chunks ? chunked : turns)[chunks ? 4 : 5] =
		(struct fake_turn){ wire, n, "250 ok\r\n", 8, FAKE_GO };
	ck_assert_int_eq(session_open(&s, chunks ? chunked : turns, chunks ? 5 : 6, SETTINGS), 0);
	m = session_message(&s, "me@x", "a@x", body, len);
	ck_assert_int_eq(session_send(&s), 0);
	expect_followed(&s);
	ck_assert_int_eq(m->fate, BRG_FATE_SENT);
}
END_TEST

/* ---- round trips ----------------------------------------------------------------------------*/

static uint32_t rounds_of(size_t n, const struct fake_turn *turns, size_t n_turns,
			  const char *settings)
{
	uint32_t before;

	ck_assert_int_eq(session_open(&s, turns, n_turns, settings), 0);
	before = s.fh->rounds;
	for (size_t i = 0; i < n; i++)
		session_message(&s, "me@example.com", "a@x", ONE, 19);
	ck_assert_int_eq(session_send(&s), 0);
	expect_followed(&s);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(s.messages[i]->fate, BRG_FATE_SENT);
	return s.fh->rounds - before;
}

START_TEST(test_rounds)
{
	static const struct fake_turn plainly[] = {
		HELLO, PLAINLY,	    MAIL, RCPT("a@x"),	     DATA, DOT(ONE, "250 ok"),
		MAIL,  RCPT("a@x"), DATA, DOT(ONE, "250 ok")
	};
	static const struct fake_turn pipes[] = { HELLO, PIPES,
						  MAIL,	 RCPT("a@x"),
						  DATA,	 DOT(ONE, "250 ok"),
						  MAIL,	 RCPT("a@x"),
						  DATA,	 DOT(ONE, "250 ok"),
						  MAIL,	 RCPT("a@x"),
						  DATA,	 DOT(ONE, "250 ok") };
#define FLIGHT MAIL, RCPT("a@x"), BDAT(ONE, "250 ok")
	static const struct fake_turn chunked[] = { HELLO,  CHUNKS, FLIGHT, RSET, FLIGHT, RSET,
						    FLIGHT, RSET,   FLIGHT, RSET, FLIGHT };

	ck_assert_uint_eq(rounds_of(2, plainly, N(plainly), SETTINGS), 8);
	/* The envelope, twice the end of one with the envelope of the next, and the end. */
	ck_assert_uint_eq(rounds_of(3, pipes, N(pipes), SETTINGS), 4);
	/* The first one's envelope, its end with the next one's envelope, and four in one flight.
	 */
	ck_assert_uint_eq(rounds_of(5, chunked, N(chunked), SETTINGS), 3);
}
END_TEST

/* What is too large to be sent for nothing waits for its recipients. */
START_TEST(test_large_is_not_sent_blindly)
{
	static char lines[80000];
	static const struct fake_turn turns[] = {
		HELLO, CHUNKS, FLIGHT, RSET, FLIGHT, RSET, MAIL, T("RCPT TO:<b@x>", "550 no")
	};

	for (size_t i = 0; i + 1 < sizeof(lines); i += 2)
		memcpy(lines + i, "\r\n", 2);
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	session_message(&s, "me@example.com", "a@x", ONE, 19);
	session_message(&s, "me@example.com", "a@x", ONE, 19);
	session_message(&s, "me@example.com", "b@x", lines, sizeof(lines));
	ck_assert_int_eq(session_send(&s), 0);
	expect_followed(&s);
	ck_assert_int_eq(s.messages[2]->fate, BRG_FATE_NOT_SENT);
	ck_assert_str_eq(code_of(s.messages[2]->err), "BRG-SMTP-0024");
}
END_TEST

/* The session lives on over calls; each effect is announced and each message named. */
START_TEST(test_calls)
{
	static const struct fake_turn turns[] = { HELLO, CHUNKS, FLIGHT,
						  RSET,	 FLIGHT, FLIGHT,
						  RSET,	 FLIGHT, T("QUIT", "221 bye") };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	for (size_t call = 1; call < 3; call++) {
		s.n = 0;
		for (size_t i = 0; i < 2; i++)
			session_message(&s, "me@example.com", "a@x", ONE, 19);
		ck_assert_int_eq(session_send(&s), 0);
		ck_assert_int_eq(s.messages[1]->fate, BRG_FATE_SENT);
		ck_assert_uint_eq(s.fh->effects, 2 * call);
		ck_assert_uint_eq(s.fh->items_named, 2 * call);
	}
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
	ck_assert_uint_eq(s.fh->connects, 1);
}
END_TEST

/* More recipients than answers may be under way: they come in turns. */
START_TEST(test_many_recipients)
{
	enum { PEOPLE = 250 };
	static char text[PEOPLE][40];
	static struct fake_turn turns[PEOPLE + 6];
	static const struct fake_turn first[] = { HELLO, PIPES, MAIL };
	static const struct fake_turn last[] = { DATA, DOT(ONE, "250 ok") };
	struct brg_message *m;
	uint32_t before;

	memcpy(turns, first, sizeof(first));
	for (size_t i = 0; i < PEOPLE; i++) {
		int n = sprintf(text[i], "RCPT TO:<a%zu@x>\r\n", i);

		turns[3 + i] = (struct fake_turn){ text[i], (size_t)n, "250 ok\r\n", 8, FAKE_GO };
	}
	turns[3 + 7].answer = "550 no\r\n";
	memcpy(turns + 3 + PEOPLE, last, sizeof(last));
	ck_assert_int_eq(session_open(&s, turns, PEOPLE + 5, SETTINGS), 0);
	m = session_message(&s, "me@example.com", "a@x", ONE, 19);
	m->to = s.fh->host.alloc(fakehost_arena(s.fh), PEOPLE * sizeof(*m->to));
	m->n_to = PEOPLE;
	for (size_t i = 0; i < PEOPLE; i++)
		m->to[i].address = (struct brg_str){ text[i] + 9, strlen(text[i]) - 12 };
	before = s.fh->rounds;
	ck_assert_int_eq(session_send(&s), 0);
	expect_followed(&s);
	ck_assert_uint_eq(s.fh->rounds - before, 4);
	ck_assert_int_eq(m->fate, BRG_FATE_SENT);
	for (size_t i = 0; i < PEOPLE; i++)
		ck_assert_int_eq(m->to[i].err != NULL, i == 7);
}
END_TEST

/* Words as long as they like: bounded, and no half of a character. */
START_TEST(test_long_words)
{
	static char said[5000];
	struct fake_turn turns[] = { HELLO, PLAINLY, T("MAIL FROM:<me@example.com>", "") };
	const struct brg_err *why;
	size_t n = 0;

	for (int line = 0; line < 3; line++) {
		n += (size_t)sprintf(said + n, "550%c5.7.1 a", line < 2 ? '-' : ' ');
		for (int i = 0; i < 400; i++)
			n += (size_t)sprintf(said + n, "\xc3\xa5");
		n += (size_t)sprintf(said + n, "\r\n");
	}
	turns[2].answer = said;
	turns[2].answer_len = n;
	ck_assert_int_eq(session_open(&s, turns, 3, SETTINGS), 0);
	session_message(&s, "me@example.com", "a@x", ONE, 19);
	ck_assert_int_eq(session_send(&s), 0);
	why = s.messages[0]->err;
	ck_assert_str_eq(code_of(why), "BRG-SMTP-0021");
	n = strlen(why->said);
	ck_assert_uint_gt(n, 250);
	ck_assert_int_eq(memcmp(why->said, "550 5.7.1 a\xc3\xa5", 13), 0);
	ck_assert_int_eq(memcmp(why->said + n - 2, "\xc3\xa5", 2), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("smtp");
	TCase *t = tcase_create("send");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_send, 0, N(cases));
	tcase_add_loop_test(t, test_need, 0, N(needs));
	tcase_add_test(t, test_lines);
	tcase_add_loop_test(t, test_dots, 0, N(dots));
	tcase_add_loop_test(t, test_large, 0, 2);
	tcase_add_test(t, test_rounds);
	tcase_add_test(t, test_large_is_not_sent_blindly);
	tcase_add_test(t, test_calls);
	tcase_add_test(t, test_many_recipients);
	tcase_add_test(t, test_long_words);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
