/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/moment.h"

#include <check.h>
#include <stdlib.h>

#define S   INT64_C(1000000)
#define NOW (INT64_C(1795000000) * S)

static const struct {
	const char *text;
	int64_t ahead, back; /* 0: refused */
} rows[] = {
	{ "now", NOW, NOW },
	{ "2d", NOW + 2 * 86400 * S, NOW - 2 * 86400 * S },
	{ "30m", NOW + 1800 * S, NOW - 1800 * S },
	{ "0", NOW, NOW },
	/* Older than 1970, and further than time goes. */
	{ "30000d", NOW + 30000 * INT64_C(86400) * S, 0 },
	{ "999999999999d", 0, 0 },
	{ "2026-01-31", 1769817600 * S, 1769817600 * S },
	{ "2026-01-31T08:00:00Z", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31T08:00:00", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31 08:00", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31t08:00z", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31T10:00:00+02:00", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31T10:00+0200", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31T10:00+02", 1769846400 * S, 1769846400 * S },
	{ "2026-01-31T02:30:00-05:30", 1769846400 * S, 1769846400 * S },
	{ "2024-02-29", 1709164800 * S, 1709164800 * S },
	{ "2026-02-29", 0, 0 },
	{ "2026-13-01", 0, 0 },
	{ "2026-00-01", 0, 0 },
	{ "2026-01-00", 0, 0 },
	{ "2026-01-31T24:00:00Z", 0, 0 },
	{ "2026-01-31T08:60:00Z", 0, 0 },
	{ "2026-01-31T08:00:60Z", 0, 0 },
	{ "2026-01-31T08", 0, 0 },
	{ "2026-01-31T", 0, 0 },
	{ "2026-01-31Z", 0, 0 },
	{ "2026-01-31T08:00:00X", 0, 0 },
	{ "2026-01-31T08:00:00ZZ", 0, 0 },
	{ "2026-01-31T08:00:00+", 0, 0 },
	{ "2026-01-31T08:00:00+2", 0, 0 },
	{ "2026-01-31T08:00:00+02:", 0, 0 },
	{ "2026-01-31T08:00:00+15:00", 0, 0 },
	{ "2026-01-31T08:00:00+02:60", 0, 0 },
	{ "1969-12-31", 0, 0 },
	{ "26-01-31", 0, 0 },
	{ "tomorrow", 0, 0 },
	{ "-2d", 0, 0 },
	{ "2", 0, 0 },
	{ "", 0, 0 },
};

START_TEST(moment)
{
	for (int ahead = 0; ahead < 2; ahead++) {
		int64_t want = ahead ? rows[_i].ahead : rows[_i].back, got = 0;
		bool ok = moment_parse(brg_cstr(rows[_i].text), NOW, ahead, &got);

		ck_assert_msg(ok == (want != 0), "%s %s", rows[_i].text, ok ? "taken" : "refused");
		if (ok)
			ck_assert_msg(got == want, "%s: %lld", rows[_i].text, (long long)got);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("moment");
	TCase *tc = tcase_create("rows");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, moment, 0, sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
