/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the SMTP connector, from the wire upwards; each file may use those before
 * it:
 *
 *	faults.c   every way to fail
 *	wire.c     replies, and what waits to be written
 *	scram.c    the arithmetic of SCRAM, nothing of it touches the wire
 *	auth.c     how to log in: passwords and tokens
 *	login.c    greeting, EHLO, STARTTLS, and in
 *	content.c  the bytes of a message: what they need of the server, and on the wire
 *	answer.c   what the server says of each message
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
#define WORDS_OCTETS 1024
#define LOGIN_OCTETS 512
#define NAME_OCTETS  255

enum auth {
	AUTH_AUTO,
	AUTH_NONE,
	AUTH_PLAIN,
	AUTH_LOGIN,
	AUTH_CRAM_MD5,
	AUTH_SCRAM_SHA_1,
	AUTH_SCRAM_SHA_256,
	AUTH_XOAUTH2,
	AUTH_OAUTHBEARER,
};

/* What EHLO told (RFC 5321 section 4.1.1.1); the mechanisms of AUTH are bits from EXT_AUTH on. */
enum {
	EXT_PIPELINING = 1 << 0, /* RFC 2920 */
	EXT_CHUNKING = 1 << 1,	 /* RFC 3030 */
	EXT_8BITMIME = 1 << 2,	 /* RFC 6152 */
	EXT_SMTPUTF8 = 1 << 3,	 /* RFC 6531 */
	EXT_SIZE = 1 << 4,	 /* RFC 1870 */
	EXT_STARTTLS = 1 << 5,	 /* RFC 3207 */
	EXT_AUTH = 1 << 8,
};

struct reply {
	int code;		  /* 250 */
	char words[WORDS_OCTETS]; /* of all its lines, on one; UTF-8 */
};

/* What the next reply will answer. */
enum asked { ASKED_RSET, ASKED_MAIL, ASKED_RCPT, ASKED_DATA, ASKED_END };

struct question {
	enum asked what;
	size_t message, recipient;
};

/* Where a message stands. */
struct transaction {
	struct brg_message *m;
	const struct brg_fault *unfit; /* no server can be told this */
	uint64_t octets;
	size_t accepted; /* recipients */
	bool begun;	 /* MAIL went out over this connection */
	bool refused;	 /* MAIL was */
	bool go_on;	 /* its content is wanted */
	bool done;	 /* its fate is settled, as far as it will be */
	bool needs_utf8, has_8bit;
};

struct smtp {
	/* Options. */
	struct brg_endpoint where;
	const char *username, *password, *name;
	int auth;
	bool insecure_login, pipelining, chunking;
	int64_t window;
	struct brg_oauth oauth;

	/* Wire. */
	const struct brg_host *host;
	const struct brg_stream_service *net;
	struct brg_stream *stream;
	struct brg_str seen; /* what the last peek showed */
	size_t used;	     /* how much of it is taken */
	const char *doing;   /* the command under way, for errors */
	char secret[9];	     /* the beginning of what was said last in confidence */
	bool failed;	     /* nothing more may be written, and why: */
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
	size_t ends;	/* ends of messages among them */
	size_t at;	/* the message under way */
	bool open_mail; /* a transaction may be open there, and must be taken back before the next
			 */
	bool closing;	/* the server said 421 */
	size_t taken;	/* messages, over this connection */
};

/* faults.c */
extern const struct brg_fault smtp_no_stream, smtp_bad_login, smtp_insecure, smtp_greeting_refused,
	smtp_greeting_garbage, smtp_closed, smtp_garbage, smtp_no_tls, smtp_bad_credentials,
	smtp_login_temporary, smtp_no_mechanism, smtp_token_refused, smtp_no_tokens, smtp_closing,
	smtp_refused, smtp_wants_login, smtp_unproven, smtp_no_oauth, smtp_message_later,
	smtp_message_never, smtp_recipient_later, smtp_recipient_never, smtp_nobody, smtp_no_8bit,
	smtp_no_utf8, smtp_too_large, smtp_bad_lines, smtp_bad_address, smtp_only_email,
	smtp_message_cut;
extern const struct brg_fault *const smtp_faults[];

/* wire.c */
/* realloc that ends the process when there is no memory, as the core does. */
void *wire_grow(void *p, size_t n, size_t size);
/* Put aside what is to be written. */
void wire_put(struct smtp *s, const void *p, size_t n);
void wire_puts(struct smtp *s, const char *text);
int wire_flush(struct smtp *s, struct brg_err *err);
/* The next reply, whole. It may be had even after a write failed. */
int wire_reply(struct smtp *s, struct reply *reply, struct brg_err *err);
/* Send one command and read its reply; each of its lines but the first is shown to `line` (may be
 * NULL). 421 is smtp_closing, and the session is over. */
int wire_ask(struct smtp *s, const char *command, const char *shown, struct reply *reply,
	     void (*line)(struct smtp *s, struct brg_str text), struct brg_err *err);
/* What the server said, with its code, unless it repeats our secrets. */
struct brg_str wire_said(const struct smtp *s, const struct reply *reply, char out[256]);
/* Fill err with host, command and words; `reply` may be NULL. */
int wire_fault(struct smtp *s, const struct brg_fault *fault, const struct reply *reply,
	       struct brg_err *err);
/* The session is lost by *err; the first reason stays. */
int wire_fail(struct smtp *s, const struct brg_err *err);
/* A new connection; nothing of the last one counts. */
int wire_connect(struct smtp *s, struct brg_err *err);
int wire_starttls(struct smtp *s, struct brg_err *err);
void wire_close(struct smtp *s);

/* scram.c */
#define SCRAM_FIRST_ROOM (3 * LOGIN_OCTETS + 64)
#define SCRAM_OCTETS	 WORDS_OCTETS
struct scram {
	bool sha_256;
	char nonce[32];
	char first[SCRAM_FIRST_ROOM]; /* what the client says first */
	char signature[64];	      /* what the server must say in the end, in base64 */
};
/* Of base64; -1: it is none, or does not fit. A NUL follows. */
int scram_decode(const char *text, char *out, size_t room);
/* `nonce`: at most 31 characters without a comma. */
void scram_begin(struct scram *c, bool sha_256, const char *nonce, const char *user);
/* The answer to the server's challenge; false: it is none that we would answer. */
bool scram_answer(struct scram *c, const char *password, const char *challenge, char *out,
		  size_t room);
/* Does it know the password, too? */
bool scram_proven(const struct scram *c, const char *last);

/* auth.c */
struct mechanism {
	const char *name;
	enum auth how;
};
extern const struct mechanism auth_mechanisms[]; /* best first; ends with NULL */
bool auth_by_token(const struct smtp *s);
/* The options ask for a login. */
bool auth_wanted(const struct smtp *s);
int auth_enter(struct smtp *s, struct brg_err *err);

/* login.c */
/* Connect, and be let in. */
int login_open(struct smtp *s, struct brg_err *err);

/* content.c */
/* What the bytes need of a server. */
int content_look(struct smtp *s, struct transaction *t, struct brg_err *err);
/* Can this server take it? If not, that is its error. */
bool content_fits(struct smtp *s, struct transaction *t);
/* Write all but the last of it, as DATA wants it or as it is (`raw`): who flushes then completes
 * the message. */
int content_put(struct smtp *s, const struct transaction *t, bool raw, struct brg_err *err);

/* answer.c */
void answer_expect(struct smtp *s, enum asked what, size_t message, size_t recipient);
/* Read replies until so few questions, or ends of messages, are open. */
int answer_read(struct smtp *s, size_t questions, struct brg_err *err);
int answer_read_ends(struct smtp *s, size_t ends, struct brg_err *err);
/* The connection is lost: hear what was said before, and leave what was not reached as it was. */
void answer_last(struct smtp *s);
/* An error of one message or recipient, in the arena of the call. */
struct brg_err *answer_fault(struct smtp *s, const struct brg_fault *fault,
			     const struct reply *reply);
/* Nobody of those who were asked for was accepted. */
void answer_nobody(struct smtp *s, struct transaction *t);

/* send.c */
int send_list(void *self, struct brg_message *const *list, size_t n, struct brg_arena *arena,
	      struct brg_err *err);

#endif
