/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes, from what is found before to what is answered. Private to push*.c and occurrences_push.c.
 */
#ifndef BRG_EXCHANGE_PUSH_H
#define BRG_EXCHANGE_PUSH_H

#include "mailbox.h"

/* What is known of an item before it is written. */
struct before {
	bool marked;		     /* it bears the mark of the CRM */
	bool nothing;		     /* is left to write */
	const struct meeting *there; /* of an appointment, where it was looked at */
	const struct meeting *wish;  /* of an appointment, where it is to be made or changed */
	const struct brg_err *err;   /* it is not written at all, and why */
};

/* Look at what has to be known: whether a list of categories has our mark, whether what is to be
 * deleted is still what the core knows, what a meeting is now (push_look.c). */
int push_look(struct exchange *x, const struct brg_push *ops, size_t n, struct before *before,
	      struct brg_arena *arena, struct brg_err *err);

/* One request for all of these, which are of one type, kind and folder, and mail or do not. */
int push_request(struct exchange *x, struct brg_push *ops, size_t n, const struct before *before,
		 struct brg_arena *arena, struct brg_err *err);

/* May it mail anybody? "SendToNone", or what the schema has for all. */
struct brg_str push_mails(const struct brg_push *op);

#endif
