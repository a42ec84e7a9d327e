/* SPDX-License-Identifier: Apache-2.0 */
#include "core/undo.h"

#include "core/edit.h"

#include <jansson.h>
#include <stdlib.h>

/* Row by row, the newest first: the oldest "was" of a group is what it goes back to. */
struct walk {
	const struct field_table *table;
	const struct record *now;
	unsigned flags;
	struct brg_arena *arena;
	struct undo *out;
	json_t *later; /* groups that a row which stays has changed since */
	json_t *left;
	struct brg_err *err;
};

/* ---- one group ------------------------------------------------------------------------------*/

/* "attendees/bo@x", "occurrences/START/location"; 0: no part. */
static int part_of(const char *group, struct brg_str *key)
{
	static const struct {
		const char *name;
		int type;
	} types[] = { { "attendees/", BRG_ATTENDEE }, { "occurrences/", BRG_OCCURRENCE } };

	for (int i = 0; i < 2; i++) {
		size_t len = strlen(types[i].name);
		const char *slash;

		if (strncmp(group, types[i].name, len) != 0)
			continue;
		slash = strchr(group + len, '/');
		*key = slash ? (struct brg_str){ group + len, (size_t)(slash - group) - len }
			     : brg_cstr(group + len);
		return types[i].type;
	}
	return 0;
}

static int read_image(struct walk *w, const json_t *json, struct image *out)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int rc;

	if (!text)
		abort(); /* out of memory */
	rc = image_from_json(w->table, w->now->row.kind, brg_cstr(text), w->arena, out, w->err);
	free(text);
	return rc;
}

static struct image without_part(const struct image *image, int type, struct brg_str key,
				 struct brg_arena *arena)
{
	struct brg_part *kept = arena_alloc(arena, (image->n_parts + 1) * sizeof(*kept));
	struct image out = *image;

	out.n_parts = 0;
	for (size_t i = 0; i < image->n_parts; i++)
		if (image_part_order(&image->parts[i], type, key) != 0)
			kept[out.n_parts++] = image->parts[i];
	out.parts = kept;
	return out;
}

/* All fields of the group as null. */
static struct image cleared(struct walk *w, int group)
{
	const struct field_set *set = &w->table->kinds[w->now->row.kind];
	struct image out = { .told = IMAGE_TOLD_ALL };
	struct image_draft draft;

	draft_init(&draft, w->arena);
	for (size_t i = 0; i < set->n; i++)
		if (set->group_of[i] == group)
			draft_null(&draft, set->at[i].id, set->at[i].type);
	out.fields = draft_done(&draft);
	return out;
}

/* The group becomes what `json` has of it. */
static int set_back(struct walk *w, const char *group, const json_t *json)
{
	struct image value, base = w->out->image;
	struct brg_str key;
	int type = part_of(group, &key), number;

	if (read_image(w, json, &value) < 0)
		return w->err->code;
	if (type) {
		base = without_part(&base, type, key, w->arena);
	} else {
		struct image none;

		number = field_group_named(w->table, w->now->row.kind, brg_cstr(group));
		if (number < 0)
			return 0; /* of a field that was taken out of the configuration */
		none = cleared(w, number);
		image_lay(&base, &none, w->arena, &base);
	}
	image_lay(&base, &value, w->arena, &w->out->image);
	return 0;
}

/* The value that lost is laid over what there is; of a part nothing means that its deletion
 * lost. */
static int take_loss(struct walk *w, const char *group, const json_t *json)
{
	struct brg_str key;
	struct image value, base = w->out->image;
	int type = part_of(group, &key);

	if (read_image(w, json, &value) < 0)
		return w->err->code;
	if (type && value.n_parts == 0)
		w->out->image = without_part(&base, type, key, w->arena);
	else
		image_lay(&base, &value, w->arena, &w->out->image);
	return 0;
}

/* ---- one row --------------------------------------------------------------------------------*/

static void leave(struct walk *w, const char *group)
{
	if (json_object_get(w->left, group))
		return;
	json_object_set_new(w->left, group, json_true());
}

static int undo_group(struct walk *w, const char *group, const json_t *one)
{
	const json_t *was = json_object_get(one, "was"), *lost = json_object_get(one, "lost");

	if (!was && !(lost && (w->flags & UNDO_LOSSES)))
		return 0;
	if (json_object_get(w->later, group) && !(w->flags & UNDO_FORCE)) {
		leave(w, group);
		return 0;
	}
	return was ? set_back(w, group, was) : take_loss(w, group, lost);
}

static bool is_code(const struct brg_history_row *h, const struct brg_fault *row)
{
	return brg_str_eq(h->code, brg_cstr(row->code));
}

/* Its life and death. */
static void undo_being(struct walk *w, const struct brg_history_row *h, bool empty)
{
	if (is_code(h, &record_gone_there) || is_code(h, &record_deleted_here)) {
		w->out->revives = w->now->row.deleted_us != 0;
		w->out->deletes = false;
	} else if (is_code(h, &record_from_item) || is_code(h, &record_from_program) ||
		   (is_code(h, &record_undone) && empty)) {
		w->out->deletes = w->now->row.deleted_us == 0;
		w->out->revives = false;
	}
}

static int walk_row(struct walk *w, const struct brg_history_row *h, bool chosen)
{
	json_t *changes = json_loadb(h->changes.ptr, h->changes.len, 0, NULL), *one;
	const char *group;
	int rc = 0;

	if (chosen)
		undo_being(w, h, json_object_size(changes) == 0);
	json_object_foreach(changes, group, one)
	{
		if (rc < 0)
			break;
		if (chosen)
			rc = undo_group(w, group, one);
		else if (json_object_get(one, "now"))
			json_object_set_new(w->later, group, json_true());
	}
	json_decref(changes);
	return rc;
}

static void tell_left(struct walk *w)
{
	const char *group;
	json_t *one;

	w->out->left =
		arena_alloc(w->arena, (json_object_size(w->left) + 1) * sizeof(*w->out->left));
	json_object_foreach(w->left, group, one) w->out->left[w->out->n_left++] =
		arena_str(w->arena, brg_cstr(group));
}

int undo_look(const struct field_table *table, const struct record *now, const struct brg_row *rows,
	      const bool *chosen, size_t n, unsigned flags, struct brg_arena *arena,
	      struct undo *out, struct brg_err *err)
{
	struct walk w = { .table = table,
			  .now = now,
			  .flags = flags,
			  .arena = arena,
			  .out = out,
			  .later = json_object(),
			  .left = json_object(),
			  .err = err };
	int rc = 0;

	*out = (struct undo){ .image = now->image };
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = walk_row(&w, &rows[i].u.history, chosen[i]);
	if (rc == 0) {
		out->image = edit_settled(&out->image, arena);
		out->changes = !out->deletes && !image_eq(&out->image, &now->image);
		tell_left(&w);
	}
	json_decref(w.later);
	json_decref(w.left);
	return rc;
}

/* ---- doing it -------------------------------------------------------------------------------*/

int undo_add(struct engine *e, struct step *step, const struct record *now, const struct undo *undo,
	     struct brg_str who, const struct brg_id *run, struct brg_err *err)
{
	struct record_cause cause = {
		.run = *run,
		.who = who,
		.row = undo->deletes ? &record_deleted_here : &record_undone,
		.params = brg_cstr(arena_printf(step->arena, "who=%.*s", (int)who.len, who.ptr)),
	};
	struct record was = *now;

	if (undo->deletes)
		record_delete(e, step, now, &cause);
	if (undo->revives) {
		if (record_revive(e, step, now, &cause, err) < 0)
			return err->code;
		was.row.version++;
		was.row.deleted_us = 0;
	}
	if (undo->changes &&
	    record_change(e, step, &was, &undo->image, (struct brg_str){ "", 0 }, &cause, err) < 0)
		return err->code;
	return step->n ? edit_want(e, step, &now->row, err) : 0;
}
