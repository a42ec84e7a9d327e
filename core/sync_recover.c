/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes that an earlier life may have done: each intent that is still there is looked up before
 * anything else, and nothing is done again that was done.
 */
#include "core/sync-private.h"

#define TRIES 3 /* where somebody else writes the same link */

struct found {
	struct sync *s;
	struct brg_str *folder, *remote_id; /* by stamp; empty: not found */
};

static int on_found(void *arg, size_t which, const struct brg_envelope *e)
{
	struct found *f = arg;

	/* Several: the first is ours, the others come up as copies. */
	if (f->remote_id[which].len)
		return 0;
	f->remote_id[which] = arena_str(f->s->v->batch, e->remote_id);
	f->folder[which] = arena_str(f->s->v->batch, e->folder);
	return 0;
}

int sync_find(struct sync *s, const struct brg_stamp *stamps, size_t n, struct brg_str *folders,
	      struct brg_str *remote_ids, struct brg_err *err)
{
	struct found f = { s, folders, remote_ids };

	if (n == 0 || !(s->ops->caps & BRG_CAP_STAMP) || !BRG_HAS(s->ops, brg_connector, find))
		return 0;
	return contract_answer(
		s->v,
		s->ops->find(s->v->session, SYNC_KINDS, stamps, n, s->v->batch, on_found, &f, err),
		"find", err);
}

static void intent_done(struct sync *s, const struct brg_intent_row *row)
{
	commit_op(s->v, BRG_OP_INTENT_DONE, BRG_ANY)->u.intent = *row;
}

static int written(struct sync *s, const struct brg_intent_row *row, struct image *out,
		   struct brg_err *err)
{
	return image_from_json(s->rules->table, row->kind, row->fields, s->v->batch, out, err);
}

/* Servers keep what differs in a series apart from it, and connectors write it behind the series:
 * which of it is there shows when the item is read, and the rest is still to be written. */
static struct image without_occurrences(struct sync *s, const struct image *image)
{
	struct brg_part *parts = arena_alloc(s->v->batch, (image->n_parts + 1) * sizeof(*parts));
	struct image out = *image;

	out.parts = parts;
	out.n_parts = 0;
	for (size_t i = 0; i < image->n_parts; i++)
		if (image->parts[i].type != BRG_OCCURRENCE)
			parts[out.n_parts++] = image->parts[i];
	return out;
}

/* It is there: the link that was chosen for it comes to life. It is read in this visit; until then
 * what was written counts as what is there. */
static int created(struct sync *s, const struct brg_intent_row *row, struct brg_str folder,
		   struct brg_str remote_id, struct brg_err *err)
{
	struct brg_link_row link = {
		.id = row->link,
		.record = row->record,
		.mailbox = s->mailbox,
		.live = true,
		.folder = folder.len ? folder : row->folder,
		.remote_id = remote_id,
		.kind = row->kind,
		.seen_version = row->record_version,
		.attempt = row->attempt,
		.synced_us = row->made_us,
		.flags = LINK_BY_FILTER,
	};
	struct brg_link_row there;
	struct image image, alone;
	int found = sync_link_of(s, link.folder, remote_id, &there, err);

	if (found < 0 || (found && there.live)) /* it has come in as any other item, by its stamp */
		return found < 0 ? found : 0;
	if (written(s, row, &image, err) < 0)
		return err->code;
	if (!sync_folder(s, link.folder)) {
		/* Made, and thrown away or put aside since. */
		link.live = false;
		link.end = BRG_LINK_DELETED;
		sync_put_link(s, &link, BRG_NEW);
		return 0;
	}
	sync_put_link(s, &link, BRG_NEW);
	alone = without_occurrences(s, &image);
	sync_put_shadows(s, &link, &alone, &alone, &image);
	sync_read_again(s, row->kind, link.folder, link.remote_id);
	return 0;
}

/* ---- updates and deletes --------------------------------------------------------------------*/

static int link_of(struct sync *s, const struct brg_intent_row *row, struct brg_link_row *out,
		   struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_LINK, .mailbox = s->mailbox, .id = row->link
	};
	struct brg_row found;
	int rc = brg_id_is_nil(&row->link) ? 0
					   : store_one(&s->e->store, &q, s->v->batch, &found, err);

	if (rc > 0)
		*out = found.u.link;
	return rc;
}

/* All that was written is there, and nothing else is another than before: nobody but us was here,
 * and what the server has made of it is what was read. */
static bool is_our_work(const struct image *before, const struct image *push,
			const struct image *now)
{
	if (push->n_parts || before->n_parts != now->n_parts)
		return false;
	for (size_t i = 0; i < now->n_parts; i++)
		if (!image_part_eq(&before->parts[i], &now->parts[i]))
			return false;
	for (size_t i = 0; i < push->fields.n; i++) {
		const struct brg_field *f = &push->fields.at[i];

		if (!field_resembles(f, image_field(now, f->id)))
			return false;
	}
	for (size_t i = 0; i < now->fields.n; i++) {
		const struct brg_field *f = &now->fields.at[i];

		if (!image_field(push, f->id) && !field_value_eq(f, image_field(before, f->id)))
			return false;
	}
	return true;
}

/* Was it done? Of the version that it had: no. As it was to be, and no other than that: yes, and
 * both shadows move on. Else somebody has written it, before us or behind us, and the merge is told
 * what we may have written: an item that has nothing of it may be one that drops it, or as before.
 */
static int updated(struct sync *s, const struct brg_intent_row *row, struct brg_link_row *link,
		   const struct sync_item *item, struct brg_err *err)
{
	struct shadows shadows;
	struct image push, record;

	if (brg_str_eq(item->version, row->remote_version) && item->version.len)
		return 0;
	if (sync_shadows(s, link, &shadows, err) < 0 || written(s, row, &push, err) < 0)
		return err->code;
	if (!(link->flags & LINK_CONFLICT) &&
	    is_our_work(image_zones_as(&shadows.item, &shadows.record, s->v->batch), &push,
			image_zones_as(&item->image, &shadows.record, s->v->batch))) {
		record = sync_after(s, &shadows.record, &push);
		sync_put_shadows(s, link, &record, &item->image, NULL);
		link->remote_version = item->version;
		sync_put_link(s, link, link->version);
		return 0;
	}
	sync_put_shadows(s, link, &shadows.record, &shadows.item, &push);
	sync_read_again(s, link->kind, link->folder, link->remote_id);
	return 0;
}

static int known(struct sync *s, const struct brg_intent_row *row, struct brg_err *err)
{
	struct brg_link_row link = { .live = false };
	struct sync_item item;
	int found = link_of(s, row, &link, err);

	if (found < 0)
		return found;
	if (found == 0 || !link.live) {
		intent_done(s, row);
		return 0;
	}
	if (sync_get(s, link.folder, &link.remote_id, 1, link.kind, &item, err) < 0)
		return err->code;
	intent_done(s, row);
	if (!item.there && row->type == BRG_DELETE) {
		sync_end_link(s, &link, BRG_LINK_DELETED);
		return 0;
	}
	if (!item.there) {
		sync_put_missing(s, &link);
		return 0;
	}
	return item.err || row->type == BRG_DELETE ? 0 : updated(s, row, &link, &item, err);
}

/* In a step of its own: a link may have two intents, and the second goes by what the first has made
 * of it. */
static int known_alone(struct sync *s, const struct brg_intent_row *row, struct brg_err *err)
{
	bool raced = true;
	int rc = 0;

	for (int tries = 0; rc == 0 && raced && tries < TRIES; tries++) {
		rc = known(s, row, err);
		if (rc == 0)
			rc = sync_end_page(s, BRG_RELAXED, &raced, err);
	}
	return rc;
}

/* ---- all ------------------------------------------------------------------------------------*/

static int recover_creates(struct sync *s, const struct brg_row *rows, size_t n,
			   struct brg_err *err)
{
	struct brg_stamp *stamps = arena_alloc(s->v->batch, (n + 1) * sizeof(*stamps));
	struct brg_str *folders = arena_alloc(s->v->batch, (n + 1) * sizeof(*folders));
	struct brg_str *ids = arena_alloc(s->v->batch, (n + 1) * sizeof(*ids));
	size_t *of = arena_alloc(s->v->batch, (n + 1) * sizeof(*of)), creates = 0;

	for (size_t i = 0; i < n; i++) {
		const struct brg_intent_row *row = &rows[i].u.intent;

		if (row->type != BRG_CREATE)
			continue;
		of[creates] = i;
		stamps[creates++] = sync_stamp(s, &row->record, row->attempt);
	}
	if (sync_find(s, stamps, creates, folders, ids, err) < 0)
		return err->code;
	for (size_t i = 0; i < creates; i++) {
		const struct brg_intent_row *row = &rows[of[i]].u.intent;
		struct record record;
		int lives = record_read(s->e, &row->record, s->v->batch, &record, err);

		if (lives < 0)
			return lives;
		intent_done(s, row);
		if (ids[i].len && lives && created(s, row, folders[i], ids[i], err) < 0)
			return err->code;
	}
	return 0;
}

int sync_recover(struct sync *s, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_INTENTS, .mailbox = s->mailbox };
	struct brg_row *rows;
	size_t n;
	int rc;

	if (store_all(&s->e->store, &q, s->v->batch, &rows, &n, err) < 0)
		return err->code;
	if (n == 0)
		return 0;
	rc = recover_creates(s, rows, n, err);
	if (rc == 0)
		rc = sync_commit(s, BRG_RELAXED, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (rows[i].u.intent.type != BRG_CREATE)
			rc = known_alone(s, &rows[i].u.intent, err);
	arena_reset(s->v->batch);
	return rc;
}
