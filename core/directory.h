/* SPDX-License-Identifier: Apache-2.0
 *
 * `brygga apply FILE`: users, queues, profiles and mailboxes as people write them.
 *
 *	[user anna]		address
 *	[queue support]		address
 *	[profile demo]		connector, max-connections, and the connector's options
 *	[mailbox anna]		user or queue, profile, address, mailbox_options[], and the
 *				connector's options that may differ per mailbox
 *
 * A file stands on its own: what a mailbox refers to is in the same file. What is in the
 * store and not in the file stays as it is.
 */
#ifndef BRG_CORE_DIRECTORY_H
#define BRG_CORE_DIRECTORY_H

#include "core/ini.h"
#include "core/settings.h"
#include "core/store.h"

struct secrets;

/* A value of the file that is a secret, in the form that says where it is. */
struct directory_secret {
	const char *name;
	struct brg_str form; /* file:PATH, env:NAME, fd:N, prompt */
	int line;
};

struct directory_owner {
	int type; /* enum brg_owner_type */
	const char *name;
	struct brg_str address;
	int line;
};

struct directory_profile {
	const char *name;
	const struct brg_plugin *plugin;
	int64_t max_connections;
	struct settings settings;
	struct directory_secret *secrets;
	size_t n_secrets;
	int line;
};

struct directory_mailbox {
	const char *name;
	const struct directory_owner *owner;
	const struct directory_profile *profile;
	struct brg_str address;
	unsigned lanes;	      /* BRG_LANE_BIT */
	struct brg_str after; /* received-after as written; empty: not given */
	struct settings settings;
	struct directory_secret *secrets;
	size_t n_secrets;
	int line;
};

struct directory {
	const char *file;
	struct directory_owner *owners;
	struct directory_profile *profiles;
	struct directory_mailbox *mailboxes;
	size_t n_owners, n_profiles, n_mailboxes;
};

/* How the parser comes by a connector: NULL with err when it is not to be had. */
struct directory_lookup {
	const struct brg_plugin *(*connector)(void *ctx, struct brg_str name, struct brg_err *err);
	/* Default options of the connector ([connector NAME] of brygga.conf), or NULL. */
	const struct settings *(*defaults)(void *ctx, struct brg_str name);
	void *ctx;
};

/* Check everything that can be checked without the store. Returns < 0 if it added problems; *out
 * is set only if the list is empty, ini_read()'s problems included. All in the arena; plugins
 * outlive it. */
int directory_parse(const struct ini_file *ini, const struct directory_lookup *lookup,
		    struct brg_arena *arena, struct directory **out, struct problems *problems);

/* N of the form fd:N, or -1. */
int directory_fd(struct brg_str form);
/* How apply talks to the person and comes by secrets. */
struct directory_io {
	/* One change that was made, after it was committed: fault rows BRG-CONF-0120 ff. */
	void (*report)(void *ctx, const struct brg_fault *change, struct brg_str params);
	/* A secret whose form is `prompt`: ask ("password of mailbox anna"), not echoed. NULL:
	 * nobody can be asked. */
	int (*prompt)(void *ctx, const char *what, struct brg_arena *arena, struct brg_str *out,
		      struct brg_err *err);
	void *ctx;
};

/* Bring the store in step with the directory (apply.c), in durable steps, each complete in itself;
 * rows that are as they should be are not written, so a second run changes nothing. Waits up to
 * a minute for visits that hold what is to be changed. Returns how many changes were reported,
 * or < 0; then those reported stand and the rest is as it was. */
int directory_apply(struct store *store, const struct secrets *secrets,
		    const struct directory *directory, int64_t now_us,
		    const struct directory_io *io, struct brg_err *err);

extern const struct brg_fault *const directory_faults[];
extern const struct brg_fault *const apply_faults[];
/* For whoever implements the prompt: there is nobody to ask. */
extern const struct brg_fault apply_no_terminal;

#endif
