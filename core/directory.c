/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what people say about users, queues, profiles and mailboxes, and refuses what could
 * not work before anything of it reaches the store: a mailbox that asks its connector for what
 * that cannot do, two mailboxes that are one on the server, a password in the file.
 */
#include "core/directory-private.h"

#include "core/doubles.h"
#include "core/mailbox.h"
#include "core/options.h"

#include <stdlib.h>

#define CONF_FAULT(row, number, english, swedish, helps) \
	static CONF_FAULT_SHARED(row, number, english, swedish, helps)
#define CONF_FAULT_SHARED(row, number, english, swedish, helps) \
	const struct brg_fault row = {                          \
		.code = "BRG-CONF-" number,                     \
		.cls = BRG_EINVAL,                              \
		.retry = BRG_RETRY_NEVER,                       \
		.en = english,                                  \
		.sv = swedish,                                  \
		.help = helps,                                  \
	}

CONF_FAULT(
	unknown_type, "0080",
	"[{section}] is not known here; there are [user NAME], [queue NAME], [contact NAME], [lead "
	"NAME], [account NAME], [reference NAME], [profile NAME], [mailbox NAME], [filter NAME], "
	"[system-filter NAME] and [filter-template NAME]",
	"[{section}] är okänd här; det finns [user NAMN], [queue NAMN], [contact NAMN], [lead "
	"NAMN], [account NAMN], [reference NAMN], [profile NAMN], [mailbox NAMN], [filter NAMN], "
	"[system-filter NAMN] och [filter-template NAMN]",
	"A file for `brygga apply` names people, queues, things of the CRM, servers and mailboxes. "
	"The daemon's own settings are in brygga.conf.");
CONF_FAULT(near_type, "0081", "[{section}] is not known here: did you mean [{near} ...]?",
	   "[{section}] är okänd här: menades [{near} ...]?",
	   "A file for `brygga apply` has sections user, queue, contact, lead, account, reference, "
	   "profile, mailbox, filter, system-filter and filter-template.");
CONF_FAULT(no_name, "0082", "[{section}] needs a name, as in [{section} demo]",
	   "[{section}] behöver ett namn, som i [{section} demo]",
	   "The name is how the others of the file and the command line speak of it.");
CONF_FAULT_SHARED(
	directory_needs, "0083", "[{section}] needs the setting {key}",
	"[{section}] behöver inställningen {key}",
	"It has no default. `brygga plugin show NAME` lists the settings of a connector.");
CONF_FAULT(
	of_profile, "0084", "{key} belongs to [profile {profile}], not to a mailbox",
	"{key} hör till [profile {profile}], inte till en brevlåda",
	"All mailboxes of a profile share its server; make a second profile for another server.");
CONF_FAULT(
	no_such, "0085", "there is no [{type} {name}] in this file",
	"det finns ingen [{type} {name}] i den här filen",
	"A file stands on its own: what a mailbox refers to is in the same file. To repeat it is "
	"harmless.");
CONF_FAULT(near_such, "0086", "there is no [{type} {name}] in this file: did you mean {near}?",
	   "det finns ingen [{type} {name}] i den här filen: menades {near}?",
	   "A file stands on its own: what a mailbox refers to is in the same file.");
CONF_FAULT(one_owner, "0087",
	   "[mailbox {name}] belongs to one user or one queue: write either user = NAME or queue = "
	   "NAME",
	   "[mailbox {name}] tillhör en användare eller en kö: skriv antingen user = NAMN eller "
	   "queue = NAMN",
	   "What comes through the mailbox belongs to its user or queue.");
CONF_FAULT(
	cannot_lane, "0088",
	"{key} = yes cannot be done: connector {connector} of profile {profile} does not carry "
	"{what}",
	"{key} = yes går inte: anslutningen {connector} i profilen {profile} hanterar inte {what}",
	"A connector serves only some lanes and kinds; `brygga plugin show NAME` lists them. POP3 "
	"brings email in and nothing else. Turn it off, or use a profile whose connector can.");
CONF_FAULT(say_act, "0089", "{key} is not a setting of its own: write act = yes",
	   "{key} är ingen egen inställning: skriv act = yes",
	   "act keeps appointments, contacts and tasks in step, as far as the connector can.");
CONF_FAULT(user_mail, "0090",
	   "delete-after-store for the mailbox of a user needs delete-user-mail = yes as well",
	   "delete-after-store för en användares brevlåda kräver också delete-user-mail = yes",
	   "A person reads the mailbox with other programs too; deleting their mail there is asked "
	   "for twice. For queues delete-after-store is enough.");
CONF_FAULT(
	cannot_delete, "0091",
	"delete-after-store cannot be done: connector {connector} of profile {profile} does not "
	"delete",
	"delete-after-store går inte: anslutningen {connector} i profilen {profile} raderar inte",
	"The connector only reads.");
CONF_FAULT(no_senders, "0092", "accept = senders needs senders = with addresses and domains",
	   "accept = senders behöver senders = med adresser och domäner",
	   "Without a list no email would be taken; accept = none says that plainly.");
CONF_FAULT(idle_senders, "0093", "senders has no effect without accept = senders",
	   "senders har ingen verkan utan accept = senders",
	   "Either add accept = senders, or remove the list.");
const struct brg_fault *const directory_faults[] = {
	&unknown_type,	  &near_type,	  &no_name,    &directory_needs, &of_profile,
	&no_such,	  &near_such,	  &one_owner,  &cannot_lane,	 &say_act,
	&user_mail,	  &cannot_delete, &no_senders, &idle_senders,	 &directory_literal,
	&directory_no_fd, NULL,
};

/* The core's own keys, as tables for their names. */
static const struct brg_option profile_keys[] = {
	{ "connector", BRG_OPT_STRING, BRG_OPT_REQUIRED, 0, NULL, NULL, 0, 0, NULL },
	{ "max-connections", BRG_OPT_INT, 0, offsetof(struct directory_profile, max_connections),
	  "10", NULL, 1, 10000, NULL },
	BRG_OPTION_END,
};
static const struct brg_option mailbox_keys[] = {
	{ .name = "user" },    { .name = "queue" },
	{ .name = "profile" }, { .name = "outgoing-profile" },
	{ .name = "address" }, BRG_OPTION_END,
};

static const struct brg_option *const no_options;

int directory_complain(struct parser *p, int line, const struct brg_err *err)
{
	return problem_err(p->problems, p->ini->name, line, err);
}

const char *directory_heading(struct parser *p, const struct ini_section *s)
{
	return arena_printf(p->arena, "%s %s", s->type, s->name);
}

static const struct settings *defaults_of(struct parser *p, const struct brg_plugin *plugin)
{
	return plugin && p->lookup->defaults
		       ? p->lookup->defaults(p->lookup->ctx, brg_cstr(plugin->name))
		       : NULL;
}

static void take_address(struct parser *p, const struct ini_section *s, struct brg_str *out)
{
	const struct ini_entry *e = ini_find(s, "address");
	struct brg_err err = BRG_ERR_INIT;

	if (e && e->value.len && mailbox_fold_address(e->value, p->arena, out, &err) < 0)
		directory_complain(p, e->line, &err);
}

/* A setting of the connector: checked, and kept with the settings or the secrets. */
static void take_option(struct parser *p, const struct ini_entry *e, const struct brg_option *opt,
			struct settings *settings, struct directory_secret *secrets,
			size_t *n_secrets)
{
	struct brg_err err = BRG_ERR_INIT;

	if (opt->flags & BRG_OPT_SECRET) {
		directory_check_secret(p, e);
		secrets[(*n_secrets)++] = (struct directory_secret){ e->key, e->value, e->line };
	} else if (option_set(opt, NULL, e->value, p->arena, &err) < 0) {
		directory_complain(p, e->line, &err);
	} else {
		settings_add(settings, p->arena, brg_cstr(e->key), e->value);
	}
}

/* ---- owners and profiles --------------------------------------------------------------------*/

static bool has_value(const struct settings *settings, const char *name)
{
	const struct setting *s = settings ? settings_get(settings, name) : NULL;

	return s && s->value.len;
}

static bool has_secret(const struct directory_secret *secrets, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(secrets[i].name, name) == 0)
			return true;
	return false;
}

/* A value that is bad was told already; it is not missing too. */
static bool is_written(const struct ini_section *s, const char *key)
{
	const struct ini_entry *e = ini_find(s, key);

	return e && e->value.len;
}

/* What is written is taken, and be it empty. */
static bool profile_has(struct parser *p, const struct directory_profile *f, const char *name)
{
	const struct setting *s = settings_get(&f->settings, name);

	return s ? s->value.len > 0
		 : has_secret(f->secrets, f->n_secrets, name) ||
			       has_value(defaults_of(p, f->plugin), name);
}

/* The profile's value of the option "oauth", or the connector's default. */
static struct brg_str oauth_of(struct parser *p, const struct directory_profile *f)
{
	const struct settings *defaults = defaults_of(p, f->plugin);
	const struct setting *s = settings_get(&f->settings, "oauth");

	if (!s && defaults)
		s = settings_get(defaults, "oauth");
	return s ? s->value : brg_cstr("");
}

static void take_profile(struct parser *p, const struct ini_section *s)
{
	struct directory_profile *f = &p->dir->profiles[p->dir->n_profiles++];
	const struct ini_entry *connector = ini_find(s, "connector");
	const struct brg_option *tables[] = { profile_keys, no_options };
	struct brg_err err = BRG_ERR_INIT;

	*f = (struct directory_profile){ .name = s->name, .line = s->line };
	f->secrets = arena_alloc(p->arena, (s->n + 1) * sizeof(*f->secrets));
	p->index[p->n_index++] = (struct named){ s->type, s->name, f };
	(void)option_set(&profile_keys[1], f, brg_cstr(profile_keys[1].dflt), p->arena, &err);
	if (!connector || connector->value.len == 0)
		SAY(p, s->line, &directory_needs, "section=%s\nkey=connector",
		    directory_heading(p, s));
	else if (!(f->plugin = p->lookup->connector(p->lookup->ctx, connector->value, &err)))
		directory_complain(p, connector->line, &err);
	if (f->plugin)
		tables[1] = f->plugin->options;
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *own = options_find(profile_keys, brg_cstr(e->key));
		const struct brg_option *opt = options_find(tables[1], brg_cstr(e->key));

		if (own && e != connector && option_set(own, f, e->value, p->arena, &err) < 0)
			directory_complain(p, e->line, &err);
		else if (opt)
			take_option(p, e, opt, &f->settings, f->secrets, &f->n_secrets);
		else if (!own && f->plugin)
			options_complain(p->problems, p->ini->name, e->line,
					 directory_heading(p, s), e->key, tables, 2);
	}
	for (const struct brg_option *o = tables[1]; o && o->name; o++)
		if ((o->flags & BRG_OPT_REQUIRED) && !(o->flags & BRG_OPT_PER_MAILBOX) &&
		    !profile_has(p, f, o->name) && !is_written(s, o->name))
			SAY(p, s->line, &directory_needs, "section=%s\nkey=%s",
			    directory_heading(p, s), o->name);
}

/* ---- mailboxes ------------------------------------------------------------------------------*/

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int d = strcmp(x->type, y->type);

	return d ? d : strcmp(x->name, y->name);
}

/* What the entry refers to, or NULL with a problem. */
void *directory_refer(struct parser *p, const struct ini_entry *e, const char *type)
{
	struct named wanted = { type, e->value.ptr, NULL }, *found;
	const char **names, *near;
	size_t n = 0;

	found = bsearch(&wanted, p->index, p->n_index, sizeof(*found), by_name);
	if (found)
		return found->it;
	names = xcalloc(p->n_index + 1, sizeof(*names));
	for (size_t i = 0; i < p->n_index && n < 1000; i++)
		if (strcmp(p->index[i].type, type) == 0)
			names[n++] = p->index[i].name;
	near = problems_nearest(e->value, names, n);
	if (near)
		SAY(p, e->line, &near_such, "type=%s\nname=%s\nnear=%s", type,
		    problems_show(p->arena, e->value), near);
	else
		SAY(p, e->line, &no_such, "type=%s\nname=%s", type,
		    problems_show(p->arena, e->value));
	free(names);
	return NULL;
}

static void take_refs(struct parser *p, const struct ini_section *s, struct directory_mailbox *m)
{
	const struct ini_entry *user = ini_find(s, "user"), *queue = ini_find(s, "queue");
	const struct ini_entry *profile = ini_find(s, "profile");
	const struct ini_entry *outgoing = ini_find(s, "outgoing-profile");

	if (!user == !queue)
		SAY(p, s->line, &one_owner, "name=%s", s->name);
	else
		m->owner = user ? directory_refer(p, user, "user")
				: directory_refer(p, queue, "queue");
	if (!profile)
		SAY(p, s->line, &directory_needs, "section=%s\nkey=profile",
		    directory_heading(p, s));
	else
		m->profile = directory_refer(p, profile, "profile");
	if (outgoing)
		m->outgoing = directory_refer(p, outgoing, "profile");
	take_address(p, s, &m->address);
	if (!ini_find(s, "address"))
		SAY(p, s->line, &directory_needs, "section=%s\nkey=address",
		    directory_heading(p, s));
}

/* One of the core's settings of a mailbox, in its stored form. */
static void take_core(struct parser *p, const struct ini_entry *e, const struct brg_option *opt,
		      struct directory_mailbox *m)
{
	/* Late enough for any age; the real moment is counted when it is applied. */
	const int64_t some_time = INT64_C(4000000000000000);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str value = e->value, ignored;
	int rc = option_set(opt, NULL, value, p->arena, &err);

	if (rc == 0 && strcmp(opt->name, "senders") == 0)
		rc = mailbox_fold_senders(e->value, p->arena, &value, &err);
	if (rc == 0 && strcmp(opt->name, "received-after") == 0) {
		rc = mailbox_fold_after(e->value, some_time, p->arena, &ignored, &err);
		m->after = e->value;
	} else if (rc == 0) {
		settings_add(&m->settings, p->arena, brg_cstr(opt->name), value);
	}
	if (rc < 0)
		directory_complain(p, e->line, &err);
}

/* The connectors' options that the key may mean: of both profiles, or with a connector's name in
 * front of that one's alone. The profile whose it is goes to *of. */
static const struct brg_option *connector_option(const struct directory_mailbox *m, const char *key,
						 const struct directory_profile **of)
{
	const struct directory_profile *profiles[] = { m->profile, m->outgoing };
	const char *dot = strchr(key, '.');

	for (size_t i = 0; i < 2; i++) {
		const struct brg_plugin *plugin = profiles[i] ? profiles[i]->plugin : NULL;
		const struct brg_option *opt;

		if (!plugin || (dot && (strlen(plugin->name) != (size_t)(dot - key) ||
					strncmp(plugin->name, key, (size_t)(dot - key)) != 0)))
			continue;
		opt = options_find(plugin->options, brg_cstr(dot ? dot + 1 : key));
		*of = profiles[i];
		if (opt)
			return opt;
	}
	return NULL;
}

static const struct brg_option *table_of(const struct directory_profile *profile)
{
	return profile && profile->plugin ? profile->plugin->options : no_options;
}

static void take_entry(struct parser *p, const struct ini_section *s, const struct ini_entry *e,
		       struct directory_mailbox *m)
{
	const struct brg_option *tables[] = { mailbox_keys, mailbox_options, table_of(m->profile),
					      table_of(m->outgoing) };
	const struct brg_option *core = options_find(mailbox_options, brg_cstr(e->key));
	const struct directory_profile *of = NULL;
	const struct brg_option *opt = connector_option(m, e->key, &of);

	if (options_find(mailbox_keys, brg_cstr(e->key)))
		return;
	if (core)
		take_core(p, e, core, m);
	else if (opt && !(opt->flags & BRG_OPT_PER_MAILBOX))
		SAY(p, e->line, &of_profile, "key=%s\nprofile=%s", e->key, of->name);
	else if (opt)
		take_option(p, e, opt, &m->settings, m->secrets, &m->n_secrets);
	else if (strcmp(e->key, "appointments") == 0 || strcmp(e->key, "contacts") == 0 ||
		 strcmp(e->key, "tasks") == 0)
		SAY(p, e->line, &say_act, "key=%s", e->key);
	else if (tables[2])
		options_complain(p->problems, p->ini->name, e->line, directory_heading(p, s),
				 e->key, tables, 4);
}

const struct directory_profile *directory_profile_of(const struct directory_mailbox *m, int lane)
{
	return lane == BRG_OUTGOING && m->outgoing ? m->outgoing : m->profile;
}

static int line_of(const struct ini_section *s, const char *key)
{
	const struct ini_entry *e = ini_find(s, key);

	return e ? e->line : s->line;
}

static bool brygga(int setting)
{
	return delivery_of(setting) == DELIVERY_BRYGGA;
}

/* Can the connectors do what the mailbox asks of them? */
static void check_asked(struct parser *p, const struct ini_section *s, struct directory_mailbox *m,
			const struct mailbox_settings *set)
{
	const struct {
		const char *key, *what;
		bool asked;
		int lane;
		unsigned kinds;
	} lanes[] = {
		{ "incoming", "incoming email", brygga(set->incoming), BRG_INCOMING,
		  BRG_KIND_BIT(BRG_EMAIL) },
		{ "outgoing", "outgoing email", brygga(set->outgoing), BRG_OUTGOING,
		  BRG_KIND_BIT(BRG_EMAIL) },
		{ "act", "appointments, contacts and tasks", brygga(set->act), BRG_ACT,
		  BRG_KIND_BIT(BRG_CONTACT) | BRG_KIND_BIT(BRG_TASK) |
			  BRG_KIND_BIT(BRG_APPOINTMENT) },
	};
	const struct brg_connector *receiver = m->profile->plugin->connector;

	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		const struct directory_profile *f = directory_profile_of(m, lanes[i].lane);
		const struct brg_connector *c = f->plugin->connector;
		bool can = (c->lanes & BRG_LANE_BIT(lanes[i].lane)) && (c->kinds & lanes[i].kinds);

		if (lanes[i].asked && can)
			m->lanes |= BRG_LANE_BIT(lanes[i].lane);
		else if (lanes[i].asked)
			SAY(p, line_of(s, lanes[i].key), &cannot_lane,
			    "key=%s\nconnector=%s\nprofile=%s\nwhat=%s", lanes[i].key,
			    f->plugin->name, f->name, lanes[i].what);
	}
	if (set->delete_after_store && !BRG_HAS(receiver, brg_connector, push))
		SAY(p, line_of(s, "delete-after-store"), &cannot_delete, "connector=%s\nprofile=%s",
		    m->profile->plugin->name, m->profile->name);
}

/* What the connector cannot do without must stand in the mailbox or its profile; of what stands in
 * several places a visit takes what is nearest, and be it empty. */
static void check_required(struct parser *p, const struct ini_section *s,
			   const struct directory_profile *f)
{
	for (const struct brg_option *o = f->plugin->options; o && o->name; o++) {
		const struct ini_entry *e =
			ini_find(s, arena_printf(p->arena, "%s.%s", f->plugin->name, o->name));

		if (!option_required(o, oauth_of(p, f)) || !(o->flags & BRG_OPT_PER_MAILBOX))
			continue;
		e = e ? e : ini_find(s, o->name);
		if (e ? e->value.len == 0 : !profile_has(p, f, o->name))
			SAY(p, s->line, &directory_needs, "section=%s\nkey=%s",
			    directory_heading(p, s), o->name);
	}
}

static void check_mailbox(struct parser *p, const struct ini_section *s,
			  struct directory_mailbox *m)
{
	struct mailbox_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;

	if (options_fill(mailbox_options, &set, m->settings.at, m->settings.n, p->arena, &err) <
	    0) {
		directory_complain(p, s->line, &err);
		return;
	}
	if (set.delete_after_store && !set.delete_user_mail && m->owner &&
	    m->owner->type == BRG_USER)
		SAY(p, line_of(s, "delete-after-store"), &user_mail, "%s", "");
	if (set.accept == ACCEPT_SENDERS && !set.senders[0])
		SAY(p, line_of(s, "accept"), &no_senders, "%s", "");
	if (set.accept != ACCEPT_SENDERS && set.senders[0])
		SAY(p, line_of(s, "senders"), &idle_senders, "%s", "");
	if (!m->profile || !m->profile->plugin || (m->outgoing && !m->outgoing->plugin))
		return;
	check_asked(p, s, m, &set);
	check_required(p, s, m->profile);
	if (m->outgoing && m->outgoing != m->profile)
		check_required(p, s, m->outgoing);
}

static void take_mailbox(struct parser *p, const struct ini_section *s)
{
	struct directory_mailbox *m = &p->dir->mailboxes[p->dir->n_mailboxes++];
	size_t before = p->problems->n;

	*m = (struct directory_mailbox){ .name = s->name, .line = s->line };
	m->secrets = arena_alloc(p->arena, (s->n + 1) * sizeof(*m->secrets));
	take_refs(p, s, m);
	for (size_t i = 0; i < s->n; i++)
		take_entry(p, s, &s->entries[i], m);
	/* Of a setting that is bad already it is not said that it is missing. */
	if (p->problems->n == before)
		check_mailbox(p, s, m);
}

static bool known_type(struct parser *p, const struct ini_section *s)
{
	static const char *const types[] = { "user",	      "queue",		"contact",
					     "lead",	      "account",	"reference",
					     "profile",	      "mailbox",	"filter",
					     "system-filter", "filter-template" };
	const char *near =
		problems_nearest(brg_cstr(s->type), types, sizeof(types) / sizeof(types[0]));

	if (near && strcmp(near, s->type) == 0 && s->name[0])
		return true;
	if (near && strcmp(near, s->type) == 0)
		SAY(p, s->line, &no_name, "section=%s", s->type);
	else if (near)
		SAY(p, s->line, &near_type, "section=%s\nnear=%s", s->type, near);
	else
		SAY(p, s->line, &unknown_type, "section=%s", s->type);
	return false;
}

int directory_parse(const struct ini_file *ini, const struct directory_lookup *lookup,
		    struct brg_arena *arena, struct directory **out, struct problems *problems)
{
	struct parser p = { ini, lookup, arena, NULL, problems, NULL, 0 };
	size_t before = problems->n;
	struct directory *d = arena_alloc(arena, sizeof(*d));

	p.dir = d;
	d->file = ini->name;
	d->owners = arena_alloc(arena, (ini->n + 1) * sizeof(*d->owners));
	d->references = arena_alloc(arena, (ini->n + 1) * sizeof(*d->references));
	d->profiles = arena_alloc(arena, (ini->n + 1) * sizeof(*d->profiles));
	d->mailboxes = arena_alloc(arena, (ini->n + 1) * sizeof(*d->mailboxes));
	d->filters = arena_alloc(arena, (ini->n + 1) * sizeof(*d->filters));
	p.index = arena_alloc(arena, (ini->n + 1) * sizeof(*p.index));
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_section *s = &ini->sections[i];

		if (!known_type(&p, s))
			continue;
		if (strcmp(s->type, "profile") == 0)
			take_profile(&p, s);
		else if (strcmp(s->type, "user") == 0 || strcmp(s->type, "queue") == 0)
			directory_take_owner(&p, s);
	}
	qsort(p.index, p.n_index, sizeof(*p.index), by_name);
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_section *s = &ini->sections[i];

		if (strcmp(s->type, "mailbox") == 0 && s->name[0])
			take_mailbox(&p, s);
		else if (directory_is_reference(s->type) && s->name[0])
			directory_take_reference(&p, s);
		else if (directory_filter_named(s->type) && s->name[0])
			directory_take_filter(&p, s);
	}
	(void)doubles_in_file(d, lookup, arena, problems);
	/* What ini_read() could not read is missing from the directory. */
	if (problems->n == 0)
		*out = d;
	return problems->n > before ? BRG_EINVAL : 0;
}
