/* SPDX-License-Identifier: Apache-2.0 */
#include "core/derive-private.h"

#include "core/image-private.h"
#include "core/json_write.h"
#include "core/recur.h"
#include "core/unicode.h"
#include "core/zone.h"

#include <stdio.h>

/* ---- folding --------------------------------------------------------------------------------*/

static bool is_ascii(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

struct brg_str derive_fold(struct brg_str text, struct brg_arena *arena)
{
	struct brg_str s = text;
	size_t n = 0;
	char *p;

	if (!is_ascii(text))
		s = unicode_casefold(text, arena);
	p = arena_alloc(arena, s.len + 1);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			if (n && p[n - 1] != ' ')
				p[n++] = ' ';
		} else {
			p[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		}
	}
	return (struct brg_str){ p, n - (n && p[n - 1] == ' ') };
}

/* ---- instants -------------------------------------------------------------------------------*/

/* A wall, date or moment as microseconds. */
static bool instant_of(const struct brg_field *f, int64_t *us)
{
	char local[20] = "0000-00-00T00:00:00";

	if (!f || f->presence != BRG_VALUE)
		return false;
	switch (f->type) {
	case BRG_MOMENT:
		*us = f->u.integer;
		return true;
	case BRG_WALL:
		return zone_instant(f->u.wall.local, f->u.wall.zone, us);
	case BRG_DATE:
		if (!zone_is_date(f->u.text))
			return false;
		memcpy(local, f->u.text.ptr, 10);
		return zone_instant(brg_cstr(local), (struct brg_str){ "", 0 }, us);
	default:
		return false;
	}
}

bool derive_instant(const struct image *image, uint32_t id, int64_t *us)
{
	return instant_of(image_field(image, id), us);
}

/* The last start of the rule, as an instant; false: there is none. */
static bool last_start(const struct image *image, struct brg_arena *arena, int64_t *us)
{
	const struct brg_field *start = image_field(image, APPT_START);
	struct brg_str last;
	char local[20] = "";

	if (!recur_last(image_str(image, APPT_RECURRENCE), derive_series_start(image), arena,
			&last) ||
	    last.len >= sizeof(local))
		return false;
	memcpy(local, start->u.wall.local.ptr, sizeof(local) - 1);
	memcpy(local, last.ptr, last.len);
	return zone_instant(brg_cstr(local), start->u.wall.zone, us);
}

/* Of a series: when all of it is over, with what was moved. */
static int64_t series_end(const struct image *image, struct brg_arena *arena)
{
	int64_t start = 0, end = 0, last = 0, moved = 0;

	if (!derive_instant(image, APPT_START, &start))
		return DERIVE_ENDLESS;
	if (!derive_instant(image, APPT_END, &end))
		end = start;
	if (!last_start(image, arena, &last))
		return DERIVE_ENDLESS;
	last += end - start;
	for (size_t i = 0; i < image->n_parts; i++) {
		const struct image own = { .fields = image->parts[i].fields };

		if (image->parts[i].type == BRG_OCCURRENCE &&
		    derive_instant(&own, APPT_END, &moved) && moved > last)
			last = moved;
	}
	return last;
}

/* ---- keys -----------------------------------------------------------------------------------*/

struct keys {
	struct json_writer json;
	bool first;
	bool series;
	const struct image *image;
	struct derived *out;
};

static void put_id(struct keys *k, uint32_t id)
{
	char name[16];
	int n = snprintf(name, sizeof(name), "%lu", (unsigned long)id);

	json_put_name(&k->json, (struct brg_str){ name, (size_t)n }, &k->first);
}

static void put_instant(struct keys *k, const struct field *row, const struct brg_field *f)
{
	int64_t us;

	if (k->series && f->id == APPT_END)
		us = series_end(k->image, k->json.arena);
	else if (!instant_of(f, &us))
		return;
	put_id(k, f->id);
	json_put_integer(&k->json, us);
	if (row->flags & FIELD_INDEXED)
		k->out->moments[k->out->n_moments++] = (struct brg_moment){ f->id, us };
}

static void put_list(struct keys *k, const struct brg_field *f)
{
	put_id(k, f->id);
	json_put_char(&k->json, '[');
	for (size_t i = 0; i < f->u.list.n; i++) {
		if (i)
			json_put_char(&k->json, ',');
		json_put_text(&k->json, derive_fold(f->u.list.at[i], k->json.arena));
	}
	json_put_char(&k->json, ']');
}

static void put_key(struct keys *k, const struct field *row, const struct brg_field *f)
{
	struct brg_str text;

	switch (f->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
		put_id(k, f->id);
		json_put_integer(&k->json, f->u.integer);
		return;
	case BRG_MOMENT:
	case BRG_WALL:
	case BRG_DATE:
		put_instant(k, row, f);
		return;
	case BRG_LIST:
		put_list(k, f);
		return;
	default:
		text = derive_fold(f->u.text, k->json.arena);
		if (text.len == 0)
			return;
		put_id(k, f->id);
		json_put_text(&k->json, text);
	}
}

/* Tasks by due, else start; appointments by start. */
static int64_t sorted_by(int kind, const struct image *image, int64_t created_us)
{
	int64_t us;

	if (kind == BRG_TASK &&
	    (derive_instant(image, TASK_DUE, &us) || derive_instant(image, TASK_START, &us)))
		return us;
	if (kind == BRG_APPOINTMENT && derive_instant(image, APPT_START, &us))
		return us;
	return created_us;
}

static bool has_zone(const struct brg_fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *f = &fields->at[i];

		if (f->presence == BRG_VALUE && f->type == BRG_WALL && f->u.wall.zone.len)
			return true;
	}
	return false;
}

/* Whether or not a key comes of it: what identifies a record has instants too. */
static struct brg_str zones_of(const struct image *image)
{
	bool any = has_zone(&image->fields);

	for (size_t i = 0; i < image->n_parts && !any; i++)
		any = has_zone(&image->parts[i].fields);
	return brg_cstr(any ? zone_data_version() : "");
}

void derive_keys(const struct field_table *table, int kind, const struct image *image,
		 int64_t created_us, struct brg_arena *arena, struct derived *out)
{
	struct keys k = { .first = true, .image = image, .out = out };

	k.series = kind == BRG_APPOINTMENT && image_str(image, APPT_RECURRENCE).len > 0;
	*out = (struct derived){ .sorted_us = sorted_by(kind, image, created_us),
				 .zones = zones_of(image) };
	out->moments = arena_alloc(arena, image->fields.n * sizeof(*out->moments) + 1);
	json_write_init(&k.json, arena);
	json_put_char(&k.json, '{');
	for (size_t i = 0; i < image->fields.n; i++) {
		const struct brg_field *f = &image->fields.at[i];
		const struct field *row = field_of(table, kind, f->id);

		if (row && f->presence == BRG_VALUE && (row->flags & FIELD_FILTER))
			put_key(&k, row, f);
	}
	json_put_char(&k.json, '}');
	out->keys = json_written(&k.json);
}

/* ---- identity -------------------------------------------------------------------------------*/

#define IDENTITY_MOST 6

/* Pieces: id and length, four bytes each, and the bytes. */
struct identity {
	struct brg_arena *arena;
	struct brg_str at[IDENTITY_MOST];
	uint32_t id[IDENTITY_MOST];
	size_t n;
};

static void add(struct identity *identity, uint32_t id, struct brg_str s)
{
	if (s.len == 0)
		return;
	identity->id[identity->n] = id;
	identity->at[identity->n++] = s;
}

static void add_time(struct identity *identity, const struct image *image, uint32_t id)
{
	bool date = image_int(image, APPT_ALL_DAY);
	struct brg_str local = image_str(image, id);
	int64_t us;

	if (date && local.len > 10)
		add(identity, id, (struct brg_str){ local.ptr, 10 });
	else if (derive_instant(image, id, &us))
		add(identity, id, brg_cstr(arena_printf(identity->arena, "%lld", (long long)us)));
}

static void put_number(char *to, size_t n)
{
	for (int i = 4; i-- > 0; n >>= 8)
		to[i] = (char)(n & 0xFF);
}

static struct brg_str joined(const struct identity *identity)
{
	size_t n = 0, len = 0;
	char *p;

	for (size_t i = 0; i < identity->n; i++)
		len += 8 + identity->at[i].len;
	p = arena_alloc(identity->arena, len + 1);
	for (size_t i = 0; i < identity->n; i++) {
		put_number(p + n, identity->id[i]);
		put_number(p + n + 4, identity->at[i].len);
		memcpy(p + n + 8, identity->at[i].ptr, identity->at[i].len);
		n += 8 + identity->at[i].len;
	}
	return (struct brg_str){ p, n };
}

/* Which of the three places an address has means nothing. */
static void add_contact(struct identity *identity, const struct image *image)
{
	static const uint32_t ids[] = { CONTACT_EMAIL1, CONTACT_EMAIL2, CONTACT_EMAIL3 };
	struct brg_str name = image_str(image, CONTACT_FULL_NAME), emails[3];
	const struct brg_str *sorted;
	size_t n = 0;

	if (name.len == 0)
		name = derive_full_name(image, identity->arena);
	add(identity, CONTACT_FULL_NAME, derive_fold(name, identity->arena));
	for (size_t i = 0; i < 3; i++) {
		emails[n] = derive_fold(image_str(image, ids[i]), identity->arena);
		n += emails[n].len > 0;
	}
	sorted = image_list(emails, &n, identity->arena);
	for (size_t i = 0; i < n; i++)
		add(identity, CONTACT_EMAIL1, sorted[i]);
	if (n == 0)
		add(identity, CONTACT_COMPANY,
		    derive_fold(image_str(image, CONTACT_COMPANY), identity->arena));
}

struct brg_str derive_identity(const struct field_table *table, int kind, const struct image *image,
			       struct brg_arena *arena)
{
	struct identity identity = { .arena = arena };

	(void)table;
	if (kind == BRG_CONTACT) {
		add_contact(&identity, image);
	} else if (kind == BRG_TASK && image_str(image, TASK_SUBJECT).len) {
		add(&identity, TASK_SUBJECT, derive_fold(image_str(image, TASK_SUBJECT), arena));
		add(&identity, TASK_START, image_str(image, TASK_START));
		add(&identity, TASK_DUE, image_str(image, TASK_DUE));
	} else if (kind == BRG_APPOINTMENT && image_str(image, APPT_START).len) {
		add(&identity, APPT_SUBJECT, derive_fold(image_str(image, APPT_SUBJECT), arena));
		add_time(&identity, image, APPT_START);
		add_time(&identity, image, APPT_END);
		if (image_int(image, APPT_ALL_DAY))
			add(&identity, APPT_ALL_DAY, brg_cstr("1"));
		add(&identity, APPT_RECURRENCE, image_str(image, APPT_RECURRENCE));
	}
	return joined(&identity);
}
