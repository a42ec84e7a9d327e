/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a field: encoded words (RFC 2047), and bytes that nothing declares. Mailers cut
 * letters between two words and leave out padding, so the bytes of neighbours are joined before
 * they are read.
 */
#include "core/mime-private.h"

#include "core/charset.h"

#include <strings.h>

#define WORD_MAX 8192 /* bytes; RFC 2047 section 2 allows 75 */

/* ---- bytes ----------------------------------------------------------------------------------*/

struct page {
	struct brg_arena *arena;
	char *p;
	size_t n, room;
};

static int add(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct page *page = arg;
	char *old = page->p;

	(void)err;
	if (page->n + n > page->room) {
		page->room = 2 * (page->n + n);
		page->p = arena_alloc(page->arena, page->room);
		if (page->n)
			memcpy(page->p, old, page->n);
	}
	if (n)
		memcpy(page->p + page->n, p, n);
	page->n += n;
	return 0;
}

static void convert(struct brg_str bytes, const char *charset, struct page *to)
{
	struct brg_arena *scratch = arena_new();
	struct charset *c = charset_open(charset, scratch);
	struct brg_err err = { 0 };

	(void)charset_put(c, bytes.ptr, bytes.len, add, to, &err);
	(void)charset_end(c, add, to, &err);
	arena_free(&scratch);
}

/* Bytes that are said to be in a charset. */
static void read_bytes(struct brg_str bytes, struct brg_str told, struct page *to)
{
	struct charset_look look = { 0 };
	char name[CHARSET_NAME];

	charset_look(&look, bytes.ptr, bytes.len);
	(void)charset_choose(told, &look, name);
	if (look.bad + look.n_held == 0 && strcmp(name, "utf-8") == 0)
		(void)add(to, bytes.ptr, bytes.len, NULL);
	else
		convert(bytes, name, to);
}

bool mime_is_utf8(struct brg_str s)
{
	struct charset_look look = { 0 };

	if (mime_plain(s))
		return true;
	charset_look(&look, s.ptr, s.len);
	return look.bad + look.n_held == 0;
}

struct brg_str mime_read(struct brg_str bytes, struct brg_str charset, struct brg_arena *arena)
{
	struct page page = { .arena = arena };

	read_bytes(bytes, charset, &page);
	return page.n ? (struct brg_str){ page.p, page.n } : MIME_NONE;
}

struct brg_str mime_undeclared(struct brg_str raw, struct brg_str charset, struct brg_arena *arena)
{
	struct page page = { .arena = arena };
	struct charset_look look = { 0 };
	char name[CHARSET_NAME];

	if (mime_is_utf8(raw))
		return raw;
	charset_look(&look, raw.ptr, raw.len);
	(void)charset_choose(charset, &look, name);
	/* Whatever the body is in, a header has letters of one byte. */
	if (strncasecmp(name, "utf-", 4) == 0)
		(void)charset_choose(MIME_NONE, &look, name);
	convert(raw, name, &page);
	return page.n ? arena_dup(arena, page.p, page.n) : MIME_NONE;
}

/* ---- words ----------------------------------------------------------------------------------*/

struct word {
	struct brg_str charset, text;
	bool base64;
	const char *end;
};

/* Is this at p: "=?charset*language?B?text?="? */
static bool read_word(const char *p, const char *end, struct word *w)
{
	const char *mark, *close, *star;

	if (end - p > WORD_MAX)
		end = p + WORD_MAX;
	p += 2;
	mark = memchr(p, '?', (size_t)(end - p));
	if (!mark || mark == p || end - mark < 3 || mark[2] != '?' || !strchr("BbQq", mark[1]))
		return false;
	close = memmem(mark + 3, (size_t)(end - (mark + 3)), "?=", 2);
	if (!close)
		return false;
	star = memchr(p, '*', (size_t)(mark - p));
	w->charset = (struct brg_str){ p, (size_t)((star ? star : mark) - p) };
	w->base64 = (mark[1] | 32) == 'b';
	w->text = (struct brg_str){ mark + 3, (size_t)(close - (mark + 3)) };
	w->end = close + 2;
	return w->charset.len > 0 && !memchr(w->charset.ptr, ' ', w->charset.len);
}

size_t mime_word_length(const char *p, const char *end)
{
	struct word w;

	return end - p > 2 && p[1] == '?' && read_word(p, end, &w) &&
			       !memchr(w.text.ptr, '?', w.text.len)
		       ? (size_t)(w.end - p)
		       : 0;
}

/* Words that are read as one. */
struct run {
	struct brg_str charset;
	char *bytes;
	size_t n;
};

static size_t quoted(struct brg_str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool code = c == '=' && i + 2 < s.len && mime_digit16(s.ptr[i + 1]) >= 0 &&
			    mime_digit16(s.ptr[i + 2]) >= 0;

		if (code) {
			c = (char)(mime_digit16(s.ptr[i + 1]) << 4 | mime_digit16(s.ptr[i + 2]));
			i += 2;
		}
		to[n++] = c == '_' && !code ? ' ' : c;
	}
	return n;
}

static size_t base64(struct brg_str s, char *to)
{
	struct mime_transfer t;
	size_t n;

	mime_transfer_open(&t, brg_cstr("base64"));
	n = mime_transfer_put(&t, s.ptr, s.len, to);
	return n + mime_transfer_end(&t, to + n);
}

static void flush(struct run *run, struct page *to)
{
	if (run->n)
		read_bytes((struct brg_str){ run->bytes, run->n }, run->charset, to);
	run->n = 0;
}

static bool is_blank(struct brg_str s)
{
	while (s.len && mime_blank(s.ptr[s.len - 1]))
		s.len--;
	return s.len == 0;
}

/* A word, and the text between it and the last one, which is none if it is blank. */
static void add_word(struct run *run, const struct word *w, struct brg_str between, struct page *to)
{
	bool joins = run->charset.len && is_blank(between);

	if (!joins || w->charset.len != run->charset.len ||
	    strncasecmp(w->charset.ptr, run->charset.ptr, w->charset.len) != 0)
		flush(run, to);
	if (!joins)
		(void)add(to, between.ptr, between.len, NULL);
	run->charset = w->charset;
	run->n += (w->base64 ? base64 : quoted)(w->text, run->bytes + run->n);
}

struct brg_str mime_decode(struct brg_str raw, struct brg_arena *arena)
{
	struct page page = { .arena = arena };
	struct run run = { 0 };
	struct word word;
	const char *p = raw.ptr, *from = p, *end;

	if (raw.len == 0)
		return MIME_NONE;
	end = p + raw.len;
	while ((p = memmem(p, (size_t)(end - p), "=?", 2))) {
		if (!read_word(p, end, &word)) {
			p += 2;
			continue;
		}
		if (!run.bytes)
			run.bytes = arena_alloc(arena, raw.len + MIME_TRANSFER_MORE);
		add_word(&run, &word, (struct brg_str){ from, (size_t)(p - from) }, &page);
		p = from = word.end;
	}
	if (from == raw.ptr)
		return mime_clean(raw, arena);
	flush(&run, &page);
	(void)add(&page, from, (size_t)(end - from), NULL);
	return mime_clean((struct brg_str){ page.p, page.n }, arena);
}
