/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of an email record: what its header shows, as JSON.
 */
#include "core/mime.h"

#include <jansson.h>
#include <stdlib.h>

static void set_text(json_t *o, const char *key, struct brg_str value)
{
	if (value.len)
		json_object_set_new_nocheck(o, key, json_stringn_nocheck(value.ptr, value.len));
}

static void set_moment(json_t *o, const char *key, int64_t us)
{
	if (us)
		json_object_set_new_nocheck(o, key, json_integer(us));
}

static void set_addresses(json_t *o, const char *key, const struct mime_address *at, size_t n)
{
	json_t *array = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object();

		set_text(one, "name", at[i].name);
		set_text(one, "address", at[i].address);
		json_array_append_new(array, one);
	}
	if (array)
		json_object_set_new_nocheck(o, key, array);
}

struct brg_str mime_fields_json(const struct mime_header *h, const char *report,
				struct brg_arena *arena)
{
	json_t *o = json_object();
	struct brg_str out;
	char *text;

	set_text(o, "subject", h->subject);
	set_text(o, "from", h->from_address);
	set_text(o, "from_name", h->from_name);
	if (!brg_str_eq(h->sender_address, h->from_address))
		set_text(o, "sender", h->sender_address);
	set_addresses(o, "to", h->to, h->n_to);
	set_addresses(o, "cc", h->cc, h->n_cc);
	set_addresses(o, "bcc", h->bcc, h->n_bcc);
	set_addresses(o, "delivered", h->delivered, h->n_delivered);
	set_addresses(o, "others", h->others, h->n_others);
	set_addresses(o, "reply_to", h->reply_to, h->n_reply_to);
	set_moment(o, "date_us", h->date_us);
	set_moment(o, "received_us", h->received_us);
	set_text(o, "message_id", h->message_id);
	set_text(o, "in_reply_to", h->in_reply_to);
	set_text(o, "references", h->references);
	set_text(o, "list_id", h->list_id);
	if (h->more_addresses)
		json_object_set_new_nocheck(o, "more_addresses", json_true());
	if (h->automatic)
		json_object_set_new_nocheck(o, "automatic", json_true());
	if (report)
		json_object_set_new_nocheck(o, "report", json_string(report));
	text = json_dumps(o, JSON_COMPACT);
	if (!text)
		abort(); /* out of memory */
	out = arena_dup(arena, text, strlen(text));
	free(text);
	json_decref(o);
	return out;
}
