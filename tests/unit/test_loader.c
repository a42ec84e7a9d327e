/* SPDX-License-Identifier: Apache-2.0
 *
 * Plugins that are missing, broken, foreign or untrusted are refused with the true reason; the
 * plugins of this build, and one that is merely older, are loaded.
 */
#include "core/loader.h"

#include "core/arena.h"
#include "core/faults.h"
#include "core/lint.h"
#include "tests/plugins/plain.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct brg_arena *arena;
static char dir[64];

static const char *in_dir(const char *name)
{
	return arena_printf(arena, "%s/connector/%s", dir, name);
}

static void put(const char *path, const void *p, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

static struct brg_str slurp(const char *path)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	ck_assert_msg(fd >= 0, "%s is not there", path);
	n = read(fd, buf, sizeof(buf));
	ck_assert(n > 0 && n < (ssize_t)sizeof(buf));
	(void)close(fd);
	return (struct brg_str){ buf, (size_t)n };
}

/* Copy a plugin of this build, or the first n bytes of it. */
static void install(const char *from, const char *as, size_t n)
{
	struct brg_str bytes = slurp(arena_printf(arena, ".libs/%s.so", from));

	put(in_dir(arena_printf(arena, "%s.so", as)), bytes.ptr, n ? n : bytes.len, 0644);
}

static void setup(void)
{
	arena = arena_new();
	(void)strcpy(dir, "/tmp/brygga-loader-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(arena_printf(arena, "%s/connector", dir), 0755), 0);
}

static void teardown(void)
{
	static const char *const names[] = { "good",	   "bad-abi",	  "bad-magic", "bad-null",
					     "bad-entry",  "bad-name",	  "bad-kind",  "bad-tables",
					     "bad-symbol", "bad-library", "garbage",   "cut",
					     "empty",	   "arm",	  "renamed",   "fifo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(in_dir(arena_printf(arena, "%s.so", names[i])));
	(void)unlink(in_dir("README"));
	ck_assert_int_eq(rmdir(arena_printf(arena, "%s/connector", dir)), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	arena_free(&arena);
}

static const char *said(const struct brg_err *err)
{
	char buf[900];

	return arena_str(arena, brg_cstr(err_render(err, "en", buf, sizeof(buf)))).ptr;
}

static void refused(const char *name, const char *code, const char *sentence)
{
	const struct brg_plugin *plugin = NULL;
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_msg(loader_load(dir, BRG_CONNECTOR, name, &plugin, &err) < 0, "%s was loaded",
		      name);
	ck_assert_ptr_null(plugin);
	ck_assert_str_eq(said(&err), sentence);
	ck_assert_str_eq(err.fault->code, code);
}

#define PATH(name) in_dir(name ".so")

START_TEST(good)
{
	const struct brg_plugin *plugin = NULL, *again = NULL;
	struct brg_err err = BRG_ERR_INIT;

	install("good", "good", 0);
	ck_assert_int_eq(loader_load(dir, BRG_CONNECTOR, "good", &plugin, &err), 0);
	ck_assert_str_eq(plugin->name, "good");
	ck_assert_ptr_nonnull(fault_find(brg_cstr("BRG-TEST-0001")));
	ck_assert_int_eq(loader_load(dir, BRG_CONNECTOR, "good", &again, &err), 0);
	ck_assert_ptr_eq(plugin, again);
}
END_TEST

START_TEST(missing)
{
	install("good", "good", 0);
	put(in_dir("README"), "x", 1, 0644);
	refused("exchange", "BRG-LOAD-0003",
		arena_printf(arena,
			     "connector exchange is not installed in %s/connector; the package "
			     "brygga-connector-exchange has it; installed: good",
			     dir));
	(void)unlink(PATH("good"));
	refused("exchange", "BRG-LOAD-0003",
		arena_printf(arena,
			     "connector exchange is not installed in %s/connector; the package "
			     "brygga-connector-exchange has it; installed: -",
			     dir));
	refused("../../x", "BRG-LOAD-0001",
		"\"../../x\" cannot be a plugin: a name has lower-case letters, digits and "
		"hyphens");
	refused("", "BRG-LOAD-0001",
		"\"\" cannot be a plugin: a name has lower-case letters, digits and hyphens");
}
END_TEST

START_TEST(relative_folder)
{
	const struct brg_plugin *plugin;
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_int_lt(loader_load("plugins", BRG_STORAGE, "sqlite", &plugin, &err), 0);
	ck_assert_str_eq(said(&err), "the plugin folder plugins is not an absolute path");
}
END_TEST

START_TEST(abi)
{
	install("bad-abi", "bad-abi", 0);
	refused("bad-abi", "BRG-LOAD-0021",
		arena_printf(arena,
			     "%s was built for plugin ABI %d.7, and this Brygga has %d.%d: upgrade "
			     "Brygga",
			     PATH("bad-abi"), BRG_ABI_MAJOR + 1, BRG_ABI_MAJOR, BRG_ABI_MINOR));
}
END_TEST

START_TEST(no_descriptor)
{
	const char *sentence =
		"%s does not answer as a plugin of Brygga (no descriptor, or a bad magic "
		"number)";

	install("bad-magic", "bad-magic", 0);
	install("bad-null", "bad-null", 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	refused("bad-magic", "BRG-LOAD-0020", arena_printf(arena, sentence, PATH("bad-magic")));
	refused("bad-null", "BRG-LOAD-0020", arena_printf(arena, sentence, PATH("bad-null")));
#pragma GCC diagnostic pop
}
END_TEST

START_TEST(names_and_kinds)
{
	install("bad-entry", "bad-entry", 0);
	install("good", "renamed", 0);
	install("bad-name", "bad-name", 0);
	install("bad-kind", "bad-kind", 0);
	refused("bad-entry", "BRG-LOAD-0009",
		arena_printf(arena,
			     "%s has no entry bad_entry_LTX_brg_plugin_entry: it is no plugin of "
			     "Brygga, or its file was renamed",
			     PATH("bad-entry")));
	refused("renamed", "BRG-LOAD-0009",
		arena_printf(arena,
			     "%s has no entry renamed_LTX_brg_plugin_entry: it is no plugin of "
			     "Brygga, or its file was renamed",
			     PATH("renamed")));
	refused("bad-name", "BRG-LOAD-0024",
		arena_printf(arena,
			     "%s calls itself \"other\": a plugin's file has the plugin's name",
			     PATH("bad-name")));
	refused("bad-kind", "BRG-LOAD-0023",
		arena_printf(arena, "%s is no connector: it says that it is of kind 2",
			     PATH("bad-kind")));
}
END_TEST

START_TEST(true_reasons)
{
	install("bad-symbol", "bad-symbol", 0);
	install("bad-library", "bad-library", 0);
	refused("bad-symbol", "BRG-LOAD-0008",
		arena_printf(arena,
			     "%s does not load: undefined symbol: "
			     "brygga_test_function_that_nobody_has",
			     PATH("bad-symbol")));
	refused("bad-library", "BRG-LOAD-0008",
		arena_printf(
			arena,
			"%s does not load: libgone.so: cannot open shared object file: No such "
			"file or directory",
			PATH("bad-library")));
}
END_TEST

START_TEST(foreign_files)
{
	struct brg_str bytes;
	char head[64];

	put(PATH("garbage"), "#!/bin/sh\nexit 1\n", 17, 0755);
	put(PATH("empty"), "", 0, 0644);
	install("good", "cut", 4096);
	bytes = slurp(".libs/good.so");
	memcpy(head, bytes.ptr, sizeof(head));
	head[18] = (char)0xB7; /* e_machine: aarch64 */
	put(PATH("arm"), head, sizeof(head), 0644);
	ck_assert_int_eq(mkfifo(PATH("fifo"), 0644), 0);
	refused("garbage", "BRG-LOAD-0006",
		arena_printf(arena, "%s is no shared object: install the plugin again",
			     PATH("garbage")));
	refused("empty", "BRG-LOAD-0006",
		arena_printf(arena, "%s is no shared object: install the plugin again",
			     PATH("empty")));
	refused("cut", "BRG-LOAD-0006",
		arena_printf(arena, "%s is no shared object: install the plugin again",
			     PATH("cut")));
	refused("fifo", "BRG-LOAD-0006",
		arena_printf(arena, "%s is no shared object: install the plugin again",
			     PATH("fifo")));
	refused("arm", "BRG-LOAD-0007",
		arena_printf(arena,
			     "%s was built for another kind of machine (ELF machine 183, 64 bits): "
			     "install the package for this one",
			     PATH("arm")));
}
END_TEST

START_TEST(trust)
{
	const char *folder = arena_printf(arena, "%s/connector", dir);

	install("good", "good", 0);
	ck_assert_int_eq(chmod(PATH("good"), 0664), 0);
	refused("good", "BRG-LOAD-0004",
		arena_printf(arena,
			     "%s is not loaded because others can write it (mode 0664): chmod go-w "
			     "%s",
			     PATH("good"), PATH("good")));
	ck_assert_int_eq(chmod(PATH("good"), 0644), 0);
	ck_assert_int_eq(chmod(folder, 0757), 0);
	refused("good", "BRG-LOAD-0004",
		arena_printf(arena,
			     "%s is not loaded because others can write it (mode 0757): chmod go-w "
			     "%s",
			     folder, folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(chmod(dir, 01777), 0);
	refused("good", "BRG-LOAD-0004",
		arena_printf(arena,
			     "%s is not loaded because others can write it (mode 1777): chmod go-w "
			     "%s",
			     dir, dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(PATH("good"), 4711, (gid_t)-1), 0);
	refused("good", "BRG-LOAD-0005",
		arena_printf(
			arena,
			"%s is not loaded because it belongs to user id 4711, neither root nor "
			"us: chown root %s",
			PATH("good"), PATH("good")));
}
END_TEST

static int list(void *arg, const char *name, const struct brg_plugin *plugin,
		const struct brg_err *why)
{
	char **text = arg;

	*text = arena_printf(arena, "%s%s%s%s;", *text, name, plugin ? " " : " - ",
			     plugin ? plugin->version : why->fault->code);
	return 0;
}

START_TEST(listing)
{
	static const struct brg_plugin builtin = { BRG_PLUGIN_HEAD(BRG_CONNECTOR),
						   PLAIN_MEMBERS("builtin") };
	struct brg_err err = BRG_ERR_INIT;
	char *text = arena_printf(arena, "%s", "");

	install("good", "good", 0);
	install("bad-abi", "bad-abi", 0);
	put(PATH("garbage"), "x", 1, 0644);
	put(in_dir("README"), "x", 1, 0644);
	loader_add_builtin(&builtin);
	ck_assert_int_eq(loader_list(dir, BRG_CONNECTOR, list, &text, &err), 0);
	/* The two have the same sentences by the same code: only the first is accepted. */
	ck_assert_str_eq(text, "bad-abi - BRG-LOAD-0021;builtin 0;garbage - BRG-LOAD-0006;"
			       "good - BRG-LOAD-0028;");
	text = arena_printf(arena, "%s", "");
	ck_assert_int_eq(loader_list(dir, BRG_STORAGE, list, &text, &err), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* ---- descriptors ----------------------------------------------------------------------------*/

static struct brg_plugin plugin;
static struct brg_connector connector;
static struct brg_option options[3];
static struct brg_fault fault;
static const struct brg_fault *faults[2];

static void no_size(void)
{
	plugin.size = 40;
}
static void huge(void)
{
	plugin.size = 1 << 30;
}
static void no_version(void)
{
	plugin.version = NULL;
}
static void no_instance(void)
{
	plugin.instance_size = 0;
}
static void no_ops(void)
{
	plugin.connector = NULL;
}
static void no_kinds(void)
{
	connector.kinds = 0;
}
static void no_close(void)
{
	connector.close = NULL;
}
static void no_pull(void)
{
	connector.pull = NULL;
}
static void short_ops(void)
{
	connector.size = offsetof(struct brg_connector, pull);
}
static void no_finish(void)
{
	connector.caps = BRG_CAP_FINISH;
}
static void draft(void)
{
	connector.caps = BRG_CAP_DRAFT;
}
static void option_case(void)
{
	options[0].name = "Port";
}
static void option_of_core(void)
{
	options[0].name = "accept";
}
static void option_twice(void)
{
	options[1] = options[0];
}
static void option_type(void)
{
	options[0].type = 99;
}
static void option_far(void)
{
	options[0].offset = 4;
}
static void option_default(void)
{
	options[0].dflt = "70000";
}
static void option_range(void)
{
	options[0].min = 10;
	options[0].max = 1;
}
static void option_choices(void)
{
	options[0].type = BRG_OPT_CHOICE;
}
static void option_secret(void)
{
	options[0].flags = BRG_OPT_SECRET;
}
static void option_help(void)
{
	options[0].help = "";
}
static void no_faults(void)
{
	plugin.faults = NULL;
}
static void fault_code(void)
{
	fault.code = "TEST-1";
}
static void fault_long(void)
{
	fault.code = "BRG-TEST-0000000000001";
}
static void fault_taken(void)
{
	fault.code = "BRG-CORE-0001";
}
static void fault_class(void)
{
	fault.cls = -99;
}
static void fault_no_swedish(void)
{
	fault.sv = "";
}
static void fault_other_parameters(void)
{
	fault.sv = "{vad} görs inte";
}
static void fault_help(void)
{
	fault.help = NULL;
}
static const struct {
	void (*spoil)(void);
	const char *sentence; /* after "p " */
} spoils[] = {
	{ no_size, "is faulty: size is missing or out of range in its descriptor" },
	{ huge, "is faulty: size is missing or out of range in its descriptor" },
	{ no_version, "is faulty: version is missing or out of range in its descriptor" },
	{ no_instance, "is faulty: instance_size is missing or out of range in its descriptor" },
	{ no_ops, "is faulty: connector is missing or out of range in its descriptor" },
	{ no_kinds, "is faulty: connector.kinds is missing or out of range in its descriptor" },
	{ no_close, "is faulty: it lacks the function close, which every connector needs" },
	{ no_pull, "is faulty: it lacks the function pull, which the lane incoming needs" },
	{ short_ops, "is faulty: it lacks the function pull, which the lane incoming needs" },
	{ no_finish, "is faulty: it lacks the function finish, which FINISH needs" },
	{ draft, "is faulty: it lacks the function prepare, which DRAFT needs" },
	{ option_case, "is faulty: name of its option Port is missing or out of range" },
	{ option_of_core, "is faulty: name of its option accept is missing or out of range" },
	{ option_twice, "is faulty: name of its option port is missing or out of range" },
	{ option_type, "is faulty: type of its option port is missing or out of range" },
	{ option_far, "is faulty: offset of its option port is missing or out of range" },
	{ option_default, "is faulty: dflt of its option port is missing or out of range" },
	{ option_range, "is faulty: max of its option port is missing or out of range" },
	{ option_choices, "is faulty: choices of its option port is missing or out of range" },
	{ option_secret, "is faulty: flags of its option port is missing or out of range" },
	{ option_help, "is faulty: help of its option port is missing or out of range" },
	{ no_faults, "is faulty: faults is missing or out of range in its descriptor" },
	{ fault_code, "is faulty: code of its sentence TEST-1 is missing or out of range" },
	{ fault_long,
	  "is faulty: code of its sentence BRG-TEST-0000000000 is missing or out of range" },
	{ fault_taken, "is faulty: code of its sentence BRG-CORE-0001 is missing or out of range" },
	{ fault_class, "is faulty: cls of its sentence BRG-TEST-0001 is missing or out of range" },
	{ fault_no_swedish,
	  "is faulty: sv of its sentence BRG-TEST-0001 is missing or out of range" },
	{ fault_other_parameters,
	  "is faulty: sv of its sentence BRG-TEST-0001 is missing or out of range" },
	{ fault_help, "is faulty: help of its sentence BRG-TEST-0001 is missing or out of range" },
};

static void sound(void)
{
	static const struct brg_option port = { "port", BRG_OPT_INT, 0,	    0,	    "110",
						NULL,	0,	     65535, "Port." };
	static const struct brg_plugin plain = { BRG_PLUGIN_HEAD(BRG_CONNECTOR),
						 PLAIN_MEMBERS("p") };

	arena = arena_new();
	memset(options, 0, sizeof(options));
	options[0] = port;
	fault = plain_fault;
	faults[0] = &fault;
	connector = plain_connector;
	plugin = plain;
	plugin.options = options;
	plugin.faults = faults;
	plugin.connector = &connector;
}

static void unsound(void)
{
	arena_free(&arena);
}

START_TEST(descriptors)
{
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_int_eq(loader_check(&plugin, BRG_CONNECTOR, "p", "p", &err), 0);
	spoils[_i].spoil();
	ck_assert_int_lt(loader_check(&plugin, BRG_CONNECTOR, "p", "p", &err), 0);
	ck_assert_str_eq(said(&err), arena_printf(arena, "p %s", spoils[_i].sentence));
}
END_TEST

START_TEST(minors)
{
	static const char *const sides[] = { "plugin", "Brygga" };
	struct brg_err err = BRG_ERR_INIT;

	/* While the major is 0 nothing is frozen: one minor does not serve another. */
	for (int i = 0; i < 2; i++) {
		plugin.abi_minor = (uint16_t)(BRG_ABI_MINOR - 1 + 2 * i);
		ck_assert_int_lt(loader_check(&plugin, BRG_CONNECTOR, "p", "p", &err), 0);
		ck_assert_str_eq(
			said(&err),
			arena_printf(arena,
				     "p was built for plugin ABI %d.%d, and this Brygga has "
				     "%d.%d: upgrade %s%s",
				     BRG_ABI_MAJOR, BRG_ABI_MINOR - 1 + 2 * i, BRG_ABI_MAJOR,
				     BRG_ABI_MINOR, i ? "" : "the ", sides[i]));
	}
}
END_TEST

/* A plugin of a later minor knows more members than we do; ours are read, the rest is not. */
START_TEST(longer)
{
	static struct {
		struct brg_plugin known;
		const char *unknown;
	} later;
	const struct brg_plugin *out;
	struct brg_err err = BRG_ERR_INIT;

	later.known = plugin;
	later.unknown = "?";
	later.known.size = sizeof(later);
	later.known.name = "longer";
	loader_add_builtin(&later.known);
	ck_assert_int_eq(loader_load("/", BRG_CONNECTOR, "longer", &out, &err), 0);
	ck_assert_ptr_ne(out, &later.known);
	ck_assert_ptr_eq(out->connector, &connector);
}
END_TEST

START_TEST(storages)
{
	struct brg_storage storage = { .size = sizeof(storage) };
	struct brg_err err = BRG_ERR_INIT;

	plugin.kind = BRG_STORAGE;
	plugin.storage = &storage;
	ck_assert_int_lt(loader_check(&plugin, BRG_STORAGE, "p", "p", &err), 0);
	ck_assert_str_eq(said(&err),
			 "p is faulty: it lacks the function open, which every storage needs");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loader");
	TCase *files = tcase_create("files"), *lint = tcase_create("descriptors");
	SRunner *r;
	int failed;

	(void)umask(022);
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, good);
	tcase_add_test(files, missing);
	tcase_add_test(files, relative_folder);
	tcase_add_test(files, abi);
	tcase_add_test(files, no_descriptor);
	tcase_add_test(files, names_and_kinds);
	tcase_add_test(files, true_reasons);
	tcase_add_test(files, foreign_files);
	tcase_add_test(files, trust);
	tcase_add_test(files, listing);
	suite_add_tcase(s, files);
	tcase_add_checked_fixture(lint, sound, unsound);
	tcase_add_loop_test(lint, descriptors, 0, sizeof(spoils) / sizeof(spoils[0]));
	tcase_add_test(lint, minors);
	tcase_add_test(lint, longer);
	tcase_add_test(lint, storages);
	suite_add_tcase(s, lint);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
