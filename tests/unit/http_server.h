/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider of tokens in a thread: takes one form a connection, keeps it, and answers what
 * it was told to, in clear text or over TLS.
 */
#ifndef BRG_HTTP_SERVER_H
#define BRG_HTTP_SERVER_H

#include "tests/unit/net_server.h"

#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_FORMS 16

struct http_server {
	struct server server; /* first: it is what `serve` gets */
	/* The n-th form gets the n-th answer, the last one stays. */
	const char *answers[HTTP_FORMS];
	size_t answer_bytes; /* so many instead of strlen(); 0: strlen() */
	int delay_ms;	     /* before the answer */
	/* Read atomically, or after http_stop(). */
	atomic_int n;
	char forms[HTTP_FORMS][4096]; /* head and body as they came */
};

#define HTTP_OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

struct http_line {
	SSL *ssl;
	int fd;
};

static inline ssize_t http_read(struct http_line *l, void *p, size_t n)
{
	return l->ssl ? SSL_read(l->ssl, p, (int)n) : recv(l->fd, p, n, 0);
}

static inline void http_take(struct http_line *l, char form[4096])
{
	size_t n = 0, want = 0;
	char *body, *length;
	ssize_t k;

	do {
		k = http_read(l, form + n, 4095 - n);
		n += k > 0 ? (size_t)k : 0;
		form[n] = '\0';
		body = strstr(form, "\r\n\r\n");
		length = strcasestr(form, "\ncontent-length:");
		want = length ? strtoul(length + 16, NULL, 10) : 0;
	} while (k > 0 && n < 4095 && (!body || strlen(body + 4) < want));
}

static inline void http_serve(struct server *server, int fd)
{
	struct http_server *h = (struct http_server *)server;
	struct http_line l = { NULL, fd };
	int n = atomic_load(&h->n);
	const char *answer = "";
	size_t bytes;

	if (server->tls) {
		l.ssl = server_tls(server, fd);
		if (!l.ssl)
			return;
	}
	for (int i = 0; i <= n && i < HTTP_FORMS && h->answers[i]; i++)
		answer = h->answers[i];
	if (n < HTTP_FORMS)
		http_take(&l, h->forms[n]);
	atomic_store(&h->n, n + 1);
	/* As long as the client waits, but no longer. */
	if (h->delay_ms)
		(void)poll(&(struct pollfd){ .fd = fd, .events = POLLRDHUP }, 1, h->delay_ms);
	bytes = h->answer_bytes ? h->answer_bytes : strlen(answer);
	if (l.ssl)
		(void)SSL_write(l.ssl, answer, (int)bytes);
	else
		while (bytes) {
			ssize_t k = send(fd, answer, bytes, MSG_NOSIGNAL);

			if (k <= 0)
				break;
			answer += k;
			bytes -= (size_t)k;
		}
	server_bye(l.ssl);
}

static inline void http_start(struct http_server *h)
{
	h->server.serve = http_serve;
	server_start(&h->server);
}

static inline void http_stop(struct http_server *h)
{
	server_stop(&h->server);
}

#endif
