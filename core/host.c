/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin's whole world. Everything that a session could block on or leave behind goes
 * through here, so deadlines, cancellation and blame are in one place.
 */
#include "core/host.h"

#include "core/blob.h"
#include "core/effect.h"
#include "core/faults.h"
#include "core/log.h"
#include "core/visit.h"

#include <stdlib.h>

static BRG_PRINTF(4, 5) void host_log(void *ctx, int level, const char *event, const char *fmt, ...)
{
	struct host *h = ctx;
	char name[96];
	va_list ap;

	(void)snprintf(name, sizeof(name), "%s.%s", h->plugin, event);
	va_start(ap, fmt);
	log_vevent(level, name, h->context, fmt, ap);
	va_end(ap);
}

static int64_t host_now(void *ctx)
{
	struct host *h = ctx;

	return h->engine->now_us(h->engine);
}

static int64_t host_left(void *ctx)
{
	struct host *h = ctx;
	int64_t left = h->give_up_ms - board_now_ms();

	if (!h->give_up_ms)
		return INT32_MAX;
	return left > 0 ? left : 0;
}

static bool host_canceled(void *ctx)
{
	struct host *h = ctx;

	return atomic_load_explicit(&h->engine->stopping, memory_order_relaxed) ||
	       host_left(ctx) == 0;
}

static int host_stopped(void *ctx, struct brg_err *err)
{
	return brg_fail(err, host_left(ctx) == 0 ? &fault_deadline : &fault_canceled, "%s", "");
}

static struct brg_blob *host_blob_new(void *ctx, struct brg_arena *arena)
{
	(void)ctx;
	return blob_new(arena);
}

static int by_bytes(const void *a, const void *b)
{
	const struct brg_str *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = n ? memcmp(x->ptr, y->ptr, n) : 0;

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

bool host_lists(const struct host *h, struct brg_str remote_id)
{
	return h->n_listing &&
	       bsearch(&remote_id, h->listing, h->n_listing, sizeof(remote_id), by_bytes) != NULL;
}

bool host_returned(const struct host *h, struct brg_str remote_id)
{
	for (size_t i = 0; i < h->n_returned; i++)
		if (brg_str_eq(h->returned[i], remote_id))
			return true;
	return false;
}

static void remember_returned(struct host *h, const struct brg_str *ids, size_t n,
			      const uint8_t *states)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += states[i] == BRG_DELETED;
	h->n_returned = 0;
	if (count)
		h->returned = arena_alloc(h->arena, count * sizeof(*ids));
	for (size_t i = 0; i < n && count; i++)
		if (states[i] == BRG_DELETED)
			h->returned[h->n_returned++] = arena_str(h->arena, ids[i]);
}

static int known_each(struct host *h, struct brg_str folder, const struct brg_str *ids, size_t n,
		      uint8_t *states, struct brg_known_answer *answer, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_MARKS,
			       .mailbox = h->visit->claimed.mailbox.id,
			       .folder = folder };
	struct brg_row row;

	answer->missing = h->missing = 0;
	h->n_listing = 0;
	for (size_t i = 0; i < n; i++) {
		int found;

		q.text = ids[i];
		found = store_one(&h->engine->store, &q, h->visit->batch, &row, err);
		if (found < 0)
			return found;
		states[i] = found ? (uint8_t)row.u.mark.state : BRG_UNKNOWN;
	}
	remember_returned(h, ids, n, states);
	return 0;
}

static int host_known(void *ctx, struct brg_str folder, const struct brg_str *ids, size_t n,
		      uint8_t *states, struct brg_known_answer *answer, struct brg_err *err)
{
	struct host *h = ctx;
	struct store *store = &h->engine->store;
	int rc;

	/* A feed of changes names what came, and lists nothing. */
	if (h->visit->plugin->connector->caps & BRG_CAP_DELETE_EVENTS)
		return known_each(h, folder, ids, n, states, answer, err);
	rc = store->ops->known(store->self, &h->visit->claimed.mailbox.id, folder, ids, n, states,
			       answer, err);
	if (rc < 0)
		return rc;
	h->missing = answer->missing;
	remember_returned(h, ids, n, states);
	/* Only a rename asks what the listing held. */
	if (answer->missing) {
		h->n_listing = n;
		h->listing = arena_alloc(h->arena, n * sizeof(*ids));
		for (size_t i = 0; i < n; i++)
			h->listing[i] = arena_str(h->arena, ids[i]);
		qsort(h->listing, n, sizeof(*ids), by_bytes);
	}
	return 0;
}

static struct host_state *find_state(struct host_state *list, struct brg_str name)
{
	for (; list; list = list->next)
		if (brg_str_eq(list->name, name))
			return list;
	return NULL;
}

static int host_state_get(void *ctx, const char *name, struct brg_str *out, struct brg_err *err)
{
	struct host *h = ctx;
	struct host_state *s = find_state(h->changed, brg_cstr(name));

	(void)err;
	if (!s)
		s = find_state(h->states, brg_cstr(name));
	/* Names that begin with a dot are the core's own. */
	if (name[0] == '.')
		s = NULL;
	*out = s ? s->value : (struct brg_str){ "", 0 };
	return 0;
}

static void host_state_set(void *ctx, const char *name, struct brg_str value)
{
	struct host *h = ctx;
	struct host_state *old = find_state(h->states, brg_cstr(name)), *s;

	if (name[0] == '.')
		return;
	s = find_state(h->changed, brg_cstr(name));
	if (!s && old && brg_str_eq(old->value, value))
		return;
	if (!s) {
		s = arena_alloc(h->arena, sizeof(*s));
		s->name = arena_str(h->arena, brg_cstr(name));
		s->next = h->changed;
		h->changed = s;
	}
	s->value = arena_str(h->arena, value);
}

static uint32_t host_field(void *ctx, int kind, const char *name)
{
	const struct host *h = ctx;
	const struct field *field;

	if (kind <= 0 || kind >= FIELD_KINDS)
		return 0;
	field = field_find(h->engine->sync->table, kind, brg_cstr(name));
	return field ? field->id : 0;
}

static void host_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct host *h = ctx;

	if (h->engine->progress && h->visit)
		h->engine->progress(h->engine, h->visit, done, total);
}

static void host_item(void *ctx, struct brg_str remote_id)
{
	struct host *h = ctx;

	/* What was being sent is uncertain if this process dies: there is nothing to park. */
	if (h->board && h->visit->claimed.visit.lane != BRG_OUTGOING)
		board_item(h->board, h->visit->folder, remote_id);
}

static void host_effect(void *ctx, const char *name)
{
	(void)ctx;
	effect_point(name);
}

static const void *host_service(void *ctx, const char *name, uint32_t version)
{
	struct host *h = ctx;

	return h->engine->service ? h->engine->service(h->engine, name, version) : NULL;
}

void host_init(struct host *h, struct engine *engine, struct brg_arena *arena, const char *plugin)
{
	*h = (struct host){
		.engine = engine,
		.arena = arena,
		.plugin = plugin,
		.table = {
			.size = sizeof(h->table),
			.log = host_log,
			.now_us = host_now,
			.left_ms = host_left,
			.canceled = host_canceled,
			.stopped = host_stopped,
			.alloc = arena_alloc,
			.dup = arena_dup,
			.blob_new = host_blob_new,
			.blob_add = blob_add,
			.blob_len = blob_len,
			.blob_read = blob_read,
			.known = host_known,
			.state_get = host_state_get,
			.state_set = host_state_set,
			.field = host_field,
			.progress = host_progress,
			.item = host_item,
			.effect = host_effect,
			.service = host_service,
		},
	};
	h->table.ctx = h;
}
