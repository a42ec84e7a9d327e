/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps are done whole or not at all; conditions hold; what is for people adds up.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

static void refusal_changes_nothing(struct kit *k)
{
	struct brg_query owners = { .what = BRG_READ_OWNERS };
	struct brg_query counters = { .what = BRG_READ_COUNTERS };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_op ops[4];

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	ops[0] = kit_op_count("kit", 1);
	ops[1] = (struct brg_op){ .type = BRG_OP_OWNER, .expect = BRG_NEW };
	ops[1].u.owner = (struct brg_owner_row){ .id = kit_id(k),
						 .type = BRG_USER,
						 .name = brg_cstr("other"),
						 .settings = brg_cstr("{}") };
	ops[2] = ops[1];
	ops[2].u.owner.id = w->owner; /* is there */
	ops[2].u.owner.name = brg_cstr("third");
	ops[3] = kit_op_count("kit", 1);
	CHECK_RC(k, st, kit_commit(st, ops, 4), BRG_REFUSED);
	CHECK(k, st->failed == 2);
	CHECK(k, kit_count(st, &owners) == 1);
	CHECK(k, kit_count(st, &counters) == 0);
	/* The store goes on as if nothing had been. */
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK(k, kit_count(st, &owners) == 2);
}

static void versions_count(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_query q = { .what = BRG_READ_RECORDS };
	const struct brg_row *row;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 1, 1);
	CHECK_STILL(k);
	q.id = kit_id(k);
	op = kit_op_record(&q.id, &w->owner);
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED); /* not there yet */
	op.expect = BRG_NEW;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	row = kit_row(st, &q);
	CHECK(k, row && row->u.record.version == 1);
	op.u.record.fields = brg_cstr("{\"subject\":\"two\"}");
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED); /* it is 2 now */
	op.expect = BRG_ANY;
	op.u.record.fields = brg_cstr("{\"subject\":\"three\"}");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	row = kit_row(st, &q);
	CHECK(k, row && row->u.record.version == 3);
	CHECK(k, brg_str_eq(row->u.record.fields, brg_cstr("{\"subject\":\"three\"}")));
}

static void directory_is_kept(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_query q = { .what = BRG_READ_MAILBOXES };
	const struct brg_row *row;
	struct brg_op op = { .type = BRG_OP_MAILBOX, .expect = 1 };

	CHECK_STILL(k);
	w = kit_world(st, 2, 1);
	CHECK_STILL(k);
	op.u.mailbox = (struct brg_mailbox_row){ .id = w->mailboxes[0],
						 .owner = w->owner,
						 .profile = w->profile,
						 .name = brg_cstr("br\xc3\xbcgge"),
						 .address = brg_cstr("b@kit.example"),
						 .identity = brg_cstr("guid"),
						 .settings = brg_cstr("{\"a\":1}"),
						 .sealed = { "\0\1\2", 3 } };
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	q.text = brg_cstr("b@kit.example");
	row = kit_row(st, &q);
	CHECK(k, row && brg_id_eq(&row->u.mailbox.id, &w->mailboxes[0]));
	CHECK(k, row->u.mailbox.version == 2);
	CHECK(k, brg_str_eq(row->u.mailbox.name, op.u.mailbox.name));
	CHECK(k, brg_str_eq(row->u.mailbox.identity, op.u.mailbox.identity));
	CHECK(k, brg_str_eq(row->u.mailbox.settings, op.u.mailbox.settings));
	CHECK(k, brg_str_eq(row->u.mailbox.sealed, op.u.mailbox.sealed));
	CHECK(k, brg_id_eq(&row->u.mailbox.owner, &w->owner));
	q.text = brg_cstr("");
	q.other = w->profile;
	CHECK(k, kit_count(st, &q) == 2);
	/* A name is unique, also when an existing row would take it. */
	op.u.mailbox.id = w->mailboxes[1];
	op.expect = BRG_ANY;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	q = (struct brg_query){ .what = BRG_READ_OWNERS,
				.text = brg_cstr("kit"),
				.number = BRG_QUEUE };
	CHECK(k, kit_count(st, &q) == 0);
	q.number = BRG_USER;
	CHECK(k, kit_count(st, &q) == 1);
	q = (struct brg_query){ .what = BRG_READ_PROFILES, .id = w->profile };
	row = kit_row(st, &q);
	CHECK(k, row && row->u.profile.max_connections == 1);
}

static void store_has_an_identity(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_STORE };
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	const struct brg_row *first, *row;
	struct brg_op op = { .type = BRG_OP_STORE,
			     .u.store = { .epoch = 7, .key_check = { "a\0b", 3 } } };

	CHECK_STILL(k);
	first = kit_row(st, &q);
	CHECK(k, first && !brg_id_is_nil(&first->u.store.id) && first->u.store.key_check.len == 0);
	CHECK_RC(k, st, kit_commit_durable(st, &op, 1), BRG_COMMITTED);
	kit_close(st);
	st = kit_open(k, BRG_OPEN_CREATE);
	CHECK_STILL(k);
	row = kit_row(st, &q);
	CHECK(k, row && brg_id_eq(&row->u.store.id, &first->u.store.id));
	CHECK(k,
	      row->u.store.epoch == 7 && brg_str_eq(row->u.store.key_check, op.u.store.key_check));
}

static struct brg_op op_alert(struct kit *k, const struct brg_id *object, const char *code,
			      int64_t at)
{
	return (struct brg_op){ .type = BRG_OP_ALERT,
				.u.alert = { .id = kit_id(k),
					     .level = BRG_LOG_WARNING,
					     .scope = BRG_ALERT_MAILBOX,
					     .object = *object,
					     .code = brg_cstr(code),
					     .params = kit_printf(k, "at=%lld", (long long)at),
					     .first_us = at,
					     .last_us = at } };
}

static void alerts_count_and_clear(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_ALERTS };
	struct brg_op clear = { .type = BRG_OP_CLEAR };
	const struct brg_row *row;
	struct brg_id a, b;

	CHECK_STILL(k);
	a = kit_id(k);
	b = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, op_alert(k, &a, "KIT-1", 1000)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_alert(k, &a, "KIT-1", 2000)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_alert(k, &a, "KIT-2", 3000)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_alert(k, &b, "KIT-1", 4000)), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 3);
	q.id = a;
	CHECK(k, kit_count(st, &q) == 2);
	clear.u.alert.scope = BRG_ALERT_MAILBOX;
	clear.u.alert.object = a;
	clear.u.alert.code = brg_cstr("KIT-2");
	clear.u.alert.cleared_us = 5000;
	CHECK_RC(k, st, kit_commit_one(st, clear), BRG_COMMITTED);
	row = kit_row(st, &q);
	CHECK(k, kit_count(st, &q) == 1 && row->u.alert.count == 2);
	CHECK(k, row->u.alert.first_us == 1000 && row->u.alert.last_us == 2000);
	CHECK(k, brg_str_eq(row->u.alert.params, brg_cstr("at=2000")));
	clear.u.alert.code = brg_cstr("");
	CHECK_RC(k, st, kit_commit_one(st, clear), BRG_COMMITTED);
	CHECK(k, kit_count(st, &q) == 0);
	q.number = 1;
	CHECK(k, kit_count(st, &q) == 2); /* cleared, not forgotten */
	/* Opened again, it is a new one. */
	CHECK_RC(k, st, kit_commit_one(st, op_alert(k, &a, "KIT-1", 9000)), BRG_COMMITTED);
	q.number = 0;
	row = kit_row(st, &q);
	CHECK(k, row && row->u.alert.count == 1 && row->u.alert.first_us == 9000);
	q.id = b;
	CHECK(k, kit_count(st, &q) == 1);
}

static void counters_add(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct brg_row *rows;
	struct brg_op ops[3];

	CHECK_STILL(k);
	ops[0] = kit_op_count("mails", 2);
	ops[1] = kit_op_count("mails", 3);
	ops[2] = kit_op_count("mails", 10);
	ops[2].u.counter.label = brg_cstr("x");
	CHECK_RC(k, st, kit_commit(st, ops, 3), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_count("mails", -1)), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 2);
	CHECK(k, rows[0].u.counter.value == 4 && rows[0].u.counter.label.len == 0);
	CHECK(k, rows[1].u.counter.value == 10);
}

static void unknown_op_is_an_error(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct brg_op ops[2];

	CHECK_STILL(k);
	ops[0] = kit_op_count("kit", 1);
	ops[1] = (struct brg_op){ .type = 999 };
	CHECK(k, kit_commit(st, ops, 2) < 0 && st->err.fault);
	CHECK(k, kit_count(st, &q) == 0);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
}

const struct kit_case kit_step_cases[] = {
	{ "refusal-changes-nothing", STORAGE_KIT_STEPS, refusal_changes_nothing },
	{ "versions-count", STORAGE_KIT_STEPS, versions_count },
	{ "directory-is-kept", STORAGE_KIT_STEPS, directory_is_kept },
	{ "store-has-an-identity", STORAGE_KIT_STEPS, store_has_an_identity },
	{ "alerts-count-and-clear", STORAGE_KIT_STEPS, alerts_count_and_clear },
	{ "counters-add", STORAGE_KIT_STEPS, counters_add },
	{ "unknown-op-is-an-error", STORAGE_KIT_STEPS, unknown_op_is_an_error },
	{ NULL, 0, NULL },
};
