/* SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

#include "moment.h"

#include <stdio.h>

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

/* ---- values ---------------------------------------------------------------------------------*/

const struct brg_field *write_field(const struct writing *w, size_t row)
{
	uint32_t id = w->x->ids[w->kind][row];

	return id ? fields_find(&w->push->fields, id) : NULL;
}

static const struct brg_field *field_named(const struct writing *w, const char *name)
{
	for (size_t i = 0; map_of(w->kind)[i].field; i++)
		if (strcmp(map_of(w->kind)[i].field, name) == 0)
			return write_field(w, i);
	return NULL;
}

void write_name(const char *name, char out[64])
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
void write_element(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	char name[64], scratch[64];

	write_name(m->element, name);
	soap_open(w->s, name);
	if (m->form == MAP_LIST)
		write_list(w, m, f->presence == BRG_VALUE ? f : NULL);
	else
		soap_text(w->s, text_of(w, m, f, scratch));
	soap_close(w->s);
}

void write_property(const struct writing *w, const struct map *m, const struct brg_field *f)
{
	soap_open(w->s, "t:ExtendedProperty");
	item_property_uri(w->s, m);
	soap_leaf(w->s, "t:Value", f->u.text);
	soap_close(w->s);
}

void write_entry(const struct writing *w, const struct map *m, const char *key, struct brg_str text)
{
	char name[64];

	soap_open(w->s, "t:Entry");
	soap_attribute(w->s, "Key", brg_cstr(key));
	if (m->place == MAP_PART) {
		write_name(m->part, name);
		soap_leaf(w->s, name, text);
	} else {
		soap_text(w->s, text);
	}
	soap_close(w->s);
}

/* ---- what goes together ---------------------------------------------------------------------*/

bool write_is_body(const struct map *m)
{
	return m->form == MAP_BODY_TEXT || m->form == MAP_BODY_HTML;
}

bool write_is_told(const struct writing *w, const struct map *m)
{
	const struct brg_field *status;

	if (m->given)
		return false;
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

bool write_is_made(const struct writing *w, const struct map *m)
{
	return w->meeting && (w->meeting->written & MADE_BIT(m->made));
}

bool write_body_of(const struct writing *w, const struct brg_field **f, bool *html)
{
	const struct brg_field *text = field_named(w, "body");

	*f = field_named(w, "body_html");
	*html = *f && (*f)->presence == BRG_VALUE;
	if (!*html && text)
		*f = text;
	return *f != NULL;
}

void write_body(const struct writing *w, const struct brg_field *f, bool html)
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
	const struct brg_field *f = write_field(w, row);

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
		write_name(rows[i].part, name);
		soap_leaf(w->s, name, write_field(w, i)->u.text);
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
	write_name(rows[i].element, name);
	soap_open(w->s, name);
	while (i < end) {
		if (rows[i].place == MAP_PART) {
			i = write_parts(w, i, end);
			continue;
		}
		if (has_value(w, i) && rows[i].form == MAP_THREE)
			write_three(w, &rows[i], write_field(w, i));
		else if (has_value(w, i))
			write_entry(w, &rows[i], rows[i].key, write_field(w, i)->u.text);
		i++;
	}
	soap_close(w->s);
}

static bool is_item_row(const struct map *m)
{
	return m->place == MAP_PROPERTY || (m->uri && strncmp(m->uri, "item:", 5) == 0);
}

/* What stands alone: one row, one element. */
static void write_row(const struct writing *w, size_t i)
{
	const struct map *m = &map_of(w->kind)[i];

	if (m->place == MAP_MADE && write_is_made(w, m))
		meeting_write(w->x, w->s, w->meeting, m->made);
	else if (m->place == MAP_PROPERTY && has_value(w, i))
		write_property(w, m, write_field(w, i));
	else if (m->place != MAP_MADE && has_value(w, i) && write_is_told(w, m))
		write_element(w, m, write_field(w, i));
}

/* The schema wants properties between what all items have and what the kind has. */
void item_write(struct exchange *x, struct soap *s, const struct brg_push *push,
		const struct meeting *meeting)
{
	struct writing w = { .x = x, .s = s, .push = push, .kind = push->kind, .meeting = meeting };
	const struct map *rows = map_of(push->kind);
	bool stamped = !push->stamp, html;
	const struct brg_field *f;
	size_t end;
	char name[64];

	write_name(map_item(push->kind), name);
	soap_open(s, name);
	for (size_t i = 0; rows[i].field; i = end) {
		end = i + 1;
		if (!stamped && !is_item_row(&rows[i])) {
			item_stamp_write(s, push->stamp);
			stamped = true;
		}
		if (rows[i].place == MAP_ENTRY || rows[i].place == MAP_PART) {
			end = group_end(rows, i);
			write_entries(&w, i, end);
		} else if (write_is_body(&rows[i])) {
			end = group_end(rows, i);
			if (write_body_of(&w, &f, &html) && f->presence == BRG_VALUE)
				write_body(&w, f, html);
		} else {
			write_row(&w, i);
		}
	}
	soap_close(s);
}
