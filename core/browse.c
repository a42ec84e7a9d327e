/* SPDX-License-Identifier: Apache-2.0
 *
 * A pull whose host knows everything but the newest: so any connector that lists its folder
 * before it fetches can be browsed.
 */
#include "core/browse.h"

#include "core/visit.h"

struct browse {
	struct visit visit; /* no lease: nothing is committed */
	uint32_t limit;
	struct brg_envelope **list;
	size_t n, room;
	struct brg_batch batch;
};

/* The listing comes oldest first; what is not among the newest is called known. */
static int known(void *ctx, struct brg_str folder, const struct brg_str *ids, size_t n,
		 uint8_t *states, struct brg_known_answer *answer, struct brg_err *err)
{
	struct host *h = ctx;
	const struct browse *b = (const struct browse *)h->visit;

	(void)folder;
	(void)ids;
	(void)err;
	for (size_t i = 0; i < n; i++)
		states[i] = n - i > b->limit ? BRG_SEEN : BRG_UNKNOWN;
	answer->missing = 0;
	return 0;
}

static struct brg_envelope *add(struct brg_batch *batch)
{
	struct browse *b = batch->list;
	struct brg_envelope *e = arena_alloc(batch->arena, sizeof(*e));

	e->size = sizeof(*e);
	if (b->n == b->room) {
		struct brg_envelope **old = b->list;

		b->room = b->room ? 2 * b->room : 64;
		b->list = arena_alloc(batch->arena, b->room * sizeof(*old));
		if (b->n)
			memcpy(b->list, old, b->n * sizeof(*old));
	}
	b->list[b->n++] = e;
	return e;
}

static int pull(struct browse *b, struct brg_err *err)
{
	struct visit *v = &b->visit;
	struct brg_pull req = { .size = sizeof(req),
				.want = BRG_WANT_HEADER,
				.max_items = v->engine->batch_items,
				.max_bytes = v->engine->batch_bytes };
	int rc = 0;

	b->batch = (struct brg_batch){
		.size = sizeof(b->batch), .arena = v->arena, .list = b, .add = add, .more = true
	};
	while (rc == 0 && b->batch.more && b->n < b->limit) {
		req.cursor = b->batch.next_cursor;
		rc = v->plugin->connector->pull(v->session, &req, &b->batch, err);
	}
	return rc;
}

int browse_mailbox(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, uint32_t limit,
		   int (*each)(void *arg, const struct brg_envelope *mail), void *arg,
		   struct brg_err *err)
{
	struct browse b = { .limit = limit };
	struct visit *v = &b.visit;
	int rc;

	v->engine = engine;
	v->arena = arena_new();
	v->claimed.visit.lane = BRG_INCOMING;
	v->claimed.mailbox = *mailbox;
	v->claimed.profile = *profile;
	v->started_ms = board_now_ms();
	rc = visit_session(v, err);
	v->host.table.known = known;
	if (rc == 0)
		rc = v->plugin->connector->open(v->session, &v->host.table, err);
	if (rc == 0)
		rc = pull(&b, err);
	for (size_t i = b.n; rc == 0 && i > 0; i--)
		if (each(arg, b.list[i - 1]) != 0)
			break;
	visit_close_session(v);
	arena_free(&v->arena);
	return rc;
}
