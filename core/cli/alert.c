/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga alert list.
 */
#include "core/cli/cli.h"

static const char *level_name(int level)
{
	return level == BRG_LOG_ERROR ? "error" : level == BRG_LOG_WARNING ? "warning" : "info";
}

static json_t *object_name(struct cli *cli, const struct brg_alert_row *a)
{
	struct brg_query q =
		cli_query(a->scope == BRG_ALERT_PROFILE ? BRG_READ_PROFILES : BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	if (a->scope == BRG_ALERT_STORE)
		return json_string("store");
	q.id = a->object;
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return cli_id(&a->object);
	return cli_str(a->scope == BRG_ALERT_PROFILE ? rows[0].u.profile.name
						     : rows[0].u.mailbox.name);
}

static json_t *alert_json(struct cli *cli, const struct brg_row *row)
{
	const struct brg_alert_row *a = &row->u.alert;
	static const char *const scopes[] = { "-", "store", "profile", "mailbox", "item" };
	json_t *o = json_object();

	json_object_set_new(o, "id", cli_id(&a->id));
	json_object_set_new(o, "level", json_string(level_name(a->level)));
	json_object_set_new(o, "scope",
			    json_string(scopes[a->scope > 0 && a->scope < 5 ? a->scope : 0]));
	json_object_set_new(o, "object", object_name(cli, a));
	json_object_set_new(o, "item", cli_str(a->detail));
	json_object_set_new(o, "count", json_integer(a->count));
	json_object_set_new(o, "first", cli_time(a->first_us));
	json_object_set_new(o, "last", cli_time(a->last_us));
	json_object_set_new(o, "code", cli_str(a->code));
	json_object_set_new(o, "text", cli_sentence(cli, a->code, a->params));
	json_object_set_new(o, "server_said", cli_str(a->said));
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "level", "LEVEL", false }, { "scope", "SCOPE", false },
		{ "object", "WHAT", false }, { "count", "TIMES", false },
		{ "last", "LAST", false },   { "code", "CODE", false },
		{ "text", "WHY", true },     { NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_ALERTS);
	json_t *array = json_array();

	(void)argc;
	(void)argv;
	if (cli_open(cli, SETUP_READONLY) == CLI_OK &&
	    cli_gather(cli, array, &q, &q.id, 0, alert_json))
		return cli_list(cli, array, columns, "no open alerts");
	json_decref(array);
	return CLI_FAILED;
}

const struct cli_command cli_alert[] = {
	{ "alert", "list", "", "what a person should know now", 0, 0, list, true },
	{ 0 },
};
