/* SPDX-License-Identifier: Apache-2.0
 *
 * Points with an effect outside the process: a commit, a command that changes a server.
 * They are counted, so that a test can stop the world at each of them in turn:
 * BRYGGA_DIE_AT=n kills the process with SIGKILL when it is about to pass point n (from
 * 1), so that "done, but the answer is lost" is point n + 1 behind the effect.
 */
#ifndef BRG_CORE_EFFECT_H
#define BRG_CORE_EFFECT_H

#include <stdint.h>

/* About to pass a point. Any thread. */
void effect_point(const char *name);
/* How many points were passed so far. */
uint64_t effect_count(void);
/* For simulations: call hook instead of reading the environment. */
void effect_hook(void (*hook)(const char *name, uint64_t n));

/* Deliberately broken variants of the engine, which the simulation must catch. They are
 * compiled into the simulation only. */
enum mutant {
	MUTANT_NONE,
	MUTANT_DURABLE_RELAXED, /* the step before a delete is not durable */
	MUTANT_CURSOR_FIRST,	/* the cursor is committed before the records */
	MUTANT_DELETE_EARLY,	/* the server-side delete goes before the durable step */
	MUTANT_LEASE_UNCHECKED, /* steps do not check the lease */
	MUTANT_INTENT_SKIPPED,	/* writes to a mailbox have no intent */
};
#ifdef BRG_MUTANTS
extern enum mutant effect_mutant;
#define MUTANT(m) (effect_mutant == (m))
#else
#define MUTANT(m) 0
#endif

#endif
