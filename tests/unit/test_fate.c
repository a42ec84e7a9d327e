/* SPDX-License-Identifier: Apache-2.0
 *
 * Fates of what was deleted, whom a meeting's changes mail, and who sets directions: every row of
 * the tables of server-side-sync.md, sections 6.3, 6.4 and 6.7, written out.
 */
#include "core/fate.h"
#include "core/faults.h"
#include "core/zone.h"
#include <brygga/connector.h>

#include <check.h>
#include <stdlib.h>

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* ---- deletes (section 6.3) ------------------------------------------------------------------*/

enum { EMAIL = BRG_EMAIL, CONTACT = BRG_CONTACT, TASK = BRG_TASK, APPT = BRG_APPOINTMENT };
enum { RECORD = FATE_RECORD_DELETED, ITEM = FATE_ITEM_DELETED };
enum { OWN, FEEDER, ATTENDEE, OUTSIDER };
enum { FUTURE, PAST };
enum { PLAIN, CLOSED, DONE, OWNED, CHANGED, COLUMNS };

static const struct row {
	int kind, event, who, when;
	const char *expect[COLUMNS];
} rows[] = {
#include "tests/unit/fate_rows.h"
};

static struct fate_in input(int event, int kind, int who, int when, unsigned facts)
{
	return (struct fate_in){
		.event = event,
		.kind = kind,
		.role = who == OWN	? ROLE_OWN
			: who == FEEDER ? ROLE_FEEDER
					: ROLE_ATTENDEE,
		.outsider = who == OUTSIDER,
		.past = when == PAST,
		.closed = facts >> CLOSED & 1,
		.done_there = facts >> DONE & 1,
		.owner = facts >> OWNED & 1,
		.other_changed = facts >> CHANGED & 1,
	};
}

START_TEST(deletes)
{
	const struct row *row = &rows[_i];

	for (int column = 0; column < COLUMNS; column++) {
		struct fate_in in = input(row->event, row->kind, row->who, row->when, 1u << column);
		struct fate_out out;
		char code[32];

		fate_decide(&in, &out);
		(void)snprintf(code, sizeof(code), "%c%s", out.fate == FATE_DELETE ? '-' : '=',
			       out.rule->code + strlen("BRG-SYNC-"));
		ck_assert_msg(strcmp(code, row->expect[column]) == 0, "column %d: %s, not %s",
			      column, code, row->expect[column]);
		ck_assert(out.fate == FATE_DELETE || out.fate == FATE_UNLINK);
	}
}
END_TEST

/* What several facts do together: nothing goes that one of them alone would keep. */
START_TEST(deletes_by_several_facts)
{
	const struct row *row = &rows[_i];

	for (unsigned facts = 0; facts < 1u << COLUMNS; facts++) {
		struct fate_in in = input(row->event, row->kind, row->who, row->when, facts);
		bool goes = row->expect[PLAIN][0] == '-';
		struct fate_out out;

		for (int column = 0; column < COLUMNS; column++)
			if ((facts >> column & 1) && row->expect[column][0] == '=')
				goes = false;
		fate_decide(&in, &out);
		ck_assert_int_eq(out.fate, goes ? FATE_DELETE : FATE_UNLINK);
	}
}
END_TEST

/* The table has every kind, side, role and time, once. */
START_TEST(deletes_are_all_there)
{
	bool seen[5][4][4][2] = { 0 };

	for (int i = 0; i < ROWS(rows); i++) {
		bool *one = &seen[rows[i].kind][rows[i].event][rows[i].who][rows[i].when];

		ck_assert(!*one);
		*one = true;
	}
	ck_assert_int_eq(ROWS(rows), 4 * 2 * 4 * 2);
}
END_TEST

/* No deletion, so nothing is deleted, whatever else is known. */
static const struct {
	int event;
	const char *code;
} unlinks[] = {
	/* DESIGN section 7: "Leaving the sync filter unlinks". The model would delete. */
	{ FATE_RECORD_LEFT, "BRG-SYNC-0002" },
	/* DESIGN section 7: "Found outside the synchronized folders: unlink." */
	{ FATE_ITEM_OUTSIDE, "BRG-SYNC-0003" },
	/* DESIGN section 7: "a linked item that becomes private is unlinked" */
	{ FATE_ITEM_PRIVATE, "BRG-SYNC-0004" },
	/* Section 6.3: "Untrack by removing the category: CRM record stays" */
	{ FATE_ITEM_UNTRACKED, "BRG-SYNC-0005" },
	{ 0, "BRG-SYNC-0006" },
	{ 7, "BRG-SYNC-0006" },
};

START_TEST(unlinking)
{
	for (int kind = CONTACT; kind <= APPT; kind++)
		for (int who = OWN; who <= OUTSIDER; who++)
			for (unsigned facts = 0; facts < 2u << COLUMNS; facts++) {
				struct fate_in in =
					input(unlinks[_i].event, kind, who, facts & 1, facts >> 1);
				struct fate_out out;

				fate_decide(&in, &out);
				ck_assert_int_eq(out.fate, FATE_UNLINK);
				ck_assert_str_eq(out.rule->code, unlinks[_i].code);
			}
}
END_TEST

/* Of a kind or role that nobody knows, nothing goes. */
START_TEST(unknown_things_stay)
{
	for (int event = 0; event < 9; event++) {
		struct fate_in in = input(event, 77, OWN, FUTURE, 0);
		struct fate_out out;

		fate_decide(&in, &out);
		ck_assert_int_eq(out.fate, FATE_UNLINK);
		in = input(event, APPT, OWN, FUTURE, 0);
		in.role = 77;
		fate_decide(&in, &out);
		ck_assert_int_eq(out.fate, FATE_UNLINK);
	}
}
END_TEST

/* ---- mails (section 6.4) --------------------------------------------------------------------*/

#define ALL	0 /* all groups */
#define NOTHING 1 /* none */

static const struct mail_row {
	int type, kind, role;
	bool invite, past;
	int attendees;	  /* of the record, the organizer among them as one more */
	uint32_t field;	  /* that is written */
	const char *part; /* that is written: "+bo" an attendee, "-bo" one who goes, "@" an
			     occurrence */
	int64_t mails;
} mails[] = {
	/* "Nobody outside is mailed by a sync unless a rule says so" (DESIGN section 5.4). */
	{ BRG_CREATE, APPT, ROLE_OWN, false, false, 3, ALL, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, false, false, 3, APPT_START, NULL, 0 },
	{ BRG_DELETE, APPT, ROLE_OWN, false, false, 3, NOTHING, NULL, 0 },
	/* "On create: none if the start is past or no attendees." */
	{ BRG_CREATE, APPT, ROLE_OWN, true, false, 3, ALL, NULL, 3 },
	{ BRG_CREATE, APPT, ROLE_OWN, true, false, 1, ALL, NULL, 1 },
	{ BRG_CREATE, APPT, ROLE_OWN, true, true, 3, ALL, NULL, 0 },
	{ BRG_CREATE, APPT, ROLE_OWN, true, false, 0, ALL, NULL, 0 },
	{ BRG_CREATE, APPT, ROLE_FEEDER, true, false, 3, ALL, NULL, 0 },
	{ BRG_CREATE, APPT, ROLE_ATTENDEE, true, false, 3, ALL, NULL, 0 },
	/* "On update: none if past, if the syncing user is not the organizer, no attendees, or
	 * nothing "sensitive" changed: Subject, Body, Location, IsAllDayEvent, ScheduledStart,
	 * ScheduledEnd, RequiredAttendees, OptionalAttendees, Organizer, AppointmentStatus,
	 * PriorityCode, RecurrencePattern." */
	{ BRG_UPDATE, APPT, ROLE_OWN, true, true, 3, APPT_START, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_FEEDER, true, false, 3, APPT_START, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_ATTENDEE, true, false, 3, APPT_START, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 0, APPT_START, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, NOTHING, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_SUBJECT, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_BODY, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_BODY_HTML, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_LOCATION, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_ALL_DAY, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_START, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_END, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_RECURRENCE, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_ORGANIZER, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_SHOW_AS, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_IMPORTANCE, NULL, 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, NOTHING, "+bo@example.com", 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, NOTHING, "-bo@example.com", 4 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, NOTHING, "@2026-11-30T09:00:00", 3 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 0, NOTHING, "-bo@example.com", 0 },
	/* Not in that list. */
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_CATEGORIES, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_SENSITIVITY, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_REMINDER, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_REMINDER_MINUTES, NULL, 0 },
	{ BRG_UPDATE, APPT, ROLE_OWN, true, false, 3, APPT_RESPONSE, NULL, 0 },
	/* "Cancellations go out only when the item is physically deleted in the organizer's
	   mailbox." */
	{ BRG_DELETE, APPT, ROLE_OWN, true, false, 3, NOTHING, NULL, 3 },
	{ BRG_DELETE, APPT, ROLE_OWN, true, true, 3, NOTHING, NULL, 0 },
	{ BRG_DELETE, APPT, ROLE_OWN, true, false, 0, NOTHING, NULL, 0 },
	{ BRG_DELETE, APPT, ROLE_FEEDER, true, false, 3, NOTHING, NULL, 0 },
	{ BRG_DELETE, APPT, ROLE_ATTENDEE, true, false, 3, NOTHING, NULL, 0 },
	/* Nothing else mails. */
	{ BRG_MOVE, APPT, ROLE_OWN, true, false, 3, ALL, NULL, 0 },
	{ BRG_MARK, APPT, ROLE_OWN, true, false, 3, ALL, NULL, 0 },
	{ BRG_CREATE, TASK, ROLE_OWN, true, false, 3, ALL, NULL, 0 },
	{ BRG_CREATE, CONTACT, ROLE_OWN, true, false, 3, ALL, NULL, 0 },
	{ BRG_CREATE, EMAIL, ROLE_OWN, true, false, 3, ALL, NULL, 0 },
};

static void meeting(struct image *out, struct brg_part parts[8], int n, struct brg_field *organizer)
{
	static const char *const who[] = { "organizer@example.com", "bo@example.com",
					   "carl@example.com", "room@example.com" };

	*organizer = (struct brg_field){ .id = APPT_ORGANIZER,
					 .presence = BRG_VALUE,
					 .type = BRG_TEXT,
					 .u.text = brg_cstr(who[0]) };
	for (int i = 0; i <= n; i++)
		parts[i] = (struct brg_part){ .size = sizeof(parts[i]),
					      .type = BRG_ATTENDEE,
					      .key = brg_cstr(who[i]),
					      .presence = BRG_VALUE };
	*out = (struct image){ .fields = { organizer, 1 },
			       .parts = parts,
			       .n_parts = (size_t)n + 1 };
}

START_TEST(who_is_mailed)
{
	const struct mail_row *row = &mails[_i];
	const struct field_table *table = field_builtin();
	struct brg_part parts[8], written = { .size = sizeof(written) };
	struct brg_field organizer;
	struct image record, push = { .n_parts = 0 };
	struct fate_mail in = { .kind = row->kind,
				.type = row->type,
				.role = row->role,
				.invite = row->invite,
				.past = row->past,
				.record = &record,
				.push = &push };

	meeting(&record, parts, row->attendees, &organizer);
	if (row->field == ALL) {
		in.groups[0] = in.groups[1] = UINT64_MAX;
	} else if (row->field != NOTHING) {
		size_t group = field_group(table, BRG_APPOINTMENT, row->field);

		in.groups[group / 64] |= UINT64_C(1) << (group % 64);
	}
	if (row->part) {
		written.type = *row->part == '@' ? BRG_OCCURRENCE : BRG_ATTENDEE;
		written.presence = *row->part == '-' ? BRG_NULL : BRG_VALUE;
		written.key = brg_cstr(row->part + 1);
		push.parts = &written;
		push.n_parts = 1;
	}
	ck_assert_int_eq(fate_mails_out(table, &in), row->mails);
	if (row->type != BRG_UPDATE) {
		in.push = NULL;
		ck_assert_int_eq(fate_mails_out(table, &in), row->mails);
	}
}
END_TEST

/* ---- what is past ---------------------------------------------------------------------------*/

static const struct past_row {
	const char *start, *end, *zone, *rule;
	bool all_day;
	const char *moved; /* end of an occurrence that was moved */
	const char *now;   /* UTC */
	bool past;
} pasts[] = {
	/* It ends, in its zone (Stockholm is an hour ahead in winter). */
	{ "2026-11-30T09:00:00", "2026-11-30T10:00:00", "Europe/Stockholm", NULL, false, NULL,
	  "2026-11-30T08:59:59", false },
	{ "2026-11-30T09:00:00", "2026-11-30T10:00:00", "Europe/Stockholm", NULL, false, NULL,
	  "2026-11-30T09:00:00", false },
	{ "2026-11-30T09:00:00", "2026-11-30T10:00:00", "Europe/Stockholm", NULL, false, NULL,
	  "2026-11-30T09:00:01", true },
	{ "2026-11-30T09:00:00", "2026-11-30T10:00:00", "", NULL, false, NULL,
	  "2026-11-30T09:00:01", false },
	/* Without an end its start counts; with nothing it is past. */
	{ "2026-11-30T09:00:00", NULL, "UTC", NULL, false, NULL, "2026-11-30T09:00:01", true },
	{ "2026-11-30T09:00:00", NULL, "UTC", NULL, false, NULL, "2026-11-30T08:00:00", false },
	{ NULL, NULL, "UTC", NULL, false, NULL, "2026-11-30T08:00:00", true },
	{ "2026-11-30T09:00:00", NULL, "Nowhere/City", NULL, false, NULL, "2026-11-30T08:00:00",
	  true },
	/* A series: when its last occurrence has ended. */
	{ "2026-11-02T09:00:00", "2026-11-02T10:00:00", "Europe/Stockholm",
	  "FREQ=WEEKLY;BYDAY=MO;COUNT=5", false, NULL, "2026-11-30T08:59:00", false },
	{ "2026-11-02T09:00:00", "2026-11-02T10:00:00", "Europe/Stockholm",
	  "FREQ=WEEKLY;BYDAY=MO;COUNT=5", false, NULL, "2026-11-30T09:01:00", true },
	/* The last one is moved to a later day. */
	{ "2026-11-02T09:00:00", "2026-11-02T10:00:00", "Europe/Stockholm",
	  "FREQ=WEEKLY;BYDAY=MO;COUNT=5", false, "2026-12-04T10:00:00", "2026-11-30T09:01:00",
	  false },
	{ "2026-11-02T09:00:00", "2026-11-02T10:00:00", "Europe/Stockholm",
	  "FREQ=WEEKLY;BYDAY=MO;COUNT=5", false, "2026-12-04T10:00:00", "2026-12-04T09:01:00",
	  true },
	/* Without an end: never. */
	{ "2001-01-01T09:00:00", "2001-01-01T10:00:00", "Europe/Stockholm", "FREQ=DAILY", false,
	  NULL, "2026-11-30T09:01:00", false },
	/* All day, once and three times. */
	{ "2026-11-30T00:00:00", "2026-12-01T00:00:00", "Europe/Stockholm", NULL, true, NULL,
	  "2026-11-30T22:59:00", false },
	{ "2026-11-30T00:00:00", "2026-12-01T00:00:00", "Europe/Stockholm", NULL, true, NULL,
	  "2026-11-30T23:01:00", true },
	{ "2026-11-28T00:00:00", "2026-11-29T00:00:00", "Europe/Stockholm", "FREQ=DAILY;COUNT=3",
	  true, NULL, "2026-11-30T22:59:00", false },
	{ "2026-11-28T00:00:00", "2026-11-29T00:00:00", "Europe/Stockholm", "FREQ=DAILY;COUNT=3",
	  true, NULL, "2026-11-30T23:01:00", true },
};

static void put_wall(struct brg_field *fields, size_t *n, uint32_t id, const char *local,
		     const char *zone)
{
	if (local)
		fields[(*n)++] = (struct brg_field){
			.id = id,
			.presence = BRG_VALUE,
			.type = BRG_WALL,
			.u.wall = { brg_cstr(local), brg_cstr(zone) },
		};
}

START_TEST(what_is_past)
{
	const struct past_row *row = &pasts[_i];
	struct brg_field fields[4], moved[1];
	struct brg_part part = { .size = sizeof(part),
				 .type = BRG_OCCURRENCE,
				 .presence = BRG_VALUE };
	size_t n = 0, n_moved = 0;
	struct image image = { .n_parts = 0 };
	int64_t now;

	ck_assert(zone_instant(brg_cstr(row->now), brg_cstr("UTC"), &now));
	put_wall(fields, &n, APPT_START, row->start, row->zone);
	put_wall(fields, &n, APPT_END, row->end, row->zone);
	if (row->all_day)
		fields[n++] = (struct brg_field){
			.id = APPT_ALL_DAY, .presence = BRG_VALUE, .type = BRG_FLAG, .u.integer = 1
		};
	if (row->rule)
		fields[n++] = (struct brg_field){ .id = APPT_RECURRENCE,
						  .presence = BRG_VALUE,
						  .type = BRG_TEXT,
						  .u.text = brg_cstr(row->rule) };
	image.fields = (struct brg_fields){ fields, n };
	if (row->moved) {
		put_wall(moved, &n_moved, APPT_END, row->moved, row->zone);
		part.key = brg_cstr("2026-11-30T09:00:00");
		part.fields = (struct brg_fields){ moved, n_moved };
		image.parts = &part;
		image.n_parts = 1;
	}
	ck_assert_int_eq(fate_is_past(&image, now), row->past);
}
END_TEST

/* ---- directions (section 6.7) ---------------------------------------------------------------*/

/* How a group stands: to be set freely, or fixed to one direction. */
enum { FREE, FIXED, TO_SERVER, TO_STORE, NO_ATTACHMENTS };

/* The tables of the section: what may be set, by kind and field. */
static const struct direction_row {
	int kind;
	const char *name;
	int settable;
} directions[] = {
#include "tests/unit/direction_rows.h"
};

static void check_direction(const struct direction_row *row, struct brg_str group, int direction)
{
	static const int is[] = { [FIXED] = DIRECTION_BOTH,
				  [TO_SERVER] = DIRECTION_TO_SERVER,
				  [TO_STORE] = DIRECTION_TO_STORE,
				  [NO_ATTACHMENTS] = DIRECTION_NONE };
	const struct brg_fault *why = fate_direction(field_builtin(), row->kind, group, direction);
	const char *expect = "BRG-SYNC-0030";

	if (row->settable == FREE || direction == is[row->settable])
		expect = "";
	else if (row->settable == NO_ATTACHMENTS)
		expect = "BRG-SYNC-0031";
	ck_assert_msg(strcmp(why ? why->code : "", expect) == 0, "%s %d: %s, not %s", row->name,
		      direction, why ? why->code : "nothing", expect);
}

START_TEST(directions_of_groups)
{
	const struct direction_row *row = &directions[_i];
	const struct field *field = field_find(field_builtin(), row->kind, brg_cstr(row->name));
	struct brg_str group = brg_cstr(row->name);

	if (field && field->group)
		group = brg_cstr(field->group);
	for (int direction = DIRECTION_BOTH; direction <= DIRECTION_NONE; direction++)
		check_direction(row, group, direction);
}
END_TEST

/* Every field of the kinds has a row, so that a new one is thought of. */
START_TEST(directions_are_all_there)
{
	for (int kind = CONTACT; kind <= APPT; kind++) {
		const struct field_set *set = &field_builtin()->kinds[kind];

		for (size_t i = 0; i < set->n; i++) {
			bool found = false;

			for (int k = 0; k < ROWS(directions); k++)
				found = found || (directions[k].kind == kind &&
						  strcmp(directions[k].name, set->at[i].name) == 0);
			ck_assert_msg(found, "%s has no row", set->at[i].name);
		}
	}
}
END_TEST

static const struct {
	int kind;
	const char *group;
	int direction;
	const char *code;
} refusals[] = {
	{ CONTACT, "shoe_size", DIRECTION_BOTH, "BRG-SYNC-0032" },
	{ CONTACT, "", DIRECTION_BOTH, "BRG-SYNC-0032" },
	{ CONTACT, "attendees", DIRECTION_BOTH, "BRG-SYNC-0032" },
	{ TASK, "location", DIRECTION_BOTH, "BRG-SYNC-0032" },
	{ EMAIL, "subject", DIRECTION_BOTH, "BRG-SYNC-0033" },
	{ 0, "subject", DIRECTION_BOTH, "BRG-SYNC-0033" },
	{ FIELD_ATTENDEE, "name", DIRECTION_BOTH, "BRG-SYNC-0033" },
	{ TASK, "subject", -1, "BRG-SYNC-0034" },
	{ TASK, "subject", 4, "BRG-SYNC-0034" },
};

START_TEST(directions_refused)
{
	const struct brg_fault *why =
		fate_direction(field_builtin(), refusals[_i].kind, brg_cstr(refusals[_i].group),
			       refusals[_i].direction);

	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why->code, refusals[_i].code);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fate");
	TCase *t = tcase_create("fate");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, deletes, 0, ROWS(rows));
	tcase_add_loop_test(t, deletes_by_several_facts, 0, ROWS(rows));
	tcase_add_test(t, deletes_are_all_there);
	tcase_add_loop_test(t, unlinking, 0, ROWS(unlinks));
	tcase_add_test(t, unknown_things_stay);
	tcase_add_loop_test(t, who_is_mailed, 0, ROWS(mails));
	tcase_add_loop_test(t, what_is_past, 0, ROWS(pasts));
	tcase_add_loop_test(t, directions_of_groups, 0, ROWS(directions));
	tcase_add_test(t, directions_are_all_there);
	tcase_add_loop_test(t, directions_refused, 0, ROWS(refusals));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
