/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a write to a meeting would have the server mail (server-side-sync.md section 6.4), and
 * what has been. "Nobody outside is mailed by a sync unless a rule says so" (DESIGN section 5.4).
 */
#include "core/fate.h"

#include "core/recur.h"
#include "core/zone.h"
#include <brygga/connector.h>

/* The organizer is not mailed by himself. */
int64_t fate_attendees(const struct image *record)
{
	struct brg_str organizer = image_str(record, APPT_ORGANIZER);
	int64_t n = 0;

	for (size_t i = 0; i < record->n_parts; i++) {
		const struct brg_part *part = &record->parts[i];

		n += part->type == BRG_ATTENDEE && part->presence == BRG_VALUE &&
		     !brg_str_eq(part->key, organizer);
	}
	return n;
}

/* They are told as well that they are not wanted any more. */
static int64_t attendees_gone(const struct image *push)
{
	int64_t n = 0;

	for (size_t i = 0; push && i < push->n_parts; i++)
		n += push->parts[i].type == BRG_ATTENDEE && push->parts[i].presence == BRG_NULL;
	return n;
}

/* "Subject, Body, Location, IsAllDayEvent, ScheduledStart, ScheduledEnd, RequiredAttendees,
 * OptionalAttendees, Organizer, AppointmentStatus, PriorityCode, RecurrencePattern": the table of
 * fields marks them; attendees and occurrences are parts. */
static bool is_sensitive(const struct field_table *table, const struct fate_mail *in)
{
	const struct field_set *set = &table->kinds[BRG_APPOINTMENT];

	for (size_t i = 0; in->push && i < in->push->n_parts; i++)
		if (in->push->parts[i].type != BRG_ATTACHMENT)
			return true;
	for (size_t i = 0; i < set->n; i++) {
		unsigned group = set->group_of[i];

		if ((set->at[i].flags & FIELD_SENSITIVE) &&
		    (in->groups[group / 64] >> (group % 64) & 1))
			return true;
	}
	return false;
}

int64_t fate_mails_out(const struct field_table *table, const struct fate_mail *in)
{
	/* "none if past, if the syncing user is not the organizer, no attendees"; cancellations
	 * "only when the item is physically deleted in the organizer's mailbox". */
	if (!in->invite || in->kind != BRG_APPOINTMENT || in->role != ROLE_OWN || in->past ||
	    fate_attendees(in->record) == 0)
		return 0;
	switch (in->type) {
	case BRG_CREATE:
	case BRG_DELETE:
		return fate_attendees(in->record);
	case BRG_UPDATE:
		/* "or nothing sensitive changed" */
		if (!is_sensitive(table, in))
			return 0;
		return fate_attendees(in->record) + attendees_gone(in->push);
	default:
		return 0;
	}
}

/* ---- what has been --------------------------------------------------------------------------*/

/* The moment of a field of walls; false: it has none that can be read. */
static bool moment(const struct brg_fields *fields, uint32_t id, int64_t *us)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct brg_field *f = &fields->at[i];

		if (f->id == id && f->presence == BRG_VALUE && f->type == BRG_WALL)
			return zone_instant(f->u.wall.local, f->u.wall.zone, us);
	}
	return false;
}

/* When it is over: its end, or its start where it has no end. */
static bool over(const struct brg_fields *fields, int64_t *us)
{
	return moment(fields, APPT_END, us) || moment(fields, APPT_START, us);
}

/* An occurrence that was moved may be later than the last one of the rule. */
static bool has_occurrence_after(const struct image *series, int64_t now_us)
{
	int64_t us;

	for (size_t i = 0; i < series->n_parts; i++)
		if (series->parts[i].type == BRG_OCCURRENCE &&
		    series->parts[i].presence == BRG_VALUE && over(&series->parts[i].fields, &us) &&
		    us >= now_us)
			return true;
	return false;
}

/* When the last occurrence starts; false: the series has no end. */
static bool last_start(const struct image *series, const struct brg_wall *start, int64_t *us)
{
	struct brg_str rule = image_str(series, APPT_RECURRENCE);
	struct brg_arena *arena = arena_new();
	struct brg_str from = start->local, last;
	bool found, all_day = image_int(series, APPT_ALL_DAY) != 0;

	if (all_day && from.len > 10)
		from.len = 10;
	found = recur_last(rule, from, arena, &last);
	if (found && all_day)
		last = brg_cstr(arena_printf(arena, "%.*sT00:00:00", (int)last.len, last.ptr));
	found = found && zone_instant(last, start->zone, us);
	arena_free(&arena);
	return found;
}

bool fate_is_past(const struct image *appointment, int64_t now_us)
{
	const struct brg_field *start = image_field(appointment, APPT_START);
	int64_t from, to, last;

	if (!over(&appointment->fields, &to))
		return true;
	if (!image_str(appointment, APPT_RECURRENCE).len)
		return to < now_us;
	if (!start || !moment(&appointment->fields, APPT_START, &from))
		return true;
	if (!last_start(appointment, &start->u.wall, &last))
		return false;
	return last + (to - from) < now_us && !has_occurrence_after(appointment, now_us);
}
