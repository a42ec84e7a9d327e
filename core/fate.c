/* SPDX-License-Identifier: Apache-2.0
 *
 * One table: the first row that fits decides. It quotes server-side-sync.md (section 6.3, unless
 * it says another), and DESIGN (section 7) where that decides otherwise. A row can only ask for
 * facts, never for their absence, and those that keep come before those that delete: one more
 * fact in the way can never turn a thing that stays into one that goes.
 */
#include "core/fate.h"

#include "core/faults.h"

/* Why a thing went, or stayed. */
#define REASON(ident, number, english, swedish, helps) \
	static const struct brg_fault ident = {        \
		.code = "BRG-SYNC-" number,            \
		.scope = BRG_SCOPE_ITEM,               \
		.en = english,                         \
		.sv = swedish,                         \
		.help = helps,                         \
	}

#define NO_SETTING " No setting changes this."
#define BY_HAND	   " Delete the other one by hand if it is not wanted."

/* ---- neither side was deleted, or it is no reason -------------------------------------------*/

REASON(email, "0001", "unlinked, and nothing is deleted: a sync never deletes an email",
       "länken togs bort, och inget raderas: en synkning raderar aldrig ett brev",
       "An email that is deleted in the mailbox stays in the store, and one that is deleted in the "
       "store stays in the mailbox." NO_SETTING BY_HAND);
REASON(left, "0002",
       "unlinked, and the item stays: the record matches no sync filter of the mailbox any more",
       "länken togs bort, och objektet är kvar: posten motsvarar inte längre något av brevlådans "
       "synkfilter",
       "The record got another owner, was edited, moved out of the dates of the filter, or the "
       "filter itself was changed. That deletes nothing; from now on the two are not kept in step. "
       "Change the sync filter so that it takes the record, and the two are matched again." BY_HAND);
REASON(outside, "0003",
       "unlinked, and the record stays: the item was moved to a folder that is not synchronized",
       "länken togs bort, och posten är kvar: objektet flyttades till en mapp som inte synkroniseras",
       "A move is no deletion. Move the item back, or let the folder be synchronized, and the two "
       "are matched again." BY_HAND);
REASON(private_item, "0004",
       "unlinked, and the item stays: its owner has marked it private, so the store forgets what it "
       "says",
       "länken togs bort, och objektet är kvar: ägaren har märkt det som privat, så lagret glömmer "
       "vad det säger",
       "Private life stays out of the store: the fields of the record are replaced by \"private\". "
       "If the mark was a mistake, take it away and track the item again." NO_SETTING);
REASON(untracked, "0005",
       "unlinked, and the record stays: the item is not marked for tracking any more",
       "länken togs bort, och posten är kvar: objektet är inte längre märkt för spårning",
       "Its owner took the category away. What the store has stays there; give the item the "
       "category again and the two are matched again." BY_HAND);
REASON(nothing_known, "0006", "unlinked, and nothing is deleted: no rule says that it may be",
       "länken togs bort, och inget raderas: ingen regel säger att det får ske",
       "Deletions need a rule that names them; what has none is kept." NO_SETTING);

/* ---- a deletion against an edit -------------------------------------------------------------*/

REASON(item_edited, "0007",
       "unlinked, and the item stays: the record was deleted, but the item was edited since the two "
       "last agreed",
       "länken togs bort, och objektet är kvar: posten raderades, men objektet har ändrats sedan de "
       "senast var lika",
       "Delete against edit keeps the edit, whoever was last." NO_SETTING BY_HAND);
REASON(record_edited, "0008",
       "unlinked, and the record stays: the item was deleted, but the record was edited since the "
       "two last agreed",
       "länken togs bort, och posten är kvar: objektet raderades, men posten har ändrats sedan de "
       "senast var lika",
       "Delete against edit keeps the edit, whoever was last. The item is not made again in the "
       "mailbox, for its owner did not want it there." NO_SETTING BY_HAND);

/* ---- contacts -------------------------------------------------------------------------------*/

REASON(contact_record, "0009",
       "unlinked, and the record stays: a contact that is deleted in a mailbox is never deleted in "
       "the store",
       "länken togs bort, och posten är kvar: en kontakt som raderas i en brevlåda raderas aldrig i "
       "lagret",
       "Others work with the contact too. It does not come back to the mailbox." NO_SETTING
	       BY_HAND);
REASON(contact_owner, "0010",
       "unlinked, and the item stays: the record was deleted, and its owner keeps the contact in the "
       "mailbox",
       "länken togs bort, och objektet är kvar: posten raderades, och dess ägare behåller kontakten i "
       "brevlådan",
       "Whoever owned the contact in the store keeps it; it goes from the mailboxes of all others." NO_SETTING
	       BY_HAND);
REASON(contact_item, "0011",
       "the item is deleted too: the record was deleted, and another than the mailbox's owner owned "
       "it",
       "objektet raderas också: posten raderades, och någon annan än brevlådans ägare ägde den",
       "The contact came from the store into this mailbox, and goes with the record. It is moved to "
       "the deleted items of the mailbox, from where its owner can take it back." NO_SETTING);

/* ---- tasks ----------------------------------------------------------------------------------*/

REASON(task_done, "0012",
       "unlinked, and the item stays: the record was deleted, but the task is completed in the "
       "mailbox",
       "länken togs bort, och objektet är kvar: posten raderades, men uppgiften är slutförd i "
       "brevlådan",
       "What somebody has done stays in his list as done." NO_SETTING BY_HAND);
REASON(task_item, "0013", "the item is deleted too: the task was deleted in the store",
       "objektet raderas också: uppgiften raderades i lagret",
       "It is moved to the deleted items of the mailbox, from where its owner can take it back. A "
       "task that is completed in the mailbox would stay." NO_SETTING);
REASON(task_record, "0014", "the record is deleted too: the task was deleted in the mailbox",
       "posten raderas också: uppgiften raderades i brevlådan",
       "To take a task out of the mailbox only, end the link first: take the tracking category "
       "away, or let the sync filter leave the task out." NO_SETTING);

/* ---- appointments: the record was deleted ---------------------------------------------------*/

REASON(item_outsider, "0015",
       "unlinked, and the item stays: the record was deleted, but the mailbox's owner neither "
       "organizes the meeting nor attends it",
       "länken togs bort, och objektet är kvar: posten raderades, men brevlådans ägare varken ordnar "
       "mötet eller deltar i det",
       "Only the organizer's own copy of a meeting is deleted with its record." NO_SETTING BY_HAND);
REASON(item_attendee, "0016",
       "unlinked, and the item stays: the record was deleted, but the mailbox's owner only attends "
       "the meeting",
       "länken togs bort, och objektet är kvar: posten raderades, men brevlådans ägare deltar bara i "
       "mötet",
       "Only the organizer's own copy of a meeting is deleted with its record. Where the server has "
       "told the attendees of a cancellation, they take their own copies away." NO_SETTING BY_HAND);
REASON(item_feeder, "0017",
       "unlinked, and the item stays: the record was deleted, but the meeting belongs to an "
       "organizer without a mailbox here",
       "länken togs bort, och objektet är kvar: posten raderades, men mötet tillhör en arrangör utan "
       "brevlåda här",
       "The copy stands for the organizer's, but he is the only one who can end his meeting." NO_SETTING
	       BY_HAND);
REASON(item_past, "0018",
       "unlinked, and the item stays: the record was deleted, but the appointment is in the past",
       "länken togs bort, och objektet är kvar: posten raderades, men mötet har redan varit",
       "What has been stays in the calendar; of a series, the last occurrence counts." NO_SETTING
	       BY_HAND);
REASON(item_future, "0019",
       "the item is deleted too: the record was deleted, and it is the owner's own appointment, in "
       "the future",
       "objektet raderas också: posten raderades, och det är ägarens eget möte, i framtiden",
       "It is moved to the deleted items of the mailbox. Attendees are mailed a cancellation only "
       "with invitations = send in [appointment] of brygga.conf.");

/* ---- appointments: the item was deleted -----------------------------------------------------*/

REASON(record_closed, "0020",
       "unlinked, and the record stays: the item was deleted, but the appointment is completed or "
       "canceled",
       "länken togs bort, och posten är kvar: objektet raderades, men mötet är slutfört eller "
       "inställt",
       "What is closed in the store is history, and no mailbox takes it away." NO_SETTING BY_HAND);
REASON(record_past, "0021",
       "unlinked, and the record stays: the item was deleted, but the appointment is in the past",
       "länken togs bort, och posten är kvar: objektet raderades, men mötet har redan varit",
       "Whoever tidies an old calendar deletes no history; of a series, the last occurrence counts." NO_SETTING
	       BY_HAND);
REASON(record_outsider, "0022",
       "unlinked, and the record stays: the item was deleted by somebody who neither organizes the "
       "meeting nor attends it",
       "länken togs bort, och posten är kvar: objektet raderades av någon som varken ordnar mötet "
       "eller deltar i det",
       "Only the organizer ends a meeting for all." NO_SETTING BY_HAND);
REASON(record_attendee, "0023",
       "unlinked, and the record stays: the item was deleted by an attendee, not by the organizer",
       "länken togs bort, och posten är kvar: objektet raderades av en deltagare, inte av arrangören",
       "Only the organizer ends a meeting for all. The attendee has the meeting no more; the record "
       "and the copies of others are as they were." NO_SETTING BY_HAND);
REASON(record_feeder, "0024",
       "unlinked, and the record stays: the item was deleted by an attendee, and the organizer has "
       "no mailbox here",
       "länken togs bort, och posten är kvar: objektet raderades av en deltagare, och arrangören har "
       "ingen brevlåda här",
       "Only the organizer ends a meeting for all. Another attendee's copy, if there is one, stands "
       "for the organizer's from now on." NO_SETTING BY_HAND);
REASON(record_future, "0025",
       "the record is deleted too: its owner deleted the appointment in the mailbox before it was "
       "over",
       "posten raderas också: ägaren raderade mötet i brevlådan innan det var över",
       "To take an appointment out of the mailbox only, end the link first: take the tracking "
       "category away, or let the sync filter leave the appointment out." NO_SETTING);

/* ---- the table ------------------------------------------------------------------------------*/

enum {
	CHANGED = 1 << 0, /* the side that lives was edited */
	PAST = 1 << 1,
	CLOSED = 1 << 2,
	DONE = 1 << 3, /* completed there */
	OWNED = 1 << 4,
	OUTSIDER = 1 << 5,
	ATTENDS = 1 << 6,
	FEEDS = 1 << 7,
};

#define ANY 0 /* kind, event */

static const struct row {
	int event, kind;
	unsigned facts; /* all of these */
	int fate;
	const struct brg_fault *rule;
} rows[] = {
	/* "Email: nothing | nothing". Never create an email delete. */
	{ ANY, BRG_EMAIL, 0, FATE_UNLINK, &email },

	/* The model: "A record that stops matching the filter yields a delete in Exchange [...] [R]
	 * make unlink our default." DESIGN decides: "Leaving the sync filter unlinks". */
	{ FATE_RECORD_LEFT, ANY, 0, FATE_UNLINK, &left },
	/* DESIGN: "Found outside the synchronized folders: unlink." */
	{ FATE_ITEM_OUTSIDE, ANY, 0, FATE_UNLINK, &outside },
	/* DESIGN: "a linked item that becomes private is unlinked". */
	{ FATE_ITEM_PRIVATE, ANY, 0, FATE_UNLINK, &private_item },
	/* "Untrack by removing the category: CRM record stays". */
	{ FATE_ITEM_UNTRACKED, ANY, 0, FATE_UNLINK, &untracked },

	/* Contact, deleted in Exchange: "never". */
	{ FATE_ITEM_DELETED, BRG_CONTACT, 0, FATE_UNLINK, &contact_record },

	/* The model does not say. DESIGN decides: "Delete against edit keeps the edit." */
	{ FATE_RECORD_DELETED, ANY, CHANGED, FATE_UNLINK, &item_edited },
	{ FATE_ITEM_DELETED, ANY, CHANGED, FATE_UNLINK, &record_edited },

	/* Contact, deleted in CRM: "deleted only if the syncing user is not the record's owner
	 * (owner keeps his contact)". */
	{ FATE_RECORD_DELETED, BRG_CONTACT, OWNED, FATE_UNLINK, &contact_owner },
	{ FATE_RECORD_DELETED, BRG_CONTACT, 0, FATE_DELETE, &contact_item },

	/* Task, deleted in CRM: "deleted unless completed in Exchange". */
	{ FATE_RECORD_DELETED, BRG_TASK, DONE, FATE_UNLINK, &task_done },
	{ FATE_RECORD_DELETED, BRG_TASK, 0, FATE_DELETE, &task_item },
	/* Task, deleted in Exchange: "is deleted in CRM". */
	{ FATE_ITEM_DELETED, BRG_TASK, 0, FATE_DELETE, &task_record },

	/* Appointment, deleted in CRM: "deleted only if linked, syncing user is the organizer, it
	 * is in the future, and not a logical delete; otherwise stays, unlinked". A feeder is not
	 * the organizer. */
	{ FATE_RECORD_DELETED, BRG_APPOINTMENT, OUTSIDER, FATE_UNLINK, &item_outsider },
	{ FATE_RECORD_DELETED, BRG_APPOINTMENT, ATTENDS, FATE_UNLINK, &item_attendee },
	{ FATE_RECORD_DELETED, BRG_APPOINTMENT, FEEDS, FATE_UNLINK, &item_feeder },
	{ FATE_RECORD_DELETED, BRG_APPOINTMENT, PAST, FATE_UNLINK, &item_past },
	{ FATE_RECORD_DELETED, BRG_APPOINTMENT, 0, FATE_DELETE, &item_future },

	/* Appointment, deleted in Exchange: "not propagated if completed/cancelled, start is past,
	 * or user is not organizer; same for exceptions; whole series: not if completed/cancelled
	 * or not organizer". Here a series is past when its last occurrence is, so one that goes on
	 * is propagated as there, and one that is over is kept as any other past appointment. */
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, OUTSIDER, FATE_UNLINK, &record_outsider },
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, ATTENDS, FATE_UNLINK, &record_attendee },
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, FEEDS, FATE_UNLINK, &record_feeder },
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, CLOSED, FATE_UNLINK, &record_closed },
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, PAST, FATE_UNLINK, &record_past },
	{ FATE_ITEM_DELETED, BRG_APPOINTMENT, 0, FATE_DELETE, &record_future },

	/* A kind or an event of which nobody has thought. */
	{ ANY, ANY, 0, FATE_UNLINK, &nothing_known },
};

static unsigned facts_of(const struct fate_in *in)
{
	unsigned facts = 0;

	facts |= in->other_changed ? CHANGED : 0;
	facts |= in->past ? PAST : 0;
	facts |= in->closed ? CLOSED : 0;
	facts |= in->done_there ? DONE : 0;
	facts |= in->owner ? OWNED : 0;
	facts |= in->outsider ? OUTSIDER : 0;
	if (in->role == ROLE_FEEDER)
		facts |= FEEDS;
	else if (in->role != ROLE_OWN) /* a role of which nobody has thought decides nothing */
		facts |= ATTENDS;
	return facts;
}

void fate_decide(const struct fate_in *in, struct fate_out *out)
{
	unsigned facts = facts_of(in);
	const struct row *row = rows;

	while ((row->event != ANY && row->event != in->event) ||
	       (row->kind != ANY && row->kind != in->kind) || (row->facts & ~facts))
		row++;
	out->fate = row->fate;
	out->rule = row->rule;
}

const struct brg_fault *const fate_faults[] = {
	&email,		  &left,
	&outside,	  &private_item,
	&untracked,	  &nothing_known,
	&item_edited,	  &record_edited,
	&contact_record,  &contact_owner,
	&contact_item,	  &task_done,
	&task_item,	  &task_record,
	&item_outsider,	  &item_attendee,
	&item_feeder,	  &item_past,
	&item_future,	  &record_closed,
	&record_past,	  &record_outsider,
	&record_attendee, &record_feeder,
	&record_future,	  NULL,
};

bool fate_is_closed(int kind, const struct image *image)
{
	struct brg_str status = image_str(image, kind == BRG_TASK ? TASK_STATUS : APPT_STATE);

	return brg_str_eq(status, brg_cstr("completed")) ||
	       brg_str_eq(status, brg_cstr("canceled"));
}
