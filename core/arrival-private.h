/* SPDX-License-Identifier: Apache-2.0
 *
 * What arrival shares with the room that unwraps forwarded mail.
 */
#ifndef BRG_CORE_ARRIVAL_PRIVATE_H
#define BRG_CORE_ARRIVAL_PRIVATE_H

#include "core/arrival.h"

/* Let records with this message key that are not committed yet be committed, so that they can be
 * read. */
int arrival_settle_fresh(struct visit *visit, struct brg_str key, struct brg_err *err);
/* A new record with its body (which is taken out of the blob). */
struct brg_id arrival_write(struct visit *visit, const struct track_reader *reader,
			    const struct track_mail *mail, struct brg_blob *body);
/* The item and its record belong together from now on; why is told. */
void arrival_join(struct visit *visit, const struct arrival *arrival, const struct brg_id *record,
		  struct brg_str print, struct brg_str key, const struct brg_fault *rule,
		  const char *params);
/* What it reports on a mail of ours, if it does; record: its own, or nil. */
void arrival_report(struct visit *visit, const struct arrival *arrival,
		    const struct track_mail *mail, const struct brg_id *record);
/* The reader has a mail that is this record already. */
void arrival_same(struct visit *visit, const struct track_reader *reader,
		  const struct brg_id *record);
/* It is only remembered that it was seen. Returns 0. */
int arrival_pass(struct visit *visit, const struct arrival *arrival, struct brg_str key,
		 struct brg_str print, const struct brg_fault *rule, const char *params);

#endif
