/* SPDX-License-Identifier: Apache-2.0
 *
 * A subject comes back in many shapes: with marks of answers in all languages, folded in the
 * middle of a token, in another case. What programs are known to do is undone; what only a
 * person could have done is left alone.
 */
#include "core/correlate-private.h"
#include "core/utf8.h"

#include <ctype.h>

/* ---- characters -----------------------------------------------------------------------------*/

#define NO_BREAK_SPACE	  0xA0
#define IDEOGRAPHIC_SPACE 0x3000
#define FULLWIDTH_COLON	  0xFF1A

/* The character at i: its length (1 for a byte that is none) and what it is. */
static size_t point_at(struct brg_str s, size_t i, uint32_t *point)
{
	size_t n = utf8_char((const unsigned char *)s.ptr + i, s.len - i, point);

	if (n == 0)
		*point = 0xFFFD;
	return n ? n : 1;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == NO_BREAK_SPACE || c == IDEOGRAPHIC_SPACE;
}

/* Part of a word: roughly \w. Beyond ASCII all but the blocks of signs and punctuation. */
static bool is_letter(uint32_t c)
{
	if (c < 0x80)
		return isalnum((int)c) || c == '_';
	return c >= 0xC0 && c != 0xD7 && c != 0xF7 && (c < 0x2000 || c >= 0x3040) &&
	       (c < 0xFF01 || c > 0xFF0F) && c != FULLWIDTH_COLON;
}

static size_t skip_blanks(struct brg_str s, size_t i)
{
	uint32_t c;

	for (size_t n; i < s.len; i += n) {
		n = point_at(s, i, &c);
		if (!is_blank(c))
			break;
	}
	return i;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- tracking tokens ------------------------------------------------------------------------*/

/* Digits that a token of the original may have: one, 1 to 10 of the user, 1 to 9 of the
 * counter; 7 if nobody changed it. Fewer than that are known but never taken out of a
 * subject: "CRM: 365" may well be what a person wrote. */
#define DIGITS_MIN   3
#define DIGITS_MAX   20
#define DIGITS_USUAL 7

struct brg_str correlate_token(struct brg_str prefix, uint64_t number, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "%.*s%0*llu", (int)prefix.len, prefix.ptr, TOKEN_DIGITS,
				     (unsigned long long)number));
}

/* Where a token stands in a subject. */
struct spot {
	size_t start, end;
	struct brg_str prefix; /* in its listed spelling */
	struct brg_str digits;
};

/* Behind the prefix that begins at i, in any case; 0: it does not. Folding and some mail
 * programs put blanks into it, the French ones before a colon. */
static size_t behind_prefix(struct brg_str s, size_t i, struct brg_str prefix)
{
	for (size_t k = 0; k < prefix.len; k++) {
		if (k)
			i = skip_blanks(s, i);
		if (i == s.len ||
		    tolower((unsigned char)s.ptr[i]) != tolower((unsigned char)prefix.ptr[k]))
			return 0;
		i++;
	}
	return prefix.len ? skip_blanks(s, i) : 0;
}

/* Digits from i on that no word goes on behind. */
static struct brg_str digits_at(struct brg_str s, size_t i)
{
	size_t end = i;

	while (end < s.len && is_digit(s.ptr[end]))
		end++;
	if (end < s.len && isalnum((unsigned char)s.ptr[end]))
		end = i;
	return (struct brg_str){ s.ptr + i, end - i };
}

/* The next spot from *at on; *at moves behind it. */
static bool next_spot(const struct correlate_rules *rules, struct brg_str s, size_t *at,
		      struct spot *out)
{
	for (; *at < s.len; ++*at) {
		if (*at && isalnum((unsigned char)s.ptr[*at]) &&
		    isalnum((unsigned char)s.ptr[*at - 1]))
			continue; /* within a word */
		for (size_t i = 0; i < rules->n_prefixes; i++) {
			size_t digits = behind_prefix(s, *at, rules->prefixes[i]);

			if (!digits)
				continue;
			out->digits = digits_at(s, digits);
			if (out->digits.len == 0)
				continue;
			out->prefix = rules->prefixes[i];
			out->start = *at;
			*at = out->end = digits + out->digits.len;
			return true;
		}
	}
	return false;
}

/* A token of ours may have been folded within its digits: joined they are as many as we write. */
static bool joined_digits(struct brg_str s, const struct spot *spot, char out[TOKEN_DIGITS])
{
	struct brg_str part = spot->digits;
	size_t n = 0, i = spot->end;

	while (n + part.len < TOKEN_DIGITS && i < s.len && s.ptr[i] == ' ') {
		memcpy(out + n, part.ptr, part.len);
		n += part.len;
		part = digits_at(s, i + 1);
		if (part.len == 0)
			return false;
		i += 1 + part.len;
	}
	if (n + part.len != TOKEN_DIGITS)
		return false;
	memcpy(out + n, part.ptr, part.len);
	return true;
}

/* To the front; one that is there moves. The last place is given up for it. */
static void put_first(struct correlate_clues *out, struct brg_str token)
{
	size_t i = 0;

	while (i < out->n_tokens && !brg_str_eq(out->tokens[i], token))
		i++;
	if (i == out->n_tokens && i < CORRELATE_TOKENS_MAX)
		out->n_tokens++;
	else if (i == CORRELATE_TOKENS_MAX)
		i--;
	memmove(out->tokens + 1, out->tokens, i * sizeof(token));
	out->tokens[0] = token;
}

static struct brg_str spelled(struct brg_str prefix, struct brg_str digits, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "%.*s%.*s", (int)prefix.len, prefix.ptr,
				     (int)digits.len, digits.ptr));
}

void correlate_tokens(const struct correlate_rules *rules, struct brg_str s,
		      struct brg_arena *arena, struct correlate_clues *out)
{
	char joined[TOKEN_DIGITS];
	struct spot spot;
	size_t at = 0;

	while (next_spot(rules, s, &at, &spot)) {
		if (joined_digits(s, &spot, joined))
			put_first(out, spelled(spot.prefix,
					       (struct brg_str){ joined, sizeof(joined) }, arena));
		if (spot.digits.len >= DIGITS_MIN && spot.digits.len <= DIGITS_MAX)
			put_first(out, spelled(spot.prefix, spot.digits, arena));
	}
}

/* ---- subjects -------------------------------------------------------------------------------*/

/* Bytes of s that fit into max without cutting a character. */
static size_t fit(struct brg_str s, size_t max)
{
	size_t n = s.len < max ? s.len : max;

	while (n && n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
		n--;
	return n;
}

static struct brg_str trimmed(struct brg_str s)
{
	while (s.len && s.ptr[0] == ' ') {
		s.ptr++;
		s.len--;
	}
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* Tokens and the blanks before them taken out. */
static struct brg_str without_tokens(const struct correlate_rules *rules, struct brg_str s,
				     struct brg_arena *arena)
{
	char *bare = arena_alloc(arena, s.len + 1);
	size_t at = 0, from = 0, n = 0;
	struct spot spot;

	while (next_spot(rules, s, &at, &spot)) {
		if (spot.digits.len < DIGITS_USUAL || spot.digits.len > DIGITS_MAX)
			continue;
		while (spot.start > from && s.ptr[spot.start - 1] == ' ')
			spot.start--;
		memcpy(bare + n, s.ptr + from, spot.start - from);
		n += spot.start - from;
		from = spot.end;
	}
	if (s.len > from)
		memcpy(bare + n, s.ptr + from, s.len - from);
	n += s.len - from;
	return trimmed((struct brg_str){ bare, n });
}

struct brg_str correlate_subject(const struct correlate_rules *rules, struct brg_str subject,
				 struct brg_str token, size_t max, struct brg_arena *arena)
{
	struct brg_str bare;

	if (token.len == 0 || token.len > max)
		return (struct brg_str){ subject.ptr, fit(subject, max) };
	bare = without_tokens(rules, subject, arena);
	bare.len = token.len + 1 < max ? fit(bare, max - token.len - 1) : 0;
	bare = trimmed(bare);
	return brg_cstr(arena_printf(arena, "%.*s%s%.*s", (int)bare.len, bare.ptr,
				     bare.len ? " " : "", (int)token.len, token.ptr));
}

/* ---- the topic ------------------------------------------------------------------------------*/

/* How many answers: "[2]", "(2)", "^2". */
static size_t skip_count(struct brg_str s, size_t i)
{
	char close = 0;
	size_t k = i;

	if (i < s.len && (s.ptr[i] == '[' || s.ptr[i] == '('))
		close = s.ptr[i] == '[' ? ']' : ')';
	else if (i == s.len || s.ptr[i] != '^')
		return i;
	for (k++; k < s.len && is_digit(s.ptr[k]);)
		k++;
	if (k == i + 1 || (close && (k == s.len || s.ptr[k] != close)))
		return i;
	return close ? k + 1 : k;
}

/* Behind one leading "word:" group at i, or i. The word may have a count or a full stop behind
 * it, and blanks: "Re:", "AW:", "SV :", "Ang.:", "Re[2]:", and the same in every script. */
static size_t skip_group(struct brg_str s, size_t i)
{
	size_t start = skip_blanks(s, i), at = start;
	uint32_t c = 0;

	for (size_t n; at < s.len; at += n) {
		n = point_at(s, at, &c);
		if (!is_letter(c))
			break;
	}
	if (at == start)
		return i;
	at = skip_count(s, at);
	if (at < s.len && s.ptr[at] == '.')
		at++;
	at = skip_blanks(s, at);
	if (at == s.len)
		return i;
	at += point_at(s, at, &c);
	return c == ':' || c == FULLWIDTH_COLON ? at : i;
}

struct brg_str correlate_topic(const struct correlate_rules *rules, struct brg_str subject,
			       struct brg_arena *arena)
{
	struct brg_str s = mime_fold(without_tokens(rules, subject, arena), arena);
	char *out = arena_alloc(arena, s.len + 1);
	size_t at = 0, next, n = 0;
	uint32_t c;

	while ((next = skip_group(s, at)) != at)
		at = next;
	for (size_t len; at < s.len; at += len) {
		len = point_at(s, at, &c);
		if (!is_blank(c)) {
			memcpy(out + n, s.ptr + at, len);
			n += len;
		} else if (n && out[n - 1] != ' ') {
			out[n++] = ' ';
		}
	}
	return trimmed((struct brg_str){ out, n });
}
