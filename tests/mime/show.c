/* SPDX-License-Identifier: Apache-2.0
 *
 * What our parser makes of a message, as JSON, for check.py to judge:
 *	show FILE ...	one object a message
 *	show --batch	messages come by stdin, each behind its length (4 bytes, big-endian);
 *			an object a line goes to stdout
 */
#include "core/blob.h"
#include "core/mime.h"

#include <jansson.h>
#include <stdlib.h>

/* Text as it is; what is no UTF-8 breaks the contract and is told. */
static void set_str(json_t *o, const char *key, struct brg_str s)
{
	json_t *value = json_stringn(s.len ? s.ptr : "", s.len);

	json_object_set_new(o, key, value ? value : json_pack("{s:b}", "not_utf8", 1));
}

static void set_moment(json_t *o, const char *key, int64_t us)
{
	json_object_set_new(o, key, us ? json_integer(us) : json_null());
}

static void set_addresses(json_t *o, const char *key, const struct mime_address *at, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object();

		set_str(one, "name", at[i].name);
		set_str(one, "address", at[i].address);
		json_array_append_new(array, one);
	}
	json_object_set_new(o, key, array);
}

static void show_header(json_t *o, const struct mime_header *h)
{
	json_t *from = json_object();

	set_str(from, "name", h->from_name);
	set_str(from, "address", h->from_address);
	json_object_set_new(o, "from", from);
	set_str(o, "subject", h->subject);
	set_addresses(o, "to", h->to, h->n_to);
	set_addresses(o, "cc", h->cc, h->n_cc);
	set_addresses(o, "bcc", h->bcc, h->n_bcc);
	set_addresses(o, "reply_to", h->reply_to, h->n_reply_to);
	set_addresses(o, "delivered", h->delivered, h->n_delivered);
	set_str(o, "sender", h->sender_address);
	set_str(o, "disposition_to", h->disposition_to);
	set_moment(o, "date", h->date_us);
	set_moment(o, "received", h->received_us);
	set_str(o, "message_id", h->message_id);
	set_str(o, "in_reply_to", h->in_reply_to);
	set_str(o, "references", h->references);
	set_str(o, "list_id", h->list_id);
	set_str(o, "thread_index", h->thread_index);
	set_str(o, "content_type", h->content_type);
	set_str(o, "report_type", h->report_type);
	set_str(o, "auto_submitted", h->auto_submitted);
	json_object_set_new(o, "automatic", json_boolean(h->automatic));
	json_object_set_new(o, "null_sender", json_boolean(h->null_sender));
}

struct bytes {
	char *at;
	size_t n, room;
	bool latin; /* each byte becomes the letter of its number */
};

static void add_byte(struct bytes *b, unsigned char c)
{
	if (b->n + 2 > b->room) {
		b->room = b->room ? b->room * 2 : 256;
		b->at = xrealloc(b->at, b->room, 1);
	}
	if (b->latin && c >= 0x80) {
		b->at[b->n++] = (char)(0xc0 | c >> 6);
		c = 0x80 | (c & 0x3f);
	}
	b->at[b->n++] = (char)c;
}

static int put(void *arg, const void *p, size_t n, struct brg_err *err)
{
	const unsigned char *c = p;

	(void)err;
	for (size_t i = 0; i < n; i++)
		add_byte(arg, c[i]);
	return 0;
}

static json_t *show_part(struct brg_blob *raw, const struct mime_part *part)
{
	bool is_text = part->type.len > 5 && memcmp(part->type.ptr, "text/", 5) == 0;
	struct bytes content = { .latin = !is_text };
	json_t *o = json_object();
	struct brg_err err = { 0 };

	set_str(o, "type", part->type);
	set_str(o, "charset", part->charset);
	set_str(o, "encoding", part->encoding);
	set_str(o, "name", part->name);
	set_str(o, "content_id", part->content_id);
	json_object_set_new(o, "depth", json_integer(part->depth));
	json_object_set_new(o, "in", json_integer(part->in));
	json_object_set_new(o, "attachment", json_boolean(part->attachment));
	json_object_set_new(o, "inline", json_boolean(part->is_inline));
	json_object_set_new(o, "at", json_integer((json_int_t)part->at));
	json_object_set_new(o, "octets", json_integer((json_int_t)part->octets));
	if (mime_content(raw, part, put, &content, &err) < 0)
		json_object_set_new(o, "error", json_string("content"));
	set_str(o, is_text ? "content" : "bytes", (struct brg_str){ content.at, content.n });
	free(content.at);
	return o;
}

static json_t *show_defects(unsigned defects)
{
	static const char *const names[] = { "too-deep",    "too-many",	    "cut",
					     "bad-charset", "bad-encoding", "nul",
					     "no-boundary", "no-header",    "encrypted",
					     "signed" };
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (defects >> i & 1)
			json_array_append_new(array, json_string(names[i]));
	return array;
}

static json_t *show(struct brg_blob *raw, struct brg_arena *arena)
{
	json_t *o = json_object(), *parts = json_array();
	struct mime_message m = { 0 };
	struct brg_str text = { 0 }, html = { 0 };
	struct brg_err err = { 0 };

	if (mime_message(raw, arena, &m, &err) < 0 || mime_text(raw, &m, arena, &text, &err) < 0 ||
	    mime_html(raw, &m, arena, &html, &err) < 0)
		json_object_set_new(o, "error", json_string("message"));
	show_header(o, &m.header);
	for (size_t i = 0; i < m.n_parts; i++)
		json_array_append_new(parts, show_part(raw, &m.parts[i]));
	json_object_set_new(o, "parts", parts);
	json_object_set_new(o, "text_at", json_integer(m.text));
	json_object_set_new(o, "html_at", json_integer(m.html));
	set_str(o, "text", text);
	set_str(o, "html", html);
	json_object_set_new(o, "defects", show_defects(m.defects));
	return o;
}

/* The next n bytes of a file as a blob; all that are left when n is negative. */
static struct brg_blob *load(FILE *from, long n, struct brg_arena *arena)
{
	struct brg_blob *raw = blob_new(arena);
	struct brg_err err = { 0 };
	char piece[65536];
	size_t want, got;

	do {
		want = n >= 0 && (size_t)n < sizeof(piece) ? (size_t)n : sizeof(piece);
		got = fread(piece, 1, want, from);
		if (blob_add(raw, piece, got, &err) < 0)
			exit(2);
		n -= n >= 0 ? (long)got : 0;
	} while (got && n);
	return raw;
}

static void print(struct brg_blob *raw, struct brg_arena *arena, size_t flags)
{
	json_t *o = show(raw, arena);

	if (json_dumpf(o, stdout, flags) < 0 || putchar('\n') == EOF)
		exit(2);
	json_decref(o);
	arena_reset(arena);
}

static void batch(struct brg_arena *arena)
{
	unsigned char head[4];

	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		long n = (long)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];

		print(load(stdin, n, arena), arena, JSON_COMPACT);
		(void)fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct brg_arena *arena = arena_new();

	blob_init("/tmp");
	mime_init();
	if (argc == 2 && strcmp(argv[1], "--batch") == 0) {
		batch(arena);
	} else {
		for (int i = 1; i < argc; i++) {
			FILE *from = fopen(argv[i], "rb");

			if (!from) {
				perror(argv[i]);
				return 2;
			}
			print(load(from, -1, arena), arena, JSON_INDENT(1));
			(void)fclose(from);
		}
	}
	arena_free(&arena);
	return 0;
}
