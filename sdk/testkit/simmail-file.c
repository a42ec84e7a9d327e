/* SPDX-License-Identifier: Apache-2.0
 *
 * A region that processes which know nothing of each other share.
 */
#include "simmail-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever finds the file empty makes it, while the others wait. */
static struct simmail *map(int fd, bool create, uint64_t seed)
{
	struct simmail *sim;
	struct stat st;

	if (flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (st.st_size != 0 && (size_t)st.st_size != SIMMAIL_SIZE) {
		errno = EINVAL;
		return NULL;
	}
	if (st.st_size == 0 && (!create || ftruncate(fd, (off_t)SIMMAIL_SIZE) < 0)) {
		errno = errno ? errno : ENODATA;
		return NULL;
	}
	sim = mmap(NULL, SIMMAIL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (sim == MAP_FAILED)
		return NULL;
	if (sim->size != SIMMAIL_SIZE)
		simmail_init(sim, SIMMAIL_SIZE, seed);
	(void)flock(fd, LOCK_UN);
	return sim;
}

struct simmail *simmail_map(const char *path, bool create, uint64_t seed, int *fd)
{
	struct simmail *sim;

	*fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
	if (*fd < 0)
		return NULL;
	errno = 0;
	sim = map(*fd, create, seed);
	if (!sim) {
		int why = errno;

		close(*fd);
		*fd = -1;
		errno = why;
	}
	return sim;
}

void simmail_unmap(struct simmail *sim, int fd)
{
	(void)munmap(sim, SIMMAIL_SIZE);
	close(fd);
}
