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

/* record <-> item. (mailbox, folder, remote_id) is unique among live links. */
struct brg_link_row {
	struct brg_id id, record, mailbox;
	int64_t version;
	bool live; /* false: the item is gone there, by us or by others */
	struct brg_str folder, remote_id, remote_version;
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
