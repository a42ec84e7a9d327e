/* SPDX-License-Identifier: Apache-2.0
 *
 * What the folders tell goes into the durable inbox, with the cursor in the same step. Nothing is
 * decided here but what needs no reading: echoes of our own writes, things that are nobody's
 * business, items that are gone.
 */
#include "core/sync-private.h"

#include "core/effect.h"
#include "core/log.h"

#define PULL_STEP_OPS 1000

struct page {
	struct brg_batch pub; /* first: the connector has its address */
	struct brg_envelope **at;
	size_t n, room, most;
	struct brg_envelope surplus;
};

static struct brg_envelope *page_add(struct brg_batch *pub)
{
	struct page *p = (struct page *)pub;
	struct brg_envelope *e;

	/* One more than was asked for is too many, and costs no more memory. */
	if (p->n > p->most) {
		p->surplus = (struct brg_envelope){ .size = sizeof(*e) };
		return &p->surplus;
	}
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct brg_envelope **grown = arena_alloc(pub->arena, room * sizeof(*grown));

		if (p->n)
			memcpy(grown, p->at, p->n * sizeof(*grown));
		p->at = grown;
		p->room = room;
	}
	e = arena_alloc(pub->arena, sizeof(*e));
	e->size = sizeof(*e);
	e->kind = BRG_CONTACT;
	e->op = BRG_PRESENT;
	return p->at[p->n++] = e;
}

/* ---- one line of a listing ------------------------------------------------------------------*/

static void put_inbox(struct sync *s, const struct sync_folder *f, const struct brg_envelope *e)
{
	struct brg_inbox_row *row = &commit_op(s->v, BRG_OP_INBOX, BRG_ANY)->u.inbox;

	*row = (struct brg_inbox_row){
		.mailbox = s->mailbox,
		.folder = f->id,
		.remote_id = arena_str(s->v->pending, e->remote_id),
		.version = arena_str(s->v->pending, e->version),
		.kind = e->kind,
		.op = e->op,
		.flags = e->flags,
		.pass = f->pass,
		.round = s->round + 1,
		.uid = arena_str(s->v->pending, e->uid),
	};
}

static void gone(struct sync *s, const struct sync_folder *f, const struct brg_envelope *e,
		 const struct brg_link_row *link)
{
	put_inbox(s, f, e);
	if (link && link->live && link->missing == 0) {
		struct brg_link_row now = *link;

		now.missing = s->round + 1;
		sync_put_link(s, &now, link->version);
	}
}

/* Only a full pass writes what it has met; an echo in the feed costs nothing. */
static void met(struct sync *s, const struct sync_folder *f, const struct brg_link_row *link)
{
	struct brg_link_row now = *link;

	if (link->missing == 0 && (f->pass == 0 || link->pass >= f->pass))
		return;
	now.missing = 0;
	if (f->pass)
		now.pass = f->pass;
	sync_put_link(s, &now, link->version);
}

/* Could the item matter, though it is not linked? Of a private one not even that is asked. */
static int may_matter(struct sync *s, const struct sync_folder *f, const struct brg_envelope *e,
		      const struct brg_link_row *ended, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_RECORDS, .number = CLUE_UID };
	struct brg_row row;

	if (e->flags & BRG_IS_PRIVATE)
		return 0;
	if (ended && ended->end == BRG_LINK_DELETED)
		return 0;
	if (ended && ended->end == BRG_LINK_UNLINKED)
		return (e->flags & BRG_IS_TRACKED) && !(ended->flags & LINK_TRACKED);
	if (sync_eligible(s, e->kind, e->flags) || e->stamp)
		return 1;
	/* At first contact any item may be the one that a record already stands for. */
	if (f->pass && s->filter[e->kind])
		return 1;
	if (e->kind != BRG_APPOINTMENT || e->uid.len == 0)
		return 0;
	q.text = record_uid_key(s->e, e->uid, s->v->batch);
	return store_one(&s->e->store, &q, s->v->batch, &row, err);
}

/* The server could not say what it is or was: it is read. The cursor moves on without it. */
static int untold(struct sync *s, struct sync_folder *f, const struct brg_envelope *e,
		  struct brg_err *err)
{
	struct brg_envelope guess = *e;
	struct brg_link_row link;
	int found;

	found = sync_link_of(s, f->id, e->remote_id, &link, err);
	if (found < 0)
		return found;
	guess.op = BRG_PRESENT;
	/* A pass has met it all the same: if it is not there, reading it will tell. */
	if (found && link.live)
		met(s, f, &link);
	if (found && link.live)
		guess.kind = (uint16_t)link.kind;
	else if (!(f->kinds & BRG_KIND_BIT(e->kind)))
		for (uint16_t kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
			if (f->kinds & BRG_KIND_BIT(kind))
				guess.kind = kind;
	put_inbox(s, f, &guess);
	return 0;
}

static int take(struct sync *s, struct sync_folder *f, const struct brg_envelope *e,
		struct brg_err *err)
{
	struct brg_link_row link;
	int found, matters;

	if (e->err)
		return untold(s, f, e, err);
	if (e->op == BRG_PRESENT && !(f->kinds & BRG_KIND_BIT(e->kind)))
		return 0;
	found = sync_link_of(s, f->id, e->remote_id, &link, err);
	if (found < 0)
		return found;
	if (e->op == BRG_GONE) {
		gone(s, f, e, found ? &link : NULL);
		return 0;
	}
	if (found && link.live) {
		met(s, f, &link);
		if (!brg_str_eq(link.remote_version, e->version) || e->version.len == 0)
			put_inbox(s, f, e);
		return 0;
	}
	matters = may_matter(s, f, e, found ? &link : NULL, err);
	if (matters > 0)
		put_inbox(s, f, e);
	return matters < 0 ? matters : 0;
}

/* ---- pages ----------------------------------------------------------------------------------*/

static void put_cursor(struct sync *s, struct sync_folder *f, struct brg_str cursor)
{
	struct brg_op *op = commit_op(s->v, BRG_OP_CURSOR, BRG_ANY);

	f->cursor = arena_str(s->v->arena, cursor);
	op->u.cursor = (struct brg_cursor_row){ s->mailbox, f->id, f->cursor, s->e->now_us(s->e),
						BRG_ACT };
}

/* The listing has come to its end: what a full pass has not met is missing. */
static void end_pass(struct sync *s, struct sync_folder *f)
{
	if (!f->pass)
		return;
	commit_op(s->v, BRG_OP_MISSING, BRG_ANY)->u.missing =
		(struct brg_missing){ s->mailbox, f->id, f->pass, s->round + 1 };
	f->pass = 0;
}

static int pull_page(struct sync *s, struct sync_folder *f, bool *more, size_t *told,
		     struct brg_err *err)
{
	struct brg_pull req = {
		.size = sizeof(req),
		.folder = f->id,
		.cursor = f->cursor,
		.max_items = s->e->batch_items,
		.max_bytes = s->e->batch_bytes,
	};
	const struct sync_folder before = *f;
	struct page p = { .most = req.max_items };
	int rc;

	p.pub.size = sizeof(p.pub);
	p.pub.arena = s->v->batch;
	p.pub.add = page_add;
	rc = contract_answer(s->v, s->ops->pull(s->v->session, &req, &p.pub, err), "pull", err);
	if (rc == 0)
		rc = contract_page(s->v, &req, &p.pub, p.at, p.n, err);
	if (p.pub.server_us)
		s->skew_us = p.pub.server_us - s->e->now_us(s->e);
	if (MUTANT(MUTANT_CURSOR_FIRST) && p.n) {
		put_cursor(s, f, p.pub.next_cursor);
		rc = commit_now(s->v, BRG_RELAXED, err);
	}
	for (size_t i = 0; i < p.n && rc == 0; i++)
		rc = take(s, f, p.at[i], err);
	if (rc < 0)
		return rc;
	*more = p.pub.more;
	*told += p.n;
	s->told += (int64_t)p.n;
	if (!*more)
		end_pass(s, f);
	if (!brg_str_eq(p.pub.next_cursor, f->cursor))
		put_cursor(s, f, p.pub.next_cursor);
	if (s->v->step.n)
		sync_put_state(s);
	rc = sync_commit(s, BRG_RELAXED, err);
	/* The folder is where it was: a page that was not stored was not told. */
	if (rc < 0)
		*f = before;
	arena_reset(s->v->batch);
	return rc;
}

/* The cursor is lost: a full pass with a new number. Nothing is forgotten for it. */
static int start_over(struct sync *s, struct sync_folder *f, struct brg_err *err)
{
	log_event(BRG_LOG_WARNING, "visit.cursor-lost", "%s", s->v->host.context);
	f->pass = ++s->pass;
	put_cursor(s, f, (struct brg_str){ "", 0 });
	sync_put_state(s);
	return commit_now(s->v, BRG_RELAXED, err);
}

static int pull_folder(struct sync *s, struct sync_folder *f, bool *whole, size_t *told,
		       struct brg_err *err)
{
	bool more = true, again = false;
	int rc = 0, raced = 0;

	while (more && rc == 0) {
		rc = pull_page(s, f, &more, told, err);
		if (rc == BRG_ECURSOR && !again) {
			again = true;
			more = true;
			*err = (struct brg_err)BRG_ERR_INIT;
			rc = start_over(s, f, err);
		}
		/* A link was written by an edit at the same moment: the same page once more. */
		if (rc == BRG_ECONFLICT && raced++ < 3) {
			*err = (struct brg_err)BRG_ERR_INIT;
			commit_drop(s->v);
			arena_reset(s->v->batch);
			more = true;
			rc = 0;
		}
		if (more && rc == 0 && visit_time_is_up(s->v)) {
			s->v->backlog = true;
			*whole = false;
			return 0;
		}
	}
	return rc;
}

static int pull_round(struct sync *s, bool *whole, size_t *told, struct brg_err *err)
{
	*whole = true;
	*told = 0;
	for (size_t i = 0; i < s->n_folders && *whole; i++) {
		int rc = pull_folder(s, &s->folders[i], whole, told, err);

		if (rc < 0)
			return rc;
	}
	if (*whole)
		s->round++;
	return 0;
}

int sync_pull(struct sync *s, bool *whole, struct brg_err *err)
{
	size_t told;
	int rc = pull_round(s, whole, &told, err);

	/* What was told of is believed when nothing that comes later speaks against it: the other
	 * half of a move may be in a folder that was pulled before. */
	if (rc == 0 && *whole && (told || s->pending))
		rc = pull_round(s, whole, &told, err);
	return rc;
}
