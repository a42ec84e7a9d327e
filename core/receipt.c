/* SPDX-License-Identifier: Apache-2.0
 *
 * Whoever knows the Message-ID of a mail of ours has had it, so a report that names it is
 * believed. A token can be guessed: there one of the recipients must be one of ours as well. A
 * report also proves that the mail had left: what was uncertain is so no longer.
 */
#include "core/receipt.h"

#include "core/alert.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/recipients.h"

static RULE(
	reported, "0060",
	"tells of the sent mail {record}: {recipients} recipients are {state} now "
	"({kind}) {status}",
	"berättar om det skickade brevet {record}: {recipients} mottagare är {state} nu ({kind}) "
	"{status}",
	"Nothing to change: `brygga record show {record}` tells what became of each recipient.");
static RULE(
	reported_known, "0061",
	"tells of the sent mail {record} nothing that was not known ({kind})",
	"berättar om det skickade brevet {record} inget som inte var känt ({kind})",
	"Nothing to change: `brygga record show {record}` tells what became of each recipient.");

const struct brg_fault *const receipt_faults[] = { &reported, &reported_known, NULL };

/* ---- which mail -----------------------------------------------------------------------------*/

/* One report and the store. */
struct search {
	struct trail *trail;
	struct receipt *out;
	struct brg_arena *scratch;
	struct recipients recipients;
};

/* Our recipient that is meant. Where there was only one, no other can be: mail is passed on and
 * answered from other addresses. */
static struct recipient *whom(const struct search *s, const struct report_recipient *r,
			      bool by_address)
{
	struct recipient *to = r->address.len ? recipients_find(&s->recipients, r->address) : NULL;

	if (!to && r->other.len)
		to = recipients_find(&s->recipients, r->other);
	if (!to && !by_address && s->recipients.n == 1)
		to = &s->recipients.at[0];
	return to;
}

static bool names_one(const struct search *s)
{
	for (size_t i = 0; i < s->out->report.n_recipients; i++)
		if (whom(s, &s->out->report.recipients[i], true))
			return true;
	return false;
}

/* 1: this record is it. */
static int try_record(struct search *s, const struct brg_record_row *r, bool by_address,
		      struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OUTGOING, .id = r->id };
	struct brg_row row;
	int rc;

	if (r->direction != BRG_OUTBOUND)
		return 0;
	rc = store_one(&s->trail->engine->store, &q, s->scratch, &row, err);
	if (rc <= 0)
		return rc;
	recipients_read(row.u.outgoing.recipients, s->scratch, &s->recipients);
	if (by_address && !names_one(s))
		return 0;
	s->out->found = true;
	s->out->mail = *r;
	s->out->row = row.u.outgoing;
	return 1;
}

static int by_message_id(struct search *s, struct brg_str id, struct brg_err *err)
{
	struct trail_end end;
	int rc = trail_message(s->trail, id, s->scratch, &end, err);

	for (size_t i = 0; i < end.n && rc == 0; i++)
		rc = try_record(s, end.at[i], false, err);
	return rc;
}

static int by_token(struct search *s, struct brg_str token, struct brg_err *err)
{
	struct trail_end end;
	int rc = trail_follow(s->trail, CLUE_TOKEN, token, s->scratch, &end, err);

	for (size_t i = 0; i < end.n && rc == 0; i++)
		rc = try_record(s, end.at[i], true, err);
	return rc;
}

/* The tokens of a subject, which the report repeats or brings back. */
static int by_subject(struct search *s, struct brg_str subject, struct brg_err *err)
{
	struct mime_header h = { .subject = subject };
	struct correlate_clues *clues = arena_alloc(s->scratch, sizeof(*clues));
	int rc = 0;

	if (subject.len == 0)
		return 0;
	correlate_clues(&s->trail->rules, &h, s->scratch, clues);
	for (size_t i = 0; i < clues->n_tokens && rc == 0; i++)
		rc = by_token(s, clues->tokens[i], err);
	return rc;
}

static int search(struct search *s, const struct mime_header *h, struct brg_err *err)
{
	const struct report *r = &s->out->report;
	int rc = 0;

	for (size_t i = 0; i < r->n_about && rc == 0; i++)
		rc = by_message_id(s, r->about[i], err);
	if (rc == 0)
		rc = by_subject(s, r->original_subject, err);
	if (rc == 0)
		rc = by_subject(s, h->subject, err);
	return rc;
}

/* ---- what it changes ------------------------------------------------------------------------*/

static int state_of(int state)
{
	static const int states[] = {
		[REPORT_UNKNOWN] = RECIPIENT_PENDING, /* nothing */
		[REPORT_DELIVERED] = RECIPIENT_DELIVERED,
		[REPORT_DELAYED] = RECIPIENT_DELAYED,
		[REPORT_BOUNCED_SOFT] = RECIPIENT_BOUNCED_SOFT,
		[REPORT_BOUNCED_HARD] = RECIPIENT_BOUNCED_HARD,
		[REPORT_READ] = RECIPIENT_READ,
		[REPORT_DELETED] = RECIPIENT_DELETED,
		[REPORT_ANSWERED] = RECIPIENT_ANSWERED,
	};

	return states[state];
}

/* The server had taken it after all. */
static void settle_uncertain(struct search *s, int64_t now_us)
{
	struct brg_outgoing_row *row = &s->out->row;

	if (row->state != BRG_OUT_UNCERTAIN)
		return;
	row->state = BRG_OUT_SENT;
	row->sent_us = now_us;
	row->code = row->params = (struct brg_str){ "", 0 };
	for (size_t i = 0; i < s->recipients.n; i++)
		if (s->recipients.at[i].state == RECIPIENT_PENDING)
			(void)recipient_becomes(&s->recipients.at[i], RECIPIENT_SENT, now_us);
	s->out->changed = true;
}

static void apply(struct search *s, int64_t now_us)
{
	struct receipt *d = s->out;
	const struct report_recipient *last = NULL;
	char record[ID_TEXT];
	size_t n = 0;

	settle_uncertain(s, now_us);
	for (size_t i = 0; i < d->report.n_recipients; i++) {
		const struct report_recipient *r = &d->report.recipients[i];
		struct recipient *to = whom(s, r, false);

		if (!to || !recipient_becomes(to, state_of(r->state), now_us))
			continue;
		to->status = r->status;
		to->said = r->said;
		last = r;
		n++;
	}
	d->changed = d->changed || n;
	(void)snprintf(d->params, sizeof(d->params),
		       "record=%s\nkind=%s\nrecipients=%zu\nstate=%s\nstatus=%.*s",
		       id_format(&d->mail.id, record), report_kind_name(d->report.kind), n,
		       last ? report_state_name(last->state) : "unknown",
		       last ? (int)last->status.len : 0, last ? last->status.ptr : "");
	if (d->changed)
		d->row.recipients = recipients_write(&s->recipients, s->scratch);
}

int receipt_find(struct trail *t, const struct mime_header *h, struct brg_blob *body,
		 struct receipt *out, struct brg_arena *scratch, struct brg_err *err)
{
	struct search s = { .trail = t, .out = out, .scratch = scratch };
	int rc;

	*out = (struct receipt){ 0 };
	rc = report_read(report_likely(h, scratch) ? body : NULL, h, scratch, &out->report, err);
	if (rc < 0 || !out->report.kind)
		return rc;
	rc = search(&s, h, err);
	if (rc > 0)
		apply(&s, t->engine->now_us(t->engine));
	return rc < 0 ? rc : 0;
}

void receipt_write(const struct receipt *d, int64_t now_us, struct step *step)
{
	struct brg_op *op;
	char id[ID_TEXT];

	op = step_add(step, BRG_OP_DECISION, BRG_ANY);
	op->u.decision.id = id_new(now_us);
	op->u.decision.record = d->mail.id;
	op->u.decision.code = brg_cstr(receipt_rule(d)->code);
	op->u.decision.params = arena_str(step->arena, brg_cstr(d->params));
	if (!d->changed)
		return;
	step_outgoing(step, &d->row);
	/* The alert of an uncertain mail, if it was one. */
	alert_clear_item(step, &d->row.mailbox,
			 arena_str(step->arena, brg_cstr(id_format(&d->mail.id, id))), now_us);
}

const struct brg_fault *receipt_rule(const struct receipt *d)
{
	return d->changed ? &reported : &reported_known;
}
