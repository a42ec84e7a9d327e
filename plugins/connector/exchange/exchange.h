/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the Exchange connector, from the wire upwards; each file may use those before it:
 *
 *	faults.c   every way to fail
 *	codes.c    what response codes come to
 *	soap.c     requests as XML, answers as trees
 *	moment.c   xs:dateTime
 *	pattern*.c how a series repeats
 *	map.c      which field is which element
 *	stamp.c    our mark
 *	meeting*.c when, how often, and with whom
 *	item_*.c   items as fields, fields as items, fields as changes of items
 *	folders*.c which there are
 *	occurrences*.c what differs from its series
 *	pull.c, get.c, push*.c, find.c a file for each call of the SDK
 *	mail*.c    email in and out
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

/* Numbers of the fields that several elements make. */
struct meeting_ids {
	uint32_t start, end, all_day, recurrence;
	uint32_t name, role, response, responded; /* of an attendee */
};

#define WEIGHTS_MOST 512
struct weight {
	uint64_t id, octets; /* id: a hash */
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

	int64_t folders_ms;   /* how long a list of folders is good */
	const char *category; /* of items that their owner has marked for the CRM */
	const char *zone;     /* of what has none of its own */
	const struct brg_zone_service *zones;
	const struct brg_series_service *series;

	uint32_t ids[FIELD_KINDS][FIELDS_MOST]; /* numbers of the fields of map_of(), by row */
	struct meeting_ids meeting;
	struct answer *answer; /* the last one (soap.c) */
	int64_t server_us;     /* its clock when it answered last; 0: not told */
	char root[1024];       /* id of the mailbox's root folder */
	struct folder *folders;
	size_t n_folders;
	bool folders_fresh;		     /* asked for in this session */
	struct weight weights[WEIGHTS_MOST]; /* of the mails of the last pull (mail.h) */
	size_t n_weights;
};

extern const struct brg_fault ews_odd, ews_busy, ews_trouble, ews_too_much, ews_conflict, ews_state,
	ews_folder, ews_watch, ews_gone, ews_login, ews_denied, ews_full, ews_item, ews_garbage,
	ews_missing, ews_online, ews_no_mailbox, ews_no_service, ews_item_trouble, ews_not_carried,
	ews_zone, ews_pattern, ews_no_zone, ews_no_pattern, ews_no_place, ews_no_return;

#endif
