/* SPDX-License-Identifier: Apache-2.0
 *
 * What a visit of the lane act starts from, and what it leaves: rules, filters, folders, rounds.
 */
#include "core/sync-private.h"

#include "core/id.h"
#include "core/options.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define STATE_NAME "core.act"

static const struct brg_fault bad_state = {
	.code = "BRG-SYNC-0110",
	.cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "what the store keeps of the mailbox's rounds cannot be read",
	.sv = "det lagret vet om brevlådans varv går inte att läsa",
	.help = "The state row core.act of the mailbox is damaged. `brygga mailbox reset` starts the "
		"mailbox over, without deleting anything on either side. Please report it.",
};
static const struct brg_fault no_folders = {
	.code = "BRG-SYNC-0111",
	.cls = BRG_ENOTSUP,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the connector {connector} shows no folders with contacts, tasks or appointments",
	.sv = "anslutningen {connector} visar inga mappar med kontakter, uppgifter eller möten",
	.help = "The lane act needs a connector that lists folders, reads and writes items. POP3 and "
		"SMTP carry email only. `brygga plugin show NAME` says what each can do.",
};

const struct brg_fault *const sync_state_faults[] = { &bad_state, &no_folders, NULL };

/* ---- the state row --------------------------------------------------------------------------*/

static void put_hex(json_t *o, const char *key, const unsigned char *bytes, size_t n)
{
	char text[65];

	id_hex(bytes, n < 32 ? n : 32, text);
	json_object_set_new(o, key, json_string(text));
}

static bool get_hex(const json_t *o, const char *key, unsigned char *bytes, size_t n)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!text || strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (unsigned char)byte;
	}
	return true;
}

static struct brg_str state_text(const struct sync *s, int64_t round, struct brg_arena *arena)
{
	json_t *o = json_object(), *passes = json_object();
	struct brg_str out;
	char *text;

	json_object_set_new(o, "round", json_integer(round));
	json_object_set_new(o, "pass", json_integer(s->pass));
	json_object_set_new(o, "met", json_boolean(s->met));
	put_hex(o, "asked", s->asked_epoch, sizeof(s->asked_epoch));
	json_object_set_new(o, "position", json_stringn(s->position.ptr, s->position.len));
	if (s->has_epoch)
		put_hex(o, "epoch", s->kept_epoch, sizeof(s->kept_epoch));
	for (size_t i = 0; i < s->n_folders; i++) {
		const struct sync_folder *f = &s->folders[i];

		if (f->pass)
			json_object_setn_new(passes, f->id.ptr, f->id.len,
					     json_integer((json_int_t)f->pass));
	}
	json_object_set_new(o, "folders", passes);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		abort(); /* out of memory */
	out = arena_dup(arena, text, strlen(text));
	free(text);
	json_decref(o);
	return out;
}

void sync_put_state(struct sync *s)
{
	struct brg_op *op = commit_op(s->v, BRG_OP_STATE, BRG_ANY);

	op->u.state.mailbox = s->mailbox;
	op->u.state.name = brg_cstr(STATE_NAME);
	op->u.state.value = state_text(s, s->round, s->v->pending);
}

/* The number of a pull that told nothing need not be remembered. */
int sync_keep_state(struct sync *s, struct brg_err *err)
{
	if (s->told || s->pending || s->v->step.n ||
	    !brg_str_eq(s->state, state_text(s, 0, s->v->batch)))
		sync_put_state(s);
	return sync_commit(s, BRG_RELAXED, err);
}

static json_t *state_json(const struct sync *s)
{
	const struct brg_claimed *c = &s->v->claimed;

	for (size_t i = 0; i < c->n_states; i++)
		if (brg_str_eq(c->states[i].name, brg_cstr(STATE_NAME)))
			return json_loadb(c->states[i].value.ptr, c->states[i].value.len, 0, NULL);
	return json_object();
}

static void read_passes(struct sync *s, const json_t *passes)
{
	for (size_t i = 0; i < s->n_folders; i++) {
		struct sync_folder *f = &s->folders[i];

		f->pass = json_integer_value(json_object_getn(passes, f->id.ptr, f->id.len));
	}
}

static int read_state(struct sync *s, struct brg_err *err)
{
	json_t *o = state_json(s);
	const char *position;

	if (!json_is_object(o)) {
		json_decref(o);
		return brg_fail(err, &bad_state, "%s", "");
	}
	s->round = json_integer_value(json_object_get(o, "round"));
	s->pass = json_integer_value(json_object_get(o, "pass"));
	s->met = json_is_true(json_object_get(o, "met"));
	position = json_string_value(json_object_get(o, "position"));
	s->position = arena_str(s->v->arena, brg_cstr(position ? position : ""));
	s->has_epoch = get_hex(o, "epoch", s->kept_epoch, sizeof(s->kept_epoch));
	(void)get_hex(o, "asked", s->asked_epoch, sizeof(s->asked_epoch));
	read_passes(s, json_object_get(o, "folders"));
	json_decref(o);
	return 0;
}

/* ---- rules and filters ----------------------------------------------------------------------*/

static int read_owner(struct sync *s, struct brg_err *err)
{
	const struct brg_claimed *c = &s->v->claimed;
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES };
	struct settings settings = { 0 };
	struct brg_row *rows;
	size_t n;

	if (settings_add_json(&settings, c->owner.settings, s->v->arena, err) < 0 ||
	    options_fill(owner_options, &s->settings, settings.at, settings.n, s->v->arena, err) <
		    0)
		return err->code;
	s->zone = brg_cstr(s->settings.zone && *s->settings.zone ? s->settings.zone : "UTC");
	q.other = s->owner;
	if (store_all(&s->e->store, &q, s->v->arena, &rows, &n, err) < 0)
		return err->code;
	s->self = arena_alloc(s->v->arena, (n + 2) * sizeof(*s->self));
	s->self[s->n_self++] = c->mailbox.address;
	if (c->owner.address.len)
		s->self[s->n_self++] = c->owner.address;
	for (size_t i = 0; i < n; i++)
		s->self[s->n_self++] = rows[i].u.address.address;
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
		s->inbound[kind] = sync_rules_inbound(s->rules, &s->settings, kind);
	return 0;
}

bool sync_is_self(const struct sync *s, struct brg_str address)
{
	for (size_t i = 0; i < s->n_self; i++)
		if (address.len && brg_str_eq(s->self[i], address))
			return true;
	return false;
}

/* One filter, bound to the user and to now. NULL in *out: it is not one that acts. */
static int bind_filter(struct sync *s, const struct brg_filter_row *row, EVP_MD_CTX *hash,
		       const struct brg_expr **out, struct brg_err *err)
{
	const struct where *where;

	*out = NULL;
	if (!row->active || row->type == BRG_FILTER_TEMPLATE || row->kind <= BRG_EMAIL ||
	    row->kind > BRG_APPOINTMENT)
		return 0;
	if (where_parse(s->rules->table, row->kind, row->text, s->v->arena, &where, err) < 0)
		return err->code;
	EVP_DigestUpdate(hash, &row->kind, sizeof(row->kind));
	EVP_DigestUpdate(hash, row->text.ptr, row->text.len);
	EVP_DigestUpdate(hash, "", 1);
	*out = where_bind(where, &s->owner, s->e->now_us(s->e), s->zone, s->v->arena);
	return 0;
}

/* Halves of halves: a chain would be as deep as there are filters. */
static const struct brg_expr *any_of(const struct brg_expr **some, size_t n,
				     struct brg_arena *arena)
{
	struct brg_expr *either;

	if (n < 2)
		return n ? some[0] : NULL;
	either = arena_alloc(arena, sizeof(*either));
	*either = (struct brg_expr){ .op = BRG_EXPR_OR,
				     .a = any_of(some, n / 2, arena),
				     .b = any_of(some + n / 2, n - n / 2, arena) };
	return either;
}

static int by_text(const void *a, const void *b)
{
	const struct brg_filter_row *x = &((const struct brg_row *)a)->u.filter;
	const struct brg_filter_row *y = &((const struct brg_row *)b)->u.filter;
	size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
	int c = x->kind - y->kind;

	c = c ? c : memcmp(x->text.ptr, y->text.ptr, n);
	return c ? c : (x->text.len > y->text.len) - (x->text.len < y->text.len);
}

/* They are sorted by kind. */
static int bind_filters(struct sync *s, const struct brg_row *rows, size_t n, EVP_MD_CTX *hash,
			struct brg_err *err)
{
	const struct brg_expr **some = arena_alloc(s->v->arena, (n + 1) * sizeof(*some));

	for (size_t i = 0; i < n;) {
		int kind = rows[i].u.filter.kind;
		size_t k = 0;

		for (; i < n && rows[i].u.filter.kind == kind; i++) {
			if (bind_filter(s, &rows[i].u.filter, hash, &some[k], err) < 0)
				return err->code;
			k += some[k] != NULL;
		}
		if (k)
			s->filter[kind] = any_of(some, k, s->v->arena);
	}
	return 0;
}

static int read_filters(struct sync *s, struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_FILTERS, .other = s->owner, .number = 1
	};
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *hash;
	struct brg_row *rows;
	size_t n;
	int rc;

	if (store_all(&s->e->store, &q, s->v->arena, &rows, &n, err) < 0)
		return err->code;
	if (n)
		qsort(rows, n, sizeof(*rows), by_text);
	hash = EVP_MD_CTX_new();
	if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		abort(); /* out of memory */
	EVP_DigestUpdate(hash, s->rules->epoch, sizeof(s->rules->epoch));
	EVP_DigestUpdate(hash, s->inbound, sizeof(s->inbound));
	EVP_DigestUpdate(hash, &s->store_epoch, sizeof(s->store_epoch));
	rc = bind_filters(s, rows, n, hash, err);
	EVP_DigestFinal_ex(hash, digest, NULL);
	EVP_MD_CTX_free(hash);
	memcpy(s->epoch, digest, sizeof(s->epoch));
	return rc;
}

/* ---- folders --------------------------------------------------------------------------------*/

static int take_folder(void *arg, const struct brg_folder *f)
{
	struct sync *s = arg;
	uint32_t act = SYNC_KINDS;
	struct sync_folder *to;

	if (brg_str_eq(f->role, brg_cstr("deleted")))
		s->trash = arena_str(s->v->arena, f->id);
	if (!f->id.len || !(f->kinds & act) || brg_str_eq(f->role, brg_cstr("deleted")) ||
	    s->n_folders == SYNC_FOLDERS_MAX)
		return 0;
	to = &s->folders[s->n_folders++];
	*to = (struct sync_folder){
		.id = arena_str(s->v->arena, f->id),
		.role = arena_str(s->v->arena, f->role),
		.kinds = f->kinds & act & s->ops->kinds,
		.cursor = { "", 0 },
	};
	return 0;
}

struct sync_folder *sync_folder(struct sync *s, struct brg_str id)
{
	for (size_t i = 0; i < s->n_folders; i++)
		if (brg_str_eq(s->folders[i].id, id))
			return &s->folders[i];
	return NULL;
}

bool sync_is_deleted_folder(const struct sync *s, struct brg_str id)
{
	return s->trash.len && brg_str_eq(s->trash, id);
}

const struct sync_folder *sync_home(const struct sync *s, int kind)
{
	static const char *const roles[] = { "", "", "contacts", "tasks", "calendar" };
	const struct sync_folder *any = NULL;

	for (size_t i = 0; i < s->n_folders; i++) {
		const struct sync_folder *f = &s->folders[i];

		if (!(f->kinds & BRG_KIND_BIT(kind)))
			continue;
		if (brg_str_eq(f->role, brg_cstr(roles[kind])))
			return f;
		any = any ? any : f;
	}
	return any;
}

bool sync_whole(const struct sync *s)
{
	for (size_t i = 0; i < s->n_folders; i++)
		if (s->folders[i].pass)
			return false;
	return true;
}

/* It was there and is not any more: its links miss their items, and a person looks at it. Should
 * it come back, it is walked from the start. */
static void lose_folder(struct sync *s, struct brg_str id)
{
	struct brg_missing *m = &commit_op(s->v, BRG_OP_MISSING, BRG_ANY)->u.missing;

	*m = (struct brg_missing){ s->mailbox, id, INT64_MAX, s->round };
	commit_op(s->v, BRG_OP_CURSOR, BRG_ANY)->u.cursor =
		(struct brg_cursor_row){ s->mailbox, id, { "", 0 }, s->e->now_us(s->e), BRG_ACT };
}

static int read_folders(struct sync *s, struct brg_err *err)
{
	if (!BRG_HAS(s->ops, brg_connector, folders) || !BRG_HAS(s->ops, brg_connector, get) ||
	    !BRG_HAS(s->ops, brg_connector, pull))
		return brg_fail(err, &no_folders, "connector=%s", s->v->plugin->name);
	if (contract_answer(s->v, s->ops->folders(s->v->session, take_folder, s, err), "folders",
			    err) < 0)
		return err->code;
	if (s->n_folders == 0)
		return brg_fail(err, &no_folders, "connector=%s", s->v->plugin->name);
	return 0;
}

static void read_cursors(struct sync *s)
{
	const struct brg_claimed *c = &s->v->claimed;

	for (size_t i = 0; i < c->n_cursors; i++) {
		struct sync_folder *f = sync_folder(s, c->cursors[i].folder);

		if (f)
			f->cursor = c->cursors[i].value;
		else if (c->cursors[i].value.len)
			lose_folder(s, c->cursors[i].folder);
	}
	/* A folder that was never pulled to its end is in a full pass. */
	for (size_t i = 0; i < s->n_folders; i++)
		if (s->folders[i].cursor.len == 0 && s->folders[i].pass == 0)
			s->folders[i].pass = ++s->pass;
	s->state = state_text(s, 0, s->v->arena);
}

/* ---- all together ---------------------------------------------------------------------------*/

static int read_store(struct sync *s, struct brg_err *err)
{
	struct brg_store_row store = { .epoch = 0 };

	if (store_identity(&s->e->store, s->v->arena, &store, err) < 0)
		return err->code;
	s->store_id = store.id;
	s->store_epoch = store.epoch;
	return 0;
}

/* Has an earlier visit left anything undecided? One row is looked for of each, however many there
 * are: a visit with nothing to do costs the same whatever the mailbox holds. */
static int look_for_rest(struct sync *s, struct brg_err *err)
{
	static const int reads[] = { BRG_READ_LINKS_MISSING, BRG_READ_INBOX };

	for (size_t i = 0; i < 2 && !s->pending; i++) {
		struct brg_query q = {
			.size = sizeof(q), .what = reads[i], .mailbox = s->mailbox, .limit = 1
		};
		struct brg_row *rows;
		size_t n;

		if (store_all(&s->e->store, &q, s->v->arena, &rows, &n, err) < 0)
			return err->code;
		s->pending = n > 0;
	}
	return 0;
}

int sync_begin(struct sync *s, struct visit *v, struct brg_err *err)
{
	*s = (struct sync){
		.v = v,
		.e = v->engine,
		.rules = v->engine->sync,
		.ops = v->plugin->connector,
		.mailbox = v->claimed.mailbox.id,
		.owner = v->claimed.owner.id,
		.run = id_new(v->started_us),
		.plan = { .arena = v->arena },
	};
	if (read_folders(s, err) < 0 || read_state(s, err) < 0 || read_store(s, err) < 0 ||
	    read_owner(s, err) < 0 || read_filters(s, err) < 0)
		return err->code;
	read_cursors(s);
	return look_for_rest(s, err);
}
