/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fields of a header say without being decoded: ids, keywords, and names of files.
 */
#include "core/mime-private.h"

#include <ctype.h>
#include <strings.h>

#define ID_MAX	       998 /* a line, RFC 5322 section 2.1.1 */
#define TYPE_NAME_MAX  127 /* RFC 6838 section 4.2 */
#define REFERENCES_MAX 200 /* ids */

/* The next id in *s; what is between <> if there are any. Moves on. */
static struct brg_str next_id(struct brg_str *s)
{
	const char *end = s->ptr + s->len, *p, *q;
	struct brg_str id;

	p = s->len ? memchr(s->ptr, '<', s->len) : NULL;
	if (p) {
		p++;
		q = memchr(p, '>', (size_t)(end - p));
		if (!q)
			q = end;
		/* Of doubled brackets the inner ones. */
		while (memchr(p, '<', (size_t)(q - p)))
			p = (const char *)memchr(p, '<', (size_t)(q - p)) + 1;
	} else {
		for (p = s->ptr; p < end && mime_blank(*p); p++)
			;
		for (q = p; q < end && !mime_blank(*q); q++)
			;
	}
	id = (struct brg_str){ p, (size_t)(q - p) };
	q += q < end;
	*s = (struct brg_str){ q, (size_t)(end - q) };
	return id;
}

struct brg_str mime_first_id(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str id = { "", 0 };

	while (raw.len && id.len == 0)
		id = next_id(&raw);
	return mime_clean((struct brg_str){ id.ptr, id.len < ID_MAX ? id.len : ID_MAX }, arena);
}

struct brg_str mime_all_ids(struct brg_str raw, struct brg_arena *arena)
{
	char *all = arena_alloc(arena, raw.len + 1);
	struct brg_str rest = raw;
	size_t k = 0, n = 0;

	while (rest.len) {
		struct brg_str id = next_id(&rest);

		n += id.len && id.len <= ID_MAX;
	}
	/* The nearest mails stand last. */
	while (raw.len) {
		struct brg_str id = next_id(&raw);

		if (id.len == 0 || id.len > ID_MAX || n-- > REFERENCES_MAX)
			continue;
		if (k)
			all[k++] = ' ';
		memcpy(all + k, id.ptr, id.len);
		k += id.len;
	}
	return mime_clean((struct brg_str){ all, k }, arena);
}

/* What a program reads may stand behind comments: "(robot) auto-replied". */
static struct brg_str behind_comments(struct brg_str s)
{
	int depth = 0;

	while (s.len && (depth || *s.ptr == '(' || mime_blank(*s.ptr))) {
		size_t n = *s.ptr == '\\' && s.len > 1 ? 2 : 1;

		depth += *s.ptr == '(' ? 1 : *s.ptr == ')' ? -1 : 0;
		s = (struct brg_str){ s.ptr + n, s.len - n };
	}
	return s;
}

bool mime_is_word(struct brg_str value, const char *word)
{
	size_t n = strlen(word);

	value = behind_comments(value);
	return value.len >= n && strncasecmp(value.ptr, word, n) == 0 &&
	       (value.len == n || !isalnum((unsigned char)value.ptr[n]));
}

struct brg_str mime_lower(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str out = mime_clean(s, arena);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < out.len; i++)
		p[i] = (char)tolower((unsigned char)p[i]);
	return out;
}

struct brg_str mime_keyword(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str out = mime_lower(behind_comments(raw), arena);

	for (size_t i = 0; i < out.len; i++)
		if (out.ptr[i] == ';' || out.ptr[i] == ' ' || out.ptr[i] == '(')
			out.len = i;
	return out;
}

struct brg_str mime_type(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str type = mime_keyword(raw, arena);
	const char *slash = type.len ? memchr(type.ptr, '/', type.len) : NULL;

	for (size_t i = 0; i < type.len; i++)
		if (type.ptr[i] <= ' ' || type.ptr[i] > '~' ||
		    strchr("()<>@,;:\\\"[]?=", type.ptr[i]) ||
		    (type.ptr[i] == '/' && type.ptr + i != slash))
			return MIME_NONE;
	if (!slash || slash == type.ptr || slash == type.ptr + type.len - 1 ||
	    type.len > TYPE_NAME_MAX)
		return MIME_NONE;
	return type;
}

/* Base64 may have been folded. */
struct brg_str mime_without_blanks(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str out = mime_clean(raw, arena);
	char *p = (char *)(uintptr_t)out.ptr;
	size_t n = 0;

	for (size_t i = 0; i < out.len; i++)
		if (!mime_blank(p[i]))
			p[n++] = p[i];
	out.len = n;
	return out;
}

size_t mime_ats(struct brg_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '@';
	return n;
}

size_t mime_each_once(struct mime_address *at, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool twice = at[i].address.len == 0;

		for (size_t k = 0; k < kept && !twice; k++)
			twice = brg_str_eq(at[k].address, at[i].address);
		if (!twice)
			at[kept++] = at[i];
	}
	return kept;
}

/* Marks that turn the direction of what follows; in a name they only deceive. */
static bool is_turn(const char *p)
{
	unsigned char c = (unsigned char)p[2];

	return (memcmp(p, "\xE2\x80", 2) == 0 && c >= 0xAA && c <= 0xAE) ||
	       (memcmp(p, "\xE2\x81", 2) == 0 && c >= 0xA6 && c <= 0xA9);
}

struct brg_str mime_file_name(struct brg_str name, struct brg_arena *arena)
{
	struct brg_str out = arena_str(arena, name);
	char *p = (char *)(uintptr_t)out.ptr;
	size_t n = 0;

	for (size_t i = 0; i < out.len; i++) {
		if (i + 2 < out.len && is_turn(p + i))
			i += 2;
		else if (p[i] == '/' || p[i] == '\\')
			n = 0; /* the last of a path in any system's words */
		else if (n || (!mime_blank(p[i]) && p[i] != '.'))
			p[n++] = p[i];
	}
	return (struct brg_str){ out.ptr, n };
}
