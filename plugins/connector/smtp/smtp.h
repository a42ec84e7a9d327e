/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the SMTP connector, from the wire upwards; each file may use those before
 * it:
 *
 *	faults.c   every way to fail
 *	wire.c     replies, and what waits to be written
 *	auth.c     how to log in: passwords and tokens
 *	login.c    greeting, EHLO, STARTTLS, and in
 *	content.c  the bytes of a message: what they need of the server, and on the wire
 *	send.c     transactions, several under way at once
 *	smtp.c     the descriptor, open, finish, close
 *
 * One session, one thread. A function that returns int gives < 0 with *err filled.
 */
#ifndef BRG_SMTP_H
#define BRG_SMTP_H

#include <brygga/plugin.h>
#include <brygga/sasl.h>

/* RFC 5321 section 4.5.3.1.5 allows 512 octets for a reply line. Servers are known to say more. */
#define LINE_OCTETS  4096
#define REPLY_LINES  200
#define LOGIN_OCTETS 512

enum auth {
	AUTH_AUTO,
	AUTH_NONE,
	AUTH_PLAIN,
	AUTH_LOGIN,
	AUTH_CRAM_MD5,
	AUTH_XOAUTH2,
	AUTH_OAUTHBEARER,
};

/* What EHLO told (RFC 5321 section 4.1.1.1). */
enum {
	EXT_PIPELINING = 1 << 0, /* RFC 2920 */
	EXT_CHUNKING = 1 << 1,	 /* RFC 3030 */
	EXT_8BITMIME = 1 << 2,	 /* RFC 6152 */
	EXT_SMTPUTF8 = 1 << 3,	 /* RFC 6531 */
	EXT_SIZE = 1 << 4,	 /* RFC 1870 */
	EXT_STARTTLS = 1 << 5,	 /* RFC 3207 */
	EXT_PLAIN = 1 << 8,
	EXT_LOGIN = 1 << 9,
	EXT_CRAM_MD5 = 1 << 10,
	EXT_XOAUTH2 = 1 << 11,
	EXT_OAUTHBEARER = 1 << 12,
};

struct reply {
	int code;	 /* 250 */
	char words[256]; /* of all its lines, on one */
};

/* What the next reply will answer. */
enum asked { ASKED_RSET, ASKED_MAIL, ASKED_RCPT, ASKED_DATA, ASKED_END };

struct question {
	enum asked what;
	size_t message, recipient;
};

/* Where a transaction stands. */
struct transaction {
	struct brg_message *m;
	size_t accepted; /* recipients */
	bool refused;	 /* MAIL or DATA was, or nobody was accepted */
	bool go_on;	 /* DATA was answered with 354 */
	bool needs_utf8, has_8bit;
};

struct smtp {
	/* Options. */
	struct brg_endpoint where;
	const char *username, *password, *name;
	int auth;
	bool insecure_login, pipelining, chunking;
	struct brg_oauth oauth;

	/* Wire. */
	const struct brg_host *host;
	const struct brg_stream_service *net;
	struct brg_stream *stream;
	struct brg_str seen; /* what the last peek showed */
	size_t used;	     /* how much of it is taken */
	const char *doing;   /* the command under way, for errors */
	bool failed;	     /* the session is of no more use, and why: */
	struct brg_err failure;
	char *out; /* waits to be written */
	size_t out_len, out_room;

	/* The server. */
	unsigned ext;
	uint64_t size_limit; /* 0: not told */
	const struct brg_token_service *tokens;
	struct brg_str token;

	/* Sending. */
	struct brg_arena *arena;
	struct transaction *list;
	size_t n;
	struct question *questions; /* asked and not answered: [answered .. asked) */
	size_t asked, answered, room_questions;
	bool in_mail; /* a transaction is open there and must be taken back */
};

/* faults.c */
extern const struct brg_fault smtp_no_stream, smtp_bad_login, smtp_insecure, smtp_greeting_refused,
	smtp_greeting_garbage, smtp_closed, smtp_garbage, smtp_no_tls, smtp_bad_credentials,
	smtp_login_temporary, smtp_no_mechanism, smtp_token_refused, smtp_no_tokens, smtp_closing,
	smtp_refused, smtp_message_later, smtp_message_never, smtp_recipient_later,
	smtp_recipient_never, smtp_nobody, smtp_no_8bit, smtp_no_utf8, smtp_too_large,
	smtp_bad_lines, smtp_bad_address, smtp_only_email, smtp_wants_login;
extern const struct brg_fault *const smtp_faults[];

/* wire.c */
/* Put aside what is to be written. */
void wire_put(struct smtp *s, const void *p, size_t n);
void wire_puts(struct smtp *s, const char *text);
int wire_flush(struct smtp *s, struct brg_err *err);
/* The next reply, whole. 421 is smtp_closing, and the session is over. */
int wire_reply(struct smtp *s, struct reply *reply, struct brg_err *err);
/* Send one command and read its reply; each of its lines is shown to `line` (may be NULL). */
int wire_ask(struct smtp *s, const char *command, const char *shown, struct reply *reply,
	     void (*line)(struct smtp *s, struct brg_str text), struct brg_err *err);
/* Fill err with host, command and words. */
int wire_fault(struct smtp *s, const struct brg_fault *fault, const char *words,
	       struct brg_err *err);
/* The session is lost by *err; says so again to every later call. */
int wire_fail(struct smtp *s, const struct brg_err *err);

/* auth.c */
bool auth_by_token(const struct smtp *s);
/* Log in as the options say; nothing where there is no user name. */
int auth_enter(struct smtp *s, struct brg_err *err);

/* login.c */
int login_greet(struct smtp *s, struct brg_err *err);

/* content.c */
/* What the bytes need of the server: 0, or the message's err is set and it cannot be sent. */
int content_look(struct smtp *s, struct transaction *t, struct brg_err *err);
/* Write them as DATA wants them, with the final dot, or as they are (`raw`). */
int content_put(struct smtp *s, const struct transaction *t, bool raw, struct brg_err *err);
/* An error of one message or recipient, in the arena of the call. */
const struct brg_err *content_fault(struct smtp *s, const struct brg_fault *fault,
				    const char *words, struct brg_arena *arena);

/* send.c */
int send_list(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
	      struct brg_err *err);

#endif
