/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

#include "moment.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- marks ----------------------------------------------------------------------------------*/

void item_stamp_uri(struct soap *s)
{
	soap_open(s, "t:ExtendedFieldURI");
	soap_attribute(s, "PropertySetId", brg_cstr(STAMP_SET));
	soap_attribute(s, "PropertyName", brg_cstr(STAMP_NAME));
	soap_attribute(s, "PropertyType", brg_cstr("String"));
	soap_close(s);
}

void item_property_uri(struct soap *s, const struct map *m)
{
	char number[16];

	soap_open(s, "t:ExtendedFieldURI");
	if (m->uri) {
		soap_attribute(s, "PropertyTag", brg_cstr(m->uri));
	} else {
		(void)snprintf(number, sizeof(number), "%d", m->property);
		soap_attribute(s, "DistinguishedPropertySetId", brg_cstr(MAP_ADDRESS_SET));
		soap_attribute(s, "PropertyId", brg_cstr(number));
	}
	soap_attribute(s, "PropertyType", brg_cstr("String"));
	soap_close(s);
}

static char *put_hex(char *to, const struct brg_id *id)
{
	for (size_t i = 0; i < sizeof(id->b); i++)
		to += sprintf(to, "%02x", id->b[i]);
	return to;
}

void item_stamp_text(const struct brg_stamp *stamp, char out[STAMP_TEXT])
{
	char *to = put_hex(out, &stamp->store);

	*to++ = '.';
	to = put_hex(to, &stamp->mailbox);
	*to++ = '.';
	to = put_hex(to, &stamp->record);
	(void)sprintf(to, ".%016llx", (unsigned long long)stamp->attempt);
}

static bool take_hex(const char *from, unsigned char *to, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		char two[3] = { from[2 * i], from[2 * i + 1], '\0' };

		if (strspn(two, "0123456789abcdef") != 2 || sscanf(two, "%x", &byte) != 1)
			return false;
		to[i] = (unsigned char)byte;
	}
	return true;
}

/* 32.32.32.16 hexadecimal digits. */
bool item_stamp_read(struct brg_str text, struct brg_stamp *out)
{
	unsigned char attempt[8];

	if (text.len != 115 || text.ptr[32] != '.' || text.ptr[65] != '.' || text.ptr[98] != '.' ||
	    !take_hex(text.ptr, out->store.b, 16) || !take_hex(text.ptr + 33, out->mailbox.b, 16) ||
	    !take_hex(text.ptr + 66, out->record.b, 16) || !take_hex(text.ptr + 99, attempt, 8))
		return false;
	out->attempt = 0;
	for (size_t i = 0; i < 8; i++)
		out->attempt = out->attempt << 8 | attempt[i];
	return true;
}

static void write_stamp(struct soap *s, const struct brg_stamp *stamp)
{
	char text[STAMP_TEXT];

	item_stamp_text(stamp, text);
	soap_open(s, "t:ExtendedProperty");
	item_stamp_uri(s);
	soap_leaf(s, "t:Value", brg_cstr(text));
	soap_close(s);
}

/* ---- values ---------------------------------------------------------------------------------*/

struct writing {
	struct exchange *x;
	struct soap *s;
	const struct brg_push *push;
	int kind;
	bool marked; /* its owner has marked it for the CRM */
};

static const struct brg_field *field_of(const struct writing *w, size_t row)
{
	uint32_t id = w->x->ids[w->kind][row];

	for (size_t i = 0; id && i < w->push->fields.n; i++)
		if (w->push->fields.at[i].id == id && w->push->fields.at[i].presence != BRG_ABSENT)
			return &w->push->fields.at[i];
	return NULL;
}

static const struct brg_field *field_named(const struct writing *w, const char *name)
{
	for (size_t i = 0; map_of(w->kind)[i].field; i++)
		if (strcmp(map_of(w->kind)[i].field, name) == 0)
			return field_of(w, i);
	return NULL;
}

static void prefixed(const char *name, char out[64])
{
	(void)snprintf(out, 64, "t:%s", name);
}

/* The text of one value; out is scratch. */
static struct brg_str text_of(const struct writing *w, const struct map *m,
			      const struct brg_field *f, char out[64])
{
	int64_t us;

	*out = '\0';
	switch (m->form) {
	case MAP_CHOICE:
		return map_word(f->u.text, m->ours, m->words);
	case MAP_FLAG:
		return brg_cstr(f->u.integer ? "true" : "false");
	case MAP_INTEGER:
	case MAP_PERCENT:
		(void)snprintf(out, 64, "%lld", (long long)f->u.integer);
		break;
	case MAP_DATE:
	case MAP_DAY:
		(void)snprintf(out, 64, "%.10sT%s:00Z", f->u.text.ptr,
			       m->form == MAP_DAY ? "11:59" : "00:00");
		break;
	case MAP_MOMENT:
		(void)moment_write(w->x, f->u.integer, out);
		break;
	case MAP_WALL:
		if (w->x->zones->instant(f->u.wall.local, f->u.wall.zone, &us))
			(void)moment_write(w->x, us, out);
		break;
	default:
		return f->u.text;
	}
	return brg_cstr(out);
}

/* The mark of the CRM is its owner's to take away. */
static void write_list(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	for (size_t i = 0; f && i < f->u.list.n; i++)
		soap_leaf(w->s, "t:String", f->u.list.at[i]);
	if (w->marked && map_is_categories(m))
		soap_leaf(w->s, "t:String", brg_cstr(w->x->category));
}

/* What stands in an element of its own. */
static void write_element(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	char name[64], scratch[64];

	prefixed(m->element, name);
	soap_open(w->s, name);
	if (m->form == MAP_LIST)
		write_list(w, m, f->presence == BRG_VALUE ? f : NULL);
	else
		soap_text(w->s, text_of(w, m, f, scratch));
	soap_close(w->s);
}

static void write_property(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	soap_open(w->s, "t:ExtendedProperty");
	item_property_uri(w->s, m);
	soap_leaf(w->s, "t:Value", f->u.text);
	soap_close(w->s);
}

static void write_entry(const struct writing *w, const struct map *m, const char *key,
			struct brg_str text)
{
	char name[64];

	soap_open(w->s, "t:Entry");
	soap_attribute(w->s, "Key", brg_cstr(key));
	if (m->place == MAP_PART) {
		prefixed(m->part, name);
		soap_leaf(w->s, name, text);
	} else {
		soap_text(w->s, text);
	}
	soap_close(w->s);
}

/* ---- what goes together ---------------------------------------------------------------------*/

static bool is_body(const struct map *m)
{
	return m->form == MAP_BODY_TEXT || m->form == MAP_BODY_HTML;
}

/* Of how far a task is, what drives the rest is written. */
static bool is_told(const struct writing *w, const struct map *m)
{
	const struct brg_field *status;

	if (w->kind != BRG_TASK)
		return true;
	status = field_named(w, "status");
	if (strcmp(m->field, "completed") == 0)
		return false;
	if (strcmp(m->field, "percent") == 0)
		return !status || status->presence != BRG_VALUE ||
		       brg_str_eq(status->u.text, brg_cstr("in_progress"));
	return true;
}

/* The two bodies are one property there: the richer one that has a value, else nothing. False:
 * neither is spoken of. */
static bool body_of(const struct writing *w, const struct brg_field **f, bool *html)
{
	const struct brg_field *text = field_named(w, "body");

	*f = field_named(w, "body_html");
	*html = *f && (*f)->presence == BRG_VALUE;
	if (!*html && text)
		*f = text;
	return *f != NULL;
}

static void write_body(const struct writing *w, const struct brg_field *f, bool html)
{
	soap_open(w->s, "t:Body");
	soap_attribute(w->s, "BodyType", brg_cstr(html ? "HTML" : "Text"));
	soap_text(w->s, f->u.text);
	soap_close(w->s);
}

/* The rows from i on that stand in one element. */
static size_t group_end(const struct map *rows, size_t i)
{
	size_t end = i + 1;

	while (rows[end].field && rows[end].place == rows[i].place &&
	       strcmp(rows[end].element, rows[i].element) == 0)
		end++;
	return end;
}

static bool has_value(const struct writing *w, size_t row)
{
	const struct brg_field *f = field_of(w, row);

	return f && f->presence == BRG_VALUE;
}

static void write_three(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	for (size_t i = 0; i < f->u.list.n && i < 3; i++) {
		char key[32];

		(void)snprintf(key, sizeof(key), "%s%zu", m->key, i + 1);
		write_entry(w, m, key, f->u.list.at[i]);
	}
}

/* One entry with all its parts. */
static size_t write_parts(const struct writing *w, size_t i, size_t end)
{
	const struct map *rows = map_of(w->kind);
	const char *key = rows[i].key;
	bool open = false;
	char name[64];

	for (; i < end && strcmp(rows[i].key, key) == 0; i++) {
		if (!has_value(w, i))
			continue;
		if (!open) {
			soap_open(w->s, "t:Entry");
			soap_attribute(w->s, "Key", brg_cstr(key));
			open = true;
		}
		prefixed(rows[i].part, name);
		soap_leaf(w->s, name, field_of(w, i)->u.text);
	}
	if (open)
		soap_close(w->s);
	return i;
}

static void write_entries(const struct writing *w, size_t i, size_t end)
{
	const struct map *rows = map_of(w->kind);
	bool any = false;
	char name[64];

	for (size_t k = i; k < end; k++)
		any = any || has_value(w, k);
	if (!any)
		return;
	prefixed(rows[i].element, name);
	soap_open(w->s, name);
	while (i < end) {
		if (rows[i].place == MAP_PART) {
			i = write_parts(w, i, end);
			continue;
		}
		if (has_value(w, i) && rows[i].form == MAP_THREE)
			write_three(w, &rows[i], field_of(w, i));
		else if (has_value(w, i))
			write_entry(w, &rows[i], rows[i].key, field_of(w, i)->u.text);
		i++;
	}
	soap_close(w->s);
}

static bool is_item_row(const struct map *m)
{
	return m->place == MAP_PROPERTY || (m->uri && strncmp(m->uri, "item:", 5) == 0);
}

/* The schema wants properties between what all items have and what the kind has. */
void item_write(struct exchange *x, struct soap *s, const struct brg_push *push)
{
	struct writing w = { x, s, push, push->kind, false };
	const struct map *rows = map_of(push->kind);
	bool stamped = !push->stamp, html;
	const struct brg_field *f;
	size_t end;
	char name[64];

	prefixed(map_item(push->kind), name);
	soap_open(s, name);
	for (size_t i = 0; rows[i].field; i = end) {
		end = i + 1;
		if (!stamped && !is_item_row(&rows[i])) {
			write_stamp(s, push->stamp);
			stamped = true;
		}
		if (rows[i].place == MAP_ENTRY || rows[i].place == MAP_PART) {
			end = group_end(rows, i);
			write_entries(&w, i, end);
		} else if (is_body(&rows[i])) {
			end = group_end(rows, i);
			if (body_of(&w, &f, &html) && f->presence == BRG_VALUE)
				write_body(&w, f, html);
		} else if (has_value(&w, i) && is_told(&w, &rows[i])) {
			if (rows[i].place == MAP_PROPERTY)
				write_property(&w, &rows[i], field_of(&w, i));
			else
				write_element(&w, &rows[i], field_of(&w, i));
		}
	}
	soap_close(s);
}

/* ---- changes --------------------------------------------------------------------------------*/

static void write_uri(const struct writing *w, const struct map *m, const char *key)
{
	if (m->place == MAP_PROPERTY) {
		item_property_uri(w->s, m);
	} else if (key) {
		soap_open(w->s, "t:IndexedFieldURI");
		soap_attribute(w->s, "FieldURI", brg_cstr(m->uri));
		soap_attribute(w->s, "FieldIndex", brg_cstr(key));
		soap_close(w->s);
	} else {
		soap_empty(w->s, "t:FieldURI", "FieldURI", brg_cstr(m->uri));
	}
}

static void open_change(const struct writing *w, const struct map *m, const char *key)
{
	char name[64];

	soap_open(w->s, "t:SetItemField");
	write_uri(w, m, key);
	prefixed(map_item(w->kind), name);
	soap_open(w->s, name);
}

static void close_change(const struct writing *w)
{
	soap_close(w->s);
	soap_close(w->s);
}

static void write_deletion(const struct writing *w, const struct map *m, const char *key)
{
	soap_open(w->s, "t:DeleteItemField");
	write_uri(w, m, key);
	soap_close(w->s);
}

static void change_entry(const struct writing *w, const struct map *m, const char *key,
			 struct brg_str text)
{
	char name[64];

	if (!text.len) {
		write_deletion(w, m, key);
		return;
	}
	open_change(w, m, key);
	prefixed(m->element, name);
	soap_open(w->s, name);
	write_entry(w, m, key, text);
	soap_close(w->s);
	close_change(w);
}

static void change_three(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	for (size_t i = 0; i < 3; i++) {
		bool is = f->presence == BRG_VALUE && i < f->u.list.n;
		char key[32];

		(void)snprintf(key, sizeof(key), "%s%zu", m->key, i + 1);
		change_entry(w, m, key, is ? f->u.list.at[i] : (struct brg_str){ "", 0 });
	}
}

/* What has a value always: the one that stands for none. */
static void change_to_none(const struct writing *w, const struct map *m)
{
	char name[64];

	if (!*m->without)
		return;
	open_change(w, m, NULL);
	prefixed(m->element, name);
	soap_leaf(w->s, name, brg_cstr(m->without));
	close_change(w);
}

static void change(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	bool gone = f->presence == BRG_NULL && !(w->marked && map_is_categories(m));

	if (m->form == MAP_THREE) {
		change_three(w, m, f);
	} else if (m->place == MAP_ENTRY || m->place == MAP_PART) {
		change_entry(w, m, m->key, gone ? (struct brg_str){ "", 0 } : f->u.text);
	} else if (gone && m->without) {
		change_to_none(w, m);
	} else if (gone) {
		write_deletion(w, m, NULL);
	} else {
		open_change(w, m, NULL);
		if (m->place == MAP_PROPERTY)
			write_property(w, m, f);
		else
			write_element(w, m, f);
		close_change(w);
	}
}

static void change_body(const struct writing *w, const struct map *m)
{
	const struct brg_field *f;
	bool html;

	if (!body_of(w, &f, &html))
		return;
	if (f->presence != BRG_VALUE) {
		write_deletion(w, m, NULL);
		return;
	}
	open_change(w, m, NULL);
	write_body(w, f, html);
	close_change(w);
}

static void change_stamp(const struct writing *w)
{
	char name[64];

	soap_open(w->s, "t:SetItemField");
	item_stamp_uri(w->s);
	prefixed(map_item(w->kind), name);
	soap_open(w->s, name);
	write_stamp(w->s, w->push->stamp);
	close_change(w);
}

bool item_has_changes(struct exchange *x, const struct brg_push *push)
{
	struct writing w = { x, NULL, push, push->kind, false };
	const struct map *rows = map_of(push->kind);

	for (size_t i = 0; rows[i].field; i++) {
		const struct brg_field *f = field_of(&w, i);

		if (f && is_told(&w, &rows[i]) &&
		    !(f->presence == BRG_NULL && rows[i].without && !*rows[i].without))
			return true;
	}
	return push->stamp != NULL;
}

void item_write_changes(struct exchange *x, struct soap *s, const struct brg_push *push,
			bool marked)
{
	struct writing w = { x, s, push, push->kind, marked };
	const struct map *rows = map_of(push->kind);

	soap_open(s, "t:Updates");
	for (size_t i = 0; rows[i].field; i++) {
		const struct brg_field *f = field_of(&w, i);

		if (rows[i].form == MAP_BODY_TEXT)
			change_body(&w, &rows[i]);
		else if (f && !is_body(&rows[i]) && is_told(&w, &rows[i]))
			change(&w, &rows[i], f);
	}
	if (push->stamp)
		change_stamp(&w);
	soap_close(s);
}
