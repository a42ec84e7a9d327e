/* SPDX-License-Identifier: Apache-2.0
 *
 * Zone data in which Sweden has no summer time from 2027 on, for processes that are started with,
 * or set before they ask for a zone, ICU_TIMEZONE_FILES_DIR.
 */
#ifndef BRG_TEST_ZONES_CHANGED_H
#define BRG_TEST_ZONES_CHANGED_H

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Into a folder that is there. */
static inline void make_changed_zones(const char *into)
{
	const char *top = getenv("srcdir");
	char command[PATH_MAX + 64];

	(void)snprintf(command, sizeof(command), "python3 '%s/tests/zones/changed.py' %s",
		       top ? top : ".", into);
	ck_assert_msg(system(command) == 0, "%s", command);
}

#endif
