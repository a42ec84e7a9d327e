/* SPDX-License-Identifier: Apache-2.0
 *
 * SASL over SMTP (RFC 4954). A password goes out only where the options allow it; an access
 * token that is refused is had anew, once.
 */
#include "smtp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

bool auth_by_token(const struct smtp *s)
{
	return s->oauth.grant != BRG_OAUTH_NONE;
}

/* The best way that both sides know. */
static enum auth choose(const struct smtp *s)
{
	if (s->auth != AUTH_AUTO)
		return (enum auth)s->auth;
	if (auth_by_token(s))
		return s->ext & EXT_OAUTHBEARER ? AUTH_OAUTHBEARER
		       : s->ext & EXT_XOAUTH2	? AUTH_XOAUTH2
						: AUTH_AUTO;
	/* With TLS the plain way tells a server no more than CRAM-MD5's weak hash; without it
	 * the password at least does not lie open. */
	if ((s->ext & EXT_CRAM_MD5) && !(s->net->flags(s->stream) & BRG_STREAM_TLS))
		return AUTH_CRAM_MD5;
	return s->ext & EXT_PLAIN      ? AUTH_PLAIN
	       : s->ext & EXT_LOGIN    ? AUTH_LOGIN
	       : s->ext & EXT_CRAM_MD5 ? AUTH_CRAM_MD5
				       : AUTH_AUTO;
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

/* "AUTH MECHANISM initial-response". */
static int say_initial(struct smtp *s, const char *mechanism, const char *raw, size_t n,
		       struct reply *r, struct brg_err *err)
{
	size_t room = strlen(mechanism) + 8 + BRG_BASE64_ROOM(n);
	char *line = malloc(room);
	int at, rc;

	if (!line)
		abort();
	at = snprintf(line, room, "AUTH %s ", mechanism);
	(void)brg_base64(line + at, room - (size_t)at, raw, n);
	rc = say(s, line, room, r, err);
	free(line);
	return rc;
}

static int plain(struct smtp *s, struct reply *r, struct brg_err *err)
{
	char raw[BRG_SASL_ROOM(LOGIN_OCTETS, 0, LOGIN_OCTETS)];
	size_t n = brg_sasl_plain(raw, sizeof(raw), s->username, s->password);
	int rc = say_initial(s, "PLAIN", raw, n, r, err);

	explicit_bzero(raw, sizeof(raw));
	return rc;
}

static int answer(struct smtp *s, const void *raw, size_t n, struct reply *r, struct brg_err *err)
{
	char line[BRG_BASE64_ROOM(2 * LOGIN_OCTETS)];

	(void)brg_base64(line, sizeof(line), raw, n);
	return say(s, line, sizeof(line), r, err);
}

/* The way of before SASL: user name and password are asked for. */
static int login(struct smtp *s, struct reply *r, struct brg_err *err)
{
	char line[] = "AUTH LOGIN";
	int rc = say(s, line, sizeof(line), r, err);

	if (rc == 0 && r->code == 334)
		rc = answer(s, s->username, strlen(s->username), r, err);
	if (rc == 0 && r->code == 334)
		rc = answer(s, s->password, strlen(s->password), r, err);
	return rc;
}

/* RFC 2195. */
static int cram_md5(struct smtp *s, struct reply *r, struct brg_err *err)
{
	unsigned char challenge[512], sum[EVP_MAX_MD_SIZE];
	char line[] = "AUTH CRAM-MD5", text[LOGIN_OCTETS + 64];
	unsigned n = 0;
	int len, rc = say(s, line, sizeof(line), r, err), at;

	if (rc < 0 || r->code != 334)
		return rc;
	len = (int)strlen(r->words);
	if (len % 4 || len > 680) {
		wire_fault(s, &smtp_garbage, r->words, err);
		return wire_fail(s, err);
	}
	at = EVP_DecodeBlock(challenge, (const unsigned char *)r->words, len);
	for (int i = len; at > 0 && i > 0 && r->words[i - 1] == '='; i--)
		at--;
	if (at < 0 ||
	    !HMAC(EVP_md5(), s->password, (int)strlen(s->password), challenge, (size_t)at, sum, &n))
		return wire_fault(s, &smtp_no_mechanism, "CRAM-MD5", err);
	at = snprintf(text, sizeof(text), "%s ", s->username);
	for (unsigned i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%02x", sum[i]);
	return answer(s, text, (size_t)at, r, err);
}

static int bearer(struct smtp *s, enum auth how, struct reply *r, struct brg_err *err)
{
	size_t room, n;
	char *raw, nothing[] = BRG_SASL_XOAUTH2_GO_ON, go_on[] = BRG_SASL_OAUTHBEARER_GO_ON;
	bool rfc = how == AUTH_OAUTHBEARER;
	int rc = s->tokens->access(s->host->ctx, &s->oauth, &s->token, err);

	if (rc < 0)
		return rc;
	room = BRG_SASL_ROOM(strlen(s->username), strlen(s->where.host), s->token.len);
	raw = malloc(room);
	if (!raw)
		abort();
	n = rfc ? brg_sasl_oauthbearer(raw, room, s->username, s->where.host, (int)s->where.port,
				       s->token)
		: brg_sasl_xoauth2(raw, room, s->username, s->token);
	rc = say_initial(s, rfc ? "OAUTHBEARER" : "XOAUTH2", raw, n, r, err);
	explicit_bzero(raw, room);
	free(raw);
	if (rc == 0 && r->code == 334)
		rc = rfc ? say(s, go_on, sizeof(go_on), r, err)
			 : say(s, nothing, sizeof(nothing), r, err);
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
	case AUTH_XOAUTH2:
	case AUTH_OAUTHBEARER:
		return bearer(s, how, r, err);
	default:
		return wire_fault(s, &smtp_no_mechanism, "", err);
	}
}

/* RFC 4954 section 6. */
static int refused(struct smtp *s, enum auth how, const struct reply *r, struct brg_err *err)
{
	bool token = how == AUTH_XOAUTH2 || how == AUTH_OAUTHBEARER;

	if (r->code / 100 == 4)
		return wire_fault(s, &smtp_login_temporary, r->words, err);
	if (r->code == 504 || r->code == 534 || r->code == 500 || r->code == 502)
		return wire_fault(s, &smtp_no_mechanism, r->words, err);
	return wire_fault(s, token ? &smtp_token_refused : &smtp_bad_credentials, r->words, err);
}

int auth_enter(struct smtp *s, struct brg_err *err)
{
	enum auth how = choose(s);
	struct reply r;
	int rc;

	if (s->auth == AUTH_NONE || !s->username[0])
		return 0;
	rc = attempt(s, how, &r, err);
	if (rc == 0 && r.code / 100 == 5 && (how == AUTH_XOAUTH2 || how == AUTH_OAUTHBEARER)) {
		s->tokens->refused(s->host->ctx, &s->oauth, s->token);
		rc = attempt(s, how, &r, err);
	}
	if (rc < 0)
		return rc;
	return r.code == 235 ? 0 : refused(s, how, &r, err);
}
