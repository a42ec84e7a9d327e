/* SPDX-License-Identifier: Apache-2.0
 *
 * One mail on its way, which send.c and send_draft.c share.
 */
#ifndef BRG_CORE_SEND_PRIVATE_H
#define BRG_CORE_SEND_PRIVATE_H

#include "core/recipients.h"
#include "core/send.h"

struct mail {
	struct brg_outgoing_row row; /* as it stands in the store */
	struct recipients recipients;
	struct recipient **asked; /* those of message->to, in its order */
	struct brg_message *message;
};

/* ---- send.c ---------------------------------------------------------------------------------*/

/* The mails of this mailbox in a state (enum brg_outgoing_state). */
struct brg_query send_rows(const struct visit *v, int state);
/* Write the row under the condition that nobody else has. */
void send_put_row(struct visit *v, struct brg_outgoing_row *row);
/* It was sent by an earlier life. */
void send_was_sent(struct visit *v, struct brg_outgoing_row *row);
/* The server may have it: it waits for a person, or for another try where that was chosen. */
void send_doubt(struct visit *v, struct brg_outgoing_row *row);
/* This mail cannot be sent, the others can: *err becomes its own. 0. */
int send_failed_alone(struct visit *v, struct mail *m, struct brg_err *err);

/* ---- send_draft.c: servers where a message lies as a draft before it is sent -----------------*/

/* Is it one? */
bool send_has_drafts(const struct visit *v);
/* Mails that an earlier life was sending are looked up there; before anything is stamped. The
 * session is open. */
int send_recall(struct visit *v, struct brg_err *err);
/* A message with room for all recipients: they are sent to together. */
struct brg_message *send_new_message(struct visit *v);
/* Drafts for those that have none, durable when it returns. Those that failed are told so. */
int send_prepare(struct visit *v, struct mail **list, size_t n, struct brg_err *err);
/* The stamp of a mail of ours. */
struct brg_stamp send_stamp(const struct visit *v, const struct brg_outgoing_row *row);

#endif
