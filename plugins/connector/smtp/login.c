/* SPDX-License-Identifier: Apache-2.0
 *
 * From the connection to the point where mail may be sent.
 */
#include "smtp.h"

#include <strings.h>
#include <unistd.h>

static const struct {
	const char *word;
	unsigned bit;
} extensions[] = {
	{ "PIPELINING", EXT_PIPELINING }, { "CHUNKING", EXT_CHUNKING },
	{ "8BITMIME", EXT_8BITMIME },	  { "SMTPUTF8", EXT_SMTPUTF8 },
	{ "STARTTLS", EXT_STARTTLS },	  { "SIZE", EXT_SIZE },
};

/* "AUTH=PLAIN" is an old way to write "AUTH PLAIN". */
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

/* RFC 1870 section 4: 0, or nothing behind SIZE, is no limit; neither is what is no number. */
static uint64_t limit_of(struct brg_str digits)
{
	uint64_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9' || n > UINT64_MAX / 10 - 10)
			return 0;
		n = 10 * n + (uint64_t)(digits.ptr[i] - '0');
	}
	return n;
}

/* One line of the answer to EHLO. */
static void learn(struct smtp *s, struct brg_str line)
{
	struct brg_str word, value;

	if (!next_word(&line, &word))
		return;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (is(word, extensions[i].word))
			s->ext |= extensions[i].bit;
	if (is(word, "SIZE") && next_word(&line, &value))
		s->size_limit = limit_of(value);
	if (!is(word, "AUTH"))
		return;
	while (next_word(&line, &value))
		for (const struct mechanism *m = auth_mechanisms; m->name; m++)
			if (is(value, m->name))
				s->ext |= (unsigned)EXT_AUTH << m->how;
}

/* RFC 5321 section 4.1.1.1: a whole name, or where there is none, an address in brackets. Which of
 * ours the server sees we do not know; nobody can hold this one against us. */
static void own_name(const struct smtp *s, char out[NAME_OCTETS + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	(void)snprintf(out, NAME_OCTETS + 1, "%s", s->name);
	if (!out[0] && gethostname(out, NAME_OCTETS) != 0)
		out[0] = '\0';
	out[NAME_OCTETS] = '\0';
	if (!s->name[0] && (!strchr(out, '.') || out[strspn(out, letters)] || out[0] == '.'))
		(void)snprintf(out, NAME_OCTETS + 1, "[127.0.0.1]");
}

static int hello(struct smtp *s, struct brg_err *err)
{
	char name[NAME_OCTETS + 1], line[NAME_OCTETS + 8];
	struct reply r;
	int rc;

	s->ext = 0;
	s->size_limit = 0;
	own_name(s, name);
	(void)snprintf(line, sizeof(line), "EHLO %s", name);
	rc = wire_ask(s, line, "EHLO", &r, learn, err);
	if (rc < 0)
		return rc;
	if (r.code / 100 == 5) {
		/* RFC 5321 section 3.2: a server that does not know EHLO is spoken to as of old. */
		s->ext = 0;
		(void)snprintf(line, sizeof(line), "HELO %s", name);
		rc = wire_ask(s, line, "HELO", &r, NULL, err);
	}
	if (rc == 0 && r.code / 100 != 2)
		rc = wire_fault(s, &smtp_refused, &r, err);
	return rc;
}

/* RFC 3207. What was said before counts no more. */
static int upgrade(struct smtp *s, struct brg_err *err)
{
	struct reply r;
	int rc;

	if (!(s->ext & EXT_STARTTLS))
		return wire_fault(s, &smtp_no_tls, NULL, err);
	rc = wire_ask(s, "STARTTLS", "STARTTLS", &r, NULL, err);
	if (rc < 0)
		return rc;
	if (r.code != 220)
		return wire_fault(s, &smtp_no_tls, &r, err);
	rc = wire_starttls(s, err);
	return rc < 0 ? rc : hello(s, err);
}

int login_open(struct smtp *s, struct brg_err *err)
{
	struct reply r;
	int rc = wire_connect(s, err);

	if (rc == 0)
		rc = wire_reply(s, &r, err);
	if (rc < 0)
		return rc;
	if (r.code != 220)
		return wire_fault(
			s, r.code / 100 < 4 ? &smtp_greeting_garbage : &smtp_greeting_refused, &r,
			err);
	rc = hello(s, err);
	if (rc == 0 && s->where.tls == BRG_TLS_STARTTLS)
		rc = upgrade(s, err);
	return rc == 0 ? auth_enter(s, err) : rc;
}
