/* SPDX-License-Identifier: Apache-2.0
 *
 * What people write as a sync filter: refused with a column that is in it, or in one spelling that
 * means the same, never deeper than storages take, with names of references or their ids.
 */
#include "core/where-private.h"

#include "core/derive.h"
#include "core/regards.h"
#include "tests/fuzz/check_text.h"
#include "tests/fuzz/fuzz.h"

static struct brg_arena *arena;

static int depth(const struct brg_expr *e)
{
	const int a = e->a ? depth(e->a) : 0, b = e->b ? depth(e->b) : 0;

	return 1 + (a > b ? a : b);
}

static bool same(const struct brg_expr *a, const struct brg_expr *b)
{
	if (!a || !b)
		return a == b;
	return a->op == b->op && a->field == b->field && a->is_text == b->is_text &&
	       brg_str_eq(a->text, b->text) && a->number == b->number &&
	       brg_id_eq(&a->id, &b->id) && same(a->a, b->a) && same(a->b, b->b);
}

/* Each operator with what belongs to it. */
static void check_expr(int kind, const struct brg_expr *e)
{
	switch (e->op) {
	case BRG_EXPR_AND:
	case BRG_EXPR_OR:
		check_expr(kind, e->b);
		/* fall through */
	case BRG_EXPR_NOT:
		PROMISE((e->op == BRG_EXPR_NOT) == (e->b == NULL));
		check_expr(kind, e->a);
		return;
	default:
		PROMISE(!e->a && !e->b && e->op <= BRG_EXPR_MODIFIED_GE);
		if (e->op < BRG_EXPR_EQ || e->op >= BRG_EXPR_OWNER)
			return;
		PROMISE(field_of(field_builtin(), kind, e->field)->flags & FIELD_FILTER);
		PROMISE(e->is_text || (e->op != BRG_EXPR_CONTAINS && e->op != BRG_EXPR_BEGINS));
		PROMISE(!e->is_text || e->text.len > 0);
		PROMISE(!e->is_text || brg_str_eq(e->text, derive_fold(e->text, arena)));
	}
}

static void check_error(struct brg_str text, const struct brg_err *err)
{
	char *params = (char *)(uintptr_t)arena_dup(arena, err->params, strlen(err->params)).ptr;
	long column;

	PROMISE(err->code == BRG_EINVAL && err->fault && err->fault->cls == BRG_EINVAL);
	PROMISE(strncmp(params, "column=", 7) == 0);
	column = strtol(params + 7, NULL, 10);
	PROMISE(column >= 1 && (size_t)column <= text.len + 1 && column <= WHERE_MAX + 1);
	if (strlen(err->params) + 1 < sizeof(err->params)) /* else it may end within a character */
		check_text(brg_cstr(params), true);
}

static const struct brg_expr *bind(const struct where *where)
{
	static const struct brg_id me = { { 1, 2, 3 } };

	return where_bind(where, &me, INT64_C(1795000000000000), brg_cstr("Europe/Stockholm"),
			  arena);
}

static void check_filter(int kind, const struct where *where)
{
	const struct brg_expr *expr = bind(where);
	struct brg_str told = where_format(where, arena);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_touch windows[4];
	struct where_edge edges[4];
	const struct where *again;

	PROMISE(depth(expr) <= WHERE_LEVELS);
	check_expr(kind, expr);
	check_text(told, false);
	PROMISE((where_edges(where, edges, 4) == 0) ==
		(where_windows(where, 0, INT64_C(86400000000) * 3, brg_cstr(""), windows, 4) == 0));
	if (told.len > WHERE_MAX) /* it has more blanks than what was written */
		return;
	PROMISE(where_parse(field_builtin(), kind, told, arena, &again, &err) == 0);
	PROMISE(brg_str_eq(where_format(again, arena), told));
	PROMISE(same(bind(again), expr));
}

static int find_any(void *ctx, struct brg_str name, struct brg_id *out, struct brg_err *err)
{
	(void)ctx;
	(void)err;
	memset(out, (int)name.len, sizeof(*out));
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct regards_lookup any = { find_any, NULL };
	struct brg_err err = BRG_ERR_INIT, checked = BRG_ERR_INIT;
	const struct where *where;
	struct brg_str text, resolved;
	int kind, rc;

	if (n < 1)
		return 0;
	arena = arena_new();
	kind = 1 + bytes[0] % 4;
	text = arena_dup(arena, bytes + 1, n - 1);
	rc = where_check(field_builtin(), kind, text, arena, &checked);
	if (rc < 0)
		check_error(text, &checked);
	if (where_parse(field_builtin(), kind, text, arena, &where, &err) < 0)
		check_error(text, &err);
	else
		check_filter(kind, where);
	PROMISE(rc == 0 || !where);
	PROMISE(regards_resolve(text, &any, arena, &resolved, &err) == 0);
	if (rc == 0 && resolved.len <= WHERE_MAX)
		PROMISE(where_parse(field_builtin(), kind, resolved, arena, &where, &err) == 0);
	arena_free(&arena);
	return 0;
}
