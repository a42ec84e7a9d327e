/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of (text that a person wrote -> the lines that he is told).
 */
#ifndef BRG_TEST_PROBLEM_TEXT_H
#define BRG_TEST_PROBLEM_TEXT_H

#include "core/problems.h"

#include <check.h>
#include <stdlib.h>

struct text_case {
	const char *text;
	const char *expected; /* "" or lines, each with its end */
};

/* What problems_print() writes, on the heap. */
static inline char *problem_text(struct problems *problems, const char *lang)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	problems_print(problems, f, lang);
	(void)fclose(f);
	return text;
}

static inline void expect_problems(struct problems *problems, const struct text_case *c)
{
	char *text = problem_text(problems, "en");

	ck_assert_msg(strcmp(text, c->expected) == 0, "for:\n%s\nexpected:\n%s\ngot:\n%s", c->text,
		      c->expected, text);
	free(text);
}

#endif
