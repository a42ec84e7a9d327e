/* SPDX-License-Identifier: Apache-2.0 */
#include "core/effect.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic uint64_t passed;
static void (*the_hook)(const char *name, uint64_t n);
#ifdef BRG_MUTANTS
enum mutant effect_mutant;
#endif

void effect_hook(void (*hook)(const char *name, uint64_t n))
{
	the_hook = hook;
	atomic_store(&passed, 0);
}

static uint64_t die_at(void)
{
	static _Atomic uint64_t at = UINT64_MAX; /* not read yet */
	uint64_t n = atomic_load(&at);

	if (n == UINT64_MAX) {
		const char *text = getenv("BRYGGA_DIE_AT");

		n = text ? strtoull(text, NULL, 10) : 0;
		atomic_store(&at, n);
	}
	return n;
}

void effect_point(const char *name)
{
	uint64_t n = atomic_fetch_add(&passed, 1) + 1;

	if (the_hook)
		the_hook(name, n);
	else if (n == die_at())
		kill(getpid(), SIGKILL);
}

uint64_t effect_count(void)
{
	return atomic_load(&passed);
}
