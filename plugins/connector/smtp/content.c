/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a message. They are final: what a server cannot take is refused here with a
 * clear word rather than bent.
 */
#include "smtp.h"

#define PIECE	   (32 * 1024)
#define LINE_BYTES 998 /* RFC 5321 section 4.5.3.1.6, without CRLF */

const struct brg_err *content_fault(struct smtp *s, const struct brg_fault *fault,
				    const char *words, struct brg_arena *arena)
{
	struct brg_err *err = s->host->alloc(arena, sizeof(*err));

	*err = (struct brg_err)BRG_ERR_INIT;
	(void)wire_fault(s, fault, words, err);
	return err;
}

struct look {
	bool below;    /* the header has ended */
	bool bad_ends; /* CR or LF alone */
	bool long_line;
	char last;
	size_t column;
};

static void look_at(struct look *l, struct transaction *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if ((c == '\n') != (l->last == '\r'))
			l->bad_ends = true;
		if (c == '\n') {
			l->below = l->below || l->column == 0;
			l->column = 0;
		} else if (c != '\r' && ++l->column > LINE_BYTES) {
			l->long_line = true;
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

/* An address goes into a command line: no controls, no brackets, no blanks. */
static bool is_safe(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f || s.ptr[i] == '<' ||
		    s.ptr[i] == '>')
			return false;
	return s.len <= 320;
}

static const struct brg_fault *check_addresses(struct transaction *t)
{
	const struct brg_message *m = t->m;

	if (!is_safe(m->sender))
		return &smtp_bad_address;
	t->needs_utf8 = !is_ascii(m->sender);
	for (size_t i = 0; i < m->n_to; i++) {
		if (m->to[i].address.len == 0 || !is_safe(m->to[i].address))
			return &smtp_bad_address;
		t->needs_utf8 = t->needs_utf8 || !is_ascii(m->to[i].address);
	}
	return NULL;
}

int content_look(struct smtp *s, struct transaction *t, struct brg_err *err)
{
	const struct brg_fault *fault = check_addresses(t);
	struct look l = { .column = 0 };
	char piece[PIECE];
	uint64_t at = 0;
	int64_t n;

	while ((n = s->host->blob_read(t->m->body, at, piece, sizeof(piece), err)) > 0) {
		look_at(&l, t, piece, (size_t)n);
		at += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	if (!fault && (l.bad_ends || l.last == '\r' || l.long_line))
		fault = &smtp_bad_lines;
	if (!fault && t->needs_utf8 && !(s->ext & EXT_SMTPUTF8))
		fault = &smtp_no_utf8;
	if (!fault && t->has_8bit && !(s->ext & EXT_8BITMIME))
		fault = &smtp_no_8bit;
	if (!fault && s->size_limit && at > s->size_limit)
		fault = &smtp_too_large;
	if (fault) {
		t->m->err = content_fault(s, fault, "", s->arena);
		t->refused = true;
	}
	return 0;
}

/* RFC 5321 section 4.5.2: a dot that begins a line is doubled. */
static void put_stuffed(struct smtp *s, const char *p, size_t n, bool *at_start)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		if (*at_start && p[i] == '.') {
			wire_put(s, p + from, i - from);
			wire_put(s, ".", 1);
			from = i;
		}
		*at_start = p[i] == '\n';
	}
	wire_put(s, p + from, n - from);
}

int content_put(struct smtp *s, const struct transaction *t, bool raw, struct brg_err *err)
{
	char piece[PIECE];
	bool at_start = true;
	uint64_t at = 0;
	int64_t n;
	int rc = 0;

	while (rc == 0 &&
	       (n = s->host->blob_read(t->m->body, at, piece, sizeof(piece), err)) != 0) {
		if (n < 0)
			return wire_fail(s, err); /* the server waits for the rest in vain */
		if (raw)
			wire_put(s, piece, (size_t)n);
		else
			put_stuffed(s, piece, (size_t)n, &at_start);
		at += (uint64_t)n;
		if (s->out_len >= PIECE)
			rc = wire_flush(s, err);
	}
	if (rc == 0 && !raw)
		wire_puts(s, at_start ? ".\r\n" : "\r\n.\r\n");
	return rc;
}
