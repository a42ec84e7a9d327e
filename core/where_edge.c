/* SPDX-License-Identifier: Apache-2.0
 *
 * When and which records enter or leave a filter with nobody touching them.
 */
#include "core/where-private.h"

#define HOUR_US INT64_C(3600000000)
#define DAY_US	(24 * HOUR_US)

static bool is_relative(const struct value *value)
{
	return value->type == VALUE_TODAY || value->type == VALUE_NOW;
}

/* Does the test look at the begin of a value's range, at its end? */
static bool at_begin(int op)
{
	return op != OP_LE && op != OP_GT;
}

static bool at_end(int op)
{
	return op != OP_LT && op != OP_GE;
}

/* Calls each() for every value. */
static void walk(const struct node *node,
		 void (*each)(void *arg, const struct node *test, const struct value *value),
		 void *arg)
{
	for (size_t i = 0; i < node->n_of; i++)
		walk(node->of[i], each, arg);
	for (size_t i = 0; i < node->n_values; i++)
		each(arg, node, &node->values[i]);
}

/* ---- edges ----------------------------------------------------------------------------------*/

struct edges {
	struct where_edge *out;
	size_t n, room;
};

static void add_edge(struct edges *edges, const struct where_edge *edge)
{
	for (size_t i = 0; i < edges->n && i < edges->room; i++)
		if (edges->out[i].field == edge->field && edges->out[i].day == edge->day &&
		    edges->out[i].offset_us == edge->offset_us)
			return;
	if (edges->n < edges->room)
		edges->out[edges->n] = *edge;
	edges->n++;
}

/* What is before a moment stops being so when it is reached: one microsecond later. */
static void edges_of(void *arg, const struct node *test, const struct value *value)
{
	const bool day = value->type == VALUE_TODAY;
	struct where_edge edge = { .field = test->field->id, .day = day };
	int64_t from;

	if (!is_relative(value))
		return;
	from = value->number * (day ? DAY_US : HOUR_US);
	edge.offset_us = from - 1;
	if (at_begin(test->op))
		add_edge(arg, &edge);
	edge.offset_us = from + (day && test->field->type != BRG_DATE ? DAY_US : 1) - 1;
	if (at_end(test->op))
		add_edge(arg, &edge);
}

size_t where_edges(const struct where *where, struct where_edge *out, size_t room)
{
	struct edges edges = { .out = out, .room = room };

	walk(where->root, edges_of, &edges);
	return edges.n;
}

/* ---- windows --------------------------------------------------------------------------------*/

struct windows {
	struct binder before, now;
	int kind;
	struct brg_touch *out;
	size_t n, room;
};

/* Where the bound was and is. The clock may have been put back. */
static void add_window(struct windows *windows, uint32_t field, int64_t was, int64_t is)
{
	const struct brg_touch window = { .kind = windows->kind,
					  .field = field,
					  .after_us = (was < is ? was : is) - 1,
					  .upto_us = (was < is ? is : was) - 1 };

	if (was == is)
		return;
	for (size_t i = 0; i < windows->n && i < windows->room; i++)
		if (windows->out[i].field == field && windows->out[i].after_us == window.after_us &&
		    windows->out[i].upto_us == window.upto_us)
			return;
	if (windows->n < windows->room)
		windows->out[windows->n] = window;
	windows->n++;
}

static void windows_of(void *arg, const struct node *test, const struct value *value)
{
	struct windows *windows = arg;
	struct range was, is;

	if (!is_relative(value))
		return;
	where_range(&windows->before, test->field, value, &was);
	where_range(&windows->now, test->field, value, &is);
	if (at_begin(test->op))
		add_window(windows, test->field->id, was.from, is.from);
	if (at_end(test->op))
		add_window(windows, test->field->id, was.to, is.to);
}

size_t where_windows(const struct where *where, int64_t before_us, int64_t now_us,
		     struct brg_str zone, struct brg_touch *out, size_t room)
{
	static const struct brg_id nobody = { { 0 } };
	struct windows windows = { .kind = where->kind, .out = out, .room = room };

	where_binder(&windows.before, &nobody, before_us, zone, NULL);
	where_binder(&windows.now, &nobody, now_us, zone, NULL);
	walk(where->root, windows_of, &windows);
	return windows.n;
}

/* ---- bounds ---------------------------------------------------------------------------------*/

struct bounds {
	struct binder now;
	struct where_bound *out;
	size_t n, room;
};

static void add_bound(struct bounds *bounds, uint32_t field, int64_t at_us)
{
	if (bounds->n < bounds->room)
		bounds->out[bounds->n] = (struct where_bound){ field, at_us };
	bounds->n++;
}

static void bounds_of(void *arg, const struct node *test, const struct value *value)
{
	struct bounds *bounds = arg;
	struct range range;

	if (!is_relative(value) && value->type != VALUE_DAY && value->type != VALUE_TIME)
		return;
	where_range(&bounds->now, test->field, value, &range);
	if (at_begin(test->op))
		add_bound(bounds, test->field->id, range.from);
	if (at_end(test->op))
		add_bound(bounds, test->field->id, range.to);
}

size_t where_bounds(const struct where *where, int64_t now_us, struct brg_str zone,
		    struct where_bound *out, size_t room)
{
	static const struct brg_id nobody = { { 0 } };
	struct bounds bounds = { .out = out, .room = room };

	where_binder(&bounds.now, &nobody, now_us, zone, NULL);
	walk(where->root, bounds_of, &bounds);
	return bounds.n;
}
