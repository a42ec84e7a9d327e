/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies to chunks and back, small and spilled, and what a damaged store does to them.
 */
#include "core/body.h"

#include "core/blob.h"
#include "core/faults.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* A storage that keeps one body. */
struct keep {
	struct brg_str chunks[64];
	size_t n;
	struct brg_sha sha;
	size_t fail_at; /* the chunk that is refused; 0: none */
};

static struct brg_arena *arena;
static struct brg_err err;
static struct keep keep;
static struct store store;
static char *got;
static size_t n_got;

static const struct brg_fault refused = {
	.code = "BRG-TEST-0001",
	.cls = BRG_EFULL,
	.en = "x",
	.sv = "x",
	.help = "x",
};

static int read_body(void *self, const struct brg_sha *sha,
		     int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *e)
{
	struct keep *k = self;
	int rc = 0;

	if (memcmp(sha->b, k->sha.b, sizeof(sha->b)) != 0)
		return brg_fail(e, &refused, "%s", ""), BRG_ENOTFOUND;
	for (size_t i = 0; i < k->n && rc == 0; i++)
		rc = chunk(arg, k->chunks[i]);
	return rc;
}

static int keep_chunk(void *arg, const struct brg_sha *sha, int64_t seq, struct brg_str bytes,
		      struct brg_err *e)
{
	struct keep *k = arg;

	ck_assert_int_eq(seq, (int64_t)k->n);
	ck_assert_uint_ge(bytes.len, 1);
	ck_assert_uint_le(bytes.len, BRG_CHUNK);
	if (k->n)
		ck_assert_mem_eq(k->sha.b, sha->b, sizeof(sha->b));
	k->sha = *sha;
	if (k->fail_at && k->fail_at == k->n + 1)
		return brg_fail(e, &refused, "%s", "");
	k->chunks[k->n++] = arena_str(arena, bytes);
	return 0;
}

static int take(void *arg, const void *p, size_t n, struct brg_err *e)
{
	(void)e;
	(void)arg;
	got = xrealloc(got, n_got + n + 1, 1);
	memcpy(got + n_got, p, n);
	n_got += n;
	return 0;
}

static int refuse(void *arg, const void *p, size_t n, struct brg_err *e)
{
	(void)arg;
	(void)p;
	(void)n;
	return brg_fail(e, &refused, "%s", "");
}

static void setup(void)
{
	static const struct brg_storage ops = { .size = sizeof(ops), .body = read_body };

	arena = arena_new();
	err = (struct brg_err)BRG_ERR_INIT;
	keep = (struct keep){ .n = 0 };
	store = (struct store){ .ops = &ops, .self = &keep };
	got = NULL;
	n_got = 0;
}

static void teardown(void)
{
	free(got);
	arena_free(&arena);
}

/* ---- round trips ----------------------------------------------------------------------------*/

static char *bytes_of(size_t n, int kind)
{
	char *p = xcalloc(n + 1, 1);
	uint32_t x = 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		if (kind == 0)
			p[i] = "the quick brown fox jumps over the lazy dog\r\n"[(i * 7 + i / 45) %
										 45];
		else if (kind == 1)
			p[i] = (char)(x >> 24); /* does not shrink */
		else
			p[i] = 0;
	}
	return p;
}

static struct brg_blob *blob_of(const char *p, size_t n)
{
	struct brg_blob *blob = blob_new(arena);

	for (size_t at = 0; at < n; at += 100000)
		ck_assert_int_eq(blob_add(blob, p + at, n - at < 100000 ? n - at : 100000, &err),
				 0);
	return blob;
}

static const struct {
	size_t len;
	int kind;
} trips[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ 23000, 0 },
	{ 23000, 1 },
	{ BRG_CHUNK - 20, 1 },
	{ BRG_CHUNK, 1 },
	{ BLOB_IN_MEMORY, 0 },
	{ BLOB_IN_MEMORY, 1 },
	{ BLOB_IN_MEMORY + 1, 0 },
	{ BLOB_IN_MEMORY + 1, 1 },
	{ 9000001, 0 },
	{ 9000001, 1 },
	{ 9000001, 2 },
	{ 128 * 1024 * 16, 0 },
};

START_TEST(round_trip)
{
	size_t n = trips[_i].len;
	char *p = bytes_of(n, trips[_i].kind);
	unsigned char sha[32];
	struct body_out out;

	ck_assert_int_eq(body_pack(blob_of(p, n), keep_chunk, &keep, &out, &err), 0);
	ck_assert_uint_eq(out.octets, n);
	ck_assert_uint_eq(out.n_chunks, keep.n);
	ck_assert_uint_ge(keep.n, 1);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, p, n, sha, NULL), 1);
	ck_assert_mem_eq(out.sha.b, sha, 32);
	ck_assert_mem_eq(keep.sha.b, sha, 32);
	/* All but the last are full. */
	for (size_t i = 0; i + 1 < keep.n; i++)
		ck_assert_uint_eq(keep.chunks[i].len, BRG_CHUNK);
	ck_assert_int_eq(body_read(&store, &out.sha, take, NULL, &err), 0);
	ck_assert_uint_eq(n_got, n);
	ck_assert(n == 0 || memcmp(got, p, n) == 0);
	free(p);
}
END_TEST

/* One thread packs many, in any order of sizes. */
START_TEST(one_after_another)
{
	static const size_t sizes[] = { 900000, 10, 3000000, 23000, 0, 1048576, 5 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *p = bytes_of(sizes[i], (int)i % 2);
		struct body_out out;

		keep = (struct keep){ .n = 0 };
		n_got = 0;
		ck_assert_int_eq(body_pack(blob_of(p, sizes[i]), keep_chunk, &keep, &out, &err), 0);
		ck_assert_int_eq(body_read(&store, &out.sha, take, NULL, &err), 0);
		ck_assert_uint_eq(n_got, sizes[i]);
		ck_assert(n_got == 0 || memcmp(got, p, n_got) == 0);
		free(p);
	}
}
END_TEST

/* A chunk that is refused ends it, and leaves nothing behind for the next. */
START_TEST(refused_chunk)
{
	size_t n = _i ? 5000000 : 900000;
	char *p = bytes_of(n, 1);
	struct body_out out;

	keep.fail_at = 2;
	ck_assert_int_eq(body_pack(blob_of(p, n), keep_chunk, &keep, &out, &err), BRG_EFULL);
	ck_assert_uint_eq(keep.n, 1);
	keep = (struct keep){ .n = 0 };
	ck_assert_int_eq(body_pack(blob_of(p, n), keep_chunk, &keep, &out, &err), 0);
	ck_assert_int_eq(body_read(&store, &out.sha, take, NULL, &err), 0);
	ck_assert(n_got == n && memcmp(got, p, n) == 0);
	free(p);
}
END_TEST

/* ---- damage ---------------------------------------------------------------------------------*/

static struct brg_sha pack(size_t n, int kind)
{
	char *p = bytes_of(n, kind);
	struct body_out out;

	ck_assert_int_eq(body_pack(blob_of(p, n), keep_chunk, &keep, &out, &err), 0);
	free(p);
	return out.sha;
}

static void must_fail(int rc, int cls, const char *code, const char *sentence)
{
	char text[600];

	ck_assert_int_eq(rc, cls);
	ck_assert_str_eq(err.fault->code, code);
	err_render(&err, "en", text, sizeof(text));
	ck_assert_msg(strstr(text, sentence) != NULL, "%s", text);
}

START_TEST(missing)
{
	static const struct brg_sha none, unknown = { { 1 } };

	pack(100, 0);
	must_fail(body_read(&store, &none, take, NULL, &err), BRG_ENOTFOUND, "BRG-CORE-0060",
		  "holds no message");
	must_fail(body_read(&store, &unknown, take, NULL, &err), BRG_ENOTFOUND, "BRG-CORE-0060",
		  "holds no message");
}
END_TEST

START_TEST(damaged)
{
	struct brg_sha sha = pack(800000, 1), small;
	struct brg_str first = keep.chunks[0];
	char *p = (char *)(uintptr_t)keep.chunks[1].ptr;

	ck_assert_uint_eq(keep.n, 4);
	p[1000] ^= 1;
	must_fail(body_read(&store, &sha, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "its hash is another");
	p[1000] ^= 1;
	keep.n = 3;
	must_fail(body_read(&store, &sha, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "its end is missing");
	keep.n = 4;
	keep.chunks[0] = brg_cstr("this is no zstd frame");
	must_fail(body_read(&store, &sha, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "is damaged: it does not begin as a frame of zstd");
	/* Of zstd 0.6, which libzstd would read. */
	keep.chunks[0] = (struct brg_str){ "\x26\xb5\x2f\xfd\4\xff\x9e\2\16", 9 };
	must_fail(body_read(&store, &sha, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "is damaged: it does not begin as a frame of zstd");
	keep.chunks[0] = first;
	keep.chunks[keep.n++] = brg_cstr("more");
	must_fail(body_read(&store, &sha, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "something follows its end");
	keep = (struct keep){ .n = 0 };
	small = pack(10, 0);
	keep.n = 0;
	must_fail(body_read(&store, &small, take, NULL, &err), BRG_EIO, "BRG-CORE-0061",
		  "its end is missing");
}
END_TEST

START_TEST(reader_stops)
{
	struct brg_sha sha = pack(3000000, 0);

	ck_assert_int_eq(body_read(&store, &sha, refuse, NULL, &err), BRG_EFULL);
	ck_assert_str_eq(err.fault->code, "BRG-TEST-0001");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("body");
	TCase *t = tcase_create("body");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, round_trip, 0, sizeof(trips) / sizeof(trips[0]));
	tcase_add_test(t, one_after_another);
	tcase_add_loop_test(t, refused_chunk, 0, 2);
	tcase_add_test(t, missing);
	tcase_add_test(t, damaged);
	tcase_add_test(t, reader_stops);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
