/* SPDX-License-Identifier: Apache-2.0
 *
 * GetItem: chosen items whole.
 */
#include "mail.h"
#include "occurrences.h"

#define BATCH 50

static struct soap *request(struct exchange *x, const struct brg_get *req, size_t from, size_t n,
			    int kind)
{
	struct soap *s = soap_new(x, "GetItem");

	item_shape(s, kind, false);
	soap_open(s, "ItemIds");
	for (size_t i = from; i < from + n; i++)
		soap_empty(s, "t:ItemId", "Id", req->ids[i]);
	soap_close(s);
	return s;
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
static int give(struct exchange *x, const xmlNode *message, size_t which, int kind,
		struct brg_sink *out, struct brg_err *err)
{
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)which };
	const xmlNode *node = soap_first(soap_child(message, "Items"));
	struct brg_err why = BRG_ERR_INIT;

	if (exchange_item_check(x, message, "GetItem", out->arena, &item.err, err) < 0)
		return err->code;
	if (!item.err && (!node || map_kind((const char *)node->name) != kind)) {
		(void)brg_fail(&why, &ews_gone, "operation=GetItem\ncode=%.60s",
			       node ? (const char *)node->name : "");
		item.err = exchange_item_error(x, out->arena, &why);
	}
	if (!item.err && item_read(x, kind, node, out->arena, &item, &why) < 0)
		item.err = exchange_item_error(x, out->arena, &why);
	if (!item.err && (item.flags & BRG_IS_SERIES) &&
	    occurrences_read(x, node, out->arena, &item, err) < 0)
		return err->code;
	return out->item(out, &item, err);
}

/* It alone is refused by the server, before anything of it was looked at. */
int exchange_give_error(struct exchange *x, size_t which, struct brg_sink *out, struct brg_err *err)
{
	struct brg_item item = { .size = sizeof(item), .request = (uint32_t)which };

	item.err = exchange_item_error(x, out->arena, err);
	*err = (struct brg_err)BRG_ERR_INIT;
	return out->item(out, &item, err);
}

static int get_some(struct exchange *x, const struct brg_get *req, size_t from, size_t n, int kind,
		    struct brg_sink *out, struct brg_err *err)
{
	xmlNode *answer, *message = NULL;
	int rc = 0;

	if (soap_call(x, request(x, req, from, n, kind), &answer, err) < 0) {
		if (err->scope != BRG_SCOPE_ITEM)
			return err->code;
		if (n == 1)
			return exchange_give_error(x, from, out, err);
		*err = (struct brg_err)BRG_ERR_INIT;
		for (size_t i = from; i < from + n && rc == 0; i++)
			rc = get_some(x, req, i, 1, kind, out, err);
		return rc;
	}
	for (size_t i = from; i < from + n && rc == 0; i++) {
		message = soap_message(answer, message);
		if (!message)
			return brg_fail(err, &ews_missing, "operation=GetItem\nelement=%s",
					"GetItemResponseMessage");
		rc = give(x, message, i, kind, out, err);
	}
	return rc < 0 ? rc : 0;
}

int exchange_get(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err)
{
	struct exchange *x = self;
	int kind, rc;

	if (!req->folder.len)
		return mail_get(x, req, out, err);
	if (mailbox_kind(x, req->folder, &kind, err) < 0)
		return err->code;
	rc = 0;
	for (size_t i = 0; i < req->n && rc == 0; i += BATCH)
		rc = get_some(x, req, i, req->n - i < BATCH ? req->n - i : BATCH, kind, out, err);
	return rc;
}
