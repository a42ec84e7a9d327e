/* SPDX-License-Identifier: Apache-2.0 */
#include "core/send-private.h"

#include "core/alert.h"
#include "core/body.h"
#include "core/commit.h"
#include "core/contract.h"
#include "core/effect.h"
#include "core/id.h"
#include "core/ledger.h"
#include "core/log.h"

/* Mails in one journaled batch: few at first, more while all goes well. So many at most may
 * have to be called uncertain after a power cut; after a crash only those whose end was on its
 * way (ledger.h). */
#define BATCH_MAX LEDGER_MESSAGES
#define DAY_MS	  INT64_C(86400000)
/* What became of a mail that is neither a draft nor sent may show later. */
#define LOOK_AGAIN_US INT64_C(60000000)

static const struct brg_fault uncertain = {
	.code = "BRG-MAIL-0001",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "the server may have taken mail {record}, but its answer was lost: it is not sent "
	      "again by itself",
	.sv = "servern kan ha tagit emot brevet {record}, men svaret gick förlorat: det skickas "
	      "inte igen av sig självt",
	.help = "Ask the recipient, or look into the server's log for the Message-ID that "
		"`brygga record show` tells. Then `brygga outbox mark-sent ID` or `brygga outbox "
		"resend ID`. With uncertain = resend in [email] such mail is sent once more by itself.",
};
static const struct brg_fault refused = {
	.code = "BRG-MAIL-0002",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "mail {record} was not sent: no recipient was accepted",
	.sv = "brevet {record} skickades inte: ingen mottagare godtogs",
	.help = "`brygga record show ID` tells what the server said of each recipient. Correct "
		"the addresses and send a new mail; `brygga outbox resend ID` tries this one again.",
};
static const struct brg_fault tired = {
	.code = "BRG-MAIL-0003",
	.cls = BRG_ETIMEDOUT,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "mail {record} was not sent after {attempts} tries, last because of {cause}",
	.sv = "brevet {record} skickades inte efter {attempts} försök, senast på grund av {cause}",
	.help = "`brygga record show ID` has the server's last words, `brygga help {cause}` says "
		"more. `brygga outbox resend ID` tries it again.",
};
static const struct brg_fault hopeless = {
	.code = "BRG-MAIL-0008",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_NEVER,
	.en = "mail {record} was not sent and is not tried again, because of {cause}",
	.sv = "brevet {record} skickades inte och försöks inte igen, på grund av {cause}",
	.help = "`brygga help {cause}` says what is wrong with it: another try would end as this one. "
		"Send a mended mail; `brygga outbox resend ID` tries this one all the same.",
};

static const struct brg_fault handed_over = {
	.code = "BRG-RULE-0050",
	.scope = BRG_SCOPE_ITEM,
	.en = "sent: the server has taken it for {accepted} recipients and refused {refused}, at try "
	      "number {attempts}",
	.sv = "skickat: servern har tagit emot det för {accepted} mottagare och avvisat {refused}, "
	      "vid försök nummer {attempts}",
	.help = "Nothing to change: `brygga record show ID` tells what became of each recipient.",
};
static const struct brg_fault put_off = {
	.code = "BRG-RULE-0051",
	.scope = BRG_SCOPE_ITEM,
	.en = "not sent yet: try number {attempts} ended with {cause}",
	.sv = "inte skickat än: försök nummer {attempts} slutade med {cause}",
	.help = "It is tried again with growing pauses (send-retry and send-attempts in [email] of "
		"brygga.conf); `brygga help {cause}` says more.",
};

static const struct brg_fault was_taken = {
	.code = "BRG-RULE-0052",
	.scope = BRG_SCOPE_ITEM,
	.en = "sent: the server had taken it before the process ended that sent it",
	.sv = "skickat: servern hade tagit emot det innan processen som skickade det tog slut",
	.help = "Nothing to change: the answer had been read, and the ledger of outgoing mail kept it.",
};

const struct brg_fault *const send_faults[] = { &uncertain,   &refused, &tired,	    &hopeless,
						&handed_over, &put_off, &was_taken, NULL };

/* ---- rows -----------------------------------------------------------------------------------*/

struct brg_query send_rows(const struct visit *v, int state)
{
	return (struct brg_query){
		.size = sizeof(struct brg_query),
		.what = BRG_READ_OUTGOING,
		.mailbox = v->claimed.mailbox.id,
		.number = state,
		.now_us = INT64_MAX,
	};
}

void send_put_row(struct visit *v, struct brg_outgoing_row *row)
{
	commit_begin(v);
	step_outgoing(&v->step, row);
	row->version++;
}

/* An alert on one mail; told by its record, so that no address and no subject is needed. What the
 * server said of people is with the record. */
static void raise(struct visit *v, const struct brg_outgoing_row *row, const struct brg_fault *why,
		  const char *params)
{
	struct brg_alert_row *a;
	char id[ID_TEXT];

	commit_begin(v);
	a = alert_raise(&v->step, BRG_LOG_ERROR, BRG_ALERT_ITEM, &v->claimed.mailbox.id,
			brg_cstr(why->code), v->engine->now_us(v->engine));
	a->detail = arena_str(v->pending, brg_cstr(id_format(&row->record, id)));
	a->params = brg_cstr(arena_printf(v->pending, "record=%s%s%s", a->detail.ptr,
					  *params ? "\n" : "", params));
	a->said = arena_str(v->pending, log_hide(row->said, v->pending));
}

static void note(struct visit *v, const struct brg_outgoing_row *row, const struct brg_fault *rule,
		 const char *params)
{
	struct brg_op *op = commit_op(v, BRG_OP_DECISION, BRG_ANY);
	char id[ID_TEXT];

	op->u.decision = (struct brg_decision_row){
		.id = id_new(v->engine->now_us(v->engine)),
		.mailbox = v->claimed.mailbox.id,
		.record = row->record,
		.code = brg_cstr(rule->code),
		.params = brg_cstr(arena_printf(v->pending, "record=%s%s%s",
						id_format(&row->record, id), *params ? "\n" : "",
						params)),
	};
}

static void set_error(struct visit *v, struct brg_outgoing_row *row, const struct brg_err *err)
{
	row->code = brg_cstr(err->fault ? err->fault->code : "");
	row->params = arena_str(v->batch, brg_cstr(err->params));
	row->said = arena_str(v->batch, brg_cstr(err->said));
}

/* Why it stands where it stands; {record} is in the words of mails. */
static void set_code(struct visit *v, struct brg_outgoing_row *row, const struct brg_fault *why,
		     const char *params)
{
	char id[ID_TEXT];

	row->code = brg_cstr(why->code);
	row->params = brg_cstr(arena_printf(v->batch, "record=%s%s%s", id_format(&row->record, id),
					    *params ? "\n" : "", params));
}

/* Until the next try: it doubles with each. */
static int64_t pause_us(const struct visit *v, int32_t attempts)
{
	int64_t pause = v->engine->email->send_retry_ms;

	for (int32_t i = 1; i < attempts && pause < DAY_MS; i++)
		pause *= 2;
	return (pause < DAY_MS ? pause : DAY_MS) * 1000;
}

void send_doubt(struct visit *v, struct brg_outgoing_row *row)
{
	const struct email_settings *e = v->engine->email;
	bool resend = e->uncertain == UNCERTAIN_RESEND && row->attempts < e->attempts;

	set_code(v, row, &uncertain, "");
	note(v, row, &uncertain, "");
	row->state = resend ? BRG_OUT_PENDING : BRG_OUT_UNCERTAIN;
	row->next_us = v->engine->now_us(v->engine) + pause_us(v, row->attempts);
	if (resend)
		return;
	raise(v, row, &uncertain, "");
	v->items_failed++;
}

/* ---- what an earlier life left --------------------------------------------------------------*/

void send_was_sent(struct visit *v, struct brg_outgoing_row *row)
{
	int64_t now = v->engine->now_us(v->engine);
	struct recipients list;

	recipients_read(row->recipients, v->batch, &list);
	for (size_t i = 0; i < list.n; i++)
		if (list.at[i].state == RECIPIENT_PENDING)
			(void)recipient_becomes(&list.at[i], RECIPIENT_SENT, now);
	row->recipients = recipients_write(&list, v->batch);
	row->state = BRG_OUT_SENT;
	row->sent_us = now;
	note(v, row, &was_taken, "");
}

/* What the server had said of those that were asked. How many are left to be asked. */
static size_t recall_recipients(struct visit *v, struct brg_outgoing_row *row,
				const struct ledger_entry *e)
{
	int64_t now = v->engine->now_us(v->engine);
	struct recipients list;
	size_t k = 0;

	recipients_read(row->recipients, v->batch, &list);
	for (size_t i = 0; i < list.n && k < e->n_to; i++) {
		struct recipient *r = &list.at[i];

		if (r->state != RECIPIENT_PENDING)
			continue;
		if (!e->refused[k++]) {
			if (e->fate == BRG_FATE_SENT)
				(void)recipient_becomes(r, RECIPIENT_SENT, now);
		} else if (e->fate == BRG_FATE_UNKNOWN) {
			r->state = RECIPIENT_REFUSED;
			r->at_us = now;
		}
	}
	row->recipients = recipients_write(&list, v->batch);
	return recipients_count(&list, RECIPIENT_PENDING);
}

/* A mail that was being sent when its process ended. */
static void settle_one(struct visit *v, struct brg_outgoing_row *row, struct ledger_entry *e)
{
	int known = ledger_recall(v->engine->state, &row->mailbox, &row->record, row->attempt, e);

	row->next_us = v->engine->now_us(v->engine);
	if (known && e->fate == BRG_FATE_NOT_SENT) {
		row->state = BRG_OUT_PENDING;
		row->attempts--;
		send_put_row(v, row);
		return;
	}
	if (known && e->fate == BRG_FATE_SENT) {
		row->state = recall_recipients(v, row, e) ? BRG_OUT_PENDING : BRG_OUT_SENT;
		row->sent_us = row->next_us;
		send_put_row(v, row);
		note(v, row, &was_taken, "");
		return;
	}
	if (known)
		(void)recall_recipients(v, row, e);
	send_doubt(v, row);
	send_put_row(v, row);
}

static int settle_former(struct visit *v, struct brg_err *err)
{
	struct brg_query q = send_rows(v, BRG_OUT_SENDING);
	struct ledger_entry *entry = arena_alloc(v->batch, sizeof(*entry));
	struct brg_row *rows;
	size_t n;
	int rc;

	if (store_all(&v->engine->store, &q, v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		settle_one(v, &rows[i].u.outgoing, entry);
	rc = n ? commit_now(v, BRG_DURABLE, err) : 0;
	if (rc == 0)
		ledger_forget(v->engine->state, &v->claimed.mailbox.id);
	return rc;
}

/* Where drafts are, the server is asked what became of it. */
static int left_sending(struct visit *v, struct brg_err *err)
{
	struct brg_query q = send_rows(v, BRG_OUT_SENDING);
	struct brg_row row;

	q.limit = 1;
	return store_one(&v->engine->store, &q, v->batch, &row, err);
}

/* When the first of those that wait may go. */
static int next_due(struct visit *v, int64_t *out, struct brg_err *err)
{
	struct brg_query q = send_rows(v, BRG_OUT_PENDING);
	struct brg_row row;
	int rc = store_one(&v->engine->store, &q, v->batch, &row, err);

	*out = rc > 0 ? row.u.outgoing.next_us : INT64_MAX;
	return rc < 0 ? rc : 0;
}

/* Behind a run: what it left as being sent is looked up again soon. */
static int due_again(struct visit *v, struct brg_err *err)
{
	int64_t soon = v->engine->now_us(v->engine) + LOOK_AGAIN_US;
	int rc = next_due(v, &v->due_us, err);

	if (rc == 0 && send_has_drafts(v))
		rc = left_sending(v, err);
	if (rc > 0 && v->due_us > soon)
		v->due_us = soon;
	return rc < 0 ? rc : 0;
}

int send_due(struct visit *v, struct brg_err *err)
{
	int rc = send_has_drafts(v) ? left_sending(v, err) : settle_former(v, err);

	if (rc > 0)
		v->due_us = v->engine->now_us(v->engine);
	else if (rc == 0)
		rc = next_due(v, &v->due_us, err);
	arena_reset(v->batch);
	return rc < 0 ? rc : v->due_us <= v->engine->now_us(v->engine);
}

/* ---- a batch --------------------------------------------------------------------------------*/

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	return blob_add(arg, p, n, err);
}

/* Everything that the connector needs of one mail. */
static int load(struct visit *v, struct mail *m, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .id = m->row.record };
	struct brg_message *msg = m->message;
	size_t most = send_has_drafts(v) ? RECIPIENTS_MAX : LEDGER_RECIPIENTS;
	struct brg_row record;
	int rc = store_one(&v->engine->store, &q, v->batch, &record, err);

	if (rc <= 0)
		return rc < 0 ? rc : brg_fail(err, &refused, "record=?");
	recipients_read(m->row.recipients, v->batch, &m->recipients);
	m->asked = arena_alloc(v->batch, (m->recipients.n + 1) * sizeof(*m->asked));
	msg->sender = m->row.sender;
	for (size_t i = 0; i < m->recipients.n && msg->n_to < most; i++) {
		struct recipient *r = &m->recipients.at[i];

		if (r->state != RECIPIENT_PENDING)
			continue;
		m->asked[msg->n_to] = r;
		msg->to[msg->n_to++] = (struct brg_recipient){
			.size = sizeof(struct brg_recipient),
			.flags = brg_str_eq(r->field, brg_cstr("bcc")) ? BRG_RECIPIENT_BLIND : 0,
			.address = r->address
		};
	}
	msg->stamp = send_stamp(v, &m->row);
	msg->draft = m->row.draft;
	msg->body = blob_new(v->batch);
	return body_read(&v->engine->store, &record.u.record.body, add_piece, msg->body, err);
}

/* The mails that are due, at most n, marked as being sent. */
static int take(struct visit *v, struct mail **list, size_t *n, struct brg_err *err)
{
	struct brg_query q = send_rows(v, BRG_OUT_PENDING);
	struct brg_row *rows;

	q.now_us = v->engine->now_us(v->engine);
	q.limit = (uint32_t)*n;
	if (store_all(&v->engine->store, &q, v->batch, &rows, n, err) < 0)
		return err->code;
	ledger_turn(v->ledger);
	for (size_t i = 0; i < *n; i++) {
		struct brg_id nonce = id_new(q.now_us);

		list[i] = arena_alloc(v->batch, sizeof(*list[i]));
		list[i]->row = rows[i].u.outgoing;
		list[i]->row.state = BRG_OUT_SENDING;
		list[i]->row.attempts++;
		/* The stamp of a draft that is there holds. */
		if (!list[i]->row.draft.len) {
			memcpy(&list[i]->row.attempt, nonce.b + 8, sizeof(list[i]->row.attempt));
			list[i]->row.attempt = list[i]->row.attempt >> 1 | 1; /* signed, never 0 */
		}
		list[i]->message = send_has_drafts(v)
					   ? send_new_message(v)
					   : ledger_enter(v->ledger, i, &list[i]->row.record,
							  list[i]->row.attempt);
		send_put_row(v, &list[i]->row);
	}
	return 0;
}

/* What became of each recipient that was asked for. How many were accepted. */
static size_t settle_recipients(struct visit *v, struct mail *m, bool sent)
{
	int64_t now = v->engine->now_us(v->engine);
	size_t accepted = 0;

	for (size_t i = 0; i < m->message->n_to; i++) {
		const struct brg_err *why = m->message->to[i].err;
		struct recipient *r = m->asked[i];

		if (why) {
			r->said = arena_str(v->batch, brg_cstr(why->said));
			if (why->retry == BRG_RETRY_NEVER)
				r->state = RECIPIENT_REFUSED;
		} else if (sent) {
			r->state = RECIPIENT_SENT;
			r->said = (struct brg_str){ "", 0 };
			accepted++;
		}
		if (r->state != RECIPIENT_PENDING)
			r->at_us = now;
	}
	return accepted;
}

/* Another try later, or never. */
static void try_again(struct visit *v, struct mail *m, const struct brg_err *why)
{
	const struct email_settings *e = v->engine->email;
	const struct brg_fault *end = why->retry == BRG_RETRY_NEVER ? &hopeless : &tired;
	int64_t pause = pause_us(v, m->row.attempts);
	char params[96];

	set_error(v, &m->row, why);
	if (why->retry == BRG_RETRY_NEVER)
		m->row.draft = (struct brg_str){ "", 0 };
	if (why->retry_after_ms > (uint64_t)pause / 1000)
		pause = (int64_t)(why->retry_after_ms < DAY_MS ? why->retry_after_ms : DAY_MS) *
			1000;
	m->row.state = BRG_OUT_PENDING;
	m->row.next_us = v->engine->now_us(v->engine) + pause;
	(void)snprintf(params, sizeof(params), "attempts=%d\ncause=%s", (int)m->row.attempts,
		       why->fault ? why->fault->code : "none");
	if (m->row.attempts < e->attempts && why->retry != BRG_RETRY_NEVER) {
		note(v, &m->row, &put_off, params);
		return;
	}
	m->row.state = BRG_OUT_FAILED;
	note(v, &m->row, end, params);
	raise(v, &m->row, end, params);
	v->items_failed++;
}

/* The server has answered for this one. */
static void settle_answered(struct visit *v, struct mail *m)
{
	bool sent = m->message->fate == BRG_FATE_SENT;
	size_t accepted = settle_recipients(v, m, sent);
	const struct brg_err *why = m->message->err;
	size_t once = recipients_count(&m->recipients, RECIPIENT_SENT);
	char params[96];

	if (accepted && !m->row.sent_us)
		m->row.sent_us = v->engine->now_us(v->engine);
	for (size_t i = 0; i < m->message->n_to && !why; i++)
		if (m->message->to[i].err && m->message->to[i].err->retry != BRG_RETRY_NEVER)
			why = m->message->to[i].err;
	if (why && recipients_count(&m->recipients, RECIPIENT_PENDING)) {
		try_again(v, m, why);
		return;
	}
	m->row.code = m->row.params = (struct brg_str){ "", 0 };
	/* There are more than can be asked at once. */
	if (recipients_count(&m->recipients, RECIPIENT_PENDING)) {
		m->row.state = BRG_OUT_PENDING;
		m->row.attempts--;
		return;
	}
	m->row.said = arena_str(v->batch, m->message->said);
	m->row.state = once ? BRG_OUT_SENT : BRG_OUT_FAILED;
	(void)snprintf(params, sizeof(params), "accepted=%zu\nrefused=%zu\nattempts=%d", once,
		       recipients_count(&m->recipients, RECIPIENT_REFUSED), (int)m->row.attempts);
	note(v, &m->row, once ? &handed_over : &refused, params);
	if (!once) {
		set_code(v, &m->row, &refused, "");
		raise(v, &m->row, &refused, "");
		v->items_failed++;
	}
}

/* The fate of each is written. */
static void settle(struct visit *v, struct mail **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mail *m = list[i];

		/* It stays as it is, and is looked up. */
		if (m->message->fate == BRG_FATE_UNKNOWN && send_has_drafts(v))
			continue;
		if (m->message->fate == BRG_FATE_UNKNOWN) {
			(void)settle_recipients(v, m, false);
			send_doubt(v, &m->row);
		} else if (m->message->fate == BRG_FATE_SENT || m->message->err) {
			settle_answered(v, m);
		} else {
			/* Not reached: as if it had not been taken. */
			m->row.state = BRG_OUT_PENDING;
			m->row.attempts--;
		}
		if (m->recipients.n)
			m->row.recipients = recipients_write(&m->recipients, v->batch);
		send_put_row(v, &m->row);
		v->items++;
		v->stored += m->row.state == BRG_OUT_SENT;
	}
}

int send_failed_alone(struct visit *v, struct mail *m, struct brg_err *err)
{
	struct brg_err *why = arena_alloc(v->batch, sizeof(*why));

	*why = *err;
	m->message->err = why;
	*err = (struct brg_err)BRG_ERR_INIT;
	return 0;
}

/* One batch: journal, hand over, and leave what came of it in the step under construction, so that
 * the next batch's intent is committed with it. */
static int send_batch(struct visit *v, size_t *n, struct brg_err *err)
{
	struct mail *list[BATCH_MAX];
	struct brg_message *messages[BATCH_MAX];
	size_t ready = 0;
	int rc = take(v, list, n, err);

	if (rc == 0)
		rc = commit_now(v, BRG_DURABLE, err);
	if (rc < 0 || *n == 0)
		return rc;
	for (size_t i = 0; i < *n && rc == 0; i++) {
		rc = load(v, list[i], err);
		if (rc < 0 && err->scope == BRG_SCOPE_ITEM)
			rc = send_failed_alone(v, list[i], err);
	}
	if (rc == 0 && send_has_drafts(v))
		rc = send_prepare(v, list, *n, err);
	for (size_t i = 0; i < *n; i++)
		if (!list[i]->message->err)
			messages[ready++] = list[i]->message;
	if (rc == 0 && ready) {
		effect_point("send");
		rc = contract_answer(
			v, v->plugin->connector->send(v->session, messages, ready, v->batch, err),
			"send", err);
		effect_point("sent");
		for (size_t i = 0; i < ready; i++)
			contract_message(v, messages[i]);
	}
	settle(v, list, *n);
	return rc;
}

int send_run(struct visit *v, struct brg_err *err)
{
	size_t batch = 1, n;
	struct brg_err late = BRG_ERR_INIT;
	int rc = 0, end;

	if (!BRG_HAS(v->plugin->connector, brg_connector, send))
		return contract_broken(v, "send", err);
	if (send_has_drafts(v) && send_recall(v, err) < 0)
		return err->code;
	v->ledger = ledger_open(v->engine->state, &v->claimed.mailbox.id, err);
	if (!v->ledger)
		return err->code;
	do {
		n = batch;
		rc = send_batch(v, &n, err);
		arena_reset(v->batch);
		batch = batch * 2 < BATCH_MAX ? batch * 2 : BATCH_MAX;
		v->backlog = rc == 0 && n && visit_time_is_up(v);
	} while (rc == 0 && n && !v->backlog);
	end = commit_now(v, BRG_DURABLE, &late);
	/* If it could not be committed the ledger is all that is known. */
	if (end == 0)
		ledger_close(&v->ledger, true);
	if (rc == 0 && end < 0) {
		*err = late;
		rc = end;
	}
	if (rc == 0 && BRG_HAS(v->plugin->connector, brg_connector, finish))
		(void)contract_answer(v, v->plugin->connector->finish(v->session, &late), "finish",
				      &late);
	if (rc == 0)
		rc = due_again(v, err);
	arena_reset(v->batch);
	return rc;
}
