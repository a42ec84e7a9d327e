/* SPDX-License-Identifier: Apache-2.0
 *
 * OAuth as a client speaks it: what goes out, and what each answer means.
 */
#include "core/oauth.h"
#include "core/faults.h"
#include "tests/unit/http_server.h"

#include <check.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct http_server http;
static struct brg_arena *arena;
static struct test_watch watch;
static struct brg_err err;
static struct brg_oauth how;
static struct oauth_tokens tokens;

static void setup(void)
{
	arena = arena_new();
	err = (struct brg_err)BRG_ERR_INIT;
	watch_init(&watch);
	ck_assert_int_eq(net_init(&err), 0);
	memset(&http, 0, sizeof(http));
}

static void teardown(void)
{
	arena_free(&arena);
}

static void expect(struct brg_str got, const char *want)
{
	ck_assert_msg(brg_str_eq(got, brg_cstr(want)), "got \"%.*s\", not \"%s\"", (int)got.len,
		      got.len ? got.ptr : "", want);
}

/* ---- answers --------------------------------------------------------------------------------*/

#define BEARER	    "\"token_type\":\"Bearer\","
#define ERROR(name) "{\"error\":\"" name "\",\"error_description\":\"so it is\"}"

static const struct answer_case {
	int status;
	const char *body;
	const char *code; /* "": tokens; else the row, or PENDING, SLOW_DOWN */
	const char *access, *refresh;
	int64_t lifetime_s;
} answers[] = {
	{ 200, "{" BEARER "\"access_token\":\"a1\",\"expires_in\":3600,\"refresh_token\":\"r2\"}",
	  "", "a1", "r2", 3600 },
	{ 200, "{\"token_type\":\"bearer\",\"access_token\":\"a1\",\"expires_in\":\"59\"}", "",
	  "a1", "", 59 },
	{ 200, "{" BEARER "\"access_token\":\"a1\",\"expires_in\":7.9,\"x\":[{}]}", "", "a1", "",
	  7 },
	{ 200, "{" BEARER "\"access_token\":\"a1\"}", "", "a1", "", OAUTH_LIFETIME },
	{ 200, "{" BEARER "\"access_token\":\"a1\",\"expires_in\":-5}", "", "a1", "",
	  OAUTH_LIFETIME },
	{ 200, "{" BEARER "\"access_token\":\"a1\",\"expires_in\":\"soon\"}", "", "a1", "",
	  OAUTH_LIFETIME },
	{ 200, "{" BEARER "\"access_token\":\"a1\",\"expires_in\":99999999999}", "", "a1", "",
	  (int64_t)3650 * 86400 },
	{ 200, "{\"access_token\":\"a1\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{\"token_type\":\"mac\",\"access_token\":\"a1\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"a b\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"a\\u0001b\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"a\xc3\xa5\"}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":{}}", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"a\",\"access_token\":\"b\"}", "BRG-OAUTH-0006", "",
	  "", 0 },
	{ 200, "{" BEARER "\"access_token\":\"a\",\"refresh_token\":\"r\\n\"}", "BRG-OAUTH-0006",
	  "", "", 0 },
	{ 200, "[]", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "", "BRG-OAUTH-0006", "", "", 0 },
	{ 200, "<html>welcome", "BRG-OAUTH-0006", "", "", 0 },
	{ 302, "", "BRG-OAUTH-0006", "", "", 0 },
	{ 404, "{}", "BRG-OAUTH-0006", "", "", 0 },
	{ 400, ERROR("invalid_grant"), "BRG-OAUTH-0001", "", "", 0 },
	{ 200, ERROR("invalid_grant"), "BRG-OAUTH-0001", "", "", 0 },
	{ 400, ERROR("interaction_required"), "BRG-OAUTH-0001", "", "", 0 },
	{ 401, ERROR("invalid_client"), "BRG-OAUTH-0002", "", "", 0 },
	{ 400, ERROR("invalid_scope"), "BRG-OAUTH-0003", "", "", 0 },
	{ 400, ERROR("unsupported_grant_type"), "BRG-OAUTH-0003", "", "", 0 },
	{ 400, ERROR("temporarily_unavailable"), "BRG-OAUTH-0004", "", "", 0 },
	{ 500, "oops", "BRG-OAUTH-0004", "", "", 0 },
	/* A provider that is not well may say anything; no sign-in ends by it. */
	{ 500, ERROR("invalid_grant"), "BRG-OAUTH-0004", "", "", 0 },
	{ 503, "", "BRG-OAUTH-0005", "", "", 0 },
	{ 429, "", "BRG-OAUTH-0005", "", "", 0 },
	{ 400, ERROR("expired_token"), "BRG-OAUTH-0007", "", "", 0 },
	{ 400, ERROR("access_denied"), "BRG-OAUTH-0008", "", "", 0 },
	{ 400, ERROR("authorization_pending"), "PENDING", "", "", 0 },
	{ 400, ERROR("slow_down"), "SLOW_DOWN", "", "", 0 },
	{ 429, ERROR("slow_down"), "SLOW_DOWN", "", "", 0 },
};

START_TEST(test_answer)
{
	const struct answer_case *c = &answers[_i];
	struct brg_http_answer a = { .status = c->status,
				     .body = brg_cstr(c->body),
				     .date_us = (77) * INT64_C(1000000),
				     .retry_after_ms = 9000 };
	int rc = oauth_read_tokens(&a, "login.example", brg_cstr("r1"), arena, &tokens, &err);

	if (!*c->code) {
		ck_assert_int_eq(rc, 0);
		expect(tokens.access, c->access);
		expect(tokens.refresh, c->refresh);
		ck_assert_int_eq(tokens.lifetime_s, c->lifetime_s);
		ck_assert_int_eq(tokens.date_s, 77);
	} else if (rc > 0) {
		ck_assert_str_eq(rc == OAUTH_PENDING ? "PENDING" : "SLOW_DOWN", c->code);
	} else {
		char text[600];

		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.fault->code, c->code);
		err_render(&err, "en", text, sizeof(text));
		ck_assert_ptr_null(strchr(text, '{'));
		if (strstr(c->body, "so it is") && a.status != 500)
			ck_assert_str_eq(err.said, "so it is");
		if (err.code == BRG_ELIMIT)
			ck_assert_uint_eq(err.retry_after_ms, 9000);
	}
}
END_TEST

START_TEST(test_bounds)
{
	char *body = arena_alloc(arena, OAUTH_TOKEN_MAX + 100);
	struct brg_http_answer a = { .status = 200 };

	for (size_t len = OAUTH_TOKEN_MAX; len <= OAUTH_TOKEN_MAX + 1; len++) {
		size_t n = (size_t)sprintf(body, "{" BEARER "\"access_token\":\"");

		memset(body + n, 'a', len);
		strcpy(body + n + len, "\"}");
		a.body = brg_cstr(body);
		ck_assert_int_eq(oauth_read_tokens(&a, "h", brg_cstr(""), arena, &tokens, &err) ==
					 0,
				 len == OAUTH_TOKEN_MAX);
	}
}
END_TEST

START_TEST(test_words_hide_the_token)
{
	struct brg_http_answer a = { .status = 400 };

	a.body = brg_cstr("{\"error\":\"invalid_grant\",\"error_description\":\"bad token "
			  "0123456789abcdefXXX\"}");
	ck_assert_int_eq(
		oauth_read_tokens(&a, "h", brg_cstr("0123456789abcdefghij"), arena, &tokens, &err),
		BRG_EAUTH);
	ck_assert_ptr_nonnull(strstr(err.said, "withheld"));
}
END_TEST

#define CODE "\"device_code\":\"d1\",\"user_code\":\"WDJB-MJHT\","
#define PAGE "\"verification_uri\":\"https://login.example/device\""

static const struct device_case {
	const char *body, *url, *url_whole; /* url NULL: refused */
	int64_t lifetime_s, interval_s;
} devices[] = {
	{ "{" CODE PAGE ",\"expires_in\":900,\"interval\":7}", "https://login.example/device", "",
	  900, 7 },
	{ "{" CODE PAGE ",\"verification_uri_complete\":\"https://login.example/device?c=W\"}",
	  "https://login.example/device", "https://login.example/device?c=W", OAUTH_LIFETIME, 5 },
	{ "{" CODE PAGE ",\"verification_uri_complete\":\"javascript:x\",\"interval\":0}",
	  "https://login.example/device", "", OAUTH_LIFETIME, 1 },
	{ "{" CODE "\"verification_url\":\"https://old.example\"}", "https://old.example", "",
	  OAUTH_LIFETIME, 5 },
	{ "{" CODE "\"verification_uri\":\"http://login.example/device\"}", NULL, NULL, 0, 0 },
	{ "{" CODE "\"verification_uri\":\"https://x/\\u001b[2J\"}", NULL, NULL, 0, 0 },
	{ "{\"device_code\":\"d1\"," PAGE "}", NULL, NULL, 0, 0 },
	{ "{\"user_code\":\"d1\"," PAGE "}", NULL, NULL, 0, 0 },
	{ "{}", NULL, NULL, 0, 0 },
};

START_TEST(test_device)
{
	const struct device_case *c = &devices[_i];
	struct brg_http_answer a = { .status = 200, .body = brg_cstr(c->body) };
	struct oauth_device device;
	int rc = oauth_read_device(&a, "h", arena, &device, &err);

	if (!c->url) {
		ck_assert_int_eq(rc, BRG_EPROTO);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(device.url, c->url);
	ck_assert_str_eq(device.url_whole, c->url_whole);
	ck_assert_str_eq(device.user_code, "WDJB-MJHT");
	ck_assert_int_eq(device.lifetime_s, c->lifetime_s);
	ck_assert_int_eq(device.interval_s, c->interval_s);
}
END_TEST

/* ---- forms ----------------------------------------------------------------------------------*/

static void serve(const char *answer)
{
	http.answers[0] = answer;
	http_start(&http);
	how = (struct brg_oauth){
		.grant = BRG_OAUTH_SIGN_IN,
		.token_url = arena_printf(arena, "http://127.0.0.1:%d/token", http.server.port),
		.device_url = arena_printf(arena, "http://127.0.0.1:%d/device", http.server.port),
		.client_id = "c&1",
		.client_secret = "",
		.scope = "a b",
		.ca_file = "",
	};
}

static const char *body(void)
{
	const char *at = strstr(http.forms[0], "\r\n\r\n");

	http_stop(&http);
	return at ? at + 4 : "";
}

#define TOKENS HTTP_OK("{" BEARER "\"access_token\":\"a1\"}")

START_TEST(test_refresh_form)
{
	serve(TOKENS);
	ck_assert_int_eq(oauth_refresh(&watch.watch, &how, brg_cstr("r/1+="), arena, &tokens, &err),
			 0);
	ck_assert_str_eq(body(),
			 "grant_type=refresh_token&refresh_token=r%2F1%2B%3D&client_id=c%261");
	ck_assert_ptr_null(strcasestr(http.forms[0], "authorization:"));
	expect(tokens.access, "a1");
	oauth_wipe(&tokens);
	ck_assert_uint_eq(tokens.access.len, 0);
}
END_TEST

/* RFC 6749 section 2.3.1: both are encoded before they are joined. */
START_TEST(test_secret_in_the_header)
{
	serve(TOKENS);
	how.client_secret = "s:~ 1";
	ck_assert_int_eq(oauth_refresh(&watch.watch, &how, brg_cstr("r1"), arena, &tokens, &err),
			 0);
	ck_assert_str_eq(body(), "grant_type=refresh_token&refresh_token=r1");
	/* c%261:s%3A~%201 */
	ck_assert_ptr_nonnull(
		strstr(http.forms[0], "\r\nAuthorization: Basic YyUyNjE6cyUzQX4lMjAx\r\n"));
}
END_TEST

START_TEST(test_client_form)
{
	serve(TOKENS);
	how.grant = BRG_OAUTH_CLIENT;
	how.client_secret = "s";
	ck_assert_int_eq(oauth_client(&watch.watch, &how, arena, &tokens, &err), 0);
	ck_assert_str_eq(body(), "grant_type=client_credentials&scope=a%20b");
}
END_TEST

/* What cannot sign asks nobody. */
START_TEST(test_certificate)
{
	serve(TOKENS);
	how.grant = BRG_OAUTH_CLIENT;
	how.certificate = "/nowhere/client.pem";
	ck_assert_int_eq(oauth_check(&how, false, &err), 0);
	ck_assert_int_eq(oauth_client(&watch.watch, &how, arena, &tokens, &err), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-OAUTH-0013");
	http_stop(&http);
	ck_assert_int_eq(atomic_load(&http.n), 0);
}
END_TEST

START_TEST(test_device_form)
{
	struct oauth_device device;

	serve(HTTP_OK("{" CODE PAGE "}"));
	ck_assert_int_eq(oauth_device(&watch.watch, &how, arena, &device, &err), 0);
	ck_assert_str_eq(body(), "scope=a%20b&client_id=c%261");
	ck_assert_ptr_nonnull(strstr(http.forms[0], "POST /device "));
	expect(device.device_code, "d1");
}
END_TEST

START_TEST(test_poll_form)
{
	serve("HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n{\"error\":\"slow_down\"}");
	ck_assert_int_eq(oauth_poll(&watch.watch, &how, brg_cstr("d1"), arena, &tokens, &err),
			 OAUTH_SLOW_DOWN);
	ck_assert_str_eq(body(), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
				 "&device_code=d1&client_id=c%261");
}
END_TEST

START_TEST(test_check)
{
	const struct {
		int grant;
		const char *token_url, *device_url, *client_id, *secret, *missing;
		bool device;
	} cases[] = {
		{ BRG_OAUTH_SIGN_IN, "x", "", "x", "", NULL, false },
		{ BRG_OAUTH_SIGN_IN, "x", "x", "x", "", NULL, true },
		{ BRG_OAUTH_SIGN_IN, "", "x", "x", "", "oauth-token-url", false },
		{ BRG_OAUTH_SIGN_IN, "x", "x", "", "", "oauth-client-id", false },
		{ BRG_OAUTH_SIGN_IN, "x", "", "x", "", "oauth-device-url", true },
		{ BRG_OAUTH_CLIENT, "x", "", "x", "", "oauth-client-secret", false },
		{ BRG_OAUTH_CLIENT, "x", "", "x", "x", NULL, false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct brg_oauth o = { .grant = cases[i].grant,
				       .token_url = cases[i].token_url,
				       .device_url = cases[i].device_url,
				       .client_id = cases[i].client_id,
				       .client_secret = cases[i].secret,
				       .scope = "",
				       .ca_file = "" };

		if (!cases[i].missing) {
			ck_assert_int_eq(oauth_check(&o, cases[i].device, &err), 0);
			continue;
		}
		ck_assert_int_eq(oauth_check(&o, cases[i].device, &err), BRG_EINVAL);
		ck_assert_ptr_nonnull(strstr(err.params, cases[i].missing));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oauth");
	TCase *t = tcase_create("oauth");
	SRunner *runner;
	int failed;

	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_answer, 0, N(answers));
	tcase_add_test(t, test_bounds);
	tcase_add_test(t, test_words_hide_the_token);
	tcase_add_loop_test(t, test_device, 0, N(devices));
	tcase_add_test(t, test_refresh_form);
	tcase_add_test(t, test_secret_in_the_header);
	tcase_add_test(t, test_client_form);
	tcase_add_test(t, test_certificate);
	tcase_add_test(t, test_device_form);
	tcase_add_test(t, test_poll_form);
	tcase_add_test(t, test_check);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
