/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a connection. A protocol of lines wants to look before it takes, so what has
 * arrived stays in a buffer until the plugin skips it; the buffer starts small, because most
 * visits find nothing new, and grows when the server floods.
 */
#include "core/net-private.h"

#include "core/arena.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIRST_ROOM (16 * 1024)

int64_t net_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *net_seconds(int64_t ms, char out[24])
{
	if (ms % 1000)
		(void)snprintf(out, 24, "%lld.%lld", (long long)(ms / 1000),
			       (long long)(ms % 1000 / 100));
	else
		(void)snprintf(out, 24, "%lld", (long long)(ms / 1000));
	return out;
}

int net_stopped(const struct net_watch *watch, struct brg_err *err)
{
	if (watch->canceled(watch->ctx) || watch->left_ms(watch->ctx) <= 0)
		return watch->stopped(watch->ctx, err);
	return 0;
}

int net_slice(const struct net_watch *watch, int64_t deadline)
{
	int64_t left = deadline - net_now_ms(), host_left = watch->left_ms(watch->ctx);

	if (left > host_left)
		left = host_left;
	if (left > NET_SLICE_MS)
		left = NET_SLICE_MS;
	return left > 0 ? (int)left : 0;
}

int net_wait(struct brg_stream *s, short events, int64_t deadline, struct brg_err *err)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	int rc, n;

	for (;;) {
		rc = net_stopped(s->watch, err);
		if (rc < 0)
			return rc;
		if (net_now_ms() >= deadline)
			return 1;
		n = poll(&p, 1, net_slice(s->watch, deadline));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return net_fail_sys(s, errno, err);
	}
}

int net_fail_sys(struct brg_stream *s, int sys, struct brg_err *err)
{
	return brg_fail(err, &net_cut, "host=%.100s\nport=%d\nreason=%s", s->host, s->port,
			sys == EPIPE ? "it was closed" : strerror(sys));
}

/* Linux leaves the quick mode by itself; a delayed ACK would hold up a server that writes
 * twice before it reads. */
static void ack_quickly(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

/* ---- reading --------------------------------------------------------------------------------*/

static int read_clear(struct brg_stream *s, void *p, size_t n, size_t *got, struct brg_err *err)
{
	ssize_t k;

	s->wants = POLLIN;
	do
		k = recv(s->fd, p, n, MSG_DONTWAIT);
	while (k < 0 && errno == EINTR);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return NET_AGAIN;
	if (k < 0)
		return net_fail_sys(s, errno, err);
	*got = (size_t)k;
	s->full = *got == n;
	if (k > 0)
		ack_quickly(s->fd);
	return 0;
}

static int fail_silence(struct brg_stream *s, struct brg_err *err)
{
	const struct brg_fault *row = s->heard || s->ssl ? &net_silence : &net_no_greeting;
	char seconds[24];

	return brg_fail(err, row, "host=%.100s\nport=%d\nseconds=%s", s->host, s->port,
			net_seconds(s->read_ms, seconds));
}

/* Room behind `end`. Moves rather than grows, unless the peer floods. */
static void make_room(struct brg_stream *s)
{
	size_t len = s->end - s->start;
	bool tight = s->room - s->end <= s->room / 4;

	if (s->start && (len == 0 || tight)) {
		memmove(s->buf, s->buf + s->start, len);
		s->start = 0;
		s->end = len;
		tight = s->room - len <= s->room / 4;
	}
	if ((tight || s->full) && s->room < NET_BUFFER) {
		s->room = s->room ? s->room * 2 : FIRST_ROOM;
		s->buf = xrealloc(s->buf, s->room, 1);
	}
}

/* Wait for bytes and append them; s->eof at the end. */
static int fill(struct brg_stream *s, struct brg_err *err)
{
	int64_t deadline = 0;
	bool wait = !s->full && !(s->ssl && tls_has_more(s));
	size_t got = 0;
	int rc;

	make_room(s);
	s->wants = POLLIN;
	for (;;) {
		if (wait) {
			if (!deadline)
				deadline = net_now_ms() + s->read_ms;
			rc = net_wait(s, s->wants, deadline, err);
			if (rc)
				return rc < 0 ? rc : fail_silence(s, err);
		} else {
			/* A peer that floods must not keep a visit from ending. */
			rc = net_stopped(s->watch, err);
			if (rc < 0)
				return rc;
		}
		if (s->ssl)
			rc = tls_read(s, s->buf + s->end, s->room - s->end, &got, err);
		else
			rc = read_clear(s, s->buf + s->end, s->room - s->end, &got, err);
		if (rc != NET_AGAIN)
			break;
		wait = true;
	}
	if (rc < 0)
		return rc;
	s->end += got;
	s->eof = got == 0;
	s->heard = s->heard || got;
	return 0;
}

int net_peek(struct brg_stream *s, size_t have, struct brg_str *out, struct brg_err *err)
{
	int rc;

	while (s->end - s->start <= have && !s->eof) {
		if (have >= NET_BUFFER)
			return brg_fail(err, &net_too_long, "host=%.100s\nport=%d\nbytes=%d",
					s->host, s->port, NET_BUFFER);
		rc = fill(s, err);
		if (rc < 0)
			return rc;
	}
	*out = (struct brg_str){ s->buf ? s->buf + s->start : "", s->end - s->start };
	return out->len > have;
}

void net_skip(struct brg_stream *s, size_t n)
{
	s->start += n < s->end - s->start ? n : s->end - s->start;
}

/* ---- writing --------------------------------------------------------------------------------*/

static int write_clear(struct brg_stream *s, const void *p, size_t n, size_t *put,
		       struct brg_err *err)
{
	ssize_t k;

	s->wants = POLLOUT;
	do
		k = send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (k < 0 && errno == EINTR);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return NET_AGAIN;
	if (k < 0)
		return net_fail_sys(s, errno, err);
	*put = (size_t)k;
	return 0;
}

int net_write(struct brg_stream *s, const void *bytes, size_t n, struct brg_err *err)
{
	int64_t deadline = 0;
	const char *p = bytes;
	char seconds[24];
	size_t put;
	int rc;

	s->full = false;
	while (n) {
		rc = s->ssl ? tls_write(s, p, n, &put, err) : write_clear(s, p, n, &put, err);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			p += put;
			n -= put;
			deadline = 0;
			continue;
		}
		if (!deadline)
			deadline = net_now_ms() + s->read_ms;
		rc = net_wait(s, s->wants, deadline, err);
		if (rc > 0)
			rc = brg_fail(err, &net_stalled, "host=%.100s\nport=%d\nseconds=%s",
				      s->host, s->port, net_seconds(s->read_ms, seconds));
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- the rest -------------------------------------------------------------------------------*/

int net_starttls(struct brg_stream *s, struct brg_err *err)
{
	int rc;

	if (s->end > s->start || s->ssl)
		return brg_fail(err, &net_early_bytes, "host=%.100s\nport=%d", s->host, s->port);
	if (!s->trust) {
		rc = tls_trust(NULL, &s->trust, err);
		if (rc < 0)
			return rc;
	}
	return tls_start(s, net_now_ms() + s->connect_ms, err);
}

unsigned net_flags(const struct brg_stream *s)
{
	return s->flags;
}

void net_close(struct brg_stream *s)
{
	if (!s)
		return;
	tls_end(s);
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	free(s->host);
	free(s->key);
	free(s);
}
