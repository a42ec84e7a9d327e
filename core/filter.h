/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounds of a mailbox and the reasons of a visit's decisions.
 */
#ifndef BRG_CORE_FILTER_H
#define BRG_CORE_FILTER_H

#include "core/mailbox.h"
#include "core/mime.h"
#include <brygga/connector.h>

/* Reasons of decisions (BRG-RULE-nnnn); the help of each names the setting to change. */
extern const struct brg_fault *const filter_faults[];
extern const struct brg_fault rule_none, rule_too_large, rule_too_old, rule_renamed, rule_returned,
	rule_deleted, rule_parked, rule_gone, rule_same, rule_wish, rule_untracked, rule_left;

struct verdict {
	bool take;
	const struct brg_fault *rule;
	char params[256];
};

/* What the rules need to see of a new item, as BRG_WANT_*; the body only when nearly
 * everything will be taken. `accept` is the rule that holds (enum accept). */
unsigned filter_wants(const struct mailbox_settings *settings, int accept, bool first_contact);

/* Is it within the mailbox's bounds? octets, received_us 0: not told. A verdict that takes has
 * no rule: accept_decide() goes on. */
void filter_bounds(const struct mailbox_settings *settings, int accept, uint64_t octets,
		   int64_t received_us, struct verdict *out);

#endif
