/* SPDX-License-Identifier: Apache-2.0
 *
 * What people do, at random: everything of simmail-people.c, with names, dates and texts that
 * are apt to be harmed on the way.
 */
#include "simmail-private.h"

#define DAYS 60 /* so many days from the first one are planned */

struct act {
	struct simmail *sim;
	int box, item;
	uint64_t *dice;
	char *said;
	size_t room;
	char lines[2048];
	size_t n;
};

static uint32_t below(struct act *a, uint32_t n)
{
	return simmail_below(a->dice, n);
}

static const char *one_of(struct act *a, const char *const *words, uint32_t n)
{
	return words[below(a, n)];
}
#define ONE_OF(a, words) one_of(a, words, sizeof(words) / sizeof((words)[0]))

static void add(struct act *a, const char *fmt, ...) BRG_PRINTF(2, 3);
static void add(struct act *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->n += (size_t)vsnprintf(a->lines + a->n, sizeof(a->lines) - a->n, fmt, ap);
	va_end(ap);
}

/* ---- values ---------------------------------------------------------------------------------*/

/* Day n from 2026-12-01, in winter time everywhere. */
static void date(uint32_t n, char out[24])
{
	static const unsigned char days[] = { 31, 31, 28 };
	unsigned month = 0;

	while (month < 2 && n >= days[month])
		n -= days[month++];
	(void)snprintf(out, 24, "%04d-%02u-%02u", month ? 2027 : 2026, month ? month : 12, n + 1);
}

static const char *word(struct act *a)
{
	static const char *const words[] = { "Lunch", "review", "Björk",    "offer",
					     "Øst",   "call",	"contract", "Ñandú",
					     "plan",  "winter", "日本",	    "Q1" };

	return ONE_OF(a, words);
}

static void text(struct act *a, const char *name)
{
	static const char *const between[] = { " ", " ", "  ", " - " };

	add(a, "%s=%s%s%s %u%s\n", name, word(a), ONE_OF(a, between), word(a), below(a, 1000),
	    below(a, 8) == 0 ? "  " : "");
}

static void long_text(struct act *a, const char *name)
{
	add(a, "%s=", name);
	for (uint32_t i = 1 + below(a, 12); i > 0; i--)
		add(a, "%s %s %u%s", word(a), word(a), below(a, 1000), below(a, 3) ? " " : "\\n");
	add(a, "\n");
}

static void choose(struct act *a, const char *name, const char *words)
{
	uint32_t n = 1;

	for (const char *s = words; *s; s++)
		n += *s == '|';
	for (n = below(a, n); n; n--)
		words += strcspn(words, "|") + 1;
	add(a, "%s=%.*s\n", name, (int)strcspn(words, "|"), words);
}

static void list(struct act *a, const char *name)
{
	static const char *const colours[] = { "Red", "Blue", "Äpple", "Key account" };

	add(a, "%s=%s;%s %u\n", name, ONE_OF(a, colours), "Project", below(a, 5));
}

/* Start and end are one thing; a series now and then. */
static void when(struct act *a)
{
	static const char *const zones[] = { "Europe/Stockholm", "America/New_York", "Asia/Tokyo" };
	const char *zone = ONE_OF(a, zones);
	uint32_t hour = 6 + below(a, 14);
	char day[24];

	date(below(a, DAYS), day);
	add(a, "start=%sT%02u:%02u:00 %s\n", day, hour, 15 * below(a, 3), zone);
	add(a, "end=%sT%02u:45:00 %s\n", day, hour + below(a, 3), zone);
	add(a, "all_day=0\n");
}

static void edit_field(struct act *a, const struct simmail_field *field)
{
	char day[24];

	switch (field->type) {
	case BRG_TEXT:
		if (field->flags & FIELD_ADDRESS)
			add(a, "%s=Person%u@Example.org\n", field->name, below(a, 500));
		else if (field->flags & FIELD_PHONE)
			add(a, "%s=+46 8 %u %02u\n", field->name, 100 + below(a, 900),
			    below(a, 99));
		else if (field->flags & FIELD_BODY)
			long_text(a, field->name);
		else
			text(a, field->name);
		break;
	case BRG_CHOICE:
		choose(a, field->name, field->words);
		break;
	case BRG_LIST:
		list(a, field->name);
		break;
	case BRG_DATE:
		date(below(a, DAYS), day);
		add(a, "%s=%s\n", field->name, day);
		break;
	case BRG_FLAG:
		add(a, "%s=%u\n", field->name, below(a, 2));
		break;
	default:
		add(a, "%s=%u\n", field->name, below(a, 100));
	}
}

/* Fields that belong together, or that are not a person's to set at random. */
static bool left_out(const struct simmail_field *field)
{
	static const char *const names[] = { "start",	   "end",	  "all_day",
					     "recurrence", "organizer",	  "organizer_name",
					     "response",   "cancelled",	  "online_url",
					     "status",	   "percent",	  "completed",
					     "reminder",   "reminder_at", "reminder_minutes" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(field->name, names[i]) == 0)
			return field->kind != BRG_TASK || field->type != BRG_DATE;
	return strcmp(field->name, "sensitivity") == 0;
}

static const struct simmail_field *any_field(struct act *a, int kind)
{
	const struct simmail_field *fit[SIMMAIL_FIELDS_MAX];
	uint32_t n = 0;

	for (const struct simmail_field *f = simmail_fields; f->name; f++)
		if (f->kind == kind && !left_out(f))
			fit[n++] = f;
	return fit[below(a, n)];
}

/* ---- what a person does ---------------------------------------------------------------------*/

static void say(struct act *a, const char *what)
{
	char id[SIMMAIL_ID_MAX];

	simmail_id(a->box, simmail_at(a->sim, a->box, a->item)->id, id);
	(void)snprintf(a->said, a->room, "%s %s %s: %.*s", a->sim->boxes[a->box].address, what, id,
		       (int)a->n, a->lines);
	for (char *s = a->said; *s; s++)
		if (*s == '\n')
			*s = ' ';
}

static void guests(struct act *a)
{
	for (int i = 0; i < SIMMAIL_BOXES; i++)
		if (i != a->box && a->sim->boxes[i].address[0] && below(a, 3) == 0)
			add(a, "attendees/%s/role=required\n", a->sim->boxes[i].address);
	if (below(a, 3) == 0)
		add(a, "attendees/guest%u@elsewhere.example/role=optional\n", below(a, 4));
}

static bool create(struct act *a)
{
	static const int kinds[] = { BRG_CONTACT, BRG_TASK, BRG_APPOINTMENT };
	int kind = kinds[below(a, 3)];

	if (kind == BRG_CONTACT) {
		text(a, "full_name");
		edit_field(a, simmail_field(kind, brg_cstr("email1")));
	} else {
		text(a, "subject");
	}
	if (kind == BRG_APPOINTMENT) {
		when(a);
		if (below(a, 4) == 0)
			add(a, "recurrence=FREQ=DAILY;COUNT=%u\n", 2 + below(a, 9));
		if (below(a, 3) == 0)
			guests(a);
	}
	for (uint32_t i = below(a, 5); i > 0; i--)
		edit_field(a, any_field(a, kind));
	a->item = simmail_user_create(a->sim, a->box, kind, a->lines);
	if (a->item >= 0 && below(a, 2))
		simmail_user_track(a->sim, a->box, a->item, true);
	return a->item >= 0;
}

static bool edit(struct act *a)
{
	int kind = simmail_at(a->sim, a->box, a->item)->kind;

	for (uint32_t i = 1 + below(a, 3); i > 0; i--) {
		const struct simmail_field *field = any_field(a, kind);

		if (below(a, 6) == 0 && strcmp(field->name, "subject") != 0 &&
		    strcmp(field->name, "full_name") != 0)
			add(a, "%s=\n", field->name);
		else
			edit_field(a, field);
	}
	return simmail_user_edit(a->sim, a->box, a->item, a->lines);
}

static bool edit_group(struct act *a)
{
	static const char *const states[] = { "in_progress", "not_started", "waiting" };
	const struct simmail_item *item = simmail_at(a->sim, a->box, a->item);

	if (item->kind == BRG_CONTACT)
		return edit(a);
	if (item->kind == BRG_APPOINTMENT) {
		when(a);
	} else if (below(a, 4) == 0) {
		add(a, "status=completed\npercent=100\ncompleted=%lld\n",
		    (long long)(a->sim->now_us - a->sim->now_us % 1000000));
	} else {
		uint32_t state = below(a, 3);

		add(a, "status=%s\npercent=%u\ncompleted=\n", states[state],
		    state == 1 ? 0 : 1 + below(a, 98));
	}
	return simmail_user_edit(a->sim, a->box, a->item, a->lines);
}

static bool remove_it(struct act *a)
{
	simmail_user_delete(a->sim, a->box, a->item, below(a, 3) == 0);
	return true;
}

static bool move(struct act *a)
{
	int to = (int)below(a, SIMMAIL_FOLDERS);

	return a->sim->boxes[a->box].folders[to].id[0] &&
	       simmail_user_move(a->sim, a->box, a->item, to);
}

static bool copy(struct act *a)
{
	const struct simmail_item *item = simmail_at(a->sim, a->box, a->item);

	return item->folder != SIMMAIL_DELETED &&
	       simmail_user_copy(a->sim, a->box, a->item, item->folder) >= 0;
}

static bool hide(struct act *a)
{
	simmail_user_private(a->sim, a->box, a->item,
			     !simmail_is_private(simmail_at(a->sim, a->box, a->item)));
	return true;
}

static bool track(struct act *a)
{
	simmail_user_track(a->sim, a->box, a->item, below(a, 4) != 0);
	return true;
}

/* An occurrence of a daily series: later by whole days. */
static bool edit_occurrence(struct act *a)
{
	const struct simmail_item *item = simmail_at(a->sim, a->box, a->item);
	char rule[64], start[64], day[24];
	unsigned count, offset = 0;

	if (!simmail_value(item, "recurrence", rule, sizeof(rule)) ||
	    !simmail_value(item, "start", start, sizeof(start)) ||
	    sscanf(rule, "FREQ=DAILY;COUNT=%u", &count) != 1)
		return false;
	for (; offset < DAYS; offset++) {
		date(offset, day);
		if (memcmp(day, start, 10) == 0)
			break;
	}
	if (offset + count > DAYS)
		return false; /* not of this calendar */
	date(offset + below(a, count), day);
	add(a, "occurrences/%s%.9s", day, start + 10);
	if (below(a, 3) == 0)
		add(a, "=-\n");
	else
		add(a, "/location=%s %u\n", word(a), below(a, 1000));
	return simmail_user_edit(a->sim, a->box, a->item, a->lines);
}

static bool edit_guests(struct act *a)
{
	const struct simmail_item *item = simmail_at(a->sim, a->box, a->item);

	if (item->kind != BRG_APPOINTMENT || !simmail_is_organizer(a->sim, a->box, item))
		return false;
	if (below(a, 3) == 0)
		add(a, "attendees/guest%u@elsewhere.example=-\n", below(a, 4));
	else
		guests(a);
	return a->n && simmail_user_edit(a->sim, a->box, a->item, a->lines);
}

static bool respond(struct act *a)
{
	static const char *const words[] = { "accepted", "tentative", "declined" };

	return simmail_user_respond(a->sim, a->box, a->item, ONE_OF(a, words));
}

static const struct {
	uint32_t weight;
	const char *what;
	bool (*act)(struct act *a);
} acts[] = {
	{ 22, "creates", create },
	{ 30, "edits", edit },
	{ 12, "edits", edit_group },
	{ 8, "deletes", remove_it },
	{ 6, "moves", move },
	{ 4, "copies", copy },
	{ 3, "hides or shows", hide },
	{ 8, "tracks or not", track },
	{ 10, "edits an occurrence of", edit_occurrence },
	{ 6, "edits the attendees of", edit_guests },
	{ 8, "responds to", respond },
};

/* One that is there, rather not from Deleted Items; false: none. */
static bool pick(struct act *a)
{
	const struct simmail_state *now = &a->sim->boxes[a->box].now;
	uint32_t from = below(a, now->n_items);

	for (uint32_t i = 0; i < now->n_items; i++) {
		a->item = (int)((from + i) % now->n_items);
		if (now->items[a->item].used &&
		    (now->items[a->item].folder != SIMMAIL_DELETED || below(a, 10) == 0))
			return true;
	}
	return false;
}

bool simmail_user_random(struct simmail *sim, int box, uint64_t *dice, char *said, size_t room)
{
	struct act a = { .sim = sim, .box = box, .dice = dice, .said = said, .room = room };

	said[0] = '\0';
	for (int tries = 0; tries < 20; tries++) {
		uint32_t n = below(&a, 117), i = 0;

		for (; n >= acts[i].weight; i++)
			n -= acts[i].weight;
		a.n = 0;
		a.lines[0] = '\0';
		if (i > 0 && !pick(&a))
			continue;
		if (!acts[i].act(&a))
			continue;
		say(&a, acts[i].what);
		return true;
	}
	return false;
}
