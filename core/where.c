/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar: or binds least, then and, then not.
 *
 *	filter    = either
 *	either    = both { "or" both }
 *	both      = negated { "and" negated }
 *	negated   = "not" negated | "(" either ")" | "all" | test
 *	test      = field "is" [ "not" ] "set" | field "in" "(" value { "," value } ")"
 *	          | field operator value
 */
#include "core/where-private.h"

#include "core/problems.h"
#include "core/utf8.h"

#define EXAMPLE	   "owner = me"
#define DIGITS_(n) #n
#define DIGITS(n)  DIGITS_(n)

/* ---- nodes ----------------------------------------------------------------------------------*/

static struct node *new_node(struct reader *r, int type, int levels)
{
	struct node *node = arena_alloc(r->arena, sizeof(*node));

	node->type = type;
	node->levels = levels;
	return node;
}

/* Levels of a balanced tree over n. */
static int levels_over(size_t n)
{
	int levels = 0;

	for (; n > 1; n = (n + 1) / 2)
		levels++;
	return levels;
}

static bool is_room(size_t n)
{
	return n == 0 || (n & (n - 1)) == 0; /* it doubles */
}

static void add_child(struct reader *r, struct node *to, struct node *child)
{
	struct node **grown;

	if (is_room(to->n_of)) {
		grown = arena_alloc(r->arena, (to->n_of ? 2 * to->n_of : 1) * sizeof(*grown));
		if (to->n_of)
			memcpy(grown, to->of, to->n_of * sizeof(*grown));
		to->of = grown;
	}
	to->of[to->n_of++] = child;
}

/* A child of the same type is not one: its own children are. */
static void add_flat(struct reader *r, struct node *to, struct node *child)
{
	if (child->type != to->type) {
		add_child(r, to, child);
		return;
	}
	for (size_t i = 0; i < child->n_of; i++)
		add_child(r, to, child->of[i]);
}

static void add_value(struct reader *r, struct node *test, const struct value *value)
{
	struct value *grown;

	if (is_room(test->n_values)) {
		grown = arena_alloc(r->arena,
				    (test->n_values ? 2 * test->n_values : 1) * sizeof(*grown));
		if (test->n_values)
			memcpy(grown, test->values, test->n_values * sizeof(*grown));
		test->values = grown;
	}
	test->values[test->n_values++] = *value;
}

static struct node *negate(struct reader *r, struct node *node)
{
	struct node * not ;

	if (node->type == NODE_NOT)
		return node->of[0];
	if (node->type == NODE_TEST && node->op == OP_IS) {
		node->is_not = !node->is_not;
		return node;
	}
	if (node->type == NODE_TEST && (node->op == OP_EQ || node->op == OP_NE)) {
		node->op = node->op == OP_EQ ? OP_NE : OP_EQ;
		return node;
	}
	not = new_node(r, NODE_NOT, node->levels + 1);
	add_child(r, not, node);
	return not ;
}

/* ---- fields ---------------------------------------------------------------------------------*/

static struct brg_str lower(struct reader *r, struct brg_str s)
{
	struct brg_str out = arena_str(r->arena, s);
	char *p = (char *)(uintptr_t)out.ptr;

	for (size_t i = 0; i < s.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] | 0x20);
	return out;
}

/* All that can be compared; returns how many. */
static size_t names_of(const struct reader *r, const char **names)
{
	const struct field_set *set = &r->table->kinds[r->kind];
	size_t n = 0;

	for (size_t i = 0; where_beside_at(i); i++)
		names[n++] = where_beside_at(i)->name;
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i].flags & FIELD_FILTER)
			names[n++] = set->at[i].name;
	return n;
}

#define BESIDE 5 /* how many are beside the fields of the kind */

static int no_field(struct reader *r, struct brg_str name)
{
	const size_t most = r->table->kinds[r->kind].n + BESIDE;
	const char **names = arena_alloc(r->arena, most * sizeof(*names)), *near;
	const size_t n = names_of(r, names);

	near = problems_nearest(name, names, n);
	if (near)
		return where_fail(r, &where_near_field, near);
	return where_fail(r, &where_no_field,
			  n < BESIDE + 2 ? names[0]
					 : arena_printf(r->arena, "%s, %s, %s", names[0],
							names[BESIDE], names[BESIDE + 1]));
}

static int not_compared(struct reader *r)
{
	const char **names =
		arena_alloc(r->arena, (r->table->kinds[r->kind].n + BESIDE) * sizeof(*names));
	const size_t n = names_of(r, names);

	return where_fail(r, &where_not_compared, names[n > BESIDE ? BESIDE : 0]);
}

static int read_field(struct reader *r)
{
	const struct field *field;
	struct brg_str name;

	r->field = NULL;
	if (r->token.type != TOKEN_WORD || where_is_keyword(r->token.raw))
		return where_fail(r, &where_no_condition, EXAMPLE);
	name = lower(r, r->token.raw);
	field = where_beside(name);
	if (!field)
		field = field_find(r->table, r->kind, name);
	if (!field)
		return no_field(r, name);
	if (!(field->flags & FIELD_FILTER))
		return not_compared(r);
	r->field = field;
	return where_next(r);
}

/* ---- a test ---------------------------------------------------------------------------------*/

const char *where_operators(const struct field *field, struct brg_arena *arena)
{
	const unsigned ops = field->flags & FIELD_FILTER ? where_ops_of(field->type) : 0;
	const char *out = "";

	for (int op = 0; op < OPS; op++)
		if (ops & OP_BIT(op))
			out = arena_printf(arena, "%s%s%s", out, *out ? ", " : "",
					   op == OP_IS ? "is set, is not set" : where_ops[op]);
	return out;
}

static int read_op(struct reader *r, int *op)
{
	for (*op = 0; *op < OPS; ++*op)
		if (where_is(&r->token, where_ops[*op]))
			break;
	if (*op == OPS)
		return where_unexpected(r, where_operators(r->field, r->arena));
	if (!(where_ops_of(r->field->type) & OP_BIT(*op)))
		return where_fail(r, &where_no_op, where_operators(r->field, r->arena));
	return where_next(r);
}

static int read_set(struct reader *r, struct node *test)
{
	test->is_not = where_is(&r->token, "not");
	if (test->is_not && where_next(r) < 0)
		return BRG_EINVAL;
	if (!where_is(&r->token, "set"))
		return where_unexpected(r, test->is_not ? "set" : "set, not set");
	return where_next(r);
}

static int read_one(struct reader *r, struct node *test)
{
	struct value value;

	if (where_value(r, &value) < 0)
		return BRG_EINVAL;
	add_value(r, test, &value);
	return 0;
}

/* One in a list is one that it equals. */
static int read_in(struct reader *r, struct node *test)
{
	if (!where_is(&r->token, "("))
		return where_unexpected(r, "(");
	do {
		if (where_next(r) < 0 || read_one(r, test) < 0)
			return BRG_EINVAL;
	} while (where_is(&r->token, ","));
	if (!where_is(&r->token, ")"))
		return where_unexpected(r, ")");
	if (test->n_values == 1)
		test->op = OP_EQ;
	return where_next(r);
}

/* "begins with": a text may be that word, too. */
static int skip_with(struct reader *r)
{
	const struct reader before = *r;

	if (!where_is(&r->token, "with"))
		return 0;
	if (where_next(r) < 0)
		return BRG_EINVAL;
	if (r->token.type != TOKEN_QUOTED &&
	    (r->token.type != TOKEN_WORD || where_is_keyword(r->token.raw)))
		*r = before;
	return 0;
}

static struct node *read_test(struct reader *r)
{
	struct node *test = new_node(r, NODE_TEST, 1);
	int rc;

	if (read_field(r) < 0 || read_op(r, &test->op) < 0)
		return NULL;
	test->field = r->field;
	if (test->op == OP_IS)
		rc = read_set(r, test);
	else if (test->op == OP_IN)
		rc = read_in(r, test);
	else if (test->op == OP_BEGINS && skip_with(r) < 0)
		rc = BRG_EINVAL;
	else
		rc = read_one(r, test);
	/* At most: not, and both ends of a day. */
	test->levels = 3 + levels_over(test->n_values);
	r->field = NULL;
	return rc < 0 ? NULL : test;
}

/* ---- conditions -----------------------------------------------------------------------------*/

static struct node *joined(struct reader *r, int type);

static struct node *too_deep(struct reader *r, const struct token *begin)
{
	(void)where_fail_at(r, &where_too_deep, begin->at, begin->raw, DIGITS(WHERE_LEVELS));
	return NULL;
}

static struct node *in_parentheses(struct reader *r)
{
	struct node *node;

	if (where_next(r) < 0)
		return NULL;
	node = joined(r, NODE_OR);
	if (!node)
		return NULL;
	if (!where_is(&r->token, ")")) {
		(void)where_unexpected(r, "and, or, )");
		return NULL;
	}
	return where_next(r) < 0 ? NULL : node;
}

static struct node *negated(struct reader *r)
{
	const bool not = where_is(&r->token, "not"), open = where_is(&r->token, "(");
	struct node *node;

	if (!not &&!open) {
		if (!where_is(&r->token, "all"))
			return read_test(r);
		return where_next(r) < 0 ? NULL : new_node(r, NODE_ALL, 1);
	}
	if (r->nested == WHERE_LEVELS)
		return too_deep(r, &r->token);
	r->nested++;
	if (open) {
		node = in_parentheses(r);
	} else {
		node = where_next(r) < 0 ? NULL : negated(r);
		node = node ? negate(r, node) : NULL;
	}
	r->nested--;
	return node;
}

/* Alternatives, or conditions that all hold. One alone is itself. */
static struct node *joined(struct reader *r, int type)
{
	const char *word = type == NODE_OR ? "or" : "and";
	const struct token begin = r->token;
	struct node *node = new_node(r, type, 0), *one;
	bool more;

	do {
		one = type == NODE_OR ? joined(r, NODE_AND) : negated(r);
		if (!one)
			return NULL;
		add_flat(r, node, one);
		more = where_is(&r->token, word);
		if (more && where_next(r) < 0)
			return NULL;
	} while (more);
	if (node->n_of == 1)
		return one;
	for (size_t i = 0; i < node->n_of; i++)
		if (node->of[i]->levels > node->levels)
			node->levels = node->of[i]->levels;
	node->levels += levels_over(node->n_of);
	return node->levels > WHERE_LEVELS ? too_deep(r, &begin) : node;
}

/* ---- the whole ------------------------------------------------------------------------------*/

static struct node *read_where(struct reader *r)
{
	struct node *root;

	if (r->text.len > WHERE_MAX) {
		(void)where_fail_at(r, &where_too_long, WHERE_MAX, (struct brg_str){ "", 0 },
				    DIGITS(WHERE_MAX));
		return NULL;
	}
	if (where_next(r) < 0)
		return NULL;
	root = joined(r, NODE_OR);
	if (root && r->token.type != TOKEN_END) {
		(void)where_unexpected(r, "and, or");
		return NULL;
	}
	return root;
}

int where_parse(const struct field_table *table, int kind, struct brg_str text,
		struct brg_arena *arena, const struct where **out, struct brg_err *err)
{
	struct reader r = {
		.table = table, .kind = kind, .text = text, .arena = arena, .err = err
	};
	struct where *where = arena_alloc(arena, sizeof(*where));

	where->kind = kind;
	where->root = read_where(&r);
	*out = where->root ? where : NULL;
	return where->root ? 0 : BRG_EINVAL;
}

int where_check(const struct field_table *table, int kind, struct brg_str text,
		struct brg_arena *arena, struct brg_err *err)
{
	struct reader r = { .table = table,
			    .kind = kind,
			    .text = text,
			    .arena = arena,
			    .err = err,
			    .names = true };

	return read_where(&r) ? 0 : BRG_EINVAL;
}
