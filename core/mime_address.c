/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of addresses (RFC 5322 sections 3.4 and 4.4). People are found by them, so one broken
 * place must never cost those around it: in one pass everything becomes words, and what is not
 * closed is taken for a letter.
 */
#include "core/mime-private.h"

#include <ctype.h>
#include <strings.h>

#define LITERAL_MAX 256 /* bytes of [192.0.2.1] */

/* Text that is being collected; there is room for all of the field. */
struct text {
	char *p;
	size_t n;
};

struct list {
	struct brg_arena *arena;
	struct mime_address *at;
	size_t n, room;
	/* The one that is being read. */
	struct text words, angle, comment;
	size_t before;	       /* bytes of words in front of the angle */
	bool in_angle, angled; /* within <>, behind it */
	/* Of this line none is closed any more. */
	bool lone_comment, lone_quote;
};

static struct brg_str str(const struct text *t)
{
	return (struct brg_str){ t->p, t->n };
}

static void put(struct text *t, const char *p, size_t n)
{
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

/* ---- what was read --------------------------------------------------------------------------*/

/* A no-break space that was pasted with it is none of the address. */
static struct brg_str trim(struct brg_str s)
{
	while (s.len >= 2 && memcmp(s.ptr, "\xC2\xA0", 2) == 0)
		s = (struct brg_str){ s.ptr + 2, s.len - 2 };
	while (s.len >= 2 && memcmp(s.ptr + s.len - 2, "\xC2\xA0", 2) == 0)
		s.len -= 2;
	return s;
}

/* Words as a name: quotes undone, decoded. */
static struct brg_str name_of(struct brg_str words, struct brg_arena *arena)
{
	char *to;
	size_t n = 0;
	bool quoted = false;

	if (words.len == 0 || !memchr(words.ptr, '"', words.len))
		return mime_decode(words, arena);
	to = arena_alloc(arena, words.len);
	for (size_t i = 0; i < words.len; i++) {
		if (words.ptr[i] == '"')
			quoted = !quoted;
		else if (quoted && words.ptr[i] == '\\' && i + 1 < words.len)
			to[n++] = words.ptr[++i];
		else
			to[n++] = words.ptr[i];
	}
	return mime_decode((struct brg_str){ to, n }, arena);
}

static void emit(struct list *l, struct brg_str words, struct brg_str address)
{
	struct brg_str name = name_of(words, l->arena);
	struct mime_address *old = l->at;

	if (name.len == 0)
		name = mime_decode(str(&l->comment), l->arena);
	l->comment.n = 0;
	if ((name.len == 0 && address.len == 0) || l->n == MIME_ADDRESSES_MAX)
		return;
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 4;
		l->at = arena_alloc(l->arena, l->room * sizeof(*old));
		if (l->n)
			memcpy(l->at, old, l->n * sizeof(*old));
	}
	l->at[l->n++] = (struct mime_address){ name, mime_fold(trim(address), l->arena) };
}

/* Behind the quoted string that begins s; the lexer lets none pass that is not closed. */
static size_t quoted_length(struct brg_str s)
{
	size_t i = 1;

	while (i < s.len && s.ptr[i] != '"')
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i < s.len ? i + 1 : s.len;
}

/* Blanks beside '@' and within a domain go (RFC 5322 section 4.4). In place. */
static void squeeze(struct text *t)
{
	size_t n = 0, k;
	bool at = false;

	for (size_t i = 0; i < t->n; i += k) {
		char next;

		k = t->p[i] == '"' ? quoted_length((struct brg_str){ t->p + i, t->n - i }) : 1;
		if (!mime_blank(t->p[i])) {
			at = at || t->p[i] == '@';
			memmove(t->p + n, t->p + i, k);
			n += k;
			continue;
		}
		next = i + 1 < t->n ? t->p[i + 1] : ' ';
		if (n == 0 || mime_blank(next) || next == '@' || t->p[n - 1] == '@' ||
		    (at && (next == '.' || t->p[n - 1] == '.')))
			continue;
		at = false;
		t->p[n++] = ' ';
	}
	t->n = n;
}

/* The next word; *at: it is an address. */
static struct brg_str next_word(struct brg_str *rest, bool *at)
{
	struct brg_str word = *rest;
	size_t n = 0;

	*at = false;
	while (n < word.len && !mime_blank(word.ptr[n])) {
		*at = *at || word.ptr[n] == '@';
		n += word.ptr[n] == '"'
			     ? quoted_length((struct brg_str){ word.ptr + n, word.len - n })
			     : 1;
	}
	word.len = n;
	n += n < rest->len;
	*rest = (struct brg_str){ rest->ptr + n, rest->len - n };
	return word;
}

/* Words without <>: all that have an '@' are addresses, and those around the first name it. A
 * lone word may be somebody on the same machine. */
static void emit_bare(struct list *l)
{
	struct brg_str rest, word, names;
	bool at, found = false;

	squeeze(&l->words);
	rest = str(&l->words);
	while (rest.len) {
		word = next_word(&rest, &at);
		if (!at)
			continue;
		names = (struct brg_str){ l->words.p, found ? 0 : (size_t)(word.ptr - l->words.p) };
		if (!found && names.len == 0 && rest.len && !memchr(rest.ptr, '@', rest.len))
			names = rest;
		emit(l, names, word);
		found = true;
	}
	word = str(&l->words);
	if (found || word.len == 0)
		return;
	if (memchr(word.ptr, ' ', word.len) || memchr(word.ptr, '"', word.len) ||
	    memmem(word.ptr, word.len, "=?", 2))
		emit(l, word, MIME_NONE);
	else
		emit(l, MIME_NONE, word);
}

static void emit_angled(struct list *l, struct brg_str words)
{
	struct brg_str rest, word = MIME_NONE;
	bool at = false;

	squeeze(&l->angle);
	rest = str(&l->angle);
	while (rest.len && !at)
		word = next_word(&rest, &at);
	emit(l, words, at ? word : str(&l->angle));
}

/* The one that was read is over. What is behind its <> is its name if nothing else is, or it
 * belongs to the next, which another '<' begins. */
static void finish(struct list *l, bool by_angle)
{
	size_t behind = l->words.n - l->before;

	if (!l->in_angle && !l->angled)
		emit_bare(l);
	else if (l->before || by_angle)
		emit_angled(l, (struct brg_str){ l->words.p, l->before });
	else
		emit_angled(l, str(&l->words));
	memmove(l->words.p, l->words.p + l->before, behind);
	l->words.n = by_angle ? behind : 0;
	l->before = l->angle.n = l->comment.n = 0;
	l->in_angle = l->angled = false;
}

/* ---- reading --------------------------------------------------------------------------------*/

/* A comment is a blank, and the first of them perhaps a name: "a@b (Alice)". */
static const char *comment(struct list *l, struct text *t, const char *p, const char *end)
{
	bool first = l->comment.n == 0;
	const char *q = p;
	int depth = 0;

	while (q < end && !l->lone_comment) {
		depth += *q == '(' ? 1 : *q == ')' ? -1 : 0;
		q += *q == '\\' ? 2 : 1;
		if (depth == 0)
			break;
	}
	if (t->n)
		put(t, " ", 1);
	l->lone_comment = l->lone_comment || depth || q > end;
	if (l->lone_comment)
		return p + 1;
	for (p++; first && p < q - 1; p++) {
		p += *p == '\\';
		put(&l->comment, p, 1);
	}
	return q;
}

static const char *quoted(struct list *l, struct text *t, const char *p, const char *end)
{
	const char *q = p + 1;

	while (q < end && *q != '"' && !l->lone_quote)
		q += *q == '\\' ? 2 : 1;
	l->lone_quote = l->lone_quote || q >= end;
	if (l->lone_quote)
		return p + 1;
	put(t, p, (size_t)(q + 1 - p));
	return q + 1;
}

/* What stands at p into the text; returns behind it. */
static const char *read_word(struct list *l, struct text *t, const char *p, const char *end)
{
	size_t left = (size_t)(end - p), n = 0;

	if (*p == '(')
		return comment(l, t, p, end);
	if (*p == '"')
		return quoted(l, t, p, end);
	if (*p == '=')
		n = mime_word_length(p, end);
	if (*p == '[' && t->n && t->p[t->n - 1] == '@') {
		const char *close = memchr(p, ']', left < LITERAL_MAX ? left : LITERAL_MAX);

		n = close ? (size_t)(close + 1 - p) : 0;
	}
	n = n ? n : 1;
	if (t->n || !mime_blank(*p))
		put(t, p, n);
	return p + n;
}

static void open_angle(struct list *l)
{
	if (l->in_angle && l->angle.n == 0)
		return; /* doubled */
	if (l->in_angle || l->angled)
		finish(l, true);
	l->before = l->words.n;
	l->in_angle = true;
}

static bool is_route(const struct list *l)
{
	return l->in_angle && l->angle.n && l->angle.p[0] == '@';
}

/* What is in front of a colon is a route, a scheme or the name of a group. */
static void colon(struct list *l)
{
	bool scheme = l->angle.n == 6 && strncasecmp(l->angle.p, "mailto", 6) == 0;

	if (l->in_angle && (is_route(l) || scheme))
		l->angle.n = 0;
	else if (l->in_angle)
		put(&l->angle, ":", 1);
	else if (l->angled)
		put(&l->words, ":", 1);
	else
		l->words.n = l->comment.n = 0;
}

static void read_line(struct list *l, const char *p, const char *end)
{
	l->lone_comment = l->lone_quote = false;
	while (p < end && l->n < MIME_ADDRESSES_MAX) {
		if (*p == '<')
			open_angle(l);
		else if (*p == ':')
			colon(l);
		else if (*p == ';' || (*p == ',' && !is_route(l)))
			finish(l, false);
		else if (*p == '>' && (l->in_angle || l->angled)) {
			l->angled = true;
			l->in_angle = false;
		} else {
			p = read_word(l, l->in_angle ? &l->angle : &l->words, p, end);
			continue;
		}
		p++;
	}
	finish(l, false);
}

/* ---- what most mail has ---------------------------------------------------------------------*/

static bool only(struct brg_str s, const char *others)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && !strchr(others, s.ptr[i]))
			return false;
	return true;
}

/* "a@b", "<a@b>" or "Alice A <a@b>" alone: nothing to decode. */
static bool is_simple(struct brg_str raw, struct brg_str *name, struct brg_str *address)
{
	const char *open = memchr(raw.ptr, '<', raw.len), *at;

	*name = (struct brg_str){ raw.ptr, open ? (size_t)(open - raw.ptr) : 0 };
	*address = raw;
	if (open && raw.ptr[raw.len - 1] == '>')
		*address =
			(struct brg_str){ open + 1, (size_t)(raw.ptr + raw.len - 1 - (open + 1)) };
	at = address->len ? memchr(address->ptr, '@', address->len) : NULL;
	if (!at || at == address->ptr || at == address->ptr + address->len - 1)
		return false;
	return only((struct brg_str){ address->ptr, (size_t)(at - address->ptr) }, ".-_+") &&
	       only((struct brg_str){ at + 1, (size_t)(address->ptr + address->len - at - 1) },
		    ".-") &&
	       only(*name, " -");
}

void mime_addresses(struct brg_str raw, struct brg_arena *arena, struct mime_address **at,
		    size_t *n)
{
	struct list l = { .arena = arena };
	const char *p = raw.ptr, *end, *next;
	struct brg_str name, address;

	*at = NULL;
	*n = 0;
	if (raw.len == 0)
		return;
	if (is_simple(raw, &name, &address)) {
		*at = arena_alloc(arena, sizeof(**at));
		(*at)->name = mime_clean(name, arena);
		(*at)->address = mime_lower(address, arena);
		*n = 1;
		return;
	}
	l.words.p = arena_alloc(arena, raw.len);
	l.angle.p = arena_alloc(arena, raw.len);
	l.comment.p = arena_alloc(arena, raw.len);
	end = p + raw.len;
	for (; p < end; p = next + (next < end)) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next : end;
		read_line(&l, p, next);
	}
	*at = l.at;
	*n = l.n;
}
