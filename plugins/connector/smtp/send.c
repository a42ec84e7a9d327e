/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions. With PIPELINING (RFC 2920) the envelope of the next message goes out with the
 * end of the one before it, so that a message costs one round trip. With CHUNKING (RFC 3030)
 * on top nothing has to be waited for, and a few messages are under way at once. Replies come
 * in the order of what was asked; each is put where it belongs as it comes, so that at every
 * moment the fate of each message is true.
 */
#include "smtp.h"

#include <stdlib.h>

/* Messages that a lost connection may leave in doubt. */
#define WINDOW 4

static bool pipelines(const struct smtp *s)
{
	return s->pipelining && (s->ext & EXT_PIPELINING);
}

static bool chunks(const struct smtp *s)
{
	return pipelines(s) && s->chunking && (s->ext & EXT_CHUNKING);
}

static void ask(struct smtp *s, enum asked what, size_t message, size_t recipient)
{
	if (s->asked == s->room_questions) {
		s->room_questions = s->room_questions ? 2 * s->room_questions : 64;
		s->questions = realloc(s->questions, s->room_questions * sizeof(*s->questions));
		if (!s->questions)
			abort();
	}
	s->questions[s->asked++] = (struct question){ what, message, recipient };
}

/* ---- replies ------------------------------------------------------------------------------ */

static const struct brg_err *refusal(struct smtp *s, const struct reply *r,
				     const struct brg_fault *later, const struct brg_fault *never)
{
	return content_fault(s, r->code / 100 == 4 ? later : never, r->words, s->arena);
}

static bool is_yes(const struct reply *r)
{
	return r->code / 100 == 2;
}

/* Everybody was refused: nobody is to be written to. */
static void settle_nobody(struct smtp *s, struct transaction *t)
{
	t->refused = true;
	t->m->fate = BRG_FATE_NOT_SENT;
	if (!t->m->err)
		t->m->err = content_fault(s, &smtp_nobody, "", s->arena);
}

static void settle_end(struct smtp *s, struct transaction *t, const struct reply *r)
{
	if (t->accepted == 0) {
		settle_nobody(s, t);
		return;
	}
	t->m->fate = is_yes(r) ? BRG_FATE_SENT : BRG_FATE_NOT_SENT;
	if (is_yes(r))
		t->m->said = s->host->dup(s->arena, r->words, strlen(r->words));
	else
		t->m->err = refusal(s, r, &smtp_message_later, &smtp_message_never);
}

static void put_reply(struct smtp *s, const struct question *q, const struct reply *r)
{
	struct transaction *t = &s->list[q->message];

	switch (q->what) {
	case ASKED_RSET:
		s->in_mail = false;
		break;
	case ASKED_MAIL:
		s->in_mail = is_yes(r);
		if (s->in_mail)
			break;
		t->refused = true;
		t->m->err = r->code == 530
				    ? content_fault(s, &smtp_wants_login, r->words, s->arena)
				    : refusal(s, r, &smtp_message_later, &smtp_message_never);
		break;
	case ASKED_RCPT:
		if (is_yes(r))
			t->accepted++;
		else if (!t->refused)
			t->m->to[q->recipient].err =
				refusal(s, r, &smtp_recipient_later, &smtp_recipient_never);
		break;
	case ASKED_DATA:
		t->go_on = r->code == 354;
		if (t->go_on)
			break;
		if (t->accepted == 0)
			settle_nobody(s, t);
		else
			t->m->err = refusal(s, r, &smtp_message_later, &smtp_message_never);
		t->refused = true;
		break;
	case ASKED_END:
		s->in_mail = false;
		settle_end(s, t, r);
		break;
	}
}

/* 421: what was asked is not done any more, and neither is what came behind it. */
static void nothing_done(struct smtp *s)
{
	for (size_t i = s->answered; i < s->asked; i++) {
		struct brg_message *m = s->list[s->questions[i].message].m;

		if (s->questions[i].what == ASKED_END && m->fate == BRG_FATE_UNKNOWN)
			m->fate = BRG_FATE_NOT_SENT;
	}
}

/* Read replies until so few are outstanding. */
static int read_replies(struct smtp *s, size_t leave, struct brg_err *err)
{
	static const char *const names[] = { "RSET", "MAIL FROM", "RCPT TO", "DATA",
					     "the end of the message" };
	struct reply r;

	while (s->asked - s->answered > leave) {
		const struct question *q = &s->questions[s->answered];

		s->doing = names[q->what];
		if (wire_reply(s, &r, err) < 0) {
			if (err->fault == &smtp_closing)
				nothing_done(s);
			return err->code;
		}
		put_reply(s, q, &r);
		s->answered++;
	}
	if (s->asked == s->answered)
		s->asked = s->answered = 0;
	return 0;
}

/* Where the server wants one command at a time. */
static int one_at_a_time(struct smtp *s, struct brg_err *err)
{
	int rc;

	if (pipelines(s))
		return 0;
	rc = wire_flush(s, err);
	return rc < 0 ? rc : read_replies(s, 0, err);
}

/* ---- commands ------------------------------------------------------------------------------- */

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
		(void)snprintf(size, sizeof(size), " SIZE=%llu",
			       (unsigned long long)s->host->blob_len(t->m->body));
		wire_puts(s, size);
	}
	if (t->has_8bit)
		wire_puts(s, " BODY=8BITMIME");
	if (t->needs_utf8)
		wire_puts(s, " SMTPUTF8");
	wire_puts(s, "\r\n");
}

/* The envelope; `rset` takes an earlier one back that came to nothing. */
static int put_envelope(struct smtp *s, size_t i, bool rset, struct brg_err *err)
{
	struct transaction *t = &s->list[i];
	int rc = 0;

	if (rset) {
		wire_puts(s, "RSET\r\n");
		ask(s, ASKED_RSET, i, 0);
		rc = one_at_a_time(s, err);
	}
	if (rc == 0) {
		put_mail(s, t);
		ask(s, ASKED_MAIL, i, 0);
		rc = one_at_a_time(s, err);
	}
	for (size_t k = 0; k < t->m->n_to && rc == 0 && !t->refused; k++) {
		wire_puts(s, "RCPT TO:<");
		put_slice(s, t->m->to[k].address);
		wire_puts(s, ">\r\n");
		ask(s, ASKED_RCPT, i, k);
		rc = one_at_a_time(s, err);
	}
	return rc;
}

/* Behind 354: from the dot on the server may have it. */
static int put_content(struct smtp *s, size_t i, struct brg_err *err)
{
	struct transaction *t = &s->list[i];
	int rc = 0;

	ask(s, ASKED_END, i, 0);
	if (t->accepted == 0) {
		wire_puts(s, ".\r\n"); /* RFC 2920 section 3.1: it went on without recipients */
	} else {
		s->host->effect(s->host->ctx, "smtp-data");
		t->m->fate = BRG_FATE_UNKNOWN;
		rc = content_put(s, t, false, err);
	}
	return rc < 0 ? rc : one_at_a_time(s, err);
}

/* ---- by DATA ----------------------------------------------------------------------------------
 */

static int send_by_data(struct smtp *s, struct brg_err *err)
{
	size_t open = SIZE_MAX; /* its content is the next thing to be written */
	bool rset;		/* an envelope there came to nothing */
	int rc = 0;

	for (size_t i = 0; i < s->n && rc == 0; i++) {
		struct transaction *t = &s->list[i];

		if (t->refused || s->host->canceled(s->host->ctx))
			continue;
		rset = s->in_mail && open == SIZE_MAX;
		if (open != SIZE_MAX)
			rc = put_content(s, open, err);
		open = SIZE_MAX;
		if (rc == 0)
			rc = put_envelope(s, i, rset, err);
		if (rc == 0 && !t->refused && (pipelines(s) || t->accepted)) {
			wire_puts(s, "DATA\r\n");
			ask(s, ASKED_DATA, i, 0);
		}
		if (rc == 0)
			rc = wire_flush(s, err);
		if (rc == 0)
			rc = read_replies(s, 0, err);
		if (rc == 0 && !t->go_on && t->accepted == 0)
			settle_nobody(s, t);
		if (t->go_on)
			open = i;
	}
	if (open != SIZE_MAX && rc == 0)
		rc = put_content(s, open, err);
	if (rc == 0)
		rc = wire_flush(s, err);
	return rc < 0 ? rc : read_replies(s, 0, err);
}

/* ---- by BDAT ----------------------------------------------------------------------------------
 */

/* How many questions from the end hold so many messages. */
static size_t questions_of_last(const struct smtp *s, size_t messages)
{
	size_t n = 0, at = s->asked;

	while (at > s->answered && messages) {
		at--;
		n++;
		if (s->questions[at].what == ASKED_END && --messages == 0)
			return n - 1; /* behind that message's end */
	}
	return n;
}

static int send_by_chunks(struct smtp *s, struct brg_err *err)
{
	char command[48];
	bool first = true;
	int rc = 0;

	for (size_t i = 0; i < s->n && rc == 0; i++) {
		struct transaction *t = &s->list[i];

		if (t->refused || s->host->canceled(s->host->ctx))
			continue;
		/* Whether the one before came to nothing is not known yet (RFC 3030 section 2: a
		 * refused chunk leaves the transaction in doubt). */
		rc = put_envelope(s, i, !first || s->in_mail, err);
		first = false;
		if (rc < 0)
			break;
		(void)snprintf(command, sizeof(command), "BDAT %llu LAST\r\n",
			       (unsigned long long)s->host->blob_len(t->m->body));
		wire_puts(s, command);
		ask(s, ASKED_END, i, 0);
		s->host->effect(s->host->ctx, "smtp-data");
		t->m->fate = BRG_FATE_UNKNOWN;
		rc = content_put(s, t, true, err);
		if (rc == 0)
			rc = wire_flush(s, err);
		if (rc == 0)
			rc = read_replies(s, questions_of_last(s, WINDOW), err);
	}
	return rc < 0 ? rc : read_replies(s, 0, err);
}

/* ---- the call ---------------------------------------------------------------------------------
 */

int send_list(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
	      struct brg_err *err)
{
	struct smtp *s = self;
	int rc = 0;

	if (s->failed) {
		*err = s->failure;
		return err->code;
	}
	s->arena = arena;
	s->list = s->host->alloc(arena, (n + 1) * sizeof(*s->list));
	s->n = n;
	s->asked = s->answered = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		s->list[i].m = list[i];
		rc = content_look(s, &s->list[i], err);
	}
	if (rc == 0)
		rc = chunks(s) ? send_by_chunks(s, err) : send_by_data(s, err);
	if (rc == 0 && s->host->canceled(s->host->ctx))
		rc = s->host->stopped(s->host->ctx, err);
	return rc;
}
