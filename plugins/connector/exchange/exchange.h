/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the Exchange connector, from the wire upwards; each file may use those before it:
 *
 *	faults.c   every way to fail
 *	codes.c    what response codes come to
 *	soap.c     requests as XML, answers as trees
 *
 * One session, one thread. A function that returns int gives < 0 with *err filled.
 */
#ifndef BRG_EXCHANGE_H
#define BRG_EXCHANGE_H

#include "codes.h"

#include <brygga/http.h>
#include <brygga/plugin.h>

/* Whose rights count (exchange.md section 1.0). */
enum access { ACCESS_OWN = 0, ACCESS_IMPERSONATE = 1, ACCESS_DELEGATE = 2 };

struct exchange {
	const struct brg_host *host;
	const struct brg_http_service *http;
	struct brg_http *client;

	/* Options. */
	struct brg_http_options login;
	struct brg_oauth oauth;
	const char *url;     /* of Exchange.asmx */
	int access;	     /* enum access */
	const char *mailbox; /* its primary address; empty: the account's own */

	struct answer *answer; /* the last one (soap.c) */
	char server[64];       /* its version, as its last answer said */
};

extern const struct brg_fault ews_odd, ews_busy, ews_trouble, ews_too_much, ews_conflict, ews_state,
	ews_folder, ews_watch, ews_gone, ews_login, ews_denied, ews_full, ews_item, ews_garbage,
	ews_missing;

#endif
