/* SPDX-License-Identifier: Apache-2.0
 *
 * The storage conformance kit over postgres.so, against a PostgreSQL of its own: made in a
 * private folder, reached through a socket in it, ended with the test. Each store is a
 * schema.
 */
#include "storage-kit.h"
#include "tests/unit/pg_proxy.h"
#include "tests/unit/sqlite_plugin.h"

#include <check.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BIN "/usr/lib/postgresql/15/bin/"

static char root[] = "/tmp/brygga-postgres-XXXXXX";
static char database[128];
static const char *lease = "2s"; /* so that a death is seen soon */

/* ---- the server -----------------------------------------------------------------------------*/

/* PostgreSQL does not run as root. */
static void give_up_root(void)
{
	struct passwd *nobody = getpwnam("nobody");

	if (getuid() != 0)
		return;
	if (!nobody || setgroups(0, NULL) < 0 || setgid(nobody->pw_gid) < 0 ||
	    setuid(nobody->pw_uid) < 0)
		_exit(1);
}

static pid_t start(const char *log, char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		give_up_root();
		if (chdir(root) < 0 || !freopen(log, "a", stdout) || dup2(1, 2) < 0)
			_exit(1);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int do_it(char *const argv[])
{
	return finish(start("log", argv));
}

static bool answers(void)
{
	char *ask[] = {
		BIN "pg_isready", "-q", "-h", root, "-U", "brygga", "-d", "postgres", NULL
	};

	for (int i = 0; i < 300; i++) {
		const struct timespec pause = { 0, 100000000 };

		if (do_it(ask) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* The server's process, 0: it did not start. No fsync: the machine does not die here. */
static pid_t start_server(void)
{
	char *make[] = { BIN "initdb", "-D", "data", "-A", "trust",	 "-U",
			 "brygga",     "-E", "UTF8", "-N", "--locale=C", NULL };
	char *serve[] = { BIN "postgres",
			  "-D",
			  "data",
			  "-k",
			  root,
			  "-c",
			  "listen_addresses=",
			  "-c",
			  "fsync=off",
			  "-c",
			  "max_connections=40",
			  NULL };
	pid_t pid;

	if (do_it(make) != 0)
		return 0;
	pid = start("log", serve);
	return answers() ? pid : 0;
}

/* ---- the kit --------------------------------------------------------------------------------*/

static const struct brg_plugin *postgres_plugin(void)
{
	static const struct brg_plugin *plugin;
	union {
		void *symbol;
		brg_plugin_entry_fn *entry;
	} u;
	void *so;

	if (plugin)
		return plugin;
	so = dlopen(POSTGRES_SO, RTLD_NOW | RTLD_LOCAL);
	u.symbol = so ? dlsym(so, "postgres_LTX_brg_plugin_entry") : NULL;
	if (!u.symbol) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	return plugin = u.entry();
}

static int fill(void *arg, void *self, const char *store)
{
	const struct brg_plugin *plugin = postgres_plugin();

	(void)arg;
	if (storage_kit_option(plugin, self, NULL, NULL) < 0 ||
	    storage_kit_option(plugin, self, "database", database) < 0 ||
	    storage_kit_option(plugin, self, "lease", lease) < 0)
		return -1;
	return storage_kit_option(plugin, self, "schema", store);
}

static void failed(void *arg, const char *name, const char *file, int line, const char *what)
{
	(void)arg;
	ck_abort_msg("%s: %s:%d: %s", name, file, line, what);
}

START_TEST(kit)
{
	struct storage_kit k = {
		.size = sizeof(k),
		.plugin = postgres_plugin(),
		.fill = fill,
		.failed = failed,
	};

	ck_assert_int_eq(storage_kit_run(&k, (size_t)_i), 0);
}
END_TEST

/* ---- a connection that breaks within a commit -----------------------------------------------*/

static int64_t host_now(void *ctx)
{
	(void)ctx;
	return INT64_C(1795413600000000);
}

static int add_up(void *arg, const struct brg_row *row)
{
	*(int64_t *)arg += row->u.counter.value;
	return 0;
}

/* The step is done once, whether the server had heard of the end or not. */
START_TEST(lost_commit)
{
	static const struct brg_host host = { .size = sizeof(host), .now_us = host_now };
	const struct brg_storage *ops = postgres_plugin()->storage;
	volatile int *loss = mmap(NULL, sizeof(*loss), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct brg_op op = { .type = BRG_OP_COUNT,
			     .u.counter = { .name = brg_cstr("test"), .value = 1 } };
	struct brg_step step = { .size = sizeof(step), .ops = &op, .n = 1 };
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_COUNTERS };
	void *self = calloc(1, postgres_plugin()->instance_size);
	const char *front = keep_path(root, _i == PG_LOSE_ANSWER ? "answer" : "commit");
	char through[256];
	struct brg_err err = BRG_ERR_INIT;
	int64_t sum = 0;
	size_t refused;
	pid_t proxy;

	step.durability = BRG_DURABLE;
	ck_assert_int_eq(mkdir(front, 0755), 0);
	proxy = pg_proxy_start(front, root, loss);
	ck_assert_int_gt(proxy, 0);
	ck_assert_int_eq(fill(NULL, self, strrchr(front, '/') + 1), 0);
	(void)snprintf(through, sizeof(through), "host=%s user=brygga dbname=postgres", front);
	ck_assert_int_eq(storage_kit_option(postgres_plugin(), self, "database", through), 0);
	ck_assert_int_eq(ops->open(self, &host, BRG_OPEN_CREATE, &err), 0);
	for (int i = 0; i < 3; i++) {
		*loss = _i;
		ck_assert_int_eq(ops->commit(self, &step, &refused, &err), BRG_COMMITTED);
		ck_assert_int_eq(*loss, PG_LOSE_NOTHING);
	}
	ck_assert_int_eq(ops->read(self, &q, add_up, &sum, &err), 0);
	ck_assert_int_eq(sum, 3);
	ops->close(self);
	free(self);
	kill(proxy, SIGKILL);
	(void)finish(proxy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage kit, postgres");
	TCase *tc = tcase_create("cases");
	SRunner *runner;
	int n = 0, bad;
	pid_t server;

	if (access(BIN "postgres", X_OK) < 0) {
		printf("ok - storage kit, postgres # SKIP no PostgreSQL 15 server\n");
		return 77;
	}
	if (!mkdtemp(root) || (getuid() == 0 && chmod(root, 0777) < 0))
		return 1;
	server = start_server();
	(void)snprintf(database, sizeof(database), "host=%s user=brygga dbname=postgres", root);
	while (storage_kit_name((size_t)n))
		n++;
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, kit, 0, n);
	tcase_add_loop_test(tc, lost_commit, PG_LOSE_ANSWER, PG_LOSE_COMMIT + 1);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	if (server)
		srunner_run_all(runner, CK_ENV);
	bad = server ? srunner_ntests_failed(runner) : 1;
	srunner_free(runner);
	if (server) {
		kill(server, SIGINT); /* fast shutdown */
		(void)finish(server);
	} else {
		printf("not ok - PostgreSQL starts; see %s/log\n", root);
	}
	if (!bad)
		remove_tree(root);
	return bad ? 1 : 0;
}
