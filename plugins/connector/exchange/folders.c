/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders of a mailbox, with one request: all below the root, and what those are that every
 * mailbox has.
 */
#include "mailbox.h"

#include "soap.h"

#include <stdlib.h>

/* More than that no person has; a second page is asked for all the same. */
#define PAGE 500

static const struct {
	const char *id, *role;
} roles[] = {
	{ "inbox", "inbox" },	 { "drafts", "drafts" },	{ "outbox", "outbox" },
	{ "sentitems", "sent" }, { "calendar", "calendar" },	{ "contacts", "contacts" },
	{ "tasks", "tasks" },	 { "deleteditems", "deleted" },
};

/* [MS-OXOSFLD] 2.2.2: PidTagContainerClass. What only begins with it is the server's own: people
 * who were once written to, whom the directory knows. */
static int kind_of(struct brg_str class)
{
	if (brg_str_eq(class, brg_cstr("IPF.Contact")))
		return BRG_CONTACT;
	if (brg_str_eq(class, brg_cstr("IPF.Appointment")))
		return BRG_APPOINTMENT;
	if (brg_str_eq(class, brg_cstr("IPF.Note")) || !class.len)
		return BRG_EMAIL;
	return brg_str_eq(class, brg_cstr("IPF.Task")) ? BRG_TASK : 0;
}

void mailbox_root(struct exchange *x, struct soap *s, const char *name)
{
	soap_open(s, "t:DistinguishedFolderId");
	soap_attribute(s, "Id", brg_cstr(name));
	if (x->access != ACCESS_IMPERSONATE && *x->mailbox) {
		soap_open(s, "t:Mailbox");
		soap_leaf(s, "t:EmailAddress", brg_cstr(x->mailbox));
		soap_close(s);
	}
	soap_close(s);
}

static struct soap *request(struct exchange *x, size_t offset)
{
	struct soap *s = soap_new(x, "FindFolder");

	soap_attribute(s, "Traversal", brg_cstr("Deep"));
	soap_open(s, "FolderShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	soap_open(s, "t:AdditionalProperties");
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("folder:DisplayName"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("folder:FolderClass"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("folder:ParentFolderId"));
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr("folder:DistinguishedFolderId"));
	soap_close(s);
	soap_close(s);
	soap_page(s, "IndexedPageFolderView", PAGE, offset);
	soap_open(s, "ParentFolderIds");
	mailbox_root(x, s, "msgfolderroot");
	soap_close(s);
	return s;
}

void mailbox_forget(struct exchange *x)
{
	for (size_t i = 0; i < x->n_folders; i++) {
		free(x->folders[i].id);
		free(x->folders[i].parent);
		free(x->folders[i].name);
	}
	free(x->folders);
	x->folders = NULL;
	x->n_folders = 0;
}

static char *copy(struct brg_str s)
{
	char *out = strndup(s.ptr, s.len);

	if (!out)
		abort(); /* out of memory */
	return out;
}

void mailbox_add(struct exchange *x, const struct folder_words *w)
{
	struct folder *f;

	x->folders = realloc(x->folders, (x->n_folders + 1) * sizeof(*x->folders));
	if (!x->folders)
		abort(); /* out of memory */
	f = &x->folders[x->n_folders++];
	*f = (struct folder){
		.id = copy(w->id),
		.parent = copy(w->parent),
		.name = copy(w->name),
		.kind = w->kind,
		.role = "",
	};
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (brg_str_eq(w->role, brg_cstr(roles[i].role)))
			f->role = roles[i].role;
}

static void take(struct exchange *x, const xmlNode *node)
{
	struct brg_str known = soap_value_of(x, node, "DistinguishedFolderId");
	struct folder_words w = {
		.id = soap_attribute_of(x, soap_child(node, "FolderId"), "Id"),
		.parent = soap_attribute_of(x, soap_child(node, "ParentFolderId"), "Id"),
		.name = soap_value_of(x, node, "DisplayName"),
		.kind = kind_of(soap_value_of(x, node, "FolderClass")),
		.role = { "", 0 },
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (brg_str_eq(known, brg_cstr(roles[i].id)))
			w.role = brg_cstr(roles[i].role);
	/* To the core a folder without a name is the inbox. */
	if (w.id.len)
		mailbox_add(x, &w);
}

/* Is it the folder with this role, or below? */
static bool lies_in(const struct exchange *x, const struct folder *f, const char *role)
{
	for (size_t depth = 0; f && depth <= x->n_folders; depth++) {
		if (strcmp(f->role, role) == 0)
			return true;
		f = mailbox_folder(x, brg_cstr(f->parent));
	}
	return false;
}

/* Of the folders of mail the inbox, those below, and that of what was sent. */
static void pick_mail(struct exchange *x)
{
	for (size_t i = 0; i < x->n_folders; i++)
		if (x->folders[i].kind == BRG_EMAIL && !lies_in(x, &x->folders[i], "inbox") &&
		    strcmp(x->folders[i].role, "sent") != 0)
			x->folders[i].kind = 0;
}

int mailbox_read(struct exchange *x, struct brg_err *err)
{
	xmlNode *message, *root;
	bool last = false;
	size_t told = 0;

	mailbox_forget(x);
	while (!last) {
		if (soap_ask(x, request(x, told), &message, err) < 0)
			return err->code;
		root = soap_child(message, "RootFolder");
		last = !brg_str_eq(soap_attribute_of(x, root, "IncludesLastItemInRange"),
				   brg_cstr("false")) ||
		       !soap_first(soap_child(root, "Folders"));
		for (xmlNode *f = soap_first(soap_child(root, "Folders")); f;
		     f = soap_next(f), told++)
			take(x, f);
	}
	x->folders_fresh = true;
	pick_mail(x);
	folders_keep(x);
	return 0;
}

int mailbox_list(struct exchange *x, struct brg_err *err)
{
	return x->n_folders || folders_kept(x) ? 0 : mailbox_read(x, err);
}

void mailbox_doubt(struct exchange *x, const struct brg_err *err)
{
	if (err->fault == &ews_folder)
		folders_drop(x);
}

const struct folder *mailbox_folder(const struct exchange *x, struct brg_str id)
{
	for (size_t i = 0; i < x->n_folders; i++)
		if (brg_str_eq(id, brg_cstr(x->folders[i].id)))
			return &x->folders[i];
	return NULL;
}

int mailbox_kind(struct exchange *x, struct brg_str id, int *kind, struct brg_err *err)
{
	const struct folder *f;

	if (mailbox_list(x, err) < 0)
		return err->code;
	f = mailbox_folder(x, id);
	/* It may be newer than what is known. */
	if (!(f && f->kind) && !x->folders_fresh) {
		if (mailbox_read(x, err) < 0)
			return err->code;
		f = mailbox_folder(x, id);
	}
	*kind = f ? f->kind : 0;
	if (*kind)
		return 0;
	return brg_fail(err, &ews_folder, "operation=FindFolder\ncode=%s", f ? "FolderClass" : "");
}

/* What is thrown away is not kept in step, but the core has to know the place; and those of mail
 * by which it goes. */
bool folder_is_told(const struct exchange *x, const struct folder *f)
{
	return lies_in(x, f, "deleted") ? strcmp(f->role, "deleted") == 0 : f->kind || *f->role;
}

int exchange_folders(void *self, int (*each)(void *arg, const struct brg_folder *f), void *arg,
		     struct brg_err *err)
{
	struct exchange *x = self;

	if (mailbox_list(x, err) < 0)
		return err->code;
	for (size_t i = 0; i < x->n_folders; i++) {
		const struct folder *f = &x->folders[i];
		struct brg_folder out = { .size = sizeof(out),
					  .kinds = f->kind && !lies_in(x, f, "deleted")
							   ? BRG_KIND_BIT(f->kind)
							   : 0,
					  .id = brg_cstr(f->id),
					  .parent = brg_cstr(f->parent),
					  .name = brg_cstr(f->name),
					  .role = brg_cstr(f->role) };

		if (folder_is_told(x, f) && each(arg, &out) != 0)
			break;
	}
	return 0;
}
