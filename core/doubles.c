/* SPDX-License-Identifier: Apache-2.0
 *
 * Two names for one mailbox are easily written and hard to see later: its mail would come twice,
 * for two owners. So they are looked for in the file, and between the file and the store.
 */
#include "core/doubles.h"

#include <stdlib.h>

static const struct brg_fault same_address = {
	.code = "BRG-CONF-0096",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[mailbox {name}] has the same address at the same server as [mailbox {other}] in "
	      "line {first}",
	.sv = "[mailbox {name}] har samma adress på samma server som [mailbox {other}] på rad "
	      "{first}",
	.help = "One mailbox of a server is one mailbox of Brygga, bound to one user or queue; "
		"else its mail would come twice.",
};
static const struct brg_fault same_login = {
	.code = "BRG-CONF-0097",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[mailbox {name}] opens the same mailbox on the server as [mailbox {other}] in line "
	      "{first}",
	.sv = "[mailbox {name}] öppnar samma brevlåda på servern som [mailbox {other}] på rad "
	      "{first}",
	.help = "Everything that the connector needs to find the mailbox is equal, so every email "
		"would come twice.",
};
static const struct brg_fault address_taken = {
	.code = "BRG-CONF-0131",
	.cls = BRG_ECONFLICT,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_NEVER,
	.en = "mailbox {name} has the same address at the same server as mailbox {other} of the "
	      "store",
	.sv = "brevlådan {name} har samma adress på samma server som brevlådan {other} i lagret",
	.help = "Nothing was changed. Use the mailbox that is there (`brygga mailbox show`), or "
		"give this one its own address.",
};

static const struct brg_fault same_key = {
	.code = "BRG-CONF-0107",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "the external key {key} of {what} is that of {other} in line {first}",
	.sv = "den externa nyckeln {key} för {what} är den för {other} på rad {first}",
	.help = "A key of another system names one thing there, and so one thing here. Correct one of "
		"the two, or make them one.",
};

const struct brg_fault *const doubles_faults[] = { &same_address, &same_login, &address_taken,
						   &same_key, NULL };

/* The server that a profile means: its host, or where it has none, the profile itself. */
static const char *server_of(const char *profile, const struct settings *settings,
			     struct brg_arena *arena)
{
	const struct setting *host = settings_get(settings, "host");
	char *name;

	if (!host || host->value.len == 0)
		return arena_printf(arena, "profile %s", profile);
	name = arena_printf(arena, "%s", host->value.ptr);
	for (char *c = name; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	return name;
}

static const char *place_key(const char *profile, const struct settings *settings,
			     struct brg_str address, struct brg_arena *arena)
{
	return arena_printf(arena, "%s\n%.*s", server_of(profile, settings, arena),
			    (int)address.len, address.len ? address.ptr : "");
}

/* The value that a visit would use. */
static struct brg_str effective(const struct directory_mailbox *m, const struct settings *defaults,
				const struct brg_option *opt, struct brg_arena *arena)
{
	const char *own = arena_printf(arena, "%s.%s", m->profile->plugin->name, opt->name);
	const struct setting *found[] = {
		settings_get(&m->settings, own),
		settings_get(&m->settings, opt->name),
		settings_get(&m->profile->settings, opt->name),
		defaults ? settings_get(defaults, opt->name) : NULL,
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (found[i])
			return found[i]->value;
	return brg_cstr(opt->dflt);
}

/* What the connector requires to find the mailbox on the server; NULL if nothing of that may
 * differ per mailbox (then the address finds it). */
static const char *login_key(const struct directory_mailbox *m, const struct settings *defaults,
			     struct brg_arena *arena)
{
	const struct brg_plugin *plugin = m->profile->plugin;
	const char *key = plugin->name;
	bool own = false;

	for (const struct brg_option *o = plugin->options; o && o->name; o++) {
		struct brg_str v = effective(m, defaults, o, arena);

		if (!(o->flags & BRG_OPT_REQUIRED) || (o->flags & BRG_OPT_SECRET))
			continue;
		own = own || (o->flags & BRG_OPT_PER_MAILBOX);
		key = arena_printf(arena, "%s\n%s=%.*s", key, o->name, (int)v.len,
				   v.len ? v.ptr : "");
	}
	return own ? key : NULL;
}

struct same {
	const char *key;
	const struct directory_mailbox *mailbox;
};

static int by_same(const void *a, const void *b)
{
	const struct same *x = a, *y = b;
	int d = strcmp(x->key, y->key);

	return d ? d : x->mailbox->line - y->mailbox->line;
}

static void find_same(struct same *all, size_t n, const struct brg_fault *row, const char *file,
		      struct problems *problems)
{
	qsort(all, n, sizeof(*all), by_same);
	for (size_t i = 1; i < n; i++)
		if (strcmp(all[i - 1].key, all[i].key) == 0)
			problem_add(problems, file, all[i].mailbox->line, row,
				    "name=%s\nother=%s\nfirst=%d", all[i].mailbox->name,
				    all[i - 1].mailbox->name, all[i - 1].mailbox->line);
}

/* ---- external keys --------------------------------------------------------------------------*/

struct keyed {
	const struct directory_external *key;
	const char *kind, *name;
	int line;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int d = strcmp(x->key->system.ptr, y->key->system.ptr);

	d = d ? d : strcmp(x->key->key.ptr, y->key->key.ptr);
	return d ? d : x->line - y->line;
}

static void add_keys(struct keyed *all, size_t *n, const struct directory_known *known,
		     const char *kind, const char *name, int line)
{
	for (size_t i = 0; i < known->n_externals; i++)
		all[(*n)++] = (struct keyed){ &known->externals[i], kind, name, line };
}

static void same_keys_in_file(const struct directory *d, struct brg_arena *arena,
			      struct problems *problems)
{
	size_t room = 1, n = 0;
	struct keyed *all;

	for (size_t i = 0; i < d->n_owners; i++)
		room += d->owners[i].known.n_externals;
	for (size_t i = 0; i < d->n_references; i++)
		room += d->references[i].known.n_externals;
	all = xcalloc(room, sizeof(*all));
	for (size_t i = 0; i < d->n_owners; i++)
		add_keys(all, &n, &d->owners[i].known,
			 d->owners[i].type == BRG_USER ? "user" : "queue", d->owners[i].name,
			 d->owners[i].line);
	for (size_t i = 0; i < d->n_references; i++)
		add_keys(all, &n, &d->references[i].known, d->references[i].kind,
			 d->references[i].name, d->references[i].line);
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 1; i < n; i++) {
		const struct keyed *a = &all[i - 1], *b = &all[i];

		if (brg_str_eq(a->key->system, b->key->system) &&
		    brg_str_eq(a->key->key, b->key->key))
			problem_add(problems, d->file, b->line, &same_key,
				    "key=%s:%s\nwhat=%s %s\nother=%s %s\nfirst=%d",
				    b->key->system.ptr, problems_show(arena, b->key->key), b->kind,
				    b->name, a->kind, a->name, a->line);
	}
	free(all);
}

size_t doubles_in_file(const struct directory *d, const struct directory_lookup *lookup,
		       struct brg_arena *arena, struct problems *problems)
{
	struct same *all = xcalloc(d->n_mailboxes + 1, sizeof(*all));
	size_t first = problems->n, before, n = 0;
	const struct settings *defaults;
	const char *key;

	same_keys_in_file(d, arena, problems);
	before = problems->n;
	for (size_t i = 0; i < d->n_mailboxes; i++) {
		const struct directory_mailbox *m = &d->mailboxes[i];

		if (m->profile && m->profile->plugin && m->address.len)
			all[n++] = (struct same){ place_key(m->profile->name, &m->profile->settings,
							    m->address, arena),
						  m };
	}
	find_same(all, n, &same_address, d->file, problems);
	n = 0;
	for (size_t i = 0; problems->n == before && i < d->n_mailboxes; i++) {
		const struct directory_mailbox *m = &d->mailboxes[i];

		if (!m->profile || !m->profile->plugin)
			continue;
		defaults = lookup->defaults ? lookup->defaults(lookup->ctx,
							       brg_cstr(m->profile->plugin->name))
					    : NULL;
		key = login_key(m, defaults, arena);
		if (key)
			all[n++] = (struct same){ key, m };
	}
	find_same(all, n, &same_login, d->file, problems);
	free(all);
	return problems->n - first;
}

/* ---- the store's other mailboxes ------------------------------------------------------------*/

struct place {
	const char *key; /* server and address */
	const char *name;
};

static int by_place(const void *x, const void *y)
{
	return strcmp(((const struct place *)x)->key, ((const struct place *)y)->key);
}

static int by_string(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const struct brg_profile_row *profile_of(const struct brg_row *profiles, size_t n,
						const struct brg_id *id)
{
	for (size_t i = 0; i < n; i++)
		if (brg_id_eq(&profiles[i].u.profile.id, id))
			return &profiles[i].u.profile;
	return NULL;
}

/* Where the mailboxes lie that the store has and the file does not name, sorted. */
static size_t other_places(const struct directory *d, const struct brg_row *profiles,
			   size_t n_profiles, const struct brg_row *mailboxes, size_t n_mailboxes,
			   struct brg_arena *arena, struct place *out)
{
	const char **ours = xcalloc(d->n_mailboxes + 1, sizeof(*ours));
	size_t n = 0;

	for (size_t i = 0; i < d->n_mailboxes; i++)
		ours[i] = d->mailboxes[i].name;
	qsort(ours, d->n_mailboxes, sizeof(*ours), by_string);
	for (size_t i = 0; i < n_mailboxes; i++) {
		const struct brg_mailbox_row *m = &mailboxes[i].u.mailbox;
		const struct brg_profile_row *f = profile_of(profiles, n_profiles, &m->profile);
		const char *name = arena_str(arena, m->name).ptr;
		struct brg_err ignored = BRG_ERR_INIT;
		struct settings settings = { 0 };

		if (!f || m->address.len == 0 ||
		    bsearch(&name, ours, d->n_mailboxes, sizeof(*ours), by_string))
			continue;
		/* Damaged settings name no host. */
		(void)settings_add_json(&settings, f->settings, arena, &ignored);
		out[n++] = (struct place){
			place_key(arena_str(arena, f->name).ptr, &settings, m->address, arena), name
		};
	}
	qsort(out, n, sizeof(*out), by_place);
	free(ours);
	return n;
}

int doubles_in_store(const struct directory *d, const struct brg_row *profiles, size_t n_profiles,
		     const struct brg_row *mailboxes, size_t n_mailboxes, struct brg_arena *arena,
		     struct brg_err *err)
{
	struct place *others = xcalloc(n_mailboxes + 1, sizeof(*others)), *same;
	size_t n = other_places(d, profiles, n_profiles, mailboxes, n_mailboxes, arena, others);
	int rc = 0;

	for (size_t i = 0; i < d->n_mailboxes && rc == 0 && n; i++) {
		const struct directory_mailbox *m = &d->mailboxes[i];
		struct place key = { NULL, m->name };

		key.key = place_key(m->profile->name, &m->profile->settings, m->address, arena);
		same = bsearch(&key, others, n, sizeof(*others), by_place);
		if (same && m->address.len)
			rc = brg_fail(err, &address_taken, "name=%s\nother=%s", m->name,
				      same->name);
	}
	free(others);
	return rc;
}
