/* SPDX-License-Identifier: Apache-2.0
 *
 * After sending: which mail of ours a report is about, and what it changes there.
 */
#ifndef BRG_CORE_RECEIPT_H
#define BRG_CORE_RECEIPT_H

#include "core/report.h"
#include "core/trail.h"

struct receipt {
	struct report report; /* kind REPORT_NONE: the mail is none */
	bool found;	      /* it is about `mail`, which we sent */
	struct brg_record_row mail;
	bool changed;		     /* `row` says something new */
	struct brg_outgoing_row row; /* as it is to be; its version is the one that was read */
	char params[160];	     /* of the decision */
};

/* Is this mail a report, and on what? By the ids that it names; else by a tracking token, where
 * one of its recipients had that mail from us. body NULL: only the header is there. Everything
 * lives in `scratch`. < 0: err. Any thread. */
int receipt_find(struct trail *trail, const struct mime_header *header, struct brg_blob *body,
		 struct receipt *out, struct brg_arena *scratch, struct brg_err *err);
/* Where it was found: add the reason for explain, and what changes; BRG_OP_OUTGOING is refused
 * where somebody else has changed the mail since. Slices go to the step's arena. */
void receipt_write(const struct receipt *receipt, int64_t now_us, struct step *step);
/* The reason for explain, with receipt->params; only where it was found. */
const struct brg_fault *receipt_rule(const struct receipt *receipt);

extern const struct brg_fault *const receipt_faults[];

#endif
