/* SPDX-License-Identifier: Apache-2.0
 *
 * The organisation's rules for records both ways: sections [contact], [task], [appointment],
 * [sync] and [field KIND NAME] of brygga.conf.
 *
 *	[contact]
 *	inbound = tracked		none | tracked | all: which items become records by
 *themselves policy = newest			newest | server | store | ask: both sides changed
 *	direction.job_title = to-server	of a group: both | to-server | to-store | none
 *	policy.birthday = ask
 *	[appointment]
 *	invitations = silent		silent | send
 *	[sync]
 *	plan-deletes-min = 20
 *	[field contact loyalty]
 *	type = text			text | integer | flag | moment | wall | date | list
 *	label = Loyalty level
 *	max-length = 100
 */
#ifndef BRG_CORE_SYNC_RULES_H
#define BRG_CORE_SYNC_RULES_H

#include "core/ini.h"
#include "core/mailbox.h"
#include "core/merge.h"
#include <brygga/option.h>

enum inbound { INBOUND_NONE = 0, INBOUND_TRACKED = 1, INBOUND_ALL = 2, INBOUND_USUAL = 3 };

#define OWN_FIELDS_MAX 60 /* of a kind: with the built-in ones they fit FIELD_GROUPS_MAX */

struct sync_rules {
	const struct field_table *table; /* the built-in one and the organisation's fields */
	/* By kind (enum brg_kind). */
	int inbound[FIELD_KINDS];		     /* enum inbound, where the user has no own */
	int policy[FIELD_KINDS];		     /* enum policy, of groups without an own */
	const struct merge_rule *merge[FIELD_KINDS]; /* by number of the group */
	int invite;				     /* 1: writes to meetings may mail attendees */
	/* Thresholds above which a visit stops as a plan (DESIGN: no disasters). */
	int64_t plan_deletes_min;     /* 20 links and */
	int64_t plan_deletes_percent; /* 10 % of them */
	int64_t plan_creates;	      /* 500 at first contact */
	unsigned char epoch[16];      /* a hash of directions, own fields and the table's version:
				       * another one makes a plan of each mailbox's next visit */
};

/* What holds without any section. */
const struct sync_rules *sync_rules_default(void);

/* Which items of the kind become records by themselves: the owner's rule, else the usual one.
 * Never INBOUND_USUAL. */
int sync_rules_inbound(const struct sync_rules *rules, const struct owner_settings *owner,
		       int kind);

/* The settings with names of their own, for struct config. */
extern const struct brg_option contact_options[], task_options[], appointment_options[],
	sync_options[];
/* Of [contact], [task] and [appointment]: names for those that end with a group's. */
extern const struct brg_option group_keys[];
/* Is this a setting of a group, which sync_rules_read() takes? */
bool sync_rules_of_group(const char *section, const char *key);

/* The rest, when the settings above are filled in: own fields, rules of groups, the epoch. What
 * is wrong is added to the problems. */
void sync_rules_read(struct sync_rules *rules, const struct ini_file *ini, struct brg_arena *arena,
		     struct problems *problems);

extern const struct brg_fault *const sync_rules_faults[];

#endif
