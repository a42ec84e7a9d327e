/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of sections and settings: whatever the bytes, no value is cut, lost or moved to another
 * key. What came out is held against a second, plainer reading of the same lines.
 */
#include "core/config.h"
#include "core/ini.h"
#include "tests/fuzz/fuzz.h"

struct walk {
	const struct ini_file *ini;
	size_t section, entry; /* the next to be met; section counts from 1 */
	int line;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct brg_str trim(struct brg_str s)
{
	for (; s.len && blank(s.ptr[0]); s.ptr++, s.len--)
		;
	for (; s.len && blank(s.ptr[s.len - 1]); s.len--)
		;
	return s;
}

/* One line of a file in which nothing is wrong. */
static void meet(struct walk *w, struct brg_str s)
{
	const struct ini_section *section;
	const struct ini_entry *entry;
	const char *equals;

	w->line++;
	if (s.len && s.ptr[s.len - 1] == '\r')
		s.len--;
	s = trim(s);
	if (s.len == 0 || s.ptr[0] == '#' || s.ptr[0] == ';')
		return;
	if (s.ptr[0] == '[') {
		PROMISE(w->section == 0 || w->entry == w->ini->sections[w->section - 1].n);
		PROMISE(w->section < w->ini->n);
		PROMISE(w->ini->sections[w->section].line == w->line);
		w->section++;
		w->entry = 0;
		return;
	}
	PROMISE(w->section > 0);
	section = &w->ini->sections[w->section - 1];
	PROMISE(w->entry < section->n);
	entry = &section->entries[w->entry++];
	equals = memchr(s.ptr, '=', s.len);
	PROMISE(equals && entry->line == w->line);
	PROMISE(brg_str_eq(trim((struct brg_str){ s.ptr, (size_t)(equals - s.ptr) }),
			   brg_cstr(entry->key)));
	PROMISE(brg_str_eq(
		trim((struct brg_str){ equals + 1, (size_t)(s.ptr + s.len - equals - 1) }),
		entry->value));
	PROMISE(entry->value.ptr[entry->value.len] == '\0');
}

static void read_again(const struct ini_file *ini, struct brg_str text)
{
	struct walk w = { ini, 0, 0, 0 };

	if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0)
		text = (struct brg_str){ text.ptr + 3, text.len - 3 };
	while (text.len) {
		const char *eol = memchr(text.ptr, '\n', text.len);
		size_t n = eol ? (size_t)(eol - text.ptr) : text.len;

		meet(&w, (struct brg_str){ text.ptr, n });
		n += eol != NULL;
		text = (struct brg_str){ text.ptr + n, text.len - n };
	}
	PROMISE(w.section == ini->n);
	PROMISE(w.section == 0 || w.entry == ini->sections[w.section - 1].n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_str text = { (const char *)bytes, n };
	struct brg_arena *arena = arena_new();
	struct config *config = NULL;
	struct problems problems;
	struct ini_file *ini;
	char *said = NULL;
	size_t n_said;
	FILE *f;
	int rc;

	problems_init(&problems, arena);
	rc = ini_read(text, "f", arena, &ini, &problems);
	PROMISE((rc < 0) == (problems.n > 0));
	if (rc == 0)
		read_again(ini, text);
	problems_init(&problems, arena);
	rc = config_parse(text, "f", arena, &config, &problems);
	PROMISE((rc < 0) == (problems.n > 0) && (rc == 0) == (config != NULL));
	f = open_memstream(&said, &n_said);
	problems_print(&problems, f, n % 2 ? "sv" : "en");
	(void)fclose(f);
	/* Each problem is one line. */
	for (size_t i = 0; i < n_said; i++)
		problems.n -= said[i] == '\n';
	PROMISE(problems.n == 0);
	free(said);
	arena_free(&arena);
	return 0;
}
