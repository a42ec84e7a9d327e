/* SPDX-License-Identifier: Apache-2.0
 *
 * probe: the benchmark's own hand on a store that a daemon is using, through the storage
 * plugin and nothing else. It makes mailboxes wanted, waits until they have been visited and
 * tells when, and measures how long one more process waits for a durable commit. What it does
 * with mail is in probe_mail.c.
 */
#include "tests/bench/probe.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/faults.h"
#include "core/wake.h"

struct setup setup;

int fail(const struct brg_err *err)
{
	char text[1024];

	fprintf(stderr, "probe: %s\n", err_render(err, "en", text, sizeof(text)));
	return 1;
}

static int64_t now_us(void)
{
	return setup.engine.now_us(&setup.engine);
}

static int read_all(int what, struct brg_arena *arena, struct brg_row **rows, size_t *n)
{
	struct brg_query q = { .size = sizeof(q), .what = what };
	struct brg_err err = BRG_ERR_INIT;

	q.number = BRG_INCOMING;
	if (store_all(&setup.engine.store, &q, arena, rows, n, &err) < 0) {
		fail(&err);
		return -1;
	}
	return 0;
}

/* One step that asks for every incoming visit, or puts it off. */
static int change(bool want, int64_t due_us)
{
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	size_t n;

	if (read_all(BRG_READ_VISITS, arena, &rows, &n) < 0)
		return 1;
	step_init(&step, arena);
	for (size_t i = 0; i < n; i++) {
		struct brg_op *op = step_add(&step, want ? BRG_OP_WANT : BRG_OP_VISIT, BRG_ANY);

		if (want) {
			op->u.want.mailbox = rows[i].u.visit.mailbox;
			op->u.want.lane = BRG_INCOMING;
		} else {
			op->u.visit = rows[i].u.visit;
			op->u.visit.due_us = due_us;
		}
	}
	printf("{\"at\": %" PRId64 ", \"visits\": %zu}\n", now_us(), n);
	if (store_commit(&setup.engine.store, &step, BRG_DURABLE, NULL, &err) != BRG_COMMITTED)
		return fail(&err);
	wake_all(setup.config->state, "incoming");
	arena_free(&arena);
	return 0;
}

struct seen {
	size_t done, failed;
	int64_t items, ended_us;
};

static int look(int64_t since, struct seen *seen)
{
	struct brg_arena *arena = arena_new();
	struct brg_row *rows;
	size_t n;
	int rc = read_all(BRG_READ_VISITS, arena, &rows, &n);

	*seen = (struct seen){ 0 };
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct brg_visit_row *v = &rows[i].u.visit;

		if (v->started_us < since || !brg_id_is_nil(&v->process))
			continue;
		if (v->outcome == BRG_DONE_EMPTY || v->outcome == BRG_DONE_SOME)
			seen->done++;
		else if (v->outcome != BRG_DONE_BACKLOG)
			seen->failed++;
		seen->items += v->items;
		if (v->ended_us > seen->ended_us)
			seen->ended_us = v->ended_us;
	}
	arena_free(&arena);
	return rc;
}

/* Wait until n visits that started at or after `since` have ended without a backlog. */
static int wait_for(int64_t since, size_t n, int64_t timeout_s)
{
	int64_t give_up = now_us() + timeout_s * 1000000;
	struct seen seen;

	do {
		usleep(100000);
		if (look(since, &seen) < 0)
			return 1;
	} while (seen.done + seen.failed < n && now_us() < give_up);
	printf("{\"done\": %zu, \"failed\": %zu, \"items\": %" PRId64 ", \"ended\": %" PRId64 "}\n",
	       seen.done, seen.failed, seen.items, seen.ended_us);
	return 0;
}

int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int commit_one(double *ms)
{
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct step step;
	struct brg_op *op;
	double start;
	int rc;

	step_init(&step, arena);
	op = step_add(&step, BRG_OP_COUNT, BRG_ANY);
	op->u.counter.name = brg_cstr("bench");
	op->u.counter.label = brg_cstr("probe");
	op->u.counter.value = 1;
	start = clock_s();
	rc = store_commit(&setup.engine.store, &step, BRG_DURABLE, NULL, &err);
	*ms = (clock_s() - start) * 1e3;
	arena_free(&arena);
	return rc == BRG_COMMITTED ? 0 : fail(&err);
}

/* One durable row every `pause_ms` until standard input ends. */
static int latency(int pause_ms)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	size_t n = 0, room = 1 << 20;
	double *took = calloc(room, sizeof(*took));

	if (!took)
		return 1;
	puts("ready");
	fflush(stdout);
	while (n < room && poll(&in, 1, pause_ms) == 0)
		if (commit_one(&took[n++]) != 0)
			return 1;
	qsort(took, n, sizeof(*took), by_value);
	if (n)
		printf("{\"commits\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}\n", n,
		       took[n / 2], took[n * 99 / 100], took[n - 1]);
	free(took);
	return 0;
}

static int usage(void)
{
	fputs("usage: probe CONFIG want | later SECONDS | wait SINCE_US N SECONDS | latency MS |\n"
	      "       put N FILE.eml | outbox | fill N | answers N OF\n",
	      stderr);
	return 2;
}

static int command(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "want") == 0)
		return change(true, 0);
	if (argc == 4 && strcmp(argv[2], "later") == 0)
		return change(false, now_us() + atoll(argv[3]) * 1000000);
	if (argc == 6 && strcmp(argv[2], "wait") == 0)
		return wait_for(atoll(argv[3]), (size_t)atoll(argv[4]), atoll(argv[5]));
	if (argc == 4 && strcmp(argv[2], "latency") == 0)
		return latency(atoi(argv[3]));
	if (argc == 5 && strcmp(argv[2], "put") == 0)
		return probe_put(atoi(argv[3]), argv[4]);
	if (argc == 3 && strcmp(argv[2], "outbox") == 0)
		return probe_outbox();
	if (argc == 4 && strcmp(argv[2], "fill") == 0)
		return probe_fill(atoi(argv[3]));
	if (argc == 5 && strcmp(argv[2], "answers") == 0)
		return probe_answers(atoi(argv[3]), atoi(argv[4]));
	return usage();
}

int main(int argc, char **argv)
{
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct problems problems;
	struct config *config;
	int rc = 1;

	if (argc < 3)
		return usage();
	problems_init(&problems, arena);
	if (config_load(argv[1], arena, &config, &problems) < 0)
		problems_print(&problems, stderr, "en");
	else if (setup_open(&setup, config, 0, &err) < 0)
		rc = fail(&err);
	else
		rc = command(argc, argv);
	setup_close(&setup);
	arena_free(&arena);
	return rc;
}
