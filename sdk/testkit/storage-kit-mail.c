/* SPDX-License-Identifier: Apache-2.0
 *
 * What email needs of a store: who has an address, one record for one mail, clues, the outbox,
 * who may see what, and forgetting.
 */
#include "storage-kit-private.h"

static struct brg_op same(const char *key, int64_t n)
{
	struct brg_op op = { .type = BRG_OP_SAME };

	op.u.same = (struct brg_same){ brg_cstr(key), n };
	return op;
}

static void one_record_for_one_mail(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id id;
	struct brg_op ops[3];

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	id = kit_id(k);
	ops[0] = same("key", 0);
	ops[1] = kit_op_record(&id, &w->owner);
	ops[1].u.record.message_key = brg_cstr("key");
	ops[2] = same("key", 1); /* earlier ops of the step count */
	CHECK_RC(k, st, kit_commit(st, ops, 3), BRG_COMMITTED);
	id = kit_id(k);
	ops[1].u.record.id = id;
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	CHECK(k, st->failed == 0);
	ops[0].u.same.n = 1; /* another mail with the same Message-ID */
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, same("key", 2)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, same("other", 0)), BRG_COMMITTED);
}

static struct brg_op state(const struct brg_id *mailbox, int type, const char *value)
{
	struct brg_op op = { .type = type };

	op.u.state = (struct brg_state_row){ *mailbox, brg_cstr("name"), brg_cstr(value) };
	return op;
}

static void states_are_swapped(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_id any;
	struct brg_query q = { .what = BRG_READ_STATES };
	const struct brg_row *row;
	struct brg_op ops[2];

	CHECK_STILL(k);
	any = kit_id(k); /* a profile's as well as a mailbox's */
	ops[0] = state(&any, BRG_OP_STATE_IS, "");
	ops[1] = state(&any, BRG_OP_STATE, "one");
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	ops[0] = state(&any, BRG_OP_STATE_IS, "on");
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	ops[0] = state(&any, BRG_OP_STATE_IS, "one");
	ops[1] = state(&any, BRG_OP_STATE, "two");
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	q.mailbox = any;
	row = kit_row(st, &q);
	CHECK(k, row && brg_str_eq(row->u.state.value, brg_cstr("two")));
}

static struct brg_op reference(const struct brg_id *id, const char *kind, const char *name)
{
	struct brg_op op = { .type = BRG_OP_REFERENCE, .expect = BRG_NEW };

	op.u.reference = (struct brg_reference_row){
		.id = *id, .kind = brg_cstr(kind), .name = brg_cstr(name), .title = brg_cstr("t")
	};
	return op;
}

static void addresses_lead_to_who_has_them(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_str two[] = { brg_cstr("a@x"), brg_cstr("b@x") };
	struct brg_query q = { .what = BRG_READ_ADDRESSES };
	struct brg_op op = { .type = BRG_OP_ADDRESSES };
	struct brg_id first, second;
	struct brg_row *rows;

	CHECK_STILL(k);
	first = kit_id(k);
	second = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, reference(&first, "case", "1")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, reference(&second, "case", "1")), BRG_REFUSED);
	CHECK_RC(k, st, kit_commit_one(st, reference(&second, "lead", "1")), BRG_COMMITTED);
	op.u.addresses = (struct brg_addresses){ BRG_PARTY_REFERENCE, first, two, 2 };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.addresses = (struct brg_addresses){ BRG_PARTY_REFERENCE, second, two, 1 };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.text = two[0];
	CHECK(k, kit_rows(st, &q, &rows) == 2);
	CHECK(k, brg_str_eq(rows[0].u.address.kind, brg_cstr("case")));
	CHECK(k, brg_str_eq(rows[1].u.address.kind, brg_cstr("lead")));
	/* They are replaced, not added to. */
	op.u.addresses = (struct brg_addresses){ BRG_PARTY_REFERENCE, first, two + 1, 1 };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	q = (struct brg_query){ .what = BRG_READ_ADDRESSES, .other = first };
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	q = (struct brg_query){ .what = BRG_READ_REFERENCES };
	q.text = brg_cstr("1");
	q.remote = brg_cstr("lead");
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.reference.id, &second));
}

static void external_names_are_unique(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_EXTERNALS };
	struct brg_op op = { .type = BRG_OP_EXTERNAL, .expect = BRG_NEW };
	const struct brg_row *row;
	struct brg_id first, second;

	CHECK_STILL(k);
	first = kit_id(k);
	second = kit_id(k);
	op.u.external = (struct brg_external_row){ brg_cstr("crm"), brg_cstr("1"), first };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED); /* its own already */
	op.u.external.object = second;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	op.expect = BRG_ANY;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.remote = brg_cstr("crm");
	q.text = brg_cstr("1");
	row = kit_row(st, &q);
	CHECK(k, row && brg_id_eq(&row->u.external.object, &second));
}

static void clues_lead_to_records(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_CLUES, .number = 1 };
	struct brg_op op = { .type = BRG_OP_CLUE, .expect = BRG_NEW };
	struct kit_world *w;
	struct brg_row *rows;
	struct brg_id first, second;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	first = kit_id(k);
	second = kit_id(k);
	op.u.clue = (struct brg_clue_row){ 1, brg_cstr("token"), first };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.clue.record = second;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	op.u.clue.type = 2; /* another type is another clue */
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.clue.type = 1;
	op.expect = BRG_ANY;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.text = brg_cstr("token");
	CHECK(k, kit_rows(st, &q, &rows) == 2);
	CHECK(k, brg_id_eq(&rows[0].u.clue.record, &second)); /* newest first */
	q.text = brg_cstr("toke");
	CHECK(k, kit_rows(st, &q, &rows) == 0);
	/* The records themselves, those that are there. */
	q = (struct brg_query){ .what = BRG_READ_RECORDS, .number = 1, .text = brg_cstr("token") };
	CHECK(k, kit_rows(st, &q, &rows) == 0);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_record(&first, &w->owner)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_record(&second, &w->owner)), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 2 && brg_id_eq(&rows[0].u.record.id, &second));
	q.limit = 1;
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &second));
	q.viewer = first; /* nobody */
	CHECK(k, kit_rows(st, &q, &rows) == 0);
}

static struct brg_op outgoing(const struct brg_id *record, const struct brg_id *mailbox, int at)
{
	struct brg_op op = { .type = BRG_OP_OUTGOING, .expect = BRG_NEW };

	op.u.outgoing = (struct brg_outgoing_row){ .record = *record,
						   .mailbox = *mailbox,
						   .state = BRG_OUT_PENDING,
						   .next_us = KIT_NOW + at,
						   .attempt = UINT64_MAX >> 1,
						   .recipients = brg_cstr("[]") };
	return op;
}

static void the_outbox_is_versioned(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_OUTGOING, .number = BRG_OUT_PENDING };
	struct brg_id mailbox, ids[3];
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	mailbox = kit_id(k);
	for (int i = 0; i < 3; i++) {
		ids[i] = kit_id(k);
		CHECK_RC(k, st, kit_commit_one(st, outgoing(&ids[i], &mailbox, 10 - 5 * i)),
			 BRG_COMMITTED);
	}
	CHECK_RC(k, st, kit_commit_one(st, outgoing(&ids[0], &mailbox, 0)), BRG_REFUSED);
	q.mailbox = mailbox;
	q.now_us = KIT_NOW + 5;
	CHECK(k, kit_rows(st, &q, &rows) == 2); /* what is due, the longest first */
	CHECK(k, brg_id_eq(&rows[0].u.outgoing.record, &ids[2]));
	CHECK(k, rows[0].u.outgoing.attempt == UINT64_MAX >> 1);
	op = (struct brg_op){ .type = BRG_OP_OUTGOING, .expect = rows[0].u.outgoing.version };
	op.u.outgoing = rows[0].u.outgoing;
	op.u.outgoing.state = BRG_OUT_SENDING;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED); /* somebody was faster */
	CHECK(k, kit_rows(st, &q, &rows) == 1);
	q = (struct brg_query){ .what = BRG_READ_OUTGOING, .number = BRG_OUT_SENDING };
	q.mailbox = mailbox;
	q.now_us = INT64_MAX;
	CHECK(k, kit_rows(st, &q, &rows) == 1 && rows[0].u.outgoing.version == 2);
}

static struct brg_op owner(const struct brg_id *id, int type, const char *name, const char *team)
{
	struct brg_op op = { .type = BRG_OP_OWNER, .expect = BRG_NEW };

	op.u.owner = (struct brg_owner_row){ .id = *id,
					     .type = type,
					     .name = brg_cstr(name),
					     .settings = brg_cstr("{}"),
					     .team = brg_cstr(team) };
	return op;
}

static void records_are_seen_by_those_who_may(struct kit *k)
{
	/* Whose, how visible, regarding what (0: nothing, 1: private of a, 2: everyone's). */
	static const struct {
		int owner, visibility, regarding;
		bool seen[3]; /* by a, b (of a's team) and c */
		int reader;   /* who has it, too, + 1; 0: nobody */
	} cases[] = {
		{ 0, BRG_PRIVATE, 0, { true, false, false }, 0 },
		{ 0, BRG_TEAM, 0, { true, true, false }, 0 },
		{ 0, BRG_EVERYONE, 0, { true, true, true }, 0 },
		{ 0, BRG_AS_REFERENCE, 0, { true, false, false }, 0 },
		{ 2, BRG_AS_REFERENCE, 1, { true, false, true }, 0 },
		{ 2, BRG_AS_REFERENCE, 2, { true, true, true }, 0 },
		{ 2, BRG_PRIVATE, 2, { false, false, true }, 0 },
		{ 2, BRG_TEAM, 0, { false, false, true }, 0 },	      /* c has no team */
		{ 3, BRG_AS_REFERENCE, 0, { true, true, false }, 0 }, /* a queue of that team */
		{ 4, BRG_AS_REFERENCE, 0, { true, true, true }, 0 },  /* a queue of nobody's */
		{ 3, BRG_PRIVATE, 0, { false, false, false }, 0 },
		{ 2, BRG_PRIVATE, 0, { false, true, true }, 2 }, /* b has it as well */
		{ 2, BRG_TEAM, 0, { true, true, true }, 2 },	 /* and b has a team */
		{ 2, BRG_AS_REFERENCE, 0, { true, true, true }, 4 },
	};
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_RECORDS };
	struct brg_id owners[5], refs[3] = { { { 0 } } };
	struct brg_op op;

	CHECK_STILL(k);
	for (int i = 0; i < 5; i++)
		owners[i] = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, owner(&owners[0], BRG_USER, "a", "t")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, owner(&owners[1], BRG_USER, "b", "t")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, owner(&owners[2], BRG_USER, "c", "")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, owner(&owners[3], BRG_QUEUE, "q", "t")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, owner(&owners[4], BRG_QUEUE, "r", "")), BRG_COMMITTED);
	for (int i = 1; i < 3; i++) {
		refs[i] = kit_id(k);
		op = reference(&refs[i], "case", i == 1 ? "1" : "2");
		op.u.reference.owner = owners[0];
		op.u.reference.visibility = i == 1 ? BRG_PRIVATE : BRG_EVERYONE;
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct brg_id id = kit_id(k);

		op = kit_op_record(&id, &owners[cases[i].owner]);
		op.u.record.visibility = cases[i].visibility;
		op.u.record.regarding = refs[cases[i].regarding];
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
		op = (struct brg_op){ .type = BRG_OP_PARTY, .expect = BRG_ANY };
		op.u.party = (struct brg_party_row){ .record = id, .role = BRG_ROLE_READER };
		if (cases[i].reader)
			op.u.party.object = owners[cases[i].reader - 1];
		if (cases[i].reader)
			CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
		q.id = id;
		q.viewer = (struct brg_id){ { 0 } };
		CHECK(k, kit_count(st, &q) == 1); /* the administrator */
		for (int who = 0; who < 3; who++) {
			q.viewer = owners[who];
			CHECK(k, kit_count(st, &q) == cases[i].seen[who]);
		}
	}
	q.id = (struct brg_id){ { 0 } };
	q.viewer = owners[1];
	CHECK(k, kit_count(st, &q) == 8);
	q.regarding = refs[2];
	CHECK(k, kit_count(st, &q) == 1);
}

static void conversations_are_read_whole(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_RECORDS };
	struct kit_world *w;
	struct brg_id ids[4];
	struct brg_row *rows;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	for (int i = 0; i < 4; i++) {
		struct brg_op op;

		ids[i] = kit_id(k);
		op = kit_op_record(&ids[i], &w->owner);
		op.u.record.sorted_us = KIT_NOW + i;
		op.u.record.method = 3;
		op.u.record.direction = BRG_OUTBOUND;
		if (i == 1 || i == 3) {
			op.u.record.thread = ids[0];
			op.u.record.correlated = ids[i - 1];
		}
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	q.thread = ids[0];
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	CHECK(k, brg_id_eq(&rows[0].u.record.id, &ids[3]) && rows[0].u.record.method == 3);
	CHECK(k, brg_id_eq(&rows[0].u.record.correlated, &ids[2]));
	CHECK(k, rows[0].u.record.direction == BRG_OUTBOUND);
	CHECK(k, brg_id_is_nil(&rows[2].u.record.thread));
	q.after = ids[3];
	CHECK(k, kit_count(st, &q) == 2);
}

static struct brg_op forget(const struct brg_id *id, const char *detail)
{
	struct brg_op op = { .type = BRG_OP_FORGET };

	op.u.forget.id = *id;
	op.u.forget.detail = brg_cstr(detail);
	return op;
}

/* Everything that hangs on a record. */
static int with_all(struct kit_store *st, const struct kit_world *w, const struct brg_id *id,
		    const struct brg_sha *body)
{
	struct brg_op ops[9];

	memset(ops, 0, sizeof(ops));
	ops[0].type = BRG_OP_BODY;
	ops[0].u.body = (struct brg_body_chunk){ *body, 0, brg_cstr("bytes"), KIT_NOW };
	ops[1] = kit_op_record(id, &w->owner);
	ops[1].u.record.body = *body;
	ops[2] = kit_op_link(id, &w->mailboxes[0], id, "1");
	ops[3] = kit_op_mark(&w->mailboxes[0], "1", BRG_LINKED);
	ops[3].u.mark.record = *id;
	ops[4].type = BRG_OP_PARTY;
	ops[4].u.party = (struct brg_party_row){ w->owner, *id, BRG_PARTY_USER, 1 };
	ops[5].type = BRG_OP_QUEUE_ITEM;
	ops[5].u.queue_item = (struct brg_queue_item_row){ .queue = w->owner,
							   .record = *id,
							   .entered_us = KIT_NOW };
	ops[6].type = BRG_OP_CLUE;
	ops[6].expect = BRG_ANY;
	ops[6].u.clue = (struct brg_clue_row){ 1, brg_cstr("c"), *id };
	ops[7] = outgoing(id, &w->mailboxes[0], 0);
	ops[8].type = BRG_OP_DECISION;
	ops[8].u.decision = (struct brg_decision_row){ .id = *id,
						       .mailbox = w->mailboxes[0],
						       .record = *id,
						       .remote_id = brg_cstr("1"),
						       .code = brg_cstr("X") };
	return kit_commit(st, ops, 9);
}

static int ignore_chunk(void *arg, struct brg_str bytes)
{
	(void)arg;
	(void)bytes;
	return 0;
}

static void forgotten_is_gone(struct kit *k)
{
	static const int of_record[] = { BRG_READ_LINKS, BRG_READ_PARTIES, BRG_READ_CLUES,
					 BRG_READ_DECISIONS };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_RECORDS };
	struct brg_sha body = { { 7 } };
	const struct brg_row *row;
	struct kit_world *w;
	struct brg_op op;
	struct brg_id id;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	id = kit_id(k);
	CHECK_RC(k, st, with_all(st, w, &id, &body), BRG_COMMITTED);
	q.id = id;
	row = kit_row(st, &q);
	CHECK(k, row);
	op = (struct brg_op){ .type = BRG_OP_RECORD, .expect = row->u.record.version };
	op.u.record = row->u.record;
	op.u.record.held = true;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, forget(&id, "")), BRG_REFUSED); /* legal hold */
	op.expect++;
	op.u.record.held = false;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, forget(&id, "")), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, forget(&id, "")), BRG_COMMITTED); /* none there */
	CHECK(k, kit_count(st, &q) == 0);
	for (size_t i = 0; i < sizeof(of_record) / sizeof(of_record[0]); i++) {
		struct brg_query of = { .what = of_record[i], .other = id };

		CHECK(k, kit_count(st, &of) == 0);
	}
	q.what = BRG_READ_OUTGOING;
	CHECK(k, kit_count(st, &q) == 0);
	q.what = BRG_READ_QUEUE_ITEMS;
	CHECK(k, kit_count(st, &q) == 0);
	CHECK(k, st->ops->body(st->self, &body, ignore_chunk, NULL, &st->err) == BRG_ENOTFOUND);
	/* The item is not taken for a new one. */
	q = (struct brg_query){ .what = BRG_READ_MARKS, .mailbox = w->mailboxes[0] };
	q.text = brg_cstr("1");
	row = kit_row(st, &q);
	CHECK(k, row && row->u.mark.state == BRG_SEEN && brg_id_is_nil(&row->u.mark.record));
}

static void queues_are_worked_off(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_QUEUE_ITEMS };
	struct brg_op op = { .type = BRG_OP_QUEUE_ITEM };
	struct brg_id first, second;

	CHECK_STILL(k);
	q.other = kit_id(k);
	first = kit_id(k);
	second = kit_id(k);
	op.u.queue_item = (struct brg_queue_item_row){ .queue = q.other,
						       .record = second,
						       .entered_us = KIT_NOW + 1 };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.u.queue_item = (struct brg_queue_item_row){ .queue = q.other,
						       .record = first,
						       .entered_us = KIT_NOW };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 2);
	op.u.queue_item.done = true;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED); /* none there */
	CHECK(k, kit_count(st, &q) == 1);
	q = (struct brg_query){ .what = BRG_READ_QUEUE_ITEMS, .id = second };
	CHECK(k, kit_count(st, &q) == 1);
}

static void who_is_shunned(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_SHUNNED };
	struct brg_op op = { .type = BRG_OP_SHUN };

	CHECK_STILL(k);
	op.u.shun = (struct brg_shun_row){ brg_cstr("hash"), KIT_NOW, false };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 1);
	q.text = brg_cstr("hash");
	CHECK(k, kit_count(st, &q) == 1);
	op.u.shun.off = true;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0);
}

/* Oldest first, and nothing that is still on its way. */
static void the_aged_are_told(struct kit *k)
{
	static const int states[] = { BRG_OUT_SENT, BRG_OUT_PENDING, BRG_OUT_UNCERTAIN };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_AGED, .now_us = KIT_NOW };
	struct brg_id ids[5], last;
	const struct brg_row *row;
	struct kit_world *w;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	for (int i = 0; i < 5; i++) {
		struct brg_op ops[2];
		int sent = i < 3;

		ids[i] = kit_id(k);
		ops[0] = kit_op_record(&ids[i], &w->owner);
		ops[0].u.record.sorted_us = KIT_NOW - (i == 4 ? 0 : 10 - i);
		if (sent) {
			ops[1] = outgoing(&ids[i], &w->mailboxes[0], 0);
			ops[1].u.outgoing.state = states[i];
		}
		CHECK_RC(k, st, kit_commit(st, ops, sent ? 2 : 1), BRG_COMMITTED);
	}
	CHECK(k, kit_count(st, &q) == 2);
	q.limit = 1;
	row = kit_row(st, &q);
	CHECK(k, row);
	last = row->u.record.id;
	CHECK(k, brg_id_eq(&last, &ids[0]));
}

const struct kit_case kit_mail_cases[] = {
	{ "one-record-for-one-mail", STORAGE_KIT_STEPS, one_record_for_one_mail },
	{ "states-are-swapped", STORAGE_KIT_STEPS, states_are_swapped },
	{ "addresses-lead-to-who-has-them", STORAGE_KIT_STEPS, addresses_lead_to_who_has_them },
	{ "external-names-are-unique", STORAGE_KIT_STEPS, external_names_are_unique },
	{ "clues-lead-to-records", STORAGE_KIT_STEPS, clues_lead_to_records },
	{ "the-outbox-is-versioned", STORAGE_KIT_STEPS, the_outbox_is_versioned },
	{ "seen-by-those-who-may", STORAGE_KIT_READS, records_are_seen_by_those_who_may },
	{ "conversations-are-read-whole", STORAGE_KIT_READS, conversations_are_read_whole },
	{ "forgotten-is-gone", STORAGE_KIT_STEPS, forgotten_is_gone },
	{ "queues-are-worked-off", STORAGE_KIT_STEPS, queues_are_worked_off },
	{ "who-is-shunned", STORAGE_KIT_STEPS, who_is_shunned },
	{ "the-aged-are-told", STORAGE_KIT_READS, the_aged_are_told },
	{ NULL, 0, NULL },
};
