/* SPDX-License-Identifier: Apache-2.0
 *
 * The service "token" 1 (brygga/host.h): access tokens for sessions.
 *
 * A refresh token that the provider rotates may be used once. So one thread of all processes
 * asks at a time, under a lock in the store, and what it got is durable before anybody
 * uses it. If it dies between the two, the lock dies with its process, and the old refresh
 * token is tried again: providers that rotate accept it for a while for just this reason.
 */
#ifndef BRG_CORE_TOKEN_H
#define BRG_CORE_TOKEN_H

#include <brygga/host.h>

/* For sessions whose host is a struct host with a visit. */
const struct brg_token_service *token_service(void);

extern const struct brg_fault token_signed_out; /* name */
extern const struct brg_fault token_revoked;	/* name */
extern const struct brg_fault token_no_refresh; /* name */
/* What `brygga auth` says. */
extern const struct brg_fault token_open_page; /* url, code, minutes */
extern const struct brg_fault token_open_link; /* url */
extern const struct brg_fault token_done;      /* name */
extern const struct brg_fault token_removed;   /* name */
extern const struct brg_fault token_nothing;   /* name */
extern const struct brg_fault *const token_faults[];

#endif
