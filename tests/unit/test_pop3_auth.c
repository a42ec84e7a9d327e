/* SPDX-License-Identifier: Apache-2.0
 *
 * The POP3 connector's ways in beside passwords over SASL: OAuth access tokens, and APOP.
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

#define CAPA(sasl)   FAKE_TURN("CAPA\r\n", "+OK\r\nTOP\r\nUIDL\r\nPIPELINING\r\n" sasl ".\r\n")
#define KNOWN(words) "v1 1699999999000000 127.0.0.1:110:2 0 CAPA TOP UIDL PIPELINING " words
#define TOKEN                                                                                  \
	"host=127.0.0.1\ntls=none\nusername=ann\noauth=sign-in\noauth-token-url=https://x/t\n" \
	"oauth-client-id=c\n"
/* "user=ann", ^A, "auth=Bearer t1", ^A, ^A; and with t2. */
#define X1 "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDEBAQ=="
#define X2 "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdDIBAQ=="
/* "n,a=ann,", ^A, "host=127.0.0.1", ^A, "port=110", ^A, "auth=Bearer t1", ^A, ^A */
#define O1 "bixhPWFubiwBaG9zdD0xMjcuMC4wLjEBcG9ydD0xMTABYXV0aD1CZWFyZXIgdDEBAQ=="
/* The same for "a=n,". */
#define O_ODD "bixhPWE9M0RuPTJDLAFob3N0PTEyNy4wLjAuMQFwb3J0PTExMAFhdXRoPUJlYXJlciB0MQEB"
/* {"status":"401"} */
#define WHY "eyJzdGF0dXMiOiI0MDEifQ=="

#define XOAUTH2(secret, answer) FAKE_TURN("AUTH XOAUTH2 " secret "\r\n", answer "\r\n")
#define BEARER(secret, answer)	FAKE_TURN("AUTH OAUTHBEARER " secret "\r\n", answer "\r\n")
#define SAYS(line, answer)	FAKE_TURN(line "\r\n", answer "\r\n")

/* RFC 1939 section 7 has this stamp, name, secret and digest. */
#define STAMP	      "<1896.697170952@dbc.mtview.ca.us>"
#define MROSE	      "host=127.0.0.1\ntls=none\nusername=mrose\npassword=tanstaaf\n"
#define APOP(answer)  FAKE_TURN("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n", answer "\r\n")
#define GREETS(stamp) FAKE_SAYS("+OK POP3 server ready " stamp "\r\n")
#define USER	      FAKE_TURN("USER mrose\r\n", "+OK\r\n")
#define PASS(answer)  FAKE_TURN("PASS tanstaaf\r\n", answer "\r\n")
#define NONE                        \
	{                           \
		NULL, 0, NULL, 0, 0 \
	}

struct auth_case {
	const char *name, *settings, *remembered, *tokens;
	struct fake_turn turns[8];
	const char *code; /* "": it works */
	uint32_t asked, refused;
};

static const struct auth_case cases[] = {
	{ "XOAUTH2 as remembered",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1",
	  { HELLO, XOAUTH2(X1, "+OK") },
	  "",
	  1,
	  0 },
	{ "OAUTHBEARER first",
	  TOKEN,
	  "",
	  "t1",
	  { HELLO, CAPA("SASL PLAIN XOAUTH2 OAUTHBEARER\r\n"), BEARER(O1, "+OK") },
	  "",
	  1,
	  0 },
	{ "a name with = and ,",
	  TOKEN "username=a=n,\n",
	  KNOWN("OAUTHBEARER"),
	  "t1",
	  { HELLO, BEARER(O_ODD, "+OK") },
	  "",
	  1,
	  0 },
	{ "named by the option",
	  TOKEN "auth=xoauth2\n",
	  KNOWN("OAUTHBEARER"),
	  "t1",
	  { HELLO, XOAUTH2(X1, "+OK") },
	  "",
	  1,
	  0 },
	{ "no CAPA at all",
	  TOKEN,
	  "",
	  "t1",
	  { HELLO, FAKE_TURN("CAPA\r\n", "-ERR\r\n"), XOAUTH2(X1, "+OK") },
	  "",
	  1,
	  0 },
	{ "a password in spite of it",
	  TOKEN "password=s3cr3t\nauth=plain\n",
	  KNOWN("PLAIN"),
	  NULL,
	  { HELLO, LOGIN },
	  "",
	  0,
	  0 },
	{ "the server wants to ask first",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1",
	  { HELLO, XOAUTH2(X1, "+ "), SAYS(X1, "+OK") },
	  "",
	  1,
	  0 },
	{ "refused once",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1 t2",
	  { HELLO, XOAUTH2(X1, "+ " WHY), SAYS("", "-ERR [AUTH] no"), XOAUTH2(X2, "+OK") },
	  "",
	  2,
	  1 },
	{ "refused once, without a challenge or a code",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1 t2",
	  { HELLO, XOAUTH2(X1, "-ERR no"), XOAUTH2(X2, "+OK") },
	  "",
	  2,
	  1 },
	{ "OAUTHBEARER refused twice",
	  TOKEN,
	  KNOWN("OAUTHBEARER"),
	  "t1 t1",
	  { HELLO, BEARER(O1, "+ " WHY), SAYS("AQ==", "-ERR [AUTH] no"), BEARER(O1, "+ " WHY),
	    SAYS("AQ==", "-ERR [AUTH] no") },
	  "BRG-POP3-0023",
	  2,
	  1 },
	{ "a locked maildrop is no fault of the token",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1",
	  { HELLO, XOAUTH2(X1, "-ERR [IN-USE] busy") },
	  "BRG-POP3-0012",
	  1,
	  0 },
	{ "nobody has signed in", TOKEN, KNOWN("XOAUTH2"), NULL, { HELLO }, "BRG-FAKE-0008", 1, 0 },
	{ "no mechanism for tokens",
	  TOKEN,
	  "",
	  "t1",
	  { HELLO, CAPA("SASL PLAIN\r\n") },
	  "BRG-POP3-0024",
	  0,
	  0 },
	{ "it has one now",
	  TOKEN,
	  KNOWN("PLAIN"),
	  "t1",
	  { HELLO, CAPA("SASL XOAUTH2\r\n"), XOAUTH2(X1, "+OK") },
	  "",
	  1,
	  0 },
	{ "XOAUTH2 is gone",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1 t2",
	  { HELLO, XOAUTH2(X1, "-ERR no"), XOAUTH2(X2, "-ERR no"), CAPA("SASL OAUTHBEARER\r\n"),
	    BEARER("bixhPWFubiwBaG9zdD0xMjcuMC4wLjEBcG9ydD0xMTABYXV0aD1CZWFyZXIgdDIBAQ==", "+OK") },
	  "",
	  3,
	  1 },
	{ "no end of challenges",
	  TOKEN,
	  KNOWN("XOAUTH2"),
	  "t1",
	  { HELLO, XOAUTH2(X1, "+ " WHY), SAYS("", "+ " WHY) },
	  "BRG-POP3-0008",
	  1,
	  0 },
	{ "a mechanism for tokens without OAuth",
	  SETTINGS "auth=oauthbearer\n",
	  REMEMBERED,
	  "t1",
	  { NONE },
	  "BRG-POP3-0025",
	  0,
	  0 },

	{ "APOP in clear text",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS(STAMP), APOP("+OK") },
	  "",
	  0,
	  0 },
	{ "APOP goes before PLAIN",
	  MROSE,
	  KNOWN("PLAIN"),
	  NULL,
	  { GREETS(STAMP), APOP("+OK") },
	  "",
	  0,
	  0 },
	{ "not under TLS",
	  MROSE "tls=implicit\n",
	  "v1 1699999999000000 127.0.0.1:995:0 0 CAPA PIPELINING USER",
	  NULL,
	  { GREETS(STAMP), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "unless it is asked for",
	  MROSE "tls=implicit\nauth=apop\n",
	  "v1 1699999999000000 127.0.0.1:995:0 0 CAPA PIPELINING USER",
	  NULL,
	  { GREETS(STAMP), APOP("+OK") },
	  "",
	  0,
	  0 },
	{ "asked for, and no stamp",
	  MROSE "auth=apop\n",
	  KNOWN("USER"),
	  NULL,
	  { GREETS("") },
	  "BRG-POP3-0027",
	  0,
	  0 },
	{ "a stamp that is no message id",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS("<1896.697170952dbc.mtview.ca.us>"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "a stamp with two @",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS("<1@2@3>"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "a stamp with a byte that has no place there",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS("<1\x80@dbc>"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "a stamp without end",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS("<1896.697170952@dbc"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "a stamp of nothing",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS("<@>"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "APOP does not know this user",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS(STAMP), APOP("-ERR no"), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
	{ "wrong for APOP and PASS",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS(STAMP), APOP("-ERR no"), USER, PASS("-ERR no") },
	  "BRG-POP3-0011",
	  0,
	  0 },
	{ "wrong for APOP, with a code",
	  MROSE,
	  KNOWN("USER"),
	  NULL,
	  { GREETS(STAMP), APOP("-ERR [AUTH] no") },
	  "BRG-POP3-0011",
	  0,
	  0 },
	{ "only APOP is wanted",
	  MROSE "auth=apop\n",
	  KNOWN("USER"),
	  NULL,
	  { GREETS(STAMP), APOP("-ERR no") },
	  "BRG-POP3-0011",
	  0,
	  0 },
	{ "APOP was of no use before",
	  MROSE,
	  KNOWN("USER -APOP"),
	  NULL,
	  { GREETS(STAMP), USER, PASS("+OK") },
	  "",
	  0,
	  0 },
};

START_TEST(test_auth)
{
	const struct auth_case *c = &cases[_i];
	int rc;

	for (size_t chunk = 0; chunk < 4; chunk++) {
		s.fh->chunk = chunk;
		s.fh->tokens = c->tokens;
		s.fh->token_asked = s.fh->token_refused = 0;
		fakehost_set_state(s.fh, "capa", c->remembered);
		rc = session_open(&s, c->turns, count_turns(c->turns, N(c->turns)), c->settings);
		ck_assert_msg((rc == 0) == (*c->code == '\0'), "%s: %d %s", c->name, rc,
			      s.fh->wrong);
		if (*c->code)
			ck_assert_str_eq(s.err.fault->code, c->code);
		ck_assert_msg(fakehost_followed(s.fh), "%s: %s", c->name, s.fh->wrong);
		ck_assert_uint_eq(s.fh->token_asked, c->asked);
		ck_assert_uint_eq(s.fh->token_refused, c->refused);
	}
}
END_TEST

/* That APOP is of no use is known at the next visit. */
START_TEST(test_apop_is_remembered)
{
	static const struct fake_turn first[] = { GREETS(STAMP), APOP("-ERR no"), USER,
						  PASS("+OK") };
	static const struct fake_turn then[] = { GREETS(STAMP), USER, PASS("+OK") };

	fakehost_set_state(s.fh, "capa", KNOWN("USER"));
	ck_assert_int_eq(session_open(&s, first, N(first), MROSE), 0);
	ck_assert_int_eq(session_open(&s, then, N(then), MROSE), 0);
	expect_followed(&s);
}
END_TEST

/* RFC 5034 section 4: what makes the line too long comes after the server has asked. */
START_TEST(test_long_token)
{
	char token[3001], said[4200], *expect = said;
	struct fake_turn turns[] = { HELLO, SAYS("AUTH XOAUTH2", "+ "), FAKE_TURN("", "+OK\r\n") };

	memset(token, 'A', 3000);
	token[3000] = '\0';
	/* "user=ann^Aauth=Bearer " has 21 octets, so that A stands for itself. */
	expect += sprintf(expect, "dXNlcj1hbm4BYXV0aD1CZWFyZXIg");
	for (size_t i = 0; i < 1000; i++)
		expect += sprintf(expect, "QUFB");
	expect += sprintf(expect, "AQE=\r\n");
	turns[2].expect = said;
	turns[2].expect_len = (size_t)(expect - said);
	s.fh->tokens = token;
	fakehost_set_state(s.fh, "capa", KNOWN("XOAUTH2"));
	ck_assert_int_eq(session_open(&s, turns, N(turns), TOKEN), 0);
	expect_followed(&s);
}
END_TEST

START_TEST(test_tokens_stay_secret)
{
	static const struct fake_turn turns[] = {
		HELLO,
		XOAUTH2("dXNlcj1hbm4BYXV0aD1CZWFyZXIgc2VjcmV0LXRva2VuAQE=",
			"-ERR [AUTH] what is SECRET-token"),
		XOAUTH2("dXNlcj1hbm4BYXV0aD1CZWFyZXIgc2VjcmV0LXRva2VuAQE=",
			"-ERR [AUTH] what is secret-TOKEN"),
	};

	s.fh->tokens = "secret-token";
	fakehost_set_state(s.fh, "capa", KNOWN("XOAUTH2"));
	ck_assert_int_eq(session_open(&s, turns, N(turns), TOKEN), BRG_EAUTH);
	expect_followed(&s);
	ck_assert_ptr_nonnull(strstr(s.err.said, "withheld"));
	ck_assert_ptr_null(strcasestr(s.err.said, "secret-"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pop3 auth");
	TCase *t = tcase_create("auth");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_auth, 0, N(cases));
	tcase_add_test(t, test_apop_is_remembered);
	tcase_add_test(t, test_long_token);
	tcase_add_test(t, test_tokens_stay_secret);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
