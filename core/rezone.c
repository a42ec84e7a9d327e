/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rezone.h"

#include "core/log.h"
#include "core/record.h"
#include "core/sweep.h"
#include "core/zone.h"

#include <jansson.h>
#include <stdlib.h>

/* What filters of a kind compare with. */
struct asked {
	struct asked *next;
	int kind;
	const struct where_bound *bounds;
	size_t n;
};

struct rezone {
	struct engine *e;
	struct brg_arena *arena;
	struct step step;
	struct asked *asked;
	bool has_asked; /* it was read: only if something moved */
};

/* ---- what filters compare with --------------------------------------------------------------*/

static void add_filter(void *arg, int kind, const struct where *where, struct brg_str zone)
{
	struct rezone *r = arg;
	struct asked *asked = arena_alloc(r->arena, sizeof(*asked));
	int64_t now = r->e->now_us(r->e);
	size_t n = where_bounds(where, now, zone, NULL, 0);
	struct where_bound *bounds = arena_alloc(r->arena, (n + 1) * sizeof(*bounds));

	*asked = (struct asked){ r->asked, kind, bounds, n };
	(void)where_bounds(where, now, zone, bounds, n);
	r->asked = asked;
}

/* ---- what moved -----------------------------------------------------------------------------*/

static bool crosses(const struct rezone *r, int kind, uint32_t field, int64_t was, int64_t is)
{
	for (const struct asked *a = r->asked; a; a = a->next)
		for (size_t i = 0; i < a->n && a->kind == kind; i++)
			if (a->bounds[i].field == field &&
			    (was < a->bounds[i].at_us) != (is < a->bounds[i].at_us))
				return true;
	return false;
}

/* Of one key. Texts are no times, whoever folded them otherwise. */
static bool key_moved(const struct rezone *r, int kind, const char *field, const json_t *was,
		      const json_t *is, bool *look)
{
	if ((!json_is_integer(was) && !json_is_integer(is)) || json_equal(was, is))
		return false;
	*look = *look || !was || !is ||
		crosses(r, kind, (uint32_t)strtoul(field, NULL, 10), json_integer_value(was),
			json_integer_value(is));
	return true;
}

/* Did an instant move? *look: beyond what a filter compares it with. */
static bool has_moved(const struct rezone *r, const struct brg_record_row *row,
		      const struct derived *d, bool *look)
{
	json_t *was = json_loadb(row->keys.ptr, row->keys.len, 0, NULL), *value;
	json_t *is = json_loadb(d->keys.ptr, d->keys.len, 0, NULL);
	bool moved = row->sorted_us != d->sorted_us;
	const char *field;

	*look = false;
	json_object_foreach(is, field, value)
	{
		const json_t *old = json_object_get(was, field);

		moved = key_moved(r, row->kind, field, old, value, look) || moved;
	}
	json_object_foreach(was, field, value)
	{
		if (!json_object_get(is, field))
			moved = key_moved(r, row->kind, field, value, NULL, look) || moved;
	}
	json_decref(was);
	json_decref(is);
	return moved;
}

/* ---- one record -----------------------------------------------------------------------------*/

static void tell(struct rezone *r, const struct record *record, const struct derived *d)
{
	struct record_cause cause = { .row = &record_rezoned };
	struct brg_str was = record->row.zones.len ? record->row.zones : brg_cstr("?");

	cause.params = brg_cstr(arena_printf(r->arena, "was=%.*s\nnow=%.*s", (int)was.len, was.ptr,
					     (int)d->zones.len, d->zones.ptr));
	record_note(r->e, &r->step, record, &cause);
}

/* One that cannot be read keeps what it has, and does not stand in the way of others. */
static void pass_over(struct rezone *r, const struct brg_record_row *row, const struct brg_err *why)
{
	struct record unread = { .row = *row };
	struct derived same = { .zones = brg_cstr(zone_data_version()) };

	log_failure(BRG_LOG_WARNING, "rezone.unreadable", why);
	record_rederive(r->e, &r->step, &unread, &same, false, false);
}

static int one(struct rezone *r, const struct brg_record_row *row, struct brg_err *err)
{
	struct brg_err unreadable = BRG_ERR_INIT;
	struct record record;
	struct derived d;
	bool moved, look, series;

	if (record_decode(r->e, row, r->arena, &record, &unreadable) < 0) {
		pass_over(r, row, &unreadable);
		return 0;
	}
	derive_keys(r->e->sync->table, row->kind, &record.image, row->created_us, r->arena, &d);
	moved = has_moved(r, row, &d, &look);
	if (moved && !r->has_asked) {
		if (sweep_each(r->e, r->arena, add_filter, r, err) < 0)
			return err->code;
		r->has_asked = true;
		(void)has_moved(r, row, &d, &look);
	}
	/* What identifies a series is more than its keys tell. */
	series = row->kind == BRG_APPOINTMENT && image_str(&record.image, APPT_RECURRENCE).len;
	record_rederive(r->e, &r->step, &record, &d,
			moved || series || !brg_str_eq(row->keys, d.keys),
			look && !row->deleted_us);
	if (moved)
		tell(r, &record, &d);
	return 0;
}

/* ---- a step of it ---------------------------------------------------------------------------*/

static int read_some(struct rezone *r, struct brg_row **rows, size_t *n, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_ZONED,
			       .text = brg_cstr(zone_data_version()),
			       .limit = REZONE_BATCH };
	int others = engine_others(r->e, "keeper", err);

	if (others < 0 || q.text.len == 0) /* ICU without data */
		return others < 0 ? others : 0;
	q.number = others;
	return store_all(&r->e->store, &q, r->arena, rows, n, err);
}

int rezone_run(struct engine *e, struct brg_err *err)
{
	struct rezone r = { .e = e, .arena = arena_new() };
	struct brg_row *rows;
	size_t n = 0;
	int rc = read_some(&r, &rows, &n, err);

	step_init(&r.step, r.arena);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = one(&r, &rows[i].u.record, err);
	/* Who writes one of them at the same moment derives it himself: the rest comes again. */
	if (rc == 0)
		rc = store_commit(&e->store, &r.step, BRG_DURABLE, NULL, err);
	arena_free(&r.arena);
	return rc < 0 ? rc : rc == BRG_REFUSED ? REZONE_BATCH : (int)n;
}
