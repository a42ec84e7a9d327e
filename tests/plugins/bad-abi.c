/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

static const struct brg_plugin plugin = {
	BRG_ABI_MAGIC, BRG_ABI_MAJOR + 1,	 7, sizeof(struct brg_plugin),
	BRG_CONNECTOR, PLAIN_MEMBERS("bad-abi"),
};
BRG_PLUGIN(bad_abi, plugin);
