/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga status: is everything in step?
 */
#include "core/cli/cli.h"

struct tally {
	int64_t enabled, disabled, quarantined, off, running, never, failing, backlog, due, late;
};

static void tally_visit(struct tally *t, const struct brg_visit_row *v, int64_t now_us)
{
	t->enabled += v->state == BRG_ENABLED;
	t->disabled += v->state == BRG_DISABLED;
	t->quarantined += v->state == BRG_QUARANTINED;
	t->off += v->state == BRG_OFF;
	t->running += !brg_id_is_nil(&v->process);
	if (v->state != BRG_ENABLED)
		return;
	t->never += v->outcome == BRG_NEVER_RUN;
	t->failing += v->outcome >= BRG_FAILED_TRANSIENT && v->outcome <= BRG_FAILED_PERMANENT;
	t->backlog += v->outcome == BRG_DONE_BACKLOG;
	t->due += v->due_us <= now_us || v->wanted > v->wanted_claimed;
	t->late += v->due_us <= now_us - 60000000;
}

static bool add_counts(struct cli *cli, json_t *o)
{
	struct brg_query q = cli_query(BRG_READ_COUNTS);
	struct brg_row *rows;
	size_t n;

	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_object_set_new(o, arena_str(cli->arena, rows[i].u.counter.name).ptr,
				    json_integer(rows[i].u.counter.value));
	return rows != NULL;
}

static size_t count_pending(struct cli *cli, const struct brg_id *mailbox, uint32_t limit)
{
	struct brg_query q = cli_query(BRG_READ_OUTGOING);
	size_t n = 0;

	q.mailbox = *mailbox;
	q.number = BRG_OUT_PENDING;
	q.limit = limit;
	(void)cli_read(cli, &q, &n);
	return n;
}

/* Mail that nothing will send, for the lane of its mailbox was turned off. */
static int64_t count_stranded(struct cli *cli, const struct brg_row *visits, size_t n)
{
	static const struct brg_id any;
	int64_t stranded = 0;

	if (count_pending(cli, &any, 1) == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct brg_visit_row *v = &visits[i].u.visit;

		if (v->lane == BRG_OUTGOING && v->state == BRG_OFF)
			stranded += (int64_t)count_pending(cli, &v->mailbox, 0);
	}
	return stranded;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	struct tally t = { 0 };
	json_t *o;
	struct brg_row *rows;
	int64_t now, stranded;
	size_t n, processes;
	bool ok;

	(void)argc;
	(void)argv;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !(rows = cli_read(cli, &q, &n)))
		return CLI_FAILED;
	now = cli->setup.engine.now_us(&cli->setup.engine);
	for (size_t i = 0; i < n; i++)
		tally_visit(&t, &rows[i].u.visit, now);
	stranded = count_stranded(cli, rows, n);
	q = cli_query(BRG_READ_PROCESSES);
	if (!cli_read(cli, &q, &processes))
		return CLI_FAILED;
	o = json_object();
	ok = t.never == 0 && t.failing == 0 && t.backlog == 0 && t.disabled == 0 &&
	     t.quarantined == 0 && t.due == 0 && t.running == 0 && stranded == 0;
	json_object_set_new(o, "in_step", json_boolean(ok));
	json_object_set_new(o, "processes", json_integer((json_int_t)processes));
	json_object_set_new(o, "lanes_enabled", json_integer(t.enabled));
	json_object_set_new(o, "running", json_integer(t.running));
	json_object_set_new(o, "due", json_integer(t.due));
	json_object_set_new(o, "late", json_integer(t.late));
	json_object_set_new(o, "never_run", json_integer(t.never));
	json_object_set_new(o, "backlog", json_integer(t.backlog));
	json_object_set_new(o, "failing", json_integer(t.failing));
	json_object_set_new(o, "disabled", json_integer(t.disabled));
	json_object_set_new(o, "quarantined", json_integer(t.quarantined));
	json_object_set_new(o, "stranded", json_integer(stranded));
	q = cli_query(BRG_READ_ALERTS);
	if (!cli_read(cli, &q, &n) || !add_counts(cli, o))
		return CLI_FAILED;
	json_object_set_new(o, "alerts", json_integer((json_int_t)n));
	if (!cli->json) {
		puts(ok ? "Everything is in step." : "Not everything is in step.");
		if (processes == 0)
			puts("The daemon does not run on this store.");
		if (stranded)
			puts("Mail is pending in mailboxes whose outgoing lane is off: set outgoing = "
			     "brygga, or `brygga outbox recall` it.");
		putchar('\n');
	}
	return cli_object(cli, o);
}

const struct cli_command cli_status[] = {
	{ "status", NULL, "", "is everything in step?", 0, 0, run, false },
	{ 0 },
};
