/* SPDX-License-Identifier: Apache-2.0
 *
 * OAuth 2.0 as a client speaks it: forms out, JSON in. Client credentials and refresh tokens
 * (RFC 6749), and signing in from a device without a browser (RFC 8628). Knows nothing of
 * mailboxes or of where tokens are kept.
 */
#ifndef BRG_CORE_OAUTH_H
#define BRG_CORE_OAUTH_H

#include "core/arena.h"
#include "core/net_http.h"
#include <brygga/option.h>

/* What is taken from a provider; more is nonsense. */
#define OAUTH_TOKEN_MAX	 (12 * 1024)
#define OAUTH_ANSWER_MAX (256 * 1024)
#define OAUTH_LIFETIME	 600 /* seconds of a token whose provider does not say */

struct oauth_tokens {
	struct brg_str access;
	struct brg_str refresh; /* empty: the old one stays good */
	int64_t lifetime_s;
	int64_t date_s; /* the provider's clock when it answered; 0: it did not say */
};

struct oauth_device {
	struct brg_str device_code; /* ours, secret */
	const char *user_code;	    /* what the person types at `url` */
	const char *url;
	const char *url_whole; /* with the code in it; empty: none */
	int64_t lifetime_s, interval_s;
};

/* Secrets in what comes back lie in the arena; oauth_wipe() when they are no longer needed. */
int oauth_client(const struct net_watch *watch, const struct brg_oauth *how,
		 struct brg_arena *arena, struct oauth_tokens *out, struct brg_err *err);
/* oauth_grant_refused: the refresh token is no longer good. */
int oauth_refresh(const struct net_watch *watch, const struct brg_oauth *how,
		  struct brg_str refresh, struct brg_arena *arena, struct oauth_tokens *out,
		  struct brg_err *err);
int oauth_device(const struct net_watch *watch, const struct brg_oauth *how,
		 struct brg_arena *arena, struct oauth_device *out, struct brg_err *err);
/* 0: the person has agreed, *out is filled. */
enum { OAUTH_PENDING = 1, OAUTH_SLOW_DOWN = 2 };
int oauth_poll(const struct net_watch *watch, const struct brg_oauth *how,
	       struct brg_str device_code, struct brg_arena *arena, struct oauth_tokens *out,
	       struct brg_err *err);
void oauth_wipe(struct oauth_tokens *tokens);

/* What the answers mean; `host` is for sentences, `secret` must not be in them. */
int oauth_read_tokens(const struct brg_http_answer *answer, const char *host, struct brg_str secret,
		      struct brg_arena *arena, struct oauth_tokens *out, struct brg_err *err);
int oauth_read_device(const struct brg_http_answer *answer, const char *host,
		      struct brg_arena *arena, struct oauth_device *out, struct brg_err *err);
/* Is everything set that the grant needs? */
int oauth_check(const struct brg_oauth *how, bool device, struct brg_err *err);

extern const struct brg_fault oauth_grant_refused; /* host */
extern const struct brg_fault oauth_code_expired;
extern const struct brg_fault *const oauth_faults[];

#endif
