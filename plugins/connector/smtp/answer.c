/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies come in the order of what was asked. Each is put where it belongs as it comes, so that
 * at every moment the fate of each message is what is known of it.
 */
#include "smtp.h"

void answer_expect(struct smtp *s, enum asked what, size_t message, size_t recipient)
{
	if (s->asked == s->room_questions) {
		s->room_questions = s->room_questions ? 2 * s->room_questions : 64;
		s->questions = wire_grow(s->questions, s->room_questions, sizeof(*s->questions));
	}
	s->questions[s->asked++] = (struct question){ what, message, recipient };
	s->ends += what == ASKED_END;
}

struct brg_err *answer_fault(struct smtp *s, const struct brg_fault *fault, const struct reply *r)
{
	struct brg_err *err = s->host->alloc(s->arena, sizeof(*err));

	*err = (struct brg_err)BRG_ERR_INIT;
	(void)wire_fault(s, fault, r, err);
	return err;
}

static const struct brg_err *refusal(struct smtp *s, const struct reply *r,
				     const struct brg_fault *later, const struct brg_fault *never)
{
	return answer_fault(s, r->code / 100 == 4 ? later : never, r);
}

static bool is_yes(const struct reply *r)
{
	return r->code / 100 == 2;
}

static void refuse(struct smtp *s, struct transaction *t, const struct reply *r)
{
	t->m->err = refusal(s, r, &smtp_message_later, &smtp_message_never);
	t->m->fate = BRG_FATE_NOT_SENT;
	t->done = true;
}

void answer_nobody(struct smtp *s, struct transaction *t)
{
	struct brg_err *err = answer_fault(s, &smtp_nobody, NULL);

	err->retry = BRG_RETRY_NEVER;
	for (size_t i = 0; i < t->m->n_to; i++)
		if (t->m->to[i].err && t->m->to[i].err->retry != BRG_RETRY_NEVER)
			err->retry = BRG_RETRY_LATER;
	t->m->err = err;
	t->m->fate = BRG_FATE_NOT_SENT;
	t->done = true;
}

/* RFC 5321 section 4.5.3.1.10: "552 too many recipients" of old servers means: for now. */
static void take_recipient(struct smtp *s, struct transaction *t, size_t k, const struct reply *r)
{
	if (is_yes(r))
		t->accepted++;
	else if (!t->done)
		t->m->to[k].err =
			answer_fault(s,
				     r->code / 100 == 4 || r->code == 552 ? &smtp_recipient_later
									  : &smtp_recipient_never,
				     r);
}

static void take_end(struct smtp *s, struct transaction *t, const struct reply *r)
{
	char words[256];
	struct brg_str said;

	if (t->done)
		return; /* refused before; what was ended is nothing */
	if (t->refused) {
		t->m->fate = BRG_FATE_NOT_SENT;
	} else if (t->accepted == 0) {
		answer_nobody(s, t);
	} else if (is_yes(r)) {
		said = wire_said(s, r, words);
		t->m->said = s->host->dup(s->arena, said.ptr, said.len);
		t->m->fate = BRG_FATE_SENT;
		t->done = true;
		s->taken++;
	} else {
		refuse(s, t, r);
	}
}

/* Can this question have this answer? One that cannot means that we are out of step. */
static bool fits(const struct transaction *t, enum asked what, const struct reply *r)
{
	if (what == ASKED_DATA)
		return r->code == 354 || r->code >= 400;
	if (what == ASKED_RCPT && t->refused)
		return r->code >= 400;
	/* Taken before it was there? */
	if (what == ASKED_END && !t->done && t->accepted && t->m->fate != BRG_FATE_UNKNOWN)
		return r->code >= 400;
	return r->code / 100 != 3;
}

/* Refusals that are about us and not about the message. */
static const struct brg_fault *about_us(enum asked what, const struct reply *r)
{
	if (what == ASKED_RSET && !is_yes(r))
		return &smtp_refused;
	if (what != ASKED_MAIL)
		return NULL;
	return r->code == 530 ? &smtp_wants_login : r->code == 503 ? &smtp_refused : NULL;
}

/* RFC 5321 section 3.8. At its end the message itself may be the reason, and in a session in
 * which nothing went well too: then it waits, so that others get past it. */
static int take_closing(struct smtp *s, const struct question *q, const struct reply *r,
			struct brg_err *err)
{
	struct transaction *t = &s->list[q->message];

	if ((q->what == ASKED_END || s->taken == 0) && !t->done)
		refuse(s, t, r);
	else if (q->what == ASKED_RCPT)
		take_recipient(s, t, q->recipient, r);
	s->closing = true;
	wire_fault(s, &smtp_closing, r, err);
	return wire_fail(s, err);
}

/* It says no more about the message than that it was not sent. */
static int take_refusal(struct smtp *s, const struct question *q, const struct brg_fault *fault,
			const struct reply *r, struct brg_err *err)
{
	struct transaction *t = &s->list[q->message];

	t->refused = t->refused || q->what == ASKED_MAIL;
	if (s->failed)
		return 0;
	wire_fault(s, fault, r, err);
	return wire_fail(s, err);
}

static int take(struct smtp *s, const struct question *q, const struct reply *r,
		struct brg_err *err)
{
	struct transaction *t = &s->list[q->message];

	s->ends -= q->what == ASKED_END;
	if (r->code == 421)
		return take_closing(s, q, r, err);
	if (about_us(q->what, r))
		return take_refusal(s, q, about_us(q->what, r), r, err);
	if (!fits(t, q->what, r)) {
		wire_fault(s, &smtp_garbage, r, err);
		return wire_fail(s, err);
	}
	switch (q->what) {
	case ASKED_RSET:
		break;
	case ASKED_MAIL:
		t->refused = !is_yes(r);
		if (t->refused)
			refuse(s, t, r);
		break;
	case ASKED_RCPT:
		take_recipient(s, t, q->recipient, r);
		break;
	case ASKED_DATA:
		t->go_on = r->code == 354;
		if (!t->go_on && !t->done && t->accepted)
			refuse(s, t, r);
		break;
	case ASKED_END:
		take_end(s, t, r);
		/* RFC 3030 section 2: after a refused chunk nobody knows. */
		if (is_yes(r) && s->answered == s->asked)
			s->open_mail = false;
		break;
	}
	return 0;
}

static int read_one(struct smtp *s, struct brg_err *err)
{
	static const char *const names[] = { "RSET", "MAIL FROM", "RCPT TO", "DATA",
					     "the end of the mail" };
	const struct question *q = &s->questions[s->answered];
	struct reply r;
	int rc;

	s->doing = names[q->what];
	s->at = q->message;
	rc = wire_reply(s, &r, err);
	if (rc < 0)
		return rc;
	s->answered++;
	rc = take(s, q, &r, err);
	if (s->asked == s->answered)
		s->asked = s->answered = 0;
	return rc;
}

int answer_read(struct smtp *s, size_t questions, struct brg_err *err)
{
	int rc = 0;

	while (s->asked - s->answered > questions && rc == 0)
		rc = read_one(s, err);
	return rc;
}

int answer_read_ends(struct smtp *s, size_t ends, struct brg_err *err)
{
	int rc = 0;

	while (s->ends > ends && rc == 0)
		rc = read_one(s, err);
	return rc;
}

/* ---- the end of a connection ----------------------------------------------------------------*/

static bool in_doubt(const struct smtp *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].m->fate == BRG_FATE_UNKNOWN)
			return true;
	return false;
}

/* Whoever said 421 and then hung up has taken nothing that it did not answer. It would have had
 * to answer it first. */
static void nothing_done(struct smtp *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].m->fate == BRG_FATE_UNKNOWN)
			s->list[i].m->fate = BRG_FATE_NOT_SENT;
}

/* The one under way, if nothing went well before it: it may be the reason, so it waits. */
static void blame(struct smtp *s)
{
	struct transaction *t = &s->list[s->at];
	int code = s->failure.code;

	if (s->taken || t->done || !t->begun || t->m->fate == BRG_FATE_UNKNOWN ||
	    s->failure.fault == &smtp_refused)
		return;
	if (code != BRG_EIO && code != BRG_ETIMEDOUT && code != BRG_EPROTO)
		return;
	t->m->err = answer_fault(s, &smtp_message_cut, NULL);
	t->done = true;
}

/* As if it had not been begun. */
static void withdraw(struct transaction *t)
{
	for (size_t k = 0; k < t->m->n_to; k++)
		t->m->to[k].err = NULL;
	t->accepted = 0;
	t->begun = t->go_on = t->refused = false;
}

void answer_last(struct smtp *s)
{
	struct brg_err late = BRG_ERR_INIT;
	bool speaks = s->failure.code == BRG_EIO || s->failure.code == BRG_EAUTH;
	int rc = 0;

	/* What was asked before the end is answered: a server may refuse a mail and close before
	 * it has read all of it. 421 is not the end yet. */
	if (speaks && (!s->closing || in_doubt(s)))
		while (s->asked > s->answered && (rc == 0 || late.fault == &smtp_closing))
			rc = read_one(s, &late);
	if (s->closing && rc == BRG_EIO)
		nothing_done(s);
	blame(s);
	for (size_t i = 0; i < s->n; i++) {
		struct transaction *t = &s->list[i];

		t->done = t->done || t->m->fate == BRG_FATE_UNKNOWN;
		if (!t->done)
			withdraw(t);
	}
	s->asked = s->answered = s->ends = 0;
}
