/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/item.h - what travels between a mail system and the store.
 *
 * An *item* is the thing on the server, a *record* the same thing in the store. An
 * item is told in two steps: an *envelope* (what a listing brings) and, for those
 * that the core wants, the *item* whole. Email travels as RFC 5322 bytes; contacts,
 * tasks and appointments as typed fields, never as vCard or iCalendar.
 */
#ifndef BRG_ITEM_H
#define BRG_ITEM_H

#include <brygga/err.h>

enum brg_kind { BRG_EMAIL = 1, BRG_CONTACT = 2, BRG_TASK = 3, BRG_APPOINTMENT = 4 };
#define BRG_KIND_BIT(k) (1u << (k))
/* No kind of item: host->field() knows the fields of attendees by it. */
#define BRG_KIND_ATTENDEE 5

/* The kind of work. Each lane of a mailbox has visits of its own. */
enum brg_lane { BRG_INCOMING = 1, BRG_OUTGOING = 2, BRG_ACT = 3 };
#define BRG_LANE_BIT(l) (1u << (l))

/* A field is absent (not told: never a change), null (cleared) or a value. */
enum brg_presence { BRG_ABSENT = 0, BRG_NULL = 1, BRG_VALUE = 2 };

enum brg_type {
	BRG_TEXT = 1,  /* u.text */
	BRG_INTEGER = 2, /* u.integer */
	BRG_FLAG = 3,  /* u.integer, 0 or 1 */
	BRG_MOMENT = 4, /* u.integer, microseconds UTC: something that happened */
	BRG_WALL = 5,  /* u.wall: something that is planned */
	BRG_DATE = 6,  /* u.text, "YYYY-MM-DD" */
	BRG_LIST = 7,  /* u.list of BRG_TEXT; a set: order and doubles mean nothing */
	BRG_CHOICE = 8, /* u.text, one of the words that the field table knows */
};

struct brg_wall {
	struct brg_str local; /* "YYYY-MM-DDTHH:MM:SS" */
	struct brg_str zone;  /* IANA name; empty: floating */
};

struct brg_field {
	uint32_t id;	 /* from host->field(), by name; 0 is none */
	uint8_t presence; /* enum brg_presence */
	uint8_t type;	 /* enum brg_type */
	uint16_t reserved;
	union {
		struct brg_str text;
		int64_t integer;
		struct brg_wall wall;
		struct {
			const struct brg_str *at;
			size_t n;
		} list;
	} u;
};

/* Fields that are set, compared and merged as one (start+end+zone, the two bodies):
 * the core's field table knows which; a connector must write a group whole. */
struct brg_fields {
	const struct brg_field *at;
	size_t n;
};

/* What a connector can do with one field of one kind. Parts are declared by the names
 * "attendees" and "occurrences" of BRG_APPOINTMENT: with BRG_FIELD_READ the parts of an item are
 * all that there are of that type. A field without a row is neither read nor written. */
enum { BRG_FIELD_READ = 1 << 0, BRG_FIELD_WRITE = 1 << 1 };
struct brg_field_cap {
	const char *name; /* NULL ends the table */
	int kind;
	unsigned can;	      /* BRG_FIELD_* */
	int64_t precision_us; /* of moments; 0: exact */
	uint32_t max_len;     /* of text, in characters; 0: no limit known */
};

/* A part of a series or meeting: an occurrence by original start ("YYYY-MM-DDTHH:MM:SS" in the
 * series' zone; of an all-day series "YYYY-MM-DD"), with the fields that differ from the series;
 * an attendee by address; an attachment by content hash. */
enum brg_part_type { BRG_OCCURRENCE = 1, BRG_ATTENDEE = 2, BRG_ATTACHMENT = 3 };
struct brg_part {
	uint32_t size;
	int type;
	struct brg_str key;
	struct brg_str remote_id;
	struct brg_str version;
	int presence; /* BRG_NULL: this part is gone */
	struct brg_fields fields;
	struct brg_blob *body;
};

/* Written with an item on the server, and found there again after a crash. */
struct brg_stamp {
	struct brg_id store, mailbox, record;
	uint64_t attempt; /* nonce of the try that wrote it */
};

enum brg_envelope_op { BRG_PRESENT = 1, BRG_GONE = 2 };
enum {
	BRG_IS_READ = 1 << 0,
	BRG_IS_PRIVATE = 1 << 1,
	BRG_IS_SERIES = 1 << 2,
	BRG_IS_TRACKED = 1 << 3,  /* its owner has marked it for the CRM (a category) */
};

/* One line of a listing. Only remote_id is required. */
struct brg_envelope {
	uint32_t size;
	uint16_t kind;	      /* enum brg_kind */
	uint16_t op;	      /* enum brg_envelope_op */
	struct brg_str remote_id; /* the server's name for it, 1 to 1024 bytes, unique in the folder */
	struct brg_str version;	  /* changes when the item does; empty: it never changes */
	uint32_t flags;		  /* BRG_IS_* */
	uint32_t reserved;
	uint64_t octets;	/* as the server counts; 0: not told */
	int64_t received_us;	/* 0: not told */
	const struct brg_stamp *stamp; /* NULL: none */
	struct brg_str header;	/* RFC 5322 header block as sent, to the empty line; empty: not fetched */
	struct brg_blob *body;	/* whole message, when it came for free or was asked for; else NULL */
	struct brg_fields fields;
	const struct brg_err *err; /* not NULL: this one failed, the rest stand */
	struct brg_str uid;	/* iCalendar UID (RFC 5545 section 3.8.4.7), the same in every
				 * attendee's mailbox; empty: none or not told */
	int64_t modified_us;	/* by the server's clock; 0: not told */
	struct brg_str folder;	/* of find() only: where it lies; folders that pull() does not know
				 * ("deleted") too */
};

/* One item whole, the answer to get(). */
struct brg_item {
	uint32_t size;
	uint32_t request;	   /* index of the id in the call */
	struct brg_str version;
	struct brg_blob *body;	   /* RFC 5322, lines ended by CRLF */
	struct brg_fields fields;
	const struct brg_part *parts;
	size_t n_parts;
	const struct brg_stamp *stamp;
	const struct brg_err *err; /* not NULL: this one failed, the rest stand */
	uint32_t flags;		   /* BRG_IS_* */
	uint32_t reserved;
	struct brg_str uid;
	int64_t modified_us;
};

#endif
