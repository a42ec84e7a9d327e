/* SPDX-License-Identifier: Apache-2.0
 *
 * Claim, step, settle: who may work on what, and who no longer may.
 */
#include "storage-kit-private.h"

#include <stdlib.h>

static struct brg_op op_lease(const struct brg_visit_row *visit)
{
	return (struct brg_op){ .type = BRG_OP_LEASE,
				.u.lease = { .visit = visit->id, .token = visit->token } };
}

static struct brg_op op_want(const struct brg_id *mailbox, int lane)
{
	return (struct brg_op){ .type = BRG_OP_WANT,
				.u.want = { .mailbox = *mailbox, .lane = lane } };
}

static void claim_in_order(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct kit_claims c;
	struct brg_id me;

	CHECK_STILL(k);
	w = kit_world(st, 5, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[3], BRG_INCOMING)), BRG_COMMITTED);
	/* One that is not due yet, but wanted, comes first too. */
	CHECK_RC(k, st,
		 kit_commit_one(st, kit_op_visit(&w->visits[4], &w->mailboxes[4], &w->profile,
						 KIT_NOW + 1000000)),
		 BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 2, 10, &c), 2);
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[3]));
	CHECK(k, brg_id_eq(&c.at[1].visit.id, &w->visits[0]));
	CHECK(k, c.at[0].visit.token > 0 && brg_id_eq(&c.at[0].visit.process, &me));
	CHECK(k, c.at[0].visit.wanted == 1 && c.at[0].visit.wanted_claimed == 1);
	CHECK(k, brg_id_eq(&c.at[0].mailbox.id, &w->mailboxes[3]));
	CHECK(k, brg_str_eq(c.at[0].mailbox.name, brg_cstr("mailbox 3")));
	CHECK(k, brg_id_eq(&c.at[0].owner.id, &w->owner));
	CHECK(k, brg_id_eq(&c.at[0].profile.id, &w->profile));
	CHECK(k, c.at[0].profile.max_connections == 10);
	CHECK_RC(k, st, kit_claim(st, w, &me, 10, 10, &c), 2); /* 1 and 2; 4 is not due */
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[1]));
	CHECK_RC(k, st, kit_claim(st, w, &me, 10, 10, &c), 0);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[4], 0)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 10, 10, &c), 1);
}

static void claim_within_room(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me, other;
	struct brg_room rooms[2];
	struct brg_claim_request req = { .n = 10, .rooms = rooms, .n_rooms = 2 };
	struct kit_claims c;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 4, 10);
	CHECK_STILL(k);
	other = kit_id(k);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_profile(k, &other, "other", 5)), BRG_COMMITTED);
	op = kit_op_visit(&w->visits[3], &w->mailboxes[3], &other, KIT_NOW - 1);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	me = kit_join(st);
	CHECK_STILL(k);
	req.process = me;
	rooms[0] = (struct brg_room){ .profile = w->profile, .free = 0 };
	rooms[1] = (struct brg_room){ .profile = other, .free = 3 };
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 1);
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[3]));
	CHECK(k, brg_id_eq(&c.at[0].profile.id, &other));
	rooms[0].free = 2;
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 2);
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[0]));
	CHECK(k, brg_id_eq(&c.at[1].visit.id, &w->visits[1]));
	/* No room named: nothing to claim. */
	req.n_rooms = 0;
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 0);
}

static void disabled_is_not_claimed(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_claim_request req = { .n = 5 };

	CHECK_STILL(k);
	w = kit_world(st, 3, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	for (int i = 0; i < 3; i++) {
		struct brg_op op = kit_op_visit(&w->visits[i], &w->mailboxes[i], &w->profile, 1);

		op.u.visit.state = BRG_DISABLED + i;
		CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
		CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[i], 0)), BRG_COMMITTED);
	}
	CHECK_RC(k, st, kit_claim(st, w, &me, 5, 5, &c), 0);
	/* By name it can be had: a probe, or a person who looks. */
	req.process = me;
	req.only_mailbox = w->mailboxes[1];
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 1);
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[1]) &&
			 c.at[0].visit.state == BRG_QUARANTINED);
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 0); /* held */
}

static void wanted_only(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_room room;
	struct brg_claim_request req = {
		.n = 5, .wanted_only = true, .rooms = &room, .n_rooms = 1
	};
	struct kit_claims c;

	CHECK_STILL(k);
	w = kit_world(st, 3, 10);
	CHECK_STILL(k);
	req.process = kit_join(st);
	CHECK_STILL(k);
	room = (struct brg_room){ .profile = w->profile, .free = 5 };
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 0);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[2], BRG_INCOMING)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[1], BRG_OUTGOING)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim_request(st, &req, &c), 1);
	CHECK(k, brg_id_eq(&c.at[0].visit.id, &w->visits[2]));
}

static void settle_ends_the_lease(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_op ops[2];
	const struct brg_visit_row *v;

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	ops[0] = op_lease(&c.at[0].visit);
	ops[1] = kit_op_count("steps", 1);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	ops[0] = kit_op_settle(&c.at[0].visit, KIT_NOW + 5000, false);
	ops[0].u.settle.visit.items = 12;
	ops[0].u.settle.visit.items_failed = 2;
	ops[0].u.settle.visit.interval_ms = 240000;
	ops[0].u.settle.visit.failures = 3;
	ops[0].u.settle.visit.outcome = BRG_FAILED_TRANSIENT;
	ops[0].u.settle.visit.code = brg_cstr("KIT-9");
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
	v = kit_visit(st, &w->mailboxes[0]);
	CHECK(k, v && brg_id_is_nil(&v->process) && v->due_us == KIT_NOW + 5000);
	CHECK(k, v->items == 12 && v->items_failed == 2 && v->interval_ms == 240000);
	CHECK(k,
	      v->failures == 3 && v->outcome == BRG_FAILED_TRANSIENT && v->started_us == KIT_NOW);
	CHECK(k, brg_str_eq(v->code, brg_cstr("KIT-9")));
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_REFUSED); /* twice */
	ops[0] = op_lease(&c.at[0].visit);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	CHECK(k, st->failed == 0);
}

static void old_token_is_fenced(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims old, new;
	struct brg_query q = { .what = BRG_READ_COUNTERS };
	struct brg_op ops[2];

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &old), 1);
	ops[0] = kit_op_settle(&old.at[0].visit, KIT_NOW, false);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &new), 1);
	CHECK(k, new.at[0].visit.token > old.at[0].visit.token);
	ops[0] = kit_op_count("late", 1);
	ops[1] = op_lease(&old.at[0].visit);
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_REFUSED);
	CHECK(k, st->failed == 1);
	CHECK(k, kit_count(st, &q) == 0);
	ops[0] = kit_op_settle(&old.at[0].visit, KIT_NOW, false);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_REFUSED);
	ops[0] = op_lease(&new.at[0].visit);
	CHECK_RC(k, st, kit_commit(st, ops, 1), BRG_COMMITTED);
}

static void wanted_moves_during_a_visit(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[0], 0)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	op = kit_op_settle(&c.at[0].visit, KIT_NOW + 1000000, false);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 0); /* that request was served */
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[0], 0)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[0], 0)), BRG_COMMITTED);
	op = kit_op_settle(&c.at[0].visit, KIT_NOW + 1000000, false);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1); /* at once */
}

static void progress_forgives(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	op = kit_op_visit(&w->visits[0], &w->mailboxes[0], &w->profile, KIT_NOW);
	op.u.visit.strikes = 2;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	CHECK(k, c.at[0].visit.strikes == 2);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_settle(&c.at[0].visit, KIT_NOW, false)),
		 BRG_COMMITTED);
	CHECK(k, kit_visit(st, &w->mailboxes[0])->strikes == 2);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_settle(&c.at[0].visit, KIT_NOW, true)),
		 BRG_COMMITTED);
	CHECK(k, kit_visit(st, &w->mailboxes[0])->strikes == 0);
}

static void leased_visit_is_left_alone(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me, unused;
	struct kit_claims c;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	op = kit_op_visit(&w->visits[0], &w->mailboxes[0], &w->profile, 5);
	op.expect = BRG_NEW; /* is there: stays as it is */
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, kit_visit(st, &w->mailboxes[0])->due_us == KIT_NOW - 1000);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	op.expect = BRG_ANY;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_REFUSED);
	CHECK_RC(k, st, kit_commit_one(st, kit_op_settle(&c.at[0].visit, KIT_NOW, false)),
		 BRG_COMMITTED);
	unused = kit_id(k); /* the row keeps its id */
	op.u.visit.id = unused;
	op.u.visit.failures = 4;
	op.u.visit.probes = 2;
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	CHECK(k, brg_id_eq(&kit_visit(st, &w->mailboxes[0])->id, &w->visits[0]));
	CHECK(k, kit_visit(st, &w->mailboxes[0])->due_us == 5);
	CHECK(k, kit_visit(st, &w->mailboxes[0])->failures == 4);
	CHECK(k, kit_visit(st, &w->mailboxes[0])->probes == 2);
}

static void due_tells_what_is_to_do(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_query q = { .what = BRG_READ_DUE, .number = BRG_INCOMING, .now_us = KIT_NOW };
	const struct brg_row *row;
	struct brg_op op;

	CHECK_STILL(k);
	w = kit_world(st, 4, 6);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	op = kit_op_visit(&w->visits[3], &w->mailboxes[3], &w->profile, KIT_NOW + 77);
	CHECK_RC(k, st, kit_commit_one(st, op), BRG_COMMITTED);
	row = kit_row(st, &q);
	CHECK(k, row && brg_id_eq(&row->u.due.profile, &w->profile));
	CHECK(k, row->u.due.max_connections == 6 && row->u.due.due == 3 && row->u.due.wanted == 0);
	CHECK(k, row->u.due.next_us == KIT_NOW + 77);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[3], 0)), BRG_COMMITTED);
	CHECK_RC(k, st, kit_commit_one(st, op_want(&w->mailboxes[0], 0)), BRG_COMMITTED);
	row = kit_row(st, &q);
	CHECK(k, row && row->u.due.due == 4 && row->u.due.wanted == 2);
	CHECK_RC(k, st, kit_claim(st, w, &me, 3, 3, &c), 3);
	row = kit_row(st, &q);
	CHECK(k, row && row->u.due.due == 1 && row->u.due.wanted == 0);
	CHECK(k, row->u.due.next_us == INT64_MAX);
	q.number = BRG_OUTGOING;
	CHECK(k, kit_count(st, &q) == 0);
}

static void claim_brings_all(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id me;
	struct kit_claims c;
	struct brg_op ops[9];
	size_t n = 0;

	CHECK_STILL(k);
	w = kit_world(st, 2, 10);
	CHECK_STILL(k);
	me = kit_join(st);
	CHECK_STILL(k);
	for (int i = 0; i < 2; i++) {
		ops[n] = (struct brg_op){ .type = BRG_OP_PARK };
		ops[n].u.parked = (struct brg_parked_row){ .mailbox = w->mailboxes[0],
							   .remote_id = brg_cstr(i ? "a" : "b"),
							   .next_us = KIT_NOW + i };
		n++;
		ops[n] = (struct brg_op){ .type = BRG_OP_CURSOR };
		ops[n].u.cursor = (struct brg_cursor_row){ .mailbox = w->mailboxes[0],
							   .folder = brg_cstr(i ? "a" : ""),
							   .value = brg_cstr("v"),
							   .lane = BRG_INCOMING };
		n++;
	}
	/* Another lane's is none of its business. */
	ops[n] = (struct brg_op){ .type = BRG_OP_CURSOR };
	ops[n].u.cursor = (struct brg_cursor_row){ .mailbox = w->mailboxes[0],
						   .folder = brg_cstr("calendar"),
						   .value = brg_cstr("v"),
						   .lane = BRG_ACT };
	n++;
	ops[n] = (struct brg_op){ .type = BRG_OP_STATE };
	ops[n].u.state = (struct brg_state_row){ .mailbox = w->mailboxes[0],
						 .name = brg_cstr("uid-style"),
						 .value = brg_cstr("x") };
	n++;
	ops[n++] = kit_op_mark(&w->mailboxes[0], "d", BRG_DELETE_WANTED);
	CHECK_RC(k, st, kit_commit(st, ops, n), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 2, 2, &c), 2);
	CHECK(k, c.at[0].n_cursors == 2 && c.at[0].n_states == 1 && c.at[0].n_deletes == 1);
	CHECK(k, c.at[0].n_parked == 1); /* the other is not due */
	CHECK(k,
	      !c.at[1].n_cursors && !c.at[1].n_states && !c.at[1].n_parked && !c.at[1].n_deletes);
	/* An empty value removes a state. */
	ops[0] = kit_op_settle(&c.at[0].visit, KIT_NOW, true);
	ops[1] = ops[n - 2];
	ops[1].u.state.value = brg_cstr("");
	CHECK_RC(k, st, kit_commit(st, ops, 2), BRG_COMMITTED);
	CHECK_RC(k, st, kit_claim(st, w, &me, 1, 1, &c), 1);
	CHECK(k, c.at[0].n_states == 0);
}

static void only_who_joined_claims(struct kit *k)
{
	struct kit_store *st = kit_open(k, BRG_OPEN_CREATE);
	struct kit_world *w;
	struct brg_id stranger;
	struct kit_claims c;

	CHECK_STILL(k);
	w = kit_world(st, 1, 10);
	CHECK_STILL(k);
	stranger = kit_id(k);
	CHECK(k, kit_claim(st, w, &stranger, 1, 1, &c) < 0 && st->err.fault);
}

const struct kit_case kit_lease_cases[] = {
	{ "claim-in-order", STORAGE_KIT_LEASES, claim_in_order },
	{ "claim-within-room", STORAGE_KIT_LEASES, claim_within_room },
	{ "disabled-is-not-claimed", STORAGE_KIT_LEASES, disabled_is_not_claimed },
	{ "wanted-only", STORAGE_KIT_LEASES, wanted_only },
	{ "settle-ends-the-lease", STORAGE_KIT_LEASES, settle_ends_the_lease },
	{ "old-token-is-fenced", STORAGE_KIT_LEASES, old_token_is_fenced },
	{ "wanted-moves-during-a-visit", STORAGE_KIT_LEASES, wanted_moves_during_a_visit },
	{ "progress-forgives", STORAGE_KIT_LEASES, progress_forgives },
	{ "leased-visit-is-left-alone", STORAGE_KIT_LEASES, leased_visit_is_left_alone },
	{ "due-tells-what-is-to-do", STORAGE_KIT_LEASES, due_tells_what_is_to_do },
	{ "claim-brings-all", STORAGE_KIT_LEASES, claim_brings_all },
	{ "only-who-joined-claims", STORAGE_KIT_LEASES, only_who_joined_claims },
	{ NULL, 0, NULL },
};
