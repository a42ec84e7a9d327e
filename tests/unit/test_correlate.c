/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mail does another one answer: what its header tells, and which of those that fit is
 * picked, as tables. What subjects tell is test_subject's.
 */
#include "core/correlate.h"
#include "core/faults.h"

#include <check.h>
#include <stdlib.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define NOW_US (INT64_C(20000) * DAY_US)

static const struct brg_str prefixes[] = { { "CRM:", 4 } };
static struct brg_arena *arena;

static void setup(void)
{
	mime_init();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

/* The ways that are on: r, t, i, s. */
static struct correlate_rules rules_of(const char *ways)
{
	return (struct correlate_rules){
		.reply = strchr(ways, 'r') != NULL,
		.token = strchr(ways, 't') != NULL,
		.index = strchr(ways, 'i') != NULL,
		.smart = strchr(ways, 's') != NULL,
		.prefixes = prefixes,
		.n_prefixes = 1,
		.smart_addresses = 2,
		.smart_window_us = 90 * DAY_US,
	};
}

/* ---- what a header tells --------------------------------------------------------------------*/

/* 22 bytes, and the same in hex. */
#define INDEX "AQHZ0123456789abcdefghijklmnoo"
#define HEAD  "0101d9d35db7e39ebbf3d69b71d79f8218a39259a7a2"

static const struct {
	const char *ways, *header, *ids, *conversation;
} clue_rows[] = {
#define CLUE_ROWS
#include "tests/unit/correlate_rows.h"
#undef CLUE_ROWS
};

/* Those of In-Reply-To, a bar, those of References. */
static const char *told_ids(const struct correlate_clues *c, char *to, size_t size)
{
	size_t n = 0;

	to[0] = '\0';
	for (size_t i = 0; i <= c->n_ids && c->n_ids; i++) {
		if (i == c->replies)
			n += (size_t)snprintf(to + n, size - n, "%s|", n ? " " : "");
		if (i < c->n_ids)
			n += (size_t)snprintf(to + n, size - n, "%s%.*s", n ? " " : "",
					      (int)c->ids[i].len, c->ids[i].ptr);
	}
	return to;
}

START_TEST(clues_of_headers)
{
	const struct correlate_rules rules = rules_of(clue_rows[_i].ways);
	struct correlate_clues c;
	struct mime_header h;
	char got[1024];

	mime_header(brg_cstr(clue_rows[_i].header), arena, &h);
	memset(&c, 0xAA, sizeof(c));
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_str_eq(told_ids(&c, got, sizeof(got)), clue_rows[_i].ids);
	ck_assert_msg(brg_str_eq(c.conversation, brg_cstr(clue_rows[_i].conversation)),
		      "row %d: %.*s", _i, (int)c.conversation.len, c.conversation.ptr);
	ck_assert(rules.token || c.n_tokens == 0);
	ck_assert(rules.smart || (c.n_words == 0 && c.n_addresses == 0));
}
END_TEST

/* Tokens in subjects as they travel: folded, and in encoded words. */
static const struct {
	const char *header, *token;
} token_rows[] = {
	{ "Subject: hello CRM:0000000042\n", "CRM:0000000042" },
	{ "Subject: hello\n CRM:0000000042\n", "CRM:0000000042" },
	{ "Subject: hello CRM:\n 0000000042\n", "CRM:0000000042" },
	{ "Subject: hello CRM:00000\n 00042\n", "CRM:00000" },
	{ "Subject: =?utf-8?Q?hello_CRM:0000000042?=\n", "CRM:0000000042" },
	{ "Subject: =?utf-8?Q?hello_CRM:00000?=\n =?utf-8?Q?00042?=\n", "CRM:0000000042" },
	{ "Subject: =?utf-8?Q?h=C3=A5?= CRM:0000000042\n", "CRM:0000000042" },
	{ "Subject: =?utf-8?B?aGVqIENSTTo=?=\n =?utf-8?B?MDAwMDAwMDA0Mg==?=\n", "CRM:0000000042" },
	{ "Subject: =?iso-8859-1?Q?CRM=A0:=A00000000042?=\n", "CRM:0000000042" },
	{ "Thread-Topic: CRM:0000000042\nSubject: hello\n", "" },
};

START_TEST(tokens_of_headers)
{
	const struct correlate_rules rules = rules_of("t");
	struct correlate_clues c;
	struct mime_header h;

	mime_header(brg_cstr(token_rows[_i].header), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	if (c.n_tokens == 0)
		c.tokens[0] = (struct brg_str){ "", 0 };
	ck_assert_msg(brg_str_eq(c.tokens[0], brg_cstr(token_rows[_i].token)), "row %d: %.*s", _i,
		      (int)c.tokens[0].len, c.tokens[0].ptr);
}
END_TEST

/* Of very many ids the newest. */
START_TEST(many_references)
{
	const struct correlate_rules rules = rules_of("r");
	char header[8192] = "In-Reply-To: <direct@x>\nReferences:";
	struct correlate_clues c;
	struct mime_header h;

	for (int i = 0; i < 120; i++)
		(void)sprintf(header + strlen(header), "\n <%d@x>", i);
	mime_header(brg_cstr(header), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_uint_eq(c.n_ids, CORRELATE_IDS_MAX);
	ck_assert(brg_str_eq(c.ids[0], brg_cstr("direct@x")));
	ck_assert(brg_str_eq(c.ids[1], brg_cstr("119@x")));
	ck_assert(brg_str_eq(c.ids[CORRELATE_IDS_MAX - 1], brg_cstr("71@x")));
}
END_TEST

static void check_sorted(const uint32_t *at, size_t n)
{
	ck_assert_uint_le(n, CORRELATE_HASHES_MAX);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_lt(at[i - 1], at[i]);
}

START_TEST(likeness)
{
	const struct correlate_rules rules = rules_of("ts");
	char header[4096] = "From: erik@x\nTo: anna@x, ERIK@x, bo@x\nCc: Bo <bo@x>, lisa@x\n"
			    "Subject: Re: The crane, the boat CRM:0000000042\n";
	struct correlate_clues c;
	struct mime_header h;

	mime_header(brg_cstr(header), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_uint_eq(c.n_words, 3); /* the, crane, boat: and "crane," has its comma */
	ck_assert_uint_eq(c.n_addresses, 4);
	ck_assert_uint_eq(c.n_tokens, 1);
	ck_assert(brg_str_eq(c.tokens[0], brg_cstr("CRM:0000000042")));
	check_sorted(c.words, c.n_words);
	check_sorted(c.addresses, c.n_addresses);
	mime_header(brg_cstr("From: erik@x\nTo: anna@x\nSubject: x\n"), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_uint_eq(c.n_addresses, 2);
	mime_header(brg_cstr("To: anna@x, <>\nSubject: x\n"), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_uint_eq(c.n_addresses, 1);
	(void)strcpy(header, "Subject:");
	for (int i = 0; i < 50; i++)
		(void)sprintf(header + strlen(header), " w%d", i);
	(void)strcat(header, "\nTo: a@x");
	for (int i = 0; i < 50; i++)
		(void)sprintf(header + strlen(header), ", a%d@x", i);
	mime_header(brg_cstr(header), arena, &h);
	correlate_clues(&rules, &h, arena, &c);
	ck_assert_uint_eq(c.n_words, CORRELATE_HASHES_MAX);
	ck_assert_uint_eq(c.n_addresses, CORRELATE_HASHES_MAX);
	check_sorted(c.words, c.n_words);
	check_sorted(c.addresses, c.n_addresses);
}
END_TEST

/* ---- which one is picked --------------------------------------------------------------------*/

/* The reader is anna, who has another address: anna2. Candidates: WAY CLUE @ when : people, "!"
 * behind a report, "<" behind a mail of ours. expect: how, which, the code's number, the field
 * of an id. */
static const struct {
	const char *ways, *people, *candidates, *expect;
} choice_rows[] = {
#define CHOICE_ROWS
#include "tests/unit/correlate_rows.h"
#undef CHOICE_ROWS
};

static const struct brg_str own[] = { { "anna", 4 }, { "anna2", 5 } };

static size_t split(const char *list, const char *between, struct brg_str *to)
{
	char *at = (char *)(uintptr_t)arena_str(arena, brg_cstr(list)).ptr, *word;
	size_t n = 0;

	while ((word = strsep(&at, between)))
		if (*word)
			to[n++] = brg_cstr(word);
	return n;
}

static void read_candidate(struct brg_str word, struct correlate_candidate *c)
{
	static const char *const ways[] = { "none",  "skipped", "header", "reply",
					    "token", "index",	"smart" };
	static const uint32_t words[] = { 7, 8 };
	struct brg_str *people = arena_alloc(arena, 16 * sizeof(*people));
	const char *p = strchr(word.ptr, '@'), *list = strchr(word.ptr, ':') + 1;

	*c = (struct correlate_candidate){ .words = words, .n_words = 2, .addresses = people };
	for (int i = 0; i < 7; i++)
		if (strncmp(word.ptr, ways[i], strlen(ways[i])) == 0)
			c->method = i;
	c->clue = (size_t)(p[-1] - '0');
	c->sorted_us = NOW_US - (9 - atoi(p + 1)) * DAY_US;
	c->report = word.ptr[word.len - 1] == '!';
	c->outgoing = word.ptr[word.len - 1] == '<';
	if (c->report || c->outgoing)
		((char *)(uintptr_t)word.ptr)[word.len - 1] = '\0';
	c->n_addresses = split(list, ",", people);
}

static void check_params(const struct correlate_result *r)
{
	const char *const texts[] = { r->rule->en, r->rule->sv, r->rule->help };

	ck_assert(faults_is(r->rule));
	for (size_t i = 0; i < 3; i++)
		for (const char *p = texts[i]; (p = strchr(p, '{')); p++) {
			char key[64];

			(void)snprintf(key, sizeof(key), "%.*s=", (int)strcspn(p + 1, "}"), p + 1);
			ck_assert_msg(strstr(r->params, key) != NULL, "%s lacks %s", r->rule->code,
				      key);
		}
	ck_assert_ptr_null(strstr(r->params, "erik"));
	ck_assert_ptr_null(strstr(r->params, "anna"));
}

static const char *told(const struct correlate_result *r, char *to, size_t size)
{
	const char *field = strstr(r->params, "field=");
	char which[16] = "";

	if (r->method > CORRELATION_SKIPPED)
		(void)snprintf(which, sizeof(which), " %zu", r->candidate);
	(void)snprintf(to, size, "%s%s%s%s", correlation_name(r->method), which, r->rule ? " " : "",
		       r->rule ? r->rule->code + 9 : "");
	if (r->method == CORRELATION_REPLY)
		(void)snprintf(to + strlen(to), size - strlen(to), " %.*s",
			       (int)strcspn(field + 6, "\n"), field + 6);
	return to;
}

START_TEST(choices)
{
	const struct correlate_rules rules = rules_of(choice_rows[_i].ways);
	const struct correlate_clues clues = { .words = { 7, 8 }, .n_words = 2, .replies = 1 };
	struct correlate_candidate candidates[8];
	struct brg_str words[8], people[8];
	struct correlate_result r;
	size_t n = split(choice_rows[_i].candidates, " ", words);
	size_t n_people = split(choice_rows[_i].people, " ", people);
	char got[128];

	for (size_t i = 0; i < n; i++)
		read_candidate(words[i], &candidates[i]);
	memset(&r, 0xAA, sizeof(r));
	correlate_choose(&rules, &clues, people, n_people, own, 2, candidates, n, NOW_US, &r);
	ck_assert_msg(strcmp(told(&r, got, sizeof(got)), choice_rows[_i].expect) == 0,
		      "row %d: %s | %s | %s: %s, not %s", _i, choice_rows[_i].ways,
		      choice_rows[_i].people, choice_rows[_i].candidates, got,
		      choice_rows[_i].expect);
	if (r.rule)
		check_params(&r);
}
END_TEST

/* Subjects and people of a mail and of one of the store, its age in days, the settings. */
static const struct {
	const char *subject, *people, *their_subject, *their_people;
	int age, delta, addresses;
	bool expect;
} smart_rows[] = {
#define SMART_ROWS
#include "tests/unit/correlate_rows.h"
#undef SMART_ROWS
};

START_TEST(smart)
{
	struct correlate_rules rules = rules_of("rtis");
	struct mime_header mine = { .subject = brg_cstr(smart_rows[_i].subject) };
	struct mime_header theirs = { .subject = brg_cstr(smart_rows[_i].their_subject) };
	struct correlate_clues clues, stored;
	struct correlate_candidate c;
	struct correlate_result r;
	struct brg_str people[8], their_people[8];
	size_t n = split(smart_rows[_i].people, " ", people);

	rules.smart_subject_delta = smart_rows[_i].delta;
	rules.smart_addresses = smart_rows[_i].addresses;
	correlate_clues(&rules, &mine, arena, &clues);
	correlate_clues(&rules, &theirs, arena, &stored);
	c = (struct correlate_candidate){
		.method = CORRELATION_SMART,
		.sorted_us = NOW_US - smart_rows[_i].age * DAY_US,
		.addresses = their_people,
		.n_addresses = split(smart_rows[_i].their_people, " ", their_people),
		.words = stored.words,
		.n_words = stored.n_words,
	};
	correlate_choose(&rules, &clues, people, n, own, 2, &c, 1, NOW_US, &r);
	ck_assert_msg((r.method == CORRELATION_SMART) == smart_rows[_i].expect, "row %d", _i);
	ck_assert(smart_rows[_i].expect || !r.rule);
	/* It is as like the other way round. */
	clues = stored;
	correlate_clues(&rules, &mine, arena, &stored);
	c.words = stored.words;
	c.n_words = stored.n_words;
	c.addresses = people;
	c.n_addresses = n;
	n = split(smart_rows[_i].their_people, " ", their_people);
	correlate_choose(&rules, &clues, their_people, n, own, 2, &c, 1, NOW_US, &r);
	ck_assert_msg((r.method == CORRELATION_SMART) == smart_rows[_i].expect, "row %d back", _i);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(correlation_name(CORRELATION_HEADER), "XHeader");
	ck_assert_str_eq(correlation_name(CORRELATION_SKIPPED), "Skipped");
	ck_assert_str_eq(correlation_name(-1), "None");
	ck_assert_str_eq(correlation_name(7), "None");
	for (const struct brg_fault *const *f = correlate_faults; *f; f++) {
		bool found = false;

		for (size_t i = 0; i < sizeof(choice_rows) / sizeof(choice_rows[0]); i++)
			found = found || strstr(choice_rows[i].expect, (*f)->code + 9);
		ck_assert_msg(found, "no case for %s", (*f)->code);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("correlate");
	TCase *t = tcase_create("correlate");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, clues_of_headers, 0, sizeof(clue_rows) / sizeof(clue_rows[0]));
	tcase_add_loop_test(t, tokens_of_headers, 0, sizeof(token_rows) / sizeof(token_rows[0]));
	tcase_add_test(t, many_references);
	tcase_add_test(t, likeness);
	tcase_add_loop_test(t, choices, 0, sizeof(choice_rows) / sizeof(choice_rows[0]));
	tcase_add_loop_test(t, smart, 0, sizeof(smart_rows) / sizeof(smart_rows[0]));
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
