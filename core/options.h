/* SPDX-License-Identifier: Apache-2.0
 *
 * Option tables (brygga/option.h): check a value, fill an instance, find a name.
 */
#ifndef BRG_CORE_OPTIONS_H
#define BRG_CORE_OPTIONS_H

#include "core/problems.h"
#include "core/settings.h"
#include <brygga/option.h>

/* Check text against the row and write it to the member of *instance (NULL: only check).
 * Strings are copied into the arena. Errors never quote the value of a secret. */
int option_set(const struct brg_option *opt, void *instance, struct brg_str text,
	       struct brg_arena *arena, struct brg_err *err);
/* Fill an instance: defaults first, then the settings in their order, so that the last of
 * a name wins. Settings that the table does not know are passed over, because two tables
 * may share one list; use options_find() to refuse them. A required option that is missing or
 * empty is an error. */
int options_fill(const struct brg_option *table, void *instance, const struct setting *settings,
		 size_t n, struct brg_arena *arena, struct brg_err *err);
/* Must the option be set, when the option "oauth" has this value (empty: it is not set)? */
bool option_required(const struct brg_option *opt, struct brg_str oauth);
/* The row of a name, or NULL. A NULL table has no rows. */
const struct brg_option *options_find(const struct brg_option *table, struct brg_str name);
/* The nearest name of the table to a wrong one, or NULL if none is near. */
const char *options_nearest(const struct brg_option *table, struct brg_str name);
/* Add the problem that none of n tables has this key, with the nearest name or all names. */
void options_complain(struct problems *problems, const char *file, int line, const char *section,
		      const char *key, const struct brg_option *const *tables, size_t n);
/* The kind of value for people: "a duration from 1s to 12m", "yes or no", "one of a, b". */
const char *option_allowed(const struct brg_option *opt, struct brg_arena *arena);
/* Resolve a value of the form file:PATH or env:NAME; any other text comes back as it is. One
 * line end at the file's end is dropped. For secrets of the daemon's own configuration. */
int option_resolve(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
		   struct brg_err *err);

/* 30s, 5m, 500ms, 2h, 14d; a bare number is refused but for 0. */
int option_duration(struct brg_str text, int64_t *ms);
/* Sizes: 500, 64K, 35M, 2G. */
int option_size(struct brg_str text, int64_t *bytes);

extern const struct brg_fault *const options_faults[];

#endif
