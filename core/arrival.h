/* SPDX-License-Identifier: Apache-2.0
 *
 * One item that came: is it new, is it wanted, and what is written for it.
 */
#ifndef BRG_CORE_ARRIVAL_H
#define BRG_CORE_ARRIVAL_H

#include "core/visit.h"

struct arrival {
	struct brg_str remote_id;
	struct brg_str version;
	uint64_t octets;
	int64_t received_us;
	struct brg_str header;		     /* may be empty until the body is here */
	struct brg_blob *body;		     /* NULL: not fetched */
	const struct brg_parked_row *parked; /* not NULL: another try of this */
	uint32_t flags;			     /* BRG_IS_* */
	bool partly; /* not all of it is in the store: it stays at the server */
};

#define ARRIVAL_WANTS_BODY 1

/* From an envelope of a batch that contract_batch() found good. */
void arrival_from(const struct brg_envelope *envelope, struct arrival *out);
/* Add what is to be written to the step under construction. ARRIVAL_WANTS_BODY: fetch it
 * whole and call again. */
int arrival_decide(struct visit *visit, struct arrival *arrival, struct brg_err *err);
/* The server or the connector failed on this one item: park it. */
int arrival_failed(struct visit *visit, const struct arrival *arrival, const struct brg_err *why,
		   struct brg_err *err);
/* The server tells that an item went: deleted, or moved. The record stays. */
int arrival_gone(struct visit *visit, struct brg_str remote_id, struct brg_err *err);
/* A delete that an earlier visit wanted and did not finish. */
void arrival_resume_delete(struct visit *visit, const struct brg_mark_row *mark);
/* One decision. The record may be nil. */
void arrival_note(struct visit *visit, struct brg_str remote_id, const struct brg_id *record,
		  const struct brg_fault *rule, const char *params);

#endif
