/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments as people write them on the command line. Pure.
 */
#ifndef BRG_CLI_MOMENT_H
#define BRG_CLI_MOMENT_H

#include <brygga/abi.h>

/* "now"; a duration such as 2d, counted from now on or, without `ahead`, back from it; a day
 * 2026-01-31, which begins at midnight UTC; a moment 2026-01-31T08:00[:00] (a blank for the T will
 * do) in UTC, or with an offset: Z, +02:00, +0200, +02. False: it is none of them, or lies before
 * 1970. */
bool moment_parse(struct brg_str text, int64_t now_us, bool ahead, int64_t *out_us);

#endif
