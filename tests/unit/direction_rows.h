/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of test_fate.c on directions: the tables of server-side-sync.md section 6.7, field by
 * field. FREE: "all 4"; FIXED: "fixed"; what the section does not have says
 * so. Of single fields the group counts that they are in.
 */
/* clang-format off */

/* Appointment. "Appointment time: start, end, duration, all-day...: fixed"; with it goes how it
 * recurs. */
{ APPT, "start", FIXED },
{ APPT, "end", FIXED },
{ APPT, "all_day", FIXED },
{ APPT, "recurrence", FIXED },
{ APPT, "occurrences", FIXED },
/* "Attachments: none, computed" */
{ APPT, "attachments", NO_ATTACHMENTS },
/* "Body: all 4" */
{ APPT, "body", FREE },
{ APPT, "body_html", FREE },
/* "Importance: fixed" */
{ APPT, "importance", FIXED },
/* "Location: all 4" */
{ APPT, "location", FREE },
/* "Optional / Required attendees: fixed" */
{ APPT, "attendees", FIXED },
/* "Organizer: fixed" */
{ APPT, "organizer", FIXED },
{ APPT, "organizer_name", FIXED },
/* "Regarding: fixed" */
{ APPT, "regarding", FIXED },
/* "Show time as: fixed" */
{ APPT, "show_as", FIXED },
/* "Subject: all 4" */
{ APPT, "subject", FREE },
/* Not in the section: what is a person's own of his copy may be set; what says how the meeting
 * stands goes one way. */
{ APPT, "sensitivity", FREE },
{ APPT, "reminder", FREE },
{ APPT, "reminder_minutes", FREE },
{ APPT, "categories", FREE },
{ APPT, "state", TO_SERVER },
{ APPT, "response", TO_STORE },
{ APPT, "cancelled", TO_STORE },
{ APPT, "online_url", TO_STORE },

/* Task. "Date completed (actualEnd), due date, start date, notes, subject: all 4; importance,
 * regarding, status: fixed; % complete: all 4". */
{ TASK, "due", FREE },
{ TASK, "start", FREE },
{ TASK, "body", FREE },
{ TASK, "body_html", FREE },
{ TASK, "subject", FREE },
{ TASK, "importance", FIXED },
{ TASK, "regarding", FIXED },
{ TASK, "status", FIXED },
{ TASK, "attachments", NO_ATTACHMENTS },
/* "Reminder time is not taken from Outlook": the default of a group that may be set. */
{ TASK, "reminder", FREE },
{ TASK, "reminder_at", FREE },
/* Not in the section. */
{ TASK, "categories", FREE },
{ TASK, "sensitivity", FREE },
{ TASK, "total_work", FREE },
{ TASK, "actual_work", FREE },
/* DESIGN decides otherwise (section 7): {status, percent, completed} are one group, so they are
 * fixed with the status. */
{ TASK, "completed", FIXED },
{ TASK, "percent", FIXED },

/* Contact. "default both ways, settable to all 4 unless noted": */
/* "Full name (fixed)": its parts are set with it. */
{ CONTACT, "full_name", FIXED },
{ CONTACT, "given", FIXED },
{ CONTACT, "middle", FIXED },
{ CONTACT, "surname", FIXED },
{ CONTACT, "title", FIXED },
{ CONTACT, "suffix", FIXED },
/* "Parent/Company name (fixed)" */
{ CONTACT, "company", FIXED },
/* Anniversary to Department */
{ CONTACT, "anniversary", FREE },
{ CONTACT, "assistant", FREE },
{ CONTACT, "assistant_phone", FREE },
{ CONTACT, "birthday", FREE },
{ CONTACT, "business_fax", FREE },
{ CONTACT, "business_phone", FREE },
{ CONTACT, "business_phone2", FREE },
{ CONTACT, "callback_phone", FREE },
{ CONTACT, "children", FREE },
{ CONTACT, "company_phone", FREE },
{ CONTACT, "department", FREE },
/* E-mail, E-mail 2, E-mail 3 */
{ CONTACT, "email1", FREE },
{ CONTACT, "email1_name", FREE },
{ CONTACT, "email2", FREE },
{ CONTACT, "email2_name", FREE },
{ CONTACT, "email3", FREE },
{ CONTACT, "email3_name", FREE },
/* FTP site, Government ID */
{ CONTACT, "ftp_site", FREE },
{ CONTACT, "government_id", FREE },
/* Home address, mailing/business address, presumably other address */
{ CONTACT, "home_street", FREE },
{ CONTACT, "home_city", FREE },
{ CONTACT, "home_state", FREE },
{ CONTACT, "home_country", FREE },
{ CONTACT, "home_postal_code", FREE },
{ CONTACT, "business_street", FREE },
{ CONTACT, "business_city", FREE },
{ CONTACT, "business_state", FREE },
{ CONTACT, "business_country", FREE },
{ CONTACT, "business_postal_code", FREE },
{ CONTACT, "other_street", FREE },
{ CONTACT, "other_city", FREE },
{ CONTACT, "other_state", FREE },
{ CONTACT, "other_country", FREE },
{ CONTACT, "other_postal_code", FREE },
/* Home phone to Nickname, notes */
{ CONTACT, "home_phone", FREE },
{ CONTACT, "home_phone2", FREE },
{ CONTACT, "job_title", FREE },
{ CONTACT, "manager", FREE },
{ CONTACT, "mobile_phone", FREE },
{ CONTACT, "nickname", FREE },
{ CONTACT, "body", FREE },
{ CONTACT, "body_html", FREE },
/* Pager to Yomi last name */
{ CONTACT, "pager", FREE },
{ CONTACT, "spouse", FREE },
{ CONTACT, "web_page", FREE },
{ CONTACT, "yomi_given", FREE },
{ CONTACT, "yomi_surname", FREE },
/* Not in the section. */
{ CONTACT, "file_as", FREE },
{ CONTACT, "im_addresses", FREE },
{ CONTACT, "profession", FREE },
{ CONTACT, "office", FREE },
{ CONTACT, "categories", FREE },
{ CONTACT, "sensitivity", FREE },
{ CONTACT, "yomi_company", FREE },
{ CONTACT, "other_phone", FREE },
{ CONTACT, "primary_phone", FREE },
{ CONTACT, "car_phone", FREE },
{ CONTACT, "radio_phone", FREE },
{ CONTACT, "home_fax", FREE },
{ CONTACT, "other_fax", FREE },
{ CONTACT, "isdn", FREE },
{ CONTACT, "telex", FREE },
{ CONTACT, "text_phone", FREE },
{ CONTACT, "attachments", NO_ATTACHMENTS },
{ CONTACT, "state", TO_SERVER },
