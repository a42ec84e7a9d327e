/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter in one spelling.
 */
#include "core/where-private.h"

#include "core/id.h"

struct writer {
	struct brg_arena *arena;
	char *at;
	size_t n, room;
};

static void put(struct writer *w, struct brg_str s)
{
	char *grown;

	if (w->n + s.len > w->room) {
		w->room = 2 * (w->n + s.len) + 128;
		grown = arena_alloc(w->arena, w->room + 1);
		if (w->n)
			memcpy(grown, w->at, w->n);
		w->at = grown;
	}
	if (s.len)
		memcpy(w->at + w->n, s.ptr, s.len);
	w->n += s.len;
}

static void say(struct writer *w, const char *text)
{
	put(w, brg_cstr(text));
}

/* ---- values ---------------------------------------------------------------------------------*/

static void put_text(struct writer *w, struct brg_str text)
{
	if (where_is_bare(text)) {
		put(w, text);
		return;
	}
	say(w, "\"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			say(w, "\\");
		put(w, (struct brg_str){ text.ptr + i, 1 });
	}
	say(w, "\"");
}

/* "today - 14d", "now + 12h": in days if they are whole. */
static void put_relative(struct writer *w, const struct value *value)
{
	const int64_t n = value->number < 0 ? -value->number : value->number;
	const bool hours = value->type == VALUE_NOW && n % 24 != 0;

	say(w, value->type == VALUE_NOW ? "now" : "today");
	if (n)
		say(w, arena_printf(w->arena, " %c %lld%c", value->number < 0 ? '-' : '+',
				    (long long)(value->type == VALUE_NOW && !hours ? n / 24 : n),
				    hours ? 'h' : 'd'));
}

static void put_value(struct writer *w, const struct field *field, const struct value *value)
{
	char id[ID_TEXT];

	switch (value->type) {
	case VALUE_NUMBER:
		if (field->type == BRG_FLAG)
			say(w, value->number ? "yes" : "no");
		else
			say(w, arena_printf(w->arena, "%lld", (long long)value->number));
		return;
	case VALUE_TODAY:
	case VALUE_NOW:
		put_relative(w, value);
		return;
	case VALUE_ME:
		say(w, "me");
		return;
	case VALUE_ID:
		say(w, id_format(&value->id, id));
		return;
	default:
		put_text(w, value->text);
	}
}

/* ---- the tree -------------------------------------------------------------------------------*/

static void put_test(struct writer *w, const struct node *node)
{
	const bool list = node->op == OP_IN;

	say(w, node->field->name);
	say(w, " ");
	say(w, where_ops[node->op]);
	if (node->op == OP_IS)
		say(w, node->is_not ? " not set" : " set");
	else
		say(w, list ? " (" : " ");
	for (size_t i = 0; i < node->n_values; i++) {
		say(w, i ? ", " : "");
		put_value(w, node->field, &node->values[i]);
	}
	say(w, list ? ")" : "");
}

static void put_node(struct writer *w, const struct node *node);

/* In parentheses where it would bind less than what it stands in. */
static void put_child(struct writer *w, const struct node *parent, const struct node *child)
{
	const bool open = (child->type == NODE_OR && parent->type != NODE_OR) ||
			  (child->type == NODE_AND && parent->type == NODE_NOT);

	say(w, open ? "(" : "");
	put_node(w, child);
	say(w, open ? ")" : "");
}

static void put_node(struct writer *w, const struct node *node)
{
	switch (node->type) {
	case NODE_ALL:
		say(w, "all");
		return;
	case NODE_TEST:
		put_test(w, node);
		return;
	case NODE_NOT:
		say(w, "not ");
		put_child(w, node, node->of[0]);
		return;
	default:
		for (size_t i = 0; i < node->n_of; i++) {
			say(w, i == 0 ? "" : node->type == NODE_AND ? " and " : " or ");
			put_child(w, node, node->of[i]);
		}
	}
}

struct brg_str where_format(const struct where *where, struct brg_arena *arena)
{
	struct writer w = { .arena = arena };

	put_node(&w, where->root);
	return arena_dup(arena, w.at, w.n);
}
