/* SPDX-License-Identifier: Apache-2.0
 *
 * A header block is split in one pass, and only the wanted fields are copied.
 */
#include "core/mime-private.h"

#include "core/utf8.h"

#include <strings.h>

bool mime_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int which_field(const struct mime_field *wanted, size_t n_wanted, const char *p, size_t n)
{
	for (size_t i = 0; i < n_wanted; i++)
		if (wanted[i].len == n && strncasecmp(wanted[i].name, p, n) == 0)
			return (int)i;
	return -1;
}

/* The value on one line, with a NUL behind it: controls, folds included, become blanks. */
static struct brg_str unfold(const char *p, size_t n, size_t max, struct brg_arena *arena)
{
	struct brg_str out;
	char *to;
	size_t k = 0;

	while (n && (mime_blank(*p) || *p == '\r' || *p == '\n')) {
		p++;
		n--;
	}
	if (n > max)
		n = max;
	to = arena_alloc(arena, n + 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\r' && i + 1 < n && p[i + 1] == '\n')
			continue;
		/* The line end of a fold goes, its blank stays. */
		if (c == '\n' && i + 1 < n && mime_blank(p[i + 1]))
			continue;
		to[k++] = c >= 0x20 ? (char)c : ' ';
	}
	while (k && to[k - 1] == ' ')
		k--;
	to[k] = '\0';
	out = (struct brg_str){ to, k };
	return out;
}

const char *mime_field_end(const char *p, const char *end)
{
	do {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	} while (p < end && mime_blank(*p));
	return p;
}

void mime_split(struct brg_str block, const struct mime_field *wanted, size_t n_wanted,
		struct brg_arena *arena, struct brg_str *out)
{
	const char *p = block.ptr, *end, *next, *colon, *name_end;
	size_t n = block.len < MIME_HEADER_MAX ? block.len : MIME_HEADER_MAX;
	int which;

	for (end = p + n; p < end; p = next) {
		if (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'))
			return; /* the empty line */
		next = mime_field_end(p, end);
		colon = memchr(p, ':', (size_t)(next - p));
		if (!colon)
			continue; /* an envelope line of mbox, or rubbish */
		for (name_end = colon; name_end > p && mime_blank(name_end[-1]); name_end--)
			;
		which = which_field(wanted, n_wanted, p, (size_t)(name_end - p));
		if (which >= 0 && !out[which].ptr)
			out[which] = unfold(colon + 1, (size_t)(next - colon - 1),
					    wanted[which].max, arena);
	}
}

/* ---- text -------------------------------------------------------------------------------- */

bool mime_plain(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c >= 0x7f)
			return false;
	}
	return true;
}

/* Bytes of the character at s, 0 if they are none or a control character that would break
 * a line (C1, and the separators of lines and paragraphs). */
static size_t good_char(const char *s, size_t n, bool *control)
{
	uint32_t c = 0;
	size_t len = utf8_char((const unsigned char *)s, n, &c);

	*control = len && (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029);
	return len;
}

struct brg_str mime_clean(struct brg_str s, struct brg_arena *arena)
{
	char *to;
	size_t k = 0, len;
	bool control;

	while (s.len && mime_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && mime_blank(s.ptr[s.len - 1]))
		s.len--;
	if (mime_plain(s))
		return arena_str(arena, s);
	to = arena_alloc(arena, 3 * s.len + 1);
	for (size_t i = 0; i < s.len; i += len ? len : 1) {
		len = good_char(s.ptr + i, s.len - i, &control);
		if (control) {
			to[k++] = ' ';
		} else if (len) {
			memcpy(to + k, s.ptr + i, len);
			k += len;
		} else {
			memcpy(to + k, "\xEF\xBF\xBD", 3);
			k += 3;
		}
	}
	while (k && to[k - 1] == ' ')
		k--;
	return (struct brg_str){ to, k };
}
