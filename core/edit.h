/* SPDX-License-Identifier: Apache-2.0
 *
 * An edit by a person or a program, whoever brings it: the command line, or the table edit.
 */
#ifndef BRG_CORE_EDIT_H
#define BRG_CORE_EDIT_H

#include "core/record.h"

enum edit_type { EDIT_NEW = 1, EDIT_CHANGE = 2, EDIT_DELETE = 3 };

struct edit {
	int type;	      /* enum edit_type */
	int kind;	      /* new: enum brg_kind */
	struct brg_id record; /* new: nil lets it be chosen here */
	struct brg_id owner;  /* new: a user */
	int64_t expect;	      /* version that the record must have; 0: any */
	/* What is written, in canonical form: null fields are cleared, null attendees go, and of a
	 * type of parts that is not told and not there all go. */
	struct image over;
	struct brg_str who; /* a user's name, or a program's */
	struct brg_id run;
};

struct edited {
	struct record was; /* not of a new one */
	struct record now;
	bool changed; /* false: everything was so already, and nothing is to be written */
};

/* Fields as a program writes them, for edit.over. */
int edit_fields(struct engine *engine, int kind, struct brg_str json, struct brg_arena *arena,
		struct image *out, struct brg_err *err);

/* Add what does the edit, and has the mailboxes look that may want to see it. Where an edit cannot
 * be done the error says why and, where others were faster, who has changed what. A commit that is
 * refused means that somebody was faster after all: call it again, with an empty step. */
int edit_add(struct engine *engine, struct step *step, const struct edit *edit, struct edited *out,
	     struct brg_err *err);
/* The same and the commit, durable; tried again where others were faster and any version will do.
 */
int edit_do(struct engine *engine, struct brg_arena *arena, const struct edit *edit,
	    struct edited *out, struct brg_err *err);

/* An image as a record has it: what was cleared is absent, and all parts are told. */
struct image edit_settled(const struct image *image, struct brg_arena *arena);

/* The lane act of the owner's mailboxes, and of those that the record is linked to, is wanted. */
int edit_want(struct engine *engine, struct step *step, const struct brg_record_row *row,
	      struct brg_err *err);

extern const struct brg_fault *const edit_faults[];
extern const struct brg_fault edit_no_kind, edit_no_owner, edit_no_type, edit_raced, edit_held;

#endif
