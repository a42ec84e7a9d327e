/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga help: the commands; help CODE: the page of a sentence; help codes: all sentences.
 */
#include "core/cli/cli.h"

#include "core/faults.h"
#include "core/loader.h"

#include <unistd.h>

static int ignore(void *arg, const char *name, const struct brg_plugin *plugin,
		  const struct brg_err *why)
{
	(void)arg;
	(void)name;
	(void)plugin;
	(void)why;
	return 0;
}

/* The sentences of plugins come with the plugins. */
static void load_all(struct cli *cli)
{
	struct brg_err err = BRG_ERR_INIT;
	const char *folder = PLUGIN_DIR;
	struct problems problems;

	/* Who asks what a code means may have no configuration, or one that cannot be read. */
	if (access(cli->config_path, R_OK) == 0 && cli_read_config(cli, &problems) == CLI_OK)
		folder = cli->config->plugins;
	(void)loader_list(folder, BRG_CONNECTOR, ignore, NULL, &err);
	(void)loader_list(folder, BRG_STORAGE, ignore, NULL, &err);
}

static int print_code(void *arg, const struct brg_fault *row)
{
	(void)arg;
	printf("%-16s %s\n", row->code, row->en);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct brg_fault *fault;

	if (argc == 0)
		return cli_usage(stdout);
	fault = fault_find(brg_cstr(argv[0]));
	if (!fault)
		load_all(cli);
	if (strcmp(argv[0], "codes") == 0) {
		faults_each(print_code, NULL);
		return CLI_OK;
	}
	fault = fault_find(brg_cstr(argv[0]));
	if (!fault)
		return cli_fail("there is no code %s; `brygga help codes` lists them", argv[0]);
	printf("%s\n\n  %s\n  %s\n\n%s\n", fault->code, fault->en, fault->sv, fault->help);
	return CLI_OK;
}

const struct cli_command cli_help[] = {
	{ "help", NULL, "[CODE | codes]", "what a code means and what to do; all codes", 0, 1, run,
	  false },
	{ 0 },
};
