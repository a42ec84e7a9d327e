/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of fields as people write them on a command line, and as they are shown.
 */
#ifndef BRG_CLI_VALUE_H
#define BRG_CLI_VALUE_H

#include "core/image.h"

struct value_ctx {
	const struct field_table *table;
	int kind;
	struct brg_str zone;	  /* the owner's: of wall times without one */
	const struct image *base; /* what is edited; NULL: a new record. A zone of its own holds */
	int64_t now_us;
	struct brg_arena *arena;
};

/* "location=Room 2", "start=2026-11-30 09:00 Europe/Stockholm", "categories=a, b", "due=" (no
 * value), "attendee=bo@x.example:optional" (as often as there are any), "attendee=-bo@x.example"
 * (he goes), "attendees=" (all go but those named beside it). The result is canonical, for
 * edit.over. */
int value_read(const struct value_ctx *ctx, char *const *words, size_t n, struct image *out,
	       struct brg_err *err);

/* "2026-11-30 09:00 Europe/Stockholm", "a, b", "yes"; empty: no value. */
const char *value_show(const struct brg_field *field, struct brg_arena *arena);

#endif
