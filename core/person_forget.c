/* SPDX-License-Identifier: Apache-2.0
 *
 * What was found goes: first the mail that names him, then what only has his address. A row that
 * others change at the same moment is read again.
 */
#include "core/person-private.h"

#include "core/forget.h"

#define TRIES 20

static const struct brg_fault in_between = {
	.code = "BRG-MAIL-0030",
	.cls = BRG_EBUSY,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "others change {what} again and again: run the command once more",
	.sv = "andra ändrar {what} gång på gång: kör kommandot en gång till",
	.help = "The records of the person are gone already. What is left are his address in a list "
		"of senders and what servers said of him; the same command removes them.",
};

const struct brg_fault *const person_faults[] = { &in_between, NULL };

int person_shun(struct engine *e, const struct person *p, bool off, struct brg_arena *arena,
		struct brg_err *err)
{
	struct step step;

	step_init(&step, arena);
	for (size_t i = 0; i < p->n_addresses; i++)
		step_add(&step, BRG_OP_SHUN, BRG_ANY)->u.shun = (struct brg_shun_row){
			.key = person_key(e, p->addresses[i], arena),
			.since_us = e->now_us(e),
			.off = off,
		};
	return store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
}

/* ---- contacts and the like ------------------------------------------------------------------*/

static bool is_person(const struct brg_reference_row *r)
{
	return brg_str_eq(r->kind, brg_cstr("contact")) || brg_str_eq(r->kind, brg_cstr("lead"));
}

/* A company keeps its other addresses. */
static int drop_addresses(struct engine *e, const struct person *p, const struct brg_id *object,
			  struct step *step, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES, .other = *object };
	struct brg_str *left;
	struct brg_row *rows;
	size_t n, kept = 0;

	if (store_all(&e->store, &q, step->arena, &rows, &n, err) < 0)
		return err->code;
	left = arena_alloc(step->arena, (n + 1) * sizeof(*left));
	for (size_t i = 0; i < n; i++)
		if (!person_has(p, rows[i].u.address.address))
			left[kept++] = rows[i].u.address.address;
	step_add(step, BRG_OP_ADDRESSES, BRG_ANY)->u.addresses =
		(struct brg_addresses){ BRG_PARTY_REFERENCE, *object, left, kept };
	return 0;
}

static int forget_references(struct engine *e, const struct person *p, struct brg_arena *arena,
			     struct brg_err *err)
{
	struct step step;
	int rc = 0;

	step_init(&step, arena);
	for (size_t i = 0; i < p->n_references && rc == 0; i++) {
		const struct brg_reference_row *r = &p->references[i].u.reference;
		struct brg_op *op;

		if (!is_person(r)) {
			rc = drop_addresses(e, p, &r->id, &step, err);
			continue;
		}
		op = step_add(&step, BRG_OP_FORGET, BRG_ANY);
		op->u.forget.type = BRG_PARTY_REFERENCE;
		op->u.forget.id = r->id;
	}
	return rc < 0 ? rc : store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
}

/* ---- rows that lose an address --------------------------------------------------------------*/

/* One row of a kind, as it is now; changed: the op that is wanted is in the step. */
typedef int change(struct engine *e, const struct person *p, const struct brg_row *row,
		   struct step *step, struct brg_err *err);

/* What servers said of him, in a mail that is not held. */
static int hush(struct engine *e, const struct person *p, const struct brg_row *row,
		struct step *step, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS };
	struct brg_outgoing_row now = row->u.outgoing;
	struct brg_row record;
	int rc;

	if (!person_hush(p, &now, step->arena))
		return 0;
	q.id = now.record;
	rc = store_one(&e->store, &q, step->arena, &record, err);
	if (rc > 0 && !record.u.record.held)
		step_add(step, BRG_OP_OUTGOING, now.version)->u.outgoing = now;
	return rc < 0 ? rc : 0;
}

static int unlist_owner(struct engine *e, const struct person *p, const struct brg_row *row,
			struct step *step, struct brg_err *err)
{
	struct brg_owner_row now = row->u.owner;

	(void)e;
	(void)err;
	if (person_unlist(p, &now.settings, step->arena))
		step_add(step, BRG_OP_OWNER, now.version)->u.owner = now;
	return 0;
}

static int unlist_mailbox(struct engine *e, const struct person *p, const struct brg_row *row,
			  struct step *step, struct brg_err *err)
{
	struct brg_mailbox_row now = row->u.mailbox;

	(void)e;
	(void)err;
	if (person_unlist(p, &now.settings, step->arena))
		step_add(step, BRG_OP_MAILBOX, now.version)->u.mailbox = now;
	return 0;
}

/* Read, change and write what the query asks for, until nobody was in between. */
static int mend(struct engine *e, const struct person *p, const struct brg_query *q, change *how,
		const char *what, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	int rc = BRG_REFUSED;

	for (int i = 0; i < TRIES && rc == BRG_REFUSED; i++) {
		struct brg_row *rows;
		struct step step;
		size_t n;

		arena_reset(arena);
		step_init(&step, arena);
		rc = store_all(&e->store, q, arena, &rows, &n, err);
		for (size_t k = 0; k < n && rc == 0; k++)
			rc = how(e, p, &rows[k], &step, err);
		if (rc == 0)
			rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
	}
	arena_free(&arena);
	return rc == BRG_REFUSED ? brg_fail(err, &in_between, "what=%s", what) : rc;
}

int64_t person_forget(struct engine *e, const struct person *p, struct brg_arena *arena,
		      struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OUTGOING };
	int64_t gone = forget_records(e, p->records, p->n_records, err);
	int rc = gone < 0 ? (int)gone : forget_references(e, p, arena, err);

	for (size_t i = 0; i < p->n_words && rc == 0; i++) {
		q.id = p->words[i];
		rc = mend(e, p, &q, hush, "the outbox", err);
	}
	q = (struct brg_query){ .size = sizeof(q), .what = BRG_READ_OWNERS };
	if (rc == 0 && p->n_lists)
		rc = mend(e, p, &q, unlist_owner, "a user or queue", err);
	q.what = BRG_READ_MAILBOXES;
	if (rc == 0 && p->n_lists)
		rc = mend(e, p, &q, unlist_mailbox, "a mailbox", err);
	return rc < 0 ? rc : gone;
}
