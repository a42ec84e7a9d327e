/* SPDX-License-Identifier: Apache-2.0
 *
 * Time zones, by ICU: names of both schemes, and from wall time to instant and back. The only
 * room that includes ICU's calendars. Any thread.
 */
#ifndef BRG_CORE_ZONE_H
#define BRG_CORE_ZONE_H

#include <brygga/item.h>

#define ZONE_NAME_MAX 64

/* The IANA name (canonical spelling) of an IANA or Windows name ("W. Europe Standard Time"), any
 * case; `territory` ("SE", may be empty) chooses among those that Windows has as one. False: no
 * such zone. */
bool zone_canonical(struct brg_str name, struct brg_str territory, char out[ZONE_NAME_MAX]);
/* The Windows name of an IANA one; false: Windows has none. */
bool zone_windows(struct brg_str iana, char out[ZONE_NAME_MAX]);

/* "YYYY-MM-DDTHH:MM:SS" in the zone -> instant, microseconds. A time that is skipped when clocks
 * go forward is moved by the gap; one that comes twice is the first (RFC 5545 section 3.3.5).
 * Empty zone: floating, as UTC. False: no such date, time or zone. */
bool zone_instant(struct brg_str local, struct brg_str zone, int64_t *us);
/* Back; out is 20 bytes with the NUL. False: no such zone, or outside the years 1 to 9999. */
bool zone_wall(int64_t us, struct brg_str zone, char out[20]);
/* Is it a date that there is, or a date and time? */
bool zone_is_date(struct brg_str date);	  /* "YYYY-MM-DD" */
bool zone_is_local(struct brg_str local); /* "YYYY-MM-DDTHH:MM:SS" */
/* n days later (or earlier); out is 11 bytes. */
bool zone_add_days(struct brg_str date, int64_t n, char out[11]);

/* A hash of the zone's rules from 1970 to 2100, as this process has them. Another one means that
 * instants which were derived by it may have moved. 0: no such zone. */
uint64_t zone_fingerprint(struct brg_str zone);
/* The version of the zone data ("2026c"), for people. */
const char *zone_data_version(void);

#endif
