/* SPDX-License-Identifier: Apache-2.0
 *
 * A header block is split in one pass, and only the wanted fields are copied.
 */
#include "core/mime-private.h"

#include "core/charset.h"
#include "core/utf8.h"

#include <strings.h>

#define NAME_MAX_BYTES 998 /* a line */
#define RUBBISH_LINES  4
#define BOUND_SLACK    4 /* line ends that a reader took off what it had cut */

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

static bool starts(const char *p, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(p, with, strlen(with)) == 0;
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

		if (c == '\r' && (starts(p + i, n - i, "\r\n") || starts(p + i, n - i, "\r\r\n")))
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

/* The name of the field whose line starts at p, 0 if it is none (RFC 5322 section 2.2). A line
 * that begins with "--" may be a boundary and is none. */
static size_t name_length(const char *p, const char *end, const char **value)
{
	const char *q = p, *colon;

	while (q < end && q - p<NAME_MAX_BYTES && * q> ' ' && *q < 0x7f && *q != ':')
		q++;
	for (colon = q; colon < end && mime_blank(*colon); colon++)
		;
	if (q == p || colon == end || *colon != ':' || (q - p > 1 && p[0] == '-' && p[1] == '-'))
		return 0;
	*value = colon + 1;
	return (size_t)(q - p);
}

/* A name that only headers have: "Note:" may be the first line of a text, "X-Note:" is not. */
static bool is_header_name(const char *p, size_t n)
{
	static const char *const names[] = { "from", "to",     "cc",	  "bcc",
					     "date", "sender", "subject", "received" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], p, n) == 0)
			return true;
	return n > 1 && memchr(p + 1, '-', n - 1);
}

/* The length of a line without anything; 0: it has something. */
static size_t empty_line(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && *q == '\r')
		q++;
	return q < end && *q == '\n' ? (size_t)(q + 1 - p) : 0;
}

/* The line at p is no field. Does the header go on behind it? It does behind the envelope line
 * of a mailbox file, a fold that lost its blank and other rubbish: then names follow soon. */
static const char *behind_rubbish(const char *p, const char *end)
{
	const char *value;
	size_t n;

	for (int lines = 0; lines <= RUBBISH_LINES && p < end; lines++) {
		if (empty_line(p, end) || (end - p > 1 && p[0] == '-' && p[1] == '-'))
			return NULL;
		n = name_length(p, end, &value);
		if (n && is_header_name(p, n))
			return p;
		p = mime_field_end(p, end);
	}
	return NULL;
}

struct brg_str mime_block(struct brg_str s)
{
	const char *p = s.ptr, *end = p + s.len, *value;
	size_t n;

	for (int lines = 0; lines < RUBBISH_LINES && (n = empty_line(p, end)); lines++)
		p += n;
	n = p > s.ptr && p < end ? name_length(p, end, &value) : 0;
	if (n == 0 || !is_header_name(p, n))
		return s;
	return (struct brg_str){ p, (size_t)(end - p) };
}

bool mime_next_field(struct brg_str *rest, struct brg_str *field)
{
	const char *p = rest->ptr, *end = p + rest->len, *value, *next;
	size_t n = empty_line(p, end);

	if (n) {
		*rest = (struct brg_str){ p + n, rest->len - n };
		return false;
	}
	if (p < end && name_length(p, end, &value) == 0)
		p = behind_rubbish(p, end);
	if (!p || p == end)
		return false;
	next = mime_field_end(p, end);
	*field = (struct brg_str){ p, (size_t)(next - p) };
	*rest = (struct brg_str){ next, (size_t)(end - next) };
	return true;
}

static size_t room_of(size_t n)
{
	size_t room = 64;

	while (room <= n)
		room *= 2;
	return room;
}

/* Values of several fields, at most max bytes: LF is in none. What has one was joined here. False:
 * there is no room for it. */
static bool gather(struct brg_str *row, struct brg_str value, size_t max, struct brg_arena *arena)
{
	size_t n = row->len + 1 + value.len;
	char *to = (char *)(uintptr_t)row->ptr;

	if (row->len == 0) {
		*row = value;
		return true;
	}
	if (n > max || value.len == 0)
		return value.len == 0;
	if (!memchr(to, '\n', row->len) || room_of(row->len) <= n) {
		to = arena_alloc(arena, room_of(n));
		memcpy(to, row->ptr, row->len);
	}
	to[row->len] = '\n';
	memcpy(to + row->len + 1, value.ptr, value.len + 1);
	*row = (struct brg_str){ to, n };
	return true;
}

struct brg_str mime_with_lines(struct brg_str block, struct brg_arena *arena)
{
	char *p;

	if (block.len == 0 || memchr(block.ptr, '\n', block.len) ||
	    !memchr(block.ptr, '\r', block.len))
		return block;
	block = arena_str(arena, block);
	p = (char *)(uintptr_t)block.ptr;
	for (size_t i = 0; i < block.len; i++)
		if (p[i] == '\r')
			p[i] = '\n';
	return block;
}

uint64_t mime_split(struct brg_str block, const struct mime_field *wanted, size_t n_wanted,
		    struct brg_arena *arena, struct brg_str *out)
{
	struct brg_str field, unfolded;
	bool at_bound = block.len + BOUND_SLACK >= MIME_HEADER_MAX;
	const char *value = NULL, *end;
	uint64_t more = 0;
	int which;

	if (block.len > MIME_HEADER_MAX)
		block.len = MIME_HEADER_MAX;
	block = mime_block(mime_with_lines(block, arena));
	while (mime_next_field(&block, &field)) {
		end = field.ptr + field.len;
		which = which_field(wanted, n_wanted, field.ptr,
				    name_length(field.ptr, end, &value));
		if (which < 0)
			continue;
		if ((out[which].ptr && !wanted[which].row) ||
		    (size_t)(end - value) > wanted[which].max)
			more |= UINT64_C(1) << which;
		if (out[which].ptr && !wanted[which].row)
			continue;
		unfolded = unfold(value, (size_t)(end - value), wanted[which].max, arena);
		if (!wanted[which].row)
			out[which] = unfolded;
		else if (!gather(&out[wanted[which].row], unfolded, wanted[which].max, arena))
			more |= UINT64_C(1) << which;
	}
	return at_bound && block.len == 0 ? ~UINT64_C(0) : more;
}

/* ---- text -----------------------------------------------------------------------------------*/

bool mime_plain(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c >= 0x7f)
			return false;
	}
	return true;
}

/* The character as it is shown: a blank for a control character that would break a line (the
 * separators of lines and paragraphs, too). C1 comes of windows-1252 under a false name. */
static uint32_t shown(uint32_t c)
{
	if (c >= 0x80 && c < 0xA0)
		return charset_windows((unsigned char)c);
	return c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029 ? ' ' : c;
}

struct brg_str mime_clean(struct brg_str s, struct brg_arena *arena)
{
	char *to;
	size_t k = 0, len;

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
		uint32_t c = 0xFFFD;

		len = utf8_char((const unsigned char *)s.ptr + i, s.len - i, &c);
		c = shown(len ? c : 0xFFFD);
		/* A mark of byte order in front is nothing that anybody sees. */
		if (k || (c != ' ' && c != 0xFEFF))
			k += utf8_put(c, to + k);
	}
	while (k && to[k - 1] == ' ')
		k--;
	return (struct brg_str){ to, k };
}
