/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes to the mailbox: the intent is durable before the connector is called, and goes in the
 * step that knows what came of it. What was written is read back, for servers change what they
 * are given.
 */
#include "core/sync-private.h"

#include "core/effect.h"
#include "core/id.h"

struct image sync_after(struct sync *s, const struct image *item, const struct image *push)
{
	struct image out;

	image_lay(item, push, s->v->batch, &out);
	return out;
}

void sync_read_again(struct sync *s, int kind, struct brg_str folder, struct brg_str remote_id)
{
	commit_op(s->v, BRG_OP_INBOX, BRG_ANY)->u.inbox = (struct brg_inbox_row){
		.mailbox = s->mailbox,
		.folder = arena_str(s->v->pending, folder),
		.remote_id = arena_str(s->v->pending, remote_id),
		.kind = kind,
		.op = BRG_PRESENT,
		.round = s->round,
	};
}

/* ---- before ---------------------------------------------------------------------------------*/

static uint64_t nonce(const struct brg_id *id)
{
	uint64_t n = 0;

	/* Of 63 bits, for databases. */
	for (int i = 8; i < 16; i++)
		n = n << 8 | id->b[i];
	n &= INT64_MAX;
	return n ? n : 1;
}

static void put_intent(struct sync *s, struct sync_write *w)
{
	struct brg_intent_row *row = &w->intent;
	struct brg_op *op;

	*row = (struct brg_intent_row){
		.mailbox = s->mailbox,
		.id = id_new(s->e->now_us(s->e)),
		.record = w->record.row.id,
		.link = w->link.id,
		.type = w->type,
		.kind = w->link.kind,
		.mails_out = w->mails_out,
		.made_us = s->e->now_us(s->e),
		.record_version = w->record.row.version,
		.folder = w->link.folder,
		.remote_id = w->link.remote_id,
		.remote_version = w->link.remote_version,
	};
	if (w->type == BRG_CREATE)
		row->attempt = w->link.attempt = nonce(&row->id);
	if (MUTANT(MUTANT_INTENT_SKIPPED))
		return;
	op = commit_op(s->v, BRG_OP_INTENT, BRG_NEW);
	op->u.intent = *row;
	op->u.intent.fields =
		image_to_json(s->rules->table, w->link.kind, &w->push, false, s->v->pending);
}

static void fill_push(struct sync *s, const struct sync_write *w, struct brg_push *to)
{
	struct brg_stamp *stamp = arena_alloc(s->v->batch, sizeof(*stamp));

	*to = (struct brg_push){
		.size = sizeof(*to),
		.type = (uint16_t)w->type,
		.kind = (uint16_t)w->link.kind,
		.folder = w->link.folder,
		.remote_id = w->link.remote_id,
		.version = w->link.remote_version,
		.fields = w->push.fields,
		.parts = w->push.parts,
		.n_parts = w->push.n_parts,
		.mails_out = (uint32_t)w->mails_out,
	};
	if (w->type != BRG_CREATE || !(s->ops->caps & BRG_CAP_STAMP))
		return;
	*stamp = sync_stamp(s, &w->record.row.id, w->link.attempt);
	to->stamp = stamp;
}

/* ---- after ----------------------------------------------------------------------------------*/

/* What is known of a write that was done. */
struct outcome {
	struct sync_item item; /* as it was read back */
	bool read;
	const struct brg_err *err;
};

/* Certainly nothing was done there. */
static bool is_certain(const struct brg_err *err)
{
	return err->code == BRG_ECONFLICT || err->code == BRG_ENOTFOUND ||
	       (err->scope == BRG_SCOPE_ITEM && err->code != BRG_ETIMEDOUT &&
		err->code != BRG_EIO && err->code != BRG_EPROTO);
}

/* It may have been parked, and for ever. By its UID other copies find it. */
static void put_made(struct sync *s, const struct sync_write *w, struct brg_str uid)
{
	sync_unpark(s, &(struct brg_parked_row){
			       .mailbox = s->mailbox,
			       .folder = w->link.folder,
			       .remote_id = sync_record_name(&w->record.row.id, s->v->pending) });
	sync_put_uid(s, &w->record.row.id, uid);
}

static void put_written(struct sync *s, struct sync_write *w, const struct brg_push *push,
			const struct outcome *o)
{
	struct brg_link_row *link = &w->link;
	/* While a conflict waits the shadow of the item lags behind it in that group on purpose:
	 * what is there now is read and merged anew. */
	bool as_written =
		!(link->flags & LINK_CONFLICT) && o->read && o->item.there && !o->item.err &&
		(!push->new_version.len || brg_str_eq(o->item.version, push->new_version));

	link->live = true;
	link->remote_version = as_written ? o->item.version : push->new_version;
	link->seen_version = w->record.row.version;
	link->synced_us = s->e->now_us(s->e);
	link->recheck = false;
	if (as_written)
		link->flags &= ~(uint32_t)LINK_AGAIN;
	sync_put_link(s, link, w->type == BRG_CREATE ? BRG_NEW : link->version);
	if (w->type == BRG_CREATE)
		put_made(s, w, as_written ? o->item.uid : (struct brg_str){ "", 0 });
	if (as_written) {
		sync_put_shadows(s, link, &w->base_record_after, &o->item.image, NULL);
		return;
	}
	sync_put_shadows(s, link, &w->base_record_after, &w->base_item, &w->push);
	sync_read_again(s, link->kind, link->folder, link->remote_id);
}

static void set_aside(struct sync *s, const struct sync_write *w, const struct brg_err *err)
{
	struct brg_inbox_row row = sync_row_of(s, &w->link);

	if (w->type == BRG_CREATE)
		(void)sync_park_row(s, w->link.folder,
				    sync_record_name(&w->record.row.id, s->v->pending), err);
	else
		sync_park(s, &row, err);
}

static void put_failed(struct sync *s, struct sync_write *w, const struct brg_err *err)
{
	if (err->code == BRG_ECONFLICT && w->type != BRG_CREATE) {
		s->refused++;
		sync_read_again(s, w->link.kind, w->link.folder, w->link.remote_id);
	} else if (err->code == BRG_ENOTFOUND && w->type != BRG_CREATE) {
		if (!brg_id_is_nil(&w->link.id))
			sync_put_missing(s, &w->link);
	} else {
		set_aside(s, w, err);
	}
}

static void put_outcome(struct sync *s, struct sync_write *w, const struct brg_push *push,
			const struct outcome *o)
{
	struct brg_op *op;
	bool gone = w->type == BRG_DELETE && (!o->err || o->err->code == BRG_ENOTFOUND);

	/* Looked up by the next visit; till then nobody tries it again. */
	if (o->err && !gone && !is_certain(o->err)) {
		if (o->err->scope == BRG_SCOPE_ITEM)
			set_aside(s, w, o->err);
		return;
	}
	if (!MUTANT(MUTANT_INTENT_SKIPPED)) {
		op = commit_op(s->v, BRG_OP_INTENT_DONE, BRG_ANY);
		op->u.intent = w->intent;
	}
	if (gone) {
		if (!brg_id_is_nil(&w->link.id))
			sync_end_link(s, &w->link, BRG_LINK_DELETED);
	} else if (o->err) {
		put_failed(s, w, o->err);
	} else {
		put_written(s, w, push, o);
		s->v->items++;
	}
}

/* What the server has made of it, where its answer did not say. All are of one folder and kind. */
static int read_back(struct sync *s, const struct sync_write *writes, const struct brg_push *pushes,
		     struct outcome *out, size_t n, struct brg_err *err)
{
	struct brg_str *ids = arena_alloc(s->v->batch, (n + 1) * sizeof(*ids));
	struct sync_item *items = arena_alloc(s->v->batch, (n + 1) * sizeof(*items));
	size_t *of = arena_alloc(s->v->batch, (n + 1) * sizeof(*of)), asked = 0;

	for (size_t i = 0; i < n; i++) {
		if (out[i].err || writes[i].type == BRG_DELETE)
			continue;
		if (pushes[i].after) {
			out[i].read = true;
			(void)sync_take(s, writes[i].link.kind, pushes[i].after, &out[i].item);
			continue;
		}
		of[asked] = i;
		ids[asked++] = writes[i].link.remote_id;
	}
	if (sync_get(s, writes[0].link.folder, ids, asked, writes[0].link.kind, items, err) < 0)
		return err->code;
	for (size_t i = 0; i < asked; i++) {
		out[of[i]].read = true;
		out[of[i]].item = items[i];
	}
	return 0;
}

/* An answer that is none. */
static bool good_answer(const struct sync_write *w, const struct brg_push *push)
{
	struct brg_str id = push->new_id;

	return w->type != BRG_CREATE || (id.len && id.ptr && id.len <= 1024);
}

/* The rows of the links as they are now: somebody has marked one of them meanwhile. */
static int refresh(struct sync *s, struct sync_write *writes, size_t n, struct brg_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct brg_query q = { .size = sizeof(q),
				       .what = BRG_READ_LINK,
				       .mailbox = s->mailbox,
				       .id = writes[i].link.id };
		struct brg_row row;
		int found;

		if (writes[i].type == BRG_CREATE || brg_id_is_nil(&writes[i].link.id))
			continue;
		found = store_one(&s->e->store, &q, s->v->batch, &row, err);
		if (found < 0)
			return found;
		if (found)
			writes[i].link.version = row.u.link.version;
	}
	return 0;
}

static int keep_outcomes(struct sync *s, struct sync_write *writes, const struct brg_push *pushes,
			 const struct outcome *out, size_t n, struct brg_err *err)
{
	int rc = BRG_ECONFLICT;

	for (int tries = 0; rc == BRG_ECONFLICT && tries < 5; tries++) {
		if (tries) {
			*err = (struct brg_err)BRG_ERR_INIT;
			commit_drop(s->v);
			if (refresh(s, writes, n, err) < 0)
				return err->code;
		}
		for (size_t i = 0; i < n; i++) {
			struct sync_write w = writes[i];

			put_outcome(s, &w, &pushes[i], &out[i]);
		}
		rc = sync_commit(s, BRG_RELAXED, err);
	}
	return rc;
}

int sync_do(struct sync *s, struct sync_write *writes, size_t n, struct brg_err *err)
{
	struct brg_push *pushes = arena_alloc(s->v->batch, (n + 1) * sizeof(*pushes));
	struct outcome *out = arena_alloc(s->v->batch, (n + 1) * sizeof(*out));
	const struct brg_err *first = NULL;

	for (size_t i = 0; i < n; i++) {
		put_intent(s, &writes[i]);
		fill_push(s, &writes[i], &pushes[i]);
	}
	if (n == 0)
		return 0;
	if (sync_commit(s, BRG_DURABLE, err) < 0)
		return err->code;
	if (contract_answer(s->v, s->ops->push(s->v->session, pushes, n, s->v->batch, err), "push",
			    err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		struct brg_err *copy = arena_alloc(s->v->batch, sizeof(*copy));

		*copy = (struct brg_err)BRG_ERR_INIT;
		if (pushes[i].err)
			contract_item(s->v, pushes[i].err, "push", copy);
		else if (!good_answer(&writes[i], &pushes[i]))
			return contract_broken(s->v, "push", err);
		out[i].err = pushes[i].err ? copy : NULL;
		if (pushes[i].err && copy->scope != BRG_SCOPE_ITEM && !is_certain(copy) && !first)
			first = copy;
		if (!out[i].err && pushes[i].new_id.len)
			writes[i].link.remote_id = pushes[i].new_id;
	}
	if (read_back(s, writes, pushes, out, n, err) < 0 ||
	    keep_outcomes(s, writes, pushes, out, n, err) < 0)
		return err->code;
	if (first) {
		*err = *first;
		return err->code;
	}
	return 0;
}
