/* SPDX-License-Identifier: Apache-2.0 */
#include "core/token_store.h"

#include "core/id.h"

#include <jansson.h>
#include <stdlib.h>

#define SECOND	 INT64_C(1000000)
#define RENEW_S	 60 /* a token is good for so long at least when it is handed out */
#define SPREAD_S 30 /* not all mailboxes in the same second */

struct token_key token_key(const struct engine *engine, const struct brg_oauth *how,
			   const char *kind, const struct brg_id *object, struct brg_arena *arena)
{
	/* With client credentials the scope is part of what is asked for each time. */
	const char *what =
		arena_printf(arena, "%d\n%s\n%s\n%s", how->grant, how->token_url, how->client_id,
			     how->grant == BRG_OAUTH_CLIENT ? how->scope : "");
	unsigned char hash[16];

	secrets_hash(engine->secrets, "oauth", brg_cstr(what), hash);
	return (struct token_key){
		.object = *object,
		.kind = kind,
		.name = arena_printf(arena, ".oauth.%02x%02x%02x%02x%02x%02x%02x%02x", hash[0],
				     hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]),
	};
}

/* ---- the value ------------------------------------------------------------------------------*/

static void read_id(const json_t *o, const char *name, struct brg_id *out)
{
	const char *text = json_string_value(json_object_get(o, name));

	if (!text || id_parse(brg_cstr(text), out) < 0)
		*out = (struct brg_id){ { 0 } };
}

static int64_t read_int(const json_t *o, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(o, name));
}

static const char *read_text(const json_t *o, const char *name, struct brg_arena *arena)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? arena_str(arena, brg_cstr(text)).ptr : "";
}

/* A value that cannot be read is one without tokens: somebody must sign in. */
static void read_value(struct brg_str raw, struct brg_arena *arena, struct token_row *out)
{
	const char *end = raw.len ? memchr(raw.ptr, '\n', raw.len) : NULL;
	size_t line = end ? (size_t)(end - raw.ptr) : raw.len;
	json_t *o = json_loadb(raw.ptr, line, 0, NULL);

	*out = (struct token_row){
		.there = true,
		.raw = raw,
		.signed_us = read_int(o, "signed"),
		.refreshed_us = read_int(o, "refreshed"),
		.expires_us = read_int(o, "expires"),
		.renew_us = read_int(o, "renew"),
		.offset_us = read_int(o, "offset"),
		.lock_until_us = read_int(o, "until"),
		.failed_us = read_int(o, "failed"),
		.again_us = read_int(o, "again"),
		.code = read_text(o, "code", arena),
		.params = read_text(o, "params", arena),
		.said = read_text(o, "said", arena),
	};
	read_id(o, "process", &out->lock_process);
	read_id(o, "lock", &out->lock_nonce);
	if (o && end)
		out->sealed = (struct brg_str){ end + 1, raw.len - line - 1 };
	json_decref(o);
}

static void put_int(json_t *o, const char *name, int64_t value)
{
	if (value)
		json_object_set_new(o, name, json_integer(value));
}

static void put_text(json_t *o, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(o, name, json_string(text));
}

static void put_id(json_t *o, const char *name, const struct brg_id *id)
{
	char text[ID_TEXT];

	if (!brg_id_is_nil(id))
		json_object_set_new(o, name, json_string(id_format(id, text)));
}

static struct brg_str write_value(const struct token_row *row, struct brg_arena *arena)
{
	json_t *o = json_object();
	size_t n;
	char *line, *out;

	put_int(o, "signed", row->signed_us);
	put_int(o, "refreshed", row->refreshed_us);
	put_int(o, "expires", row->expires_us);
	put_int(o, "renew", row->renew_us);
	put_int(o, "offset", row->offset_us);
	put_id(o, "process", &row->lock_process);
	put_id(o, "lock", &row->lock_nonce);
	put_int(o, "until", row->lock_until_us);
	put_int(o, "failed", row->failed_us);
	put_int(o, "again", row->again_us);
	put_text(o, "code", row->code);
	put_text(o, "params", row->params);
	put_text(o, "said", row->said);
	line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!line)
		abort(); /* out of memory */
	n = strlen(line);
	out = arena_alloc(arena, n + 1 + row->sealed.len);
	memcpy(out, line, n);
	out[n] = '\n';
	if (row->sealed.len)
		memcpy(out + n + 1, row->sealed.ptr, row->sealed.len);
	free(line);
	return (struct brg_str){ out, n + 1 + row->sealed.len };
}

/* ---- the store ------------------------------------------------------------------------------*/

static bool is_named(const void *name, const struct brg_row *row)
{
	return brg_str_eq(row->u.state.name, brg_cstr(name));
}

int token_load(struct store *store, const struct token_key *key, struct brg_arena *arena,
	       struct token_row *out, struct brg_err *err)
{
	struct brg_query q = { .what = BRG_READ_STATES, .mailbox = key->object };
	struct brg_row *rows;
	size_t n = 0;
	int rc = store_pick(store, &q, is_named, key->name, arena, &rows, &n, err);

	if (rc < 0)
		return rc;
	*out = (struct token_row){ 0 };
	if (n)
		read_value(rows[0].u.state.value, arena, out);
	return 0;
}

static struct brg_state_row state_of(const struct token_key *key, struct brg_str value)
{
	return (struct brg_state_row){ key->object, brg_cstr(key->name), value };
}

int token_swap(struct store *store, const struct token_key *key, const struct token_row *was,
	       const struct token_row *now, int durability, struct brg_arena *arena,
	       struct brg_err *err)
{
	struct step step;

	step_init(&step, arena);
	step_add(&step, BRG_OP_STATE_IS, BRG_ANY)->u.state = state_of(key, was->raw);
	step_add(&step, BRG_OP_STATE, BRG_ANY)->u.state = state_of(key, write_value(now, arena));
	return store_commit(store, &step, durability, NULL, err);
}

int token_remove(struct store *store, const struct token_key *key, struct brg_arena *arena,
		 struct brg_err *err)
{
	struct step step;

	step_init(&step, arena);
	step_add(&step, BRG_OP_STATE, BRG_ANY)->u.state = state_of(key, brg_cstr(""));
	return store_commit(store, &step, BRG_DURABLE, NULL, err);
}

/* ---- tokens ---------------------------------------------------------------------------------*/

static struct brg_str context_of(const struct token_key *key, struct brg_arena *arena)
{
	char uuid[ID_TEXT];

	return brg_cstr(arena_printf(arena, "%s:%s%s", key->kind, id_format(&key->object, uuid),
				     key->name));
}

/* Sealed is one text: the access token, a line end, the refresh token. */
static int seal(const struct engine *engine, const struct token_key *key,
		const struct oauth_tokens *tokens, struct brg_arena *arena, struct brg_str *out,
		struct brg_err *err)
{
	size_t n = tokens->access.len + 1 + tokens->refresh.len;
	char *plain = arena_alloc(arena, n + 1);
	int rc;

	memcpy(plain, tokens->access.ptr, tokens->access.len);
	plain[tokens->access.len] = '\n';
	if (tokens->refresh.len)
		memcpy(plain + tokens->access.len + 1, tokens->refresh.ptr, tokens->refresh.len);
	rc = secrets_seal(engine->secrets, (struct brg_str){ plain, n }, context_of(key, arena),
			  arena, out, err);
	secrets_wipe(plain, n);
	return rc;
}

int token_open(const struct engine *engine, const struct token_key *key,
	       const struct token_row *row, struct brg_arena *arena, struct oauth_tokens *out,
	       struct brg_err *err)
{
	struct brg_str plain = { 0 };
	const char *end;
	int rc;

	*out = (struct oauth_tokens){ 0 };
	if (!row->sealed.len)
		return 0;
	rc = secrets_unseal(engine->secrets, row->sealed, context_of(key, arena), arena, &plain,
			    err);
	if (rc < 0)
		return rc;
	end = memchr(plain.ptr, '\n', plain.len);
	if (end) {
		out->access = (struct brg_str){ plain.ptr, (size_t)(end - plain.ptr) };
		out->refresh = (struct brg_str){ end + 1, plain.len - out->access.len - 1 };
	}
	return 0;
}

int token_put(const struct engine *engine, const struct token_key *key,
	      const struct oauth_tokens *tokens, int64_t sent_us, int64_t now_us, int64_t known_us,
	      struct token_row *row, struct brg_arena *arena, struct brg_err *err)
{
	int64_t lifetime = tokens->lifetime_s * SECOND, margin;
	unsigned char dice = id_new(now_us).b[15];

	row->there = true;
	row->refreshed_us = now_us;
	row->offset_us = tokens->date_s ? now_us - tokens->date_s * SECOND : known_us;
	/* It was made after we asked: on the way it has grown older. */
	row->expires_us = sent_us - row->offset_us + lifetime;
	margin = (RENEW_S + dice * SPREAD_S / 256) * SECOND;
	row->renew_us = row->expires_us - (margin < lifetime / 2 ? margin : lifetime / 2);
	row->lock_process = row->lock_nonce = (struct brg_id){ { 0 } };
	row->lock_until_us = row->failed_us = row->again_us = 0;
	row->code = row->params = row->said = "";
	return seal(engine, key, tokens, arena, &row->sealed, err);
}
