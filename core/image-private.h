/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BRG_CORE_IMAGE_PRIVATE_H
#define BRG_CORE_IMAGE_PRIVATE_H

#include "core/image.h"

/* What can be wrong in an image. Whoever wrote JSON and whoever gave an item hear of it by
 * different rows. */
enum image_problem {
	IMAGE_UNKNOWN, /* no such field */
	IMAGE_WRONG,   /* another type or form than `expected` */
	IMAGE_LONG,    /* more than `expected` characters */
	IMAGE_MANY,    /* more than `expected` of them */
	IMAGE_ZONE,    /* an unknown time zone */
	IMAGE_RULE,    /* a recurrence that cannot be read */
	IMAGE_TWICE,   /* the same field twice */
	IMAGE_PROBLEMS
};

/* Where in an image one is. */
struct image_place {
	const struct field_table *table;
	int kind;
	bool item;	   /* of a connector, not JSON */
	const char *part;  /* "attendees", "occurrences", or NULL */
	size_t number;	   /* of the attendee, from 1: his address stands in no message */
	struct brg_str at; /* start of the occurrence, once it has been checked */
	struct brg_arena *arena;
	struct brg_err *err;
};

/* The name is foreign, `expected` may be NULL. */
int image_fail(const struct image_place *place, enum image_problem problem, struct brg_str name,
	       const char *expected);
int image_fail_syntax(struct brg_err *err, int line, int column);

/* How values of the field look, for messages. */
const char *image_expected(const struct field *field, struct brg_arena *arena);
/* Is a value of the right type sane? Text within its bounds, dates that there are, words that
 * the field has, numbers within theirs. */
int image_check(const struct image_place *place, const struct field *field,
		const struct brg_field *value);
/* JSON without parts as image_to_json() writes it. False: it is otherwise, and image_read_tree()
 * says what it is. */
bool image_read_quick(const struct image_place *place, struct brg_str json, struct brg_fields *out);
/* image_from_json() for all that is JSON. */
int image_read_tree(const struct image_place *place, struct brg_str json, struct image *out);

/* Is it the start of an occurrence? */
bool image_is_start(struct brg_str key);

/* Sorted and none twice; shares what is so already. */
const struct brg_str *image_list(const struct brg_str *at, size_t *n, struct brg_arena *arena);
/* By type and key, and the first of those with the same. */
size_t image_sort_parts(struct brg_part *at, size_t n);

#endif
