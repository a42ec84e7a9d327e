/* SPDX-License-Identifier: Apache-2.0
 *
 * The storage conformance kit over sqlite.so, as it is installed: with its committing
 * thread, and inline.
 */
#include "tests/unit/sqlite_plugin.h"

#include "storage-kit.h"

#include <check.h>

static char root[] = "/tmp/brygga-store-XXXXXX";
static const char *committer;

static int fill(void *arg, void *self, const char *store)
{
	const struct brg_plugin *plugin = arg;
	char name[256];

	(void)snprintf(name, sizeof(name), "%s-%s.db", store, committer);
	if (storage_kit_option(plugin, self, NULL, NULL) < 0 ||
	    storage_kit_option(plugin, self, "committer", committer) < 0)
		return -1;
	return storage_kit_option(plugin, self, "path", keep_path(root, name));
}

static void failed(void *arg, const char *name, const char *file, int line, const char *what)
{
	(void)arg;
	ck_abort_msg("%s: %s:%d: %s", name, file, line, what);
}

static void run(int at)
{
	struct storage_kit kit = {
		.size = sizeof(kit),
		.plugin = sqlite_plugin(),
		.fill = fill,
		.failed = failed,
	};

	kit.arg = (void *)(uintptr_t)kit.plugin;
	ck_assert_int_eq(storage_kit_run(&kit, (size_t)at), 0);
}

START_TEST(with_thread)
{
	committer = "thread";
	run(_i);
}
END_TEST

START_TEST(inline_)
{
	committer = "inline";
	run(_i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage kit, sqlite");
	TCase *tc = tcase_create("cases");
	SRunner *runner;
	int n = 0, bad;

	if (!mkdtemp(root))
		return 1;
	while (storage_kit_name((size_t)n))
		n++;
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, with_thread, 0, n);
	tcase_add_loop_test(tc, inline_, 0, n);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_tree(root);
	return bad ? 1 : 0;
}
