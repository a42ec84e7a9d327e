/* SPDX-License-Identifier: Apache-2.0 */
#include "occurrences.h"

#include "mailbox.h"
#include "moment.h"

#define BATCH 50

/* ---- which there are ------------------------------------------------------------------------*/

/* moment: the element that says when it was to start. */
static void list_some(struct exchange *x, const xmlNode *list, const char *moment,
		      struct brg_arena *arena, struct occurrences *out)
{
	for (const xmlNode *o = soap_first(list); o; o = soap_next(o)) {
		struct brg_str id = soap_attribute_of(x, soap_child(o, "ItemId"), "Id");
		int64_t us;

		if (!moment_read(x, soap_value_of(x, o, moment), &us))
			continue;
		out->at[out->n++] = (struct occurrence){
			.key = meeting_key(x, &out->series, us, arena),
			.id = x->host->dup(arena, id.ptr, id.len),
		};
	}
}

void occurrences_list(struct exchange *x, const xmlNode *item, const struct meeting *series,
		      struct brg_arena *arena, struct occurrences *out)
{
	const xmlNode *changed = soap_child(item, "ModifiedOccurrences");
	const xmlNode *deleted = soap_child(item, "DeletedOccurrences");

	*out = (struct occurrences){ .series = *series };
	out->at = x->host->alloc(arena, (soap_count(changed) + soap_count(deleted) + 1) *
						sizeof(*out->at));
	list_some(x, changed, "OriginalStart", arena, out);
	list_some(x, deleted, "Start", arena, out);
}

/* ---- what differs in them -------------------------------------------------------------------*/

static bool same_list(const struct brg_field *a, const struct brg_field *b)
{
	for (size_t i = 0; i < a->u.list.n && i < b->u.list.n; i++)
		if (!brg_str_eq(a->u.list.at[i], b->u.list.at[i]))
			return false;
	return a->u.list.n == b->u.list.n;
}

static bool same(const struct brg_field *a, const struct brg_field *b)
{
	if (a->presence != b->presence || a->type != b->type)
		return false;
	if (a->presence != BRG_VALUE)
		return true;
	switch (a->type) {
	case BRG_INTEGER:
	case BRG_FLAG:
	case BRG_MOMENT:
		return a->u.integer == b->u.integer;
	case BRG_WALL:
		return brg_str_eq(a->u.wall.local, b->u.wall.local) &&
		       brg_str_eq(a->u.wall.zone, b->u.wall.zone);
	case BRG_LIST:
		return same_list(a, b);
	default:
		return brg_str_eq(a->u.text, b->u.text);
	}
}

/* What the server says alone is the series' business, as is how it repeats. */
static bool is_own(const struct exchange *x, uint32_t id)
{
	for (size_t i = 0; map_of(BRG_APPOINTMENT)[i].field; i++)
		if (x->ids[BRG_APPOINTMENT][i] == id)
			return !map_of(BRG_APPOINTMENT)[i].given && id != x->meeting.recurrence;
	return false;
}

static bool is_time(const struct exchange *x, uint32_t id)
{
	return id == x->meeting.start || id == x->meeting.end || id == x->meeting.all_day;
}

/* It starts when it was to start, and takes as long as the others. */
static bool is_in_time(struct exchange *x, const struct meeting *series, const struct meeting *own,
		       struct brg_str key, struct brg_arena *arena)
{
	return brg_str_eq(meeting_key(x, series, own->start_us, arena), key) &&
	       own->end_us - own->start_us == series->end_us - series->start_us &&
	       own->all_day == series->all_day;
}

static struct brg_fields differing(struct exchange *x, const struct brg_item *series,
				   const struct brg_item *own, bool in_time,
				   struct brg_arena *arena)
{
	struct brg_field *out = x->host->alloc(arena, (own->fields.n + 1) * sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < own->fields.n; i++) {
		const struct brg_field *f = &own->fields.at[i];
		const struct brg_field *of = fields_find(&series->fields, f->id);

		if (!is_own(x, f->id) || (is_time(x, f->id) ? in_time : of && same(f, of)))
			continue;
		out[n++] = *f;
	}
	return (struct brg_fields){ out, n };
}

/* ---- asking ---------------------------------------------------------------------------------*/

struct asking {
	struct exchange *x;
	struct brg_arena *arena;
	const struct occurrences *all;
	struct brg_item *item;
	struct brg_part *parts;
	size_t n;
};

static struct soap *request(struct asking *a, const struct occurrence *const *some, size_t n)
{
	struct soap *s = soap_new(a->x, "GetItem");

	item_shape(s, BRG_APPOINTMENT, false);
	soap_open(s, "ItemIds");
	for (size_t i = 0; i < n; i++)
		soap_empty(s, "t:ItemId", "Id", some[i]->id);
	soap_close(s);
	return s;
}

/* One that is gone by now is no item that is gone: the series is another one by now. */
static void spoil(struct asking *a, const struct brg_err *why)
{
	struct brg_err err = BRG_ERR_INIT;

	(void)brg_fail(&err, &ews_item_trouble, "operation=GetItem\ncode=%s", why->fault->code);
	(void)brg_said(&err, brg_cstr(why->said));
	a->item->err = exchange_item_error(a->x, a->arena, &err);
}

static int take(struct asking *a, const xmlNode *message, const struct occurrence *o,
		struct brg_err *err)
{
	struct brg_item own = { .size = sizeof(own) };
	const xmlNode *node = soap_first(soap_child(message, "Items"));
	struct brg_err why = BRG_ERR_INIT;
	struct meeting m;
	bool in_time;

	if (exchange_item_check(a->x, message, "GetItem", a->arena, &own.err, err) < 0)
		return err->code;
	if (own.err) {
		spoil(a, own.err);
		return 0;
	}
	if (item_read(a->x, BRG_APPOINTMENT, node, a->arena, &own, &m, &why) < 0) {
		spoil(a, &why);
		return 0;
	}
	in_time = is_in_time(a->x, &a->all->series, &m, o->key, a->arena);
	a->parts[a->n++] = (struct brg_part){
		.size = sizeof(*a->parts),
		.type = BRG_OCCURRENCE,
		.key = o->key,
		.remote_id = o->id,
		.version = own.version,
		.presence = BRG_VALUE,
		.fields = differing(a->x, a->item, &own, in_time, a->arena),
	};
	return 0;
}

static int ask_some(struct asking *a, const struct occurrence *const *some, size_t n,
		    struct brg_err *err)
{
	xmlNode *answer, *message = NULL;

	if (soap_call(a->x, request(a, some, n), &answer, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++) {
		if (soap_next_message(answer, "GetItem", &message, err) < 0)
			return err->code;
		if (take(a, message, some[i], err) < 0)
			return err->code;
	}
	return 0;
}

static int ask_all(struct asking *a, struct brg_err *err)
{
	const struct occurrence *some[BATCH];
	size_t n = 0;

	for (size_t i = 0; i < a->all->n; i++) {
		if (a->all->at[i].id.len)
			some[n++] = &a->all->at[i];
		if (n && (n == BATCH || i + 1 == a->all->n)) {
			if (ask_some(a, some, n, err) < 0)
				return err->code;
			n = 0;
		}
	}
	return 0;
}

static void add_deleted(struct asking *a)
{
	for (size_t i = 0; i < a->all->n; i++)
		if (!a->all->at[i].id.len)
			a->parts[a->n++] = (struct brg_part){ .size = sizeof(*a->parts),
							      .type = BRG_OCCURRENCE,
							      .key = a->all->at[i].key,
							      .presence = BRG_NULL };
}

int occurrences_read(struct exchange *x, const xmlNode *node, const struct meeting *series,
		     struct brg_arena *arena, struct brg_item *out, struct brg_err *err)
{
	struct answer *held;
	struct occurrences all;
	struct asking a = { .x = x, .arena = arena, .all = &all, .item = out };
	int rc;

	occurrences_list(x, node, series, arena, &all);
	if (all.n == 0)
		return 0;
	a.parts = x->host->alloc(arena, (out->n_parts + all.n) * sizeof(*a.parts));
	if (out->n_parts)
		memcpy(a.parts, out->parts, out->n_parts * sizeof(*a.parts));
	a.n = out->n_parts;
	add_deleted(&a);
	held = soap_hold(x);
	rc = ask_all(&a, err);
	soap_release(x, held);
	out->parts = a.parts;
	out->n_parts = a.n;
	return rc;
}
