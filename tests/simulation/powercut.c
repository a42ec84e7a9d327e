/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/powercut.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t dice_roll(uint64_t *dice)
{
	uint64_t r = (*dice += 0x9e3779b97f4a7c15u);

	r = (r ^ (r >> 30)) * 0xbf58476d1ce4e5b9u;
	r = (r ^ (r >> 27)) * 0x94d049bb133111ebu;
	return r ^ (r >> 31);
}

uint64_t dice_below(uint64_t *dice, uint64_t n)
{
	return n ? dice_roll(dice) % n : 0;
}

/* ---- whole files ----------------------------------------------------------------------------*/

struct image {
	char *data;
	size_t len;
};

static struct image load(const char *path)
{
	struct image im = { NULL, 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		if (fd >= 0)
			close(fd);
		return im;
	}
	im.data = malloc((size_t)st.st_size + 1);
	if (!im.data || pread(fd, im.data, (size_t)st.st_size, 0) != st.st_size)
		abort();
	im.len = (size_t)st.st_size;
	close(fd);
	return im;
}

static void save(const char *path, const struct image *im)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, im->data, im->len, 0) != (ssize_t)im->len)
		abort();
	close(fd);
}

static void copy_range(const char *from, const char *to, int64_t at, size_t n)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CLOEXEC);
	char *data = malloc(n);
	ssize_t got;

	if (in < 0 || out < 0 || !data)
		abort();
	got = pread(in, data, n, at);
	if (got < 0 || pwrite(out, data, (size_t)got, at) != got)
		abort();
	free(data);
	close(in);
	close(out);
}

static void disk_name(char *out, size_t n, const char *path)
{
	if ((size_t)snprintf(out, n, "%s.disk", path) >= n)
		abort();
}

/* ---- the VFS --------------------------------------------------------------------------------*/

struct file {
	sqlite3_file base;
	char path[1024]; /* empty: not followed (temporary, -shm) */
	sqlite3_file *real;
	bool synced;		 /* at least once: only what came after can differ from the disk */
	sqlite3_int64 low, high; /* written since */
};

static sqlite3_vfs *system_vfs;

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int cut_close(sqlite3_file *f)
{
	return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
}

static int cut_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), p, n, at);
}

static int cut_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct file *file = (struct file *)f;

	if (file->low == file->high) {
		file->low = at;
		file->high = at + n;
	} else {
		file->low = at < file->low ? at : file->low;
		file->high = at + n > file->high ? at + n : file->high;
	}
	return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int cut_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	((struct file *)f)->synced = false;
	return real(f)->pMethods->xTruncate(real(f), size);
}

/* What is written so far is on the disk. The real sync is left out: nothing real fails. */
static int cut_sync(sqlite3_file *f, int flags)
{
	struct file *file = (struct file *)f;
	char disk[1100];
	struct image im;

	(void)flags;
	if (!file->path[0] || (file->synced && file->low == file->high))
		return SQLITE_OK;
	disk_name(disk, sizeof(disk), file->path);
	if (file->synced) {
		copy_range(file->path, disk, file->low, (size_t)(file->high - file->low));
	} else {
		im = load(file->path);
		save(disk, &im);
		free(im.data);
	}
	file->synced = true;
	file->low = file->high = 0;
	return SQLITE_OK;
}

static int cut_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int cut_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int cut_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int cut_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int cut_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int cut_sector(sqlite3_file *f)
{
	(void)f;
	return POWERCUT_SECTOR;
}

/* No promises: not atomic, not in order, no safe append, no power-safe overwrite. */
static int cut_characteristics(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int cut_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int cut_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void cut_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int cut_shm_unmap(sqlite3_file *f, int delete)
{
	return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static int cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2,
		.xClose = cut_close,
		.xRead = cut_read,
		.xWrite = cut_write,
		.xTruncate = cut_truncate,
		.xSync = cut_sync,
		.xFileSize = cut_size,
		.xLock = cut_lock,
		.xUnlock = cut_unlock,
		.xCheckReservedLock = cut_reserved,
		.xFileControl = cut_control,
		.xSectorSize = cut_sector,
		.xDeviceCharacteristics = cut_characteristics,
		.xShmMap = cut_shm_map,
		.xShmLock = cut_shm_lock,
		.xShmBarrier = cut_shm_barrier,
		.xShmUnmap = cut_shm_unmap,
	};
	struct file *file = (struct file *)f;
	int rc;

	(void)vfs;
	memset(file, 0, sizeof(*file));
	file->real = (sqlite3_file *)(file + 1);
	rc = system_vfs->xOpen(system_vfs, name, file->real, flags, out_flags);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	if (name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) &&
	    (size_t)snprintf(file->path, sizeof(file->path), "%s", name) >= sizeof(file->path))
		abort();
	return rc;
}

static int cut_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	char disk[1100];

	(void)vfs;
	disk_name(disk, sizeof(disk), name);
	unlink(disk);
	return system_vfs->xDelete(system_vfs, name, sync_dir);
}

int powercut_register(void)
{
	static sqlite3_vfs vfs;

	if (vfs.zName)
		return SQLITE_OK;
	system_vfs = sqlite3_vfs_find(NULL);
	if (!system_vfs)
		return SQLITE_ERROR;
	vfs = *system_vfs;
	vfs.zName = POWERCUT_VFS;
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + system_vfs->szOsFile;
	vfs.xOpen = cut_open;
	vfs.xDelete = cut_delete;
	return sqlite3_vfs_register(&vfs, 0);
}

/* ---- the cut --------------------------------------------------------------------------------*/

static bool followed(const char *name)
{
	size_t n = strlen(name);

	return (n > 3 && strcmp(name + n - 3, ".db") == 0) ||
	       (n > 4 && strcmp(name + n - 4, "-wal") == 0) ||
	       (n > 8 && strcmp(name + n - 8, "-journal") == 0);
}

static void each_file(const char *folder, void (*fn)(const char *path, void *arg), void *arg)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	char path[1024];

	if (!dir)
		abort();
	while ((entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
		    sizeof(path))
			abort();
		if (n > 4 && strcmp(entry->d_name + n - 4, "-shm") == 0)
			unlink(path); /* memory */
		else if (followed(entry->d_name))
			fn(path, arg);
	}
	closedir(dir);
}

/* Every sector that differs from the disk is lost, kept, or torn in the middle. */
static void strike_file(const char *path, void *arg)
{
	uint64_t *dice = arg;
	struct image now = load(path), on_disk, after;
	char disk[1100];
	size_t room;

	disk_name(disk, sizeof(disk), path);
	on_disk = load(disk);
	room = now.len > on_disk.len ? now.len : on_disk.len;
	after.data = calloc(1, room + 1);
	if (!after.data)
		abort();
	/* The length is metadata: the old or the new one. */
	after.len = dice_below(dice, 2) ? now.len : on_disk.len;
	for (size_t at = 0; at < after.len; at += POWERCUT_SECTOR) {
		size_t n = after.len - at < POWERCUT_SECTOR ? after.len - at : POWERCUT_SECTOR;
		uint64_t fate = dice_below(dice, 5);
		size_t cut = fate < 2 ? 0 : fate < 4 ? n : dice_below(dice, n);

		for (size_t i = 0; i < n; i++) {
			const struct image *from = i < cut ? &now : &on_disk;

			after.data[at + i] = at + i < from->len ? from->data[at + i] : 0;
		}
	}
	save(path, &after);
	save(disk, &after);
	free(now.data);
	free(on_disk.data);
	free(after.data);
}

static void settle_file(const char *path, void *arg)
{
	struct image now = load(path);
	char disk[1100];

	(void)arg;
	disk_name(disk, sizeof(disk), path);
	save(disk, &now);
	free(now.data);
}

void powercut_strike(const char *folder, uint64_t *dice)
{
	each_file(folder, strike_file, dice);
}

void powercut_settle(const char *folder)
{
	each_file(folder, settle_file, NULL);
}
