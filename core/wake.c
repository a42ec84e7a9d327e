/* SPDX-License-Identifier: Apache-2.0 */
#include "core/wake.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address(struct sockaddr_un *to, const char *state_dir, const char *name)
{
	int n;

	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	n = snprintf(to->sun_path, sizeof(to->sun_path), "%s/run/%s", state_dir, name);
	if (n < 0 || (size_t)n >= sizeof(to->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

static void own_name(char *out, size_t n, const char *role)
{
	(void)snprintf(out, n, "%s-%ld.sock", role, (long)getpid());
}

int wake_open(const char *state_dir, const char *role)
{
	struct sockaddr_un to;
	char name[64], run[4096];
	int fd;

	(void)snprintf(run, sizeof(run), "%s/run", state_dir);
	if (mkdir(run, 0700) < 0 && errno != EEXIST)
		return -1;
	own_name(name, sizeof(name), role);
	if (address(&to, state_dir, name) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	unlink(to.sun_path);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void wake_drain(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) >= 0)
		;
}

void wake_close(int fd, const char *state_dir, const char *role)
{
	struct sockaddr_un to;
	char name[64];

	own_name(name, sizeof(name), role);
	if (fd >= 0 && address(&to, state_dir, name) == 0)
		unlink(to.sun_path);
	if (fd >= 0)
		close(fd);
}

void wake_all(const char *state_dir, const char *role)
{
	struct sockaddr_un to;
	struct dirent *entry;
	char run[4096];
	size_t len = strlen(role);
	DIR *dir;
	int fd;

	(void)snprintf(run, sizeof(run), "%s/run", state_dir);
	dir = opendir(run);
	if (!dir)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (fd >= 0 && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, role, len) != 0 || entry->d_name[len] != '-')
			continue;
		if (address(&to, state_dir, entry->d_name) == 0 &&
		    sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 &&
		    errno == ECONNREFUSED)
			unlink(to.sun_path);
	}
	if (fd >= 0)
		close(fd);
	closedir(dir);
}
