/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of zones and wall times, as servers send them: there are none such, or they are what they
 * are when asked again.
 *
 * Input: a name, a territory, a wall time, and a number of days, one a line.
 */
#include "core/arena.h"
#include "core/zone.h"
#include "tests/fuzz/check_text.h"
#include "tests/fuzz/fuzz.h"

static struct brg_str next_line(struct brg_str *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	const size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
	const struct brg_str out = { rest->ptr, n };

	*rest = (struct brg_str){ rest->ptr + n + (end != NULL), rest->len - n - (end != NULL) };
	return out;
}

static void check_name(struct brg_str name, struct brg_str territory)
{
	char iana[ZONE_NAME_MAX], again[ZONE_NAME_MAX], windows[ZONE_NAME_MAX];

	if (!zone_canonical(name, territory, iana))
		return;
	check_text(brg_cstr(iana), false);
	PROMISE(zone_canonical(brg_cstr(iana), territory, again) && strcmp(iana, again) == 0);
	PROMISE(zone_fingerprint(brg_cstr(iana)) != 0);
	if (zone_windows(brg_cstr(iana), windows))
		PROMISE(zone_canonical(brg_cstr(windows), territory, again));
}

static void check_time(struct brg_str local, struct brg_str zone)
{
	char wall[20], twice[20];
	int64_t us, again;

	if (!zone_instant(local, zone, &us))
		return;
	PROMISE(zone_is_local(local));
	/* What was skipped has moved; then it stays. */
	if (zone_wall(us, zone, wall)) {
		PROMISE(zone_instant(brg_cstr(wall), zone, &again) && again == us);
		PROMISE(zone_wall(again, zone, twice) && strcmp(wall, twice) == 0);
	}
}

static void check_date(struct brg_str date, int64_t n)
{
	char there[11], back[11];

	if (!zone_add_days(date, n, there))
		return;
	PROMISE(zone_is_date(date) && zone_is_date(brg_cstr(there)));
	PROMISE(zone_add_days(brg_cstr(there), -n, back) && memcmp(back, date.ptr, 10) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct brg_str rest = arena_dup(arena, bytes, n);
	const struct brg_str name = next_line(&rest), territory = next_line(&rest);
	const struct brg_str local = next_line(&rest);

	check_name(name, territory);
	check_time(local, name);
	check_time(local, (struct brg_str){ "", 0 });
	check_date((struct brg_str){ local.ptr, local.len < 10 ? local.len : 10 },
		   strtoll(rest.ptr, NULL, 10));
	arena_free(&arena);
	return 0;
}
