/* SPDX-License-Identifier: Apache-2.0
 *
 * Who asks: a user (--as), who sees and changes what is his, or the administrator.
 */
#include "core/cli/cli.h"

bool cli_find_viewer(struct cli *cli)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n;

	if (!cli->as)
		return true; /* whoever may read the state folder is the administrator */
	q.number = BRG_USER;
	q.text = brg_cstr(cli->as);
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n == 0) {
		cli_fail("there is no user %s", cli->as);
		return false;
	}
	cli->viewer = &rows[0].u.owner;
	return true;
}

void cli_viewer(const struct cli *cli, struct brg_query *q)
{
	if (cli->viewer)
		q->viewer = cli->viewer->id;
}

/* The same rule by which a queue's records are seen (enum brg_visibility). */
static bool in_team(const struct cli *cli, const struct brg_owner_row *queue)
{
	return queue->type == BRG_QUEUE &&
	       (queue->team.len == 0 || brg_str_eq(queue->team, cli->viewer->team));
}

bool cli_owns(struct cli *cli, const struct brg_id *owner)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	if (!cli->viewer || brg_id_eq(owner, &cli->viewer->id))
		return true;
	if (brg_id_is_nil(owner))
		return false;
	q.id = *owner;
	rows = cli_read(cli, &q, &n);
	return rows && n && in_team(cli, &rows[0].u.owner);
}

bool cli_owns_mailbox(struct cli *cli, const struct brg_id *mailbox)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	if (!cli->viewer)
		return true;
	if (brg_id_is_nil(mailbox))
		return false;
	q.id = *mailbox;
	rows = cli_read(cli, &q, &n);
	return rows && n && cli_owns(cli, &rows[0].u.mailbox.owner);
}

bool cli_sees_record(struct cli *cli, const struct brg_id *record)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	size_t n = 0;

	if (!cli->viewer)
		return true;
	if (brg_id_is_nil(record))
		return false;
	q.id = *record;
	cli_viewer(cli, &q);
	return cli_read(cli, &q, &n) && n;
}

bool cli_sees_reference(struct cli *cli, const struct brg_reference_row *r)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	struct brg_row *rows;
	size_t n = 0;

	if (!cli->viewer || r->visibility == BRG_EVERYONE || brg_id_eq(&r->owner, &cli->viewer->id))
		return true;
	if (r->visibility != BRG_TEAM || brg_id_is_nil(&r->owner))
		return false;
	q.id = r->owner;
	rows = cli_read(cli, &q, &n);
	return rows && n && rows[0].u.owner.team.len &&
	       brg_str_eq(rows[0].u.owner.team, cli->viewer->team);
}

struct brg_row *cli_own_mailboxes(struct cli *cli, size_t *n)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t all = 0;

	rows = cli_read(cli, &q, &all);
	*n = 0;
	for (size_t i = 0; rows && i < all; i++)
		if (cli_owns(cli, &rows[i].u.mailbox.owner))
			rows[(*n)++] = rows[i];
	return rows;
}

static bool gather_one(struct cli *cli, json_t *array, struct brg_query *q, int64_t most,
		       json_t *(*json)(struct cli *cli, const struct brg_row *row))
{
	int64_t left = most - (int64_t)json_array_size(array);
	struct brg_row *rows;
	size_t n;

	if (most > 0 && left <= 0)
		return true;
	q->limit = most > 0 ? (uint32_t)left : 0;
	rows = cli_read(cli, q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_array_append_new(array, json(cli, &rows[i]));
	return rows != NULL;
}

bool cli_gather(struct cli *cli, json_t *array, struct brg_query *q, struct brg_id *of,
		int64_t most, json_t *(*json)(struct cli *cli, const struct brg_row *row))
{
	struct brg_row *mailboxes;
	size_t n = 0;

	if (cli->limit > 0)
		most = cli->limit;
	/* The mailbox is chosen already, or all are meant. */
	if (!cli->viewer || !brg_id_is_nil(of))
		return gather_one(cli, array, q, most, json);
	mailboxes = cli_own_mailboxes(cli, &n);
	for (size_t i = 0; mailboxes && i < n; i++) {
		*of = mailboxes[i].u.mailbox.id;
		if (!gather_one(cli, array, q, most, json))
			return false;
	}
	*of = (struct brg_id){ { 0 } };
	return mailboxes != NULL;
}

bool cli_own_mailbox(struct cli *cli, const char *name, struct brg_mailbox_row *out)
{
	if (!cli_find_mailbox(cli, name, out))
		return false;
	if (cli_owns(cli, &out->owner))
		return true;
	(void)cli_refuse(cli, &cli_others_mailbox, "user=%s\nmailbox=%s", cli_show(cli, cli->as),
			 cli_show(cli, name));
	return false;
}
