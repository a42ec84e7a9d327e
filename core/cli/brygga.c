/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga - the command line. Finds the command in the tables of the files beside this one.
 */
#include "core/cli/cli.h"

#include "core/faults.h"
#include "core/log.h"
#include "core/problems.h"

#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct cli_command *const groups[] = {
	cli_apply,   cli_auth,	    cli_check,	 cli_mailbox, cli_browse, cli_visit,  cli_record,
	cli_content, cli_send,	    cli_outbox,	 cli_track,   cli_folder, cli_queue,  cli_reference,
	cli_person,  cli_retention, cli_explain, cli_alert,   cli_status, cli_plugin, cli_filter,
	cli_edit,    cli_conflict,  cli_plan,	 cli_undo,    cli_help,
};

int cli_usage(FILE *out)
{
	fputs("usage: brygga [-c FILE] [--json] COMMAND ...\n\n", out);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct cli_command *c = groups[i]; c->group; c++) {
			char line[128];

			(void)snprintf(line, sizeof(line), "%s%s%s %s", c->group,
				       c->verb ? " " : "", c->verb ? c->verb : "", c->args);
			fprintf(out, "  %-36s %s\n", line, c->help);
		}
	fputs("\n"
	      "  -c, --config FILE   configuration file (" CONFIG_FILE ")\n"
	      "      --json          print JSON\n"
	      "      --lane LANE     incoming, outgoing or act\n"
	      "      --limit N       at most N lines\n"
	      "      --lang en|sv    language of sentences\n"
	      "      --yes           do it (person forget, retention run, filter remove)\n"
	      "      --as USER       on behalf of this user, who sees what he may see\n"
	      "      --from, --to, --cc, --bcc, --subject, --text\n"
	      "                      a mail to send, or what to look for (browse)\n"
	      "      --reply-to RECORD, --regarding REFERENCE, --not-before WHEN, --since WHEN\n"
	      "      --where EXPRESSION, --kind contact|task|appointment\n"
	      "                      a filter to try (filter test), what is listed (record list)\n"
	      "      --owner USER, --fields FILE, --if-version N\n"
	      "                      of a contact, task or appointment (record new, edit, delete)\n"
	      "      --ours, --theirs    whose value holds (conflict resolve)\n"
	      "      --visit ID, --dry-run, --force\n"
	      "                      what is undone; only tell; in spite of later changes (undo)\n"
	      "  -V, --version       print the version\n"
	      "See brygga(1).\n",
	      out);
	return out == stdout ? CLI_OK : CLI_USAGE;
}

/* The verbs of a group, or the groups: what was meant, or all that there is. */
static void not_found(const char *group, const char *word)
{
	const char *names[128], *near;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct cli_command *c = groups[i]; c->group && n < 128; c++) {
			const char *name = group ? c->verb : c->group;

			if (group && strcmp(c->group, group) != 0)
				continue;
			if (n == 0 || strcmp(names[n - 1], name) != 0)
				names[n++] = name;
		}
	near = word ? problems_nearest(brg_cstr(word), names, n) : NULL;
	if (near) {
		fprintf(stderr, "brygga: no such command: %s%s%s; did you mean %s%s%s?\n",
			group ? group : "", group ? " " : "", word, group ? group : "",
			group ? " " : "", near);
	} else if (group) {
		fprintf(stderr, "brygga: %s is followed by one of:", group);
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, " %s", names[i]);
		fputc('\n', stderr);
	} else {
		fprintf(stderr, "brygga: no such command: %s; see brygga --help\n", word);
	}
}

static const struct cli_command *find(int argc, char **argv)
{
	const struct cli_command *group = NULL;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct cli_command *c = groups[i]; c->group; c++) {
			if (strcmp(c->group, argv[0]) != 0)
				continue;
			group = c;
			if (!c->verb || (argc > 1 && strcmp(c->verb, argv[1]) == 0))
				return c;
		}
	if (group)
		not_found(argv[0], argc > 1 ? argv[1] : NULL);
	else
		not_found(NULL, argv[0]);
	return NULL;
}

static int wrong_value(const char *option, const char *value, const char *takes)
{
	fprintf(stderr, "brygga: %s takes %s, not %s\n", option, takes, value);
	return CLI_USAGE;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct cli_command *c = find(argc, argv);
	char name[64];
	int skip;

	if (!c)
		return CLI_USAGE;
	skip = c->verb ? 2 : 1;
	if (argc - skip < c->min_args || (c->max_args >= 0 && argc - skip > c->max_args)) {
		fprintf(stderr, "usage: brygga %s%s%s %s\n", c->group, c->verb ? " " : "",
			c->verb ? c->verb : "", c->args);
		return CLI_USAGE;
	}
	(void)snprintf(name, sizeof(name), "%s%s%s", c->group, c->verb ? " " : "",
		       c->verb ? c->verb : "");
	for (int i = skip; i < argc; i++)
		if (argv[i][0] == '\0') {
			(void)cli_refuse(cli, &cli_empty_argument, "number=%d\ncommand=%s",
					 i - skip + 1, name);
			return CLI_USAGE;
		}
	if (cli->as && !c->for_users) {
		(void)cli_refuse(cli, &cli_for_administrator, "command=%s", name);
		return CLI_USAGE;
	}
	return c->run(cli, argc - skip, argv + skip);
}

enum {
	OPT_JSON = 256,
	OPT_LANE,
	OPT_LIMIT,
	OPT_LANG,
	OPT_YES,
	OPT_OURS,
	OPT_THEIRS,
	OPT_DRY_RUN,
	OPT_FORCE,
	OPT_TEXTS
};

/* Options whose value is a text that the command looks at. An empty one would ask for everything
 * where it is looked up; a mail may have an empty subject or text. */
static const struct {
	size_t member;
	const char *option;
	bool may_be_empty;
} texts[] = {
	{ offsetof(struct cli, as), "--as", false },
	{ offsetof(struct cli, from), "--from", false },
	{ offsetof(struct cli, to), "--to", false },
	{ offsetof(struct cli, cc), "--cc", false },
	{ offsetof(struct cli, bcc), "--bcc", false },
	{ offsetof(struct cli, subject), "--subject", true },
	{ offsetof(struct cli, text), "--text", true },
	{ offsetof(struct cli, reply_to), "--reply-to", false },
	{ offsetof(struct cli, regarding), "--regarding", false },
	{ offsetof(struct cli, not_before), "--not-before", false },
	{ offsetof(struct cli, since), "--since", false },
	{ offsetof(struct cli, where), "--where", true },
	{ offsetof(struct cli, kind), "--kind", false },
	{ offsetof(struct cli, owner), "--owner", false },
	{ offsetof(struct cli, fields), "--fields", false },
	{ offsetof(struct cli, if_version), "--if-version", false },
	{ offsetof(struct cli, visit), "--visit", false },
	{ offsetof(struct cli, trace), "--trace", false },
};
#define TEXT_OPTION(name, n)                                   \
	{                                                      \
		name, required_argument, NULL, OPT_TEXTS + (n) \
	}
#define TEXT_OPTIONS                                                                              \
	TEXT_OPTION("as", 0), TEXT_OPTION("from", 1), TEXT_OPTION("to", 2), TEXT_OPTION("cc", 3), \
		TEXT_OPTION("bcc", 4), TEXT_OPTION("subject", 5), TEXT_OPTION("text", 6),         \
		TEXT_OPTION("reply-to", 7), TEXT_OPTION("regarding", 8),                          \
		TEXT_OPTION("not-before", 9), TEXT_OPTION("since", 10), TEXT_OPTION("where", 11), \
		TEXT_OPTION("kind", 12), TEXT_OPTION("owner", 13), TEXT_OPTION("fields", 14),     \
		TEXT_OPTION("if-version", 15), TEXT_OPTION("visit", 16), TEXT_OPTION("trace", 17)
#define TEXTS (int)(sizeof(texts) / sizeof(texts[0]))

static bool set_text(struct cli *cli, size_t which, const char *value)
{
	if (!texts[which].may_be_empty && value[0] == '\0') {
		(void)cli_refuse(cli, &cli_empty_option, "option=%s", texts[which].option);
		return false;
	}
	*(const char **)((char *)cli + texts[which].member) = value;
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "lane", required_argument, NULL, OPT_LANE },
		{ "limit", required_argument, NULL, OPT_LIMIT },
		{ "lang", required_argument, NULL, OPT_LANG },
		TEXT_OPTIONS,
		{ "yes", no_argument, NULL, OPT_YES },
		{ "ours", no_argument, NULL, OPT_OURS },
		{ "theirs", no_argument, NULL, OPT_THEIRS },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "force", no_argument, NULL, OPT_FORCE },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *env = getenv("BRYGGA_CONFIG");
	struct cli cli = { .config_path = env ? env : CONFIG_FILE, .lang = NULL };
	int c, status;
	char *end;

	/* The text of mail is UTF-8 wherever it is shown. */
	if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_DFL);
	umask(077);
	faults_add(cli_faults);
	log_init(BRG_LOG_ERROR - 1, ""); /* what a command has to say it prints itself */
	while ((c = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		if (c >= OPT_TEXTS && c < OPT_TEXTS + TEXTS) {
			if (!set_text(&cli, (size_t)(c - OPT_TEXTS), optarg))
				return CLI_USAGE;
			continue;
		}
		switch (c) {
		case 'c':
			cli.config_path = optarg;
			break;
		case OPT_JSON:
			cli.json = true;
			break;
		case OPT_YES:
			cli.yes = true;
			break;
		case OPT_OURS:
			cli.ours = true;
			break;
		case OPT_THEIRS:
			cli.theirs = true;
			break;
		case OPT_DRY_RUN:
			cli.dry_run = true;
			break;
		case OPT_FORCE:
			cli.force = true;
			break;
		case OPT_LANE:
			cli.lane = optarg;
			if (cli_lane_of(optarg) == 0)
				return wrong_value("--lane", optarg, "incoming, outgoing or act");
			break;
		case OPT_LIMIT:
			cli.limit = strtoll(optarg, &end, 10);
			if (cli.limit < 1 || cli.limit > UINT32_MAX || *end)
				return wrong_value("--limit", optarg, "a whole number above 0");
			break;
		case OPT_LANG:
			cli.lang = optarg;
			if (strcmp(optarg, "en") != 0 && strcmp(optarg, "sv") != 0)
				return wrong_value("--lang", optarg, "en or sv");
			break;
		case 'V':
			printf("brygga %s (ABI %d.%d)\n", PACKAGE_VERSION, BRG_ABI_MAJOR,
			       BRG_ABI_MINOR);
			return CLI_OK;
		case 'h':
			return cli_usage(stdout);
		default:
			fputs("See brygga --help.\n", stderr);
			return CLI_USAGE;
		}
	}
	if (optind == argc)
		return cli_usage(stderr);
	cli.arena = arena_new();
	status = run(&cli, argc - optind, argv + optind);
	if (cli.open)
		setup_close(&cli.setup);
	arena_free(&cli.arena);
	return status;
}
