/* SPDX-License-Identifier: Apache-2.0
 *
 * How to log in: with a password by AUTH PLAIN, APOP or USER and PASS, or with an OAuth 2.0
 * access token, which the host provides, by XOAUTH2 or OAUTHBEARER.
 */
#include "pop3.h"

#include <brygga/sasl.h>

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* RFC 5034 section 4: a command line with its initial response has at most 255 octets. */
#define AUTH_OCTETS 255
#define MD5_OCTETS  16

bool auth_by_token(const struct pop3 *p)
{
	return p->oauth.grant != BRG_OAUTH_NONE &&
	       (p->auth == AUTH_AUTO || p->auth == AUTH_XOAUTH2 || p->auth == AUTH_OAUTHBEARER);
}

enum auth auth_choose(const struct pop3 *p)
{
	if (p->auth != AUTH_AUTO)
		return p->auth;
	if (auth_by_token(p))
		return p->capa & CAPA_OAUTHBEARER ? AUTH_OAUTHBEARER : AUTH_XOAUTH2;
	/* It hides the password from those who listen; under TLS nobody does. */
	if (*p->stamp && p->where.tls == BRG_TLS_NONE && !(p->capa & CAPA_NO_APOP))
		return AUTH_APOP;
	return p->capa & CAPA_PLAIN ? AUTH_PLAIN : AUTH_USER;
}

/* RFC 1939 section 7: the greeting of a server with APOP has a time stamp, a message id of
 * RFC 822. One that is not quite that may be made by a man between to learn the password from the
 * digest (CVE-2007-1558), so it counts for nothing. */
void auth_find_stamp(struct pop3 *p, struct brg_str greeting)
{
	const char *start = greeting.len ? memchr(greeting.ptr, '<', greeting.len) : NULL;
	size_t left = start ? greeting.len - (size_t)(start - greeting.ptr) : 0, n = 1, ats = 0;

	while (n < left && start[n] != '>') {
		char c = start[n++];

		ats += c == '@';
		if (!isalnum((unsigned char)c) && !strchr("!#$%&'*+-/=?^_`{|}~.@[]:", c))
			return;
	}
	if (n >= left || n + 2 > sizeof(p->stamp) || ats != 1 || start[1] == '@' ||
	    start[n - 1] == '@')
		return;
	memcpy(p->stamp, start, n + 1);
	p->stamp[n + 1] = '\0';
}

/* A verb, an argument, or both with a blank between them. */
static int send_secret(struct pop3 *p, const char *command, const char *verb, const char *arg,
		       struct brg_err *err)
{
	size_t room = strlen(verb) + strlen(arg) + 4;
	char *line = wire_grow(NULL, room, 1);
	int n = snprintf(line, room, "%s%s%s\r\n", verb, *verb && *arg ? " " : "", arg);
	int rc = wire_send(p, command, line, (size_t)n, err);

	explicit_bzero(line, room);
	free(line);
	return rc;
}

void auth_forget(struct pop3 *p)
{
	if (p->initial) {
		explicit_bzero(p->initial, strlen(p->initial));
		free(p->initial);
	}
	p->initial = NULL;
}

/* The first message of the mechanism, in base64. */
static void make_initial(struct pop3 *p, enum auth how)
{
	size_t secret = how == AUTH_PLAIN ? strlen(p->password) : p->token.len, n;
	size_t room = BRG_SASL_ROOM(strlen(p->username), strlen(p->where.host), secret);
	char *raw = wire_grow(NULL, room, 1);

	if (how == AUTH_PLAIN)
		n = brg_sasl_plain(raw, room, p->username, p->password);
	else if (how == AUTH_XOAUTH2)
		n = brg_sasl_xoauth2(raw, room, p->username, p->token);
	else
		n = brg_sasl_oauthbearer(raw, room, p->username, p->where.host, (int)p->where.port,
					 p->token);
	auth_forget(p);
	p->initial = wire_grow(NULL, BRG_BASE64_ROOM(n), 1);
	brg_base64(p->initial, BRG_BASE64_ROOM(n), raw, n);
	explicit_bzero(raw, room);
	free(raw);
}

/* RFC 5034 section 4. A server of RFC 1734's age takes no initial response and asks; one
 * that refuses a token asks, too, with the reason, and must be answered before it says no. */
static int by_sasl(struct pop3 *p, enum auth how, struct brg_str *words, struct brg_err *err)
{
	static const struct {
		const char *verb, *go_on;
	} mechanisms[] = {
		[AUTH_PLAIN] = { "AUTH PLAIN", NULL },
		[AUTH_XOAUTH2] = { "AUTH XOAUTH2", BRG_SASL_XOAUTH2_GO_ON },
		[AUTH_OAUTHBEARER] = { "AUTH OAUTHBEARER", BRG_SASL_OAUTHBEARER_GO_ON },
	};
	const char *verb = mechanisms[how].verb, *go_on = mechanisms[how].go_on;
	bool at_once;
	int rc;

	make_initial(p, how);
	at_once = strlen(verb) + 1 + strlen(p->initial) + 2 <= AUTH_OCTETS;
	rc = send_secret(p, "AUTH", verb, at_once ? p->initial : "", err);
	if (rc == 0)
		rc = wire_status(p, words, err);
	if (rc == WIRE_GO_ON && (!at_once || !go_on || words->len == 0)) {
		rc = send_secret(p, "AUTH", "", p->initial, err);
		if (rc == 0)
			rc = wire_status(p, words, err);
	}
	if (rc == WIRE_GO_ON && go_on) {
		rc = send_secret(p, "AUTH", "", go_on, err);
		if (rc == 0)
			rc = wire_status(p, words, err);
	}
	return rc;
}

/* RFC 1939 section 7. One after the other: Dovecot answers a USER and PASS that come in
 * one write only after a delayed acknowledgement. */
static int by_user(struct pop3 *p, struct brg_str *words, struct brg_err *err)
{
	int rc = send_secret(p, "USER", "USER", p->username, err);

	if (rc < 0)
		return rc;
	rc = wire_status(p, words, err);
	if (rc != WIRE_OK)
		return rc;
	rc = send_secret(p, "PASS", "PASS", p->password, err);
	return rc < 0 ? rc : wire_status(p, words, err);
}

/* RFC 1939 section 7: the MD5 of the stamp with the password behind it, in hexadecimal. */
static int by_apop(struct pop3 *p, struct brg_str *words, struct brg_err *err)
{
	unsigned char md5[MD5_OCTETS];
	char hex[2 * MD5_OCTETS + 1], line[LOGIN_OCTETS + 8];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && *p->stamp && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, p->stamp, strlen(p->stamp)) == 1 &&
		  EVP_DigestUpdate(ctx, p->password, strlen(p->password)) == 1 &&
		  EVP_DigestFinal_ex(ctx, md5, NULL) == 1;
	int rc;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return brg_fail(err, &pop3_no_apop, "host=%s", p->where.host);
	for (size_t i = 0; i < MD5_OCTETS; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md5[i]);
	(void)snprintf(line, sizeof(line), "APOP %s", p->username);
	rc = send_secret(p, "APOP", line, hex, err);
	return rc < 0 ? rc : wire_status(p, words, err);
}

static int say(struct pop3 *p, enum auth how, struct brg_err *err)
{
	struct brg_str words;
	int rc;

	if (how == AUTH_APOP)
		rc = by_apop(p, &words, err);
	else if (how == AUTH_USER)
		rc = by_user(p, &words, err);
	else
		rc = by_sasl(p, how, &words, err);
	if (rc == WIRE_ERR)
		return wire_refused(p, &pop3_bad_credentials, words, err);
	if (rc == WIRE_GO_ON) {
		brg_fail(err, &pop3_garbage, "host=%s\ncommand=%s", p->where.host, p->doing);
		return wire_fail(p, err);
	}
	return rc < 0 ? rc : 0;
}

int auth_attempt(struct pop3 *p, struct brg_err *err)
{
	enum auth how = auth_choose(p);
	void *ctx = p->host->ctx;
	int rc;

	if (!auth_by_token(p))
		return say(p, how, err);
	if (p->auth == AUTH_AUTO && (p->capa & CAPA_ANSWERED) &&
	    !(p->capa & (CAPA_XOAUTH2 | CAPA_OAUTHBEARER)))
		return brg_fail(err, &pop3_no_bearer, "host=%s", p->where.host);
	rc = p->tokens->access(ctx, &p->oauth, &p->token, err);
	if (rc == 0)
		rc = say(p, how, err);
	if (rc == 0 || err->fault != &pop3_token_refused)
		return rc;
	/* It may have been revoked, or the clocks differ: one more that is certainly fresh. */
	p->tokens->refused(ctx, &p->oauth, p->token);
	rc = p->tokens->access(ctx, &p->oauth, &p->token, err);
	return rc < 0 ? rc : say(p, how, err);
}
