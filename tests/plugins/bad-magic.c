/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

static const struct brg_plugin plugin = {
	0x12345678,    BRG_ABI_MAJOR,
	BRG_ABI_MINOR, sizeof(struct brg_plugin),
	BRG_CONNECTOR, PLAIN_MEMBERS("bad-magic"),
};
BRG_PLUGIN(bad_magic, plugin);
