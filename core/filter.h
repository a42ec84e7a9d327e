/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mail is taken: the pure rules of a mailbox, and why.
 */
#ifndef BRG_CORE_FILTER_H
#define BRG_CORE_FILTER_H

#include "core/mailbox.h"
#include "core/mime.h"
#include <brygga/connector.h>

/* Reasons of decisions (BRG-RULE-nnnn); the help of each names the setting to change. */
extern const struct brg_fault *const filter_faults[];
extern const struct brg_fault rule_all, rule_none, rule_sender, rule_no_sender, rule_no_from,
	rule_too_large, rule_too_old, rule_renamed, rule_returned, rule_deleted, rule_parked,
	rule_gone;

struct verdict {
	bool take;
	const struct brg_fault *rule;
	char params[256];
};

/* What the rules need to see of a new item, as BRG_WANT_*; the body only when nearly
 * everything will be taken. */
unsigned filter_wants(const struct mailbox_settings *settings, bool first_contact);

/* Decide. header may be NULL when filter_wants() asked for none; octets 0: not told;
 * received_us 0: not told. */
void filter_decide(const struct mailbox_settings *settings, const struct mime_header *header,
		   uint64_t octets, int64_t received_us, struct verdict *out);

#endif
