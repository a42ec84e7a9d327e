/* SPDX-License-Identifier: Apache-2.0
 *
 * One mailbox of a server is one mailbox of Brygga; else its mail would come twice. One external
 * key is one thing's; else it would not be known which is meant.
 */
#ifndef BRG_CORE_DOUBLES_H
#define BRG_CORE_DOUBLES_H

#include "core/directory.h"

/* Add a problem for each mailbox of the file that an earlier one is already (the same address at
 * the same server, or the same login), and each external key that an earlier thing has. What could
 * not be read is passed over. Returns how many. */
size_t doubles_in_file(const struct directory *directory, const struct directory_lookup *lookup,
		       struct brg_arena *arena, struct problems *problems);
/* BRG_ECONFLICT if a mailbox of the store that the file does not name has the address of one that
 * it names, at the same server. Rows in any order. */
int doubles_in_store(const struct directory *directory, const struct brg_row *profiles,
		     size_t n_profiles, const struct brg_row *mailboxes, size_t n_mailboxes,
		     struct brg_arena *arena, struct brg_err *err);

extern const struct brg_fault *const doubles_faults[];

#endif
