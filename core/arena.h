/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_ARENA_H
#define BRG_CORE_ARENA_H

#include <brygga/abi.h>

/* Memory that is freed all at once. Not thread safe. Out of memory ends the process. */
struct brg_arena *arena_new(void);
void arena_free(struct brg_arena **arena);
/* Forget everything; keeps one block for the next use. Runs the arena_defer() calls. */
void arena_reset(struct brg_arena *arena);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct brg_arena *arena, size_t n);
/* A copy of n bytes, followed by a NUL. */
struct brg_str arena_dup(struct brg_arena *arena, const void *p, size_t n);
struct brg_str arena_str(struct brg_arena *arena, struct brg_str s);
char *arena_printf(struct brg_arena *arena, const char *fmt, ...) BRG_PRINTF(2, 3);
/* Call fn(arg) at reset or free, last added first. */
void arena_defer(struct brg_arena *arena, void (*fn)(void *arg), void *arg);

/* malloc and friends for what outlives an arena; never NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

#endif
