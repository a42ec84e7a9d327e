/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter's text as words, quoted texts and signs; and how it is said where something is wrong.
 */
#include "core/where-private.h"

#include "core/utf8.h"
#include <strings.h>

/* ---- errors ---------------------------------------------------------------------------------*/

#define FOUND_MAX 60 /* bytes of what was found that are shown */

static size_t column(struct brg_str text, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
	return n;
}

int where_fail_at(struct reader *r, const struct brg_fault *fault, size_t at, struct brg_str found,
		  const char *expected)
{
	const char *more = "";

	if (found.len > FOUND_MAX) {
		found.len = FOUND_MAX;
		while (found.len && ((unsigned char)found.ptr[found.len] & 0xC0) == 0x80)
			found.len--;
		more = "...";
	}
	return brg_fail(
		r->err, fault, "column=%zu\nkind=%s\nfield=%.40s\nfound=%.*s%s\nexpected=%s",
		column(r->text, at), field_kind_name(r->kind), r->field ? r->field->name : "",
		(int)found.len, found.ptr ? found.ptr : "", more, expected);
}

int where_fail(struct reader *r, const struct brg_fault *fault, const char *expected)
{
	size_t from = r->end;

	if (r->token.type != TOKEN_END)
		return where_fail_at(r, fault, r->token.at, r->token.raw, expected);
	/* The last word stands for all that was before the end. */
	while (from && !strchr(" \t\r\n", r->text.ptr[from - 1]))
		from--;
	return where_fail_at(r, &where_ends, r->end,
			     (struct brg_str){ r->text.ptr + from, r->end - from }, expected);
}

int where_unexpected(struct reader *r, const char *expected)
{
	return where_fail(r, &where_other_word, expected);
}

/* ---- characters -----------------------------------------------------------------------------*/

/* Letters beyond ASCII are told apart from signs roughly: blocks of signs need quotes. */
static bool is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		       c == '_' || c == '@';
	return c >= 0xC0 && c != 0xD7 && c != 0xF7 && (c < 0x2000 || c > 0x2BFF) &&
	       (c < 0x3000 || c > 0x303F) && (c < 0xE000 || c > 0xF8FF) && c < 0xFE00;
}

static bool is_within_word(uint32_t c)
{
	return is_letter(c) || c == '-' || c == '+' || c == '.' || c == ':' || c == '/';
}

/* The blank that word processors put in, too. */
static size_t blank(const struct reader *r, size_t at)
{
	size_t left = r->text.len - at;

	if (left && strchr(" \t\r\n", r->text.ptr[at]) && r->text.ptr[at])
		return 1;
	return left > 1 && memcmp(r->text.ptr + at, "\xC2\xA0", 2) == 0 ? 2 : 0;
}

static size_t character(const struct reader *r, size_t at, uint32_t *c)
{
	*c = 0;
	return at < r->text.len
		       ? utf8_char((const unsigned char *)r->text.ptr + at, r->text.len - at, c)
		       : 0;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* A character that cannot stand there, shown by number if it cannot be seen. */
static int bad_character(struct reader *r, size_t at)
{
	uint32_t c;
	size_t n = character(r, at, &c);
	struct brg_str found = { r->text.ptr + at, n };

	if (n == 0)
		found = brg_cstr(arena_printf(r->arena, "\\x%02X", (unsigned char)r->text.ptr[at]));
	else if (is_control(c))
		found = brg_cstr(arena_printf(r->arena, "U+%04X", (unsigned)c));
	return where_fail_at(r, &where_bad_character, at, found, "\"text\"");
}

/* ---- tokens ---------------------------------------------------------------------------------*/

static bool is_relative(struct brg_str s)
{
	return (s.len == 5 && strncasecmp(s.ptr, "today", 5) == 0) ||
	       (s.len == 3 && strncasecmp(s.ptr, "now", 3) == 0);
}

/* The word's length; "today+3d" is three tokens. */
static size_t word(const struct reader *r)
{
	const char *from = r->text.ptr + r->token.at;
	size_t len = 0, n;
	uint32_t c;

	while ((n = character(r, r->token.at + len, &c)) && is_within_word(c)) {
		if ((c == '+' || c == '-') && is_relative((struct brg_str){ from, len }))
			break;
		len += n;
	}
	return len;
}

static size_t sign(const struct reader *r)
{
	const char *p = r->text.ptr + r->token.at;
	size_t left = r->text.len - r->token.at;

	if (left > 1 && p[1] == '=' && (*p == '!' || *p == '<' || *p == '>'))
		return 2;
	return *p && strchr("(),=<>+-", *p) ? 1 : 0;
}

static int quoted(struct reader *r)
{
	char *text = arena_alloc(r->arena, r->text.len);
	size_t at = r->token.at + 1, len = 0, n;
	uint32_t c;

	for (; (n = character(r, at, &c)) && c != '"'; at += n) {
		if (is_control(c))
			return bad_character(r, at);
		if (c == '\\') {
			size_t after = character(r, at + 1, &c);

			if (c != '"' && c != '\\')
				return where_fail_at(
					r, &where_bad_escape, at,
					(struct brg_str){ r->text.ptr + at,
							  is_control(c) ? 1 : 1 + after },
					"\\\" \\\\");
			at++;
		}
		memcpy(text + len, r->text.ptr + at, n);
		len += n;
	}
	r->token.raw.len = at - r->token.at;
	if (n == 0 && at < r->text.len)
		return bad_character(r, at);
	if (n == 0)
		return where_fail_at(r, &where_open_quote, r->token.at, r->token.raw, "\"");
	r->token.type = TOKEN_QUOTED;
	r->token.raw.len++;
	r->token.text = (struct brg_str){ text, len };
	return 0;
}

int where_next(struct reader *r)
{
	uint32_t c;
	size_t n;

	r->end = r->next;
	while ((n = blank(r, r->next)))
		r->next += n;
	r->token = (struct token){ .type = TOKEN_END, .at = r->next };
	if (r->next == r->text.len)
		return 0;
	r->token.raw.ptr = r->text.ptr + r->next;
	n = character(r, r->next, &c);
	if (c == '"') {
		if (quoted(r) < 0)
			return BRG_EINVAL;
		r->next += r->token.raw.len;
		return 0;
	}
	if (n && is_letter(c)) {
		r->token.type = TOKEN_WORD;
		r->token.raw.len = word(r);
	} else {
		r->token.type = TOKEN_SIGN;
		r->token.raw.len = sign(r);
	}
	if (r->token.raw.len == 0)
		return bad_character(r, r->next);
	r->token.text = r->token.raw;
	r->next += r->token.raw.len;
	return 0;
}

bool where_is(const struct token *token, const char *is)
{
	return (token->type == TOKEN_WORD || token->type == TOKEN_SIGN) &&
	       token->raw.len == strlen(is) && strncasecmp(token->raw.ptr, is, token->raw.len) == 0;
}

bool where_is_keyword(struct brg_str s)
{
	static const char *const keywords[] = { "and", "or",  "not",	  "in",	   "is",
						"set", "all", "contains", "begins" };

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (s.len == strlen(keywords[i]) && strncasecmp(s.ptr, keywords[i], s.len) == 0)
			return true;
	return false;
}

bool where_is_bare(struct brg_str text)
{
	struct reader r = { .text = text };
	uint32_t c;

	return character(&r, 0, &c) && is_letter(c) && word(&r) == text.len &&
	       !where_is_keyword(text);
}
