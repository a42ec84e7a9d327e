/* SPDX-License-Identifier: Apache-2.0
 *
 * The order: what a person asked for; what we sent; mail that nobody can have sent; the
 * blocklist; then, for the mailbox's owner and (if all rules count) for every other
 * recipient, that one's own rule. Mail between users of ours comes last, because it is only
 * in the way where a rule would have taken it.
 */
#include "core/accept.h"

#include "core/filter.h"

#define RULE(ident, number, english, swedish, change)                       \
	static const struct brg_fault ident = { .code = "BRG-RULE-" number, \
						.scope = BRG_SCOPE_ITEM,    \
						.en = english,              \
						.sv = swedish,              \
						.help = change }

#define SET_ACCEPT                                                                          \
	"Set accept in the section of the user or queue, or of the mailbox: all, replies, " \
	"contacts, records, senders or none. `brygga track` takes one mail past the rules."

RULE(by_hand, "0020", "taken: a person asked for it", "tagen: en person bad om det",
     "Nothing to change; `brygga untrack` undoes it.");
RULE(reply, "0021", "taken: it answers a mail that is in the store (accept = replies) [{reason}]",
     "tagen: den besvarar ett brev som finns i lagret (accept = replies) [{reason}]", SET_ACCEPT);
RULE(no_reply, "0022", "not taken: it answers no mail of the store (accept = replies) [{reason}]",
     "inte tagen: den besvarar inget brev i lagret (accept = replies) [{reason}]", SET_ACCEPT);
RULE(automatic_reply, "0023",
     "not taken: an automatic answer is no answer (accept = replies) [{reason}]",
     "inte tagen: ett automatiskt svar är inget svar (accept = replies) [{reason}]",
     "So that no loop arises, reports and automatic answers never count as answers; accept = all "
     "takes them.");
RULE(contact, "0024",
     "taken: the sender is a contact, lead or account (accept = contacts) [{reason}]",
     "tagen: avsändaren är en kontakt, ett lead eller ett konto (accept = contacts) [{reason}]",
     SET_ACCEPT);
RULE(no_contact, "0025",
     "not taken: the sender is no contact, lead or account (accept = contacts) [{reason}]",
     "inte tagen: avsändaren är ingen kontakt, inget lead och inget konto (accept = contacts) "
     "[{reason}]",
     "Add the sender's address to a [contact], [lead] or [account], or set accept to another "
     "value. Who the sender was is not kept of mail that is not taken.");
RULE(known, "0026", "taken: the directory has the sender's address (accept = records) [{reason}]",
     "tagen: katalogen har avsändarens adress (accept = records) [{reason}]", SET_ACCEPT);
RULE(not_known, "0027",
     "not taken: nothing in the directory has the sender's address (accept = records) [{reason}]",
     "inte tagen: inget i katalogen har avsändarens adress (accept = records) [{reason}]",
     "Add the address to a [contact], [account] or [reference], or set accept to another value. "
     "Who the sender was is not kept of mail that is not taken.");
RULE(blocked, "0028", "not taken: the sender matches {entry} in block [{reason}]",
     "inte tagen: avsändaren motsvarar {entry} i block [{reason}]",
     "Take {entry} out of block in [email] of brygga.conf.");
RULE(no_recipient, "0029", "not taken: no recipient is a user or queue that takes it [{reason}]",
     "inte tagen: ingen mottagare är en användare eller kö som tar den [{reason}]",
     "Add the address to the aliases of the user or queue. With accept-rules = own only the "
     "rule of the mailbox's owner counts.");
RULE(internal, "0030",
     "not taken: it is from one user to another, and the sender's own record of it is in the "
     "store (internal-mail = once) [{reason}]",
     "inte tagen: den är från en användare till en annan, och avsändarens egen post finns i "
     "lagret (internal-mail = once) [{reason}]",
     "Set internal-mail = twice in [email] of brygga.conf.");
RULE(no_sender, "0031", "not taken: the message has no sender that could be answered [{reason}]",
     "inte tagen: meddelandet har ingen avsändare som kan besvaras [{reason}]",
     "Only accept = all takes such mail.");
RULE(others_rule, "0032",
     "taken: by the rule of another recipient (accept-rules = all, accept = {accept}) [{reason}]",
     "tagen: enligt en annan mottagares regel (accept-rules = all, accept = {accept}) [{reason}]",
     "Set accept-rules = own in [email] of brygga.conf, or accept of that recipient.");
RULE(own, "0033", "not taken: the store has sent it itself [{reason}]",
     "inte tagen: lagret har skickat den självt [{reason}]",
     "Nothing to change: it is in the store already.");

RULE(shunned, "0034", "not taken: the sender is on the list of those who are forgotten [{reason}]",
     "inte tagen: avsändaren finns på listan över dem som är glömda [{reason}]",
     "`brygga person allow ADDRESS` takes their mail again; `brygga track` takes one mail.");

const struct brg_fault *const accept_faults[] = {
	&by_hand,   &reply,   &no_reply,     &automatic_reply, &contact,   &no_contact,	 &known,
	&not_known, &blocked, &no_recipient, &internal,	       &no_sender, &others_rule, &own,
	&shunned,   NULL,
};

const char *accept_reason_name(int reason)
{
	static const char *const names[] = { "Duplicate",	    "NoCorrelationMatch",
					     "CorrelationMatch",    "NoRecipientMatch",
					     "InternalEmailReject", "SenderMatch",
					     "AcceptAll",	    "InvalidSender" };

	return reason >= 0 && reason <= REASON_INVALID_SENDER ? names[reason] : "Unknown";
}

static const char *accept_name(int accept)
{
	static const char *const names[] = { "all",	 "none",    "senders", "replies",
					     "contacts", "records", "usual" };

	return accept >= 0 && accept <= ACCEPT_USUAL ? names[accept] : "usual";
}

static void say(struct accept_out *out, bool take, int reason, const struct brg_fault *rule)
{
	out->take = take;
	out->reason = reason;
	out->rule = rule;
	(void)snprintf(out->params, sizeof(out->params), "reason=%s", accept_reason_name(reason));
}

static bool is_recipient(const struct party *p)
{
	return p->role >= PARTY_TO && p->role <= PARTY_DELIVERED;
}

/* Somebody of ours, unless the address is several's and then nobody's. */
static bool stands(const struct accept_rules *rules, const struct party *p)
{
	return p->type && (!p->several || rules->several_resolved);
}

static struct brg_str sender_address(const struct accept_in *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->parties[i].role == PARTY_FROM)
			return in->parties[i].address;
	return (struct brg_str){ "", 0 };
}

/* local@domain with something on both sides. */
static bool is_address(struct brg_str s)
{
	const char *at = s.len ? memrchr(s.ptr, '@', s.len) : NULL;

	return at && at > s.ptr && at + 1 < s.ptr + s.len;
}

static bool sender_is(const struct accept_rules *rules, const struct accept_in *in,
		      bool contacts_only)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct party *p = &in->parties[i];

		if (p->role != PARTY_FROM || !stands(rules, p))
			continue;
		if (!contacts_only)
			return true;
		if (p->type == BRG_PARTY_REFERENCE && (brg_str_eq(p->kind, brg_cstr("contact")) ||
						       brg_str_eq(p->kind, brg_cstr("lead")) ||
						       brg_str_eq(p->kind, brg_cstr("account"))))
			return true;
	}
	return false;
}

static unsigned words(const char *list)
{
	unsigned n = *list ? 1 : 0;

	for (; *list; list++)
		n += *list == ' ';
	return n;
}

/* The listed senders, in the words that this rule has had from the start. */
static void by_senders(const struct accept_in *in, const char *senders, struct accept_out *out)
{
	struct brg_str from = sender_address(in), entry;

	senders = senders ? senders : "";
	if (from.len && mailbox_sender(senders, from, &entry)) {
		out->take = true;
		out->reason = REASON_SENDER;
		out->rule = &rule_sender;
		(void)snprintf(out->params, sizeof(out->params),
			       "entries=%u\nentry=%.*s\nreason=%s", words(senders),
			       (int)(entry.len < 150 ? entry.len : 150), entry.ptr,
			       accept_reason_name(REASON_SENDER));
		return;
	}
	out->take = false;
	out->reason = REASON_UNKNOWN;
	out->rule = &rule_no_sender;
	filter_put_list(senders, out->params, sizeof(out->params));
}

/* One rule. */
static void by_rule(const struct accept_rules *rules, const struct accept_in *in, int accept,
		    const char *senders, struct accept_out *out)
{
	switch (accept) {
	case ACCEPT_ALL:
		say(out, true, REASON_ALL, &rule_all);
		break;
	case ACCEPT_SENDERS:
		by_senders(in, senders, out);
		break;
	case ACCEPT_REPLIES:
		if (in->correlated && in->automatic)
			say(out, false, REASON_NO_CORRELATION, &automatic_reply);
		else if (in->correlated)
			say(out, true, REASON_CORRELATION, &reply);
		else
			say(out, false, REASON_NO_CORRELATION, &no_reply);
		break;
	case ACCEPT_CONTACTS:
		if (sender_is(rules, in, true))
			say(out, true, REASON_SENDER, &contact);
		else
			say(out, false, REASON_UNKNOWN, &no_contact);
		break;
	case ACCEPT_RECORDS:
		if (sender_is(rules, in, false))
			say(out, true, REASON_SENDER, &known);
		else
			say(out, false, REASON_UNKNOWN, &not_known);
		break;
	default:
		say(out, false, REASON_UNKNOWN, &rule_none);
		break;
	}
}

/* The other recipients' rules, queues before users, in the order of the fields. */
static bool by_others(const struct accept_rules *rules, const struct accept_in *in,
		      struct accept_out *out)
{
	static const int order[] = { BRG_PARTY_QUEUE, BRG_PARTY_USER };

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < in->n; i++) {
			const struct party *p = &in->parties[i];
			struct accept_out one = { 0 };

			if (!is_recipient(p) || p->type != order[k] || !stands(rules, p) ||
			    brg_id_eq(&p->id, &in->owner))
				continue;
			by_rule(rules, in, p->accept, p->senders, &one);
			if (!one.take)
				continue;
			*out = one;
			out->rule = &others_rule;
			out->accepting = p->id;
			out->accepting_type = p->type;
			(void)snprintf(out->params, sizeof(out->params), "accept=%s\nreason=%s",
				       accept_name(p->accept), accept_reason_name(one.reason));
			return true;
		}
	}
	return false;
}

/* From a user, to users only, and the sender's own record is here. */
static bool is_internal(const struct accept_rules *rules, const struct accept_in *in)
{
	bool from_user = false;

	if (rules->internal_twice || !in->have_sent_copy || in->owner_type == BRG_QUEUE)
		return false;
	for (size_t i = 0; i < in->n; i++) {
		const struct party *p = &in->parties[i];

		if (p->role == PARTY_FROM && p->type == BRG_PARTY_USER)
			from_user = true;
		if (is_recipient(p) && p->type == BRG_PARTY_QUEUE)
			return false;
	}
	return from_user;
}

static bool has_recipient(const struct accept_rules *rules, const struct accept_in *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (is_recipient(&in->parties[i]) && stands(rules, &in->parties[i]) &&
		    in->parties[i].type != BRG_PARTY_REFERENCE)
			return true;
	return false;
}

void accept_decide(const struct accept_rules *rules, const struct accept_in *in,
		   struct accept_out *out)
{
	struct brg_str from = sender_address(in), entry;

	*out = (struct accept_out){ .accepting = in->owner, .accepting_type = in->owner_type };
	if (in->by_hand) {
		say(out, true, REASON_ALL, &by_hand);
		return;
	}
	if (in->own_message_id) {
		say(out, false, REASON_DUPLICATE, &own);
		return;
	}
	if (from.len && rules->blocked && mailbox_sender(rules->blocked, from, &entry)) {
		say(out, false, REASON_UNKNOWN, &blocked);
		(void)snprintf(out->params, sizeof(out->params), "entry=%.*s\nreason=%s",
			       (int)(entry.len < 150 ? entry.len : 150), entry.ptr,
			       accept_reason_name(REASON_UNKNOWN));
		return;
	}
	if (in->shunned) {
		say(out, false, REASON_UNKNOWN, &shunned);
		return;
	}
	if (!is_address(from) && in->accept != ACCEPT_ALL && in->accept != ACCEPT_NONE) {
		say(out, false, REASON_INVALID_SENDER, &no_sender);
		return;
	}
	if (!has_recipient(rules, in) && in->accept != ACCEPT_ALL) {
		say(out, false, REASON_NO_RECIPIENT, &no_recipient);
		return;
	}
	by_rule(rules, in, in->accept, in->senders, out);
	if (!out->take && rules->all_rules && is_address(from))
		(void)by_others(rules, in, out);
	if (out->take && is_internal(rules, in))
		say(out, false, REASON_INTERNAL, &internal);
}

bool accept_needs_correlation(const struct accept_rules *rules, const struct accept_in *in)
{
	if (in->by_hand || in->own_message_id)
		return false;
	if (in->accept == ACCEPT_REPLIES)
		return true;
	for (size_t i = 0; rules->all_rules && i < in->n; i++)
		if (is_recipient(&in->parties[i]) && in->parties[i].type &&
		    in->parties[i].accept == ACCEPT_REPLIES)
			return true;
	return false;
}
