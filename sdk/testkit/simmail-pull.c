/* SPDX-License-Identifier: Apache-2.0
 *
 * The change feed. A cursor names the generation of its folder, the last change that was told,
 * and the change at which the first pass began: what had gone before it is not told.
 */
#include "simmail-private.h"

#include <stdlib.h>

struct place {
	uint32_t generation, told, born, nonce;
};

struct page {
	struct simmail_session *s;
	int folder;
	struct place from;
	const struct simmail_entry **entries; /* room for all of the mailbox */
	uint32_t n;
};

static bool read_cursor(struct brg_str text, struct place *out)
{
	char copy[64];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return sscanf(copy, "g%u.c%u.b%u.%u", &out->generation, &out->told, &out->born,
		      &out->nonce) == 4;
}

static struct brg_str write_cursor(struct page *p, uint32_t told, uint32_t nonce,
				   struct brg_arena *arena)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "g%u.c%u.b%u.%u", p->from.generation, told,
			 p->from.born, nonce);

	return p->s->host->dup(arena, text, (size_t)n);
}

static int start(struct page *p, const struct brg_pull *req, struct brg_err *err)
{
	struct simmail_box *box = simmail_get_box(p->s->sim, p->s->at);
	const struct simmail_folder *folder;

	p->folder = simmail_find_folder(p->s->sim, p->s->at, req->folder);
	if (p->folder < 0 || box->folders[p->folder].unmapped)
		return brg_fail(err, &simmail_no_folder, "folder=%.*s", (int)req->folder.len,
				req->folder.len ? req->folder.ptr : "");
	folder = &box->folders[p->folder];
	if (req->cursor.len == 0) {
		p->from = (struct place){ folder->generation, 0, box->changes, 0 };
		return 0;
	}
	if (!read_cursor(req->cursor, &p->from) || p->from.generation != folder->generation ||
	    p->from.told < folder->forgotten)
		return brg_fail(err, &simmail_cursor_lost, "%s", "");
	return 0;
}

static int by_change(const void *a, const void *b)
{
	const struct simmail_entry *x = *(const struct simmail_entry *const *)a;
	const struct simmail_entry *y = *(const struct simmail_entry *const *)b;

	return (x->changed > y->changed) - (x->changed < y->changed);
}

/* The last change of each id of the folder, in order. */
static void collect(struct page *p, bool told)
{
	const struct simmail_state *now = &p->s->sim->boxes[p->s->at].now;

	p->n = 0;
	for (uint32_t i = 0; i < now->n_entries; i++) {
		const struct simmail_entry *e = &now->entries[i];

		if (e->folder == p->folder && (e->changed <= p->from.told) == told &&
		    !(e->gone && e->changed <= p->from.born))
			p->entries[p->n++] = e;
	}
	qsort(p->entries, p->n, sizeof(p->entries[0]), by_change);
}

static void tell(struct page *p, const struct simmail_entry *e, struct brg_batch *out, bool failed)
{
	struct brg_envelope *env = out->add(out);
	char text[SIMMAIL_ID_MAX];
	struct brg_str id;

	if (!e->gone) {
		simmail_fill_envelope(p->s, e->item, out->arena, env);
	} else {
		id = simmail_id(p->s->at, e->id, text);
		env->op = BRG_GONE;
		env->kind = e->kind;
		env->remote_id = p->s->host->dup(out->arena, id.ptr, id.len);
	}
	if (failed)
		env->err = simmail_entry_error(p->s, out->arena, &simmail_sick);
}

static void shuffle(struct page *p, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = simmail_below(&p->s->sim->dice, i);
		const struct simmail_entry *e = p->entries[j];

		p->entries[j] = p->entries[i - 1];
		p->entries[i - 1] = e;
	}
}

static void reverse(struct page *p, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < n - i; i++) {
		const struct simmail_entry *e = p->entries[i];

		p->entries[i] = p->entries[n - 1 - i];
		p->entries[n - 1 - i] = e;
	}
}

static void replay(struct page *p, const struct brg_pull *req, uint32_t told, struct brg_batch *out)
{
	collect(p, true);
	shuffle(p, p->n);
	for (uint32_t i = 0; i < p->n && i < 3 && told + i < req->max_items; i++) {
		tell(p, p->entries[i], out, false);
		p->s->outcome = SIMMAIL_BENT;
	}
}

/* How many of them this page takes, as the fault will have it. */
static uint32_t page_size(struct page *p, const struct brg_pull *req, int fault)
{
	uint32_t n = p->n < req->max_items ? p->n : req->max_items;

	if (fault != SIMMAIL_CUT || n == 0)
		return n;
	p->s->outcome = SIMMAIL_BENT;
	return simmail_below(&p->s->sim->dice, n);
}

static void bring(struct page *p, const struct brg_pull *req, int fault, struct brg_batch *out)
{
	struct simmail_box *box = simmail_get_box(p->s->sim, p->s->at);
	uint32_t n = page_size(p, req, fault), all = p->n, failing = n, last;

	last = n == 0 ? p->from.told : p->entries[n - 1]->changed;
	if (fault == SIMMAIL_DOUBLE && n > 1) {
		last = p->entries[n - 2]->changed;
		p->s->outcome = SIMMAIL_BENT;
	}
	out->more = n < all;
	if (!out->more && last == (n ? p->entries[n - 1]->changed : last))
		last = box->changes;
	out->next_cursor = write_cursor(p, last, p->from.nonce + (out->more && n == 0), out->arena);
	if (box->habits.flags & SIMMAIL_NEWEST_FIRST)
		reverse(p, n);
	if (n && (fault == SIMMAIL_REORDER || fault == SIMMAIL_PARTIAL))
		p->s->outcome = SIMMAIL_BENT;
	if (fault == SIMMAIL_REORDER)
		shuffle(p, n);
	if (fault == SIMMAIL_PARTIAL && n)
		failing = simmail_below(&p->s->sim->dice, n);
	for (uint32_t i = 0; i < n; i++)
		tell(p, p->entries[i], out, i == failing);
	if (fault == SIMMAIL_REPLAY)
		replay(p, req, n, out);
}

int simmail_pull(void *self, const struct brg_pull *req, struct brg_batch *out, struct brg_err *err)
{
	struct simmail_session *s = self;
	struct page p = { .s = s };
	int fault, rc;

	rc = simmail_call_begin(s, SIMMAIL_PULL, &fault, err);
	if (rc < 0)
		return rc;
	p.folder = simmail_find_folder(s->sim, s->at, req->folder);
	if (fault == SIMMAIL_LOSE_CURSOR && p.folder >= 0 && req->cursor.len) {
		simmail_expire(s->sim, s->at, p.folder);
		s->outcome = SIMMAIL_FAILED;
	}
	/* Not in the arena: what a server works with is no business of the engine. */
	p.entries = malloc((s->sim->boxes[s->at].now.n_entries + 1) * sizeof(*p.entries));
	if (!p.entries)
		abort(); /* out of memory */
	rc = start(&p, req, err);
	if (rc >= 0) {
		collect(&p, false);
		bring(&p, req, fault, out);
		out->server_us = simmail_server_time(s->sim, s->at);
	}
	free(p.entries);
	return simmail_call_end(s, SIMMAIL_PULL, fault, rc, err);
}
