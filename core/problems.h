/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong in a file that a person wrote: everything at once, each with its place.
 */
#ifndef BRG_CORE_PROBLEMS_H
#define BRG_CORE_PROBLEMS_H

#include "core/arena.h"
#include <brygga/err.h>

struct problem {
	const char *file; /* as the person named it */
	int line;	  /* from 1; 0: the file as a whole */
	const struct brg_fault *fault;
	struct brg_str params, said;
};

struct problems {
	struct brg_arena *arena;
	struct problem *list; /* in the order of the lines, once sorted */
	size_t n, room;
};

/* An empty list; what is added lives in the arena. */
void problems_init(struct problems *problems, struct brg_arena *arena);
/* Add one. fmt makes parameters as for brg_fail(). Returns the fault's class. */
int problem_add(struct problems *problems, const char *file, int line,
		const struct brg_fault *fault, const char *fmt, ...) BRG_PRINTF(5, 6);
/* Add an error that another room reported. Returns err->code. */
int problem_err(struct problems *problems, const char *file, int line, const struct brg_err *err);
/* In the order of file (as first met) and line. */
void problems_sort(struct problems *problems);
/* One line each, `file:line: sentence`, in the order of the lines. */
void problems_print(struct problems *problems, FILE *out, const char *lang);
/* The first one, for a caller that can pass on only one. 0 if there is none. */
int problems_first(const struct problems *problems, struct brg_err *err);

/* The nearest of n names by edit distance, or NULL if none is near. */
const char *problems_nearest(struct brg_str word, const char *const *names, size_t n);
/* A piece of foreign text that may stand in a message: at most 60 bytes, whole characters,
 * without control characters. */
const char *problems_show(struct brg_arena *arena, struct brg_str text);

#endif
