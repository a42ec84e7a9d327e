/* SPDX-License-Identifier: Apache-2.0
 *
 * The probe's hand on mail: puts mail into the outbox, fills a store with tracked emails by the
 * rooms that a visit uses, and measures what it costs to find what a mail answers.
 */
#include "tests/bench/probe.h"

#include "core/body.h"
#include "core/id.h"
#include "core/mime.h"
#include "core/outbox.h"
#include "core/track.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP	     10000 /* emails in a step of the filling */
#define CONVERSATION 4	   /* emails in one */
#define CONTACTS     20000
#define BODIES	     1000 /* different ones: nothing here reads them */
#define OWN	     "anna@bench.example"

/* ---- the outbox -----------------------------------------------------------------------------*/

static int read_file(const char *name, struct brg_blob *out, struct brg_err *err)
{
	FILE *f = fopen(name, "rb");
	char piece[4096];
	size_t n;
	int rc = 0;

	if (!f) {
		fprintf(stderr, "probe: %s: %s\n", name, strerror(errno));
		return -1;
	}
	while (rc == 0 && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		rc = blob_add(out, piece, n, err);
	fclose(f);
	return rc;
}

/* The log goes into the database, as a daemon does it in time, so that who opens the store next
 * need not read all of it. */
static int fold(struct brg_err *err)
{
	struct brg_upkeep upkeep = { .size = sizeof(upkeep),
				     .what = BRG_UPKEEP_CHECKPOINT | BRG_UPKEEP_EMPTY_LOG };
	struct store *store = &setup.engine.store;
	int rc;

	do
		rc = store->ops->upkeep(store->self, &upkeep, err);
	while (rc == 0 && upkeep.more);
	return rc;
}

int probe_put(int n, const char *file)
{
	struct brg_arena *arena = arena_new();
	struct outbox_mail mail = { .raw = blob_new(arena), .as = { "", 0 }, .bcc = { "", 0 } };
	struct brg_err err = BRG_ERR_INIT;
	double start = clock_s();
	struct brg_id id;
	int rc = read_file(file, mail.raw, &err);

	for (int i = 0; i < n && rc == 0; i++)
		rc = outbox_put(&setup.engine, &mail, &id, &err);
	if (rc == 0)
		rc = fold(&err);
	printf("{\"put\": %d, \"seconds\": %.3f}\n", n, clock_s() - start);
	arena_free(&arena);
	return rc == 0 ? 0 : fail(&err);
}

int probe_outbox(void)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OUTGOING };
	struct brg_arena *arena = arena_new();
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row *rows;
	size_t n = 0;

	putchar('{');
	for (q.number = BRG_OUT_SENT; q.number <= BRG_OUT_UNCERTAIN; q.number++) {
		if (store_all(&setup.engine.store, &q, arena, &rows, &n, &err) < 0)
			return fail(&err);
		printf("%s\"%s\": %zu", q.number == BRG_OUT_SENT ? "" : ", ",
		       outbox_state_name((int)q.number), n);
	}
	puts("}");
	arena_free(&arena);
	return 0;
}

/* ---- a store full of mail -------------------------------------------------------------------*/

static const char words[] = "Regarding the offer of last week we have a question about delivery. ";

/* The mailbox that has it all. */
struct world {
	struct brg_mailbox_row mailbox;
	struct track_reader reader;
	struct tracker *tracker;
	struct brg_arena *arena;
	struct brg_id contacts[CONTACTS];
	struct body_out bodies[BODIES];
	struct brg_record_row first; /* of the present conversation */
	struct brg_id last;
};

static int find_world(struct world *w)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_MAILBOXES };
	struct brg_err err = BRG_ERR_INIT;
	struct brg_row row;

	w->arena = arena_new();
	if (store_one(&setup.engine.store, &q, w->arena, &row, &err) <= 0)
		return fail(&err);
	w->mailbox = row.u.mailbox;
	w->reader = (struct track_reader){ .owner = row.u.mailbox.owner,
					   .owner_type = BRG_USER,
					   .address = brg_cstr(OWN),
					   .senders = "" };
	w->tracker = tracker_new(&setup.engine);
	for (size_t i = 0; i < CONTACTS; i++)
		w->contacts[i] = id_new(setup.engine.now_us(&setup.engine));
	return 0;
}

static void leave_world(struct world *w)
{
	tracker_free(&w->tracker);
	arena_free(&w->arena);
	free(w);
}

static struct brg_str contact_of(int i, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "contact.%d@customer-%d.example",
				     i / CONVERSATION % CONTACTS, i / CONVERSATION % 997));
}

/* Every second mail of a conversation is ours. */
static bool is_ours(int i)
{
	return i % 2 == 1;
}

static struct brg_str id_of(int i, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "mail.%d.8d21f0c6@%s", i,
				     is_ours(i) ? "bench.example" : "customer.example"));
}

static struct brg_str token_of(const struct world *w, int i, struct brg_arena *arena)
{
	return correlate_token(w->tracker->trail.rules.prefixes[0], (uint64_t)i * 7919, arena);
}

/* Base64 of 22 bytes and more, by which its conversation is known. */
static struct brg_str index_of(int i, struct brg_arena *arena)
{
	return brg_cstr(arena_printf(arena, "AdnX%010dQ6Vb3fYkS9m2hTzR", i / CONVERSATION));
}

static void parties_of(const struct world *w, int i, struct mime_header *h, struct party *two,
		       struct brg_arena *arena)
{
	struct mime_address *to = arena_alloc(arena, sizeof(*to));
	struct brg_str contact = contact_of(i, arena), own = brg_cstr(OWN);

	h->from_address = is_ours(i) ? own : contact;
	to->address = is_ours(i) ? contact : own;
	h->to = to;
	h->n_to = 1;
	for (int k = 0; k < 2; k++) {
		bool user = (k == 0) == is_ours(i);

		two[k] = (struct party){
			.role = k == 0 ? PARTY_FROM : PARTY_TO,
			.address = user ? own : contact,
			.type = user ? BRG_PARTY_USER : BRG_PARTY_REFERENCE,
			.id = user ? w->reader.owner : w->contacts[i / CONVERSATION % CONTACTS],
			.kind = brg_cstr(user ? "" : "contact"),
		};
	}
}

static int add_chunk(void *arg, const struct brg_sha *sha, int64_t seq, struct brg_str bytes,
		     struct brg_err *err)
{
	struct step *step = arg;
	struct brg_op *op = step_add(step, BRG_OP_BODY, BRG_ANY);

	(void)err;
	op->u.body =
		(struct brg_body_chunk){ *sha, seq, arena_dup(step->arena, bytes.ptr, bytes.len),
					 setup.engine.now_us(&setup.engine) };
	return 0;
}

/* Its place in the mailbox, and why it is here. */
static void put_place(const struct world *w, int i, const struct brg_id *record, struct brg_str key,
		      struct step *step)
{
	struct brg_str remote = brg_cstr(arena_printf(step->arena, "%08x5f3a1b2c", i));
	int64_t now = setup.engine.now_us(&setup.engine);
	struct brg_op *op = step_add(step, BRG_OP_LINK, BRG_NEW);

	op->u.link = (struct brg_link_row){ .id = id_new(now),
					    .record = *record,
					    .mailbox = w->mailbox.id,
					    .live = true,
					    .remote_id = remote };
	op = step_add(step, BRG_OP_MARK, BRG_ANY);
	op->u.mark = (struct brg_mark_row){ .mailbox = w->mailbox.id,
					    .remote_id = remote,
					    .state = BRG_LINKED,
					    .print = key,
					    .octets = 8000,
					    .seen_us = now,
					    .record = *record };
	op = step_add(step, BRG_OP_DECISION, BRG_ANY);
	op->u.decision = (struct brg_decision_row){ .id = id_new(now),
						    .mailbox = w->mailbox.id,
						    .record = *record,
						    .remote_id = remote,
						    .code = brg_cstr("BRG-RULE-0001"),
						    .params = brg_cstr("reason=AllAccepted") };
}

static int put_body(struct world *w, int i, struct step *step, struct brg_err *err)
{
	struct brg_blob *body = blob_new(step->arena);
	const char *text = arena_printf(step->arena, "Subject: Offer %d\r\n\r\n%s%s%s\r\n", i,
					words, words, words);

	if (blob_add(body, text, strlen(text), err) < 0)
		return err->code;
	return body_pack(body, add_chunk, step, &w->bodies[i], err);
}

/* One more tracked email, as track_write() makes it. */
static int put_mail(struct world *w, int i, struct step *step, struct brg_err *err)
{
	struct brg_arena *arena = step->arena;
	struct mime_header h = { .subject = brg_cstr(arena_printf(arena, "Offer %d", i)) };
	int64_t when = INT64_C(1735689600000000) + (int64_t)i * 30000000;
	struct track_mail m = { .header = &h, .received_us = when, .outgoing = is_ours(i) };
	struct party two[2];
	struct brg_id id;
	size_t record;

	if (i < BODIES && put_body(w, i, step, err) < 0)
		return err->code;
	parties_of(w, i, &h, two, arena);
	h.message_id = id_of(i, arena);
	h.date_us = when;
	h.thread_index = index_of(i, arena);
	m.parties = two;
	m.n_parties = 2;
	m.key = trail_key(&setup.engine, h.message_id, arena);
	correlate_clues(&w->tracker->trail.rules, &h, arena, &m.parent.clues);
	if (i % CONVERSATION) {
		h.in_reply_to = h.references = id_of(i - 1, arena);
		m.parent.answer.method = CORRELATION_REPLY;
		m.parent.record = (struct brg_record_row){ .id = w->last, .thread = w->first.id };
	}
	id = track_write(w->tracker, &w->reader, &m, step, &record);
	if (i % CONVERSATION == 0)
		w->first.id = id;
	w->last = id;
	step->ops[record].u.record.body = w->bodies[i % BODIES].sha;
	step->ops[record].u.record.body_octets = w->bodies[i % BODIES].octets;
	if (is_ours(i))
		step_add(step, BRG_OP_CLUE, BRG_NEW)->u.clue = (struct brg_clue_row){
			CLUE_TOKEN,
			trail_clue(&setup.engine, CLUE_TOKEN, token_of(w, i, arena), arena), id
		};
	put_place(w, i, &id, m.key, step);
	return 0;
}

int probe_fill(int n)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct store *store = &setup.engine.store;
	struct brg_err err = BRG_ERR_INIT;
	struct brg_arena *arena = arena_new();
	double start = clock_s();
	int rc = find_world(w);

	for (int i = 0; i < n && rc == 0;) {
		struct step step;

		step_init(&step, arena);
		for (int k = 0; k < STEP && i < n && rc == 0; k++)
			rc = put_mail(w, i++, &step, &err);
		if (rc == 0)
			rc = store_commit(store, &step, i < n ? BRG_RELAXED : BRG_DURABLE, NULL,
					  &err);
		arena_reset(arena);
	}
	if (rc == 0)
		rc = fold(&err);
	printf("{\"filled\": %d, \"seconds\": %.3f}\n", n, clock_s() - start);
	arena_free(&arena);
	leave_world(w);
	return rc == 0 ? 0 : fail(&err);
}

/* ---- what does it answer? -------------------------------------------------------------------*/

#define NEWEST 1000

struct way {
	const char *name;
	int method; /* what it must be found by */
};
static const struct way ways[] = { { "reply", CORRELATION_REPLY },
				   { "token", CORRELATION_TOKEN },
				   { "index", CORRELATION_INDEX },
				   { "nothing", CORRELATION_NONE } };

/* What is timed, of answers to which mails. */
static const struct kind {
	const char *name;
	bool newest; /* only to those, as most answers are; else to any mail of the store */
	bool whole;  /* from the header block to the verdict; else correlation alone */
} kinds[] = { { "anywhere", false, false }, { "newest", true, false }, { "whole", false, true } };

/* The header block of an answer to mail i, with one clue alone; that leads nowhere: with a list of
 * strange ids. */
static struct brg_str answer_to(const struct world *w, int i, const struct way *way,
				struct brg_arena *arena)
{
	const char *clue = "", *token = "";

	if (way->method == CORRELATION_REPLY)
		clue = arena_printf(arena, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n",
				    id_of(i, arena).ptr, id_of(i, arena).ptr);
	else if (way->method == CORRELATION_INDEX)
		clue = arena_printf(arena, "Thread-Index: %s\r\n", index_of(i, arena).ptr);
	else if (way->method == CORRELATION_TOKEN)
		token = token_of(w, i, arena).ptr;
	else
		clue = arena_printf(arena,
				    "In-Reply-To: <a.%d@far.example>\r\nReferences: "
				    "<c.%d@far.example> <b.%d@far.example> <a.%d@far.example>\r\n",
				    i, i, i, i);
	return brg_cstr(arena_printf(arena,
				     "From: %s\r\nTo: %s\r\nSubject: Re: Offer %s\r\n"
				     "Date: Mon, 5 Jan 2026 08:00:00 +0000\r\n"
				     "Message-ID: <answer.%d@customer.example>\r\n%s",
				     contact_of(i, arena).ptr, OWN, token, i, clue));
}

static int judge(const struct world *w, struct track_mail *m, const struct kind *kind,
		 struct brg_arena *arena, struct brg_err *err)
{
	const struct parent_ask ask = { .header = m->header,
					.parties = m->parties,
					.n_parties = m->n_parties,
					.owner = w->reader.owner,
					.address = w->reader.address };

	if (!kind->whole)
		return parent_find(&w->tracker->trail, &ask, &m->parent, arena, err);
	m->body = blob_new(arena);
	return track_judge(w->tracker, &w->reader, m, arena, err);
}

/* Microseconds for one; < 0: it was not found by what leads to it. */
static double ask(const struct world *w, int i, const struct way *way, const struct kind *kind,
		  struct brg_arena *arena)
{
	struct brg_str block = answer_to(w, i, way, arena);
	struct track_mail m = { .received_us = setup.engine.now_us(&setup.engine) };
	struct brg_err err = BRG_ERR_INIT;
	struct mime_header h;
	double start = clock_s();

	mime_header(block, arena, &h);
	m.header = &h;
	if (!kind->whole) {
		if (resolve_parties(&w->tracker->who, &h, arena, &m.parties, &m.n_parties, &err) <
		    0)
			return -fail(&err);
		start = clock_s();
	}
	if (judge(w, &m, kind, arena, &err) < 0)
		return -fail(&err);
	start = (clock_s() - start) * 1e6;
	if (m.parent.answer.method != way->method) {
		fprintf(stderr, "probe: mail %d was found by %s, not by %s\n", i,
			correlation_name(m.parent.answer.method), way->name);
		return -1;
	}
	arena_reset(arena);
	return start;
}

/* The median over n mails, spread over those that count; as many before them are not timed. */
static double ask_all(const struct world *w, int n, int of, const struct way *way,
		      const struct kind *kind, int *at, struct brg_arena *arena)
{
	int among = kind->newest && of > NEWEST ? NEWEST : of;
	double *took = xcalloc((size_t)n, sizeof(*took)), us = 0;

	for (int i = -n; i < n && us >= 0; i++) {
		int64_t spread = (int64_t)++ * at * 7368787 % among;

		us = ask(w, (int)(of - among + spread) | 1, way, kind, arena); /* one of ours */
		if (i >= 0)
			took[i] = us;
	}
	qsort(took, (size_t)n, sizeof(*took), by_value);
	if (us >= 0)
		us = took[n / 2];
	free(took);
	return us;
}

int probe_answers(int n, int of)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct brg_arena *arena = arena_new();
	int rc = n > 0 && of > 1 && of % 2 == 0 ? find_world(w) : 1, at = 0;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && rc == 0; k++) {
		printf("%s\"%s\": {", k ? ", " : "{", kinds[k].name);
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && rc == 0; i++) {
			double us = ask_all(w, n, of, &ways[i], &kinds[k], &at, arena);

			rc = us < 0;
			printf("%s\"%s\": %.2f", i ? ", " : "", ways[i].name, us);
		}
		putchar('}');
	}
	puts("}");
	arena_free(&arena);
	leave_world(w);
	return rc;
}
