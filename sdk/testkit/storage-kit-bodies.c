/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in chunks: whole, once, and gone when nobody needs them.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static struct brg_op op_body(const struct brg_sha *sha, int64_t seq, const char *p, size_t n)
{
	return (struct brg_op){
		.type = BRG_OP_BODY,
		.u.body = { .sha = *sha, .seq = seq, .bytes = { p, n }, .now_us = KIT_NOW }
	};
}

struct whole {
	char *bytes;
	size_t n, room, chunks, stop_at;
};

static int add(void *arg, struct brg_str bytes)
{
	struct whole *w = arg;

	if (w->n + bytes.len > w->room)
		return 77;
	memcpy(w->bytes + w->n, bytes.ptr, bytes.len);
	w->n += bytes.len;
	return ++w->chunks == w->stop_at ? 5 : 0;
}

static int body(struct kit_store *st, const struct brg_sha *sha, struct whole *w)
{
	w->n = w->chunks = 0;
	if (!w->bytes) {
		w->room = 4 * BRG_CHUNK;
		w->bytes = kit_alloc(st->kit, w->room);
	}
	return st->ops->body(st->self, sha, add, w, &st->err);
}

static void bodies_come_back_whole(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_sha sha = { "a body of three chunks" }, none = { "never stored" };
	char *bytes = kit_alloc(k, 2 * BRG_CHUNK + 5);
	struct whole w = { 0 };
	struct brg_op ops[3];

	CHECK_STILL(k);
	for (size_t i = 0; i < 2 * BRG_CHUNK + 5; i++)
		bytes[i] = (char)(i * 2654435761u >> 11);
	for (int i = 0; i < 3; i++)
		ops[i] = op_body(&sha, i, bytes + i * BRG_CHUNK, i < 2 ? BRG_CHUNK : 5);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit(st, ops + 2, 1), BRG_COMMITTED);
	CHECK_RC(k, st, body(st, &sha, &w), 0);
	CHECK(k, w.chunks == 3 && w.n == 2 * BRG_CHUNK + 5 && memcmp(w.bytes, bytes, w.n) == 0);
	CHECK_RC(k, st, body(st, &none, &w), BRG_ENOTFOUND);
	w.stop_at = 2;
	CHECK_RC(k, st, body(st, &sha, &w), 5); /* the callback's own value */
}

static void bodies_are_kept_once(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTS };
	struct brg_sha sha = { "one body" };
	struct whole w = { 0 };
	struct brg_row *rows;
	struct brg_op ops[2];
	int64_t n;

	CHECK_STILL(k);
	ops[0] = op_body(&sha, 0, "first", 5);
	ops[1] = op_body(&sha, 1, "second", 6);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
	CHECK_RC(k, st, body(st, &sha, &w), 0);
	CHECK(k, w.n == 11 && memcmp(w.bytes, "firstsecond", 11) == 0);
	n = kit_rows(st, &q, &rows);
	for (int64_t i = 0; i < n; i++) {
		if (brg_str_eq(rows[i].u.counter.name, brg_cstr("bodies")))
			CHECK(k, rows[i].u.counter.value == 1);
		if (brg_str_eq(rows[i].u.counter.name, brg_cstr("body-bytes")))
			CHECK(k, rows[i].u.counter.value == 11);
	}
}

/* Two tries of different compressors must not be mixed. */
static void bodies_are_never_of_two_halves(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_sha sha = { "unfinished, then finished" };
	struct whole w = { 0 };
	struct kit_world *world;
	struct brg_op ops[3], record;
	struct brg_id id;

	CHECK_STILL(k);
	world = kit_world(st, 1, 1);
	CHECK_STILL(k);
	ops[0] = op_body(&sha, 0, "old 0,", 6);
	ops[1] = op_body(&sha, 1, "old 1", 5);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	ops[0] = op_body(&sha, 0, "new 0,", 6);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
	CHECK_RC(k, st, body(st, &sha, &w), 0);
	CHECK(k, w.n == 6 && memcmp(w.bytes, "new 0,", 6) == 0);
	ops[1] = op_body(&sha, 1, "new 1", 5);
	id = kit_id(k);
	record = kit_op_record(&id, &world->owner);
	record.u.record.body = sha;
	ops[2] = record;
	CHECK_RC(k, st, kit_commit(st, ops + 1, 2), BRG_COMMITTED);
	/* A record refers to it, so it is whole. */
	ops[0] = op_body(&sha, 0, "third", 5);
	ops[1] = op_body(&sha, 2, "third", 5);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, body(st, &sha, &w), 0);
	CHECK(k, w.n == 11 && memcmp(w.bytes, "new 0,new 1", 11) == 0);
}

static int upkeep(struct kit_store *st, unsigned what, int64_t now_us, int64_t before_us,
		  uint64_t *removed)
{
	struct brg_upkeep u = {
		.size = sizeof(u), .what = what, .now_us = now_us, .before_us = before_us
	};

	*removed = 0;
	do {
		int rc = st->ops->upkeep(st->self, &u, &st->err);

		if (rc != 0)
			return rc;
		*removed += u.removed;
	} while (u.more);
	return 0;
}

static void unused_bodies_go(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_sha used = { "used" }, unused = { "unused" }, again = { "stored again" };
	struct whole w = { 0 };
	struct kit_world *world;
	struct brg_op ops[5];
	struct brg_id id;
	uint64_t removed;

	CHECK_STILL(k);
	world = kit_world(st, 1, 1);
	CHECK_STILL(k);
	id = kit_id(k);
	ops[0] = op_body(&used, 0, "used", 4);
	ops[1] = op_body(&unused, 0, "un", 2);
	ops[2] = op_body(&unused, 1, "used", 4);
	ops[3] = op_body(&again, 0, "again", 5);
	ops[4] = kit_op_record(&id, &world->owner);
	ops[4].u.record.body = used;
	CHECK_RC(k, st, kit_commit(st, ops, 5), BRG_COMMITTED);
	CHECK_RC(k, st, upkeep(st, BRG_UPKEEP_BODIES, KIT_NOW + DAY_US / 2, 0, &removed), 0);
	CHECK(k, removed == 0); /* its record may be on the way */
	/* Somebody begins to use it, a moment before it would go. */
	ops[3].u.body.now_us = KIT_NOW + DAY_US;
	CHECK_RC(k, st, kit_commit_one(st, ops[3]), BRG_COMMITTED);
	CHECK_RC(k, st, upkeep(st, BRG_UPKEEP_BODIES, KIT_NOW + DAY_US + 1000, 0, &removed), 0);
	CHECK(k, removed > 0);
	CHECK_RC(k, st, body(st, &unused, &w), BRG_ENOTFOUND);
	CHECK_RC(k, st, body(st, &used, &w), 0);
	CHECK_RC(k, st, body(st, &again, &w), 0);
}

static void old_things_go(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query decisions = { .what = BRG_READ_DECISIONS };
	struct brg_query alerts = { .what = BRG_READ_ALERTS, .number = 1 };
	struct brg_query marks = { .what = BRG_READ_MARKS };
	struct kit_world *w;
	struct brg_op ops[7];
	uint64_t removed;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	for (int i = 0; i < 2; i++) { /* one old, one new */
		int64_t at = i ? KIT_NOW : KIT_NOW - 100 * DAY_US;

		ops[i] = (struct brg_op){ .type = BRG_OP_DECISION };
		ops[i].u.decision = (struct brg_decision_row){ .id = kit_id_at(k, at),
							       .mailbox = w->mailboxes[0],
							       .code = brg_cstr("KIT-1") };
		ops[2 + i] = kit_op_mark(&w->mailboxes[0], i ? "new" : "old", BRG_DELETED);
		ops[2 + i].u.mark.seen_us = at;
	}
	ops[4] = kit_op_mark(&w->mailboxes[0], "linked", BRG_LINKED);
	ops[4].u.mark.seen_us = 1;
	ops[5] = (struct brg_op){ .type = BRG_OP_ALERT };
	ops[5].u.alert = (struct brg_alert_row){ .id = kit_id(k),
						 .level = BRG_LOG_ERROR,
						 .scope = BRG_ALERT_STORE,
						 .code = brg_cstr("KIT-1"),
						 .first_us = 1,
						 .last_us = 2 };
	ops[6] = (struct brg_op){ .type = BRG_OP_CLEAR };
	ops[6].u.alert = (struct brg_alert_row){ .scope = BRG_ALERT_STORE, .cleared_us = 3 };
	CHECK_RC(k, st, kit_commit(st, ops, 7), BRG_COMMITTED);
	ops[5].u.alert.id = kit_id(k); /* open, and as old */
	CHECK_RC(k, st, kit_commit(st, ops + 5, 1), BRG_COMMITTED);
	CHECK(k, kit_count(st, &alerts) == 2);
	CHECK_RC(k, st,
		 upkeep(st, BRG_UPKEEP_RETENTION | BRG_UPKEEP_CHECKPOINT, KIT_NOW,
			KIT_NOW - 90 * DAY_US, &removed),
		 0);
	CHECK(k, removed == 3);
	decisions.mailbox = marks.mailbox = w->mailboxes[0];
	CHECK(k, kit_count(st, &decisions) == 1);
	CHECK(k, kit_count(st, &alerts) == 1);
	CHECK(k, kit_count(st, &marks) == 2);
}

const struct kit_case kit_body_cases[] = {
	{ "bodies-come-back-whole", STORAGE_KIT_BODIES, bodies_come_back_whole },
	{ "bodies-are-kept-once", STORAGE_KIT_BODIES, bodies_are_kept_once },
	{ "bodies-are-never-of-two-halves", STORAGE_KIT_BODIES, bodies_are_never_of_two_halves },
	{ "unused-bodies-go", STORAGE_KIT_BODIES | STORAGE_KIT_UPKEEP, unused_bodies_go },
	{ "old-things-go", STORAGE_KIT_UPKEEP, old_things_go },
	{ NULL, 0, NULL },
};
