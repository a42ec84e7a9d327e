/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_ID_H
#define BRG_CORE_ID_H

#include <brygga/abi.h>

#define ID_TEXT 37 /* with the NUL */

/* A new UUIDv7 (RFC 9562 section 5.7) of this moment; grows within a process. Any thread.
 * Under id_seed() the random bits come from the seed, for simulations. */
struct brg_id id_new(int64_t now_us);
void id_seed(uint64_t seed);
const char *id_format(const struct brg_id *id, char out[ID_TEXT]);
/* The moment in a UUIDv7, to the millisecond. */
int64_t id_time_us(const struct brg_id *id);
/* 0, or -1 when the text is no UUID. */
int id_parse(struct brg_str text, struct brg_id *out);


/* Bytes as lower-case hexadecimal digits; out is 2 * n + 1. */
void id_hex(const unsigned char *bytes, size_t n, char *out);

#endif
