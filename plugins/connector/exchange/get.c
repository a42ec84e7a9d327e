/* SPDX-License-Identifier: Apache-2.0
 *
 * GetItem: chosen items whole.
 */
#include "mail.h"
#include "occurrences.h"

#define BATCH 50

static void shape(const struct getting *g, struct soap *s)
{
	item_shape(s, g->kind, false);
}

const struct brg_err *exchange_item_error(struct exchange *x, struct brg_arena *arena,
					  const struct brg_err *err)
{
	struct brg_err *copy = x->host->alloc(arena, sizeof(*copy));

	*copy = *err;
	return copy;
}

int exchange_item_check(struct exchange *x, const xmlNode *message, const char *operation,
			struct brg_arena *arena, const struct brg_err **own, struct brg_err *err)
{
	struct brg_err why = BRG_ERR_INIT;

	*own = NULL;
	if (soap_check_item(x, message, operation, &why) == 0)
		return 0;
	if (why.scope != BRG_SCOPE_ITEM) {
		*err = why;
		return err->code;
	}
	*own = exchange_item_error(x, arena, &why);
	return 0;
}

/* One answer; an error that is not the item's ends the call. */
static int give(struct getting *g, const xmlNode *message, size_t which, struct brg_err *err)
{
	struct exchange *x = g->x;
	struct brg_sink *out = g->out;
	int kind = g->kind;
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)which };
	const xmlNode *node = soap_first(soap_child(message, "Items"));
	struct brg_err why = BRG_ERR_INIT;
	struct meeting meeting;

	if (exchange_item_check(x, message, "GetItem", out->arena, &item.err, err) < 0)
		return err->code;
	if (!item.err && (!node || map_kind((const char *)node->name) != kind)) {
		(void)brg_fail(&why, &ews_gone, "operation=GetItem\ncode=%.60s",
			       node ? (const char *)node->name : "");
		item.err = exchange_item_error(x, out->arena, &why);
	}
	if (!item.err && item_read(x, kind, node, out->arena, &item, &meeting, &why) < 0)
		item.err = exchange_item_error(x, out->arena, &why);
	if (!item.err && (item.flags & BRG_IS_SERIES) &&
	    occurrences_read(x, node, &meeting, out->arena, &item, err) < 0)
		return err->code;
	return out->item(out, &item, err);
}

/* It alone is refused by the server, before anything of it was looked at. */
static int give_error(struct getting *g, size_t which, struct brg_err *err)
{
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)which };

	item.err = exchange_item_error(g->x, g->out->arena, err);
	*err = (struct brg_err)BRG_ERR_INIT;
	return g->out->item(g->out, &item, err);
}

static struct soap *request(const struct getting *g, size_t from, size_t n)
{
	struct soap *s = soap_new(g->x, "GetItem");

	g->shape(g, s);
	soap_open(s, "ItemIds");
	for (size_t i = from; i < from + n; i++)
		soap_empty(s, "t:ItemId", "Id", g->req->ids[i]);
	soap_close(s);
	return s;
}

int getting_some(struct getting *g, size_t from, size_t n, struct brg_err *err)
{
	xmlNode *answer, *message = NULL;
	int rc = 0;

	if (soap_call(g->x, request(g, from, n), &answer, err) < 0) {
		if (err->scope != BRG_SCOPE_ITEM)
			return err->code;
		if (n == 1)
			return give_error(g, from, err);
		*err = (struct brg_err)BRG_ERR_INIT;
		for (size_t i = from; i < from + n && rc == 0; i++)
			rc = getting_some(g, i, 1, err);
		return rc;
	}
	for (size_t i = from; i < from + n && rc == 0; i++) {
		rc = soap_next_message(answer, "GetItem", &message, err);
		if (rc == 0)
			rc = g->give(g, message, i, err);
	}
	return rc < 0 ? rc : 0;
}

int exchange_get(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err)
{
	struct exchange *x = self;
	struct getting g = { .x = x, .req = req, .out = out, .shape = shape, .give = give };
	int rc = 0;

	g.kind = BRG_EMAIL;
	if (req->folder.len && mailbox_kind(x, req->folder, &g.kind, err) < 0)
		return err->code;
	if (g.kind == BRG_EMAIL)
		return mail_get(x, req, out, err);
	for (size_t i = 0; i < req->n && rc == 0; i += BATCH)
		rc = getting_some(&g, i, req->n - i < BATCH ? req->n - i : BATCH, err);
	return rc;
}
