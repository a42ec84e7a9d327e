/* SPDX-License-Identifier: Apache-2.0
 *
 * A mail becomes a record: is it here already, for whom is it, do they want it, what does it
 * answer; then the ops that say so. The same for a mail that a visit brought and for one that
 * a client promotes.
 */
#ifndef BRG_CORE_TRACK_H
#define BRG_CORE_TRACK_H

#include "core/email.h"
#include "core/keyset.h"
#include "core/engine.h"
#include "core/parent.h"
#include "core/receipt.h"
#include "core/resolve.h"
#include "core/same.h"

/* What is needed for many mails; one thread. */
struct tracker {
	struct engine *engine;
	struct brg_arena *arena; /* rules */
	struct brg_arena *cache; /* of the resolver */
	struct resolver who;
	struct keyset shunned; /* keyed hashes of addresses */
	bool knows_shunned;    /* it was read */
	struct trail trail;
	struct keyset *
		expected; /* a visit's: keys of mails whose bodies are on the way, in the scratch */
	struct accept_rules accept;
};

struct tracker *tracker_new(struct engine *engine);
void tracker_free(struct tracker **tracker);
/* By whom and with which rule a mail is read. */
struct track_reader {
	struct brg_id owner;
	int owner_type;		/* enum brg_owner_type */
	struct brg_str address; /* of the mailbox; may be empty */
	int accept;		/* enum accept */
	const char *senders;
	int visibility;
};

struct track_mail {
	/* In. */
	const struct mime_header *header;
	struct brg_blob *body; /* NULL: not fetched */
	int64_t received_us;
	bool by_hand;
	bool outgoing;		    /* it is ours */
	const struct brg_id *filed; /* what its folder regards; NULL or nil: nothing of its own */
	struct brg_str key;	    /* trail_key(); empty: track_judge() makes it */
	/* Out, by track_judge(). */
	struct same same;
	struct party *parties;
	size_t n_parties;
	struct accept_out accept;
	struct receipt receipt; /* what it reports on a mail of ours, whatever becomes of it */
	bool correlated;	/* was looked for */
	struct parent parent;	/* what it answers, or reports on */
};

/* What is to be done with it. */
enum track_verdict {
	TRACK_TAKE = 1,	      /* track_write() */
	TRACK_PASS = 2,	      /* mail->accept says why */
	TRACK_SAME = 3,	      /* mail->same.record is it: only a link is missing */
	TRACK_WANTS_BODY = 4, /* fetch it and ask again */
};
/* Everything of the answer lives in `scratch`. < 0: err. */
int track_judge(struct tracker *tracker, const struct track_reader *reader, struct track_mail *mail,
		struct brg_arena *scratch, struct brg_err *err);

/* Add the ops of a new record to the step; slices go to its arena. The body is not among them:
 * *record is the number of the op that waits for it. Returns its id. */
struct brg_id track_write(struct tracker *tracker, const struct track_reader *reader,
			  const struct track_mail *mail, struct step *step, size_t *record);
/* The same under an id that is known before. */
void track_write_as(struct tracker *tracker, const struct track_reader *reader,
		    const struct track_mail *mail, const struct brg_id *id, struct step *step,
		    size_t *record);
/* The reader has a mail that is here already: he sees the record as its owner does; a queue's
 * waits there too, if so configured. After a verdict of TRACK_SAME, or where it was passed because
 * the sender's own record is here. */
void track_join(struct tracker *tracker, const struct track_reader *reader,
		const struct brg_id *record, struct step *step);

#endif
