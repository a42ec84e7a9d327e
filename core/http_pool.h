/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients of HTTP that wait, connected and logged in, for the next session that logs in alike.
 *
 * Each of them takes the place of a connection slot that its process holds (slots.h). A visit that
 * begins takes one of its profile from here, whether it can use it or not, so that visits and those
 * that wait are together never more than what is held.
 */
#ifndef BRG_CORE_HTTP_POOL_H
#define BRG_CORE_HTTP_POOL_H

#include "core/net_http.h"

#include <brygga/row.h>

#define HTTP_POOL_IDLE_MS 10000

/* A client with this key (profile and login), or NULL; then one of the profile is closed. Any
 * thread, like all of these. */
struct net_http *http_pool_take(const struct brg_id *profile, const struct brg_sha *key);
/* Its session has ended in order. */
void http_pool_give(const struct brg_id *profile, const struct brg_sha *key, struct net_http *http);
/* Close all that wait for sessions of the profile. */
void http_pool_drop(const struct brg_id *profile);
/* Close those that have waited too long; now_ms: monotonic. */
void http_pool_tidy(int64_t now_ms);
uint32_t http_pool_waiting(const struct brg_id *profile);

#endif
