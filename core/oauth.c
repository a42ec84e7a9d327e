/* SPDX-License-Identifier: Apache-2.0
 *
 * What a provider says is foreign: every value is bounded and of the letters that its RFC
 * allows before it goes anywhere. What it refuses falls into few kinds, and the kind
 * decides who must act: the person who signed in, the one who wrote the profile, or time.
 */
#include "core/oauth.h"

#include "core/assertion.h"
#include "core/utf8.h"
#include <brygga/sasl.h>

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

/* Less than the supervisor waits for a process to end: an answer may hold the only good token. */
#define CONNECT_MS     6000
#define ANSWER_MS      12000
#define LIFETIME_MAX   ((int64_t)10 * 365 * 86400)
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define DEVICE_GRANT   "urn:ietf:params:oauth:grant-type:device_code"
#define INTERVAL       5 /* seconds between two polls, RFC 8628 section 3.5 */
#define USER_CODE_MAX  64
#define URL_MAX	       1024

#define OAUTH(row, number, class, where, when, english, swedish, helps) \
	const struct brg_fault oauth_##row = {                          \
		.code = "BRG-OAUTH-" number,                            \
		.cls = class,                                           \
		.scope = BRG_SCOPE_##where,                             \
		.retry = BRG_RETRY_##when,                              \
		.en = english,                                          \
		.sv = swedish,                                          \
		.help = helps,                                          \
	}

OAUTH(grant_refused, "0001", BRG_EAUTH, MAILBOX, NEVER,
      "the provider {host} no longer accepts the sign-in",
      "leverantören {host} godtar inte längre inloggningen",
      "A refresh token ends when the person changes the password, signs out everywhere, takes the "
      "permission back, or when it was not used for long. Sign in again with `brygga auth login "
      "NAME`.");
static OAUTH(
	client_refused, "0002", BRG_EAUTH, MAILBOX, NEVER,
	"the provider {host} does not accept the client id or its secret",
	"leverantören {host} godtar inte klient-id eller dess hemlighet",
	"Compare oauth-client-id and oauth-client-secret in the profile with what the provider "
	"shows. A secret may have expired there.");
static OAUTH(
	request_refused, "0003", BRG_EINVAL, MAILBOX, NEVER,
	"the provider {host} refuses the request for a token: {error}",
	"leverantören {host} nekar begäran om en token: {error}",
	"The client may not be allowed to use this way (`oauth` in the profile), or the scopes "
	"in oauth-scope are not known there. The provider's own words say more.");
static OAUTH(trouble, "0004", BRG_EIO, SERVER, LATER,
	     "the provider {host} has trouble giving tokens (HTTP status {status})",
	     "leverantören {host} har problem att ge ut token (HTTP-status {status})",
	     "It is asked again by itself. Mail stays on its server meanwhile.");
static OAUTH(throttled, "0005", BRG_ELIMIT, SERVER, LATER,
	     "the provider {host} asks for fewer requests for tokens",
	     "leverantören {host} vill ha färre förfrågningar om token",
	     "It is asked again after the pause that it wants.");
static OAUTH(nonsense, "0006", BRG_EPROTO, SERVER, LATER,
	     "what answers at {host} gives no tokens (HTTP status {status}): {reason}",
	     "det som svarar på {host} ger inga token (HTTP-status {status}): {reason}",
	     "The answer is not what RFC 6749 and RFC 8628 describe. Check oauth-token-url and "
	     "oauth-device-url in the profile.");
OAUTH(code_expired, "0007", BRG_ETIMEDOUT, MAILBOX, NEVER, "the code was not used in time",
      "koden användes inte i tid",
      "A code is good for some minutes only. Run `brygga auth login NAME` again.");
static OAUTH(declined, "0008", BRG_EAUTH, MAILBOX, NEVER, "the sign-in was declined at {host}",
	     "inloggningen avböjdes hos {host}",
	     "The person who opened the page said no, or is not allowed to say yes.");
static OAUTH(
	not_set, "0009", BRG_EINVAL, MAILBOX, NEVER, "{option} is not set in the profile",
	"{option} är inte satt i profilen",
	"With `oauth` set, the profile needs oauth-token-url and oauth-client-id; signing in "
	"needs oauth-device-url, too, and client-credentials oauth-client-secret or oauth-certificate.");

const struct brg_fault *const oauth_faults[] = {
	&oauth_grant_refused,	&oauth_client_refused,
	&oauth_request_refused, &oauth_trouble,
	&oauth_throttled,	&oauth_nonsense,
	&oauth_code_expired,	&oauth_declined,
	&oauth_not_set,		NULL,
};

/* ---- what may be taken ----------------------------------------------------------------------*/

/* RFC 6749 appendix A: tokens are of visible ASCII; a blank in an access token would end it
 * in a header. */
static bool is_visible(struct brg_str s, size_t max)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	return true;
}

static struct brg_str string_of(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return (struct brg_str){ json_string_value(v), json_string_length(v) };
}

/* A number, which some providers write as a string. */
static int64_t seconds_of(const json_t *object, const char *name, int64_t otherwise, int64_t max)
{
	const json_t *v = json_object_get(object, name);
	long long n = -1;
	char *end;

	if (!v || json_is_null(v))
		return otherwise;
	if (json_is_integer(v))
		n = json_integer_value(v);
	else if (json_is_real(v) && json_real_value(v) >= 0 && json_real_value(v) < 1e12)
		n = (long long)json_real_value(v);
	else if (json_is_string(v) && *json_string_value(v)) {
		n = strtoll(json_string_value(v), &end, 10);
		n = *end ? -1 : n;
	}
	if (n < 0)
		return otherwise;
	return n < max ? n : max;
}

/* ---- answers --------------------------------------------------------------------------------*/

static bool holds(struct brg_str text, struct brg_str part)
{
	return part.len && text.len >= part.len &&
	       memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* The provider's words, unless they repeat what we sent it in confidence. */
static void keep_words(const json_t *object, struct brg_str secret, struct brg_err *err)
{
	struct brg_str words = string_of(object, "error_description");
	struct brg_str begin = { secret.ptr, secret.len < 16 ? secret.len : 16 };

	if (holds(words, begin))
		words = brg_cstr("(withheld: it repeats the token)");
	if (words.len)
		brg_said(err, words);
	utf8_repair(err->said, strlen(err->said));
}

static int fail_nonsense(const struct brg_http_answer *answer, const char *host, const char *reason,
			 struct brg_err *err)
{
	return brg_fail(err, &oauth_nonsense, "host=%.80s\nstatus=%d\nreason=%s", host,
			answer->status, reason);
}

/* RFC 6749 section 5.2, RFC 8628 section 3.5, and what large providers say instead. */
static int fail_named(const struct brg_http_answer *answer, const char *host, const char *error,
		      struct brg_err *err)
{
	static const struct {
		const char *error;
		const struct brg_fault *fault;
	} known[] = {
		{ "invalid_grant", &oauth_grant_refused },
		{ "interaction_required", &oauth_grant_refused },
		{ "login_required", &oauth_grant_refused },
		{ "consent_required", &oauth_grant_refused },
		{ "invalid_client", &oauth_client_refused },
		{ "access_denied", &oauth_declined },
		{ "expired_token", &oauth_code_expired },
		{ "temporarily_unavailable", &oauth_trouble },
		{ "server_error", &oauth_trouble },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(error, known[i].error) == 0)
			return brg_fail(err, known[i].fault, "host=%.80s\nstatus=%d", host,
					answer->status);
	return brg_fail(err, &oauth_request_refused, "host=%.80s\nerror=%.60s", host, error);
}

static int fail_status(const struct brg_http_answer *answer, const char *host, struct brg_err *err)
{
	if (answer->status == 429 || (answer->status == 503 && answer->retry_after_ms)) {
		brg_fail(err, &oauth_throttled, "host=%.80s", host);
		err->retry_after_ms = (uint32_t)answer->retry_after_ms;
		return err->code;
	}
	if (answer->status >= 500)
		return brg_fail(err, &oauth_trouble, "host=%.80s\nstatus=%d", host, answer->status);
	return fail_nonsense(answer, host, "no error is named", err);
}

/* The object of a good answer, for the caller to give up; NULL: see *rc. */
static json_t *read_object(const struct brg_http_answer *answer, const char *host,
			   struct brg_str secret, int *rc, struct brg_err *err)
{
	json_t *object =
		json_loadb(answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
	struct brg_str error = string_of(object, "error");

	*rc = 0;
	if (brg_str_eq(error, brg_cstr("authorization_pending")))
		*rc = OAUTH_PENDING;
	else if (brg_str_eq(error, brg_cstr("slow_down")))
		*rc = OAUTH_SLOW_DOWN;
	else if (answer->status >= 500 || answer->status == 429)
		*rc = fail_status(answer, host, err);
	else if (is_visible(error, 60))
		*rc = fail_named(answer, host, error.ptr, err);
	else if (answer->status != 200)
		*rc = fail_status(answer, host, err);
	else if (!json_is_object(object))
		*rc = fail_nonsense(answer, host, "it is not JSON", err);
	if (*rc == 0)
		return object;
	if (*rc < 0)
		keep_words(object, secret, err);
	json_decref(object);
	return NULL;
}

int oauth_read_tokens(const struct brg_http_answer *answer, const char *host, struct brg_str secret,
		      struct brg_arena *arena, struct oauth_tokens *out, struct brg_err *err)
{
	struct brg_str access, refresh, type;
	json_t *object;
	int rc;

	*out = (struct oauth_tokens){ .date_s = answer->date_us / 1000000 };
	object = read_object(answer, host, secret, &rc, err);
	if (!object)
		return rc;
	access = string_of(object, "access_token");
	refresh = string_of(object, "refresh_token");
	type = string_of(object, "token_type");
	/* RFC 6749 section 7.1: a token of a type that is not understood is not used. */
	if (type.len != 6 || strncasecmp(type.ptr, "bearer", 6) != 0)
		rc = fail_nonsense(answer, host, "it is no bearer token", err);
	else if (!is_visible(access, OAUTH_TOKEN_MAX))
		rc = fail_nonsense(answer, host, "it has no usable access token", err);
	else if (refresh.len && !is_visible(refresh, OAUTH_TOKEN_MAX))
		rc = fail_nonsense(answer, host, "its refresh token is not usable", err);
	if (rc == 0) {
		out->access = arena_str(arena, access);
		out->refresh = refresh.len ? arena_str(arena, refresh) : (struct brg_str){ "", 0 };
		out->lifetime_s = seconds_of(object, "expires_in", OAUTH_LIFETIME, LIFETIME_MAX);
	}
	if (access.len)
		explicit_bzero((void *)(uintptr_t)access.ptr, access.len);
	if (refresh.len)
		explicit_bzero((void *)(uintptr_t)refresh.ptr, refresh.len);
	json_decref(object);
	return rc;
}

/* A person is to open it, so it must be the web, and safe to print. */
static bool is_page(struct brg_str url)
{
	return is_visible(url, URL_MAX) &&
	       (strncmp(url.ptr, "https://", 8) == 0 || strncmp(url.ptr, "http://127.", 11) == 0);
}

int oauth_read_device(const struct brg_http_answer *answer, const char *host,
		      struct brg_arena *arena, struct oauth_device *out, struct brg_err *err)
{
	struct brg_str device, user, url, whole;
	json_t *object;
	int rc;

	*out = (struct oauth_device){ .url_whole = "" };
	object = read_object(answer, host, brg_cstr(""), &rc, err);
	if (!object)
		return rc < 0 ? rc : fail_nonsense(answer, host, "it is no device code", err);
	device = string_of(object, "device_code");
	user = string_of(object, "user_code");
	url = string_of(object, "verification_uri");
	if (!url.len) /* as some wrote it before the RFC */
		url = string_of(object, "verification_url");
	whole = string_of(object, "verification_uri_complete");
	if (!is_visible(device, OAUTH_TOKEN_MAX) || !is_visible(user, USER_CODE_MAX) ||
	    !is_page(url))
		rc = fail_nonsense(answer, host, "it has no usable code", err);
	if (rc == 0) {
		out->device_code = arena_str(arena, device);
		out->user_code = arena_str(arena, user).ptr;
		out->url = arena_str(arena, url).ptr;
		if (is_page(whole))
			out->url_whole = arena_str(arena, whole).ptr;
		out->lifetime_s = seconds_of(object, "expires_in", OAUTH_LIFETIME, 86400);
		out->interval_s = seconds_of(object, "interval", INTERVAL, 300);
		if (out->interval_s == 0)
			out->interval_s = 1;
	}
	json_decref(object);
	return rc;
}

/* ---- forms ----------------------------------------------------------------------------------*/

/* Only unreserved characters stand for themselves (RFC 3986 section 2.3). */
static struct brg_str encoded(struct brg_str s, struct brg_arena *arena)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *out = arena_alloc(arena, 3 * s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] && strchr(plain, s.ptr[i]))
			out[n++] = s.ptr[i];
		else
			n += (size_t)sprintf(out + n, "%%%02X", (unsigned char)s.ptr[i]);
	}
	return (struct brg_str){ out, n };
}

struct form {
	struct brg_arena *arena;
	struct brg_http_options how;
	const char *url;
	char *body;
	char *authorization; /* NULL: none */
};

static void add(struct form *f, const char *name, struct brg_str value)
{
	char *was = f->body;
	struct brg_str e = encoded(value, f->arena);

	f->body = arena_printf(f->arena, "%s%s%s=%s", was ? was : "", was ? "&" : "", name, e.ptr);
	explicit_bzero((void *)(uintptr_t)e.ptr, e.len);
	if (was)
		explicit_bzero(was, strlen(was));
}

static bool has_certificate(const struct brg_oauth *how)
{
	return how->certificate && *how->certificate;
}

/* RFC 7523 section 2.2. */
static int add_assertion(struct form *f, const struct brg_oauth *how, struct brg_err *err)
{
	const char *assertion;

	if (assertion_make(how->certificate, how->client_id, how->token_url, (int64_t)time(NULL),
			   f->arena, &assertion, err) < 0) {
		explicit_bzero(f->body, strlen(f->body)); /* it is not sent */
		return err->code;
	}
	add(f, "client_assertion_type", brg_cstr(ASSERTION_TYPE));
	add(f, "client_assertion", brg_cstr(assertion));
	return 0;
}

/* RFC 6749 section 2.3.1: with a secret the client says who it is in the header, which every
 * provider must take; without one its name goes into the form. */
static int add_client(struct form *f, const struct brg_oauth *how, bool named, struct brg_err *err)
{
	struct brg_str id = encoded(brg_cstr(how->client_id), f->arena), secret;
	size_t room;
	char *pair, *line;

	if (named || !*how->client_secret)
		add(f, "client_id", brg_cstr(how->client_id));
	if (has_certificate(how))
		return add_assertion(f, how, err);
	if (!*how->client_secret)
		return 0;
	secret = encoded(brg_cstr(how->client_secret), f->arena);
	pair = arena_printf(f->arena, "%s:%s", id.ptr, secret.ptr);
	room = BRG_BASE64_ROOM(strlen(pair));
	line = arena_alloc(f->arena, 6 + room);
	memcpy(line, "Basic ", 6);
	brg_base64(line + 6, room, pair, strlen(pair));
	explicit_bzero((void *)(uintptr_t)secret.ptr, secret.len);
	explicit_bzero(pair, strlen(pair));
	f->authorization = line;
	return 0;
}

static void start(struct form *f, const struct brg_oauth *how, const char *url,
		  struct brg_arena *arena)
{
	*f = (struct form){
		.arena = arena,
		.how = { .auth = BRG_HTTP_NOBODY,
			 .ca_file = how->ca_file,
			 .connect_timeout_ms = CONNECT_MS,
			 .answer_timeout_ms = ANSWER_MS },
		.url = url,
	};
}

static int send_form(struct form *f, const struct net_watch *watch, struct brg_http_answer *answer,
		     struct brg_err *err)
{
	const struct brg_http_header headers[] = {
		{ "Content-Type", "application/x-www-form-urlencoded" },
		{ "Accept", "application/json" },
		{ "Authorization", f->authorization },
	};
	struct brg_http_request req = { .size = sizeof(req),
					.url = f->url,
					.headers = headers,
					.n_headers = f->authorization ? 3 : 2,
					.body = brg_cstr(f->body),
					.max_bytes = OAUTH_ANSWER_MAX };
	struct net_http *http = net_http_new(&f->how);
	int rc = net_http_request(http, watch, &req, NULL, f->arena, answer, err);

	net_http_free(&http);
	explicit_bzero(f->body, strlen(f->body));
	if (f->authorization)
		explicit_bzero(f->authorization, strlen(f->authorization));
	return rc;
}

/* Who is meant, for sentences. */
static const char *host_of(const char *url, struct brg_arena *arena)
{
	const char *at = strstr(url, "://");

	at = at ? at + 3 : url;
	return arena_dup(arena, at, strcspn(at, "/?")).ptr;
}

static int ask_tokens(struct form *f, const struct net_watch *watch, struct brg_str secret,
		      struct oauth_tokens *out, struct brg_err *err)
{
	struct brg_http_answer answer;
	int rc = send_form(f, watch, &answer, err);

	if (rc < 0)
		return rc;
	rc = oauth_read_tokens(&answer, host_of(f->url, f->arena), secret, f->arena, out, err);
	explicit_bzero((void *)(uintptr_t)answer.body.ptr, answer.body.len);
	return rc;
}

/* Only polling is told to wait. */
static int settled(int rc, const struct brg_oauth *how, struct brg_arena *arena,
		   struct brg_err *err)
{
	if (rc <= 0)
		return rc;
	return brg_fail(err, &oauth_throttled, "host=%.80s", host_of(how->token_url, arena));
}

int oauth_check(const struct brg_oauth *how, bool device, struct brg_err *err)
{
	const char *missing = NULL;

	if (!*how->token_url)
		missing = "oauth-token-url";
	else if (!*how->client_id)
		missing = "oauth-client-id";
	else if (how->grant == BRG_OAUTH_CLIENT && !*how->client_secret && !has_certificate(how))
		missing = "oauth-client-secret";
	else if (device && !*how->device_url)
		missing = "oauth-device-url";
	return missing ? brg_fail(err, &oauth_not_set, "option=%s", missing) : 0;
}

int oauth_client(const struct net_watch *watch, const struct brg_oauth *how,
		 struct brg_arena *arena, struct oauth_tokens *out, struct brg_err *err)
{
	struct form f;

	start(&f, how, how->token_url, arena);
	add(&f, "grant_type", brg_cstr("client_credentials"));
	if (*how->scope)
		add(&f, "scope", brg_cstr(how->scope));
	if (add_client(&f, how, false, err) < 0)
		return err->code;
	return settled(ask_tokens(&f, watch, brg_cstr(how->client_secret), out, err), how, arena,
		       err);
}

/* Without a scope: all that was granted (RFC 6749 section 6). */
int oauth_refresh(const struct net_watch *watch, const struct brg_oauth *how,
		  struct brg_str refresh, struct brg_arena *arena, struct oauth_tokens *out,
		  struct brg_err *err)
{
	struct form f;

	start(&f, how, how->token_url, arena);
	add(&f, "grant_type", brg_cstr("refresh_token"));
	add(&f, "refresh_token", refresh);
	if (add_client(&f, how, false, err) < 0)
		return err->code;
	return settled(ask_tokens(&f, watch, refresh, out, err), how, arena, err);
}

int oauth_device(const struct net_watch *watch, const struct brg_oauth *how,
		 struct brg_arena *arena, struct oauth_device *out, struct brg_err *err)
{
	struct brg_http_answer answer;
	struct form f;
	int rc;

	start(&f, how, how->device_url, arena);
	if (*how->scope)
		add(&f, "scope", brg_cstr(how->scope));
	if (add_client(&f, how, true, err) < 0)
		return err->code;
	rc = send_form(&f, watch, &answer, err);
	if (rc < 0)
		return rc;
	return oauth_read_device(&answer, host_of(how->device_url, arena), arena, out, err);
}

int oauth_poll(const struct net_watch *watch, const struct brg_oauth *how,
	       struct brg_str device_code, struct brg_arena *arena, struct oauth_tokens *out,
	       struct brg_err *err)
{
	struct form f;

	start(&f, how, how->token_url, arena);
	add(&f, "grant_type", brg_cstr(DEVICE_GRANT));
	add(&f, "device_code", device_code);
	if (add_client(&f, how, false, err) < 0)
		return err->code;
	return ask_tokens(&f, watch, device_code, out, err);
}

void oauth_wipe(struct oauth_tokens *tokens)
{
	if (tokens->access.len)
		explicit_bzero((void *)(uintptr_t)tokens->access.ptr, tokens->access.len);
	if (tokens->refresh.len)
		explicit_bzero((void *)(uintptr_t)tokens->refresh.ptr, tokens->refresh.len);
	*tokens = (struct oauth_tokens){ 0 };
}
