/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine.h"

#include "core/id.h"

#include <unistd.h>

void engine_init(struct engine *e)
{
	*e = (struct engine){
		.lang = "en",
		.email = &email_default,
		.sync = sync_rules_default(),
		.rules = SCHEDULE_RULES_DEFAULT,
		.visit_ms = 30000,
		.visit_steps = 400,
		.timeout_ms = 300000,
		.batch_items = 200,
		.batch_bytes = 1024 * 1024,
	};
}

int engine_join(struct engine *e, const char *role, struct brg_err *err)
{
	int64_t now = e->now_us(e);
	struct brg_process_row row = { .pid = getpid(), .joined_us = now };
	char node[256] = "";

	(void)gethostname(node, sizeof(node) - 1);
	e->process = id_new(now);
	row.id = e->process;
	row.node = brg_cstr(node);
	row.role = brg_cstr(role);
	return e->store.ops->join(e->store.self, &row, err);
}

struct other {
	struct brg_str role;
	const struct brg_id *self;
};

static bool is_other(const void *arg, const struct brg_row *row)
{
	const struct other *other = arg;

	return brg_str_eq(row->u.process.role, other->role) &&
	       !brg_id_eq(&row->u.process.id, other->self);
}

int engine_others(struct engine *e, const char *role, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_PROCESSES };
	const struct other other = { brg_cstr(role), &e->process };
	struct brg_arena *arena = arena_new();
	struct brg_row *rows;
	size_t n = 0;
	int rc = store_pick(&e->store, &q, is_other, &other, arena, &rows, &n, err);

	arena_free(&arena);
	return rc < 0 ? rc : n > 0;
}
