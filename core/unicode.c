/* SPDX-License-Identifier: Apache-2.0 */
#include "core/unicode.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* So that a text in another form has a length that ICU can count. */
#define TEXT_MAX (64u * 1024 * 1024)

struct wide {
	UChar *at;
	int32_t n;
};

static bool widen(struct brg_str s, struct brg_arena *arena, struct wide *out)
{
	UErrorCode status = U_ZERO_ERROR;

	if (s.len > TEXT_MAX)
		return false;
	out->at = arena_alloc(arena, (s.len + 1) * sizeof(UChar));
	u_strFromUTF8(out->at, (int32_t)s.len + 1, &out->n, s.ptr, (int32_t)s.len, &status);
	return U_SUCCESS(status);
}

static struct brg_str narrow(const struct wide *w, struct brg_arena *arena)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t room = 3 * w->n + 1, n = 0; /* a unit is at most three bytes */
	char *p = arena_alloc(arena, (size_t)room);

	u_strToUTF8(p, room, &n, w->at, w->n, &status);
	return (struct brg_str){ p, U_SUCCESS(status) ? (size_t)n : 0 };
}

/* Mostly it grows little; where it grows more, ICU says how much. */
static bool normalize(const UNormalizer2 *form, const struct wide *in, struct brg_arena *arena,
		      struct wide *out)
{
	int32_t room = in->n + in->n / 8 + 32;

	for (int i = 0; i < 2; i++) {
		UErrorCode status = U_ZERO_ERROR;

		out->at = arena_alloc(arena, (size_t)room * sizeof(UChar));
		out->n = unorm2_normalize(form, in->at, in->n, out->at, room, &status);
		if (U_SUCCESS(status))
			return true;
		if (status != U_BUFFER_OVERFLOW_ERROR)
			return false;
		room = out->n + 1;
	}
	return false;
}

struct brg_str unicode_nfc(struct brg_str text, struct brg_arena *arena)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
	struct wide w, done;

	if (U_FAILURE(status) || !widen(text, arena, &w) ||
	    unorm2_quickCheck(nfc, w.at, w.n, &status) == UNORM_YES ||
	    !normalize(nfc, &w, arena, &done))
		return text;
	return narrow(&done, arena);
}

struct brg_str unicode_casefold(struct brg_str text, struct brg_arena *arena)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
	struct wide w, done;

	if (U_FAILURE(status) || !widen(text, arena, &w) || !normalize(fold, &w, arena, &done))
		return text;
	return narrow(&done, arena);
}
