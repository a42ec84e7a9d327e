/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trail.h"

/* ---- keyed hashes ---------------------------------------------------------------------------*/

static struct brg_str keyed(const struct engine *engine, const char *purpose, struct brg_str value,
			    struct brg_arena *arena)
{
	unsigned char key[16];

	if (value.len == 0 || !engine->secrets)
		return (struct brg_str){ "", 0 };
	secrets_hash(engine->secrets, purpose, value, key);
	return arena_dup(arena, key, sizeof(key));
}

struct brg_str trail_key(const struct engine *engine, struct brg_str message_id,
			 struct brg_arena *arena)
{
	return keyed(engine, "message-id", message_id, arena);
}

struct brg_str trail_clue(const struct engine *engine, enum clue type, struct brg_str value,
			  struct brg_arena *arena)
{
	static const char *const purposes[] = { "", "token", "conversation", "words" };

	return keyed(engine, purposes[type], value, arena);
}

/* ---- where they lead ------------------------------------------------------------------------*/

/* type FRESH_MESSAGE: the key is that of a Message-ID. */
static int follow(struct trail *t, int type, struct brg_str key, struct brg_arena *arena,
		  struct trail_end *out, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .limit = TRAIL_EACH };
	const struct fresh_clue *first = NULL;
	struct brg_row *rows;
	size_t n, more = 0;

	*out = (struct trail_end){ 0 };
	if (key.len == 0)
		return 0;
	q.number = type;
	q.text = key;
	if (store_all(&t->engine->store, &q, arena, &rows, &n, err) < 0)
		return err->code;
	if (t->fresh)
		first = fresh_find(t->fresh, type, key);
	for (const struct fresh_clue *c = first; c; c = fresh_next(c))
		more++;
	if (n + more == 0)
		return 0;
	out->at = arena_alloc(arena, (n + more) * sizeof(*out->at));
	for (size_t i = 0; i < n; i++)
		out->at[out->n++] = &rows[i].u.record;
	for (const struct fresh_clue *c = first; c; c = fresh_next(c))
		out->at[out->n++] = c->record;
	return 0;
}

int trail_message(struct trail *t, struct brg_str message_id, struct brg_arena *arena,
		  struct trail_end *out, struct brg_err *err)
{
	return follow(t, FRESH_MESSAGE, trail_key(t->engine, message_id, arena), arena, out, err);
}

int trail_follow(struct trail *t, enum clue type, struct brg_str value, struct brg_arena *arena,
		 struct trail_end *out, struct brg_err *err)
{
	return follow(t, (int)type, trail_clue(t->engine, type, value, arena), arena, out, err);
}
