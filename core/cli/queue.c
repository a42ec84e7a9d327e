/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga queue list|done: email that waits in a queue for somebody to take it up.
 */
#include "core/cli/cli.h"
#include "core/cli/faults.h"
#include "core/id.h"

static bool find_queue(struct cli *cli, const char *name, struct brg_id *out)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	q.number = BRG_QUEUE;
	q.text = brg_cstr(name);
	rows = *name ? cli_read(cli, &q, &n) : NULL;
	if (!rows || n == 0) {
		cli_fail("there is no queue %s", name);
		return false;
	}
	*out = rows[0].u.owner.id;
	if (cli_owns(cli, out))
		return true;
	(void)cli_refuse(cli, &cli_others_queue, "user=%s\nqueue=%s", cli_show(cli, cli->as),
			 cli_show(cli, name));
	return false;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false }, { "entered", "ENTERED", false },
		{ "from", "FROM", true },  { "subject", "SUBJECT", true },
		{ NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_QUEUE_ITEMS), one = cli_query(BRG_READ_RECORDS);
	struct brg_row *items, *record;
	json_t *array, *o;
	size_t n = 0, m = 0;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find_queue(cli, argv[0], &q.other))
		return CLI_FAILED;
	cli_viewer(cli, &one);
	q.limit = cli->limit > 0 ? (uint32_t)cli->limit : 100;
	items = cli_read(cli, &q, &n);
	array = json_array();
	for (size_t i = 0; items && i < n; i++) {
		one.id = items[i].u.queue_item.record;
		record = cli_read(cli, &one, &m);
		if (!record || m == 0)
			continue;
		o = cli_record_json(cli, &record->u.record);
		json_object_set_new(o, "entered", cli_time(items[i].u.queue_item.entered_us));
		json_array_append_new(array, o);
	}
	return cli_list(cli, array, columns, "nothing waits in this queue");
}

static int done(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_QUEUE_ITEMS);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_record_row r;
	struct brg_row *items;
	struct brg_id queue;
	struct step step;
	bool waits = false;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !find_queue(cli, argv[0], &queue) ||
	    !cli_find_record(cli, argv[1], &r))
		return CLI_FAILED;
	q.id = r.id;
	items = cli_read(cli, &q, &n);
	for (size_t i = 0; items && i < n; i++)
		waits = waits || brg_id_eq(&items[i].u.queue_item.queue, &queue);
	if (!waits)
		return cli_fail("%s does not wait in %s", argv[1], argv[0]);
	step_init(&step, cli->arena);
	step_add(&step, BRG_OP_QUEUE_ITEM, BRG_ANY)->u.queue_item =
		(struct brg_queue_item_row){ .queue = queue, .record = r.id, .done = true };
	if (store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err) < 0)
		return cli_error(cli, &err);
	return cli_done(cli, json_pack("{s:o}", "record", cli_id(&r.id)), "it has left %s",
			argv[0]);
}

const struct cli_command cli_queue[] = {
	{ "queue", "list", "QUEUE", "email that waits in a queue, oldest first", 1, 1, list, true },
	{ "queue", "done", "QUEUE RECORD", "somebody has taken it up: it leaves the queue", 2, 2,
	  done, true },
	{ 0 },
};
