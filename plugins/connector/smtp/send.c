/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions. With PIPELINING (RFC 2920) the envelope of the next message goes out with the
 * end of the one before it, so that a message costs one round trip. With CHUNKING (RFC 3030)
 * on top nothing has to be waited for, and a few messages are under way at once.
 */
#include "smtp.h"

/* Larger messages are not sent before their recipients are known to be accepted. */
#define BLIND_OCTETS (64 * 1024)
/* So many questions may be open: their answers must have room in the buffers between us, because
 * a server that cannot write does not read (RFC 2920 section 3.1). */
#define QUESTIONS_MAX 100
#define NONE	      SIZE_MAX

static bool pipelines(const struct smtp *s)
{
	return s->pipelining && (s->ext & EXT_PIPELINING);
}

static bool chunks(const struct smtp *s)
{
	return s->chunking && (s->ext & EXT_CHUNKING);
}

/* All of it at once, before its recipients are answered; never the first one of a connection, so
 * that nothing is in doubt where everything is refused. */
static bool goes_blind(const struct smtp *s, const struct transaction *t)
{
	return chunks(s) && pipelines(s) && s->taken && t->octets <= BLIND_OCTETS;
}

/* Where the server wants one command at a time, wait for the answer. */
static int give_way(struct smtp *s, struct brg_err *err)
{
	int rc;

	if (pipelines(s) && s->asked - s->answered < QUESTIONS_MAX)
		return 0;
	rc = wire_flush(s, err);
	return rc < 0 ? rc : answer_read(s, 0, err);
}

static int ask(struct smtp *s, enum asked what, size_t message, size_t recipient,
	       struct brg_err *err)
{
	answer_expect(s, what, message, recipient);
	return give_way(s, err);
}

/* ---- one message ----------------------------------------------------------------------------*/

static void put_slice(struct smtp *s, struct brg_str text)
{
	wire_put(s, text.ptr, text.len);
}

static void put_mail(struct smtp *s, const struct transaction *t)
{
	char size[32];

	wire_puts(s, "MAIL FROM:<");
	put_slice(s, t->m->sender);
	wire_puts(s, ">");
	if (s->ext & EXT_SIZE) {
		(void)snprintf(size, sizeof(size), " SIZE=%llu", (unsigned long long)t->octets);
		wire_puts(s, size);
	}
	if (t->has_8bit)
		wire_puts(s, " BODY=8BITMIME");
	if (t->needs_utf8)
		wire_puts(s, " SMTPUTF8");
	wire_puts(s, "\r\n");
}

/* Blame for a crash falls on the record that is being sent. */
static void name_item(struct smtp *s, const struct brg_message *m)
{
	const unsigned char *b = m->stamp.record.b;
	char id[37];

	(void)snprintf(id, sizeof(id),
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
		       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		       b[13], b[14], b[15]);
	s->host->item(s->host->ctx, brg_cstr(id));
}

static int put_envelope(struct smtp *s, size_t i, struct brg_err *err)
{
	struct transaction *t = &s->list[i];
	int rc = 0;

	name_item(s, t->m);
	s->at = i;
	t->begun = true;
	if (s->open_mail) {
		wire_puts(s, "RSET\r\n");
		rc = ask(s, ASKED_RSET, i, 0, err);
	}
	if (rc == 0) {
		put_mail(s, t);
		s->open_mail = true;
		rc = ask(s, ASKED_MAIL, i, 0, err);
	}
	for (size_t k = 0; k < t->m->n_to && rc == 0 && !t->refused; k++) {
		wire_puts(s, "RCPT TO:<");
		put_slice(s, t->m->to[k].address);
		wire_puts(s, ">\r\n");
		rc = ask(s, ASKED_RCPT, i, k, err);
	}
	return rc;
}

/* The content. What is still in the buffer then is its end: from when that is written on, the
 * server may have the message. It may refuse it before. */
static int put_content(struct smtp *s, size_t i, struct brg_err *err)
{
	struct transaction *t = &s->list[i];
	char command[48];
	int rc;

	s->at = i;
	s->doing = "the mail itself";
	if (chunks(s)) {
		(void)snprintf(command, sizeof(command), "BDAT %llu LAST\r\n",
			       (unsigned long long)t->octets);
		wire_puts(s, command);
	}
	answer_expect(s, ASKED_END, i, 0);
	rc = content_put(s, t, chunks(s), err);
	if (rc < 0)
		return rc;
	s->host->effect(s->host->ctx, "smtp-data");
	t->m->fate = BRG_FATE_UNKNOWN;
	/* Behind the dot there is no transaction, whatever the answer is. */
	s->open_mail = chunks(s);
	return give_way(s, err);
}

/* RFC 2920 section 3.1: it wants a content in spite of all that it refused. */
static int put_nothing(struct smtp *s, size_t i, struct brg_err *err)
{
	wire_puts(s, ".\r\n");
	s->open_mail = false;
	return ask(s, ASKED_END, i, 0, err);
}

/* ---- one after the other --------------------------------------------------------------------*/

/* All but the content; t->go_on if that is wanted. */
static int offer(struct smtp *s, size_t i, struct brg_err *err)
{
	struct transaction *t = &s->list[i];
	bool by_data = !chunks(s);
	int rc = put_envelope(s, i, err);

	if (rc == 0 && by_data && !t->refused && (pipelines(s) || t->accepted)) {
		wire_puts(s, "DATA\r\n");
		rc = ask(s, ASKED_DATA, i, 0, err);
	}
	if (rc == 0)
		rc = wire_flush(s, err);
	if (rc == 0)
		rc = answer_read(s, 0, err);
	if (rc < 0)
		return rc;
	if (!t->done && t->accepted == 0)
		answer_nobody(s, t);
	if (by_data && t->go_on && t->done)
		return put_nothing(s, i, err);
	if (!by_data)
		t->go_on = !t->done;
	return 0;
}

static int send_blind(struct smtp *s, size_t i, struct brg_err *err)
{
	int rc = wire_flush(s, err);

	if (rc == 0)
		rc = answer_read_ends(s, (size_t)s->window - 1, err);
	if (rc == 0)
		rc = put_envelope(s, i, err);
	if (rc == 0)
		rc = put_content(s, i, err);
	return rc < 0 ? rc : wire_flush(s, err);
}

static int stop(struct smtp *s, struct brg_err *err)
{
	s->host->stopped(s->host->ctx, err);
	return wire_fail(s, err);
}

/* Everything that waits, over this connection. */
static int walk(struct smtp *s, struct brg_err *err)
{
	size_t open = NONE; /* its content is the next thing to be written */
	bool canceled = false;
	int rc = 0;

	for (size_t i = 0; i < s->n && rc == 0 && !canceled; i++) {
		struct transaction *t = &s->list[i];

		canceled = s->host->canceled(s->host->ctx);
		if (canceled || t->done || !content_fits(s, t))
			continue;
		if (open != NONE)
			rc = put_content(s, open, err);
		open = NONE;
		if (rc == 0)
			rc = goes_blind(s, t) ? send_blind(s, i, err) : offer(s, i, err);
		if (rc == 0 && t->go_on && !t->done)
			open = i;
	}
	if (rc == 0 && open != NONE && !canceled)
		rc = put_content(s, open, err);
	if (rc == 0)
		rc = wire_flush(s, err);
	if (rc == 0)
		rc = answer_read(s, 0, err);
	return rc == 0 && canceled ? stop(s, err) : rc;
}

/* ---- the call -------------------------------------------------------------------------------*/

/* Servers take only so many messages over one connection, or hang up when it was idle. Where that
 * was going well and nothing is in doubt, the rest goes over another one. */
static bool may_go_on(const struct smtp *s)
{
	if (s->failure.code != BRG_EIO || !s->taken || s->host->canceled(s->host->ctx))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].m->fate == BRG_FATE_UNKNOWN)
			return false;
	return true;
}

static bool all_settled(const struct smtp *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->list[i].done)
			return false;
	return true;
}

static int send_all(struct smtp *s, struct brg_err *err)
{
	int rc = 0;

	for (;;) {
		if (s->failed && !may_go_on(s)) {
			*err = s->failure;
			return err->code;
		}
		if (s->failed) {
			s->host->log(s->host->ctx, BRG_LOG_INFO, "reconnect", "taken=%zu code=%s",
				     s->taken, s->failure.fault->code);
			rc = login_open(s, err);
		}
		if (rc < 0)
			return wire_fail(s, err);
		rc = walk(s, err);
		if (rc == 0)
			return 0;
		(void)wire_fail(s, err);
		answer_last(s);
		if (may_go_on(s) && all_settled(s)) {
			*err = (struct brg_err)BRG_ERR_INIT;
			return 0;
		}
		rc = 0;
	}
}

int send_list(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
	      struct brg_err *err)
{
	struct smtp *s = self;
	int rc = 0;

	s->arena = arena;
	s->list = s->host->alloc(arena, (n + 1) * sizeof(*s->list));
	s->n = n;
	for (size_t i = 0; i < n && rc == 0; i++) {
		s->list[i].m = list[i];
		rc = content_look(s, &s->list[i], err);
	}
	if (rc == 0)
		rc = send_all(s, err);
	s->host->item(s->host->ctx, (struct brg_str){ NULL, 0 });
	s->list = NULL;
	s->n = 0;
	return rc;
}
