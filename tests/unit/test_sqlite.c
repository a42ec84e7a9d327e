/* SPDX-License-Identifier: Apache-2.0
 *
 * What is particular to sqlite.so: places and files that it must refuse with a sentence, a
 * disk that is full, turns between processes, and a log that does not grow for ever.
 */
#include "tests/unit/sqlite_plugin.h"

#include "storage-kit.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/brygga-sqlite-XXXXXX";
static const char *wal_limit = "1M";
static struct brg_err err = BRG_ERR_INIT;

static int64_t host_now(void *ctx)
{
	(void)ctx;
	return 1800000000000000;
}

static const struct brg_host host = { .size = sizeof(host), .now_us = host_now };

static const char *path_of(const char *name)
{
	return keep_path(root, name);
}

static void *instance(const char *path, const char *committer, const char *vfs)
{
	const struct brg_plugin *plugin = sqlite_plugin();
	void *self = calloc(1, plugin->instance_size);

	ck_assert_ptr_nonnull(self);
	ck_assert_int_eq(storage_kit_option(plugin, self, NULL, NULL), 0);
	ck_assert_int_eq(storage_kit_option(plugin, self, "path", path), 0);
	ck_assert_int_eq(storage_kit_option(plugin, self, "committer", committer), 0);
	ck_assert_int_eq(storage_kit_option(plugin, self, "wal-limit", wal_limit), 0);
	ck_assert_int_eq(storage_kit_option(plugin, self, "vfs", vfs), 0);
	return self;
}

static void *open_ok(const char *path)
{
	void *self = instance(path, "thread", "");
	int rc = sqlite_plugin()->storage->open(self, &host, BRG_OPEN_CREATE, &err);

	if (rc != 0)
		ck_abort_msg("%s [%s] %s", err.fault->en, err.params, err.said);
	return self;
}

static void close_store(void *self)
{
	sqlite_plugin()->storage->close(self);
	free(self);
}

/* Opening must fail with this row, and closing after it must be fine. */
static void refused(const char *path, const char *vfs, unsigned flags, const char *code)
{
	void *self = instance(path, "thread", vfs);

	ck_assert_int_lt(sqlite_plugin()->storage->open(self, &host, flags, &err), 0);
	ck_assert_ptr_nonnull(err.fault);
	ck_assert_str_eq(err.fault->code, code);
	ck_assert_int_eq(err.code, err.fault->cls);
	close_store(self);
}

static int count(void *self, int64_t value, int durability)
{
	struct brg_op op = { .type = BRG_OP_COUNT,
			     .u.counter = { .name = brg_cstr("test"), .value = value } };
	struct brg_step step = {
		.size = sizeof(step), .durability = durability, .ops = &op, .n = 1
	};
	size_t failed;

	return sqlite_plugin()->storage->commit(self, &step, &failed, &err);
}

/* A body of n bytes, unlike all before it. */
static int body(void *self, const char *bytes, size_t n, int durability)
{
	static uint64_t serial;
	struct brg_op op = { .type = BRG_OP_BODY, .u.body = { .bytes = { bytes, n } } };
	struct brg_step step = {
		.size = sizeof(step), .durability = durability, .ops = &op, .n = 1
	};
	size_t failed;

	serial++;
	memcpy(op.u.body.sha.b, &serial, sizeof(serial));
	op.u.body.sha.b[20] = (unsigned char)getpid();
	op.u.body.sha.b[21] = (unsigned char)(getpid() >> 8);
	return sqlite_plugin()->storage->commit(self, &step, &failed, &err);
}

static int take_counter(void *arg, const struct brg_row *row)
{
	*(int64_t *)arg += row->u.counter.value;
	return 0;
}

static int64_t counted(void *self)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_COUNTERS };
	int64_t sum = 0;

	ck_assert_int_eq(sqlite_plugin()->storage->read(self, &q, take_counter, &sum, &err), 0);
	return sum;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		ck_abort_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(bad_places)
{
	refused(path_of("none/store.db"), "", BRG_OPEN_CREATE, "BRG-SQLITE-0005");
	refused(path_of("absent.db"), "", 0, "BRG-SQL-0003");
	refused(path_of("absent.db"), "", BRG_OPEN_READONLY, "BRG-SQL-0003");
	refused(path_of("x.db"), "no-such-vfs", BRG_OPEN_CREATE, "BRG-SQLITE-0012");
	refused(root, "", BRG_OPEN_CREATE, "BRG-SQLITE-0008"); /* a folder */
	ck_assert_int_ne(access(path_of("absent.db"), F_OK), 0);
}
END_TEST

START_TEST(not_ours)
{
	const char *text = path_of("text.db"), *other = path_of("other.db");
	struct stat before, after;

	write_file(text, "This is a text of more than one hundred bytes, so that SQLite reads "
			 "its head and finds that it is none of its own files.\n");
	refused(text, "", BRG_OPEN_CREATE, "BRG-SQLITE-0004");
	sql(other, "CREATE TABLE something (x)");
	ck_assert_int_eq(stat(other, &before), 0);
	refused(other, "", BRG_OPEN_CREATE, "BRG-SQL-0001");
	sql(other, "ALTER TABLE something RENAME TO store");
	refused(other, "", BRG_OPEN_CREATE, "BRG-SQL-0001");
	ck_assert_int_eq(stat(other, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

START_TEST(newer_schema)
{
	const char *path = path_of("newer.db");
	void *self = open_ok(path);

	ck_assert_int_eq(count(self, 1, BRG_DURABLE), 0);
	close_store(self);
	sql(path, "UPDATE store SET schema_number = 99");
	refused(path, "", BRG_OPEN_CREATE, "BRG-SQL-0002");
	refused(path, "", BRG_OPEN_READONLY, "BRG-SQL-0002");
	ck_assert_ptr_nonnull(strstr(err.params, "schema=99"));
}
END_TEST

START_TEST(damaged)
{
	const char *path = path_of("damaged.db");
	void *self = open_ok(path);
	struct brg_upkeep fold = { .size = sizeof(fold), .what = BRG_UPKEEP_CHECKPOINT };
	char noise[4096];
	int fd;

	ck_assert_int_eq(count(self, 1, BRG_DURABLE), 0);
	ck_assert_int_eq(sqlite_plugin()->storage->upkeep(self, &fold, &err), 0);
	close_store(self);
	ck_assert_int_eq(unlink(path_of("damaged.db-wal")), 0);
	memset(noise, 0x5a, sizeof(noise));
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, noise, sizeof(noise), 100), (ssize_t)sizeof(noise));
	close(fd);
	refused(path, "", BRG_OPEN_CREATE, "BRG-SQLITE-0003");
}
END_TEST

/* Root may write everywhere: become nobody, in a process of its own. */
START_TEST(read_only_file)
{
	const char *path = path_of("readonly.db");
	void *self = open_ok(path);
	pid_t pid;
	int status;

	close_store(self);
	ck_assert_int_eq(chmod(root, 0755), 0);
	ck_assert_int_eq(chmod(path, 0444), 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && seteuid(65534) < 0)
			_exit(3);
		self = instance(path, "inline", "");
		if (sqlite_plugin()->storage->open(self, &host, BRG_OPEN_CREATE, &err) >= 0)
			_exit(1);
		/* Either the file or the lock files beside it come first. */
		_exit(err.code == BRG_EREADONLY || strcmp(err.fault->code, "BRG-SQLITE-0011") == 0
			      ? 0
			      : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* The limit on the size of a file stands for a full disk: the same calls fail. */
START_TEST(full_disk)
{
	static char bytes[200000];
	struct rlimit limit = { 3 << 20, RLIM_INFINITY };
	void *self = open_ok(path_of("full.db"));
	int rc = 0, n = 0;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(count(self, 1, BRG_DURABLE), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while (rc == 0 && n++ < 1000)
		rc = body(self, bytes, sizeof(bytes), BRG_RELAXED);
	ck_assert_int_eq(rc, BRG_EFULL);
	ck_assert_str_eq(err.fault->code, "BRG-SQLITE-0001");
	ck_assert_int_eq(counted(self), 1); /* it can still be read */
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(body(self, bytes, sizeof(bytes), BRG_DURABLE), 0); /* room again */
	ck_assert_int_eq(count(self, 1, BRG_DURABLE), 0);
	ck_assert_int_eq(counted(self), 2);
	close_store(self);
}
END_TEST

/* Mail is nobody else's business. */
START_TEST(files_are_private)
{
	static const char *const names[] = { "private.db", "private.db-wal", "private.db-shm",
					     "private.db-queue", "private.db-write" };
	void *self = open_ok(path_of("private.db"));
	struct stat st;

	ck_assert_int_eq(count(self, 1, BRG_RELAXED), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(stat(path_of(names[i]), &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
	}
	close_store(self);
}
END_TEST

START_TEST(log_has_a_ceiling)
{
	static char bytes[200000];
	void *self = open_ok(path_of("ceiling.db"));
	struct stat st;

	for (int i = 0; i < 200; i++) /* 40 MB, at a limit of 1 MiB */
		ck_assert_int_eq(body(self, bytes, sizeof(bytes), BRG_RELAXED), 0);
	ck_assert_int_eq(stat(path_of("ceiling.db-wal"), &st), 0);
	ck_assert_int_lt(st.st_size, 6 << 20);
	close_store(self);
}
END_TEST

/* ---- turns ----------------------------------------------------------------------------------*/

static void flood(const char *path, int ready)
{
	static char bytes[200000];
	void *self = open_ok(path);
	char c = 'r';

	if (body(self, bytes, sizeof(bytes), BRG_RELAXED) != 0 || write(ready, &c, 1) != 1)
		_exit(1);
	for (;;) {
		if (body(self, bytes, sizeof(bytes), BRG_RELAXED) != 0 ||
		    count(self, 1, BRG_RELAXED) != 0)
			_exit(1);
	}
}

/* Counted, not timed: while somebody commits 100 times, each flood gets about as many turns
 * (11 to 120 in all seen, of two). SQLite's busy handler gives them thousands. A machine that lets
 * no flood run meanwhile is given more time: it says nothing. Relaxed, since the floods go on while
 * a durable one waits for the disk. */
START_TEST(turns_are_fair)
{
	const char *path = path_of("fair.db");
	int ready[2], status;
	int64_t before, during, own = 0;
	pid_t pids[2];
	void *self;
	char c;

	wal_limit = "1G"; /* nobody stops to fold the log */
	close_store(open_ok(path));
	ck_assert_int_eq(pipe(ready), 0);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			flood(path, ready[1]);
	}
	self = open_ok(path);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(read(ready[0], &c, 1), 1);
	before = counted(self);
	do {
		for (int i = 0; i < 100; i++)
			ck_assert_int_eq(count(self, 0, BRG_RELAXED), 0);
		own += 100;
		during = counted(self) - before;
	} while (during == 0 && own < 100000);
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFSIGNALED(status)); /* it was at work till then */
	}
	ck_assert_int_gt(during, 0);
	ck_assert_int_lt(during, own * 2 * 3);
	/* And nothing stays locked behind the killed. */
	ck_assert_int_eq(count(self, 1, BRG_DURABLE), 0);
	close_store(self);
}
END_TEST

/* ---- cost -----------------------------------------------------------------------------------*/

/* The plugin and this test share one libsqlite3, so every statement can be listened to. */
static char *heard[64];
static size_t n_heard;

static int hear(unsigned type, void *arg, void *stmt, void *text)
{
	(void)type;
	(void)arg;
	(void)text;
	if (n_heard < 64 && sqlite3_sql(stmt)[0] == 'S')
		heard[n_heard++] = strdup(sqlite3_sql(stmt));
	return 0;
}

static int listen_to(sqlite3 *db, const char **words, const struct sqlite3_api_routines *api)
{
	(void)words;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, hear, NULL);
}

/* A line of a plan that walks a whole table of the store, or all that a mailbox has. */
static bool is_scan(const char *line)
{
	static const char *const small[] = { "SCAN CONSTANT", "SCAN feed", "SCAN e " };

	if (strstr(line, "PRIMARY KEY (mailbox=?)"))
		return true;
	if (strncmp(line, "SCAN", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (strncmp(line, small[i], strlen(small[i])) == 0)
			return false;
	return true;
}

static void check_plan(const char *path, const char *text, bool in_order)
{
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
	sqlite3_stmt *stmt;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(stmt, 3);

		if (getenv("SHOW_PLANS"))
			printf("  %s\n", line);
		if (is_scan(line) || (in_order && strstr(line, "TEMP B-TREE")))
			ck_abort_msg("%s: %s", text, line);
	}
	sqlite3_finalize(stmt);
	sqlite3_free(explain);
	sqlite3_close(db);
}

static int no_row(void *arg, const struct brg_row *row)
{
	(void)arg;
	(void)row;
	return 0;
}

static const struct brg_expr of_owner = { .op = BRG_EXPR_OWNER, .id = { { 2 } } };
static const struct brg_expr of_party = { .op = BRG_EXPR_PARTY, .id = { { 2 } } };
static const struct brg_expr by_name = { .op = BRG_EXPR_CONTAINS, .field = 200, .is_text = true };
static const struct brg_expr party_or_owner = { .op = BRG_EXPR_OR, .a = &of_owner, .b = &of_party };
static const struct brg_expr owner_and_name = { .op = BRG_EXPR_AND, .a = &by_name, .b = &of_owner };
static const struct brg_expr owner_by_two = { .op = BRG_EXPR_OR,
					      .a = &of_owner,
					      .b = &owner_and_name };
static const struct brg_expr party_and_name = { .op = BRG_EXPR_AND, .a = &by_name, .b = &of_party };

#define Q(...) { .size = sizeof(struct brg_query), __VA_ARGS__ }
#define ID     { { 1 } }
#define TEXT   { "1", 1 }
static const struct brg_query cheap[] = {
	Q(.what = BRG_READ_LINKS_DIRTY, .mailbox = ID),
	Q(.what = BRG_READ_LINKS_MISSING, .mailbox = ID),
	Q(.what = BRG_READ_LINK, .mailbox = ID, .id = ID),
	Q(.what = BRG_READ_LINK, .mailbox = ID, .remote = TEXT),
	Q(.what = BRG_READ_LINK, .mailbox = ID, .other = ID),
	Q(.what = BRG_READ_LINK_COUNTS, .mailbox = ID),
	Q(.what = BRG_READ_SHADOWS, .mailbox = ID, .id = ID),
	Q(.what = BRG_READ_SHADOWS, .other = ID),
	Q(.what = BRG_READ_INBOX, .mailbox = ID),
	Q(.what = BRG_READ_INBOX, .mailbox = ID, .text = TEXT),
	Q(.what = BRG_READ_INTENTS, .mailbox = ID),
	Q(.what = BRG_READ_HISTORY, .other = ID),
	Q(.what = BRG_READ_HISTORY, .mailbox = ID),
	Q(.what = BRG_READ_HISTORY, .text = TEXT),
	Q(.what = BRG_READ_CONFLICTS, .other = ID),
	Q(.what = BRG_READ_CONFLICTS, .mailbox = ID),
	Q(.what = BRG_READ_PLANS, .mailbox = ID),
	Q(.what = BRG_READ_PLANS, .number = 1),
	Q(.what = BRG_READ_PLAN_LINES, .other = ID),
	Q(.what = BRG_READ_CHANGES, .text = TEXT),
	Q(.what = BRG_READ_EDITS),
	Q(.what = BRG_READ_RECORDS_ACT, .viewer = ID),
	Q(.what = BRG_READ_RECORDS_ACT, .other = ID),
	Q(.what = BRG_READ_SCHEDULE, .number = 404, .until_us = 1),
	Q(.what = BRG_READ_ZONED, .text = TEXT),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &of_party),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &party_or_owner),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &party_and_name),
	Q(.what = BRG_READ_MATCHES, .id = ID, .expr = &party_or_owner),
	Q(.what = BRG_READ_MATCHES, .text = TEXT, .expr = &party_or_owner, .mailbox = ID),
};
/* And what comes page by page is not sorted anew for each. */
static const struct brg_query in_order[] = {
	Q(.what = BRG_READ_LINKS_DIRTY, .mailbox = ID),
	Q(.what = BRG_READ_LINKS_MISSING, .mailbox = ID),
	Q(.what = BRG_READ_INBOX, .mailbox = ID),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &by_name, .mailbox = ID),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &of_owner, .mailbox = ID),
	Q(.what = BRG_READ_MATCHES, .number = 2, .expr = &owner_by_two, .mailbox = ID),
};

static void check_plans(void *self, const char *path, const struct brg_query *all, size_t n,
			bool sorted)
{
	for (size_t i = 0; i < n; i++) {
		while (n_heard) /* of the opening */
			free(heard[--n_heard]);
		ck_assert_int_eq(sqlite_plugin()->storage->read(self, &all[i], no_row, NULL, &err),
				 0);
		ck_assert_int_gt(n_heard, 0);
		for (size_t j = 0; j < n_heard; j++) {
			if (getenv("SHOW_PLANS"))
				printf("%zu %s\n", i, heard[j]);
			check_plan(path, heard[j], sorted);
			free(heard[j]);
		}
		n_heard = 0;
	}
}

/* What is asked at every visit costs by what it finds, not by what the store holds. */
START_TEST(reads_walk_indexes)
{
	const char *path = path_of("plans.db");
	void *self;

	ck_assert_int_eq(sqlite3_auto_extension((void (*)(void))listen_to), SQLITE_OK);
	self = open_ok(path);
	check_plans(self, path, cheap, sizeof(cheap) / sizeof(cheap[0]), false);
	check_plans(self, path, in_order, sizeof(in_order) / sizeof(in_order[0]), true);
	sqlite3_reset_auto_extension();
	close_store(self);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sqlite");
	TCase *tc = tcase_create("particulars");
	SRunner *runner;
	int bad;

	if (!mkdtemp(root))
		return 1;
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, bad_places);
	tcase_add_test(tc, not_ours);
	tcase_add_test(tc, newer_schema);
	tcase_add_test(tc, damaged);
	tcase_add_test(tc, read_only_file);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, files_are_private);
	tcase_add_test(tc, log_has_a_ceiling);
	tcase_add_test(tc, turns_are_fair);
	tcase_add_test(tc, reads_walk_indexes);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_tree(root);
	return bad ? 1 : 0;
}
