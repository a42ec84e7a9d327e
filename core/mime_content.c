/* SPDX-License-Identifier: Apache-2.0
 *
 * The content of a part on its way out: transfer encoding undone, text in UTF-8 with LF, in
 * pieces of bounded size.
 */
#include "core/mime-private.h"

#include "core/charset.h"

#include <strings.h>

#define PIECE (16 * 1024)

typedef int put_fn(void *arg, const void *p, size_t n, struct brg_err *err);

static bool is_text(const struct mime_part *part)
{
	return part->type.len > 5 && memcmp(part->type.ptr, "text/", 5) == 0;
}

/* ---- decoding -------------------------------------------------------------------------------*/

/* Decode the part piece by piece until put() returns anything but 0. */
static int decode(struct brg_blob *raw, const struct mime_part *part, bool *bad, put_fn *put,
		  void *arg, struct brg_err *err)
{
	char in[PIECE], out[PIECE + MIME_TRANSFER_MORE];
	uint64_t at = part->at, end = part->at + part->octets;
	struct mime_transfer t;
	int64_t n = 0;
	size_t k;
	int rc = 0;

	mime_transfer_open(&t, part->encoding);
	while (rc == 0 && at < end) {
		n = blob_read(raw, at, in, end - at < PIECE ? (size_t)(end - at) : PIECE, err);
		if (n <= 0)
			break;
		k = mime_transfer_put(&t, in, (size_t)n, out);
		rc = k ? put(arg, out, k, err) : 0;
		at += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	if (rc == 0) {
		k = mime_transfer_end(&t, out);
		rc = k ? put(arg, out, k, err) : 0;
	}
	if (bad)
		*bad = t.bad;
	return rc;
}

/* ---- judging --------------------------------------------------------------------------------*/

#define META_BYTES 2048

struct judge {
	struct charset_look look;
	uint64_t octets;
	char head[META_BYTES]; /* of HTML, where a charset may be told */
	size_t n_head;
};

static int judge_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct judge *j = arg;
	size_t more = n < sizeof(j->head) - j->n_head ? n : sizeof(j->head) - j->n_head;

	(void)err;
	charset_look(&j->look, p, n);
	memcpy(j->head + j->n_head, p, more);
	j->n_head += more;
	j->octets += n;
	return j->octets > MIME_TEXT_MAX; /* enough */
}

/* <meta charset="..."> or the like of it in Content-Type, where nobody else tells. */
static struct brg_str meta_charset(const struct judge *j)
{
	struct brg_str s = { j->head, j->n_head };
	const char *p = NULL, *end = s.ptr + s.len;
	size_t n = 0;

	for (size_t i = 0; i + 8 < s.len && !p; i++)
		if (strncasecmp(s.ptr + i, "charset=", 8) == 0)
			p = s.ptr + i + 8;
	if (!p)
		return MIME_NONE;
	while (p < end && (*p == '"' || *p == '\'' || *p == ' '))
		p++;
	while (p + n < end && n < CHARSET_NAME && !strchr("\"' />;", p[n]))
		n++;
	return (struct brg_str){ p, n };
}

int mime_judge(struct brg_blob *raw, const struct mime_part *part, char charset[64],
	       unsigned *defects, struct brg_err *err)
{
	struct judge j = { .octets = 0 };
	struct brg_str told = part->charset;
	bool bad = false;
	int rc = decode(raw, part, &bad, judge_piece, &j, err);

	if (rc < 0)
		return rc;
	if (rc > 0)
		*defects |= MIME_CUT;
	if (told.len == 0 && brg_str_eq(part->type, brg_cstr("text/html")))
		told = meta_charset(&j);
	if (!charset_choose(told, &j.look, charset))
		*defects |= MIME_BAD_CHARSET;
	if (bad && rc == 0)
		*defects |= MIME_BAD_ENCODING;
	return 0;
}

/* ---- text -----------------------------------------------------------------------------------*/

/* Lines end with LF; no control characters but that and TAB. */
struct cleaner {
	put_fn *put;
	void *arg;
	size_t crs; /* the last bytes */
	size_t n;
	char out[PIECE];
};

static int put_byte(struct cleaner *c, char byte, struct brg_err *err)
{
	int rc = 0;

	if (c->n == sizeof(c->out)) {
		rc = c->put(c->arg, c->out, c->n, err);
		c->n = 0;
	}
	c->out[c->n++] = byte;
	return rc;
}

/* CRs that no LF followed end a line each. */
static int put_crs(struct cleaner *c, struct brg_err *err)
{
	int rc = 0;

	for (; rc == 0 && c->crs; c->crs--)
		rc = put_byte(c, '\n', err);
	return rc;
}

static int clean_piece(void *arg, const void *bytes, size_t n, struct brg_err *err)
{
	struct cleaner *c = arg;
	const unsigned char *p = bytes;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (p[i] == '\r') {
			c->crs++;
			continue;
		}
		if (p[i] == '\n')
			c->crs = 0;
		else if (c->crs)
			rc = put_crs(c, err);
		if (p[i] == 0xC2 && i + 1 < n && p[i + 1] < 0xA0)
			i++; /* C1: characters come whole */
		else if (rc == 0 &&
			 ((p[i] >= 0x20 && p[i] != 0x7F) || p[i] == '\t' || p[i] == '\n'))
			rc = put_byte(c, (char)p[i], err);
	}
	if (rc == 0 && c->n)
		rc = c->put(c->arg, c->out, c->n, err);
	c->n = 0;
	return rc;
}

struct text {
	struct charset *charset;
	struct cleaner cleaner;
};

static int text_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	struct text *t = arg;

	return charset_put(t->charset, p, n, clean_piece, &t->cleaner, err);
}

int mime_content(struct brg_blob *raw, const struct mime_part *part, put_fn *put, void *arg,
		 struct brg_err *err)
{
	struct brg_arena *arena;
	char charset[CHARSET_NAME];
	unsigned ignored = 0;
	struct text *t;
	int rc;

	if (!is_text(part))
		return decode(raw, part, NULL, put, arg, err);
	rc = mime_judge(raw, part, charset, &ignored, err);
	if (rc < 0)
		return rc;
	arena = arena_new();
	t = arena_alloc(arena, sizeof(*t));
	t->charset = charset_open(charset, arena);
	t->cleaner.put = put;
	t->cleaner.arg = arg;
	rc = decode(raw, part, NULL, text_piece, t, err);
	if (rc == 0)
		rc = charset_end(t->charset, clean_piece, &t->cleaner, err);
	if (rc == 0)
		rc = put_crs(&t->cleaner, err);
	if (rc == 0)
		rc = clean_piece(&t->cleaner, "", 0, err);
	arena_free(&arena);
	return rc;
}
