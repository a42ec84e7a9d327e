/* SPDX-License-Identifier: Apache-2.0
 *
 * What values are sane, and the words for what is not. Messages name fields and what is expected
 * there, never the value: it may be anything about anybody.
 */
#include "core/image-private.h"

#include "core/problems.h"
#include "core/zone.h"

#include <stdlib.h>

/* What JSON programs of all languages keep exactly: 2^53. */
#define INTEGER_MAX INT64_C(9007199254740992)
/* The years 1 to 9999. */
#define MOMENT_MIN (INT64_C(-62135596800) * 1000000)
#define MOMENT_MAX (INT64_C(253402300800) * 1000000 - 1)

/* ---- what is said ---------------------------------------------------------------------------*/

#define WRITTEN(ident, number, english, swedish, helps) \
	static const struct brg_fault ident = {         \
		.code = "BRG-SYNC-" number,             \
		.cls = BRG_EINVAL,                      \
		.scope = BRG_SCOPE_ITEM,                \
		.retry = BRG_RETRY_NEVER,               \
		.en = english,                          \
		.sv = swedish,                          \
		.help = helps,                          \
	}

WRITTEN(syntax, "0050", "the fields cannot be read as JSON, from line {line}, column {column} on",
	"fälten går inte att läsa som JSON, från rad {line}, kolumn {column}",
	"Fields are written as one JSON object, { \"subject\": \"Call back\" }, of at most 8 MB. Text "
	"is UTF-8, no name may come twice, and numbers are whole.");
WRITTEN(unknown, "0051", "there is no field {field} of {kind}",
	"det finns inget fält {field} hos {kind}",
	"`brygga filter fields` shows the fields of each kind, those of the organisation ([field KIND "
	"NAME] in brygga.conf) among them. One that was taken out of brygga.conf while records "
	"still have it must be put back.");
WRITTEN(wrong, "0052", "{field} of {kind} has to be like {expected}",
	"{field} hos {kind} ska se ut som {expected}",
	"Flags are true or false, moments whole microseconds since 1970 UTC, dates and times as "
	"shown and such that there are, choices one of the words between the bars. null takes a "
	"value away.");
WRITTEN(too_long, "0053", "{field} of {kind} is longer than {expected} characters",
	"{field} hos {kind} är längre än {expected} tecken",
	"Shorten it; it is not cut by itself.");
WRITTEN(too_many, "0054", "{field} of {kind} has more than {expected} entries",
	"{field} hos {kind} har fler än {expected} poster",
	"An appointment has at most 500 attendees and 1,000 occurrences that differ from the series; "
	"a list has at most 1,000 texts.");
WRITTEN(no_zone, "0055", "the time zone of {field} of {kind} is not known",
	"tidszonen i {field} hos {kind} är okänd",
	"Zones are IANA names (Europe/Stockholm) or those of Windows (W. Europe Standard Time). A "
	"zone that is newer than the system's ICU comes with an update of it.");
WRITTEN(no_rule, "0056", "{field} of {kind} is no recurrence that is kept here",
	"{field} hos {kind} är ingen återkomst som bevaras här",
	"A recurrence is one rule as in RFC 5545 section 3.3.10, FREQ=WEEKLY;BYDAY=MO;COUNT=10; "
	"UNTIL is wall time of the zone of the start.");
WRITTEN(twice, "0057", "{field} of {kind} is there twice", "{field} hos {kind} finns två gånger",
	"Write it once.");

#define OF_ITEM                                                                                  \
	" The item waits, the others go on. Where the server's item looks right, the connector " \
	"is at fault: report it with the code and the field's name."
#define GIVEN(ident, number, english, swedish, helps)  \
	static const struct brg_fault item_##ident = { \
		.code = "BRG-SYNC-" number,            \
		.cls = BRG_EPROTO,                     \
		.scope = BRG_SCOPE_ITEM,               \
		.retry = BRG_RETRY_NEVER,              \
		.en = english,                         \
		.sv = swedish,                         \
		.help = helps OF_ITEM,                 \
	}

GIVEN(unknown, "0060", "the connector tells of {field}, a field that {kind} does not have",
      "anslutningen berättar om {field}, ett fält som {kind} inte har",
      "The connector is of another version than the field table.");
GIVEN(wrong, "0061", "{field} of the item ({kind}) is not like {expected}",
      "{field} hos objektet ({kind}) ser inte ut som {expected}",
      "The value on the server is none that such a field can have.");
GIVEN(too_long, "0062", "{field} of the item ({kind}) is longer than {expected} characters",
      "{field} hos objektet ({kind}) är längre än {expected} tecken",
      "Shorten it on the server; it is not cut by itself.");
GIVEN(too_many, "0063", "{field} of the item ({kind}) has more than {expected} entries",
      "{field} hos objektet ({kind}) har fler än {expected} poster",
      "At most 500 attendees, 1,000 changed occurrences and 1,000 texts of a list are kept.");
GIVEN(no_zone, "0064", "the time zone of {field} of the item ({kind}) is not known",
      "tidszonen i {field} hos objektet ({kind}) är okänd",
      "Choose another zone on the server, or update the system's ICU if the zone is a new one.");
GIVEN(no_rule, "0065", "{field} of the item ({kind}) is no recurrence that is kept here",
      "{field} hos objektet ({kind}) är ingen återkomst som bevaras här",
      "The series repeats in a way that has no exact counterpart here, so that it is not taken "
      "rather than taken wrong.");
GIVEN(twice, "0066", "{field} of the item ({kind}) is told of twice",
      "{field} hos objektet ({kind}) berättas två gånger", "Nobody can know which value holds.");

static const struct brg_fault *const rows[2][IMAGE_PROBLEMS] = {
	{ &unknown, &wrong, &too_long, &too_many, &no_zone, &no_rule, &twice },
	{ &item_unknown, &item_wrong, &item_too_long, &item_too_many, &item_no_zone, &item_no_rule,
	  &item_twice },
};

const struct brg_fault *const image_faults[] = {
	&syntax,       &unknown,      &wrong,	     &too_long,	  &too_many,	  &no_zone,
	&no_rule,      &twice,	      &item_unknown, &item_wrong, &item_too_long, &item_too_many,
	&item_no_zone, &item_no_rule, &item_twice,   NULL,
};

int image_fail(const struct image_place *place, enum image_problem problem, struct brg_str name,
	       const char *expected)
{
	const char *shown = problems_show(place->arena, name);
	const char *path = shown;
	int kind = place->part ? (int)BRG_APPOINTMENT : place->kind;

	if (place->part && place->number)
		path = arena_printf(place->arena, "%s/%zu/%s", place->part, place->number, shown);
	else if (place->part && place->at.len)
		path = arena_printf(place->arena, "%s/%.*s/%s", place->part, (int)place->at.len,
				    place->at.ptr, shown);
	return brg_fail(place->err, rows[place->item][problem], "field=%s\nkind=%s%s%s", path,
			field_kind_name(kind), expected ? "\nexpected=" : "",
			expected ? expected : "");
}

int image_fail_syntax(struct brg_err *err, int line, int column)
{
	return brg_fail(err, &syntax, "line=%d\ncolumn=%d", line, column);
}

const char *image_expected(const struct field *field, struct brg_arena *arena)
{
	switch (field->type) {
	case BRG_INTEGER:
		return field->max_len ? arena_printf(arena, "0..%lu", (unsigned long)field->max_len)
				      : "42";
	case BRG_FLAG:
		return "true | false";
	case BRG_MOMENT:
		return "1796025600000000";
	case BRG_WALL:
		return "{\"local\":\"2026-11-30T09:00:00\",\"zone\":\"Europe/Stockholm\"}";
	case BRG_DATE:
		return "\"2026-11-30\"";
	case BRG_LIST:
		return "[\"text\", ...]";
	case BRG_CHOICE:
		return field->words;
	default:
		return "\"text\"";
	}
}

/* ---- what is sane ---------------------------------------------------------------------------*/

static size_t characters(struct brg_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

static int check_length(const struct image_place *place, const struct field *f, struct brg_str s)
{
	uint32_t most = f->max_len ? f->max_len : IMAGE_TEXT_MAX;

	if (s.len <= most || (s.len <= 4 * (size_t)most && characters(s) <= most))
		return 0;
	return image_fail(place, IMAGE_LONG, brg_cstr(f->name),
			  arena_printf(place->arena, "%lu", (unsigned long)most));
}

static int check_list(const struct image_place *place, const struct field *f,
		      const struct brg_field *value)
{
	if (value->u.list.n > IMAGE_LIST_MAX)
		return image_fail(place, IMAGE_MANY, brg_cstr(f->name),
				  arena_printf(place->arena, "%d", IMAGE_LIST_MAX));
	for (size_t i = 0; i < value->u.list.n; i++)
		if (check_length(place, f, value->u.list.at[i]) < 0)
			return place->err->code;
	return 0;
}

static bool is_sane(const struct field *f, const struct brg_field *value)
{
	const int64_t n = value->u.integer;

	switch (f->type) {
	case BRG_INTEGER:
		return f->max_len ? n >= 0 && n <= f->max_len
				  : n >= -INTEGER_MAX && n <= INTEGER_MAX;
	case BRG_FLAG:
		return n == 0 || n == 1;
	case BRG_MOMENT:
		return n >= MOMENT_MIN && n <= MOMENT_MAX;
	case BRG_WALL:
		return zone_is_local(value->u.wall.local) && value->u.wall.zone.len < ZONE_NAME_MAX;
	case BRG_DATE:
		return zone_is_date(value->u.text);
	case BRG_CHOICE:
		return field_has_word(f, value->u.text);
	default:
		return true;
	}
}

int image_check(const struct image_place *place, const struct field *f,
		const struct brg_field *value)
{
	if (f->type == BRG_TEXT)
		return check_length(place, f, value->u.text);
	if (f->type == BRG_LIST)
		return check_list(place, f, value);
	if (is_sane(f, value))
		return 0;
	return image_fail(place, IMAGE_WRONG, brg_cstr(f->name), image_expected(f, place->arena));
}

bool image_is_start(struct brg_str key)
{
	return zone_is_local(key) || zone_is_date(key);
}

/* ---- sets -----------------------------------------------------------------------------------*/

static int by_text(const void *a, const void *b)
{
	const struct brg_str *x = a, *y = b;

	return image_str_order(*x, *y);
}

const struct brg_str *image_list(const struct brg_str *at, size_t *n, struct brg_arena *arena)
{
	struct brg_str *list;
	size_t kept = 0, sorted = 1;

	while (sorted < *n && image_str_order(at[sorted - 1], at[sorted]) < 0)
		sorted++;
	if (sorted >= *n)
		return at;
	list = arena_alloc(arena, *n * sizeof(*list));
	memcpy(list, at, *n * sizeof(*list));
	qsort(list, *n, sizeof(*list), by_text);
	for (size_t i = 0; i < *n; i++)
		if (kept == 0 || !brg_str_eq(list[kept - 1], list[i]))
			list[kept++] = list[i];
	*n = kept;
	return list;
}

/* The order in which they came stands in `size` meanwhile. */
static int by_key(const void *a, const void *b)
{
	const struct brg_part *x = a, *y = b;
	int c = image_part_order(x, y->type, y->key);

	return c ? c : (x->size > y->size) - (x->size < y->size);
}

size_t image_sort_parts(struct brg_part *at, size_t n)
{
	size_t kept = 0, sorted = 1;

	while (sorted < n && image_part_order(&at[sorted - 1], at[sorted].type, at[sorted].key) < 0)
		sorted++;
	if (sorted < n) {
		for (size_t i = 0; i < n; i++)
			at[i].size = (uint32_t)i;
		qsort(at, n, sizeof(*at), by_key);
	}
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || image_part_order(&at[kept - 1], at[i].type, at[i].key) != 0)
			at[kept++] = at[i];
	for (size_t i = 0; i < kept; i++)
		at[i].size = sizeof(*at);
	return kept;
}
