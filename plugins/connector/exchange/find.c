/* SPDX-License-Identifier: Apache-2.0
 *
 * FindItem: where do the items lie that bear these marks? A restriction searches the folders that
 * it is given and none below, so all are named; Deleted Items too, for a person may have thrown the
 * item away.
 */
#include "mail.h"

#define AT_ONCE 20  /* marks of one restriction */
#define PAGE	200 /* items, of which each mark has one or two */

static void write_condition(struct soap *s, const struct brg_stamp *stamp)
{
	char text[STAMP_TEXT];

	item_stamp_text(stamp, text);
	soap_open(s, "t:IsEqualTo");
	item_stamp_uri(s);
	soap_open(s, "t:FieldURIOrConstant");
	soap_empty(s, "t:Constant", "Value", brg_cstr(text));
	soap_close(s);
	soap_close(s);
}

/* Of mail only where it comes by on its way: the others may be large. */
static bool is_searched(const struct folder *f, unsigned kinds)
{
	static const char *const on_the_way[] = { "drafts", "outbox", "sent" };

	if (strcmp(f->role, "deleted") == 0)
		return (kinds & ~BRG_KIND_BIT(BRG_EMAIL)) != 0;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(f->role, on_the_way[i]) == 0)
			return kinds & BRG_KIND_BIT(BRG_EMAIL);
	return f->kind && (kinds & BRG_KIND_BIT(f->kind));
}

static struct soap *request(struct exchange *x, unsigned kinds, const struct brg_stamp *stamps,
			    size_t n)
{
	struct soap *s = soap_new(x, "FindItem");

	soap_attribute(s, "Traversal", brg_cstr("Shallow"));
	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_open(s, "t:AdditionalProperties");
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:ParentFolderId"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("item:LastModifiedTime"));
	item_stamp_uri(s);
	soap_close(s);
	soap_close(s);
	soap_page(s, "IndexedPageItemView", PAGE, 0);
	soap_open(s, "Restriction");
	if (n > 1)
		soap_open(s, "t:Or");
	for (size_t i = 0; i < n; i++)
		write_condition(s, &stamps[i]);
	if (n > 1)
		soap_close(s);
	soap_close(s);
	soap_open(s, "ParentFolderIds");
	for (size_t i = 0; i < x->n_folders; i++)
		if (is_searched(&x->folders[i], kinds))
			soap_empty(s, "t:FolderId", "Id", brg_cstr(x->folders[i].id));
	soap_close(s);
	return s;
}

static bool same(const struct brg_stamp *a, const struct brg_stamp *b)
{
	return brg_id_eq(&a->store, &b->store) && brg_id_eq(&a->mailbox, &b->mailbox) &&
	       brg_id_eq(&a->record, &b->record) && a->attempt == b->attempt;
}

/* Which of them it bears; n: none. */
static size_t which_of(const struct brg_stamp *stamps, size_t n, const struct brg_stamp *stamp)
{
	size_t i = 0;

	while (stamp && i < n && !same(&stamps[i], stamp))
		i++;
	return stamp ? i : n;
}

static int tell(struct exchange *x, const xmlNode *message, const struct brg_stamp *stamps,
		size_t from, size_t n, struct brg_arena *arena,
		int (*each)(void *arg, size_t which, const struct brg_envelope *found), void *arg)
{
	const xmlNode *items = soap_child(soap_child(message, "RootFolder"), "Items");

	for (xmlNode *item = soap_first(items); item; item = soap_next(item)) {
		struct brg_envelope e = { .size = sizeof(e), .op = BRG_PRESENT };
		struct brg_str folder =
			soap_attribute_of(x, soap_child(item, "ParentFolderId"), "Id");
		size_t which;
		int rc;

		if (!(map_carried((const char *)item->name) || mail_is(item)) ||
		    !item_id(x, item).len)
			continue;
		envelope_read(x, item, arena, &e);
		e.folder = x->host->dup(arena, folder.ptr, folder.len);
		which = which_of(stamps, n, e.stamp);
		rc = which < n ? each(arg, from + which, &e) : 0;
		if (rc != 0)
			return rc;
	}
	return 0;
}

int exchange_find(void *self, unsigned kinds, const struct brg_stamp *stamps, size_t n,
		  struct brg_arena *arena,
		  int (*each)(void *arg, size_t which, const struct brg_envelope *found), void *arg,
		  struct brg_err *err)
{
	struct exchange *x = self;

	if (mailbox_list(x, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i += AT_ONCE) {
		size_t k = n - i < AT_ONCE ? n - i : AT_ONCE;
		xmlNode *answer;

		if (soap_call(x, request(x, kinds, stamps + i, k), &answer, err) < 0)
			return err->code;
		for (xmlNode *m = soap_message(answer, NULL); m; m = soap_message(answer, m)) {
			if (soap_check(x, m, "FindItem", err) < 0)
				return err->code;
			if (tell(x, m, stamps + i, i, k, arena, each, arg) != 0)
				return 0;
		}
	}
	return 0;
}
