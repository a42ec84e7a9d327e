/* SPDX-License-Identifier: Apache-2.0
 *
 * Small servers on loopback for the tests of core/net: one thread each, one connection after
 * the other, each told by a function what to say.
 */
#ifndef BRG_NET_SERVER_H
#define BRG_NET_SERVER_H

#include "core/net.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>

struct server {
	/* Set before server_start(). */
	void (*serve)(struct server *s, int fd); /* one connection; fd is closed afterwards */
	SSL_CTX *tls;
	size_t bytes; /* for `serve` to use as it likes */
	const char *text;

	/* Read after server_stop(), or atomically. */
	int port;
	atomic_int served;
	atomic_ullong got;
	atomic_bool farewell; /* the client said close_notify */
	char line[512];

	int fd;
	pthread_t thread;
};

void server_start(struct server *s);
void server_stop(struct server *s);
/* A port of loopback on which nobody listens. */
int server_no_port(void);
/* A socket that accepts nothing more: connecting to its port hangs. Returns the port. */
int server_full(int fds[4]);

/* Blocking help for `serve`. */
void server_say(int fd, const char *text);
/* One line without its end into s->line; false at the end. */
bool server_hear(struct server *s, int fd);
/* The handshake of a server; NULL if it failed. */
SSL *server_tls(struct server *s, int fd);
void server_bye(SSL *ssl);

/* What a certificate is to be. */
struct cert_spec {
	const char *cn;
	const char *alt;	 /* as in openssl.cnf: "DNS:localhost,IP:127.0.0.1"; NULL: none */
	long from_days, to_days; /* from today */
	bool is_ca;
};
struct cert {
	X509 *x509;
	EVP_PKEY *key;
};
/* `issuer` NULL: signed by itself. */
struct cert cert_make(const struct cert_spec *spec, const struct cert *issuer);
void cert_free(struct cert *cert);
/* Write it as PEM below the test's folder; returns a path that lives as long as the program. */
const char *cert_save(const struct cert *cert, const char *name);
/* For a server; `chain` (may be NULL) is sent, too. */
SSL_CTX *cert_server(const struct cert *cert, const struct cert *chain);

/* A watch that can be made to stop. */
struct test_watch {
	struct net_watch watch;
	atomic_bool canceled;
	int64_t deadline_ms; /* of CLOCK_MONOTONIC; 0: none */
};
void watch_init(struct test_watch *w);
int64_t watch_now_ms(void);
/* Cancel it from another thread after some time; join the thread. */
pthread_t watch_cancel_after(struct test_watch *w);
#define WATCH_CANCEL_MS 150

#endif
