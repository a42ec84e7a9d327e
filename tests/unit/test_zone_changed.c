/* SPDX-License-Identifier: Apache-2.0
 *
 * Zone data in which Sweden has no summer time from 2027 on (tests/zones/changed.py): what a
 * process that has it says of zones, beside one that has what is installed.
 */
#include "core/zone.h"
#include "tests/zones/changed.h"

#include <ftw.h>
#include <string.h>
#include <unistd.h>

#define SUMMER_US (INT64_C(3600) * 1000000)

static const char *const zones[] = {
	"Europe/Stockholm", "Europe/Berlin",	"Europe/Oslo",
	"Europe/Paris",	    "America/New_York", "Australia/Lord_Howe",
	"Asia/Kolkata",	    "Etc/UTC",		"W. Europe Standard Time"
};
#define ZONES (sizeof(zones) / sizeof(zones[0]))

struct told {
	char name[ZONE_NAME_MAX];
	unsigned long long fingerprint;
	long long july2026, july2027, january2028;
};

/* ---- the process that is asked --------------------------------------------------------------*/

static int64_t at(const char *local, const char *zone)
{
	int64_t us = 0;

	(void)zone_instant(brg_cstr(local), brg_cstr(zone), &us);
	return us;
}

/* One line a zone, as Sweden would name it. */
static int print_zones(void)
{
	char name[ZONE_NAME_MAX];

	printf("%s\n", zone_data_version());
	for (size_t i = 0; i < ZONES; i++) {
		if (!zone_canonical(brg_cstr(zones[i]), brg_cstr("SE"), name))
			return EXIT_FAILURE;
		printf("%s %llu %lld %lld %lld\n", name,
		       (unsigned long long)zone_fingerprint(brg_cstr(name)),
		       (long long)at("2026-07-01T12:00:00", name),
		       (long long)at("2027-07-01T12:00:00", name),
		       (long long)at("2028-01-01T12:00:00", name));
	}
	return EXIT_SUCCESS;
}

/* ---- the one that asks ----------------------------------------------------------------------*/

static char folder[] = "/tmp/brygga-zones-XXXXXX";

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	make_changed_zones(folder);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void teardown(void)
{
	(void)nftw(folder, drop, 4, FTW_DEPTH | FTW_PHYS);
}

static void ask(const char *data, char version[32], struct told told[ZONES])
{
	char self[PATH_MAX], command[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *out;

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	(void)snprintf(command, sizeof(command), "%s%s '%s' print",
		       *data ? "ICU_TIMEZONE_FILES_DIR=" : "", data, self);
	out = popen(command, "r");
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(fscanf(out, "%31s", version), 1);
	for (size_t i = 0; i < ZONES; i++)
		ck_assert_int_eq(fscanf(out, "%63s %llu %lld %lld %lld", told[i].name,
					&told[i].fingerprint, &told[i].july2026, &told[i].july2027,
					&told[i].january2028),
				 5);
	ck_assert_int_eq(pclose(out), 0);
}

START_TEST(sweden_alone)
{
	struct told was[ZONES], is[ZONES];
	char version[32], changed[32];

	ask("", version, was);
	ask(folder, changed, is);
	ck_assert_msg(strncmp(version, changed, strlen(version)) == 0 &&
			      strcmp(changed + strlen(version), "+changed") == 0,
		      "%s, %s", version, changed);
	for (size_t i = 0; i < ZONES; i++) {
		const bool sweden = strcmp(is[i].name, "Europe/Stockholm") == 0;

		ck_assert_str_eq(is[i].name, was[i].name);
		ck_assert_msg((is[i].fingerprint != was[i].fingerprint) == sweden, "%s",
			      is[i].name);
		ck_assert_uint_ne(is[i].fingerprint, 0);
		/* Noon of July comes an hour later; what was before and winter stay. */
		ck_assert_int_eq(is[i].july2027 - was[i].july2027, sweden ? SUMMER_US : 0);
		ck_assert_int_eq(is[i].july2026, was[i].july2026);
		ck_assert_int_eq(is[i].january2028, was[i].january2028);
	}
	/* By both names. */
	ck_assert_str_eq(is[0].name, is[ZONES - 1].name);
}
END_TEST

static int run_suite(void)
{
	Suite *s = suite_create("zone_changed");
	TCase *t = tcase_create("changed");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, sweden_alone);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "print") == 0 ? print_zones() : run_suite();
}
