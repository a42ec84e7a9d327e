/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cases share. A case is a function that returns at the first check that does not
 * hold; stores that it opened and processes that it started are cleaned up behind it.
 */
#ifndef BRG_STORAGE_KIT_PRIVATE_H
#define BRG_STORAGE_KIT_PRIVATE_H

#include "kit-check.h"
#include "storage-kit.h"

#include <sys/types.h>

struct kit_store {
	struct kit *kit;
	const struct brg_storage *ops;
	void *self;
	bool open;
	struct brg_host host;
	struct brg_err err; /* of the last call */
	size_t failed;	    /* op of the last refusal */
};

/* Another process; it talks through two pipes. */
struct kit_child {
	struct kit *kit;
	pid_t pid; /* 0: this is the child's own view */
	int in, out;
};

#define KIT_STORES   8
#define KIT_CHILDREN 4

struct kit {
	const struct storage_kit *harness;
	const char *name;
	bool failed;
	char store[64]; /* name of this case's store */
	struct kit_store *stores[KIT_STORES];
	size_t n_stores;
	struct kit_child children[KIT_CHILDREN];
	size_t n_children;
	struct scrap *scraps; /* memory of the case */
	uint64_t ids;
};

struct kit_case {
	const char *name;
	unsigned group;
	void (*run)(struct kit *k);
};

/* The cases, by file; each list ends with a NULL name. */
extern const struct kit_case kit_step_cases[], kit_item_cases[], kit_lease_cases[],
	kit_slot_cases[], kit_process_cases[], kit_body_cases[], kit_read_cases[], kit_mail_cases[],
	kit_sync_cases[], kit_feed_cases[], kit_zone_cases[], kit_match_cases[];

void kit_fail(struct kit *k, const char *file, int line, const char *what);
#define CHECK(k, what) KIT_CHECK(kit_fail, k, what)
/* A call that must return this; says which error it was instead. */
#define CHECK_RC(k, st, call, want)                                            \
	do {                                                                   \
		int kit_rc = (call);                                           \
		if (kit_rc != (want)) {                                        \
			kit_fail_rc(k, st, __FILE__, __LINE__, #call, kit_rc); \
			return;                                                \
		}                                                              \
	} while (0)
void kit_fail_rc(struct kit *k, const struct kit_store *st, const char *file, int line,
		 const char *what, int rc);
/* A moment that all cases take as now, in microseconds. */
#define KIT_NOW INT64_C(1800000000000000)

/* Zeroed memory that lives as long as the case. */
void *kit_alloc(struct kit *k, size_t n);
struct brg_str kit_printf(struct kit *k, const char *fmt, ...) BRG_PRINTF(2, 3);
/* A new identity, larger than all before. */
struct brg_id kit_id(struct kit *k);
/* One that was made at that moment. */
struct brg_id kit_id_at(struct kit *k, int64_t us);
/* An instance on the case's store. NULL: it failed. */
struct kit_store *kit_open(struct kit *k, unsigned flags);
void kit_close(struct kit_store *st);

/* One step, relaxed unless said. */
int kit_commit(struct kit_store *st, const struct brg_op *ops, size_t n);
int kit_commit_durable(struct kit_store *st, const struct brg_op *ops, size_t n);
int kit_commit_one(struct kit_store *st, struct brg_op op);
/* All rows of a read, with their slices, in the case's memory. < 0: err. */
int64_t kit_rows(struct kit_store *st, const struct brg_query *q, struct brg_row **rows);
/* The same, for a single row; NULL: none, or an error. */
const struct brg_row *kit_row(struct kit_store *st, const struct brg_query *q);
/* Rows of the feed. Where several write at once, a change is seen as soon as all that began
 * before it have ended, be they the database's own: wait for as many as there must be. */
int64_t kit_feed(struct kit_store *st, const struct brg_query *q, int64_t want,
		 struct brg_row **rows);
/* How many rows a read has, or < 0. */
int64_t kit_count(struct kit_store *st, const struct brg_query *q);

/* A user, a profile with so many connections, n mailboxes and their visits for the lane
 * BRG_INCOMING, due at KIT_NOW - 1000 * (n - i): the first is the oldest. */
struct kit_world {
	struct brg_id owner, profile, process;
	struct brg_id *mailboxes, *visits;
	size_t n;
};
struct kit_world *kit_world(struct kit_store *st, size_t n, int64_t connections);
struct brg_op kit_op_profile(struct kit *k, const struct brg_id *id, const char *name,
			     int64_t connections);
struct brg_op kit_op_visit(const struct brg_id *id, const struct brg_id *mailbox,
			   const struct brg_id *profile, int64_t due_us);
struct brg_op kit_op_record(const struct brg_id *id, const struct brg_id *owner);
struct brg_op kit_op_link(const struct brg_id *id, const struct brg_id *mailbox,
			  const struct brg_id *record, const char *remote_id);
struct brg_op kit_op_mark(const struct brg_id *mailbox, const char *remote_id, int state);
struct brg_op kit_op_count(const char *name, int64_t value);
/* The visit of this mailbox, as it is now; NULL: none. */
const struct brg_visit_row *kit_visit(struct kit_store *st, const struct brg_id *mailbox);

/* Join as a new process. */
struct brg_id kit_join(struct kit_store *st);
/* Claim for the process, with room for so many of the world's profile. Rows are kept with
 * their slices (of the visit, the mailbox and the counts only). */
struct kit_claims {
	struct kit *kit;
	struct brg_claimed at[64];
	size_t n;
};
int kit_claim(struct kit_store *st, const struct kit_world *w, const struct brg_id *process,
	      uint32_t n, uint32_t room, struct kit_claims *out);
int kit_claim_request(struct kit_store *st, const struct brg_claim_request *req,
		      struct kit_claims *out);
struct brg_op kit_op_settle(const struct brg_visit_row *visit, int64_t due_us, bool progress);

/* Run fn in a process of its own; its result is the exit status. Start all children before
 * opening a store. */
struct kit_child *kit_spawn(struct kit *k, int (*fn)(struct kit *k, struct kit_child *me));
/* Words between parent and child, one byte each. 0, or -1 when the other is gone. */
int kit_say(struct kit_child *c, char word);
int kit_hear(struct kit_child *c, char word);
int kit_send(struct kit_child *c, const void *p, size_t n);
int kit_receive(struct kit_child *c, void *p, size_t n);
/* Kill with SIGKILL and wait. */
void kit_kill(struct kit_child *c);
/* Wait for its end; the exit status, or -1. */
int kit_wait(struct kit_child *c);

#endif
