/* SPDX-License-Identifier: Apache-2.0
 *
 * The durable inbox is worked off: items are read in batches, and become records.
 */
#include "core/sync-private.h"

#define PAGE 200

/* What the step under construction has touched of records: whoever comes to the same thing reads
 * it when that is committed. */
struct touched {
	struct keyset keys;
	struct brg_arena *arena;
};

static bool touch(struct touched *t, struct brg_str key)
{
	return key.len == 0 || keyset_add(&t->keys, key, t->arena);
}

/* By what the item may be the same as one before it. False: it is. */
static bool alone(struct sync *s, struct touched *t, const struct brg_inbox_row *row,
		  const struct sync_item *item)
{
	struct brg_str stamp = { "", 0 };
	bool ok;

	if (item->stamped)
		stamp = arena_dup(t->arena, item->stamp.record.b, 16);
	ok = touch(t, stamp);
	ok = touch(t, record_uid_key(s->e, item->uid, t->arena)) && ok;
	return touch(t, record_identity_key(s->e, row->kind, &item->image, t->arena)) && ok;
}

/* Rows of one folder and kind that are read with one call. */
struct batch {
	struct brg_inbox_row *rows[SYNC_BATCH];
	struct brg_link_row links[SYNC_BATCH];
	bool linked[SYNC_BATCH];
	size_t n;
};

static int flush(struct sync *s, struct touched *t, struct brg_err *err)
{
	t->keys = (struct keyset){ 0 };
	if (s->plan.survey) {
		commit_drop(s->v);
		return 0;
	}
	return sync_commit(s, BRG_RELAXED, err);
}

static int one(struct sync *s, struct batch *b, size_t i, const struct sync_item *item,
	       struct brg_err *err)
{
	if (b->linked[i])
		return sync_item_linked(s, b->rows[i], &b->links[i], item, err);
	return sync_item_new(s, b->rows[i], item, err);
}

/* An item that failed is parked, its neighbours go on. */
static int one_or_park(struct sync *s, struct touched *t, struct batch *b, size_t i,
		       const struct sync_item *item, struct brg_err *err)
{
	size_t n;
	int rc = 0;

	if (!b->linked[i] && item->there && !item->err && !alone(s, t, b->rows[i], item)) {
		rc = flush(s, t, err);
		(void)alone(s, t, b->rows[i], item);
	}
	n = s->v->step.n;
	if (rc == 0)
		rc = one(s, b, i, item, err);
	if (rc == 0 || err->scope != BRG_SCOPE_ITEM)
		return rc;
	s->v->step.n = n;
	sync_park(s, b->rows[i], err);
	*err = (struct brg_err)BRG_ERR_INIT;
	return 0;
}

/* Commit. Somebody has written one of them meanwhile: they stay in the inbox. */
static int commit_or_leave(struct sync *s, struct brg_err *err)
{
	bool raced;
	int rc = sync_end_page(s, BRG_RELAXED, &raced, err);

	s->undecided += raced;
	return rc;
}

/* What does not fit in one step may fit in several: one item is another's successor, or lies in the
 * way of its neighbours alone. */
static int work_each(struct sync *s, struct batch *b, const struct sync_item *items,
		     struct brg_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < b->n && rc == 0; i++) {
		struct touched alone_here = { .arena = s->v->batch };
		int found = sync_link_of(s, b->rows[i]->folder, b->rows[i]->remote_id, &b->links[i],
					 err);

		if (found < 0)
			return found;
		b->linked[i] = found && b->links[i].live;
		rc = one_or_park(s, &alone_here, b, i, &items[i], err);
		if (rc == 0)
			rc = commit_or_leave(s, err);
	}
	return rc;
}

static int work_batch(struct sync *s, struct batch *b, struct brg_err *err)
{
	struct touched t = { .arena = s->v->batch };
	struct sync_item *items = arena_alloc(s->v->batch, SYNC_BATCH * sizeof(*items));
	struct brg_str ids[SYNC_BATCH];
	int rc;

	for (size_t i = 0; i < b->n; i++)
		ids[i] = b->rows[i]->remote_id;
	if (b->n == 0)
		return 0;
	rc = sync_get(s, b->rows[0]->folder, ids, b->n, b->rows[0]->kind, items, err);
	for (size_t i = 0; i < b->n && rc == 0; i++)
		rc = one_or_park(s, &t, b, i, &items[i], err);
	if (rc == 0)
		rc = flush(s, &t, err);
	if (rc == BRG_ECONFLICT) {
		*err = (struct brg_err)BRG_ERR_INIT;
		commit_drop(s->v);
		rc = work_each(s, b, items, err);
	}
	b->n = 0;
	return rc;
}

/* It failed before and waits for its time, unless the server has told of it anew since. What failed
 * again in this visit has more tries than were claimed. */
static bool waits(const struct sync *s, const struct brg_inbox_row *row)
{
	const struct brg_parked_row *due = sync_parked(s, row->folder, row->remote_id);

	return row->tries && (!due || row->tries > due->tries);
}

/* 1: to be read, with its link if it has one; 0: done with, or not ripe. */
static int ripe(struct sync *s, struct brg_inbox_row *row, struct brg_link_row *link, bool *linked,
		struct brg_err *err)
{
	int found;

	if (row->op == BRG_GONE) {
		sync_inbox_done(s, row);
		return 0;
	}
	if (waits(s, row))
		return 0;
	found = sync_link_of(s, row->folder, row->remote_id, link, err);
	if (found < 0)
		return found;
	*linked = found && link->live;
	if (*linked && (row->flags & BRG_IS_PRIVATE)) {
		found = sync_item_hidden(s, row, link, err);
		/* First of all: who comes after it must not take it for something to share. */
		if (found > 0)
			return commit_or_leave(s, err);
		return found < 0 ? found : 1;
	}
	if (*linked)
		return 1;
	/* A folder that is not there any more, or not to be read. */
	if (!sync_folder(s, row->folder)) {
		sync_inbox_done(s, row);
		return 0;
	}
	/* It was looked at when the plan was made, and is neither a move nor something to adopt. */
	if (sync_rests(s, PLAN_HOLD_CREATES))
		return 0;
	if (sync_whole(s) && row->round < s->round)
		return 1;
	s->undecided++;
	return 0;
}

static int work_page(struct sync *s, struct brg_row *rows, size_t n, struct brg_err *err)
{
	struct batch *b = arena_alloc(s->v->batch, sizeof(*b));
	int rc = 0;

	b->n = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct brg_inbox_row *row = &rows[i].u.inbox;
		const struct brg_inbox_row *first = b->n ? b->rows[0] : row;

		if (b->n == SYNC_BATCH || row->kind != first->kind ||
		    !brg_str_eq(row->folder, first->folder))
			rc = work_batch(s, b, err);
		if (rc == 0)
			rc = ripe(s, row, &b->links[b->n], &b->linked[b->n], err);
		if (rc > 0) {
			b->rows[b->n++] = row;
			rc = 0;
		}
	}
	if (rc == 0)
		rc = work_batch(s, b, err);
	if (rc == 0 && s->v->step.n)
		rc = commit_or_leave(s, err);
	return rc;
}

/* What was parked, and came in by itself since: nothing waits any more, and be it for ever. */
static int unpark_rest(struct sync *s, struct brg_err *err)
{
	struct brg_query all = { .size = sizeof(all),
				 .what = BRG_READ_PARKED,
				 .mailbox = s->mailbox };
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &all, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_parked_row *parked = &rows[i].u.parked;
		struct brg_query q = { .size = sizeof(q),
				       .what = BRG_READ_INBOX,
				       .mailbox = s->mailbox,
				       .folder = parked->folder,
				       .remote = parked->remote_id,
				       .number = 1 };
		struct brg_row row;
		int found;

		if (!sync_folder(s, parked->folder) || sync_of_record(parked, NULL))
			continue;
		found = store_one(&s->e->store, &q, s->v->batch, &row, err);
		if (found < 0)
			return found;
		if (found == 0)
			sync_unpark(s, parked);
	}
	return s->v->step.n ? commit_or_leave(s, err) : 0;
}

int sync_inbox(struct sync *s, struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_INBOX, .mailbox = s->mailbox, .limit = PAGE
	};
	struct brg_arena *place = arena_new();
	struct brg_row *rows;
	bool any = s->v->claimed.n_parked > 0;
	size_t n = PAGE;
	int rc = 0;

	s->undecided = 0;
	while (rc == 0 && n == PAGE) {
		arena_reset(s->v->batch);
		rc = store_all(&s->e->store, &q, s->v->batch, &rows, &n, err);
		if (rc < 0 || n == 0)
			break;
		any = true;
		rc = work_page(s, rows, n, err);
		arena_reset(place);
		q.folder = arena_str(place, rows[n - 1].u.inbox.folder);
		q.remote = arena_str(place, rows[n - 1].u.inbox.remote_id);
		/* What lies in the rest is not decided: nothing is made for it, or deleted. */
		if (rc == 0 && n == PAGE && !s->plan.survey && visit_time_is_up(s->v)) {
			s->undecided++;
			break;
		}
	}
	if (rc == 0 && any && !s->plan.survey)
		rc = unpark_rest(s, err);
	arena_free(&place);
	arena_reset(s->v->batch);
	return rc < 0 ? rc : 0;
}
