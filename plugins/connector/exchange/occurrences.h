/* SPDX-License-Identifier: Apache-2.0
 *
 * The occurrences of a series that were changed or deleted. The server keeps them with the series
 * and names them there; what is in one is asked for, and written, by itself.
 */
#ifndef BRG_EXCHANGE_OCCURRENCES_H
#define BRG_EXCHANGE_OCCURRENCES_H

#include "item.h"

/* Those of a series, by when they were to start ("YYYY-MM-DDTHH:MM:SS", all-day "YYYY-MM-DD"). */
struct occurrence {
	struct brg_str key;
	struct brg_str id; /* empty: it was deleted */
};

struct occurrences {
	struct meeting series;
	struct occurrence *at;
	size_t n;
};

/* What the item of a series says of them. */
void occurrences_list(struct exchange *x, const xmlNode *item, const struct meeting *series,
		      struct brg_arena *arena, struct occurrences *out);

/* Add them to the item that item_read() made of `node`, with the fields that differ from it. Asks
 * the server, so that the answer that `node` is of is another's afterwards but for soap_hold().
 * What is wrong with one of them is wrong with the item (out->err). */
int occurrences_read(struct exchange *x, const xmlNode *node, const struct meeting *series,
		     struct brg_arena *arena, struct brg_item *out, struct brg_err *err);

/* Has it any to write? */
bool occurrences_any(const struct brg_push *op);
/* Write those of a push, one after the other; the rest of it is written. What is wrong with one of
 * them is op->err, and the others are written; op->new_version is what the series has then. */
int occurrences_push(struct exchange *x, struct brg_push *op, struct brg_arena *arena,
		     struct brg_err *err);

#endif
