/* SPDX-License-Identifier: Apache-2.0
 *
 * Which directions are the organisation's to set (server-side-sync.md section 6.7).
 */
#include "core/fate.h"

#include "core/faults.h"

#define WHICH                                                                                     \
	"`direction.GROUP = both | to-server | to-store | none` in [contact], [task] or "         \
	"[appointment] of brygga.conf says which way a group of fields travels. A group has the " \
	"name of its field, or of the fields that are set together."

static REFUSAL(
	fixed, "BRG-SYNC-0030", "the direction of {group} of {kind} is fixed and cannot be set",
	"riktningen för {group} hos {kind} är fast och kan inte ställas in",
	"What makes a thing what it is must be the same on both sides, or the two are no pair. "
	"Fixed are: of an appointment its time, recurrence, organizer, attendees, importance, "
	"show-as and regarding; of a task its status, importance and regarding; of a contact "
	"its full name and company. Leave the setting out. " WHICH);
static REFUSAL(attachments, "BRG-SYNC-0031",
	       "the direction of {group} of {kind} cannot be set: attachments of records are not "
	       "synchronized",
	       "riktningen för {group} hos {kind} kan inte ställas in: bilagor till poster "
	       "synkroniseras inte",
	       "Leave the setting out. Attachments of emails are kept with the email.");
static REFUSAL(no_group, "BRG-SYNC-0032",
	       "there is no group of fields {group} of {kind} that could have a direction",
	       "det finns ingen fältgrupp {group} hos {kind} som kan ha en riktning", WHICH);
static REFUSAL(
	no_kind, "BRG-SYNC-0033", "the fields of {kind} have no directions, so not {group} either",
	"fälten hos {kind} har inga riktningar, alltså inte heller {group}",
	"Contacts, tasks and appointments are kept in step field by field; an email is taken "
	"in or sent, and never changed.");
static REFUSAL(no_direction, "BRG-SYNC-0034", "{group} of {kind}: there is no such direction",
	       "{group} hos {kind}: det finns ingen sådan riktning", WHICH);

/* What records have beside fields. "Optional / Required attendees: fixed", "Regarding: fixed",
 * "Attachments: computed"; occurrences are part of "Appointment time: fixed". */
static const struct {
	int kind;
	const char *name;
	const struct brg_fault *why;
} others[] = {
	{ BRG_APPOINTMENT, "attendees", &fixed },
	{ BRG_APPOINTMENT, "occurrences", &fixed },
	{ BRG_APPOINTMENT, "regarding", &fixed },
	{ BRG_TASK, "regarding", &fixed },
	{ BRG_APPOINTMENT, "attachments", &attachments },
	{ BRG_TASK, "attachments", &attachments },
	{ BRG_CONTACT, "attachments", &attachments },
};

static const struct brg_fault *other(int kind, struct brg_str name, int direction)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		int is = others[i].why == &fixed ? DIRECTION_BOTH : DIRECTION_NONE;

		if (others[i].kind == kind && brg_str_eq(brg_cstr(others[i].name), name))
			return direction == is ? NULL : others[i].why;
	}
	return &no_group;
}

const struct brg_fault *fate_direction(const struct field_table *table, int kind,
				       struct brg_str group, int direction)
{
	const struct field_set *set;
	const struct field *first = NULL;
	bool is_fixed = false;
	int number;

	if (kind != BRG_CONTACT && kind != BRG_TASK && kind != BRG_APPOINTMENT)
		return &no_kind;
	if (direction < DIRECTION_BOTH || direction > DIRECTION_NONE)
		return &no_direction;
	number = field_group_named(table, kind, group);
	if (number < 0)
		return other(kind, group, direction);
	set = &table->kinds[kind];
	for (size_t i = 0; i < set->n; i++) {
		if (set->group_of[i] != number)
			continue;
		first = first ? first : &set->at[i];
		is_fixed = is_fixed || (set->at[i].flags & FIELD_FIXED);
	}
	return is_fixed && direction != first->direction ? &fixed : NULL;
}

const struct brg_fault *const fate_direction_faults[] = {
	&fixed, &attachments, &no_group, &no_kind, &no_direction, NULL,
};
