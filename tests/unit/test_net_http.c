/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests over HTTP: what goes out, what comes back, whom it trusts, and what is never sent twice.
 */
#include "core/arena.h"
#include "core/net_http.h"
#include "tests/unit/http_server.h"
#include "tests/unit/tls_client.h"

static struct http_server http;
static struct brg_arena *arena;
static struct brg_http_answer answer;
static struct net_http *client;

static void setup_post(void)
{
	memset(&http, 0, sizeof(http));
	arena = arena_new();
	answer = (struct brg_http_answer){ 0 };
	client = NULL;
}

static void teardown_post(void)
{
	net_http_free(&client);
	arena_free(&arena);
}

#define FORM	   "grant_type=refresh_token&refresh_token=r1"
#define ANSWER_MAX (256 * 1024)

static int ask(const struct brg_http_options *how, const struct brg_http_request *req,
	       const char *bearer)
{
	if (!client)
		client = net_http_new(how);
	err = (struct brg_err)BRG_ERR_INIT;
	return net_http_request(client, &watch.watch, req, bearer, arena, &answer, &err);
}

static int post_to(const char *url, const char *ca_file, int64_t answer_ms)
{
	static const struct brg_http_header headers[] = {
		{ "Content-Type", "application/x-www-form-urlencoded" },
		{ "Authorization", "Basic YTpi" },
	};
	struct brg_http_options how = { .auth = BRG_HTTP_NOBODY,
					.ca_file = ca_file,
					.connect_timeout_ms = 2000,
					.answer_timeout_ms = answer_ms };
	struct brg_http_request req = { .size = sizeof(req),
					.url = url,
					.headers = headers,
					.n_headers = 2,
					.body = brg_cstr(FORM),
					.max_bytes = ANSWER_MAX };

	net_http_free(&client);
	return ask(&how, &req, NULL);
}

static const char *url_of(const char *scheme, const char *host)
{
	return arena_printf(arena, "%s://%s:%d/token?x=1", scheme, host, http.server.port);
}

static int post(void)
{
	return post_to(url_of("http", "127.0.0.1"), NULL, 5000);
}

START_TEST(form_and_answer)
{
	http.answers[0] = "HTTP/1.1 400 Bad Request\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
			  "Retry-After: 17\r\nTransfer-Encoding: chunked\r\n\r\n"
			  "5\r\n{\"a\":\r\n3\r\n 1}\r\n0\r\n\r\n";
	http_start(&http);
	ck_assert_int_eq(post(), 0);
	http_stop(&http);
	ck_assert_int_eq(answer.status, 400);
	ck_assert(brg_str_eq(answer.body, brg_cstr("{\"a\": 1}")));
	ck_assert_int_eq(answer.date_us, INT64_C(784111777000000));
	ck_assert_int_eq(answer.retry_after_ms, 17000);
	ck_assert_ptr_nonnull(strstr(http.forms[0], "POST /token?x=1 HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(http.forms[0], "\r\nAuthorization: Basic YTpi\r\n"));
	ck_assert_ptr_nonnull(
		strstr(http.forms[0], "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	ck_assert_ptr_nonnull(
		strstr(http.forms[0], "\r\n\r\ngrant_type=refresh_token&refresh_token=r1"));
}
END_TEST

/* A secret must not go where a provider points. */
START_TEST(no_redirect)
{
	static struct http_server other;
	char *moved;

	memset(&other, 0, sizeof(other));
	other.answers[0] = HTTP_OK("{}");
	http_start(&other);
	moved = arena_printf(arena,
			     "HTTP/1.1 307 Temporary\r\nLocation: http://127.0.0.1:%d/\r\n"
			     "Content-Length: 0\r\nConnection: close\r\n\r\n",
			     other.server.port);
	http.answers[0] = moved;
	http_start(&http);
	ck_assert_int_eq(post(), 0);
	ck_assert_int_eq(answer.status, 307);
	http_stop(&http);
	http_stop(&other);
	ck_assert_int_eq(atomic_load(&other.n), 0);
}
END_TEST

START_TEST(bad_urls)
{
	static const char *const bad[] = {
		"",
		"token",
		"http://localhost:1/",
		"http://192.0.2.1/",
		"http://[::2]/",
		"ftp://127.0.0.1/",
		"https://a:b@127.0.0.1/",
		"https://127.0.0.1/#x",
		"file:///etc/passwd",
		"http://127.0.0.1.example.org/",
		"https://",
	};

	ck_assert_int_eq(post_to(bad[_i], NULL, 1000), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0029");
	ck_assert_int_eq(err.retry, BRG_RETRY_NEVER);
}
END_TEST

START_TEST(too_large)
{
	static char flood[ANSWER_MAX + 4096];

	memset(flood, 'a', sizeof(flood));
	memcpy(flood, "HTTP/1.1 200 OK\r\n\r\n", 19);
	http.answers[0] = flood;
	http.answer_bytes = _i ? 19 + ANSWER_MAX + 1 : 19 + ANSWER_MAX;
	http_start(&http);
	if (_i) {
		ck_assert_int_eq(post(), BRG_EPROTO);
		ck_assert_str_eq(err.fault->code, "BRG-NET-0028");
	} else {
		ck_assert_int_eq(post(), 0);
		ck_assert_uint_eq(answer.body.len, ANSWER_MAX);
	}
	http_stop(&http);
}
END_TEST

START_TEST(no_http)
{
	static const char *const said[] = {
		"",
		"220 smtp\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
	};

	http.answers[0] = said[_i];
	http_start(&http);
	ck_assert_int_eq(post(), BRG_EIO);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0006");
	ck_assert_int_eq(err.scope, BRG_SCOPE_SERVER);
	http_stop(&http);
}
END_TEST

START_TEST(nobody_there)
{
	ck_assert_int_eq(
		post_to(arena_printf(arena, "http://127.0.0.1:%d/", server_no_port()), NULL, 1000),
		BRG_EIO);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0002");
}
END_TEST

START_TEST(late_answer)
{
	http.answers[0] = HTTP_OK("{}");
	http.delay_ms = 5000;
	http_start(&http);
	ck_assert_int_eq(post_to(url_of("http", "127.0.0.1"), NULL, 200), BRG_ETIMEDOUT);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0030");
	http_stop(&http);
}
END_TEST

START_TEST(stopped)
{
	pthread_t thread;

	http.answers[0] = HTTP_OK("{}");
	http.delay_ms = 5000;
	http_start(&http);
	thread = watch_cancel_after(&watch);
	ck_assert_int_eq(post(), BRG_ECANCELED);
	pthread_join(thread, NULL);
	http_stop(&http);
}
END_TEST

/* ---- trust ----------------------------------------------------------------------------------*/

static int post_tls(const struct cert_spec *spec, const struct cert *issuer, const char *ca_file,
		    const char *host)
{
	struct cert cert = cert_make(spec, issuer);
	int rc;

	http.server.tls = cert_server(&cert, issuer == &middle ? &middle : NULL);
	http.answers[0] = HTTP_OK("{}");
	http_start(&http);
	rc = post_to(url_of("https", host), ca_file, 5000);
	http_stop(&http);
	cert_free(&cert);
	return rc;
}

START_TEST(trusted)
{
	ck_assert_int_eq(post_tls(&good_spec, &middle, root_file, _i ? "127.0.0.1" : "localhost"),
			 0);
	ck_assert_int_eq(answer.status, 200);
}
END_TEST

START_TEST(another_authority)
{
	static const struct cert_spec spec = { "Other Root", NULL, -1, 10, true };
	struct cert other = cert_make(&spec, NULL);

	ck_assert_int_eq(post_tls(&good_spec, &middle, root_file, "localhost"), 0);
	ck_assert_int_eq(post_tls(&good_spec, &middle, cert_save(&other, "other"), "localhost"),
			 BRG_ETLS);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0013");
	cert_free(&other);
}
END_TEST

START_TEST(distrusted)
{
	static const struct cert_spec old = { "localhost", LOCAL, -10, -1, false };
	static const struct cert_spec wrong = { "x", "DNS:other.example", -1, 10, false };
	static const struct cert_spec early = { "localhost", LOCAL, 1, 10, false };
	const struct {
		const struct cert_spec *spec;
		const struct cert *issuer;
		const char *ca_file, *code;
	} cases[] = {
		{ &old, &root, root_file, "BRG-NET-0009" },
		{ &early, &root, root_file, "BRG-NET-0010" },
		{ &wrong, &root, root_file, "BRG-NET-0011" },
		{ &good_spec, NULL, root_file, "BRG-NET-0012" },
		{ &good_spec, &root, NULL, "BRG-NET-0013" }, /* the system does not know it */
	};

	ck_assert_int_eq(post_tls(cases[_i].spec, cases[_i].issuer, cases[_i].ca_file, "localhost"),
			 BRG_ETLS);
	ck_assert_str_eq(err.fault->code, cases[_i].code);
	ck_assert_int_eq(atomic_load(&http.n), 0);
}
END_TEST

START_TEST(bad_ca_file)
{
	ck_assert_int_eq(post_to("https://127.0.0.1:1/", "/nowhere/ca.pem", 1000), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0015");
}
END_TEST

/* ---- all ------------------------------------------------------------------------------------*/

static void add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, setup_post, teardown_post);
	tcase_add_test(t, form_and_answer);
	tcase_add_test(t, no_redirect);
	tcase_add_loop_test(t, bad_urls, 0, 11);
	tcase_add_loop_test(t, too_large, 0, 2);
	tcase_add_loop_test(t, no_http, 0, 3);
	tcase_add_test(t, nobody_there);
	tcase_add_test(t, late_answer);
	tcase_add_test(t, stopped);
	tcase_add_loop_test(t, trusted, 0, 2);
	tcase_add_test(t, another_authority);
	tcase_add_loop_test(t, distrusted, 0, 5);
	tcase_add_test(t, bad_ca_file);
}

int main(void)
{
	return tls_main("net http", add_tests);
}
