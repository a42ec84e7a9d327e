/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands look up for their arguments.
 */
#include "core/cli/cli.h"
#include "core/cli/moment.h"
#include "core/id.h"

#include <errno.h>
#include <stdlib.h>

bool cli_parse_id(const char *text, struct brg_id *out)
{
	/* An id of nothing in a query would ask for everything. */
	if (id_parse(brg_cstr(text), out) == 0 && !brg_id_is_nil(out))
		return true;
	*out = (struct brg_id){ { 0 } };
	return false;
}

bool cli_find_record(struct cli *cli, const char *id, struct brg_record_row *out)
{
	struct brg_query q = cli_query(BRG_READ_RECORDS);
	struct brg_row *rows;
	size_t n;

	if (!cli_parse_id(id, &q.id)) {
		cli_fail("%s is no record id; `brygga record list` shows them", id);
		return false;
	}
	cli_viewer(cli, &q);
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n == 0) {
		cli_fail("no record%s has the id %s", cli->as ? " that may be seen" : "", id);
		return false;
	}
	*out = rows[0].u.record;
	return true;
}

/* SYSTEM:KEY, with the colon there. */
static bool find_external(struct cli *cli, const char *text, const char *colon, struct brg_id *out)
{
	struct brg_query q = cli_query(BRG_READ_EXTERNALS);
	struct brg_row *rows;
	size_t n;

	q.remote = (struct brg_str){ text, (size_t)(colon - text) };
	q.text = brg_cstr(colon + 1);
	rows = cli_read(cli, &q, &n);
	if (rows && n == 0)
		cli_fail("no reference has the external key %s", text);
	if (!rows || n == 0)
		return false;
	*out = rows[0].u.external.object;
	q = cli_query(BRG_READ_REFERENCES);
	q.id = *out;
	rows = cli_read(cli, &q, &n);
	if (rows && n == 0)
		cli_fail("%s is the key of no reference, but of something else", text);
	return rows && n;
}

bool cli_find_reference(struct cli *cli, const char *text, struct brg_id *out)
{
	const char *colon = strchr(text, ':');
	struct brg_query q = cli_query(BRG_READ_REFERENCES);
	const char *slash = strchr(text, '/');
	struct brg_row *rows;
	size_t n;

	if (colon > text && colon[1] && (!slash || colon < slash))
		return find_external(cli, text, colon, out);
	if (!slash || slash == text || slash[1] == '\0') {
		cli_fail("%s is no reference: write KIND/NAME, as in case/4711, or SYSTEM:KEY, as "
			 "in crm:4711",
			 text);
		return false;
	}
	q.remote = (struct brg_str){ text, (size_t)(slash - text) };
	q.text = brg_cstr(slash + 1);
	rows = cli_read(cli, &q, &n);
	if (rows && n == 0)
		cli_fail("there is no reference %s", text);
	if (!rows || n == 0)
		return false;
	*out = rows[0].u.reference.id;
	return true;
}

bool cli_read_file(struct cli *cli, const char *path, struct brg_blob **out)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	struct brg_err err = BRG_ERR_INIT;
	char piece[65536];
	size_t n;
	int rc = 0;

	if (!f) {
		cli_fail("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	*out = blob_new(cli->arena);
	while (rc == 0 && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		rc = blob_add(*out, piece, n, &err);
	if (rc < 0)
		cli_error(cli, &err);
	else if (ferror(f))
		rc = cli_fail("cannot read %s: %s", path, strerror(errno));
	else if (blob_len(*out) == 0)
		rc = cli_fail("%s is empty", path);
	if (f != stdin)
		fclose(f);
	return rc == 0;
}

int64_t cli_moment(struct cli *cli, const char *option, const char *text, bool ahead)
{
	int64_t us;

	if (moment_parse(brg_cstr(text), cli->setup.engine.now_us(&cli->setup.engine), ahead, &us))
		return us;
	(void)cli_refuse(cli, ahead ? &cli_when_ahead : &cli_when_back, "option=%s\nvalue=%s",
			 option, cli_show(cli, text));
	return 0;
}

json_t *cli_mailbox_name(struct cli *cli, const struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = cli_read(cli, &q, &n);
	return rows && n ? cli_str(rows[0].u.mailbox.name) : json_null();
}
