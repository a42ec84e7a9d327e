/* SPDX-License-Identifier: Apache-2.0
 *
 * How a record that is not an email is written, whoever writes it: a visit, a person, a program.
 * Everything that hangs on its fields is written with it: keys, moments, clues, parties, history.
 */
#ifndef BRG_CORE_RECORD_H
#define BRG_CORE_RECORD_H

#include "core/derive.h"
#include "core/engine.h"
#include "core/merge.h"
#include "core/sync_rules.h"

/* Why and by whom a record changes. */
struct record_cause {
	struct brg_id run;     /* of the visit or command */
	struct brg_id mailbox; /* nil: no item changed it */
	struct brg_str who;    /* empty: the sync */
	const struct brg_fault *row;
	struct brg_str params;
	const struct merge_loss *losses;
	size_t n_losses;
};

/* A record with its fields decoded. */
struct record {
	struct brg_record_row row;
	struct image image;
};

/* Clues by which a record is found: see trail.h for those of mail. */
enum { CLUE_UID = 10, CLUE_IDENTITY = 11 };

/* The record of this id, deleted ones too. 1: found, 0: none, < 0: err. */
int record_read(struct engine *engine, const struct brg_id *id, struct brg_arena *arena,
		struct record *out, struct brg_err *err);
/* A row of a read, decoded. */
int record_decode(struct engine *engine, const struct brg_record_row *row, struct brg_arena *arena,
		  struct record *out, struct brg_err *err);

/* Does it keep what holds in its kind (an end is not before its start)? Else BRG_EINVAL. */
int record_check(struct engine *engine, int kind, const struct image *image, struct brg_err *err);
/* Add to the step what makes `r` a new record; row.id, kind, owner are set, the rest is filled in.
 * Its version will be 1. `uid` may be empty. < 0: an invariant does not hold. */
int record_create(struct engine *engine, struct step *step, struct record *r, struct brg_str uid,
		  const struct record_cause *cause, struct brg_err *err);
/* Add what turns `was` into `after`, on the condition that nobody has written it since it was read.
 * Its version will be one more. */
int record_change(struct engine *engine, struct step *step, const struct record *was,
		  const struct image *after, struct brg_str uid, const struct record_cause *cause,
		  struct brg_err *err);
/* Add what deletes it, or brings it back. */
void record_delete(struct engine *engine, struct step *step, const struct record *was,
		   const struct record_cause *cause);
int record_revive(struct engine *engine, struct step *step, const struct record *was,
		  const struct record_cause *cause, struct brg_err *err);
/* Its item became private: the record says "private" and nothing else, and what its history and
 * conflicts have of its values goes. */
int record_blank(struct engine *engine, struct step *step, const struct record *was,
		 const struct record_cause *cause, struct brg_err *err);
bool record_is_blank(const struct record *r);
/* Nothing of the record changes, but a value lost: history alone. */
void record_note(struct engine *engine, struct step *step, const struct record *r,
		 const struct record_cause *cause);

/* Nothing of the record changes, but what follows from it by this process' zone data; not even its
 * version does. `moved`: else only the name of the zone data is other; `look`: filters may decide
 * otherwise now. */
void record_rederive(struct engine *engine, struct step *step, const struct record *r,
		     const struct derived *derived, bool moved, bool look);
/* History that tells of that: no change of the record. */
bool record_is_rezoned(const struct brg_history_row *history);

/* The clue of an iCalendar UID, of what identifies a record; empty: none. */
struct brg_str record_uid_key(const struct engine *engine, struct brg_str uid,
			      struct brg_arena *arena);
struct brg_str record_identity_key(const struct engine *engine, int kind, const struct image *image,
				   struct brg_arena *arena);

extern const struct brg_fault *const record_faults[];
/* Causes (BRG-SYNC-01nn). */
extern const struct brg_fault record_from_item, record_from_program, record_by_item,
	record_by_program, record_lost, record_gone_there, record_deleted_here, record_undone,
	record_made_private, record_organized, record_rezoned;

#endif
