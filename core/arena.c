/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas: a batch, a session or a parsed file is freed in one stroke, so nothing of it
 * can leak or be freed twice. Blocks double from 4 KiB to 256 KiB; what is larger gets
 * a block of its own.
 */
#include "core/arena.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#if SANITIZED /* a block for each, so that a sanitizer sees its end */
#define FIRST_BLOCK   0
#define LARGEST_BLOCK 0
#define ALIGN	      1
#else
#define FIRST_BLOCK   4096
#define LARGEST_BLOCK (256 * 1024)
#define ALIGN	      (sizeof(max_align_t))
#endif

struct block {
	struct block *next;
	size_t size, used;
	max_align_t data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

struct brg_arena {
	struct block *blocks; /* the one in use first */
	struct deferred *deferred;
	size_t next_size;
};

static void die_of_memory(size_t n)
{
	fprintf(stderr, "<2>out of memory: %zu bytes\n", n);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		die_of_memory(n * size);
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size);

	if (!q)
		die_of_memory(n * size);
	return q;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xcalloc(n, 1), s, n);
}

struct brg_arena *arena_new(void)
{
	struct brg_arena *a = xcalloc(1, sizeof(*a));

	a->next_size = FIRST_BLOCK;
	return a;
}

void arena_defer(struct brg_arena *a, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->next = a->deferred;
	a->deferred = d;
}

void arena_reset(struct brg_arena *a)
{
	struct block *keep = NULL;

	for (struct deferred *d = a->deferred; d; d = d->next)
		d->fn(d->arg);
	a->deferred = NULL;
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		if (!keep && b->size <= LARGEST_BLOCK) {
			keep = b;
			continue;
		}
		free(b);
	}
	if (keep) {
		memset(keep->data, 0, keep->used);
		keep->next = NULL;
		keep->used = 0;
	}
	a->blocks = keep;
}

void arena_free(struct brg_arena **arena)
{
	if (!*arena)
		return;
	arena_reset(*arena);
	free((*arena)->blocks);
	free(*arena);
	*arena = NULL;
}

static struct block *block_new(struct brg_arena *a, size_t n)
{
	struct block *b;
	size_t size = a->next_size;

	if (n > size) {
		size = n;
	} else if (a->next_size < LARGEST_BLOCK) {
		a->next_size *= 2;
	}
	b = calloc(1, sizeof(*b) + size);
	if (!b)
		die_of_memory(size);
	b->size = size;
	/* A block made for one large thing must not hide the room left in the present one. */
	if (n > LARGEST_BLOCK / 4 && a->blocks) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct brg_arena *a, size_t n)
{
	struct block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX / 2)
		die_of_memory(n);
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < n)
		b = block_new(a, n);
	p = (char *)b->data + b->used;
	b->used += n;
	return p;
}

struct brg_str arena_dup(struct brg_arena *a, const void *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n)
		memcpy(copy, p, n);
	return (struct brg_str){ copy, n };
}

struct brg_str arena_str(struct brg_arena *a, struct brg_str s)
{
	return arena_dup(a, s.ptr, s.len);
}

char *arena_printf(struct brg_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
