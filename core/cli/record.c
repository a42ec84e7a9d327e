/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record list|show|thread|text|raw.
 */
#include "core/body.h"
#include "core/cli/cli.h"
#include "core/id.h"

#include <unistd.h>

json_t *cli_record_json(struct cli *cli, const struct brg_record_row *r)
{
	static const char *const kinds[] = { "-", "email", "contact", "task", "appointment" };
	static const char *const always[] = { "subject", "from", "from_name", "message_id" };
	json_t *o = json_object(), *fields = json_loadb(r->fields.ptr, r->fields.len, 0, NULL);

	json_object_set_new(o, "id", cli_id(&r->id));
	json_object_set_new(o, "kind",
			    json_string(kinds[r->kind > 0 && r->kind < 5 ? r->kind : 0]));
	json_object_set_new(o, "received", cli_time(r->sorted_us));
	json_object_set_new(o, "direction",
			    json_string(r->direction == BRG_OUTBOUND ? "outgoing" : "incoming"));
	json_object_set_new(o, "version", json_integer(r->version));
	json_object_set_new(o, "octets", json_integer((json_int_t)r->body_octets));
	(void)cli;
	/* What a reader counts on is there, where the mail has it and where not. */
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		json_object_set_new(o, always[i], json_string(""));
	if (fields)
		json_object_update(o, fields);
	if (r->held)
		json_object_set_new(o, "legal_hold", json_true());
	json_decref(fields);
	return o;
}

struct listing {
	struct cli *cli;
	json_t *array;
	size_t most;
};

static int on_record(void *arg, const struct brg_row *row)
{
	const struct brg_record_row *r = &row->u.record;
	struct listing *l = arg;
	json_t *o;

	if (r->kind != BRG_EMAIL && l->cli->kind)
		return 0;
	if (r->kind == BRG_EMAIL) {
		o = cli_record_json(l->cli, r);
	} else {
		o = cli_act_head(r);
		json_object_set(o, "subject", json_object_get(o, "title"));
		json_object_set_new(o, "received", cli_time(r->sorted_us));
	}
	json_array_append_new(l->array, o);
	return json_array_size(l->array) == l->most;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false },    { "received", "RECEIVED", false },
		{ "from", "FROM", true },     { "subject", "SUBJECT", true },
		{ "octets", "BYTES", false }, { NULL, NULL, false },
	};
	struct listing l = { .cli = cli, .most = cli->limit > 0 ? (size_t)cli->limit : 100 };
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct store *store = &cli->setup.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_mailbox_row m;
	json_t *o;
	size_t i;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	if (cli->where || (cli->kind && strcmp(cli->kind, "email") != 0))
		return cli_list_act(cli, argc ? argv[0] : NULL);
	cli_viewer(cli, &q);
	if (cli->regarding && !cli_find_reference(cli, cli->regarding, &q.regarding))
		return CLI_FAILED;
	if (argc && !cli_find_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	if (argc)
		q.mailbox = m.id;
	if (!cli->kind)
		q.limit = (uint32_t)l.most;
	l.array = json_array();
	if (store->ops->read(store->self, &q, on_record, &l, &err) < 0) {
		json_decref(l.array);
		return cli_error(cli, &err);
	}
	json_array_foreach(l.array, i, o) cli_name_owner(cli, o);
	return cli_list(cli, l.array, columns, "no records yet");
}

void cli_add_externals(struct cli *cli, json_t *o, const char *key, const struct brg_id *object)
{
	json_t *array = cli_externals(cli, object);

	if (json_array_size(array))
		json_object_set(o, key, array);
	json_decref(array);
}

/* Who of ours takes part, by name. */
json_t *cli_parties(struct cli *cli, const struct brg_id *record)
{
	static const char *const roles[] = { "-",   "from",	 "sender",   "to",    "cc",
					     "bcc", "delivered", "reply-to", "reader" };
	struct brg_query q = cli_query(BRG_READ_PARTIES), one;
	json_t *array = json_array();
	struct brg_row *rows, *found;
	size_t n = 0, m;

	q.other = *record;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_party_row *p = &rows[i].u.party;
		bool reference = p->type == BRG_PARTY_REFERENCE;
		json_t *o = json_object();

		one = cli_query(reference ? BRG_READ_REFERENCES : BRG_READ_OWNERS);
		one.id = p->object;
		found = cli_read(cli, &one, &m);
		json_object_set_new(
			o, "role",
			json_string(
				roles[p->role >= 0 && p->role <= BRG_ROLE_READER ? p->role : 0]));
		if (found && m && reference) {
			json_object_set_new(o, "type", cli_str(found->u.reference.kind));
			json_object_set_new(o, "name", cli_str(found->u.reference.name));
		} else if (found && m) {
			json_object_set_new(
				o, "type",
				json_string(found->u.owner.type == BRG_QUEUE ? "queue" : "user"));
			json_object_set_new(o, "name", cli_str(found->u.owner.name));
		}
		cli_add_externals(cli, o, "external", &p->object);
		json_array_append_new(array, o);
	}
	return array;
}

/* The queues in which it waits, by name. */
static json_t *queues_json(struct cli *cli, const struct brg_id *record)
{
	struct brg_query q = cli_query(BRG_READ_QUEUE_ITEMS), one = cli_query(BRG_READ_OWNERS);
	json_t *array = json_array();
	struct brg_row *rows, *queue;
	size_t n = 0, m = 0;

	q.id = *record;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		one.id = rows[i].u.queue_item.queue;
		queue = cli_read(cli, &one, &m);
		if (queue && m)
			json_array_append_new(array, cli_str(queue->u.owner.name));
	}
	return array;
}

/* What it regards and answers, and what became of it if it is ours. */
static void add_relations(struct cli *cli, json_t *o, const struct brg_record_row *r)
{
	struct brg_query q = cli_query(BRG_READ_REFERENCES);
	struct brg_row *rows;
	size_t n = 0;

	json_object_set_new(o, "conversation",
			    cli_id(brg_id_is_nil(&r->thread) ? &r->id : &r->thread));
	if (!brg_id_is_nil(&r->correlated)) {
		json_object_set_new(o, "answers", cli_id(&r->correlated));
		json_object_set_new(o, "known_by", json_string(correlation_name(r->method)));
	}
	q.id = r->regarding;
	rows = brg_id_is_nil(&q.id) ? NULL : cli_read(cli, &q, &n);
	if (rows && n)
		json_object_set_new(o, "regarding",
				    cli_str(brg_cstr(arena_printf(cli->arena, "%s/%s",
								  rows[0].u.reference.kind.ptr,
								  rows[0].u.reference.name.ptr))));
	if (rows && n)
		cli_add_externals(cli, o, "regarding_external", &r->regarding);
	q = cli_query(BRG_READ_OUTGOING);
	q.id = r->id;
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		json_object_set_new(o, "outbox", cli_outgoing(cli, &rows[0].u.outgoing));
}

/* The conversation that a record belongs to, oldest first. */
static int thread(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false },	{ "received", "WHEN", false },
		{ "direction", "", false },	{ "from", "FROM", true },
		{ "subject", "SUBJECT", true }, { NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_record_row r;
	struct brg_row *rows;
	json_t *array;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !cli_find_record(cli, argv[0], &r))
		return CLI_FAILED;
	cli_viewer(cli, &q);
	q.thread = brg_id_is_nil(&r.thread) ? r.id : r.thread;
	q.limit = cli->limit > 0 ? (uint32_t)cli->limit : 1000;
	rows = cli_read(cli, &q, &n);
	array = json_array();
	for (size_t i = n; rows && i > 0; i--) {
		json_t *o = cli_record_json(cli, &rows[i - 1].u.record);

		add_relations(cli, o, &rows[i - 1].u.record);
		json_array_append_new(array, o);
	}
	return cli_list(cli, array, columns, "no records");
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_LINKS);
	json_t *o, *links;
	struct brg_record_row r;
	struct brg_row *rows;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !cli_find_record(cli, argv[0], &r))
		return CLI_FAILED;
	if (r.kind != BRG_EMAIL)
		return cli_show_act(cli, &r);
	o = cli_record_json(cli, &r);
	cli_add_externals(cli, o, "external", &r.id);
	links = json_array();
	q.other = r.id;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		json_t *link = json_object();

		json_object_set_new(link, "mailbox", cli_id(&rows[i].u.link.mailbox));
		json_object_set_new(link, "name", cli_mailbox_name(cli, &rows[i].u.link.mailbox));
		json_object_set_new(link, "remote_id", cli_str(rows[i].u.link.remote_id));
		json_object_set_new(link, "on_server", json_boolean(rows[i].u.link.live));
		json_array_append_new(links, link);
	}
	json_object_set_new(o, "links", links);
	json_object_set_new(o, "parties", cli_parties(cli, &r.id));
	json_object_set_new(o, "queues", queues_json(cli, &r.id));
	add_relations(cli, o, &r);
	return cli_object(cli, o);
}

static int put_raw(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)arg;
	(void)err;
	return fwrite(p, 1, n, stdout) == n ? 0 : -1;
}

static int raw(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_record_row r;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !cli_find_record(cli, argv[0], &r))
		return CLI_FAILED;
	if (body_read(&cli->setup.engine.store, &r.body, put_raw, NULL, &err) < 0)
		return cli_error(cli, &err);
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

const struct cli_command cli_record[] = {
	{ "record", "list", "[MAILBOX]",
	  "records, newest first; --kind, --where, --owner, --regarding, --limit", 0, 1, list,
	  true },
	{ "record", "show", "ID", "one record and where it is linked", 1, 1, show, true },
	{ "record", "thread", "ID", "the conversation that it belongs to", 1, 1, thread, true },
	{ "record", "raw", "ID", "the message as it came", 1, 1, raw, true },
	{ 0 },
};
