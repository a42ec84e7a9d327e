/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of fields, one for the message and one for each recipient (RFC 3464 section 2.1,
 * RFC 8098 section 3.1, RFC 6533 for addresses of more than ASCII). Programs take liberties:
 * blocks without the empty line between, addresses without their type, codes in other fields.
 */
#include "core/report-private.h"

#include "core/utf8.h"

#include <strings.h>

enum field {
	ORIGINAL_RECIPIENT,
	FINAL_RECIPIENT,
	ACTION,
	STATUS,
	DIAGNOSTIC,
	RETRY_UNTIL,
	ORIGINAL_ID,
	X_ORIGINAL_ID,
	DISPOSITION,
	FIELDS,
};
static const struct mime_field wanted[FIELDS] = {
	[ORIGINAL_RECIPIENT] = MIME_FIELD("original-recipient", 2048),
	[FINAL_RECIPIENT] = MIME_FIELD("final-recipient", 2048),
	[ACTION] = MIME_FIELD("action", 64),
	[STATUS] = MIME_FIELD("status", 256),
	[DIAGNOSTIC] = MIME_FIELD("diagnostic-code", 4096),
	[RETRY_UNTIL] = MIME_FIELD("will-retry-until", 64),
	[ORIGINAL_ID] = MIME_FIELD("original-message-id", 2048),
	[X_ORIGINAL_ID] = MIME_FIELD("x-original-message-id", 2048),
	[DISPOSITION] = MIME_FIELD("disposition", 512),
};

/* ---- contents of a part ---------------------------------------------------------------------*/

struct room {
	char *p;
	size_t n, max;
};

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct room *r = arg;
	size_t k = n < r->max - r->n ? n : r->max - r->n;

	(void)err;
	memcpy(r->p + r->n, p, k);
	r->n += k;
	return r->n == r->max;
}

static int load(struct lens *l, const struct mime_part *part, size_t max, struct brg_str *out,
		struct brg_err *err)
{
	struct room room = { .max = part->octets + 16 < max ? (size_t)part->octets + 16 : max };
	int rc;

	room.p = arena_alloc(l->arena, room.max + 1);
	rc = mime_content(l->raw, part, add_piece, &room, err);
	*out = (struct brg_str){ room.p, room.n };
	return rc < 0 ? rc : 0;
}

static bool is_one_of(const struct mime_part *part, const char *const *types)
{
	for (; *types; types++)
		if (brg_str_eq(part->type, brg_cstr(*types)))
			return true;
	return false;
}

/* Programs on the way make files of what they do not know. */
static bool is_plain_file(const struct lens *l, const struct mime_part *part)
{
	return brg_str_eq(l->header->content_type, brg_cstr("multipart/report")) &&
	       brg_str_eq(part->type, brg_cstr("text/plain"));
}

int report_returned_parts(struct lens *l, struct brg_err *err)
{
	static const char *const types[] = { "message/rfc822",	    "message/global",
					     "text/rfc822-headers", "message/rfc822-headers",
					     "text/rfc822-header",  "message/global-headers",
					     "text/rfc822",	    NULL };
	struct mime_header header;
	struct brg_str head;
	int rc = 0;

	for (size_t i = 0; i < l->message.n_parts && rc == 0; i++) {
		const struct mime_part *p = &l->message.parts[i];

		if (p->in >= 0 || !(is_one_of(p, types) || is_plain_file(l, p)))
			continue;
		rc = load(l, p, MIME_HEADER_MAX, &head, err);
		if (rc < 0)
			break;
		mime_header(head, l->arena, &header);
		if (is_one_of(p, types) || header.message_id.len)
			report_returned(l, &header);
		if (header.message_id.len)
			break;
	}
	return rc;
}

/* ---- blocks ---------------------------------------------------------------------------------*/

static struct brg_str next_line(struct brg_str *rest)
{
	const char *end = rest->ptr + rest->len;
	const char *p = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	struct brg_str line = *rest;

	p = p ? p + 1 : end;
	line.len = (size_t)(p - rest->ptr);
	*rest = (struct brg_str){ p, (size_t)(end - p) };
	return line;
}

static bool is_blank(struct brg_str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!mime_blank(line.ptr[i]) && line.ptr[i] != '\r' && line.ptr[i] != '\n')
			return false;
	return true;
}

static bool starts(struct brg_str line, const char *name)
{
	size_t n = strlen(name);

	return line.len > n && strncasecmp(line.ptr, name, n) == 0;
}

/* Up to an empty line, or to a field that this block has already and that begins another. */
static bool next_block(struct brg_str *rest, struct brg_str *block)
{
	bool original = false, final = false;
	struct brg_str after, line;

	do {
		*block = *rest;
		line = next_line(rest);
	} while (line.len && is_blank(line));
	if (line.len == 0)
		return false;
	*rest = after = *block;
	while ((line = next_line(&after)).len && !is_blank(line)) {
		bool is_original = starts(line, "original-recipient:");
		bool is_final = starts(line, "final-recipient:");

		if ((is_original && original) || (is_final && final))
			break;
		original = original || is_original;
		final = final || is_final;
		*rest = after;
	}
	block->len -= rest->len;
	return true;
}

/* ---- addresses ------------------------------------------------------------------------------*/

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x{AD}" (RFC 6533 section 3), or "+40" for an @ that was left encoded (RFC 3461 section 4). */
static struct brg_str unescape(struct brg_str s, struct brg_arena *arena)
{
	bool xtext = s.len && !memchr(s.ptr, '@', s.len) && memmem(s.ptr, s.len, "+40", 3);
	char *to = arena_alloc(arena, s.len + 5);
	size_t k = 0;

	for (size_t i = 0; i < s.len;) {
		uint32_t point = 0;
		size_t n = 0;

		if (xtext && s.ptr[i] == '+' && i + 2 < s.len && hex_digit(s.ptr[i + 1]) >= 0 &&
		    hex_digit(s.ptr[i + 2]) >= 0) {
			point = (uint32_t)(hex_digit(s.ptr[i + 1]) * 16 + hex_digit(s.ptr[i + 2]));
			n = 3;
		} else if (i + 4 < s.len && memcmp(s.ptr + i, "\\x{", 3) == 0) {
			for (n = 3; i + n < s.len && n < 9 && hex_digit(s.ptr[i + n]) >= 0; n++)
				point = point * 16 + (uint32_t)hex_digit(s.ptr[i + n]);
			n = n > 3 && i + n < s.len && s.ptr[i + n] == '}' ? n + 1 : 0;
		}
		if (n == 0 || point == 0 || point > 0x10FFFF) {
			to[k++] = s.ptr[i++];
			continue;
		}
		k += utf8_put(point, to + k);
		i += n;
	}
	return (struct brg_str){ to, k };
}

static struct brg_str trim(struct brg_str s)
{
	while (s.len && (mime_blank(s.ptr[0]) || s.ptr[0] == '<')) {
		s.ptr++;
		s.len--;
	}
	while (s.len && (mime_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '>'))
		s.len--;
	return s;
}

/* What is behind the type: "rfc822; Anna@Example.org" -> "anna@example.org". Addresses of other
 * kinds of mail are none to us. */
static struct brg_str address_of(struct brg_str value, struct brg_arena *arena)
{
	const char *semicolon = value.len ? memchr(value.ptr, ';', value.len) : NULL;
	struct brg_str type = { value.ptr, 0 }, s = value;
	const char *p;

	if (semicolon) {
		type = trim((struct brg_str){ value.ptr, (size_t)(semicolon - value.ptr) });
		s.ptr = semicolon + 1;
		s.len = value.len - (size_t)(s.ptr - value.ptr);
	}
	if (type.len && !mime_is_word(type, "rfc822") && !mime_is_word(type, "utf-8") &&
	    !mime_is_word(type, "smtp"))
		return MIME_NONE;
	/* A comment, or a name in front. */
	p = s.len ? memchr(s.ptr, '<', s.len) : NULL;
	if (p) {
		s.len -= (size_t)(p - s.ptr);
		s.ptr = p;
		p = memchr(s.ptr, '>', s.len);
	} else {
		p = s.len && *trim(s).ptr != '"' ? memchr(s.ptr, '(', s.len) : NULL;
	}
	if (p)
		s.len = (size_t)(p - s.ptr);
	return mime_fold(unescape(trim(s), arena), arena);
}

/* Whom we wrote to, and where it went from there. */
static void set_address(struct lens *l, const struct brg_str raw[FIELDS],
			struct report_recipient *r)
{
	struct brg_str original = address_of(raw[ORIGINAL_RECIPIENT], l->arena);
	struct brg_str final = address_of(raw[FINAL_RECIPIENT], l->arena);

	r->address = original.len ? original : final;
	if (original.len && !brg_str_eq(original, final))
		r->other = final;
}

/* ---- delivery status ------------------------------------------------------------------------*/

/* The words of the server: without "smtp;" in front, on one line, cut on a character's border. */
static struct brg_str diagnostic(struct brg_str raw, struct brg_arena *arena)
{
	const char *semicolon = raw.len ? memchr(raw.ptr, ';', raw.len) : NULL;
	struct brg_str s = raw;

	if (semicolon && !memchr(raw.ptr, ' ', (size_t)(semicolon - raw.ptr))) {
		s.ptr = semicolon + 1;
		s.len = raw.len - (size_t)(s.ptr - raw.ptr);
	}
	s = mime_clean(s, arena);
	if (s.len > REPORT_SAID_MAX)
		for (s.len = REPORT_SAID_MAX; s.len && (s.ptr[s.len] & 0xC0) == 0x80;)
			s.len--;
	return s;
}

static int delivery_state(const struct brg_str raw[FIELDS], const struct report_recipient *r,
			  struct brg_arena *arena)
{
	struct brg_str action = raw[ACTION];

	if (mime_is_word(action, "delivered") || mime_is_word(action, "relayed") ||
	    mime_is_word(action, "expanded"))
		return REPORT_DELIVERED;
	if (mime_is_word(action, "delayed") || (raw[RETRY_UNTIL].len && action.len == 0))
		return REPORT_DELAYED;
	if (mime_is_word(action, "failed") || mime_is_word(action, "failure") ||
	    mime_is_word(action, "error"))
		return report_bounce(r->status, r->said, arena);
	/* No action that anybody knows: the status alone. */
	if (r->status.len && r->status.ptr[0] == '2')
		return REPORT_DELIVERED;
	return r->status.len ? report_bounce(r->status, r->said, arena) : REPORT_UNKNOWN;
}

/* "5.1.1 (unknown user)" -> "5.1.1". */
static struct brg_str status_of(struct brg_str value, struct brg_arena *arena)
{
	size_t n = 0, dots = 0;

	while (n < value.len && n < 11 &&
	       ((value.ptr[n] >= '0' && value.ptr[n] <= '9') || value.ptr[n] == '.'))
		dots += value.ptr[n++] == '.';
	return n >= 5 && dots >= 2 ? arena_dup(arena, value.ptr, n) : MIME_NONE;
}

static void delivery_block(struct lens *l, const struct brg_str raw[FIELDS])
{
	struct report_recipient *r;

	if (!raw[ORIGINAL_RECIPIENT].len && !raw[FINAL_RECIPIENT].len && !raw[ACTION].len)
		return;
	r = report_recipient(l);
	if (!r)
		return;
	set_address(l, raw, r);
	r->status = status_of(raw[STATUS], l->arena);
	r->said = diagnostic(raw[DIAGNOSTIC], l->arena);
	if (r->status.len == 0)
		r->status = arena_str(l->arena, report_status_code(r->said));
	r->state = delivery_state(raw, r, l->arena);
}

/* ---- disposition ----------------------------------------------------------------------------*/

/* "manual-action/MDN-sent-manually; displayed/error" -> what happened (RFC 8098 section 3.2.6).
 * What was printed, passed on or whose reader keeps it to himself has arrived. */
static int disposition_state(struct brg_str value, struct brg_arena *arena)
{
	const char *semicolon = value.len ? memchr(value.ptr, ';', value.len) : NULL;
	struct brg_str type = value;

	if (semicolon) {
		type.ptr = semicolon + 1;
		type.len = value.len - (size_t)(type.ptr - value.ptr);
	}
	type = mime_keyword(mime_clean(type, arena), arena);
	if (mime_is_word(type, "displayed") || mime_is_word(type, "read"))
		return REPORT_READ;
	if (mime_is_word(type, "deleted"))
		return REPORT_DELETED;
	if (mime_is_word(type, "dispatched") || mime_is_word(type, "processed"))
		return REPORT_DELIVERED;
	return REPORT_UNKNOWN;
}

static void disposition_block(struct lens *l, const struct brg_str raw[FIELDS])
{
	struct report_recipient *r;

	if (!raw[DISPOSITION].len && !raw[FINAL_RECIPIENT].len && !raw[ORIGINAL_RECIPIENT].len)
		return;
	r = report_recipient(l);
	if (!r)
		return;
	set_address(l, raw, r);
	if (r->address.len == 0)
		r->address = l->header->from_address;
	r->state = disposition_state(raw[DISPOSITION], l->arena);
}

/* ---- parts ----------------------------------------------------------------------------------*/

static void read_blocks(struct lens *l, struct brg_str text,
			void (*block)(struct lens *l, const struct brg_str raw[FIELDS]))
{
	struct brg_str one;

	while (next_block(&text, &one)) {
		struct brg_str raw[FIELDS] = { 0 };

		(void)mime_split(one, wanted, FIELDS, l->arena, raw);
		for (size_t i = 0; i < FIELDS; i++)
			if (!raw[i].ptr)
				raw[i] = MIME_NONE;
		report_about(l, mime_first_id(raw[ORIGINAL_ID], l->arena));
		report_about(l, mime_first_id(raw[X_ORIGINAL_ID], l->arena));
		block(l, raw);
	}
}

int report_status_parts(struct lens *l, struct brg_err *err)
{
	static const char *const delivery[] = { "message/delivery-status",
						"message/global-delivery-status", NULL };
	static const char *const disposition[] = { "message/disposition-notification",
						   "message/global-disposition-notification",
						   NULL };

	for (size_t i = 0; i < l->message.n_parts; i++) {
		const struct mime_part *p = &l->message.parts[i];
		bool is_delivery = is_one_of(p, delivery) || is_plain_file(l, p);
		struct brg_str text;

		/* In a message that came back there may be one as well. */
		if (p->in >= 0 || (!is_delivery && !is_one_of(p, disposition)))
			continue;
		if (load(l, p, REPORT_PART_MAX, &text, err) < 0)
			return err->code;
		if (is_plain_file(l, p) && !memmem(text.ptr, text.len, "\nFinal-Recipient:", 17))
			continue;
		read_blocks(l, text, is_delivery ? delivery_block : disposition_block);
		if (l->out->n_recipients == 0)
			continue;
		l->out->kind = is_delivery ? REPORT_DELIVERY : REPORT_DISPOSITION;
		l->out->shape = is_delivery ? "delivery-status" : "disposition-notification";
		return 1;
	}
	return 0;
}
