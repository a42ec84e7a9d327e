/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga retention plan|run: what is old, by the configuration as it stands in the file; so a new
 * setting can be tried in a copy of it (-c) before the daemon gets it.
 */
#include "core/retention.h"

#include "core/cli/cli.h"

static int plan(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "kind", "kind", false },	   { "before", "older than", false },
		{ "would_go", "would go", false }, { "oldest", "oldest", false },
		{ "held", "held", false },	   { NULL, NULL, false },
	};
	struct retention_due due[RETAIN_RECORDS];
	struct brg_err err = BRG_ERR_INIT;
	json_t *list = json_array();

	(void)argc;
	(void)argv;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	if (retention_plan(&cli->setup.engine, &cli->config->retention, due, &err) < 0)
		return cli_error(cli, &err);
	for (int i = 0; i < RETAIN_RECORDS; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "kind", json_string(due[i].kind));
		json_object_set_new(o, "before", cli_time(due[i].before_us));
		json_object_set_new(o, "would_go", json_integer((json_int_t)due[i].n));
		json_object_set_new(o, "oldest", cli_time(due[i].oldest_us));
		json_object_set_new(o, "held", json_integer((json_int_t)due[i].held));
		json_array_append_new(list, o);
	}
	return cli_list(cli, list, columns, "");
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	int64_t gone = 0, n;

	(void)argc;
	(void)argv;
	if (!cli->yes)
		return plan(cli, 0, NULL);
	if (cli_open(cli, 0) != CLI_OK)
		return CLI_FAILED;
	while ((n = retention_run(&cli->setup.engine, &cli->config->retention, &err)) > 0)
		gone += n;
	if (n < 0)
		return cli_error(cli, &err);
	return cli_done(cli, json_pack("{s:I}", "records_gone", (json_int_t)gone),
			"%lld records are gone", (long long)gone);
}

const struct cli_command cli_retention[] = {
	{ "retention", "plan", "", "what [retention] would remove now", 0, 0, plan, false },
	{ "retention", "run", "[--yes]", "remove it at once; without --yes: the plan", 0, 0, run,
	  false },
	{ 0 },
};
