/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two rooms of the outbox share.
 */
#ifndef BRG_CORE_OUTBOX_PRIVATE_H
#define BRG_CORE_OUTBOX_PRIVATE_H

#include "core/faults.h"
#include "core/outbox.h"

#define OUTBOX_FAULT(row, number, english, swedish, helps) \
	const struct brg_fault row = {                     \
		.code = "BRG-MAIL-" number,                \
		.cls = BRG_EINVAL,                         \
		.scope = BRG_SCOPE_ITEM,                   \
		.retry = BRG_RETRY_NEVER,                  \
		.en = english,                             \
		.sv = swedish,                             \
		.help = helps,                             \
	}
#define MAIL_FAULT static OUTBOX_FAULT

extern const struct brg_fault outbox_in_between;

/* Why a mail stands where it does, for `brygga explain`. */
void outbox_note(struct step *step, const struct brg_outgoing_row *row,
		 const struct brg_fault *rule, int64_t now_us, const char *params);

#endif
