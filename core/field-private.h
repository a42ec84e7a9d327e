/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_FIELD_PRIVATE_H
#define BRG_CORE_FIELD_PRIVATE_H

#include "core/field.h"

/* The rows of field_table.c, by kind. */
struct field_rows {
	const struct field *at;
	size_t n;
};
extern const struct field_rows field_rows[FIELD_KINDS];

#endif
