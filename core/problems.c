/* SPDX-License-Identifier: Apache-2.0
 *
 * A person who repairs a file wants to hear everything at once, in the order of the lines.
 * So the readers of files do not stop at the first fault; they add it here and go on.
 */
#include "core/problems.h"

#include "core/faults.h"

#include <stdlib.h>

void problems_init(struct problems *problems, struct brg_arena *arena)
{
	*problems = (struct problems){ .arena = arena };
}

static struct problem *grow(struct problems *problems)
{
	struct problem *grown;

	if (problems->n == problems->room) {
		problems->room = problems->room ? 2 * problems->room : 16;
		grown = arena_alloc(problems->arena, problems->room * sizeof(*grown));
		if (problems->n)
			memcpy(grown, problems->list, problems->n * sizeof(*grown));
		problems->list = grown;
	}
	return &problems->list[problems->n++];
}

int problem_add(struct problems *problems, const char *file, int line,
		const struct brg_fault *fault, const char *fmt, ...)
{
	struct problem *p = grow(problems);
	char params[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(params, sizeof(params), fmt, ap);
	va_end(ap);
	*p = (struct problem){ .file = file, .line = line, .fault = fault };
	p->params = arena_str(problems->arena, brg_cstr(params));
	return fault->cls;
}

int problem_err(struct problems *problems, const char *file, int line, const struct brg_err *err)
{
	struct problem *p = grow(problems);

	*p = (struct problem){ .file = file, .line = line, .fault = err->fault };
	p->params = arena_str(problems->arena, brg_cstr(err->params));
	p->said = arena_str(problems->arena, brg_cstr(err->said));
	return err->code;
}

/* A problem and where it stood, because qsort() does not keep the order of equals. */
struct place {
	struct problem problem;
	size_t file, at;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->problem.line != y->problem.line)
		return x->problem.line < y->problem.line ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

void problems_sort(struct problems *problems)
{
	struct place *places;

	if (problems->n < 2)
		return;
	places = xcalloc(problems->n, sizeof(*places));
	for (size_t i = 0; i < problems->n; i++) {
		places[i] = (struct place){ problems->list[i], i, i };
		for (size_t j = 0; j < i; j++)
			if (strcmp(problems->list[j].file, problems->list[i].file) == 0) {
				places[i].file = places[j].file;
				break;
			}
	}
	qsort(places, problems->n, sizeof(*places), by_place);
	for (size_t i = 0; i < problems->n; i++)
		problems->list[i] = places[i].problem;
	free(places);
}

void problems_print(struct problems *problems, FILE *out, const char *lang)
{
	problems_sort(problems);
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->list[i];
		char text[1536], line[16] = "";

		fault_render(p->fault, p->params, lang, text, sizeof(text));
		if (p->line > 0)
			(void)snprintf(line, sizeof(line), ":%d", p->line);
		/* One call is one write: workers log to the same place. */
		(void)fprintf(out, "%s%s: %s%s%s%s\n", p->file, line, text, p->said.len ? " (" : "",
			      p->said.len ? p->said.ptr : "", p->said.len ? ")" : "");
	}
}

int problems_first(const struct problems *problems, struct brg_err *err)
{
	const struct problem *p = problems->list;

	if (problems->n == 0)
		return 0;
	brg_fail(err, p->fault, "%.*s", (int)p->params.len, p->params.len ? p->params.ptr : "");
	return brg_said(err, p->said);
}

/* Edit distance with swapped neighbours counted as one; words longer than 63 are far. */
static unsigned distance(struct brg_str a, const char *b)
{
	unsigned rows[3][64], *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t n = strlen(b);

	if (a.len > 63 || n > 63)
		return 64;
	for (size_t j = 0; j <= n; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = last[j - 1] + (a.ptr[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.ptr[i - 1] == b[j - 2] &&
			    a.ptr[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[n];
}

const char *problems_nearest(struct brg_str word, const char *const *names, size_t n)
{
	const char *found = NULL;
	unsigned best = (unsigned)(word.len < 4 ? 1 : (word.len + 1) / 3);

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, names[i]);

		if (d < best || (d == best && !found)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

const char *problems_show(struct brg_arena *arena, struct brg_str text)
{
	bool cut = text.len > 60;
	size_t n = cut ? 57 : text.len;
	char *out;

	/* Not in the middle of a character. */
	while (cut && n > 0 && ((unsigned char)text.ptr[n] & 0xC0) == 0x80)
		n--;
	out = arena_printf(arena, "%.*s%s", (int)n, n ? text.ptr : "", cut ? "..." : "");
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return out;
}
