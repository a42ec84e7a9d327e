/* SPDX-License-Identifier: Apache-2.0
 *
 * Records that have changed, and links that are to be looked at again: the mailbox is told.
 */
#include "core/sync-private.h"

#define PAGE 100

/* ---- what may be written --------------------------------------------------------------------*/

static bool can_write(const struct sync *s, int kind, const char *name)
{
	for (const struct brg_field_cap *c = s->ops->fields; c && c->name; c++)
		if (c->kind == kind && strcmp(c->name, name) == 0)
			return c->can & BRG_FIELD_WRITE;
	return s->ops->fields == NULL;
}

static bool part_can(const struct sync *s, const struct brg_part *part)
{
	return can_write(s, BRG_APPOINTMENT,
			 part->type == BRG_ATTENDEE ? "attendees" : "occurrences");
}

struct image sync_writable(const struct sync *s, int kind, const struct image *image,
			   struct brg_arena *arena)
{
	struct brg_field *fields = arena_alloc(arena, (image->fields.n + 1) * sizeof(*fields));
	struct brg_part *parts = arena_alloc(arena, (image->n_parts + 1) * sizeof(*parts));
	struct image out = { .parts = parts, .told = image->told };
	size_t n = 0;

	for (size_t i = 0; i < image->fields.n; i++) {
		const struct brg_field *f = &image->fields.at[i];
		const struct field *row = field_of(s->rules->table, kind, f->id);

		if (row && f->presence != BRG_ABSENT && can_write(s, kind, row->name))
			fields[n++] = *f;
	}
	for (size_t i = 0; i < image->n_parts; i++)
		if (part_can(s, &image->parts[i]))
			parts[out.n_parts++] = image->parts[i];
	out.fields = (struct brg_fields){ fields, n };
	return out;
}

static bool is_empty(const struct image *image)
{
	return image->fields.n == 0 && image->n_parts == 0;
}

int64_t sync_mails_out(struct sync *s, const struct brg_link_row *link, int type,
		       const struct image *record, const struct merge_out *merged)
{
	struct fate_mail mail = {
		.kind = link->kind,
		.type = type,
		.role = link->role,
		.invite = s->rules->invite && !s->plan.held,
		.past = link->kind == BRG_APPOINTMENT && fate_is_past(record, s->e->now_us(s->e)),
		.record = record,
		.groups = { ~UINT64_C(0), ~UINT64_C(0) },
	};

	if (merged) {
		mail.groups[0] = merged->pushed[0];
		mail.groups[1] = merged->pushed[1];
		mail.push = &merged->push;
	}
	return fate_mails_out(s->rules->table, &mail);
}

/* ---- one link -------------------------------------------------------------------------------*/

/* A page of dirty links, sorted by what is to be done. */
struct dirty {
	struct brg_link_row link;
	struct record record;
	bool lives;   /* the record is there and not deleted */
	bool reading; /* the item is to be read first */
	bool was_read;
	struct sync_item item;
};

/* The filters decide anew. 1: it has left them, and its item is let go. */
static int leaves(struct sync *s, struct dirty *d, struct brg_err *err)
{
	int matches = sync_matches(s, d->link.kind, &d->record.row.id, err);

	if (matches < 0)
		return matches;
	if (matches) {
		d->link.flags |= LINK_BY_FILTER;
		return 0;
	}
	if (!(d->link.flags & LINK_BY_FILTER))
		return 0;
	d->link.flags &= ~(uint32_t)LINK_BY_FILTER;
	return !(d->link.flags & LINK_TRACKED) && s->inbound[d->link.kind] != INBOUND_ALL;
}

/* Nothing is to be written: both have seen each other. */
static void settle(struct sync *s, struct dirty *d, const struct merge_out *out)
{
	d->link.seen_version = d->record.row.version;
	d->link.recheck = false;
	sync_put_link(s, &d->link, d->link.version);
	sync_put_shadows(s, &d->link, &out->base_record_after, &out->base_item, NULL);
}

/* The item was read, and says something: that comes first, as if the server had told of it. */
static int merge_first(struct sync *s, struct dirty *d, struct brg_err *err)
{
	struct brg_inbox_row row = sync_row_of(s, &d->link);

	s->refused++; /* and once more */
	return sync_item_linked(s, &row, &d->link, &d->item, err);
}

/* 1: *w is to be done. */
static int change(struct sync *s, struct dirty *d, struct sync_write *w, struct brg_err *err)
{
	const struct sync_item *item = d->item.there ? &d->item : NULL;
	struct sync_merged m;
	struct shadows shadows;

	if (d->was_read && (!item || item->err))
		return merge_first(s, d, err);
	if (sync_shadows(s, &d->link, &shadows, err) < 0)
		return err->code;
	/* The item is not somebody else's meeting. */
	if (sync_organizes(s, &shadows.item)) {
		int held = sync_hold_meeting(s, &d->record, err);

		if (held <= 0)
			return held;
	}
	if (sync_role(s, &d->record.image, &d->record.row.id, &d->link.role, err) < 0 ||
	    sync_merge(s, &d->link, &shadows, item, &d->record, &m, err) < 0)
		return err->code;
	if (item && (m.news || (item->flags & BRG_IS_PRIVATE)))
		return merge_first(s, d, err);
	w->push = sync_writable(s, d->link.kind, &m.out.push, s->v->batch);
	if (item)
		d->link.remote_version = item->version;
	if (is_empty(&w->push)) {
		settle(s, d, &m.out);
		return 0;
	}
	w->type = BRG_UPDATE;
	w->link = d->link;
	w->record = d->record;
	w->base_item = m.out.base_item;
	w->base_record_after = m.out.base_record_after;
	w->mails_out = sync_mails_out(s, &d->link, BRG_UPDATE, &d->record.image, &m.out);
	return sync_allows(s, SIDE_SERVER, EFFECT_CHANGE, &d->link, w->mails_out);
}

/* ---- records that were deleted --------------------------------------------------------------*/

/* Is there something that was not written? What a server fills in by itself cannot be told from
 * what a person has added as long as the item was not read back: an item too many harms less. */
static bool has_more(const struct image *there, const struct image *written)
{
	for (size_t i = 0; i < there->fields.n; i++) {
		const struct brg_field *ours = image_field(written, there->fields.at[i].id);

		if (there->fields.at[i].presence == BRG_VALUE &&
		    !(ours && ours->presence == BRG_VALUE))
			return true;
	}
	for (size_t i = 0; i < there->n_parts; i++)
		if (!image_part(written, there->parts[i].type, there->parts[i].key))
			return true;
	return false;
}

static int fate_of(struct sync *s, struct dirty *d, struct fate_out *out, struct brg_err *err)
{
	const struct image *ours = &d->record.image;
	const struct image *there = image_zones_as(&d->item.image, ours, s->v->batch);
	struct shadows shadows;
	struct fate_in in = {
		.event = FATE_RECORD_DELETED,
		.kind = d->link.kind,
		.past = d->link.kind == BRG_APPOINTMENT && fate_is_past(there, s->e->now_us(s->e)),
		.closed = fate_is_closed(d->link.kind, &d->record.image),
		.done_there = d->link.kind == BRG_TASK && fate_is_closed(BRG_TASK, there),
		.owner = brg_id_eq(&d->record.row.owner, &s->owner),
	};

	if (sync_role(s, there, &d->link.record, &in.role, err) < 0 ||
	    sync_shadows(s, &d->link, &shadows, err) < 0)
		return err->code;
	in.other_changed = !brg_str_eq(d->item.version, d->link.remote_version) &&
			   !image_eq(there, image_zones_as(&shadows.item, ours, s->v->batch));
	if (in.other_changed && shadows.has_pushed) {
		struct image after = sync_after(s, &shadows.item, &shadows.pushed);

		in.other_changed = !image_resembles(&after, there) || has_more(there, &after);
	}
	fate_decide(&in, out);
	return 0;
}

/* 1: *w is to be done. */
static int delete (struct sync *s, struct dirty *d, struct sync_write *w, struct brg_err *err)
{
	struct fate_out fate;
	bool deletes;

	if (!d->item.there) {
		sync_end_link(s, &d->link, BRG_LINK_DELETED);
		return 0;
	}
	if (d->item.err)
		return 0;
	if (fate_of(s, d, &fate, err) < 0)
		return err->code;
	deletes = fate.fate == FATE_DELETE;
	w->type = BRG_DELETE;
	w->link = d->link;
	w->link.remote_version = d->item.version;
	w->record = d->record;
	w->mails_out = sync_mails_out(s, &d->link, BRG_DELETE, &d->item.image, NULL);
	if (!sync_allows(s, SIDE_SERVER, deletes ? EFFECT_DELETE : EFFECT_UNLINK, &d->link,
			 deletes ? w->mails_out : 0))
		return 0;
	sync_note(s, d->link.folder, d->link.remote_id, &d->link.record, fate.rule, "");
	if (deletes)
		return 1;
	sync_end_link(s, &d->link, BRG_LINK_DELETED);
	return 0;
}

/* ---- pages ----------------------------------------------------------------------------------*/

/* It failed and waits for its time. */
static int is_parked(struct sync *s, const struct brg_link_row *link, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_INBOX,
			       .mailbox = s->mailbox,
			       .folder = link->folder,
			       .remote = link->remote_id,
			       .number = 1 };
	struct brg_row row;
	int found = store_one(&s->e->store, &q, s->v->batch, &row, err);

	return found > 0 ? row.u.inbox.tries > 0 : found;
}

/* 1: it is looked at. */
static int take(struct sync *s, const struct brg_link_row *link, struct dirty *d,
		struct brg_err *err)
{
	int rc = is_parked(s, link, err);

	*d = (struct dirty){ .link = *link };
	if (rc != 0 || link->missing)
		return rc < 0 ? rc : 0;
	rc = record_read(s->e, &link->record, s->v->batch, &d->record, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		sync_end_link(s, &d->link, BRG_LINK_UNLINKED);
		return 0;
	}
	d->lives = d->record.row.deleted_us == 0;
	if (!d->lives && sync_rests(s, PLAN_HOLD_ENDS))
		return 0;
	d->reading = !d->lives || (link->flags & LINK_CONFLICT) ||
		     !(s->ops->caps & BRG_CAP_PRECONDITION);
	return 1;
}

static int read_items(struct sync *s, struct dirty *list, size_t n, struct brg_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct brg_str ids[PAGE];
		struct sync_item items[PAGE];
		size_t of[PAGE], asked = 0;

		if (!list[i].reading)
			continue;
		for (size_t k = i; k < n; k++) {
			if (!list[k].reading || list[k].link.kind != list[i].link.kind ||
			    !brg_str_eq(list[k].link.folder, list[i].link.folder))
				continue;
			of[asked] = k;
			ids[asked++] = list[k].link.remote_id;
		}
		if (sync_get(s, list[i].link.folder, ids, asked, list[i].link.kind, items, err) < 0)
			return err->code;
		for (size_t k = 0; k < asked; k++) {
			list[of[k]].item = items[k];
			list[of[k]].reading = false;
			list[of[k]].was_read = true;
		}
	}
	return 0;
}

static int one(struct sync *s, struct dirty *d, struct sync_write *w, struct brg_err *err)
{
	int rc;

	if (!d->lives)
		return delete (s, d, w, err);
	/* What one mailbox keeps to itself is not taken from another: the two part. */
	if (record_is_blank(&d->record)) {
		(void)sync_let_go(s, &d->link, FATE_ITEM_PRIVATE);
		return 0;
	}
	rc = leaves(s, d, err);
	if (rc == 0)
		return change(s, d, w, err);
	d->link.flags |= LINK_LEFT;
	if (rc > 0)
		(void)sync_let_go(s, &d->link, FATE_RECORD_LEFT);
	return rc < 0 ? rc : 0;
}

/* Writes of one folder, kind and type go together. */
static int write_all(struct sync *s, struct sync_write *writes, size_t n, struct brg_err *err)
{
	size_t done = 0;
	bool raced;
	int rc = sync_end_page(s, BRG_DURABLE, &raced, err);

	/* An edit at the same moment: the next visit sees both. */
	s->v->backlog = s->v->backlog || raced;
	while (done < n && rc == 0) {
		size_t k = done + 1;

		while (k < n && k - done < SYNC_BATCH && writes[k].type == writes[done].type &&
		       writes[k].link.kind == writes[done].link.kind &&
		       brg_str_eq(writes[k].link.folder, writes[done].link.folder))
			k++;
		rc = sync_do(s, writes + done, k - done, err);
		done = k;
	}
	return rc;
}

static int work_page(struct sync *s, struct brg_row *rows, size_t n, struct brg_err *err)
{
	struct dirty *list = arena_alloc(s->v->batch, (n + 1) * sizeof(*list));
	struct sync_write *writes = arena_alloc(s->v->batch, (n + 1) * sizeof(*writes));
	size_t taken = 0, due = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = take(s, &rows[i].u.link, &list[taken], err);
		taken += rc > 0;
	}
	if (rc >= 0)
		rc = read_items(s, list, taken, err);
	/* Deletes last. */
	for (int deletes = 0; deletes < 2; deletes++)
		for (size_t i = 0; i < taken && rc >= 0; i++) {
			if (list[i].lives == (deletes == 1))
				continue;
			rc = one(s, &list[i], &writes[due], err);
			due += rc > 0;
		}
	return rc < 0 ? rc : write_all(s, writes, due, err);
}

int sync_push(struct sync *s, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_LINKS_DIRTY,
			       .mailbox = s->mailbox,
			       .limit = PAGE };
	struct brg_row *rows;
	size_t n = PAGE;
	int rc = 0;

	while (rc == 0 && n == PAGE) {
		arena_reset(s->v->batch);
		rc = store_all(&s->e->store, &q, s->v->batch, &rows, &n, err);
		if (rc < 0 || n == 0)
			break;
		q.after = rows[n - 1].u.link.id;
		rc = work_page(s, rows, n, err);
		if (rc == 0 && n == PAGE && !s->plan.survey && visit_time_is_up(s->v)) {
			s->v->backlog = true;
			break;
		}
	}
	arena_reset(s->v->batch);
	return rc < 0 ? rc : 0;
}
