/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this text? Everything that people, servers and plugins hand over is asked so.
 */
#ifndef BRG_CORE_UTF8_H
#define BRG_CORE_UTF8_H

#include <brygga/abi.h>

/* The length of the UTF-8 character at p (n bytes are there), 0 if it is none (RFC 3629). */
size_t utf8_char(const unsigned char *p, size_t n, uint32_t *point);
/* The bytes of a character, at most 4; returns how many. */
size_t utf8_put(uint32_t point, char out[4]);
/* Valid UTF-8 without control characters, C1 ones included? */
bool utf8_plain(struct brg_str s);
/* Make it so in place: each byte that does not belong becomes '?'. */
void utf8_repair(char *s, size_t n);

#endif
