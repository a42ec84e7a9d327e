/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/connector.h - what a connector does.
 *
 * Plain blocking code. The core opens a session for one visit of one mailbox, makes
 * one call at a time on one thread, and closes it; so a session needs no locks. Every
 * call does a bounded piece of work and asks host->canceled() in its loops. A useful
 * connector is under 300 lines: read sdk/template/.
 */
#ifndef BRG_CONNECTOR_H
#define BRG_CONNECTOR_H

#include <brygga/host.h>

/* What a connector promises; the conformance kit checks it, and the core chooses its
 * algorithm by these and never by a plugin's name. */
enum {
	BRG_CAP_COMPLETE = 1 << 0,    /* a pull that ends has listed the whole folder */
	BRG_CAP_DELETE_EVENTS = 1 << 1, /* tells what is gone (BRG_GONE) */
	BRG_CAP_MOVE_EVENTS = 1 << 2,
	BRG_CAP_PRECONDITION = 1 << 3, /* push update checks the version */
	BRG_CAP_STAMP = 1 << 4,	      /* writes and reads stamps, find() works */
	BRG_CAP_DRAFT = 1 << 5,	      /* prepare(): a message lies on the server before send() */
	BRG_CAP_SILENT = 1 << 6,      /* writes without mailing anybody */
	BRG_CAP_FINISH = 1 << 7,      /* deletes stand only after finish() */
	BRG_CAP_HEADER_FIRST = 1 << 8, /* a header is much cheaper than a body */
	BRG_CAP_SERIES = 1 << 9,      /* recurring appointments with their occurrences */
	BRG_CAP_IMMUTABLE_ID = 1 << 10, /* an item keeps its id when it moves to another folder */
};

enum {
	BRG_WANT_HEADER = 1 << 0,
	BRG_WANT_BODY = 1 << 1,
	BRG_WANT_FIELDS = 1 << 2, /* of get(): fields and parts. Of an item that is private and not
				   * linked the core asks for nothing */
};

/* Of email the inbox is pulled as the folder without a name. */
struct brg_pull {
	uint32_t size;
	unsigned want;	       /* BRG_WANT_*: what the core will need of every new item. Less may
				* be given (get() brings the rest), never at the cost of the bound */
	struct brg_str folder; /* empty: the connector's only folder */
	struct brg_str cursor; /* as next_cursor of the last call, or empty: from the start */
	uint32_t max_items;    /* bound of this call, >= 1 */
	uint32_t reserved;
	uint64_t max_bytes;    /* soft bound on bodies in this call: the item that passes it is the last */
	uint64_t max_octets;   /* do not fetch the body of an item larger than this; 0: no limit */
};

/* What one pull brings. The core makes it; the connector adds. */
struct brg_batch {
	uint32_t size;
	bool more;		    /* call again with next_cursor, in this session */
	bool reserved[3];
	struct brg_arena *arena;    /* for everything in the batch */
	struct brg_str next_cursor; /* committed with the batch's records; at most 1 MiB */
	void *list;		    /* the core's */
	/* A new entry, zeroed but for size, kind BRG_EMAIL and op BRG_PRESENT. */
	struct brg_envelope *(*add)(struct brg_batch *batch);
	int64_t server_us; /* the server's clock when it answered (HTTP Date); 0: not told */
};

struct brg_get {
	uint32_t size;
	unsigned want;
	struct brg_str folder;
	const struct brg_str *ids;
	size_t n;
	uint64_t max_octets;
};

/* The answers to get(): in any order, one for each id. Given one at a time, so that
 * bodies need not be held together; `item` is borrowed until the call returns. */
struct brg_sink {
	uint32_t size;
	uint32_t reserved;
	struct brg_arena *arena; /* reset after each item() */
	void *ctx;
	int (*item)(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err);
};

enum brg_push_type { BRG_CREATE = 1, BRG_UPDATE = 2, BRG_DELETE = 3, BRG_MOVE = 4, BRG_MARK = 5 };

struct brg_push {
	uint32_t size;
	uint16_t type;		   /* enum brg_push_type */
	uint16_t kind;		   /* enum brg_kind */
	struct brg_str folder;
	struct brg_str remote_id;  /* not for create */
	struct brg_str version;	   /* precondition; empty: none */
	struct brg_str to_folder;  /* move */
	uint32_t flags, flags_mask; /* mark: BRG_IS_* */
	struct brg_fields fields;  /* update: the changed ones only; BRG_NULL clears */
	const struct brg_part *parts; /* update: the changed ones only; BRG_NULL: it goes */
	size_t n_parts;
	struct brg_blob *body;
	const struct brg_stamp *stamp;
	uint32_t mails_out;	   /* how many people outside this may mail; 0: it must be silent */
	uint32_t reserved;
	/* Filled by the connector, in the arena of the call. */
	struct brg_str new_id;
	struct brg_str new_version;
	const struct brg_err *err; /* not NULL: this one failed, the rest stand */
	const struct brg_item *after; /* create, update: the item as the server has it now, where the
				       * answer told; NULL: the core reads it back by get() */
};

/* ---- sending --------------------------------------------------------------------------------*/

/* What became of a message. Nothing is ever sent twice silently, so a connector sets
 * BRG_FATE_UNKNOWN *before* it passes the point after which the server may have taken the
 * message (SMTP: before the final dot or the last BDAT goes out), and settles it when the
 * answer is read. An answer that never comes leaves it unknown. */
enum brg_fate {
	BRG_FATE_NOT_SENT = 0, /* for certain; it may be handed over again */
	BRG_FATE_SENT = 1,     /* the server has taken it, for at least one recipient */
	BRG_FATE_UNKNOWN = 2,
};

enum {
	BRG_RECIPIENT_BLIND = 1 << 0, /* the message does not name him (Bcc) */
};

struct brg_recipient {
	uint32_t size;
	uint32_t flags; /* BRG_RECIPIENT_* */
	struct brg_str address; /* addr-spec, as in RCPT TO; UTF-8 needs SMTPUTF8 */
	/* Filled by the connector. */
	const struct brg_err *err; /* not NULL: refused. BRG_RETRY_LATER (SMTP 4yz) or
				    * BRG_RETRY_NEVER (5yz), with the server's words */
};

/* One message to be handed over. Bytes and recipients are final: the connector changes
 * nothing of them. */
struct brg_message {
	uint32_t size;
	int fate;		 /* enum brg_fate; filled by the connector, starts as NOT_SENT */
	struct brg_str sender;	 /* envelope sender (reverse-path); empty: the null one */
	struct brg_recipient *to; /* at least one */
	size_t n_to;
	struct brg_blob *body;	 /* RFC 5322, lines ended by CRLF, no Bcc field */
	struct brg_stamp stamp;
	struct brg_str draft;	 /* the id that prepare() gave; empty: none */
	/* Filled by the connector, in the arena of the call. */
	struct brg_str new_id;	 /* the server's id for it (prepare, send); may be empty */
	struct brg_str said;	 /* the server's words when it took the message; may be empty */
	const struct brg_err *err; /* not NULL: this one failed, the rest stand */
};

struct brg_folder {
	uint32_t size;
	uint32_t kinds; /* BRG_KIND_BIT; of email: the inbox, what lies below, what was sent */
	/* role: "inbox", "drafts", "outbox", "sent", "calendar", "contacts", "tasks", "deleted";
	 * empty: any other. What the core makes lands in the folder with the role of its kind. */
	struct brg_str id, parent, name, role;
};

struct brg_connector {
	uint32_t size;
	uint32_t kinds; /* BRG_KIND_BIT of each kind it can carry */
	uint32_t lanes; /* BRG_LANE_BIT of each lane it can serve */
	uint32_t caps;	/* BRG_CAP_* */
	const struct brg_field_cap *fields; /* NULL: email only */

	/* Required. open: `self` is zeroed memory of instance_size with the options filled
	 * in; connect, log in. close: free, say no farewell; called also after a failed open. */
	int (*open)(void *self, const struct brg_host *host, struct brg_err *err);
	void (*close)(void *self);

	/* Optional from here: NULL where it cannot be done. */

	/* Folders that can be pulled, given by `each` until it returns non-zero; as they were a while
	 * ago, if that is cheaper: a pull of one that is none any more is BRG_ENOTFOUND of scope
	 * folder. One without kinds is only to be known by its role ("deleted": what lies there was
	 * thrown away). */
	int (*folders)(void *self, int (*each)(void *arg, const struct brg_folder *f), void *arg,
		       struct brg_err *err);
	/* One bounded batch of changes after the cursor. The same cursor gives the same
	 * changes again. A lost cursor is BRG_ECURSOR. */
	int (*pull)(void *self, const struct brg_pull *req, struct brg_batch *out,
		    struct brg_err *err);
	/* Chosen items whole. An item that is gone is BRG_ENOTFOUND of scope item. */
	int (*get)(void *self, const struct brg_get *req, struct brg_sink *out,
		   struct brg_err *err);
	/* Do these, each on its own; answers in the ops. */
	int (*push)(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		    struct brg_err *err);
	/* End the session in order; 0 promises that every push of it stands (POP3: QUIT and
	 * its answer). Without BRG_CAP_FINISH a push stands when it returns. */
	int (*finish)(void *self, struct brg_err *err);
	/* Items of these kinds (BRG_KIND_BIT) that carry these stamps; answers by `each` with the
	 * index of the stamp. Of mail: drafts, what waits to go, what was sent. */
	int (*find)(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		    struct brg_arena *arena, int (*each)(void *arg, size_t which, const struct brg_envelope *found),
		    void *arg, struct brg_err *err);
	/* Make the stamped draft of a message, with all its recipients; its id goes to new_id. The
	 * core makes that durable and then calls send() with it as `draft`: so after a crash it is
	 * known which draft may have been sent, and find() tells whether it was. < 0 of scope item:
	 * this message cannot be sent. */
	int (*prepare)(void *self, struct brg_message *message, struct brg_arena *arena,
		       struct brg_err *err);
	/* Hand over these, in order; answers in the messages. The core has made the intent
	 * durable before. A message is settled by itself: a refused one (err) does not stop
	 * the others. < 0: the session cannot go on; messages that were not reached are left
	 * as they are (BRG_FATE_NOT_SENT without err). A connector may overlap them (pipelining)
	 * as long as each fate is true at every moment. With BRG_CAP_DRAFT exactly the drafts are
	 * sent; one that is gone was sent if its copy is found, and BRG_FATE_UNKNOWN else; one that
	 * is refused for ever is removed. */
	int (*send)(void *self, struct brg_message *const *list, size_t n,
		    struct brg_arena *arena, struct brg_err *err);
	/* Can this lane work? Cheap, changes nothing; the session is open. */
	int (*probe)(void *self, int lane, struct brg_err *err);
	/* The mailbox's own name for itself (GUID or primary address), kept from the first
	 * contact and compared ever after. */
	int (*identity)(void *self, struct brg_str *out, struct brg_err *err);
};

#endif
