/* SPDX-License-Identifier: Apache-2.0
 *
 * Tracked folders: all mail that their owner puts there is tracked, whatever the rules say, and
 * gets the folder's regarding. A folder is known by its id, so that it may be renamed and moved
 * about below the inbox. The model is folder-level tracking of Dynamics 365 server-side
 * synchronization.
 */
#ifndef BRG_CORE_TRACKED_H
#define BRG_CORE_TRACKED_H

#include "core/arrival.h"
#include <brygga/connector.h>

/* Folders of mail below the inbox, with their paths there ("Projects/Fjord"). */
struct mail_folder {
	struct brg_str id, path;
};
struct mail_folders {
	struct mail_folder *at;
	size_t n;
	struct brg_str sent; /* id of the folder of what was sent; empty: none that can be pulled */
};
/* As the connector tells them now; in the arena. < 0: its error as it is. */
int tracked_list(const struct brg_connector *ops, void *session, struct brg_arena *arena,
		 struct mail_folders *out, struct brg_err *err);

/* The mailbox's, into visit->tracked, with their names of today, and where what was sent lies, if
 * that is looked at. Of a mailbox that has none nothing is asked. */
int tracked_begin(struct visit *visit, struct brg_err *err);
/* visit->filed does not lie below the inbox any more: it is turned off, and its owner is told. */
void tracked_lost(struct visit *visit);
/* The mail of this record, which is in the store, lies in visit->filed: it gets its regarding, but
 * where another mailbox has filed it first. */
int tracked_regard(struct visit *visit, struct brg_str remote_id,
		   const struct brg_record_row *record, struct brg_err *err);
/* The same for all that lies in visit->filed, if it was told another regarding. */
int tracked_relink(struct visit *visit, struct brg_err *err);

/* What reasons say of visit->filed; in visit->pending. */
const char *tracked_params(struct visit *visit);

extern const struct brg_fault tracked_taken;
extern const struct brg_fault *const tracked_faults[];

#endif
