/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS that works: sessions, bytes, and the change to TLS in the middle of a conversation.
 */
#include "tests/unit/tls_client.h"

static struct brg_str seen;

/* ---- servers --------------------------------------------------------------------------------*/

/* Leaves without a farewell. */
static void rude(struct server *s, int fd)
{
	SSL *ssl = server_tls(s, fd);

	if (ssl)
		SSL_write(ssl, "+OK bye\r\n", 9);
	SSL_free(ssl);
}

/* s->bytes bytes that say where they are. */
static void flood(struct server *s, int fd)
{
	SSL *ssl = server_tls(s, fd);
	char piece[5000];

	for (size_t at = 0; ssl && at < s->bytes; at += sizeof(piece)) {
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (char)((at + i) * 31 >> 3);
		if (SSL_write(ssl, piece, sizeof(piece)) <= 0)
			break;
	}
	server_bye(ssl);
}

static void drain(struct server *s, int fd)
{
	SSL *ssl = server_tls(s, fd);
	char piece[65536];
	int n;

	usleep(50000);
	while (ssl && atomic_load(&s->got) < s->bytes &&
	       (n = SSL_read(ssl, piece, sizeof(piece))) > 0)
		atomic_fetch_add(&s->got, (unsigned long long)n);
	if (ssl)
		SSL_write(ssl, "+OK\r\n", 5);
	server_bye(ssl);
}

/* Agrees to STLS; s->text is what comes with the yes. */
static void starttls(struct server *s, int fd)
{
	SSL *ssl;

	server_say(fd, "+OK ready\r\n");
	if (!server_hear(s, fd))
		return;
	server_say(fd, s->text);
	ssl = server_tls(s, fd);
	if (ssl)
		SSL_write(ssl, "+OK safe\r\n", 10);
	server_bye(ssl);
}

/* ---- what works -----------------------------------------------------------------------------*/

START_TEST(talk)
{
	struct cert good = cert_make(&good_spec, &middle);
	struct server s = { .serve = echo, .tls = cert_server(&good, &middle) };
	const char *host = _i ? "127.0.0.1" : "localhost";

	server_start(&s);
	ck_assert_int_eq(dial_as(host, s.port, BRG_TLS_IMPLICIT, root_file), 0);
	ck_assert_uint_eq(net_flags(stream), BRG_STREAM_TLS);
	ck_assert_int_eq(net_peek(stream, 10, &seen, &err), 1);
	ck_assert(brg_str_eq(seen, brg_cstr("+OK ready\r\n")));
	net_skip(stream, seen.len);
	ck_assert_int_eq(net_write(stream, "hello", 5, &err), 0);
	ck_assert_int_eq(net_peek(stream, 4, &seen, &err), 1);
	ck_assert(brg_str_eq(seen, brg_cstr("hello")));
	hang_up();
	server_stop(&s);
	ck_assert(atomic_load(&s.farewell));
	cert_free(&good);
}
END_TEST

/* The server's own certificate may be named as what to trust. */
START_TEST(pinned)
{
	struct cert own = cert_make(&good_spec, _i ? &root : NULL);
	const char *file = cert_save(&own, "own");
	struct server s = { .serve = echo, .tls = cert_server(&own, NULL) };

	server_start(&s);
	ck_assert_int_eq(dial_as("localhost", s.port, BRG_TLS_IMPLICIT, file), 0);
	hang_up();
	server_stop(&s);
	cert_free(&own);
}
END_TEST

static void resume(int port, bool expect)
{
	ck_assert_int_eq(dial(port), 0);
	ck_assert_int_eq((net_flags(stream) & BRG_STREAM_RESUMED) != 0, expect);
	ck_assert_int_eq(net_peek(stream, 10, &seen, &err), 1);
	hang_up();
}

START_TEST(resumed)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };
	struct server other = { .serve = echo, .tls = cert_server(&good, NULL) };

	SSL_CTX_set_max_proto_version(s.tls, _i ? TLS1_3_VERSION : TLS1_2_VERSION);
	server_start(&s);
	server_start(&other);
	resume(s.port, false);
	for (int i = 0; i < 5; i++)
		resume(s.port, true);
	/* Another server, another name, other authorities: other sessions. */
	resume(other.port, false);
	ck_assert_int_eq(dial_as("127.0.0.1", s.port, BRG_TLS_IMPLICIT, root_file), 0);
	ck_assert_uint_eq(net_flags(stream), BRG_STREAM_TLS);
	hang_up();
	ck_assert_int_eq(dial_as("localhost", s.port, BRG_TLS_IMPLICIT, cert_save(&root, "copy")),
			 0);
	ck_assert_uint_eq(net_flags(stream), BRG_STREAM_TLS);
	hang_up();
	server_stop(&s);
	server_stop(&other);
	cert_free(&good);
}
END_TEST

static void *visit_often(void *arg)
{
	struct brg_endpoint where = {
		.host = "localhost",
		.port = *(int *)arg,
		.ca_file = root_file,
		.connect_timeout_ms = 5000,
		.read_timeout_ms = 5000,
	};
	struct brg_err mine = BRG_ERR_INIT;
	uintptr_t good = 0;

	for (int i = 0; i < 20; i++) {
		struct brg_stream *s;
		struct brg_str words;

		if (net_connect(&watch.watch, &where, &s, &mine) < 0)
			break;
		good += net_peek(s, 10, &words, &mine) == 1;
		net_close(s);
	}
	return (void *)good;
}

START_TEST(many_threads)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };
	pthread_t threads[8];
	void *n;

	server_start(&s);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, visit_often, &s.port), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &n);
		ck_assert_uint_eq((uintptr_t)n, 20);
	}
	server_stop(&s);
	cert_free(&good);
}
END_TEST

START_TEST(in_order)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = flood, .tls = cert_server(&good, NULL), .bytes = 20000000 };
	size_t at = 0, left = 0, take;

	server_start(&s);
	ck_assert_int_eq(dial(s.port), 0);
	while (net_peek(stream, left, &seen, &err) == 1) {
		for (size_t i = left; i < seen.len; i++)
			if (seen.ptr[i] != (char)((at + i) * 31 >> 3))
				ck_abort_msg("wrong at %zu", at + i);
		take = seen.len > 3000 ? seen.len - 3000 : 0;
		net_skip(stream, take);
		at += take;
		left = seen.len - take;
	}
	ck_assert_uint_eq(at + seen.len, s.bytes);
	hang_up();
	server_stop(&s);
	cert_free(&good);
}
END_TEST

START_TEST(write_much)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = drain, .tls = cert_server(&good, NULL) };
	size_t n = s.bytes = 16 * 1024 * 1024;
	char *bytes = calloc(1, n);

	server_start(&s);
	ck_assert_int_eq(dial(s.port), 0);
	ck_assert_int_eq(net_write(stream, bytes, n, &err), 0);
	ck_assert_int_eq(net_peek(stream, 4, &seen, &err), 1);
	hang_up();
	server_stop(&s);
	ck_assert_uint_eq(atomic_load(&s.got), n);
	free(bytes);
	cert_free(&good);
}
END_TEST

START_TEST(no_farewell)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = rude, .tls = cert_server(&good, NULL) };

	server_start(&s);
	ck_assert_int_eq(dial(s.port), 0);
	ck_assert_int_eq(net_peek(stream, 8, &seen, &err), 1);
	ck_assert_int_eq(net_peek(stream, 9, &seen, &err), 0);
	hang_up();
	server_stop(&s);
	cert_free(&good);
}
END_TEST

/* ---- STARTTLS -------------------------------------------------------------------------------*/

/* The client's side up to the server's yes, of which `take` bytes are taken. */
static int ask(int port, size_t take)
{
	ck_assert_int_eq(dial_as("localhost", port, BRG_TLS_STARTTLS, root_file), 0);
	ck_assert_uint_eq(net_flags(stream), 0);
	ck_assert_int_eq(net_peek(stream, 10, &seen, &err), 1);
	net_skip(stream, seen.len);
	ck_assert_int_eq(net_write(stream, "STLS\r\n", 6, &err), 0);
	ck_assert_int_eq(net_peek(stream, take, &seen, &err), 1);
	net_skip(stream, take + 1);
	return net_starttls(stream, &err);
}

START_TEST(upgrade)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = starttls, .tls = cert_server(&good, NULL), .text = "+OK\r\n" };

	server_start(&s);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ask(s.port, 4), 0);
		ck_assert_uint_eq(net_flags(stream), BRG_STREAM_TLS | (i ? BRG_STREAM_RESUMED : 0));
		ck_assert_int_eq(net_peek(stream, 9, &seen, &err), 1);
		ck_assert(brg_str_eq(seen, brg_cstr("+OK safe\r\n")));
		must_fail(net_starttls(stream, &err), BRG_EPROTO, "BRG-NET-0016", "refused");
		hang_up();
	}
	server_stop(&s);
	cert_free(&good);
}
END_TEST

START_TEST(injected)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = starttls,
			    .tls = cert_server(&good, NULL),
			    .text = "+OK\r\n+OK injected\r\n" };

	server_start(&s);
	must_fail(ask(s.port, 4), BRG_EPROTO, "BRG-NET-0016",
		  "sent something between its yes to TLS and TLS itself");
	hang_up();
	server_stop(&s);
	cert_free(&good);
}
END_TEST

START_TEST(upgrade_refused)
{
	static const struct cert_spec old = { "old.example", LOCAL, -20, -3, false };
	struct cert bad = cert_make(&old, &root);
	struct server s = { .serve = starttls, .tls = cert_server(&bad, NULL), .text = "+OK\r\n" };

	server_start(&s);
	must_fail(ask(s.port, 4), BRG_ETLS, "BRG-NET-0009", "expired on");
	hang_up();
	server_stop(&s);
	cert_free(&bad);
}
END_TEST

/* ---- all ------------------------------------------------------------------------------------*/

static void add_tests(TCase *t)
{
	tcase_add_loop_test(t, talk, 0, 2);
	tcase_add_loop_test(t, pinned, 0, 2);
	tcase_add_loop_test(t, resumed, 0, 2);
	tcase_add_test(t, many_threads);
	tcase_add_test(t, in_order);
	tcase_add_test(t, write_much);
	tcase_add_test(t, no_farewell);
	tcase_add_test(t, upgrade);
	tcase_add_test(t, injected);
	tcase_add_test(t, upgrade_refused);
}

int main(void)
{
	return tls_main("tls", add_tests);
}
