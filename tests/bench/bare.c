/* SPDX-License-Identifier: Apache-2.0
 *
 * bare: the limit that the benchmark compares with. It speaks just enough POP3 to fetch
 * every message of a mailbox with pipelined commands, and throws the bytes away; or puts
 * them as rows into SQLite; or only asks for the listing, as a poll does. What it does not
 * do (decide, parse, hash, compress, remember, recover) is what the difference to the real
 * thing pays for. It prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bare_store.h"

#define WINDOW	     1000 /* commands under way: 20 MB and more than a slow link holds */
#define NAME_MAX_LEN 64

static struct {
	const char *host, *port, *user, *password, *store, *ca;
	int many, sessions;
	bool poll;
	SSL_CTX *tls;
	struct bare_store *db;
	struct sockaddr_in to;
	atomic_int next;
	atomic_ullong messages, octets;
} opt = { .host = "127.0.0.1", .password = "secret", .sessions = 1 };

struct conn {
	const char *user;
	int fd;
	SSL *ssl;
	char *buf;
	size_t start, end, room;
	unsigned long long octets;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bare: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static void conn_open(struct conn *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&opt.to, sizeof(opt.to)) < 0)
		die("%s: connect: %s", c->user, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->start = c->end = 0;
	if (!opt.tls)
		return;
	c->ssl = SSL_new(opt.tls);
	if (!c->ssl || !X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), opt.host) ||
	    !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1) {
		ERR_print_errors_fp(stderr);
		die("%s: the TLS handshake failed", c->user);
	}
}

static void conn_close(struct conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	close(c->fd);
	atomic_fetch_add(&opt.octets, c->octets);
	c->octets = 0;
}

/* Read more; what was not taken yet stays in the buffer. */
static void conn_fill(struct conn *c)
{
	ssize_t n;

	if (c->start) {
		memmove(c->buf, c->buf + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
	if (c->room - c->end < 64 * 1024) {
		c->room = c->room ? c->room * 2 : 256 * 1024;
		c->buf = realloc(c->buf, c->room);
		if (!c->buf)
			die("out of memory");
	}
	if (c->ssl)
		n = SSL_read(c->ssl, c->buf + c->end, (int)(c->room - c->end));
	else
		n = read(c->fd, c->buf + c->end, c->room - c->end);
	if (n <= 0)
		die("%s: the server closed the connection", c->user);
	c->end += (size_t)n;
	c->octets += (unsigned long long)n;
}

static void conn_write(struct conn *c, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = c->ssl ? SSL_write(c->ssl, p, (int)n) : write(c->fd, p, n);

		if (k <= 0)
			die("%s: write: %s", c->user, strerror(errno));
		p += k;
		n -= (size_t)k;
	}
}

/* One answer line of "+OK"; the CRLF stays as the first bytes of what follows. */
static void conn_ok(struct conn *c)
{
	char *crlf;

	while (!(crlf = memmem(c->buf + c->start, c->end - c->start, "\r\n", 2)))
		conn_fill(c);
	*crlf = '\0';
	if (strncmp(c->buf + c->start, "+OK", 3) != 0)
		die("%s: the server said: %s", c->user, c->buf + c->start);
	*crlf = '\r';
	c->start = (size_t)(crlf - c->buf);
}

static void conn_line(struct conn *c)
{
	conn_ok(c);
	c->start += 2;
}

/* A whole answer of many lines, without the lone dot; valid until the next call. */
static char *conn_body(struct conn *c, size_t *len)
{
	size_t seen = 0;
	char *at;

	conn_ok(c);
	while (!(at = memmem(c->buf + c->start + seen, c->end - c->start - seen, "\r\n.\r\n", 5))) {
		seen = c->end - c->start < 4 ? 0 : c->end - c->start - 4;
		conn_fill(c);
	}
	*len = (size_t)(at - (c->buf + c->start));
	c->start += *len + 5;
	return at - *len + 2;
}

/* The same, thrown away as it comes. */
static void conn_drop(struct conn *c)
{
	char *at;

	conn_ok(c);
	while (!(at = memmem(c->buf + c->start, c->end - c->start, "\r\n.\r\n", 5))) {
		if (c->end - c->start > 4)
			c->start = c->end - 4;
		conn_fill(c);
	}
	c->start = (size_t)(at - c->buf) + 5;
}

static void conn_login(struct conn *c)
{
	unsigned char plain[2 * NAME_MAX_LEN + 2], coded[4 * NAME_MAX_LEN];
	char line[5 * NAME_MAX_LEN];
	int n;

	n = snprintf((char *)plain, sizeof(plain), "%c%s%c%s", 0, c->user, 0, opt.password);
	EVP_EncodeBlock(coded, plain, n);
	conn_line(c);
	n = snprintf(line, sizeof(line), "AUTH PLAIN %s\r\n", coded);
	conn_write(c, line, (size_t)n);
	conn_line(c);
}

/* The ids out of an answer to UIDL, as one block of NUL-terminated strings. */
static char **split_uidl(char *text, size_t len, size_t *n)
{
	char *copy = malloc(len + 1), **ids = NULL, *save = NULL, *line;
	size_t room = 0;

	if (!copy)
		die("out of memory");
	memcpy(copy, text, len);
	copy[len] = '\0';
	*n = 0;
	for (line = strtok_r(copy, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		char *id = strchr(line, ' ');

		if (!id)
			die("a line of UIDL has no id");
		if (*n + 2 > room) {
			room = room ? room * 2 : 256;
			ids = realloc(ids, room * sizeof(*ids));
			if (!ids)
				die("out of memory");
		}
		ids[(*n)++] = id + 1;
	}
	if (!ids)
		ids = calloc(2, sizeof(*ids));
	if (!ids)
		die("out of memory");
	ids[*n] = copy; /* to free it by */
	return ids;
}

/* Undo the doubled dots in place. */
static size_t unstuff(char *p, size_t len)
{
	char *end = p + len, *from = p, *to = p, *at;

	while ((at = memmem(from, (size_t)(end - from), "\r\n.", 3))) {
		memmove(to, from, (size_t)(at + 2 - from));
		to += at + 2 - from;
		from = at + 3;
	}
	memmove(to, from, (size_t)(end - from));
	return (size_t)(to + (end - from) - p);
}

static void fetch(struct conn *c)
{
	size_t n, asked = 0, got, len;
	char lines[WINDOW * 16], **ids, *text;

	conn_write(c, "UIDL\r\nLIST\r\n", 12);
	text = conn_body(c, &len);
	ids = split_uidl(text, len, &n);
	conn_drop(c);
	for (got = 0; got < n; got++) {
		size_t fill = 0;

		if (asked - got <= WINDOW / 2) {
			while (asked < n && asked - got < WINDOW)
				fill += (size_t)snprintf(lines + fill, sizeof(lines) - fill,
							 "RETR %zu\r\n", ++asked);
			conn_write(c, lines, fill);
		}
		if (!opt.db) {
			conn_drop(c);
			continue;
		}
		text = conn_body(c, &len);
		if (len > 0 &&
		    *text == '.') { /* the first line is doubled without a CRLF before it */
			text++;
			len--;
		}
		bare_store_put(opt.db, c->user, ids[got], text, unstuff(text, len));
	}
	atomic_fetch_add(&opt.messages, n);
	free(ids[n]);
	free(ids);
}

static void *session(void *arg)
{
	char name[NAME_MAX_LEN];
	struct conn c = { .user = name };
	int i;

	(void)arg;
	while ((i = atomic_fetch_add(&opt.next, 1)) < (opt.many ? opt.many : 1)) {
		if (opt.many)
			snprintf(name, sizeof(name), "%s%04d", opt.user, i + 1);
		else
			snprintf(name, sizeof(name), "%s", opt.user);
		conn_open(&c);
		conn_login(&c);
		if (opt.poll) {
			conn_write(&c, "UIDL\r\n", 6);
			conn_drop(&c);
		} else {
			fetch(&c);
		}
		conn_write(&c, "QUIT\r\n", 6);
		conn_line(&c);
		conn_close(&c);
	}
	free(c.buf);
	return NULL;
}

static void usage(void)
{
	fputs("usage: bare --port N --user NAME [--host IP] [--password P] [--many N] [--sessions "
	      "N]\n"
	      "            [--poll] [--store FILE] [--tls CA-FILE]\n"
	      "  --many N      mailboxes NAME0001 to NAMEn instead of NAME\n"
	      "  --sessions N  so many at once\n"
	      "  --poll        log in, UIDL, QUIT\n"
	      "  --store FILE  put the messages into this new SQLite file\n",
	      stderr);
	exit(2);
}

static void options(int argc, char **argv)
{
	static const struct option rows[] = {
		{ "host", 1, NULL, 'h' }, { "port", 1, NULL, 'p' },
		{ "user", 1, NULL, 'u' }, { "password", 1, NULL, 'w' },
		{ "many", 1, NULL, 'm' }, { "sessions", 1, NULL, 's' },
		{ "poll", 0, NULL, 'q' }, { "store", 1, NULL, 'd' },
		{ "tls", 1, NULL, 't' },  { NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", rows, NULL)) >= 0) {
		switch (o) {
		case 'h':
			opt.host = optarg;
			break;
		case 'p':
			opt.port = optarg;
			break;
		case 'u':
			opt.user = optarg;
			break;
		case 'w':
			opt.password = optarg;
			break;
		case 'm':
			opt.many = atoi(optarg);
			break;
		case 's':
			opt.sessions = atoi(optarg);
			break;
		case 'q':
			opt.poll = true;
			break;
		case 'd':
			opt.store = optarg;
			break;
		case 't':
			opt.ca = optarg;
			break;
		default:
			usage();
		}
	}
	if (!opt.port || !opt.user || opt.sessions < 1 || opt.sessions > 1024 ||
	    strlen(opt.user) > 32 || strlen(opt.password) > 32)
		usage();
	opt.to.sin_family = AF_INET;
	opt.to.sin_port = htons((uint16_t)atoi(opt.port));
	if (inet_pton(AF_INET, opt.host, &opt.to.sin_addr) != 1)
		die("--host takes an IPv4 address");
	if (!opt.ca)
		return;
	opt.tls = SSL_CTX_new(TLS_client_method());
	if (!opt.tls || !SSL_CTX_load_verify_locations(opt.tls, opt.ca, NULL))
		die("%s: no certificates could be read", opt.ca);
	SSL_CTX_set_verify(opt.tls, SSL_VERIFY_PEER, NULL);
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	struct rusage ru;
	pthread_t thread[1024];
	int i;

	options(argc, argv);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (opt.store) {
		opt.db = bare_store_open(opt.store);
		if (!opt.db)
			return 1;
	}
	for (i = 0; i < opt.sessions; i++)
		if (pthread_create(&thread[i], NULL, session, NULL) != 0)
			die("no thread");
	for (i = 0; i < opt.sessions; i++)
		pthread_join(thread[i], NULL);
	if (opt.db && bare_store_close(opt.db) < 0)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	SSL_CTX_free(opt.tls);
	getrusage(RUSAGE_SELF, &ru);
	printf("{\"messages\": %llu, \"octets\": %llu, \"seconds\": %.4f, \"cpu\": %.4f}\n",
	       opt.messages, opt.octets,
	       (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
	       (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	return 0;
}
