/* SPDX-License-Identifier: Apache-2.0
 *
 * The lane act: contacts, tasks and appointments of one mailbox in step with the store.
 */
#ifndef BRG_CORE_SYNC_H
#define BRG_CORE_SYNC_H

#include "core/visit.h"

/* The walk. The session is open. In this order:
 *
 *	recover	 writes that an earlier life may have done are looked up
 *	pull	 what the folders tell goes into the durable inbox, with the cursors
 *	survey	 where much would be done, or a person asks: what would be done; a plan may come of
 *it inbox	 items are read, merged, and become records
 *	push	 records that the mailbox has not seen are written there
 *	missing	 items that are gone for good are decided
 */
int sync_run(struct visit *visit, struct brg_err *err);

extern const struct brg_fault *const sync_state_faults[], *const sync_item_faults[];

#endif
