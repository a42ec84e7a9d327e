/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga conflict list|show|resolve: what both sides changed and a person decides.
 */
#include "core/cli/cli.h"
#include "core/edit.h"
#include "core/id.h"
#include "core/record.h"

/* ---- looking --------------------------------------------------------------------------------*/

static const char *state_of(const struct brg_conflict_row *c)
{
	if (c->closed_us)
		return "over";
	return c->resolution == BRG_TAKE_RECORD ? "ours"
	       : c->resolution == BRG_TAKE_ITEM ? "theirs"
						: "waits";
}

static bool find_record(struct cli *cli, const struct brg_id *id, struct brg_record_row *out)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	cli_viewer(cli, &q);
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		*out = rows[0].u.record;
	return rows && n;
}

static json_t *head_json(struct cli *cli, const struct brg_conflict_row *c,
			 const struct brg_record_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "conflict", cli_id(&c->id));
	json_object_set_new(o, "record", cli_id(&c->record));
	json_object_set_new(o, "kind", json_string(field_kind_name(r->kind)));
	json_object_set_new(o, "title", cli_title(r));
	json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &c->mailbox));
	json_object_set_new(o, "group", cli_str(c->group));
	json_object_set_new(o, "opened", cli_time(c->opened_us));
	json_object_set_new(o, "state", json_string(state_of(c)));
	return o;
}

static json_t *conflict_json(struct cli *cli, const struct brg_row *row)
{
	struct brg_record_row r = { .kind = 0 };

	(void)find_record(cli, &row->u.conflict.record, &r);
	return head_json(cli, &row->u.conflict, &r);
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "conflict", "CONFLICT", false }, { "kind", "KIND", false },
		{ "title", "TITLE", true },	   { "mailbox", "MAILBOX", true },
		{ "group", "GROUP", true },	   { "opened", "SINCE", false },
		{ "state", "STATE", false },	   { NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_CONFLICTS);
	struct brg_mailbox_row m;
	json_t *array;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || (argc && !cli_own_mailbox(cli, argv[0], &m)))
		return CLI_FAILED;
	if (argc)
		q.mailbox = m.id;
	array = json_array();
	if (!cli_gather(cli, array, &q, &q.mailbox, 0, conflict_json)) {
		json_decref(array);
		return CLI_FAILED;
	}
	return cli_list(cli, array, columns, "no conflicts");
}

/* Which are meant: one by its id, or those of a record, or of one group of it. */
struct choice {
	struct brg_row *rows;
	size_t n;
	struct brg_record_row record;
};

static bool no_conflict(struct cli *cli, const char *name)
{
	(void)cli_refuse(cli, &cli_no_conflict, "name=%s", cli_show(cli, name));
	return false;
}

static void keep_group(struct choice *c, struct brg_str group)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (brg_str_eq(c->rows[i].u.conflict.group, group))
			c->rows[n++] = c->rows[i];
	c->n = n;
}

static bool choose(struct cli *cli, int argc, char **argv, struct choice *out)
{
	struct brg_query q = cli_query(BRG_READ_CONFLICTS);
	struct brg_id id;

	if (!cli_parse_id(argv[0], &id))
		return no_conflict(cli, argv[0]);
	q.id = id;
	out->rows = cli_read(cli, &q, &out->n);
	if (out->rows && out->n == 0) {
		q.id = (struct brg_id){ { 0 } };
		q.other = id;
		out->rows = cli_read(cli, &q, &out->n);
	}
	if (!out->rows)
		return false;
	if (argc > 1)
		keep_group(out, brg_cstr(argv[1]));
	if (out->n == 0 || !find_record(cli, &out->rows[0].u.conflict.record, &out->record))
		return no_conflict(cli, argc > 1 ? argv[1] : argv[0]);
	return true;
}

/* ---- side by side ---------------------------------------------------------------------------*/

static json_t *side(struct cli *cli, int kind, struct brg_str json)
{
	struct brg_err err = BRG_ERR_INIT;
	struct image image;

	if (cli->json || image_from_json(cli->setup.engine.sync->table, kind, json, cli->arena,
					 &image, &err) < 0)
		return json_loadb(json.ptr, json.len, 0, NULL);
	return cli_values(cli, kind, &image);
}

/* All names that one of the sides has. */
static json_t *rows_json(struct cli *cli, int kind, const struct brg_conflict_row *c)
{
	json_t *sides[] = { side(cli, kind, c->base), side(cli, kind, c->ours),
			    side(cli, kind, c->theirs) };
	static const char *const names[] = { "base", "ours", "theirs" };
	json_t *rows = json_array(), *all = json_object(), *v;
	const char *key;

	for (int i = 0; i < 3; i++)
		json_object_update(all, sides[i]);
	json_object_foreach(all, key, v)
	{
		json_t *o = json_object();

		json_object_set_new(o, "field", json_string(key));
		for (int i = 0; i < 3; i++) {
			json_t *value = json_object_get(sides[i], key);

			json_object_set_new(o, names[i], value ? json_incref(value) : json_null());
		}
		json_array_append_new(rows, o);
	}
	for (int i = 0; i < 3; i++)
		json_decref(sides[i]);
	json_decref(all);
	return rows;
}

static void print_one(struct cli *cli, const struct brg_conflict_row *c,
		      const struct brg_record_row *r)
{
	static const struct cli_column columns[] = {
		{ "field", "FIELD", false },  { "base", "WAS", true }, { "ours", "OURS", true },
		{ "theirs", "THEIRS", true }, { NULL, NULL, false },
	};

	(void)cli_object(cli, head_json(cli, c, r));
	putchar('\n');
	(void)cli_list(cli, rows_json(cli, r->kind, c), columns, "no values any more");
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct choice c;
	json_t *array;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !choose(cli, argc, argv, &c))
		return CLI_FAILED;
	if (cli->json) {
		array = json_array();
		for (size_t i = 0; i < c.n; i++) {
			const struct brg_conflict_row *row = &c.rows[i].u.conflict;
			json_t *o = head_json(cli, row, &c.record);

			json_object_set_new(o, "fields", rows_json(cli, c.record.kind, row));
			json_array_append_new(array, o);
		}
		return cli_list(cli, array, NULL, "");
	}
	for (size_t i = 0; i < c.n; i++) {
		if (i)
			putchar('\n');
		print_one(cli, &c.rows[i].u.conflict, &c.record);
	}
	return CLI_OK;
}

/* ---- deciding -------------------------------------------------------------------------------*/

/* The visit closes it when it has carried it out. The link is written too, on the condition that
 * it is as it was: a visit that just now looks at it, without knowing of this, begins again. */
static int add_resolution(struct cli *cli, struct step *step, struct brg_conflict_row c,
			  int resolution)
{
	struct brg_query q = cli_query(BRG_READ_LINK);
	struct brg_op *op;
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = c.mailbox;
	q.id = c.link;
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return CLI_FAILED;
	if (n == 0 || c.closed_us)
		return cli_refuse(cli, &cli_settled, "side=%s",
				  c.resolution == BRG_TAKE_RECORD ? "ours"
				  : c.resolution == BRG_TAKE_ITEM ? "theirs"
								  : "-");
	op = step_add(step, BRG_OP_LINK, rows[0].u.link.version);
	op->u.link = rows[0].u.link;
	op->u.link.recheck = true;
	c.resolution = resolution;
	c.who = cli_who(cli);
	step_add(step, BRG_OP_CONFLICT, BRG_ANY)->u.conflict = c;
	step_add(step, BRG_OP_WANT, BRG_ANY)->u.want = (struct brg_want){ c.mailbox, BRG_ACT };
	return CLI_OK;
}

static int resolve_one(struct cli *cli, const struct brg_id *id, int resolution)
{
	struct brg_query q = cli_query(BRG_READ_CONFLICTS);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	size_t n = 0;

	q.id = *id;
	for (int tries = 0; tries < 5; tries++) {
		int rc;

		step_init(&step, cli->arena);
		rows = cli_read(cli, &q, &n);
		if (!rows || n == 0 ||
		    add_resolution(cli, &step, rows[0].u.conflict, resolution) != CLI_OK)
			return CLI_FAILED;
		rc = store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err);
		if (rc < 0)
			return cli_error(cli, &err);
		if (rc == BRG_COMMITTED)
			return CLI_OK;
	}
	return cli_refuse(cli, &edit_raced, "%s", "");
}

static int resolve(struct cli *cli, int argc, char **argv)
{
	int resolution = cli->ours ? BRG_TAKE_RECORD : BRG_TAKE_ITEM;
	const char *word = cli->ours ? "ours" : "theirs";
	struct choice c;

	if (cli_open(cli, 0) != CLI_OK)
		return CLI_FAILED;
	if (cli->ours == cli->theirs)
		return cli_refuse(cli, &cli_ours_or_theirs, "%s", "");
	if (!choose(cli, argc, argv, &c))
		return CLI_FAILED;
	for (size_t i = 0; i < c.n; i++) {
		const struct brg_conflict_row *row = &c.rows[i].u.conflict;

		if (cli->viewer && !brg_id_eq(&c.record.owner, &cli->viewer->id))
			return cli_refuse(cli, &cli_others_record, "user=%s\nrecord=%s",
					  cli_show(cli, cli->as), argv[0]);
		if (resolve_one(cli, &row->id, resolution) != CLI_OK)
			return CLI_FAILED;
	}
	cli_wake(cli);
	return cli_done(cli, json_pack("{s:I, s:s}", "resolved", (json_int_t)c.n, "side", word),
			"%zu %s settled: %s; the mailbox's next visit carries it out", c.n,
			c.n == 1 ? "conflict is" : "conflicts are", word);
}

const struct cli_command cli_conflict[] = {
	{ "conflict", "list", "[MAILBOX]", "what both sides changed and waits for a person", 0, 1,
	  list, true },
	{ "conflict", "show", "CONFLICT|RECORD [GROUP]", "as it was, ours, theirs", 1, 2, show,
	  true },
	{ "conflict", "resolve", "CONFLICT|RECORD [GROUP] --ours|--theirs", "decide it", 1, 2,
	  resolve, true },
	{ 0 },
};
