/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two rooms of the outbox share.
 */
#ifndef BRG_CORE_OUTBOX_PRIVATE_H
#define BRG_CORE_OUTBOX_PRIVATE_H

#include "core/faults.h"
#include "core/outbox.h"

#define OUTBOX_FAULT(ident, number, ...) REFUSAL(ident, "BRG-MAIL-" number, __VA_ARGS__)
#define MAIL_FAULT			 static OUTBOX_FAULT

extern const struct brg_fault outbox_in_between;

/* Why a mail stands where it does, for `brygga explain`. */
void outbox_note(struct step *step, const struct brg_outgoing_row *row,
		 const struct brg_fault *rule, int64_t now_us, const char *params);

#endif
