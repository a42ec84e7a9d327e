/* SPDX-License-Identifier: Apache-2.0
 *
 * Who works on what: claims, connection slots, and what is given back when a process is
 * no more. Claims look only at rows that can start now, through partial indexes.
 */
#include "statements.h"

#include <stdlib.h>

/* ---- claim ----------------------------------------------------------------------------------*/

struct candidate {
	struct brg_id id;
	int64_t due_us;
	bool wanted;
};

struct choice {
	struct candidate *at;
	size_t n, room;
};

static int sooner(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->wanted != y->wanted)
		return x->wanted ? -1 : 1;
	if (x->due_us != y->due_us)
		return x->due_us < y->due_us ? -1 : 1;
	return memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

static int choose(struct choice *c, const struct candidate *one)
{
	if (c->n == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct candidate *at = reallocarray(c->at, room, sizeof(*at));

		if (!at)
			return -1;
		c->at = at;
		c->room = room;
	}
	c->at[c->n++] = *one;
	return 0;
}

/* The first `most` of one profile that are wanted, or due. */
static int look_into(struct sql_db *db, const struct brg_claim_request *req,
		     const struct brg_id *profile, bool wanted, uint32_t most, struct choice *c,
		     struct brg_err *err)
{
	struct put p = { db, wanted ? S_CLAIM_WANTED : S_CLAIM_DUE, 0 };
	int rc;

	put_id(&p, profile);
	put_int(&p, req->lane);
	put_int(&p, most);
	if (!wanted)
		put_int(&p, req->now_us);
	while ((rc = db->driver->step(db, p.s, err)) > 0) {
		struct take t = { db, p.s, 0 };
		struct candidate one = { .id = take_id(&t), .wanted = wanted };

		one.due_us = take_int(&t);
		if (choose(c, &one) < 0) {
			rc = brg_fail(err, &sql_bad_call, "what=out of memory");
			break;
		}
	}
	db->driver->reset(db, p.s);
	return rc;
}

static int look_by_room(struct sql_db *db, const struct brg_claim_request *req, struct choice *c,
			struct brg_err *err)
{
	for (size_t i = 0; i < req->n_rooms; i++) {
		const struct brg_room *room = &req->rooms[i];
		uint32_t most = room->free < req->n ? room->free : req->n;
		size_t start = c->n;

		if (!most)
			continue;
		if (look_into(db, req, &room->profile, true, most, c, err) < 0)
			return err->code;
		most -= (uint32_t)(c->n - start);
		if (most && !req->wanted_only &&
		    look_into(db, req, &room->profile, false, most, c, err) < 0)
			return err->code;
		/* Only the best n can matter. */
		if (c->n > 4 * (size_t)req->n + 64) {
			qsort(c->at, c->n, sizeof(*c->at), sooner);
			c->n = req->n;
		}
	}
	if (c->n)
		qsort(c->at, c->n, sizeof(*c->at), sooner);
	if (c->n > req->n)
		c->n = req->n;
	return 0;
}

static bool has_room(const struct brg_claim_request *req, const struct brg_id *profile)
{
	for (size_t i = 0; i < req->n_rooms; i++) {
		if (brg_id_eq(&req->rooms[i].profile, profile))
			return req->rooms[i].free > 0;
	}
	return req->n_rooms == 0;
}

static int look_at_mailbox(struct sql_db *db, const struct brg_claim_request *req, struct choice *c,
			   struct brg_err *err)
{
	struct put p = { db, S_CLAIM_MAILBOX, 0 };
	int rc;

	put_id(&p, &req->only_mailbox);
	put_int(&p, req->lane);
	rc = db->driver->step(db, p.s, err);
	if (rc > 0 && req->n) {
		struct take t = { db, p.s, 0 };
		struct candidate one = { .id = take_id(&t) };
		struct brg_id profile;

		one.due_us = take_int(&t);
		profile = take_id(&t);
		if (has_room(req, &profile) && choose(c, &one) < 0)
			rc = brg_fail(err, &sql_bad_call, "what=out of memory");
	}
	db->driver->reset(db, p.s);
	return rc < 0 ? rc : 0;
}

int sql_claim(struct sql_db *db, const struct brg_claim_request *req, bool look, struct brg_id *out,
	      struct brg_err *err)
{
	struct choice c = { 0 };
	int n = 0, rc;

	if (brg_id_is_nil(&req->only_mailbox))
		rc = look_by_room(db, req, &c, err);
	else
		rc = look_at_mailbox(db, req, &c, err);
	for (size_t i = 0; rc == 0 && !look && i < c.n; i++) {
		struct put p = { db, S_CLAIM, 0 };
		int64_t changed;

		put_id(&p, &c.at[i].id);
		put_id(&p, &req->process);
		changed = run(db, p.s, err);
		if (changed < 0)
			rc = (int)changed;
		else if (changed)
			out[n++] = c.at[i].id;
	}
	if (look)
		n = (int)c.n;
	free(c.at);
	return rc < 0 ? rc : n;
}

/* ---- what a claimed visit starts from -------------------------------------------------------*/

/* Bytes of several statements, kept until the visit was told. */
struct pile {
	struct scrap {
		struct scrap *next;
		char bytes[];
	} * scraps;
	bool failed; /* out of memory */
};

static void *pile_take(struct pile *pile, size_t n)
{
	struct scrap *s = malloc(sizeof(*s) + n + 1);

	if (!s) {
		pile->failed = true;
		return NULL;
	}
	s->next = pile->scraps;
	pile->scraps = s;
	return s->bytes;
}

static void pile_keep(struct pile *pile, struct brg_str *s)
{
	char *copy;

	if (!s->len)
		return;
	copy = pile_take(pile, s->len);
	if (copy)
		memcpy(copy, s->ptr, s->len);
	else
		s->len = 0;
	s->ptr = copy;
}

static void pile_free(struct pile *pile)
{
	for (struct scrap *s = pile->scraps, *next; s; s = next) {
		next = s->next;
		free(s);
	}
}

struct list {
	int s;
	size_t size; /* of a row */
	void (*take)(struct pile *pile, struct take *t, void *row);
};

static void keep_cursor(struct pile *pile, struct take *t, void *row)
{
	struct brg_cursor_row *r = row;

	sql_take_cursor(t, r);
	pile_keep(pile, &r->folder);
	pile_keep(pile, &r->value);
}

static void keep_state(struct pile *pile, struct take *t, void *row)
{
	struct brg_state_row *r = row;

	r->mailbox = take_id(t);
	r->name = take_str(t);
	r->value = take_str(t);
	pile_keep(pile, &r->name);
	pile_keep(pile, &r->value);
}

static void keep_parked(struct pile *pile, struct take *t, void *row)
{
	struct brg_parked_row *r = row;

	sql_take_parked(t, r);
	pile_keep(pile, &r->folder);
	pile_keep(pile, &r->remote_id);
	pile_keep(pile, &r->code);
	pile_keep(pile, &r->params);
	pile_keep(pile, &r->said);
}

static void keep_mark(struct pile *pile, struct take *t, void *row)
{
	struct brg_mark_row *r = row;

	sql_take_mark(t, r);
	pile_keep(pile, &r->folder);
	pile_keep(pile, &r->remote_id);
	pile_keep(pile, &r->print);
}

/* All rows of a statement whose values are given; the caller frees *rows. */
static int gather(struct put *p, const struct list *list, struct pile *pile, void **rows, size_t *n,
		  struct brg_err *err)
{
	size_t room = 0;
	int rc;

	while ((rc = p->db->driver->step(p->db, p->s, err)) > 0) {
		struct take t = { p->db, p->s, 0 };

		if (*n == room) {
			void *more = reallocarray(*rows, room ? room * 2 : 8, list->size);

			if (!more) {
				pile->failed = true;
				break;
			}
			*rows = more;
			room = room ? room * 2 : 8;
		}
		memset((char *)*rows + *n * list->size, 0, list->size);
		list->take(pile, &t, (char *)*rows + *n * list->size);
		(*n)++;
	}
	p->db->driver->reset(p->db, p->s);
	if (pile->failed)
		return brg_fail(err, &sql_bad_call, "what=out of memory");
	return rc < 0 ? rc : 0;
}

enum { CURSORS, STATES, PARKED, DELETES, LISTS };

static const struct list lists[LISTS] = {
	[CURSORS] = { S_CLAIMED_CURSORS, sizeof(struct brg_cursor_row), keep_cursor },
	[STATES] = { S_CLAIMED_STATES, sizeof(struct brg_state_row), keep_state },
	[PARKED] = { S_CLAIMED_PARKED, sizeof(struct brg_parked_row), keep_parked },
	[DELETES] = { S_CLAIMED_DELETES, sizeof(struct brg_mark_row), keep_mark },
};

int sql_claimed(struct sql_db *db, const struct brg_id *visit, const struct brg_claim_request *req,
		void (*each)(void *arg, const struct brg_claimed *visit), void *arg,
		struct brg_err *err)
{
	struct put p = { db, S_CLAIMED, 0 };
	struct take t = { db, S_CLAIMED, 0 };
	struct brg_claimed c;
	struct pile pile = { 0 };
	void *rows[LISTS] = { 0 };
	size_t n[LISTS] = { 0 };
	int rc;

	memset(&c, 0, sizeof(c));
	put_id(&p, visit);
	put_id(&p, &req->process);
	rc = db->driver->step(db, S_CLAIMED, err);
	if (rc <= 0)
		goto out;
	sql_take_visit(&t, &c.visit);
	sql_take_mailbox(&t, &c.mailbox);
	sql_take_owner(&t, &c.owner);
	sql_take_profile(&t, &c.profile);
	for (int i = 0; i < LISTS; i++) {
		struct put q = { db, lists[i].s, 0 };

		put_id(&q, &c.visit.mailbox);
		if (i == PARKED)
			put_int(&q, req->now_us);
		if (i == CURSORS)
			put_int(&q, c.visit.lane);
		rc = gather(&q, &lists[i], &pile, &rows[i], &n[i], err);
		if (rc < 0)
			goto out;
	}
	c.cursors = rows[CURSORS];
	c.n_cursors = n[CURSORS];
	c.states = rows[STATES];
	c.n_states = n[STATES];
	c.parked = rows[PARKED];
	c.n_parked = n[PARKED];
	c.deletes = rows[DELETES];
	c.n_deletes = n[DELETES];
	each(arg, &c);
	rc = 1;
out:
	db->driver->reset(db, S_CLAIMED);
	for (int i = 0; i < LISTS; i++)
		free(rows[i]);
	pile_free(&pile);
	return rc;
}

/* ---- slots ----------------------------------------------------------------------------------*/

struct slot_sums {
	int64_t max, held, asked, others_held, others_want;
	bool mine; /* a row is there */
};

static int slot_sums(struct sql_db *db, const struct brg_slots *io, struct slot_sums *sums,
		     struct brg_err *err)
{
	const struct sql_driver *d = db->driver;
	struct put p = { db, S_SLOT_PROFILE, 0 };

	*sums = (struct slot_sums){ 0 };
	put_id(&p, &io->profile);
	if (run_int(db, p.s, &sums->max, err) < 0)
		return err->code;
	for (int i = 0; i < 2; i++) {
		int s = i ? S_SLOT_OTHERS : S_SLOT_MINE, rc;

		p = (struct put){ db, s, 0 };
		put_id(&p, &io->profile);
		put_id(&p, &io->process);
		rc = d->step(db, s, err);
		if (rc > 0) {
			*(i ? &sums->others_held : &sums->held) = d->get_int(db, s, 0);
			*(i ? &sums->others_want : &sums->asked) = d->get_int(db, s, 1);
			sums->mine |= i == 0;
		}
		d->reset(db, s);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What the process may hold: what is left of the profile's maximum, but never less than
 * it has and still wants. */
static int64_t slot_share(const struct brg_slots *io, const struct slot_sums *sums)
{
	int64_t left = sums->max - sums->others_held;
	int64_t keep = sums->held < io->hold ? sums->held : io->hold;
	int64_t held = left < io->hold ? left : io->hold;

	return held > keep ? held : keep;
}

static void slot_answer(struct brg_slots *io, const struct slot_sums *sums, int64_t held)
{
	io->held = (uint32_t)held;
	io->others_want = (uint32_t)sums->others_want;
}

int sql_slots_same(struct sql_db *db, struct brg_slots *io, struct brg_err *err)
{
	struct slot_sums sums;
	int64_t held;

	if (slot_sums(db, io, &sums, err) < 0)
		return err->code;
	held = slot_share(io, &sums);
	if (sums.mine ? sums.held != held || sums.asked != io->hold || !io->hold : io->hold > 0)
		return 0;
	slot_answer(io, &sums, held);
	return 1;
}

int sql_slots(struct sql_db *db, struct brg_slots *io, struct brg_err *err)
{
	struct slot_sums sums;
	struct put p = { db, io->hold ? S_SLOT_SET : S_SLOT_DROP, 0 };
	int64_t held;
	int rc;

	if (slot_sums(db, io, &sums, err) < 0)
		return err->code;
	held = slot_share(io, &sums);
	put_id(&p, &io->profile);
	put_id(&p, &io->process);
	if (io->hold) {
		put_int(&p, held);
		put_int(&p, io->hold);
	}
	rc = (int)run(db, p.s, err);
	if (rc < 0)
		return rc;
	slot_answer(io, &sums, held);
	return 0;
}

/* ---- processes ------------------------------------------------------------------------------*/

int sql_join(struct sql_db *db, const struct brg_process_row *row, struct brg_err *err)
{
	struct put p = { db, S_PROCESS_NEW, 0 };
	int64_t n;

	put_id(&p, &row->id);
	put_text(&p, row->node);
	put_text(&p, row->role);
	put_int(&p, row->pid);
	put_int(&p, row->joined_us);
	n = run(db, p.s, err);
	if (n == BRG_ECONFLICT)
		return brg_fail(err, &sql_bad_call, "what=join twice with one identity");
	return n < 0 ? (int)n : 0;
}

int sql_leave(struct sql_db *db, const struct brg_id *process, int64_t now_us, struct brg_err *err)
{
	struct put p = { db, S_PROCESS_DROP, 0 };
	int64_t n;

	put_id(&p, process);
	n = run(db, p.s, err);
	if (n <= 0)
		return (int)n;
	p = (struct put){ db, S_LEAVE_VISITS, 0 };
	put_id(&p, process);
	put_int(&p, now_us);
	if (run(db, p.s, err) < 0)
		return err->code;
	p = (struct put){ db, S_LEAVE_SLOTS, 0 };
	put_id(&p, process);
	if (run(db, p.s, err) < 0)
		return err->code;
	return 1;
}
