/* SPDX-License-Identifier: Apache-2.0
 *
 * Where requests may go: https, or http to an address of this machine. Secrets go there.
 */
#include "core/net-private.h"

#include "core/arena.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>

static bool is_this_machine(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return strcmp(host, "::1") == 0 ||
	       (inet_pton(AF_INET, host, address) == 1 && address[0] == 127);
}

/* What libcurl found in the URL; empty if it has no such part. */
static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
	char *found = NULL, *out;

	out = xstrdup(curl_url_get(url, what, &found, flags) == CURLUE_OK ? found : "");
	curl_free(found);
	return out;
}

static void drop_brackets(char *host)
{
	size_t n = strlen(host);

	if (n > 2 && host[0] == '[') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	}
}

/* RFC 6749 section 3.2 wants no fragment; nor does any other request need one. */
static bool is_good(const struct net_url *u, const char *scheme, const char *fragment)
{
	return *u->host && u->port > 0 && !*fragment &&
	       (u->tls || (strcmp(scheme, "http") == 0 && is_this_machine(u->host)));
}

int net_url_read(const char *text, struct net_url *out, struct brg_err *err)
{
	CURLU *url = curl_url();
	char *scheme, *port, *fragment;
	bool good;

	*out = (struct net_url){ 0 };
	if (!url)
		abort(); /* out of memory */
	good = text && curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK;
	scheme = part(url, CURLUPART_SCHEME, 0);
	port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	fragment = part(url, CURLUPART_FRAGMENT, 0);
	out->host = part(url, CURLUPART_HOST, 0);
	out->text = part(url, CURLUPART_URL, 0);
	drop_brackets(out->host);
	out->port = atoi(port);
	out->tls = strcmp(scheme, "https") == 0;
	good = good && is_good(out, scheme, fragment);
	free(scheme);
	free(port);
	free(fragment);
	curl_url_cleanup(url);
	if (good)
		return 0;
	net_url_free(out);
	return brg_fail(err, &net_bad_url, "url=%.120s", text ? text : "");
}

bool net_url_same_place(const struct net_url *a, const struct net_url *b)
{
	return a->tls == b->tls && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

void net_url_free(struct net_url *u)
{
	free(u->host);
	free(u->text);
	*u = (struct net_url){ 0 };
}
