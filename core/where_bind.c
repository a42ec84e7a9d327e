/* SPDX-License-Identifier: Apache-2.0
 *
 * From a filter to the condition that a storage takes, at a moment, for a person and his zone.
 */
#include "core/where-private.h"

#include "core/derive.h"
#include "core/zone.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US	  (3600 * SECOND_US)

/* ---- times ----------------------------------------------------------------------------------*/

void where_binder(struct binder *b, const struct brg_id *me, int64_t now_us, struct brg_str zone,
		  struct brg_arena *arena)
{
	const struct brg_str utc = { "", 0 };
	char now[20] = "1970-01-01T00:00:00";

	*b = (struct binder){ .me = *me, .now_us = now_us, .zone = zone, .arena = arena };
	if (!zone_wall(now_us, zone, now)) {
		b->zone = utc;
		(void)zone_wall(now_us, utc, now);
	}
	memcpy(b->today, now, sizeof(b->today) - 1);
	b->today[sizeof(b->today) - 1] = '\0';
}

/* The midnight with which a day begins, n days after `date`. The calendar ends with 9999. */
static int64_t midnight(struct brg_str date, int64_t n, struct brg_str zone)
{
	char local[20] = "0000-00-00T00:00:00", day[11];
	int64_t us;

	if (!zone_add_days(date, n, day))
		return n < 0 ? INT64_MIN : DERIVE_ENDLESS + 1;
	memcpy(local, day, sizeof(day) - 1);
	return zone_instant(brg_cstr(local), zone, &us) ? us : DERIVE_ENDLESS + 1;
}

/* Dates are midnights of UTC wherever one is, and have no length. */
static void day_range(const struct binder *b, const struct field *field, struct brg_str date,
		      int64_t n, struct range *out)
{
	const struct brg_str utc = { "", 0 };

	if (field->type == BRG_DATE) {
		out->from = midnight(date, n, utc);
		out->to = out->from + 1;
		return;
	}
	out->from = midnight(date, n, b->zone);
	out->to = midnight(date, n + 1, b->zone);
}

void where_range(const struct binder *b, const struct field *field, const struct value *value,
		 struct range *out)
{
	switch (value->type) {
	case VALUE_DAY:
		day_range(b, field, value->text, 0, out);
		return;
	case VALUE_TODAY:
		day_range(b, field, brg_cstr(b->today), value->number, out);
		return;
	case VALUE_NOW:
		out->from = b->now_us + value->number * HOUR_US;
		out->to = out->from + 1;
		return;
	default:
		if (!zone_instant(value->text, b->zone, &out->from))
			out->from = DERIVE_ENDLESS;
		out->to = out->from + SECOND_US;
	}
}

/* ---- pieces of the condition ----------------------------------------------------------------*/

static struct brg_expr *new_expr(const struct binder *b, int op, const struct field *field)
{
	struct brg_expr *e = arena_alloc(b->arena, sizeof(*e));

	e->op = op;
	e->field = field ? field->id : 0;
	return e;
}

static const struct brg_expr *pair(const struct binder *b, int op, const struct brg_expr *x,
				   const struct brg_expr *y)
{
	struct brg_expr *e = new_expr(b, op, NULL);

	e->a = x;
	e->b = y;
	return e;
}

static const struct brg_expr * not(const struct binder *b, const struct brg_expr *x)
{
	return pair(b, BRG_EXPR_NOT, x, NULL);
}

/* A balanced tree, so that many are not deep. */
static const struct brg_expr *join(const struct binder *b, int op, const struct brg_expr *const *of,
				   size_t n)
{
	const size_t half = (n + 1) / 2;

	return n == 1 ? of[0]
		      : pair(b, op, join(b, op, of, half), join(b, op, of + half, n - half));
}

static const struct brg_expr *number(const struct binder *b, int op, const struct field *field,
				     int64_t n)
{
	struct brg_expr *e = new_expr(b, op, field);

	e->number = n;
	return e;
}

/* ---- tests ----------------------------------------------------------------------------------*/

static const struct brg_expr *not_before(const struct binder *b, const struct field *field,
					 int64_t us)
{
	if (field->type != TYPE_PAST)
		return number(b, BRG_EXPR_GE, field, us);
	return number(b, field->id == WHERE_CREATED ? BRG_EXPR_CREATED_GE : BRG_EXPR_MODIFIED_GE,
		      NULL, us);
}

static const struct brg_expr *before(const struct binder *b, const struct field *field, int64_t us)
{
	return field->type == TYPE_PAST ? not(b, not_before(b, field, us))
					: number(b, BRG_EXPR_LT, field, us);
}

static const struct brg_expr *within(const struct binder *b, const struct field *field,
				     const struct range *range)
{
	if (range->to == range->from + 1 && field->type != TYPE_PAST)
		return number(b, BRG_EXPR_EQ, field, range->from);
	return pair(b, BRG_EXPR_AND, not_before(b, field, range->from),
		    before(b, field, range->to));
}

static const struct brg_expr *bind_time(const struct binder *b, const struct node *test,
					const struct value *value)
{
	struct range range;

	where_range(b, test->field, value, &range);
	switch (test->op) {
	case OP_LT:
		return before(b, test->field, range.from);
	case OP_LE:
		return before(b, test->field, range.to);
	case OP_GT:
		return not_before(b, test->field, range.to);
	case OP_GE:
		return not_before(b, test->field, range.from);
	case OP_NE:
		return not(b, within(b, test->field, &range));
	default:
		return within(b, test->field, &range);
	}
}

static const struct brg_expr *bind_id(const struct binder *b, const struct node *test,
				      const struct value *value)
{
	static const int ops[] = { [WHERE_OWNER] = BRG_EXPR_OWNER,
				   [WHERE_PARTY] = BRG_EXPR_PARTY,
				   [WHERE_REGARDING] = BRG_EXPR_REGARDS };
	struct brg_expr *e = new_expr(b, ops[test->field->id], NULL);

	e->id = value->type == VALUE_ME ? b->me : value->id;
	return test->op == OP_NE ? not(b, e) : e;
}

/* Nobody set it: no. */
static const struct brg_expr *bind_flag(const struct binder *b, const struct node *test,
					const struct value *value)
{
	const bool yes = (test->op == OP_EQ) == (value->number != 0);

	return number(b, yes ? BRG_EXPR_EQ : BRG_EXPR_NE, test->field, 1);
}

static const struct brg_expr *bind_text(const struct binder *b, const struct node *test, int op,
					const struct value *value)
{
	struct brg_expr *e = new_expr(b, op, test->field);

	e->is_text = true;
	e->text = derive_fold(value->text, b->arena);
	return e;
}

/* In the order of enum op. */
static int expr_op(int op)
{
	return op == OP_IN ? BRG_EXPR_EQ : BRG_EXPR_EQ + op;
}

static const struct brg_expr *bind_value(const struct binder *b, const struct node *test,
					 const struct value *value)
{
	switch (test->field->type) {
	case BRG_MOMENT:
	case BRG_WALL:
	case BRG_DATE:
	case TYPE_PAST:
		return bind_time(b, test, value);
	case TYPE_PERSON:
	case TYPE_THING:
		return bind_id(b, test, value);
	case BRG_FLAG:
		return bind_flag(b, test, value);
	case BRG_INTEGER:
		return number(b, expr_op(test->op), test->field, value->number);
	default:
		return bind_text(b, test, expr_op(test->op), value);
	}
}

static const struct brg_expr *bind_test(const struct binder *b, const struct node *test)
{
	const struct brg_expr **each, *has;

	if (test->op == OP_IS) {
		has = new_expr(b, BRG_EXPR_HAS, test->field);
		return test->is_not ? not(b, has) : has;
	}
	each = arena_alloc(b->arena, test->n_values * sizeof(struct brg_expr *));
	for (size_t i = 0; i < test->n_values; i++)
		each[i] = bind_value(b, test, &test->values[i]);
	return join(b, BRG_EXPR_OR, each, test->n_values);
}

static const struct brg_expr *bind_node(const struct binder *b, const struct node *node)
{
	const struct brg_expr **each;

	switch (node->type) {
	case NODE_ALL:
		return new_expr(b, BRG_EXPR_TRUE, NULL);
	case NODE_TEST:
		return bind_test(b, node);
	case NODE_NOT:
		return not(b, bind_node(b, node->of[0]));
	default:
		each = arena_alloc(b->arena, node->n_of * sizeof(struct brg_expr *));
		for (size_t i = 0; i < node->n_of; i++)
			each[i] = bind_node(b, node->of[i]);
		return join(b, node->type == NODE_AND ? BRG_EXPR_AND : BRG_EXPR_OR, each,
			    node->n_of);
	}
}

const struct brg_expr *where_bind(const struct where *where, const struct brg_id *me,
				  int64_t now_us, struct brg_str zone, struct brg_arena *arena)
{
	struct binder b;

	where_binder(&b, me, now_us, zone, arena);
	return bind_node(&b, where->root);
}
