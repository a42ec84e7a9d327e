/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate that was refused, and what people read of it: its names are whatever a server
 * says. The first byte chooses why it was refused, the rest is the certificate (DER).
 */
#include "core/faults.h"
#include "core/net-private.h"
#include "tests/fuzz/check_text.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static const int reasons[] = {
	X509_V_ERR_CERT_HAS_EXPIRED,
	X509_V_ERR_CERT_NOT_YET_VALID,
	X509_V_ERR_HOSTNAME_MISMATCH,
	X509_V_ERR_IP_ADDRESS_MISMATCH,
	X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	X509_V_ERR_CERT_REVOKED,
};

static size_t lines_of(const char *s)
{
	size_t n = 1;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void check_verdict(X509_STORE_CTX *ctx, X509 *cert, int reason)
{
	struct tls_verdict v = { 0 }, first;
	struct brg_err err = BRG_ERR_INIT;
	char text[600];

	X509_STORE_CTX_set_current_cert(ctx, cert);
	X509_STORE_CTX_set_error(ctx, reason);
	tls_note_verdict(&v, ctx);
	PROMISE(v.code == reason && memchr(v.params, '\0', sizeof(v.params)));
	PROMISE(lines_of(v.params) <= 2 && strchr(v.params, '='));
	check_text(brg_cstr(v.params), true);
	/* The first one stays. */
	first = v;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
	tls_note_verdict(&v, ctx);
	PROMISE(memcmp(&first, &v, sizeof(v)) == 0);
	PROMISE(tls_fail_verify("mail.example.org", 993, &v, &err) == BRG_ETLS);
	PROMISE(lines_of(err.params) == 2 + lines_of(v.params));
	for (int sv = 0; sv < 2; sv++) {
		(void)err_render(&err, sv ? "sv" : "en", text, sizeof(text));
		check_text(brg_cstr(text), false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const unsigned char *der = bytes + 1;
	X509_STORE_CTX *ctx;
	X509 *cert = n > 1 ? d2i_X509(NULL, &der, (long)(n - 1)) : NULL;

	if (cert) {
		ctx = X509_STORE_CTX_new();
		PROMISE(ctx && X509_STORE_CTX_init(ctx, NULL, cert, NULL) == 1);
		check_verdict(ctx, cert, reasons[bytes[0] % (sizeof(reasons) / sizeof(*reasons))]);
		X509_STORE_CTX_free(ctx);
		X509_free(cert);
	}
	ERR_clear_error();
	return 0;
}
