/* SPDX-License-Identifier: Apache-2.0
 *
 * smtpsink: the server of the benchmark's sending part. It takes everything and keeps nothing,
 * as fast as it can, so that what is measured is the client. A thread for each connection;
 * answers are written when there is nothing left to read.
 *
 * It prints its port, serves until standard input ends, and then prints what it took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX		(256 * 1024)
#define OUT_MAX		4096
#define LINE_MAX_OCTETS 1000

static atomic_ullong connections, messages, octets;
static int listener;

struct session {
	int fd;
	char in[IN_MAX], out[OUT_MAX];
	size_t start, end, out_len;
	size_t recipients;
};

static bool flush(struct session *s)
{
	size_t at = 0;

	while (at < s->out_len) {
		ssize_t n = write(s->fd, s->out + at, s->out_len - at);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	s->out_len = 0;
	return true;
}

static bool say(struct session *s, const char *text)
{
	size_t n = strlen(text);

	if (s->out_len + n > OUT_MAX && !flush(s))
		return false;
	memcpy(s->out + s->out_len, text, n);
	s->out_len += n;
	return true;
}

/* Read more behind what is there. */
static bool more(struct session *s)
{
	ssize_t n;

	if (!flush(s))
		return false;
	if (s->start) {
		memmove(s->in, s->in + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (s->end == IN_MAX)
		return false;
	n = read(s->fd, s->in + s->end, IN_MAX - s->end);
	if (n <= 0)
		return false;
	s->end += (size_t)n;
	return true;
}

/* The next line, a NUL in place of its CR; its LF stays before what follows. */
static char *next_line(struct session *s)
{
	char *line, *crlf;

	while (!(crlf = memmem(s->in + s->start, s->end - s->start, "\r\n", 2)))
		if (s->end - s->start > LINE_MAX_OCTETS || !more(s))
			return NULL;
	*crlf = '\0';
	line = s->in + s->start;
	s->start = (size_t)(crlf + 2 - s->in);
	return line;
}

static bool taken(struct session *s, size_t n)
{
	atomic_fetch_add(&messages, 1);
	atomic_fetch_add(&octets, n);
	s->recipients = 0;
	return say(s, "250 2.0.0 taken\r\n");
}

/* Up to the lone dot. */
static bool data(struct session *s)
{
	char *at;
	size_t n = 0;

	if (s->recipients == 0)
		return say(s, "554 5.5.1 no recipients\r\n");
	if (!say(s, "354 go on\r\n"))
		return false;
	/* The end of the command's line stands before a dot that is all there is. */
	s->start -= 2;
	memcpy(s->in + s->start, "\r\n", 2);
	while (!(at = memmem(s->in + s->start, s->end - s->start, "\r\n.\r\n", 5))) {
		if (s->end - s->start > 4) {
			n += s->end - s->start - 4;
			s->start = s->end - 4;
		}
		if (!more(s))
			return false;
	}
	n += (size_t)(at - (s->in + s->start));
	s->start = (size_t)(at + 5 - s->in);
	return taken(s, n);
}

/* "BDAT octets [LAST]". */
static bool chunk(struct session *s, const char *line)
{
	char *rest;
	size_t n = strtoul(line + 5, &rest, 10), left = n;
	bool last = strcasecmp(rest, " LAST") == 0;

	while (left > 0) {
		size_t here = s->end - s->start;

		if (here > left)
			here = left;
		s->start += here;
		left -= here;
		if (left > 0 && !more(s))
			return false;
	}
	if (s->recipients == 0)
		return say(s, "554 5.5.1 no recipients\r\n");
	return last ? taken(s, n) : say(s, "250 2.0.0 go on\r\n");
}

static bool is(const char *line, const char *verb)
{
	return strncasecmp(line, verb, strlen(verb)) == 0;
}

static bool obey(struct session *s, const char *line)
{
	if (is(line, "MAIL ")) {
		s->recipients = 0;
		return say(s, "250 2.1.0 ok\r\n");
	}
	if (is(line, "RCPT ")) {
		s->recipients++;
		return say(s, "250 2.1.5 ok\r\n");
	}
	if (is(line, "BDAT "))
		return chunk(s, line);
	if (is(line, "DATA"))
		return data(s);
	if (is(line, "EHLO"))
		return say(s, "250-smtpsink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n"
			      "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000\r\n");
	if (is(line, "QUIT"))
		return say(s, "221 2.0.0 bye\r\n") && flush(s) && false;
	if (is(line, "RSET"))
		s->recipients = 0;
	return say(s, is(line, "RSET") || is(line, "NOOP") || is(line, "HELO")
			      ? "250 2.0.0 ok\r\n"
			      : "500 5.5.1 unknown\r\n");
}

static void *serve(void *arg)
{
	struct session *s = arg;
	char *line;
	bool good = say(s, "220 smtpsink ESMTP\r\n");

	while (good && (line = next_line(s)))
		good = obey(s, line);
	close(s->fd);
	free(s);
	return NULL;
}

static void *take_calls(void *arg)
{
	int one = 1, fd;

	(void)arg;
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR ||
	       errno == ECONNABORTED) {
		struct session *s = fd < 0 ? NULL : malloc(sizeof(*s));
		pthread_t thread;

		if (fd < 0)
			continue;
		if (!s)
			exit(1);
		s->fd = fd;
		s->start = s->end = s->out_len = s->recipients = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		atomic_fetch_add(&connections, 1);
		if (pthread_create(&thread, NULL, serve, s) != 0)
			exit(1);
		pthread_detach(thread);
	}
	perror("smtpsink: accept");
	exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	pthread_t thread;
	char scrap[64];
	int one = 1;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1) {
		fputs("usage: smtpsink IPV4-ADDRESS PORT (0: any)\n", stderr);
		return 2;
	}
	at.sin_port = htons((uint16_t)atoi(argv[2]));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(listener, 1024) < 0 || getsockname(listener, (struct sockaddr *)&at, &len) < 0) {
		perror("smtpsink");
		return 1;
	}
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	if (pthread_create(&thread, NULL, take_calls, NULL) != 0)
		return 1;
	while (read(STDIN_FILENO, scrap, sizeof(scrap)) > 0)
		;
	printf("{\"connections\": %llu, \"messages\": %llu, \"octets\": %llu}\n", connections,
	       messages, octets);
	return 0;
}
