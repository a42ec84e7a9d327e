/* SPDX-License-Identifier: Apache-2.0
 *
 * Mail about mail: delivery reports (RFC 3464 and the common shapes without it), disposition
 * notifications (RFC 8098), automatic answers (RFC 3834 and the common shapes without it).
 * Pure. They set the state of a recipient of a mail that we sent; they never count as an answer.
 */
#ifndef BRG_CORE_REPORT_H
#define BRG_CORE_REPORT_H

#include "core/mime.h"

enum report_kind {
	REPORT_NONE = 0,
	REPORT_DELIVERY = 1,	/* delivery status notification, or a bounce in prose */
	REPORT_DISPOSITION = 2, /* somebody's program says that it was read, deleted, ... */
	REPORT_ANSWER = 3,	/* out of office and other automatic answers */
};
const char *report_kind_name(int kind);

/* What is said of one recipient. */
enum report_state {
	REPORT_UNKNOWN = 0,
	REPORT_DELIVERED = 1, /* delivered, relayed or expanded */
	REPORT_DELAYED = 2,
	REPORT_BOUNCED_SOFT = 3, /* given up, but the address may be good (4.y.z, mailbox full) */
	REPORT_BOUNCED_HARD = 4, /* 5.y.z */
	REPORT_READ = 5,
	REPORT_DELETED = 6,  /* unread */
	REPORT_ANSWERED = 7, /* automatically */
};
const char *report_state_name(int state);

struct report_recipient {
	struct brg_str
		address;       /* folded; the one that we wrote to, where both are told; or empty */
	struct brg_str other;  /* where the mail went from there, if that is told as well */
	int state;	       /* enum report_state */
	struct brg_str status; /* "5.1.1"; empty: not told */
	struct brg_str said;   /* the remote server's words, one line; may be empty */
};

#define REPORT_RECIPIENTS_MAX 1000
#define REPORT_ABOUT_MAX      32

struct report {
	int kind; /* enum report_kind */
	/* Message-IDs of the mail that it is about, the surest first: Original-Message-ID, the
	 * returned message's, In-Reply-To, References from the last on. None twice. */
	struct brg_str *about;
	size_t n_about;
	struct report_recipient *recipients; /* an answer: its sender */
	size_t n_recipients;
	struct brg_str original_subject; /* of the returned message; may be empty */
	const char *shape; /* which of the known shapes: a word for explain and tests */
};

/* Could this be a report that only its body tells? Cheap and generous: the whole message is
 * fetched and looked at only then. */
bool report_likely(const struct mime_header *header, struct brg_arena *scratch);
/* Recognise. kind REPORT_NONE: it is a mail like any other. raw NULL: only the header is there,
 * which is enough for automatic answers. < 0 only when bytes cannot be read. */
int report_read(struct brg_blob *raw, const struct mime_header *header, struct brg_arena *arena,
		struct report *out, struct brg_err *err);

#endif
