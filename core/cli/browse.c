/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga mailbox browse: the newest mails live from the server, to the owner only; each with
 * whether it is tracked, and why.
 */
#include "core/browse.h"

#include "core/cli/cli.h"

#include <brygga/connector.h>
#include <strings.h>

struct view {
	struct cli *cli;
	const struct brg_mailbox_row *mailbox;
	json_t *array;
	int64_t since_us;
};

/* Nobody looks into a mailbox but its owner, the administrator neither. */
static bool may_look(struct cli *cli, const char *name)
{
	if (!cli->viewer)
		cli_fail("only its owner may look into %s: say --as USER", name);
	return cli->viewer != NULL;
}

static bool has(struct brg_str text, const char *part)
{
	return !part || (text.len && strcasestr(text.ptr, part));
}

/* What the store knows of it. */
static void add_state(struct view *v, json_t *o, struct brg_str remote_id)
{
	struct brg_query q = cli_query(BRG_READ_MARKS);
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = v->mailbox->id;
	q.text = remote_id;
	rows = cli_read(v->cli, &q, &n);
	json_object_set_new(o, "record", rows && n ? cli_id(&rows[0].u.mark.record) : json_null());
	json_object_set_new(o, "tracked",
			    json_string(!rows || n == 0				? "not seen yet"
					: brg_id_is_nil(&rows[0].u.mark.record) ? "no"
										: "yes"));
	q = cli_query(BRG_READ_DECISIONS);
	q.mailbox = v->mailbox->id;
	q.remote = remote_id;
	q.limit = 1;
	rows = cli_read(v->cli, &q, &n);
	if (rows && n)
		json_object_set_new(
			o, "why",
			cli_sentence(v->cli, rows[0].u.decision.code, rows[0].u.decision.params));
}

static int show(void *arg, const struct brg_envelope *e)
{
	struct view *v = arg;
	struct mime_header h;
	int64_t when;
	json_t *o;

	mime_header(e->header, v->cli->arena, &h);
	when = e->received_us ? e->received_us : h.received_us ? h.received_us : h.date_us;
	if (when < v->since_us || !has(h.subject, v->cli->subject) ||
	    !(has(h.from_address, v->cli->from) || has(h.from_name, v->cli->from)))
		return 0;
	o = json_object();
	json_object_set_new(o, "item", cli_str(e->remote_id));
	json_object_set_new(o, "received", cli_time(when));
	json_object_set_new(o, "from", cli_str(h.from_address));
	json_object_set_new(o, "subject", cli_str(h.subject));
	add_state(v, o, arena_str(v->cli->arena, e->remote_id));
	json_array_append_new(v->array, o);
	return 0;
}

/* A connection of the profile, as a visit has one. */
static int take_slot(struct engine *e, const struct brg_id *profile, struct brg_err *err)
{
	struct brg_slots slots = { .size = sizeof(slots), .hold = 1, .profile = *profile };
	int rc = engine_join(e, "browse", err);

	slots.process = e->process;
	if (rc >= 0)
		rc = e->store.ops->slots(e->store.self, &slots, err);
	return rc < 0 ? rc : (int)slots.held;
}

static int browse(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "item", "ITEM", false },	 { "received", "RECEIVED", false },
		{ "from", "FROM", true },	 { "subject", "SUBJECT", true },
		{ "tracked", "TRACKED", false }, { "why", "WHY", true },
		{ NULL, NULL, false },
	};
	struct brg_query q = cli_query(BRG_READ_PROFILES);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_mailbox_row m;
	struct brg_row *profile;
	struct view v = { .cli = cli, .mailbox = &m };
	size_t n = 0;
	int rc;

	(void)argc;
	if (cli->subject && *cli->subject == '\0') {
		cli_fail("--subject takes a part of a subject, not nothing");
		return CLI_USAGE;
	}
	if (cli_open(cli, SETUP_PRIVATE_KEY) != CLI_OK || !may_look(cli, argv[0]) ||
	    !cli_own_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	if (cli->since) {
		v.since_us = cli_moment(cli, "--since", cli->since, false);
		if (!v.since_us)
			return CLI_FAILED;
	}
	q.id = m.profile;
	profile = cli_read(cli, &q, &n);
	if (!profile || n == 0)
		return CLI_FAILED;
	rc = take_slot(&cli->setup.engine, &m.profile, &err);
	if (rc < 0)
		return cli_error(cli, &err);
	if (rc == 0)
		return cli_fail("all connections of the profile are in use: try again");
	v.array = json_array();
	rc = browse_mailbox(&cli->setup.engine, &m, &profile->u.profile,
			    cli->limit > 0 ? (uint32_t)cli->limit : 30, show, &v, &err);
	if (rc < 0) {
		json_decref(v.array);
		return cli_error(cli, &err);
	}
	return cli_list(cli, v.array, columns, "nothing there");
}

const struct cli_command cli_browse[] = {
	{ "mailbox", "browse", "MAILBOX --as USER",
	  "its newest mails, live; --since, --from, --subject, --limit", 1, 1, browse, true },
	{ 0 },
};
