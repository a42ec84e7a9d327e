/* SPDX-License-Identifier: Apache-2.0 */
#include "push.h"

#include <strings.h>

static struct soap *request(struct exchange *x, const struct brg_push *ops, size_t n)
{
	const struct map *rows = map_of(ops->kind);
	struct soap *s = soap_new(x, "GetItem");

	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_open(s, "t:AdditionalProperties");
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:Categories"));
	for (size_t i = 0; ops->type == BRG_UPDATE && rows[i].field; i++)
		if (rows[i].place == MAP_MADE || strcmp(rows[i].field, "all_day") == 0)
			soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr(rows[i].uri));
	soap_close(s);
	soap_close(s);
	soap_open(s, "ItemIds");
	for (size_t i = 0; i < n; i++)
		soap_empty(s, "t:ItemId", "Id", ops[i].remote_id);
	soap_close(s);
	return s;
}

static bool is_marked(struct exchange *x, const xmlNode *item)
{
	for (xmlNode *c = soap_first(soap_child(item, "Categories")); c; c = soap_next(c))
		if (strcasecmp(soap_value(x, c).ptr, x->category) == 0)
			return true;
	return false;
}

static const struct brg_err *read_there(struct exchange *x, const xmlNode *item,
					struct brg_arena *arena, struct before *out)
{
	struct meeting *there = x->host->alloc(arena, sizeof(*there));
	struct brg_err why = BRG_ERR_INIT;

	if (meeting_read(x, item, arena, there, &why) < 0)
		return exchange_item_error(x, arena, &why);
	out->there = there;
	return NULL;
}

static int look_at(struct exchange *x, const struct brg_push *op, const xmlNode *message,
		   struct brg_arena *arena, struct before *out, struct brg_err *err)
{
	const xmlNode *item = soap_first(soap_child(message, "Items"));
	struct brg_err why = BRG_ERR_INIT;

	if (exchange_item_check(x, message, "GetItem", arena, &out->err, err) < 0)
		return err->code;
	if (out->err)
		return 0;
	out->marked = is_marked(x, item);
	if (op->version.len && !brg_str_eq(op->version, item_version(x, item, arena))) {
		(void)brg_fail(&why, &ews_conflict, "operation=GetItem\ncode=%s", "ChangeKey");
		out->err = exchange_item_error(x, arena, &why);
	} else if (op->type == BRG_UPDATE && op->kind == BRG_APPOINTMENT) {
		out->err = read_there(x, item, arena, out);
	}
	return 0;
}

static int look(struct exchange *x, const struct brg_push *ops, size_t n, struct before *before,
		struct brg_arena *arena, struct brg_err *err)
{
	xmlNode *answer, *message = NULL;

	if (soap_call(x, request(x, ops, n), &answer, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		if (soap_next_message(answer, "GetItem", &message, err) < 0)
			return err->code;
		if (look_at(x, &ops[i], message, arena, &before[i], err) < 0)
			return err->code;
	}
	return 0;
}

/* Does it write categories? */
static bool writes_categories(const struct exchange *x, const struct brg_push *op)
{
	for (size_t row = 0; map_of(op->kind)[row].field; row++)
		for (size_t i = 0; i < op->fields.n && map_is_categories(&map_of(op->kind)[row]);
		     i++)
			if (op->fields.at[i].id == x->ids[op->kind][row])
				return true;
	return false;
}

static bool has_to_look(const struct exchange *x, const struct brg_push *op)
{
	if (op->type == BRG_DELETE)
		return true;
	return op->type == BRG_UPDATE && (writes_categories(x, op) ||
					  (op->kind == BRG_APPOINTMENT && meeting_touches(x, op)));
}

static const struct brg_err *wish(struct exchange *x, const struct brg_push *op,
				  struct brg_arena *arena, struct before *out)
{
	struct meeting *m = x->host->alloc(arena, sizeof(*m));
	struct brg_err why = BRG_ERR_INIT;

	if (op->kind != BRG_APPOINTMENT || op->type == BRG_DELETE ||
	    (op->type == BRG_UPDATE && !out->there))
		return NULL;
	if (meeting_wish(x, op, out->there, arena, m, &why) < 0)
		return exchange_item_error(x, arena, &why);
	out->wish = m;
	return NULL;
}

int push_look(struct exchange *x, const struct brg_push *ops, size_t n, struct before *before,
	      struct brg_arena *arena, struct brg_err *err)
{
	bool looks = false;

	for (size_t i = 0; i < n; i++)
		looks = looks || has_to_look(x, &ops[i]);
	if (looks && look(x, ops, n, before, arena, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		if (!before[i].err)
			before[i].err = wish(x, &ops[i], arena, &before[i]);
		before[i].nothing =
			ops[i].type == BRG_UPDATE && !item_has_changes(x, &ops[i], before[i].wish);
	}
	return 0;
}
