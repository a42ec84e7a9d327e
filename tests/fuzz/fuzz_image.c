/* SPDX-License-Identifier: Apache-2.0
 *
 * Images as JSON, as programs write them: refused, or read and written again the same; and what is
 * made of them in canonical form.
 */
#include "tests/fuzz/check_image.h"

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
	if (rc == 0) {
		check_json(kind, &read, arena);
		rc = image_canonical(field_builtin(), kind, &read, arena, &canonical, &err);
		PROMISE(rc == 0 || (rc == BRG_EINVAL && err.fault));
	}
	if (rc == 0)
		check_canonical(kind, &canonical, arena);
	arena_free(&arena);
	return 0;
}
