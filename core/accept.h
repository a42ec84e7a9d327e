/* SPDX-License-Identifier: Apache-2.0
 *
 * For whom is this mail, and do they want it? Pure: everything that has to be looked up is
 * looked up before, so every rule can be tested in a table. The model is the acceptance of
 * Dynamics 365 server-side synchronization; where we differ it is said beside the rule.
 */
#ifndef BRG_CORE_ACCEPT_H
#define BRG_CORE_ACCEPT_H

#include "core/mailbox.h"
#include "core/mime.h"
#include <brygga/storage.h>

/* The outcome in the words of the model; the numbers are those of its reason codes. */
enum accept_reason {
	REASON_UNKNOWN = -1,
	REASON_DUPLICATE = 0,
	REASON_NO_CORRELATION = 1,
	REASON_CORRELATION = 2,
	REASON_NO_RECIPIENT = 3,
	REASON_INTERNAL = 4,
	REASON_SENDER = 5,
	REASON_ALL = 6,
	REASON_INVALID_SENDER = 7,
};
const char *accept_reason_name(int reason);

/* One address of the mail and what the directory knows of it. An address that several
 * things have stands once for each (same role and address, `several` set). */
enum party_role {
	PARTY_FROM = 1,
	PARTY_SENDER = 2,
	PARTY_TO = 3,
	PARTY_CC = 4,
	PARTY_BCC = 5,	     /* the mailbox's own owner, where no field names him */
	PARTY_DELIVERED = 6, /* Delivered-To and its like */
	PARTY_REPLY_TO = 7,
};
struct party {
	int role; /* enum party_role */
	struct brg_str address, name;
	int type; /* enum brg_party_type; 0: nobody we know */
	struct brg_id id;
	struct brg_str kind; /* of a reference: "contact", "lead", "account", any other */
	bool several;
	/* Of a user or queue: what they take. */
	int accept; /* enum accept */
	const char *senders;
};

struct accept_rules {
	bool all_rules;	       /* every recipient's rule counts, not only the mailbox owner's */
	bool internal_twice;   /* mail between two users is one record for each */
	bool several_resolved; /* an address of several things stands for all of them; else none */
	const char *blocked;   /* senders and domains, as mailbox_sender() takes them */
};

struct accept_in {
	const struct party *parties;
	size_t n;
	/* The mailbox that is read. */
	struct brg_id owner;
	int owner_type; /* BRG_USER, BRG_QUEUE */
	int accept;	/* enum accept: the mailbox's own rule, else its owner's */
	const char *senders;
	bool correlated;     /* it answers a mail that the store has */
	bool own_message_id; /* the store has sent it itself */
	bool automatic;	     /* Auto-Submitted, Precedence, a null sender, a report: no answer */
	bool have_sent_copy; /* internal mail: the sender's record of it is in the store */
	bool shunned;	     /* the sender asked to be forgotten */
	bool by_hand;	     /* a person asked for it: the rules do not count */
	bool sent;	     /* its owner has sent it: whom it went to stands for the sender */
};

struct accept_out {
	bool take;
	int reason;		      /* enum accept_reason */
	const struct brg_fault *rule; /* BRG-RULE-nnnn */
	char params[256];
	struct brg_id accepting; /* user or queue whose rule took it; else the reader */
	int accepting_type;
};

/* Decide. */
void accept_decide(const struct accept_rules *rules, const struct accept_in *in,
		   struct accept_out *out);
/* Must it be known whether the mail is an answer before accept_decide() can tell? So that
 * nothing is looked up in vain. */
bool accept_needs_correlation(const struct accept_rules *rules, const struct accept_in *in);

extern const struct brg_fault *const accept_faults[];

#endif
