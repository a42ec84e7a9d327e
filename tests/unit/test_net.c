/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections in clear text: every way to fail, deadlines, and the buffer.
 */
#include "core/faults.h"
#include "tests/unit/net_server.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_watch watch;
static struct brg_err err;
static struct brg_stream *stream;
static struct brg_str seen;

/* The test starts the network itself, after it set variables. */
static void setup_cold(void)
{
	err = (struct brg_err)BRG_ERR_INIT;
	watch_init(&watch);
	stream = NULL;
}

static void setup(void)
{
	setup_cold();
	ck_assert_int_eq(net_init(&err), 0);
}

static void teardown(void)
{
	net_close(stream);
	stream = NULL;
}

static int dial(const char *host, int port)
{
	struct brg_endpoint where = {
		.host = host,
		.port = port,
		.tls = BRG_TLS_NONE,
		.ca_file = "",
		.connect_timeout_ms = 300,
		.read_timeout_ms = 300,
	};

	return net_connect(&watch.watch, &where, &stream, &err);
}

static void must_fail(int rc, int cls, const char *code, const char *sentence)
{
	char text[600];

	ck_assert_int_lt(rc, 0);
	ck_assert_str_eq(err.fault->code, code);
	ck_assert_int_eq(rc, cls);
	ck_assert_int_eq(err.code, cls);
	err_render(&err, "sv", text, sizeof(text));
	ck_assert_ptr_null(strchr(text, '{'));
	err_render(&err, "en", text, sizeof(text));
	ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

/* ---- servers --------------------------------------------------------------------------------*/

static void greet(struct server *s, int fd)
{
	server_say(fd, "+OK ready\r\n");
	while (server_hear(s, fd)) {
		if (strcmp(s->line, "QUIT") == 0)
			return;
		server_say(fd, s->line);
		server_say(fd, "\r\n");
	}
}

static void silent(struct server *s, int fd)
{
	server_say(fd, s->text);
	while (server_hear(s, fd))
		;
}

static void reset(struct server *s, int fd)
{
	struct linger now = { 1, 0 };

	server_say(fd, s->text);
	server_hear(s, fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* s->bytes bytes that say where they are. */
static void flood(struct server *s, int fd)
{
	char piece[4096];

	for (size_t at = 0; at < s->bytes; at += sizeof(piece)) {
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (char)((at + i) * 31 >> 3);
		if (send(fd, piece, sizeof(piece), MSG_NOSIGNAL) != sizeof(piece))
			return;
	}
}

/* Starts late, then reads slowly. */
static void drain(struct server *s, int fd)
{
	char piece[65536];
	ssize_t n;

	usleep(100000);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		atomic_fetch_add(&s->got, (unsigned long long)n);
}

static void never_reads(struct server *s, int fd)
{
	(void)fd;
	for (int i = 0; i < 200 && !atomic_load(&s->farewell); i++)
		usleep(10000);
}

/* ---- tests ----------------------------------------------------------------------------------*/

START_TEST(talk)
{
	struct server s = { .serve = greet };

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	ck_assert_uint_eq(net_flags(stream), 0);
	ck_assert_int_eq(net_peek(stream, 0, &seen, &err), 1);
	ck_assert_int_eq(net_peek(stream, 10, &seen, &err), 1);
	ck_assert(brg_str_eq(seen, brg_cstr("+OK ready\r\n")));
	net_skip(stream, 4);
	ck_assert_int_eq(net_write(stream, "ab\r\ncd\r\nQUIT\r\n", 14, &err), 0);
	ck_assert_int_eq(net_peek(stream, 14, &seen, &err), 1);
	ck_assert(brg_str_eq(seen, brg_cstr("ready\r\nab\r\ncd\r\n")));
	net_skip(stream, 11);
	/* The end: what is left stays to be seen. */
	ck_assert_int_eq(net_peek(stream, 4, &seen, &err), 0);
	ck_assert(brg_str_eq(seen, brg_cstr("cd\r\n")));
	ck_assert_int_eq(net_peek(stream, 3, &seen, &err), 1);
	net_skip(stream, 99);
	ck_assert_int_eq(net_peek(stream, 0, &seen, &err), 0);
	ck_assert_uint_eq(seen.len, 0);
	server_stop(&s);
}
END_TEST

START_TEST(names)
{
	struct server s = { .serve = greet };

	server_start(&s);
	ck_assert_int_eq(dial("localhost", s.port), 0);
	net_close(stream);
	stream = NULL;
	must_fail(dial("no-such-host.invalid", s.port), BRG_EIO, "BRG-NET-0001",
		  "no-such-host.invalid was not found");
	ck_assert_int_eq(err.scope, BRG_SCOPE_SERVER);
	ck_assert_int_eq(err.retry, BRG_RETRY_LATER);
	server_stop(&s);
}
END_TEST

static const char *const bad_hosts[] = {
	"",
	"pop.example.com/x",
	"https://pop.example.com",
	"user@pop.example.com",
	"pop example.com",
	"pop.example.com:995",
	"[::1]",
	"::1::2",
	"-x.example.com",
	"räksmörgås.se",
	"a\nb",
};

START_TEST(bad_host)
{
	must_fail(dial(bad_hosts[_i], 110), BRG_EINVAL, "BRG-NET-0020", "is no host name");
	must_fail(dial("127.0.0.1", 0), BRG_EINVAL, "BRG-NET-0020", "port 0");
	must_fail(dial("127.0.0.1", 65536), BRG_EINVAL, "BRG-NET-0020", "port 65536");
}
END_TEST

START_TEST(refused)
{
	must_fail(dial("127.0.0.1", server_no_port()), BRG_EIO, "BRG-NET-0002",
		  "127.0.0.1 refuses connections on port");
}
END_TEST

START_TEST(unreachable)
{
	must_fail(dial("255.255.255.255", 110), BRG_EIO, "BRG-NET-0003", "cannot be reached");
}
END_TEST

START_TEST(slow_to_accept)
{
	int fds[4], port = server_full(fds);
	int64_t began = watch_now_ms();

	must_fail(dial("127.0.0.1", port), BRG_ETIMEDOUT, "BRG-NET-0004", "within 0.3 s");
	ck_assert_int_lt(watch_now_ms() - began, 1000);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

START_TEST(no_descriptors)
{
	struct server s = { .serve = greet };
	struct rlimit old, few;
	int fd;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0); /* what is opened once is open */
	teardown();
	server_stop(&s); /* its thread must not give back a descriptor below the limit */
	getrlimit(RLIMIT_NOFILE, &old);
	fd = dup(0);
	few = (struct rlimit){ (rlim_t)fd, old.rlim_max };
	close(fd);
	setrlimit(RLIMIT_NOFILE, &few);
	must_fail(dial("127.0.0.1", s.port), BRG_EIO, "BRG-NET-0019", "this machine cannot open");
	ck_assert_int_eq(err.scope, BRG_SCOPE_STORE);
	setrlimit(RLIMIT_NOFILE, &old);
}
END_TEST

START_TEST(silence)
{
	struct server mute = { .serve = silent, .text = "" };
	struct server shy = { .serve = silent, .text = "+OK\r\n" };
	int64_t began;

	server_start(&mute);
	server_start(&shy);
	ck_assert_int_eq(dial("127.0.0.1", mute.port), 0);
	began = watch_now_ms();
	must_fail(net_peek(stream, 0, &seen, &err), BRG_ETIMEDOUT, "BRG-NET-0027",
		  "said nothing for 0.3 s");
	ck_assert_int_ge(watch_now_ms() - began, 290);
	ck_assert_int_lt(watch_now_ms() - began, 1000);
	net_close(stream);
	ck_assert_int_eq(dial("127.0.0.1", shy.port), 0);
	ck_assert_int_eq(net_peek(stream, 0, &seen, &err), 1);
	must_fail(net_peek(stream, seen.len, &seen, &err), BRG_ETIMEDOUT, "BRG-NET-0005",
		  "sent nothing for 0.3 s");
	teardown();
	server_stop(&mute);
	server_stop(&shy);
}
END_TEST

START_TEST(cut)
{
	struct server s = { .serve = reset, .text = "+OK\r\n" };

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	ck_assert_int_eq(net_peek(stream, 4, &seen, &err), 1);
	ck_assert_int_eq(net_write(stream, "x\r\n", 3, &err), 0);
	must_fail(net_peek(stream, 5, &seen, &err), BRG_EIO, "BRG-NET-0006",
		  "cut the connection: Connection reset by peer");
	must_fail(net_write(stream, "x\r\n", 3, &err), BRG_EIO, "BRG-NET-0006",
		  "cut the connection: it was closed");
	server_stop(&s);
}
END_TEST

START_TEST(too_long)
{
	struct server s = { .serve = flood, .bytes = 300 * 1024 };
	size_t have = 0;
	int rc;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	while ((rc = net_peek(stream, have, &seen, &err)) == 1)
		have = seen.len;
	ck_assert_uint_eq(have, 256 * 1024);
	must_fail(rc, BRG_EPROTO, "BRG-NET-0017", "more than 262144 bytes");
	net_skip(stream, 1);
	ck_assert_int_eq(net_peek(stream, have - 1, &seen, &err), 1);
	teardown();
	server_stop(&s);
}
END_TEST

/* Every byte comes once and in order, however it is taken. */
START_TEST(in_order)
{
	struct server s = { .serve = flood, .bytes = 50 * 1024 * 1024 };
	size_t at = 0, left = 0, take;
	unsigned seed = 7;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	while (net_peek(stream, left, &seen, &err) == 1) {
		for (size_t i = left; i < seen.len; i++)
			if (seen.ptr[i] != (char)((at + i) * 31 >> 3))
				ck_abort_msg("wrong at %zu", at + i);
		seed = seed * 1103515245 + 12345;
		take = (seed >> 16) % 4 ? seen.len : (seed >> 8) % (seen.len + 1);
		if (seen.len - take > 200000)
			take = seen.len;
		net_skip(stream, take);
		at += take;
		left = seen.len - take;
	}
	ck_assert_uint_eq(at + seen.len, s.bytes);
	server_stop(&s);
}
END_TEST

START_TEST(write_much)
{
	struct server s = { .serve = drain };
	size_t n = 8 * 1024 * 1024;
	char *bytes = calloc(1, n);

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	ck_assert_int_eq(net_write(stream, bytes, n, &err), 0);
	teardown();
	server_stop(&s);
	ck_assert_uint_eq(atomic_load(&s.got), n);
	free(bytes);
}
END_TEST

START_TEST(stalled)
{
	struct server s = { .serve = never_reads };
	size_t n = 32 * 1024 * 1024;
	char *bytes = calloc(1, n);

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	must_fail(net_write(stream, bytes, n, &err), BRG_ETIMEDOUT, "BRG-NET-0025",
		  "took no more data for 0.3 s");
	atomic_store(&s.farewell, true);
	teardown();
	server_stop(&s);
	free(bytes);
}
END_TEST

/* ---- stopping -------------------------------------------------------------------------------*/

START_TEST(canceled_read)
{
	struct server s = { .serve = silent, .text = "" };
	int64_t began = watch_now_ms();
	pthread_t thread;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	thread = watch_cancel_after(&watch);
	must_fail(net_peek(stream, 0, &seen, &err), BRG_ECANCELED, "BRG-CORE-0003", "stopped");
	ck_assert_int_lt(watch_now_ms() - began, WATCH_CANCEL_MS + 300);
	pthread_join(thread, NULL);
	teardown();
	must_fail(dial("127.0.0.1", s.port), BRG_ECANCELED, "BRG-CORE-0003", "stopped");
	server_stop(&s);
}
END_TEST

/* A server that never pauses, a plugin that never asks. */
START_TEST(canceled_flood)
{
	struct server s = { .serve = flood, .bytes = (size_t)1 << 40 };
	int64_t began = watch_now_ms();
	pthread_t thread;
	int rc;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	thread = watch_cancel_after(&watch);
	/* Slower than the server: there is always more, and no read has to wait. */
	while ((rc = net_peek(stream, 0, &seen, &err)) == 1) {
		net_skip(stream, seen.len);
		usleep(10000);
	}
	must_fail(rc, BRG_ECANCELED, "BRG-CORE-0003", "stopped");
	ck_assert_int_lt(watch_now_ms() - began, WATCH_CANCEL_MS + 300);
	pthread_join(thread, NULL);
	teardown();
	server_stop(&s);
}
END_TEST

START_TEST(canceled_write)
{
	struct server s = { .serve = never_reads };
	size_t n = 32 * 1024 * 1024;
	char *bytes = calloc(1, n);
	pthread_t thread;

	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	thread = watch_cancel_after(&watch);
	must_fail(net_write(stream, bytes, n, &err), BRG_ECANCELED, "BRG-CORE-0003", "stopped");
	pthread_join(thread, NULL);
	atomic_store(&s.farewell, true);
	teardown();
	server_stop(&s);
	free(bytes);
}
END_TEST

START_TEST(canceled_connect)
{
	int fds[4], port = server_full(fds);
	pthread_t thread = watch_cancel_after(&watch);

	must_fail(dial("127.0.0.1", port), BRG_ECANCELED, "BRG-CORE-0003", "stopped");
	pthread_join(thread, NULL);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

START_TEST(deadline)
{
	struct server s = { .serve = silent, .text = "" };
	int64_t began = watch_now_ms();

	server_start(&s);
	watch.deadline_ms = began + 100;
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	must_fail(net_peek(stream, 0, &seen, &err), BRG_ETIMEDOUT, "BRG-CORE-0004",
		  "did not end within its time");
	ck_assert_int_ge(watch_now_ms() - began, 99);
	ck_assert_int_lt(watch_now_ms() - began, 290);
	teardown();
	server_stop(&s);
}
END_TEST

/* ---- addresses and proxies ------------------------------------------------------------------*/

START_TEST(ipv6)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0)
		return; /* a machine without it */
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	ck_assert_int_eq(dial("::1", ntohs(a.sin6_port)), 0);
	peer = accept(fd, NULL, NULL);
	server_say(peer, "hello");
	ck_assert_int_eq(net_peek(stream, 4, &seen, &err), 1);
	close(peer);
	close(fd);
}
END_TEST

/* An HTTP proxy: takes one CONNECT, then is the server itself. */
static void be_proxy(struct server *s, int fd)
{
	char request[sizeof(s->line)] = "";

	while (server_hear(s, fd) && *s->line)
		if (!*request)
			memcpy(request, s->line, sizeof(request));
	server_say(fd, s->text);
	memcpy(s->line, request, sizeof(request));
}

START_TEST(by_proxy)
{
	struct server good = { .serve = be_proxy,
			       .text = "HTTP/1.1 200 OK\r\n\r\n+OK far away\r\n" };
	struct server bad = { .serve = be_proxy, .text = "HTTP/1.1 403 No\r\n\r\n" };
	struct server near = { .serve = greet };
	char url[64];

	server_start(&good);
	server_start(&bad);
	server_start(&near);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", _i ? bad.port : good.port);
	setenv("ALL_PROXY", url, 1);
	setenv("NO_PROXY", "127.0.0.1", 1);
	ck_assert_int_eq(net_init(&err), 0);
	if (_i) {
		must_fail(dial("pop.example.com", 110), BRG_EIO, "BRG-NET-0018",
			  "the proxy does not reach pop.example.com port 110");
	} else {
		ck_assert_int_eq(dial("pop.example.com", 110), 0);
		ck_assert_int_eq(net_peek(stream, 0, &seen, &err), 1);
		ck_assert(brg_str_eq(seen, brg_cstr("+OK far away\r\n")));
	}
	teardown();
	ck_assert_int_eq(dial("127.0.0.1", near.port), 0);
	teardown();
	server_stop(&good);
	server_stop(&bad);
	server_stop(&near);
	ck_assert_str_eq((_i ? &bad : &good)->line, "CONNECT pop.example.com:110 HTTP/1.1");
}
END_TEST

/* Variables that are meant for web browsers change nothing. */
START_TEST(other_variables)
{
	struct server s = { .serve = greet };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
	ck_assert_int_eq(net_init(&err), 0);
	server_start(&s);
	ck_assert_int_eq(dial("127.0.0.1", s.port), 0);
	teardown();
	server_stop(&s);
}
END_TEST

static TCase *clear_case(void)
{
	TCase *t = tcase_create("clear text");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, talk);
	tcase_add_test(t, names);
	tcase_add_loop_test(t, bad_host, 0, sizeof(bad_hosts) / sizeof(bad_hosts[0]));
	tcase_add_test(t, refused);
	tcase_add_test(t, unreachable);
	tcase_add_test(t, slow_to_accept);
	tcase_add_test(t, no_descriptors);
	tcase_add_test(t, silence);
	tcase_add_test(t, cut);
	tcase_add_test(t, too_long);
	tcase_add_test(t, in_order);
	tcase_add_test(t, write_much);
	tcase_add_test(t, stalled);
	tcase_add_test(t, canceled_read);
	tcase_add_test(t, canceled_flood);
	tcase_add_test(t, canceled_write);
	tcase_add_test(t, canceled_connect);
	tcase_add_test(t, deadline);
	tcase_add_test(t, ipv6);
	tcase_set_timeout(t, 30);
	return t;
}

int main(void)
{
	Suite *s = suite_create("net");
	TCase *proxies = tcase_create("proxies");
	SRunner *r;
	int failed;

	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	tcase_add_checked_fixture(proxies, setup_cold, teardown);
	tcase_add_loop_test(proxies, by_proxy, 0, 2);
	tcase_add_test(proxies, other_variables);
	suite_add_tcase(s, clear_case());
	suite_add_tcase(s, proxies);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
