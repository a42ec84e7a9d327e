/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of test_fate.c: the delete table of server-side-sync.md section 6.3, by kind, side,
 * whose copy and when. "-" the other side is deleted, "=" it stays and the link ends; behind it the
 * number of BRG-SYNC. Columns: nothing more is known; the record is closed; the task is completed
 * there; the mailbox's owner owns the record; the side that lives was edited.
 */
/* clang-format off */

/* Email, deleted in CRM: "nothing [D: CE-del]". Never create an email delete. */
{ EMAIL, RECORD, OWN     , FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, OWN     , PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, FEEDER  , FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, FEEDER  , PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, ATTENDEE, FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, ATTENDEE, PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, OUTSIDER, FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, RECORD, OUTSIDER, PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },

/* Email, deleted in Exchange: "nothing [D: CE-del]". */
{ EMAIL, ITEM, OWN     , FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, OWN     , PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, FEEDER  , FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, FEEDER  , PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, ATTENDEE, FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, ATTENDEE, PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, OUTSIDER, FUTURE, { "=0001", "=0001", "=0001", "=0001", "=0001" } },
{ EMAIL, ITEM, OUTSIDER, PAST  , { "=0001", "=0001", "=0001", "=0001", "=0001" } },

/* Contact, deleted in CRM: "deleted only if the syncing user is **not** the record's owner (owner
 * keeps his contact)". The last column: DESIGN section 7 decides, "Delete against edit keeps the
 * edit". */
{ CONTACT, RECORD, OWN     , FUTURE, { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, OWN     , PAST  , { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, FEEDER  , FUTURE, { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, FEEDER  , PAST  , { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, ATTENDEE, FUTURE, { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, ATTENDEE, PAST  , { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, OUTSIDER, FUTURE, { "-0011", "-0011", "-0011", "=0010", "=0007" } },
{ CONTACT, RECORD, OUTSIDER, PAST  , { "-0011", "-0011", "-0011", "=0010", "=0007" } },

/* Contact, deleted in Exchange: "never [D: CE-del]". */
{ CONTACT, ITEM, OWN     , FUTURE, { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, OWN     , PAST  , { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, FEEDER  , FUTURE, { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, FEEDER  , PAST  , { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, ATTENDEE, FUTURE, { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, ATTENDEE, PAST  , { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, OUTSIDER, FUTURE, { "=0009", "=0009", "=0009", "=0009", "=0009" } },
{ CONTACT, ITEM, OUTSIDER, PAST  , { "=0009", "=0009", "=0009", "=0009", "=0009" } },

/* Task & co., deleted in CRM: "deleted unless completed in Exchange". The last column: DESIGN. */
{ TASK, RECORD, OWN     , FUTURE, { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, OWN     , PAST  , { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, FEEDER  , FUTURE, { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, FEEDER  , PAST  , { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, ATTENDEE, FUTURE, { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, ATTENDEE, PAST  , { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, OUTSIDER, FUTURE, { "-0013", "-0013", "=0012", "-0013", "=0007" } },
{ TASK, RECORD, OUTSIDER, PAST  , { "-0013", "-0013", "=0012", "-0013", "=0007" } },

/* Task & co., deleted in Exchange: "task/phone call/letter/fax is deleted in CRM". The last column:
 * DESIGN. */
{ TASK, ITEM, OWN     , FUTURE, { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, OWN     , PAST  , { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, FEEDER  , FUTURE, { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, FEEDER  , PAST  , { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, ATTENDEE, FUTURE, { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, ATTENDEE, PAST  , { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, OUTSIDER, FUTURE, { "-0014", "-0014", "-0014", "-0014", "=0008" } },
{ TASK, ITEM, OUTSIDER, PAST  , { "-0014", "-0014", "-0014", "-0014", "=0008" } },

/* Appointment, deleted in CRM: "deleted only if linked, syncing user is the organizer, it is in the
 * future, and not a logical delete; otherwise stays, unlinked [D: PP-logic]". The last column:
 * DESIGN. */
{ APPT, RECORD, OWN     , FUTURE, { "-0019", "-0019", "-0019", "-0019", "=0007" } },
{ APPT, RECORD, OWN     , PAST  , { "=0018", "=0018", "=0018", "=0018", "=0007" } },
{ APPT, RECORD, FEEDER  , FUTURE, { "=0017", "=0017", "=0017", "=0017", "=0007" } },
{ APPT, RECORD, FEEDER  , PAST  , { "=0017", "=0017", "=0017", "=0017", "=0007" } },
{ APPT, RECORD, ATTENDEE, FUTURE, { "=0016", "=0016", "=0016", "=0016", "=0007" } },
{ APPT, RECORD, ATTENDEE, PAST  , { "=0016", "=0016", "=0016", "=0016", "=0007" } },
{ APPT, RECORD, OUTSIDER, FUTURE, { "=0015", "=0015", "=0015", "=0015", "=0007" } },
{ APPT, RECORD, OUTSIDER, PAST  , { "=0015", "=0015", "=0015", "=0015", "=0007" } },

/* Appointment, deleted in Exchange: "not propagated if completed/cancelled, start is past, or user
 * is not organizer; same for exceptions; whole series: not if completed/cancelled or not
 * organizer". A series is past here when its last occurrence is. The last column: DESIGN. */
{ APPT, ITEM, OWN     , FUTURE, { "-0025", "=0020", "-0025", "-0025", "=0008" } },
{ APPT, ITEM, OWN     , PAST  , { "=0021", "=0020", "=0021", "=0021", "=0008" } },
{ APPT, ITEM, FEEDER  , FUTURE, { "=0024", "=0024", "=0024", "=0024", "=0008" } },
{ APPT, ITEM, FEEDER  , PAST  , { "=0024", "=0024", "=0024", "=0024", "=0008" } },
{ APPT, ITEM, ATTENDEE, FUTURE, { "=0023", "=0023", "=0023", "=0023", "=0008" } },
{ APPT, ITEM, ATTENDEE, PAST  , { "=0023", "=0023", "=0023", "=0023", "=0008" } },
{ APPT, ITEM, OUTSIDER, FUTURE, { "=0022", "=0022", "=0022", "=0022", "=0008" } },
{ APPT, ITEM, OUTSIDER, PAST  , { "=0022", "=0022", "=0022", "=0022", "=0008" } },
