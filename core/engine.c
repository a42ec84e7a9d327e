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
