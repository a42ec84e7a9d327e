/* SPDX-License-Identifier: Apache-2.0 */
#include "core/retention.h"

#include "core/forget.h"

#define AT_ONCE 1000

const char *const retention_kinds[RETAIN_RECORDS] = { "received", "sent" };

struct walk {
	int kind;
	struct retention_due *due;
	struct brg_id *ids; /* NULL: only counted */
	size_t n;
};

static int look_at(void *arg, const struct brg_row *row)
{
	const struct brg_record_row *r = &row->u.record;
	struct walk *w = arg;

	if ((r->direction == BRG_OUTBOUND) != (w->kind == RETAIN_SENT))
		return 0;
	if (r->held) {
		w->due->held++;
		return 0;
	}
	if (w->due->n++ == 0)
		w->due->oldest_us = r->sorted_us;
	if (!w->ids)
		return 0;
	w->ids[w->n++] = r->id;
	return w->n == AT_ONCE;
}

/* Row by row: there may be very many. */
static int walk(struct engine *e, const struct retention_settings *s, struct walk *w,
		struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_AGED };
	int rc;

	*w->due = (struct retention_due){ .kind = retention_kinds[w->kind] };
	if (s->keep_ms[w->kind] == 0)
		return 0;
	w->due->before_us = e->now_us(e) - s->keep_ms[w->kind] * 1000;
	q.now_us = w->due->before_us;
	rc = e->store.ops->read(e->store.self, &q, look_at, w, err);
	return rc < 0 ? rc : 0;
}

int retention_plan(struct engine *e, const struct retention_settings *settings,
		   struct retention_due *out, struct brg_err *err)
{
	int rc = 0;

	for (int kind = 0; kind < RETAIN_RECORDS && rc == 0; kind++) {
		struct walk w = { .kind = kind, .due = &out[kind] };

		rc = walk(e, settings, &w, err);
	}
	return rc;
}

int64_t retention_run(struct engine *e, const struct retention_settings *settings,
		      struct brg_err *err)
{
	struct brg_id ids[AT_ONCE];
	int64_t gone = 0;

	for (int kind = 0; kind < RETAIN_RECORDS; kind++) {
		struct retention_due due;
		struct walk w = { .kind = kind, .due = &due, .ids = ids };
		int64_t n = walk(e, settings, &w, err);

		if (n == 0)
			n = forget_records(e, ids, w.n, err);
		if (n < 0)
			return n;
		gone += n;
	}
	return gone;
}
