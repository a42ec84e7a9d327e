/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga mailbox browse: the newest mails live from the server, to the owner only; each with
 * whether it is tracked, and why.
 */
#include "core/browse.h"

#include "core/cli/cli.h"

#include <brygga/connector.h>

#define LOOKED_AT 1000 /* at most, where something is looked for */

struct view {
	struct cli *cli;
	const struct brg_mailbox_row *mailbox;
	json_t *array;
	int64_t since_us;
	struct brg_str from, subject; /* folded; empty: any */
	struct brg_row *parked;
	size_t n_parked;
	const struct brg_fault *unseen; /* why nothing is known of it */
};

/* Nobody looks into a mailbox but its owner, the administrator neither. */
static bool may_look(struct cli *cli, const char *name)
{
	if (!cli->viewer)
		(void)cli_refuse(cli, &cli_only_owner, "mailbox=%s", cli_show(cli, name));
	return cli->viewer != NULL;
}

/* In whatever case it is written, and however its letters are composed. */
static bool has(struct view *v, struct brg_str text, struct brg_str part)
{
	struct brg_str folded = part.len ? mime_fold(text, v->cli->arena) : text;

	return part.len == 0 ||
	       (folded.len && memmem(folded.ptr, folded.len, part.ptr, part.len) != NULL);
}

static json_t *sentence(struct view *v, const struct brg_fault *why)
{
	return cli_sentence(v->cli, brg_cstr(why->code), (struct brg_str){ "", 0 });
}

/* The newest decision; else what it waits for; else that it was not seen. */
static json_t *why(struct view *v, struct brg_str remote_id, bool seen)
{
	struct brg_query q = cli_query(BRG_READ_DECISIONS);
	struct brg_row *rows;
	size_t n = 0;

	for (size_t i = 0; i < v->n_parked; i++) {
		const struct brg_parked_row *p = &v->parked[i].u.parked;

		if (brg_str_eq(p->remote_id, remote_id))
			return cli_sentence(v->cli, p->code, p->params);
	}
	q.mailbox = v->mailbox->id;
	q.remote = remote_id;
	q.limit = 1;
	rows = cli_read(v->cli, &q, &n);
	if (rows && n)
		return cli_sentence(v->cli, rows[0].u.decision.code, rows[0].u.decision.params);
	return sentence(v, seen ? &browse_forgotten : v->unseen);
}

/* What the store knows of it. */
static void add_state(struct view *v, json_t *o, struct brg_str remote_id)
{
	struct brg_query q = cli_query(BRG_READ_MARKS);
	struct brg_row *rows;
	size_t n = 0;
	bool seen, tracked;

	q.mailbox = v->mailbox->id;
	q.text = remote_id;
	rows = cli_read(v->cli, &q, &n);
	seen = rows && n;
	tracked = seen && !brg_id_is_nil(&rows[0].u.mark.record);
	json_object_set_new(o, "record", tracked ? cli_id(&rows[0].u.mark.record) : json_null());
	json_object_set_new(o, "tracked",
			    json_string(!seen	  ? "not seen yet"
					: tracked ? "yes"
						  : "no"));
	json_object_set_new(o, "why", why(v, remote_id, seen));
}

static bool show(void *arg, const struct brg_envelope *e)
{
	struct view *v = arg;
	struct mime_header h;
	int64_t when;
	json_t *o;

	mime_header(e->header, v->cli->arena, &h);
	when = e->received_us ? e->received_us : h.received_us ? h.received_us : h.date_us;
	if (when < v->since_us || !has(v, h.subject, v->subject) ||
	    !(has(v, h.from_address, v->from) || has(v, h.from_name, v->from)))
		return false;
	o = json_object();
	json_object_set_new(o, "item", cli_str(e->remote_id));
	json_object_set_new(o, "received", cli_time(when));
	json_object_set_new(o, "from", cli_str(h.from_address));
	json_object_set_new(o, "subject", cli_str(h.subject));
	add_state(v, o, arena_str(v->cli->arena, e->remote_id));
	json_array_append_new(v->array, o);
	return true;
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

/* A profile and a connection of it. */
static bool connect(struct cli *cli, const struct brg_mailbox_row *m, struct brg_profile_row *out)
{
	struct brg_query q = cli_query(BRG_READ_PROFILES);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *profile;
	size_t n = 0;
	int rc;

	q.id = m->profile;
	profile = cli_read(cli, &q, &n);
	if (!profile || n == 0)
		return false;
	*out = profile->u.profile;
	rc = take_slot(&cli->setup.engine, &m->profile, &err);
	if (rc < 0)
		cli_error(cli, &err);
	else if (rc == 0)
		cli_fail("all connections of the profile are in use: try again");
	return rc > 0;
}

/* The private key, where the command did not ask for it at once. */
static bool own_key(struct cli *cli)
{
	struct brg_err err = BRG_ERR_INIT;
	struct secrets *all = NULL;

	if (secrets_open(cli->config->state, true, &all, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	secrets_free(&cli->setup.secrets);
	cli->setup.secrets = all;
	cli->setup.engine.secrets = all;
	return true;
}

bool cli_on_server(struct cli *cli, const struct brg_mailbox_row *m, const char *item, bool *there)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_profile_row profile;

	if (!own_key(cli) || !connect(cli, m, &profile))
		return false;
	if (browse_there(&cli->setup.engine, m, &profile, brg_cstr(item), there, &err) == 0)
		return true;
	cli_error(cli, &err);
	return false;
}

bool cli_mail_folders(struct cli *cli, const struct brg_mailbox_row *m, struct mail_folders *out)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_profile_row profile;

	if (!own_key(cli) || !connect(cli, m, &profile))
		return false;
	if (browse_folders(&cli->setup.engine, m, &profile, cli->arena, out, &err) == 0)
		return true;
	cli_error(cli, &err);
	return false;
}

static bool read_filters(struct view *v)
{
	struct cli *cli = v->cli;
	struct brg_query q = cli_query(BRG_READ_PARKED);

	v->from = mime_fold(brg_cstr(cli->from ? cli->from : ""), cli->arena);
	v->subject = mime_fold(brg_cstr(cli->subject ? cli->subject : ""), cli->arena);
	if (cli->since) {
		v->since_us = cli_moment(cli, "--since", cli->since, false);
		if (!v->since_us)
			return false;
	}
	v->unseen = cli_lane_is_on(cli, v->mailbox, BRG_INCOMING) ? &browse_unseen : &browse_off;
	q.mailbox = v->mailbox->id;
	v->parked = cli_read(cli, &q, &v->n_parked);
	return v->parked != NULL;
}

static int browse(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "item", "ITEM", false },	 { "received", "RECEIVED", false },
		{ "from", "FROM", true },	 { "subject", "SUBJECT", true },
		{ "tracked", "TRACKED", false }, { "why", "WHY", true },
		{ NULL, NULL, false },
	};
	bool sought = cli->since || cli->from || cli->subject;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_profile_row profile;
	struct brg_mailbox_row m;
	struct view v = { .cli = cli, .mailbox = &m };
	struct browse_look look = { .lines = cli->limit > 0 ? (uint32_t)cli->limit : 30,
				    .each = show,
				    .arg = &v };

	(void)argc;
	if (cli->subject && *cli->subject == '\0') {
		(void)cli_refuse(cli, &cli_empty_option, "option=--subject");
		return CLI_USAGE;
	}
	if (cli_open(cli, SETUP_PRIVATE_KEY) != CLI_OK || !may_look(cli, argv[0]) ||
	    !cli_own_mailbox(cli, argv[0], &m) || !read_filters(&v) || !connect(cli, &m, &profile))
		return CLI_FAILED;
	look.most = sought && look.lines < LOOKED_AT ? LOOKED_AT : look.lines;
	v.array = json_array();
	if (browse_mailbox(&cli->setup.engine, &m, &profile, &look, &err) < 0) {
		json_decref(v.array);
		return cli_error(cli, &err);
	}
	if (sought)
		cli_note("looked at the newest %u mails", look.looked);
	return cli_list(cli, v.array, columns, "nothing there");
}

const struct cli_command cli_browse[] = {
	{ "mailbox", "browse", "MAILBOX --as USER",
	  "its newest mails, live; --since, --from, --subject, --limit", 1, 1, browse, true },
	{ 0 },
};
