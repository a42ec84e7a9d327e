/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/abi.h - what makes a plugin fit its host, and the words all headers share.
 *
 * Rules of the border, five in all:
 *  1. MAJOR must be equal; a plugin built against MINOR n loads into every host
 *     with MINOR >= n. While MAJOR is 0 nothing is frozen: MINOR must be equal too.
 *  2. Every struct that crosses the border starts with `size`, set by its maker.
 *     Members are appended, never inserted or retyped. A reader looks at a member
 *     only if BRG_HAS() says that it is there; nobody copies by his own sizeof.
 *  3. Who allocates frees. No pointer is freed across the border.
 *  4. Arguments are borrowed until the call returns. What a plugin returns lives in
 *     the arena it was given, or (storage) as long as the callback runs.
 *  5. Text is UTF-8 without NUL. Slices need no terminator. Moments are int64_t
 *     microseconds since 1970-01-01 UTC; spans are milliseconds.
 *
 * Changes, newest first:
 *  0.3  2026-11-28  records both ways: fields, parts, stamps; links with two shadows, inbox,
 *		     intents, history, conflicts, plans, filters, changes
 *  0.2  2026-11-23  send() takes messages; service "token"; directory of addresses,
 *		     references, outbox
 *  0.1  2026-11-23  first sketch: connectors and storages
 */
#ifndef BRG_ABI_H
#define BRG_ABI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BRG_ABI_MAGIC 0x42525947u /* "BRYG" */
#define BRG_ABI_MAJOR 0
#define BRG_ABI_MINOR 3
#define BRG_SDK_AT_LEAST(a, b) (BRG_ABI_MAJOR > (a) || (BRG_ABI_MAJOR == (a) && BRG_ABI_MINOR >= (b)))

/* True when the struct that `st` points at, of type struct `tag`, is long enough to
 * hold `slot` and the slot is set. */
#define BRG_HAS(st, tag, slot)                                                                     \
	((st)->size >= offsetof(struct tag, slot) + sizeof((st)->slot) && (st)->slot)

#if defined(__GNUC__)
#define BRG_EXPORT __attribute__((visibility("default")))
#define BRG_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define BRG_MUST_CHECK __attribute__((warn_unused_result))
#else
#define BRG_EXPORT
#define BRG_PRINTF(f, a)
#define BRG_MUST_CHECK
#endif

/* A slice of bytes. Empty: len 0, ptr may be NULL. */
struct brg_str {
	const char *ptr;
	size_t len;
};

/* An identity: UUIDv7 (RFC 9562 section 5.7), chosen by whoever makes the thing. */
struct brg_id {
	unsigned char b[16];
};

/* SHA-256 (FIPS 180-4) of a body as it came over the wire, lines ended by CRLF. */
struct brg_sha {
	unsigned char b[32];
};

/* Memory that lives as long as its owner says; made and reset by the host only. */
struct brg_arena;

/* Bytes of any length, kept by the host: in memory up to 1 MiB, then in a spill file. */
struct brg_blob;

static inline struct brg_str brg_cstr(const char *s)
{
	struct brg_str r = { s, s ? strlen(s) : 0 };

	return r;
}

static inline bool brg_str_eq(struct brg_str a, struct brg_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool brg_id_eq(const struct brg_id *a, const struct brg_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool brg_id_is_nil(const struct brg_id *a)
{
	static const struct brg_id nil = { { 0 } };

	return brg_id_eq(a, &nil);
}

#endif
