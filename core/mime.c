/* SPDX-License-Identifier: Apache-2.0
 *
 * What a record shows of a mail comes from the header block, and most fields of it are never
 * looked at. So the block is split here, in one pass, and GMime decodes only the few fields
 * that are wanted: its whole parser takes ten times as long and insists on a message. Mail is
 * written by anybody: whatever the bytes, something readable comes out, within bounds.
 */
#include "core/mime.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdlib.h>

#define TEXT_MAX       (16 * 1024) /* bytes of a field that is shown as text */
#define LIST_MAX       (64 * 1024) /* bytes of a field that holds addresses or ids */
#define ID_MAX	       998	   /* a line, RFC 5322 section 2.1.1 */
#define REFERENCES_MAX 200	   /* ids */

/* The fields that are wanted. Of each the first counts, as in most readers. */
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
	/* Who brought it says for whom, each in his own words. */
	DELIVERED_TO,
	X_ORIGINAL_TO,
	ENVELOPE_TO,
	X_ENVELOPE_TO,
	X_DELIVERED_TO,
	FIELDS,
};
static const struct {
	const char *name;
	size_t len, max;
} wanted[FIELDS] = {
#define FIELD(text, limit)                    \
	{                                     \
		text, sizeof(text) - 1, limit \
	}
	[SUBJECT] = FIELD("subject", TEXT_MAX),
	[FROM] = FIELD("from", LIST_MAX),
	[SENDER] = FIELD("sender", LIST_MAX),
	[TO] = FIELD("to", LIST_MAX),
	[CC] = FIELD("cc", LIST_MAX),
	[REPLY_TO] = FIELD("reply-to", LIST_MAX),
	[DATE] = FIELD("date", TEXT_MAX),
	[RECEIVED] = FIELD("received", TEXT_MAX),
	[MESSAGE_ID] = FIELD("message-id", TEXT_MAX),
	[IN_REPLY_TO] = FIELD("in-reply-to", TEXT_MAX),
	[REFERENCES] = FIELD("references", LIST_MAX),
	[LIST_ID] = FIELD("list-id", TEXT_MAX),
	[AUTO_SUBMITTED] = FIELD("auto-submitted", TEXT_MAX),
	[PRECEDENCE] = FIELD("precedence", TEXT_MAX),
	[BCC] = FIELD("bcc", LIST_MAX),
	[THREAD_INDEX] = FIELD("thread-index", TEXT_MAX),
	[CONTENT_TYPE] = FIELD("content-type", TEXT_MAX),
	[RETURN_PATH] = FIELD("return-path", TEXT_MAX),
	[DISPOSITION_TO] = FIELD("disposition-notification-to", TEXT_MAX),
	[DELIVERED_TO] = FIELD("delivered-to", TEXT_MAX),
	[X_ORIGINAL_TO] = FIELD("x-original-to", TEXT_MAX),
	[ENVELOPE_TO] = FIELD("envelope-to", TEXT_MAX),
	[X_ENVELOPE_TO] = FIELD("x-envelope-to", TEXT_MAX),
	[X_DELIVERED_TO] = FIELD("x-delivered-to", TEXT_MAX),
#undef FIELD
};

void mime_init(void)
{
	g_mime_init();
}

/* ---- splitting --------------------------------------------------------------------------- */

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static int which_field(const char *p, size_t n)
{
	for (int i = 0; i < FIELDS; i++)
		if (wanted[i].len == n && strncasecmp(wanted[i].name, p, n) == 0)
			return i;
	return -1;
}

/* The value on one line, with a NUL behind it: controls, folds included, become blanks. */
static struct brg_str unfold(const char *p, size_t n, size_t max, struct brg_arena *arena)
{
	struct brg_str out;
	char *to;
	size_t k = 0;

	while (n && (blank(*p) || *p == '\r' || *p == '\n')) {
		p++;
		n--;
	}
	if (n > max)
		n = max;
	to = arena_alloc(arena, n + 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\r' && i + 1 < n && p[i + 1] == '\n')
			continue;
		/* The line end of a fold goes, its blank stays. */
		if (c == '\n' && i + 1 < n && blank(p[i + 1]))
			continue;
		to[k++] = c >= 0x20 ? (char)c : ' ';
	}
	while (k && to[k - 1] == ' ')
		k--;
	to[k] = '\0';
	out = (struct brg_str){ to, k };
	return out;
}

/* The end of the field that starts at p: behind its last line. */
static const char *field_end(const char *p, const char *end)
{
	do {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	} while (p < end && blank(*p));
	return p;
}

static void split(struct brg_str header, struct brg_arena *arena, struct brg_str out[FIELDS])
{
	const char *p = header.ptr, *end, *next, *colon, *name_end;
	size_t n = header.len < MIME_HEADER_MAX ? header.len : MIME_HEADER_MAX;
	int which;

	for (end = p + n; p < end; p = next) {
		if (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'))
			return; /* the empty line */
		next = field_end(p, end);
		colon = memchr(p, ':', (size_t)(next - p));
		if (!colon)
			continue; /* an envelope line of mbox, or rubbish */
		for (name_end = colon; name_end > p && blank(name_end[-1]); name_end--)
			;
		which = which_field(p, (size_t)(name_end - p));
		if (which >= 0 && !out[which].ptr)
			out[which] = unfold(colon + 1, (size_t)(next - colon - 1),
					    wanted[which].max, arena);
	}
}

/* ---- text -------------------------------------------------------------------------------- */

static bool is_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c >= 0x7f)
			return false;
	}
	return true;
}

/* Bytes of the character at s, 0 if they are none or a control character that would break
 * a line (C1, and the separators of lines and paragraphs). */
static size_t good_char(const char *s, size_t n, bool *control)
{
	gunichar c = g_utf8_get_char_validated(s, (gssize)n);

	*control = false;
	if (c == (gunichar)-1 || c == (gunichar)-2)
		return 0;
	*control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
	return (size_t)g_unichar_to_utf8(c, NULL);
}

/* One line of valid UTF-8 without control characters; what is invalid becomes U+FFFD. */
static struct brg_str clean(const char *s, size_t n, struct brg_arena *arena)
{
	char *to;
	size_t k = 0, len;
	bool control;

	while (n && blank(s[0])) {
		s++;
		n--;
	}
	while (n && blank(s[n - 1]))
		n--;
	if (is_plain(s, n))
		return arena_dup(arena, s, n);
	to = arena_alloc(arena, 3 * n + 1);
	for (size_t i = 0; i < n; i += len ? len : 1) {
		len = good_char(s + i, n - i, &control);
		if (control) {
			to[k++] = ' ';
		} else if (len) {
			memcpy(to + k, s + i, len);
			k += len;
		} else {
			memcpy(to + k, "\xEF\xBF\xBD", 3);
			k += 3;
		}
	}
	while (k && to[k - 1] == ' ')
		k--;
	return (struct brg_str){ to, k };
}

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

/* RFC 2047, and bytes in whatever charset they may be. */
static struct brg_str decode(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str out = { "", 0 };
	char *text;

	if (raw.len == 0)
		return out;
	if (is_plain(raw.ptr, raw.len) && !memmem(raw.ptr, raw.len, "=?", 2))
		return clean(raw.ptr, raw.len, arena);
	text = g_mime_utils_header_decode_text(NULL, mend_words(raw, arena).ptr);
	out = clean(text, strlen(text), arena);
	g_free(text);
	return out;
}

/* ---- addresses ------------------------------------------------------------------------------ */

struct addresses {
	struct mime_address *at;
	size_t n, room;
	struct brg_arena *arena;
};

/* Lower case; what is no ASCII is composed first, so that equal addresses are equal bytes. */
static struct brg_str fold(const char *s, struct brg_arena *arena)
{
	struct brg_str text = clean(s, strlen(s), arena);
	char *p = (char *)(uintptr_t)text.ptr, *composed, *lower;

	if (is_plain(text.ptr, text.len)) {
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

static void add_address(struct addresses *list, const char *name, const char *address)
{
	struct mime_address *a;

	if (list->n == list->room) {
		struct mime_address *old = list->at;

		list->room = list->room ? list->room * 2 : 4;
		list->at = arena_alloc(list->arena, list->room * sizeof(*old));
		if (list->n)
			memcpy(list->at, old, list->n * sizeof(*old));
	}
	a = &list->at[list->n++];
	a->name = name ? clean(name, strlen(name), list->arena) : (struct brg_str){ "", 0 };
	a->address = address ? fold(address, list->arena) : (struct brg_str){ "", 0 };
}

/* Groups are taken apart, to any depth that the parser let pass. */
static void add_all(struct addresses *list, InternetAddressList *from)
{
	int n = internet_address_list_length(from);

	for (int i = 0; i < n && list->n < MIME_ADDRESSES_MAX; i++) {
		InternetAddress *ia = internet_address_list_get_address(from, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia))
			add_address(
				list, internet_address_get_name(ia),
				internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia)));
		else if (INTERNET_ADDRESS_IS_GROUP(ia))
			add_all(list,
				internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia)));
	}
}

static void parse_addresses(struct brg_str raw, struct brg_arena *arena, struct mime_address **at,
			    size_t *n)
{
	struct addresses list = { .arena = arena };
	InternetAddressList *parsed;

	if (raw.len == 0)
		return;
	parsed = internet_address_list_parse(NULL, mend_words(raw, arena).ptr);
	if (parsed) {
		add_all(&list, parsed);
		g_object_unref(parsed);
	}
	*at = list.at;
	*n = list.n;
}

static void parse_from(const struct brg_str raw[FIELDS], struct brg_arena *arena,
		       struct mime_header *out)
{
	static const int fields[] = { FROM, SENDER };
	struct mime_address *at = NULL;
	size_t n = 0;

	for (size_t f = 0; f < 2 && out->from_address.len == 0; f++) {
		n = 0;
		parse_addresses(raw[fields[f]], arena, &at, &n);
		for (size_t i = 0; i < n && out->from_address.len == 0; i++) {
			out->from_name = at[i].name;
			out->from_address = at[i].address;
		}
	}
	/* Something to show where there is no address at all. */
	if (out->from_address.len == 0 && out->from_name.len == 0 && raw[FROM].ptr)
		out->from_name = decode(raw[FROM], arena);
}

/* Those of all fields that say so, none twice. */
static void parse_delivered(const struct brg_str raw[FIELDS], struct brg_arena *arena,
			    struct mime_header *out)
{
	struct mime_address *all = NULL;
	size_t n = 0;

	for (int f = DELIVERED_TO; f <= X_DELIVERED_TO; f++) {
		struct mime_address *at = NULL;
		size_t more = 0;

		parse_addresses(raw[f], arena, &at, &more);
		for (size_t i = 0; i < more; i++) {
			bool twice = at[i].address.len == 0;

			for (size_t k = 0; k < n; k++)
				twice = twice || brg_str_eq(all[k].address, at[i].address);
			if (twice)
				continue;
			if (!all)
				all = arena_alloc(arena, MIME_ADDRESSES_MAX * sizeof(*all));
			if (n < MIME_ADDRESSES_MAX)
				all[n++] = at[i];
		}
	}
	out->delivered = all;
	out->n_delivered = n;
}

/* ---- ids, dates, flags --------------------------------------------------------------------- */

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
		for (p = s->ptr; p < end && blank(*p); p++)
			;
		for (q = p; q < end && !blank(*q); q++)
			;
	}
	id = (struct brg_str){ p, (size_t)(q - p) };
	q += q < end;
	*s = (struct brg_str){ q, (size_t)(end - q) };
	return id;
}

static struct brg_str first_id(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str id = { "", 0 };

	while (raw.len && id.len == 0)
		id = next_id(&raw);
	return clean(id.ptr, id.len < ID_MAX ? id.len : ID_MAX, arena);
}

static struct brg_str all_ids(struct brg_str raw, struct brg_arena *arena)
{
	char *all = arena_alloc(arena, raw.len + 1);
	size_t k = 0;

	for (int n = 0; raw.len && n < REFERENCES_MAX;) {
		struct brg_str id = next_id(&raw);

		if (id.len == 0 || id.len > ID_MAX)
			continue;
		if (k)
			all[k++] = ' ';
		memcpy(all + k, id.ptr, id.len);
		k += id.len;
		n++;
	}
	return clean(all, k, arena);
}

static int64_t parse_date(const char *text)
{
	GDateTime *date = text && *text ? g_mime_utils_header_decode_date(text) : NULL;
	int64_t us = 0;

	if (!date)
		return 0;
	us = g_date_time_to_unix(date) * 1000000;
	g_date_time_unref(date);
	return us > 0 ? us : 0;
}

static bool is_word(struct brg_str value, const char *word)
{
	size_t n = strlen(word);

	return value.len >= n && strncasecmp(value.ptr, word, n) == 0 &&
	       (value.len == n || !isalnum((unsigned char)value.ptr[n]));
}

static bool is_automatic(const struct brg_str raw[FIELDS])
{
	struct brg_str p = raw[PRECEDENCE];

	return (raw[AUTO_SUBMITTED].len && !is_word(raw[AUTO_SUBMITTED], "no")) ||
	       is_word(p, "bulk") || is_word(p, "junk") || is_word(p, "list");
}

static struct brg_str lower(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str out = clean(s.ptr, s.len, arena);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < out.len; i++)
		p[i] = (char)tolower((unsigned char)p[i]);
	return out;
}

/* "type/subtype; name=value; ...": the type, and the value of report-type. */
static void parse_type(struct brg_str raw, struct brg_arena *arena, struct mime_header *out)
{
	struct brg_str all = lower(raw, arena), rest;
	size_t n = 0;

	while (n < all.len && all.ptr[n] != ';' && all.ptr[n] != ' ')
		n++;
	if (memchr(all.ptr, '/', n))
		out->content_type = (struct brg_str){ all.ptr, n };
	rest.ptr = all.len ? memmem(all.ptr, all.len, "report-type=", 12) : NULL;
	if (!rest.ptr)
		return;
	rest.ptr += 12;
	rest.len = (size_t)(all.ptr + all.len - rest.ptr);
	if (rest.len && *rest.ptr == '"') {
		rest.ptr++;
		rest.len--;
	}
	for (n = 0; n < rest.len && !strchr("\"; ", rest.ptr[n]);)
		n++;
	out->report_type = (struct brg_str){ rest.ptr, n };
}

static void parse_keyword(struct brg_str raw, struct brg_arena *arena, struct brg_str *out)
{
	*out = lower(raw, arena);
	for (size_t i = 0; i < out->len; i++)
		if (out->ptr[i] == ';' || out->ptr[i] == ' ' || out->ptr[i] == '(')
			out->len = i;
}

static struct brg_str first_address(struct brg_str raw, struct brg_arena *arena)
{
	struct mime_address *at = NULL;
	size_t n = 0;

	parse_addresses(raw, arena, &at, &n);
	return n ? at[0].address : (struct brg_str){ "", 0 };
}

/* Base64 may have been folded. */
static struct brg_str without_blanks(struct brg_str raw, struct brg_arena *arena)
{
	struct brg_str out = clean(raw.ptr, raw.len, arena);
	char *p = (char *)(uintptr_t)out.ptr;
	size_t n = 0;

	for (size_t i = 0; i < out.len; i++)
		if (!blank(p[i]))
			p[n++] = p[i];
	out.len = n;
	return out;
}

/* What tells programs how to deal with it. */
static void parse_signs(const struct brg_str raw[FIELDS], struct brg_arena *arena,
			struct mime_header *out)
{
	out->automatic = is_automatic(raw);
	out->null_sender = brg_str_eq(raw[RETURN_PATH], brg_cstr("<>"));
	if (raw[THREAD_INDEX].len)
		out->thread_index = without_blanks(raw[THREAD_INDEX], arena);
	if (raw[CONTENT_TYPE].len)
		parse_type(raw[CONTENT_TYPE], arena, out);
	if (raw[AUTO_SUBMITTED].len)
		parse_keyword(raw[AUTO_SUBMITTED], arena, &out->auto_submitted);
	if (raw[SENDER].len)
		out->sender_address = first_address(raw[SENDER], arena);
	if (raw[DISPOSITION_TO].len)
		out->disposition_to = first_address(raw[DISPOSITION_TO], arena);
}

void mime_header(struct brg_str header, struct brg_arena *arena, struct mime_header *out)
{
	struct brg_str raw[FIELDS] = { 0 };
	const char *semicolon;

	*out = (struct mime_header){ 0 };
	if (header.len)
		split(header, arena, raw);
	out->subject = decode(raw[SUBJECT], arena);
	parse_from(raw, arena, out);
	parse_addresses(raw[TO], arena, &out->to, &out->n_to);
	parse_addresses(raw[CC], arena, &out->cc, &out->n_cc);
	parse_addresses(raw[REPLY_TO], arena, &out->reply_to, &out->n_reply_to);
	out->date_us = parse_date(raw[DATE].ptr);
	semicolon = raw[RECEIVED].len ? strrchr(raw[RECEIVED].ptr, ';') : NULL;
	out->received_us = semicolon ? parse_date(semicolon + 1) : 0;
	out->message_id = first_id(raw[MESSAGE_ID], arena);
	out->in_reply_to = first_id(raw[IN_REPLY_TO], arena);
	out->references = all_ids(raw[REFERENCES], arena);
	out->list_id = decode(raw[LIST_ID], arena);
	parse_addresses(raw[BCC], arena, &out->bcc, &out->n_bcc);
	parse_delivered(raw, arena, out);
	parse_signs(raw, arena, out);
}
