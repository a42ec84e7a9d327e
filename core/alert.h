/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person should know: raised in the step that makes it true, cleared in the step
 * that ends it.
 */
#ifndef BRG_CORE_ALERT_H
#define BRG_CORE_ALERT_H

#include "core/visit.h"

/* Raise, keep or clear what the end of a visit means; `now` is the visit's new row. */
void alert_visit(struct step *step, const struct visit *visit, const struct brg_visit_row *now,
		 const struct brg_err *err);
/* An item was parked. */
void alert_item(struct step *step, const struct visit *visit, const struct brg_parked_row *parked);
/* What was raised on one item of a mailbox is over: it came in after all, is gone, or was settled.
 * `detail` is what it was raised with, an id at the server or a record's; it must live until the
 * commit. */
void alert_clear_item(struct step *step, const struct brg_id *mailbox, struct brg_str detail,
		      int64_t now_us);
/* The lane leaves its profile or is turned off: no visit will clear what it raised. Where
 * another mailbox has the same trouble, it raises it again. */
void alert_leave(struct step *step, struct brg_visit_row *visit, int64_t now_us);
/* Any alert; slices must live until the commit. */
struct brg_alert_row *alert_raise(struct step *step, int level, int scope,
				  const struct brg_id *object, struct brg_str code, int64_t now_us);
/* Close the open alerts of an object; code empty: all. */
void alert_clear(struct step *step, int scope, const struct brg_id *object, struct brg_str code,
		 int64_t now_us);

#endif
