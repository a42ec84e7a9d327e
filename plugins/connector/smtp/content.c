/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a message. They are final: what a server cannot take is refused here with a
 * clear word rather than bent.
 */
#include "smtp.h"

#define PIECE		(32 * 1024)
#define LINE_MAX_OCTETS 998 /* RFC 5321 section 4.5.3.1.6, without CRLF */
#define ADDRESS_OCTETS	320 /* 64 and 255 and the "@" (RFC 5321 section 4.5.3.1) */

struct look {
	bool below; /* the header has ended */
	bool bad;   /* CR, LF or NUL alone, or a line that is too long */
	char last;
	size_t column;
};

static void look_at(struct look *l, struct transaction *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if ((c == '\n') != (l->last == '\r') || c == '\0')
			l->bad = true;
		if (c == '\n') {
			l->below = l->below || l->column == 0;
			l->column = 0;
		} else if (c != '\r' && ++l->column > LINE_MAX_OCTETS) {
			l->bad = true;
		}
		if (c & 0x80) {
			t->has_8bit = true;
			t->needs_utf8 = t->needs_utf8 || !l->below;
		}
		l->last = c;
	}
}

static bool is_ascii(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] & 0x80)
			return false;
	return true;
}

/* An address goes into a command line: no controls, and brackets and blanks only in a quoted local
 * part (RFC 5321 section 4.1.2). */
static bool is_safe(struct brg_str s)
{
	bool quoted = false;

	if (s.len > ADDRESS_OCTETS)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < ' ' || c == 0x7f || (!quoted && (c == ' ' || c == '<' || c == '>')))
			return false;
		if (quoted && c == '\\' && i + 1 < s.len && (unsigned char)s.ptr[i + 1] >= ' ')
			i++;
		else if (c == '"')
			quoted = !quoted;
	}
	return !quoted;
}

static void look_at_addresses(struct transaction *t)
{
	const struct brg_message *m = t->m;
	bool safe = is_safe(m->sender);

	t->needs_utf8 = !is_ascii(m->sender);
	for (size_t i = 0; i < m->n_to; i++) {
		safe = safe && m->to[i].address.len && is_safe(m->to[i].address);
		t->needs_utf8 = t->needs_utf8 || !is_ascii(m->to[i].address);
	}
	if (!safe)
		t->unfit = &smtp_bad_address;
}

int content_look(struct smtp *s, struct transaction *t, struct brg_err *err)
{
	struct look l = { .column = 0 };
	char piece[PIECE];
	int64_t n;

	look_at_addresses(t);
	while ((n = s->host->blob_read(t->m->body, t->octets, piece, sizeof(piece), err)) > 0) {
		look_at(&l, t, piece, (size_t)n);
		t->octets += (uint64_t)n;
	}
	if (!t->unfit && (l.bad || l.last == '\r'))
		t->unfit = &smtp_bad_lines;
	return n < 0 ? (int)n : 0;
}

bool content_fits(struct smtp *s, struct transaction *t)
{
	const struct brg_fault *fault = t->unfit;

	if (!fault && t->needs_utf8 && !(s->ext & EXT_SMTPUTF8))
		fault = &smtp_no_utf8;
	if (!fault && t->has_8bit && !(s->ext & EXT_8BITMIME))
		fault = &smtp_no_8bit;
	if (!fault && s->size_limit && t->octets > s->size_limit)
		fault = &smtp_too_large;
	if (fault) {
		s->doing = "MAIL FROM";
		t->m->err = answer_fault(s, fault, NULL);
		t->done = true;
	}
	return !fault;
}

/* RFC 5321 section 4.5.2: a dot that begins a line is doubled. */
static void put_stuffed(struct smtp *s, const char *p, size_t n, bool *at_start)
{
	const char *end = p + n, *nl;

	while (p < end) {
		if (*at_start && *p == '.')
			wire_put(s, ".", 1);
		nl = memchr(p, '\n', (size_t)(end - p));
		*at_start = nl != NULL;
		nl = nl ? nl + 1 : end;
		wire_put(s, p, (size_t)(nl - p));
		p = nl;
	}
}

int content_put(struct smtp *s, const struct transaction *t, bool raw, struct brg_err *err)
{
	char piece[PIECE];
	bool at_start = true;
	uint64_t at = 0;
	int64_t n;
	int rc = 0;

	while ((n = s->host->blob_read(t->m->body, at, piece, sizeof(piece), err)) > 0) {
		if (s->out_len >= PIECE)
			rc = wire_flush(s, err);
		if (rc < 0)
			return rc;
		if (raw)
			wire_put(s, piece, (size_t)n);
		else
			put_stuffed(s, piece, (size_t)n, &at_start);
		at += (uint64_t)n;
	}
	if (n < 0 || at != t->octets)
		return wire_fail(s, err); /* the server waits for the rest in vain */
	if (!raw)
		wire_puts(s, at_start ? ".\r\n" : "\r\n.\r\n");
	return 0;
}
