/* SPDX-License-Identifier: Apache-2.0
 *
 * An item as JSON, in the shape in which stores keep records.
 */
#include "simmail-private.h"

struct writer {
	char *out;
	size_t room, n;
};

static void add(struct writer *w, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++, w->n++)
		if (w->n + 1 < w->room)
			w->out[w->n] = s[i];
}

static void add_plain(struct writer *w, const char *s)
{
	add(w, s, strlen(s));
}

static void add_string(struct writer *w, struct brg_str s)
{
	char code[8];

	add_plain(w, "\"");
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\')
			add_plain(w, "\\");
		(void)snprintf(code, sizeof(code), "\\u%04x", c);
		if (c < 0x20)
			add_plain(w, code);
		else
			add(w, &s.ptr[i], 1);
	}
	add_plain(w, "\"");
}

static void add_wall(struct writer *w, struct brg_str s)
{
	const char *blank = memchr(s.ptr, ' ', s.len);
	size_t n = blank ? (size_t)(blank - s.ptr) : s.len;

	add_plain(w, "{\"local\":");
	add_string(w, simmail_str(s.ptr, n));
	if (blank) {
		add_plain(w, ",\"zone\":");
		add_string(w, simmail_str(blank + 1, s.len - n - 1));
	}
	add_plain(w, "}");
}

static void add_list(struct writer *w, struct brg_str s)
{
	const char *at = s.ptr, *end = s.ptr + s.len;

	add_plain(w, "[");
	for (bool first = true; at <= end; first = false) {
		const char *to = memchr(at, '\x1f', (size_t)(end - at));

		if (!first)
			add_plain(w, ",");
		to = to ? to : end;
		add_string(w, simmail_str(at, (size_t)(to - at)));
		at = to + 1;
	}
	add_plain(w, "]");
}

static void add_value(struct writer *w, int type, struct brg_str escaped)
{
	char raw[SIMMAIL_CONTENT];
	struct brg_str s = { raw, simmail_unescape(escaped, raw, sizeof(raw)) };

	switch (type) {
	case BRG_INTEGER:
	case BRG_MOMENT:
		add(w, s.ptr, s.len);
		break;
	case BRG_FLAG:
		add_plain(w, brg_str_eq(s, brg_cstr("1")) ? "true" : "false");
		break;
	case BRG_WALL:
		add_wall(w, s);
		break;
	case BRG_LIST:
		add_list(w, s);
		break;
	default:
		add_string(w, s);
	}
}

static void add_field(struct writer *w, int kind, const struct simmail_line *line, bool *first)
{
	const struct simmail_field *field = simmail_field(kind, line->name);

	if (!field)
		return;
	if (!*first)
		add_plain(w, ",");
	*first = false;
	add_string(w, line->name);
	add_plain(w, ":");
	if (line->gone)
		add_plain(w, "null");
	else
		add_value(w, field->type, line->value);
}

/* Lines of one key stand together, that of the part itself first. */
static void add_parts(struct writer *w, int kind, const struct simmail_text *text,
		      struct brg_str part, bool *first)
{
	struct simmail_line line;
	struct brg_str key = { NULL, 0 };
	bool any = false, first_field = true, open = false;

	for (size_t at = 0; simmail_next(text, &at, &line);) {
		if (!brg_str_eq(line.part, part))
			continue;
		if (!any) {
			add_plain(w, *first ? "" : ",");
			add_string(w, part);
			add_plain(w, ":{");
		}
		if (!any || !brg_str_eq(line.key, key)) {
			add_plain(w, open ? "}," : any ? "," : "");
			add_string(w, line.key);
			open = line.name.len || !line.gone;
			add_plain(w, !open ? ":null" : ":{");
			first_field = true;
			key = line.key;
		}
		any = true;
		*first = false;
		if (line.name.len)
			add_field(w, simmail_part_kind(kind, part), &line, &first_field);
	}
	if (any)
		add_plain(w, open ? "}}" : "}");
}

size_t simmail_json(const struct simmail_item *item, char *out, size_t room)
{
	struct writer w = { out, room, 0 };
	struct simmail_line line;
	bool first = true;

	add_plain(&w, "{");
	for (size_t at = 0; simmail_next(&item->content, &at, &line);)
		if (line.part.len == 0)
			add_field(&w, item->kind, &line, &first);
	add_parts(&w, item->kind, &item->content, brg_cstr("attendees"), &first);
	add_parts(&w, item->kind, &item->content, brg_cstr("occurrences"), &first);
	add_plain(&w, "}");
	if (room)
		out[w.n < room ? w.n : room - 1] = '\0';
	return w.n;
}
