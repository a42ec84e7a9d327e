/* SPDX-License-Identifier: Apache-2.0
 *
 * Directions are those of server-side-sync.md section 6.7. Where it lists fields one by one that
 * are one group here, the group is fixed if its first one is: date completed and % complete travel
 * with the status, the parts of a name with the name.
 *
 * Greatest lengths are what Exchange itself enforces where that is known (255 for a subject), else
 * so much that no item of a person fails by them.
 */
#include "core/field-private.h"

#define BOTH	  DIRECTION_BOTH
#define TO_SERVER DIRECTION_TO_SERVER
#define TO_STORE  DIRECTION_TO_STORE

#define SHORT 1024 /* names, phones, parts of addresses */

/* What most rows are. */
#define F  FIELD_FILTER
#define FX (FIELD_FILTER | FIELD_FIXED)
#define FI (FIELD_FILTER | FIELD_INDEXED)

#define ROW(id, name, group, label, type, direction, flags, max)          \
	{                                                                 \
		id, name, group, label, NULL, type, direction, flags, max \
	}
#define CHOICE(id, name, group, label, words, direction, flags)                \
	{                                                                      \
		id, name, group, label, words, BRG_CHOICE, direction, flags, 0 \
	}
#define TEXT(id, name, label) ROW(id, name, NULL, label, BRG_TEXT, BOTH, F, SHORT)

#define IMPORTANCE  "low|normal|high"
#define SENSITIVITY "normal|personal|private|confidential"
#define RESPONSE    "none|accepted|declined|tentative|organizer"

static const struct field email[] = {
	ROW(EMAIL_READ, "read", NULL, "Read", BRG_FLAG, BOTH, F, 0),
	CHOICE(EMAIL_FLAG, "flag", NULL, "Flag", "none|flagged|completed", BOTH, F),
	CHOICE(EMAIL_IMPORTANCE, "importance", NULL, "Importance", IMPORTANCE, BOTH, F),
	ROW(EMAIL_CATEGORIES, "categories", NULL, "Categories", BRG_LIST, BOTH, F, 255),
};

#define NAME(id, name, label) ROW(id, name, "name", label, BRG_TEXT, BOTH, FX, SHORT)
#define EMAIL(n)                                                                   \
	ROW(CONTACT_EMAIL##n, "email" #n, "email" #n, "Email " #n, BRG_TEXT, BOTH, \
	    F | FIELD_IDENTITY | FIELD_ADDRESS, SHORT),                            \
		ROW(CONTACT_EMAIL##n##_NAME, "email" #n "_name", "email" #n,       \
		    "Email " #n " display name", BRG_TEXT, BOTH, F, SHORT)
#define PLACE(id, name, which, label) \
	ROW(id, which "_" name, which "_address", label, BRG_TEXT, BOTH, F, SHORT)
#define ADDRESS(first, which, label)                                            \
	PLACE(first, "street", which, label " street"),                         \
		PLACE((first) + 1, "city", which, label " city"),               \
		PLACE((first) + 2, "state", which, label " state or province"), \
		PLACE((first) + 3, "country", which, label " country"),         \
		PLACE((first) + 4, "postal_code", which, label " postal code")

static const struct field contact[] = {
	ROW(CONTACT_FULL_NAME, "full_name", NULL, "Full name", BRG_TEXT, BOTH,
	    FX | FIELD_DERIVED | FIELD_IDENTITY, SHORT),
	ROW(CONTACT_FILE_AS, "file_as", NULL, "File as", BRG_TEXT, BOTH, F | FIELD_DERIVED, SHORT),
	TEXT(CONTACT_NICKNAME, "nickname", "Nickname"),
	NAME(CONTACT_GIVEN, "given", "Given name"),
	NAME(CONTACT_MIDDLE, "middle", "Middle name"),
	NAME(CONTACT_SURNAME, "surname", "Surname"),
	NAME(CONTACT_TITLE, "title", "Title"),
	NAME(CONTACT_SUFFIX, "suffix", "Suffix"),
	EMAIL(1),
	EMAIL(2),
	EMAIL(3),
	ROW(CONTACT_IM_ADDRESSES, "im_addresses", NULL, "Instant messaging addresses", BRG_LIST,
	    BOTH, F, SHORT),
	ROW(CONTACT_COMPANY, "company", NULL, "Company", BRG_TEXT, BOTH, FX | FIELD_IDENTITY,
	    SHORT),
	TEXT(CONTACT_DEPARTMENT, "department", "Department"),
	TEXT(CONTACT_JOB_TITLE, "job_title", "Job title"),
	TEXT(CONTACT_PROFESSION, "profession", "Profession"),
	TEXT(CONTACT_OFFICE, "office", "Office"),
	TEXT(CONTACT_MANAGER, "manager", "Manager"),
	TEXT(CONTACT_ASSISTANT, "assistant", "Assistant"),
	ROW(CONTACT_BODY, "body", "body", "Notes", BRG_TEXT, BOTH, 0, 0),
	ROW(CONTACT_BODY_HTML, "body_html", "body", "Notes as HTML", BRG_TEXT, BOTH, 0, 0),
	ROW(CONTACT_CATEGORIES, "categories", NULL, "Categories", BRG_LIST, BOTH, F, 255),
	CHOICE(CONTACT_SENSITIVITY, "sensitivity", NULL, "Sensitivity", SENSITIVITY, BOTH, F),
	/* The server has no such thing; a connector may show it (a category). */
	CHOICE(CONTACT_STATE, "state", NULL, "State", "active|inactive", TO_SERVER, FX),
	ROW(CONTACT_BIRTHDAY, "birthday", NULL, "Birthday", BRG_DATE, BOTH, FI, 0),
	ROW(CONTACT_ANNIVERSARY, "anniversary", NULL, "Anniversary", BRG_DATE, BOTH, FI, 0),
	TEXT(CONTACT_SPOUSE, "spouse", "Spouse or partner"),
	ROW(CONTACT_CHILDREN, "children", NULL, "Children", BRG_LIST, BOTH, F, SHORT),
	ROW(CONTACT_WEB_PAGE, "web_page", NULL, "Web page", BRG_TEXT, BOTH, F, 4096),
	ROW(CONTACT_FTP_SITE, "ftp_site", NULL, "FTP site", BRG_TEXT, BOTH, F, 4096),
	TEXT(CONTACT_GOVERNMENT_ID, "government_id", "Government ID"),
	TEXT(CONTACT_YOMI_GIVEN, "yomi_given", "Yomi given name"),
	TEXT(CONTACT_YOMI_SURNAME, "yomi_surname", "Yomi surname"),
	TEXT(CONTACT_YOMI_COMPANY, "yomi_company", "Yomi company"),
	TEXT(CONTACT_BUSINESS_PHONE, "business_phone", "Business phone"),
	TEXT(CONTACT_BUSINESS_PHONE2, "business_phone2", "Business phone 2"),
	TEXT(CONTACT_HOME_PHONE, "home_phone", "Home phone"),
	TEXT(CONTACT_HOME_PHONE2, "home_phone2", "Home phone 2"),
	TEXT(CONTACT_MOBILE_PHONE, "mobile_phone", "Mobile phone"),
	TEXT(CONTACT_OTHER_PHONE, "other_phone", "Other phone"),
	TEXT(CONTACT_PRIMARY_PHONE, "primary_phone", "Primary phone"),
	TEXT(CONTACT_COMPANY_PHONE, "company_phone", "Company main phone"),
	TEXT(CONTACT_ASSISTANT_PHONE, "assistant_phone", "Assistant's phone"),
	TEXT(CONTACT_CALLBACK, "callback_phone", "Callback phone"),
	TEXT(CONTACT_CAR_PHONE, "car_phone", "Car phone"),
	TEXT(CONTACT_RADIO_PHONE, "radio_phone", "Radio phone"),
	TEXT(CONTACT_BUSINESS_FAX, "business_fax", "Business fax"),
	TEXT(CONTACT_HOME_FAX, "home_fax", "Home fax"),
	TEXT(CONTACT_OTHER_FAX, "other_fax", "Other fax"),
	TEXT(CONTACT_PAGER, "pager", "Pager"),
	TEXT(CONTACT_ISDN, "isdn", "ISDN"),
	TEXT(CONTACT_TELEX, "telex", "Telex"),
	TEXT(CONTACT_TEXT_PHONE, "text_phone", "Text phone (TTY/TDD)"),
	ADDRESS(CONTACT_BUSINESS_STREET, "business", "Business"),
	ADDRESS(CONTACT_HOME_STREET, "home", "Home"),
	ADDRESS(CONTACT_OTHER_STREET, "other", "Other"),
};

static const struct field task[] = {
	ROW(TASK_SUBJECT, "subject", NULL, "Subject", BRG_TEXT, BOTH, F | FIELD_IDENTITY, 255),
	ROW(TASK_BODY, "body", "body", "Notes", BRG_TEXT, BOTH, 0, 0),
	ROW(TASK_BODY_HTML, "body_html", "body", "Notes as HTML", BRG_TEXT, BOTH, 0, 0),
	CHOICE(TASK_STATUS, "status", "status", "Status",
	       "not_started|in_progress|completed|waiting|deferred", BOTH, FX),
	ROW(TASK_PERCENT, "percent", "status", "Percent complete", BRG_INTEGER, BOTH, FX, 100),
	ROW(TASK_COMPLETED, "completed", "status", "Date completed", BRG_MOMENT, BOTH,
	    FX | FIELD_INDEXED, 0),
	ROW(TASK_START, "start", NULL, "Start date", BRG_DATE, BOTH, FI | FIELD_IDENTITY, 0),
	ROW(TASK_DUE, "due", NULL, "Due date", BRG_DATE, BOTH, FI | FIELD_IDENTITY, 0),
	CHOICE(TASK_IMPORTANCE, "importance", NULL, "Importance", IMPORTANCE, BOTH, FX),
	/* "Reminder time is not taken from Outlook" is the default, not a law. */
	ROW(TASK_REMINDER, "reminder", "reminder", "Reminder", BRG_FLAG, TO_SERVER, F, 0),
	ROW(TASK_REMINDER_AT, "reminder_at", "reminder", "Reminder time", BRG_WALL, TO_SERVER, FI,
	    0),
	ROW(TASK_CATEGORIES, "categories", NULL, "Categories", BRG_LIST, BOTH, F, 255),
	CHOICE(TASK_SENSITIVITY, "sensitivity", NULL, "Sensitivity", SENSITIVITY, BOTH, F),
	ROW(TASK_TOTAL_WORK, "total_work", NULL, "Total work in minutes", BRG_INTEGER, BOTH, F,
	    INT32_MAX),
	ROW(TASK_ACTUAL_WORK, "actual_work", NULL, "Actual work in minutes", BRG_INTEGER, BOTH, F,
	    INT32_MAX),
};

/* What a change of tells the attendees: section 6.4. */
#define S  FIELD_SENSITIVE
#define SI (FIELD_SENSITIVE | FIELD_IDENTITY)

static const struct field appointment[] = {
	ROW(APPT_SUBJECT, "subject", NULL, "Subject", BRG_TEXT, BOTH, F | SI, 255),
	ROW(APPT_BODY, "body", "body", "Body", BRG_TEXT, BOTH, S, 0),
	ROW(APPT_BODY_HTML, "body_html", "body", "Body as HTML", BRG_TEXT, BOTH, S, 0),
	ROW(APPT_LOCATION, "location", NULL, "Location", BRG_TEXT, BOTH, F | S, SHORT),
	ROW(APPT_START, "start", "time", "Start", BRG_WALL, BOTH, FX | FIELD_INDEXED | SI, 0),
	ROW(APPT_END, "end", "time", "End", BRG_WALL, BOTH, FX | FIELD_INDEXED | SI, 0),
	ROW(APPT_ALL_DAY, "all_day", "time", "All day", BRG_FLAG, BOTH, FX | SI, 0),
	ROW(APPT_RECURRENCE, "recurrence", "time", "Recurrence", BRG_TEXT, BOTH, FX | SI, SHORT),
	CHOICE(APPT_SHOW_AS, "show_as", NULL, "Show time as",
	       "free|tentative|busy|out_of_office|working_elsewhere", BOTH,
	       FX | S | FIELD_PERSONAL),
	/* Of the record; the server shows it as what show_as says. */
	CHOICE(APPT_STATE, "state", NULL, "State", "open|completed|canceled", TO_SERVER, FX),
	CHOICE(APPT_IMPORTANCE, "importance", NULL, "Importance", IMPORTANCE, BOTH, FX | S),
	CHOICE(APPT_SENSITIVITY, "sensitivity", NULL, "Sensitivity", SENSITIVITY, BOTH,
	       F | FIELD_PERSONAL),
	ROW(APPT_REMINDER, "reminder", "reminder", "Reminder", BRG_FLAG, BOTH, F | FIELD_PERSONAL,
	    0),
	ROW(APPT_REMINDER_MINUTES, "reminder_minutes", "reminder", "Minutes before start",
	    BRG_INTEGER, BOTH, F | FIELD_PERSONAL, INT32_MAX),
	ROW(APPT_ORGANIZER, "organizer", "organizer", "Organizer", BRG_TEXT, BOTH,
	    FX | S | FIELD_ADDRESS, SHORT),
	ROW(APPT_ORGANIZER_NAME, "organizer_name", "organizer", "Organizer's name", BRG_TEXT, BOTH,
	    FX | S, SHORT),
	ROW(APPT_CATEGORIES, "categories", NULL, "Categories", BRG_LIST, BOTH, F | FIELD_PERSONAL,
	    255),
	CHOICE(APPT_RESPONSE, "response", NULL, "Response", RESPONSE, TO_STORE,
	       FX | FIELD_PERSONAL),
	ROW(APPT_CANCELLED, "cancelled", NULL, "Cancelled by the organizer", BRG_FLAG, TO_STORE, FX,
	    0),
	ROW(APPT_ONLINE_URL, "online_url", NULL, "Online meeting", BRG_TEXT, TO_STORE, FX, 4096),
};

static const struct field attendee[] = {
	ROW(ATTENDEE_NAME, "name", NULL, "Name", BRG_TEXT, BOTH, FIELD_FIXED, SHORT),
	CHOICE(ATTENDEE_ROLE, "role", NULL, "Role", "required|optional|resource", BOTH,
	       FIELD_FIXED | S),
	CHOICE(ATTENDEE_RESPONSE, "response", "response", "Response", RESPONSE, TO_STORE,
	       FIELD_FIXED),
	ROW(ATTENDEE_RESPONDED, "responded", "response", "Responded", BRG_MOMENT, TO_STORE,
	    FIELD_FIXED, 0),
};

#define ROWS(kind, rows) [kind] = { rows, sizeof(rows) / sizeof((rows)[0]) }

const struct field_rows field_rows[FIELD_KINDS] = {
	ROWS(FIELD_EMAIL, email),	ROWS(FIELD_CONTACT, contact),
	ROWS(FIELD_TASK, task),		ROWS(FIELD_APPOINTMENT, appointment),
	ROWS(FIELD_ATTENDEE, attendee),
};
