/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept of items: links, marks, parked ones, cursors, and why.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

static void one_live_link_an_item(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id record, first, second;
	struct brg_query q = { .what = BRG_READ_LINKS };
	struct brg_row *rows;
	struct brg_op op, unlink = { .type = BRG_OP_UNLINK };

	CHECK_STILL(k);
	w = kit_world(st, 2, 1);
	CHECK_STILL(k);
	record = kit_id(k);
	first = kit_id(k);
	second = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_record(&record, &w->owner)), BRG_COMMITTED);
	op = kit_op_link(&first, &w->mailboxes[0], &record, "1");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op = kit_op_link(&second, &w->mailboxes[0], &record, "1");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	op.u.link.folder = brg_cstr("other"); /* another item */
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	unlink.u.link =
		(struct brg_link_row){ .mailbox = w->mailboxes[0], .remote_id = brg_cstr("1") };
	CHECK_RC(k, st, kit_commit_one(st, unlink), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, unlink), BRG_COMMITTED); /* none there */
	op = kit_op_link(&record, &w->mailboxes[0], &record, "1");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.other = record;
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	q.other = (struct brg_id){ { 0 } };
	q.mailbox = w->mailboxes[0];
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	for (int i = 0; i < 3; i++)
		CHECK(k, rows[i].u.link.live == !brg_id_eq(&rows[i].u.link.id, &first));
	/* A dead one comes back only if its place is free. */
	op = kit_op_link(&first, &w->mailboxes[0], &record, "1");
	op.expect = BRG_ANY;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
}

static void marks_answer_known(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_str ids[5] = { brg_cstr("new"), brg_cstr("linked"), brg_cstr("seen"),
				  brg_cstr("deleted"), brg_cstr("linked") };
	struct brg_known_answer answer = { .size = sizeof(answer) };
	uint8_t states[5];
	struct brg_op ops[6];
	int rc;

	CHECK_STILL(k);
	w = kit_world(st, 2, 1);
	CHECK_STILL(k);
	ops[0] = kit_op_mark(&w->mailboxes[0], "linked", BRG_LINKED);
	ops[1] = kit_op_mark(&w->mailboxes[0], "seen", BRG_SEEN);
	ops[2] = kit_op_mark(&w->mailboxes[0], "deleted", BRG_DELETED);
	ops[3] = kit_op_mark(&w->mailboxes[0], "also deleted", BRG_DELETED);
	ops[4] = kit_op_mark(&w->mailboxes[0], "missing", BRG_DELETE_WANTED);
	ops[5] = kit_op_mark(&w->mailboxes[1], "new", BRG_LINKED); /* another mailbox's */
	CHECK_RC(k, st, kit_commit(st, ops, 6), BRG_COMMITTED);
	rc = st->ops->known(st->self, &w->mailboxes[0], brg_cstr(""), ids, 5, states, &answer,
			    &st->err);
	CHECK_RC(k, st, rc, 0);
	CHECK(k, states[0] == BRG_UNKNOWN && states[1] == BRG_LINKED && states[2] == BRG_SEEN);
	CHECK(k, states[3] == BRG_DELETED && states[4] == BRG_LINKED);
	CHECK(k, answer.missing == 1);
	rc = st->ops->known(st->self, &w->mailboxes[0], brg_cstr("x"), ids, 5, states, &answer,
			    &st->err);
	CHECK_RC(k, st, rc, 0);
	CHECK(k, states[1] == BRG_UNKNOWN && answer.missing == 0);
	/* A mark is replaced, not doubled. */
	ops[0].u.mark.state = BRG_DELETED;
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
	rc = st->ops->known(st->self, &w->mailboxes[0], brg_cstr(""), ids, 2, states, &answer,
			    &st->err);
	CHECK_RC(k, st, rc, 0);
	CHECK(k, states[1] == BRG_DELETED && answer.missing == 2);
}

static void known_for_many(struct kit *k)
{
	enum { MANY = 3000 };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_str *ids = kit_alloc(k, MANY * sizeof(*ids));
	struct brg_op *ops = kit_alloc(k, MANY * sizeof(*ops));
	uint8_t *states = kit_alloc(k, MANY);
	struct brg_known_answer answer = { .size = sizeof(answer) };
	size_t n = 0;
	int rc;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	for (size_t i = 0; i < MANY; i++) {
		ids[i] = kit_printf(k, "%08zx", i * 2654435761u & 0xffffffff);
		if (i % 3)
			ops[n++] = kit_op_mark(&w->mailboxes[0], ids[i].ptr, 1 + (int)(i % 3));
	}
	CHECK_RC(k, st, kit_commit(st, ops, n), BRG_COMMITTED);
	rc = st->ops->known(st->self, &w->mailboxes[0], brg_cstr(""), ids, MANY - 2, states,
			    &answer, &st->err);
	CHECK_RC(k, st, rc, 0);
	for (size_t i = 0; i < MANY - 2; i++)
		CHECK(k, states[i] == (i % 3 ? 1 + i % 3 : BRG_UNKNOWN));
	CHECK(k, answer.missing == 2);
}

static void rekey_moves_all(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id record, link;
	struct brg_op ops[4], rekey = { .type = BRG_OP_REKEY };
	struct brg_query q = { .what = BRG_READ_MARKS };

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	record = kit_id(k);
	link = kit_id(k);
	ops[0] = kit_op_record(&record, &w->owner);
	ops[1] = kit_op_link(&link, &w->mailboxes[0], &record, "old");
	ops[2] = kit_op_mark(&w->mailboxes[0], "old", BRG_LINKED);
	ops[3] = (struct brg_op){ .type = BRG_OP_PARK };
	ops[3].u.parked = (struct brg_parked_row){ .mailbox = w->mailboxes[0],
						   .remote_id = brg_cstr("old"),
						   .tries = 2 };
	CHECK_RC(k, st, kit_commit(st, ops, 4), BRG_COMMITTED);
	rekey.u.rekey = (struct brg_rekey){ .mailbox = w->mailboxes[0],
					    .old_id = brg_cstr("none"),
					    .new_id = brg_cstr("new") };
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_REFUSED);
	rekey.u.rekey.old_id = brg_cstr("old");
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_REFUSED);
	q.mailbox = w->mailboxes[0];
	q.text = brg_cstr("new");
	CHECK(k, kit_count(st, &q) == 1);
	q.text = brg_cstr("old");
	CHECK(k, kit_count(st, &q) == 0);
	q.what = BRG_READ_LINKS;
	CHECK(k, kit_row(st, &q) && brg_str_eq(kit_row(st, &q)->u.link.remote_id, brg_cstr("new")));
	q.what = BRG_READ_PARKED;
	CHECK(k,
	      kit_row(st, &q) && brg_str_eq(kit_row(st, &q)->u.parked.remote_id, brg_cstr("new")));
	/* The new id must be free. */
	ops[2] = kit_op_mark(&w->mailboxes[0], "other", BRG_SEEN);
	CHECK_RC(k, st, kit_commit_one(st, ops[2]), BRG_COMMITTED);
	rekey.u.rekey.old_id = brg_cstr("other");
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_REFUSED);
	/* What was only seen has no link that moves with it. */
	rekey.u.rekey.new_id = brg_cstr("another");
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_COMMITTED);
	/* What was parked there and left no mark gives way. */
	ops[3].u.parked.remote_id = brg_cstr("free");
	ops[3].u.parked.tries = 7;
	CHECK_RC(k, st, kit_commit_one(st, ops[3]), BRG_COMMITTED);
	rekey.u.rekey.old_id = brg_cstr("new");
	rekey.u.rekey.new_id = brg_cstr("free");
	CHECK_RC(k, st, kit_commit_one(st, rekey), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 1 && kit_row(st, &q)->u.parked.tries == 2);
}

static void marks_are_read(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_op ops[4];
	char print[32] = "print of the first, 32 bytes...",
	     other[32] = "print of the first, but another";
	struct brg_query q = { .what = BRG_READ_MARKS };
	const struct brg_row *row;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	ops[0] = kit_op_mark(&w->mailboxes[0], "b", BRG_LINKED);
	ops[0].u.mark.print = (struct brg_str){ print, 32 };
	ops[0].u.mark.octets = 77;
	ops[0].u.mark.record = kit_id(k);
	ops[1] = kit_op_mark(&w->mailboxes[0], "a", BRG_PARKED);
	ops[1].u.mark.print = (struct brg_str){ print, 32 };
	ops[2] = kit_op_mark(&w->mailboxes[0], "c", BRG_DELETED);
	ops[2].u.mark.print = (struct brg_str){ print, 32 };
	ops[3] = kit_op_mark(&w->mailboxes[0], "d", BRG_SEEN);
	ops[3].u.mark.print = (struct brg_str){ other, 32 };
	CHECK_RC(k, st, kit_commit(st, ops, 4), BRG_COMMITTED);
	q.mailbox = w->mailboxes[0];
	CHECK(k, kit_count(st, &q) == 4);
	q.number = BRG_PARKED;
	CHECK(k, kit_count(st, &q) == 1);
	q.number = 0;
	q.text = brg_cstr("b");
	row = kit_row(st, &q);
	CHECK(k, row && row->u.mark.octets == 77 && row->u.mark.state == BRG_LINKED);
	CHECK(k, brg_str_eq(row->u.mark.print, ops[0].u.mark.print));
	CHECK(k, brg_id_eq(&row->u.mark.record, &ops[0].u.mark.record));
	q.what = BRG_READ_PRINTS;
	q.text = ops[0].u.mark.print;
	CHECK(k, kit_count(st, &q) == 1);
	row = kit_row(st, &q);
	CHECK(k, brg_str_eq(row->u.mark.remote_id, brg_cstr("b")));
	q.folder = brg_cstr("x");
	CHECK(k, kit_count(st, &q) == 0);
}

static void parked_state_cursor(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_op park = { .type = BRG_OP_PARK }, cursor = { .type = BRG_OP_CURSOR };
	struct brg_query q = { .what = BRG_READ_PARKED };
	const struct brg_row *row;

	CHECK_STILL(k);
	w = kit_world(st, 2, 1);
	CHECK_STILL(k);
	park.u.parked = (struct brg_parked_row){ .mailbox = w->mailboxes[0],
						 .remote_id = brg_cstr("7"),
						 .tries = 1,
						 .next_us = INT64_MAX,
						 .code = brg_cstr("KIT-1"),
						 .said = brg_cstr("no") };
	CHECK_RC(k, st, kit_commit_one(st, park), BRG_COMMITTED);
	park.u.parked.tries = 2;
	CHECK_RC(k, st, kit_commit_one(st, park), BRG_COMMITTED);
	q.mailbox = w->mailboxes[0];
	row = kit_row(st, &q);
	CHECK(k, kit_count(st, &q) == 1 && row->u.parked.tries == 2);
	CHECK(k,
	      row->u.parked.next_us == INT64_MAX && brg_str_eq(row->u.parked.said, brg_cstr("no")));
	q.mailbox = (struct brg_id){ { 0 } };
	CHECK(k, kit_count(st, &q) == 1);
	park.type = BRG_OP_UNPARK;
	CHECK_RC(k, st, kit_commit_one(st, park), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, park), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0);
	cursor.u.cursor = (struct brg_cursor_row){ .mailbox = w->mailboxes[1],
						   .value = { "a\0\xff", 3 },
						   .moved_us = 5,
						   .lane = BRG_ACT };
	CHECK_RC(k, st, kit_commit_one(st, cursor), BRG_COMMITTED);
	cursor.u.cursor.value = (struct brg_str){ "b\0\xff", 3 };
	CHECK_RC(k, st, kit_commit_one(st, cursor), BRG_COMMITTED);
	q.what = BRG_READ_CURSORS;
	row = kit_row(st, &q);
	CHECK(k, kit_count(st, &q) == 1 && row->u.cursor.moved_us == 5 &&
			 row->u.cursor.lane == BRG_ACT);
	CHECK(k, brg_str_eq(row->u.cursor.value, cursor.u.cursor.value));
	q.mailbox = w->mailboxes[0];
	CHECK(k, kit_count(st, &q) == 0);
}

static struct brg_op op_decision(struct kit *k, const struct brg_id *mailbox,
				 const struct brg_id *record, const char *remote, const char *key)
{
	return (struct brg_op){ .type = BRG_OP_DECISION,
				.u.decision = { .id = kit_id(k),
						.mailbox = *mailbox,
						.record = *record,
						.remote_id = brg_cstr(remote),
						.message_key = brg_cstr(key),
						.code = brg_cstr("KIT-RULE-1"),
						.params = brg_cstr("rule=all") } };
}

static void decisions_are_found(struct kit *k)
{
	static const struct brg_id nil = { { 0 } };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id record;
	struct brg_op ops[5];
	struct brg_query q = { .what = BRG_READ_DECISIONS };
	struct brg_row *rows;

	CHECK_STILL(k);
	w = kit_world(st, 2, 1);
	CHECK_STILL(k);
	record = kit_id(k);
	ops[0] = kit_op_record(&record, &w->owner);
	ops[0].u.record.message_key = brg_cstr("key of 16 bytes.");
	ops[1] = op_decision(k, &w->mailboxes[0], &record, "1", "key of 16 bytes.");
	ops[2] = op_decision(k, &w->mailboxes[0], &nil, "2", "key 16 refused..");
	ops[3] = op_decision(k, &w->mailboxes[0], &record, "1", "key of 16 bytes.");
	ops[4] = op_decision(k, &w->mailboxes[1], &record, "1", "key of 16 bytes.");
	CHECK_RC(k, st, kit_commit(st, ops, 5), BRG_COMMITTED);
	q.other = record;
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	CHECK(k, brg_id_eq(&rows[0].u.decision.id, &ops[4].u.decision.id)); /* newest first */
	CHECK(k, brg_str_eq(rows[0].u.decision.code, brg_cstr("KIT-RULE-1")));
	q = (struct brg_query){ .what = BRG_READ_DECISIONS, .text = brg_cstr("key 16 refused..") };
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	CHECK(k, brg_id_is_nil(&rows[0].u.decision.record));
	q.text = brg_cstr("key of 16 bytes.");
	CHECK(k, kit_count(st, &q) == 3);
	q = (struct brg_query){ .what = BRG_READ_DECISIONS, .mailbox = w->mailboxes[0] };
	CHECK(k, kit_count(st, &q) == 3);
	q.remote = brg_cstr("1");
	CHECK(k, kit_rows(st, &q, &rows) == 2);
	q.after = rows[0].u.decision.id;
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	CHECK(k, brg_id_eq(&rows[0].u.decision.id, &ops[1].u.decision.id));
}

const struct kit_case kit_item_cases[] = {
	{ "one-live-link-an-item", STORAGE_KIT_STEPS, one_live_link_an_item },
	{ "marks-answer-known", STORAGE_KIT_STEPS, marks_answer_known },
	{ "known-for-many", STORAGE_KIT_STEPS, known_for_many },
	{ "rekey-moves-all", STORAGE_KIT_STEPS, rekey_moves_all },
	{ "marks-are-read", STORAGE_KIT_STEPS, marks_are_read },
	{ "parked-state-cursor", STORAGE_KIT_STEPS, parked_state_cursor },
	{ "decisions-are-found", STORAGE_KIT_STEPS, decisions_are_found },
	{ NULL, 0, NULL },
};
