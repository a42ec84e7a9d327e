/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of unknown people are in no index (a first fetch would pay for it), so everything
 * is walked once; that is a matter of seconds for a million records, and seldom asked. A mail is
 * read itself only where its record cannot tell: the lists of its header were cut, or it is a
 * report, which names people in its text.
 */
#include "core/person-private.h"

#include <stdlib.h>

/* A record that names him, or may. */
struct found {
	struct brg_id id;
	bool held;
	struct brg_sha body;
	bool is_report;
};

struct founds {
	struct found *at;
	size_t n, room;
};

/* A mail of ours that names him, or that waits. */
struct ours {
	struct brg_id record;
	bool his;      /* he is a recipient */
	bool words;    /* only a server names him */
	bool waiting;  /* not sent yet */
	size_t others; /* of a waiting one: recipients beside him that have not got it */
};

struct search {
	struct engine *engine;
	struct person *person;
	struct brg_arena *arena, *scratch;
	const char **quoted; /* "address" as it stands in JSON */
	struct ours *ours;   /* by id once all are read */
	size_t n_ours, room_ours;
	struct founds sure, unsure;
};

/* One more, in an array that doubles. */
static void *grow(struct brg_arena *arena, void *at, size_t n, size_t *room, size_t size)
{
	void *grown;

	if (n < *room)
		return at;
	*room = *room ? 2 * *room : 64;
	grown = arena_alloc(arena, *room * size);
	if (n)
		memcpy(grown, at, n * size);
	return grown;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct brg_id));
}

static const struct ours *ours_of(const struct search *s, const struct brg_id *record)
{
	return s->n_ours ? bsearch(record, s->ours, s->n_ours, sizeof(*s->ours), by_id) : NULL;
}

/* ---- the outbox -----------------------------------------------------------------------------*/

/* Blind recipients, reports and servers' words stand only here. */
static int look_at_outgoing(void *arg, const struct brg_row *row)
{
	const struct brg_outgoing_row *o = &row->u.outgoing;
	bool waiting = o->state == BRG_OUT_PENDING || o->state == BRG_OUT_SENDING;
	struct search *s = arg;
	struct recipients list;
	struct ours one = { .record = o->record, .waiting = waiting };

	if (!waiting && !person_named(s->person, o->recipients) &&
	    !person_named(s->person, o->said))
		return 0;
	recipients_read(o->recipients, s->scratch, &list);
	one.words = person_named(s->person, o->said);
	for (size_t i = 0; i < list.n; i++) {
		bool his = person_has(s->person, list.at[i].address);

		one.his = one.his || his;
		one.others += !his && list.at[i].state == RECIPIENT_PENDING;
		one.words = one.words || person_named(s->person, list.at[i].said);
	}
	arena_reset(s->scratch);
	s->ours = grow(s->arena, s->ours, s->n_ours, &s->room_ours, sizeof(one));
	s->ours[s->n_ours++] = one;
	return 0;
}

/* ---- records --------------------------------------------------------------------------------*/

/* Is the text at p, a string of JSON, the value of a member that names people? */
static bool of_people(const char *begin, const char *p)
{
	static const char *const keys[] = { "address\":", "from\":", "sender\":", "name\":" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i]);

		if ((size_t)(p - begin) > n && memcmp(p - n, keys[i], n) == 0)
			return true;
	}
	return false;
}

static bool mentions(const struct search *s, struct brg_str json)
{
	const char *end = json.ptr + json.len, *p;

	for (size_t i = 0; i < s->person->n_addresses && json.len; i++) {
		size_t n = strlen(s->quoted[i]);

		for (p = json.ptr; (p = memmem(p, (size_t)(end - p), s->quoted[i], n)); p += n)
			if (of_people(json.ptr, p))
				return true;
	}
	return false;
}

/* What no string of JSON can hold. */
static bool has_key(struct brg_str json, const char *key)
{
	return json.len && memmem(json.ptr, json.len, key, strlen(key));
}

static void add(struct search *s, struct founds *to, const struct found *one)
{
	to->at = grow(s->arena, to->at, to->n, &to->room, sizeof(*one));
	to->at[to->n++] = *one;
}

static int look_at_record(void *arg, const struct brg_row *row)
{
	const struct brg_record_row *r = &row->u.record;
	struct search *s = arg;
	const struct ours *ours = ours_of(s, &r->id);
	struct found one = { .id = r->id, .held = r->held, .body = r->body };

	one.is_report = has_key(r->fields, "\"report\":\"");
	if ((ours && ours->his) || mentions(s, r->fields))
		add(s, &s->sure, &one);
	else if (one.is_report || has_key(r->fields, "\"more_addresses\":true"))
		add(s, &s->unsure, &one);
	return 0;
}

static int read_unsure(struct search *s, struct brg_err *err)
{
	for (size_t i = 0; i < s->unsure.n; i++) {
		const struct found *one = &s->unsure.at[i];
		int rc = person_in_mail(s->engine, s->person, &one->body, one->is_report, err);

		if (rc < 0)
			return rc;
		if (rc > 0)
			add(s, &s->sure, one);
	}
	return 0;
}

/* What was found, for the caller. */
static void tell_records(struct search *s)
{
	struct person *p = s->person;

	if (s->sure.n)
		qsort(s->sure.at, s->sure.n, sizeof(*s->sure.at), by_id);
	p->records = arena_alloc(s->arena, (s->sure.n + 1) * sizeof(*p->records));
	p->words = arena_alloc(s->arena, (s->n_ours + 1) * sizeof(*p->words));
	for (size_t i = 0; i < s->sure.n; i++) {
		const struct found *one = &s->sure.at[i];
		const struct ours *ours = ours_of(s, &one->id);

		p->records[p->n_records++] = one->id;
		p->n_held += one->held;
		p->n_waiting += ours && ours->waiting && !one->held;
		p->n_others += ours && ours->waiting && !one->held ? ours->others : 0;
	}
	for (size_t i = 0; i < s->n_ours; i++)
		if (s->ours[i].words &&
		    !(s->sure.n && bsearch(&s->ours[i].record, s->sure.at, s->sure.n,
					   sizeof(*s->sure.at), by_id)))
			p->words[p->n_words++] = s->ours[i].record;
}

/* ---- the directory --------------------------------------------------------------------------*/

static void add_stay(struct search *s, const char *kind, struct brg_str name)
{
	struct person *p = s->person;
	const char *text =
		arena_printf(s->arena, "%s %.*s", kind, (int)name.len, name.len ? name.ptr : "");
	const char **grown;

	for (size_t i = 0; i < p->n_stays; i++)
		if (strcmp(p->stays[i], text) == 0)
			return;
	grown = arena_alloc(s->arena, (p->n_stays + 1) * sizeof(*grown));
	if (p->n_stays)
		memcpy(grown, p->stays, p->n_stays * sizeof(*grown));
	grown[p->n_stays++] = text;
	p->stays = grown;
}

/* Who has one of the addresses: a thing of the CRM, or one of us. */
static int add_owner_of(struct search *s, const struct brg_address_row *a, struct brg_err *err)
{
	bool reference = a->type == BRG_PARTY_REFERENCE;
	struct brg_query one = { .size = sizeof(one), .id = a->object };
	struct person *p = s->person;
	struct brg_row *row = arena_alloc(s->arena, sizeof(*row)), *grown;
	int rc;

	one.what = reference ? BRG_READ_REFERENCES : BRG_READ_OWNERS;
	rc = store_one(&s->engine->store, &one, s->arena, row, err);
	if (rc <= 0)
		return rc;
	if (!reference) {
		add_stay(s, row->u.owner.type == BRG_USER ? "user" : "queue", row->u.owner.name);
		return 0;
	}
	for (size_t i = 0; i < p->n_references; i++)
		if (brg_id_eq(&p->references[i].u.reference.id, &a->object))
			return 0;
	grown = arena_alloc(s->arena, (p->n_references + 1) * sizeof(*grown));
	if (p->n_references)
		memcpy(grown, p->references, p->n_references * sizeof(*grown));
	grown[p->n_references++] = *row;
	p->references = grown;
	return 0;
}

static int find_addresses(struct search *s, struct brg_err *err)
{
	for (size_t i = 0; i < s->person->n_addresses; i++) {
		struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES };
		struct brg_row *rows;
		size_t n;
		int rc;

		q.text = s->person->addresses[i];
		rc = store_all(&s->engine->store, &q, s->arena, &rows, &n, err);
		for (size_t k = 0; k < n && rc == 0; k++)
			rc = add_owner_of(s, &rows[k].u.address, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What a setting names beside a list of senders, for example a user name at a server. */
static void look_at_settings(struct search *s, const char *kind, struct brg_str name,
			     struct brg_str address, struct brg_str settings)
{
	s->person->n_lists += person_unlist(s->person, &settings, s->scratch);
	if (person_has(s->person, address) || person_named(s->person, settings))
		add_stay(s, kind, name);
}

static int look_at_directory(void *arg, const struct brg_row *row)
{
	struct search *s = arg;

	if (row->what == BRG_READ_OWNERS)
		look_at_settings(s, row->u.owner.type == BRG_USER ? "user" : "queue",
				 row->u.owner.name, row->u.owner.address, row->u.owner.settings);
	else if (row->what == BRG_READ_MAILBOXES)
		look_at_settings(s, "mailbox", row->u.mailbox.name, row->u.mailbox.address,
				 row->u.mailbox.settings);
	else
		look_at_settings(s, "profile", row->u.profile.name, (struct brg_str){ "", 0 },
				 row->u.profile.settings);
	arena_reset(s->scratch);
	return 0;
}

static int find_settings(struct search *s, struct brg_err *err)
{
	static const int kinds[] = { BRG_READ_OWNERS, BRG_READ_MAILBOXES, BRG_READ_PROFILES };
	struct store *store = &s->engine->store;
	int rc = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc == 0; i++) {
		struct brg_query q = { .size = sizeof(q), .what = kinds[i] };

		rc = store->ops->read(store->self, &q, look_at_directory, s, err);
	}
	if (rc == 0 && s->engine->email &&
	    person_named(s->person, brg_cstr(s->engine->email->block)))
		add_stay(s, "block in [email] of", brg_cstr("brygga.conf"));
	return rc;
}

int person_find(struct engine *e, struct person *p, struct brg_arena *arena, struct brg_err *err)
{
	struct brg_query records = { .size = sizeof(records), .what = BRG_READ_RECORDS };
	struct brg_query outgoing = { .size = sizeof(outgoing), .what = BRG_READ_OUTGOING };
	struct search s = { .engine = e, .person = p, .arena = arena, .scratch = arena_new() };
	int rc;

	s.quoted = arena_alloc(arena, p->n_addresses * sizeof(*s.quoted));
	for (size_t i = 0; i < p->n_addresses; i++)
		s.quoted[i] = arena_printf(arena, "\"%s\"", p->addresses[i].ptr);
	rc = e->store.ops->read(e->store.self, &outgoing, look_at_outgoing, &s, err);
	if (rc == 0 && s.n_ours)
		qsort(s.ours, s.n_ours, sizeof(*s.ours), by_id);
	if (rc == 0)
		rc = e->store.ops->read(e->store.self, &records, look_at_record, &s, err);
	if (rc == 0)
		rc = read_unsure(&s, err);
	tell_records(&s);
	if (rc == 0)
		rc = find_addresses(&s, err);
	if (rc == 0)
		rc = find_settings(&s, err);
	arena_free(&s.scratch);
	return rc;
}

struct brg_str person_key(const struct engine *e, struct brg_str address, struct brg_arena *arena)
{
	unsigned char key[16];

	if (!e->secrets || address.len == 0)
		return (struct brg_str){ "", 0 };
	secrets_hash(e->secrets, "shun", address, key);
	return arena_dup(arena, key, sizeof(key));
}
