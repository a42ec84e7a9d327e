/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions into statements. A question without a bound is walked row by row; nothing is
 * gathered.
 */
#include "statements.h"

#include <stdlib.h>

/* ---- questions ------------------------------------------------------------------------------*/

static const struct brg_id last_id = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* Lists that go down start from the end. */
const struct brg_id *sql_before(const struct brg_query *q)
{
	return brg_id_is_nil(&q->after) ? &last_id : &q->after;
}

static struct put ask_directory(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	static const int by_id[] = { S_READ_OWNER, S_READ_PROFILE, S_READ_MAILBOX };
	static const int by_name[] = { S_READ_OWNER_NAMED, S_READ_PROFILE_NAMED,
				       S_READ_MAILBOX_NAMED };
	static const int every[] = { S_READ_OWNERS, S_READ_PROFILES, S_READ_MAILBOXES };
	int kind = q->what - BRG_READ_OWNERS;
	struct put p = { 0 };

	if (!brg_id_is_nil(&q->id)) {
		p = ask(db, by_id[kind]);
		put_id(&p, &q->id);
		return p;
	}
	if (q->text.len) {
		p = ask(db, by_name[kind]);
		if (q->what == BRG_READ_OWNERS)
			put_int(&p, q->number);
		put_text(&p, q->text);
		if (q->what != BRG_READ_MAILBOXES)
			return p;
	} else if (q->what == BRG_READ_MAILBOXES && !brg_id_is_nil(&q->other)) {
		p = ask(db, S_READ_MAILBOX_PROFILE);
		put_id(&p, &q->other);
	} else {
		p = ask(db, every[kind]);
	}
	put_id(&p, &q->after);
	*limited = true;
	return p;
}

static struct put ask_visits(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool of = !brg_id_is_nil(&q->mailbox);
	struct put p = ask(db, of ? S_READ_VISITS_OF : S_READ_VISITS);

	put_id(&p, of ? &q->mailbox : &q->after);
	put_int(&p, q->number);
	*limited = !of;
	return p;
}

void sql_put_viewer(struct put *p, const struct brg_query *q)
{
	size_t n = brg_id_is_nil(&q->viewer) ? 0 : sizeof(q->viewer.b);

	put_blob(p, (struct brg_str){ (const char *)q->viewer.b, n });
}

/* Which list of records, and of what. */
static int which_records(const struct brg_query *q, const struct brg_id **of)
{
	const struct {
		const struct brg_id *id;
		int s;
	} lists[] = {
		{ &q->thread, S_READ_RECORDS_THREAD },
		{ &q->party, S_READ_RECORDS_PARTY },
		{ &q->regarding, S_READ_RECORDS_REGARDING },
		{ &q->mailbox, S_READ_RECORDS_OF },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		*of = lists[i].id;
		if (!brg_id_is_nil(*of))
			return lists[i].s;
	}
	return S_READ_RECORDS;
}

int sql_place(struct sql_db *db, const struct brg_query *q, int64_t *place, struct brg_err *err)
{
	struct put p = ask(db, S_RECORD_PLACE);

	*place = INT64_MAX;
	if (brg_id_is_nil(&q->after))
		return 0;
	put_id(&p, &q->after);
	return run_int(db, p.s, place, err) < 0 ? err->code : 0;
}

/* Lists of records go on below (sorted_us, id) of the last one seen. */
static int ask_records(struct sql_db *db, const struct brg_query *q, bool *limited, struct put *p,
		       struct brg_err *err)
{
	const struct brg_id *of;
	int64_t place;
	int list = which_records(q, &of);

	*limited = true;
	if (!brg_id_is_nil(&q->id)) {
		*p = ask(db, S_READ_RECORD);
		put_id(p, &q->id);
		sql_put_viewer(p, q);
		*limited = false;
		return 0;
	}
	if (q->text.len && q->number) {
		*p = ask(db, S_READ_RECORD_CLUE);
		put_int(p, q->number);
		put_blob(p, q->text);
		sql_put_viewer(p, q);
		return 0;
	}
	if (q->text.len) {
		*p = ask(db, S_READ_RECORD_MESSAGE);
		put_blob(p, q->text);
		put_id(p, &q->after);
		sql_put_viewer(p, q);
		return 0;
	}
	if (sql_place(db, q, &place, err) < 0)
		return err->code;
	*p = ask(db, list);
	put_id(p, of);
	put_int(p, place);
	put_id(p, sql_before(q));
	sql_put_viewer(p, q);
	return 0;
}

static struct put ask_marks(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool print = q->what == BRG_READ_PRINTS;
	struct put p = ask(db, print	     ? S_READ_PRINTS
			       : q->text.len ? S_READ_MARK
			       : q->number   ? S_READ_MARKS_STATE
					     : S_READ_MARKS);

	put_id(&p, &q->mailbox);
	if (print) {
		put_blob(&p, (struct brg_str){ q->text.ptr, q->text.len < 8 ? q->text.len : 8 });
		put_blob(&p, q->text);
	}
	put_text(&p, q->folder);
	if (p.s == S_READ_MARK)
		put_text(&p, q->text);
	if (p.s == S_READ_MARKS_STATE)
		put_int(&p, q->number);
	*limited = p.s != S_READ_MARK;
	return p;
}

static struct put ask_decisions(struct sql_db *db, const struct brg_query *q)
{
	struct put p = { 0 };

	if (!brg_id_is_nil(&q->other)) {
		p = ask(db, S_READ_DECISIONS_RECORD);
		put_id(&p, &q->other);
	} else if (q->text.len) {
		p = ask(db, S_READ_DECISIONS_MESSAGE);
		put_blob(&p, q->text);
	} else {
		p = ask(db, q->remote.len ? S_READ_DECISIONS_ITEM : S_READ_DECISIONS_OF);
		put_id(&p, &q->mailbox);
		if (q->remote.len) {
			put_text(&p, q->folder);
			put_text(&p, q->remote);
		}
	}
	put_id(&p, sql_before(q));
	return p;
}

static struct put ask_alerts(struct sql_db *db, const struct brg_query *q)
{
	bool of = !brg_id_is_nil(&q->id);
	struct put p = ask(db, of ? S_READ_ALERTS_OF : S_READ_ALERTS);

	if (of)
		put_id(&p, &q->id);
	put_id(&p, sql_before(q));
	put_int(&p, q->number == 1);
	return p;
}

/* Of one mailbox, or all. */
static struct put ask_of(struct sql_db *db, const struct brg_query *q, int of, int all)
{
	struct put p = ask(db, brg_id_is_nil(&q->mailbox) ? all : of);

	if (p.s == of)
		put_id(&p, &q->mailbox);
	return p;
}

static struct put ask_references(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	struct put p = ask(db, !brg_id_is_nil(&q->id) ? S_READ_REFERENCE
			       : q->text.len	      ? S_READ_REFERENCE_NAMED
						      : S_READ_REFERENCES);

	*limited = p.s == S_READ_REFERENCES;
	if (p.s == S_READ_REFERENCE_NAMED) {
		put_text(&p, q->remote);
		put_text(&p, q->text);
	} else {
		put_id(&p, *limited ? &q->after : &q->id);
	}
	return p;
}

static struct put ask_outgoing(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool of = !brg_id_is_nil(&q->mailbox), due = of && q->number && q->now_us;
	struct put p = ask(db, due  ? S_READ_OUTGOING_OPEN
			       : of ? S_READ_OUTGOING_OF
				    : S_READ_OUTGOING_ALL);

	if (!brg_id_is_nil(&q->id)) {
		p = ask(db, S_READ_OUTGOING);
		put_id(&p, &q->id);
		*limited = false;
		return p;
	}
	if (of)
		put_id(&p, &q->mailbox);
	put_int(&p, q->number);
	if (of)
		put_int(&p, q->now_us);
	put_id(&p, &q->after);
	return p;
}

/* What belongs to `other`, or what has this text. */
static struct put ask_small(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool of = !brg_id_is_nil(&q->other);
	bool all = !of && q->text.len == 0;
	struct put p = { 0 };

	switch (q->what) {
	case BRG_READ_ADDRESSES:
		p = ask(db, of ? S_READ_ADDRESSES_OF : all ? S_READ_ADDRESSES : S_READ_ADDRESS);
		if (all)
			return p;
		break;
	case BRG_READ_EXTERNALS:
		p = ask(db, of ? S_READ_EXTERNALS_OF : all ? S_READ_EXTERNALS : S_READ_EXTERNAL);
		*limited = of || all;
		if (all)
			return p;
		break;
	case BRG_READ_CLUES:
		p = ask(db, of ? S_READ_CLUES_RECORD : S_READ_CLUES);
		break;
	case BRG_READ_QUEUE_ITEMS:
		p = ask(db, of ? S_READ_QUEUE_ITEMS : S_READ_QUEUE_ITEMS_RECORD);
		put_id(&p, of ? &q->other : &q->id);
		if (of)
			put_id(&p, &q->after);
		return p;
	default:
		p = ask(db, S_READ_PARTIES);
		break;
	}
	if (of || q->what == BRG_READ_PARTIES) {
		put_id(&p, &q->other);
		return p;
	}
	if (q->what == BRG_READ_EXTERNALS)
		put_text(&p, q->remote);
	if (q->what == BRG_READ_CLUES) {
		put_int(&p, q->number);
		put_blob(&p, q->text);
	} else {
		put_text(&p, q->text);
	}
	return p;
}

static int ask_any(struct sql_db *db, const struct brg_query *q, struct put *p, struct brg_err *err)
{
	bool limited = true;
	bool record = !brg_id_is_nil(&q->other);
	int rc;

	switch (q->what) {
	case BRG_READ_STORE:
		*p = ask(db, S_READ_STORE);
		return 0;
	case BRG_READ_OWNERS:
	case BRG_READ_PROFILES:
	case BRG_READ_MAILBOXES:
		limited = false;
		*p = ask_directory(db, q, &limited);
		break;
	case BRG_READ_VISITS:
		*p = ask_visits(db, q, &limited);
		break;
	case BRG_READ_RECORDS:
		if (ask_records(db, q, &limited, p, err) < 0)
			return err->code;
		break;
	case BRG_READ_AGED:
		*p = ask(db, S_READ_AGED);
		put_int(p, q->now_us);
		break;
	case BRG_READ_LINKS:
		*p = ask(db, record	     ? S_READ_LINKS_RECORD
			     : q->folder.len ? S_READ_LINKS_IN
					     : S_READ_LINKS_OF);
		put_id(p, record ? &q->other : &q->mailbox);
		if (!record && q->folder.len)
			put_text(p, q->folder);
		put_id(p, &q->after);
		break;
	case BRG_READ_MARKS:
	case BRG_READ_PRINTS:
		*p = ask_marks(db, q, &limited);
		break;
	case BRG_READ_DECISIONS:
		*p = ask_decisions(db, q);
		break;
	case BRG_READ_PARKED:
		*p = ask_of(db, q, S_READ_PARKED_OF, S_READ_PARKED);
		break;
	case BRG_READ_ALERTS:
		*p = ask_alerts(db, q);
		break;
	case BRG_READ_COUNTERS:
		*p = ask(db, S_READ_COUNTERS);
		break;
	case BRG_READ_PROCESSES:
		*p = ask(db, S_READ_PROCESSES);
		put_id(p, &q->after);
		break;
	case BRG_READ_DUE:
		*p = ask(db, S_READ_DUE);
		put_int(p, q->number);
		put_int(p, q->now_us);
		return 0;
	case BRG_READ_CURSORS:
		*p = ask_of(db, q, S_READ_CURSORS_OF, S_READ_CURSORS);
		break;
	case BRG_READ_REFERENCES:
		*p = ask_references(db, q, &limited);
		break;
	case BRG_READ_OUTGOING:
		*p = ask_outgoing(db, q, &limited);
		break;
	case BRG_READ_ADDRESSES:
	case BRG_READ_EXTERNALS:
	case BRG_READ_PARTIES:
	case BRG_READ_QUEUE_ITEMS:
	case BRG_READ_CLUES:
		*p = ask_small(db, q, &limited);
		break;
	case BRG_READ_SHUNNED:
		limited = q->text.len == 0;
		*p = ask(db, limited ? S_READ_ALL_SHUNNED : S_READ_SHUNNED);
		if (!limited)
			put_blob(p, q->text);
		break;
	case BRG_READ_STATES:
		*p = ask(db, S_CLAIMED_STATES);
		put_id(p, &q->mailbox);
		return 0;
	default:
		rc = sql_ask_sync(db, q, p, &limited, err);
		if (rc == 0)
			rc = brg_fail(err, &sql_bad_call, "what=read %d", q->what);
		if (rc < 0)
			return rc;
		break;
	}
	if (limited)
		put_int(p, q->limit ? q->limit : INT64_MAX);
	return 0;
}

static int read_counts(struct sql_db *db, const struct brg_query *q, sql_row_fn *row, void *arg,
		       struct brg_err *err)
{
	static const struct {
		const char *name, *second;
		int all, of; /* of: 0 where the question makes no sense */
	} counts[] = {
		{ "owners", NULL, S_COUNT_OWNERS, 0 },
		{ "profiles", NULL, S_COUNT_PROFILES, 0 },
		{ "mailboxes", NULL, S_COUNT_MAILBOXES, 0 },
		{ "records", NULL, S_COUNT_RECORDS, S_COUNT_RECORDS_OF },
		{ "links", NULL, S_COUNT_LINKS, S_COUNT_LINKS_OF },
		{ "marks", NULL, S_COUNT_MARKS, S_COUNT_MARKS_OF },
		{ "parked", NULL, S_COUNT_PARKED, S_COUNT_PARKED_OF },
		{ "inbox", NULL, S_COUNT_INBOX, S_COUNT_INBOX_OF },
		{ "intents", NULL, S_COUNT_INTENTS, S_COUNT_INTENTS_OF },
		{ "conflicts", NULL, S_COUNT_CONFLICTS, S_COUNT_CONFLICTS_OF },
		{ "plans", NULL, S_COUNT_PLANS, S_COUNT_PLANS_OF },
		{ "bodies", "body-bytes", S_COUNT_BODIES, S_COUNT_BODIES_OF },
	};
	bool one = !brg_id_is_nil(&q->mailbox);

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct put p = ask(db, one ? counts[i].of : counts[i].all);
		struct brg_row out = { .what = q->what };
		int64_t n[2] = { 0, 0 };
		int rc;

		if (!p.s)
			continue;
		if (one)
			put_id(&p, &q->mailbox);
		rc = db->driver->step(db, p.s, err);
		if (rc > 0) {
			n[0] = db->driver->get_int(db, p.s, 0);
			n[1] = db->driver->get_int(db, p.s, 1);
		}
		db->driver->reset(db, p.s);
		if (rc < 0)
			return rc;
		out.u.counter =
			(struct brg_counter_row){ .name = brg_cstr(counts[i].name), .value = n[0] };
		rc = row(arg, &out);
		if (rc == 0 && counts[i].second) {
			out.u.counter.name = brg_cstr(counts[i].second);
			out.u.counter.value = n[1];
			rc = row(arg, &out);
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

int sql_read(struct sql_db *db, const struct brg_query *q, sql_row_fn *row, void *arg,
	     struct brg_err *err)
{
	struct put p = { 0 };
	int rc;

	if (q->what == BRG_READ_COUNTS)
		return read_counts(db, q, row, arg, err);
	if (ask_any(db, q, &p, err) < 0)
		return err->code;
	while ((rc = db->driver->step(db, p.s, err)) > 0) {
		struct brg_row out;
		struct take t = { db, p.s, 0 };

		memset(&out, 0, sizeof(out));
		out.what = sql_is_feed(q) ? BRG_READ_CHANGES : q->what;
		if (!sql_take_row(&t, &out))
			continue;
		rc = row(arg, &out);
		if (rc != 0)
			break;
	}
	db->driver->reset(db, p.s);
	return rc;
}

int sql_body(struct sql_db *db, const struct brg_sha *sha,
	     int (*chunk)(void *arg, struct brg_str bytes), void *arg, struct brg_err *err)
{
	struct put p = ask(db, S_BODY_CHUNKS);
	bool any = false;
	int rc;

	put_sha(&p, sha);
	while ((rc = db->driver->step(db, p.s, err)) > 0) {
		any = true;
		rc = chunk(arg, db->driver->get_bytes(db, p.s, 0));
		if (rc != 0)
			break;
	}
	db->driver->reset(db, p.s);
	if (rc == 0 && !any)
		return brg_fail(err, &sql_no_body, "%s", "");
	return rc;
}
