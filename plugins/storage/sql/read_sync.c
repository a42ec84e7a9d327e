/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions about records both ways.
 */
#include "statements.h"

#include <stdlib.h>

/* The first id that is given chooses the statement; `all` where none is. */
struct choice {
	const struct brg_id *id;
	int s;
};

static struct put ask_first(struct sql_db *db, const struct choice *choices, size_t n, int all)
{
	struct put p;

	for (size_t i = 0; i < n; i++) {
		if (brg_id_is_nil(choices[i].id))
			continue;
		p = ask(db, choices[i].s);
		put_id(&p, choices[i].id);
		return p;
	}
	return ask(db, all);
}

static struct put ask_links(struct sql_db *db, const struct brg_query *q)
{
	bool missing = q->what == BRG_READ_LINKS_MISSING;
	struct put p = ask(db, missing ? S_READ_LINKS_MISSING : S_READ_LINKS_DIRTY);

	put_id(&p, &q->mailbox);
	put_id(&p, &q->after);
	if (missing)
		put_int(&p, q->number);
	return p;
}

static struct put ask_link(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool one = !brg_id_is_nil(&q->id), of_record = !brg_id_is_nil(&q->other);
	struct put p = ask(db, one	   ? S_READ_LINK
			       : of_record ? S_READ_LINK_RECORD
					   : S_READ_LINK_ITEM);

	*limited = !one;
	put_id(&p, &q->mailbox);
	if (one) {
		put_id(&p, &q->id);
	} else if (of_record) {
		put_id(&p, &q->other);
	} else {
		put_text(&p, q->folder);
		put_text(&p, q->remote);
	}
	return p;
}

static struct put ask_shadows(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	struct put p;

	*limited = brg_id_is_nil(&q->id);
	p = ask(db, *limited ? S_READ_SHADOWS_RECORD : S_READ_SHADOW);
	put_id(&p, *limited ? &q->other : &q->mailbox);
	if (!*limited)
		put_id(&p, &q->id);
	return p;
}

static struct put ask_inbox(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool one = q->number == 1;
	struct put p = ask(db, one	     ? S_READ_INBOX_ONE
			       : q->text.len ? S_READ_INBOX_MATCH
					     : S_READ_INBOX);

	*limited = !one;
	put_id(&p, &q->mailbox);
	if (p.s == S_READ_INBOX_MATCH) {
		put_blob(&p, q->text);
		return p;
	}
	put_text(&p, q->folder);
	put_text(&p, q->remote);
	return p;
}

static struct put ask_history(struct sql_db *db, const struct brg_query *q)
{
	const struct choice by[] = { { &q->other, S_READ_HISTORY_RECORD },
				     { &q->mailbox, S_READ_HISTORY_OF } };
	struct put p = ask_first(db, by, 2, S_READ_HISTORY_RUN);

	if (p.s == S_READ_HISTORY_RUN)
		put_blob(&p, q->text);
	put_id(&p, sql_before(q));
	return p;
}

static struct put ask_conflicts(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	const struct choice by[] = { { &q->id, S_READ_CONFLICT },
				     { &q->other, S_READ_CONFLICTS_RECORD },
				     { &q->mailbox, S_READ_CONFLICTS_OF } };
	struct put p =
		ask_first(db, by, 3, q->number == 1 ? S_READ_CONFLICTS : S_READ_CONFLICTS_OPEN);

	*limited = p.s != S_READ_CONFLICT;
	if (!*limited)
		return p;
	put_id(&p, &q->after);
	if (p.s == S_READ_CONFLICTS_RECORD || p.s == S_READ_CONFLICTS_OF)
		put_int(&p, q->number);
	return p;
}

static struct put ask_plans(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	const struct choice by[] = { { &q->id, S_READ_PLAN }, { &q->mailbox, S_READ_PLANS_OF } };
	struct put p = ask_first(db, by, 2, q->number ? S_READ_PLANS_STATE : S_READ_PLANS);

	*limited = p.s != S_READ_PLAN;
	if (!*limited)
		return p;
	if (p.s == S_READ_PLANS_STATE)
		put_int(&p, q->number);
	put_id(&p, sql_before(q));
	if (p.s == S_READ_PLANS_OF)
		put_int(&p, q->number);
	return p;
}

static struct put ask_filters(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	const struct choice by[] = { { &q->id, S_READ_FILTER }, { &q->other, S_READ_FILTERS_OF } };
	struct put p = ask_first(db, by, 2, S_READ_FILTERS);

	*limited = p.s != S_READ_FILTER;
	if (p.s == S_READ_FILTERS_OF)
		put_int(&p, q->number);
	if (*limited)
		put_id(&p, &q->after);
	return p;
}

static struct put ask_tracked(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	const struct choice by[] = { { &q->mailbox,
				       q->folder.len ? S_READ_TRACKED : S_READ_TRACKED_OF } };
	struct put p = ask_first(db, by, 1, S_READ_TRACKED_ALL);

	*limited = p.s != S_READ_TRACKED;
	if (!*limited)
		put_text(&p, q->folder);
	return p;
}

/* "generation-number" or "generation-transaction-number"; anything else: the start. */
void sql_put_position(struct put *p, struct brg_str text)
{
	int64_t parts[3] = { 0, 0, 0 };
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '-' && n < 2)
			n++;
		else if (text.ptr[i] >= '0' && text.ptr[i] <= '9' && parts[n] < INT64_MAX / 16)
			parts[n] = parts[n] * 10 + (text.ptr[i] - '0');
		else
			parts[0] = 0; /* no generation has it */
	}
	put_int(p, parts[0]);
	put_int(p, n == 2 ? parts[1] : 0);
	put_int(p, parts[n ? n : 1]);
}

static struct put ask_changes(struct sql_db *db, const struct brg_query *q, bool *limited)
{
	bool last = brg_str_eq(q->remote, brg_cstr("last"));
	struct put p = ask(db, last ? S_READ_CHANGES_LAST : S_READ_CHANGES);

	*limited = !last;
	if (last)
		return p;
	sql_put_position(&p, q->text);
	put_int(&p, q->number);
	return p;
}

static struct put ask_edits(struct sql_db *db, const struct brg_query *q)
{
	struct put p = ask(db, q->number == BRG_EDIT_NEW ? S_READ_EDITS_NEW : S_READ_EDITS);
	int64_t behind = 0;

	for (size_t i = 0; i < q->text.len && behind < INT64_MAX / 16; i++)
		behind = behind * 10 + (q->text.ptr[i] - '0');
	put_int(&p, q->number);
	put_int(&p, behind);
	return p;
}

static int ask_records_act(struct sql_db *db, const struct brg_query *q, struct put *p,
			   struct brg_err *err)
{
	bool of = !brg_id_is_nil(&q->other);
	int64_t place;

	if (sql_place(db, q, &place, err) < 0)
		return err->code;
	*p = ask(db, of ? S_READ_RECORDS_ACT_OF : S_READ_RECORDS_ACT);
	put_id(p, &q->other);
	put_int(p, place);
	put_id(p, sql_before(q));
	sql_put_viewer(p, q);
	put_int(p, q->number);
	put_int(p, brg_str_eq(q->remote, brg_cstr("deleted")));
	return 0;
}

static struct put ask_schedule(struct sql_db *db, const struct brg_query *q)
{
	struct put p = ask(db, S_READ_SCHEDULE);

	put_int(&p, q->number);
	put_int(&p, q->now_us);
	put_int(&p, q->until_us);
	sql_put_viewer(&p, q);
	return p;
}

int sql_ask_sync(struct sql_db *db, const struct brg_query *q, struct put *p, bool *limited,
		 struct brg_err *err)
{
	const struct choice of_mailbox[] = { { &q->mailbox, S_READ_INTENTS_OF } };

	switch (q->what) {
	case BRG_READ_LINKS_DIRTY:
	case BRG_READ_LINKS_MISSING:
		*p = ask_links(db, q);
		return 1;
	case BRG_READ_LINK:
		*p = ask_link(db, q, limited);
		return 1;
	case BRG_READ_SHADOWS:
		*p = ask_shadows(db, q, limited);
		return 1;
	case BRG_READ_INBOX:
		*p = ask_inbox(db, q, limited);
		return 1;
	case BRG_READ_INTENTS:
		*p = ask_first(db, of_mailbox, 1, S_READ_INTENTS);
		put_id(p, &q->after);
		return 1;
	case BRG_READ_HISTORY:
		*p = ask_history(db, q);
		return 1;
	case BRG_READ_CONFLICTS:
		*p = ask_conflicts(db, q, limited);
		return 1;
	case BRG_READ_PLANS:
		*p = ask_plans(db, q, limited);
		return 1;
	case BRG_READ_PLAN_LINES:
		*p = ask(db, S_READ_PLAN_LINES);
		put_id(p, &q->other);
		put_int(p, q->number);
		return 1;
	case BRG_READ_FILTERS:
		*p = ask_filters(db, q, limited);
		return 1;
	case BRG_READ_TRACKED:
		*p = ask_tracked(db, q, limited);
		return 1;
	case BRG_READ_CHANGES:
		*p = ask_changes(db, q, limited);
		return 1;
	case BRG_READ_EDITS:
		*p = ask_edits(db, q);
		return 1;
	case BRG_READ_RECORDS_ACT:
		return ask_records_act(db, q, p, err) < 0 ? err->code : 1;
	case BRG_READ_SCHEDULE:
		*p = ask_schedule(db, q);
		return 1;
	case BRG_READ_ZONED:
		*p = ask(db, S_READ_ZONED);
		put_text(p, q->text);
		put_int(p, q->number);
		return 1;
	case BRG_READ_MATCHES:
		*limited = false;
		return sql_ask_matches(db, q, p, err) < 0 ? err->code : 1;
	case BRG_READ_LINK_COUNTS:
		*p = ask(db, S_READ_LINK_COUNTS);
		put_id(p, &q->mailbox);
		*limited = false;
		return 1;
	default:
		return 0;
	}
}
