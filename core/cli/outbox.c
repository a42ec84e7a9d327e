/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record send, brygga outbox list|resend|mark-sent|recall: mail of ours on its way.
 */
#include "core/outbox.h"

#include "core/cli/cli.h"
#include "core/id.h"
#include "core/recipients.h"
#include "core/wake.h"

#include <stdlib.h>

/* ---- a mail from the command line ------------------------------------------------------------ */

static bool split_addresses(struct cli *cli, const char *option, const char *text,
			    struct mime_address **out, size_t *n)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str *list;

	*n = 0;
	if (!text)
		return true;
	if (mailbox_fold_addresses(brg_cstr(text), cli->arena, &list, n, &err) < 0) {
		cli_fail("%s takes addresses such as anna@example.org, not %s", option, text);
		return false;
	}
	*out = arena_alloc(cli->arena, (*n + 1) * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		(*out)[i].address = list[i];
	return true;
}

/* The address of the user who sends, where --from does not say it. */
static bool own_address(struct cli *cli, struct brg_str *out)
{
	if (cli->from) {
		*out = brg_cstr(cli->from);
		return true;
	}
	if (!cli->viewer) {
		cli_fail("say who sends: --from ADDRESS, or --as USER");
		return false;
	}
	*out = cli->viewer->address;
	if (out->len == 0)
		cli_fail("user %s has no address", cli->as);
	return out->len > 0;
}

static struct brg_str field(struct cli *cli, const json_t *fields, const char *name)
{
	const json_t *v = json_object_get(fields, name);

	return arena_str(cli->arena,
			 (struct brg_str){ json_string_value(v), json_string_length(v) });
}

/* An answer to a record: to its sender, about the same, with the ids that tie them. */
static bool answer(struct cli *cli, struct mime_draft *draft)
{
	struct brg_record_row r;
	struct mime_address *to;
	struct brg_str references;
	json_t *fields;

	if (!cli_find_record(cli, cli->reply_to, &r))
		return false;
	fields = json_loadb(r.fields.ptr, r.fields.len, 0, NULL);
	draft->in_reply_to = field(cli, fields, "message_id");
	references = field(cli, fields, "references");
	draft->references =
		brg_cstr(arena_printf(cli->arena, "%s%s%s", references.ptr,
				      references.len ? " " : "", draft->in_reply_to.ptr));
	if (!draft->n_to) {
		to = arena_alloc(cli->arena, sizeof(*to));
		to->address = field(cli, fields, "from");
		draft->to = to;
		draft->n_to = to->address.len > 0;
	}
	if (!cli->subject) {
		struct brg_str subject = field(cli, fields, "subject");
		bool re = subject.len > 3 && strncasecmp(subject.ptr, "re:", 3) == 0;

		draft->subject =
			brg_cstr(arena_printf(cli->arena, "%s%s", re ? "" : "Re: ", subject.ptr));
	}
	json_decref(fields);
	return true;
}

static bool compose(struct cli *cli, struct brg_blob **out)
{
	struct mime_draft draft = { .subject = brg_cstr(cli->subject ? cli->subject : ""),
				    .text = brg_cstr(cli->text ? cli->text : "") };
	struct mime_address *to = NULL, *cc = NULL;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_blob *text;

	if (!split_addresses(cli, "--to", cli->to, &to, &draft.n_to) ||
	    !split_addresses(cli, "--cc", cli->cc, &cc, &draft.n_cc) ||
	    !own_address(cli, &draft.from.address))
		return false;
	draft.to = to;
	draft.cc = cc;
	draft.date_us = cli->setup.engine.now_us(&cli->setup.engine);
	if (cli->text && strcmp(cli->text, "-") == 0) {
		char *p;
		int64_t n;

		if (!cli_read_file(cli, "-", &text))
			return false;
		p = arena_alloc(cli->arena, blob_len(text) + 1);
		n = blob_read(text, 0, p, blob_len(text), &err);
		draft.text = (struct brg_str){ p, n > 0 ? (size_t)n : 0 };
	}
	if (cli->reply_to && !answer(cli, &draft))
		return false;
	*out = blob_new(cli->arena);
	return mime_compose(&draft, *out, &err) == 0 || cli_error(cli, &err) == CLI_OK;
}

static int send_mail(struct cli *cli, int argc, char **argv)
{
	struct outbox_mail mail = { .as = brg_cstr(cli->as ? cli->as : ""),
				    .bcc = brg_cstr(cli->bcc ? cli->bcc : "") };
	struct brg_err err = BRG_ERR_INIT;
	json_t *o;
	struct brg_id id;

	if (cli_open(cli, 0) != CLI_OK)
		return CLI_FAILED;
	if (argc ? !cli_read_file(cli, argv[0], &mail.raw) : !compose(cli, &mail.raw))
		return CLI_FAILED;
	if (cli->regarding && !cli_find_reference(cli, cli->regarding, &mail.regarding))
		return CLI_FAILED;
	if (cli->not_before) {
		mail.not_before_us = cli_moment(cli, "--not-before", cli->not_before, true);
		if (!mail.not_before_us)
			return CLI_FAILED;
	}
	if (outbox_put(&cli->setup.engine, &mail, &id, &err) < 0)
		return cli_error(cli, &err);
	wake_all(cli->config->state, "outgoing");
	o = json_object();
	json_object_set_new(o, "record", cli_id(&id));
	json_object_set_new(o, "state", json_string("pending"));
	return cli_object(cli, o);
}

/* ---- the outbox ---------------------------------------------------------------------------------
 */

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
		cli_fail("%s may not change %s: it goes through another's mailbox", cli->as, text);
		return false;
	}
	return rows != NULL; /* where there is none outbox_change() says so */
}

static int change(struct cli *cli, const char *text, enum outbox_action action)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_id id;

	if (cli_open(cli, 0) != CLI_OK || !find_outgoing(cli, text, &id))
		return CLI_FAILED;
	if (outbox_change(&cli->setup.engine, &id, action, &err) < 0)
		return cli_error(cli, &err);
	if (action == OUTBOX_RESEND)
		wake_all(cli->config->state, "outgoing");
	return CLI_OK;
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
	{ "record", "send", "[FILE.eml | --to A --subject S --text T]",
	  "send a mail; --from, --as, --reply-to RECORD, --not-before", 0, 1, send_mail, true },
	{ "outbox", "list", "", "mail that waits, failed or is uncertain", 0, 0, list, true },
	{ "outbox", "resend", "ID", "send a failed, uncertain or canceled mail again", 1, 1, resend,
	  true },
	{ "outbox", "mark-sent", "ID", "an uncertain mail was sent: settle it", 1, 1, mark_sent,
	  true },
	{ "outbox", "recall", "ID", "cancel a mail that is still pending", 1, 1, recall, true },
	{ 0 },
};
