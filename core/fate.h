/* SPDX-License-Identifier: Apache-2.0
 *
 * What a deletion on one side does to the other, whom a meeting's changes mail, and who decides
 * over it. Pure; rows quote server-side-sync.md, and say where DESIGN decides otherwise.
 */
#ifndef BRG_CORE_FATE_H
#define BRG_CORE_FATE_H

#include "core/merge.h"

enum fate {
	FATE_DELETE = 1, /* the other side goes too, if nobody has edited it since */
	FATE_UNLINK = 2, /* the other side stays, and the link ends */
};

enum fate_event {
	FATE_RECORD_DELETED = 1, /* by a person or program */
	FATE_RECORD_LEFT = 2,	 /* it matches no filter any more, or may not be seen any more */
	FATE_ITEM_DELETED = 3,	 /* decided: not moved, not only out of sight */
	FATE_ITEM_OUTSIDE = 4,	 /* found in a folder that is not synchronized */
	FATE_ITEM_PRIVATE = 5,	 /* a linked item became private */
	FATE_ITEM_UNTRACKED = 6, /* its owner took the mark (category) away */
};

struct fate_in {
	int event; /* enum fate_event */
	int kind;
	int role;	 /* enum role: whose copy; an outsider's is ROLE_ATTENDEE with `outsider` */
	bool outsider;	 /* the mailbox's owner is neither organizer nor attendee */
	bool past;	 /* an appointment that has ended (a series: its last occurrence) */
	bool closed;	 /* completed or canceled */
	bool done_there; /* the item's task is completed */
	bool owner;	 /* the mailbox's owner owns the record */
	bool other_changed; /* the side that still lives was edited since they agreed */
};

struct fate_out {
	int fate;		      /* enum fate */
	const struct brg_fault *rule; /* BRG-SYNC-nnnn: why, for explain */
};
void fate_decide(const struct fate_in *in, struct fate_out *out);

/* How many people a write of these groups to the item would have the server mail: 0 unless
 * `invite`. A create (groups all ones), update or delete of a meeting. */
struct fate_mail {
	int kind, type; /* enum brg_push_type */
	int role;
	bool invite; /* the organisation's rule: invitations = send */
	bool past;
	const struct image *record;
	uint64_t groups[2];	  /* written, as bits */
	const struct image *push; /* update: what is written; its parts count */
};
int64_t fate_mails_out(const struct field_table *table, const struct fate_mail *in);
/* How many people a meeting has beside its organizer. */
int64_t fate_attendees(const struct image *record);

/* May this direction be set for this group? NULL: yes; else the row that says why not, with the
 * parameters kind and group. A fixed one may be set to what it is. */
const struct brg_fault *fate_direction(const struct field_table *table, int kind,
				       struct brg_str group, int direction);

/* Has it ended before now? A series has when its last occurrence has; one without an end never.
 * Where nothing can be said (no start, no such zone): yes, for then nothing is deleted or mailed.
 */
bool fate_is_past(const struct image *appointment, int64_t now_us);

/* Is the task or appointment completed or canceled? */
bool fate_is_closed(int kind, const struct image *image);

extern const struct brg_fault *const fate_faults[];
extern const struct brg_fault *const fate_direction_faults[];

#endif
