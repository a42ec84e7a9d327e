/* SPDX-License-Identifier: Apache-2.0
 *
 * Flights into the real embedded store: packed beside each other, committed in order, and
 * none after one that failed.
 */
#include "core/flight.h"

#include "core/blob.h"
#include "core/body.h"
#include "core/id.h"
#include "storage-kit.h"
#include "tests/unit/sqlite_plugin.h"

#include <check.h>

#define MIB (1024 * 1024)

static char root[64];
static struct engine engine;
static struct flights *flights;
static struct landing landing;
static struct brg_err err = BRG_ERR_INIT;
static const struct brg_id mailbox = { { 7 } };

static int64_t now_us(struct engine *e)
{
	(void)e;
	return INT64_C(1795413600000000);
}

static int64_t host_now(void *ctx)
{
	(void)ctx;
	return INT64_C(1795413600000000);
}

static const struct brg_host host = { .size = sizeof(host), .now_us = host_now };

static void setup(void)
{
	const struct brg_plugin *plugin = sqlite_plugin();

	(void)strcpy(root, "/tmp/brygga-flight-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	blob_init(root);
	engine = (struct engine){ .now_us = now_us };
	engine.store = (struct store){ plugin->storage, calloc(1, plugin->instance_size), plugin };
	ck_assert_int_eq(storage_kit_option(plugin, engine.store.self, NULL, NULL), 0);
	ck_assert_int_eq(
		storage_kit_option(plugin, engine.store.self, "path", keep_path(root, "brygga.db")),
		0);
	ck_assert_int_eq(plugin->storage->open(engine.store.self, &host, BRG_OPEN_CREATE, &err), 0);
	flights = flights_new(&engine);
}

static void teardown(void)
{
	flights_free(&flights);
	engine.store.ops->close(engine.store.self);
	free(engine.store.self);
	remove_tree(root);
}

/* ---- cargo ----------------------------------------------------------------------------------*/

static struct cargo cargo_of(const char *cursor)
{
	struct cargo c = { .durability = BRG_RELAXED };
	struct brg_op *op;

	step_init(&c.step, arena_new());
	op = step_add(&c.step, BRG_OP_CURSOR, BRG_ANY);
	op->u.cursor.mailbox = mailbox;
	op->u.cursor.value = arena_str(c.step.arena, brg_cstr(cursor));
	return c;
}

/* A record with a body of n bytes that do not compress. */
static struct brg_id add_record(struct cargo *c, const struct brg_id *id, size_t n)
{
	struct parcel *p = arena_alloc(c->step.arena, sizeof(*p));
	struct brg_op *op = step_add(&c->step, BRG_OP_RECORD, BRG_NEW);
	static uint64_t x = 88172645463325252u;

	op->u.record.id = id ? *id : id_new(0);
	op->u.record.kind = BRG_EMAIL;
	p->record = c->step.n - 1;
	p->raw = blob_new(c->step.arena);
	for (size_t at = 0; at < n; at += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ck_assert_int_eq(
			blob_add(p->raw, &x, n - at < sizeof(x) ? n - at : sizeof(x), &err), 0);
	}
	p->next = c->parcels;
	c->parcels = p;
	return op->u.record.id;
}

/* ---- what the store holds -------------------------------------------------------------------*/

static const char *cursor_now(struct brg_arena *arena)
{
	struct brg_query q = { .what = BRG_READ_CURSORS, .mailbox = mailbox };
	struct brg_row row;

	return store_one(&engine.store, &q, arena, &row, &err) == 1 ? row.u.cursor.value.ptr
								    : "none";
}

static void must_be_at(const char *cursor)
{
	struct brg_arena *arena = arena_new();

	ck_assert_str_eq(cursor_now(arena), cursor);
	arena_free(&arena);
}

static bool find(const struct brg_id *id, struct brg_record_row *out)
{
	struct brg_query q = { .what = BRG_READ_RECORDS, .id = *id };
	struct brg_arena *arena = arena_new();
	struct brg_row row;
	int n = store_one(&engine.store, &q, arena, &row, &err);

	if (n == 1)
		*out = row.u.record;
	arena_free(&arena);
	return n == 1;
}

static int count_bytes(void *arg, const void *p, size_t n, struct brg_err *e)
{
	(void)p;
	(void)e;
	*(size_t *)arg += n;
	return 0;
}

/* The record is there, and so is its body, whole. */
static void must_have(const struct brg_id *id, size_t n)
{
	struct brg_record_row r;
	size_t got = 0;

	ck_assert(find(id, &r));
	ck_assert_uint_eq(r.body_octets, n);
	ck_assert_int_eq(body_read(&engine.store, &r.body, count_bytes, &got, &err), 0);
	ck_assert_uint_eq(got, n);
}

static void start(struct cargo *c)
{
	ck_assert(!flights_full(flights));
	ck_assert_int_eq(flights_start(flights, c), 0);
}

static void lands(int rc)
{
	ck_assert(flights_land(flights, &landing));
	ck_assert_int_eq(landing.rc, rc);
}

/* ---- tests ----------------------------------------------------------------------------------*/

/* The first has much to pack; the second waits for it. */
START_TEST(in_order)
{
	struct cargo slow = cargo_of("slow"), quick = cargo_of("quick");
	struct brg_id ids[8];

	for (int i = 0; i < 8; i++)
		ids[i] = add_record(&slow, NULL, 900 * 1024);
	start(&slow);
	start(&quick);
	ck_assert(flights_full(flights));
	lands(BRG_COMMITTED);
	lands(BRG_COMMITTED);
	ck_assert(!flights_land(flights, &landing));
	must_be_at("quick");
	for (int i = 0; i < 8; i++)
		must_have(&ids[i], 900 * 1024);
}
END_TEST

START_TEST(none_after_a_refusal)
{
	struct cargo first = cargo_of("1"), again = cargo_of("2"), later = cargo_of("3");
	struct brg_id id = add_record(&first, NULL, 5000), lost;
	struct brg_record_row r;

	add_record(&again, &id, 5000);
	lost = add_record(&later, NULL, 5000);
	start(&first);
	start(&again);
	lands(BRG_COMMITTED);
	start(&later);
	lands(BRG_REFUSED);
	lands(BRG_ECANCELED);
	ck_assert_str_ne(landing.err.fault->code, "");
	must_be_at("1");
	must_have(&id, 5000);
	ck_assert(!find(&lost, &r));
}
END_TEST

/* More than goes into one step: a spilled body, and many small ones. */
START_TEST(ahead)
{
	struct cargo c = cargo_of("ahead");
	struct brg_id large = add_record(&c, NULL, 9 * MIB + 1), small[12];

	for (int i = 0; i < 12; i++)
		small[i] = add_record(&c, NULL, 700 * 1024 + (size_t)i);
	flight_walk(&engine, &c, &landing);
	ck_assert_int_eq(landing.rc, BRG_COMMITTED);
	arena_free(&c.step.arena);
	must_have(&large, 9 * MIB + 1);
	for (int i = 0; i < 12; i++)
		must_have(&small[i], 700 * 1024 + (size_t)i);
	must_be_at("ahead");
}
END_TEST

/* Whose lease is lost stores nothing, not even the bodies that go ahead. */
START_TEST(under_the_lease)
{
	struct brg_upkeep gone = { .size = sizeof(gone), .what = BRG_UPKEEP_BODIES };
	struct cargo c = { .durability = BRG_RELAXED };
	struct brg_record_row r;
	struct brg_id id;

	step_init(&c.step, arena_new());
	step_add(&c.step, BRG_OP_LEASE, BRG_ANY)->u.lease = (struct brg_lease){ id_new(0), 1 };
	id = add_record(&c, NULL, 9 * MIB);
	flight_walk(&engine, &c, &landing);
	ck_assert_int_eq(landing.rc, BRG_REFUSED);
	ck_assert_uint_eq(landing.failed, 0);
	arena_free(&c.step.arena);
	ck_assert(!find(&id, &r));
	gone.now_us = now_us(&engine) * 2;
	gone.before_us = gone.now_us;
	ck_assert_int_eq(engine.store.ops->upkeep(engine.store.self, &gone, &err), 0);
	ck_assert_uint_eq(gone.removed, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flight");
	TCase *c = tcase_create("flight");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, in_order);
	tcase_add_test(c, none_after_a_refusal);
	tcase_add_test(c, ahead);
	tcase_add_test(c, under_the_lease);
	suite_add_tcase(suite, c);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
