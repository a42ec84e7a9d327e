/* SPDX-License-Identifier: Apache-2.0
 *
 * http_probe AUTH USER PASSWORD URL...: one request after the other by the client of the daemon, as
 * a visit would; a line for each: the status and what came back, or the code of the error.
 */
#include "core/arena.h"
#include "core/log.h"
#include "core/net_http.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t plenty(void *ctx)
{
	(void)ctx;
	return 30000;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static const char *const schemes[] = { "basic", "ntlm", "negotiate", "none" };

/* What is sent is longer than what goes at once, so that a login in the middle of it would show. */
static struct brg_str order(struct brg_arena *arena)
{
	size_t n = 300 * 1000;
	char *text = arena_alloc(arena, n);

	memset(text, 'x', n);
	memcpy(text, "begin", 5);
	memcpy(text + n - 3, "end", 3);
	return (struct brg_str){ text, n };
}

static void ask(struct net_http *http, const struct brg_http_options *how, const char *url)
{
	static const struct net_watch watch = { NULL, plenty, never, NULL };
	struct brg_arena *arena = arena_new();
	struct brg_http_request req = { .size = sizeof(req), .url = url, .body = order(arena) };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_http_answer answer;

	if (net_http_request(http, &watch, &req, NULL, arena, &answer, &err) == 0 &&
	    answer.status == 200)
		printf("200 %s\n", brg_str_eq(answer.body, req.body) ? "whole" : "other");
	else if (err.code || net_http_unexpected(how, false, &answer, &err) < 0)
		printf("%s\n", err.fault->code);
	arena_free(&arena);
}

int main(int argc, char **argv)
{
	struct brg_http_options how = { .connect_timeout_ms = 5000, .answer_timeout_ms = 20000 };
	struct brg_err err = BRG_ERR_INIT;
	struct net_http *http;

	if (argc < 5)
		return EXIT_FAILURE;
	while (how.auth < 3 && strcmp(schemes[how.auth], argv[1]) != 0)
		how.auth++;
	how.user = argv[2];
	how.password = argv[3];
	if (net_init(&err) < 0)
		return EXIT_FAILURE;
	http = net_http_new(&how);
	for (int i = 4; i < argc; i++)
		ask(http, &how, argv[i]);
	net_http_free(&http);
	return EXIT_SUCCESS;
}
