/* SPDX-License-Identifier: Apache-2.0
 *
 * Where each field of the field table lives in an item of EWS, and in which form: a row a field, in
 * the order that the schema wants in an item. What several fields make together (times, recurrence,
 * attendees) is a row an element, which meeting.h fills.
 */
#ifndef BRG_EXCHANGE_MAP_H
#define BRG_EXCHANGE_MAP_H

#include "exchange.h"

/* Where it stands. */
enum map_place {
	MAP_ELEMENT, /* <t:element>value</t:element>, FieldURI uri */
	MAP_ENTRY, /* <t:element><t:Entry Key="key">value</t:Entry></t:element>, IndexedFieldURI */
	MAP_PART,  /* the same, with <t:part>value</t:part> in the entry */
	MAP_PROPERTY, /* ExtendedProperty: a property tag, or a number in a property set */
	MAP_MAILBOX,  /* <t:element><t:Mailbox><t:part>value</t:part></t:Mailbox></t:element> */
	MAP_MADE,     /* of several fields or parts (meeting.h); `made` says which element it is */
};

/* How it is written. */
enum map_form {
	MAP_TEXT,
	MAP_CHOICE, /* one of `words` of EWS, in the order of ours */
	MAP_FLAG,   /* true, false */
	MAP_INTEGER,
	MAP_PERCENT,   /* xs:double, whole numbers */
	MAP_DATE,      /* xs:dateTime at midnight UTC */
	MAP_DAY,       /* at 11:59 UTC, which is the same day nearly everywhere */
	MAP_MOMENT,    /* xs:dateTime */
	MAP_WALL,      /* xs:dateTime, of which the wall time in UTC is taken */
	MAP_LIST,      /* <t:String> each */
	MAP_THREE,     /* a list in up to three entries, keys key1 to key3 */
	MAP_BODY_TEXT, /* a body whose BodyType is Text */
	MAP_BODY_HTML, /* or HTML */
};

struct map {
	const char *field; /* NULL ends the table */
	enum map_place place;
	enum map_form form;
	const char *uri; /* FieldURI, or the FieldURI of IndexedFieldURI; of MAP_PROPERTY: the tag
			  * ("0x3a45"), or NULL */
	const char *element, *key, *part;
	const char *ours, *words; /* MAP_CHOICE: in pairs, "a|b" and "A|B" */
	int property;		  /* MAP_PROPERTY with a set: its number in it */
	/* Set: the server keeps a value always (the property cannot be deleted). Written in place
	 * of nothing; empty: what is there stays. */
	const char *without;
	bool given; /* by the server: it is read and never written */
	int made;   /* MAP_MADE: enum made */
};

/* Elements that several fields or parts make. */
enum made {
	MADE_START = 1,
	MADE_END,
	MADE_REQUIRED,
	MADE_OPTIONAL,
	MADE_RESOURCES,
	MADE_RULE,
	MADE_START_ZONE,
	MADE_END_ZONE,
};

/* The rows of a kind; what is written as which element: "Contact", "Task", "CalendarItem". */
const struct map *map_of(int kind);
const char *map_item(int kind);
int map_kind(const char *item); /* 0: none that is kept in step */
static inline bool map_carried(const char *item)
{
	return map_kind(item) != 0;
}

bool map_is_categories(const struct map *m);
/* The word in `to` ("a|b") at the place that `word` has in `from`; empty: it has none. */
struct brg_str map_word(struct brg_str word, const char *from, const char *to);

/* ResponseTypeType of the schema, and what it is here. */
#define MAP_RESPONSES	   "Unknown|NoResponseReceived|Organizer|Tentative|Accept|Decline"
#define MAP_RESPONSES_OURS "none|none|organizer|tentative|accepted|declined"

/* The property set of contacts ([MS-OXPROPS] 1.3.2: PSETID_Address). */
#define MAP_ADDRESS_SET "Address"

#endif
