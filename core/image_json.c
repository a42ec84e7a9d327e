/* SPDX-License-Identifier: Apache-2.0 */
#include "core/image-private.h"

#include "core/json_write.h"

#include <jansson.h>
#include <stdlib.h>

/* ---- reading --------------------------------------------------------------------------------*/

struct reader {
	struct image_place place;
	struct brg_part *parts;
	size_t n_parts;
};

static struct brg_str text_of(const json_t *value, struct brg_arena *arena)
{
	return arena_dup(arena, json_string_value(value), json_string_length(value));
}

static bool read_wall(const json_t *value, struct brg_arena *arena, struct brg_field *out)
{
	const json_t *local = json_object_get(value, "local");
	const json_t *zone = json_object_get(value, "zone");

	if (!json_is_string(local) || (zone && !json_is_string(zone)) ||
	    json_object_size(value) != (zone ? 2u : 1u))
		return false;
	out->u.wall.local = text_of(local, arena);
	if (zone)
		out->u.wall.zone = text_of(zone, arena);
	return true;
}

static bool read_list(const json_t *value, struct brg_arena *arena, struct brg_field *out)
{
	size_t n = json_array_size(value), kept = 0;
	struct brg_str *at = arena_alloc(arena, n * sizeof(*at) + 1);

	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(value, i);

		if (!json_is_string(entry))
			return false;
		if (json_string_length(entry))
			at[kept++] = text_of(entry, arena);
	}
	out->u.list.at = image_list(at, &kept, arena);
	out->u.list.n = kept;
	if (kept == 0)
		out->presence = BRG_NULL;
	return true;
}

/* False: a value of another type. */
static bool read_value(const json_t *value, struct brg_arena *arena, struct brg_field *out)
{
	switch (out->type) {
	case BRG_INTEGER:
	case BRG_MOMENT:
		out->u.integer = json_integer_value(value);
		return json_is_integer(value);
	case BRG_FLAG:
		out->u.integer = json_is_true(value);
		return json_is_boolean(value);
	case BRG_WALL:
		return read_wall(value, arena, out);
	case BRG_LIST:
		return read_list(value, arena, out);
	default:
		if (!json_is_string(value))
			return false;
		if (json_string_length(value) == 0)
			out->presence = BRG_NULL;
		out->u.text = text_of(value, arena);
		return true;
	}
}

static int read_field(const struct image_place *place, struct brg_str name, const json_t *value,
		      struct image_draft *draft)
{
	const struct field *f = field_find(place->table, place->kind, name);
	struct brg_field *out;

	if (!f)
		return image_fail(place, IMAGE_UNKNOWN, name, NULL);
	out = draft_add(draft, f->id, f->type, json_is_null(value) ? BRG_NULL : BRG_VALUE);
	if (out->presence == BRG_NULL)
		return 0;
	if (!read_value(value, place->arena, out))
		return image_fail(place, IMAGE_WRONG, name, image_expected(f, place->arena));
	return out->presence == BRG_NULL ? 0 : image_check(place, f, out);
}

static int read_object(const struct image_place *place, json_t *object, struct brg_fields *out)
{
	struct image_draft draft;
	const char *name;
	json_t *value;

	draft_init(&draft, place->arena);
	json_object_foreach(object, name, value)
	{
		if (read_field(place, brg_cstr(name), value, &draft) < 0)
			return place->err->code;
	}
	*out = draft_done(&draft);
	return 0;
}

static int read_part(struct reader *r, int type, struct brg_str key, json_t *value)
{
	struct brg_part *part = &r->parts[r->n_parts++];
	struct image_place place = r->place;

	if (type == BRG_ATTENDEE)
		place.kind = FIELD_ATTENDEE;
	place.part = type == BRG_ATTENDEE ? "attendees" : "occurrences";
	if (type == BRG_ATTENDEE)
		place.number = r->n_parts;
	if (type == BRG_OCCURRENCE ? !image_is_start(key) : key.len == 0 || key.len > IMAGE_KEY_MAX)
		return image_fail(&r->place, IMAGE_WRONG, brg_cstr(place.part),
				  type == BRG_ATTENDEE ? "{\"bo@example.com\":{}}"
						       : "{\"2026-11-30T09:00:00\":{}}");
	*part = (struct brg_part){ .size = sizeof(*part),
				   .type = type,
				   .key = arena_str(place.arena, key),
				   .presence = json_is_null(value) ? BRG_NULL : BRG_VALUE };
	place.at = part->key;
	if (part->presence == BRG_NULL)
		return 0;
	if (!json_is_object(value))
		return image_fail(&place, IMAGE_WRONG, brg_cstr("fields"), "{}");
	return read_object(&place, value, &part->fields);
}

/* *told loses the type where the parts are null. */
static int read_parts(struct reader *r, json_t *object, int type, const char *name, size_t most,
		      unsigned *told)
{
	struct brg_str key;
	json_t *value;
	const char *s;
	size_t others;

	if (!object)
		return 0;
	if (json_is_null(object)) {
		*told &= ~PART_BIT(type);
		return 0;
	}
	if (!json_is_object(object))
		return image_fail(&r->place, IMAGE_WRONG, brg_cstr(name), "{}");
	others = json_object_get(object, IMAGE_AND_OTHERS) != NULL;
	if (json_object_size(object) - others > most)
		return image_fail(&r->place, IMAGE_MANY, brg_cstr(name),
				  arena_printf(r->place.arena, "%zu", most));
	json_object_foreach(object, s, value)
	{
		key = brg_cstr(s);
		if (strcmp(s, IMAGE_AND_OTHERS) == 0 && json_is_null(value))
			*told &= ~PART_BIT(type);
		else if (read_part(r, type, key, value) < 0)
			return r->place.err->code;
	}
	return 0;
}

static int read_image(struct reader *r, json_t *root, struct image *out)
{
	json_t *attendees = NULL, *occurrences = NULL;
	int rc;

	if (r->place.kind == BRG_APPOINTMENT) {
		attendees = json_incref(json_object_get(root, "attendees"));
		occurrences = json_incref(json_object_get(root, "occurrences"));
		json_object_del(root, "attendees");
		json_object_del(root, "occurrences");
		r->parts = arena_alloc(r->place.arena, (json_object_size(attendees) +
							json_object_size(occurrences)) *
								       sizeof(*r->parts) +
							       1);
	}
	out->told = IMAGE_TOLD_ALL;
	rc = read_object(&r->place, root, &out->fields);
	if (rc == 0)
		rc = read_parts(r, attendees, BRG_ATTENDEE, "attendees", IMAGE_ATTENDEES_MAX,
				&out->told);
	if (rc == 0)
		rc = read_parts(r, occurrences, BRG_OCCURRENCE, "occurrences",
				IMAGE_OCCURRENCES_MAX, &out->told);
	if (rc == 0) {
		out->parts = r->parts;
		out->n_parts = image_sort_parts(r->parts, r->n_parts);
	}
	json_decref(attendees);
	json_decref(occurrences);
	return rc;
}

int image_read_tree(const struct image_place *place, struct brg_str json, struct image *out)
{
	struct reader r = { .place = *place };
	json_error_t where = { .line = 1, .column = 1 };
	json_t *root = NULL;
	int rc;

	*out = (struct image){ .told = IMAGE_TOLD_ALL };
	if (json.len > 0 && json.len <= IMAGE_JSON_MAX)
		root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(root)) {
		json_decref(root);
		return image_fail_syntax(place->err, where.line > 0 ? where.line : 1,
					 where.column > 0 ? where.column : 1);
	}
	rc = read_image(&r, root, out);
	json_decref(root);
	if (rc < 0)
		*out = (struct image){ 0 };
	return rc;
}

int image_from_json(const struct field_table *table, int kind, struct brg_str json,
		    struct brg_arena *arena, struct image *out, struct brg_err *err)
{
	struct image_place place = { .table = table, .kind = kind, .arena = arena, .err = err };

	*out = (struct image){ .told = IMAGE_TOLD_ALL };
	if (json.len > 0 && json.len <= IMAGE_JSON_MAX &&
	    image_read_quick(&place, json, &out->fields))
		return 0;
	return image_read_tree(&place, json, out);
}

/* ---- writing --------------------------------------------------------------------------------*/

static void put_list(struct json_writer *w, const struct brg_field *f)
{
	size_t n = f->u.list.n;
	const struct brg_str *at = image_list(f->u.list.at, &n, w->arena);

	json_put_char(w, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			json_put_char(w, ',');
		json_put_text(w, at[i]);
	}
	json_put_char(w, ']');
}

static void put_wall(struct json_writer *w, const struct brg_wall *wall)
{
	json_put(w, "{\"local\":", 9);
	json_put_text(w, wall->local);
	json_put(w, ",\"zone\":", 8);
	json_put_text(w, wall->zone);
	json_put_char(w, '}');
}

static void put_value(struct json_writer *w, const struct brg_field *f)
{
	if (f->presence != BRG_VALUE) {
		json_put(w, "null", 4);
		return;
	}
	switch (f->type) {
	case BRG_INTEGER:
	case BRG_MOMENT:
		json_put_integer(w, f->u.integer);
		return;
	case BRG_FLAG:
		json_put(w, f->u.integer ? "true" : "false", f->u.integer ? 4 : 5);
		return;
	case BRG_WALL:
		put_wall(w, &f->u.wall);
		return;
	case BRG_LIST:
		put_list(w, f);
		return;
	default:
		json_put_text(w, f->u.text);
	}
}

static void put_fields(struct json_writer *w, const struct field_table *table, int kind,
		       const struct brg_fields *fields, bool nulls, bool *first)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *f = &fields->at[i];
		const struct field *row = field_of(table, kind, f->id);

		if (!row || f->presence == BRG_ABSENT || (!nulls && f->presence == BRG_NULL))
			continue;
		json_put_name(w, brg_cstr(row->name), first);
		put_value(w, f);
	}
}

static void put_part(struct json_writer *w, const struct field_table *table, int kind,
		     const struct brg_part *part, bool record)
{
	bool first = true;

	if (part->presence == BRG_NULL) {
		json_put(w, "null", 4);
		return;
	}
	json_put_char(w, '{');
	/* A null of an occurrence says that it has not what the series has. */
	put_fields(w, table, part->type == BRG_ATTENDEE ? (int)FIELD_ATTENDEE : kind, &part->fields,
		   !record || part->type == BRG_OCCURRENCE, &first);
	json_put_char(w, '}');
}

/* Nothing stands for none, null for "not told", IMAGE_AND_OTHERS for "not all are told". */
static void put_parts(struct json_writer *w, const struct field_table *table, int kind,
		      const struct image *image, int type, const char *name, bool record,
		      bool *first)
{
	bool all = record || (image->told & PART_BIT(type)), inner = true, none = false;

	for (size_t i = 0; i < image->n_parts; i++) {
		const struct brg_part *part = &image->parts[i];

		if (part->type != type ||
		    (record && type == BRG_ATTENDEE && part->presence == BRG_NULL))
			continue;
		if (inner) {
			json_put_name(w, brg_cstr(name), first);
			json_put_char(w, '{');
		}
		json_put_name(w, part->key, &inner);
		put_part(w, table, kind, part, record);
	}
	if (inner && all)
		return;
	if (!all) {
		json_put_name(w, brg_cstr(inner ? name : IMAGE_AND_OTHERS), inner ? first : &none);
		json_put(w, "null", 4);
	}
	if (!inner)
		json_put_char(w, '}');
}

struct brg_str image_to_json(const struct field_table *table, int kind, const struct image *image,
			     bool record, struct brg_arena *arena)
{
	struct json_writer w;
	bool first = true;

	json_write_init(&w, arena);
	json_put_char(&w, '{');
	put_fields(&w, table, kind, &image->fields, !record, &first);
	if (kind == BRG_APPOINTMENT) {
		put_parts(&w, table, kind, image, BRG_ATTENDEE, "attendees", record, &first);
		put_parts(&w, table, kind, image, BRG_OCCURRENCE, "occurrences", record, &first);
	}
	json_put_char(&w, '}');
	return json_written(&w);
}
