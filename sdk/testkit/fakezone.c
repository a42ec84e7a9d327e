/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones of the fake host: UTC, and one that is two hours ahead of it all the year.
 */
#include "fakehost-private.h"

#include <strings.h>
#include <time.h>

#define AHEAD_US INT64_C(7200000000)

static const struct zone {
	const char *iana, *windows;
	int64_t ahead_us;
} zones[] = {
	{ "Etc/UTC", "UTC", 0 },
	{ FAKE_ZONE, FAKE_ZONE_WINDOWS, AHEAD_US },
};

static const struct zone *find(struct brg_str name, bool either)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		const char *names[2] = { zones[i].iana, zones[i].windows };

		for (size_t k = 0; k < (either ? 2 : 1); k++)
			if (strlen(names[k]) == name.len &&
			    strncasecmp(names[k], name.ptr, name.len) == 0)
				return &zones[i];
	}
	return NULL;
}

static bool zone_iana(struct brg_str name, char out[BRG_ZONE_MAX])
{
	const struct zone *z = find(name, true);

	if (z)
		(void)snprintf(out, BRG_ZONE_MAX, "%s", z->iana);
	return z != NULL;
}

static bool zone_windows(struct brg_str iana, char out[BRG_ZONE_MAX])
{
	const struct zone *z = find(iana, false);

	if (z)
		(void)snprintf(out, BRG_ZONE_MAX, "%s", z->windows);
	return z != NULL;
}

static bool zone_instant(struct brg_str local, struct brg_str zone, int64_t *us)
{
	const struct zone *z = zone.len ? find(zone, false) : &zones[0];
	struct tm tm = { 0 }, again;
	char text[20], back[20];
	time_t at;

	if (!z || local.len != 19)
		return false;
	memcpy(text, local.ptr, 19);
	text[19] = '\0';
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	at = timegm(&tm);
	/* A date that there is comes out as it went in. */
	if (!gmtime_r(&at, &again) ||
	    strftime(back, sizeof(back), "%Y-%m-%dT%H:%M:%S", &again) != 19 ||
	    strcmp(back, text) != 0)
		return false;
	*us = (int64_t)at * 1000000 - z->ahead_us;
	return true;
}

static bool zone_wall(int64_t us, struct brg_str zone, char out[20])
{
	const struct zone *z = zone.len ? find(zone, false) : &zones[0];
	struct tm tm;
	time_t at;

	if (!z)
		return false;
	us += z->ahead_us;
	at = (time_t)(us / 1000000 - (us % 1000000 < 0));
	return gmtime_r(&at, &tm) && tm.tm_year >= -1899 && tm.tm_year <= 8099 &&
	       strftime(out, 20, "%Y-%m-%dT%H:%M:%S", &tm) == 19;
}

const struct brg_zone_service fake_zone_service = {
	.size = sizeof(fake_zone_service),
	.version = 1,
	.iana = zone_iana,
	.windows = zone_windows,
	.instant = zone_instant,
	.wall = zone_wall,
};
