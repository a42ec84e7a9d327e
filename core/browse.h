/* SPDX-License-Identifier: Apache-2.0
 *
 * A look into a mailbox on its server: the newest mails, live. Nothing of what is seen is stored
 * or logged.
 */
#ifndef BRG_CORE_BROWSE_H
#define BRG_CORE_BROWSE_H

#include "core/engine.h"

struct brg_envelope;

/* The newest mails of the mailbox, newest first, at most `limit`; headers only. `each` is told one
 * at a time until it returns non-zero; slices live until it returns. The caller has a connection
 * slot of the profile. */
int browse_mailbox(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, uint32_t limit,
		   int (*each)(void *arg, const struct brg_envelope *mail), void *arg,
		   struct brg_err *err);

#endif
