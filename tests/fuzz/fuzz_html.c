/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML as text: whatever stands in it, text comes out, the same in whichever pieces it went in, and
 * with less room the beginning of the same. The first two bytes choose room and pieces.
 */
#include "core/html.h"
#include "core/utf8.h"
#include "tests/fuzz/check_text.h"

#define ROOM (1024 * 1024)

/* What charset conversion hands over: text of lines. */
static struct brg_str clean(const uint8_t *bytes, size_t n, struct brg_arena *arena)
{
	char *out = arena_alloc(arena, n + 1);
	size_t k = 0;

	for (size_t i = 0, len; i < n; i += len) {
		uint32_t point = 0;

		len = utf8_char(bytes + i, n - i, &point);
		if (bytes[i] == '\n' || bytes[i] == '\t' ||
		    (len && utf8_plain((struct brg_str){ (const char *)bytes + i, len }))) {
			memcpy(out + k, bytes + i, len);
			k += len;
		} else {
			len = 1;
			out[k++] = '?';
		}
	}
	return (struct brg_str){ out, k };
}

static struct brg_str convert(struct brg_str html, size_t max, size_t chunk, bool *cut,
			      struct brg_arena *arena)
{
	struct html *h = html_open(max, arena);
	struct brg_str out;

	for (size_t i = 0, n; i < html.len; i += n) {
		n = html.len - i < chunk ? html.len - i : chunk;
		while (i + n < html.len && ((unsigned char)html.ptr[i + n] & 0xC0) == 0x80)
			n++;
		/* A copy, so that a sanitizer sees the end of the piece. */
		html_put(h, arena_dup(arena, html.ptr + i, n).ptr, n);
	}
	out = html_end(h, cut);
	check_text(out, true);
	PROMISE(out.len <= max);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct brg_str html, whole, pieces, begin;
	size_t room, chunk;
	bool cut;

	if (n >= 2) {
		room = (size_t)bytes[0] * 4;
		chunk = bytes[1] % 64 + 1u;
		html = clean(bytes + 2, n - 2, arena);
		whole = convert(html, ROOM, html.len + 1, &cut, arena);
		PROMISE(!cut && whole.len <= 64 * html.len);
		pieces = convert(html, ROOM, chunk, &cut, arena);
		PROMISE(!cut && brg_str_eq(whole, pieces));
		begin = convert(html, room, chunk, &cut, arena);
		PROMISE(cut == (whole.len > room) && begin.len <= whole.len);
		PROMISE(brg_str_eq(begin, (struct brg_str){ whole.ptr, begin.len }));
		PROMISE(cut || brg_str_eq(begin, whole));
	}
	arena_free(&arena);
	return 0;
}
