/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of HTTP (brygga/http.h) without a host: one connection at a time, kept open from one
 * request to the next. It belongs to one thread at a time.
 */
#ifndef BRG_CORE_NET_HTTP_H
#define BRG_CORE_NET_HTTP_H

#include "core/net.h"

#include <brygga/http.h>

struct net_http;

/* Copies what it needs of `how`. */
struct net_http *net_http_new(const struct brg_http_options *how);
void net_http_free(struct net_http **http);
/* Forgets the cookies: another session begins. */
void net_http_forget(struct net_http *http);
/* As the slot request(), but answers of any status are answers. bearer: the access token to log in
 * with; NULL: the login of `how`. Nothing of the request is kept. */
int net_http_request(struct net_http *http, const struct net_watch *watch,
		     const struct brg_http_request *req, const char *bearer,
		     struct brg_arena *arena, struct brg_http_answer *out, struct brg_err *err);
/* Did the login go with the last request, behind all its redirects? */
bool net_http_logged_in(const struct net_http *http);
struct brg_str net_http_header(const struct brg_http_answer *answer, const char *name);
/* What a status means that nobody expected. */
int net_http_unexpected(const struct brg_http_options *how, bool bearer,
			const struct brg_http_answer *answer, struct brg_err *err);

#endif
