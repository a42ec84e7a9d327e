/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody else composed is made ready to be sent. The header is edited field by field and
 * nothing is parsed that need not be, so what somebody signed or spelled stays as it is.
 */
#include "core/mime-private.h"

#include <strings.h>

struct seen {
	bool date, mime;
};

static bool is_field(struct brg_str field, const char *name)
{
	size_t n = strlen(name);

	if (field.len <= n || strncasecmp(field.ptr, name, n) != 0)
		return false;
	while (n < field.len && mime_blank(field.ptr[n]))
		n++;
	return n < field.len && field.ptr[n] == ':';
}

/* A CR within a line would end it for some servers, and begin another field. */
static void put_lines(struct mime_out *o, struct brg_str s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		const char *cr = memchr(s.ptr + i, '\r', s.len - i);

		n = cr ? (size_t)(cr - s.ptr) - i : s.len - i;
		mime_put(o, s.ptr + i, n);
		if (cr && cr + 1 < s.ptr + s.len && cr[1] != '\n')
			mime_put(o, " ", 1);
		n += cr != NULL;
	}
	if (o->last != '\n')
		mime_puts(o, "\r\n");
}

static void put_field(struct mime_out *o, const struct mime_edit *edit, struct brg_str field,
		      struct seen *seen)
{
	static const char *const gone[] = { "bcc", "resent-bcc", "return-path" };

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (is_field(field, gone[i]))
			return;
	if ((edit->message_id.len && is_field(field, "message-id")) ||
	    (edit->subject.len && is_field(field, "subject")) ||
	    (edit->sender.len && is_field(field, "sender")))
		return; /* replaced */
	seen->date = seen->date || is_field(field, "date");
	seen->mime = seen->mime || is_field(field, "mime-version");
	put_lines(o, field);
}

static void put_added(struct mime_out *o, const struct mime_edit *edit, const struct seen *seen,
		      struct brg_arena *scratch)
{
	const struct mime_address sender = { { "", 0 }, edit->sender };

	mime_put_address_field(o, "Sender", &sender, 1, scratch);
	if (edit->subject.len)
		mime_put_text_field(o, "Subject", edit->subject, scratch);
	mime_put_id_field(o, "Message-ID", edit->message_id, scratch);
	if (!seen->date)
		mime_put_date(o, edit->date_us);
	if (!seen->mime)
		mime_puts(o, "MIME-Version: 1.0\r\n");
}

static void put_rest(struct mime_out *o, struct brg_blob *raw, uint64_t at, char *room)
{
	int64_t n;

	while (o->rc == 0 && (n = blob_read(raw, at, room, MIME_HEADER_MAX, o->err)) != 0) {
		if (n < 0)
			o->rc = (int)n;
		else
			mime_put(o, room, (size_t)n);
		at += n > 0 ? (uint64_t)n : 0;
	}
	if (o->last != '\n')
		mime_puts(o, "\r\n");
}

int mime_ready(struct brg_blob *raw, const struct mime_edit *edit, struct brg_blob *out,
	       struct brg_err *err)
{
	struct brg_arena *scratch = arena_new();
	struct mime_out *o = mime_out_new(out, scratch, err);
	char *room = arena_alloc(scratch, MIME_HEADER_MAX);
	int64_t n = blob_read(raw, 0, room, MIME_HEADER_MAX, err);
	struct brg_str all =
		mime_with_lines((struct brg_str){ room, n > 0 ? (size_t)n : 0 }, scratch);
	struct brg_str rest = mime_block(all), field;
	bool whole = all.len == blob_len(raw), goes_on = false;
	struct seen seen = { false, false };
	uint64_t at = (uint64_t)(rest.ptr - all.ptr);
	int rc;

	o->rc = n < 0 ? (int)n : 0;
	while (mime_next_field(&rest, &field)) {
		/* The window may have cut the last one: it and what follows are left alone. */
		goes_on = rest.len == 0 && !whole;
		if (goes_on)
			break;
		put_field(o, edit, field, &seen);
		at = (uint64_t)(rest.ptr - all.ptr);
	}
	put_added(o, edit, &seen, scratch);
	if (!goes_on) {
		at = (uint64_t)(rest.ptr - all.ptr);
		mime_puts(o, "\r\n");
	}
	put_rest(o, raw, at, room);
	rc = mime_out_end(o);
	arena_free(&scratch);
	return rc;
}
