/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMTP connector's way in: greeting, EHLO, STARTTLS and every way to log in.
 */
#include "plugins/connector/smtp/smtp.h"
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

#define LOGS_IN SETTINGS "username=ann\npassword=s3cr3t\n"
#define TOKEN \
	SETTINGS "username=ann\noauth=sign-in\noauth-token-url=https://x/t\noauth-client-id=c\n"
#define TLS	  "host=mx.example\ntls=starttls\nname=me.example\n"
#define SECRET	  "AGFubgBzM2NyM3Q="
#define CHALLENGE "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
/* "user=ann", ^A, "auth=Bearer t1", ^A, ^A; and with t2. */
#define X1 "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDEBAQ=="
#define X2 "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDIBAQ=="
/* "n,a=ann,", ^A, "host=127.0.0.1", ^A, "port=587", ^A, "auth=Bearer t1", ^A, ^A */
#define O1 "bixhPWFubiwBaG9zdD0xMjcuMC4wLjEBcG9ydD01ODcBYXV0aD1CZWFyZXIgdDEBAQ=="
/* {"status":"401"} */
#define WHY "eyJzdGF0dXMiOiI0MDEifQ=="

struct login_case {
	const char *name, *settings, *tokens;
	struct fake_turn turns[8];
	const char *code; /* "": it works */
	uint32_t asked, refused;
	const char *said; /* part of the words; NULL: whatever */
};

/* clang-format off */
static const struct login_case cases[] = {
	{ "no login", SETTINGS, NULL, { HELLO, PLAINLY }, "", 0, 0, NULL },
	{ "a greeting of many lines", SETTINGS, NULL,
	  { FAKE_SAYS("220-mx\r\n220-no spam\r\n220\r\n"), PLAINLY }, "", 0, 0, NULL },
	{ "turned away", SETTINGS, NULL, { FAKE_SAYS("554-5.7.1 you\r\n554 5.7.1 again\r\n") },
	  "BRG-SMTP-0004", 0, 0, "554 5.7.1 you again" },
	{ "busy", SETTINGS, NULL, { SAYS("421 later") }, "BRG-SMTP-0004", 0, 0, "421 later" },
	{ "another protocol", SETTINGS, NULL, { SAYS("+OK hello") }, "BRG-SMTP-0005", 0, 0, "+OK" },
	{ "another number", SETTINGS, NULL, { SAYS("250 hello") }, "BRG-SMTP-0005", 0, 0, NULL },
	{ "numbers that differ", SETTINGS, NULL, { FAKE_SAYS("220-a\r\n221 b\r\n") },
	  "BRG-SMTP-0005", 0, 0, NULL },
	{ "no number", SETTINGS, NULL, { SAYS("2x0 hello") }, "BRG-SMTP-0005", 0, 0, NULL },
	{ "a number of no reply", SETTINGS, NULL, { SAYS("199 hello") }, "BRG-SMTP-0005", 0, 0, NULL },
	{ "an odd sign behind the number", SETTINGS, NULL, { SAYS("220/hello") }, "BRG-SMTP-0005",
	  0, 0, NULL },
	{ "hangs up", SETTINGS, NULL, { { NULL, 0, "", 0, FAKE_CLOSE } }, "BRG-SMTP-0006", 0, 0, NULL },
	{ "hangs up in the greeting", SETTINGS, NULL, { { NULL, 0, "220 h", 5, FAKE_CLOSE } },
	  "BRG-SMTP-0006", 0, 0, NULL },
	{ "is silent", SETTINGS, NULL, { { NULL, 0, "", 0, FAKE_HANG } }, "BRG-FAKE-0002", 0, 0, NULL },
	{ "control characters and what is no text", SETTINGS, NULL, { SAYS("554 a\x01""b\xff\xc3\xa5") },
	  "BRG-SMTP-0004", 0, 0, "554 a b?\xc3\xa5" },
	{ "what looks like text and is none", SETTINGS, NULL,
	  { SAYS("554 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe0\x80\x80 \xe2\x82") },
	  "BRG-SMTP-0004", 0, 0, "554 ?? ??? ???? ??? ??" },

	{ "no EHLO", SETTINGS, NULL,
	  { HELLO, T("EHLO me.example", "502 what?"), T("HELO me.example", "250 mx") }, "", 0, 0, NULL },
	{ "no HELO either", SETTINGS, NULL,
	  { HELLO, T("EHLO me.example", "550 5.7.1 no"), T("HELO me.example", "550 5.7.1 no") },
	  "BRG-SMTP-0015", 0, 0, "550 5.7.1 no" },
	{ "not now", SETTINGS, NULL, { HELLO, T("EHLO me.example", "450 wait") }, "BRG-SMTP-0015",
	  0, 0, "450 wait" },
	{ "closing at EHLO", SETTINGS, NULL, { HELLO, T("EHLO me.example", "421 bye") },
	  "BRG-SMTP-0014", 0, 0, "421 bye" },

	{ "STARTTLS", TLS, NULL,
	  { HELLO, EHLO("250-STARTTLS\r\n250-CHUNKING\r\n"), T("STARTTLS", "220 go"), PLAINLY },
	  "", 0, 0, NULL },
	{ "no STARTTLS", TLS, NULL, { HELLO, PLAINLY }, "BRG-SMTP-0008", 0, 0, NULL },
	{ "STARTTLS refused", TLS, NULL,
	  { HELLO, EHLO("250-STARTTLS\r\n"), T("STARTTLS", "454 4.7.0 no") }, "BRG-SMTP-0008", 0, 0,
	  "454 4.7.0 no" },
	{ "bytes before the handshake", TLS, NULL,
	  { HELLO, EHLO("250-STARTTLS\r\n"), FAKE_TURN("STARTTLS\r\n", "220 go\r\n250 evil\r\n") },
	  "BRG-FAKE-0003", 0, 0, NULL },
	{ "nothing in clear before TLS", TLS "username=ann\npassword=s3cr3t\n", NULL,
	  { HELLO, EHLO("250-AUTH PLAIN\r\n") }, "BRG-SMTP-0008", 0, 0, NULL },
	{ "what was offered before TLS does not count", TLS "username=ann\npassword=s3cr3t\n", NULL,
	  { HELLO, EHLO("250-STARTTLS\r\n250-AUTH LOGIN\r\n"), T("STARTTLS", "220 go"),
	    EHLO("250-AUTH PLAIN\r\n"), T("AUTH PLAIN " SECRET, "235 in") }, "", 0, 0, NULL },

	{ "in clear to another machine",
	  "host=mx.example\ntls=none\nusername=ann\npassword=s3cr3t\n", NULL, { { 0 } },
	  "BRG-SMTP-0003", 0, 0, NULL },
	{ "a token, too", "host=127.0.0.1.evil\ntls=none\nusername=ann\noauth=sign-in\n", NULL,
	  { { 0 } }, "BRG-SMTP-0003", 0, 0, NULL },
	{ "if that is allowed",
	  "host=mx.example\ntls=none\nusername=ann\npassword=s3cr3t\ninsecure-login=yes\nname=me.example\n",
	  NULL, { HELLO, EHLO("250-AUTH PLAIN\r\n"), T("AUTH PLAIN " SECRET, "235 in") }, "", 0, 0, NULL },
	{ "without a login nothing is secret", "host=mx.example\ntls=none\nname=me.example\n", NULL,
	  { HELLO, PLAINLY }, "", 0, 0, NULL },
	{ "no password", SETTINGS "username=ann\n", NULL, { { 0 } }, "BRG-SMTP-0002", 0, 0, NULL },
	{ "no user", SETTINGS "auth=plain\npassword=x\n", NULL, { { 0 } }, "BRG-SMTP-0002", 0, 0, NULL },
	{ "a name with a blank", SETTINGS "name=me too\n", NULL, { { 0 } }, "BRG-SMTP-0002", 0, 0, NULL },
	{ "a login that is not to be used", LOGS_IN "auth=none\n", NULL,
	  { HELLO, EHLO("250-AUTH PLAIN\r\n") }, "", 0, 0, NULL },

	{ "PLAIN before LOGIN and CRAM-MD5 under TLS", TLS "username=ann\npassword=s3cr3t\n", NULL,
	  { HELLO, EHLO("250-STARTTLS\r\n"), T("STARTTLS", "220 go"),
	    EHLO("250-AUTH CRAM-MD5 LOGIN PLAIN\r\n"), T("AUTH PLAIN " SECRET, "235 in") },
	  "", 0, 0, NULL },
	{ "the old way to offer", LOGS_IN, NULL,
	  { HELLO, EHLO("250-AUTH=LOGIN PLAIN\r\n"), T("AUTH PLAIN " SECRET, "235 in") }, "", 0, 0, NULL },
	{ "LOGIN", LOGS_IN, NULL,
	  { HELLO, EHLO("250-auth login\r\n"), T("AUTH LOGIN", "334 VXNlcm5hbWU6"),
	    T("YW5u", "334 UGFzc3dvcmQ6"), T("czNjcjN0", "235 in") }, "", 0, 0, NULL },
	{ "LOGIN that goes on asking", LOGS_IN "auth=login\n", NULL,
	  { HELLO, PLAINLY, T("AUTH LOGIN", "334 VXNlcm5hbWU6"), T("YW5u", "334 UGFzc3dvcmQ6"),
	    T("czNjcjN0", "334 more") }, "BRG-SMTP-0007", 0, 0, NULL },
	/* The example of RFC 2195 section 2. */
	{ "CRAM-MD5 in clear text", SETTINGS "username=tim\npassword=tanstaaftanstaaf\n", NULL,
	  { HELLO, EHLO("250-AUTH PLAIN CRAM-MD5\r\n"), T("AUTH CRAM-MD5", "334 " CHALLENGE),
	    T("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", "235 in") }, "", 0, 0, NULL },
	{ "CRAM-MD5 with a challenge that is none", LOGS_IN "auth=cram-md5\n", NULL,
	  { HELLO, PLAINLY, T("AUTH CRAM-MD5", "334 wha") }, "BRG-SMTP-0007", 0, 0, NULL },
	{ "nothing that we know", LOGS_IN, NULL, { HELLO, EHLO("250-AUTH GSSAPI\r\n") },
	  "BRG-SMTP-0011", 0, 0, NULL },
	{ "no AUTH at all", LOGS_IN, NULL, { HELLO, PLAINLY }, "BRG-SMTP-0011", 0, 0, NULL },
	{ "wrong", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "535 5.7.8 no") }, "BRG-SMTP-0009", 0, 0,
	  "535 5.7.8 no" },
	{ "not now", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "454 4.7.0 no") }, "BRG-SMTP-0010", 0, 0, NULL },
	{ "not this way", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "504 5.5.4 no") }, "BRG-SMTP-0011", 0, 0, NULL },
	{ "only under TLS", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "538 5.7.11 no") }, "BRG-SMTP-0011", 0, 0, NULL },
	{ "an odd yes", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "250 fine") }, "BRG-SMTP-0007", 0, 0, NULL },
	{ "closing at AUTH", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "421 bye") }, "BRG-SMTP-0014", 0, 0, NULL },
	{ "repeats the password", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "535 what is S3CR3T") }, "BRG-SMTP-0009", 0, 0,
	  "withheld" },
	{ "repeats the line", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "501 AUTH PLAIN " SECRET) }, "BRG-SMTP-0009", 0, 0,
	  "withheld" },
	{ "repeats the line and breaks the protocol", LOGS_IN "auth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "AUTH PLAIN " SECRET) }, "BRG-SMTP-0007", 0, 0,
	  "withheld" },

	{ "OAUTHBEARER first", TOKEN, "t1",
	  { HELLO, EHLO("250-AUTH PLAIN XOAUTH2 OAUTHBEARER\r\n"), T("AUTH OAUTHBEARER " O1, "235 in") },
	  "", 1, 0, NULL },
	{ "XOAUTH2", TOKEN, "t1", { HELLO, EHLO("250-AUTH XOAUTH2\r\n"), T("AUTH XOAUTH2 " X1, "235 in") },
	  "", 1, 0, NULL },
	{ "no mechanism for tokens", TOKEN, "t1", { HELLO, EHLO("250-AUTH PLAIN\r\n") },
	  "BRG-SMTP-0011", 0, 0, NULL },
	{ "a token that is refused once", TOKEN, "t1 t2",
	  { HELLO, EHLO("250-AUTH XOAUTH2\r\n"), T("AUTH XOAUTH2 " X1, "334 " WHY), T("", "535 no"),
	    T("AUTH XOAUTH2 " X2, "235 in") }, "", 2, 1, NULL },
	{ "at once, without a challenge", TOKEN, "t1 t2",
	  { HELLO, EHLO("250-AUTH XOAUTH2\r\n"), T("AUTH XOAUTH2 " X1, "535 no"),
	    T("AUTH XOAUTH2 " X2, "235 in") }, "", 2, 1, NULL },
	{ "OAUTHBEARER refused twice", TOKEN, "t1 t1",
	  { HELLO, EHLO("250-AUTH OAUTHBEARER\r\n"), T("AUTH OAUTHBEARER " O1, "334 " WHY),
	    T("AQ==", "535 no"), T("AUTH OAUTHBEARER " O1, "334 " WHY), T("AQ==", "535 no") },
	  "BRG-SMTP-0012", 2, 1, "535 no" },
	{ "a token that is refused for now", TOKEN, "t1",
	  { HELLO, EHLO("250-AUTH XOAUTH2\r\n"), T("AUTH XOAUTH2 " X1, "454 later") },
	  "BRG-SMTP-0010", 1, 0, NULL },
	{ "nobody has signed in", TOKEN, NULL, { HELLO, EHLO("250-AUTH XOAUTH2\r\n") },
	  "BRG-FAKE-0008", 1, 0, NULL },
	{ "a mechanism for tokens without OAuth", LOGS_IN "auth=xoauth2\n", "t1", { { 0 } },
	  "BRG-SMTP-0018", 0, 0, NULL },
	{ "a password in spite of OAuth", TOKEN "password=s3cr3t\nauth=plain\n", NULL,
	  { HELLO, PLAINLY, T("AUTH PLAIN " SECRET, "235 in") }, "", 0, 0, NULL },
	{ "repeats the token", TOKEN "auth=xoauth2\n", "secret-token",
	  { HELLO, PLAINLY,
	    T("AUTH XOAUTH2 dXNlcj1hbm4BYXV0aD1CZWFyZXIgc2VjcmV0LXRva2VuAQE=", "454 what is secret-TOKEN") },
	  "BRG-SMTP-0010", 1, 0, "withheld" },
};
/* clang-format on */

START_TEST(test_login)
{
	const struct login_case *c = &cases[_i];
	int rc;

	for (size_t chunk = 0; chunk < 4; chunk++) {
		s.fh->chunk = chunk;
		s.fh->tokens = c->tokens;
		s.fh->token_asked = s.fh->token_refused = 0;
		rc = session_open(&s, c->turns, count_turns(c->turns, N(c->turns)), c->settings);
		ck_assert_msg((rc == 0) == (*c->code == '\0'), "%s: %d %s %s", c->name, rc,
			      code_of(&s.err), s.fh->wrong);
		ck_assert_msg(strcmp(rc < 0 ? code_of(&s.err) : "", c->code) == 0, "%s: %s",
			      c->name, code_of(&s.err));
		ck_assert_msg(fakehost_followed(s.fh), "%s: %s", c->name, s.fh->wrong);
		ck_assert_msg(!c->said || strstr(s.err.said, c->said), "%s: said \"%s\"", c->name,
			      s.err.said);
		ck_assert_uint_eq(s.fh->token_asked, c->asked);
		ck_assert_uint_eq(s.fh->token_refused, c->refused);
		ck_assert_int_eq(s.fh->tls, rc == 0 && strstr(c->settings, "starttls"));
	}
}
END_TEST

/* RFC 5321 section 4.1.1.1: our own name is a whole one or an address. */
START_TEST(test_own_name)
{
	static const struct fake_turn turns[] = { HELLO, FAKE_CLOSES("EHLO ", "421 bye\r\n") };
	const char *end;

	ck_assert_int_lt(session_open(&s, turns, N(turns), "host=127.0.0.1\ntls=none\n"), 0);
	end = memchr(s.fh->sent.ptr, '\r', s.fh->sent.len);
	ck_assert_ptr_nonnull(end);
	ck_assert_uint_gt((size_t)(end - s.fh->sent.ptr), 5);
	ck_assert_ptr_null(memchr(s.fh->sent.ptr + 5, ' ', (size_t)(end - s.fh->sent.ptr) - 5));
	ck_assert_ptr_nonnull(memchr(s.fh->sent.ptr, '.', (size_t)(end - s.fh->sent.ptr)));
}
END_TEST

/* A server that sends no end is not waited for without bound. */
START_TEST(test_bounds)
{
	static char text[300000];
	struct fake_turn turns[] = { { NULL, 0, text, 0, FAKE_GO } };
	size_t n = 0;

	memset(text, 'a', 5000);
	memcpy(text, "220 ", 4);
	turns[0].answer_len = 5000;
	ck_assert_int_lt(session_open(&s, turns, 1, SETTINGS), 0);
	ck_assert_str_eq(code_of(&s.err), "BRG-SMTP-0005");
	for (int i = 0; i < 300; i++)
		n += (size_t)sprintf(text + n, "220-line\r\n");
	turns[0].answer_len = n;
	for (size_t chunk = 0; chunk < 3; chunk++) {
		s.fh->chunk = chunk * 7;
		ck_assert_int_lt(session_open(&s, turns, 1, SETTINGS), 0);
		ck_assert_str_eq(code_of(&s.err), "BRG-SMTP-0005");
	}
	ck_assert_uint_lt(strlen(s.err.said), sizeof(s.err.said));
}
END_TEST

/* Which way a server is gone in by that could be gone in by all of them. */
START_TEST(test_scram_first)
{
	static const struct fake_turn sha256[] = {
		HELLO, EHLO("250-AUTH PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256\r\n"),
		FAKE_CLOSES("AUTH SCRAM-SHA-256 biwsbj1hbm4scj", "535 no\r\n")
	};
	static const struct fake_turn sha1[] = {
		HELLO, EHLO("250-AUTH PLAIN CRAM-MD5 SCRAM-SHA-1\r\n"),
		FAKE_CLOSES("AUTH SCRAM-SHA-1 biwsbj1hbm4scj", "535 no\r\n")
	};

	ck_assert_int_lt(session_open(&s, sha256, N(sha256), LOGS_IN), 0);
	ck_assert_msg(!s.fh->wrong[0], "%s", s.fh->wrong);
	ck_assert_str_eq(code_of(&s.err), "BRG-SMTP-0009");
	ck_assert_int_lt(session_open(&s, sha1, N(sha1), LOGS_IN), 0);
	ck_assert_msg(!s.fh->wrong[0], "%s", s.fh->wrong);
}
END_TEST

/* A server that lets us in without its proof, or asks for one that is easily broken. */
START_TEST(test_scram_impostor)
{
	static const char *const answers[] = {
		"235 welcome\r\n",
		"334 what\r\n",
		"334 \r\n",
		/* r=x,s=QSXCR+Q6sek8bf92,i=4096: not our nonce */
		"334 cj14LHM9UVNYQ1IrUTZzZWs4YmY5MixpPTQwOTY=\r\n",
	};

	for (size_t i = 0; i < N(answers); i++) {
		struct fake_turn turns[] = { HELLO, PLAINLY,
					     FAKE_CLOSES("AUTH SCRAM-SHA-256 biwsbj1hbm4scj", "") };

		turns[2].answer = answers[i];
		turns[2].answer_len = strlen(answers[i]);
		ck_assert_int_lt(session_open(&s, turns, 3, LOGS_IN "auth=scram-sha-256\n"), 0);
		ck_assert_msg(strcmp(code_of(&s.err), "BRG-SMTP-0017") == 0, "%s: %s", answers[i],
			      code_of(&s.err));
	}
}
END_TEST

/* The examples of RFC 5802 section 5 and RFC 7677 section 3. */
START_TEST(test_scram)
{
	struct scram c;
	char out[512];

	scram_begin(&c, false, "fyko+d2lbbFgONRv9qkxdawL", "user");
	ck_assert_str_eq(c.first, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
	ck_assert(scram_answer(&c, "pencil",
			       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,"
			       "i=4096",
			       out, sizeof(out)));
	ck_assert_str_eq(out, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
			      "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
	ck_assert(scram_proven(&c, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
	ck_assert(!scram_proven(&c, "v=rmF9pqV8S7suAoZWja4dJRkFsKR="));
	ck_assert(!scram_proven(&c, "v="));
	ck_assert(!scram_proven(&c, ""));
	scram_begin(&c, true, "rOprNGfwEbeRWgbNEkqO", "user");
	ck_assert(scram_answer(&c, "pencil",
			       "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
			       "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			       out, sizeof(out)));
	ck_assert_str_eq(out, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
			      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	ck_assert(scram_proven(&c, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
	scram_begin(&c, true, "n", "a=b,c");
	ck_assert_str_eq(c.first, "n,,n=a=3Db=2Cc,r=n");
}
END_TEST

START_TEST(test_scram_challenges)
{
	static const char *const bad[] = {
		"",
		"r=abc,s=QSXCR+Q6sek8bf92,i=4096",	 /* nothing of the server's */
		"r=xbcdef,s=QSXCR+Q6sek8bf92,i=4096",	 /* not ours */
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=4095",	 /* too easy */
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=1000001", /* too much work */
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=99999999999999999999",
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=-4096",
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=",
		"r=abcdef,s=QSXCR+Q6sek8bf92,i=4096x",
		"r=abcdef,s=QSXCR+Q6sek8bf92",
		"r=abcdef,s=,i=4096",
		"r=abcdef,s=Q,i=4096",
		"r=abcdef,x=1,s=QSXCR+Q6sek8bf92,i=4096",
		"r=abcdef,s=QSXCR+Q6sek8bf92,x=1,i=4096",
		"m=x,r=abcdef,s=QSXCR+Q6sek8bf92,i=4096", /* an extension that must be known */
		"i=4096,s=QSXCR+Q6sek8bf92,r=abcdef",
	};
	struct scram c;
	char out[512];

	for (size_t i = 0; i < N(bad); i++) {
		scram_begin(&c, true, "abc", "user");
		ck_assert_msg(!scram_answer(&c, "pw", bad[i], out, sizeof(out)), "%s", bad[i]);
		ck_assert_msg(!scram_proven(&c, "v="), "%s", bad[i]);
	}
	scram_begin(&c, true, "abc", "user");
	ck_assert(
		scram_answer(&c, "pw", "r=abcdef,s=QSXCR+Q6sek8bf92,i=4096,x=1", out, sizeof(out)));
}
END_TEST

START_TEST(test_farewell)
{
	static const struct fake_turn turns[] = { HELLO, PLAINLY, T("NOOP", "250 ok"),
						  T("QUIT", "221 bye") };
	static const struct fake_turn cut[] = { HELLO, PLAINLY, FAKE_CLOSES("QUIT\r\n", "") };
	static const struct fake_turn sick[] = { HELLO, PLAINLY, T("NOOP", "451 4.3.0 no") };

	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_int_eq(s.c->probe(s.self, BRG_OUTGOING, &s.err), 0);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	expect_followed(&s);
	ck_assert_int_lt(s.c->probe(s.self, BRG_INCOMING, &s.err), 0);
	ck_assert_str_eq(code_of(&s.err), "BRG-SMTP-0030");
	ck_assert_int_eq(session_open(&s, cut, N(cut), SETTINGS), 0);
	ck_assert_int_eq(s.c->finish(s.self, &s.err), 0);
	ck_assert_int_eq(session_open(&s, sick, N(sick), SETTINGS), 0);
	ck_assert_int_lt(s.c->probe(s.self, BRG_OUTGOING, &s.err), 0);
	ck_assert_str_eq(code_of(&s.err), "BRG-SMTP-0015");
	ck_assert_str_eq(s.err.said, "451 4.3.0 no");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("smtp login");
	TCase *t = tcase_create("login");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_login, 0, N(cases));
	tcase_add_test(t, test_own_name);
	tcase_add_test(t, test_bounds);
	tcase_add_test(t, test_scram_first);
	tcase_add_test(t, test_scram_impostor);
	tcase_add_test(t, test_scram);
	tcase_add_test(t, test_scram_challenges);
	tcase_add_test(t, test_farewell);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
