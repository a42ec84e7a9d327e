/* SPDX-License-Identifier: Apache-2.0
 *
 * From the greeting to the point where mail may be sent.
 */
#include "smtp.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

static const struct {
	const char *word;
	unsigned bit;
} extensions[] = {
	{ "PIPELINING", EXT_PIPELINING }, { "CHUNKING", EXT_CHUNKING },
	{ "8BITMIME", EXT_8BITMIME },	  { "SMTPUTF8", EXT_SMTPUTF8 },
	{ "STARTTLS", EXT_STARTTLS },
}, mechanisms[] = {
	{ "PLAIN", EXT_PLAIN },	    { "LOGIN", EXT_LOGIN },
	{ "CRAM-MD5", EXT_CRAM_MD5 }, { "XOAUTH2", EXT_XOAUTH2 },
	{ "OAUTHBEARER", EXT_OAUTHBEARER },
};

static bool next_word(struct brg_str *rest, struct brg_str *word)
{
	size_t n = 0;

	while (rest->len && (*rest->ptr == ' ' || *rest->ptr == '=')) {
		rest->ptr++;
		rest->len--;
	}
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '=')
		n++;
	*word = (struct brg_str){ rest->ptr, n };
	rest->ptr += n;
	rest->len -= n;
	return n > 0;
}

static bool is(struct brg_str word, const char *name)
{
	return strlen(name) == word.len && strncasecmp(word.ptr, name, word.len) == 0;
}

/* One line of the answer to EHLO. "AUTH=PLAIN" is an old way to write "AUTH PLAIN". */
static void learn(struct smtp *s, struct brg_str line)
{
	struct brg_str word;

	if (!next_word(&line, &word))
		return;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (is(word, extensions[i].word))
			s->ext |= extensions[i].bit;
	if (is(word, "SIZE")) {
		s->ext |= EXT_SIZE;
		if (next_word(&line, &word))
			for (size_t i = 0;
			     i < word.len && i < 15 && word.ptr[i] >= '0' && word.ptr[i] <= '9';
			     i++)
				s->size_limit = 10 * s->size_limit + (uint64_t)(word.ptr[i] - '0');
	}
	if (!is(word, "AUTH"))
		return;
	while (next_word(&line, &word))
		for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
			if (is(word, mechanisms[i].word))
				s->ext |= mechanisms[i].bit;
}

/* Who we are: a name with a dot, else this machine's address as a literal would say nothing to
 * anybody, so the bare name is said. */
static const char *own_name(const struct smtp *s, char buf[256])
{
	if (s->name[0])
		return s->name;
	if (gethostname(buf, 255) != 0 || !buf[0])
		return "localhost";
	buf[255] = '\0';
	return buf;
}

static int hello(struct smtp *s, struct brg_err *err)
{
	char host[256] = "", line[300];
	struct reply r;
	int rc;

	s->ext = 0;
	s->size_limit = 0;
	(void)snprintf(line, sizeof(line), "EHLO %s", own_name(s, host));
	rc = wire_ask(s, line, "EHLO", &r, learn, err);
	if (rc < 0)
		return rc;
	if (r.code / 100 == 2)
		return 0;
	if (r.code / 100 == 4)
		return wire_fault(s, &smtp_refused, r.words, err);
	/* RFC 5321 section 3.2: a server that does not know EHLO is spoken to as of old. */
	(void)snprintf(line, sizeof(line), "HELO %s", own_name(s, host));
	rc = wire_ask(s, line, "HELO", &r, NULL, err);
	if (rc == 0 && r.code / 100 != 2)
		rc = wire_fault(s, &smtp_refused, r.words, err);
	return rc;
}

/* RFC 3207. What was said before counts no more. */
static int upgrade(struct smtp *s, struct brg_err *err)
{
	struct reply r;
	int rc;

	if (!(s->ext & EXT_STARTTLS))
		return wire_fault(s, &smtp_no_tls, "", err);
	rc = wire_ask(s, "STARTTLS", "STARTTLS", &r, NULL, err);
	if (rc < 0)
		return rc;
	if (r.code != 220)
		return wire_fault(s, &smtp_no_tls, r.words, err);
	s->net->skip(s->stream, s->used);
	s->used = 0;
	s->seen = (struct brg_str){ NULL, 0 };
	rc = s->net->starttls(s->stream, err);
	return rc < 0 ? wire_fail(s, err) : hello(s, err);
}

int login_greet(struct smtp *s, struct brg_err *err)
{
	struct reply r;
	int rc;

	s->doing = "connect";
	rc = wire_reply(s, &r, err);
	if (rc < 0)
		return rc;
	if (r.code != 220)
		return wire_fault(
			s, r.code / 100 == 2 ? &smtp_greeting_garbage : &smtp_greeting_refused,
			r.words, err);
	rc = hello(s, err);
	if (rc == 0 && s->where.tls == BRG_TLS_STARTTLS)
		rc = upgrade(s, err);
	return rc == 0 ? auth_enter(s, err) : rc;
}
