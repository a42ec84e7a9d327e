/* SPDX-License-Identifier: Apache-2.0
 *
 * Email headers as plain C; the only file that knows GMime. Broken mail is shown as well as
 * possible and never an error.
 */
#ifndef BRG_CORE_MIME_H
#define BRG_CORE_MIME_H

#include "core/arena.h"

#define MIME_HEADER_MAX	   (256 * 1024) /* bytes looked at */
#define MIME_ADDRESSES_MAX 1000

struct mime_address {
	struct brg_str name;	/* decoded; may be empty */
	struct brg_str address; /* folded to lower case */
};

/* Every text is valid UTF-8 without control characters, in the arena. */
struct mime_header {
	struct brg_str subject;
	struct brg_str from_name, from_address; /* the first of From, else of Sender */
	struct mime_address *to, *cc, *reply_to;
	size_t n_to, n_cc, n_reply_to;
	int64_t date_us;			/* Date; 0: none or unreadable */
	int64_t received_us;			/* of the topmost Received; 0: none */
	struct brg_str message_id, in_reply_to; /* without <> */
	struct brg_str references;		/* ids with one blank between */
	struct brg_str list_id;
	bool automatic; /* Auto-Submitted other than no, or Precedence bulk, junk, list */
};

/* Once, before threads start. */
void mime_init(void);
/* Parse a header block (RFC 5322 section 2.2), with or without the empty line. Any thread. */
void mime_header(struct brg_str header, struct brg_arena *arena, struct mime_header *out);
/* The fields of a record as a JSON object, in the arena. */
struct brg_str mime_fields_json(const struct mime_header *header, struct brg_arena *arena);

#endif
