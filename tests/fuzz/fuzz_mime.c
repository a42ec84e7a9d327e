/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers: whatever the bytes, every text that comes out is one line of valid UTF-8 within its
 * bounds, and the fields of the record are JSON.
 */
#include "core/mime.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

/* Valid UTF-8 without control characters, by the book (RFC 3629). */
static void check(struct brg_str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0, n; i < s.len; i += n) {
		unsigned c = p[i];
		unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
		unsigned high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

		n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		PROMISE(c >= 0x20 && c != 0x7f && (c < 0x80 || (c >= 0xc2 && c <= 0xf4)));
		PROMISE(s.len - i >= n);
		PROMISE(n == 1 || (p[i + 1] >= low && p[i + 1] <= high));
		for (size_t k = 2; k < n; k++)
			PROMISE((p[i + k] & 0xc0) == 0x80);
		PROMISE(c != 0xc2 || p[i + 1] >= 0xa0);
	}
}

static void check_addresses(const struct mime_address *at, size_t n)
{
	PROMISE(n <= MIME_ADDRESSES_MAX);
	for (size_t i = 0; i < n; i++) {
		check(at[i].name);
		check(at[i].address);
		for (size_t k = 0; k < at[i].address.len; k++)
			PROMISE(at[i].address.ptr[k] < 'A' || at[i].address.ptr[k] > 'Z');
	}
}

static void check_header(const struct mime_header *h)
{
	check(h->subject);
	check(h->from_name);
	check(h->from_address);
	check(h->message_id);
	check(h->in_reply_to);
	check(h->references);
	check(h->list_id);
	check_addresses(h->to, h->n_to);
	check_addresses(h->cc, h->n_cc);
	check_addresses(h->reply_to, h->n_reply_to);
	PROMISE(h->date_us >= 0 && h->received_us >= 0);
	PROMISE(!memchr(h->message_id.ptr, '<', h->message_id.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct brg_arena *arena = arena_new();
	struct mime_header once, again;
	struct brg_str json, same;
	json_t *o;

	mime_init();
	mime_header((struct brg_str){ (const char *)bytes, n }, arena, &once);
	check_header(&once);
	json = mime_fields_json(&once, arena);
	o = json_loadb(json.ptr, json.len, 0, NULL);
	PROMISE(json_is_object(o));
	json_decref(o);
	mime_header((struct brg_str){ (const char *)bytes, n }, arena, &again);
	same = mime_fields_json(&again, arena);
	PROMISE(brg_str_eq(json, same));
	arena_free(&arena);
	return 0;
}
