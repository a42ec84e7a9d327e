/* SPDX-License-Identifier: Apache-2.0
 *
 * What any header tells of what it answers: clues within their bounds, each of the form in which
 * it is looked for; a subject of ours that fits and is known again; a choice that is one of the
 * candidates.
 */
#include "core/correlate-private.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz.h"

#define PEOPLE_MAX 8
#define DAY_US	   (INT64_C(86400) * 1000000)

static const struct brg_str prefixes[] = { { "CRM:", 4 }, { "x-", 2 }, { "[#", 2 } };
static const struct correlate_rules rules = {
	.reply = true,
	.token = true,
	.index = true,
	.smart = true,
	.prefixes = prefixes,
	.n_prefixes = 3,
	.smart_addresses = 2,
	.smart_window_us = 90 * DAY_US,
};

static void check_ids(const struct correlate_clues *c, const struct mime_header *h)
{
	PROMISE(c->n_ids <= CORRELATE_IDS_MAX && c->replies <= c->n_ids && c->replies <= 1);
	for (size_t i = 0; i < c->n_ids; i++) {
		PROMISE(c->ids[i].len && !brg_str_eq(c->ids[i], h->message_id));
		for (size_t k = 0; k < i; k++)
			PROMISE(!brg_str_eq(c->ids[k], c->ids[i]));
	}
}

static void check_token(struct brg_str token)
{
	size_t listed = 0;

	for (size_t i = 0; i < rules.n_prefixes; i++) {
		const struct brg_str p = prefixes[i];

		if (token.len > p.len && memcmp(token.ptr, p.ptr, p.len) == 0)
			listed = p.len;
	}
	PROMISE(listed && token.len - listed >= 3 && token.len - listed <= 20);
	for (size_t i = listed; i < token.len; i++)
		PROMISE(token.ptr[i] >= '0' && token.ptr[i] <= '9');
}

static void check_sorted(const uint32_t *at, size_t n)
{
	PROMISE(n <= CORRELATE_HASHES_MAX);
	for (size_t i = 1; i < n; i++)
		PROMISE(at[i - 1] < at[i]);
}

static void check_clues(const struct correlate_clues *c, const struct mime_header *h)
{
	check_ids(c, h);
	PROMISE(c->n_tokens <= CORRELATE_TOKENS_MAX);
	for (size_t i = 0; i < c->n_tokens; i++) {
		check_token(c->tokens[i]);
		for (size_t k = 0; k < i; k++)
			PROMISE(!brg_str_eq(c->tokens[k], c->tokens[i]));
	}
	PROMISE(c->conversation.len == 0 || c->conversation.len == 44);
	for (size_t i = 0; i < c->conversation.len; i++)
		PROMISE(c->conversation.ptr[i] &&
			strchr("0123456789abcdef", c->conversation.ptr[i]));
	check_sorted(c->words, c->n_words);
	check_sorted(c->addresses, c->n_addresses);
}

static void check_subject(struct brg_str subject, struct brg_arena *arena)
{
	static const size_t room[] = { 0, 13, 14, 15, 20, 255, 100000 };
	const struct brg_str token = correlate_token(prefixes[0], 42, arena);
	const struct brg_str topic = correlate_topic(&rules, subject, arena);

	for (size_t i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
		struct correlate_clues c = { 0 };
		struct brg_str s = correlate_subject(&rules, subject, token, room[i], arena);

		PROMISE(s.len <= room[i] && utf8_plain(s));
		if (room[i] < token.len)
			continue;
		PROMISE(s.len >= token.len &&
			memcmp(s.ptr + s.len - token.len, token.ptr, token.len) == 0);
		correlate_tokens(&rules, s, arena, &c);
		PROMISE(c.n_tokens && brg_str_eq(c.tokens[0], token));
	}
	PROMISE(utf8_plain(topic));
	PROMISE(!topic.len || (topic.ptr[0] != ' ' && topic.ptr[topic.len - 1] != ' '));
	PROMISE(!memmem(topic.ptr, topic.len, "  ", 2));
}

/* A mail is like itself, as far as likeness goes; whichever way, what is chosen was offered. */
static void check_choice(const struct correlate_clues *clues, const struct mime_header *h)
{
	struct brg_str people[PEOPLE_MAX];
	struct correlate_candidate c[4];
	struct correlate_result r;
	size_t n = 0, different = 0;

	for (size_t i = 0; i < h->n_to && n < PEOPLE_MAX; i++)
		people[n++] = h->to[i].address;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && !brg_str_eq(people[k], people[i]))
			k++;
		different += k == i;
	}
	for (size_t i = 0; i < 4; i++)
		c[i] = (struct correlate_candidate){
			.method = CORRELATION_SMART - (int)i,
			.sorted_us = 100 * DAY_US,
			.addresses = people,
			.n_addresses = n,
			.words = clues->words,
			.n_words = clues->n_words,
		};
	correlate_choose(&rules, clues, people, n, NULL, 0, c, 1, 100 * DAY_US, &r);
	PROMISE((r.method == CORRELATION_SMART) == (clues->n_words && different >= 2));
	PROMISE((r.method == CORRELATION_SMART) == (r.rule != NULL));
	for (size_t k = 1; k <= 4; k++) {
		correlate_choose(&rules, clues, people, n, people, n, c, k, 100 * DAY_US, &r);
		PROMISE(r.candidate < k && r.method != CORRELATION_SMART);
		PROMISE((r.method == CORRELATION_NONE) == (k == 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct correlate_clues once, again;
	struct mime_header h;

	mime_init();
	mime_header((struct brg_str){ (const char *)bytes, n }, arena, &h);
	correlate_clues(&rules, &h, arena, &once);
	check_clues(&once, &h);
	correlate_clues(&rules, &h, arena, &again);
	PROMISE(once.n_words == again.n_words && once.n_tokens == again.n_tokens);
	PROMISE(memcmp(once.words, again.words, sizeof(once.words)) == 0);
	check_subject(h.subject, arena);
	check_choice(&once, &h);
	arena_free(&arena);
	return 0;
}
