/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending in two calls (BRG_CAP_DRAFT): prepare() makes a draft with our stamp, its id becomes
 * durable, send() sends that very draft. Whoever takes over finds the stamp in a draft, which was
 * not sent, or in the copy of what was; so nothing is sent twice, and little stays uncertain.
 */
#include "core/send-private.h"

#include "core/commit.h"
#include "core/contract.h"
#include "core/effect.h"

bool send_has_drafts(const struct visit *v)
{
	return v->plugin->connector->caps & BRG_CAP_DRAFT;
}

struct brg_message *send_new_message(struct visit *v)
{
	struct brg_message *m = arena_alloc(v->batch, sizeof(*m));

	m->size = sizeof(*m);
	m->to = arena_alloc(v->batch, RECIPIENTS_MAX * sizeof(*m->to));
	return m;
}

struct brg_stamp send_stamp(const struct visit *v, const struct brg_outgoing_row *row)
{
	return (struct brg_stamp){ v->store_id, row->mailbox, row->record, row->attempt };
}

/* ---- what an earlier life left --------------------------------------------------------------*/

#define SENT_FOLDERS 4

struct recall {
	struct visit *v;
	struct brg_outgoing_row *rows;
	bool *sent;
	struct brg_str folders[SENT_FOLDERS]; /* where what was sent lies */
	size_t n_folders;
};

static int on_folder(void *arg, const struct brg_folder *f)
{
	struct recall *r = arg;

	if ((brg_str_eq(f->role, brg_cstr("sent")) || brg_str_eq(f->role, brg_cstr("outbox"))) &&
	    r->n_folders < SENT_FOLDERS)
		r->folders[r->n_folders++] = arena_str(r->v->batch, f->id);
	return 0;
}

static int on_found(void *arg, size_t which, const struct brg_envelope *e)
{
	struct recall *r = arg;

	for (size_t i = 0; i < r->n_folders; i++)
		if (brg_str_eq(r->folders[i], e->folder)) {
			r->sent[which] = true;
			return 0;
		}
	r->rows[which].draft = arena_str(r->v->batch, e->remote_id);
	return 0;
}

/* Without a draft that is known, send() was never called. */
static void settle(struct visit *v, struct brg_outgoing_row *row, bool had_draft, bool sent)
{
	row->next_us = v->engine->now_us(v->engine);
	if (sent) {
		send_was_sent(v, row);
	} else if (had_draft && !row->draft.len) {
		send_doubt(v, row);
	} else {
		row->state = BRG_OUT_PENDING;
		row->attempts--;
	}
	send_put_row(v, row);
}

static int look_up(struct recall *r, struct brg_stamp *stamps, size_t n, struct brg_err *err)
{
	const struct brg_connector *ops = r->v->plugin->connector;

	if (contract_answer(r->v, ops->folders(r->v->session, on_folder, r, err), "folders", err) <
	    0)
		return err->code;
	return contract_answer(r->v,
			       ops->find(r->v->session, BRG_KIND_BIT(BRG_EMAIL), stamps, n,
					 r->v->batch, on_found, r, err),
			       "find", err);
}

/* Once a run: the stamps of all its mails have it. */
static int read_store_id(struct visit *v, struct brg_err *err)
{
	struct brg_store_row store = { .epoch = 0 };

	if (store_identity(&v->engine->store, v->batch, &store, err) < 0)
		return err->code;
	v->store_id = store.id;
	return 0;
}

int send_recall(struct visit *v, struct brg_err *err)
{
	struct brg_query q = send_rows(v, BRG_OUT_SENDING);
	struct recall r = { .v = v };
	struct brg_stamp *stamps;
	struct brg_row *rows;
	bool *had_draft;
	size_t n;

	if (read_store_id(v, err) < 0 ||
	    store_all(&v->engine->store, &q, v->batch, &rows, &n, err) < 0)
		return err->code;
	if (n == 0)
		return 0;
	stamps = arena_alloc(v->batch, n * sizeof(*stamps));
	had_draft = arena_alloc(v->batch, n * sizeof(*had_draft));
	r.rows = arena_alloc(v->batch, n * sizeof(*r.rows));
	r.sent = arena_alloc(v->batch, n * sizeof(*r.sent));
	for (size_t i = 0; i < n; i++) {
		r.rows[i] = rows[i].u.outgoing;
		had_draft[i] = r.rows[i].draft.len > 0;
		r.rows[i].draft = (struct brg_str){ "", 0 };
		stamps[i] = send_stamp(v, &r.rows[i]);
	}
	if (look_up(&r, stamps, n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		settle(v, &r.rows[i], had_draft[i], r.sent[i]);
	return commit_now(v, BRG_DURABLE, err);
}

/* ---- drafts ---------------------------------------------------------------------------------*/

static int prepare_one(struct visit *v, struct mail *m, struct brg_err *err)
{
	struct brg_message *msg = m->message;
	int rc = contract_answer(v, v->plugin->connector->prepare(v->session, msg, v->batch, err),
				 "prepare", err);

	if (rc == 0 && !msg->new_id.len)
		return contract_broken(v, "prepare", err);
	if (rc == 0) {
		m->row.draft = msg->draft = arena_str(v->batch, msg->new_id);
		send_put_row(v, &m->row);
	} else if (err->scope == BRG_SCOPE_ITEM) {
		rc = send_failed_alone(v, m, err);
	} else {
		/* Its draft may be there. */
		msg->fate = BRG_FATE_UNKNOWN;
	}
	return rc;
}

int send_prepare(struct visit *v, struct mail **list, size_t n, struct brg_err *err)
{
	int rc = 0;

	effect_point("prepare");
	for (size_t i = 0; i < n && rc == 0; i++)
		if (!list[i]->message->err && !list[i]->row.draft.len)
			rc = prepare_one(v, list[i], err);
	/* What was made is known, whatever came behind it. */
	if (rc < 0) {
		struct brg_err late = BRG_ERR_INIT;

		(void)commit_now(v, BRG_DURABLE, &late);
		return rc;
	}
	rc = commit_now(v, BRG_DURABLE, err);
	effect_point("prepared");
	return rc;
}
