/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of new zone data share: people with appointments, the keeper's work, and all that
 * anybody sees of a change.
 */
#ifndef BRG_TEST_ZONES_TEST_H
#define BRG_TEST_ZONES_TEST_H

#include "tests/simulation/sync_test.h"

#include "core/rezone.h"
#include "core/sweep.h"
#include "core/zone.h"

#include <sys/wait.h>

#define HOUR_US INT64_C(3600000000)

static inline struct brg_id appointment(const char *subject, const char *day, const char *zone)
{
	return world_new(&world, bo, BRG_APPOINTMENT,
			 arena_printf(world.scratch,
				      "{\"subject\":\"%s\","
				      "\"start\":{\"local\":\"%s:00\",\"zone\":\"%s\"},"
				      "\"end\":{\"local\":\"%s:30\",\"zone\":\"%s\"}}",
				      subject, day, zone, day, zone));
}

static inline int rezone(void)
{
	struct brg_err err = BRG_ERR_INIT;
	int n = rezone_run(&world.engine, &err);

	world_must(n, &err, "rezone");
	return n;
}

static inline int sweep(void)
{
	struct brg_err err = BRG_ERR_INIT;
	int n = sweep_run(&world.engine, &err);

	world_must(n, &err, "sweep");
	return n;
}

static inline const struct brg_record_row *row_of(const struct brg_id *id)
{
	struct record r;

	ck_assert_int_eq(world_read(&world, id, &r), 1);
	return &((struct record *)memcpy(arena_alloc(world.scratch, sizeof(r)), &r, sizeof(r)))
			->row;
}

/* How often history tells of it; the newest: *params. */
static inline int told(const struct brg_id *id, const char **params)
{
	struct brg_query q = { .what = BRG_READ_HISTORY, .other = *id };
	struct brg_row *rows;
	size_t n;
	int times = 0;

	rows = world_rows(&world, &q, &n);
	for (size_t i = n; i-- > 0;) {
		const struct brg_history_row *h = &rows[i].u.history;

		if (!record_is_rezoned(h))
			continue;
		times++;
		ck_assert(brg_str_eq(h->changes, brg_cstr("{}")));
		*params = arena_printf(world.scratch, "%.*s", (int)h->params.len, h->params.ptr);
	}
	return times;
}

/* ---- what must not change -------------------------------------------------------------------*/

static inline void put_str(FILE *out, struct brg_str s)
{
	fprintf(out, " %.*s", (int)s.len, s.ptr);
}

static inline void put_links(FILE *out, int user)
{
	struct brg_query q = { .what = BRG_READ_LINKS, .mailbox = world.users[user].mailbox };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		const struct brg_link_row *l = &rows[i].u.link;

		fprintf(out, "link %lld %d %lld %lld %d %lld %u", (long long)l->version, l->live,
			(long long)l->seen_version, (long long)l->record_now, l->recheck,
			(long long)l->synced_us, l->flags);
		put_str(out, l->remote_id);
		put_str(out, l->remote_version);
		fputc('\n', out);
	}
}

static inline void put_shadows(FILE *out, const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_SHADOWS, .other = *record };
	struct brg_row *rows;
	size_t n;

	rows = world_rows(&world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		put_str(out, rows[i].u.shadow.base_record);
		put_str(out, rows[i].u.shadow.base_item);
		put_str(out, rows[i].u.shadow.pushed);
		fputc('\n', out);
	}
}

/* All that people, programs and mailboxes see of a change. */
static inline const char *seen(void)
{
	struct brg_query records = { .what = BRG_READ_MATCHES };
	struct brg_query changes = { .what = BRG_READ_CHANGES };
	static const struct brg_expr all = { .op = BRG_EXPR_TRUE };
	struct brg_row *rows;
	size_t n, size;
	const char *seen_now;
	char *text;
	FILE *out = open_memstream(&text, &size);

	records.expr = &all;
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++) {
		records.number = kind;
		rows = world_rows(&world, &records, &n);
		for (size_t i = 0; i < n; i++) {
			const struct brg_record_row *r = &rows[i].u.record;

			fprintf(out, "record %lld %lld", (long long)r->version,
				(long long)r->modified_us);
			put_str(out, r->fields);
			put_shadows(out, &r->id);
		}
	}
	rows = world_rows(&world, &changes, &n);
	for (size_t i = 0; i < n; i++)
		put_str(out, rows[i].u.change.position);
	for (int u = 0; u < world.n_users; u++)
		put_links(out, u);
	fprintf(out, "writes %u\n", world_writes(&world));
	(void)fclose(out);
	seen_now = arena_printf(world.scratch, "%s", text);
	free(text);
	return seen_now;
}

#define assert_unseen(before) ck_assert_msg(strcmp(seen(), before) == 0, "somebody sees a change")

#endif
