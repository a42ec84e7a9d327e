/* SPDX-License-Identifier: Apache-2.0
 *
 * What was said over one SMTP connection, read plainly and whole: which command has which answer,
 * and so which mail was taken. Against it the connector is held, which reads in pieces, asks
 * ahead, and gives up in the middle.
 */
#ifndef BRG_FUZZ_SMTP_MODEL_H
#define BRG_FUZZ_SMTP_MODEL_H

#include "tests/fuzz/fuzz.h"

#include <brygga/abi.h>

#define MODEL_MAILS   8
#define MODEL_PEOPLE  2
#define MODEL_REPLIES 4096
#define REPLY_OCTETS  4096
#define REPLY_LINES   200

/* What happened to one mail over one connection. */
struct model_mail {
	unsigned contents; /* so often its content was sent to its end */
	bool settled;	   /* the last of them: it was answered, its sender had been refused, or
			    * the server had said 421 */
	bool taken;	   /* by 2yz, for somebody */
	size_t n_to;
	bool accepted[MODEL_PEOPLE]; /* recipients, in their order */
};

struct model {
	int codes[MODEL_REPLIES]; /* of the well-formed replies, in their order */
	size_t ends[MODEL_REPLIES];
	size_t n;
	bool closing; /* one of them is 421 */
	size_t asked; /* replies that are due to what was sent, the greeting included */
	struct model_mail mails[MODEL_MAILS];

	/* The transaction under way. */
	bool open, refused;
	size_t n_to;
	bool accepted[MODEL_PEOPLE];
};

/* The length of a line with its end, 0: none ends here. */
static inline size_t model_line(struct brg_str s)
{
	const char *end = s.len ? memchr(s.ptr, '\n', s.len) : NULL;

	return end ? (size_t)(end - s.ptr) + 1 : 0;
}

/* 0: it is no line of a reply. */
static inline int model_code(struct brg_str line)
{
	const char *p = line.ptr;
	size_t n = line.len - 1;

	n -= n && p[n - 1] == '\r';
	for (size_t i = 0; i < 3; i++)
		if (i >= n || p[i] < '0' || p[i] > '9')
			return 0;
	if ((n > 3 && p[3] != ' ' && p[3] != '-') || p[0] < '2' || p[0] > '5')
		return 0;
	return 100 * (p[0] - '0') + 10 * (p[1] - '0') + p[2] - '0';
}

/* The replies up to the first that is none. */
static inline void model_replies(struct model *m, struct brg_str said)
{
	size_t at = 0, lines = 0;

	m->n = 0;
	while (m->n < MODEL_REPLIES) {
		struct brg_str line = { said.ptr + at, said.len - at };
		int code;

		line.len = model_line(line);
		if (line.len == 0 || line.len > REPLY_OCTETS || lines == REPLY_LINES)
			return;
		code = model_code(line);
		if (!code || (lines && code != m->codes[m->n]))
			return;
		m->codes[m->n] = code;
		m->closing = m->closing || code == 421;
		at += line.len;
		lines++;
		if (line.len > 4 && line.ptr[3] == '-')
			continue;
		m->ends[m->n++] = at;
		lines = 0;
	}
}

/* So many replies end within n bytes; they must be whole and good ones. */
static inline size_t model_taken(const struct model *m, size_t n)
{
	size_t k = 0;

	while (k < m->n && m->ends[k] <= n)
		k++;
	PROMISE(n == (k ? m->ends[k - 1] : 0));
	return k;
}

static inline int model_answer(struct model *m)
{
	size_t i = m->asked++;

	return i < m->n ? m->codes[i] : 0;
}

static inline bool model_begins(struct brg_str s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && memcmp(s.ptr, word, n) == 0;
}

/* A content was sent, and is answered next. Whose it is, it says itself. */
static inline void model_content(struct model *m, struct brg_str text)
{
	const char *mark = text.len ? memmem(text.ptr, text.len, "end-of-", 7) : NULL;
	struct model_mail *mail;
	int code = model_answer(m);
	bool somebody = false;

	if (!mark)
		return; /* the nothing that a server wanted */
	PROMISE(mark + 8 <= text.ptr + text.len);
	PROMISE(mark[7] >= '0' && mark[7] < '0' + MODEL_MAILS);
	mail = &m->mails[mark[7] - '0'];
	PROMISE(!mail->taken); /* not once more */
	for (size_t i = 0; i < m->n_to; i++)
		somebody = somebody || m->accepted[i];
	mail->contents++;
	mail->settled = code != 0 || m->closing || m->refused;
	mail->taken = m->open && somebody && code / 100 == 2;
	mail->n_to = m->n_to;
	memcpy(mail->accepted, m->accepted, sizeof(mail->accepted));
	m->open = false;
	m->n_to = 0;
}

/* How long the content is that a command promises; SIZE_MAX: its end was not sent. */
static inline size_t model_data(struct brg_str rest, size_t *end)
{
	const char *dot = model_begins(rest, ".\r\n") ? rest.ptr
			  : rest.len		      ? memmem(rest.ptr, rest.len, "\r\n.\r\n", 5)
						      : NULL;

	if (!dot)
		return SIZE_MAX;
	*end = dot == rest.ptr ? 3 : 5;
	return (size_t)(dot - rest.ptr);
}

/* One command and, if it has one, its content. Returns what it takes; 0: it is not whole. */
static inline size_t model_command(struct model *m, struct brg_str s)
{
	size_t line = model_line(s), n = 0, end = 0;
	struct brg_str rest = { s.ptr + line, s.len - line };
	int code;

	if (line == 0)
		return 0;
	PROMISE(line >= 2 && s.ptr[line - 2] == '\r');
	if (model_begins(s, "BDAT ")) {
		n = strtoul(s.ptr + 5, NULL, 10);
		if (n > rest.len)
			return 0;
		model_content(m, (struct brg_str){ rest.ptr, n });
		return line + n;
	}
	code = model_answer(m);
	if (model_begins(s, "MAIL FROM:")) {
		/* Whoever says 421 and then 250 to the content has taken it all the same. */
		m->open = code / 100 == 2 || code == 421;
		m->refused = code >= 400;
		m->n_to = 0;
	} else if (model_begins(s, "RCPT TO:")) {
		PROMISE(m->n_to < MODEL_PEOPLE);
		m->accepted[m->n_to++] = code / 100 == 2;
	} else if (model_begins(s, "RSET\r\n")) {
		m->open = false;
	} else if (model_begins(s, "DATA\r\n") && code == 354) {
		n = model_data(rest, &end);
		if (n == SIZE_MAX)
			return s.len;
		model_content(m, (struct brg_str){ rest.ptr, n });
	}
	return line + n + end;
}

/* `sent`: all that was sent over the connection; a NUL follows. */
static inline void model_run(struct model *m, struct brg_str said, struct brg_str sent)
{
	size_t n;

	memset(m, 0, sizeof(*m));
	model_replies(m, said);
	m->asked = 1;
	while (sent.len && (n = model_command(m, sent)) > 0)
		sent = (struct brg_str){ sent.ptr + n, sent.len - n };
}

#endif
