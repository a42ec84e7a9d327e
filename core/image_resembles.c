/* SPDX-License-Identifier: Apache-2.0
 *
 * After a write whose answer was lost: is what stands on the server ours? Only what servers are
 * known to do to a value is forgiven; a yes that is wrong would hide a person's edit, while a no
 * that is wrong only makes a merge of two equal things.
 */
#include "core/image.h"

#include "core/recur.h"
#include "core/zone.h"

#include <stdlib.h>

/* ---- texts ----------------------------------------------------------------------------------*/

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Skip white space, tell whether there was any. */
static bool skip_space(struct brg_str s, size_t *i)
{
	size_t from = *i;

	while (*i < s.len && is_space(s.ptr[*i]))
		++*i;
	return *i > from;
}

/* The same but for white space, or its beginning; something must be left of it. */
static bool text_resembles(struct brg_str wanted, struct brg_str item)
{
	size_t i = 0, j = 0;

	skip_space(wanted, &i);
	skip_space(item, &j);
	if (j == item.len)
		return i == wanted.len;
	while (j < item.len) {
		bool here = skip_space(wanted, &i), there = skip_space(item, &j);

		if (j == item.len)
			return true;
		if (here != there || i == wanted.len || wanted.ptr[i] != item.ptr[j])
			return false;
		i++;
		j++;
	}
	return true;
}

/* The next character of a telephone number that counts; '\0': its end. */
static char next_digit(struct brg_str s, size_t *i)
{
	while (*i < s.len && memchr(" ()-./", s.ptr[*i], 6))
		++*i;
	return *i < s.len ? s.ptr[(*i)++] : '\0';
}

/* The same number, written in another way. */
static bool number_resembles(struct brg_str wanted, struct brg_str item)
{
	size_t i = 0, j = 0;
	char a, b;

	do {
		a = next_digit(wanted, &i);
		b = next_digit(item, &j);
		if (a != b || (a && a != '+' && !(a >= '0' && a <= '9')))
			return false;
	} while (a);
	return true;
}

static bool any_resembles(const struct brg_field *wanted, const struct brg_field *item,
			  bool item_of)
{
	const struct brg_field *all = item_of ? item : wanted;

	for (size_t i = 0; i < all->u.list.n; i++) {
		const struct brg_field *other = item_of ? wanted : item;
		bool found = false;

		for (size_t j = 0; j < other->u.list.n && !found; j++)
			found = item_of ? text_resembles(other->u.list.at[j], all->u.list.at[i])
					: text_resembles(all->u.list.at[i], other->u.list.at[j]);
		if (!found)
			return false;
	}
	return true;
}

/* ---- times ----------------------------------------------------------------------------------*/

/* Rounded in whatever way to something that clocks show. */
static bool moment_resembles(int64_t wanted, int64_t item)
{
	static const int64_t units[] = { 1000, 1000000, 60000000, INT64_C(86400000000) };
	uint64_t apart = wanted > item ? (uint64_t)wanted - (uint64_t)item
				       : (uint64_t)item - (uint64_t)wanted;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (item % units[i] == 0 && apart < (uint64_t)units[i])
			return true;
	return wanted == item;
}

/* Seconds may be gone, and the zone may have another name if it says the same. */
static bool wall_resembles(const struct brg_wall *wanted, const struct brg_wall *item)
{
	const size_t minutes = sizeof("YYYY-MM-DDTHH:MM") - 1;
	int64_t a, b;

	if (!zone_is_local(wanted->local) || !zone_is_local(item->local) ||
	    memcmp(wanted->local.ptr, item->local.ptr, minutes) != 0)
		return false;
	if (!brg_str_eq(wanted->local, item->local) && memcmp(item->local.ptr + minutes, ":00", 3))
		return false;
	return brg_str_eq(wanted->zone, item->zone) ||
	       (zone_instant(item->local, wanted->zone, &a) &&
		zone_instant(item->local, item->zone, &b) && a == b);
}

/* ---- fields and parts -----------------------------------------------------------------------*/

bool field_resembles(const struct brg_field *wanted, const struct brg_field *item)
{
	if (field_value_eq(wanted, item))
		return true;
	if (field_value_eq(NULL, wanted) || field_value_eq(NULL, item) ||
	    wanted->type != item->type)
		return false;
	switch (wanted->type) {
	case BRG_TEXT:
		/* The beginning of a rule is another rule. */
		if (wanted->id == APPT_RECURRENCE)
			return recur_resembles(wanted->u.text, item->u.text);
		return text_resembles(wanted->u.text, item->u.text) ||
		       number_resembles(wanted->u.text, item->u.text);
	case BRG_LIST:
		return any_resembles(wanted, item, true) && any_resembles(wanted, item, false);
	case BRG_MOMENT:
		return moment_resembles(wanted->u.integer, item->u.integer);
	case BRG_WALL:
		return wall_resembles(&wanted->u.wall, &item->u.wall);
	default:
		return false;
	}
}

static bool value_resembles(const struct brg_field *wanted, const struct brg_field *item)
{
	return field_value_eq(NULL, item) || field_resembles(wanted, item);
}

static bool fields_resemble(const struct brg_fields *wanted, const struct brg_fields *item)
{
	const struct image there = { .fields = *item };

	for (size_t i = 0; i < wanted->n; i++) {
		const struct brg_field *f = &wanted->at[i];

		if (f->presence != BRG_ABSENT && !value_resembles(f, image_field(&there, f->id)))
			return false;
	}
	return true;
}

/* Parts that were not written are others' business: servers list the organizer too. */
static bool part_resembles(const struct brg_part *wanted, const struct image *item)
{
	const struct brg_part *there = image_part(item, wanted->type, wanted->key);

	if (!(item->told & PART_BIT(wanted->type)) && !there)
		return true;
	if (wanted->presence == BRG_NULL)
		return !there || there->presence == BRG_NULL;
	return there && there->presence != BRG_NULL &&
	       fields_resemble(&wanted->fields, &there->fields);
}

bool image_resembles(const struct image *wanted, const struct image *item)
{
	if (!fields_resemble(&wanted->fields, &item->fields))
		return false;
	for (size_t i = 0; i < wanted->n_parts; i++)
		if (!part_resembles(&wanted->parts[i], item))
			return false;
	return true;
}
