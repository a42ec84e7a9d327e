/* SPDX-License-Identifier: Apache-2.0 */
#include "core/track.h"

#include "core/id.h"
#include "core/person.h"

#include <openssl/sha.h>

/* A short list: those who asked to be forgotten. */
static int load_shunned(struct tracker *t, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_SHUNNED };
	struct brg_row *rows;
	size_t n = 0;

	if (t->knows_shunned)
		return 0;
	if (store_all(&t->engine->store, &q, t->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		(void)keyset_add(&t->shunned, rows[i].u.shun.key, t->arena);
	t->knows_shunned = true;
	return 0;
}

struct tracker *tracker_new(struct engine *engine)
{
	struct brg_arena *arena = arena_new();
	struct tracker *t = arena_alloc(arena, sizeof(*t));

	t->engine = engine;
	t->trail.engine = engine;
	t->arena = arena;
	t->cache = arena_new();
	resolve_init(&t->who, &engine->store, t->cache);
	email_accept_rules(engine->email, arena, &t->accept);
	email_correlate_rules(engine->email, arena, &t->trail.rules);
	return t;
}

void tracker_free(struct tracker **tracker)
{
	struct brg_arena *arena;

	if (!*tracker)
		return;
	arena = (*tracker)->arena;
	arena_free(&(*tracker)->cache);
	*tracker = NULL;
	arena_free(&arena);
}

/* ---- judging --------------------------------------------------------------------------------*/

/* The mailbox has the mail, so it is for its owner, even where no field names him: blind
 * copies, lists, aliases that nobody has written down. */
static void add_reader(const struct track_reader *reader, struct track_mail *m,
		       struct brg_arena *scratch)
{
	struct party *grown;

	for (size_t i = 0; i < m->n_parties; i++)
		if (m->parties[i].role >= PARTY_TO && m->parties[i].role <= PARTY_DELIVERED &&
		    brg_id_eq(&m->parties[i].id, &reader->owner))
			return;
	grown = arena_alloc(scratch, (m->n_parties + 1) * sizeof(*grown));
	if (m->n_parties)
		memcpy(grown, m->parties, m->n_parties * sizeof(*grown));
	grown[m->n_parties++] = (struct party){
		.role = PARTY_BCC,
		.address = reader->address,
		.type = reader->owner_type,
		.id = reader->owner,
		.accept = reader->accept,
		.senders = reader->senders,
	};
	m->parties = grown;
}

static bool is_from(const struct track_mail *m, const struct track_reader *reader)
{
	for (size_t i = 0; i < m->n_parties; i++)
		if (m->parties[i].role == PARTY_FROM &&
		    brg_id_eq(&m->parties[i].id, &reader->owner))
			return true;
	return false;
}

static int answers(struct tracker *t, const struct track_reader *reader, struct track_mail *m,
		   struct brg_arena *scratch, struct brg_err *err)
{
	struct parent_ask ask;

	if (m->correlated)
		return 0;
	m->correlated = true;
	/* A report belongs to its mail but answers nothing. */
	if (m->receipt.report.kind) {
		m->parent.answer.method = CORRELATION_SKIPPED;
		m->parent.record = m->receipt.mail;
		return 0;
	}
	ask = (struct parent_ask){ .header = m->header,
				   .parties = m->parties,
				   .n_parties = m->n_parties,
				   .owner = reader->owner,
				   .address = reader->address };
	return parent_find(&t->trail, &ask, &m->parent, scratch, err);
}

/* Its body is fetched; until it comes, it may be what others answer. */
static void expect(struct tracker *t, const struct track_mail *m, struct brg_arena *scratch)
{
	struct brg_str conversation =
		trail_clue(t->engine, CLUE_CONVERSATION, m->parent.clues.conversation, scratch);

	if (t->expected && m->key.len)
		(void)keyset_add(t->expected, m->key, scratch);
	if (t->expected && conversation.len)
		(void)keyset_add(t->expected, conversation, scratch);
}

/* It answers nothing that is here, but a mail whose body is on the way: judge it behind that. */
static bool answers_expected(struct tracker *t, const struct track_mail *m,
			     struct brg_arena *scratch)
{
	struct brg_str key;
	bool found = false;

	if (!t->expected || !t->expected->n || m->accept.reason != REASON_NO_CORRELATION)
		return false;
	for (size_t i = 0; i < m->parent.clues.n_ids && !found; i++) {
		key = trail_key(t->engine, m->parent.clues.ids[i], scratch);
		found = key.len && keyset_has(t->expected, key);
	}
	key = trail_clue(t->engine, CLUE_CONVERSATION, m->parent.clues.conversation, scratch);
	return found || (key.len && keyset_has(t->expected, key));
}

int track_judge(struct tracker *t, const struct track_reader *reader, struct track_mail *m,
		struct brg_arena *scratch, struct brg_err *err)
{
	const struct mime_header *h = m->header;
	struct accept_in in = {
		.owner = reader->owner,
		.owner_type = reader->owner_type,
		.accept = reader->accept,
		.senders = reader->senders,
		.automatic = h->automatic || h->null_sender,
		.by_hand = m->by_hand,
		.sent = m->outgoing,
	};
	int rc;

	if (m->key.len == 0)
		m->key = trail_key(t->engine, h->message_id, scratch);
	if (load_shunned(t, err) < 0)
		return err->code;
	rc = same_find(&t->engine->store, m->key, h, m->body,
		       t->accept.internal_twice && !m->outgoing, scratch, &m->same, err);
	if (rc != 0)
		return rc < 0 ? rc : TRACK_WANTS_BODY;
	/* Among what he sent lies what we sent, as the server has written it. */
	if (m->outgoing && m->same.sent && !m->same.found) {
		m->same.found = true;
		m->same.record.id = m->same.sent_record;
	}
	rc = resolve_parties(&t->who, h, scratch, &m->parties, &m->n_parties, err);
	if (rc < 0)
		return rc;
	if (!m->outgoing)
		add_reader(reader, m, scratch);
	if (m->same.found)
		return TRACK_SAME;
	in.shunned = t->shunned.n &&
		     keyset_has(&t->shunned, person_key(t->engine, h->from_address, scratch));
	in.have_sent_copy = m->same.sent && !m->outgoing;
	in.own_message_id = in.have_sent_copy && !t->accept.internal_twice && is_from(m, reader);
	in.parties = m->parties;
	in.n = m->n_parties;
	if (!m->outgoing) {
		if (!m->body && report_likely(h, scratch))
			return TRACK_WANTS_BODY;
		if (receipt_find(&t->trail, h, m->body, &m->receipt, scratch, err) < 0)
			return err->code;
		in.automatic = in.automatic || m->receipt.report.kind;
	}
	if (accept_needs_correlation(&t->accept, &in) && answers(t, reader, m, scratch, err) < 0)
		return err->code;
	in.correlated = m->correlated && m->parent.answer.method > CORRELATION_SKIPPED;
	accept_decide(&t->accept, &in, &m->accept);
	if (!m->accept.take && (m->body || !answers_expected(t, m, scratch)))
		return TRACK_PASS;
	if (!m->body) {
		expect(t, m, scratch);
		return TRACK_WANTS_BODY;
	}
	rc = answers(t, reader, m, scratch, err);
	return rc < 0 ? rc : TRACK_TAKE;
}

/* ---- writing --------------------------------------------------------------------------------*/

/* What the mail regards: as its folder, else as the mail that it answers, else the thing of the CRM
 * that it was written to (a case with an address of its own). People and companies are parties
 * only. */
static struct brg_id regarding(const struct track_mail *m)
{
	struct brg_id none = { { 0 } };

	if (m->filed && !brg_id_is_nil(m->filed))
		return *m->filed;
	if (!brg_id_is_nil(&m->parent.record.regarding))
		return m->parent.record.regarding;
	for (size_t i = 0; i < m->n_parties; i++) {
		const struct party *p = &m->parties[i];

		if (p->type == BRG_PARTY_REFERENCE && p->role >= PARTY_TO &&
		    p->role <= PARTY_DELIVERED && !brg_str_eq(p->kind, brg_cstr("contact")) &&
		    !brg_str_eq(p->kind, brg_cstr("lead")) &&
		    !brg_str_eq(p->kind, brg_cstr("account")))
			return p->id;
	}
	return none;
}

static void put_queue_item(struct tracker *t, struct step *step, const struct brg_id *queue,
			   const struct brg_id *record)
{
	struct brg_op *op = step_add(step, BRG_OP_QUEUE_ITEM, BRG_ANY);

	op->u.queue_item = (struct brg_queue_item_row){
		.queue = *queue, .record = *record, .entered_us = t->engine->now_us(t->engine)
	};
}

static bool is_named(const struct track_mail *m, const struct brg_id *who)
{
	for (size_t i = 0; i < m->n_parties; i++)
		if (m->parties[i].role >= PARTY_TO && m->parties[i].role <= PARTY_BCC &&
		    brg_id_eq(&m->parties[i].id, who))
			return true;
	return false;
}

static void put_parties(struct tracker *t, const struct track_reader *reader,
			const struct track_mail *m, const struct brg_id *record, struct step *step)
{
	for (size_t i = 0; i < m->n_parties; i++) {
		const struct party *p = &m->parties[i];
		struct brg_op *op;

		/* Whom a field names it was delivered to as well. */
		if (p->role == PARTY_DELIVERED && is_named(m, &p->id))
			continue;
		if (!p->type || (p->several && !t->accept.several_resolved &&
				 !brg_id_eq(&p->id, &reader->owner)))
			continue;
		op = step_add(step, BRG_OP_PARTY, BRG_ANY);
		op->u.party = (struct brg_party_row){ p->id, *record, p->type, p->role };
		if (!m->outgoing && p->type == BRG_PARTY_QUEUE && p->role >= PARTY_TO &&
		    p->role <= PARTY_DELIVERED)
			put_queue_item(t, step, &p->id, record);
	}
}

static void put_clue(struct step *step, int type, struct brg_str value, const struct brg_id *record)
{
	if (value.len)
		step_add(step, BRG_OP_CLUE, BRG_ANY)->u.clue =
			(struct brg_clue_row){ type, value, *record };
}

static struct brg_str words_clue(struct tracker *t, const struct track_mail *m,
				 struct brg_arena *arena)
{
	return trail_clue(
		t->engine, CLUE_WORDS,
		(struct brg_str){ (const char *)m->parent.clues.words,
				  m->parent.clues.n_words * sizeof(m->parent.clues.words[0]) },
		arena);
}

/* By what a later mail can be known as an answer to this one. */
static void put_clues(struct tracker *t, const struct track_mail *m, const struct brg_id *record,
		      struct step *step)
{
	if (m->parent.clues.conversation.len && t->trail.rules.index)
		put_clue(step, CLUE_CONVERSATION,
			 trail_clue(t->engine, CLUE_CONVERSATION, m->parent.clues.conversation,
				    step->arena),
			 record);
	if (m->parent.clues.n_words && t->trail.rules.smart)
		put_clue(step, CLUE_WORDS, words_clue(t, m, step->arena), record);
}

/* Later mail of the visit may answer it. */
static void keep_fresh(struct tracker *t, const struct track_mail *m,
		       const struct brg_record_row *row)
{
	const struct brg_record_row *kept = fresh_record(t->trail.fresh, row);

	fresh_add(t->trail.fresh, FRESH_MESSAGE, row->message_key, kept);
	if (m->parent.clues.conversation.len && t->trail.rules.index)
		fresh_add(t->trail.fresh, CLUE_CONVERSATION,
			  trail_clue(t->engine, CLUE_CONVERSATION, m->parent.clues.conversation,
				     t->trail.fresh->arena),
			  kept);
	if (m->parent.clues.n_words && t->trail.rules.smart)
		fresh_add(t->trail.fresh, CLUE_WORDS, words_clue(t, m, t->trail.fresh->arena),
			  kept);
}

static const char *report_name(const struct track_mail *m)
{
	return m->receipt.report.kind ? report_kind_name(m->receipt.report.kind) : NULL;
}

struct brg_id track_write(struct tracker *t, const struct track_reader *reader,
			  const struct track_mail *m, struct step *step, size_t *record)
{
	struct brg_id id = id_new(t->engine->now_us(t->engine));

	track_write_as(t, reader, m, &id, step, record);
	return id;
}

void track_write_as(struct tracker *t, const struct track_reader *reader,
		    const struct track_mail *m, const struct brg_id *id, struct step *step,
		    size_t *record)
{
	int64_t now = t->engine->now_us(t->engine);
	struct brg_record_row *r;
	struct brg_str key = arena_str(step->arena, m->key);
	struct brg_op *op;

	if (key.len) {
		op = step_add(step, BRG_OP_SAME, BRG_ANY);
		op->u.same = (struct brg_same){ key, m->same.n };
	}
	*record = step->n;
	r = &step_add(step, BRG_OP_RECORD, BRG_NEW)->u.record;
	*r = (struct brg_record_row){
		.id = *id,
		.owner = brg_id_is_nil(&m->accept.accepting) ? reader->owner : m->accept.accepting,
		.kind = BRG_EMAIL,
		.created_us = now,
		.modified_us = now,
		.sorted_us = m->received_us,
		.message_key = key,
		.fields = mime_fields_json(m->header, report_name(m), step->arena),
		.regarding = regarding(m),
		.visibility = reader->visibility,
		.direction = m->outgoing ? BRG_OUTBOUND : BRG_INBOUND,
		.method = m->parent.answer.method,
	};
	if (!brg_id_is_nil(&m->parent.record.id)) {
		/* Received fields know seconds: what answers comes behind. */
		if (r->sorted_us <= m->parent.record.sorted_us &&
		    m->parent.record.sorted_us - r->sorted_us < 1000000)
			r->sorted_us = m->parent.record.sorted_us + 1;
		if (m->parent.answer.method > CORRELATION_SKIPPED)
			r->correlated = m->parent.record.id;
		r->thread = brg_id_is_nil(&m->parent.record.thread) ? m->parent.record.id
								    : m->parent.record.thread;
	}
	if (t->trail.fresh)
		keep_fresh(t, m, r);
	put_parties(t, reader, m, id, step);
	put_clues(t, m, id, step);
}

void track_join(struct tracker *t, const struct track_reader *reader, const struct brg_id *record,
		struct step *step)
{
	step_add(step, BRG_OP_PARTY, BRG_ANY)->u.party =
		(struct brg_party_row){ reader->owner, *record, reader->owner_type,
					BRG_ROLE_READER };
	if (reader->owner_type == BRG_QUEUE && t->engine->email->copies_queue)
		put_queue_item(t, step, &reader->owner, record);
}
