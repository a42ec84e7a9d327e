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
	S_FORGET_SHADOWS = S_FORGET_FIRST,
	S_FORGET_INTENTS,
	S_FORGET_HISTORY,
	S_FORGET_CONFLICTS,
	S_FORGET_MOMENTS,
	S_FORGET_EDITS,
	S_FORGET_LINKS,
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
	S_READ_LINKS_IN,
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
	S_CLAIMED_CURSORS,
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

	/* Records both ways (statements_sync.c). */
	S_SYNC_FIRST,
	S_FEED_EPOCH = S_SYNC_FIRST,
	S_FEED_NEXT,
	S_CHANGE,
	S_CHANGE_GONE,
	S_LINKS_CHANGED,
	S_SHADOW,
	S_SHADOW_DROP,
	S_INBOX,
	S_INBOX_DONE,
	S_INTENT,
	S_INTENT_DONE,
	S_HISTORY,
	S_HISTORY_BLANK,
	S_CONFLICT_BLANK,
	S_CONFLICT,
	S_CONFLICT_AGAIN,
	S_PLAN_NEW,
	S_PLAN_ANY,
	S_PLAN_AT,
	S_PLAN_LINE,
	S_FILTER_NEW,
	S_FILTER_ANY,
	S_FILTER_AT,
	S_FILTER_DROP,
	S_TRACKED_NEW,
	S_TRACKED_ANY,
	S_TRACKED_AT,
	S_TRACKED_DROP,
	S_TRACKED_DROP_CURSOR,
	S_FORGET_TRACKED,
	S_DERIVED,
	S_DERIVED_SAME,
	S_MOMENT_DROP,
	S_MOMENT,
	S_PARTY_DROP,
	S_CLUE_DROP,
	S_TOUCH_CHANGES,
	S_TOUCH_LINKS,
	S_RECHECK_MAILBOX,
	S_RECHECK_RECORD,
	S_MISSING,
	S_EDIT,
	S_EDIT_DONE,

	S_READ_LINKS_DIRTY,
	S_READ_LINKS_MISSING,
	S_READ_LINK,
	S_READ_LINK_ITEM,
	S_READ_LINK_RECORD,
	S_READ_LINK_COUNTS,
	S_READ_SHADOW,
	S_READ_SHADOWS_RECORD,
	S_READ_INBOX,
	S_READ_INBOX_MATCH,
	S_READ_INBOX_ONE,
	S_READ_INTENTS_OF,
	S_READ_INTENTS,
	S_READ_HISTORY_RECORD,
	S_READ_HISTORY_OF,
	S_READ_HISTORY_RUN,
	S_READ_CONFLICT,
	S_READ_CONFLICTS_RECORD,
	S_READ_CONFLICTS_OF,
	S_READ_CONFLICTS_OPEN,
	S_READ_CONFLICTS,
	S_READ_PLAN,
	S_READ_PLANS_OF,
	S_READ_PLANS_STATE,
	S_READ_PLANS,
	S_READ_PLAN_LINES,
	S_READ_FILTER,
	S_READ_FILTERS_OF,
	S_READ_FILTERS,
	S_READ_TRACKED,
	S_READ_TRACKED_OF,
	S_READ_TRACKED_ALL,
	S_READ_CHANGES,
	S_READ_CHANGES_LAST,
	S_READ_EDITS_NEW,
	S_READ_EDITS,
	S_READ_RECORDS_ACT,
	S_READ_RECORDS_ACT_OF,
	S_READ_SCHEDULE,
	S_READ_ZONED,
	S_COUNT_CONFLICTS,
	S_COUNT_PLANS,
	S_COUNT_INTENTS,
	S_COUNT_INBOX,
	S_COUNT_CONFLICTS_OF,
	S_COUNT_PLANS_OF,
	S_COUNT_INTENTS_OF,
	S_COUNT_INBOX_OF,

	SQL_STATEMENTS
};

struct sql_statement {
	const char *text, *postgres; /* NULL: the same */
};
const char *sql_statement(int engine, int s);
/* The number of a statement with this text, which becomes the connection's. */
int sql_make(struct sql_db *db, char *text);
/* From S_SYNC_FIRST on. */
extern const struct sql_statement sql_sync_statements[];

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

static inline void put_some_text(struct put *p, struct brg_str s)
{
	if (s.len)
		put_text(p, s);
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
#define CURSOR_COLUMNS "mailbox, folder, value, moved_us, lane"
#define LINK_COLUMNS                                                                                \
	"id, record, mailbox, version, live, folder, remote_id, remote_version, kind, ended, role," \
	" seen_version, record_now, recheck, pass, missing, attempt, synced_us, flags"
/* clang-format off */
#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
#define RECORD_COLUMNS \
	"r.id, r.owner, r.version, r.kind, r.created_us, r.modified_us, r.sorted_us, r.fields," \
	" r.body, r.body_octets, r.message_key, r.thread, r.correlated, r.regarding, r.method," \
	" r.direction, r.visibility, r.held, r.deleted_us, r.keys, r.zones"

/* The records that user v may see (enum brg_visibility): as their owners, or those who have the
 * same mail, or as these let others see them; empty: all. */
#define SEEN(v) \
	" AND (length(" v ") = 0 OR r.owner = " v " OR EXISTS (SELECT 1 FROM owner me" \
	" JOIN owner o ON o.id = r.owner OR o.id IN (SELECT p.object FROM party p" \
	" WHERE p.record = r.id AND p.role = " STRING(BRG_ROLE_READER) ")" \
	" LEFT JOIN reference f ON f.id = r.regarding AND r.visibility = 0" \
	" WHERE me.id = " v " AND (o.id = me.id OR f.owner = me.id OR CASE" \
	" WHEN r.visibility > 0 THEN r.visibility WHEN f.visibility > 0 THEN f.visibility" \
	" WHEN f.id IS NULL AND o.type = 2 THEN 2 ELSE 1 END > CASE" \
	" WHEN o.team = me.team AND o.team <> '' OR o.type = 2 AND o.team = '' THEN 1 ELSE 2 END)))"

/* The feed of changes (statements_sync.c): a row, and what came behind the position of
 * generation ?1, transaction ?2 and number ?3. */
#define FEED_SETTLED "c.xid < pg_snapshot_xmin(pg_current_snapshot())"
#define CHANGE_COLUMNS \
	"(SELECT generation FROM feed) || '-' || c.number, c.record, c.kind, c.version, c.gone_us"
#define PG_CHANGE_COLUMNS \
	"(SELECT generation FROM feed)::text || '-' || c.xid::text || '-' || c.number::text," \
	" c.record, c.kind, c.version, c.gone_us"
#define FEED_FROM(a, b) "CASE WHEN (SELECT generation FROM feed) = ?1 THEN " a " ELSE " b " END"
#define CHANGED_SINCE "c.number > " FEED_FROM("?3", "0") " AND length(?2) >= 0"
#define PG_CHANGED_SINCE \
	"(c.xid, c.number) > (" FEED_FROM("?2::bigint::text::xid8", "'0'::xid8") ", " \
	FEED_FROM("?3::bigint", "0") ") AND " FEED_SETTLED
/* clang-format on */

void sql_take_owner(struct take *t, struct brg_owner_row *r);
void sql_take_profile(struct take *t, struct brg_profile_row *r);
void sql_take_mailbox(struct take *t, struct brg_mailbox_row *r);
void sql_take_visit(struct take *t, struct brg_visit_row *r);
void sql_take_mark(struct take *t, struct brg_mark_row *r);
void sql_take_parked(struct take *t, struct brg_parked_row *r);
void sql_take_cursor(struct take *t, struct brg_cursor_row *r);
/* The present row as what was asked for; false: it is none (a profile with nothing to do). */
bool sql_take_row(struct take *t, struct brg_row *row);

/* The same for what is read of records both ways (rows_sync.c). */
bool sql_take_sync_row(struct take *t, struct brg_row *row);
void sql_take_record(struct take *t, struct brg_record_row *r);

/* ---- reads ----------------------------------------------------------------------------------*/

static inline struct put ask(struct sql_db *db, int s)
{
	return (struct put){ db, s, 0 };
}

/* Lists that go down start from the end. */
const struct brg_id *sql_before(const struct brg_query *q);
void sql_put_viewer(struct put *p, const struct brg_query *q);
/* The place in the order of lists of the record that they go on behind. */
int sql_place(struct sql_db *db, const struct brg_query *q, int64_t *place, struct brg_err *err);
/* Values 1 to 3 of CHANGED_SINCE. */
void sql_put_position(struct put *p, struct brg_str text);
/* A question about records both ways; *limited: the last value is the limit. 1: asked,
 * 0: it is none. */
int sql_ask_sync(struct sql_db *db, const struct brg_query *q, struct put *p, bool *limited,
		 struct brg_err *err);
/* Does it tell changes, not records? */
static inline bool sql_is_feed(const struct brg_query *q)
{
	return q->what == BRG_READ_CHANGES ||
	       (q->what == BRG_READ_MATCHES && brg_id_is_nil(&q->id) && q->text.len);
}
/* The same for records that a condition is true of (where.c). */
int sql_ask_matches(struct sql_db *db, const struct brg_query *q, struct put *p,
		    struct brg_err *err);

/* Piece of the migration to schema 3: the views for people. */
extern const char sql_schema_views[];

#endif
