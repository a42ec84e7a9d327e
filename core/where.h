/* SPDX-License-Identifier: Apache-2.0
 *
 * The language of sync filters (brygga-filter(7)):
 *
 *	owner = me and status != completed and due <= today + 30d
 *	party = me and (start >= today - 14d or recurrence is set)
 *	not (company contains "acme" or categories contains private) and state = active
 *
 * Parsed against the field table into the tree that a storage takes (brygga/expr.h). An error
 * names the column and what was expected there.
 */
#ifndef BRG_CORE_WHERE_H
#define BRG_CORE_WHERE_H

#include "core/field.h"
#include <brygga/expr.h>
#include <brygga/storage.h>

#define WHERE_MAX 4000 /* bytes of a filter's text */

/* A filter as written: what is relative (me, today, now) is still open. */
struct where;

/* Lives in the arena. BRG_EINVAL: with column (from 1, in characters), found and expected. */
int where_parse(const struct field_table *table, int kind, struct brg_str text,
		struct brg_arena *arena, const struct where **out, struct brg_err *err);
/* The same filter in one spelling. */
struct brg_str where_format(const struct where *where, struct brg_arena *arena);
/* Is it one, as people write it: `regarding` beside names (regards.h)? Errors as of where_parse().
 */
int where_check(const struct field_table *table, int kind, struct brg_str text,
		struct brg_arena *arena, struct brg_err *err);

/* With everything filled in. today begins at midnight in `zone` (UTC if there is none such). Names
 * of references are resolved by the caller beforehand and stand in the text as UUIDs.
 *
 * Beside a moment a day is all of it, and a time its second: `start = today`, `start <= 2026-11-30`
 * with that day. A flag that nobody set is `no`. At most WHERE_LEVELS deep. */
const struct brg_expr *where_bind(const struct where *where, const struct brg_id *me,
				  int64_t now_us, struct brg_str zone, struct brg_arena *arena);

/* The relative dates in it: a record whose `field` has a moment m enters or leaves the filter
 * when now reaches m - offset_us (of `today`: at the first midnight from then on; offset_us has
 * days of 24 hours, and dates are midnights of UTC, so look half a day further both ways). Returns
 * how many there are; of these at most `room` are put. */
struct where_edge {
	uint32_t field;
	int64_t offset_us;
	bool day; /* relative to today, not to now */
};
size_t where_edges(const struct where *where, struct where_edge *out, size_t room);
/* The same exactly, for BRG_OP_TOUCH: what entered or left between two moments has a moment of
 * `field` in (after_us, upto_us]. */
size_t where_windows(const struct where *where, int64_t before_us, int64_t now_us,
		     struct brg_str zone, struct brg_touch *out, size_t room);

/* With which times it compares which fields, relative or not, as it is asked at that moment: a
 * record whose `field` stays on the same side of them all stays in the filter or out of it. */
struct where_bound {
	uint32_t field;
	int64_t at_us;
};
size_t where_bounds(const struct where *where, int64_t now_us, struct brg_str zone,
		    struct where_bound *out, size_t room);

/* What the field can be compared by, as "=, !=, is set"; empty: filters do not look into it. */
const char *where_operators(const struct field *field, struct brg_arena *arena);
/* owner, party and so on, which records of every kind have beside their fields; NULL: no more. */
const struct field *where_beside_at(size_t i);

extern const struct brg_fault *const where_faults[];

#endif
