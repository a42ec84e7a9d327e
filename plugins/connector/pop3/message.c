/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a message, the one place that every octet of mail passes through. It
 * costs one memchr() a line: lines are looked at, never copied one by one; what lies
 * between two stuffed dots goes to the blob as one piece.
 *
 * Where a message ends is a question of safety. RFC 1939 section 3: CRLF, a dot, CRLF.
 * A reader that also takes a bare LF before the dot lets whoever can mail a bare LF
 * through a server that keeps it end his message early and write the next answer
 * himself. But servers that end every line by LF alone exist. So the first line end
 * of a message decides for the whole of it: that line is the server's own
 * (Return-Path, Received), not the sender's.
 */
#include "pop3.h"

enum { END_UNKNOWN = 0, END_CRLF = 1, END_LF = 2 };

/* Keep the header block, up to the empty line or the bound. */
static void put_header(struct pop3 *p, struct message *m, const char *s, size_t n)
{
	while (n && !m->header_done) {
		size_t from = p->scratch_len > 3 ? p->scratch_len - 3 : 0;
		size_t take = n < 4096 ? n : 4096;
		const char *end;

		if (take > HEADER_OCTETS - p->scratch_len)
			take = HEADER_OCTETS - p->scratch_len;
		if (p->scratch_len + take > p->scratch_room) {
			p->scratch_room = (p->scratch_len + take) * 2;
			p->scratch = wire_grow(p->scratch, p->scratch_room, 1);
		}
		memcpy(p->scratch + p->scratch_len, s, take);
		p->scratch_len += take;
		s += take;
		n -= take;
		if (from == 0 && p->scratch_len >= 2 && memcmp(p->scratch, "\r\n", 2) == 0) {
			p->scratch_len = 0;
			m->header_done = true;
			break;
		}
		end = memmem(p->scratch + from, p->scratch_len - from, "\r\n\r\n", 4);
		if (end)
			p->scratch_len = (size_t)(end - p->scratch) + 2;
		m->header_done = end || p->scratch_len == HEADER_OCTETS;
	}
}

static int put(struct pop3 *p, struct message *m, const char *s, size_t n, struct brg_err *err)
{
	int rc;

	if (n == 0)
		return 0;
	m->octets += n;
	if (m->want_header && !m->header_done)
		put_header(p, m, s, n);
	if (m->max_octets && m->octets > m->max_octets)
		m->over = true;
	if (!m->blob || m->over)
		return 0;
	rc = p->host->blob_add(m->blob, s, n, err);
	/* What is left of the message stays on the wire. */
	return rc < 0 ? wire_fail(p, err) : 0;
}

/* Is this the end, seen from a dot at the start of a line? 1 yes, 0 no, -1 not told yet. */
static int is_end(const struct message *m, const char *dot, size_t left, size_t *octets)
{
	if (left < 2)
		return -1;
	if (dot[1] == '\n' && m->line_end != END_CRLF) {
		*octets = 2;
		return 1;
	}
	if (dot[1] != '\r')
		return 0;
	if (left < 3)
		return -1;
	*octets = 3;
	return dot[2] == '\n';
}

/* Take what can be taken of s[0..n). Returns 1 at the end of the message. */
static int eat(struct pop3 *p, struct message *m, const char *s, size_t n, size_t *taken,
	       struct brg_err *err)
{
	size_t from = 0, at = 0, octets = 0;
	const char *nl;
	int rc, end;

	while (at < n) {
		if (m->at_start && s[at] == '.') {
			end = is_end(m, s + at, n - at, &octets);
			if (end != 0) {
				*taken = end > 0 ? at + octets : at;
				rc = put(p, m, s + from, at - from, err);
				return rc < 0 ? rc : end > 0;
			}
			rc = put(p, m, s + from, at - from, err);
			if (rc < 0)
				return rc;
			from = ++at;
		}
		m->at_start = false;
		nl = at < n ? memchr(s + at, '\n', n - at) : NULL;
		if (!nl) {
			/* A CR stays until what follows it is known. */
			n -= n > at && s[n - 1] == '\r';
			break;
		}
		if (nl > s + at && nl[-1] == '\r') {
			if (m->line_end == END_UNKNOWN)
				m->line_end = END_CRLF;
			m->at_start = true;
		} else {
			if (m->line_end == END_UNKNOWN)
				m->line_end = END_LF;
			m->at_start = m->line_end == END_LF;
			rc = put(p, m, s + from, (size_t)(nl - s) - from, err);
			if (rc == 0)
				rc = put(p, m, "\r\n", 2, err);
			if (rc < 0)
				return rc;
			from = (size_t)(nl - s) + 1;
		}
		at = (size_t)(nl - s) + 1;
	}
	*taken = n;
	return put(p, m, s + from, n - from, err);
}

int message_read(struct pop3 *p, struct message *m, struct brg_err *err)
{
	size_t taken;
	int rc;

	m->at_start = true;
	m->line_end = END_UNKNOWN;
	p->scratch_len = 0;
	for (;;) {
		if (p->used < p->seen.len) {
			rc = eat(p, m, p->seen.ptr + p->used, p->seen.len - p->used, &taken, err);
			if (rc < 0)
				return rc;
			p->used += taken;
			if (rc == 1)
				break;
		}
		rc = wire_more(p, err);
		if (rc < 0)
			return rc;
	}
	m->header = (struct brg_str){ p->scratch, p->scratch_len };
	return 0;
}
