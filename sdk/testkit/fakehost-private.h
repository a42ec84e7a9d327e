/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the fake host share: fakehost.c (memory, store, batches), fakefields.c (fields
 * and items), fakestream.c (the script), fakehttp.c (exchanges), fakezone.c, fakeplugin.c (an
 * instance from its options).
 */
#ifndef BRG_FAKEHOST_PRIVATE_H
#define BRG_FAKEHOST_PRIVATE_H

#include "fakehost.h"

struct piece {
	struct piece *next;
	struct brg_blob *blob;
	max_align_t bytes[];
};
struct brg_arena {
	struct piece *pieces;
};
struct brg_blob {
	struct fakehost *fh;
	char *bytes;
	size_t len, room;
};

struct text {
	char *at;
	size_t len, room;
};

struct pair {
	struct pair *next;
	char *name;
	const char *value;
	int known;
	bool met;
};

struct brg_stream {
	struct fakehost *fh;
	struct text in; /* all that the server ever said */
	size_t arrived; /* so much of it is in the buffer or taken */
	size_t taken;
	char *view; /* what the last peek showed */
	bool ended, hangs;
	bool asked; /* something was sent since the last wait */
};

struct fakehost_private {
	const struct fake_exchange *exchanges;
	size_t n_exchanges, exchange;
	struct brg_http *http; /* open; NULL: none */
	const struct fake_turn *turns;
	size_t n_turns, turn, matched; /* matched: of `sent`, by earlier turns */
	bool free_run;
	struct text fed, sent, log;
	int64_t read_timeout_ms;
	uint64_t on_disk;
	struct brg_stream stream;
	struct pair *known, *states;
	struct fake_name {
		int kind;
		char *name;
	} * fields;
	size_t n_fields;
	struct brg_arena arena, batch_arena, sink_arena, item_arena;
	struct brg_sink sink;
	size_t envelope_room, item_room;
};

/* End the process with a line on stderr. */
void fake_misuse(const char *what);
void *fake_grow(void *p, size_t n, size_t size);
/* malloc'ed, a NUL follows. */
char *fake_copy(const void *s, size_t n);
void fake_add(struct text *t, const void *s, size_t n);
/* The first wrong thing stays in fh->wrong. */
void fake_wrong(struct fakehost *fh, const char *what, const char *s, size_t n);
struct brg_str fake_dup(struct brg_arena *arena, const void *s, size_t n);
void *fake_alloc(struct brg_arena *arena, size_t n);
uint32_t fake_field(struct fakehost *fh, int kind, const char *name);
void fake_free_fields(struct fakehost *fh);
void fake_keep_item(struct brg_arena *arena, const struct brg_item *from, struct brg_item *to);
extern const struct brg_stream_service fake_stream_service;
extern const struct brg_http_service fake_http_service;
extern const struct brg_zone_service fake_zone_service;

#endif
