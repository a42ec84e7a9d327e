/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP is libcurl's business, trust is ours: its TLS context borrows the trust store that
 * all connections of this process share, so a certificate that mail may not be fetched from
 * gets no token either, and the reason is told in the same words. A connection serves one
 * form; tokens last an hour.
 */
#include "core/net_post.h"

#include "core/net-private.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

struct post {
	const struct net_watch *watch;
	const struct net_form *form;
	struct trust *trust; /* NULL: without TLS */
	CURLU *url;
	char *host; /* of it; without brackets */
	int port;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct tls_verdict verdict;
	char words[CURL_ERROR_SIZE];
	char *body;
	size_t n;
	bool too_large;
	int64_t date_s;
};

/* ---- the address ----------------------------------------------------------------------------*/

static bool is_this_machine(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return strcmp(host, "::1") == 0 ||
	       (inet_pton(AF_INET, host, address) == 1 && address[0] == 127);
}

/* What libcurl found in the URL; NULL if it has no such part. Freed with curl_free(). */
static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
	char *out = NULL;

	return curl_url_get(url, what, &out, flags) == CURLUE_OK ? out : NULL;
}

static int read_url(struct post *p, struct brg_err *err)
{
	char *scheme = NULL, *port = NULL, *fragment = NULL;
	bool good, tls = false;

	p->url = curl_url();
	if (!p->url)
		abort(); /* out of memory */
	good = p->form->url &&
	       curl_url_set(p->url, CURLUPART_URL, p->form->url, CURLU_DISALLOW_USER) == CURLUE_OK;
	if (good) {
		scheme = part(p->url, CURLUPART_SCHEME, 0);
		port = part(p->url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
		fragment = part(p->url, CURLUPART_FRAGMENT, 0);
		p->host = part(p->url, CURLUPART_HOST, 0);
	}
	good = good && scheme && port && p->host && !fragment; /* RFC 6749 section 3.2 */
	if (good && p->host[0] == '[') {
		size_t n = strlen(p->host);

		memmove(p->host, p->host + 1, n - 2);
		p->host[n - 2] = '\0';
	}
	if (good) {
		tls = strcmp(scheme, "https") == 0;
		p->port = atoi(port);
		good = tls || (strcmp(scheme, "http") == 0 && is_this_machine(p->host));
	}
	curl_free(scheme);
	curl_free(port);
	curl_free(fragment);
	if (!good)
		return brg_fail(err, &net_bad_url, "url=%.120s", p->form->url ? p->form->url : "");
	return tls ? tls_trust(p->form->ca_file, &p->trust, err) : 0;
}

/* ---- libcurl's callbacks --------------------------------------------------------------------*/

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;

	n *= size;
	if (n > NET_POST_MAX - p->n) {
		p->too_large = true;
		return 0;
	}
	if (!p->body)
		p->body = xcalloc(1, NET_POST_MAX);
	memcpy(p->body + p->n, bytes, n);
	p->n += n;
	return n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;
	char text[64];
	time_t date;

	n *= size;
	if (n > 5 && n < sizeof(text) && strncasecmp(bytes, "date:", 5) == 0) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)(n - 5), bytes + 5);
		date = curl_getdate(text, NULL);
		p->date_s = date > 0 ? (int64_t)date : 0;
	}
	return n;
}

static CURLcode lend_trust(CURL *easy, void *ctx, void *arg)
{
	struct post *p = arg;

	(void)easy;
	return tls_trust_lend(p->trust, ctx, p->host, &p->verdict) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- the exchange ---------------------------------------------------------------------------*/

static void add_header(struct post *p, const char *line)
{
	p->headers = curl_slist_append(p->headers, line);
	if (!p->headers)
		abort(); /* out of memory */
}

static void add_headers(struct post *p)
{
	const char *value = p->form->authorization;
	size_t room = value ? strlen(value) + 32 : 0;
	char *line;

	add_header(p, "Content-Type: application/x-www-form-urlencoded");
	add_header(p, "Accept: application/json");
	if (!value)
		return;
	line = xcalloc(1, room);
	(void)snprintf(line, room, "Authorization: %s", value);
	add_header(p, line);
	explicit_bzero(line, room);
	free(line);
}

static int prepare(struct post *p, struct brg_err *err)
{
	CURL *e = p->easy = curl_easy_init();

	p->multi = curl_multi_init();
	if (!e || !p->multi)
		abort(); /* out of memory */
	add_headers(p);
	net_prepare_handle(e);
	curl_easy_setopt(e, CURLOPT_CURLU, p->url);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, p->form->body.ptr);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->form->body.len);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "brygga/" PACKAGE_VERSION);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)p->form->connect_ms);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->words);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, p);
	if (!p->trust)
		return 0;
	/* None of its own authorities; a libcurl that cannot take ours trusts nobody. */
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, p);
	if (curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, lend_trust) != CURLE_OK)
		return brg_fail(err, &net_no_library, "reason=libcurl does not use OpenSSL");
	return 0;
}

static int fail(struct post *p, CURLcode why, struct brg_err *err)
{
	struct net_trouble trouble = { p->host, p->port, p->form->connect_ms, p->words, 0 };

	if (p->too_large)
		return brg_fail(err, &net_too_large, "host=%.100s\nport=%d\nbytes=%d", p->host,
				p->port, NET_POST_MAX);
	if (p->verdict.code)
		return tls_fail_verify(p->host, p->port, &p->verdict, err);
	switch (why) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return brg_fail(err, &net_tls_refused, "host=%.100s\nport=%d\nreason=%.100s",
				p->host, p->port, p->words);
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_HTTP2:
		return brg_fail(err, &net_cut, "host=%.100s\nport=%d\nreason=%.100s", p->host,
				p->port, *p->words ? p->words : curl_easy_strerror(why));
	default:
		return net_fail_curl(p->easy, (int)why, &trouble, err);
	}
}

/* Let curl work until the answer is there. */
static int drive(struct post *p, struct brg_err *err)
{
	int64_t deadline = net_now_ms() + p->form->answer_ms;
	int running = 1, left_messages, rc;
	CURLMsg *message;
	char seconds[24];

	while (running) {
		if (curl_multi_perform(p->multi, &running) != CURLM_OK)
			abort(); /* out of memory */
		if (!running)
			break;
		rc = net_stopped(p->watch, err);
		if (rc < 0)
			return rc;
		if (net_now_ms() >= deadline)
			return brg_fail(err, &net_late, "host=%.100s\nport=%d\nseconds=%s", p->host,
					p->port, net_seconds(p->form->answer_ms, seconds));
		(void)curl_multi_poll(p->multi, NULL, 0, net_slice(p->watch, deadline), NULL);
	}
	message = curl_multi_info_read(p->multi, &left_messages);
	if (message && message->data.result == CURLE_OK)
		return 0;
	return fail(p, message ? message->data.result : CURLE_COULDNT_CONNECT, err);
}

static void take_answer(struct post *p, struct brg_arena *arena, struct net_answer *out)
{
	curl_off_t wait = 0;
	long status = 0;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &wait);
	*out = (struct net_answer){
		.status = (int)status,
		.body = arena_dup(arena, p->body ? p->body : "", p->n),
		.date_s = p->date_s,
		.retry_after_ms = wait > 0 && wait < 86400 ? (int64_t)wait * 1000 : 0,
	};
}

int net_post(const struct net_watch *watch, const struct net_form *form, struct brg_arena *arena,
	     struct net_answer *out, struct brg_err *err)
{
	struct post p = { .watch = watch, .form = form };
	int rc = read_url(&p, err);

	if (rc == 0)
		rc = prepare(&p, err);
	if (rc == 0) {
		curl_multi_add_handle(p.multi, p.easy);
		rc = drive(&p, err);
		if (rc == 0)
			take_answer(&p, arena, out);
		curl_multi_remove_handle(p.multi, p.easy);
	}
	curl_easy_cleanup(p.easy);
	if (p.multi)
		curl_multi_cleanup(p.multi);
	for (struct curl_slist *h = p.headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(p.headers);
	curl_free(p.host);
	curl_url_cleanup(p.url);
	if (p.body)
		explicit_bzero(p.body, p.n);
	free(p.body);
	return rc;
}
