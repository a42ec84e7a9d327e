/* SPDX-License-Identifier: Apache-2.0 */
#include "core/forget.h"

#include "core/id.h"

#define STEP_OPS 100

static int commit_some(struct engine *e, const struct brg_id *ids, size_t n, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	struct step step;
	int rc;

	step_init(&step, arena);
	for (size_t i = 0; i < n; i++) {
		char *detail = arena_alloc(arena, ID_TEXT);
		struct brg_op *op = step_add(&step, BRG_OP_FORGET, BRG_ANY);

		op->u.forget.id = ids[i];
		op->u.forget.detail = brg_cstr(id_format(&ids[i], detail));
	}
	rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
	arena_free(&arena);
	return rc;
}

/* By hundreds; where one is held, one by one, so that it stays and lets the others go. */
int64_t forget_records(struct engine *e, const struct brg_id *ids, size_t n, struct brg_err *err)
{
	size_t at = 0, one_by_one = 0;
	int64_t gone = 0;

	while (at < n) {
		size_t many = one_by_one ? 1 : n - at < STEP_OPS ? n - at : STEP_OPS;
		int rc = commit_some(e, ids + at, many, err);

		if (rc < 0)
			return rc;
		if (rc == BRG_REFUSED && many > 1) {
			one_by_one = many;
			continue;
		}
		gone += rc == BRG_COMMITTED ? (int64_t)many : 0;
		at += many;
		one_by_one -= one_by_one > 0;
	}
	return gone;
}
