/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a field (RFC 2045 section 5.1), whole or in numbered pieces (RFC 2231). A quote
 * that is not closed ends with the field.
 */
#include "core/mime-private.h"

#include <strings.h>

#define PIECES_MAX 64 /* more are not read; a name of a file has at most 255 bytes */

/* name*number*=value; the value as it is written. */
struct piece {
	struct brg_str name, value;
	size_t number;
	bool numbered, coded; /* %41 and, in the first, the charset */
};

static void skip(struct brg_str *s, size_t n)
{
	*s = (struct brg_str){ s->ptr + n, s->len - n };
}

static bool skip_char(struct brg_str *s, char c)
{
	if (s->len == 0 || *s->ptr != c)
		return false;
	skip(s, 1);
	return true;
}

static void skip_blanks(struct brg_str *s)
{
	while (s->len && mime_blank(*s->ptr))
		skip(s, 1);
}

/* Up to a semicolon that is not in quotes. */
static struct brg_str take_value(struct brg_str *s)
{
	struct brg_str out = *s;
	bool quoted = false;
	size_t i = 0;

	for (; i < out.len && (quoted || out.ptr[i] != ';'); i++) {
		if (out.ptr[i] == '"' && (i == 0 || quoted))
			quoted = !quoted;
		i += quoted && out.ptr[i] == '\\' && i + 1 < out.len;
	}
	out.len = i;
	skip(s, i);
	return out;
}

/* The next one behind a semicolon. */
static bool next_piece(struct brg_str *rest, struct piece *p)
{
	size_t n = 0;

	(void)take_value(rest);
	if (!skip_char(rest, ';'))
		return false;
	*p = (struct piece){ 0 };
	skip_blanks(rest);
	while (n < rest->len && !strchr(" \t=*;", rest->ptr[n]))
		n++;
	p->name = (struct brg_str){ rest->ptr, n };
	skip(rest, n);
	p->coded = skip_char(rest, '*');
	for (; rest->len && *rest->ptr >= '0' && *rest->ptr <= '9' && p->coded; skip(rest, 1)) {
		p->numbered = true;
		p->number = p->number < PIECES_MAX ? p->number * 10 + (size_t)(*rest->ptr - '0')
						   : PIECES_MAX;
	}
	if (p->numbered)
		p->coded = skip_char(rest, '*');
	skip_blanks(rest);
	if (!skip_char(rest, '='))
		return true;
	skip_blanks(rest);
	p->value = take_value(rest);
	return true;
}

struct brg_str mime_unquoted(struct brg_str value, struct brg_arena *arena)
{
	bool quoted = value.len && *value.ptr == '"';
	char *to = arena_alloc(arena, value.len + 1);
	size_t n = 0, first = 0;

	for (size_t i = quoted; i < value.len && !(quoted && value.ptr[i] == '"'); i++) {
		i += quoted && value.ptr[i] == '\\' && i + 1 < value.len;
		to[n++] = value.ptr[i];
	}
	while (n && (mime_blank(to[n - 1]) || (!quoted && to[n - 1] == '"')))
		n--;
	while (first < n && mime_blank(to[first]))
		first++;
	to[n] = '\0';
	return (struct brg_str){ to + first, n - first };
}

/* In place: %41. */
static struct brg_str undo(struct brg_str s)
{
	char *p = (char *)(uintptr_t)s.ptr;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++, n++) {
		p[n] = p[i];
		if (p[i] != '%' || i + 2 >= s.len || mime_digit16(p[i + 1]) < 0 ||
		    mime_digit16(p[i + 2]) < 0)
			continue;
		p[n] = (char)(mime_digit16(p[i + 1]) << 4 | mime_digit16(p[i + 2]));
		i += 2;
	}
	return (struct brg_str){ p, n };
}

/* Behind charset'language', if that is there. */
static struct brg_str take_charset(struct brg_str s, struct brg_str *charset)
{
	const char *end = s.ptr + s.len, *one = s.len ? memchr(s.ptr, '\'', s.len) : NULL;
	const char *two = one ? memchr(one + 1, '\'', (size_t)(end - (one + 1))) : NULL;

	if (!two)
		return s;
	*charset = (struct brg_str){ s.ptr, (size_t)(one - s.ptr) };
	return (struct brg_str){ two + 1, (size_t)(end - (two + 1)) };
}

static struct brg_str join(const struct piece pieces[PIECES_MAX], struct brg_arena *arena)
{
	struct brg_str charset = MIME_NONE, part;
	size_t n = 0;
	char *to;

	for (size_t i = 0; i < PIECES_MAX; i++)
		n += pieces[i].value.len;
	to = arena_alloc(arena, n + 1);
	n = 0;
	for (size_t i = 0; i < PIECES_MAX; i++) {
		if (pieces[i].value.len == 0)
			continue;
		part = mime_unquoted(pieces[i].value, arena);
		if (pieces[i].coded && i == 0)
			part = take_charset(part, &charset);
		if (pieces[i].coded)
			part = undo(part);
		memcpy(to + n, part.ptr, part.len);
		n += part.len;
	}
	return mime_read((struct brg_str){ to, n }, charset, arena);
}

struct brg_str mime_parameter(struct brg_str raw, const char *name, bool is_text,
			      struct brg_arena *arena)
{
	struct piece pieces[PIECES_MAX] = { 0 }, p;
	struct brg_str plain = MIME_NONE, rest = raw;
	bool any = false;

	while (rest.len && next_piece(&rest, &p)) {
		if (p.name.len != strlen(name) || strncasecmp(p.name.ptr, name, p.name.len) != 0)
			continue;
		if (!p.numbered && !p.coded && plain.len == 0)
			plain = p.value;
		/* Of equal ones the first counts, as in most readers. */
		if ((p.numbered || p.coded) && p.number < PIECES_MAX &&
		    pieces[p.number].value.len == 0) {
			pieces[p.number] = p;
			any = true;
		}
	}
	if (any && (pieces[0].value.len || plain.len == 0))
		return join(pieces, arena);
	if (plain.len == 0)
		return MIME_NONE;
	plain = mime_unquoted(plain, arena);
	return is_text ? mime_decode(mime_undeclared(plain, MIME_NONE, arena), arena) : plain;
}
