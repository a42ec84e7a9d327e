/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of sections and settings, with every line's number and no byte lost.
 *
 *	# a comment: only where the line begins with # or ;
 *	[mailbox anna]
 *	senders = example.org ; and this is part of the value
 *
 * Values may be of any length and hold anything but control characters; blanks around
 * them are dropped. A section or a key that stands twice is refused.
 */
#ifndef BRG_CORE_INI_H
#define BRG_CORE_INI_H

#include "core/problems.h"

#define INI_FILE_MAX (64 * 1024 * 1024)

struct ini_entry {
	const char *key;
	struct brg_str value; /* a NUL follows */
	int line;
};

struct ini_section {
	const char *type; /* [mailbox anna]: "mailbox" */
	const char *name; /* "anna"; "" when the section has none */
	int line;
	struct ini_entry *entries;
	size_t n;
};

struct ini_file {
	const char *name; /* for messages */
	struct ini_section *sections;
	size_t n;
};

/* Parse text; everything lives in the arena. What is wrong is added to problems; *out is
 * always set and holds all that could be read. Returns 0, or < 0 when it added problems. */
int ini_read(struct brg_str text, const char *name, struct brg_arena *arena, struct ini_file **out,
	     struct problems *problems);
/* A whole file into the arena. */
int ini_load(const char *path, struct brg_arena *arena, struct brg_str *out, struct brg_err *err);
/* The entry of this key, or NULL. */
const struct ini_entry *ini_find(const struct ini_section *section, const char *key);

extern const struct brg_fault *const ini_faults[];

#endif
