/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is who: users, queues, and the things of the CRM that have addresses or that mail can
 * regard.
 */
#include "core/directory-private.h"

#include "core/mailbox.h"
#include "core/options.h"

static const struct brg_fault bad_external = {
	.code = "BRG-CONF-0098",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "external takes SYSTEM:KEY, as in crm:4711, not \"{value}\"",
	.sv = "external ska vara SYSTEM:NYCKEL, som i crm:4711, inte \"{value}\"",
	.help = "The name that another system has for the same thing, several with blanks between "
		"them.",
};
static const struct brg_fault no_senders_owner = {
	.code = "BRG-CONF-0099",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "accept = senders of [{section}] needs senders = with addresses and domains",
	.sv = "accept = senders för [{section}] behöver senders = med adresser och domäner",
	.help = "Without a list no email would be taken; accept = none says that plainly.",
};

const struct brg_fault *const directory_people_faults[] = { &bad_external, &no_senders_owner,
							    NULL };

struct reference_settings {
	const char *title, *link, *kind, *owner;
	int visibility;
};
#define REFERENCE(member) offsetof(struct reference_settings, member)

static const struct brg_option known_keys[] = {
	{ .name = "address" },	{ .name = "aliases" }, { .name = "addresses" },
	{ .name = "external" }, BRG_OPTION_END,
};
static const struct brg_option owner_keys[] = {
	{ .name = "team" },
	BRG_OPTION_END,
};
/* The first is for [reference] alone: the others are of the kind that their section says. */
static const struct brg_option reference_options[] = {
	{ "kind", BRG_OPT_STRING, 0, REFERENCE(kind), "", NULL, 0, 0, NULL },
	{ "title", BRG_OPT_STRING, 0, REFERENCE(title), "", NULL, 0, 0, NULL },
	{ "link", BRG_OPT_STRING, 0, REFERENCE(link), "", NULL, 0, 0, NULL },
	{ "owner", BRG_OPT_STRING, 0, REFERENCE(owner), "", NULL, 0, 0, NULL },
	{ "visibility", BRG_OPT_CHOICE, 0, REFERENCE(visibility), "private",
	  "reference|private|team|everyone", 0, 0, NULL },
	BRG_OPTION_END,
};

static void take_addresses(struct parser *p, const struct ini_section *s,
			   struct directory_known *known)
{
	static const char *const keys[] = { "address", "addresses", "aliases" };
	struct brg_str one;
	const char *all = "";
	struct brg_err err = BRG_ERR_INIT;
	struct brg_str *ignored;
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		const struct ini_entry *e = ini_find(s, keys[i]);

		if (!e)
			continue;
		if (i == 0 && e->value.len == 0)
			continue;
		if (i == 0 ? mailbox_fold_address(e->value, p->arena, &one, &err) < 0
			   : mailbox_fold_addresses(e->value, p->arena, &ignored, &n, &err) < 0)
			directory_complain(p, e->line, &err);
		else
			all = arena_printf(p->arena, "%s %s", all, e->value.ptr);
	}
	(void)mailbox_fold_addresses(brg_cstr(all), p->arena, &known->addresses,
				     &known->n_addresses, &err);
}

static bool has_external(const struct directory_known *known, struct brg_str system,
			 struct brg_str key)
{
	for (size_t i = 0; i < known->n_externals; i++)
		if (brg_str_eq(known->externals[i].system, system) &&
		    brg_str_eq(known->externals[i].key, key))
			return true;
	return false;
}

static void take_externals(struct parser *p, const struct ini_section *s,
			   struct directory_known *known)
{
	const struct ini_entry *e = ini_find(s, "external");
	struct brg_str rest = e ? e->value : (struct brg_str){ "", 0 }, word;

	known->externals = arena_alloc(p->arena, (rest.len / 2 + 1) * sizeof(*known->externals));
	while (mailbox_next_word(&rest, &word)) {
		const char *colon = memchr(word.ptr, ':', word.len);
		size_t n = colon ? (size_t)(colon - word.ptr) : 0;

		if (n == 0 || n + 1 == word.len) {
			SAY(p, e->line, &bad_external, "value=%s", problems_show(p->arena, word));
			continue;
		}
		if (has_external(known, (struct brg_str){ word.ptr, n },
				 (struct brg_str){ colon + 1, word.len - n - 1 }))
			continue;
		known->externals[known->n_externals++] = (struct directory_external){
			arena_dup(p->arena, word.ptr, n),
			arena_dup(p->arena, colon + 1, word.len - n - 1),
		};
	}
}

/* A list or name in its stored form. */
static int fold_setting(struct parser *p, const struct brg_option *opt, struct brg_str *value,
			struct brg_err *err)
{
	if (strcmp(opt->name, "time-zone") == 0)
		return mailbox_fold_zone(*value, p->arena, value, err);
	return strcmp(opt->name, "senders") == 0
		       ? mailbox_fold_senders(*value, p->arena, value, err)
		       : 0;
}

static void check_owner(struct parser *p, const struct ini_section *s,
			const struct directory_owner *o)
{
	struct owner_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;

	if (options_fill(owner_options, &set, o->settings.at, o->settings.n, p->arena, &err) < 0)
		directory_complain(p, s->line, &err);
	else if (set.accept == ACCEPT_SENDERS && !set.senders[0])
		SAY(p, s->line, &no_senders_owner, "section=%s", directory_heading(p, s));
}

void directory_take_owner(struct parser *p, const struct ini_section *s)
{
	static const struct brg_option *const tables[] = { known_keys, owner_keys, owner_options };
	struct directory_owner *o = &p->dir->owners[p->dir->n_owners++];
	size_t before = p->problems->n;
	struct brg_err err = BRG_ERR_INIT;

	*o = (struct directory_owner){ .name = s->name, .line = s->line };
	o->type = strcmp(s->type, "user") == 0 ? BRG_USER : BRG_QUEUE;
	p->index[p->n_index++] = (struct named){ s->type, s->name, o };
	take_addresses(p, s, &o->known);
	take_externals(p, s, &o->known);
	if (o->known.n_addresses)
		o->address = o->known.addresses[0];
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *opt = options_find(owner_options, brg_cstr(e->key));
		struct brg_str value = e->value;

		if (opt && (option_set(opt, NULL, value, p->arena, &err) < 0 ||
			    fold_setting(p, opt, &value, &err) < 0))
			directory_complain(p, e->line, &err);
		else if (opt)
			settings_add(&o->settings, p->arena, brg_cstr(opt->name), value);
		else if (strcmp(e->key, "team") == 0)
			o->team = arena_str(p->arena, value);
		else if (!options_find(known_keys, brg_cstr(e->key)))
			options_complain(p->problems, p->ini->name, e->line,
					 directory_heading(p, s), e->key, tables, 3);
	}
	if (p->problems->n == before)
		check_owner(p, s, o);
}

bool directory_is_reference(const char *type)
{
	return strcmp(type, "contact") == 0 || strcmp(type, "lead") == 0 ||
	       strcmp(type, "account") == 0 || strcmp(type, "reference") == 0;
}

void directory_take_reference(struct parser *p, const struct ini_section *s)
{
	bool any_kind = strcmp(s->type, "reference") == 0;
	const struct brg_option *options = any_kind ? reference_options : reference_options + 1;
	const struct brg_option *tables[] = { known_keys, options };
	struct directory_reference *r = &p->dir->references[p->dir->n_references++];
	const struct ini_entry *owner = ini_find(s, "owner");
	struct reference_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;

	*r = (struct directory_reference){ .kind = s->type, .name = s->name, .line = s->line };
	(void)options_fill(reference_options, &set, NULL, 0, p->arena, &err);
	take_addresses(p, s, &r->known);
	take_externals(p, s, &r->known);
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *opt = options_find(options, brg_cstr(e->key));

		if (opt && option_set(opt, &set, e->value, p->arena, &err) < 0)
			directory_complain(p, e->line, &err);
		else if (!opt && !options_find(known_keys, brg_cstr(e->key)))
			options_complain(p->problems, p->ini->name, e->line,
					 directory_heading(p, s), e->key, tables, 2);
	}
	if (any_kind && !set.kind[0])
		SAY(p, s->line, &directory_needs, "section=%s\nkey=kind", directory_heading(p, s));
	if (any_kind)
		r->kind = set.kind;
	if (owner && owner->value.len)
		r->owner = directory_refer(p, owner, "user");
	r->title = brg_cstr(set.title);
	r->link = brg_cstr(set.link);
	r->visibility = set.visibility;
}
