/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the rooms of report.
 */
#ifndef BRG_CORE_REPORT_PRIVATE_H
#define BRG_CORE_REPORT_PRIVATE_H

#include "core/mime-private.h"
#include "core/report.h"

#define REPORT_TEXT_MAX (64 * 1024)   /* bytes of prose that are looked at */
#define REPORT_PART_MAX (1024 * 1024) /* bytes of a status part */
#define REPORT_SAID_MAX 500

/* One message under the lens. */
struct lens {
	struct brg_blob *raw;
	const struct mime_header *header;
	struct mime_message message;
	struct brg_arena *arena;
	struct report *out;
	struct brg_str returned_to; /* the returned message's only recipient; or empty */
};

/* ---- report.c -------------------------------------------------------------------------------*/

/* Another mail that it may be about. */
void report_about(struct lens *lens, struct brg_str id);
/* A recipient, zeroed; NULL: there are too many. */
struct report_recipient *report_recipient(struct lens *lens);
/* What the returned message's header tells. */
void report_returned(struct lens *lens, const struct mime_header *returned);

/* ---- report_status.c: what programs write for programs --------------------------------------*/

/* The recipients of message/delivery-status (RFC 3464) or message/disposition-notification (RFC
 * 8098). 1: there was such a part; its kind is in out. */
int report_status_parts(struct lens *lens, struct brg_err *err);
/* The header of the message that came back, if one did. */
int report_returned_parts(struct lens *lens, struct brg_err *err);

/* ---- report_code.c: codes in the words of servers -------------------------------------------*/

/* The first status code of a failure (RFC 3463: "5.1.1"), or empty. */
struct brg_str report_status_code(struct brg_str text);
/* Given up: for good, or may the address be good? By the code, the server's words, else the class
 * of its reply. */
int report_bounce(struct brg_str status, struct brg_str said, struct brg_arena *arena);

/* ---- report_prose.c: what programs write for people -----------------------------------------*/

/* Find the recipients in the text. 1: it is a bounce or the warning of a delay. by_robot: who sent
 * it does nothing but report. */
int report_prose(struct lens *lens, bool by_robot, struct brg_err *err);

/* ---- report_words.c -------------------------------------------------------------------------*/

enum report_words {
	WORDS_FAILED,	/* not delivered */
	WORDS_DELAYED,	/* not yet */
	WORDS_SOFT,	/* full, greylisted, busy */
	WORDS_COPY,	/* behind this line the original begins */
	WORDS_AWAY,	/* a subject that only programs write: begins so */
	WORDS_HOLIDAY,	/* a subject that people write, too: begins so */
	WORDS_RECEIPTS, /* a subject of disposition notifications: begins so */
	WORDS_SHAPES,	/* by which a program is known */
	WORDS_ROBOTS,	/* local parts of programs that report: begins so */
};
/* In lower case, with one blank between words. */
struct brg_str report_fold(struct brg_str text, struct brg_arena *arena);
/* Which of the words are in the folded text: its number from 1; 0: none. */
int report_has(enum report_words list, struct brg_str folded);
/* Does it begin with one of them? */
bool report_begins(enum report_words list, struct brg_str folded);
/* The name of a shape by its number from report_has(). */
const char *report_shape(int number);

#endif
