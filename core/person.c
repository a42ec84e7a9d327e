/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of unknown people are in no index (a first fetch would pay for it), so everything
 * is walked once; that is a matter of seconds for a million records, and seldom asked.
 */
#include "core/person.h"

#include "core/forget.h"

#include <stdlib.h>

struct search {
	struct person *person;
	struct brg_arena *arena;
	const char **quoted; /* "address" as it stands in JSON */
};

static bool mentions(const struct search *s, struct brg_str json)
{
	for (size_t i = 0; i < s->person->n_addresses; i++)
		if (json.len && memmem(json.ptr, json.len, s->quoted[i], strlen(s->quoted[i])))
			return true;
	return false;
}

static void add_record(struct search *s, const struct brg_id *id)
{
	struct person *p = s->person;
	struct brg_id *old = p->records;

	if (p->n_records == p->room_records) {
		p->room_records = p->room_records ? 2 * p->room_records : 64;
		p->records = arena_alloc(s->arena, p->room_records * sizeof(*old));
		if (p->n_records)
			memcpy(p->records, old, p->n_records * sizeof(*old));
	}
	p->records[p->n_records++] = *id;
}

static int look_at_record(void *arg, const struct brg_row *row)
{
	struct search *s = arg;

	if (!mentions(s, row->u.record.fields))
		return 0;
	add_record(s, &row->u.record.id);
	s->person->n_held += row->u.record.held;
	return 0;
}

/* Blind recipients stand only in the outbox. */
static int look_at_outgoing(void *arg, const struct brg_row *row)
{
	struct search *s = arg;

	if (mentions(s, row->u.outgoing.recipients))
		add_record(s, &row->u.outgoing.record);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct brg_id));
}

static void drop_doubles(struct person *p)
{
	size_t n = 0;

	if (p->n_records)
		qsort(p->records, p->n_records, sizeof(*p->records), by_id);
	for (size_t i = 0; i < p->n_records; i++)
		if (n == 0 || !brg_id_eq(&p->records[i], &p->records[n - 1]))
			p->records[n++] = p->records[i];
	p->n_records = n;
}

static int find_references(struct engine *e, struct person *p, struct brg_arena *arena,
			   struct brg_err *err)
{
	p->references = arena_alloc(arena, (20 * p->n_addresses + 1) * sizeof(*p->references));
	for (size_t i = 0; i < p->n_addresses; i++) {
		struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES };
		struct brg_row *rows;
		size_t n;

		q.text = p->addresses[i];
		q.limit = 20;
		if (store_all(&e->store, &q, arena, &rows, &n, err) < 0)
			return err->code;
		for (size_t k = 0; k < n; k++) {
			struct brg_query one = { .size = sizeof(one), .what = BRG_READ_REFERENCES };
			int rc = 0;

			one.id = rows[k].u.address.object;
			if (rows[k].u.address.type == BRG_PARTY_REFERENCE)
				rc = store_one(&e->store, &one, arena,
					       &p->references[p->n_references], err);
			if (rc < 0)
				return rc;
			p->n_references += rc > 0;
		}
	}
	return 0;
}

int person_find(struct engine *e, struct person *p, struct brg_arena *arena, struct brg_err *err)
{
	struct brg_query records = { .size = sizeof(records), .what = BRG_READ_RECORDS };
	struct brg_query outgoing = { .size = sizeof(outgoing), .what = BRG_READ_OUTGOING };
	struct search s = { .person = p, .arena = arena };
	int rc;

	s.quoted = arena_alloc(arena, p->n_addresses * sizeof(*s.quoted));
	for (size_t i = 0; i < p->n_addresses; i++)
		s.quoted[i] = arena_printf(arena, "\"%s\"", p->addresses[i].ptr);
	rc = e->store.ops->read(e->store.self, &records, look_at_record, &s, err);
	if (rc == 0)
		rc = e->store.ops->read(e->store.self, &outgoing, look_at_outgoing, &s, err);
	drop_doubles(p);
	return rc < 0 ? rc : find_references(e, p, arena, err);
}

struct brg_str person_key(const struct engine *e, struct brg_str address, struct brg_arena *arena)
{
	unsigned char key[16];

	if (!e->secrets || address.len == 0)
		return (struct brg_str){ "", 0 };
	secrets_hash(e->secrets, "shun", address, key);
	return arena_dup(arena, key, sizeof(key));
}

/* ---- forgetting ------------------------------------------------------------------------------ */

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
	for (size_t i = 0; i < n; i++) {
		bool his = false;

		for (size_t k = 0; k < p->n_addresses; k++)
			his = his || brg_str_eq(rows[i].u.address.address, p->addresses[k]);
		if (!his)
			left[kept++] = rows[i].u.address.address;
	}
	step_add(step, BRG_OP_ADDRESSES, BRG_ANY)->u.addresses =
		(struct brg_addresses){ BRG_PARTY_REFERENCE, *object, left, kept };
	return 0;
}

int64_t person_forget(struct engine *e, const struct person *p, struct brg_arena *arena,
		      struct brg_err *err)
{
	int64_t gone = forget_records(e, p->records, p->n_records, err);
	struct step step;
	int rc = 0;

	if (gone < 0)
		return gone;
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
	for (size_t i = 0; i < p->n_addresses; i++)
		step_add(&step, BRG_OP_SHUN, BRG_ANY)->u.shun = (struct brg_shun_row){
			.key = person_key(e, p->addresses[i], arena),
			.since_us = e->now_us(e),
		};
	if (rc == 0)
		rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, err);
	return rc < 0 ? rc : gone;
}
