/* SPDX-License-Identifier: Apache-2.0
 *
 * xs:dateTime (XML Schema part 2, section 3.2.7) and the times of the field table.
 */
#ifndef BRG_EXCHANGE_MOMENT_H
#define BRG_EXCHANGE_MOMENT_H

#include "exchange.h"

#define MOMENT_TEXT 32

/* Microseconds UTC; without an offset it is UTC. False: it is no such time. */
bool moment_read(const struct exchange *x, struct brg_str text, int64_t *us);
/* "YYYY-MM-DDTHH:MM:SSZ" */
bool moment_write(const struct exchange *x, int64_t us, char out[MOMENT_TEXT]);
/* The day whose midnight is nearest: dates are stored as midnights of some zone. */
bool moment_date(const struct exchange *x, struct brg_str text, char out[11]);

#endif
