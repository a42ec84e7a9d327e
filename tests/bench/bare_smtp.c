/* SPDX-License-Identifier: Apache-2.0
 *
 * bare_smtp: the limit that sending is compared with. It sends one file many times, MAIL, RCPT and
 * DATA in one write, then the content; over one connection, or over a new one for each. What it
 * does not do (journal, remember, know what became of each) is what the difference to the real
 * thing pays for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024)

static struct sockaddr_in to = { .sin_family = AF_INET };
static char content[FILE_MAX * 2];
static size_t content_len;
static FILE *in;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bare_smtp: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* As it goes over the wire: CRLF, dots doubled, and the lone dot. */
static void load(const char *name)
{
	FILE *f = fopen(name, "rb");
	bool at_start = true;
	int c;

	if (!f)
		die("%s: %s", name, strerror(errno));
	while ((c = getc(f)) != EOF && content_len < FILE_MAX) {
		if (c == '\r')
			continue;
		if (c == '\n')
			content[content_len++] = '\r';
		if (at_start && c == '.')
			content[content_len++] = '.';
		content[content_len++] = (char)c;
		at_start = c == '\n';
	}
	fclose(f);
	memcpy(content + content_len, ".\r\n", 3);
	content_len += 3;
}

static void put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fileno(in), p, n);

		if (k <= 0)
			die("write: %s", strerror(errno));
		p += k;
		n -= (size_t)k;
	}
}

/* One reply, of several lines maybe, of this class. */
static void expect(char class)
{
	char line[1024];

	do {
		if (!fgets(line, sizeof(line), in))
			die("the server closed the connection");
		if (line[0] != class)
			die("the server said: %s", line);
	} while (strlen(line) > 3 && line[3] == '-');
}

static void hello(void)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("connect: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	in = fdopen(fd, "r");
	if (!in)
		die("out of memory");
	expect('2');
	put("EHLO bare.example\r\n", 19);
	expect('2');
}

static void bye(void)
{
	put("QUIT\r\n", 6);
	expect('2');
	fclose(in);
}

static void send_one(const char *envelope)
{
	put(envelope, strlen(envelope));
	expect('2');
	expect('2');
	expect('3');
	put(content, content_len);
	expect('2');
}

int main(int argc, char **argv)
{
	char envelope[512];
	bool each;
	int n;

	if (argc != 8 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fputs("usage: bare_smtp IPV4-ADDRESS PORT reuse|each N FILE SENDER RECIPIENT\n",
		      stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	each = strcmp(argv[3], "each") == 0;
	n = atoi(argv[4]);
	load(argv[5]);
	snprintf(envelope, sizeof(envelope), "MAIL FROM:<%s> SIZE=%zu\r\nRCPT TO:<%s>\r\nDATA\r\n",
		 argv[6], content_len, argv[7]);
	for (int i = 0; i < n; i++) {
		if (i == 0 || each)
			hello();
		send_one(envelope);
		if (i == n - 1 || each)
			bye();
	}
	return 0;
}
