/* SPDX-License-Identifier: Apache-2.0
 *
 * What the statuses of HTTP (RFC 9110 section 15) come to.
 */
#include "core/net_http.h"

#include "core/net-private.h"

static const char *const schemes[] = { "basic", "ntlm", "negotiate", "none" };

/* What the server said of a token that it refused: RFC 6750 section 3, or its own header. */
static struct brg_str reason_of(const struct brg_http_answer *answer)
{
	struct brg_str own = net_http_header(answer, "x-ms-diagnostics");

	return own.len ? own : net_http_header(answer, "www-authenticate");
}

static int no_login(const struct brg_http_options *how, bool bearer, const char *host,
		    const struct brg_http_answer *answer, struct brg_err *err)
{
	struct brg_str reason = reason_of(answer);

	if (bearer)
		return brg_fail(err, &net_no_token, "host=%.100s\nreason=%.*s", host,
				reason.len < 100 ? (int)reason.len : 100, reason.ptr);
	return brg_fail(err,
			how->auth == BRG_HTTP_BASIC || how->auth == BRG_HTTP_NOBODY
				? &net_no_login
				: &net_no_login_bound,
			"host=%.100s\nscheme=%s", host, schemes[how->auth]);
}

static const struct brg_fault *fault_of(int status)
{
	switch (status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return &net_bad_redirect;
	case 400:
	case 404:
	case 405:
	case 410:
	case 415:
		return &net_no_service;
	case 403:
	case 451:
		return &net_forbidden;
	case 407:
		return &net_proxy_login;
	case 425:
	case 429:
		return &net_throttled;
	default:
		return &net_status;
	}
}

int net_http_unexpected(const struct brg_http_options *how, bool bearer,
			const struct brg_http_answer *answer, struct brg_err *err)
{
	const struct brg_fault *fault = fault_of(answer->status);
	struct net_url url;
	int rc;

	if (net_url_read(answer->url, &url, err) < 0)
		return err->code;
	if (answer->status == 503 && answer->retry_after_ms)
		fault = &net_throttled;
	if (answer->status == 401)
		rc = no_login(how, bearer, url.host, answer, err);
	else if (fault == &net_bad_redirect)
		rc = brg_fail(err, fault, "host=%.100s\nurl=%.120s", url.host,
			      net_http_header(answer, "location").ptr);
	else if (fault == &net_no_service)
		rc = brg_fail(err, fault, "host=%.100s\nurl=%.120s\nstatus=%d", url.host, url.text,
			      answer->status);
	else
		rc = brg_fail(err, fault, "host=%.100s\nstatus=%d", url.host, answer->status);
	if (fault == &net_throttled)
		err->retry_after_ms = answer->retry_after_ms;
	net_url_free(&url);
	return rc;
}
