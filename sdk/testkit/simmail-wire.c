/* SPDX-License-Identifier: Apache-2.0
 *
 * Between what the mail system keeps, lines by name, and what crosses the border, fields by id.
 */
#include "simmail-private.h"

#include <stdlib.h>

/* ---- out ------------------------------------------------------------------------------------*/

static void fill_list(struct brg_field *out, const struct brg_host *host, struct brg_arena *arena,
		      struct brg_str s)
{
	struct brg_str *members;
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\x1f';
	members = host->alloc(arena, n * sizeof(*members));
	out->u.list.at = members;
	out->u.list.n = n;
	for (const char *at = s.ptr, *end = s.ptr + s.len; n--; members++) {
		const char *to = memchr(at, '\x1f', (size_t)(end - at));

		*members = simmail_str(at, (size_t)((to ? to : end) - at));
		at = to ? to + 1 : end;
	}
}

static void fill_value(struct brg_field *out, const struct brg_host *host, struct brg_arena *arena,
		       struct brg_str escaped)
{
	char raw[SIMMAIL_CONTENT];
	struct brg_str s = host->dup(arena, raw, simmail_unescape(escaped, raw, sizeof(raw)));
	const char *blank;

	switch (out->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		out->u.integer = strtoll(s.ptr, NULL, 10);
		break;
	case BRG_WALL:
		blank = memchr(s.ptr, ' ', s.len);
		out->u.wall.local = s;
		if (blank) {
			out->u.wall.local.len = (size_t)(blank - s.ptr);
			out->u.wall.zone =
				simmail_str(blank + 1, s.len - out->u.wall.local.len - 1);
		}
		break;
	case BRG_LIST:
		fill_list(out, host, arena, s);
		break;
	default:
		out->u.text = s;
	}
}

/* Every field of the kind, as null where it has no value; of an occurrence (differing) only
 * those that differ from the series. */
static struct brg_fields fill_fields(struct simmail_session *s, const struct simmail_text *text,
				     int kind, struct brg_str part, struct brg_str key,
				     bool differing, struct brg_arena *arena)
{
	const struct simmail_habits *habits = &s->sim->boxes[s->at].habits;
	struct brg_field *fields = s->host->alloc(arena, SIMMAIL_FIELDS_MAX * sizeof(*fields));
	size_t n = 0;

	for (int i = 0; simmail_fields[i].name; i++) {
		struct brg_str name = brg_cstr(simmail_fields[i].name);
		struct simmail_line line;
		bool there;

		if (simmail_fields[i].kind != kind || !s->ids[i])
			continue;
		there = simmail_find_line(text, part, key, name, &line);
		if (!there && (differing || ((habits->flags & SIMMAIL_DROP_SILENT) &&
					     simmail_drops(habits, name))))
			continue;
		fields[n].id = s->ids[i];
		fields[n].type = (uint8_t)simmail_fields[i].type;
		fields[n].presence = there && !line.gone ? BRG_VALUE : BRG_NULL;
		if (there && !line.gone)
			fill_value(&fields[n], s->host, arena, line.value);
		n++;
	}
	return (struct brg_fields){ fields, n };
}

static void fill_part(struct simmail_session *s, const struct simmail_item *item,
		      const struct simmail_line *line, struct brg_part *part,
		      struct brg_arena *arena)
{
	bool occurrence = brg_str_eq(line->part, brg_cstr("occurrences"));
	char version[SIMMAIL_ID_MAX];
	struct brg_str v = simmail_version(item->version, version);

	part->size = sizeof(*part);
	part->type = occurrence ? BRG_OCCURRENCE : BRG_ATTENDEE;
	part->key = s->host->dup(arena, line->key.ptr, line->key.len);
	part->presence = line->gone ? BRG_NULL : BRG_VALUE;
	part->version = s->host->dup(arena, v.ptr, v.len);
	if (!line->gone)
		part->fields =
			fill_fields(s, &item->content, simmail_part_kind(item->kind, line->part),
				    line->part, line->key, occurrence, arena);
}

static void fill_parts(struct simmail_session *s, const struct simmail_item *item,
		       struct brg_arena *arena, struct brg_item *out)
{
	struct simmail_line line, last = { .part = { NULL, 0 } };
	struct brg_part *parts;
	size_t n = 0;

	for (size_t at = 0; simmail_next(&item->content, &at, &line);)
		n += line.part.len > 0;
	parts = s->host->alloc(arena, (n + 1) * sizeof(*parts));
	n = 0;
	for (size_t at = 0; simmail_next(&item->content, &at, &line); last = line)
		if (line.part.len &&
		    (!brg_str_eq(line.part, last.part) || !brg_str_eq(line.key, last.key)))
			fill_part(s, item, &line, &parts[n++], arena);
	out->parts = parts;
	out->n_parts = n;
}

static uint32_t flags_of(const struct simmail_item *item)
{
	const struct brg_str none = { NULL, 0 };
	struct simmail_line line;
	uint32_t flags = 0;

	if (simmail_is_private(item))
		flags |= BRG_IS_PRIVATE;
	if (item->tracked)
		flags |= BRG_IS_TRACKED;
	if (item->kind == BRG_APPOINTMENT &&
	    simmail_find_line(&item->content, none, none, brg_cstr("recurrence"), &line))
		flags |= BRG_IS_SERIES;
	return flags;
}

static const struct brg_stamp *stamp_of(struct simmail_session *s, const struct simmail_item *item,
					struct brg_arena *arena)
{
	struct brg_stamp *stamp;

	if (!item->stamped)
		return NULL;
	stamp = s->host->alloc(arena, sizeof(*stamp));
	*stamp = item->stamp;
	return stamp;
}

void simmail_fill_item(struct simmail_session *s, int item, bool fields, struct brg_arena *arena,
		       struct brg_item *out)
{
	const struct simmail_item *it = simmail_at(s->sim, s->at, item);
	const struct brg_str none = { NULL, 0 };
	char text[SIMMAIL_ID_MAX];
	struct brg_str version = simmail_version(it->version, text);

	out->size = sizeof(*out);
	out->version = s->host->dup(arena, version.ptr, version.len);
	out->flags = flags_of(it);
	out->uid = s->host->dup(arena, it->uid, strlen(it->uid));
	out->modified_us = it->modified_us;
	out->stamp = stamp_of(s, it, arena);
	if (!fields)
		return;
	if (out->flags & BRG_IS_PRIVATE)
		s->sim->boxes[s->at].private_reads++;
	out->fields = fill_fields(s, &it->content, it->kind, none, none, false, arena);
	fill_parts(s, it, arena, out);
}

void simmail_fill_envelope(struct simmail_session *s, int item, struct brg_arena *arena,
			   struct brg_envelope *env)
{
	const struct simmail_item *it = simmail_at(s->sim, s->at, item);
	char text[SIMMAIL_ID_MAX];
	struct brg_str id = simmail_id(s->at, it->id, text), version;

	env->size = sizeof(*env);
	env->kind = it->kind;
	env->op = BRG_PRESENT;
	env->remote_id = s->host->dup(arena, id.ptr, id.len);
	version = simmail_version(it->version, text);
	env->version = s->host->dup(arena, version.ptr, version.len);
	env->flags = flags_of(it);
	env->octets = it->content.length;
	env->stamp = stamp_of(s, it, arena);
	env->uid = s->host->dup(arena, it->uid, strlen(it->uid));
	env->modified_us = it->modified_us;
}

/* ---- in -------------------------------------------------------------------------------------*/

/* A value as text; NULL: there is no room. */
static const char *value_text(const struct brg_field *field, char *out, size_t room)
{
	size_t n = 0;

	switch (field->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		(void)snprintf(out, room, "%lld", (long long)field->u.integer);
		return out;
	case BRG_WALL:
		n = (size_t)snprintf(out, room, "%.*s%s%.*s", (int)field->u.wall.local.len,
				     field->u.wall.local.ptr, field->u.wall.zone.len ? " " : "",
				     (int)field->u.wall.zone.len,
				     field->u.wall.zone.len ? field->u.wall.zone.ptr : "");
		return n < room ? out : NULL;
	case BRG_LIST:
		out[0] = '\0';
		for (size_t i = 0; i < field->u.list.n && n < room; i++)
			n += (size_t)snprintf(out + n, room - n, "%s%.*s", i ? "\x1f" : "",
					      (int)field->u.list.at[i].len,
					      field->u.list.at[i].ptr);
		return n < room ? out : NULL;
	default:
		n = (size_t)snprintf(out, room, "%.*s", (int)field->u.text.len,
				     field->u.text.len ? field->u.text.ptr : "");
		return n < room ? out : NULL;
	}
}

static int by_id(const struct simmail_session *s, int kind, uint32_t id)
{
	for (int i = 0; simmail_fields[i].name; i++)
		if (id && s->ids[i] == id && simmail_fields[i].kind == kind)
			return i;
	return -1;
}

static const struct brg_fault *read_fields(const struct simmail_session *s, int kind,
					   struct brg_str part, struct brg_str key,
					   const struct brg_fields *fields,
					   struct simmail_text *changes)
{
	char text[SIMMAIL_CONTENT];

	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *field = &fields->at[i];
		int at = by_id(s, kind, field->id);
		struct brg_str value;

		if (field->presence == BRG_ABSENT)
			continue;
		if (at < 0 ||
		    (field->presence == BRG_VALUE && field->type != simmail_fields[at].type))
			return &simmail_bad_field;
		if (field->presence == BRG_VALUE && !value_text(field, text, sizeof(text)))
			return &simmail_full;
		value = brg_cstr(text);
		if (!simmail_put(changes, part, key, brg_cstr(simmail_fields[at].name),
				 field->presence == BRG_VALUE ? &value : NULL))
			return &simmail_full;
	}
	return NULL;
}

static const struct brg_fault *read_part(const struct simmail_session *s,
					 const struct brg_part *part, struct simmail_text *changes)
{
	bool occurrence = part->type == BRG_OCCURRENCE;
	struct brg_str sort = brg_cstr(occurrence ? "occurrences" : "attendees");
	const struct brg_str none = { "", 0 };
	int kind = occurrence ? BRG_APPOINTMENT : SIMMAIL_ATTENDEE;

	if (!occurrence && part->type != BRG_ATTENDEE)
		return &simmail_bad_field;
	if (part->key.len == 0)
		return &simmail_bad_field;
	if (!simmail_put(changes, sort, part->key, none, part->presence == BRG_NULL ? NULL : &none))
		return &simmail_full;
	if (part->presence == BRG_NULL)
		return NULL;
	return read_fields(s, kind, sort, part->key, &part->fields, changes);
}

const struct brg_fault *simmail_read_push(struct simmail_session *s, const struct brg_push *push,
					  struct simmail_text *changes)
{
	const struct brg_str none = { "", 0 };
	const struct brg_fault *why;

	changes->length = 0;
	why = read_fields(s, push->kind, none, none, &push->fields, changes);
	for (size_t i = 0; !why && i < push->n_parts; i++)
		why = push->kind == BRG_APPOINTMENT ? read_part(s, &push->parts[i], changes)
						    : &simmail_bad_field;
	return why;
}
