/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists in pages, counts, and reads that are interrupted or go on inside each other.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

enum { RECORDS = 23, PAGE = 5 };

static struct kit_world *records(struct kit_store *st)
{
	struct kit *k = st->kit;
	struct kit_world *w = kit_world(st, 2, 1);
	struct brg_op ops[2 * RECORDS];
	int rc;

	for (int i = 0; i < RECORDS; i++) {
		struct brg_id id = kit_id(k), link = kit_id(k);

		ops[2 * i] = kit_op_record(&id, &w->owner);
		ops[2 * i].u.record.sorted_us = KIT_NOW - i / 3; /* some are equal */
		ops[2 * i + 1] = kit_op_link(&link, &w->mailboxes[i % 2], &id, "");
		ops[2 * i + 1].u.link.remote_id = kit_printf(k, "%d", i);
	}
	rc = kit_commit(st, ops, 2 * RECORDS);
	if (rc != BRG_COMMITTED)
		kit_fail_rc(k, st, __FILE__, __LINE__, "making records", rc);
	return w;
}

/* Walk a list by pages; every row once, in order. */
static void walk(struct kit_store *st, struct brg_query q, int64_t want)
{
	struct kit *k = st->kit;
	struct brg_row *all, *rows;
	size_t id = q.what == BRG_READ_LINKS ? offsetof(struct brg_row, u.link.id)
					     : offsetof(struct brg_row, u.record.id);
	int64_t n, seen = 0;

	CHECK(k, kit_rows(st, &q, &all) == want);
	for (int64_t i = 1; q.what == BRG_READ_RECORDS && i < want; i++)
		CHECK(k, all[i - 1].u.record.sorted_us >= all[i].u.record.sorted_us);
	q.limit = PAGE;
	do {
		n = kit_rows(st, &q, &rows);
		CHECK(k, n >= 0 && n <= PAGE);
		for (int64_t i = 0; i < n; i++) {
			CHECK(k, seen < want);
			CHECK(k, memcmp((char *)&rows[i] + id, (char *)&all[seen] + id, 16) == 0);
			memcpy(&q.after, (char *)&rows[i] + id, 16);
			seen++;
		}
	} while (n == PAGE);
	CHECK(k, seen == want);
}

static void lists_in_pages(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_RECORDS };
	struct kit_world *w;

	CHECK_STILL(k);
	w = records(st);
	CHECK_STILL(k);
	walk(st, q, RECORDS);
	CHECK_STILL(k);
	q.mailbox = w->mailboxes[0];
	walk(st, q, 12);
	CHECK_STILL(k);
	q.what = BRG_READ_LINKS;
	walk(st, q, 12);
}

static void records_by_message_key(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_RECORDS };
	struct brg_id id;
	struct kit_world *w;
	struct brg_op op;
	const struct brg_row *row;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	id = kit_id(k);
	op = kit_op_record(&id, &w->owner);
	op.u.record.message_key = (struct brg_str){ "\0\1key with zeros", 16 };
	op.u.record.body = (struct brg_sha){ "hash" };
	op.u.record.body_octets = 1234;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.text = op.u.record.message_key;
	row = kit_row(st, &q);
	CHECK(k, row && brg_id_eq(&row->u.record.id, &id) && row->u.record.body_octets == 1234);
	CHECK(k, memcmp(&row->u.record.body, &op.u.record.body, sizeof(op.u.record.body)) == 0);
	CHECK(k, brg_str_eq(row->u.record.message_key, op.u.record.message_key));
	q.text = brg_cstr("another key, 16.");
	CHECK(k, kit_count(st, &q) == 0);
}

static void counts_add_up(struct kit *k)
{
	static const struct {
		const char *name;
		int64_t all, one;
	} want[] = {
		{ "owners", 1, -1 },   { "profiles", 1, -1 }, { "mailboxes", 2, -1 },
		{ "records", 23, 12 }, { "links", 23, 12 },   { "marks", 1, 1 },
		{ "parked", 0, 0 },    { "bodies", 0, 0 },    { "body-bytes", 0, 0 },
		{ "inbox", 0, 0 },     { "intents", 0, 0 },   { "conflicts", 0, 0 },
		{ "plans", 0, 0 },
	};
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTS };
	struct kit_world *w;
	struct brg_row *rows;

	CHECK_STILL(k);
	w = records(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_mark(&w->mailboxes[0], "1", BRG_SEEN)),
		 BRG_COMMITTED);
	for (int one = 0; one < 2; one++) {
		int64_t n = kit_rows(st, &q, &rows);

		CHECK(k, n == (one ? 10 : 13));
		for (int64_t i = 0; i < n; i++) {
			for (size_t j = 0; j < sizeof(want) / sizeof(want[0]); j++) {
				if (brg_str_eq(rows[i].u.counter.name, brg_cstr(want[j].name)))
					CHECK(k, rows[i].u.counter.value ==
							 (one ? want[j].one : want[j].all));
			}
		}
		q.mailbox = w->mailboxes[0];
	}
}

struct inside {
	struct kit_store *st;
	int seen, inner;
	int rc;
};

static int stop_at_two(void *arg, const struct brg_row *row)
{
	struct inside *in = arg;
	(void)row;

	return ++in->seen == 2 ? 42 : 0;
}

/* Reads and commits from within a read. */
static int busy_row(void *arg, const struct brg_row *row)
{
	struct inside *in = arg;
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_LINKS,
			       .other = row->u.record.id };

	in->seen++;
	in->inner += (int)kit_count(in->st, &q);
	in->rc |= kit_commit_one(in->st, kit_op_count("inside", 1));
	return 0;
}

static void reads_inside_reads(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS };
	struct inside in = { .st = st };

	CHECK_STILL(k);
	(void)records(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, st->ops->read(st->self, &q, stop_at_two, &in, &st->err), 42);
	CHECK(k, in.seen == 2);
	in.seen = 0;
	CHECK_RC(k, st, st->ops->read(st->self, &q, busy_row, &in, &st->err), 0);
	CHECK(k, in.seen == RECORDS && in.inner == RECORDS && in.rc == 0);
	q.what = 99;
	CHECK(k, st->ops->read(st->self, &q, busy_row, &in, &st->err) < 0 && st->err.fault);
}

const struct kit_case kit_read_cases[] = {
	{ "lists-in-pages", STORAGE_KIT_READS, lists_in_pages },
	{ "records-by-message-key", STORAGE_KIT_READS, records_by_message_key },
	{ "counts-add-up", STORAGE_KIT_READS, counts_add_up },
	{ "reads-inside-reads", STORAGE_KIT_READS, reads_inside_reads },
	{ NULL, 0, NULL },
};
