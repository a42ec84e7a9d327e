/* SPDX-License-Identifier: Apache-2.0
 *
 * Short ways to write, read and claim, and other processes.
 */
#include "storage-kit-private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- steps ----------------------------------------------------------------------------------*/

static int commit(struct kit_store *st, const struct brg_op *ops, size_t n, int durability)
{
	struct brg_step step = {
		.size = sizeof(step),
		.durability = durability,
		.id = kit_id(st->kit),
		.ops = ops,
		.n = n,
	};

	st->failed = SIZE_MAX;
	return st->ops->commit(st->self, &step, &st->failed, &st->err);
}

int kit_commit(struct kit_store *st, const struct brg_op *ops, size_t n)
{
	return commit(st, ops, n, BRG_RELAXED);
}

int kit_commit_durable(struct kit_store *st, const struct brg_op *ops, size_t n)
{
	return commit(st, ops, n, BRG_DURABLE);
}

int kit_commit_one(struct kit_store *st, struct brg_op op)
{
	return commit(st, &op, 1, BRG_RELAXED);
}

/* ---- reads ----------------------------------------------------------------------------------*/

static void keep(struct kit *k, struct brg_str *s)
{
	char *copy = kit_alloc(k, s->len + 1);

	if (s->len)
		memcpy(copy, s->ptr, s->len);
	s->ptr = copy;
}

#define SLICE(member) offsetof(struct brg_row, u.member)
static const size_t slices[][8] = {
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
	[BRG_READ_CURSORS] = { SLICE(cursor.folder), SLICE(cursor.value) },
	[BRG_READ_COUNTS] = { SLICE(counter.name), SLICE(counter.label) },
	[BRG_READ_REFERENCES] = { SLICE(reference.kind), SLICE(reference.name),
				  SLICE(reference.title), SLICE(reference.link) },
	[BRG_READ_ADDRESSES] = { SLICE(address.address), SLICE(address.kind) },
	[BRG_READ_EXTERNALS] = { SLICE(external.system), SLICE(external.key) },
	[BRG_READ_CLUES] = { SLICE(clue.value) },
	[BRG_READ_OUTGOING] = { SLICE(outgoing.sender), SLICE(outgoing.recipients),
				SLICE(outgoing.draft), SLICE(outgoing.code), SLICE(outgoing.params),
				SLICE(outgoing.said) },
	[BRG_READ_STATES] = { SLICE(state.name), SLICE(state.value) },
	[BRG_READ_SHUNNED] = { SLICE(shun.key) },
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

struct rows {
	struct kit *kit;
	struct brg_row *at;
	size_t n, room;
};

static int take(void *arg, const struct brg_row *row)
{
	struct rows *r = arg;
	struct brg_row *to;

	if (r->n == r->room) {
		struct brg_row *more = kit_alloc(r->kit, (r->room * 2 + 16) * sizeof(*more));

		if (r->n)
			memcpy(more, r->at, r->n * sizeof(*more));
		r->at = more;
		r->room = r->room * 2 + 16;
	}
	to = &r->at[r->n++];
	*to = *row;
	for (size_t i = 0; i < 8 && slices[row->what][i]; i++)
		keep(r->kit, (struct brg_str *)(void *)((char *)to + slices[row->what][i]));
	return 0;
}

int64_t kit_rows(struct kit_store *st, const struct brg_query *q, struct brg_row **rows)
{
	struct rows r = { .kit = st->kit };
	struct brg_query asked = *q;
	int rc;

	asked.size = sizeof(asked);
	rc = st->ops->read(st->self, &asked, take, &r, &st->err);
	*rows = r.at;
	return rc < 0 ? rc : (int64_t)r.n;
}

const struct brg_row *kit_row(struct kit_store *st, const struct brg_query *q)
{
	struct brg_row *rows;

	return kit_rows(st, q, &rows) > 0 ? &rows[0] : NULL;
}

int64_t kit_count(struct kit_store *st, const struct brg_query *q)
{
	struct brg_row *rows;

	return kit_rows(st, q, &rows);
}

const struct brg_visit_row *kit_visit(struct kit_store *st, const struct brg_id *mailbox)
{
	struct brg_query q = { .what = BRG_READ_VISITS, .mailbox = *mailbox };
	const struct brg_row *row = kit_row(st, &q);

	return row ? &row->u.visit : NULL;
}

/* ---- a small world --------------------------------------------------------------------------*/

struct brg_op kit_op_profile(struct kit *k, const struct brg_id *id, const char *name,
			     int64_t connections)
{
	(void)k;
	return (struct brg_op){ .type = BRG_OP_PROFILE,
				.expect = BRG_ANY,
				.u.profile = { .id = *id,
					       .name = brg_cstr(name),
					       .connector = brg_cstr("kit"),
					       .max_connections = connections,
					       .settings = brg_cstr("{}") } };
}

struct brg_op kit_op_visit(const struct brg_id *id, const struct brg_id *mailbox,
			   const struct brg_id *profile, int64_t due_us)
{
	return (struct brg_op){ .type = BRG_OP_VISIT,
				.expect = BRG_ANY,
				.u.visit = { .id = *id,
					     .mailbox = *mailbox,
					     .profile = *profile,
					     .lane = BRG_INCOMING,
					     .state = BRG_ENABLED,
					     .due_us = due_us,
					     .interval_ms = 300000 } };
}

struct brg_op kit_op_record(const struct brg_id *id, const struct brg_id *owner)
{
	return (struct brg_op){ .type = BRG_OP_RECORD,
				.expect = BRG_NEW,
				.u.record = { .id = *id,
					      .owner = *owner,
					      .kind = BRG_EMAIL,
					      .created_us = KIT_NOW,
					      .modified_us = KIT_NOW,
					      .sorted_us = KIT_NOW,
					      .fields = brg_cstr("{\"subject\":\"kit\"}") } };
}

struct brg_op kit_op_link(const struct brg_id *id, const struct brg_id *mailbox,
			  const struct brg_id *record, const char *remote_id)
{
	return (struct brg_op){ .type = BRG_OP_LINK,
				.expect = BRG_NEW,
				.u.link = { .id = *id,
					    .record = *record,
					    .mailbox = *mailbox,
					    .live = true,
					    .remote_id = brg_cstr(remote_id) } };
}

struct brg_op kit_op_mark(const struct brg_id *mailbox, const char *remote_id, int state)
{
	return (struct brg_op){ .type = BRG_OP_MARK,
				.u.mark = { .mailbox = *mailbox,
					    .remote_id = brg_cstr(remote_id),
					    .state = state,
					    .seen_us = KIT_NOW } };
}

struct brg_op kit_op_count(const char *name, int64_t value)
{
	return (struct brg_op){ .type = BRG_OP_COUNT,
				.u.counter = { .name = brg_cstr(name), .value = value } };
}

struct kit_world *kit_world(struct kit_store *st, size_t n, int64_t connections)
{
	struct kit *k = st->kit;
	struct kit_world *w = kit_alloc(k, sizeof(*w));
	struct brg_op *ops = kit_alloc(k, (2 + 2 * n) * sizeof(*ops));
	size_t at = 0;
	int rc;

	w->owner = kit_id(k);
	w->profile = kit_id(k);
	w->mailboxes = kit_alloc(k, n * sizeof(*w->mailboxes));
	w->visits = kit_alloc(k, n * sizeof(*w->visits));
	w->n = n;
	ops[at++] = (struct brg_op){ .type = BRG_OP_OWNER,
				     .expect = BRG_NEW,
				     .u.owner = { .id = w->owner,
						  .type = BRG_USER,
						  .name = brg_cstr("kit"),
						  .settings = brg_cstr("{}") } };
	ops[at++] = kit_op_profile(k, &w->profile, "kit", connections);
	for (size_t i = 0; i < n; i++) {
		w->mailboxes[i] = kit_id(k);
		w->visits[i] = kit_id(k);
		ops[at++] = (struct brg_op){ .type = BRG_OP_MAILBOX,
					     .expect = BRG_NEW,
					     .u.mailbox = { .id = w->mailboxes[i],
							    .owner = w->owner,
							    .profile = w->profile,
							    .name = kit_printf(k, "mailbox %zu", i),
							    .address = kit_printf(
								    k, "m%zu@kit.example", i),
							    .settings = brg_cstr("{}") } };
		ops[at++] = kit_op_visit(&w->visits[i], &w->mailboxes[i], &w->profile,
					 KIT_NOW - 1000 * (int64_t)(n - i));
	}
	rc = kit_commit(st, ops, at);
	if (rc != BRG_COMMITTED)
		kit_fail_rc(k, st, __FILE__, __LINE__, "making the world", rc);
	return w;
}

/* ---- leases ---------------------------------------------------------------------------------*/

struct brg_id kit_join(struct kit_store *st)
{
	struct brg_process_row row = {
		.id = kit_id(st->kit),
		.node = brg_cstr("kit"),
		.role = brg_cstr("incoming"),
		.pid = getpid(),
		.joined_us = KIT_NOW,
	};
	int rc = st->ops->join(st->self, &row, &st->err);

	if (rc != 0)
		kit_fail_rc(st->kit, st, __FILE__, __LINE__, "join", rc);
	return row.id;
}

static void claimed(void *arg, const struct brg_claimed *visit)
{
	struct kit_claims *c = arg;
	struct brg_claimed *to;

	if (c->n == sizeof(c->at) / sizeof(c->at[0]))
		return;
	to = &c->at[c->n++];
	*to = *visit;
	keep(c->kit, &to->mailbox.name);
	keep(c->kit, &to->mailbox.address);
	keep(c->kit, &to->owner.name);
	keep(c->kit, &to->profile.name);
	to->cursors = NULL; /* the counts stay */
	to->states = NULL;
	to->parked = NULL;
	to->deletes = NULL;
}

int kit_claim_request(struct kit_store *st, const struct brg_claim_request *req,
		      struct kit_claims *out)
{
	struct brg_claim_request asked = *req;
	int rc;

	asked.size = sizeof(asked);
	if (!asked.lane)
		asked.lane = BRG_INCOMING;
	if (!asked.now_us)
		asked.now_us = KIT_NOW;
	out->kit = st->kit;
	out->n = 0;
	rc = st->ops->claim(st->self, &asked, claimed, out, &st->err);
	if (rc >= 0 && (size_t)rc != out->n)
		kit_fail(st->kit, __FILE__, __LINE__, "claim() told another number of visits");
	return rc;
}

int kit_claim(struct kit_store *st, const struct kit_world *w, const struct brg_id *process,
	      uint32_t n, uint32_t room, struct kit_claims *out)
{
	struct brg_room r = { .profile = w->profile, .free = room };
	struct brg_claim_request req = { .process = *process, .n = n, .rooms = &r, .n_rooms = 1 };

	return kit_claim_request(st, &req, out);
}

struct brg_op kit_op_settle(const struct brg_visit_row *visit, int64_t due_us, bool progress)
{
	struct brg_op op = { .type = BRG_OP_SETTLE };

	op.u.settle.lease.visit = visit->id;
	op.u.settle.lease.token = visit->token;
	op.u.settle.progress = progress;
	op.u.settle.visit = *visit;
	op.u.settle.visit.code = op.u.settle.visit.params = op.u.settle.visit.said = brg_cstr("");
	op.u.settle.visit.due_us = due_us;
	op.u.settle.visit.outcome = BRG_DONE_EMPTY;
	op.u.settle.visit.started_us = KIT_NOW;
	op.u.settle.visit.ended_us = KIT_NOW + 1000;
	return op;
}

/* ---- other processes ------------------------------------------------------------------------*/

struct kit_child *kit_spawn(struct kit *k, int (*fn)(struct kit *k, struct kit_child *me))
{
	struct kit_child *c = &k->children[k->n_children];
	int down[2], up[2];

	*c = (struct kit_child){ .kit = k, .in = -1, .out = -1 };
	if (pipe(down) < 0)
		goto failed;
	if (pipe(up) < 0) {
		close(down[0]);
		close(down[1]);
		goto failed;
	}
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0) {
		int status;

		/* An end that a sibling keeps open would never show that we are gone. */
		for (size_t i = 0; i < k->n_children; i++) {
			close(k->children[i].in);
			close(k->children[i].out);
		}
		k->n_children = 0;
		close(down[1]);
		close(up[0]);
		c->in = down[0];
		c->out = up[1];
		status = fn(k, c);
		_exit(k->failed ? 99 : status);
	}
	close(down[0]);
	close(up[1]);
	c->in = up[0];
	c->out = down[1];
	if (c->pid > 0) {
		k->n_children++;
		return c;
	}
	close(c->in);
	close(c->out);
failed:
	c->pid = 0;
	kit_fail(k, __FILE__, __LINE__, "no other process could be started");
	return c;
}

int kit_send(struct kit_child *c, const void *p, size_t n)
{
	return write(c->out, p, n) == (ssize_t)n ? 0 : -1;
}

int kit_receive(struct kit_child *c, void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t got = read(c->in, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int kit_say(struct kit_child *c, char word)
{
	return kit_send(c, &word, 1);
}

int kit_hear(struct kit_child *c, char word)
{
	char heard;

	return kit_receive(c, &heard, 1) == 0 && heard == word ? 0 : -1;
}

int kit_wait(struct kit_child *c)
{
	int status = 0;
	pid_t pid = c->pid;

	if (pid <= 0)
		return -1;
	c->pid = 0;
	close(c->out); /* a child that still listens hears the end */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	close(c->in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void kit_kill(struct kit_child *c)
{
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	(void)kit_wait(c);
}
