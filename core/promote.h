/* SPDX-License-Identifier: Apache-2.0
 *
 * A mail that a client hands over: tracked at once, past the rules, for its user or queue.
 */
#ifndef BRG_CORE_PROMOTE_H
#define BRG_CORE_PROMOTE_H

#include "core/engine.h"

/* The raw mail becomes a record of this owner, or is found to be one already (*was_there). The
 * same mail that a visit finds, even at the same moment, is the same record. */
int promote_mail(struct engine *engine, struct brg_blob *raw, const struct brg_owner_row *owner,
		 struct brg_str address, struct brg_id *record, bool *was_there,
		 struct brg_err *err);

extern const struct brg_fault *const promote_faults[];

#endif
