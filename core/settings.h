/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of profiles and mailboxes as the store keeps them: a JSON object of strings.
 * Names that begin with "." are the core's own notes and never settings.
 */
#ifndef BRG_CORE_SETTINGS_H
#define BRG_CORE_SETTINGS_H

#include "core/arena.h"
#include <brygga/err.h>

struct secrets;

struct setting {
	struct brg_str name, value; /* a NUL follows each */
	bool secret;		    /* wiped by settings_wipe() */
};

/* A list that grows; later entries win over earlier ones of the same name. */
struct settings {
	struct setting *at;
	size_t n, room;
};

/* Append one; name and value are copied into the arena. */
void settings_add(struct settings *settings, struct brg_arena *arena, struct brg_str name,
		  struct brg_str value);
/* The last value of a name (notes too), or NULL. */
const struct setting *settings_get(const struct settings *settings, const char *name);
/* Append what a JSON object of strings holds, its notes too. Empty text adds nothing. */
int settings_add_json(struct settings *settings, struct brg_str json, struct brg_arena *arena,
		      struct brg_err *err);
/* Open what was sealed with context "<kind>:<uuid>" and append it, marked secret. */
int settings_add_sealed(struct settings *settings, const struct secrets *secrets, const char *kind,
			const struct brg_id *id, struct brg_str sealed, struct brg_arena *arena,
			struct brg_err *err);
/* What is written for one plugin alone ("smtp.user") counts as its setting ("user"). */
void settings_narrow(struct settings *settings, const char *plugin, struct brg_arena *arena);
/* A JSON object, sorted by name so that equal settings give equal bytes. */
struct brg_str settings_to_json(const struct settings *settings, struct brg_arena *arena);
/* Overwrite the secret values where they lie and forget all. The arena keeps the memory. */
void settings_wipe(struct settings *settings);

extern const struct brg_fault *const settings_faults[];

#endif
