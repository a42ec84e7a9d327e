/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose mail is inside? Who forwarded it is the best witness (a rule in his own mailbox sent it);
 * else those to whom it was written. Only users and queues that have said `forwarded = yes`.
 */
#include "core/forward.h"

#include "core/faults.h"
#include "core/arrival-private.h"
#include "core/blob.h"
#include "core/filter.h"

#include <strings.h>

static RULE(unwrapped, "0016", "unwrapped: {mails} mails were inside, {taken} of them are taken",
	    "uppackad: {mails} brev fanns i den, {taken} av dem är tagna",
	    "Set forward = no in the section of the mailbox to take the outer mail instead.");

static RULE(
	for_nobody, "0017",
	"not taken: it was inside a mail of the forward mailbox, and is for nobody whose mail is "
	"forwarded",
	"inte tagen: den låg i ett brev i vidarebefordringsbrevlådan och är till ingen vars post "
	"vidarebefordras",
	"Set forwarded = yes in the section of the user or queue that it is for, or add its address "
	"to the aliases there.");

const struct brg_fault *const forward_faults[] = { &unwrapped, &for_nobody, NULL };

/* Users and queues for whom one mail is. */
struct route {
	struct party *at;
	size_t n;
};

static int add_if_forwarded(struct visit *v, struct route *to, const struct party *p,
			    struct brg_err *err)
{
	const struct owner_settings *owner = NULL;

	if (p->type != BRG_PARTY_USER && p->type != BRG_PARTY_QUEUE)
		return 0;
	for (size_t i = 0; i < to->n; i++)
		if (brg_id_eq(&to->at[i].id, &p->id))
			return 0;
	if (resolve_owner(&v->tracker->who, &p->id, &owner, err) < 0)
		return err->code;
	if (owner && owner->forwarded)
		to->at[to->n++] = *p;
	return 0;
}

static int find_route(struct visit *v, const struct mime_header *outer,
		      const struct mime_header *inner, struct route *to, struct brg_err *err)
{
	struct party *parties;
	size_t n;
	int rc = resolve_parties(&v->tracker->who, outer, v->batch, &parties, &n, err);

	to->at = arena_alloc(v->batch, (n + MIME_ADDRESSES_MAX) * sizeof(*to->at));
	for (size_t i = 0; i < n && rc == 0; i++)
		if (parties[i].role == PARTY_FROM || parties[i].role == PARTY_SENDER)
			rc = add_if_forwarded(v, to, &parties[i], err);
	if (rc < 0 || to->n)
		return rc;
	rc = resolve_parties(&v->tracker->who, inner, v->batch, &parties, &n, err);
	for (size_t i = 0; i < n && i < MIME_ADDRESSES_MAX && rc == 0; i++)
		if (parties[i].role >= PARTY_TO && parties[i].role <= PARTY_DELIVERED)
			rc = add_if_forwarded(v, to, &parties[i], err);
	return rc;
}

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	return blob_add(arg, p, n, err);
}

/* The mail inside, as it was, and its header. */
static int extract(struct visit *v, struct brg_blob *raw, const struct mime_part *part,
		   struct brg_blob **out, struct mime_header *header, struct brg_err *err)
{
	char *head = arena_alloc(v->batch, MIME_HEADER_MAX);
	int64_t n;

	*out = blob_new(v->batch);
	if (mime_content(raw, part, add_piece, *out, err) < 0)
		return err->code;
	n = blob_read(*out, 0, head, MIME_HEADER_MAX, err);
	if (n < 0)
		return (int)n;
	mime_header((struct brg_str){ head, (size_t)n }, v->batch, header);
	return 0;
}

/* What became of the mails inside. */
struct inside {
	size_t mails, taken;
	bool all;	     /* each is in the store */
	struct brg_id first; /* record; nil: there is none */
};

static void note(struct visit *v, const struct arrival *a, const struct brg_id *record,
		 struct brg_str key, const struct brg_fault *rule, const char *params)
{
	arrival_note(v, a->remote_id, record, rule, params);
	v->step.ops[v->step.n - 1].u.decision.message_key = arena_str(v->pending, key);
}

/* One mail for one of them. 1: *record is it. */
static int take_for(struct visit *v, const struct party *who, const struct mime_header *h,
		    struct brg_blob *body, const struct arrival *a, struct brg_id *record,
		    struct brg_err *err)
{
	static const struct brg_id nobody;
	const struct owner_settings *owner = NULL;
	struct track_reader reader = { .owner = who->id, .owner_type = who->type };
	struct track_mail m = { .header = h, .body = body };
	int rc = resolve_owner(&v->tracker->who, &who->id, &owner, err);

	if (rc < 0 || !owner)
		return rc;
	reader.address = who->address;
	reader.accept = who->accept;
	reader.senders = who->senders;
	reader.visibility = owner->visibility;
	m.received_us = h->received_us ? h->received_us
			: h->date_us   ? h->date_us
				       : v->engine->now_us(v->engine);
	m.key = trail_key(v->engine, h->message_id, v->batch);
	rc = arrival_settle_fresh(v, m.key, err);
	if (rc == 0)
		rc = track_judge(v->tracker, &reader, &m, v->batch, err);
	if (rc == TRACK_TAKE) {
		*record = arrival_write(v, &reader, &m, body);
		note(v, a, record, m.key, m.accept.rule, m.accept.params);
		if (m.parent.answer.rule)
			arrival_note(v, a->remote_id, record, m.parent.answer.rule,
				     m.parent.answer.params);
		arrival_report(v, a, &m, record);
		return 1;
	}
	if (rc == TRACK_SAME) {
		*record = m.same.record.id;
		arrival_same(v, &reader, record);
		return 1;
	}
	if (rc == TRACK_PASS) {
		note(v, a, &nobody, m.key, m.accept.rule, m.accept.params);
		arrival_report(v, a, &m, &nobody);
	}
	return rc < 0 ? rc : 0;
}

/* A mail as an attachment, or one that a program on the way took for any file. */
static bool is_mail(const struct mime_part *part)
{
	struct brg_str end = { part->name.ptr + part->name.len - 4, 4 };

	if (part->in >= 0)
		return false;
	return brg_str_eq(part->type, brg_cstr("message/rfc822")) ||
	       (brg_str_eq(part->type, brg_cstr("application/octet-stream")) &&
		part->name.len > 4 && strncasecmp(end.ptr, ".eml", end.len) == 0);
}

/* One of the mails inside, for each whose it is. */
static int unwrap_one(struct visit *v, const struct arrival *a, const struct mime_header *outer,
		      const struct mime_part *part, struct inside *in, struct brg_err *err)
{
	static const struct brg_id nobody;
	struct route to = { 0 };
	struct mime_header h;
	struct brg_blob *body;
	struct brg_id record;
	size_t taken = 0;
	int rc = extract(v, a->body, part, &body, &h, err);

	if (rc == 0 && blob_len(body) <= 2)
		return 0; /* nothing */
	if (rc == 0)
		rc = find_route(v, outer, &h, &to, err);
	for (size_t k = 0; k < to.n && rc == 0; k++) {
		/* The body of the last one went into its record. */
		if (k)
			rc = extract(v, a->body, part, &body, &h, err);
		if (rc == 0)
			rc = take_for(v, &to.at[k], &h, body, a, &record, err);
		if (rc <= 0)
			continue;
		taken++;
		if (brg_id_is_nil(&in->first))
			in->first = record;
		rc = 0;
	}
	if (rc == 0 && to.n == 0)
		note(v, a, &nobody, trail_key(v->engine, h.message_id, v->batch), &for_nobody, "");
	in->mails += to.n > 0;
	in->taken += taken;
	in->all = in->all && taken;
	return rc;
}

int forward_unwrap(struct visit *v, struct arrival *a, const struct mime_header *outer,
		   struct brg_str print, struct brg_err *err)
{
	const struct brg_str none = { "", 0 };
	struct inside in = { .all = true };
	struct mime_message mail;
	char params[64];
	int rc = mime_message(a->body, v->batch, &mail, err);

	for (size_t i = 0; i < mail.n_parts && rc == 0; i++)
		if (is_mail(&mail.parts[i]))
			rc = unwrap_one(v, a, outer, &mail.parts[i], &in, err);
	if (rc < 0 || in.mails == 0)
		return rc;
	(void)snprintf(params, sizeof(params), "mails=%zu\ntaken=%zu", in.mails, in.taken);
	/* What was refused is nowhere else. */
	a->partly = !in.all;
	if (in.taken)
		arrival_join(v, a, &in.first, print, none, &unwrapped, params);
	else
		arrival_pass(v, a, none, print, &unwrapped, params);
	return FORWARD_DONE;
}
