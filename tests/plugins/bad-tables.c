/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

/* Its option lies outside the instance. */
static const struct brg_option options[] = {
	{ "far", BRG_OPT_INT, 0, 4096, "0", NULL, 0, 0, "Too far." },
	BRG_OPTION_END,
};
static const struct brg_plugin plugin = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	PLAIN_MEMBERS("bad-tables"),
	.options = options,
};
BRG_PLUGIN(bad_tables, plugin);
