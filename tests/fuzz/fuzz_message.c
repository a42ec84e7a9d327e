/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole messages: whatever the bytes, the parts lie within them and within each other, texts are
 * texts within their bounds, and what is composed of the fields says the same when it is parsed
 * again, in 7 bits and short lines.
 */
#include "core/mime.h"
#include "tests/fuzz/check_text.h"

#include <string.h>

static struct brg_err err = BRG_ERR_INIT;

struct sum {
	uint64_t octets;
	bool text;
};

static int add_up(void *arg, const void *p, size_t n, struct brg_err *e)
{
	struct sum *sum = arg;

	(void)e;
	sum->octets += n;
	/* Pieces are whole characters. */
	if (sum->text)
		check_text((struct brg_str){ p, n }, true);
	return 0;
}

static bool is_text(const struct mime_part *p)
{
	return p->type.len > 5 && memcmp(p->type.ptr, "text/", 5) == 0;
}

static void check_part(struct brg_blob *raw, const struct mime_message *m, size_t i)
{
	const struct mime_part *p = &m->parts[i];
	struct sum sum = { 0, is_text(p) };

	PROMISE(p->type.len > 0 && p->depth >= 0 && p->depth <= MIME_DEPTH_MAX);
	check_text(p->type, false);
	check_text(p->charset, false);
	check_text(p->encoding, false);
	check_text(p->name, false);
	check_text(p->content_id, false);
	PROMISE(!p->name.len || (!memchr(p->name.ptr, '/', p->name.len) && *p->name.ptr != '.'));
	PROMISE(p->at <= blob_len(raw) && p->octets <= blob_len(raw) - p->at);
	PROMISE(p->in < (int)i);
	if (p->in >= 0) {
		const struct mime_part *in = &m->parts[p->in];

		PROMISE(p->at >= in->at && p->at + p->octets <= in->at + in->octets);
		PROMISE(p->depth > in->depth);
	}
	PROMISE(mime_content(raw, p, add_up, &sum, &err) == 0);
	/* A byte of a charset makes at most three of UTF-8; few make more. */
	PROMISE(sum.octets <= 8 * p->octets + 8);
}

static void check_lines(struct brg_blob *blob)
{
	struct brg_str all = blob_view(blob);
	size_t line = 0;

	for (size_t i = 0; i < all.len; i++) {
		PROMISE(all.ptr[i] != 0 && ((unsigned char)all.ptr[i] < 0x80));
		PROMISE(all.ptr[i] != '\n' || (i && all.ptr[i - 1] == '\r'));
		PROMISE(all.ptr[i] != '\r' || (i + 1 < all.len && all.ptr[i + 1] == '\n'));
		line = all.ptr[i] == '\n' ? 0 : line + 1;
		PROMISE(line <= 999);
	}
}

static bool is_ascii(struct brg_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] > '~')
			return false;
	return true;
}

/* Addresses that can be written (RFC 5321 section 4.5.3.1) and read again. */
static size_t plain_addresses(const struct mime_address *at, size_t n, struct mime_address *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (is_ascii(at[i].address) && at[i].address.len < 254)
			out[k++] = at[i];
	return k;
}

/* But for line ends at the end, of which a message has one, and a mark of byte order. */
static bool same_text(struct brg_str a, struct brg_str b)
{
	if (a.len >= 3 && memcmp(a.ptr, "\xEF\xBB\xBF", 3) == 0)
		return true;
	while (a.len && a.ptr[a.len - 1] == '\n')
		a.len--;
	while (b.len && b.ptr[b.len - 1] == '\n')
		b.len--;
	return brg_str_eq(a, b);
}

static void check_composed(const struct mime_message *m, struct brg_str text, struct brg_str html,
			   struct brg_arena *arena)
{
	const struct mime_header *h = &m->header;
	struct mime_address *to = arena_alloc(arena, (h->n_to + 1) * sizeof(*to));
	struct mime_attachment file = { .content = blob_new(arena) };
	struct brg_blob *out = blob_new(arena);
	struct mime_message again;
	struct brg_str same;
	struct mime_draft draft = {
		.from = { h->from_name, brg_cstr("a@b") },
		.to = to,
		.n_to = plain_addresses(h->to, h->n_to, to),
		.subject = h->subject,
		.text = text,
		.html = html,
		.message_id = h->message_id,
		.references = h->references,
		.date_us = h->date_us,
		.attachments = &file,
		.n_attachments = m->n_parts > 1,
	};

	if (m->n_parts > 1) {
		file.name = m->parts[1].name;
		file.type = m->parts[1].type;
		PROMISE(blob_add(file.content, html.ptr, html.len, &err) == 0);
	}
	PROMISE(mime_compose(&draft, out, &err) == 0);
	check_lines(out);
	PROMISE(mime_message(out, arena, &again, &err) == 0);
	PROMISE(brg_str_eq(again.header.subject, h->subject));
	PROMISE(brg_str_eq(again.header.from_address, brg_cstr("a@b")));
	PROMISE(again.header.n_to <= draft.n_to);
	PROMISE((again.defects & ~(unsigned)(MIME_ENCRYPTED | MIME_SIGNED | MIME_CUT)) == 0);
	PROMISE(again.n_parts == 1u + (html.len > 0) + draft.n_attachments);
	PROMISE(again.text == 0 && again.html == (html.len ? 1 : -1));
	if (draft.n_attachments) {
		PROMISE(again.parts[again.n_parts - 1].attachment);
		PROMISE(brg_str_eq(again.parts[again.n_parts - 1].name, file.name));
	}
	PROMISE(mime_text(out, &again, arena, &same, &err) == 0);
	PROMISE(!text.len || same_text(text, same));
	PROMISE(mime_html(out, &again, arena, &same, &err) == 0);
	PROMISE(!html.len || same_text(html, same));
}

static void check_ready(struct brg_blob *raw, const struct mime_message *m, struct brg_arena *arena)
{
	struct mime_edit edit = { .message_id = brg_cstr("new@id"),
				  .subject = m->header.subject,
				  .sender = brg_cstr("s@t"),
				  .date_us = 1 };
	struct brg_blob *out = blob_new(arena);
	struct mime_message again;

	PROMISE(mime_ready(raw, &edit, out, &err) == 0);
	PROMISE(mime_message(out, arena, &again, &err) == 0);
	PROMISE(brg_str_eq(again.header.message_id, edit.message_id));
	PROMISE(brg_str_eq(again.header.sender_address, edit.sender));
	PROMISE(again.header.n_bcc == 0 && !again.header.null_sender);
	PROMISE(brg_str_eq(again.header.subject, m->header.subject));
	PROMISE(brg_str_eq(again.header.from_address, m->header.from_address) ||
		m->header.from_address.len == 0 || !m->header.sender_address.ptr ||
		brg_str_eq(m->header.from_address, m->header.sender_address));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct brg_blob *raw = blob_new(arena);
	struct mime_message m;
	struct brg_str text, html;

	mime_init();
	PROMISE(blob_add(raw, bytes, n, &err) == 0);
	PROMISE(mime_message(raw, arena, &m, &err) == 0);
	PROMISE(m.n_parts <= MIME_PARTS_MAX && m.text < (int)m.n_parts && m.html < (int)m.n_parts);
	for (size_t i = 0; i < m.n_parts; i++)
		check_part(raw, &m, i);
	PROMISE(mime_text(raw, &m, arena, &text, &err) == 0);
	PROMISE(mime_html(raw, &m, arena, &html, &err) == 0);
	PROMISE(text.len <= MIME_TEXT_MAX && html.len <= MIME_TEXT_MAX);
	check_text(text, true);
	check_text(html, true);
	check_composed(&m, text, html, arena);
	check_ready(raw, &m, arena);
	arena_free(&arena);
	return 0;
}
