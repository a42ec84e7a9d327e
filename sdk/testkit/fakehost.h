/* SPDX-License-Identifier: Apache-2.0
 *
 * A host for tests of one plugin, with no daemon, no socket and no clock: the server is
 * a script, time stands until somebody waits, the store is a list in memory.
 *
 *	static const struct fake_turn script[] = {
 *		FAKE_SAYS("+OK hello\r\n"),
 *		FAKE_TURN("QUIT\r\n", "+OK bye\r\n"),
 *	};
 *	struct fakehost *fh = fakehost_new();
 *	fakehost_script(fh, script, 2);
 *	void *self = fakehost_instance(fh, plugin, "host=x\nport=110\n");
 *	plugin->connector->open(self, &fh->host, &err);
 *
 * One thread. Out of memory, and a plugin that misuses the border (peek after close, a
 * blob that is not ours), end the process with a line on stderr.
 */
#ifndef BRG_FAKEHOST_H
#define BRG_FAKEHOST_H

#include <brygga/http.h>
#include <brygga/plugin.h>

/* The zones that it knows, beside Etc/UTC: two hours ahead of it. */
#define FAKE_ZONE	  "Fake/East"
#define FAKE_ZONE_WINDOWS "Fake East Standard Time"

enum { FAKE_GO = 0, FAKE_CLOSE = 1, FAKE_HANG = 2 };

/* The server waits for `expect`, exactly these bytes, and answers. Several expectations
 * may come in one write, one may come in several. */
struct fake_turn {
	const char *expect; /* NULL: it speaks first */
	size_t expect_len;
	const char *answer;
	size_t answer_len;
	int then; /* after the answer: go on, close the connection, or say nothing any more */
};
#define FAKE_SAYS(text)                                  \
	{                                                \
		NULL, 0, text, sizeof(text) - 1, FAKE_GO \
	}
#define FAKE_TURN(sent, text)                                           \
	{                                                               \
		sent, sizeof(sent) - 1, text, sizeof(text) - 1, FAKE_GO \
	}
#define FAKE_CLOSES(sent, text)                                            \
	{                                                                  \
		sent, sizeof(sent) - 1, text, sizeof(text) - 1, FAKE_CLOSE \
	}
#define FAKE_HANGS(sent, text)                                            \
	{                                                                 \
		sent, sizeof(sent) - 1, text, sizeof(text) - 1, FAKE_HANG \
	}

/* A request over HTTP that is expected, and its answer. */
struct fake_exchange {
	const char *method, *url, *body; /* exactly these; NULL: any */
	int status;			 /* 0: 200 */
	const char *headers;		 /* of the answer, "Name: value", one a line; NULL: none */
	const char *answer;		 /* its body; NULL: none */
	size_t answer_len;		 /* 0: strlen() */
	int then;			 /* FAKE_CLOSE: it is read, and no answer comes */
};

/* What get() gave for one id. */
struct fake_item {
	uint32_t request;
	bool has_body;
	struct brg_str body;
	bool failed;
	struct brg_err err;
	struct brg_item item; /* without body and err */
};

struct fakehost {
	struct brg_host host; /* hand this to the plugin */

	/* To be set by the test at any time. */
	int64_t now_us; /* moves by a microsecond at each look, by the time-out at a hang */
	int64_t left_ms;
	bool canceled;
	uint32_t cancel_after; /* so many more questions, then canceled; 0: never */
	size_t chunk;	       /* at most so many bytes arrive at a time; 0: all that are there */
	bool tls_fails;
	uint64_t disk;	     /* blobs may hold so many bytes in all; 0: no limit */
	uint32_t sink_stops; /* the sink fails at the n-th item; 0: never */
	const char *tokens;  /* what access() of the service "token" gives, one a blank; the last
			      * stays; NULL: nobody has signed in */

	/* To be read by the test. */
	uint32_t connects, writes, requests;
	uint32_t rounds; /* times the plugin waited for an answer to something */
	uint32_t known_calls, items_named, effects;
	uint32_t token_asked, token_refused;
	uint64_t done, total; /* progress */
	char wrong[512];      /* where the plugin left the script; empty: nowhere */
	struct brg_str
		sent; /* all it wrote since fakehost_script(); bodies of requests, one a line */
	struct brg_str log; /* "level event text" lines */
	bool tls, open;	    /* of the stream */
	struct brg_batch batch;
	struct brg_envelope **envelopes;
	size_t n_envelopes;
	struct fake_item *items;
	size_t n_items;

	struct fakehost_private *own;
};

/* Ends the process when there is no memory. fakehost_free frees everything it gave. */
struct fakehost *fakehost_new(void);
void fakehost_free(struct fakehost *fh);

/* The next connection follows these turns, which are borrowed. Counters start anew. */
void fakehost_script(struct fakehost *fh, const struct fake_turn *turns, size_t n);
/* The next connection brings these bytes, whatever the plugin says, and then ends. */
void fakehost_feed(struct fakehost *fh, const void *bytes, size_t n);
/* True when every turn was taken and nothing else was said. */
bool fakehost_followed(const struct fakehost *fh);

/* The next requests over HTTP are these, which are borrowed. Counters start anew. */
void fakehost_exchanges(struct fakehost *fh, const struct fake_exchange *list, size_t n);
/* True when all of them took place and no other. */
bool fakehost_exchanged(const struct fakehost *fh);

/* Zeroed instance with defaults and these settings, "name=value", one a line. NULL: an
 * unknown name or a bad value, named in fh->wrong. Freed by fakehost_drop(). */
void *fakehost_instance(struct fakehost *fh, const struct brg_plugin *plugin, const char *settings);
void fakehost_drop(void *self);

/* What the store knows: an enum brg_known for an id; BRG_UNKNOWN forgets it. */
void fakehost_know(struct fakehost *fh, const char *id, int state);
/* Mark all envelopes of the last batch that carry no error as known. */
void fakehost_keep(struct fakehost *fh, int state);
void fakehost_set_state(struct fakehost *fh, const char *name, const char *value);
/* "": never set. */
const char *fakehost_state(const struct fakehost *fh, const char *name);

/* An empty batch; what the last one held is freed. */
struct brg_batch *fakehost_batch(struct fakehost *fh);
/* A sink that fills fh->items anew. */
struct brg_sink *fakehost_sink(struct fakehost *fh);
/* Numbers of fields, as host->field() gives them: in the order asked. Back: "" for none. */
uint32_t fakehost_field(struct fakehost *fh, int kind, const char *name);
const char *fakehost_field_name(const struct fakehost *fh, uint32_t id);
/* One of these fields by name; NULL: absent. */
const struct brg_field *fakehost_value(struct fakehost *fh, const struct brg_fields *fields,
				       int kind, const char *name);
/* An arena for the rest, freed with the host. */
struct brg_arena *fakehost_arena(struct fakehost *fh);
struct brg_str fakehost_bytes(const struct brg_blob *blob);

#endif
