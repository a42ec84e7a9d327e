/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga folder list|track|untrack: folders whose mail its owner wants tracked.
 */
#include "core/cli/cli.h"

#include "core/alert.h"
#include "core/tracked.h"

static struct brg_row *read_tracked(struct cli *cli, const struct brg_mailbox_row *m, size_t *n)
{
	struct brg_query q = cli_query(BRG_READ_TRACKED);

	q.mailbox = m->id;
	return cli_read(cli, &q, n);
}

static const struct brg_tracked_row *row_of(const struct brg_row *rows, size_t n,
					    struct brg_str folder)
{
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.tracked.folder, folder))
			return &rows[i].u.tracked;
	return NULL;
}

static json_t *thing(struct cli *cli, const struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_REFERENCES);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = brg_id_is_nil(id) ? NULL : cli_read(cli, &q, &n);
	if (!rows || n == 0 || !cli_sees_reference(cli, &rows[0].u.reference))
		return json_null();
	return json_sprintf("%.*s/%.*s", (int)rows[0].u.reference.kind.len,
			    rows[0].u.reference.kind.ptr, (int)rows[0].u.reference.name.len,
			    rows[0].u.reference.name.ptr);
}

static json_t *folder_json(struct cli *cli, struct brg_str name,
			   const struct brg_tracked_row *tracked)
{
	json_t *o = json_object();

	json_object_set_new(o, "folder", cli_str(name));
	json_object_set_new(o, "tracked",
			    json_string(!tracked			   ? "no"
					: tracked->state == BRG_TRACKED_ON ? "yes"
									   : "off"));
	json_object_set_new(o, "regarding",
			    tracked ? thing(cli, &tracked->regarding) : json_null());
	return o;
}

/* What its owner sees are all folders; anybody else sees those that are tracked. */
static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "folder", "FOLDER", true },
		{ "tracked", "TRACKED", false },
		{ "regarding", "REGARDING", true },
		{ NULL, NULL, false },
	};
	struct mail_folders all = { 0 };
	struct brg_mailbox_row m;
	struct brg_row *rows;
	json_t *array;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    (cli->viewer && !cli_mail_folders(cli, &m, &all)) ||
	    !(rows = read_tracked(cli, &m, &n)))
		return CLI_FAILED;
	array = json_array();
	for (size_t i = 0; i < all.n; i++)
		if (!row_of(rows, n, all.at[i].id))
			json_array_append_new(array, folder_json(cli, all.at[i].path, NULL));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array,
				      folder_json(cli, rows[i].u.tracked.name, &rows[i].u.tracked));
	return cli_list(cli, array, columns, "no folders");
}

/* By its id, or its path below the inbox, in whatever case. */
static bool is_named(struct cli *cli, const char *text, struct brg_str id, struct brg_str path)
{
	return brg_str_eq(id, brg_cstr(text)) ||
	       brg_str_eq(mime_fold(path, cli->arena), mime_fold(brg_cstr(text), cli->arena));
}

static const struct mail_folder *named(struct cli *cli, const struct mail_folders *all,
				       const char *text)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_named(cli, text, all->at[i].id, all->at[i].path))
			return &all->at[i];
	return NULL;
}

static bool may_track(struct cli *cli, const struct brg_mailbox_row *m, size_t n)
{
	int64_t most = cli->config->email.tracked_folders;
	struct brg_owner_row owner;

	if (!cli_mailbox_owner(cli, m, &owner) || !cli_lane_on(cli, m, BRG_INCOMING))
		return false;
	if (owner.type != BRG_USER)
		(void)cli_refuse(cli, &cli_queue_folder, "mailbox=%s", m->name.ptr);
	else if ((int64_t)n >= most)
		(void)cli_refuse(cli, &cli_many_folders, "mailbox=%s\nmost=%lld", m->name.ptr,
				 (long long)most);
	return owner.type == BRG_USER && (int64_t)n < most;
}

static bool commit(struct cli *cli, struct step *step, const struct brg_mailbox_row *m)
{
	step_add(step, BRG_OP_WANT, BRG_ANY)->u.want = (struct brg_want){ m->id, BRG_INCOMING };
	return cli_commit_and_wake(cli, step) == CLI_OK;
}

static int track(struct cli *cli, int argc, char **argv)
{
	const struct brg_tracked_row *was;
	const struct mail_folder *folder;
	struct brg_tracked_row *row;
	struct brg_id regarding = { { 0 } };
	struct mail_folders all;
	struct brg_mailbox_row m;
	struct brg_row *rows;
	struct step step;
	size_t n = 0;
	int64_t now;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    (cli->regarding && !cli_find_reference(cli, cli->regarding, &regarding)) ||
	    !(rows = read_tracked(cli, &m, &n)) || !cli_mail_folders(cli, &m, &all))
		return CLI_FAILED;
	folder = named(cli, &all, argv[1]);
	if (!folder)
		return cli_refuse(cli, &cli_no_folder, "folder=%s\nmailbox=%s",
				  cli_show(cli, argv[1]), m.name.ptr);
	was = row_of(rows, n, folder->id);
	if (!may_track(cli, &m, was ? 0 : n))
		return CLI_FAILED;
	now = cli->setup.engine.now_us(&cli->setup.engine);
	step_init(&step, cli->arena);
	row = &step_add(&step, BRG_OP_TRACKED, was ? was->version : BRG_NEW)->u.tracked;
	*row = (struct brg_tracked_row){
		.mailbox = m.id,
		.folder = folder->id,
		.state = BRG_TRACKED_ON,
		.regarding = regarding,
		.relink = was && !brg_id_is_nil(&regarding),
		.made_us = was ? was->made_us : now,
		.name = folder->path,
	};
	alert_clear_item(&step, &m.id, folder->id, now);
	if (!commit(cli, &step, &m))
		return CLI_FAILED;
	return cli_done(cli, folder_json(cli, folder->path, row), "mail in %s is tracked",
			folder->path.ptr);
}

/* What failed there is not tried again, and nobody has to know. */
static bool let_go(struct cli *cli, const struct brg_tracked_row *row, struct step *step)
{
	struct brg_query q = cli_query(BRG_READ_PARKED);
	int64_t now = cli->setup.engine.now_us(&cli->setup.engine);
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = row->mailbox;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		if (!brg_str_eq(rows[i].u.parked.folder, row->folder))
			continue;
		step_add(step, BRG_OP_UNPARK, BRG_ANY)->u.parked = rows[i].u.parked;
		alert_clear_item(step, &row->mailbox, rows[i].u.parked.remote_id, now);
	}
	alert_clear_item(step, &row->mailbox, row->folder, now);
	step_add(step, BRG_OP_TRACKED_DROP, BRG_ANY)->u.tracked = *row;
	return rows != NULL;
}

static int untrack(struct cli *cli, int argc, char **argv)
{
	const struct brg_tracked_row *row = NULL;
	struct brg_mailbox_row m;
	struct brg_row *rows;
	struct step step;
	size_t n = 0;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    !(rows = read_tracked(cli, &m, &n)))
		return CLI_FAILED;
	for (size_t i = 0; i < n && !row; i++)
		if (is_named(cli, argv[1], rows[i].u.tracked.folder, rows[i].u.tracked.name))
			row = &rows[i].u.tracked;
	if (!row)
		return cli_refuse(cli, &cli_untracked_folder, "folder=%s\nmailbox=%s",
				  cli_show(cli, argv[1]), m.name.ptr);
	step_init(&step, cli->arena);
	if (!let_go(cli, row, &step) || !commit(cli, &step, &m))
		return CLI_FAILED;
	return cli_done(cli, folder_json(cli, row->name, NULL),
			"mail that comes to %s is not tracked any more; what was tracked stays",
			row->name.ptr);
}

const struct cli_command cli_folder[] = {
	{ "folder", "list", "MAILBOX", "folders of mail, and which are tracked", 1, 1, list, true },
	{ "folder", "track", "MAILBOX FOLDER",
	  "track all mail that lies there or comes there; --regarding", 2, 2, track, true },
	{ "folder", "untrack", "MAILBOX FOLDER", "no more; what was tracked stays", 2, 2, untrack,
	  true },
	{ 0 },
};
