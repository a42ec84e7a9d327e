/* SPDX-License-Identifier: Apache-2.0
 *
 * Hides inih, which as packaged cuts lines at 200 bytes and section names at 49, cuts values
 * at " ;", tells no line numbers, keeps silent on duplicates and on empty sections. Our reader
 * checks each line and keeps the true words aside; inih sees a short token in place of each
 * section's name and each value, so nothing that it could cut ever reaches it. What it gives
 * back is counted against what it was given.
 */
#include "core/ini.h"

#include "core/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROBLEMS 50
#define MAX_WORD     32	 /* of a key or a section's type; inih cuts sections at 49 */
#define MAX_NAME     200 /* of a section's name */
#define MARKER	     "." /* a key that opens a section even if it is empty */

static const struct brg_fault cannot_read = {
	.code = "BRG-CONF-0001",
	.cls = BRG_EIO,
	.retry = BRG_RETRY_NEVER,
	.en = "cannot read {path}: {reason}",
	.sv = "{path} kan inte läsas: {reason}",
	.help = "The file is not there, or the user who runs the command may not read it.",
};
static const struct brg_fault too_large = {
	.code = "BRG-CONF-0002",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{path} is too large: at most {limit} MiB",
	.sv = "{path} är för stor: högst {limit} MiB",
	.help = "A configuration file of that size is almost certainly another file. Split it if "
		"it is not.",
};
static const struct brg_fault not_utf8 = {
	.code = "BRG-CONF-0003",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "byte {column} of this line is not UTF-8: save the file as UTF-8",
	.sv = "byte {column} på raden är inte UTF-8: spara filen som UTF-8",
	.help = "Files are read as UTF-8, with or without a byte order mark. Editors for Latin-1 "
		"and UTF-16 write other bytes.",
};
static const struct brg_fault control = {
	.code = "BRG-CONF-0004",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "byte {column} of this line is the control character {character}: remove it",
	.sv = "byte {column} på raden är styrtecknet {character}: ta bort det",
	.help = "No setting needs a control character; one that came in by a copy could change "
		"the meaning of a value without being seen.",
};
static const struct brg_fault neither = {
	.code = "BRG-CONF-0005",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "this is neither [section] nor name = value: {text}",
	.sv = "detta är varken [sektion] eller namn = värde: {text}",
	.help = "Each line is empty, a comment that begins with # or ;, a [section] or name = "
		"value. A value cannot go on in the next line.",
};
static const struct brg_fault no_section = {
	.code = "BRG-CONF-0006",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} stands before the first [section]",
	.sv = "{key} står före den första [sektionen]",
	.help = "Every setting belongs to a section; put the section's line above it.",
};
static const struct brg_fault bad_header = {
	.code = "BRG-CONF-0007",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "a section is written [type] or [type name] and nothing after it: {text}",
	.sv = "en sektion skrivs [typ] eller [typ namn] och inget efter: {text}",
	.help = "The type has lower-case letters, digits and hyphens. Comments stand on lines of "
		"their own.",
};
static const struct brg_fault bad_key = {
	.code = "BRG-CONF-0008",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "a setting's name has lower-case letters, digits and hyphens, at most {limit}: "
	      "{text}",
	.sv = "en inställnings namn har små bokstäver, siffror och bindestreck, högst {limit}: "
	      "{text}",
	.help = "Write it as the manual does, for example max-connections. In a mailbox a "
		"connector's name and a dot may stand in front, as in smtp.password; and with a dot a "
		"group of fields may follow, as in direction.job_title.",
};
static const struct brg_fault twice_key = {
	.code = "BRG-CONF-0009",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "{key} is set twice in [{section}]: first in line {first}",
	.sv = "{key} anges två gånger i [{section}]: första gången på rad {first}",
	.help = "Remove one of the two. Which of them should count is not guessed.",
};
static const struct brg_fault twice_section = {
	.code = "BRG-CONF-0010",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "[{section}] stands twice: first in line {first}",
	.sv = "[{section}] finns två gånger: första gången på rad {first}",
	.help = "Put the settings of both under one heading, or give one of them another name.",
};
static const struct brg_fault bad_name = {
	.code = "BRG-CONF-0011",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "a section's name is at most {limit} bytes without [ ] \" / \\: {text}",
	.sv = "en sektions namn är högst {limit} byte utan [ ] \" / \\: {text}",
	.help = "Names are used on command lines, in logs and in addresses of web pages.",
};
static const struct brg_fault too_many = {
	.code = "BRG-CONF-0012",
	.cls = BRG_EINVAL,
	.retry = BRG_RETRY_NEVER,
	.en = "more than {n} faults: the rest of the file was not looked at",
	.sv = "fler än {n} fel: resten av filen har inte granskats",
	.help = "Perhaps this is not the file that was meant.",
};
static const struct brg_fault lost = {
	.code = "BRG-CONF-0013",
	.cls = BRG_EINTERNAL,
	.retry = BRG_RETRY_NEVER,
	.en = "this line was lost while reading (a bug): please report it",
	.sv = "den här raden gick förlorad vid läsningen (ett programfel): rapportera gärna det",
	.help = "The ini library did not give back a line that it was given. Nothing was applied.",
};

const struct brg_fault *const ini_faults[] = {
	&cannot_read, &too_large, &not_utf8,  &control,	      &neither,	 &no_section, &bad_header,
	&bad_key,     &bad_name,  &twice_key, &twice_section, &too_many, &lost,	      NULL,
};

/* One line that is a section or a setting, its words aside. */
struct line {
	bool section, given_back;
	int number;
	struct brg_str word; /* a section's type or a key */
	struct brg_str rest; /* a section's name or a value */
};

struct reader {
	struct brg_arena *arena;
	struct problems *problems;
	struct ini_file *file;
	size_t problems_before;

	/* What remains of the text. */
	struct brg_str text;
	int number;
	bool in_section; /* below a heading, good or bad */
	bool skipping;	 /* below a bad one: what is there belongs nowhere */
	bool marker_due;

	struct line *lines;
	size_t n_lines, room_lines;
	size_t room_sections, room_entries;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct brg_str trim(struct brg_str s)
{
	while (s.len && blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* A word of lower-case letters, digits and hyphens; of a field, underscores too. */
static bool plain_word(struct brg_str s, bool field)
{
	if (s.len == 0 || s.len > MAX_WORD)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		      (field && c == '_')))
			return false;
	}
	return true;
}

/* A plain word, or two with a dot between them, of which the second may be the name of a field:
 * "smtp.password", "direction.job_title". */
static bool plain_key(struct brg_str s)
{
	const char *dot = s.len ? memchr(s.ptr, '.', s.len) : NULL;
	size_t n = dot ? (size_t)(dot - s.ptr) : 0;

	return plain_word(s, false) ||
	       (dot && plain_word((struct brg_str){ s.ptr, n }, false) &&
		plain_word((struct brg_str){ dot + 1, s.len - n - 1 }, true));
}

/* Are all bytes of the line fit for a value? Adds the first problem. */
static bool clean(struct reader *r, struct brg_str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	uint32_t c = 0;

	for (size_t i = 0, len; i < s.len; i += len) {
		len = utf8_char(p + i, s.len - i, &c);
		if (len == 0)
			problem_add(r->problems, r->file->name, r->number, &not_utf8, "column=%zu",
				    i + 1);
		else if ((c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0))
			problem_add(r->problems, r->file->name, r->number, &control,
				    "column=%zu\ncharacter=U+%04X", i + 1, (unsigned)c);
		else
			continue;
		return false;
	}
	return true;
}

static void complain(struct reader *r, const struct brg_fault *fault, struct brg_str text)
{
	int limit = fault == &bad_key ? MAX_WORD : MAX_NAME;

	problem_add(r->problems, r->file->name, r->number, fault, "limit=%d\ntext=%s", limit,
		    problems_show(r->arena, text));
}

static bool split_section(struct reader *r, struct brg_str s, struct line *out)
{
	struct brg_str inner = { s.ptr + 1, s.len - 1 };
	size_t n = 0;

	if (inner.len == 0 || inner.ptr[inner.len - 1] != ']') {
		complain(r, &bad_header, s);
		return false;
	}
	inner.len--;
	inner = trim(inner);
	while (n < inner.len && !blank(inner.ptr[n]))
		n++;
	out->section = true;
	out->word = (struct brg_str){ inner.ptr, n };
	out->rest = trim((struct brg_str){ inner.ptr + n, inner.len - n });
	if (!plain_word(out->word, false)) {
		complain(r, &bad_header, s);
		return false;
	}
	for (size_t i = 0; i < out->rest.len; i++)
		if (strchr("[]\"/\\\t", out->rest.ptr[i]) || out->rest.len > MAX_NAME) {
			complain(r, &bad_name, out->rest);
			return false;
		}
	return true;
}

static bool split_setting(struct reader *r, struct brg_str s, struct line *out)
{
	const char *equals = memchr(s.ptr, '=', s.len);
	size_t n;

	if (!equals) {
		/* It may be the rest of a secret: show no more than its beginning. */
		for (n = 0; n < s.len && n < 16 && !blank(s.ptr[n]); n++)
			;
		while (n < s.len && n > 0 && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
			n--;
		complain(r, &neither, (struct brg_str){ s.ptr, n });
		return false;
	}
	n = (size_t)(equals - s.ptr);
	out->word = trim((struct brg_str){ s.ptr, n });
	out->rest = trim((struct brg_str){ equals + 1, s.len - n - 1 });
	if (!plain_key(out->word)) {
		complain(r, &bad_key, out->word);
		return false;
	}
	if (!r->in_section) {
		problem_add(r->problems, r->file->name, r->number, &no_section, "key=%.*s",
			    (int)out->word.len, out->word.ptr);
		return false;
	}
	return true;
}

/* The next line that is a section or a setting; false at the end. Lines that are neither
 * are told and passed over. */
static bool next_line(struct reader *r, struct line *out)
{
	while (r->text.len) {
		const char *eol = memchr(r->text.ptr, '\n', r->text.len);
		struct brg_str s = r->text;
		size_t used = eol ? (size_t)(eol - s.ptr) + 1 : s.len;
		bool good;

		if (r->problems->n - r->problems_before >= MAX_PROBLEMS) {
			problem_add(r->problems, r->file->name, r->number, &too_many, "n=%d",
				    MAX_PROBLEMS);
			return false;
		}
		r->text = (struct brg_str){ s.ptr + used, s.len - used };
		r->number++;
		s.len = eol ? used - 1 : used;
		if (s.len && s.ptr[s.len - 1] == '\r')
			s.len--;
		if (!clean(r, s))
			continue;
		s = trim(s);
		if (s.len == 0 || s.ptr[0] == '#' || s.ptr[0] == ';')
			continue;
		*out = (struct line){ .number = r->number };
		if (s.ptr[0] == '[') {
			good = split_section(r, s, out);
			r->in_section = true;
			r->skipping = !good;
		} else {
			good = split_setting(r, s, out) && !r->skipping;
		}
		if (good)
			return true;
	}
	return false;
}

/* inih's reader, like fgets(): one line of tokens. */
static char *feed(char *buf, int size, void *stream)
{
	struct reader *r = stream;
	struct line *line;

	if (r->marker_due) {
		r->marker_due = false;
		(void)snprintf(buf, (size_t)size, MARKER " = %zu\n", r->n_lines - 1);
		return buf;
	}
	if (r->n_lines == r->room_lines) {
		r->room_lines = r->room_lines ? 2 * r->room_lines : 256;
		r->lines = xrealloc(r->lines, r->room_lines, sizeof(*r->lines));
	}
	line = &r->lines[r->n_lines];
	if (!next_line(r, line))
		return NULL;
	if (line->section)
		(void)snprintf(buf, (size_t)size, "[%.*s]\n", (int)line->word.len, line->word.ptr);
	else
		(void)snprintf(buf, (size_t)size, "%.*s = %zu\n", (int)line->word.len,
			       line->word.ptr, r->n_lines);
	r->marker_due = line->section;
	r->n_lines++;
	return buf;
}

static void *grow(struct reader *r, void *old, size_t n, size_t *room, size_t size)
{
	void *grown;

	if (n < *room)
		return old;
	*room = n ? 2 * n : 8;
	grown = arena_alloc(r->arena, *room * size);
	if (n)
		memcpy(grown, old, n * size);
	return grown;
}

/* inih's handler: a key of a section, its value the index of the line. 0: refused. */
static int take(void *user, const char *type, const char *key, const char *token)
{
	struct reader *r = user;
	struct ini_file *f = r->file;
	char *end;
	size_t index = strtoul(token, &end, 10);
	struct ini_section *section;
	struct line *line;

	if (*end || index >= r->n_lines || r->lines[index].given_back)
		return 0;
	line = &r->lines[index];
	if (line->section) {
		if (strcmp(key, MARKER) != 0 || !brg_str_eq(line->word, brg_cstr(type)))
			return 0;
		f->sections = grow(r, f->sections, f->n, &r->room_sections, sizeof(*f->sections));
		section = &f->sections[f->n++];
		*section = (struct ini_section){ .line = line->number };
		section->type = arena_str(r->arena, line->word).ptr;
		section->name = arena_str(r->arena, line->rest).ptr;
		r->room_entries = 0;
	} else {
		if (f->n == 0 || strcmp(f->sections[f->n - 1].type, type) != 0 ||
		    !brg_str_eq(line->word, brg_cstr(key)))
			return 0;
		section = &f->sections[f->n - 1];
		section->entries = grow(r, section->entries, section->n, &r->room_entries,
					sizeof(*section->entries));
		section->entries[section->n++] = (struct ini_entry){
			arena_str(r->arena, line->word).ptr,
			arena_str(r->arena, line->rest),
			line->number,
		};
	}
	line->given_back = true;
	return 1;
}

static int by_key(const void *a, const void *b)
{
	const struct ini_entry *const *x = a, *const *y = b;
	int d = strcmp((*x)->key, (*y)->key);

	return d ? d : (*x)->line - (*y)->line;
}

static int by_name(const void *a, const void *b)
{
	const struct ini_section *const *x = a, *const *y = b;
	int d = strcmp((*x)->type, (*y)->type);

	if (d == 0)
		d = strcmp((*x)->name, (*y)->name);
	return d ? d : (*x)->line - (*y)->line;
}

static const char *heading(struct reader *r, const struct ini_section *s)
{
	return arena_printf(r->arena, s->name[0] ? "%s %s" : "%s", s->type, s->name);
}

static void find_twice(struct reader *r)
{
	const struct ini_file *f = r->file;
	const struct ini_section **sections = xcalloc(f->n + 1, sizeof(*sections));

	for (size_t i = 0; i < f->n; i++) {
		const struct ini_section *s = sections[i] = &f->sections[i];
		const struct ini_entry **keys = xcalloc(s->n + 1, sizeof(*keys));

		for (size_t j = 0; j < s->n; j++)
			keys[j] = &s->entries[j];
		qsort(keys, s->n, sizeof(*keys), by_key);
		for (size_t j = 1; j < s->n; j++)
			if (strcmp(keys[j - 1]->key, keys[j]->key) == 0)
				problem_add(r->problems, f->name, keys[j]->line, &twice_key,
					    "key=%s\nsection=%s\nfirst=%d", keys[j]->key,
					    heading(r, s), keys[j - 1]->line);
		free(keys);
	}
	qsort(sections, f->n, sizeof(*sections), by_name);
	for (size_t i = 1; i < f->n; i++)
		if (strcmp(sections[i - 1]->type, sections[i]->type) == 0 &&
		    strcmp(sections[i - 1]->name, sections[i]->name) == 0)
			problem_add(r->problems, f->name, sections[i]->line, &twice_section,
				    "section=%s\nfirst=%d", heading(r, sections[i]),
				    sections[i - 1]->line);
	free(sections);
}

int ini_read(struct brg_str text, const char *name, struct brg_arena *arena, struct ini_file **out,
	     struct problems *problems)
{
	struct reader r = { .arena = arena, .problems = problems, .text = text };

	r.problems_before = problems->n;
	r.file = arena_alloc(arena, sizeof(*r.file));
	r.file->name = arena_str(arena, brg_cstr(name)).ptr;
	if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0)
		r.text = (struct brg_str){ text.ptr + 3, text.len - 3 };
	/* Its answer is a line number of the tokens; what counts is what came back. */
	(void)ini_parse_stream(feed, &r, take, &r);
	for (size_t i = 0; i < r.n_lines; i++)
		if (!r.lines[i].given_back)
			problem_add(problems, r.file->name, r.lines[i].number, &lost, "%s", "");
	find_twice(&r);
	free(r.lines);
	*out = r.file;
	return problems->n > r.problems_before ? BRG_EINVAL : 0;
}

const struct ini_entry *ini_find(const struct ini_section *section, const char *key)
{
	for (size_t i = 0; i < section->n; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return &section->entries[i];
	return NULL;
}

int ini_load(const char *path, struct brg_arena *arena, struct brg_str *out, struct brg_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t room = 1 << 16, n = 0;
	char *buf = NULL;
	ssize_t got = -1;
	int rc = 0;

	if (fd >= 0) {
		buf = xrealloc(NULL, room, 1);
		while ((got = read(fd, buf + n, room - n)) > 0 && n <= INI_FILE_MAX) {
			n += (size_t)got;
			if (n == room)
				buf = xrealloc(buf, room *= 2, 1);
		}
	}
	if (got < 0)
		rc = brg_fail(err, &cannot_read, "path=%s\nreason=%s", path, strerror(errno));
	else if (n > INI_FILE_MAX)
		rc = brg_fail(err, &too_large, "path=%s\nlimit=%d", path, INI_FILE_MAX >> 20);
	else
		*out = arena_dup(arena, buf, n);
	if (fd >= 0)
		(void)close(fd);
	free(buf);
	return rc;
}
