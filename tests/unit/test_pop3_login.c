/* SPDX-License-Identifier: Apache-2.0
 *
 * The POP3 connector against scripted servers: logging in, and every way in which that
 * fails.
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

#define CAPA(more)   FAKE_TURN("CAPA\r\n", "+OK\r\nTOP\r\nUIDL\r\nUSER\r\n" more ".\r\n")
#define USER	     FAKE_TURN("USER ann\r\n", "+OK\r\n")
#define AUTH(answer) FAKE_TURN("AUTH PLAIN " SECRET "\r\n", answer "\r\n")
#define PASS(answer) FAKE_TURN("PASS s3cr3t\r\n", answer "\r\n")

struct login_case {
	const char *name, *settings, *remembered;
	struct fake_turn turns[8];
	const char *code; /* "": it works */
	int cls, scope, retry;
};

static const struct login_case logins[] = {
	{ "remembered", SETTINGS, REMEMBERED, { HELLO, LOGIN }, "", 0, 0, 0 },
	{ "first time",
	  SETTINGS,
	  "",
	  { HELLO, CAPA("PIPELINING\r\nSASL LOGIN PLAIN\r\n"), LOGIN },
	  "",
	  0,
	  0,
	  0 },
	{ "no SASL",
	  SETTINGS,
	  "",
	  { HELLO, CAPA("PIPELINING\r\n"), USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "asked again after the login",
	  SETTINGS,
	  "",
	  { HELLO, CAPA("SASL PLAIN\r\n"), LOGIN, CAPA("PIPELINING\r\n") },
	  "",
	  0,
	  0,
	  0 },
	{ "no CAPA",
	  SETTINGS,
	  "",
	  { HELLO, FAKE_TURN("CAPA\r\n", "-ERR what?\r\n"), USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "auth=user",
	  SETTINGS "auth=user\n",
	  REMEMBERED,
	  { HELLO, USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "initial response not taken",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("+ go on"), FAKE_TURN(SECRET "\r\n", "+OK\r\n") },
	  "",
	  0,
	  0,
	  0 },
	{ "another server's memory",
	  SETTINGS "port=1110\n",
	  REMEMBERED,
	  { HELLO, CAPA("PIPELINING\r\nSASL PLAIN\r\n"), LOGIN },
	  "",
	  0,
	  0,
	  0 },
	{ "memory too old",
	  SETTINGS,
	  "v1 1690000000000000 127.0.0.1:110:2 0 CAPA PIPELINING PLAIN",
	  { HELLO, CAPA("PIPELINING\r\n"), USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "garbled memory",
	  SETTINGS,
	  "v1 x\n\n",
	  { HELLO, CAPA("PIPELINING\r\n"), USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "PLAIN is gone",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR unknown"), CAPA("PIPELINING\r\n"), USER, PASS("+OK") },
	  "",
	  0,
	  0,
	  0 },
	{ "PLAIN is there, the password is not",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR no"), CAPA("SASL PLAIN\r\n") },
	  "BRG-POP3-0011",
	  BRG_EAUTH,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "wrong password with code",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR [AUTH] no") },
	  "BRG-POP3-0011",
	  BRG_EAUTH,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "wrong password without",
	  SETTINGS,
	  "",
	  { HELLO, CAPA("SASL X\r\n"), USER, PASS("-ERR bad login") },
	  "BRG-POP3-0011",
	  BRG_EAUTH,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "account locked is no locked maildrop",
	  SETTINGS,
	  "",
	  { HELLO, CAPA(""), USER, PASS("-ERR account locked") },
	  "BRG-POP3-0011",
	  BRG_EAUTH,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "in use",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR [IN-USE] busy") },
	  "BRG-POP3-0012",
	  BRG_EBUSY,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "locked in words",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR maildrop already locked") },
	  "BRG-POP3-0012",
	  BRG_EBUSY,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "locked in other words",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR cannot lock mailbox") },
	  "BRG-POP3-0012",
	  BRG_EBUSY,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "temporary in words",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR Try again later") },
	  "BRG-POP3-0014",
	  BRG_EIO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "greeting asks",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_SAYS("+ \r\n") },
	  "BRG-POP3-0006",
	  BRG_EPROTO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "login delay",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR [LOGIN-DELAY] wait") },
	  "BRG-POP3-0013",
	  BRG_ELIMIT,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "temporary",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR [SYS/TEMP] disk") },
	  "BRG-POP3-0014",
	  BRG_EIO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "permanent",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("-ERR [SYS/PERM] no POP for you") },
	  "BRG-POP3-0015",
	  BRG_EIO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "turned away",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_SAYS("-ERR go away\r\n") },
	  "BRG-POP3-0004",
	  BRG_EIO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "no greeting",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_CLOSES("", "") },
	  "BRG-POP3-0005",
	  BRG_EIO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "half a greeting",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_CLOSES("", "+OK hell") },
	  "BRG-POP3-0005",
	  BRG_EIO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "silence",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_HANGS("", "") },
	  "BRG-FAKE-0002",
	  BRG_ETIMEDOUT,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "not POP3",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_SAYS("220 smtp\r\n") },
	  "BRG-POP3-0006",
	  BRG_EPROTO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "+OKAY",
	  SETTINGS,
	  REMEMBERED,
	  { FAKE_SAYS("+OKAY\r\n") },
	  "BRG-POP3-0006",
	  BRG_EPROTO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "NUL",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("+OK a\0b") },
	  "BRG-POP3-0008",
	  BRG_EPROTO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "garbage for AUTH",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("yes") },
	  "BRG-POP3-0008",
	  BRG_EPROTO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "+ for ever",
	  SETTINGS,
	  REMEMBERED,
	  { HELLO, AUTH("+ "), FAKE_TURN(SECRET "\r\n", "+ \r\n") },
	  "BRG-POP3-0008",
	  BRG_EPROTO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "closed in CAPA",
	  SETTINGS,
	  "",
	  { HELLO, FAKE_CLOSES("CAPA\r\n", "+OK\r\nTOP\r\n") },
	  "BRG-POP3-0007",
	  BRG_EIO,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_LATER },
	{ "STLS",
	  SETTINGS "tls=starttls\n",
	  "v1 1699999999000000 127.0.0.1:110:1 0 CAPA PLAIN PIPELINING",
	  { HELLO, FAKE_TURN("STLS\r\n", "+OK go\r\n"), LOGIN },
	  "",
	  0,
	  0,
	  0 },
	{ "STLS refused",
	  SETTINGS "tls=starttls\n",
	  REMEMBERED,
	  { HELLO, FAKE_TURN("STLS\r\n", "-ERR no\r\n") },
	  "BRG-POP3-0010",
	  BRG_ETLS,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "STLS with bytes injected",
	  SETTINGS "tls=starttls\n",
	  REMEMBERED,
	  { HELLO, FAKE_TURN("STLS\r\n", "+OK go\r\n+OK you are in\r\n") },
	  "BRG-FAKE-0003",
	  BRG_EPROTO,
	  BRG_SCOPE_SERVER,
	  BRG_RETRY_LATER },
	{ "clear text to another machine",
	  "host=127.0.0.1.example.org\ntls=none\nusername=a\npassword=b\n",
	  "",
	  { { NULL, 0, NULL, 0, 0 } },
	  "BRG-POP3-0003",
	  BRG_EINVAL,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "no password",
	  "host=localhost\nusername=ann\n",
	  "",
	  { { NULL, 0, NULL, 0, 0 } },
	  "BRG-POP3-0002",
	  BRG_EINVAL,
	  BRG_SCOPE_MAILBOX,
	  BRG_RETRY_NEVER },
	{ "clear text allowed",
	  "host=pop.example\ntls=none\ninsecure-login=yes\nusername=ann\npassword=s3cr3t\n",
	  "v1 1699999999000000 pop.example:110:2 0 CAPA PLAIN PIPELINING",
	  { HELLO, LOGIN },
	  "",
	  0,
	  0,
	  0 },
};

START_TEST(test_login)
{
	const struct login_case *c = &logins[_i];
	int rc;

	for (size_t chunk = 0; chunk < 4; chunk++) {
		s.fh->chunk = chunk;
		fakehost_set_state(s.fh, "capa", c->remembered);
		rc = session_open(&s, c->turns, count_turns(c->turns, N(c->turns)), c->settings);
		if (!*c->code) {
			ck_assert_msg(rc == 0, "%s: %d %s %s", c->name, rc, s.err.params,
				      s.fh->wrong);
		} else {
			ck_assert_msg(rc == c->cls && s.err.code == c->cls && s.err.fault,
				      "%s: %d %s", c->name, rc, s.fh->wrong);
			ck_assert_str_eq(s.err.fault->code, c->code);
			ck_assert_msg(s.err.scope == c->scope, "%s: scope", c->name);
			ck_assert_msg(s.err.retry == c->retry, "%s: retry", c->name);
		}
		ck_assert_msg(fakehost_followed(s.fh), "%s: %s", c->name, s.fh->wrong);
	}
}
END_TEST

/* RFC 5034 section 4: an initial response that makes the line too long comes after. */
START_TEST(test_long_password)
{
	char settings[512], password[181], secret[300];
	struct fake_turn turns[] = { HELLO, FAKE_TURN("AUTH PLAIN\r\n", "+ \r\n"),
				     FAKE_TURN("", "+OK\r\n") };

	/* 180 times 'p' behind NUL, ann, NUL: AGFubgBwcHBw... */
	memset(password, 'p', 180);
	password[180] = '\0';
	strcpy(secret, "AGFubgBw");
	for (size_t at = 8; at < 244; at += 4)
		memcpy(secret + at, "cHBw", 4);
	strcpy(secret + 244, "cHA=\r\n");
	turns[2].expect = secret;
	turns[2].expect_len = strlen(secret);
	(void)snprintf(settings, sizeof(settings),
		       "host=127.0.0.1\ntls=none\nusername=ann\npassword=%s\n", password);
	ck_assert_int_eq(session_open(&s, turns, N(turns), settings), 0);
	expect_followed(&s);
}
END_TEST

START_TEST(test_long_line)
{
	static char flood[1 << 20];
	const struct fake_turn turns[] = { { NULL, 0, flood, sizeof(flood), FAKE_GO } };

	memset(flood, 'a', sizeof(flood));
	ck_assert_int_eq(session_open(&s, turns, 1, SETTINGS), BRG_EPROTO);
	ck_assert_str_eq(s.err.fault->code, "BRG-POP3-0006");
	ck_assert_int_eq(s.err.scope, BRG_SCOPE_SERVER);
}
END_TEST

START_TEST(test_secrets_stay)
{
	static const struct fake_turn turns[][2] = {
		{ HELLO, AUTH("-ERR [AUTH] what is AUTH PLAIN " SECRET) },
		{ HELLO, AUTH("-ERR [AUTH] what is "
			      "agfubgbz...") },
		{ HELLO, AUTH("-ERR [AUTH] not S3CR3T") },
	};

	for (size_t i = 0; i < N(turns); i++) {
		ck_assert_int_eq(session_open(&s, turns[i], 2, SETTINGS), BRG_EAUTH);
		ck_assert_ptr_nonnull(strstr(s.err.said, "withheld"));
		ck_assert_ptr_null(strcasestr(s.err.said, "s3cr3t"));
		ck_assert_ptr_null(strcasestr(s.err.said, "agfubgbz"));
	}
}
END_TEST

START_TEST(test_line_breaks_are_no_login)
{
	struct brg_err err = BRG_ERR_INIT;
	const char *bad[] = { "ann\r\nDELE 1", "a\nb" };
	const struct brg_option *o = pop3_LTX_brg_plugin_entry()->options;

	while (strcmp(o->name, "username") != 0)
		o++;
	for (size_t i = 0; i < N(bad); i++) {
		session_close(&s);
		fakehost_script(s.fh, NULL, 0);
		s.self = fakehost_instance(s.fh, pop3_LTX_brg_plugin_entry(), SETTINGS);
		memcpy((char *)s.self + o->offset, &bad[i], sizeof(bad[i]));
		ck_assert_int_eq(s.c->open(s.self, &s.fh->host, &err), BRG_EINVAL);
		ck_assert_uint_eq(s.fh->connects, 0);
	}
}
END_TEST

START_TEST(test_memory_of_capabilities)
{
	static const struct fake_turn turns[] = {
		HELLO,
		CAPA("PIPELINING\r\nSASL PLAIN\r\nLOGIN-DELAY 60\r\n"),
		LOGIN,
	};
	static const struct fake_turn later[] = { HELLO, AUTH("-ERR [LOGIN-DELAY] wait") };

	fakehost_set_state(s.fh, "capa", "");
	ck_assert_int_eq(session_open(&s, turns, N(turns), SETTINGS), 0);
	ck_assert_ptr_nonnull(
		strstr(fakehost_state(s.fh, "capa"), " 60 CAPA TOP UIDL PIPELINING PLAIN USER"));
	ck_assert_int_eq(session_open(&s, later, N(later), SETTINGS), BRG_ELIMIT);
	ck_assert_uint_eq(s.err.retry_after_ms, 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pop3 login");
	TCase *t = tcase_create("login");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_login, 0, N(logins));
	tcase_add_test(t, test_long_password);
	tcase_add_test(t, test_long_line);
	tcase_add_test(t, test_secrets_stay);
	tcase_add_test(t, test_line_breaks_are_no_login);
	tcase_add_test(t, test_memory_of_capabilities);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
