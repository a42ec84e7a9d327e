/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga.conf, read into one struct by option tables. Parsing needs no plugin and no store, so
 * that the supervisor, which has neither, can refuse a bad file and go on with the old one.
 */
#include "core/config.h"

#include "core/ini.h"
#include "core/loader.h"
#include "core/options.h"
#include "core/scoreboard.h"

static const struct brg_fault unknown_section = {
	.code = "BRG-CONF-0050",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no section [{section}]; known are: {known}",
	.sv = "det finns ingen sektion [{section}]; de som finns är: {known}",
	.help = "See the manual page brygga.conf(5).",
};
static const struct brg_fault near_section = {
	.code = "BRG-CONF-0051",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "there is no section [{section}]: did you mean [{near}]?",
	.sv = "det finns ingen sektion [{section}]: menades [{near}]?",
	.help = "See the manual page brygga.conf(5).",
};
static const struct brg_fault no_storage = {
	.code = "BRG-CONF-0054",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "no storage is named: add [storage] with plugin = sqlite",
	.sv = "inget lager är angivet: lägg till [storage] med plugin = sqlite",
	.help = "The store is where everything is kept; without it the daemon cannot start.",
};
static const struct brg_fault no_name = {
	.code = "BRG-CONF-0055",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] needs a name, as in [{section} {example}]",
	.sv = "[{section}] behöver ett namn, som i [{section} {example}]",
	.help = "See the manual page brygga.conf(5).",
};
static const struct brg_fault needless_name = {
	.code = "BRG-CONF-0056",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section} {name}] is written [{section}]: there is only one",
	.sv = "[{section} {name}] skrivs [{section}]: det finns bara en",
	.help = "See the manual page brygga.conf(5).",
};
static const struct brg_fault not_absolute = {
	.code = "BRG-CONF-0057",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} takes a path that begins with /, not \"{value}\"",
	.sv = "{key} ska vara en sökväg som börjar med /, inte \"{value}\"",
	.help = "The daemon does not start in your folder; only an absolute path is sure.",
};
static const struct brg_fault wrong_order = {
	.code = "BRG-CONF-0058",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{small} must not be longer than {large}",
	.sv = "{small} får inte vara längre än {large}",
	.help = "The intervals keep the order fastest, normal, slowest; the probes probe, "
		"probe-longest; a visit's time ends before its time-out.",
};
static const struct brg_fault literal_secret = {
	.code = "BRG-CONF-0059",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} is a secret: write {key} = file:/path or env:NAME, not the secret itself",
	.sv = "{key} är en hemlighet: skriv {key} = file:/sökväg eller env:NAMN, inte hemligheten "
	      "själv",
	.help = "Configuration files are copied, shown and kept in version control; secrets "
		"should not be.",
};
static const struct brg_fault secret_default = {
	.code = "BRG-CONF-0070",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} is a secret and belongs to a profile or mailbox, not to [{section}]",
	.sv = "{key} är en hemlighet och hör till en profil eller brevlåda, inte till [{section}]",
	.help = "Secrets of connectors are sealed in the store by `brygga apply`.",
};

const struct brg_fault *const config_faults[] = {
	&unknown_section, &near_section, &no_storage,	  &no_name,	   &needless_name,
	&not_absolute,	  &wrong_order,	 &literal_secret, &secret_default, NULL,
};

#define CORE(member)	    offsetof(struct config, member)
#define ROLE(which, member) offsetof(struct config, roles[which].member)
#define SCHEDULE(member)    offsetof(struct config, schedule.member)

static const struct brg_option core_options[] = {
	{ "state", BRG_OPT_STRING, 0, CORE(state), STATE_DIR, NULL, 0, 0,
	  "Folder of the store, the key and large messages; the daemon's alone, on a local disk." },
	{ "plugins", BRG_OPT_STRING, 0, CORE(plugins), PLUGIN_DIR, NULL, 0, 0,
	  "Folder of the plugins." },
	{ "language", BRG_OPT_CHOICE, 0, CORE(language), "en", "en|sv", 0, 0,
	  "Language of messages." },
	{ "log", BRG_OPT_CHOICE, 0, CORE(log), "info", "error|warning|info|debug", 0, 0,
	  "The least important lines that are written." },
	BRG_OPTION_END,
};
#define ROLE_OPTIONS(which, threads_default)                                                        \
	{ "processes",	       BRG_OPT_INT,	   0, ROLE(which, processes), "1", NULL, 1,         \
	  BOARD_PROCESSES - 2, "Worker processes." },                                               \
		{ "threads",                                                                        \
		  BRG_OPT_INT,                                                                      \
		  0,                                                                                \
		  ROLE(which, threads),                                                             \
		  threads_default,                                                                  \
		  NULL,                                                                             \
		  0,                                                                                \
		  BOARD_THREADS,                                                                    \
		  "Visits at a time in each process; 0: one after the other on its main thread." }, \
		{ "visit-time",                                                                     \
		  BRG_OPT_DURATION,                                                                 \
		  0,                                                                                \
		  ROLE(which, visit_time_ms),                                                       \
		  "30s",                                                                            \
		  NULL,                                                                             \
		  1000,                                                                             \
		  3600000,                                                                          \
		  "A visit with more to do gives way to others after so long." },                   \
		{ "visit-timeout",                                                                  \
		  BRG_OPT_DURATION,                                                                 \
		  0,                                                                                \
		  ROLE(which, visit_timeout_ms),                                                    \
		  "5m",                                                                             \
		  NULL,                                                                             \
		  1000,                                                                             \
		  86400000,                                                                         \
		  "A visit that has not ended by then is given up." },                              \
		{ "visit-steps",                                                                    \
		  BRG_OPT_INT,                                                                      \
		  0,                                                                                \
		  ROLE(which, visit_steps),                                                         \
		  "400",                                                                            \
		  NULL,                                                                             \
		  1,                                                                                \
		  100000,                                                                           \
		  "A visit with more to do gives way to others after so many steps." },             \
		BRG_OPTION_END

static const struct brg_option incoming_options[] = { ROLE_OPTIONS(ROLE_INCOMING, "16") };
static const struct brg_option outgoing_options[] = { ROLE_OPTIONS(ROLE_OUTGOING, "4") };
static const struct brg_option act_options[] = { ROLE_OPTIONS(ROLE_ACT, "8") };

static const struct {
	const char *name;
	int lane;
} roles[ROLES] = { { "incoming", BRG_INCOMING }, { "outgoing", BRG_OUTGOING }, { "act", BRG_ACT } };

const char *config_role_name(int role)
{
	return roles[role].name;
}

int config_role_lane(int role)
{
	return roles[role].lane;
}

int config_role_named(const char *name)
{
	for (int i = 0; i < ROLES; i++)
		if (strcmp(roles[i].name, name) == 0)
			return i;
	return -1;
}

#define RETENTION(member) offsetof(struct config, retention.member)
#define YEARS_100	  INT64_C(3153600000000)
static const struct brg_option retention_options[] = {
	{ "received", BRG_OPT_DURATION, 0, RETENTION(keep_ms[RETAIN_RECEIVED]), "0", NULL, 0,
	  YEARS_100, "Emails that came are removed when they are so old; 0: never." },
	{ "sent", BRG_OPT_DURATION, 0, RETENTION(keep_ms[RETAIN_SENT]), "0", NULL, 0, YEARS_100,
	  "The same for emails of ours." },
	{ "decisions", BRG_OPT_DURATION, 0, RETENTION(decisions_ms), "90d", NULL, 86400000,
	  YEARS_100, "Decisions and cleared alerts are kept so long." },
	BRG_OPTION_END,
};
static const struct brg_option schedule_options[] = {
	{ "normal", BRG_OPT_DURATION, 0, SCHEDULE(normal_ms), "5m", NULL, 1000, 86400000,
	  "Time between visits to start from, and to return to." },
	{ "fastest", BRG_OPT_DURATION, 0, SCHEDULE(fastest_ms), "2m", NULL, 1000, 86400000,
	  "Shortest time between visits, for mailboxes with much traffic." },
	{ "slowest", BRG_OPT_DURATION, 0, SCHEDULE(slowest_ms), "12m", NULL, 1000, 86400000,
	  "Longest time between visits, for quiet mailboxes." },
	{ "busy-items", BRG_OPT_INT, 0, SCHEDULE(busy_items), "20", NULL, 1, 100000,
	  "A visit that moves so many items makes the next one come sooner." },
	{ "retry", BRG_OPT_DURATION, 0, SCHEDULE(retry_ms), "5m", NULL, 1000, 86400000,
	  "Pause after an error that may pass." },
	{ "retries", BRG_OPT_INT, 0, SCHEDULE(retries), "10", NULL, 0, 1000,
	  "So many retries in a row, then the lane is disabled." },
	{ "server-retry", BRG_OPT_DURATION, 0, SCHEDULE(server_retry_ms), "1m", NULL, 1000,
	  86400000, "First pause after an error of the server; it doubles." },
	{ "probe", BRG_OPT_DURATION, 0, SCHEDULE(probe_ms), "15m", NULL, 1000, 86400000,
	  "First pause before a disabled lane is tried; it doubles." },
	{ "probe-longest", BRG_OPT_DURATION, 0, SCHEDULE(probe_max_ms), "1d", NULL, 1000, 604800000,
	  "Longest pause before a disabled lane is tried." },
	{ "credentials", BRG_OPT_DURATION, 0, SCHEDULE(credentials_ms), "4h", NULL, 60000,
	  604800000, "A refused password is tried again at most so often." },
	BRG_OPTION_END,
};

const struct config_section config_sections[] = {
	{ "core", core_options, "This machine." },
	{ "role incoming", incoming_options, "Workers that bring email in." },
	{ "role outgoing", outgoing_options, "Workers that send email." },
	{ "role act", act_options, "Workers that keep appointments, contacts and tasks in step." },
	{ "schedule", schedule_options, "How often mailboxes are visited." },
	{ "email", email_options, "Rules for email of the whole organisation." },
	{ "contact", contact_options, "Rules for contacts of the whole organisation." },
	{ "task", task_options, "The same for tasks." },
	{ "appointment", appointment_options, "The same for appointments." },
	{ "sync", sync_options, "What a visit may not do by itself." },
	{ "retention", retention_options, "How long what is kept. Legal hold keeps it longer." },
	{ NULL, NULL, NULL },
};

static const char *const section_types[] = {
	"core",	   "storage", "connector",   "role", "schedule", "email",
	"contact", "task",    "appointment", "sync", "field",	 "retention",
};
static const char *const role_names[] = { "incoming", "outgoing", "act" };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *join(struct brg_arena *arena, const char *const *names, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", names[i]);
	return text;
}

static void say_section(struct problems *problems, const struct ini_file *ini,
			const struct ini_section *s, const char *shown, const char *word,
			const char *prefix, const char *const *names, size_t n)
{
	const char *near = problems_nearest(brg_cstr(word), names, n);

	if (near)
		problem_add(problems, ini->name, s->line, &near_section, "section=%s\nnear=%s%s",
			    shown, prefix, near);
	else
		problem_add(problems, ini->name, s->line, &unknown_section, "section=%s\nknown=%s",
			    shown, join(problems->arena, names, n));
}

/* A section of the core's own into its members of *config. */
static void take_section(const struct ini_file *ini, const struct ini_section *s,
			 const char *heading, const struct brg_option *table, struct config *config,
			 struct brg_arena *arena, struct problems *problems)
{
	bool grouped = sync_rules_of_group(heading, group_keys[0].name);
	const struct brg_option *tables[] = { table, grouped ? group_keys : NULL };

	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *opt = options_find(table, brg_cstr(e->key));
		struct brg_err err = BRG_ERR_INIT;

		if (!opt && sync_rules_of_group(heading, e->key))
			continue; /* sync_rules_read() takes it */
		if (!opt)
			options_complain(problems, ini->name, e->line, heading, e->key, tables, 2);
		else if (option_set(opt, config, e->value, arena, &err) < 0)
			problem_err(problems, ini->name, e->line, &err);
		else if ((strcmp(e->key, "state") == 0 || strcmp(e->key, "plugins") == 0) &&
			 (e->value.len == 0 || e->value.ptr[0] != '/'))
			problem_add(problems, ini->name, e->line, &not_absolute, "key=%s\nvalue=%s",
				    e->key, problems_show(problems->arena, e->value));
	}
}

/* A section whose settings belong to a plugin: kept as they are, but for the core's `skip`. */
static void take_plugin(const struct ini_section *s, const char *name, const char *skip,
			struct config_plugin *out, struct brg_arena *arena)
{
	/* Anew: the section may stand twice, which is told elsewhere. */
	*out = (struct config_plugin){ .name = name, .line = s->line };
	out->lines = arena_alloc(arena, (s->n + 1) * sizeof(int));
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];

		if (strcmp(e->key, skip) == 0)
			continue;
		out->lines[out->settings.n] = e->line;
		settings_add(&out->settings, arena, brg_cstr(e->key), e->value);
	}
}

static void take_storage(const struct ini_file *ini, const struct ini_section *s,
			 struct config *config, struct brg_arena *arena, struct problems *problems)
{
	const struct ini_entry *plugin = ini_find(s, "plugin");

	if (!plugin || plugin->value.len == 0)
		problem_add(problems, ini->name, s->line, &no_storage, "%s", "");
	else
		take_plugin(s, plugin->value.ptr, "plugin", &config->storage, arena);
}

static const struct brg_option *role_table(const char *role)
{
	return strcmp(role, "incoming") == 0   ? incoming_options
	       : strcmp(role, "outgoing") == 0 ? outgoing_options
	       : strcmp(role, "act") == 0      ? act_options
					       : NULL;
}

/* The table of a section without a name. */
static const struct brg_option *plain_table(const char *type)
{
	for (const struct config_section *s = config_sections; s->heading; s++)
		if (strcmp(s->heading, type) == 0)
			return s->options;
	return NULL;
}

static void take(const struct ini_file *ini, const struct ini_section *s, struct config *config,
		 struct brg_arena *arena, struct problems *problems)
{
	bool role = strcmp(s->type, "role") == 0, connector = strcmp(s->type, "connector") == 0;
	bool storage = strcmp(s->type, "storage") == 0, field = strcmp(s->type, "field") == 0;
	const struct brg_option *table = role ? role_table(s->name) : plain_table(s->type);
	const char *shown = arena_printf(arena, s->name[0] ? "%s %s" : "%s", s->type, s->name);

	if (!role && !connector && !storage && !field && !table)
		say_section(problems, ini, s, shown, s->type, "", section_types,
			    COUNT(section_types));
	else if ((role || connector || field) && !s->name[0])
		problem_add(problems, ini->name, s->line, &no_name, "section=%s\nexample=%s",
			    s->type,
			    role	? "incoming"
			    : connector ? "pop3"
					: "contact loyalty");
	else if (field)
		return; /* sync_rules_read() takes it */
	else if (!role && !connector && s->name[0])
		problem_add(problems, ini->name, s->line, &needless_name, "section=%s\nname=%s",
			    s->type, s->name);
	else if (role && !table)
		say_section(problems, ini, s, shown, s->name, "role ", role_names,
			    COUNT(role_names));
	else if (connector)
		take_plugin(s, s->name, "", &config->connectors[config->n_connectors++], arena);
	else if (storage)
		take_storage(ini, s, config, arena, problems);
	else
		take_section(ini, s, shown, table, config, arena, problems);
}

static int line_of(const struct ini_file *ini, const char *type, const char *key)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = ini_find(&ini->sections[i], key);

		if (strcmp(ini->sections[i].type, type) == 0 && e)
			return e->line;
	}
	return 0;
}

static void check_order(const struct ini_file *ini, const struct config *c,
			struct problems *problems)
{
	const struct {
		const char *section, *small, *large;
		int64_t a, b;
	} pairs[] = {
		{ "schedule", "fastest", "normal", c->schedule.fastest_ms, c->schedule.normal_ms },
		{ "schedule", "normal", "slowest", c->schedule.normal_ms, c->schedule.slowest_ms },
		{ "schedule", "probe", "probe-longest", c->schedule.probe_ms,
		  c->schedule.probe_max_ms },
		{ "role", "visit-time", "visit-timeout", c->roles[ROLE_INCOMING].visit_time_ms,
		  c->roles[ROLE_INCOMING].visit_timeout_ms },
		{ "role", "visit-time", "visit-timeout", c->roles[ROLE_OUTGOING].visit_time_ms,
		  c->roles[ROLE_OUTGOING].visit_timeout_ms },
		{ "role", "visit-time", "visit-timeout", c->roles[ROLE_ACT].visit_time_ms,
		  c->roles[ROLE_ACT].visit_timeout_ms },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		int small = line_of(ini, pairs[i].section, pairs[i].small);
		int large = line_of(ini, pairs[i].section, pairs[i].large);

		if (pairs[i].a > pairs[i].b)
			problem_add(problems, ini->name, small > large ? small : large,
				    &wrong_order, "small=%s\nlarge=%s", pairs[i].small,
				    pairs[i].large);
	}
}

static void check_email(const struct ini_file *ini, const struct config *c, struct brg_arena *arena,
			struct problems *problems)
{
	struct brg_err err = BRG_ERR_INIT;
	const char *key;

	if (email_check(&c->email, arena, &key, &err) < 0)
		problem_err(problems, ini->name, line_of(ini, "email", key), &err);
}

int config_parse(struct brg_str text, const char *name, struct brg_arena *arena,
		 struct config **out, struct problems *problems)
{
	struct config *c = arena_alloc(arena, sizeof(*c));
	struct brg_err err = BRG_ERR_INIT;
	size_t before = problems->n;
	struct ini_file *ini;
	bool storage = false;

	(void)ini_read(text, name, arena, &ini, problems);
	c->file = ini->name;
	c->text = arena_str(arena, text);
	c->connectors = arena_alloc(arena, (ini->n + 1) * sizeof(*c->connectors));
	for (const struct config_section *s = config_sections; s->heading; s++)
		if (options_fill(s->options, c, NULL, 0, arena, &err) < 0)
			problem_err(problems, ini->name, 0, &err);
	for (size_t i = 0; i < ini->n; i++) {
		take(ini, &ini->sections[i], c, arena, problems);
		storage = storage || strcmp(ini->sections[i].type, "storage") == 0;
	}
	if (!storage)
		problem_add(problems, ini->name, 0, &no_storage, "%s", "");
	check_order(ini, c, problems);
	check_email(ini, c, arena, problems);
	sync_rules_read(&c->sync, ini, arena, problems);
	if (problems->n > before)
		return BRG_EINVAL;
	*out = c;
	return 0;
}

int config_load(const char *path, struct brg_arena *arena, struct config **out,
		struct problems *problems)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str text;

	if (ini_load(path, arena, &text, &err) < 0)
		return problem_err(problems, path, 0, &err);
	return config_parse(text, path, arena, out, problems);
}

static bool is_reference(struct brg_str value)
{
	return (value.len > 5 && memcmp(value.ptr, "file:", 5) == 0) ||
	       (value.len > 4 && memcmp(value.ptr, "env:", 4) == 0);
}

/* One setting of a plugin's section against the plugin's table. */
static void check_setting(const struct config *config, const struct config_plugin *section,
			  size_t i, const char *heading, const struct brg_plugin *plugin,
			  struct problems *problems)
{
	const struct setting *s = &section->settings.at[i];
	const struct brg_option *opt = options_find(plugin->options, s->name);
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str value = s->value;
	int line = section->lines[i];

	if (!opt)
		options_complain(problems, config->file, line, heading, s->name.ptr,
				 &plugin->options, 1);
	else if ((opt->flags & BRG_OPT_SECRET) && (int)plugin->kind == BRG_CONNECTOR)
		problem_add(problems, config->file, line, &secret_default, "key=%s\nsection=%s",
			    opt->name, heading);
	else if ((opt->flags & BRG_OPT_SECRET) && !is_reference(value))
		problem_add(problems, config->file, line, &literal_secret, "key=%s", opt->name);
	else if (((opt->flags & BRG_OPT_SECRET) &&
		  option_resolve(value, problems->arena, &value, &err) < 0) ||
		 option_set(opt, NULL, value, problems->arena, &err) < 0)
		problem_err(problems, config->file, line, &err);
}

static void check_plugin(const struct config *config, const struct config_plugin *section, int kind,
			 struct problems *problems)
{
	const char *heading =
		kind == BRG_STORAGE ? "storage"
				    : arena_printf(problems->arena, "connector %s", section->name);
	const struct brg_plugin *plugin;
	struct brg_err err = BRG_ERR_INIT;
	size_t before = problems->n;

	if (loader_load(config->plugins, kind, section->name, &plugin, &err) < 0) {
		problem_err(problems, config->file, section->line, &err);
		return;
	}
	for (size_t i = 0; i < section->settings.n; i++)
		check_setting(config, section, i, heading, plugin, problems);
	/* What a connector still misses its profiles may bring. */
	if (problems->n == before && kind == BRG_STORAGE) {
		void *instance = arena_alloc(problems->arena, plugin->instance_size);

		if (config_fill_storage(config, plugin, instance, problems->arena, &err) < 0)
			problem_err(problems, config->file, section->line, &err);
	}
}

int config_check(const struct config *config, struct problems *problems)
{
	size_t before = problems->n;

	check_plugin(config, &config->storage, BRG_STORAGE, problems);
	for (size_t i = 0; i < config->n_connectors; i++)
		check_plugin(config, &config->connectors[i], BRG_CONNECTOR, problems);
	return problems->n > before ? BRG_EINVAL : 0;
}

int config_fill_storage(const struct config *config, const struct brg_plugin *plugin,
			void *instance, struct brg_arena *arena, struct brg_err *err)
{
	const struct settings *written = &config->storage.settings;
	struct settings all = { 0 };

	/* The embedded store lies in the state folder unless the file says otherwise. */
	settings_add(&all, arena, brg_cstr("path"),
		     brg_cstr(arena_printf(arena, "%s/brygga.db", config->state)));
	for (size_t i = 0; i < written->n; i++) {
		const struct setting *s = &written->at[i];
		const struct brg_option *opt = options_find(plugin->options, s->name);
		struct brg_str value = s->value;

		if (opt && (opt->flags & BRG_OPT_SECRET) &&
		    option_resolve(value, arena, &value, err) < 0)
			return err->code;
		settings_add(&all, arena, s->name, value);
	}
	return options_fill(plugin->options, instance, all.at, all.n, arena, err);
}

const char *config_language(const struct config *config)
{
	return config->language == 1 ? "sv" : "en";
}

int config_log_level(const struct config *config)
{
	static const int levels[] = { BRG_LOG_ERROR, BRG_LOG_WARNING, BRG_LOG_INFO, BRG_LOG_DEBUG };

	return levels[config->log];
}

const struct config_plugin *config_connector(const struct config *config, struct brg_str name)
{
	for (size_t i = 0; i < config->n_connectors; i++)
		if (brg_str_eq(brg_cstr(config->connectors[i].name), name))
			return &config->connectors[i];
	return NULL;
}
