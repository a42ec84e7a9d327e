/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a message (RFC 2046), found in one pass over its lines. GMime's parser makes an
 * object of every part before anybody can stop it; here memory is bounded by the limits of the
 * header whatever the message, and what is broken is guessed.
 */
#include "core/mime-private.h"

#include <strings.h>

#define PEEK	     1200 /* bytes of a line that are looked at; a boundary has at most 70 */
#define BOUNDARY_MAX 1000
#define PART_HEADER  (64 * 1024)
#define GUESS_BYTES  (16 * 1024)
#define NAME_BYTES   255
#define WORD_BYTES   64
#define PICTURES_MAX 100 /* that are looked for in the HTML */

/* ---- the open parts -------------------------------------------------------------------------*/

enum level_kind { MIXED, ALTERNATIVE, RELATED, DIGEST, ENCRYPTED, MESSAGE };

struct level {
	enum level_kind kind;
	char boundary[BOUNDARY_MAX]; /* of a multipart */
	size_t boundary_len;
	uint64_t body; /* where it begins */
	size_t first;  /* the part that a multipart begins with */
	int in;	       /* the message that it lies in */
	int self;      /* MESSAGE: its part */
	int alternative;
	bool closed;
	bool hidden; /* within a message that is offered as a file */
	bool text;   /* MESSAGE: a text of it was found */
};

struct scan {
	struct mime_reader r;
	struct brg_arena *arena;
	struct brg_arena *scratch; /* for one part */
	struct mime_message *m;
	size_t room;
	struct level levels[MIME_DEPTH_MAX];
	int n_levels;
	bool text; /* as in a level, of the outermost message */
	int leaf;  /* the part that is being read; -1: none */
	int alternatives;
	size_t multiparts;
	int pictures[PICTURES_MAX]; /* parts that the HTML may show */
	size_t n_pictures;
	size_t ends; /* bytes of the line end of a delimiter: as many in front of it are its own */
};

static struct level *top(struct scan *s)
{
	return s->n_levels ? &s->levels[s->n_levels - 1] : NULL;
}

static struct brg_str keep(struct scan *s, struct brg_str text, size_t max)
{
	size_t n = text.len;

	if (n > max)
		for (n = max; n && ((unsigned char)text.ptr[n] & 0xC0) == 0x80;)
			n--;
	while (n && text.ptr[n - 1] == ' ')
		n--;
	return n ? arena_dup(s->arena, text.ptr, n) : MIME_NONE;
}

/* The number of a new part; -1: it is one too many. */
static int add_part(struct scan *s, const struct mime_kind *kind, const char *type, uint64_t at)
{
	struct mime_message *m = s->m;
	struct mime_part *part;

	if (m->n_parts == MIME_PARTS_MAX) {
		m->defects |= MIME_TOO_MANY;
		return -1;
	}
	if (m->n_parts == s->room) {
		struct mime_part *old = m->parts;

		s->room = s->room ? s->room * 2 : 4;
		m->parts = arena_alloc(s->arena, s->room * sizeof(*old));
		if (old)
			memcpy(m->parts, old, m->n_parts * sizeof(*old));
	}
	part = &m->parts[m->n_parts];
	*part = (struct mime_part){
		.type = keep(s, type ? brg_cstr(type) : kind->type, NAME_BYTES),
		.charset = keep(s, kind->charset, WORD_BYTES),
		.encoding = keep(s, kind->encoding, WORD_BYTES),
		.name = keep(s, kind->name, NAME_BYTES),
		.content_id = keep(s, kind->content_id, NAME_BYTES),
		.depth = s->n_levels,
		.in = top(s) ? top(s)->in : -1,
		.flowed = kind->flowed,
		.del = kind->del,
		.alternative = top(s) ? top(s)->alternative : -1,
		.at = at,
	};
	return (int)m->n_parts++;
}

static void end_part(struct scan *s, int part, uint64_t end)
{
	struct mime_part *p = part >= 0 ? &s->m->parts[part] : NULL;

	if (!p)
		return;
	/* Of an empty one the end of its header belongs to the delimiter. */
	p->at = end < p->at ? end : p->at;
	p->octets = end - p->at;
}

/* A multipart in which no part was found is shown as the text that it is. */
static void show_body(struct scan *s, const struct level *level, uint64_t end)
{
	int part;

	s->m->defects |= MIME_NO_BOUNDARY;
	if (end <= level->body)
		return;
	part = add_part(s, &mime_no_kind, "text/plain", level->body);
	end_part(s, part, end);
}

/* Close the innermost level; what it holds ends at `end`. */
static void pop(struct scan *s, uint64_t end)
{
	struct level *level = &s->levels[--s->n_levels];

	if (level->kind == MESSAGE)
		end_part(s, level->self, end);
	else if (!level->closed)
		s->m->defects |= MIME_NO_BOUNDARY;
	if (level->kind != MESSAGE && s->m->n_parts == level->first)
		show_body(s, level, end);
}

static struct level *push(struct scan *s, enum level_kind kind, uint64_t body)
{
	const struct level *outer = top(s);
	struct level *level = &s->levels[s->n_levels++];

	*level = (struct level){
		.kind = kind,
		.body = body,
		.first = s->m->n_parts,
		.in = outer ? outer->in : -1,
		.self = -1,
		.alternative = outer && kind != MESSAGE ? outer->alternative : -1,
		.hidden = outer && outer->hidden,
	};
	/* The outermost choice counts: what is chosen there chooses all within. */
	if (kind == ALTERNATIVE && level->alternative < 0)
		level->alternative = s->alternatives++;
	return level;
}

/* ---- boundaries -----------------------------------------------------------------------------*/

/* Is this line "--boundary", or "--boundary--"? Blanks may follow (RFC 2046 section 5.1.1); NUL is
 * some gateway's. */
static bool is_boundary(struct brg_str line, struct brg_str boundary, bool *last)
{
	size_t n = 2 + boundary.len;

	if (line.len < n || memcmp(line.ptr + 2, boundary.ptr, boundary.len) != 0)
		return false;
	*last = line.len >= n + 2 && line.ptr[n] == '-' && line.ptr[n + 1] == '-';
	if (*last)
		n += 2;
	while (n < line.len && (mime_blank(line.ptr[n]) || line.ptr[n] == '\r' || !line.ptr[n]))
		n++;
	return n == line.len || line.ptr[n] == '\n';
}

static struct brg_str boundary(const struct level *level)
{
	return (struct brg_str){ level->boundary, level->boundary_len };
}

/* The level whose boundary this line is, the innermost first; -1: none. */
static int find_boundary(const struct scan *s, struct brg_str line, bool *last)
{
	if (line.len < 3 || line.ptr[0] != '-' || line.ptr[1] != '-')
		return -1;
	for (int i = s->n_levels; i-- > 0;)
		if (s->levels[i].kind != MESSAGE &&
		    is_boundary(line, boundary(&s->levels[i]), last))
			return i;
	return -1;
}

static bool is_told_in(struct brg_str body, struct brg_str boundary)
{
	const char *p = body.ptr, *end = p + body.len;
	bool last;

	while (boundary.len && p < end) {
		if (end - p > 2 && p[0] == '-' && p[1] == '-' &&
		    is_boundary((struct brg_str){ p, (size_t)(end - p) }, boundary, &last))
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	return false;
}

static bool begins_part(struct brg_str s)
{
	struct brg_str rest = s, field;

	return mime_next_field(&rest, &field) && field.ptr == s.ptr && field.len > 8 &&
	       strncasecmp(field.ptr, "content-", 8) == 0;
}

/* The first line "--something" that fields of a part follow. */
static struct brg_str guess_boundary(const struct scan *s, struct brg_str body)
{
	const char *p = body.ptr, *end = p + body.len, *next;
	bool last;

	for (; p < end; p = next) {
		struct brg_str line = { p, (size_t)(end - p) };
		size_t n;

		next = memchr(p, '\n', line.len);
		next = next ? next + 1 : end;
		for (n = (size_t)(next - p); n && strchr(" \t\r\n", p[n - 1]) && p[n - 1];)
			n--;
		if (n < 3 || n > BOUNDARY_MAX || p[0] != '-' || p[1] != '-' ||
		    find_boundary(s, line, &last) >= 0)
			continue;
		if (begins_part((struct brg_str){ next, (size_t)(end - next) }))
			return arena_dup(s->scratch, p + 2, n - 2);
	}
	return MIME_NONE;
}

/* The boundary as told, or as it seems to be. Empty: there is none. */
static struct brg_str choose_boundary(struct scan *s, struct brg_str told, uint64_t body)
{
	struct brg_str near = mime_look(&s->r, body, GUESS_BYTES), guessed;

	if (near.len > GUESS_BYTES)
		near.len = GUESS_BYTES;
	if (told.len > BOUNDARY_MAX)
		told.len = 0;
	if (is_told_in(near, told))
		return told;
	guessed = guess_boundary(s, near);
	if (guessed.len)
		s->m->defects |= MIME_NO_BOUNDARY;
	return guessed.len ? guessed : told;
}

/* ---- headers --------------------------------------------------------------------------------*/

/* Behind a header that is longer than what is looked at. */
static uint64_t skip_header(struct scan *s, uint64_t at)
{
	bool last;

	s->m->defects |= MIME_CUT;
	for (struct mime_line line; at < s->r.len && s->r.rc == 0; at = line.next) {
		struct brg_str head = mime_look(&s->r, at, PEEK);

		if (find_boundary(s, head, &last) >= 0)
			break;
		line = mime_line(&s->r, at);
		if (line.next - at == line.end)
			return line.next;
	}
	return at;
}

/* The header block at `at`, at most `max` bytes of it; returns where the body begins. */
static uint64_t read_header(struct scan *s, uint64_t at, size_t max, struct brg_str *block)
{
	struct brg_str all = mime_look(&s->r, at, max), rest, field;
	size_t fields = 0;

	if (all.len > max)
		all.len = max;
	for (rest = at ? all : mime_block(all); mime_next_field(&rest, &field);)
		fields++;
	*block = (struct brg_str){ all.ptr, (size_t)(rest.ptr - all.ptr) };
	if (fields == 0 && s->n_levels == 0)
		s->m->defects |= MIME_NO_HEADER;
	if (block->len && memchr(block->ptr, 0, block->len))
		s->m->defects |= MIME_NUL;
	if (rest.len == 0 && at + all.len < s->r.len && all.len == max)
		return skip_header(s, at + all.len);
	return at + block->len;
}

/* ---- what a part is -------------------------------------------------------------------------*/

static bool is(struct brg_str s, const char *word)
{
	return brg_str_eq(s, brg_cstr(word));
}

static bool begins(struct brg_str s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && memcmp(s.ptr, word, n) == 0;
}

/* Whole messages; what is encoded must be decoded first, so that is a file (RFC 2046 section
 * 5.2.1 forbids it). */
static bool is_message(const struct mime_kind *kind)
{
	struct mime_transfer t;

	mime_transfer_open(&t, kind->encoding);
	return t.way == MIME_AS_IS &&
	       (is(kind->type, "message/rfc822") || is(kind->type, "message/global") ||
		is(kind->type, "message/news"));
}

static void note_security(struct scan *s, const struct mime_kind *kind)
{
	if (is(kind->type, "multipart/signed"))
		s->m->defects |= MIME_SIGNED;
	if (is(kind->type, "multipart/encrypted"))
		s->m->defects |= MIME_ENCRYPTED;
	if (is(kind->type, "application/pkcs7-mime") || is(kind->type, "application/x-pkcs7-mime"))
		s->m->defects |= is(kind->smime, "signed-data") || is(kind->smime, "certs-only")
					 ? MIME_SIGNED
					 : MIME_ENCRYPTED;
}

/* The flag of the message that is being read: was a text of it found? */
static bool *text_flag(struct scan *s)
{
	for (int i = s->n_levels; i-- > 0;)
		if (s->levels[i].kind == MESSAGE)
			return &s->levels[i].text;
	return &s->text;
}

/* Offered as a file, or part of what is read? */
static void classify(struct scan *s, struct mime_part *p, const struct mime_kind *kind)
{
	const struct level *outer = top(s);
	bool html = is(p->type, "text/html"), *text = text_flag(s);
	int index = (int)(p - s->m->parts);

	if (!html && !is(p->type, "text/plain")) {
		p->is_inline = outer && outer->kind == RELATED && p->content_id.len &&
			       !kind->attachment && (size_t)index != outer->first;
		p->attachment = !p->is_inline;
		if (p->attachment && p->content_id.len && !kind->attachment &&
		    s->n_pictures < PICTURES_MAX)
			s->pictures[s->n_pictures++] = index;
		return;
	}
	/* A body need not say so; a second text with a name is a file. */
	p->attachment =
		(kind->attachment && (p->depth > 0 || p->name.len)) || (p->name.len && *text);
	if (p->attachment)
		return;
	*text = true;
	if (outer && outer->hidden)
		return;
	if (html && s->m->html < 0)
		s->m->html = index;
	if (!html && s->m->text < 0)
		s->m->text = index;
}

static void open_leaf(struct scan *s, const struct mime_kind *kind, uint64_t body)
{
	struct mime_transfer t;

	/* "Version: 1" (RFC 3156 section 4) is nothing that anybody wants to see. */
	if (top(s) && top(s)->kind == ENCRYPTED && is(kind->type, "application/pgp-encrypted"))
		return;
	s->leaf = add_part(s, kind, kind->type.len ? NULL : "text/plain", body);
	if (s->leaf < 0)
		return;
	classify(s, &s->m->parts[s->leaf], kind);
	mime_transfer_open(&t, kind->encoding);
	if (t.bad)
		s->m->defects |= MIME_BAD_ENCODING;
}

/* False: it cannot be taken apart. */
static bool open_multipart(struct scan *s, const struct mime_kind *kind, uint64_t body)
{
	struct brg_str found;
	struct level *level;

	if (s->n_levels == MIME_DEPTH_MAX) {
		s->m->defects |= MIME_TOO_DEEP;
		return false;
	}
	if (s->multiparts == MIME_PARTS_MAX) {
		s->m->defects |= MIME_TOO_MANY;
		return false;
	}
	found = choose_boundary(s, kind->boundary, body);
	s->multiparts++;
	level = push(s,
		     is(kind->type, "multipart/alternative") ? ALTERNATIVE
		     : is(kind->type, "multipart/related")   ? RELATED
		     : is(kind->type, "multipart/digest")    ? DIGEST
		     : is(kind->type, "multipart/encrypted") ? ENCRYPTED
							     : MIXED,
		     body);
	if (found.len)
		memcpy(level->boundary, found.ptr, found.len);
	level->boundary_len = found.len;
	return true;
}

static bool open_message(struct scan *s, const struct mime_kind *kind, uint64_t body)
{
	const struct level *outer = top(s);
	struct level *level;
	int self;

	if (s->n_levels == MIME_DEPTH_MAX) {
		s->m->defects |= MIME_TOO_DEEP;
		return false;
	}
	self = add_part(s, kind, NULL, body);
	if (self < 0)
		return false;
	s->m->parts[self].attachment = outer && outer->kind != DIGEST;
	level = push(s, MESSAGE, body);
	level->self = self;
	level->in = self;
	level->hidden = level->hidden || s->m->parts[self].attachment;
	return true;
}

/* The part whose header is at `at`; returns where its lines begin. */
static uint64_t open_part(struct scan *s, uint64_t at)
{
	struct mime_kind kind;
	struct brg_str block;
	uint64_t body;

	for (;;) {
		arena_reset(s->scratch);
		s->leaf = -1;
		body = read_header(s, at, s->n_levels ? PART_HEADER : MIME_HEADER_MAX, &block);
		if (s->m->n_parts == MIME_PARTS_MAX) {
			s->m->defects |= MIME_TOO_MANY;
			return body;
		}
		mime_kind(block, s->scratch, &kind);
		if (at == 0)
			mime_header(block, s->arena, &s->m->header);
		if (!kind.told && top(s) && top(s)->kind == DIGEST)
			kind.type = brg_cstr("message/rfc822");
		note_security(s, &kind);
		if (is_message(&kind) && open_message(s, &kind, body)) {
			at = body;
			continue;
		}
		if (!begins(kind.type, "multipart/") || !open_multipart(s, &kind, body))
			open_leaf(s, &kind, body);
		return body;
	}
}

/* ---- lines ----------------------------------------------------------------------------------*/

/* Armour within a text (RFC 4880 section 6.2). */
static void note_armour(struct scan *s, struct brg_str line)
{
	if (s->leaf < 0 || !is(s->m->parts[s->leaf].type, "text/plain"))
		return;
	if (begins(line, "-----BEGIN PGP MESSAGE-----"))
		s->m->defects |= MIME_ENCRYPTED;
	else if (begins(line, "-----BEGIN PGP SIGNED MESSAGE-----"))
		s->m->defects |= MIME_SIGNED;
}

/* The boundary of a level was met at a line: everything within it ends at `end`. */
static void close_within(struct scan *s, int level, uint64_t end, bool last)
{
	end_part(s, s->leaf, end);
	s->leaf = -1;
	while (s->n_levels > level + 1)
		pop(s, end);
	if (last) {
		s->levels[level].closed = true;
		pop(s, end);
	}
}

/* What closes a multipart that has no part yet, and has one behind it, was meant to open it. */
static bool closes_first(struct scan *s, int level, uint64_t next)
{
	return level == s->n_levels - 1 && s->levels[level].first == s->m->n_parts &&
	       begins_part(mime_look(&s->r, next, PEEK));
}

static void scan_lines(struct scan *s, uint64_t at)
{
	size_t before = 0; /* bytes of the last line end: it belongs to a boundary behind it */
	struct mime_line line;
	uint64_t header;
	int level;
	bool last = false;

	for (; at < s->r.len && s->r.rc == 0; at = line.next) {
		struct brg_str head = mime_look(&s->r, at, PEEK);

		level = find_boundary(s, head, &last);
		if (level < 0 && begins(head, "-----BEGIN PGP"))
			note_armour(s, head);
		line = mime_line(&s->r, at);
		if (line.nul)
			s->m->defects |= MIME_NUL;
		if (level < 0) {
			before = line.end;
			continue;
		}
		if (last && closes_first(s, level, line.next))
			last = false;
		s->ends = line.end > s->ends ? line.end : s->ends;
		close_within(s, level, at - (before < s->ends ? before : s->ends), last);
		before = line.end;
		if (last)
			continue;
		header = line.next;
		line.next = open_part(s, header);
		before = line.next > header ? mime_end_before(&s->r, line.next) : 0;
	}
	end_part(s, s->leaf, s->r.len);
	while (s->n_levels)
		pop(s, s->r.len);
}

/* ---- all of it ------------------------------------------------------------------------------*/

static int judge_texts(struct brg_blob *raw, struct mime_message *m, struct brg_err *err)
{
	char charset[64];
	int rc = 0;

	for (size_t i = 0; i < m->n_parts && rc == 0; i++)
		if (!m->parts[i].attachment && begins(m->parts[i].type, "text/"))
			rc = mime_judge(raw, &m->parts[i], charset, &m->defects, err);
	return rc;
}

int mime_message(struct brg_blob *raw, struct brg_arena *arena, struct mime_message *out,
		 struct brg_err *err)
{
	struct brg_arena *work = arena_new();
	struct scan *s = arena_alloc(work, sizeof(*s));
	int rc;

	*out = (struct mime_message){ .text = -1, .html = -1 };
	s->arena = arena;
	s->scratch = arena_new();
	s->m = out;
	s->leaf = -1;
	s->ends = 2;
	mime_reader_open(&s->r, raw, work, err);
	scan_lines(s, open_part(s, 0));
	rc = s->r.rc;
	if (rc == 0)
		rc = judge_texts(raw, out, err);
	if (rc == 0 && s->n_pictures)
		rc = mime_show_pictures(raw, out, s->pictures, s->n_pictures, err);
	arena_free(&s->scratch);
	arena_free(&work);
	return rc;
}
