/* SPDX-License-Identifier: Apache-2.0
 *
 * SASL over SMTP (RFC 4954). A password goes out only where the options allow it; an access
 * token that is refused is had anew, once.
 */
#include "smtp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

const struct mechanism auth_mechanisms[] = {
	{ "OAUTHBEARER", AUTH_OAUTHBEARER },
	{ "XOAUTH2", AUTH_XOAUTH2 },
	{ "SCRAM-SHA-256", AUTH_SCRAM_SHA_256 },
	{ "SCRAM-SHA-1", AUTH_SCRAM_SHA_1 },
	{ "PLAIN", AUTH_PLAIN },
	{ "LOGIN", AUTH_LOGIN },
	{ "CRAM-MD5", AUTH_CRAM_MD5 },
	{ NULL, AUTH_AUTO },
};

static bool takes_token(enum auth how)
{
	return how == AUTH_XOAUTH2 || how == AUTH_OAUTHBEARER;
}

bool auth_by_token(const struct smtp *s)
{
	return s->oauth.grant != BRG_OAUTH_NONE &&
	       (s->auth == AUTH_AUTO || takes_token((enum auth)s->auth));
}

bool auth_wanted(const struct smtp *s)
{
	return s->auth != AUTH_NONE &&
	       (s->username[0] || s->auth != AUTH_AUTO || s->oauth.grant != BRG_OAUTH_NONE);
}

/* The best way that both sides know. */
static enum auth choose(const struct smtp *s)
{
	bool clear = !(s->net->flags(s->stream) & BRG_STREAM_TLS);

	if (s->auth != AUTH_AUTO)
		return (enum auth)s->auth;
	/* In clear text even a weak hash is better than the password itself. */
	if (clear && !auth_by_token(s) && (s->ext & (unsigned)EXT_AUTH << AUTH_CRAM_MD5) &&
	    !(s->ext &
	      ((unsigned)EXT_AUTH << AUTH_SCRAM_SHA_1 | (unsigned)EXT_AUTH << AUTH_SCRAM_SHA_256)))
		return AUTH_CRAM_MD5;
	for (const struct mechanism *m = auth_mechanisms; m->name; m++)
		if (takes_token(m->how) == auth_by_token(s) &&
		    (s->ext & (unsigned)EXT_AUTH << m->how))
			return m->how;
	return AUTH_AUTO;
}

static const char *name_of(enum auth how)
{
	const struct mechanism *m = auth_mechanisms;

	while (m->name && m->how != how)
		m++;
	return m->name;
}

/* One line of the dialogue, wiped behind us. */
static int say(struct smtp *s, char *line, size_t room, struct reply *r, struct brg_err *err)
{
	int rc = wire_ask(s, line, "AUTH", r, NULL, err);

	explicit_bzero(line, room);
	if (s->out)
		explicit_bzero(s->out, s->out_room);
	return rc;
}

/* "AUTH MECHANISM initial-response", or only the response. */
static int say_secret(struct smtp *s, const char *mechanism, const void *raw, size_t n,
		      struct reply *r, struct brg_err *err)
{
	size_t room = strlen(mechanism) + 8 + BRG_BASE64_ROOM(n);
	char *line = wire_grow(NULL, room, 1);
	int at = *mechanism ? snprintf(line, room, "AUTH %s ", mechanism) : 0, rc;

	(void)brg_base64(line + at, room - (size_t)at, raw, n);
	(void)snprintf(s->secret, sizeof(s->secret), "%s", line + at);
	rc = say(s, line, room, r, err);
	free(line);
	return rc;
}

static int say_plainly(struct smtp *s, const char *text, struct reply *r, struct brg_err *err)
{
	return wire_ask(s, text, "AUTH", r, NULL, err);
}

static int plain(struct smtp *s, struct reply *r, struct brg_err *err)
{
	char raw[BRG_SASL_ROOM(LOGIN_OCTETS, 0, LOGIN_OCTETS)];
	size_t n = brg_sasl_plain(raw, sizeof(raw), s->username, s->password);
	int rc = say_secret(s, "PLAIN", raw, n, r, err);

	explicit_bzero(raw, sizeof(raw));
	return rc;
}

/* The way of before SASL: user name and password are asked for. */
static int login(struct smtp *s, struct reply *r, struct brg_err *err)
{
	int rc = say_plainly(s, "AUTH LOGIN", r, err);

	if (rc == 0 && r->code == 334)
		rc = say_secret(s, "", s->username, strlen(s->username), r, err);
	if (rc == 0 && r->code == 334)
		rc = say_secret(s, "", s->password, strlen(s->password), r, err);
	return rc;
}

static int garbage(struct smtp *s, const struct reply *r, struct brg_err *err)
{
	wire_fault(s, &smtp_garbage, r, err);
	return wire_fail(s, err);
}

/* RFC 2195. */
static int cram_md5(struct smtp *s, struct reply *r, struct brg_err *err)
{
	char challenge[WORDS_OCTETS], text[LOGIN_OCTETS + 2 * EVP_MAX_MD_SIZE + 2];
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int len, at, rc = say_plainly(s, "AUTH CRAM-MD5", r, err);

	if (rc < 0 || r->code != 334)
		return rc;
	len = scram_decode(r->words, challenge, sizeof(challenge));
	if (len < 0)
		return garbage(s, r, err);
	if (!HMAC(EVP_md5(), s->password, (int)strlen(s->password), (unsigned char *)challenge,
		  (size_t)len, sum, &n))
		return wire_fault(s, &smtp_no_mechanism, NULL, err); /* FIPS knows no MD5 */
	at = snprintf(text, sizeof(text), "%s ", s->username);
	for (unsigned i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%02x", sum[i]);
	return say_secret(s, "", text, (size_t)at, r, err);
}

static int unproven(struct smtp *s, const struct reply *r, struct brg_err *err)
{
	wire_fault(s, &smtp_unproven, r, err);
	return wire_fail(s, err);
}

/* RFC 4954 section 4: the server's last word comes as a challenge that is answered by nothing. */
static int scram(struct smtp *s, enum auth how, struct reply *r, struct brg_err *err)
{
	char nonce[BRG_BASE64_ROOM(18)], text[SCRAM_OCTETS], out[SCRAM_OCTETS + 128];
	unsigned char random[18];
	struct scram c;
	int rc;

	if (RAND_bytes(random, sizeof(random)) != 1)
		return wire_fault(s, &smtp_no_mechanism, NULL, err);
	(void)brg_base64(nonce, sizeof(nonce), random, sizeof(random));
	scram_begin(&c, how == AUTH_SCRAM_SHA_256, nonce, s->username);
	rc = say_secret(s, name_of(how), c.first, strlen(c.first), r, err);
	if (rc < 0 || r->code >= 400)
		return rc;
	if (r->code != 334 || scram_decode(r->words, text, sizeof(text)) < 0 ||
	    !scram_answer(&c, s->password, text, out, sizeof(out)))
		return unproven(s, r, err);
	rc = say_secret(s, "", out, strlen(out), r, err);
	if (rc < 0 || r->code >= 400)
		return rc;
	if (r->code != 334 || scram_decode(r->words, text, sizeof(text)) < 0)
		return unproven(s, r, err);
	if (scram_proven(&c, text))
		return say_plainly(s, "", r, err);
	/* RFC 5802 section 7: it may say "e=invalid-proof" before it refuses. */
	if (strncmp(text, "e=", 2) == 0)
		rc = say_plainly(s, "*", r, err);
	return rc < 0 || r->code >= 400 ? rc : unproven(s, r, err);
}

static int bearer(struct smtp *s, enum auth how, struct reply *r, struct brg_err *err)
{
	bool rfc = how == AUTH_OAUTHBEARER;
	size_t room, n;
	char *raw;
	int rc = s->tokens->access(s->host->ctx, &s->oauth, &s->token, err);

	if (rc < 0)
		return rc;
	room = BRG_SASL_ROOM(strlen(s->username), strlen(s->where.host), s->token.len);
	raw = wire_grow(NULL, room, 1);
	n = rfc ? brg_sasl_oauthbearer(raw, room, s->username, s->where.host, (int)s->where.port,
				       s->token)
		: brg_sasl_xoauth2(raw, room, s->username, s->token);
	rc = say_secret(s, name_of(how), raw, n, r, err);
	explicit_bzero(raw, room);
	free(raw);
	if (rc == 0 && r->code == 334)
		rc = say_plainly(s, rfc ? BRG_SASL_OAUTHBEARER_GO_ON : BRG_SASL_XOAUTH2_GO_ON, r,
				 err);
	return rc;
}

static int attempt(struct smtp *s, enum auth how, struct reply *r, struct brg_err *err)
{
	switch (how) {
	case AUTH_PLAIN:
		return plain(s, r, err);
	case AUTH_LOGIN:
		return login(s, r, err);
	case AUTH_CRAM_MD5:
		return cram_md5(s, r, err);
	case AUTH_SCRAM_SHA_1:
	case AUTH_SCRAM_SHA_256:
		return scram(s, how, r, err);
	case AUTH_XOAUTH2:
	case AUTH_OAUTHBEARER:
		return bearer(s, how, r, err);
	default:
		return wire_fault(s, &smtp_no_mechanism, NULL, err);
	}
}

/* RFC 4954 section 6. */
static int refused(struct smtp *s, enum auth how, const struct reply *r, struct brg_err *err)
{
	static const int wrong_way[] = { 500, 502, 503, 504, 530, 534, 538 };

	if (r->code / 100 == 4)
		return wire_fault(s, &smtp_login_temporary, r, err);
	if (r->code / 100 != 5)
		return garbage(s, r, err);
	for (size_t i = 0; i < sizeof(wrong_way) / sizeof(wrong_way[0]); i++)
		if (r->code == wrong_way[i])
			return wire_fault(s, &smtp_no_mechanism, r, err);
	return wire_fault(s, takes_token(how) ? &smtp_token_refused : &smtp_bad_credentials, r,
			  err);
}

int auth_enter(struct smtp *s, struct brg_err *err)
{
	enum auth how = choose(s);
	struct reply r;
	int rc;

	if (!auth_wanted(s))
		return 0;
	s->doing = "AUTH";
	rc = attempt(s, how, &r, err);
	if (rc == 0 && r.code == 235)
		return 0;
	if (rc == 0)
		rc = refused(s, how, &r, err);
	if (err->fault != &smtp_token_refused)
		return rc;
	/* It may have been revoked, or the clocks differ: one more that is certainly fresh. */
	s->tokens->refused(s->host->ctx, &s->oauth, s->token);
	rc = attempt(s, how, &r, err);
	if (rc < 0)
		return rc;
	return r.code == 235 ? 0 : refused(s, how, &r, err);
}
