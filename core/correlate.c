/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers are known first by what programs wrote (ids), then by what people can edit (a
 * token in the subject), then by what one family of programs writes (Thread-Index), last by
 * likeness. What people can edit needs a witness: a participant in common.
 */
#include "core/correlate-private.h"

#include "core/faults.h"

#include <stdlib.h>

static RULE(by_reply, "0040",
	    "it answers a mail of the store, named in {field} (CorrelationMethod {method})",
	    "den besvarar ett brev i lagret, angivet i {field} (CorrelationMethod {method})",
	    "Set correlate-reply = no in [email] of brygga.conf.");
static RULE(
	by_token, "0041",
	"it answers a mail of the store, by the tracking token in its subject (CorrelationMethod "
	"{method})",
	"den besvarar ett brev i lagret, enligt spårningskoden i ämnesraden (CorrelationMethod "
	"{method})",
	"Set tracking-token = no in [email] of brygga.conf.");
static RULE(
	by_index, "0042",
	"it belongs to a conversation of the store, by Thread-Index (CorrelationMethod {method})",
	"den hör till en konversation i lagret, enligt Thread-Index (CorrelationMethod {method})",
	"Set correlate-index = no in [email] of brygga.conf.");
static RULE(
	by_likeness, "0043",
	"it is taken for an answer: its subject has the same words as a mail of the store, and {common} "
	"addresses are in common (CorrelationMethod {method})",
	"den antas vara ett svar: ämnesraden har samma ord som ett brev i lagret, och {common} "
	"adresser är gemensamma (CorrelationMethod {method})",
	"Set smart-match = no in [email] of brygga.conf.");

static RULE(
	other_people, "0044",
	"no answer: the mail with the tracking token of its subject is between other people "
	"(CorrelationMethod {method})",
	"inget svar: brevet med spårningskoden i ämnesraden är mellan andra personer "
	"(CorrelationMethod {method})",
	"A token can be copied or mistyped, so somebody besides the reader must take part in both "
	"mails. Nothing to change: its other headers were asked too.");
static RULE(
	of_report, "0045",
	"no answer: what it names is a report or an automatic answer (CorrelationMethod {method})",
	"inget svar: det som den anger är en rapport eller ett automatiskt svar (CorrelationMethod "
	"{method})",
	"Nothing to change: so that no loop arises, nothing is an answer to such mail.");

const struct brg_fault *const correlate_faults[] = {
	&by_reply, &by_token, &by_index, &by_likeness, &other_people, &of_report, NULL,
};

const char *correlation_name(int method)
{
	static const char *const names[] = { "None",	     "Skipped",	      "XHeader",
					     "InReplyTo",    "TrackingToken", "ConversationIndex",
					     "SmartMatching" };

	return method >= 0 && method <= CORRELATION_SMART ? names[method] : "None";
}

/* ---- what a mail tells ----------------------------------------------------------------------*/

static void add_id(struct correlate_clues *out, struct brg_str own, struct brg_str id)
{
	if (id.len == 0 || brg_str_eq(id, own))
		return; /* nothing answers itself */
	for (size_t i = 0; i < out->n_ids; i++)
		if (brg_str_eq(out->ids[i], id))
			return;
	if (out->n_ids < CORRELATE_IDS_MAX)
		out->ids[out->n_ids++] = id;
}

/* References from the last to the first. */
static void add_references(struct correlate_clues *out, struct brg_str own, struct brg_str refs)
{
	size_t end = refs.len;

	while (end) {
		size_t start = end;

		while (start && refs.ptr[start - 1] != ' ')
			start--;
		add_id(out, own, (struct brg_str){ refs.ptr + start, end - start });
		end = start ? start - 1 : 0;
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A header block of 22 bytes, then 5 for each answer ([MS-OXOMSG] section 2.2.1.3). The block
 * alone is the conversation, however long the rest or what has become of it. */
#define INDEX_HEAD 22

static struct brg_str conversation(struct brg_str index, struct brg_arena *arena)
{
	static const char hex[] = "0123456789abcdef";
	const struct brg_str none = { "", 0 };
	uint32_t bits = 0;
	size_t n = 0;
	char *out;

	for (int i = 0; i < 2 && index.len && index.ptr[index.len - 1] == '='; i++)
		index.len--;
	if (index.len % 4 == 1 || index.len * 6 / 8 < INDEX_HEAD)
		return none;
	out = arena_alloc(arena, 2 * (size_t)INDEX_HEAD);
	for (size_t i = 0, have = 0; i < index.len; i++) {
		int v = base64_value(index.ptr[i]);

		if (v < 0)
			return none;
		bits = bits << 6 | (uint32_t)v;
		for (have += 6; have >= 4 && n < 2 * (size_t)INDEX_HEAD; have -= 4)
			out[n++] = hex[bits >> (have - 4) & 15];
	}
	return (struct brg_str){ out, n };
}

static uint32_t hash(struct brg_str s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 16777619u;
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

static void add_words(struct brg_str topic, struct correlate_clues *out)
{
	while (topic.len) {
		const char *blank = memchr(topic.ptr, ' ', topic.len);
		size_t n = blank ? (size_t)(blank - topic.ptr) : topic.len;

		add_hash(out->words, &out->n_words, hash((struct brg_str){ topic.ptr, n }));
		n += blank != NULL;
		topic = (struct brg_str){ topic.ptr + n, topic.len - n };
	}
	qsort(out->words, out->n_words, sizeof(out->words[0]), by_value);
}

static void add_people(const struct mime_address *at, size_t n, struct correlate_clues *out)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].address.len)
			add_hash(out->addresses, &out->n_addresses, hash(at[i].address));
}

void correlate_clues(const struct correlate_rules *rules, const struct mime_header *h,
		     struct brg_arena *arena, struct correlate_clues *out)
{
	const struct mime_address from = { { "", 0 }, h->from_address };

	*out = (struct correlate_clues){ .conversation = { "", 0 } };
	if (rules->reply) {
		add_id(out, h->message_id, h->in_reply_to);
		out->replies = out->n_ids;
		add_references(out, h->message_id, h->references);
	}
	if (rules->token)
		correlate_tokens(rules, h->subject, arena, out);
	if (rules->index)
		out->conversation = conversation(h->thread_index, arena);
	if (!rules->smart)
		return;
	add_words(correlate_topic(rules, h->subject, arena), out);
	add_people(&from, 1, out);
	add_people(h->to, h->n_to, out);
	add_people(h->cc, h->n_cc, out);
	qsort(out->addresses, out->n_addresses, sizeof(out->addresses[0]), by_value);
}

/* ---- picking --------------------------------------------------------------------------------*/

#define FILTER_BITS 65536

/* Who takes part in the mail, and which of them is the reader. */
struct people {
	const struct brg_str *at, *own;
	size_t n, n_own;
	bool reader; /* takes part */
	/* A bit for the hash of each: mail can name thousands, and most of those that a candidate
	 * names are passed over at once. */
	uint64_t filter[FILTER_BITS / 64];
};

static bool is_in(const struct brg_str *list, size_t n, struct brg_str s)
{
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(list[i], s))
			return true;
	return false;
}

static void gather(struct people *p)
{
	for (size_t i = 0; i < p->n; i++) {
		uint32_t h = hash(p->at[i]) % FILTER_BITS;

		p->filter[h / 64] |= UINT64_C(1) << h % 64;
		p->reader = p->reader || is_in(p->own, p->n_own, p->at[i]);
	}
}

static bool takes_part(const struct people *p, struct brg_str address)
{
	uint32_t h = hash(address) % FILTER_BITS;

	return (p->filter[h / 64] >> h % 64 & 1) && is_in(p->at, p->n, address);
}

/* A candidate that is looked at. */
struct choice {
	const struct correlate_candidate *c;
	size_t others, common; /* people in both mails: without the reader, and with him */
};

/* The reader is one of them, however many addresses he has. */
static void count_people(struct choice *one, const struct people *p)
{
	const struct correlate_candidate *c = one->c;
	bool reader = false;

	for (size_t i = 0; i < c->n_addresses; i++) {
		if (is_in(p->own, p->n_own, c->addresses[i]))
			reader = true;
		else if (takes_part(p, c->addresses[i]) && !is_in(c->addresses, i, c->addresses[i]))
			one->others++;
	}
	one->common = one->others + (reader && p->reader);
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

/* What is found by likeness must be alike enough, and recent. */
static bool is_like(const struct correlate_rules *rules, const struct correlate_clues *clues,
		    const struct correlate_candidate *c, size_t common, int64_t now_us)
{
	return clues->n_words && c->n_words && c->sorted_us >= now_us - rules->smart_window_us &&
	       difference(clues->words, clues->n_words, c->words, c->n_words) <=
		       rules->smart_subject_delta &&
	       (int)common >= rules->smart_addresses;
}

static bool is_wanted(const struct correlate_rules *rules, int method)
{
	switch (method) {
	case CORRELATION_REPLY:
		return rules->reply;
	case CORRELATION_TOKEN:
		return rules->token;
	case CORRELATION_INDEX:
		return rules->index;
	case CORRELATION_SMART:
		return rules->smart;
	default:
		return false;
	}
}

/* Could it be answered by this mail? *why tells what it lacks, if that is worth telling. */
static bool counts(const struct correlate_rules *rules, const struct correlate_clues *clues,
		   const struct choice *one, int64_t now_us, const struct brg_fault **why)
{
	if (!is_wanted(rules, one->c->method))
		return false;
	if (one->c->report) {
		*why = &of_report;
		return false;
	}
	if (one->c->method == CORRELATION_TOKEN && !one->others) {
		*why = &other_people;
		return false;
	}
	return one->c->method != CORRELATION_SMART ||
	       (one->others && is_like(rules, clues, one->c, one->common, now_us));
}

/* A stronger method first, then the more telling clue; of several mails with one id or one
 * conversation that of the same people; then the newest. */
static bool is_better(const struct choice *a, const struct choice *b)
{
	if (a->c->method != b->c->method)
		return a->c->method < b->c->method;
	if (a->c->clue != b->c->clue)
		return a->c->clue < b->c->clue;
	if ((a->others > 0) != (b->others > 0))
		return a->others > 0;
	return a->c->sorted_us > b->c->sorted_us;
}

static void say(const struct correlate_clues *clues, const struct choice *best,
		struct correlate_result *out)
{
	static const struct brg_fault *const rules[] = {
		[CORRELATION_REPLY] = &by_reply,
		[CORRELATION_TOKEN] = &by_token,
		[CORRELATION_INDEX] = &by_index,
		[CORRELATION_SMART] = &by_likeness,
	};

	out->method = best->c->method;
	out->rule = rules[best->c->method];
	(void)snprintf(out->params, sizeof(out->params), "method=%s\nfield=%s\ncommon=%zu",
		       correlation_name(out->method),
		       best->c->clue < clues->replies ? "In-Reply-To" : "References", best->common);
}

/* Something was found, but nothing that counts. */
static void say_no(const struct brg_fault *why, struct correlate_result *out)
{
	out->rule = why;
	(void)snprintf(out->params, sizeof(out->params), "method=%s",
		       correlation_name(out->method));
}

void correlate_choose(const struct correlate_rules *rules, const struct correlate_clues *clues,
		      const struct brg_str *participants, size_t n_participants,
		      const struct brg_str *own, size_t n_own,
		      const struct correlate_candidate *candidates, size_t n, int64_t now_us,
		      struct correlate_result *out)
{
	const bool any = rules->reply || rules->token || rules->index || rules->smart;
	struct people people = {
		.at = participants, .own = own, .n = n_participants, .n_own = n_own
	};
	const struct brg_fault *why = NULL;
	struct choice best = { 0 };

	*out = (struct correlate_result){ .method = any ? CORRELATION_NONE : CORRELATION_SKIPPED };
	gather(&people);
	for (size_t i = 0; i < n; i++) {
		struct choice one = { .c = &candidates[i] };

		count_people(&one, &people);
		if (counts(rules, clues, &one, now_us, &why) && (!best.c || is_better(&one, &best)))
			best = one;
	}
	if (best.c) {
		out->candidate = (size_t)(best.c - candidates);
		say(clues, &best, out);
	} else if (why) {
		say_no(why, out);
	}
}
