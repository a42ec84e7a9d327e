/* SPDX-License-Identifier: Apache-2.0
 *
 * The merge of one link, with what hangs on it: conflicts that wait for a person or were settled,
 * and what follows for record, link and shadows.
 */
#include "core/sync-private.h"

#include "core/id.h"

#include <jansson.h>

static void merge_in(struct sync *s, const struct brg_link_row *link, const struct shadows *shadows,
		     const struct record *record, struct merge_in *in)
{
	*in = (struct merge_in){
		.table = s->rules->table,
		.kind = link->kind,
		.base_record = &shadows->record,
		.base_item = &shadows->item,
		.record = &record->image,
		.pushed = shadows->has_pushed ? &shadows->pushed : NULL,
		.rules = s->rules->merge[link->kind],
		.role = link->role,
		.record_us = record->row.modified_us,
		.item_after_us = link->synced_us,
	};
}

/* Is it another item (a copy from before), or has somebody written it behind us? Without a version
 * nobody knows. */
static bool is_doubtful(const struct brg_link_row *link, const struct sync_item *item)
{
	if (!item || (link->flags & LINK_AGAIN))
		return false;
	return (link->flags & LINK_ELSEWHERE) ||
	       (link->remote_version.len && !brg_str_eq(item->version, link->remote_version));
}

/* What a person has settled meanwhile, and the rows of it. */
static int read_conflicts(struct sync *s, const struct brg_link_row *link, struct merge_in *in,
			  struct sync_merged *m, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_CONFLICTS,
			       .other = link->record };
	struct merge_settled *settled;

	m->n_rows = 0;
	if (!(link->flags & LINK_CONFLICT))
		return 0;
	if (store_all(&s->e->store, &q, s->v->batch, &m->rows, &m->n_rows, err) < 0)
		return err->code;
	settled = arena_alloc(s->v->batch, (m->n_rows + 1) * sizeof(*settled));
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct brg_conflict_row *c = &m->rows[i].u.conflict;

		if (brg_id_eq(&c->link, &link->id) && c->resolution != BRG_UNRESOLVED)
			settled[in->n_settled++] =
				(struct merge_settled){ c->group, c->resolution == BRG_TAKE_RECORD
									  ? SIDE_STORE
									  : SIDE_SERVER };
	}
	in->settled = settled;
	return 0;
}

static bool is_open(const struct merge_out *out, struct brg_str group)
{
	for (size_t i = 0; i < out->n_conflicts; i++)
		if (brg_str_eq(out->conflicts[i].group, group))
			return true;
	return false;
}

/* Conflicts that are none any more. */
static size_t over(const struct sync_merged *m, const struct brg_link_row *link)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rows; i++)
		n += brg_id_eq(&m->rows[i].u.conflict.link, &link->id) &&
		     !m->rows[i].u.conflict.closed_us &&
		     !is_open(&m->out, m->rows[i].u.conflict.group);
	return n;
}

static struct brg_str conflict_json(struct sync *s, int kind, const struct image *image)
{
	return image_to_json(s->rules->table, kind, image, false, s->v->pending);
}

static void put_conflict(struct sync *s, const struct brg_link_row *link,
			 const struct merge_conflict *c)
{
	struct brg_conflict_row *to = &commit_op(s->v, BRG_OP_CONFLICT, BRG_ANY)->u.conflict;
	int64_t now = s->e->now_us(s->e);

	*to = (struct brg_conflict_row){
		.id = id_new(now),
		.record = link->record,
		.mailbox = s->mailbox,
		.link = link->id,
		.group = arena_str(s->v->pending, c->group),
		.base = conflict_json(s, link->kind, &c->base),
		.ours = conflict_json(s, link->kind, &c->ours),
		.theirs = conflict_json(s, link->kind, &c->theirs),
		.opened_us = now,
	};
}

/* Those that are no conflict any more are closed. */
static void close_conflicts(struct sync *s, const struct brg_link_row *link,
			    const struct sync_merged *m)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		struct brg_conflict_row c = m->rows[i].u.conflict;

		if (!brg_id_eq(&c.link, &link->id) || c.closed_us || is_open(&m->out, c.group))
			continue;
		c.closed_us = s->e->now_us(s->e);
		commit_op(s->v, BRG_OP_CONFLICT, BRG_ANY)->u.conflict = c;
	}
}

/* A mailbox that was set back: the item is another, and older than what was agreed. */
#define OLDER_US INT64_C(600000000)
static bool is_older(const struct sync *s, const struct brg_link_row *link,
		     const struct shadows *shadows, const struct sync_item *item,
		     const struct record *record)
{
	return item->modified_us && link->synced_us &&
	       item->modified_us + OLDER_US < link->synced_us &&
	       !image_eq(image_zones_as(&item->image, &record->image, s->v->batch),
			 image_zones_as(&shadows->item, &record->image, s->v->batch));
}

/* Link and shadows as the merge leaves them. `version` is the record's after this step. */
static void put_merged(struct sync *s, struct brg_link_row *link, const struct sync_item *item,
		       const struct merge_out *out, int64_t version, int64_t expect)
{
	link->remote_version = item->version;
	link->missing = 0;
	link->synced_us = s->e->now_us(s->e);
	if (!out->pushes)
		link->seen_version = version;
	/* What is to be pushed is seen by the version, but where nobody has written the record. */
	link->recheck = out->pushes && link->seen_version == version;
	link->flags &= ~(uint32_t)(LINK_TRACKED | LINK_CONFLICT | LINK_AGAIN | LINK_ELSEWHERE);
	link->flags |= sync_is_tracked(item->flags) ? LINK_TRACKED : 0;
	link->flags |= out->n_conflicts ? LINK_CONFLICT : 0;
	link->flags |= out->again ? LINK_AGAIN : 0;
	sync_put_link(s, link, expect);
	sync_put_shadows(s, link, out->pushes ? &out->base_record : &out->base_record_after,
			 &out->base_item, NULL);
}

/* Whose times of single groups decide: asked for only when the whole record's cannot. */
static int group_times(struct sync *s, const struct record *record, struct merge_in *in,
		       struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_HISTORY, .other = record->row.id, .limit = 200
	};
	int64_t *us = arena_alloc(s->v->batch, FIELD_GROUPS_MAX * sizeof(*us));
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_history_row *h = &rows[i].u.history;
		json_t *changes = json_loadb(h->changes.ptr, h->changes.len, 0, NULL), *one;
		const char *group;

		json_object_foreach(changes, group, one)
		{
			int g = field_group_named(in->table, in->kind, brg_cstr(group));

			if (g >= 0 && us[g] == 0 && json_object_get(one, "now"))
				us[g] = id_time_us(&h->id);
		}
		json_decref(changes);
	}
	in->group_us = us;
	return 0;
}

int sync_merge(struct sync *s, const struct brg_link_row *link, const struct shadows *shadows,
	       const struct sync_item *item, const struct record *record, struct sync_merged *m,
	       struct brg_err *err)
{
	struct merge_in in;

	*m = (struct sync_merged){ 0 };
	merge_in(s, link, shadows, record, &in);
	in.item = item ? &item->image : &shadows->item;
	if (link->kind != BRG_CONTACT) {
		in.item = image_zones_as(in.item, &record->image, s->v->batch);
		in.base_item = image_zones_as(in.base_item, &record->image, s->v->batch);
	}
	/* As the one of them has it that has him. */
	in.self = sync_self_in(s, &record->image);
	if (in.self.len == 0)
		in.self = sync_self_in(s, in.item);
	in.item_us = item ? item->modified_us : 0;
	in.doubt = is_doubtful(link, item);
	in.elsewhere = (link->flags & LINK_ELSEWHERE) != 0;
	if (read_conflicts(s, link, &in, m, err) < 0)
		return err->code;
	merge(&in, s->v->batch, &m->out);
	if (m->out.tie) {
		if (group_times(s, record, &in, err) < 0)
			return err->code;
		merge(&in, s->v->batch, &m->out);
	}
	m->news = m->out.record_changed || m->out.n_losses || over(m, link) ||
		  m->out.n_conflicts > m->n_rows;
	return 0;
}

int sync_merge_new(struct sync *s, const struct brg_link_row *link, const struct sync_item *item,
		   const struct record *record, struct image *out, struct brg_err *err)
{
	const struct record none = { .row.kind = link->kind };
	const struct shadows nothing = { 0 };
	struct sync_merged m;

	if (sync_merge(s, link, &nothing, item, record ? record : &none, &m, err) < 0)
		return err->code;
	*out = record ? m.out.push : m.out.record;
	return 0;
}

/* The merge and all that follows for store and link; pushing comes later, by the dirty mark. */
int sync_merge_put(struct sync *s, const struct brg_inbox_row *row, struct brg_link_row *link,
		   const struct shadows *shadows, const struct sync_item *item,
		   struct record *record, int64_t expect, struct brg_err *err)
{
	struct record_cause cause = sync_cause(s, &record_by_item);
	int64_t version = record->row.version;
	struct sync_merged m;

	if (sync_role(s, &item->image, &record->row.id, &link->role, err) < 0 ||
	    sync_merge(s, link, shadows, item, record, &m, err) < 0)
		return err->code;
	if (s->plan.survey && is_older(s, link, shadows, item, record))
		s->older++;
	if (m.out.record_changed &&
	    !sync_allows(s, SIDE_STORE, expect == BRG_NEW ? EFFECT_ADOPT : EFFECT_CHANGE, link, 0))
		return 0;
	cause.losses = m.out.losses;
	cause.n_losses = m.out.n_losses;
	commit_begin(s->v);
	if (m.out.record_changed) {
		if (record_change(s->e, &s->v->step, record, &m.out.record, item->uid, &cause,
				  err) < 0)
			return err->code;
		version++;
	} else if (m.out.n_losses) {
		cause.row = &record_lost;
		record_note(s->e, &s->v->step, record, &cause);
	}
	put_merged(s, link, item, &m.out, version, expect);
	/* Made by us, and not read until now. */
	if (link->attempt && shadows->has_pushed)
		sync_put_uid(s, &record->row.id, item->uid);
	for (size_t i = 0; i < m.out.n_conflicts; i++)
		put_conflict(s, link, &m.out.conflicts[i]);
	close_conflicts(s, link, &m);
	sync_inbox_done(s, row);
	s->v->items++;
	s->v->stored += m.out.record_changed;
	return 0;
}
