/* SPDX-License-Identifier: Apache-2.0
 *
 * RETR and TOP, pipelined (RFC 2449 section 6.6): while one message is read, the
 * server already works on the next. What is in flight is bounded by announced octets
 * and by commands, and commands go out many in one write.
 *
 * A message that ends the session each time it is asked for must not block those
 * behind it: its id and the number of times are kept in the mailbox's state "cut", and
 * after three it is an error of the item.
 */
#include "pop3.h"

#include <stdlib.h>

/* So many messages refused one after the other are no matter of the messages. */
#define REFUSALS      20
#define CUT_TIMES     3
#define TOP_OCTETS    4096
#define UNTOLD_OCTETS 16384
/* What may be in flight: what the line was seen to bring in half a second, within these
 * bounds. Less would leave a long line idle; more would have to be waited for and thrown
 * away when a visit ends on a slow one. */
#define WINDOW_MIN     ((uint64_t)512 * 1024)
#define WINDOW_MAX     ((uint64_t)8 * 1024 * 1024)
#define WINDOW_US      500000
#define COMMAND_OCTETS 24

static uint64_t cost(const struct pop3 *p, const struct job *job)
{
	uint64_t octets = p->listing.at[job->entry].octets;

	if (job->verb == VERB_NONE)
		return 0;
	if (job->verb == VERB_TOP)
		return TOP_OCTETS;
	return octets ? octets : UNTOLD_OCTETS;
}

bool fetch_tops(const struct pop3 *p)
{
	return !p->no_top && (!(p->capa & CAPA_ANSWERED) || (p->capa & CAPA_TOP));
}

static enum verb choose(const struct pop3 *p, const struct pipe *pipe, const struct entry *e)
{
	bool large = pipe->max_octets && e->octets > pipe->max_octets;

	if (pipe->want == 0 || (pipe->skip_cut && fetch_is_cut(p, (uint32_t)(e - p->listing.at))))
		return VERB_NONE;
	if ((pipe->want & BRG_WANT_BODY) && !large)
		return VERB_RETR;
	if (fetch_tops(p))
		return VERB_TOP;
	return large ? VERB_NONE : VERB_RETR;
}

static uint32_t in_flight(const struct pipe *pipe)
{
	return pipe->sent - pipe->got;
}

static uint64_t window(struct pop3 *p, const struct pipe *pipe)
{
	int64_t now = p->host->now_us(p->host->ctx), busy = now - p->busy_since_us;
	uint64_t octets;

	if (in_flight(pipe) == 0) {
		p->busy_since_us = now;
		p->busy_octets = 0;
		return WINDOW_MIN;
	}
	if (busy <= 0)
		return WINDOW_MIN;
	octets = (uint64_t)((double)p->busy_octets * WINDOW_US / (double)busy);
	if (octets < WINDOW_MIN)
		return WINDOW_MIN;
	return octets < WINDOW_MAX ? octets : WINDOW_MAX;
}

/* Ask for more once a quarter of the window is empty, in one write. */
static int fill(struct pop3 *p, struct pipe *pipe, uint32_t limit, struct brg_err *err)
{
	uint32_t commands = login_pipelines(p) ? WINDOW_COMMANDS : 1;
	char text[WINDOW_COMMANDS * COMMAND_OCTETS];
	const char *last = p->doing;
	uint64_t octets = window(p, pipe);
	size_t n = 0;

	if (in_flight(pipe) > commands / 4 * 3 || pipe->flying > octets / 4 * 3)
		return 0;
	while (pipe->sent < limit && in_flight(pipe) < commands &&
	       (pipe->flying < octets || in_flight(pipe) == 0)) {
		struct job *job = &pipe->jobs[pipe->sent];
		const struct entry *e = &p->listing.at[job->entry];

		job->verb = choose(p, pipe, e);
		if (job->verb != VERB_NONE) {
			last = job->verb == VERB_TOP ? "TOP" : "RETR";
			n += (size_t)snprintf(
				text + n, sizeof(text) - n,
				job->verb == VERB_TOP ? "TOP %u 0\r\n" : "RETR %u\r\n", e->number);
		}
		pipe->flying += cost(p, job);
		pipe->sent++;
	}
	return n ? wire_send(p, last, text, n, err) : 0;
}

void fetch_recall_cut(struct pop3 *p)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct brg_str value = { NULL, 0 };
	const struct entry *e;

	p->cut = UINT32_MAX;
	if (p->host->state_get(p->host->ctx, "cut", &value, &ignored) < 0)
		return;
	p->cut_times = (unsigned)wire_number(&value, CUT_TIMES);
	e = p->cut_times ? listing_find(p, value) : NULL;
	if (e)
		p->cut = (uint32_t)(e - p->listing.at);
}

bool fetch_is_cut(const struct pop3 *p, uint32_t entry)
{
	return entry == p->cut && p->cut_times >= CUT_TIMES;
}

/* The connection was lost while this message was asked for. */
static void note_cut(struct pop3 *p, uint32_t entry)
{
	char value[1100];
	struct brg_str id = listing_id(p, &p->listing.at[entry]);
	unsigned times = entry == p->cut && p->cut_times < CUT_TIMES ? p->cut_times + 1 : 1;
	int n;

	if (p->failure.code != BRG_EIO && p->failure.code != BRG_ETIMEDOUT)
		return;
	if (fetch_is_cut(p, entry))
		return;
	n = snprintf(value, sizeof(value), "%u %.*s", times, (int)id.len, id.ptr);
	p->host->state_set(p->host->ctx, "cut", (struct brg_str){ value, (size_t)n });
}

static void forget_cut(struct pop3 *p, uint32_t entry)
{
	if (entry != p->cut)
		return;
	p->cut = UINT32_MAX;
	p->host->state_set(p->host->ctx, "cut", (struct brg_str){ NULL, 0 });
}

/* The answer to one command: 1 came, 0 refused. */
static int take(struct pop3 *p, struct pipe *pipe, struct message *m, struct brg_str *words,
		struct brg_err *err)
{
	const struct job *job = &pipe->jobs[pipe->got];
	int rc;

	p->doing = job->verb == VERB_TOP ? "TOP" : "RETR";
	rc = wire_status(p, words, err);
	if (rc == WIRE_GO_ON) {
		brg_fail(err, &pop3_garbage, "host=%s\ncommand=%s", p->where.host, p->doing);
		return wire_fail(p, err);
	}
	if (rc == WIRE_OK) {
		rc = message_read(p, m, err);
		rc = rc < 0 ? rc : 1;
	}
	if (rc < 0)
		return rc;
	p->busy_octets += m->octets;
	pipe->flying -= cost(p, job);
	pipe->got++;
	return rc;
}

int fetch_drain(struct pop3 *p, struct pipe *pipe, struct brg_err *err)
{
	uint32_t got = pipe->got;
	struct message nowhere;
	struct brg_str words;
	int rc = 0;

	while (pipe->got < pipe->sent && rc >= 0) {
		memset(&nowhere, 0, sizeof(nowhere));
		if (pipe->jobs[pipe->got].verb == VERB_NONE)
			pipe->got++;
		else
			rc = take(p, pipe, &nowhere, &words, err);
	}
	pipe->got = pipe->sent = got;
	pipe->flying = 0;
	return rc < 0 ? rc : 0;
}

int fetch_take(struct pop3 *p, struct pipe *pipe, uint32_t limit, struct message *m,
	       struct brg_err *refused, struct brg_err *err)
{
	const struct job *job = &pipe->jobs[pipe->got];
	struct brg_str words;
	int rc;

	for (;;) {
		rc = fill(p, pipe, limit, err);
		if (rc < 0)
			return rc;
		if (job->verb == VERB_NONE) {
			pipe->got++;
			return 1;
		}
		rc = take(p, pipe, m, &words, err);
		if (rc < 0)
			note_cut(p, job->entry);
		if (rc != WIRE_ERR)
			break;
		if (job->verb != VERB_TOP || p->top_works || (p->capa & CAPA_TOP)) {
			wire_fault(p, &pop3_item_refused, words, refused);
			if (++p->refusals < REFUSALS)
				return 0;
			wire_refused(p, &pop3_refused, words, err);
			return wire_fail(p, err);
		}
		/* TOP is optional (RFC 1939 section 7): where it never worked, RETR stands in. */
		p->no_top = true;
		rc = fetch_drain(p, pipe, err);
		if (rc < 0)
			return rc;
		pipe->sent = --pipe->got;
	}
	if (rc == 1) {
		p->refusals = 0;
		p->top_works = p->top_works || job->verb == VERB_TOP;
		forget_cut(p, job->entry);
	}
	return rc;
}
