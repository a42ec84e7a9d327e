/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream of the fake host: a server that follows a script and never tires, with
 * the buffer and the limits of the real one.
 */
#include "fakehost-private.h"

#include <stdlib.h>

#define BUFFER_OCTETS ((size_t)256 * 1024)

/* clang-format off */
#define FAULT(name, number, class, where, english, swedish)				\
	static const struct brg_fault fault_##name = {					\
		.code = number, .cls = class, .scope = BRG_SCOPE_##where,		\
		.en = english, .sv = swedish, .help = "A test wanted it so.",		\
	}
FAULT(timeout, "BRG-FAKE-0002", BRG_ETIMEDOUT, SERVER,
      "the server is silent", "servern är tyst");
FAULT(early, "BRG-FAKE-0003", BRG_EPROTO, SERVER,
      "bytes came before the handshake", "data kom före handskakningen");
FAULT(tls, "BRG-FAKE-0004", BRG_ETLS, SERVER,
      "the handshake failed", "handskakningen misslyckades");
FAULT(long, "BRG-FAKE-0008", BRG_EPROTO, SERVER,
      "more was asked than the buffer holds", "mer begärdes än bufferten rymmer");
/* clang-format on */

static struct fakehost *of(void *ctx)
{
	return ctx;
}

static void say(struct brg_stream *s, const struct fake_turn *turn)
{
	fake_add(&s->in, turn->answer, turn->answer_len);
	s->ended = turn->then == FAKE_CLOSE;
	s->hangs = turn->then == FAKE_HANG;
}

/* Take the turns that what was sent so far has earned. */
static void play(struct fakehost *fh)
{
	struct fakehost_private *own = fh->own;
	struct brg_stream *s = &own->stream;

	while (own->turn < own->n_turns && !s->ended && !s->hangs) {
		const struct fake_turn *turn = &own->turns[own->turn];
		size_t left = own->sent.len - own->matched;
		size_t n = left < turn->expect_len ? left : turn->expect_len;

		if (n && memcmp(own->sent.at + own->matched, turn->expect, n) != 0) {
			fake_wrong(fh, "unexpected", own->sent.at + own->matched, left);
			s->hangs = true;
			return;
		}
		if (n < turn->expect_len)
			return;
		own->matched += n;
		own->turn++;
		say(s, turn);
	}
}

static void forget_view(struct brg_stream *s)
{
	if (!s->fh->open)
		fake_misuse("a closed stream is used");
	free(s->view);
	s->view = NULL;
}

static int stream_connect(void *ctx, const struct brg_endpoint *where, struct brg_stream **out,
			  struct brg_err *err)
{
	struct fakehost *fh = of(ctx);
	struct brg_stream *s = &fh->own->stream;

	(void)err;
	if (fh->open || where->port == 0)
		fake_misuse("connect: no port, or a stream is open");
	memset(s, 0, sizeof(*s));
	s->fh = fh;
	s->asked = true;
	/* What was still said over the last connection is lost. */
	fh->own->matched = fh->own->sent.len;
	fh->connects++;
	fh->open = true;
	fh->tls = where->tls == BRG_TLS_IMPLICIT;
	fh->own->read_timeout_ms = where->read_timeout_ms;
	if (fh->own->free_run) {
		fake_add(&s->in, fh->own->fed.at, fh->own->fed.len);
		s->ended = true;
	}
	play(fh);
	*out = s;
	return 0;
}

static int stream_starttls(struct brg_stream *s, struct brg_err *err)
{
	forget_view(s);
	if (s->in.len > s->taken && !s->fh->own->free_run)
		return brg_fail(err, &fault_early, "%s", "");
	if (s->fh->tls_fails)
		return brg_fail(err, &fault_tls, "%s", "");
	s->fh->tls = true;
	return 0;
}

static int stream_write(struct brg_stream *s, const void *p, size_t n, struct brg_err *err)
{
	struct fakehost *fh = s->fh;

	(void)err;
	forget_view(s);
	fh->writes++;
	s->asked = true;
	fake_add(&fh->own->sent, p, n);
	fh->sent = (struct brg_str){ fh->own->sent.at, fh->own->sent.len };
	if (!fh->own->free_run)
		play(fh);
	return 0;
}

static int nothing_comes(struct brg_stream *s, struct brg_err *err)
{
	struct fakehost *fh = s->fh;
	const struct fakehost_private *own = fh->own;

	if (!s->hangs) {
		const struct fake_turn *turn = &own->turns[own->turn];
		bool over = own->turn >= own->n_turns;

		fake_wrong(fh, over ? "waits after the end" : "waits, and should send",
			   over ? "" : turn->expect, over ? 0 : turn->expect_len);
	}
	fh->now_us += own->read_timeout_ms * 1000;
	return brg_fail(err, &fault_timeout, "%s", "");
}

static int stream_peek(struct brg_stream *s, size_t have, struct brg_str *out, struct brg_err *err)
{
	struct fakehost *fh = s->fh;
	size_t n;
	int rc = 1;

	forget_view(s);
	if (have >= BUFFER_OCTETS)
		return brg_fail(err, &fault_long, "%s", "");
	while (s->arrived - s->taken <= have) {
		if (s->asked)
			fh->rounds++;
		s->asked = false;
		n = s->in.len - s->arrived;
		if (n > BUFFER_OCTETS - (s->arrived - s->taken))
			n = BUFFER_OCTETS - (s->arrived - s->taken);
		if (fh->chunk && n > fh->chunk)
			n = fh->chunk;
		s->arrived += n;
		if (n == 0 && !s->ended)
			return nothing_comes(s, err);
		if (n == 0) {
			rc = 0;
			break;
		}
	}
	s->view = fake_copy(s->in.at + s->taken, s->arrived - s->taken);
	*out = (struct brg_str){ s->view, s->arrived - s->taken };
	return rc;
}

static void stream_skip(struct brg_stream *s, size_t n)
{
	forget_view(s);
	if (n > s->arrived - s->taken)
		fake_misuse("skip: more than peek showed");
	s->taken += n;
}

static unsigned stream_flags(const struct brg_stream *s)
{
	return s->fh->tls ? BRG_STREAM_TLS : 0;
}

static void stream_close(struct brg_stream *s)
{
	forget_view(s);
	free(s->in.at);
	s->in = (struct text){ NULL, 0, 0 };
	s->fh->open = false;
}

const struct brg_stream_service fake_stream_service = {
	.size = sizeof(fake_stream_service),
	.version = 1,
	.connect = stream_connect,
	.starttls = stream_starttls,
	.write = stream_write,
	.peek = stream_peek,
	.skip = stream_skip,
	.flags = stream_flags,
	.close = stream_close,
};

void fakehost_script(struct fakehost *fh, const struct fake_turn *turns, size_t n)
{
	struct fakehost_private *own = fh->own;

	own->turns = turns;
	own->n_turns = n;
	own->turn = own->matched = own->sent.len = 0;
	own->free_run = false;
	own->on_disk = 0;
	fh->sent = (struct brg_str){ NULL, 0 };
	fh->wrong[0] = '\0';
	fh->connects = fh->writes = fh->rounds = fh->known_calls = fh->effects = 0;
	fh->items_named = 0;
}

void fakehost_feed(struct fakehost *fh, const void *bytes, size_t n)
{
	fakehost_script(fh, NULL, 0);
	fh->own->free_run = true;
	fh->own->fed.len = 0;
	fake_add(&fh->own->fed, bytes, n);
}

bool fakehost_followed(const struct fakehost *fh)
{
	return !fh->wrong[0] && fh->own->turn == fh->own->n_turns &&
	       fh->own->matched == fh->own->sent.len;
}
