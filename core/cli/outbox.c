/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga outbox list|resend|mark-sent|recall: mail of ours on its way.
 */
#include "core/outbox.h"

#include "core/cli/cli.h"
#include "core/id.h"
#include "core/recipients.h"
#include "core/wake.h"

#include <stdlib.h>

json_t *cli_recipients(struct cli *cli, struct brg_str json)
{
	json_t *array = json_array();
	struct recipients list;

	recipients_read(json, cli->arena, &list);
	for (size_t i = 0; i < list.n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "address", cli_str(list.at[i].address));
		json_object_set_new(o, "state",
				    json_string(recipient_state_name(list.at[i].state)));
		json_object_set_new(o, "since", cli_time(list.at[i].at_us));
		if (list.at[i].status.len)
			json_object_set_new(o, "status", cli_str(list.at[i].status));
		if (list.at[i].said.len)
			json_object_set_new(o, "server_said", cli_str(list.at[i].said));
		json_array_append_new(array, o);
	}
	return array;
}

json_t *cli_outgoing(struct cli *cli, const struct brg_outgoing_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "record", cli_id(&r->record));
	json_object_set_new(o, "state", json_string(outbox_state_name(r->state)));
	json_object_set_new(o, "attempts", json_integer(r->attempts));
	json_object_set_new(o, "next",
			    r->state == BRG_OUT_PENDING ? cli_time(r->next_us) : json_null());
	json_object_set_new(o, "sent", cli_time(r->sent_us));
	json_object_set_new(o, "recipients", cli_recipients(cli, r->recipients));
	if (r->code.len) {
		json_object_set_new(o, "code", cli_str(r->code));
		json_object_set_new(o, "error", cli_sentence(cli, r->code, r->params));
	}
	if (r->said.len)
		json_object_set_new(o, "server_said", cli_str(r->said));
	return o;
}

static json_t *waiting_json(struct cli *cli, const struct brg_row *row)
{
	json_t *o = cli_outgoing(cli, &row->u.outgoing);
	const json_t *first = json_array_get(json_object_get(o, "recipients"), 0);

	json_object_set(o, "to", json_object_get(first, "address"));
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "record", "RECORD", false }, { "state", "STATE", false },
		{ "to", "TO", true },	       { "attempts", "TRIES", false },
		{ "next", "NEXT", false },     { "error", "ERROR", true },
		{ NULL, NULL, false },
	};
	static const int open_states[] = { BRG_OUT_PENDING, BRG_OUT_SENDING, BRG_OUT_UNCERTAIN,
					   BRG_OUT_FAILED };
	struct brg_query q = cli_query(BRG_READ_OUTGOING);
	json_t *array;

	(void)argc;
	(void)argv;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	array = json_array();
	for (size_t s = 0; s < 4; s++) {
		q.number = open_states[s];
		if (!cli_gather(cli, array, &q, &q.mailbox, 100, waiting_json)) {
			json_decref(array);
			return CLI_FAILED;
		}
	}
	return cli_list(cli, array, columns, "nothing waits to be sent");
}

/* The mail of the outbox that is named, if it goes through a mailbox of the viewer's. */
static bool find_outgoing(struct cli *cli, const char *text, struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_OUTGOING);
	struct brg_row *rows;
	size_t n = 0;

	if (!cli_parse_id(text, id)) {
		cli_fail("%s is no record id; `brygga outbox list` shows them", text);
		return false;
	}
	q.id = *id;
	rows = cli_read(cli, &q, &n);
	if (rows && n && !cli_owns_mailbox(cli, &rows[0].u.outgoing.mailbox)) {
		(void)cli_refuse(cli, &cli_others_mail, "user=%s\nrecord=%s",
				 cli_show(cli, cli->as), text);
		return false;
	}
	return rows != NULL; /* where there is none outbox_change() says so */
}

static int change(struct cli *cli, const char *text, enum outbox_action action)
{
	static const int becomes[] = { [OUTBOX_RESEND] = BRG_OUT_PENDING,
				       [OUTBOX_MARK_SENT] = BRG_OUT_SENT,
				       [OUTBOX_RECALL] = BRG_OUT_CANCELED };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id id;
	json_t *o;

	if (cli_open(cli, 0) != CLI_OK || !find_outgoing(cli, text, &id))
		return CLI_FAILED;
	if (outbox_change(&cli->setup.engine, &id, action, &err) < 0)
		return cli_error(cli, &err);
	if (action == OUTBOX_RESEND)
		wake_all(cli->config->state, "outgoing");
	o = json_object();
	json_object_set_new(o, "record", cli_id(&id));
	json_object_set_new(o, "state", json_string(outbox_state_name(becomes[action])));
	return cli_done(cli, o, NULL);
}

static int resend(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return change(cli, argv[0], OUTBOX_RESEND);
}

static int mark_sent(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return change(cli, argv[0], OUTBOX_MARK_SENT);
}

static int recall(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return change(cli, argv[0], OUTBOX_RECALL);
}

const struct cli_command cli_outbox[] = {
	{ "outbox", "list", "", "mail that waits, failed or is uncertain", 0, 0, list, true },
	{ "outbox", "resend", "ID", "send a failed, uncertain or canceled mail again", 1, 1, resend,
	  true },
	{ "outbox", "mark-sent", "ID", "an uncertain mail was sent: settle it", 1, 1, mark_sent,
	  true },
	{ "outbox", "recall", "ID", "cancel a mail that is still pending", 1, 1, recall, true },
	{ 0 },
};
