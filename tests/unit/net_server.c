/* SPDX-License-Identifier: Apache-2.0
 *
 * The servers themselves; see net_server.h.
 */
#include "tests/unit/net_server.h"

#include "core/faults.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

/* ---- servers --------------------------------------------------------------------------------*/

static int listen_on(int backlog, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, backlog) == 0,
	     "listen");
	must(getsockname(fd, (struct sockaddr *)&a, &n) == 0, "getsockname");
	*port = ntohs(a.sin_port);
	return fd;
}

static void *run(void *arg)
{
	struct server *s = arg;
	sigset_t pipe;
	int fd;

	/* A client that is gone ends neither this server nor the test; the client's own thread
	 * must look after itself. */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		s->serve(s, fd);
		close(fd);
		atomic_fetch_add(&s->served, 1);
	}
	return NULL;
}

void server_start(struct server *s)
{
	s->fd = listen_on(64, &s->port);
	must(pthread_create(&s->thread, NULL, run, s) == 0, "pthread_create");
}

void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	SSL_CTX_free(s->tls);
	s->tls = NULL;
}

int server_no_port(void)
{
	int port, fd = listen_on(1, &port);

	close(fd);
	return port;
}

int server_full(int fds[4])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int port;

	fds[0] = listen_on(0, &port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons((uint16_t)port);
	for (int i = 1; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fds[i], (struct sockaddr *)&a, sizeof(a));
	}
	usleep(20000);
	return port;
}

void server_say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		text += k;
		n -= (size_t)k;
	}
}

bool server_hear(struct server *s, int fd)
{
	size_t n = 0;
	char c;

	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n') {
			s->line[n] = '\0';
			return true;
		}
		if (c != '\r' && n + 1 < sizeof(s->line))
			s->line[n++] = c;
	}
	return false;
}

SSL *server_tls(struct server *s, int fd)
{
	SSL *ssl = SSL_new(s->tls);

	must(ssl && SSL_set_fd(ssl, fd), "SSL_new");
	if (SSL_accept(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

void server_bye(SSL *ssl)
{
	if (ssl)
		SSL_shutdown(ssl);
	SSL_free(ssl);
}

/* ---- certificates ---------------------------------------------------------------------------*/

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e && X509_add_ext(x, e, -1) == 1, "extension");
	X509_EXTENSION_free(e);
}

struct cert cert_make(const struct cert_spec *spec, const struct cert *issuer)
{
	static long serial = 1;
	struct cert c = { X509_new(), EVP_EC_gen("P-256") };
	X509 *by = issuer ? issuer->x509 : c.x509;
	X509_NAME *name = X509_get_subject_name(c.x509);

	must(c.key && X509_set_version(c.x509, X509_VERSION_3) == 1, "X509");
	ASN1_INTEGER_set(X509_get_serialNumber(c.x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(c.x509), spec->from_days * 86400);
	X509_gmtime_adj(X509_getm_notAfter(c.x509), spec->to_days * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)spec->cn, -1,
				   -1, 0);
	X509_set_issuer_name(c.x509, X509_get_subject_name(by));
	X509_set_pubkey(c.x509, c.key);
	add_extension(c.x509, by, NID_basic_constraints,
		      spec->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (spec->alt)
		add_extension(c.x509, by, NID_subject_alt_name, spec->alt);
	must(X509_sign(c.x509, issuer ? issuer->key : c.key, EVP_sha256()) > 0, "X509_sign");
	return c;
}

void cert_free(struct cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
	*cert = (struct cert){ 0 };
}

const char *cert_save(const struct cert *cert, const char *name)
{
	static char paths[16][128];
	static size_t n;
	char *path = paths[n++ % 16];
	FILE *f;

	(void)snprintf(path, 128, "%s/%s.pem", getenv("NET_TEST_DIR"), name);
	f = fopen(path, "w");
	must(f && PEM_write_X509(f, cert->x509) == 1 && fclose(f) == 0, path);
	return path;
}

SSL_CTX *cert_server(const struct cert *cert, const struct cert *chain)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx && SSL_CTX_use_certificate(ctx, cert->x509) == 1 &&
		     SSL_CTX_use_PrivateKey(ctx, cert->key) == 1,
	     "SSL_CTX");
	if (chain)
		must(SSL_CTX_add1_chain_cert(ctx, chain->x509) == 1, "chain");
	return ctx;
}

/* ---- watches --------------------------------------------------------------------------------*/

int64_t watch_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t left_ms(void *ctx)
{
	struct test_watch *w = ctx;
	int64_t left = w->deadline_ms - watch_now_ms();

	if (!w->deadline_ms)
		return INT32_MAX;
	return left > 0 ? left : 0;
}

static bool canceled(void *ctx)
{
	struct test_watch *w = ctx;

	return atomic_load(&w->canceled) || left_ms(w) == 0;
}

static int stopped(void *ctx, struct brg_err *err)
{
	return brg_fail(err, left_ms(ctx) == 0 ? &fault_deadline : &fault_canceled, "%s", "");
}

void watch_init(struct test_watch *w)
{
	*w = (struct test_watch){ .watch = { w, left_ms, canceled, stopped } };
}

static void *cancel(void *arg)
{
	struct test_watch *w = arg;

	usleep(WATCH_CANCEL_MS * 1000);
	atomic_store(&w->canceled, true);
	return NULL;
}

pthread_t watch_cancel_after(struct test_watch *w)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, cancel, w) == 0, "pthread_create");
	return thread;
}
