/* SPDX-License-Identifier: Apache-2.0
 *
 * Sync filters as conditions: at a moment, for a person, in a zone; and what enters or leaves them
 * as time goes.
 */
#include "core/where.h"

#include "core/derive.h"
#include "core/id.h"
#include "core/zone.h"

#include <check.h>
#include <stdlib.h>

#define UUID "0198c5d2-7a00-7000-8000-00000000000a"
#define ME   "0198c5d2-7a00-7000-8000-0000000000ff"

enum { C = BRG_CONTACT, T = BRG_TASK, A = BRG_APPOINTMENT, M = BRG_EMAIL };

static struct brg_arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static const struct where *read_where(int kind, const char *text)
{
	const struct where *where;
	struct brg_err err = BRG_ERR_INIT;

	ck_assert_msg(where_parse(field_builtin(), kind, brg_cstr(text), arena, &where, &err) == 0,
		      "%s: %s", text, err.params);
	return where;
}

static int64_t at(const char *local, const char *zone)
{
	int64_t us;

	ck_assert(zone_instant(brg_cstr(local), brg_cstr(zone), &us));
	return us;
}

static const struct brg_expr *bind(int kind, const char *text, const char *now, const char *zone)
{
	struct brg_id me;

	ck_assert_int_eq(id_parse(brg_cstr(ME), &me), 0);
	return where_bind(read_where(kind, text), &me, at(now, "Etc/UTC"), brg_cstr(zone), arena);
}

/* ---- as text --------------------------------------------------------------------------------*/

/* Moments as wall time of UTC, with a fraction if there is one. */
static const char *moment(int64_t us)
{
	char wall[20];

	if (!zone_wall(us, brg_cstr(""), wall))
		return arena_printf(arena, "%lld", (long long)us);
	if (us % 1000000 == 0)
		return arena_printf(arena, "%s", wall);
	return arena_printf(arena, "%s.%06lld", wall, (long long)(us % 1000000));
}

static bool is_time(int kind, uint32_t id)
{
	const int type = field_of(field_builtin(), kind, id)->type;

	return type == BRG_MOMENT || type == BRG_WALL || type == BRG_DATE;
}

static const char *shown(int kind, const struct brg_expr *e)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=", "contains", "begins" };
	static const char *const ids[] = { "owner", "party", "regards" };
	char id[ID_TEXT];

	switch (e->op) {
	case BRG_EXPR_TRUE:
		return "true";
	case BRG_EXPR_AND:
	case BRG_EXPR_OR:
		return arena_printf(arena, "(%s %s %s)", shown(kind, e->a),
				    e->op == BRG_EXPR_AND ? "and" : "or", shown(kind, e->b));
	case BRG_EXPR_NOT:
		return arena_printf(arena, "not %s", shown(kind, e->a));
	case BRG_EXPR_HAS:
		return arena_printf(arena, "has %u", e->field);
	case BRG_EXPR_OWNER:
	case BRG_EXPR_PARTY:
	case BRG_EXPR_REGARDS:
		return arena_printf(arena, "%s %s", ids[e->op - BRG_EXPR_OWNER],
				    id_format(&e->id, id) + 34);
	case BRG_EXPR_CREATED_GE:
	case BRG_EXPR_MODIFIED_GE:
		return arena_printf(arena, "%s >= %s",
				    e->op == BRG_EXPR_CREATED_GE ? "created" : "modified",
				    moment(e->number));
	default:
		if (e->is_text)
			return arena_printf(arena, "%u %s '%.*s'", e->field,
					    ops[e->op - BRG_EXPR_EQ], (int)e->text.len,
					    e->text.ptr);
		if (is_time(kind, e->field))
			return arena_printf(arena, "%u %s %s", e->field, ops[e->op - BRG_EXPR_EQ],
					    moment(e->number));
		return arena_printf(arena, "%u %s %lld", e->field, ops[e->op - BRG_EXPR_EQ],
				    (long long)e->number);
	}
}

#define NOW "2026-11-28T23:30:00" /* of UTC: in Stockholm it is the 29th */
#define STO "Europe/Stockholm"
#define NY  "America/New_York"
#define UTC ""

static const struct {
	int kind;
	const char *text, *zone, *bound;
} bounds[] = {
	{ T, "all", UTC, "true" },
	{ T, "not all", UTC, "not true" },
	/* Trees are balanced. */
	{ T, "all and all and all", UTC, "((true and true) and true)" },
	{ T, "all or all or all or all", UTC, "((true or true) or (true or true))" },
	{ T, "(all or all) and not (all and all)", UTC,
	  "((true or true) and not (true and true))" },
	/* People and things. */
	{ T, "owner = me", UTC, "owner ff" },
	{ T, "owner != me", UTC, "not owner ff" },
	{ T, "party in (me, " UUID ")", UTC, "(party ff or party 0a)" },
	{ T, "regarding = " UUID, UTC, "regards 0a" },
	{ T, "regarding != " UUID, UTC, "not regards 0a" },
	/* Texts are folded, words are not in need of it. */
	{ C, "company = \"  ACME \xC3\x85ngstr\xC3\xB6m  AB\"", UTC,
	  "220 = 'acme \xC3\xA5ngstr\xC3\xB6m ab'" },
	{ C, "company != acme", UTC, "220 != 'acme'" },
	{ C, "company contains Acme", UTC, "220 contains 'acme'" },
	{ C, "company begins with \"\xEF\xBC\xA1\"", UTC, "220 begins 'a'" },
	{ C, "company in (A, b, C)", UTC, "((220 = 'a' or 220 = 'b') or 220 = 'c')" },
	{ C, "company is set", UTC, "has 220" },
	{ C, "company is not set", UTC, "not has 220" },
	{ C, "categories contains Red", UTC, "235 contains 'red'" },
	{ T, "status = Completed", UTC, "303 = 'completed'" },
	{ T, "status in (waiting, deferred)", UTC, "(303 = 'waiting' or 303 = 'deferred')" },
	/* Numbers and flags. */
	{ T, "percent >= 50", UTC, "304 >= 50" },
	{ T, "percent in (0, -1)", UTC, "(304 = 0 or 304 = -1)" },
	{ T, "reminder = yes", UTC, "309 = 1" },
	{ T, "reminder = no", UTC, "309 != 1" },
	{ T, "reminder != yes", UTC, "309 != 1" },
	{ T, "reminder != no", UTC, "309 = 1" },
	{ T, "reminder is set", UTC, "has 309" },
	/* Dates are where one is, and have no zone. */
	{ T, "due = today", STO, "307 = 2026-11-29T00:00:00" },
	{ T, "due = today", NY, "307 = 2026-11-28T00:00:00" },
	{ T, "due != today", UTC, "not 307 = 2026-11-28T00:00:00" },
	{ T, "due < today", UTC, "307 < 2026-11-28T00:00:00" },
	{ T, "due <= today", UTC, "307 < 2026-11-28T00:00:00.000001" },
	{ T, "due > today", UTC, "307 >= 2026-11-28T00:00:00.000001" },
	{ T, "due >= today - 28d", UTC, "307 >= 2026-10-31T00:00:00" },
	{ T, "due >= today + 14w", STO, "307 >= 2027-03-07T00:00:00" },
	{ T, "due = 2028-02-29", NY, "307 = 2028-02-29T00:00:00" },
	/* Beside moments a day is all of it, of the zone; on a day of 25 hours too. */
	{ A, "start = 2026-10-25", STO,
	  "(404 >= 2026-10-24T22:00:00 and 404 < 2026-10-25T23:00:00)" },
	{ A, "start != 2026-10-25", STO,
	  "not (404 >= 2026-10-24T22:00:00 and 404 < 2026-10-25T23:00:00)" },
	{ A, "start < 2026-10-25", STO, "404 < 2026-10-24T22:00:00" },
	{ A, "start <= 2026-10-25", STO, "404 < 2026-10-25T23:00:00" },
	{ A, "start > 2026-10-25", STO, "404 >= 2026-10-25T23:00:00" },
	{ A, "start >= 2026-10-25", STO, "404 >= 2026-10-24T22:00:00" },
	{ A, "start >= today", STO, "404 >= 2026-11-28T23:00:00" },
	{ A, "start >= today", NY, "404 >= 2026-11-28T05:00:00" },
	{ A, "end >= today - 14d", UTC, "405 >= 2026-11-14T00:00:00" },
	{ A, "start > today + 120d", STO, "404 >= 2027-03-29T22:00:00" },
	/* A time is its second. */
	{ A, "start = 2026-11-30T09:00", STO,
	  "(404 >= 2026-11-30T08:00:00 and 404 < 2026-11-30T08:00:01)" },
	{ A, "start <= 2026-11-30T09:00:30", UTC, "404 < 2026-11-30T09:00:31" },
	/* Neither in the hour that is skipped nor in the one that comes twice is it lost. */
	{ A, "start >= 2026-03-29T02:30", STO, "404 >= 2026-03-29T01:30:00" },
	{ A, "start >= 2026-10-25T02:30", STO, "404 >= 2026-10-25T00:30:00" },
	{ A, "start < now", NY, "404 < 2026-11-28T23:30:00" },
	{ A, "start <= now", UTC, "404 < 2026-11-28T23:30:00.000001" },
	{ A, "start = now", UTC, "404 = 2026-11-28T23:30:00" },
	{ A, "start >= now - 36h", UTC, "404 >= 2026-11-27T11:30:00" },
	{ T, "completed > now - 1w", STO, "305 >= 2026-11-21T23:30:00.000001" },
	/* What stands beside the fields has one operator. */
	{ A, "created >= 2026-01-01", STO, "created >= 2025-12-31T23:00:00" },
	{ A, "created > 2026-01-01", STO, "created >= 2026-01-01T23:00:00" },
	{ A, "created < 2026-01-01", UTC, "not created >= 2026-01-01T00:00:00" },
	{ A, "created <= 2026-01-01", UTC, "not created >= 2026-01-02T00:00:00" },
	{ A, "modified = 2026-01-01", UTC,
	  "(modified >= 2026-01-01T00:00:00 and not modified >= 2026-01-02T00:00:00)" },
	{ A, "modified != 2026-01-01T12:00", UTC,
	  "not (modified >= 2026-01-01T12:00:00 and not modified >= 2026-01-01T12:00:01)" },
	/* The ends of the calendar, and a zone that there is not. */
	{ A, "start <= 9999-12-31", UTC, "404 < 253402300800000000" },
	{ A, "start >= 0001-01-01", UTC, "404 >= 0001-01-01T00:00:00" },
	{ A, "start = 2026-11-30", "Mars/Olympus",
	  "(404 >= 2026-11-30T00:00:00 and 404 < 2026-12-01T00:00:00)" },
	/* As in the manual page. */
	{ A, "party = me and (start >= today - 14d or recurrence is set)", STO,
	  "(party ff and (404 >= 2026-11-14T23:00:00 or has 407))" },
};

START_TEST(bound)
{
	const int kind = bounds[_i].kind;

	ck_assert_str_eq(shown(kind, bind(kind, bounds[_i].text, NOW, bounds[_i].zone)),
			 bounds[_i].bound);
}
END_TEST

static int depth(const struct brg_expr *e)
{
	const int a = e && e->a ? depth(e->a) : 0, b = e && e->b ? depth(e->b) : 0;

	return 1 + (a > b ? a : b);
}

/* No filter that is taken is deeper than storages allow. */
START_TEST(never_too_deep)
{
	static const char *const pieces[] = { "not (", "all and (", "all or all or all or (",
					      "all and all or (" };
	struct brg_err err = BRG_ERR_INIT;
	const struct where *where;
	const struct brg_id me = { { 1 } };
	int taken = 0;

	srand(1);
	for (int i = 0; i < 2000; i++) {
		const char *text = "", *close = "";
		int n = rand() % 50, d;

		for (int k = 0; k < n; k++) {
			text = arena_printf(arena, "%s%s", text, pieces[rand() % 4]);
			close = arena_printf(arena, "%s)", close);
		}
		text = arena_printf(arena, "%screated != 2026-01-01%s", text, close);
		if (where_parse(field_builtin(), A, brg_cstr(text), arena, &where, &err) < 0) {
			ck_assert_str_eq(err.fault->code, "BRG-SYNC-0089");
			continue;
		}
		d = depth(where_bind(where, &me, 0, brg_cstr(""), arena));
		ck_assert_int_le(d, BRG_EXPR_DEPTH - 14);
		taken++;
		arena_reset(arena);
	}
	ck_assert_int_gt(taken, 500);
}
END_TEST

/* ---- as time goes ---------------------------------------------------------------------------*/

static const char *edges_shown(const struct where *where)
{
	struct where_edge edges[8];
	size_t n = where_edges(where, edges, 8);
	const char *out = "";

	ck_assert_uint_le(n, 8);
	for (size_t i = 0; i < n; i++)
		out = arena_printf(arena, "%s%s%u %s%+lld", out, i ? ", " : "", edges[i].field,
				   edges[i].day ? "day" : "now", (long long)edges[i].offset_us);
	return out;
}

static const struct {
	int kind;
	const char *text, *edges;
} edges[] = {
	{ T, "all and owner = me and due < 2026-11-30", "" },
	{ T, "due < today", "307 day-1" },
	{ T, "due >= today", "307 day-1" },
	{ T, "due <= today", "307 day+0" },
	{ T, "due > today + 1d", "307 day+86400000000" },
	{ T, "due = today", "307 day-1, 307 day+0" },
	{ A, "start < today", "404 day-1" },
	{ A, "start <= today", "404 day+86399999999" },
	{ A, "start <= now - 1h", "404 now-3600000000" },
	{ A, "start < now", "404 now-1" },
	{ A, "start >= today - 1d or not (end < today or start < today - 1d)",
	  "404 day-86400000001, 405 day-1" },
};

START_TEST(edges_of)
{
	ck_assert_str_eq(edges_shown(read_where(edges[_i].kind, edges[_i].text)), edges[_i].edges);
}
END_TEST

/* Is the condition true of a record that has nothing but a moment in every field? */
static bool is_true(const struct brg_expr *e, int64_t us)
{
	switch (e->op) {
	case BRG_EXPR_AND:
		return is_true(e->a, us) && is_true(e->b, us);
	case BRG_EXPR_OR:
		return is_true(e->a, us) || is_true(e->b, us);
	case BRG_EXPR_NOT:
		return !is_true(e->a, us);
	case BRG_EXPR_EQ:
		return us == e->number;
	case BRG_EXPR_LT:
		return us < e->number;
	case BRG_EXPR_GE:
		return us >= e->number;
	default:
		ck_abort_msg("op %d", e->op);
		return false;
	}
}

static int64_t some(int64_t most)
{
	return (int64_t)(((uint64_t)rand() << 31 | (uint64_t)rand()) % (uint64_t)most);
}

#define HOUR_US INT64_C(3600000000)

struct sweep {
	const struct where *where;
	int64_t before, now;
	const char *zone;
	bool date;
};

static bool is_swept(const struct sweep *s, int64_t m)
{
	struct brg_touch windows[4];
	size_t n = where_windows(s->where, s->before, s->now, brg_cstr(s->zone), windows, 4);

	ck_assert_uint_le(n, 4);
	for (size_t i = 0; i < n; i++)
		if (m > windows[i].after_us && m <= windows[i].upto_us)
			return true;
	return false;
}

/* A moment of interest: near an end of a window, or anywhere near. */
static int64_t moment_near(const struct sweep *s)
{
	struct brg_touch windows[4];
	size_t n = where_windows(s->where, s->before, s->now, brg_cstr(s->zone), windows, 4);
	const int64_t day = 24 * HOUR_US;
	int64_t m = s->before - 200 * day + some(400 * day);

	if (n && rand() % 2) {
		m = rand() % 2 ? windows[some((int64_t)n)].after_us
			       : windows[some((int64_t)n)].upto_us;
		m += some(5) - 2;
	}
	return s->date ? m - m % day + (m % day > day / 2 ? day : 0) : m;
}

/* Whatever changes sides between two moments is in a window; of points nothing else is. */
START_TEST(nothing_is_missed)
{
	static const char *const zones[] = { "", STO, NY, "Australia/Lord_Howe", "Asia/Kolkata" };
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	const struct brg_id me = { { 1 } };
	int changed = 0;

	srand(2);
	for (int i = 0; i < 20000; i++) {
		struct sweep s = { .date = rand() % 2, .zone = zones[rand() % 5] };
		const char *base = s.date || rand() % 2 ? "today" : "now";
		const struct brg_expr *was, *is;
		int64_t m;
		bool differs;

		s.where = read_where(s.date ? T : A,
				     arena_printf(arena, "%s %s %s %c %dd",
						  s.date ? "due" : "start", ops[rand() % 6], base,
						  "+-"[rand() % 2], rand() % 200));
		s.before = at("2026-01-01T00:00:00", "") + some(400 * 24 * HOUR_US);
		s.now = s.before + some((rand() % 2 ? 300 : 2) * HOUR_US);
		if (rand() % 8 == 0) { /* the clock was put back */
			m = s.now;
			s.now = s.before;
			s.before = m;
		}
		was = where_bind(s.where, &me, s.before, brg_cstr(s.zone), arena);
		is = where_bind(s.where, &me, s.now, brg_cstr(s.zone), arena);
		m = moment_near(&s);
		differs = is_true(was, m) != is_true(is, m);
		ck_assert_msg(!differs || is_swept(&s, m), "%s in %s",
			      where_format(s.where, arena).ptr, s.zone);
		changed += differs;
		arena_reset(arena);
	}
	ck_assert_int_gt(changed, 2000);
}
END_TEST

START_TEST(windows_of)
{
	struct brg_touch w[4] = { { 0 } };
	const struct where *where = read_where(A, "start >= today and start < today or end < now");
	const int64_t before = at("2026-10-25T10:00:00", "");

	/* Both ends of the day are the same here; a day of 25 hours has passed. */
	ck_assert_uint_eq(where_windows(where, before, before + 24 * HOUR_US, brg_cstr(STO), w, 4),
			  2);
	ck_assert_int_eq(w[0].kind, BRG_APPOINTMENT);
	ck_assert_uint_eq(w[0].field, APPT_START);
	ck_assert_int_eq(w[0].after_us, at("2026-10-25T00:00:00", STO) - 1);
	ck_assert_int_eq(w[0].upto_us, at("2026-10-26T00:00:00", STO) - 1);
	ck_assert_uint_eq(w[1].field, APPT_END);
	ck_assert_int_eq(w[1].after_us, before - 1);
	ck_assert_int_eq(w[1].upto_us, before + 24 * HOUR_US - 1);
	/* Within a day only now moves; without time nothing does; what has no room is counted. */
	ck_assert_uint_eq(where_windows(where, before, before + HOUR_US, brg_cstr(STO), w, 4), 1);
	ck_assert_uint_eq(where_windows(where, before, before, brg_cstr(STO), w, 4), 0);
	ck_assert_uint_eq(where_windows(where, before, before + 24 * HOUR_US, brg_cstr(STO), w, 0),
			  3);
	ck_assert_uint_eq(where_edges(where, NULL, 0), 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("where_bind");
	TCase *t = tcase_create("bind");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, bound, 0, sizeof(bounds) / sizeof(bounds[0]));
	tcase_add_loop_test(t, edges_of, 0, sizeof(edges) / sizeof(edges[0]));
	tcase_add_test(t, never_too_deep);
	tcase_add_test(t, windows_of);
	tcase_add_test(t, nothing_is_missed);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
