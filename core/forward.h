/* SPDX-License-Identifier: Apache-2.0
 *
 * A forward mailbox: other people's mail comes in as attachments (message/rfc822), and each goes
 * to its user or queue.
 */
#ifndef BRG_CORE_FORWARD_H
#define BRG_CORE_FORWARD_H

#include "core/arrival.h"

#define FORWARD_DONE 2

/* Unwrap an item whose body is here. FORWARD_DONE: what was inside is dealt with; 0: nothing
 * inside is for anybody, it is mail like any other. */
int forward_unwrap(struct visit *visit, struct arrival *arrival, const struct mime_header *outer,
		   struct brg_str print, struct brg_err *err);

extern const struct brg_fault *const forward_faults[];

#endif
