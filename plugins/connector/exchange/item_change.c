/* SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

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
	write_name(map_item(w->kind), name);
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
	write_name(m->element, name);
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
	write_name(m->element, name);
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

	if (!write_body_of(w, &f, &html))
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
	write_name(map_item(w->kind), name);
	soap_open(w->s, name);
	item_stamp_write(w->s, w->push->stamp);
	close_change(w);
}

static void change_made(const struct writing *w, const struct map *m)
{
	if (w->meeting && (w->meeting->cleared & MADE_BIT(m->made))) {
		write_deletion(w, m, NULL);
	} else if (write_is_made(w, m)) {
		open_change(w, m, NULL);
		meeting_write(w->x, w->s, w->meeting, m->made);
		close_change(w);
	}
}

bool item_has_changes(struct exchange *x, const struct brg_push *push,
		      const struct meeting *meeting)
{
	struct writing w = { .x = x, .push = push, .kind = push->kind };
	const struct map *rows = map_of(push->kind);

	for (size_t i = 0; rows[i].field; i++) {
		const struct brg_field *f = write_field(&w, i);

		if (f && rows[i].place != MAP_MADE && write_is_told(&w, &rows[i]) &&
		    !(f->presence == BRG_NULL && rows[i].without && !*rows[i].without))
			return true;
	}
	return push->stamp || (meeting && (meeting->written | meeting->cleared));
}

void item_write_changes(struct exchange *x, struct soap *s, const struct brg_push *push,
			const struct meeting *meeting, bool marked)
{
	struct writing w = { x, s, push, push->kind, marked, meeting };
	const struct map *rows = map_of(push->kind);

	soap_open(s, "t:Updates");
	for (size_t i = 0; rows[i].field; i++) {
		const struct brg_field *f = write_field(&w, i);

		if (rows[i].form == MAP_BODY_TEXT)
			change_body(&w, &rows[i]);
		else if (rows[i].place == MAP_MADE)
			change_made(&w, &rows[i]);
		else if (f && !write_is_body(&rows[i]) && write_is_told(&w, &rows[i]))
			change(&w, &rows[i], f);
	}
	if (push->stamp)
		change_stamp(&w);
	soap_close(s);
}
