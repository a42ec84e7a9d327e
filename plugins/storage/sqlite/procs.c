/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is alive. A process that takes part holds a lock on a file of its own, which the
 * kernel drops when it ends, however it ends. No clock is asked and no heartbeat written,
 * so a stopped or slow process never loses its leases, and a dead one loses them at once.
 * A file that is not there belongs to nobody alive: after a power cut, or in a copy.
 */
#include "sqlite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int procs_init(struct procs *p, const char *database)
{
	*p = (struct procs){ .database = database };
	pthread_mutex_init(&p->lock, NULL);
	if (asprintf(&p->folder, "%s-procs", database) < 0) {
		p->folder = NULL;
		return -1;
	}
	return 0;
}

void procs_close(struct procs *p)
{
	while (p->members)
		procs_leave(p, &p->members->id);
	free(p->folder);
	p->folder = NULL;
	pthread_mutex_destroy(&p->lock);
}

static char *path_of(const struct procs *p, const struct brg_id *id)
{
	char hex[33], *path = NULL;

	for (int i = 0; i < 16; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", id->b[i]);
	return asprintf(&path, "%s/%s", p->folder, hex) < 0 ? NULL : path;
}

static int make_folder(const struct procs *p)
{
	struct stat like;

	if (mkdir(p->folder, 0700) < 0)
		return errno == EEXIST ? 0 : -1;
	if (geteuid() == 0 && stat(p->database, &like) == 0 && like.st_uid != 0)
		return chown(p->folder, like.st_uid, like.st_gid);
	return 0;
}

/* Between our open and our lock somebody may have taken the file for a dead one's. */
static bool still_there(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int procs_join(struct procs *p, const struct brg_id *id, struct brg_err *err)
{
	struct member *m = calloc(1, sizeof(*m));
	char *path = path_of(p, id), text[128];
	int rc = 0;

	if (!m || !path) {
		rc = brg_fail(err, &sql_bad_call, "what=out of memory");
		goto out;
	}
	m->id = *id;
	m->fd = make_folder(p) < 0 ? -1 : lock_file_open(path, p->database);
	if (m->fd >= 0 && (flock(m->fd, LOCK_EX | LOCK_NB) < 0 || !still_there(m->fd))) {
		close(m->fd);
		m->fd = -1;
		errno = EBUSY;
	}
	if (m->fd < 0) {
		rc = brg_fail(err, &sqlite_locks, "path=%s\nreason=%s", path,
			      strerror_r(errno, text, sizeof(text)));
		goto out;
	}
	pthread_mutex_lock(&p->lock);
	m->next = p->members;
	p->members = m;
	pthread_mutex_unlock(&p->lock);
	m = NULL;
out:
	free(m);
	free(path);
	return rc;
}

void procs_leave(struct procs *p, const struct brg_id *id)
{
	struct member *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (struct member **m = &p->members; *m; m = &(*m)->next) {
		if (brg_id_eq(&(*m)->id, id)) {
			found = *m;
			*m = found->next;
			break;
		}
	}
	pthread_mutex_unlock(&p->lock);
	if (!found)
		return;
	procs_bury(p, id, found->fd);
	free(found);
}

bool procs_has(struct procs *p, const struct brg_id *id)
{
	bool has = false;

	pthread_mutex_lock(&p->lock);
	for (struct member *m = p->members; m && !has; m = m->next)
		has = brg_id_eq(&m->id, id);
	pthread_mutex_unlock(&p->lock);
	return has;
}

int procs_dead(struct procs *p, const struct brg_id *id)
{
	char *path = path_of(p, id);
	int fd = -1;

	if (!path || make_folder(p) < 0)
		goto out;
	/* Made if it is missing, so that there is a lock that only one of us can take. */
	fd = lock_file_open(path, p->database);
	if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) < 0 || !still_there(fd))) {
		close(fd);
		fd = -1;
	}
out:
	free(path);
	return fd;
}

void procs_bury(struct procs *p, const struct brg_id *id, int fd)
{
	char *path = path_of(p, id);

	if (path)
		(void)unlink(path);
	free(path);
	close(fd);
}
