/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga plugin list|show: what is installed, what it can do and which options it takes.
 */
#include "core/cli/cli.h"

#include "core/faults.h"
#include "core/loader.h"

struct listing {
	struct cli *cli;
	json_t *array;
	const char *kind;
};

static bool enabled(const struct cli *cli, const char *kind, const char *name)
{
	if (strcmp(kind, "storage") == 0)
		return strcmp(cli->config->storage.name, name) == 0;
	return config_connector(cli->config, brg_cstr(name)) != NULL;
}

static int add(void *arg, const char *name, const struct brg_plugin *plugin,
	       const struct brg_err *why)
{
	struct listing *l = arg;
	json_t *o = json_object();
	char text[1024];

	json_object_set_new(o, "kind", json_string(l->kind));
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "enabled", json_boolean(enabled(l->cli, l->kind, name)));
	json_object_set_new(o, "version", plugin ? json_string(plugin->version) : json_null());
	json_object_set_new(
		o, "summary",
		plugin ? json_string(plugin->summary)
		       : cli_str(brg_cstr(err_render(why, l->cli->lang, text, sizeof(text)))));
	json_object_set_new(o, "loads", json_boolean(plugin != NULL));
	json_array_append_new(l->array, o);
	return 0;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "kind", "KIND", false },	 { "name", "PLUGIN", false },
		{ "version", "VERSION", false }, { "loads", "LOADS", false },
		{ "enabled", "ENABLED", false }, { "summary", "SUMMARY OR REASON", true },
		{ NULL, NULL, false },
	};
	static const int kinds[] = { BRG_CONNECTOR, BRG_STORAGE };
	struct brg_err err = BRG_ERR_INIT;
	struct listing l = { .cli = cli };

	(void)argc;
	(void)argv;
	if (cli_config(cli) != CLI_OK)
		return CLI_FAILED;
	l.array = json_array();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		l.kind = loader_kind(kinds[i]);
		if (loader_list(cli->config->plugins, kinds[i], add, &l, &err) < 0)
			return cli_error(cli, &err);
	}
	return cli_list(cli, l.array, columns, "no plugins are installed");
}

static json_t *options_json(const struct brg_option *table)
{
	static const char *const types[] = { "-",    "string",	 "yes or no", "number",
					     "size", "duration", "choice" };
	json_t *array = json_array();

	for (const struct brg_option *opt = table; opt && opt->name; opt++) {
		json_t *o = json_object();

		json_object_set_new(o, "name", json_string(opt->name));
		json_object_set_new(
			o, "type",
			json_string(
				opt->type == BRG_OPT_CHOICE && opt->choices
					? opt->choices
					: types[opt->type > 0 && opt->type < 7 ? opt->type : 0]));
		json_object_set_new(o, "default", json_string(opt->dflt ? opt->dflt : ""));
		json_object_set_new(o, "required", json_boolean(opt->flags & BRG_OPT_REQUIRED));
		json_object_set_new(o, "secret", json_boolean(opt->flags & BRG_OPT_SECRET));
		json_object_set_new(o, "per_mailbox",
				    json_boolean(opt->flags & BRG_OPT_PER_MAILBOX));
		json_object_set_new(o, "help", json_string(opt->help ? opt->help : ""));
		json_array_append_new(array, o);
	}
	return array;
}

/* An option is two lines: a table would be wider than a screen. */
static void print_options(json_t *options)
{
	json_t *o;
	size_t i;

	json_array_foreach(options, i, o)
	{
		const char *dflt = json_string_value(json_object_get(o, "default"));

		printf("\n%s = %s\n", json_string_value(json_object_get(o, "name")),
		       json_string_value(json_object_get(o, "type")));
		printf("    %s", json_string_value(json_object_get(o, "help")));
		if (*dflt)
			printf(" Default: %s.", dflt);
		if (json_is_true(json_object_get(o, "required")))
			fputs(" Required.", stdout);
		if (json_is_true(json_object_get(o, "secret")))
			fputs(" Secret: file:, env:, fd: or prompt.", stdout);
		if (json_is_true(json_object_get(o, "per_mailbox")))
			fputs(" May differ per mailbox.", stdout);
		putchar('\n');
	}
}

static json_t *can_json(const struct brg_connector *c)
{
	static const char *const kinds[] = { "email", "contacts", "tasks", "appointments" };
	json_t *array = json_array();

	for (int k = BRG_EMAIL; k <= BRG_APPOINTMENT; k++)
		if (c->kinds & BRG_KIND_BIT(k))
			json_array_append_new(array, json_string(kinds[k - 1]));
	for (int l = BRG_INCOMING; l <= BRG_ACT; l++)
		if (c->lanes & BRG_LANE_BIT(l))
			json_array_append_new(array, json_string(cli_lane(l)));
	return array;
}

static int show(struct cli *cli, int argc, char **argv)
{
	const struct brg_plugin *p = NULL;
	struct brg_err err = BRG_ERR_INIT, first = BRG_ERR_INIT;
	json_t *o, *options;

	(void)argc;
	if (cli_config(cli) != CLI_OK)
		return CLI_FAILED;
	if (loader_load(cli->config->plugins, BRG_CONNECTOR, argv[0], &p, &first) < 0 &&
	    loader_load(cli->config->plugins, BRG_STORAGE, argv[0], &p, &err) < 0)
		return cli_error(cli, &first);
	o = json_object();
	json_object_set_new(o, "name", json_string(p->name));
	json_object_set_new(o, "kind", json_string(loader_kind((int)p->kind)));
	json_object_set_new(o, "version", json_string(p->version));
	json_object_set_new(o, "summary", json_string(p->summary));
	json_object_set_new(o, "license", json_string(p->license));
	json_object_set_new(o, "abi", json_sprintf("%d.%d", p->abi_major, p->abi_minor));
	if (p->connector)
		json_object_set_new(o, "can", can_json(p->connector));
	options = options_json(p->options);
	if (cli->json) {
		json_object_set_new(o, "options", options);
		return cli_object(cli, o);
	}
	cli_object(cli, o);
	print_options(options);
	json_decref(options);
	return CLI_OK;
}

const struct cli_command cli_plugin[] = {
	{ "plugin", "list", "", "installed plugins; those that do not load with the reason", 0, 0,
	  list, false },
	{ "plugin", "show", "NAME", "what it can do, and its options", 1, 1, show, false },
	{ 0 },
};
