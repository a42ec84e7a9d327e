/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP is libcurl's business, trust is ours: its TLS contexts borrow the trust store that all
 * connections of this process share, so a server that mail may not be fetched from gets no request
 * either, and the reason is told in the same words.
 *
 * libcurl sends a request again by itself where a connection that it had kept turns out to be dead.
 * The server may have read the first one, so a body is sent again only where an answer asked for
 * that (a login): rewind().
 */
#include "core/net_http.h"

#include "core/arena.h"
#include "core/net-private.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#define HEADERS_MAX 200 /* lines of an answer that are kept */
#define DAY_S	    INT64_C(86400)

/* A list in the arena that grows at its end. */
struct lines {
	struct brg_http_header at[HEADERS_MAX];
	size_t n;
};

struct net_http {
	struct brg_http_options how; /* strings are its own */
	CURLM *multi;		     /* has the connection */
	CURL *easy, *anonymous;	     /* the second knows no cookies */
	struct trust *trust;	     /* NULL: not needed yet */

	/* Of the request that is under way. */
	CURL *now;	/* easy or anonymous */
	bool logged_in; /* the login went with it */
	const struct net_watch *watch;
	const struct brg_http_request *req;
	struct brg_arena *arena;
	struct net_url url;
	struct tls_verdict verdict;
	char words[CURL_ERROR_SIZE];
	size_t sent;	/* of the body */
	bool heard;	/* something has come back */
	bool ended;	/* the plugin has had enough */
	bool too_large; /* for max_bytes */
	int64_t active_ms;
	char *body;
	size_t n_body, room;
	size_t n_pieces;     /* bytes that went to the plugin */
	struct lines *lines; /* of the last answer */
};

/* ---- a client -------------------------------------------------------------------------------*/

static CURL *new_handle(void)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		abort(); /* out of memory */
	return easy;
}

struct net_http *net_http_new(const struct brg_http_options *how)
{
	struct net_http *h = xcalloc(1, sizeof(*h));

	h->how = *how;
	h->how.user = xstrdup(how->user ? how->user : "");
	h->how.password = xstrdup(how->password ? how->password : "");
	h->how.ca_file = xstrdup(how->ca_file ? how->ca_file : "");
	h->how.proxy = xstrdup(how->proxy ? how->proxy : "");
	h->multi = curl_multi_init();
	if (!h->multi)
		abort(); /* out of memory */
	h->easy = new_handle();
	h->anonymous = new_handle();
	/* Cookies are heeded from now on, and this is none. libcurl 7.88 leaks CURLOPT_COOKIEFILE
	 * at every curl_easy_reset(). */
	curl_easy_setopt(h->easy, CURLOPT_COOKIELIST, "Set-Cookie:");
	curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 1L);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 1L);
	return h;
}

static void free_text(const char *text)
{
	char *own = (char *)(uintptr_t)text;

	explicit_bzero(own, strlen(own));
	free(own);
}

void net_http_free(struct net_http **http)
{
	struct net_http *h = *http;

	*http = NULL;
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	curl_easy_cleanup(h->anonymous);
	curl_multi_cleanup(h->multi);
	free_text(h->how.user);
	free_text(h->how.password);
	free_text(h->how.ca_file);
	free_text(h->how.proxy);
	free(h);
}

void net_http_forget(struct net_http *h)
{
	curl_easy_setopt(h->easy, CURLOPT_COOKIELIST, "ALL");
}

/* ---- libcurl's callbacks --------------------------------------------------------------------*/

static void touch(struct net_http *h)
{
	h->active_ms = net_now_ms();
}

static bool is_for_plugin(const struct net_http *h)
{
	long status = 0;

	curl_easy_getinfo(h->now, CURLINFO_RESPONSE_CODE, &status);
	return h->req->chunk && status >= 200 && status < 300;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct net_http *h = arg;
	uint64_t most = h->req->max_bytes ? h->req->max_bytes : BRG_HTTP_BYTES;

	n *= size;
	touch(h);
	if (n > most - h->n_body - h->n_pieces) {
		h->too_large = true;
		return 0;
	}
	if (is_for_plugin(h)) {
		h->n_pieces += n;
		h->ended = h->req->chunk(h->req->arg, (struct brg_str){ bytes, n }) != 0;
		return h->ended ? 0 : n;
	}
	if (h->n_body + n > h->room) {
		h->room = 2 * (h->n_body + n);
		h->body = xrealloc(h->body, h->room, 1);
	}
	memcpy(h->body + h->n_body, bytes, n);
	h->n_body += n;
	return n;
}

/* "Name: value" in the arena; false: it is no such line. */
static bool split(struct net_http *h, const char *line, size_t n, struct brg_http_header *out)
{
	const char *colon = memchr(line, ':', n), *end = line + n;

	if (!colon || colon == line)
		return false;
	out->name = arena_dup(h->arena, line, (size_t)(colon - line)).ptr;
	for (colon++; colon < end && (*colon == ' ' || *colon == '\t'); colon++)
		;
	while (end > colon && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
		end--;
	out->value = arena_dup(h->arena, colon, (size_t)(end - colon)).ptr;
	return true;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct net_http *h = arg;

	n *= size;
	touch(h);
	h->heard = true;
	/* Another answer begins: what came before asked for a login, or was a 100. */
	if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		h->lines->n = 0;
		h->n_body = h->n_pieces = 0;
	} else if (h->lines->n < HEADERS_MAX && split(h, bytes, n, &h->lines->at[h->lines->n])) {
		h->lines->n++;
	}
	return n;
}

static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
	struct net_http *h = arg;
	size_t left = h->req->body.len - h->sent;

	n *= size;
	n = n < left ? n : left;
	memcpy(to, h->req->body.ptr + h->sent, n);
	h->sent += n;
	touch(h);
	return n;
}

/* Only an answer may ask for the body once more, or whoever has got nothing of it. */
static int rewind_body(void *arg, curl_off_t offset, int origin)
{
	struct net_http *h = arg;

	if ((h->sent && !h->heard) || origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > h->req->body.len)
		return CURL_SEEKFUNC_FAIL;
	h->sent = (size_t)offset;
	h->heard = false;
	return CURL_SEEKFUNC_OK;
}

static int on_connected(void *arg, char *ip, char *own_ip, int port, int own_port)
{
	(void)ip, (void)own_ip, (void)port, (void)own_port;
	touch(arg);
	return CURL_PREREQFUNC_OK;
}

static CURLcode lend_trust(CURL *easy, void *ctx, void *arg)
{
	struct net_http *h = arg;

	(void)easy;
	return tls_trust_lend(h->trust, ctx, h->url.host, &h->verdict) ? CURLE_OK
								       : CURLE_OUT_OF_MEMORY;
}

/* ---- a request ------------------------------------------------------------------------------*/

static struct curl_slist *add_line(struct curl_slist *list, const char *name, const char *value)
{
	size_t room = strlen(name) + strlen(value) + 3;
	char *line = xcalloc(1, room);

	(void)snprintf(line, room, "%s:%s%s", name, *value ? " " : "", value);
	list = curl_slist_append(list, line);
	if (!list)
		abort(); /* out of memory */
	explicit_bzero(line, room);
	free(line);
	return list;
}

static struct curl_slist *lines_of(const struct brg_http_request *req)
{
	struct curl_slist *list = add_line(NULL, "Expect", ""); /* none: we do not wait for a 100 */

	for (size_t i = 0; i < req->n_headers; i++)
		list = add_line(list, req->headers[i].name, req->headers[i].value);
	return list;
}

static void free_lines(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static void set_login(struct net_http *h, CURL *e, const char *bearer)
{
	static const unsigned long schemes[] = { CURLAUTH_BASIC, CURLAUTH_NTLM,
						 CURLAUTH_NEGOTIATE };

	if (bearer) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(e, CURLOPT_XOAUTH2_BEARER, bearer);
	} else if (h->how.auth != BRG_HTTP_NOBODY) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, schemes[h->how.auth]);
		/* Negotiate: whoever the credentials cache names (curl's manual,
		 * CURLAUTH_NEGOTIATE). */
		curl_easy_setopt(e, CURLOPT_USERNAME,
				 h->how.auth == BRG_HTTP_NEGOTIATE ? "" : h->how.user);
		curl_easy_setopt(e, CURLOPT_PASSWORD,
				 h->how.auth == BRG_HTTP_NEGOTIATE ? "" : h->how.password);
	}
}

static void set_body(struct net_http *h, CURL *e)
{
	const struct brg_http_request *req = h->req;

	if (!req->body.len && !(req->method && strcmp(req->method, "POST") == 0)) {
		if (!req->method || strcmp(req->method, "GET") == 0)
			return;
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
		/* Without a body nobody asks whether it may be sent again: see rewind_body(). */
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
		return;
	}
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.len);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(e, CURLOPT_READDATA, h);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, rewind_body);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, h);
	if (req->method && strcmp(req->method, "POST") != 0)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
}

static int set_trust(struct net_http *h, CURL *e, struct brg_err *err)
{
	if (!h->url.tls)
		return 0;
	if (!h->trust && tls_trust(h->how.ca_file, &h->trust, err) < 0)
		return err->code;
	/* None of its own authorities; a libcurl that cannot take ours trusts nobody. */
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, h);
	if (curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, lend_trust) != CURLE_OK)
		return brg_fail(err, &net_no_library, "reason=libcurl does not use OpenSSL");
	return 0;
}

/* NULL: whatever the environment says. To this machine there is no way but the direct one: what
 * goes there may go in clear text. */
static const char *proxy_of(const struct net_http *h)
{
	if (!h->url.tls || strcmp(h->how.proxy, "none") == 0)
		return "";
	return *h->how.proxy ? h->how.proxy : NULL;
}

static int prepare(struct net_http *h, CURL *e, const char *bearer, struct curl_slist *lines,
		   struct brg_err *err)
{
	curl_easy_reset(e); /* connections and cookies stay */
	net_prepare_handle(e);
	if (proxy_of(h))
		curl_easy_setopt(e, CURLOPT_PROXY, proxy_of(h));
	curl_easy_setopt(e, CURLOPT_URL, h->url.text);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, lines);
	/* NTLM and Negotiate know nothing else. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(e, CURLOPT_USERAGENT, "brygga/" PACKAGE_VERSION);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)h->how.connect_timeout_ms);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->words);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, h);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, h);
	set_body(h, e);
	if (e == h->easy)
		set_login(h, e, bearer);
	return set_trust(h, e, err);
}

/* ---- the exchange ---------------------------------------------------------------------------*/

static int64_t silence_of(const struct net_http *h)
{
	return h->req->answer_timeout_ms ? h->req->answer_timeout_ms : h->how.answer_timeout_ms;
}

static int fail(struct net_http *h, CURL *e, CURLcode why, struct brg_err *err)
{
	const struct net_url *u = &h->url;
	struct net_trouble trouble = { u->host,	 u->port, h->how.connect_timeout_ms,
				       h->words, 0,	  proxy_of(h) };
	long status = 0;

	curl_easy_getinfo(e, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status == 407)
		return brg_fail(err, &net_proxy_login, "host=%.100s", u->host);
	if (h->too_large)
		return brg_fail(err, &net_too_large, "host=%.100s\nport=%d\nbytes=%llu", u->host,
				u->port,
				(unsigned long long)(h->req->max_bytes ? h->req->max_bytes
								       : BRG_HTTP_BYTES));
	if (h->verdict.code)
		return tls_fail_verify(u->host, u->port, &h->verdict, err);
	switch (why) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return brg_fail(err, &net_tls_refused, "host=%.100s\nport=%d\nreason=%.100s",
				u->host, u->port, h->words);
	case CURLE_SEND_FAIL_REWIND:
		return brg_fail(err, &net_cut, "host=%.100s\nport=%d\nreason=%s", u->host, u->port,
				"no answer came");
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_HTTP2:
		return brg_fail(err, &net_cut, "host=%.100s\nport=%d\nreason=%.100s", u->host,
				u->port, *h->words ? h->words : curl_easy_strerror(why));
	default:
		return net_fail_curl(e, (int)why, &trouble, err);
	}
}

/* Let curl work until the answer is there. */
static int drive(struct net_http *h, CURL *e, struct brg_err *err)
{
	int running = 1, left_messages, rc;
	CURLMsg *message;
	char seconds[24];

	/* Connecting has a time-out of its own. */
	h->active_ms = net_now_ms() + h->how.connect_timeout_ms;
	while (running) {
		int64_t deadline;

		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			abort(); /* out of memory */
		if (!running)
			break;
		rc = net_stopped(h->watch, err);
		if (rc < 0)
			return rc;
		deadline = h->active_ms + silence_of(h);
		if (net_now_ms() >= deadline)
			return brg_fail(err, &net_late, "host=%.100s\nport=%d\nseconds=%s",
					h->url.host, h->url.port,
					net_seconds(silence_of(h), seconds));
		(void)curl_multi_poll(h->multi, NULL, 0, net_slice(h->watch, deadline), NULL);
	}
	message = curl_multi_info_read(h->multi, &left_messages);
	if (message && (message->data.result == CURLE_OK || h->ended))
		return 0;
	return fail(h, e, message ? message->data.result : CURLE_COULDNT_CONNECT, err);
}

static int64_t clock_of(const struct brg_http_answer *answer)
{
	struct brg_str text = net_http_header(answer, "date");
	time_t date = text.len ? curl_getdate(text.ptr, NULL) : -1;

	return date > 0 ? (int64_t)date * 1000000 : 0;
}

static void take_answer(struct net_http *h, CURL *e, struct brg_http_answer *out)
{
	curl_off_t wait = 0;
	long status = 0;

	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(e, CURLINFO_RETRY_AFTER, &wait);
	*out = (struct brg_http_answer){
		.size = sizeof(*out),
		.status = (int)status,
		.body = arena_dup(h->arena, h->body ? h->body : "", h->n_body),
		.headers = h->lines->at,
		.n_headers = h->lines->n,
		.retry_after_ms = wait <= 0	 ? 0
				  : wait < DAY_S ? (int64_t)wait * 1000
						 : DAY_S * 1000,
		.url = arena_printf(h->arena, "%s", h->url.text),
		.id = "",
	};
	out->date_us = clock_of(out);
}

static int exchange(struct net_http *h, const char *bearer, bool anonymous,
		    struct brg_http_answer *out, struct brg_err *err)
{
	CURL *e = anonymous ? h->anonymous : h->easy;
	struct curl_slist *lines = lines_of(h->req);
	int rc;

	h->now = e;
	h->logged_in = !anonymous && (bearer || h->how.auth != BRG_HTTP_NOBODY);
	h->verdict = (struct tls_verdict){ 0 };
	h->words[0] = '\0';
	h->sent = h->n_body = h->n_pieces = 0;
	h->heard = h->ended = h->too_large = false;
	h->lines = arena_alloc(h->arena, sizeof(*h->lines));
	rc = prepare(h, e, bearer, lines, err);
	if (rc == 0) {
		curl_multi_add_handle(h->multi, e);
		rc = drive(h, e, err);
		if (rc == 0)
			take_answer(h, e, out);
		curl_multi_remove_handle(h->multi, e);
	}
	curl_easy_reset(e);
	free_lines(lines);
	return rc;
}

/* ---- redirects ------------------------------------------------------------------------------*/

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* Where the answer points, as a whole URL. */
static int next_url(const struct net_http *h, struct brg_str where, struct net_url *out,
		    struct brg_err *err)
{
	CURLU *url = curl_url();
	char *whole = NULL;
	int rc;

	if (!url)
		abort(); /* out of memory */
	if (curl_url_set(url, CURLUPART_URL, h->url.text, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_URL, where.ptr, 0) == CURLUE_OK)
		(void)curl_url_get(url, CURLUPART_URL, &whole, 0);
	rc = net_url_read(whole ? whole : where.ptr, out, err);
	curl_free(whole);
	curl_url_cleanup(url);
	/* From there no way leads into clear text, nor into this machine. */
	if (rc == 0 && (out->tls || !h->url.tls))
		return 0;
	if (rc == 0)
		net_url_free(out);
	return brg_fail(err, &net_bad_redirect, "host=%.100s\nport=%d\nurl=%.100s", h->url.host,
			h->url.port, where.ptr);
}

static int follow(struct net_http *h, const char *bearer, struct brg_http_answer *out,
		  struct brg_err *err)
{
	bool anonymous = h->req->flags & BRG_HTTP_ANONYMOUS;
	struct net_url next;
	struct brg_str where;
	int rc;

	for (int hops = 0;; hops++) {
		rc = exchange(h, bearer, anonymous, out, err);
		where = rc == 0 ? net_http_header(out, "location") : (struct brg_str){ "", 0 };
		if (rc < 0 || !(h->req->flags & BRG_HTTP_FOLLOW) || !is_redirect(out->status) ||
		    !where.len)
			return rc;
		if (hops == BRG_HTTP_HOPS)
			return brg_fail(err, &net_bad_redirect, "host=%.100s\nport=%d\nurl=%.100s",
					h->url.host, h->url.port, where.ptr);
		if (next_url(h, where, &next, err) < 0)
			return err->code;
		/* Who was meant by the profile may know the password, who was pointed at may not.
		 */
		anonymous = anonymous || !net_url_same_place(&h->url, &next);
		net_url_free(&h->url);
		h->url = next;
	}
}

int net_http_request(struct net_http *h, const struct net_watch *watch,
		     const struct brg_http_request *req, const char *bearer,
		     struct brg_arena *arena, struct brg_http_answer *out, struct brg_err *err)
{
	int rc;

	h->watch = watch;
	h->req = req;
	h->arena = arena;
	rc = net_url_read(req->url, &h->url, err);
	if (rc == 0)
		rc = follow(h, bearer, out, err);
	net_url_free(&h->url);
	if (h->body)
		explicit_bzero(h->body, h->room);
	free(h->body);
	h->body = NULL;
	h->room = 0;
	return rc;
}

bool net_http_logged_in(const struct net_http *h)
{
	return h->logged_in;
}

struct brg_str net_http_header(const struct brg_http_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->n_headers; i++)
		if (strcasecmp(answer->headers[i].name, name) == 0)
			return brg_cstr(answer->headers[i].value);
	return (struct brg_str){ "", 0 };
}
