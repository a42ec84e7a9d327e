/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga apply FILE, brygga check [FILE]: what administrators write.
 */
#include "core/cli/cli.h"

#include "core/directory.h"
#include "core/faults.h"
#include "core/loader.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static const struct brg_plugin *lookup(void *ctx, struct brg_str name, struct brg_err *err)
{
	struct cli *cli = ctx;
	const struct brg_plugin *plugin;

	if (cli->open)
		return cli->setup.engine.connector(&cli->setup.engine, name, err);
	/* `check` opens no store. */
	if (loader_load(cli->config->plugins, BRG_CONNECTOR, arena_str(cli->arena, name).ptr,
			&plugin, err) < 0)
		return NULL;
	return plugin;
}

static const struct settings *lookup_defaults(void *ctx, struct brg_str name)
{
	struct cli *cli = ctx;
	const struct config_plugin *p = config_connector(cli->config, name);

	return p ? &p->settings : NULL;
}

/* Parse and check a directory file; problems are added. NULL: there were some. */
static struct directory *parse(struct cli *cli, const char *path, struct problems *problems)
{
	struct directory_lookup how = { lookup, lookup_defaults, cli, cli->config->sync.table };
	struct brg_err err = BRG_ERR_INIT;
	struct directory *directory = NULL;
	size_t before = problems->n;
	struct ini_file *ini;
	struct brg_str text;

	if (ini_load(path, cli->arena, &text, &err) < 0) {
		(void)problem_err(problems, path, 0, &err);
		return NULL;
	}
	(void)ini_read(text, path, cli->arena, &ini, problems);
	(void)directory_parse(ini, &how, cli->arena, &directory, problems);
	return problems->n == before ? directory : NULL;
}

struct reporter {
	struct cli *cli;
	json_t *changes;
};

static void report(void *ctx, const struct brg_fault *change, struct brg_str params)
{
	struct reporter *r = ctx;
	char text[1024];

	fault_render(change, params, r->cli->lang, text, sizeof(text));
	if (!r->cli->json)
		puts(text);
	json_array_append_new(r->changes, cli_str(brg_cstr(text)));
}

/* Ask on the terminal, never from standard input that is a pipe by accident. */
static int prompt(void *ctx, const char *what, struct brg_arena *arena, struct brg_str *out,
		  struct brg_err *err)
{
	struct termios was, quiet;
	char line[1024];
	FILE *tty;
	bool got;

	(void)ctx;
	tty = fopen("/dev/tty", "r+");
	if (!tty || tcgetattr(fileno(tty), &was) < 0) {
		if (tty)
			fclose(tty);
		return brg_fail(err, &apply_no_terminal, "what=%s", what);
	}
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(tty, "%s: ", what);
	fflush(tty);
	tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	got = fgets(line, sizeof(line), tty) != NULL;
	tcsetattr(fileno(tty), TCSAFLUSH, &was);
	fputc('\n', tty);
	fclose(tty);
	if (!got)
		return brg_fail(err, &apply_no_terminal, "what=%s", what);
	line[strcspn(line, "\n")] = '\0';
	*out = arena_str(arena, brg_cstr(line));
	secrets_wipe(line, sizeof(line));
	return 0;
}

static int apply(struct cli *cli, int argc, char **argv)
{
	struct reporter reporter = { cli, NULL };
	struct directory_io io = { report, prompt, &reporter };
	struct brg_err err = BRG_ERR_INIT;
	struct directory *directory;
	struct engine *engine = &cli->setup.engine;
	struct problems problems;
	int changed;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK)
		return CLI_FAILED;
	problems_init(&problems, cli->arena);
	directory = parse(cli, argv[0], &problems);
	problems_print(&problems, stderr, cli->lang);
	if (!directory)
		return CLI_FAILED;
	reporter.changes = json_array();
	changed = directory_apply(&engine->store, cli->setup.secrets, directory,
				  engine->now_us(engine), &io, &err);
	if (changed < 0) {
		json_decref(reporter.changes);
		return cli_error(cli, &err);
	}
	if (changed)
		cli_wake(cli);
	if (cli->json)
		return cli_list(cli, reporter.changes, NULL, "");
	if (changed == 0)
		puts("nothing to change");
	json_decref(reporter.changes);
	return CLI_OK;
}

static json_t *problem_json(const struct problem *p, const char *lang)
{
	json_t *o = json_object();
	char text[1536];

	fault_render(p->fault, p->params, lang, text, sizeof(text));
	json_object_set_new(o, "file", cli_str(brg_cstr(p->file)));
	json_object_set_new(o, "line", p->line > 0 ? json_integer(p->line) : json_null());
	json_object_set_new(o, "code", json_string(p->fault->code));
	json_object_set_new(o, "text", cli_str(brg_cstr(text)));
	json_object_set_new(o, "said", cli_str(p->said));
	return o;
}

static int check(struct cli *cli, int argc, char **argv)
{
	struct problems problems;
	json_t *list;
	bool whole = cli_read_config(cli, &problems) == CLI_OK;
	const char *lang = cli->lang ? cli->lang : "en";

	if (!whole && problems.n == 0)
		return CLI_FAILED; /* there is none, as was said */
	if (whole)
		(void)config_check(cli->config, &problems);
	if (whole && argc)
		(void)parse(cli, argv[0], &problems);
	problems_sort(&problems);
	if (!cli->json) {
		problems_print(&problems, stderr, lang);
		if (problems.n)
			return CLI_FAILED;
		printf("%s%s%s: no problems\n", cli->config_path, argc ? ", " : "",
		       argc ? argv[0] : "");
		return CLI_OK;
	}
	list = json_array();
	for (size_t i = 0; i < problems.n; i++)
		json_array_append_new(list, problem_json(&problems.list[i], lang));
	(void)cli_list(cli, list, NULL, "");
	return problems.n ? CLI_FAILED : CLI_OK;
}

const struct cli_command cli_apply[] = {
	{ "apply", NULL, "FILE", "users, queues, profiles and mailboxes from a file", 1, 1, apply,
	  false },
	{ 0 },
};

const struct cli_command cli_check[] = {
	{ "check", NULL, "[FILE]", "check the configuration, and a file for apply", 0, 1, check,
	  false },
	{ 0 },
};
