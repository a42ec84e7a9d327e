/* SPDX-License-Identifier: Apache-2.0
 *
 * Email of ours: how it comes into the store, ready to be sent, and what people may do with
 * it there.
 */
#ifndef BRG_CORE_OUTBOX_H
#define BRG_CORE_OUTBOX_H

#include "core/engine.h"

struct outbox_mail {
	struct brg_blob *raw;	 /* RFC 5322, as composed; Message-ID and token are added */
	struct brg_str as;	 /* name of the user who sends; empty: whose address From has */
	struct brg_str bcc;	 /* further recipients, as a list of addresses */
	struct brg_id answers;	 /* the record that it answers; nil: what its header leads to */
	struct brg_id regarding; /* nil: as the mail that it answers */
	int64_t not_before_us;	 /* 0: at once */
};

/* Put it into the store, durably, with a Message-ID, a tracking token and its recipients; the
 * mailbox's outgoing lane is wanted if it may go at once. *id is the record. Who may send in
 * whose name is checked. */
int outbox_put(struct engine *engine, const struct outbox_mail *mail, struct brg_id *id,
	       struct brg_err *err);

enum outbox_action {
	OUTBOX_RESEND = 1,    /* failed, uncertain, canceled -> pending */
	OUTBOX_MARK_SENT = 2, /* uncertain -> sent */
	OUTBOX_RECALL = 3,    /* pending -> canceled */
};
/* For a person who knows more. Refused where the state does not allow it. */
int outbox_change(struct engine *engine, const struct brg_id *record, enum outbox_action action,
		  struct brg_err *err);
const char *outbox_state_name(int state);

extern const struct brg_fault *const outbox_faults[], *const outbox_change_faults[];

#endif
