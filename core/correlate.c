/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers are known first by what programs wrote (ids), then by what people can edit (a
 * token in the subject), then by what one family of programs writes (Thread-Index), last by
 * likeness. What people can edit needs a witness: a participant in common.
 */
#include "core/correlate.h"

#include "core/accept.h"

#include <ctype.h>
#include <stdlib.h>

#define RULE(ident, number, english, swedish, change)                       \
	static const struct brg_fault ident = { .code = "BRG-RULE-" number, \
						.scope = BRG_SCOPE_ITEM,    \
						.en = english,              \
						.sv = swedish,              \
						.help = change }

RULE(by_reply, "0040",
     "it answers a mail of the store, named in {field} (CorrelationMethod {method})",
     "den besvarar ett brev i lagret, angivet i {field} (CorrelationMethod {method})",
     "Set correlate-reply = no in [email] of brygga.conf.");
RULE(by_token, "0041",
     "it answers a mail of the store, by the tracking token in its subject (CorrelationMethod "
     "{method})",
     "den besvarar ett brev i lagret, enligt spårningskoden i ämnesraden (CorrelationMethod "
     "{method})",
     "Set tracking-token = no in [email] of brygga.conf.");
RULE(by_index, "0042",
     "it belongs to a conversation of the store, by Thread-Index (CorrelationMethod {method})",
     "den hör till en konversation i lagret, enligt Thread-Index (CorrelationMethod {method})",
     "Set correlate-index = no in [email] of brygga.conf.");
RULE(by_likeness, "0043",
     "it is taken for an answer: its subject has the same words as a mail of the store, and {common} "
     "addresses are in common (CorrelationMethod {method})",
     "den antas vara ett svar: ämnesraden har samma ord som ett brev i lagret, och {common} "
     "adresser är gemensamma (CorrelationMethod {method})",
     "Set smart-match = no in [email] of brygga.conf.");

const struct brg_fault *const correlate_faults[] = { &by_reply, &by_token, &by_index, &by_likeness,
						     NULL };

const char *correlation_name(int method)
{
	static const char *const names[] = { "None",	     "Skipped",	      "XHeader",
					     "InReplyTo",    "TrackingToken", "ConversationIndex",
					     "SmartMatching" };

	return method >= 0 && method <= CORRELATION_SMART ? names[method] : "None";
}

/* ---- tracking tokens ------------------------------------------------------------------------ */

/* What the original wrote: one digit, three of the user, three of the counter. */
#define OLD_DIGITS_MIN 7

struct brg_str correlate_token(struct brg_str prefix, uint64_t number, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "%.*s%0*llu", (int)prefix.len, prefix.ptr, TOKEN_DIGITS,
				     (unsigned long long)number));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A token that begins at s[at], or 0: its length. A blank behind the prefix is a mail program's
 * doing. What stands before must not be a part of it. */
static size_t token_at(struct brg_str s, size_t at, struct brg_str prefix, size_t *digits)
{
	size_t end = at + prefix.len;

	if (end > s.len || strncasecmp(s.ptr + at, prefix.ptr, prefix.len) != 0 ||
	    (at > 0 && isalnum((unsigned char)s.ptr[at - 1])))
		return 0;
	if (end < s.len && s.ptr[end] == ' ')
		end++;
	*digits = end;
	while (end < s.len && is_digit(s.ptr[end]))
		end++;
	if (end - *digits < OLD_DIGITS_MIN || end - *digits > 19 ||
	    (end < s.len && isalnum((unsigned char)s.ptr[end])))
		return 0;
	return end - at;
}

/* The next token in the subject from *at on, in its listed spelling; len 0: there is none. */
static struct brg_str next_token(const struct correlate_rules *rules, struct brg_str s, size_t *at,
				 size_t *start, struct brg_arena *arena)
{
	size_t digits, len;

	for (; *at < s.len; (*at)++)
		for (size_t i = 0; i < rules->n_prefixes; i++) {
			len = token_at(s, *at, rules->prefixes[i], &digits);
			if (!len)
				continue;
			*start = *at;
			*at += len;
			return brg_cstr(arena_printf(arena, "%.*s%.*s", (int)rules->prefixes[i].len,
						     rules->prefixes[i].ptr, (int)(*at - digits),
						     s.ptr + digits));
		}
	return (struct brg_str){ "", 0 };
}

/* Bytes of s that fit into max without cutting a character. */
static size_t fit(struct brg_str s, size_t max)
{
	size_t n = s.len < max ? s.len : max;

	while (n && n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
		n--;
	return n;
}

struct brg_str correlate_subject(const struct correlate_rules *rules, struct brg_str subject,
				 struct brg_str token, size_t max, struct brg_arena *arena)
{
	char *bare = arena_alloc(arena, subject.len + 1);
	size_t at = 0, start = 0, from = 0, n = 0;

	while (next_token(rules, subject, &at, &start, arena).len) {
		while (start > from && subject.ptr[start - 1] == ' ')
			start--;
		memcpy(bare + n, subject.ptr + from, start - from);
		n += start - from;
		from = at;
	}
	if (subject.len > from)
		memcpy(bare + n, subject.ptr + from, subject.len - from);
	n += subject.len - from;
	if (token.len == 0 || token.len > max)
		return (struct brg_str){ bare, fit((struct brg_str){ bare, n }, max) };
	if (n + token.len + 1 > max)
		n = token.len + 1 > max ? 0 : fit((struct brg_str){ bare, n }, max - token.len - 1);
	while (n && bare[n - 1] == ' ')
		n--;
	return brg_cstr(arena_printf(arena, "%.*s%s%.*s", (int)n, bare, n ? " " : "",
				     (int)token.len, token.ptr));
}

/* ---- what a mail tells ---------------------------------------------------------------------- */

static void add_id(struct correlate_clues *out, const char *p, size_t n)
{
	struct brg_str id = { p, n };

	for (size_t i = 0; i < out->n_ids; i++)
		if (brg_str_eq(out->ids[i], id))
			return;
	if (n && out->n_ids < CORRELATE_IDS_MAX)
		out->ids[out->n_ids++] = id;
}

/* References from the last to the first. */
static void add_references(struct correlate_clues *out, struct brg_str refs)
{
	size_t end = refs.len;

	while (end) {
		size_t start = end;

		while (start && refs.ptr[start - 1] != ' ')
			start--;
		add_id(out, refs.ptr + start, end - start);
		end = start ? start - 1 : 0;
	}
}

static void add_tokens(const struct correlate_rules *rules, struct brg_str subject,
		       struct brg_arena *arena, struct correlate_clues *out)
{
	size_t at = 0, start;
	struct brg_str token;

	while ((token = next_token(rules, subject, &at, &start, arena)).len) {
		/* The last one is the newest: it stands first. */
		if (out->n_tokens == CORRELATE_TOKENS_MAX)
			out->n_tokens--;
		memmove(out->tokens + 1, out->tokens, out->n_tokens * sizeof(token));
		out->tokens[0] = token;
		out->n_tokens++;
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A header block of 22 bytes, then 5 for each answer ([MS-OXOMSG] section 2.2.1.3). */
#define INDEX_HEAD  22
#define INDEX_CHILD 5

static struct brg_str conversation(struct brg_str index, struct brg_arena *arena)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char head[INDEX_HEAD];
	uint32_t bits = 0;
	size_t n = 0, have = 0;
	char *out;

	for (size_t i = 0; i < index.len && index.ptr[i] != '='; i++) {
		int v = base64_value(index.ptr[i]);

		if (v < 0)
			return (struct brg_str){ "", 0 };
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n < sizeof(head))
			head[n] = (unsigned char)(bits >> have);
		n++;
	}
	if (n < INDEX_HEAD || (n - INDEX_HEAD) % INDEX_CHILD != 0)
		return (struct brg_str){ "", 0 };
	out = arena_alloc(arena, 2 * INDEX_HEAD + 1);
	for (size_t i = 0; i < INDEX_HEAD; i++) {
		out[2 * i] = hex[head[i] >> 4];
		out[2 * i + 1] = hex[head[i] & 15];
	}
	return (struct brg_str){ out, 2 * (size_t)INDEX_HEAD };
}

static uint32_t hash(const char *p, size_t n)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)tolower((unsigned char)p[i])) * 16777619u;
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void add_hash(uint32_t *list, size_t *n, uint32_t h)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i] == h)
			return;
	if (*n < CORRELATE_HASHES_MAX)
		list[(*n)++] = h;
}

/* Leading groups of "word:" say how a mail came about, not what it is about. */
static struct brg_str without_noise(struct brg_str s)
{
	for (;;) {
		size_t i = 0, word;

		while (i < s.len && s.ptr[i] == ' ')
			i++;
		word = i;
		while (i < s.len && (isalnum((unsigned char)s.ptr[i]) || s.ptr[i] == '_' ||
				     ((unsigned char)s.ptr[i] & 0x80)))
			i++;
		if (i == word)
			return s;
		while (i < s.len && s.ptr[i] == ' ')
			i++;
		if (i == s.len || s.ptr[i] != ':')
			return s;
		s = (struct brg_str){ s.ptr + i + 1, s.len - i - 1 };
	}
}

static void add_words(struct brg_str subject, struct correlate_clues *out)
{
	struct brg_str s = without_noise(subject);

	for (size_t i = 0; i < s.len;) {
		size_t start = i;

		while (i < s.len && s.ptr[i] != ' ')
			i++;
		if (i > start)
			add_hash(out->words, &out->n_words, hash(s.ptr + start, i - start));
		i++;
	}
	qsort(out->words, out->n_words, sizeof(out->words[0]), by_value);
}

static void add_people(const struct mime_address *at, size_t n, struct correlate_clues *out)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].address.len)
			add_hash(out->addresses, &out->n_addresses,
				 hash(at[i].address.ptr, at[i].address.len));
}

void correlate_clues(const struct correlate_rules *rules, const struct mime_header *h,
		     struct brg_arena *arena, struct correlate_clues *out)
{
	const struct mime_address from = { { "", 0 }, h->from_address };

	*out = (struct correlate_clues){ .conversation = { "", 0 } };
	if (rules->reply) {
		add_id(out, h->in_reply_to.ptr, h->in_reply_to.len);
		add_references(out, h->references);
	}
	if (rules->token)
		add_tokens(rules, h->subject, arena, out);
	if (rules->index)
		out->conversation = conversation(h->thread_index, arena);
	if (!rules->smart)
		return;
	add_words(h->subject, out);
	add_people(&from, 1, out);
	add_people(h->to, h->n_to, out);
	add_people(h->cc, h->n_cc, out);
	qsort(out->addresses, out->n_addresses, sizeof(out->addresses[0]), by_value);
}

/* ---- picking -------------------------------------------------------------------------------- */

static bool is_in(const struct brg_str *list, size_t n, struct brg_str s)
{
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(list[i], s))
			return true;
	return false;
}

/* Does somebody besides the reader take part in both? */
static bool witnessed(const struct correlate_candidate *c, const struct brg_str *participants,
		      size_t n, const struct brg_str *own, size_t n_own)
{
	for (size_t i = 0; i < c->n_addresses; i++)
		if (!is_in(own, n_own, c->addresses[i]) && is_in(participants, n, c->addresses[i]))
			return true;
	return false;
}

static size_t common_addresses(const struct correlate_candidate *c,
			       const struct brg_str *participants, size_t n)
{
	size_t common = 0;

	for (size_t i = 0; i < c->n_addresses; i++)
		common += is_in(participants, n, c->addresses[i]) &&
			  !is_in(c->addresses, i, c->addresses[i]);
	return common;
}

/* How many words only one of them has. */
static int difference(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t i = 0, j = 0;
	int d = 0;

	while (i < n || j < m) {
		if (i < n && j < m && a[i] == b[j]) {
			i++;
			j++;
			continue;
		}
		d++;
		if (j == m || (i < n && a[i] < b[j]))
			i++;
		else
			j++;
	}
	return d;
}

static bool like(const struct correlate_rules *rules, const struct correlate_clues *clues,
		 const struct correlate_candidate *c, const struct brg_str *participants, size_t n,
		 int64_t now_us)
{
	return clues->n_words && now_us - c->sorted_us <= rules->smart_window_us &&
	       difference(clues->words, clues->n_words, c->words, c->n_words) <=
		       rules->smart_subject_delta &&
	       (int)common_addresses(c, participants, n) >= rules->smart_addresses;
}

/* A stronger method first, then the more telling clue, then the newest mail. */
static bool better(const struct correlate_candidate *a, const struct correlate_candidate *b)
{
	if (a->method != b->method)
		return a->method < b->method;
	if (a->clue != b->clue)
		return a->clue < b->clue;
	return a->sorted_us > b->sorted_us;
}

static void say(const struct correlate_candidate *c, size_t common, struct correlate_result *out)
{
	static const struct brg_fault *const rules[] = { NULL,	      NULL,	 NULL,
							 &by_reply,   &by_token, &by_index,
							 &by_likeness };

	out->method = c->method;
	out->rule = rules[c->method];
	(void)snprintf(out->params, sizeof(out->params), "method=%s\nfield=%s\ncommon=%zu",
		       correlation_name(c->method), c->clue == 0 ? "In-Reply-To" : "References",
		       common);
}

void correlate_choose(const struct correlate_rules *rules, const struct correlate_clues *clues,
		      const struct brg_str *participants, size_t n_participants,
		      const struct brg_str *own, size_t n_own,
		      const struct correlate_candidate *candidates, size_t n, int64_t now_us,
		      struct correlate_result *out)
{
	const struct correlate_candidate *best = NULL;

	*out = (struct correlate_result){ .method = CORRELATION_NONE };
	for (size_t i = 0; i < n; i++) {
		const struct correlate_candidate *c = &candidates[i];

		if (c->report || c->method < CORRELATION_REPLY || c->method > CORRELATION_SMART)
			continue;
		if ((c->method == CORRELATION_REPLY && !rules->reply) ||
		    (c->method == CORRELATION_TOKEN && !rules->token) ||
		    (c->method == CORRELATION_INDEX && !rules->index) ||
		    (c->method == CORRELATION_SMART && !rules->smart))
			continue;
		if (c->method == CORRELATION_TOKEN &&
		    !witnessed(c, participants, n_participants, own, n_own))
			continue;
		if (c->method == CORRELATION_SMART &&
		    !like(rules, clues, c, participants, n_participants, now_us))
			continue;
		if (!best || better(c, best))
			best = c;
	}
	if (!best)
		return;
	out->candidate = (size_t)(best - candidates);
	say(best, common_addresses(best, participants, n_participants), out);
}
