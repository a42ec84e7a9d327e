/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do in their mailboxes and in the CRM.
 */
#include "tests/simulation/story.h"

#include <stdlib.h>

/* ---- bookkeeping ----------------------------------------------------------------------------*/

static struct story_thing *new_thing(struct story *s, int kind, int user, const char *token)
{
	struct story_thing *t = &s->things[s->n_things];

	if (s->n_things == STORY_TOKENS)
		return NULL;
	s->n_things++;
	*t = (struct story_thing){ .kind = kind, .user = user };
	(void)snprintf(t->token, sizeof(t->token), "%s", token);
	return t;
}

static const struct simmail_box *box_of(struct story *s, int user)
{
	return &s->world.sim->boxes[s->world.users[user].box];
}

static struct story_thing *thing_of_item(struct story *s, int user, uint32_t item)
{
	for (int i = 0; i < s->n_things; i++)
		if (s->things[i].by_mail && s->things[i].user == user && s->things[i].item == item)
			return &s->things[i];
	return NULL;
}

/* The value took the place of an earlier one at the same spot. */
static void note_value(struct story *s, int user, uint32_t item, const char *field,
		       const char *token)
{
	struct story_value *v = NULL;

	for (int i = 0; i < s->n_values && !v; i++)
		if (s->values[i].user == user && s->values[i].item == item &&
		    strcmp(s->values[i].field, field) == 0)
			v = &s->values[i];
	if (!v && s->n_values == STORY_TOKENS)
		return;
	v = v ? v : &s->values[s->n_values++];
	v->user = user;
	v->item = item;
	v->field = field;
	(void)snprintf(v->token, sizeof(v->token), "%s", token);
}

/* Somebody did something to the item that voids what the oracle could promise. */
static void forget_item(struct story *s, int user, uint32_t item)
{
	struct story_thing *t = thing_of_item(s, user, item);

	if (t)
		t->uncertain = true;
	for (int i = 0; i < s->n_values; i++)
		if (s->values[i].user == user && s->values[i].item == item)
			s->values[i--] = s->values[--s->n_values];
}

/* Whoever is chosen is chosen by when it was made and by the dice, not by its place among others:
 * so that a story in which steps are left out tells the same of what is left. */
static uint64_t luck(uint64_t dice, int64_t made_us)
{
	uint64_t state = dice ^ (uint64_t)((made_us + STORY_HOUR_US / 4) / STORY_HOUR_US);

	return simmail_roll(&state);
}

/* ---- in a mailbox ---------------------------------------------------------------------------*/

static const char *const mail_fields[FIELD_KINDS][4] = {
	[BRG_CONTACT] = { "job_title", "company", "nickname", "office" },
	[BRG_TASK] = { "subject", "body", "subject", "body" },
	[BRG_APPOINTMENT] = { "subject", "location", "body", "location" },
};

static bool create_there(struct story *s, int user)
{
	int kind = BRG_CONTACT + (int)story_below(s, 3), item;
	struct story_thing *t;
	char token[12], lines[512];
	uint32_t day = 1 + story_below(s, 28);

	story_token(s, token);
	if (kind == BRG_CONTACT)
		(void)snprintf(lines, sizeof(lines), "nickname=%s\ngiven=G%s\nemail1=%s@x.example",
			       token, token, token);
	else if (kind == BRG_TASK)
		(void)snprintf(lines, sizeof(lines), "subject=%s", token);
	else
		(void)snprintf(lines, sizeof(lines),
			       "subject=%s\nstart=2027-02-%02uT09:00:00 Europe/Stockholm\n"
			       "end=2027-02-%02uT10:00:00 Europe/Stockholm%s",
			       token, day, day,
			       story_below(s, 3) ? "" : "\nrecurrence=FREQ=DAILY;COUNT=6");
	item = simmail_user_create(s->world.sim, s->world.users[user].box, kind, lines);
	if (item < 0)
		return false;
	if (story_below(s, 5))
		simmail_user_track(s->world.sim, s->world.users[user].box, item, true);
	t = new_thing(s, kind, user, token);
	if (t) {
		t->by_mail = true;
		t->item = box_of(s, user)->now.items[item].id;
	}
	story_say(s, "%s creates %s", s->world.users[user].address, lines);
	return true;
}

static int any_item(struct story *s, int user)
{
	const struct simmail_box *box = box_of(s, user);
	uint64_t dice = simmail_roll(&s->dice), least = UINT64_MAX;
	int found = -1;

	for (uint32_t i = 0; i < box->now.n_items; i++) {
		const struct simmail_item *it = &box->now.items[i];
		uint64_t its = luck(dice, it->created_us);

		if (it->used && it->folder != SIMMAIL_DELETED && its < least) {
			least = its;
			found = (int)i;
		}
	}
	return found;
}

static bool is_copy(struct story *s, int user, const struct simmail_item *item)
{
	char organizer[128];

	return simmail_value(item, "organizer", organizer, sizeof(organizer)) &&
	       strcmp(organizer, s->world.users[user].address) != 0;
}

static bool edit_there(struct story *s, int user)
{
	int item = any_item(s, user), box = s->world.users[user].box;
	const struct simmail_item *it;
	char token[12], line[64], value[4096];
	const char *field;

	if (item < 0)
		return false;
	it = simmail_at(s->world.sim, box, item);
	field = mail_fields[it->kind][story_below(s, 4)];
	story_token(s, token);
	(void)snprintf(line, sizeof(line), "%s=%s", field, token);
	if (!simmail_user_edit(s->world.sim, box, item, line))
		return false;
	s->edited[user][it->id % STORY_IDS] = true;
	/* A server that drops or cuts it has nothing to lose; an organizer writes over copies. */
	if (!is_copy(s, user, it) && simmail_value(it, field, value, sizeof(value)) &&
	    strstr(value, token))
		note_value(s, user, it->id, field, token);
	story_say(s, "%s edits %u: %s", s->world.users[user].address, it->id, line);
	return true;
}

/* Folder of each id of the mailbox; 255: it is not there. */
static void list_ids(struct story *s, int user, uint8_t *folders, uint32_t n)
{
	const struct simmail_box *box = box_of(s, user);

	memset(folders, 255, n);
	for (uint32_t i = 0; i < box->now.n_items; i++)
		if (box->now.items[i].used && box->now.items[i].id < n)
			folders[box->now.items[i].id] = box->now.items[i].folder;
}

/* What it is a copy of may have come from another mailbox. */
static void note_copied(struct story *s, int user, uint32_t id)
{
	const struct simmail_state *now = &s->world.sim->boxes[s->world.users[user].box].now;

	for (uint32_t i = 0; i < now->n_items; i++) {
		const struct simmail_text *text = &now->items[i].content;

		for (int k = 0; k < s->n_things && now->items[i].id == id; k++)
			if (memmem(text->bytes, text->length, s->things[k].token,
				   strlen(s->things[k].token)))
				s->things[k].copied = true;
	}
}

/* A copy has another id when it is moved. */
static void follow_copies(struct story *s, int user, const uint8_t *before, const uint8_t *after,
			  bool copies)
{
	for (uint32_t id = 1; id < STORY_IDS; id++)
		copies = copies || (before[id] != 255 && after[id] == 255 && s->copied[user][id]);
	for (uint32_t id = 1; id < STORY_IDS && copies; id++)
		if (before[id] == 255 && after[id] != 255) {
			s->copied[user][id] = true;
			note_copied(s, user, id);
		}
}

static bool is_named(const char *said, int box, uint32_t id)
{
	char text[SIMMAIL_ID_MAX + 4] = " ";
	struct brg_str name = simmail_id(box, id, text + 1);

	memcpy(text + 1 + name.len, ":", 2);
	return strstr(said, text) != NULL;
}

bool story_act_there(struct story *s, int user)
{
	static const char *const mild[] = { " creates ", " responds " };
	int box = s->world.users[user].box;
	uint8_t before[STORY_IDS], after[STORY_IDS];
	char said[3000];
	bool clears;

	list_ids(s, user, before, STORY_IDS);
	if (!simmail_user_random(s->world.sim, box, &s->dice, said, sizeof(said)))
		return false;
	story_say(s, "%.140s", said);
	list_ids(s, user, after, STORY_IDS);
	follow_copies(s, user, before, after, strstr(said, " copies ") != NULL);
	for (size_t i = 0; i < sizeof(mild) / sizeof(mild[0]); i++)
		if (strstr(said, mild[i]))
			return true;
	/* What it wrote may be where a token was; what it took away is promised nothing. */
	clears = strstr(said, "= ") || strstr(said, "categories=");
	for (uint32_t id = 1; id < STORY_IDS && id <= box_of(s, user)->ids; id++) {
		bool named = is_named(said, box, id);

		if (named || before[id] != after[id])
			forget_item(s, user, id);
		s->edited[user][id] = s->edited[user][id] || named;
		s->cleared[user][id] = s->cleared[user][id] || (named && clears);
	}
	return true;
}

bool story_edit_mail(struct story *s)
{
	int user = (int)story_below(s, (uint32_t)s->world.n_users);
	uint32_t n = story_below(s, 8);
	bool done = n < 2   ? create_there(s, user)
		    : n < 4 ? edit_there(s, user)
			    : story_act_there(s, user);

	story_counts->edits_by_mail += done;
	return done;
}

/* ---- in the CRM -----------------------------------------------------------------------------*/

static bool new_record(struct story *s)
{
	int user = (int)story_below(s, (uint32_t)s->world.n_users);
	int kind = BRG_CONTACT + (int)story_below(s, 3);
	struct story_thing *t;
	char token[12], json[700];
	uint32_t day = 1 + story_below(s, 28);

	story_token(s, token);
	if (kind == BRG_CONTACT)
		(void)snprintf(json, sizeof(json),
			       "{\"nickname\":\"%s\",\"given\":\"%s\",\"email1\":\"%s@x.example\"}",
			       token, token, token);
	else if (kind == BRG_TASK)
		(void)snprintf(json, sizeof(json), "{\"subject\":\"%s\",\"due\":\"2027-01-%02u\"}",
			       token, day);
	else
		(void)snprintf(
			json, sizeof(json),
			"{\"subject\":\"%s\",\"start\":{\"local\":\"2027-03-%02uT11:00:00\","
			"\"zone\":\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-%02uT12:00:00\","
			"\"zone\":\"Europe/Stockholm\"}%s%s}",
			token, day, day,
			story_below(s, 3) ? "" : ",\"recurrence\":\"FREQ=DAILY;COUNT=6\"",
			story_below(s, 3)
				? ""
				: ",\"attendees\":{\"guest1@elsewhere.example\":{\"role\":"
				  "\"required\"}}");
	t = new_thing(s, kind, user, token);
	if (!t)
		return false;
	t->record = world_new(&s->world, user, kind, json);
	story_say(s, "a record: %s", json);
	return true;
}

/* Any record that lives. */
static bool any_record(struct story *s, struct record *out)
{
	struct brg_query q = { .what = BRG_READ_RECORDS_ACT };
	struct brg_err err = BRG_ERR_INIT;
	uint64_t dice = simmail_roll(&s->dice), least = UINT64_MAX;
	struct brg_row *rows, *found = NULL;
	size_t n;

	rows = world_rows(&s->world, &q, &n);
	for (size_t i = 0; i < n; i++) {
		uint64_t its = luck(dice, rows[i].u.record.created_us);

		if (its < least) {
			least = its;
			found = &rows[i];
		}
	}
	if (!found)
		return false;
	world_must(record_decode(&s->world.engine, &found->u.record, s->world.scratch, out, &err),
		   &err, "decode");
	return true;
}

/* The word in place of the @. */
static void fill(const char *form, const char *token, char *out, size_t n)
{
	size_t before = strcspn(form, "@");

	(void)snprintf(out, n, "%.*s%s%s", (int)before, form, token, form + before + 1);
}

static void patch_contact(struct story *s, const char *token, char *out, size_t n)
{
	static const char *const forms[] = {
		"{\"job_title\":\"@\"}",
		"{\"company\":\"@\"}",
		"{\"mobile_phone\":\"1@\"}",
		"{\"given\":\"@\",\"surname\":\"S\"}",
		"{\"categories\":[\"@\",\"Red\"]}",
		"{\"office\":null,\"nickname\":\"@\"}",
		"{\"business_street\":\"@\"}",
	};

	fill(forms[story_below(s, 7)], token, out, n);
}

static void patch_task(struct story *s, const char *token, char *out, size_t n)
{
	static const char *const forms[] = {
		"{\"subject\":\"@\"}",
		"{\"body\":\"@\"}",
		"{\"categories\":[\"@\"]}",
		"{\"due\":\"2027-01-30\",\"body\":\"@\"}",
		("{\"status\":\"completed\",\"percent\":100,\"completed\":1796000000000000,"
		 "\"body\":\"@\"}"),
		"{\"status\":\"in_progress\",\"percent\":50,\"completed\":null,\"body\":\"@\"}",
	};

	fill(forms[story_below(s, 6)], token, out, n);
}

/* An exception of a daily series, or its end. */
static bool patch_occurrence(struct story *s, const struct record *r, const char *token, char *out,
			     size_t n)
{
	const struct brg_field *start = image_field(&r->image, APPT_START);
	char local[20];
	unsigned day;

	if (!image_str(&r->image, APPT_RECURRENCE).len || !start || start->presence != BRG_VALUE ||
	    start->u.wall.local.len != 19)
		return false;
	memcpy(local, start->u.wall.local.ptr, 19);
	local[19] = '\0';
	day = (unsigned)strtoul(local + 8, NULL, 10) + story_below(s, 3);
	if (day > 28)
		return false;
	local[8] = (char)('0' + day / 10);
	local[9] = (char)('0' + day % 10);
	if (story_below(s, 3) == 0)
		(void)snprintf(out, n, "{\"occurrences\":{\"%s\":null,\"...\":null}}", local);
	else
		(void)snprintf(out, n,
			       "{\"occurrences\":{\"%s\":{\"location\":\"%s\"},\"...\":null}}",
			       local, token);
	return true;
}

static void patch_appointment(struct story *s, const struct record *r, const char *token, char *out,
			      size_t n)
{
	uint32_t day = 1 + story_below(s, 28);

	if (story_below(s, 3) == 0 && patch_occurrence(s, r, token, out, n))
		return;
	switch (story_below(s, 4)) {
	case 0:
		(void)snprintf(out, n, "{\"subject\":\"%s\"}", token);
		return;
	case 1:
		(void)snprintf(out, n,
			       "{\"start\":{\"local\":\"2027-03-%02uT14:00:00\",\"zone\":"
			       "\"Europe/Stockholm\"},\"end\":{\"local\":\"2027-03-%02uT15:00:00\","
			       "\"zone\":\"Europe/Stockholm\"},\"all_day\":false}",
			       day, day);
		return;
	default:
		(void)snprintf(out, n, "{\"location\":\"%s\"}", token);
	}
}

static bool edit_record(struct story *s)
{
	struct record r;
	char token[12], json[500];

	if (!any_record(s, &r))
		return false;
	story_token(s, token);
	if (r.row.kind == BRG_CONTACT)
		patch_contact(s, token, json, sizeof(json));
	else if (r.row.kind == BRG_TASK)
		patch_task(s, token, json, sizeof(json));
	else
		patch_appointment(s, &r, token, json, sizeof(json));
	if (!world_edit(&s->world, &r.row.id, json))
		return false;
	story_say(s, "record %02x%02x is edited: %s", r.row.id.b[14], r.row.id.b[15], json);
	return true;
}

static bool delete_record(struct story *s)
{
	struct record r;

	if (!any_record(s, &r))
		return false;
	world_delete(&s->world, &r.row.id);
	for (int i = 0; i < s->n_things; i++)
		if (brg_id_eq(&s->things[i].record, &r.row.id))
			s->things[i].removed = true;
	/* What it was made of may go with it. */
	for (int i = 0; i < s->n_things; i++)
		if (s->things[i].by_mail)
			s->things[i].uncertain = true;
	story_say(s, "record %02x%02x is deleted", r.row.id.b[14], r.row.id.b[15]);
	return true;
}

/* A person settles a conflict. */
static bool resolve(struct story *s)
{
	struct brg_query q = { .what = BRG_READ_CONFLICTS };
	struct brg_err err = BRG_ERR_INIT;
	size_t n;
	struct brg_row *rows = world_rows(&s->world, &q, &n);
	struct step step;
	struct brg_conflict_row c;

	if (n == 0)
		return false;
	c = rows[story_below(s, (uint32_t)n)].u.conflict;
	c.resolution = story_below(s, 2) ? BRG_TAKE_RECORD : BRG_TAKE_ITEM;
	c.who = brg_cstr("a person");
	step_init(&step, s->world.scratch);
	step_add(&step, BRG_OP_CONFLICT, BRG_ANY)->u.conflict = c;
	step_add(&step, BRG_OP_RECHECK, BRG_ANY)->u.recheck =
		(struct brg_recheck){ .record = c.record };
	world_must(store_commit(&s->world.engine.store, &step, BRG_DURABLE, NULL, &err), &err,
		   "resolve");
	story_say(s, "conflict about %.*s is settled: %d", (int)c.group.len, c.group.ptr,
		  c.resolution);
	return true;
}

bool story_edit_store(struct story *s)
{
	uint32_t n = story_below(s, 20);
	bool done = n < 5    ? new_record(s)
		    : n < 17 ? edit_record(s)
		    : n < 18 ? delete_record(s)
			     : resolve(s);

	story_counts->edits_by_store += done;
	return done;
}

void story_meanwhile(struct story *s)
{
	story_counts->meanwhile++;
	(void)edit_record(s);
}
