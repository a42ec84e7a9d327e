/* SPDX-License-Identifier: Apache-2.0
 *
 * Email: what comes into the inbox (mail.c), and what is sent (mail_send.c).
 */
#ifndef BRG_EXCHANGE_MAIL_H
#define BRG_EXCHANGE_MAIL_H

#include "mailbox.h"

/* pull() and get() of the inbox, which is the folder without a name. */
int mail_pull(struct exchange *x, const struct brg_pull *req, struct brg_batch *out,
	      struct brg_err *err);
int mail_get(struct exchange *x, const struct brg_get *req, struct brg_sink *out,
	     struct brg_err *err);
/* Is it an element of a mail? Invitations and their answers are mails too. */
bool mail_is(const xmlNode *item);

/* How large the mails of the last pull are, so that those that are asked for together are not too
 * large; one that is not among them is large. */
void mail_weigh_none(struct exchange *x);
void mail_weighs(struct exchange *x, struct brg_str id, uint64_t octets);
uint64_t mail_weight(const struct exchange *x, struct brg_str id);

int exchange_prepare(void *self, struct brg_message *message, struct brg_arena *arena,
		     struct brg_err *err);
int exchange_send(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
		  struct brg_err *err);

#endif
