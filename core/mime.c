/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record shows of a mail comes from the header block, and most fields of it are never
 * looked at. So the block is split here, in one pass, and GMime decodes only the few fields
 * that are wanted: its whole parser takes ten times as long and insists on a message. Mail is
 * written by anybody: whatever the bytes, something readable comes out, within bounds.
 */
#include "core/mime-private.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdlib.h>

#define TEXT_MAX      (16 * 1024) /* bytes of a field that is shown as text */
#define TYPE_NAME_MAX 127	  /* RFC 6838 section 4.2 */
#define LIST_MAX      (64 * 1024) /* bytes of a field that holds addresses or ids */

/* The fields that are wanted. Of each the first counts, as in most readers; those for whom it is
 * are joined (RFC 5322 section 4.5.3). */
enum field {
	SUBJECT,
	FROM,
	SENDER,
	TO,
	CC,
	REPLY_TO,
	DATE,
	RECEIVED,
	MESSAGE_ID,
	IN_REPLY_TO,
	REFERENCES,
	LIST_ID,
	AUTO_SUBMITTED,
	PRECEDENCE,
	BCC,
	THREAD_INDEX,
	CONTENT_TYPE,
	RETURN_PATH,
	DISPOSITION_TO,
	AUTOREPLY,
	AUTORESPOND,
	SUPPRESS,
	DELIVERED,
	/* Others say the same in their own words. */
	X_ORIGINAL_TO,
	ENVELOPE_TO,
	X_ENVELOPE_TO,
	X_DELIVERED_TO,
	FIELDS,
};
static const struct mime_field wanted[FIELDS] = {
	[SUBJECT] = MIME_FIELD("subject", TEXT_MAX),
	[FROM] = MIME_FIELD("from", LIST_MAX),
	[SENDER] = MIME_FIELD("sender", LIST_MAX),
	[TO] = MIME_JOINED("to", LIST_MAX, TO),
	[CC] = MIME_JOINED("cc", LIST_MAX, CC),
	[REPLY_TO] = MIME_FIELD("reply-to", LIST_MAX),
	[DATE] = MIME_FIELD("date", TEXT_MAX),
	[RECEIVED] = MIME_FIELD("received", TEXT_MAX),
	[MESSAGE_ID] = MIME_FIELD("message-id", TEXT_MAX),
	[IN_REPLY_TO] = MIME_FIELD("in-reply-to", TEXT_MAX),
	[REFERENCES] = MIME_FIELD("references", LIST_MAX),
	[LIST_ID] = MIME_FIELD("list-id", TEXT_MAX),
	[AUTO_SUBMITTED] = MIME_FIELD("auto-submitted", TEXT_MAX),
	[PRECEDENCE] = MIME_FIELD("precedence", TEXT_MAX),
	[BCC] = MIME_JOINED("bcc", LIST_MAX, BCC),
	[THREAD_INDEX] = MIME_FIELD("thread-index", TEXT_MAX),
	[CONTENT_TYPE] = MIME_FIELD("content-type", TEXT_MAX),
	[RETURN_PATH] = MIME_FIELD("return-path", TEXT_MAX),
	[DISPOSITION_TO] = MIME_FIELD("disposition-notification-to", TEXT_MAX),
	[AUTOREPLY] = MIME_FIELD("x-autoreply", 256),
	[AUTORESPOND] = MIME_FIELD("x-autorespond", 256),
	[SUPPRESS] = MIME_FIELD("x-auto-response-suppress", 256),
	[DELIVERED] = MIME_GATHERED("delivered-to", DELIVERED),
	[X_ORIGINAL_TO] = MIME_GATHERED("x-original-to", DELIVERED),
	[ENVELOPE_TO] = MIME_GATHERED("envelope-to", DELIVERED),
	[X_ENVELOPE_TO] = MIME_GATHERED("x-envelope-to", DELIVERED),
	[X_DELIVERED_TO] = MIME_GATHERED("x-delivered-to", DELIVERED),
};

/* Set once, then only read. */
static GMimeParserOptions *options;

void mime_init(void)
{
	static const char *const raw[] = { "utf-8", "windows-1252", NULL };

	if (options)
		return;
	g_mime_init();
	options = g_mime_parser_options_new();
	/* Bytes that name no charset. */
	g_mime_parser_options_set_fallback_charsets(options, (const char **)(uintptr_t)raw);
}

/* ---- text -------------------------------------------------------------------------------- */

/* The end of an encoded word that starts at p, or NULL: "=?charset?B?text?=". */
static const char *word_end(const char *p, const char *end, const char **kind)
{
	int marks = 0;

	for (p += 2; p < end && (unsigned char)*p > ' '; p++) {
		if (*p != '?')
			continue;
		if (++marks == 1)
			*kind = p + 1;
		else if (marks == 3)
			return p + 1 < end && p[1] == '=' && (*kind)[1] == '?' ? p + 2 : NULL;
	}
	return NULL;
}

/* One word in base64 as the same word quoted. */
static size_t requote(const char *word, const char *kind, const char *end, char *to)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = (size_t)(kind - word), len = (size_t)(end - 2 - (kind + 2));
	unsigned char *bytes = g_malloc(len + 3);
	guint save = 0;
	gint state = 0;

	len = g_base64_decode_step(kind + 2, len, bytes, &state, &save);
	memcpy(to, word, n);
	memcpy(to + n, "Q?", 2);
	n += 2;
	for (size_t i = 0; i < len; i++) {
		to[n++] = '=';
		to[n++] = hex[bytes[i] >> 4];
		to[n++] = hex[bytes[i] & 15];
	}
	memcpy(to + n, "?=", 2);
	g_free(bytes);
	return n + 2;
}

/* GMime decodes neighbouring words in base64 as one text and loses what follows the padding of
 * the first (seen with 3.2.13); most mailers pad every word. Quoted words it joins well. */
static struct brg_str mend_words(struct brg_str raw, struct brg_arena *arena)
{
	const char *p = raw.ptr, *end = p + raw.len, *kind = NULL, *stop, *next;
	size_t n = 0;
	char *to;

	if (raw.len == 0 || !memmem(raw.ptr, raw.len, "=?=", 3))
		return raw;
	to = arena_alloc(arena, 3 * raw.len + 1);
	while (p < end) {
		next = memmem(p, (size_t)(end - p), "=?", 2);
		if (!next)
			next = end;
		memcpy(to + n, p, (size_t)(next - p));
		n += (size_t)(next - p);
		p = next;
		if (p == end)
			break;
		stop = word_end(p, end, &kind);
		if (stop && (*kind == 'B' || *kind == 'b')) {
			n += requote(p, kind, stop, to + n);
		} else {
			stop = stop ? stop : p + 2;
			memcpy(to + n, p, (size_t)(stop - p));
			n += (size_t)(stop - p);
		}
		p = stop;
	}
	return (struct brg_str){ to, n };
}

struct brg_str mime_fold(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str text = mime_clean(s, arena);
	char *p = (char *)(uintptr_t)text.ptr, *composed, *lower;

	if (mime_plain(text)) {
		for (size_t i = 0; i < text.len; i++)
			p[i] = (char)tolower((unsigned char)p[i]);
		return text;
	}
	composed = g_utf8_normalize(text.ptr, (gssize)text.len, G_NORMALIZE_NFC);
	lower = g_utf8_strdown(composed, -1);
	text = arena_dup(arena, lower, strlen(lower));
	g_free(composed);
	g_free(lower);
	return text;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void parse_from(const struct brg_str raw[FIELDS], struct brg_arena *arena,
		       struct mime_header *out)
{
	static const int fields[] = { FROM, SENDER };
	struct mime_address *at = NULL;
	size_t n = 0;

	for (size_t f = 0; f < 2 && out->from_address.len == 0; f++) {
		n = 0;
		mime_addresses(raw[fields[f]], arena, &at, &n);
		for (size_t i = 0; i < n && out->from_address.len == 0; i++) {
			out->from_name = at[i].name;
			out->from_address = at[i].address;
		}
	}
	/* Something to show where there is no address at all. */
	if (out->from_address.len == 0 && out->from_name.len == 0 && raw[FROM].ptr)
		out->from_name = mime_decode(raw[FROM], arena);
}

/* None twice. */
static void parse_delivered(struct brg_str raw, struct brg_arena *arena, struct mime_header *out)
{
	struct mime_address *at = NULL;
	size_t n = 0, kept = 0;

	mime_addresses(raw, arena, &at, &n);
	for (size_t i = 0; i < n; i++) {
		bool twice = at[i].address.len == 0;

		for (size_t k = 0; k < kept && !twice; k++)
			twice = brg_str_eq(at[k].address, at[i].address);
		if (!twice)
			at[kept++] = at[i];
	}
	out->delivered = at;
	out->n_delivered = kept;
}

/* ---- flags ---------------------------------------------------------------------------------- */

static bool is_auto_reply(const struct brg_str raw[FIELDS])
{
	return mime_is_word(raw[AUTO_SUBMITTED], "auto-replied") ||
	       mime_is_word(raw[PRECEDENCE], "auto_reply") ||
	       (raw[AUTOREPLY].len && !mime_is_word(raw[AUTOREPLY], "no")) ||
	       (raw[AUTORESPOND].len && !mime_is_word(raw[AUTORESPOND], "no"));
}

static bool is_automatic(const struct brg_str raw[FIELDS])
{
	struct brg_str p = raw[PRECEDENCE];

	return (raw[AUTO_SUBMITTED].len && !mime_is_word(raw[AUTO_SUBMITTED], "no")) ||
	       mime_is_word(p, "bulk") || mime_is_word(p, "junk"); /* people write through lists */
}

static struct brg_str first_address(struct brg_str raw, struct brg_arena *arena)
{
	struct mime_address *at = NULL;
	size_t n = 0;

	mime_addresses(raw, arena, &at, &n);
	return n ? at[0].address : MIME_NONE;
}

/* ---- what a part is ---------------------------------------------------------------------------
 */

enum part_field { TYPE, DISPOSITION, ENCODING, CONTENT_ID, PART_FIELDS };
static const struct mime_field part_wanted[PART_FIELDS] = {
	[TYPE] = MIME_FIELD("content-type", TEXT_MAX),
	[DISPOSITION] = MIME_FIELD("content-disposition", TEXT_MAX),
	[ENCODING] = MIME_FIELD("content-transfer-encoding", 256),
	[CONTENT_ID] = MIME_FIELD("content-id", TEXT_MAX),
};

/* The value of a parameter as written, without quotes that are not closed. */
static struct brg_str bare(const char *value)
{
	struct brg_str s = brg_cstr(value);

	while (s.len && (*s.ptr == '"' || mime_blank(*s.ptr))) {
		s.ptr++;
		s.len--;
	}
	while (s.len && (s.ptr[s.len - 1] == '"' || mime_blank(s.ptr[s.len - 1])))
		s.len--;
	return s;
}

static void take_parameter(const char *name, const char *value, struct brg_arena *arena,
			   struct mime_kind *out)
{
	struct brg_str s = bare(value);

	if (strcasecmp(name, "boundary") == 0 && !out->boundary.len)
		out->boundary = arena_str(arena, s);
	else if (strcasecmp(name, "charset") == 0 && !out->charset.len)
		out->charset = mime_keyword(s, arena);
	else if ((strcasecmp(name, "name") == 0 || strcasecmp(name, "filename") == 0) && s.len)
		out->name = mime_decode(mime_is_utf8(s) ? s : mime_undeclared(s, MIME_NONE, arena),
					arena);
	else if (strcasecmp(name, "smime-type") == 0)
		out->smime = mime_keyword(s, arena);
	else if (strcasecmp(name, "report-type") == 0)
		out->report = mime_keyword(s, arena);
	else if (strcasecmp(name, "format") == 0)
		out->flowed = mime_is_word(s, "flowed");
	else if (strcasecmp(name, "delsp") == 0)
		out->del = mime_is_word(s, "yes");
}

static void take_parameters(GMimeParamList *list, struct brg_arena *arena, struct mime_kind *out)
{
	int n = list ? g_mime_param_list_length(list) : 0;

	for (int i = 0; i < n; i++) {
		GMimeParam *p = g_mime_param_list_get_parameter_at(list, i);

		if (g_mime_param_get_value(p))
			take_parameter(g_mime_param_get_name(p), g_mime_param_get_value(p), arena,
				       out);
	}
}

static void parse_type(struct brg_str raw, struct brg_arena *arena, struct mime_kind *out)
{
	GMimeContentType *type;

	out->told = raw.len > 0;
	out->type = mime_type(raw, arena);
	if (!memchr(raw.ptr, ';', raw.len))
		return;
	type = g_mime_content_type_parse(options, mend_words(raw, arena).ptr);
	take_parameters(type ? g_mime_content_type_get_parameters(type) : NULL, arena, out);
	if (type)
		g_object_unref(type);
}

static void parse_disposition(struct brg_str raw, struct brg_arena *arena, struct mime_kind *out)
{
	GMimeContentDisposition *d;

	/* What is neither is to be taken for an attachment (RFC 2183 section 2.8). */
	out->attachment = !mime_is_word(raw, "inline");
	if (!memchr(raw.ptr, ';', raw.len))
		return;
	d = g_mime_content_disposition_parse(options, mend_words(raw, arena).ptr);
	take_parameters(d ? g_mime_content_disposition_get_parameters(d) : NULL, arena, out);
	if (d)
		g_object_unref(d);
}

const struct mime_kind mime_no_kind = {
	.type = MIME_NONE,
	.charset = MIME_NONE,
	.encoding = MIME_NONE,
	.boundary = MIME_NONE,
	.name = MIME_NONE,
	.content_id = MIME_NONE,
	.smime = MIME_NONE,
	.report = MIME_NONE,
};

void mime_kind(struct brg_str block, struct brg_arena *arena, struct mime_kind *out)
{
	struct brg_str raw[PART_FIELDS] = { 0 };

	*out = mime_no_kind;
	mime_split(block, part_wanted, PART_FIELDS, arena, raw);
	if (raw[TYPE].len)
		parse_type(raw[TYPE], arena, out);
	if (raw[DISPOSITION].len)
		parse_disposition(raw[DISPOSITION], arena, out);
	if (raw[ENCODING].len)
		out->encoding = mime_keyword(bare(raw[ENCODING].ptr), arena);
	if (raw[CONTENT_ID].len)
		out->content_id = mime_first_id(raw[CONTENT_ID], arena);
}

/* ---- the header of a message -------------------------------------------------------------------
 */

/* What tells programs how to deal with it. */
static void parse_signs(const struct brg_str raw[FIELDS], struct brg_arena *arena,
			struct mime_header *out)
{
	out->auto_reply = is_auto_reply(raw);
	out->automatic = is_automatic(raw) || out->auto_reply;
	out->no_auto_reply = raw[SUPPRESS].len && !mime_is_word(raw[SUPPRESS], "none");
	out->null_sender = brg_str_eq(raw[RETURN_PATH], brg_cstr("<>"));
	if (raw[THREAD_INDEX].len)
		out->thread_index = mime_without_blanks(raw[THREAD_INDEX], arena);
	if (raw[CONTENT_TYPE].len)
		out->content_type = mime_type(raw[CONTENT_TYPE], arena);
	if (brg_str_eq(out->content_type, brg_cstr("multipart/report"))) {
		struct mime_kind kind = mime_no_kind;

		parse_type(raw[CONTENT_TYPE], arena, &kind);
		out->report_type = kind.report;
	}
	if (raw[AUTO_SUBMITTED].len)
		out->auto_submitted = mime_keyword(raw[AUTO_SUBMITTED], arena);
	if (raw[SENDER].len)
		out->sender_address = first_address(raw[SENDER], arena);
	if (raw[DISPOSITION_TO].len)
		out->disposition_to = first_address(raw[DISPOSITION_TO], arena);
}

/* Text of 8 bits that is no UTF-8 is read by the charset of the body: nothing else tells. */
static void declare(struct brg_str raw[FIELDS], struct brg_arena *arena)
{
	static const enum field fields[] = { SUBJECT,  FROM, SENDER,  TO,	 CC,
					     REPLY_TO, BCC,  LIST_ID, DELIVERED, DISPOSITION_TO };
	struct mime_kind kind = mime_no_kind;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (raw[fields[i]].len == 0 || mime_is_utf8(raw[fields[i]]))
			continue;
		if (!kind.told && raw[CONTENT_TYPE].len)
			parse_type(raw[CONTENT_TYPE], arena, &kind);
		raw[fields[i]] = mime_undeclared(raw[fields[i]], kind.charset, arena);
	}
}

void mime_header(struct brg_str header, struct brg_arena *arena, struct mime_header *out)
{
	struct brg_str raw[FIELDS] = { 0 };
	const char *semicolon;

	*out = (struct mime_header){ .thread_index = MIME_NONE,
				     .content_type = MIME_NONE,
				     .report_type = MIME_NONE,
				     .auto_submitted = MIME_NONE,
				     .sender_address = MIME_NONE,
				     .disposition_to = MIME_NONE };
	if (header.len)
		mime_split(header, wanted, FIELDS, arena, raw);
	declare(raw, arena);
	out->subject = mime_decode(raw[SUBJECT], arena);
	parse_from(raw, arena, out);
	mime_addresses(raw[TO], arena, &out->to, &out->n_to);
	mime_addresses(raw[CC], arena, &out->cc, &out->n_cc);
	mime_addresses(raw[REPLY_TO], arena, &out->reply_to, &out->n_reply_to);
	out->date_us = mime_date(raw[DATE].ptr);
	semicolon = raw[RECEIVED].len ? strrchr(raw[RECEIVED].ptr, ';') : NULL;
	out->received_us = semicolon ? mime_date(semicolon + 1) : 0;
	out->message_id = mime_first_id(raw[MESSAGE_ID], arena);
	out->in_reply_to = mime_first_id(raw[IN_REPLY_TO], arena);
	out->references = mime_all_ids(raw[REFERENCES], arena);
	out->list_id = mime_decode(raw[LIST_ID], arena);
	mime_addresses(raw[BCC], arena, &out->bcc, &out->n_bcc);
	parse_delivered(raw[DELIVERED], arena, out);
	parse_signs(raw, arena, out);
}
