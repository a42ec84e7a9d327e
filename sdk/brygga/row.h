/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/row.h - what the store keeps: one struct for each kind of row.
 */
#ifndef BRG_ROW_H
#define BRG_ROW_H

#include <brygga/item.h>

/* The same structs go in by commit() and come out by read(). `version` counts the
 * changes of a row from 1; see enum brg_expect. `settings` and `fields` are JSON objects.
 */
enum brg_owner_type { BRG_USER = 1, BRG_QUEUE = 2 };

/* Who has an address. */
enum brg_party_type { BRG_PARTY_USER = 1, BRG_PARTY_QUEUE = 2, BRG_PARTY_REFERENCE = 3 };

struct brg_owner_row {
	struct brg_id id;
	int type;
	int64_t version;
	struct brg_str name;	/* unique within type */
	struct brg_str address; /* folded; may be empty */
	struct brg_str settings;
	struct brg_str team; /* who belongs together (visibility); may be empty */
};

/* A thing of the CRM that mail can regard: the store keeps the reference, never the thing. */
struct brg_reference_row {
	struct brg_id id;
	struct brg_id owner; /* a user; nil: nobody */
	int64_t version;
	struct brg_str kind; /* "contact", "lead", "account", or any other type of the CRM */
	struct brg_str name; /* unique within kind */
	struct brg_str title, link;
	int visibility; /* enum brg_visibility */
};

/* Who may see a record. */
enum brg_visibility {
	BRG_AS_REFERENCE = 0, /* that of its reference; without one as private, a queue's as team */
	BRG_PRIVATE = 1,      /* its owner */
	BRG_TEAM = 2,	      /* all of its owner's team; of a queue without a team: everyone */
	BRG_EVERYONE = 3,
};

/* An address and who has it; several may have the same. */
struct brg_address_row {
	struct brg_str address; /* folded */
	int type;		/* enum brg_party_type */
	struct brg_id object;
	struct brg_str kind; /* of a reference; read only */
};

/* The name of a record or reference in another system; (system, key) is unique. */
struct brg_external_row {
	struct brg_str system, key;
	struct brg_id object;
};

struct brg_profile_row {
	struct brg_id id;
	int64_t version;
	struct brg_str name; /* unique */
	struct brg_str connector;
	int64_t max_connections; /* >= 1, over all processes and nodes */
	struct brg_str settings;
	struct brg_str sealed; /* secrets; opaque */
};

struct brg_mailbox_row {
	struct brg_id id, owner, profile;
	int64_t version;
	struct brg_str name; /* unique */
	struct brg_str address;
	struct brg_str identity; /* the mailbox's own, once known */
	struct brg_str settings;
	struct brg_str sealed;
};

enum brg_visit_state { BRG_ENABLED = 1, BRG_DISABLED = 2, BRG_QUARANTINED = 3, BRG_OFF = 4 };
enum brg_outcome {
	BRG_NEVER_RUN = 0,
	BRG_DONE_EMPTY = 1,
	BRG_DONE_SOME = 2,
	BRG_DONE_BACKLOG = 3,
	BRG_FAILED_TRANSIENT = 4,
	BRG_FAILED_SERVER = 5,
	BRG_FAILED_THROTTLED = 6,
	BRG_FAILED_PERMANENT = 7,
	BRG_STOPPED = 8, /* given back early: drain, lease lost, crash */
};

/* The schedule of one lane of one mailbox. Everything below `due_us` is written by
 * settle, and by the keeper while nobody holds the lease. */
struct brg_visit_row {
	struct brg_id id, mailbox, profile;
	int lane;
	int state;
	int64_t due_us;
	int64_t wanted;			   /* grows with each request to run at once */
	int64_t interval_ms;		   /* the present one */
	int32_t failures;		   /* in a row */
	int32_t strikes;		   /* abrupt deaths in a row that it is blamed for */
	int32_t probes;			   /* made while disabled */
	int outcome;			   /* enum brg_outcome of the last run */
	int64_t started_us, ended_us;	   /* last run */
	int64_t items, items_failed;	   /* last run */
	struct brg_str code, params, said; /* last error; empty after success */
	/* The lease; read only. */
	int64_t token;
	struct brg_id process; /* nil: free */
	int64_t wanted_claimed;
};

struct brg_record_row {
	struct brg_id id, owner;
	int64_t version;
	int kind;
	int64_t created_us, modified_us;
	int64_t sorted_us; /* lists are sorted by this: received, start, due */
	struct brg_str fields;
	struct brg_sha body; /* all zero: none */
	uint64_t body_octets;
	struct brg_str message_key; /* keyed hash of the Message-ID, 16 bytes; or empty */
	struct brg_id thread;	    /* first record of the conversation; nil: this one */
	struct brg_id correlated;   /* the record that it answers; nil: none */
	struct brg_id regarding;    /* a reference; nil: none */
	int method;		    /* how `correlated` was found; the core's number */
	int direction;		    /* enum brg_direction */
	int visibility;		    /* enum brg_visibility */
	bool held;		    /* legal hold: neither retention nor a person removes it */
	/* Not of email. A change of such a record moves record_now of its links, and its place in
	 * the changes feed, in the same transaction. */
	int64_t deleted_us;    /* when it was deleted; 0: it lives. Lists leave deleted ones out */
	struct brg_str keys;   /* what filters compare (brygga/expr.h): a JSON object, field id ->
				* integer, or text folded by the core; an array of texts for lists */
	struct brg_str zones;  /* the version of the zone data by which instants in keys, sorted_us
				* and moments follow from its wall times; empty: none does */
};

enum brg_direction { BRG_INBOUND = 0, BRG_OUTBOUND = 1 };

/* A user, queue or reference whose address a record names. */
struct brg_party_row {
	struct brg_id object, record;
	int type; /* enum brg_party_type */
	int role; /* the core's number, or BRG_ROLE_READER */
};
/* Not named: he has the same mail, and may see the record as its owner may. */
#define BRG_ROLE_READER 8

/* An address whose mail is not wanted, as a keyed hash. */
struct brg_shun_row {
	struct brg_str key; /* 16 bytes */
	int64_t since_us;
	bool off; /* of an op: take it off the list */
};

/* An email that waits in a queue for somebody to take it up. */
struct brg_queue_item_row {
	struct brg_id queue, record;
	int64_t entered_us;
	bool done; /* of an op: somebody has taken it up, it leaves the queue */
};

/* Something by which a later mail can be known as an answer: (type, value) -> record. */
struct brg_clue_row {
	int type; /* the core's number */
	struct brg_str value;
	struct brg_id record;
};

/* An email of ours on its way out. `state` numbers are those of the model's StatusCode. */
enum brg_outgoing_state {
	BRG_OUT_SENT = 3,
	BRG_OUT_CANCELED = 5,
	BRG_OUT_PENDING = 6,
	BRG_OUT_SENDING = 7, /* durable before the server is told anything of it */
	BRG_OUT_FAILED = 8,
	BRG_OUT_UNCERTAIN = 9, /* the server may have taken it: never sent again by itself */
};
struct brg_outgoing_row {
	struct brg_id record;
	struct brg_id mailbox; /* through which it goes */
	int64_t version;
	int state; /* enum brg_outgoing_state */
	int32_t attempts;
	int64_t next_us;		   /* pending: not before */
	int64_t sent_us;		   /* 0: not yet */
	uint64_t attempt;		   /* nonce of the last try */
	struct brg_str sender;		   /* envelope sender; may be empty */
	struct brg_str recipients;	   /* JSON: address, role and state of each */
	struct brg_str draft;		   /* the server's id of the prepared draft */
	struct brg_str code, params, said; /* of the last failure */
};

/* What a link that is not live stands for. */
enum brg_link_end {
	BRG_LINK_ENDED = 0,    /* the item is gone, by us or by others (email) */
	BRG_LINK_DELETED = 1,  /* a tombstone: deleted on one side and so on the other */
	BRG_LINK_UNLINKED = 2, /* both may live on, and are not kept in step any more */
};

/* record <-> item. (mailbox, folder, remote_id) is unique among live links. A link that ended
 * keeps the remote id, so that what was deleted here does not come back from there. */
struct brg_link_row {
	struct brg_id id, record, mailbox;
	int64_t version;
	bool live;
	struct brg_str folder, remote_id, remote_version;
	/* Not of email. */
	int kind;	      /* enum brg_kind; 0: email */
	int end;	      /* enum brg_link_end, of one that is not live */
	int role;	      /* the core's number: whose copy of a meeting */
	int64_t seen_version; /* of the record, as the shadow base_record shows it */
	int64_t record_now;   /* of the record now; read only. Differs from seen_version: the record
			       * has changed and the mailbox has not seen it */
	bool recheck;	      /* look at it again, though neither side has changed */
	int64_t pass;	      /* number of the last full pass that met the item */
	int64_t missing;      /* round in which its item was found gone; 0: it is there */
	uint64_t attempt;     /* nonce of the stamp on the item; 0: none of ours */
	int64_t synced_us;    /* when both shadows were last true */
	uint32_t flags;	      /* the core's bits */
	uint32_t reserved;
};

/* The shadows of a link: what each side had when they last agreed, as JSON (DESIGN.md section 7).
 * Kept apart from the link, which is small and often walked. */
struct brg_shadow_row {
	struct brg_id mailbox, link;
	struct brg_str base_record, base_item;
	struct brg_str pushed; /* written to the item and not read back yet; empty: nothing */
};

/* An item that a pull has told of and nobody has decided: the durable input of a visit. */
struct brg_inbox_row {
	struct brg_id mailbox;
	struct brg_str folder, remote_id, version;
	int kind, op;	   /* enum brg_kind, brg_envelope_op */
	uint32_t flags;	   /* BRG_IS_* */
	int64_t pass;	   /* number of the full pass that met it; 0: of the feed */
	int64_t round;	   /* of the pull that told of it */
	int64_t tries;
	int64_t modified_us; /* by the server's clock, corrected; 0: not told */
	struct brg_str uid;
	struct brg_str stamp; /* BRG_STAMP_BYTES, or empty */
	struct brg_str match; /* keyed hash of what identifies it, 16 bytes, or empty */
};
/* A stamp as bytes: store, mailbox, record, attempt (big-endian). */
#define BRG_STAMP_BYTES 56

/* A write to a mailbox that may have been done: durable before the connector is called. */
struct brg_intent_row {
	struct brg_id mailbox, id;
	struct brg_id record, link; /* link: chosen beforehand for a create */
	int type;		    /* enum brg_push_type */
	int kind;
	uint64_t attempt;	    /* nonce: of the stamp that is written with it */
	int64_t mails_out, made_us;
	int64_t record_version;	    /* what is written is that version's */
	struct brg_str folder, remote_id;
	struct brg_str remote_version; /* the precondition */
	struct brg_str fields;	       /* what is written, as JSON */
};

/* What changed a record, or what a value lost against. Rows stay when the record goes. */
struct brg_history_row {
	struct brg_id id; /* UUIDv7, so in the order of time */
	struct brg_id record, mailbox; /* mailbox nil: no item changed it */
	struct brg_id run; /* of the visit or command, so that all of it can be undone */
	int64_t version;   /* the record's, after it */
	struct brg_str who; /* a user's name, a program's, or empty: the sync */
	struct brg_str code, params; /* of a catalogue row: why */
	struct brg_str changes; /* JSON: group -> { "was": fields, "now": fields, "lost": fields } */
};

/* A group that both sides changed and that a person settles. */
enum brg_resolution { BRG_UNRESOLVED = 0, BRG_TAKE_RECORD = 1, BRG_TAKE_ITEM = 2 };
struct brg_conflict_row {
	struct brg_id id, record, mailbox, link;
	struct brg_str group;  /* by name; of a part "attendees/ADDRESS", "occurrences/START" */
	struct brg_str base, ours, theirs; /* JSON; base: as the record last agreed */
	int64_t opened_us, closed_us;	   /* closed 0: it waits */
	int resolution;			   /* enum brg_resolution */
	struct brg_str who;
};

/* What a visit would do and may not do by itself. */
enum brg_plan_state { BRG_PLAN_WAITS = 1, BRG_PLAN_APPROVED = 2, BRG_PLAN_REJECTED = 3,
		      BRG_PLAN_DONE = 4, BRG_PLAN_STALE = 5 };
struct brg_plan_row {
	struct brg_id id, mailbox;
	int64_t version;
	int state; /* enum brg_plan_state */
	int64_t made_us, decided_us;
	struct brg_str who;
	struct brg_str code, params; /* of a catalogue row: why it waits */
	struct brg_str counts; /* JSON: side and what -> how many */
	struct brg_str basis;  /* what it was made for; another one makes it stale */
};
/* One effect of a plan. */
struct brg_plan_line_row {
	struct brg_id plan;
	int64_t seq;
	int side;   /* 1: the store, 2: the mailbox */
	int effect; /* the core's number */
	int kind;
	int64_t mails_out;
	struct brg_id record; /* nil: not made yet */
	struct brg_str folder, remote_id;
};

/* Which records a mailbox gets. Several of one owner and kind: any of them. */
enum brg_filter_type { BRG_FILTER_USER = 1, BRG_FILTER_SYSTEM = 2, BRG_FILTER_TEMPLATE = 3 };
struct brg_filter_row {
	struct brg_id id;
	struct brg_id owner; /* nil: of a system filter or template */
	int64_t version;
	int type; /* enum brg_filter_type */
	int kind;
	bool active;
	struct brg_str name; /* unique within owner and type */
	struct brg_str text; /* as written (brygga-filter(7)) */
};

/* The one way in for programs on the database: they insert rows in state 0, the core takes
 * them as edits and says what came of it. */
enum brg_edit_state { BRG_EDIT_NEW = 0, BRG_EDIT_DONE = 1, BRG_EDIT_REFUSED = 2 };
struct brg_edit_row {
	int64_t number; /* by the database, rising */
	struct brg_str op; /* "new", "edit", "delete" */
	struct brg_str kind, owner; /* new: "contact", a user's name */
	struct brg_id record; /* nil, new: the core chooses */
	int64_t expect; /* version it must have; 0: any */
	struct brg_str fields; /* JSON */
	struct brg_str who;
	int state;
	struct brg_str code, params;
	struct brg_str reason; /* the same as a sentence, for whoever reads the table */
};

/* A change of a record that is not an email (BRG_READ_CHANGES). */
struct brg_change_row {
	struct brg_str position; /* opaque: ask on from here */
	struct brg_id record;
	int kind;
	int64_t version;
	bool deleted;
};

/* A moment by which a record is found: start, due, birthday. */
struct brg_moment {
	uint32_t field;
	int64_t at_us;
};

/* One for each item that was ever decided; the answer to known(). */
struct brg_mark_row {
	struct brg_id mailbox;
	struct brg_str folder, remote_id;
	int state;	      /* enum brg_known, not BRG_UNKNOWN */
	struct brg_str print; /* 32 bytes, SHA-256 of the header block; or empty */
	uint64_t octets;      /* as the server counted */
	int64_t seen_us;
	struct brg_id record; /* nil: none */
};

/* Why: one line for one item. */
struct brg_decision_row {
	struct brg_id id; /* UUIDv7, so in the order of time */
	struct brg_id mailbox, record;
	struct brg_str folder, remote_id, message_key;
	struct brg_str code, params; /* of a catalogue row; no addresses, no subjects */
};

struct brg_parked_row {
	struct brg_id mailbox;
	struct brg_str folder, remote_id;
	int32_t tries;
	int64_t next_us; /* INT64_MAX: only by hand */
	struct brg_str code, params, said;
};

struct brg_cursor_row {
	struct brg_id mailbox;
	struct brg_str folder, value;
	int64_t moved_us;
	int lane; /* enum brg_lane: whose it is */
};

/* A folder whose mail its owner wants tracked, whatever the rules say. */
enum brg_tracked_state {
	BRG_TRACKED_ON = 1,
	BRG_TRACKED_OFF = 2, /* it does not lie below the inbox any more */
};
struct brg_tracked_row {
	struct brg_id mailbox;
	struct brg_str folder;
	int64_t version;
	int state;		 /* enum brg_tracked_state */
	bool relink;		 /* the mail that lies there is to get the regarding */
	struct brg_id regarding; /* a reference; nil: mail keeps its own */
	int64_t made_us;
	struct brg_str name; /* below the inbox, as "Projects/Fjord", when it was last seen */
};

struct brg_state_row {
	struct brg_id mailbox;
	struct brg_str name, value;
};

enum brg_alert_scope {
	BRG_ALERT_STORE = 1,
	BRG_ALERT_PROFILE = 2,
	BRG_ALERT_MAILBOX = 3,
	BRG_ALERT_ITEM = 4
};

/* One open alert for an object and code: raised again, it counts. */
struct brg_alert_row {
	struct brg_id id;
	int level; /* BRG_LOG_ERROR, _WARNING, _INFO */
	int scope; /* enum brg_alert_scope */
	struct brg_id object;
	struct brg_str detail; /* item: remote id */
	struct brg_str code, params, said;
	int64_t count;
	int64_t first_us, last_us, cleared_us; /* cleared_us 0: open */
};

struct brg_counter_row {
	struct brg_str name, label;
	int64_t value;
};

struct brg_process_row {
	struct brg_id id;
	struct brg_str node, role;
	int64_t pid, joined_us;
};

/* What a visit's profile asks for now (BRG_READ_DUE). */
struct brg_due_row {
	struct brg_id profile;
	int64_t max_connections;
	int64_t due, wanted; /* visits that could start now / of them: wanted */
	int64_t next_us;     /* earliest due of the rest; INT64_MAX: none */
};

struct brg_store_row {
	struct brg_id id;
	int64_t epoch;
	int64_t schema;
	struct brg_str key_check; /* opaque; empty until set */
};

#endif
