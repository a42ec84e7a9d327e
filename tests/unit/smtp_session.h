/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the SMTP connector share: one session over the fake host, and a watch on
 * every write, at which the fates of all messages must be true.
 */
#ifndef BRG_TEST_SMTP_SESSION_H
#define BRG_TEST_SMTP_SESSION_H

#include "sdk/testkit/fakehost.h"

#include <check.h>
#include <stdlib.h>

brg_plugin_entry_fn smtp_LTX_brg_plugin_entry;

#define SETTINGS "host=127.0.0.1\ntls=none\nname=me.example\n"
#define HELLO	 FAKE_SAYS("220 mx.example hi\r\n")
#define EHLO(lines)                               \
	FAKE_TURN("EHLO me.example\r\n", "250-mx" \
					 "\r\n" lines "250 HELP\r\n")
#define PLAINLY	 EHLO("250-8BITMIME\r\n")
#define PIPES	 EHLO("250-PIPELINING\r\n250-8BITMIME\r\n")
#define CHUNKS	 EHLO("250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n")
#define T(a, b)	 FAKE_TURN(a "\r\n", b "\r\n")
#define SAYS(a)	 FAKE_SAYS(a "\r\n")
#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGES 8
#define TURNS	 64

struct session {
	struct fakehost *fh;
	const struct brg_connector *c;
	void *self;
	struct brg_err err;
	struct brg_message *messages[MESSAGES];
	const char *bodies[MESSAGES]; /* of those */
	bool ended[MESSAGES];	      /* the last byte was written */
	size_t n;
	uint32_t cut_at; /* the write of this number fails; 0: none */
};

/* One at a time: the wrapped services have no place for more. */
static struct session *the_session;
static const struct brg_stream_service *real_stream;
static const void *(*real_service)(void *ctx, const char *name, uint32_t version);

static const struct brg_fault session_cut = {
	.code = "BRG-FAKE-0010",
	.cls = BRG_EIO,
	.en = "the line was cut",
	.sv = "ledningen klipptes av",
	.help = "A test wanted it so.",
};

/* The end of a message is about to go out: its fate is unknown, and before that it was not sent. */
static int watched_write(struct brg_stream *s, const void *p, size_t n, struct brg_err *err)
{
	struct session *t = the_session;

	for (size_t i = 0; i < t->n; i++) {
		struct brg_message *m = t->messages[i];
		size_t len = t->bodies[i] ? strlen(t->bodies[i]) : 0;

		if (!len || t->ended[i])
			continue;
		if (memmem(p, n, t->bodies[i] + (len > 20 ? len - 20 : 0), len > 20 ? 20 : len)) {
			ck_assert_msg(m->fate == BRG_FATE_UNKNOWN,
				      "message %zu: fate %d at its end", i, m->fate);
			t->ended[i] = true;
		} else {
			ck_assert_msg(m->fate == BRG_FATE_NOT_SENT,
				      "message %zu: fate %d before its end", i, m->fate);
		}
	}
	if (t->cut_at && t->fh->writes + 1 == t->cut_at)
		return brg_fail(err, &session_cut, "%s", "");
	return real_stream->write(s, p, n, err);
}

static const void *watched_service(void *ctx, const char *name, uint32_t version)
{
	static struct brg_stream_service watched;

	if (strcmp(name, "stream") != 0)
		return real_service(ctx, name, version);
	real_stream = real_service(ctx, name, version);
	watched = *real_stream;
	watched.write = watched_write;
	return &watched;
}

static inline void session_init(struct session *s)
{
	memset(s, 0, sizeof(*s));
	s->fh = fakehost_new();
	s->c = smtp_LTX_brg_plugin_entry()->connector;
	s->err = (struct brg_err)BRG_ERR_INIT;
	the_session = s;
	real_service = s->fh->host.service;
	s->fh->host.service = watched_service;
}

static inline void session_close(struct session *s)
{
	if (s->self) {
		s->c->close(s->self);
		fakehost_drop(s->self);
	}
	s->self = NULL;
	s->n = 0;
	s->err = (struct brg_err)BRG_ERR_INIT;
}

static inline void session_free(struct session *s)
{
	session_close(s);
	fakehost_free(s->fh);
}

/* Turns up to the first without an answer. */
static inline size_t count_turns(const struct fake_turn *turns, size_t max)
{
	size_t n = 0;

	while (n < max && turns[n].answer)
		n++;
	return n;
}

static inline int session_open(struct session *s, const struct fake_turn *turns, size_t n,
			       const char *settings)
{
	session_close(s);
	s->self = fakehost_instance(s->fh, smtp_LTX_brg_plugin_entry(), settings);
	ck_assert_msg(s->self != NULL, "%s", s->fh->wrong);
	fakehost_script(s->fh, turns, n);
	return s->c->open(s->self, &s->fh->host, &s->err);
}

/* A message to the recipients named in `to`, with blanks between them. */
static inline struct brg_message *session_message(struct session *s, const char *sender,
						  const char *to, const char *body, size_t len)
{
	struct brg_arena *arena = fakehost_arena(s->fh);
	struct brg_message *m = s->fh->host.alloc(arena, sizeof(*m));
	char *names = (char *)s->fh->host.dup(arena, to, strlen(to)).ptr;

	ck_assert_uint_lt(s->n, MESSAGES);
	m->size = sizeof(*m);
	m->sender = brg_cstr(sender);
	m->to = s->fh->host.alloc(arena, 16 * sizeof(*m->to));
	for (char *save, *a = strtok_r(names, " ", &save); a; a = strtok_r(NULL, " ", &save)) {
		m->to[m->n_to].size = sizeof(*m->to);
		m->to[m->n_to++].address = brg_cstr(a);
	}
	m->body = s->fh->host.blob_new(s->fh->host.ctx, arena);
	ck_assert_int_eq(s->fh->host.blob_add(m->body, body, len, &s->err), 0);
	s->messages[s->n] = m;
	s->bodies[s->n] = NULL;
	s->ended[s->n++] = false;
	return m;
}

/* One whose end is watched: its body is unlike the others'. */
static inline struct brg_message *session_add(struct session *s, const char *to, const char *body)
{
	struct brg_message *m = session_message(s, "me@example.com", to, body, strlen(body));

	s->bodies[s->n - 1] = body;
	return m;
}

static inline int session_send(struct session *s)
{
	return s->c->send(s->self, s->messages, s->n, fakehost_arena(s->fh), &s->err);
}

static inline const char *code_of(const struct brg_err *err)
{
	return err && err->fault ? err->fault->code : "";
}

static inline void expect_followed(const struct session *s)
{
	ck_assert_msg(fakehost_followed(s->fh), "script: %s", s->fh->wrong);
}

#endif
