/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record list|show|raw.
 */
#include "core/body.h"
#include "core/cli/cli.h"
#include "core/id.h"

#include <unistd.h>

static json_t *record_json(const struct brg_record_row *r)
{
	static const char *const kinds[] = { "-", "email", "contact", "task", "appointment" };
	json_t *o = json_object(), *fields = json_loadb(r->fields.ptr, r->fields.len, 0, NULL);

	json_object_set_new(o, "id", cli_id(&r->id));
	json_object_set_new(o, "kind",
			    json_string(kinds[r->kind > 0 && r->kind < 5 ? r->kind : 0]));
	json_object_set_new(o, "received", cli_time(r->sorted_us));
	json_object_set_new(o, "version", json_integer(r->version));
	json_object_set_new(o, "octets", json_integer((json_int_t)r->body_octets));
	if (fields)
		json_object_update(o, fields);
	json_decref(fields);
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false },    { "received", "RECEIVED", false },
		{ "from", "FROM", true },     { "subject", "SUBJECT", true },
		{ "octets", "BYTES", false }, { NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	json_t *array;
	struct brg_mailbox_row m;
	struct brg_row *rows;
	size_t n;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	if (argc && !cli_find_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	array = json_array();
	if (argc)
		q.mailbox = m.id;
	q.limit = cli->limit > 0 ? (uint32_t)cli->limit : 100;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_array_append_new(array, record_json(&rows[i].u.record));
	return cli_list(cli, array, columns, "no records yet");
}

static bool find_record(struct cli *cli, const char *id, struct brg_record_row *out)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n;

	if (id_parse(brg_cstr(id), &q.id) < 0) {
		cli_fail("%s is no record id; `brygga record list` shows them", id);
		return false;
	}
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n == 0) {
		cli_fail("no record has the id %s", id);
		return false;
	}
	*out = rows[0].u.record;
	return true;
}

static json_t *mailbox_name(struct cli *cli, const struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = cli_read(cli, &q, &n);
	return rows && n ? cli_str(rows[0].u.mailbox.name) : json_null();
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_LINKS);
	json_t *o, *links;
	struct brg_record_row r;
	struct brg_row *rows;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find_record(cli, argv[0], &r))
		return CLI_FAILED;
	o = record_json(&r);
	links = json_array();
	q.other = r.id;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		json_t *link = json_object();

		json_object_set_new(link, "mailbox", cli_id(&rows[i].u.link.mailbox));
		json_object_set_new(link, "name", mailbox_name(cli, &rows[i].u.link.mailbox));
		json_object_set_new(link, "remote_id", cli_str(rows[i].u.link.remote_id));
		json_object_set_new(link, "on_server", json_boolean(rows[i].u.link.live));
		json_array_append_new(links, link);
	}
	json_object_set_new(o, "links", links);
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
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find_record(cli, argv[0], &r))
		return CLI_FAILED;
	if (body_read(&cli->setup.engine.store, &r.body, put_raw, NULL, &err) < 0)
		return cli_error(cli, &err);
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

const struct cli_command cli_record[] = {
	{ "record", "list", "[MAILBOX] [--limit N]", "records, newest first", 0, 1, list },
	{ "record", "show", "ID", "one record and where it is linked", 1, 1, show },
	{ "record", "raw", "ID", "the message as it came", 1, 1, raw },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};
