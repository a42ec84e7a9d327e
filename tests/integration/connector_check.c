/* SPDX-License-Identifier: Apache-2.0
 *
 * connector_check CONFIG MAILBOX LANE SENDER RECIPIENT: the conformance kit over the connector of a
 * mailbox, with the daemon's own host. A line for each case; nothing is stored.
 */
#include "core/arena.h"
#include "core/setup.h"
#include "core/visit.h"
#include "sdk/testkit/connector-kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct engine *engine;
	struct brg_mailbox_row mailbox;
	struct brg_profile_row profile;
	struct visit visit; /* no lease: nothing is committed */
	int lane;
};

static void close_session(void *arg, struct connector_kit_session *session)
{
	struct run *r = arg;

	(void)session;
	visit_close_session(&r->visit);
	arena_free(&r->visit.batch);
	arena_free(&r->visit.arena);
}

static int open_session(void *arg, struct connector_kit_session *out, struct brg_err *err)
{
	struct run *r = arg;
	struct visit *v = &r->visit;
	int rc;

	*v = (struct visit){ .engine = r->engine, .arena = arena_new(), .batch = arena_new() };
	v->claimed.visit.lane = r->lane;
	v->claimed.mailbox = r->mailbox;
	v->claimed.profile = r->profile;
	v->started_ms = board_now_ms();
	rc = visit_session(v, err);
	if (rc == 0)
		rc = v->plugin->connector->open(v->session, &v->host.table, err);
	if (rc < 0)
		close_session(r, out);
	else
		*out = (struct connector_kit_session){ v->session, &v->host.table, v->arena };
	return rc;
}

static void failed(void *arg, const char *name, const char *file, int line, const char *what)
{
	(void)arg;
	printf("# %s: %s:%d: %s\n", name, file, line, what);
}

static struct brg_row *read_all(struct run *r, struct brg_query *q, struct brg_arena *arena,
				size_t *n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;

	q->size = sizeof(*q);
	q->limit = 1000;
	if (store_all(&r->engine->store, q, arena, &rows, n, &err) < 0)
		*n = 0;
	return rows;
}

/* The mailbox of this name, and the profile of the lane. */
static bool find_mailbox(struct run *r, struct brg_arena *arena, const char *name)
{
	struct brg_query all = { .what = BRG_READ_MAILBOXES }, visits = { .what = BRG_READ_VISITS };
	struct brg_query profile = { .what = BRG_READ_PROFILES };
	struct brg_row *rows;
	size_t n;

	rows = read_all(r, &all, arena, &n);
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.mailbox.name, brg_cstr(name)))
			r->mailbox = rows[i].u.mailbox;
	visits.mailbox = r->mailbox.id;
	visits.number = r->lane;
	rows = read_all(r, &visits, arena, &n);
	if (n == 0)
		return false;
	profile.id = rows[0].u.visit.profile;
	rows = read_all(r, &profile, arena, &n);
	if (n)
		r->profile = rows[0].u.profile;
	return n > 0;
}

static int check(struct setup *setup, char **argv)
{
	struct run r = { .engine = &setup->engine, .lane = atoi(argv[3]) };
	struct connector_kit kit = { .size = sizeof(kit),
				     .lane = r.lane,
				     .open = open_session,
				     .close = close_session,
				     .failed = failed,
				     .arg = &r,
				     .sender = brg_cstr(argv[4]),
				     .recipient = brg_cstr(argv[5]) };
	static const char *const words[] = { "ok - ", "not ok - ", "left out - " };
	struct brg_err err = BRG_ERR_INIT;
	int bad = 0;

	if (!find_mailbox(&r, setup->arena, argv[2])) {
		printf("# no such mailbox, or not in that lane\n");
		return EXIT_FAILURE;
	}
	kit.plugin = r.engine->connector(r.engine, r.profile.connector, &err);
	if (!kit.plugin)
		return EXIT_FAILURE;
	for (size_t i = 0; connector_kit_name(i); i++) {
		int rc = connector_kit_run(&kit, i);

		printf("%s%s\n", words[rc], connector_kit_name(i));
		bad += rc == 1;
	}
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct problems problems;
	struct config *config;
	struct setup setup;
	int rc = EXIT_FAILURE;

	if (argc != 6)
		return EXIT_FAILURE;
	problems_init(&problems, arena);
	if (config_load(argv[1], arena, &config, &problems) < 0) {
		problems_print(&problems, stderr, "en");
		return EXIT_FAILURE;
	}
	if (setup_open(&setup, config, SETUP_PRIVATE_KEY, &err) == 0)
		rc = check(&setup, argv);
	else
		printf("# %s\n", err.fault ? err.fault->code : "setup");
	setup_close(&setup);
	arena_free(&arena);
	return rc;
}
