/* SPDX-License-Identifier: Apache-2.0
 *
 * One look into the store for an address, however many mails of a visit name it.
 */
#include "core/resolve.h"

#include "core/options.h"
#include "core/settings.h"

#define ROOM_FIRST  256
#define ANSWERS_MAX 20 /* things with one address */
#define CACHE_MAX   20000

/* What the store knows of an address. */
struct resolved {
	struct resolved *next;
	struct brg_str address;
	size_t n;
	struct brg_row *rows; /* BRG_READ_ADDRESSES */
};

struct resolved_owner {
	struct resolved_owner *next;
	struct brg_id id;
	struct owner_settings *settings; /* NULL: no such owner */
};

void resolve_init(struct resolver *r, struct store *store, struct brg_arena *arena)
{
	*r = (struct resolver){ .store = store, .arena = arena };
	resolve_forget(r);
}

void resolve_forget(struct resolver *r)
{
	r->table = NULL;
	r->owners = NULL;
	r->n = r->room = 0;
}

static size_t hash(struct brg_str s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

static void grow(struct resolver *r)
{
	struct resolved **old = r->table;
	size_t room = r->room;

	r->room = room ? room * 4 : ROOM_FIRST;
	r->table = arena_alloc(r->arena, r->room * sizeof(*r->table));
	for (size_t i = 0; i < room; i++)
		for (struct resolved *at = old[i], *next; at; at = next) {
			struct resolved **slot = &r->table[hash(at->address) & (r->room - 1)];

			next = at->next;
			at->next = *slot;
			*slot = at;
		}
}

static int look_up(struct resolver *r, struct brg_str address, const struct resolved **out,
		   struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES, .text = address };
	struct resolved *at, **slot;
	int rc;

	q.limit = ANSWERS_MAX;
	if (r->n >= r->room)
		grow(r);
	slot = &r->table[hash(address) & (r->room - 1)];
	for (at = *slot; at; at = at->next)
		if (brg_str_eq(at->address, address)) {
			*out = at;
			return 0;
		}
	at = arena_alloc(r->arena, sizeof(*at));
	rc = store_all(r->store, &q, r->arena, &at->rows, &at->n, err);
	if (rc < 0)
		return rc;
	at->address = arena_str(r->arena, address);
	at->next = *slot;
	*slot = at;
	r->n++;
	*out = at;
	return 0;
}

int resolve_owner(struct resolver *r, const struct brg_id *id, const struct owner_settings **out,
		  struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OWNERS, .id = *id };
	struct resolved_owner *at;
	struct settings settings = { 0 };
	struct brg_row row;
	int rc;

	for (at = r->owners; at; at = at->next)
		if (brg_id_eq(&at->id, id)) {
			*out = at->settings;
			return 0;
		}
	at = arena_alloc(r->arena, sizeof(*at));
	at->id = *id;
	rc = store_one(r->store, &q, r->arena, &row, err);
	if (rc > 0) {
		at->settings = arena_alloc(r->arena, sizeof(*at->settings));
		rc = settings_add_json(&settings, row.u.owner.settings, r->arena, err);
		if (rc >= 0)
			rc = options_fill(owner_options, at->settings, settings.at, settings.n,
					  r->arena, err);
	}
	if (rc < 0)
		return rc;
	at->next = r->owners;
	r->owners = at;
	*out = at->settings;
	return 0;
}

/* ---- parties --------------------------------------------------------------------------------*/

struct list {
	struct party *at;
	size_t n, room;
	struct brg_arena *arena;
};

static struct party *add(struct list *list, const struct party *p)
{
	if (list->n == list->room) {
		struct party *old = list->at;

		list->room = list->room ? 2 * list->room : 16;
		list->at = arena_alloc(list->arena, list->room * sizeof(*old));
		if (list->n)
			memcpy(list->at, old, list->n * sizeof(*old));
	}
	list->at[list->n] = *p;
	return &list->at[list->n++];
}

/* The rule of a user or queue, for those who ask for every recipient's. */
static int add_rule(struct resolver *r, struct party *p, struct brg_err *err)
{
	static const struct mailbox_settings none = { .accept = ACCEPT_USUAL, .senders = "" };
	const struct owner_settings *owner;
	int rc;

	if (p->type != BRG_PARTY_USER && p->type != BRG_PARTY_QUEUE)
		return 0;
	p->accept = ACCEPT_NONE; /* of an owner who is gone */
	p->senders = "";
	rc = resolve_owner(r, &p->id, &owner, err);
	if (rc == 0 && owner)
		p->accept = mailbox_accept(&none, owner, p->type, &p->senders);
	return rc;
}

static int add_address(struct resolver *r, struct list *list, int role,
		       const struct mime_address *a, struct brg_err *err)
{
	struct party p = { .role = role, .address = a->address, .name = a->name };
	const struct resolved *known = NULL;
	int rc = 0;

	if (a->address.len)
		rc = look_up(r, a->address, &known, err);
	if (rc < 0 || !known || known->n == 0) {
		add(list, &p);
		return rc;
	}
	p.several = known->n > 1;
	for (size_t i = 0; i < known->n && rc == 0; i++) {
		p.type = known->rows[i].u.address.type;
		p.id = known->rows[i].u.address.object;
		p.kind = known->rows[i].u.address.kind;
		rc = add_rule(r, add(list, &p), err);
	}
	return rc;
}

int resolve_parties(struct resolver *r, const struct mime_header *h, struct brg_arena *scratch,
		    struct party **out, size_t *n, struct brg_err *err)
{
	const struct mime_address from = { h->from_name, h->from_address };
	const struct mime_address sender = { { "", 0 }, h->sender_address };
	const struct {
		int role;
		const struct mime_address *at;
		size_t n;
	} fields[] = {
		{ PARTY_FROM, &from, h->from_address.len > 0 },
		{ PARTY_SENDER, &sender, h->sender_address.len > 0 },
		{ PARTY_TO, h->to, h->n_to },
		{ PARTY_CC, h->cc, h->n_cc },
		{ PARTY_BCC, h->bcc, h->n_bcc },
		{ PARTY_DELIVERED, h->delivered, h->n_delivered },
		{ PARTY_REPLY_TO, h->reply_to, h->n_reply_to },
	};
	struct list list = { .arena = scratch };
	int rc = 0;

	if (r->n > CACHE_MAX) {
		arena_reset(r->arena);
		resolve_forget(r);
	}
	for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
		for (size_t i = 0; i < fields[f].n && rc == 0; i++)
			rc = add_address(r, &list, fields[f].role, &fields[f].at[i], err);
	*out = list.at;
	*n = list.n;
	return rc;
}
