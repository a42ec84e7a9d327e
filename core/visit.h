/* SPDX-License-Identifier: Apache-2.0
 *
 * One visit: one lane of one mailbox, worked on once under a lease.
 */
#ifndef BRG_CORE_VISIT_H
#define BRG_CORE_VISIT_H

#include "core/engine.h"
#include "core/host.h"
#include "core/mailbox.h"
#include "core/track.h"

struct visit {
	struct engine *engine;
	struct brg_claimed claimed; /* a copy in the arena */
	struct mailbox_settings settings;
	const struct brg_plugin *plugin;
	void *session;
	struct host host;
	struct board_slot *board; /* NULL: nobody watches */

	struct brg_arena *arena;   /* the visit's */
	struct brg_arena *batch;   /* reset after each pull */
	struct brg_arena *pending; /* what the step under construction refers to */
	struct step step;
	struct parcel *parcels;	 /* the bodies of its records */
	size_t pending_bytes;	 /* of them */
	struct flights *flights; /* earlier steps; NULL: there were none */

	struct brg_str folder;
	struct brg_str cursor;
	struct brg_tracked_row *tracked; /* folders whose mail is tracked */
	size_t n_tracked;
	struct brg_tracked_row *filed; /* the one of them that is read; NULL: the inbox */
	struct brg_str sent_folder;    /* empty: what was sent is not looked at */
	struct keyset regarded;	       /* records that were looked at for its regarding */

	/* Incoming mail. */
	struct tracker *tracker;
	struct track_reader reader;
	struct fresh fresh;
	struct keyset expected; /* in the batch arena */
	bool reported;		/* what a report says of a mail of ours is not committed yet */

	int64_t started_us, started_ms;
	int64_t items, items_failed, stored, renamed;
	int64_t steps;	       /* committed */
	struct ledger *ledger; /* outgoing */
	int64_t due_us;	       /* outgoing: when the next mail may go; 0: not known */
	bool backlog;
	bool raced; /* a step met what somebody else wrote at the same moment: start again */

	/* Marks whose items are to be deleted on the server when all is durable. */
	struct brg_mark_row *deletes;
	size_t n_deletes, room_deletes;

	/* Old ids that a rename in the step under construction has used up. */
	struct used_id {
		struct used_id *next;
		struct brg_str id;
	} * used;
	struct brg_id store_id; /* of a lane that sends drafts, for their stamps; else nil */
};

/* A copy of a claimed visit that lives in the arena. */
void visit_copy(struct brg_claimed *to, const struct brg_claimed *from, struct brg_arena *arena);

/* The session of claimed.mailbox with its options filled in, not opened yet; and its end. */
int visit_session(struct visit *visit, struct brg_err *err);
void visit_close_session(struct visit *visit);
/* Should it give way to others? */
bool visit_time_is_up(const struct visit *visit);
/* Walk the visit and settle it. Returns the outcome (enum brg_outcome); *err holds the
 * reason if it is a failure. While the store cannot be written it waits and tries again,
 * until engine->stopping. `claimed` must live until it returns. */
int visit_run(struct engine *engine, const struct brg_claimed *claimed, struct board_slot *board,
	      struct brg_err *err);

extern const struct brg_fault *const visit_faults[];

#endif
