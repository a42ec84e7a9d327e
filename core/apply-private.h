/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of `brygga apply` share: one run, and one attempt of it.
 */
#ifndef BRG_CORE_APPLY_PRIVATE_H
#define BRG_CORE_APPLY_PRIVATE_H

#include "core/directory.h"

/* A change that is reported once its step is committed. */
struct change {
	const struct brg_fault *row;
	const char *params;
};

struct applier {
	struct store *store;
	const struct secrets *secrets;
	const struct directory *dir;
	const struct directory_io *io;
	int64_t now_us;
	struct brg_arena *arena; /* of the whole run */

	/* Secrets of each profile and mailbox as JSON, resolved once; empty: none. */
	struct brg_str *profile_plain, *mailbox_plain;

	/* One attempt: the store as it was read, sorted by name (visits by mailbox). */
	struct brg_arena *scratch;
	struct brg_row *owners, *references, *profiles, *mailboxes, *visits;
	struct brg_row *addresses, *externals; /* by object */
	struct brg_row *keys;		       /* the externals by system and key */
	struct brg_row *filters;	       /* by type, owner and name */
	size_t n_owners, n_references, n_profiles, n_mailboxes, n_visits;
	size_t n_addresses, n_externals, n_keys, n_filters;
	struct brg_id *owner_ids, *profile_ids; /* of the directory's */
	struct brg_id *reference_ids;
	struct brg_str *filter_texts; /* as the store keeps them */
	bool *profile_changed;	      /* its settings or secrets differ */
	bool *profile_moved;	      /* it may be another server now */
	bool *owner_given;	      /* templates were copied for him */
	struct brg_id *served; /* owners whose mailboxes had the lane act already; NULL: not looked
				* yet */
	size_t n_served;
	struct step step;
	struct change *changes;
	size_t n_changes, room_changes;
	const char *last_name; /* what the step under construction touched last */

	int changed; /* rows, over all attempts */
};

/* ---- apply_secrets.c */
/* Resolve all secrets of the directory, once. */
int apply_gather(struct applier *a, struct brg_err *err);
void apply_wipe(struct brg_str *plain, size_t n);
/* The note by which it is told later whether a secret is another. */
void apply_note_secret(struct applier *a, const char *kind, const struct brg_id *id,
		       struct brg_str plain, struct settings *settings);
int apply_seal(struct applier *a, const char *kind, const struct brg_id *id, struct brg_str plain,
	       struct brg_str *out, struct brg_err *err);

/* ---- apply_store.c: the store as it is */
int apply_read(struct applier *a, struct brg_err *err);
const struct brg_row *apply_was_owner(const struct applier *a, int type, const char *name);
const struct brg_row *apply_was_reference(const struct applier *a, const char *kind,
					  const char *name);
const struct brg_row *apply_was_profile(const struct applier *a, const char *name);
const struct brg_row *apply_was_mailbox(const struct applier *a, const char *name);
/* Whose this external key is. */
const struct brg_row *apply_was_external(const struct applier *a,
					 const struct directory_external *key);
const struct brg_visit_row *apply_was_visit(const struct applier *a, const struct brg_id *mailbox,
					    int lane);
const struct brg_row *apply_was_filter(const struct applier *a, int type,
				       const struct brg_id *owner, const char *name);
/* Its addresses or externals, or both, are others. */
bool apply_known_differs(const struct applier *a, const struct brg_id *object,
			 const struct directory_known *known, const char **what);

/* ---- apply_people.c, apply_rows.c: one thing of the directory */
/* BRG_ECONFLICT if an external key of the file is that of something that the file does not have. */
int apply_check_keys(struct applier *a, struct brg_err *err);
void apply_owner(struct applier *a, size_t i);
void apply_reference(struct applier *a, size_t i);
int apply_profile(struct applier *a, size_t i, struct brg_err *err);
int apply_mailbox(struct applier *a, size_t i, struct brg_err *err);

/* ---- apply_filters.c */
/* BRG_EINVAL if a filter regards what is neither in the file nor in the store. */
int apply_check_filters(struct applier *a, struct brg_err *err);
void apply_filter(struct applier *a, size_t i);
/* The owner has a mailbox with the lane act: if it is his first, he gets what new users get. */
void apply_templates(struct applier *a, const struct directory_owner *owner);

/* ---- shared by them */
/* An op on a row that is there, or a new one; names it for messages. */
struct brg_op *apply_op(struct applier *a, int type, const struct brg_row *was, int64_t version,
			const char *name);
/* To be reported when the step is committed. */
void apply_note(struct applier *a, const struct brg_fault *row, const char *params);
/* The list and one word more. */
const char *apply_comma(struct applier *a, const char *list, const char *word);
/* Add the names of settings that differ to the list, a secret's by its own name. *elsewhere
 * becomes true if one of them is the connector's, so that it may lead to another mailbox. */
const char *apply_differences(struct applier *a, const char *list, struct brg_str was_json,
			      const struct settings *now, const struct directory_secret *secrets,
			      size_t n_secrets, bool *elsewhere);

/* A change as a row of the catalogue. */
#define CHANGE(row, number, english, swedish, helps) \
	static const struct brg_fault row = {        \
		.code = "BRG-CONF-" number,          \
		.en = english,                       \
		.sv = swedish,                       \
		.help = helps,                       \
	}

#define REPEAT "Said by `brygga apply` for each change that it made. A second run makes none."

extern const struct brg_fault *const apply_secret_faults[],
	*const apply_people_faults[], *const apply_row_faults[], *const apply_filter_faults[];

#endif
