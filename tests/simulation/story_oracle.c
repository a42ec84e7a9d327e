/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold when all is quiet (DESIGN section 11). Nothing here asks the merge.
 */
#include "tests/simulation/story.h"

#include "core/recur.h"

#include <stdarg.h>
#include <stdlib.h>

static char wrong[600];

static const char *complain(const char *format, ...) BRG_PRINTF(1, 2);
static const char *complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(wrong, sizeof(wrong), format, ap);
	va_end(ap);
	return wrong;
}

static const struct simmail_box *box_of(struct story *s, int user)
{
	return &s->world.sim->boxes[s->world.users[user].box];
}

/* ---- both sides are the same ----------------------------------------------------------------*/

static bool drops(const struct simmail_habits *h, const char *field)
{
	for (int i = 0; i < SIMMAIL_DROPPED; i++)
		if (strcmp(h->dropped[i], field) == 0)
			return true;
	return false;
}

static unsigned can(const char *field, int kind)
{
	for (const struct brg_field_cap *c = simmail_plugin.connector->fields; c->name; c++)
		if (c->kind == kind && strcmp(c->name, field) == 0)
			return c->can;
	return 0;
}

static const char *side(struct story *s, const struct brg_field *f)
{
	struct image one = { .fields = { f, f ? 1 : 0 } };
	struct brg_str text;

	if (!f)
		return "nothing";
	text = image_to_json(s->world.rules.table, (int)(f->id / 100), &one, false,
			     s->world.scratch);
	return arena_printf(s->world.scratch, "%.*s", (int)text.len, text.ptr);
}

static bool has(const struct brg_field *f)
{
	return f && f->presence == BRG_VALUE;
}

/* What a server with these habits may make of a value. */
static bool looks_like(const struct simmail_habits *h, const struct brg_field *ours,
		       const struct brg_field *theirs)
{
	size_t i = 0, j = 0;
	struct brg_str a = ours->u.text, b = theirs->u.text;

	if (field_resembles(ours, theirs))
		return true;
	if (!(h->flags & SIMMAIL_NORMALISE) || ours->type != BRG_TEXT || theirs->type != BRG_TEXT)
		return false;
	for (;; i++, j++) {
		while (i < a.len && strchr(" \n", a.ptr[i]))
			i++;
		while (j < b.len && strchr(" \n", b.ptr[j]))
			j++;
		if (j == b.len)
			return i == a.len || h->truncate || h->truncate_body;
		if (i == a.len || a.ptr[i] != b.ptr[j])
			return false;
	}
}

/* Entries of a list were taken out, no others came. */
static bool has_less(const struct brg_field *ours, const struct brg_field *theirs)
{
	if (ours->type != BRG_LIST || theirs->type != BRG_LIST)
		return false;
	for (size_t i = 0; i < theirs->u.list.n; i++) {
		bool found = false;

		for (size_t k = 0; k < ours->u.list.n; k++)
			found = found || brg_str_eq(theirs->u.list.at[i], ours->u.list.at[k]);
		if (!found)
			return false;
	}
	return true;
}

static const char *same_fields(struct story *s, const struct simmail_habits *h, int kind,
			       const struct image *record, const struct image *item, bool cleared)
{
	const struct field_set *set = &s->world.rules.table->kinds[kind];

	for (size_t i = 0; i < set->n; i++) {
		const struct field *f = &set->at[i];
		const struct brg_field *ours = image_field(record, f->id);
		const struct brg_field *theirs = image_field(item, f->id);

		if (can(f->name, kind) != (BRG_FIELD_READ | BRG_FIELD_WRITE) ||
		    s->world.merge[kind][set->group_of[i]].direction != DIRECTION_BOTH)
			continue;
		if (!has(ours) && !has(theirs))
			continue;
		if (has(ours) && !has(theirs) &&
		    (drops(h, f->name) || (f->flags & FIELD_DERIVED) || cleared))
			continue;
		if (has(ours) && has(theirs) &&
		    (looks_like(h, ours, theirs) || (cleared && has_less(ours, theirs))))
			continue;
		/* What servers fill in by themselves. */
		if (kind == BRG_APPOINTMENT && !has(ours) &&
		    (f->id == APPT_ORGANIZER || f->id == APPT_ORGANIZER_NAME))
			continue;
		return complain("%s differs: record %.150s, item %.150s", f->name, side(s, ours),
				side(s, theirs));
	}
	return NULL;
}

/* A server may keep exceptions of a series that was another once. */
static bool has_place(const struct image *record, struct brg_str key)
{
	const struct brg_field *start = image_field(record, APPT_START);
	struct brg_str at = start && start->presence == BRG_VALUE ? start->u.wall.local
								  : (struct brg_str){ "", 0 };

	if (image_int(record, APPT_ALL_DAY) && at.len > 10)
		at.len = 10;
	return recur_has(image_str(record, APPT_RECURRENCE), at, key);
}

static const char *same_occurrences(struct story *s, const struct image *record,
				    const struct image *item)
{
	(void)s;
	for (int turn = 0; turn < 2; turn++) {
		const struct image *a = turn ? item : record, *b = turn ? record : item;

		for (size_t i = 0; i < a->n_parts; i++) {
			const struct brg_part *p = &a->parts[i], *q;

			if (p->type != BRG_OCCURRENCE || (turn && !has_place(record, p->key)))
				continue;
			q = image_part(b, BRG_OCCURRENCE, p->key);
			if (!q || q->presence != p->presence)
				return complain("occurrence %.*s is %s", (int)p->key.len,
						p->key.ptr,
						turn ? "of the item alone" : "of the record alone");
		}
	}
	return NULL;
}

static const char *same_attendees(struct story *s, const struct image *record,
				  const struct image *item)
{
	(void)s;
	for (int turn = 0; turn < 2; turn++) {
		const struct image *a = turn ? item : record, *b = turn ? record : item;

		for (size_t i = 0; i < a->n_parts; i++) {
			const struct brg_part *p = &a->parts[i];

			if (p->type == BRG_ATTENDEE && p->presence == BRG_VALUE &&
			    !image_part(b, BRG_ATTENDEE, p->key))
				return complain("attendee %.*s is %s", (int)p->key.len, p->key.ptr,
						turn ? "of the item alone" : "of the record alone");
		}
	}
	return NULL;
}

static const char *judge_link(struct story *s, int user, const struct brg_link_row *link)
{
	int number = simmail_find_item(s->world.sim, s->world.users[user].box, link->remote_id);
	const struct simmail_item *it;
	struct brg_err err = BRG_ERR_INIT;
	static char json[65536];
	struct image raw, item;
	struct record r;
	const char *what;
	char organizer[128];

	if (number < 0)
		return complain("a link of %s has no item", s->world.users[user].address);
	it = simmail_at(s->world.sim, s->world.users[user].box, number);
	if (world_read(&s->world, &link->record, &r) == 0 || r.row.deleted_us)
		return complain("the record of a link of %s is gone", s->world.users[user].address);
	/* The copy of somebody else's meeting is not his to be in step. */
	if (simmail_value(it, "organizer", organizer, sizeof(organizer)) &&
	    strcmp(organizer, s->world.users[user].address) != 0)
		return NULL;
	if (simmail_json(it, json, sizeof(json)) >= sizeof(json))
		return complain("an item is too large to look at");
	if (image_from_json(s->world.rules.table, link->kind, brg_cstr(json), s->world.scratch,
			    &raw, &err) < 0 ||
	    image_canonical(s->world.rules.table, link->kind, &raw, s->world.scratch, &item, &err) <
		    0)
		return complain("the item cannot be read: %.200s %.200s", err.params, json);
	what = same_fields(s, &box_of(s, user)->habits, link->kind, &r.image, &item,
			   s->cleared[user][it->id % STORY_IDS]);
	if (!what && link->kind == BRG_APPOINTMENT)
		what = same_occurrences(s, &r.image, &item);
	if (!what && link->kind == BRG_APPOINTMENT)
		what = same_attendees(s, &r.image, &item);
	if (what)
		return complain("%.400s (record %02x%02x, item %u of %s)",
				arena_printf(s->world.scratch, "%s", what), r.row.id.b[14],
				r.row.id.b[15], it->id, s->world.users[user].address);
	return NULL;
}

static bool is_set_aside(struct story *s, int user, const struct brg_link_row *link)
{
	struct brg_query q = { .what = BRG_READ_INBOX,
			       .mailbox = s->world.users[user].mailbox,
			       .folder = link->folder,
			       .remote = link->remote_id,
			       .number = 1 };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	return n && rows[0].u.inbox.tries > 0;
}

static const char *judge_links(struct story *s)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++) {
		struct brg_query links = { .what = BRG_READ_LINKS, .other = rows[i].u.record.id };
		size_t m;
		struct brg_row *l = world_rows(&s->world, &links, &m);

		for (size_t k = 0; k < m; k++) {
			const struct brg_link_row *link = &l[k].u.link;
			const char *what;
			int user = 0;

			while (!brg_id_eq(&s->world.users[user].mailbox, &link->mailbox))
				user++;
			if (!link->live || (link->flags & 4) || is_set_aside(s, user, link))
				continue;
			if (link->missing)
				return complain("a link of %s still misses its item",
						s->world.users[user].address);
			what = judge_link(s, user, link);
			if (what)
				return what;
		}
	}
	return NULL;
}

/* ---- nothing twice, nothing by itself -------------------------------------------------------*/

/* It is not the one that its record is or was linked to, and nobody has made anything of it. */
static bool is_double(struct story *s, int user, const struct simmail_item *it)
{
	int box = s->world.users[user].box;
	struct brg_query q = { .what = BRG_READ_LINK,
			       .mailbox = s->world.users[user].mailbox,
			       .other = it->stamp.record };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);
	int linked = n ? simmail_find_item(s->world.sim, box, rows[0].u.link.remote_id) : -1;

	if (linked >= 0 && simmail_at(s->world.sim, box, linked) == it)
		return false;
	return !s->copied[user][it->id % STORY_IDS] && !s->edited[user][it->id % STORY_IDS];
}

/* A record that became private has forgotten what it said: nobody can tell a double of it from a
 * thing that somebody made something of, whatever was written into it since. */
static bool has_forgotten(struct story *s, const struct brg_id *record)
{
	struct brg_query q = { .what = BRG_READ_HISTORY, .other = *record };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.history.code, brg_cstr(record_made_private.code)))
			return true;
	return false;
}

static const char *judge_doubles(struct story *s, int user)
{
	const struct simmail_state *now = &box_of(s, user)->now;

	for (uint32_t i = 0; i < now->n_items; i++)
		for (uint32_t k = i + 1; k < now->n_items; k++) {
			const struct simmail_item *a = &now->items[i], *b = &now->items[k];

			if (a->used && b->used && a->stamped && b->stamped &&
			    a->folder != SIMMAIL_DELETED && b->folder != SIMMAIL_DELETED &&
			    a->stamp.attempt != b->stamp.attempt &&
			    brg_id_eq(&a->stamp.record, &b->stamp.record) &&
			    (is_double(s, user, a) || is_double(s, user, b)) &&
			    !has_forgotten(s, &a->stamp.record))
				return complain("items %u and %u of %s are one record", a->id,
						b->id, s->world.users[user].address);
		}
	return NULL;
}

static bool holds(const struct simmail_text *text, const char *token)
{
	return memmem(text->bytes, text->length, token, strlen(token)) != NULL;
}

/* Records whose title field has the word. */
static size_t records_with(struct story *s, const char *token, int kind)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT, .number = kind };
	size_t n, found = 0;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		found += memmem(rows[i].u.record.fields.ptr, rows[i].u.record.fields.len, token,
				strlen(token)) != NULL;
	return found;
}

static const char *judge_things(struct story *s)
{
	for (int i = 0; i < s->n_things; i++) {
		const struct story_thing *t = &s->things[i];
		struct record r;

		if (t->uncertain || t->removed)
			continue;
		if (t->by_mail) {
			const struct simmail_state *now = &box_of(s, t->user)->now;
			bool there = false;

			for (uint32_t k = 0; k < now->n_items; k++)
				there = there ||
					(now->items[k].used && now->items[k].id == t->item &&
					 now->items[k].folder != SIMMAIL_DELETED);
			if (!there)
				return complain("item %u (%s) of %s was deleted by nobody", t->item,
						t->token, s->world.users[t->user].address);
			if (!t->copied && records_with(s, t->token, t->kind) > 1)
				return complain("item %s became several records", t->token);
		} else if (world_read(&s->world, &t->record, &r) == 0) {
			return complain("record %s is gone for good", t->token);
		}
	}
	return NULL;
}

/* ---- nothing vanishes -----------------------------------------------------------------------*/

static bool in_rows(const struct brg_row *rows, size_t n, const char *token)
{
	for (size_t i = 0; i < n; i++) {
		struct brg_str text = rows[i].what == BRG_READ_HISTORY ? rows[i].u.history.changes
				      : rows[i].what == BRG_READ_CONFLICTS
					      ? rows[i].u.conflict.theirs
					      : rows[i].u.record.fields;

		if (text.len && memmem(text.ptr, text.len, token, strlen(token)))
			return true;
	}
	return false;
}

/* In records, and what their history tells; `state`: "deleted" or empty. */
static bool in_records(struct story *s, const char *token, const char *state)
{
	struct brg_query records = { .what = BRG_READ_RECORDS_ACT, .remote = brg_cstr(state) };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &records, &n);

	if (in_rows(rows, n, token))
		return true;
	for (size_t i = 0; i < n; i++) {
		struct brg_query history = { .what = BRG_READ_HISTORY,
					     .other = rows[i].u.record.id };
		size_t m;
		struct brg_row *h = world_rows(&s->world, &history, &m);

		if (in_rows(h, m, token))
			return true;
	}
	return false;
}

static bool is_somewhere(struct story *s, const char *token)
{
	struct brg_query conflicts = { .what = BRG_READ_CONFLICTS, .number = 1 };
	struct brg_row *rows;
	size_t n;

	for (int u = 0; u < s->world.n_users; u++) {
		const struct simmail_state *now = &box_of(s, u)->now;

		for (uint32_t i = 0; i < now->n_items; i++)
			if (now->items[i].used && holds(&now->items[i].content, token))
				return true;
	}
	if (in_records(s, token, "") || in_records(s, token, "deleted"))
		return true;
	rows = world_rows(&s->world, &conflicts, &n);
	return in_rows(rows, n, token);
}

/* The record of the item was set to "private" for one of its mailboxes. */
static bool was_blanked(struct story *s, int user, uint32_t item)
{
	struct brg_query q = { .what = BRG_READ_LINKS, .mailbox = s->world.users[user].mailbox };
	char name[SIMMAIL_ID_MAX];
	struct brg_str id = simmail_id(s->world.users[user].box, item, name);
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (brg_str_eq(rows[i].u.link.remote_id, id) &&
		    has_forgotten(s, &rows[i].u.link.record))
			return true;
	return false;
}

static const char *judge_values(struct story *s)
{
	for (int i = 0; i < s->n_values; i++)
		if (!is_somewhere(s, s->values[i].token) &&
		    !was_blanked(s, s->values[i].user, s->values[i].item))
			return complain("%s, written into %s of item %u of %s, is nowhere",
					s->values[i].token, s->values[i].field, s->values[i].item,
					s->world.users[s->values[i].user].address);
	return NULL;
}

/* ---- all ------------------------------------------------------------------------------------*/

/* What the visits of a mailbox remember. */
static const char *state_of(struct story *s, int user)
{
	struct brg_query q = { .what = BRG_READ_STATES, .mailbox = s->world.users[user].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].u.state.name.len == 8)
			return arena_printf(s->world.scratch, "%.*s",
					    (int)rows[i].u.state.value.len,
					    rows[i].u.state.value.ptr);
	return "-";
}

static const char *judge_rest(struct story *s)
{
	struct brg_query inbox = { .what = BRG_READ_INBOX }, intents = { .what = BRG_READ_INTENTS };
	size_t n;

	if (simmail_mails_by_push(s->world.sim, true))
		return complain("%u mails went out unasked",
				simmail_mails_by_push(s->world.sim, true));
	(void)world_rows(&s->world, &intents, &n);
	if (n)
		return complain("%zu intents are open", n);
	for (int u = 0; u < s->world.n_users; u++) {
		struct brg_row *rows;

		inbox.mailbox = s->world.users[u].mailbox;
		rows = world_rows(&s->world, &inbox, &n);
		for (size_t i = 0; i < n; i++)
			if (rows[i].u.inbox.tries == 0)
				return complain("%.*s of %s still lies in the inbox since round "
						"%lld: %.200s",
						(int)rows[i].u.inbox.remote_id.len,
						rows[i].u.inbox.remote_id.ptr,
						s->world.users[u].address,
						(long long)rows[i].u.inbox.round, state_of(s, u));
	}
	return NULL;
}

const char *story_judge(struct story *s)
{
	const char *what = judge_rest(s);

	what = what ? what : judge_links(s);
	for (int u = 0; u < s->world.n_users && !what; u++)
		what = judge_doubles(s, u);
	what = what ? what : judge_things(s);
	return what ? what : judge_values(s);
}

/* ---- for whoever looks at a short story -----------------------------------------------------*/

static void tell_links(struct story *s, int user)
{
	struct brg_query q = { .what = BRG_READ_LINKS, .mailbox = s->world.users[user].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++) {
		const struct brg_link_row *l = &rows[i].u.link;

		fprintf(stderr,
			"    link to record %02x%02x, item %.*s in %.*s: %s%s, missing %lld, flags %x, "
			"role %d, seen %lld of %lld\n",
			l->record.b[14], l->record.b[15], (int)l->remote_id.len, l->remote_id.ptr,
			(int)l->folder.len, l->folder.ptr, l->live ? "lives" : "ended",
			l->recheck ? ", to be looked at" : "", (long long)l->missing, l->flags,
			l->role, (long long)l->seen_version, (long long)l->record_now);
	}
}

static void tell_inbox(struct story *s, int user)
{
	struct brg_query q = { .what = BRG_READ_INBOX, .mailbox = s->world.users[user].mailbox };
	struct brg_query parked = { .what = BRG_READ_PARKED,
				    .mailbox = s->world.users[user].mailbox };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "    inbox: %.*s in %.*s, round %lld, tries %d\n",
			(int)rows[i].u.inbox.remote_id.len, rows[i].u.inbox.remote_id.ptr,
			(int)rows[i].u.inbox.folder.len, rows[i].u.inbox.folder.ptr,
			(long long)rows[i].u.inbox.round, (int)rows[i].u.inbox.tries);
	rows = world_rows(&s->world, &parked, &n);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "    parked: %.*s %.*s %.*s, tries %d\n",
			(int)rows[i].u.parked.remote_id.len, rows[i].u.parked.remote_id.ptr,
			(int)rows[i].u.parked.code.len, rows[i].u.parked.code.ptr,
			(int)rows[i].u.parked.params.len, rows[i].u.parked.params.ptr,
			(int)rows[i].u.parked.tries);
}

static void tell_items(struct story *s, int user)
{
	const struct simmail_box *box = box_of(s, user);
	char name[SIMMAIL_ID_MAX], json[700];

	for (uint32_t i = 0; i < box->now.n_items; i++) {
		const struct simmail_item *it = &box->now.items[i];

		if (!it->used)
			continue;
		simmail_id(s->world.users[user].box, it->id, name);
		(void)simmail_json(it, json, sizeof(json));
		fprintf(stderr, "    item %s in %s%s%s: %s\n", name, box->folders[it->folder].id,
			it->stamped ? ", stamped" : "", it->tracked ? ", tracked" : "", json);
	}
}

void story_tell_state(struct story *s)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT };
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);

	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "  record %02x%02x, version %lld: %.*s\n",
			rows[i].u.record.id.b[14], rows[i].u.record.id.b[15],
			(long long)rows[i].u.record.version, (int)rows[i].u.record.fields.len,
			rows[i].u.record.fields.ptr);
	for (int u = 0; u < s->world.n_users; u++) {
		fprintf(stderr, "  %s\n", s->world.users[u].address);
		tell_items(s, u);
		tell_links(s, u);
		tell_inbox(s, u);
	}
}
