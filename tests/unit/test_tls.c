/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS: which certificates are refused and in which words, sessions, and the change to TLS in
 * the middle of a conversation. Authorities and certificates are made by the test.
 */
#include "core/faults.h"
#include "tests/unit/net_server.h"

#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCAL "DNS:localhost,IP:127.0.0.1"

static struct test_watch watch;
static struct brg_err err;
static struct brg_stream *stream;
static struct brg_str seen;
static struct cert root, middle;
static const char *root_file;

static const struct cert_spec root_spec = { "Test Root", NULL, -1, 10, true };
static const struct cert_spec middle_spec = { "Test Middle", NULL, -1, 10, true };
static const struct cert_spec good_spec = { "localhost", LOCAL, -1, 10, false };

static void setup(void)
{
	err = (struct brg_err)BRG_ERR_INIT;
	watch_init(&watch);
	stream = NULL;
	ck_assert_int_eq(net_init(&err), 0);
	root = cert_make(&root_spec, NULL);
	middle = cert_make(&middle_spec, &root);
	root_file = cert_save(&root, "root");
}

static void hang_up(void)
{
	net_close(stream);
	stream = NULL;
}

static void teardown(void)
{
	hang_up();
	cert_free(&root);
	cert_free(&middle);
}

static int dial_as(const char *host, int port, int tls, const char *ca_file)
{
	struct brg_endpoint where = {
		.host = host,
		.port = port,
		.tls = tls,
		.ca_file = ca_file,
		.connect_timeout_ms = 500,
		.read_timeout_ms = 500,
	};

	return net_connect(&watch.watch, &where, &stream, &err);
}

static int dial(int port)
{
	return dial_as("localhost", port, BRG_TLS_IMPLICIT, root_file);
}

static void must_fail(int rc, int cls, const char *code, const char *sentence)
{
	char text[600];

	ck_assert_int_lt(rc, 0);
	ck_assert_str_eq(err.fault->code, code);
	ck_assert_int_eq(rc, cls);
	ck_assert_int_eq(err.scope, BRG_SCOPE_SERVER);
	ck_assert_int_eq(err.retry, BRG_RETRY_LATER);
	err_render(&err, "sv", text, sizeof(text));
	ck_assert_ptr_null(strchr(text, '{'));
	err_render(&err, "en", text, sizeof(text));
	ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

/* ---- servers ------------------------------------------------------------------------------ */

/* Greets; then echoes until the client goes. */
static void echo(struct server *s, int fd)
{
	SSL *ssl = server_tls(s, fd);
	char piece[4096];
	int n;

	if (!ssl)
		return;
	SSL_write(ssl, "+OK ready\r\n", 11);
	while ((n = SSL_read(ssl, piece, sizeof(piece))) > 0)
		SSL_write(ssl, piece, n);
	atomic_store(&s->farewell, SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN);
	server_bye(ssl);
}

static void clear(struct server *s, int fd)
{
	server_say(fd, "+OK <1.2@example> ready\r\n");
	server_hear(s, fd);
}

static void hang_up_at_once(struct server *s, int fd)
{
	char hello[64];

	(void)s;
	(void)!recv(fd, hello, sizeof(hello), 0);
}

static void silent(struct server *s, int fd)
{
	while (server_hear(s, fd))
		;
}

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

/* ---- what works ----------------------------------------------------------------------------- */

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

/* ---- certificates that are refused ------------------------------------------------------------
 */

enum signer { ROOT, ITSELF, STRANGER, MIDDLE_NOT_SENT, STRANGER_SENT };
static const struct {
	struct cert_spec spec;
	enum signer signer;
	const char *code, *sentence;
} refused[] = {
	{ { "old.example", LOCAL, -20, -3, false },
	  ROOT,
	  "BRG-NET-0009",
	  "the certificate old.example of localhost port" },
	{ { "old.example", LOCAL, -20, -3, false }, ROOT, "BRG-NET-0009", " expired on 20" },
	{ { "early.example", LOCAL, 3, 9, false }, ROOT, "BRG-NET-0010", "is not valid before 20" },
	{ { "mail.example", "DNS:mail.example,DNS:*.mail.example,IP:192.0.2.1", -1, 9, false },
	  ROOT,
	  "BRG-NET-0011",
	  "for other names: mail.example, *.mail.example, 192.0.2.1" },
	{ { "only-cn.example", NULL, -1, 9, false },
	  ROOT,
	  "BRG-NET-0011",
	  "for other names: only-cn.example" },
	{ { "evil\nname=x", NULL, -1, 9, false }, ROOT, "BRG-NET-0011", "evil?name=x" },
	{ { "localhost", LOCAL, -1, 9, false },
	  ITSELF,
	  "BRG-NET-0012",
	  "(localhost) is signed by itself and not trusted" },
	{ { "localhost", LOCAL, -1, 9, false },
	  STRANGER,
	  "BRG-NET-0013",
	  "was issued by Stranger, which is not trusted" },
	{ { "localhost", LOCAL, -1, 9, false },
	  STRANGER_SENT,
	  "BRG-NET-0013",
	  "was issued by Stranger, which is not trusted" },
	{ { "localhost", LOCAL, -1, 9, false },
	  MIDDLE_NOT_SENT,
	  "BRG-NET-0013",
	  "was issued by Test Middle, which is not trusted" },
};

START_TEST(refusals)
{
	static const struct cert_spec stranger_spec = { "Stranger", NULL, -1, 10, true };
	struct cert stranger = cert_make(&stranger_spec, NULL), bad;
	const struct cert *const signers[] = {
		[ROOT] = &root,
		[ITSELF] = NULL,
		[STRANGER] = &stranger,
		[MIDDLE_NOT_SENT] = &middle,
		[STRANGER_SENT] = &stranger,
	};
	struct server s = { .serve = echo };

	bad = cert_make(&refused[_i].spec, signers[refused[_i].signer]);
	s.tls = cert_server(&bad, refused[_i].signer == STRANGER_SENT ? &stranger : NULL);
	server_start(&s);
	for (int i = 0; i < 2; i++)
		must_fail(dial(s.port), BRG_ETLS, refused[_i].code, refused[_i].sentence);
	server_stop(&s);
	cert_free(&bad);
	cert_free(&stranger);
}
END_TEST

/* By the system's authorities nothing of ours is good. */
START_TEST(system_store)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };

	server_start(&s);
	must_fail(dial_as("localhost", s.port, BRG_TLS_IMPLICIT, ""), BRG_ETLS, "BRG-NET-0013",
		  "was issued by Test Root, which is not trusted");
	must_fail(dial_as("localhost", s.port, BRG_TLS_IMPLICIT, NULL), BRG_ETLS, "BRG-NET-0013",
		  "was issued by Test Root, which is not trusted");
	server_stop(&s);
	cert_free(&good);
}
END_TEST

static const char *write_file(const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("NET_TEST_DIR"), name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
	return path;
}

START_TEST(bad_ca_file)
{
	must_fail(dial_as("localhost", 1, BRG_TLS_IMPLICIT, "/nonexistent/ca.pem"), BRG_EINVAL,
		  "BRG-NET-0015", "/nonexistent/ca.pem cannot be used: No such file or directory");
	must_fail(dial_as("localhost", 1, BRG_TLS_STARTTLS, "/"), BRG_EINVAL, "BRG-NET-0015",
		  "Is a directory");
	must_fail(dial_as("localhost", 1, BRG_TLS_IMPLICIT, write_file("empty", "")), BRG_EINVAL,
		  "BRG-NET-0015", "no certificate in it");
	must_fail(dial_as("localhost", 1, BRG_TLS_IMPLICIT, write_file("text", "Dear Sir,\n")),
		  BRG_EINVAL, "BRG-NET-0015", "no certificate in it");
	/* Once mended it is good: the next trouble is another. */
	must_fail(dial_as("localhost", 1, BRG_TLS_IMPLICIT, write_file("mended.pem", "?")),
		  BRG_EINVAL, "BRG-NET-0015", "/mended.pem cannot be used");
	must_fail(dial_as("localhost", server_no_port(), BRG_TLS_IMPLICIT,
			  cert_save(&root, "mended")),
		  BRG_EIO, "BRG-NET-0002", "refuses connections");
}
END_TEST

/* ---- handshakes that fail -----------------------------------------------------------------------
 */

START_TEST(clear_text)
{
	struct server s = { .serve = clear };

	server_start(&s);
	for (int i = 0; i < 3; i++) {
		must_fail(dial(s.port), BRG_ETLS, "BRG-NET-0007", "answered in clear text on port");
		ck_assert_str_eq(err.said, "+OK <1.2@example> ready  ");
	}
	server_stop(&s);
}
END_TEST

START_TEST(cut)
{
	struct server s = { .serve = hang_up_at_once };

	server_start(&s);
	must_fail(dial(s.port), BRG_ETLS, "BRG-NET-0023",
		  "closed the connection during the TLS handshake");
	server_stop(&s);
}
END_TEST

START_TEST(silence)
{
	struct server s = { .serve = silent };
	int64_t began = watch_now_ms();

	server_start(&s);
	must_fail(dial(s.port), BRG_ETIMEDOUT, "BRG-NET-0022",
		  "did not finish the TLS handshake within 0.5 s");
	ck_assert_int_lt(watch_now_ms() - began, 1200);
	server_stop(&s);
}
END_TEST

START_TEST(canceled)
{
	struct server s = { .serve = silent };
	pthread_t thread;
	int rc;

	server_start(&s);
	thread = watch_cancel_after(&watch);
	rc = dial(s.port);
	ck_assert_int_eq(rc, BRG_ECANCELED);
	ck_assert_str_eq(err.fault->code, "BRG-CORE-0003");
	pthread_join(thread, NULL);
	server_stop(&s);
}
END_TEST

START_TEST(old_versions)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };

	SSL_CTX_set_security_level(s.tls, 0);
	SSL_CTX_set_min_proto_version(s.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(s.tls, TLS1_1_VERSION);
	server_start(&s);
	must_fail(dial(s.port), BRG_ETLS, "BRG-NET-0024", "only versions of TLS older than 1.2");
	server_stop(&s);
	cert_free(&good);
}
END_TEST

START_TEST(no_common_cipher)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };

	/* Its certificate does not fit the only cipher that it offers. */
	SSL_CTX_set_max_proto_version(s.tls, TLS1_2_VERSION);
	ck_assert_int_eq(SSL_CTX_set_cipher_list(s.tls, "ECDHE-RSA-AES128-GCM-SHA256"), 1);
	server_start(&s);
	must_fail(dial(s.port), BRG_ETLS, "BRG-NET-0008", "handshake failure");
	server_stop(&s);
	cert_free(&good);
}
END_TEST

/* TLS 1.3: the server's refusal comes with the first read. */
START_TEST(wants_certificate)
{
	struct cert good = cert_make(&good_spec, &root);
	struct server s = { .serve = echo, .tls = cert_server(&good, NULL) };

	SSL_CTX_set_verify(s.tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	server_start(&s);
	ck_assert_int_eq(dial(s.port), 0);
	must_fail(net_peek(stream, 0, &seen, &err), BRG_ETLS, "BRG-NET-0008",
		  "certificate required");
	hang_up();
	server_stop(&s);
	cert_free(&good);
}
END_TEST

/* ---- STARTTLS ---------------------------------------------------------------------------------
 */

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

/* ---- all ----------------------------------------------------------------------------------------
 */

static void add_tests(TCase *t)
{
	tcase_add_loop_test(t, talk, 0, 2);
	tcase_add_loop_test(t, pinned, 0, 2);
	tcase_add_loop_test(t, resumed, 0, 2);
	tcase_add_test(t, many_threads);
	tcase_add_test(t, in_order);
	tcase_add_test(t, write_much);
	tcase_add_test(t, no_farewell);
	tcase_add_loop_test(t, refusals, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, system_store);
	tcase_add_test(t, bad_ca_file);
	tcase_add_test(t, clear_text);
	tcase_add_test(t, cut);
	tcase_add_test(t, silence);
	tcase_add_test(t, canceled);
	tcase_add_test(t, old_versions);
	tcase_add_test(t, no_common_cipher);
	tcase_add_test(t, wants_certificate);
	tcase_add_test(t, upgrade);
	tcase_add_test(t, injected);
	tcase_add_test(t, upgrade_refused);
}

static void remove_files(const char *dir)
{
	static const char *const names[] = {
		"root.pem", "own.pem", "copy.pem", "empty", "text", "x"
	};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

int main(void)
{
	char dir[] = "/tmp/brygga-tls-XXXXXX";
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");
	SRunner *r;
	int failed;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	setenv("NET_TEST_DIR", dir, 1);
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	add_tests(t);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	remove_files(dir);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
