/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_DERIVE_PRIVATE_H
#define BRG_CORE_DERIVE_PRIVATE_H

#include "core/derive.h"

/* As it follows from its parts. */
struct brg_str derive_full_name(const struct image *image, struct brg_arena *arena);
/* The start of a series as its occurrences are named: a date for all-day. */
struct brg_str derive_series_start(const struct image *image);
/* A wall, date or moment as microseconds; false: no value, or none that there is. */
bool derive_instant(const struct image *image, uint32_t id, int64_t *us);

#endif
