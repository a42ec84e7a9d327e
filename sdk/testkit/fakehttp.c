/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP of the fake host: exchanges that are written down, in their order.
 */
#include "fakehost-private.h"

#include <stdlib.h>
#include <strings.h>

/* clang-format off */
#define FAULT(name, number, class, where, when, english, swedish)			\
	static const struct brg_fault fault_##name = {					\
		.code = number, .cls = class, .scope = BRG_SCOPE_##where,		\
		.retry = BRG_RETRY_##when, .en = english, .sv = swedish,		\
		.help = "A test wanted it so.",						\
	}
FAULT(no_answer, "BRG-FAKE-0020", BRG_EIO, SERVER, LATER,
      "no answer came", "inget svar kom");
FAULT(no_login, "BRG-FAKE-0021", BRG_EAUTH, MAILBOX, NEVER,
      "the login was refused", "inloggningen nekades");
FAULT(busy, "BRG-FAKE-0022", BRG_ELIMIT, SERVER, LATER,
      "the server asks for a pause", "servern ber om en paus");
FAULT(status, "BRG-FAKE-0023", BRG_EIO, SERVER, LATER,
      "an unexpected status: {status}", "en oväntad status: {status}");
FAULT(too_large, "BRG-FAKE-0024", BRG_EPROTO, SERVER, LATER,
      "the answer is too large", "svaret är för stort");
/* clang-format on */

struct brg_http {
	struct fakehost *fh;
};

static int http_open(void *ctx, const struct brg_http_options *how, const struct brg_oauth *oauth,
		     struct brg_http **out, struct brg_err *err)
{
	struct fakehost *fh = ctx;

	(void)how;
	(void)oauth;
	(void)err;
	if (fh->own->http)
		fake_misuse("http: two are open");
	*out = fh->own->http = fake_grow(NULL, 1, sizeof(**out));
	(*out)->fh = fh;
	return 0;
}

static void http_close(struct brg_http *http)
{
	http->fh->own->http = NULL;
	free(http);
}

/* ---- an exchange ----------------------------------------------------------------------------*/

static const char *method_of(const struct brg_http_request *req)
{
	return req->method ? req->method : req->body.len ? "POST" : "GET";
}

static bool is_expected(const struct fake_exchange *e, const struct brg_http_request *req)
{
	return (!e->method || strcmp(e->method, method_of(req)) == 0) &&
	       (!e->url || strcmp(e->url, req->url) == 0) &&
	       (!e->body || brg_str_eq(brg_cstr(e->body), req->body));
}

/* The next one, if it is for this request. */
static const struct fake_exchange *next(struct fakehost *fh, const struct brg_http_request *req)
{
	struct fakehost_private *own = fh->own;
	const struct fake_exchange *e =
		own->exchange < own->n_exchanges ? &own->exchanges[own->exchange] : NULL;

	fake_add(&own->sent, req->body.ptr, req->body.len);
	fake_add(&own->sent, "\n", 1);
	fh->sent = (struct brg_str){ own->sent.at, own->sent.len };
	fh->requests++;
	if (!e || !is_expected(e, req)) {
		fake_wrong(fh, e ? "unexpected request" : "a request after the end", req->url,
			   strlen(req->url));
		return NULL;
	}
	own->exchange++;
	return e;
}

/* "Name: value" lines. */
static void take_headers(const struct fake_exchange *e, struct brg_arena *arena,
			 struct brg_http_answer *out)
{
	const char *p = e->headers ? e->headers : "";
	struct brg_http_header *list = fake_alloc(arena, (strlen(p) + 1) * sizeof(*list));

	out->headers = list;
	while (*p) {
		size_t n = strcspn(p, "\n"), name = strcspn(p, ":\n");
		size_t skip = name + 1 + strspn(p + name + 1, " ");

		if (name < n)
			list[out->n_headers++] = (struct brg_http_header){
				fake_dup(arena, p, name).ptr,
				fake_dup(arena, p + skip, n > skip ? n - skip : 0).ptr
			};
		p += n + (p[n] == '\n');
	}
}

static struct brg_str http_header(const struct brg_http_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->n_headers; i++)
		if (strcasecmp(answer->headers[i].name, name) == 0)
			return brg_cstr(answer->headers[i].value);
	return (struct brg_str){ "", 0 };
}

/* In pieces as long as fh->chunk says. */
static void give_body(struct fakehost *fh, const struct brg_http_request *req, struct brg_str body)
{
	while (body.len) {
		size_t n = fh->chunk && fh->chunk < body.len ? fh->chunk : body.len;

		if (req->chunk(req->arg, (struct brg_str){ body.ptr, n }) != 0)
			return;
		body.ptr += n;
		body.len -= n;
	}
}

static int http_unexpected(struct brg_http *http, const struct brg_http_answer *answer,
			   struct brg_err *err)
{
	(void)http;
	if (answer->status == 401 || answer->status == 407)
		return brg_fail(err, &fault_no_login, "%s", "");
	if (answer->status == 429 || (answer->status == 503 && answer->retry_after_ms)) {
		(void)brg_fail(err, &fault_busy, "%s", "");
		err->retry_after_ms = (uint32_t)answer->retry_after_ms;
		return err->code;
	}
	return brg_fail(err, &fault_status, "status=%d", answer->status);
}

static bool is_for_host(const struct brg_http_answer *answer)
{
	return answer->status == 401 || answer->status == 407 || answer->status == 429 ||
	       (answer->status == 503 && answer->retry_after_ms);
}

static int http_request(struct brg_http *http, const struct brg_http_request *req,
			struct brg_http_answer *out, struct brg_err *err)
{
	struct fakehost *fh = http->fh;
	struct brg_arena *arena = &fh->own->arena;
	const struct fake_exchange *e = next(fh, req);
	uint64_t most = req->max_bytes ? req->max_bytes : BRG_HTTP_BYTES;
	struct brg_str body = { "", 0 };

	if (fh->canceled)
		return fh->host.stopped(fh->host.ctx, err);
	if (!e || e->then == FAKE_CLOSE)
		return brg_fail(err, &fault_no_answer, "%s", "");
	if (e->answer)
		body = (struct brg_str){ e->answer,
					 e->answer_len ? e->answer_len : strlen(e->answer) };
	if (body.len > most)
		return brg_fail(err, &fault_too_large, "%s", "");
	*out = (struct brg_http_answer){ .size = sizeof(*out),
					 .status = e->status ? e->status : 200,
					 .body = { "", 0 },
					 .url = fake_dup(arena, req->url, strlen(req->url)).ptr,
					 .id = "" };
	take_headers(e, arena, out);
	out->retry_after_ms = 1000 * strtoll(http_header(out, "retry-after").ptr, NULL, 10);
	if (req->chunk && out->status / 100 == 2)
		give_body(fh, req, body);
	else
		out->body = fake_dup(arena, body.ptr, body.len);
	return is_for_host(out) ? http_unexpected(http, out, err) : 0;
}

const struct brg_http_service fake_http_service = {
	.size = sizeof(fake_http_service),
	.version = 1,
	.open = http_open,
	.request = http_request,
	.header = http_header,
	.unexpected = http_unexpected,
	.close = http_close,
};

void fakehost_exchanges(struct fakehost *fh, const struct fake_exchange *list, size_t n)
{
	fakehost_script(fh, NULL, 0);
	fh->own->exchanges = list;
	fh->own->n_exchanges = n;
	fh->own->exchange = 0;
	fh->requests = 0;
}

bool fakehost_exchanged(const struct fakehost *fh)
{
	return !fh->wrong[0] && fh->own->exchange == fh->own->n_exchanges;
}
