/* SPDX-License-Identifier: Apache-2.0
 *
 * Records both ways: the feed of changes, by what records are found, and what people see: lists,
 * history, conflicts, plans, filters, edits.
 */
#include "storage-kit-private.h"

#include <time.h>

#define S(text) brg_cstr(text)

static struct brg_op op_act(const struct brg_id *id, const struct brg_id *owner, int kind)
{
	struct brg_op op = kit_op_record(id, owner);

	op.expect = BRG_ANY;
	op.u.record.kind = kind;
	return op;
}

static struct kit_world *world(struct kit *k, struct kit_store **st)
{
	*st = kit_open(k, BRG_OPEN_CREATE);
	return k->failed ? NULL : kit_world(*st, 1, 1);
}

/* ---- the feed -------------------------------------------------------------------------------*/

int64_t kit_feed(struct kit_store *st, const struct brg_query *q, int64_t want,
		 struct brg_row **rows)
{
	const struct timespec pause = { 0, 10000000 };
	int64_t n = kit_rows(st, q, rows);

	for (int i = 0; i < 500 && n >= 0 && n < want; i++) {
		nanosleep(&pause, NULL);
		n = kit_rows(st, q, rows);
	}
	return n;
}

static void feed_tells_each_once(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_CHANGES }, last;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[3], mail = kit_id(k);
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_record(&mail, &w->owner)), BRG_COMMITTED);
	for (int i = 0; i < 3; i++) {
		ids[i] = kit_id(k);
		CHECK_RC(k, st,
			 kit_commit_one(st, op_act(&ids[i], &w->owner, i ? BRG_TASK : BRG_CONTACT)),
			 BRG_COMMITTED);
	}
	CHECK(k, kit_feed(st, &q, 3, &rows) == 3);
	for (int i = 0; i < 3; i++)
		CHECK(k, brg_id_eq(&rows[i].u.change.record, &ids[i]) &&
				 rows[i].u.change.version == 1 && !rows[i].u.change.deleted);
	CHECK(k, rows[0].u.change.kind == BRG_CONTACT && rows[1].u.change.kind == BRG_TASK);
	last = (struct brg_query){ .what = BRG_READ_CHANGES, .remote = S("last") };
	CHECK(k, brg_str_eq(kit_row(st, &last)->u.change.position, rows[2].u.change.position));
	q.text = rows[1].u.change.position;
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.change.record, &ids[2]));
	q.text = rows[0].u.change.position;
	CHECK(k, kit_count(st, &q) == 0);
	/* Again, twice: one row, at the end. */
	op = op_act(&ids[0], &w->owner, BRG_CONTACT);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.record.deleted_us = KIT_NOW;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1 && brg_id_eq(&rows[0].u.change.record, &ids[0]) &&
			 rows[0].u.change.version == 3 && rows[0].u.change.deleted);
	q.text = S("");
	CHECK(k, kit_count(st, &q) == 3);
	q.number = BRG_TASK;
	CHECK(k, kit_count(st, &q) == 2);
	q.number = 0;
	q.limit = 2;
	CHECK(k, kit_rows(st, &q, &rows) == 2 && brg_id_eq(&rows[0].u.change.record, &ids[1]));
	q.limit = 0;
	q.text = S("no position of ours");
	CHECK(k, kit_count(st, &q) == 3);
}

/* A refused step leaves nothing; another epoch begins anew. */
static void feed_keeps_its_word(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_CHANGES }, store = { .what = BRG_READ_STORE };
	struct brg_op ops[2], op = { .type = BRG_OP_STORE };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_row *rows;
	struct brg_id id = kit_id(k), other = kit_id(k);

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_act(&id, &w->owner, BRG_TASK)), BRG_COMMITTED);
	ops[0] = op_act(&other, &w->owner, BRG_TASK);
	ops[1] = op_act(&id, &w->owner, BRG_TASK);
	ops[1].expect = 7;
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1 && rows[0].u.change.version == 1);
	q.text = rows[0].u.change.position;
	op.u.store = kit_row(st, &store)->u.store;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0);
	op.u.store.epoch++;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	q.text = rows[0].u.change.position;
	CHECK(k, kit_count(st, &q) == 0);
}

/* ---- by what records are found --------------------------------------------------------------*/

static struct brg_op op_found(const struct brg_id *id, int kind, const struct brg_moment *moments,
			      size_t n)
{
	return (struct brg_op){
		.type = BRG_OP_FOUND_BY,
		.u.found_by = { .record = *id, .kind = kind, .moments = moments, .n_moments = n }
	};
}

static void moments_are_scheduled(struct kit *k)
{
	struct brg_moment moments[] = { { 404, KIT_NOW }, { 405, KIT_NOW + 10 } };
	struct brg_query q = { .what = BRG_READ_SCHEDULE, .number = 404 };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[4];
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	for (int i = 0; i < 4; i++) {
		ids[i] = kit_id(k);
		moments[0].at_us = KIT_NOW + 100 - i;
		CHECK_RC(k, st, kit_commit_one(st, op_act(&ids[i], &w->owner, BRG_APPOINTMENT)),
			 BRG_COMMITTED);
		CHECK_RC(k, st, kit_commit_one(st, op_found(&ids[i], BRG_APPOINTMENT, moments, 2)),
			 BRG_COMMITTED);
	}
	q.now_us = KIT_NOW + 97;
	q.until_us = KIT_NOW + 100;
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	CHECK(k,
	      brg_id_eq(&rows[0].u.record.id, &ids[3]) && brg_id_eq(&rows[2].u.record.id, &ids[1]));
	/* The new ones and no others; the deleted are left out. */
	moments[0].at_us = KIT_NOW + 1000;
	CHECK_RC(k, st, kit_commit_one(st, op_found(&ids[3], BRG_APPOINTMENT, moments, 1)),
		 BRG_COMMITTED);
	op = op_act(&ids[2], &w->owner, BRG_APPOINTMENT);
	op.u.record.deleted_us = KIT_NOW;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &ids[1]));
	q.number = 405;
	q.now_us = KIT_NOW;
	CHECK(k, kit_count(st, &q) == 2);
	CHECK_RC(k, st, kit_commit_one(st, op_found(&ids[1], BRG_APPOINTMENT, NULL, 0)),
		 BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 1);
}

static void parties_are_replaced(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_PARTIES };
	struct brg_party_row parties[2] = { { .type = BRG_PARTY_USER, .role = 1 },
					    { .type = BRG_PARTY_REFERENCE, .role = 3 } };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id id = kit_id(k);
	struct brg_row *rows;
	struct brg_op op = op_found(&id, BRG_APPOINTMENT, NULL, 0);

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_act(&id, &w->owner, BRG_APPOINTMENT)), BRG_COMMITTED);
	parties[0].object = w->owner;
	parties[1].object = kit_id(k);
	parties[0].record = parties[1].record = q.other = id;
	op.u.found_by.parties = parties;
	op.u.found_by.n_parties = 2;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 2);
	op.u.found_by.n_parties = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.party.object, &w->owner) &&
			 rows[0].u.party.role == 1 && rows[0].u.party.type == BRG_PARTY_USER);
	op.u.found_by.n_parties = 0;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0);
}

static void clues_are_replaced(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_CLUES };
	struct brg_clue_row clues[2] = { { .type = 3, .value = S("new") },
					 { .type = 5, .value = S("five") } };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_op op, clue = { .type = BRG_OP_CLUE, .expect = BRG_ANY };
	struct brg_id id = kit_id(k);
	struct brg_row *rows;

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_act(&id, &w->owner, BRG_CONTACT)), BRG_COMMITTED);
	for (int type = 3; type < 5; type++) {
		clue.u.clue =
			(struct brg_clue_row){ .type = type, .value = S("old"), .record = id };
		CHECK_RC(k, st, kit_commit_one(st, clue), BRG_COMMITTED);
	}
	op = op_found(&id, BRG_CONTACT, NULL, 0);
	op.u.found_by.types = 1u << 3 | 1u << 5;
	op.u.found_by.clues = clues;
	op.u.found_by.n_clues = 2;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.other = id;
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	CHECK(k, rows[0].u.clue.type == 3 && brg_str_eq(rows[0].u.clue.value, S("new")) &&
			 rows[1].u.clue.type == 4 && rows[2].u.clue.type == 5);
}

/* What a day makes of a filter: the records do not change, and are looked at again. */
static void moments_are_touched(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_CHANGES }, links = { .what = BRG_READ_LINKS_DIRTY };
	struct brg_op op = { .type = BRG_OP_TOUCH }, link;
	struct brg_moment moment = { 307, 0 };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[4], id;
	struct brg_row *rows;

	CHECK_STILL(k);
	for (int i = 0; i < 4; i++) {
		ids[i] = kit_id(k);
		moment.at_us = KIT_NOW + i;
		CHECK_RC(k, st, kit_commit_one(st, op_act(&ids[i], &w->owner, BRG_TASK)),
			 BRG_COMMITTED);
		CHECK_RC(k, st, kit_commit_one(st, op_found(&ids[i], BRG_TASK, &moment, 1)),
			 BRG_COMMITTED);
		id = kit_id(k);
		link = kit_op_link(&id, &w->mailboxes[0], &ids[i], "");
		link.u.link.remote_id = kit_printf(k, "%d", i);
		link.u.link.kind = BRG_TASK;
		link.u.link.seen_version = 1;
		CHECK_RC(k, st, kit_commit_one(st, link), BRG_COMMITTED);
	}
	CHECK(k, kit_feed(st, &q, 4, &rows) == 4);
	q.text = rows[3].u.change.position;
	op.u.touch = (struct brg_touch){ BRG_TASK, 307, KIT_NOW, KIT_NOW + 2 };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_feed(st, &q, 2, &rows) == 2);
	CHECK(k, brg_id_eq(&rows[0].u.change.record, &ids[1]) &&
			 brg_id_eq(&rows[1].u.change.record, &ids[2]) &&
			 rows[0].u.change.version == 1);
	links.mailbox = w->mailboxes[0];
	CHECK(k, kit_rows(st, &links, &rows) == 2);
	CHECK(k, brg_id_eq(&rows[0].u.link.record, &ids[1]) && rows[0].u.link.version == 2 &&
			 rows[0].u.link.record_now == 1);
	/* And what changes after it comes behind it. */
	CHECK_RC(k, st, kit_commit_one(st, op_act(&ids[0], &w->owner, BRG_TASK)), BRG_COMMITTED);
	CHECK(k, kit_feed(st, &q, 3, &rows) == 3 && brg_id_eq(&rows[2].u.change.record, &ids[0]));
	op.u.touch.kind = BRG_APPOINTMENT;
	op.u.touch.after_us = 0;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 3);
}

/* ---- lists ----------------------------------------------------------------------------------*/

static void deleted_records_are_left_out(struct kit *k)
{
	struct brg_query all = { .what = BRG_READ_RECORDS }, one = all;
	struct brg_query act = { .what = BRG_READ_RECORDS_ACT }, of = act, gone = act;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[6], nobody = kit_id(k);
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	for (int i = 0; i < 6; i++) { /* two of each kind, the mails first */
		ids[i] = kit_id(k);
		op = op_act(&ids[i], &w->owner, BRG_EMAIL + i / 2);
		op.u.record.sorted_us = KIT_NOW + i;
		op.u.record.keys = S("{\"1\":2}");
		if (i == 5)
			op.u.record.deleted_us = KIT_NOW + 5;
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	CHECK(k, kit_count(st, &all) == 5);
	one.id = ids[5];
	CHECK(k, kit_rows(st, &one, &rows) == 1 && rows[0].u.record.deleted_us == KIT_NOW + 5 &&
			 brg_str_eq(rows[0].u.record.keys, S("{\"1\":2}")));
	CHECK(k, kit_rows(st, &act, &rows) == 3 && brg_id_eq(&rows[0].u.record.id, &ids[4]) &&
			 brg_id_eq(&rows[2].u.record.id, &ids[2]));
	act.limit = 2;
	act.after = ids[3];
	CHECK(k, kit_rows(st, &act, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &ids[2]));
	of.number = BRG_CONTACT;
	of.other = w->owner;
	CHECK(k, kit_rows(st, &of, &rows) == 2 && brg_id_eq(&rows[0].u.record.id, &ids[3]));
	of.after = ids[3];
	CHECK(k, kit_count(st, &of) == 1);
	of.after = ids[2];
	of.number = 0;
	CHECK(k, kit_count(st, &of) == 0);
	of.other = nobody;
	of.after = (struct brg_id){ { 0 } };
	CHECK(k, kit_count(st, &of) == 0);
	gone.remote = S("deleted");
	CHECK(k, kit_rows(st, &gone, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &ids[5]));
	gone.viewer = nobody;
	CHECK(k, kit_count(st, &gone) == 0);
	gone.viewer = w->owner;
	CHECK(k, kit_count(st, &gone) == 1);
}

static void mail_alone_ages(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_AGED, .now_us = KIT_NOW + 1 };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id mail = kit_id(k), contact = kit_id(k);
	struct brg_row *rows;

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_act(&contact, &w->owner, BRG_CONTACT)),
		 BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_record(&mail, &w->owner)), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &mail));
}

/* ---- what people see ------------------------------------------------------------------------*/

static void history_is_kept(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_HISTORY }, of = q, run = q;
	struct brg_op op = { .type = BRG_OP_HISTORY };
	struct brg_history_row *r = &op.u.history;
	const struct brg_history_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[3], record = kit_id(k), visit = kit_id(k);
	struct brg_row *rows;

	CHECK_STILL(k);
	for (int i = 0; i < 3; i++) {
		ids[i] = kit_id(k);
		*r = (struct brg_history_row){ .id = ids[i],
					       .record = record,
					       .run = visit,
					       .version = i,
					       .who = S("anna"),
					       .code = S("BRG-KIT-0001"),
					       .params = S("a=b"),
					       .changes = S("{}") };
		if (i)
			r->mailbox = w->mailboxes[0];
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	q.other = record;
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	got = &rows[0].u.history;
	CHECK(k, brg_id_eq(&got->id, &ids[2]) && brg_id_eq(&got->record, &record) &&
			 brg_id_eq(&got->run, &visit) &&
			 brg_id_eq(&got->mailbox, &w->mailboxes[0]));
	CHECK(k, got->version == 2 && brg_str_eq(got->who, S("anna")) &&
			 brg_str_eq(got->code, S("BRG-KIT-0001")) &&
			 brg_str_eq(got->params, S("a=b")) && brg_str_eq(got->changes, S("{}")));
	CHECK(k, brg_id_is_nil(&rows[2].u.history.mailbox));
	q.after = ids[2];
	CHECK(k, kit_rows(st, &q, &rows) == 2 && brg_id_eq(&rows[0].u.history.id, &ids[1]));
	of.mailbox = w->mailboxes[0];
	CHECK(k, kit_count(st, &of) == 2);
	run.text = (struct brg_str){ (const char *)visit.b, 16 };
	CHECK(k, kit_count(st, &run) == 3);
}

static void conflicts_open_once(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_CONFLICTS }, of = q, one = q;
	struct brg_op op = { .type = BRG_OP_CONFLICT };
	struct brg_conflict_row *r = &op.u.conflict;
	const struct brg_conflict_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id first = kit_id(k), record = kit_id(k), link = kit_id(k);

	CHECK_STILL(k);
	*r = (struct brg_conflict_row){ .id = first,
					.record = record,
					.mailbox = w->mailboxes[0],
					.link = link,
					.group = S("name"),
					.base = S("1"),
					.ours = S("2"),
					.theirs = S("3"),
					.opened_us = KIT_NOW };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	r->id = kit_id(k);
	r->theirs = S("4");
	r->opened_us = KIT_NOW + 9;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	of.other = record;
	CHECK(k, kit_count(st, &q) == 1 && kit_count(st, &of) == 1);
	got = &kit_row(st, &q)->u.conflict;
	CHECK(k, brg_id_eq(&got->id, &first) && got->opened_us == KIT_NOW &&
			 brg_str_eq(got->group, S("name")) && brg_str_eq(got->theirs, S("4")));
	CHECK(k, brg_id_eq(&got->record, &record) && brg_id_eq(&got->link, &link) &&
			 brg_str_eq(got->base, S("1")) && brg_str_eq(got->ours, S("2")));
	r->closed_us = KIT_NOW + 10;
	r->resolution = BRG_TAKE_ITEM;
	r->who = S("anna");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0 && kit_count(st, &of) == 0);
	q.number = of.number = 1;
	CHECK(k, kit_count(st, &q) == 1 && kit_count(st, &of) == 1);
	one.id = first;
	got = &kit_row(st, &one)->u.conflict;
	CHECK(k, got->closed_us == KIT_NOW + 10 && got->resolution == BRG_TAKE_ITEM &&
			 brg_str_eq(got->who, S("anna")));
	r->closed_us = 0;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	of = (struct brg_query){ .what = BRG_READ_CONFLICTS, .mailbox = w->mailboxes[0] };
	CHECK(k, kit_count(st, &of) == 1 && kit_count(st, &q) == 2);
}

static void plans_wait(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_PLANS }, of = q;
	struct brg_query lines = { .what = BRG_READ_PLAN_LINES };
	struct brg_op op = { .type = BRG_OP_PLAN, .expect = BRG_NEW };
	struct brg_op line = { .type = BRG_OP_PLAN_LINE };
	const struct brg_plan_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_row *rows;
	struct brg_id id = kit_id(k), second = kit_id(k);

	CHECK_STILL(k);
	op.u.plan = (struct brg_plan_row){ .id = id,
					   .mailbox = w->mailboxes[0],
					   .state = BRG_PLAN_WAITS,
					   .made_us = KIT_NOW,
					   .who = S(""),
					   .code = S("BRG-KIT-0001"),
					   .params = S("a=b"),
					   .counts = S("{\"n\":1}"),
					   .basis = S("basis") };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	for (int64_t i = 1; i <= 3; i++) {
		line.u.plan_line = (struct brg_plan_line_row){ .plan = id,
							       .seq = i,
							       .side = 2,
							       .effect = 7,
							       .kind = BRG_TASK,
							       .mails_out = i,
							       .folder = S("f"),
							       .remote_id = S("r") };
		CHECK_RC(k, st, kit_commit_one(st, line), BRG_COMMITTED);
	}
	op.u.plan.id = second;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.plan.state = BRG_PLAN_APPROVED;
	op.u.plan.decided_us = KIT_NOW + 1;
	op.u.plan.who = S("anna");
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK(k, kit_rows(st, &q, &rows) == 2);
	got = &rows[0].u.plan;
	CHECK(k, brg_id_eq(&got->id, &second) && got->version == 2 &&
			 got->state == BRG_PLAN_APPROVED && got->decided_us == KIT_NOW + 1);
	CHECK(k, brg_str_eq(got->who, S("anna")) && brg_str_eq(got->basis, S("basis")) &&
			 brg_str_eq(got->counts, S("{\"n\":1}")) && got->made_us == KIT_NOW);
	q.number = BRG_PLAN_WAITS;
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.plan.id, &id));
	of.mailbox = w->mailboxes[0];
	CHECK(k, kit_count(st, &of) == 2);
	of.number = BRG_PLAN_APPROVED;
	CHECK(k, kit_count(st, &of) == 1);
	lines.other = id;
	CHECK(k, kit_rows(st, &lines, &rows) == 3);
	CHECK(k, rows[1].u.plan_line.seq == 2 && rows[1].u.plan_line.mails_out == 2 &&
			 rows[1].u.plan_line.effect == 7 && rows[1].u.plan_line.side == 2 &&
			 brg_str_eq(rows[1].u.plan_line.remote_id, S("r")));
	lines.number = 2;
	CHECK(k, kit_count(st, &lines) == 1);
}

static void filters_are_kept(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_FILTERS }, one = q, of = q;
	struct brg_op op = { .type = BRG_OP_FILTER, .expect = BRG_NEW };
	const struct brg_filter_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id id = kit_id(k);

	CHECK_STILL(k);
	op.u.filter = (struct brg_filter_row){ .id = id,
					       .owner = w->owner,
					       .type = BRG_FILTER_USER,
					       .kind = BRG_CONTACT,
					       .active = true,
					       .name = S("mine"),
					       .text = S("owner = me") };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.filter.id = kit_id(k); /* the name is taken */
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	op.u.filter.owner = (struct brg_id){ { 0 } };
	op.u.filter.type = BRG_FILTER_SYSTEM;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.filter.id = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK(k, kit_count(st, &q) == 2);
	of.other = w->owner;
	CHECK(k, kit_count(st, &of) == 1);
	of.number = 1;
	CHECK(k, kit_count(st, &of) == 2);
	op.u.filter = kit_row(st, &q)->u.filter;
	op.u.filter.active = false;
	op.u.filter.text = S("");
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	one.id = id;
	got = &kit_row(st, &one)->u.filter;
	CHECK(k, brg_id_eq(&got->owner, &w->owner) && got->version == 2 && !got->active &&
			 got->type == BRG_FILTER_USER && got->kind == BRG_CONTACT &&
			 brg_str_eq(got->name, S("mine")) && got->text.len == 0);
	op.type = BRG_OP_FILTER_DROP;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 1);
}

static void tracked_folders_are_kept(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_TRACKED }, one = q, cursors = q;
	struct brg_op op = { .type = BRG_OP_TRACKED, .expect = BRG_NEW };
	struct brg_op cursor = { .type = BRG_OP_CURSOR }, forget = { .type = BRG_OP_FORGET };
	const struct brg_tracked_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id thing = kit_id(k);

	CHECK_STILL(k);
	q.mailbox = one.mailbox = w->mailboxes[0];
	one.folder = S("F1");
	cursors.what = BRG_READ_CURSORS;
	op.u.tracked = (struct brg_tracked_row){ .mailbox = w->mailboxes[0],
						 .folder = S("F1"),
						 .state = BRG_TRACKED_ON,
						 .relink = true,
						 .regarding = thing,
						 .made_us = 7,
						 .name = S("Projects") };
	cursor.u.cursor = (struct brg_cursor_row){
		.mailbox = w->mailboxes[0], .folder = S("F1"), .value = S("v"), .lane = BRG_INCOMING
	};
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK_RC(k, st, kit_commit_one(st, cursor), BRG_COMMITTED);
	got = &kit_row(st, &one)->u.tracked;
	CHECK(k, got->state == BRG_TRACKED_ON && got->relink && brg_id_eq(&got->regarding, &thing));
	CHECK(k, got->version == 1 && got->made_us == 7 && brg_str_eq(got->name, S("Projects")));
	op.u.tracked.folder = S("F2");
	op.u.tracked.name = S("A");
	op.u.tracked.regarding = (struct brg_id){ { 0 } };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.tracked.state = BRG_TRACKED_OFF;
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK(k, kit_count(st, &q) == 2);
	CHECK(k, kit_row(st, &q)->u.tracked.state == BRG_TRACKED_OFF); /* by name */
	/* The thing goes, and the folder is tracked without it. */
	forget.u.forget = (struct brg_forget){ .type = BRG_PARTY_REFERENCE, .id = thing };
	CHECK_RC(k, st, kit_commit_one(st, forget), BRG_COMMITTED);
	got = &kit_row(st, &one)->u.tracked;
	CHECK(k, got->version == 2 && brg_id_is_nil(&got->regarding));
	op.type = BRG_OP_TRACKED_DROP;
	op.u.tracked.folder = S("F1");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 1 && kit_count(st, &cursors) == 0);
	q.mailbox = (struct brg_id){ { 0 } };
	CHECK(k, kit_count(st, &q) == 1);
}

static void edits_are_done_once(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_EDITS, .number = BRG_EDIT_NEW }, all = q;
	struct brg_op op = { .type = BRG_OP_EDIT }, did = { .type = BRG_OP_EDIT_DONE };
	const struct brg_edit_row *got;
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_row *rows;

	CHECK_STILL(k);
	op.u.edit = (struct brg_edit_row){ .op = S("new"),
					   .kind = S("contact"),
					   .owner = S("kit"),
					   .expect = 3,
					   .fields = S("{\"a\":1}"),
					   .who = S("crm") };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 2 && rows[0].u.edit.number < rows[1].u.edit.number);
	got = &rows[0].u.edit;
	CHECK(k, brg_str_eq(got->op, S("new")) && brg_str_eq(got->kind, S("contact")) &&
			 brg_str_eq(got->owner, S("kit")) && brg_str_eq(got->who, S("crm")));
	CHECK(k, got->expect == 3 && brg_id_is_nil(&got->record) && got->state == BRG_EDIT_NEW &&
			 brg_str_eq(got->fields, S("{\"a\":1}")));
	did.u.edit = (struct brg_edit_row){ .number = got->number,
					    .state = BRG_EDIT_DONE,
					    .record = w->owner,
					    .code = S("BRG-KIT-0001"),
					    .params = S("a=b"),
					    .reason = S("why") };
	CHECK_RC(k, st, kit_commit_one(st, did), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, did), BRG_REFUSED);
	CHECK(k, kit_count(st, &q) == 1);
	q.number = BRG_EDIT_DONE;
	got = &kit_row(st, &q)->u.edit;
	CHECK(k, got->number == did.u.edit.number && brg_id_eq(&got->record, &w->owner) &&
			 brg_str_eq(got->code, S("BRG-KIT-0001")) &&
			 brg_str_eq(got->params, S("a=b")) && brg_str_eq(got->reason, S("why")));
	all.number = -1;
	CHECK(k, kit_count(st, &all) == 2);
	all.text = kit_printf(k, "%lld", (long long)did.u.edit.number);
	CHECK(k, kit_count(st, &all) == 1);
}

/* ---- nothing of a person stays --------------------------------------------------------------*/

static struct brg_op of_record(int type, const struct brg_id *mailbox, const struct brg_id *record,
			       const struct brg_id *link, const struct brg_id *id)
{
	struct brg_op op = { .type = type };

	if (type == BRG_OP_SHADOW)
		op.u.shadow = (struct brg_shadow_row){ *mailbox, *link, S("1"), S("2"), S("") };
	if (type == BRG_OP_INTENT)
		op.u.intent = (struct brg_intent_row){ .mailbox = *mailbox,
						       .id = *id,
						       .record = *record };
	if (type == BRG_OP_HISTORY)
		op.u.history = (struct brg_history_row){ .id = *id, .record = *record };
	if (type == BRG_OP_CONFLICT)
		op.u.conflict = (struct brg_conflict_row){
			.id = *id, .record = *record, .mailbox = *mailbox, .link = *link
		};
	if (type == BRG_OP_EDIT)
		op.u.edit = (struct brg_edit_row){ .op = S("edit"), .record = *record };
	return op;
}

static void forgetting_takes_all(struct kit *k)
{
	static const int types[] = { BRG_OP_SHADOW, BRG_OP_INTENT, BRG_OP_HISTORY, BRG_OP_CONFLICT,
				     BRG_OP_EDIT };
	struct brg_moment moment = { 404, KIT_NOW };
	struct brg_op op, forget = { .type = BRG_OP_FORGET };
	struct brg_query reads[] = {
		{ .what = BRG_READ_SHADOWS },
		{ .what = BRG_READ_INTENTS },
		{ .what = BRG_READ_HISTORY },
		{ .what = BRG_READ_CONFLICTS },
		{ .what = BRG_READ_EDITS },
		{ .what = BRG_READ_SCHEDULE, .number = 404, .until_us = INT64_MAX },
		{ .what = BRG_READ_LINKS },
	};
	struct brg_query q = { .what = BRG_READ_CHANGES };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id record = kit_id(k), link = kit_id(k), id;
	struct brg_row *rows;

	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_act(&record, &w->owner, BRG_TASK)), BRG_COMMITTED);
	op = kit_op_link(&link, &w->mailboxes[0], &record, "r");
	op.u.link.kind = BRG_TASK;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_found(&record, BRG_TASK, &moment, 1)), BRG_COMMITTED);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		id = kit_id(k);
		op = of_record(types[i], &w->mailboxes[0], &record, &link, &id);
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		reads[i].other = record;
		CHECK(k, kit_count(st, &reads[i]) == 1);
	}
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1);
	q.text = rows[0].u.change.position;
	forget.u.forget.id = record;
	CHECK_RC(k, st, kit_commit_one(st, forget), BRG_COMMITTED);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		CHECK(k, kit_count(st, &reads[i]) == 0);
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1 && rows[0].u.change.deleted &&
			 brg_id_eq(&rows[0].u.change.record, &record));
}

const struct kit_case kit_feed_cases[] = {
	{ "feed-tells-each-once", STORAGE_KIT_READS, feed_tells_each_once },
	{ "feed-keeps-its-word", STORAGE_KIT_READS, feed_keeps_its_word },
	{ "moments-are-scheduled", STORAGE_KIT_READS, moments_are_scheduled },
	{ "parties-are-replaced", STORAGE_KIT_STEPS, parties_are_replaced },
	{ "clues-are-replaced", STORAGE_KIT_STEPS, clues_are_replaced },
	{ "moments-are-touched", STORAGE_KIT_STEPS, moments_are_touched },
	{ "deleted-records-are-left-out", STORAGE_KIT_READS, deleted_records_are_left_out },
	{ "mail-alone-ages", STORAGE_KIT_READS, mail_alone_ages },
	{ "history-is-kept", STORAGE_KIT_STEPS, history_is_kept },
	{ "conflicts-open-once", STORAGE_KIT_STEPS, conflicts_open_once },
	{ "plans-wait", STORAGE_KIT_STEPS, plans_wait },
	{ "filters-are-kept", STORAGE_KIT_STEPS, filters_are_kept },
	{ "tracked-folders-are-kept", STORAGE_KIT_STEPS, tracked_folders_are_kept },
	{ "edits-are-done-once", STORAGE_KIT_STEPS, edits_are_done_once },
	{ "forgetting-takes-all", STORAGE_KIT_STEPS, forgetting_takes_all },
	{ NULL, 0, NULL },
};
