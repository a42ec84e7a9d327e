/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

#include "moment.h"

#include <stdlib.h>
#include <strings.h>

void item_fields(struct exchange *x)
{
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
		for (size_t i = 0; map_of(kind)[i].field; i++)
			x->ids[kind][i] = x->host->field(x->host->ctx, kind, map_of(kind)[i].field);
	meeting_ids(x);
}

/* ---- what is asked for ----------------------------------------------------------------------*/

static void ask_uri(struct soap *s, const char *uri)
{
	soap_empty(s, "t:FieldURI", "FieldURI", brg_cstr(uri));
}

/* All entries of one element are asked for with one name. */
static void ask_rows(struct soap *s, int kind)
{
	const char *last = "";

	for (const struct map *m = map_of(kind); m->field; m++) {
		char uri[64];

		if (m->place == MAP_PROPERTY) {
			item_property_uri(s, m);
			continue;
		}
		if (strcmp(m->element, last) == 0)
			continue;
		last = m->element;
		(void)snprintf(uri, sizeof(uri), "contacts:%s", m->element);
		ask_uri(s, m->place == MAP_ENTRY || m->place == MAP_PART ? uri : m->uri);
	}
}

void item_shape(struct soap *s, int kind, bool brief)
{
	soap_open(s, "ItemShape");
	soap_leaf(s, "t:BaseShape", brg_cstr("IdOnly"));
	if (!brief)
		soap_leaf(s, "t:BodyType", brg_cstr("Best"));
	soap_open(s, "t:AdditionalProperties");
	ask_uri(s, "item:LastModifiedTime");
	item_stamp_uri(s);
	if (kind == BRG_APPOINTMENT) {
		ask_uri(s, "calendar:UID");
		ask_uri(s, "calendar:CalendarItemType");
	}
	if (brief) {
		ask_uri(s, "item:Sensitivity");
		ask_uri(s, "item:Categories");
	} else {
		ask_rows(s, kind);
		ask_uri(s, "item:TextBody");
	}
	if (kind == BRG_APPOINTMENT && !brief) {
		ask_uri(s, "calendar:ModifiedOccurrences");
		ask_uri(s, "calendar:DeletedOccurrences");
	}
	soap_close(s);
	soap_close(s);
}

/* ---- what is told ---------------------------------------------------------------------------*/

struct reading {
	struct exchange *x;
	const xmlNode *item;
	struct brg_arena *arena;
	struct brg_field *fields;
	size_t n;
};

static struct brg_str kept(const struct reading *r, struct brg_str s)
{
	return r->x->host->dup(r->arena, s.ptr, s.len);
}

static bool is_property(const struct reading *r, const xmlNode *uri, const struct map *m)
{
	struct brg_str tag = soap_attribute_of(r->x, uri, "PropertyTag");
	struct brg_str id = soap_attribute_of(r->x, uri, "PropertyId");

	if (m->uri)
		return tag.len && strtol(tag.ptr, NULL, 0) == strtol(m->uri, NULL, 0);
	return id.len && strtol(id.ptr, NULL, 10) == m->property;
}

static const xmlNode *property_of(const struct reading *r, const struct map *m)
{
	for (xmlNode *p = soap_first(r->item); p; p = soap_next(p))
		if (soap_is(p, "ExtendedProperty") &&
		    is_property(r, soap_child(p, "ExtendedFieldURI"), m))
			return soap_child(p, "Value");
	return NULL;
}

static const xmlNode *entry_of(const struct reading *r, const struct map *m, const char *key)
{
	for (xmlNode *e = soap_first(soap_child(r->item, m->element)); e; e = soap_next(e))
		if (brg_str_eq(soap_attribute_of(r->x, e, "Key"), brg_cstr(key)))
			return e;
	return NULL;
}

/* Where the value of a row stands; NULL: it is not told. */
static const xmlNode *node_of(const struct reading *r, const struct map *m)
{
	switch (m->place) {
	case MAP_ENTRY:
		return entry_of(r, m, m->key);
	case MAP_PART:
		return soap_child(entry_of(r, m, m->key), m->part);
	case MAP_PROPERTY:
		return property_of(r, m);
	case MAP_MAILBOX:
		return soap_child(soap_child(soap_child(r->item, m->element), "Mailbox"), m->part);
	default:
		return soap_child(r->item, m->element);
	}
}

static void take_list(struct reading *r, const struct map *m, const xmlNode *node,
		      struct brg_field *f)
{
	struct brg_str *list;
	size_t n = 0;

	list = r->x->host->alloc(r->arena, (soap_count(node) + 1) * sizeof(*list));
	for (xmlNode *e = soap_first(node); e; e = soap_next(e)) {
		struct brg_str text = soap_value(r->x, e);

		/* The mark of the CRM is no category of the item's owner. */
		if (text.len &&
		    !(map_is_categories(m) && strcasecmp(text.ptr, r->x->category) == 0))
			list[n++] = kept(r, text);
	}
	f->type = BRG_LIST;
	f->u.list.at = list;
	f->u.list.n = n;
	f->presence = n ? BRG_VALUE : BRG_NULL;
}

static void take_text(struct reading *r, struct brg_str text, int type, struct brg_field *f)
{
	f->type = (uint8_t)type;
	f->u.text = kept(r, text);
	f->presence = text.len ? BRG_VALUE : BRG_NULL;
}

static void take_body(struct reading *r, const struct map *m, const xmlNode *node,
		      struct brg_field *f)
{
	bool html = brg_str_eq(soap_attribute_of(r->x, node, "BodyType"), brg_cstr("HTML"));
	struct brg_str text = soap_value(r->x, node);

	if (m->form == MAP_BODY_TEXT && html)
		text = soap_value_of(r->x, r->item, "TextBody");
	if (m->form == MAP_BODY_HTML && !html)
		text = (struct brg_str){ "", 0 };
	take_text(r, text, BRG_TEXT, f);
}

static void take_number(struct brg_str text, int type, int64_t value, struct brg_field *f)
{
	f->type = (uint8_t)type;
	f->u.integer = value;
	f->presence = text.len ? BRG_VALUE : BRG_NULL;
}

static void take_time(struct reading *r, const struct map *m, struct brg_str text,
		      struct brg_field *f)
{
	char date[11], wall[20];
	int64_t us;

	f->presence = BRG_NULL;
	f->type = m->form == MAP_DATE || m->form == MAP_DAY ? BRG_DATE
		  : m->form == MAP_WALL			    ? BRG_WALL
							    : BRG_MOMENT;
	if (!text.len || !moment_read(r->x, text, &us))
		return;
	if (m->form == MAP_MOMENT) {
		f->u.integer = us;
	} else if (m->form == MAP_DATE || m->form == MAP_DAY) {
		if (!moment_date(r->x, text, date))
			return;
		f->u.text = kept(r, brg_cstr(date));
	} else {
		if (!r->x->zones->wall(us, brg_cstr("Etc/UTC"), wall))
			return;
		f->u.wall.local = kept(r, brg_cstr(wall));
		f->u.wall.zone = brg_cstr("Etc/UTC");
	}
	f->presence = BRG_VALUE;
}

static void take_three(struct reading *r, const struct map *m, struct brg_field *f)
{
	struct brg_str *list = r->x->host->alloc(r->arena, 3 * sizeof(*list));

	f->type = BRG_LIST;
	f->u.list.at = list;
	for (int i = 1; i <= 3; i++) {
		struct brg_str text;
		char key[32];

		(void)snprintf(key, sizeof(key), "%s%d", m->key, i);
		text = soap_value(r->x, entry_of(r, m, key));
		if (text.len)
			list[f->u.list.n++] = kept(r, text);
	}
	f->presence = f->u.list.n ? BRG_VALUE : BRG_NULL;
}

static void take_row(struct reading *r, const struct map *m, uint32_t id)
{
	struct brg_field *f = &r->fields[r->n++];
	const xmlNode *node = node_of(r, m);
	struct brg_str text = { "", 0 };

	*f = (struct brg_field){ .id = id };
	if (m->form != MAP_LIST && m->form != MAP_THREE)
		text = soap_value(r->x, node);
	switch (m->form) {
	case MAP_CHOICE:
		take_text(r, map_word(text, m->words, m->ours), BRG_CHOICE, f);
		break;
	case MAP_FLAG:
		take_number(text, BRG_FLAG,
			    brg_str_eq(text, brg_cstr("true")) || brg_str_eq(text, brg_cstr("1")),
			    f);
		break;
	case MAP_INTEGER:
	case MAP_PERCENT:
		take_number(text, BRG_INTEGER, strtoll(text.ptr, NULL, 10), f);
		break;
	case MAP_DATE:
	case MAP_DAY:
	case MAP_MOMENT:
	case MAP_WALL:
		take_time(r, m, text, f);
		break;
	case MAP_LIST:
		take_list(r, m, node, f);
		break;
	case MAP_THREE:
		take_three(r, m, f);
		break;
	case MAP_BODY_TEXT:
	case MAP_BODY_HTML:
		take_body(r, m, node, f);
		break;
	default:
		take_text(r, text, BRG_TEXT, f);
		break;
	}
}

/* ---- marks ----------------------------------------------------------------------------------*/

static const struct brg_stamp *stamp_of(struct exchange *x, const xmlNode *item,
					struct brg_arena *arena)
{
	struct brg_stamp *stamp = x->host->alloc(arena, sizeof(*stamp));

	for (xmlNode *p = soap_first(item); p; p = soap_next(p)) {
		struct brg_str name =
			soap_attribute_of(x, soap_child(p, "ExtendedFieldURI"), "PropertyName");

		if (soap_is(p, "ExtendedProperty") && brg_str_eq(name, brg_cstr(STAMP_NAME)))
			return item_stamp_read(soap_value_of(x, p, "Value"), stamp) ? stamp : NULL;
	}
	return NULL;
}

uint32_t item_flags(struct exchange *x, const xmlNode *item)
{
	struct brg_str sensitivity = soap_value_of(x, item, "Sensitivity");
	uint32_t flags = 0;

	if (brg_str_eq(sensitivity, brg_cstr("Private")) ||
	    brg_str_eq(sensitivity, brg_cstr("Confidential")))
		flags |= BRG_IS_PRIVATE;
	for (xmlNode *e = soap_first(soap_child(item, "Categories")); e; e = soap_next(e))
		if (strcasecmp(soap_value(x, e).ptr, x->category) == 0)
			flags |= BRG_IS_TRACKED;
	if (brg_str_eq(soap_value_of(x, item, "CalendarItemType"), brg_cstr("RecurringMaster")))
		flags |= BRG_IS_SERIES;
	return flags;
}

static int64_t modified_of(struct exchange *x, const xmlNode *item)
{
	int64_t us;

	return moment_read(x, soap_value_of(x, item, "LastModifiedTime"), &us) ? us : 0;
}

struct brg_str item_version(struct exchange *x, const xmlNode *item, struct brg_arena *arena)
{
	struct brg_str key = soap_attribute_of(x, soap_child(item, "ItemId"), "ChangeKey");

	return x->host->dup(arena, key.ptr, key.len);
}

struct brg_str item_id(struct exchange *x, const xmlNode *item)
{
	return soap_attribute_of(x, soap_child(item, "ItemId"), "Id");
}

static struct brg_str uid_of(struct exchange *x, const xmlNode *item, struct brg_arena *arena)
{
	struct brg_str uid = soap_value_of(x, item, "UID");

	return x->host->dup(arena, uid.ptr, uid.len);
}

static int read_meeting(struct reading *r, struct meeting *m, struct brg_item *out,
			struct brg_err *err)
{
	if (meeting_read(r->x, r->item, r->arena, m, err) < 0)
		return err->code;
	r->n += meeting_fields(r->x, m, r->arena, r->fields + r->n);
	out->parts = meeting_guests(r->x, m, r->arena);
	out->n_parts = m->n_guests;
	out->uid = uid_of(r->x, r->item, r->arena);
	return 0;
}

int item_read(struct exchange *x, int kind, const xmlNode *item, struct brg_arena *arena,
	      struct brg_item *out, struct meeting *meeting, struct brg_err *err)
{
	struct reading r = { .x = x,
			     .item = item,
			     .arena = arena,
			     .fields = x->host->alloc(arena, (FIELDS_MOST + MEETING_FIELDS) *
								     sizeof(*r.fields)) };

	for (size_t i = 0; map_of(kind)[i].field; i++)
		if (x->ids[kind][i] && map_of(kind)[i].place != MAP_MADE)
			take_row(&r, &map_of(kind)[i], x->ids[kind][i]);
	if (kind == BRG_APPOINTMENT && read_meeting(&r, meeting, out, err) < 0)
		return err->code;
	out->version = item_version(x, item, arena);
	out->fields = (struct brg_fields){ r.fields, r.n };
	out->stamp = stamp_of(x, item, arena);
	out->flags = item_flags(x, item);
	out->modified_us = modified_of(x, item);
	return 0;
}

void envelope_read(struct exchange *x, const xmlNode *item, struct brg_arena *arena,
		   struct brg_envelope *out)
{
	struct brg_str id = item_id(x, item);

	out->kind = (uint16_t)map_kind((const char *)item->name);
	out->remote_id = x->host->dup(arena, id.ptr, id.len);
	out->version = item_version(x, item, arena);
	out->flags = item_flags(x, item);
	out->stamp = stamp_of(x, item, arena);
	out->uid = uid_of(x, item, arena);
	out->modified_us = modified_of(x, item);
}
