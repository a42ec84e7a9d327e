/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions on records into SQL. Every piece is true or false, never NULL, so that NOT means
 * what it says. Values are always bound; numbers of fields alone stand in the text.
 *
 * The tree is walked twice in the same order: once to write, once to give the values.
 */
#include "statements.h"

#include <stdlib.h>

struct walk {
	FILE *out; /* NULL: values go to `put` */
	struct put put;
	int engine, at;
	bool each; /* records come one by one from elsewhere: look each up */
	int depth;
	bool bad;
};

/* ---- values ---------------------------------------------------------------------------------*/

/* The number that the next value has in the text; written with its value 0 times or more. */
static int next_value(struct walk *w, const struct brg_expr *e)
{
	if (w->out)
		return ++w->at;
	if (e->op >= BRG_EXPR_OWNER && e->op <= BRG_EXPR_REGARDS)
		put_id(&w->put, &e->id);
	else if (e->is_text)
		put_text(&w->put, e->text);
	else
		put_int(&w->put, e->number);
	return w->put.at;
}

static void say(struct walk *w, const char *fmt, ...) BRG_PRINTF(2, 3);
static void say(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->out)
		return;
	va_start(ap, fmt);
	(void)vfprintf(w->out, fmt, ap);
	va_end(ap);
}

/* ---- a field beside a value -----------------------------------------------------------------*/

static const char *operator_of(int op)
{
	switch (op) {
	case BRG_EXPR_LT:
		return "<";
	case BRG_EXPR_LE:
		return "<=";
	case BRG_EXPR_GT:
		return ">";
	case BRG_EXPR_GE:
		return ">=";
	default: /* NE has a NOT before it */
		return "=";
	}
}

static void compare(struct walk *w, const struct brg_expr *e)
{
	const char *op = operator_of(e->op);
	unsigned f = e->field;
	int v = next_value(w, e);

	if (w->engine == SQL_SQLITE)
		say(w,
		    "coalesce(json_type(r.keys, '$.\"%u\"') = '%s'"
		    " AND json_extract(r.keys, '$.\"%u\"') %s ?%d, 0)",
		    f, e->is_text ? "text" : "integer", f, op, v);
	else if (e->is_text)
		say(w,
		    "CASE WHEN jsonb_typeof(k.keys -> '%u') = 'string'"
		    " THEN (k.keys ->> '%u') COLLATE \"C\" %s ?%d ELSE FALSE END",
		    f, f, op, v);
	else
		say(w,
		    "CASE WHEN jsonb_typeof(k.keys -> '%u') = 'number'"
		    " THEN (k.keys -> '%u')::numeric %s ?%d ELSE FALSE END",
		    f, f, op, v);
}

static void contains(struct walk *w, const struct brg_expr *e)
{
	unsigned f = e->field;
	int v = next_value(w, e);

	if (w->engine == SQL_SQLITE)
		say(w,
		    "coalesce(CASE json_type(r.keys, '$.\"%u\"')"
		    " WHEN 'text' THEN instr(json_extract(r.keys, '$.\"%u\"'), ?%d) > 0"
		    " WHEN 'array' THEN EXISTS (SELECT 1 FROM json_each(r.keys, '$.\"%u\"') e"
		    " WHERE e.type = 'text' AND e.value = ?%d) END, 0)",
		    f, f, v, f, v);
	else
		say(w,
		    "CASE jsonb_typeof(k.keys -> '%u')"
		    " WHEN 'string' THEN strpos(k.keys ->> '%u', ?%d) > 0"
		    " WHEN 'array' THEN (k.keys -> '%u') @> to_jsonb(?%d) ELSE FALSE END",
		    f, f, v, f, v);
}

static void begins(struct walk *w, const struct brg_expr *e)
{
	unsigned f = e->field;
	int v = next_value(w, e);

	if (w->engine == SQL_SQLITE)
		say(w,
		    "coalesce(json_type(r.keys, '$.\"%u\"') = 'text'"
		    " AND substr(json_extract(r.keys, '$.\"%u\"'), 1, length(?%d)) = ?%d, 0)",
		    f, f, v, v);
	else
		say(w,
		    "CASE WHEN jsonb_typeof(k.keys -> '%u') = 'string'"
		    " THEN starts_with(k.keys ->> '%u', ?%d) ELSE FALSE END",
		    f, f, v);
}

static void has(struct walk *w, const struct brg_expr *e)
{
	if (w->engine == SQL_SQLITE)
		say(w, "coalesce(json_type(r.keys, '$.\"%u\"') <> 'null', 0)", e->field);
	else
		say(w, "coalesce(jsonb_typeof(k.keys -> '%u') <> 'null', FALSE)", e->field);
}

/* ---- the tree -------------------------------------------------------------------------------*/

/* What is not a field. The owner's index is of what is no mail. */
static void write_record(struct walk *w, const struct brg_expr *e)
{
	int v = next_value(w, e);

	switch (e->op) {
	case BRG_EXPR_OWNER:
		say(w, "(r.owner = ?%d AND r.kind > 1)", v);
		break;
	case BRG_EXPR_PARTY:
		say(w,
		    w->each ? "EXISTS (SELECT 1 FROM party p WHERE p.object = ?%d AND p.record = r.id)"
			    : "r.id IN (SELECT record FROM party WHERE object = ?%d)",
		    v);
		break;
	case BRG_EXPR_REGARDS:
		say(w, "(r.regarding IS NOT NULL AND r.regarding = ?%d)", v);
		break;
	default:
		say(w, "r.%s >= ?%d", e->op == BRG_EXPR_CREATED_GE ? "created_us" : "modified_us",
		    v);
		break;
	}
}

static void write_leaf(struct walk *w, const struct brg_expr *e)
{
	switch (e->op) {
	case BRG_EXPR_TRUE:
		say(w, "TRUE");
		break;
	case BRG_EXPR_CONTAINS:
	case BRG_EXPR_BEGINS:
		if (!e->is_text)
			say(w, "FALSE");
		else if (e->op == BRG_EXPR_CONTAINS)
			contains(w, e);
		else
			begins(w, e);
		break;
	case BRG_EXPR_HAS:
		has(w, e);
		break;
	case BRG_EXPR_EQ:
	case BRG_EXPR_NE:
	case BRG_EXPR_LT:
	case BRG_EXPR_LE:
	case BRG_EXPR_GT:
	case BRG_EXPR_GE:
		compare(w, e);
		break;
	case BRG_EXPR_OWNER:
	case BRG_EXPR_PARTY:
	case BRG_EXPR_REGARDS:
	case BRG_EXPR_CREATED_GE:
	case BRG_EXPR_MODIFIED_GE:
		write_record(w, e);
		break;
	default:
		w->bad = true;
		break;
	}
}

static bool has_children(const struct brg_expr *e)
{
	return e->op >= BRG_EXPR_AND && e->op <= BRG_EXPR_NOT;
}

/* Up to `most`: deeper ones are refused. */
static int height(const struct brg_expr *e, int most)
{
	int a, b;

	if (!e || most == 0 || !has_children(e))
		return 1;
	a = height(e->a, most - 1);
	b = e->op == BRG_EXPR_NOT ? 0 : height(e->b, most - 1);
	return 1 + (a > b ? a : b);
}

static void write_expr(struct walk *w, const struct brg_expr *e, bool is_not);

/* The deeper one first, and NOT at the leaves: so each level takes one place of the hundred that
 * SQLite's parser has. */
static void write_pair(struct walk *w, const struct brg_expr *e, bool is_not)
{
	bool swap = height(e->b, BRG_EXPR_DEPTH) > height(e->a, BRG_EXPR_DEPTH);

	say(w, "(");
	write_expr(w, swap ? e->b : e->a, is_not);
	say(w, (e->op == BRG_EXPR_AND) != is_not ? " AND " : " OR ");
	write_expr(w, swap ? e->a : e->b, is_not);
	say(w, ")");
}

static void write_expr(struct walk *w, const struct brg_expr *e, bool is_not)
{
	if (!e || w->depth == BRG_EXPR_DEPTH) {
		w->bad = true;
		return;
	}
	w->depth++;
	if (e->op == BRG_EXPR_NOT) {
		write_expr(w, e->a, !is_not);
	} else if (has_children(e)) {
		write_pair(w, e, is_not);
	} else {
		if (is_not != (e->op == BRG_EXPR_NE))
			say(w, "NOT ");
		write_leaf(w, e);
	}
	w->depth--;
}

/* The only owner whose records it can be true of; NULL: there is no such. */
static const struct brg_id *owner_of(const struct brg_expr *e)
{
	const struct brg_id *a, *b;

	if (!e || (e->op != BRG_EXPR_AND && e->op != BRG_EXPR_OR))
		return e && e->op == BRG_EXPR_OWNER ? &e->id : NULL;
	a = owner_of(e->a);
	b = owner_of(e->b);
	if (e->op == BRG_EXPR_AND)
		return a ? a : b;
	return a && b && brg_id_eq(a, b) ? a : NULL;
}

/* Is it true of few records only, that an index knows? SQLite keeps no counts and is told. */
static bool is_narrow(const struct brg_expr *e)
{
	if (!e)
		return false;
	switch (e->op) {
	case BRG_EXPR_AND:
		return is_narrow(e->a) || is_narrow(e->b);
	case BRG_EXPR_OR:
		return is_narrow(e->a) && is_narrow(e->b);
	case BRG_EXPR_OWNER:
	case BRG_EXPR_PARTY:
	case BRG_EXPR_REGARDS:
		return true;
	default:
		return false;
	}
}

/* All that it is true of is found at once and sorted, each time: no index has the order. Of one
 * owner's records one has it, and a page of them costs a page. */
static bool is_sorted(const struct brg_expr *e)
{
	return is_narrow(e) && !owner_of(e);
}

/* ---- which records --------------------------------------------------------------------------*/

enum list { BY_KIND, BY_ID, BY_CHANGE };

static enum list list_of(const struct brg_query *q)
{
	return sql_is_feed(q) ? BY_CHANGE : brg_id_is_nil(&q->id) ? BY_KIND : BY_ID;
}

/* Values before those of the condition. */
static const int values_of[] = { [BY_KIND] = 3, [BY_ID] = 1, [BY_CHANGE] = 5 };

static void write_list(struct walk *w, const struct brg_query *q, enum list list)
{
	bool lite = w->engine == SQL_SQLITE;
	/* Keys are parsed once a record. */
	const char *keys = " CROSS JOIN LATERAL (SELECT r.keys::jsonb AS keys OFFSET 0) k";

	if (list == BY_CHANGE)
		say(w, "SELECT %s FROM change c %s%s WHERE %s AND (?4 = 0 OR c.kind = ?4)%s",
		    lite ? CHANGE_COLUMNS : PG_CHANGE_COLUMNS,
		    lite ? "CROSS JOIN record r" : "JOIN record r ON r.id = c.record",
		    lite ? "" : keys, lite ? CHANGED_SINCE : PG_CHANGED_SINCE,
		    lite ? " AND r.id = c.record" : "");
	else
		say(w, "SELECT %s FROM record r%s WHERE %s", RECORD_COLUMNS,
		    !lite				   ? keys
		    : list == BY_KIND && owner_of(q->expr) ? " INDEXED BY record_owner"
							   : "",
		    list == BY_ID		 ? "r.id = ?1"
		    : lite && is_sorted(q->expr) ? "r.kind > 1 AND +r.kind = ?1 AND +r.id > ?2"
						 : "r.kind > 1 AND r.kind = ?1 AND r.id > ?2");
	say(w, " AND r.deleted_us = 0");
}

static void write_end(struct walk *w, const struct brg_query *q, enum list list)
{
	bool lite = w->engine == SQL_SQLITE;

	if (list == BY_CHANGE)
		say(w, " ORDER BY %sc.number LIMIT ?5", lite ? "" : "c.xid, ");
	else if (list == BY_KIND)
		say(w, " ORDER BY %sr.id LIMIT ?3", lite && is_sorted(q->expr) ? "+" : "");
}

/* The condition and what stands behind it in the order of values. */
static void write_where(struct walk *w, const struct brg_query *q)
{
	const struct brg_id *owner = list_of(q) == BY_KIND ? owner_of(q->expr) : NULL;

	if (owner) {
		if (!w->out)
			put_id(&w->put, owner);
		say(w, " AND r.owner = ?%d", w->out ? ++w->at : 0);
	}
	if (!brg_id_is_nil(&q->mailbox)) {
		if (!w->out)
			put_id(&w->put, &q->mailbox);
		say(w,
		    " AND NOT EXISTS (SELECT 1 FROM link l WHERE l.record = r.id AND l.mailbox = ?%d"
		    " AND l.live = 1)",
		    w->out ? ++w->at : 0);
	}
	if (q->expr) {
		say(w, " AND ");
		write_expr(w, q->expr, false);
	}
}

static char *text_of(struct walk *w, const struct brg_query *q, enum list list)
{
	char *text = NULL;
	size_t size;
	bool failed;

	w->out = open_memstream(&text, &size);
	if (!w->out)
		return NULL;
	write_list(w, q, list);
	write_where(w, q);
	write_end(w, q, list);
	failed = ferror(w->out);
	if (fclose(w->out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static void put_list(struct put *p, const struct brg_query *q, enum list list)
{
	int64_t limit = q->limit ? q->limit : INT64_MAX;

	if (list == BY_ID) {
		put_id(p, &q->id);
		return;
	}
	if (list == BY_CHANGE)
		sql_put_position(p, q->text);
	put_int(p, q->number);
	if (list == BY_KIND)
		put_id(p, &q->after);
	put_int(p, limit);
}

int sql_ask_matches(struct sql_db *db, const struct brg_query *q, struct put *p,
		    struct brg_err *err)
{
	enum list list = list_of(q);
	struct walk w = { .engine = db->driver->engine,
			  .at = values_of[list],
			  .each = list != BY_KIND };
	char *text = text_of(&w, q, list);

	if (!text)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	if (w.bad) {
		free(text);
		return brg_fail(err, &sql_bad_call, "what=condition");
	}
	w.out = NULL;
	w.put = ask(db, sql_make(db, text));
	put_list(&w.put, q, list);
	write_where(&w, q);
	*p = w.put;
	return 0;
}
