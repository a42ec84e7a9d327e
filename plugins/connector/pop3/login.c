/* SPDX-License-Identifier: Apache-2.0
 *
 * From the greeting to the transaction state in as few round trips as the protocol
 * allows. What a server can do seldom changes, so it is remembered between visits and
 * CAPA is sent only when nothing is remembered, a week has passed, or what was
 * remembered turned out wrong.
 */
#include "pop3.h"

#include <inttypes.h>
#include <stdlib.h>

#define REMEMBERED_US ((int64_t)7 * 24 * 3600 * 1000000)
/* RFC 5034 section 4: a command line with its initial response has at most 255 octets. */
#define AUTH_OCTETS 255

static const struct {
	const char *word;
	unsigned bit;
} capabilities[] = {
	{ "CAPA", CAPA_ANSWERED },	   { "TOP", CAPA_TOP },	    { "UIDL", CAPA_UIDL },
	{ "PIPELINING", CAPA_PIPELINING }, { "PLAIN", CAPA_PLAIN }, { "USER", CAPA_USER },
};
#define N_CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

int login_greet(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words;
	int rc;

	p->doing = "connect";
	rc = wire_status(p, &words, err);
	if (rc == WIRE_ERR)
		return wire_refused(p, &pop3_greeting_refused, words, err);
	if (rc == WIRE_GO_ON) {
		brg_fail(err, &pop3_greeting_garbage, "host=%s", p->where.host);
		return wire_fail(p, err);
	}
	return rc < 0 ? rc : 0;
}

/* RFC 2595 section 4. The upgrade is required, so nothing is gained by asking CAPA
 * first, and what a server says before the handshake would not count anyway. */
int login_tls(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words;
	int rc = wire_ask(p, "STLS", &words, err);

	if (rc < 0)
		return rc;
	if (rc == WIRE_ERR)
		return wire_fault(p, &pop3_no_tls, words, err);
	p->net->skip(p->stream, p->used);
	p->used = 0;
	p->seen = (struct brg_str){ NULL, 0 };
	rc = p->net->starttls(p->stream, err);
	return rc < 0 ? wire_fail(p, err) : 0;
}

/* One line of CAPA's answer: a name and its parameters (RFC 2449 section 6). */
static void learn(struct pop3 *p, struct brg_str line)
{
	struct brg_str word, mechanism;

	if (!wire_word(&line, &word))
		return;
	if (wire_is(word, "SASL")) {
		while (wire_word(&line, &mechanism))
			if (wire_is(mechanism, "PLAIN"))
				p->capa |= CAPA_PLAIN;
		return;
	}
	if (wire_is(word, "LOGIN-DELAY") && wire_word(&line, &word))
		p->login_delay = (int64_t)wire_number(&word, 86400);
	for (size_t i = 0; i < N_CAPABILITIES; i++)
		if (capabilities[i].bit != CAPA_PLAIN && wire_is(word, capabilities[i].word))
			p->capa |= capabilities[i].bit;
}

/* A server may tell more after the login (RFC 2449 section 5): what it says is added. */
static int ask_capabilities(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words, line;
	int rc = wire_ask(p, "CAPA", &words, err);

	p->capa_fresh = true;
	if (rc == WIRE_OK) {
		p->capa |= CAPA_ANSWERED;
		while ((rc = wire_next(p, &line, err)) > 0)
			learn(p, line);
	}
	return rc < 0 ? rc : 0;
}

/* The value: "v1 <when> <host>:<port>:<tls> <delay> <words>". */
static void remember(struct pop3 *p)
{
	char value[1024];
	int n = snprintf(value, sizeof(value), "v1 %" PRId64 " %.255s:%" PRId64 ":%d %" PRId64,
			 p->host->now_us(p->host->ctx), p->where.host, p->where.port, p->where.tls,
			 p->login_delay);

	for (size_t i = 0; i < N_CAPABILITIES; i++)
		if (p->capa & capabilities[i].bit)
			n += snprintf(value + n, sizeof(value) - (size_t)n, " %s",
				      capabilities[i].word);
	p->host->state_set(p->host->ctx, "capa", (struct brg_str){ value, (size_t)n });
}

static int recall(struct pop3 *p, struct brg_err *err)
{
	char server[300];
	struct brg_str value, word;
	int64_t age;
	int rc = p->host->state_get(p->host->ctx, "capa", &value, err);

	if (rc < 0)
		return rc;
	(void)snprintf(server, sizeof(server), "%.255s:%" PRId64 ":%d", p->where.host,
		       p->where.port, p->where.tls);
	if (!wire_word(&value, &word) || !wire_is(word, "v1") || !wire_word(&value, &word))
		return 0;
	age = p->host->now_us(p->host->ctx) - (int64_t)wire_number(&word, INT64_MAX / 10 - 1);
	if (age < 0 || age > REMEMBERED_US)
		return 0;
	if (!wire_word(&value, &word) || !brg_str_eq(word, brg_cstr(server)) ||
	    !wire_word(&value, &word))
		return 0;
	p->login_delay = (int64_t)wire_number(&word, 86400);
	while (wire_word(&value, &word))
		for (size_t i = 0; i < N_CAPABILITIES; i++)
			if (wire_is(word, capabilities[i].word))
				p->capa |= capabilities[i].bit;
	return 1;
}

static size_t base64(const unsigned char *in, size_t n, char *out)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		v |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? in[i + 2] : 0;
		out[at++] = digit[v >> 18];
		out[at++] = digit[v >> 12 & 63];
		out[at++] = i + 1 < n ? digit[v >> 6 & 63] : '=';
		out[at++] = i + 2 < n ? digit[v & 63] : '=';
	}
	out[at] = '\0';
	return at;
}

/* RFC 4616: authorization identity (none), NUL, user, NUL, password; in base64. */
static void make_initial(struct pop3 *p)
{
	unsigned char plain[sizeof(p->initial) * 3 / 4 - 3];
	size_t user = strlen(p->username), pass = strlen(p->password);

	plain[0] = '\0';
	memcpy(plain + 1, p->username, user + 1);
	memcpy(plain + 2 + user, p->password, pass);
	base64(plain, 2 + user + pass, p->initial);
	explicit_bzero(plain, sizeof(plain));
}

static int send_secret(struct pop3 *p, const char *command, const char *verb, const char *arg,
		       struct brg_err *err)
{
	char line[sizeof(p->initial) + 32];
	int n = snprintf(line, sizeof(line), "%s%s\r\n", verb, arg);
	int rc = wire_send(p, command, line, (size_t)n, err);

	explicit_bzero(line, sizeof(line));
	return rc;
}

/* RFC 5034 section 4. A server of RFC 1734's age takes no initial response and asks. */
static int auth_plain(struct pop3 *p, struct brg_str *words, struct brg_err *err)
{
	bool at_once = strlen(p->initial) + strlen("AUTH PLAIN \r\n") <= AUTH_OCTETS;
	int rc = send_secret(p, "AUTH", at_once ? "AUTH PLAIN " : "AUTH PLAIN",
			     at_once ? p->initial : "", err);

	if (rc < 0)
		return rc;
	rc = wire_status(p, words, err);
	if (rc != WIRE_GO_ON)
		return rc;
	rc = send_secret(p, "AUTH", "", p->initial, err);
	return rc < 0 ? rc : wire_status(p, words, err);
}

/* RFC 1939 section 7. One after the other: Dovecot answers a USER and PASS that come in
 * one write only after a delayed acknowledgement. */
static int user_pass(struct pop3 *p, struct brg_str *words, struct brg_err *err)
{
	int rc = send_secret(p, "USER", "USER ", p->username, err);

	if (rc < 0)
		return rc;
	rc = wire_status(p, words, err);
	if (rc != WIRE_OK)
		return rc;
	rc = send_secret(p, "PASS", "PASS ", p->password, err);
	return rc < 0 ? rc : wire_status(p, words, err);
}

static bool takes_plain(const struct pop3 *p)
{
	return p->auth == AUTH_PLAIN || (p->auth == AUTH_AUTO && (p->capa & CAPA_PLAIN));
}

/* 0: in. BRG_EAUTH and the like: the server said no, and *err says how. */
static int attempt(struct pop3 *p, struct brg_err *err)
{
	struct brg_str words;
	int rc = takes_plain(p) ? auth_plain(p, &words, err) : user_pass(p, &words, err);

	if (rc == WIRE_ERR)
		return wire_refused(p, &pop3_bad_credentials, words, err);
	if (rc == WIRE_GO_ON) {
		brg_fail(err, &pop3_garbage, "host=%s\ncommand=%s", p->where.host, p->doing);
		return wire_fail(p, err);
	}
	return rc < 0 ? rc : 0;
}

/* A refusal under remembered capabilities may only mean that AUTH PLAIN is no longer
 * taken. Look before trying again, so that a wrong password is never sent twice. */
static int second_look(struct pop3 *p, struct brg_err *err)
{
	struct brg_err other = BRG_ERR_INIT;
	bool plain = takes_plain(p);

	wire_forget(p);
	p->capa = 0;
	if (ask_capabilities(p, &other) < 0 || takes_plain(p) == plain)
		return err->code;
	return attempt(p, err);
}

int login_enter(struct pop3 *p, struct brg_err *err)
{
	int rc = recall(p, err);

	if (rc == 0)
		rc = ask_capabilities(p, err);
	if (rc < 0)
		return rc;
	make_initial(p);
	rc = attempt(p, err);
	if (rc < 0 && !p->failed && !p->capa_fresh && !p->coded &&
	    err->fault == &pop3_bad_credentials)
		rc = second_look(p, err);
	if (rc < 0)
		return rc;
	if (p->capa_fresh && (p->capa & CAPA_ANSWERED) && !(p->capa & CAPA_PIPELINING)) {
		rc = ask_capabilities(p, err);
		if (rc < 0)
			return rc;
	}
	if (p->capa_fresh)
		remember(p);
	p->entered = true;
	return 0;
}
