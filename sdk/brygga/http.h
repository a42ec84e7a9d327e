/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/http.h - requests over HTTP/1.1 (RFC 9110, RFC 9112): service "http", version 1.
 *
 * The host connects, logs in, keeps connections open from one session to the next, obeys the
 * deadline of the plugin's call and counts every connection against the profile. What a server
 * wants said is the plugin's business.
 */
#ifndef BRG_HTTP_H
#define BRG_HTTP_H

#include <brygga/host.h>

/* Shared group: how to log in and how long to wait. Embed the struct, put
 * BRG_OPTIONS_HTTP(struct mine, http) in the table, hand it to open(). */
enum brg_http_auth {
	BRG_HTTP_BASIC = 0,	/* RFC 7617; over TLS, or to this machine */
	BRG_HTTP_NTLM = 1,	/* [MS-NLMP]; user: DOMAIN\name */
	BRG_HTTP_NEGOTIATE = 2, /* RFC 4559: the Kerberos credentials of the daemon's account */
	BRG_HTTP_NOBODY = 3,	/* no login */
};

struct brg_http_options {
	int auth; /* enum brg_http_auth; not looked at where OAuth is set */
	const char *user, *password;
	const char *ca_file; /* PEM; empty: the system's trust store */
	const char *proxy;   /* http://HOST:PORT; empty: ALL_PROXY of the environment; none: none */
	int64_t connect_timeout_ms;
	int64_t answer_timeout_ms; /* silence longer than this is a time-out */
};

/* clang-format off */ /* rows */
#define BRG_OPTIONS_HTTP(type, member)                                                             \
	{ "auth", BRG_OPT_CHOICE, 0, offsetof(type, member.auth), "basic",                         \
	  "basic|ntlm|negotiate|none", 0, 0,                                                       \
	  "How to log in; negotiate takes the Kerberos credentials of the daemon's account." },    \
	{ "username", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, offsetof(type, member.user), "", NULL,  \
	  0, 0, "Name to log in with; DOMAIN\\name for ntlm." },                                   \
	{ "password", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX | BRG_OPT_SECRET,                        \
	  offsetof(type, member.password), "", NULL, 0, 0, "Password to log in with." },           \
	{ "ca-file", BRG_OPT_STRING, 0, offsetof(type, member.ca_file), "", NULL, 0, 0,            \
	  "PEM file of the authorities to trust instead of the system's." },                       \
	{ "proxy", BRG_OPT_STRING, 0, offsetof(type, member.proxy), "", NULL, 0, 0,                \
	  "http://HOST:PORT of a proxy; none: not even the one that ALL_PROXY names." },           \
	{ "connect-timeout", BRG_OPT_DURATION, 0, offsetof(type, member.connect_timeout_ms),       \
	  "20s", NULL, 100, 600000, "Longest wait for a connection, TLS included." },              \
	{ "answer-timeout", BRG_OPT_DURATION, 0, offsetof(type, member.answer_timeout_ms), "100s", \
	  NULL, 100, 1800000, "Longest silence of the server." }
/* clang-format on */

struct brg_http_header {
	const char *name, *value;
};

enum {
	BRG_HTTP_ANONYMOUS = 1 << 0, /* no login and no cookies */
	/* Redirects are followed with the same method, headers and body, from https to https only,
	 * BRG_HTTP_HOPS at most. The login goes to the first host and no other. */
	BRG_HTTP_FOLLOW = 1 << 1,
};
#define BRG_HTTP_HOPS 10

#define BRG_HTTP_BYTES (1024 * 1024) /* of an answer's body, where the request says nothing */

struct brg_http_request {
	uint32_t size;
	unsigned flags;
	const char *method; /* NULL: GET, or POST where there is a body */
	const char *url;    /* https; http only to an address of this machine */
	const struct brg_http_header *headers;
	size_t n_headers;
	struct brg_str body;
	uint64_t max_bytes;	   /* of the answer's body, unpacked; 0: BRG_HTTP_BYTES */
	int64_t answer_timeout_ms; /* 0: that of the options */
	/* Set: the body of a good answer (2xx) comes here in pieces as it arrives, and the answer
	 * has none. Non-zero ends the exchange (and its connection); request() then returns 0. */
	int (*chunk)(void *arg, struct brg_str bytes);
	void *arg;
};

struct brg_http_answer {
	uint32_t size;
	int status; /* RFC 9110 section 15 */
	struct brg_str body;
	const struct brg_http_header *headers; /* as they came; lines of one name may be several */
	size_t n_headers;
	int64_t retry_after_ms; /* 0: it did not say (RFC 9110 section 10.2.3) */
	int64_t date_us;	/* the server's clock; 0: it did not say */
	const char *url;	/* that answered, behind all redirects */
	const char *id;		/* the request's client-request-id, by which logs are found */
};

struct brg_http; /* a session's client: one request at a time */

struct brg_http_service {
	uint32_t size;
	uint32_t version;

	/* Connects nobody yet. oauth: NULL, or not set: the login of `how`. Both must live until
	 * close(). */
	int (*open)(void *ctx, const struct brg_http_options *how, const struct brg_oauth *oauth,
		    struct brg_http **out, struct brg_err *err);
	/* One request and its answer, whatever its status; but a login that was refused is
	 * BRG_EAUTH, a throttled one (429, or 503 that says how long) BRG_ELIMIT. A request that
	 * the server may have read is never sent again by itself, but for a GET: where its answer
	 * was lost that is
	 * BRG_EIO. The answer lives until the next request or close(). */
	int (*request)(struct brg_http *http, const struct brg_http_request *req,
		       struct brg_http_answer *out, struct brg_err *err);
	/* The value of a header, by name in any case; empty: it is not there. */
	struct brg_str (*header)(const struct brg_http_answer *answer, const char *name);
	/* What a status means that the protocol has no own words for; returns err->code. */
	int (*unexpected)(struct brg_http *http, const struct brg_http_answer *answer,
			  struct brg_err *err);
	/* The connection is kept for the next session that logs in alike, or closed. */
	void (*close)(struct brg_http *http);
};

#endif
