/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS that fails: which certificates are refused and in which words, and handshakes that do
 * not come to an end.
 */
#include "tests/unit/tls_client.h"

static struct brg_str seen;

#include <sys/socket.h>

/* ---- servers --------------------------------------------------------------------------------*/

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

/* ---- certificates that are refused ----------------------------------------------------------*/

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

/* ---- handshakes that fail -------------------------------------------------------------------*/

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

/* ---- all ------------------------------------------------------------------------------------*/

static void add_tests(TCase *t)
{
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
}

int main(void)
{
	return tls_main("tls refused", add_tests);
}
