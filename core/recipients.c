/* SPDX-License-Identifier: Apache-2.0 */
#include "core/recipients.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

static const char *const names[] = { "pending",	  "refused",	  "sent",	  "delayed",
				     "delivered", "bounced-soft", "bounced-hard", "read",
				     "deleted",	  "auto-answered" };
#define STATES (int)(sizeof(names) / sizeof(names[0]))

const char *recipient_state_name(int state)
{
	return state >= 0 && state < STATES ? names[state] : "unknown";
}

static struct brg_str text(const json_t *o, const char *key, struct brg_arena *arena)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? arena_dup(arena, json_string_value(v), json_string_length(v))
				 : (struct brg_str){ "", 0 };
}

void recipients_read(struct brg_str json, struct brg_arena *arena, struct recipients *out)
{
	json_t *list = json_loadb(json.ptr, json.len, 0, NULL), *o;
	size_t i;

	out->n = 0;
	out->at = arena_alloc(arena, (json_array_size(list) + 1) * sizeof(*out->at));
	json_array_foreach(list, i, o)
	{
		struct recipient *r = &out->at[out->n];
		struct brg_str state = text(o, "state", arena);

		r->address = text(o, "address", arena);
		if (r->address.len == 0 || out->n == RECIPIENTS_MAX)
			continue;
		r->field = text(o, "field", arena);
		r->status = text(o, "status", arena);
		r->said = text(o, "said", arena);
		r->at_us = json_integer_value(json_object_get(o, "at_us"));
		for (int s = 0; s < STATES; s++)
			if (brg_str_eq(state, brg_cstr(names[s])))
				r->state = s;
		out->n++;
	}
	json_decref(list);
}

static void put(json_t *o, const char *key, struct brg_str value)
{
	if (value.len)
		json_object_set_new(o, key, json_stringn(value.ptr, value.len));
}

struct brg_str recipients_write(const struct recipients *list, struct brg_arena *arena)
{
	json_t *array = json_array();
	struct brg_str out;
	char *json;

	for (size_t i = 0; i < list->n; i++) {
		const struct recipient *r = &list->at[i];
		json_t *o = json_object();

		put(o, "address", r->address);
		put(o, "field", r->field);
		put(o, "state", brg_cstr(recipient_state_name(r->state)));
		put(o, "status", r->status);
		put(o, "said", r->said);
		if (r->at_us)
			json_object_set_new(o, "at_us", json_integer(r->at_us));
		json_array_append_new(array, o);
	}
	json = json_dumps(array, JSON_COMPACT);
	if (!json)
		abort();
	out = arena_str(arena, brg_cstr(json));
	free(json);
	json_decref(array);
	return out;
}

struct recipient *recipients_find(const struct recipients *list, struct brg_str address)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].address.len == address.len &&
		    strncasecmp(list->at[i].address.ptr, address.ptr, address.len) == 0)
			return &list->at[i];
	return NULL;
}

size_t recipients_count(const struct recipients *list, int state)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->at[i].state == state;
	return n;
}

bool recipient_becomes(struct recipient *r, int state, int64_t now_us)
{
	/* How much each says; what says less comes late and is passed over. */
	static const int weight[STATES] = {
		[RECIPIENT_SENT] = 1,	      [RECIPIENT_DELAYED] = 2,
		[RECIPIENT_BOUNCED_SOFT] = 3, [RECIPIENT_DELIVERED] = 4,
		[RECIPIENT_DELETED] = 5,      [RECIPIENT_ANSWERED] = 5,
		[RECIPIENT_READ] = 6,	      [RECIPIENT_BOUNCED_HARD] = 7,
	};

	if (state < RECIPIENT_SENT || state >= STATES || weight[state] <= weight[r->state])
		return false;
	r->state = state;
	r->at_us = now_us;
	return true;
}
