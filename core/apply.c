/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings the store in step with a directory file. It reads everything first, works out what
 * differs, and writes only that; so it can be run again at any time, after a crash too, and
 * what is refused because a visit or another command was in between is worked out anew.
 */
#include "core/apply-private.h"

#include "core/doubles.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define STEP_OPS  500 /* a step ends at the next mailbox or reference after so many */
#define PAUSE_MS  250 /* before a refused step is worked out again */
#define MAX_TRIES 240 /* a minute: longer than a visit that gives way */

static const struct brg_fault busy = {
	.code = "BRG-CONF-0130",
	.cls = BRG_EBUSY,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "the store refused the change of {name} for a minute because others work on it: run "
	      "the command again",
	.sv = "lagret avvisade ändringen av {name} i en minut eftersom andra arbetar med den: kör "
	      "kommandot igen",
	.help = "A running visit holds its mailbox until it ends. What was said to be changed is "
		"changed; the rest follows at the next run.",
};
const struct brg_fault *const apply_faults[] = { &busy, NULL };

static int commit(struct applier *a, struct brg_err *err)
{
	char params[512];
	int rc = store_commit(a->store, &a->step, BRG_DURABLE, NULL, err);

	for (size_t i = 0; i < a->n_changes && rc == BRG_COMMITTED; i++) {
		(void)snprintf(params, sizeof(params), "%s", a->changes[i].params);
		a->changed++;
		if (a->io && a->io->report)
			a->io->report(a->io->ctx, a->changes[i].row, brg_cstr(params));
	}
	a->n_changes = 0;
	return rc;
}

/* Work out and commit everything that differs. BRG_REFUSED: somebody was in between. */
static int attempt(struct applier *a, struct brg_err *err)
{
	const struct directory *d = a->dir;
	int rc = apply_read(a, err);

	if (rc == 0)
		rc = doubles_in_store(d, a->profiles, a->n_profiles, a->mailboxes, a->n_mailboxes,
				      a->scratch, err);
	if (rc == 0)
		rc = apply_check_keys(a, err);
	a->reference_ids = arena_alloc(a->scratch, (d->n_references + 1) * sizeof(struct brg_id));
	a->filter_texts = arena_alloc(a->scratch, (d->n_filters + 1) * sizeof(struct brg_str));
	if (rc == 0)
		rc = apply_check_filters(a, err);
	a->owner_ids = arena_alloc(a->scratch, (d->n_owners + 1) * sizeof(struct brg_id));
	a->profile_ids = arena_alloc(a->scratch, (d->n_profiles + 1) * sizeof(struct brg_id));
	a->profile_changed = arena_alloc(a->scratch, d->n_profiles + 1);
	a->profile_moved = arena_alloc(a->scratch, d->n_profiles + 1);
	a->owner_given = arena_alloc(a->scratch, d->n_owners + 1);
	a->served = NULL;
	a->n_served = 0;
	step_init(&a->step, a->scratch);
	for (size_t i = 0; i < d->n_owners && rc == 0; i++)
		apply_owner(a, i);
	for (size_t i = 0; i < d->n_references && rc == 0; i++) {
		apply_reference(a, i);
		if (a->step.n >= STEP_OPS)
			rc = commit(a, err);
	}
	for (size_t i = 0; i < d->n_profiles && rc == 0; i++)
		rc = apply_profile(a, i, err);
	for (size_t i = 0; i < d->n_filters && rc == 0; i++)
		apply_filter(a, i);
	for (size_t i = 0; i < d->n_mailboxes && rc == 0; i++) {
		rc = apply_mailbox(a, i, err);
		if (rc == 0 && a->step.n >= STEP_OPS)
			rc = commit(a, err);
	}
	return rc == 0 ? commit(a, err) : rc;
}

int directory_apply(struct store *store, const struct secrets *secrets,
		    const struct directory *directory, int64_t now_us,
		    const struct directory_io *io, struct brg_err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct applier a = { .store = store, .secrets = secrets, .dir = directory, .io = io };
	int rc;

	a.now_us = now_us;
	a.arena = arena_new();
	a.scratch = arena_new();
	rc = apply_gather(&a, err);
	for (int tries = 1; rc == 0; tries++) {
		rc = attempt(&a, err);
		if (rc != BRG_REFUSED)
			break;
		rc = tries < MAX_TRIES ? 0 : brg_fail(err, &busy, "name=%s", a.last_name);
		a.n_changes = 0;
		arena_reset(a.scratch);
		(void)nanosleep(&pause, NULL);
	}
	apply_wipe(a.profile_plain, directory->n_profiles);
	apply_wipe(a.mailbox_plain, directory->n_mailboxes);
	free(a.changes);
	arena_free(&a.scratch);
	arena_free(&a.arena);
	return rc < 0 ? rc : a.changed;
}
