/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of TLS share: authorities made for the test, one client, one server.
 */
#ifndef BRG_TLS_CLIENT_H
#define BRG_TLS_CLIENT_H

#include "core/faults.h"
#include "tests/unit/net_server.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#define LOCAL "DNS:localhost,IP:127.0.0.1"

static struct test_watch watch;
static struct brg_err err;
static struct brg_stream *stream;
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

static inline int dial_as(const char *host, int port, int tls, const char *ca_file)
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

static inline int dial(int port)
{
	return dial_as("localhost", port, BRG_TLS_IMPLICIT, root_file);
}

static inline void must_fail(int rc, int cls, const char *code, const char *sentence)
{
	char text[600];

	ck_assert_int_lt(rc, 0);
	ck_assert_str_eq(err.fault->code, code);
	ck_assert_int_eq(rc, cls);
	/* A bad setting is the mailbox's own, and trying again mends nothing. */
	ck_assert_int_eq(err.scope, cls == BRG_EINVAL ? BRG_SCOPE_MAILBOX : BRG_SCOPE_SERVER);
	ck_assert_int_eq(err.retry, cls == BRG_EINVAL ? BRG_RETRY_NEVER : BRG_RETRY_LATER);
	err_render(&err, "sv", text, sizeof(text));
	ck_assert_ptr_null(strchr(text, '{'));
	err_render(&err, "en", text, sizeof(text));
	ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

/* Greets; then echoes until the client goes. */
static inline void echo(struct server *s, int fd)
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

static void remove_files(const char *dir)
{
	static const char *const names[] = { "root.pem", "own.pem",    "copy.pem", "empty",
					     "text",	 "mended.pem", "other.pem" };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static int tls_main(const char *name, void (*add_tests)(TCase *t))
{
	char dir[] = "/tmp/brygga-tls-XXXXXX";
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
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

#endif
