/* SPDX-License-Identifier: Apache-2.0
 *
 * Between net.c (connecting), net_io.c (bytes), net_http.c,
 * net_url.c, tls.c, tls_trust.c and net_faults.c.
 */
#ifndef BRG_CORE_NET_PRIVATE_H
#define BRG_CORE_NET_PRIVATE_H

#include "core/net.h"

#include <openssl/ssl.h>
#include <sys/types.h>

#define NET_BUFFER   (256 * 1024) /* what peek() can show at most (brygga/host.h) */
#define NET_SLICE_MS 200	  /* longest wait without asking whether to stop */
#define NET_FIRST    80		  /* bytes of a greeting in clear text that are kept */

struct trust; /* one trust store with its sessions */

/* What was wrong with the first bad certificate of a handshake. */
struct tls_verdict {
	int code;	  /* X509_V_ERR_*, 0: nothing */
	char params[232]; /* of its row */
};

struct brg_stream {
	const struct net_watch *watch;
	int fd;
	int port;
	char *host;
	int64_t connect_ms, read_ms; /* time-outs */
	unsigned flags;		     /* BRG_STREAM_* */

	char *buf; /* bytes [start, end) wait for the plugin */
	size_t start, end, room;
	bool eof;    /* the peer closed */
	bool heard;  /* it has said something */
	bool full;   /* the last read took all it could: more is likely there */
	short wants; /* poll events behind the last NET_AGAIN */

	struct trust *trust;
	SSL *ssl;	       /* NULL: clear text */
	bool broken;	       /* the TLS state is beyond a farewell */
	int sys;	       /* errno of the last failed system call below TLS */
	char *key;	       /* of its TLS session: host:port */
	char first[NET_FIRST]; /* what came instead of TLS */
	size_t n_first;
	struct tls_verdict verdict;
};

int64_t net_now_ms(void); /* monotonic */
/* How long to wait, in ms, before it must be asked again whether to stop. */
int net_slice(const struct net_watch *watch, int64_t deadline);
/* 0: the descriptor is ready for `events` (poll), 1: the deadline (net_now_ms) came first,
 * < 0: stopped, or failed. */
int net_wait(struct brg_stream *s, short events, int64_t deadline, struct brg_err *err);
/* Fails with the watch's reason, if there is one. */
int net_stopped(const struct net_watch *watch, struct brg_err *err);
/* Milliseconds as seconds for people, in a buffer of the caller. */
const char *net_seconds(int64_t ms, char out[24]);
/* The call would have to wait for s->wants. */
enum { NET_AGAIN = 1 };
/* The row for an errno of recv() or send(). */
int net_fail_sys(struct brg_stream *s, int sys, struct brg_err *err);

/* tls_trust.c: the trust store of a CA setting ("" or NULL: the system's), loaded once. */
int tls_trust(const char *ca_file, struct trust **out, struct brg_err *err);
/* A connection that verifies by it; s must outlive it. NULL: out of memory. */
SSL *tls_trust_connection(struct trust *trust, struct brg_stream *s);
/* A session to resume (the caller frees it), or NULL. */
SSL_SESSION *tls_session_take(struct trust *trust, const char *key);
void tls_session_drop(struct trust *trust, const char *key);

/* tls.c */
int tls_start(struct brg_stream *s, int64_t deadline, struct brg_err *err);
/* 0 with *got > 0, or *got 0 at the end; NET_AGAIN; < 0 with err. */
int tls_read(struct brg_stream *s, void *p, size_t n, size_t *got, struct brg_err *err);
/* 0 with *put > 0; NET_AGAIN; < 0 with err. */
int tls_write(struct brg_stream *s, const void *p, size_t n, size_t *put, struct brg_err *err);
bool tls_has_more(const struct brg_stream *s);
void tls_end(struct brg_stream *s);

/* For an SSL_CTX of libcurl's: the same authorities and rules, the peer that the certificate must
 * name, and where to put the verdict; false: out of memory. */
bool tls_trust_lend(struct trust *trust, SSL_CTX *ctx, const char *host,
		    struct tls_verdict *verdict);
/* Whom the certificate must name. */
bool tls_set_peer(X509_VERIFY_PARAM *param, const char *host);

/* tls_verify.c: the row for a certificate that was refused. */
void tls_note_verdict(struct tls_verdict *verdict, X509_STORE_CTX *ctx);
int tls_fail_verify(const char *host, int port, const struct tls_verdict *verdict,
		    struct brg_err *err);

/* net_url.c: a URL that requests may go to. */
struct net_url {
	char *text;
	char *host; /* without brackets */
	int port;
	bool tls;
};
/* < 0: no good one, and *out is empty. */
int net_url_read(const char *text, struct net_url *out, struct brg_err *err);
bool net_url_same_place(const struct net_url *a, const struct net_url *b);
void net_url_free(struct net_url *url);

/* net.c, for net_http.c: the settings that all of curl's handles (CURL *) share. */
void net_prepare_handle(void *handle);
/* What a CURLcode means. `words` is the handle's error buffer, `sys` the errno of a socket that
 * could not be made, or 0. */
struct net_trouble {
	const char *host;
	int port;
	int64_t connect_ms;
	const char *words;
	int sys;
	const char *proxy; /* on the way; NULL: the environment's, if it names one */
};
int net_fail_curl(void *handle, int why, const struct net_trouble *trouble, struct brg_err *err);
int net_fail_timeout(const struct net_trouble *trouble, struct brg_err *err);

extern const struct brg_fault net_not_found, net_refused, net_unreachable, net_connect_timeout,
	net_silence, net_cut, net_clear_text, net_tls_refused, net_expired, net_not_yet,
	net_wrong_name, net_self_signed, net_unknown_issuer, net_bad_certificate, net_ca_file,
	net_early_bytes, net_too_long, net_proxy, net_local, net_bad_host, net_no_library,
	net_tls_timeout, net_tls_cut, net_tls_old, net_stalled, net_connect_failed, net_no_greeting,
	net_bad_url, net_too_large, net_late, net_bad_redirect, net_no_login, net_no_login_bound,
	net_no_token, net_forbidden, net_no_service, net_throttled, net_proxy_login, net_status;

#endif
