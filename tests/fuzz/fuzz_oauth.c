/* SPDX-License-Identifier: Apache-2.0
 *
 * The answers of a provider of tokens that says anything: what is taken from them is of
 * the letters and lengths that others rely on, and no error repeats the token.
 */
#include "core/oauth.h"

#include "tests/fuzz/fuzz.h"

static void check_visible(struct brg_str s, size_t max)
{
	PROMISE(s.len <= max);
	for (size_t i = 0; i < s.len; i++)
		PROMISE(s.ptr[i] > ' ' && s.ptr[i] <= '~');
}

static void check_error(int rc, const struct brg_err *err)
{
	PROMISE(err->code == rc && err->fault && err->fault->cls == rc);
	PROMISE(!strstr(err->said, "t0psecret"));
	for (const char *p = err->said; *p; p++)
		PROMISE((unsigned char)*p >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const int statuses[] = { 200, 400, 401, 429, 500, 503, 302, 0 };
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct brg_http_answer answer = { 0 };
	struct oauth_tokens tokens;
	struct oauth_device device;
	int rc;

	if (n > 0) {
		answer.status = statuses[bytes[0] & 7];
		answer.retry_after_ms = bytes[0] & 8 ? 1000 : 0;
		/* A copy of the right size, so that a sanitizer sees the end. */
		answer.body = arena_dup(arena, bytes + 1, n - 1);
	}
	rc = oauth_read_tokens(&answer, "host", brg_cstr("t0psecret"), arena, &tokens, &err);
	if (rc < 0)
		check_error(rc, &err);
	if (rc == 0) {
		PROMISE(tokens.access.len > 0 && tokens.lifetime_s >= 0);
		check_visible(tokens.access, OAUTH_TOKEN_MAX);
		check_visible(tokens.refresh, OAUTH_TOKEN_MAX);
		oauth_wipe(&tokens);
	}
	err = (struct brg_err)BRG_ERR_INIT;
	rc = oauth_read_device(&answer, "host", arena, &device, &err);
	PROMISE(rc <= 0);
	if (rc == 0) {
		check_visible(device.device_code, OAUTH_TOKEN_MAX);
		check_visible(brg_cstr(device.user_code), 64);
		check_visible(brg_cstr(device.url), 1024);
		check_visible(brg_cstr(device.url_whole), 1024);
		PROMISE(device.interval_s >= 1 && device.interval_s <= 300);
	}
	arena_free(&arena);
	return 0;
}
