/* SPDX-License-Identifier: Apache-2.0 */
#include "core/token.h"

#include "core/effect.h"
#include "core/faults.h"
#include "core/id.h"
#include "core/log.h"
#include "core/token_store.h"
#include "core/visit.h"

#include <pthread.h>
#include <unistd.h>

#define SECOND	     INT64_C(1000000)
#define LOCK_US	     (300 * SECOND) /* longer than any refresh; a dead process's lock ends at once */
#define AGAIN_US     (5 * SECOND)   /* between two questions after a failure */
#define AGAIN_MAX_US (3600 * SECOND)
#define HOLD_MS	     20000 /* for one question and the commit of its answer */
#define PAUSE_US     20000 /* between two looks at another's lock, growing to */
#define PAUSE_MAX_US 250000

/* One call of access(). */
struct asker {
	struct host *host;
	struct engine *engine;
	const struct brg_oauth *how;
	struct brg_arena *arena; /* of this call */
	struct token_key key;
	struct token_row row;
	struct oauth_tokens tokens;
	struct brg_str name; /* whose sign-in it is, for people */
	struct brg_id nonce; /* of our lock */
};

/* ---- clocks ---------------------------------------------------------------------------------*/

/* How far this machine's clock is ahead of a provider's, as its last answer to this process
 * told. Other nodes may have other clocks, so what they wrote into the row comes second. */
#define CLOCKS 16
static struct {
	const char *url;
	int64_t offset_us;
} clocks[CLOCKS];
static size_t n_clocks;
static pthread_mutex_t clocks_lock = PTHREAD_MUTEX_INITIALIZER;

static void clock_note(const char *url, int64_t offset_us)
{
	size_t i = 0;

	pthread_mutex_lock(&clocks_lock);
	while (i < n_clocks && strcmp(clocks[i].url, url) != 0)
		i++;
	if (i == n_clocks && n_clocks < CLOCKS)
		clocks[n_clocks++].url = xstrdup(url);
	if (i < n_clocks)
		clocks[i].offset_us = offset_us;
	pthread_mutex_unlock(&clocks_lock);
}

static int64_t clock_offset(const struct asker *a)
{
	int64_t offset = a->row.offset_us;

	pthread_mutex_lock(&clocks_lock);
	for (size_t i = 0; i < n_clocks; i++)
		if (strcmp(clocks[i].url, a->how->token_url) == 0)
			offset = clocks[i].offset_us;
	pthread_mutex_unlock(&clocks_lock);
	return offset;
}

static int64_t now_us(const struct asker *a)
{
	return a->engine->now_us(a->engine);
}

/* ---- looking --------------------------------------------------------------------------------*/

static int load(struct asker *a, const char *kind, const struct brg_id *object, struct brg_str name,
		struct brg_err *err)
{
	a->key = token_key(a->engine, a->how, kind, object, a->arena);
	a->name = name;
	return token_load(&a->engine->store, &a->key, a->arena, &a->row, err);
}

/* The mailbox's own sign-in goes before that of its profile. */
static int find(struct asker *a, struct brg_err *err)
{
	const struct brg_claimed *c = &a->host->visit->claimed;
	int rc = 0;

	a->row = (struct token_row){ 0 };
	if (a->how->grant == BRG_OAUTH_SIGN_IN)
		rc = load(a, "mailbox", &c->mailbox.id, c->mailbox.name, err);
	if (rc == 0 && !a->row.there)
		rc = load(a, "profile", &c->profile.id, c->profile.name, err);
	if (rc == 0)
		rc = token_open(a->engine, &a->key, &a->row, a->arena, &a->tokens, err);
	if (rc == 0 && a->how->grant == BRG_OAUTH_SIGN_IN && !a->tokens.refresh.len)
		rc = brg_fail(err, &token_signed_out, "name=%.*s",
			      (int)(a->row.there ? a->name : c->mailbox.name).len,
			      (a->row.there ? a->name : c->mailbox.name).ptr);
	return rc;
}

static bool usable(const struct asker *a)
{
	return a->tokens.access.len && now_us(a) - clock_offset(a) < a->row.renew_us &&
	       !brg_str_eq(a->tokens.access, a->host->refused);
}

struct search {
	const struct brg_id *process;
	bool found;
};

static int is_it(void *arg, const struct brg_row *row)
{
	struct search *s = arg;

	s->found = brg_id_eq(&row->u.process.id, s->process);
	return s->found;
}

/* Does another thread refresh now? The lock of a process that is dead counts for nothing. */
static int is_locked(const struct asker *a, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_PROCESSES };
	struct search s = { &a->row.lock_process, false };
	int64_t left = a->row.lock_until_us - now_us(a);
	struct store *store = &a->engine->store;
	int rc;

	if (brg_id_is_nil(&a->row.lock_nonce) || left <= 0 || left > LOCK_US)
		return 0;
	rc = store->ops->read(store->self, &q, is_it, &s, err);
	return rc < 0 ? rc : s.found;
}

/* It failed a moment ago: everybody hears the same, and the provider is left alone. */
static int recent_failure(const struct asker *a, struct brg_err *err)
{
	const struct brg_fault *fault = fault_find(brg_cstr(a->row.code));
	int64_t now = now_us(a);

	if (!a->row.there || !fault || now < a->row.failed_us || now >= a->row.again_us)
		return 0;
	brg_fail(err, fault, "%s", a->row.params);
	brg_said(err, brg_cstr(a->row.said));
	if (err->code == BRG_ELIMIT)
		err->retry_after_ms = (uint32_t)((a->row.again_us - now) / 1000);
	return err->code;
}

/* ---- refreshing -----------------------------------------------------------------------------*/

static int lock(struct asker *a, struct brg_err *err)
{
	struct token_row now = a->row;

	a->nonce = id_new(now_us(a));
	now.lock_process = a->engine->process;
	now.lock_nonce = a->nonce;
	now.lock_until_us = now_us(a) + LOCK_US;
	return token_swap(&a->engine->store, &a->key, &a->row, &now, BRG_RELAXED, a->arena, err);
}

/* Nothing was got: the lock goes, and the reason stays for a while. */
static int give_up(struct asker *a, const struct brg_err *why, struct brg_err *err)
{
	struct token_row now = a->row;
	int64_t wait = (int64_t)why->retry_after_ms * 1000;

	now.lock_process = now.lock_nonce = (struct brg_id){ { 0 } };
	now.lock_until_us = 0;
	if (why->fault) {
		now.failed_us = now_us(a);
		wait = wait > AGAIN_US ? wait : AGAIN_US;
		now.again_us = now.failed_us + (wait < AGAIN_MAX_US ? wait : AGAIN_MAX_US);
		now.code = why->fault->code;
		now.params = why->params;
		now.said = why->said;
	}
	return token_swap(&a->engine->store, &a->key, &a->row, &now, BRG_RELAXED, a->arena, err);
}

/* The thread is at something that must be ended in order. */
static void hold_on(struct asker *a)
{
	struct board_slot *board = a->host->board;
	int64_t until = board_now_ms() + HOLD_MS;

	if (board && atomic_load(&board->deadline_ms) && atomic_load(&board->deadline_ms) < until)
		atomic_store(&board->deadline_ms, until);
}

/* What the provider gave must not be lost because a disk is full: nobody else has it, and the
 * token before it may be spent. So this waits as long as it takes, as the end of a visit does. */
static int keep(struct asker *a, const struct token_row *now, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	struct token_row there;
	bool told = false;
	int rc;

	for (;;) {
		rc = token_swap(&a->engine->store, &a->key, &a->row, now, BRG_DURABLE, arena, err);
		if (rc >= 0 || atomic_load(&a->engine->stopping))
			break;
		if (!told)
			log_failure(BRG_LOG_ERROR, "token.store", err);
		told = true;
		hold_on(a);
		usleep(PAUSE_MAX_US);
		arena_reset(arena);
	}
	/* A commit whose answer was lost may have been done. */
	if (rc == BRG_REFUSED && told &&
	    token_load(&a->engine->store, &a->key, arena, &there, err) == 0 &&
	    there.refreshed_us == now->refreshed_us && there.renew_us == now->renew_us)
		rc = BRG_COMMITTED;
	arena_free(&arena);
	return rc;
}

static int64_t no_limit(void *ctx)
{
	(void)ctx;
	return INT32_MAX;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

/* The answer may hold the only good token, so a question that was asked is heard to its end:
 * neither the visit's deadline nor the end of the process breaks it off. */
static int ask(struct asker *a, struct oauth_tokens *fresh, struct brg_err *err)
{
	struct net_watch watch = { NULL, no_limit, never, NULL };
	int rc;

	hold_on(a);
	effect_point("token-ask");
	if (a->how->grant == BRG_OAUTH_CLIENT)
		rc = oauth_client(&watch, a->how, a->arena, fresh, err);
	else
		rc = oauth_refresh(&watch, a->how, a->tokens.refresh, a->arena, fresh, err);
	effect_point("token-received");
	return rc;
}

/* In the words of whoever can mend it. */
static void name_it(const struct asker *a, struct brg_err *err)
{
	struct brg_err was = *err;

	if (err->fault != &oauth_grant_refused)
		return;
	brg_fail(err, &token_revoked, "name=%.*s", (int)a->name.len, a->name.ptr);
	memcpy(err->said, was.said, sizeof(err->said));
}

/* Under the lock. 0 with a->tokens fresh; BRG_REFUSED: look again, somebody signed in meanwhile. */
static int refresh(struct asker *a, struct brg_err *err)
{
	int64_t sent = now_us(a), known = clock_offset(a);
	struct brg_err ignored = BRG_ERR_INIT;
	struct oauth_tokens fresh = { 0 };
	struct token_row now = a->row;
	int rc = ask(a, &fresh, err);

	if (rc == 0 && !fresh.refresh.len)
		fresh.refresh = a->tokens.refresh;
	if (rc == 0)
		rc = token_put(a->engine, &a->key, &fresh, sent, now_us(a), known, &now, a->arena,
			       err);
	if (rc < 0) {
		name_it(a, err);
		return give_up(a, err, &ignored) == BRG_REFUSED ? BRG_REFUSED : rc;
	}
	if (fresh.date_s)
		clock_note(a->how->token_url, now.offset_us);
	rc = keep(a, &now, err);
	if (rc == BRG_COMMITTED)
		a->tokens = fresh;
	else
		oauth_wipe(&fresh);
	return rc;
}

/* Take the lock and refresh; BRG_REFUSED: look again. */
static int try_refresh(struct asker *a, struct brg_err *err)
{
	const struct brg_host *h = &a->host->table;
	int rc;

	if (h->canceled(h->ctx))
		return h->stopped(h->ctx, err);
	rc = lock(a, err);
	if (rc == BRG_COMMITTED)
		rc = token_load(&a->engine->store, &a->key, a->arena, &a->row, err);
	if (rc != 0)
		return rc;
	/* The lock that we took may be gone again: the store was restored, or we slept long. */
	if (!brg_id_eq(&a->row.lock_nonce, &a->nonce))
		return BRG_REFUSED;
	return refresh(a, err);
}

static int pause_for(struct asker *a, useconds_t *pause, struct brg_err *err)
{
	const struct brg_host *h = &a->host->table;

	if (h->canceled(h->ctx))
		return h->stopped(h->ctx, err);
	usleep(*pause);
	*pause = *pause * 2 < PAUSE_MAX_US ? *pause * 2 : PAUSE_MAX_US;
	return 0;
}

static int get(struct asker *a, struct brg_err *err)
{
	useconds_t pause = PAUSE_US;
	int rc;

	for (;;) {
		oauth_wipe(&a->tokens);
		arena_reset(a->arena);
		rc = find(a, err);
		if (rc < 0 || usable(a))
			return rc;
		rc = recent_failure(a, err);
		if (rc == 0)
			rc = is_locked(a, err);
		if (rc < 0)
			return rc;
		rc = rc ? BRG_REFUSED : try_refresh(a, err);
		if (rc != BRG_REFUSED)
			return rc;
		rc = pause_for(a, &pause, err);
		if (rc < 0)
			return rc;
	}
}

/* ---- the service ----------------------------------------------------------------------------*/

static int token_access(void *ctx, const struct brg_oauth *how, struct brg_str *out,
			struct brg_err *err)
{
	struct host *h = ctx;
	struct asker a = { .host = h, .engine = h->engine, .how = how };
	int rc = oauth_check(how, false, err);

	if (rc < 0)
		return rc;
	a.arena = arena_new();
	rc = get(&a, err);
	if (rc == 0)
		*out = arena_str(h->arena, a.tokens.access);
	oauth_wipe(&a.tokens);
	arena_free(&a.arena);
	return rc;
}

static void token_refused(void *ctx, const struct brg_oauth *how, struct brg_str token)
{
	struct host *h = ctx;

	(void)how;
	h->refused = arena_str(h->arena, token);
	h->table.log(ctx, BRG_LOG_INFO, "token.refused", "note=\"another one is asked for\"");
}

const struct brg_token_service *token_service(void)
{
	static const struct brg_token_service service = {
		.size = sizeof(service),
		.version = 1,
		.access = token_access,
		.refused = token_refused,
	};

	return &service;
}
