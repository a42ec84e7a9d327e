/* SPDX-License-Identifier: Apache-2.0
 *
 * SCRAM (RFC 5802, RFC 7677): the server learns nothing that it could use elsewhere, and has to
 * prove that it knows the password, too. Without channel binding: the host's stream does not tell
 * what binds a channel. Names and passwords are taken as they are, which is what SASLprep (RFC
 * 4013) makes of all but rare ones.
 */
#include "smtp.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

/* RFC 7677 section 4: at least 4,096, and the upper bound keeps a server from making us work for
 * minutes. */
#define ROUNDS_MIN 4096
#define ROUNDS_MAX 1000000

int scram_decode(const char *text, char *out, size_t room)
{
	size_t len = strlen(text);
	int n;

	/* EVP_DecodeBlock passes over blanks at the ends and counts the padding as bytes. */
	if (len % 4 || len / 4 * 3 >= room || strchr(text, ' '))
		return -1;
	n = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	for (size_t i = 0; i < 2 && n > 0 && len > i && text[len - 1 - i] == '='; i++)
		n--;
	if (n >= 0)
		out[n] = '\0';
	return n;
}

/* "," and "=" are escaped in names (RFC 5802 section 5.1). */
void scram_begin(struct scram *c, bool sha_256, const char *nonce, const char *user)
{
	size_t n;

	c->sha_256 = sha_256;
	(void)snprintf(c->nonce, sizeof(c->nonce), "%s", nonce);
	n = (size_t)snprintf(c->first, sizeof(c->first), "n,,n=");
	for (; *user && n + 4 < sizeof(c->first); user++)
		n += (size_t)snprintf(c->first + n, sizeof(c->first) - n, "%.*s",
				      *user == ',' || *user == '=' ? 3 : 1,
				      *user == ','   ? "=2C"
				      : *user == '=' ? "=3D"
						     : user);
	(void)snprintf(c->first + n, sizeof(c->first) - n, ",r=%s", nonce);
}

/* "r=...,s=...,i=..." and nothing that we do not know before it. */
static bool take_challenge(const struct scram *c, const char *text, struct brg_str *nonce,
			   char salt[SCRAM_OCTETS], int *salt_len, int *rounds)
{
	const char *s = strstr(text, ",s="), *i = s ? strstr(s, ",i=") : NULL;
	char encoded[SCRAM_OCTETS], *end;
	size_t ours = strlen(c->nonce);
	long n;

	if (!i || strncmp(text, "r=", 2) != 0 || strcspn(text, ",") != (size_t)(s - text) ||
	    strcspn(s + 1, ",") != (size_t)(i - s - 1))
		return false;
	*nonce = (struct brg_str){ text + 2, (size_t)(s - text - 2) };
	if (nonce->len <= ours || memcmp(nonce->ptr, c->nonce, ours) != 0)
		return false;
	(void)snprintf(encoded, sizeof(encoded), "%.*s", (int)(i - s - 3), s + 3);
	*salt_len = scram_decode(encoded, salt, SCRAM_OCTETS);
	n = strtol(i + 3, &end, 10);
	if (*salt_len <= 0 || i[3] < '0' || i[3] > '9' || (*end && *end != ',') || n < ROUNDS_MIN ||
	    n > ROUNDS_MAX)
		return false;
	*rounds = (int)n;
	return true;
}

static bool keyed(const EVP_MD *md, const unsigned char *key, const char *text,
		  unsigned char out[EVP_MAX_MD_SIZE])
{
	return HMAC(md, key, EVP_MD_get_size(md), (const unsigned char *)text, strlen(text), out,
		    NULL) != NULL;
}

/* RFC 5802 section 3: the client's proof and the server's signature of what was said. */
static bool prove(struct scram *c, const EVP_MD *md, const unsigned char *salted, const char *said,
		  char proof[64])
{
	unsigned char key[EVP_MAX_MD_SIZE], stored[EVP_MAX_MD_SIZE], sum[EVP_MAX_MD_SIZE];
	size_t n = (size_t)EVP_MD_get_size(md);
	bool ok = keyed(md, salted, "Client Key", key) &&
		  EVP_Digest(key, n, stored, NULL, md, NULL) == 1 && keyed(md, stored, said, sum);

	for (size_t k = 0; ok && k < n; k++)
		key[k] ^= sum[k];
	ok = ok && brg_base64(proof, 64, key, n);
	ok = ok && keyed(md, salted, "Server Key", key) && keyed(md, key, said, sum) &&
	     brg_base64(c->signature, sizeof(c->signature), sum, n);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(stored, sizeof(stored));
	return ok;
}

bool scram_answer(struct scram *c, const char *password, const char *challenge, char *out,
		  size_t room)
{
	const EVP_MD *md = c->sha_256 ? EVP_sha256() : EVP_sha1();
	unsigned char salted[EVP_MAX_MD_SIZE];
	char salt[SCRAM_OCTETS], last[SCRAM_OCTETS + 16], proof[64], *said;
	size_t n = strlen(c->first) + strlen(challenge) + sizeof(last);
	int salt_len, rounds;
	struct brg_str nonce;
	bool ok;

	if (!take_challenge(c, challenge, &nonce, salt, &salt_len, &rounds) ||
	    PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (unsigned char *)salt, salt_len,
			      rounds, md, EVP_MD_get_size(md), salted) != 1)
		return false;
	/* "biws" is "n,,". */
	(void)snprintf(last, sizeof(last), "c=biws,r=%.*s", (int)nonce.len, nonce.ptr);
	said = wire_grow(NULL, n, 1);
	(void)snprintf(said, n, "%s,%s,%s", c->first + 3, challenge, last);
	ok = prove(c, md, salted, said, proof) &&
	     (size_t)snprintf(out, room, "%s,p=%s", last, proof) < room;
	explicit_bzero(salted, sizeof(salted));
	free(said);
	return ok;
}

bool scram_proven(const struct scram *c, const char *last)
{
	size_t n = strlen(c->signature);

	return n && strncmp(last, "v=", 2) == 0 && strncmp(last + 2, c->signature, n) == 0 &&
	       (last[2 + n] == '\0' || last[2 + n] == ',');
}
