/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies in, commands out. Commands gather in a buffer, so that a flight of them is one
 * write. No other file looks at bytes that a server sent before they are lines of a reply.
 */
#include "smtp.h"

#include <stdlib.h>

#define OUT_ROOM (64 * 1024)

void *wire_grow(void *p, size_t n, size_t size)
{
	void *grown = reallocarray(p, n ? n : 1, size);

	if (!grown)
		abort();
	return grown;
}

void wire_puts(struct smtp *s, const char *text)
{
	wire_put(s, text, strlen(text));
}

void wire_put(struct smtp *s, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (s->out_len + n > s->out_room) {
		s->out_room = s->out_len + n > OUT_ROOM ? 2 * (s->out_len + n) : OUT_ROOM;
		s->out = wire_grow(s->out, s->out_room, 1);
	}
	memcpy(s->out + s->out_len, p, n);
	s->out_len += n;
}

int wire_fail(struct smtp *s, const struct brg_err *err)
{
	if (!s->failed)
		s->failure = *err;
	s->failed = true;
	return err->code;
}

static bool contains(const char *text, const char *what)
{
	return *what && strcasestr(text, what) != NULL;
}

struct brg_str wire_said(const struct smtp *s, const struct reply *r, char out[256])
{
	char token[17];
	size_t n;

	(void)snprintf(token, sizeof(token), "%.*s", (int)(s->token.len < 16 ? s->token.len : 16),
		       s->token.len ? s->token.ptr : "");
	if (contains(r->words, s->password) || contains(r->words, s->secret) ||
	    contains(r->words, token))
		return brg_cstr("(withheld: it repeats the credentials)");
	n = (size_t)(r->code ? snprintf(out, 256, "%d %s", r->code, r->words)
			     : snprintf(out, 256, "%s", r->words));
	if (n < 256)
		return (struct brg_str){ out, n };
	/* No half of a character. */
	n = 255;
	while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
		n--;
	return (struct brg_str){ out, n && (unsigned char)out[n - 1] >= 0xc0 ? n - 1 : n };
}

int wire_fault(struct smtp *s, const struct brg_fault *fault, const struct reply *r,
	       struct brg_err *err)
{
	char words[256];

	brg_fail(err, fault, "host=%.100s\ncommand=%s", s->where.host, s->doing);
	return r ? brg_said(err, wire_said(s, r, words)) : err->code;
}

int wire_flush(struct smtp *s, struct brg_err *err)
{
	size_t n = s->out_len;

	s->out_len = 0;
	if (s->failed) {
		*err = s->failure;
		return err->code;
	}
	/* What peek showed dies with the next call on the stream. */
	s->net->skip(s->stream, s->used);
	s->seen = (struct brg_str){ NULL, 0 };
	s->used = 0;
	if (n && s->net->write(s->stream, s->out, n, err) < 0)
		return wire_fail(s, err);
	return 0;
}

/* ---- replies --------------------------------------------------------------------------------*/

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of a character of UTF-8 (RFC 3629 section 4), 0: it is none. */
static size_t utf8_length(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len > n || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* The length of an enhanced status code and the blank behind it (RFC 2034), 0: there is none. */
static size_t status_length(struct brg_str text)
{
	size_t n = 0;

	for (int part = 0; part < 3; part++) {
		size_t digits = 0;

		while (n < text.len && is_digit(text.ptr[n]) && digits < 3) {
			n++;
			digits++;
		}
		if (digits == 0 || n == text.len || text.ptr[n++] != (part < 2 ? '.' : ' '))
			return 0;
	}
	return n;
}

/* Every line repeats the status code; what is no text becomes "?". */
static void add_words(struct reply *r, struct brg_str text)
{
	size_t n = strlen(r->words), len = status_length(text);

	if (n && len && strncmp(r->words, text.ptr, len) == 0) {
		text.ptr += len;
		text.len -= len;
	}
	if (n && text.len && n + 1 < sizeof(r->words))
		r->words[n++] = ' ';
	while (text.len) {
		len = utf8_length(text.ptr, text.len);
		if (n + (len ? len : 1) >= sizeof(r->words))
			break;
		memcpy(r->words + n, len ? text.ptr : "?", len ? len : 1);
		if (len <= 1 && ((unsigned char)r->words[n] < ' ' || r->words[n] == 0x7f))
			r->words[n] = ' ';
		n += len ? len : 1;
		text.ptr += len ? len : 1;
		text.len -= len ? len : 1;
	}
	r->words[n] = '\0';
}

/* The protocol is out of step: nothing after this can be trusted. */
static int broken(struct smtp *s, const struct reply *r, struct brg_err *err)
{
	wire_fault(s, strcmp(s->doing, "connect") == 0 ? &smtp_greeting_garbage : &smtp_garbage, r,
		   err);
	return wire_fail(s, err);
}

static int more(struct smtp *s, struct brg_err *err)
{
	size_t have = s->seen.len - s->used;
	int rc;

	s->net->skip(s->stream, s->used);
	s->used = 0;
	rc = s->net->peek(s->stream, have, &s->seen, err);
	if (rc == 0)
		wire_fault(s, &smtp_closed, NULL, err);
	if (rc > 0)
		return 0;
	s->seen = (struct brg_str){ NULL, 0 };
	return wire_fail(s, err);
}

/* The next line without its end. */
static int read_line(struct smtp *s, struct brg_str *line, struct brg_err *err)
{
	for (;;) {
		size_t left = s->seen.len - s->used;
		const char *start = left ? s->seen.ptr + s->used : NULL;
		const char *end =
			left ? memchr(start, '\n', left < LINE_OCTETS ? left : LINE_OCTETS) : NULL;
		int rc;

		if (end) {
			*line = (struct brg_str){ start, (size_t)(end - start) };
			s->used += line->len + 1;
			if (line->len && end[-1] == '\r')
				line->len--;
			return 0;
		}
		if (left >= LINE_OCTETS)
			return broken(s, NULL, err);
		rc = more(s, err);
		if (rc < 0)
			return rc;
	}
}

/* RFC 5321 section 4.2: three digits, and behind them a blank, a hyphen or nothing. */
static int code_of(struct brg_str line)
{
	int code;

	if (line.len < 3 || !is_digit(line.ptr[0]) || !is_digit(line.ptr[1]) ||
	    !is_digit(line.ptr[2]) || (line.len > 3 && line.ptr[3] != ' ' && line.ptr[3] != '-'))
		return 0;
	code = 100 * (line.ptr[0] - '0') + 10 * (line.ptr[1] - '0') + line.ptr[2] - '0';
	return code >= 200 && code <= 599 ? code : 0;
}

static int read_reply(struct smtp *s, struct reply *r,
		      void (*line)(struct smtp *s, struct brg_str text), struct brg_err *err)
{
	struct brg_str text;
	bool is_more = true;

	*r = (struct reply){ .code = 0 };
	for (int n = 0; is_more; n++) {
		int code, rc = read_line(s, &text, err);

		if (rc < 0)
			return rc;
		code = code_of(text);
		if (!code || (n && code != r->code) || n == REPLY_LINES) {
			*r = (struct reply){ .code = 0 };
			add_words(r, text);
			return broken(s, r, err);
		}
		is_more = text.len > 3 && text.ptr[3] == '-';
		r->code = code;
		text = text.len > 4 ? (struct brg_str){ text.ptr + 4, text.len - 4 }
				    : (struct brg_str){ "", 0 };
		add_words(r, text);
		if (line && n)
			line(s, text);
	}
	return 0;
}

int wire_reply(struct smtp *s, struct reply *r, struct brg_err *err)
{
	return read_reply(s, r, NULL, err);
}

int wire_ask(struct smtp *s, const char *command, const char *shown, struct reply *r,
	     void (*line)(struct smtp *s, struct brg_str text), struct brg_err *err)
{
	int rc;

	s->doing = shown;
	wire_puts(s, command);
	wire_puts(s, "\r\n");
	rc = wire_flush(s, err);
	if (rc == 0)
		rc = read_reply(s, r, line, err);
	if (rc < 0 || r->code != 421)
		return rc;
	/* RFC 5321 section 3.8: 421 may come at any time, and then the server hangs up. */
	wire_fault(s, &smtp_closing, r, err);
	return wire_fail(s, err);
}

/* ---- connections ----------------------------------------------------------------------------*/

void wire_close(struct smtp *s)
{
	if (s->stream)
		s->net->close(s->stream);
	s->stream = NULL;
	s->seen = (struct brg_str){ NULL, 0 };
	s->used = s->out_len = 0;
}

int wire_connect(struct smtp *s, struct brg_err *err)
{
	wire_close(s);
	s->failed = s->closing = s->open_mail = false;
	s->taken = s->asked = s->answered = s->ends = 0;
	s->doing = "connect";
	return s->net->connect(s->host->ctx, &s->where, &s->stream, err);
}

int wire_starttls(struct smtp *s, struct brg_err *err)
{
	int rc;

	s->net->skip(s->stream, s->used);
	s->used = 0;
	s->seen = (struct brg_str){ NULL, 0 };
	rc = s->net->starttls(s->stream, err);
	return rc < 0 ? wire_fail(s, err) : 0;
}
