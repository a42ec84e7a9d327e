/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of our own: composed from fields, or what somebody else composed made ready to be
 * sent. Of the latter the header is edited field by field and nothing is parsed that need not be,
 * so what somebody signed or spelled stays as it is.
 */
#include "core/mime-private.h"

#include <openssl/rand.h>
#include <strings.h>
#include <time.h>

#define LINE_MAX_OUT 78 /* RFC 5322 section 2.1.1: where folding begins */

struct out {
	struct brg_blob *blob;
	struct brg_err *err;
	int rc;
	char last; /* the byte written last */
	char buf[8192];
	size_t n;
};

static void flush(struct out *o)
{
	if (o->rc == 0 && o->n)
		o->rc = blob_add(o->blob, o->buf, o->n, o->err);
	o->n = 0;
}

static void put_byte(struct out *o, char c)
{
	if (o->n == sizeof(o->buf))
		flush(o);
	o->buf[o->n++] = c;
	o->last = c;
}

/* Every line ends with CRLF, whatever it ended with. */
static void put(struct out *o, const char *p, size_t n)
{
	for (size_t i = 0; i < n && o->rc == 0; i++) {
		if (p[i] == '\n' && o->last != '\r')
			put_byte(o, '\r');
		else if (p[i] != '\n' && o->last == '\r')
			put_byte(o, '\n');
		put_byte(o, p[i]);
	}
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

/* ---- values --------------------------------------------------------------------------------- */

static bool is_plain(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || (unsigned char)s.ptr[i] > 0x7e)
			return false;
	return !memmem(s.ptr, s.len, "=?", 2);
}

static void put_base64(struct out *o, const char *p, size_t n)
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

/* An unstructured value: folded at blanks; encoded in words of at most 75 bytes where it is not
 * plain (RFC 2047 section 2), cut between characters. */
static void put_unstructured(struct out *o, const char *name, struct brg_str s)
{
	size_t column = strlen(name) + 1;

	put_text(o, name);
	put_byte(o, ':');
	if (is_plain(s)) {
		for (size_t i = 0; i < s.len;) {
			size_t word = i;

			while (word < s.len && s.ptr[word] == ' ')
				word++;
			while (word < s.len && s.ptr[word] != ' ')
				word++;
			if (column + 1 + word - i > LINE_MAX_OUT && i) {
				put_text(o, "\r\n");
				column = 0;
			}
			if (s.ptr[i] != ' ' || i == 0) {
				put_byte(o, ' ');
				column++;
			}
			put(o, s.ptr + i, word - i);
			column += word - i;
			i = word;
		}
		put_text(o, "\r\n");
		return;
	}
	for (size_t i = 0; i < s.len;) {
		size_t n = s.len - i < 42 ? s.len - i : 42;

		while (n > 1 && i + n < s.len && ((unsigned char)s.ptr[i + n] & 0xC0) == 0x80)
			n--;
		put_text(o, i ? "\r\n =?utf-8?B?" : " =?utf-8?B?");
		put_base64(o, s.ptr + i, n);
		put_text(o, "?=");
		i += n;
	}
	put_text(o, "\r\n");
}

static void put_date(struct out *o, int64_t us)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(us / 1000000);
	char line[64];
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)snprintf(line, sizeof(line), "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
		       days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		       tm.tm_hour, tm.tm_min, tm.tm_sec);
	put_text(o, line);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static bool is_field(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	if ((size_t)(end - p) <= n || strncasecmp(p, name, n) != 0)
		return false;
	for (p += n; p < end && mime_blank(*p); p++)
		;
	return p < end && *p == ':';
}

/* The header block of the message: its first empty line, or all of it. */
static size_t header_length(struct brg_str s)
{
	const char *p = s.ptr, *end = s.ptr + s.len;

	while (p < end) {
		if (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'))
			break;
		p = mime_field_end(p, end);
	}
	return (size_t)(p - s.ptr);
}

struct seen {
	bool date, mime;
};

static void put_field(struct out *o, const struct mime_edit *edit, const char *p, const char *end,
		      struct seen *seen)
{
	static const char *const gone[] = { "bcc", "resent-bcc", "return-path" };

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (is_field(p, end, gone[i]))
			return;
	if ((edit->message_id.len && is_field(p, end, "message-id")) ||
	    (edit->subject.len && is_field(p, end, "subject")) ||
	    (edit->sender.len && is_field(p, end, "sender")) || !memchr(p, ':', (size_t)(end - p)))
		return; /* replaced; or no field at all, as an envelope line of mbox */
	seen->date = seen->date || is_field(p, end, "date");
	seen->mime = seen->mime || is_field(p, end, "mime-version");
	put(o, p, (size_t)(end - p));
	if (o->last != '\n')
		put_text(o, "\r\n");
}

static void put_added(struct out *o, const struct mime_edit *edit, const struct seen *seen)
{
	if (edit->sender.len) {
		put_text(o, "Sender: ");
		put(o, edit->sender.ptr, edit->sender.len);
		put_text(o, "\r\n");
	}
	if (edit->subject.len)
		put_unstructured(o, "Subject", edit->subject);
	if (edit->message_id.len) {
		put_text(o, "Message-ID: <");
		put(o, edit->message_id.ptr, edit->message_id.len);
		put_text(o, ">\r\n");
	}
	if (!seen->date)
		put_date(o, edit->date_us);
	if (!seen->mime)
		put_text(o, "MIME-Version: 1.0\r\n");
}

int mime_ready(struct brg_blob *raw, const struct mime_edit *edit, struct brg_blob *out,
	       struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	char *head = arena_alloc(arena, MIME_HEADER_MAX);
	int64_t n = blob_read(raw, 0, head, MIME_HEADER_MAX, err), got;
	struct brg_str all = { head, n > 0 ? (size_t)n : 0 };
	size_t len = header_length(all);
	struct out *o = arena_alloc(arena, sizeof(*o));
	const char *p = head, *end = head + len, *next;
	struct seen seen = { false, false };
	uint64_t at = len;
	int rc;

	o->blob = out;
	o->err = err;
	o->rc = n < 0 ? (int)n : 0;
	for (; p < end && o->rc == 0; p = next) {
		next = mime_field_end(p, end);
		put_field(o, edit, p, next, &seen);
	}
	put_added(o, edit, &seen);
	/* The empty line is part of the rest; a message of a header alone gets one. */
	if (at == blob_len(raw))
		put_text(o, "\r\n");
	while (o->rc == 0 && (got = blob_read(raw, at, head, MIME_HEADER_MAX, err)) != 0) {
		if (got < 0)
			o->rc = (int)got;
		else
			put(o, head, (size_t)got);
		at += got > 0 ? (uint64_t)got : 0;
	}
	if (o->last == '\r')
		put_byte(o, '\n');
	else if (o->last != '\n')
		put_text(o, "\r\n");
	flush(o);
	rc = o->rc;
	arena_free(&arena);
	return rc;
}

/* ---- composing --------------------------------------------------------------------------------
 */

#define LINE_BYTES 57 /* of content in a line of 76 characters, RFC 2045 section 6.8 */

/* Control characters, line ends among them, would be other fields. */
static struct brg_str safe(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str out = arena_str(arena, s);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			p[i] = ' ';
	return out;
}

static void put_field_text(struct out *o, const char *name, struct brg_str value,
			   struct brg_arena *arena)
{
	if (value.len)
		put_unstructured(o, name, safe(value, arena));
}

/* A display name: a quoted string, or encoded. */
static void put_name(struct out *o, struct brg_str name)
{
	if (!is_plain(name)) {
		for (size_t i = 0; i < name.len;) {
			size_t n = name.len - i < 42 ? name.len - i : 42;

			while (n > 1 && i + n < name.len &&
			       ((unsigned char)name.ptr[i + n] & 0xC0) == 0x80)
				n--;
			put_text(o, i ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
			put_base64(o, name.ptr + i, n);
			put_text(o, "?=");
			i += n;
		}
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

static void put_addresses(struct out *o, const char *field, const struct mime_address *at, size_t n,
			  struct brg_arena *arena)
{
	if (n == 0)
		return;
	put_text(o, field);
	for (size_t i = 0; i < n; i++) {
		struct brg_str address = safe(at[i].address, arena);

		put_text(o, i ? ",\r\n " : ": ");
		if (at[i].name.len) {
			put_name(o, safe(at[i].name, arena));
			put_text(o, " <");
		}
		put(o, address.ptr, address.len);
		if (at[i].name.len)
			put_byte(o, '>');
	}
	put_text(o, "\r\n");
}

/* Ids of References, each on its line. */
static void put_ids(struct out *o, const char *field, struct brg_str ids, struct brg_arena *arena)
{
	struct brg_str rest = safe(ids, arena);
	bool any = false;

	for (size_t i = 0; i < rest.len;) {
		size_t n = 0;

		while (i + n < rest.len && rest.ptr[i + n] != ' ')
			n++;
		if (n) {
			put_text(o, any ? "\r\n <" : field);
			if (!any)
				put_text(o, ": <");
			put(o, rest.ptr + i, n);
			put_byte(o, '>');
			any = true;
		}
		i += n + 1;
	}
	if (any)
		put_text(o, "\r\n");
}

static void put_lines(struct out *o, struct brg_blob *blob)
{
	char piece[LINE_BYTES * 64];
	uint64_t at = 0;
	int64_t n;

	while (o->rc == 0 && (n = blob_read(blob, at, piece, sizeof(piece), o->err)) != 0) {
		if (n < 0)
			o->rc = (int)n;
		for (int64_t i = 0; i < n; i += LINE_BYTES) {
			put_base64(o, piece + i, (size_t)(n - i < LINE_BYTES ? n - i : LINE_BYTES));
			put_text(o, "\r\n");
		}
		at += n > 0 ? (uint64_t)n : 0;
	}
}

static void put_text_part(struct out *o, const char *subtype, struct brg_str text)
{
	put_text(o, "Content-Type: text/");
	put_text(o, subtype);
	put_text(o, "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < text.len; i += LINE_BYTES) {
		put_base64(o, text.ptr + i, text.len - i < LINE_BYTES ? text.len - i : LINE_BYTES);
		put_text(o, "\r\n");
	}
}

/* Random, so that nothing in a part can be taken for it. */
static void make_boundary(char out[40])
{
	unsigned char dice[16];

	if (RAND_bytes(dice, sizeof(dice)) != 1)
		memset(dice, 0x5a, sizeof(dice));
	memcpy(out, "=_", 2);
	for (size_t i = 0; i < sizeof(dice); i++)
		(void)snprintf(out + 2 + 2 * i, 3, "%02x", dice[i]);
}

static void put_open(struct out *o, const char *kind, const char *boundary)
{
	put_text(o, "Content-Type: multipart/");
	put_text(o, kind);
	put_text(o, "; boundary=\"");
	put_text(o, boundary);
	put_text(o, "\"\r\n\r\n");
}

static void put_border(struct out *o, const char *boundary, bool last)
{
	put_text(o, "\r\n--");
	put_text(o, boundary);
	put_text(o, last ? "--\r\n" : "\r\n");
}

static void put_body(struct out *o, const struct mime_draft *d)
{
	char boundary[40];

	if (!d->html.len) {
		put_text_part(o, "plain", d->text);
		return;
	}
	make_boundary(boundary);
	put_open(o, "alternative", boundary);
	put_border(o, boundary, false);
	put_text_part(o, "plain", d->text);
	put_border(o, boundary, false);
	put_text_part(o, "html", d->html);
	put_border(o, boundary, true);
}

/* RFC 2231 section 4: what is no attribute character as %XX. */
static void put_file_name(struct out *o, struct brg_str name)
{
	static const char hex[] = "0123456789ABCDEF";

	put_text(o, "; filename*=utf-8''");
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' ||
		    c == '-' || c == '_') {
			put_byte(o, (char)c);
			continue;
		}
		put_byte(o, '%');
		put_byte(o, hex[c >> 4]);
		put_byte(o, hex[c & 15]);
	}
}

static void put_attachment(struct out *o, const struct mime_attachment *a, struct brg_arena *arena)
{
	struct brg_str type = safe(a->type, arena);

	put_text(o, "Content-Type: ");
	if (type.len)
		put(o, type.ptr, type.len);
	else
		put_text(o, "application/octet-stream");
	put_text(o, "\r\nContent-Disposition: attachment");
	if (a->name.len)
		put_file_name(o, a->name);
	put_text(o, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	put_lines(o, a->content);
}

static void put_header(struct out *o, const struct mime_draft *d, struct brg_arena *arena)
{
	put_addresses(o, "From", &d->from, 1, arena);
	put_addresses(o, "Sender", &d->sender, d->sender.address.len > 0, arena);
	put_addresses(o, "To", d->to, d->n_to, arena);
	put_addresses(o, "Cc", d->cc, d->n_cc, arena);
	put_field_text(o, "Subject", d->subject, arena);
	put_date(o, d->date_us);
	put_ids(o, "Message-ID", d->message_id, arena);
	put_ids(o, "In-Reply-To", d->in_reply_to, arena);
	put_ids(o, "References", d->references, arena);
	if (d->automatic)
		put_text(o, "Auto-Submitted: auto-generated\r\n");
	put_text(o, "MIME-Version: 1.0\r\n");
}

int mime_compose(const struct mime_draft *d, struct brg_blob *blob, struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	struct out *o = arena_alloc(arena, sizeof(*o));
	char boundary[40];
	int rc;

	o->blob = blob;
	o->err = err;
	put_header(o, d, arena);
	if (d->n_attachments) {
		make_boundary(boundary);
		put_open(o, "mixed", boundary);
		put_border(o, boundary, false);
	}
	put_body(o, d);
	for (size_t i = 0; i < d->n_attachments; i++) {
		put_border(o, boundary, false);
		put_attachment(o, &d->attachments[i], arena);
	}
	if (d->n_attachments)
		put_border(o, boundary, true);
	flush(o);
	rc = o->rc;
	arena_free(&arena);
	return rc;
}
