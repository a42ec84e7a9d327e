/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written for one item. Its identity is (mailbox, folder, remote id). A server that
 * gives its mail new ids is found out by the print, the hash of the header block: an
 * unknown id whose print belongs to a mark that the listing no longer names is that item
 * renamed.
 */
#include "core/arrival-private.h"

#include "core/alert.h"
#include "core/blob.h"
#include "core/body.h"
#include "core/commit.h"
#include "core/faults.h"
#include "core/filter.h"
#include "core/forward.h"
#include "core/id.h"
#include "core/log.h"
#include "core/mime.h"
#include "core/tracked.h"

#include <openssl/sha.h>
#include <stdlib.h>

#define HEADER_MAX (256 * 1024)
#define PARK_TRIES 10

void arrival_from(const struct brg_envelope *e, struct arrival *out)
{
	*out = (struct arrival){
		.remote_id = e->remote_id,
		.version = e->version,
		.octets = e->octets,
		.received_us = e->received_us,
		.header = e->header,
		.body = e->body,
		.flags = e->flags,
	};
}

/* ---- pieces of the step ---------------------------------------------------------------------*/

void arrival_note(struct visit *v, struct brg_str remote_id, const struct brg_id *record,
		  const struct brg_fault *rule, const char *params)
{
	struct brg_op *op = commit_op(v, BRG_OP_DECISION, BRG_ANY);

	op->u.decision.id = id_new(v->engine->now_us(v->engine));
	op->u.decision.mailbox = v->claimed.mailbox.id;
	op->u.decision.folder = v->folder;
	op->u.decision.remote_id = arena_str(v->pending, remote_id);
	op->u.decision.record = *record;
	op->u.decision.code = brg_cstr(rule->code);
	op->u.decision.params = arena_str(v->pending, brg_cstr(params));
}

static struct brg_mark_row *put_mark(struct visit *v, const struct arrival *a, int state,
				     struct brg_str print)
{
	struct brg_op *op = commit_op(v, BRG_OP_MARK, BRG_ANY);

	op->u.mark.mailbox = v->claimed.mailbox.id;
	op->u.mark.folder = v->folder;
	op->u.mark.remote_id = arena_str(v->pending, a->remote_id);
	op->u.mark.state = state;
	op->u.mark.print = arena_str(v->pending, print);
	op->u.mark.octets = a->octets;
	op->u.mark.seen_us = v->engine->now_us(v->engine);
	return &op->u.mark;
}

static void unpark(struct visit *v, const struct arrival *a)
{
	struct brg_op *op;

	if (!a->parked)
		return;
	op = commit_op(v, BRG_OP_UNPARK, BRG_ANY);
	op->u.parked.mailbox = v->claimed.mailbox.id;
	op->u.parked.folder = v->folder;
	op->u.parked.remote_id = arena_str(v->pending, a->remote_id);
	alert_clear_item(&v->step, &v->claimed.mailbox.id, op->u.parked.remote_id,
			 v->engine->now_us(v->engine));
}

/* Remember a mark whose item is to be deleted; a copy in the visit's arena. */
static void want_delete(struct visit *v, const struct brg_mark_row *mark)
{
	struct brg_mark_row *to;

	if (v->n_deletes == v->room_deletes) {
		v->room_deletes = v->room_deletes ? v->room_deletes * 2 : 64;
		v->deletes = xrealloc(v->deletes, v->room_deletes, sizeof(*v->deletes));
	}
	to = &v->deletes[v->n_deletes++];
	*to = *mark;
	to->folder = v->folder;
	to->remote_id = arena_str(v->arena, mark->remote_id);
	to->print = arena_str(v->arena, mark->print);
}

void arrival_resume_delete(struct visit *v, const struct brg_mark_row *mark)
{
	struct brg_op *op;

	if (!brg_str_eq(mark->folder, v->folder))
		return;
	if (v->settings.delete_after_store) {
		want_delete(v, mark);
		return;
	}
	/* The setting was turned off in between. */
	op = commit_op(v, BRG_OP_MARK, BRG_ANY);
	op->u.mark = *mark;
	op->u.mark.state = BRG_LINKED;
}

/* ---- what it is -----------------------------------------------------------------------------*/

static int load_header(struct visit *v, struct arrival *a, struct brg_err *err)
{
	struct brg_str view;
	const char *end;
	int64_t n;
	char *p;

	if (a->header.len == 0 && a->body) {
		view = blob_view(a->body);
		if (!view.ptr) {
			p = arena_alloc(v->batch, HEADER_MAX);
			n = blob_read(a->body, 0, p, HEADER_MAX, err);
			if (n < 0)
				return (int)n;
			view = (struct brg_str){ p, (size_t)n };
		}
		if (view.len > HEADER_MAX)
			view.len = HEADER_MAX;
		end = view.len ? memmem(view.ptr, view.len, "\r\n\r\n", 4) : NULL;
		a->header = (struct brg_str){ view.ptr, end ? (size_t)(end - view.ptr) : view.len };
	}
	while (a->header.len && (a->header.ptr[a->header.len - 1] == '\n' ||
				 a->header.ptr[a->header.len - 1] == '\r'))
		a->header.len--;
	return 0;
}

static struct brg_str print_of(struct visit *v, const struct arrival *a)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	if (a->header.len == 0)
		return (struct brg_str){ "", 0 };
	SHA256((const unsigned char *)a->header.ptr, a->header.len, sum);
	/* Keyed: of mail that is not taken nothing stays that could be guessed. */
	if (v->engine->secrets)
		secrets_hash(v->engine->secrets, "print",
			     (struct brg_str){ (const char *)sum, sizeof(sum) }, sum);
	return arena_dup(v->batch, sum, v->engine->secrets ? 16 : sizeof(sum));
}

static struct brg_query query(const struct visit *v, int what)
{
	return (struct brg_query){
		.size = sizeof(struct brg_query),
		.what = what,
		.mailbox = v->claimed.mailbox.id,
		.folder = v->folder,
	};
}

/* We had deleted this id, and it is listed again. 1: the same item, dealt with. */
static int same_again(struct visit *v, const struct arrival *a, struct brg_str print,
		      struct brg_err *err)
{
	struct brg_query q = query(v, BRG_READ_MARKS);
	struct brg_row row;
	struct brg_op *op;
	int rc;

	if (!host_returned(&v->host, a->remote_id))
		return 0;
	q.text = a->remote_id;
	rc = store_one(&v->engine->store, &q, v->batch, &row, err);
	if (rc <= 0)
		return rc;
	if (!brg_str_eq(row.u.mark.print, print) || brg_id_is_nil(&row.u.mark.record))
		return 0; /* another mail under an old id */
	op = commit_op(v, BRG_OP_MARK, BRG_ANY);
	op->u.mark = row.u.mark;
	op->u.mark.remote_id = arena_str(v->pending, a->remote_id);
	op->u.mark.folder = v->folder;
	op->u.mark.print = arena_str(v->pending, print);
	op->u.mark.state = v->settings.delete_after_store ? BRG_DELETE_WANTED : BRG_LINKED;
	if (v->settings.delete_after_store)
		want_delete(v, &op->u.mark);
	arrival_note(v, a->remote_id, &row.u.mark.record, &rule_returned, "");
	return 1;
}

/* Is this mark the item that arrived, under its former id? */
static int is_former(struct visit *v, const struct brg_mark_row *mark, const struct mime_header *h,
		     struct brg_blob *body, struct brg_err *err)
{
	struct brg_query q = query(v, BRG_READ_RECORDS);
	struct brg_row row;
	struct brg_sha sha;
	int rc;

	if (host_lists(&v->host, mark->remote_id))
		return 0;
	for (struct used_id *u = v->used; u; u = u->next)
		if (brg_str_eq(u->id, mark->remote_id))
			return 0;
	/* A header with a Message-ID is identity enough. Any other may be shared by many
	 * mails: compare the whole, where there is a whole. */
	if (h->message_id.len)
		return 1;
	if (!body || brg_id_is_nil(&mark->record))
		return 0;
	q.id = mark->record;
	rc = store_one(&v->engine->store, &q, v->batch, &row, err);
	if (rc > 0 && body_hash(body, &sha, err) < 0)
		return err->code;
	return rc <= 0 ? rc : memcmp(row.u.record.body.b, sha.b, sizeof(sha.b)) == 0;
}

/* 1: it was an item that we had, under another id; dealt with. */
static int renamed(struct visit *v, const struct arrival *a, struct brg_str print,
		   const struct mime_header *h, struct brg_err *err)
{
	struct brg_query q = query(v, BRG_READ_PRINTS);
	struct brg_row *rows;
	struct used_id *used;
	struct brg_op *op;
	size_t n;
	int rc;

	if (v->host.missing == 0 || print.len == 0)
		return 0;
	q.text = print;
	rc = store_all(&v->engine->store, &q, v->batch, &rows, &n, err);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		const struct brg_mark_row *old = &rows[i].u.mark;

		rc = is_former(v, old, h, a->body, err);
		if (rc <= 0)
			continue;
		op = commit_op(v, BRG_OP_REKEY, BRG_ANY);
		op->u.rekey.mailbox = old->mailbox;
		op->u.rekey.folder = v->folder;
		op->u.rekey.old_id = arena_str(v->pending, old->remote_id);
		op->u.rekey.new_id = arena_str(v->pending, a->remote_id);
		used = arena_alloc(v->pending, sizeof(*used));
		used->id = op->u.rekey.old_id;
		used->next = v->used;
		v->used = used;
		arrival_note(v, a->remote_id, &old->record, &rule_renamed, "");
		v->renamed++;
		if (old->state == BRG_DELETE_WANTED) {
			struct brg_mark_row now = *old;

			now.remote_id = a->remote_id;
			for (size_t k = 0; k < v->n_deletes; k++)
				if (brg_str_eq(v->deletes[k].remote_id, old->remote_id))
					v->deletes[k] = v->deletes[--v->n_deletes];
			if (v->settings.delete_after_store)
				want_delete(v, &now);
		}
		return 1;
	}
	return rc < 0 ? rc : 0;
}

/* ---- into the store -------------------------------------------------------------------------*/

static int64_t when_received(const struct visit *v, const struct arrival *a,
			     const struct mime_header *h)
{
	if (a->received_us)
		return a->received_us;
	if (h->received_us)
		return h->received_us;
	return h->date_us ? h->date_us : v->engine->now_us(v->engine);
}

static void put_link(struct visit *v, const struct arrival *a, const struct brg_id *record)
{
	struct brg_op *op = commit_op(v, BRG_OP_LINK, BRG_NEW);

	op->u.link.id = id_new(v->engine->now_us(v->engine));
	op->u.link.record = *record;
	op->u.link.mailbox = v->claimed.mailbox.id;
	op->u.link.live = true;
	op->u.link.folder = v->folder;
	op->u.link.remote_id = arena_str(v->pending, a->remote_id);
	op->u.link.remote_version = arena_str(v->pending, a->version);
}

/* The item and its record belong together from now on; why is told. */
void arrival_join(struct visit *v, const struct arrival *a, const struct brg_id *record,
		  struct brg_str print, struct brg_str key, const struct brg_fault *rule,
		  const char *params)
{
	bool delete_it = v->settings.delete_after_store && !a->partly && !v->folder.len;
	struct brg_mark_row *mark;

	put_link(v, a, record);
	mark = put_mark(v, a, delete_it ? BRG_DELETE_WANTED : BRG_LINKED, print);
	mark->record = *record;
	if (delete_it)
		want_delete(v, mark);
	arrival_note(v, a->remote_id, record, rule, params);
	v->step.ops[v->step.n - 1].u.decision.message_key = arena_str(v->pending, key);
	unpark(v, a);
	v->items++;
}

struct brg_id arrival_write(struct visit *v, const struct track_reader *reader,
			    const struct track_mail *m, struct brg_blob *body)
{
	struct brg_id id;
	size_t record;

	commit_begin(v);
	id = track_write(v->tracker, reader, m, &v->step, &record);
	commit_body(v, record, body);
	v->stored++;
	return id;
}

static void track(struct visit *v, struct arrival *a, const struct track_mail *m,
		  struct brg_str print)
{
	struct brg_id id = arrival_write(v, &v->reader, m, a->body);

	if (v->filed)
		arrival_join(v, a, &id, print, m->key, &tracked_taken, tracked_params(v));
	else
		arrival_join(v, a, &id, print, m->key, m->accept.rule, m->accept.params);
	if (m->parent.answer.rule)
		arrival_note(v, a->remote_id, &id, m->parent.answer.rule, m->parent.answer.params);
	arrival_report(v, a, m, &id);
}

void arrival_report(struct visit *v, const struct arrival *a, const struct track_mail *m,
		    const struct brg_id *record)
{
	if (!m->receipt.found)
		return;
	arrival_note(v, a->remote_id, record, receipt_rule(&m->receipt), m->receipt.params);
	v->step.ops[v->step.n - 1].u.decision.message_key = arena_str(v->pending, m->key);
	receipt_write(&m->receipt, v->engine->now_us(v->engine), &v->step);
	v->reported = v->reported || m->receipt.changed;
}

int arrival_pass(struct visit *v, const struct arrival *a, struct brg_str key, struct brg_str print,
		 const struct brg_fault *rule, const char *params)
{
	static const struct brg_id nobody;

	put_mark(v, a, BRG_SEEN, print);
	arrival_note(v, a->remote_id, &nobody, rule, params);
	v->step.ops[v->step.n - 1].u.decision.message_key = arena_str(v->pending, key);
	unpark(v, a);
	v->items++;
	return 0;
}

void arrival_same(struct visit *v, const struct track_reader *reader, const struct brg_id *record)
{
	commit_begin(v);
	track_join(v->tracker, reader, record, &v->step);
}

/* A Message-ID that a record has which is not committed yet, or a report's news of a mail of ours:
 * let it be, so that it can be read. Or there are many such records. */
int arrival_settle_fresh(struct visit *v, struct brg_str key, struct brg_err *err)
{
	return v->reported || v->fresh.records >= FRESH_MAX ||
			       fresh_find(&v->fresh, FRESH_MESSAGE, key)
		       ? commit_now(v, BRG_RELAXED, err)
		       : 0;
}

/* A person asked for it; that is not forgotten when it fails. */
#define WISH "wish=yes\n"

static bool is_wish(const struct arrival *a)
{
	return a->parked && (brg_str_eq(a->parked->code, brg_cstr(rule_wish.code)) ||
			     (a->parked->params.len >= strlen(WISH) &&
			      memcmp(a->parked->params.ptr, WISH, strlen(WISH)) == 0));
}

/* Its owner has said that it is to be taken. */
static bool is_by_hand(const struct visit *v, const struct arrival *a)
{
	return v->filed || is_wish(a) || (a->flags & BRG_IS_TRACKED);
}

/* It was tracked before its turn came. */
static int is_tracked(struct visit *v, const struct arrival *a, struct brg_err *err)
{
	struct brg_query q = query(v, BRG_READ_MARKS);
	struct brg_row row;
	int rc;

	q.text = a->remote_id;
	rc = store_one(&v->engine->store, &q, v->batch, &row, err);
	return rc <= 0 ? rc : !brg_id_is_nil(&row.u.mark.record);
}

/* Its header is read and it is new here: for whom is it, do they want it? */
static int judge(struct visit *v, struct arrival *a, const struct mime_header *h,
		 struct brg_str print, struct brg_str key, struct brg_err *err)
{
	struct track_mail m = {
		.header = h,
		.key = key,
		.body = a->body,
		.received_us = when_received(v, a, h),
		.by_hand = is_by_hand(v, a),
		.outgoing = v->sent_folder.len && brg_str_eq(v->folder, v->sent_folder),
		.filed = v->filed ? &v->filed->regarding : NULL,
	};
	static const struct brg_id nobody;
	char params[64];
	int rc = 0;

	if (v->settings.forward && !m.by_hand) {
		rc = a->body ? forward_unwrap(v, a, h, print, err) : ARRIVAL_WANTS_BODY;
		if (rc != 0)
			return rc < 0 ? rc : rc == FORWARD_DONE ? 0 : rc;
	}
	rc = arrival_settle_fresh(v, key, err);
	if (rc == 0)
		rc = track_judge(v->tracker, &v->reader, &m, v->batch, err);
	switch (rc) {
	case TRACK_WANTS_BODY:
		return ARRIVAL_WANTS_BODY;
	case TRACK_TAKE:
		track(v, a, &m, print);
		return 0;
	case TRACK_SAME:
		arrival_same(v, &v->reader, &m.same.record.id);
		(void)snprintf(params, sizeof(params), "reason=%s",
			       accept_reason_name(REASON_DUPLICATE));
		arrival_join(v, a, &m.same.record.id, print, m.key, &rule_same, params);
		return v->filed ? tracked_regard(v, a->remote_id, &m.same.record, err) : 0;
	case TRACK_PASS:
		if (m.accept.reason == REASON_INTERNAL)
			arrival_same(v, &v->reader, &m.same.sent_record);
		arrival_pass(v, a, m.key, print, m.accept.rule, m.accept.params);
		arrival_report(v, a, &m, &nobody);
		return 0;
	default:
		return rc;
	}
}

int arrival_decide(struct visit *v, struct arrival *a, struct brg_err *err)
{
	struct mime_header header = { 0 };
	struct verdict bounds = { .take = true };
	struct brg_str print, key = { "", 0 };
	int rc;

	rc = a->parked ? is_tracked(v, a, err) : 0;
	if (rc > 0)
		unpark(v, a);
	if (rc == 0)
		rc = load_header(v, a, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	print = print_of(v, a);
	rc = same_again(v, a, print, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (a->header.len || a->body) {
		mime_header(a->header, v->batch, &header);
		rc = renamed(v, a, print, &header, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		key = trail_key(v->engine, header.message_id, v->batch);
	}
	if (a->body)
		a->octets = blob_len(a->body);
	if (!is_by_hand(v, a))
		filter_bounds(&v->settings, v->reader.accept, a->octets,
			      when_received(v, a, &header), &bounds);
	if (!bounds.take)
		return arrival_pass(v, a, key, print, bounds.rule, bounds.params);
	if (a->header.len == 0 && !a->body)
		return ARRIVAL_WANTS_BODY;
	return judge(v, a, &header, print, key, err);
}

int arrival_gone(struct visit *v, struct brg_str remote_id, struct brg_err *err)
{
	const struct arrival a = { .remote_id = remote_id };
	struct brg_query q = query(v, BRG_READ_MARKS);
	struct brg_row row;
	struct brg_op *op;
	int rc;

	q.text = remote_id;
	rc = store_one(&v->engine->store, &q, v->batch, &row, err);
	if (rc <= 0 || row.u.mark.state == BRG_DELETED)
		return rc < 0 ? rc : 0;
	op = commit_op(v, BRG_OP_UNPARK, BRG_ANY);
	op->u.parked.mailbox = v->claimed.mailbox.id;
	op->u.parked.folder = v->folder;
	op->u.parked.remote_id = arena_str(v->pending, remote_id);
	if (row.u.mark.state == BRG_PARKED)
		alert_clear_item(&v->step, &v->claimed.mailbox.id, op->u.parked.remote_id,
				 v->engine->now_us(v->engine));
	if (!brg_id_is_nil(&row.u.mark.record)) {
		op = commit_op(v, BRG_OP_UNLINK, BRG_ANY);
		op->u.link.mailbox = v->claimed.mailbox.id;
		op->u.link.folder = v->folder;
		op->u.link.remote_id = arena_str(v->pending, remote_id);
		arrival_note(v, remote_id, &row.u.mark.record, &rule_left, "");
	}
	/* Should it come back, it is looked at as any other. */
	(void)put_mark(v, &a, BRG_DELETED, (struct brg_str){ "", 0 });
	return 0;
}

int arrival_failed(struct visit *v, const struct arrival *a, const struct brg_err *why,
		   struct brg_err *err)
{
	static const struct brg_id nobody;
	int32_t tries = a->parked ? a->parked->tries + 1 : 1;
	int64_t pause = v->engine->rules.retry_ms;
	const struct brg_str none = { "", 0 };
	struct brg_op *op;

	(void)err;
	if (why->code == BRG_ENOTFOUND)
		return arrival_pass(v, a, none, none, &rule_gone, "");
	for (int32_t i = 1; i < tries && pause < v->engine->rules.probe_max_ms; i++)
		pause *= 2;
	op = commit_op(v, BRG_OP_PARK, BRG_ANY);
	op->u.parked.mailbox = v->claimed.mailbox.id;
	op->u.parked.folder = v->folder;
	op->u.parked.remote_id = arena_str(v->pending, a->remote_id);
	op->u.parked.tries = tries;
	op->u.parked.next_us = why->retry == BRG_RETRY_NEVER || tries >= PARK_TRIES
				       ? INT64_MAX
				       : v->engine->now_us(v->engine) + pause * 1000;
	op->u.parked.code = arena_str(v->pending, brg_cstr(why->fault ? why->fault->code : ""));
	op->u.parked.params =
		brg_cstr(arena_printf(v->pending, "%s%s", is_wish(a) ? WISH : "", why->params));
	op->u.parked.said = arena_str(v->pending, log_hide(brg_cstr(why->said), v->pending));
	alert_item(&v->step, v, &op->u.parked);
	put_mark(v, a, BRG_PARKED, (struct brg_str){ "", 0 });
	arrival_note(v, a->remote_id, &nobody, &rule_parked,
		     arena_printf(v->pending, "cause=%s\ntries=%d",
				  why->fault ? why->fault->code : "none", (int)tries));
	v->items++;
	v->items_failed++;
	return 0;
}
