/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as bytes, piece by piece: what the store keeps is written thousands of times a second, and
 * the same value always as the same bytes.
 */
#ifndef BRG_CORE_JSON_WRITE_H
#define BRG_CORE_JSON_WRITE_H

#include "core/arena.h"

struct json_writer {
	struct brg_arena *arena;
	char *p;
	size_t n, room;
};

void json_write_init(struct json_writer *w, struct brg_arena *arena);
/* Bytes as they are: brackets and the like. */
void json_put(struct json_writer *w, const char *s, size_t n);
void json_put_char(struct json_writer *w, char c);
/* A string, which must be UTF-8. */
void json_put_text(struct json_writer *w, struct brg_str text);
void json_put_integer(struct json_writer *w, int64_t value);
/* "name": with a comma before it, but for the first one. */
void json_put_name(struct json_writer *w, struct brg_str name, bool *first);
/* What was written, followed by a NUL. */
struct brg_str json_written(struct json_writer *w);

#endif
