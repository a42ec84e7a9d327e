/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga plan list|show|approve|reject: what a visit would do and may not do by itself.
 */
#include "core/plan.h"

#include "core/alert.h"
#include "core/cli/cli.h"
#include "core/edit.h"
#include "core/id.h"

#include <stdlib.h>

#define LINES 100

static const char *state_name(int state)
{
	static const char *const names[] = {
		"-", "waits", "approved", "rejected", "done", "stale"
	};

	return names[state > 0 && state <= BRG_PLAN_STALE ? state : 0];
}

/* "store: delete 25; mailbox: create 3" */
static json_t *counts_words(struct cli *cli, struct brg_str counts)
{
	json_t *all = json_loadb(counts.ptr, counts.len, 0, NULL), *one, *n;
	const char *side, *effect, *out = "";

	json_object_foreach(all, side, one)
	{
		const char *words = "";

		json_object_foreach(one, effect, n)
		{
			words = arena_printf(cli->arena, "%s%s%s %lld", words, *words ? ", " : "",
					     effect, (long long)json_integer_value(n));
		}
		if (*words)
			out = arena_printf(cli->arena, "%s%s%s: %s", out, *out ? "; " : "", side,
					   words);
	}
	json_decref(all);
	return json_string(out);
}

static json_t *plan_json(struct cli *cli, const struct brg_row *row)
{
	const struct brg_plan_row *p = &row->u.plan;
	json_t *o = json_object();

	json_object_set_new(o, "plan", cli_id(&p->id));
	json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &p->mailbox));
	json_object_set_new(o, "state", json_string(state_name(p->state)));
	json_object_set_new(o, "made", cli_time(p->made_us));
	json_object_set_new(o, "effects",
			    cli->json ? json_loadb(p->counts.ptr, p->counts.len, 0, NULL)
				      : counts_words(cli, p->counts));
	json_object_set_new(o, "code", cli_str(p->code));
	json_object_set_new(o, "why", cli_sentence(cli, p->code, p->params));
	if (p->decided_us) {
		json_object_set_new(o, "decided", cli_time(p->decided_us));
		json_object_set_new(o, "by", cli_str(p->who));
	}
	return o;
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "plan", "PLAN", false },	{ "mailbox", "MAILBOX", false },
		{ "state", "STATE", false },	{ "made", "MADE", false },
		{ "effects", "EFFECTS", true }, { "why", "WHY", true },
		{ NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_PLANS);
	struct brg_mailbox_row m;
	json_t *array;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK ||
	    (argc && !cli_find_mailbox(cli, argv[0], &m)))
		return CLI_FAILED;
	/* Of a mailbox all, else what is to be decided. */
	if (argc)
		q.mailbox = m.id;
	else
		q.number = BRG_PLAN_WAITS;
	array = json_array();
	if (!cli_gather(cli, array, &q, &q.mailbox, 100, plan_json)) {
		json_decref(array);
		return CLI_FAILED;
	}
	return cli_list(cli, array, columns, "no plans wait");
}

/* By its id, or the newest of a mailbox. */
static bool find(struct cli *cli, const char *name, struct brg_row *out)
{
	struct brg_query q = cli_query(BRG_READ_PLANS), m = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows = NULL, *mailboxes;
	size_t n = 0, n_mailboxes = 0;

	if (cli_parse_id(name, &q.id)) {
		rows = cli_read(cli, &q, &n);
		m.id = q.id;
		q.id = (struct brg_id){ { 0 } };
	} else {
		m.text = brg_cstr(name);
	}
	if (n == 0) {
		mailboxes = cli_read(cli, &m, &n_mailboxes);
		if (!mailboxes)
			return false;
		q.limit = 1;
		if (n_mailboxes) {
			q.mailbox = mailboxes[0].u.mailbox.id;
			rows = cli_read(cli, &q, &n);
		}
	}
	if (n == 0) {
		(void)cli_refuse(cli, &cli_no_plan, "name=%s", cli_show(cli, name));
		return false;
	}
	*out = rows[0];
	return true;
}

/* ---- its lines ------------------------------------------------------------------------------*/

static json_t *title_of(struct cli *cli, const struct brg_id *record)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *record;
	rows = brg_id_is_nil(record) ? NULL : cli_read(cli, &q, &n);
	return rows && n ? cli_title(&rows[0].u.record) : json_string("");
}

static json_t *line_json(struct cli *cli, const struct brg_plan_line_row *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "line", json_integer(l->seq));
	json_object_set_new(o, "side", json_string(l->side == SIDE_STORE ? "store" : "mailbox"));
	json_object_set_new(o, "effect", json_string(effect_name(l->effect)));
	json_object_set_new(o, "kind", json_string(field_kind_name(l->kind)));
	json_object_set_new(o, "title", title_of(cli, &l->record));
	json_object_set_new(o, "mails_out", json_integer(l->mails_out));
	json_object_set_new(o, "record", cli_id(&l->record));
	json_object_set_new(o, "folder", cli_str(l->folder));
	json_object_set_new(o, "remote_id", cli_str(l->remote_id));
	return o;
}

/* A page of them; *more: there are others behind it. */
static json_t *lines_json(struct cli *cli, const struct brg_id *plan, int64_t behind, bool *more)
{
	size_t page = cli->limit > 0 ? (size_t)cli->limit : LINES;
	struct brg_query q = cli_query(BRG_READ_PLAN_LINES);
	json_t *array = json_array();
	struct brg_row *rows;
	size_t n = 0;

	q.other = *plan;
	q.number = behind;
	q.limit = (uint32_t)page + 1;
	rows = cli_read(cli, &q, &n);
	*more = n > page;
	for (size_t i = 0; rows && i < n && i < page; i++)
		json_array_append_new(array, line_json(cli, &rows[i].u.plan_line));
	return array;
}

static const struct cli_column line_columns[] = {
	{ "line", "LINE", false },     { "side", "SIDE", false },
	{ "effect", "EFFECT", false }, { "kind", "KIND", false },
	{ "title", "TITLE", true },    { "remote_id", "REMOTE ID", true },
	{ "record", "RECORD", true },  { NULL, NULL, false },
};

json_t *cli_planned(struct cli *cli, const struct plan *plan)
{
	struct brg_str counts = plan_counts(plan, cli->arena);
	json_t *o = json_object(), *lines = json_array();

	for (size_t i = 0; i < plan->n; i++) {
		const struct effect *e = &plan->lines[i];
		struct brg_plan_line_row l = { .seq = (int64_t)i + 1,
					       .side = e->side,
					       .effect = e->type,
					       .kind = e->kind,
					       .mails_out = e->mails_out,
					       .record = e->record,
					       .folder = e->folder,
					       .remote_id = e->remote_id };

		json_array_append_new(lines, line_json(cli, &l));
	}
	json_object_set_new(o, "counts", json_loadb(counts.ptr, counts.len, 0, NULL));
	json_object_set_new(o, "lines", lines);
	return o;
}

int cli_print_planned(struct cli *cli, json_t *planned)
{
	json_t *lines = json_incref(json_object_get(planned, "lines"));

	if (cli->json) {
		json_decref(lines);
		return cli_object(cli, planned);
	}
	json_decref(planned);
	return cli_list(cli, lines, line_columns, "nothing would be done");
}

static int show(struct cli *cli, int argc, char **argv)
{
	json_t *o, *lines;
	struct brg_row row;
	int64_t from = 1;
	bool more = false;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !find(cli, argv[0], &row) ||
	    (argc > 1 && !cli_version(cli, "LINE", argv[1], &from)))
		return CLI_FAILED;
	o = plan_json(cli, &row);
	lines = lines_json(cli, &row.u.plan.id, from > 0 ? from - 1 : 0, &more);
	json_object_set_new(o, "basis", cli_str(row.u.plan.basis));
	if (cli->json) {
		json_object_set_new(o, "lines", lines);
		json_object_set_new(o, "more", json_boolean(more));
		return cli_object(cli, o);
	}
	(void)cli_object(cli, o);
	putchar('\n');
	from += (int64_t)json_array_size(lines);
	(void)cli_list(cli, lines, line_columns, "no lines");
	if (more)
		printf("... more: brygga plan show %s %lld\n", argv[0], (long long)from);
	return CLI_OK;
}

/* ---- deciding -------------------------------------------------------------------------------*/

static int decide(struct cli *cli, const char *name, int state, const char *sentence)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_plan_row *p;
	struct step step;
	struct brg_op *op;
	struct brg_row row;
	int rc;

	if (cli_open(cli, 0) != CLI_OK || !find(cli, name, &row))
		return CLI_FAILED;
	p = &row.u.plan;
	if (p->state == BRG_PLAN_DONE || p->state == BRG_PLAN_STALE)
		return cli_refuse(cli, &cli_plan_over, "state=%s", state_name(p->state));
	step_init(&step, cli->arena);
	op = step_add(&step, BRG_OP_PLAN, p->version);
	p->state = state;
	p->decided_us = cli->setup.engine.now_us(&cli->setup.engine);
	p->who = cli_who(cli);
	op->u.plan = *p;
	/* Somebody has looked. */
	alert_clear_item(&step, &p->mailbox, brg_cstr("plan"), p->decided_us);
	step_add(&step, BRG_OP_WANT, BRG_ANY)->u.want = (struct brg_want){ p->mailbox, BRG_ACT };
	rc = store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err);
	if (rc < 0)
		return cli_error(cli, &err);
	if (rc == BRG_REFUSED)
		return cli_refuse(cli, &edit_raced, "%s", "");
	cli_wake(cli);
	return cli_done(cli, plan_json(cli, &row), "%s", sentence);
}

static int approve(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return decide(cli, argv[0], BRG_PLAN_APPROVED,
		      "approved: the mailbox's next visit does what the plan lists, and no more");
}

static int reject(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return decide(cli, argv[0], BRG_PLAN_REJECTED,
		      "rejected: what the plan lists stays undone");
}

const struct cli_command cli_plan[] = {
	{ "plan", "list", "[MAILBOX]", "plans that wait for a person, or all of a mailbox", 0, 1,
	  list, false },
	{ "plan", "show", "PLAN|MAILBOX [LINE]", "why it waits and what would be done", 1, 2, show,
	  false },
	{ "plan", "approve", "PLAN|MAILBOX", "let it be done", 1, 1, approve, false },
	{ "plan", "reject", "PLAN|MAILBOX", "leave it undone", 1, 1, reject, false },
	{ 0 },
};
