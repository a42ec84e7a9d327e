/* SPDX-License-Identifier: Apache-2.0
 *
 * Images as JSON, as programs write them: refused, or read and written again the same; and what is
 * made of them in canonical form.
 */
#include "core/image-private.h"
#include "tests/fuzz/check_image.h"

/* What is read in one go is what its tree says. */
static void check_quick(int kind, struct brg_str json, struct brg_arena *arena)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image_place place = {
		.table = field_builtin(), .kind = kind, .arena = arena, .err = &err
	};
	struct image quick = { .told = IMAGE_TOLD_ALL }, tree;

	if (!image_read_quick(&place, json, &quick.fields))
		return;
	PROMISE(image_read_tree(&place, json, &tree) == 0);
	PROMISE(image_eq(&quick, &tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena;
	struct brg_err err = BRG_ERR_INIT;
	struct image read, canonical;
	int kind, rc;

	if (n < 1)
		return 0;
	arena = arena_new();
	kind = 1 + bytes[0] % 4;
	rc = image_from_json(field_builtin(), kind, arena_dup(arena, bytes + 1, n - 1), arena,
			     &read, &err);
	PROMISE(rc == 0 || (rc == BRG_EINVAL && err.fault));
	check_quick(kind, arena_dup(arena, bytes + 1, n - 1), arena);
	if (rc == 0) {
		check_json(kind, &read, arena);
		check_quick(kind, image_to_json(field_builtin(), kind, &read, true, arena), arena);
		rc = image_canonical(field_builtin(), kind, &read, arena, &canonical, &err);
		PROMISE(rc == 0 || (rc == BRG_EINVAL && err.fault));
	}
	if (rc == 0)
		check_canonical(kind, &canonical, arena);
	arena_free(&arena);
	return 0;
}
