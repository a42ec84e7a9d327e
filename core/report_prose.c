/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounce that only people can read. What they have in common: somewhere it is said that
 * something was not delivered; the recipients stand at the beginning of lines, each with its
 * reason behind it, or else in a sentence; and often the message comes back below.
 */
#include "core/report-private.h"

#include "core/utf8.h"

#include <ctype.h>
#include <strings.h>

#define REASON_MAX    2000 /* bytes behind an address that are its reason */
#define HEADER_FIELDS 50

/* ---- the text, and the message that came back in it -----------------------------------------*/

static struct brg_str next_line(struct brg_str *rest)
{
	const char *p = memchr(rest->ptr, '\n', rest->len), *end = rest->ptr + rest->len;
	struct brg_str line = { rest->ptr, (size_t)((p ? p : end) - rest->ptr) };

	p = p ? p + 1 : end;
	*rest = (struct brg_str){ p, (size_t)(end - p) };
	return line;
}

/* Does a message begin here? Three fields, two of which every message has. */
static bool begins_header(struct brg_str text)
{
	static const char *const names[] = { "from:",	  "to:",	 "subject:",	 "date:",
					     "received:", "message-id:", "mime-version:" };
	struct brg_str field;
	int fields = 0, usual = 0;

	while (fields < HEADER_FIELDS && mime_next_field(&text, &field)) {
		fields++;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			usual += field.len > strlen(names[i]) &&
				 strncasecmp(field.ptr, names[i], strlen(names[i])) == 0;
	}
	return fields >= 3 && usual >= 2;
}

/* A copy that was quoted or set in tells no more than its id. */
static struct brg_str find_id(struct brg_str text, struct brg_arena *arena)
{
	while (text.len) {
		struct brg_str line = next_line(&text);

		while (line.len && strchr("> \t|", *line.ptr))
			line = (struct brg_str){ line.ptr + 1, line.len - 1 };
		if (line.len > 11 && strncasecmp(line.ptr, "message-id:", 11) == 0)
			return mime_first_id((struct brg_str){ line.ptr + 11, line.len - 11 },
					     arena);
	}
	return MIME_NONE;
}

/* Cut off what came back, and read its header. */
static void cut_returned(struct lens *l, struct brg_str *text)
{
	struct brg_str rest = *text, line, copy = MIME_NONE;
	struct mime_header header;

	while (rest.len && copy.len == 0) {
		struct brg_str from = rest;

		line = next_line(&rest);
		if (line.len && !mime_blank(*line.ptr) && memchr(line.ptr, ':', line.len) &&
		    begins_header(from))
			copy = from;
		else if (report_has(WORDS_COPY, report_fold(line, l->arena)))
			copy = rest;
		else
			continue;
		text->len = (size_t)(from.ptr - text->ptr);
	}
	for (rest = copy; rest.len && !begins_header(rest);)
		(void)next_line(&rest);
	if (rest.len) {
		mime_header(rest, l->arena, &header);
		report_returned(l, &header);
	} else {
		report_about(l, find_id(copy, l->arena));
	}
}

/* ---- addresses ------------------------------------------------------------------------------*/

static bool is_local(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

/* Letters of any script, but none of its brackets and colons. */
static bool is_letter(uint32_t c)
{
	return c >= 0xA0 && !(c >= 0x2000 && c <= 0x206F) && !(c >= 0x3000 && c <= 0x303F) &&
	       !(c >= 0xFF00 && c <= 0xFFEF);
}

/* Where the local part begins that ends at i. */
static size_t local_begin(struct brg_str line, size_t least, size_t i)
{
	while (i > least) {
		size_t from = i - 1;
		uint32_t c = 0;

		while (from > least && ((unsigned char)line.ptr[from] & 0xC0) == 0x80)
			from--;
		if (from == i - 1 ? !is_local(line.ptr[from])
				  : (utf8_char((const unsigned char *)line.ptr + from, i - from,
					       &c) != i - from ||
				     !is_letter(c)))
			break;
		i = from;
	}
	return i;
}

static bool is_domain(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || (unsigned char)c >= 0x80;
}

/* The next address of the line, from *at on. */
static struct brg_str next_address(struct brg_str line, size_t *at)
{
	for (size_t i = *at; i < line.len; i++) {
		size_t from, to = i + 1;

		if (line.ptr[i] != '@')
			continue;
		from = local_begin(line, *at, i);
		while (to < line.len && is_domain(line.ptr[to]))
			to++;
		while (to > i + 1 && (line.ptr[to - 1] == '.' || line.ptr[to - 1] == '-'))
			to--;
		*at = to;
		if (from < i && to > i + 1)
			return (struct brg_str){ line.ptr + from, to - from };
		i = to - 1;
	}
	*at = line.len;
	return MIME_NONE;
}

/* Nothing but brackets, bullets and the like stands before it, and nothing of a sentence behind. */
static bool heads(struct brg_str line, struct brg_str address)
{
	const char *end = line.ptr + line.len, *behind = address.ptr + address.len;

	for (const char *p = line.ptr; p < address.ptr; p++)
		if (!strchr(" \t<*-\"'([:>", *p))
			return false;
	return behind == end || strchr(">:;,()[] \t\"'", *behind);
}

/* An address of the machine or of him who gets the report is no recipient. */
static bool is_other(const struct lens *l, struct brg_str address)
{
	const struct mime_header *h = l->header;

	if (brg_str_eq(address, h->from_address) || report_begins(WORDS_ROBOTS, address))
		return true;
	for (size_t i = 0; i < h->n_to; i++)
		if (brg_str_eq(address, h->to[i].address))
			return true;
	return false;
}

static struct report_recipient *known(const struct lens *l, struct brg_str address)
{
	for (size_t i = 0; i < l->out->n_recipients; i++)
		if (brg_str_eq(l->out->recipients[i].address, address))
			return &l->out->recipients[i];
	return NULL;
}

/* ---- reasons --------------------------------------------------------------------------------*/

static struct brg_str one_line(struct brg_str s, struct brg_arena *arena)
{
	while (s.len && strchr(" \t\n>:;,)]\"'-", *s.ptr))
		s = (struct brg_str){ s.ptr + 1, s.len - 1 };
	s = mime_clean(s, arena);
	if (s.len > REPORT_SAID_MAX)
		for (s.len = REPORT_SAID_MAX; s.len && (s.ptr[s.len] & 0xC0) == 0x80;)
			s.len--;
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* Of the text behind an address the paragraph that has a code, else the first one. */
static struct brg_str reason_of(struct brg_str behind, struct brg_arena *arena)
{
	struct brg_str rest = behind, said = MIME_NONE;

	while (rest.len) {
		const char *gap = memmem(rest.ptr, rest.len, "\n\n", 2);
		struct brg_str one = { rest.ptr, gap ? (size_t)(gap - rest.ptr) : rest.len };

		rest.ptr += one.len + (gap ? 2 : 0);
		rest.len -= one.len + (gap ? 2 : 0);
		one = one_line(one, arena);
		if (one.len && report_status_code(one).len)
			return one;
		if (said.len == 0)
			said = one;
	}
	return said;
}

static void add_recipient(struct lens *l, struct brg_str address, struct brg_str behind,
			  struct brg_str whole, bool delayed)
{
	struct report_recipient *r = known(l, address);

	if (r || !(r = report_recipient(l)))
		return;
	if (behind.len > REASON_MAX)
		behind.len = REASON_MAX;
	r->address = address;
	r->said = reason_of(behind, l->arena);
	r->status = arena_str(l->arena, report_status_code(behind));
	if (delayed)
		r->state = REPORT_DELAYED;
	else if (r->status.len || behind.len)
		r->state = report_bounce(r->status, behind, l->arena);
	else
		r->state = report_bounce(r->status, whole, l->arena);
}

/* ---- recipients -----------------------------------------------------------------------------*/

/* The sentence around an address. */
static struct brg_str sentence(struct brg_str text, struct brg_str address)
{
	const char *from = address.ptr, *to = address.ptr + address.len;
	const char *end = text.ptr + text.len;

	while (from > text.ptr && !(from[-1] == ' ' && from - 1 > text.ptr && from[-2] == '.') &&
	       !(from[-1] == '\n' && from - 1 > text.ptr && from[-2] == '\n'))
		from--;
	while (to < end && !(to[0] == '.' && (to + 1 == end || isspace((unsigned char)to[1]))) &&
	       !(to[0] == '\n' && (to + 1 == end || to[1] == '\n')))
		to++;
	return (struct brg_str){ from, (size_t)(to - from) };
}

/* An address in a sentence counts where the sentence is of the failure. */
static bool tells(struct lens *l, struct brg_str text, struct brg_str address)
{
	struct brg_str folded = report_fold(sentence(text, address), l->arena);

	return report_has(WORDS_FAILED, folded) || report_has(WORDS_SOFT, folded) ||
	       report_has(WORDS_DELAYED, folded);
}

/* All addresses that head a line, or all in sentences, or the first that there is. */
enum where { HEADING, TELLING, ANYWHERE };
static void find_recipients(struct lens *l, struct brg_str text, enum where where, bool delayed)
{
	struct brg_str rest = text, address, last = MIME_NONE, behind = MIME_NONE;
	const char *end = text.ptr + text.len;

	while (rest.len) {
		struct brg_str line = next_line(&rest), found;
		size_t at = 0;

		while ((found = next_address(line, &at)).len) {
			if ((where == HEADING) != heads(line, found))
				break;
			address = mime_fold(found, l->arena);
			if (is_other(l, address) || known(l, address) || brg_str_eq(address, last))
				break;
			if (where == TELLING ? !tells(l, text, found) : where && last.len)
				continue;
			behind.len = last.len ? (size_t)(found.ptr - behind.ptr) : 0;
			if (last.len)
				add_recipient(l, last, behind, text, delayed);
			last = address;
			behind.ptr = where == HEADING ? found.ptr + found.len
						      : sentence(text, found).ptr;
		}
	}
	if (last.len) {
		behind.len = (size_t)(end - behind.ptr);
		add_recipient(l, last, behind, text, delayed);
	}
}

/* X-Failed-Recipients, as Exim and Gmail write it. */
static int failed_recipients(struct lens *l, struct brg_str *out, struct brg_err *err)
{
	static const struct mime_field wanted[] = { MIME_FIELD("x-failed-recipients", 16384) };
	char *head = arena_alloc(l->arena, MIME_HEADER_MAX);
	int64_t n = blob_read(l->raw, 0, head, MIME_HEADER_MAX, err);

	if (n < 0)
		return (int)n;
	*out = (struct brg_str){ NULL, 0 };
	(void)mime_split((struct brg_str){ head, (size_t)n }, wanted, 1, l->arena, out);
	return 0;
}

/* What the text says of an address that a field names. */
static void add_named(struct lens *l, struct brg_str list, struct brg_str text, bool delayed)
{
	struct brg_str found;
	size_t at = 0;

	while ((found = next_address(list, &at)).len) {
		const char *p = memmem(text.ptr, text.len, found.ptr, found.len);
		struct brg_str behind = text;

		if (p) {
			behind.ptr = p + found.len;
			behind.len = (size_t)(text.ptr + text.len - behind.ptr);
		}
		add_recipient(l, mime_fold(found, l->arena), behind, text, delayed);
	}
}

/* Nobody is named: where the message that came back had one recipient, it was for him. */
static void add_only(struct lens *l, struct brg_str text, bool delayed)
{
	if (l->returned_to.len)
		add_recipient(l, l->returned_to, text, text, delayed);
}

static bool is_about_mail(const struct lens *l)
{
	return l->out->n_about || l->header->in_reply_to.len || l->header->references.len;
}

int report_prose(struct lens *l, bool by_robot, struct brg_err *err)
{
	struct brg_str text, subject, folded, failed = { NULL, 0 };
	bool delayed, bounced;

	if (mime_text(l->raw, &l->message, l->arena, &text, err) < 0 ||
	    failed_recipients(l, &failed, err) < 0)
		return err->code;
	if (text.len > REPORT_TEXT_MAX)
		text.len = REPORT_TEXT_MAX;
	cut_returned(l, &text);
	subject = report_fold(l->header->subject, l->arena);
	folded = report_fold(text, l->arena);
	delayed = report_has(WORDS_DELAYED, subject) || report_has(WORDS_DELAYED, folded);
	bounced =
		failed.len || report_has(WORDS_FAILED, subject) || report_has(WORDS_FAILED, folded);
	/* Shops, too, write of deliveries without wanting an answer: theirs are about no mail. */
	if ((!delayed && !bounced) || (!failed.len && !by_robot && !is_about_mail(l)))
		return 0;
	if (failed.len)
		add_named(l, failed, text, delayed);
	for (enum where w = HEADING; w <= ANYWHERE && l->out->n_recipients == 0; w++)
		find_recipients(l, text, w, delayed);
	if (l->out->n_recipients == 0)
		add_only(l, text, delayed);
	l->out->kind = REPORT_DELIVERY;
	l->out->shape = report_shape(report_has(WORDS_SHAPES, folded));
	return 1;
}
