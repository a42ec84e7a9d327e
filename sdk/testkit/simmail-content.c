/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields and parts of an item as sorted lines, each "PART \t KEY \t NAME \t =VALUE". By name and
 * as text, so that a region means the same to every process, and contents compare as bytes.
 */
#include "simmail-private.h"

#define PATH_MAX_LEN 512
#define VALUE_MAX    (SIMMAIL_CONTENT - PATH_MAX_LEN)

size_t simmail_escape(struct brg_str raw, char *out, size_t room)
{
	static const char plain[] = "\n\r\t\\", letters[] = "nrt\\";
	size_t n = 0;

	for (size_t i = 0; i < raw.len && n + 3 < room; i++) {
		const char *at = raw.ptr[i] ? strchr(plain, raw.ptr[i]) : NULL;

		if (at)
			out[n++] = '\\';
		out[n++] = at ? letters[at - plain] : raw.ptr[i];
	}
	out[n] = '\0';
	return n;
}

size_t simmail_unescape(struct brg_str value, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < value.len && n + 1 < room; i++) {
		char c = value.ptr[i];

		if (c == '\\' && i + 1 < value.len) {
			c = value.ptr[++i];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

static struct brg_str column(const char **at, const char *end)
{
	const char *from = *at;

	while (*at < end && **at != '\t')
		++*at;
	*at += *at < end;
	return simmail_str(from, (size_t)(*at - from) - (*at > from && (*at)[-1] == '\t'));
}

bool simmail_next(const struct simmail_text *text, size_t *at, struct simmail_line *line)
{
	const char *p = text->bytes + *at, *end;

	if (*at >= text->length)
		return false;
	end = memchr(p, '\n', text->length - *at);
	line->whole = simmail_str(p, (size_t)(end + 1 - p));
	line->part = column(&p, end);
	line->key = column(&p, end);
	line->name = column(&p, end);
	line->path = simmail_str(line->whole.ptr, (size_t)(p - line->whole.ptr));
	line->gone = *p == '-';
	line->value = simmail_str(p + 1, (size_t)(end - p - 1));
	*at += line->whole.len;
	return true;
}

static size_t make_path(char *out, size_t room, struct brg_str part, struct brg_str key,
			struct brg_str name)
{
	const struct brg_str columns[] = { part, key, name };
	size_t n = 0;

	/* By hand: an item is read by a look for each of its fields. */
	for (int i = 0; i < 3; i++) {
		if (columns[i].len + 2 > room - n)
			return 0;
		if (columns[i].len)
			memcpy(out + n, columns[i].ptr, columns[i].len);
		n += columns[i].len;
		out[n++] = '\t';
	}
	return n;
}

/* Where a line with this path is, or would be. */
static bool locate(const struct simmail_text *text, struct brg_str path, size_t *at,
		   struct simmail_line *line)
{
	size_t next = 0;

	for (*at = 0; simmail_next(text, &next, line); *at = next) {
		size_t n = line->path.len < path.len ? line->path.len : path.len;
		int order = memcmp(line->path.ptr, path.ptr, n);

		if (order == 0 && line->path.len == path.len)
			return true;
		if (order > 0 || (order == 0 && line->path.len > path.len))
			return false;
	}
	return false;
}

bool simmail_find_line(const struct simmail_text *text, struct brg_str part, struct brg_str key,
		       struct brg_str name, struct simmail_line *line)
{
	char path[PATH_MAX_LEN];
	size_t at;

	return locate(text, simmail_str(path, make_path(path, sizeof(path), part, key, name)), &at,
		      line);
}

void simmail_remove(struct simmail_text *text, const struct simmail_line *line)
{
	char *from = (char *)line->whole.ptr;
	size_t n = line->whole.len;

	memmove(from, from + n, text->length - (size_t)(from - text->bytes) - n);
	text->length -= (uint32_t)n;
}

bool simmail_put(struct simmail_text *text, struct brg_str part, struct brg_str key,
		 struct brg_str name, const struct brg_str *value)
{
	char path[PATH_MAX_LEN], escaped[SIMMAIL_CONTENT] = "-";
	size_t n = make_path(path, sizeof(path), part, key, name), length = 1, at;
	struct simmail_line old;

	if (n == 0 || memchr(key.len ? key.ptr : "", '\t', key.len) ||
	    memchr(key.len ? key.ptr : "", '\n', key.len) || (value && value->len > VALUE_MAX))
		return false;
	if (value) {
		escaped[0] = '=';
		length += simmail_escape(*value, escaped + 1, sizeof(escaped) - 1);
	}
	if (locate(text, simmail_str(path, n), &at, &old)) {
		if (text->length - old.whole.len + n + length + 1 > SIMMAIL_CONTENT)
			return false;
		simmail_remove(text, &old);
	} else if (text->length + n + length + 1 > SIMMAIL_CONTENT) {
		return false;
	}
	memmove(text->bytes + at + n + length + 1, text->bytes + at, text->length - at);
	memcpy(text->bytes + at, path, n);
	memcpy(text->bytes + at + n, escaped, length);
	text->bytes[at + n + length] = '\n';
	text->length += (uint32_t)(n + length + 1);
	return true;
}

void simmail_remove_part(struct simmail_text *text, struct brg_str part, struct brg_str key)
{
	struct simmail_line line;
	size_t at = 0, from = 0;

	for (; simmail_next(text, &at, &line); from = at)
		if (brg_str_eq(line.part, part) && (key.len == 0 || brg_str_eq(line.key, key))) {
			simmail_remove(text, &line);
			at = from;
		}
}

struct brg_str simmail_own(const struct simmail_text *text, const char *name, char *out,
			   size_t room)
{
	const struct brg_str none = { NULL, 0 };
	struct simmail_line line;

	out[0] = '\0';
	if (!simmail_find_line(text, none, none, brg_cstr(name), &line))
		return none;
	return simmail_str(out, simmail_unescape(line.value, out, room));
}

bool simmail_put_own(struct simmail_text *text, const char *name, const char *value)
{
	const struct brg_str none = { NULL, 0 }, v = brg_cstr(value);

	return simmail_put(text, none, none, brg_cstr(name), &v);
}

/* ---- lines as people write them -------------------------------------------------------------*/

int simmail_part_kind(int kind, struct brg_str part)
{
	if (part.len == 0)
		return kind;
	if (kind != BRG_APPOINTMENT)
		return 0;
	if (brg_str_eq(part, brg_cstr("attendees")))
		return SIMMAIL_ATTENDEE;
	return brg_str_eq(part, brg_cstr("occurrences")) ? BRG_APPOINTMENT : 0;
}

/* "a", "attendees/KEY" or "attendees/KEY/NAME"; a key may hold slashes, a name does not. */
static void split_path(int kind, struct brg_str path, struct brg_str *part, struct brg_str *key,
		       struct brg_str *name)
{
	const char *slash = memchr(path.ptr, '/', path.len), *last = path.ptr + path.len;

	*part = *key = (struct brg_str){ NULL, 0 };
	*name = path;
	if (!slash)
		return;
	*part = simmail_str(path.ptr, (size_t)(slash - path.ptr));
	while (last > slash && last[-1] != '/')
		last--;
	*name = simmail_str(last, (size_t)(path.ptr + path.len - last));
	if (last > slash + 1 && simmail_field(simmail_part_kind(kind, *part), *name)) {
		*key = simmail_str(slash + 1, (size_t)(last - 1 - (slash + 1)));
	} else {
		*key = simmail_str(slash + 1, (size_t)(path.ptr + path.len - slash - 1));
		*name = (struct brg_str){ NULL, 0 };
	}
}

/* People part the members of a list by semicolons, lines keep them parted by U+001F. */
static void swap_char(char *s, char from, char to)
{
	for (; *s; s++)
		if (*s == from)
			*s = to;
}

static bool read_line(int kind, struct brg_str text, struct simmail_text *changes)
{
	const char *sign = memchr(text.ptr, '=', text.len);
	struct brg_str part, key, name, value;
	const struct simmail_field *field;
	char raw[SIMMAIL_CONTENT];

	if (!sign)
		return false;
	split_path(kind, simmail_str(text.ptr, (size_t)(sign - text.ptr)), &part, &key, &name);
	value.len = simmail_unescape(
		simmail_str(sign + 1, (size_t)(text.ptr + text.len - sign - 1)), raw, sizeof(raw));
	value.ptr = raw;
	if (name.len == 0) {
		struct brg_str empty = { "", 0 };

		return key.len && simmail_part_kind(kind, part) &&
		       simmail_put(changes, part, key, name,
				   brg_str_eq(value, brg_cstr("-")) ? NULL : &empty);
	}
	field = simmail_field(simmail_part_kind(kind, part), name);
	if (!field)
		return false;
	if (field->type == BRG_LIST)
		swap_char(raw, ';', '\x1f');
	return simmail_put(changes, part, key, name, value.len ? &value : NULL);
}

bool simmail_read_lines(int kind, const char *lines, struct simmail_text *changes)
{
	changes->length = 0;
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		if (n && !read_line(kind, simmail_str(lines, n), changes))
			return false;
		lines += n + (lines[n] == '\n');
	}
	return true;
}

bool simmail_value(const struct simmail_item *item, const char *path, char *out, size_t room)
{
	struct brg_str part, key, name;
	struct simmail_line line;

	split_path(item->kind, brg_cstr(path), &part, &key, &name);
	out[0] = '\0';
	if (!simmail_find_line(&item->content, part, key, name, &line))
		return false;
	if (line.gone)
		(void)snprintf(out, room, "-");
	else
		simmail_unescape(line.value, out, room);
	swap_char(out, '\x1f', ';');
	return true;
}
