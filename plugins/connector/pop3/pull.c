/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core asks for: what is new (pull), these ones whole (get), delete these
 * (push). A pull goes through the maildrop once per session, in batches: the session
 * keeps its place, and the cursor moves only with the last batch, so that whatever ends
 * the session in between makes the next one look again at what was not decided.
 *
 * While the core commits one batch, the bodies of the next are already on their way.
 * A get or push in between has to throw them away; then nothing is asked ahead any more.
 */
#include "pop3.h"

#include <stdlib.h>

/* A batch with something in it ends after this long, so that a slow line makes progress. */
#define SPELL_US ((int64_t)3 * 1000000)

static int again(const struct pop3 *p, struct brg_err *err)
{
	*err = p->failure;
	return err->code;
}

static bool is_new(const struct entry *e)
{
	return !e->deleted && (e->known == BRG_UNKNOWN || e->known == BRG_DELETED);
}

/* One question to the store for the whole listing. */
static int ask_known(struct pop3 *p, struct brg_err *err)
{
	struct listing *l = &p->listing;
	struct brg_known_answer answer = { .size = sizeof(answer) };
	struct brg_str *ids = wire_grow(NULL, l->n, sizeof(*ids));
	uint8_t *states = wire_grow(NULL, l->n, 1);
	struct brg_str folder = { NULL, 0 };
	int rc;

	for (uint32_t i = 0; i < l->n; i++) {
		ids[i] = listing_id(p, &l->at[i]);
		states[i] = BRG_UNKNOWN;
	}
	rc = p->host->known(p->host->ctx, folder, ids, l->n, states, &answer, err);
	for (uint32_t i = 0; i < l->n && rc >= 0; i++)
		l->at[i].known = states[i];
	p->renames = answer.missing > 0;
	free(ids);
	free(states);
	return rc < 0 ? rc : 0;
}

static int begin(struct pop3 *p, struct brg_err *err)
{
	struct listing *l = &p->listing;
	int rc = listing_name(p, err);

	if (rc == 0)
		rc = ask_known(p, err);
	if (rc < 0)
		return rc;
	memset(&p->pass, 0, sizeof(p->pass));
	p->pass.skip_cut = true;
	p->pass.jobs = wire_grow(p->jobs, l->n, sizeof(*p->jobs));
	p->jobs = p->pass.jobs;
	for (uint32_t i = 0; i < l->n; i++)
		if (is_new(&l->at[i]))
			p->jobs[p->pass.n++] = (struct job){ i, VERB_NONE };
	if (p->pass.n)
		rc = listing_sizes(p, p->jobs, p->pass.n, err);
	p->pass_open = rc == 0;
	return rc;
}

/* What this call is to fetch: a call may ask for other parts than the last one did. */
static int aim(struct pop3 *p, const struct brg_pull *req, struct brg_err *err)
{
	unsigned want = req->want & (BRG_WANT_HEADER | BRG_WANT_BODY);

	if (want && p->renames)
		want = BRG_WANT_HEADER;
	if (p->pass.want == want && p->pass.max_octets == req->max_octets)
		return 0;
	p->pass.want = want;
	p->pass.max_octets = req->max_octets;
	return fetch_drain(p, &p->pass, err);
}

static struct brg_err *keep_error(struct pop3 *p, struct brg_arena *arena,
				  const struct brg_err *err)
{
	struct brg_err *kept = p->host->alloc(arena, sizeof(*kept));

	*kept = *err;
	return kept;
}

static int take_one(struct pop3 *p, uint32_t limit, struct brg_batch *out, uint64_t *octets,
		    struct brg_err *err)
{
	const struct job *job = &p->pass.jobs[p->pass.got];
	struct entry *e = &p->listing.at[job->entry];
	struct brg_err failed = BRG_ERR_INIT;
	struct message m = { .want_header = true, .max_octets = p->pass.max_octets };
	struct brg_envelope *env;
	int rc;

	p->host->item(p->host->ctx, listing_id(p, e));
	if ((p->pass.want & BRG_WANT_BODY) || (p->pass.want && !fetch_tops(p)))
		m.blob = p->host->blob_new(p->host->ctx, out->arena);
	if (fetch_is_cut(p, job->entry)) {
		p->pass.sent += p->pass.sent == p->pass.got;
		p->pass.got++;
		rc = 0;
		brg_fail(&failed, &pop3_item_cut, "host=%s", p->where.host);
	} else {
		rc = fetch_take(p, &p->pass, limit, &m, &failed, err);
	}
	if (rc < 0)
		return rc;
	env = out->add(out);
	env->remote_id = p->host->dup(out->arena, listing_id(p, e).ptr, e->len);
	env->octets = e->octets > m.octets || job->verb == VERB_TOP ? e->octets : m.octets;
	if (m.header.len)
		env->header = p->host->dup(out->arena, m.header.ptr, m.header.len);
	if (rc == 0)
		env->err = keep_error(p, out->arena, &failed);
	else if (job->verb == VERB_RETR && !m.over)
		env->body = m.blob;
	*octets += env->body ? m.octets : 0;
	return 0;
}

/* Where this batch ends by what LIST announced. */
static uint32_t plan(const struct pop3 *p, const struct brg_pull *req)
{
	uint64_t octets = 0;
	uint32_t at = p->pass.got;

	while (at < p->pass.n && at - p->pass.got < (req->max_items ? req->max_items : 1)) {
		octets += p->listing.at[p->pass.jobs[at++].entry].octets;
		if (req->max_bytes && (p->pass.want & BRG_WANT_BODY) && octets > req->max_bytes)
			break;
	}
	return at;
}

static int take_batch(struct pop3 *p, const struct brg_pull *req, struct brg_batch *out,
		      struct brg_err *err)
{
	uint32_t end = plan(p, req), first = p->pass.got;
	bool ahead = (p->pass.want & BRG_WANT_BODY) && !p->interleaved;
	int64_t start = p->host->now_us(p->host->ctx);
	uint64_t octets = 0;
	int rc = 0;

	while (p->pass.got < end) {
		rc = take_one(p, ahead ? p->pass.n : end, out, &octets, err);
		if (rc < 0)
			break;
		p->host->progress(p->host->ctx, p->pass.got, p->pass.n);
		if ((req->max_bytes && octets > req->max_bytes) ||
		    p->host->now_us(p->host->ctx) - start > SPELL_US)
			break;
	}
	p->host->item(p->host->ctx, (struct brg_str){ NULL, 0 });
	/* What came before a lost connection is whole: hand it over, fail at the next call. */
	if (rc < 0 && p->failed && p->pass.got > first && (rc == BRG_EIO || rc == BRG_EPROTO))
		rc = 0;
	return rc;
}

int pull_batch(void *self, const struct brg_pull *req, struct brg_batch *out, struct brg_err *err)
{
	struct pop3 *p = self;
	int rc = 0;

	if (p->failed)
		return again(p, err);
	if (req->folder.len)
		return brg_fail(err, &pop3_no_folder, "host=%s", p->where.host);
	if (!p->pass_open) {
		rc = listing_get(p, req->cursor.len == 0, err);
		if (rc < 0)
			return rc;
		if (!brg_str_eq(req->cursor, brg_cstr(p->listing.cursor)))
			rc = begin(p, err);
	}
	if (rc == 0 && p->pass_open) {
		rc = aim(p, req, err);
		if (rc == 0)
			rc = take_batch(p, req, out, err);
	}
	if (rc < 0)
		return rc;
	out->more = p->pass_open && p->pass.got < p->pass.n;
	p->pass_open = out->more;
	out->next_cursor =
		out->more ? p->host->dup(out->arena, req->cursor.ptr, req->cursor.len)
			  : p->host->dup(out->arena, p->listing.cursor, strlen(p->listing.cursor));
	return 0;
}

/* Another command is to be sent: what is on its way is in its way. */
static int step_in(struct pop3 *p, struct brg_err *err)
{
	int rc;

	if (p->failed)
		return again(p, err);
	if (p->pass_open && p->pass.sent > p->pass.got)
		p->interleaved = true;
	rc = fetch_drain(p, &p->pass, err);
	if (rc == 0)
		rc = listing_get(p, false, err);
	return rc < 0 ? rc : listing_name(p, err);
}

static int give_error(struct pop3 *p, struct brg_sink *out, uint32_t request,
		      const struct brg_err *failed, struct brg_err *err)
{
	struct brg_item item = { .size = sizeof(item), .request = request };

	item.err = keep_error(p, out->arena, failed);
	return out->item(out, &item, err);
}

/* One chosen item to the sink. */
static int give_one(struct pop3 *p, struct pipe *pipe, uint32_t request, struct brg_sink *out,
		    struct brg_err *err)
{
	const struct job *job = &pipe->jobs[pipe->got];
	struct brg_err failed = BRG_ERR_INIT;
	struct message m = { .max_octets = pipe->max_octets };
	struct brg_item item = { .size = sizeof(item), .request = request };
	int rc;

	p->host->item(p->host->ctx, listing_id(p, &p->listing.at[job->entry]));
	m.blob = p->host->blob_new(p->host->ctx, out->arena);
	rc = fetch_take(p, pipe, pipe->n, &m, &failed, err);
	if (rc < 0)
		return rc;
	if (rc == 1 && (m.over || (job->verb != VERB_RETR && (pipe->want & BRG_WANT_BODY)))) {
		brg_fail(&failed, &pop3_item_large, "limit=%llu",
			 (unsigned long long)pipe->max_octets);
		rc = 0;
	}
	if (rc == 0)
		return give_error(p, out, request, &failed, err);
	item.body = job->verb == VERB_NONE ? NULL : m.blob;
	return out->item(out, &item, err);
}

/* Split the ids into what is here (jobs, and which request each answers) and the rest. */
static int choose(struct pop3 *p, const struct brg_get *req, struct pipe *pipe, uint32_t *requests,
		  struct brg_sink *out, struct brg_err *err)
{
	struct brg_err failed = BRG_ERR_INIT;
	int rc = 0;

	brg_fail(&failed, &pop3_item_gone, "host=%s", p->where.host);
	for (size_t i = 0; i < req->n && rc >= 0; i++) {
		struct entry *e = listing_find(p, req->ids[i]);

		if (!e || e->deleted) {
			rc = give_error(p, out, (uint32_t)i, &failed, err);
			continue;
		}
		requests[pipe->n] = (uint32_t)i;
		pipe->jobs[pipe->n++] = (struct job){ (uint32_t)(e - p->listing.at), VERB_NONE };
	}
	return rc < 0 ? rc : 0;
}

int pull_chosen(void *self, const struct brg_get *req, struct brg_sink *out, struct brg_err *err)
{
	struct pop3 *p = self;
	struct pipe pipe = { .want = req->want & (BRG_WANT_HEADER | BRG_WANT_BODY),
			     .max_octets = req->max_octets };
	struct brg_err ignored = BRG_ERR_INIT;
	uint32_t *requests;
	int rc;

	if (req->folder.len)
		return brg_fail(err, &pop3_no_folder, "host=%s", p->where.host);
	rc = step_in(p, err);
	if (rc < 0)
		return rc;
	requests = wire_grow(NULL, req->n, sizeof(*requests));
	pipe.jobs = wire_grow(NULL, req->n, sizeof(*pipe.jobs));
	rc = choose(p, req, &pipe, requests, out, err);
	if (rc == 0 && pipe.max_octets && pipe.n)
		rc = listing_sizes(p, pipe.jobs, pipe.n, err);
	while (rc >= 0 && pipe.got < pipe.n)
		rc = give_one(p, &pipe, requests[pipe.got], out, err);
	/* The sink may have said no while answers are on their way. */
	if (rc < 0 && !p->failed)
		(void)fetch_drain(p, &pipe, &ignored);
	p->host->item(p->host->ctx, (struct brg_str){ NULL, 0 });
	free(pipe.jobs);
	free(requests);
	return rc < 0 ? rc : 0;
}

static void op_failed(struct pop3 *p, struct brg_push *op, const struct brg_fault *fault,
		      struct brg_str words, struct brg_arena *arena)
{
	struct brg_err failed = BRG_ERR_INIT;

	wire_fault(p, fault, words, &failed);
	op->err = keep_error(p, arena, &failed);
}

/* Is there something to say to the server for this one? */
static struct entry *to_delete(struct pop3 *p, struct brg_push *op, struct brg_arena *arena)
{
	struct entry *e;

	if (op->type != BRG_DELETE) {
		op_failed(p, op, &pop3_item_push, (struct brg_str){ NULL, 0 }, arena);
		return NULL;
	}
	e = listing_find(p, op->remote_id);
	return e && !e->deleted ? e : NULL;
}

/* DELE for as many as fit the window: one write, then the answers. RFC 1939 section 5:
 * the message is only marked; it goes when QUIT is answered. */
static int delete_some(struct pop3 *p, struct brg_push **ops, uint32_t n, struct brg_arena *arena,
		       struct brg_err *err)
{
	char text[WINDOW_COMMANDS * 20];
	struct brg_str words;
	size_t len = 0;
	int rc;

	for (uint32_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "DELE %u\r\n",
					listing_find(p, ops[i]->remote_id)->number);
	p->host->effect(p->host->ctx, "pop3-dele");
	rc = wire_send(p, "DELE", text, len, err);
	for (uint32_t i = 0; i < n && rc >= 0; i++) {
		rc = wire_status(p, &words, err);
		if (rc == WIRE_GO_ON) {
			brg_fail(err, &pop3_garbage, "host=%s\ncommand=DELE", p->where.host);
			return wire_fail(p, err);
		}
		if (rc == WIRE_ERR) {
			op_failed(p, ops[i], &pop3_item_kept, words, arena);
			listing_find(p, ops[i]->remote_id)->deleted = false;
		}
		p->deletes += rc == WIRE_OK;
	}
	return rc < 0 ? rc : 0;
}

int pull_delete(void *self, struct brg_push *ops, size_t n, struct brg_arena *arena,
		struct brg_err *err)
{
	struct pop3 *p = self;
	struct brg_push *group[WINDOW_COMMANDS];
	uint32_t room = login_pipelines(p) ? WINDOW_COMMANDS : 1, filled = 0;
	int rc = step_in(p, err);

	for (size_t i = 0; i < n && rc >= 0; i++) {
		struct entry *e = to_delete(p, &ops[i], arena);

		if (!e)
			continue;
		e->deleted = true; /* so that it is said once; taken back if refused */
		group[filled++] = &ops[i];
		if (filled < room)
			continue;
		rc = delete_some(p, group, filled, arena, err);
		filled = 0;
	}
	if (rc >= 0 && filled)
		rc = delete_some(p, group, filled, arena, err);
	return rc < 0 ? rc : 0;
}
