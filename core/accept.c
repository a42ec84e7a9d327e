/* SPDX-License-Identifier: Apache-2.0
 *
 * The order: what a person asked for; what we sent; the blocklist; who asked to be forgotten;
 * mail for nobody of ours; then the rule of the mailbox's owner and (if all rules count) that of
 * every other recipient, until one takes it. Mail between users of ours comes last, because it
 * is only in the way where a rule would have taken it.
 *
 * Whose mailbox has the mail is known without any address, so blind copies, lists and aliases
 * that nobody has written down are judged by the owner's rule like all other mail. (In the
 * model only accept = all takes them, which users complain of.)
 */
#include "core/accept.h"

#include "core/faults.h"
#include "core/filter.h"

#define SET_ACCEPT                                                                          \
	"Set accept in the section of the user or queue, or of the mailbox: all, replies, " \
	"contacts, records, senders or none. `brygga track` takes one mail past the rules."

#define NO_ADDRESS "An address of the list is shown as (address), for no decision keeps one."

static RULE(
	all, "0001", "taken: the mailbox takes all mail (accept = all) [{reason}]",
	"tagen: brevlådan tar all post (accept = all) [{reason}]",
	"Set accept = replies, contacts, records, senders or none in the section of the mailbox, or "
	"of its user or queue.");
static RULE(
	listed, "0003",
	"taken: the sender matches {entry}, number {number} of the {entries} in the list (accept = "
	"senders) [{reason}]",
	"tagen: avsändaren motsvarar {entry}, nummer {number} av de {entries} i listan (accept = "
	"senders) [{reason}]",
	"Take number {number} out of senders in the section of the mailbox, or of its user or "
	"queue. " NO_ADDRESS);
static RULE(
	not_listed, "0004",
	"not taken: the sender is none of the {entries} in the list (accept = senders): {list} "
	"[{reason}]",
	"inte tagen: avsändaren är ingen av de {entries} i listan (accept = senders): {list} "
	"[{reason}]",
	"Add the sender's address or domain to senders in the section of the mailbox, or of its user "
	"or queue, or set accept = all. Who the sender was is not kept of mail that is not taken. " NO_ADDRESS);
static RULE(by_hand, "0020", "taken: a person asked for it [{reason}]",
	    "tagen: en person bad om det [{reason}]",
	    "Nothing to change; `brygga untrack` undoes it.");
static RULE(reply, "0021",
	    "taken: it answers a mail that is in the store (accept = replies) [{reason}]",
	    "tagen: den besvarar ett brev som finns i lagret (accept = replies) [{reason}]",
	    SET_ACCEPT);
static RULE(no_reply, "0022",
	    "not taken: it answers no mail of the store (accept = replies) [{reason}]",
	    "inte tagen: den besvarar inget brev i lagret (accept = replies) [{reason}]",
	    SET_ACCEPT);
static RULE(
	automatic_reply, "0023",
	"not taken: it was sent automatically, and such mail is no answer (accept = replies) "
	"[{reason}]",
	"inte tagen: den skickades automatiskt, och sådan post är inget svar (accept = replies) "
	"[{reason}]",
	"So that no loop arises, reports, automatic answers and bulk mail never count as answers; "
	"another value of accept takes them like other mail.");
static RULE(
	contact, "0024",
	"taken: the sender is a contact, lead or account (accept = contacts) [{reason}]",
	"tagen: avsändaren är en kontakt, ett lead eller ett konto (accept = contacts) [{reason}]",
	SET_ACCEPT);
static RULE(
	no_contact, "0025",
	"not taken: the sender is no contact, lead or account (accept = contacts) [{reason}]",
	"inte tagen: avsändaren är ingen kontakt, inget lead och inget konto (accept = contacts) "
	"[{reason}]",
	"Add the sender's address to a [contact], [lead] or [account], or set accept to another "
	"value. With several-matches = none in [email] of brygga.conf an address that several have "
	"is nobody's. Who the sender was is not kept of mail that is not taken.");
static RULE(known, "0026",
	    "taken: the directory has the sender's address (accept = records) [{reason}]",
	    "tagen: katalogen har avsändarens adress (accept = records) [{reason}]", SET_ACCEPT);
static RULE(
	not_known, "0027",
	"not taken: nothing in the directory has the sender's address (accept = records) [{reason}]",
	"inte tagen: inget i katalogen har avsändarens adress (accept = records) [{reason}]",
	"Add the address to a [contact], [account] or [reference], or set accept to another value. "
	"With several-matches = none in [email] of brygga.conf an address that several have is "
	"nobody's. Who the sender was is not kept of mail that is not taken.");
static RULE(
	blocked, "0028",
	"not taken: the sender matches {entry}, number {number} of the {entries} in block [{reason}]",
	"inte tagen: avsändaren motsvarar {entry}, nummer {number} av de {entries} i block [{reason}]",
	"Take number {number} out of block in [email] of brygga.conf. " NO_ADDRESS);
static RULE(
	no_recipient, "0029", "not taken: no recipient is a user or queue [{reason}]",
	"inte tagen: ingen mottagare är en användare eller kö [{reason}]",
	"Add the address to the aliases of the user or queue. With several-matches = none in [email] "
	"of brygga.conf an address that several have is nobody's.");
static RULE(
	internal, "0030",
	"not taken: it is from one user to another, and the sender's own record of it is in the "
	"store (internal-mail = once) [{reason}]",
	"inte tagen: den är från en användare till en annan, och avsändarens egen post finns i "
	"lagret (internal-mail = once) [{reason}]",
	"Set internal-mail = twice in [email] of brygga.conf.");
static RULE(no_sender, "0031",
	    "not taken: the message has no sender that could be answered [{reason}]",
	    "inte tagen: meddelandet har ingen avsändare som kan besvaras [{reason}]",
	    "Only accept = all takes such mail.");
static RULE(
	others_rule, "0032",
	"taken: by the rule of another recipient (accept-rules = all, accept = {accept}) [{reason}]",
	"tagen: enligt en annan mottagares regel (accept-rules = all, accept = {accept}) [{reason}]",
	"Set accept-rules = own in [email] of brygga.conf, or accept of that recipient.");
static RULE(own, "0033", "not taken: the store has sent it itself [{reason}]",
	    "inte tagen: lagret har skickat den självt [{reason}]",
	    "Nothing to change: it is in the store already.");

static RULE(shunned, "0034",
	    "not taken: the sender is on the list of those who are forgotten [{reason}]",
	    "inte tagen: avsändaren finns på listan över dem som är glömda [{reason}]",
	    "`brygga person allow ADDRESS` takes their mail again; `brygga track` takes one mail.");

const struct brg_fault *const accept_faults[] = {
	&all,
	&listed,
	&not_listed,
	&by_hand,
	&reply,
	&no_reply,
	&automatic_reply,
	&contact,
	&no_contact,
	&known,
	&not_known,
	&blocked,
	&no_recipient,
	&internal,
	&no_sender,
	&others_rule,
	&own,
	&shunned,
	NULL,
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

/* ---- saying why -----------------------------------------------------------------------------*/

#define LIST_SHOWN 150 /* bytes of a list, or of an entry */

static unsigned words(const char *list)
{
	unsigned n = *list ? 1 : 0;

	for (; *list; list++)
		n += *list == ' ';
	return n;
}

/* An entry as it may be kept: a domain, never an address. */
static struct brg_str shown(struct brg_str entry)
{
	size_t n = entry.len;

	if (memchr(entry.ptr, '@', n))
		return brg_cstr("(address)");
	if (n > LIST_SHOWN)
		for (n = LIST_SHOWN; n && (entry.ptr[n] & 0xC0) == 0x80;)
			n--;
	return (struct brg_str){ entry.ptr, n };
}

/* As much of the list as there is room for, in whole entries. */
static void put_list(const char *list, char *out, size_t size)
{
	struct brg_str rest = brg_cstr(list), word;
	char text[LIST_SHOWN + 8] = "";
	size_t n = 0;

	while (mailbox_next_word(&rest, &word)) {
		word = shown(word);
		if (n + 1 + word.len > LIST_SHOWN) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, " ...");
			break;
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", n ? " " : "",
				      (int)word.len, word.ptr);
	}
	(void)snprintf(out, size, "reason=%s\nentries=%u\nlist=%s",
		       accept_reason_name(REASON_UNKNOWN), words(list), text);
}

static void say(struct accept_out *out, bool take, int reason, const struct brg_fault *rule)
{
	out->take = take;
	out->reason = reason;
	out->rule = rule;
	(void)snprintf(out->params, sizeof(out->params), "reason=%s", accept_reason_name(reason));
}

/* The same, with an entry of a list of our own: its number there, and what it is. */
static void say_entry(struct accept_out *out, bool take, int reason, const struct brg_fault *rule,
		      const char *list, struct brg_str entry)
{
	struct brg_str text = shown(entry), rest = brg_cstr(list), word;
	unsigned number = 0;

	while (mailbox_next_word(&rest, &word)) {
		number++;
		if (word.ptr == entry.ptr)
			break;
	}
	out->take = take;
	out->reason = reason;
	out->rule = rule;
	(void)snprintf(out->params, sizeof(out->params),
		       "reason=%s\nentries=%u\nnumber=%u\nentry=%.*s", accept_reason_name(reason),
		       words(list), number, (int)text.len, text.ptr);
}

/* ---- who is who -----------------------------------------------------------------------------*/

static bool is_recipient(const struct party *p)
{
	return p->role >= PARTY_TO && p->role <= PARTY_DELIVERED;
}

/* Somebody of ours, unless the address is several's and then nobody's. */
static bool stands(const struct accept_rules *rules, const struct party *p)
{
	return p->type && (!p->several || rules->several_resolved);
}

static struct brg_str address_of(const struct accept_in *in, int role)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->parties[i].role == role)
			return in->parties[i].address;
	return (struct brg_str){ "", 0 };
}

/* Who is at the other end. */
static bool is_other_end(const struct accept_in *in, const struct party *p)
{
	return in->sent ? is_recipient(p) : p->role == PARTY_FROM;
}

/* local@domain without blanks: somebody who could be answered. A quoted local part may have
 * any letter (RFC 5321 section 4.1.2). */
static bool has_sender(const struct accept_in *in)
{
	struct brg_str s = address_of(in, PARTY_FROM);
	const char *end = s.ptr + s.len, *at = s.len ? memrchr(s.ptr, '@', s.len) : NULL;
	const char *p = s.ptr;

	if (!at || at == p || at + 1 == end)
		return false;
	if (*p == '"' && at - p > 2 && at[-1] == '"')
		p = at;
	while (p < end && (unsigned char)*p > ' ')
		p++;
	return p == end;
}

/* From, and Sender where somebody else sent it. */
static bool is_blocked(const struct accept_rules *rules, const struct accept_in *in,
		       struct brg_str *entry)
{
	return rules->blocked &&
	       (mailbox_sender(rules->blocked, address_of(in, PARTY_FROM), entry) ||
		mailbox_sender(rules->blocked, address_of(in, PARTY_SENDER), entry));
}

static bool is_customer(const struct party *p)
{
	return p->type == BRG_PARTY_REFERENCE &&
	       (brg_str_eq(p->kind, brg_cstr("contact")) || brg_str_eq(p->kind, brg_cstr("lead")) ||
		brg_str_eq(p->kind, brg_cstr("account")));
}

static bool sender_is_known(const struct accept_rules *rules, const struct accept_in *in,
			    bool customers_only)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct party *p = &in->parties[i];

		if (is_other_end(in, p) && stands(rules, p) && (!customers_only || is_customer(p)))
			return true;
	}
	return false;
}

/* A user or queue of ours. The reader is one whatever others have his address. */
static bool has_recipient(const struct accept_rules *rules, const struct accept_in *in)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct party *p = &in->parties[i];

		if (!is_recipient(p) || (p->type != BRG_PARTY_USER && p->type != BRG_PARTY_QUEUE))
			continue;
		if (stands(rules, p) || brg_id_eq(&p->id, &in->owner))
			return true;
	}
	return false;
}

/* ---- rules ----------------------------------------------------------------------------------*/

static void by_senders(const struct accept_in *in, const char *senders, struct accept_out *out)
{
	struct brg_str entry;

	senders = senders ? senders : "";
	for (size_t i = 0; i < in->n; i++)
		if (is_other_end(in, &in->parties[i]) &&
		    mailbox_sender(senders, in->parties[i].address, &entry)) {
			say_entry(out, true, REASON_SENDER, &listed, senders, entry);
			return;
		}
	say(out, false, REASON_UNKNOWN, &not_listed);
	put_list(senders, out->params, sizeof(out->params));
}

static void by_answer(const struct accept_in *in, struct accept_out *out)
{
	if (in->automatic)
		say(out, false, REASON_NO_CORRELATION, &automatic_reply);
	else if (in->correlated)
		say(out, true, REASON_CORRELATION, &reply);
	else
		say(out, false, REASON_NO_CORRELATION, &no_reply);
}

/* One rule. */
static void by_rule(const struct accept_rules *rules, const struct accept_in *in, int accept,
		    const char *senders, struct accept_out *out)
{
	if (accept == ACCEPT_ALL) {
		say(out, true, REASON_ALL, &all);
		return;
	}
	if (accept != ACCEPT_NONE && !has_sender(in)) {
		say(out, false, REASON_INVALID_SENDER, &no_sender);
		return;
	}
	switch (accept) {
	case ACCEPT_SENDERS:
		by_senders(in, senders, out);
		break;
	case ACCEPT_REPLIES:
		by_answer(in, out);
		break;
	case ACCEPT_CONTACTS:
		if (sender_is_known(rules, in, true))
			say(out, true, REASON_SENDER, &contact);
		else
			say(out, false, REASON_UNKNOWN, &no_contact);
		break;
	case ACCEPT_RECORDS:
		if (sender_is_known(rules, in, false))
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
static void by_others(const struct accept_rules *rules, const struct accept_in *in,
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
			return;
		}
	}
}

/* From a user, for a user, and the sender's own record is here: one mail is one record. Who
 * else got it, outside, changes nothing about that; a queue's item is wanted nevertheless. */
static bool is_internal(const struct accept_rules *rules, const struct accept_in *in)
{
	bool from_user = false;

	if (rules->internal_twice || !in->have_sent_copy || in->owner_type == BRG_QUEUE)
		return false;
	for (size_t i = 0; i < in->n; i++) {
		const struct party *p = &in->parties[i];

		if (!stands(rules, p))
			continue;
		if (p->role == PARTY_FROM && p->type == BRG_PARTY_USER)
			from_user = true;
		if (is_recipient(p) && p->type == BRG_PARTY_QUEUE)
			return false;
	}
	return from_user;
}

void accept_decide(const struct accept_rules *rules, const struct accept_in *in,
		   struct accept_out *out)
{
	const struct accept_out nobody = { .accepting = in->owner,
					   .accepting_type = in->owner_type };
	struct brg_str entry;

	*out = nobody;
	if (in->by_hand) {
		say(out, true, REASON_ALL, &by_hand);
	} else if (in->own_message_id) {
		say(out, false, REASON_DUPLICATE, &own);
	} else if (is_blocked(rules, in, &entry)) {
		say_entry(out, false, REASON_UNKNOWN, &blocked, rules->blocked, entry);
	} else if (in->shunned) {
		say(out, false, REASON_UNKNOWN, &shunned);
	} else if (in->accept != ACCEPT_ALL && in->accept != ACCEPT_NONE && !in->sent &&
		   !has_recipient(rules, in)) {
		say(out, false, REASON_NO_RECIPIENT, &no_recipient);
	} else {
		by_rule(rules, in, in->accept, in->senders, out);
		if (!out->take && rules->all_rules)
			by_others(rules, in, out);
		if (out->take && is_internal(rules, in)) {
			*out = nobody;
			say(out, false, REASON_INTERNAL, &internal);
		}
	}
}

bool accept_needs_correlation(const struct accept_rules *rules, const struct accept_in *in)
{
	struct accept_in answer = *in, other = *in;
	struct accept_out one, two;

	answer.correlated = true;
	other.correlated = false;
	accept_decide(rules, &answer, &one);
	accept_decide(rules, &other, &two);
	return one.take != two.take || one.rule != two.rule;
}
