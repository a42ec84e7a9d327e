/* SPDX-License-Identifier: Apache-2.0
 *
 * `brygga apply FILE`: users, queues, profiles and mailboxes as people write them.
 *
 *	[user anna]		address, aliases, team, external, owner_options[]
 *	[queue support]		the same
 *	[contact erik]		addresses, title, link, owner, visibility, external
 *	[lead x], [account y]	the same
 *	[reference case-17]	the same and kind: any other thing that mail can regard
 *	[profile demo]		connector, max-connections, and the connector's options
 *	[mailbox anna]		user or queue, profile, outgoing-profile, address,
 *				mailbox_options[], and the connectors' options that may differ per
 *				mailbox; smtp.user is the connector smtp's alone
 *
 *	[filter mine]		user, kind, where, active: which records his mailboxes get
 *	[system-filter all]	kind, where, active: which those of all users get
 *	[filter-template new]	the same: copied for a user who gets his first mailbox with act
 *
 * A file stands on its own: what a mailbox refers to is in the same file. What is in the
 * store and not in the file stays as it is.
 */
#ifndef BRG_CORE_DIRECTORY_H
#define BRG_CORE_DIRECTORY_H

#include "core/field.h"
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

/* The name of something in another system. */
struct directory_external {
	struct brg_str system, key;
};

/* What people and things have in common: addresses and names elsewhere. */
struct directory_known {
	struct brg_str *addresses; /* folded, none twice */
	size_t n_addresses;
	struct directory_external *externals;
	size_t n_externals;
};

struct directory_owner {
	int type; /* enum brg_owner_type */
	const char *name;
	struct brg_str address; /* the first of known.addresses */
	struct directory_known known;
	struct brg_str team;
	struct settings settings;
	int line;
};

struct directory_reference {
	const char *kind, *name;
	struct directory_known known;
	struct brg_str title, link;
	const struct directory_owner *owner; /* NULL: nobody */
	int visibility;
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
	const struct directory_profile *outgoing; /* of the lane outgoing; else profile */
	struct brg_str address;
	unsigned lanes;	      /* BRG_LANE_BIT */
	struct brg_str after; /* received-after as written; empty: not given */
	struct settings settings;
	struct directory_secret *secrets;
	size_t n_secrets;
	int line;
};

struct directory_filter {
	int type; /* enum brg_filter_type */
	const char *name;
	const struct directory_owner *owner; /* NULL: not of one user */
	int kind;
	bool active;
	struct brg_str text; /* as written (where.h) */
	int line;
};

struct directory {
	const char *file;
	struct directory_owner *owners;
	struct directory_reference *references;
	struct directory_profile *profiles;
	struct directory_mailbox *mailboxes;
	struct directory_filter *filters;
	size_t n_owners, n_references, n_profiles, n_mailboxes, n_filters;
};

/* The profile by which a lane of the mailbox is served. */
const struct directory_profile *directory_profile_of(const struct directory_mailbox *mailbox,
						     int lane);

/* How the parser comes by a connector: NULL with err when it is not to be had. */
struct directory_lookup {
	const struct brg_plugin *(*connector)(void *ctx, struct brg_str name, struct brg_err *err);
	/* Default options of the connector ([connector NAME] of brygga.conf), or NULL. */
	const struct settings *(*defaults)(void *ctx, struct brg_str name);
	void *ctx;
	const struct field_table *fields; /* of filters; NULL: the built-in ones */
};

/* Check everything that can be checked without the store. Returns < 0 if it added problems; *out
 * is set only if the list is empty, ini_read()'s problems included. All in the arena; plugins
 * outlive it. */
int directory_parse(const struct ini_file *ini, const struct directory_lookup *lookup,
		    struct brg_arena *arena, struct directory **out, struct problems *problems);

/* "filter", "system-filter", "filter-template" */
const char *directory_filter_type(int type);
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
extern const struct brg_fault *const directory_people_faults[];
extern const struct brg_fault *const directory_filter_faults[];
extern const struct brg_fault *const apply_faults[];
/* For whoever implements the prompt: there is nobody to ask. */
extern const struct brg_fault apply_no_terminal;

#endif
