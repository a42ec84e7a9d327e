/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateItem, UpdateItem, DeleteItem. Nobody is mailed but by the core's leave (mails_out). An
 * update names the version that it was made for; DeleteItem looks at none, so the item is looked at
 * before.
 */
#include "occurrences.h"
#include "push.h"

#include <stdlib.h>

#define BATCH 50

/* ---- writing --------------------------------------------------------------------------------*/

struct brg_str push_mails(const struct brg_push *op)
{
	return brg_cstr(op->mails_out ? "SendToAllAndSaveCopy" : "SendToNone");
}

static struct soap *create_request(struct exchange *x, const struct brg_push *ops, size_t n,
				   const struct before *before, size_t *asked)
{
	struct soap *s = soap_new(x, "CreateItem");

	if (ops[0].kind == BRG_APPOINTMENT)
		soap_attribute(s, "SendMeetingInvitations", push_mails(&ops[0]));
	soap_open(s, "SavedItemFolderId");
	soap_empty(s, "t:FolderId", "Id", ops[0].folder);
	soap_close(s);
	soap_open(s, "Items");
	for (size_t i = 0; i < n; i++) {
		if (before[i].err)
			continue;
		item_write(x, s, &ops[i], before[i].wish);
		(*asked)++;
	}
	soap_close(s);
	return s;
}

static void write_id(struct soap *s, const struct brg_push *op)
{
	soap_open(s, "t:ItemId");
	soap_attribute(s, "Id", op->remote_id);
	if (op->version.len)
		soap_attribute(s, "ChangeKey", op->version);
	soap_close(s);
}

static struct soap *update_request(struct exchange *x, const struct brg_push *ops, size_t n,
				   const struct before *before, size_t *asked)
{
	struct soap *s = soap_new(x, "UpdateItem");

	soap_attribute(s, "ConflictResolution", brg_cstr("NeverOverwrite"));
	soap_attribute(s, "MessageDisposition", brg_cstr("SaveOnly"));
	soap_attribute(s, "SendMeetingInvitationsOrCancellations", push_mails(&ops[0]));
	soap_attribute(s, "SuppressReadReceipts", brg_cstr("true"));
	soap_open(s, "ItemChanges");
	for (size_t i = 0; i < n; i++) {
		if (before[i].err || before[i].nothing)
			continue;
		soap_open(s, "t:ItemChange");
		write_id(s, &ops[i]);
		item_write_changes(x, s, &ops[i], before[i].wish, before[i].marked);
		soap_close(s);
		(*asked)++;
	}
	soap_close(s);
	return s;
}

static struct soap *delete_request(struct exchange *x, const struct brg_push *ops, size_t n,
				   const struct before *before, size_t *asked)
{
	struct soap *s = soap_new(x, "DeleteItem");

	soap_attribute(s, "DeleteType", brg_cstr("MoveToDeletedItems"));
	soap_attribute(s, "SendMeetingCancellations", push_mails(&ops[0]));
	soap_attribute(s, "AffectedTaskOccurrences", brg_cstr("AllOccurrences"));
	soap_open(s, "ItemIds");
	for (size_t i = 0; i < n; i++) {
		if (before[i].err)
			continue;
		write_id(s, &ops[i]);
		(*asked)++;
	}
	soap_close(s);
	return s;
}

/* ---- answers --------------------------------------------------------------------------------*/

static int take(struct exchange *x, struct brg_push *op, const xmlNode *message,
		const char *operation, struct brg_arena *arena, struct brg_err *err)
{
	const xmlNode *id = soap_child(soap_first(soap_child(message, "Items")), "ItemId");
	struct brg_str new_id = soap_attribute_of(x, id, "Id");
	struct brg_str version = soap_attribute_of(x, id, "ChangeKey");
	struct brg_err why = BRG_ERR_INIT;

	if (soap_check_item(x, message, operation, &why) < 0) {
		op->err = exchange_item_error(x, arena, &why);
		return 0;
	}
	if (op->type == BRG_CREATE && !new_id.len)
		return brg_fail(err, &ews_missing, "operation=%s\nelement=ItemId", operation);
	if (op->type == BRG_CREATE)
		op->new_id = x->host->dup(arena, new_id.ptr, new_id.len);
	op->new_version = x->host->dup(arena, version.ptr, version.len);
	return 0;
}

/* The answers stand in the order of what was asked. */
static int take_all(struct exchange *x, struct brg_push *ops, size_t n, const struct before *before,
		    const xmlNode *answer, const char *operation, struct brg_arena *arena,
		    struct brg_err *err)
{
	xmlNode *message = NULL;

	for (size_t i = 0; i < n; i++) {
		ops[i].err = before[i].err;
		if (before[i].nothing)
			ops[i].new_version = ops[i].version;
		if (before[i].err || before[i].nothing)
			continue;
		if (soap_next_message(answer, operation, &message, err) < 0 ||
		    take(x, &ops[i], message, operation, arena, err) < 0)
			return err->code;
	}
	return 0;
}

int push_request(struct exchange *x, struct brg_push *ops, size_t n, const struct before *before,
		 struct brg_arena *arena, struct brg_err *err)
{
	static const char *const operations[] = { [BRG_CREATE] = "CreateItem",
						  [BRG_UPDATE] = "UpdateItem",
						  [BRG_DELETE] = "DeleteItem" };
	size_t asked = 0;
	struct soap *s;
	xmlNode *answer;

	if (ops[0].type == BRG_CREATE)
		s = create_request(x, ops, n, before, &asked);
	else if (ops[0].type == BRG_UPDATE)
		s = update_request(x, ops, n, before, &asked);
	else
		s = delete_request(x, ops, n, before, &asked);
	if (asked == 0) {
		soap_free(s);
		return take_all(x, ops, n, before, NULL, "", arena, err);
	}
	x->host->effect(x->host->ctx, "exchange.push");
	if (soap_call(x, s, &answer, err) < 0)
		return err->code;
	return take_all(x, ops, n, before, answer, operations[ops[0].type], arena, err);
}

static int push_some(struct exchange *x, struct brg_push *ops, size_t n, struct brg_arena *arena,
		     struct brg_err *err)
{
	struct before *before = x->host->alloc(arena, n * sizeof(*before));

	if (push_look(x, ops, n, before, arena, err) < 0 ||
	    push_request(x, ops, n, before, arena, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (!ops[i].err && occurrences_any(&ops[i]) &&
		    occurrences_push(x, &ops[i], arena, err) < 0)
			return err->code;
	return 0;
}

/* A request is refused as a whole for what is wrong with one of its items: each is asked alone
 * then, and what is refused again is its own fault. */
static int push_batch(struct exchange *x, struct brg_push *ops, size_t n, struct brg_arena *arena,
		      struct brg_err *err)
{
	int rc = push_some(x, ops, n, arena, err);

	if (rc == 0 || err->scope != BRG_SCOPE_ITEM)
		return rc;
	if (n == 1) {
		ops->err = exchange_item_error(x, arena, err);
		*err = (struct brg_err)BRG_ERR_INIT;
		return 0;
	}
	*err = (struct brg_err)BRG_ERR_INIT;
	rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = push_batch(x, &ops[i], 1, arena, err);
	return rc;
}

static bool is_known(const struct brg_push *op)
{
	return (op->type == BRG_CREATE || op->type == BRG_UPDATE || op->type == BRG_DELETE) &&
	       op->kind >= BRG_CONTACT && op->kind <= BRG_APPOINTMENT;
}

/* Of mail nothing is written, but it may go. */
static bool is_mail_to_go(const struct brg_push *op)
{
	return op->type == BRG_DELETE && op->kind == BRG_EMAIL;
}

static void refuse(struct exchange *x, struct brg_push *op, struct brg_arena *arena)
{
	struct brg_err why = BRG_ERR_INIT;

	(void)brg_fail(&why, &ews_not_carried, "type=%d\nkind=%d", op->type, op->kind);
	op->err = exchange_item_error(x, arena, &why);
}

static bool go_together(const struct brg_push *a, const struct brg_push *b)
{
	return a->type == b->type && a->kind == b->kind && brg_str_eq(a->folder, b->folder) &&
	       (a->mails_out > 0) == (b->mails_out > 0);
}

int exchange_push(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		  struct brg_err *err)
{
	struct exchange *x = self;
	size_t done = 0;
	int rc = 0;

	while (done < n && rc == 0) {
		size_t k = done + 1;

		if (!is_known(&ops[done]) && !is_mail_to_go(&ops[done])) {
			refuse(x, &ops[done++], arena);
			continue;
		}
		while (k < n && k - done < BATCH && go_together(&ops[done], &ops[k]))
			k++;
		rc = push_batch(x, ops + done, k - done, arena, err);
		done = k;
	}
	if (rc < 0)
		mailbox_doubt(x, err);
	return rc;
}
