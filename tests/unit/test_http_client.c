/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of HTTP over several requests: the connection stays, nothing is sent twice that may have
 * been read, a login goes to nobody else, and what comes in pieces can be ended.
 */
#include "core/arena.h"
#include "core/host.h"
#include "core/http.h"
#include "core/http_pool.h"
#include "core/trace.h"
#include "tests/unit/tls_client.h"
#include "tests/unit/trace_file.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAID_MAX 16

/* A server that keeps its connections: `answers` in turn, over as many connections as it takes.
 * NULL ends the connection in place of an answer. */
static struct talk {
	struct server server; /* first: it is what `serve` gets */
	const char *answers[SAID_MAX];
	size_t bytes[SAID_MAX]; /* of an answer; 0: strlen() */
	atomic_int asked, connections;
	char said[SAID_MAX][4096];
} talk, other;

static struct net_http *client;
static struct brg_arena *arena;
static struct brg_http_answer answer;
static struct brg_http_options how;
static struct brg_http_request req;

static bool hear(int fd, char said[4096])
{
	size_t n = 0, want = 0;
	char *body, *length;
	ssize_t k;

	do {
		k = recv(fd, said + n, 4095 - n, 0);
		if (k <= 0)
			return false;
		n += (size_t)k;
		said[n] = '\0';
		body = strstr(said, "\r\n\r\n");
		length = strcasestr(said, "\ncontent-length:");
		want = length ? strtoul(length + 16, NULL, 10) : 0;
	} while (n < 4095 && (!body || (size_t)(said + n - body - 4) < want));
	return true;
}

static void serve(struct server *s, int fd)
{
	struct talk *t = (struct talk *)s;

	atomic_fetch_add(&t->connections, 1);
	while (atomic_load(&t->asked) < SAID_MAX) {
		int n = atomic_load(&t->asked);

		if (!hear(fd, t->said[n]))
			return;
		atomic_store(&t->asked, n + 1);
		if (!t->answers[n])
			return;
		(void)send(fd, t->answers[n], t->bytes[n] ? t->bytes[n] : strlen(t->answers[n]),
			   MSG_NOSIGNAL);
	}
}

static void start(struct talk *t)
{
	t->server.serve = serve;
	server_start(&t->server);
}

static void set_up(void)
{
	memset(&talk, 0, sizeof(talk));
	memset(&other, 0, sizeof(other));
	arena = arena_new();
	client = NULL;
	how = (struct brg_http_options){ .auth = BRG_HTTP_NOBODY,
					 .connect_timeout_ms = 2000,
					 .answer_timeout_ms = 2000 };
	req = (struct brg_http_request){ .size = sizeof(req), .body = brg_cstr("the order") };
}

static void tear_down(void)
{
	net_http_free(&client);
	if (talk.server.port)
		server_stop(&talk.server);
	if (other.server.port)
		server_stop(&other.server);
	arena_free(&arena);
}

static const char *url_of(const struct talk *t)
{
	return arena_printf(arena, "http://127.0.0.1:%d/x", t->server.port);
}

static int ask(const char *bearer)
{
	if (!client)
		client = net_http_new(&how);
	if (!req.url)
		req.url = url_of(&talk);
	err = (struct brg_err)BRG_ERR_INIT;
	return net_http_request(client, &watch.watch, &req, bearer, arena, &answer, &err);
}

#define OK(body)	   OK_OF("", body)
#define OK_OF(lines, body) "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" lines "\r\n" body

START_TEST(one_connection_for_all)
{
	talk.answers[0] = OK("1st.");
	talk.answers[1] = OK("2nd.");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert(brg_str_eq(answer.body, brg_cstr("2nd.")));
	ck_assert_int_eq(atomic_load(&talk.connections), 1);
	ck_assert_ptr_null(strcasestr(talk.said[0], "expect:"));
}
END_TEST

/* The server closes the connection that it had kept, when it has read the next request or before:
 * nobody knows whether it did what it was asked. */
START_TEST(what_was_read_is_not_sent_again)
{
	talk.answers[0] = OK("1st.");
	talk.answers[2] = OK("3rd.");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(ask(NULL), BRG_EIO);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0006");
	ck_assert_int_eq(atomic_load(&talk.asked), 2);
	/* A new order is a new one. */
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(atomic_load(&talk.asked), 3);
}
END_TEST

/* The same of what has no body. */
START_TEST(a_deletion_is_not_sent_again)
{
	talk.answers[0] = OK("1st.");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	req.method = "DELETE";
	req.body = (struct brg_str){ "", 0 };
	ck_assert_int_eq(ask(NULL), BRG_EIO);
	ck_assert_int_eq(atomic_load(&talk.asked), 2);
}
END_TEST

/* What may go in clear text stays on this machine. */
START_TEST(no_proxy_to_this_machine)
{
	talk.answers[0] = OK("good");
	start(&talk);
	start(&other);
	how.proxy = arena_printf(arena, "http://127.0.0.1:%d", other.server.port);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(atomic_load(&other.asked), 0);
}
END_TEST

/* A connection that was closed while nobody used it costs nothing but another one. */
START_TEST(a_connection_that_was_closed_is_made_again)
{
	talk.answers[0] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	talk.answers[1] = OK("2nd.");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(atomic_load(&talk.connections), 2);
}
END_TEST

START_TEST(logins)
{
	how.user = "eva";
	how.password = "s3cret";
	talk.answers[0] = talk.answers[1] = talk.answers[2] = OK("good");
	start(&talk);
	how.auth = BRG_HTTP_BASIC;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_ptr_nonnull(
		strstr(talk.said[0], "\r\nAuthorization: Basic ZXZhOnMzY3JldA==\r\n"));
	ck_assert_int_eq(ask("t0ken"), 0);
	ck_assert_ptr_nonnull(strstr(talk.said[1], "\r\nAuthorization: Bearer t0ken\r\n"));
	req.flags = BRG_HTTP_ANONYMOUS;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_ptr_null(strcasestr(talk.said[2], "authorization"));
}
END_TEST

/* The first message of NTLM goes without the body, the second with it. */
START_TEST(a_login_of_two_steps)
{
	/* [MS-NLMP] 2.2.1.2: a challenge without flags that matter. */
	static const char challenge[] =
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM "
		"TlRMTVNTUAACAAAAAAAAADgAAAABggAAASNFZ4mrze8AAAAAAAAAAAAAAAA4AAAABgGxHQAAAA8=\r\n"
		"Content-Length: 4\r\n\r\nwho?";

	how.auth = BRG_HTTP_NTLM;
	how.user = "CORP\\eva";
	how.password = "s3cret";
	talk.answers[0] = challenge;
	talk.answers[1] = OK("good");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(answer.status, 200);
	ck_assert(brg_str_eq(answer.body, brg_cstr("good")));
	ck_assert_ptr_nonnull(strstr(talk.said[0], "\r\nAuthorization: NTLM "));
	ck_assert_ptr_null(strstr(talk.said[0], "the order"));
	ck_assert_ptr_nonnull(strstr(talk.said[1], "the order"));
	ck_assert_int_eq(atomic_load(&talk.connections), 1);
}
END_TEST

static const char *moved(int status, const char *to)
{
	return arena_printf(arena,
			    "HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 4\r\n\r\nmove",
			    status, to);
}

/* Who was pointed at does not learn the password; the method and the body stay. */
START_TEST(redirects)
{
	static const int status[] = { 301, 302, 307, 308 };

	how.auth = BRG_HTTP_BASIC;
	how.user = "eva";
	how.password = "s3cret";
	other.answers[0] = OK("here");
	start(&other);
	talk.answers[0] = moved(status[_i], "/y");
	talk.answers[1] = moved(status[_i], url_of(&other));
	start(&talk);
	req.flags = BRG_HTTP_FOLLOW;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert(brg_str_eq(answer.body, brg_cstr("here")));
	ck_assert_str_eq(answer.url, url_of(&other));
	ck_assert_ptr_nonnull(strstr(talk.said[1], "POST /y HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(talk.said[1], "\r\nAuthorization: Basic "));
	ck_assert_ptr_nonnull(strstr(other.said[0], "POST /x HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(other.said[0], "the order"));
	ck_assert_ptr_null(strcasestr(other.said[0], "authorization"));
}
END_TEST

START_TEST(redirects_that_are_not_followed)
{
	static const char *const to[] = { "http://192.0.2.1/x", "ftp://127.0.0.1/", "/x" };

	for (int i = 0; i < SAID_MAX; i++)
		talk.answers[i] = moved(302, to[_i]);
	start(&talk);
	req.flags = BRG_HTTP_FOLLOW;
	ck_assert_int_eq(ask(NULL), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-NET-0036");
	ck_assert_int_eq(atomic_load(&talk.asked), _i == 2 ? BRG_HTTP_HOPS + 1 : 1);
	/* Nobody asked for it. */
	req.flags = 0;
	if (_i < 2) {
		ck_assert_int_eq(ask(NULL), 0);
		ck_assert_int_eq(answer.status, 302);
		ck_assert(brg_str_eq(net_http_header(&answer, "LOCATION"), brg_cstr(to[_i])));
	}
}
END_TEST

/* A cookie is the session's, not the connection's. */
START_TEST(cookies)
{
	talk.answers[0] = OK_OF("Set-Cookie: backend=7; path=/\r\n", "1st.");
	talk.answers[1] = talk.answers[2] = talk.answers[3] = OK("more");
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_ptr_nonnull(strstr(talk.said[1], "\r\nCookie: backend=7\r\n"));
	req.flags = BRG_HTTP_ANONYMOUS;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_ptr_null(strcasestr(talk.said[2], "cookie"));
	req.flags = 0;
	net_http_forget(client);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_ptr_null(strcasestr(talk.said[3], "cookie"));
}
END_TEST

/* A body that is small on the way may be large. */
START_TEST(packed)
{
	static char whole[16384];
	size_t n = _i ? BRG_HTTP_BYTES + 1 : BRG_HTTP_BYTES, head, bytes;
	FILE *gzip = popen(arena_printf(arena, "head -c %zu /dev/zero | gzip -9", n), "r");
	char *body = whole + 200;

	bytes = fread(body, 1, sizeof(whole) - 200, gzip);
	ck_assert_int_eq(pclose(gzip), 0);
	head = (size_t)snprintf(whole, 200,
				"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
				"Content-Length: %zu\r\n\r\n",
				bytes);
	memmove(whole + head, body, bytes);
	talk.answers[0] = whole;
	talk.bytes[0] = head + bytes;
	start(&talk);
	ck_assert_int_eq(ask(NULL), _i ? BRG_EPROTO : 0);
	ck_assert_ptr_nonnull(strcasestr(talk.said[0], "\r\naccept-encoding: gzip\r\n"));
	if (_i)
		ck_assert_str_eq(err.fault->code, "BRG-NET-0028");
	else
		ck_assert_uint_eq(answer.body.len, n);
}
END_TEST

static size_t pieces;

static int take_piece(void *arg, struct brg_str bytes)
{
	(void)arg;
	pieces += bytes.len;
	return pieces >= 4;
}

/* Notifications have no end; whoever has heard enough hangs up. */
START_TEST(in_pieces)
{
	pieces = 0;
	talk.answers[0] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwake\r\n";
	talk.answers[1] = OK("more");
	start(&talk);
	req.chunk = take_piece;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_uint_eq(pieces, 4);
	ck_assert_uint_eq(answer.body.len, 0);
	pieces = 0;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(atomic_load(&talk.connections), 2);
	/* An error page is no piece of it. */
}
END_TEST

START_TEST(no_piece_of_an_error)
{
	pieces = 0;
	talk.answers[0] = "HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\noops";
	start(&talk);
	req.chunk = take_piece;
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_uint_eq(pieces, 0);
	ck_assert_int_eq(answer.status, 500);
	ck_assert(brg_str_eq(answer.body, brg_cstr("oops")));
}
END_TEST

static const struct {
	int status;
	const char *more, *code;
	int cls;
} statuses[] = {
	{ 301, "Location: https://a.example/\r\n", "BRG-NET-0036", BRG_EINVAL },
	{ 401, "", "BRG-NET-0031", BRG_EAUTH },
	{ 403, "", "BRG-NET-0034", BRG_EAUTH },
	{ 404, "", "BRG-NET-0035", BRG_EINVAL },
	{ 407, "", "BRG-NET-0037", BRG_EAUTH },
	{ 429, "Retry-After: 7\r\n", "BRG-NET-0038", BRG_ELIMIT },
	{ 500, "", "BRG-NET-0039", BRG_EIO },
	{ 503, "", "BRG-NET-0039", BRG_EIO },
	{ 503, "Retry-After: 7\r\n", "BRG-NET-0038", BRG_ELIMIT },
};
#define STATUSES (int)(sizeof(statuses) / sizeof(statuses[0]))

START_TEST(what_a_status_comes_to)
{
	talk.answers[0] = arena_printf(arena, "HTTP/1.1 %d Oh\r\n%sContent-Length: 0\r\n\r\n",
				       statuses[_i].status, statuses[_i].more);
	start(&talk);
	ck_assert_int_eq(ask(NULL), 0);
	ck_assert_int_eq(net_http_unexpected(&how, false, &answer, &err), statuses[_i].cls);
	ck_assert_str_eq(err.fault->code, statuses[_i].code);
	ck_assert_uint_eq(err.retry_after_ms, statuses[_i].cls == BRG_ELIMIT ? 7000 : 0);
}
END_TEST

/* ---- those that wait ------------------------------------------------------------------------*/

static struct net_http *idle_client(void)
{
	return net_http_new(&how);
}

START_TEST(clients_wait)
{
	const struct brg_id a = { { 1 } }, b = { { 2 } };
	const struct brg_sha k1 = { { 1 } }, k2 = { { 2 } };
	struct net_http *first = idle_client(), *found;

	ck_assert_ptr_null(http_pool_take(&a, &k1));
	http_pool_give(&a, &k1, first);
	http_pool_give(&b, &k1, idle_client());
	ck_assert_uint_eq(http_pool_waiting(&a), 1);
	/* Another login of the same profile: one that waits makes room for it. */
	ck_assert_ptr_null(http_pool_take(&a, &k2));
	ck_assert_uint_eq(http_pool_waiting(&a), 0);
	ck_assert_uint_eq(http_pool_waiting(&b), 1);
	first = idle_client();
	http_pool_give(&a, &k1, first);
	http_pool_give(&a, &k2, idle_client());
	found = http_pool_take(&a, &k1);
	ck_assert_ptr_eq(found, first);
	http_pool_give(&a, &k1, found);
	http_pool_drop(&a);
	ck_assert_uint_eq(http_pool_waiting(&a), 0);
	ck_assert_uint_eq(http_pool_waiting(&b), 1);
	http_pool_give(&a, &k1, idle_client());
	http_pool_tidy(watch_now_ms() + HTTP_POOL_IDLE_MS / 2);
	ck_assert_uint_eq(http_pool_waiting(&a), 1);
	http_pool_tidy(watch_now_ms() + 2 * HTTP_POOL_IDLE_MS);
	ck_assert_uint_eq(http_pool_waiting(&a), 0);
	ck_assert_uint_eq(http_pool_waiting(&b), 0);
}
END_TEST

/* ---- as plugins see it ----------------------------------------------------------------------*/

static struct engine engine;
static struct host host;

static int64_t some_time(struct engine *e)
{
	(void)e;
	return INT64_C(1800000000000000);
}

static struct brg_http *session(void)
{
	struct brg_http *http = NULL;

	engine_init(&engine);
	engine.now_us = some_time;
	host_init(&host, &engine, arena, "test");
	ck_assert_int_eq(http_service()->open(&host, &how, NULL, &http, &err), 0);
	return http;
}

static int ask_in(struct brg_http *http)
{
	req.url = url_of(&talk);
	err = (struct brg_err)BRG_ERR_INIT;
	return http_service()->request(http, &req, &answer, &err);
}

/* The next session that logs in alike finds it connected; one that ended in trouble leaves none. */
START_TEST(sessions_share_a_connection)
{
	struct brg_http *http;

	talk.answers[0] = talk.answers[1] = talk.answers[3] = OK("good");
	start(&talk);
	for (int i = 0; i < 2; i++) {
		http = session();
		ck_assert_int_eq(ask_in(http), 0);
		http_service()->close(http);
	}
	ck_assert_int_eq(atomic_load(&talk.connections), 1);
	ck_assert_ptr_nonnull(strcasestr(talk.said[0], "\r\nclient-request-id: "));
	http = session();
	ck_assert_int_eq(ask_in(http), BRG_EIO);
	http_service()->close(http);
	ck_assert_uint_eq(http_pool_waiting(&(struct brg_id){ { 0 } }), 0);
	how.user = "another";
	how.auth = BRG_HTTP_BASIC;
	http = session();
	ck_assert_int_eq(ask_in(http), 0);
	http_service()->close(http);
	http_pool_tidy(INT64_MAX);
}
END_TEST

START_TEST(a_refused_login_is_an_error)
{
	struct brg_http *http;

	talk.answers[0] = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
	talk.answers[1] = talk.answers[0];
	talk.answers[2] = "HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n";
	start(&talk);
	http = session();
	ck_assert_int_eq(ask_in(http), 0); /* nobody logged in: it is the page's answer */
	http_service()->close(http);
	how.user = "somebody";
	how.auth = BRG_HTTP_BASIC;
	http = session();
	ck_assert_int_eq(ask_in(http), BRG_EAUTH);
	ck_assert_int_eq(atomic_load(&talk.asked), 2);
	ck_assert_int_eq(ask_in(http), BRG_ELIMIT);
	ck_assert_uint_eq(err.retry_after_ms, 9000);
	http_service()->close(http);
	http_pool_tidy(INT64_MAX);
}
END_TEST

static const char *content_of(const char *path)
{
	static char text[16384];
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* The fake host makes the same of it. */
static void assert_played_again(const char *path)
{
	struct fakehost *fh = fakehost_new();
	const struct brg_http_service *fake = fh->host.service(fh->host.ctx, "http", 1);
	struct trace_file *trace = calloc(1, sizeof(*trace));
	struct brg_http_answer again;
	struct brg_http *http;

	trace_read(trace, path);
	ck_assert_uint_eq(trace->n, 3);
	fakehost_exchanges(fh, trace->at, trace->n);
	req.chunk = NULL;
	ck_assert_int_eq(fake->open(fh->host.ctx, &how, NULL, &http, &err), 0);
	ck_assert_int_eq(fake->request(http, &req, &again, &err), 0);
	ck_assert(brg_str_eq(again.body, brg_cstr("\\\xff\n.")));
	ck_assert(brg_str_eq(fake->header(&again, "content-length"), brg_cstr("4")));
	pieces = 0;
	req.chunk = take_piece;
	ck_assert_int_eq(fake->request(http, &req, &again, &err), 0);
	ck_assert_uint_eq(pieces, 4);
	ck_assert(!fakehost_exchanged(fh));
	ck_assert_int_eq(fake->request(http, &req, &again, &err), BRG_EIO);
	ck_assert(fakehost_exchanged(fh));
	fake->close(http);
	trace_free(trace);
	free(trace);
	fakehost_free(fh);
}

/* All that went over the wire, and no secret of it. */
START_TEST(a_trace)
{
	static const struct brg_http_header cookie = { "Cookie", "c00kie" };
	const char *path = arena_printf(
		arena, "%s/trace-%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	struct brg_http *http;
	const char *text;
	struct stat st;

	(void)unlink(path);
	talk.answers[0] = OK_OF("Set-Cookie: s3ssion\r\n", "\\\xff\n.");
	talk.answers[1] = OK("2nd.");
	start(&talk);
	how.auth = BRG_HTTP_BASIC;
	how.user = "eva";
	how.password = "s3cret";
	req.headers = &cookie;
	req.n_headers = 1;
	http = session();
	ck_assert_int_eq(trace_open(path, &engine.trace, &err), 0);
	ck_assert_int_eq(ask_in(http), 0);
	pieces = 0;
	req.chunk = take_piece;
	ck_assert_int_eq(ask_in(http), 0);
	ck_assert_int_eq(ask_in(http), BRG_EIO);
	http_service()->close(http);
	ck_assert_int_eq(trace_close(&engine.trace, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	text = content_of(path);
	ck_assert_ptr_nonnull(strstr(text, "\"method\":\"POST\""));
	ck_assert_ptr_nonnull(strstr(text, "\"body\":\"the order\""));
	ck_assert_ptr_nonnull(strstr(text, "\"body64\":\"XP8KLg==\""));
	ck_assert_ptr_nonnull(strstr(text, "\"body\":\"2nd.\""));
	ck_assert_ptr_nonnull(strstr(text, "\"error\":\"BRG-NET-0006\""));
	ck_assert_ptr_null(strstr(text, "s3"));
	ck_assert_ptr_null(strstr(text, "c00kie"));
	ck_assert_ptr_null(strstr(text, "ZXZhOnMzY3JldA"));
	assert_played_again(path);
	/* It is nobody else's file that is written. */
	ck_assert_int_eq(trace_open(path, &engine.trace, &err), BRG_EINVAL);
	ck_assert_int_eq(unlink(path), 0);
	http_pool_tidy(INT64_MAX);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, one_connection_for_all);
	tcase_add_test(t, what_was_read_is_not_sent_again);
	tcase_add_test(t, a_deletion_is_not_sent_again);
	tcase_add_test(t, no_proxy_to_this_machine);
	tcase_add_test(t, a_connection_that_was_closed_is_made_again);
	tcase_add_test(t, logins);
	tcase_add_test(t, a_login_of_two_steps);
	tcase_add_loop_test(t, redirects, 0, 4);
	tcase_add_loop_test(t, redirects_that_are_not_followed, 0, 3);
	tcase_add_test(t, cookies);
	tcase_add_loop_test(t, packed, 0, 2);
	tcase_add_test(t, in_pieces);
	tcase_add_test(t, no_piece_of_an_error);
	tcase_add_loop_test(t, what_a_status_comes_to, 0, STATUSES);
	tcase_add_test(t, clients_wait);
	tcase_add_test(t, sessions_share_a_connection);
	tcase_add_test(t, a_refused_login_is_an_error);
	tcase_add_test(t, a_trace);
}

int main(void)
{
	return tls_main("http client", add_tests);
}
