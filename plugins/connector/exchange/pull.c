/* SPDX-License-Identifier: Apache-2.0
 *
 * SyncFolderItems: what has changed in a folder. The cursor is the server's sync state.
 */
#include "mail.h"

#define CHANGES_MOST 512 /* MaxSyncChangesReturnedType of the schema */

void pull_range(struct soap *s, const struct brg_pull *req)
{
	char number[16];

	if (req->cursor.len)
		soap_leaf(s, "SyncState", req->cursor);
	(void)snprintf(number, sizeof(number), "%u",
		       req->max_items < CHANGES_MOST ? req->max_items : CHANGES_MOST);
	soap_leaf(s, "MaxChangesReturned", brg_cstr(number));
	soap_leaf(s, "SyncScope", brg_cstr("NormalItems"));
}

static bool any_gone(const xmlNode *changes)
{
	return soap_child(changes, "Delete") != NULL;
}

int pull_ask(struct exchange *x, struct soap *s, struct brg_batch *out, const xmlNode **changes,
	     struct brg_err *err)
{
	struct brg_str state;
	xmlNode *message;

	if (soap_ask(x, s, &message, err) < 0)
		return err->code;
	state = soap_value_of(x, message, "SyncState");
	if (!state.len)
		return brg_fail(err, &ews_missing, "operation=SyncFolderItems\nelement=%s",
				"SyncState");
	*changes = soap_child(message, "Changes");
	out->server_us = x->server_us;
	out->next_cursor = x->host->dup(out->arena, state.ptr, state.len);
	/* Servers are known to call a page the last one when it ends with deletions. */
	out->more =
		any_gone(*changes) ||
		!brg_str_eq(soap_value_of(x, message, "IncludesLastItemInRange"), brg_cstr("true"));
	return 0;
}

static struct soap *request(struct exchange *x, const struct brg_pull *req, int kind)
{
	struct soap *s = soap_new(x, "SyncFolderItems");

	item_shape(s, kind, true);
	soap_open(s, "SyncFolderId");
	soap_empty(s, "t:FolderId", "Id", req->folder);
	soap_close(s);
	pull_range(s, req);
	return s;
}

void pull_gone(struct exchange *x, const xmlNode *change, int kind, struct brg_batch *out)
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

static void take(struct exchange *x, const xmlNode *change, int kind, struct brg_batch *out)
{
	const xmlNode *item = soap_first(change);

	/* Groups of contacts, things of another kind: nothing that is kept in step there. */
	if (soap_is(change, "Delete"))
		pull_gone(x, change, kind, out);
	else if ((soap_is(change, "Create") || soap_is(change, "Update")) && item &&
		 map_kind((const char *)item->name) == kind && item_id(x, item).len)
		envelope_read(x, item, out->arena, out->add(out));
}

static int pull(struct exchange *x, const struct brg_pull *req, int kind, struct brg_batch *out,
		struct brg_err *err)
{
	const xmlNode *changes;

	if (pull_ask(x, request(x, req, kind), out, &changes, err) < 0)
		return err->code;
	for (const xmlNode *c = soap_first(changes); c; c = soap_next(c))
		take(x, c, kind, out);
	return 0;
}

int exchange_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		  struct brg_err *err)
{
	int kind = BRG_EMAIL, rc = 0;

	if (req->folder.len)
		rc = mailbox_kind(self, req->folder, &kind, err);
	if (rc == 0)
		rc = kind == BRG_EMAIL ? mail_pull(self, req, out, err)
				       : pull(self, req, kind, out, err);
	if (rc < 0)
		mailbox_doubt(self, err);
	return rc;
}
