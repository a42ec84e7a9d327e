/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules for email that hold for the whole organisation ([email] of brygga.conf).
 */
#ifndef BRG_CORE_EMAIL_H
#define BRG_CORE_EMAIL_H

#include "core/accept.h"
#include "core/correlate.h"

enum uncertain { UNCERTAIN_HOLD = 0, UNCERTAIN_RESEND = 1 };

struct email_settings {
	int accept_rules;		 /* 1: every recipient's rule counts */
	int internal_mail;		 /* 1: mail between users is one record for each */
	int several;			 /* 1: an address that several have stands for nobody */
	const char *block;		 /* senders and domains that are never taken */
	bool reply, token, index, smart; /* ways to correlate */
	const char *prefix;		 /* of new tracking tokens */
	const char *prefixes;		 /* of former ones, with blanks between them */
	int64_t attachment_limit;
	bool copies_queue; /* a queue's copy of a mail that is there makes a queue item */
	int uncertain;	   /* enum uncertain: what becomes of mail that may have been sent */
	int64_t attempts;  /* to send a mail, then it has failed */
	int64_t send_retry_ms;
	int64_t tracked_folders; /* so many a mailbox may have */
};

extern const struct brg_option email_options[];
extern const struct email_settings email_default;

/* What the table alone cannot tell: the lists. *key is the option that is wrong. */
int email_check(const struct email_settings *settings, struct brg_arena *arena, const char **key,
		struct brg_err *err);
/* The same for the pure rooms; lists live in the arena. */
void email_accept_rules(const struct email_settings *settings, struct brg_arena *arena,
			struct accept_rules *out);
void email_correlate_rules(const struct email_settings *settings, struct brg_arena *arena,
			   struct correlate_rules *out);

extern const struct brg_fault *const email_faults[];

#endif
