/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the POP3 connector, from the wire upwards; each file may use those
 * before it:
 *
 *	faults.c   every way to fail
 *	wire.c     lines and status answers over the host's stream
 *	message.c  the text of one message: ends, dots, line ends
 *	auth.c     how to log in: passwords and tokens
 *	login.c    greeting, STLS, capabilities, and in
 *	fetch.c    RETR and TOP, pipelined
 *	listing.c  UIDL and LIST: what is there, and how it is called
 *	pull.c     pull, get, push
 *	pop3.c     the descriptor, open, finish, close
 *
 * One session, one thread. A function that returns int gives < 0 with *err filled.
 */
#ifndef BRG_POP3_H
#define BRG_POP3_H

#include <brygga/plugin.h>

/* RFC 2449 section 4 allows 512 octets for a line of an answer; servers are known to say more. */
#define LINE_OCTETS 4096
/* A header block longer than this is cut. */
#define HEADER_OCTETS (256 * 1024)
/* Commands in flight: below 8 KiB, so that writing them never blocks on a server that
 * itself waits for us to read. */
#define WINDOW_COMMANDS 256

/* Of a user name or password; RFC 2449 section 4: a command line has at most 255 octets. */
#define LOGIN_OCTETS 240

enum auth {
	AUTH_AUTO = 0,
	AUTH_PLAIN = 1,
	AUTH_USER = 2,
	AUTH_APOP = 3,
	AUTH_XOAUTH2 = 4,
	AUTH_OAUTHBEARER = 5,
};
enum pipelining { PIPELINING_AUTO = 0, PIPELINING_NO = 1 };

/* What a server can do, as CAPA told (RFC 2449 section 5). */
enum {
	CAPA_ANSWERED = 1 << 0, /* it knows CAPA at all */
	CAPA_TOP = 1 << 1,
	CAPA_UIDL = 1 << 2,
	CAPA_PIPELINING = 1 << 3,
	CAPA_PLAIN = 1 << 4,
	CAPA_USER = 1 << 5,
	CAPA_XOAUTH2 = 1 << 6,
	CAPA_OAUTHBEARER = 1 << 7,
	CAPA_NO_APOP = 1 << 8, /* its greeting has a stamp, but APOP does not work for this user */
};

/* One message of the maildrop. */
struct entry {
	uint32_t number; /* for this session only, RFC 1939 section 5 */
	uint32_t len;	 /* of its id */
	uint64_t at;	 /* of its id, in listing.text */
	uint64_t octets; /* as LIST says; 0: not told */
	uint8_t known;	 /* enum brg_known */
	bool sized;	 /* LIST was asked */
	bool renamed;	 /* its id is not the server's UID as it stood */
	bool deleted;	 /* by us, in this session */
};

struct listing {
	bool have;  /* UIDL was answered */
	bool named; /* ids are final and unique, `order` is set */
	struct entry *at;
	uint32_t n, room;
	char *text; /* raw UIDs, a newline after each; then the ids made from them */
	uint64_t len, text_room;
	uint32_t *order; /* indexes sorted by id */
	char cursor[96];
};

enum verb { VERB_NONE = 0, VERB_RETR = 1, VERB_TOP = 2 };

struct job {
	uint32_t entry;
	uint32_t verb; /* enum verb, set when it is sent */
};

/* Messages to be fetched in order: jobs[got .. sent) are in flight. */
struct pipe {
	struct job *jobs;
	uint32_t n, sent, got;
	uint64_t flying; /* octets expected of those */
	unsigned want;	 /* BRG_WANT_* */
	uint64_t max_octets;
	bool skip_cut; /* do not ask for a message that ends sessions */
};

/* The text of one message on its way in. */
struct message {
	struct brg_blob *blob; /* where to put it; NULL: nowhere */
	bool want_header;
	uint64_t max_octets; /* 0: no limit */
	uint64_t octets;     /* what came, lines ended by CRLF */
	bool over;	     /* it was longer than max_octets: the blob is not whole */
	bool header_done;
	struct brg_str header; /* to the empty line, without it; until the next message */
	bool at_start;	       /* the next byte begins a line */
	int line_end;	       /* enum of message.c */
};

struct pop3 {
	/* Options. */
	struct brg_endpoint where;
	const char *username, *password;
	int auth, pipelining;
	bool insecure_login;
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

	/* Login. */
	unsigned capa;
	bool entered;	     /* logged in */
	bool capa_fresh;     /* asked in this session */
	bool coded;	     /* the last -ERR carried a response code */
	int64_t login_delay; /* seconds; 0: not told */
	char *initial;	     /* the initial response, to know it again in the server's words */
	char stamp[256];     /* of the greeting, for APOP; empty: there was none */
	const struct brg_token_service *tokens;
	struct brg_str token; /* the access token in use */

	/* Fetching. */
	bool no_top, top_works;
	unsigned refusals; /* in a row */
	bool interleaved;  /* the core calls get or push between pulls: nothing is asked ahead */
	uint32_t cut;	   /* the entry at which an earlier session ended; UINT32_MAX: none */
	unsigned cut_times;
	int64_t busy_since_us; /* something was in flight ever since, */
	uint64_t busy_octets;  /* and this much came */
	char *scratch;	       /* the header of the last message */
	size_t scratch_len, scratch_room;

	struct listing listing;
	struct job *jobs;
	struct pipe pass; /* of pull; its jobs are those above */
	bool pass_open;
	bool renames; /* known ids are missing: headers before bodies */

	uint32_t deletes; /* DELE accepted, QUIT not yet said */
	char identity[768];
};

/* faults.c */
extern const struct brg_fault pop3_no_stream, pop3_bad_login, pop3_insecure, pop3_greeting_refused,
	pop3_greeting_closed, pop3_greeting_garbage, pop3_closed, pop3_garbage, pop3_long_line,
	pop3_no_tls, pop3_bad_credentials, pop3_locked, pop3_login_delay, pop3_temporary,
	pop3_permanent, pop3_no_uidl, pop3_refused, pop3_equal_uids, pop3_too_many, pop3_only_email,
	pop3_no_folder, pop3_quit_refused, pop3_item_refused, pop3_item_gone, pop3_item_cut,
	pop3_item_large, pop3_item_kept, pop3_item_push, pop3_token_refused, pop3_no_bearer,
	pop3_no_oauth, pop3_no_tokens, pop3_no_apop;
extern const struct brg_fault *const pop3_faults[];

/* wire.c: every slice it gives lives until the next call of wire, message or fetch. */

/* Memory that grows: never NULL, out of memory ends the process as it does in the core. */
void *wire_grow(void *p, size_t n, size_t size);
/* Wait for more bytes than there are; the peer's close is pop3_closed. */
int wire_more(struct pop3 *p, struct brg_err *err);
/* The next line without its end. */
int wire_line(struct pop3 *p, struct brg_str *line, struct brg_err *err);
/* The next line of a multi-line answer, unstuffed: 1, or 0 at its end. */
int wire_next(struct pop3 *p, struct brg_str *line, struct brg_err *err);
enum { WIRE_ERR = 0, WIRE_OK = 1, WIRE_GO_ON = 2 };
/* A status line: WIRE_*, and the words behind it. */
int wire_status(struct pop3 *p, struct brg_str *words, struct brg_err *err);
/* Send bytes. `command` names them in errors. */
int wire_send(struct pop3 *p, const char *command, const void *bytes, size_t n,
	      struct brg_err *err);
/* Send one command and read its status. */
int wire_ask(struct pop3 *p, const char *command, struct brg_str *words, struct brg_err *err);
/* What an -ERR means: by its response code (RFC 2449 section 8, RFC 3206), else `otherwise`. */
int wire_refused(struct pop3 *p, const struct brg_fault *otherwise, struct brg_str words,
		 struct brg_err *err);
/* Fill err with host and words, whatever code they carry; the session goes on. */
int wire_fault(struct pop3 *p, const struct brg_fault *fault, struct brg_str words,
	       struct brg_err *err);
/* The session is lost by *err; says so again to every later call. What was remembered of
 * the server is forgotten: it may have been the reason. */
int wire_fail(struct pop3 *p, const struct brg_err *err);
/* Ask for the capabilities again at the next visit. */
void wire_forget(struct pop3 *p);
/* A number of the protocol at the start of a line, in 1 .. max; 0: there is none. */
uint64_t wire_number(struct brg_str *line, uint64_t max);
bool wire_word(struct brg_str *line, struct brg_str *word);
bool wire_is(struct brg_str word, const char *upper);

/* message.c */
/* Read the text of a message to its end. */
int message_read(struct pop3 *p, struct message *m, struct brg_err *err);

/* auth.c */
/* Does it log in with an access token? */
bool auth_by_token(const struct pop3 *p);
/* The way in, by the options and by what is known of the server. */
enum auth auth_choose(const struct pop3 *p);
/* Keep the time stamp of the greeting, if there is a good one. */
void auth_find_stamp(struct pop3 *p, struct brg_str greeting);
/* 0: in. BRG_EAUTH and the like: the server said no, and *err says how. */
int auth_attempt(struct pop3 *p, struct brg_err *err);
/* Wipe what was said. */
void auth_forget(struct pop3 *p);

/* login.c */
int login_greet(struct pop3 *p, struct brg_err *err);
int login_tls(struct pop3 *p, struct brg_err *err);
int login_enter(struct pop3 *p, struct brg_err *err);
static inline bool login_pipelines(const struct pop3 *p)
{
	return p->pipelining == PIPELINING_AUTO && (p->capa & CAPA_PIPELINING) != 0;
}

/* fetch.c */
/* Take the next message of the pipe, asking for more up to `limit`. 1: it came (or
 * nothing was to be read, VERB_NONE); 0: the server refused it, *refused says why. */
int fetch_take(struct pop3 *p, struct pipe *pipe, uint32_t limit, struct message *m,
	       struct brg_err *refused, struct brg_err *err);
/* May TOP be used? */
bool fetch_tops(const struct pop3 *p);
/* Throw away what is in flight; it will be asked for again. */
int fetch_drain(struct pop3 *p, struct pipe *pipe, struct brg_err *err);

/* Which message ended earlier sessions; after the ids are final. */
void fetch_recall_cut(struct pop3 *p);
bool fetch_is_cut(const struct pop3 *p, uint32_t entry);

/* listing.c */
struct brg_str listing_id(const struct pop3 *p, const struct entry *e);
/* UIDL, once a session; with `sizes` and pipelining LIST in the same write. */
int listing_get(struct pop3 *p, bool sizes, struct brg_err *err);
/* Make the ids final: needs headers where the server gives one UID to several. */
int listing_name(struct pop3 *p, struct brg_err *err);
/* Fill octets of these entries. */
int listing_sizes(struct pop3 *p, const struct job *jobs, uint32_t n, struct brg_err *err);
/* NULL: not there. The ids must be final. */
struct entry *listing_find(struct pop3 *p, struct brg_str id);
void listing_free(struct pop3 *p);

/* pull.c */
int pull_batch(void *self, const struct brg_pull *req, struct brg_batch *out, struct brg_err *err);
int pull_chosen(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err);
int pull_delete(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		struct brg_err *err);

#endif
