/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the system's authorities costs more CPU than fifty handshakes, so each CA setting
 * has one store for the life of the process. With it go the sessions of the servers that
 * were met under it: a session that was verified by one set of authorities says nothing to
 * another.
 */
#include "core/net-private.h"

#include "core/arena.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS	256  /* servers remembered; the one used longest ago makes room */
#define SESSION_SECONDS 3600 /* after so long the certificate is looked at again */
#define READ_AHEAD	(64 * 1024)

struct session {
	char *key; /* NULL: free */
	SSL_SESSION *tls;
	uint64_t used;
};

struct trust {
	struct trust *next;
	char *ca_file; /* "": the system's */
	SSL_CTX *ctx;
	pthread_mutex_t lock;
	uint64_t clock;
	struct session sessions[SESSIONS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct trust *trusts; /* for the life of the process */

/* ---- sessions -------------------------------------------------------------------------------*/

/* The slot of a key; or, when there is none and `make`, the best one to take over. */
static struct session *find(struct trust *t, const char *key, bool make)
{
	struct session *oldest = &t->sessions[0];

	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *s = &t->sessions[i];

		if (s->key && strcmp(s->key, key) == 0)
			return s;
		if (s->used < oldest->used)
			oldest = s;
	}
	return make ? oldest : NULL;
}

static void release(struct session *s)
{
	SSL_SESSION_free(s->tls);
	free(s->key);
	*s = (struct session){ 0 };
}

/* OpenSSL brings a new session or ticket; 1: its reference is now ours. */
static int keep_session(SSL *ssl, SSL_SESSION *tls)
{
	struct brg_stream *stream = SSL_get_app_data(ssl);
	struct trust *t = stream->trust;
	struct session *s;

	pthread_mutex_lock(&t->lock);
	s = find(t, stream->key, true);
	release(s);
	s->key = xstrdup(stream->key);
	s->tls = tls;
	s->used = ++t->clock;
	pthread_mutex_unlock(&t->lock);
	return 1;
}

SSL_SESSION *tls_session_take(struct trust *t, const char *key)
{
	SSL_SESSION *tls = NULL;
	struct session *s;
	long age;

	pthread_mutex_lock(&t->lock);
	s = find(t, key, false);
	if (s) {
		age = (long)time(NULL) - SSL_SESSION_get_time(s->tls);
		if (age < 0 || age >= SESSION_SECONDS || age >= SSL_SESSION_get_timeout(s->tls)) {
			release(s);
		} else {
			SSL_SESSION_up_ref(s->tls);
			tls = s->tls;
			s->used = ++t->clock;
		}
	}
	pthread_mutex_unlock(&t->lock);
	return tls;
}

void tls_session_drop(struct trust *t, const char *key)
{
	struct session *s;

	pthread_mutex_lock(&t->lock);
	s = find(t, key, false);
	if (s)
		release(s);
	pthread_mutex_unlock(&t->lock);
}

/* ---- trust stores ---------------------------------------------------------------------------*/

static int fail_library(struct brg_err *err)
{
	char reason[128];

	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	return brg_fail(err, &net_no_library, "reason=%s", reason);
}

/* OpenSSL names what is wrong inside a file, the system what is wrong with it. */
static int load_file(SSL_CTX *ctx, const char *path, struct brg_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *reason;
	char byte;

	if (fd < 0 || read(fd, &byte, 1) < 0) {
		brg_fail(err, &net_ca_file, "path=%.120s\nreason=%s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err->code;
	}
	close(fd);
	if (SSL_CTX_load_verify_file(ctx, path) == 1)
		return 0;
	reason = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND
			 ? "no certificate in it"
			 : ERR_reason_error_string(ERR_peek_last_error());
	return brg_fail(err, &net_ca_file, "path=%.120s\nreason=%s", path,
			reason ? reason : "not PEM");
}

/* OpenSSL's callback for every certificate. */
static int note_of_stream(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct brg_stream *s = SSL_get_app_data(ssl);

	if (!ok)
		tls_note_verdict(&s->verdict, ctx);
	return ok;
}

/* What holds for every connection, whoever makes it. */
static void set_rules(SSL_CTX *ctx, SSL_verify_cb note)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note);
	/* A certificate that a person names is trusted as it is, root or not. */
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
}

static void set_ways(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	/* One system call for several records. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_AHEAD);
}

static int load(const char *ca_file, struct trust **out, struct brg_err *err)
{
	SSL_CTX *ctx;
	struct trust *t;
	int rc = 0;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx)
		return fail_library(err);
	set_rules(ctx, note_of_stream);
	set_ways(ctx);
	if (*ca_file)
		rc = load_file(ctx, ca_file, err);
	else if (SSL_CTX_set_default_verify_paths(ctx) != 1)
		rc = fail_library(err);
	ERR_clear_error();
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	t = xcalloc(1, sizeof(*t));
	t->ca_file = xstrdup(ca_file);
	t->ctx = ctx;
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return 0;
}

int tls_trust(const char *ca_file, struct trust **out, struct brg_err *err)
{
	struct trust *t;
	int rc = 0;

	if (!ca_file)
		ca_file = "";
	/* Others wait while one loads; they would load the same. */
	pthread_mutex_lock(&lock);
	for (t = trusts; t && strcmp(t->ca_file, ca_file) != 0; t = t->next)
		;
	if (!t) {
		rc = load(ca_file, &t, err);
		if (rc == 0) {
			t->next = trusts;
			trusts = t;
		}
	}
	pthread_mutex_unlock(&lock);
	if (rc == 0)
		*out = t;
	return rc;
}

SSL *tls_trust_connection(struct trust *trust, struct brg_stream *s)
{
	SSL *ssl = SSL_new(trust->ctx);

	if (ssl)
		SSL_set_app_data(ssl, s);
	return ssl;
}

/* ---- for libcurl ----------------------------------------------------------------------------*/

static int note_of_context(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_verdict *verdict = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!ok)
		tls_note_verdict(verdict, ctx);
	return ok;
}

bool tls_set_peer(X509_VERIFY_PARAM *param, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	size_t n = strlen(host);

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	if (n && host[n - 1] == '.')
		n--;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return n && X509_VERIFY_PARAM_set1_host(param, host, n) == 1;
}

bool tls_trust_lend(struct trust *trust, SSL_CTX *ctx, const char *host,
		    struct tls_verdict *verdict)
{
	set_rules(ctx, note_of_context);
	SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(trust->ctx));
	return SSL_CTX_set_app_data(ctx, verdict) == 1 &&
	       tls_set_peer(SSL_CTX_get0_param(ctx), host);
}
