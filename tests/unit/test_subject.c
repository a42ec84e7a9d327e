/* SPDX-License-Identifier: Apache-2.0
 *
 * What a subject tells, in the shapes in which it comes back: tracking tokens, and what the mail
 * is about.
 */
#include "core/correlate-private.h"

#include <check.h>
#include <stdlib.h>

static const struct brg_str prefixes[] = {
	{ "CRM:", 4 }, { "Case", 4 }, { "Case#", 5 }, { "[", 1 }, { "OLD-", 4 }, { "", 0 },
};
static const struct correlate_rules rules = { .token = true,
					      .prefixes = prefixes,
					      .n_prefixes = 6 };
static const struct correlate_rules without = { .token = true };
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

static const char *const tails[] = { "",   "0",	 "0000000042", "x",  " 00042", ":",
				     "]:", "):", "^2:",	       ".:", "\x80" };
#define TAILS (sizeof(tails) / sizeof(tails[0]))

/* The text with something before and behind it that is not its own, as in the middle of a block. */
static struct brg_str amid(const char *text, size_t t)
{
	const char *block = arena_printf(arena, "%c%s%s", t % 2 ? ' ' : 'a', text, tails[t]);

	return (struct brg_str){ block + 1, strlen(text) };
}

/* ---- tokens ---------------------------------------------------------------------------------*/

/* A subject, and the tokens in it: the last one first, blanks between. */
static const struct {
	const char *subject, *tokens;
} tokens[] = {
	/* Nothing. */
	{ "", "" },
	{ "hello", "" },
	{ "CRM:", "" },
	{ "CRM", "" },
	{ "CRM:hello", "" },
	{ "0001001", "" },
	{ "CRM 0001001", "" },
	{ "XYZ:0001001", "" },
	/* Ours, and where it can stand. */
	{ "CRM:0000000042", "CRM:0000000042" },
	{ "hello CRM:0000000042", "CRM:0000000042" },
	{ "CRM:0000000042 hello", "CRM:0000000042" },
	{ "Re: [CRM:0000000042] hello", "CRM:0000000042" },
	{ "hello (CRM:0000000042), thanks", "CRM:0000000042" },
	{ "hello CRM:0000000042.", "CRM:0000000042" },
	{ "\xe5\x9b\x9e\xe5\xa4\x8d"
	  "CRM:0000000042\xe3\x80\x82",
	  "CRM:0000000042" },
	/* That of the original, and as long and short as it could be configured. */
	{ "Order CRM:0001001", "CRM:0001001" },
	{ "CRM:0011", "CRM:0011" },
	{ "CRM:011", "CRM:011" },
	{ "CRM:01", "" },
	{ "CRM:01234567890123456789", "CRM:01234567890123456789" },
	{ "CRM:012345678901234567890", "" },
	/* Digits or letters more and it is another one, or none. */
	{ "CRM:00010010", "CRM:00010010" },
	{ "CRM:0001001x", "" },
	{ "CRM:0001001x CRM:0001002", "CRM:0001002" },
	{ "XCRM:0001001", "" },
	{ "1CRM:0001001", "" },
	{ "-CRM:0001001", "CRM:0001001" },
	/* In any case, in the listed spelling. */
	{ "crm:0000000042", "CRM:0000000042" },
	{ "Crm:0000000042", "CRM:0000000042" },
	{ "CASE#0001001", "Case#0001001" },
	/* Former prefixes, and those that begin with a sign. */
	{ "hello OLD-0001001", "OLD-0001001" },
	{ "hello [0001001]", "[0001001" },
	{ "hello[0001001]", "[0001001" },
	{ "OLD-CRM:0001001", "CRM:0001001" },
	/* Blanks that programs put in. */
	{ "CRM: 0000000042", "CRM:0000000042" },
	{ "CRM :0000000042", "CRM:0000000042" },
	{ "CRM : 0000000042", "CRM:0000000042" },
	{ "CR M:0000000042", "CRM:0000000042" },
	{ "CRM:\t0000000042", "CRM:0000000042" },
	{ "CRM\xc2\xa0:\xc2\xa0"
	  "0000000042",
	  "CRM:0000000042" },
	{ "CRM: 365 days", "CRM:365" },
	/* Folded within the digits: what they were, if they are as many as we write. */
	{ "CRM:00000 00042", "CRM:00000 CRM:0000000042" },
	{ "CRM:0 000000042", "CRM:0000000042" },
	{ "CRM:0 00000 0042 more", "CRM:0000000042" },
	{ "CRM:00000 00042x", "CRM:00000" },
	{ "CRM:00000 x 00042", "CRM:00000" },
	{ "CRM:0001001 2026", "CRM:0001001" },
	{ "CRM:0001001 123", "CRM:0001001 CRM:0001001123" },
	{ "CRM:0000000042 1", "CRM:0000000042" },
	{ "CRM:00000  00042", "CRM:00000" },
	/* Several: the last one was added last; one that stands twice is one. */
	{ "CRM:0000000001 CRM:0000000002", "CRM:0000000002 CRM:0000000001" },
	{ "CRM:0000000001 Case#0001001", "Case#0001001 CRM:0000000001" },
	{ "CRM:0000000001 CRM:0000000002 CRM:0000000001", "CRM:0000000001 CRM:0000000002" },
	{ "crm:0000000001 CRM:0000000001", "CRM:0000000001" },
	{ "CRM:001 CRM:002 CRM:003 CRM:004 CRM:005", "CRM:005 CRM:004 CRM:003 CRM:002" },
	{ "CRM:001 CRM:002 CRM:003 CRM:004 CRM:001", "CRM:001 CRM:004 CRM:003 CRM:002" },
	{ "CRM:CRM:0000000001", "CRM:0000000001" },
	/* Bytes that are no characters are no blanks. */
	{ "CRM: \xff"
	  "0000000042",
	  "" },
	{ "\xc2 CRM:0000000042\xc2", "CRM:0000000042" },
};

START_TEST(token_rows)
{
	struct correlate_clues clues = { 0 };

	for (size_t t = 0; t < TAILS; t++) {
		char got[256] = "";

		clues.n_tokens = 0;
		correlate_tokens(&rules, amid(tokens[_i].subject, t), arena, &clues);
		for (size_t i = 0; i < clues.n_tokens; i++)
			(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
				       i ? " " : "", (int)clues.tokens[i].len, clues.tokens[i].ptr);
		ck_assert_msg(strcmp(got, tokens[_i].tokens) == 0, "row %d.%zu: %s: %s, not %s", _i,
			      t, tokens[_i].subject, got, tokens[_i].tokens);
	}
	clues.n_tokens = 0;
	correlate_tokens(&without, brg_cstr(tokens[_i].subject), arena, &clues);
	ck_assert_uint_eq(clues.n_tokens, 0);
}
END_TEST

/* What is written is found again, whatever its number. */
START_TEST(there_and_back)
{
	uint64_t number = 0;

	for (int i = 0; i < 2000; i++) {
		struct brg_str token = correlate_token(prefixes[i % 5], number, arena);
		struct brg_str subject = correlate_subject(&rules, brg_cstr("Re: the crane 2026"),
							   token, 255, arena);
		struct correlate_clues clues = { 0 };

		ck_assert_uint_eq(token.len, prefixes[i % 5].len + TOKEN_DIGITS);
		correlate_tokens(&rules, subject, arena, &clues);
		ck_assert_uint_eq(clues.n_tokens, 1);
		ck_assert(brg_str_eq(clues.tokens[0], token));
		number = (number * UINT64_C(6364136223846793005) + 1442695040888963407u) %
			 UINT64_C(10000000000);
	}
}
END_TEST

/* ---- subjects of ours -----------------------------------------------------------------------*/

static const struct {
	const char *subject, *token;
	size_t max;
	const char *expect;
} subjects[] = {
	{ "hello", "CRM:0000000042", 255, "hello CRM:0000000042" },
	{ "", "CRM:0000000042", 255, "CRM:0000000042" },
	{ "  hello  ", "CRM:0000000042", 255, "hello CRM:0000000042" },
	/* Its own is not added again, another's is replaced. */
	{ "hello CRM:0000000042", "CRM:0000000042", 255, "hello CRM:0000000042" },
	{ "Re: hello CRM:0000000041", "CRM:0000000042", 255, "Re: hello CRM:0000000042" },
	{ "Re: CRM:0000000041 hello", "CRM:0000000042", 255, "Re: hello CRM:0000000042" },
	{ "CRM:0000000041 hello", "CRM:0000000042", 255, "hello CRM:0000000042" },
	{ "a CRM:0000000040 b crm: 0000000041", "CRM:0000000042", 255, "a b CRM:0000000042" },
	{ "hello OLD-0001001", "CRM:0000000042", 255, "hello CRM:0000000042" },
	{ "CRM:0000000041", "CRM:0000000042", 255, "CRM:0000000042" },
	{ "CRM:0000000041 CRM:0000000040", "CRM:0000000042", 255, "CRM:0000000042" },
	/* What only a person can have written stays. */
	{ "CRM:365 and CRM: 2026", "CRM:0000000042", 255, "CRM:365 and CRM: 2026 CRM:0000000042" },
	{ "XCRM:0000000041", "CRM:0000000042", 255, "XCRM:0000000041 CRM:0000000042" },
	{ "CRM:01234567890123456789 a", "CRM:0000000042", 255, "a CRM:0000000042" },
	{ "CRM:012345678901234567890", "CRM:0000000042", 255,
	  "CRM:012345678901234567890 CRM:0000000042" },
	{ "CRM:00000 00041", "CRM:0000000042", 255, "CRM:00000 00041 CRM:0000000042" },
	/* Cut so that both fit, between characters. */
	{ "hello", "CRM:0000000042", 20, "hello CRM:0000000042" },
	{ "hello", "CRM:0000000042", 19, "hell CRM:0000000042" },
	{ "a bcde", "CRM:0000000042", 17, "a CRM:0000000042" },
	{ "hello", "CRM:0000000042", 16, "h CRM:0000000042" },
	{ "hello", "CRM:0000000042", 15, "CRM:0000000042" },
	{ "hello", "CRM:0000000042", 14, "CRM:0000000042" },
	{ "h\xc3\xa5llo", "CRM:0000000042", 18, "h\xc3\xa5 CRM:0000000042" },
	{ "h\xc3\xa5llo", "CRM:0000000042", 17, "h CRM:0000000042" },
	{ "\xf0\x9f\x98\x80x", "CRM:0000000042", 18, "CRM:0000000042" },
	{ "\xf0\x9f\x98\x80x", "CRM:0000000042", 19, "\xf0\x9f\x98\x80 CRM:0000000042" },
	/* Alone, where there is no token or no room for it. */
	{ "hello CRM:0000000041", "CRM:0000000042", 13, "hello CRM:000" },
	{ "hello CRM:0000000041", "", 255, "hello CRM:0000000041" },
	{ "hello", "", 3, "hel" },
	{ "h\xc3\xa5llo", "CRM:0000000042", 2, "h" },
	{ "hello", "CRM:0000000042", 0, "" },
	{ "", "", 0, "" },
};

START_TEST(subject_rows)
{
	for (size_t t = 0; t < TAILS; t++) {
		struct brg_str token = amid(subjects[_i].token, t), got, again;

		got = correlate_subject(&rules, amid(subjects[_i].subject, t), token,
					subjects[_i].max, arena);
		ck_assert_msg(brg_str_eq(got, brg_cstr(subjects[_i].expect)),
			      "row %d.%zu: \"%.*s\", not \"%s\"", _i, t, (int)got.len, got.ptr,
			      subjects[_i].expect);
		ck_assert_uint_le(got.len, subjects[_i].max);
		again = correlate_subject(&rules, got, token, subjects[_i].max, arena);
		ck_assert(brg_str_eq(got, again));
	}
}
END_TEST

/* ---- topics ---------------------------------------------------------------------------------*/

static const struct {
	const char *subject, *topic;
} topics[] = {
	{ "", "" },
	{ "The crane", "the crane" },
	{ "  The\t crane ", "the crane" },
	/* What is no word with a colon stays. */
	{ "The crane: broken", "the crane: broken" },
	{ "[list] Re: x", "[list] re: x" },
	{ ": x", ": x" },
	{ "Re x", "re x" },
	{ "Re", "re" },
	{ "(Re): x", "(re): x" },
	/* As the original had it: leading groups of a word, a blank, a colon. */
	{ "Re: The crane", "the crane" },
	{ "RE: FW: Re: The crane", "the crane" },
	{ "RE:FW:The crane", "the crane" },
	{ "Re : x", "x" },
	{ " Re: x", "x" },
	{ "Invoice: x", "x" },
	{ "re_2: x", "x" },
	{ "Re:", "" },
	{ "Re: Fwd:", "" },
	{ "Re: Fwd: ", "" },
	/* Answers and forwards in all languages. */
	{ "Fwd: x", "x" },
	{ "AW: WG: x", "x" },
	{ "SV: VB: x", "x" },
	{ "VS: VL: x", "x" },
	{ "Ang: x", "x" },
	{ "Ang.: x", "x" },
	{ "Vedr.: x", "x" },
	{ "TR: x", "x" },
	{ "R\xc3\xa9"
	  "f : x",
	  "x" },
	{ "RV: x", "x" },
	{ "ENC: RES: x", "x" },
	{ "R: I: x", "x" },
	{ "Odp: PD: x", "x" },
	{ "Antw: Doorst: x", "x" },
	{ "Ynt: \xc4\xb0lt: x", "x" },
	{ "\xce\x91\xce\xa0: \xce\xa3\xce\xa7\xce\x95\xce\xa4: x", "x" },
	{ "\xd0\x9e\xd1\x82\xd0\xb2\xd0\xb5\xd1\x82: x", "x" },
	{ "\xe5\x9b\x9e\xe5\xa4\x8d: x", "x" },
	{ "\xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9ax", "x" },
	{ "\xe8\xbd\xac\xe5\x8f\x91\xef\xbc\x9a \xe7\xad\x94\xe5\xa4\x8d\xef\xbc\x9a\xe3\x80\x80x",
	  "x" },
	{ "Re\xc2\xa0: x\xc2\xa0y", "x y" },
	/* With the number of answers. */
	{ "Re[2]: x", "x" },
	{ "RE(3): x", "x" },
	{ "Re^4: x", "x" },
	{ "Re[2] : Re[1]: x", "x" },
	{ "Re[]: x", "re[]: x" },
	{ "Re[2: x", "re[2: x" },
	{ "Re[x]: x", "re[x]: x" },
	{ "Re^: x", "re^: x" },
	{ "Re[2", "re[2" },
	{ "Re(2", "re(2" },
	{ "Re^", "re^" },
	{ "Re.", "re." },
	{ "Re ", "re" },
	/* Signs and blanks of all kinds are no letters. */
	{ "Re\xe2\x80\x94: x", "re\xe2\x80\x94: x" },
	{ "Re\xef\xbc\x81: x", "re\xef\xbc\x81: x" },
	{ "Re\xef\xbc\x8f: x", "re\xef\xbc\x8f: x" },
	{ "\xc3\x97: x", "\xc3\x97: x" },
	{ "\xc3\xb7: x", "\xc3\xb7: x" },
	/* A word in quotes is none. */
	{ "\xe2\x80\x9cRe\xe2\x80\x9d: x", "\xe2\x80\x9cre\xe2\x80\x9d: x" },
	/* The token is the mail's, not the topic's. */
	{ "The crane CRM:0000000042", "the crane" },
	{ "CRM:0000000042 Re: The crane", "the crane" },
	{ "Re: The CRM:0001001 crane", "the crane" },
	{ "CRM:0000000042", "" },
	{ "CRM:365 x", "365 x" },
	/* Case, beyond ASCII too, and letters that are put together. */
	{ "R\xc3\x84KSM\xc3\x96RG\xc3\x85S", "r\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s" },
	{ "A\xcc\x8aR", "\xc3\xa5r" },
	{ "\xd0\x9a\xd0\xa0\xd0\x90\xd0\x9d", "\xd0\xba\xd1\x80\xd0\xb0\xd0\xbd" },
};

START_TEST(topic_rows)
{
	for (size_t t = 0; t < TAILS; t++) {
		struct brg_str subject = amid(topics[_i].subject, t);
		struct brg_str got = correlate_topic(&rules, subject, arena);

		ck_assert_msg(brg_str_eq(got, brg_cstr(topics[_i].topic)),
			      "row %d.%zu: %s: \"%.*s\", not \"%s\"", _i, t, topics[_i].subject,
			      (int)got.len, got.ptr, topics[_i].topic);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("subject");
	TCase *t = tcase_create("subject");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, token_rows, 0, sizeof(tokens) / sizeof(tokens[0]));
	tcase_add_test(t, there_and_back);
	tcase_add_loop_test(t, subject_rows, 0, sizeof(subjects) / sizeof(subjects[0]));
	tcase_add_loop_test(t, topic_rows, 0, sizeof(topics) / sizeof(topics[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
