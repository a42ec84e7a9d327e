/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the POP3 connector share: one session over the fake host.
 */
#ifndef BRG_TEST_POP3_SESSION_H
#define BRG_TEST_POP3_SESSION_H

#include "sdk/testkit/fakehost.h"

#include <check.h>
#include <stdlib.h>

brg_plugin_entry_fn pop3_LTX_brg_plugin_entry;

#define SETTINGS   "host=127.0.0.1\ntls=none\nusername=ann\npassword=s3cr3t\n"
#define REMEMBERED "v1 1699999999000000 127.0.0.1:110:2 0 CAPA TOP UIDL PIPELINING PLAIN USER"
#define SECRET	   "AGFubgBzM2NyM3Q="
#define HELLO	   FAKE_SAYS("+OK hi\r\n")
#define LOGIN	   FAKE_TURN("AUTH PLAIN " SECRET "\r\n", "+OK in\r\n")
#define BYE	   FAKE_TURN("QUIT\r\n", "+OK bye\r\n")
#define N(array)   (sizeof(array) / sizeof((array)[0]))

struct session {
	struct fakehost *fh;
	const struct brg_connector *c;
	void *self;
	struct brg_err err;
};

static inline void session_init(struct session *s)
{
	memset(s, 0, sizeof(*s));
	s->fh = fakehost_new();
	s->c = pop3_LTX_brg_plugin_entry()->connector;
	s->err = (struct brg_err)BRG_ERR_INIT;
	fakehost_set_state(s->fh, "capa", REMEMBERED);
}

static inline void session_close(struct session *s)
{
	if (s->self) {
		s->c->close(s->self);
		fakehost_drop(s->self);
	}
	s->self = NULL;
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
	s->self = fakehost_instance(s->fh, pop3_LTX_brg_plugin_entry(), settings);
	ck_assert_msg(s->self != NULL, "%s", s->fh->wrong);
	fakehost_script(s->fh, turns, n);
	return s->c->open(s->self, &s->fh->host, &s->err);
}

static inline int session_pull(struct session *s, const char *cursor, unsigned want,
			       uint32_t max_items)
{
	struct brg_pull req = { .size = sizeof(req),
				.want = want,
				.cursor = brg_cstr(cursor),
				.max_items = max_items,
				.max_bytes = 1 << 20 };

	return s->c->pull(s->self, &req, fakehost_batch(s->fh), &s->err);
}

static inline void expect_text(struct brg_str got, const char *want)
{
	ck_assert_msg(brg_str_eq(got, brg_cstr(want)), "got \"%.*s\", not \"%s\"", (int)got.len,
		      got.ptr ? got.ptr : "", want);
}

static inline void expect_followed(const struct session *s)
{
	ck_assert_msg(fakehost_followed(s->fh), "script: %s", s->fh->wrong);
}

#endif
