/* SPDX-License-Identifier: Apache-2.0 */
#include "core/image-private.h"

#include "core/mailbox.h"
#include "core/recur.h"
#include "core/unicode.h"
#include "core/utf8.h"
#include "core/zone.h"

#include <stdlib.h>

/* ---- texts ----------------------------------------------------------------------------------*/

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Nothing to do: ASCII without control characters, and no blank at a line's end. */
static bool is_plain(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= 0x7F || (c < 0x20 && c != '\n' && c != '\t'))
			return false;
		if (c == '\n' && i && is_blank(s.ptr[i - 1]))
			return false;
	}
	return s.len == 0 || !is_blank(s.ptr[s.len - 1]);
}

static size_t end_line(const char *p, size_t n)
{
	while (n && is_blank(p[n - 1]))
		n--;
	return n;
}

/* UTF-8 without what does not belong into it. *high: the greatest character. */
static struct brg_str clean(struct brg_str s, struct brg_arena *arena, uint32_t *high)
{
	char *p = arena_alloc(arena, s.len + 1);
	size_t n = 0;

	for (size_t i = 0, len; i < s.len; i += len) {
		uint32_t c = 0;

		len = utf8_char((const unsigned char *)s.ptr + i, s.len - i, &c);
		if (len == 0) {
			p[n++] = '?';
			len = 1;
		} else if (c == '\n' || c == '\r') {
			len += c == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n';
			n = end_line(p, n);
			p[n++] = '\n';
		} else if (c == '\t' || (c >= 0x20 && c != 0x7F && (c < 0x80 || c >= 0xA0))) {
			memcpy(p + n, s.ptr + i, len);
			n += len;
			*high = c > *high ? c : *high;
		}
	}
	return (struct brg_str){ p, end_line(p, n) };
}

struct brg_str image_text(struct brg_str text, struct brg_arena *arena)
{
	uint32_t high = 0;

	if (!text.ptr || text.len == 0)
		return (struct brg_str){ "", 0 };
	if (is_plain(text))
		return arena_str(arena, text);
	text = clean(text, arena, &high);
	/* Below U+0300 everything is in NFC. */
	return high >= 0x300 ? unicode_nfc(text, arena) : text;
}

static struct brg_str one_line(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str out = arena_str(arena, s);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < s.len; i++)
		if (p[i] == '\n' || p[i] == '\t')
			p[i] = ' ';
	return out;
}

struct brg_str image_address(struct brg_str text, struct brg_arena *arena)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_str s = image_text(text, arena), folded;

	while (s.len && (is_blank(s.ptr[0]) || s.ptr[0] == '\n')) {
		s.ptr++;
		s.len--;
	}
	while (s.len && (is_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\n'))
		s.len--;
	return mailbox_fold_address(s, arena, &folded, &ignored) == 0 ? folded : one_line(s, arena);
}

/* ---- values ---------------------------------------------------------------------------------*/

static int take_wall(const struct image_place *place, const struct field *f,
		     const struct brg_wall *given, struct brg_field *out)
{
	char zone[ZONE_NAME_MAX] = "";

	if (!given->local.ptr || !zone_is_local(given->local))
		return image_fail(place, IMAGE_WRONG, brg_cstr(f->name),
				  image_expected(f, place->arena));
	if (given->zone.len &&
	    (!given->zone.ptr || !zone_canonical(given->zone, (struct brg_str){ "", 0 }, zone)))
		return image_fail(place, IMAGE_ZONE, brg_cstr(f->name), NULL);
	out->u.wall.local = arena_str(place->arena, given->local);
	out->u.wall.zone = arena_str(place->arena, brg_cstr(zone));
	return 0;
}

static int take_list(const struct image_place *place, const struct field *f,
		     const struct brg_field *given, struct brg_field *out)
{
	size_t n = given->u.list.at ? given->u.list.n : 0, kept = 0;
	struct brg_str *at;

	if (n > IMAGE_LIST_MAX)
		return image_fail(place, IMAGE_MANY, brg_cstr(f->name),
				  arena_printf(place->arena, "%d", IMAGE_LIST_MAX));
	at = arena_alloc(place->arena, n * sizeof(*at) + 1);
	for (size_t i = 0; i < n; i++) {
		at[kept] = image_text(given->u.list.at[i], place->arena);
		kept += at[kept].len > 0;
	}
	out->u.list.at = image_list(at, &kept, place->arena);
	out->u.list.n = kept;
	out->presence = kept ? BRG_VALUE : BRG_NULL;
	return 0;
}

static int take_text(const struct image_place *place, const struct field *f, struct brg_str given,
		     struct brg_field *out)
{
	struct brg_str rule;

	/* Before anything is done with it: it may be of any length. */
	if (given.len > 4 * (size_t)IMAGE_TEXT_MAX)
		return image_fail(place, IMAGE_LONG, brg_cstr(f->name),
				  arena_printf(place->arena, "%u", IMAGE_TEXT_MAX));
	out->u.text = f->flags & FIELD_ADDRESS ? image_address(given, place->arena)
					       : image_text(given, place->arena);
	out->presence = out->u.text.len ? BRG_VALUE : BRG_NULL;
	if (f->id != APPT_RECURRENCE || out->presence == BRG_NULL)
		return 0;
	if (!recur_canonical(out->u.text, place->arena, &rule))
		return image_fail(place, IMAGE_RULE, brg_cstr(f->name), NULL);
	out->u.text = rule;
	return 0;
}

static int take_value(const struct image_place *place, const struct field *f,
		      const struct brg_field *given, struct brg_field *out)
{
	int rc = 0;

	switch (f->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		out->u.integer = given->u.integer;
		break;
	case BRG_WALL:
		rc = take_wall(place, f, &given->u.wall, out);
		break;
	case BRG_LIST:
		rc = take_list(place, f, given, out);
		break;
	default:
		rc = take_text(place, f, given->u.text, out);
	}
	if (rc == 0 && out->presence == BRG_VALUE)
		rc = image_check(place, f, out);
	return rc;
}

/* ---- fields ---------------------------------------------------------------------------------*/

/* What a connector declares; rows are mostly in the order in which fields come. */
struct caps {
	const struct brg_field_cap *at; /* NULL: it reads everything */
	size_t n, next;
};

static bool is_readable(struct caps *caps, int kind, const char *name)
{
	if (!caps->at)
		return true;
	for (size_t i = 0; i < caps->n; i++) {
		size_t which = (caps->next + i) % caps->n;
		const struct brg_field_cap *cap = &caps->at[which];

		if (cap->kind != kind || strcmp(cap->name, name) != 0)
			continue;
		caps->next = which + 1;
		return cap->can & BRG_FIELD_READ;
	}
	return false;
}

static struct brg_str number_name(const struct image_place *place, uint32_t id)
{
	return brg_cstr(arena_printf(place->arena, "%lu", (unsigned long)id));
}

static int take_field(const struct image_place *place, const struct brg_field *given,
		      struct caps *caps, struct image_draft *draft)
{
	const struct field *f = field_of(place->table, place->kind, given->id);
	struct brg_field *out;

	if (!f)
		return image_fail(place, IMAGE_UNKNOWN, number_name(place, given->id), NULL);
	if (caps && !is_readable(caps, place->kind, f->name))
		return 0;
	if (given->presence == BRG_ABSENT)
		return 0;
	out = draft_add(draft, f->id, f->type, given->presence == BRG_NULL ? BRG_NULL : BRG_VALUE);
	if (out->presence == BRG_NULL)
		return 0;
	if (given->presence != BRG_VALUE || given->type != f->type)
		return image_fail(place, IMAGE_WRONG, brg_cstr(f->name),
				  image_expected(f, place->arena));
	return take_value(place, f, given, out);
}

static int take_fields(const struct image_place *place, const struct brg_fields *given,
		       struct caps *caps, struct brg_fields *out)
{
	size_t n = given->at ? given->n : 0;
	struct image_draft draft;

	draft_init(&draft, place->arena);
	for (size_t i = 0; i < n; i++) {
		/* More than the kind has: some are there twice, and nobody sorts a million. */
		if (i > place->table->kinds[place->kind].n)
			return image_fail(place, IMAGE_TWICE, brg_cstr("?"), NULL);
		if (take_field(place, &given->at[i], caps, &draft) < 0)
			return place->err->code;
	}
	n = draft.n;
	*out = draft_done(&draft);
	if (out->n == n)
		return 0;
	return image_fail(place, IMAGE_TWICE, brg_cstr("?"), NULL);
}

/* ---- parts ----------------------------------------------------------------------------------*/

static int take_part(const struct image_place *where, const struct brg_part *given, size_t number,
		     struct caps *caps, struct brg_part *out)
{
	bool attendee = given->type == BRG_ATTENDEE;
	struct image_place place = *where;
	struct brg_str key = { 0 };

	place.part = attendee ? "attendees" : "occurrences";
	place.kind = attendee ? (int)FIELD_ATTENDEE : where->kind;
	place.number = attendee ? number : 0;
	if (given->key.ptr && given->key.len <= IMAGE_KEY_MAX)
		key = attendee ? image_address(given->key, where->arena)
			       : arena_str(where->arena, given->key);
	if (attendee ? key.len == 0 : !image_is_start(key))
		return image_fail(where, IMAGE_WRONG, brg_cstr(place.part),
				  attendee ? "bo@example.com" : "2026-11-30T09:00:00");
	place.at = attendee ? (struct brg_str){ 0 } : key;
	*out = (struct brg_part){ .size = sizeof(*out),
				  .type = given->type,
				  .key = key,
				  .remote_id = image_text(given->remote_id, where->arena),
				  .version = image_text(given->version, where->arena),
				  .presence = given->presence == BRG_NULL ? BRG_NULL : BRG_VALUE };
	if (out->presence == BRG_NULL)
		return 0;
	return take_fields(&place, &given->fields, attendee ? NULL : caps, &out->fields);
}

/* A connector's list of attendees is all that there are, so that one who is gone is not in it. */
static bool is_wanted(const struct image_place *place, const struct brg_part *part, unsigned told)
{
	if (part->presence == BRG_ABSENT || part->type < 0 || part->type > BRG_ATTACHMENT)
		return false;
	if (place->item && part->type == BRG_ATTENDEE && part->presence == BRG_NULL)
		return false;
	return told & PART_BIT(part->type);
}

static int take_parts(const struct image_place *place, const struct brg_part *parts, size_t n,
		      struct caps *caps, unsigned wanted, struct image *out)
{
	struct brg_part *at;
	size_t counts[2] = { 0 }, kept = 0;

	n = parts ? n : 0;
	for (size_t i = 0; i < n; i++) {
		counts[0] += is_wanted(place, &parts[i], wanted & PART_BIT(BRG_OCCURRENCE));
		counts[1] += is_wanted(place, &parts[i], wanted & PART_BIT(BRG_ATTENDEE));
	}
	if (counts[0] > IMAGE_OCCURRENCES_MAX || counts[1] > IMAGE_ATTENDEES_MAX)
		return image_fail(
			place, IMAGE_MANY,
			brg_cstr(counts[1] > IMAGE_ATTENDEES_MAX ? "attendees" : "occurrences"),
			counts[1] > IMAGE_ATTENDEES_MAX ? "500" : "1000");
	at = arena_alloc(place->arena, (counts[0] + counts[1]) * sizeof(*at) + 1);
	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(place, &parts[i], wanted))
			continue;
		if (take_part(place, &parts[i], i + 1, caps, &at[kept]) < 0)
			return place->err->code;
		kept++;
	}
	out->parts = at;
	out->n_parts = image_sort_parts(at, kept);
	return 0;
}

static int take(const struct image_place *place, const struct brg_fields *fields,
		const struct brg_part *parts, size_t n_parts, struct caps *caps, unsigned wanted,
		struct image *out)
{
	int rc = take_fields(place, fields, caps, &out->fields);

	if (rc == 0 && place->kind == BRG_APPOINTMENT)
		rc = take_parts(place, parts, n_parts, caps, wanted, out);
	if (rc < 0)
		*out = (struct image){ 0 };
	return rc;
}

int image_from_item(const struct field_table *table, int kind, const struct brg_field_cap *caps,
		    const struct brg_fields *fields, const struct brg_part *parts, size_t n_parts,
		    struct brg_arena *arena, struct image *out, struct brg_err *err)
{
	struct image_place place = {
		.table = table, .kind = kind, .item = true, .arena = arena, .err = err
	};
	struct caps readable = { .at = caps };

	while (caps && caps[readable.n].name)
		readable.n++;
	*out = (struct image){ 0 };
	if (kind != BRG_APPOINTMENT || is_readable(&readable, kind, "attendees"))
		out->told |= PART_BIT(BRG_ATTENDEE);
	if (kind != BRG_APPOINTMENT || is_readable(&readable, kind, "occurrences"))
		out->told |= PART_BIT(BRG_OCCURRENCE);
	return take(&place, fields, parts, n_parts, &readable, out->told, out);
}

int image_canonical(const struct field_table *table, int kind, const struct image *written,
		    struct brg_arena *arena, struct image *out, struct brg_err *err)
{
	struct image_place place = { .table = table, .kind = kind, .arena = arena, .err = err };

	*out = (struct image){ .told = written->told };
	return take(&place, &written->fields, written->parts, written->n_parts, NULL,
		    IMAGE_TOLD_ALL, out);
}
