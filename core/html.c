/* SPDX-License-Identifier: Apache-2.0
 *
 * A tokenizer as browsers have it (HTML, section 13.2.5), without the tree: of broken nesting a
 * tree makes what costs the square of its size (libxml2 takes 18 seconds for 700 KB of it), and
 * for text nothing of it is needed.
 */
#include "core/html.h"

#include "core/charset.h"
#include "core/utf8.h"

#include <strings.h>

#define NAME_BYTES  16
#define VALUE_BYTES 2048
#define LISTS_MAX   8
#define QUOTES_MAX  8
#define GAP_MAX	    2

enum state {
	TEXT,
	LESS,	   /* "<" */
	END_OPEN,  /* "</" */
	BANG,	   /* "<!" */
	BANG_DASH, /* "<!-" */
	COMMENT,   /* "<!--" */
	BOGUS,	   /* up to ">" */
	TAG_NAME,  /* "<p" */
	BEFORE_ATTR,
	ATTR_NAME,
	AFTER_ATTR,
	BEFORE_VALUE,
	VALUE,
	RAW,	/* script and the like, up to their end */
	ENTITY, /* "&" */
};

/* A word that is longer than its room is cut; no name that matters is. */
struct word {
	size_t n;
	char s[NAME_BYTES];
};

struct html {
	struct brg_arena *arena;
	char *out;
	size_t n, room, max;
	bool cut;

	enum state state;
	struct word tag, attr, raw, entity;
	bool closing;
	char quote; /* of the value; 0: none */
	size_t dashes, raw_seen;
	size_t n_value, n_kept, n_link;
	char value[VALUE_BYTES];
	char kept[VALUE_BYTES]; /* the attribute of the tag that matters */
	char link[VALUE_BYTES]; /* where the open link leads */
	size_t link_at;		/* where its text begins in out */

	int gap;    /* line ends that are due before more text */
	char join;  /* a blank or TAB that is due within the line */
	bool begun; /* there is text in this line */
	int pre, quotes, lists;
	int item[LISTS_MAX]; /* number of the last one; -1: without numbers */
	bool bullet;	     /* is due */
};

/* ---- laying out -----------------------------------------------------------------------------*/

static void add(struct html *h, const char *p, size_t n)
{
	if (h->cut || n > h->max - h->n) {
		h->cut = true;
		return;
	}
	if (h->n + n > h->room) {
		char *old = h->out;

		h->room = h->room ? h->room * 2 : 4096;
		while (h->n + n > h->room)
			h->room *= 2;
		h->out = arena_alloc(h->arena, h->room);
		if (h->n)
			memcpy(h->out, old, h->n);
	}
	memcpy(h->out + h->n, p, n);
	h->n += n;
}

/* Before more text so many line ends are due; one empty line is enough anywhere. */
static void want_gap(struct html *h, int lines)
{
	if (h->n)
		h->gap = lines > h->gap ? (lines < GAP_MAX ? lines : GAP_MAX) : h->gap;
	h->begun = false;
	h->join = 0;
}

/* What stands before the first text of a line. */
static void begin_line(struct html *h)
{
	char number[16];

	for (; h->gap > 0; h->gap--)
		add(h, "\n", 1);
	for (int i = 0; i < h->quotes && i < QUOTES_MAX; i++)
		add(h, "> ", 2);
	if (h->lists) {
		int last = (h->lists < LISTS_MAX ? h->lists : LISTS_MAX) - 1;

		for (int i = 0; i < last; i++)
			add(h, "  ", 2);
		if (!h->bullet)
			add(h, "  ", 2);
		else if (h->item[last] < 0)
			add(h, "- ", 2);
		else
			add(h, number,
			    (size_t)snprintf(number, sizeof(number), "%d. ", h->item[last]));
	}
	h->bullet = false;
	h->begun = true;
}

/* One character that is no blank. */
static void add_char(struct html *h, const char *p, size_t n)
{
	if (!h->begun)
		begin_line(h);
	else if (h->join)
		add(h, &h->join, 1);
	h->join = 0;
	add(h, p, n);
}

static void add_blank(struct html *h, char c)
{
	if (!h->pre) {
		if (h->begun && h->join != '\t')
			h->join = ' ';
		return;
	}
	if (c == '\n') {
		want_gap(h, h->gap + 1);
	} else if (c != '\r') {
		add_char(h, c == '\t' ? "\t" : " ", 1);
	}
}

static void add_point(struct html *h, uint32_t point)
{
	char utf8[4];
	size_t n;

	if (point >= 0x80 && point < 0xA0)
		point = charset_windows((unsigned char)point);
	if (point == 0xA0 || point == ' ' || (point >= '\t' && point <= '\r')) {
		add_blank(h, (char)point);
		return;
	}
	if (point < ' ' || point == 0x7F)
		return;
	n = utf8_put(point, utf8);
	add_char(h, utf8, n);
}

/* ---- links ----------------------------------------------------------------------------------*/

static bool starts(const char *p, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n >= k && strncasecmp(p, word, k) == 0;
}

static void open_link(struct html *h)
{
	static const char *const kinds[] = { "http://", "https://", "mailto:", "ftp://" };

	h->n_link = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (starts(h->kept, h->n_kept, kinds[i])) {
			memcpy(h->link, h->kept, h->n_kept);
			h->n_link = h->n_kept;
		}
	h->link_at = h->n;
}

/* Is the text of the link its address already, but for what nobody writes? */
static bool says_itself(const struct html *h)
{
	const char *text = h->out + h->link_at, *link = h->link;
	size_t n = h->n - h->link_at, k = h->n_link;

	while (n && (*text == ' ' || *text == '\n' || *text == '\t')) {
		text++;
		n--;
	}
	if (n == 0)
		return true; /* a picture: nothing to click on */
	if (starts(link, k, "mailto:")) {
		const char *query = memchr(link, '?', k);

		k = query ? (size_t)(query - link) : k;
		link += 7;
		k -= 7;
	} else if (!memmem(text, n, "://", 3)) {
		const char *host = (const char *)memmem(link, k, "://", 3) + 3;

		k -= (size_t)(host - link);
		link = host;
	}
	if (k && link[k - 1] == '/')
		k--;
	if (n && text[n - 1] == '/')
		n--;
	return n == k && strncasecmp(text, link, n) == 0;
}

/* Of the address what people can see: it may have come out of entities, and may be cut. */
static void add_address(struct html *h)
{
	for (size_t i = 0, len; i < h->n_link; i += len) {
		const unsigned char *p = (const unsigned char *)h->link + i;
		uint32_t point = 0;

		len = utf8_char(p, h->n_link - i, &point);
		if (len && point > ' ' && (point < 0x7F || point > 0x9F))
			add(h, h->link + i, len);
		len += len == 0;
	}
}

static void close_link(struct html *h)
{
	if (h->n_link && h->n > h->link_at && !says_itself(h)) {
		add_blank(h, ' ');
		add_char(h, "<", 1);
		add_address(h);
		add(h, ">", 1);
	}
	h->n_link = 0;
}

/* ---- elements -------------------------------------------------------------------------------*/

enum what { LINE, BLOCK, BREAK, RULE, SKIP, PRE, QUOTE, LIST, NUMBERS, ITEM, CELL, LINK, IMAGE };

static const struct element {
	const char *name;
	enum what what;
} elements[] = {
	{ "a", LINK },		 { "address", LINE },	 { "article", BLOCK }, { "aside", BLOCK },
	{ "blockquote", QUOTE }, { "br", BREAK },	 { "caption", LINE },  { "center", LINE },
	{ "dd", LINE },		 { "div", LINE },	 { "dl", BLOCK },      { "dt", LINE },
	{ "fieldset", BLOCK },	 { "figcaption", LINE }, { "figure", BLOCK },  { "footer", BLOCK },
	{ "form", BLOCK },	 { "h1", BLOCK },	 { "h2", BLOCK },      { "h3", BLOCK },
	{ "h4", BLOCK },	 { "h5", BLOCK },	 { "h6", BLOCK },      { "header", BLOCK },
	{ "hr", RULE },		 { "iframe", SKIP },	 { "img", IMAGE },     { "legend", LINE },
	{ "li", ITEM },		 { "main", BLOCK },	 { "menu", LIST },     { "nav", BLOCK },
	{ "noembed", SKIP },	 { "noframes", SKIP },	 { "ol", NUMBERS },    { "option", LINE },
	{ "p", BLOCK },		 { "pre", PRE },	 { "script", SKIP },   { "section", BLOCK },
	{ "style", SKIP },	 { "summary", LINE },	 { "table", BLOCK },   { "td", CELL },
	{ "th", CELL },		 { "title", SKIP },	 { "tr", LINE },       { "ul", LIST },
	{ "xmp", PRE },
};

static const struct element *find_element(const struct word *tag)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].name[0] == tag->s[0] && strlen(elements[i].name) == tag->n &&
		    memcmp(elements[i].name, tag->s, tag->n) == 0)
			return &elements[i];
	return NULL;
}

/* Things that nest are counted; an end too many counts nothing. */
static void nest(const struct html *h, int *count)
{
	*count += !h->closing ? 1 : *count > 0 ? -1 : 0;
}

static void do_list(struct html *h, bool numbers)
{
	want_gap(h, h->lists > (h->closing ? 1 : 0) ? 1 : 2);
	nest(h, &h->lists);
	if (!h->closing && h->lists <= LISTS_MAX)
		h->item[h->lists - 1] = numbers ? 0 : -1;
	h->bullet = false;
}

static void do_item(struct html *h)
{
	int last = (h->lists < LISTS_MAX ? h->lists : LISTS_MAX) - 1;

	want_gap(h, 1);
	if (h->closing)
		return;
	if (last >= 0 && h->item[last] >= 0 && h->item[last] < 1000000)
		h->item[last]++;
	h->bullet = true;
}

static void put_text(struct html *h, const char *p, size_t n);

static void do_tag(struct html *h, const struct element *e)
{
	switch (e->what) {
	case LINE:
	case BLOCK:
		want_gap(h, e->what == BLOCK ? 2 : 1);
		break;
	case BREAK:
		want_gap(h, h->gap + 1);
		break;
	case RULE:
		want_gap(h, 1);
		add_char(h, "---", 3);
		want_gap(h, 1);
		break;
	case PRE:
		want_gap(h, 2);
		nest(h, &h->pre);
		break;
	case QUOTE:
		want_gap(h, 2);
		nest(h, &h->quotes);
		break;
	case LIST:
	case NUMBERS:
		do_list(h, e->what == NUMBERS);
		break;
	case ITEM:
		do_item(h);
		break;
	case CELL:
		if (h->begun)
			h->join = '\t';
		break;
	case LINK:
		close_link(h);
		if (!h->closing)
			open_link(h);
		break;
	case IMAGE:
		put_text(h, h->kept, h->n_kept);
		break;
	case SKIP:
		break;
	}
}

static void end_tag(struct html *h)
{
	const struct element *e = find_element(&h->tag);

	h->state = TEXT;
	if (!e)
		return;
	do_tag(h, e);
	if (e->what != SKIP || h->closing)
		return;
	h->raw = h->tag;
	h->raw_seen = 0;
	h->state = RAW;
}

/* ---- entities -------------------------------------------------------------------------------*/

/* What "&name;" stands for, 0: nothing. */
static uint32_t entity_point(const char *p, size_t n)
{
	uint32_t point = 0;
	bool hex = n > 1 && (p[1] | 32) == 'x';

	if (n == 0 || p[0] != '#')
		return html_entity(p, n);
	for (size_t i = hex ? 2 : 1; i < n; i++) {
		int digit = p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10;

		if (digit >= (hex ? 16 : 10))
			return 0;
		point = point > 0x10FFFF ? point : point * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (n < (hex ? 3u : 2u))
		return 0;
	return point == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000) ? 0xFFFD
										     : point;
}

static bool is_entity_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '#';
}

/* In place: no name is shorter than what it stands for. */
static size_t decode_value(char *s, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n;) {
		size_t name = 0;
		uint32_t point = 0;

		while (s[i] == '&' && i + 1 + name < n && name < NAME_BYTES &&
		       is_entity_char(s[i + 1 + name]))
			name++;
		if (name)
			point = entity_point(s + i + 1, name);
		if (point >= ' ') {
			i += 1 + name;
			i += i < n && s[i] == ';';
			k += utf8_put(point, s + k);
		} else {
			s[k++] = s[i++];
		}
	}
	return k;
}

static void put_text(struct html *h, const char *p, size_t n)
{
	uint32_t point;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_char((const unsigned char *)p + i, n - i, &point);
		if (len)
			add_point(h, point);
		else
			len = 1;
	}
}

static void end_entity(struct html *h)
{
	uint32_t point = entity_point(h->entity.s, h->entity.n);

	h->state = TEXT;
	if (point) {
		add_point(h, point);
		return;
	}
	add_char(h, "&", 1);
	for (size_t i = 0; i < h->entity.n; i++)
		add_char(h, &h->entity.s[i], 1);
}

/* ---- taking tags apart ----------------------------------------------------------------------*/

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void grow(struct word *w, char c)
{
	if (w->n < sizeof(w->s))
		w->s[w->n++] = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static void begin_tag(struct html *h, char c, bool closing)
{
	h->tag.n = 0;
	h->closing = closing;
	h->n_kept = 0;
	h->state = TAG_NAME;
	grow(&h->tag, c);
}

static bool word_is(const struct word *w, const char *text)
{
	return strlen(text) == w->n && memcmp(w->s, text, w->n) == 0;
}

/* The first of the one attribute that matters is kept. */
static void end_value(struct html *h)
{
	bool wanted = (word_is(&h->tag, "a") && word_is(&h->attr, "href")) ||
		      (word_is(&h->tag, "img") && word_is(&h->attr, "alt"));

	h->state = BEFORE_ATTR;
	if (!wanted || h->n_kept)
		return;
	h->n_kept = decode_value(h->value, h->n_value);
	memcpy(h->kept, h->value, h->n_kept);
}

/* Within a tag, outside of values. */
static void step_tag(struct html *h, char c)
{
	if (c == '>') {
		end_tag(h);
		return;
	}
	if (is_space(c) || c == '/') {
		if (h->state == TAG_NAME)
			h->state = BEFORE_ATTR;
		else if (h->state == ATTR_NAME)
			h->state = c == '/' ? BEFORE_ATTR : AFTER_ATTR;
		else if (h->state == BEFORE_VALUE && c == '/')
			goto value;
		return;
	}
	switch (h->state) {
	case TAG_NAME:
		grow(&h->tag, c);
		return;
	case BEFORE_VALUE:
	value:
		h->quote = c == '"' || c == '\'' ? c : '\0';
		h->n_value = 0;
		h->state = VALUE;
		if (!h->quote)
			h->value[h->n_value++] = c;
		return;
	default:
		if (c == '=' && h->state != BEFORE_ATTR) {
			h->state = BEFORE_VALUE;
			return;
		}
		if (h->state != ATTR_NAME)
			h->attr.n = 0;
		h->state = ATTR_NAME;
		grow(&h->attr, c);
	}
}

static void step_value(struct html *h, char c)
{
	bool ends = h->quote ? c == h->quote : is_space(c) || c == '>';

	if (!ends && h->n_value < sizeof(h->value))
		h->value[h->n_value++] = c;
	if (!ends)
		return;
	end_value(h);
	if (c == '>' && !h->quote)
		end_tag(h);
}

/* "</script" ends it, if no letter follows. */
static void step_raw(struct html *h, char c)
{
	size_t seen = h->raw_seen;

	if (seen == 2 + h->raw.n && (is_space(c) || c == '/' || c == '>')) {
		h->tag = h->raw;
		h->closing = true;
		h->state = BEFORE_ATTR;
		step_tag(h, c);
		return;
	}
	h->raw_seen = c == '<'		      ? 1
		      : seen == 1 && c == '/' ? 2
		      : seen >= 2 && seen < 2 + h->raw.n && (c | 32) == h->raw.s[seen - 2]
			      ? seen + 1
			      : 0;
}

/* Comments and what else begins with "<!", "<?" or "</" and no letter. */
static void step_markup(struct html *h, char c)
{
	switch (h->state) {
	case BANG:
		h->state = c == '-' ? BANG_DASH : c == '>' ? TEXT : BOGUS;
		return;
	case BANG_DASH:
		h->dashes = 2; /* "<!-->" is a whole one */
		h->state = c == '-' ? COMMENT : c == '>' ? TEXT : BOGUS;
		return;
	case COMMENT:
		if (c == '>' && h->dashes >= 2)
			h->state = TEXT;
		h->dashes = c == '-' ? h->dashes + 1 : 0;
		return;
	default:
		if (c == '>')
			h->state = TEXT;
	}
}

/* False: c is text. */
static bool step_less(struct html *h, char c)
{
	if (h->state == LESS && c == '/') {
		h->state = END_OPEN;
	} else if (is_letter(c)) {
		begin_tag(h, c, h->state == END_OPEN);
	} else if (h->state == END_OPEN) {
		h->state = c == '>' ? TEXT : BOGUS;
	} else if (c == '!' || c == '?') {
		h->state = c == '!' ? BANG : BOGUS;
	} else {
		h->state = TEXT;
		add_char(h, "<", 1);
		return false;
	}
	return true;
}

/* False: c is text. */
static bool step(struct html *h, char c)
{
	switch (h->state) {
	case LESS:
	case END_OPEN:
		return step_less(h, c);
	case BANG:
	case BANG_DASH:
	case COMMENT:
	case BOGUS:
		step_markup(h, c);
		return true;
	case RAW:
		step_raw(h, c);
		return true;
	case VALUE:
		step_value(h, c);
		return true;
	case ENTITY:
		if (is_entity_char(c) && h->entity.n < sizeof(h->entity.s)) {
			h->entity.s[h->entity.n++] = c;
			return true;
		}
		end_entity(h);
		return c == ';';
	case TEXT:
		return false;
	default:
		step_tag(h, c);
		return true;
	}
}

struct html *html_open(size_t max, struct brg_arena *arena)
{
	struct html *h = arena_alloc(arena, sizeof(*h));

	h->arena = arena;
	h->max = max;
	return h;
}

void html_put(struct html *h, const char *p, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		uint32_t point = 0;

		len = 1;
		if (step(h, p[i]))
			continue;
		if (p[i] == '<') {
			h->state = LESS;
		} else if (p[i] == '&') {
			h->state = ENTITY;
			h->entity.n = 0;
		} else {
			len = utf8_char((const unsigned char *)p + i, n - i, &point);
			if (len)
				add_point(h, point);
			else
				len = 1;
		}
	}
}

struct brg_str html_end(struct html *h, bool *cut)
{
	if (h->state == ENTITY)
		end_entity(h);
	if (h->state == LESS)
		add_char(h, "<", 1);
	close_link(h);
	if (h->begun)
		add(h, "\n", 1);
	*cut = h->cut;
	return (struct brg_str){ h->out ? h->out : "", h->n };
}
