/* SPDX-License-Identifier: Apache-2.0
 *
 * The way in and out: is this a place where SQLite is safe, is it our store, is the schema
 * one that we know? Nothing is written before these are answered.
 *
 * Page size, measured with tests/bench/store (10,000 messages, 102 MB; 10,000 visits): the
 * log is 201, 229, 263, 295 MB for pages of 4, 8, 16, 32 KiB; the CPU 0.43, 0.43, 0.37,
 * 0.33 s; a visit 0.17, 0.15, 0.18 ms. 8 KiB is good at both.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

/* File systems on which SQLite's locks or shared memory do not hold. The numbers are those
 * of statfs(2). */
static const char *network_type(int64_t magic)
{
	static const struct {
		int64_t magic;
		const char *name;
	} types[] = {
		{ 0x6969, "nfs" },	  { 0xff534d42, "cifs" }, { 0xfe534d42, "smb2" },
		{ 0x517b, "smb" },	  { 0x01021997, "9p" },	  { 0x65735546, "fuse" },
		{ 0x00c36400, "ceph" },	  { 0x5346414f, "afs" },  { 0x73757245, "coda" },
		{ 0x0bd00bd0, "lustre" },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((types[i].magic & 0xffffffff) == (magic & 0xffffffff))
			return types[i].name;
	}
	return NULL;
}

/* The folder that the database is in; the caller frees. */
static char *folder_of(const char *path)
{
	char *copy = strdup(path);
	char *folder = copy ? strdup(dirname(copy)) : NULL;

	free(copy);
	return folder;
}

static int check_place(struct sqlite *s, const char *folder, struct brg_err *err)
{
	struct statfs fs;
	const char *type;
	char text[128];

	if (statfs(folder, &fs) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return brg_fail(err, &sqlite_no_folder, "folder=%s", folder);
		return brg_fail(err, &sqlite_denied, "path=%s\nreason=%s", s->path,
				strerror_r(errno, text, sizeof(text)));
	}
	type = network_type((int64_t)fs.f_type);
	if (type)
		return brg_fail(err, &sqlite_network, "path=%s\ntype=%s", s->path, type);
	return 0;
}

/* Made by us and not by SQLite: mail is nobody else's business, whatever the umask. */
static int make_file(struct sqlite *s, struct brg_err *err)
{
	char text[128];
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EROFS || (errno == EACCES && access(s->path, F_OK) == 0))
		return brg_fail(err, &sqlite_readonly, "path=%s", s->path);
	if (errno == ENOSPC || errno == EDQUOT)
		return brg_fail(err, &sqlite_full, "path=%s", s->path);
	return brg_fail(err, &sqlite_denied, "path=%s\nreason=%s", s->path,
			strerror_r(errno, text, sizeof(text)));
}

static int file_exists(struct sqlite *s, bool *exists, struct brg_err *err)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(s->vfs);
	int there = 0;

	if (!vfs)
		return brg_fail(err, &sqlite_no_vfs, "name=%s", s->vfs ? s->vfs : "");
	if (vfs->xAccess(vfs, s->path, SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK)
		there = 0;
	*exists = there != 0;
	return 0;
}

/* UUIDv7, with the randomness of the VFS, so that a simulation repeats itself. */
static struct brg_id fresh_id(struct sqlite *s)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(s->vfs);
	uint64_t ms = (uint64_t)(s->host->now_us(s->host->ctx) / 1000);
	struct brg_id id = { { 0 } };

	(void)vfs->xRandomness(vfs, sizeof(id.b), (char *)id.b);
	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(ms >> (40 - 8 * i));
	id.b[6] = (unsigned char)(0x70 | (id.b[6] & 0x0f));
	id.b[8] = (unsigned char)(0x80 | (id.b[8] & 0x3f));
	return id;
}

/* In our turn: make the tables, or bring older ones up to date. Somebody else may have done
 * so while we waited. */
static int migrate(struct sqlite *s, struct brg_err *err)
{
	struct conn *c = s->committer.conn;
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_id fresh = fresh_id(s);
	int schema = sql_schema(&c->db, s->path, err);
	char text[64];

	if (schema < 0 || schema == SQL_SCHEMA)
		return schema < 0 ? schema : 0;
	(void)snprintf(text, sizeof(text), "PRAGMA page_size = %d", SQLITE_PAGE);
	if (schema == 0 && conn_exec(c, text, err) < 0)
		return err->code;
	if (conn_exec(c, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
		      err) < 0)
		return err->code;
	if (sql_migrate(&c->db, schema, &fresh, err) < 0 || conn_exec(c, "COMMIT", err) < 0) {
		(void)conn_exec(c, "ROLLBACK", &ignored);
		return err->code;
	}
	return 0;
}

/* The file's name itself must survive a power cut. */
static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

static int open_writer(struct sqlite *s, unsigned flags, struct brg_err *err)
{
	struct committer *w = &s->committer;
	int open_flags = SQLITE_OPEN_READWRITE, schema, rc;
	char text[160];

	if (flags & BRG_OPEN_CREATE)
		open_flags |= SQLITE_OPEN_CREATE;
	if (turnstile_open(&w->turnstile, s->path, err) < 0 ||
	    conn_open(s->path, open_flags, s->vfs, &w->conn, err) < 0)
		return err->code;
	if (sqlite3_db_readonly(w->conn->handle, "main") == 1)
		return brg_fail(err, &sqlite_readonly, "path=%s", s->path);
	schema = sql_schema(&w->conn->db, s->path, err);
	if (schema < 0)
		return schema;
	if (schema < SQL_SCHEMA) {
		if (!(flags & BRG_OPEN_CREATE))
			return brg_fail(err, &sql_empty, "where=%s", s->path);
		if (turnstile_enter(&w->turnstile, err) < 0)
			return err->code;
		rc = migrate(s, err);
		turnstile_leave(&w->turnstile);
		if (rc < 0)
			return rc;
	}
	(void)snprintf(text, sizeof(text),
		       "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		       /* Cutting the log shorter holds up a writer: only if it was very long. */
		       "PRAGMA cache_size = -5120; PRAGMA journal_size_limit = %lld",
		       (long long)(4 * s->wal_limit));
	if (conn_exec(w->conn, text, err) < 0)
		return err->code;
	w->wal_limit = s->wal_limit;
	return committer_start(w, s->committer_mode == 1, err);
}

static int open_reader(struct sqlite *s, struct brg_err *err)
{
	struct conn *c = pool_get(&s->pool, err);
	int schema;

	if (!c)
		return err->code;
	schema = sql_schema(&c->db, s->path, err);
	pool_put(&s->pool, c);
	if (schema < 0)
		return schema;
	if (schema < SQL_SCHEMA)
		return brg_fail(err, &sql_empty, "where=%s", s->path);
	return 0;
}

/* Nobody asks how much memory SQLite has taken, and keeping count costs a global lock at each
 * piece: 8 % of all instructions of the two-way simulation, and threads that wait for each other.
 * Too late, and refused, where somebody else in the process has used SQLite before. */
static void stop_counting(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int sqlite_open(void *self, const struct brg_host *host, unsigned flags, struct brg_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite *s = self;
	char *folder;
	bool exists = false;
	int rc;

	(void)pthread_once(&once, stop_counting);
	s->host = host;
	s->readonly = flags & BRG_OPEN_READONLY;
	if (s->vfs && !*s->vfs)
		s->vfs = NULL;
	s->committer.turnstile.queue = s->committer.turnstile.write = -1;
	pool_init(&s->pool, s->path, s->vfs);
	pthread_mutex_init(&s->upkeep_lock, NULL);
	s->initialized = true;
	folder = folder_of(s->path);
	if (procs_init(&s->procs, s->path) < 0 || !folder) {
		rc = brg_fail(err, &sql_bad_call, "what=out of memory");
		goto out;
	}
	rc = check_place(s, folder, err);
	if (rc == 0)
		rc = file_exists(s, &exists, err);
	if (rc == 0 && !exists && (s->readonly || !(flags & BRG_OPEN_CREATE)))
		rc = brg_fail(err, &sql_empty, "where=%s", s->path);
	if (rc == 0 && !exists && !s->vfs)
		rc = make_file(s, err);
	if (rc == 0)
		rc = s->readonly ? open_reader(s, err) : open_writer(s, flags, err);
	if (rc == 0 && !s->readonly && !s->vfs)
		sync_folder(folder);
out:
	free(folder);
	return rc;
}

struct leave_job {
	struct job job;
	struct brg_id id;
	int64_t now_us;
};

static int run_leave(struct job *job, struct sql_db *db, struct brg_err *err)
{
	struct leave_job *l = (struct leave_job *)job;
	int rc = sql_leave(db, &l->id, l->now_us, err);

	return rc < 0 ? rc : BRG_COMMITTED;
}

void sqlite_close(void *self)
{
	struct sqlite *s = self;
	struct brg_err ignored = BRG_ERR_INIT;

	if (!s->initialized)
		return;
	while (s->committer.running && s->procs.members) {
		struct leave_job l = {
			.job = { .run = run_leave, .err = &ignored },
			.id = s->procs.members->id,
			.now_us = s->host->now_us(s->host->ctx),
		};

		(void)committer_do(&s->committer, &l.job);
		procs_leave(&s->procs, &l.id);
	}
	committer_stop(&s->committer);
	procs_close(&s->procs);
	conn_close(&s->upkeep);
	pthread_mutex_destroy(&s->upkeep_lock);
	pool_close(&s->pool);
	conn_close(&s->committer.conn);
	turnstile_close(&s->committer.turnstile);
	s->initialized = false;
}
