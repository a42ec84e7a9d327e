/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do with mail of the outbox: send it again, settle it, take it back.
 */
#include "core/outbox-private.h"

#include "core/alert.h"
#include "core/id.h"
#include "core/recipients.h"

MAIL_FAULT(no_mail, "0016", "{record} is no mail of the outbox",
	   "{record} är inget brev i utkorgen", "`brygga outbox list` shows them.");
MAIL_FAULT(
	wrong_state, "0017", "mail {record} is {state}: that cannot be done with it",
	"brevet {record} är {state}: det går inte att göra med det",
	"resend takes failed, uncertain and canceled mail, mark-sent uncertain, recall pending.");

static RULE(was_recalled, "0054", "not sent: a person took it back while it was pending",
	    "inte skickat: en person tog tillbaka det medan det väntade",
	    "`brygga outbox resend ID` sends it nevertheless.");
static RULE(was_resent, "0055", "to be sent again: a person asked for it when it was {state}",
	    "ska skickas igen: en person bad om det när det var {state}",
	    "Recipients that have got it are not asked again.");
static RULE(was_settled, "0056", "counts as sent: a person said so when it was uncertain",
	    "räknas som skickat: en person sade det när det var ovisst",
	    "Nothing to change: by itself it would have stayed uncertain.");

const struct brg_fault *const outbox_change_faults[] = {
	&no_mail, &wrong_state, &was_recalled, &was_resent, &was_settled, NULL,
};

const char *outbox_state_name(int state)
{
	switch (state) {
	case BRG_OUT_SENT:
		return "sent";
	case BRG_OUT_CANCELED:
		return "canceled";
	case BRG_OUT_PENDING:
		return "pending";
	case BRG_OUT_SENDING:
		return "sending";
	case BRG_OUT_FAILED:
		return "failed";
	case BRG_OUT_UNCERTAIN:
		return "uncertain";
	default:
		return "unknown";
	}
}

/* May it be done, and what does it make of the mail? */
static bool allowed(struct brg_outgoing_row *o, enum outbox_action action, int64_t now_us)
{
	int was = o->state;

	switch (action) {
	case OUTBOX_RESEND:
		o->state = BRG_OUT_PENDING;
		o->attempts = 0;
		o->next_us = now_us;
		return was == BRG_OUT_FAILED || was == BRG_OUT_UNCERTAIN || was == BRG_OUT_CANCELED;
	case OUTBOX_MARK_SENT:
		o->state = BRG_OUT_SENT;
		o->sent_us = now_us;
		return was == BRG_OUT_UNCERTAIN;
	case OUTBOX_RECALL:
		o->state = BRG_OUT_CANCELED;
		return was == BRG_OUT_PENDING;
	}
	return false;
}

/* Recipients that were refused are asked again, those of a mail that was sent are done. */
static void change_recipients(struct brg_outgoing_row *o, enum outbox_action action, int64_t now_us,
			      struct brg_arena *arena)
{
	struct recipients list;

	recipients_read(o->recipients, arena, &list);
	for (size_t i = 0; i < list.n; i++) {
		struct recipient *r = &list.at[i];

		if (action == OUTBOX_RESEND && r->state == RECIPIENT_REFUSED)
			r->state = RECIPIENT_PENDING;
		if (action == OUTBOX_MARK_SENT && r->state == RECIPIENT_PENDING)
			(void)recipient_becomes(r, RECIPIENT_SENT, now_us);
	}
	o->recipients = recipients_write(&list, arena);
}

static void note_change(struct step *step, const struct brg_outgoing_row *o,
			enum outbox_action action, int was, int64_t now_us)
{
	static const struct brg_fault *const rules[] = { [OUTBOX_RESEND] = &was_resent,
							 [OUTBOX_MARK_SENT] = &was_settled,
							 [OUTBOX_RECALL] = &was_recalled };
	char params[48];

	(void)snprintf(params, sizeof(params), "state=%s", outbox_state_name(was));
	outbox_note(step, o, rules[action], now_us, params);
}

int outbox_change(struct engine *engine, const struct brg_id *record, enum outbox_action action,
		  struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OUTGOING, .id = *record };
	struct brg_arena *arena = arena_new();
	int64_t now = engine->now_us(engine);
	struct brg_outgoing_row *o;
	struct brg_row row;
	struct step step;
	char id[ID_TEXT];
	int rc = store_one(&engine->store, &q, arena, &row, err), was;

	if (rc <= 0) {
		rc = rc < 0 ? rc : brg_fail(err, &no_mail, "record=%s", id_format(record, id));
		arena_free(&arena);
		return rc;
	}
	o = &row.u.outgoing;
	was = o->state;
	if (!allowed(o, action, now)) {
		arena_free(&arena);
		return brg_fail(err, &wrong_state, "record=%s\nstate=%s", id_format(record, id),
				outbox_state_name(was));
	}
	change_recipients(o, action, now, arena);
	step_init(&step, arena);
	step_add(&step, BRG_OP_OUTGOING, o->version)->u.outgoing = *o;
	note_change(&step, o, action, was, now);
	alert_clear_item(&step, &o->mailbox, brg_cstr(id_format(record, id)), now);
	if (action == OUTBOX_RESEND)
		step_add(&step, BRG_OP_WANT, BRG_ANY)->u.want =
			(struct brg_want){ o->mailbox, BRG_OUTGOING };
	rc = store_commit(&engine->store, &step, BRG_DURABLE, NULL, err);
	arena_free(&arena);
	return rc == BRG_REFUSED ? brg_fail(err, &outbox_in_between, "%s", "") : rc;
}
