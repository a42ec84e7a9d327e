/* SPDX-License-Identifier: Apache-2.0 */
#include "core/promote.h"

#include "core/flight.h"
#include "core/id.h"
#include "core/options.h"
#include "core/track.h"

#define TRIES 10

static const struct brg_fault in_between = {
	.code = "BRG-MAIL-0020",
	.cls = BRG_EBUSY,
	.scope = BRG_SCOPE_ITEM,
	.retry = BRG_RETRY_LATER,
	.en = "the same mail is being written by others: try again",
	.sv = "samma brev skrivs av andra: försök igen",
	.help = "Nothing was changed.",
};

const struct brg_fault *const promote_faults[] = { &in_between, NULL };

/* Mail that the owner sent with a client of his own is outgoing mail. */
static bool sent_by(struct tracker *t, const struct mime_header *h, const struct brg_id *owner,
		    struct brg_arena *scratch, bool *out, struct brg_err *err)
{
	struct party *parties;
	size_t n;

	*out = false;
	if (resolve_parties(&t->who, h, scratch, &parties, &n, err) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		*out = *out || (parties[i].role == PARTY_FROM && brg_id_eq(&parties[i].id, owner));
	return true;
}

static void put_decision(struct tracker *t, const struct track_mail *m, const struct brg_id *record,
			 const struct brg_fault *rule, const char *params, struct step *step)
{
	struct brg_op *op = step_add(step, BRG_OP_DECISION, BRG_ANY);

	op->u.decision.id = id_new(t->engine->now_us(t->engine));
	op->u.decision.record = *record;
	op->u.decision.message_key = arena_str(step->arena, m->key);
	op->u.decision.code = brg_cstr(rule->code);
	op->u.decision.params = arena_str(step->arena, brg_cstr(params));
}

/* BRG_REFUSED: the same mail was written in between. */
static int attempt(struct tracker *t, const struct track_reader *reader, struct track_mail *m,
		   struct brg_id *record, bool *was_there, struct brg_arena *scratch,
		   struct brg_err *err)
{
	struct parcel parcel = { .raw = m->body };
	struct cargo cargo = { .parcels = &parcel, .durability = BRG_DURABLE };
	struct landing landing;
	struct step step;
	int rc = track_judge(t, reader, m, scratch, err);

	if (rc < 0)
		return rc;
	*was_there = rc == TRACK_SAME;
	*record = m->same.record.id;
	step_init(&step, scratch);
	if (*was_there) {
		track_join(t, reader, record, &step);
		return store_commit(&t->engine->store, &step, BRG_DURABLE, NULL, err);
	}
	*record = track_write(t, reader, m, &step, &parcel.record);
	put_decision(t, m, record, m->accept.rule, m->accept.params, &step);
	if (m->receipt.found) {
		put_decision(t, m, record, receipt_rule(&m->receipt), m->receipt.params, &step);
		receipt_write(&m->receipt, t->engine->now_us(t->engine), &step);
	}
	cargo.step = step;
	flight_walk(t->engine, &cargo, &landing);
	if (landing.rc < 0)
		*err = landing.err;
	return landing.rc;
}

int promote_mail(struct engine *engine, struct brg_blob *raw, const struct brg_owner_row *owner,
		 struct brg_str address, struct brg_id *record, bool *was_there,
		 struct brg_err *err)
{
	struct brg_arena *scratch = arena_new();
	struct tracker *t = tracker_new(engine);
	struct track_reader reader = {
		.owner = owner->id, .owner_type = owner->type, .address = address, .senders = ""
	};
	struct track_mail m = { .body = raw, .by_hand = true };
	const struct owner_settings *rules = NULL;
	struct mime_header header;
	char *head = arena_alloc(scratch, MIME_HEADER_MAX);
	int64_t n = blob_read(raw, 0, head, MIME_HEADER_MAX, err);
	int rc = n < 0 ? (int)n : 0;

	mime_header((struct brg_str){ head, n > 0 ? (size_t)n : 0 }, scratch, &header);
	m.header = &header;
	m.received_us = header.received_us ? header.received_us
			: header.date_us   ? header.date_us
					   : engine->now_us(engine);
	if (rc == 0 && !sent_by(t, &header, &owner->id, scratch, &m.outgoing, err))
		rc = err->code;
	if (rc == 0)
		rc = resolve_owner(&t->who, &owner->id, &rules, err);
	if (rules)
		reader.visibility = rules->visibility;
	for (int tries = 1; rc == 0; tries++) {
		m.correlated = false;
		rc = attempt(t, &reader, &m, record, was_there, scratch, err);
		if (rc != BRG_REFUSED)
			break;
		rc = tries < TRIES ? 0 : brg_fail(err, &in_between, "%s", "");
	}
	tracker_free(&t);
	arena_free(&scratch);
	return rc;
}
