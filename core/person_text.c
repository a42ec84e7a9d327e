/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a text names a person. What is around an address says whether it is his: in
 * "anna.petra@example.org" and "petra@example.org.uk" he is not named.
 */
#include "core/person-private.h"

#include "core/blob.h"
#include "core/body.h"
#include "core/mailbox.h"
#include "core/mime.h"

#include <ctype.h>

#define WINDOW	(64 * 1024)
#define OVERLAP 2048 /* more than an address with its blanks */

bool person_has(const struct person *p, struct brg_str address)
{
	for (size_t i = 0; i < p->n_addresses; i++)
		if (brg_str_eq(p->addresses[i], address))
			return true;
	return false;
}

/* ---- a text ---------------------------------------------------------------------------------*/

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool of_name(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("-._+", c));
}

/* Go back over the part before the @, which stands at p. NULL: it is another. */
static const char *before(const char *begin, const char *p, const char *local, size_t n)
{
	bool loose = true; /* blanks may stand beside the @ and a dot */

	while (n > 0) {
		char wanted = local[--n];

		for (loose = loose || wanted == '.'; loose && p > begin && is_blank(p[-1]);)
			p--;
		if (p == begin || tolower((unsigned char)*--p) != (unsigned char)wanted)
			return NULL;
		loose = wanted == '.';
	}
	return p;
}

static const char *behind(const char *p, const char *end, const char *domain, size_t n)
{
	bool loose = true;

	for (size_t i = 0; i < n; i++) {
		for (loose = loose || domain[i] == '.'; loose && p < end && is_blank(*p);)
			p++;
		if (p == end || tolower((unsigned char)*p++) != (unsigned char)domain[i])
			return NULL;
		loose = domain[i] == '.';
	}
	return p;
}

/* What begins at begin is part of a text: `open` on a side where more of it follows. */
struct piece {
	const char *begin, *end;
	bool open_before, open_behind;
};

static bool is_his(const struct piece *t, const char *at, struct brg_str address)
{
	const char *mark = memrchr(address.ptr, '@', address.len);
	size_t local = mark ? (size_t)(mark - address.ptr) : address.len;
	const char *p, *q;

	p = mark ? before(t->begin, at, address.ptr, local) : NULL;
	q = p ? behind(at + 1, t->end, mark + 1, address.len - local - 1) : NULL;
	/* At an open end the next piece decides, or the last one has. */
	if (!q || (p == t->begin ? t->open_before : of_name(p[-1])))
		return false;
	if (q + 1 >= t->end && t->open_behind)
		return false;
	if (q < t->end && *q == '.')
		return q + 1 == t->end || !(isalnum((unsigned char)q[1]) || (q[1] & 0x80));
	return q == t->end || !(of_name(*q) && *q != '_' && *q != '+');
}

static bool piece_names(const struct person *p, const struct piece *t)
{
	const char *at = t->begin;

	while ((at = memchr(at, '@', (size_t)(t->end - at)))) {
		for (size_t i = 0; i < p->n_addresses; i++)
			if (is_his(t, at, p->addresses[i]))
				return true;
		at++;
	}
	return false;
}

bool person_named(const struct person *p, struct brg_str text)
{
	const struct piece t = { text.ptr, text.ptr + text.len, false, false };

	return text.len && piece_names(p, &t);
}

/* ---- a mail ---------------------------------------------------------------------------------*/

/* The end of the header, if it is in this piece. */
static const char *header_end(const char *begin, const char *end)
{
	for (const char *p = begin; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		if ((end - p > 1 && p[1] == '\n') || (end - p > 2 && p[1] == '\r' && p[2] == '\n'))
			return p;
	return NULL;
}

/* Line ends before a header belong to it. */
static uint64_t skip_lines(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == '\r' || p[i] == '\n'))
		i++;
	return i;
}

/* In windows that overlap, so that memory is bounded. 1: he is named. */
static int blob_names(const struct person *p, struct brg_blob *blob, bool whole,
		      struct brg_arena *scratch, struct brg_err *err)
{
	char *buf = arena_alloc(scratch, WINDOW);
	uint64_t at = 0, len = blob_len(blob);
	bool over = len == 0;

	while (!over) {
		int64_t n = blob_read(blob, at, buf, WINDOW, err);
		struct piece t = { buf, buf + n, at > 0, at + (uint64_t)n < len };
		const char *end;

		if (n < 0)
			return (int)n;
		end = whole ? NULL : header_end(buf + (at ? 0 : skip_lines(buf, (size_t)n)), t.end);
		if (end) {
			t.end = end;
			t.open_behind = false;
		}
		if (piece_names(p, &t))
			return 1;
		over = !t.open_behind;
		at += WINDOW - OVERLAP;
	}
	return 0;
}

static int add_piece(void *arg, const void *p, size_t n, struct brg_err *err)
{
	return blob_add(arg, p, n, err);
}

static int parts_name(const struct person *p, struct brg_blob *raw, struct brg_arena *arena,
		      struct brg_err *err)
{
	struct brg_arena *scratch = arena_new();
	struct mime_message m;
	int rc = mime_message(raw, arena, &m, err);

	for (size_t i = 0; rc == 0 && i < m.n_parts; i++) {
		struct brg_blob *content = blob_new(scratch);

		rc = mime_content(raw, &m.parts[i], add_piece, content, err);
		if (rc == 0)
			rc = blob_names(p, content, true, scratch, err);
		arena_reset(scratch);
	}
	arena_free(&scratch);
	return rc;
}

int person_in_mail(struct engine *e, const struct person *p, const struct brg_sha *body, bool whole,
		   struct brg_err *err)
{
	struct brg_arena *arena = arena_new();
	struct brg_blob *raw = blob_new(arena);
	int rc = body_read(&e->store, body, add_piece, raw, err);

	if (rc >= 0)
		rc = blob_names(p, raw, whole, arena, err);
	else if (rc == BRG_ENOTFOUND)
		rc = 0;
	if (rc == 0 && whole)
		rc = parts_name(p, raw, arena, err);
	arena_free(&arena);
	return rc;
}

/* ---- rows that only lose what names him -----------------------------------------------------*/

bool person_hush(const struct person *p, struct brg_outgoing_row *row, struct brg_arena *arena)
{
	const struct brg_str none = { "", 0 };
	struct recipients list;
	bool any = person_named(p, row->said), of_list = false;

	if (any)
		row->said = none;
	recipients_read(row->recipients, arena, &list);
	for (size_t i = 0; i < list.n; i++)
		if (person_named(p, list.at[i].said)) {
			list.at[i].said = none;
			of_list = true;
		}
	if (of_list)
		row->recipients = recipients_write(&list, arena);
	return any || of_list;
}

bool person_unlist(const struct person *p, struct brg_str *json, struct brg_arena *arena)
{
	struct brg_err ignored = BRG_ERR_INIT;
	struct settings all = { 0 };
	struct setting *senders = NULL;
	struct brg_str rest, word;
	const char *left = "";
	bool any = false;

	/* What is damaged is no list. */
	if (settings_add_json(&all, *json, arena, &ignored) < 0)
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (brg_str_eq(all.at[i].name, brg_cstr("senders")))
			senders = &all.at[i];
	if (!senders)
		return false;
	rest = senders->value;
	while (mailbox_next_word(&rest, &word))
		if (person_has(p, word))
			any = true;
		else
			left = arena_printf(arena, "%s%s%.*s", left, *left ? " " : "",
					    (int)word.len, word.ptr);
	senders->value = brg_cstr(left);
	if (any)
		*json = settings_to_json(&all, arena);
	return any;
}
