/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/host.h - what the host does for a plugin.
 *
 * A plugin opens no socket, reads no clock, starts no thread and keeps no global
 * state: it asks here. Tests pass another host: simulated time, scripted servers.
 * Unless a slot says otherwise it may be called only from the thread that called
 * the plugin, and during that call.
 */
#ifndef BRG_HOST_H
#define BRG_HOST_H

#include <brygga/item.h>
#include <brygga/option.h>

enum brg_level { BRG_LOG_ERROR = 3, BRG_LOG_WARNING = 4, BRG_LOG_INFO = 6, BRG_LOG_DEBUG = 7 };

/* What the store knows of a remote id (see known()). */
enum brg_known {
	BRG_UNKNOWN = 0,
	BRG_SEEN = 1,	     /* decided and not stored */
	BRG_LINKED = 2,	     /* its record is in the store */
	BRG_PARKED = 3,	     /* it failed and waits for another try */
	BRG_DELETE_WANTED = 4, /* stored durably; the core is about to delete it there */
	BRG_DELETED = 5,     /* deleted there by us; listed again, it is a new item or came back */
};

struct brg_known_answer {
	uint32_t size;
	uint32_t reserved;
	uint64_t missing; /* known ids of the folder that the call did not name and that
			   * we did not delete: above 0, an unknown id may be an old
			   * item renamed, so bring headers before bodies */
};

struct brg_host {
	uint32_t size;
	uint32_t reserved;
	void *ctx; /* the first argument of every slot; says who calls */

	/* One line, one event. `event` is a fixed lower-case name; fmt makes key=value
	 * pairs. No secrets, no addresses, no subjects. Any thread. */
	void (*log)(void *ctx, int level, const char *event, const char *fmt, ...) BRG_PRINTF(4, 5);

	/* Wall clock, microseconds UTC; simulated in tests. Any thread. */
	int64_t (*now_us)(void *ctx);
	/* Milliseconds until the core gives this call up; 0: it has. */
	int64_t (*left_ms)(void *ctx);
	/* True when the call should end early with host->stopped(). Ask in every loop. */
	bool (*canceled)(void *ctx);
	/* Fill err with the reason of canceled() (BRG_ECANCELED or BRG_ETIMEDOUT). */
	int (*stopped)(void *ctx, struct brg_err *err);

	/* Zeroed memory, aligned for any type, freed with the arena. Never NULL. */
	void *(*alloc)(struct brg_arena *arena, size_t n);
	/* A copy of bytes; a NUL follows the slice. */
	struct brg_str (*dup)(struct brg_arena *arena, const void *p, size_t n);

	/* A new empty blob that lives as long as the arena. */
	struct brg_blob *(*blob_new)(void *ctx, struct brg_arena *arena);
	/* Append bytes. Fails with BRG_EFULL when the disk is full. */
	int (*blob_add)(struct brg_blob *blob, const void *p, size_t n, struct brg_err *err);
	/* Length so far. */
	uint64_t (*blob_len)(const struct brg_blob *blob);
	/* Read up to n bytes at `at`; 0 at the end, < 0 with err. */
	int64_t (*blob_read)(struct brg_blob *blob, uint64_t at, void *p, size_t n,
			     struct brg_err *err);

	/* Which of these ids of a folder does the store know? states[i] becomes an enum
	 * brg_known. One call for a whole listing; the core remembers the listing. */
	int (*known)(void *ctx, struct brg_str folder, const struct brg_str *ids, size_t n,
		     uint8_t *states, struct brg_known_answer *answer, struct brg_err *err);

	/* Small durable values of this mailbox, at most 4 KiB each, written with the next
	 * step. get: the slice lives until the session ends; empty if never set. */
	int (*state_get)(void *ctx, const char *name, struct brg_str *out, struct brg_err *err);
	void (*state_set)(void *ctx, const char *name, struct brg_str value);

	/* Id of a field by name, user-defined ones too; 0: no such field. */
	uint32_t (*field)(void *ctx, int kind, const char *name);

	/* What a person who watches should see: done of total, total 0 when unknown. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	/* The item being worked on, so that blame for a crash falls on it and not on the
	 * mailbox. Empty: none. */
	void (*item)(void *ctx, struct brg_str remote_id);

	/* A point with an effect outside the process is about to be passed (a command that
	 * changes the server). Tests stop the world here. */
	void (*effect)(void *ctx, const char *name);

	/* More by name and version: "stream" 1, "token" 1, "http" 1 (http.h), "zone" 1, "series" 1.
	 * NULL: this host has none. The table lives as long as the process. */
	const void *(*service)(void *ctx, const char *name, uint32_t version);
};

/* ---- service "stream", version 1 ------------------------------------------------------
 * A connected byte stream for protocols of lines. Every call returns by the deadline of
 * the plugin's call, by the endpoint's time-outs, or when the host is canceled. TLS uses
 * one trust store per process and CA setting; sessions are resumed. The plugin closes what
 * it opened, in its close() at the latest.
 */
struct brg_stream;

enum { BRG_STREAM_TLS = 1 << 0, BRG_STREAM_RESUMED = 1 << 1 };

struct brg_stream_service {
	uint32_t size;
	uint32_t version;

	/* Connect (and, for BRG_TLS_IMPLICIT, do the handshake). where->port must be set. */
	int (*connect)(void *ctx, const struct brg_endpoint *where, struct brg_stream **out,
		       struct brg_err *err);
	/* Upgrade after the server agreed. Fails with BRG_EPROTO if bytes that came before
	 * the handshake wait in the buffer (they would be an attacker's, RFC 3207 section 6). */
	int (*starttls)(struct brg_stream *s, struct brg_err *err);
	/* Send all bytes. */
	int (*write)(struct brg_stream *s, const void *p, size_t n, struct brg_err *err);
	/* Look at what has arrived, without taking it: *out is valid until the next call on
	 * the stream. Waits until more than `have` bytes are there. Returns 1, or 0 when the
	 * peer closed (*out holds what is left), or < 0. The buffer holds 256 KiB; asking
	 * for more than that is BRG_EPROTO. */
	int (*peek)(struct brg_stream *s, size_t have, struct brg_str *out, struct brg_err *err);
	/* Take n bytes that peek() showed. */
	void (*skip)(struct brg_stream *s, size_t n);
	/* BRG_STREAM_* */
	unsigned (*flags)(const struct brg_stream *s);
	/* Free; sends TLS close_notify without waiting, and no protocol's farewell. */
	void (*close)(struct brg_stream *s);
};

/* ---- service "token", version 1 --------------------------------------------------------
 * OAuth 2.0 access tokens (RFC 6749) for whoever logs in with XOAUTH2, OAUTHBEARER
 * (RFC 7628) or a bearer header. The core gets and refreshes them under a lock that all
 * workers share; a rotated refresh token is durable before the access token is handed out.
 */
struct brg_token_service {
	uint32_t size;
	uint32_t version;

	/* A token that is good for a minute at least. *out lives as long as the session.
	 * BRG_EAUTH: nobody has signed in, or the sign-in was revoked. */
	int (*access)(void *ctx, const struct brg_oauth *how, struct brg_str *out,
		      struct brg_err *err);
	/* The server refused this token: the next access() gets another. */
	void (*refused)(void *ctx, const struct brg_oauth *how, struct brg_str token);
};

/* ---- service "zone", version 1 ---------------------------------------------------------------
 * Time zones as the core knows them: fields say when something is planned as wall time and an IANA
 * name, servers as an instant and often a Windows name. Any thread.
 */
#define BRG_ZONE_MAX 64 /* bytes of a name, with the NUL */

struct brg_zone_service {
	uint32_t size;
	uint32_t version;

	/* The IANA name of an IANA or Windows one, in any case; empty names are none. False: no such
	 * zone. */
	bool (*iana)(struct brg_str name, char out[BRG_ZONE_MAX]);
	/* The Windows name of an IANA one; false: Windows has none. */
	bool (*windows)(struct brg_str iana, char out[BRG_ZONE_MAX]);
	/* "YYYY-MM-DDTHH:MM:SS" in a zone (empty: UTC) to microseconds UTC. A time that clocks skip
	 * moves by the gap, of one that comes twice it is the first (RFC 5545 section 3.3.5). False:
	 * no such time or zone. */
	bool (*instant)(struct brg_str local, struct brg_str zone, int64_t *us);
	/* And back; out is 20 bytes. False: no such zone, or outside the years 1 to 9999. */
	bool (*wall)(int64_t us, struct brg_str zone, char out[20]);
};

/* ---- service "series", version 1 -------------------------------------------------------------
 * Recurrence as the core knows it (the field "recurrence": a rule of RFC 5545 section 3.3.10). Any
 * thread.
 */
struct brg_series_service {
	uint32_t size;
	uint32_t version;

	/* Which one, from 1, of the occurrences of the series is the one that starts at `at`? Those
	 * that were deleted or moved count in their old places. start, at: wall time of the series'
	 * zone, or dates for all-day. 0: it is none of them, or none of the first 100,000. */
	uint32_t (*index)(struct brg_str rule, struct brg_str start, struct brg_str at);
};

#endif
