/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a whole message, from memory or through a window. They end with LF and any CR in
 * front of it, for some gateways convert ends twice; where there is no LF, with CR.
 */
#include "core/mime-private.h"

#define WINDOW	MIME_HEADER_MAX
#define CRS_MAX 8

/* Where LF is in no line, CR ends them. */
static void translate(struct mime_reader *r)
{
	char *p = r->room;

	for (size_t i = 0; r->cr && i < r->n; i++)
		if (p[i] == '\r')
			p[i] = '\n';
}

struct brg_str mime_look(struct mime_reader *r, uint64_t at, size_t want)
{
	int64_t got;

	if (at >= r->len || r->rc < 0)
		return MIME_NONE;
	if (want > r->len - at)
		want = (size_t)(r->len - at);
	if (r->room && (at < r->at || at + want > r->at + r->n)) {
		got = blob_read(r->raw, at, r->room, WINDOW, r->err);
		r->at = at;
		r->n = got > 0 ? (size_t)got : 0;
		if (got <= 0) {
			r->rc = got < 0 ? (int)got : 0;
			r->len = at; /* nothing more will come */
			return MIME_NONE;
		}
		translate(r);
	}
	return (struct brg_str){ r->p + (at - r->at), (size_t)(r->at + r->n - at) };
}

static void look_at_ends(struct mime_reader *r, struct brg_arena *scratch)
{
	struct brg_str s = mime_look(r, 0, 1);

	if (s.len == 0 || memchr(s.ptr, '\n', s.len) || !memchr(s.ptr, '\r', s.len))
		return;
	r->cr = true;
	if (!r->room)
		r->room = arena_alloc(scratch, WINDOW);
	r->p = r->room;
	r->n = 0;
}

void mime_reader_open(struct mime_reader *r, struct brg_blob *raw, struct brg_arena *scratch,
		      struct brg_err *err)
{
	struct brg_str all = blob_view(raw);

	*r = (struct mime_reader){ .raw = raw, .err = err, .len = blob_len(raw) };
	if (all.ptr) {
		r->p = all.ptr;
		r->n = all.len;
	} else {
		r->room = arena_alloc(scratch, WINDOW);
		r->p = r->room;
	}
	look_at_ends(r, scratch);
}

/* CRs at the end of n bytes, in front of which there were some, too. */
static size_t count_crs(const char *p, size_t n, size_t before)
{
	size_t k = 0;

	while (k < n && k < CRS_MAX && p[n - 1 - k] == '\r')
		k++;
	return k == n ? before + k : k;
}

struct mime_line mime_line(struct mime_reader *r, uint64_t at)
{
	struct mime_line line = { at, 0, false };
	size_t crs = 0;

	for (;;) {
		struct brg_str s = mime_look(r, line.next, 1);
		const char *p = s.len ? memchr(s.ptr, '\n', s.len) : NULL;
		size_t n = p ? (size_t)(p - s.ptr) : s.len;

		line.nul = line.nul || (n && memchr(s.ptr, 0, n));
		crs = count_crs(s.ptr, n, crs);
		line.next += n + (p != NULL);
		if (p || s.len == 0) {
			line.end = p ? 1 + crs : 0;
			return line;
		}
	}
}

size_t mime_end_before(struct mime_reader *r, uint64_t at)
{
	size_t n = at < 1 + CRS_MAX ? (size_t)at : 1 + CRS_MAX;
	struct brg_str s = n ? mime_look(r, at - n, n) : MIME_NONE;

	return s.len >= n && n && s.ptr[n - 1] == '\n' ? 1 + count_crs(s.ptr, n - 1, 0) : 0;
}
