/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the rooms of mime: mime.c knows GMime, the others only bytes.
 */
#ifndef BRG_CORE_MIME_PRIVATE_H
#define BRG_CORE_MIME_PRIVATE_H

#include "core/mime.h"

/* ---- mime_split.c: a header block is lines --------------------------------------------------- */

/* A field that is wanted; name in lower case. */
struct mime_field {
	const char *name;
	size_t len, max; /* bytes of the value that are kept */
};
#define MIME_FIELD(text, limit)               \
	{                                     \
		text, sizeof(text) - 1, limit \
	}

/* A blank or a tab. */
bool mime_blank(char c);
/* Behind the field that starts at p: its last line's end. */
const char *mime_field_end(const char *p, const char *end);
/* The first of each wanted field on one line, a NUL behind it; ptr NULL: there is none. */
void mime_split(struct brg_str block, const struct mime_field *wanted, size_t n,
		struct brg_arena *arena, struct brg_str *out);
/* One line of valid UTF-8 without control characters; what is invalid becomes U+FFFD. */
struct brg_str mime_clean(struct brg_str s, struct brg_arena *arena);
/* Nothing but printable ASCII. */
bool mime_plain(struct brg_str s);

/* ---- mime_signs.c: what needs no decoding ------------------------------------------------------
 */

/* What is between <>, if there are any: of the first that is not empty. */
struct brg_str mime_first_id(struct brg_str raw, struct brg_arena *arena);
struct brg_str mime_all_ids(struct brg_str raw, struct brg_arena *arena);
/* Does the value begin with this word, whatever its case? */
bool mime_is_word(struct brg_str value, const char *word);
struct brg_str mime_lower(struct brg_str s, struct brg_arena *arena);
/* The first word in lower case. */
struct brg_str mime_keyword(struct brg_str raw, struct brg_arena *arena);
struct brg_str mime_without_blanks(struct brg_str raw, struct brg_arena *arena);

#endif
