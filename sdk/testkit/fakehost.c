/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin is tested where everything that surrounds it can be said in a table: which
 * bytes come, in which pieces, when the line goes dead, what the store knows. Memory
 * is taken from malloc() piece by piece, so that a sanitizer sees every slice that is
 * used after its time.
 */
#include "fakehost-private.h"

#include <stdlib.h>

/* clang-format off */
#define FAULT(name, number, class, where, english, swedish)				\
	static const struct brg_fault fault_##name = {					\
		.code = number, .cls = class, .scope = BRG_SCOPE_##where,		\
		.en = english, .sv = swedish, .help = "A test wanted it so.",		\
	}
FAULT(full, "BRG-FAKE-0005", BRG_EFULL, STORE,
      "the disk is full", "disken är full");
FAULT(stopped, "BRG-FAKE-0006", BRG_ECANCELED, MAILBOX,
      "canceled", "avbrutet");
FAULT(signed_out, "BRG-FAKE-0008", BRG_EAUTH, MAILBOX,
      "nobody has signed in", "ingen har loggat in");
FAULT(sink, "BRG-FAKE-0007", BRG_EFENCED, MAILBOX,
      "the sink takes no more", "mottagaren tar inte emot mer");
/* clang-format on */

void fake_misuse(const char *what)
{
	(void)fprintf(stderr, "fakehost: %s\n", what);
	abort();
}

void *fake_grow(void *p, size_t n, size_t size)
{
	void *grown = reallocarray(p, n ? n : 1, size);

	if (!grown)
		fake_misuse("no memory");
	return grown;
}

char *fake_copy(const void *s, size_t n)
{
	char *p = fake_grow(NULL, n + 1, 1);

	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void fake_add(struct text *t, const void *s, size_t n)
{
	if (t->len + n + 1 > t->room) {
		t->room = (t->len + n + 1) * 2;
		t->at = fake_grow(t->at, t->room, 1);
	}
	if (n)
		memcpy(t->at + t->len, s, n);
	t->len += n;
	t->at[t->len] = '\0';
}

void fake_wrong(struct fakehost *fh, const char *what, const char *s, size_t n)
{
	size_t at;

	if (fh->wrong[0])
		return;
	at = (size_t)snprintf(fh->wrong, sizeof(fh->wrong), "turn %zu: %s: ", fh->own->turn, what);
	for (size_t i = 0; i < n && at + 5 < sizeof(fh->wrong); i++)
		at += (size_t)snprintf(fh->wrong + at, sizeof(fh->wrong) - at,
				       s[i] >= ' ' && s[i] <= '~' ? "%c" : "\\x%02x",
				       (unsigned char)s[i]);
}

static struct fakehost *of(void *ctx)
{
	return ctx;
}

static struct piece *add_piece(struct brg_arena *arena, size_t n)
{
	struct piece *p = calloc(1, sizeof(*p) + n);

	if (!p)
		fake_misuse("no memory");
	p->next = arena->pieces;
	arena->pieces = p;
	return p;
}

static void clear(struct brg_arena *arena)
{
	while (arena->pieces) {
		struct piece *p = arena->pieces;

		arena->pieces = p->next;
		if (p->blob)
			free(p->blob->bytes);
		free(p->blob);
		free(p);
	}
}

void *fake_alloc(struct brg_arena *arena, size_t n)
{
	return add_piece(arena, n)->bytes;
}

struct brg_str fake_dup(struct brg_arena *arena, const void *s, size_t n)
{
	char *p = fake_alloc(arena, n + 1);

	if (n)
		memcpy(p, s, n);
	return (struct brg_str){ p, n };
}

static struct brg_blob *blob_new(void *ctx, struct brg_arena *arena)
{
	struct piece *p = add_piece(arena, 0);

	p->blob = calloc(1, sizeof(*p->blob));
	if (!p->blob)
		fake_misuse("no memory");
	p->blob->fh = of(ctx);
	return p->blob;
}

static int blob_add(struct brg_blob *blob, const void *s, size_t n, struct brg_err *err)
{
	struct fakehost_private *own = blob->fh->own;

	own->on_disk += n;
	if (blob->fh->disk && own->on_disk > blob->fh->disk)
		return brg_fail(err, &fault_full, "%s", "");
	if (blob->len + n > blob->room) {
		blob->room = (blob->len + n) * 2;
		blob->bytes = fake_grow(blob->bytes, blob->room, 1);
	}
	if (n)
		memcpy(blob->bytes + blob->len, s, n);
	blob->len += n;
	return 0;
}

static uint64_t blob_len(const struct brg_blob *blob)
{
	return blob->len;
}

static int64_t blob_read(struct brg_blob *blob, uint64_t at, void *p, size_t n, struct brg_err *err)
{
	(void)err;
	if (at >= blob->len)
		return 0;
	if (n > blob->len - at)
		n = blob->len - (size_t)at;
	memcpy(p, blob->bytes + at, n);
	return (int64_t)n;
}

struct brg_str fakehost_bytes(const struct brg_blob *blob)
{
	return (struct brg_str){ blob->bytes ? blob->bytes : "", blob->len };
}

static void host_log(void *ctx, int level, const char *event, const char *fmt, ...)
	BRG_PRINTF(4, 5);
static void host_log(void *ctx, int level, const char *event, const char *fmt, ...)
{
	struct text *log = &of(ctx)->own->log;
	char line[1024];
	va_list ap;
	int n = snprintf(line, sizeof(line), "%d %s ", level, event);

	fake_add(log, line, (size_t)n);
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fake_add(log, line, strlen(line));
	fake_add(log, "\n", 1);
	of(ctx)->log = (struct brg_str){ log->at, log->len };
}

static int64_t host_now(void *ctx)
{
	return of(ctx)->now_us++;
}

static int64_t host_left(void *ctx)
{
	return of(ctx)->left_ms;
}

static bool host_canceled(void *ctx)
{
	struct fakehost *fh = of(ctx);

	if (fh->cancel_after && --fh->cancel_after == 0)
		fh->canceled = true;
	return fh->canceled;
}

static int host_stopped(void *ctx, struct brg_err *err)
{
	(void)ctx;
	return brg_fail(err, &fault_stopped, "%s", "");
}

static struct pair *find(struct pair *list, const char *name, size_t n)
{
	for (; list; list = list->next)
		if (strlen(list->name) == n && memcmp(list->name, name, n) == 0)
			return list;
	return NULL;
}

/* Values stay until the host is freed: a slice of an older one may still be read. */
static struct pair *set(struct fakehost *fh, struct pair **list, const char *name, size_t n,
			struct brg_str value)
{
	struct pair *p = find(*list, name, n);

	if (!p) {
		p = fake_grow(NULL, 1, sizeof(*p));
		*p = (struct pair){ .next = *list, .name = fake_copy(name, n) };
		*list = p;
	}
	p->value = fake_dup(&fh->own->arena, value.ptr, value.len).ptr;
	return p;
}

static int host_known(void *ctx, struct brg_str folder, const struct brg_str *ids, size_t n,
		      uint8_t *states, struct brg_known_answer *answer, struct brg_err *err)
{
	struct fakehost *fh = of(ctx);

	(void)folder;
	(void)err;
	fh->known_calls++;
	for (struct pair *p = fh->own->known; p; p = p->next)
		p->met = false;
	for (size_t i = 0; i < n; i++) {
		struct pair *p = find(fh->own->known, ids[i].ptr, ids[i].len);

		states[i] = (uint8_t)(p ? p->known : BRG_UNKNOWN);
		if (p)
			p->met = true;
	}
	answer->missing = 0;
	for (struct pair *p = fh->own->known; p; p = p->next)
		answer->missing += !p->met && p->known != BRG_UNKNOWN && p->known != BRG_DELETED;
	return 0;
}

static int host_state_get(void *ctx, const char *name, struct brg_str *out, struct brg_err *err)
{
	(void)err;
	*out = brg_cstr(fakehost_state(of(ctx), name));
	return 0;
}

static void host_state_set(void *ctx, const char *name, struct brg_str value)
{
	if (value.len > 4096)
		fake_misuse("state_set: more than 4 KiB");
	set(of(ctx), &of(ctx)->own->states, name, strlen(name), value);
}

static uint32_t host_field(void *ctx, int kind, const char *name)
{
	return fake_field(of(ctx), kind, name);
}

static void host_progress(void *ctx, uint64_t done, uint64_t total)
{
	of(ctx)->done = done;
	of(ctx)->total = total;
}

static void host_item(void *ctx, struct brg_str remote_id)
{
	if (remote_id.len > 1024)
		fake_misuse("item: the id is longer than 1024 bytes");
	of(ctx)->items_named += remote_id.len > 0;
}

static void host_effect(void *ctx, const char *name)
{
	(void)name;
	of(ctx)->effects++;
}

static int token_access(void *ctx, const struct brg_oauth *how, struct brg_str *out,
			struct brg_err *err)
{
	struct fakehost *fh = of(ctx);
	size_t n;

	(void)how;
	fh->token_asked++;
	if (!fh->tokens)
		return brg_fail(err, &fault_signed_out, "%s", "");
	n = strcspn(fh->tokens, " ");
	*out = fake_dup(&fh->own->arena, fh->tokens, n);
	return 0;
}

static void token_refused(void *ctx, const struct brg_oauth *how, struct brg_str token)
{
	struct fakehost *fh = of(ctx);
	size_t n = strcspn(fh->tokens ? fh->tokens : "", " ");

	(void)how;
	if (!fh->tokens || n != token.len || memcmp(fh->tokens, token.ptr, n) != 0)
		fake_misuse("refused: not the token that access() gave");
	fh->token_refused++;
	if (fh->tokens[n])
		fh->tokens += n + 1;
}

static const void *host_service(void *ctx, const char *name, uint32_t version)
{
	static const struct brg_token_service tokens = {
		.size = sizeof(tokens),
		.version = 1,
		.access = token_access,
		.refused = token_refused,
	};

	(void)ctx;
	if (version != 1)
		return NULL;
	if (strcmp(name, "token") == 0)
		return &tokens;
	if (strcmp(name, "http") == 0)
		return &fake_http_service;
	if (strcmp(name, "zone") == 0)
		return &fake_zone_service;
	return strcmp(name, "stream") == 0 ? &fake_stream_service : NULL;
}

void fakehost_know(struct fakehost *fh, const char *id, int state)
{
	set(fh, &fh->own->known, id, strlen(id), brg_cstr(""))->known = state;
}

void fakehost_keep(struct fakehost *fh, int state)
{
	for (size_t i = 0; i < fh->n_envelopes; i++)
		if (!fh->envelopes[i]->err)
			fakehost_know(fh, fh->envelopes[i]->remote_id.ptr, state);
}

void fakehost_set_state(struct fakehost *fh, const char *name, const char *value)
{
	set(fh, &fh->own->states, name, strlen(name), brg_cstr(value));
}

const char *fakehost_state(const struct fakehost *fh, const char *name)
{
	const struct pair *p = find(fh->own->states, name, strlen(name));

	return p ? p->value : "";
}

struct brg_arena *fakehost_arena(struct fakehost *fh)
{
	return &fh->own->arena;
}

static struct brg_envelope *add_envelope(struct brg_batch *batch)
{
	struct fakehost *fh = batch->list;
	struct brg_envelope *env = fake_alloc(batch->arena, sizeof(*env));

	if (fh->n_envelopes == fh->own->envelope_room) {
		fh->own->envelope_room = fh->own->envelope_room * 2 + 16;
		fh->envelopes = fake_grow(fh->envelopes, fh->own->envelope_room, sizeof(env));
	}
	env->size = sizeof(*env);
	env->kind = BRG_EMAIL;
	env->op = BRG_PRESENT;
	fh->envelopes[fh->n_envelopes++] = env;
	return env;
}

struct brg_batch *fakehost_batch(struct fakehost *fh)
{
	clear(&fh->own->batch_arena);
	fh->n_envelopes = 0;
	fh->batch = (struct brg_batch){ .size = sizeof(fh->batch),
					.arena = &fh->own->batch_arena,
					.list = fh,
					.add = add_envelope };
	return &fh->batch;
}

static int sink_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct fakehost *fh = sink->ctx;
	struct fake_item *kept;

	if (fh->sink_stops && fh->n_items + 1 == fh->sink_stops)
		return brg_fail(err, &fault_sink, "%s", "");
	if (fh->n_items == fh->own->item_room) {
		fh->own->item_room = fh->own->item_room * 2 + 16;
		fh->items = fake_grow(fh->items, fh->own->item_room, sizeof(*kept));
	}
	kept = &fh->items[fh->n_items++];
	memset(kept, 0, sizeof(*kept));
	kept->request = item->request;
	fake_keep_item(&fh->own->item_arena, item, &kept->item);
	if (item->err) {
		kept->failed = true;
		kept->err = *item->err;
	}
	if (item->body) {
		kept->has_body = true;
		kept->body = (struct brg_str){ fake_copy(item->body->bytes, item->body->len),
					       item->body->len };
	}
	clear(sink->arena);
	return 0;
}

static void forget_items(struct fakehost *fh)
{
	for (size_t i = 0; i < fh->n_items; i++)
		free((char *)fh->items[i].body.ptr);
	fh->n_items = 0;
	clear(&fh->own->item_arena);
}

struct brg_sink *fakehost_sink(struct fakehost *fh)
{
	forget_items(fh);
	fh->own->sink = (struct brg_sink){ .size = sizeof(fh->own->sink),
					   .arena = &fh->own->sink_arena,
					   .ctx = fh,
					   .item = sink_item };
	return &fh->own->sink;
}

struct fakehost *fakehost_new(void)
{
	struct fakehost *fh = calloc(1, sizeof(*fh));

	if (!fh || !(fh->own = calloc(1, sizeof(*fh->own))))
		fake_misuse("no memory");
	fh->now_us = INT64_C(1700000000000000);
	fh->left_ms = 60000;
	fh->host = (struct brg_host){
		.size = sizeof(fh->host),
		.ctx = fh,
		.log = host_log,
		.now_us = host_now,
		.left_ms = host_left,
		.canceled = host_canceled,
		.stopped = host_stopped,
		.alloc = fake_alloc,
		.dup = fake_dup,
		.blob_new = blob_new,
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
	};
	return fh;
}

static void free_pairs(struct pair *p)
{
	while (p) {
		struct pair *next = p->next;

		free(p->name);
		free(p);
		p = next;
	}
}

void fakehost_free(struct fakehost *fh)
{
	struct fakehost_private *own = fh->own;

	forget_items(fh);
	clear(&own->arena);
	clear(&own->batch_arena);
	clear(&own->sink_arena);
	fake_free_fields(fh);
	free_pairs(own->known);
	free_pairs(own->states);
	free(own->stream.view);
	free(own->stream.in.at);
	free(own->fed.at);
	free(own->sent.at);
	free(own->log.at);
	free(fh->envelopes);
	free(fh->items);
	free(own);
	free(fh);
}
