/* SPDX-License-Identifier: Apache-2.0
 *
 * The core's own settings of a mailbox, as a table like any plugin's.
 */
#ifndef BRG_CORE_MAILBOX_H
#define BRG_CORE_MAILBOX_H

#include "core/arena.h"
#include <brygga/item.h>
#include <brygga/option.h>

/* Whose mail is taken by itself. */
enum accept {
	ACCEPT_ALL = 0,
	ACCEPT_NONE = 1,
	ACCEPT_SENDERS = 2,  /* that of the listed addresses and domains */
	ACCEPT_REPLIES = 3,  /* what answers a mail that the store has */
	ACCEPT_CONTACTS = 4, /* that of contacts, leads and accounts */
	ACCEPT_RECORDS = 5,  /* that of anything in the directory that has the address */
	ACCEPT_USUAL = 6,    /* a mailbox: as its owner; a user: REPLIES; a queue: ALL */
};

/* Who carries the mail of a lane (delivery_of()). */
enum delivery { DELIVERY_NONE = 0, DELIVERY_BRYGGA = 1, DELIVERY_CLIENT = 2 };

/* The core's own settings of a user or queue. */
struct owner_settings {
	int accept; /* enum accept */
	const char *senders;
	const char *delegates; /* users who may send in this one's name, blanks between */
	int visibility;	       /* enum brg_visibility, of records that are tracked for it */
	bool forwarded;	       /* takes what a forward mailbox brings for its addresses */
	int inbound[BRG_APPOINTMENT + 1]; /* by kind, enum inbound of sync_rules.h */
	const char *zone;		  /* IANA name: where his days begin */
};
extern const struct brg_option owner_options[];

struct mailbox_settings {
	int incoming, outgoing, act; /* see delivery_of() */
	bool forward;		     /* other people's mail as attachments */
	int accept;		     /* enum accept */
	const char *senders;	     /* addresses and domains, folded, one blank between them */
	bool delete_after_store;     /* remove from the server what is durably stored */
	bool delete_user_mail;	     /* allows that for a person's own mailbox */
	bool track_sent;	     /* what its owner sends with other clients is looked at too */
	int64_t size_limit;	     /* bytes; 0: none */
	const char *received_after;  /* "2026-11-23T08:00:00Z", or empty: no bound */
	int64_t interval_ms;	     /* 0: as [schedule] says; else its normal interval */
};

extern const struct brg_option mailbox_options[];

/* enum delivery of a setting incoming, outgoing or act; yes and no are other words. */
int delivery_of(int setting);
/* The rule that holds for the mailbox: its own, else its owner's, else the usual one. *senders is
 * the list that goes with it. */
int mailbox_accept(const struct mailbox_settings *mailbox, const struct owner_settings *owner,
		   int owner_type, const char **senders);
/* Is this address, or its domain, in the list? Any case. The entry that says so (a part of
 * senders) goes to *entry, which may be NULL. */
bool mailbox_sender(const char *senders, struct brg_str address, struct brg_str *entry);
/* The bound of received_after in microseconds, 0: none. */
int64_t mailbox_after_us(const struct mailbox_settings *settings);

/* For those who write settings: the list of senders in its stored form. A bad entry is named. */
int mailbox_fold_senders(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
			 struct brg_err *err);
/* "now", a duration back from now, YYYY-MM-DD (UTC) or the stored form -> the stored form. */
int mailbox_fold_after(struct brg_str text, int64_t now_us, struct brg_arena *arena,
		       struct brg_str *out, struct brg_err *err);
/* An IANA or Windows name of a time zone -> the IANA one. */
int mailbox_fold_zone(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
		      struct brg_err *err);
/* Addresses with blanks or commas between them -> folded, none twice. */
int mailbox_fold_addresses(struct brg_str text, struct brg_arena *arena, struct brg_str **out,
			   size_t *n, struct brg_err *err);
/* The next word of such a list; false at the end. */
bool mailbox_next_word(struct brg_str *rest, struct brg_str *word);
/* An address local@domain, ASCII letters folded to lower case. */
int mailbox_fold_address(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
			 struct brg_err *err);

extern const struct brg_fault *const mailbox_faults[];

#endif
