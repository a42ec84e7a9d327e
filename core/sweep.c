/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sweep.h"

#include "core/derive.h"
#include "core/mailbox.h"
#include "core/options.h"
#include "core/zone.h"

#include <stdlib.h>

#define SWEPT	    "core.swept" /* until when */
#define RULES	    "core.zones" /* by which rules of zones: a version, and a line for each zone */
#define WINDOWS_MAX 32		 /* of one filter */
#define ZONES_MAX   64
#define DAY_US	    INT64_C(86400000000)

struct sweep {
	struct engine *e;
	struct brg_arena *arena;
	struct step step;
	int64_t before_us, now_us;
	struct brg_str rules_were;
	const char *rules;
	bool other_rules; /* this process has other zone data, and the word */
	int windows;
};

/* ---- who asks what, and where ---------------------------------------------------------------*/

struct askers {
	struct engine *e;
	struct brg_arena *arena;
	struct asker {
		struct brg_id id;
		struct brg_str zone;
	} * owners;
	size_t n_owners;
	struct brg_str zones[ZONES_MAX]; /* of all of them, each once */
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
	struct brg_row *rows;

	if (store_all(&a->e->store, &q, a->arena, &rows, &a->n_owners, err) < 0)
		return err->code;
	a->owners = arena_alloc(a->arena, (a->n_owners + 1) * sizeof(*a->owners));
	for (size_t i = 0; i < a->n_owners; i++) {
		const struct brg_owner_row *owner = &rows[i].u.owner;

		a->owners[i] = (struct asker){ owner->id, zone_of(a, owner) };
		add_zone(a, a->owners[i].zone);
	}
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
		if (brg_id_eq(&a->owners[i].id, &row->owner)) {
			a->each(a->arg, row->kind, where, a->owners[i].zone);
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

/* ---- the rules of zones change --------------------------------------------------------------*/

static bool has(struct brg_str text, const char *word)
{
	return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* Notes by which rules it is asked in the zone. Are they others than the last time? */
static bool has_other_rules(struct sweep *s, struct brg_str zone)
{
	const char *name = arena_printf(s->arena, "\n%.*s ", (int)zone.len, zone.ptr);
	const char *line = arena_printf(s->arena, "%s%llu\n", name,
					(unsigned long long)zone_fingerprint(zone));

	if (!strstr(s->rules, name))
		s->rules = arena_printf(s->arena, "%s%s", s->rules, line + 1);
	return s->other_rules && has(s->rules_were, name) && !has(s->rules_were, line);
}

/* By how much is not known: no zone was ever moved by more than a day. */
static void touch_around(struct sweep *s, int kind, const struct where *where, struct brg_str zone)
{
	struct where_bound bounds[2 * WINDOWS_MAX];
	size_t n = where_bounds(where, s->now_us, zone, bounds, 2 * WINDOWS_MAX);

	for (size_t i = 0; i < n && i < 2 * WINDOWS_MAX; i++) {
		int64_t at = bounds[i].at_us;

		if (at <= -DERIVE_ENDLESS || at > DERIVE_ENDLESS) /* no day of the calendar */
			continue;
		step_add(&s->step, BRG_OP_TOUCH, BRG_ANY)->u.touch =
			(struct brg_touch){ kind, bounds[i].field, at - DAY_US, at + DAY_US };
		s->windows++;
	}
}

/* ---- time passes ----------------------------------------------------------------------------*/

static int last_time(struct sweep *s, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_STATES };
	struct brg_row *rows;
	size_t n;

	if (store_all(&s->e->store, &q, s->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		const struct brg_state_row *state = &rows[i].u.state;

		if (brg_str_eq(state->name, brg_cstr(SWEPT)))
			s->before_us = strtoll(arena_printf(s->arena, "%.*s", (int)state->value.len,
							    state->value.ptr),
					       NULL, 10);
		if (brg_str_eq(state->name, brg_cstr(RULES)))
			s->rules_were = state->value;
	}
	return 0;
}

/* Of two machines with other zone data the newer has the word. */
static int read_rules(struct sweep *s, struct brg_err *err)
{
	const char *version = zone_data_version();
	const char *end = memchr(s->rules_were.ptr, '\n', s->rules_were.len);
	struct brg_str was = { s->rules_were.ptr, end ? (size_t)(end - s->rules_were.ptr) : 0 };
	int others = 0;

	s->rules = arena_printf(s->arena, "%s\n", version);
	s->other_rules = was.len && !brg_str_eq(was, brg_cstr(version));
	if (s->other_rules && strncmp(version, was.ptr, was.len) < 0)
		others = engine_others(s->e, "keeper", err);
	if (others > 0)
		s->other_rules = false;
	return others;
}

static void touch(void *arg, int kind, const struct where *where, struct brg_str zone)
{
	struct sweep *s = arg;
	struct brg_touch windows[WINDOWS_MAX];
	size_t n = where_windows(where, s->before_us, s->now_us, zone, windows, WINDOWS_MAX);

	if (has_other_rules(s, zone))
		touch_around(s, kind, where, zone);
	/* A clock that was set back sweeps the same again when it has caught up. */
	if (s->before_us == 0 || s->now_us <= s->before_us)
		return;
	for (size_t i = 0; i < n && i < WINDOWS_MAX; i++) {
		step_add(&s->step, BRG_OP_TOUCH, BRG_ANY)->u.touch = windows[i];
		s->windows++;
	}
}

static void put_state(struct sweep *s, const char *name, const char *value)
{
	struct brg_op *op = step_add(&s->step, BRG_OP_STATE, BRG_ANY);

	op->u.state.name = brg_cstr(name);
	op->u.state.value = brg_cstr(value);
}

int sweep_run(struct engine *e, struct brg_err *err)
{
	struct sweep s = {
		.e = e, .arena = arena_new(), .now_us = e->now_us(e), .rules_were = { "", 0 }
	};
	int rc = last_time(&s, err), others = 0;

	step_init(&s.step, s.arena);
	if (rc == 0)
		rc = others = read_rules(&s, err);
	if (rc >= 0)
		rc = sweep_each(e, s.arena, touch, &s, err);
	if (rc == 0) {
		put_state(&s, SWEPT, arena_printf(s.arena, "%lld", (long long)s.now_us));
		if (others == 0)
			put_state(&s, RULES, s.rules);
		rc = store_commit(&e->store, &s.step, BRG_DURABLE, NULL, err);
	}
	arena_free(&s.arena);
	return rc < 0 ? rc : s.windows;
}
