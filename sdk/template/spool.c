/* SPDX-License-Identifier: Apache-2.0
 *
 * spool - a whole small connector: every *.eml file of a folder is a message. Copy it to
 * start your own; `brygga plugin show spool` shows its option.
 */
#include <brygga/plugin.h>

#include <dirent.h>
#include <errno.h>

struct spool {
	const char *folder; /* option */
	const struct brg_host *host;
};

static const struct brg_option options[] = {
	{ "folder", BRG_OPT_STRING, BRG_OPT_REQUIRED | BRG_OPT_PER_MAILBOX,
	  offsetof(struct spool, folder), NULL, NULL, 0, 0, "Folder with one message in each *.eml file." },
	BRG_OPTION_END,
};

static const struct brg_fault no_folder = {
	.code = "BRG-SPOOL-0001", .cls = BRG_EIO, .scope = BRG_SCOPE_MAILBOX, .retry = BRG_RETRY_LATER,
	.en = "cannot read the folder {path}: {reason}",
	.sv = "mappen {path} kan inte läsas: {reason}",
	.help = "The folder must exist, and the user that runs bryggad must be able to read it.",
};
static const struct brg_fault no_file = {
	.code = "BRG-SPOOL-0002", .cls = BRG_EIO, .scope = BRG_SCOPE_ITEM, .retry = BRG_RETRY_LATER,
	.en = "cannot read the file {path}: {reason}",
	.sv = "filen {path} kan inte läsas: {reason}",
	.help = "The message is set aside and tried again; the others are not held up by it.",
};
static const struct brg_fault *const faults[] = { &no_folder, &no_file, NULL };

static int spool_open(void *self, const struct brg_host *host, struct brg_err *err)
{
	struct spool *s = self;

	(void)err;
	s->host = host;
	return 0;
}

static void spool_close(void *self)
{
	(void)self;
}

/* One file into the envelope; a file that cannot be read is an error of that item alone. */
static int read_file(struct spool *s, struct brg_envelope *e, struct brg_arena *arena,
		     struct brg_err *err)
{
	char path[4096], piece[16384];
	struct brg_err *bad;
	FILE *f;
	size_t n;
	int rc = 0;

	(void)snprintf(path, sizeof(path), "%s/%.*s", s->folder, (int)e->remote_id.len, e->remote_id.ptr);
	f = fopen(path, "rb");
	if (!f) {
		bad = s->host->alloc(arena, sizeof(*bad));
		bad->size = sizeof(*bad);
		brg_fail(bad, &no_file, "path=%s\nreason=%s", path, strerror(errno));
		e->err = bad;
		return 0;
	}
	e->body = s->host->blob_new(s->host->ctx, arena);
	while (rc == 0 && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		rc = s->host->blob_add(e->body, piece, n, err);
	fclose(f);
	return rc;
}

/* The whole folder in one batch; what the store knows already is passed over. */
static int spool_pull(void *self, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	struct brg_known_answer answer = { sizeof(answer), 0, 0 };
	struct spool *s = self;
	struct dirent *entry;
	DIR *dir = opendir(s->folder);
	int rc = 0;

	(void)req;
	if (!dir)
		return brg_fail(err, &no_folder, "path=%s\nreason=%s", s->folder, strerror(errno));
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);
		struct brg_str id = { entry->d_name, n };
		uint8_t state;

		if (n < 5 || strcmp(entry->d_name + n - 4, ".eml") != 0)
			continue;
		if (s->host->canceled(s->host->ctx))
			rc = s->host->stopped(s->host->ctx, err);
		if (rc == 0)
			rc = s->host->known(s->host->ctx, req->folder, &id, 1, &state, &answer, err);
		if (rc == 0 && state == BRG_UNKNOWN) {
			struct brg_envelope *e = out->add(out);

			e->remote_id = s->host->dup(out->arena, id.ptr, id.len);
			rc = read_file(s, e, out->arena, err);
		}
	}
	closedir(dir);
	return rc;
}

static const struct brg_connector connector = {
	.size = sizeof(connector),
	.kinds = BRG_KIND_BIT(BRG_EMAIL),
	.lanes = BRG_LANE_BIT(BRG_INCOMING),
	.open = spool_open,
	.close = spool_close,
	.pull = spool_pull,
};

static const struct brg_plugin spool = {
	BRG_PLUGIN_HEAD(BRG_CONNECTOR),
	.name = "spool",
	.version = "1.0",
	.summary = "messages from the files of a folder",
	.license = "Apache-2.0",
	.instance_size = sizeof(struct spool),
	.options = options,
	.faults = faults,
	.connector = &connector,
};

BRG_PLUGIN(spool, spool);
