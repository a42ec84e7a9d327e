/* SPDX-License-Identifier: Apache-2.0
 *
 * Records whose instants were derived by other zone data: that they are told, and derived again
 * with nobody taking it for a change.
 */
#include "storage-kit-private.h"

#define S(text) brg_cstr(text)

static struct brg_op op_zoned(const struct brg_id *id, const struct brg_id *owner)
{
	struct brg_op op = kit_op_record(id, owner);

	op.expect = BRG_ANY;
	op.u.record.kind = BRG_APPOINTMENT;
	return op;
}

static struct kit_world *world(struct kit *k, struct kit_store **st)
{
	*st = kit_open(k, BRG_OPEN_CREATE);
	return k->failed ? NULL : kit_world(*st, 1, 1);
}

static void zones_are_told(struct kit *k)
{
	static const char *const zones[] = { "2026b", "", "2026a", "2027a", "2026a" };
	struct brg_query q = { .what = BRG_READ_ZONED, .text = S("2026b") };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id ids[5];
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	for (int i = 0; i < 5; i++) {
		ids[i] = kit_id(k);
		op = op_zoned(&ids[i], &w->owner);
		op.u.record.zones = S(zones[i]);
		op.u.record.deleted_us = i == 4 ? KIT_NOW : 0;
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	}
	CHECK(k, kit_rows(st, &q, &rows) == 3);
	CHECK(k, brg_id_eq(&rows[0].u.record.id, &ids[2]) &&
			 brg_id_eq(&rows[1].u.record.id, &ids[4]) &&
			 brg_id_eq(&rows[2].u.record.id, &ids[3]) &&
			 brg_str_eq(rows[2].u.record.zones, S("2027a")));
	q.limit = 1;
	CHECK(k, kit_count(st, &q) == 1);
	q.limit = 0;
	q.number = 1;
	CHECK(k, kit_rows(st, &q, &rows) == 2 && brg_id_eq(&rows[1].u.record.id, &ids[4]));
	/* A write has its own, or none any more. */
	op = op_zoned(&ids[2], &w->owner);
	op.expect = 1;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.expect = 2;
	op.u.record.zones = S("2026b");
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_rows(st, &q, &rows) == 1 && brg_id_eq(&rows[0].u.record.id, &ids[4]));
}

/* What a record is found by. */
struct found {
	int64_t at_us;
	struct brg_str clue, keys, zones;
};

static struct brg_op op_derived(const struct brg_id *id, const struct found *f,
				struct brg_moment *moment, struct brg_clue_row *clue)
{
	struct brg_op op = { .type = BRG_OP_DERIVED, .expect = 1 };

	*moment = (struct brg_moment){ 404, f->at_us };
	*clue = (struct brg_clue_row){ .type = 3, .value = f->clue };
	op.u.derived = (struct brg_derived){
		.by = { .record = *id,
			.kind = BRG_APPOINTMENT,
			.moments = moment,
			.n_moments = 1,
			.types = 1u << 3,
			.clues = clue,
			.n_clues = 1 },
		.zones = f->zones,
		.moved = true,
		.sorted_us = f->at_us,
		.keys = f->keys,
	};
	return op;
}

/* Is this what it is found by, and is the record still the one that was written first? */
static bool is_found(struct kit_store *st, const struct brg_id *id, const struct found *f)
{
	struct brg_query q = { .what = BRG_READ_RECORDS, .id = *id };
	struct brg_query schedule = { .what = BRG_READ_SCHEDULE,
				      .number = 404,
				      .now_us = f->at_us,
				      .until_us = f->at_us + 1 };
	struct brg_query clues = { .what = BRG_READ_CLUES, .number = 3, .text = f->clue };
	struct brg_query parties = { .what = BRG_READ_PARTIES, .other = *id };
	const struct brg_record_row *r = &kit_row(st, &q)->u.record;

	return r->version == 1 && r->modified_us == KIT_NOW && r->sorted_us == f->at_us &&
	       brg_str_eq(r->fields, S("{\"a\":1}")) && brg_str_eq(r->keys, f->keys) &&
	       brg_str_eq(r->zones, f->zones) && kit_count(st, &schedule) == 1 &&
	       kit_count(st, &clues) == 1 && kit_count(st, &parties) == 1;
}

static void put_zoned(struct kit *k, struct kit_store *st, struct kit_world *w,
		      const struct brg_id *id, const struct brg_id *link)
{
	struct brg_op ops[3] = { op_zoned(id, &w->owner),
				 kit_op_link(link, &w->mailboxes[0], id, "one"),
				 { .type = BRG_OP_PARTY } };

	ops[0].u.record.fields = S("{\"a\":1}");
	ops[0].u.record.modified_us = KIT_NOW;
	ops[1].u.link.kind = BRG_APPOINTMENT;
	ops[1].u.link.seen_version = 1;
	ops[2].u.party = (struct brg_party_row){ w->owner, *id, BRG_PARTY_USER, 1 };
	CHECK_RC(k, st, kit_commit(st, ops, 3), BRG_COMMITTED);
}

/* The record is the same to whoever looks for changes; it is found by what is said now. */
static void instants_are_derived_again(struct kit *k)
{
	const struct found was = { KIT_NOW + 10, S("then"), S("{\"404\":10}"), S("2026a") };
	const struct found is = { KIT_NOW + 20, S("now"), S("{\"404\":20}"), S("2026b") };
	struct found named = is;
	struct brg_query q = { .what = BRG_READ_CHANGES }, dirty = { .what = BRG_READ_LINKS_DIRTY };
	struct brg_query last = { .what = BRG_READ_CHANGES, .remote = S("last") };
	struct kit_store *st;
	struct kit_world *w = world(k, &st);
	struct brg_id id = kit_id(k), link = kit_id(k), nobody = kit_id(k);
	struct brg_moment moment;
	struct brg_clue_row clue;
	struct brg_row *rows;
	struct brg_op op;

	CHECK_STILL(k);
	put_zoned(k, st, w, &id, &link);
	CHECK_STILL(k);
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1);
	q.text = rows[0].u.change.position;
	dirty.mailbox = w->mailboxes[0];
	CHECK_RC(k, st, kit_commit_one(st, op_derived(&id, &was, &moment, &clue)), BRG_COMMITTED);
	CHECK(k, is_found(st, &id, &was));
	op = op_derived(&id, &is, &moment, &clue);
	op.expect = 2;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK_RC(k, st, kit_commit_one(st, op_derived(&nobody, &is, &moment, &clue)), BRG_REFUSED);
	CHECK(k, is_found(st, &id, &was));
	CHECK_RC(k, st, kit_commit_one(st, op_derived(&id, &is, &moment, &clue)), BRG_COMMITTED);
	CHECK(k, is_found(st, &id, &is) && !is_found(st, &id, &was));
	/* Only the name of the zone data is another: whatever else is said does not count. */
	named.zones = S("2027a");
	op = op_derived(&id, &was, &moment, &clue);
	op.u.derived.zones = named.zones;
	op.u.derived.moved = false;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, is_found(st, &id, &named));
	CHECK(k, kit_count(st, &dirty) == 0);
	CHECK(k, brg_str_eq(kit_row(st, &last)->u.change.position, q.text));
	/* And where filters may say something else, it is looked at. */
	op = op_derived(&id, &was, &moment, &clue);
	op.u.derived.look = true;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, is_found(st, &id, &was));
	CHECK(k, kit_rows(st, &dirty, &rows) == 1);
	CHECK(k, brg_id_eq(&rows[0].u.link.id, &link) && rows[0].u.link.recheck &&
			 rows[0].u.link.record_now == 1 && rows[0].u.link.version == 2);
	CHECK(k, kit_feed(st, &q, 1, &rows) == 1 && rows[0].u.change.version == 1);
}

const struct kit_case kit_zone_cases[] = {
	{ "zones-are-told", STORAGE_KIT_READS, zones_are_told },
	{ "instants-are-derived-again", STORAGE_KIT_STEPS, instants_are_derived_again },
	{ NULL, 0, NULL },
};
