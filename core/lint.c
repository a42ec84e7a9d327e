/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin is constant data, so nearly all that can be wrong with it can be seen before its
 * first call. What is found here is found at start, by name, and not at night in a visit.
 */
#include "core/lint.h"

#include "core/arena.h"
#include "core/faults.h"
#include "core/mailbox.h"
#include "core/options.h"

#include <stdlib.h>

#define MAX_INSTANCE (16 * 1024 * 1024)
#define MAX_OPTIONS  200

static const struct brg_fault no_magic = {
	.code = "BRG-LOAD-0020",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} does not answer as a plugin of Brygga (no descriptor, or a bad magic number)",
	.sv = "{path} svarar inte som ett tillägg till Brygga (ingen beskrivning, eller fel "
	      "magiskt tal)",
	.help = "The descriptor begins with BRG_PLUGIN_HEAD(kind). Build the plugin with the "
		"headers of this version.",
};
static const struct brg_fault plugin_newer = {
	.code = "BRG-LOAD-0021",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} was built for plugin ABI {theirs}, and this Brygga has {ours}: upgrade "
	      "Brygga",
	.sv = "{path} är byggd för tilläggs-ABI {theirs}, och denna Brygga har {ours}: uppgradera "
	      "Brygga",
	.help = "The plugin is newer than the daemon. Install both from the same release.",
};
static const struct brg_fault plugin_older = {
	.code = "BRG-LOAD-0022",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} was built for plugin ABI {theirs}, and this Brygga has {ours}: upgrade the "
	      "plugin",
	.sv = "{path} är byggd för tilläggs-ABI {theirs}, och denna Brygga har {ours}: uppgradera "
	      "tillägget",
	.help = "The plugin is older than the daemon can use. Install the plugin's package of "
		"this release, or build it again with the present headers.",
};
static const struct brg_fault other_kind = {
	.code = "BRG-LOAD-0023",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is no {kind}: it says that it is of kind {theirs}",
	.sv = "{path} är ingen {kind}: den säger sig vara av sort {theirs}",
	.help = "Connectors lie in the folder connector, storages in the folder storage.",
};
static const struct brg_fault other_name = {
	.code = "BRG-LOAD-0024",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} calls itself \"{theirs}\": a plugin's file has the plugin's name",
	.sv = "{path} kallar sig \"{theirs}\": ett tilläggs fil har tilläggets namn",
	.help = "Give the file its name back.",
};
static const struct brg_fault bad_member = {
	.code = "BRG-LOAD-0025",
	.cls = BRG_EINTERNAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is faulty: {member} is missing or out of range in its descriptor",
	.sv = "{path} är felaktig: {member} saknas eller är orimligt i dess beskrivning",
	.help = "A fault of the plugin's author: see brygga/plugin.h for what the member must be.",
};
static const struct brg_fault bad_function = {
	.code = "BRG-LOAD-0026",
	.cls = BRG_EINTERNAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is faulty: it lacks the function {function}, which {reason} needs",
	.sv = "{path} är felaktig: funktionen {function} saknas, som {reason} behöver",
	.help = "A fault of the plugin's author: a capability or lane was declared without the "
		"function that does it.",
};
static const struct brg_fault bad_option = {
	.code = "BRG-LOAD-0027",
	.cls = BRG_EINTERNAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is faulty: {member} of its option {option} is missing or out of range",
	.sv = "{path} är felaktig: {member} i inställningen {option} saknas eller är orimligt",
	.help = "A fault of the plugin's author: see brygga/option.h. A name must be the plugin's "
		"own and not one of the core's settings.",
};
static const struct brg_fault bad_fault = {
	.code = "BRG-LOAD-0028",
	.cls = BRG_EINTERNAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is faulty: {member} of its sentence {row} is missing or out of range",
	.sv = "{path} är felaktig: {member} i meningen {row} saknas eller är orimligt",
	.help = "A fault of the plugin's author: see brygga/err.h. Codes begin with BRG- and are "
		"the plugin's own; every sentence has English, Swedish with the same parameters, "
		"and help.",
};

const struct brg_fault *const lint_faults[] = {
	&no_magic,   &plugin_newer, &plugin_older, &other_kind, &other_name,
	&bad_member, &bad_function, &bad_option,   &bad_fault,	NULL,
};

bool lint_word(const char *word)
{
	size_t n = 0;

	for (; word && word[n]; n++)
		if (!((word[n] >= 'a' && word[n] <= 'z') || (word[n] >= '0' && word[n] <= '9') ||
		      word[n] == '-') ||
		    n >= 64)
			return false;
	return n > 0;
}

static int check_abi(const struct brg_plugin *p, const char *path, struct brg_err *err)
{
	int theirs = p->abi_major * 65536 + p->abi_minor;
	int ours = BRG_ABI_MAJOR * 65536 + BRG_ABI_MINOR;
	bool newer = theirs > ours;
	/* While the major is 0 nothing is frozen: an older minor does not fit either. */
	bool older = theirs < ours && (p->abi_major != BRG_ABI_MAJOR || BRG_ABI_MAJOR == 0);

	if (!newer && !older)
		return 0;
	return brg_fail(err, newer ? &plugin_newer : &plugin_older,
			"path=%s\ntheirs=%u.%u\nours=%d.%d", path, (unsigned)p->abi_major,
			(unsigned)p->abi_minor, BRG_ABI_MAJOR, BRG_ABI_MINOR);
}

static int faulty(const char *path, const char *member, struct brg_err *err)
{
	return brg_fail(err, &bad_member, "path=%s\nmember=%s", path, member);
}

static int check_functions(const char *path, const bool *there, const char *const *names,
			   const char *const *reasons, size_t n, struct brg_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!there[i])
			return brg_fail(err, &bad_function, "path=%s\nfunction=%s\nreason=%s", path,
					names[i], reasons[i]);
	return 0;
}

/* `need` is the condition under which the slot must be there. */
#define NEED(ops, tag, need, slot) (!(need) || BRG_HAS(ops, tag, slot))

static int check_connector(const struct brg_connector *c, const char *path, struct brg_err *err)
{
	static const char *const names[] = { "open",	"close", "pull", "get",
					     "prepare", "send",	 "find", "finish" };
	static const char *const reasons[] = {
		"every connector", "every connector", "the lane incoming",
		"HEADER_FIRST",	   "DRAFT",	      "DRAFT",
		"STAMP",	   "FINISH"
	};
	unsigned caps;

	if (!c || c->size < offsetof(struct brg_connector, open))
		return faulty(path, "connector", err);
	caps = c->caps;
	if (c->kinds == 0)
		return faulty(path, "connector.kinds", err);
	if (c->lanes == 0)
		return faulty(path, "connector.lanes", err);

	const bool there[] = {
		BRG_HAS(c, brg_connector, open),
		BRG_HAS(c, brg_connector, close),
		NEED(c, brg_connector, c->lanes & BRG_LANE_BIT(BRG_INCOMING), pull),
		NEED(c, brg_connector, caps & BRG_CAP_HEADER_FIRST, get),
		NEED(c, brg_connector, caps & BRG_CAP_DRAFT, prepare),
		NEED(c, brg_connector, caps & BRG_CAP_DRAFT, send),
		NEED(c, brg_connector, caps & BRG_CAP_STAMP, find),
		NEED(c, brg_connector, caps & BRG_CAP_FINISH, finish),
	};
	return check_functions(path, there, names, reasons, sizeof(there) / sizeof(there[0]), err);
}

static int check_storage(const struct brg_storage *s, const char *path, struct brg_err *err)
{
	static const char *const names[] = { "open", "close", "commit", "read", "known", "body",
					     "join", "claim", "slots",	"reap", "upkeep" };
	const char *reasons[sizeof(names) / sizeof(names[0])];

	if (!s || s->size < offsetof(struct brg_storage, open))
		return faulty(path, "storage", err);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		reasons[i] = "every storage";

	const bool there[] = {
		BRG_HAS(s, brg_storage, open),	 BRG_HAS(s, brg_storage, close),
		BRG_HAS(s, brg_storage, commit), BRG_HAS(s, brg_storage, read),
		BRG_HAS(s, brg_storage, known),	 BRG_HAS(s, brg_storage, body),
		BRG_HAS(s, brg_storage, join),	 BRG_HAS(s, brg_storage, claim),
		BRG_HAS(s, brg_storage, slots),	 BRG_HAS(s, brg_storage, reap),
		BRG_HAS(s, brg_storage, upkeep),
	};
	return check_functions(path, there, names, reasons, sizeof(there) / sizeof(there[0]), err);
}

static size_t member_size(int type)
{
	switch (type) {
	case BRG_OPT_STRING:
		return sizeof(const char *);
	case BRG_OPT_BOOL:
		return sizeof(bool);
	case BRG_OPT_CHOICE:
		return sizeof(int);
	case BRG_OPT_INT:
	case BRG_OPT_SIZE:
	case BRG_OPT_DURATION:
		return sizeof(int64_t);
	default:
		return 0;
	}
}

/* Names that mean something to the core in the same section. */
static bool taken(int kind, const char *name)
{
	static const char *const of_sections[] = { "connector", "max-connections", "user",
						   "queue",	"profile",	   "address" };

	if (kind == BRG_STORAGE)
		return strcmp(name, "plugin") == 0;
	for (size_t i = 0; i < sizeof(of_sections) / sizeof(of_sections[0]); i++)
		if (strcmp(name, of_sections[i]) == 0)
			return true;
	return options_find(mailbox_options, brg_cstr(name)) != NULL;
}

/* The member of the row that is wrong, or NULL. */
static const char *option_fault(const struct brg_plugin *p, const struct brg_option *opt, int kind,
				struct brg_arena *arena)
{
	struct brg_err ignored = BRG_ERR_INIT;
	size_t size = member_size(opt->type);

	if (!lint_word(opt->name) || taken(kind, opt->name) ||
	    options_find(p->options, brg_cstr(opt->name)) != opt)
		return "name";
	if (size == 0)
		return "type";
	if (opt->offset > p->instance_size || size > p->instance_size - opt->offset)
		return "offset";
	if (opt->type == BRG_OPT_CHOICE && (!opt->choices || !opt->choices[0]))
		return "choices";
	if (opt->min > opt->max)
		return "max";
	if ((opt->flags & BRG_OPT_SECRET) &&
	    (opt->type != BRG_OPT_STRING || (opt->dflt && *opt->dflt)))
		return "flags";
	if (!opt->help || !opt->help[0])
		return "help";
	if (opt->dflt && option_set(opt, NULL, brg_cstr(opt->dflt), arena, &ignored) < 0)
		return "dflt";
	return NULL;
}

static int check_options(const struct brg_plugin *p, int kind, const char *path,
			 struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	const struct brg_option *opt = p->options;
	const char *wrong = NULL;
	int rc = 0;

	for (size_t i = 0; opt && opt->name && rc == 0; opt++, i++) {
		wrong = i < MAX_OPTIONS ? option_fault(p, opt, kind, arena) : "name";
		if (wrong)
			rc = brg_fail(err, &bad_option, "path=%s\nmember=%s\noption=%.64s", path,
				      wrong, opt->name);
	}
	arena_free(&arena);
	return rc;
}

/* Every {parameter} of a stands in b. */
static bool covers(const char *a, const char *b)
{
	const char *close;
	char name[64];

	while ((a = strchr(a, '{'))) {
		close = strchr(a, '}');
		if (!close || (size_t)(close - a) + 2 > sizeof(name))
			return false;
		memcpy(name, a, (size_t)(close - a) + 1);
		name[close - a + 1] = '\0';
		if (!strstr(b, name))
			return false;
		a = close;
	}
	return true;
}

static const char *row_fault(const struct brg_fault *row)
{
	const struct brg_fault *other;

	if (!row->code || strncmp(row->code, "BRG-", 4) != 0 || strlen(row->code) > 19)
		return "code";
	other = fault_find(brg_cstr(row->code));
	if (other && other != row)
		return "code";
	if (row->cls > 0 || row->cls < BRG_EINTERNAL)
		return "cls";
	if (row->scope < BRG_SCOPE_MAILBOX || row->scope > BRG_SCOPE_STORE)
		return "scope";
	if (row->retry < BRG_RETRY_LATER || row->retry > BRG_RETRY_NEVER)
		return "retry";
	if (!row->en || !row->en[0])
		return "en";
	if (!row->sv || !row->sv[0] || !covers(row->en, row->sv) || !covers(row->sv, row->en))
		return "sv";
	return row->help && row->help[0] ? NULL : "help";
}

static int check_faults(const struct brg_plugin *p, const char *path, struct brg_err *err)
{
	const struct brg_fault *const *row = p->faults;
	const char *wrong;

	if (!row)
		return faulty(path, "faults", err);
	for (; *row; row++) {
		wrong = row_fault(*row);
		if (wrong)
			return brg_fail(err, &bad_fault, "path=%s\nmember=%s\nrow=%.19s", path,
					wrong, (*row)->code ? (*row)->code : "?");
	}
	return 0;
}

static int check_members(const struct brg_plugin *p, int kind, const char *path,
			 struct brg_err *err)
{
	int rc;

	if (!p->version || !p->version[0])
		return faulty(path, "version", err);
	if (!p->summary || !p->summary[0])
		return faulty(path, "summary", err);
	if (!p->license || !p->license[0])
		return faulty(path, "license", err);
	if (p->instance_size == 0 || p->instance_size > MAX_INSTANCE)
		return faulty(path, "instance_size", err);
	rc = kind == BRG_CONNECTOR ? check_connector(p->connector, path, err)
				   : check_storage(p->storage, path, err);
	if (rc == 0)
		rc = check_options(p, kind, path, err);
	return rc < 0 ? rc : check_faults(p, path, err);
}

int lint_plugin(const struct brg_plugin *p, int kind, const char *name, const char *path,
		struct brg_err *err)
{
	static const char *const kinds[] = { "", "connector", "storage" };
	struct brg_plugin whole;
	int rc;

	if (!p || p->magic != BRG_ABI_MAGIC)
		return brg_fail(err, &no_magic, "path=%s", path);
	rc = check_abi(p, path, err);
	if (rc < 0)
		return rc;
	/* 0.1 ended with `storage`; nothing that fits this host can be shorter. */
	if (p->size < offsetof(struct brg_plugin, storage) + sizeof(p->storage) || p->size > 65536)
		return faulty(path, "size", err);
	whole = (struct brg_plugin){ 0 };
	memcpy(&whole, p, p->size < sizeof(whole) ? p->size : sizeof(whole));
	if ((int)whole.kind != kind)
		return brg_fail(err, &other_kind, "path=%s\nkind=%s\ntheirs=%u", path, kinds[kind],
				(unsigned)whole.kind);
	if (!whole.name || strcmp(whole.name, name) != 0)
		return brg_fail(err, &other_name, "path=%s\ntheirs=%.64s", path,
				whole.name ? whole.name : "");
	return check_members(&whole, kind, path, err);
}
