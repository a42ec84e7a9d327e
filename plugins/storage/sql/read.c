/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions into statements, and rows out of them. A question without a bound is walked
 * row by row; nothing is gathered.
 */
#include "statements.h"

#include <stdlib.h>

/* ---- rows ---------------------------------------------------------------------------*/

void sql_take_owner(struct take *t, struct brg_owner_row *r)
{
	r->id = take_id(t);
	r->type = (int)take_int(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->address = take_str(t);
	r->settings = take_str(t);
}

void sql_take_profile(struct take *t, struct brg_profile_row *r)
{
	r->id = take_id(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->connector = take_str(t);
	r->max_connections = take_int(t);
	r->settings = take_str(t);
	r->sealed = take_str(t);
}

void sql_take_mailbox(struct take *t, struct brg_mailbox_row *r)
{
	r->id = take_id(t);
	r->owner = take_id(t);
	r->profile = take_id(t);
	r->version = take_int(t);
	r->name = take_str(t);
	r->address = take_str(t);
	r->identity = take_str(t);
	r->settings = take_str(t);
	r->sealed = take_str(t);
}

void sql_take_visit(struct take *t, struct brg_visit_row *r)
{
	r->id = take_id(t);
	r->mailbox = take_id(t);
	r->profile = take_id(t);
	r->lane = (int)take_int(t);
	r->state = (int)take_int(t);
	r->due_us = take_int(t);
	r->wanted = take_int(t);
	r->interval_ms = take_int(t);
	r->failures = (int32_t)take_int(t);
	r->strikes = (int32_t)take_int(t);
	r->probes = (int32_t)take_int(t);
	r->outcome = (int)take_int(t);
	r->started_us = take_int(t);
	r->ended_us = take_int(t);
	r->items = take_int(t);
	r->items_failed = take_int(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
	r->token = take_int(t);
	r->process = take_id(t);
	r->wanted_claimed = take_int(t);
}

static void take_record(struct take *t, struct brg_record_row *r)
{
	struct brg_str body;

	r->id = take_id(t);
	r->owner = take_id(t);
	r->version = take_int(t);
	r->kind = (int)take_int(t);
	r->created_us = take_int(t);
	r->modified_us = take_int(t);
	r->sorted_us = take_int(t);
	r->fields = take_str(t);
	body = take_str(t);
	if (body.len == sizeof(r->body.b))
		memcpy(r->body.b, body.ptr, sizeof(r->body.b));
	r->body_octets = (uint64_t)take_int(t);
	r->message_key = take_str(t);
}

static void take_link(struct take *t, struct brg_link_row *r)
{
	r->id = take_id(t);
	r->record = take_id(t);
	r->mailbox = take_id(t);
	r->version = take_int(t);
	r->live = take_int(t) != 0;
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->remote_version = take_str(t);
}

void sql_take_mark(struct take *t, struct brg_mark_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->state = (int)take_int(t);
	r->print = take_str(t);
	r->octets = (uint64_t)take_int(t);
	r->seen_us = take_int(t);
	r->record = take_id(t);
}

static void take_decision(struct take *t, struct brg_decision_row *r)
{
	r->id = take_id(t);
	r->mailbox = take_id(t);
	r->record = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->message_key = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
}

void sql_take_parked(struct take *t, struct brg_parked_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->remote_id = take_str(t);
	r->tries = (int32_t)take_int(t);
	r->next_us = take_int(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
}

void sql_take_cursor(struct take *t, struct brg_cursor_row *r)
{
	r->mailbox = take_id(t);
	r->folder = take_str(t);
	r->value = take_str(t);
	r->moved_us = take_int(t);
}

static void take_alert(struct take *t, struct brg_alert_row *r)
{
	r->id = take_id(t);
	r->level = (int)take_int(t);
	r->scope = (int)take_int(t);
	r->object = take_id(t);
	r->detail = take_str(t);
	r->code = take_str(t);
	r->params = take_str(t);
	r->said = take_str(t);
	r->count = take_int(t);
	r->first_us = take_int(t);
	r->last_us = take_int(t);
	r->cleared_us = take_int(t);
}

/* False: this row is none (a profile with nothing to do). */
static bool take_due(struct take *t, struct brg_due_row *r)
{
	r->profile = take_id(t);
	r->max_connections = take_int(t);
	r->due = take_int(t);
	r->wanted = take_int(t);
	r->next_us = take_int(t);
	r->due += r->wanted;
	if (!r->next_us)
		r->next_us = INT64_MAX;
	return r->due || r->next_us != INT64_MAX;
}

static bool take_row(struct take *t, struct brg_row *row)
{
	switch (row->what) {
	case BRG_READ_STORE:
		row->u.store.id = take_id(t);
		row->u.store.epoch = take_int(t);
		row->u.store.schema = take_int(t);
		row->u.store.key_check = take_str(t);
		break;
	case BRG_READ_OWNERS:
		sql_take_owner(t, &row->u.owner);
		break;
	case BRG_READ_PROFILES:
		sql_take_profile(t, &row->u.profile);
		break;
	case BRG_READ_MAILBOXES:
		sql_take_mailbox(t, &row->u.mailbox);
		break;
	case BRG_READ_VISITS:
		sql_take_visit(t, &row->u.visit);
		break;
	case BRG_READ_RECORDS:
		take_record(t, &row->u.record);
		break;
	case BRG_READ_LINKS:
		take_link(t, &row->u.link);
		break;
	case BRG_READ_MARKS:
	case BRG_READ_PRINTS:
		sql_take_mark(t, &row->u.mark);
		break;
	case BRG_READ_DECISIONS:
		take_decision(t, &row->u.decision);
		break;
	case BRG_READ_PARKED:
		sql_take_parked(t, &row->u.parked);
		break;
	case BRG_READ_ALERTS:
		take_alert(t, &row->u.alert);
		break;
	case BRG_READ_COUNTERS:
		row->u.counter.name = take_str(t);
		row->u.counter.label = take_str(t);
		row->u.counter.value = take_int(t);
		break;
	case BRG_READ_PROCESSES:
		row->u.process.id = take_id(t);
		row->u.process.node = take_str(t);
		row->u.process.role = take_str(t);
		row->u.process.pid = take_int(t);
		row->u.process.joined_us = take_int(t);
		break;
	case BRG_READ_DUE:
		return take_due(t, &row->u.due);
	case BRG_READ_CURSORS:
		sql_take_cursor(t, &row->u.cursor);
		break;
	}
	return true;
}

/* ---- questions ----------------------------------------------------------------------*/

static const struct brg_id last_id = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

/* Lists that go down start from the end. */
static const struct brg_id *before(const struct brg_query *q)
{
	return brg_id_is_nil(&q->after) ? &last_id : &q->after;
}

static struct put ask(struct sql_db *db, int s)
{
	return (struct put){ db, s, 0 };
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

/* Lists of records go on below (sorted_us, id) of the last one seen. */
static int ask_records(struct sql_db *db, const struct brg_query *q, bool *limited, struct put *p,
		       struct brg_err *err)
{
	int64_t place = INT64_MAX;

	*limited = true;
	if (!brg_id_is_nil(&q->id)) {
		*p = ask(db, S_READ_RECORD);
		put_id(p, &q->id);
		*limited = false;
		return 0;
	}
	if (q->text.len) {
		*p = ask(db, S_READ_RECORD_MESSAGE);
		put_blob(p, q->text);
		put_id(p, &q->after);
		return 0;
	}
	if (!brg_id_is_nil(&q->after)) {
		*p = ask(db, S_RECORD_PLACE);
		put_id(p, &q->after);
		if (run_int(db, p->s, &place, err) < 0)
			return err->code;
	}
	if (!brg_id_is_nil(&q->mailbox)) {
		*p = ask(db, S_READ_RECORDS_OF);
		put_id(p, &q->mailbox);
	} else {
		*p = ask(db, S_READ_RECORDS);
	}
	put_int(p, place);
	put_id(p, before(q));
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
	put_id(&p, before(q));
	return p;
}

static struct put ask_alerts(struct sql_db *db, const struct brg_query *q)
{
	bool of = !brg_id_is_nil(&q->id);
	struct put p = ask(db, of ? S_READ_ALERTS_OF : S_READ_ALERTS);

	if (of)
		put_id(&p, &q->id);
	put_id(&p, before(q));
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

static int ask_any(struct sql_db *db, const struct brg_query *q, struct put *p, struct brg_err *err)
{
	bool limited = true;
	bool record = !brg_id_is_nil(&q->other);

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
	case BRG_READ_LINKS:
		*p = ask(db, record ? S_READ_LINKS_RECORD : S_READ_LINKS_OF);
		put_id(p, record ? &q->other : &q->mailbox);
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
	default:
		return brg_fail(err, &sql_bad_call, "what=read %d", q->what);
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
		out.what = q->what;
		if (!take_row(&t, &out))
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
