/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements: the schema's ItemType, ContactItemType, TaskType and CalendarItemType. Properties that
 * have no element: [MS-OXPROPS], [MS-OXOCNTC].
 */
#include "map.h"

/* clang-format off */ /* one a line */
#define ELEMENT(name, how, prefix, what) \
	{ .field = name, .form = how, .uri = prefix ":" what, .element = what }
#define GIVEN(name, how, prefix, what) \
	{ .field = name, .form = how, .uri = prefix ":" what, .element = what, .given = true }
#define STAYS(name, how, prefix, what, none) \
	{ .field = name, .form = how, .uri = prefix ":" what, .element = what, .without = none }
#define CHOICE(name, prefix, what, our, their, none) \
	{ .field = name, .form = MAP_CHOICE, .uri = prefix ":" what, .element = what, .ours = our, .words = their, .without = none }
#define TAG(name, tag) \
	{ .field = name, .place = MAP_PROPERTY, .uri = tag }
#define NAMED(name, number) \
	{ .field = name, .place = MAP_PROPERTY, .property = number }
#define PHONE(name, which) \
	{ .field = name, .place = MAP_ENTRY, .uri = "contacts:PhoneNumber", .element = "PhoneNumbers", .key = which }
#define MAIL(name, which) \
	{ .field = name, .place = MAP_ENTRY, .uri = "contacts:EmailAddress", .element = "EmailAddresses", .key = which }
#define PLACE(name, which, piece) \
	{ .field = name, .place = MAP_PART, .uri = "contacts:PhysicalAddress:" piece, .element = "PhysicalAddresses", .key = which, .part = piece }
#define ADDRESS(which, key)				\
	PLACE(which "_street", key, "Street"),		\
	PLACE(which "_city", key, "City"),		\
	PLACE(which "_state", key, "State"),		\
	PLACE(which "_country", key, "CountryOrRegion"),	\
	PLACE(which "_postal_code", key, "PostalCode")
#define MAILBOX(name, what, piece) \
	{ .field = name, .place = MAP_MAILBOX, .uri = "calendar:" what, .element = what, .part = piece, .given = true }
#define MADE(name, what, which) \
	{ .field = name, .place = MAP_MADE, .uri = "calendar:" what, .element = what, .made = which }
#define SENSITIVITY CHOICE("sensitivity", "item", "Sensitivity", "normal|personal|private|confidential", \
			   "Normal|Personal|Private|Confidential", "Normal")
#define IMPORTANCE  CHOICE("importance", "item", "Importance", "low|normal|high", "Low|Normal|High", "Normal")
#define BODIES      ELEMENT("body", MAP_BODY_TEXT, "item", "Body"), ELEMENT("body_html", MAP_BODY_HTML, "item", "Body")
#define CATEGORIES  ELEMENT("categories", MAP_LIST, "item", "Categories")
#define END         { .field = NULL }

static const struct map contact[] = {
	SENSITIVITY,
	BODIES,
	CATEGORIES,
	TAG("title", "0x3a45"),
	TAG("ftp_site", "0x3a4c"),
	TAG("government_id", "0x3a07"),
	NAMED("yomi_given", 0x802c),
	NAMED("yomi_surname", 0x802d),
	NAMED("yomi_company", 0x802e),
	NAMED("email1_name", 0x8080),
	NAMED("email2_name", 0x8090),
	NAMED("email3_name", 0x80a0),
	ELEMENT("file_as", MAP_TEXT, "contacts", "FileAs"),
	ELEMENT("full_name", MAP_TEXT, "contacts", "DisplayName"),
	ELEMENT("given", MAP_TEXT, "contacts", "GivenName"),
	ELEMENT("middle", MAP_TEXT, "contacts", "MiddleName"),
	ELEMENT("nickname", MAP_TEXT, "contacts", "Nickname"),
	ELEMENT("company", MAP_TEXT, "contacts", "CompanyName"),
	MAIL("email1", "EmailAddress1"),
	MAIL("email2", "EmailAddress2"),
	MAIL("email3", "EmailAddress3"),
	ADDRESS("business", "Business"),
	ADDRESS("home", "Home"),
	ADDRESS("other", "Other"),
	PHONE("assistant_phone", "AssistantPhone"),
	PHONE("business_fax", "BusinessFax"),
	PHONE("business_phone", "BusinessPhone"),
	PHONE("business_phone2", "BusinessPhone2"),
	PHONE("callback_phone", "Callback"),
	PHONE("car_phone", "CarPhone"),
	PHONE("company_phone", "CompanyMainPhone"),
	PHONE("home_fax", "HomeFax"),
	PHONE("home_phone", "HomePhone"),
	PHONE("home_phone2", "HomePhone2"),
	PHONE("isdn", "Isdn"),
	PHONE("mobile_phone", "MobilePhone"),
	PHONE("other_fax", "OtherFax"),
	PHONE("other_phone", "OtherTelephone"),
	PHONE("pager", "Pager"),
	PHONE("primary_phone", "PrimaryPhone"),
	PHONE("radio_phone", "RadioPhone"),
	PHONE("telex", "Telex"),
	PHONE("text_phone", "TtyTddPhone"),
	ELEMENT("assistant", MAP_TEXT, "contacts", "AssistantName"),
	ELEMENT("birthday", MAP_DAY, "contacts", "Birthday"),
	ELEMENT("web_page", MAP_TEXT, "contacts", "BusinessHomePage"),
	ELEMENT("children", MAP_LIST, "contacts", "Children"),
	ELEMENT("department", MAP_TEXT, "contacts", "Department"),
	ELEMENT("suffix", MAP_TEXT, "contacts", "Generation"),
	{ .field = "im_addresses", .place = MAP_ENTRY, .form = MAP_THREE, .uri = "contacts:ImAddress", .element = "ImAddresses", .key = "ImAddress" },
	ELEMENT("job_title", MAP_TEXT, "contacts", "JobTitle"),
	ELEMENT("manager", MAP_TEXT, "contacts", "Manager"),
	ELEMENT("office", MAP_TEXT, "contacts", "OfficeLocation"),
	ELEMENT("profession", MAP_TEXT, "contacts", "Profession"),
	ELEMENT("spouse", MAP_TEXT, "contacts", "SpouseName"),
	ELEMENT("surname", MAP_TEXT, "contacts", "Surname"),
	ELEMENT("anniversary", MAP_DAY, "contacts", "WeddingAnniversary"),
	END,
};

static const struct map task[] = {
	ELEMENT("subject", MAP_TEXT, "item", "Subject"),
	SENSITIVITY,
	BODIES,
	CATEGORIES,
	IMPORTANCE,
	STAYS("reminder_at", MAP_WALL, "item", "ReminderDueBy", ""),
	STAYS("reminder", MAP_FLAG, "item", "ReminderIsSet", "false"),
	ELEMENT("actual_work", MAP_INTEGER, "task", "ActualWork"),
	ELEMENT("completed", MAP_MOMENT, "task", "CompleteDate"),
	ELEMENT("due", MAP_DATE, "task", "DueDate"),
	STAYS("percent", MAP_PERCENT, "task", "PercentComplete", "0"),
	ELEMENT("start", MAP_DATE, "task", "StartDate"),
	CHOICE("status", "task", "Status", "not_started|in_progress|completed|waiting|deferred",
	       "NotStarted|InProgress|Completed|WaitingOnOthers|Deferred", "NotStarted"),
	ELEMENT("total_work", MAP_INTEGER, "task", "TotalWork"),
	END,
};

static const struct map appointment[] = {
	ELEMENT("subject", MAP_TEXT, "item", "Subject"),
	SENSITIVITY,
	BODIES,
	CATEGORIES,
	IMPORTANCE,
	STAYS("reminder", MAP_FLAG, "item", "ReminderIsSet", "false"),
	STAYS("reminder_minutes", MAP_INTEGER, "item", "ReminderMinutesBeforeStart", ""),
	MADE("start", "Start", MADE_START),
	MADE("end", "End", MADE_END),
	STAYS("all_day", MAP_FLAG, "calendar", "IsAllDayEvent", "false"),
	CHOICE("show_as", "calendar", "LegacyFreeBusyStatus", "free|tentative|busy|out_of_office|working_elsewhere",
	       "Free|Tentative|Busy|OOF|WorkingElsewhere", "Busy"),
	ELEMENT("location", MAP_TEXT, "calendar", "Location"),
	GIVEN("cancelled", MAP_FLAG, "calendar", "IsCancelled"),
	{ .field = "response", .form = MAP_CHOICE, .uri = "calendar:MyResponseType", .element = "MyResponseType",
	  .ours = MAP_RESPONSES_OURS, .words = MAP_RESPONSES, .given = true },
	MAILBOX("organizer", "Organizer", "EmailAddress"),
	MAILBOX("organizer_name", "Organizer", "Name"),
	MADE("attendees", "RequiredAttendees", MADE_REQUIRED),
	MADE("attendees", "OptionalAttendees", MADE_OPTIONAL),
	MADE("attendees", "Resources", MADE_RESOURCES),
	MADE("recurrence", "Recurrence", MADE_RULE),
	MADE("start", "StartTimeZone", MADE_START_ZONE),
	MADE("end", "EndTimeZone", MADE_END_ZONE),
	GIVEN("online_url", MAP_TEXT, "calendar", "JoinOnlineMeetingUrl"),
	END,
};

/* clang-format on */

static const struct {
	const char *item;
	const struct map *rows;
} kinds[] = {
	[BRG_CONTACT] = { "Contact", contact },
	[BRG_TASK] = { "Task", task },
	[BRG_APPOINTMENT] = { "CalendarItem", appointment },
};

const struct map *map_of(int kind)
{
	return kinds[kind].rows;
}

const char *map_item(int kind)
{
	return kinds[kind].item;
}

int map_kind(const char *item)
{
	for (int kind = BRG_CONTACT; kind <= BRG_APPOINTMENT; kind++)
		if (strcmp(item, kinds[kind].item) == 0)
			return kind;
	return 0;
}

bool map_is_categories(const struct map *m)
{
	return strcmp(m->field, "categories") == 0;
}

struct brg_str map_word(struct brg_str word, const char *from, const char *to)
{
	while (*from && *to) {
		size_t n = strcspn(from, "|"), k = strcspn(to, "|");

		if (n == word.len && memcmp(from, word.ptr, n) == 0)
			return (struct brg_str){ to, k };
		from += n + (from[n] == '|');
		to += k + (to[k] == '|');
	}
	return (struct brg_str){ "", 0 };
}
