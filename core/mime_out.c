/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of a header as they are written: in ASCII, folded, and never more than one field,
 * whatever the value holds.
 */
#include "core/mime-private.h"

#include <time.h>

#define LINE_WISH 78  /* RFC 5322 section 2.1.1 */
#define LONGEST	  900 /* a word that cannot be folded; a line has at most 998 bytes */
#define WORD_TEXT 42  /* bytes in an encoded word of at most 75, RFC 2047 section 2 */

/* ---- bytes ----------------------------------------------------------------------------------*/

struct mime_out *mime_out_new(struct brg_blob *blob, struct brg_arena *scratch, struct brg_err *err)
{
	struct mime_out *o = arena_alloc(scratch, sizeof(*o));

	o->blob = blob;
	o->err = err;
	return o;
}

static void flush(struct mime_out *o)
{
	if (o->rc == 0 && o->n)
		o->rc = blob_add(o->blob, o->buf, o->n, o->err);
	o->n = 0;
}

int mime_out_end(struct mime_out *o)
{
	if (o->last == '\r')
		mime_put(o, "\n", 1);
	flush(o);
	return o->rc;
}

static void put_byte(struct mime_out *o, char c)
{
	if (o->n == sizeof(o->buf))
		flush(o);
	o->buf[o->n++] = c;
	o->last = c;
}

void mime_put(struct mime_out *o, const char *p, size_t n)
{
	for (size_t i = 0; i < n && o->rc == 0; i++) {
		if (p[i] == '\n' && o->last != '\r')
			put_byte(o, '\r');
		else if (p[i] != '\n' && o->last == '\r')
			put_byte(o, '\n');
		put_byte(o, p[i]);
	}
}

void mime_puts(struct mime_out *o, const char *text)
{
	mime_put(o, text, strlen(text));
}

void mime_put_base64(struct mime_out *o, const char *p, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t k = 0; k < n; k += 3) {
		unsigned char a = (unsigned char)p[k];
		unsigned char b = k + 1 < n ? (unsigned char)p[k + 1] : 0;
		unsigned char c = k + 2 < n ? (unsigned char)p[k + 2] : 0;

		put_byte(o, digits[a >> 2]);
		put_byte(o, digits[(a & 3) << 4 | b >> 4]);
		put_byte(o, k + 1 < n ? digits[(b & 15) << 2 | c >> 6] : '=');
		put_byte(o, k + 2 < n ? digits[c & 63] : '=');
	}
}

/* ---- text -----------------------------------------------------------------------------------*/

bool mime_is_writable(struct brg_str s)
{
	size_t word = 0;

	for (size_t i = 0; i < s.len; i++) {
		word = s.ptr[i] == ' ' ? 0 : word + 1;
		if (word > LINE_WISH)
			return false;
	}
	return mime_plain(s) && !memmem(s.ptr, s.len, "=?", 2);
}

void mime_put_words(struct mime_out *o, struct brg_str s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = s.len - i < WORD_TEXT ? s.len - i : WORD_TEXT;
		while (n > 1 && i + n < s.len && ((unsigned char)s.ptr[i + n] & 0xC0) == 0x80)
			n--;
		mime_puts(o, i ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
		mime_put_base64(o, s.ptr + i, n);
		mime_puts(o, "?=");
	}
}

/* Folded before blanks; each new line then begins with one. */
static void put_folded(struct mime_out *o, struct brg_str s, size_t column)
{
	for (size_t i = 0, end; i < s.len; i = end) {
		for (end = i; end < s.len && s.ptr[end] == ' '; end++)
			;
		while (end < s.len && s.ptr[end] != ' ')
			end++;
		if (i && column + end - i > LINE_WISH) {
			mime_puts(o, "\r\n");
			column = 0;
		}
		mime_put(o, s.ptr + i, end - i);
		column += end - i;
	}
}

void mime_put_text_field(struct mime_out *o, const char *name, struct brg_str value,
			 struct brg_arena *scratch)
{
	struct brg_str s = mime_clean(value, scratch);

	mime_puts(o, name);
	mime_puts(o, ": ");
	if (mime_is_writable(s))
		put_folded(o, s, strlen(name) + 2);
	else
		mime_put_words(o, s);
	mime_puts(o, "\r\n");
}

/* ---- people ---------------------------------------------------------------------------------*/

/* A display name: a quoted string, or encoded. */
static void put_name(struct mime_out *o, struct brg_str name)
{
	if (!mime_is_writable(name) || name.len > LINE_WISH) {
		mime_put_words(o, name);
		return;
	}
	put_byte(o, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\\')
			put_byte(o, '\\');
		put_byte(o, name.ptr[i]);
	}
	put_byte(o, '"');
}

/* Without what would end it or begin another. What is no ASCII stays (RFC 6532): an address
 * cannot be encoded. */
static struct brg_str safe_address(struct brg_str address, struct brg_arena *scratch)
{
	struct brg_str s = mime_clean(address, scratch);
	char *p = (char *)(uintptr_t)s.ptr;
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (p[i] == '\\' && quoted && i + 1 < s.len) {
			p[n++] = p[i++];
		} else if (p[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && strchr(" <>,;()", p[i])) {
			continue;
		}
		p[n++] = p[i];
	}
	/* A quote that is not closed would swallow what follows. */
	return (struct brg_str){ p, quoted || n > LONGEST ? 0 : n };
}

void mime_put_address_field(struct mime_out *o, const char *name, const struct mime_address *at,
			    size_t n, struct brg_arena *scratch)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct brg_str address = safe_address(at[i].address, scratch);
		struct brg_str shown = mime_clean(at[i].name, scratch);

		if (address.len == 0)
			continue;
		mime_puts(o, any ? ",\r\n " : name);
		mime_puts(o, any ? "" : ": ");
		any = true;
		if (shown.len) {
			put_name(o, shown);
			mime_puts(o, shown.len + address.len > LINE_WISH ? "\r\n <" : " <");
		}
		mime_put(o, address.ptr, address.len);
		if (shown.len)
			put_byte(o, '>');
	}
	if (any)
		mime_puts(o, "\r\n");
}

/* ---- ids and dates --------------------------------------------------------------------------*/

static bool is_id(struct brg_str id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.ptr[i] <= ' ' || id.ptr[i] > '~' || id.ptr[i] == '<' || id.ptr[i] == '>')
			return false;
	return id.len && id.len <= LONGEST;
}

/* Each on its line. */
void mime_put_id_field(struct mime_out *o, const char *name, struct brg_str ids,
		       struct brg_arena *scratch)
{
	struct brg_str all = mime_clean(ids, scratch);
	bool any = false;

	for (size_t i = 0, n; i < all.len; i += n + 1) {
		struct brg_str id;

		for (n = 0; i + n < all.len && all.ptr[i + n] != ' ';)
			n++;
		id = (struct brg_str){ all.ptr + i, n };
		if (!is_id(id))
			continue;
		mime_puts(o, any ? "\r\n <" : name);
		mime_puts(o, any ? "" : ": <");
		mime_put(o, id.ptr, id.len);
		put_byte(o, '>');
		any = true;
	}
	if (any)
		mime_puts(o, "\r\n");
}

void mime_put_date(struct mime_out *o, int64_t us)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(us / 1000000);
	struct tm tm = { .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };
	char line[64];

	(void)gmtime_r(&t, &tm);
	(void)snprintf(line, sizeof(line), "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
		       days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		       tm.tm_hour, tm.tm_min, tm.tm_sec);
	mime_puts(o, line);
}
