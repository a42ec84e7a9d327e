/* SPDX-License-Identifier: Apache-2.0
 *
 * brygga/sasl.h - what a client says to log in, for connectors of any mail protocol.
 *
 * Only mechanisms whose first message says all. The functions are inline because plugins
 * link nothing of ours. Each writes text of the length that it returns, with a NUL behind
 * it, or returns 0 if `room` is too small: BRG_SASL_ROOM() is always enough. The text is
 * the raw message: brg_base64() makes what goes over the wire. Both are secrets.
 */
#ifndef BRG_SASL_H
#define BRG_SASL_H

#include <brygga/abi.h>

/* Room for a message of these lengths; in OAUTHBEARER each byte of the user may take three. */
#define BRG_SASL_ROOM(user, host, secret) (3 * (user) + (host) + (secret) + 64)
#define BRG_BASE64_ROOM(n)		  (((n) + 2) / 3 * 4 + 1)

/* This machine, by an address or name that needs no look-up to be sure of: only there may a
 * password go out in clear text unasked. */
static inline bool brg_is_loopback(const char *host)
{
	static const char name[] = "localhost";
	size_t n = 0;

	while (n < sizeof(name) - 1 && (host[n] | 0x20) == name[n])
		n++;
	if (n == sizeof(name) - 1 && host[n] == '\0')
		return true;
	if (strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0';
}

struct brg_sasl_out {
	char *at;
	size_t len, room;
	bool full;
};

static inline void brg_sasl_put(struct brg_sasl_out *out, const void *p, size_t n)
{
	if (out->full || n >= out->room - out->len) {
		out->full = true;
		return;
	}
	if (n)
		memcpy(out->at + out->len, p, n);
	out->len += n;
}

static inline size_t brg_sasl_end(struct brg_sasl_out *out)
{
	if (out->full)
		return 0;
	out->at[out->len] = '\0';
	return out->len;
}

/* RFC 4616: authorization identity (none), NUL, user, NUL, password. */
static inline size_t brg_sasl_plain(char *to, size_t room, const char *user, const char *password)
{
	struct brg_sasl_out out = { to, 0, room, room == 0 };

	brg_sasl_put(&out, "", 1);
	brg_sasl_put(&out, user, strlen(user) + 1);
	brg_sasl_put(&out, password, strlen(password));
	return brg_sasl_end(&out);
}

/* The mechanism XOAUTH2 of the large providers. */
static inline size_t brg_sasl_xoauth2(char *to, size_t room, const char *user, struct brg_str token)
{
	static const char between[] = "\001auth=Bearer ", behind[] = "\001\001";
	struct brg_sasl_out out = { to, 0, room, room == 0 };

	brg_sasl_put(&out, "user=", 5);
	brg_sasl_put(&out, user, strlen(user));
	brg_sasl_put(&out, between, sizeof(between) - 1);
	brg_sasl_put(&out, token.ptr, token.len);
	brg_sasl_put(&out, behind, sizeof(behind) - 1);
	return brg_sasl_end(&out);
}

/* RFC 7628 section 3.1. In the name "=" and "," are escaped (RFC 5801 section 4). */
static inline size_t brg_sasl_oauthbearer(char *to, size_t room, const char *user, const char *host,
					  int port, struct brg_str token)
{
	static const char before[] = "\001auth=Bearer ", behind[] = "\001\001";
	struct brg_sasl_out out = { to, 0, room, room == 0 };
	char number[24];

	brg_sasl_put(&out, "n,a=", 4);
	for (; *user; user++) {
		if (*user == ',')
			brg_sasl_put(&out, "=2C", 3);
		else if (*user == '=')
			brg_sasl_put(&out, "=3D", 3);
		else
			brg_sasl_put(&out, user, 1);
	}
	brg_sasl_put(&out, ",\001host=", 7);
	brg_sasl_put(&out, host, strlen(host));
	(void)snprintf(number, sizeof(number), "\001port=%d", port);
	brg_sasl_put(&out, number, strlen(number));
	brg_sasl_put(&out, before, sizeof(before) - 1);
	brg_sasl_put(&out, token.ptr, token.len);
	brg_sasl_put(&out, behind, sizeof(behind) - 1);
	return brg_sasl_end(&out);
}

/* When a bearer token is refused the server first tells why in a challenge and waits for
 * this line, which says nothing, before it ends the exchange (RFC 7628 section 3.2.3). */
#define BRG_SASL_OAUTHBEARER_GO_ON "AQ=="
#define BRG_SASL_XOAUTH2_GO_ON	   ""

/* RFC 4648 section 4. */
static inline size_t brg_base64(char *to, size_t room, const void *p, size_t n)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)p;
	size_t at = 0;

	if (room < BRG_BASE64_ROOM(n))
		return 0;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		v |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? in[i + 2] : 0;
		to[at++] = digit[v >> 18];
		to[at++] = digit[v >> 12 & 63];
		to[at++] = i + 1 < n ? digit[v >> 6 & 63] : '=';
		to[at++] = i + 2 < n ? digit[v & 63] : '=';
	}
	to[at] = '\0';
	return at;
}

#endif
