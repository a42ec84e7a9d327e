/* SPDX-License-Identifier: Apache-2.0
 *
 * Whoever may set a password need not be able to read one: so secrets are sealed to a
 * public key with a one-time key pair each, and only processes that open mailboxes hold
 * the private key. Key files live in secrets_files.c; here is what is done with them.
 *
 * A sealed secret: version (1), public half of the one-time pair (32), ciphertext, tag (16).
 * Key and nonce come from HKDF over the shared secret, salted with both public keys.
 */
#include "core/secrets.h"

#include "core/secrets-private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define SEALED_V1 1
#define HALF	  32 /* bytes of either key */
#define KEY	  32
#define NONCE	  12
#define TAG	  16
#define OVERHEAD  (1 + HALF + TAG)
#define SEALED_AS "brygga sealed 1"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

static const struct brg_fault not_ours = {
	.code = "BRG-SECR-0005",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the stored secret of {row} cannot be opened: it was sealed for another key or row, "
	      "or "
	      "is damaged",
	.sv = "den lagrade hemligheten för {row} kan inte öppnas: den är förseglad för en annan "
	      "nyckel "
	      "eller rad, eller skadad",
	.help = "Give the password again with `brygga apply`; it is then sealed anew. If every "
		"mailbox says this, the key files in the state folder belong to another store: put back "
		"the right ones.",
};
static const struct brg_fault no_private = {
	.code = "BRG-SECR-0006",
	.cls = BRG_EAUTH,
	.scope = BRG_SCOPE_MAILBOX,
	.retry = BRG_RETRY_NEVER,
	.en = "the secret of {row} cannot be opened here: this process holds no private key",
	.sv = "hemligheten för {row} kan inte öppnas här: processen har ingen privat nyckel",
	.help = "Only processes that open mailboxes hold the private key. If the daemon says this, "
		"it is a bug: report it.",
};
static const struct brg_fault crypto = {
	.code = "BRG-SECR-0007",
	.cls = BRG_EINTERNAL,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the cryptographic library refused: {what}",
	.sv = "kryptobiblioteket vägrade: {what}",
	.help = "OpenSSL lacks X25519, HKDF or AES-256-GCM, often because of a restricted provider "
		"in openssl.cnf. Compare with a standard installation.",
};

const struct brg_fault *const secrets_faults[] = {
	&secrets_missing,
	&secrets_there,
	&secrets_bad_file,
	&secrets_open_to_all,
	&not_ours,
	&no_private,
	&crypto,
	&secrets_io,
	NULL,
};

struct secrets {
	unsigned char public_half[HALF];
	EVP_PKEY *public_key, *private_key; /* private_key NULL: not held */
	EVP_CIPHER *cipher;
	EVP_KDF *hkdf;
	EVP_MAC_CTX *mac; /* keyed; copied for each use */
};

/* ---- open and free --------------------------------------------------------------------------*/

static EVP_MAC_CTX *keyed_mac(const unsigned char *hash_key)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	EVP_MAC_free(hmac);
	if (ctx && EVP_MAC_init(ctx, hash_key, SECRETS_KEY, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static int set_up(struct secrets *s, const struct secrets_keys *keys, struct brg_err *err)
{
	memcpy(s->public_half, keys->public_half, HALF);
	s->public_key =
		EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, keys->public_half, HALF);
	if (keys->has_private)
		s->private_key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL,
								 keys->private_half, HALF);
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	s->hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	s->mac = keyed_mac(keys->hash_key);
	if (!s->public_key || (keys->has_private && !s->private_key) || !s->cipher || !s->hkdf ||
	    !s->mac)
		return brg_fail(err, &crypto, "what=set up");
	return 0;
}

int secrets_open(const char *state_dir, bool with_private, struct secrets **out,
		 struct brg_err *err)
{
	struct secrets_keys keys = { 0 };
	struct secrets *s;
	int rc;

	*out = NULL;
	rc = secrets_read_keys(state_dir, with_private, &keys, err);
	if (rc == 0) {
		s = xcalloc(1, sizeof(*s));
		rc = set_up(s, &keys, err);
		if (rc < 0)
			secrets_free(&s);
		else
			*out = s;
	}
	secrets_wipe(&keys, sizeof(keys));
	return rc;
}

void secrets_free(struct secrets **secrets)
{
	struct secrets *s = *secrets;

	*secrets = NULL;
	if (!s)
		return;
	EVP_PKEY_free(s->public_key);
	EVP_PKEY_free(s->private_key);
	EVP_CIPHER_free(s->cipher);
	EVP_KDF_free(s->hkdf);
	EVP_MAC_CTX_free(s->mac);
	free(s);
}

/* ---- seal and unseal ------------------------------------------------------------------------*/

/* Key and nonce from our private and their public key; `one_time` is the public half of the
 * pair that was made for this secret. */
static bool agree(const struct secrets *s, EVP_PKEY *mine, EVP_PKEY *theirs,
		  const unsigned char *one_time, unsigned char out[KEY + NONCE])
{
	unsigned char shared[HALF], salt[2 * HALF];
	char digest[] = "SHA256", info[] = SEALED_AS;
	size_t n = sizeof(shared);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	EVP_KDF_CTX *kdf = EVP_KDF_CTX_new(s->hkdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, sizeof(shared)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info) - 1),
		OSSL_PARAM_construct_end(),
	};
	bool ok;

	memcpy(salt, one_time, HALF);
	memcpy(salt + HALF, s->public_half, HALF);
	/* No check of the peer: a bad point shows as an all-zero result, which is refused. */
	ok = ctx && kdf && EVP_PKEY_derive_init(ctx) == 1 &&
	     EVP_PKEY_derive_set_peer_ex(ctx, theirs, 0) == 1 &&
	     EVP_PKEY_derive(ctx, shared, &n) == 1 && n == sizeof(shared) &&
	     EVP_KDF_derive(kdf, out, KEY + NONCE, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_KDF_CTX_free(kdf);
	secrets_wipe(shared, sizeof(shared));
	return ok;
}

static bool encrypt(const struct secrets *s, const unsigned char *key, struct brg_str context,
		    struct brg_str plain, unsigned char *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	bool ok;

	ok = ctx && EVP_EncryptInit_ex2(ctx, s->cipher, key, key + KEY, NULL) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)context.ptr,
			       (int)context.len) == 1 &&
	     EVP_EncryptUpdate(ctx, to, &n, (const unsigned char *)plain.ptr, (int)plain.len) ==
		     1 &&
	     EVP_EncryptFinal_ex(ctx, to + plain.len, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, to + plain.len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool decrypt(const struct secrets *s, const unsigned char *key, struct brg_str context,
		    const unsigned char *from, size_t len, unsigned char *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char tag[TAG];
	int n;
	bool ok;

	memcpy(tag, from + len, TAG);
	ok = ctx && EVP_DecryptInit_ex2(ctx, s->cipher, key, key + KEY, NULL) == 1 &&
	     EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)context.ptr,
			       (int)context.len) == 1 &&
	     EVP_DecryptUpdate(ctx, to, &n, from, (int)len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
	     EVP_DecryptFinal_ex(ctx, to + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

int secrets_seal(const struct secrets *s, struct brg_str plain, struct brg_str context,
		 struct brg_arena *arena, struct brg_str *out, struct brg_err *err)
{
	unsigned char *to = arena_alloc(arena, OVERHEAD + plain.len);
	unsigned char key[KEY + NONCE];
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	size_t n = HALF;
	bool ok;

	to[0] = SEALED_V1;
	ok = pair && plain.len <= SECRETS_MAX && context.len <= SECRETS_MAX &&
	     EVP_PKEY_get_raw_public_key(pair, to + 1, &n) == 1 &&
	     agree(s, pair, s->public_key, to + 1, key) &&
	     encrypt(s, key, context, plain, to + 1 + HALF);
	EVP_PKEY_free(pair);
	secrets_wipe(key, sizeof(key));
	if (!ok)
		return brg_fail(err, &crypto, "what=seal");
	*out = (struct brg_str){ (char *)to, OVERHEAD + plain.len };
	return 0;
}

struct plain {
	void *p;
	size_t n;
};

static void wipe_plain(void *arg)
{
	struct plain *plain = arg;

	secrets_wipe(plain->p, plain->n);
}

int secrets_unseal(const struct secrets *s, struct brg_str sealed, struct brg_str context,
		   struct brg_arena *arena, struct brg_str *out, struct brg_err *err)
{
	const unsigned char *from = (const unsigned char *)sealed.ptr;
	unsigned char key[KEY + NONCE];
	struct plain *plain;
	EVP_PKEY *one_time;
	bool ok;

	if (!s->private_key)
		return brg_fail(err, &no_private, "row=%.*s", (int)context.len, context.ptr);
	if (sealed.len < OVERHEAD || sealed.len > OVERHEAD + SECRETS_MAX || from[0] != SEALED_V1)
		return brg_fail(err, &not_ours, "row=%.*s", (int)context.len, context.ptr);
	plain = arena_alloc(arena, sizeof(*plain));
	plain->n = sealed.len - OVERHEAD;
	plain->p = arena_alloc(arena, plain->n + 1); /* a NUL follows */
	arena_defer(arena, wipe_plain, plain);
	one_time = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, from + 1, HALF);
	ok = one_time && agree(s, s->private_key, one_time, from + 1, key) &&
	     decrypt(s, key, context, from + 1 + HALF, plain->n, plain->p);
	EVP_PKEY_free(one_time);
	secrets_wipe(key, sizeof(key));
	if (!ok) {
		wipe_plain(plain);
		return brg_fail(err, &not_ours, "row=%.*s", (int)context.len, context.ptr);
	}
	*out = (struct brg_str){ plain->p, plain->n };
	return 0;
}

/* ---- hashes, memory, process ----------------------------------------------------------------*/

void secrets_check(const struct secrets *s, unsigned char out[32])
{
	if (EVP_Q_digest(NULL, "SHA256", NULL, s->public_half, HALF, out, NULL) != 1)
		abort();
}

void secrets_hash(const struct secrets *s, const char *purpose, struct brg_str data,
		  unsigned char out[16])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(s->mac);
	unsigned char full[32];
	size_t n;

	/* The NUL parts purpose and data. */
	if (!ctx || EVP_MAC_update(ctx, (const unsigned char *)purpose, strlen(purpose) + 1) != 1 ||
	    EVP_MAC_update(ctx, (const unsigned char *)data.ptr, data.len) != 1 ||
	    EVP_MAC_final(ctx, full, &n, sizeof(full)) != 1)
		abort();
	EVP_MAC_CTX_free(ctx);
	memcpy(out, full, 16);
}

void secrets_wipe(void *p, size_t n)
{
	if (p && n)
		OPENSSL_cleanse(p, n);
}

void secrets_harden(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	/* The leak check of the address sanitizer has to trace its own process. */
	if (!SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
