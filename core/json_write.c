/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_write.h"

#define FIRST_ROOM 1000

void json_write_init(struct json_writer *w, struct brg_arena *arena)
{
	*w = (struct json_writer){ .arena = arena,
				   .p = arena_alloc(arena, FIRST_ROOM),
				   .room = FIRST_ROOM };
}

static char *room_for(struct json_writer *w, size_t more)
{
	if (w->n + more > w->room) {
		size_t room = w->room * 2 > w->n + more ? w->room * 2 : w->n + more;
		char *p = arena_alloc(w->arena, room);

		if (w->n)
			memcpy(p, w->p, w->n);
		w->p = p;
		w->room = room;
	}
	return w->p + w->n;
}

void json_put(struct json_writer *w, const char *s, size_t n)
{
	memcpy(room_for(w, n), s, n);
	w->n += n;
}

void json_put_char(struct json_writer *w, char c)
{
	*room_for(w, 1) = c;
	w->n++;
}

static char *escape(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	*to++ = '\\';
	switch (c) {
	case '"':
	case '\\':
		*to++ = (char)c;
		return to;
	case '\n':
		*to++ = 'n';
		return to;
	case '\t':
		*to++ = 't';
		return to;
	default:
		memcpy(to, "u00", 3);
		to[3] = hex[c >> 4];
		to[4] = hex[c & 15];
		return to + 5;
	}
}

void json_put_text(struct json_writer *w, struct brg_str s)
{
	char *start = room_for(w, 6 * s.len + 2), *to = start;

	*to++ = '"';
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c == '"' || c == '\\')
			to = escape(to, c);
		else
			*to++ = (char)c;
	}
	*to++ = '"';
	w->n += (size_t)(to - start);
}

void json_put_integer(struct json_writer *w, int64_t value)
{
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (value < 0)
		*--at = '-';
	json_put(w, at, (size_t)(digits + sizeof(digits) - at));
}

void json_put_name(struct json_writer *w, struct brg_str name, bool *first)
{
	if (!*first)
		json_put_char(w, ',');
	*first = false;
	json_put_text(w, name);
	json_put_char(w, ':');
}

struct brg_str json_written(struct json_writer *w)
{
	*room_for(w, 1) = '\0';
	return (struct brg_str){ w->p, w->n };
}
