/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pg_proxy.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un socket_in(const char *folder)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", folder);
	return at;
}

/* A simple query message (PostgreSQL manual, 55.7): 'Q', length, text, NUL. */
static bool is_commit(const char *p, ssize_t n)
{
	return n == 12 && memcmp(p, "Q\0\0\0\013COMMIT", 12) == 0;
}

static bool pass(int from, int to, char *buffer, size_t size, ssize_t *n)
{
	*n = read(from, buffer, size);
	return *n > 0 && write(to, buffer, (size_t)*n) == *n;
}

static void serve(int client, int server, volatile int *loss)
{
	struct pollfd fds[] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	static char buffer[65536];
	bool deaf = false;
	ssize_t n;

	while (poll(fds, 2, -1) > 0) {
		if (fds[1].revents && (deaf || !pass(server, client, buffer, sizeof(buffer), &n)))
			return; /* deaf: the server has answered */
		if (!fds[0].revents)
			continue;
		n = recv(client, buffer, sizeof(buffer), 0);
		if (n <= 0)
			return;
		if (*loss != PG_LOSE_NOTHING && is_commit(buffer, n)) {
			deaf = *loss == PG_LOSE_ANSWER;
			*loss = PG_LOSE_NOTHING;
			if (!deaf)
				return;
		}
		if (write(server, buffer, (size_t)n) != n)
			return;
	}
}

pid_t pg_proxy_start(const char *front, const char *back, volatile int *loss)
{
	struct sockaddr_un here = socket_in(front), there = socket_in(back);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(listener, 16) < 0)
		return -1;
	pid = fork();
	if (pid != 0) {
		close(listener);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(listener, NULL, NULL), server;

		if (client < 0 || fork() != 0) {
			close(client);
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		server = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(server, (struct sockaddr *)&there, sizeof(there)) == 0)
			serve(client, server, loss);
		_exit(0);
	}
}
