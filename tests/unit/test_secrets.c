/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files are a set or nothing, and what is sealed opens only with the right key for the
 * right row.
 */
#include "core/secrets.h"

#include "core/faults.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct brg_arena *arena;
static struct brg_err err;
static struct secrets *keys;

static const char *const files[] = { "key",	"key.pub",     "hash.key",
				     "key.new", "key.pub.new", "hash.key.new" };

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/brygga-secrets-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	arena = arena_new();
	err = (struct brg_err)BRG_ERR_INIT;
	keys = NULL;
}

static void teardown(void)
{
	secrets_free(&keys);
	ck_assert_ptr_null(keys);
	arena_free(&arena);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(path_of(files[i]));
	(void)rmdir(dir);
}

static void must_fail(int rc, int cls, const char *code, const char *sentence)
{
	char text[600];

	ck_assert_int_eq(rc, cls);
	ck_assert_str_eq(err.fault->code, code);
	err_render(&err, "sv", text, sizeof(text));
	ck_assert_ptr_null(strchr(text, '{'));
	err_render(&err, "en", text, sizeof(text));
	ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

static void make(void)
{
	ck_assert_int_eq(secrets_create(dir, &err), 0);
	ck_assert_int_eq(secrets_open(dir, true, &keys, &err), 0);
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
	ck_assert_int_eq(chmod(path_of(name), mode), 0);
}

static struct brg_str seal(const char *plain, const char *row)
{
	struct brg_str out;

	ck_assert_int_eq(secrets_seal(keys, brg_cstr(plain), brg_cstr(row), arena, &out, &err), 0);
	return out;
}

static int unseal(struct brg_str sealed, const char *row, struct brg_str *out)
{
	return secrets_unseal(keys, sealed, brg_cstr(row), arena, out, &err);
}

/* ---- files ----------------------------------------------------------------------------------*/

START_TEST(create)
{
	static const mode_t modes[] = { 0600, 0644, 0600 };
	struct stat st;

	umask(0177);
	must_fail(secrets_open(dir, false, &keys, &err), BRG_ENOTFOUND, "BRG-SECR-0001",
		  "/key.pub is not there");
	make();
	for (size_t i = 0; i < 6; i++) {
		int rc = stat(path_of(files[i]), &st);

		ck_assert_int_eq(rc, i < 3 ? 0 : -1);
		if (rc == 0)
			ck_assert_int_eq(st.st_mode & 07777, modes[i]);
	}
	must_fail(secrets_create(dir, &err), BRG_ECONFLICT, "BRG-SECR-0002", "is there already");
}
END_TEST

START_TEST(no_folder)
{
	must_fail(secrets_create("/nonexistent", &err), BRG_EIO, "BRG-SECR-0008",
		  "/nonexistent/: No such file or directory");
	must_fail(secrets_open("/nonexistent", true, &keys, &err), BRG_ENOTFOUND, "BRG-SECR-0001",
		  "is not there");
}
END_TEST

/* Any file of an older set stops a new one. */
START_TEST(leftover)
{
	put(files[_i], "", 0600);
	must_fail(secrets_create(dir, &err), BRG_ECONFLICT, "BRG-SECR-0002", files[_i]);
	ck_assert_int_eq(access(path_of(files[_i]), F_OK), 0);
}
END_TEST

/* What a run that was cut off leaves is no key, and no hindrance. */
START_TEST(cut_off)
{
	static const char *const left[][4] = {
		{ "key.new" },
		{ "key.new", "key.pub.new" },
		{ "key.new", "key.pub.new", "hash.key.new" },
		{ "key.new", "key.pub.new", "hash.key" },
		{ "key.new", "key.pub", "hash.key" },
	};
	struct brg_str plain;

	make();
	secrets_free(&keys);
	for (size_t i = 0; i < 3; i++) {
		char to[160];

		(void)snprintf(to, sizeof(to), "%s.new", path_of(files[i]));
		ck_assert_int_eq(rename(path_of(files[i]), to), 0);
	}
	for (size_t i = 0; i < 6; i++) {
		bool stays = false;

		for (size_t k = 0; k < 4 && left[_i][k]; k++)
			stays |= strcmp(left[_i][k], files[i]) == 0;
		if (!stays) {
			(void)unlink(path_of(files[i]));
		} else if (!strstr(files[i], ".new")) {
			/* It had got its name before the end. */
			put(files[i], strcmp(files[i], "key.pub") == 0 ? "brygga-public-1 00" : "x",
			    0600);
		}
	}
	must_fail(secrets_open(dir, false, &keys, &err), BRG_ENOTFOUND, "BRG-SECR-0001",
		  "/key is not there");
	make();
	ck_assert_int_eq(unseal(seal("word", "row"), "row", &plain), 0);
	ck_assert_int_ne(access(path_of("key.new"), F_OK), 0);
}
END_TEST

static const struct {
	const char *name, *text;
	mode_t mode;
	const char *code, *sentence;
} broken[] = {
	{ "key", "", 0600, "BRG-SECR-0003",
	  "/key is not usable: it should be one line, brygga-private" },
	{ "key", "brygga-private-1 00ff", 0600, "BRG-SECR-0003", "and 64 hex digits" },
	{ "hash.key", "brygga-private-1 00ff", 0600, "BRG-SECR-0003", "/hash.key is not usable" },
	{ "key.pub", "brygga-public-1 zz", 0644, "BRG-SECR-0003", "/key.pub is not usable" },
	{ "key",
	  "brygga-private-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
	  0600, "BRG-SECR-0003", "it does not belong to key.pub" },
	{ "key",
	  "brygga-private-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
	  0640, "BRG-SECR-0004", "run chmod 600" },
	{ "hash.key",
	  "brygga-hash-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0604,
	  "BRG-SECR-0004", "can be read by others" },
};

START_TEST(bad_files)
{
	make();
	secrets_free(&keys);
	put(broken[_i].name, broken[_i].text, broken[_i].mode);
	must_fail(secrets_open(dir, true, &keys, &err), BRG_EINVAL, broken[_i].code,
		  broken[_i].sentence);
	ck_assert_ptr_null(keys);
}
END_TEST

/* ---- sealing --------------------------------------------------------------------------------*/

static const char *const words[] = { "", "x", "hunter2",
				     "räksmörgås\n\x01 and a long one, 0123456789" };

START_TEST(round_trip)
{
	struct brg_str a, b, plain;

	make();
	a = seal(words[_i], "mailbox:1");
	b = seal(words[_i], "mailbox:1");
	ck_assert(!brg_str_eq(a, b));
	ck_assert_uint_eq(a.len, strlen(words[_i]) + 49);
	ck_assert_ptr_null(*words[_i] && words[_i][1]
				   ? memmem(a.ptr, a.len, words[_i], strlen(words[_i]))
				   : NULL);
	ck_assert_int_eq(unseal(a, "mailbox:1", &plain), 0);
	ck_assert(brg_str_eq(plain, brg_cstr(words[_i])));
	ck_assert_int_eq(plain.ptr[plain.len], '\0');
	/* After a restart too. */
	secrets_free(&keys);
	ck_assert_int_eq(secrets_open(dir, true, &keys, &err), 0);
	ck_assert_int_eq(unseal(b, "mailbox:1", &plain), 0);
	ck_assert(brg_str_eq(plain, brg_cstr(words[_i])));
}
END_TEST

START_TEST(wrong_row)
{
	struct brg_str a, plain = { "untouched", 9 };

	make();
	a = seal("hunter2", "mailbox:1");
	must_fail(unseal(a, "mailbox:2", &plain), BRG_EAUTH, "BRG-SECR-0005",
		  "the stored secret of mailbox:2 cannot be opened");
	must_fail(unseal(a, "", &plain), BRG_EAUTH, "BRG-SECR-0005", "cannot be opened");
	ck_assert_str_eq(plain.ptr, "untouched");
}
END_TEST

/* Each bit matters; no prefix passes. */
START_TEST(tampered)
{
	struct brg_str a, plain;
	char *copy;

	make();
	a = seal("hunter2", "row");
	copy = (char *)(uintptr_t)a.ptr;
	for (size_t i = 0; i < a.len; i++) {
		copy[i] ^= 1;
		ck_assert_int_eq(unseal(a, "row", &plain), BRG_EAUTH);
		copy[i] ^= 1;
	}
	for (size_t n = 0; n < a.len; n++)
		ck_assert_int_eq(unseal((struct brg_str){ a.ptr, n }, "row", &plain), BRG_EAUTH);
	ck_assert_int_eq(unseal(a, "row", &plain), 0);
	/* A public half that agrees with every private one. */
	memset(copy + 1, 0, 32);
	ck_assert_int_eq(unseal(a, "row", &plain), BRG_EAUTH);
}
END_TEST

START_TEST(other_key)
{
	struct brg_str a, plain;

	make();
	a = seal("hunter2", "row");
	secrets_free(&keys);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(unlink(path_of(files[i])), 0);
	make();
	must_fail(unseal(a, "row", &plain), BRG_EAUTH, "BRG-SECR-0005", "sealed for another key");
}
END_TEST

START_TEST(public_half_only)
{
	struct brg_str a, plain;

	make();
	secrets_free(&keys);
	ck_assert_int_eq(unlink(path_of("key")), 0);
	must_fail(secrets_open(dir, true, &keys, &err), BRG_ENOTFOUND, "BRG-SECR-0001",
		  "/key is not there");
	ck_assert_int_eq(secrets_open(dir, false, &keys, &err), 0);
	a = seal("hunter2", "row");
	must_fail(unseal(a, "row", &plain), BRG_EAUTH, "BRG-SECR-0006", "holds no private key");
}
END_TEST

static void look(void *arg)
{
	const struct brg_str *plain = arg;

	ck_assert_ptr_nonnull(plain->ptr);
	ck_assert_ptr_null(memmem(plain->ptr, 14, "hunter2", 7));
	ck_assert_int_eq(plain->ptr[0], 0);
}

/* When the arena goes, so does the secret. */
START_TEST(wiped)
{
	struct brg_str plain = { NULL, 0 };

	make();
	arena_defer(arena, look, &plain); /* added first, called last */
	ck_assert_int_eq(unseal(seal("hunter2hunter2", "row"), "row", &plain), 0);
	ck_assert_str_eq(plain.ptr, "hunter2hunter2");
	arena_reset(arena);
}
END_TEST

/* ---- hashes ---------------------------------------------------------------------------------*/

START_TEST(hashes)
{
	unsigned char a[16], b[16], check[32], other[32];

	make();
	secrets_hash(keys, "message-id", brg_cstr("x@y"), a);
	secrets_hash(keys, "message-id", brg_cstr("x@y"), b);
	ck_assert_mem_eq(a, b, 16);
	secrets_hash(keys, "message-i", brg_cstr("dx@y"), b);
	ck_assert_mem_ne(a, b, 16);
	secrets_hash(keys, "message-id", brg_cstr("x@z"), b);
	ck_assert_mem_ne(a, b, 16);
	secrets_hash(keys, "message-id", (struct brg_str){ NULL, 0 }, b);
	secrets_check(keys, check);
	secrets_free(&keys);
	ck_assert_int_eq(secrets_open(dir, false, &keys, &err), 0);
	secrets_check(keys, other);
	ck_assert_mem_eq(check, other, 32);
	secrets_hash(keys, "message-id", brg_cstr("x@y"), b);
	ck_assert_mem_eq(a, b, 16);
}
END_TEST

START_TEST(harden)
{
	struct rlimit limit;

	secrets_harden();
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secrets");
	TCase *t = tcase_create("secrets");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, create);
	tcase_add_test(t, no_folder);
	tcase_add_loop_test(t, leftover, 0, 3);
	tcase_add_loop_test(t, cut_off, 0, 5);
	tcase_add_loop_test(t, bad_files, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(t, round_trip, 0, sizeof(words) / sizeof(words[0]));
	tcase_add_test(t, wrong_row);
	tcase_add_test(t, tampered);
	tcase_add_test(t, other_key);
	tcase_add_test(t, public_half_only);
	tcase_add_test(t, wiped);
	tcase_add_test(t, hashes);
	tcase_add_test(t, harden);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
