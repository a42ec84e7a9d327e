/* SPDX-License-Identifier: Apache-2.0 */
#include "core/process.h"

#include "core/faults.h"
#include "core/log.h"

#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int process_signals(void)
{
	sigset_t blocked, ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	blocked = ends;
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

void process_heaps(void)
{
#ifdef M_ARENA_MAX
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	mallopt(M_ARENA_MAX, cores > 1 ? (int)cores : 2);
#endif
}

int process_failed(const char *role, const struct brg_err *err, struct scoreboard *board)
{
	char text[LOG_ERR_TEXT];

	log_err(err, text, sizeof(text));
	if (!board || board_tells(board, text))
		log_event(BRG_LOG_ERROR, "process.failed", "role=%s %s", role, text);
	return err->retry == BRG_RETRY_NEVER ? PROCESS_GIVE_UP : PROCESS_TRY_LATER;
}
