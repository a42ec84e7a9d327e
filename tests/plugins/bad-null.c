/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/plugins/plain.h"

BRG_EXPORT const struct brg_plugin *bad_null_LTX_brg_plugin_entry(void);
const struct brg_plugin *bad_null_LTX_brg_plugin_entry(void)
{
	(void)plain_connector;
	return NULL;
}
