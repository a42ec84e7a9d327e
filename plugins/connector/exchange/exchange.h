/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the Exchange connector, from the wire upwards; each file may use those before it:
 *
 *	faults.c   every way to fail
 *	codes.c    what response codes come to
 *	soap.c     requests as XML, answers as trees
 *	moment.c   xs:dateTime
 *	map.c      which field is which element
 *	item_read.c, item_write.c  items as fields, fields as items
 *	folders.c, pull.c, get.c, push.c, find.c  a file for each call of the SDK
 *	exchange.c the descriptor, open, close
 *
 * One session, one thread. A function that returns int gives < 0 with *err filled.
 */
#ifndef BRG_EXCHANGE_H
#define BRG_EXCHANGE_H

#include "codes.h"

#include <brygga/http.h>
#include <brygga/plugin.h>

#define FIELD_KINDS 5 /* enum brg_kind, from 0 */
#define FIELDS_MOST 80

/* Whose rights count (exchange.md section 1.0). */
enum access { ACCESS_OWN = 0, ACCESS_IMPERSONATE = 1, ACCESS_DELEGATE = 2 };

struct folder {
	char *id, *parent, *name;
	int kind;	  /* enum brg_kind of what lies in it; 0: nothing that is kept in step */
	const char *role; /* as in struct brg_folder */
};

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

	const char *category; /* of items that their owner has marked for the CRM */
	const struct brg_zone_service *zones;

	uint32_t ids[FIELD_KINDS][FIELDS_MOST]; /* numbers of the fields of map_of(), by row */
	struct answer *answer;			/* the last one (soap.c) */
	int64_t server_us;			/* its clock when it answered last; 0: not told */
	char root[1024];			/* id of the mailbox's root folder */
	struct folder *folders;
	size_t n_folders;
};

extern const struct brg_fault ews_odd, ews_busy, ews_trouble, ews_too_much, ews_conflict, ews_state,
	ews_folder, ews_watch, ews_gone, ews_login, ews_denied, ews_full, ews_item, ews_garbage,
	ews_missing, ews_online, ews_no_mailbox, ews_no_service, ews_item_trouble, ews_not_carried;

#endif
