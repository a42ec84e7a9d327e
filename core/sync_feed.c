/* SPDX-License-Identifier: Apache-2.0
 *
 * Records that the owner's filters let through and that the mailbox does not have: they are made
 * there. What has changed since the last visit is asked of the feed of changes, never all records.
 */
#include "core/sync-private.h"

#include "core/id.h"

#define PAGE 200

/* ---- one record -----------------------------------------------------------------------------*/

int sync_hold_meeting(struct sync *s, struct record *r, struct brg_err *err)
{
	struct record_cause cause = sync_cause(s, &record_organized);
	struct image_draft draft;
	struct image organizer = { 0 }, after;
	bool raced;

	if (r->row.kind != BRG_APPOINTMENT || image_str(&r->image, APPT_ORGANIZER).len ||
	    fate_attendees(&r->image) == 0 || s->plan.survey)
		return 1;
	draft_init(&draft, s->v->batch);
	draft_text(&draft, APPT_ORGANIZER, BRG_TEXT, image_address(s->self[0], s->v->batch));
	organizer.fields = draft_done(&draft);
	image_lay(&r->image, &organizer, s->v->batch, &after);
	if (sync_end_page(s, BRG_RELAXED, &raced, err) < 0)
		return err->code;
	commit_begin(s->v);
	if (record_change(s->e, &s->v->step, r, &after, (struct brg_str){ "", 0 }, &cause, err) <
		    0 ||
	    sync_end_page(s, BRG_DURABLE, &raced, err) < 0)
		return err->code;
	s->v->backlog = s->v->backlog || raced;
	return raced ? 0 : record_read(s->e, &r->row.id, s->v->batch, r, err);
}

/* The item of a link that ended is still there: they are one again. 1: done. */
static int relink(struct sync *s, struct record *r, const struct brg_link_row *former,
		  struct brg_err *err)
{
	struct brg_inbox_row row = sync_row_of(s, former);
	struct brg_link_row now;
	struct sync_item item;
	int found;

	if (!sync_folder(s, former->folder))
		return 0;
	/* Another record's by now? */
	found = sync_link_of(s, former->folder, former->remote_id, &now, err);
	if (found < 0 || (found && now.live))
		return found < 0 ? found : 0;
	if (sync_get(s, former->folder, &former->remote_id, 1, r->row.kind, &item, err) < 0)
		return err->code;
	/* It may be there: nothing is made before that is known. */
	if (item.err) {
		(void)sync_park_row(s, former->folder, sync_record_name(&r->row.id, s->v->pending),
				    item.err);
		return 1;
	}
	if (!item.there || (item.flags & BRG_IS_PRIVATE))
		return 0;
	if (sync_adopt(s, &row, &item, r, former, err) < 0)
		return err->code;
	/* The next of them may have known the same item. */
	if (!s->plan.survey && s->v->step.n && sync_commit(s, BRG_RELAXED, err) < 0)
		return err->code;
	return 1;
}

/* May it be made, as far as this mailbox has known it before? */
static int not_ended(struct sync *s, struct record *r, struct brg_err *err)
{
	struct brg_link_row link;
	int found = sync_link_to(s, &r->row.id, &link, err), rc;

	if (found <= 0)
		return found < 0 ? found : 1;
	/* Deleted or put aside by a person: it does not come again. */
	if (link.live || !(link.flags & LINK_LEFT))
		return 0;
	rc = relink(s, r, &link, err);
	return rc < 0 ? rc : rc == 0;
}

/* 1: *w is to be done. */
static int take(struct sync *s, struct record *r, struct sync_write *w, struct brg_err *err)
{
	const struct sync_folder *home = sync_home(s, r->row.kind);
	struct image push;
	/* A meeting is made by its organizer's mailbox alone; the others are invited. */
	int rc = home && sync_organizes(s, &r->image) ? not_ended(s, r, err) : 0;

	if (rc > 0)
		rc = sync_hold_meeting(s, r, err);
	if (rc <= 0)
		return rc;
	*w = (struct sync_write){
		.link = { .id = id_new(s->e->now_us(s->e)),
			  .record = r->row.id,
			  .mailbox = s->mailbox,
			  .live = true,
			  .folder = home->id,
			  .kind = r->row.kind,
			  .pass = s->pass,
			  .flags = LINK_BY_FILTER },
		.record = *r,
		.base_record_after = r->image,
		.type = BRG_CREATE,
	};
	if (sync_merge_new(s, &w->link, NULL, r, &push, err) < 0)
		return err->code;
	w->push = sync_writable(s, r->row.kind, &push, s->v->batch);
	w->mails_out = sync_mails_out(s, &w->link, BRG_CREATE, &r->image, NULL);
	return sync_allows(s, SIDE_SERVER, EFFECT_CREATE, &w->link, w->mails_out);
}

/* ---- pages ----------------------------------------------------------------------------------*/

/* The feed names records, a list of all brings them. 1: *out. What a survey has found an item for
 * is not looked at: it would be linked by now. */
static int read_row(struct sync *s, const struct brg_row *row, struct record *out,
		    struct brg_err *err)
{
	bool named = row->what == BRG_READ_CHANGES;

	if (s->plan.survey &&
	    plan_adopts(&s->plan, named ? &row->u.change.record : &row->u.record.id))
		return 0;
	if (named)
		return record_read(s->e, &row->u.change.record, s->v->batch, out, err);
	return record_decode(s->e, &row->u.record, s->v->batch, out, err) < 0 ? err->code : 1;
}

static int work_rows(struct sync *s, struct brg_row *rows, size_t n, struct brg_err *err)
{
	struct sync_write *writes = arena_alloc(s->v->batch, (n + 1) * sizeof(*writes));
	size_t due = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct record r;

		rc = read_row(s, &rows[i], &r, err);
		if (rc > 0)
			rc = take(s, &r, &writes[due], err);
		due += rc > 0;
	}
	if (s->plan.survey) {
		commit_drop(s->v);
		return rc < 0 ? rc : 0;
	}
	if (rc >= 0 && s->v->step.n)
		rc = sync_commit(s, BRG_RELAXED, err);
	for (size_t i = 0; i < due && rc >= 0; i += SYNC_BATCH)
		rc = sync_do(s, writes + i, due - i < SYNC_BATCH ? due - i : SYNC_BATCH, err);
	return rc < 0 ? rc : 0;
}

static int work_kind(struct sync *s, int kind, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_MATCHES,
			       .mailbox = s->mailbox,
			       .number = kind,
			       .text = s->position,
			       .expr = s->filter[kind],
			       .limit = PAGE };
	struct brg_arena *place = arena_new();
	struct brg_row *rows;
	size_t n = PAGE;
	int rc = 0;

	/* Without a position the order is that of the records. */
	while (rc == 0 && n == PAGE && s->filter[kind]) {
		arena_reset(s->v->batch);
		rc = store_all(&s->e->store, &q, s->v->batch, &rows, &n, err);
		if (rc < 0 || n == 0)
			break;
		rc = work_rows(s, rows, n, err);
		arena_reset(place);
		if (q.text.len)
			q.text = arena_str(place, rows[n - 1].u.change.position);
		else
			q.after = rows[n - 1].u.record.id;
	}
	arena_free(&place);
	arena_reset(s->v->batch);
	return rc < 0 ? rc : 0;
}

/* Records whose creation failed, and whose time has come. */
static int work_parked(struct sync *s, struct brg_err *err)
{
	const struct brg_claimed *c = &s->v->claimed;
	int rc = 0;

	for (size_t i = 0; i < c->n_parked && rc == 0 && !s->plan.survey; i++) {
		struct brg_row row = { 0 };
		struct record r;
		struct brg_id id;
		int lives, matches = 0;

		if (!sync_of_record(&c->parked[i], &id))
			continue;
		lives = record_read(s->e, &id, s->v->batch, &r, err);
		if (lives > 0 && !r.row.deleted_us)
			matches = sync_matches(s, r.row.kind, &id, err);
		if (lives < 0 || matches < 0)
			return err->code;
		sync_unpark(s, &c->parked[i]);
		row.u.record = r.row;
		rc = matches ? work_rows(s, &row, 1, err) : sync_commit(s, BRG_RELAXED, err);
	}
	return rc;
}

static int last_position(struct sync *s, struct brg_str *out, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_CHANGES,
			       .remote = brg_cstr("last") };
	struct brg_row row;
	int rc = store_one(&s->e->store, &q, s->v->batch, &row, err);

	*out = rc > 0 ? arena_str(s->v->arena, row.u.change.position) : s->position;
	return rc < 0 ? rc : 0;
}

int sync_feed(struct sync *s, struct brg_err *err)
{
	struct brg_str position;
	int64_t withheld = s->plan.withheld;
	int rc;

	/* Something that waits may be the same thing as a record. */
	if (!sync_whole(s) || (!s->met && s->undecided))
		return 0;
	if (last_position(s, &position, err) < 0)
		return err->code;
	if (brg_str_eq(position, s->position) && s->v->claimed.n_parked == 0)
		return 0;
	rc = work_parked(s, err);
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT && rc == 0; kind++)
		rc = work_kind(s, kind, err);
	if (rc == 0 && !s->plan.survey && s->plan.withheld == withheld)
		s->position = position;
	return rc;
}
