/* SPDX-License-Identifier: Apache-2.0
 *
 * Images of tests are written as JSON.
 */
#ifndef BRG_TEST_IMAGE_JSON_H
#define BRG_TEST_IMAGE_JSON_H

#include "core/image.h"

#include <check.h>
#include <stdlib.h>

static struct brg_arena *arena;

static void set_up(void)
{
	arena = arena_new();
}

static void tear_down(void)
{
	arena_free(&arena);
}

static inline void read_json(int kind, const char *json, struct image *out)
{
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_msg(image_from_json(field_builtin(), kind, brg_cstr(json), arena, out, &err) == 0,
		      "%s: %s %s", json, err.fault ? err.fault->code : "", err.params);
}

static inline const char *write_json(int kind, const struct image *image, bool record)
{
	return image_to_json(field_builtin(), kind, image, record, arena).ptr;
}

#define LOOP(test, rows) tcase_add_loop_test(t, test, 0, sizeof(rows) / sizeof((rows)[0]))

#endif
