/* SPDX-License-Identifier: Apache-2.0
 *
 * What a visit would do, counted before it is done; and the guard that makes it wait for a
 * person (DESIGN: no disasters).
 */
#ifndef BRG_CORE_PLAN_H
#define BRG_CORE_PLAN_H

#include "core/engine.h"
#include "core/keyset.h"
#include "core/sync_rules.h"

enum effect_type {
	EFFECT_CREATE = 1,
	EFFECT_ADOPT = 2, /* two things that were there become one */
	EFFECT_CHANGE = 3,
	EFFECT_DELETE = 4,
	EFFECT_UNLINK = 5,
	EFFECT_AMBIGUOUS = 6, /* several could be it: nothing is done */
	EFFECT_TYPES = 7
};
const char *effect_name(int type);

/* One effect on one side. */
struct effect {
	int side; /* enum merge_side: where it is done */
	int type, kind;
	struct brg_id record; /* nil: not made yet */
	struct brg_str folder, remote_id;
	int64_t mails_out;
};

/* What is withheld. */
enum { PLAN_HOLD_ENDS = 1 << 0, PLAN_HOLD_CREATES = 1 << 1, PLAN_HOLD_ALL = 1 << 2 };

struct plan {
	struct brg_arena *arena;
	bool survey;   /* nothing is done, everything is noted */
	unsigned held; /* PLAN_HOLD_* */
	struct keyset approved;
	struct keyset adopted;		 /* records that the survey has found an item for */
	int64_t counts[3][EFFECT_TYPES]; /* by side */
	int64_t mails_out;
	struct effect *lines;
	size_t n, room;
	int64_t withheld; /* effects that were not allowed, outside a survey */
};

/* May it be done? Notes it either way. In a survey: no. */
bool plan_allows(struct plan *plan, const struct effect *effect);
/* Has the survey found the record's item already? Then none would be made. */
bool plan_adopts(const struct plan *plan, const struct brg_id *record);
/* The counts as JSON: { "store": { "create": 3 }, "server": {...}, "mails_out": 0 }. */
struct brg_str plan_counts(const struct plan *plan, struct brg_arena *arena);

/* What the counts mean for a mailbox with so many live links. Pure. */
struct plan_verdict {
	unsigned held;
	const struct brg_fault *row; /* NULL: nothing is held */
	int64_t ends, creates;
};
void plan_judge(const struct plan *plan, const struct sync_rules *rules, int64_t links,
		bool first_contact, struct plan_verdict *out);

/* A number that stands for the effects which would be held, in any order: the same plan once more
 * has the same. */
uint64_t plan_mark(const struct plan *plan, unsigned held);

/* Add a plan that waits, with its lines, to a step. `basis`: see brg_plan_row. */
void plan_save(const struct plan *plan, struct step *step, const struct brg_id *mailbox,
	       const struct brg_fault *row, const char *params, struct brg_str basis,
	       int64_t now_us);
/* The lines of an approved plan become what is allowed. */
int plan_load(struct plan *plan, struct store *store, const struct brg_id *id, struct brg_err *err);

extern const struct brg_fault *const plan_faults[];
extern const struct brg_fault plan_ends, plan_creates, plan_rules, plan_folder, plan_restored;

#endif
