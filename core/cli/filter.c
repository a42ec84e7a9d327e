/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga filter list|show|fields|test|remove: which records the mailboxes of users get.
 */
#include "core/cli/cli.h"

#include "core/directory.h"
#include "core/regards.h"
#include "core/where.h"

#include <stdlib.h>

/* A filter and whose it is. */
struct found {
	struct brg_filter_row row;
	struct brg_owner_row owner; /* of a user's */
};

static struct brg_row *read_filters(struct cli *cli, size_t *n)
{
	struct brg_query q = cli_query(BRG_READ_FILTERS);

	return cli_read(cli, &q, n);
}

static bool read_owner(struct cli *cli, const struct brg_id *id, struct brg_owner_row *out)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	*out = (struct brg_owner_row){ .name = { "", 0 } };
	if (brg_id_is_nil(id))
		return true;
	q.id = *id;
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		*out = rows[0].u.owner;
	return rows != NULL;
}

static json_t *filter_json(struct cli *cli, const struct brg_filter_row *f)
{
	struct brg_owner_row owner;
	json_t *o = json_object();

	(void)read_owner(cli, &f->owner, &owner);
	json_object_set_new(o, "name", cli_str(f->name));
	json_object_set_new(o, "type", json_string(directory_filter_type(f->type)));
	json_object_set_new(o, "user", owner.name.len ? cli_str(owner.name) : json_null());
	json_object_set_new(o, "kind", json_string(field_kind_name(f->kind)));
	json_object_set_new(o, "active", json_boolean(f->active));
	json_object_set_new(o, "where", cli_str(f->text));
	return o;
}

/* Of a user: his own, and those that hold for all. */
static bool is_shown(const struct brg_filter_row *f, const struct brg_owner_row *user)
{
	return !user || f->type == BRG_FILTER_SYSTEM || brg_id_eq(&f->owner, &user->id);
}

bool cli_find_user(struct cli *cli, const char *name, struct brg_owner_row *out)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	q.number = BRG_USER;
	q.text = brg_cstr(name);
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		*out = rows[0].u.owner;
	else if (rows)
		cli_fail("there is no user %s", cli_show(cli, name));
	return rows && n;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "name", "FILTER", false },   { "type", "TYPE", false },
		{ "user", "USER", false },     { "kind", "KIND", false },
		{ "active", "ACTIVE", false }, { "where", "WHERE", true },
		{ NULL, NULL, false },
	};
	const struct brg_owner_row *user;
	struct brg_owner_row named;
	json_t *array;
	struct brg_row *rows;
	size_t n = 0;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK ||
	    (argc && !cli_find_user(cli, argv[0], &named)) || !(rows = read_filters(cli, &n)))
		return CLI_FAILED;
	user = argc ? &named : cli->viewer;
	if (cli->viewer && !brg_id_eq(&user->id, &cli->viewer->id))
		return cli_refuse(cli, &cli_others_filter, "user=%s\nother=%s",
				  cli_show(cli, cli->as), cli_show(cli, argv[0]));
	array = json_array();
	for (size_t i = 0; i < n; i++)
		if (is_shown(&rows[i].u.filter, user))
			json_array_append_new(array, filter_json(cli, &rows[i].u.filter));
	return cli_list(cli, array, columns, "no filters");
}

/* ---- one filter -----------------------------------------------------------------------------*/

/* Is it the one of this name: NAME, USER/NAME or TYPE/NAME? */
static bool is_named(const struct found *f, const char *text)
{
	const char *slash = strchr(text, '/');
	struct brg_str first;

	if (!slash)
		return brg_str_eq(f->row.name, brg_cstr(text));
	first = (struct brg_str){ text, (size_t)(slash - text) };
	return brg_str_eq(f->row.name, brg_cstr(slash + 1)) &&
	       brg_str_eq(first, f->row.type == BRG_FILTER_USER
					 ? f->owner.name
					 : brg_cstr(directory_filter_type(f->row.type)));
}

static bool find_filter(struct cli *cli, const char *name, struct found *out)
{
	struct brg_row *rows;
	struct found f;
	size_t n = 0, hits = 0;

	rows = read_filters(cli, &n);
	for (size_t i = 0; rows && i < n; i++) {
		f.row = rows[i].u.filter;
		if (!is_shown(&f.row, cli->viewer) || !read_owner(cli, &f.row.owner, &f.owner) ||
		    !is_named(&f, name))
			continue;
		*out = f;
		hits++;
	}
	if (rows && hits == 0)
		(void)cli_refuse(cli, &cli_no_filter, "name=%s", cli_show(cli, name));
	else if (hits > 1)
		(void)cli_refuse(cli, &cli_many_filters, "n=%zu\nname=%s", hits,
				 cli_show(cli, name));
	return hits == 1;
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct found f;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find_filter(cli, argv[0], &f))
		return CLI_FAILED;
	return cli_object(cli, filter_json(cli, &f.row));
}

/* The daemon looks at the user's mailboxes at once. */
static bool want(struct cli *cli, struct step *step, const struct brg_id *owner)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		if (brg_id_is_nil(owner) || brg_id_eq(&rows[i].u.mailbox.owner, owner))
			step_add(step, BRG_OP_WANT, BRG_ANY)->u.want =
				(struct brg_want){ rows[i].u.mailbox.id, BRG_ACT };
	return rows != NULL;
}

static int drop(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct found f;
	struct step step;

	(void)argc;
	if (cli_open(cli, cli->yes ? 0 : SETUP_READONLY) != CLI_OK ||
	    !find_filter(cli, argv[0], &f))
		return CLI_FAILED;
	if (cli->viewer && f.row.type != BRG_FILTER_USER)
		return cli_refuse(cli, &cli_for_administrator, "command=filter remove %s",
				  cli_show(cli, argv[0]));
	if (!cli->yes) {
		cli_note("this filter would be removed; --yes does it");
		return cli_object(cli, filter_json(cli, &f.row));
	}
	step_init(&step, cli->arena);
	step_add(&step, BRG_OP_FILTER_DROP, BRG_ANY)->u.filter = f.row;
	if (f.row.type != BRG_FILTER_TEMPLATE && !want(cli, &step, &f.row.owner))
		return CLI_FAILED;
	if (store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err) < 0)
		return cli_error(cli, &err);
	cli_wake(cli);
	return cli_done(cli, filter_json(cli, &f.row), "the filter %s is removed",
			cli_show(cli, argv[0]));
}

/* ---- what it matches ------------------------------------------------------------------------*/

/* What is tried, and for whom. */
struct trial {
	int kind;
	struct brg_str text;
	struct brg_owner_row user; /* `me`; nil: nobody */
};

static bool make_trial(struct cli *cli, int argc, char **argv, struct trial *out)
{
	struct found f = { 0 };

	*out = (struct trial){ 0 };
	if (argc ? cli->where || cli->kind : !cli->where || !cli->kind) {
		(void)cli_refuse(cli, &cli_filter_or_where, "%s", "");
		return false;
	}
	if (argc && !find_filter(cli, argv[0], &f))
		return false;
	out->kind = argc ? f.row.kind : field_kind(brg_cstr(cli->kind));
	out->text = argc ? f.row.text : brg_cstr(cli->where);
	if (out->kind < BRG_CONTACT || out->kind > BRG_APPOINTMENT) {
		(void)cli_refuse(cli, &cli_act_kind, "value=%s", cli_show(cli, cli->kind));
		return false;
	}
	out->user = cli->viewer ? *cli->viewer : f.owner;
	return true;
}

static int find_reference(void *ctx, struct brg_str name, struct brg_id *out, struct brg_err *err)
{
	struct cli *cli = ctx;
	struct brg_query q = cli_query(BRG_READ_REFERENCES);
	struct brg_str first, second;
	struct brg_row row;
	bool external;
	int rc;

	if (!regards_split(name, &first, &second, &external))
		return 0;
	if (external)
		q.what = BRG_READ_EXTERNALS;
	q.remote = first;
	q.text = second;
	rc = store_one(&cli->setup.engine.store, &q, cli->arena, &row, err);
	if (rc > 0)
		*out = external ? row.u.external.object : row.u.reference.id;
	return rc;
}

const struct brg_expr *cli_bind(struct cli *cli, int kind, struct brg_str text,
				const struct brg_owner_row *user, struct brg_err *err)
{
	struct owner_settings owner = { 0 };
	struct settings settings = { 0 };
	struct engine *e = &cli->setup.engine;
	const struct regards_lookup lookup = { find_reference, cli };
	const struct where *where;
	struct brg_str resolved;

	/* As written first, so that columns are those of what was written. */
	if (where_check(e->sync->table, kind, text, cli->arena, err) < 0 ||
	    settings_add_json(&settings, user->settings, cli->arena, err) < 0 ||
	    options_fill(owner_options, &owner, settings.at, settings.n, cli->arena, err) < 0 ||
	    regards_resolve(text, &lookup, cli->arena, &resolved, err) < 0 ||
	    where_parse(e->sync->table, kind, resolved, cli->arena, &where, err) < 0)
		return NULL;
	return where_bind(where, &user->id, e->now_us(e), brg_cstr(owner.zone), cli->arena);
}

struct matches {
	struct cli *cli;
	json_t *array;
	int64_t n, most;
};

static json_t *match_json(const struct brg_record_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", cli_id(&r->id));
	json_object_set_new(o, "kind", json_string(field_kind_name(r->kind)));
	json_object_set_new(o, "title", cli_title(r));
	json_object_set_new(o, "modified", cli_time(r->modified_us));
	return o;
}

static int on_match(void *arg, const struct brg_row *row)
{
	struct matches *m = arg;

	if (m->n++ < m->most)
		json_array_append_new(m->array, match_json(&row->u.record));
	return 0;
}

static int test(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false },
		{ "title", "TITLE", true },
		{ "modified", "MODIFIED", false },
		{ NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_MATCHES);
	struct matches m = { cli, NULL, 0, cli->limit > 0 ? cli->limit : 100 };
	struct store *store = &cli->setup.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	struct trial t;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !make_trial(cli, argc, argv, &t))
		return CLI_FAILED;
	q.number = t.kind;
	q.viewer = t.user.id;
	q.expr = cli_bind(cli, t.kind, t.text, &t.user, &err);
	m.array = json_array();
	if (!q.expr || store->ops->read(store->self, &q, on_match, &m, &err) < 0) {
		json_decref(m.array);
		return cli_error(cli, &err);
	}
	if (cli->json)
		return cli_object(cli, json_pack("{s:I, s:o}", "matches", (json_int_t)m.n,
						 "records", m.array));
	printf("%lld %s\n", (long long)m.n, m.n == 1 ? "record matches" : "records match");
	return m.n ? cli_list(cli, m.array, columns, "") : (json_decref(m.array), CLI_OK);
}

/* ---- what can be compared -------------------------------------------------------------------*/

static const char *type_name(int type)
{
	static const char *const names[] = { "",     "text", "integer", "flag",	 "moment",
					     "wall", "date", "list",	"choice" };

	return type < (int)(sizeof(names) / sizeof(names[0])) ? names[type] : "";
}

static json_t *field_json(struct cli *cli, int kind, const struct field *field)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(field_kind_name(kind)));
	json_object_set_new(o, "name", json_string(field->name));
	json_object_set_new(o, "label", field->label ? json_string(field->label) : json_null());
	json_object_set_new(o, "type", json_string(type_name(field->type)));
	json_object_set_new(o, "words", field->words ? json_string(field->words) : json_null());
	json_object_set_new(o, "operators", json_string(where_operators(field, cli->arena)));
	return o;
}

static void add_fields(struct cli *cli, int kind, json_t *array)
{
	const struct field_set *set = &cli->config->sync.table->kinds[kind];

	for (size_t i = 0; where_beside_at(i); i++)
		json_array_append_new(array, field_json(cli, kind, where_beside_at(i)));
	for (size_t i = 0; i < set->n; i++)
		json_array_append_new(array, field_json(cli, kind, &set->at[i]));
}

static int list_fields(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "kind", "KIND", false },  { "name", "FIELD", false },
		{ "type", "TYPE", false },  { "operators", "OPERATORS", false },
		{ "words", "WORDS", true }, { NULL, NULL, false },
	};
	const int only = cli->kind ? field_kind(brg_cstr(cli->kind)) : 0;
	json_t *array;

	(void)argc;
	(void)argv;
	if (cli->kind && (only < BRG_CONTACT || only > BRG_APPOINTMENT))
		return cli_refuse(cli, &cli_act_kind, "value=%s", cli_show(cli, cli->kind));
	if (cli_config(cli) != CLI_OK)
		return CLI_FAILED;
	array = json_array();
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
		if (!only || only == kind)
			add_fields(cli, kind, array);
	return cli_list(cli, array, columns, "no fields");
}

const struct cli_command cli_filter[] = {
	{ "filter", "list", "[USER]", "sync filters: which records mailboxes get", 0, 1, list,
	  true },
	{ "filter", "show", "NAME", "one of them: NAME, USER/NAME or TYPE/NAME", 1, 1, show, true },
	{ "filter", "fields", "", "the fields of each kind, and what filters compare them by", 0, 0,
	  list_fields, true },
	{ "filter", "test", "[NAME]", "what it matches now, or what --where and --kind would", 0, 1,
	  test, true },
	{ "filter", "remove", "NAME [--yes]", "remove it; without --yes: only show it", 1, 1, drop,
	  true },
	{ 0 },
};
