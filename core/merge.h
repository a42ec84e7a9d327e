/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sides, two shadows, one result (DESIGN: two-way records). Pure: no clock, no store, no
 * connector.
 *
 *	ours changed	the record differs from base_record
 *	theirs changed	the item differs from base_item, in what it tells of
 *
 * Per group of the field table; lists and attendees as sets; attendees' fields and occurrences
 * each by itself.
 */
#ifndef BRG_CORE_MERGE_H
#define BRG_CORE_MERGE_H

#include "core/image.h"

enum policy { POLICY_NEWEST = 0, POLICY_SERVER = 1, POLICY_STORE = 2, POLICY_ASK = 3 };
const char *policy_name(int policy);

enum merge_side { SIDE_STORE = 1, SIDE_SERVER = 2 };

/* Whose copy of a meeting the item is. */
enum role {
	ROLE_OWN = 0,	   /* not a meeting, or the organizer's copy */
	ROLE_FEEDER = 1,   /* the organizer has no mailbox here: this copy stands for his */
	ROLE_ATTENDEE = 2, /* only the response of `self` comes from it; nothing is written to it
			    * but personal fields that are told to travel */
};

/* How one group is treated. */
struct merge_rule {
	uint8_t direction; /* enum direction */
	uint8_t policy;	   /* enum policy */
};

struct merge_in {
	const struct field_table *table;
	int kind;
	/* No base: an all-empty image (first contact of two things that were matched). Then what
	 * differs is a change of both sides. */
	const struct image *base_record, *base_item, *record, *item;
	/* Written to the item by us and not read back yet (NULL: nothing), and no more than that: a
	 * field that is as it was written, or as base_item, is no change of theirs. */
	const struct image *pushed;
	bool doubt; /* the item is at another version than the write has left it at, or is ... */
	bool elsewhere;			/* ... another item: a copy that may be from before */
	const struct merge_rule *rules; /* by number of the group; NULL: both ways, newest */
	/* Settled by a person: groups that a policy does not decide. By name as in conflicts. */
	const struct merge_settled {
		struct brg_str group; /* "location", "attendees/bo@x", "occurrences/2026-..." */
		int side;	      /* enum merge_side: who wins */
	} * settled;
	size_t n_settled;
	int role;	     /* enum role */
	struct brg_str self; /* folded address of the mailbox's owner, for ROLE_ATTENDEE */
	/* newest: the record changed at record_us (by the store's clock); the item in
	 * (item_after_us, item_us], by the same clock as far as it is known. Where that does not
	 * tell who was last, the server wins. 0: not known. */
	int64_t record_us, item_after_us, item_us;
	/* Of single groups, where known; NULL or 0: record_us. */
	const int64_t *group_us;
};

/* Why a value won. */
enum merge_why {
	WHY_STORE_NEWER = 1, /* the values stand in the history's JSON: never renumber */
	WHY_SERVER_NEWER,
	WHY_UNKNOWN_ORDER, /* newest, but the times overlap: the server */
	WHY_POLICY_STORE,
	WHY_POLICY_SERVER,
	WHY_SETTLED,   /* a person said so */
	WHY_DIRECTION, /* changed where the direction lets nothing through */
	WHY_ROLE,      /* an attendee's copy does not decide this */
	WHY_INVARIANT, /* the mixture would break an invariant: the whole falls to one side */
	WHY_EDIT_OVER_DELETE, /* an occurrence or attendee was deleted there and edited here */
	WHY_NO_PLACE,	      /* an occurrence that the new recurrence does not have */
};

/* The sentence of a reason, with the parameter group. NULL: there is no such reason. */
const struct brg_fault *merge_why(int why);
extern const struct brg_fault *const merge_faults[];

/* A value that did not become that of both. */
struct merge_loss {
	struct brg_str group; /* by name; of parts "attendees/ADDRESS/response", ... */
	int side;	      /* enum merge_side: whose it was */
	int why;	      /* enum merge_why */
	struct image value; /* the fields, or the part with those fields; empty: a deletion lost */
};

/* A group that waits for a person (POLICY_ASK). Neither side is changed for it. Of a part all its
 * groups that wait are one conflict. While "time" waits, occurrences wait with it, unnamed. */
struct merge_conflict {
	struct brg_str group; /* "location", "attendees/bo@x", "occurrences/2026-..." */
	struct image base, ours, theirs;
};

struct merge_out {
	struct image record; /* as it is to be */
	bool record_changed; /* it differs from in->record */
	uint64_t changed[2]; /* groups of it that do, as bits; parts: see parts_changed */
	bool parts_changed;
	struct image push; /* what is to be written to the item: fields (null: clear) and parts */
	bool pushes;
	uint64_t pushed[2]; /* groups, as bits */
	/* Shadows to keep with the record, before anything is pushed: what came from the item is
	 * agreed, what is to be pushed is still a change of ours. */
	struct image base_record, base_item;
	/* The shadow of the record once all of `push` is done. */
	struct image base_record_after;
	struct merge_loss *losses;
	size_t n_losses;
	struct merge_conflict *conflicts;
	size_t n_conflicts;
	bool again; /* in->doubt, and something is to be written once more for it */
	bool tie;   /* newest had to choose by record_us alone: ask again with group_us */
};

/* Everything in the arena, sharing what in-> has. */
void merge(const struct merge_in *in, struct brg_arena *arena, struct merge_out *out);

#endif
