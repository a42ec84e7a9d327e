/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of fields: what contacts, tasks, appointments and their parts are made of, which
 * fields are one group, who may change them, and what the organisation has added of its own.
 */
#ifndef BRG_CORE_FIELD_H
#define BRG_CORE_FIELD_H

#include "core/arena.h"
#include <brygga/item.h>

/* Fields of a kind have numbers from kind * 100 on; parts have kinds of their own. Those of the
 * organisation follow at kind * 1000. */
enum field_kind {
	FIELD_EMAIL = BRG_EMAIL,
	FIELD_CONTACT = BRG_CONTACT,
	FIELD_TASK = BRG_TASK,
	FIELD_APPOINTMENT = BRG_APPOINTMENT, /* an occurrence has these too */
	FIELD_ATTENDEE = BRG_KIND_ATTENDEE,
	FIELD_KINDS = 6
};

/* Ways in which a group of fields travels (server-side-sync.md section 6.7). */
enum direction {
	DIRECTION_BOTH = 0,
	DIRECTION_TO_SERVER = 1,
	DIRECTION_TO_STORE = 2,
	DIRECTION_NONE = 3
};

enum {
	FIELD_FIXED = 1 << 0,	/* the direction of its group is not the organisation's to set */
	FIELD_DERIVED = 1 << 1, /* computed from others where nobody set it (derive.h) */
	FIELD_IDENTITY =
		1 << 2, /* two things that agree in all of these, at least one set, are the same */
	FIELD_PERSONAL = 1 << 3,  /* of the copy, not of the meeting: an attendee's own */
	FIELD_SENSITIVE = 1 << 4, /* changed, attendees want to know (section 6.4) */
	FIELD_FILTER = 1 << 5,	  /* filters may compare it: it has a key */
	FIELD_INDEXED = 1 << 6,	  /* and its moment is in an index: relative dates */
	FIELD_OWN = 1 << 7,	  /* the organisation's */
	FIELD_ADDRESS = 1 << 8,	  /* an email address: kept folded */
};

/* A constant row. Rows of one group stand together. */
struct field {
	uint32_t id;
	const char *name;  /* lower case with underscores: JSON, filters, command line */
	const char *group; /* of several fields; NULL: its own name */
	const char *label; /* for people, English */
	const char *words; /* of BRG_CHOICE: "free|tentative|busy"; else NULL */
	int type;	   /* enum brg_type */
	int direction;	   /* enum direction, of the group: that of its first field */
	unsigned flags;	   /* FIELD_* */
	uint32_t max_len;  /* of text, in characters; of integers the greatest value (0 is the
			    * smallest then); 0: the host's bound alone */
};

#define FIELD_GROUPS_MAX 128

/* The fields of one kind. Groups are numbered from 0 in the order of their first fields. */
struct field_set {
	const struct field *at; /* sorted by id */
	size_t n;
	const uint16_t *group_of; /* of at[i] */
	const uint16_t *by_name;  /* indexes of at, sorted by name */
	const char **group_names;
	size_t n_groups;
};

struct field_table {
	struct field_set kinds[FIELD_KINDS];
};

/* The fields that every installation has. */
const struct field_table *field_builtin(void);
/* The same with those of the organisation (FIELD_OWN; id 0: the next free one of the kind,
 * in the order given, so that the order must not change: callers sort by name). */
const struct field_table *field_extend(struct brg_arena *arena, int kind, const struct field *own,
				       size_t n, const struct field_table *base);

/* NULL: there is none. */
const struct field *field_find(const struct field_table *table, int kind, struct brg_str name);
const struct field *field_of(const struct field_table *table, int kind, uint32_t id);
/* Number of the group of a field that the kind has. */
size_t field_group(const struct field_table *table, int kind, uint32_t id);
/* Number of a group by name, -1: there is none. */
int field_group_named(const struct field_table *table, int kind, struct brg_str name);
/* "contact" -> BRG_CONTACT; 0: no such kind. And back. */
int field_kind(struct brg_str name);
const char *field_kind_name(int kind);
/* Is `word` one of the field's words? */
bool field_has_word(const struct field *field, struct brg_str word);
const char *direction_name(int direction);

/* Names that code speaks of. */
enum {
	EMAIL_READ = 100,
	EMAIL_FLAG,
	EMAIL_IMPORTANCE,
	EMAIL_CATEGORIES,

	CONTACT_FULL_NAME = 200,
	CONTACT_FILE_AS,
	CONTACT_NICKNAME,
	CONTACT_GIVEN = 205,
	CONTACT_MIDDLE,
	CONTACT_SURNAME,
	CONTACT_TITLE,
	CONTACT_SUFFIX,
	CONTACT_EMAIL1 = 210,
	CONTACT_EMAIL1_NAME,
	CONTACT_EMAIL2,
	CONTACT_EMAIL2_NAME,
	CONTACT_EMAIL3,
	CONTACT_EMAIL3_NAME,
	CONTACT_IM_ADDRESSES,
	CONTACT_COMPANY = 220,
	CONTACT_DEPARTMENT,
	CONTACT_JOB_TITLE,
	CONTACT_PROFESSION,
	CONTACT_OFFICE,
	CONTACT_MANAGER,
	CONTACT_ASSISTANT,
	CONTACT_BODY = 230,
	CONTACT_BODY_HTML,
	CONTACT_CATEGORIES = 235,
	CONTACT_SENSITIVITY,
	CONTACT_STATE,
	CONTACT_BIRTHDAY = 240,
	CONTACT_ANNIVERSARY,
	CONTACT_SPOUSE,
	CONTACT_CHILDREN,
	CONTACT_WEB_PAGE,
	CONTACT_FTP_SITE,
	CONTACT_GOVERNMENT_ID,
	CONTACT_YOMI_GIVEN,
	CONTACT_YOMI_SURNAME,
	CONTACT_YOMI_COMPANY,
	CONTACT_BUSINESS_PHONE = 255,
	CONTACT_BUSINESS_PHONE2,
	CONTACT_HOME_PHONE,
	CONTACT_HOME_PHONE2,
	CONTACT_MOBILE_PHONE,
	CONTACT_OTHER_PHONE,
	CONTACT_PRIMARY_PHONE,
	CONTACT_COMPANY_PHONE,
	CONTACT_ASSISTANT_PHONE,
	CONTACT_CALLBACK,
	CONTACT_CAR_PHONE,
	CONTACT_RADIO_PHONE,
	CONTACT_BUSINESS_FAX,
	CONTACT_HOME_FAX,
	CONTACT_OTHER_FAX,
	CONTACT_PAGER,
	CONTACT_ISDN,
	CONTACT_TELEX,
	CONTACT_TEXT_PHONE,
	/* Each five: street, city, state, country, postal code. */
	CONTACT_BUSINESS_STREET = 280,
	CONTACT_HOME_STREET = 285,
	CONTACT_OTHER_STREET = 290,

	TASK_SUBJECT = 300,
	TASK_BODY,
	TASK_BODY_HTML,
	TASK_STATUS,
	TASK_PERCENT,
	TASK_COMPLETED,
	TASK_START,
	TASK_DUE,
	TASK_IMPORTANCE,
	TASK_REMINDER,
	TASK_REMINDER_AT,
	TASK_CATEGORIES,
	TASK_SENSITIVITY,
	TASK_TOTAL_WORK,
	TASK_ACTUAL_WORK,

	APPT_SUBJECT = 400,
	APPT_BODY,
	APPT_BODY_HTML,
	APPT_LOCATION,
	APPT_START,
	APPT_END,
	APPT_ALL_DAY,
	APPT_RECURRENCE,
	APPT_SHOW_AS,
	APPT_STATE,
	APPT_IMPORTANCE,
	APPT_SENSITIVITY,
	APPT_REMINDER,
	APPT_REMINDER_MINUTES,
	APPT_ORGANIZER,
	APPT_ORGANIZER_NAME,
	APPT_CATEGORIES,
	APPT_RESPONSE,
	APPT_CANCELLED,
	APPT_ONLINE_URL,

	ATTENDEE_NAME = 500,
	ATTENDEE_ROLE,
	ATTENDEE_RESPONSE,
	ATTENDEE_RESPONDED
};

#endif
