/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga visit: one visit here and now, in this process, with the engine of the workers.
 */
#include "core/visit.h"

#include "core/cli/cli.h"

#include "core/log.h"
#include "core/process.h"
#include "core/trace.h"

#include <signal.h>
#include <unistd.h>

static struct engine *running;

static void on_interrupt(int sig)
{
	(void)sig;
	if (running)
		atomic_store(&running->stopping, true);
}

static void show_progress(struct engine *engine, const struct visit *visit, uint64_t done,
			  uint64_t total)
{
	(void)engine;
	(void)visit;
	fprintf(stderr, "\r%llu of %llu messages", (unsigned long long)done,
		(unsigned long long)total);
	if (done == total)
		fputc('\n', stderr);
}

/* A dry run: who asks, and what came of it. */
static struct cli *asking;
static json_t *planned;

static void take_plan(struct engine *engine, const struct visit *visit, const struct plan *plan)
{
	(void)engine;
	(void)visit;
	json_decref(planned);
	planned = cli_planned(asking, plan);
}

struct taken {
	struct brg_arena *arena;
	struct brg_claimed claimed;
	bool any;
};

static void take(void *arg, const struct brg_claimed *claimed)
{
	struct taken *t = arg;

	visit_copy(&t->claimed, claimed, t->arena);
	t->any = true;
}

/* The profile by which the lane is served. */
static struct brg_id profile_of(struct cli *cli, const struct brg_mailbox_row *m, int lane)
{
	const struct brg_visit_row *visit = cli_visit_row(cli, m, lane);

	return visit ? visit->profile : m->profile;
}

static int claim(struct cli *cli, const struct brg_mailbox_row *m, int lane, struct taken *t,
		 struct brg_err *err)
{
	struct engine *e = &cli->setup.engine;
	struct brg_id profile = profile_of(cli, m, lane);
	struct brg_slots slots = { .size = sizeof(slots), .hold = 1, .profile = profile };
	struct brg_room room = { .profile = profile, .free = 1 };
	struct brg_claim_request req = { .size = sizeof(req),
					 .lane = lane,
					 .n = 1,
					 .rooms = &room,
					 .n_rooms = 1,
					 .only_mailbox = m->id };
	int rc;

	slots.process = req.process = e->process;
	req.now_us = e->now_us(e);
	rc = e->store.ops->slots(e->store.self, &slots, err);
	if (rc >= 0 && slots.held > 0)
		rc = e->store.ops->claim(e->store.self, &req, take, t, err);
	return rc;
}

static void on_dead(void *arg, const struct brg_process_row *dead)
{
	(void)arg;
	(void)dead;
}

/* Without a daemon nobody else takes back what a visit that was killed held. */
static int join(struct engine *e, struct brg_err *err)
{
	int rc = engine_join(e, "visit", err);

	return rc < 0 ? rc : e->store.ops->reap(e->store.self, e->now_us(e), on_dead, NULL, err);
}

static json_t *result_json(struct cli *cli, const struct brg_mailbox_row *m, int lane)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	json_t *o = json_object();
	struct brg_row *rows;
	size_t n;

	q.mailbox = m->id;
	q.number = lane;
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return o;
	json_object_set_new(o, "mailbox", cli_str(m->name));
	json_object_set_new(o, "lane", json_string(cli_lane(lane)));
	json_object_set_new(o, "items", json_integer(rows[0].u.visit.items));
	json_object_set_new(o, "failed", json_integer(rows[0].u.visit.items_failed));
	json_object_set_new(
		o, "milliseconds",
		json_integer((rows[0].u.visit.ended_us - rows[0].u.visit.started_us) / 1000));
	return o;
}

static int run(struct cli *cli, int argc, char **argv)
{
	int lane = cli->lane ? cli_lane_of(cli->lane) : BRG_INCOMING, outcome, rc;
	struct brg_err err = BRG_ERR_INIT, late = BRG_ERR_INIT;
	struct brg_mailbox_row m;
	struct taken t = { 0 };

	(void)argc;
	if (lane == 0)
		return cli_fail("--lane takes incoming, outgoing or act");
	process_heaps();
	if (cli_open(cli, SETUP_PRIVATE_KEY) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    !cli_lane_on(cli, &m, lane))
		return CLI_FAILED;
	if (lane != BRG_INCOMING)
		setup_role(&cli->setup, lane == BRG_OUTGOING ? ROLE_OUTGOING : ROLE_ACT);
	if (cli->dry_run && lane != BRG_ACT)
		return cli_fail("--dry-run is for --lane act");
	if (cli->dry_run) {
		asking = cli;
		cli->setup.engine.planned = take_plan;
	}
	t.arena = cli->arena;
	rc = join(&cli->setup.engine, &err);
	if (rc >= 0)
		rc = claim(cli, &m, lane, &t, &err);
	if (rc < 0)
		return cli_error(cli, &err);
	if (!t.any)
		return cli_fail(
			"%s cannot be visited now: it is being visited, or all connections are in "
			"use",
			argv[0]);
	if (cli->trace && trace_open(cli->trace, &cli->setup.engine.trace, &err) < 0)
		return cli_error(cli, &err);
	running = &cli->setup.engine;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	if (isatty(STDERR_FILENO) && !cli->json)
		cli->setup.engine.progress = show_progress;
	do {
		outcome = visit_run(&cli->setup.engine, &t.claimed, NULL, &err);
		t.any = false;
		/* A long backlog takes several visits, as in the daemon. */
	} while (outcome == BRG_DONE_BACKLOG && !atomic_load(&cli->setup.engine.stopping) &&
		 claim(cli, &m, lane, &t, &err) > 0 && t.any);
	if (trace_close(&cli->setup.engine.trace, &late) < 0)
		(void)cli_error(cli, &late);
	if (err.code && outcome >= BRG_FAILED_TRANSIENT)
		return cli_error(cli, &err);
	if (planned)
		return cli_print_planned(cli, planned);
	return cli_object(cli, result_json(cli, &m, lane));
}

const struct cli_command cli_visit[] = {
	{ "visit", NULL, "MAILBOX [--lane LANE] [--dry-run] [--trace FILE]",
	  "visit it here and now; --dry-run: what a visit would do", 1, 1, run, true },
	{ 0 },
};
