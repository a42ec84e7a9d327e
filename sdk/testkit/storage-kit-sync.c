/* SPDX-License-Identifier: Apache-2.0
 *
 * Records both ways: links that follow their records, what a visit leaves for the next one, and
 * what people see of it.
 */
#include "storage-kit-private.h"

#define S(text) brg_cstr(text)

static struct brg_op op_contact(const struct brg_id *id, const struct brg_id *owner, int64_t expect)
{
	struct brg_op op = kit_op_record(id, owner);

	op.expect = expect;
	op.u.record.kind = BRG_CONTACT;
	return op;
}

static struct brg_op op_act_link(const struct brg_id *id, const struct brg_id *mailbox,
				 const struct brg_id *record, const char *remote_id, int64_t seen)
{
	struct brg_op op = kit_op_link(id, mailbox, record, remote_id);

	op.u.link.kind = BRG_CONTACT;
	op.u.link.folder = S("contacts");
	op.u.link.seen_version = seen;
	return op;
}

/* A world of one mailbox, a contact at version 1, and its link that has seen it. */
struct pair {
	struct kit_store *st;
	struct kit_world *w;
	struct brg_id mailbox, record, link;
};

static bool pair(struct kit *k, struct pair *p)
{
	struct brg_op ops[2];
	int rc;

	p->st = kit_open(k, BRG_OPEN_CREATE);
	if (k->failed)
		return false;
	p->w = kit_world(p->st, 1, 1);
	p->mailbox = p->w->mailboxes[0];
	p->record = kit_id(k);
	p->link = kit_id(k);
	ops[0] = op_contact(&p->record, &p->w->owner, BRG_NEW);
	ops[1] = op_act_link(&p->link, &p->mailbox, &p->record, "item", 1);
	rc = kit_commit(p->st, ops, 2);
	if (rc != BRG_COMMITTED)
		kit_fail_rc(k, p->st, __FILE__, __LINE__, "making a pair", rc);
	return !k->failed;
}

static const struct brg_link_row *link_of(const struct pair *p)
{
	struct brg_query q = { .what = BRG_READ_LINK, .mailbox = p->mailbox, .id = p->link };
	const struct brg_row *row = kit_row(p->st, &q);

	return row ? &row->u.link : NULL;
}

static int64_t dirty(const struct pair *p)
{
	struct brg_query q = { .what = BRG_READ_LINKS_DIRTY, .mailbox = p->mailbox };

	return kit_count(p->st, &q);
}

static int touch_record(struct pair *p, int64_t expect)
{
	return kit_commit_one(p->st, op_contact(&p->record, &p->w->owner, expect));
}

static void links_follow_records(struct kit *k)
{
	const struct brg_link_row *l;
	struct pair p;
	struct brg_op op;

	if (!pair(k, &p))
		return;
	l = link_of(&p);
	CHECK(k, l && l->record_now == 1 && l->seen_version == 1 && l->kind == BRG_CONTACT);
	CHECK(k, dirty(&p) == 0);
	CHECK_RC(k, p.st, touch_record(&p, 1), BRG_COMMITTED);
	l = link_of(&p);
	CHECK(k, l && l->record_now == 2 && l->version == 1 && dirty(&p) == 1);
	CHECK_RC(k, p.st, touch_record(&p, 1), BRG_REFUSED);
	CHECK(k, link_of(&p)->record_now == 2);
	op = op_act_link(&p.link, &p.mailbox, &p.record, "item", 2);
	op.expect = 1;
	op.u.link.record_now = 77; /* the store's alone */
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, link_of(&p)->record_now == 2 && dirty(&p) == 0);
	op.expect = 2;
	op.u.link.recheck = true;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, link_of(&p)->recheck && dirty(&p) == 1);
	op.expect = BRG_ANY;
	op.u.link.recheck = false;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, dirty(&p) == 0 && link_of(&p)->version == 4);
	CHECK_RC(k, p.st, touch_record(&p, BRG_ANY), BRG_COMMITTED);
	CHECK(k, dirty(&p) == 1);
	op.u.link.live = false;
	op.u.link.end = BRG_LINK_UNLINKED;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	l = link_of(&p);
	CHECK(k, l && !l->live && l->end == BRG_LINK_UNLINKED && dirty(&p) == 0);
}

static void links_of_one_step(struct kit *k)
{
	struct brg_id mail, mail_link;
	struct pair p;
	struct brg_op ops[4];

	if (!pair(k, &p))
		return;
	/* The record as earlier ops of the step left it. */
	ops[0] = op_contact(&p.record, &p.w->owner, 1);
	ops[1] = op_act_link(&p.link, &p.mailbox, &p.record, "item", 2);
	ops[1].expect = 1;
	mail = kit_id(k);
	mail_link = kit_id(k);
	ops[2] = kit_op_record(&mail, &p.w->owner);
	ops[3] = kit_op_link(&mail_link, &p.mailbox, &mail, "mail");
	ops[3].u.link.kind = BRG_EMAIL; /* the same as 0 */
	CHECK_RC(k, p.st, kit_commit(p.st, ops, 4), BRG_COMMITTED);
	CHECK(k, link_of(&p)->record_now == 2 && dirty(&p) == 0);
	p.link = mail_link;
	CHECK(k, link_of(&p)->kind == 0 && link_of(&p)->record_now == 0);
	ops[2].expect = 1;
	CHECK_RC(k, p.st, kit_commit_one(p.st, ops[2]), BRG_COMMITTED);
	CHECK(k, link_of(&p)->record_now == 0 && dirty(&p) == 0);
}

static void links_keep_all(struct kit *k)
{
	const struct brg_link_row *l;
	struct pair p;
	struct brg_op op;

	if (!pair(k, &p))
		return;
	op = op_act_link(&p.link, &p.mailbox, &p.record, "other", 5);
	op.expect = 1;
	op.u.link.remote_version = S("ck");
	op.u.link.role = 2;
	op.u.link.pass = 3;
	op.u.link.missing = 4;
	op.u.link.attempt = UINT64_MAX - 1;
	op.u.link.synced_us = KIT_NOW;
	op.u.link.flags = 5;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	l = link_of(&p);
	CHECK(k, l && l->live && l->version == 2 && l->role == 2 && l->seen_version == 5);
	CHECK(k, l->pass == 3 && l->missing == 4 && l->attempt == UINT64_MAX - 1);
	CHECK(k, l->synced_us == KIT_NOW && l->record_now == 1 && !l->recheck && l->flags == 5);
	CHECK(k, brg_str_eq(l->folder, S("contacts")) && brg_str_eq(l->remote_id, S("other")) &&
			 brg_str_eq(l->remote_version, S("ck")));
}

/* By item and by record: living ones first, then the newest. */
static void links_looked_up(struct kit *k)
{
	struct brg_query item = { .what = BRG_READ_LINK,
				  .folder = S("contacts"),
				  .remote = S("item") };
	struct brg_query of = { .what = BRG_READ_LINK };
	struct brg_id second;
	struct brg_row *rows;
	struct pair p;
	struct brg_op op;

	if (!pair(k, &p))
		return;
	item.mailbox = of.mailbox = p.mailbox;
	of.other = p.record;
	op = op_act_link(&p.link, &p.mailbox, &p.record, "item", 1);
	op.expect = BRG_ANY;
	op.u.link.live = false;
	op.u.link.end = BRG_LINK_DELETED;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(p.st, &item, &rows) == 1 && !rows[0].u.link.live &&
			 rows[0].u.link.end == BRG_LINK_DELETED);
	second = kit_id(k);
	op = op_act_link(&second, &p.mailbox, &p.record, "item", 1);
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(p.st, &item, &rows) == 2 && rows[0].u.link.live);
	CHECK(k, kit_rows(p.st, &of, &rows) == 2 && brg_id_eq(&rows[0].u.link.id, &second));
	item.limit = 1;
	CHECK(k, kit_count(p.st, &item) == 1);
	item.remote = S("none");
	CHECK(k, kit_count(p.st, &item) == 0);
}

static void items_that_are_missing(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_LINKS_MISSING };
	struct brg_query counts = { .what = BRG_READ_LINK_COUNTS };
	struct brg_op op, missing = { .type = BRG_OP_MISSING };
	struct brg_id mail, mail_link, met;
	struct brg_row *rows;
	struct pair p;
	struct brg_op ops[3];

	if (!pair(k, &p))
		return;
	q.mailbox = counts.mailbox = p.mailbox;
	mail = kit_id(k);
	mail_link = kit_id(k);
	met = kit_id(k);
	ops[0] = kit_op_record(&mail, &p.w->owner);
	ops[1] = kit_op_link(&mail_link, &p.mailbox, &mail, "mail");
	ops[1].u.link.folder = S("contacts");
	ops[2] = op_act_link(&met, &p.mailbox, &p.record, "met", 1);
	ops[2].u.link.pass = 7;
	CHECK_RC(k, p.st, kit_commit(p.st, ops, 3), BRG_COMMITTED);
	missing.u.missing = (struct brg_missing){ p.mailbox, S("contacts"), 7, 12 };
	CHECK_RC(k, p.st, kit_commit_one(p.st, missing), BRG_COMMITTED);
	CHECK(k, kit_rows(p.st, &q, &rows) == 1);
	CHECK(k, brg_id_eq(&rows[0].u.link.id, &p.link) && rows[0].u.link.missing == 12 &&
			 rows[0].u.link.version == 2);
	missing.u.missing.round = 13; /* it was missing already */
	CHECK_RC(k, p.st, kit_commit_one(p.st, missing), BRG_COMMITTED);
	CHECK(k, link_of(&p)->missing == 12 && link_of(&p)->version == 2);
	q.number = 11;
	CHECK(k, kit_count(p.st, &q) == 0);
	q.number = 12;
	CHECK(k, kit_count(p.st, &q) == 1);
	CHECK(k, kit_rows(p.st, &counts, &rows) == 2);
	CHECK(k, brg_str_eq(rows[0].u.counter.name, S("links")) &&
			 brg_str_eq(rows[0].u.counter.label, S("2")) &&
			 rows[0].u.counter.value == 2);
	CHECK(k, brg_str_eq(rows[1].u.counter.name, S("missing")) && rows[1].u.counter.value == 1);
	op = op_act_link(&p.link, &p.mailbox, &p.record, "item", 1);
	op.expect = 2;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	q.number = 0;
	CHECK(k, kit_count(p.st, &q) == 0);
}

static void links_to_look_at_again(struct kit *k)
{
	struct brg_op again = { .type = BRG_OP_RECHECK };
	struct pair p;

	if (!pair(k, &p))
		return;
	again.u.recheck.mailbox = p.mailbox;
	again.u.recheck.kind = BRG_TASK;
	CHECK_RC(k, p.st, kit_commit_one(p.st, again), BRG_COMMITTED);
	CHECK(k, dirty(&p) == 0);
	again.u.recheck.kind = 0;
	CHECK_RC(k, p.st, kit_commit_one(p.st, again), BRG_COMMITTED);
	CHECK(k, dirty(&p) == 1 && link_of(&p)->recheck && link_of(&p)->version == 2);
	again.u.recheck = (struct brg_recheck){ .record = p.record };
	CHECK_RC(k, p.st, kit_commit_one(p.st, again), BRG_COMMITTED);
	CHECK(k, dirty(&p) == 1 && link_of(&p)->version == 3);
}

static void shadows_are_kept(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_SHADOWS };
	struct brg_op op = { .type = BRG_OP_SHADOW };
	struct brg_row *rows;
	struct pair p;

	if (!pair(k, &p))
		return;
	op.u.shadow = (struct brg_shadow_row){ .mailbox = p.mailbox,
					       .link = p.link,
					       .base_record = S("{\"a\":1}"),
					       .base_item = S("{\"a\":2}") };
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	op.u.shadow.pushed = S("{\"a\":3}");
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	q.mailbox = p.mailbox;
	q.id = p.link;
	CHECK(k, kit_rows(p.st, &q, &rows) == 1);
	CHECK(k, brg_id_eq(&rows[0].u.shadow.link, &p.link) &&
			 brg_id_eq(&rows[0].u.shadow.mailbox, &p.mailbox));
	CHECK(k, brg_str_eq(rows[0].u.shadow.base_record, S("{\"a\":1}")) &&
			 brg_str_eq(rows[0].u.shadow.base_item, S("{\"a\":2}")) &&
			 brg_str_eq(rows[0].u.shadow.pushed, S("{\"a\":3}")));
	q = (struct brg_query){ .what = BRG_READ_SHADOWS, .other = p.record };
	CHECK(k, kit_count(p.st, &q) == 1);
	op.u.shadow.base_record = op.u.shadow.base_item = op.u.shadow.pushed = S("");
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, kit_count(p.st, &q) == 0);
}

static void inbox_is_walked(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_INBOX };
	struct brg_op op = { .type = BRG_OP_INBOX };
	struct brg_inbox_row *r = &op.u.inbox;
	static const char *const places[][2] = {
		{ "", "a" }, { "", "b" }, { "x", "a" }, { "x", "c" }, { "y", "a" }
	};
	struct brg_row *rows;
	struct pair p;
	int64_t n, seen = 0;

	if (!pair(k, &p))
		return;
	q.mailbox = r->mailbox = p.mailbox;
	for (int i = 4; i >= 0; i--) {
		r->folder = S(places[i][0]);
		r->remote_id = S(places[i][1]);
		r->kind = BRG_TASK;
		r->pass = i;
		r->match = i % 2 ? (struct brg_str){ "\0match bytes 16.", 16 } : S("");
		CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	}
	q.limit = 2;
	do {
		n = kit_rows(p.st, &q, &rows);
		CHECK(k, n >= 0 && n <= 2 && seen + n <= 5);
		for (int64_t i = 0; i < n; i++, seen++) {
			CHECK(k, brg_str_eq(rows[i].u.inbox.folder, S(places[seen][0])) &&
					 brg_str_eq(rows[i].u.inbox.remote_id, S(places[seen][1])));
			q.folder = rows[i].u.inbox.folder;
			q.remote = rows[i].u.inbox.remote_id;
		}
	} while (n == 2);
	CHECK(k, seen == 5);
	q = (struct brg_query){ .what = BRG_READ_INBOX,
				.mailbox = p.mailbox,
				.text = { "\0match bytes 16.", 16 } };
	CHECK(k, kit_count(p.st, &q) == 2);
}

static void inbox_rows(struct kit *k)
{
	struct brg_query q = {
		.what = BRG_READ_INBOX, .number = 1, .folder = S("f"), .remote = S("r")
	};
	char stamp[BRG_STAMP_BYTES] = "\0stamp";
	struct brg_op op = { .type = BRG_OP_INBOX }, done = { .type = BRG_OP_INBOX_DONE };
	const struct brg_inbox_row *got;
	struct pair p;

	if (!pair(k, &p))
		return;
	q.mailbox = p.mailbox;
	op.u.inbox = (struct brg_inbox_row){ .mailbox = p.mailbox,
					     .folder = S("f"),
					     .remote_id = S("r"),
					     .version = S("v1"),
					     .kind = BRG_CONTACT,
					     .op = 2,
					     .flags = BRG_IS_PRIVATE | BRG_IS_TRACKED,
					     .pass = 3,
					     .round = 4,
					     .tries = 5,
					     .modified_us = KIT_NOW,
					     .uid = S("uid"),
					     .stamp = { stamp, sizeof(stamp) } };
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK(k, kit_count(p.st, &q) == 1);
	got = &kit_row(p.st, &q)->u.inbox;
	CHECK(k, brg_str_eq(got->version, S("v1")) && brg_str_eq(got->uid, S("uid")) &&
			 got->stamp.len == sizeof(stamp) &&
			 memcmp(got->stamp.ptr, stamp, sizeof(stamp)) == 0 && got->match.len == 0);
	CHECK(k, got->kind == BRG_CONTACT && got->op == 2 && got->pass == 3 && got->round == 4 &&
			 got->tries == 5 && got->modified_us == KIT_NOW &&
			 got->flags == (BRG_IS_PRIVATE | BRG_IS_TRACKED));
	done.u.inbox = op.u.inbox;
	op.u.inbox.version = S("v2"); /* told anew meanwhile */
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK_RC(k, p.st, kit_commit_one(p.st, done), BRG_COMMITTED);
	CHECK(k, kit_count(p.st, &q) == 1);
	done.u.inbox.version = S("v2");
	done.u.inbox.pass = 9;
	CHECK_RC(k, p.st, kit_commit_one(p.st, done), BRG_COMMITTED);
	CHECK(k, kit_count(p.st, &q) == 1);
	done.u.inbox.pass = 3;
	CHECK_RC(k, p.st, kit_commit_one(p.st, done), BRG_COMMITTED);
	CHECK_RC(k, p.st, kit_commit_one(p.st, done), BRG_COMMITTED);
	CHECK(k, kit_count(p.st, &q) == 0);
}

static void intents_are_kept(struct kit *k)
{
	struct brg_query q = { .what = BRG_READ_INTENTS }, all = { .what = BRG_READ_INTENTS };
	struct brg_op op = { .type = BRG_OP_INTENT };
	const struct brg_intent_row *got;
	struct pair p;

	if (!pair(k, &p))
		return;
	q.mailbox = p.mailbox;
	op.u.intent = (struct brg_intent_row){ .mailbox = p.mailbox,
					       .id = kit_id(k),
					       .record = p.record,
					       .type = 1,
					       .kind = BRG_CONTACT,
					       .attempt = UINT64_MAX,
					       .mails_out = 2,
					       .made_us = KIT_NOW,
					       .record_version = 1,
					       .folder = S("f"),
					       .remote_id = S("r"),
					       .remote_version = S("v"),
					       .fields = S("{}") };
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_REFUSED);
	CHECK(k, kit_count(p.st, &q) == 1 && kit_count(p.st, &all) == 1);
	got = &kit_row(p.st, &q)->u.intent;
	CHECK(k, brg_id_eq(&got->id, &op.u.intent.id) && brg_id_eq(&got->record, &p.record) &&
			 brg_id_is_nil(&got->link) && got->attempt == UINT64_MAX);
	CHECK(k, got->type == 1 && got->kind == BRG_CONTACT && got->mails_out == 2 &&
			 got->made_us == KIT_NOW && got->record_version == 1);
	CHECK(k, brg_str_eq(got->folder, S("f")) && brg_str_eq(got->remote_id, S("r")) &&
			 brg_str_eq(got->remote_version, S("v")) &&
			 brg_str_eq(got->fields, S("{}")));
	op.type = BRG_OP_INTENT_DONE;
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_COMMITTED);
	CHECK_RC(k, p.st, kit_commit_one(p.st, op), BRG_REFUSED);
	CHECK(k, kit_count(p.st, &all) == 0);
}

const struct kit_case kit_sync_cases[] = {
	{ "links-follow-records", STORAGE_KIT_STEPS, links_follow_records },
	{ "links-of-one-step", STORAGE_KIT_STEPS, links_of_one_step },
	{ "links-keep-all", STORAGE_KIT_STEPS, links_keep_all },
	{ "links-looked-up", STORAGE_KIT_READS, links_looked_up },
	{ "items-that-are-missing", STORAGE_KIT_STEPS, items_that_are_missing },
	{ "links-to-look-at-again", STORAGE_KIT_STEPS, links_to_look_at_again },
	{ "shadows-are-kept", STORAGE_KIT_STEPS, shadows_are_kept },
	{ "inbox-is-walked", STORAGE_KIT_READS, inbox_is_walked },
	{ "inbox-rows", STORAGE_KIT_STEPS, inbox_rows },
	{ "intents-are-kept", STORAGE_KIT_STEPS, intents_are_kept },
	{ NULL, 0, NULL },
};
