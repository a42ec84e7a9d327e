/* SPDX-License-Identifier: Apache-2.0
 *
 * The mail of the store that another one answers: asks for what its clues lead to.
 */
#ifndef BRG_CORE_PARENT_H
#define BRG_CORE_PARENT_H

#include "core/trail.h"

/* What has to be known of a mail to find what it answers. */
struct parent_ask {
	const struct mime_header *header;
	const struct party *parties; /* resolved */
	size_t n_parties;
	struct brg_id owner;	/* of the mailbox that is read */
	struct brg_str address; /* of that mailbox; may be empty */
};
struct parent {
	struct correlate_clues clues;
	struct correlate_result answer;
	struct brg_record_row record; /* id nil: it answers nothing that is here */
};

/* Everything lives in `scratch`. < 0: err. */
int parent_find(struct trail *trail, const struct parent_ask *ask, struct parent *out,
		struct brg_arena *scratch, struct brg_err *err);

#endif
