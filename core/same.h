/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this mail in the store already? Message-ID only leads to it: broken programs use one
 * again and again, and then the mails are different ones and all of them are kept.
 */
#ifndef BRG_CORE_SAME_H
#define BRG_CORE_SAME_H

#include "core/mime.h"
#include "core/store.h"

struct same {
	int64_t n; /* records with this Message-ID; the condition for one more (BRG_OP_SAME) */
	bool sent; /* one of them is ours, by the same sender: what came is it, perhaps changed */
	struct brg_id sent_record; /* when sent */
	bool found;
	struct brg_record_row record; /* when found */
};

#define SAME_WANTS_BODY 1

/* Look for it by the keyed hash of its Message-ID. It is the same if sender, date and subject
 * are, and (but for what we sent ourselves, which servers may encode anew) the text below the
 * header. With `apart` what we sent is another than what came of it. SAME_WANTS_BODY: body is
 * NULL and has to be compared. */
int same_find(struct store *store, struct brg_str message_key, const struct mime_header *header,
	      struct brg_blob *body, bool apart, struct brg_arena *scratch, struct same *out,
	      struct brg_err *err);

#endif
