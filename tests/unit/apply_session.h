/* SPDX-License-Identifier: Apache-2.0
 *
 * `brygga apply` against the real embedded store and real keys, in a folder of its own.
 */
#ifndef BRG_TEST_APPLY_SESSION_H
#define BRG_TEST_APPLY_SESSION_H

#include "core/directory.h"

#include "core/faults.h"
#include "core/loader.h"
#include "core/secrets.h"
#include "sdk/testkit/fakehost.h"
#include "tests/plugins/plain.h"
#include "tests/unit/problem_text.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1795413600000000) /* 2026-11-23T06:00:00Z */

struct session {
	struct brg_endpoint where;
	const char *username, *password;
};

#define AT(member) offsetof(struct session, member)
static const struct brg_option options[] = {
	BRG_OPTIONS_ENDPOINT(struct session, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX, AT(username), NULL,
	  NULL, 0, 0, "Name." },
	{ "password", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  AT(password), NULL, NULL, 0, 0, "Secret." },
	BRG_OPTION_END,
};
static const struct brg_connector everything = {
	.size = sizeof(everything),
	.kinds = BRG_KIND_BIT(BRG_EMAIL) | BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) |
		 BRG_KIND_BIT(BRG_APPOINTMENT),
	.lanes = BRG_LANE_BIT(BRG_INCOMING) | BRG_LANE_BIT(BRG_OUTGOING) | BRG_LANE_BIT(BRG_ACT),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
};
static const struct brg_plugin mail = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "mail",
	.version = "0",
	.summary = "for tests",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct session),
	.options = options,
	.faults = plain_faults,
	.connector = &everything,
};

static inline const struct brg_plugin *lookup(void *ctx, struct brg_str name, struct brg_err *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	return &mail;
}

static struct brg_arena *arena;
static char dir[64];
static struct fakehost *fh;
static struct store store;
static struct secrets *secrets;
static char *reported;

static inline int remove_it(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void setup(void)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str so;
	char *path;
	FILE *f;

	arena = arena_new();
	(void)umask(022);
	(void)strcpy(dir, "/tmp/brygga-apply-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(arena_printf(arena, "%s/storage", dir), 0755), 0);
	ck_assert_int_eq(ini_load(".libs/sqlite.so", arena, &so, &err), 0);
	path = arena_printf(arena, "%s/storage/sqlite.so", dir);
	f = fopen(path, "w");
	ck_assert_uint_eq(fwrite(so.ptr, 1, so.len, f), so.len);
	ck_assert_int_eq(fclose(f), 0);
	store = (struct store){ 0 };
	ck_assert_int_eq(loader_load(dir, BRG_STORAGE, "sqlite", &store.plugin, &err), 0);
	fh = fakehost_new();
	fh->now_us = NOW;
	store.self = fakehost_instance(fh, store.plugin,
				       arena_printf(arena, "path=%s/brygga.db\n", dir));
	ck_assert_msg(store.self != NULL, "%s", fh->wrong);
	store.ops = store.plugin->storage;
	ck_assert_int_eq(store.ops->open(store.self, &fh->host, BRG_OPEN_CREATE, &err), 0);
	ck_assert_int_eq(secrets_create(dir, &err), 0);
	/* As the command line has it: without the private key. */
	ck_assert_int_eq(secrets_open(dir, false, &secrets, &err), 0);
	ck_assert_int_eq(setenv("PW", "hunter2", 1), 0);
	ck_assert_int_eq(setenv("PW2", "other", 1), 0);
}

static inline void teardown(void)
{
	store.ops->close(store.self);
	fakehost_drop(store.self);
	fakehost_free(fh);
	secrets_free(&secrets);
	arena_free(&arena);
	(void)nftw(dir, remove_it, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void report(void *ctx, const struct brg_fault *change, struct brg_str params)
{
	char text[600];

	(void)ctx;
	reported = arena_printf(arena, "%s%s\n", reported,
				fault_render(change, params, "en", text, sizeof(text)));
}

static inline int prompt(void *ctx, const char *what, struct brg_arena *to, struct brg_str *out,
			 struct brg_err *err)
{
	(void)ctx;
	(void)err;
	reported = arena_printf(arena, "%s%s?\n", reported, what);
	*out = arena_str(to, brg_cstr("typed"));
	return 0;
}

static inline int apply_with(const struct directory_io *io, const char *text, int64_t now,
			     struct brg_err *err)
{
	static const struct directory_lookup how = { lookup, NULL, NULL, NULL };
	struct directory *d = NULL;
	struct problems problems;
	struct ini_file *ini;
	char *said;

	problems_init(&problems, arena);
	(void)ini_read(brg_cstr(text), "f", arena, &ini, &problems);
	(void)directory_parse(ini, &how, arena, &d, &problems);
	said = problem_text(&problems, "en");
	ck_assert_str_eq(said, "");
	free(said);
	reported = arena_printf(arena, "%s", "");
	return directory_apply(&store, secrets, d, now, io, err);
}

/* Apply, and see what is said; and apply again, and see nothing. */
static inline void apply(const char *text, const char *expected)
{
	static const struct directory_io io = { report, prompt, NULL };
	struct brg_err err = BRG_ERR_INIT;
	int lines = 0, rc = apply_with(&io, text, NOW, &err);
	char said[600];

	ck_assert_msg(rc >= 0, "%s", err_render(&err, "en", said, sizeof(said)));
	ck_assert_str_eq(reported, expected);
	for (const char *p = expected; *p; p++)
		lines += *p == '\n';
	if (!strchr(expected, '?'))
		ck_assert_int_eq(rc, lines);
	if (strstr(text, "fd:"))
		return;
	rc = apply_with(&io, text, NOW + 60000000, &err);
	ck_assert_int_eq(rc, 0);
}

static inline struct brg_row one(int what, const char *name)
{
	struct brg_query q = { .size = sizeof(q), .what = what, .text = brg_cstr(name) };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row;

	if (what == BRG_READ_OWNERS)
		q.number = BRG_QUEUE;

	ck_assert_int_eq(store_one(&store, &q, arena, &row, &err), 1);
	return row;
}

static inline struct brg_mailbox_row box(const char *name)
{
	return one(BRG_READ_MAILBOXES, name).u.mailbox;
}

/* 1 if there is a row of this lane. */
static inline int visit_of(const char *name, int lane, struct brg_visit_row *out)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_VISITS, .number = lane };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row;
	int rc;

	q.mailbox = box(name).id;
	rc = store_one(&store, &q, arena, &row, &err);
	ck_assert_int_ge(rc, 0);
	*out = row.u.visit;
	return rc;
}

static inline void commit_one(int type, struct brg_op *op)
{
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	step_init(&step, arena);
	*step_add(&step, type, op->expect) = *op;
	step.ops[0].type = type;
	ck_assert_int_eq(store_commit(&store, &step, BRG_DURABLE, NULL, &err), BRG_COMMITTED);
}

#endif
