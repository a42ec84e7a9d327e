/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in whatever charset on its way into UTF-8. What is told is obeyed where it can be; else
 * it is guessed from the bytes.
 */
#ifndef BRG_CORE_CHARSET_H
#define BRG_CORE_CHARSET_H

#include "core/arena.h"
#include <brygga/err.h>

/* What the bytes look like; zeroed before the first. */
struct charset_look {
	uint64_t good, bad;	 /* sequences of UTF-8 of more than a byte; bytes that are none */
	uint64_t nul[2], octets; /* NULs at even and odd places */
	bool escapes;		 /* of ISO 2022 */
	unsigned char first[3];	 /* the mark of byte order, if there is one */
	unsigned char held[4];	 /* of a sequence that is not complete yet */
	unsigned n_held;
};
void charset_look(struct charset_look *look, const char *p, size_t n);

#define CHARSET_NAME 64
/* How to read it: by the name that was told (may be empty) and what the bytes look like.
 * False: the name was not obeyed. */
bool charset_choose(struct brg_str told, const struct charset_look *look, char name[CHARSET_NAME]);

/* The character that a byte is in windows-1252. */
uint32_t charset_windows(unsigned char c);

/* Lives as long as the arena. */
struct charset *charset_open(const char *name, struct brg_arena *arena);
/* Whole characters go to put(); what is none becomes U+FFFD. */
int charset_put(struct charset *c, const char *p, size_t n,
		int (*put)(void *arg, const void *p, size_t n, struct brg_err *err), void *arg,
		struct brg_err *err);
int charset_end(struct charset *c,
		int (*put)(void *arg, const void *p, size_t n, struct brg_err *err), void *arg,
		struct brg_err *err);

#endif
