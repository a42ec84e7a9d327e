/* SPDX-License-Identifier: Apache-2.0
 *
 * Links whose items were found gone: decided when all folders were pulled to their end behind the
 * mark, and nothing of the item has come up elsewhere.
 */
#include "core/sync-private.h"

#define PAGE 50

struct lost {
	struct brg_link_row link;
	struct sync_item item; /* as it was read now */
	bool stamped;
	struct brg_str folder, remote_id; /* where its stamp was found */
};

/* ---- looking once more ----------------------------------------------------------------------*/

static int read_now(struct sync *s, struct lost *list, size_t n, struct brg_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct lost *l = &list[i];

		if (!sync_folder(s, l->link.folder))
			continue;
		if (sync_get(s, l->link.folder, &l->link.remote_id, 1, l->link.kind, &l->item,
			     err) < 0)
			return err->code;
	}
	return 0;
}

static int find_stamps(struct sync *s, struct lost *list, size_t n, struct brg_err *err)
{
	struct brg_stamp stamps[PAGE] = { 0 };
	struct brg_str folders[PAGE] = { { 0 } }, ids[PAGE] = { { 0 } };
	size_t of[PAGE], asked = 0;

	for (size_t i = 0; i < n; i++) {
		if (!list[i].link.attempt || list[i].item.there || list[i].item.err)
			continue;
		of[asked] = i;
		stamps[asked++] = sync_stamp(s, &list[i].link.record, list[i].link.attempt);
	}
	if (sync_find(s, stamps, asked, folders, ids, err) < 0)
		return err->code;
	for (size_t i = 0; i < asked; i++) {
		struct lost *l = &list[of[i]];
		struct brg_link_row link;
		int found = 0;

		/* A copy has the same stamp, and may be linked to a record of its own. */
		if (ids[i].len)
			found = sync_link_of(s, folders[i], ids[i], &link, err);
		if (found < 0)
			return found;
		l->stamped = ids[i].len > 0 && !(found && link.live);
		l->folder = folders[i];
		l->remote_id = ids[i];
	}
	return 0;
}

/* ---- deciding -------------------------------------------------------------------------------*/

/* It is there after all, or has moved to where it will be told of. True: seen to. */
static bool is_back(struct sync *s, struct lost *l)
{
	struct brg_link_row link = l->link;

	if (l->item.there || l->item.err) {
		link.missing = 0;
		sync_put_link(s, &link, link.version);
		sync_read_again(s, link.kind, link.folder, link.remote_id);
		return true;
	}
	if (!l->stamped || !sync_folder(s, l->folder))
		return false;
	link.missing = 0;
	link.folder = l->folder;
	link.remote_id = l->remote_id;
	link.remote_version = (struct brg_str){ "", 0 };
	link.flags |= LINK_ELSEWHERE;
	sync_put_link(s, &link, link.version);
	sync_note(s, l->folder, l->remote_id, &link.record, &sync_decided_moved, "");
	sync_read_again(s, link.kind, link.folder, link.remote_id);
	return true;
}

static void fate_of(struct sync *s, const struct lost *l, const struct record *r,
		    struct fate_out *out)
{
	struct fate_in in = {
		.event = FATE_ITEM_DELETED,
		.kind = l->link.kind,
		.role = l->link.role,
		.past = l->link.kind == BRG_APPOINTMENT &&
			fate_is_past(&r->image, s->e->now_us(s->e)),
		.closed = fate_is_closed(l->link.kind, &r->image),
		.owner = brg_id_eq(&r->row.owner, &s->owner),
		.other_changed = l->link.record_now != l->link.seen_version,
	};

	in.outsider = in.role == ROLE_ATTENDEE && !sync_self_in(s, &r->image).len;
	/* In a folder that is not kept in step, or one that went with all that was in it. */
	if (!sync_folder(s, l->link.folder) ||
	    (l->stamped && l->folder.len && !sync_is_deleted_folder(s, l->folder)))
		in.event = FATE_ITEM_OUTSIDE;
	fate_decide(&in, out);
}

static int decide(struct sync *s, struct lost *l, struct brg_err *err)
{
	struct record_cause cause = sync_cause(s, &record_gone_there);
	struct brg_link_row *link = &l->link;
	struct fate_out fate = { .fate = FATE_UNLINK };
	struct record r;
	int lives = record_read(s->e, &link->record, s->v->batch, &r, err);
	bool deletes;

	if (lives < 0)
		return lives;
	if (lives == 0 || r.row.deleted_us) { /* both are gone */
		sync_end_link(s, link, BRG_LINK_DELETED);
		return 0;
	}
	fate_of(s, l, &r, &fate);
	deletes = fate.fate == FATE_DELETE;
	if (!sync_allows(s, SIDE_STORE, deletes ? EFFECT_DELETE : EFFECT_UNLINK, link, 0))
		return 0;
	sync_note(s, link->folder, link->remote_id, &link->record, fate.rule, "");
	if (deletes)
		record_delete(s->e, &s->v->step, &r, &cause);
	sync_end_link(s, link, BRG_LINK_DELETED);
	s->v->items++;
	return 0;
}

/* ---- pages ----------------------------------------------------------------------------------*/

static int work_page(struct sync *s, struct brg_row *rows, size_t n, struct brg_err *err)
{
	struct lost *list = arena_alloc(s->v->batch, (n + 1) * sizeof(*list));
	bool raced;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		list[i].link = rows[i].u.link;
	if (read_now(s, list, n, err) < 0 || find_stamps(s, list, n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (!is_back(s, &list[i]))
			rc = decide(s, &list[i], err);
	if (rc < 0)
		return rc;
	/* Tombstones are durable: what was deleted does not come back. */
	rc = sync_end_page(s, BRG_DURABLE, &raced, err);
	s->v->backlog = s->v->backlog || raced;
	return rc;
}

int sync_missing(struct sync *s, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_LINKS_MISSING,
			       .mailbox = s->mailbox,
			       .number = s->round - 1,
			       .limit = PAGE };
	struct brg_row *rows;
	size_t n = PAGE;
	int rc = 0;

	/* The other half of a move may lie in what was not walked, or not decided. */
	if (!sync_whole(s) || s->undecided || s->round < 2 || sync_rests(s, PLAN_HOLD_ENDS))
		return 0;
	while (rc == 0 && n == PAGE) {
		arena_reset(s->v->batch);
		rc = store_all(&s->e->store, &q, s->v->batch, &rows, &n, err);
		if (rc < 0 || n == 0)
			break;
		q.after = rows[n - 1].u.link.id;
		rc = work_page(s, rows, n, err);
	}
	arena_reset(s->v->batch);
	return rc < 0 ? rc : 0;
}
