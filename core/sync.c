/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of one visit of the lane act.
 */
#include "core/sync-private.h"

/* Reading again and pushing again after somebody was faster. */
#define ROUNDS 3

/* Everything that follows from what was told and from what was edited. In a survey the same code
 * runs, and what it would commit is dropped. */
int sync_work(struct sync *s, struct brg_err *err)
{
	int rc = sync_inbox(s, err);

	if (rc == 0)
		rc = sync_feed(s, err);
	for (int round = 0; rc == 0 && round < ROUNDS; round++) {
		s->refused = 0;
		rc = sync_push(s, err);
		if (rc < 0 || s->refused == 0 || s->plan.survey)
			break;
		rc = sync_inbox(s, err);
	}
	return rc < 0 ? rc : sync_missing(s, err);
}

int sync_run(struct visit *v, struct brg_err *err)
{
	struct sync *s = arena_alloc(v->arena, sizeof(*s));
	bool whole, rest = false;

	if (sync_begin(s, v, err) < 0 || sync_recover(s, err) < 0 || sync_pull(s, &whole, err) < 0)
		return err->code;
	if (whole && sync_guard(s, &rest, err) < 0)
		return err->code;
	if (whole && !rest) {
		if (sync_work(s, err) < 0)
			return err->code;
		v->backlog = v->backlog || s->undecided;
		sync_guard_done(s);
	}
	return sync_keep_state(s, err);
}
