/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/ramdisk.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FILES	 4	     /* the database, its log, a journal */
#define FILE_MAX (48u << 20) /* of address space; only what is written is memory */
#define SHM_MAX	 (1u << 20)
#define SECTOR	 512

struct ram_file {
	char name[64]; /* empty: there is none */
	size_t len, disk_len;
	size_t low, high; /* written since it was synced */
	char *now, *disk;
};

struct ramdisk {
	struct ram_file files[FILES];
	char *shm; /* the index of the log */
	size_t shm_used;
};

static struct ramdisk *the_disk;
static int users; /* connections of this process, which alone uses it, that have mapped the index */

static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

struct ramdisk *ramdisk_new(void)
{
	struct ramdisk *d = shared(sizeof(*d));

	for (int i = 0; i < FILES; i++) {
		d->files[i].now = shared(FILE_MAX);
		d->files[i].disk = shared(FILE_MAX);
	}
	d->shm = shared(SHM_MAX);
	return d;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct ram_file *find(struct ramdisk *d, const char *path, bool make)
{
	const char *name = last_part(path);
	struct ram_file *none = NULL;

	for (int i = 0; i < FILES; i++) {
		if (strcmp(d->files[i].name, name) == 0)
			return &d->files[i];
		if (!d->files[i].name[0] && !none)
			none = &d->files[i];
	}
	if (!make)
		return NULL;
	if (!none || strlen(name) >= sizeof(none->name))
		abort();
	(void)snprintf(none->name, sizeof(none->name), "%s", name);
	none->len = none->disk_len = none->low = none->high = 0;
	return none;
}

/* ---- files ----------------------------------------------------------------------------------*/

struct file {
	sqlite3_file base;
	struct ram_file *ram;
	bool mapped;
};

static struct ram_file *ram(sqlite3_file *f)
{
	return ((struct file *)f)->ram;
}

static void written(struct ram_file *r, size_t from, size_t to)
{
	if (r->low == r->high) {
		r->low = from;
		r->high = to;
		return;
	}
	r->low = from < r->low ? from : r->low;
	r->high = to > r->high ? to : r->high;
}

static int ram_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct ram_file *r = ram(f);
	size_t from = (size_t)at, want = (size_t)n;
	size_t have = from < r->len ? r->len - from : 0;

	if (have >= want) {
		memcpy(p, r->now + from, want);
		return SQLITE_OK;
	}
	if (have)
		memcpy(p, r->now + from, have);
	memset((char *)p + have, 0, want - have);
	return SQLITE_IOERR_SHORT_READ;
}

static int ram_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct ram_file *r = ram(f);
	size_t from = (size_t)at, to = from + (size_t)n;

	if (to > FILE_MAX)
		return SQLITE_FULL;
	if (from > r->len)
		memset(r->now + r->len, 0, from - r->len);
	memcpy(r->now + from, p, (size_t)n);
	written(r, from < r->len ? from : r->len, to);
	r->len = to > r->len ? to : r->len;
	return SQLITE_OK;
}

static int ram_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct ram_file *r = ram(f);

	if ((size_t)size < r->len)
		r->len = (size_t)size;
	/* What is behind the end and still on the disk is not lost yet. */
	written(r, r->len, r->disk_len > r->len ? r->disk_len : r->len + 1);
	return SQLITE_OK;
}

static void sync_file(struct ram_file *r)
{
	size_t high = r->high < r->len ? r->high : r->len;

	if (r->low < high)
		memcpy(r->disk + r->low, r->now + r->low, high - r->low);
	r->disk_len = r->len;
	r->low = r->high = 0;
}

static int ram_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	sync_file(ram(f));
	return SQLITE_OK;
}

static int ram_size(sqlite3_file *f, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)ram(f)->len;
	return SQLITE_OK;
}

static int ram_lock(sqlite3_file *f, int level)
{
	(void)f;
	(void)level;
	return SQLITE_OK;
}

static int ram_reserved(sqlite3_file *f, int *out)
{
	(void)f;
	*out = 0;
	return SQLITE_OK;
}

static int ram_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int ram_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

/* No promises: not atomic, not in order, no safe append, no power-safe overwrite. */
static int ram_characteristics(sqlite3_file *f)
{
	(void)f;
	return 0;
}

/* ---- the index of the log -------------------------------------------------------------------*/

static void clear_index(struct ramdisk *d)
{
	memset(d->shm, 0, d->shm_used);
	d->shm_used = 0;
}

static int ram_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	struct file *file = (struct file *)f;
	size_t end = (size_t)(page + 1) * (size_t)size;

	(void)extend;
	if (end > SHM_MAX)
		return SQLITE_FULL;
	if (!file->mapped) {
		if (users++ == 0)
			clear_index(the_disk);
		file->mapped = true;
	}
	the_disk->shm_used = end > the_disk->shm_used ? end : the_disk->shm_used;
	*out = the_disk->shm + end - (size_t)size;
	return SQLITE_OK;
}

static int ram_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	(void)f;
	(void)offset;
	(void)n;
	(void)flags;
	return SQLITE_OK;
}

static void ram_shm_barrier(sqlite3_file *f)
{
	(void)f;
}

static int ram_shm_unmap(sqlite3_file *f, int delete)
{
	struct file *file = (struct file *)f;

	(void)delete;
	/* Those who were there before the power failed do not count. */
	if (file->mapped && users > 0)
		users--;
	file->mapped = false;
	return SQLITE_OK;
}

static int ram_close(sqlite3_file *f)
{
	return ram_shm_unmap(f, 0);
}

/* ---- the file system ------------------------------------------------------------------------*/

static sqlite3_vfs *system_vfs;

static bool followed(int flags)
{
	return flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
}

static int ram_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2,
		.xClose = ram_close,
		.xRead = ram_read,
		.xWrite = ram_write,
		.xTruncate = ram_truncate,
		.xSync = ram_sync,
		.xFileSize = ram_size,
		.xLock = ram_lock,
		.xUnlock = ram_lock,
		.xCheckReservedLock = ram_reserved,
		.xFileControl = ram_control,
		.xSectorSize = ram_sector,
		.xDeviceCharacteristics = ram_characteristics,
		.xShmMap = ram_shm_map,
		.xShmLock = ram_shm_lock,
		.xShmBarrier = ram_shm_barrier,
		.xShmUnmap = ram_shm_unmap,
	};
	struct file *file = (struct file *)f;

	(void)vfs;
	if (!name || !followed(flags))
		return system_vfs->xOpen(system_vfs, name, f, flags, out_flags);
	memset(file, 0, sizeof(*file));
	file->ram = find(the_disk, name, (flags & SQLITE_OPEN_CREATE) != 0);
	if (!file->ram)
		return SQLITE_CANTOPEN;
	file->base.pMethods = &methods;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int ram_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct ram_file *r = find(the_disk, name, false);

	(void)vfs;
	(void)sync_dir;
	if (r)
		r->name[0] = '\0';
	return r ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int ram_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	(void)vfs;
	(void)flags;
	*out = find(the_disk, name, false) != NULL;
	return SQLITE_OK;
}

int ramdisk_use(struct ramdisk *disk)
{
	static sqlite3_vfs vfs;

	the_disk = disk;
	if (vfs.zName)
		return SQLITE_OK;
	/* As the plugin does it; it would come too late. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	system_vfs = sqlite3_vfs_find(NULL);
	if (!system_vfs)
		return SQLITE_ERROR;
	vfs = *system_vfs;
	vfs.zName = RAMDISK_VFS;
	vfs.pNext = NULL;
	if (vfs.szOsFile < (int)sizeof(struct file))
		vfs.szOsFile = (int)sizeof(struct file);
	vfs.xOpen = ram_open;
	vfs.xDelete = ram_delete;
	vfs.xAccess = ram_access;
	return sqlite3_vfs_register(&vfs, 0);
}

/* ---- all of it ------------------------------------------------------------------------------*/

void ramdisk_copy(struct ramdisk *to, const struct ramdisk *from)
{
	/* A file that is not there may be open here: it is empty. */
	for (int i = 0; i < FILES; i++) {
		struct ram_file *r = &to->files[i];

		r->len = r->disk_len = r->low = r->high = 0;
	}
	for (int i = 0; i < FILES; i++) {
		const struct ram_file *f = &from->files[i];
		struct ram_file *r = f->name[0] ? find(to, f->name, true) : NULL;

		if (!r)
			continue;
		r->len = r->disk_len = f->len;
		memcpy(r->now, f->now, r->len);
		memcpy(r->disk, f->now, r->len);
	}
	/* Whoever has it open finds no index, and reads the log as after a power cut. */
	memset(to->shm, 0, to->shm_used);
}

static uint64_t roll(uint64_t *dice, uint64_t n)
{
	uint64_t r = (*dice += 0x9e3779b97f4a7c15u);

	r = (r ^ (r >> 30)) * 0xbf58476d1ce4e5b9u;
	r = (r ^ (r >> 27)) * 0x94d049bb133111ebu;
	return (r ^ (r >> 31)) % n;
}

/* Every sector that differs from the disk is lost, kept, or torn in the middle. */
static void strike_sector(struct ram_file *r, size_t at, size_t n, uint64_t *dice)
{
	uint64_t fate = roll(dice, 5);
	size_t kept = fate < 2 ? 0 : fate < 4 ? n : roll(dice, n);

	for (size_t i = at + kept; i < at + n; i++)
		r->now[i] = i < r->disk_len ? r->disk[i] : 0;
	/* What is behind the end of what was written comes from the disk, or is nothing. */
}

static void strike_file(struct ram_file *r, uint64_t *dice)
{
	/* The length is metadata: the old or the new one. */
	size_t len = roll(dice, 2) ? r->len : r->disk_len;
	size_t high = r->high > len ? len : r->high;

	if (r->low == r->high && r->len == r->disk_len)
		return;
	if (len > r->len)
		memcpy(r->now + r->len, r->disk + r->len, len - r->len);
	for (size_t at = r->low / SECTOR * SECTOR; at < high; at += SECTOR)
		strike_sector(r, at, high - at < SECTOR ? high - at : SECTOR, dice);
	r->len = len;
	r->high = len;
	sync_file(r);
}

void ramdisk_strike(struct ramdisk *d, uint64_t *dice)
{
	for (int i = 0; i < FILES; i++)
		if (d->files[i].name[0])
			strike_file(&d->files[i], dice);
	users = 0;
}

const char *ramdisk_bytes(const struct ramdisk *d, int file, size_t *n)
{
	if (file < 0 || file >= FILES || !d->files[file].name[0])
		return NULL;
	*n = d->files[file].len;
	return d->files[file].now;
}
