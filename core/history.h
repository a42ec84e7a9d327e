/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change of a record was, as its history keeps it: by group of the field table, or by part,
 *
 *	{ "location": { "was": { fields }, "now": { fields } },
 *	  "attendees/bo@example.com": { "was": { parts }, "now": { parts } },
 *	  "subject": { "lost": { fields }, "side": 2, "why": 1 } }
 */
#ifndef BRG_CORE_HISTORY_H
#define BRG_CORE_HISTORY_H

#include "core/merge.h"

/* Equal changes give equal bytes. */
struct brg_str history_changes(const struct field_table *table, int kind,
			       const struct image *before, const struct image *after,
			       const struct merge_loss *losses, size_t n_losses,
			       struct brg_arena *arena);

#endif
