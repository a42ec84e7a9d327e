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

/* Where a word is found: on a line of its own, among the parameters of SASL, or only in
 * what was remembered. */
enum place { OWN_LINE, IN_SASL, NOWHERE };

static const struct {
	const char *word;
	unsigned bit;
	enum place place;
} capabilities[] = {
	{ "CAPA", CAPA_ANSWERED, NOWHERE },   { "TOP", CAPA_TOP, OWN_LINE },
	{ "UIDL", CAPA_UIDL, OWN_LINE },      { "PIPELINING", CAPA_PIPELINING, OWN_LINE },
	{ "PLAIN", CAPA_PLAIN, IN_SASL },     { "USER", CAPA_USER, OWN_LINE },
	{ "XOAUTH2", CAPA_XOAUTH2, IN_SASL }, { "OAUTHBEARER", CAPA_OAUTHBEARER, IN_SASL },
	{ "-APOP", CAPA_NO_APOP, NOWHERE },
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
	if (rc == WIRE_OK)
		auth_find_stamp(p, words);
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

static void note(struct pop3 *p, struct brg_str word, enum place place)
{
	for (size_t i = 0; i < N_CAPABILITIES; i++)
		if (capabilities[i].place == place && wire_is(word, capabilities[i].word))
			p->capa |= capabilities[i].bit;
}

/* One line of CAPA's answer: a name and its parameters (RFC 2449 section 6). */
static void learn(struct pop3 *p, struct brg_str line)
{
	struct brg_str word;

	if (!wire_word(&line, &word))
		return;
	if (wire_is(word, "SASL")) {
		while (wire_word(&line, &word))
			note(p, word, IN_SASL);
		return;
	}
	note(p, word, OWN_LINE);
	if (wire_is(word, "LOGIN-DELAY") && wire_word(&line, &word))
		p->login_delay = (int64_t)wire_number(&word, 86400);
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

/* A refusal under remembered capabilities may only mean that the way in is no longer
 * taken. Look before trying again, so that a wrong password is never sent twice. */
static int second_look(struct pop3 *p, struct brg_err *err)
{
	struct brg_err other = BRG_ERR_INIT;
	enum auth before = auth_choose(p);

	wire_forget(p);
	p->capa = 0;
	if (ask_capabilities(p, &other) < 0 ||
	    (err->fault != &pop3_no_bearer && auth_choose(p) == before))
		return err->code;
	return auth_attempt(p, err);
}

/* A server may know a user's password only as a hash, and then APOP fails for that user
 * whatever the password is; its stamp says nothing of it. */
static int without_apop(struct pop3 *p, struct brg_err *err)
{
	int rc;

	p->capa |= CAPA_NO_APOP;
	rc = auth_attempt(p, err);
	if (rc == 0)
		remember(p);
	return rc;
}

static int enter(struct pop3 *p, struct brg_err *err)
{
	int rc = auth_attempt(p, err);

	if (rc == 0 || p->failed || p->coded)
		return rc;
	if (!p->capa_fresh && auth_choose(p) != AUTH_APOP &&
	    (err->fault == &pop3_bad_credentials || err->fault == &pop3_token_refused ||
	     err->fault == &pop3_no_bearer))
		return second_look(p, err);
	if (p->auth == AUTH_AUTO && auth_choose(p) == AUTH_APOP &&
	    err->fault == &pop3_bad_credentials)
		return without_apop(p, err);
	return rc;
}

int login_enter(struct pop3 *p, struct brg_err *err)
{
	int rc = recall(p, err);

	if (rc == 0)
		rc = ask_capabilities(p, err);
	if (rc < 0)
		return rc;
	rc = enter(p, err);
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
