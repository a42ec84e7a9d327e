/* SPDX-License-Identifier: Apache-2.0
 *
 * Time zones: names of both schemes, wall time and instants across each kind of change, and what
 * tells that the rules are others.
 */
#include "core/zone.h"

#include "core/arena.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#define S(text) brg_cstr(text)

#define STO "Europe/Stockholm"
#define NY  "America/New_York"
#define LH  "Australia/Lord_Howe" /* goes half an hour, in October */

/* ---- names ----------------------------------------------------------------------------------*/

static const struct {
	const char *name, *territory, *iana, *windows; /* NULL: there is none */
} names[] = {
	{ STO, "", STO, "W. Europe Standard Time" },
	{ "europe/STOCKHOLM", "", STO, "W. Europe Standard Time" },
	{ STO, "US", STO, "W. Europe Standard Time" },
	/* Windows has one for many; the territory says which. */
	{ "W. Europe Standard Time", "", "Europe/Berlin", "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "SE", STO, "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "se", STO, "W. Europe Standard Time" },
	{ "w. EUROPE standard time", "SE", STO, "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "JP", "Europe/Berlin", "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "001", "Europe/Berlin", "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "Sweden", "Europe/Berlin", "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "S", "Europe/Berlin", "W. Europe Standard Time" },
	{ "W. Europe Standard Time", "\xC3\xA5", "Europe/Berlin", "W. Europe Standard Time" },
	{ "Romance Standard Time", "", "Europe/Paris", "Romance Standard Time" },
	{ "Eastern Standard Time", "", NY, "Eastern Standard Time" },
	{ "eastern standard time", "CA", "America/Toronto", "Eastern Standard Time" },
	{ "Lord Howe Standard Time", "", LH, "Lord Howe Standard Time" },
	{ "Dateline Standard Time", "", "Etc/GMT+12", "Dateline Standard Time" },
	{ "UTC", "", "Etc/UTC", "UTC" },
	{ "etc/utc", "", "Etc/UTC", "UTC" },
	/* Names that a zone had before. */
	{ "US/Eastern", "", NY, "Eastern Standard Time" },
	{ "Asia/Calcutta", "", "Asia/Kolkata", "India Standard Time" },
	{ "India Standard Time", "", "Asia/Kolkata", "India Standard Time" },
	{ "Europe/Kiev", "", "Europe/Kyiv", "FLE Standard Time" },
	{ "Asia/Saigon", "", "Asia/Ho_Chi_Minh", "SE Asia Standard Time" },
	{ "America/Godthab", "", "America/Nuuk", "Greenland Standard Time" },
	{ "America/Buenos_Aires", "", "America/Argentina/Buenos_Aires", "Argentina Standard Time" },
	/* None, though ICU would make something of most. */
	{ "", "", NULL, NULL },
	{ " ", "", NULL, NULL },
	{ "Mars/Olympus", "", NULL, NULL },
	{ "Stockholm", "", NULL, NULL },
	{ "Europe/Stockholm ", "", NULL, NULL },
	{ "Europe/", "", NULL, NULL },
	{ "CET+1", "", NULL, NULL },
	{ "GMT+01:00", "", NULL, NULL },
	{ "+01:00", "", NULL, NULL },
	{ "IST", "", NULL, NULL },
	{ "CST", "", NULL, NULL },
	{ "Etc/Unknown", "", NULL, NULL },
	{ "Factory", "", NULL, NULL },
	{ "Customized Time Zone", "", NULL, NULL },
	{ "W. Europe Daylight Time", "", NULL, NULL },
	{ "Europe/Stockh\xC3\xB6lm", "", NULL, NULL },
	{ "Europe/Stock\nholm", "", NULL, NULL },
	{ "An/Area/Whose/Name/Goes/On/And/On/Until/No/Zone/Could/Have/It/So/Long", "", NULL, NULL },
};

START_TEST(named)
{
	char iana[ZONE_NAME_MAX], again[ZONE_NAME_MAX], windows[ZONE_NAME_MAX];
	bool found = zone_canonical(S(names[_i].name), S(names[_i].territory), iana);

	ck_assert_msg(found == (names[_i].iana != NULL), "%s", names[_i].name);
	if (!found) {
		ck_assert(!zone_windows(S(names[_i].name), windows));
		ck_assert_uint_eq(zone_fingerprint(S(names[_i].name)),
				  *names[_i].name ? 0 : zone_fingerprint(S("Etc/UTC")));
		return;
	}
	ck_assert_str_eq(iana, names[_i].iana);
	ck_assert(zone_canonical(S(iana), S(""), again));
	ck_assert_str_eq(again, iana);
	ck_assert(zone_windows(S(iana), windows));
	ck_assert_str_eq(windows, names[_i].windows);
}
END_TEST

START_TEST(nul_is_no_name)
{
	char out[ZONE_NAME_MAX];

	ck_assert(!zone_canonical((struct brg_str){ STO "\0x", sizeof(STO) + 1 }, S(""), out));
	ck_assert(zone_canonical((struct brg_str){ STO "/x", sizeof(STO) - 1 }, S(""), out));
	ck_assert(!zone_windows(S("W. Europe Standard Time"), out)); /* it is no IANA name */
	ck_assert(!zone_windows(S("MET"), out)); /* one that Windows does not have */
	ck_assert(zone_data_version()[0] == '2');
}
END_TEST

/* ---- wall and instant -----------------------------------------------------------------------*/

static const struct {
	const char *zone, *local, *utc;
	const char *back; /* NULL: the same */
} times[] = {
	{ "", "2026-07-01T12:00:00", "2026-07-01T12:00:00", NULL },
	{ "Etc/UTC", "2026-07-01T12:00:00", "2026-07-01T12:00:00", NULL },
	{ STO, "2026-01-15T12:00:00", "2026-01-15T11:00:00", NULL },
	{ STO, "2026-07-15T12:00:00", "2026-07-15T10:00:00", NULL },
	{ "europe/stockholm", "2026-07-15T12:00:00", "2026-07-15T10:00:00", NULL },
	/* The hour that is skipped: by the clock from before it. */
	{ STO, "2026-03-29T01:59:59", "2026-03-29T00:59:59", NULL },
	{ STO, "2026-03-29T02:00:00", "2026-03-29T01:00:00", "2026-03-29T03:00:00" },
	{ STO, "2026-03-29T02:30:00", "2026-03-29T01:30:00", "2026-03-29T03:30:00" },
	{ STO, "2026-03-29T02:59:59", "2026-03-29T01:59:59", "2026-03-29T03:59:59" },
	{ STO, "2026-03-29T03:00:00", "2026-03-29T01:00:00", NULL },
	/* The hour that comes twice: the first. */
	{ STO, "2026-10-25T01:59:59", "2026-10-24T23:59:59", NULL },
	{ STO, "2026-10-25T02:00:00", "2026-10-25T00:00:00", NULL },
	{ STO, "2026-10-25T02:59:59", "2026-10-25T00:59:59", NULL },
	{ STO, "2026-10-25T03:00:00", "2026-10-25T02:00:00", NULL },
	{ NY, "2026-03-08T02:30:00", "2026-03-08T07:30:00", "2026-03-08T03:30:00" },
	{ NY, "2026-03-08T03:00:00", "2026-03-08T07:00:00", NULL },
	{ NY, "2026-11-01T01:30:00", "2026-11-01T05:30:00", NULL },
	{ NY, "2026-11-01T02:00:00", "2026-11-01T07:00:00", NULL },
	{ LH, "2026-10-04T02:15:00", "2026-10-03T15:45:00", "2026-10-04T02:45:00" },
	{ LH, "2026-10-04T02:30:00", "2026-10-03T15:30:00", NULL },
	{ LH, "2026-04-05T01:45:00", "2026-04-04T14:45:00", NULL },
	{ LH, "2026-04-05T02:00:00", "2026-04-04T15:30:00", NULL },
	/* A day that there was not, and one that came twice. */
	{ "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00", "2011-12-31T12:00:00" },
	{ "Pacific/Kwajalein", "1993-08-22T12:00:00", "1993-08-22T00:00:00", NULL },
	/* Before zones there was the sun; before 1582 this calendar goes on. */
	{ STO, "1850-01-01T12:00:00", "1850-01-01T11:06:32", NULL },
	{ "", "1582-10-10T00:00:00", "1582-10-10T00:00:00", NULL },
	{ "", "1500-02-28T00:00:00", "1500-02-28T00:00:00", NULL },
	{ "", "0001-01-01T00:00:00", "0001-01-01T00:00:00", NULL },
	{ "", "9999-12-31T23:59:59", "9999-12-31T23:59:59", NULL },
	/* Far ahead the rules go on as they are. */
	{ STO, "2500-07-01T12:00:00", "2500-07-01T10:00:00", NULL },
};

START_TEST(walls)
{
	const char *zone = times[_i].zone, *back = times[_i].back;
	int64_t us, utc;
	char wall[20];

	ck_assert(zone_instant(S(times[_i].local), S(zone), &us));
	ck_assert(zone_instant(S(times[_i].utc), S(""), &utc));
	ck_assert_msg(us == utc, "%s %s: %lld s off", zone, times[_i].local,
		      (long long)(us - utc) / 1000000);
	ck_assert(zone_wall(us, S(zone), wall));
	ck_assert_str_eq(wall, back ? back : times[_i].local);
	/* The fraction of a second is cut off, before 1970 too. */
	ck_assert(zone_wall(us + 999999, S(zone), wall));
	ck_assert_str_eq(wall, back ? back : times[_i].local);
}
END_TEST

/* The second hour of those that come twice has only this way. */
START_TEST(second_time)
{
	char wall[20];
	int64_t us;

	ck_assert(zone_instant(S("2026-10-25T01:30:00"), S(""), &us));
	ck_assert(zone_wall(us, S(STO), wall));
	ck_assert_str_eq(wall, "2026-10-25T02:30:00");
	ck_assert(zone_instant(S("2026-11-01T06:30:00"), S(""), &us));
	ck_assert(zone_wall(us, S(NY), wall));
	ck_assert_str_eq(wall, "2026-11-01T01:30:00");
}
END_TEST

START_TEST(no_time)
{
	static const char *const wrong[] = {
		"",
		"2026-07-01",
		"2026-07-01T12:00",
		"2026-07-01 12:00:00",
		"2026-07-01t12:00:00",
		"2026-07-01T12:00:00Z",
		"2026-07-01T24:00:00",
		"2026-07-01T12:60:00",
		"2026-12-31T23:59:60",
		"2026-02-29T12:00:00",
		"1900-02-29T12:00:00",
		"2026-13-01T12:00:00",
		"2026-00-01T12:00:00",
		"2026-06-31T12:00:00",
		"2026-06-00T12:00:00",
		"0000-01-01T00:00:00",
		"-001-01-01T00:00:00",
		"+026-01-01T00:00:00",
		"2026-07-01T12:00: 0",
		"2026/07/01T12:00:00",
	};
	int64_t us = 7;
	char wall[20];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(!zone_instant(S(wrong[i]), S(STO), &us), "%s", wrong[i]);
		ck_assert(!zone_is_local(S(wrong[i])));
	}
	ck_assert(!zone_instant(S("2026-07-01T12:00:00"), S("Mars/Olympus"), &us));
	ck_assert_int_eq(us, 7);
	ck_assert(!zone_wall(0, S("Mars/Olympus"), wall));
	ck_assert(!zone_wall(INT64_MAX, S(STO), wall) && !zone_wall(INT64_MIN, S(STO), wall));
	/* Outside the years 1 to 9999, if only in the zone. */
	ck_assert(zone_instant(S("9999-12-31T23:30:00"), S(""), &us));
	ck_assert(zone_wall(us, S(NY), wall) && !zone_wall(us, S(STO), wall));
	ck_assert(zone_instant(S("0001-01-01T00:30:00"), S(""), &us));
	ck_assert(!zone_wall(us, S(NY), wall) && zone_wall(us, S(STO), wall));
}
END_TEST

/* From wall to instant and back through eight years, every 20 minutes: only what is skipped comes
 * back as something else. */
START_TEST(there_and_back)
{
	static const struct {
		const char *zone;
		int moved; /* changes forward: 8 years, so many steps each */
	} rows[] = { { STO, 8 * 3 }, { NY, 8 * 3 }, { LH, 8 * 2 }, { "Asia/Kolkata", 0 } };
	char utc[20] = "", wall[20] = "";
	int64_t first, last, us;
	bool good = true;

	ck_assert(zone_instant(S("2020-01-01T00:00:00"), S(""), &first));
	ck_assert(zone_instant(S("2028-01-01T00:00:00"), S(""), &last));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int moved = 0;

		for (int64_t at = first; at < last && good; at += 20 * 60 * INT64_C(1000000)) {
			good = zone_wall(at, S(""), utc) &&
			       zone_instant(S(utc), S(rows[i].zone), &us) &&
			       zone_wall(us, S(rows[i].zone), wall);
			moved += strcmp(utc, wall) != 0;
		}
		ck_assert(good);
		ck_assert_msg(moved == rows[i].moved, "%s: %d", rows[i].zone, moved);
	}
}
END_TEST

/* ---- dates ----------------------------------------------------------------------------------*/

START_TEST(dates)
{
	static const struct {
		const char *date;
		int64_t n;
		const char *to; /* NULL: there is none */
	} rows[] = {
		{ "2026-11-28", 0, "2026-11-28" },  { "2026-11-28", 3, "2026-12-01" },
		{ "2026-12-31", 1, "2027-01-01" },  { "2028-02-28", 1, "2028-02-29" },
		{ "2028-02-28", 2, "2028-03-01" },  { "2026-02-28", 1, "2026-03-01" },
		{ "1900-02-28", 1, "1900-03-01" },  { "2000-02-28", 1, "2000-02-29" },
		{ "2026-03-01", -1, "2026-02-28" }, { "2026-11-28", 36525, "2126-11-29" },
		{ "1582-10-04", 1, "1582-10-05" },  { "9999-12-31", 0, "9999-12-31" },
		{ "9999-12-31", 1, NULL },	    { "0001-01-01", 0, "0001-01-01" },
		{ "0001-01-01", -1, NULL },	    { "0001-01-01", 3652058, "9999-12-31" },
		{ "0001-01-01", 3652059, NULL },    { "2026-11-28", INT64_MAX, NULL },
		{ "2026-11-28", INT64_MIN, NULL },  { "2026-02-29", 0, NULL },
		{ "2026-11-28T00:00:00", 0, NULL }, { "", 0, NULL },
		{ "2026-1-01", 0, NULL },
	};
	char out[11];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool done = zone_add_days(S(rows[i].date), rows[i].n, out);

		ck_assert_msg(done == (rows[i].to != NULL), "%s %lld", rows[i].date,
			      (long long)rows[i].n);
		if (done)
			ck_assert_str_eq(out, rows[i].to);
		ck_assert(!done || zone_is_date(S(out)));
	}
	ck_assert(!zone_is_date(S("2026-02-29")) && zone_is_date(S("2028-02-29")));
}
END_TEST

/* Each day of all years has its number, one more than that before. */
START_TEST(every_day)
{
	char date[11] = "0001-01-01", next[11], back[11], far[11];
	bool good = true;
	int n = 0;

	for (; good && zone_add_days(S(date), 1, next); n++) {
		good = strcmp(date, next) < 0 && zone_add_days(S(next), -1, back) &&
		       strcmp(back, date) == 0 &&
		       (n % 97 ||
			(zone_add_days(S("0001-01-01"), n + 1, far) && strcmp(far, next) == 0));
		memcpy(date, next, sizeof(date));
	}
	ck_assert(good);
	ck_assert_int_eq(n, 3652058);
}
END_TEST

/* ---- rules ----------------------------------------------------------------------------------*/

START_TEST(fingerprints)
{
	const uint64_t stockholm = zone_fingerprint(S(STO));

	ck_assert_uint_ne(stockholm, 0);
	ck_assert_uint_le(stockholm, INT64_MAX);
	ck_assert_uint_eq(zone_fingerprint(S(STO)), stockholm);
	ck_assert_uint_eq(zone_fingerprint(S("EUROPE/stockholm")), stockholm);
	/* The same rules since 1970 are the same, whatever they are called. */
	ck_assert_uint_eq(zone_fingerprint(S("Europe/Oslo")), stockholm);
	ck_assert_uint_eq(zone_fingerprint(S("US/Eastern")), zone_fingerprint(S(NY)));
	ck_assert_uint_eq(zone_fingerprint(S("")), zone_fingerprint(S("Etc/UTC")));
	/* The same time now is not enough. */
	ck_assert_uint_ne(zone_fingerprint(S("Europe/London")), stockholm);
	ck_assert_uint_ne(zone_fingerprint(S("Europe/Warsaw")), stockholm);
	ck_assert_uint_ne(zone_fingerprint(S("Etc/GMT-1")), stockholm);
	ck_assert_uint_ne(zone_fingerprint(S("Etc/GMT-1")), zone_fingerprint(S("Etc/GMT+1")));
	ck_assert_uint_eq(zone_fingerprint(S("W. Europe Standard Time")), 0);
}
END_TEST

/* ---- threads --------------------------------------------------------------------------------*/

static void *use_zones(void *arg)
{
	static const char *const zones[] = { STO, NY, LH, "Asia/Kolkata" };
	char wall[20], name[ZONE_NAME_MAX];
	int64_t us;
	bool *good = arg;

	*good = true;
	for (int i = 0; i < 2000 && *good; i++)
		*good = zone_instant(S("2026-07-01T12:00:00"), S(zones[i % 4]), &us) &&
			zone_wall(us, S(zones[i % 4]), wall) &&
			strcmp(wall, "2026-07-01T12:00:00") == 0 &&
			zone_fingerprint(S(zones[i % 4])) != 0 &&
			(i % 50 || (zone_canonical(S("w. europe standard time"), S("SE"), name) &&
				    strcmp(name, STO) == 0));
	return NULL;
}

START_TEST(threads)
{
	pthread_t thread[4];
	bool good[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, use_zones, &good[i]), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
		ck_assert(good[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("zone");
	TCase *t = tcase_create("zone");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, named, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, nul_is_no_name);
	tcase_add_loop_test(t, walls, 0, sizeof(times) / sizeof(times[0]));
	tcase_add_test(t, second_time);
	tcase_add_test(t, no_time);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, dates);
	tcase_add_test(t, every_day);
	tcase_add_test(t, fingerprints);
	tcase_add_test(t, threads);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
