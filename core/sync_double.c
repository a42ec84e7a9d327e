/* SPDX-License-Identifier: Apache-2.0
 *
 * A second item that we made ourselves: the first write was done after all, but late, or its answer
 * was lost. It goes when nothing is lost by that: all that it says the record says too, or has
 * said.
 */
#include "core/sync-private.h"

#include <jansson.h>
#include <stdlib.h>

#define HISTORY_MOST 200

/* The record as it is and was, group by group. */
struct known {
	struct sync *s;
	const struct record *record;
	struct image *at;
	size_t n, room;
};

static void add(struct known *k, const struct image *image)
{
	if (k->n == k->room) {
		struct image *more =
			arena_alloc(k->s->v->batch, (k->room * 2 + 16) * sizeof(*more));

		if (k->n)
			memcpy(more, k->at, k->n * sizeof(*more));
		k->at = more;
		k->room = k->room * 2 + 16;
	}
	k->at[k->n++] = *image;
}

/* Of a group "was", "now" or "lost". */
static void add_json(struct known *k, json_t *value)
{
	char *text = json_is_object(value) ? json_dumps(value, JSON_COMPACT) : NULL;
	struct brg_err err = BRG_ERR_INIT;
	struct image image;

	if (text && image_from_json(k->s->rules->table, k->record->row.kind,
				    arena_dup(k->s->v->batch, text, strlen(text)), k->s->v->batch,
				    &image, &err) >= 0)
		add(k, &image);
	free(text);
}

static void add_history(struct known *k, const struct brg_history_row *row)
{
	json_t *changes = json_loadb(row->changes.ptr, row->changes.len, 0, NULL), *group;
	const char *name;

	json_object_foreach(changes, name, group)
	{
		add_json(k, json_object_get(group, "was"));
		add_json(k, json_object_get(group, "now"));
	}
	json_decref(changes);
}

static int read_known(struct known *k, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_HISTORY,
			       .other = k->record->row.id,
			       .limit = HISTORY_MOST };
	struct brg_row *rows;
	size_t n;

	if (store_all(&k->s->e->store, &q, k->s->v->batch, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		add_history(k, &rows[i].u.history);
	return 0;
}

/* Servers fill in fields that the record never had: those count for nothing. */
static bool is_known(const struct known *k, const struct brg_field *f)
{
	bool had = false;

	for (size_t i = 0; i < k->n; i++) {
		const struct brg_field *ours = image_field(&k->at[i], f->id);

		if (ours && ours->presence == BRG_VALUE) {
			had = true;
			if (field_resembles(ours, f))
				return true;
		}
	}
	return !had;
}

/* Servers list the organizer among the attendees. */
static bool part_known(const struct known *k, const struct image *item, const struct brg_part *part)
{
	if (part->type == BRG_ATTENDEE && brg_str_eq(part->key, image_str(item, APPT_ORGANIZER)))
		return true;
	for (size_t i = 0; i < k->n; i++) {
		const struct brg_part *ours = image_part(&k->at[i], part->type, part->key);

		if (ours && ours->presence == part->presence)
			return true;
	}
	return false;
}

static bool parts_known(const struct known *k, const struct image *item)
{
	for (size_t i = 0; i < item->n_parts; i++)
		if (!part_known(k, item, &item->parts[i]))
			return false;
	return true;
}

static bool says_nothing_else(const struct known *k, const struct image *item)
{
	for (size_t i = 0; i < item->fields.n; i++)
		if (item->fields.at[i].presence == BRG_VALUE && !is_known(k, &item->fields.at[i]))
			return false;
	return parts_known(k, item);
}

int sync_remove_double(struct sync *s, const struct brg_inbox_row *row,
		       const struct sync_item *item, const struct record *record,
		       struct brg_err *err)
{
	struct sync_write w = { .type = BRG_DELETE, .record = *record };
	struct known known = { .s = s, .record = record };

	add(&known, &record->image);
	if (!image_resembles(&record->image, &item->image) || !parts_known(&known, &item->image)) {
		if (read_known(&known, err) < 0)
			return err->code;
		if (!says_nothing_else(&known, &item->image))
			return 0;
	}
	w.link = (struct brg_link_row){ .record = record->row.id,
					.mailbox = s->mailbox,
					.kind = row->kind,
					.folder = row->folder,
					.remote_id = row->remote_id,
					.remote_version = item->version };
	if (!sync_allows(s, SIDE_SERVER, EFFECT_DELETE, &w.link, 0))
		return 1;
	/* The inbox forgets it when the server tells that it is gone. */
	sync_note(s, row->folder, row->remote_id, &record->row.id, &sync_decided_double, "");
	return sync_do(s, &w, 1, err) < 0 ? err->code : 1;
}
