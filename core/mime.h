/* SPDX-License-Identifier: Apache-2.0
 *
 * Email as plain C. Broken mail is shown as well as possible and never an error.
 */
#ifndef BRG_CORE_MIME_H
#define BRG_CORE_MIME_H

#include "core/arena.h"
#include "core/blob.h"

#define MIME_HEADER_MAX	   (256 * 1024) /* bytes looked at */
#define MIME_ADDRESSES_MAX 1000

struct mime_address {
	struct brg_str name;	/* decoded; may be empty */
	struct brg_str address; /* folded to lower case; empty: only a name is written */
};

/* Every text is valid UTF-8 without control characters, in the arena. */
struct mime_header {
	struct brg_str subject;
	struct brg_str from_name, from_address;	 /* the first of From, else of Sender */
	struct mime_address *to, *cc, *reply_to; /* of all To, of all Cc, of the first Reply-To */
	size_t n_to, n_cc, n_reply_to;
	int64_t date_us;			/* Date; 0: none or unreadable */
	int64_t received_us;			/* of the topmost Received; 0: none */
	struct brg_str message_id, in_reply_to; /* without <> */
	struct brg_str references;		/* ids with one blank between */
	struct brg_str list_id;
	bool automatic; /* Auto-Submitted other than no, Precedence bulk or junk, or auto_reply */
	/* To whom it was really brought: Delivered-To, X-Original-To, Envelope-To,
	 * X-Envelope-To, X-Delivered-To, in the order of the block, none twice. */
	struct mime_address *delivered;
	size_t n_delivered;
	struct mime_address *bcc; /* only a sender's own copy has it */
	size_t n_bcc;
	struct brg_str thread_index;   /* Thread-Index as written, base64, without blanks */
	struct brg_str content_type;   /* "type/subtype", lower case; empty: none or unreadable */
	struct brg_str report_type;    /* its parameter report-type, lower case */
	struct brg_str auto_submitted; /* the keyword, lower case; empty: none */
	bool null_sender;	       /* Return-Path: <> */
	bool auto_reply;    /* it says that it answers by itself: Auto-Submitted: auto-replied (RFC
			     * 3834    section 5), X-Autoreply, X-Autorespond, Precedence: auto_reply
			     */
	bool no_auto_reply; /* X-Auto-Response-Suppress: programs say so ([MS-OXCMAIL] 2.1.3.2.20)
			     */
	struct brg_str sender_address; /* of Sender, folded; empty: none */
	/* Whom it names besides, as somebody who sent it on or got it: Resent-*, Return-Path,
	 * X-Forwarded-To and their like. None twice, not who stands in From. */
	struct mime_address *others;
	size_t n_others;
	bool more_addresses; /* some that it names may stand in none of these lists: a list was cut,
			      * stands twice or could not be read */
	struct brg_str disposition_to; /* Disposition-Notification-To: its first address, folded */
};

/* Once, before threads start. */
void mime_init(void);
/* Parse a header block (RFC 5322 section 2.2), with or without the empty line. Any thread. */
void mime_header(struct brg_str header, struct brg_arena *arena, struct mime_header *out);
/* Text in lower case; what is no ASCII is composed first, so that equal texts are equal bytes. */
struct brg_str mime_fold(struct brg_str text, struct brg_arena *arena);

/* ---- whole messages ----------------------------------------------------------------------
 * What people are shown of a message, within bounds. However broken it is, the raw bytes
 * stay what they are and something readable comes out. */
#define MIME_DEPTH_MAX 50
#define MIME_PARTS_MAX 10000
#define MIME_TEXT_MAX  (1024 * 1024) /* bytes of the text, and of the HTML, that is shown */

/* What is wrong with a message, for those who want to know. */
enum {
	MIME_TOO_DEEP = 1 << 0,	   /* parts below MIME_DEPTH_MAX are shown as they are */
	MIME_TOO_MANY = 1 << 1,	   /* parts past MIME_PARTS_MAX are not listed */
	MIME_CUT = 1 << 2,	   /* the text or a header was longer than is shown */
	MIME_BAD_CHARSET = 1 << 3, /* unknown or not obeyed; guessed */
	MIME_BAD_ENCODING = 1 << 4,
	MIME_NUL = 1 << 5,
	MIME_NO_BOUNDARY = 1 << 6, /* a multipart without its boundary, or never closed */
	MIME_NO_HEADER = 1 << 7,
	MIME_ENCRYPTED = 1 << 8, /* S/MIME or PGP: shown as one part */
	MIME_SIGNED = 1 << 9,
};

/* A leaf, or a whole message inside this one (message/rfc822). */
struct mime_part {
	struct brg_str type;	   /* "text/plain"; lower case, never empty */
	struct brg_str charset;	   /* lower case; empty: not told */
	struct brg_str encoding;   /* lower case; empty: none */
	struct brg_str name;	   /* file name, decoded, no path, no controls; may be empty */
	struct brg_str content_id; /* without <> */
	int depth;		   /* 0: the message is this part */
	int in;			   /* index of the message/rfc822 part that it lies in; -1: none */
	bool attachment;     /* offered as a file; else part of the text, or shown within it */
	bool is_inline;	     /* an image and the like that the HTML refers to */
	bool flowed, del;    /* format=flowed, delsp=yes (RFC 3676) */
	int alternative;     /* number of the multipart/alternative that it lies in; -1: none */
	uint64_t at, octets; /* where its content lies in the raw message, still encoded */
};

struct mime_message {
	struct mime_header header;
	struct mime_part *parts;
	size_t n_parts;
	int text, html;	  /* indices of what is shown first; -1: there is none */
	unsigned defects; /* MIME_* */
};

/* Take a message apart. < 0 only when the bytes cannot be read (disk). Any thread. */
int mime_message(struct brg_blob *raw, struct brg_arena *arena, struct mime_message *out,
		 struct brg_err *err);
/* The content of a part, its transfer encoding undone, in pieces; of text kinds in UTF-8
 * with lines ended by LF, without NUL. */
int mime_content(struct brg_blob *raw, const struct mime_part *part,
		 int (*put)(void *arg, const void *p, size_t n, struct brg_err *err), void *arg,
		 struct brg_err *err);
/* The text that a person reads, at most MIME_TEXT_MAX bytes of UTF-8: all text parts that are
 * shown, or made from the HTML where there is only that. Empty: there is none. */
int mime_text(struct brg_blob *raw, const struct mime_message *message, struct brg_arena *arena,
	      struct brg_str *out, struct brg_err *err);
int mime_html(struct brg_blob *raw, const struct mime_message *message, struct brg_arena *arena,
	      struct brg_str *out, struct brg_err *err);

/* ---- messages of our own --------------------------------------------------------------------*/

struct mime_attachment {
	struct brg_str name,
		type; /* type empty: by the name's ending, else application/octet-stream */
	struct brg_blob *content;
};

struct mime_draft {
	struct mime_address from, sender; /* sender.address empty: none */
	const struct mime_address *to, *cc;
	size_t n_to, n_cc;
	struct brg_str subject, text, html;		    /* html empty: none */
	struct brg_str message_id, in_reply_to, references; /* as in struct mime_header */
	int64_t date_us;
	const struct mime_attachment *attachments;
	size_t n_attachments;
	bool automatic; /* Auto-Submitted: auto-generated */
};

/* Write it as RFC 5322 in 7 bits, lines of at most 998 bytes ended by CRLF, headers folded
 * and encoded where they need it (RFC 2047, 2231). */
int mime_compose(const struct mime_draft *draft, struct brg_blob *out, struct brg_err *err);

/* A message that somebody else composed, made ready to be sent: lines ended by CRLF; Bcc and
 * Return-Path taken out; Message-ID and Subject replaced where given (not empty); Sender put in
 * where given; Date and MIME-Version added where missing. Everything else stays byte for byte. */
struct mime_edit {
	struct brg_str message_id, subject, sender;
	int64_t date_us;
};
int mime_ready(struct brg_blob *raw, const struct mime_edit *edit, struct brg_blob *out,
	       struct brg_err *err);

/* The fields of a record as a JSON object, in the arena. report: of which kind it is one; NULL:
 * it is a mail like any other. */
struct brg_str mime_fields_json(const struct mime_header *header, const char *report,
				struct brg_arena *arena);

#endif
