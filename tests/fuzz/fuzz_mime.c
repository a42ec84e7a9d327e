/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers: whatever the bytes, every text that comes out is one line of valid UTF-8 within its
 * bounds, and the fields of the record are JSON.
 */
#include "core/mime.h"
#include "tests/fuzz/check_text.h"

#include <jansson.h>

static void check(struct brg_str s)
{
	check_text(s, false);
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
	check_addresses(h->bcc, h->n_bcc);
	check_addresses(h->delivered, h->n_delivered);
	check_addresses(h->others, h->n_others);
	check(h->thread_index);
	check(h->content_type);
	check(h->report_type);
	check(h->auto_submitted);
	check(h->sender_address);
	check(h->disposition_to);
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
	json = mime_fields_json(&once, NULL, arena);
	o = json_loadb(json.ptr, json.len, 0, NULL);
	PROMISE(json_is_object(o));
	json_decref(o);
	mime_header((struct brg_str){ (const char *)bytes, n }, arena, &again);
	same = mime_fields_json(&again, NULL, arena);
	PROMISE(brg_str_eq(json, same));
	arena_free(&arena);
	return 0;
}
