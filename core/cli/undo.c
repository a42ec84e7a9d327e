/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga undo: a record, or all that a visit or command has changed, as it was before.
 */
#include "core/undo.h"

#include "core/cli/cli.h"
#include "core/edit.h"
#include "core/id.h"

#define HISTORY_MAX 10000

/* What is to be undone of a record. */
struct target {
	struct brg_id run; /* nil: by version */
	int64_t to;	   /* back to this version; < 0: the last change */
};

/* A record with its history, and what undoing would do. */
struct work {
	struct record now;
	struct undo undo;
	struct brg_row *rows;
	bool *chosen;
	size_t n, n_chosen;
};

/* `n`: so many were chosen of those that are newer. */
static bool is_chosen(const struct target *t, const struct brg_history_row *h, size_t n)
{
	if (record_is_rezoned(h))
		return false;
	if (!brg_id_is_nil(&t->run))
		return brg_id_eq(&h->run, &t->run);
	return t->to < 0 ? n == 0 : h->version > t->to;
}

static int look(struct cli *cli, const struct brg_id *record, const struct target *t,
		struct work *w)
{
	struct brg_query q = cli_query(BRG_READ_HISTORY);
	struct engine *e = &cli->setup.engine;
	struct brg_err err = BRG_ERR_INIT;
	unsigned flags = cli->force ? UNDO_FORCE : 0;

	*w = (struct work){ 0 };
	if (record_read(e, record, cli->arena, &w->now, &err) < 0)
		return cli_error(cli, &err);
	q.other = *record;
	q.limit = HISTORY_MAX;
	w->rows = cli_read(cli, &q, &w->n);
	if (!w->rows)
		return CLI_FAILED;
	w->chosen = arena_alloc(cli->arena, w->n + 1);
	for (size_t i = 0; i < w->n; i++) {
		w->chosen[i] = is_chosen(t, &w->rows[i].u.history, w->n_chosen);
		w->n_chosen += w->chosen[i];
	}
	if (brg_id_is_nil(&t->run) && t->to < 0)
		flags |= UNDO_LOSSES;
	if (undo_look(e->sync->table, &w->now, w->rows, w->chosen, w->n, flags, cli->arena,
		      &w->undo, &err) < 0)
		return cli_error(cli, &err);
	return CLI_OK;
}

/* ---- what is said ---------------------------------------------------------------------------*/

static const char *what_done(const struct undo *u)
{
	if (u->deletes)
		return "delete";
	if (u->revives)
		return u->changes ? "bring back, set back" : "bring back";
	return u->changes ? "set back" : "nothing";
}

/* Which fields would change, with what they are and what they would be. */
static json_t *changes_json(struct cli *cli, const struct work *w)
{
	json_t *now = cli_values(cli, w->now.row.kind, &w->now.image);
	json_t *then = cli_values(cli, w->now.row.kind, &w->undo.image);
	json_t *array = json_array(), *all = json_copy(now), *v;
	const char *key;

	json_object_update(all, then);
	json_object_foreach(all, key, v)
	{
		json_t *from = json_object_get(now, key), *to = json_object_get(then, key);

		if (json_equal(from, to))
			continue;
		json_array_append_new(array, json_pack("{s:s, s:O?, s:O?}", "field", key, "from",
						       from, "to", to));
	}
	json_decref(now);
	json_decref(then);
	json_decref(all);
	return array;
}

static json_t *work_json(struct cli *cli, const struct work *w)
{
	json_t *o = json_object(), *left = json_array();

	json_object_set_new(o, "record", cli_id(&w->now.row.id));
	json_object_set_new(o, "kind", json_string(field_kind_name(w->now.row.kind)));
	json_object_set_new(o, "title", cli_title(&w->now.row));
	json_object_set_new(o, "undo", json_string(what_done(&w->undo)));
	json_object_set_new(o, "changes", w->undo.changes ? changes_json(cli, w) : json_array());
	for (size_t i = 0; i < w->undo.n_left; i++)
		json_array_append_new(left, cli_str(w->undo.left[i]));
	json_object_set_new(o, "left", left);
	return o;
}

static const char *value_words(const json_t *v, struct brg_arena *arena)
{
	if (json_is_string(v))
		return arena_printf(arena, "\"%s\"", json_string_value(v));
	return json_is_array(v) ? "..." : "nothing";
}

static int print_all(struct cli *cli, json_t *array)
{
	json_t *o, *change, *group;
	size_t i, k;

	if (cli->json)
		return cli_list(cli, array, NULL, "");
	json_array_foreach(array, i, o)
	{
		printf("%s  %s  %s: %s\n", json_string_value(json_object_get(o, "record")),
		       json_string_value(json_object_get(o, "kind")),
		       cli_show(cli, json_string_value(json_object_get(o, "title"))),
		       json_string_value(json_object_get(o, "undo")));
		json_array_foreach(json_object_get(o, "changes"), k, change)
		{
			const char *from = value_words(json_object_get(change, "from"), cli->arena);
			const char *to = value_words(json_object_get(change, "to"), cli->arena);

			printf("  %s: %s -> %s\n",
			       json_string_value(json_object_get(change, "field")),
			       cli_show(cli, from), cli_show(cli, to));
		}
		json_array_foreach(json_object_get(o, "left"), k, group)
			printf("  %s was changed again since and stays; --force sets it back\n",
			       json_string_value(group));
	}
	json_decref(array);
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* ---- doing it -------------------------------------------------------------------------------*/

static bool does_something(const struct undo *u)
{
	return u->changes || u->deletes || u->revives;
}

static int undo_one(struct cli *cli, const struct brg_id *record, const struct target *t,
		    const struct brg_id *run, json_t *array)
{
	struct engine *e = &cli->setup.engine;
	struct brg_err err = BRG_ERR_INIT;
	struct step step;
	int rc = BRG_REFUSED;
	char id[ID_TEXT];
	struct work w;

	for (int tries = 0; rc == BRG_REFUSED && tries < 5; tries++) {
		if (look(cli, record, t, &w) != CLI_OK)
			return CLI_FAILED;
		step_init(&step, cli->arena);
		if (cli->dry_run || !does_something(&w.undo))
			break;
		if (w.undo.deletes && w.now.row.held)
			return cli_refuse(cli, &edit_held, "record=%s", id_format(record, id));
		if (undo_add(e, &step, &w.now, &w.undo, cli_who(cli), run, &err) < 0)
			return cli_error(cli, &err);
		rc = store_commit(&e->store, &step, BRG_DURABLE, NULL, &err);
		if (rc < 0)
			return cli_error(cli, &err);
	}
	if (rc == BRG_REFUSED && !cli->dry_run && does_something(&w.undo))
		return cli_refuse(cli, &edit_raced, "%s", "");
	json_array_append_new(array, work_json(cli, &w));
	return CLI_OK;
}

static int undo_record(struct cli *cli, const char *id, const struct brg_id *run, json_t *array)
{
	struct target t = { .to = -1 };
	struct brg_record_row row;

	if (!cli_own_record(cli, id, &row))
		return CLI_FAILED;
	if (cli->to && !cli_version(cli, "--to", cli->to, &t.to))
		return CLI_FAILED;
	if (row.kind == BRG_EMAIL)
		return cli_refuse(cli, &cli_no_history, "what=%s", id);
	return undo_one(cli, &row.id, &t, run, array);
}

/* Each record that it has changed, once. */
static int undo_visit(struct cli *cli, const struct brg_id *run, json_t *array)
{
	struct brg_query q = cli_query(BRG_READ_HISTORY);
	struct target t = { .to = -1 };
	struct brg_row *rows;
	size_t n = 0;

	if (!cli_parse_id(cli->visit, &t.run))
		return cli_refuse(cli, &cli_no_history, "what=%s", cli_show(cli, cli->visit));
	q.text = (struct brg_str){ (const char *)t.run.b, sizeof(t.run.b) };
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return CLI_FAILED;
	if (n == 0)
		return cli_refuse(cli, &cli_no_history, "what=%s", cli_show(cli, cli->visit));
	for (size_t i = 0; i < n; i++) {
		struct brg_record_row row;
		char id[ID_TEXT];
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = brg_id_eq(&rows[k].u.history.record, &rows[i].u.history.record);
		if (before)
			continue;
		id_format(&rows[i].u.history.record, id);
		/* One that is forgotten has left its history. */
		if (!cli_own_record(cli, id, &row) ||
		    undo_one(cli, &row.id, &t, run, array) != CLI_OK)
			return CLI_FAILED;
	}
	return CLI_OK;
}

static int undo(struct cli *cli, int argc, char **argv)
{
	json_t *array;
	struct brg_id run;
	int status;

	if ((argc == 1) == (cli->visit != NULL) || (cli->visit && cli->to))
		return cli_refuse(cli, &cli_undo_what, "%s", "");
	if (cli_open(cli, cli->dry_run ? SETUP_READONLY : 0) != CLI_OK)
		return CLI_FAILED;
	run = id_new(cli->setup.engine.now_us(&cli->setup.engine));
	array = json_array();
	status = argc ? undo_record(cli, argv[0], &run, array) : undo_visit(cli, &run, array);
	if (!cli->dry_run)
		cli_wake(cli);
	if (status != CLI_OK) {
		/* What was done before it failed is told. */
		if (json_array_size(array))
			(void)print_all(cli, array);
		else
			json_decref(array);
		return status;
	}
	return print_all(cli, array);
}

const struct cli_command cli_undo[] = {
	{ "undo", NULL, "RECORD [--to VERSION] | --visit ID",
	  "set back what was changed; --dry-run, --force", 0, 1, undo, true },
	{ 0 },
};
