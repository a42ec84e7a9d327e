/* SPDX-License-Identifier: Apache-2.0
 *
 * Sync filters: which records a user's mailbox gets, those of all users, and what new users start
 * with.
 */
#include "core/directory-private.h"

#include "core/options.h"
#include "core/where.h"

static const struct brg_fault filter_of_queue = {
	.code = "BRG-CONF-0101",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] is of a user: write user = NAME, for all users [system-filter {name}], or "
	      "for new ones [filter-template {name}]",
	.sv = "[{section}] hör till en användare: skriv user = NAMN, för alla användare "
	      "[system-filter {name}], eller för nya [filter-template {name}]",
	.help = "A filter says which records the mailboxes of one user get. System filters hold for "
		"all users; templates are copied for those who get their first mailbox.",
};
static const struct brg_fault user_of_all = {
	.code = "BRG-CONF-0102",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] is not of one user: leave out user, or write [filter {name}]",
	.sv = "[{section}] hör inte till en användare: utelämna user, eller skriv [filter {name}]",
	.help = "System filters hold for all users; templates are copied for those who get their "
		"first mailbox. In both me stands for the user.",
};

const struct brg_fault *const directory_filter_faults[] = { &filter_of_queue, &user_of_all, NULL };

struct filter_settings {
	const char *user, *where;
	int kind;
	bool active;
};
#define FILTER(member) offsetof(struct filter_settings, member)

static const struct brg_option filter_options[] = {
	{ "user", BRG_OPT_STRING, 0, FILTER(user), "", NULL, 0, 0, NULL },
	{ "kind", BRG_OPT_CHOICE, 0, FILTER(kind), "contact", "contact|task|appointment", 0, 0,
	  NULL },
	{ "where", BRG_OPT_STRING, 0, FILTER(where), "", NULL, 0, 0, NULL },
	{ "active", BRG_OPT_BOOL, 0, FILTER(active), "yes", NULL, 0, 0, NULL },
	BRG_OPTION_END,
};

static const char *const types[] = { "", "filter", "system-filter", "filter-template" };

const char *directory_filter_type(int type)
{
	return types[type];
}

int directory_filter_named(const char *section)
{
	for (int i = BRG_FILTER_USER; i <= BRG_FILTER_TEMPLATE; i++)
		if (strcmp(types[i], section) == 0)
			return i;
	return 0;
}

static void needs(struct parser *p, const struct ini_section *s, const char *key)
{
	SAY(p, s->line, &directory_needs, "section=%s\nkey=%s", directory_heading(p, s), key);
}

static void take_user(struct parser *p, const struct ini_section *s, struct directory_filter *f)
{
	const struct ini_entry *user = ini_find(s, "user");
	bool own = f->type == BRG_FILTER_USER;

	if (own && user && user->value.len)
		f->owner = directory_refer(p, user, "user");
	else if (own)
		SAY(p, s->line, &filter_of_queue, "section=%s\nname=%s", directory_heading(p, s),
		    s->name);
	else if (user)
		SAY(p, user->line, &user_of_all, "section=%s\nname=%s", directory_heading(p, s),
		    s->name);
}

/* The text must be one of the kind; it is kept as it was written. Whether there are the references
 * that it names only the store can tell, when the file is applied. */
static void take_where(struct parser *p, const struct ini_section *s, struct directory_filter *f)
{
	const struct field_table *table = p->lookup->fields ? p->lookup->fields : field_builtin();
	const struct ini_entry *where = ini_find(s, "where");
	struct brg_err err = BRG_ERR_INIT;

	if (!where) {
		needs(p, s, "where");
		return;
	}
	f->text = where->value;
	if (f->kind && where_check(table, f->kind, f->text, p->arena, &err) < 0)
		directory_complain(p, where->line, &err);
}

void directory_take_filter(struct parser *p, const struct ini_section *s)
{
	static const int kinds[] = { BRG_CONTACT, BRG_TASK, BRG_APPOINTMENT };
	static const struct brg_option *const tables[] = { filter_options };
	struct directory_filter *f = &p->dir->filters[p->dir->n_filters++];
	struct filter_settings set = { 0 };
	struct brg_err err = BRG_ERR_INIT;
	bool kind = false;

	*f = (struct directory_filter){ .name = s->name, .line = s->line };
	f->type = directory_filter_named(s->type);
	(void)options_fill(filter_options, &set, NULL, 0, p->arena, &err);
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *opt = options_find(filter_options, brg_cstr(e->key));

		if (!opt)
			options_complain(p->problems, p->ini->name, e->line,
					 directory_heading(p, s), e->key, tables, 1);
		else if (option_set(opt, &set, e->value, p->arena, &err) < 0)
			directory_complain(p, e->line, &err);
		else
			kind = kind || strcmp(opt->name, "kind") == 0;
	}
	f->active = set.active;
	if (kind)
		f->kind = kinds[set.kind];
	else if (!ini_find(s, "kind"))
		needs(p, s, "kind");
	take_user(p, s, f);
	take_where(p, s, f);
}
