/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a client of OAuth is, signed with the key of its certificate instead of told by a secret:
 * a JSON Web Token (RFC 7519) for RFC 7523 section 2.2, by PS256 (RFC 7518 section 3.5).
 */
#ifndef BRG_CORE_ASSERTION_H
#define BRG_CORE_ASSERTION_H

#include "core/arena.h"

#include <brygga/err.h>

#define ASSERTION_LIFETIME 300 /* seconds */

/* pem: a file with the certificate and its RSA key. audience: the token endpoint. Good from now on
 * for ASSERTION_LIFETIME; with an id of its own, so it can be used once. */
int assertion_make(const char *pem, const char *client_id, const char *audience, int64_t now_s,
		   struct brg_arena *arena, const char **out, struct brg_err *err);

extern const struct brg_fault *const assertion_faults[];

#endif
