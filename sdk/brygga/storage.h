/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/storage.h - what a storage plugin does.
 *
 * The store is the only shared state: directory, schedule, leases, slots, records,
 * links, marks, cursors, bodies, alerts. The core changes it by one call, commit(step):
 * a list of operations, each with its condition, done whole or not at all. It reads by
 * one call, read(query). No transaction crosses this border, and no read takes place
 * inside a write transaction.
 *
 * Every slot may be called from any thread at any time after open() and before close().
 * A storage may have threads of its own (SQLite: one that commits).
 */
#ifndef BRG_STORAGE_H
#define BRG_STORAGE_H

#include <brygga/expr.h>
#include <brygga/host.h>
#include <brygga/row.h>

/* ---- commit ---------------------------------------------------------------------------------*/

/* The condition of a row that has a version. */
enum brg_expect {
	BRG_ANY = -1, /* insert or replace */
	BRG_NEW = 0,  /* must not exist */
	/* n > 0: must exist with exactly this version */
};

enum brg_op_type {
	/* Conditions. */
	BRG_OP_LEASE = 1,	/* u.lease: the visit is still leased by this token */
	BRG_OP_SAME = 2,	/* u.same: exactly n records have this message_key, those of earlier
				 * ops of the step included */

	BRG_OP_STATE_IS = 3,	/* u.state: the row (mailbox, name) holds exactly this value, earlier
				 * ops of the step included; empty: there is no such row */

	/* Directory. `expect` applies; the store sets version. */
	BRG_OP_OWNER = 10,
	BRG_OP_PROFILE = 11,
	BRG_OP_MAILBOX = 12,
	BRG_OP_STORE = 13,	/* u.store: set key_check and epoch */
	BRG_OP_REFERENCE = 14,
	BRG_OP_ADDRESSES = 15,	/* u.addresses: the object has these and no others */
	BRG_OP_EXTERNAL = 16,	/* u.external: BRG_NEW: (system, key) must be free or the object's
				 * already; BRG_ANY: it becomes the object's */

	/* Schedule. */
	BRG_OP_VISIT = 20,	/* u.visit: make the row for (mailbox, lane), or change profile,
				 * state, due, failures, strikes, probes, code, params, said of the
				 * one there; never its lease. expect BRG_NEW: leave an existing row as it is. Condition:
				 * nobody holds the lease, unless expect is BRG_NEW */
	BRG_OP_WANT = 21,	/* u.want: wanted + 1 for (mailbox, lane); lane 0: all its lanes */
	BRG_OP_SETTLE = 22,	/* u.settle: end of a visit. Condition: as BRG_OP_LEASE */

	/* What visits bring. */
	BRG_OP_RECORD = 30,	/* `expect` applies */
	BRG_OP_LINK = 31,	/* `expect` applies; BRG_NEW also fails when a live link of the
				 * same (mailbox, folder, remote_id) exists */
	BRG_OP_MARK = 32,	/* insert or replace by (mailbox, folder, remote_id) */
	BRG_OP_REKEY = 33,	/* u.rekey: the mark, its live link and its parked row get a new
				 * remote id. Condition: the old mark exists, the new does not */
	BRG_OP_DECISION = 34,
	BRG_OP_PARK = 35,	/* insert or replace by (mailbox, folder, remote_id) */
	BRG_OP_UNPARK = 36,	/* u.parked, by the same key; nothing there is no failure */
	BRG_OP_CURSOR = 37,	/* insert or replace by (mailbox, folder); a folder is of one lane */
	BRG_OP_STATE = 38,	/* insert or replace by (mailbox, name); empty value: remove */
	BRG_OP_BODY = 39,	/* u.body: one chunk; nothing happens if it is there */
	BRG_OP_UNLINK = 40,	/* u.link: the live link of this (mailbox, folder, remote_id) stops
				 * being live; none there is no failure */
	BRG_OP_PARTY = 41,	/* insert; nothing happens if it is there */
	BRG_OP_QUEUE_ITEM = 42, /* insert; nothing happens if it is there. `done`: remove, if it is there */
	BRG_OP_CLUE = 43,	/* BRG_NEW: (type, value) must be new; BRG_ANY: several records may
				 * have it */
	BRG_OP_OUTGOING = 44,	/* `expect` applies */

	BRG_OP_FORGET = 45,	/* u.forget: a record goes with all that is known of it: body (where no
				 * other record has it), links, parties, clues, queue items, outbox row,
				 * decisions, alerts, shadows, intents, history, conflicts, moments, edits;
				 * the feed tells of it as deleted; its marks stay as BRG_SEEN without a record. Or a
				 * reference goes, with its addresses and names. Condition: the record is
				 * not held; what is not there is no failure */
	BRG_OP_SHUN = 46,	/* u.shun: mail of this address (a keyed hash) is not taken by itself any
				 * more; `off`: it is again */

	BRG_OP_TRACKED = 47,	/* `expect` applies */
	BRG_OP_TRACKED_DROP = 48, /* u.tracked: by (mailbox, folder), with its cursor; nothing there is
				 * no failure */

	/* Records both ways. */
	BRG_OP_SHADOW = 60,	/* insert or replace by (mailbox, link); all empty: remove */
	BRG_OP_INBOX = 61,	/* insert or replace by (mailbox, folder, remote_id) */
	BRG_OP_INBOX_DONE = 62, /* u.inbox: remove by that key, if its version, op and pass are still
				 * these; nothing there is no failure */
	BRG_OP_INTENT = 63,	/* insert */
	BRG_OP_INTENT_DONE = 64, /* u.intent: remove by (mailbox, id). Condition: it is there */
	BRG_OP_HISTORY = 65,	/* insert */
	BRG_OP_CONFLICT = 66,	/* insert, or new base, ours, theirs, closed_us, resolution, who for
				 * the open one of (link, group), which keeps id and opened_us */
	BRG_OP_PLAN = 67,	/* `expect` applies */
	BRG_OP_PLAN_LINE = 68,	/* insert */
	BRG_OP_FILTER = 69,	/* `expect` applies */
	BRG_OP_FILTER_DROP = 70, /* u.filter: by id; nothing there is no failure */
	BRG_OP_FOUND_BY = 71,	/* u.found_by: the record has these moments and parties, and of these
				 * types of clue these, and no others */
	BRG_OP_TOUCH = 72,	/* u.touch: records with a moment of this field in (after_us, upto_us]
				 * change their place in the changes feed, and their live links get
				 * recheck and version + 1; the records themselves do not change */
	BRG_OP_RECHECK = 73,	/* u.recheck: live links get recheck and version + 1 */
	BRG_OP_EDIT_DONE = 74,	/* u.edit: state, code, params, record of the edit of this number.
				 * Condition: it is in state BRG_EDIT_NEW */
	BRG_OP_EDIT = 75,	/* insert; the store gives the number */
	BRG_OP_MISSING = 76,	/* u.missing: live links of the folder and of a kind, met by no pass
				 * >= u.missing.pass, get missing = u.missing.round and version + 1,
				 * where it was 0 */
	BRG_OP_BLANK = 77,	/* u.record.id: its history keeps no values, its conflicts go */
	BRG_OP_DERIVED = 78,	/* u.derived: what follows from a record's fields, made again by other zone
				 * data. Its version and modified_us stay, and so do its place in the
				 * changes feed and its links. Condition: its version is `expect` */

	/* For people. */
	BRG_OP_ALERT = 50,	/* open one, or count + 1 and newer words on the open one */
	BRG_OP_CLEAR = 51,	/* u.alert: close the open ones of (scope, object), of `code` if set,
				 * at u.alert.cleared_us */
	BRG_OP_COUNT = 52,	/* u.counter: value is added */
};

struct brg_lease {
	struct brg_id visit;
	int64_t token;
};

struct brg_want {
	struct brg_id mailbox;
	int lane;
};

struct brg_rekey {
	struct brg_id mailbox;
	struct brg_str folder, old_id, new_id;
};

/* A body is compressed by the core (one zstd frame) and cut into chunks of at most
 * BRG_CHUNK bytes, seq from 0. Chunks may be committed before the record that refers to
 * them; upkeep removes bodies that no record refers to and that are older than a day. A body
 * that a record refers to is whole: a chunk for it changes nothing. A body of an earlier try
 * that is not, and whose chunk 0 had other bytes (another compressor), is started anew. */
#define BRG_CHUNK (256 * 1024)
struct brg_body_chunk {
	struct brg_sha sha;
	int64_t seq;
	struct brg_str bytes;
	int64_t now_us;
};

/* The visit's new schedule. If `wanted` moved on since the claim, the store makes the
 * visit due at once, whatever due_us says. Strikes become 0 when `progress` is set. */
struct brg_settle {
	struct brg_lease lease;
	bool progress; /* at least one step was committed */
	struct brg_visit_row visit; /* state .. said */
};

struct brg_same {
	struct brg_str key;
	int64_t n;
};

struct brg_forget {
	int type; /* 0: a record; BRG_PARTY_REFERENCE: a reference */
	struct brg_id id;
	struct brg_str detail; /* of a record: how alerts on items name it */
};

struct brg_addresses {
	int type; /* enum brg_party_type */
	struct brg_id object;
	const struct brg_str *at; /* folded, none twice */
	size_t n;
};

/* By what a record is found. */
struct brg_found_by {
	struct brg_id record;
	int kind;
	const struct brg_moment *moments;
	size_t n_moments;
	uint32_t types; /* of clues: 1 << type */
	uint32_t reserved;
	const struct brg_clue_row *clues;
	size_t n_clues;
	const struct brg_party_row *parties;
	size_t n_parties;
};

/* What follows from the fields of a record that nobody has written. */
struct brg_derived {
	struct brg_found_by by; /* parties stay as they are */
	struct brg_str zones;
	bool moved; /* else zones alone is set, and all the rest stays */
	bool look;  /* filters may decide otherwise by it: as BRG_OP_TOUCH, with this record */
	int64_t sorted_us;
	struct brg_str keys;
};

struct brg_touch {
	int kind;
	uint32_t field;
	int64_t after_us, upto_us;
};

/* Links of a mailbox (of one kind, or 0: all), or of a record. */
struct brg_recheck {
	struct brg_id mailbox, record;
	int kind;
};

struct brg_missing {
	struct brg_id mailbox;
	struct brg_str folder;
	int64_t pass, round;
};

struct brg_op {
	int type; /* enum brg_op_type */
	int64_t expect;
	union {
		struct brg_lease lease;
		struct brg_same same;
		struct brg_owner_row owner;
		struct brg_reference_row reference;
		struct brg_addresses addresses;
		struct brg_external_row external;
		struct brg_profile_row profile;
		struct brg_mailbox_row mailbox;
		struct brg_store_row store;
		struct brg_visit_row visit;
		struct brg_want want;
		struct brg_settle settle;
		struct brg_record_row record;
		struct brg_link_row link;
		struct brg_mark_row mark;
		struct brg_rekey rekey;
		struct brg_party_row party;
		struct brg_queue_item_row queue_item;
		struct brg_clue_row clue;
		struct brg_outgoing_row outgoing;
		struct brg_forget forget;
		struct brg_shun_row shun;
		struct brg_shadow_row shadow;
		struct brg_inbox_row inbox;
		struct brg_intent_row intent;
		struct brg_history_row history;
		struct brg_conflict_row conflict;
		struct brg_plan_row plan;
		struct brg_plan_line_row plan_line;
		struct brg_filter_row filter;
		struct brg_found_by found_by;
		struct brg_derived derived;
		struct brg_touch touch;
		struct brg_recheck recheck;
		struct brg_missing missing;
		struct brg_edit_row edit;
		struct brg_decision_row decision;
		struct brg_parked_row parked;
		struct brg_cursor_row cursor;
		struct brg_tracked_row tracked;
		struct brg_state_row state;
		struct brg_body_chunk body;
		struct brg_alert_row alert;
		struct brg_counter_row counter;
	} u;
};

/* Durability is a prefix: when a durable step returns, it and every step that returned
 * before it survive a power cut. A relaxed step may be lost with all that followed it;
 * it is allowed only for what the next visit would bring again. */
enum brg_durability { BRG_RELAXED = 0, BRG_DURABLE = 1 };

struct brg_step {
	uint32_t size;
	int durability; /* enum brg_durability */
	struct brg_id id; /* identity of this try: a storage whose commit may end unknown asks by it */
	const struct brg_op *ops;
	size_t n;
};

/* commit() returns BRG_COMMITTED, or BRG_REFUSED when the condition of ops[*failed] did
 * not hold (nothing was changed: read again, decide again), or < 0 with err. */
enum brg_commit { BRG_COMMITTED = 0, BRG_REFUSED = 1 };

/* ---- claim ----------------------------------------------------------------------------------*/

struct brg_room {
	struct brg_id profile;
	uint32_t free; /* connection slots that the process holds and does not use */
};

struct brg_claim_request {
	uint32_t size;
	int lane;
	struct brg_id process; /* must have joined */
	int64_t now_us;	       /* visits with due_us <= now_us or wanted > wanted_claimed are due */
	bool wanted_only;
	bool reserved[3];
	uint32_t n;	       /* at most so many in all, and at most `free` of each profile */
	const struct brg_room *rooms;
	size_t n_rooms;
	struct brg_id only_mailbox; /* nil: any; else this one, due or not, disabled or not */
};

/* Bound of each list that comes with a visit; what is beyond it comes with the next visit. */
#define BRG_CLAIMED_MAX 1000

/* One leased visit with all that it starts from. Wanted ones first, then oldest due. */
struct brg_claimed {
	struct brg_visit_row visit; /* token is the new lease's */
	struct brg_owner_row owner;
	struct brg_mailbox_row mailbox;
	struct brg_profile_row profile;
	const struct brg_cursor_row *cursors; /* of its lane */
	size_t n_cursors;
	const struct brg_state_row *states;
	size_t n_states;
	const struct brg_parked_row *parked; /* with next_us <= now_us, BRG_CLAIMED_MAX at most */
	size_t n_parked;
	const struct brg_mark_row *deletes; /* marks in BRG_DELETE_WANTED, BRG_CLAIMED_MAX at most */
	size_t n_deletes;
};

/* ---- slots --------------------------------------------------------------------------
 * A process leases connection slots of a profile in blocks. The sum over all processes
 * never exceeds the profile's max_connections. */
struct brg_slots {
	uint32_t size;
	uint32_t hold;	 /* how many the process would like to hold; less than now gives back */
	struct brg_id process, profile;
	/* Filled by the store. */
	uint32_t held;	 /* what it holds now: at most `hold`, never less than min(hold, before) */
	uint32_t others_want; /* slots that other processes asked for and did not get */
};

/* ---- read -----------------------------------------------------------------------------------*/

enum brg_read {
	BRG_READ_STORE = 1,
	BRG_READ_OWNERS = 2,	/* id | text = name, number = type | all */
	BRG_READ_PROFILES = 3,	/* id | text = name | all */
	BRG_READ_MAILBOXES = 4, /* id | text = name or address | profile in `other` | all */
	BRG_READ_VISITS = 5,	/* mailbox | all; number = lane or 0 */
	BRG_READ_RECORDS = 6,	/* id | text = message_key | number = type and text = value of a clue
				 * (newest record first) | thread | party | regarding | mailbox
				 * (by its links, live or not) | all, newest first; those that
				 * `viewer` may see. Deleted ones by id, clue and message_key only */
	BRG_READ_LINKS = 7,	/* other = record | mailbox | mailbox + folder: the live ones in it */
	BRG_READ_MARKS = 8,	/* mailbox + folder, text = remote id | number = state | all of it */
	BRG_READ_PRINTS = 9,	/* mailbox + folder, text = print: marks neither deleted nor parked */
	BRG_READ_DECISIONS = 10, /* other = record | text = message_key | mailbox [+ folder + remote];
				  * newest first */
	BRG_READ_PARKED = 11,	/* mailbox | all */
	BRG_READ_ALERTS = 12,	/* open ones, newest first; number = 1: the cleared too; id = object */
	BRG_READ_COUNTERS = 13,
	BRG_READ_PROCESSES = 14,
	BRG_READ_DUE = 15,	/* number = lane, now_us */
	BRG_READ_CURSORS = 16,	/* mailbox | all */
	BRG_READ_REFERENCES = 18, /* id | text = name, remote = kind | all */
	BRG_READ_ADDRESSES = 19, /* text = address | other = object | all, by object */
	BRG_READ_EXTERNALS = 20, /* text = key, remote = system | other = object |
				 * all, by object */
	BRG_READ_PARTIES = 21,	/* other = record */
	BRG_READ_QUEUE_ITEMS = 22, /* other = queue, oldest first | id = record */
	BRG_READ_CLUES = 23,	/* number = type, text = value; newest record first | other = record */
	BRG_READ_OUTGOING = 24, /* id = record | mailbox, number = state or 0, now_us: of pending ones
				 * those with next_us <= now_us (0: all) | all by number */
	BRG_READ_STATES = 25,	/* mailbox */
	BRG_READ_SHUNNED = 26,	/* text = keyed hash | all */
	BRG_READ_AGED = 27,	/* emails with sorted_us < now_us, oldest first; not those that are on
				 * their way (outgoing: pending, sending, uncertain) */
	BRG_READ_LINKS_DIRTY = 28, /* mailbox: live links with record_now <> seen_version or recheck, by
				 * id */
	BRG_READ_LINKS_MISSING = 29, /* mailbox: live links with missing > 0 and <= number (0: any), by
				 * id */
	BRG_READ_LINK = 30,	/* mailbox + id | mailbox + folder + remote (live or ended: the live one
				 * first, then the newest) | mailbox + other = record (live or ended, newest first) */
	BRG_READ_SHADOWS = 31,	/* mailbox + id = link | other = record */
	BRG_READ_INBOX = 32,	/* mailbox, by (folder, remote_id), `folder` + `remote`: behind that one |
				 * mailbox + text = match | + folder + remote with number = 1: that one */
	BRG_READ_INTENTS = 33,	/* mailbox, oldest first | all */
	BRG_READ_HISTORY = 34,	/* other = record | mailbox | text = 16 bytes of a run; newest first */
	BRG_READ_CONFLICTS = 35, /* id | other = record | mailbox | all; number = 1: closed ones too */
	BRG_READ_PLANS = 36,	/* id | mailbox | all; number = state or 0; newest first */
	BRG_READ_PLAN_LINES = 37, /* other = plan, by seq; number: those behind it */
	BRG_READ_FILTERS = 38,	/* id | other = owner (and those of the system: with number = 1) | all;
				 * inactive ones too */
	BRG_READ_CHANGES = 39,	/* text = position (empty: from the start), kind in `number` or 0: what
				 * changed since, oldest first, each record once. Nothing becomes visible
				 * at or before a position that was handed out. A position of another life
				 * of the store (BRG_OP_STORE with another epoch) is as none. `remote` =
				 * "last": the latest one only */
	BRG_READ_MATCHES = 40,	/* Records that live and that `expr` is true of, by id: of kind `number` |
				 * id: this one | text = position: those that changed since, in the order
				 * of the feed (what: as BRG_READ_CHANGES); with `mailbox`: those without a
				 * live link to it */
	BRG_READ_EDITS = 41,	/* number = state, or -1: all; by number; `text`: those behind that one,
				 * as digits */
	BRG_READ_RECORDS_ACT = 42, /* kind in number (0: all but email), other = owner or nil; newest
				 * first; deleted ones where `remote` is "deleted" */
	BRG_READ_SCHEDULE = 43, /* records with a moment of field `number` in [now_us, until_us), oldest
				 * first */
	BRG_READ_LINK_COUNTS = 44, /* mailbox: one brg_counter_row a kind: "links" (live ones) with label
				 * = the kind's number, and "missing" likewise; none where there is none */
	BRG_READ_ZONED = 45,	/* records, deleted ones too, whose zones is neither empty nor `text`;
				 * number = 1: of those only the ones before it, bytewise (older) */
	BRG_READ_TRACKED = 46,	/* mailbox + folder | mailbox, by name | all */
	BRG_READ_COUNTS = 17,	/* one brg_counter_row each for: owners, profiles, mailboxes, records,
				 * links, marks, parked, inbox, intents, conflicts (open), plans (that wait),
				 * bodies, body-bytes; mailbox: of that one */
};

/* What is asked. Members that the kind of read does not name are ignored. Pages: pass the
 * `id` of the last row as `after` (reads that are sorted by id or newest first). */
struct brg_query {
	uint32_t size;
	int what; /* enum brg_read */
	struct brg_id id, mailbox, other, after;
	struct brg_str folder, text, remote;
	int64_t number, now_us;
	uint32_t limit; /* 0: all */
	uint32_t reserved;
	struct brg_id viewer; /* a user; nil: the administrator, who sees all */
	struct brg_id thread, party, regarding;
	const struct brg_expr *expr;
	int64_t until_us;
};

struct brg_row {
	int what; /* enum brg_read, as asked */
	union {
		struct brg_store_row store;
		struct brg_owner_row owner;
		struct brg_profile_row profile;
		struct brg_mailbox_row mailbox;
		struct brg_visit_row visit;
		struct brg_record_row record;
		struct brg_link_row link;
		struct brg_mark_row mark;
		struct brg_decision_row decision;
		struct brg_parked_row parked;
		struct brg_alert_row alert;
		struct brg_counter_row counter;
		struct brg_process_row process;
		struct brg_due_row due;
		struct brg_cursor_row cursor;
		struct brg_tracked_row tracked;
		struct brg_reference_row reference;
		struct brg_address_row address;
		struct brg_external_row external;
		struct brg_party_row party;
		struct brg_queue_item_row queue_item;
		struct brg_clue_row clue;
		struct brg_outgoing_row outgoing;
		struct brg_state_row state;
		struct brg_shun_row shun;
		struct brg_shadow_row shadow;
		struct brg_inbox_row inbox;
		struct brg_intent_row intent;
		struct brg_history_row history;
		struct brg_conflict_row conflict;
		struct brg_plan_row plan;
		struct brg_plan_line_row plan_line;
		struct brg_filter_row filter;
		struct brg_edit_row edit;
		struct brg_change_row change;
	} u;
};

/* ---- upkeep ---------------------------------------------------------------------------------*/

enum {
	BRG_UPKEEP_CHECKPOINT = 1 << 0, /* fold the log into the database */
	BRG_UPKEEP_BODIES = 1 << 1,	/* remove bodies without a record */
	BRG_UPKEEP_EMPTY_LOG = 1 << 3,	/* fold, and leave nothing in the log of what was removed */
	BRG_UPKEEP_RETENTION = 1 << 2,	/* remove decisions and cleared alerts before before_us, and
					 * deleted marks that old */
};

struct brg_upkeep {
	uint32_t size;
	unsigned what;
	int64_t now_us, before_us;
	/* Filled by the store. */
	uint64_t removed;
	bool more; /* the work was bounded: call again */
};

enum { BRG_OPEN_CREATE = 1 << 0, BRG_OPEN_READONLY = 1 << 1 };

struct brg_storage {
	uint32_t size;

	/* Required. open: options are filled in; BRG_OPEN_CREATE makes an empty store where
	 * there is none and brings an older schema up to date; a newer one is refused. */
	int (*open)(void *self, const struct brg_host *host, unsigned flags, struct brg_err *err);
	/* Waits for commits under way; makes what was committed durable. Also after a failed open. */
	void (*close)(void *self);

	int (*commit)(void *self, const struct brg_step *step, size_t *failed,
		      struct brg_err *err);
	/* Rows one by one; a slice is valid until the callback returns. It returns 0 to go on,
	 * else the read ends and returns that value. */
	int (*read)(void *self, const struct brg_query *q,
		    int (*row)(void *arg, const struct brg_row *row), void *arg,
		    struct brg_err *err);
	/* states[i] of ids[i], and answer->missing (see host.h). */
	int (*known)(void *self, const struct brg_id *mailbox, struct brg_str folder,
		     const struct brg_str *ids, size_t n, uint8_t *states,
		     struct brg_known_answer *answer, struct brg_err *err);
	/* The chunks of a body in order; the callback as in read(). BRG_ENOTFOUND: no such body. */
	int (*body)(void *self, const struct brg_sha *sha,
		    int (*chunk)(void *arg, struct brg_str bytes), void *arg,
		    struct brg_err *err);

	/* A process takes part in leases and slots from join() on, until it leaves (close) or
	 * dies. The storage must notice a death by itself: SQLite by a lock that the kernel
	 * drops, PostgreSQL by its clock. `row->id` is fresh for every process. */
	int (*join)(void *self, const struct brg_process_row *row, struct brg_err *err);
	/* Lease due visits. Each is told by `each` after the lease is committed (relaxed);
	 * slices are valid until it returns. Returns how many, or < 0. */
	int (*claim)(void *self, const struct brg_claim_request *req,
		     void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
		     struct brg_err *err);
	int (*slots)(void *self, struct brg_slots *io, struct brg_err *err);
	/* Take back leases and slots of processes that died; visits become due at once.
	 * `each` tells every process that was found dead. Returns how many. */
	int (*reap)(void *self, int64_t now_us,
		    void (*each)(void *arg, const struct brg_process_row *dead), void *arg,
		    struct brg_err *err);

	int (*upkeep)(void *self, struct brg_upkeep *io, struct brg_err *err);
};

#endif
