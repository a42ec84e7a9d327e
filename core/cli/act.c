/* SPDX-License-Identifier: Apache-2.0
 *
 * How contacts, tasks and appointments are listed and shown.
 */
#include "core/cli/cli.h"
#include "core/cli/value.h"
#include "core/id.h"
#include "core/record.h"

#include <stdlib.h>

json_t *cli_title(const struct brg_record_row *row)
{
	json_t *fields = json_loadb(row->fields.ptr, row->fields.len, 0, NULL);
	json_t *title = json_object_get(fields, "full_name");

	if (!title)
		title = json_object_get(fields, "file_as");
	if (!title)
		title = json_object_get(fields, "subject");
	title = json_is_string(title) ? json_incref(title) : json_string("");
	json_decref(fields);
	return title;
}

json_t *cli_owner_name(struct cli *cli, const struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = brg_id_is_nil(id) ? NULL : cli_read(cli, &q, &n);
	return rows && n ? cli_str(rows[0].u.owner.name) : json_null();
}

/* ---- values ---------------------------------------------------------------------------------*/

static void add_values(struct cli *cli, json_t *o, int kind, const struct brg_fields *fields)
{
	const struct field_table *table = cli->setup.engine.sync->table;

	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = field_of(table, kind, fields->at[i].id);

		if (f && fields->at[i].presence == BRG_VALUE)
			json_object_set_new(
				o, f->name,
				cli_str(brg_cstr(value_show(&fields->at[i], cli->arena))));
	}
}

static json_t *part_values(struct cli *cli, int kind, const struct brg_part *part)
{
	json_t *o = json_object();

	json_object_set_new(o, part->type == BRG_ATTENDEE ? "address" : "start",
			    cli_str(part->key));
	if (part->presence == BRG_NULL)
		json_object_set_new(o, "deleted", json_true());
	else
		add_values(cli, o, part->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : kind,
			   &part->fields);
	return o;
}

json_t *cli_values(struct cli *cli, int kind, const struct image *image)
{
	json_t *o = json_object();

	add_values(cli, o, kind, &image->fields);
	for (size_t i = 0; i < image->n_parts; i++) {
		const char *name = image->parts[i].type == BRG_ATTENDEE ? "attendee" : "occurrence";
		json_t *array = json_object_get(o, name);

		if (!array) {
			array = json_array();
			json_object_set_new(o, name, array);
		}
		json_array_append_new(array, part_values(cli, kind, &image->parts[i]));
	}
	return o;
}

/* ---- lists ----------------------------------------------------------------------------------*/

json_t *cli_act_head(const struct brg_record_row *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", cli_id(&r->id));
	json_object_set_new(o, "kind", json_string(field_kind_name(r->kind)));
	json_object_set_new(o, "owner", cli_id(&r->owner)); /* for now */
	json_object_set_new(o, "title", cli_title(r));
	json_object_set_new(o, "version", json_integer(r->version));
	json_object_set_new(o, "created", cli_time(r->created_us));
	json_object_set_new(o, "modified", cli_time(r->modified_us));
	if (r->deleted_us)
		json_object_set_new(o, "deleted", cli_time(r->deleted_us));
	return o;
}

void cli_name_owner(struct cli *cli, json_t *o)
{
	const char *text = json_string_value(json_object_get(o, "owner"));
	struct brg_id id;

	if (text && cli_parse_id(text, &id))
		json_object_set_new(o, "owner", cli_owner_name(cli, &id));
}

struct listing {
	json_t *array;
	struct cli *cli;
	int kind;	     /* 0: all but email */
	struct brg_id owner; /* nil: any */
	size_t most;
};

static int on_record(void *arg, const struct brg_row *row)
{
	const struct brg_record_row *r = &row->u.record;
	struct listing *l = arg;
	json_t *o;

	if (r->kind == BRG_EMAIL || (l->kind && r->kind != l->kind) || r->deleted_us ||
	    (!brg_id_is_nil(&l->owner) && !brg_id_eq(&l->owner, &r->owner)))
		return 0;
	o = cli_act_head(r);
	if (l->cli->json)
		json_object_set_new(o, "fields", json_loadb(r->fields.ptr, r->fields.len, 0, NULL));
	json_array_append_new(l->array, o);
	return json_array_size(l->array) == l->most;
}

/* What is asked for: a filter, or a mailbox's, or all. */
static bool ask(struct cli *cli, const char *mailbox, const struct brg_owner_row *user,
		struct listing *l, struct brg_query *q)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_mailbox_row m;

	if (mailbox && cli->where) {
		cli_fail("record list takes a mailbox or --where, not both");
		return false;
	}
	*q = cli_query(cli->where ? BRG_READ_MATCHES
		       : mailbox  ? BRG_READ_RECORDS
				  : BRG_READ_RECORDS_ACT);
	cli_viewer(cli, q);
	q->number = l->kind;
	if (mailbox && !cli_find_mailbox(cli, mailbox, &m))
		return false;
	if (mailbox)
		q->mailbox = m.id;
	if (q->what == BRG_READ_RECORDS_ACT)
		q->other = l->owner;
	if (!cli->where)
		return true;
	q->expr = cli_bind(cli, l->kind, brg_cstr(cli->where), user, &err);
	if (!q->expr)
		(void)cli_error(cli, &err);
	return q->expr != NULL;
}

int cli_list_act(struct cli *cli, const char *mailbox)
{
	static const struct cli_column columns[] = {
		{ "id", "RECORD", false },	 { "kind", "KIND", false },
		{ "owner", "OWNER", false },	 { "title", "TITLE", true },
		{ "version", "VERSION", false }, { "modified", "MODIFIED", false },
		{ NULL, NULL, false },
	};
	struct listing l = { .cli = cli, .most = cli->limit > 0 ? (size_t)cli->limit : 100 };
	struct store *store = &cli->setup.engine.store;
	struct brg_owner_row user = { .name = { "", 0 } };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_query q;
	json_t *o;
	size_t i;

	l.kind = cli->kind ? field_kind(brg_cstr(cli->kind)) : 0;
	if (l.kind < BRG_CONTACT || l.kind > BRG_APPOINTMENT)
		return cli_refuse(cli, &cli_act_kind, "value=%s",
				  cli->kind ? cli_show(cli, cli->kind) : "-");
	if (cli->owner && !cli_find_user(cli, cli->owner, &user))
		return CLI_FAILED;
	l.owner = user.id;
	/* `me` is for whom it is done. */
	if (cli->viewer)
		user = *cli->viewer;
	if (!ask(cli, mailbox, &user, &l, &q))
		return CLI_FAILED;
	l.array = json_array();
	if (store->ops->read(store->self, &q, on_record, &l, &err) < 0) {
		json_decref(l.array);
		return cli_error(cli, &err);
	}
	json_array_foreach(l.array, i, o) cli_name_owner(cli, o);
	return cli_list(cli, l.array, columns, "no records");
}

/* ---- one record -----------------------------------------------------------------------------*/

static const char *end_name(const struct brg_link_row *l)
{
	static const char *const ends[] = { "ended", "deleted", "unlinked" };

	return l->live ? "linked" : ends[l->end >= 0 && l->end < 3 ? l->end : 0];
}

static json_t *links_json(struct cli *cli, const struct brg_id *record)
{
	struct brg_query q = cli_query(BRG_READ_LINKS);
	json_t *array = json_array();
	struct brg_row *rows;
	size_t n = 0;

	q.other = *record;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_link_row *l = &rows[i].u.link;
		json_t *o = json_object();

		json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &l->mailbox));
		json_object_set_new(o, "state", json_string(end_name(l)));
		json_object_set_new(o, "folder", cli_str(l->folder));
		json_object_set_new(o, "remote_id", cli_str(l->remote_id));
		json_object_set_new(o, "in_step",
				    json_boolean(l->live && l->record_now == l->seen_version));
		json_object_set_new(o, "agreed", cli_time(l->synced_us));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *conflicts_json(struct cli *cli, const struct brg_id *record)
{
	struct brg_query q = cli_query(BRG_READ_CONFLICTS);
	json_t *array = json_array();
	struct brg_row *rows;
	size_t n = 0;

	q.other = *record;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_conflict_row *c = &rows[i].u.conflict;
		json_t *o = json_object();

		json_object_set_new(o, "conflict", cli_id(&c->id));
		json_object_set_new(o, "mailbox", cli_mailbox_name(cli, &c->mailbox));
		json_object_set_new(o, "group", cli_str(c->group));
		json_array_append_new(array, o);
	}
	return array;
}

int cli_show_act(struct cli *cli, const struct brg_record_row *row)
{
	struct brg_err err = BRG_ERR_INIT;
	json_t *o = cli_act_head(row);
	struct record record;

	cli_name_owner(cli, o);
	if (cli->json) {
		json_object_set_new(o, "fields",
				    json_loadb(row->fields.ptr, row->fields.len, 0, NULL));
	} else {
		if (record_decode(&cli->setup.engine, row, cli->arena, &record, &err) < 0) {
			json_decref(o);
			return cli_error(cli, &err);
		}
		json_object_set_new(o, "fields", cli_values(cli, row->kind, &record.image));
	}
	if (row->held)
		json_object_set_new(o, "legal_hold", json_true());
	cli_add_externals(cli, o, "external", &row->id);
	json_object_set_new(o, "links", links_json(cli, &row->id));
	json_object_set_new(o, "conflicts", conflicts_json(cli, &row->id));
	json_object_set_new(o, "parties", cli_parties(cli, &row->id));
	return cli_object(cli, o);
}
