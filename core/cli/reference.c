/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga reference list: things of the CRM, and the keys by which it knows them.
 */
#include "core/cli/cli.h"

/* The names that other systems have for a thing, each SYSTEM:KEY. */
json_t *cli_externals(struct cli *cli, const struct brg_id *object)
{
	struct brg_query q = cli_query(BRG_READ_EXTERNALS);
	json_t *array = json_array();
	struct brg_row *rows;
	size_t n = 0;

	q.other = *object;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_external_row *x = &rows[i].u.external;

		json_array_append_new(array,
				      cli_str(brg_cstr(arena_printf(cli->arena, "%s:%s",
								    x->system.ptr, x->key.ptr))));
	}
	return array;
}

static json_t *reference_json(struct cli *cli, const struct brg_reference_row *r)
{
	struct brg_query q = cli_query(BRG_READ_ADDRESSES);
	json_t *o = json_object(), *addresses = json_array();
	struct brg_row *rows;
	size_t n = 0;

	json_object_set_new(
		o, "reference",
		cli_str(brg_cstr(arena_printf(cli->arena, "%s/%s", r->kind.ptr, r->name.ptr))));
	json_object_set_new(o, "external", cli_externals(cli, &r->id));
	json_object_set_new(o, "title", cli_str(r->title));
	json_object_set_new(o, "link", cli_str(r->link));
	q.other = r->id;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_array_append_new(addresses, cli_str(rows[i].u.address.address));
	json_object_set_new(o, "addresses", addresses);
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "reference", "REFERENCE", false },
		{ "external", "EXTERNAL", false },
		{ "title", "TITLE", true },
		{ "addresses", "ADDRESSES", true },
		{ NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_REFERENCES);
	size_t n = 0, limit = cli->limit > 0 ? (size_t)cli->limit : 100;
	json_t *array = json_array();
	struct brg_row *rows;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK)
		return CLI_FAILED;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n && json_array_size(array) < limit; i++)
		if ((!argc || brg_str_eq(rows[i].u.reference.kind, brg_cstr(argv[0]))) &&
		    cli_sees_reference(cli, &rows[i].u.reference))
			json_array_append_new(array, reference_json(cli, &rows[i].u.reference));
	return cli_list(cli, array, columns, "no references");
}

const struct cli_command cli_reference[] = {
	{ "reference", "list", "[KIND]", "things of the CRM, with their external keys", 0, 1, list,
	  true },
	{ 0 },
};
