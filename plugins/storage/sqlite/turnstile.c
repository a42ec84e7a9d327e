/* SPDX-License-Identifier: Apache-2.0
 *
 * Fair turns between processes that write. SQLite's busy handler sleeps and tries again,
 * so a process that commits without pause starves the others for seconds. Here a process
 * takes *queue*, then *write*, then lets go of *queue*: at most one waits for the writer,
 * the others wait for it, and who has just written must queue again behind them. The
 * kernel drops the locks of a process that dies.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int lock_file_open(const char *path, const char *database)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat like, st;

	if (fd < 0)
		return -1;
	/* A command run by root must not leave a file behind that the daemon cannot open. */
	if (geteuid() == 0 && stat(database, &like) == 0 && fstat(fd, &st) == 0 &&
	    like.st_uid != st.st_uid && fchown(fd, like.st_uid, like.st_gid) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int open_one(const char *database, const char *suffix, int *fd, struct brg_err *err)
{
	char *path = NULL, text[128];
	int rc = 0;

	if (asprintf(&path, "%s%s", database, suffix) < 0)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	*fd = lock_file_open(path, database);
	if (*fd < 0)
		rc = brg_fail(err, errno == EROFS ? &sqlite_readonly : &sqlite_locks,
			      "path=%s\nreason=%s", path, strerror_r(errno, text, sizeof(text)));
	free(path);
	return rc;
}

int turnstile_open(struct turnstile *t, const char *path, struct brg_err *err)
{
	t->path = path;
	t->queue = t->write = -1;
	if (open_one(path, "-queue", &t->queue, err) < 0 ||
	    open_one(path, "-write", &t->write, err) < 0)
		return err->code;
	return 0;
}

void turnstile_close(struct turnstile *t)
{
	if (t->queue >= 0)
		close(t->queue);
	if (t->write >= 0)
		close(t->write);
	t->queue = t->write = -1;
}

static int lock(int fd)
{
	int rc;

	do
		rc = flock(fd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	return rc;
}

int turnstile_enter(struct turnstile *t, struct brg_err *err)
{
	char text[128];
	int rc = lock(t->queue);

	if (rc == 0) {
		rc = lock(t->write);
		(void)flock(t->queue, LOCK_UN);
	}
	if (rc < 0)
		return brg_fail(err, &sqlite_locks, "path=%s-write\nreason=%s", t->path,
				strerror_r(errno, text, sizeof(text)));
	return 0;
}

void turnstile_leave(struct turnstile *t)
{
	(void)flock(t->write, LOCK_UN);
}
