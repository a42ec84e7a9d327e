/* SPDX-License-Identifier: Apache-2.0
 *
 * A client that is known by its certificate: what it says of itself, read and verified by OpenSSL
 * as a provider would, and certificates that cannot be used.
 */
#include "core/arena.h"
#include "core/assertion.h"

#include <check.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW INT64_C(1800000000)

static struct brg_arena *arena;
static struct brg_err err;
static char folder[] = "/tmp/brygga-assertion-XXXXXX";
static EVP_PKEY *rsa, *other, *ec;
static X509 *x509, *ec_x509;

static X509 *certificate_of(EVP_PKEY *key)
{
	X509 *x = X509_new();

	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	ck_assert_int_eq(X509_set_pubkey(x, key), 1);
	ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
	return x;
}

static void set_up_all(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	rsa = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	x509 = certificate_of(rsa);
	ec_x509 = certificate_of(ec);
}

static void set_up(void)
{
	arena = arena_new();
	err = (struct brg_err)BRG_ERR_INIT;
}

static void tear_down(void)
{
	arena_free(&arena);
}

/* A PEM file with these; NULL: not that. */
static const char *save(EVP_PKEY *key, X509 *x, const char *passphrase)
{
	const char *path = arena_printf(arena, "%s/client.pem", folder);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	if (key)
		ck_assert_int_eq(PEM_write_PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() : NULL,
						      NULL, 0, NULL, (void *)(uintptr_t)passphrase),
				 1);
	if (x)
		ck_assert_int_eq(PEM_write_X509(f, x), 1);
	fclose(f);
	return path;
}

/* A part of the token, decoded. */
static size_t decode(const char *text, size_t n, unsigned char *out)
{
	char *plain = arena_alloc(arena, n + 4);
	size_t pad = (4 - n % 4) % 4;

	for (size_t i = 0; i < n; i++)
		plain[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	memset(plain + n, '=', pad);
	return (size_t)EVP_DecodeBlock(out, (unsigned char *)plain, (int)(n + pad)) - pad;
}

static json_t *decode_json(const char *text, size_t n)
{
	unsigned char *bytes = arena_alloc(arena, n + 4);
	json_t *object = json_loadb((char *)bytes, decode(text, n, bytes), 0, NULL);

	ck_assert(json_is_object(object));
	return object;
}

static void assert_signed(const char *text, size_t n, const char *coded)
{
	unsigned char signature[512];
	size_t k = decode(coded, strlen(coded), signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;

	ck_assert_int_eq(EVP_DigestVerifyInit(ctx, &how, EVP_sha256(), NULL, rsa), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(how, 32), 1);
	ck_assert_int_eq(EVP_DigestVerify(ctx, signature, k, (const unsigned char *)text, n), 1);
	EVP_MD_CTX_free(ctx);
}

static const char *text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	ck_assert_ptr_nonnull(text);
	return text;
}

START_TEST(it_says_who_it_is)
{
	const char *token, *again, *claims, *signature;
	unsigned char digest[32];
	json_t *header, *said;
	unsigned n;

	ck_assert_int_eq(assertion_make(save(rsa, x509, NULL), "client 1", "https://p.example/t",
					NOW, arena, &token, &err),
			 0);
	claims = strchr(token, '.') + 1;
	signature = strchr(claims, '.') + 1;
	ck_assert_ptr_null(strpbrk(token, "+/="));
	header = decode_json(token, (size_t)(claims - token) - 1);
	said = decode_json(claims, (size_t)(signature - claims) - 1);
	ck_assert_str_eq(text_in(header, "alg"), "PS256");
	ck_assert_str_eq(text_in(said, "iss"), "client 1");
	ck_assert_str_eq(text_in(said, "sub"), "client 1");
	ck_assert_str_eq(text_in(said, "aud"), "https://p.example/t");
	ck_assert_int_eq(json_integer_value(json_object_get(said, "nbf")), NOW);
	ck_assert_int_eq(json_integer_value(json_object_get(said, "exp")),
			 NOW + ASSERTION_LIFETIME);
	ck_assert_uint_eq(decode(text_in(header, "x5t#S256"), 43, digest), 32);
	{
		unsigned char own[32];

		ck_assert_int_eq(X509_digest(x509, EVP_sha256(), own, &n), 1);
		ck_assert_mem_eq(own, digest, 32);
	}
	assert_signed(token, (size_t)(signature - token) - 1, signature);
	/* Each can be used once. */
	ck_assert_int_eq(assertion_make(save(rsa, x509, NULL), "client 1", "https://p.example/t",
					NOW, arena, &again, &err),
			 0);
	ck_assert_str_ne(token, again);
	json_decref(header);
	json_decref(said);
}
END_TEST

static const char *bad(int which)
{
	switch (which) {
	case 0:
		return arena_printf(arena, "%s/nowhere.pem", folder);
	case 1:
		return save(NULL, x509, NULL);
	case 2:
		return save(rsa, NULL, NULL);
	case 3:
		return save(other, x509, NULL);
	case 4:
		return save(rsa, x509, "secret");
	case 5:
		return save(ec, ec_x509, NULL);
	default:
		return folder;
	}
}

START_TEST(certificates_that_cannot_speak)
{
	const char *token;

	ck_assert_int_eq(assertion_make(bad(_i), "c", "a", NOW, arena, &token, &err), BRG_EINVAL);
	ck_assert_str_eq(err.fault->code, "BRG-OAUTH-0013");
	ck_assert_ptr_nonnull(strstr(err.params, "path=/tmp/"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("assertion");
	TCase *t = tcase_create("assertion");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(t, set_up_all, NULL);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, it_says_who_it_is);
	tcase_add_loop_test(t, certificates_that_cannot_speak, 0, 7);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
