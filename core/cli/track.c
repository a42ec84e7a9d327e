/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga track, untrack, promote, parked list|replay: what a person decides about one mail.
 */
#include "core/cli/cli.h"
#include "core/faults.h"
#include "core/filter.h"
#include "core/id.h"
#include "core/promote.h"
#include "core/wake.h"

/* An item of the mailbox by its Message-ID, or by the server's own name for it. */
struct item {
	struct brg_str folder, remote_id;
	struct brg_id record; /* nil: it is not tracked */
};

static struct brg_str bare(const char *text)
{
	struct brg_str s = brg_cstr(text);

	if (s.len > 1 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
		s = (struct brg_str){ s.ptr + 1, s.len - 2 };
	return s;
}

static bool by_message_id(struct cli *cli, const struct brg_mailbox_row *m, const char *text,
			  struct item *out)
{
	struct brg_query q = cli_query(BRG_READ_DECISIONS);
	unsigned char key[16];
	struct brg_row *rows;
	size_t n = 0;

	secrets_hash(cli->setup.secrets, "message-id", bare(text), key);
	q.text = (struct brg_str){ (char *)key, sizeof(key) };
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_decision_row *d = &rows[i].u.decision;

		if (!brg_id_eq(&d->mailbox, &m->id) || d->remote_id.len == 0)
			continue;
		out->folder = d->folder;
		out->remote_id = d->remote_id;
		return true;
	}
	return false;
}

/* The item of that id, if the store knows it: by its mark, or because it was set aside. */
static bool by_id(struct cli *cli, const struct brg_mailbox_row *m, struct item *item)
{
	struct brg_query q = cli_query(BRG_READ_MARKS), p = cli_query(BRG_READ_PARKED);
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = p.mailbox = m->id;
	q.folder = item->folder;
	q.text = item->remote_id;
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		item->record = rows[0].u.mark.record;
	if (!rows || n)
		return rows != NULL;
	rows = cli_read(cli, &p, &n);
	for (size_t i = 0; rows && i < n; i++)
		if (brg_str_eq(rows[i].u.parked.remote_id, item->remote_id) &&
		    brg_str_eq(rows[i].u.parked.folder, item->folder))
			return true;
	return false;
}

/* An id of the server's first: it may look like a Message-ID. */
static bool find_item(struct cli *cli, const struct brg_mailbox_row *m, const char *text,
		      struct item *out)
{
	*out = (struct item){ .folder = { "", 0 }, .remote_id = brg_cstr(text) };
	return by_id(cli, m, out) || (by_message_id(cli, m, text, out) && by_id(cli, m, out));
}

/* What no visit has seen is asked for on the server: a line of browse. */
static bool find_there(struct cli *cli, const struct brg_mailbox_row *m, const char *text,
		       struct item *out)
{
	bool there = false;

	*out = (struct item){ .folder = { "", 0 }, .remote_id = brg_cstr(text) };
	if (text[0] != '<' && !cli_on_server(cli, m, text, &there))
		return false;
	if (!there)
		(void)cli_refuse(cli, &cli_not_there, "item=%s\nmailbox=%s", cli_show(cli, text),
				 m->name.ptr);
	return there;
}

static void want(struct cli *cli, struct step *step, const struct brg_id *mailbox)
{
	(void)cli;
	step_add(step, BRG_OP_WANT, BRG_ANY)->u.want = (struct brg_want){ *mailbox, BRG_INCOMING };
}

int cli_commit_and_wake(struct cli *cli, struct step *step)
{
	struct brg_err err = BRG_ERR_INIT;
	int rc = store_commit(&cli->setup.engine.store, step, BRG_DURABLE, NULL, &err);

	if (rc < 0)
		return cli_error(cli, &err);
	if (rc == BRG_REFUSED)
		return cli_fail("others changed it at the same moment: try again");
	wake_all(cli->config->state, "incoming");
	return CLI_OK;
}

static json_t *outcome(const struct brg_mailbox_row *m, const struct item *item, const char *state)
{
	json_t *o = json_object();

	json_object_set_new(o, "mailbox", cli_str(m->name));
	json_object_set_new(o, "item", cli_str(item->remote_id));
	json_object_set_new(o, "record", cli_id(&item->record));
	json_object_set_new(o, "state", json_string(state));
	return o;
}

static int track(struct cli *cli, int argc, char **argv)
{
	struct brg_mailbox_row m;
	struct item item;
	struct step step;
	struct brg_op *op;
	char id[ID_TEXT];
	bool known;
	int status;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	known = find_item(cli, &m, argv[1], &item);
	if (!brg_id_is_nil(&item.record))
		return cli_done(cli, outcome(&m, &item, "tracked"),
				"it is tracked already: record %s", id_format(&item.record, id));
	if (!cli_lane_on(cli, &m, BRG_INCOMING) || (!known && !find_there(cli, &m, argv[1], &item)))
		return CLI_FAILED;
	step_init(&step, cli->arena);
	op = step_add(&step, BRG_OP_PARK, BRG_ANY);
	op->u.parked = (struct brg_parked_row){
		.mailbox = m.id,
		.folder = item.folder,
		.remote_id = item.remote_id,
		.next_us = 0,
		.code = brg_cstr(rule_wish.code),
	};
	want(cli, &step, &m.id);
	status = cli_commit_and_wake(cli, &step);
	if (status != CLI_OK)
		return status;
	return cli_done(cli, outcome(&m, &item, "wanted"),
			"wanted; `brygga explain %s` tells how it went", argv[1]);
}

static int untrack(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_MARKS);
	struct brg_mailbox_row m;
	struct brg_row *rows;
	struct item item;
	struct step step;
	struct brg_op *op;
	size_t n = 0;
	int status;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	if (!find_item(cli, &m, argv[1], &item) || brg_id_is_nil(&item.record))
		return cli_fail("%s is not tracked in %s", argv[1], argv[0]);
	q.mailbox = m.id;
	q.folder = item.folder;
	q.text = item.remote_id;
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return CLI_FAILED;
	step_init(&step, cli->arena);
	op = step_add(&step, BRG_OP_UNLINK, BRG_ANY);
	op->u.link = (struct brg_link_row){ .mailbox = m.id,
					    .folder = item.folder,
					    .remote_id = item.remote_id };
	op = step_add(&step, BRG_OP_MARK, BRG_ANY);
	op->u.mark = rows[0].u.mark;
	op->u.mark.state = BRG_SEEN;
	op->u.mark.record = (struct brg_id){ { 0 } };
	op = step_add(&step, BRG_OP_DECISION, BRG_ANY);
	op->u.decision = (struct brg_decision_row){
		.id = id_new(cli->setup.engine.now_us(&cli->setup.engine)),
		.mailbox = m.id,
		.record = item.record,
		.folder = item.folder,
		.remote_id = item.remote_id,
		.code = brg_cstr(rule_untracked.code),
	};
	status = cli_commit_and_wake(cli, &step);
	return status == CLI_OK ? cli_done(cli, outcome(&m, &item, "untracked"), NULL) : status;
}

/* ---- promote --------------------------------------------------------------------------------*/

bool cli_mailbox_owner(struct cli *cli, const struct brg_mailbox_row *m, struct brg_owner_row *out)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = m->owner;
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return false;
	*out = rows[0].u.owner;
	return true;
}

/* May mail of this mailbox come in that way? */
static bool client_delivers(struct cli *cli, const struct brg_mailbox_row *m)
{
	struct mailbox_settings set;

	if (!cli_mailbox_settings(cli, m, &set))
		return false;
	if (delivery_of(set.incoming) != DELIVERY_NONE)
		return true;
	cli_fail("mailbox %s takes no email (incoming = none)", m->name.ptr);
	return false;
}

static int promote(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_mailbox_row m;
	struct brg_owner_row owner;
	struct brg_blob *raw;
	struct brg_id id;
	bool was_there;
	json_t *o;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    !cli_mailbox_owner(cli, &m, &owner) || !client_delivers(cli, &m) ||
	    !cli_read_file(cli, argv[1], &raw))
		return CLI_FAILED;
	if (promote_mail(&cli->setup.engine, raw, &owner, m.address, &id, &was_there, &err) < 0)
		return cli_error(cli, &err);
	o = json_object();
	json_object_set_new(o, "record", cli_id(&id));
	json_object_set_new(o, "was_there", json_boolean(was_there));
	return cli_object(cli, o);
}

/* ---- parked ---------------------------------------------------------------------------------*/

static json_t *parked_json(struct cli *cli, const struct brg_row *row)
{
	const struct brg_parked_row *p = &row->u.parked;
	json_t *o = json_object();

	json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &p->mailbox));
	json_object_set_new(o, "remote_id", cli_str(p->remote_id));
	json_object_set_new(o, "tries", json_integer(p->tries));
	json_object_set_new(o, "next",
			    p->next_us == INT64_MAX ? json_string("only by hand")
						    : cli_time(p->next_us));
	json_object_set_new(o, "code", cli_str(p->code));
	json_object_set_new(o, "error", cli_sentence(cli, p->code, p->params));
	json_object_set_new(o, "server_said", cli_str(p->said));
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "mailbox", "MAILBOX", false }, { "remote_id", "ITEM", true },
		{ "tries", "TRIES", false },	 { "next", "NEXT", false },
		{ "error", "WHY", true },	 { NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_PARKED);
	struct brg_mailbox_row m;
	json_t *array;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	if (argc) {
		if (!cli_own_mailbox(cli, argv[0], &m))
			return CLI_FAILED;
		q.mailbox = m.id;
	}
	array = json_array();
	if (cli_gather(cli, array, &q, &q.mailbox, 0, parked_json))
		return cli_list(cli, array, columns, "nothing was set aside");
	json_decref(array);
	return CLI_FAILED;
}

static int replay(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_PARKED);
	struct brg_mailbox_row m;
	struct brg_row *rows;
	struct step step;
	size_t n = 0, some = 0;
	int status;

	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    !cli_lane_on(cli, &m, BRG_INCOMING))
		return CLI_FAILED;
	q.mailbox = m.id;
	rows = cli_read(cli, &q, &n);
	step_init(&step, cli->arena);
	for (size_t i = 0; rows && i < n; i++) {
		struct brg_parked_row *p = &rows[i].u.parked;

		if (argc > 1 && !brg_str_eq(p->remote_id, brg_cstr(argv[1])))
			continue;
		p->next_us = 0;
		step_add(&step, BRG_OP_PARK, BRG_ANY)->u.parked = *p;
		some++;
	}
	if (!some)
		return cli_fail("nothing%s%s is set aside in %s", argc > 1 ? " named " : "",
				argc > 1 ? argv[1] : "", argv[0]);
	want(cli, &step, &m.id);
	status = cli_commit_and_wake(cli, &step);
	return status == CLI_OK ? cli_done(cli, json_pack("{s:I}", "wanted", (json_int_t)some),
					   "%zu wanted", some)
				: status;
}

const struct cli_command cli_track[] = {
	{ "track", NULL, "MAILBOX MESSAGE-ID|ITEM", "track one mail at once, past the rules", 2, 2,
	  track, true },
	{ "untrack", NULL, "MAILBOX MESSAGE-ID|ITEM", "undo that; the record stays", 2, 2, untrack,
	  true },
	{ "promote", NULL, "MAILBOX FILE.eml", "track a mail that a client hands over", 2, 2,
	  promote, true },
	{ "parked", "list", "[MAILBOX]", "items that were set aside, and why", 0, 1, list, true },
	{ "parked", "replay", "MAILBOX [ITEM]", "try them again now", 1, 2, replay, true },
	{ 0 },
};
