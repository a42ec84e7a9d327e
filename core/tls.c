/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS over a connected socket, the same for ports that begin with it and for those that
 * change to it. OpenSSL reads and writes through a BIO of ours, which never waits, never
 * raises SIGPIPE, and keeps the first bytes of a server that answers in clear text.
 */
#include "core/net-private.h"

#include "core/arena.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

/* ---- the BIO --------------------------------------------------------------------------------*/

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A TLS record starts with 20 to 24; text never does. */
static bool is_record(unsigned char c)
{
	return c >= 20 && c <= 24;
}

static int bio_read(BIO *bio, char *p, int n)
{
	struct brg_stream *s = BIO_get_data(bio);
	int one = 1;
	ssize_t k;

	BIO_clear_retry_flags(bio);
	do
		k = recv(s->fd, p, (size_t)n, MSG_DONTWAIT);
	while (k < 0 && errno == EINTR);
	s->sys = k < 0 ? errno : 0;
	s->full = k == n;
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	if (k <= 0)
		return (int)k;
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	if (!s->heard && !is_record((unsigned char)*p)) {
		s->n_first = k < NET_FIRST ? (size_t)k : NET_FIRST;
		memcpy(s->first, p, s->n_first);
	}
	s->heard = true;
	return (int)k;
}

static int bio_write(BIO *bio, const char *p, int n)
{
	struct brg_stream *s = BIO_get_data(bio);
	ssize_t k;

	BIO_clear_retry_flags(bio);
	do
		k = send(s->fd, p, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (k < 0 && errno == EINTR);
	s->sys = k < 0 ? errno : 0;
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(bio);
	return (int)k;
}

static long bio_ctrl(BIO *bio, int cmd, long number, void *p)
{
	(void)bio;
	(void)number;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	if (!method || BIO_meth_set_read(method, bio_read) != 1 ||
	    BIO_meth_set_write(method, bio_write) != 1 || BIO_meth_set_ctrl(method, bio_ctrl) != 1)
		abort(); /* out of memory */
}

static BIO *make_bio(struct brg_stream *s)
{
	BIO *bio;

	pthread_once(&once, make_method);
	bio = BIO_new(method);
	if (!bio)
		abort(); /* out of memory */
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	return bio;
}

/* ---- handshake ------------------------------------------------------------------------------*/

/* Names are also sent, so that the server picks the right certificate. */
static bool set_peer(struct brg_stream *s)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(s->ssl);
	char name[256];
	size_t n = strlen(s->host);

	if (!tls_set_peer(param, s->host))
		return false;
	if (!X509_VERIFY_PARAM_get0_host(param, 0))
		return true; /* an address */
	(void)snprintf(name, sizeof(name), "%.*s", (int)(n - (s->host[n - 1] == '.')), s->host);
	return SSL_set_tlsext_host_name(s->ssl, name) == 1;
}

static int prepare(struct brg_stream *s, struct brg_err *err)
{
	SSL_SESSION *session;
	BIO *bio = make_bio(s);

	s->ssl = tls_trust_connection(s->trust, s);
	if (!s->ssl)
		abort(); /* out of memory */
	SSL_set_bio(s->ssl, bio, bio);
	if (!set_peer(s))
		return brg_fail(err, &net_bad_host, "host=%.100s\nport=%d", s->host, s->port);
	if (!s->key) {
		s->key = xcalloc(1, strlen(s->host) + 8);
		(void)sprintf(s->key, "%s:%d", s->host, s->port);
	}
	session = tls_session_take(s->trust, s->key);
	if (session)
		SSL_set_session(s->ssl, session);
	SSL_SESSION_free(session);
	return 0;
}

/* The row for what OpenSSL complains of. */
static int fail_ssl(struct brg_stream *s, struct brg_err *err)
{
	unsigned long e = ERR_peek_error();
	const struct brg_fault *row = &net_tls_refused;
	const char *reason = ERR_reason_error_string(e);

	switch (ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0) {
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
		return tls_fail_verify(s->host, s->port, &s->verdict, err);
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
		row = &net_tls_old;
		break;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		row = &net_tls_cut;
		break;
	}
	return brg_fail(err, row, "host=%.100s\nport=%d\nreason=%s", s->host, s->port,
			reason ? reason : "no reason given");
}

static int fail_handshake(struct brg_stream *s, int how, struct brg_err *err)
{
	s->broken = true;
	if (s->n_first) {
		brg_fail(err, &net_clear_text, "host=%.100s\nport=%d", s->host, s->port);
		return brg_said(err, (struct brg_str){ s->first, s->n_first });
	}
	if (how == SSL_ERROR_SSL)
		return fail_ssl(s, err);
	return brg_fail(err, &net_tls_cut, "host=%.100s\nport=%d", s->host, s->port);
}

static int shake_hands(struct brg_stream *s, int64_t deadline, struct brg_err *err)
{
	char seconds[24];
	int rc, how;

	for (;;) {
		ERR_clear_error();
		rc = SSL_connect(s->ssl);
		if (rc == 1)
			return 0;
		how = SSL_get_error(s->ssl, rc);
		if (how != SSL_ERROR_WANT_READ && how != SSL_ERROR_WANT_WRITE)
			return fail_handshake(s, how, err);
		rc = net_wait(s, how == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, err);
		if (rc > 0)
			rc = brg_fail(err, &net_tls_timeout, "host=%.100s\nport=%d\nseconds=%s",
				      s->host, s->port, net_seconds(s->connect_ms, seconds));
		if (rc < 0)
			return rc;
	}
}

int tls_start(struct brg_stream *s, int64_t deadline, struct brg_err *err)
{
	int rc;

	/* What the server said before belongs to the time before. */
	s->heard = false;
	s->full = false;
	rc = prepare(s, err);
	if (rc == 0)
		rc = shake_hands(s, deadline, err);
	if (rc < 0) {
		s->broken = true;
		if (s->key)
			tls_session_drop(s->trust, s->key);
		return rc;
	}
	s->heard = false;
	s->flags |= BRG_STREAM_TLS | (SSL_session_reused(s->ssl) ? BRG_STREAM_RESUMED : 0);
	return 0;
}

/* ---- bytes ----------------------------------------------------------------------------------*/

/* What a failed SSL_read or SSL_write means. 0: the peer closed. */
static int explain(struct brg_stream *s, int how, struct brg_err *err)
{
	switch (how) {
	case SSL_ERROR_WANT_READ:
		s->wants = POLLIN;
		return NET_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		s->wants = POLLOUT;
		return NET_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	}
	s->broken = true;
	if (how == SSL_ERROR_SYSCALL && s->sys)
		return net_fail_sys(s, s->sys, err);
	/* No farewell: as common as it is rude. Protocols of lines notice a cut answer. */
	if (how == SSL_ERROR_SYSCALL ||
	    ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return 0;
	return fail_ssl(s, err);
}

int tls_read(struct brg_stream *s, void *p, size_t n, size_t *got, struct brg_err *err)
{
	int rc;

	ERR_clear_error();
	*got = 0;
	rc = SSL_read_ex(s->ssl, p, n, got);
	if (rc == 1)
		return 0;
	*got = 0;
	return explain(s, SSL_get_error(s->ssl, rc), err);
}

int tls_write(struct brg_stream *s, const void *p, size_t n, size_t *put, struct brg_err *err)
{
	int rc;

	ERR_clear_error();
	rc = SSL_write_ex(s->ssl, p, n, put);
	if (rc == 1)
		return 0;
	rc = explain(s, SSL_get_error(s->ssl, rc), err);
	return rc == 0 ? net_fail_sys(s, EPIPE, err) : rc;
}

bool tls_has_more(const struct brg_stream *s)
{
	return SSL_has_pending(s->ssl) == 1;
}

void tls_end(struct brg_stream *s)
{
	if (!s->ssl)
		return;
	ERR_clear_error();
	if (!s->broken && SSL_is_init_finished(s->ssl))
		(void)SSL_shutdown(s->ssl);
	/* A session that others may still resume is not the worse for this end. */
	SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(s->ssl);
	s->ssl = NULL;
	ERR_clear_error();
}
