/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of recurrence, as servers send them: refused, or in one spelling with the same occurrences,
 * which are in order and known again.
 *
 * Input: the start, a line end, where to look from, a line end, the rule.
 */
#include "core/recur.h"
#include "tests/fuzz/check_text.h"
#include "tests/fuzz/fuzz.h"

#define MOST 6

struct told {
	struct brg_arena *arena;
	struct brg_str at[MOST];
	size_t n;
};

static bool tell(void *arg, struct brg_str start)
{
	struct told *told = arg;

	told->at[told->n++] = arena_str(told->arena, start);
	return true;
}

static struct brg_str next_line(struct brg_str *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	const size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
	const struct brg_str out = { rest->ptr, n };

	*rest = (struct brg_str){ rest->ptr + n + (end != NULL), rest->len - n - (end != NULL) };
	return out;
}

static void check_series(struct brg_str rule, struct brg_str same, struct brg_str start,
			 struct brg_str from, struct brg_arena *arena)
{
	struct told one = { .arena = arena }, two = { .arena = arena };
	struct brg_str last;

	PROMISE(recur_expand(rule, start, from, MOST, tell, &one) == one.n && one.n <= MOST);
	(void)recur_expand(same, start, from, MOST, tell, &two);
	PROMISE(one.n == two.n);
	for (size_t i = 0; i < one.n; i++) {
		PROMISE(brg_str_eq(one.at[i], two.at[i]));
		PROMISE(one.at[i].len == start.len);
		PROMISE(memcmp(one.at[i].ptr, start.ptr, start.len) >= 0);
		PROMISE(i == 0 || memcmp(one.at[i - 1].ptr, one.at[i].ptr, start.len) < 0);
		PROMISE(!from.len || memcmp(one.at[i].ptr, from.ptr, start.len) >= 0);
		PROMISE(recur_has(rule, start, one.at[i]));
	}
	if (!recur_last(rule, start, arena, &last))
		return;
	PROMISE(recur_has(rule, start, last));
	for (size_t i = 0; i < one.n; i++)
		PROMISE(memcmp(one.at[i].ptr, last.ptr, start.len) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct brg_str rule = arena_dup(arena, bytes, n), out, again;
	const struct brg_str start = next_line(&rule), from = next_line(&rule);

	if (recur_canonical(rule, arena, &out)) {
		check_text(out, false);
		PROMISE(recur_canonical(out, arena, &again) && brg_str_eq(out, again));
		check_series(rule, out, start, from, arena);
	} else {
		PROMISE(!recur_last(rule, start, arena, &out));
	}
	arena_free(&arena);
	return 0;
}
