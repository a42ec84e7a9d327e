/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs bound the memory of a visit: a message of any size costs at most 1 MiB of it.
 */
#include "core/blob.h"
#include "core/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct brg_blob {
	char *mem;
	size_t room;
	uint64_t len;
	int fd; /* -1: in memory */
};

static const char *spill_dir = "/tmp";

void blob_init(const char *dir)
{
	spill_dir = dir;
}

static void blob_release(void *arg)
{
	struct brg_blob *b = arg;

	free(b->mem);
	if (b->fd >= 0)
		close(b->fd);
}

struct brg_blob *blob_new(struct brg_arena *arena)
{
	struct brg_blob *b = arena_alloc(arena, sizeof(*b));

	b->fd = -1;
	arena_defer(arena, blob_release, b);
	return b;
}

struct brg_blob *blob_move(struct brg_blob *b, struct brg_arena *arena)
{
	struct brg_blob *to = blob_new(arena);

	*to = *b;
	if (to->mem && to->room > to->len) {
		to->room = to->len ? (size_t)to->len : 1;
		to->mem = xrealloc(to->mem, to->room, 1);
	}
	*b = (struct brg_blob){ .fd = -1 };
	return to;
}

static int fail_spill(struct brg_err *err)
{
	return brg_fail(err, errno == ENOSPC || errno == EDQUOT ? &fault_disk_full : &fault_spill,
			"path=%s\nreason=%s", spill_dir, strerror(errno));
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int spill(struct brg_blob *b, struct brg_err *err)
{
	char path[4096];

	b->fd = open(spill_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (b->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		(void)snprintf(path, sizeof(path), "%s/spill-XXXXXX", spill_dir);
		b->fd = mkostemp(path, O_CLOEXEC);
		if (b->fd >= 0)
			unlink(path);
	}
	if (b->fd < 0 || write_all(b->fd, b->mem, (size_t)b->len) < 0)
		return fail_spill(err);
	free(b->mem);
	b->mem = NULL;
	b->room = 0;
	return 0;
}

int blob_add(struct brg_blob *b, const void *p, size_t n, struct brg_err *err)
{
	if (n == 0)
		return 0;
	if (b->fd < 0 && b->len + n > BLOB_IN_MEMORY && spill(b, err) < 0)
		return err->code;
	if (b->fd >= 0) {
		if (write_all(b->fd, p, n) < 0)
			return fail_spill(err);
	} else {
		if (b->len + n > b->room) {
			size_t room = b->room ? b->room * 2 : 16384;

			while (room < b->len + n)
				room *= 2;
			b->mem = xrealloc(b->mem, room, 1);
			b->room = room;
		}
		memcpy(b->mem + b->len, p, n);
	}
	b->len += n;
	return 0;
}

uint64_t blob_len(const struct brg_blob *b)
{
	return b->len;
}

struct brg_str blob_view(const struct brg_blob *b)
{
	if (b->fd >= 0)
		return (struct brg_str){ NULL, 0 };
	return (struct brg_str){ b->mem ? b->mem : "", (size_t)b->len };
}

int64_t blob_read(struct brg_blob *b, uint64_t at, void *p, size_t n, struct brg_err *err)
{
	ssize_t k;

	if (at >= b->len)
		return 0;
	if (n > b->len - at)
		n = (size_t)(b->len - at);
	if (b->fd < 0) {
		memcpy(p, b->mem + at, n);
		return (int64_t)n;
	}
	do
		k = pread(b->fd, p, n, (off_t)at);
	while (k < 0 && errno == EINTR);
	return k < 0 ? fail_spill(err) : k;
}
