/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sweep.h"

#include "core/mailbox.h"
#include "core/options.h"

#include <stdlib.h>

#define STATE_NAME  "core.swept"
#define WINDOWS_MAX 32 /* of one filter */
#define ZONES_MAX   64

struct sweep {
	struct engine *e;
	struct brg_arena *arena;
	struct step step;
	int64_t before_us, now_us;
	int windows;
};

/* ---- who asks what, and where --------------------------------------------------------------- */

struct askers {
	struct engine *e;
	struct brg_arena *arena;
	struct brg_row *owners;
	size_t n_owners;
	struct brg_str zones[ZONES_MAX];
	size_t n_zones;
	sweep_each_fn *each;
	void *arg;
};

static struct brg_str zone_of(struct askers *a, const struct brg_owner_row *owner)
{
	struct settings settings = { 0 };
	struct owner_settings out = { 0 };
	struct brg_err err = BRG_ERR_INIT;

	if (settings_add_json(&settings, owner->settings, a->arena, &err) < 0 ||
	    options_fill(owner_options, &out, settings.at, settings.n, a->arena, &err) < 0 ||
	    !out.zone)
		return brg_cstr("UTC");
	return brg_cstr(out.zone);
}

static void add_zone(struct askers *a, struct brg_str zone)
{
	for (size_t i = 0; i < a->n_zones; i++)
		if (brg_str_eq(a->zones[i], zone))
			return;
	if (a->n_zones < ZONES_MAX)
		a->zones[a->n_zones++] = zone;
}

static int read_owners(struct askers *a, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OWNERS };

	if (store_all(&a->e->store, &q, a->arena, &a->owners, &a->n_owners, err) < 0)
		return err->code;
	for (size_t i = 0; i < a->n_owners; i++)
		add_zone(a, zone_of(a, &a->owners[i].u.owner));
	return 0;
}

static int ask_filter(struct askers *a, const struct brg_filter_row *row, struct brg_err *err)
{
	const struct where *where;

	if (!row->active || row->type == BRG_FILTER_TEMPLATE)
		return 0;
	if (where_parse(a->e->sync->table, row->kind, row->text, a->arena, &where, err) < 0)
		return err->code;
	for (size_t i = 0; i < a->n_owners; i++)
		if (brg_id_eq(&a->owners[i].u.owner.id, &row->owner)) {
			a->each(a->arg, row->kind, where, zone_of(a, &a->owners[i].u.owner));
			return 0;
		}
	for (size_t i = 0; i < a->n_zones; i++)
		a->each(a->arg, row->kind, where, a->zones[i]);
	return 0;
}

int sweep_each(struct engine *e, struct brg_arena *arena, sweep_each_fn *each, void *arg,
	       struct brg_err *err)
{
	struct askers a = { .e = e, .arena = arena, .each = each, .arg = arg };
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_FILTERS };
	struct brg_row *rows;
	size_t n;
	int rc = 0;

	if (read_owners(&a, err) < 0 || store_all(&e->store, &q, arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = ask_filter(&a, &rows[i].u.filter, err);
	return rc;
}

/* ---- time passes ---------------------------------------------------------------------------- */

static int last_time(struct sweep *s, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_STATES };
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &q, s->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.state.name, brg_cstr(STATE_NAME)))
			s->before_us = strtoll(arena_printf(s->arena, "%.*s",
							    (int)rows[i].u.state.value.len,
							    rows[i].u.state.value.ptr),
					       NULL, 10);
	return 0;
}

static void touch(void *arg, int kind, const struct where *where, struct brg_str zone)
{
	struct sweep *s = arg;
	struct brg_touch windows[WINDOWS_MAX];
	size_t n = where_windows(where, s->before_us, s->now_us, zone, windows, WINDOWS_MAX);

	(void)kind;
	for (size_t i = 0; i < n && i < WINDOWS_MAX; i++) {
		step_add(&s->step, BRG_OP_TOUCH, BRG_ANY)->u.touch = windows[i];
		s->windows++;
	}
}

int sweep_run(struct engine *e, struct brg_err *err)
{
	struct sweep s = { .e = e, .arena = arena_new(), .now_us = e->now_us(e) };
	int rc = last_time(&s, err);

	step_init(&s.step, s.arena);
	/* A clock that was set back sweeps the same again when it has caught up. */
	if (rc == 0 && s.before_us && s.now_us > s.before_us)
		rc = sweep_each(e, s.arena, touch, &s, err);
	if (rc == 0) {
		struct brg_op *op = step_add(&s.step, BRG_OP_STATE, BRG_ANY);

		op->u.state.name = brg_cstr(STATE_NAME);
		op->u.state.value = brg_cstr(arena_printf(s.arena, "%lld", (long long)s.now_us));
		rc = store_commit(&e->store, &s.step, BRG_DURABLE, NULL, err);
	}
	arena_free(&s.arena);
	return rc < 0 ? rc : s.windows;
}
