/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that POP3 says between messages is a line. This file reads lines from
 * the host's stream without copying them, bounds them, and turns an -ERR into the
 * fault it stands for, so that no other file looks at the words of a server.
 */
#include "pop3.h"

#include <stdlib.h>
#include <strings.h>

void *wire_grow(void *p, size_t n, size_t size)
{
	void *grown = reallocarray(p, n ? n : 1, size);

	if (!grown)
		abort();
	return grown;
}

void wire_forget(struct pop3 *p)
{
	p->host->state_set(p->host->ctx, "capa", (struct brg_str){ NULL, 0 });
}

int wire_fail(struct pop3 *p, const struct brg_err *err)
{
	if (!p->failed) {
		p->failed = true;
		p->failure = *err;
		if (p->entered && err->code != BRG_ECANCELED && err->code != BRG_EFULL)
			wire_forget(p);
	}
	return err->code;
}

/* The protocol is out of step: nothing after this can be trusted. A server that begins so is
 * no server of ours, whatever it is that it sends. */
static int broken(struct pop3 *p, const struct brg_fault *fault, struct brg_err *err)
{
	if (strcmp(p->doing, "connect") == 0 && fault != &pop3_greeting_closed)
		fault = &pop3_greeting_garbage;
	brg_fail(err, fault, "host=%s\ncommand=%s", p->where.host, p->doing);
	return wire_fail(p, err);
}

/* What peek showed dies with the next call on the stream: give back what was taken. */
static void let_go(struct pop3 *p)
{
	if (p->used)
		p->net->skip(p->stream, p->used);
	p->seen = (struct brg_str){ NULL, 0 };
	p->used = 0;
}

int wire_more(struct pop3 *p, struct brg_err *err)
{
	size_t have = p->seen.len - p->used;
	int rc;

	if (p->failed) {
		*err = p->failure;
		return err->code;
	}
	if (p->host->canceled(p->host->ctx)) {
		p->host->stopped(p->host->ctx, err);
		return wire_fail(p, err);
	}
	let_go(p);
	rc = p->net->peek(p->stream, have, &p->seen, err);
	if (rc < 0) {
		p->seen = (struct brg_str){ NULL, 0 };
		return wire_fail(p, err);
	}
	if (rc == 0 && p->seen.len <= have)
		return broken(
			p, strcmp(p->doing, "connect") == 0 ? &pop3_greeting_closed : &pop3_closed,
			err);
	return 0;
}

int wire_line(struct pop3 *p, struct brg_str *line, struct brg_err *err)
{
	const char *start, *end;
	size_t left;
	int rc;

	for (;;) {
		left = p->seen.len - p->used;
		start = left ? p->seen.ptr + p->used : NULL;
		end = left ? memchr(start, '\n', left < LINE_OCTETS ? left : LINE_OCTETS) : NULL;
		if (end)
			break;
		if (left >= LINE_OCTETS)
			return broken(p, &pop3_long_line, err);
		rc = wire_more(p, err);
		if (rc < 0)
			return rc;
	}
	p->used += (size_t)(end - start) + 1;
	if (end > start && end[-1] == '\r')
		end--;
	*line = (struct brg_str){ start, (size_t)(end - start) };
	if (memchr(start, '\0', line->len))
		return broken(p, &pop3_garbage, err);
	return 0;
}

int wire_next(struct pop3 *p, struct brg_str *line, struct brg_err *err)
{
	int rc = wire_line(p, line, err);

	if (rc < 0)
		return rc;
	/* RFC 1939 section 3: a line that begins with the termination octet is stuffed. */
	if (line->len && line->ptr[0] == '.') {
		line->ptr++;
		line->len--;
		return line->len > 0;
	}
	return 1;
}

int wire_status(struct pop3 *p, struct brg_str *words, struct brg_err *err)
{
	static const struct {
		const char *word;
		int status;
	} known[] = { { "+OK", WIRE_OK }, { "-ERR", WIRE_ERR }, { "+", WIRE_GO_ON } };
	struct brg_str line;
	int rc = wire_line(p, &line, err);

	if (rc < 0)
		return rc;
	/* RFC 1939 section 3: the indicators are upper case. */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i].word);

		if (line.len < len || memcmp(line.ptr, known[i].word, len) != 0)
			continue;
		if (line.len > len && line.ptr[len] != ' ')
			continue;
		len += line.len > len;
		*words = (struct brg_str){ line.ptr + len, line.len - len };
		return known[i].status;
	}
	return broken(p, &pop3_garbage, err);
}

int wire_send(struct pop3 *p, const char *command, const void *bytes, size_t n, struct brg_err *err)
{
	int rc;

	p->doing = command;
	if (p->failed) {
		*err = p->failure;
		return err->code;
	}
	let_go(p);
	rc = p->net->write(p->stream, bytes, n, err);
	return rc < 0 ? wire_fail(p, err) : 0;
}

int wire_ask(struct pop3 *p, const char *command, struct brg_str *words, struct brg_err *err)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s\r\n", command);
	int rc = wire_send(p, command, line, (size_t)n, err);

	if (rc < 0)
		return rc;
	rc = wire_status(p, words, err);
	return rc == WIRE_GO_ON ? broken(p, &pop3_garbage, err) : rc;
}

static bool contains(struct brg_str text, const char *what)
{
	size_t len = strlen(what);

	for (size_t i = 0; len && i + len <= text.len; i++)
		if (strncasecmp(text.ptr + i, what, len) == 0)
			return true;
	return false;
}

/* The server's words, unless they repeat what we sent it in confidence. */
static void keep_words(struct pop3 *p, struct brg_str words, struct brg_err *err)
{
	char begin[9], token[17];

	(void)snprintf(begin, sizeof(begin), "%.8s", p->initial ? p->initial : "");
	(void)snprintf(token, sizeof(token), "%.*s", (int)(p->token.len < 16 ? p->token.len : 16),
		       p->token.len ? p->token.ptr : "");
	if (contains(words, p->password) || contains(words, begin) || contains(words, token))
		words = brg_cstr("(withheld: it repeats the credentials)");
	brg_said(err, words);
}

/* Words of servers without response codes. "Account locked" is another thing. */
static const struct brg_fault *by_words(struct brg_str words)
{
	static const char *const held[] = { "already locked",  "in use",
					    "another session", "another pop3 session",
					    "session active",  NULL };
	static const char *const drop[] = { "maildrop", "mail drop", "mailbox", "spool", NULL };
	static const char *const passing[] = { "temporar", "try again", "try later", "too many",
					       NULL };

	for (size_t i = 0; held[i]; i++)
		if (contains(words, held[i]))
			return &pop3_locked;
	for (size_t i = 0; drop[i]; i++)
		if (contains(words, drop[i]) &&
		    (contains(words, "lock") || contains(words, "busy")))
			return &pop3_locked;
	for (size_t i = 0; passing[i]; i++)
		if (contains(words, passing[i]))
			return &pop3_temporary;
	return NULL;
}

/* RFC 2449 section 8 and RFC 3206 sections 4 and 5: an -ERR may begin with a code in brackets. */
static const struct brg_fault *by_code(struct brg_str words)
{
	static const struct {
		const char *code;
		const struct brg_fault *fault;
	} known[] = {
		{ "[AUTH]", &pop3_bad_credentials },	{ "[IN-USE]", &pop3_locked },
		{ "[LOGIN-DELAY]", &pop3_login_delay }, { "[SYS/TEMP]", &pop3_temporary },
		{ "[SYS/PERM]", &pop3_permanent },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = strlen(known[i].code);

		if (words.len >= len && strncasecmp(words.ptr, known[i].code, len) == 0)
			return known[i].fault;
	}
	return NULL;
}

int wire_refused(struct pop3 *p, const struct brg_fault *otherwise, struct brg_str words,
		 struct brg_err *err)
{
	const struct brg_fault *fault = by_code(words);

	p->coded = fault != NULL;
	if (!fault && otherwise != &pop3_refused)
		fault = by_words(words);
	if (!fault)
		fault = otherwise;
	if (fault == &pop3_bad_credentials && auth_by_token(p))
		fault = &pop3_token_refused;
	brg_fail(err, fault, "host=%s\ncommand=%s", p->where.host, p->doing);
	if (fault == &pop3_login_delay && p->login_delay)
		err->retry_after_ms = (uint32_t)(p->login_delay * 1000);
	keep_words(p, words, err);
	return err->code;
}

int wire_fault(struct pop3 *p, const struct brg_fault *fault, struct brg_str words,
	       struct brg_err *err)
{
	brg_fail(err, fault, "host=%s", p->where.host);
	keep_words(p, words, err);
	return err->code;
}

uint64_t wire_number(struct brg_str *line, uint64_t max)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < line->len && line->ptr[i] >= '0' && line->ptr[i] <= '9'; i++) {
		value = value * 10 + (uint64_t)(line->ptr[i] - '0');
		if (value > max)
			return 0;
	}
	if (i == 0 || (i < line->len && line->ptr[i] != ' '))
		return 0;
	line->ptr += i;
	line->len -= i;
	while (line->len && line->ptr[0] == ' ') {
		line->ptr++;
		line->len--;
	}
	return value;
}

bool wire_word(struct brg_str *line, struct brg_str *word)
{
	const char *space;

	while (line->len && line->ptr[0] == ' ') {
		line->ptr++;
		line->len--;
	}
	if (!line->len)
		return false;
	space = memchr(line->ptr, ' ', line->len);
	*word = (struct brg_str){ line->ptr, space ? (size_t)(space - line->ptr) : line->len };
	line->ptr += word->len;
	line->len -= word->len;
	return true;
}

bool wire_is(struct brg_str word, const char *upper)
{
	return word.len == strlen(upper) && strncasecmp(word.ptr, upper, word.len) == 0;
}
