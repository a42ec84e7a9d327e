/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assertion.h"

#include "core/id.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct brg_fault bad_certificate = {
	.code = "BRG-OAUTH-0013",
	.cls = BRG_EINVAL,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the certificate {path} cannot speak for the client: {reason}",
	.sv = "certifikatet {path} kan inte tala för klienten: {reason}",
	.help = "`oauth-certificate` names a PEM file with the certificate that the provider knows and "
		"its RSA key, without a passphrase, that the daemon's user alone may read.",
};
const struct brg_fault *const assertion_faults[] = { &bad_certificate, NULL };

struct pair {
	EVP_PKEY *key;
	X509 *x509;
};

static int fail(const char *pem, const char *reason, struct brg_err *err)
{
	ERR_clear_error();
	return brg_fail(err, &bad_certificate, "path=%.160s\nreason=%s", pem, reason);
}

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *to, int room, int writing, void *arg)
{
	(void)to, (void)room, (void)writing, (void)arg;
	return -1;
}

static int load(const char *pem, struct pair *out, struct brg_err *err)
{
	FILE *f = fopen(pem, "re");

	*out = (struct pair){ NULL, NULL };
	if (!f)
		return fail(pem, strerror(errno), err);
	out->key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	rewind(f);
	out->x509 = PEM_read_X509(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (!out->key)
		return fail(pem, "it has no private key, or one with a passphrase", err);
	if (!out->x509)
		return fail(pem, "it has no certificate", err);
	if (!EVP_PKEY_is_a(out->key, "RSA"))
		return fail(pem, "its key is not an RSA key", err);
	if (X509_check_private_key(out->x509, out->key) != 1)
		return fail(pem, "its key is not the certificate's", err);
	return 0;
}

/* RFC 7515 appendix C. */
static char *base64url(const void *p, size_t n, struct brg_arena *arena)
{
	char *out = arena_alloc(arena, 4 * ((n + 2) / 3) + 1), *end;

	end = out + EVP_EncodeBlock((unsigned char *)out, p, (int)n);
	while (end > out && end[-1] == '=')
		*--end = '\0';
	for (char *c = out; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return out;
}

static const char *coded_json(json_t *object, struct brg_arena *arena)
{
	char *text = json_dumps(object, JSON_COMPACT);
	const char *out;

	if (!text)
		abort(); /* out of memory */
	out = base64url(text, strlen(text), arena);
	free(text);
	json_decref(object);
	return out;
}

static const char *thumbprint(const X509 *x509, const EVP_MD *how, struct brg_arena *arena)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (X509_digest(x509, how, digest, &n) != 1)
		abort(); /* out of memory */
	return base64url(digest, n, arena);
}

/* By which of the two a provider finds the certificate differs. */
static json_t *header_of(const X509 *x509, struct brg_arena *arena)
{
	return json_pack("{ssssssss}", "alg", "PS256", "typ", "JWT", "x5t",
			 thumbprint(x509, EVP_sha1(), arena), "x5t#S256",
			 thumbprint(x509, EVP_sha256(), arena));
}

static json_t *claims_of(const char *client_id, const char *audience, int64_t now_s)
{
	struct brg_id id = id_new(now_s * 1000000);
	char text[ID_TEXT];

	return json_pack("{sssssssssIsIsI}", "iss", client_id, "sub", client_id, "aud", audience,
			 "jti", id_format(&id, text), "iat", (json_int_t)now_s, "nbf",
			 (json_int_t)now_s, "exp", (json_int_t)(now_s + ASSERTION_LIFETIME));
}

/* RSASSA-PSS with SHA-256, a salt as long as the digest (RFC 7518 section 3.5). */
static bool sign(EVP_PKEY *key, const char *text, unsigned char *out, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how = NULL;
	bool ok;

	if (!ctx)
		abort(); /* out of memory */
	ok = EVP_DigestSignInit(ctx, &how, EVP_sha256(), NULL, key) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1 &&
	     EVP_DigestSign(ctx, out, n, (const unsigned char *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

int assertion_make(const char *pem, const char *client_id, const char *audience, int64_t now_s,
		   struct brg_arena *arena, const char **out, struct brg_err *err)
{
	struct pair pair;
	unsigned char *signature;
	const char *text;
	size_t n;
	int rc = load(pem, &pair, err);

	if (rc == 0) {
		text = arena_printf(arena, "%s.%s", coded_json(header_of(pair.x509, arena), arena),
				    coded_json(claims_of(client_id, audience, now_s), arena));
		n = (size_t)EVP_PKEY_get_size(pair.key);
		signature = arena_alloc(arena, n);
		if (sign(pair.key, text, signature, &n))
			*out = arena_printf(arena, "%s.%s", text, base64url(signature, n, arena));
		else
			rc = fail(pem, "its key does not sign by PS256", err);
	}
	EVP_PKEY_free(pair.key);
	X509_free(pair.x509);
	return rc;
}
