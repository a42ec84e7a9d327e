/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mail does this one answer? Pure: correlate_clues() says what to look for, the
 * caller asks the store, correlate_choose() picks. The order is that of the model:
 * In-Reply-To (then References, from the last to the first), tracking token,
 * conversation index, smart matching.
 */
#ifndef BRG_CORE_CORRELATE_H
#define BRG_CORE_CORRELATE_H

#include "core/mime.h"
#include <brygga/storage.h>

/* How it was found; the numbers are those of the model's CorrelationMethod. */
enum correlation {
	CORRELATION_NONE = 0,
	CORRELATION_SKIPPED = 1,
	CORRELATION_HEADER = 2,
	CORRELATION_REPLY = 3, /* In-Reply-To or References */
	CORRELATION_TOKEN = 4,
	CORRELATION_INDEX = 5,
	CORRELATION_SMART = 6,
};
const char *correlation_name(int method);

#define CORRELATE_IDS_MAX    50 /* of References the newest so many are asked for */
#define CORRELATE_TOKENS_MAX 4
#define CORRELATE_HASHES_MAX 20 /* smart matching: words and addresses */

struct correlate_rules {
	bool reply, token, index, smart;
	/* Prefixes of tracking tokens, the present one first, former ones behind: "CRM:" */
	const struct brg_str *prefixes;
	size_t n_prefixes;
	int smart_subject_delta; /* 0: all words must agree */
	int smart_addresses;	 /* so many addresses in common: 2 */
	int64_t smart_window_us; /* 90 days */
};

/* ---- tracking tokens: prefix, then digits ---------------------------------------------------*/
#define TOKEN_DIGITS 10 /* the original had 3 for the counter: it came round after 999 */
/* "CRM:0000123456". */
struct brg_str correlate_token(struct brg_str prefix, uint64_t number, struct brg_arena *arena);
/* The subject with the token behind it, cut on a character's border so that both fit into
 * `max` bytes (255); a token that the subject has already is not added again, one of another
 * mail is replaced. Where there is no token, or it alone is longer than max, the subject stays
 * alone. */
struct brg_str correlate_subject(const struct correlate_rules *rules, struct brg_str subject,
				 struct brg_str token, size_t max, struct brg_arena *arena);

/* ---- what a mail tells ----------------------------------------------------------------------*/
struct correlate_clues {
	/* Message-IDs, the most telling first. */
	struct brg_str ids[CORRELATE_IDS_MAX];
	size_t n_ids, replies; /* the first `replies` are In-Reply-To's, the others References' */
	/* Tokens in the subject, the last one first, with the prefix in its listed spelling. */
	struct brg_str tokens[CORRELATE_TOKENS_MAX];
	size_t n_tokens;
	/* The first 22 bytes of Thread-Index (the conversation) in lower-case hex; empty: none or
	 * bad. */
	struct brg_str conversation;
	/* Smart matching: hashes of the subject's words (noise such as "Re:" taken off, case
	 * folded) and of the addresses, sorted, none twice. */
	uint32_t words[CORRELATE_HASHES_MAX], addresses[CORRELATE_HASHES_MAX];
	size_t n_words, n_addresses;
};
/* All texts in the arena. A mail that answers nothing gives no clues but for smart matching. */
void correlate_clues(const struct correlate_rules *rules, const struct mime_header *header,
		     struct brg_arena *arena, struct correlate_clues *out);

/* A mail of the store that fits a clue. */
struct correlate_candidate {
	struct brg_id record;
	int method;	   /* enum correlation: which clue found it */
	size_t clue;	   /* its place among ids or tokens; 0 else */
	int64_t sorted_us; /* when it was sent or received */
	bool outgoing;
	bool report; /* a delivery report or automatic answer: nothing is an answer to it */
	/* Folded addresses of all its parties. */
	const struct brg_str *addresses;
	size_t n_addresses;
	const uint32_t *words; /* smart matching, sorted */
	size_t n_words;
};

struct correlate_result {
	int method;		      /* enum correlation */
	size_t candidate;	      /* when method is past SKIPPED */
	const struct brg_fault *rule; /* BRG-RULE-nnnn; NULL: nothing led anywhere */
	char params[128];
};
/* Pick the best. A token counts only where mail and candidate share a participant other than
 * the one who reads (reuse of numbers, typing errors), and likeness only where one of those in
 * common is another; of several with one clue that of the same people, then the newest.
 * `participants` are the folded addresses of the mail, `own` the reader's own: he is one
 * participant, by whatever address. */
void correlate_choose(const struct correlate_rules *rules, const struct correlate_clues *clues,
		      const struct brg_str *participants, size_t n_participants,
		      const struct brg_str *own, size_t n_own,
		      const struct correlate_candidate *candidates, size_t n, int64_t now_us,
		      struct correlate_result *out);

extern const struct brg_fault *const correlate_faults[];

#endif
