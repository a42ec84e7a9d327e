/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

int brygga_test_function_that_nobody_has(void);

static int call(void *self, struct brg_err *err)
{
	(void)self;
	(void)err;
	return brygga_test_function_that_nobody_has();
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
	.finish = call,
};
static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "bad-symbol",
	.version = "0",
	.summary = "for tests",
	.license = "Apache-2.0",
	.instance_size = sizeof(plain_connector),
	.faults = plain_faults,
	.connector = &connector,
};
BRG_PLUGIN(bad_symbol, plugin);
