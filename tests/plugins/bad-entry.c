/* SPDX-License-Identifier: Apache-2.0 */
#include <brygga/plugin.h>

BRG_EXPORT int bad_entry_of_something_else(void);
int bad_entry_of_something_else(void)
{
	return 0;
}
