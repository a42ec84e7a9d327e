/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/libgone.h"
#include "tests/plugins/plain.h"

static void close_it(void *self)
{
	(void)self;
	(void)libgone_answer();
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = plain_open,
	.close = close_it,
	.pull = plain_pull,
};
static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR), .name = "bad-library",	 .version = "0",
	.summary = "for tests",		.license = "Apache-2.0", .instance_size = 8,
	.faults = plain_faults,		.connector = &connector,
};
BRG_PLUGIN(bad_library, plugin);
