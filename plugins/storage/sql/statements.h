/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement by number, and short ways to give it values and to run it.
 */
#ifndef BRG_SQL_STATEMENTS_H
#define BRG_SQL_STATEMENTS_H

#include "sql.h"

enum {
	S_HAS_STORE,
	S_HAS_TABLES,
	S_SCHEMA,
	S_STORE_NEW,
	S_STORE_SCHEMA,
	S_STORE_SET,

	/* Each three: must not exist, whatever is there, must be this version. */
	S_OWNER_NEW,
	S_OWNER_ANY,
	S_OWNER_AT,
	S_PROFILE_NEW,
	S_PROFILE_ANY,
	S_PROFILE_AT,
	S_MAILBOX_NEW,
	S_MAILBOX_ANY,
	S_MAILBOX_AT,
	S_REFERENCE_NEW,
	S_REFERENCE_ANY,
	S_REFERENCE_AT,
	S_OUTGOING_NEW,
	S_OUTGOING_ANY,
	S_OUTGOING_AT,
	S_RECORD_NEW,
	S_RECORD_ANY,
	S_RECORD_AT,
	S_LINK_NEW,
	S_LINK_ANY,
	S_LINK_AT,

	S_LEASE,
	S_SAME_LOCK,
	S_SAME,
	S_STATE_IS,
	S_ADDRESS_DROP,
	S_ADDRESS_PUT,
	S_EXTERNAL_NEW,
	S_EXTERNAL_ANY,
	S_PARTY,
	S_QUEUE_ITEM,
	S_QUEUE_ITEM_DONE,
	S_CLUE_NEW,
	S_CLUE_ANY,
	S_SHUN,
	S_SHUN_OFF,
	S_HELD,
	S_FORGET_BODY,
	S_FORGET_MARKS,
	S_FORGET_ALERTS,
	/* The rows of a record, in an order in which none is needed by a later one. */
	S_FORGET_FIRST,
	S_FORGET_LINKS = S_FORGET_FIRST,
	S_FORGET_PARTIES,
	S_FORGET_QUEUE_ITEMS,
	S_FORGET_CLUES,
	S_FORGET_OUTGOING,
	S_FORGET_EXTERNALS,
	S_FORGET_DECISIONS,
	S_FORGET_RECORD,
	S_FORGET_LAST = S_FORGET_RECORD,
	S_FORGET_REFERENCE,
	S_VISIT_NEW,
	S_VISIT_SET,
	S_WANT,
	S_WANT_ALL,
	S_SETTLE,
	S_UNLINK,
	S_MARK,
	S_MARK_HAS,
	S_MARK_REKEY,
	S_LINK_HAS,
	S_LINK_REKEY,
	S_PARKED_REKEY,
	S_DECISION,
	S_PARK,
	S_UNPARK,
	S_CURSOR,
	S_STATE,
	S_STATE_DROP,
	S_BODY,
	S_BODY_MORE,
	S_BODY_FRESH,
	S_BODY_IS,
	S_BODY_USED,
	S_BODY_DROP,
	S_ALERT,
	S_CLEAR,
	S_COUNT,

	S_READ_STORE,
	S_READ_OWNER,
	S_READ_OWNER_NAMED,
	S_READ_OWNERS,
	S_READ_PROFILE,
	S_READ_PROFILE_NAMED,
	S_READ_PROFILES,
	S_READ_MAILBOX,
	S_READ_MAILBOX_NAMED,
	S_READ_MAILBOX_PROFILE,
	S_READ_MAILBOXES,
	S_READ_VISITS_OF,
	S_READ_VISITS,
	S_READ_RECORD,
	S_READ_RECORD_MESSAGE,
	S_READ_RECORD_CLUE,
	S_READ_RECORDS_THREAD,
	S_READ_RECORDS_PARTY,
	S_READ_RECORDS_REGARDING,
	S_READ_RECORDS_OF,
	S_READ_RECORDS,
	S_RECORD_PLACE,
	S_READ_AGED,
	S_READ_LINKS_RECORD,
	S_READ_LINKS_OF,
	S_READ_MARK,
	S_READ_MARKS_STATE,
	S_READ_MARKS,
	S_READ_PRINTS,
	S_READ_DECISIONS_RECORD,
	S_READ_DECISIONS_MESSAGE,
	S_READ_DECISIONS_ITEM,
	S_READ_DECISIONS_OF,
	S_READ_PARKED_OF,
	S_READ_PARKED,
	S_READ_ALERTS,
	S_READ_ALERTS_OF,
	S_READ_COUNTERS,
	S_READ_PROCESSES,
	S_READ_DUE,
	S_READ_CURSORS_OF,
	S_READ_CURSORS,
	S_READ_REFERENCE,
	S_READ_REFERENCE_NAMED,
	S_READ_REFERENCES,
	S_READ_ADDRESS,
	S_READ_ADDRESSES_OF,
	S_READ_ADDRESSES,
	S_READ_EXTERNAL,
	S_READ_EXTERNALS_OF,
	S_READ_EXTERNALS,
	S_READ_PARTIES,
	S_READ_QUEUE_ITEMS,
	S_READ_QUEUE_ITEMS_RECORD,
	S_READ_CLUES,
	S_READ_CLUES_RECORD,
	S_READ_OUTGOING,
	S_READ_OUTGOING_OF,
	S_READ_OUTGOING_OPEN,
	S_READ_OUTGOING_ALL,
	S_READ_SHUNNED,
	S_READ_ALL_SHUNNED,
	S_COUNT_OWNERS,
	S_COUNT_PROFILES,
	S_COUNT_MAILBOXES,
	S_COUNT_RECORDS,
	S_COUNT_LINKS,
	S_COUNT_MARKS,
	S_COUNT_PARKED,
	S_COUNT_BODIES,
	S_COUNT_RECORDS_OF,
	S_COUNT_LINKS_OF,
	S_COUNT_MARKS_OF,
	S_COUNT_PARKED_OF,
	S_COUNT_BODIES_OF,
	S_KNOWN,
	S_BODY_CHUNKS,

	S_CLAIM_WANTED,
	S_CLAIM_DUE,
	S_CLAIM_MAILBOX,
	S_CLAIM,
	S_CLAIMED,
	S_CLAIMED_STATES,
	S_CLAIMED_PARKED,
	S_CLAIMED_DELETES,
	S_SLOT_PROFILE,
	S_SLOT_MINE,
	S_SLOT_OTHERS,
	S_SLOT_SET,
	S_SLOT_DROP,
	S_PROCESS_NEW,
	S_PROCESS_HAS,
	S_PROCESS_DROP,
	S_LEAVE_VISITS,
	S_LEAVE_SLOTS,

	S_PRUNE_BODIES,
	S_PRUNE_BODY,
	S_PRUNE_DECISIONS,
	S_PRUNE_ALERTS,
	S_PRUNE_MARKS,

	SQL_STATEMENTS
};

/* Values, one after the other. */
struct put {
	struct sql_db *db;
	int s, at;
};

static inline void put_int(struct put *p, int64_t v)
{
	p->db->driver->bind_int(p->db, p->s, ++p->at, v);
}

static inline void put_text(struct put *p, struct brg_str s)
{
	p->db->driver->bind_text(p->db, p->s, ++p->at, s);
}

static inline void put_blob(struct put *p, struct brg_str s)
{
	p->db->driver->bind_blob(p->db, p->s, ++p->at, s.ptr, s.len);
}

/* An empty one is NULL. */
static inline void put_some(struct put *p, struct brg_str s)
{
	if (s.len)
		put_blob(p, s);
	else
		p->db->driver->bind_null(p->db, p->s, ++p->at);
}

static inline void put_id(struct put *p, const struct brg_id *id)
{
	p->db->driver->bind_blob(p->db, p->s, ++p->at, id->b, sizeof(id->b));
}

/* Nil is NULL. */
static inline void put_ref(struct put *p, const struct brg_id *id)
{
	if (brg_id_is_nil(id))
		p->db->driver->bind_null(p->db, p->s, ++p->at);
	else
		put_id(p, id);
}

static inline void put_sha(struct put *p, const struct brg_sha *sha)
{
	p->db->driver->bind_blob(p->db, p->s, ++p->at, sha->b, sizeof(sha->b));
}

/* Run a statement without rows. How many rows it changed, or < 0. */
static inline int64_t run(struct sql_db *db, int s, struct brg_err *err)
{
	int rc = db->driver->step(db, s, err);
	int64_t n = rc < 0 ? rc : db->driver->changes(db);

	db->driver->reset(db, s);
	return n;
}

/* Run a statement for one integer: 1 with *out, 0: no row, < 0. */
static inline int run_int(struct sql_db *db, int s, int64_t *out, struct brg_err *err)
{
	int rc = db->driver->step(db, s, err);

	if (rc > 0 && out)
		*out = db->driver->get_int(db, s, 0);
	db->driver->reset(db, s);
	return rc;
}

/* Columns, one after the other. */
struct take {
	struct sql_db *db;
	int s, at;
};

static inline int64_t take_int(struct take *t)
{
	return t->db->driver->get_int(t->db, t->s, t->at++);
}

static inline struct brg_str take_str(struct take *t)
{
	return t->db->driver->get_bytes(t->db, t->s, t->at++);
}

static inline struct brg_id take_id(struct take *t)
{
	struct brg_str s = take_str(t);
	struct brg_id id = { { 0 } };

	if (s.len == sizeof(id.b))
		memcpy(id.b, s.ptr, sizeof(id.b));
	return id;
}

/* The columns of rows that more than one room reads (rows.c). */
#define OWNER_COLUMNS "o.id, o.type, o.version, o.name, o.address, o.settings, o.team"
#define PROFILE_COLUMNS \
	"p.id, p.version, p.name, p.connector, p.max_connections, p.settings, p.sealed"
#define MAILBOX_COLUMNS \
	"m.id, m.owner, m.profile, m.version, m.name, m.address, m.identity, m.settings, m.sealed"
#define VISIT_COLUMNS                                                                     \
	"v.id, v.mailbox, v.profile, v.lane, v.state, v.due_us, v.wanted, v.interval_ms," \
	" v.failures, v.strikes, v.probes, v.outcome, v.started_us, v.ended_us, v.items," \
	" v.items_failed, v.code, v.params, v.said, v.token, v.process, v.wanted_claimed"
#define MARK_COLUMNS   "mailbox, folder, remote_id, state, print, octets, seen_us, record"
#define PARKED_COLUMNS "mailbox, folder, remote_id, tries, next_us, code, params, said"
#define CURSOR_COLUMNS "mailbox, folder, value, moved_us"

void sql_take_owner(struct take *t, struct brg_owner_row *r);
void sql_take_profile(struct take *t, struct brg_profile_row *r);
void sql_take_mailbox(struct take *t, struct brg_mailbox_row *r);
void sql_take_visit(struct take *t, struct brg_visit_row *r);
void sql_take_mark(struct take *t, struct brg_mark_row *r);
void sql_take_parked(struct take *t, struct brg_parked_row *r);
void sql_take_cursor(struct take *t, struct brg_cursor_row *r);
/* The present row as what was asked for; false: it is none (a profile with nothing to do). */
bool sql_take_row(struct take *t, struct brg_row *row);

/* One op that is a body's chunk (bodies.c). As enum brg_commit, or < 0. */
int sql_apply_forget(struct sql_db *db, const struct brg_op *op, struct brg_err *err);
int sql_apply_body(struct sql_db *db, const struct brg_body_chunk *chunk, struct brg_err *err);

#endif
