/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga auth: a person signs in for a mailbox, or once for a profile whose mailboxes share
 * it, on any device with a browser (RFC 8628). The daemon then refreshes by itself.
 */
#include "core/alert.h"
#include "core/cli/cli.h"
#include "core/faults.h"
#include "core/token.h"
#include "core/token_store.h"

#include <time.h>
#include <unistd.h>

#define SLOWER_S   5  /* RFC 8628 section 3.5: so much is added at each slow_down */
#define TROUBLE_S  60 /* longest pause while the provider cannot be reached */
#define SWAP_TRIES 20
#define LANES	   3

/* What the options of a connector say of OAuth. */
struct client {
	struct brg_oauth how;
};

static const struct brg_option options[] = { BRG_OPTIONS_OAUTH(struct client, how),
					     BRG_OPTION_END };

/* A sign-in that a name stands for. */
struct sign_in {
	struct brg_profile_row profile;
	struct brg_oauth how;
	struct token_key key;
};

/* What was named: a profile; or a mailbox, whose lanes may have profiles of several providers. */
struct target {
	const char *kind; /* "mailbox", "profile" */
	struct brg_str name;
	struct brg_id object;
	struct sign_in at[LANES];
	size_t n;
};

/* ---- what is meant --------------------------------------------------------------------------*/

/* All but the client's secret. */
static int read_how(struct cli *cli, const struct brg_profile_row *p, struct brg_oauth *how,
		    struct brg_err *err)
{
	struct engine *e = &cli->setup.engine;
	const struct settings *defaults = e->defaults(e, p->connector);
	const struct brg_plugin *plugin = e->connector(e, p->connector, err);
	struct settings settings = { 0 };
	struct client client = { { 0 } };
	int rc;

	*how = client.how;
	/* A connector that does not load says so elsewhere. */
	if (!plugin || !options_find(plugin->options, brg_cstr("oauth")))
		return 0;
	for (size_t i = 0; defaults && i < defaults->n; i++)
		settings_add(&settings, cli->arena, defaults->at[i].name, defaults->at[i].value);
	rc = settings_add_json(&settings, p->settings, cli->arena, err);
	if (rc == 0)
		rc = options_fill(options, &client, settings.at, settings.n, cli->arena, err);
	if (rc == 0)
		*how = client.how;
	return rc;
}

/* Needs the private key. */
static int read_secret(struct cli *cli, struct sign_in *s, struct brg_err *err)
{
	struct settings settings = { 0 };
	const struct setting *secret;
	int rc = settings_add_sealed(&settings, cli->setup.secrets, "profile", &s->profile.id,
				     s->profile.sealed, cli->arena, err);

	secret = settings_get(&settings, "oauth-client-secret");
	if (rc == 0 && secret)
		s->how.client_secret = arena_str(cli->arena, secret->value).ptr;
	settings_wipe(&settings);
	return rc;
}

static bool add_profile(struct cli *cli, struct target *t, const struct brg_id *id)
{
	struct brg_query q = cli_query(BRG_READ_PROFILES);
	struct sign_in *s = &t->at[t->n];
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	size_t n = 0;

	q.id = *id;
	rows = cli_read(cli, &q, &n);
	if (!rows || n == 0)
		return rows != NULL;
	s->profile = rows[0].u.profile;
	if (read_how(cli, &s->profile, &s->how, &err) < 0) {
		cli_error(cli, &err);
		return false;
	}
	if (s->how.grant == BRG_OAUTH_NONE ||
	    (s->how.grant == BRG_OAUTH_CLIENT && strcmp(t->kind, "mailbox") == 0))
		return true;
	s->key = token_key(&cli->setup.engine, &s->how, t->kind, &t->object, cli->arena);
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->at[i].key.name, s->key.name) == 0)
			return true;
	t->n++;
	return true;
}

static bool take_mailbox(struct cli *cli, const struct brg_mailbox_row *m, struct target *t)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	struct brg_row *rows;
	size_t n = 0;

	*t = (struct target){ .kind = "mailbox", .name = m->name, .object = m->id };
	q.mailbox = m->id;
	q.number = cli->lane ? cli_lane_of(cli->lane) : 0;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n && t->n < LANES; i++)
		if (!add_profile(cli, t, &rows[i].u.visit.profile))
			return false;
	return rows != NULL;
}

static bool take_profile(struct cli *cli, const struct brg_profile_row *p, struct target *t)
{
	*t = (struct target){ .kind = "profile", .name = p->name, .object = p->id };
	return add_profile(cli, t, &p->id);
}

static bool find_target(struct cli *cli, const char *name, struct target *t)
{
	struct brg_query q = cli_query(BRG_READ_MAILBOXES);
	struct brg_row *rows;
	size_t n = 0;

	q.text = brg_cstr(name);
	rows = cli_read(cli, &q, &n);
	if (!rows)
		return false;
	if (n)
		return take_mailbox(cli, &rows[0].u.mailbox, t);
	q = cli_query(BRG_READ_PROFILES);
	q.text = brg_cstr(name);
	rows = cli_read(cli, &q, &n);
	if (rows && n)
		return take_profile(cli, &rows[0].u.profile, t);
	if (rows)
		cli_fail("no mailbox and no profile has the name %s; `brygga mailbox list` shows "
			 "both",
			 name);
	return false;
}

/* ---- what is said ---------------------------------------------------------------------------*/

static void say(struct cli *cli, const struct brg_fault *row, const char *params)
{
	char text[2048];

	puts(fault_render(row, brg_cstr(params), cli->lang, text, sizeof(text)));
	(void)fflush(stdout);
}

static void say_name(struct cli *cli, const struct brg_fault *row, struct brg_str name)
{
	if (!cli->json)
		say(cli, row, arena_printf(cli->arena, "name=%.*s", (int)name.len, name.ptr));
}

static void show_code(struct cli *cli, const struct oauth_device *d)
{
	json_t *o;

	if (!cli->json) {
		say(cli, &token_open_page,
		    arena_printf(cli->arena, "url=%s\ncode=%s\nminutes=%lld", d->url, d->user_code,
				 (long long)(d->lifetime_s + 59) / 60));
		if (*d->url_whole)
			say(cli, &token_open_link,
			    arena_printf(cli->arena, "url=%s", d->url_whole));
		return;
	}
	o = json_pack("{s:s, s:s, s:s, s:I}", "url", d->url, "code", d->user_code, "link",
		      d->url_whole, "seconds", (json_int_t)d->lifetime_s);
	(void)cli_object(cli, o);
	(void)fflush(stdout);
}

/* ---- signing in -----------------------------------------------------------------------------*/

static int64_t no_limit(void *ctx)
{
	(void)ctx;
	return INT32_MAX;
}

static bool never(void *ctx)
{
	(void)ctx;
	return false;
}

static const struct net_watch patient = { NULL, no_limit, never, NULL };

static int64_t monotonic_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* RFC 8628 section 3.5. Trouble on the way to the provider is waited out, with longer pauses. */
static int wait_for_person(struct cli *cli, const struct sign_in *s, const struct oauth_device *d,
			   struct oauth_tokens *out, int64_t *sent_us, struct brg_err *err)
{
	struct engine *e = &cli->setup.engine;
	int64_t end = monotonic_s() + d->lifetime_s, pause = d->interval_s, trouble = 0;
	int rc;

	for (;;) {
		sleep((unsigned)(trouble > pause ? trouble : pause));
		*sent_us = e->now_us(e);
		rc = oauth_poll(&patient, &s->how, d->device_code, cli->arena, out, err);
		if (rc == 0 || (rc < 0 && err->retry == BRG_RETRY_NEVER))
			return rc;
		if (rc == OAUTH_SLOW_DOWN)
			pause += SLOWER_S;
		trouble = rc > 0 ? 0 : trouble ? 2 * trouble : 2 * pause;
		if (trouble > TROUBLE_S)
			trouble = TROUBLE_S;
		if (monotonic_s() >= end)
			return rc < 0 ? rc : brg_fail(err, &oauth_code_expired, "%s", "");
	}
}

/* Whatever is there is replaced, a lock too: who holds it finds this when it comes to store. */
static int store_sign_in(struct cli *cli, const struct sign_in *s,
			 const struct oauth_tokens *tokens, int64_t sent_us, struct brg_err *err)
{
	struct engine *e = &cli->setup.engine;
	struct token_row was, now = { .signed_us = e->now_us(e) };
	int rc = token_put(e, &s->key, tokens, sent_us, e->now_us(e), 0, &now, cli->arena, err);

	for (int i = 0; i < SWAP_TRIES && rc >= 0; i++) {
		rc = token_load(&e->store, &s->key, cli->arena, &was, err);
		if (rc == 0)
			rc = token_swap(&e->store, &s->key, &was, &now, BRG_DURABLE, cli->arena,
					err);
		if (rc != BRG_REFUSED)
			break;
	}
	return rc;
}

static int sign_in(struct cli *cli, const struct target *t, const struct sign_in *s,
		   struct brg_err *err)
{
	struct oauth_tokens tokens = { 0 };
	struct oauth_device device;
	int64_t sent;
	int rc = oauth_check(&s->how, true, err);

	if (rc == 0)
		rc = oauth_device(&patient, &s->how, cli->arena, &device, err);
	if (rc < 0)
		return rc;
	show_code(cli, &device);
	rc = wait_for_person(cli, s, &device, &tokens, &sent, err);
	if (rc < 0)
		return rc;
	if (!tokens.refresh.len)
		rc = brg_fail(err, &token_no_refresh, "name=%.*s", (int)t->name.len, t->name.ptr);
	else
		rc = store_sign_in(cli, s, &tokens, sent, err);
	oauth_wipe(&tokens);
	return rc;
}

/* The lanes that this profile serves and that stand still run again; their alerts are closed. */
static int release(struct cli *cli, const struct target *t, const struct sign_in *s)
{
	struct brg_query q = cli_query(BRG_READ_VISITS);
	struct engine *e = &cli->setup.engine;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	struct step step;
	size_t n = 0;

	if (strcmp(t->kind, "mailbox") == 0)
		q.mailbox = t->object;
	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++) {
		const struct brg_visit_row *v = &rows[i].u.visit;
		const struct brg_fault *why = fault_find(v->code);

		if (v->state != BRG_DISABLED || !brg_id_eq(&v->profile, &s->profile.id) || !why ||
		    why->cls != BRG_EAUTH)
			continue;
		if (!cli_forgive(cli, v))
			return CLI_FAILED;
		step_init(&step, cli->arena);
		step_add(&step, BRG_OP_WANT, BRG_ANY)->u.want =
			(struct brg_want){ v->mailbox, v->lane };
		alert_clear(&step, BRG_ALERT_MAILBOX, &v->mailbox, v->code, e->now_us(e));
		if (store_commit(&e->store, &step, BRG_DURABLE, NULL, &err) < 0)
			return cli_error(cli, &err);
	}
	cli_wake(cli);
	return rows ? CLI_OK : CLI_FAILED;
}

static int not_for_people(const struct target *t)
{
	return cli_fail("%s %.*s does not sign in with OAuth; set oauth = sign-in in its profile "
			"and apply it",
			t->kind, (int)t->name.len, t->name.ptr);
}

static int login(struct cli *cli, int argc, char **argv)
{
	struct brg_err err = BRG_ERR_INIT;
	struct target t;
	int rc;

	(void)argc;
	if (cli_open(cli, SETUP_PRIVATE_KEY) != CLI_OK || !find_target(cli, argv[0], &t))
		return CLI_FAILED;
	if (t.n == 0)
		return not_for_people(&t);
	for (size_t i = 0; i < t.n; i++) {
		if (t.at[i].how.grant != BRG_OAUTH_SIGN_IN)
			return not_for_people(&t);
		rc = read_secret(cli, &t.at[i], &err);
		if (rc == 0)
			rc = sign_in(cli, &t, &t.at[i], &err);
		if (rc < 0)
			return cli_error(cli, &err);
		if (rc == BRG_REFUSED)
			return cli_fail("others changed it at the same moment: try again");
		if (release(cli, &t, &t.at[i]) != CLI_OK)
			return CLI_FAILED;
	}
	say_name(cli, &token_done, t.name);
	return CLI_OK;
}

/* ---- signing out ----------------------------------------------------------------------------*/

static int logout(struct cli *cli, int argc, char **argv)
{
	struct store *store = &cli->setup.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	struct token_row row;
	bool any = false;
	struct target t;

	(void)argc;
	if (cli_open(cli, 0) != CLI_OK || !find_target(cli, argv[0], &t))
		return CLI_FAILED;
	for (size_t i = 0; i < t.n; i++) {
		if (token_load(store, &t.at[i].key, cli->arena, &row, &err) < 0 ||
		    (row.there && token_remove(store, &t.at[i].key, cli->arena, &err) < 0))
			return cli_error(cli, &err);
		any = any || row.there;
	}
	say_name(cli, any ? &token_removed : &token_nothing, t.name);
	return CLI_OK;
}

/* ---- how it stands --------------------------------------------------------------------------*/

static json_t *status_json(struct cli *cli, const struct target *t, const struct sign_in *s,
			   const struct token_row *row)
{
	json_t *o = json_object();
	bool failed = *row->code != '\0';

	json_object_set_new(o, "name", cli_str(t->name));
	json_object_set_new(o, "kind", json_string(t->kind));
	json_object_set_new(o, "profile", cli_str(s->profile.name));
	json_object_set_new(
		o, "oauth",
		json_string(s->how.grant == BRG_OAUTH_CLIENT ? "client-credentials" : "sign-in"));
	json_object_set_new(o, "signed_in", cli_time(row->signed_us));
	json_object_set_new(o, "refreshed", cli_time(row->refreshed_us));
	json_object_set_new(o, "expires", cli_time(row->expires_us + row->offset_us));
	json_object_set_new(o, "error",
			    failed ? cli_sentence(cli, brg_cstr(row->code), brg_cstr(row->params))
				   : json_null());
	json_object_set_new(o, "said", *row->said ? cli_str(brg_cstr(row->said)) : json_null());
	return o;
}

/* Profiles and mailboxes that have a sign-in; with `all`, those too that lack one. */
static bool add_status(struct cli *cli, const struct target *t, bool all, json_t *array)
{
	struct brg_err err = BRG_ERR_INIT;
	struct token_row row;

	for (size_t i = 0; i < t->n; i++) {
		row = (struct token_row){ .code = "", .params = "", .said = "" };
		if (token_load(&cli->setup.engine.store, &t->at[i].key, cli->arena, &row, &err) <
		    0) {
			cli_error(cli, &err);
			return false;
		}
		if (!row.there)
			row = (struct token_row){ .code = "", .params = "", .said = "" };
		if (row.there || all)
			json_array_append_new(array, status_json(cli, t, &t->at[i], &row));
	}
	return true;
}

static bool add_all(struct cli *cli, json_t *array)
{
	struct brg_query q = cli_query(BRG_READ_PROFILES);
	struct brg_row *rows;
	struct target t;
	size_t n = 0;

	rows = cli_read(cli, &q, &n);
	for (size_t i = 0; rows && i < n; i++)
		if (!take_profile(cli, &rows[i].u.profile, &t) ||
		    !add_status(cli, &t, t.n && t.at[0].how.grant == BRG_OAUTH_CLIENT, array))
			return false;
	q = cli_query(BRG_READ_MAILBOXES);
	rows = rows ? cli_read(cli, &q, &n) : NULL;
	for (size_t i = 0; rows && i < n; i++)
		if (!take_mailbox(cli, &rows[i].u.mailbox, &t) || !add_status(cli, &t, true, array))
			return false;
	return rows != NULL;
}

static int status(struct cli *cli, int argc, char **argv)
{
	static const struct cli_column columns[] = {
		{ "name", "NAME", false },	 { "kind", "KIND", false },
		{ "profile", "PROFILE", false }, { "signed_in", "SIGNED IN", false },
		{ "refreshed", "TOKEN", false }, { "expires", "EXPIRES", false },
		{ "error", "ERROR", true },	 { NULL, NULL, false },
	};
	json_t *array = json_array();
	struct target t;

	if (cli_open(cli, SETUP_READONLY) != CLI_OK ||
	    (argc ? !find_target(cli, argv[0], &t) || !add_status(cli, &t, true, array)
		  : !add_all(cli, array))) {
		json_decref(array);
		return CLI_FAILED;
	}
	return cli_list(cli, array, columns, "nothing signs in with OAuth");
}

const struct cli_command cli_auth[] = {
	{ "auth", "login", "MAILBOX|PROFILE", "sign in with OAuth, in a browser on any machine", 1,
	  1, login, false },
	{ "auth", "status", "[MAILBOX|PROFILE]", "who is signed in, and what went wrong", 0, 1,
	  status, false },
	{ "auth", "logout", "MAILBOX|PROFILE", "forget the sign-in", 1, 1, logout, false },
	{ 0 },
};
