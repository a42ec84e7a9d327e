/* SPDX-License-Identifier: Apache-2.0
 *
 * What the response codes of EWS come to. The set is open: servers know more codes than the schema
 * (ResponseCodeType), and what is not known is a fault of the one item that it is said of.
 */
#ifndef BRG_EXCHANGE_CODES_H
#define BRG_EXCHANGE_CODES_H

#include <brygga/err.h>

enum code_class {
	CODE_FINE = 0,
	CODE_BUSY,     /* the server asks for a pause */
	CODE_TROUBLE,  /* of the server, which passes */
	CODE_TOO_MUCH, /* we ask for too much at once */
	CODE_CONFLICT, /* the item has changed meanwhile */
	CODE_STATE,    /* a sync state is lost: start over */
	CODE_FOLDER,   /* the folder is gone */
	CODE_WATCH,    /* a subscription is lost */
	CODE_GONE,     /* the item is gone */
	CODE_LOGIN,    /* the account cannot log in */
	CODE_DENIED,   /* it may not, or the set-up is wrong: an administrator's */
	CODE_FULL,     /* the mailbox takes no more */
	CODE_ITEM,     /* this item, for good */
};

enum code_class code_class(struct brg_str code);
/* err of the class, with the server's words; back_off_ms: as it asked, 0: it did not. Returns
 * err->code. `operation` is what was asked. */
int code_fail(struct brg_str code, struct brg_str said, uint32_t back_off_ms, const char *operation,
	      struct brg_err *err);

#endif
