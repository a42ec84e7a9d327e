/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a certificate was refused, in words that say what to do: what OpenSSL calls "certificate
 * verify failed" is six different errands for the one who must mend it.
 */
#include "core/net-private.h"

#include <openssl/x509v3.h>

#define NAME_LEN 100

static void plain(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			*s = '?';
}

/* The common name, else the whole name on one line. */
static void put_name(const X509_NAME *name, char out[NAME_LEN])
{
	if (X509_NAME_get_text_by_NID((X509_NAME *)(uintptr_t)name, NID_commonName, out,
				      NAME_LEN) <= 0)
		X509_NAME_oneline(name, out, NAME_LEN);
	out[NAME_LEN - 1] = '\0';
	if (!*out)
		(void)snprintf(out, NAME_LEN, "?");
	plain(out);
}

static void put_date(const ASN1_TIME *when, char out[24])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1 || strftime(out, 24, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, 24, "?");
}

static size_t put_alt(const GENERAL_NAME *name, char *out, size_t n)
{
	const ASN1_OCTET_STRING *ip;
	const unsigned char *b;

	if (name->type == GEN_DNS)
		return (size_t)snprintf(out, n, "%.*s", ASN1_STRING_length(name->d.dNSName),
					(const char *)ASN1_STRING_get0_data(name->d.dNSName));
	if (name->type != GEN_IPADD)
		return 0;
	ip = name->d.iPAddress;
	b = ASN1_STRING_get0_data(ip);
	if (ASN1_STRING_length(ip) == 4)
		return (size_t)snprintf(out, n, "%d.%d.%d.%d", b[0], b[1], b[2], b[3]);
	return (size_t)snprintf(out, n, "an IPv6 address");
}

/* The names that a certificate is good for, as many as fit. */
static void put_names(const X509 *cert, char out[NAME_LEN])
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t k = 0;

	*out = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		char one[NAME_LEN];
		size_t n = put_alt(sk_GENERAL_NAME_value(all, i), one, sizeof(one));

		if (n == 0)
			continue;
		if (k + n + 8 > NAME_LEN) {
			k += (size_t)snprintf(out + k, NAME_LEN - k, "%s...", k ? ", " : "");
			break;
		}
		k += (size_t)snprintf(out + k, NAME_LEN - k, "%s%s", k ? ", " : "", one);
	}
	GENERAL_NAMES_free(all);
	plain(out);
	if (!*out)
		put_name(X509_get_subject_name(cert), out);
}

/* Remember what is wrong with the first bad certificate. */
void tls_note_verdict(struct tls_verdict *v, X509_STORE_CTX *ctx)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char subject[NAME_LEN], other[NAME_LEN];
	size_t n = sizeof(v->params);

	if (v->code || !cert)
		return;
	v->code = X509_STORE_CTX_get_error(ctx);
	put_name(X509_get_subject_name(cert), subject);
	switch (v->code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		put_date(X509_get0_notAfter(cert), other);
		(void)snprintf(v->params, n, "date=%s\nsubject=%s", other, subject);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		put_date(X509_get0_notBefore(cert), other);
		(void)snprintf(v->params, n, "date=%s\nsubject=%s", other, subject);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		put_names(cert, other);
		(void)snprintf(v->params, n, "names=%s", other);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		(void)snprintf(v->params, n, "issuer=%s", subject);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		put_name(X509_get_issuer_name(cert), other);
		(void)snprintf(v->params, n, "issuer=%s", other);
		break;
	default:
		(void)snprintf(v->params, n, "subject=%.80s\nreason=%s", subject,
			       X509_verify_cert_error_string(v->code));
	}
}

int tls_fail_verify(const char *host, int port, const struct tls_verdict *v, struct brg_err *err)
{
	const struct brg_fault *row = &net_bad_certificate;

	switch (v->code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		row = &net_expired;
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		row = &net_not_yet;
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		row = &net_wrong_name;
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		row = &net_self_signed;
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		row = &net_unknown_issuer;
		break;
	}
	return brg_fail(err, row, "host=%.100s\nport=%d\n%s", host, port, v->params);
}
