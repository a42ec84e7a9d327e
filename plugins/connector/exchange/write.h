/* SPDX-License-Identifier: Apache-2.0
 *
 * What whole items (item_write.c) and changes of them (item_change.c) share. Private to these two.
 */
#ifndef BRG_EXCHANGE_WRITE_H
#define BRG_EXCHANGE_WRITE_H

#include "item.h"

struct writing {
	struct exchange *x;
	struct soap *s;
	const struct brg_push *push;
	int kind;
	bool marked;		       /* its owner has marked it for the CRM */
	const struct meeting *meeting; /* NULL: nothing of it is written */
};

/* The field of a row; NULL: the push does not speak of it. */
const struct brg_field *write_field(const struct writing *w, size_t row);
/* "t:name" */
void write_name(const char *name, char out[64]);
/* <t:element>value</t:element> and so on, as the row's place wants it. */
void write_element(const struct writing *w, const struct map *m, const struct brg_field *f);
void write_property(const struct writing *w, const struct map *m, const struct brg_field *f);
void write_entry(const struct writing *w, const struct map *m, const char *key,
		 struct brg_str text);
bool write_is_body(const struct map *m);
/* Is it written at all? Of how far a task is, what drives the rest is; what the server says alone
 * is not. */
bool write_is_told(const struct writing *w, const struct map *m);
/* Of several fields, and to be written? */
bool write_is_made(const struct writing *w, const struct map *m);
/* The two bodies are one property there: the richer one that has a value, else nothing. False:
 * neither is spoken of. */
bool write_body_of(const struct writing *w, const struct brg_field **f, bool *html);
void write_body(const struct writing *w, const struct brg_field *f, bool html);

#endif
