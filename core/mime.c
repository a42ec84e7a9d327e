/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record shows of a mail comes from the header block, and most fields of it are never
 * looked at. So the block is split in one pass, and only the few fields that are wanted are
 * decoded. Mail is written by anybody: whatever the bytes, something readable comes out, within
 * bounds.
 */
#include "core/mime-private.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdlib.h>

#define TEXT_MAX (16 * 1024) /* bytes of a field that is shown as text */
#define LIST_MAX (64 * 1024) /* bytes of a field that holds addresses or ids */

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
	OTHERS,
	RESENT_FROM,
	RESENT_SENDER,
	RESENT_CC,
	RESENT_BCC,
	ERRORS_TO,
	RECEIPT_TO,
	FAILED_TO,
	FORWARDED_TO,
	FORWARDED_FOR,
	FIELDS,
};
/* Those that name people. */
#define BIT(field) (UINT64_C(1) << (field))
#define NAMING                                                                    \
	(BIT(FROM) | BIT(SENDER) | BIT(TO) | BIT(CC) | BIT(BCC) | BIT(REPLY_TO) | \
	 BIT(RETURN_PATH) | BIT(DISPOSITION_TO) | (BIT(FIELDS) - BIT(DELIVERED)))
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
	[OTHERS] = MIME_GATHERED("resent-to", OTHERS),
	[RESENT_FROM] = MIME_GATHERED("resent-from", OTHERS),
	[RESENT_SENDER] = MIME_GATHERED("resent-sender", OTHERS),
	[RESENT_CC] = MIME_GATHERED("resent-cc", OTHERS),
	[RESENT_BCC] = MIME_GATHERED("resent-bcc", OTHERS),
	[ERRORS_TO] = MIME_GATHERED("errors-to", OTHERS),
	[RECEIPT_TO] = MIME_GATHERED("return-receipt-to", OTHERS),
	[FAILED_TO] = MIME_GATHERED("x-failed-recipients", OTHERS),
	[FORWARDED_TO] = MIME_GATHERED("x-forwarded-to", OTHERS),
	[FORWARDED_FOR] = MIME_GATHERED("x-forwarded-for", OTHERS),
};

void mime_init(void)
{
	g_mime_init();
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

/* ---- addresses ------------------------------------------------------------------------------*/

/* True: there may be more in it than could be read. */
static bool parse_addresses(struct brg_str raw, struct brg_arena *arena, struct mime_address **at,
			    size_t *n)
{
	size_t ats = 0;

	mime_addresses(raw, arena, at, n);
	for (size_t i = 0; i < *n; i++)
		ats += mime_ats((*at)[i].address) > 0;
	return mime_ats(raw) > ats;
}

static void parse_from(const struct brg_str raw[FIELDS], struct brg_arena *arena,
		       struct mime_header *out)
{
	static const int fields[] = { FROM, SENDER };
	struct mime_address *at = NULL;
	size_t n = 0;

	for (size_t f = 0; f < 2 && out->from_address.len == 0; f++) {
		n = 0;
		out->more_addresses |= parse_addresses(raw[fields[f]], arena, &at, &n) || n > 1;
		for (size_t i = 0; i < n && out->from_address.len == 0; i++) {
			out->from_name = at[i].name;
			out->from_address = at[i].address;
		}
	}
	/* Something to show where there is no address at all. */
	if (out->from_address.len == 0 && out->from_name.len == 0 && raw[FROM].ptr)
		out->from_name = mime_decode(raw[FROM], arena);
}

static void parse_others(const struct brg_str raw[FIELDS], struct brg_arena *arena,
			 struct mime_header *out)
{
	static const int fields[] = { RETURN_PATH, DISPOSITION_TO, OTHERS };
	struct mime_address *at[3] = { NULL };
	size_t n[3] = { 0 }, kept = 0;

	for (size_t f = 0; f < 3; f++)
		out->more_addresses |= parse_addresses(raw[fields[f]], arena, &at[f], &n[f]);
	out->others = arena_alloc(arena, (n[0] + n[1] + n[2] + 1) * sizeof(*out->others));
	for (size_t f = 0; f < 3; f++)
		for (size_t i = 0; i < n[f]; i++)
			if (mime_ats(at[f][i].address) &&
			    !brg_str_eq(at[f][i].address, out->from_address))
				out->others[kept++] =
					(struct mime_address){ .name = MIME_NONE,
							       .address = at[f][i].address };
	out->n_others = mime_each_once(out->others, kept);
}

/* Whom it is from, for, and who else is named. */
static void parse_people(const struct brg_str raw[FIELDS], struct brg_arena *arena,
			 struct mime_header *out)
{
	const struct {
		enum field field;
		struct mime_address **at;
		size_t *n;
	} lists[] = {
		{ TO, &out->to, &out->n_to },
		{ CC, &out->cc, &out->n_cc },
		{ BCC, &out->bcc, &out->n_bcc },
		{ REPLY_TO, &out->reply_to, &out->n_reply_to },
		{ DELIVERED, &out->delivered, &out->n_delivered },
	};

	parse_from(raw, arena, out);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		out->more_addresses |=
			parse_addresses(raw[lists[i].field], arena, lists[i].at, lists[i].n);
	out->n_delivered = mime_each_once(out->delivered, out->n_delivered);
	parse_others(raw, arena, out);
}

/* ---- flags ----------------------------------------------------------------------------------*/

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

	(void)parse_addresses(raw, arena, &at, &n);
	return n ? at[0].address : MIME_NONE;
}

/* ---- what a part is -------------------------------------------------------------------------*/

enum part_field { TYPE, DISPOSITION, ENCODING, CONTENT_ID, PART_FIELDS };
static const struct mime_field part_wanted[PART_FIELDS] = {
	[TYPE] = MIME_FIELD("content-type", TEXT_MAX),
	[DISPOSITION] = MIME_FIELD("content-disposition", TEXT_MAX),
	[ENCODING] = MIME_FIELD("content-transfer-encoding", 256),
	[CONTENT_ID] = MIME_FIELD("content-id", TEXT_MAX),
};

static void take_name(struct brg_str raw, const char *name, struct brg_arena *arena,
		      struct mime_kind *out)
{
	struct brg_str s = mime_clean(mime_parameter(raw, name, true, arena), arena);

	if (s.len)
		out->name = mime_file_name(s, arena);
}

static struct brg_str keyword_of(struct brg_str raw, const char *name, struct brg_arena *arena)
{
	return mime_keyword(mime_parameter(raw, name, false, arena), arena);
}

static void parse_type(struct brg_str raw, struct brg_arena *arena, struct mime_kind *out)
{
	out->told = raw.len > 0;
	out->type = mime_type(raw, arena);
	if (!memchr(raw.ptr, ';', raw.len))
		return;
	take_name(raw, "name", arena, out);
	out->boundary = mime_parameter(raw, "boundary", false, arena);
	out->charset = keyword_of(raw, "charset", arena);
	out->smime = keyword_of(raw, "smime-type", arena);
	out->flowed = brg_str_eq(keyword_of(raw, "format", arena), brg_cstr("flowed"));
	out->del = brg_str_eq(keyword_of(raw, "delsp", arena), brg_cstr("yes"));
}

static void parse_disposition(struct brg_str raw, struct brg_arena *arena, struct mime_kind *out)
{
	/* What is neither is to be taken for an attachment (RFC 2183 section 2.8). */
	out->attachment = !mime_is_word(raw, "inline");
	/* The name in a form is that of its field (RFC 7578 section 4.2). */
	if (!mime_is_word(raw, "form-data"))
		take_name(raw, "name", arena, out);
	take_name(raw, "filename", arena, out);
}

const struct mime_kind mime_no_kind = {
	.type = MIME_NONE,
	.charset = MIME_NONE,
	.encoding = MIME_NONE,
	.boundary = MIME_NONE,
	.name = MIME_NONE,
	.content_id = MIME_NONE,
	.smime = MIME_NONE,
};

void mime_kind(struct brg_str block, struct brg_arena *arena, struct mime_kind *out)
{
	struct brg_str raw[PART_FIELDS] = { 0 };

	*out = mime_no_kind;
	(void)mime_split(block, part_wanted, PART_FIELDS, arena, raw);
	if (raw[TYPE].len)
		parse_type(raw[TYPE], arena, out);
	if (raw[DISPOSITION].len)
		parse_disposition(raw[DISPOSITION], arena, out);
	if (raw[ENCODING].len)
		out->encoding = mime_keyword(mime_unquoted(raw[ENCODING], arena), arena);
	if (raw[CONTENT_ID].len)
		out->content_id = mime_first_id(raw[CONTENT_ID], arena);
}

/* ---- the header of a message ----------------------------------------------------------------*/

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
	if (brg_str_eq(out->content_type, brg_cstr("multipart/report")))
		out->report_type = keyword_of(raw[CONTENT_TYPE], "report-type", arena);
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
	struct brg_str charset = { NULL, 0 };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct brg_str *field = &raw[fields[i]];

		if (field->len == 0 || mime_is_utf8(*field))
			continue;
		if (!charset.ptr)
			charset = keyword_of(raw[CONTENT_TYPE], "charset", arena);
		*field = mime_undeclared(*field, charset, arena);
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
		out->more_addresses =
			(mime_split(header, wanted, FIELDS, arena, raw) & NAMING) != 0;
	declare(raw, arena);
	out->subject = mime_decode(raw[SUBJECT], arena);
	parse_people(raw, arena, out);
	out->date_us = mime_date(raw[DATE].ptr);
	semicolon = raw[RECEIVED].len ? strrchr(raw[RECEIVED].ptr, ';') : NULL;
	out->received_us = semicolon ? mime_date(semicolon + 1) : 0;
	out->message_id = mime_first_id(raw[MESSAGE_ID], arena);
	out->in_reply_to = mime_first_id(raw[IN_REPLY_TO], arena);
	out->references = mime_all_ids(raw[REFERENCES], arena);
	out->list_id = mime_decode(raw[LIST_ID], arena);
	parse_signs(raw, arena, out);
}
