/* SPDX-License-Identifier: Apache-2.0
 *
 * One form over HTTPS, and its answer: what the providers of access tokens want.
 */
#ifndef BRG_CORE_NET_POST_H
#define BRG_CORE_NET_POST_H

#include "core/arena.h"
#include "core/net.h"

#define NET_POST_MAX (256 * 1024) /* bytes of an answer */

struct net_form {
	const char *url;	       /* https, or http to an address of this machine */
	struct brg_str body;	       /* application/x-www-form-urlencoded */
	const char *authorization;     /* value of that header; NULL: none */
	const char *ca_file;	       /* PEM; empty or NULL: the system's trust store */
	int64_t connect_ms, answer_ms; /* longest wait for a connection, and for all of it */
};

struct net_answer {
	int status; /* of HTTP */
	struct brg_str body;
	int64_t date_s;		/* the server's clock, seconds since 1970; 0: it did not say */
	int64_t retry_after_ms; /* 0: it did not say */
};

/* Redirects are not followed. The body may hold secrets: the caller wipes it. */
int net_post(const struct net_watch *watch, const struct net_form *form, struct brg_arena *arena,
	     struct net_answer *out, struct brg_err *err);

#endif
