/* SPDX-License-Identifier: Apache-2.0
 *
 * SyncFolderItems: what has changed in a folder. The cursor is the server's sync state.
 */
#include "mail.h"

#define CHANGES_MOST 512 /* MaxSyncChangesReturnedType of the schema */

static struct soap *request(struct exchange *x, const struct brg_pull *req, int kind)
{
	struct soap *s = soap_new(x, "SyncFolderItems");
	char number[16];

	item_shape(s, kind, true);
	soap_open(s, "SyncFolderId");
	soap_empty(s, "t:FolderId", "Id", req->folder);
	soap_close(s);
	if (req->cursor.len)
		soap_leaf(s, "SyncState", req->cursor);
	(void)snprintf(number, sizeof(number), "%u",
		       req->max_items < CHANGES_MOST ? req->max_items : CHANGES_MOST);
	soap_leaf(s, "MaxChangesReturned", brg_cstr(number));
	soap_leaf(s, "SyncScope", brg_cstr("NormalItems"));
	return s;
}

static void take_gone(struct exchange *x, const xmlNode *change, int kind, struct brg_batch *out)
{
	struct brg_str id = item_id(x, change);
	struct brg_envelope *e;

	if (!id.len)
		return;
	e = out->add(out);
	e->op = BRG_GONE;
	e->kind = (uint16_t)kind;
	e->remote_id = x->host->dup(out->arena, id.ptr, id.len);
}

/* True: it was a deletion. */
static bool take(struct exchange *x, const xmlNode *change, int kind, struct brg_batch *out)
{
	const xmlNode *item = soap_first(change);

	if (soap_is(change, "Delete")) {
		take_gone(x, change, kind, out);
		return true;
	}
	/* Groups of contacts, things of another kind: nothing that is kept in step there. */
	if ((soap_is(change, "Create") || soap_is(change, "Update")) && item &&
	    map_kind((const char *)item->name) == kind && item_id(x, item).len)
		envelope_read(x, item, out->arena, out->add(out));
	return false;
}

static int pull(struct exchange *x, const struct brg_pull *req, struct brg_batch *out,
		struct brg_err *err)
{
	xmlNode *message, *changes;
	bool any_gone = false;
	struct brg_str state;
	int kind;

	if (mailbox_kind(x, req->folder, &kind, err) < 0 ||
	    soap_ask(x, request(x, req, kind), &message, err) < 0)
		return err->code;
	state = soap_value_of(x, message, "SyncState");
	if (!state.len)
		return brg_fail(err, &ews_missing, "operation=SyncFolderItems\nelement=%s",
				"SyncState");
	changes = soap_child(message, "Changes");
	for (xmlNode *c = soap_first(changes); c; c = soap_next(c))
		any_gone = take(x, c, kind, out) || any_gone;
	out->server_us = x->server_us;
	out->next_cursor = x->host->dup(out->arena, state.ptr, state.len);
	/* Servers are known to call a page the last one when it ends with deletions. */
	out->more = any_gone || !brg_str_eq(soap_value_of(x, message, "IncludesLastItemInRange"),
					    brg_cstr("true"));
	return 0;
}

int exchange_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		  struct brg_err *err)
{
	int rc = req->folder.len ? pull(self, req, out, err) : mail_pull(self, req, out, err);

	if (rc < 0)
		mailbox_doubt(self, err);
	return rc;
}
