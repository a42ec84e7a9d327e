/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of an Exchange server that says anything: a pull, a get and a look-up take what there is,
 * and what they give has the bounds that the core relies on. The first byte says what was asked,
 * and of which folder.
 */
#include "fakehost.h"

#include "tests/fuzz/fuzz.h"

extern const struct brg_plugin *exchange_LTX_brg_plugin_entry(void);

/* What the folders are, before the answer under test. */
static const char folders[] =
	"<Envelope><Body><FindFolderResponse><ResponseMessages><FindFolderResponseMessage "
	"ResponseClass='Success'><RootFolder IncludesLastItemInRange='true'><Folders><ContactsFolder>"
	"<FolderId Id='C'/><FolderClass>IPF.Contact</FolderClass></ContactsFolder><TasksFolder>"
	"<FolderId Id='T'/><FolderClass>IPF.Task</FolderClass></TasksFolder><CalendarFolder>"
	"<FolderId Id='K'/><FolderClass>IPF.Appointment</FolderClass></CalendarFolder><Folder>"
	"<FolderId Id='I'/><FolderClass>IPF.Note</FolderClass>"
	"<DistinguishedFolderId>inbox</DistinguishedFolderId></Folder><Folder><FolderId Id='P'/>"
	"<ParentFolderId Id='I'/><FolderClass>IPF.Note</FolderClass></Folder></Folders></RootFolder>"
	"</FindFolderResponseMessage></ResponseMessages></FindFolderResponse></Body></Envelope>";

static void check_fields(const struct brg_fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *f = &fields->at[i];

		PROMISE(f->id != 0 && f->presence != BRG_ABSENT);
		if (f->presence == BRG_VALUE && f->type == BRG_DATE)
			PROMISE(f->u.text.len == 10);
		if (f->presence == BRG_VALUE && f->type == BRG_WALL)
			PROMISE(f->u.wall.local.len == 19 && f->u.wall.zone.len > 0);
		if (f->presence == BRG_VALUE && f->type == BRG_LIST)
			PROMISE(f->u.list.n > 0);
		if (f->presence == BRG_VALUE && f->type == BRG_CHOICE)
			PROMISE(f->u.text.len > 0);
	}
}

static int found(void *arg, size_t which, const struct brg_envelope *e)
{
	PROMISE(arg == NULL && which < 2 && e->remote_id.len > 0);
	return 0;
}

static int hear(void *arg, const struct brg_folder *f)
{
	PROMISE(arg == NULL && f->id.len > 0 && (f->kinds || f->role.len));
	return 0;
}

/* The inbox has no name, and is not looked for. */
static struct brg_str folder_of(int what)
{
	static const char *const names[] = { "C", "T", "K", "K", "", "", "P", "P" };

	return brg_cstr(names[(what >> 2 & 6) | (what & 1)]);
}

static void ask(struct fakehost *fh, const struct brg_connector *c, void *self, int what)
{
	static const struct brg_stamp stamps[2];
	const struct brg_str ids[2] = { { "1", 1 }, { "2", 1 } };
	struct brg_str folder = folder_of(what);
	struct brg_pull pull = { .size = sizeof(pull), .folder = folder, .max_items = 100 };
	struct brg_get get = { .size = sizeof(get), .folder = folder, .ids = ids, .n = 2 };
	struct brg_err err = BRG_ERR_INIT;
	int rc;

	switch (what >> 1 & 3) {
	case 0:
		rc = c->pull(self, &pull, fakehost_batch(fh), &err);
		for (size_t i = 0; rc == 0 && i < fh->n_envelopes; i++)
			PROMISE(fh->envelopes[i]->remote_id.len > 0 && fh->envelopes[i]->kind);
		PROMISE(rc != 0 || fh->batch.next_cursor.len > 0);
		break;
	case 1:
		rc = c->get(self, &get, fakehost_sink(fh), &err);
		for (size_t i = 0; i < fh->n_items; i++)
			PROMISE(!(what & 16) || fh->items[i].failed || fh->items[i].has_body);
		for (size_t i = 0; i < fh->n_items; i++)
			check_fields(&fh->items[i].item.fields);
		break;
	case 2:
		rc = c->find(self, ~0u, stamps, 2, fakehost_arena(fh), found, NULL, &err);
		break;
	default:
		rc = c->probe(self, BRG_ACT, &err);
		if (rc == 0)
			rc = c->folders(self, hear, NULL, &err);
		break;
	}
	PROMISE(rc <= 0 && (rc == 0 || (err.code == rc && err.fault)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct brg_plugin *plugin = exchange_LTX_brg_plugin_entry();
	struct fakehost *fh = fakehost_new();
	struct brg_err err = BRG_ERR_INIT;
	struct fake_exchange list[2] = { { .answer = folders } };
	void *self = fakehost_instance(fh, plugin, "url=https://mail.example/EWS/Exchange.asmx\n");
	int what = n ? bytes[0] & 31 : 0;
	bool first = (what >> 1 & 3) == 3 || folder_of(what).len == 0;

	list[first ? 0 : 1] =
		(struct fake_exchange){ .answer = n > 1 ? (const char *)bytes + 1 : "",
					.answer_len = n > 1 ? n - 1 : 0 };
	fakehost_exchanges(fh, list, first ? 1 : 2);
	PROMISE(self && plugin->connector->open(self, &fh->host, &err) == 0);
	ask(fh, plugin->connector, self, what);
	plugin->connector->close(self);
	fakehost_drop(self);
	fakehost_free(fh);
	return 0;
}
