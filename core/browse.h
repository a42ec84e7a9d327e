/* SPDX-License-Identifier: Apache-2.0
 *
 * A look into a mailbox on its server: the newest mails, live. Nothing of what is seen is stored
 * or logged.
 */
#ifndef BRG_CORE_BROWSE_H
#define BRG_CORE_BROWSE_H

#include "core/engine.h"

struct brg_envelope;
struct mail_folders;

/* What is looked for. */
struct browse_look {
	uint32_t lines; /* so many mails that are wanted, at most */
	uint32_t most;	/* so many that are looked at, at most */
	/* Told one mail at a time, newest first; is it wanted? Slices live until it returns. */
	bool (*each)(void *arg, const struct brg_envelope *mail);
	void *arg;
	uint32_t looked; /* filled: how many were looked at */
};

/* Go through the newest mails of the mailbox; headers only. The caller has a connection slot of the
 * profile. */
int browse_mailbox(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, struct browse_look *look,
		   struct brg_err *err);
/* Lies an item of this id there? Nothing of it is fetched. A slot as above. */
int browse_there(struct engine *engine, const struct brg_mailbox_row *mailbox,
		 const struct brg_profile_row *profile, struct brg_str remote_id, bool *there,
		 struct brg_err *err);

/* Its folders of mail; in the arena. A connector that reads one folder only is refused. */
int browse_folders(struct engine *engine, const struct brg_mailbox_row *mailbox,
		   const struct brg_profile_row *profile, struct brg_arena *arena,
		   struct mail_folders *out, struct brg_err *err);

/* Why a line of it is not tracked, where no decision says so. */
extern const struct brg_fault browse_unseen, browse_off, browse_forgotten;
extern const struct brg_fault *const browse_faults[];

#endif
