/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rooms of sync share: one visit of the lane act.
 */
#ifndef BRG_CORE_SYNC_PRIVATE_H
#define BRG_CORE_SYNC_PRIVATE_H

#include "core/commit.h"
#include "core/contract.h"
#include "core/fate.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/sync.h"
#include "core/where.h"

/* brg_link_row.flags */
enum {
	LINK_BY_FILTER = 1 << 0, /* the record matched a filter when it was last looked at */
	LINK_TRACKED = 1 << 1,	 /* the item was marked as tracked */
	LINK_CONFLICT = 1 << 2,	 /* a group waits for a person, or was settled a moment ago */
	LINK_LEFT = 1 << 3,  /* it ended because the record left the filters: it may come back */
	LINK_AGAIN = 1 << 4, /* written once more, not seen to have arrived: no third time */
	LINK_ELSEWHERE = 1 << 5, /* its item came up under another id, and was not read since */
};

#define SYNC_FOLDERS_MAX 64
#define SYNC_BATCH	 50

struct sync_folder {
	struct brg_str id, role;
	uint32_t kinds; /* BRG_KIND_BIT, of those that are kept in step */
	struct brg_str cursor;
	int64_t pass; /* number of the full pass that is going on; 0: none */
};

struct sync {
	struct visit *v;
	struct engine *e;
	const struct sync_rules *rules;
	const struct brg_connector *ops;
	struct brg_id mailbox, owner;
	struct owner_settings settings;
	struct brg_str zone;  /* the owner's */
	struct brg_str *self; /* his addresses, folded */
	size_t n_self;
	int inbound[FIELD_KINDS];		    /* enum inbound, settled */
	const struct brg_expr *filter[FIELD_KINDS]; /* any of his filters; NULL: he has none */
	unsigned char epoch[16];		    /* of rules and filters, as they are */

	struct sync_folder folders[SYNC_FOLDERS_MAX];
	size_t n_folders;
	struct brg_str trash; /* where what people delete lies; empty: not told */

	/* Durable, in the state row core.act. */
	int64_t round;		 /* number of the last complete pull of all folders */
	int64_t pass;		 /* number of the last full pass that began */
	bool met;		 /* the first contact is over */
	struct brg_str position; /* in the changes feed */
	unsigned char kept_epoch[16];
	bool has_epoch;
	unsigned char asked_epoch[16]; /* for which all links were marked to be looked at */

	struct brg_id store_id;
	int64_t store_epoch;
	struct brg_id run;    /* of this visit, for history */
	bool pending;	      /* an earlier visit left items or links undecided */
	int64_t told;	      /* lines of listings in this visit */
	int64_t refused;      /* writes that met a newer version */
	struct brg_str state; /* as it was read, without the round */
	int64_t undecided;    /* items that wait until all folders were pulled once more */
	int64_t skew_us;      /* the server's clock less ours */
	struct plan plan;
	struct brg_plan_row decided; /* the plan that this visit carries out, or that is void */
	bool has_decided;
	bool resting;  /* a plan waits, and what it is about is as it was: that is not read anew */
	int64_t links; /* live ones; counted where a plan is judged */
	int64_t older; /* linked items that were found older than what was synchronized */
};

/* What is kept in step. */
#define SYNC_KINDS \
	(BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) | BRG_KIND_BIT(BRG_APPOINTMENT))

/* An item as get() brought it, in canonical form. */
struct sync_item {
	bool there; /* false: it is gone */
	struct image image;
	uint32_t flags;
	struct brg_str version, uid;
	int64_t modified_us; /* by our clock; 0: not told */
	bool stamped;
	struct brg_stamp stamp;
	const struct brg_err *err; /* not NULL: it could not be read */
};

/* ---- sync.c */
int sync_work(struct sync *s, struct brg_err *err);

/* ---- sync_state.c: what the visit starts from and leaves ------------------------------------*/
int sync_begin(struct sync *s, struct visit *v, struct brg_err *err);
/* The state row, into the step under construction. */
void sync_put_state(struct sync *s);
/* Commit it, if there is anything to remember. */
int sync_keep_state(struct sync *s, struct brg_err *err);
struct sync_folder *sync_folder(struct sync *s, struct brg_str id);
/* Does what people delete lie there? */
bool sync_is_deleted_folder(const struct sync *s, struct brg_str id);
/* The folder in which new things of a kind are made; NULL: there is none. */
const struct sync_folder *sync_home(const struct sync *s, int kind);
bool sync_is_self(const struct sync *s, struct brg_str address);
/* Are all full passes over? */
bool sync_whole(const struct sync *s);

/* ---- sync_pull.c ----------------------------------------------------------------------------*/
/* Pull all folders to their end. *whole: that was reached, and s->round is one more. */
int sync_pull(struct sync *s, bool *whole, struct brg_err *err);

/* ---- sync_read.c: items and rows ------------------------------------------------------------*/
/* Read these of one folder; out[i] is the answer for ids[i]. In v->batch. */
int sync_get(struct sync *s, struct brg_str folder, const struct brg_str *ids, size_t n, int kind,
	     struct sync_item *out, struct brg_err *err);
/* One item that a push or find brought. */
int sync_take(struct sync *s, int kind, const struct brg_item *item, struct sync_item *out);
/* 1: found. The newest link of an item; of a record in this mailbox. */
int sync_link_of(struct sync *s, struct brg_str folder, struct brg_str remote_id,
		 struct brg_link_row *out, struct brg_err *err);
int sync_link_to(struct sync *s, const struct brg_id *record, struct brg_link_row *out,
		 struct brg_err *err);
struct shadows {
	struct image record, item, pushed;
	bool has_pushed;
};
int sync_shadows(struct sync *s, const struct brg_link_row *link, struct shadows *out,
		 struct brg_err *err);
/* That of an item which this mailbox has of a record. */
struct brg_stamp sync_stamp(const struct sync *s, const struct brg_id *record, uint64_t attempt);
/* Is it one of this store's for this mailbox? */
bool sync_stamp_ours(const struct sync *s, const struct brg_stamp *stamp);

/* ---- sync_write.c: ops of links -------------------------------------------------------------*/
void sync_put_link(struct sync *s, const struct brg_link_row *link, int64_t expect);
void sync_put_shadows(struct sync *s, const struct brg_link_row *link, const struct image *record,
		      const struct image *item, const struct image *pushed);
/* By the item's UID the record is found from now on: the other copies of a meeting have it too. */
void sync_put_uid(struct sync *s, const struct brg_id *record, struct brg_str uid);
/* Its item was not there when it was read: a later round decides. */
void sync_put_missing(struct sync *s, struct brg_link_row *link);
/* The link ends: a tombstone stays. */
void sync_end_link(struct sync *s, const struct brg_link_row *link, int end);
void sync_inbox_done(struct sync *s, const struct brg_inbox_row *row);
/* One decision about an item. */
void sync_note(struct sync *s, struct brg_str folder, struct brg_str remote_id,
	       const struct brg_id *record, const struct brg_fault *row, const char *params);
/* Commit what waits. BRG_ECONFLICT: somebody wrote a row meanwhile, nothing was done. */
int sync_commit(struct sync *s, int durability, struct brg_err *err);
/* The same at the end of a page of work: in a survey nothing is done, and where somebody wrote a
 * row meanwhile the page is left for later (*raced). */
int sync_end_page(struct sync *s, int durability, bool *raced, struct brg_err *err);
/* Park an item that failed; it is tried again later, the folder goes on. */
void sync_park(struct sync *s, const struct brg_inbox_row *row, const struct brg_err *why);
/* The same without a row of the inbox; how often it was tried. */
int sync_park_row(struct sync *s, struct brg_str folder, struct brg_str remote_id,
		  const struct brg_err *why);
/* A parked one whose time has come; NULL: there is none of this name. */
const struct brg_parked_row *sync_parked(const struct sync *s, struct brg_str folder,
					 struct brg_str remote_id);
void sync_unpark(struct sync *s, const struct brg_parked_row *parked);
/* A record that could not be made in the mailbox is parked under this name. */
struct brg_str sync_record_name(const struct brg_id *record, struct brg_arena *arena);
bool sync_of_record(const struct brg_parked_row *parked, struct brg_id *record);
struct record_cause sync_cause(const struct sync *s, const struct brg_fault *row);

/* May this be done to the link's record (SIDE_STORE) or item? See plan_allows(). */
bool sync_allows(struct sync *s, int side, int type, const struct brg_link_row *link,
		 int64_t mails_out);
/* The link ends by a rule and both sides stay. False: that has to wait. */
bool sync_let_go(struct sync *s, const struct brg_link_row *link, int event);
/* As the inbox would tell of an item that is there now. */
struct brg_inbox_row sync_row_of(const struct sync *s, const struct brg_link_row *link);

/* ---- sync_inbox.c: items become records -----------------------------------------------------*/
int sync_inbox(struct sync *s, struct brg_err *err);
/* ---- sync_item.c: one item ------------------------------------------------------------------*/
/* Add to the step what follows from an item that was read. */
int sync_item_linked(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		     const struct sync_item *item, struct brg_err *err);
/* The server says that the item is private. 1: it was not before, and it is let go without being
 * read; 0: the record is private too. */
int sync_item_hidden(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		     struct brg_err *err);
int sync_item_new(struct sync *s, const struct brg_inbox_row *row, const struct sync_item *item,
		  struct brg_err *err);
/* Make item and record one: the link, shadows, and what the merge says. */
int sync_adopt(struct sync *s, const struct brg_inbox_row *row, const struct sync_item *item,
	       struct record *record, const struct brg_link_row *former, struct brg_err *err);
/* ---- sync_double.c */
/* 1: it was one of ours too many, and goes; 0: somebody has made something of it. */
int sync_remove_double(struct sync *s, const struct brg_inbox_row *row,
		       const struct sync_item *item, const struct record *record,
		       struct brg_err *err);
/* Has its owner marked it for the CRM? */
static inline bool sync_is_tracked(uint32_t flags)
{
	return (flags & BRG_IS_TRACKED) != 0;
}
/* Does the item become a record by itself? */
bool sync_eligible(const struct sync *s, int kind, uint32_t flags);
/* Is the record one that the owner's filters let through? 1: yes, 0: no. */
int sync_matches(struct sync *s, int kind, const struct brg_id *record, struct brg_err *err);
/* The owner's address as the meeting's attendees have it; empty: he is none of them. */
struct brg_str sync_self_in(const struct sync *s, const struct image *image);
/* Is he its organizer, or is there none? So it is of all that is no meeting. */
bool sync_organizes(const struct sync *s, const struct image *image);
int sync_role(struct sync *s, const struct image *image, const struct brg_id *record, int *role,
	      struct brg_err *err);
/* ---- sync_merge.c: one link is merged -------------------------------------------------------*/
/* What the two sides and their shadows come to; an item that is NULL is as it was. */
struct sync_merged {
	struct merge_out out;
	bool news;	      /* something for the store, not only for the mailbox */
	struct brg_row *rows; /* conflicts of the record */
	size_t n_rows;
};
int sync_merge(struct sync *s, const struct brg_link_row *link, const struct shadows *shadows,
	       const struct sync_item *item, const struct record *record, struct sync_merged *out,
	       struct brg_err *err);
/* What a new record takes of the item, or a new item of the record: the other one is NULL. */
int sync_merge_new(struct sync *s, const struct brg_link_row *link, const struct sync_item *item,
		   const struct record *record, struct image *out, struct brg_err *err);
/* And add to the step all that follows for store and link; pushing comes later, by the dirty mark.
 * expect: the link's version, or BRG_NEW. */
int sync_merge_put(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		   const struct shadows *shadows, const struct sync_item *item,
		   struct record *record, int64_t expect, struct brg_err *err);

/* ---- sync_guard.c: what would be done is looked at before it is done ------------------------*/
/* Sets s->plan.held and what is approved. *rest: nothing is to be done now. */
int sync_guard(struct sync *s, bool *rest, struct brg_err *err);
/* The end of a visit that did all that it might. */
void sync_guard_done(struct sync *s);
/* Is this kind of effects (PLAN_HOLD_*) known to wait, so that nobody need look? */
bool sync_rests(const struct sync *s, unsigned hold);

/* ---- sync_push.c: records become items ------------------------------------------------------*/
int sync_push(struct sync *s, struct brg_err *err);
/* ---- sync_feed.c: records that the mailbox does not have yet --------------------------------*/
/* A record with attendees and without an organizer is held by the mailbox that first comes to write
 * it: that is committed before the write, so that two of them do not both invite. 1: go on with *r
 * as it is now, 0: somebody else has written it meanwhile. */
int sync_hold_meeting(struct sync *s, struct record *r, struct brg_err *err);
int sync_feed(struct sync *s, struct brg_err *err);
/* ---- sync_intent.c: writes with a durable intent before them --------------------------------*/
struct sync_write {
	struct brg_link_row link; /* create: the one that will be */
	struct record record;
	struct image push; /* create: all of it */
	struct image base_record_after, base_item;
	int type; /* enum brg_push_type */
	int64_t mails_out;
	struct brg_intent_row intent; /* filled in */
};
/* Intents, durable; the connector; outcomes. */
int sync_do(struct sync *s, struct sync_write *writes, size_t n, struct brg_err *err);
/* What the item is after a write of these fields, as far as we know. */
struct image sync_after(struct sync *s, const struct image *item, const struct image *push);
/* Let the item be read at the end of this round, or in the next visit. */
void sync_read_again(struct sync *s, int kind, struct brg_str folder, struct brg_str remote_id);
/* ---- sync_recover.c: what an earlier life may have done -------------------------------------*/
int sync_recover(struct sync *s, struct brg_err *err);
/* Where items with these stamps lie, in whatever folder; both empty: nowhere. */
int sync_find(struct sync *s, const struct brg_stamp *stamps, size_t n, struct brg_str *folders,
	      struct brg_str *remote_ids, struct brg_err *err);
/* What of the image the connector can write. */
struct image sync_writable(const struct sync *s, int kind, const struct image *image,
			   struct brg_arena *arena);
/* Who would be mailed by a write; for a create or delete push is NULL. */
int64_t sync_mails_out(struct sync *s, const struct brg_link_row *link, int type,
		       const struct image *record, const struct merge_out *merged);

/* ---- sync_missing.c -------------------------------------------------------------------------*/
int sync_missing(struct sync *s, struct brg_err *err);

extern const struct brg_fault sync_decided_tombstone, sync_decided_copy, sync_decided_adopted,
	sync_decided_moved, sync_decided_ambiguous, sync_decided_double;

#endif
