/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include "core/arena.h"
#include "core/id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC	0x4272796767614c31u /* "BryggaL1" */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static const struct brg_fault no_ledger = {
	.code = "BRG-CORE-0075",
	.cls = BRG_EIO,
	.scope = BRG_SCOPE_STORE,
	.retry = BRG_RETRY_LATER,
	.en = "cannot keep the ledger of outgoing mail, {path}: {reason}",
	.sv = "loggboken för utgående post, {path}, kan inte föras: {reason}",
	.help = "Before a mail is handed over its place is made in a file of the state folder. Check "
		"that the daemon's user may write there and that the disk has room. Nothing was sent.",
};

const struct brg_fault *const ledger_faults[] = { &no_ledger, NULL };

struct slot {
	struct brg_id record;
	uint64_t attempt; /* written last: 0 is no entry */
	struct brg_message message;
	struct brg_recipient to[LEDGER_RECIPIENTS];
};

struct page {
	uint64_t magic, size; /* of this struct: another build's is not read */
	char boot[40];	      /* the machine's present life */
	struct slot slots[2][LEDGER_MESSAGES];
};

struct ledger {
	struct page *page;
	unsigned half;
	char path[4096];
};

/* All of `out` is set: all of it is compared. Empty: it is not known. */
static void read_boot(char out[40])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);

	memset(out, 0, 40);
	if (fd >= 0 && read(fd, out, 39) < 0)
		out[0] = '\0';
	if (fd >= 0)
		close(fd);
}

static void make_path(char out[4096], const char *state_dir, const struct brg_id *mailbox)
{
	char id[ID_TEXT];

	(void)snprintf(out, 4096, "%s/sending-%s", state_dir, id_format(mailbox, id));
}

/* Map a file of the right size, or memory where there is no path. NULL with errno. */
static struct page *map(const char *path, int flags)
{
	int fd = path ? open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	struct page *page;
	struct stat st;

	if (path && fd < 0)
		return NULL;
	/* With room on the disk: a page that cannot be written ends the process. */
	if (path && (flags & O_CREAT))
		errno = posix_fallocate(fd, 0, sizeof(*page));
	if (path &&
	    ((flags & O_CREAT) ? errno != 0 : fstat(fd, &st) < 0 || st.st_size != sizeof(*page))) {
		close(fd);
		return NULL;
	}
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		    path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	if (fd >= 0)
		close(fd);
	return page == MAP_FAILED ? NULL : page;
}

struct ledger *ledger_open(const char *state_dir, const struct brg_id *mailbox, struct brg_err *err)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	if (state_dir)
		make_path(l->path, state_dir, mailbox);
	l->page = map(state_dir ? l->path : NULL, O_RDWR | O_CREAT | O_TRUNC);
	if (!l->page) {
		brg_fail(err, &no_ledger, "path=%s\nreason=%s", l->path, strerror(errno));
		free(l);
		return NULL;
	}
	l->page->magic = MAGIC;
	l->page->size = sizeof(*l->page);
	read_boot(l->page->boot);
	return l;
}

void ledger_turn(struct ledger *l)
{
	l->half = !l->half;
}

struct brg_message *ledger_enter(struct ledger *l, size_t i, const struct brg_id *record,
				 uint64_t attempt)
{
	struct slot *s = &l->page->slots[l->half][i];

	s->attempt = 0;
	s->message = (struct brg_message){ .size = sizeof(s->message), .to = s->to };
	s->record = *record;
	s->attempt = attempt;
	return &s->message;
}

void ledger_close(struct ledger **ledger, bool settled)
{
	struct ledger *l = *ledger;

	if (!l)
		return;
	if (l->path[0] && settled)
		(void)unlink(l->path);
	munmap(l->page, sizeof(*l->page));
	free(l);
	*ledger = NULL;
}

int ledger_recall(const char *state_dir, const struct brg_id *mailbox, const struct brg_id *record,
		  uint64_t attempt, struct ledger_entry *out)
{
	char path[4096], boot[40];
	struct page *page;
	int found = 0;

	if (!state_dir)
		return 0;
	make_path(path, state_dir, mailbox);
	read_boot(boot);
	page = map(path, O_RDWR);
	if (!page)
		return 0;
	for (size_t i = 0; i < 2 * (size_t)LEDGER_MESSAGES && !found; i++) {
		const struct slot *s = &page->slots[i / LEDGER_MESSAGES][i % LEDGER_MESSAGES];

		if (page->magic != MAGIC || page->size != sizeof(*page) || !boot[0] ||
		    memcmp(page->boot, boot, sizeof(boot)) != 0 || s->attempt != attempt ||
		    !brg_id_eq(&s->record, record) || s->message.n_to > LEDGER_RECIPIENTS)
			continue;
		out->fate = s->message.fate;
		out->n_to = s->message.n_to;
		/* Where the error lay is gone; that there was one is known. */
		for (size_t k = 0; k < out->n_to; k++)
			out->refused[k] = s->to[k].err != NULL;
		found = 1;
	}
	munmap(page, sizeof(*page));
	return found;
}

void ledger_forget(const char *state_dir, const struct brg_id *mailbox)
{
	char path[4096];

	if (!state_dir)
		return;
	make_path(path, state_dir, mailbox);
	(void)unlink(path);
}
