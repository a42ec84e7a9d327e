/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

static const struct brg_plugin plugin = { BRG_PLUGIN_HEAD(BRG_STORAGE), PLAIN_MEMBERS("bad-kind") };
BRG_PLUGIN(bad_kind, plugin);
