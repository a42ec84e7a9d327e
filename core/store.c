/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps are built here and rows are carried out of a read's callback, so that the rest of
 * the core sees plain arrays that live in its own arena.
 */
#include "core/store.h"

#include "core/effect.h"
#include "core/id.h"

void step_init(struct step *step, struct brg_arena *arena)
{
	*step = (struct step){ .arena = arena };
}

struct brg_op *step_add(struct step *step, int type, int64_t expect)
{
	struct brg_op *op;

	if (step->n == step->room) {
		size_t room = step->room ? step->room * 2 : 16;
		struct brg_op *ops = arena_alloc(step->arena, room * sizeof(*ops));

		if (step->n)
			memcpy(ops, step->ops, step->n * sizeof(*ops));
		step->ops = ops;
		step->room = room;
	}
	op = &step->ops[step->n++];
	*op = (struct brg_op){ .type = type, .expect = expect };
	return op;
}

void step_outgoing(struct step *step, const struct brg_outgoing_row *row)
{
	struct brg_outgoing_row *to = &step_add(step, BRG_OP_OUTGOING, row->version)->u.outgoing;

	*to = *row;
	to->sender = arena_str(step->arena, row->sender);
	to->recipients = arena_str(step->arena, row->recipients);
	to->draft = arena_str(step->arena, row->draft);
	to->code = arena_str(step->arena, row->code);
	to->params = arena_str(step->arena, row->params);
	to->said = arena_str(step->arena, row->said);
}

int store_commit(struct store *store, struct step *step, int durability, size_t *failed,
		 struct brg_err *err)
{
	struct brg_step s = {
		.size = sizeof(s),
		.durability = durability,
		.ops = step->ops,
		.n = step->n,
	};
	size_t which = 0;
	int rc;

	if (!step->n)
		return BRG_COMMITTED;
	s.id = id_new(0);
	effect_point("commit");
	rc = store->ops->commit(store->self, &s, failed ? failed : &which, err);
	/* The ops stay with the arena; the next step starts with an array of its own. */
	step->ops = NULL;
	step->n = step->room = 0;
	return rc;
}

/* ---- rows out of a callback -----------------------------------------------------------------*/

#define SLICE(member) offsetof(struct brg_row, u.member)
#define MAX_SLICES    8

/* Where the slices of each kind of row are. 0 ends a list: no slice stands first in a row. */
static const size_t slices[][MAX_SLICES] = {
	[BRG_READ_STORE] = { SLICE(store.key_check) },
	[BRG_READ_OWNERS] = { SLICE(owner.name), SLICE(owner.address), SLICE(owner.settings),
			      SLICE(owner.team) },
	[BRG_READ_PROFILES] = { SLICE(profile.name), SLICE(profile.connector),
				SLICE(profile.settings), SLICE(profile.sealed) },
	[BRG_READ_MAILBOXES] = { SLICE(mailbox.name), SLICE(mailbox.address),
				 SLICE(mailbox.identity), SLICE(mailbox.settings),
				 SLICE(mailbox.sealed) },
	[BRG_READ_VISITS] = { SLICE(visit.code), SLICE(visit.params), SLICE(visit.said) },
	[BRG_READ_RECORDS] = { SLICE(record.fields), SLICE(record.message_key), SLICE(record.keys),
			       SLICE(record.zones) },
	[BRG_READ_AGED] = { SLICE(record.fields), SLICE(record.message_key) },
	[BRG_READ_LINKS] = { SLICE(link.folder), SLICE(link.remote_id),
			     SLICE(link.remote_version) },
	[BRG_READ_MARKS] = { SLICE(mark.folder), SLICE(mark.remote_id), SLICE(mark.print) },
	[BRG_READ_PRINTS] = { SLICE(mark.folder), SLICE(mark.remote_id), SLICE(mark.print) },
	[BRG_READ_DECISIONS] = { SLICE(decision.folder), SLICE(decision.remote_id),
				 SLICE(decision.message_key), SLICE(decision.code),
				 SLICE(decision.params) },
	[BRG_READ_PARKED] = { SLICE(parked.folder), SLICE(parked.remote_id), SLICE(parked.code),
			      SLICE(parked.params), SLICE(parked.said) },
	[BRG_READ_ALERTS] = { SLICE(alert.detail), SLICE(alert.code), SLICE(alert.params),
			      SLICE(alert.said) },
	[BRG_READ_COUNTERS] = { SLICE(counter.name), SLICE(counter.label) },
	[BRG_READ_PROCESSES] = { SLICE(process.node), SLICE(process.role) },
	[BRG_READ_DUE] = { 0 },
	[BRG_READ_CURSORS] = { SLICE(cursor.folder), SLICE(cursor.value) },
	[BRG_READ_COUNTS] = { SLICE(counter.name), SLICE(counter.label) },
	[BRG_READ_REFERENCES] = { SLICE(reference.kind), SLICE(reference.name),
				  SLICE(reference.title), SLICE(reference.link) },
	[BRG_READ_ADDRESSES] = { SLICE(address.kind), SLICE(address.address) },
	[BRG_READ_EXTERNALS] = { SLICE(external.key), SLICE(external.system) },
	[BRG_READ_PARTIES] = { 0 },
	[BRG_READ_QUEUE_ITEMS] = { 0 },
	[BRG_READ_CLUES] = { SLICE(clue.value) },
	[BRG_READ_OUTGOING] = { SLICE(outgoing.sender), SLICE(outgoing.recipients),
				SLICE(outgoing.draft), SLICE(outgoing.code), SLICE(outgoing.params),
				SLICE(outgoing.said) },
	[BRG_READ_SHUNNED] = { SLICE(shun.key) },
	[BRG_READ_STATES] = { SLICE(state.name), SLICE(state.value) },
	[BRG_READ_LINK] = { SLICE(link.folder), SLICE(link.remote_id), SLICE(link.remote_version) },
	[BRG_READ_LINKS_DIRTY] = { SLICE(link.folder), SLICE(link.remote_id),
				   SLICE(link.remote_version) },
	[BRG_READ_LINKS_MISSING] = { SLICE(link.folder), SLICE(link.remote_id),
				     SLICE(link.remote_version) },
	[BRG_READ_SHADOWS] = { SLICE(shadow.base_record), SLICE(shadow.base_item),
			       SLICE(shadow.pushed) },
	[BRG_READ_INBOX] = { SLICE(inbox.folder), SLICE(inbox.remote_id), SLICE(inbox.version),
			     SLICE(inbox.uid), SLICE(inbox.stamp), SLICE(inbox.match) },
	[BRG_READ_INTENTS] = { SLICE(intent.folder), SLICE(intent.remote_id),
			       SLICE(intent.remote_version), SLICE(intent.fields) },
	[BRG_READ_HISTORY] = { SLICE(history.who), SLICE(history.code), SLICE(history.params),
			       SLICE(history.changes) },
	[BRG_READ_CONFLICTS] = { SLICE(conflict.group), SLICE(conflict.base), SLICE(conflict.ours),
				 SLICE(conflict.theirs), SLICE(conflict.who) },
	[BRG_READ_PLANS] = { SLICE(plan.who), SLICE(plan.code), SLICE(plan.params),
			     SLICE(plan.counts), SLICE(plan.basis) },
	[BRG_READ_PLAN_LINES] = { SLICE(plan_line.folder), SLICE(plan_line.remote_id) },
	[BRG_READ_TRACKED] = { SLICE(tracked.folder), SLICE(tracked.name) },
	[BRG_READ_FILTERS] = { SLICE(filter.name), SLICE(filter.text) },
	[BRG_READ_CHANGES] = { SLICE(change.position) },
	[BRG_READ_EDITS] = { SLICE(edit.op), SLICE(edit.kind), SLICE(edit.owner),
			     SLICE(edit.fields), SLICE(edit.who), SLICE(edit.code),
			     SLICE(edit.params), SLICE(edit.reason) },
	[BRG_READ_MATCHES] = { SLICE(record.fields), SLICE(record.message_key), SLICE(record.keys),
			       SLICE(record.zones) },
	[BRG_READ_RECORDS_ACT] = { SLICE(record.fields), SLICE(record.message_key),
				   SLICE(record.keys), SLICE(record.zones) },
	[BRG_READ_SCHEDULE] = { SLICE(record.fields), SLICE(record.message_key), SLICE(record.keys),
				SLICE(record.zones) },
	[BRG_READ_ZONED] = { SLICE(record.fields), SLICE(record.message_key), SLICE(record.keys),
			     SLICE(record.zones) },
	[BRG_READ_LINK_COUNTS] = { SLICE(counter.name), SLICE(counter.label) },
};

static void copy_row(struct brg_arena *arena, struct brg_row *to, const struct brg_row *from)
{
	*to = *from;
	if (from->what <= 0 || (size_t)from->what >= sizeof(slices) / sizeof(slices[0]))
		return;
	for (size_t i = 0; i < MAX_SLICES && slices[from->what][i]; i++) {
		struct brg_str *s = (struct brg_str *)((char *)to + slices[from->what][i]);

		*s = arena_str(arena, *s);
	}
}

struct one {
	struct brg_arena *arena;
	struct brg_row *out;
};

static int take_one(void *arg, const struct brg_row *row)
{
	struct one *one = arg;

	copy_row(one->arena, one->out, row);
	return 1;
}

int store_one(struct store *store, const struct brg_query *q, struct brg_arena *arena,
	      struct brg_row *out, struct brg_err *err)
{
	struct one one = { arena, out };
	struct brg_query first = *q;

	first.size = sizeof(first);
	first.limit = 1;
	return store->ops->read(store->self, &first, take_one, &one, err);
}

int store_identity(struct store *store, struct brg_arena *arena, struct brg_store_row *out,
		   struct brg_err *err)
{
	struct brg_query q = { .size = sizeof(q), .what = BRG_READ_STORE };
	struct brg_row row;
	int rc = store_one(store, &q, arena, &row, err);

	if (rc > 0)
		*out = row.u.store;
	return rc;
}

struct picked {
	bool (*wanted)(const void *arg, const struct brg_row *row); /* NULL: all */
	const void *arg;
	struct brg_arena *arena;
	struct brg_row *rows;
	size_t n, room;
};

static int take_next(void *arg, const struct brg_row *row)
{
	struct picked *to = arg;

	if (to->wanted && !to->wanted(to->arg, row))
		return 0;
	if (to->n == to->room) {
		size_t room = to->room ? to->room * 2 : 2; /* mostly one */
		struct brg_row *rows = arena_alloc(to->arena, room * sizeof(*rows));

		if (to->n)
			memcpy(rows, to->rows, to->n * sizeof(*rows));
		to->rows = rows;
		to->room = room;
	}
	copy_row(to->arena, &to->rows[to->n++], row);
	return 0;
}

int store_pick(struct store *store, const struct brg_query *q,
	       bool (*wanted)(const void *arg, const struct brg_row *row), const void *arg,
	       struct brg_arena *arena, struct brg_row **out, size_t *n, struct brg_err *err)
{
	struct picked to = { .wanted = wanted, .arg = arg, .arena = arena };
	struct brg_query any = *q;
	int rc;

	any.size = sizeof(any);
	rc = store->ops->read(store->self, &any, take_next, &to, err);
	if (rc < 0)
		return rc;
	*out = to.rows;
	*n = to.n;
	return 0;
}

int store_all(struct store *store, const struct brg_query *q, struct brg_arena *arena,
	      struct brg_row **out, size_t *n, struct brg_err *err)
{
	return store_pick(store, q, NULL, NULL, arena, out, n, err);
}
