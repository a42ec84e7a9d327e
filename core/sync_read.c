/* SPDX-License-Identifier: Apache-2.0
 *
 * Items from the connector, links and shadows from the store.
 */
#include "core/sync-private.h"

/* ---- stamps ---------------------------------------------------------------------------------*/

struct brg_stamp sync_stamp(const struct sync *s, const struct brg_id *record, uint64_t attempt)
{
	return (struct brg_stamp){ s->store_id, s->mailbox, *record, attempt };
}

bool sync_stamp_ours(const struct sync *s, const struct brg_stamp *stamp)
{
	return brg_id_eq(&stamp->mailbox, &s->mailbox) && brg_id_eq(&stamp->store, &s->store_id);
}

/* ---- items ----------------------------------------------------------------------------------*/

int sync_take(struct sync *s, int kind, const struct brg_item *item, struct sync_item *out)
{
	struct brg_err *err = arena_alloc(s->v->batch, sizeof(*err));

	*out = (struct sync_item){ .there = true,
				   .flags = item->flags,
				   .version = arena_str(s->v->batch, item->version),
				   .uid = arena_str(s->v->batch, item->uid) };
	if (item->modified_us)
		out->modified_us = item->modified_us - s->skew_us;
	if (item->stamp) {
		out->stamped = true;
		out->stamp = *item->stamp;
	}
	*err = (struct brg_err)BRG_ERR_INIT;
	if (item->err) {
		contract_item(s->v, item->err, "get", err);
		out->there = err->code != BRG_ENOTFOUND;
		out->err = out->there ? err : NULL;
		return 0;
	}
	if (image_from_item(s->rules->table, kind, s->ops->fields, &item->fields, item->parts,
			    item->n_parts, s->v->batch, &out->image, err) < 0)
		out->err = err;
	return 0;
}

struct reading {
	struct brg_sink sink;
	struct sync *s;
	int kind;
	struct sync_item *out;
	bool *answered;
	size_t n;
	bool broken;
};

static int on_item(struct brg_sink *sink, const struct brg_item *item, struct brg_err *err)
{
	struct reading *r = sink->ctx;

	if (item->request >= r->n || r->answered[item->request]) {
		r->broken = true;
		return contract_broken(r->s->v, "item", err);
	}
	r->answered[item->request] = true;
	return sync_take(r->s, r->kind, item, &r->out[item->request]);
}

int sync_get(struct sync *s, struct brg_str folder, const struct brg_str *ids, size_t n, int kind,
	     struct sync_item *out, struct brg_err *err)
{
	struct reading r = { .s = s, .kind = kind, .out = out, .n = n };
	struct brg_get get = {
		.size = sizeof(get), .want = BRG_WANT_FIELDS, .folder = folder, .ids = ids, .n = n
	};
	int rc;

	if (n == 0)
		return 0;
	r.sink = (struct brg_sink){
		.size = sizeof(r.sink), .arena = s->v->batch, .ctx = &r, .item = on_item
	};
	r.answered = arena_alloc(s->v->batch, n * sizeof(*r.answered));
	rc = contract_answer(s->v, s->ops->get(s->v->session, &get, &r.sink, err), "get", err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		if (r.broken || !r.answered[i])
			rc = contract_broken(s->v, "get", err);
	return rc < 0 ? rc : 0;
}

/* ---- links ----------------------------------------------------------------------------------*/

static int one_link(struct sync *s, struct brg_query *q, struct brg_link_row *out,
		    struct brg_err *err)
{
	struct brg_row row;
	int rc;

	q->size = sizeof(*q);
	q->what = BRG_READ_LINK;
	q->mailbox = s->mailbox;
	rc = store_one(&s->e->store, q, s->v->batch, &row, err);
	if (rc > 0)
		*out = row.u.link;
	return rc;
}

int sync_link_of(struct sync *s, struct brg_str folder, struct brg_str remote_id,
		 struct brg_link_row *out, struct brg_err *err)
{
	struct brg_query q = { .folder = folder, .remote = remote_id };

	return one_link(s, &q, out, err);
}

int sync_link_to(struct sync *s, const struct brg_id *record, struct brg_link_row *out,
		 struct brg_err *err)
{
	struct brg_query q = { .other = *record };

	return one_link(s, &q, out, err);
}

static int shadow(struct sync *s, int kind, struct brg_str json, struct image *out,
		  struct brg_err *err)
{
	*out = (struct image){ 0 };
	if (json.len == 0)
		return 0;
	return image_from_json(s->rules->table, kind, json, s->v->batch, out, err);
}

int sync_shadows(struct sync *s, const struct brg_link_row *link, struct shadows *out,
		 struct brg_err *err)
{
	struct brg_query q = {
		.size = sizeof(q), .what = BRG_READ_SHADOWS, .mailbox = s->mailbox, .id = link->id
	};
	const struct brg_shadow_row *r;
	struct brg_row row;
	int rc = store_one(&s->e->store, &q, s->v->batch, &row, err);

	*out = (struct shadows){ 0 };
	if (rc <= 0)
		return rc;
	r = &row.u.shadow;
	out->has_pushed = r->pushed.len > 0;
	if (shadow(s, link->kind, r->base_record, &out->record, err) < 0 ||
	    shadow(s, link->kind, r->base_item, &out->item, err) < 0 ||
	    shadow(s, link->kind, r->pushed, &out->pushed, err) < 0)
		return err->code;
	return 0;
}
