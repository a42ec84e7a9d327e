/* SPDX-License-Identifier: Apache-2.0 */
#include "statements.h"

/* clang-format off */
/* For people and programs that ask in SQL (docs/database.md): a row a record that lives, a column
 * a field, those of the organisation in `fields`. A wall time is two columns. */
#define FIELD(name) "{field " name "} AS " name ", "
#define FLAG(name) "{flag " name "} AS " name ", "
#define NUMBER(name) "{number " name "} AS " name ", "
#define WALL(name) "{field " name ".local} AS " name "_local, {field " name ".zone} AS " name "_zone, "
#define VIEW_BEGIN(name) \
	"CREATE VIEW " name " AS SELECT r.id, {uuid} AS uuid, o.name AS owner, r.version," \
	" r.created_us, r.modified_us, r.sorted_us, "
#define VIEW_END(kind) \
	"r.fields FROM record r LEFT JOIN owner o ON o.id = r.owner" \
	" WHERE r.kind = " kind " AND r.deleted_us = 0;"
const char sql_schema_views[] =
VIEW_BEGIN("contact")
FIELD("full_name") FIELD("file_as") FIELD("nickname") FIELD("given") FIELD("middle")
FIELD("surname") FIELD("title") FIELD("suffix") FIELD("email1") FIELD("email1_name")
FIELD("email2") FIELD("email2_name") FIELD("email3") FIELD("email3_name")
FIELD("im_addresses") FIELD("company") FIELD("department") FIELD("job_title")
FIELD("profession") FIELD("office") FIELD("manager") FIELD("assistant") FIELD("body")
FIELD("body_html") FIELD("categories") FIELD("sensitivity") FIELD("state")
FIELD("birthday") FIELD("anniversary") FIELD("spouse") FIELD("children")
FIELD("web_page") FIELD("ftp_site") FIELD("government_id") FIELD("yomi_given")
FIELD("yomi_surname") FIELD("yomi_company") FIELD("business_phone")
FIELD("business_phone2") FIELD("home_phone") FIELD("home_phone2") FIELD("mobile_phone")
FIELD("other_phone") FIELD("primary_phone") FIELD("company_phone")
FIELD("assistant_phone") FIELD("callback_phone") FIELD("car_phone") FIELD("radio_phone")
FIELD("business_fax") FIELD("home_fax") FIELD("other_fax") FIELD("pager") FIELD("isdn")
FIELD("telex") FIELD("text_phone") FIELD("business_street") FIELD("business_city")
FIELD("business_state") FIELD("business_country") FIELD("business_postal_code")
FIELD("home_street") FIELD("home_city") FIELD("home_state") FIELD("home_country")
FIELD("home_postal_code") FIELD("other_street") FIELD("other_city") FIELD("other_state")
FIELD("other_country") FIELD("other_postal_code")
VIEW_END("2")
VIEW_BEGIN("task")
FIELD("subject") FIELD("status") NUMBER("percent") NUMBER("completed") FIELD("start")
FIELD("due") FIELD("importance") FLAG("reminder") WALL("reminder_at")
FIELD("categories") FIELD("sensitivity") NUMBER("total_work") NUMBER("actual_work")
FIELD("body") FIELD("body_html")
VIEW_END("3")
VIEW_BEGIN("appointment")
FIELD("subject") FIELD("location") WALL("start") WALL("end") FLAG("all_day")
FIELD("recurrence") FIELD("show_as") FIELD("state") FIELD("importance")
FIELD("sensitivity") FLAG("reminder") NUMBER("reminder_minutes") FIELD("organizer")
FIELD("organizer_name") FIELD("categories") FIELD("response") FLAG("cancelled")
FIELD("online_url") FIELD("body") FIELD("body_html")
VIEW_END("4")
"CREATE VIEW attendee AS SELECT r.id AS appointment, j.key AS address,"
"  {part name} AS name, {part role} AS role, {part response} AS response"
"  FROM record r{each attendees} WHERE r.kind = 4 AND r.deleted_us = 0;"
"CREATE VIEW occurrence AS SELECT r.id AS appointment, j.key AS original_start,"
"  CASE WHEN {is null part} THEN 1 ELSE 0 END AS deleted, {text of part} AS fields"
"  FROM record r{each occurrences} WHERE r.kind = 4 AND r.deleted_us = 0;";
/* clang-format on */
