/* SPDX-License-Identifier: Apache-2.0
 *
 * From sections of brygga.conf to the tables that merges and visits work by. Own fields come
 * first, for each is a group whose direction and policy can be set.
 */
#include "core/sync_rules.h"

#include "core/config.h"
#include "core/fate.h"
#include "core/options.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

#define OFFSET(member)	offsetof(struct config, sync.member)
#define INBOUND_WORDS	"none|tracked|all"
#define POLICY_WORDS	"newest|server|store|ask"
#define DIRECTION_WORDS "both|to-server|to-store|none"
#define TYPE_WORDS	"text|integer|flag|moment|wall|date|list"
#define NAME_MAX_LEN	32
/* Ids of own fields: far from the built-in ones. */
#define OWN_IDS	 1000000
#define OWN_BASE 1000000

#define KIND_OPTIONS(kind, things)                                                                \
	{ "inbound",                                                                              \
	  BRG_OPT_CHOICE,                                                                         \
	  0,                                                                                      \
	  OFFSET(inbound[kind]),                                                                  \
	  "tracked",                                                                              \
	  INBOUND_WORDS,                                                                          \
	  0,                                                                                      \
	  0,                                                                                      \
	  "Which " things " of mailboxes become records: none, those that their owner "           \
	  "tracked, or all." },                                                                   \
	{                                                                                         \
		"policy", BRG_OPT_CHOICE, 0, OFFSET(policy[kind]), "newest", POLICY_WORDS, 0, 0,  \
			"Who wins where both sides changed: the last, the server, the store, or " \
			"a person says."                                                          \
	}

const struct brg_option contact_options[] = {
	KIND_OPTIONS(FIELD_CONTACT, "contacts"),
	BRG_OPTION_END,
};
const struct brg_option task_options[] = {
	KIND_OPTIONS(FIELD_TASK, "tasks"),
	BRG_OPTION_END,
};
const struct brg_option appointment_options[] = {
	KIND_OPTIONS(FIELD_APPOINTMENT, "appointments"),
	{ "invitations", BRG_OPT_CHOICE, 0, OFFSET(invite), "silent", "silent|send", 0, 0,
	  "Whether the server may mail attendees when a meeting is written." },
	BRG_OPTION_END,
};
const struct brg_option sync_options[] = {
	{ "plan-deletes-min", BRG_OPT_INT, 0, OFFSET(plan_deletes_min), "20", NULL, 1, 1000000,
	  "A visit that would delete so many, and the share below, waits as a plan." },
	{ "plan-deletes-percent", BRG_OPT_INT, 0, OFFSET(plan_deletes_percent), "10", NULL, 0, 100,
	  "The share in percent of the mailbox's items or records." },
	{ "plan-creates", BRG_OPT_INT, 0, OFFSET(plan_creates), "500", NULL, 1, 1000000,
	  "A first visit that would create more waits as a plan." },
	BRG_OPTION_END,
};
const struct brg_option group_keys[] = {
	{ .name = "direction.GROUP" },
	{ .name = "policy.GROUP" },
	BRG_OPTION_END,
};

struct own_settings {
	int type;
	const char *label;
	int64_t max_length;
};
#define OWN(member) offsetof(struct own_settings, member)
static const struct brg_option own_options[] = {
	{ "type", BRG_OPT_CHOICE, 0, OWN(type), "text", TYPE_WORDS, 0, 0, "What it holds." },
	{ "label", BRG_OPT_STRING, 0, OWN(label), "", NULL, 0, 0, "Its name for people." },
	{ "max-length", BRG_OPT_INT, 0, OWN(max_length), "0", NULL, 0, 1000000,
	  "Longest text in characters; 0: no bound." },
	BRG_OPTION_END,
};

#define RULES_FAULT(row, number, english, swedish, helps) \
	static const struct brg_fault row = {             \
		.code = "BRG-CONF-" number,               \
		.cls = BRG_EINVAL,                        \
		.retry = BRG_RETRY_NEVER,                 \
		.en = english,                            \
		.sv = swedish,                            \
		.help = helps,                            \
	}

RULES_FAULT(no_group, "0073", "{key}: a {kind} has no group of fields {group}; it has: {known}",
	    "{key}: {kind} har ingen grupp av fält {group}; den har: {known}",
	    "Direction and policy are set for whole groups of fields; a field that is in no group "
	    "is one by itself. Fields of your own need a section [field KIND NAME].");
RULES_FAULT(near_group, "0074",
	    "{key}: a {kind} has no group of fields {group}: did you mean {near}?",
	    "{key}: {kind} har ingen grupp av fält {group}: menades {near}?",
	    "Direction and policy are set for whole groups of fields; a field that is in no group "
	    "is one by itself. Fields of your own need a section [field KIND NAME].");
RULES_FAULT(
	in_group, "0075",
	"{key}: the field {field} is not set by itself: write {word}.{group} for all of its group",
	"{key}: fältet {field} ställs inte in för sig: skriv {word}.{group} för hela dess grupp",
	"Fields that only make sense together, such as the start and the end of an appointment, "
	"always travel and win together.");
RULES_FAULT(bad_heading, "0076", "[{section}] is written [field KIND NAME]; kinds are {kinds}",
	    "[{section}] skrivs [field SLAG NAMN]; slagen är {kinds}",
	    "As in [field contact loyalty]: a field that your organisation adds to contacts.");
RULES_FAULT(
	bad_own_name, "0077",
	"a field's name has 1 to {limit} lower-case letters, digits and underscores, and begins "
	"with a letter: {text}",
	"ett fälts namn har 1 till {limit} små bokstäver, siffror och understreck, och börjar "
	"med en bokstav: {text}",
	"The name stands in filters, on command lines and in JSON. What people are shown is its "
	"label.");
RULES_FAULT(
	taken_name, "0078", "{name} is already a name that {kind} fields or filters have",
	"{name} är redan ett namn som fält för {kind} eller filter har",
	"A field of your own needs a name that neither a field or group of Brygga nor a word of "
	"the filter language has, and stands once.");
RULES_FAULT(too_many_own, "0079", "a {kind} has at most {limit} fields of your own",
	    "{kind} har högst {limit} egna fält",
	    "Keep further values in the CRM alone, or several in one field of type list.");
RULES_FAULT(no_length, "0100", "max-length is for fields of type text, not of type {type}",
	    "max-length är för fält av typen text, inte av typen {type}",
	    "Other types have bounds of their own.");

const struct brg_fault *const sync_rules_faults[] = {
	&no_group,   &near_group,   &in_group,	&bad_heading, &bad_own_name,
	&taken_name, &too_many_own, &no_length, NULL,
};

static const int kinds[] = { FIELD_CONTACT, FIELD_TASK, FIELD_APPOINTMENT };
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct reading {
	struct sync_rules *rules;
	const struct ini_file *ini;
	struct brg_arena *arena;
	struct problems *problems;
	struct field own[FIELD_KINDS][OWN_FIELDS_MAX];
	size_t n_own[FIELD_KINDS];
};

#define SAY(r, line, row, ...) problem_add((r)->problems, (r)->ini->name, line, row, __VA_ARGS__)

/* ---- own fields -----------------------------------------------------------------------------*/

static bool good_name(struct brg_str s)
{
	if (s.len == 0 || s.len > NAME_MAX_LEN || s.ptr[0] < 'a' || s.ptr[0] > 'z')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

/* Of the table, of JSON, or of the filter language. */
static bool is_taken(const struct reading *r, int kind, struct brg_str name)
{
	static const char *const words[] = {
		"attendees", "occurrences", "attachments", "owner", "party", "regarding",
		"created",   "modified",    "and",	   "or",    "not",   "is",
		"set",	     "contains",    "begins",	   "with",  "me",    "today",
		"now",	     "true",	    "false",	   "yes",   "no",    "null",
		"id",	     "kind",	    "in",	   "all",
	};
	const struct field_table *builtin = field_builtin();

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (brg_str_eq(name, brg_cstr(words[i])))
			return true;
	for (size_t i = 0; i < r->n_own[kind]; i++)
		if (brg_str_eq(name, brg_cstr(r->own[kind][i].name)))
			return true;
	return field_find(builtin, kind, name) != NULL ||
	       field_group_named(builtin, kind, name) >= 0;
}

/* "contact loyalty" -> its kind and the rest; 0: neither. */
static int split_heading(const char *text, struct brg_str *name)
{
	size_t n = strcspn(text, " "), blanks = strspn(text + n, " ");
	int kind = field_kind((struct brg_str){ text, n });

	*name = brg_cstr(text + n + blanks);
	for (size_t i = 0; i < N_KINDS; i++)
		if (kind == kinds[i] && name->len)
			return kind;
	return 0;
}

static void take_settings(struct reading *r, const struct ini_section *s, struct own_settings *set)
{
	static const struct brg_option *const tables[] = { own_options };
	const struct ini_entry *length = ini_find(s, "max-length");
	const char *heading = arena_printf(r->arena, "field %s", s->name);
	struct brg_err err = BRG_ERR_INIT;

	(void)options_fill(own_options, set, NULL, 0, r->arena, &err);
	for (size_t i = 0; i < s->n; i++) {
		const struct ini_entry *e = &s->entries[i];
		const struct brg_option *opt = options_find(own_options, brg_cstr(e->key));

		if (!opt)
			options_complain(r->problems, r->ini->name, e->line, heading, e->key,
					 tables, 1);
		else if (option_set(opt, set, e->value, r->arena, &err) < 0)
			problem_err(r->problems, r->ini->name, e->line, &err);
	}
	if (set->max_length && length && set->type != 0)
		SAY(r, length->line, &no_length, "type=%s", ini_find(s, "type")->value.ptr);
}

static void take_own(struct reading *r, const struct ini_section *s)
{
	/* In the order of TYPE_WORDS. */
	static const int types[] = { BRG_TEXT, BRG_INTEGER, BRG_FLAG, BRG_MOMENT,
				     BRG_WALL, BRG_DATE,    BRG_LIST };
	struct own_settings set = { 0 };
	struct brg_str name;
	int kind = split_heading(s->name, &name);
	bool timed;

	take_settings(r, s, &set);
	if (!kind)
		SAY(r, s->line, &bad_heading, "section=field %s\nkinds=contact, task, appointment",
		    s->name);
	else if (!good_name(name))
		SAY(r, s->line, &bad_own_name, "limit=%d\ntext=%s", NAME_MAX_LEN,
		    problems_show(r->arena, name));
	else if (is_taken(r, kind, name))
		SAY(r, s->line, &taken_name, "name=%s\nkind=%s", name.ptr, field_kind_name(kind));
	else if (r->n_own[kind] == OWN_FIELDS_MAX)
		SAY(r, s->line, &too_many_own, "kind=%s\nlimit=%d", field_kind_name(kind),
		    OWN_FIELDS_MAX);
	else {
		timed = set.type >= 3 && set.type <= 5;
		r->own[kind][r->n_own[kind]++] = (struct field){
			.name = name.ptr,
			.label = *set.label ? set.label : name.ptr,
			.type = types[set.type],
			.direction = DIRECTION_BOTH,
			.flags = FIELD_OWN | FIELD_FILTER | (timed ? FIELD_INDEXED : 0),
			.max_len = (uint32_t)set.max_length,
		};
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

static int by_id(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* An id that comes from the name alone, so that the keys that the store has of a field stay true
 * when another one is added or goes. */
static uint32_t own_id(int kind, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return (uint32_t)kind * OWN_IDS + hash % OWN_IDS;
}

static void give_ids(int kind, struct field *own, size_t n)
{
	qsort(own, n, sizeof(*own), by_name);
	for (size_t i = 0; i < n; i++) {
		own[i].id = own_id(kind, own[i].name);
		for (size_t k = 0; k < i; k++)
			if (own[k].id == own[i].id) {
				own[i].id++;
				k = (size_t)-1; /* look at all again */
			}
	}
	qsort(own, n, sizeof(*own), by_id);
}

static void read_own(struct reading *r)
{
	struct sync_rules *rules = r->rules;

	for (size_t i = 0; i < r->ini->n; i++)
		if (strcmp(r->ini->sections[i].type, "field") == 0 && r->ini->sections[i].name[0])
			take_own(r, &r->ini->sections[i]);
	rules->table = field_builtin();
	for (size_t i = 0; i < N_KINDS; i++) {
		int kind = kinds[i];

		if (r->n_own[kind] == 0)
			continue;
		give_ids(kind, r->own[kind], r->n_own[kind]);
		rules->table =
			field_extend(r->arena, kind, r->own[kind], r->n_own[kind], rules->table);
	}
}

/* ---- groups ---------------------------------------------------------------------------------*/

/* "direction.start" -> "direction" and "start". */
static bool split_key(const char *key, struct brg_str *word, struct brg_str *group)
{
	const char *dot = strchr(key, '.');

	if (!dot)
		return false;
	*word = (struct brg_str){ key, (size_t)(dot - key) };
	*group = brg_cstr(dot + 1);
	return brg_str_eq(*word, brg_cstr("direction")) || brg_str_eq(*word, brg_cstr("policy"));
}

static int kind_of_section(const char *section)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(section, field_kind_name(kinds[i])) == 0)
			return kinds[i];
	return 0;
}

bool sync_rules_of_group(const char *section, const char *key)
{
	struct brg_str word, group;

	return kind_of_section(section) && split_key(key, &word, &group);
}

/* Directions as the table has them, and one policy for all groups. */
static void plain_rules(const struct field_table *table, int kind, int policy,
			struct merge_rule *out)
{
	const struct field_set *set = &table->kinds[kind];

	for (size_t i = set->n; i-- > 0;)
		/* Backwards, so that the group's first field has the last word. */
		out[set->group_of[i]] =
			(struct merge_rule){ (uint8_t)set->at[i].direction, (uint8_t)policy };
}

static void say_no_group(struct reading *r, const struct ini_entry *e, int kind,
			 struct brg_str word, struct brg_str group)
{
	const struct field_set *set = &r->rules->table->kinds[kind];
	const struct field *field = field_find(r->rules->table, kind, group);
	const char *shown = problems_show(r->arena, group), *known = "", *near;

	if (field) {
		SAY(r, e->line, &in_group, "key=%s\nfield=%s\nword=%.*s\ngroup=%s", e->key, shown,
		    (int)word.len, word.ptr,
		    set->group_names[field_group(r->rules->table, kind, field->id)]);
		return;
	}
	near = problems_nearest(group, (const char *const *)set->group_names, set->n_groups);
	for (size_t i = 0; i < set->n_groups && strlen(known) < 700; i++)
		known = arena_printf(r->arena, "%s%s%s", known, i ? ", " : "", set->group_names[i]);
	if (near)
		SAY(r, e->line, &near_group, "key=%s\nkind=%s\ngroup=%s\nnear=%s", e->key,
		    field_kind_name(kind), shown, near);
	else
		SAY(r, e->line, &no_group, "key=%s\nkind=%s\ngroup=%s\nknown=%s", e->key,
		    field_kind_name(kind), shown, known);
}

/* What records have beside fields: no group of the table, but with a direction of its own. */
static bool is_other(struct brg_str name)
{
	static const char *const others[] = { "attendees", "occurrences", "regarding",
					      "attachments" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (brg_str_eq(name, brg_cstr(others[i])))
			return true;
	return false;
}

static void take_group(struct reading *r, int kind, const struct ini_entry *e,
		       struct merge_rule *rules)
{
	struct brg_option opt = { .name = e->key, .type = BRG_OPT_CHOICE };
	struct brg_err err = BRG_ERR_INIT;
	const struct brg_fault *fixed;
	struct brg_str word, name;
	bool direction;
	int group, value;

	if (!split_key(e->key, &word, &name))
		return;
	direction = word.ptr[0] == 'd';
	opt.choices = direction ? DIRECTION_WORDS : POLICY_WORDS;
	group = field_group_named(r->rules->table, kind, name);
	if (group < 0 && !(direction && is_other(name))) {
		say_no_group(r, e, kind, word, name);
		return;
	}
	if (option_set(&opt, &value, e->value, r->arena, &err) < 0) {
		problem_err(r->problems, r->ini->name, e->line, &err);
		return;
	}
	fixed = direction ? fate_direction(r->rules->table, kind, name, value) : NULL;
	if (fixed)
		SAY(r, e->line, fixed, "key=%s\nkind=%s\ngroup=%s\ndirection=%s", e->key,
		    field_kind_name(kind), name.ptr, direction_name(value));
	else if (group < 0)
		return; /* set to what it is */
	else if (direction)
		rules[group].direction = (uint8_t)value;
	else
		rules[group].policy = (uint8_t)value;
}

static void read_groups(struct reading *r)
{
	const struct field_table *table = r->rules->table;
	struct merge_rule *rules[FIELD_KINDS] = { 0 };

	for (int kind = 1; kind < FIELD_KINDS; kind++) {
		rules[kind] =
			arena_alloc(r->arena, (table->kinds[kind].n_groups + 1) * sizeof(**rules));
		plain_rules(table, kind, r->rules->policy[kind], rules[kind]);
		r->rules->merge[kind] = rules[kind];
	}
	for (size_t i = 0; i < r->ini->n; i++) {
		const struct ini_section *s = &r->ini->sections[i];
		int kind = kind_of_section(s->type);

		for (size_t k = 0; kind && k < s->n; k++)
			take_group(r, kind, &s->entries[k], rules[kind]);
	}
}

/* ---- the epoch ------------------------------------------------------------------------------*/

/* What the shadows of all mailboxes were made under. */
static void make_epoch(struct sync_rules *rules)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort(); /* out of memory */
	for (int kind = 1; kind < FIELD_KINDS; kind++) {
		const struct field_set *set = &rules->table->kinds[kind];

		for (size_t i = 0; i < set->n_groups; i++)
			fprintf(f, "%d %s %d\n", kind, set->group_names[i],
				rules->merge[kind][i].direction);
		for (size_t i = 0; i < set->n; i++) {
			const struct field *field = &set->at[i];
			bool own = field->flags & FIELD_OWN;

			fprintf(f, "%d %u %d %s %u\n", kind, field->id, field->type,
				own ? field->name : "-", own ? field->max_len : 0);
		}
	}
	if (fclose(f) != 0)
		abort();
	SHA256((const unsigned char *)text, n, sum);
	memcpy(rules->epoch, sum, sizeof(rules->epoch));
	free(text);
}

void sync_rules_read(struct sync_rules *rules, const struct ini_file *ini, struct brg_arena *arena,
		     struct problems *problems)
{
	struct reading *r = arena_alloc(arena, sizeof(*r));

	*r = (struct reading){ .rules = rules, .ini = ini, .arena = arena, .problems = problems };
	rules->policy[FIELD_ATTENDEE] = rules->policy[FIELD_APPOINTMENT];
	read_own(r);
	read_groups(r);
	make_epoch(rules);
}

int sync_rules_inbound(const struct sync_rules *rules, const struct owner_settings *owner, int kind)
{
	return owner->inbound[kind] == INBOUND_USUAL ? rules->inbound[kind] : owner->inbound[kind];
}

static struct sync_rules usual;
static struct merge_rule usual_merge[FIELD_KINDS][FIELD_GROUPS_MAX];

static void make_usual(void)
{
	usual = (struct sync_rules){
		.table = field_builtin(),
		.plan_deletes_min = 20,
		.plan_deletes_percent = 10,
		.plan_creates = 500,
	};
	for (int kind = 1; kind < FIELD_KINDS; kind++) {
		usual.inbound[kind] = INBOUND_TRACKED;
		plain_rules(usual.table, kind, POLICY_NEWEST, usual_merge[kind]);
		usual.merge[kind] = usual_merge[kind];
	}
	make_epoch(&usual);
}

const struct sync_rules *sync_rules_default(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_usual);
	return &usual;
}
