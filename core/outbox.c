/* SPDX-License-Identifier: Apache-2.0 */
#include "core/outbox-private.h"

#include "core/alert.h"
#include "core/flight.h"
#include "core/id.h"
#include "core/options.h"
#include "core/recipients.h"
#include "core/track.h"

#include <time.h>

#define SUBJECT_MAX 255 /* as the model: what mail servers keep of a subject */
#define PUT_TRIES   10
#define LINE_OCTETS 998 /* RFC 5322 section 2.1.1, without CRLF */

MAIL_FAULT(no_from, "0010", "the mail has no From with one address",
	   "brevet har ingen From med en adress", "Write who sends it, as From: anna@example.org.");
MAIL_FAULT(foreign_from, "0011", "no user or queue has the address {from}",
	   "ingen användare eller kö har adressen {from}",
	   "From must be the address or an alias of a [user] or [queue] of the directory.");
MAIL_FAULT(no_lane, "0012",
	   "no mailbox of {owner} sends email: set outgoing = brygga for one of them",
	   "ingen brevlåda hos {owner} skickar e-post: sätt outgoing = brygga för en av dem",
	   "The mailbox needs a profile whose connector sends, such as smtp (outgoing-profile).");
MAIL_FAULT(no_delegate, "0013", "{user} may not send in the name of {owner}",
	   "{user} får inte skicka i namn av {owner}",
	   "Add {user} to delegates in the section of {owner}.");
MAIL_FAULT(no_user, "0014", "there is no user {user}", "det finns ingen användare {user}",
	   "`brygga apply` makes users.");
MAIL_FAULT(no_recipients, "0015", "the mail has no recipient: no address in To, Cc or Bcc",
	   "brevet har ingen mottagare: ingen adress i To, Cc eller Bcc", "Add one.");
OUTBOX_FAULT(outbox_in_between, "0018", "others change the same mail at the same moment: try again",
	     "andra ändrar samma brev i samma ögonblick: försök igen", "Nothing was changed.");

MAIL_FAULT(
	long_line, "0025",
	"line {line} of the mail, as it would be sent, has more than {most} octets: no server "
	"has to take it",
	"rad {line} i brevet, så som det skulle skickas, har fler än {most} oktetter: ingen server "
	"behöver ta emot det",
	"RFC 5321 section 4.5.3.1.6. Long lines are encoded as quoted-printable or base64 by who "
	"composes the mail.");
MAIL_FAULT(
	has_nul, "0026", "line {line} of the mail, as it would be sent, has a NUL byte",
	"rad {line} i brevet, så som det skulle skickas, har en NUL-byte",
	"RFC 5321 section 4.5.2 forbids it. What is no text is encoded as base64 by who composes "
	"the mail.");

MAIL_FAULT(too_many, "0019",
	   "the mail has more than {most} recipients, or an address field that is too long, stands "
	   "twice or cannot be read",
	   "brevet har fler än {most} mottagare, eller ett adressfält som är för långt, står två "
	   "gånger eller inte går att läsa",
	   "Nothing was put into the outbox, so that nobody is left out. Write several mails.");

static RULE(was_put, "0053", "put into the outbox, to be sent not before {when}",
	    "lagt i utkorgen, ska skickas tidigast {when}",
	    "The daemon sends it then; `brygga outbox recall ID` takes it back until it does.");

const struct brg_fault *const outbox_faults[] = {
	&no_from,  &foreign_from,      &no_lane, &no_delegate, &no_user, &no_recipients,
	&too_many, &outbox_in_between, &was_put, &long_line,   &has_nul, NULL,
};

/* Why it stands where it does, for `brygga explain`. */
void outbox_note(struct step *step, const struct brg_outgoing_row *o, const struct brg_fault *rule,
		 int64_t now_us, const char *params)
{
	step_add(step, BRG_OP_DECISION, BRG_ANY)->u.decision = (struct brg_decision_row){
		.id = id_new(now_us),
		.mailbox = o->mailbox,
		.record = o->record,
		.code = brg_cstr(rule->code),
		.params = arena_str(step->arena, brg_cstr(params)),
	};
}

/* ---- who sends through what -----------------------------------------------------------------*/

/* A mail on its way into the store. */
struct draft {
	struct engine *engine;
	const struct outbox_mail *mail;
	struct brg_arena *arena;
	struct tracker *tracker;
	struct mime_header header;  /* as composed */
	struct brg_owner_row owner; /* whose address From has */
	struct brg_owner_row actor; /* who sends; id nil: the owner */
	struct brg_mailbox_row mailbox;
	struct brg_record_row parent; /* that it is told to answer; id nil: none */
	struct owner_settings rules;  /* the owner's */
	struct brg_id id;
	struct brg_str message_id, token, subject;
	struct recipients recipients;
	bool too_many;
	struct brg_blob *ready;
	struct track_mail track;
};

static int read_header(struct draft *d, struct brg_err *err)
{
	char *head = arena_alloc(d->arena, MIME_HEADER_MAX);
	int64_t n = blob_read(d->mail->raw, 0, head, MIME_HEADER_MAX, err);

	if (n < 0)
		return (int)n;
	mime_header((struct brg_str){ head, (size_t)n }, d->arena, &d->header);
	return d->header.from_address.len ? 0 : brg_fail(err, &no_from, "%s", "");
}

static int find_owner(struct draft *d, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_ADDRESSES };
	struct store *store = &d->engine->store;
	struct settings settings = { 0 };
	struct brg_row *rows, row;
	size_t n;
	int rc;

	q.text = d->header.from_address;
	if (store_all(store, &q, d->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].u.address.type == BRG_PARTY_REFERENCE)
			continue;
		q = (struct brg_query){ .size = sizeof(q),
					.what = BRG_READ_OWNERS,
					.id = rows[i].u.address.object };
		rc = store_one(store, &q, d->arena, &row, err);
		if (rc <= 0)
			return rc;
		d->owner = row.u.owner;
		rc = settings_add_json(&settings, d->owner.settings, d->arena, err);
		return rc < 0 ? rc
			      : options_fill(owner_options, &d->rules, settings.at, settings.n,
					     d->arena, err);
	}
	return brg_fail(err, &foreign_from, "from=%s", d->header.from_address.ptr);
}

/* Somebody else's name is only for those whom its owner, or an administrator, has named. */
static int check_actor(struct draft *d, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_OWNERS, .number = BRG_USER };
	struct brg_str rest = brg_cstr(d->rules.delegates), word;
	struct brg_row row;
	int rc;

	if (d->mail->as.len == 0)
		return 0;
	q.text = d->mail->as;
	rc = store_one(&d->engine->store, &q, d->arena, &row, err);
	if (rc <= 0)
		return rc < 0 ? rc : brg_fail(err, &no_user, "user=%s", d->mail->as.ptr);
	if (brg_id_eq(&row.u.owner.id, &d->owner.id))
		return 0;
	d->actor = row.u.owner;
	while (mailbox_next_word(&rest, &word))
		if (brg_str_eq(word, d->mail->as))
			return 0;
	return brg_fail(err, &no_delegate, "user=%s\nowner=%s", d->mail->as.ptr, d->owner.name.ptr);
}

static int find_mailbox(struct draft *d, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_MAILBOXES };
	struct brg_row *rows, visit;
	size_t n;

	if (store_all(&d->engine->store, &q, d->arena, &rows, &n, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		struct brg_query v = { .size = sizeof(v),
				       .what = BRG_READ_VISITS,
				       .mailbox = rows[i].u.mailbox.id,
				       .number = BRG_OUTGOING };
		int rc;

		if (!brg_id_eq(&rows[i].u.mailbox.owner, &d->owner.id))
			continue;
		rc = store_one(&d->engine->store, &v, d->arena, &visit, err);
		if (rc < 0)
			return rc;
		if (rc > 0 && visit.u.visit.state != BRG_OFF) {
			d->mailbox = rows[i].u.mailbox;
			return 0;
		}
	}
	return brg_fail(err, &no_lane, "owner=%s", d->owner.name.ptr);
}

/* A Message-ID may lead to several mails: the one that was meant is known here. */
static int find_parent(struct draft *d, struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q),
			       .what = BRG_READ_RECORDS,
			       .id = d->mail->answers };
	struct brg_row row;
	int rc;

	if (brg_id_is_nil(&q.id))
		return 0;
	rc = store_one(&d->engine->store, &q, d->arena, &row, err);
	if (rc > 0)
		d->parent = row.u.record;
	return rc < 0 ? rc : 0;
}

static void set_parent(struct draft *d, const struct mime_header *header)
{
	if (brg_id_is_nil(&d->parent.id))
		return;
	d->track.correlated = true;
	d->track.parent.answer.method = CORRELATION_REPLY;
	d->track.parent.record = d->parent;
	correlate_clues(&d->tracker->trail.rules, header, d->arena, &d->track.parent.clues);
}

/* ---- making it ready ------------------------------------------------------------------------*/

static void add_recipient(struct draft *d, const struct mime_address *a, const char *field)
{
	struct recipients *r = &d->recipients;

	if (a->address.len == 0 || recipients_find(r, a->address))
		return;
	d->too_many = d->too_many || r->n == RECIPIENTS_MAX;
	if (d->too_many)
		return;
	r->at[r->n++] = (struct recipient){ .address = a->address, .field = brg_cstr(field) };
}

static int find_recipients(struct draft *d, struct brg_err *err)
{
	const struct mime_header *h = &d->header;
	struct brg_str *bcc = NULL;
	size_t n_bcc = 0;

	d->recipients.at = arena_alloc(d->arena, RECIPIENTS_MAX * sizeof(*d->recipients.at));
	for (size_t i = 0; i < h->n_to; i++)
		add_recipient(d, &h->to[i], "to");
	for (size_t i = 0; i < h->n_cc; i++)
		add_recipient(d, &h->cc[i], "cc");
	for (size_t i = 0; i < h->n_bcc; i++)
		add_recipient(d, &h->bcc[i], "bcc");
	if (mailbox_fold_addresses(d->mail->bcc, d->arena, &bcc, &n_bcc, err) < 0)
		return err->code;
	for (size_t i = 0; i < n_bcc; i++)
		add_recipient(d, &(struct mime_address){ .address = bcc[i] }, "bcc");
	if (d->too_many || h->more_addresses)
		return brg_fail(err, &too_many, "most=%d", RECIPIENTS_MAX);
	return d->recipients.n ? 0 : brg_fail(err, &no_recipients, "%s", "");
}

static uint64_t random_number(void)
{
	struct brg_id dice = id_new(0);
	uint64_t n = 0, most = 1;

	memcpy(&n, dice.b + 8, sizeof(n));
	for (int i = 0; i < TOKEN_DIGITS; i++)
		most *= 10;
	return n % most;
}

/* Everything that is settled before the hand-over: id, token, bytes. */
static int make_ready(struct draft *d, struct brg_err *err)
{
	const struct correlate_rules *rules = &d->tracker->trail.rules;
	const char *at = memrchr(d->header.from_address.ptr, '@', d->header.from_address.len);
	struct mime_edit edit = { .date_us = d->engine->now_us(d->engine) };
	char id[ID_TEXT];

	d->id = id_new(edit.date_us);
	d->message_id = brg_cstr(
		arena_printf(d->arena, "%s@%s", id_format(&d->id, id), at ? at + 1 : "localhost"));
	d->token = rules->token ? correlate_token(rules->prefixes[0], random_number(), d->arena)
				: (struct brg_str){ "", 0 };
	d->subject = correlate_subject(rules, d->header.subject, d->token, SUBJECT_MAX, d->arena);
	edit.message_id = d->message_id;
	if (!brg_str_eq(d->subject, d->header.subject))
		edit.subject = d->subject;
	if (!brg_id_is_nil(&d->actor.id))
		edit.sender = d->actor.address;
	d->ready = blob_new(d->arena);
	return mime_ready(d->mail->raw, &edit, d->ready, err);
}

struct lines {
	int64_t line;
	size_t octets; /* of it so far */
};

static int look_at(struct lines *l, const char *p, size_t n, struct brg_err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			l->line++;
			l->octets = 0;
			continue;
		}
		if (p[i] == '\0')
			return brg_fail(err, &has_nul, "line=%lld", (long long)l->line);
		l->octets += p[i] != '\r';
		if (l->octets > LINE_OCTETS)
			return brg_fail(err, &long_line, "line=%lld\nmost=%d", (long long)l->line,
					LINE_OCTETS);
	}
	return 0;
}

/* What no server would take is refused while somebody listens. */
static int check_lines(struct draft *d, struct brg_err *err)
{
	struct lines l = { .line = 1 };
	char piece[16384];
	uint64_t at = 0;
	int64_t n;
	int rc = 0;

	while (rc == 0 && (n = blob_read(d->ready, at, piece, sizeof(piece), err)) != 0) {
		rc = n < 0 ? (int)n : look_at(&l, piece, (size_t)n, err);
		at += n > 0 ? (uint64_t)n : 0;
	}
	return rc;
}

/* ---- into the store -------------------------------------------------------------------------*/

static void note_put(struct step *step, const struct brg_outgoing_row *o, int64_t now_us)
{
	time_t t = (time_t)(o->next_us / 1000000);
	char params[48];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(params, sizeof(params), "when=%Y-%m-%dT%H:%M:%SZ", &tm))
		params[0] = '\0';
	outbox_note(step, o, &was_put, now_us, params);
}

static void put_outgoing(struct draft *d, struct step *step, size_t record)
{
	struct brg_record_row *r = &step->ops[record].u.record;
	struct brg_outgoing_row *o;
	int64_t now = d->engine->now_us(d->engine);

	r->sorted_us = now;
	if (!brg_id_is_nil(&d->mail->regarding))
		r->regarding = d->mail->regarding;
	o = &step_add(step, BRG_OP_OUTGOING, BRG_NEW)->u.outgoing;
	*o = (struct brg_outgoing_row){
		.record = d->id,
		.mailbox = d->mailbox.id,
		.state = BRG_OUT_PENDING,
		.next_us = d->mail->not_before_us ? d->mail->not_before_us : now,
		.sender = d->mailbox.address.len ? d->mailbox.address : d->owner.address,
		.recipients = recipients_write(&d->recipients, step->arena),
	};
	if (d->token.len)
		step_add(step, BRG_OP_CLUE, BRG_NEW)->u.clue = (struct brg_clue_row){
			CLUE_TOKEN, trail_clue(d->engine, CLUE_TOKEN, d->token, step->arena), d->id
		};
	note_put(step, o, now);
	if (o->next_us <= now)
		step_add(step, BRG_OP_WANT, BRG_ANY)->u.want =
			(struct brg_want){ d->mailbox.id, BRG_OUTGOING };
}

/* One try. BRG_REFUSED: its token or Message-ID met another at the same moment. */
static int commit_draft(struct draft *d, struct brg_err *err)
{
	struct track_reader reader = { .owner = d->owner.id,
				       .owner_type = d->owner.type,
				       .address = d->owner.address,
				       .senders = "",
				       .visibility = d->rules.visibility };
	struct mime_header header = d->header;
	struct cargo cargo = { .durability = BRG_DURABLE };
	struct parcel parcel = { .raw = d->ready };
	struct landing landing;
	struct step step;
	size_t record;
	int rc = make_ready(d, err);

	if (rc == 0)
		rc = check_lines(d, err);
	if (rc < 0)
		return rc;
	parcel.raw = d->ready;
	header.message_id = d->message_id;
	header.subject = d->subject;
	d->track = (struct track_mail){ .header = &header,
					.body = d->ready,
					.received_us = d->engine->now_us(d->engine),
					.by_hand = true,
					.outgoing = true };
	set_parent(d, &header);
	rc = track_judge(d->tracker, &reader, &d->track, d->arena, err);
	if (rc < 0)
		return rc;
	step_init(&step, d->arena);
	(void)track_write_as(d->tracker, &reader, &d->track, &d->id, &step, &record);
	put_outgoing(d, &step, record);
	parcel.record = record;
	cargo.step = step;
	cargo.parcels = &parcel;
	flight_walk(d->engine, &cargo, &landing);
	if (landing.rc < 0)
		*err = landing.err;
	return landing.rc;
}

int outbox_put(struct engine *engine, const struct outbox_mail *mail, struct brg_id *id,
	       struct brg_err *err)
{
	struct draft d = { .engine = engine, .mail = mail, .arena = arena_new() };
	int rc;

	d.tracker = tracker_new(engine);
	rc = read_header(&d, err);
	if (rc == 0)
		rc = find_owner(&d, err);
	if (rc == 0)
		rc = check_actor(&d, err);
	if (rc == 0)
		rc = find_mailbox(&d, err);
	if (rc == 0)
		rc = find_recipients(&d, err);
	if (rc == 0)
		rc = find_parent(&d, err);
	for (int tries = 1; rc == 0; tries++) {
		rc = commit_draft(&d, err);
		if (rc != BRG_REFUSED)
			break;
		rc = tries < PUT_TRIES ? 0 : brg_fail(err, &outbox_in_between, "%s", "");
	}
	*id = d.id;
	tracker_free(&d.tracker);
	arena_free(&d.arena);
	return rc;
}
