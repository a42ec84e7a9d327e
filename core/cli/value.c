/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/value.h"

#include "core/cli/faults.h"
#include "core/cli/moment.h"
#include "core/problems.h"
#include "core/zone.h"

#include <stdlib.h>
#include <strings.h>

#define ATTENDEE "attendee"

/* ---- single values --------------------------------------------------------------------------*/

static struct brg_str trim(struct brg_str s)
{
	while (s.len && s.ptr[0] == ' ') {
		s.ptr++;
		s.len--;
	}
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

static bool is_word(struct brg_str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static bool read_integer(struct brg_str s, int64_t *out)
{
	size_t i = s.len && s.ptr[0] == '-';
	int64_t n = 0;

	if (i == s.len || s.len > 17)
		return false;
	for (; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		n = n * 10 + (s.ptr[i] - '0');
	}
	*out = s.ptr[0] == '-' ? -n : n;
	return true;
}

static bool read_flag(struct brg_str s, int64_t *out)
{
	*out = is_word(s, "yes") || is_word(s, "true");
	return *out || is_word(s, "no") || is_word(s, "false");
}

/* "In progress" is in_progress too. */
static struct brg_str read_choice(struct brg_str s, struct brg_arena *arena)
{
	struct brg_str out = arena_str(arena, s);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < out.len; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
		if (p[i] == ' ' || p[i] == '-')
			p[i] = '_';
	}
	return out;
}

/* "2026-11-30[ 09:00[:00]][ ZONE]" */
static bool read_wall(struct brg_str s, struct brg_str zone, struct brg_arena *arena,
		      struct brg_wall *out)
{
	char name[ZONE_NAME_MAX];
	struct brg_str date = s, rest, time = { "00:00:00", 8 };
	size_t n = 0;

	if (s.len < 10)
		return false;
	date.len = 10;
	rest = (struct brg_str){ s.ptr + 10, s.len - 10 };
	if (rest.len > 1 && strchr(" Tt", rest.ptr[0]) && rest.ptr[1] >= '0' &&
	    rest.ptr[1] <= '9') {
		rest.ptr++;
		rest.len--;
		while (n < rest.len && rest.ptr[n] != ' ')
			n++;
		time = (struct brg_str){ rest.ptr, n };
		rest.ptr += n;
		rest.len -= n;
		if (time.len == 5)
			time = brg_cstr(arena_printf(arena, "%.5s:00", time.ptr));
	}
	if (rest.len && rest.ptr[0] != ' ')
		return false;
	rest = trim(rest);
	out->local = brg_cstr(arena_printf(arena, "%.10sT%.*s", date.ptr, (int)time.len, time.ptr));
	if (!zone_is_local(out->local))
		return false;
	out->zone = zone;
	if (rest.len == 0)
		return true;
	if (!zone_canonical(rest, (struct brg_str){ "", 0 }, name))
		return false;
	out->zone = arena_str(arena, brg_cstr(name));
	return true;
}

/* What happened: wall time of the owner, or as options take moments. */
static bool read_moment(const struct value_ctx *ctx, struct brg_str s, int64_t *out)
{
	struct brg_wall wall;

	if (read_wall(s, ctx->zone, ctx->arena, &wall))
		return zone_instant(wall.local, wall.zone, out);
	return moment_parse(s, ctx->now_us, false, out);
}

static bool read_list(struct brg_str s, struct brg_arena *arena, struct brg_field *out)
{
	struct brg_str *at = arena_alloc(arena, (s.len / 2 + 1) * sizeof(*at));
	size_t n = 0;

	for (size_t begin = 0; begin <= s.len;) {
		size_t end = begin;
		struct brg_str one;

		while (end < s.len && s.ptr[end] != ',')
			end++;
		one = trim((struct brg_str){ s.ptr + begin, end - begin });
		if (one.len)
			at[n++] = one;
		begin = end + 1;
	}
	out->u.list.at = at;
	out->u.list.n = n;
	return n > 0;
}

/* The zone that the field has now, else the owner's. */
static struct brg_str zone_for(const struct value_ctx *ctx, uint32_t id)
{
	const struct brg_field *f = ctx->base ? image_field(ctx->base, id) : NULL;

	if (f && f->presence == BRG_VALUE && f->u.wall.zone.len)
		return f->u.wall.zone;
	return ctx->zone;
}

static bool read_value(const struct value_ctx *ctx, const struct field *f, struct brg_str s,
		       struct brg_field *out)
{
	switch (f->type) {
	case BRG_INTEGER:
		return read_integer(trim(s), &out->u.integer);
	case BRG_FLAG:
		return read_flag(trim(s), &out->u.integer);
	case BRG_MOMENT:
		return read_moment(ctx, trim(s), &out->u.integer);
	case BRG_WALL:
		return read_wall(trim(s), zone_for(ctx, f->id), ctx->arena, &out->u.wall);
	case BRG_DATE:
		out->u.text = trim(s);
		return zone_is_date(out->u.text);
	case BRG_LIST:
		return read_list(s, ctx->arena, out);
	case BRG_CHOICE:
		out->u.text = read_choice(trim(s), ctx->arena);
		return field_has_word(f, out->u.text);
	default:
		out->u.text = s;
		return true;
	}
}

static const char *example(const struct field *f, struct brg_arena *arena)
{
	switch (f->type) {
	case BRG_INTEGER:
		return f->max_len ? arena_printf(arena, "a number from 0 to %lu",
						 (unsigned long)f->max_len)
				  : "a whole number";
	case BRG_FLAG:
		return "yes | no";
	case BRG_MOMENT:
		return "2026-11-30 09:00 Europe/Stockholm | 2026-11-30T08:00Z | now";
	case BRG_WALL:
		return "2026-11-30 09:00 | 2026-11-30 09:00 Europe/Stockholm";
	case BRG_DATE:
		return "2026-11-30";
	case BRG_LIST:
		return "text, text";
	default:
		return f->words ? f->words : "text";
	}
}

/* ---- who takes part -------------------------------------------------------------------------*/

static int bad_attendee(const struct value_ctx *ctx, struct brg_str value, struct brg_err *err)
{
	return brg_fail(err, &cli_bad_value, "field=%s\nkind=%s\nexpected=%s\nvalue=%s", ATTENDEE,
			field_kind_name(ctx->kind),
			"bo@example.com:required|optional|resource, or -bo@example.com",
			problems_show(ctx->arena, value));
}

/* "bo@x:optional", "Bo B <bo@x>", "-bo@x". */
static int read_attendee(const struct value_ctx *ctx, struct brg_str value, struct brg_part *out,
			 struct brg_err *err)
{
	const struct field *role = field_of(ctx->table, FIELD_ATTENDEE, ATTENDEE_ROLE);
	struct brg_str s = trim(value), name = { "", 0 }, word = { "", 0 };
	const char *colon, *less;
	struct image_draft draft;
	bool goes = s.len && s.ptr[0] == '-';

	if (goes)
		s = (struct brg_str){ s.ptr + 1, s.len - 1 };
	colon = s.len ? memrchr(s.ptr, ':', s.len) : NULL;
	if (colon) {
		word = read_choice(
			trim((struct brg_str){ colon + 1, (size_t)(s.ptr + s.len - colon) - 1 }),
			ctx->arena);
		s.len = (size_t)(colon - s.ptr);
		if (!field_has_word(role, word))
			return bad_attendee(ctx, value, err);
	}
	s = trim(s);
	less = s.len && s.ptr[s.len - 1] == '>' ? memchr(s.ptr, '<', s.len) : NULL;
	if (less) {
		name = trim((struct brg_str){ s.ptr, (size_t)(less - s.ptr) });
		s = (struct brg_str){ less + 1, (size_t)(s.ptr + s.len - less) - 2 };
	}
	if (s.len < 3 || !memchr(s.ptr, '@', s.len) || memchr(s.ptr, ' ', s.len) ||
	    (goes && (colon || less)))
		return bad_attendee(ctx, value, err);
	*out = (struct brg_part){ .size = sizeof(*out),
				  .type = BRG_ATTENDEE,
				  .key = image_address(s, ctx->arena),
				  .presence = goes ? BRG_NULL : BRG_VALUE };
	draft_init(&draft, ctx->arena);
	if (name.len)
		draft_text(&draft, ATTENDEE_NAME, BRG_TEXT, name);
	if (word.len)
		draft_text(&draft, ATTENDEE_ROLE, BRG_CHOICE, word);
	out->fields = draft_done(&draft);
	return 0;
}

/* ---- all words ------------------------------------------------------------------------------*/

struct reader {
	const struct value_ctx *ctx;
	struct image_draft draft;
	struct brg_part *parts;
	size_t n_parts;
	bool all_go; /* attendees=: but for those named beside it */
};

static int no_field(const struct value_ctx *ctx, struct brg_str name, struct brg_err *err)
{
	const struct field_set *set = &ctx->table->kinds[ctx->kind];
	const char **names = arena_alloc(ctx->arena, (set->n + 1) * sizeof(*names));
	const char *near;
	size_t n = set->n;

	for (size_t i = 0; i < set->n; i++)
		names[i] = set->at[i].name;
	if (ctx->kind == BRG_APPOINTMENT)
		names[n++] = ATTENDEE;
	near = problems_nearest(name, names, n);
	return brg_fail(err, &cli_no_field, "kind=%s\nfield=%s\nhint=%s",
			field_kind_name(ctx->kind), problems_show(ctx->arena, name),
			near ? arena_printf(ctx->arena, "%s?", near)
			     : arena_printf(ctx->arena, "brygga field list %s",
					    field_kind_name(ctx->kind)));
}

static int read_field(struct reader *r, struct brg_str name, struct brg_str value,
		      struct brg_err *err)
{
	const struct value_ctx *ctx = r->ctx;
	const struct field *f = field_find(ctx->table, ctx->kind, name);
	struct brg_field *out;

	if (!f)
		return no_field(ctx, name, err);
	for (size_t i = 0; i < r->draft.n; i++)
		if (r->draft.fields[i].id == f->id)
			return brg_fail(err, &cli_field_twice, "field=%s", f->name);
	out = draft_add(&r->draft, f->id, f->type, value.len ? BRG_VALUE : BRG_NULL);
	if (value.len == 0 || read_value(ctx, f, value, out))
		return 0;
	return brg_fail(err, &cli_bad_value, "field=%s\nkind=%s\nexpected=%s\nvalue=%s", f->name,
			field_kind_name(ctx->kind), example(f, ctx->arena),
			problems_show(ctx->arena, value));
}

static int read_word(struct reader *r, const char *word, struct brg_err *err)
{
	const char *equals = strchr(word, '=');
	struct brg_str name, value;

	if (!equals || equals == word)
		return brg_fail(err, &cli_no_equals, "word=%s",
				problems_show(r->ctx->arena, brg_cstr(word)));
	name = (struct brg_str){ word, (size_t)(equals - word) };
	value = brg_cstr(equals + 1);
	if (r->ctx->kind == BRG_APPOINTMENT && brg_str_eq(name, brg_cstr(ATTENDEE)))
		return read_attendee(r->ctx, value, &r->parts[r->n_parts++], err);
	if (r->ctx->kind == BRG_APPOINTMENT && brg_str_eq(name, brg_cstr("attendees")) &&
	    value.len == 0) {
		r->all_go = true;
		return 0;
	}
	return read_field(r, name, value, err);
}

/* Of those with one address the first holds. */
static void all_go(struct reader *r)
{
	for (size_t i = 0; r->ctx->base && i < r->ctx->base->n_parts; i++) {
		const struct brg_part *part = &r->ctx->base->parts[i];

		if (part->type == BRG_ATTENDEE)
			r->parts[r->n_parts++] = (struct brg_part){ .size = sizeof(*part),
								    .type = BRG_ATTENDEE,
								    .key = part->key,
								    .presence = BRG_NULL };
	}
}

int value_read(const struct value_ctx *ctx, char *const *words, size_t n, struct image *out,
	       struct brg_err *err)
{
	struct reader r = { .ctx = ctx };
	struct image written = { .told = IMAGE_TOLD_ALL };
	size_t most = n + (ctx->base ? ctx->base->n_parts : 0);

	draft_init(&r.draft, ctx->arena);
	r.parts = arena_alloc(ctx->arena, (most + 1) * sizeof(*r.parts));
	for (size_t i = 0; i < n; i++)
		if (read_word(&r, words[i], err) < 0)
			return err->code;
	if (r.all_go)
		all_go(&r);
	written.fields = draft_done(&r.draft);
	written.parts = r.parts;
	written.n_parts = r.n_parts;
	return image_canonical(ctx->table, ctx->kind, &written, ctx->arena, out, err);
}

/* ---- shown ----------------------------------------------------------------------------------*/

static const char *show_list(const struct brg_field *f, struct brg_arena *arena)
{
	const char *out = "";

	for (size_t i = 0; i < f->u.list.n; i++)
		out = arena_printf(arena, "%s%s%.*s", out, i ? ", " : "", (int)f->u.list.at[i].len,
				   f->u.list.at[i].ptr);
	return out;
}

static const char *show_wall(const struct brg_wall *w, struct brg_arena *arena)
{
	size_t time = w->local.len;

	if (time == 19 && memcmp(w->local.ptr + 16, ":00", 3) == 0)
		time = 16;
	if (time < 16)
		return arena_str(arena, w->local).ptr;
	return arena_printf(arena, "%.10s %.*s%s%.*s", w->local.ptr, (int)time - 11,
			    w->local.ptr + 11, w->zone.len ? " " : "", (int)w->zone.len,
			    w->zone.ptr);
}

const char *value_show(const struct brg_field *f, struct brg_arena *arena)
{
	char wall[20];

	if (!f || f->presence != BRG_VALUE)
		return "";
	switch (f->type) {
	case BRG_INTEGER:
		return arena_printf(arena, "%lld", (long long)f->u.integer);
	case BRG_FLAG:
		return f->u.integer ? "yes" : "no";
	case BRG_MOMENT:
		if (!zone_wall(f->u.integer, (struct brg_str){ "", 0 }, wall))
			return "";
		return arena_printf(arena, "%sZ", wall);
	case BRG_WALL:
		return show_wall(&f->u.wall, arena);
	case BRG_LIST:
		return show_list(f, arena);
	default:
		return arena_str(arena, f->u.text).ptr;
	}
}
