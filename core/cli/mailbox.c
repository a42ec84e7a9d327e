/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga mailbox list|show, brygga sync: the schedule as people see it.
 */
#include "core/cli/cli.h"
#include "core/wake.h"

static const char *const states[] = { "-", "enabled", "disabled", "quarantined", "off" };
static const char *const outcomes[] = { "never run",
					"nothing new",
					"new items",
					"new items, more to come",
					"transient failure",
					"server failure",
					"throttled",
					"permanent failure",
					"stopped" };

static json_t *visit_json(const struct cli *cli, const struct brg_visit_row *v)
{
	json_t *o = json_object();

	json_object_set_new(o, "lane", json_string(cli_lane(v->lane)));
	json_object_set_new(o, "state",
			    json_string(states[v->state > 0 && v->state < 5 ? v->state : 0]));
	json_object_set_new(
		o, "outcome",
		json_string(outcomes[v->outcome >= 0 && v->outcome < 9 ? v->outcome : 0]));
	json_object_set_new(o, "running", json_boolean(!brg_id_is_nil(&v->process)));
	json_object_set_new(o, "due", cli_time(v->due_us));
	json_object_set_new(o, "started", cli_time(v->started_us));
	json_object_set_new(o, "ended", cli_time(v->ended_us));
	json_object_set_new(o, "interval_s", json_integer(v->interval_ms / 1000));
	json_object_set_new(o, "items", json_integer(v->items));
	json_object_set_new(o, "items_failed", json_integer(v->items_failed));
	json_object_set_new(o, "failures", json_integer(v->failures));
	json_object_set_new(o, "strikes", json_integer(v->strikes));
	if (v->code.len) {
		json_object_set_new(o, "code", cli_str(v->code));
		json_object_set_new(o, "error", cli_sentence(cli, v->code, v->params));
		json_object_set_new(o, "server_said", cli_str(v->said));
	}
	return o;
}

static json_t *count_json(struct cli *cli, const struct brg_id *mailbox)
{
	struct brg_query q = cli_query(BRG_READ_COUNTS);
	json_t *o = json_object();
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = *mailbox;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_object_set_new(o, arena_str(cli->arena, rows[i].u.counter.name).ptr,
				    json_integer(rows[i].u.counter.value));
	return o;
}

static json_t *mailbox_json(struct cli *cli, const struct brg_mailbox_row *m)
{
	struct brg_query q = cli_query(BRG_READ_OWNERS);
	json_t *o = json_object();
	struct brg_row *rows;
	size_t n = 0;

	json_object_set_new(o, "name", cli_str(m->name));
	json_object_set_new(o, "id", cli_id(&m->id));
	json_object_set_new(o, "address", cli_str(m->address));
	q.id = m->owner;
	rows = cli_read(cli, &q, &n);
	if (rows && n) {
		json_object_set_new(o, rows[0].u.owner.type == BRG_QUEUE ? "queue" : "user",
				    cli_str(rows[0].u.owner.name));
	}
	q.what = BRG_READ_PROFILES;
	q.id = m->profile;
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		json_object_set_new(o, "profile", cli_str(rows[0].u.profile.name));
	return o;
}

/* The visit of a lane flattened into the list's object. */
static void add_visits(struct cli *cli, json_t *o, const struct brg_id *mailbox, bool first_only)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	json_t *lanes = json_array();
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = *mailbox;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		json_array_append_new(lanes, visit_json(cli, &rows[i].u.visit));
	if (first_only && json_array_size(lanes))
		json_object_update(o, json_array_get(lanes, 0));
	if (first_only)
		json_decref(lanes);
	else
		json_object_set_new(o, "lanes", lanes);
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "name", "MAILBOX", false },
		{ "address", "ADDRESS", true },
		{ "profile", "PROFILE", false },
		{ "state", "STATE", false },
		{ "outcome", "LAST VISIT", false },
		{ "items", "ITEMS", false },
		{ "due", "NEXT", false },
		{ "error", "ERROR", true },
		{ NULL, NULL, false },
	};
	json_t *array;
	struct brg_row *rows;
	size_t n;

	(void)argc;
	(void)argv;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !(rows = cli_own_mailboxes(cli, &n)))
		return CLI_FAILED;
	if (cli->limit > 0 && (size_t)cli->limit < n)
		n = (size_t)cli->limit;
	array = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = mailbox_json(cli, &rows[i].u.mailbox);

		add_visits(cli, o, &rows[i].u.mailbox.id, true);
		json_array_append_new(array, o);
	}
	return cli_list(cli, array, columns, "no mailboxes; `brygga apply FILE` makes them");
}

static int show(struct cli *cli, int argc, char **argv)
{
	struct brg_mailbox_row m;
	json_t *o, *settings;

	(void)argc;
	if (cli_open(cli, SETUP_READONLY) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m))
		return CLI_FAILED;
	o = mailbox_json(cli, &m);
	settings = json_loadb(m.settings.ptr, m.settings.len, 0, NULL);
	json_object_del(settings, ".secret"); /* only tells apply whether the secret is another */
	json_object_set_new(o, "settings", settings);
	json_object_set_new(o, "identity", cli_str(m.identity));
	json_object_set_new(o, "counts", count_json(cli, &m.id));
	add_visits(cli, o, &m.id, false);
	return cli_object(cli, o);
}

bool cli_mailbox_settings(struct cli *cli, const struct brg_mailbox_row *m,
			  struct mailbox_settings *out)
{
	struct brg_err err = BRG_ERR_INIT;
	struct settings settings = { 0 };

	*out = (struct mailbox_settings){ 0 };
	if (settings_add_json(&settings, m->settings, cli->arena, &err) == 0 &&
	    options_fill(mailbox_options, out, settings.at, settings.n, cli->arena, &err) == 0)
		return true;
	cli_error(cli, &err);
	return false;
}

const struct brg_visit_row *cli_visit_row(struct cli *cli, const struct brg_mailbox_row *m,
					  int lane)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = m->id;
	q.number = lane;
	rows = cli_read(cli, &q, &n);
	return rows && n ? &rows[0].u.visit : NULL;
}

bool cli_lane_is_on(struct cli *cli, const struct brg_mailbox_row *m, int lane)
{
	const struct brg_visit_row *visit = cli_visit_row(cli, m, lane);

	return visit && visit->state != BRG_OFF;
}

bool cli_lane_on(struct cli *cli, const struct brg_mailbox_row *m, int lane)
{
	struct mailbox_settings set;
	int setting;

	if (cli_lane_is_on(cli, m, lane))
		return true;
	if (!cli_mailbox_settings(cli, m, &set))
		return false;
	setting = lane == BRG_INCOMING	 ? set.incoming
		  : lane == BRG_OUTGOING ? set.outgoing
					 : set.act;
	(void)cli_refuse(cli,
			 delivery_of(setting) == DELIVERY_CLIENT ? &cli_lane_client : &cli_lane_off,
			 "lane=%s\nmailbox=%s", cli_lane(lane), m->name.ptr);
	return false;
}

/* Without --lane one that is on is enough. */
static bool any_lane_on(struct cli *cli, const struct brg_mailbox_row *m)
{
	for (int lane = BRG_INCOMING; lane <= BRG_ACT && !cli->lane; lane++)
		if (cli_lane_is_on(cli, m, lane))
			return true;
	return cli_lane_on(cli, m, cli->lane ? cli_lane_of(cli->lane) : BRG_INCOMING);
}

/* Items that were set aside, those for good too, get another try. */
static void retry_parked(struct cli *cli, const struct brg_id *mailbox, struct step *step)
{
	struct brg_query q = cli_query(BRG_READ_PARKED);
	struct brg_row *rows;
	size_t n = 0;

	q.mailbox = *mailbox;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		rows[i].u.parked.next_us = cli->setup.engine.now_us(&cli->setup.engine);
		step_add(step, BRG_OP_PARK, BRG_ANY)->u.parked = rows[i].u.parked;
	}
}

void cli_wake(const struct cli *cli)
{
	for (int role = 0; role < ROLES; role++)
		wake_all(cli->config->state, config_role_name(role));
}

bool cli_forgive(struct cli *cli, const struct brg_visit_row *visit)
{
	struct brg_visit_row *v = arena_alloc(cli->arena, sizeof(*v));
	struct brg_err err = BRG_ERR_INIT;
	struct step step;

	if (visit->state != BRG_DISABLED && visit->state != BRG_QUARANTINED)
		return true;
	*v = *visit;
	v->state = BRG_ENABLED;
	v->strikes = v->failures = 0;
	step_init(&step, cli->arena);
	step_add(&step, BRG_OP_VISIT, BRG_ANY)->u.visit = *v;
	if (store_commit(&cli->setup.engine.store, &step, BRG_DURABLE, NULL, &err) >= 0)
		return true;
	cli_error(cli, &err);
	return false;
}

/* Wanted, and whatever kept the lane from running is forgiven: a person asked. */
static int sync_now(struct cli *cli, int argc, char **argv)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	struct store *store = &cli->setup.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_mailbox_row m;
	struct brg_row *rows;
	struct step step;
	json_t *o;
	size_t n;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !cli_own_mailbox(cli, argv[0], &m) ||
	    !any_lane_on(cli, &m))
		return CLI_FAILED;
	q.mailbox = m.id;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		if (!cli_forgive(cli, &rows[i].u.visit))
			return CLI_FAILED;
	step_init(&step, cli->arena);
	step_add(&step, BRG_OP_WANT, BRG_ANY)->u.want.mailbox = m.id;
	step.ops[0].u.want.lane = cli->lane ? cli_lane_of(cli->lane) : 0;
	retry_parked(cli, &m.id, &step);
	if (store_commit(store, &step, BRG_DURABLE, NULL, &err) < 0)
		return cli_error(cli, &err);
	cli_wake(cli);
	o = json_object();
	json_object_set_new(o, "mailbox", cli_str(m.name));
	json_object_set_new(o, "state", json_string("wanted"));
	return cli_done(cli, o, "%s is wanted; `brygga mailbox show %s` tells how it went", argv[0],
			argv[0]);
}

const struct cli_command cli_mailbox[] = {
	{ "mailbox", "list", "", "every mailbox, its state and next visit", 0, 0, list, true },
	{ "mailbox", "show", "MAILBOX", "one mailbox in full", 1, 1, show, true },
	{ "sync", NULL, "MAILBOX [--lane LANE]", "have the daemon visit it at once", 1, 1, sync_now,
	  true },
	{ 0 },
};
