/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies in, commands out. Commands gather in a buffer, so that a flight of them is one
 * write.
 */
#include "smtp.h"

#include <stdlib.h>

#define OUT_ROOM (64 * 1024)

void wire_puts(struct smtp *s, const char *text)
{
	wire_put(s, text, strlen(text));
}

void wire_put(struct smtp *s, const void *p, size_t n)
{
	if (s->out_len + n > s->out_room) {
		s->out_room = s->out_len + n > OUT_ROOM ? 2 * (s->out_len + n) : OUT_ROOM;
		s->out = realloc(s->out, s->out_room);
		if (!s->out)
			abort(); /* as the core does when memory is out */
	}
	memcpy(s->out + s->out_len, p, n);
	s->out_len += n;
}

int wire_fail(struct smtp *s, const struct brg_err *err)
{
	s->failed = true;
	s->failure = *err;
	return err->code;
}

int wire_fault(struct smtp *s, const struct brg_fault *fault, const char *words,
	       struct brg_err *err)
{
	brg_fail(err, fault, "host=%s\ncommand=%s", s->where.host, s->doing);
	return brg_said(err, brg_cstr(words));
}

int wire_flush(struct smtp *s, struct brg_err *err)
{
	size_t n = s->out_len;

	if (s->failed) {
		*err = s->failure;
		return err->code;
	}
	s->out_len = 0;
	if (n && s->net->write(s->stream, s->out, n, err) < 0)
		return wire_fail(s, err);
	return 0;
}

/* The next line without its end. */
static int read_line(struct smtp *s, struct brg_str *line, struct brg_err *err)
{
	const char *end = NULL;
	size_t looked = 0;
	int rc;

	if (s->failed) {
		*err = s->failure;
		return err->code;
	}
	for (;;) {
		struct brg_str rest = { s->seen.ptr + s->used, s->seen.len - s->used };

		if (rest.len > looked)
			end = memchr(rest.ptr + looked, '\n', rest.len - looked);
		if (end) {
			*line = (struct brg_str){ rest.ptr, (size_t)(end - rest.ptr) };
			s->used += line->len + 1;
			if (line->len && line->ptr[line->len - 1] == '\r')
				line->len--;
			return 0;
		}
		looked = rest.len;
		if (looked > LINE_OCTETS) {
			wire_fault(s, &smtp_garbage, "", err);
			return wire_fail(s, err);
		}
		s->net->skip(s->stream, s->used);
		s->used = 0;
		rc = s->net->peek(s->stream, looked, &s->seen, err);
		if (rc == 0)
			wire_fault(s, &smtp_closed, "", err);
		if (rc <= 0) {
			s->seen = (struct brg_str){ NULL, 0 };
			return wire_fail(s, err);
		}
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void add_words(struct reply *r, struct brg_str text)
{
	size_t n = strlen(r->words);

	(void)snprintf(r->words + n, sizeof(r->words) - n, "%s%.*s", n ? " " : "",
		       (int)(text.len < sizeof(r->words) ? text.len : sizeof(r->words)), text.ptr);
}

static int read_reply(struct smtp *s, struct reply *r,
		      void (*line)(struct smtp *s, struct brg_str text), struct brg_err *err)
{
	struct brg_str text;
	bool more = true;

	*r = (struct reply){ 0 };
	for (int n = 0; more; n++) {
		int code, rc = read_line(s, &text, err);

		if (rc < 0)
			return rc;
		code = text.len >= 3 && is_digit(text.ptr[0]) && is_digit(text.ptr[1]) &&
				       is_digit(text.ptr[2])
			       ? 100 * (text.ptr[0] - '0') + 10 * (text.ptr[1] - '0') +
					 text.ptr[2] - '0'
			       : 0;
		if (code < 200 || code > 599 || (n && code != r->code) || n == REPLY_LINES ||
		    (text.len > 3 && text.ptr[3] != ' ' && text.ptr[3] != '-')) {
			wire_fault(s, &smtp_garbage, "", err);
			(void)brg_said(err, text);
			return wire_fail(s, err);
		}
		more = text.len > 3 && text.ptr[3] == '-';
		r->code = code;
		text = text.len > 4 ? (struct brg_str){ text.ptr + 4, text.len - 4 }
				    : (struct brg_str){ "", 0 };
		add_words(r, text);
		if (line && n)
			line(s, text);
	}
	return 0;
}

/* RFC 5321 section 3.8: 421 may come at any time, and then the server hangs up. */
static int check_closing(struct smtp *s, const struct reply *r, struct brg_err *err)
{
	if (r->code != 421)
		return 0;
	wire_fault(s, &smtp_closing, r->words, err);
	return wire_fail(s, err);
}

int wire_reply(struct smtp *s, struct reply *r, struct brg_err *err)
{
	int rc = read_reply(s, r, NULL, err);

	return rc < 0 ? rc : check_closing(s, r, err);
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
	return rc < 0 ? rc : check_closing(s, r, err);
}
