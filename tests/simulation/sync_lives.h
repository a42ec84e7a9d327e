/* SPDX-License-Identifier: Apache-2.0
 *
 * Lives that end: a process dies at its n-th effect, and another takes over.
 */
#ifndef BRG_TEST_SYNC_LIVES_H
#define BRG_TEST_SYNC_LIVES_H

#include "tests/simulation/sync_test.h"

#include "core/effect.h"
#include "core/id.h"

#include <sys/wait.h>

#define DIED 99

static uint64_t die_at;

static inline void on_effect(const char *name, uint64_t n)
{
	(void)name;
	if (n == die_at)
		_exit(DIED);
}

/* A life in the world that dies at this effect; the world is open again then, an hour later and
 * with other ids. True: it came to the end. */
static inline bool live_until(uint64_t dies, uint64_t seed, void (*life)(void))
{
	int status;
	pid_t pid;

	world_close(&world);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		die_at = dies;
		world_open(&world);
		effect_hook(on_effect);
		life();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	id_seed(seed);
	world.now_us += INT64_C(3600000000);
	world_open(&world);
	world_keep(&world);
	return WEXITSTATUS(status) == 0;
}

/* The visits of all mailboxes. */
static inline void live_a_round(void)
{
	world_rounds(&world, 1);
}

#endif
