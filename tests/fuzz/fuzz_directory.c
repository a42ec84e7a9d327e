/* SPDX-License-Identifier: Apache-2.0
 *
 * Files for `brygga apply`: whatever people write, it is refused in a line for each reason, or a
 * visit can work with it: every address and list is in its stored form, every setting finds its
 * place, through the store's JSON and back.
 */
#include "core/directory.h"
#include "core/mailbox.h"
#include "core/options.h"
#include "core/where.h"
#include "tests/fuzz/check_text.h"
#include "tests/plugins/plain.h"

static int nothing(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		   struct brg_err *err)
{
	(void)self;
	(void)ops;
	(void)n;
	(void)arena;
	return brg_fail(err, &plain_fault, "what=push");
}

/* ---- two connectors: one like POP3, and one that does everything and has no host ------------*/

struct session {
	struct brg_endpoint where;
	const char *username, *password, *tenant;
	struct brg_oauth oauth;
	int64_t window, limit;
	bool wide;
};

#define AT(member) offsetof(struct session, member)
static const struct brg_option mail_options[] = {
	BRG_OPTIONS_ENDPOINT(struct session, where),
	{ "username", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX, AT(username), NULL,
	  NULL, 0, 0, "Name." },
	{ "password", BRG_OPT_STRING,
	  BRG_OPT_REQUIRED | BRG_OPT_UNLESS_OAUTH | BRG_OPT_SECRET | BRG_OPT_PER_MAILBOX,
	  AT(password), NULL, NULL, 0, 0, "Secret." },
	BRG_OPTIONS_OAUTH(struct session, oauth),
	BRG_OPTION_END,
};
static const struct brg_option suite_options[] = {
	{ "tenant", BRG_OPT_STRING, BRG_OPT_REQUIRED, AT(tenant), NULL, NULL, 0, 0, "Whose." },
	{ "username", BRG_OPT_STRING, BRG_OPT_PER_MAILBOX, AT(username), "", NULL, 0, 0, "Name." },
	{ "password", BRG_OPT_STRING, BRG_OPT_SECRET, AT(password), "", NULL, 0, 0, "Secret." },
	{ "window", BRG_OPT_INT, BRG_OPT_PER_MAILBOX, AT(window), "4", NULL, 1, 16, "Number." },
	{ "limit", BRG_OPT_SIZE, 0, AT(limit), "1M", NULL, 0, 0, "Size." },
	{ "wide", BRG_OPT_BOOL, BRG_OPT_PER_MAILBOX, AT(wide), "no", NULL, 0, 0, "Yes or no." },
	BRG_OPTION_END,
};
static const struct brg_connector mail_ops = {
	.size = sizeof(mail_ops),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
	.push = nothing,
};
static const struct brg_connector suite_ops = {
	.size = sizeof(suite_ops),
	.kinds = BRG_KIND_BIT(BRG_EMAIL) | BRG_KIND_BIT(BRG_TASK),
	.lanes = BRG_LANE_BIT(BRG_INCOMING) | BRG_LANE_BIT(BRG_OUTGOING) | BRG_LANE_BIT(BRG_ACT),
	.open = plain_open,
	.close = plain_close,
	.pull = plain_pull,
};
static const struct brg_plugin plugins[] = {
	{ BRG_PLUGIN_HEAD(BRG_CONNECTOR), .name = "mail", .instance_size = sizeof(struct session),
	  .options = mail_options, .faults = plain_faults, .connector = &mail_ops },
	{ BRG_PLUGIN_HEAD(BRG_CONNECTOR), .name = "suite", .instance_size = sizeof(struct session),
	  .options = suite_options, .faults = plain_faults, .connector = &suite_ops },
};

static const struct brg_plugin *find(void *ctx, struct brg_str name, struct brg_err *err)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
		if (brg_str_eq(name, brg_cstr(plugins[i].name)))
			return &plugins[i];
	brg_fail(err, &plain_fault, "what=%.*s", (int)name.len, name.ptr);
	return NULL;
}

/* Of brygga.conf; `ctx` NULL: nothing stands there. */
static const struct settings *defaults(void *ctx, struct brg_str name)
{
	return brg_str_eq(name, brg_cstr("mail")) ? ctx : NULL;
}

/* ---- what was read --------------------------------------------------------------------------*/

static void check_known(const struct directory_known *k, struct brg_arena *arena)
{
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str folded;

	for (size_t i = 0; i < k->n_addresses; i++) {
		PROMISE(mailbox_fold_address(k->addresses[i], arena, &folded, &err) == 0);
		PROMISE(brg_str_eq(folded, k->addresses[i]));
		for (size_t j = 0; j < i; j++)
			PROMISE(!brg_str_eq(k->addresses[i], k->addresses[j]));
	}
	for (size_t i = 0; i < k->n_externals; i++) {
		PROMISE(k->externals[i].system.len && k->externals[i].key.len);
		PROMISE(!memchr(k->externals[i].system.ptr, ':', k->externals[i].system.len));
	}
}

static void check_senders(const char *senders, struct brg_arena *arena)
{
	struct brg_str folded, rest = brg_cstr(senders), word, entry;
	struct brg_err err = BRG_ERR_INIT;

	PROMISE(mailbox_fold_senders(rest, arena, &folded, &err) == 0);
	PROMISE(brg_str_eq(folded, rest));
	while (mailbox_next_word(&rest, &word)) {
		struct brg_str one = brg_cstr(
			arena_printf(arena, "%s%.*s", memchr(word.ptr, '@', word.len) ? "" : "A@",
				     (int)word.len, word.ptr));

		PROMISE(mailbox_sender(senders, one, &entry) && entry.ptr >= senders);
	}
}

/* As the store keeps them. */
static void add_stored(struct settings *to, const struct settings *from, struct brg_arena *arena)
{
	struct brg_str json = settings_to_json(from, arena);
	struct brg_err err = BRG_ERR_INIT;
	struct settings again = { 0 };

	PROMISE(settings_add_json(&again, json, arena, &err) == 0);
	PROMISE(brg_str_eq(settings_to_json(&again, arena), json));
	PROMISE(settings_add_json(to, json, arena, &err) == 0);
}

static void add_secrets(struct settings *to, const struct directory_secret *secrets, size_t n,
			struct brg_arena *arena)
{
	for (size_t i = 0; i < n; i++) {
		check_text(secrets[i].form, false);
		settings_add(to, arena, brg_cstr(secrets[i].name), brg_cstr("hunter2"));
	}
}

/* A visit of the mailbox by this profile finds all that it needs (visit.c, make_session). */
static void check_visit(const struct directory_mailbox *m, const struct directory_profile *f,
			const struct settings *dflt, struct brg_arena *arena)
{
	struct mailbox_settings core = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	struct settings all = { 0 };
	struct session session = { 0 };

	for (size_t i = 0; dflt && i < dflt->n; i++)
		settings_add(&all, arena, dflt->at[i].name, dflt->at[i].value);
	add_stored(&all, &f->settings, arena);
	add_secrets(&all, f->secrets, f->n_secrets, arena);
	add_stored(&all, &m->settings, arena);
	add_secrets(&all, m->secrets, m->n_secrets, arena);
	PROMISE(options_fill(mailbox_options, &core, all.at, all.n, arena, &err) == 0);
	PROMISE(core.accept == ACCEPT_SENDERS ? core.senders[0] != '\0' : !core.senders[0]);
	check_senders(core.senders, arena);
	settings_narrow(&all, f->plugin->name, arena);
	PROMISE(options_fill(f->plugin->options, &session, all.at, all.n, arena, &err) == 0);
	settings_wipe(&all);
}

static void check_mailbox(const struct directory_mailbox *m, const struct settings *dflt,
			  struct brg_arena *arena)
{
	struct directory_known known = { .addresses = (struct brg_str *)&m->address,
					 .n_addresses = 1 };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str after;

	PROMISE(*m->name && m->owner && m->profile && m->profile->plugin);
	if (m->address.len)
		check_known(&known, arena);
	for (int lane = BRG_INCOMING; lane <= BRG_ACT; lane++) {
		const struct directory_profile *f = directory_profile_of(m, lane);

		if (!(m->lanes & BRG_LANE_BIT(lane)))
			continue;
		PROMISE(f->plugin->connector->lanes & BRG_LANE_BIT(lane));
		check_visit(m, f, defaults((void *)(uintptr_t)dflt, brg_cstr(f->plugin->name)),
			    arena);
	}
	if (m->after.len) {
		PROMISE(mailbox_fold_after(m->after, INT64_C(4000000000000000), arena, &after,
					   &err) == 0);
		PROMISE(after.len == 20);
	}
}

static void check_filter(const struct directory_filter *f, struct brg_arena *arena)
{
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;

	PROMISE(*f->name && (f->type == BRG_FILTER_USER) == (f->owner != NULL));
	PROMISE(f->type >= BRG_FILTER_USER && f->type <= BRG_FILTER_TEMPLATE);
	PROMISE(f->kind >= BRG_CONTACT && f->kind <= BRG_APPOINTMENT);
	PROMISE(where_parse(field_builtin(), f->kind, f->text, arena, &where, &err) == 0);
}

static void check(const struct directory *d, const struct settings *dflt, struct brg_arena *arena)
{
	for (size_t i = 0; i < d->n_owners; i++) {
		const struct directory_owner *o = &d->owners[i];
		struct owner_settings set = { 0 };
		struct brg_err err = BRG_ERR_INIT;
		struct settings all = { 0 };
		struct brg_str zone;

		PROMISE(*o->name && (o->type == BRG_USER || o->type == BRG_QUEUE));
		check_known(&o->known, arena);
		add_stored(&all, &o->settings, arena);
		PROMISE(options_fill(owner_options, &set, all.at, all.n, arena, &err) == 0);
		check_senders(set.senders, arena);
		PROMISE(mailbox_fold_zone(brg_cstr(set.zone), arena, &zone, &err) == 0 &&
			brg_str_eq(zone, brg_cstr(set.zone)));
	}
	for (size_t i = 0; i < d->n_references; i++) {
		PROMISE(*d->references[i].name && *d->references[i].kind);
		check_known(&d->references[i].known, arena);
	}
	for (size_t i = 0; i < d->n_profiles; i++)
		PROMISE(*d->profiles[i].name && d->profiles[i].plugin &&
			d->profiles[i].max_connections >= 1 &&
			d->profiles[i].max_connections <= 10000);
	for (size_t i = 0; i < d->n_mailboxes; i++)
		check_mailbox(&d->mailboxes[i], dflt, arena);
	for (size_t i = 0; i < d->n_filters; i++)
		check_filter(&d->filters[i], arena);
}

/* Each problem is one line of text, in both languages. */
static void check_problems(struct problems *problems)
{
	for (int sv = 0; sv < 2; sv++) {
		size_t n_said, lines = 0;
		char *said = NULL;
		FILE *f = open_memstream(&said, &n_said);

		problems_print(problems, f, sv ? "sv" : "en");
		(void)fclose(f);
		for (size_t i = 0; i < n_said; i++)
			lines += said[i] == '\n';
		PROMISE(lines == problems->n);
		check_text((struct brg_str){ said, n_said }, true);
		free(said);
	}
}

/* The text without a way to other files of this machine. */
static struct brg_str tame(const uint8_t *bytes, size_t n, struct brg_arena *arena)
{
	struct brg_str text = arena_dup(arena, bytes, n);
	char *p = (char *)(uintptr_t)text.ptr;

	while ((p = memmem(p, (size_t)(text.ptr + n - p), "file:/", 6)))
		p[5] = '.';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct settings dflt = { 0 };
	struct directory_lookup lookup = { find, defaults, n % 2 ? &dflt : NULL, NULL };
	struct problems problems;
	struct directory *d = NULL;
	struct ini_file *ini;
	size_t before;
	int rc;

	settings_add(&dflt, arena, brg_cstr("host"), brg_cstr("mail.example.org"));
	problems_init(&problems, arena);
	(void)ini_read(tame(bytes, n, arena), "f", arena, &ini, &problems);
	before = problems.n;
	rc = directory_parse(ini, &lookup, arena, &d, &problems);
	PROMISE((rc < 0) == (problems.n > before) && (d != NULL) == (problems.n == 0));
	if (d)
		check(d, lookup.ctx, arena);
	check_problems(&problems);
	arena_free(&arena);
	return 0;
}
