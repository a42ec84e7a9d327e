/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga record new|edit|delete, field list: contacts, tasks and appointments by hand.
 */
#include "core/edit.h"

#include "core/cli/cli.h"
#include "core/cli/value.h"
#include "core/id.h"

#include <stdlib.h>

/* For the history: who it was. */
#define ADMINISTRATOR "administrator"

struct brg_str cli_who(const struct cli *cli)
{
	return brg_cstr(cli->as ? cli->as : ADMINISTRATOR);
}

/* ---- what is written ------------------------------------------------------------------------*/

static bool zone_of(struct cli *cli, const struct brg_id *id, struct brg_str *zone)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct owner_settings owner = { 0 };
	struct settings settings = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = cli_read(cli, &q, &n);
	*zone = brg_cstr("UTC");
	if (!rows || n == 0)
		return rows != NULL;
	if (settings_add_json(&settings, rows[0].u.owner.settings, cli->arena, &err) < 0 ||
	    options_fill(owner_options, &owner, settings.at, settings.n, cli->arena, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	*zone = brg_cstr(owner.zone);
	return true;
}

static bool fields_of_file(struct cli *cli, int kind, struct image *out)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_blob *blob;
	struct brg_str text;

	if (!cli_read_file(cli, cli->fields, &blob))
		return false;
	text = (struct brg_str){ arena_alloc(cli->arena, blob_len(blob) + 1), blob_len(blob) };
	if (blob_read(blob, 0, (void *)(uintptr_t)text.ptr, text.len, &err) < 0 ||
	    edit_fields(&cli->setup.engine, kind, text, cli->arena, out, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	return true;
}

/* Of the words behind the command, or of --fields. `base`: the record; NULL: a new one. */
static bool read_fields(struct cli *cli, int kind, const struct brg_id *owner,
			const struct image *base, char **words, int n, struct image *out)
{
	struct engine *e = &cli->setup.engine;
	struct value_ctx ctx = { .table = e->sync->table,
				 .kind = kind,
				 .base = base,
				 .now_us = e->now_us(e),
				 .arena = cli->arena };
	struct brg_err err = BRG_ERR_INIT;

	if ((n > 0) == (cli->fields != NULL)) {
		(void)cli_refuse(cli, &cli_fields_or_words, "%s", "");
		return false;
	}
	if (cli->fields)
		return fields_of_file(cli, kind, out);
	if (!zone_of(cli, owner, &ctx.zone))
		return false;
	if (value_read(&ctx, words, (size_t)n, out, &err) == 0)
		return true;
	cli_error(cli, &err);
	return false;
}

bool cli_version(struct cli *cli, const char *option, const char *text, int64_t *out)
{
	char *end;

	*out = 0;
	if (!text)
		return true;
	*out = strtoll(text, &end, 10);
	if (*out >= 0 && *end == '\0' && end != text && *text >= '0' && *text <= '9')
		return true;
	(void)cli_refuse(cli, &cli_bad_version, "option=%s\nvalue=%s", option, cli_show(cli, text));
	return false;
}

/* ---- doing it -------------------------------------------------------------------------------*/

static json_t *outcome(const struct edited *edited)
{
	json_t *o = json_object();

	json_object_set_new(o, "record", cli_id(&edited->now.row.id));
	json_object_set_new(o, "kind", json_string(field_kind_name(edited->now.row.kind)));
	json_object_set_new(o, "version", json_integer(edited->now.row.version));
	json_object_set_new(o, "changed", json_boolean(edited->changed));
	return o;
}

static bool do_edit(struct cli *cli, struct edit *edit, struct edited *out)
{
	struct engine *e = &cli->setup.engine;
	struct brg_err err = BRG_ERR_INIT;

	edit->who = cli_who(cli);
	edit->run = id_new(e->now_us(e));
	if (edit_do(e, cli->arena, edit, out, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	cli_wake(cli);
	return true;
}

/* --owner, or for whom it is done. */
static bool find_owner(struct cli *cli, struct brg_id *out)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_err err = BRG_ERR_INIT;
	const char *name = cli->owner ? cli->owner : cli->as;
	struct brg_row *rows;
	size_t n = 0;

	if (!name) {
		(void)cli_refuse(cli, &cli_no_owner, "%s", "");
		return false;
	}
	q.text = brg_cstr(name);
	q.number = BRG_USER;
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n == 0) {
		(void)brg_fail(&err, &edit_no_owner, "owner=%s", cli_show(cli, name));
		(void)cli_error(cli, &err);
		return false;
	}
	*out = rows[0].u.owner.id;
	if (!cli->viewer || brg_id_eq(out, &cli->viewer->id))
		return true;
	(void)cli_refuse(cli, &cli_others_record, "user=%s\nrecord=%s", cli_show(cli, cli->as),
			 cli_show(cli, name));
	return false;
}

static int new (struct cli *cli, int argc, char **argv)
{
	struct edit edit = { .type = EDIT_NEW, .kind = field_kind(brg_cstr(argv[0])) };
	struct brg_err err = BRG_ERR_INIT;
	struct edited edited;
	char id[ID_TEXT];

	if (edit.kind < BRG_CONTACT || edit.kind > BRG_APPOINTMENT) {
		if (cli_config(cli) == CLI_OK) {
			(void)brg_fail(&err, &edit_no_kind, "kind=%s", cli_show(cli, argv[0]));
			(void)cli_error(cli, &err);
		}
		return CLI_FAILED;
	}
	if (cli_open(cli, 0) != CLI_OK || !find_owner(cli, &edit.owner) ||
	    !read_fields(cli, edit.kind, &edit.owner, NULL, argv + 1, argc - 1, &edit.over) ||
	    !do_edit(cli, &edit, &edited))
		return CLI_FAILED;
	id_format(&edited.now.row.id, id);
	return cli_done(cli, outcome(&edited), "%s", id);
}

bool cli_own_record(struct cli *cli, const char *id, struct brg_record_row *out)
{
	if (!cli_find_record(cli, id, out))
		return false;
	if (!cli->viewer || brg_id_eq(&out->owner, &cli->viewer->id))
		return true;
	(void)cli_refuse(cli, &cli_others_record, "user=%s\nrecord=%s", cli_show(cli, cli->as), id);
	return false;
}

/* The record that is to be edited, and --if-version. */
static bool begin(struct cli *cli, const char *id, struct edit *edit, struct brg_record_row *row)
{
	if (cli_open(cli, 0) != CLI_OK ||
	    !cli_version(cli, "--if-version", cli->if_version, &edit->expect) ||
	    !cli_own_record(cli, id, row))
		return false;
	edit->record = row->id;
	edit->kind = row->kind;
	return true;
}

static int edit_one(struct cli *cli, int argc, char **argv)
{
	struct edit edit = { .type = EDIT_CHANGE };
	struct brg_err err = BRG_ERR_INIT;
	struct record record;
	struct edited edited;

	if (!begin(cli, argv[0], &edit, &record.row))
		return CLI_FAILED;
	if (edit.kind != BRG_EMAIL) { /* of which edit_do() says that it is none */
		if (record_decode(&cli->setup.engine, &record.row, cli->arena, &record, &err) < 0)
			return cli_error(cli, &err);
		if (!read_fields(cli, edit.kind, &record.row.owner, &record.image, argv + 1,
				 argc - 1, &edit.over))
			return CLI_FAILED;
	}
	if (!do_edit(cli, &edit, &edited))
		return CLI_FAILED;
	return cli_done(cli, outcome(&edited),
			edited.changed ? "%s has version %lld now"
				       : "%s is so already, version %lld",
			argv[0], (long long)edited.now.row.version);
}

static int delete (struct cli *cli, int argc, char **argv)
{
	struct edit edit = { .type = EDIT_DELETE };
	struct brg_record_row row;
	struct edited edited;

	(void)argc;
	if (!begin(cli, argv[0], &edit, &row) || !do_edit(cli, &edit, &edited))
		return CLI_FAILED;
	return cli_done(cli, outcome(&edited), "%s is deleted; `brygga undo %s` brings it back",
			argv[0], argv[0]);
}

/* ---- which fields there are -----------------------------------------------------------------*/

static json_t *field_json(const struct field_set *set, size_t i, int kind)
{
	static const char *const types[] = { "-",    "text", "integer", "flag",	 "moment",
					     "wall", "date", "list",	"choice" };
	const struct field *f = &set->at[i];
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(field_kind_name(kind)));
	json_object_set_new(o, "field", json_string(f->name));
	json_object_set_new(o, "type", json_string(types[f->type]));
	json_object_set_new(o, "group", json_string(set->group_names[set->group_of[i]]));
	json_object_set_new(o, "label", json_string(f->label));
	json_object_set_new(o, "values", json_string(f->words ? f->words : ""));
	return o;
}

static int list_fields(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "kind", "KIND", false },    { "field", "FIELD", false },
		{ "type", "TYPE", false },    { "group", "GROUP", false },
		{ "label", "MEANING", true }, { "values", "VALUES", true },
		{ NULL, NULL, false },
	};
	int only = argc ? field_kind(brg_cstr(argv[0])) : 0;
	json_t *array;

	if (cli_config(cli) != CLI_OK)
		return CLI_FAILED;
	if (argc && (only < BRG_CONTACT || only > BRG_APPOINTMENT))
		return cli_refuse(cli, &cli_act_kind, "value=%s", cli_show(cli, argv[0]));
	array = json_array();
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
		const struct field_set *set = &cli->config->sync.table->kinds[kind];

		for (size_t i = 0; i < set->n && (!only || only == kind); i++)
			json_array_append_new(array, field_json(set, i, kind));
	}
	return cli_list(cli, array, columns, "no fields");
}

const struct cli_command cli_edit[] = {
	{ "record", "new", "KIND FIELD=VALUE ...",
	  "make a contact, task or appointment; --owner, --fields", 1, -1, new, true },
	{ "record", "edit", "ID FIELD=VALUE ...", "change it; --fields, --if-version", 1, -1,
	  edit_one, true },
	{ "record", "delete", "ID", "delete it; --if-version", 1, 1, delete, true },
	{ "field", "list", "[KIND]", "the fields of contacts, tasks and appointments", 0, 1,
	  list_fields, true },
	{ 0 },
};
