/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga explain: why an item is in the store or not, by which rule, with the values that
 * made it so and the setting that would change it.
 */
#include "core/cli/cli.h"
#include "core/cli/story.h"
#include "core/faults.h"
#include "core/id.h"

static json_t *decision_json(struct cli *cli, const struct brg_decision_row *d)
{
	const struct brg_fault *rule = fault_find(d->code);
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	json_t *o = json_object();
	struct brg_row *rows;
	char text[2048];
	size_t n = 0;

	json_object_set_new(o, "when", cli_time(id_time_us(&d->id)));
	q.id = d->mailbox;
	rows = cli_read(cli, &q, &n);
	json_object_set_new(o, "mailbox",
			    rows && n ? cli_str(rows[0].u.mailbox.name) : json_null());
	json_object_set_new(o, "remote_id", cli_str(d->remote_id));
	json_object_set_new(o, "record", cli_id(&d->record));
	json_object_set_new(o, "rule", cli_str(d->code));
	json_object_set_new(o, "why", cli_sentence(cli, d->code, d->params));
	/* The help of a rule names the settings; its parameters stand in braces there too. */
	if (rule) {
		struct brg_fault to_change = { .en = rule->help, .sv = rule->help };

		json_object_set_new(o, "to_change",
				    cli_str(brg_cstr(fault_render(&to_change, d->params, "en", text,
								  sizeof(text)))));
	}
	return o;
}

/* What was done in a mailbox of his, and with a record that he may see. */
static bool may_know(struct cli *cli, const struct brg_decision_row *d)
{
	return cli_owns_mailbox(cli, &d->mailbox) || cli_sees_record(cli, &d->record);
}

static size_t add(struct cli *cli, json_t *array, const struct brg_query *q)
{
	struct brg_row *rows;
	size_t n = 0;

	rows = cli_read(cli, q, &n);
	for (size_t i = 0; rows && i < n; i++)
		if (may_know(cli, &rows[i].u.decision))
			json_array_append_new(array, decision_json(cli, &rows[i].u.decision));
	return json_array_size(array);
}

static struct brg_str bare_message_id(const char *text)
{
	struct brg_str s = brg_cstr(text);

	if (s.len > 1 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
		s = (struct brg_str){ s.ptr + 1, s.len - 2 };
	return s;
}

/* A remote id, in whatever mailbox. */
static void add_remote(struct cli *cli, json_t *array, const char *id)
{
	struct brg_row *rows;
	size_t n = 0;

	rows = cli_own_mailboxes(cli, &n);
	for (size_t i = 0; rows && i < n; i++) {
		struct brg_query d = cli_query(BRG_READ_DECISIONS);

		d.mailbox = rows[i].u.mailbox.id;
		d.remote = brg_cstr(id);
		add(cli, array, &d);
	}
}

/* The newest decisions of a mailbox, by its name, address or id. False: there is none. */
static bool add_mailbox(struct cli *cli, json_t *array, const char *name)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES), d = cli_query(BRG_READ_DECISIONS);
	struct brg_row *rows;
	size_t n = 0;

	if (!cli_parse_id(name, &q.id))
		q.text = brg_cstr(name);
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0 || !cli_owns(cli, &rows[0].u.mailbox.owner))
		return false;
	d.mailbox = rows[0].u.mailbox.id;
	d.limit = cli->limit > 0 ? (uint32_t)cli->limit : 20;
	add(cli, array, &d);
	return true;
}

static int print_text(json_t *array)
{
	json_t *o;
	size_t i;

	json_array_foreach(array, i, o)
	{
		const json_t *record = json_object_get(o, "record");

		const char *remote = json_string_value(json_object_get(o, "remote_id"));

		printf("%s  %s%s%s%s%s\n  why: %s [%s]\n  to change it: %s\n",
		       json_string_value(json_object_get(o, "when")),
		       json_is_string(json_object_get(o, "mailbox"))
			       ? json_string_value(json_object_get(o, "mailbox"))
			       : "(no mailbox)",
		       remote && *remote ? "  remote id " : "", remote ? remote : "",
		       json_is_string(record) ? "  record " : "",
		       json_is_string(record) ? json_string_value(record) : "",
		       json_string_value(json_object_get(o, "why")),
		       json_string_value(json_object_get(o, "rule")),
		       json_is_string(json_object_get(o, "to_change"))
			       ? json_string_value(json_object_get(o, "to_change"))
			       : "-");
	}
	json_decref(array);
	return CLI_OK;
}

static int nothing(struct cli *cli, json_t *array, const char *what, bool mailbox)
{
	json_decref(array);
	if (mailbox)
		return cli_refuse(cli, &cli_undecided, "mailbox=%s", cli_show(cli, what));
	return cli_fail("nothing is known of %s: it is no mailbox, and no record id, Message-ID "
			"or server's id of an item that was ever seen; where a mailbox takes "
			"nothing no header is read, and only the server's id is known",
			what);
}

/* A contact, task or appointment, which has a history. */
static bool is_act(struct cli *cli, const struct brg_id *id, struct brg_record_row *out)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	cli_viewer(cli, &q);
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		*out = rows[0].u.record;
	return rows && n && out->kind != BRG_EMAIL;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_DECISIONS);
	struct brg_record_row record;
	bool mailbox = false;
	json_t *array;
	unsigned char key[16];

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	array = json_array();
	if (cli_parse_id(argv[0], &q.other)) {
		add(cli, array, &q);
		if (is_act(cli, &q.other, &record))
			return cli_story(cli, &record, array);
	} else {
		secrets_hash(cli->setup.secrets, "message-id", bare_message_id(argv[0]), key);
		q.text = (struct brg_str){ (char *)key, sizeof(key) };
		if (add(cli, array, &q) == 0)
			add_remote(cli, array, argv[0]);
	}
	if (json_array_size(array) == 0)
		mailbox = add_mailbox(cli, array, argv[0]);
	if (json_array_size(array) == 0)
		return nothing(cli, array, argv[0], mailbox);
	return cli->json ? cli_list(cli, array, NULL, "") : print_text(array);
}

const struct cli_command cli_explain[] = {
	{ "explain", NULL, "ID|MESSAGE-ID|MAILBOX",
	  "why an item, or a mailbox's newest, was taken or not; the story of a record", 1, 1, run,
	  true },
	{ 0 },
};
