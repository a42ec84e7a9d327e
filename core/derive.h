/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the fields of a record: names that nobody set, invariants, and by what it is
 * sorted, filtered and found. Pure.
 */
#ifndef BRG_CORE_DERIVE_H
#define BRG_CORE_DERIVE_H

#include "core/image.h"
#include <brygga/storage.h>

/* Full name and file-as of a contact, where both sides left them as they would be computed from
 * `before` (NULL: a new record). The result shares what did not change. */
void derive_fields(const struct field_table *table, int kind, const struct image *before,
		   const struct image *after, struct brg_arena *arena, struct image *out);

/* Groups that break an invariant: end >= start; completed <=> status completed <=> 100 %; a
 * recurrence that can be read, in a zone that is known; occurrences that the recurrence has.
 * false, and the number of the group. */
bool derive_holds(const struct field_table *table, int kind, const struct image *image,
		  size_t *group);

/* brg_record_row.keys and .sorted_us, and what BRG_OP_FOUND_BY takes; `created_us` where nothing
 * else sorts it. Instants of wall times by the zone data of this process, dates as midnight UTC.
 * The `end` of a series is that of its last occurrence, DERIVE_ENDLESS if there is no last one:
 * so `end >= today` finds it as long as it goes on. */
#define DERIVE_ENDLESS INT64_C(253402300799999999) /* the last microsecond of the year 9999 */
struct derived {
	struct brg_str keys;
	int64_t sorted_us;
	struct brg_moment *moments; /* by field */
	size_t n_moments;
	struct brg_str zones; /* by which zone data; empty: it has no part in them */
};
void derive_keys(const struct field_table *table, int kind, const struct image *image,
		 int64_t created_us, struct brg_arena *arena, struct derived *out);

/* Text as filters compare it: case folded and compatible characters made one (NFKC_Casefold of
 * Unicode), one blank for many, none at the ends. Marks stay: in many languages a letter with one
 * is another letter. */
struct brg_str derive_fold(struct brg_str text, struct brg_arena *arena);

/* What identifies it, as bytes for a keyed hash: the folded identity fields with their ids. Empty:
 * nothing does. Contacts: full name and addresses (in any order), of those without any address
 * name and company; tasks with a subject: subject, due, start; appointments with a start: subject,
 * start, end, all-day, recurrence. Times count as instants, those of all-day ones as dates. */
struct brg_str derive_identity(const struct field_table *table, int kind, const struct image *image,
			       struct brg_arena *arena);

#endif
