/* SPDX-License-Identifier: Apache-2.0
 *
 * Items of EWS as fields, and fields as items: both follow the rows of map.h.
 */
#ifndef BRG_EXCHANGE_ITEM_H
#define BRG_EXCHANGE_ITEM_H

#include "meeting.h"

/* Our mark in an item: a named property of one set, for all kinds (exchange.md section 1.9). */
#define STAMP_SET  "5f7c2f0e-9d1b-4d0a-8f63-6b1e2c94d7a1"
#define STAMP_NAME "BryggaStamp"
#define STAMP_TEXT 120

/* Numbers of the fields, once a session. */
void item_fields(struct exchange *x);

/* ---- reading (item_read.c) ------------------------------------------------------------------*/

/* <ItemShape>: everything that item_read() reads; brief: what envelope_read() does. */
void item_shape(struct soap *s, int kind, bool brief);
/* The item's own identity; empty: it has none. */
struct brg_str item_id(struct exchange *x, const xmlNode *item);
/* BRG_IS_* */
uint32_t item_flags(struct exchange *x, const xmlNode *item);
/* Its version, in the arena. */
struct brg_str item_version(struct exchange *x, const xmlNode *item, struct brg_arena *arena);
/* All that there is of it, but for occurrences (occurrences.h). Fields that were asked for and are
 * not told have no value (BRG_NULL). *meeting: of an appointment, what it says together. An error
 * is the item's. */
int item_read(struct exchange *x, int kind, const xmlNode *item, struct brg_arena *arena,
	      struct brg_item *out, struct meeting *meeting, struct brg_err *err);
/* What a listing tells. */
void envelope_read(struct exchange *x, const xmlNode *item, struct brg_arena *arena,
		   struct brg_envelope *out);

/* ---- writing (item_write.c, item_change.c, stamp.c) ------------------------------------------*/

/* A whole new item. meeting: what meeting_wish() said of an appointment, else NULL. */
void item_write(struct exchange *x, struct soap *s, const struct brg_push *push,
		const struct meeting *meeting);
/* Is there anything of it that is kept there? */
bool item_has_changes(struct exchange *x, const struct brg_push *push,
		      const struct meeting *meeting);
/* <t:Updates> with the changed fields, where there are any. marked: the item has the mark of the
 * CRM among its categories, and keeps it. */
void item_write_changes(struct exchange *x, struct soap *s, const struct brg_push *push,
			const struct meeting *meeting, bool marked);
void item_property_uri(struct soap *s, const struct map *m);
/* Our mark: <t:ExtendedFieldURI>, <t:ExtendedProperty>, its text. */
void item_stamp_uri(struct soap *s);
void item_stamp_write(struct soap *s, const struct brg_stamp *stamp);
void item_stamp_text(const struct brg_stamp *stamp, char out[STAMP_TEXT]);
bool item_stamp_read(struct brg_str text, struct brg_stamp *out);

#endif
