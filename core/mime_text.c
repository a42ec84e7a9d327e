/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person reads of a message: of all its text parts one of each choice, in their order.
 */
#include "core/mime-private.h"

#include "core/html.h"

/* ---- collecting -----------------------------------------------------------------------------*/

struct page {
	struct brg_arena *arena;
	char *p;
	size_t n, room;
	bool full;
};

/* Whole characters only; a piece that has no room is cut between two. */
static int add(struct page *page, const char *p, size_t n)
{
	size_t free_bytes = MIME_TEXT_MAX - page->n;

	page->full = page->full || n > free_bytes;
	if (n > free_bytes)
		for (n = free_bytes; n && ((unsigned char)p[n] & 0xC0) == 0x80;)
			n--;
	if (page->n + n > page->room) {
		char *old = page->p;

		page->room = page->room ? page->room : 4096;
		while (page->room < page->n + n)
			page->room *= 2;
		page->p = arena_alloc(page->arena, page->room);
		if (page->n)
			memcpy(page->p, old, page->n);
	}
	if (n)
		memcpy(page->p + page->n, p, n);
	page->n += n;
	return page->full;
}

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)err;
	return add(arg, p, n);
}

static int add_html(void *arg, const void *p, size_t n, struct brg_err *err)
{
	(void)err;
	html_put(arg, p, n);
	return 0;
}

static struct brg_str text_of(const struct page *page)
{
	return page->n ? (struct brg_str){ page->p, page->n } : MIME_NONE;
}

static bool is_blank(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] > ' ')
			return false;
	return true;
}

/* ---- format=flowed (RFC 3676) ---------------------------------------------------------------*/

struct flow {
	struct page *page;
	bool del, open; /* a paragraph that goes on */
	size_t quotes;	/* of it */
};

static size_t count_quotes(struct brg_str line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == '>')
		n++;
	return n;
}

/* One line without its end. */
static void flow_line(struct flow *f, struct brg_str line)
{
	size_t quotes = count_quotes(line);
	bool soft, joins = f->open && quotes == f->quotes;

	line.ptr += quotes;
	line.len -= quotes;
	if (line.len && *line.ptr == ' ') {
		line.ptr++; /* stuffed */
		line.len--;
	}
	/* The separator of a signature never flows. */
	soft = line.len && line.ptr[line.len - 1] == ' ' && !brg_str_eq(line, brg_cstr("-- "));
	joins = joins && !brg_str_eq(line, brg_cstr("-- "));
	if (f->open && !joins)
		(void)add(f->page, "\n", 1);
	if (!joins) {
		for (size_t i = 0; i < quotes; i++)
			(void)add(f->page, ">", 1);
		if (quotes)
			(void)add(f->page, " ", 1);
	}
	(void)add(f->page, line.ptr, line.len - (soft && f->del));
	f->open = soft;
	f->quotes = quotes;
	if (!soft)
		(void)add(f->page, "\n", 1);
}

static void unflow(struct brg_str text, bool del, struct page *page)
{
	struct flow f = { .page = page, .del = del };
	const char *p = text.ptr, *end = p + text.len, *next;

	for (; p < end && !page->full; p = next + (next < end)) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next : end;
		flow_line(&f, (struct brg_str){ p, (size_t)(next - p) });
	}
	if (f.open)
		(void)add(page, "\n", 1);
}

/* ---- choosing -------------------------------------------------------------------------------*/

enum kind { NOTHING, PLAIN, HTML };

/* Not what lies in a message that is offered as a file. */
static enum kind kind_of(const struct mime_message *m, const struct mime_part *p)
{
	if (p->attachment)
		return NOTHING;
	for (int in = p->in; in >= 0; in = m->parts[in].in)
		if (m->parts[in].attachment)
			return NOTHING;
	return brg_str_eq(p->type, brg_cstr("text/html"))    ? HTML
	       : brg_str_eq(p->type, brg_cstr("text/plain")) ? PLAIN
							     : NOTHING;
}

static int read_part(struct brg_blob *raw, const struct mime_part *p, struct page *page,
		     struct brg_err *err)
{
	int rc = mime_content(raw, p, add_piece, page, err);

	return rc < 0 ? rc : 0;
}

/* The part as text, in the scratch. */
static int part_text(struct brg_blob *raw, const struct mime_part *p, enum kind kind,
		     struct brg_arena *scratch, struct brg_str *out, struct brg_err *err)
{
	struct page read = { .arena = scratch }, flown = { .arena = scratch };
	struct html *html;
	bool cut;
	int rc;

	if (kind == HTML) {
		html = html_open(MIME_TEXT_MAX, scratch);
		rc = mime_content(raw, p, add_html, html, err);
		*out = html_end(html, &cut);
		return rc;
	}
	rc = read_part(raw, p, &read, err);
	*out = text_of(&read);
	if (rc == 0 && p->flowed) {
		unflow(*out, p->del, &flown);
		*out = text_of(&flown);
	}
	return rc;
}

/* The kind that was taken of each choice; parts of the other kind are the same once more. */
struct choices {
	unsigned char *of;
};

static struct choices choices_new(const struct mime_message *m, struct brg_arena *arena)
{
	int most = 0;

	for (size_t i = 0; i < m->n_parts; i++)
		most = m->parts[i].alternative > most ? m->parts[i].alternative : most;
	return (struct choices){ arena_alloc(arena, (size_t)most + 1) };
}

static bool chosen(struct choices c, const struct mime_part *p, enum kind kind)
{
	return p->alternative < 0 || c.of[p->alternative] == NOTHING ||
	       c.of[p->alternative] == kind;
}

static void choose(struct choices c, const struct mime_part *p, enum kind kind)
{
	if (p->alternative >= 0)
		c.of[p->alternative] = (unsigned char)kind;
}

int mime_text(struct brg_blob *raw, const struct mime_message *m, struct brg_arena *arena,
	      struct brg_str *out, struct brg_err *err)
{
	struct brg_arena *work = arena_new(), *scratch = arena_new();
	struct choices choices = choices_new(m, work);
	struct page page = { .arena = arena };
	struct brg_str text;
	int rc = 0;

	for (size_t i = 0; i < m->n_parts && rc == 0 && !page.full; i++) {
		const struct mime_part *p = &m->parts[i];
		enum kind kind = kind_of(m, p);

		if (kind == NOTHING || !chosen(choices, p, kind))
			continue;
		rc = part_text(raw, p, kind, scratch, &text, err);
		if (rc == 0 && !is_blank(text)) {
			if (page.n && page.p[page.n - 1] != '\n')
				(void)add(&page, "\n", 1);
			if (page.n)
				(void)add(&page, "\n", 1);
			(void)add(&page, text.ptr, text.len);
			choose(choices, p, kind);
		}
		arena_reset(scratch);
	}
	*out = text_of(&page);
	arena_free(&scratch);
	arena_free(&work);
	return rc;
}

/* ---- HTML -----------------------------------------------------------------------------------*/

static int add_escaped(void *arg, const void *bytes, size_t n, struct brg_err *err)
{
	const char *p = bytes;
	int full = 0;

	(void)err;
	for (size_t i = 0, k; i < n && !full; i += k) {
		const char *name = p[i] == '<' ? "&lt;" : p[i] == '>' ? "&gt;" : "&amp;";

		for (k = 0; i + k < n && !strchr("<>&", p[i + k]);)
			k++;
		full = k ? add(arg, p + i, k) : add(arg, name, strlen(name));
		k += k == 0;
	}
	return full;
}

/* Of a choice the HTML, wherever in it that stands. */
static struct choices html_choices(const struct mime_message *m, struct brg_arena *arena)
{
	struct choices c = choices_new(m, arena);

	for (size_t i = 0; i < m->n_parts; i++)
		if (kind_of(m, &m->parts[i]) == HTML)
			choose(c, &m->parts[i], HTML);
	return c;
}

int mime_html(struct brg_blob *raw, const struct mime_message *m, struct brg_arena *arena,
	      struct brg_str *out, struct brg_err *err)
{
	struct brg_arena *work = arena_new();
	struct choices choices = html_choices(m, work);
	struct page page = { .arena = arena };
	int rc = 0;

	for (size_t i = 0; i < m->n_parts && m->html >= 0 && rc == 0 && !page.full; i++) {
		const struct mime_part *p = &m->parts[i];
		enum kind kind = kind_of(m, p);

		if (kind == NOTHING || !chosen(choices, p, kind))
			continue;
		if (kind == HTML) {
			rc = read_part(raw, p, &page, err);
			continue;
		}
		(void)add(&page, "<pre>", 5);
		rc = mime_content(raw, p, add_escaped, &page, err);
		rc = rc < 0 ? rc : 0;
		(void)add(&page, "</pre>\n", 7);
	}
	*out = text_of(&page);
	arena_free(&work);
	return rc;
}

int mime_show_pictures(struct brg_blob *raw, struct mime_message *m, const int *parts, size_t n,
		       struct brg_err *err)
{
	struct brg_arena *work = arena_new();
	struct brg_str html = MIME_NONE;
	int rc = mime_html(raw, m, work, &html, err);

	for (size_t i = 0; i < n && html.len; i++) {
		struct mime_part *p = &m->parts[parts[i]];
		const char *url =
			arena_printf(work, "cid:%.*s", (int)p->content_id.len, p->content_id.ptr);

		p->is_inline = memmem(html.ptr, html.len, url, strlen(url)) != NULL;
		p->attachment = !p->is_inline;
	}
	arena_free(&work);
	return rc;
}
