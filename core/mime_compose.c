/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of our own, in 7 bits, so that every server takes them as they are.
 */
#include "core/mime-private.h"

#include "core/html.h"

#include <openssl/rand.h>
#include <strings.h>

#define LINE_BYTES     57  /* of content in a line of 76 characters, RFC 2045 section 6.8 */
#define QUOTED_MAX     75  /* and a "=" that breaks the line, section 6.7 */
#define LINE_MAX_BYTES 998 /* RFC 5322 section 2.1.1 */
#define NAME_PIECE     60  /* bytes of a file name in a line */
#define BOUNDARY_BYTES 40

/* ---- texts ----------------------------------------------------------------------------------*/

enum way { PLAIN, QUOTED, BASE64 };

/* The smallest way that keeps it as it is. */
static enum way choose_way(struct brg_str text)
{
	size_t line = 0, longest = 0, odd = 0;
	bool from = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		/* Mailbox files change such a line. */
		from = from ||
		       (line == 0 && text.len - i >= 5 && memcmp(text.ptr + i, "From ", 5) == 0);
		line = c == '\n' || c == '\r' ? 0 : line + 1;
		longest = line > longest ? line : longest;
		odd += c > '~' || (c < ' ' && !strchr("\t\r\n", c)) || c == 0;
	}
	if (odd == 0 && longest <= LINE_MAX_BYTES && !from)
		return PLAIN;
	return odd < text.len / 6 || odd == 0 ? QUOTED : BASE64;
}

struct encoder {
	struct mime_out *o;
	enum way way;
	size_t column, held;
	char line[LINE_BYTES];
};

static void end_base64_line(struct encoder *e)
{
	mime_put_base64(e->o, e->line, e->held);
	mime_puts(e->o, "\r\n");
	e->held = 0;
}

static void put_octet(struct encoder *e, unsigned char c, bool quoted)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape[3] = { '=', hex[c >> 4], hex[c & 15] }, plain = (char)c;
	size_t n = quoted ? 3 : 1;

	if (e->way == BASE64) {
		e->line[e->held++] = plain;
		if (e->held == sizeof(e->line))
			end_base64_line(e);
		return;
	}
	if (e->way == QUOTED && e->column + n > QUOTED_MAX) {
		mime_puts(e->o, "=\r\n");
		e->column = 0;
	}
	mime_put(e->o, quoted ? escape : &plain, n);
	e->column += n;
}

/* Line ends are CRLF within base64, too (RFC 2045 section 6.8). */
static void put_line_end(struct encoder *e)
{
	if (e->way == BASE64) {
		put_octet(e, '\r', false);
		put_octet(e, '\n', false);
		return;
	}
	mime_puts(e->o, "\r\n");
	e->column = 0;
}

static bool needs_escape(const struct encoder *e, struct brg_str text, size_t i)
{
	unsigned char c = (unsigned char)text.ptr[i];
	bool ends = i + 1 == text.len || text.ptr[i + 1] == '\n' || text.ptr[i + 1] == '\r';

	if (e->way != QUOTED)
		return false;
	return c > '~' || c == '=' || (c < ' ' && c != '\t') || ((c == ' ' || c == '\t') && ends) ||
	       (e->column == 0 && c == 'F' && text.len - i >= 5 &&
		memcmp(text.ptr + i, "From ", 5) == 0);
}

static void put_encoded(struct mime_out *o, enum way way, struct brg_str text)
{
	struct encoder e = { .o = o, .way = way };

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
			continue;
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r')
			put_line_end(&e);
		else
			put_octet(&e, (unsigned char)text.ptr[i], needs_escape(&e, text, i));
	}
	if (e.held)
		end_base64_line(&e);
}

static void put_text_part(struct mime_out *o, const char *subtype, struct brg_str text)
{
	static const char *const encodings[] = { "7bit", "quoted-printable", "base64" };
	enum way way = choose_way(text);

	mime_puts(o, "Content-Type: text/");
	mime_puts(o, subtype);
	mime_puts(o, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
	mime_puts(o, encodings[way]);
	mime_puts(o, "\r\n\r\n");
	put_encoded(o, way, text);
}

/* ---- multiparts -----------------------------------------------------------------------------*/

/* Random, so that nothing in a part can be taken for it. */
static void make_boundary(char out[BOUNDARY_BYTES])
{
	unsigned char dice[16];

	if (RAND_bytes(dice, sizeof(dice)) != 1)
		abort(); /* as everywhere where OpenSSL has no randomness */
	memcpy(out, "=_", 3);
	for (size_t i = 0; i < sizeof(dice); i++)
		(void)snprintf(out + 2 + 2 * i, 3, "%02x", dice[i]);
}

static void put_open(struct mime_out *o, const char *kind, const char *boundary)
{
	mime_puts(o, "Content-Type: multipart/");
	mime_puts(o, kind);
	mime_puts(o, ";\r\n boundary=\"");
	mime_puts(o, boundary);
	mime_puts(o, "\"\r\n");
}

static void put_border(struct mime_out *o, const char *boundary, bool last)
{
	mime_puts(o, "\r\n--");
	mime_puts(o, boundary);
	mime_puts(o, last ? "--\r\n" : "\r\n");
}

/* Whoever reads only text gets that of the HTML. */
static struct brg_str text_of(const struct mime_draft *d, struct brg_arena *scratch)
{
	struct html *html;
	bool cut;

	if (d->text.len || !d->html.len)
		return d->text;
	html = html_open(MIME_TEXT_MAX, scratch);
	html_put(html, d->html.ptr, d->html.len);
	return html_end(html, &cut);
}

static void put_body(struct mime_out *o, const struct mime_draft *d, struct brg_arena *scratch)
{
	char boundary[BOUNDARY_BYTES];

	if (!d->html.len) {
		put_text_part(o, "plain", d->text);
		return;
	}
	make_boundary(boundary);
	put_open(o, "alternative", boundary);
	put_border(o, boundary, false);
	put_text_part(o, "plain", text_of(d, scratch));
	put_border(o, boundary, false);
	put_text_part(o, "html", d->html);
	put_border(o, boundary, true);
}

/* ---- attachments ----------------------------------------------------------------------------*/

static const char *type_by_name(struct brg_str name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{ "pdf", "application/pdf" },
		{ "txt", "text/plain" },
		{ "csv", "text/csv" },
		{ "htm", "text/html" },
		{ "html", "text/html" },
		{ "ics", "text/calendar" },
		{ "vcf", "text/vcard" },
		{ "xml", "application/xml" },
		{ "json", "application/json" },
		{ "zip", "application/zip" },
		{ "gz", "application/gzip" },
		{ "rtf", "application/rtf" },
		{ "doc", "application/msword" },
		{ "docx",
		  "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
		{ "xls", "application/vnd.ms-excel" },
		{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
		{ "ppt", "application/vnd.ms-powerpoint" },
		{ "pptx",
		  "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
		{ "odt", "application/vnd.oasis.opendocument.text" },
		{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
		{ "odp", "application/vnd.oasis.opendocument.presentation" },
		{ "png", "image/png" },
		{ "jpg", "image/jpeg" },
		{ "jpeg", "image/jpeg" },
		{ "gif", "image/gif" },
		{ "webp", "image/webp" },
		{ "svg", "image/svg+xml" },
		{ "mp3", "audio/mpeg" },
		{ "mp4", "video/mp4" },
	};
	const char *dot = name.len ? memrchr(name.ptr, '.', name.len) : NULL;
	size_t n = dot ? (size_t)(name.ptr + name.len - dot - 1) : 0;

	for (size_t i = 0; n && i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].ending) == n && strncasecmp(types[i].ending, dot + 1, n) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static bool is_attribute_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' ||
	       c == '-' || c == '_';
}

/* RFC 2231 section 4: what is no attribute character as %XX; section 3: a long one in pieces. */
static void put_file_name(struct mime_out *o, struct brg_str name)
{
	char start[48], octet[4];
	int piece = 0;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (i % NAME_PIECE == 0) {
			if (name.len > NAME_PIECE)
				(void)snprintf(start, sizeof(start), ";\r\n filename*%d*=%s",
					       piece++, i ? "" : "utf-8''");
			else
				(void)snprintf(start, sizeof(start), ";\r\n filename*=utf-8''");
			mime_puts(o, start);
		}
		if (is_attribute_char(c))
			(void)snprintf(octet, sizeof(octet), "%c", c);
		else
			(void)snprintf(octet, sizeof(octet), "%%%02X", c);
		mime_puts(o, octet);
	}
}

static void put_name(struct mime_out *o, struct brg_str name)
{
	if (name.len > 2 * NAME_PIECE || !mime_is_writable(name) ||
	    (name.len && strpbrk(name.ptr, "\"\\"))) {
		put_file_name(o, name);
	} else if (name.len) {
		mime_puts(o, ";\r\n filename=\"");
		mime_put(o, name.ptr, name.len);
		mime_puts(o, "\"");
	}
}

static void put_type(struct mime_out *o, struct brg_str type, struct brg_str name)
{
	static const char *const apart[] = { "message/", "multipart/" };

	/* Those must not be in base64 (RFC 2045 section 6.4). */
	for (size_t i = 0; i < 2; i++)
		if (type.len && strncmp(type.ptr, apart[i], strlen(apart[i])) == 0)
			type = brg_cstr("application/octet-stream");
	mime_puts(o, "Content-Type: ");
	if (type.len)
		mime_put(o, type.ptr, type.len);
	else
		mime_puts(o, type_by_name(name));
}

static void put_attachment(struct mime_out *o, const struct mime_attachment *a,
			   struct brg_arena *scratch)
{
	char piece[LINE_BYTES * 64];
	struct brg_str type = mime_type(a->type, scratch), name = mime_clean(a->name, scratch);
	uint64_t at = 0;
	int64_t n;

	put_type(o, type, name);
	mime_puts(o, "\r\nContent-Disposition: attachment");
	put_name(o, name);
	mime_puts(o, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	while (o->rc == 0 && (n = blob_read(a->content, at, piece, sizeof(piece), o->err)) != 0) {
		if (n < 0)
			o->rc = (int)n;
		for (int64_t i = 0; i < n; i += LINE_BYTES) {
			mime_put_base64(o, piece + i,
					(size_t)(n - i < LINE_BYTES ? n - i : LINE_BYTES));
			mime_puts(o, "\r\n");
		}
		at += n > 0 ? (uint64_t)n : 0;
	}
}

/* ---- all of it ------------------------------------------------------------------------------*/

static void put_header(struct mime_out *o, const struct mime_draft *d, struct brg_arena *scratch)
{
	mime_put_address_field(o, "From", &d->from, 1, scratch);
	mime_put_address_field(o, "Sender", &d->sender, 1, scratch);
	mime_put_address_field(o, "To", d->to, d->n_to, scratch);
	mime_put_address_field(o, "Cc", d->cc, d->n_cc, scratch);
	if (d->subject.len)
		mime_put_text_field(o, "Subject", d->subject, scratch);
	mime_put_date(o, d->date_us);
	mime_put_id_field(o, "Message-ID", d->message_id, scratch);
	mime_put_id_field(o, "In-Reply-To", d->in_reply_to, scratch);
	mime_put_id_field(o, "References", d->references, scratch);
	if (d->automatic)
		mime_puts(o, "Auto-Submitted: auto-generated\r\n");
	mime_puts(o, "MIME-Version: 1.0\r\n");
}

int mime_compose(const struct mime_draft *d, struct brg_blob *blob, struct brg_err *err)
{
	struct brg_arena *scratch = arena_new();
	struct mime_out *o = mime_out_new(blob, scratch, err);
	char boundary[BOUNDARY_BYTES];
	int rc;

	put_header(o, d, scratch);
	if (d->n_attachments) {
		make_boundary(boundary);
		put_open(o, "mixed", boundary);
		put_border(o, boundary, false);
	}
	put_body(o, d, scratch);
	for (size_t i = 0; i < d->n_attachments; i++) {
		put_border(o, boundary, false);
		put_attachment(o, &d->attachments[i], scratch);
	}
	if (d->n_attachments)
		put_border(o, boundary, true);
	else if (o->last != '\n')
		mime_puts(o, "\r\n");
	rc = mime_out_end(o);
	arena_free(&scratch);
	return rc;
}
