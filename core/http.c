/* SPDX-License-Identifier: Apache-2.0
 *
 * Ties a session's requests to its deadline, its profile's connections and its tokens, and lets
 * people see them: net_http knows nothing of hosts.
 */
#include "core/http.h"

#include "core/host.h"
#include "core/http_pool.h"
#include "core/id.h"
#include "core/token.h"
#include "core/trace.h"
#include "core/visit.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct brg_http {
	struct host *host;
	const struct brg_http_options *how;
	const struct brg_oauth *oauth; /* NULL: none */
	struct net_watch watch;
	struct brg_sha key; /* in the pool */
	struct net_http *client;
	struct brg_arena *arena; /* of the last answer */
	bool broken;		 /* the last request did not end in order */
};

/* ---- sessions -------------------------------------------------------------------------------*/

static const struct brg_id *profile_of(const struct brg_http *http)
{
	static const struct brg_id none = { { 0 } };

	return http->host->visit ? &http->host->visit->claimed.profile.id : &none;
}

static void add_text(EVP_MD_CTX *ctx, const char *text)
{
	if (EVP_DigestUpdate(ctx, text ? text : "", text ? strlen(text) + 1 : 1) != 1)
		abort(); /* out of memory */
}

/* Who logs in alike has the same key. */
static void make_key(struct brg_http *http)
{
	const struct brg_http_options *how = http->how;
	char kind[64];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		abort(); /* out of memory */
	(void)snprintf(kind, sizeof(kind), "%d %lld %lld", http->oauth ? -1 : how->auth,
		       (long long)how->connect_timeout_ms, (long long)how->answer_timeout_ms);
	add_text(ctx, kind);
	add_text(ctx, http->oauth ? http->oauth->client_id : how->user);
	add_text(ctx, http->oauth ? http->oauth->token_url : how->password);
	add_text(ctx, how->ca_file);
	add_text(ctx, how->proxy);
	if (EVP_DigestFinal_ex(ctx, http->key.b, NULL) != 1)
		abort(); /* out of memory */
	EVP_MD_CTX_free(ctx);
}

static int http_open(void *ctx, const struct brg_http_options *how, const struct brg_oauth *oauth,
		     struct brg_http **out, struct brg_err *err)
{
	struct host *h = ctx;
	struct brg_http *http = arena_alloc(h->arena, sizeof(*http));

	(void)err;
	http->host = h;
	http->how = how;
	http->oauth = oauth && oauth->grant != BRG_OAUTH_NONE ? oauth : NULL;
	http->watch = (struct net_watch){ .ctx = h,
					  .left_ms = h->table.left_ms,
					  .canceled = h->table.canceled,
					  .stopped = h->table.stopped };
	http->arena = arena_new();
	make_key(http);
	http->client = http_pool_take(profile_of(http), &http->key);
	if (http->client)
		net_http_forget(http->client);
	else
		http->client = net_http_new(how);
	*out = http;
	return 0;
}

static void http_close(struct brg_http *http)
{
	if (!http)
		return;
	if (http->broken)
		net_http_free(&http->client);
	else
		http_pool_give(profile_of(http), &http->key, http->client);
	http->client = NULL;
	arena_free(&http->arena);
}

/* ---- requests -------------------------------------------------------------------------------*/

/* The plugin's request with an id by which the server's log can be searched. */
static struct brg_http_request with_id(const struct brg_http_request *req, const char *id,
				       struct brg_arena *arena)
{
	struct brg_http_request own = *req;
	struct brg_http_header *list = arena_alloc(arena, (req->n_headers + 2) * sizeof(*list));

	if (req->n_headers)
		memcpy(list, req->headers, req->n_headers * sizeof(*list));
	list[own.n_headers++] = (struct brg_http_header){ "client-request-id", id };
	list[own.n_headers++] = (struct brg_http_header){ "return-client-request-id", "true" };
	own.headers = list;
	return own;
}

/* Once: the token is had again where the server refuses the one that we had. */
static int ask(struct brg_http *http, const struct brg_http_request *req, struct brg_arena *arena,
	       struct brg_http_answer *out, bool again, struct brg_err *err)
{
	bool login = !(req->flags & BRG_HTTP_ANONYMOUS);
	struct brg_str token = { NULL, 0 };
	int rc;

	if (http->oauth && login &&
	    token_service()->access(http->host, http->oauth, &token, err) < 0)
		return err->code;
	rc = net_http_request(http->client, &http->watch, req, token.ptr, arena, out, err);
	if (rc == 0 && out->status == 401 && token.len && net_http_logged_in(http->client)) {
		token_service()->refused(http->host, http->oauth, token);
		if (!again)
			return ask(http, req, arena, out, true, err);
	}
	return rc;
}

/* A 401 is a refused login only where one was sent. */
static bool is_for_us(const struct brg_http *http, const struct brg_http_answer *answer)
{
	return (answer->status == 401 && net_http_logged_in(http->client)) ||
	       answer->status == 407 || answer->status == 429 ||
	       (answer->status == 503 && answer->retry_after_ms);
}

static int http_unexpected(struct brg_http *http, const struct brg_http_answer *answer,
			   struct brg_err *err)
{
	return net_http_unexpected(http->how, http->oauth != NULL, answer, err);
}

static int http_request(struct brg_http *http, const struct brg_http_request *req,
			struct brg_http_answer *out, struct brg_err *err)
{
	struct trace *trace = http->host->engine->trace;
	struct brg_id id = id_new(http->host->table.now_us(http->host));
	struct brg_arena *arena = http->arena;
	char *text;
	struct brg_http_request own;
	struct trace_call *call;
	int rc;

	arena_reset(arena);
	text = arena_alloc(arena, ID_TEXT);
	own = with_id(req, id_format(&id, text), arena);
	call = trace ? trace_begin(&own, arena) : NULL;
	http->broken = true;
	rc = ask(http, &own, arena, out, false, err);
	if (rc == 0)
		out->id = text;
	if (call)
		trace_end(trace, call, rc == 0 ? out : NULL, err);
	http->broken = rc < 0;
	if (rc == 0 && is_for_us(http, out))
		return http_unexpected(http, out, err);
	return rc;
}

const struct brg_http_service *http_service(void)
{
	static const struct brg_http_service service = {
		.size = sizeof(service),
		.version = 1,
		.open = http_open,
		.request = http_request,
		.header = net_http_header,
		.unexpected = http_unexpected,
		.close = http_close,
	};

	return &service;
}
