/* SPDX-License-Identifier: Apache-2.0
 *
 * The mail of the store that another one answers: asks for what its clues lead to.
 */
#ifndef BRG_CORE_PARENT_H
#define BRG_CORE_PARENT_H

#include "core/track.h"

/* Fill answer, parent and clues of the mail; its parties are resolved. */
int parent_find(struct tracker *tracker, const struct track_reader *reader, struct track_mail *mail,
		struct brg_arena *scratch, struct brg_err *err);

#endif
