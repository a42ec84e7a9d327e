/* SPDX-License-Identifier: Apache-2.0
 *
 * What fields of each type are compared by, and with what.
 */
#include "core/where-private.h"

#include "core/derive.h"
#include "core/id.h"
#include "core/regards.h"
#include "core/zone.h"
#include <strings.h>

#define EQUALS	(OP_BIT(OP_EQ) | OP_BIT(OP_NE))
#define ORDERED (EQUALS | OP_BIT(OP_LT) | OP_BIT(OP_LE) | OP_BIT(OP_GT) | OP_BIT(OP_GE))
#define TEXTUAL (OP_BIT(OP_CONTAINS) | OP_BIT(OP_BEGINS))
#define IN	OP_BIT(OP_IN)
#define IS	OP_BIT(OP_IS)

const char *const where_ops[OPS] = { "=",  "!=",       "<",	 "<=", ">",
				     ">=", "contains", "begins", "in", "is" };

unsigned where_ops_of(int type)
{
	static const unsigned ops[TYPES] = {
		[BRG_TEXT] = EQUALS | TEXTUAL | IN | IS,
		[BRG_INTEGER] = ORDERED | IN | IS,
		[BRG_FLAG] = EQUALS | IS,
		[BRG_MOMENT] = ORDERED | IS,
		[BRG_WALL] = ORDERED | IS,
		[BRG_DATE] = ORDERED | IS,
		[BRG_LIST] = OP_BIT(OP_CONTAINS) | IS,
		[BRG_CHOICE] = EQUALS | IN | IS,
		[TYPE_PERSON] = EQUALS | IN,
		[TYPE_THING] = EQUALS | IN,
		[TYPE_PAST] = ORDERED,
	};

	return type > 0 && type < TYPES ? ops[type] : 0;
}

static const struct field beside[] = {
	{ .id = WHERE_OWNER, .name = "owner", .type = TYPE_PERSON, .flags = FIELD_FILTER },
	{ .id = WHERE_PARTY, .name = "party", .type = TYPE_PERSON, .flags = FIELD_FILTER },
	{ .id = WHERE_REGARDING, .name = "regarding", .type = TYPE_THING, .flags = FIELD_FILTER },
	{ .id = WHERE_CREATED, .name = "created", .type = TYPE_PAST, .flags = FIELD_FILTER },
	{ .id = WHERE_MODIFIED, .name = "modified", .type = TYPE_PAST, .flags = FIELD_FILTER },
};

const struct field *where_beside_at(size_t i)
{
	return i < sizeof(beside) / sizeof(beside[0]) ? &beside[i] : NULL;
}

const struct field *where_beside(struct brg_str name)
{
	for (size_t i = 0; where_beside_at(i); i++)
		if (brg_str_eq(brg_cstr(beside[i].name), name))
			return &beside[i];
	return NULL;
}

/* ---- texts, numbers, words ------------------------------------------------------------------*/

static bool is_plain(const struct token *token)
{
	return token->type == TOKEN_QUOTED ||
	       (token->type == TOKEN_WORD && !where_is_keyword(token->raw));
}

static int text_value(struct reader *r, struct value *out)
{
	out->type = VALUE_TEXT;
	out->text = r->token.text;
	if (!is_plain(&r->token))
		return where_unexpected(r, "\"text\"");
	if (derive_fold(out->text, r->arena).len == 0)
		return where_fail(r, &where_empty_text,
				  r->field->type == BRG_LIST ? "is not set" : "is set, is not set");
	return where_next(r);
}

/* As "one, two, three". */
static const char *listed(struct reader *r, const char *words)
{
	char *out = arena_alloc(r->arena, 2 * strlen(words) + 1);
	size_t n = 0;

	for (; *words; words++) {
		if (*words == '|') {
			out[n++] = ',';
			out[n++] = ' ';
		} else {
			out[n++] = *words;
		}
	}
	return n > 120 ? arena_printf(r->arena, "%.120s ...", out) : out;
}

static int choice_value(struct reader *r, struct value *out)
{
	char *lower;

	if (!is_plain(&r->token))
		return where_unexpected(r, listed(r, r->field->words));
	out->type = VALUE_TEXT;
	out->text = arena_str(r->arena, r->token.text);
	lower = (char *)(uintptr_t)out->text.ptr;
	for (size_t i = 0; i < out->text.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] | 0x20);
	if (!field_has_word(r->field, out->text))
		return where_fail(r, &where_no_word, listed(r, r->field->words));
	return where_next(r);
}

static int flag_value(struct reader *r, struct value *out)
{
	out->type = VALUE_NUMBER;
	out->number = where_is(&r->token, "yes");
	if (!out->number && !where_is(&r->token, "no"))
		return where_fail(r, &where_no_flag, "yes, no");
	return where_next(r);
}

/* Digits only, at most `most`. */
static bool digits(struct brg_str s, int64_t most, int64_t *out)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || n > (most - (s.ptr[i] - '0')) / 10)
			return false;
		n = n * 10 + (s.ptr[i] - '0');
	}
	*out = n;
	return s.len > 0;
}

static int number_value(struct reader *r, struct value *out)
{
	bool negative = where_is(&r->token, "-");

	out->type = VALUE_NUMBER;
	if (negative && where_next(r) < 0)
		return BRG_EINVAL;
	if (r->token.type != TOKEN_WORD || !digits(r->token.raw, INT64_MAX, &out->number))
		return where_fail(r, &where_no_number, "50");
	if (negative)
		out->number = -out->number;
	return where_next(r);
}

/* ---- people and things ----------------------------------------------------------------------*/

/* KIND/NAME or SYSTEM:KEY. */
static bool is_name(const struct reader *r)
{
	struct brg_str first, second;
	bool external;

	return r->names && r->field->type == TYPE_THING &&
	       regards_split(r->token.text, &first, &second, &external);
}

static int id_value(struct reader *r, struct value *out)
{
	bool person = r->field->type == TYPE_PERSON;

	if (person && where_is(&r->token, "me")) {
		out->type = VALUE_ME;
		return where_next(r);
	}
	out->type = VALUE_ID;
	if (!is_plain(&r->token) || (id_parse(r->token.text, &out->id) < 0 && !is_name(r)))
		return where_fail(r, &where_nobody,
				  person ? "me" : "0198c5d2-7a00-7000-8000-000000000001");
	return where_next(r);
}

/* ---- times ----------------------------------------------------------------------------------*/

#define MOST_DAYS 36525 /* a hundred years */

/* "14d" after today or now, in `unit` hours. */
static bool span(struct brg_str s, bool hours, int64_t *out)
{
	int64_t unit = 0, most;

	if (s.len < 2)
		return false;
	switch (s.ptr[s.len - 1] | 0x20) {
	case 'h':
		unit = hours ? 1 : 0;
		break;
	case 'd':
		unit = hours ? 24 : 1;
		break;
	case 'w':
		unit = hours ? 24 * 7 : 7;
		break;
	default:
		break;
	}
	most = hours ? MOST_DAYS * 24 : MOST_DAYS;
	s.len--;
	if (!unit || !digits(s, most / unit, out))
		return false;
	*out *= unit;
	return true;
}

/* Behind today or now: nothing, or how far from it. */
static int relative(struct reader *r, struct value *out)
{
	bool hours = out->type == VALUE_NOW, back;

	if (where_next(r) < 0)
		return BRG_EINVAL;
	back = where_is(&r->token, "-");
	if (!back && !where_is(&r->token, "+"))
		return 0;
	if (where_next(r) < 0)
		return BRG_EINVAL;
	if (r->token.type != TOKEN_WORD || !span(r->token.raw, hours, &out->number))
		return where_fail(r, &where_no_span, hours ? "12h, 14d, 2w" : "14d, 2w");
	if (back)
		out->number = -out->number;
	return where_next(r);
}

/* A day, or a day and a time with or without seconds, which are put in. */
static bool absolute(struct reader *r, struct brg_str s, struct value *out)
{
	out->text = s;
	if (s.len == 10) {
		out->type = VALUE_DAY;
		return zone_is_date(s);
	}
	out->type = VALUE_TIME;
	if (s.len == 16)
		out->text = brg_cstr(arena_printf(r->arena, "%.*s:00", (int)s.len, s.ptr));
	return r->field->type != BRG_DATE && zone_is_local(out->text);
}

static int time_value(struct reader *r, struct value *out)
{
	bool watched = r->field->flags & FIELD_INDEXED, days = r->field->type == BRG_DATE;
	const char *fixed = days ? "2026-11-30" : "2026-11-30, 2026-11-30T09:00";
	const char *expected = fixed;

	if (watched)
		expected = days ? "2026-11-30, today + 14d"
				: "2026-11-30, 2026-11-30T09:00, today + 14d, now";
	if (where_is(&r->token, "today"))
		out->type = VALUE_TODAY;
	else if (where_is(&r->token, "now") && !days)
		out->type = VALUE_NOW;
	if (out->type && !watched)
		return where_fail(r, &where_not_watched, fixed);
	if (out->type)
		return relative(r, out);
	if (!is_plain(&r->token) || !absolute(r, r->token.text, out))
		return where_fail(r, &where_no_day, expected);
	return where_next(r);
}

int where_value(struct reader *r, struct value *out)
{
	*out = (struct value){ 0 };
	switch (r->field->type) {
	case BRG_INTEGER:
		return number_value(r, out);
	case BRG_FLAG:
		return flag_value(r, out);
	case BRG_CHOICE:
		return choice_value(r, out);
	case BRG_MOMENT:
	case BRG_WALL:
	case BRG_DATE:
	case TYPE_PAST:
		return time_value(r, out);
	case TYPE_PERSON:
	case TYPE_THING:
		return id_value(r, out);
	default:
		return text_value(r, out);
	}
}
