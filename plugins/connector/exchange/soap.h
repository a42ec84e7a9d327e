/* SPDX-License-Identifier: Apache-2.0
 *
 * SOAP 1.1 as EWS speaks it: requests are written element by element, answers become trees.
 *
 * Elements of the messages namespace stand without a prefix, those of the types namespace with
 * "t:", which is how most clients write them. Answers are read by local names, whatever their
 * prefixes; elements that are not known are not looked at.
 */
#ifndef BRG_EXCHANGE_SOAP_H
#define BRG_EXCHANGE_SOAP_H

#include "exchange.h"

#include <libxml/tree.h>

#define SOAP_ANSWER_MAX ((uint64_t)64 * 1024 * 1024)

/* ---- requests -------------------------------------------------------------------------------*/

struct soap;

/* A request for this operation; its element is open. */
struct soap *soap_new(struct exchange *x, const char *operation);
void soap_free(struct soap *s);
void soap_open(struct soap *s, const char *name);
void soap_close(struct soap *s);
/* Of the element that was opened last, before anything is in it. */
void soap_attribute(struct soap *s, const char *name, struct brg_str value);
/* Characters that XML 1.0 does not allow are left out. */
void soap_text(struct soap *s, struct brg_str text);
/* <name>text</name> */
void soap_leaf(struct soap *s, const char *name, struct brg_str text);
/* <name attribute="value"/> */
void soap_empty(struct soap *s, const char *name, const char *attribute, struct brg_str value);
/* The view (IndexedPageItemView, IndexedPageFolderView) of a page from `offset` on. */
void soap_page(struct soap *s, const char *name, int most, size_t offset);
/* The whole of it, closed; it lives as long as s. */
struct brg_str soap_written(struct soap *s);

/* ---- answers --------------------------------------------------------------------------------*/

/* Send it and free it. *out is the operation's element of the answer, which lives until the next
 * call of the session. A SOAP fault is an error of its code's class. */
int soap_call(struct exchange *x, struct soap *s, xmlNode **out, struct brg_err *err);
void soap_forget(struct exchange *x);
/* Keep the last answer over other calls, and have it again as the last one. */
struct answer *soap_hold(struct exchange *x);
void soap_release(struct exchange *x, struct answer *held);
/* Bytes as an answer, for soap_call() and tests: the operation's element. */
int soap_read(struct exchange *x, struct brg_str bytes, const char *operation, xmlNode **out,
	      struct brg_err *err);

/* The first child with this local name; NULL: none, or no node. */
xmlNode *soap_child(const xmlNode *node, const char *name);
/* The next element behind it; NULL: it was the last. */
xmlNode *soap_next(const xmlNode *node);
/* Its first element. */
xmlNode *soap_first(const xmlNode *node);
/* How many elements are in it. */
size_t soap_count(const xmlNode *node);
bool soap_is(const xmlNode *node, const char *name);
/* What stands in it, and in an attribute of it; empty: nothing, or no node. Lives with the answer.
 */
struct brg_str soap_value(struct exchange *x, const xmlNode *node);
struct brg_str soap_value_of(struct exchange *x, const xmlNode *parent, const char *name);
struct brg_str soap_attribute_of(struct exchange *x, const xmlNode *node, const char *name);

/* The next response message behind `last` (NULL: the first) of an answer; NULL: there is none. */
xmlNode *soap_message(const xmlNode *answer, const xmlNode *last);
/* The same of an answer about several things, which has a message for each, in their order:
 * *message moves on, from NULL; where there is no more, the answer is broken. */
int soap_next_message(const xmlNode *answer, const char *operation, xmlNode **message,
		      struct brg_err *err);
/* soap_call() for a question that has one answer: *message is that, and reports success. */
int soap_ask(struct exchange *x, struct soap *s, xmlNode **message, struct brg_err *err);
/* 0: it reports success (or a warning that is none); < 0: the error that it reports. */
int soap_check(struct exchange *x, const xmlNode *message, const char *operation,
	       struct brg_err *err);
/* The same of a message about one of several items: what may be the item's own fault is. */
int soap_check_item(struct exchange *x, const xmlNode *message, const char *operation,
		    struct brg_err *err);

#endif
