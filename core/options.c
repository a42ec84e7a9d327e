/* SPDX-License-Identifier: Apache-2.0
 *
 * One place that knows what a duration or a choice looks like. Plugins and the core declare
 * their settings as rows; this fills them, so that every setting is checked, documented and
 * refused in the same words.
 */
#include "core/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 65536

static const struct brg_fault bad_bool = {
	.code = "BRG-CONF-0020",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes yes or no, not \"{value}\"",
	.sv = "{name} kan vara yes eller no, inte \"{value}\"",
	.help = "yes, true, on and 1 mean the same, and so do no, false, off and 0.",
};
static const struct brg_fault bad_int = {
	.code = "BRG-CONF-0021",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a whole number from {min} to {max}, not \"{value}\"",
	.sv = "{name} ska vara ett heltal från {min} till {max}, inte \"{value}\"",
	.help = "Digits only, without a unit.",
};
static const struct brg_fault bad_count = {
	.code = "BRG-CONF-0022",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a whole number, 0 or more, not \"{value}\"",
	.sv = "{name} ska vara ett heltal, 0 eller större, inte \"{value}\"",
	.help = "Digits only, without a unit.",
};
static const struct brg_fault bad_size = {
	.code = "BRG-CONF-0023",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a size from {min} to {max} such as 64K or 35M, not \"{value}\"",
	.sv = "{name} ska vara en storlek från {min} till {max}, till exempel 64K eller 35M, inte "
	      "\"{value}\"",
	.help = "A whole number of bytes, or one with K, M, G or T behind it (powers of 1024).",
};
static const struct brg_fault bad_any_size = {
	.code = "BRG-CONF-0024",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a size such as 500, 64K, 35M or 2G, not \"{value}\"",
	.sv = "{name} ska vara en storlek, till exempel 500, 64K, 35M eller 2G, inte \"{value}\"",
	.help = "A whole number of bytes, or one with K, M, G or T behind it (powers of 1024).",
};
static const struct brg_fault bad_duration = {
	.code = "BRG-CONF-0025",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a time from {min} to {max} with its unit, such as 30s or 5m, not "
	      "\"{value}\"",
	.sv = "{name} ska vara en tid från {min} till {max} med enhet, till exempel 30s eller 5m, "
	      "inte \"{value}\"",
	.help = "A whole number and its unit: ms, s, m, h or d.",
};
static const struct brg_fault bad_any_duration = {
	.code = "BRG-CONF-0026",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes a time with its unit, such as 500ms, 30s, 5m, 2h or 14d, not "
	      "\"{value}\"",
	.sv = "{name} ska vara en tid med enhet, till exempel 500ms, 30s, 5m, 2h eller 14d, inte "
	      "\"{value}\"",
	.help = "A whole number and its unit: ms, s, m, h or d.",
};
static const struct brg_fault bad_choice = {
	.code = "BRG-CONF-0027",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} takes one of {choices}, not \"{value}\"",
	.sv = "{name} ska vara något av {choices}, inte \"{value}\"",
	.help = "The words are written exactly so, in lower case.",
};
static const struct brg_fault bad_string = {
	.code = "BRG-CONF-0028",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{name} has a NUL byte in its value: remove it",
	.sv = "{name} har en NUL-byte i sitt värde: ta bort den",
	.help = "Values are text. A password from a file must not hold a NUL byte either.",
};
static const struct brg_fault missing = {
	.code = "BRG-CONF-0029",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "the setting {name} is missing",
	.sv = "inställningen {name} saknas",
	.help = "It has no default. `brygga plugin show NAME` lists the settings of a plugin.",
};
static const struct brg_fault secret_file = {
	.code = "BRG-CONF-0030",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot read the secret in {path}: {reason}",
	.sv = "hemligheten i {path} kan inte läsas: {reason}",
	.help = "The file named after file: must be there, hold the secret and nothing else, and "
		"be readable for the user who runs the command. Its path is absolute.",
};
static const struct brg_fault secret_path = {
	.code = "BRG-CONF-0032",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "file:{path} needs an absolute path",
	.sv = "file:{path} behöver en absolut sökväg",
	.help = "The daemon and the commands run in different folders; a path that begins with / "
		"means the same everywhere.",
};
static const struct brg_fault secret_content = {
	.code = "BRG-CONF-0033",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} should hold a secret, but is empty, larger than 64 KiB or not text",
	.sv = "{path} ska innehålla en hemlighet, men är tom, större än 64 KiB eller inte text",
	.help = "The whole file is the secret; one line end at its end is dropped.",
};
static const struct brg_fault secret_open = {
	.code = "BRG-CONF-0034",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} holds a secret and can be read by everybody (mode {mode}): chmod o-rwx {path}",
	.sv = "{path} innehåller en hemlighet och kan läsas av alla (läge {mode}): chmod o-rwx "
	      "{path}",
	.help = "Whoever has an account on this machine could have read it: change the secret, too. "
		"The file may be open to its group.",
};
static const struct brg_fault secret_env = {
	.code = "BRG-CONF-0031",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "the environment variable {variable} is not set or is empty",
	.sv = "miljövariabeln {variable} är inte satt eller är tom",
	.help = "A value env:NAME is taken from the environment of the command or the daemon.",
};

static const struct brg_fault unknown_key = {
	.code = "BRG-CONF-0036",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] has no setting {key}; it has: {known}",
	.sv = "[{section}] har ingen inställning {key}; den har: {known}",
	.help = "Nothing is passed over in silence: a misspelt setting would have no effect.",
};
static const struct brg_fault near_key = {
	.code = "BRG-CONF-0037",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] has no setting {key}: did you mean {near}?",
	.sv = "[{section}] har ingen inställning {key}: menades {near}?",
	.help = "Nothing is passed over in silence: a misspelt setting would have no effect.",
};
const struct brg_fault *const options_faults[] = {
	&unknown_key,	 &near_key,	&bad_bool,     &bad_int,	  &bad_count,
	&bad_size,	 &bad_any_size, &bad_duration, &bad_any_duration, &bad_choice,
	&missing,	 &secret_file,	&secret_env,   &bad_string,	  &secret_path,
	&secret_content, &secret_open,	NULL,
};

/* Digits and nothing else before the unit. Returns the length of the number, 0: none. */
static size_t whole(struct brg_str text, int64_t *out)
{
	int64_t v = 0;
	size_t n = 0;

	for (; n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9'; n++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, text.ptr[n] - '0', &v))
			return 0;
	*out = v;
	return n;
}

struct unit {
	const char *name;
	int64_t factor;
};
static const struct unit sizes[] = {
	{ "T", INT64_C(1) << 40 }, { "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 },
};
static const struct unit spans[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};

static int with_unit(struct brg_str text, const struct unit *units, size_t n_units, int64_t *out)
{
	int64_t v;
	size_t n = whole(text, &v);

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n_units; i++)
		if (brg_str_eq((struct brg_str){ text.ptr + n, text.len - n },
			       brg_cstr(units[i].name)))
			return __builtin_mul_overflow(v, units[i].factor, out) ? -1 : 0;
	/* Zero is zero in every unit. */
	*out = 0;
	return v == 0 && n == text.len ? 0 : -1;
}

int option_duration(struct brg_str text, int64_t *ms)
{
	return with_unit(text, spans, sizeof(spans) / sizeof(spans[0]), ms);
}

int option_size(struct brg_str text, int64_t *bytes)
{
	return with_unit(text, sizes, sizeof(sizes) / sizeof(sizes[0]), bytes);
}

static int integer(struct brg_str text, int64_t *out)
{
	bool minus = text.len > 0 && text.ptr[0] == '-';
	struct brg_str digits = { text.ptr + minus, text.len - minus };
	size_t n = whole(digits, out);

	if (n == 0 || n != digits.len)
		return -1;
	if (minus)
		*out = -*out;
	return 0;
}

/* A number in the largest unit that keeps it whole. */
static const char *number(const struct brg_option *opt, int64_t v, struct brg_arena *arena)
{
	const struct unit *units = opt->type == BRG_OPT_SIZE ? sizes : spans;

	if (opt->type == BRG_OPT_INT || v == 0)
		return arena_printf(arena, "%lld", (long long)v);
	while (v % units->factor)
		units++;
	return arena_printf(arena, "%lld%s", (long long)(v / units->factor), units->name);
}

/* The i-th word of "a|b|c". */
static bool choice(const char *choices, size_t i, struct brg_str *out)
{
	const char *bar;

	for (;; choices = bar + 1) {
		bar = strchrnul(choices, '|');
		if (i-- == 0)
			break;
		if (!*bar)
			return false;
	}
	*out = (struct brg_str){ choices, (size_t)(bar - choices) };
	return true;
}

static const char *choices(const struct brg_option *opt, struct brg_arena *arena)
{
	const char *text = "";
	struct brg_str word;

	for (size_t i = 0; choice(opt->choices, i, &word); i++)
		text = arena_printf(arena, "%s%s%.*s", text, i ? ", " : "", (int)word.len,
				    word.ptr);
	return text;
}

const char *option_allowed(const struct brg_option *opt, struct brg_arena *arena)
{
	static const char *const numbers[] = { "whole number", "size", "duration" };

	switch (opt->type) {
	case BRG_OPT_BOOL:
		return "yes or no";
	case BRG_OPT_CHOICE:
		return arena_printf(arena, "one of %s", choices(opt, arena));
	case BRG_OPT_INT:
	case BRG_OPT_SIZE:
	case BRG_OPT_DURATION:
		if (opt->min == 0 && opt->max == 0)
			return arena_printf(arena, "a %s", numbers[opt->type - BRG_OPT_INT]);
		return arena_printf(arena, "a %s from %s to %s", numbers[opt->type - BRG_OPT_INT],
				    number(opt, opt->min, arena), number(opt, opt->max, arena));
	default:
		return "text";
	}
}

static int refuse(const struct brg_option *opt, struct brg_str text, struct brg_arena *arena,
		  struct brg_err *err)
{
	bool any = opt->min == 0 && opt->max == 0;
	const char *value = opt->flags & BRG_OPT_SECRET ? "***" : problems_show(arena, text);
	const struct brg_fault *fault = opt->type == BRG_OPT_INT ? any ? &bad_count : &bad_int
					: opt->type == BRG_OPT_SIZE
						? any ? &bad_any_size : &bad_size
					: any ? &bad_any_duration
					      : &bad_duration;

	if (opt->type == BRG_OPT_BOOL)
		return brg_fail(err, &bad_bool, "name=%s\nvalue=%s", opt->name, value);
	if (opt->type == BRG_OPT_CHOICE)
		return brg_fail(err, &bad_choice, "name=%s\nvalue=%s\nchoices=%s", opt->name, value,
				choices(opt, arena));
	return brg_fail(err, fault, "name=%s\nvalue=%s\nmin=%s\nmax=%s", opt->name, value,
			number(opt, opt->min, arena), number(opt, opt->max, arena));
}

static int set_number(const struct brg_option *opt, void *member, struct brg_str text,
		      struct brg_arena *arena, struct brg_err *err)
{
	int64_t v = 0;
	int rc = opt->type == BRG_OPT_INT    ? integer(text, &v)
		 : opt->type == BRG_OPT_SIZE ? option_size(text, &v)
					     : option_duration(text, &v);
	bool any = opt->min == 0 && opt->max == 0;

	if (rc < 0 || v < (any ? 0 : opt->min) || v > (any ? INT64_MAX : opt->max))
		return refuse(opt, text, arena, err);
	if (member)
		*(int64_t *)member = v;
	return 0;
}

static int set_bool(const struct brg_option *opt, void *member, struct brg_str text,
		    struct brg_arena *arena, struct brg_err *err)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (brg_str_eq(text, brg_cstr(words[i]))) {
			if (member)
				*(bool *)member = i % 2;
			return 0;
		}
	return refuse(opt, text, arena, err);
}

static int set_choice(const struct brg_option *opt, void *member, struct brg_str text,
		      struct brg_arena *arena, struct brg_err *err)
{
	struct brg_str word;

	for (size_t i = 0; choice(opt->choices, i, &word); i++)
		if (brg_str_eq(text, word)) {
			if (member)
				*(int *)member = (int)i;
			return 0;
		}
	return refuse(opt, text, arena, err);
}

int option_set(const struct brg_option *opt, void *instance, struct brg_str text,
	       struct brg_arena *arena, struct brg_err *err)
{
	void *member = instance ? (char *)instance + opt->offset : NULL;

	switch (opt->type) {
	case BRG_OPT_BOOL:
		return set_bool(opt, member, text, arena, err);
	case BRG_OPT_CHOICE:
		return set_choice(opt, member, text, arena, err);
	case BRG_OPT_INT:
	case BRG_OPT_SIZE:
	case BRG_OPT_DURATION:
		return set_number(opt, member, text, arena, err);
	default:
		if (text.len && memchr(text.ptr, '\0', text.len))
			return brg_fail(err, &bad_string, "name=%s", opt->name);
		if (member)
			*(const char **)member = arena_str(arena, text).ptr;
		return 0;
	}
}

static const struct setting *last_of(const struct setting *settings, size_t n, const char *name)
{
	while (n-- > 0)
		if (brg_str_eq(settings[n].name, brg_cstr(name)))
			return &settings[n];
	return NULL;
}

bool option_required(const struct brg_option *opt, struct brg_str oauth)
{
	bool used = oauth.len && !brg_str_eq(oauth, brg_cstr("none"));

	return (opt->flags & BRG_OPT_REQUIRED) && !(used && (opt->flags & BRG_OPT_UNLESS_OAUTH));
}

int options_fill(const struct brg_option *table, void *instance, const struct setting *settings,
		 size_t n, struct brg_arena *arena, struct brg_err *err)
{
	const struct setting *oauth = last_of(settings, n, "oauth");

	for (const struct brg_option *opt = table; opt && opt->name; opt++) {
		const struct setting *s = last_of(settings, n, opt->name);
		const char *dflt = opt->dflt ? opt->dflt : opt->type == BRG_OPT_STRING ? "" : NULL;
		int rc = 0;

		if (option_required(opt, oauth ? oauth->value : brg_cstr("")) &&
		    (!s || s->value.len == 0))
			return brg_fail(err, &missing, "name=%s", opt->name);
		if (s)
			rc = option_set(opt, instance, s->value, arena, err);
		else if (dflt)
			rc = option_set(opt, instance, brg_cstr(dflt), arena, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct brg_option *options_find(const struct brg_option *table, struct brg_str name)
{
	for (; table && table->name; table++)
		if (brg_str_eq(brg_cstr(table->name), name))
			return table;
	return NULL;
}

const char *options_nearest(const struct brg_option *table, struct brg_str name)
{
	const char *names[256];
	size_t n = 0;

	for (; table && table->name && n < 256; table++)
		names[n++] = table->name;
	return problems_nearest(name, names, n);
}

void options_complain(struct problems *problems, const char *file, int line, const char *section,
		      const char *key, const struct brg_option *const *tables, size_t n)
{
	const char *names[256], *near, *known = "";
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (const struct brg_option *opt = tables[i]; opt && opt->name && k < 256; opt++)
			names[k++] = opt->name;
	near = problems_nearest(brg_cstr(key), names, k);
	if (near) {
		problem_add(problems, file, line, &near_key, "section=%s\nkey=%s\nnear=%s", section,
			    key, near);
		return;
	}
	for (size_t i = 0; i < k; i++)
		known = arena_printf(problems->arena, "%s%s%s", known, i ? ", " : "", names[i]);
	problem_add(problems, file, line, &unknown_key, "section=%s\nkey=%s\nknown=%s", section,
		    key, k ? known : "-");
}

/* The content of a small file without its last line end. */
static int read_secret(const char *path, struct brg_arena *arena, struct brg_str *out,
		       struct brg_err *err)
{
	char buf[SECRET_MAX + 1];
	struct stat st;
	size_t n = 0;
	ssize_t got = -1;
	int fd, rc = 0;

	if (path[0] != '/')
		return brg_fail(err, &secret_path, "path=%s", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0007)) {
		(void)close(fd);
		return brg_fail(err, &secret_open, "path=%s\nmode=%04o", path,
				(unsigned)st.st_mode & 07777);
	}
	if (fd >= 0)
		while (n < sizeof(buf) && (got = read(fd, buf + n, sizeof(buf) - n)) > 0)
			n += (size_t)got;
	if (got < 0)
		rc = brg_fail(err, &secret_file, "path=%s\nreason=%s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (n && n <= SECRET_MAX && buf[n - 1] == '\n')
		n--;
	if (n && n < SECRET_MAX && buf[n - 1] == '\r')
		n--;
	if (rc == 0 && (n == 0 || n > SECRET_MAX || memchr(buf, '\0', n)))
		rc = brg_fail(err, &secret_content, "path=%s", path);
	if (rc == 0)
		*out = arena_dup(arena, buf, n);
	explicit_bzero(buf, sizeof(buf));
	return rc;
}

int option_resolve(struct brg_str text, struct brg_arena *arena, struct brg_str *out,
		   struct brg_err *err)
{
	const char *value;

	*out = text;
	if (text.len >= 5 && memcmp(text.ptr, "file:", 5) == 0)
		return read_secret(arena_dup(arena, text.ptr + 5, text.len - 5).ptr, arena, out,
				   err);
	if (text.len < 4 || memcmp(text.ptr, "env:", 4) != 0)
		return 0;
	value = getenv(arena_dup(arena, text.ptr + 4, text.len - 4).ptr);
	if (!value || !*value)
		return brg_fail(err, &secret_env, "variable=%.*s", (int)(text.len - 4),
				text.ptr + 4);
	*out = arena_str(arena, brg_cstr(value));
	return 0;
}
